# SPDX-License-Identifier: GPL-3.0-or-later
"""Specimens: strips and discs of cloth, cut at any angle to the warp and meshed in three ways.

A mesh should not show in a drape, so every test can be taken on each: `regular`, right triangles whose diagonals all
lean the same way; `alternate`, the same with diagonals that lean left and right in turn (the Union Jack); `delaunay`,
an irregular net such as a pattern piece has, and worse.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pythoncdt as cdt
from numpy.typing import NDArray

Points = NDArray[np.float64]
Ints = NDArray[np.int32]
MeshKind = Literal["regular", "alternate", "delaunay"]
MESH_KINDS: tuple[MeshKind, ...] = get_args(MeshKind)

MOST_VERTICES = 1_000_000
SMALLEST, LARGEST = 2e-4, 0.05  # metres between particles
_JITTER = 0.2  # of the particle distance, to each side: a good deal less even than a pattern piece's mesh
_CLEAR = 0.62  # of the particle distance, kept by a disc's inner particles from its rings
_SEED = 9073


class SpecimenRefused(ValueError):
    """A specimen that cannot be cut or meshed as asked."""


@dataclass(frozen=True)
class Cut:
    """How a specimen is cut and meshed: metres between particles, the mesh's kind, radians from its x axis to the warp.

    Raises SpecimenRefused for a distance outside SMALLEST … LARGEST, an unknown kind, or a direction that is no angle.
    """

    particle_distance: float
    mesh: MeshKind = "alternate"
    direction: float = 0.0

    def __post_init__(self) -> None:
        if not math.isfinite(self.direction) or abs(self.direction) > 2 * math.pi:
            raise SpecimenRefused("The direction is no angle: give degrees from the warp, −360 to 360.")
        if not SMALLEST <= self.particle_distance <= LARGEST:
            raise SpecimenRefused(
                f"The particle distance is {self.particle_distance:g} m: "
                f"give a length from {SMALLEST:g} to {LARGEST:g} m."
            )
        if self.mesh not in MESH_KINDS:
            raise SpecimenRefused(f"There is no mesh “{self.mesh}”. Choose {', '.join(MESH_KINDS)}.")

    @property
    def row(self) -> float:
        """Metres between rows of particles across a strip."""
        return self.particle_distance * (math.sqrt(3) / 2 if self.mesh == "delaunay" else 1.0)

    def rows(self, length: float) -> int:
        """Into how many rows a length is divided."""
        return max(1, round(length / self.row))

    def uv(self, points: Points) -> Points:
        """(n, 2) rest positions of points (n, 2), warp along +v: turned, never mirrored."""
        c, s = math.cos(self.direction), math.sin(self.direction)
        return points @ np.array([[s, c], [-c, s]])


@dataclass(frozen=True)
class Flat:
    """A meshed specimen on the table: points (n, 2) in metres, faces (m, 3) anticlockwise."""

    points: Points
    faces: Ints

    @property
    def lifted(self) -> Points:
        """(n, 3) the points at z = 0."""
        return np.column_stack([self.points, np.zeros(len(self.points))])


def strip(cut: Cut, rows: Points, width: float, straight: tuple[int, ...] = ()) -> Flat:
    """A strip along x with rows of particles at `rows` (r,) ascending, across y from 0 to `width` metres.

    straight: rows (besides the first and the last) that an irregular mesh leaves straight, for a clamp to hold.
    Vertices are in the order of their rows. Raises SpecimenRefused.
    """
    if width < cut.particle_distance or len(rows) < 2:
        raise SpecimenRefused(
            f"A strip of {1e3 * width:g} mm is narrower than its particle distance, "
            f"{1e3 * cut.particle_distance:g} mm: give a smaller one."
        )
    columns = round(width / cut.particle_distance)
    _refuse_too_many(len(rows) * (columns + 1))
    if cut.mesh == "delaunay":
        return _irregular_strip(cut, rows, width, columns, straight)
    x, y = np.meshgrid(rows, np.linspace(0.0, width, columns + 1), indexing="ij")
    index = np.arange(x.size).reshape(x.shape)
    a, b, c, d = (q.ravel() for q in (index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:]))
    rising = np.stack([np.stack([a, b, c], 1), np.stack([a, c, d], 1)], 1)
    falling = np.stack([np.stack([a, b, d], 1), np.stack([b, c, d], 1)], 1)
    i, j = np.divmod(np.arange(len(a)), columns)
    leans = _leaning(cut, i + j)
    faces = np.where(leans[:, None, None], falling, rising).reshape(-1, 3)
    return Flat(np.column_stack([x.ravel(), y.ravel()]), faces.astype(np.int32))


def disc(cut: Cut, radius: float, ring: float) -> Flat:
    """A disc about the origin, with a ring of particles at `ring` metres from it for a support to hold.

    Raises SpecimenRefused where the particles are too far apart for the cloth outside the ring.
    """
    h = cut.particle_distance
    if radius - ring < 2 * h:
        raise SpecimenRefused(
            f"A particle distance of {1e3 * h:g} mm is too coarse for a disc of {2e3 * radius:g} mm: "
            f"give at most {1e3 * (radius - ring) / 2:g} mm."
        )
    _refuse_too_many(math.pi * (radius / h) ** 2 * 1.2)
    circles = [_circle(radius, h), _circle(ring, h)]
    inner, cells = _lattice(cut, radius)
    r = np.hypot(*inner.T)
    kept = (r < radius - _CLEAR * h) & (np.abs(r - ring) > _CLEAR * h)
    renumbered = np.cumsum(kept) - 1
    outside = (r > ring)[cells]
    cells = cells[kept[cells].all(axis=1) & (outside[:, 0] == outside[:, 1])]  # none across the ring
    loops: list[Ints] = []
    at = 0
    for circle in circles:
        loops.append(at + _loop(len(circle)))
        at += len(circle)
    edges = np.concatenate([*loops, at + renumbered[cells]])
    points = np.concatenate([*circles, inner[kept]])
    return Flat(points, _constrained(points, edges))


def gradients(uv: Points, faces: Ints, positions: Points) -> Points:
    """(m, 3, 2) deformation gradient of each triangle: where a step along weft (column 0) and warp (1) has gone."""
    rest, now = uv[faces], positions[faces]
    flat = np.stack([rest[:, 1] - rest[:, 0], rest[:, 2] - rest[:, 0]], axis=2)
    bent = np.stack([now[:, 1] - now[:, 0], now[:, 2] - now[:, 0]], axis=2)
    return bent @ np.linalg.inv(flat)


def rest_areas(uv: Points, faces: Ints) -> Points:
    """(m,) m² of each triangle in its rest."""
    corner = uv[faces]
    u, v = corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]
    return np.abs(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]) / 2


def _refuse_too_many(vertices: float) -> None:
    if vertices > MOST_VERTICES:
        raise SpecimenRefused(
            f"This particle distance makes about {vertices:.2g} vertices, more than {MOST_VERTICES:.0e}: "
            "give a larger one."
        )


def _leaning(cut: Cut, cell: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether the diagonal of each cell falls; cell: the sum of its row and column."""
    return (cell % 2 == 1) & (cut.mesh == "alternate")


