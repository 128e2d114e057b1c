# SPDX-License-Identifier: GPL-3.0-or-later
"""Grading: one style drafted anew for every size, and the grade rules that say how its pieces grow.

A size is a body: its pattern is a draft of its own, with proven seams. Factories grade otherwise: points of the sample
size's cut line are moved by a table of rules. `grade_rules` finds the points and the rules that reproduce the drafts.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

import numpy as np

from .allowance import Curve, CutLine, cut_line
from .curves import Points
from .cutting import FLATTENED, Outline, outlined
from .pattern import Pattern
from .pieces import Piece

REPRODUCED = 3e-4  # metres between a point that the rules grade and the one that was drafted, at the most
_SAME_RULE = 1e-6  # metres: moves that differ by less are one rule
_LONGEST_NAME = 20


class GradingRefused(ValueError):
    """Sizes that are not sizes of one style, or for which there is no rule."""


@dataclass(frozen=True)
class Sizes:
    """One style in several sizes: their patterns by the size's name, in order, and which of them is the sample.

    Raises GradingRefused for a sample that is none of them, a name that a table cannot hold, and two styles.
    """

    patterns: Mapping[str, Pattern]
    sample: str

    def __post_init__(self) -> None:
        if self.sample not in self.patterns:
            raise GradingRefused(f"The sample size {self.sample!r} is none of {', '.join(self.patterns) or 'no size'}.")
        for name in self.patterns:
            if not name or len(name) > _LONGEST_NAME or any(c.isspace() or c in ":#" for c in name):
                raise GradingRefused(
                    f"A size is named by 1 to {_LONGEST_NAME} letters without spaces, ':' and '#', not {name!r}."
                )
        if len({pattern.style for pattern in self.patterns.values()}) > 1:
            raise GradingRefused("Sizes are of one style: grade every style by itself.")

    @property
    def pattern(self) -> Pattern:
        """The sample size's."""
        return self.patterns[self.sample]

    @cached_property
    def blunt(self) -> Mapping[str, frozenset[Curve]]:
        """Of each piece by name, where a mitre is cut off in one size and not in another, and so in all."""
        found: dict[str, list[frozenset[Curve]]] = {}
        for pattern in self.patterns.values():
            for piece in pattern.pieces:
                found.setdefault(piece.name, []).append(cut_line(piece).blunt)
        return {name: frozenset.union(*off) - frozenset.intersection(*off) for name, off in found.items()}

    @cached_property
    def _cut(self) -> dict[int, CutLine]:
        return {}

    def cut_line(self, piece: Piece) -> CutLine:
        """The cut line of a piece of one of the sizes, with the corners that all sizes have."""
        if id(piece) not in self._cut:  # the sizes hold their pieces, so no other comes to be at the same address
            self._cut[id(piece)] = cut_line(piece, FLATTENED, self.blunt[piece.name])
        return self._cut[id(piece)]

    def boundary(self, piece: Piece) -> Outline:
        """The same as an outline, with its corners."""
        return outlined(self.cut_line(piece).points)


@dataclass(frozen=True)
class GradeRules:
    """How the cut lines of the sample size grow.

    deltas: (rules, sizes, 2) metres that a point moves from the sample size to each size; rules are numbered from 1.
    points: of each piece by name, the number of the rule at a point of its cut line, by the point's index in
    `Sizes.boundary`; other points move between their neighbours with rules, by their share of the way along the line.
    errors: of each piece the worst distance in metres between a cut line so graded and the drafted one. skipped: of a
    piece, why it has no rules.
    """

    sizes: tuple[str, ...]
    sample: str
    deltas: Points
    points: Mapping[str, Mapping[int, int]]
    errors: Mapping[str, float]
    skipped: Mapping[str, str]

    def graded(self, piece: str, line: Points, size: str) -> Points:
        """(n, 2) the sample size's cut line `line` (n, 2) in another size. Raises GradingRefused."""
        if size not in self.sizes or piece not in self.points:
            raise GradingRefused(f"There are no rules for {piece!r} in the size {size!r}.")
        column = self.sizes.index(size)
        moves = {k: self.deltas[rule - 1, column] for k, rule in self.points[piece].items()}
        return line + _spread(line, sorted(moves), np.array([moves[k] for k in sorted(moves)]))


