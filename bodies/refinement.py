# SPDX-License-Identifier: GPL-3.0-or-later
"""From a model fit to the scan's own surface: the template moves along its normals onto the points, smoothly.

Minimises  sum_i w_i (n_i·d_i − h_i)² + stiffness · |L d|²  over displacements d of the model fit, with L the graph
Laplacian, i running over vertices and face centres, h_i the height of the scan's local plane there: so where nothing
was seen (holes, soles) the template's own form bridges the gap, and noise is averaged by neighbours. The face centres
keep the coarse mesh from lying inscribed in the rounder surface (3 mm of a waist). Worker side: scipy inside.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .fitting import PointTarget, vertex_normals
from .template import PART_NAMES, Template

Floats = NDArray[np.float64]

STIFFNESS = (300.0, 100.0, 30.0, 10.0, 5.0)
NEIGHBOURS = 10


def trust(t: Template) -> Floats:
    """(n,) how far each vertex may follow the scan: fingers, toes and face keep the template's form."""
    weight = np.ones(len(t.mean))
    for part, w in (("hand_left", 0.02), ("hand_right", 0.02), ("foot_left", 0.3), ("foot_right", 0.3)):
        weight[t.parts == PART_NAMES.index(part)] = w
    head = t.skin_weights[np.arange(len(weight)), np.argmax(t.skin_bones == t.bones.index("head"), axis=1)]
    is_head = (t.skin_bones == t.bones.index("head")).any(axis=1)
    face = is_head & (t.mean[:, 2] < t.mean[:, 2].max() - 0.08)
    return np.where(face, np.minimum(weight, 1 - 0.6 * np.clip(head, 0, 1)), weight)


def local_plane(target: PointTarget, query: Floats, normals: Floats, reach: float) -> tuple[Floats, Floats]:
    """Signed height (m,) of the scan over points (m, 3) along their normals, and a confidence (m,) from 0 to 1."""
    distance, index = target.tree.query(query, NEIGHBOURS)
    near = target.points[index]
    facing = np.einsum("mki,mi->mk", target.normals[index], normals)
    facing = facing if target.signed else np.abs(facing)
    weight = np.clip(facing, 0, 1) ** 2 * np.exp(-((distance / (1.5 * distance.mean(axis=1, keepdims=True))) ** 2))
    weight *= distance < reach
    total = weight.sum(axis=1)
    height = np.einsum("mk,mki,mi->m", weight, near - query[:, None], normals) / np.maximum(total, 1e-12)
    aside = np.linalg.norm(near - query[:, None] - height[:, None, None] * normals[:, None], axis=2).min(axis=1)
    sure = np.clip(total / 2, 0, 1) * (aside < 0.012)
    return height, sure


def refine(t: Template, vertices: Floats, target: PointTarget, reach: float, check: Callable[[float], None]) -> Floats:
    """The fitted vertices (n, 3) drawn onto the scan. check(share) reports and may raise to cancel."""
    import scipy.sparse as sparse
    from scipy.sparse.linalg import splu

    count = len(vertices)
    i, j = t.edges.T
    ones = np.ones(len(i))
    adjacency = sparse.coo_matrix((np.r_[ones, ones], (np.r_[i, j], np.r_[j, i])), (count, count)).tocsr()
    degree = np.asarray(adjacency.sum(axis=1)).ravel()
    laplacian = sparse.diags(1 / degree) @ (sparse.diags(degree) - adjacency)
    bending = sparse.csc_matrix(laplacian.T @ laplacian)
    faces = len(t.faces)
    centres = sparse.coo_matrix(
        (np.full(3 * faces, 1 / 3), (np.repeat(np.arange(faces), 3), t.faces.ravel())), (faces, count)
    )
    spots = sparse.vstack([sparse.identity(count), centres]).tocsr()
    weight = trust(t)
    weight = np.r_[weight, 0.5 * weight[t.faces].min(axis=1)]
    start, current = vertices, vertices.copy()
    for round_, stiffness in enumerate(STIFFNESS):
        reach_now = max(reach * 0.7**round_, 0.012)
        normals = vertex_normals(current, t.faces)
        normals = np.vstack([normals, normals[t.faces].mean(axis=1)])
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        here = spots @ current
        height, sure = local_plane(target, here, normals, reach_now)
        data = weight * sure / (1 + (height / (0.6 * reach_now)) ** 2) ** 2
        goal = here + height[:, None] * normals - spots @ start
        system = spots.T @ sparse.diags(data) @ spots + stiffness * bending + 1e-5 * sparse.identity(count)
        current = start + splu(system.tocsc()).solve(spots.T @ (data[:, None] * goal))
        check((round_ + 1) / len(STIFFNESS))
    return current
