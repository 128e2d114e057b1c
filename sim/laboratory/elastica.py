# SPDX-License-Identifier: GPL-3.0-or-later
"""The exact shape of a cloth that sticks out over an edge and bends under its own weight."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

FARTHEST = 12.0  # bending lengths; what sticks out farther hangs straight down in all but its first millimetres
_ORDER = 64  # Chebyshev points: the angle's error is then below 1e-10 rad at every overhang up to FARTHEST
_LOADING = 0.5  # bending lengths by which the overhang grows from one solution to the next


class OverhangRefused(ValueError):
    """An overhang for which there is no heavy elastica to speak of."""


@dataclass(frozen=True)
class Elastica:
    """A heavy strip clamped horizontally, as long as 1.

    arc (k,): arc length from the clamp, 0 … 1. slope (k,): radians below the horizontal. x, drop (k,): the strip's own
    place, forwards and downwards. chord: radians by which the straight line from clamp to tip points below the
    horizontal.
    """

    arc: Points
    slope: Points
    x: Points
    drop: Points

    @property
    def chord(self) -> float:
        return float(np.arctan2(self.drop[-1], self.x[-1]))


def _differentiation(order: int) -> tuple[Points, Points]:
    """Chebyshev points (order + 1,) on 0 … 1 and the matrix that differentiates there (Trefethen 2000, chapter 6)."""
    k = np.arange(order + 1)
    x = np.cos(np.pi * k / order)
    weight = np.where((k == 0) | (k == order), 2.0, 1.0) * (-1.0) ** k
    matrix = np.outer(weight, 1 / weight) / (x[:, None] - x + np.eye(order + 1))
    matrix -= np.diag(matrix.sum(axis=1))
    return (1 - x) / 2, -2 * matrix


def elastica(overhang: float) -> Elastica:
    """The shape at an overhang of so many bending lengths c = (B / w)^(1/3), B in N·m and w in N/m².

    θ'' = −λ³ (1 − s) cos θ with θ(0) = 0 and θ'(1) = 0 (Bickley 1934; ASTM D1388 reads its chord at 41.5°, λ = 2), by
    Newton's method on Chebyshev points, the overhang growing from nothing so that the strip never curls.
    Raises OverhangRefused outside 0 … FARTHEST.
    """
    if not 0.0 < overhang <= FARTHEST:
        raise OverhangRefused(f"The overhang is {overhang:g} bending lengths: give one above 0 and up to {FARTHEST:g}.")
    s, d = _differentiation(_ORDER)
    slope = np.zeros_like(s)
    for grown in np.linspace(0.0, overhang, int(overhang / _LOADING) + 2)[1:]:
        load = grown**3 * (1 - s)
        for _ in range(50):
            off = d @ (d @ slope) + load * np.cos(slope)
            jacobian = d @ d - np.diag(load * np.sin(slope))
            off[0], jacobian[0] = slope[0], np.eye(len(s))[0]
            off[-1], jacobian[-1] = d[-1] @ slope, d[-1]
            change = np.linalg.solve(jacobian, off)
            slope = slope - change
            if np.abs(change).max() < 1e-11:
                break
    run = d.copy()
    run[0] = np.eye(len(s))[0]
    forwards, downwards = np.cos(slope), np.sin(slope)
    forwards[0] = downwards[0] = 0.0
    return Elastica(s, slope, np.linalg.solve(run, forwards), np.linalg.solve(run, downwards))