def _walked(line: Points) -> Points:
    """(n,) how far each point of a polyline (n, 2) lies along it."""
    return np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])


def _spread(line: Points, at: list[int], moves: Points) -> Points:
    """(n, …) the moves of all points of a closed line (n, 2), from those (m, …) of the points `at`."""
    along = _walked(np.concatenate([line, line[:1]]))
    flat = moves.reshape(len(at), -1)
    spread = [np.interp(along[:-1], along[at], column, period=along[-1]) for column in flat.T]
    return np.stack(spread, axis=1).reshape(len(line), *moves.shape[1:])


def _turned(line: CutLine) -> dict[str, list[int]]:
    """Of each edge the curves that begin at a corner within it."""
    found: dict[str, set[int]] = {}
    for k in np.flatnonzero(line.corners):
        edge, curve = line.of[k]
        if curve:
            found.setdefault(edge, set()).add(curve)
    return {edge: sorted(curves) for edge, curves in found.items()}


def _alike(line: CutLine, other: CutLine) -> CutLine:
    """A cut line in which an edge that has other curves on the other line goes from corner to corner in one; where not
    even the corners are as many, from end to end.
    """
    mine, theirs = _turned(line), _turned(other)
    cuts: dict[str, list[int]] = {}
    for edge, _ in {*line.of} ^ {*other.of}:
        at = mine.get(edge, [])
        cuts[edge] = at if len(at) == len(theirs.get(edge, [])) else []
    return CutLine(
        line.points,
        tuple((edge, bisect_right(cuts[edge], k) if edge in cuts else k) for edge, k in line.of),
        line.corners & ~np.array([edge in cuts and k > 0 and k not in cuts[edge] for edge, k in line.of]),
    )


def _stretches(line: CutLine) -> dict[Curve, tuple[tuple[float, float], ...]]:
    """Of every curve along the closed line, past its end where it goes over: from the corner that it begins at, if it
    does, to the next curve's first point; and, where it has two at least, from the first point of its own to the last.
    """
    along = _walked(np.concatenate([line.points, line.points[:1]]))
    n, whole = len(line.of), along[-1]
    first = next((k for k in range(n) if line.of[k] != line.of[k - 1]), 0)
    stretches: dict[Curve, tuple[tuple[float, float], ...]] = {}
    for curve, points in groupby(range(first, first + n), key=lambda k: line.of[k % n]):
        mine = list(points)
        own = [k for k in mine if not line.corners[k % n]]
        corners = [k for k in mine if line.corners[k % n] and (not own or k < own[0])]
        ends = [((corners or mine)[-1 if corners else 0], mine[-1] + 1), *([(own[0], own[-1])] if len(own) > 1 else [])]
        stretches[curve] = tuple((along[a % n], along[a % n] + (along[b % n] - along[a % n]) % whole) for a, b in ends)
    return stretches


def _places(line: CutLine, other: CutLine) -> Points | None:
    """(n,) where the points of one cut line lie along another: corners at corners, other points at the same share of
    the same curve; None where edges differ.
    """
    line, other = _alike(line, other), _alike(other, line)
    if {*line.of} != {*other.of}:
        return None
    mine, theirs = _stretches(line), _stretches(other)
    along = _walked(np.concatenate([line.points, line.points[:1]]))
    there = _walked(np.concatenate([other.points, other.points[:1]]))
    corners: dict[Curve, list[int]] = {}
    for k in np.flatnonzero(other.corners):
        corners.setdefault(other.of[k], []).append(int(k))
    passed: dict[Curve, int] = {}
    found = np.empty(len(line.points))
    for k, curve in enumerate(line.of):
        if not line.corners[k] and curve in theirs:
            by = min(len(mine[curve]), len(theirs[curve])) - 1  # own points where both have them
            (first, last), (begin, end) = mine[curve][by], theirs[curve][by]
            off = along[k] - first if along[k] >= first - _SAME_RULE else along[k] + along[-1] - first
            share = off / (last - first) if last > first else 0.0
            found[k] = begin + share * (end - begin)
        elif line.corners[k] and curve in corners:
            nth = passed.get(curve, 0)
            found[k] = there[corners[curve][min(nth, len(corners[curve]) - 1)]]
            passed[curve] = nth + 1
        elif curve in theirs:  # what is a corner here is none there: where the curve begins
            found[k] = theirs[curve][-1][0]
        else:
            found[k] = np.nan
    known = np.flatnonzero(~np.isnan(found))
    first = along[known[0]]
    steps = np.diff(np.append(found[known], found[known[0]])) % there[-1]
    ahead = found[known[0]] + np.concatenate([[0.0], steps.cumsum()])
    at = np.where(along[:-1] < first, along[:-1] + along[-1], along[:-1])
    return np.interp(at, np.append(along[known], first + along[-1]), ahead) % there[-1]


