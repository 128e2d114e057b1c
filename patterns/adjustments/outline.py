# SPDX-License-Identifier: GPL-3.0-or-later
"""The outline of a piece taken apart into stretches and put together again, with all that lies on the piece.

A slash parts a piece into a part that stays and one that moves; a split parts it for good. Notches, allowances and
elastic go along with their stretch of an edge, internal lines are cut where the line crosses them, and seams are
spelled anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..curves import Arc, Cubic, Curve, Line, Nurbs, Points, hermite, line, solve, stretch
from ..pattern import Pattern
from ..pieces import CLOSURE_TOLERANCE, Corner, Edge, InternalLine, Notch, Piece, Run, other_side, polygon_area
from ..seams import EdgeRef, Seam, sewn_runs
from .adjustment import AdjustmentRefused, Place

SAME = 1e-6  # metres within which two places of an edge are one
_FLAT = 1e-4  # metres that a curve may stray from its chords where it is asked what lies within
_LEAST_AREA = 1e-6  # square metres
_ARC = np.pi / 4  # radians of an arc that one cubic stands for: 5 µm off on a metre of radius
_NURBS_SPANS = 16  # cubics for each span of a NURBS

Where = Callable[[Points], bool]  # whether a point lies in a part
Names = Mapping[str, Sequence[tuple[str, str]]]  # a line's name -> the (piece, line) it has become, in its direction


def edge_of(piece: Piece, name: str) -> Edge:
    """The edge of that name. Raises AdjustmentRefused."""
    for edge in piece.edges:
        if edge.name == name:
            return edge
    has = ", ".join(e.name for e in piece.edges)
    raise AdjustmentRefused(f"{piece.name!r} has no edge {name!r}; it has {has}")


# ---- Curves ----


def cubics(curve: Curve) -> tuple[Cubic, ...]:
    """A curve as cubic Béziers: exact for lines and cubics, within 5 µm for an arc of a metre's radius."""
    match curve:
        case Cubic():
            return (curve,)
        case Line():
            return (Cubic(curve.p0, (2 * curve.p0 + curve.p1) / 3, (curve.p0 + 2 * curve.p1) / 3, curve.p1),)
        case Arc():
            count = max(int(np.ceil(abs(curve.sweep) / _ARC)), 1)
            reach = 4 * np.tan(curve.sweep / count / 4) / (curve.sweep / count)  # of the tangent, for the nearest cubic
        case Nurbs():
            count, reach = _NURBS_SPANS * (len(np.unique(curve.knots)) - 1), 1.0
        case _:
            raise AdjustmentRefused(f"a {type(curve).__name__} cannot be bent")
    t = np.linspace(0.0, 1.0, count + 1)
    p, d = curve.points(t), curve.derivative(t) * reach / count
    return tuple(hermite(p[k], d[k], p[k + 1], d[k + 1]) for k in range(count))


def end_moved(curve: Curve, at_start: bool, by: Points) -> Curve:
    """The curve with one end moved and its handle with it; an arc is turned and scaled about its other end."""
    if not at_start:
        return end_moved(curve.reversed(), True, by).reversed()
    match curve:
        case Line():
            return Line(curve.p0 + by, curve.p1)
        case Cubic():
            return Cubic(curve.p0 + by, curve.p1 + by, curve.p2, curve.p3)
        case _:
            fixed, old = curve.end, curve.start - curve.end
            if np.hypot(*old) < SAME:
                raise AdjustmentRefused("a closed curve has no end to move")
            turn = complex(*(old + by)) / complex(*old)
            matrix = np.array([[turn.real, -turn.imag], [turn.imag, turn.real]])
            return curve.transformed(matrix, fixed - matrix @ fixed)


def corner_moved(piece: Piece, index: int, by: Points) -> Piece:
    """The piece with the start of edge `index` moved, and the end of the edge before it; notches keep their shares."""
    edges = list(piece.edges)
    this = edges[index]
    edges[index] = replace(this, curves=(end_moved(this.curves[0], True, by), *this.curves[1:]))
    before = edges[index - 1]
    edges[index - 1] = replace(before, curves=(*before.curves[:-1], end_moved(before.curves[-1], False, by)))
    return reshaped(piece, edges)


