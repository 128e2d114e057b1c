# SPDX-License-Identifier: GPL-3.0-or-later
"""From a pattern to triangles: a constrained Delaunay mesh a panel, its internal lines among the triangles' edges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pythoncdt as cdt
from numpy.typing import NDArray

from ..patterns import Pattern
from ..patterns.seams import SewnRun, sewn_runs
from .stations import ON_LINE, Lines, PanelRefused, closed_trims, inside, joined, lines_of, point_to_segment, stations

Points = NDArray[np.float64]
Faces = NDArray[np.int32]
Indices = NDArray[np.intp]

MAX_VERTICES = 2_000_000
_CLEAR_OF_LINE = 0.62  # of the particle distance: loose particles keep this far from outline, lines and trims
_HAIR = 1e-6  # metres by which an outline that touches itself (a circle cut open) is triangulated narrower
_LEAST_ANGLE = np.radians(18)  # of a triangle; refining ends for sure below 20.7 degrees
_ROW = np.sqrt(3) / 2  # of the particle distance, between rows of the lattice


class ParticleDistanceRefused(ValueError):
    """A pattern that cannot be meshed at the particle distance asked for."""


@dataclass(frozen=True)
class PanelMesh:
    """A meshed panel: points (n, 2) in panel coordinates, boundary first in loop order; faces (m, 3) anticlockwise.

    `stations` gives for each edge and each internal line that is sewn, turned over or drawn in the arc lengths (k,) and
    vertex indices (k,) along it, start to end. creases (c, 2): mesh edges across which the cloth is folded. `trims`
    gives the vertex of each trim that a fastening closes.
    """

    points: Points
    faces: Faces
    stations: dict[str, tuple[Points, Indices]]
    creases: Indices
    trims: dict[str, int]


def _lattice(outline: Points, segments: Points, grain: Points, h: float) -> Points:
    """(k, 2) equilateral lattice along the grain inside the closed polygon, clear of segments (s, 2, 2)."""
    frame = np.array([[grain[1], -grain[0]], [grain[0], grain[1]]], np.float64)  # weft, warp
    local = outline @ frame.T
    low, high = local.min(axis=0), local.max(axis=0)
    columns, rows = int((high[0] - low[0]) / h) + 2, int((high[1] - low[1]) / (_ROW * h)) + 2
    centre = (low + high) / 2  # a symmetric panel gets a symmetric lattice
    j = np.arange(rows)
    y = (j - rows // 2) * _ROW * h + centre[1]
    x0 = (0.5 * (j % 2) - columns // 2) * h + centre[0]
    x = x0[:, None] + np.arange(columns) * h
    kept = np.zeros((rows, columns), bool)
    a, b = local, np.roll(local, -1, axis=0)
    for row in range(rows):
        crossed = (a[:, 1] > y[row]) != (b[:, 1] > y[row])
        p, q = a[crossed], b[crossed]
        at = np.sort(p[:, 0] + (y[row] - p[:, 1]) / (q[:, 1] - p[:, 1]) * (q[:, 0] - p[:, 0]))
        kept[row] = np.searchsorted(at, x[row]) % 2 == 1
    # Only the lattice's points about a segment's middle can be too near to it.
    ends = segments @ frame.T
    middle = ends.mean(axis=1)
    reach = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1).max() / 2 + _CLEAR_OF_LINE * h
    span = np.arange(-int(reach / (_ROW * h)) - 1, int(reach / (_ROW * h)) + 2)
    row = np.rint((middle[:, 1] - y[0]) / (_ROW * h)).astype(int)[:, None, None] + span[:, None]
    row = np.clip(row, 0, rows - 1)
    column = np.rint((middle[:, 0, None, None] - x0[row]) / h).astype(int) + np.arange(
        -int(reach / h) - 1, int(reach / h) + 2
    )
    row, column = np.broadcast_arrays(row, np.clip(column, 0, columns - 1))
    near = point_to_segment(np.stack([x[row, column], y[row]], axis=-1), ends[:, None, None, 0], ends[:, None, None, 1])
    close = near <= _CLEAR_OF_LINE * h
    kept[row[close], column[close]] = False
    row, column = np.nonzero(kept)
    return np.stack([x[row, column], y[row]], axis=1) @ frame


def _triangulated(points: Points, sides: Indices, holes: Sequence[Points], panel: str) -> Faces:
    """(m, 3) constrained Delaunay triangles with the edges `sides` (s, 2), within their outermost loop, anticlockwise.

    None within `holes`, closed polygons (k, 2) whose sides are among them. Raises PanelRefused where the sides cross.
    """
    t = cdt.Triangulation(cdt.VertexInsertionOrder.AUTO, cdt.IntersectingConstraintEdges.NOT_ALLOWED, 0.0)
    # numpy 1.26's stubs do not say that an array is a buffer
    t.insert_vertices(np.ascontiguousarray(points))  # pyright: ignore[reportArgumentType, reportCallIssue]
    try:
        t.insert_edges(np.ascontiguousarray(sides, np.uintc))  # pyright: ignore[reportArgumentType, reportCallIssue]
    except RuntimeError as error:
        raise PanelRefused(
            f"Lines of {panel!r} cross when they are made of straight edges: give a smaller particle distance."
        ) from error
    t.erase_outer_triangles()
    faces = t.triangles_array()["vertices"].astype(np.int32)
    return faces[_outside(points[faces].mean(axis=1), holes)] if holes else faces


def _outside(points: Points, holes: Sequence[Points]) -> NDArray[np.bool_]:
    """(n,) whether points (n, 2) lie in none of the closed polygons."""
    return ~np.any([inside(points, hole) for hole in holes], axis=0)


def _inward(outline: Points) -> Points:
    """(n, 2) unit vectors into the closed anticlockwise polygon at those of its corners that lie on others, else 0."""
    _, place, count = np.unique(np.rint(outline / ON_LINE) @ [1, 1j], return_inverse=True, return_counts=True)
    way = np.roll(outline, -1, axis=0) - np.roll(outline, 1, axis=0)
    inward = np.stack([-way[:, 1], way[:, 0]], axis=1) / np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-12)
    return np.where((count > 1)[place][:, None], inward, 0.0)


def _areas(corner: Points) -> Points:
    """(m,) twice the signed areas of triangles (m, 3, 2)."""
    u, v = corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]
    return u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]


def _smoothed(points: Points, faces: Faces, fixed: int) -> Points:
    """Points but for the first `fixed` moved to the area-weighted centroid of their triangles (Lloyd on the dual).

    What would turn a triangle over, as in a narrow corner beside a hollow edge, stays where it is.
    """
    corner = points[faces]
    signed = _areas(corner)
    area = np.abs(signed)
    centre = corner.mean(axis=1)
    n = len(points)
    weight, total = np.zeros(n), np.zeros((n, 2))
    for k in range(3):
        weight += np.bincount(faces[:, k], area, n)
        for axis in range(2):
            total[:, axis] += np.bincount(faces[:, k], area * centre[:, axis], n)
    moved = points.copy()
    moved[fixed:] = total[fixed:] / np.maximum(weight[fixed:, None], 1e-18)
    while (over := (_areas(moved[faces]) <= 0) & (signed > 0)).any():
        moved[faces[over]] = corner[over]
    return moved


def _parting(points: Points, faces: Faces, sides: Indices, fixed: int) -> Points:
    """(k, 2) points to add where layers that are sewn together would have a triangle in common, and could not part.

    The middles of the inner edges of triangles that have two edges among `sides` (s, 2), and of triangles whose corners
    are all among the first `fixed` points, which are those of lines and trims.
    """
    n = len(points)
    one, other = faces[:, [1, 2, 0]].astype(np.int64), faces[:, [2, 0, 1]]
    edges = np.minimum(one, other) * n + np.maximum(one, other)
    lines = np.sort(np.sort(sides, axis=1) @ [n, 1])
    drawn = lines[np.minimum(np.searchsorted(lines, edges), len(lines) - 1)] == edges
    corner = drawn.sum(axis=1) == 2
    inner = np.unique(edges[corner][~drawn[corner]])
    across = (points[inner // n] + points[inner % n]) / 2
    held = (faces < fixed).all(axis=1) & (drawn.sum(axis=1) < 2)
    return np.concatenate([across, points[faces[held]].mean(axis=1)])


def _in_slivers(points: Points, faces: Faces, sides: Indices, outline: Points) -> Points:
    """(k, 2) circumcentres of triangles with too small an angle, but for those within the circle over one of `sides`.

    J. Ruppert, A Delaunay refinement algorithm for quality 2-dimensional mesh generation, J. Algorithms 18, 1995;
    sides (s, 2), which are sewn to others, are not split. outline: the panel's, a closed polygon (n, 2).
    """
    corner = points[faces[smallest_angles(points, faces) < _LEAST_ANGLE]]
    a, u, v = corner[:, 0], corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]
    across = (u * u).sum(axis=1)[:, None] * v - (v * v).sum(axis=1)[:, None] * u
    centre = a + np.stack([across[:, 1], -across[:, 0]], axis=1) / (2 * _areas(corner))[:, None]
    start, end = points[sides[:, 0]], points[sides[:, 1]]
    clear = (((centre[:, None] - start) * (centre[:, None] - end)).sum(axis=2) > 0).all(axis=1)
    clear &= inside(centre, outline)
    known = points
    for p, radius in zip(centre[clear], np.linalg.norm(centre - a, axis=1)[clear], strict=True):
        if np.linalg.norm(known - p, axis=1).min() > 0.99 * radius:  # what lies nearer is beyond a line, or was added
            known = np.concatenate([known, p[None]])
    return known[len(points) :]


def mesh_panel(lines: Lines, along: dict[str, Points], h: float) -> PanelMesh:
    """Triangles of one panel at the particle distance `h` metres; particles at the given arc lengths of its lines.

    Raises PanelRefused where lines cross as chords.
    """
    panel = lines.panel
    laid = panel.wrap.around == "on" and panel.wrap.layer < 0  # its host's triangles may go from line to line
    runs = [*lines.runs.items()]  # edges first
    loop = len(panel.edges)
    drawn = [run.at(along[name]) for name, run in runs] + [p[None] for p in lines.trims.values()]
    owner = np.repeat(np.arange(len(drawn)), [len(p) for p in drawn])
    every = np.concatenate(drawn)
    # The outline is one loop; where lines end on others they share a vertex, which lies where the first of them has it.
    last = np.flatnonzero(np.diff(owner, append=-1))
    tips = np.union1d(np.flatnonzero(np.diff(owner, prepend=-1)), last)
    tips = tips[owner[tips] >= loop]
    tip, other = np.nonzero(np.abs(every[tips, None, 0] - every[:, 0]) <= 2 * ON_LINE)
    same = np.abs(every[tips[tip], 1] - every[other, 1]) <= 2 * ON_LINE
    around = np.stack([last[:loop], np.append(last[: loop - 1] + 1, 0)], axis=1)
    vertex = joined(len(every), np.concatenate([around, np.stack([tips[tip], other], axis=1)[same]]))
    _, first = np.unique(vertex, return_index=True)
    fixed = every[first]
    ends = np.cumsum([len(p) for p in drawn])
    index = [*np.split(vertex.astype(np.intp), ends[:-1])]
    sides = np.concatenate([np.stack([i[:-1], i[1:]], axis=1) for i in index])
    rim = np.concatenate([i[:-1] for i in index[:loop]])
    spots = np.array([[p, p] for p in lines.trims.values()]).reshape(-1, 2, 2)
    loose = _lattice(fixed[rim], np.concatenate([fixed[sides], spots]), panel.grain, h)
    run_of = dict(zip(lines.runs, index, strict=False))
    holes = [fixed[np.concatenate([run_of[a], run_of[b][-2:0:-1]])] for a, b in lines.darts]
    loose = loose[_outside(loose, holes)] if holes else loose
    inward = _HAIR * _inward(fixed[rim])

    def triangulated(points: Points) -> Faces:
        narrower = points.copy()
        narrower[rim] += inward
        return _triangulated(narrower, sides, holes, panel.name)

    points = np.concatenate([fixed, loose])
    faces = triangulated(points)
    for smooths in (False, True):
        if smooths:
            points = _smoothed(points, faces, len(fixed))
            faces = triangulated(points)
        while len(added := _parting(points, faces, sides, len(fixed) if laid else 0)):
            points = np.concatenate([points, added])
            faces = triangulated(points)
    while len(added := _in_slivers(points, faces, sides, fixed[rim])):
        points = np.concatenate([points, added])
        faces = triangulated(points)
    found = {name: (along[name], i) for (name, _), i in zip(runs, index, strict=False)}
    folded = [np.stack([i[:-1], i[1:]], axis=1) for name, (_, i) in found.items() if name in lines.creases]
    trims = {name: int(i[0]) for name, i in zip(lines.trims, index[len(runs) :], strict=True)}
    return PanelMesh(points, faces, found, np.concatenate([*folded, np.empty((0, 2), np.intp)]), trims)


def particles_of(pattern: Pattern, particle_distance: float) -> float:
    """About how many particles a pattern has at a distance in metres. Raises as `mesh_pattern` does."""
    h = particle_distance
    if not 0.001 <= h <= 0.1:
        raise ParticleDistanceRefused(f"The particle distance is {h!r} m: give a length from 0.001 to 0.1 m.")
    if not pattern.panels():
        raise PanelRefused(f"Nothing of the pattern {pattern.name!r} is draped: give it a piece.")
    wanted = sum(p.area for p in pattern.panels()) / (h * h * float(_ROW))
    if wanted > MAX_VERTICES:
        raise ParticleDistanceRefused(
            f"A particle distance of {h * 1000:g} mm makes about {wanted:.2g} vertices, more than {MAX_VERTICES:.0e}: "
            "give a larger distance."
        )
    return wanted


def mesh_pattern(pattern: Pattern, particle_distance: float) -> tuple[dict[str, PanelMesh], tuple[SewnRun, ...]]:
    """Every panel meshed, and the seams as runs whose two sides have equal counts.

    Raises ParticleDistanceRefused when the distance is not between 1 mm and 10 cm, or makes more than MAX_VERTICES;
    PanelRefused for internal lines, pleats and trims that do not lie on their piece or do not keep clear of each other;
    SeamMismatch for seams and fastenings of what is not there.
    """
    h = particle_distance
    particles_of(pattern, h)
    runs = sewn_runs(pattern)
    sewn = {(ref.panel, ref.edge) for run in runs for ref in (run.a, run.b)}
    closed = {trim for _, *both in closed_trims(pattern) for trim in both}
    lines = [
        lines_of(
            panel,
            frozenset(name for of, name in sewn if of == panel.name),
            frozenset(name for of, name in closed if of == panel.name),
        )
        for panel in pattern.panels()
    ]
    along = stations(lines, runs, h)
    meshes = {
        panel.panel.name: mesh_panel(panel, {name: along[panel.panel.name, name] for name in panel.runs}, h)
        for panel in lines
    }
    return meshes, runs


def run_vertices(mesh: PanelMesh, line: str, span: tuple[float, float]) -> Indices:
    """Vertex indices along a stretch of an edge or an internal line, in the direction of the span."""
    s, index = mesh.stations[line]
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
