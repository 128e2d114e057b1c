# SPDX-License-Identifier: GPL-3.0-or-later
"""The drafting tools of Seamly2D and Valentina, evaluated: a file's points and curves in metres, y up.

Each tool is a short function of the draft and its element; what the tools are and how they choose between two answers
is told in the programs' manuals and schemas. Angles are degrees anticlockwise from x, as on their screens.
A tool that has no answer breaks what is drawn with it, and nothing else: `Draft.broken` says why.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from xml.etree.ElementTree import Element

import numpy as np

from ..curves import Arc, Cubic, Curve, CurveRefused, LengthUnreachable, Points, solve
from ..pieces import Run
from . import seamly_curves as geometry
from .formula import FormulaRefused, parse, unknown
from .report import ImportRefused
from .seamly_curves import polar

_FARTHEST = 1000.0  # metres from the origin: nothing that is worn lies beyond
_BEZIER_CIRCLE = 4 / 3 * math.tan(math.pi / 8) / math.sqrt(2)  # handle per chord of a quarter circle


class ToolRefused(ImportRefused):
    """A drafting tool that has no answer."""


@dataclass(frozen=True)
class Drawn:
    """A curve of the draft: its run, and what formulas may ask of it. `against` is how it is drawn: an arc of negative
    length runs clockwise from its start angle, although its run, as all arcs', goes anticlockwise.
    """

    run: Run
    family: str  # Spl, SplPath, Arc or ElArc
    angles: tuple[float, float]  # degrees at which it leaves its start and arrives at its end; an arc's two radii
    handles: tuple[float, float] | None = None  # metres of the first and the last Bézier handle
    against: bool = False


class Draft:
    """What has been drawn so far, by the ids of the file."""

    def __init__(self, unit: float, values: Mapping[str, float], broken: Mapping[str, str]) -> None:
        """`values`: the variables of formulas, in the file's unit of `unit` metres; `broken`: why others have none."""
        self.unit = unit
        self.values = dict(values)
        self.valueless = broken
        self.points: dict[int, Points] = {}
        self.curves: dict[int, Drawn] = {}
        self.names: dict[int, str] = {}
        self.broken: dict[int, str] = {}
        self.failures: list[str] = []
        self.notes: list[str] = []
        self._named: dict[str, Points] = {}
        self._lines: dict[str, tuple[Points, Points]] = {}

    # What an element says

    def number(self, element: Element, attribute: str, default: str | None = None, **local: float) -> float:
        """The value of an attribute's formula in the file's unit, or in degrees."""
        text = element.get(attribute, default)
        if text is None:
            raise ToolRefused(f"it has no {attribute}")

        def lookup(name: str) -> float:
            return local[name] if name in local else self._variable(name)

        try:
            return parse(text).value(lookup)
        except FormulaRefused as error:
            raise ToolRefused(f"{attribute}: {error}") from error

    def length(self, element: Element, attribute: str, default: str | None = None, current: float | None = None) -> float:
        """The value of an attribute's formula in metres; `current` is what it may call CurrentLength, in metres."""
        local = {} if current is None else {"CurrentLength": current / self.unit}
        return self.number(element, attribute, default, **local) * self.unit

    def radius(self, element: Element, attribute: str) -> float:
        radius = self.length(element, attribute)
        if not radius > 1e-6:
            raise ToolRefused(f"its {attribute} is {radius / self.unit:g}: it must be positive")
        return radius

    def id_of(self, element: Element, attribute: str) -> int:
        text = element.get(attribute, "")
        if not (text.isascii() and text.isdigit() and len(text) < 12):
            raise ToolRefused(f"its {attribute} is {text!r}, which is no number of an object")
        return int(text)

    def _need(self, identity: int) -> None:
        if identity in self.broken:
            raise ToolRefused(self.broken[identity])

    def point(self, element: Element, attribute: str) -> Points:
        identity = self.id_of(element, attribute)
        self._need(identity)
        if identity not in self.points:
            raise ToolRefused(f"its {attribute} is object {identity}, which is no point drawn before it")
        return self.points[identity]

    def curve(self, element: Element, attribute: str) -> Drawn:
        identity = self.id_of(element, attribute)
        self._need(identity)
        if identity not in self.curves:
            raise ToolRefused(f"its {attribute} is object {identity}, which is no curve drawn before it")
        return self.curves[identity]

    def name_of(self, element: Element, attribute: str) -> str:
        return self.names.get(self.id_of(element, attribute), "")

    # What formulas may ask

    def _variable(self, name: str) -> float:
        if name in self.values:
            return self.values[name]
        if name in self.valueless:
            raise FormulaRefused(self.valueless[name])
        for prefix, measured in (("AngleLine_", geometry.direction), ("Line_", self._in_units)):
            if name.startswith(prefix) and (ends := self._line(name.removeprefix(prefix))) is not None:
                return measured(ends[1] - ends[0])
        raise FormulaRefused(unknown(name))

    def _in_units(self, vector: Points) -> float:
        return float(np.linalg.norm(vector)) / self.unit

    def _line(self, ends: str) -> tuple[Points, Points] | None:
        """The two points that a variable such as Line_A_B names; names may hold underscores themselves."""
        if ends in self._lines:
            return self._lines[ends]
        parts = ends.split("_")
        splits = [("_".join(parts[:k]), "_".join(parts[k:])) for k in range(1, len(parts))]
        found = [(self._named[a], self._named[b]) for a, b in splits if a in self._named and b in self._named]
        if len(found) > 1:
            raise FormulaRefused(f"The variable for the line {ends!r} may mean several lines: rename a point.")
        return found[0] if found else None

    # What is drawn

    def add_point(self, identity: int, name: str, p: Points) -> None:
        if not (np.isfinite(p).all() and np.abs(p).max() < _FARTHEST):
            raise ToolRefused("it lies farther away than any garment reaches")
        self.points[identity] = p
        self.names[identity] = name
        self._named[name] = self._named[f"id{identity}"] = p

    def add_line(self, identity: int, a: Points, b: Points) -> None:
        self._lines[f"id{identity}"] = (a, b)

    def add_curve(self, identity: int, drawn: Drawn, *aliases: str) -> None:
        """A curve under its id, and its variables: Spl_A_B, Angle1Spl_A_B, C1LengthSpl_A_B, SplPath_A_B_Seg_1 …"""
        if np.abs(drawn.run.flattened(1e-3)).max() > _FARTHEST:
            raise ToolRefused("it reaches farther than any garment")
        self.curves[identity] = drawn
        self.names[identity] = drawn.run.name
        asked = {"": drawn.run.length / self.unit * (-1 if drawn.against else 1)}
        asked |= {"Angle1": drawn.angles[0], "Angle2": drawn.angles[1]}
        if drawn.handles is not None:
            asked |= {"C1Length": drawn.handles[0] / self.unit, "C2Length": drawn.handles[1] / self.unit}
        first = drawn.run.curves[0]
        if isinstance(first, Arc):
            asked["Radius"] = first.radius / self.unit
        for name in (drawn.run.name, f"id{identity}", *aliases):
            self.values |= {f"{what}{name}": value for what, value in asked.items()}
            if drawn.family == "SplPath":
                for k, c in enumerate(drawn.run.curves, start=1):
                    self.values |= self._segment(f"{name}_Seg_{k}", c)

    def _segment(self, name: str, curve: Curve) -> dict[str, float]:
        assert isinstance(curve, Cubic)
        first, last = curve.p1 - curve.p0, curve.p2 - curve.p3
        return {
            name: curve.length / self.unit,
            f"Angle1{name}": geometry.direction(first),
            f"Angle2{name}": geometry.direction(last),
            f"C1Length{name}": self._in_units(first),
            f"C2Length{name}": self._in_units(last),
        }

    def draw(self, element: Element) -> None:
        """Evaluate one tool. What it cannot do is kept in `broken` and, once for each cause, in `failures`."""
        kind = element.get("type", "")
        label = f"{element.tag} {element.get('name') or element.get('id', '?')} ({kind})"
        identity = self.id_of(element, "id")
        try:
            if element.tag == "line":
                self.add_line(identity, self.point(element, "firstPoint"), self.point(element, "secondPoint"))
            elif element.tag == "point" and kind in _POINTS:
                self.add_point(identity, element.get("name", ""), _POINTS[kind](self, element))
            elif (element.tag, kind) in _OTHERS:
                _OTHERS[element.tag, kind](self, element)
            else:
                raise ToolRefused("this tool is not known here")
        except (ImportRefused, CurveRefused, LengthUnreachable) as error:
            self._break(element, label, str(error))

    def _break(self, element: Element, label: str, reason: str) -> None:
        if reason not in self.broken.values():
            reason = f"{label}: {reason.rstrip('.')}."
            self.failures.append(reason)
        made = [element.get(a) for a in ("id", "point1", "point2") if a == "id" or element.get("type") == "trueDarts"]
        made += [item.get("idObject") for item in element.findall("destination/item")]
        self.broken |= {int(m): reason for m in made if m and m.isascii() and m.isdigit()}