def _irregular_strip(cut: Cut, rows: Points, width: float, columns: int, straight: tuple[int, ...]) -> Flat:
    """Staggered rows, each particle pushed off its place at random, save those on edges and straight rows."""
    rng = np.random.default_rng(_SEED)
    still = {0, len(rows) - 1, *(k % len(rows) for k in straight)}
    across = np.linspace(0.0, width, columns + 1)
    points: list[Points] = []
    for k, x in enumerate(rows):
        y = across if k % 2 == 0 or k in still else np.r_[0.0, (across[1:] + across[:-1]) / 2, width]
        pushed = rng.uniform(-_JITTER, _JITTER, (len(y), 2)) * cut.particle_distance
        pushed[[0, -1]] = 0.0
        points.append(np.column_stack([np.full(len(y), x), y]) + (0.0 if k in still else pushed))
    starts = np.cumsum([0, *(len(p) for p in points)])
    lines = [np.arange(starts[k], starts[k + 1]) for k in sorted(still)] + [starts[:-1], starts[1:] - 1]
    edges = np.concatenate([np.stack([line[:-1], line[1:]], axis=1) for line in lines])
    together = np.concatenate(points)
    return Flat(together, _constrained(together, edges))


def _circle(radius: float, h: float) -> Points:
    turn = np.arange(round(2 * math.pi * radius / h)) * (2 * math.pi / round(2 * math.pi * radius / h))
    return radius * np.column_stack([np.cos(turn), np.sin(turn)])


def _loop(count: int) -> Ints:
    ring = np.arange(count, dtype=np.int32)
    return np.stack([ring, np.roll(ring, -1)], axis=1)


def _lattice(cut: Cut, radius: float) -> tuple[Points, NDArray[np.intp]]:
    """(n, 2) particles over a square and (k, 2) the edges that make its mesh the one wished for."""
    h, row = cut.particle_distance, cut.row
    half = (math.ceil(radius / row), math.ceil(radius / h) + 1)
    i, j = (q.ravel() for q in np.mgrid[-half[0] : half[0] + 1, -half[1] : half[1] + 1])
    if cut.mesh == "delaunay":
        staggered = np.column_stack([i * row, (j + 0.5 * (i % 2)) * h])
        pushed = np.random.default_rng(_SEED).uniform(-_JITTER, _JITTER, staggered.shape) * h
        return staggered + pushed, np.empty((0, 2), np.intp)
    index = np.arange(len(i)).reshape(2 * half[0] + 1, 2 * half[1] + 1)
    a, b, c, d = (q.ravel() for q in (index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:]))
    leans = _leaning(cut, (i + j)[a])
    diagonals = np.where(leans[:, None], np.stack([b, d], 1), np.stack([a, c], 1))
    return h * np.column_stack([i, j]).astype(np.float64), np.concatenate(
        [np.stack([a, b], 1), np.stack([a, d], 1), diagonals]
    )


def _constrained(points: Points, edges: NDArray[np.integer]) -> Ints:
    """(m, 3) constrained Delaunay triangles inside the outermost of the edges (k, 2), anticlockwise."""
    t = cdt.Triangulation(cdt.VertexInsertionOrder.AUTO, cdt.IntersectingConstraintEdges.NOT_ALLOWED, 0.0)
    # numpy 1.26's stubs do not say that an array is a buffer
    t.insert_vertices(np.ascontiguousarray(points))  # pyright: ignore[reportArgumentType, reportCallIssue]
    t.insert_edges(np.ascontiguousarray(edges, np.uintc))  # pyright: ignore[reportArgumentType, reportCallIssue]
    t.erase_outer_triangles()
    return t.triangles_array()["vertices"].astype(np.int32)
