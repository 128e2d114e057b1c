# SPDX-License-Identifier: GPL-3.0-or-later
"""Cloth: a pattern meshed, its seams paired, its panels placed about a body."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..bodies import Body
from ..patterns import Panel, Pattern
from ..patterns.seams import SewnRun
from .distance import closed
from .meshing import PanelMesh, mesh_pattern, run_vertices
from .placing import PlacingRefused, place_panels
from .stations import closed_trims, joined

COARSEST = 0.03  # metres between the particles of a mesh on which the rough work is done
_GAP_IN_UV = 0.02  # metres between panels laid out side by side


@dataclass(frozen=True)
class Cloth:
    """What an engine drapes.

    vertices (n, 3): placed, with every seam all but closed, so that `welded` is the garment where it starts. uv (n, 2):
    rest position in metres, panels side by side, the warp along +v. faces (m, 3). panel (n,): index into panel_names.
    sewing (s, 2): vertex pairs to be closed; seam_of (s,): index into seam_names, where fastenings follow the seams.
    weld (n,): index of the vertex that each becomes when the seams are welded, 0 … w − 1. apart (n, 3): the panels
    before sewing, for an engine that pulls seams together; None where they start as `vertices`.

    What is sewn on: creases (c, 2), edges of a panel's mesh at which the cloth of that panel resists no bending, being
    folded or laid on another; pressed (p, 2), those at which it is pressed to lie turned over. elastic (e, 2),
    elastic_rest (e,) and elastic_stiffness (e,): threads between vertices, with their relaxed lengths in metres and the
    newtons with which they resist a strain of 1. trim_mass (n,): kilograms of buttons and zips; None where nothing
    weighs. interlining_of_panel: what is fused to each panel, "" where nothing is; () where nothing is to any.
    """

    vertices: NDArray[np.float64]
    uv: NDArray[np.float64]
    faces: NDArray[np.int32]
    panel: NDArray[np.int16]
    panel_names: tuple[str, ...]
    fabric_of_panel: tuple[str, ...]
    sewing: NDArray[np.int32]
    seam_of: NDArray[np.int16]
    seam_names: tuple[str, ...]
    weld: NDArray[np.int32]
    apart: NDArray[np.float64] | None = None
    creases: NDArray[np.int32] = field(default_factory=lambda: np.empty((0, 2), np.int32))
    pressed: NDArray[np.int32] = field(default_factory=lambda: np.empty((0, 2), np.int32))
    elastic: NDArray[np.int32] = field(default_factory=lambda: np.empty((0, 2), np.int32))
    elastic_rest: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    elastic_stiffness: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    trim_mass: NDArray[np.float64] | None = None
    interlining_of_panel: tuple[str, ...] = ()

    @property
    def made_of(self) -> list[tuple[str, str]]:
        """Of each panel the role of its fabric and the name of its interlining, "" where it has none."""
        fused = self.interlining_of_panel or ("",) * len(self.fabric_of_panel)
        return list(zip(self.fabric_of_panel, fused, strict=True))

    @property
    def unsewn(self) -> NDArray[np.float64]:
        """(n, 3) the panels before sewing."""
        return self.vertices if self.apart is None else self.apart

    @property
    def welded_count(self) -> int:
        return int(self.weld.max()) + 1 if len(self.weld) else 0

    def welded(self, positions: NDArray[np.float64]) -> NDArray[np.float64]:
        """(w, 3) means of the positions (n, 3) of the vertices that are welded together."""
        n = np.bincount(self.weld, minlength=self.welded_count)
        return np.stack([np.bincount(self.weld, positions[:, k]) / n for k in range(3)], axis=1)

    @property
    def welded_faces(self) -> NDArray[np.int32]:
        """(m, 3) faces over the welded vertices."""
        return self.weld[self.faces]

    @property
    def welded_mass(self) -> NDArray[np.float64]:
        """(w,) kilograms of what is sewn on, by welded vertex."""
        on = np.zeros(len(self.weld)) if self.trim_mass is None else self.trim_mass
        return np.bincount(self.weld, on, self.welded_count).astype(np.float64)

    @property
    def creased(self) -> NDArray[np.bool_]:
        """(m, 3) whether the edge opposite to each corner of a face is one of `creases`."""
        return self._opposite(self.creases)

    @property
    def turned(self) -> NDArray[np.bool_]:
        """(m, 3) whether the edge opposite to each corner of a face is one of `pressed`."""
        return self._opposite(self.pressed)

    def _opposite(self, edges: NDArray[np.int32]) -> NDArray[np.bool_]:
        n = len(self.weld)
        asked = np.sort(edges, axis=1).astype(np.int64) @ [n, 1]
        start, end = np.roll(self.faces, -1, axis=1).astype(np.int64), np.roll(self.faces, -2, axis=1)
        return np.isin(np.minimum(start, end) * n + np.maximum(start, end), asked)


@dataclass(frozen=True)
class _Run:
    """A sewn run in the mesh: vertices (k,) along both sides, and what it is a run of."""

    run: SewnRun
    a: NDArray[np.intp]
    b: NDArray[np.intp]


def _edges(found: Sequence[NDArray[np.intp]]) -> NDArray[np.int32]:
    """(e, 2) edges along rows of vertices (k,)."""
    none = np.empty((0, 2), np.intp)
    return np.concatenate([none, *(np.stack([row[:-1], row[1:]], axis=1) for row in found)]).astype(np.int32)


def _turns(panel: Panel) -> list[str]:
    """The folds at which a panel is turned over onto itself."""
    return [fold.name for fold in panel.internal if fold.kind == "fold" and abs(abs(fold.turn) - np.pi) < 1e-6]


def _falls(panel: Panel) -> bool:
    """Whether a panel is turned over at the seam that it hangs on, as a collar's fall on its stand."""
    return panel.wrap.around == "seam" and abs(abs(panel.wrap.angle) - np.pi) < 1e-6


