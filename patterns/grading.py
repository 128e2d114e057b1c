# SPDX-License-Identifier: GPL-3.0-or-later
"""Grading: one style drafted anew for every size, and the grade rules that say how its pieces grow.

A size is a body: its pattern is a draft of its own, with proven seams. Factories grade otherwise: points of the sample
size's cut line are moved by a table of rules. `grade_rules` finds the points and the rules that reproduce the drafts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .allowance import Curve, CutLine, cut_line
from .curves import Points
from .cutting import FLATTENED, Outline, boundary, outlined
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
        """Of each piece by name, where a mitre of its cut line is cut off in any size, and so in all."""
        found: dict[str, frozenset[Curve]] = {}
        for pattern in self.patterns.values():
            for piece in pattern.pieces:
                found[piece.name] = found.get(piece.name, frozenset()) | cut_line(piece).blunt
        return found

    def boundary(self, piece: Piece) -> Outline:
        """The cut line of a piece of one of the sizes, with the corners that all sizes have."""
        return boundary(piece, self.blunt[piece.name])


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


def _alike(line: CutLine, other: CutLine) -> CutLine:
    """A cut line in which an edge that has other curves on the other line is one curve."""
    one = {edge for edge, _ in {*line.of} ^ {*other.of}}
    return CutLine(
        line.points,
        tuple((edge, 0) if edge in one else (edge, k) for edge, k in line.of),
        line.corners & ~np.array([edge in one and k > 0 for edge, k in line.of]),
    )


def _stretches(line: CutLine) -> dict[Curve, list[int]]:
    """Of every curve its own points' indices in order."""
    found: dict[Curve, list[int]] = {}
    for k in range(len(line.points)):
        if not line.corners[k]:
            found.setdefault(line.of[k], []).append(k)
    for mine in found.values():
        gap = np.flatnonzero(np.diff(mine) > 1)
        if len(gap):  # it goes over the polygon's seam
            mine[:] = mine[gap[0] + 1 :] + mine[: gap[0] + 1]
    return found


def _shares(line: CutLine, stretches: Mapping[Curve, list[int]]) -> dict[int, float]:
    """Of every point that is no corner: its share of the way along its curve's stretch."""
    found: dict[int, float] = {}
    for mine in stretches.values():
        along = _walked(line.points[mine])
        found |= dict(zip(mine, along / max(along[-1], 1e-12), strict=True))
    return found


def _moves(sample: CutLine, other: CutLine) -> Points | None:
    """(n, 2) from the points of one cut line to the same places of another: corners to corners, other points to the
    same share of the same curve; None where edges differ.
    """
    sample, other = _alike(sample, other), _alike(other, sample)
    from_, to = _stretches(sample), _stretches(other)
    if {*sample.of} != {*other.of}:
        return None
    shares = _shares(sample, from_)
    corners: dict[Curve, list[int]] = {}
    for k in np.flatnonzero(other.corners):
        corners.setdefault(other.of[k], []).append(int(k))
    passed: dict[Curve, int] = {}
    there = np.empty_like(sample.points)
    for k, curve in enumerate(sample.of):
        if not sample.corners[k] and curve in to:
            run = other.points[to[curve]]
            along = _walked(run)
            there[k] = [np.interp(shares[k] * along[-1], along, run[:, axis]) for axis in (0, 1)]
        elif curve in corners:
            mine, nth = corners[curve], passed.get(curve, 0)
            there[k] = other.points[mine[min(nth, len(mine) - 1)]]
            passed[curve] = nth + 1
        else:  # what is a corner here is none there: where the curve begins
            there[k] = other.points[to[curve][0]]
    return there - sample.points


def _apart(points: Points, line: Points) -> float:
    """The greatest distance of points (n, 2) from a closed line (m, 2)."""
    along = np.roll(line, -1, axis=0) - line
    off = points[:, None] - line
    share = np.clip((off * along).sum(axis=2) / np.maximum((along**2).sum(axis=1), 1e-18), 0.0, 1.0)
    return float(np.linalg.norm(off - share[..., None] * along, axis=2).min(axis=1).max())


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
        lines = [cut_line(pieces[size][piece.name], FLATTENED, sizes.blunt[piece.name]) for size in columns]
        line = outlined(lines[columns.index(sizes.sample)].points)
        moves = [_moves(lines[columns.index(sizes.sample)], other) for other in lines]
        differing = [size for size, move in zip(columns, moves, strict=True) if move is None]
        if differing:
            skipped[piece.name] = f"it has other edges in size {differing[0]}"
            continue
        wanted = np.stack([move for move in moves if move is not None], axis=1)  # (n, sizes, 2)
        at = _needed(line, wanted)
        graded = line.points[:, None] + _spread(line.points, at, wanted[at])
        errors[piece.name] = max(
            max(_apart(graded[:, column], other.points), _apart(other.points, graded[:, column]))
            for column, other in enumerate(lines)
        )
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
