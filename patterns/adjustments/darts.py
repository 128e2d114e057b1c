# SPDX-License-Identifier: GPL-3.0-or-later
"""Dart manipulation: rotate, divide, close, move the apex. Motions are rigid, so that legs stay of one length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from ..curves import Line, Points, rotation
from ..pattern import Pattern
from ..pieces import Edge, Piece
from ..seams import Seam
from .adjustment import Adjustment, AdjustmentRefused, Place, free, named, within
from .outline import (
    Segment,
    Stretch,
    chain,
    check_slash,
    connecting,
    corner_moved,
    divided,
    eased,
    first_moves,
    inside,
    instances,
    looped,
    moved_along,
    polygon,
    rebuilt,
    refs,
    replaced,
    seams_of,
    swapped,
    titled,
)

_EQUAL = 1e-9  # metres between the lengths of a dart's legs
_LEAST_DEPTH = 0.005  # metres
_REACH = 0.5  # metres that an apex may be moved


def darts(piece: Piece) -> tuple[str, ...]:
    """The names of a piece's darts: of 'waist_dart_1_in' and 'waist_dart_1_out', 'waist_dart_1'."""
    following = (*piece.edges[1:], piece.edges[0])
    return tuple(
        a.name.removesuffix("_in")
        for a, b in zip(piece.edges, following, strict=True)
        if a.dart and b.dart and a.name.endswith("_in") and b.name == f"{a.name.removesuffix('_in')}_out"
    )


def _legs(piece: Piece, dart: str) -> tuple[int, Edge, Edge]:
    """The index of a dart's first leg, and both legs. Raises AdjustmentRefused."""
    if dart not in darts(piece):
        raise AdjustmentRefused(f"{piece.name!r} has no dart {dart!r}; it has {', '.join(darts(piece)) or 'none'}")
    index = next(k for k, e in enumerate(piece.edges) if e.name == f"{dart}_in")
    return index, piece.edges[index], piece.edges[(index + 1) % len(piece.edges)]


def _angle(a: Points, b: Points) -> float:
    """Radians anticlockwise from the direction a to the direction b, in (-π, π]."""
    return float(np.arctan2(a[0] * b[1] - a[1] * b[0], a @ b))


def trued(piece: Piece, dart: str) -> Piece:
    """The piece with the dart's shorter leg drawn out to the length of the longer."""
    index, into, out = _legs(piece, dart)
    short = into.length - out.length
    if abs(short) < _EQUAL:
        return piece
    if short < 0:
        along = (into.start - into.end) / np.hypot(*(into.start - into.end))
        return corner_moved(piece, index, -short * along)
    along = (out.end - out.start) / np.hypot(*(out.end - out.start))
    return corner_moved(piece, (index + 2) % len(piece.edges), short * along)


def apex_moved(piece: Piece, dart: str, deeper: float, aside: float) -> Piece:
    """The piece with a dart's apex moved along its axis and to the left of it, metres. Raises AdjustmentRefused."""
    index, into, out = _legs(piece, dart)
    axis = into.end - (into.start + out.end) / 2
    depth = float(np.hypot(*axis))
    if depth + deeper < _LEAST_DEPTH:
        raise AdjustmentRefused(f"the dart {dart!r} is {1000 * depth:.0f} mm deep: nothing would be left of it")
    axis = axis / depth
    apex = into.end + deeper * axis + aside * np.array([-axis[1], axis[0]])
    edges = list(piece.edges)
    edges[index] = replace(into, curves=(Line(into.start, apex),))
    edges[(index + 1) % len(edges)] = replace(out, curves=(Line(apex, out.end),))
    return trued(replace(piece, edges=tuple(edges)), dart)


