# SPDX-License-Identifier: GPL-3.0-or-later
"""The cut line: the seam line moved out by each edge's allowance, with mitred corners."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .pieces import Piece, Points

_MITRE_LIMIT = 2.5  # a corner point farther out than this many allowances is cut off square
_SMOOTH = 0.1  # runs whose ends are nearer than this many allowances meet without a corner (the crown of a sleeve)
_TOLERANCE = 1e-4
_SAME = 1e-9  # metres: where runs meet without a gap one point is left


def _outward(points: Points) -> Points:
    """(n, 2) unit normals to the right of a polyline: outside of an anticlockwise loop."""
    along = np.gradient(points, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-12)
    return np.stack([along[:, 1], -along[:, 0]], axis=1)


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


def _joined(a: Points, b: Points, reach: float) -> Points:
    """Offset runs a and b made one: trimmed where they cross, else mitred, else squared off."""
    if np.linalg.norm(a[-1] - b[0]) < _SMOOTH * reach:
        return np.concatenate([a[:-1], (a[-1:] + b[:1]) / 2, b[1:]])
    crossed = _meeting(a, b, reach)
    if crossed is not None:
        return crossed
    r, s = a[-1] - a[-2], b[0] - b[1]
    cross = r[0] * s[1] - r[1] * s[0]
    if abs(cross) > 1e-12:
        gap = b[0] - a[-1]
        on_a, on_b = ((gap[0] * v[1] - gap[1] * v[0]) / cross for v in (s, r))  # in lengths of r and s, past the ends
        corner = a[-1] + on_a * r
        # Where allowances differ the corner may lie a little before one run's end, which it then replaces.
        if min(on_a, on_b) > -1 and max(on_a, on_b) >= 0 and np.linalg.norm(corner - a[-1]) <= _MITRE_LIMIT * reach:
            return np.concatenate([a if on_a >= 0 else a[:-1], corner[None], b if on_b >= 0 else b[1:]])
    return np.concatenate([a, b])


def cut_line(piece: Piece) -> NDArray[np.float64]:
    """(n, 2) closed polygon along which the piece is cut; dart legs are passed over from mouth to mouth."""
    runs: list[Points] = []
    reaches: list[float] = []
    for edge in piece.edges:
        if edge.dart:
            continue
        reach = piece.allowances.get(edge.name, piece.allowance)
        points = edge.flattened(_TOLERANCE)
        runs.append(points + reach * _outward(points))
        reaches.append(reach)
    line = runs[0]
    for run, reach in zip(runs[1:], reaches[1:], strict=True):
        line = _joined(line, run, max(reach, piece.allowance))
    # Close the loop: join its end to its own start, and drop the start that the corner replaced.
    half = len(line) // 2
    closed = _joined(line[half:], line[: half + 1], max(reaches[0], piece.allowance))[:-1]
    return closed[np.linalg.norm(closed - np.roll(closed, 1, axis=0), axis=1) > _SAME]
