# SPDX-License-Identifier: GPL-3.0-or-later
"""The spots of a mesh that points lie nearest to. Worker side: scipy inside."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .template import Template

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def nearest_spots(t: Template, vertices: Floats, points: Floats) -> tuple[Ints, Floats, Floats]:
    """Where points (m, 3) lie nearest to the mesh: face ids (m,), weights of its corners (m, 3) and distances (m,).

    Looked for among the faces about the nearest vertex; beside a triangle, its weights are clipped.
    """
    from scipy.spatial import KDTree

    order = np.argsort(t.faces.ravel(), kind="stable") // 3
    degree = np.bincount(t.faces.ravel(), minlength=len(vertices))
    start = np.cumsum(degree) - degree
    near = np.asarray(KDTree(vertices).query(points)[1], dtype=np.int64)
    a, b, c = (vertices[t.faces[:, i]] for i in range(3))
    ab, ac = b - a, c - a
    aa, bb, cc = (np.einsum("mi,mi->m", x, y) for x, y in ((ab, ab), (ab, ac), (ac, ac)))
    det = np.maximum(aa * cc - bb * bb, 1e-30)[:, None]
    toward_b, toward_c = (cc[:, None] * ab - bb[:, None] * ac) / det, (aa[:, None] * ac - bb[:, None] * ab) / det
    faces, shares, gaps = np.zeros(len(points), np.int64), np.zeros((len(points), 3)), np.full(len(points), np.inf)
    for k in range(int(degree.max())):
        has = np.flatnonzero(degree[near] > k)
        face = order[start[near[has]] + k]
        from_a = points[has] - a[face]
        share = np.empty((len(has), 3))
        share[:, 1] = np.einsum("mi,mi->m", toward_b[face], from_a)
        share[:, 2] = np.einsum("mi,mi->m", toward_c[face], from_a)
        share[:, 0] = 1 - share[:, 1] - share[:, 2]
        share = np.maximum(share, 0)
        share /= share.sum(axis=1, keepdims=True)
        off = from_a - share[:, 1:2] * ab[face] - share[:, 2:] * ac[face]
        gap = np.sqrt(np.einsum("mi,mi->m", off, off))
        closer = gap < gaps[has]
        on = has[closer]
        faces[on], shares[on], gaps[on] = face[closer], share[closer], gap[closer]
    return faces, shares, gaps