@dataclass(frozen=True)
class RotateDart(Adjustment):
    """Rotate a dart, or a share of it, about its apex to another place of the outline.

    into: "dart" sews what opens there; "flare" leaves it in the edge as width; the name of another dart adds it to
    that one, and `to` is not looked at. share below 1 divides the dart: the rest stays where it was. Two darts that
    would end in one point, where the piece would come apart, both stop `back` metres before it. gathered: the seam of
    an edge widened by flare declares its new length.
    """

    kind: ClassVar[str] = "rotate_dart"
    measure = ("share", "of the dart", 0.05, 1.0)
    dart: str
    to: Place
    share: float = 1.0
    into: str = "dart"
    back: float = 0.015
    gathered: bool = False

    def check(self) -> None:
        named(self.dart, "A dart")
        named(self.into, "What a dart becomes")
        within(self.share, 0.05, 1.0, "The share of a dart that is rotated")
        within(self.back, 0.002, 0.2, "How far divided darts stop before their common point, in metres,")
        if not isinstance(self.to, Place):
            raise AdjustmentRefused(f"{self.name!r} needs a place to rotate the dart to.")

    def apply(self, pattern: Pattern) -> Pattern:
        piece = self.piece_of(pattern)
        _, leg_in, leg_out = _legs(piece, self.dart)
        to = self.to
        if self.into not in ("dart", "flare"):
            if self.into == self.dart:
                raise AdjustmentRefused(f"the dart {self.dart!r} cannot be rotated into itself")
            to = self._beside(piece)
        if to.edge in (piece.fold, piece.doubled):
            raise AdjustmentRefused(
                f"the dart {self.dart!r} cannot open in the fold {to.edge!r}: give it another place"
            )
        stretches, (at,) = divided(piece, to)
        opening = next(k for k, s in enumerate(stretches) if s.edge.name == leg_in.name)
        after, before = chain(stretches, (opening + 2) % len(stretches), at), chain(stretches, at, opening)
        if to.edge in (leg_in.name, leg_out.name) or not after or not before:
            raise AdjustmentRefused(f"the dart {self.dart!r} would be rotated onto itself: give it another place")
        first, second = ([stretches[k] for k in side] for side in (after, before))
        apex, place = leg_in.end, first[-1].curves[-1].end
        parts = (
            polygon([*first, Line(place, apex), *leg_out.curves]),
            polygon([*second, *leg_in.curves, Line(apex, place)]),
        )
        check_slash(*parts, polygon(stretches), place, apex, piece.name)
        moves = first_moves(piece, first, second, parts)
        angle = self.share * _angle(leg_out.end - apex, leg_in.start - apex)
        matrix, offset = rotation(angle if moves else -angle, apex)
        inner = moved_along(piece, place, apex, lambda x: inside(parts[not moves], x), matrix, offset)
        legs = [stretches[opening], stretches[(opening + 1) % len(stretches)]]
        if moves:
            first, legs[1] = [s.moved(matrix, offset) for s in first], legs[1].moved(matrix, offset)
        else:
            second, legs[0] = [s.moved(matrix, offset) for s in second], legs[0].moved(matrix, offset)
        return self._opened(pattern, piece, first, second, legs if self.share < 1 else [], apex, inner)

    def _beside(self, piece: Piece) -> Place:
        """Where the mouth of the dart `into` lies nearer: at its first leg or at its last."""
        index, other = (_legs(piece, dart)[0] for dart in (self.dart, self.into))
        after, before = (other - index) % len(piece.edges), (index - other) % len(piece.edges)
        return Place(f"{self.into}_in", 0.0) if after < before else Place(f"{self.into}_out", 1.0)

    def _opened(
        self,
        pattern: Pattern,
        piece: Piece,
        first: list[Stretch],
        second: list[Stretch],
        legs: list[Stretch],
        apex: Points,
        inner: dict[str, Any],
    ) -> Pattern:
        """The piece put together again, with what has opened between the two parts made what it is to become."""
        a, b = first[-1].curves[-1].end, second[0].curves[0].start
        new = self.dart if not legs else free(f"{self.dart}_b", darts(piece))
        names = titled([*first, *second]) if self.into == "dart" else [(s.edge.name, s) for s in (*first, *second)]
        one, two = names[: len(first)], names[len(first) :]
        opened: list[tuple[str, Segment]] = []
        if self.into == "dart":
            opened += [(f"{new}_in", Line(a, apex)), (f"{new}_out", Line(apex, b))]
        elif self.into == "flare":
            opened += [(self.to.edge, c) for c in connecting(a, b)]
        elif second[0].edge.name == f"{self.into}_in":
            opened.append((f"{self.into}_in", Line(a, second[0].curves[-1].end)))
            two = two[1:]
        else:
            opened.append((f"{self.into}_out", Line(first[-1].curves[0].start, b)))
            one = one[:-1]
        old = [(s.edge.name, s) for s in legs]
        made = rebuilt(piece, piece.name, looped(piece, [*old, *one, *opened, *two]), **inner)
        legs_now = {f"{dart}_{leg}" for dart in (new, self.into) for leg in ("in", "out")}
        made = replace(made, edges=tuple(replace(e, dart=e.dart or e.name in legs_now) for e in made.edges))
        if self.into not in ("dart", "flare"):
            made = trued(made, self.into)
        if legs and self.into == "dart":
            made = apex_moved(apex_moved(made, self.dart, -self.back, 0.0), new, -self.back, 0.0)
        became: dict[str, list[tuple[str, str]]] = {}
        for name, s in sorted(names, key=lambda n: n[1].first):
            if (made.name, name) not in became.setdefault(s.edge.name, []):
                became[s.edge.name].append((made.name, name))
        if not legs and self.into != "dart":
            became |= {f"{self.dart}_in": [], f"{self.dart}_out": []}
        pattern = replaced(pattern, piece, [made], became, lambda _: 0)
        if legs and self.into == "dart":
            pattern = replace(pattern, seams=(*pattern.seams, *_leg_seams(made, new, [s.name for s in pattern.seams])))
        if self.gathered and self.into == "flare":
            pattern = eased(pattern, seams_of(pattern, made, (self.to.edge,)))
        return pattern


