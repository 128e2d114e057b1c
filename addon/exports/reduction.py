# SPDX-License-Identifier: GPL-3.0-or-later
"""Levels of detail: how many triangles each has, and what a reduced mesh takes from the full one. No bpy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...sim.distance import MeshDistance
from .rig import affine, barycentric

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FEWEST = 64  # triangles that still look like a garment
_INSIDE = 0.1  # of the way from a corner to its face's middle
STEP = 4  # a level has a quarter of the triangles of the one before: edges twice as long


class BudgetRefused(ValueError):
    """A budget of triangles that no garment fits."""


@dataclass(frozen=True)
class Surface:
    """A garment's mesh: vertices (n, 3), faces (m, 3), corner_uv (m, 3, 2) in metres, panel (m,)."""

    vertices: Floats
    faces: Ints
    corner_uv: Floats
    panel: Ints


def budgets(triangles: int, most: int, levels: int) -> tuple[int, ...]:
    """The triangles of each level, finest first; `most` 0: as many as there are. Raises BudgetRefused."""
    if most and most < FEWEST:
        raise BudgetRefused(f"A garment needs {FEWEST} triangles at least, not {most}.")
    first = min(triangles, most) if most else triangles
    found = [first // STEP**k for k in range(levels + 1)]
    return tuple(n for n in found if n >= FEWEST or n == first)


def coverage(levels: int) -> tuple[float, ...]:
    """The share of the screen down to which each level is shown: half the size for a quarter of the triangles."""
    return (*(0.5 / 2**k for k in range(levels - 1)), 0.0)


def taken_over(full: Surface, vertices: Floats, faces: Ints, panel: Ints) -> tuple[Floats, Floats]:
    """What a reduced mesh takes from the full one: corner_uv (k, 3, 2) and normals (v, 3).

    UV is read off each face's own panel, a little inside the face, and carried on to its corner: so a seam stays sharp
    in the fabric, whose two sides decimation mixes, even where a sleeve is sewn to itself. Normals are those of the
    full mesh, so that the folds still show in the light.
    """
    uv = np.zeros((len(faces), 3, 2))
    for number in np.unique(panel):
        own, asked = full.panel == number, panel == number
        corners = vertices[faces[asked]]
        within = corners + _INSIDE * (corners.mean(axis=1, keepdims=True) - corners)
        nearest = MeshDistance(full.vertices, full.faces[own]).query(within.reshape(-1, 3))
        shares = affine(full.vertices[full.faces[own][nearest.face]], corners.reshape(-1, 3))
        uv[asked] = np.einsum("nc,ncx->nx", shares, full.corner_uv[own][nearest.face]).reshape(-1, 3, 2)
    nearest = MeshDistance(full.vertices, full.faces).query(vertices)
    beside = full.faces[nearest.face]
    shares = barycentric(full.vertices[beside], nearest.closest)
    normals = np.einsum("nc,ncx->nx", shares, vertex_normals(full.vertices, full.faces)[beside])
    return uv, normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)


def vertex_normals(vertices: Floats, faces: Ints) -> Floats:
    """(n, 3) unit normals, each face weighted by its area."""
    a, b, c = vertices[faces].transpose(1, 0, 2)
    normal = np.cross(b - a, c - a)
    found = np.zeros_like(vertices)
    for corner in faces.T:
        np.add.at(found, corner, normal)
    return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-12)
