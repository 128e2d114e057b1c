# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender's cloth modifier as a drape engine, through native objects in a scene of its own.

First the panels as they were placed, apart, with the flat pattern as their rest shape and their seams as loose edges
that Blender draws together: weightless at first, then with gravity. Then the same garment welded along its seams, with
self-collision, until it is at rest. After each, `sim.finish` lets back what was over-stretched or touches the skin.

Blender's units: one frame at time scale 1 is √0.001 s whatever the fps; mass is per vertex; a spring's tension is
Y·L/1000 and bending 3·B/(100·L²) for springs of mean length L; a triangle mesh is 1.155 times as stiff as a quad grid.
Threads are drawn stiffer than a knit's (a sewn seam would else stretch it) and bending is raised to what a mesh of this
size can carry without folding from row to row: both were found by draping and looking.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import bpy
import numpy as np
from numpy.typing import NDArray

from ..bodies import Body
from ..sim import Cloth, Drape, DrapeCancelled, DrapeRefused, Mechanics
from ..sim.drape import Cancelled, Progress
from ..sim.finish import finished
from ..sim.report import drape_report, strain

Points = NDArray[np.float64]

_FRAME_AT_SCALE_1 = 0.001**0.5  # seconds
_TRIANGLE_STIFFNESS = 1.155
_LEAST_TENSION = 0.1
_BENDING_RAISED = 50.0
_MOST_BENDING = 5.0
_THICKNESS = 0.002  # metres of collision on each side of the skin
_ROOM = 4.0  # metres from the middle; no garment goes there by itself
_UNFELT_RINGS = 2  # of triangles on each side of a seam, where self-collision is off while it closes
_NO_EDGES = np.empty((0, 2), np.int32)
_SLIDE = 0.5  # Blender's friction number while the cloth finds its place


@dataclass(frozen=True)
class Timing:
    """Frames of each phase and when the cloth counts as at rest."""

    frame: float = 1 / 60  # seconds of cloth time a frame
    weightless: int = 20
    gravity: int = 10  # gravity grows
    sewing: int = 60  # all of it with the panels apart
    least: int = 60  # welded
    most: int = 150
    rest_speed: float = 0.005  # metres a second, root mean square
    substeps: int = 7


def _mesh_object(name: str, vertices: Points, edges: NDArray[np.int32], faces: NDArray[np.int32]) -> bpy.types.Object:
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(vertices.tolist(), edges.tolist(), faces.tolist())
    return bpy.data.objects.new(name, mesh)


@contextmanager
def _own_scene() -> Iterator[bpy.types.Scene]:
    """A scene that disappears with everything that was linked to it."""
    scene = bpy.data.scenes.new("Toile drape")
    try:
        yield scene
    finally:
        for made in list(scene.collection.objects):
            mesh = made.data
            animated = [block.animation_data for block in (made, getattr(mesh, "shape_keys", None)) if block]
            actions = [a.action for a in animated if a]  # keyframes outlive what they move
            bpy.data.objects.remove(made)
            bpy.data.meshes.remove(mesh)
            bpy.data.batch_remove(actions)
        bpy.data.scenes.remove(scene)


def _figure(scene: bpy.types.Scene, body: Body) -> None:
    """The body as an obstacle."""
    figure = _mesh_object("Toile body", body.vertices, _NO_EDGES, body.faces)
    scene.collection.objects.link(figure)
    figure.modifiers.new("Collision", "COLLISION")
    figure.collision.thickness_outer = _THICKNESS
    figure.collision.thickness_inner = 0.02
    figure.collision.cloth_friction = _SLIDE