def reshaped(piece: Piece, edges: Sequence[Edge]) -> Piece:
    """The piece with other curves for its edges; notches keep their share of an edge's length."""
    share = {new.name: new.length / old.length for old, new in zip(piece.edges, edges, strict=True)}
    notches = tuple(replace(n, distance=n.distance * share[n.edge]) for n in piece.notches)
    return replace(piece, edges=tuple(edges), notches=notches)


# ---- Stretches ----


@dataclass(frozen=True)
class Stretch:
    """A stretch of an edge, between two arc lengths from its start; `curves` may have been moved since."""

    edge: Edge
    first: float
    last: float
    curves: tuple[Curve, ...]

    def moved(self, matrix: Points, offset: Points) -> Stretch:
        """Under p → matrix @ p + offset."""
        return replace(self, curves=tuple(c.transformed(matrix, offset) for c in self.curves))


Segment = Stretch | Curve  # a stretch of an old edge, or a new curve
Loop = Sequence[tuple[str, Sequence[Segment]]]  # new edges by name


def divided(piece: Piece, *places: Place) -> tuple[list[Stretch], list[int]]:
    """The outline as stretches, cut at the places; and for each place the index of the stretch that begins there."""
    cuts: dict[str, list[float]] = {}
    for place in places:
        edge = edge_of(piece, place.edge)
        cuts.setdefault(edge.name, []).append(place.at * edge.length)
    stretches: list[Stretch] = []
    begins: dict[tuple[str, float], int] = {}
    for edge in piece.edges:
        stops = [0.0]
        for s in sorted(cuts.get(edge.name, ())):
            if SAME < s < edge.length - SAME and s - stops[-1] > SAME:
                stops.append(s)
        curves = edge.curves
        if len(stops) > 1 and any(isinstance(c, Nurbs) for c in curves):
            curves = tuple(c for curve in curves for c in (cubics(curve) if isinstance(curve, Nurbs) else (curve,)))
        for first, last in zip(stops, (*stops[1:], edge.length), strict=True):
            begins[edge.name, first] = len(stretches)
            whole = first == 0.0 and last == edge.length
            stretches.append(Stretch(edge, first, last, curves if whole else stretch(curves, first, last)))
    found: list[int] = []
    for place in places:
        s = place.at * edge_of(piece, place.edge).length
        near = [(abs(s - first), k) for (name, first), k in begins.items() if name == place.edge]
        last_of_edge = max(k for _, k in near)
        at_end = s > edge_of(piece, place.edge).length - SAME
        found.append((last_of_edge + 1) % len(stretches) if at_end else min(near)[1])
    return stretches, found


def chain(stretches: Sequence[Stretch], begin: int, end: int) -> list[int]:
    """The indices from one cut round, anticlockwise, to another."""
    n = len(stretches)
    return [(begin + k) % n for k in range((end - begin) % n)]


def polygon(segments: Iterable[Segment]) -> Points:
    """(n, 2) closed polygon of stretches and curves that follow each other."""
    curves = [c for s in segments for c in ((s,) if isinstance(s, Curve) else s.curves)]
    return np.concatenate([c.flattened(_FLAT)[:-1] for c in curves])


def inside(outline: Points, p: Points) -> bool:
    """Whether p (2,) lies within the closed polygon (n, 2), by the crossings of a ray."""
    a, b = outline, np.roll(outline, -1, axis=0)
    spans = (a[:, 1] > p[1]) != (b[:, 1] > p[1])
    with np.errstate(divide="ignore", invalid="ignore"):
        x = a[:, 0] + (p[1] - a[:, 1]) * (b[:, 0] - a[:, 0]) / (b[:, 1] - a[:, 1])
    return bool((spans & (p[0] < x)).sum() % 2)


