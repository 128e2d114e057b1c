# SPDX-License-Identifier: GPL-3.0-or-later
"""Wind: what moving air presses on the cloth with, each triangle as a plate that stands across its own part of it.

Of the air's velocity only the part along a triangle's normal counts: F = 1/2 rho C |v_n| v_n A n, with the resistance
C of a square plate (Hoerner, "Fluid-Dynamic Drag", 1965, chapter 3) and the standard atmosphere's density at sea level
(ISO 2533). The air is the same everywhere: nothing lies in the lee of the body or of another layer.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

DENSITY = 1.225  # kg/m³
RESISTANCE = 1.17
_CROSS = np.array([[np.cross(a, b) for b in np.eye(3)] for a in np.eye(3)]).transpose(2, 0, 1)  # (a × b)_i


def _normals(x: Points, faces: NDArray[np.int32]) -> Points:
    """(m, 3) normals of triangles, each twice as long as its area."""
    corners = x[faces]
    return np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])


def drag(x: Points, faces: NDArray[np.int32], wind: Points) -> Points:
    """(n, 3) newtons on the vertices x (n, 3) of triangles (m, 3) in still cloth, the air moving at wind (3,) m/s."""
    normal = _normals(x, faces)
    along = normal @ wind / np.maximum(np.linalg.norm(normal, axis=1), 1e-30)
    force = (DENSITY * RESISTANCE / 2 * np.abs(along) * along / 2)[:, None] * normal
    total = np.zeros_like(x)
    np.add.at(total, faces, force[:, None] / 3)
    return total


def stiffness(x: Points, faces: NDArray[np.int32], wind: Points) -> Points:
    """(m, 9, 3, 3) how much of `drag` each triangle's corners lose as they move, N/m: its symmetric, positive part.

    No potential has the drag's whole derivatives, which are not symmetric.
    """
    corners, normal = x[faces], _normals(x, faces)
    squared = np.maximum(np.einsum("mi,mi->m", normal, normal), 1e-30)
    across = normal @ wind
    size = (DENSITY * RESISTANCE / 4 * np.abs(across) / squared)[:, None, None]
    outer = normal[:, :, None] * normal[:, None, :]
    turned = across[:, None, None] * (np.eye(3) - 2 * outer / squared[:, None, None])
    by_normal = size * (turned + 2 * normal[:, :, None] * wind) / 3  # of the force on one corner
    # The normal changes by e × dx where a corner moves by dx, e being the edge opposite to it.
    edge = np.roll(corners, -2, axis=1) - np.roll(corners, -1, axis=1)
    by_corner = np.einsum("mij,jkl,mck->micl", by_normal, _CROSS, edge).reshape(-1, 1, 3, 9)
    whole = -np.broadcast_to(by_corner, (len(faces), 3, 3, 9)).reshape(-1, 9, 9)
    value, vector = np.linalg.eigh((whole + whole.transpose(0, 2, 1)) / 2)
    kept = np.einsum("mik,mk,mjk->mij", vector, np.maximum(value, 0.0), vector)
    return kept.reshape(-1, 3, 3, 3, 3).transpose(0, 1, 3, 2, 4).reshape(-1, 9, 3, 3)


def speed(pressure: Points) -> Points:
    """(3,) m/s of the air that presses with so many pascals (3,) on a plate across it."""
    return pressure * np.sqrt(2 / (DENSITY * RESISTANCE * max(float(np.linalg.norm(pressure)), 1e-30)))
