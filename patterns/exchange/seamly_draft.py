# SPDX-License-Identifier: GPL-3.0-or-later
"""The drafting tools of Seamly2D and Valentina, evaluated: a file's points and curves in metres, y up.

Each tool is a short function of the draft and its element; what the tools are and how they choose between two answers
is told in the programs' manuals and schemas. Angles are degrees anticlockwise from x, as on their screens.
A tool that has no answer breaks what is drawn with it, and nothing else: `Draft.broken` says why.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from xml.etree.ElementTree import Element

import numpy as np

from ..curves import Arc, Cubic, Curve, CurveRefused, LengthUnreachable, Points, place_on, run_length, solve
from ..pieces import Run
from . import seamly_curves as geometry
from .formula import FormulaRefused, parse, unknown
from .report import ImportRefused
from .seamly_curves import polar

_FARTHEST = 1000.0  # metres from the origin: nothing that is worn lies beyond
_MOST_UNDERSCORES = 30  # in the names of two points together
_MOST_PATH_POINTS = 200
_BEZIER_CIRCLE = 4 / 3 * math.tan(math.pi / 8) / math.sqrt(2)  # handle per chord of a quarter circle


class ToolRefused(ImportRefused):
    """A drafting tool that has no answer."""


@dataclass(frozen=True)
class Drawn:
    """A curve of the draft.

    ends: the names of its first and last point, of an arc that of its centre, twice. angles: degrees at which its
    Bézier handles leave its two ends; of an arc those of its two radii. handles: their lengths in metres. against: it
    is an arc of negative length, drawn clockwise, though its run, as all arcs', goes anticlockwise.
    """

    run: Run
    family: str  # Spl, SplPath, Arc or ElArc
    ends: tuple[str, str]
    angles: tuple[float, float]
    handles: tuple[float, float] | None = None
    against: bool = False


class Draft:
    """What has been drawn so far, by the ids of the file."""

    def __init__(
        self, unit: float, values: Mapping[str, float], broken: Mapping[str, str], looks_ahead: bool = False
    ) -> None:
        """`values`: the variables of formulas, in the file's unit of `unit` metres; `broken`: why others have none.

        `looks_ahead`: an axis that meets its curve on both sides takes what lies ahead, as in Seamly2D.
        """
        self.unit = unit
        self.looks_ahead = looks_ahead
        self.values = dict(values)
        self.valueless = broken
        self.asked: set[str] = set()  # variables that formulas asked for so far
        self.points: dict[int, Points] = {}
        self.curves: dict[int, Drawn] = {}
        self.names: dict[int, str] = {}
        self.broken: dict[int, str] = {}
        self.failures: list[str] = []
        self.notes: list[str] = []
        self._causes: set[str] = set()
        self._named: dict[str, Points] = {}
        self._lines: dict[str, tuple[Points, Points]] = {}

    # What an element says

    def number(
        self, element: Element, attribute: str, default: str | None = None, local: Mapping[str, float] | None = None
    ) -> float:
        """The value of an attribute's formula in the file's unit, or in degrees; `local` are variables of its own."""
        text = element.get(attribute, default)
        if text is None:
            raise ToolRefused(f"it has no {attribute}")

        def lookup(name: str) -> float:
            return local[name] if local and name in local else self._variable(name)

        try:
            return parse(text).value(lookup)
        except FormulaRefused as error:
            raise ToolRefused(f"{attribute}: {error}") from error

    def length(self, element: Element, attribute: str, current: float | None = None) -> float:
        """The value of an attribute's formula in metres; `current` is what it may call CurrentLength, in metres."""
        local = {} if current is None else {"CurrentLength": current / self.unit}
        value = self.number(element, attribute, local=local) * self.unit
        if abs(value) > _FARTHEST:
            raise ToolRefused(f"its {attribute} is {value:g} m, more than any garment has")
        return value

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
        self.asked.add(name)
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
        parts = ends.split("_", _MOST_UNDERSCORES)
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
        self._named[name] = p
        self._named.setdefault(f"id{identity}", p)

    def add_line(self, identity: int, a: Points, b: Points) -> None:
        self._lines[f"id{identity}"] = (a, b)

    def add_curve(self, identity: int, drawn: Drawn, *aliases: str) -> None:
        """A curve under its id, and its variables: Spl_A_B, Angle1Spl_A_B, C1LengthSpl_A_B, SplPath_A_B_Seg_1 …"""
        if not np.abs(drawn.run.flattened(1e-3)).max() < _FARTHEST:
            raise ToolRefused("it reaches farther than any garment")
        self.curves[identity] = drawn
        self.names[identity] = drawn.run.name
        for name in (drawn.run.name, f"id{identity}", *aliases):
            self._ask(name, drawn)
            for k, curve in enumerate(drawn.run.curves if drawn.family == "SplPath" else (), start=1):
                self._ask(f"{name}_Seg_{k}", bezier("", drawn.ends, [curve]))

    def _ask(self, name: str, drawn: Drawn) -> None:
        """Let formulas ask for what a curve of this name measures."""
        self.values[name] = drawn.run.length / self.unit * (-1 if drawn.against else 1)
        self.values[f"Angle1{name}"], self.values[f"Angle2{name}"] = drawn.angles
        if drawn.handles is not None:
            self.values[f"C1Length{name}"], self.values[f"C2Length{name}"] = (h / self.unit for h in drawn.handles)
        if isinstance(first := drawn.run.curves[0], Arc):
            self.values[f"Radius{name}"] = first.radius / self.unit

    def draw(self, element: Element) -> None:
        """Evaluate one tool. What it cannot do is kept in `broken` and, once for each cause, in `failures`."""
        kind = element.get("type", "")
        label = f"{element.tag} {element.get('name') or element.get('id', '?')} ({kind})"
        identity = self.id_of(element, "id")
        try:
            with np.errstate(over="ignore", invalid="ignore"):  # what grows beyond all measure is refused below
                if element.tag == "line":
                    self.add_line(identity, self.point(element, "firstPoint"), self.point(element, "secondPoint"))
                elif element.tag == "point" and kind in _POINTS:
                    self.add_point(identity, element.get("name", ""), _POINTS[kind](self, element))
                elif (element.tag, kind) in _OTHERS:
                    _OTHERS[element.tag, kind](self, element)
                else:
                    raise ToolRefused("this tool is not known here")
        except (ImportRefused, CurveRefused, LengthUnreachable) as error:
            ids = [element.get(a) for a in ("point1", "point2") if element.get("type") == "trueDarts"]
            ids += [item.get("idObject") for item in element.findall("destination/item")]
            made = [int(i) for i in ids if i and i.isascii() and i.isdigit()]
            self.refuse(label, str(error), (identity, *made))

    def copy(self, identity: int, old: int, move: tuple[Points, Points] | None = None) -> None:
        """An object once more under another id, as the pieces use them; moved by a map (matrix, offset) if given."""
        self._need(old)
        matrix, offset = move or (np.eye(2), np.zeros(2))
        if old in self.points:
            self.points[identity] = matrix @ self.points[old] + offset
        elif old in self.curves:
            drawn = self.curves[old]
            curves = tuple(c.transformed(matrix, offset) for c in drawn.run.curves) if move else drawn.run.curves
            self.curves[identity] = replace(drawn, run=Run(drawn.run.name, curves))
        else:
            raise ToolRefused(f"its object {old} is not drawn before it")
        self.names[identity] = self.names.get(old, "")

    def model(self, element: Element) -> None:
        """Take over one object of the draft for the pieces."""
        identity = self.id_of(element, "id")
        try:
            self.copy(identity, self.id_of(element, "idObject"))
        except ImportRefused as error:
            self.broken[identity] = str(error)

    def refuse(self, label: str, reason: str, made: Iterable[int]) -> None:
        """Say why a tool drew nothing; what is drawn with what it would have `made` fails for the same reason."""
        if reason not in self._causes:
            reason = f"{label}: {reason.rstrip('.')}."
            self._causes.add(reason)
            self.failures.append(reason)
        self.broken |= dict.fromkeys(made, reason)