def check_slash(first: Points, second: Points, outline: Points, p: Points, q: Points, piece: str) -> None:
    """Whether the line from p to q parts the outline in two. Raises AdjustmentRefused.

    first, second: (n, 2) polygons of the parts to be; all else metres.
    """
    a, b = outline, np.roll(outline, -1, axis=0)

    def side(u: Points, v: Points, w: Points) -> Points:
        return (v[..., 0] - u[..., 0]) * (w[..., 1] - u[..., 1]) - (v[..., 1] - u[..., 1]) * (w[..., 0] - u[..., 0])

    crossed = (side(p, q, a) * side(p, q, b) < -1e-18) & (side(a, b, p) * side(a, b, q) < -1e-18)
    if crossed.any():
        raise AdjustmentRefused(f"the line leaves {piece!r} on its way: give it other ends")
    if min(polygon_area(first), polygon_area(second)) < _LEAST_AREA or not inside(outline, (p + q) / 2):
        raise AdjustmentRefused(f"the line runs along the outline of {piece!r} or outside of it: give it other ends")


def titled(stretches: Sequence[Stretch]) -> list[tuple[str, Stretch]]:
    """Stretches with the names of their edges, numbered along an edge that was cut into several."""
    along: dict[str, list[float]] = {}
    for s in stretches:
        along.setdefault(s.edge.name, []).append(s.first)
    numbers = {(edge, first): n for edge, starts in along.items() for n, first in enumerate(sorted(starts), 1)}
    return [
        (s.edge.name if len(along[s.edge.name]) == 1 else f"{s.edge.name}_{numbers[s.edge.name, s.first]}", s)
        for s in stretches
    ]


def looped(piece: Piece, labelled: Sequence[tuple[str, Segment]]) -> Loop:
    """Segments round the outline, each with its edge's name, as whole edges; the piece's first edge comes first."""
    first, n = piece.edges[0].name, len(labelled)
    begins = [k for k in range(n) if labelled[k][0].startswith(first) and labelled[k][0] != labelled[k - 1][0]]
    edges: list[tuple[str, list[Segment]]] = []
    for k in range(n):
        name, segment = labelled[(k + (begins[0] if begins else 0)) % n]
        if edges and edges[-1][0] == name:
            edges[-1][1].append(segment)
        else:
            edges.append((name, [segment]))
    return edges


def first_moves(
    piece: Piece, first: Sequence[Stretch], second: Sequence[Stretch], parts: tuple[Points, Points]
) -> bool:
    """Whether, of two parts of a piece, the first is to move: the fold stays, and else the larger part (n, 2)."""
    with_fold = [piece.fold in {s.edge.name for s in side} for side in (first, second)]
    if with_fold[0] != with_fold[1]:
        return with_fold[1]
    return polygon_area(parts[0]) < polygon_area(parts[1])


def rebuilt(piece: Piece, name: str, loop: Loop, **more: Any) -> Piece:
    """A piece from a loop of new edges, with the notches, allowances and elastics of their stretches."""
    edges: list[Edge] = []
    notches: list[Notch] = []
    allowances: dict[str, float] = {}
    corners: dict[str, Corner] = {}
    elastics = [e for e in piece.elastics if e.line in {i.name for i in more.get("internal", piece.internal)}]
    for edge_name, segments in loop:
        curves: list[Curve] = []
        walked = 0.0
        for segment in segments:
            if isinstance(segment, Curve):
                curves.append(segment)
                walked += segment.length
                continue
            last = segment.last if segment.last < segment.edge.length - SAME else np.inf
            notches += [
                replace(n, edge=edge_name, distance=min(n.distance - segment.first, segment.last) + walked)
                for n in piece.notches
                if n.edge == segment.edge.name and segment.first <= n.distance < last
            ]
            if segment.edge.name in piece.allowances:
                allowances[edge_name] = piece.allowances[segment.edge.name]
            if segment.edge.name in piece.corners:
                corners[edge_name] = piece.corners[segment.edge.name]
            elastics += [replace(e, line=edge_name) for e in piece.elastics if e.line == segment.edge.name]
            curves += segment.curves
            walked += segment.last - segment.first
        dart = all(isinstance(s, Stretch) and s.edge.dart for s in segments)
        edges.append(Edge(edge_name, tuple(curves), dart=dart))
    return replace(
        piece,
        name=name,
        edges=tuple(edges),
        notches=tuple(notches),
        allowances=allowances,
        corners=corners,
        elastics=tuple(dict.fromkeys(elastics)),
        **more,
    )


