# SPDX-License-Identifier: GPL-3.0-or-later
"""Thighs kept apart: where those of a heavy body press into each other, both yield to the plane between them.

A mesh that passes through itself has no inside there, and no trouser leg can go round it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .template import PART_NAMES

Floats = NDArray[np.float64]

APART = 0.0065  # metres from each thigh to the plane between the legs: room for two layers of cloth each
_BELOW_CROTCH = 0.03  # metres over which the gap opens
_FEET = 0.12  # of the crotch's height, up to which feet may stand as they like
_LEVELS = 24  # heights at which it is seen where each leg is
_OFF, _TURNED = 0.005, 0.05  # metres, and sine: no two legs are quite alike, and within these the plane is x = 0


def parted(vertices: Floats, parts: NDArray[np.int8], crotch: float) -> Floats:
    """Vertices (n, 3) with each leg on its own side of the plane midway between them, APART from it below the crotch.

    The plane goes with the legs of somebody who leans, or whose one leg is before the other.
    """
    legs = [np.flatnonzero(parts == PART_NAMES.index(f"leg_{side}")) for side in ("left", "right")]
    z = vertices[:, 2]
    low = z.min() + _FEET * (crotch - z.min())
    heights = np.linspace(low, crotch, _LEVELS)
    left, right = (_axis(vertices[leg], heights) for leg in legs)
    across = (left - right) / np.maximum(np.linalg.norm(left - right, axis=1, keepdims=True), 1e-9)
    middle, across[:, 1] = _beyond(0.5 * (left + right), _OFF), _beyond(across[:, 1], _TURNED)
    here, towards = (np.column_stack([np.interp(z, heights, v[:, k]) for k in (0, 1)]) for v in (middle, across))
    towards /= np.linalg.norm(towards, axis=1, keepdims=True)
    t = np.clip((crotch - z) / _BELOW_CROTCH, 0.0, 1.0)
    least = APART * t * t * (3 - 2 * t)
    aside = np.einsum("ni,ni->n", vertices[:, :2] - here, towards)
    moved = vertices.copy()
    for leg, sign in zip(legs, (1.0, -1.0), strict=True):
        leg = leg[z[leg] > low]
        short = np.maximum(least[leg] - sign * aside[leg], 0.0)
        moved[leg, :2] += sign * short[:, None] * towards[leg]
    return moved


def _beyond(values: Floats, free: float) -> Floats:
    """By how much values are beyond `free`, of either sign."""
    return np.copysign(np.maximum(np.abs(values) - free, 0.0), values)


def _axis(leg: Floats, heights: Floats) -> Floats:
    """(k, 2) where a leg's middle is at those heights, evenly apart."""
    reach = heights[1] - heights[0]
    near = np.maximum(1.0 - np.abs(leg[None, :, 2] - heights[:, None]) / reach, 1e-9)
    return near @ leg[:, :2] / near.sum(axis=1, keepdims=True)
