# SPDX-License-Identifier: GPL-3.0-or-later
"""Cloth that crosses itself is parted by what shortens the contours along which it does.

Which side a point belongs on cannot be told where layers have gone through each other, but the contour between them
can: it vanishes once they are apart. Each edge that pierces a triangle is moved along the gradient of its contour's
length, and the triangle against it (Volino & Magnenat-Thalmann, "Resolving surface collisions through intersection
contour minimization", ACM TOG 25(3), 2006, section 3). Layers that passed a little through each other part within a few
rounds, and nothing but them moves; a crumple may take smoothing.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .distance import MeshDistance
from .intersections import intersections, self_intersections

Points = NDArray[np.float64]
Ints = NDArray[np.intp]

_STEP = 5e-4  # metres that a vertex moves in a round, at most
_ROUNDS = 40
_GROWING = 1.5  # times the step before, after one that helped
_HOPE = 8  # rounds
_MORE = 1.15  # times as many crossings after a step that is kept, at most: their number is no smooth measure
_SHAKES = (0.02, 0.02, 0.04, 0.04)  # of the edges' mean length, by which the last _FEW crossings are shaken
_FEW = 20
_CELL = 0.04  # metres
_STEEPEST = 3.0  # times the step by which an edge that hardly pierces would be moved


class _Piercings(NamedTuple):
    """Where edges pierce triangles: the vertices (k, 5), an edge's two and a triangle's three, their weights (k, 5),
    positive at the edge and negative at the triangle, and the way (k, 3) that shortens the contour.
    """

    vertices: Ints
    weights: Points
    way: Points


def _unit(vectors: Points) -> Points:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-18)


def _dot(a: Points, b: Points) -> Points:
    return np.einsum("ij,ij->i", a, b)


def _piercings(x: Points, faces: NDArray[np.int32], pairs: NDArray[np.int64]) -> _Piercings:
    """Of triangles that cross: pairs (k, 2) of faces (m, 3) over x (n, 3)."""
    one, other = faces[np.concatenate([pairs, pairs[:, ::-1]])].transpose(1, 0, 2).astype(np.intp)
    one = np.concatenate([np.roll(one, -k, axis=1) for k in range(3)])  # each edge in turn, and the corner opposite
    other = np.tile(other, (3, 1))
    apart = (one[:, :2, None] != other[:, None]).all(axis=(1, 2))
    one, other = one[apart], other[apart]
    start, edge, inward = x[one[:, 0]], x[one[:, 1]] - x[one[:, 0]], x[one[:, 2]] - x[one[:, 0]]
    a, ab, ac = x[other[:, 0]], x[other[:, 1]] - x[other[:, 0]], x[other[:, 2]] - x[other[:, 0]]
    across = np.cross(ab, ac)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = _dot(a - start, across) / _dot(edge, across)
        at = start + t[:, None] * edge - a
        squared = _dot(across, across)
        v, w = _dot(np.cross(at, ac), across) / squared, _dot(np.cross(ab, at), across) / squared
        hit = np.flatnonzero((t > 0) & (t < 1) & (v >= 0) & (w >= 0) & (v + w <= 1))
    one, other, t, v, w = one[hit], other[hit], t[hit], v[hit], w[hit]
    edge, inward, across = edge[hit], inward[hit], across[hit]
    normal, along = _unit(across), _unit(edge)
    contour = _unit(np.cross(np.cross(edge, inward), normal))
    contour *= np.sign(_dot(contour, inward - _dot(inward, along)[:, None] * along))[:, None]
    way = contour - 2 * (_dot(along, contour) / _dot(along, normal))[:, None] * normal
    way *= np.minimum(1.0, _STEEPEST / np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-18))
    weights = np.stack([1 - t, t, v + w - 1, -v, -w], axis=1)
    return _Piercings(np.concatenate([one[:, :2], other], axis=1), weights, way)


def parted(x: Points, faces: NDArray[np.int32], surface: MeshDistance, moves: Points | float = 1.0) -> Points:
    """Positions near x (n, 3) where the triangles (m, 3) cross each other and a surface that stands still least.

    moves: (n, 1) 0 for what stands still too, 1 for what moves. Where a few crossings are left, contours may lead from
    one to another and back: a little noise about them leads out of that.
    """
    noise = np.random.default_rng(0)
    faces, still = _about(x, faces, surface)
    if not len(faces):
        return x
    every = np.concatenate([faces, still + len(x)])
    edge = float(np.linalg.norm(x[faces[:, 0]] - x[faces[:, 1]], axis=1).mean())
    best, crossing = _shortened(x, faces, surface, still, moves)
    for share in _SHAKES:
        if not 0 < len(crossing) <= _FEW:
            break
        loose = np.zeros((len(x), 1))
        loose[faces[np.isin(faces, every[crossing]).any(axis=1)]] = 1.0
        shaken = best + moves * loose * noise.normal(0.0, share * edge, x.shape)
        there, left = _shortened(shaken, faces, surface, still, moves)
        if len(left) <= len(crossing):
            best, crossing = there, left
    return best


def _shortened(
    x: Points, faces: NDArray[np.int32], surface: MeshDistance, still: NDArray[np.int32], moves: Points | float
) -> tuple[Points, NDArray[np.int64]]:
    """Positions where the contours of triangles (m, 3) and of those of the surface (k, 3) vanish as far as they do.

    And the pairs (p, 2) that cross there still, of triangles and the surface's after them. A step after which clearly
    more cross is taken back and halved; no more is tried where _HOPE of them were in vain.
    """
    n = len(x)
    every = np.concatenate([faces, still + n])
    at, crossing, step = x, np.empty((0, 2), np.int64), _STEP
    best, least, since = x, None, 0
    for _ in range(_ROUNDS):
        pairs = self_intersections(x, faces)
        if len(still):
            with_surface = intersections(x, faces, surface.vertices, still)
            with_surface[:, 1] += len(faces)
            pairs = np.concatenate([pairs, with_surface])
        if at is x or len(pairs) <= _MORE * len(crossing):
            at, crossing, step = x, pairs, min(_GROWING * step, _STEP)
        else:
            step /= 2
        best, least, since = (x, pairs, 0) if least is None or len(pairs) < len(least) else (best, least, since + 1)
        if not len(crossing) or since == _HOPE:
            break
        found = _piercings(np.concatenate([at, surface.vertices]), every, crossing)
        move, share = np.zeros((n + len(surface.vertices), 3)), np.zeros(n + len(surface.vertices))
        np.add.at(move, found.vertices, found.weights[..., None] * found.way[:, None])
        np.add.at(share, found.vertices, np.abs(found.weights))
        x = at + step * moves * move[:n] / np.maximum(share[:n], 1e-9)[:, None]
    assert least is not None
    return best, least


def _about(x: Points, faces: NDArray[np.int32], surface: MeshDistance) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The triangles of both that may come to cross while those that do are parted: those within a _CELL of them."""
    with_surface = intersections(x, faces, surface.vertices, surface.faces)
    crossing = faces[np.union1d(self_intersections(x, faces), with_surface[:, 0])]
    row, beside = np.array([1, 1 << 20, 1 << 40]), np.indices((3, 3, 3)).reshape(3, -1).T - 1

    def cells(points: Points) -> NDArray[np.int64]:
        return np.floor(points / _CELL).astype(np.int64)

    taken = np.unique((np.unique(cells(x[crossing].reshape(-1, 3)), axis=0)[:, None] + beside) @ row)
    mine, its = (np.isin(cells(points) @ row, taken) for points in (x, surface.vertices))
    return faces[mine[faces].any(axis=1)], surface.faces.astype(np.int32)[its[surface.faces].any(axis=1)]
