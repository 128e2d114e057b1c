# SPDX-License-Identifier: GPL-3.0-or-later
"""Move a point, bend a curve; and what a hand did to a drawn outline, told as such."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from ..curves import Cubic, LengthUnreachable, Line, Points, solve
from ..pattern import Pattern
from ..pieces import Edge, Piece
from .adjustment import LARGEST, Adjustment, AdjustmentRefused, Place, free, named, pair, piece_named
from .outline import SAME, Across, across, corner_moved, cubics, edge_of, mismatch, reshaped, swapped

SEEN = 2e-5  # metres; what moved less was not moved by hand
_TRUING = 0.05  # metres that a partner's corner may slide along its edge until the seam is true
_BENT_TRUING = 3.0  # times as far that a partner may be bent until the seam is true
_FURTHEST = 10.0  # chords that a handle may be moved by


def _normal(tangent: Points) -> Points:
    return np.array([tangent[1], -tangent[0]])  # right of an anticlockwise loop: outwards


def _tangent(edge: Edge, at_start: bool) -> Points:
    d = edge.curves[0].derivative(np.array([0.0]))[0] if at_start else edge.curves[-1].derivative(np.array([1.0]))[0]
    size = float(np.hypot(*d))
    if size < SAME:  # a handle drawn in to its point
        d = edge.end - edge.start
        size = float(np.hypot(*d))
    return d / max(size, SAME)


@dataclass(frozen=True)
class MovePoint(Adjustment):
    """Move a corner, where `edge` starts or ends: `by` (x, y) metres in the piece's frame, handles with it.

    share: `by` is a share of the piece's width and height. partner: the corners that meet it once sewn move too, as far
    out and as far along their edges, and slide along until their seam is as true as it was.
    """

    kind: ClassVar[str] = "move_point"
    measure = ("distance", "m", 1e-4, 1.0)
    edge: str
    by: tuple[float, float]
    at_end: bool = False
    share: bool = False
    partner: bool = False

    def check(self) -> None:
        named(self.edge, "An edge")
        pair(self.by, -LARGEST, LARGEST, f"The way that {self.name!r} moves a point")

    @property
    def amount(self) -> float:
        return float(np.hypot(*self.by))

    def of_amount(self, amount: float) -> MovePoint:
        if not self.amount:
            raise AdjustmentRefused(f"{self.name!r} moves its point nowhere: it has no direction to move it further.")
        x, y = self.by
        return replace(self, by=(x * amount / self.amount, y * amount / self.amount))

    def apply(self, pattern: Pattern) -> Pattern:
        piece = self.piece_of(pattern)
        edge_of(piece, self.edge)
        by = np.array(self.by)
        if self.share:
            by = by * np.ptp(np.concatenate([e.flattened() for e in piece.edges]), axis=0)
        corner = ([e.name for e in piece.edges].index(self.edge) + self.at_end) % len(piece.edges)
        moved = swapped(pattern, corner_moved(piece, corner, by))
        return _with_partners(pattern, moved, piece, corner, by) if self.partner else moved


def _with_partners(before: Pattern, moved: Pattern, piece: Piece, corner: int, by: Points) -> Pattern:
    """The corners sewn to a moved one moved likewise, and those sewn to them: all that meet there in the garment."""
    done = {(piece.name, corner)}
    waiting = [(piece, corner, by)]
    for piece, corner, by in waiting:
        for index, at_start in ((corner, True), (corner - 1, False)):
            edge = piece.edges[index]
            tangent = _tangent(edge, at_start)
            for there in across(before, piece, edge.name, 0.0 if at_start else edge.length):
                other = piece_named(before, there.piece)
                far = edge_of(other, there.edge)
                starts = there.distance < SAME
                own = (other.edges.index(far) + (not starts)) % len(other.edges)
                if not (starts or there.distance > far.length - SAME) or (other.name, own) in done:
                    continue  # the middle of an edge has no corner to move
                done.add((other.name, own))
                theirs = _tangent(far, starts)
                way = float(by @ tangent) * there.sense * theirs + float(by @ _normal(tangent)) * _normal(theirs)
                moved, way = _trued(before, moved, there, own, way, theirs)
                waiting.append((other, own, way))
    return moved


def _trued(
    before: Pattern, moved: Pattern, there: Across, corner: int, way: Points, along: Points
) -> tuple[Pattern, Points]:
    """A corner moved by `way` and slid along its edge until the seam is as true as before, if it can be; its way."""
    piece, wanted = piece_named(moved, there.piece), mismatch(before, there.seam)

    def slid(x: float) -> Pattern:
        return swapped(moved, corner_moved(piece, corner, way + x * along))

    try:
        x = solve(lambda x: mismatch(slid(x), there.seam) - wanted, -_TRUING, _TRUING, "A true seam")
    except LengthUnreachable:
        x = 0.0  # the report names the seam
    return slid(x), way + x * along


@dataclass(frozen=True)
class BendCurve(Adjustment):
    """Bend an edge: `offsets` of its control points, from the one after its start to the one before its end.

    Each is (along the chord, out of the piece) in lengths of the chord, so that it scales with the edge; an edge that
    is no cubic Bézier is first written as such (see `outline.cubics`). partner: the edge sewn to this one from end to
    end bends likewise, as much as makes the seam as true as it was.
    """

    kind: ClassVar[str] = "bend_curve"
    measure = ("bend", "of the edge", 1e-4, _FURTHEST)
    edge: str
    offsets: tuple[tuple[float, float], ...]
    partner: bool = False

    def check(self) -> None:
        named(self.edge, "An edge")
        if not isinstance(self.offsets, tuple) or not 2 <= len(self.offsets) <= 1000:
            raise AdjustmentRefused(f"{self.name!r} needs an offset for each of the edge's control points, at least 2.")
        for offset in self.offsets:
            pair(offset, -_FURTHEST, _FURTHEST, f"An offset of {self.name!r}, in chords,")

    @property
    def amount(self) -> float:
        return float(np.hypot(*np.transpose(self.offsets)).max())

    def of_amount(self, amount: float) -> BendCurve:
        if not self.amount:
            raise AdjustmentRefused(f"{self.name!r} bends nothing: there is no bend to make larger.")
        return replace(
            self, offsets=tuple((u * amount / self.amount, v * amount / self.amount) for u, v in self.offsets)
        )

    def apply(self, pattern: Pattern) -> Pattern:
        piece = self.piece_of(pattern)
        edge, offsets = edge_of(piece, self.edge), np.array(self.offsets)
        bent = swapped(pattern, _bent(piece, edge, offsets))
        for there in across(pattern, piece, edge.name, edge.length / 2) if self.partner else ():
            other = piece_named(pattern, there.piece)
            far = edge_of(other, there.edge)
            theirs = offsets if there.sense > 0 else offsets[::-1] * [-1.0, 1.0]
            if there.whole and len(_controls(far)) == len(offsets) + 2:
                bent = self._partner_bent(pattern, bent, there, other, far, theirs)
        return bent

    @staticmethod
    def _partner_bent(
        before: Pattern, bent: Pattern, there: Across, other: Piece, far: Edge, offsets: Points
    ) -> Pattern:
        wanted = mismatch(before, there.seam)

        def by(factor: float) -> Pattern:
            return swapped(bent, _bent(other, far, factor * offsets))

        try:
            factor = solve(lambda k: mismatch(by(k), there.seam) - wanted, 0.0, _BENT_TRUING, "A true seam")
        except LengthUnreachable:
            factor = 1.0  # the report names the seam
        return by(factor)


def _controls(edge: Edge) -> Points:
    """(3n + 1, 2) control points of an edge as n cubics."""
    run = [c for curve in edge.curves for c in cubics(curve)]
    return np.array([run[0].p0, *(p for c in run for p in (c.p1, c.p2, c.p3))])


def _chord(edge: Edge) -> Points:
    """(2, 2) matrix from lengths of the chord, along it and out of the piece, to metres. Raises AdjustmentRefused."""
    chord = edge.end - edge.start
    if np.hypot(*chord) < SAME:
        raise AdjustmentRefused(f"the edge {edge.name!r} is closed: it has no chord to bend it by")
    return np.stack([chord, _normal(chord)], axis=1)


def _bent(piece: Piece, edge: Edge, offsets: Points) -> Piece:
    controls = _controls(edge)
    if len(controls) != len(offsets) + 2:
        raise AdjustmentRefused(
            f"the edge {edge.name!r} has {len(controls) - 2} control points between its ends now, and this bends "
            f"{len(offsets)}"
        )
    controls[1:-1] += offsets @ _chord(edge).T
    curves = tuple(Cubic(*controls[k : k + 4]) for k in range(0, len(controls) - 1, 3))
    return reshaped(piece, [replace(e, curves=curves) if e.name == edge.name else e for e in piece.edges])


# ---- A drawn outline ----


def knots(piece: Piece) -> tuple[Points, list[str]]:
    """The outline as a closed Bézier spline: (n, 3, 2) left handle, point, right handle; and each point's edge."""
    rights: list[Points] = []
    names: list[str] = []
    for edge in piece.edges:
        controls = _controls(edge)
        rights += [controls[k : k + 4] for k in range(0, len(controls) - 1, 3)]
        names += [edge.name] * ((len(controls) - 1) // 3)
    spans = np.array(rights)  # (n, 4, 2)
    return np.stack([np.roll(spans[:, 2], 1, axis=0), spans[:, 0], spans[:, 1]], axis=1), names


def straight(piece: Piece) -> list[bool]:
    """For each of the points of `knots`, whether the outline runs on from it in a straight line."""
    return [isinstance(curve, Line) for e in piece.edges for curve in e.curves for _ in cubics(curve)]


def places(piece: Piece) -> list[Place]:
    """Where on the outline each of the points of `knots` lies."""
    found: list[Place] = []
    for edge in piece.edges:
        walked = 0.0
        for curve in edge.curves:
            spans = cubics(curve)
            shares = np.cumsum([0.0, *(c.length for c in spans)])
            found += [
                Place(edge.name, min((walked + s) / edge.length, 1.0)) for s in shares[:-1] * curve.length / shares[-1]
            ]
            walked += curve.length
    return found


def slid(piece: Piece, place: Place, by: float) -> Place:
    """The place `by` metres on, anticlockwise along the outline; round it as often as it takes."""
    ends = np.cumsum([e.length for e in piece.edges])
    index = piece.edges.index(edge_of(piece, place.edge))
    s = float((ends[index] - (1 - place.at) * piece.edges[index].length + by) % ends[-1])
    index = min(int(np.searchsorted(ends, s, side="right")), len(ends) - 1)
    edge = piece.edges[index]
    return Place(edge.name, float(np.clip(1 - (ends[index] - s) / edge.length, 0.0, 1.0)))


def drawn_changes(pattern: Pattern, drawn: dict[str, Points], partner: bool) -> tuple[Adjustment, ...]:
    """The adjustments that lead from a pattern to the drawn outlines of some of its pieces, as `knots` has them.

    partner: what a changed edge is sewn to follows, unless its own piece was changed by hand too. Raises
    AdjustmentRefused for an outline with other points than the draft's, or one that is not finite.
    """
    changes: list[Adjustment] = []
    taken = {entry["adjustment"]["name"] for entry in pattern.adjustments}
    by_hand = {name for name, points in drawn.items() if _moved(piece_named(pattern, name), points).any()}
    for name in sorted(by_hand):
        piece, points = piece_named(pattern, name), drawn[name]
        meets = {t.piece for e in piece.edges for t in across(pattern, piece, e.name, e.length / 2)}
        follow = partner and not meets & (by_hand - {name})
        before, edges = knots(piece)
        ways = points[:, 1] - before[:, 1]
        moves = [
            MovePoint(f"{name}: corner of {edges[k - 1]} and {edge}", name, edge, _pair(ways[k]), partner=follow)
            for k, edge in enumerate(edges)
            if edge != edges[k - 1] and np.hypot(*ways[k]) > SEEN
        ]
        for move in moves:
            piece = piece_named(replace(move, partner=False).apply(swapped(pattern, piece)), name)
        bends = [
            BendCurve(f"{name}: curve of {edge.name}", name, edge.name, tuple(map(_pair, offsets)), follow)
            for edge in piece.edges
            if len(offsets := _offsets(edge, edges, points - knots(piece)[0]))
        ]
        for change in (*moves, *bends):
            changes.append(replace(change, name=free(change.name, taken)))
            taken.add(changes[-1].name)
    return tuple(changes)


def _offsets(edge: Edge, edges: list[str], off: Points) -> Points:
    """(m, 2) by how much an edge's inner control points were moved, in chords; nothing where they were not.

    edges: the edge of each point; off: (n, 3, 2) by how much the points and their handles were moved, metres.
    """
    first, n = edges.index(edge.name), len(edges)
    last = first + edges.count(edge.name)
    own = np.concatenate([off[first, 2:], off[first + 1 : last].reshape(-1, 2), off[last % n, :1]])
    return np.linalg.solve(_chord(edge), own.T).T if np.abs(own).max() > SEEN else own[:0]


def _pair(vector: Points) -> tuple[float, float]:
    return float(vector[0]), float(vector[1])


def _moved(piece: Piece, points: Points) -> Points:
    drafted = knots(piece)[0]
    if points.shape != drafted.shape:
        raise AdjustmentRefused(
            f"The drawing of {piece.name!r} has {len(points)} points and its draft {len(drafted)}: points can be "
            "moved, not added or deleted. Undo that, or split the piece instead."
        )
    if not np.isfinite(points).all() or np.abs(points - drafted).max() > LARGEST:
        raise AdjustmentRefused(
            f"The drawing of {piece.name!r} leaves the table: a point is {LARGEST:g} m off or more."
        )
    return np.abs(points - drafted).max(axis=(1, 2)) > SEEN
