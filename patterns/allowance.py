# SPDX-License-Identifier: GPL-3.0-or-later
"""The cut line: the seam line moved out by each edge's allowance, its corners mitred, mirrored or stepped."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .pieces import Corner, Edge, Piece, PieceRefused, Points

_MITRE_LIMIT = 2.5  # a mitre is cut off where it is as many allowances long
_BLUNT = 0.9  # of a mitre's length that is left where it is cut off for another size's sake
_SMOOTH = 0.1  # runs whose ends are nearer than this many allowances meet without a corner (the crown of a sleeve)
_KINK = np.cos(np.radians(0.1))  # curves of one edge that meet at more than this have a corner between them
_TOLERANCE = 1e-4
_CORNER = 0.5  # what a corner's number is above that of the curve which begins there
_IMAGE = 9  # points of a side's mirror image
_SAME = 1e-9  # metres: where runs meet without a gap one point is left


Curve = tuple[str, int]  # an edge's name, and which of its curves


@dataclass(frozen=True)
class CutLine:
    """The line along which a piece is cut, and what of it follows which curve of the seam line.

    points: (n, 2) closed polygon. of: at every point the curve that it lies beside; or, for a corner that was made by
    joining two, the curve that begins there. corners: (n,) whether a point is such a corner.
    """

    points: Points
    of: tuple[Curve, ...]
    corners: NDArray[np.bool_]

    @property
    def blunt(self) -> frozenset[Curve]:
        """Where a long mitre is cut off: the curves that begin there."""
        corners = [of for of, corner in zip(self.of, self.corners, strict=True) if corner]
        return frozenset(of for of in corners if corners.count(of) > 1)

    def beside(self, edge: str) -> Points:
        """(m, 2) the stretch along an edge, with the corner at its end."""
        mine = [k for k, (name, _) in enumerate(self.of) if name == edge]
        if not mine:
            return np.empty((0, 2))
        gap = np.flatnonzero(np.diff(mine) > 1)
        if len(gap):  # it goes over the polygon's seam
            mine = mine[gap[0] + 1 :] + mine[: gap[0] + 1]
        return self.points[[*mine, (mine[-1] + 1) % len(self.points)]]


@dataclass(frozen=True)
class _Run:
    """A smooth stretch of an edge, moved out by its allowance `reach`."""

    line: Points  # (n, 3) x, y, and the number of the curve that it lies beside
    ahead: Points  # (2, 2) unit tangents at its start and its end
    reach: float
    ends: Points  # (2, 2) of its seam line
    corner: Corner | None  # None for a fold, beyond which the cloth goes on


def _runs(edge: Edge, first: int, reach: float, corner: Corner | None, tolerance: float) -> list[_Run]:
    """The smooth stretches of an edge, in order; its curves are numbered from `first`."""
    found: list[_Run] = []
    backwards: list[NDArray[np.bool_]] = []  # of each run, which of its steps
    for number, curve in enumerate(edge.curves, first):
        points = curve.flattened(tolerance)
        along = curve.derivative(np.linspace(0.0, 1.0, len(points)))  # a curve is flattened at even parameters
        still = np.linalg.norm(along, axis=1, keepdims=True) < 1e-9  # a Bézier may stand still at its ends
        along = np.where(still, np.gradient(points, axis=0), along)
        along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-12)
        out = points + reach * np.stack([along[:, 1], -along[:, 0]], axis=1)
        line = np.column_stack([out, np.full(len(out), number)])
        back = (np.diff(out, axis=0) * np.diff(points, axis=0)).sum(axis=1) < 0.0
        if found and found[-1].ahead[1] @ along[0] > _KINK:
            before = found.pop()
            line, along = np.concatenate([before.line[:-1], line]), np.stack([before.ahead[0], along[-1]])
            points = np.stack([before.ends[0], points[-1]])
            back = np.concatenate([backwards.pop(), back])
        found.append(_Run(line, along[[0, -1]], reach, points[[0, -1]], corner))
        backwards.append(back)
    return [replace(run, line=_onward(run.line, back, reach)) for run, back in zip(found, backwards, strict=True)]


def _onward(line: Points, back: NDArray[np.bool_], reach: float) -> Points:
    """A line (n, 3) without the steps (n − 1,) that run backwards, where the curve is hollower than the allowance is
    wide: what is before and what is after meet where they cross, or else where the later begins.
    """
    ahead = [part for part in np.split(line, np.flatnonzero(back) + 1) if len(part) > 1] if back.any() else []
    if not ahead:
        return line
    made = ahead[0]
    for part in ahead[1:]:
        crossed = _meeting(made[:, :2], part[:, :2], reach)
        if crossed is None:
            steps = part[:, :2] - part[0, :2]
            far = np.linalg.norm(steps, axis=1)
            first = int(np.argmax(far > _SAME))
            made = np.concatenate([_before(made, part[0, :2], steps[first] / max(far[first], _SAME)), part])
        else:
            corner, before, after = crossed
            made = np.concatenate([made[:before], [[*corner, part[0, 2]]], part[after:]])
    return made


def _meeting(a: Points, b: Points, reach: float) -> tuple[Points, int, int] | None:
    """Where the polylines a and b cross near their common corner, how much of a goes before and where b goes on; None
    where they do not cross.
    """
    near = _MITRE_LIMIT * reach
    first = int(np.argmax(np.linalg.norm(a - a[-1], axis=1) <= near))
    far = np.flatnonzero(np.linalg.norm(b - b[0], axis=1) > near)
    last = max(int(far[0]) if len(far) else len(b), 2)
    begin = max(first - 1, 0)
    p, r = a[begin:-1, None], np.diff(a[begin:], axis=0)[:, None]
    q, s = b[: last - 1], np.diff(b[:last], axis=0)
    cross = r[..., 0] * s[:, 1] - r[..., 1] * s[:, 0]
    off = q - p
    with np.errstate(divide="ignore", invalid="ignore"):
        t = (off[..., 0] * s[:, 1] - off[..., 1] * s[:, 0]) / cross
        u = (off[..., 0] * r[..., 1] - off[..., 1] * r[..., 0]) / cross
    hit = (t >= 0) & (t <= 1) & (u >= 0) & (u <= 1)
    if not hit.any():
        return None
    i = int(np.flatnonzero(hit.any(axis=1))[-1])  # nearest to the corner on a, and the first there on b
    j = int(hit[i].argmax())
    return p[i, 0] + t[i, j] * r[i, 0], begin + i + 1, j + 1


@dataclass(frozen=True)
class _Fold:
    """The end of an edge whose allowance is turned up, or ends square: the seam line's corner `at`, the unit vectors
    out of the piece and along the edge, away from the corner, how deep it is, and the number of the corner's points.
    """

    at: Points
    out: Points
    along: Points
    reach: float
    number: float


def _crossing(side: Points, level: Points, pace: float) -> tuple[Points, int] | None:
    """Where a line (n, 2) that ends at a corner comes to level 0, on it or straight on from its end at that pace; and
    how many of its points are before.
    """
    below = np.flatnonzero(level < -_SAME)
    if pace < 1e-9 or not len(below):
        return None
    last = int(below[-1])
    if last + 1 == len(side):
        return side[-1] - level[-1] / pace * (side[-1] - side[-2]), last + 1
    share = level[last] / (level[last] - level[last + 1])
    return side[last] + share * (side[last + 1] - side[last]), last + 1


def _stepped(side: Points, edge: Points, fold: _Fold) -> Points | None:
    """The cut line (n, 3) along `side` (n, 3) to the line square to the edge's end, out on that, and along the edge's
    own (m, 3); None where the side does not come to it.
    """
    level = (side[:, :2] - fold.at) @ fold.along
    found = _crossing(side[:, :2], level, float(level[-1] - level[-2]))
    if found is None or not 0.0 <= (found[0] - fold.at) @ fold.out <= fold.reach:
        return None
    return np.concatenate([side[: found[1]], [[*found[0], fold.number]], edge])


def _turned_up(side: Points, edge: Points, fold: _Fold) -> Points | None:
    """The cut line (n, 3) along `side` (n, 3) to the fold, on as the side's mirror image to the hem's own cut line, and
    along that, `edge` (m, 3); None where the side does not come to the fold.
    """
    level = (side[:, :2] - fold.at) @ fold.out
    found = _crossing(side[:, :2], level, float(level[-1] - level[-2]))
    if found is None:
        return None
    turn, before = found
    up = np.concatenate([turn[None], side[:before, :2][::-1]])  # from the fold up the garment
    high = np.concatenate([[0.0], -level[:before][::-1]])
    if not (high >= fold.reach).any():  # the side is shorter than the hem is deep: straight on
        rise = high[-1] - high[-2]
        if rise < 1e-9:
            return None
        up = np.concatenate([up, (up[-1] + (fold.reach - high[-1]) / rise * (up[-1] - up[-2]))[None]])
        high = np.append(high, fold.reach)
    last = int(np.argmax(high >= fold.reach))
    share = (fold.reach - high[last - 1]) / (high[last] - high[last - 1])
    path = np.concatenate([up[:last], (up[last - 1] + share * (up[last] - up[last - 1]))[None]])
    # In as many points for every size, which their corners are told by, though most sides are straight.
    heights, levels = np.append(high[:last], fold.reach), np.linspace(0.0, fold.reach, _IMAGE)
    path = np.stack([np.interp(levels, heights, column) for column in path.T], axis=1)
    image = path - 2.0 * np.outer((path - fold.at) @ fold.out, fold.out)
    beyond = (edge[:, :2] - image[-1]) @ fold.along > _SAME
    if not beyond.any():
        return None
    rest = edge[int(np.argmax(beyond)) :]
    return np.concatenate([side[:before], np.column_stack([image, np.full(len(image), fold.number)]), rest])


_WAYS = {"mirror": _turned_up, "step": _stepped}


def _corner(a: Points, b: Points, before: _Run, run: _Run, reach: float, blunt: bool) -> Points:
    """Offset lines a and b (n, 3), which end and begin with these runs, made one by the corner that they want."""
    made, number = None, float(np.floor(b[0, 2])) + _CORNER
    turns = before.ahead[1] @ run.ahead[0] < _KINK  # else one allowance goes on in the other by a step
    if turns and before.corner and run.corner and before.corner != run.corner:
        if run.corner in _WAYS:
            along = run.ahead[0]
            fold = _Fold(run.ends[0], np.array([along[1], -along[0]]), along, run.reach, number)
            made = _WAYS[run.corner](a, b, fold)
        if made is None and before.corner in _WAYS:
            along = before.ahead[1]
            fold = _Fold(before.ends[1], np.array([along[1], -along[0]]), -along, before.reach, number)
            made = _WAYS[before.corner](b[::-1], a[::-1], fold)
            made = None if made is None else made[::-1]
    return _joined(a, b, (before.ahead[1], run.ahead[0]), reach, blunt) if made is None else made


def _joined(a: Points, b: Points, ahead: tuple[Points, Points], reach: float, blunt: bool) -> Points:
    """Offset runs a and b (n, 3) made one: trimmed where they cross, else mitred, the tip of a long mitre cut off.

    ahead: the unit tangents (2,) at the end of a and at the start of b. blunt: cut off a mitre in any case. A corner
    gets the number of b's first curve, and a half.
    """
    end, start, number = a[-1, :2], b[0, :2], np.floor(b[0, 2]) + _CORNER
    if np.linalg.norm(end - start) < _SMOOTH * reach:
        return np.concatenate([a[:-1], [[*(end + start) / 2, number]], b[1:]])
    crossed = _meeting(a[:, :2], b[:, :2], reach)
    if crossed is not None:
        corner, before, after = crossed
        return np.concatenate([a[:before], [[*corner, number]], b[after:]])
    r, s = ahead[0], -ahead[1]
    cross = r[0] * s[1] - r[1] * s[0]
    if abs(cross) > 1e-6:
        gap = start - end
        on_a, on_b = ((gap[0] * v[1] - gap[1] * v[0]) / cross for v in (s, r))  # metres past the ends
        corner = end + on_a * r
        near, far = _MITRE_LIMIT * reach, float(np.linalg.norm(corner - end))
        # Where allowances differ the corner may lie a little before one run's end, which it then replaces.
        ahead_of_both = min(on_a, on_b) > 0
        if min(on_a, on_b) > -near and max(on_a, on_b) >= 0 and far <= near and not (blunt and ahead_of_both):
            return np.concatenate([_before(a, corner, r), [[*corner, number]], _before(b[::-1], corner, s)[::-1]])
        if ahead_of_both:
            cut = min(near / far, _BLUNT if blunt else 1.0)
            clipped = [[*(end + cut * on_a * r), number], [*(start + cut * on_b * s), number]]
            return np.concatenate([a, clipped, b])
    return np.concatenate([a, b])


def _before(run: Points, corner: Points, ahead: Points) -> Points:
    """A run without the points at its end that lie past a corner, or at it."""
    past = (run[:, :2] - corner) @ ahead > -_SAME
    return run[: len(run) - int(np.argmin(past[::-1]))] if not past.all() else run[:0]


def cut_line(piece: Piece, tolerance: float = _TOLERANCE, blunt: frozenset[Curve] = frozenset()) -> CutLine:
    """The seam line moved out by each edge's allowance; dart legs are passed over from mouth to mouth.

    tolerance: metres between a curve and its chords. blunt: where mitres are cut off although they are not long: sizes
    of one piece have the same corners. Raises PieceRefused where the allowances are wider than the piece.
    """
    curves: list[Curve] = []
    runs: list[_Run] = []
    for edge in piece.edges:
        if not edge.dart:
            reach = piece.allowances.get(edge.name, piece.allowance)
            corner = None if edge.name in (piece.fold, piece.doubled) else piece.corners.get(edge.name, "mitre")
            runs += _runs(edge, len(curves), reach, corner, tolerance)
            curves += [(edge.name, k) for k in range(len(edge.curves))]
    line, least = runs[0].line, piece.allowance  # no corner is looked for within less than the piece's own allowance
    off = {k for k, curve in enumerate(curves) if curve in blunt}
    for before, run in pairwise(runs):
        line = _corner(line, run.line, before, run, max(run.reach, least), int(run.line[0, 2]) in off)
    # Close the loop: join its end to its own start, and drop the start that the corner replaced.
    half = len(line) // 2
    closed = _corner(line[half:], line[: half + 1], runs[-1], runs[0], max(runs[0].reach, least), 0 in off)[:-1]
    closed = closed[np.linalg.norm((closed - np.roll(closed, 1, axis=0))[:, :2], axis=1) > _SAME]
    if len(closed) < 3:
        raise PieceRefused(f"The allowances of {piece.name!r} are wider than the piece: give it narrower ones.")
    number = np.floor(closed[:, 2]).astype(int)
    return CutLine(closed[:, :2], tuple(curves[k] for k in number), closed[:, 2] > number)
