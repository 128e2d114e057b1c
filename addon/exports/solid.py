# SPDX-License-Identifier: GPL-3.0-or-later
"""Cloth that can be printed: a surface without thickness becomes a closed body of a wall's thickness. NumPy alone.

A draped garment touches itself, and three layers meet at a pocket's edge, so vertices pushed out along their normals
would cross. Instead the body is the set of all points within half a wall of the cloth, cut out of a grid by marching
tetrahedra (Doi & Koide, "An efficient method of triangulating equi-valued surfaces by using tetrahedral cells", IEICE
Transactions E74, 1991): one flat polygon in a tetrahedron, so that it is closed, every edge has two faces, and nothing
crosses, whatever the cloth does. Flat pieces need no grid: theirs is a slab.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...sim.distance import MeshDistance

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_POINTS = 6_000_000  # of the grid, where distances are asked for: about a gigabyte
_FINE = 2.0  # grid cells across the wall: at fewer than 1.74 a sheet could slip through
_NEAR = 0.05  # of a grid edge that a corner keeps from its ends, lest triangles be slivers without area


class SolidRefused(ValueError):
    """A surface that cannot be made solid, or a body that cannot be printed; the message says what to do."""


@dataclass(frozen=True)
class Solid:
    """A closed body: vertices (n, 3) in metres, faces (m, 3) outward."""

    vertices: Floats
    faces: Ints

    @property
    def volume(self) -> float:
        """m³."""
        a, b, c = self.vertices[self.faces].transpose(1, 0, 2)
        return float(np.einsum("ni,ni->", a, np.cross(b, c)) / 6)

    @property
    def area(self) -> float:
        """m²."""
        a, b, c = self.vertices[self.faces].transpose(1, 0, 2)
        return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)

    def scaled(self, factor: float) -> Solid:
        """The body, larger or smaller."""
        return Solid(self.vertices * factor, self.faces)

    def check(self) -> None:
        """Raises SolidRefused unless it keeps a slicer's rules.

        Every edge between two faces that run along it in opposite directions, no face without area, the inside within.
        That it does not cross itself follows from how it was made, and the tests hold it against exact arithmetic.
        """
        edges = self.faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
        n = len(self.vertices)
        way, count = np.unique(edges @ [n, 1], return_counts=True)
        if (count > 1).any() or not np.array_equal(way, np.sort(edges @ [1, n])):
            raise SolidRefused("The body is not closed: some edge has not two faces. Report this garment to us.")
        a, b, c = self.vertices[self.faces].transpose(1, 0, 2)
        if not (np.linalg.norm(np.cross(b - a, c - a), axis=1) > 0).all():
            raise SolidRefused("The body has faces without area: choose a thicker wall or a larger print.")
        if not self.volume > 0:
            raise SolidRefused("The body is inside out. Report this garment to us.")


def solid_cloth(vertices: ArrayLike, faces: ArrayLike, wall: float) -> Solid:
    """The body of all points within wall / 2 of a surface. vertices (n, 3), faces (m, 3), wall in metres.

    Its surface lies half a wall from the cloth, less exactly so where cloth ends or sheets meet: the grid has two cells
    across a wall. Raises SolidRefused for a wall that is none or so thin that the grid would be too large, MeshRefused
    for a surface that is none.
    """
    if not (np.isfinite(wall) and wall > 0):
        raise SolidRefused(f"A wall is thicker than nothing, not {wall:g} m.")
    surface = MeshDistance(vertices, faces)
    h = wall / _FINE
    points, strides = _band(surface.vertices, surface.faces, h, wall / 2 + 2 * h)
    field = np.abs(surface.query(points.positions, wall / 2 + 2 * h).signed_distance)
    field = np.minimum(field, wall / 2 + 2 * h) - wall / 2
    solid = _marched(points, strides, field)
    solid.check()
    return solid


def slab(points: ArrayLike, faces: ArrayLike, wall: float) -> Solid:
    """A flat piece as a slab that lies on Z = 0. points (n, 2) metres, faces (m, 3), either way round.

    Raises SolidRefused for a wall that is none, and where the piece is no surface with a rim.
    """
    if not (np.isfinite(wall) and wall > 0):
        raise SolidRefused(f"A wall is thicker than nothing, not {wall:g} m.")
    flat, triangles = np.asarray(points, np.float64), np.asarray(faces, np.int64)
    a, b, c = flat[triangles].transpose(1, 0, 2)
    turned = np.linalg.det(np.stack([b - a, c - a], axis=1)) < 0
    triangles = np.where(turned[:, None], triangles[:, ::-1], triangles)
    n = len(flat)
    edges = triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    rim = edges[~np.isin(edges @ [n, 1], edges @ [1, n])]
    i, j = rim.T
    sides = np.concatenate([np.stack([i, j, j + n], axis=1), np.stack([i, j + n, i + n], axis=1)])
    low = np.column_stack([flat, np.zeros(n)])
    high = np.column_stack([flat, np.full(n, wall)])
    solid = Solid(np.concatenate([low, high]), np.concatenate([triangles[:, ::-1], triangles + n, sides]))
    solid.check()
    return solid


# ---- The grid ----


@dataclass(frozen=True)
class _Points:
    """Points of a grid: key (k,), rising, says which; spacing h; origin (3,)."""

    key: Ints
    shape: Ints  # (3,)
    origin: Floats
    h: float

    @property
    def index(self) -> Ints:
        """(k, 3) along X, Y and Z."""
        return np.stack(np.unravel_index(self.key, tuple(self.shape)), axis=1)

    @property
    def positions(self) -> Floats:
        """(k, 3) metres."""
        return self.origin + self.h * self.index


def _band(vertices: Floats, faces: Ints, h: float, reach: float) -> tuple[_Points, Ints]:
    """The grid points near a surface: all within `reach` of it, and some more; and the grid's strides (3,)."""
    margin = int(np.ceil(reach / h)) + 2
    origin = vertices.min(axis=0) - margin * h
    shape = np.ceil((vertices.max(axis=0) - origin) / h).astype(np.int64) + margin + 1
    if np.prod(shape.astype(np.float64)) >= 2.0**62:
        raise SolidRefused("This wall is far too thin for a garment of that size: choose a thicker one.")
    strides = np.array([shape[1] * shape[2], shape[2], 1])
    key = np.unique(np.floor((_sampled(vertices, faces, h) - origin) / h).astype(np.int64) @ strides)
    for stride in strides:
        if len(key) * (2 * margin) > 8 * MOST_POINTS:
            _too_many(len(key))
        key = np.unique(key[:, None] + stride * np.arange(1 - margin, margin + 1))
    if len(key) > MOST_POINTS:
        _too_many(len(key))
    return _Points(key, shape, origin, h), strides


