# SPDX-License-Identifier: GPL-3.0-or-later
"""Cloth in motion: Newmark's average acceleration, each step a minimisation like that of the cloth at rest.

With beta = 1/4 and gamma = 1/2 (Newmark, "A method of computation for structural dynamics", ASCE 85, 1959) the new
positions minimise E(x) + 2/dt² |x - x*|²_M, x* = x + v dt + a dt²/4: no damping of its own, exact for free fall.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .newton import Garment, relax

Points = NDArray[np.float64]

_RESIDUAL = 1e-6  # of the weight: what a step of motion leaves
_MOST = 40


def trajectory(garment: Garment, x: Points, dt: float, frames: int) -> Points:
    """(frames + 1, n, 3) positions every dt seconds from rest at x (n, 3)."""
    path = [x]
    v = np.zeros_like(x)
    forces = garment.derivatives(x).gradient
    a = np.where(garment.free[:, None], -forces / garment.mass[:, None], 0.0)
    rate = 4 / dt**2
    for _ in range(frames):
        target = np.where(garment.free[:, None], x + dt * v + dt**2 / 4 * a, x)
        garment.pull = (target, rate)
        there = relax(garment, np.where(garment.free[:, None], x + dt * v, x), _RESIDUAL, _MOST)[0]
        new = rate * (there - target)
        v = np.where(garment.free[:, None], v + dt / 2 * (a + new), 0.0)
        x, a = there, new
        path.append(x)
    garment.pull = None
    return np.stack(path)