def _pressed(
    pattern: Pattern, runs: Sequence[_Run], meshes: Mapping[str, PanelMesh], offset: Mapping[str, int]
) -> NDArray[np.int32]:
    """(p, 2) edges at which a panel is turned over: folds that turn it, the seam of a collar's fall on its stand."""
    panels = pattern.panels()
    found = [meshes[p.name].stations[fold][1] + offset[p.name] for p in panels for fold in _turns(p)]
    turned = {p.name for p in panels if _falls(p)}
    for sewn in runs:
        a, b = sewn.run.a, sewn.run.b
        for own, other, vertices in ((a, b, sewn.a), (b, a, sewn.b)):
            if own.panel in turned and other.panel not in turned:
                found.append(vertices)
    return _edges(found)


def _creased(
    pattern: Pattern, runs: Sequence[_Run], meshes: Mapping[str, PanelMesh], offset: Mapping[str, int]
) -> NDArray[np.int32]:
    """(c, 2) edges at which a panel is folded, or lies on what it is sewn to and is not continued by it.

    Such are folds and the folds of pleats; the stretches of an edge that a pleat hides; the edges of a panel laid "on"
    another where the two are sewn together; and edges that are sewn only as further layers of a seam.
    """
    host = {p.name: p.wrap.host for p in pattern.panels()}
    piece = {p.name: p.piece for p in pattern.panels()}
    joins = {(ref.panel, ref.edge) for s in pattern.seams for ref in (*s.a, *s.b)}
    folds = np.concatenate([np.empty((0, 2), np.intp), *(m.creases + offset[name] for name, m in meshes.items())])
    folded, found = np.unique(folds), list[NDArray[np.intp]]()
    for sewn in runs:
        a, b = sewn.run.a, sewn.run.b
        pleat = a.panel == b.panel and np.isin(sewn.a[(sewn.a == sewn.b)], folded).any()
        for own, other, vertices in ((a, b, sewn.a), (b, a, sewn.b)):
            if pleat or host[own.panel] in (other.panel, piece[other.panel]) or (own.panel, own.edge) not in joins:
                found.append(vertices)
    return np.concatenate([folds.astype(np.int32), _edges(found)])


def _elastic(panel: Panel, mesh: PanelMesh) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]:
    """(e, 2) ends, (e,) rest lengths and (e,) stiffnesses of the elastic along a panel's lines."""
    ends, rest, stiffness = [np.empty((0, 2), np.intp)], [np.empty(0)], [np.empty(0)]
    for elastic in panel.elastics:
        _, index = mesh.stations[elastic.line]
        ends.append(np.stack([index[:-1], index[1:]], axis=1))
        rest.append(elastic.ratio * np.linalg.norm(np.diff(mesh.points[index], axis=0), axis=1))
        stiffness.append(np.full(len(index) - 1, elastic.stiffness))
    return np.concatenate(ends), np.concatenate(rest), np.concatenate(stiffness)