def bezier(name: str, ends: tuple[str, str], curves: Sequence[Curve], family: str = "Spl") -> Drawn:
    """A curve of one or more Béziers, end to end."""
    first, last = curves[0], curves[-1]
    assert isinstance(first, Cubic)
    assert isinstance(last, Cubic)
    leave, arrive = first.p1 - first.p0, last.p2 - last.p3
    return Drawn(
        Run(name, tuple(curves)),
        family,
        ends,
        (geometry.direction(leave), geometry.direction(arrive)),
        (float(np.linalg.norm(leave)), float(np.linalg.norm(arrive))),
    )


def circular(name: str, centre_name: str, centre: Points, radius: float, begin: float, sweep: float) -> Drawn:
    """An arc of a circle from `begin` through `sweep` degrees; its run is anticlockwise whichever way it is drawn."""
    first, last = sorted((begin, begin + sweep))
    run = Run(name, (Arc(centre, radius, math.radians(first), math.radians(last - first)),))
    return Drawn(run, "Arc", (centre_name, centre_name), (begin, begin + sweep), against=sweep < 0)


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


# Points that cut a curve


def _cut(draft: Draft, e: Element, drawn: Drawn, place: float) -> Points:
    """The point at the arc length `place` of a curve; its two parts are known to formulas and drawn under own ids."""
    identity, name, (start, end) = draft.id_of(e, "id"), e.get("name", ""), drawn.ends
    spans = [(0.0, place), (place, drawn.run.length)]
    for k, (low, high) in enumerate(reversed(spans) if drawn.against else spans, start=1):
        part = draft.id_of(e, f"segment{k}Id") if e.get(f"segment{k}Id") else identity + k
        if drawn.family.endswith("Arc"):
            title, ends = f"{drawn.family}_{start}_{part}", (start, start)
        else:
            ends = (start, name) if k == 1 else (name, end)
            title = f"{drawn.family}_{ends[0]}_{ends[1]}"
        if curves := geometry.between(drawn.run, low, high):
            draft.add_curve(part, _redrawn(drawn, title, ends, curves))
        else:
            draft.values[title] = 0.0
    return drawn.run.at(place)[0]


