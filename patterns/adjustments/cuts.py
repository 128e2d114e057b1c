# SPDX-License-Identifier: GPL-3.0-or-later
"""Split a piece in two; slash it and spread it for flare or fullness."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from ..curves import Line, Points, rotation
from ..pattern import Pattern
from ..pieces import InternalLine, Notch, Piece, other_side
from ..seams import Seam
from .adjustment import LARGEST, Adjustment, AdjustmentRefused, Place, free, named, within
from .outline import (
    Segment,
    Stretch,
    chain,
    check_slash,
    connecting,
    cut_internal,
    divided,
    eased,
    first_moves,
    inside,
    looped,
    moved_along,
    pleats_in,
    polygon,
    rebuilt,
    refs,
    replaced,
    seams_of,
    swapped,
    titled,
)

Names = dict[str, list[tuple[float, str, str]]]  # a line -> (arc length from its start, piece, line) of its parts


@dataclass(frozen=True)
class Slash:
    """A piece's outline parted by a straight line from p to q."""

    p: Points
    q: Points
    right: list[Stretch]  # anticlockwise from p to q
    left: list[Stretch]  # and on from q to p

    def parts(self) -> tuple[Points, Points]:
        """The polygons (n, 2) on the right and on the left."""
        return polygon([*self.right, Line(self.q, self.p)]), polygon([*self.left, Line(self.p, self.q)])


def check_ends(name: str, start: object, end: object) -> None:
    """Raises AdjustmentRefused for a line between one place and itself."""
    if not (isinstance(start, Place) and isinstance(end, Place)) or start == end:
        raise AdjustmentRefused(f"{name!r} needs a line between two places of the outline that differ.")


def slashed(piece: Piece, start: Place, end: Place) -> Slash:
    """The outline parted by a line between two of its places. Raises AdjustmentRefused."""
    stretches, (i, j) = divided(piece, start, end)
    right, left = ([stretches[k] for k in chain(stretches, a, b)] for a, b in ((i, j), (j, i)))
    if not right or not left:
        raise AdjustmentRefused(f"the line in {piece.name!r} ends where it starts: give it another end")
    slash = Slash(right[0].curves[0].start, left[0].curves[0].start, right, left)
    check_slash(*slash.parts(), polygon(stretches), slash.p, slash.q, piece.name)
    return slash


def part_names(piece: Piece, start: Place, end: Place) -> tuple[str, str]:
    """Names for the parts of a split: by the side of the body's length, or by how near the middle they lie."""
    right, left = (p.mean(axis=0) for p in slashed(piece, start, end).parts())
    across, up = np.abs(right - left)
    words = ("upper", "lower") if up > across else ("side", "centre")
    first = right[1] > left[1] if up > across else abs(right[0]) > abs(left[0])
    one, two = words if first else words[::-1]
    return f"{piece.name}_{one}", f"{piece.name}_{two}"


@dataclass(frozen=True)
class Split(Adjustment):
    """Split a piece along a straight line from one place of its outline to another.

    names: of the part anticlockwise from `start` to `end`, and of the other. sewn: the cut is sewn again, else the
    parts come apart there. A part that loses the fold is cut as a mirrored pair.
    """

    kind: ClassVar[str] = "split"
    start: Place
    end: Place
    names: tuple[str, str]
    sewn: bool = True

    def check(self) -> None:
        check_ends(self.name, self.start, self.end)
        if not isinstance(self.names, tuple) or len(self.names) != 2 or self.names[0] == self.names[1]:
            raise AdjustmentRefused(f"{self.name!r} makes two pieces: give them two names.")
        for part in self.names:
            named(part, "A piece")

    def apply(self, pattern: Pattern) -> Pattern:
        piece = self.piece_of(pattern)
        if taken := {p.name for p in pattern.pieces if p.name != piece.name} & set(self.names):
            raise AdjustmentRefused(f"there is a piece {taken.pop()!r} already")
        slash = slashed(piece, self.start, self.end)
        cut = free("cut", (thing.name for thing in (*piece.edges, *piece.internal)))
        left = slash.parts()[1]

        def part(x: Points) -> int:
            return int(inside(left, x))

        became: Names = {}
        new: list[Piece] = []
        for k, (stretches, closing) in enumerate(
            ((slash.right, Line(slash.q, slash.p)), (slash.left, Line(slash.p, slash.q)))
        ):
            edges: list[tuple[str, Sequence[Segment]]] = []
            for name, s in titled(stretches):
                edges.append((name, [s]))
                became.setdefault(s.edge.name, []).append((s.first, self.names[k], name))
            edges.append((cut, [closing]))
            new.append(self._part(piece, k, edges, self._internal(piece, slash, k, part, became), part))
        parts = {old: [(p, n) for _, p, n in sorted(found)] for old, found in became.items()}
        pattern = replaced(pattern, piece, new, parts, part)
        return replace(pattern, seams=(*pattern.seams, *self._seams(pattern, new, cut))) if self.sewn else pattern

    def _internal(
        self, piece: Piece, slash: Slash, k: int, part: Callable[[Points], int], became: Names
    ) -> tuple[InternalLine, ...]:
        """The internal lines of part k, and parts of lines, entered in `became`."""
        lines: list[InternalLine] = []
        for inner, runs in cut_internal(piece.internal, slash.p, slash.q):
            mine = [run for run in runs if part(run.at([run.length / 2])[0]) == k]
            for number, run in enumerate(mine, 1):
                name = inner.name if len(mine) == 1 else f"{inner.name}_{number}"
                lines.append(replace(inner, name=name, curves=run.curves))
                before = sum(r.length for r in runs[: runs.index(run)])
                became.setdefault(inner.name, []).append((before, self.names[k], name))
        return tuple(lines)

    def _part(
        self,
        piece: Piece,
        k: int,
        edges: Sequence[tuple[str, Sequence[Segment]]],
        internal: tuple[InternalLine, ...],
        part: Callable[[Points], int],
    ) -> Piece:
        names = {name for name, _ in edges}
        loses_fold = piece.cut == "fold" and piece.fold not in names
        made = rebuilt(
            piece,
            self.names[k],
            edges,
            cut="mirrored" if loses_fold else piece.cut,
            fold=None if loses_fold else piece.fold,
            doubled=piece.doubled if piece.doubled in names else None,
            internal=internal,
            pleats=pleats_in(piece, lambda x: part(x) == k),
            trims=tuple(t for t in piece.trims if part(np.asarray(t.at)) == k),
        )
        cut, closing = edges[-1][0], made.edges[-1]
        return replace(made, notches=(*made.notches, Notch(cut, closing.length / 2)))

    @staticmethod
    def _seams(pattern: Pattern, new: Sequence[Piece], cut: str) -> list[Seam]:
        """The two sides of the cut, sewn to each other wherever they are cut out."""
        taken = [s.name for s in pattern.seams]
        seams: list[Seam] = []
        for (a, mirrored), (b, _) in zip(*(refs(p, cut) for p in new), strict=True):
            side = "" if new[0].cut == "single" else f"_{other_side(new[0].side) if mirrored else new[0].side}"
            taken.append(free(f"{new[0].name}_{new[1].name}{side}", taken))
            seams.append(Seam(taken[-1], (a,), (replace(b, backwards=True),)))
        return seams