def _trim_mass(panel: Panel, mesh: PanelMesh) -> NDArray[np.float64]:
    """(k,) kilograms of a panel's trims, shared among the corners of the triangle that each lies on."""
    mass = np.zeros(len(mesh.points))
    corners = mesh.points[mesh.faces]
    sides = np.stack([corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]], axis=2)
    for trim in panel.trims:
        two = np.linalg.solve(sides, (trim.at - corners[:, 0])[..., None])[..., 0]
        shares = np.column_stack([1 - two.sum(axis=1), two])
        face = shares.min(axis=1).argmax()
        share = np.clip(shares[face], 0.0, None)  # a trim on a curved edge lies a hair beside the chord
        mass[mesh.faces[face]] += trim.mass * share / share.sum()
    return mass


class _Sewn(NamedTuple):
    """Meshes sewn together: the number of each one's first vertex; the runs; and, as in Cloth, the vertex pairs (s, 2),
    the seam or fastening of each (s,) among those named, and what each vertex (n,) becomes.
    """

    offset: dict[str, int]
    runs: list[_Run]
    sewing: NDArray[np.int32]
    seam_of: NDArray[np.int16]
    names: tuple[str, ...]
    weld: NDArray[np.int32]


def _sewn(pattern: Pattern, meshes: Mapping[str, PanelMesh], sewn_runs: Sequence[SewnRun]) -> _Sewn:
    starts = np.cumsum([0, *(len(m.points) for m in meshes.values())]).tolist()
    offset = dict(zip(meshes, starts, strict=False))
    runs = [
        _Run(
            run,
            run_vertices(meshes[run.a.panel], run.a.edge, run.a_span) + offset[run.a.panel],
            run_vertices(meshes[run.b.panel], run.b.edge, run.b_span) + offset[run.b.panel],
        )
        for run in sewn_runs
    ]
    fastenings = closed_trims(pattern)
    names = [s.name for s in pattern.seams]
    pairs = [np.stack([r.a, r.b], axis=1) for r in runs]
    seam_of = [np.full(len(r.a), names.index(r.run.seam)) for r in runs]
    for number, (_, *both) in enumerate(fastenings, len(names)):
        pairs.append(np.array([[meshes[panel].trims[trim] + offset[panel] for panel, trim in both]]))
        seam_of.append(np.array([number]))
    sewing = np.concatenate([*pairs, np.empty((0, 2), np.intp)]).astype(np.int32)
    seam_index = np.concatenate([*seam_of, np.empty(0, np.intp)]).astype(np.int16)
    apart = sewing[:, 0] != sewing[:, 1]  # a dart's apex meets itself
    sewing, seam_index = sewing[apart], seam_index[apart]
    _, first = np.unique(np.sort(sewing, axis=1), axis=0, return_index=True)
    first.sort()
    sewing, seam_index = sewing[first], seam_index[first]
    every = (*names, *(name for name, *_ in fastenings))
    return _Sewn(offset, runs, sewing, seam_index, every, joined(starts[-1], sewing))


def _faces(meshes: Mapping[str, PanelMesh], offset: Mapping[str, int]) -> NDArray[np.int32]:
    return np.concatenate([mesh.faces + offset[name] for name, mesh in meshes.items()]).astype(np.int32)


def _common_triangles(meshes: Mapping[str, PanelMesh], sewn: _Sewn) -> NDArray[np.intp]:
    """(k,) the faces all of whose corners are sewn to those of one before: such two could never part."""
    corners = sewn.weld[_faces(meshes, sewn.offset)]
    held = np.flatnonzero((np.bincount(sewn.weld) > 1)[corners].all(axis=1))
    _, first = np.unique(np.sort(corners[held], axis=1), axis=0, return_index=True)
    return np.delete(held, first)


def _split(meshes: Mapping[str, PanelMesh], faces: NDArray[np.intp]) -> dict[str, PanelMesh]:
    """Meshes in which these faces (k,), counted through all of them, have a vertex in their middle."""
    found, before = dict[str, PanelMesh](), 0
    for name, mesh in meshes.items():
        mine = faces[(faces >= before) & (faces < before + len(mesh.faces))] - before
        before += len(mesh.faces)
        corners = mesh.faces[mine]
        middle = (len(mesh.points) + np.arange(len(mine), dtype=np.int32))[:, None]
        parts = [np.column_stack([corners[:, k], corners[:, k - 2], middle]) for k in range(3)]
        found[name] = replace(
            mesh,
            points=np.concatenate([mesh.points, mesh.points[corners].mean(axis=1)]),
            faces=np.concatenate([np.delete(mesh.faces, mine, axis=0), *parts]),
        )
    return found