def _leg_seams(piece: Piece, dart: str, taken: Sequence[str]) -> list[Seam]:
    """A new dart sewn up, leg to leg, in every panel of its piece."""
    names = list(taken)
    seams: list[Seam] = []
    legs = zip(instances(piece), refs(piece, f"{dart}_in"), refs(piece, f"{dart}_out"), strict=True)
    for (panel, ending, _), (a, _), (b, _) in legs:
        names.append(free(f"{panel}_{dart}{ending}", names))
        seams.append(Seam(names[-1], (a,), (replace(b, backwards=True),)))
    return seams


@dataclass(frozen=True)
class CloseDart(Adjustment):
    """Take a dart out and leave its mouth in the edge, to be eased or gathered in: the seam declares it."""

    kind: ClassVar[str] = "close_dart"
    dart: str

    def check(self) -> None:
        named(self.dart, "A dart")

    def apply(self, pattern: Pattern) -> Pattern:
        piece = self.piece_of(pattern)
        _, leg_in, leg_out = _legs(piece, self.dart)
        stretches, _ = divided(piece)
        labelled: list[tuple[str, Segment]] = []
        for s in stretches:
            if s.edge.name == leg_in.name:
                labelled.append((stretches[stretches.index(s) - 1].edge.name, Line(leg_in.start, leg_out.end)))
            elif s.edge.name != leg_out.name:
                labelled.append((s.edge.name, s))
        made = rebuilt(piece, piece.name, looped(piece, labelled))
        gone: dict[str, list[tuple[str, str]]] = {leg_in.name: [], leg_out.name: []}
        pattern = replaced(pattern, piece, [made], gone, lambda _: 0)
        widened = piece.edges[piece.edges.index(leg_in) - 1].name
        return eased(pattern, seams_of(pattern, made, (widened,)))


@dataclass(frozen=True)
class MoveApex(Adjustment):
    """Move a dart's apex: `deeper` along its axis and `aside`, to the left seen from its mouth; metres.

    Its legs are drawn straight to the new apex, and the shorter one is drawn out to the length of the other.
    """

    kind: ClassVar[str] = "move_apex"
    measure = ("deeper", "m", -_REACH, _REACH)
    dart: str
    deeper: float = 0.0
    aside: float = 0.0

    def check(self) -> None:
        named(self.dart, "A dart")
        within(self.deeper, -_REACH, _REACH, "How much deeper a dart becomes, in metres,")
        within(self.aside, -_REACH, _REACH, "How far aside a dart's apex moves, in metres,")

    def apply(self, pattern: Pattern) -> Pattern:
        piece = self.piece_of(pattern)
        return swapped(pattern, apex_moved(piece, self.dart, self.deeper, self.aside))
