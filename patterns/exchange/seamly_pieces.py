# SPDX-License-Identifier: GPL-3.0-or-later
"""Pieces of Seamly2D and Valentina: nodes along points and curves of the draft made a closed loop of named edges."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal
from xml.etree.ElementTree import Element

import numpy as np

from ..curves import Curve, CurveRefused, Line, Points, place_on
from ..pieces import CLOSURE_TOLERANCE, Edge, InternalLine, Notch, Piece, PieceRefused, Run, Wrap, polygon_area
from . import seamly_curves as geometry
from .report import ImportRefused, checked
from .seamly_draft import Draft, ToolRefused

_NEAR = 2e-4  # metres: a curve that ends this near to its node goes on to it
_SMOOTH = 1.0  # degrees: a notched node that turns less is no corner
_MOST_NODES = 1000  # of a piece or a path
_NODES = {"NodePoint", "NodeArc", "NodeElArc", "NodeSpline", "NodeSplinePath"}


@dataclass
class _Corner:
    """A place where one side of a piece ends and the next begins."""

    at: Points
    name: str = ""
    node: Element | None = None


@dataclass
class _Side:
    """What lies between two corners."""

    first: _Corner
    last: _Corner
    curves: tuple[Curve, ...]
    name: str = ""  # of the curve, where the corners have none
    allowance: float = 0.0

    def reversed(self) -> _Side:
        curves = tuple(c.reversed() for c in reversed(self.curves))
        return replace(self, first=self.last, last=self.first, curves=curves)


class _Names:
    """Plain names, each given once: what a seam can speak of holds no dot, no blank and no leading minus."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def plain(self, wanted: str, otherwise: str) -> str:
        base = re.sub(r"\W+", "_", wanted).strip("_") or otherwise
        name, k = base, 1
        while name in self._given:
            k += 1
            name = f"{base}_{k}"
        self._given.add(name)
        return name


def _nodes(owner: Element) -> list[Element]:
    """The nodes in use; the oldest files keep them right below the piece."""
    found = owner.findall("nodes/node") or owner.findall("node")
    if len(found) > _MOST_NODES:
        raise ToolRefused(f"it has {len(found)} nodes; no piece needs more than {_MOST_NODES}.")
    return [n for n in found if n.get("excluded") not in ("1", "true")]


def _oriented(draft: Draft, node: Element) -> tuple[Run, tuple[str, str]] | None:
    """A curve node's run in the direction in which it is walked, and the names of its ends; None for a point."""
    kind = node.get("type", "")
    if kind not in _NODES:
        raise ToolRefused(f"a node has the type {kind!r}, which is not known here")
    if kind == "NodePoint":
        return None
    drawn = draft.curve(node, "idObject")
    ends = ("", "") if drawn.family.endswith("Arc") else drawn.ends
    if node.get("reverse") in ("1", "true"):
        return geometry.reversed_run(drawn.run), (ends[1], ends[0])
    return drawn.run, ends


def _trimmed(draft: Draft, run: Run, before: Element | None, after: Element | None) -> tuple[Curve, ...]:
    """The part of a curve between its neighbours: from where the one before it touches it to where the next does."""
    low, high = 0.0, run.length
    for node, starts in ((before, True), (after, False)):
        if node is None:
            continue
        neighbour = _oriented(draft, node)
        if neighbour is None:
            p = draft.point(node, "idObject")
        else:
            p = neighbour[0].end if starts else neighbour[0].start
        place, away = place_on(run.curves, p)
        if away < geometry.ON_CURVE and starts:
            low = place
        elif away < geometry.ON_CURVE:
            high = place
    if abs(high - low) <= CLOSURE_TOLERANCE:  # both neighbours touch it in one place: it is walked whole
        return run.curves
    if high < low:
        raise ToolRefused(f"its curve {run.name!r} is walked against the order of its nodes: reverse it there")
    return geometry.between(run, low, high)