@dataclass(frozen=True)
class SlashAndSpread(Adjustment):
    """Slash a piece from `start` to `end` and spread the slash by `spread` metres where it starts.

    hinged: it stays closed at `end` and opens like a door, for flare; else it opens all along, for fullness. What moves
    is the part without the fold or, without a fold, the smaller one. gathered: the seams of the longer edges declare
    the new length, gathered in; else they no longer fit, and the report says so.
    """

    kind: ClassVar[str] = "slash_and_spread"
    measure = ("spread", "m", 0.001, LARGEST)
    start: Place
    end: Place
    spread: float
    hinged: bool = True
    gathered: bool = False

    def check(self) -> None:
        check_ends(self.name, self.start, self.end)
        within(self.spread, 0.001, LARGEST, "A spread in metres")

    def apply(self, pattern: Pattern) -> Pattern:
        piece = self.piece_of(pattern)
        slash = slashed(piece, self.start, self.end)
        parts = slash.parts()
        right_moves = first_moves(piece, slash.right, slash.left, parts)
        on_fold = piece.fold is not None and piece.fold in (self.start.edge, self.end.edge)
        matrix, offset = self._motion(slash, right_moves, on_fold)
        right, left = (
            [s.moved(matrix, offset) for s in side] if moves else side
            for side, moves in ((slash.right, right_moves), (slash.left, not right_moves))
        )
        far, near = (connecting(a[-1].curves[-1].end, b[0].curves[0].start) for a, b in ((right, left), (left, right)))
        labelled: list[tuple[str, Segment]] = [
            *((s.edge.name, s) for s in right),
            *((self.end.edge, c) for c in far),
            *((s.edge.name, s) for s in left),
            *((self.start.edge, c) for c in near),
        ]
        moved = parts[not right_moves]
        inner = moved_along(piece, slash.p, slash.q, lambda x: inside(moved, x), matrix, offset)
        spread = rebuilt(piece, piece.name, looped(piece, labelled), **inner)
        pattern = swapped(pattern, spread)
        longer = (self.start.edge,) if self.hinged else (self.start.edge, self.end.edge)
        return eased(pattern, seams_of(pattern, spread, longer)) if self.gathered else pattern

    def _motion(self, slash: Slash, right_moves: bool, on_fold: bool) -> tuple[Points, Points]:
        """The rigid motion of the part that moves, as matrix and offset. Raises AdjustmentRefused."""
        along = slash.q - slash.p
        reach = float(np.hypot(*along))
        to_left = -1.0 if right_moves else 1.0
        if not self.hinged:
            out = np.array([-along[1], along[0]]) / reach
            if on_fold:  # which stays where it is: the slash opens along it
                out = np.array([0.0, np.copysign(1.0, out[1])])
            return np.eye(2), to_left * self.spread * out
        if self.spread >= reach:
            raise AdjustmentRefused(
                f"a slash of {1000 * reach:.0f} mm hinged at its end cannot be spread by {1000 * self.spread:.0f} mm"
            )
        return rotation(-to_left * 2 * float(np.arcsin(self.spread / (2 * reach))), slash.q)