def _redrawn(drawn: Drawn, name: str, ends: tuple[str, str], curves: Sequence[Curve]) -> Drawn:
    """A curve of the same kind along other curves."""
    if isinstance(curves[0], Cubic):
        return bezier(name, ends, curves, drawn.family)
    angles = drawn.angles
    if isinstance(arc := curves[0], Arc):
        first, last = math.degrees(arc.begin) % 360, math.degrees(arc.begin + arc.sweep) % 360
        angles = (last, first) if drawn.against else (first, last)
    return replace(drawn, run=Run(name, tuple(curves)), ends=ends, angles=angles)


def _cut_by_length(attribute: str) -> Callable[[Draft, Element], Points]:
    def cut(draft: Draft, e: Element) -> Points:
        drawn = draft.curve(e, attribute)
        full = drawn.run.length
        length = draft.length(e, "length", current=full)
        if e.get("direction") == "backward":
            length = full - length
        place = length if length >= 0 else full + length
        if length < 0 and not drawn.against:
            draft.notes.append(f"{e.get('name')!r} cuts its curve at a negative length, which counts from the end.")
        if not -1e-9 <= place <= full + 1e-9:
            draft.notes.append(f"{e.get('name')!r} would cut its curve beyond an end: it lies on that end.")
        return _cut(draft, e, drawn, min(max(place, 0.0), full))

    return cut


def _curve_intersect_axis(draft: Draft, e: Element) -> Points:
    drawn = draft.curve(e, "curve")
    hits = geometry.on_axis(drawn.run, draft.point(e, "basePoint"), draft.number(e, "angle"))
    if not hits:
        raise ToolRefused("its axis does not meet its curve")
    # Valentina takes the nearest on its endless axis, Seamly2D the nearest ahead if there is one.
    _, p = min(hits, key=lambda hit: (draft.looks_ahead and hit[0] < -1e-9, abs(hit[0])))
    return _cut(draft, e, drawn, place_on(drawn.run.curves, p)[0])


# Curves


def _aliases(e: Element, family: str) -> tuple[str, ...]:
    return (f"{family}_{e.get('alias')}",) if e.get("alias") else ()


