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


def parted(vertices: Floats, parts: NDArray[np.int8], crotch: float) -> Floats:
    """Vertices (n, 3) with each leg on its own side of x = 0, APART from it a little below the crotch's height."""
    t = np.clip((crotch - vertices[:, 2]) / _BELOW_CROTCH, 0.0, 1.0)
    least = APART * t * t * (3 - 2 * t)
    left, right = (parts == PART_NAMES.index(f"leg_{side}") for side in ("left", "right"))
    x = vertices[:, 0]
    x = np.where(left, np.maximum(x, least), np.where(right, np.minimum(x, -least), x))
    return np.column_stack([x, vertices[:, 1:]])