def _too_many(points: int) -> None:
    raise SolidRefused(
        f"So thin a wall needs a grid of more than {points / 1e6:.0f} million points: choose a thicker wall, or a "
        "smaller print."
    )


def _sampled(vertices: Floats, faces: Ints, h: float) -> Floats:
    """Points (k, 3) on a surface, none of whose points is farther than h from one of them."""
    corners = vertices[faces]
    longest = np.linalg.norm(np.roll(corners, -1, axis=1) - corners, axis=2).max(axis=1)
    parts = np.ceil(longest / h).astype(np.int64)
    if (parts.astype(np.float64) ** 2).sum() > 2 * MOST_POINTS:
        _too_many(int(parts.sum()))
    found: list[Floats] = []
    for count in np.unique(parts):
        steps = np.arange(count + 1)
        i, j = (grid.ravel() for grid in np.meshgrid(steps, steps))
        inside = i + j <= count
        share = np.stack([count - i[inside] - j[inside], i[inside], j[inside]], axis=1) / count
        found.append(np.einsum("ks,fsx->fkx", share, corners[parts == count]).reshape(-1, 3))
    return np.concatenate(found)


# ---- Marching tetrahedra ----

# Kuhn's six tetrahedra of a cube, from corner 0 to corner 7 along each order of the axes; every second is mirrored.
_AXES = np.eye(3, dtype=np.int64)
_KUHN = [
    (np.cumsum([0 * _AXES[0], *_AXES[list(order)]], axis=0), np.linalg.det(_AXES[list(order)]) < 0)
    for order in itertools.permutations(range(3))
]
# Which corners lie inside → triangles, each corner an edge (inside, outside) of a tetrahedron of positive volume.
_CASES: dict[tuple[int, ...], tuple[tuple[tuple[int, int], ...], ...]] = {}
for _one, _others in ((0, (1, 2, 3)), (1, (0, 3, 2)), (2, (0, 1, 3)), (3, (0, 2, 1))):
    _CASES[(_one,)] = (tuple((_one, o) for o in _others),)
    _CASES[tuple(sorted(_others))] = (tuple((o, _one) for o in reversed(_others)),)
for _a, _b, _c, _d in ((0, 1, 2, 3), (0, 2, 3, 1), (0, 3, 1, 2), (1, 2, 0, 3), (1, 3, 2, 0), (2, 3, 0, 1)):
    _CASES[(_a, _b)] = (((_a, _c), (_a, _d), (_b, _d)), ((_a, _c), (_b, _d), (_b, _c)))


def _marched(points: _Points, strides: Ints, field: Floats) -> Solid:
    """The surface on which a field on grid points (k,) is zero, its negative side inside."""
    inside = field < 0
    ends, origin = [np.empty((0, 2), np.int64)], points.key
    corner = np.stack([i.ravel() for i in np.meshgrid((0, 1), (0, 1), (0, 1), indexing="ij")], axis=1)
    steps = corner @ strides
    # A cube is known by its lowest corner; only those that the surface passes through have all corners in the band.
    touched = np.unique(origin[inside][:, None] - steps)
    rows = np.searchsorted(origin, touched[:, None] + steps)
    rows = rows[inside[rows].any(axis=1) & ~inside[rows].all(axis=1)]
    for way, mirrored in _KUHN:
        four = rows[:, way @ [4, 2, 1]]
        four = four[:, [0, 1, 3, 2]] if mirrored else four
        code = inside[four] @ np.array([1, 2, 4, 8])
        for case, triangles in _CASES.items():
            hit = four[code == sum(1 << c for c in case)]
            ends += [hit[:, edge].reshape(-1, 2) for edge in ([list(e) for e in t] for t in triangles)]
    pairs, corners = np.unique(np.concatenate(ends) @ [len(field), 1], return_inverse=True)
    i, j = np.divmod(pairs, len(field))
    share = np.clip(field[i] / (field[i] - field[j]), _NEAR, 1 - _NEAR)
    at = points.positions
    return Solid(at[i] + share[:, None] * (at[j] - at[i]), corners.reshape(-1, 3))