def _add_bezier(draft: Draft, e: Element, ends: tuple[str, str], curves: Sequence[Curve], family: str = "Spl") -> None:
    copy = e.get("duplicate", "0")
    name = f"{family}_{ends[0]}_{ends[1]}" + (f"_{copy}" if copy != "0" else "")
    draft.add_curve(draft.id_of(e, "id"), bezier(name, ends, curves, family), *_aliases(e, family))


def _spline(draft: Draft, e: Element) -> None:
    a, d = draft.point(e, "point1"), draft.point(e, "point4")
    angle1, angle2 = draft.number(e, "angle1"), draft.number(e, "angle2")
    if e.get("type") == "simple":
        reach = _BEZIER_CIRCLE * float(np.linalg.norm(d - a)) * draft.number(e, "kCurve", "1")
        length1, length2 = reach * draft.number(e, "kAsm1", "1"), reach * draft.number(e, "kAsm2", "1")
    else:
        length1, length2 = draft.length(e, "length1"), draft.length(e, "length2")
    ends = draft.name_of(e, "point1"), draft.name_of(e, "point4")
    _add_bezier(draft, e, ends, [Cubic(a, a + polar(angle1, length1), d + polar(angle2, length2), d)])


def _spline_of_length(draft: Draft, e: Element) -> None:
    """A Bézier whose second handle is as long as makes the curve as long as is asked for."""
    a, d = draft.point(e, "point1"), draft.point(e, "point4")
    b = a + polar(draft.number(e, "angle1"), draft.length(e, "length1"))
    away, wanted = polar(draft.number(e, "angle2")), draft.length(e, "length")

    def excess(handle: float) -> float:
        return Cubic(a, b, d + handle * away, d).length - wanted

    handle = solve(excess, 0.0, 4 * wanted, f"A length of {wanted / draft.unit:g}")
    _add_bezier(draft, e, (draft.name_of(e, "point1"), draft.name_of(e, "point4")), [Cubic(a, b, d + handle * away, d)])


def _bezier_points(draft: Draft, e: Element) -> None:
    corners = [draft.point(e, f"point{k}") for k in (1, 2, 3, 4)]
    _add_bezier(draft, e, (draft.name_of(e, "point1"), draft.name_of(e, "point4")), [Cubic(*corners)])


def _path_points(draft: Draft, e: Element, least: int) -> tuple[list[Element], tuple[str, str]]:
    points = e.findall("pathPoint")
    if not least <= len(points) <= _MOST_PATH_POINTS:
        raise ToolRefused(f"its path has {len(points)} points; it needs {least}, and {_MOST_PATH_POINTS} are enough")
    return points, (draft.name_of(points[0], "pSpline"), draft.name_of(points[-1], "pSpline"))


def _bezier_path(draft: Draft, e: Element) -> None:
    points, ends = _path_points(draft, e, 4)
    at = [draft.point(p, "pSpline") for p in points]
    curves = [Cubic(*at[k : k + 4]) for k in range(0, len(at) - 3, 3)]
    _add_bezier(draft, e, (ends[0], draft.name_of(points[3 * len(curves)], "pSpline")), curves, "SplPath")


def _spline_path(draft: Draft, e: Element) -> None:
    points, ends = _path_points(draft, e, 2)
    curves: list[Curve] = []
    for one, other in pairwise(points):
        a, d = draft.point(one, "pSpline"), draft.point(other, "pSpline")
        if e.get("type") == "path":  # one angle a point, and handles in parts of the chord
            leave, arrive = draft.number(one, "angle"), draft.number(other, "angle") + 180
            reach = _BEZIER_CIRCLE * float(np.linalg.norm(d - a)) * draft.number(e, "kCurve", "1")
            length1, length2 = reach * draft.number(one, "kAsm2", "1"), reach * draft.number(other, "kAsm1", "1")
        else:
            leave, arrive = draft.number(one, "angle2"), draft.number(other, "angle1")
            length1, length2 = draft.length(one, "length2"), draft.length(other, "length1")
        curve = Cubic(a, a + polar(leave, length1), d + polar(arrive, length2), d)
        if not curve.length <= 1e-6:  # a point that is given twice makes no segment
            curves.append(curve)
    if not curves:
        raise ToolRefused("its path has no length")
    _add_bezier(draft, e, ends, curves, "SplPath")