def _sides(draft: Draft, nodes: Sequence[Element], closed: bool) -> list[_Side]:
    """The sides along nodes: each curve trimmed to its neighbours, and straight lines where they do not touch."""
    sides: list[_Side] = []
    corner: _Corner | None = None

    def go(to: _Corner, curves: tuple[Curve, ...] = (), name: str = "") -> _Corner:
        """Walk from the corner that was reached to the next one; straight, where no curve is given."""
        assert corner is not None
        gap = float(np.linalg.norm(to.at - corner.at))
        if curves:
            sides.append(_Side(corner, to, curves, name))
        elif gap <= CLOSURE_TOLERANCE:
            if to.node is not None or not corner.name:
                corner.name, corner.node = to.name or corner.name, to.node if to.node is not None else corner.node
            return corner
        elif gap < _NEAR and sides and sides[-1].name:  # a curve whose node stands beside its end
            sides[-1] = replace(sides[-1], last=to, curves=(*sides[-1].curves, Line(corner.at, to.at)))
        else:
            sides.append(_Side(corner, to, (Line(corner.at, to.at),)))
        return to

    for k, node in enumerate(nodes):
        curve = _oriented(draft, node)
        if curve is None:
            to = _Corner(draft.point(node, "idObject"), draft.name_of(node, "idObject"), node)
            corner = to if corner is None else go(to)
            continue
        before = nodes[k - 1] if k or (closed and len(nodes) > 1) else None
        after = nodes[(k + 1) % len(nodes)] if k + 1 < len(nodes) or (closed and len(nodes) > 1) else None
        run, names = curve
        curves = _trimmed(draft, run, before, after)
        start, end = (
            _Corner(p, name if np.linalg.norm(p - whole) <= CLOSURE_TOLERANCE else "")
            for p, whole, name in zip((curves[0].start, curves[-1].end), (run.start, run.end), names, strict=True)
        )
        corner = start if corner is None else go(start)
        corner = go(end, curves, run.name)
    if closed and corner is not None and sides:
        first = sides[0].first
        if np.linalg.norm(first.at - corner.at) > CLOSURE_TOLERANCE:
            go(first)
        else:
            sides[-1].last = first
            if first.node is None:
                first.name, first.node = corner.name or first.name, corner.node
    return sides


def _allowed(draft: Draft, sides: Iterable[_Side], width: float, notes: list[str], piece: str) -> None:
    """Give each side its allowance: the piece's, or what the nodes at its two ends say."""
    for side in sides:
        reaches: list[float] = []
        for corner, attribute in ((side.first, "after"), (side.last, "before")):
            if corner.node is not None and corner.node.get(attribute):
                local = {"CurrentSeamAllowance": width / draft.unit}
                reach = draft.number(corner.node, attribute, local=local) * draft.unit
                reaches.append(reach if reach >= 0 else width)
            else:
                reaches.append(width)
        side.allowance = max(reaches)
        if abs(reaches[0] - reaches[1]) > 1e-6:
            notes.append(f"An allowance of {piece!r} that grows along its edge was taken at its widest.")


def _is_notch(corner: _Corner) -> bool:
    node = corner.node
    return node is not None and (node.get("notch") == "true" or node.get("passmark") == "true")


def _joins(one: _Side, other: _Side) -> bool:
    """Whether the corner between two sides is but a notch on one edge."""
    if not _is_notch(one.last) or one.allowance != other.allowance:
        return False
    along = [c.points(np.array(t)) for c, t in ((one.curves[-1], [0.999, 1.0]), (other.curves[0], [0.0, 0.001]))]
    turn = geometry.direction(along[1][1] - along[1][0]) - geometry.direction(along[0][1] - along[0][0])
    return abs((turn + 180) % 360 - 180) < _SMOOTH


def _folds_back(one: _Side, other: _Side) -> bool:
    """Whether two straight sides lie on one another."""
    straight = all(len(s.curves) == 1 and isinstance(s.curves[0], Line) for s in (one, other))
    return straight and float(np.linalg.norm(one.first.at - other.last.at)) <= CLOSURE_TOLERANCE


def _kind(node: Element, notes: list[str], piece: str) -> Literal["single", "double"]:
    count, line = node.get("notchCount", "1"), node.get("passmarkLine", "one")
    shape = node.get("notchType", "slit")
    if count not in ("1", "2") or line not in ("one", "two") or shape != "slit":
        notes.append(f"A notch of {piece!r} has a form or count of its own: it was taken as a plain one.")
    return "single" if count == "1" and line != "two" else "double"


def _edges(
    sides: list[_Side], names: _Names, notes: list[str], piece: str
) -> tuple[tuple[Edge, ...], tuple[Notch, ...], dict[str, float]]:
    """Edges, notches and allowances of a loop of sides."""
    start = next((k for k, side in enumerate(sides) if not _joins(sides[k - 1], side)), 0)
    groups: list[list[_Side]] = []
    for side in (*sides[start:], *sides[:start]):
        if groups and _joins(groups[-1][-1], side):
            groups[-1].append(side)
        else:
            groups.append([side])
    edges: list[Edge] = []
    notches: list[Notch] = []
    allowances: dict[str, float] = {}
    for group in groups:
        first, last = group[0].first.name, group[-1].last.name
        wanted = f"{first}_{last}" if first and last and first != last else group[0].name or first or last
        edge = Edge(names.plain(wanted, "edge"), tuple(c for side in group for c in side.curves))
        edges.append(edge)
        allowances[edge.name] = group[0].allowance
        walked = 0.0
        for side in group:
            if _is_notch(side.first) and side.first.node is not None:
                notches.append(Notch(edge.name, walked, _kind(side.first.node, notes, piece)))
            walked += Run("side", side.curves).length
    return tuple(edges), tuple(notches), allowances


