# SPDX-License-Identifier: GPL-3.0-or-later
"""Bands, which stand on the edge that they are sewn to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .hulls import PlacingRefused, Points


def on_seam(points: Points, sewn: NDArray[np.intp], at: Points, name: str) -> Points:
    """(n, 3) a band of points (n, 2) whose points `sewn` (k,) are sewn to what lies at (k, 3)."""
    if len(sewn) < 3:
        raise PlacingRefused(f"The band {name!r} stands on its seam but is sewn to nothing.")
    order = np.argsort(points[sewn, 0], kind="stable")
    sewn, at = sewn[order], at[order]
    base = np.stack([np.interp(points[:, 0], points[sewn, 0], at[:, k]) for k in range(3)], axis=1)
    inward = at.mean(axis=0) - base
    inward[:, 2] = 0.0
    inward /= np.maximum(np.linalg.norm(inward, axis=1, keepdims=True), 1e-9)
    up = np.array([0.0, 0.0, 1.0]) + 0.35 * inward
    up /= np.linalg.norm(up, axis=1, keepdims=True)
    return base + up * (points[:, 1] - points[sewn, 1].mean())[:, None]
