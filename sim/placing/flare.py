# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts of a ring, hung in folds about the trunk."""

from __future__ import annotations

import numpy as np

from ...patterns.pieces import Wrap
from .hulls import ANGLES, CLEARANCE, LEVEL, Points, closed_curve, rows, steps
from .torso import Torso

_FLARE_SLOPE, _FLARE_REACH = 0.4, 0.09  # how steeply a flare stands off at the waist, and how far in the end, metres
_FLARE_POINTS = 541  # of a flare's arc, all round
_FOLD = 0.42  # metres of hem in one fold of a flare
_LEAST_FALL = 0.3  # of a flare's ray, however wide its folds


def angles_about(wrap: Wrap, points: Points) -> Points:
    """(n,) radians about the anchor of a ring's part, from straight below it towards +x, of points (n, 2)."""
    from_centre = points - wrap.anchor
    return np.arctan2(from_centre[:, 0], -from_centre[:, 1])


def on_flare(points: Points, wrap: Wrap, torso: Torso, top: float, ring: float) -> Points:
    """(n, 3) a part of a ring, of points (n, 2), about its anchor: its inner edge round the trunk at the height `top`,
    all parts together `ring` radians.

    Its rays hang down. Its arcs, longer than the trunk is round, lie in folds that grow towards the hem; each fold is a
    wave upon the convex hull of the trunk as it has widened so far, which an outward wave never makes cross itself.
    """
    radius, angle = np.linalg.norm(points - wrap.anchor, axis=1), angles_about(wrap, points)
    inner = float(radius.min())
    down = np.linspace(0.0, max(float(np.ptp(radius)), LEVEL), max(int(np.ptp(radius) / LEVEL), 2))
    stand = _FLARE_REACH * (1 - np.exp(-down / _FLARE_REACH * _FLARE_SLOPE))
    h = np.maximum.accumulate(torso.at(top - down), axis=0) + (CLEARANCE + stand)[:, None]
    base, normal = closed_curve(h), np.stack([np.sin(ANGLES), -np.cos(ANGLES)], axis=-1)
    walked = np.concatenate([np.zeros((len(h), 1)), np.cumsum(steps(base), axis=1)], axis=1)
    around = np.linspace(0.0, 1.0, _FLARE_POINTS)
    arc = around * walked[:, -1:]
    flat = np.stack([rows(arc, walked, base[..., k]) for k in range(2)], axis=-1)
    out = np.stack([rows(arc, walked, np.broadcast_to(normal[:, k], h.shape)) for k in range(2)], axis=-1)
    out /= np.linalg.norm(out, axis=-1, keepdims=True)
    wanted = ring * (inner + down)
    folds = max(4, round(float(wanted[-1]) / _FOLD))
    wave = (1 + np.cos(2 * np.pi * folds * (around - 0.5)))[:, None] / 2
    spread, height = flat, np.zeros(flat.shape[:2])
    goal = wanted
    for _ in range(3):
        low, high = np.zeros(len(down)), np.full(len(down), float(wanted[-1]) / folds)
        for _ in range(24):
            deep = (low + high) / 2
            short = steps(flat + deep[:, None, None] * wave * out).sum(axis=1) < goal
            low, high = np.where(short, deep, low), np.where(short, high, deep)
        waved = flat + low[:, None, None] * wave * out
        walked = np.concatenate([np.zeros((len(h), 1)), np.cumsum(steps(waved), axis=1)], axis=1)
        even = around * walked[:, -1:]  # threads of the warp: equal shares of every arc
        spread = np.stack([rows(even, walked, waved[..., k]) for k in range(2)], axis=-1)
        sunk = np.diff(down)[:, None] ** 2 - (np.diff(spread, axis=0) ** 2).sum(axis=-1)
        least = (_LEAST_FALL * np.diff(down)[:, None]) ** 2
        height[1:] = -np.cumsum(np.sqrt(np.maximum(sunk, least)), axis=0)
        true = steps(np.concatenate([spread, height[..., None]], axis=-1)).sum(axis=1)
        goal = goal * np.minimum(wanted / true, 1.0)  # the folds also rise and fall
    grid = np.concatenate([spread, height[..., None]], axis=-1)
    half = 0.5 if abs(wrap.angle) < np.pi / 2 else 0.0
    column = ((angle / ring + half) % 1.0) * (len(around) - 1)
    row = np.clip((radius - inner) / down[-1], 0.0, 1.0) * (len(down) - 1.001)
    i, j = row.astype(int), np.minimum(column.astype(int), len(around) - 2)
    f, g = (row - i)[:, None], (column - j)[:, None]
    placed = (grid[i, j] * (1 - g) + grid[i, j + 1] * g) * (1 - f) + (
        grid[i + 1, j] * (1 - g) + grid[i + 1, j + 1] * g
    ) * f
    return placed + np.array([0.0, torso.centre_y, top])
