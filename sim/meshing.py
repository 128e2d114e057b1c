# SPDX-License-Identifier: GPL-3.0-or-later
"""From a pattern to triangles: a constrained Delaunay mesh a panel, with equal counts along both sides of a seam."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pythoncdt as cdt
from numpy.typing import NDArray

from ..patterns import Panel, Pattern
from ..patterns.seams import SewnRun, sewn_runs

Points = NDArray[np.float64]
Faces = NDArray[np.int32]

MAX_VERTICES = 2_000_000
_SMOOTHING_ROUNDS = 4
_CLEAR_OF_EDGE = 0.62  # of the particle distance: interior particles keep this far from the boundary


class ParticleDistanceRefused(ValueError):
    """A pattern that cannot be meshed at the particle distance asked for."""


@dataclass(frozen=True)
class PanelMesh:
    """A meshed panel: points (n, 2) in panel coordinates, boundary first in loop order; faces (m, 3) anticlockwise.

    `stations` gives for each edge the arc lengths (k,) and vertex indices (k,) along it, start to end.
    """

    points: Points
    faces: Faces
    stations: dict[str, tuple[Points, NDArray[np.intp]]]


def _edge_stations(pattern: Pattern, runs: tuple[SewnRun, ...], h: float) -> dict[tuple[str, str], Points]:
    """Arc lengths of the particles along every edge: sewn stretches get as many as their partner."""
    stops: dict[tuple[str, str], list[Points]] = {}
    for run in runs:
        spans = ((run.a, run.a_span), (run.b, run.b_span))
        mean = np.sqrt(abs(run.a_span[1] - run.a_span[0]) * abs(run.b_span[1] - run.b_span[0]))
        n = max(1, round(float(mean) / h))
        for ref, (first, last) in spans:
            stops.setdefault((ref.panel, ref.edge), []).append(np.linspace(first, last, n + 1))
    stations: dict[tuple[str, str], Points] = {}
    for panel in pattern.panels():
        for edge in panel.edges:
            found = stops.get((panel.name, edge.name))
            if found is None:
                found = [np.linspace(0.0, edge.length, max(1, round(edge.length / h)) + 1)]
            s = np.sort(np.concatenate(found))
            stations[panel.name, edge.name] = s[np.concatenate([[True], np.diff(s) > 1e-9])]
    return stations


def _inside(points: Points, outline: Points) -> NDArray[np.bool_]:
    """(n,) whether points lie inside the closed polygon, by crossing number."""
    a, b = outline, np.roll(outline, -1, axis=0)
    x, y = points[:, :1], points[:, 1:]
    crosses = (a[:, 1] > y) != (b[:, 1] > y)
    with np.errstate(divide="ignore", invalid="ignore"):
        at = a[:, 0] + (y - a[:, 1]) / (b[:, 1] - a[:, 1]) * (b[:, 0] - a[:, 0])
    return (crosses & (x < at)).sum(axis=1) % 2 == 1


def _distance_to_outline(points: Points, outline: Points) -> Points:
    """(n,) distance to the nearest side of the closed polygon."""
    best = np.full(len(points), np.inf)
    for a, b in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        along = b - a
        t = np.clip(((points - a) @ along) / max(float(along @ along), 1e-18), 0.0, 1.0)
        gap = points - a - t[:, None] * along
        best = np.minimum(best, np.einsum("ij,ij->i", gap, gap))
    return np.sqrt(best)


def _lattice(outline: Points, grain: Points, h: float) -> Points:
    """(k, 2) equilateral lattice along the grain, clear of the boundary."""
    frame = np.array([[grain[1], -grain[0]], [grain[0], grain[1]]], np.float64)  # weft, warp
    local = outline @ frame.T
    low, high = local.min(axis=0), local.max(axis=0)
    row = h * np.sqrt(3) / 2
    columns, rows = int((high[0] - low[0]) / h) + 2, int((high[1] - low[1]) / row) + 2
    i, j = np.meshgrid(np.arange(columns, dtype=np.float64), np.arange(rows, dtype=np.float64))
    centre = (low + high) / 2  # a symmetric panel gets a symmetric lattice
    x = (i - columns // 2 + 0.5 * (j % 2)) * h + centre[0]
    y = (j - rows // 2) * row + centre[1]
    points = np.stack([x.ravel(), y.ravel()], axis=1) @ frame
    points = points[_inside(points, outline)]
    return points[_distance_to_outline(points, outline) > _CLEAR_OF_EDGE * h]


def _triangulated(points: Points, boundary: int) -> Faces:
    """(m, 3) constrained Delaunay triangles inside the loop of the first `boundary` points, anticlockwise."""
    loop = np.arange(boundary, dtype=np.uint32)
    t = cdt.Triangulation(cdt.VertexInsertionOrder.AUTO, cdt.IntersectingConstraintEdges.NOT_ALLOWED, 0.0)
    sides = np.stack([loop, np.roll(loop, -1)], axis=1)
    # numpy 1.26's stubs do not say that an array is a buffer
    t.insert_vertices(np.ascontiguousarray(points))  # pyright: ignore[reportArgumentType, reportCallIssue]
    t.insert_edges(np.ascontiguousarray(sides, np.uintc))  # pyright: ignore[reportArgumentType, reportCallIssue]
    t.erase_outer_triangles_and_holes()
    return t.triangles_array()["vertices"].astype(np.int32)


def _smoothed(points: Points, faces: Faces, boundary: int) -> Points:
    """Interior points moved to the area-weighted centroid of their triangles (Lloyd's idea on the dual)."""
    corner = points[faces]
    u, v = corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]
    area = np.abs(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0])
    centre = corner.mean(axis=1)
    n = len(points)
    weight, total = np.zeros(n), np.zeros((n, 2))
    for k in range(3):
        weight += np.bincount(faces[:, k], area, n)
        for axis in range(2):
            total[:, axis] += np.bincount(faces[:, k], area * centre[:, axis], n)
    moved = points.copy()
    moved[boundary:] = total[boundary:] / np.maximum(weight[boundary:, None], 1e-18)
    return moved