# ---- What lies on the piece ----


def cut_internal(lines: Iterable[InternalLine], p: Points, q: Points) -> list[tuple[InternalLine, list[Run]]]:
    """Internal lines as runs, cut where the line from p to q crosses them."""
    return [(i, [Run(i.name, curves) for curves in _cut(i, p, q)]) for i in lines]


def _cut(run: Run, p: Points, q: Points) -> list[tuple[Curve, ...]]:
    def beside(s: float) -> float:
        x = run.at([s])[0]
        return float((q[0] - p[0]) * (x[1] - p[1]) - (q[1] - p[1]) * (x[0] - p[0]))

    steps = np.linspace(0.0, run.length, 65)
    signs = [beside(s) for s in steps]
    stops = [0.0]
    for (low, f_low), (high, f_high) in zip(
        zip(steps, signs, strict=True), zip(steps[1:], signs[1:], strict=True), strict=False
    ):
        if (f_low < 0) != (f_high < 0):
            s = solve(beside, float(low), float(high), f"A crossing of {run.name!r}")
            along = float((run.at([s])[0] - p) @ (q - p) / ((q - p) @ (q - p)))
            if 0 < along < 1 and s - stops[-1] > SAME and run.length - s > SAME:
                stops.append(s)
    ends = (*stops[1:], run.length)
    return [stretch(run.curves, a, b) if len(stops) > 1 else run.curves for a, b in zip(stops, ends, strict=True)]


def moved_along(piece: Piece, p: Points, q: Points, moves: Where, matrix: Points, offset: Points) -> dict[str, Any]:
    """Internal lines, pleats and trims of a piece slashed from p to q, what lies in the moving part moved.

    matrix, offset: the rigid motion p → matrix @ p + offset. Raises AdjustmentRefused for a pleat across the slash.
    """

    def moved(x: Sequence[float]) -> tuple[float, float]:
        y = matrix @ np.asarray(x) + offset
        return float(y[0]), float(y[1])

    internal: list[InternalLine] = []
    for inner, runs in cut_internal(piece.internal, p, q):
        curves: list[Curve] = []
        for run in runs:
            part = run.curves
            if moves(run.at([run.length / 2])[0]):
                part = tuple(c.transformed(matrix, offset) for c in part)
            if curves and np.hypot(*(part[0].start - curves[-1].end)) > SAME:
                curves.append(Line(curves[-1].end, part[0].start))
            curves += part
        internal.append(replace(inner, curves=tuple(curves)))
    pleats = tuple(
        replace(pleat, fold=tuple(map(moved, pleat.fold)), placement=tuple(map(moved, pleat.placement)))  # type: ignore[arg-type]  # two pairs stay two
        if _of_one_part(piece, pleat.name, (*pleat.fold, *pleat.placement), moves)
        else pleat
        for pleat in piece.pleats
    )
    turn = float(np.arctan2(matrix[1, 0], matrix[0, 0]))
    trims = tuple(
        replace(t, at=moved(t.at), angle=t.angle + turn) if moves(np.asarray(t.at)) else t for t in piece.trims
    )
    return {"internal": tuple(internal), "pleats": pleats, "trims": trims}


def _of_one_part(piece: Piece, pleat: str, points: Iterable[Sequence[float]], part: Where) -> bool:
    within = {part(np.asarray(x)) for x in points}
    if len(within) > 1:
        raise AdjustmentRefused(f"the pleat {pleat!r} of {piece.name!r} lies across the line: give it other ends")
    return within.pop()


def pleats_in(piece: Piece, part: Where) -> tuple[Any, ...]:
    """The pleats that lie in a part. Raises AdjustmentRefused for one that lies across its border."""
    return tuple(p for p in piece.pleats if _of_one_part(piece, p.name, (*p.fold, *p.placement), part))


# ---- Seams ----