def _grain(draft: Draft, owner: Element) -> tuple[float, float] | None:
    """The direction of the grain line, or None where none is shown."""
    line = owner.find("grainline")
    if line is None or line.get("enabled", line.get("visible", "false")) != "true":
        return None
    for top, bottom in (("topAnchor", "bottomAnchor"), ("topPin", "bottomPin")):
        if line.get(top, "0") != "0" and line.get(bottom, "0") != "0":
            way = draft.point(line, top) - draft.point(line, bottom)
            if np.linalg.norm(way) > 1e-6:
                return float(way[0]), float(way[1])
    x, y = geometry.polar(draft.number(line, "rotation", "90") if line.get("rotation") else 90.0)
    return float(x), float(y)


def _folded(draft: Draft, owner: Element, piece: Piece) -> Piece:
    """A piece whose file draws a mirror line along one of its straight edges, cut on that fold."""
    line = owner.find("mirrorLine")
    if line is None or line.get("p1", "0") == "0" or line.get("p2", "0") == "0":
        return piece
    a, b = draft.point(line, "p1"), draft.point(line, "p2")
    for edge in piece.edges:
        ends = [min(float(np.linalg.norm(p - q)) for q in (edge.start, edge.end)) for p in (a, b)]
        if max(ends) < CLOSURE_TOLERANCE and edge.length - np.linalg.norm(b - a) < CLOSURE_TOLERANCE:
            # Turned so that it lies on x = 0 and the end that lies higher still does.
            up = edge.start - edge.end if edge.start[1] >= edge.end[1] else edge.end - edge.start
            matrix = geometry.rotation(90 - geometry.direction(up))
            offset = -matrix @ edge.start
            moved = {"edges": piece.edges, "internal": piece.internal}
            turned = {
                kind: tuple(replace(r, curves=tuple(c.transformed(matrix, offset) for c in r.curves)) for r in runs)
                for kind, runs in moved.items()
            }
            grain = matrix @ np.array(piece.grain)
            side = "left" if np.mean([e.start[0] for e in turned["edges"]]) > 0 else "right"
            return replace(
                piece, **turned, grain=(float(grain[0]), float(grain[1])), cut="fold", fold=edge.name, side=side
            )
    raise ToolRefused("its mirror line is none of its straight edges")


def _internal(
    draft: Draft, owner: Element, paths: dict[int, Element], names: _Names, notes: list[str], piece: str
) -> tuple[InternalLine, ...]:
    """The internal paths of a piece; what cannot be drawn of them is noted."""
    lines: list[InternalLine] = []
    for record in owner.findall("iPaths/record"):
        try:
            path = paths.get(draft.id_of(record, "path"))
            if path is None:
                raise ToolRefused("it is not in the file.")
            curves = tuple(c for side in _sides(draft, _nodes(path), closed=False) for c in side.curves)
            if not curves:
                raise ToolRefused("it has no length.")
        except ImportRefused as error:
            notes.append(f"An internal path of {piece!r} was left behind: {error}")
            continue
        name = names.plain(path.get("name", ""), "line")
        lines.append(InternalLine(name, curves, "placement"))
        if path.get("cut") in ("1", "true"):
            notes.append(f"The internal path {name!r} of {piece!r} is to be cut open; here it is but a line.")
    return tuple(lines)


def unite(draft: Draft, tool: Element) -> None:
    """Draw the objects of a piece that was united of two: those of the second are laid against the first's edge."""
    made = [int(c.text) for c in tool.findall("children/nodes/child") if c.text and c.text.strip().isdecimal()]
    try:
        first, second = (_on_edge(draft, tool, side, k) for k, side in enumerate(_united(tool), start=1))
        (nodes, at, p1, p2), (moved, start, p3, p4) = first, second
        matrix = geometry.rotation(geometry.direction(p2 - p1) - geometry.direction(p3 - p4))
        move = matrix, p1 - matrix @ p4
        start = (start + 1) % len(moved)  # its second point falls on the first's first
        added = [moved[(start + 1 + k) % len(moved)] for k in range(len(moved) - 1)]
        order = [*((n, None) for n in nodes[: at + 1]), *((n, move) for n in added)]
        order += [(n, None) for n in nodes[at + 1 :]]
        if len(made) == len(added):  # older files name the moved ones alone
            order = [(n, move) for n in added]
        if len(made) != len(order):
            raise ToolRefused(f"it makes {len(made)} objects of {len(order)}")
        for identity, (node, by) in zip(made, order, strict=True):
            draft.copy(identity, draft.id_of(node, "idObject"), by)
    except ImportRefused as error:
        draft.refuse(f"The union {tool.get('id')}", str(error), made)


