# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender's cloth modifier as a drape engine, through native objects in a scene of its own.

The garment goes in as it was placed, its panels apart, its flat pattern as the rest shape, its seams as loose edges that
Blender draws together. Sewing happens weightless; then gravity comes, and frames run until the cloth is at rest.
What leaves is welded along the seams and freed of what Blender's contact left behind (sim.finish).

Blender's units: one frame at time scale 1 is √0.001 s whatever the fps; mass is per vertex; a spring's tension is Y·L/1000
and bending 3·B/(100·L²) for springs of mean length L; a triangle mesh is 1.155 times as stiff as a quad grid. Threads are
drawn stiffer than a knit's (a sewn seam would else stretch it) and bending is raised to what a mesh of this size can carry
without folding from row to row; the figures were found by draping and looking, and are kept in docs/figures.md.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

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
_SLIDE = 0.5  # Blender's friction number while the cloth finds its place


@dataclass(frozen=True)
class Timing:
    """Frames of each phase and when the cloth counts as at rest."""

    frame: float = 1 / 60  # seconds of cloth time a frame
    sewing: int = 45  # weightless
    gravity: int = 15  # gravity grows
    least: int = 75
    most: int = 150
    rest_speed: float = 0.008  # metres a second, root mean square
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
            bpy.data.objects.remove(made)
            bpy.data.meshes.remove(mesh)
        bpy.data.scenes.remove(scene)


def dress(scene: bpy.types.Scene, cloth: Cloth, body: Body, fabric: Mechanics, timing: Timing) -> bpy.types.Object:
    """Body with collision and garment with cloth modifier, native and editable, in `scene`; returns the garment."""
    figure = _mesh_object("Toile body", body.vertices, np.empty((0, 2), np.int32), body.faces)
    scene.collection.objects.link(figure)
    figure.modifiers.new("Collision", "COLLISION")
    figure.collision.thickness_outer = _THICKNESS
    figure.collision.thickness_inner = 0.02
    figure.collision.cloth_friction = _SLIDE

    garment = _mesh_object("Toile garment", cloth.vertices, cloth.sewing, cloth.faces)
    scene.collection.objects.link(garment)
    garment.shape_key_add(name="Basis")
    rest = garment.shape_key_add(name="Flat pattern")
    flat = np.column_stack([cloth.uv, np.zeros(len(cloth.uv))]).astype(np.float32)
    rest.data.foreach_set("co", flat.ravel())
    # Blender 5 no longer reads rest_shape_key. A dynamic base mesh does what it promised: the cloth starts as it was placed
    # on frame 1, and from frame 2 on its springs take their rest lengths from the flat pattern.
    for frame, value in ((1, 0.0), (2, 1.0)):
        rest.value = value
        rest.keyframe_insert("value", frame=frame)

    modifier = garment.modifiers.new("Cloth", "CLOTH")
    settings, contact = modifier.settings, modifier.collision_settings
    settings.use_dynamic_mesh = True
    n = len(cloth.vertices)
    corners = cloth.uv[cloth.faces]
    u, v = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    area = float(np.abs(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]).sum() / 2)
    length = float(np.mean([np.linalg.norm(corners[:, k] - corners[:, k - 1], axis=1).mean() for k in range(3)]))
    settings.quality = timing.substeps
    settings.time_scale = timing.frame / _FRAME_AT_SCALE_1
    settings.mass = fabric.density * area / n
    tension = max(fabric.stretch_warp, fabric.stretch_weft) * length / 1000 / _TRIANGLE_STIFFNESS
    settings.tension_stiffness = settings.compression_stiffness = max(tension, _LEAST_TENSION)
    settings.shear_stiffness = max(fabric.shear * length / 1000 / _TRIANGLE_STIFFNESS, 0.1 * _LEAST_TENSION)
    bending = 3 * max(fabric.bend_warp, fabric.bend_weft) / (100 * length**2)
    settings.bending_stiffness = min(_BENDING_RAISED * bending, _MOST_BENDING)
    settings.tension_damping = settings.compression_damping = settings.shear_damping = 0.2
    settings.bending_damping = 0.05
    settings.air_damping = 3.0  # the way to rest does not matter, only the rest
    settings.use_sewing_springs = True
    settings.sewing_force_max = 0.0
    contact.use_collision = True
    contact.collision_quality = 3
    contact.distance_min = _THICKNESS
    contact.friction = _SLIDE
    contact.use_self_collision = False
    modifier.point_cache.frame_start = 1
    modifier.point_cache.frame_end = timing.most + 1
    scene.frame_start, scene.frame_end = 1, timing.most + 1
    weight = settings.effector_weights
    for frame, value in ((1, 0.0), (timing.sewing, 0.0), (timing.sewing + timing.gravity, 1.0)):
        weight.gravity = value
        weight.keyframe_insert("gravity", frame=frame)
    return garment


def _positions(garment: bpy.types.Object, graph: bpy.types.Depsgraph, n: int) -> Points:
    mesh = garment.evaluated_get(graph).data
    flat = np.empty(n * 3, np.float32)
    mesh.vertices.foreach_get("co", flat)
    return flat.reshape(-1, 3).astype(np.float64)


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
        limit = float(np.abs(body.vertices).max()) + 2.0
        n = len(cloth.vertices)
        with _own_scene() as scene:
            garment = dress(scene, cloth, body, fabric, t)
            x = cloth.vertices
            speed, velocities = np.inf, np.zeros_like(x)
            for frame in range(1, t.most + 1):
                if cancelled():
                    raise DrapeCancelled("The drape was cancelled; the garment is as it was.")
                scene.frame_set(frame)
                graph = scene.view_layers[0].depsgraph
                moved = _positions(garment, graph, n)
                if not np.isfinite(moved).all() or np.abs(moved).max() > limit:
                    raise DrapeRefused(
                        f"The cloth flew off at frame {frame}: give a finer particle distance or a softer fabric."
                    )
                velocities, x = (moved - x) / t.frame, moved
                speed = float(np.sqrt((velocities**2).sum(axis=1).mean()))
                phase = "Sewing" if frame <= t.sewing else "Draping"
                progress(min(0.95 * frame / t.most, 0.95), f"{phase}, frame {frame}")
                if frame >= t.least and speed < t.rest_speed:
                    break
        progress(0.96, "Welding seams")
        positions = finished(cloth, x, body)
        report = drape_report(
            cloth,
            positions,
            body,
            fabric,
            engine=self.name,
            sewn=x,
            velocities=velocities,
            collision_thickness=_THICKNESS,
            seconds=time.perf_counter() - began,
            cpu_seconds=time.process_time() - began_cpu,
            peak_rss=_peak_rss(),
            settled=speed < t.rest_speed,
            frames=frame,
        )
        progress(1.0, "Draped")
        return Drape(cloth, positions, cloth.welded_faces, strain(cloth.uv[cloth.faces], positions, cloth.welded_faces), report)