def _cloth_modifier(garment: bpy.types.Object, cloth: Cloth, fabric: Mechanics, timing: Timing) -> bpy.types.Modifier:
    """A cloth modifier with the fabric in Blender's units, ready to be changed by hand in the Physics tab."""
    modifier = garment.modifiers.new("Cloth", "CLOTH")
    settings, contact = modifier.settings, modifier.collision_settings
    corners = cloth.uv[cloth.faces]
    u, v = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    area = float(np.abs(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]).sum() / 2)
    length = float(np.mean([np.linalg.norm(corners[:, k] - corners[:, k - 1], axis=1).mean() for k in range(3)]))
    settings.quality = timing.substeps
    settings.time_scale = timing.frame / _FRAME_AT_SCALE_1
    settings.mass = fabric.density * area / len(garment.data.vertices)
    tension = max(fabric.stretch_warp, fabric.stretch_weft) * length / 1000 / _TRIANGLE_STIFFNESS
    settings.tension_stiffness = settings.compression_stiffness = max(tension, _LEAST_TENSION)
    settings.shear_stiffness = max(fabric.shear * length / 1000 / _TRIANGLE_STIFFNESS, 0.1 * _LEAST_TENSION)
    bending = 3 * max(fabric.bend_warp, fabric.bend_weft) / (100 * length**2)
    settings.bending_stiffness = min(_BENDING_RAISED * bending, _MOST_BENDING)
    settings.tension_damping = settings.compression_damping = settings.shear_damping = 0.2
    settings.bending_damping = 0.0  # any at all keeps the cloth trembling
    settings.air_damping = 0.3
    contact.collision_quality = 3
    contact.distance_min = _THICKNESS
    contact.friction = _SLIDE
    contact.self_friction = _SLIDE
    contact.self_distance_min = _THICKNESS
    return modifier


def _unfelt_near_seams(garment: bpy.types.Object, cloth: Cloth) -> bpy.types.VertexGroup:
    """The group that self-collision leaves out: it would hold open what the seams draw together."""
    near = np.zeros(len(cloth.vertices), bool)
    near[cloth.sewing.ravel()] = True
    for _ in range(_UNFELT_RINGS):
        near[cloth.faces[near[cloth.faces].any(axis=1)].ravel()] = True
    group = garment.vertex_groups.new(name="Near seams")
    group.add(np.flatnonzero(near).tolist(), 1.0, "REPLACE")
    return group


def _sewing_garment(scene: bpy.types.Scene, cloth: Cloth, fabric: Mechanics, timing: Timing) -> bpy.types.Object:
    """The panels apart, their flat pattern at rest, their seams as loose edges; weightless until they are closed."""
    garment = _mesh_object("Toile pieces", cloth.vertices, cloth.sewing, cloth.faces)
    scene.collection.objects.link(garment)
    garment.shape_key_add(name="Basis")
    rest = garment.shape_key_add(name="Flat pattern")
    flat = np.column_stack([cloth.uv, np.zeros(len(cloth.uv))]).astype(np.float32)
    rest.data.foreach_set("co", flat.ravel())
    # Blender 5 no longer reads rest_shape_key. A dynamic base mesh does what it promised: the cloth starts as it was
    # placed on frame 1, and from frame 2 on its springs take their rest lengths from the flat pattern.
    for frame, value in ((1, 0.0), (2, 1.0)):
        rest.value = value
        rest.keyframe_insert("value", frame=frame)
    modifier = _cloth_modifier(garment, cloth, fabric, timing)
    settings, contact = modifier.settings, modifier.collision_settings
    contact.use_self_collision = True
    contact.vertex_group_self_collisions = _unfelt_near_seams(garment, cloth).name
    settings.air_damping = 3.0  # sewing pulls hard; the way does not matter
    settings.use_dynamic_mesh = True
    settings.use_sewing_springs = True
    settings.sewing_force_max = 0.0
    weight = settings.effector_weights
    for frame, value in ((1, 0.0), (timing.weightless, 0.0), (timing.weightless + timing.gravity, 1.0)):
        weight.gravity = value
        weight.keyframe_insert("gravity", frame=frame)
    return garment


def _welded_garment(
    scene: bpy.types.Scene, cloth: Cloth, positions: Points, fabric: Mechanics, timing: Timing
) -> bpy.types.Object:
    """The garment in one piece, at rest as it was sewn (its threads have the pattern's length by then)."""
    garment = _mesh_object("Toile garment", positions, _NO_EDGES, cloth.welded_faces)
    scene.collection.objects.link(garment)
    _cloth_modifier(garment, cloth, fabric, timing).collision_settings.use_self_collision = True
    return garment