# Points


def _base(draft: Draft, e: Element) -> Points:
    return np.array([draft.number(e, "x"), -draft.number(e, "y")]) * draft.unit


def _end_line(draft: Draft, e: Element) -> Points:
    return draft.point(e, "basePoint") + polar(draft.number(e, "angle"), draft.length(e, "length"))


def _ends(draft: Draft, e: Element, first: str, second: str) -> tuple[Points, Points]:
    """Two points that make a line. Raises ToolRefused where they are one."""
    a, b = draft.point(e, first), draft.point(e, second)
    if np.linalg.norm(b - a) < 1e-9:
        raise ToolRefused(f"its {first} and {second} lie in one place, so that they make no line")
    return a, b


def _along_line(draft: Draft, e: Element) -> Points:
    a, b = draft.point(e, "firstPoint"), draft.point(e, "secondPoint")
    current = float(np.linalg.norm(b - a))
    length = draft.length(e, "length", current=current)
    if length == 0:
        return a
    _ends(draft, e, "firstPoint", "secondPoint")
    return a + (b - a) / current * length


def _normal(draft: Draft, e: Element) -> Points:
    a, b = _ends(draft, e, "firstPoint", "secondPoint")
    return a + polar(geometry.direction(b - a) + 90 + draft.number(e, "angle", "0"), draft.length(e, "length"))