def mesh_panel(panel: Panel, stations: dict[str, Points], h: float) -> PanelMesh:
    """Triangles of one panel at the particle distance `h` metres; boundary particles at the given arc lengths."""
    rings: list[Points] = []
    index: dict[str, tuple[Points, NDArray[np.intp]]] = {}
    at = 0
    for edge in panel.edges:
        s = stations[edge.name]
        rings.append(edge.at(s[:-1]))
        index[edge.name] = (s, np.arange(at, at + len(s)))
        at += len(s) - 1
    outline = np.concatenate(rings)
    last = panel.edges[-1].name
    index[last][1][-1] = 0  # the loop closes on its first vertex
    points = np.concatenate([outline, _lattice(outline, panel.grain, h)])
    faces = _triangulated(points, len(outline))
    for _ in range(_SMOOTHING_ROUNDS):
        points = _smoothed(points, faces, len(outline))
        faces = _triangulated(points, len(outline))
    return PanelMesh(points, faces, index)


def mesh_pattern(pattern: Pattern, particle_distance: float) -> tuple[dict[str, PanelMesh], tuple[SewnRun, ...]]:
    """Every panel meshed, and the seams as runs whose two sides have equal counts.

    Raises ParticleDistanceRefused when the distance is not between 1 mm and 10 cm, or makes more than MAX_VERTICES.
    """
    h = particle_distance
    if not 0.001 <= h <= 0.1:
        raise ParticleDistanceRefused(f"The particle distance is {h!r} m: give a length from 0.001 to 0.1 m.")
    wanted = sum(p.area for p in pattern.panels()) / (h * h * np.sqrt(3) / 2)
    if wanted > MAX_VERTICES:
        raise ParticleDistanceRefused(
            f"A particle distance of {h * 1000:g} mm makes about {wanted:.2g} vertices, more than {MAX_VERTICES:.0e}: "
            "give a larger distance."
        )
    runs = sewn_runs(pattern)
    stations = _edge_stations(pattern, runs, h)
    meshes = {
        panel.name: mesh_panel(panel, {e.name: stations[panel.name, e.name] for e in panel.edges}, h)
        for panel in pattern.panels()
    }
    return meshes, runs


def run_vertices(mesh: PanelMesh, edge: str, span: tuple[float, float]) -> NDArray[np.intp]:
    """Vertex indices along a stretch of an edge, in the direction of the span."""
    s, index = mesh.stations[edge]
    low, high = min(span), max(span)
    chosen = index[(s > low - 1e-7) & (s < high + 1e-7)]
    return chosen if span[0] < span[1] else chosen[::-1]


def smallest_angles(points: Points, faces: Faces) -> Points:
    """(m,) the smallest angle of each triangle in radians; points (n, 2) or (n, 3)."""
    p = points[faces]
    sides = np.stack([np.linalg.norm(p[:, (k + 1) % 3] - p[:, (k + 2) % 3], axis=1) for k in range(3)], axis=1)
    sides = np.sort(sides, axis=1)
    a, b, c = sides.T
    return np.arccos(np.clip((b * b + c * c - a * a) / np.maximum(2 * b * c, 1e-18), -1.0, 1.0))
