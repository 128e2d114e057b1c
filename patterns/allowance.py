# SPDX-License-Identifier: GPL-3.0-or-later
"""The cut line: the seam line moved out by each edge's allowance, with mitred corners."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .pieces import Edge, Piece, Points

_MITRE_LIMIT = 2.5  # a corner point farther out than this many allowances is cut off square
_SMOOTH = 0.1  # runs whose ends are nearer than this many allowances meet without a corner (the crown of a sleeve)
_KINK = np.cos(np.radians(0.1))  # curves of one edge that meet at more than this have a corner between them
_TOLERANCE = 1e-4
_STRAIGHT = 33  # points along a straight run whose ends are both replaced by corners
_SAME = 1e-9  # metres: where runs meet without a gap one point is left


@dataclass(frozen=True)
class _Run:
    """A smooth stretch of an edge, moved out by its allowance `reach`."""

    edge: str
    line: Points  # (n, 2)
    ahead: Points  # (2, 2) unit tangents at its start and its end
    reach: float


def _runs(edge: Edge, reach: float, tolerance: float) -> list[_Run]:
    """The smooth stretches of an edge, in order."""
    found: list[_Run] = []
    for curve in edge.curves:
        points = curve.flattened(tolerance)
        along = curve.derivative(np.linspace(0.0, 1.0, len(points)))  # a curve is flattened at even parameters
        still = np.linalg.norm(along, axis=1, keepdims=True) < 1e-9  # a Bézier may stand still at its ends
        along = np.where(still, np.gradient(points, axis=0), along)
        along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-12)
        line = points + reach * np.stack([along[:, 1], -along[:, 0]], axis=1)
        if found and found[-1].ahead[1] @ along[0] > _KINK:
            before = found.pop()
            line, along = np.concatenate([before.line[:-1], line]), np.stack([before.ahead[0], along[-1]])
        found.append(_Run(edge.name, line, along[[0, -1]], reach))
    return found


def _meeting(a: Points, b: Points, reach: float) -> Points | None:
    """The polylines a and b cut off where they cross near their common corner, or None where they do not."""
    near = _MITRE_LIMIT * reach
    first = int(np.argmax(np.linalg.norm(a - a[-1], axis=1) <= near))
    far = np.flatnonzero(np.linalg.norm(b - b[0], axis=1) > near)
    last = max(int(far[0]) if len(far) else len(b), 2)
    for i in range(len(a) - 2, max(first - 2, -1), -1):
        p, r = a[i], a[i + 1] - a[i]
        q, s = b[: last - 1], np.diff(b[:last], axis=0)
        cross = r[0] * s[:, 1] - r[1] * s[:, 0]
        with np.errstate(divide="ignore", invalid="ignore"):
            t = ((q - p)[:, 0] * s[:, 1] - (q - p)[:, 1] * s[:, 0]) / cross
            u = ((q - p)[:, 0] * r[1] - (q - p)[:, 1] * r[0]) / cross
        hit = np.flatnonzero((t >= 0) & (t <= 1) & (u >= 0) & (u <= 1))
        if len(hit):
            return np.concatenate([a[: i + 1], (p + t[hit[0]] * r)[None], b[hit[0] + 1 :]])
    return None


def _joined(a: Points, b: Points, ahead: tuple[Points, Points], reach: float) -> Points:
    """Offset runs a and b made one: trimmed where they cross, else mitred, else squared off.

    ahead: the unit tangents (2,) at the end of a and at the start of b.
    """
    if np.linalg.norm(a[-1] - b[0]) < _SMOOTH * reach:
        return np.concatenate([a[:-1], (a[-1:] + b[:1]) / 2, b[1:]])
    crossed = _meeting(a, b, reach)
    if crossed is not None:
        return crossed
    r, s = ahead[0], -ahead[1]
    cross = r[0] * s[1] - r[1] * s[0]
    if abs(cross) > 1e-6:
        gap = b[0] - a[-1]
        on_a, on_b = ((gap[0] * v[1] - gap[1] * v[0]) / cross for v in (s, r))  # metres past the ends
        corner = a[-1] + on_a * r
        near = _MITRE_LIMIT * reach
        # Where allowances differ the corner may lie a little before one run's end, which it then replaces.
        if min(on_a, on_b) > -near and max(on_a, on_b) >= 0 and np.linalg.norm(corner - a[-1]) <= near:
            return np.concatenate([_before(a, corner, r), corner[None], _before(b[::-1], corner, s)[::-1]])
    return np.concatenate([a, b])


def _before(run: Points, corner: Points, ahead: Points) -> Points:
    """A run without the points at its end that lie past a corner."""
    past = (run - corner) @ ahead > 0
    return run[: len(run) - int(np.argmin(past[::-1]))] if not past.all() else run[:1]


def _offset(piece: Piece, tolerance: float) -> list[_Run]:
    """Every edge that is cut along, moved out."""
    edges = [e for e in piece.edges if not e.dart]
    return [r for e in edges for r in _runs(e, piece.allowances.get(e.name, piece.allowance), tolerance)]


def _closed(runs: list[_Run], least: float) -> Points:
    """The runs joined to a loop; no corner is looked for within less than the piece's own allowance."""
    line = runs[0].line
    for before, run in pairwise(runs):
        line = _joined(line, run.line, (before.ahead[1], run.ahead[0]), max(run.reach, least))
    # Close the loop: join its end to its own start, and drop the start that the corner replaced.
    half, around = len(line) // 2, (runs[-1].ahead[1], runs[0].ahead[0])
    closed = _joined(line[half:], line[: half + 1], around, max(runs[0].reach, least))[:-1]
    return closed[np.linalg.norm(closed - np.roll(closed, 1, axis=0), axis=1) > _SAME]


def cut_line(piece: Piece, tolerance: float = _TOLERANCE) -> NDArray[np.float64]:
    """(n, 2) closed polygon along which the piece is cut; dart legs are passed over from mouth to mouth.

    tolerance: metres between a curve and its chords.
    """
    return _closed(_offset(piece, tolerance), piece.allowance)


def cut_runs(piece: Piece, tolerance: float = _TOLERANCE) -> dict[str, Points]:
    """The cut line by the edge it follows: (n, 2) from corner to corner, in order round the piece.

    An edge whose stretch of the cut line is cut away at both corners is missing. Where allowances meet without a common
    corner, one run ends before the next begins, and the cut line goes straight across.
    """
    runs = [
        r if len(r.line) > 2 else replace(r, line=np.linspace(r.line[0], r.line[1], _STRAIGHT))  # so that some is left
        for r in _offset(piece, tolerance)
    ]
    line = _closed(runs, piece.allowance)
    of = {p.tobytes(): r.edge for r in runs for p in r.line}
    owner = [of.get(p.tobytes()) for p in line]  # None: a corner that was made by joining
    for k, edge in enumerate(owner):  # a corner inside of an edge is the edge's
        if edge is None and owner[k - 1] == owner[(k + 1) % len(owner)]:
            owner[k] = owner[k - 1]
    found: dict[str, Points] = {}
    for name in dict.fromkeys(r.edge for r in runs):
        mine = np.array([i for i, o in enumerate(owner) if o == name])
        if not len(mine):
            continue
        gap = np.flatnonzero(np.diff(mine) > 1)
        if len(gap):  # the run goes over the polygon's seam
            mine = np.roll(mine, -(gap[0] + 1))
        ends = [i % len(line) for i in (mine[0] - 1, mine[-1] + 1)]
        before, after = ([i] if owner[i] is None else [] for i in ends)
        found[name] = line[[*before, *mine, *after]]
    return found
