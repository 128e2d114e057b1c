# SPDX-License-Identifier: GPL-3.0-or-later
"""Which way a scan stands and faces: several starts, each fitted a little, the closest kept. Worker side."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .cleaning import Cleaned
from .fitting import Fit, PointTarget, Stage, fit_stage, rotation
from .template import Template

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ARM_STARTS = (0.0, 0.75, -0.55)  # radians the upper arms turn outward from the A-pose: A, T, hanging


def spread_vertices(t: Template, count: int, seed: int = 0) -> Ints:
    """Template vertex ids drawn so that they cover the surface evenly (hands and feet do not dominate)."""
    rng = np.random.default_rng(seed)
    corner = t.mean[t.faces]
    area = np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1)
    mass = np.bincount(t.faces.ravel(), np.repeat(area, 3), len(t.mean))
    return np.sort(rng.choice(len(mass), count, replace=False, p=mass / mass.sum()))


def starts(scan: Cleaned) -> list[Floats]:
    """Rotations (3, 3) from the template's frame to the scan's: up axes × facings."""
    points = scan.points
    centred = points - points.mean(axis=0)
    axes = np.linalg.svd(centred[:: max(1, len(points) // 20000)], full_matrices=False)[2]
    if scan.floor is not None:
        ups = [scan.floor[0]]
    else:
        ups = [axes[0], -axes[0]]
        # arms stretched sideways can outweigh the height
        extent = np.ptp(centred @ axes.T, axis=0)
        if extent[1] > 0.75 * extent[0]:
            ups += [axes[1], -axes[1]]
    found = []
    for up in ups:
        side = axes[1] - (axes[1] @ up) * up
        if np.linalg.norm(side) < 0.3:
            side = axes[0] - (axes[0] @ up) * up
        side = side / np.linalg.norm(side)
        front = np.cross(side, up)  # template: side +X, front −Y, up +Z
        for quarter in range(8):
            turn = rotation(up * quarter * np.pi / 4)
            found.append(np.stack([turn @ side, turn @ -front, up], axis=1))
    return found


def _arms(t: Template, angle: float) -> Floats:
    turns = np.tile(np.eye(3), (len(t.bones), 1, 1))
    for side, sign in (("left", -1.0), ("right", 1.0)):
        turns[t.bones.index(f"upper_arm_{side}")] = rotation(np.array([0, sign * angle, 0]))
    return turns


def align(
    t: Template, scan: Cleaned, target: PointTarget, masked: Floats, rng: np.random.Generator,
    check: Callable[[float], None],
) -> Fit:  # fmt: skip
    """The best of all starts after a coarse fit. check(share) reports and may raise to cancel."""
    ids, probes = spread_vertices(t, 500), rng.choice(len(scan.points), min(500, len(scan.points)), replace=False)
    zero = np.zeros(len(t.shape))
    candidates: list[Fit] = []
    rotations = starts(scan)
    centre = 0.5 * (np.percentile(scan.points, 1, axis=0) + np.percentile(scan.points, 99, axis=0))
    for i, frame in enumerate(rotations):
        turns = _arms(t, 0.0)
        turns[0] = frame
        tall = np.ptp(np.percentile(scan.points @ frame[:, 2], [0.5, 99.5]))
        shape = zero.copy()
        rest, _ = t.shaped(shape)
        grow = (tall - np.ptp(rest[:, 2])) / (
            t.shape[0, t.mean[:, 2].argmax(), 2] - t.shape[0, t.mean[:, 2].argmin(), 2]
        )
        shape[0] = np.clip(grow, -3.5, 3.5)
        start = Fit(shape, turns, np.zeros(3))
        vertices, _ = start.body(t)
        middle = 0.5 * (vertices.min(axis=0) + vertices.max(axis=0))
        start = Fit(shape, turns, centre - middle)
        candidates.append(fit_stage(t, start, target, Stage(1, 0.35, 0.12, 5, still=True), ids, probes, masked))
        check(0.5 * (i + 1) / len(rotations))
    candidates.sort(key=lambda f: f.cost)
    tried: list[Fit] = []
    leaders = candidates[:4]
    for i, fit in enumerate(leaders):
        for angle in ARM_STARTS:
            turns = fit.turns.copy()
            turns[1:] = _arms(t, angle)[1:]
            start = Fit(fit.shape, turns, fit.shift)
            start = fit_stage(t, start, target, Stage(3, 0.25, 0.08, 5), ids, probes, masked)
            tried.append(fit_stage(t, start, target, Stage(6, 0.15, 0.05, 4), ids, probes, masked))
        check(0.5 + 0.5 * (i + 1) / len(leaders))
    return min(tried, key=lambda f: f.cost)
