# SPDX-License-Identifier: GPL-3.0-or-later
"""Marks on a piece and about it: notches, allowances, lines inside."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import ClassVar, Literal, get_args

import numpy as np

from ..curves import line
from ..pattern import Pattern
from ..pieces import Corner, InternalLine, Notch, Piece
from .adjustment import LARGEST, Adjustment, AdjustmentRefused, named, pair, piece_named, within
from .outline import SAME, across, edge_of, inside, polygon, swapped

Mark = Literal["stitch", "placement", "fold"]


def _notches(piece: Piece, edge: str, number: int) -> tuple[list[Notch], Notch]:
    """The piece's notches, and the one that is number 1, 2 … along the edge. Raises AdjustmentRefused."""
    edge_of(piece, edge)
    along = sorted((n for n in piece.notches if n.edge == edge), key=lambda n: n.distance)
    if number > len(along):
        raise AdjustmentRefused(f"the edge {edge!r} of {piece.name!r} has {len(along)} notches, not {number}")
    return list(piece.notches), along[number - 1]


def _number(value: object) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 100:
        raise AdjustmentRefused(f"Notches are counted along an edge from 1; got {value!r}.")


@dataclass(frozen=True)
class AddNotch(Adjustment):
    """A notch at a fraction of an edge; partner: and where that meets the other sides of its seam, by walking."""

    kind: ClassVar[str] = "add_notch"
    measure = ("at", "of the edge", 0.0, 1.0)
    edge: str
    at: float
    mark: Literal["single", "double"] = "single"
    partner: bool = True

    def check(self) -> None:
        named(self.edge, "An edge")
        within(self.at, 0.0, 1.0, f"The place of the notch {self.name!r}, a fraction of its edge,")
        if self.mark not in ("single", "double"):
            raise AdjustmentRefused(f"A notch is single or double, not {self.mark!r}.")

    def apply(self, pattern: Pattern) -> Pattern:
        piece = self.piece_of(pattern)
        distance = self.at * edge_of(piece, self.edge).length
        places = {(piece.name, self.edge, round(distance, 9))}
        if self.partner:
            places |= {(t.piece, t.edge, round(t.distance, 9)) for t in across(pattern, piece, self.edge, distance)}
        for name, edge, s in sorted(places):
            other = piece_named(pattern, name)
            pattern = swapped(pattern, replace(other, notches=(*other.notches, Notch(edge, s, self.mark))))
        return pattern


@dataclass(frozen=True)
class MoveNotch(Adjustment):
    """Notch `number` along an edge, put at another fraction of it."""

    kind: ClassVar[str] = "move_notch"
    measure = ("at", "of the edge", 0.0, 1.0)
    edge: str
    number: int
    at: float

    def check(self) -> None:
        named(self.edge, "An edge")
        _number(self.number)
        within(self.at, 0.0, 1.0, f"The place of the notch {self.name!r}, a fraction of its edge,")

    def apply(self, pattern: Pattern) -> Pattern:
        piece = self.piece_of(pattern)
        notches, chosen = _notches(piece, self.edge, self.number)
        notches[notches.index(chosen)] = replace(chosen, distance=self.at * piece.edge(self.edge).length)
        return swapped(pattern, replace(piece, notches=tuple(notches)))


@dataclass(frozen=True)
class RemoveNotch(Adjustment):
    """Notch `number` along an edge, taken away."""

    kind: ClassVar[str] = "remove_notch"
    edge: str
    number: int

    def check(self) -> None:
        named(self.edge, "An edge")
        _number(self.number)

    def apply(self, pattern: Pattern) -> Pattern:
        piece = self.piece_of(pattern)
        notches, chosen = _notches(piece, self.edge, self.number)
        notches.remove(chosen)
        return swapped(pattern, replace(piece, notches=tuple(notches)))


@dataclass(frozen=True)
class SetAllowance(Adjustment):
    """Another allowance along an edge, or, where that is empty, along every edge that has none of its own; metres.

    corner: how an edge's allowance ends at its neighbours', see `Piece`.
    """

    kind: ClassVar[str] = "set_allowance"
    measure = ("width", "m", 0.0, 0.2)
    edge: str
    width: float
    corner: Corner = "mitre"

    def check(self) -> None:
        if self.edge:
            named(self.edge, "An edge")
        within(self.width, 0.0, 0.2, "An allowance in metres")
        if self.corner not in get_args(Corner) or (self.corner != "mitre" and not self.edge):
            raise AdjustmentRefused(
                f"Corners of an edge are {', '.join(get_args(Corner))}, of a whole piece mitres; not {self.corner!r}."
            )

    def apply(self, pattern: Pattern) -> Pattern:
        piece = self.piece_of(pattern)
        if not self.edge:
            return swapped(pattern, replace(piece, allowance=self.width))
        edge_of(piece, self.edge)
        corners = {**piece.corners, self.edge: self.corner}
        return swapped(pattern, replace(piece, allowances={**piece.allowances, self.edge: self.width}, corners=corners))


@dataclass(frozen=True)
class AddLine(Adjustment):
    """A line inside the piece, such as the placement of a pocket: straight from point to point, in metres from `at`.

    at: (x, y) as a share of the piece's width and height from its lower left, so that the line moves with the size and
    keeps its own. closed: the last point is joined to the first.
    """

    kind: ClassVar[str] = "add_line"
    line: str
    points: tuple[tuple[float, float], ...]
    at: tuple[float, float] = (0.5, 0.5)
    closed: bool = False
    mark: Mark = "placement"

    def check(self) -> None:
        named(self.line, "A line")
        if self.mark not in get_args(Mark):
            raise AdjustmentRefused(f"A line inside is one of {', '.join(get_args(Mark))}, not {self.mark!r}.")
        if not isinstance(self.points, tuple) or not 2 <= len(self.points) <= 1000:
            raise AdjustmentRefused(f"The line {self.line!r} needs 2 to 1000 points.")
        for p in self.points:
            pair(p, -LARGEST, LARGEST, f"A point of {self.line!r} in metres")
        pair(self.at, 0.0, 1.0, f"The place of {self.line!r}, a share of its piece,")

    def apply(self, pattern: Pattern) -> Pattern:
        piece = self.piece_of(pattern)
        if self.line in {thing.name for thing in (*piece.edges, *piece.internal)}:
            raise AdjustmentRefused(f"{piece.name!r} has a line {self.line!r} already")
        outline = polygon([c for e in piece.edges for c in e.curves])
        low, size = outline.min(axis=0), np.ptp(outline, axis=0)
        points = low + np.array(self.at) * size + np.array(self.points)
        if not all(inside(outline, p) for p in points):
            raise AdjustmentRefused(f"the line {self.line!r} leaves {piece.name!r}")
        ends = [*points, points[0]] if self.closed else [*points]
        curves = tuple(line(p, q) for p, q in pairwise(ends) if np.hypot(*(q - p)) > SAME)
        inner = InternalLine(self.line, curves, self.mark)
        return swapped(pattern, replace(piece, internal=(*piece.internal, inner)))