@dataclass(frozen=True)
class _Run:
    """Where a garment's vertices ended, how fast they went then, and after how many frames."""

    positions: Points
    velocities: Points
    frames: int

    @property
    def speed(self) -> float:
        return float(np.sqrt((self.velocities**2).sum(axis=1).mean()))


def _run(
    scene: bpy.types.Scene,
    garment: bpy.types.Object,
    timing: Timing,
    least: int,
    most: int,
    watch: Callable[[int], None],
) -> _Run:
    """Frames until the garment rests, at least `least` and at most `most`. Raises DrapeRefused when it flies off."""
    garment.modifiers["Cloth"].point_cache.frame_end = most + 1
    scene.frame_start, scene.frame_end = 1, most + 1
    n = len(garment.data.vertices)
    flat = np.empty(n * 3, np.float32)
    run = _Run(np.zeros((n, 3)), np.full((n, 3), np.inf), 0)
    for frame in range(1, most + 1):
        watch(frame)
        scene.frame_set(frame)
        garment.evaluated_get(scene.view_layers[0].depsgraph).data.vertices.foreach_get("co", flat)
        moved = flat.reshape(-1, 3).astype(np.float64)
        if not np.isfinite(moved).all() or np.abs(moved).max() > _ROOM:
            raise DrapeRefused(
                f"The cloth flew off at frame {frame}: give a finer particle distance or another fabric."
            )
        run = _Run(moved, (moved - run.positions) / timing.frame, frame)
        if frame >= least and run.speed < timing.rest_speed:
            break
    return run


def _peak_rss() -> int:
    """Bytes of memory this process has held at most; 0 where the system does not say (Windows)."""
    try:
        import resource
    except ImportError:
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


class BlenderCloth:
    """The engine that is always there."""

    name = "blender"

    def __init__(self, timing: Timing | None = None) -> None:
        self.timing = timing or Timing()

    def drape(self, cloth: Cloth, body: Body, fabric: Mechanics, progress: Progress, cancelled: Cancelled) -> Drape:
        """See sim.drape.DrapeEngine."""
        began, began_cpu = time.perf_counter(), time.process_time()
        t = self.timing

        def watch(phase: str, start: float, share: float, most: int) -> Callable[[int], None]:
            def frame_begins(frame: int) -> None:
                if cancelled():
                    raise DrapeCancelled("The drape was cancelled; the garment is as it was.")
                progress(start + share * frame / most, f"{phase}, frame {frame}")

            return frame_begins

        with _own_scene() as scene:
            _figure(scene, body)
            garment = _sewing_garment(scene, cloth, fabric, t)
            sewn = _run(scene, garment, t, t.sewing, t.sewing, watch("Sewing", 0.0, 0.5, t.sewing))
        gaps = np.linalg.norm(np.diff(sewn.positions[cloth.sewing], axis=1)[:, 0], axis=1)
        positions = finished(cloth, sewn.positions, body)
        with _own_scene() as scene:
            _figure(scene, body)
            garment = _welded_garment(scene, cloth, positions, fabric, t)
            rested = _run(scene, garment, t, t.least, t.most, watch("Draping", 0.5, 0.45, t.most))
        progress(0.96, "Easing the threads")
        positions = finished(cloth, rested.positions[cloth.weld], body)
        progress(0.98, "Measuring the fit")
        report = drape_report(
            cloth,
            positions,
            body,
            fabric,
            engine=self.name,
            sewn=positions[cloth.weld],
            velocities=rested.velocities[cloth.weld],
            collision_thickness=_THICKNESS,
            seconds=time.perf_counter() - began,
            cpu_seconds=time.process_time() - began_cpu,
            peak_rss=_peak_rss(),
            settled=rested.speed < t.rest_speed,
            frames=sewn.frames + rested.frames,
        )
        report = replace(report, sewing_gap_max=float(gaps.max(initial=0.0)))
        progress(1.0, "Draped")
        threads = strain(cloth.uv[cloth.faces], positions, cloth.welded_faces)
        return Drape(cloth, positions, cloth.welded_faces, threads, report)