def _united(tool: Element) -> tuple[Element, Element]:
    sides = tool.findall("unionPiece") or tool.findall("det")
    if len(sides) != 2:
        raise ToolRefused(f"it unites {len(sides)} pieces, not two")
    return sides[0], sides[1]


def _on_edge(draft: Draft, tool: Element, side: Element, k: int) -> tuple[list[Element], int, Points, Points]:
    """The nodes of one of two united pieces without curves along the shared edge, that edge's first node, its ends."""
    nodes = side.findall("nodes/node") or side.findall("node")
    points = [n for n in nodes if n.get("type") == "NodePoint"]
    index = draft.id_of(tool, f"indexD{k}")
    if index >= len(points) or len(points) < 2:
        raise ToolRefused(f"its piece {k} has no edge {index}")
    one, other = points[index], points[(index + 1) % len(points)]
    a, b = nodes.index(one), nodes.index(other)
    inside = nodes[a + 1 : b] if a < b else [*nodes[a + 1 :], *nodes[:b]]
    kept = [n for n in nodes if n not in inside]
    return kept, kept.index(one), draft.point(one, "idObject"), draft.point(other, "idObject")


class PieceReader:
    """Makes the pieces of one file, and keeps what there is to say about them."""

    def __init__(self, draft: Draft, paths: dict[int, Element]) -> None:
        """`paths`: the file's piece paths by their ids, for internal lines."""
        self.draft, self.paths = draft, paths
        self.notes: list[str] = []
        self.left_out: list[str] = []
        self._names = _Names()
        self._without_grain: list[str] = []

    def read(self, owner: Element) -> Piece | None:
        """The piece of one element, or None where it cannot be cut, which `left_out` then explains."""
        name = self._names.plain(owner.get("name", ""), "piece")
        try:
            return self._piece(owner, name)
        except (ImportRefused, CurveRefused, PieceRefused) as error:
            self.left_out.append(f"The piece {name!r} was left out: {error}")
            return None

    def _piece(self, owner: Element, name: str) -> Piece:
        draft, notes = self.draft, self.notes
        sides = _sides(draft, _nodes(owner), closed=True)
        if not sides:
            raise ToolRefused("its nodes make no outline.")
        built_in = owner.get("seamAllowanceBuiltIn") in ("1", "true")
        shown = owner.get("seamAllowance", owner.get("supplement", "0")) in ("1", "true") and not built_in
        width = draft.length(owner, "width") if shown and owner.get("width") else 0.0
        if not 0 <= width < 1:
            raise ToolRefused(f"its seam allowance is {width * 1000:g} mm.")
        if shown:
            _allowed(draft, sides, width, notes, name)
        if built_in:
            notes.append(f"The outline of {name!r} holds its seam allowance already: it was taken as the seam line.")
        if owner.find("csa/record") is not None:
            notes.append(f"{name!r} has seam allowances of its own shape, which were left behind.")
        if polygon_area(np.concatenate([c.flattened()[:-1] for side in sides for c in side.curves])) < 0:
            sides = [side.reversed() for side in reversed(sides)]
        for one, other in zip(sides, (*sides[1:], *sides[:1]), strict=True):
            if _folds_back(one, other):
                notes.append(f"{name!r} has a slit at {one.last.name!r}, such as a dart of no width.")
        names = _Names()  # of the piece's edges and lines
        edges, notches, allowances = _edges(sides, names, notes, name)
        try:
            grain = _grain(draft, owner)
        except ImportRefused as error:
            grain = None
            notes.append(f"The grain line of {name!r} cannot be drawn: {error}")
        if grain is None:
            self._without_grain.append(name)
        piece = Piece(
            name,
            edges,
            Wrap("flat"),
            grain=grain or (0.0, 1.0),
            notches=notches,
            internal=_internal(draft, owner, self.paths, names, notes, name),
            allowance=width,
            allowances={e: a for e, a in allowances.items() if a != width},
        )
        self._say_what_data_says(owner, name)
        return checked(_folded(draft, owner, piece))

    def _say_what_data_says(self, owner: Element, name: str) -> None:
        data = owner.find("data")
        if data is None:
            return
        if data.get("quantity", "1") not in ("0", "1"):
            self.notes.append(f"{name!r} is to be cut {data.get('quantity')} times; which are mirrored is not said.")
        if data.get("onFold") == "true" and owner.find("mirrorLine") is None:
            self.notes.append(f"{name!r} is marked as cut on the fold; along which edge is not said.")

    def summary(self) -> list[str]:
        """Every note, once."""
        grain = ", ".join(repr(name) for name in self._without_grain)
        without = [f"These pieces show no grain line; theirs was taken upright: {grain}."] if grain else []
        return [*self.left_out, *dict.fromkeys(self.notes), *without]