def _bisector(draft: Draft, e: Element) -> Points:
    a, b = _ends(draft, e, "secondPoint", "firstPoint")
    _, c = _ends(draft, e, "secondPoint", "thirdPoint")
    first = geometry.direction(b - a)
    turn = (geometry.direction(c - a) - first + 180) % 360 - 180
    return a + polar(first + turn / 2, draft.length(e, "length"))


def _shoulder(draft: Draft, e: Element) -> Points:
    a, b = _ends(draft, e, "p1Line", "p2Line")
    beyond = [
        p
        for p in geometry.line_meets_circle(a, b, draft.point(e, "pShoulder"), draft.radius(e, "length"))
        if (p - b) @ (b - a) > 0
    ]
    if not beyond:
        raise ToolRefused("its length does not reach the line beyond its second point")
    return beyond[0]


def _contact(draft: Draft, e: Element) -> Points:
    a, b = _ends(draft, e, "firstPoint", "secondPoint")
    hits = geometry.line_meets_circle(a, b, draft.point(e, "center"), draft.radius(e, "radius"))
    if not hits:
        raise ToolRefused("its circle does not reach its line")
    reach = float((b - a) @ (b - a))
    inside = [p for p in hits if -1e-9 <= (p - a) @ (b - a) / reach <= 1 + 1e-9]
    return min(inside or hits, key=lambda p: float(np.linalg.norm(p - a)))


def _met(p: Points | None) -> Points:
    if p is None:
        raise ToolRefused("its lines are parallel")
    return p


def _line_intersect(draft: Draft, e: Element) -> Points:
    return _met(geometry.lines_meet(*_ends(draft, e, "p1Line1", "p2Line1"), *_ends(draft, e, "p1Line2", "p2Line2")))


def _line_intersect_axis(draft: Draft, e: Element) -> Points:
    base = draft.point(e, "basePoint")
    on_axis = base + polar(draft.number(e, "angle"))
    return _met(geometry.lines_meet(base, on_axis, *_ends(draft, e, "p1Line", "p2Line")))


def _height(draft: Draft, e: Element) -> Points:
    a, b = _ends(draft, e, "p1Line", "p2Line")
    way = (b - a) / np.linalg.norm(b - a)
    return a + ((draft.point(e, "basePoint") - a) @ way) * way


def _intersect_xy(draft: Draft, e: Element) -> Points:
    return np.array([draft.point(e, "firstPoint")[0], draft.point(e, "secondPoint")[1]])


