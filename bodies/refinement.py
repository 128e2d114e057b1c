# SPDX-License-Identifier: GPL-3.0-or-later
"""From a model fit to the scan's own surface: the template moves along its normals onto the points, smoothly.

Minimises  sum_p w_p (n_p·S_p d − h_p)² + stiffness · |L d|²  over displacements d of the model fit, with L the graph
Laplacian, p running over the scan's points, S_p the weights of the spot of the mesh nearest to p and h_p its height
over it: so noise on either side cancels (a point of the mesh that looks for neighbours finds those on its own side of
the noise, which leaves a waist 10 mm short at 3.5 mm noise), and where nothing was seen (holes, soles) the template's
own form bridges the gap. Worker side: scipy inside.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .fitting import PointTarget, vertex_normals
from .spots import nearest_spots
from .template import PART_NAMES, Template

Floats = NDArray[np.float64]

STIFFNESS = (300.0, 100.0, 30.0, 6.0, 1.0)
FEWEST = 3  # points that pull a vertex fully
FOLD, CREVICE = 0.03, 0.02  # metres between skin and skin that hide each other, and how far such skin follows


def trust(t: Template) -> Floats:
    """(n,) how far each vertex may follow the scan: fingers, toes and face keep the template's form."""
    weight = np.ones(len(t.mean))
    for part, w in (("hand_left", 0.02), ("hand_right", 0.02), ("foot_left", 0.3), ("foot_right", 0.3)):
        weight[t.parts == PART_NAMES.index(part)] = w
    head = t.skin_weights[np.arange(len(weight)), np.argmax(t.skin_bones == t.bones.index("head"), axis=1)]
    is_head = (t.skin_bones == t.bones.index("head")).any(axis=1)
    face = is_head & (t.mean[:, 2] < t.mean[:, 2].max() - 0.08)
    return np.where(face, np.minimum(weight, 1 - 0.6 * np.clip(head, 0, 1)), weight)


def open_skin(vertices: Floats, normals: Floats) -> Floats:
    """(n,) 1 where skin (n, 3) faces the room, CREVICE where it faces other skin close by: crotch, armpits, thighs.

    There the noise of one side lies nearest to the other, and fills the fold.
    """
    from scipy.spatial import KDTree

    ahead, other = KDTree(vertices).query(vertices + FOLD / 2 * normals)
    facing = np.einsum("ni,ni->n", normals, normals[other]) < 0
    return np.where(facing & (ahead < FOLD / 2), CREVICE, 1.0)


def refine(t: Template, vertices: Floats, target: PointTarget, reach: float, check: Callable[[float], None]) -> Floats:
    """The fitted vertices (n, 3) drawn onto the scan. check(share) reports and may raise to cancel."""
    import scipy.sparse as sparse
    from scipy.sparse.linalg import splu

    count, points = len(vertices), target.points
    i, j = t.edges.T
    ones = np.ones(len(i))
    adjacency = sparse.coo_matrix((np.r_[ones, ones], (np.r_[i, j], np.r_[j, i])), (count, count)).tocsr()
    degree = np.asarray(adjacency.sum(axis=1)).ravel()
    laplacian = sparse.diags(1 / degree) @ (sparse.diags(degree) - adjacency)
    bending = sparse.csc_matrix(laplacian.T @ laplacian)
    followed = trust(t) * open_skin(vertices, vertex_normals(vertices, t.faces))
    rows = np.repeat(np.arange(len(points)), 3)
    start, current = vertices, vertices.copy()
    for round_, stiffness in enumerate(STIFFNESS):
        reach_now = max(reach * 0.7**round_, 0.012)
        face, share, gap = nearest_spots(t, current, points)
        corners = t.faces[face]
        spots = sparse.csr_matrix((share.ravel(), (rows, corners.ravel())), (len(points), count))
        normals = np.einsum("mk,mki->mi", share, vertex_normals(current, t.faces)[corners])
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
        here = spots @ current
        height = np.einsum("mi,mi->m", points - here, normals)
        facing = target.agreement(np.arange(len(points)), normals) > 0.3
        aside = gap**2 - height**2
        pulls = facing & ~target.rim & (gap < reach_now) & (aside < 0.006**2)
        data = np.where(pulls, spots @ followed, 0.0)
        data /= (1 + (height / (0.6 * reach_now)) ** 2) ** 2
        pulled = np.bincount(corners.ravel(), (share * (data > 0)[:, None]).ravel(), count)
        data /= np.maximum(spots @ pulled, FEWEST) / 2.0  # a vertex is pulled alike however densely it was scanned
        goal = here + height[:, None] * normals - spots @ start
        if target.floor is not None:
            soles = sparse.csr_matrix(
                (np.ones(len(t.soles)), (np.arange(len(t.soles)), t.soles)), (len(t.soles), count)
            )
            spots = sparse.vstack([spots, soles])
            goal = np.vstack([goal, target.stood_on(current[t.soles], t.mean[t.soles, 2]) - start[t.soles]])
            data = np.r_[data, np.full(len(t.soles), 2.0)]
        system = spots.T @ sparse.diags(data) @ spots + stiffness * bending + 1e-5 * sparse.identity(count)
        solver = splu(  # symmetric and positive: half the work of a general matrix
            system.tocsc(), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True}
        )
        current = start + solver.solve(spots.T @ (data[:, None] * goal))
        check((round_ + 1) / len(STIFFNESS))
    return current