def build_coarse(pattern: Pattern, body: Body, particle_distance: float) -> Cloth | None:
    """The cloth with its particles twice as many metres apart, on which a drape does its rough work.

    None where they would lie more than COARSEST apart, or a collar or lapel is turned over: with two triangles across
    it stands up, and goes on standing in the finer mesh. Raises as `build_cloth`.
    """
    rough = 2 * particle_distance
    if rough > COARSEST or any(_turns(panel) or _falls(panel) for panel in pattern.draped().panels()):
        return None
    return build_cloth(pattern, body, rough)


@functools.lru_cache(maxsize=2)  # kept for the next place of a slider that is moved
def _has_inside(body: Body) -> bool:
    return closed(body.faces)


def build_cloth(pattern: Pattern, body: Body, particle_distance: float = 0.012, *, untangle: bool = True) -> Cloth:
    """Mesh what of a pattern is draped, pair its seams and fastenings, and wrap its panels about a body.

    particle_distance in metres. untangle: the start crosses neither itself nor the body, as a drape needs it; what is
    only looked at does without, in a fraction of the time.
    Raises ParticleDistanceRefused, PanelRefused, SeamMismatch or PlacingRefused, also for a body that is not closed.
    """
    if not _has_inside(body):
        raise PlacingRefused("The body has holes, and so no inside to keep cloth out of: measure its scan anew.")
    pattern = pattern.draped()
    meshes, sewn_runs = mesh_pattern(pattern, particle_distance)
    panels = pattern.panels()
    sewn = _sewn(pattern, meshes, sewn_runs)
    if len(common := _common_triangles(meshes, sewn)):
        meshes = _split(meshes, common)
        sewn = _sewn(pattern, meshes, sewn_runs)
    runs, sewing, offset = sewn.runs, sewn.sewing, sewn.offset

    uv: list[NDArray[np.float64]] = []
    right = 0.0
    for panel in panels:
        g = panel.grain
        laid = meshes[panel.name].points @ np.array([[g[1], g[0]], [-g[0], g[1]]])  # the grain becomes +v
        laid = laid - [laid[:, 0].min() - right, 0.0]
        right = float(laid[:, 0].max()) + _GAP_IN_UV
        uv.append(laid)
    flat = np.concatenate(uv)
    trim_mass = np.concatenate([_trim_mass(p, meshes[p.name]) for p in panels])
    zips = {(s.name, ref): s.zip.mass for s in pattern.seams if s.zip for ref in s.b}
    for r in runs:
        tape = zips.get((r.run.seam, r.run.b), 0.0) * np.linalg.norm(np.diff(flat[r.a], axis=0), axis=1) / 4
        for side in (r.a, r.b):  # half of the tape along each side, half of each piece of it to either end
            np.add.at(trim_mass, side[:-1], tape)
            np.add.at(trim_mass, side[1:], tape)
    threads = [_elastic(p, meshes[p.name]) for p in panels]
    faces = _faces(meshes, offset)
    points = {p.name: meshes[p.name].points for p in panels}
    apart, vertices = place_panels(panels, points, faces, sewing, sewn.weld, body, untangle=untangle)
    pressed = _pressed(pattern, runs, meshes, offset)
    return Cloth(
        vertices=vertices,
        uv=flat,
        faces=faces,
        panel=np.repeat(np.arange(len(panels)), [len(m.points) for m in meshes.values()]).astype(np.int16),
        panel_names=tuple(p.name for p in panels),
        fabric_of_panel=tuple(p.fabric for p in panels),
        sewing=sewing,
        seam_of=sewn.seam_of,
        seam_names=sewn.names,
        weld=sewn.weld,
        apart=apart,
        creases=np.concatenate([_creased(pattern, runs, meshes, offset), pressed]),
        pressed=pressed,
        elastic=np.concatenate([t[0] + offset[p.name] for t, p in zip(threads, panels, strict=True)]).astype(np.int32),
        elastic_rest=np.concatenate([t[1] for t in threads]),
        elastic_stiffness=np.concatenate([t[2] for t in threads]),
        trim_mass=trim_mass if trim_mass.any() else None,
        interlining_of_panel=tuple(p.interlining for p in panels),
    )