def _sweep(draft: Draft, e: Element) -> float:
    """Degrees from the first radius anticlockwise to the second; the whole circle where they are one."""
    turn = (draft.number(e, "angle2") - draft.number(e, "angle1")) % 360
    return turn if 1e-9 < turn < 360 - 1e-9 else 360.0


def _arc_tool(draft: Draft, e: Element) -> None:
    centre, radius, begin = draft.point(e, "center"), draft.radius(e, "radius"), draft.number(e, "angle1")
    if e.get("type") == "simple":
        sweep = _sweep(draft, e)
    else:
        sweep = math.degrees(draft.length(e, "length") / radius)
        if not 1e-9 < abs(sweep) <= 360 + 1e-9:
            raise ToolRefused(
                f"its length is {math.radians(sweep) * radius / draft.unit:g}: it must be within its circle"
            )
    name = draft.name_of(e, "center")
    drawn = circular(f"Arc_{name}_{e.get('id')}", name, centre, radius, begin, sweep)
    draft.add_curve(draft.id_of(e, "id"), drawn, *_aliases(e, "Arc"))


def _elliptical_arc(draft: Draft, e: Element) -> None:
    centre, radii = draft.point(e, "center"), (draft.radius(e, "radius1"), draft.radius(e, "radius2"))
    turned, begin, name = draft.number(e, "rotationAngle", "0"), draft.number(e, "angle1"), draft.name_of(e, "center")
    title = f"ElArc_{name}_{e.get('id')}"

    def arcs(sweep: float) -> tuple[Curve, ...]:
        return geometry.ellipse(centre, radii, turned, begin, sweep)

    if e.get("type") == "simple":
        sweep = _sweep(draft, e)
    else:
        wanted = draft.length(e, "length")
        what = f"A length of {wanted / draft.unit:g} along its ellipse"
        sweep = solve(lambda x: run_length(arcs(x)) - wanted, 1e-6, 360.0, what)
    drawn = Drawn(Run(title, arcs(sweep)), "ElArc", (name, name), (begin, begin + sweep))
    draft.add_curve(draft.id_of(e, "id"), drawn, *_aliases(e, "ElArc"))
    draft.values[f"Radius1{title}"], draft.values[f"Radius2{title}"] = (r / draft.unit for r in radii)


def _true_darts(draft: Draft, e: Element) -> None:
    """The two ends of a dart's legs, lengthened so that they meet the seam when the dart is closed."""
    base1, base2 = draft.point(e, "baseLineP1"), draft.point(e, "baseLineP2")
    tip, leg1 = _ends(draft, e, "dartP2", "dartP1")
    _, leg3 = _ends(draft, e, "dartP2", "dartP3")
    closing = geometry.direction(leg1 - tip) - geometry.direction(leg3 - tip)
    matrix, offset = geometry.about(geometry.rotation(closing), tip)
    p1 = _met(geometry.lines_meet(base1, matrix @ base2 + offset, tip, leg1))
    p2 = matrix.T @ (p1 - offset)
    for k, p in ((1, p1), (2, p2)):
        draft.add_point(draft.id_of(e, f"point{k}"), e.get(f"name{k}", ""), p)


# Operations on objects that are already drawn


def _rotation(draft: Draft, e: Element) -> tuple[Points, Points]:
    return geometry.about(geometry.rotation(draft.number(e, "angle")), draft.point(e, "center"))


def _flip_by_line(draft: Draft, e: Element) -> tuple[Points, Points]:
    return geometry.reflection(*_ends(draft, e, "p1Line", "p2Line"))


def _flip_by_axis(draft: Draft, e: Element) -> tuple[Points, Points]:
    centre = draft.point(e, "center")
    return geometry.reflection(centre, centre + polar(0 if e.get("axisType") == "2" else 90))