def instances(piece: Piece) -> tuple[tuple[str, str, bool], ...]:
    """(panel, ending of its lines' names, whether it is mirrored) for each time that the drafted outline is cut."""
    other = other_side(piece.side)
    if piece.cut == "single":
        return ((piece.name, "", False),)
    if piece.cut == "mirrored":
        return ((f"{piece.name}_{piece.side}", "", False), (f"{piece.name}_{other}", "", True))
    return ((piece.name, f"_{piece.side}", False), (piece.name, f"_{other}", True))


def _spelled(piece: Piece, thing: str, mirrored: bool) -> tuple[str, str]:
    """(panel, name there) of a line or trim of a piece."""
    panel, ending, _ = next((i for i in instances(piece) if i[2] == mirrored), instances(piece)[0])
    once = {i.name for i in piece.internal if np.abs(i.flattened()[:, 0]).max() < CLOSURE_TOLERANCE}
    once |= {t.name for t in piece.trims if abs(t.at[0]) < CLOSURE_TOLERANCE}
    return panel, thing if thing in once else f"{thing}{ending}"


def refs(piece: Piece, line: str) -> list[tuple[EdgeRef, bool]]:
    """A line of a piece in each of its panels, and whether it is mirrored there and so runs the other way."""
    return [(EdgeRef(*_spelled(piece, line, mirrored)), mirrored) for _, _, mirrored in instances(piece)]


def replaced(
    pattern: Pattern, old: Piece, new: Sequence[Piece], became: Names, part: Callable[[Points], int]
) -> Pattern:
    """The pattern with the pieces `new` where `old` was: seams, fastenings and what lies on it find their new names.

    became: what lines have turned into, where they changed; nothing, and they are sewn no more. part: in which of the
    new pieces a point of the drafted outline lies. Raises AdjustmentRefused for a seam that would lose one side.
    """
    by_name = {p.name: p for p in new}
    spelling: dict[EdgeRef, list[EdgeRef]] = {}
    for inner in (*old.edges, *old.internal):
        for ref, mirrored in refs(old, inner.name):
            if ref not in spelling:  # a line on the fold is there once
                now = became.get(inner.name, ((new[0].name, inner.name),))
                found = [EdgeRef(*_spelled(by_name[p], n, mirrored)) for p, n in now]
                spelling[ref] = found[::-1] if mirrored else found

    def side(walk: tuple[EdgeRef, ...]) -> tuple[EdgeRef, ...]:
        out: list[EdgeRef] = []
        for ref in walk:
            now = spelling.get(replace(ref, backwards=False), [replace(ref, backwards=False)])
            out += [replace(r, backwards=True) for r in now[::-1]] if ref.backwards else now
        return tuple(out)

    seams: list[Seam] = []
    for seam in pattern.seams:
        a, b, layers = side(seam.a), side(seam.b), tuple(filter(None, map(side, seam.layers)))
        if a and b:
            seams.append(replace(seam, a=a, b=b, layers=layers))
        elif a or b:
            raise AdjustmentRefused(f"the seam {seam.name!r} would lose one of its sides")
    trims = {
        ".".join(_spelled(old, t.name, mirrored)): ".".join(_spelled(new[part(np.asarray(t.at))], t.name, mirrored))
        for t in old.trims
        for _, _, mirrored in instances(old)
    }
    pieces: list[Piece] = []
    for piece in pattern.pieces:
        if piece.name == old.name:
            pieces += new
            continue
        if piece.cut == "fold" and piece.wrap.host == old.name:  # it lies on both halves, in however many panels
            pieces.append(replace(piece, wrap=replace(piece.wrap, host=new[part(np.array(piece.wrap.at))].name)))
            continue
        for panel, _, mirrored in instances(old):
            if piece.wrap.around == "on" and piece.wrap.host == panel:
                x, y = piece.wrap.at
                host = new[part(np.array([-x if mirrored else x, y]))]
                piece = replace(piece, wrap=replace(piece.wrap, host=_spelled(host, host.edges[0].name, mirrored)[0]))
                break
        pieces.append(piece)
    fastenings = tuple(
        replace(f, over=trims.get(f.over, f.over), under=trims.get(f.under, f.under)) for f in pattern.fastenings
    )
    return replace(pattern, pieces=tuple(pieces), seams=tuple(seams), fastenings=fastenings)