def _triangle(draft: Draft, e: Element) -> Points:
    """The corner of a right angle on an axis, over a hypotenuse: where the axis leaves Thales' circle."""
    a, b = _ends(draft, e, "axisP1", "axisP2")
    c, d = _ends(draft, e, "firstPoint", "secondPoint")
    start = _met(geometry.lines_meet(a, b, c, d))
    hits = geometry.line_meets_circle(a, b, (c + d) / 2, float(np.linalg.norm(d - c)) / 2)
    if not hits or (hits[0] - start) @ (b - a) < 0:
        raise ToolRefused("no right angle over its two points lies ahead on its axis")
    return hits[0]


def _chosen(hits: tuple[Points, ...], e: Element, what: str) -> Points:
    """The first or the second of two answers, as the element's crossPoint says."""
    if not hits:
        raise ToolRefused(f"{what} do not meet")
    return hits[1 if e.get("crossPoint") == "2" and len(hits) > 1 else 0]


def _circles(draft: Draft, e: Element) -> Points:
    c1, c2 = draft.point(e, "c1Center"), draft.point(e, "c2Center")
    return _chosen(
        geometry.circles_meet(c1, draft.radius(e, "c1Radius"), c2, draft.radius(e, "c2Radius")), e, "its circles"
    )


def _touching(p: Points, centre: Points, radius: float) -> tuple[Points, ...]:
    """Where the tangents from p touch a circle."""
    square = float((p - centre) @ (p - centre)) - radius * radius
    if square < 0:
        raise ToolRefused("its point lies inside the circle, so that no tangent passes it")
    return geometry.circles_meet(p, math.sqrt(square), centre, radius)


def _circle_tangent(draft: Draft, e: Element) -> Points:
    hits = _touching(draft.point(e, "tangent"), draft.point(e, "cCenter"), draft.radius(e, "cRadius"))
    return _chosen(hits, e, "its circle and the tangent")


def _arc(draft: Draft, e: Element, attribute: str) -> tuple[Arc, Run]:
    run = draft.curve(e, attribute).run
    if not isinstance(run.curves[0], Arc):
        raise ToolRefused(f"its {attribute} is no arc of a circle")
    return run.curves[0], run


def _arc_tangent(draft: Draft, e: Element) -> Points:
    arc, run = _arc(draft, e, "arc")
    hits = _touching(draft.point(e, "tangent"), arc.centre, arc.radius)
    return _chosen(tuple(p for p in hits if geometry.lies_on(run, p)), e, "its arc and the tangent")


def _arcs(draft: Draft, e: Element) -> Points:
    (one, run1), (other, run2) = _arc(draft, e, "firstArc"), _arc(draft, e, "secondArc")
    hits = geometry.circles_meet(one.centre, one.radius, other.centre, other.radius)
    both = tuple(p for p in hits if geometry.lies_on(run1, p) and geometry.lies_on(run2, p))
    return _chosen(both, e, "its arcs")


def _curves(draft: Draft, e: Element) -> Points:
    hits = geometry.crossings(draft.curve(e, "curve1").run, draft.curve(e, "curve2").run)
    if not hits:
        raise ToolRefused("its curves do not meet")
    up = -1 if e.get("vCrossPoint") == "2" else 1
    best = max(up * p[1] for p in hits)
    level = [p for p in hits if best - up * p[1] < 1e-6]
    return (max if e.get("hCrossPoint") == "2" else min)(level, key=lambda p: p[0])


def _cut(draft: Draft, e: Element, drawn: Drawn, place: float, p: Points) -> None:
    """The two parts into which a point cuts a curve: known to formulas, and drawn under the ids after the point's."""
    family = "Spl" if drawn.family == "Spl" else drawn.family
    identity = draft.id_of(e, "id")
    name = e.get("name", "")
    ends = draft.ends.get(drawn.run.name, ("", ""))
    for k, (low, high) in enumerate(((0.0, place), (place, drawn.run.length)), start=1):
        curves = geometry.between(drawn.run, low, high)
        part = draft.id_of(e, f"segment{k}Id") if e.get(f"segment{k}Id") else identity + k
        if family in ("Arc", "ElArc"):
            title = f"{family}_{ends[0]}_{part}"
        else:
            title = f"{family}_{ends[0]}_{name}" if k == 1 else f"{family}_{name}_{ends[1]}"