def _move(draft: Draft, e: Element) -> tuple[Points, Points]:
    """Moved, then turned about a point or, where the file names none, about the middle of what was moved."""
    way, turn = polar(draft.number(e, "angle"), draft.length(e, "length")), draft.number(e, "rotationAngle", "0")
    if e.get("center", "0") != "0":
        centre = draft.point(e, "center")
    else:
        items = [draft.id_of(item, "idObject") for item in e.findall("source/item")]
        places = [draft.points[i][None] for i in items if i in draft.points]
        places += [draft.curves[i].run.flattened() for i in items if i in draft.curves]
        every = np.concatenate(places) if places else np.zeros((1, 2))
        centre = (every.min(axis=0) + every.max(axis=0)) / 2 + way
    matrix, offset = geometry.about(geometry.rotation(turn), centre)
    return matrix, matrix @ way + offset


def _operation(find: Callable[[Draft, Element], tuple[Points, Points]]) -> Callable[[Draft, Element], None]:
    def operate(draft: Draft, e: Element) -> None:
        sources, targets = e.findall("source/item"), e.findall("destination/item")
        if len(sources) != len(targets):
            raise ToolRefused(f"it makes {len(targets)} objects of {len(sources)}")
        matrix, offset = find(draft, e)
        mirrored = bool(np.linalg.det(matrix) < 0)
        for source, target in zip(sources, targets, strict=True):
            old, new = draft.id_of(source, "idObject"), draft.id_of(target, "idObject")
            name = source.get("name") or draft.names.get(old, "") + e.get("suffix", "")
            if old in draft.points:
                draft.add_point(new, name, matrix @ draft.points[old] + offset)
                continue
            drawn = draft.curve(source, "idObject")
            curves: list[Curve] = [c.transformed(matrix, offset) for c in drawn.run.curves]
            aliases: tuple[str, ...] = ()
            if drawn.family == "Arc":
                aliases = (f"Arc_{drawn.ends[0]}_{new}",)
                curves = [c.reversed() for c in reversed(curves)] if mirrored else curves
            moved = replace(drawn, against=drawn.against != (mirrored and drawn.family.endswith("Arc")))
            draft.add_curve(new, _redrawn(moved, name, drawn.ends, curves), *aliases)

    return operate


_POINTS: dict[str, Callable[[Draft, Element], Points]] = {
    "single": _base,
    "endLine": _end_line,
    "alongLine": _along_line,
    "normal": _normal,
    "bisector": _bisector,
    "shoulder": _shoulder,
    "pointOfContact": _contact,
    "lineIntersect": _line_intersect,
    "lineIntersectAxis": _line_intersect_axis,
    "height": _height,
    "intersectXY": _intersect_xy,
    "pointOfIntersection": _intersect_xy,
    "triangle": _triangle,
    "pointOfIntersectionCircles": _circles,
    "pointFromCircleAndTangent": _circle_tangent,
    "pointFromArcAndTangent": _arc_tangent,
    "pointOfIntersectionArcs": _arcs,
    "pointOfIntersectionCurves": _curves,
    "cutSpline": _cut_by_length("spline"),
    "cutSplinePath": _cut_by_length("splinePath"),
    "cutArc": _cut_by_length("arc"),
    "curveIntersectAxis": _curve_intersect_axis,
}
_OTHERS: dict[tuple[str, str], Callable[[Draft, Element], None]] = {
    ("point", "trueDarts"): _true_darts,
    ("spline", "simple"): _spline,
    ("spline", "simpleInteractive"): _spline,
    ("spline", "cubicBezier"): _bezier_points,
    ("spline", "cubicBezierLength"): _spline_of_length,
    ("spline", "path"): _spline_path,
    ("spline", "pathInteractive"): _spline_path,
    ("spline", "cubicBezierPath"): _bezier_path,
    ("arc", "simple"): _arc_tool,
    ("arc", "arcWithLength"): _arc_tool,
    ("elArc", "simple"): _elliptical_arc,
    ("elArc", "ellipticalArcWithLength"): _elliptical_arc,
    ("operation", "rotation"): _operation(_rotation),
    ("operation", "flippingByLine"): _operation(_flip_by_line),
    ("operation", "flippingByAxis"): _operation(_flip_by_axis),
    ("operation", "moving"): _operation(_move),
}