def swapped(pattern: Pattern, *pieces: Piece) -> Pattern:
    """The pattern with pieces in the place of those of their names, lines and panels unchanged in name."""
    new = {p.name: p for p in pieces}
    return replace(pattern, pieces=tuple(new.get(p.name, p) for p in pattern.pieces))


@dataclass(frozen=True)
class Across:
    """A place on the other side of a seam. sense: 1 where that edge runs the same way, else -1.

    whole: whether that edge and the first are sewn to each other from end to end.
    """

    seam: str
    piece: str
    edge: str
    distance: float
    sense: int
    whole: bool


def across(pattern: Pattern, piece: Piece, edge: str, distance: float) -> list[Across]:
    """Where the point of an edge, `distance` metres from its start, meets other pieces' edges in seams."""
    length = piece.edge(edge).length
    mine = next(ref for ref, _ in refs(piece, edge))  # that of the drafted side
    homes = {ref: (p, e, mirrored) for p in pattern.pieces for e in p.edges for ref, mirrored in refs(p, e.name)}
    found: list[Across] = []
    for run in sewn_runs(pattern):
        for here, here_span, there, there_span in (
            (run.a, run.a_span, run.b, run.b_span),
            (run.b, run.b_span, run.a, run.a_span),
        ):
            target = homes.get(replace(there, backwards=False))
            low, high = sorted(here_span)
            if replace(here, backwards=False) != mine or target is None or not low - SAME <= distance <= high + SAME:
                continue
            other, other_edge, mirrored = target
            share = (distance - here_span[0]) / (here_span[1] - here_span[0])
            s = there_span[0] + share * (there_span[1] - there_span[0])
            sense = 1 if (here_span[1] > here_span[0]) == (there_span[1] > there_span[0]) else -1
            whole = high - low > length - SAME and abs(there_span[1] - there_span[0]) > other_edge.length - SAME
            if mirrored:
                s, sense = other_edge.length - s, -sense
            place = Across(run.seam, other.name, other_edge.name, float(np.clip(s, 0, other_edge.length)), sense, whole)
            if (other.name, other_edge.name) != (piece.name, edge):
                found.append(place)
    return found


def _lengths(pattern: Pattern, seam: Seam) -> tuple[float, float]:
    """Of both sides of a seam, on the pieces as they were drafted: a mirrored line is as long."""
    walked = {replace(r, backwards=False) for r in (*seam.a, *seam.b)}
    lengths = {
        ref: inner.length
        for p in pattern.pieces
        if {panel for panel, _, _ in instances(p)} & {r.panel for r in walked}
        for inner in (*p.edges, *p.internal)
        for ref, _ in refs(p, inner.name)
        if ref in walked
    }
    a, b = (sum(lengths[replace(r, backwards=False)] for r in walk) for walk in (seam.a, seam.b))
    return a, b


def mismatch(pattern: Pattern, seam: str) -> float:
    """How much longer side b of a seam is than declared, metres."""
    s = next(s for s in pattern.seams if s.name == seam)
    a, b = _lengths(pattern, s)
    return b - s.ratio * a


def eased(pattern: Pattern, names: Iterable[str]) -> Pattern:
    """The pattern with the ratio of these seams declared as they now are: what is longer is gathered or eased in."""
    chosen = set(names)

    def declared(s: Seam) -> Seam:
        a, b = _lengths(pattern, s)
        return replace(s, ratio=b / a)

    return replace(pattern, seams=tuple(declared(s) if s.name in chosen else s for s in pattern.seams))


def seams_of(pattern: Pattern, piece: Piece, edges: Iterable[str]) -> list[str]:
    """The seams that take one of these edges."""
    mine = {ref for edge in edges for ref, _ in refs(piece, edge)}
    return [s.name for s in pattern.seams if any(replace(r, backwards=False) in mine for r in (*s.a, *s.b))]


def connecting(p: Points, q: Points) -> list[Segment]:
    """A straight line from p to q, or nothing where they are one place."""
    return [line(p, q)] if np.hypot(*(q - p)) > SAME else []
