# SPDX-License-Identifier: GPL-3.0-or-later
"""Bending that a mesh cannot make stiffer: each triangle's curvature tensor, weighed by the fabric's own rigidities.

A triangle's shape operator is read off the angles at its three edges, S = sum_i theta_i l_i / (2 A) t_i t_i^T, with t_i
the unit vector in its plane across edge i (Grinspun, Gingold, Reisman & Zorin, "Computing discrete shape operators on
general meshes", Eurographics 2006). It is exact for every quadratic surface on a regular mesh of any direction, where
the usual energy of single hinges is 3 to 9 times too stiff. The energy per area is 1/2 (B_weft S_uu² + B_warp S_vv² +
2 sqrt(B_weft B_warp) S_uv²). For a cloth cut flat and bent without stretching, each angle is the length of a linear
function of the positions (Bergou, Wardetzky, Harmon, Zorin & Grinspun, "A quadratic bending model for inextensible
surfaces", SGP 2006), so the energy is a quadratic form with a constant matrix, whatever the rotation.

The normal at an edge stands between those of its two triangles, nearer to the smaller one's: in a sheet of one
curvature each turns by its share of the height across. At an edge with one triangle no moment acts, and its angle takes
the value of least energy. A clamp holds the normal itself: beside it a triangle has the whole angle.

Where cloth is turned over and pressed, the vectors across the edge in the planes of its two triangles want to be equal,
not opposite: their difference is linear in the positions too.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from .membrane import Elements

Points = NDArray[np.float64]
Ints = NDArray[np.int32]

_PRESSED = 0.002  # metres: the radius of the bend that an iron sets


def _edge_directions(uv_corners: Points) -> tuple[Points, Points]:
    """(m, 3) lengths, and (m, 3, 2) unit vectors across, of the edge opposite to each corner."""
    along = np.roll(uv_corners, -2, axis=1) - np.roll(uv_corners, -1, axis=1)
    length = np.linalg.norm(along, axis=2)
    across = np.stack([along[..., 1], -along[..., 0]], axis=2) / length[..., None]
    return length, across


def _stiffness(length: Points, across: Points, area: Points, bend_weft: Points, bend_warp: Points, free: Any) -> Points:
    """(m, 3, 3) energies over a triangle's three angles; `free` (m, 3) angles that no neighbour fixes are minimised."""
    u, v = across[..., 0], across[..., 1]
    c = np.stack([u * u, v * v, u * v], axis=1) * (length / (2 * area[:, None]))[:, None, :]
    d = np.stack([bend_weft, bend_warp, 2 * np.sqrt(bend_weft * bend_warp)], axis=1)
    m = area[:, None, None] * np.einsum("mri,mr,mrj->mij", c, d, c)
    for k in range(3):
        rows = np.flatnonzero(free[:, k])
        pivot = m[rows, k, k]
        usable = pivot > 1e-9 * np.abs(m[rows]).max(axis=(1, 2))
        column = m[rows, :, k] / np.where(usable, pivot, np.inf)[:, None]
        m[rows] -= column[:, :, None] * m[rows, k, None, :]
        m[rows, k, :] = 0.0
        m[rows, :, k] = 0.0
    return m


def bending_matrix(
    faces: Ints,
    uv_corners: Points,
    rest: Elements,
    bend_weft: Points,
    bend_warp: Points,
    vertices: int,
    held: NDArray[np.bool_] | None = None,
    creased: NDArray[np.bool_] | None = None,
    pressed: NDArray[np.bool_] | None = None,
) -> sparse.csr_matrix:
    """The symmetric matrix Q (n, n) of the bending energy 1/2 sum_d x_d . Q x_d, in N/m.

    faces (m, 3) over the welded vertices; uv_corners (m, 3, 2) anticlockwise; bend_* (m,) N·m; held (n,) vertices that
    a clamp holds: a triangle of three of them cannot bend. creased (m, 3): edges opposite to each corner at which that
    triangle feels no moment, as at a free edge. pressed (m, 3): edges at which it is turned over and pressed, and tries
    to lie on its neighbour, with (1 - cos) B/_PRESSED joules a metre where they are an angle apart. A seam bends like
    the cloth beside it. Where more than two triangles share an edge (a third layer sewn in), each pair of them counts.
    """
    m = len(faces)
    length, across = _edge_directions(uv_corners)
    # Half-edges: k of triangle t is opposite to its corner k.
    start, end = np.roll(faces, -1, axis=1).ravel(), np.roll(faces, -2, axis=1).ravel()
    key = np.minimum(start, end).astype(np.int64) * vertices + np.maximum(start, end)
    order = np.argsort(key, kind="stable")
    first = np.flatnonzero(np.diff(key[order], prepend=-1))
    counts = np.diff(first, append=len(order))
    pairs = [
        np.stack([order[first[counts > j] + i], order[first[counts > j] + j]], axis=1)
        for j in range(1, int(counts.max(initial=1)))
        for i in range(j)
    ]
    joined = np.concatenate([*pairs, np.empty((0, 2), np.intp)])
    turned = np.empty((0, 2), np.intp) if pressed is None else joined[pressed.ravel()[joined].any(axis=1)]
    if creased is not None:
        joined = joined[~creased.ravel()[joined].any(axis=1)]
    alone = np.ones(3 * m, bool)
    alone[joined.ravel()] = False

    # Each half-edge's unit vector in the plane of its triangle, pointing at the opposite corner: linear in positions.
    coefficient = np.einsum("mki,mci->mkc", -across, np.stack([rest.a, rest.b], axis=2))
    # The flat triangles are anticlockwise, so `across` points outward and -across towards the corner.
    values = -coefficient.reshape(-1, 3)

    def between(edges: NDArray[np.intp], sign: float) -> sparse.csr_matrix:
        """(e, n) the sum of the two half-edges' vectors, the second one's times `sign`."""
        rows, columns = np.repeat(np.arange(len(edges)), 6), faces[edges.ravel() // 3].ravel()
        both = values[edges] * np.array([1.0, sign])[:, None]
        return sparse.csr_matrix((both.ravel(), (rows, columns)), shape=(len(edges), vertices))

    e, angle = len(joined), between(joined, 1.0)
    stiffness = _stiffness(length, across, rest.area, bend_weft, bend_warp, alone.reshape(m, 3))
    # Which angles a triangle's three edges have; an edge with three triangles has an angle to each of the others.
    weight = np.repeat(rest.area, 3)[joined]
    if held is not None:
        weight = np.where(np.repeat(held[faces].all(axis=1), 3)[joined], 0.0, weight)
    share = 2 * weight / np.maximum(weight.sum(axis=1, keepdims=True), 1e-30)
    half_of = sparse.csr_matrix((share.ravel(), (joined.ravel(), np.repeat(np.arange(e), 2))), shape=(3 * m, e))
    block = sparse.bsr_matrix((stiffness, np.arange(m), np.arange(m + 1)), shape=(3 * m, 3 * m))
    seen = half_of @ angle
    closed = between(turned, -1.0)
    moment = length.ravel()[turned[:, 0]] * np.sqrt(bend_weft * bend_warp)[turned // 3].mean(axis=1) / _PRESSED
    q = sparse.csr_matrix(seen.T @ block @ seen + closed.T @ sparse.diags_array(moment) @ closed)
    q.eliminate_zeros()
    return sparse.csr_matrix((q + q.T) / 2)