def _at(line: Points, places: Points) -> Points:
    """(m, …) values along a closed line, from those (n, …) of its points, where `places` (m,) counts along it; `line`
    (n, 2 + …) is its points, and what belongs to them behind.
    """
    closed = np.concatenate([line, line[:1]])
    along = _walked(closed[:, :2])
    return np.stack([np.interp(places, along, column) for column in closed.T], axis=1)


def grade_rules(sizes: Sizes) -> GradeRules:
    """The rules that reproduce the drafts of all sizes: corners have one, and as many points between as are needed."""
    columns = tuple(sizes.patterns)
    rules: dict[tuple[int, ...], int] = {}
    points: dict[str, dict[int, int]] = {}
    skipped: dict[str, str] = {}
    errors: dict[str, float] = {}
    pieces = {size: {piece.name: piece for piece in pattern.pieces} for size, pattern in sizes.patterns.items()}
    for piece in sizes.pattern.pieces:
        absent = [size for size in columns if piece.name not in pieces[size]]
        if absent:
            skipped[piece.name] = f"it is no piece of size {absent[0]}"
            continue
        lines = [sizes.cut_line(pieces[size][piece.name]) for size in columns]
        sample = lines[columns.index(sizes.sample)]
        line = outlined(sample.points)
        placed = [_places(sample, other) for other in lines]
        differing = [size for size, places in zip(columns, placed, strict=True) if places is None]
        if differing:
            skipped[piece.name] = f"it has other edges in size {differing[0]}"
            continue
        moved = [_at(other.points, places) for other, places in zip(lines, placed, strict=True) if places is not None]
        wanted = np.stack(moved, axis=1) - line.points[:, None]  # (n, sizes, 2)
        at = _needed(line, wanted)
        graded = line.points[:, None] + _spread(line.points, at, wanted[at])
        off = np.linalg.norm(graded - line.points[:, None] - wanted, axis=2).max(axis=0)
        for column, other in enumerate(lines):  # and the drafted line's own points, where they lie on the graded one
            places = _places(other, sample)
            if places is not None:
                there = _at(np.concatenate([line.points, graded[:, column]], axis=1), places)[:, 2:]
                off[column] = max(off[column], np.linalg.norm(there - other.points, axis=1).max())
        errors[piece.name] = float(off.max())
        points[piece.name] = {}
        for k in at:
            key = tuple(np.rint(wanted[k].ravel() / _SAME_RULE).astype(int))
            points[piece.name][k] = rules.setdefault(key, len(rules) + 1)
    deltas = _SAME_RULE * np.array(list(rules), np.float64).reshape(len(rules), len(columns), 2)
    return GradeRules(columns, sizes.sample, deltas, points, errors, skipped)


def _needed(line: Outline, wanted: Points) -> list[int]:
    """The points that need a rule so that all move by `wanted` (n, sizes, 2) within REPRODUCED."""
    at = set(line.turns or (0,))
    while True:
        off = np.linalg.norm(_spread(line.points, sorted(at), wanted[sorted(at)]) - wanted, axis=2).max(axis=1)
        worst = int(off.argmax())
        if off[worst] <= REPRODUCED or worst in at:
            return sorted(at)
        at.add(worst)
