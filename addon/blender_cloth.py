# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender's cloth modifier as a drape engine, behind the SI translator, through native objects in a scene of its own.

The panels stay apart to the end: their springs and folds rest as they were cut, in the flat pattern, and their seams
are loose edges that Blender draws together, weightless and in thick air at first. Then weight grows, the air thins, and
the garment hangs until it is at rest. Only then are the seams welded, and `sim.finish` lets back what is over-stretched
or touches the skin.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace

import bpy
import numpy as np
from numpy.typing import NDArray

from ..bodies import Body
from ..sim import Cloth, Drape, DrapeRefused, Mechanics
from ..sim.drape import Watch, Wishes, unfelt
from ..sim.finish import finished
from ..sim.fusing import cut_and_fused
from ..sim.report import drape_report, peak_rss, rest_areas, speed_rms, strain
from . import cloth_settings
from .cloth_scene import frames, group, keyframes, mesh_object, own_scene, rest_flat
from .cloth_settings import ClothSettings

log = logging.getLogger(__name__)

Points = NDArray[np.float64]

_THICKNESS = 0.002  # metres of collision on each side of the skin
_INSIDE = 0.02  # metres below the skin from where cloth is still brought out
_ROOM = 4.0  # metres from the middle; no garment goes there by itself
_UNFELT_RINGS = (
    2  # of triangles on each side of a seam, where self-collision would hold open what sewing draws together
)
_SLIDE = 0.5  # Blender's friction number while the cloth finds its place
_THICK_AIR = 10.0  # Blender's number while seams are drawn together: they pull hard, and the way does not matter
_DRAG = 4.0  # 1/s while it hangs: near what keeps a skirt from swinging
_ROUNDS = 3  # of collision in a substep: five would feel all of the friction, and take half as long again
_LATELY = 6  # frames over which speed is judged: from one to the next, contact flickers by millimetres a second


@dataclass(frozen=True)
class Timing:
    """Frames of each phase and when the cloth counts as at rest."""

    frame: float = 1 / 60  # seconds of cloth time a frame
    weightless: int = 30  # while seams are drawn together
    growing: int = 30  # of weight, while the air thins
    least: int = 60  # with its full weight
    most: int = 240
    rest_speed: float = 0.004  # metres a second, root mean square over the last tenth of a second
    substeps: int = 7  # at least

    @property
    def sewing(self) -> int:
        """Frames until the cloth has its full weight."""
        return self.weightless + self.growing


@dataclass(frozen=True)
class _Rest:
    """Where a garment's vertices ended, how fast they went lately, and after how many frames."""

    positions: Points
    velocities: Points
    frames: int


class BlenderCloth:
    """The engine that is always there. keep: see `cloth_settings.translate`."""

    name = "blender"

    def __init__(self, timing: Timing | None = None, *, keep: str = "shear") -> None:
        self.timing, self.keep = timing or Timing(), keep

    def drape(
        self, cloth: Cloth, body: Body, fabrics: Mapping[str, Mechanics], watch: Watch, wishes: Wishes | None = None
    ) -> Drape:
        """See sim.drape.DrapeEngine. A garment with pins rests as it starts, not as it was cut."""
        began, began_cpu = time.perf_counter(), time.process_time()
        rest = self._settled(cloth, body, fabrics, watch, wishes or Wishes())
        gaps = np.linalg.norm(np.diff(rest.positions[cloth.sewing], axis=1)[:, 0], axis=1)
        watch.step(0.96, "Easing the threads", cloth.welded(rest.positions))
        positions = finished(cloth, rest.positions, body)
        if wishes is not None and len(wishes.pinned) and wishes.start is not None:
            positions[wishes.pinned] = wishes.start[wishes.pinned]
        watch.step(0.98, "Measuring the fit", positions)
        report = drape_report(
            cloth,
            positions,
            body,
            fabrics["self"],
            engine=self.name,
            sewn=positions[cloth.weld],
            velocities=rest.velocities,
            collision_thickness=_THICKNESS,
            seconds=time.perf_counter() - began,
            cpu_seconds=time.process_time() - began_cpu,
            peak_rss=peak_rss(),
            settled=speed_rms(cloth, rest.velocities) < self.timing.rest_speed,
            frames=rest.frames,
            notes=unfelt(cloth, wishes or Wishes(), "Blender's cloth", "elastic", "folds", "trims", "wind"),
        )
        report = replace(report, sewing_gap_max=float(gaps.max(initial=0.0)))
        watch.progress(1.0, "Draped")
        threads = strain(cloth.uv[cloth.faces], positions, cloth.welded_faces)
        return Drape(cloth, positions, cloth.welded_faces, threads, report)

    def _settled(
        self, cloth: Cloth, body: Body, fabrics: Mapping[str, Mechanics], watch: Watch, wishes: Wishes
    ) -> _Rest:
        """The garment sewn and hung, its panels still apart. Raises DrapeRefused when it flies off."""
        t = self.timing
        settings, weights = garment_settings(cloth, fabrics, t, self.keep)
        for warning in settings.warnings:
            log.warning("%s", warning)
        start, sewing = (cloth.unsewn, t.sewing) if wishes.start is None else (wishes.start[cloth.weld], 0)
        rest = _Rest(start, np.zeros_like(start), 0)
        with own_scene(wishes.gravity) as scene:
            figure = _figure(scene, body, settings)
            garment = mesh_object(scene, "Toile garment", start, cloth.faces, cloth.sewing)
            modifier = garment.modifiers.new("Cloth", "CLOTH")
            cloth_settings.apply(modifier, settings)
            _weigh(garment, modifier, cloth, fabrics, weights)
            _sew(garment, modifier, cloth)
            if sewing:
                _ease_in(modifier, figure, settings, t)
            if len(wishes.pinned):
                pinned = np.flatnonzero(np.isin(cloth.weld, wishes.pinned)).astype(np.int32)
                modifier.settings.vertex_group_mass = group(garment, "Pinned", pinned)
            else:
                rest_flat(garment, modifier, cloth.uv)
            most, lately = sewing + t.most, deque[Points](maxlen=_LATELY + 1)
            for frame, x in frames(scene, garment, most):
                if not np.isfinite(x).all() or np.abs(x).max() > _ROOM:
                    raise DrapeRefused(
                        f"The cloth flew off at frame {frame}: give a finer particle distance or another fabric."
                    )
                lately.append(x)
                rest = _Rest(x, (x - lately[0]) / t.frame / max(1, len(lately) - 1), frame - 1)
                phase = "Sewing" if rest.frames < sewing else "Draping"
                watch.step(0.95 * frame / (most + 1), f"{phase}, frame {frame}", cloth.welded(x))
                if rest.frames >= sewing + t.least and speed_rms(cloth, rest.velocities) < t.rest_speed:
                    break
        return rest


def garment_settings(
    cloth: Cloth, fabrics: Mapping[str, Mechanics], timing: Timing, keep: str
) -> tuple[ClothSettings, dict[str, tuple[float, float]]]:
    """The garment's cloths in Blender's numbers, and each one's weights in the groups for stretch and bending."""
    cloths, made_of = cut_and_fused(fabrics, cloth.made_of)
    panel = cloth.panel[cloth.faces[:, 0]]
    area = np.bincount(panel, rest_areas(cloth.uv[cloth.faces]), len(made_of))
    areas = {name: sum(a for a, r in zip(area, made_of, strict=True) if r == name) for name in cloths}
    mesh = cloth_settings.lattice(cloth.uv, cloth.faces)
    return cloth_settings.translate_roles(
        cloths, areas, mesh, frame=timing.frame, quality=timing.substeps, keep=keep, drag=_DRAG
    )


def _weigh(
    garment: bpy.types.Object,
    modifier: bpy.types.ClothModifier,
    cloth: Cloth,
    fabrics: Mapping[str, Mechanics],
    weights: Mapping[str, tuple[float, float]],
) -> None:
    """Vertex groups that say which cloth's stiffness a panel has."""
    if len(weights) < 2:
        return
    for k, name in enumerate(cut_and_fused(fabrics, cloth.made_of)[1]):
        vertices = np.flatnonzero(cloth.panel == k).astype(np.int32)
        stretch, bending = weights[name]
        modifier.settings.vertex_group_structural_stiffness = group(garment, "Stretch", vertices, stretch)
        modifier.settings.vertex_group_bending = group(garment, "Bending", vertices, bending)


def _sew(garment: bpy.types.Object, modifier: bpy.types.ClothModifier, cloth: Cloth) -> None:
    """Seams that draw together, and self-collision that does not hold them open."""
    modifier.settings.use_sewing_springs = True
    modifier.settings.sewing_force_max = 0.0
    contact = modifier.collision_settings
    contact.collision_quality = _ROUNDS
    contact.distance_min = contact.self_distance_min = _THICKNESS
    contact.use_self_collision = True
    near = np.zeros(len(cloth.vertices), bool)
    near[cloth.sewing.ravel()] = True
    for _ in range(_UNFELT_RINGS):
        near[cloth.faces[near[cloth.faces].any(axis=1)].ravel()] = True
    contact.vertex_group_self_collisions = group(garment, "Near seams", np.flatnonzero(near).astype(np.int32))


def _figure(scene: bpy.types.Scene, body: Body, settings: ClothSettings) -> bpy.types.Object:
    """The body as an obstacle."""
    figure = mesh_object(scene, "Toile body", body.vertices, body.faces)
    figure.modifiers.new("Collision", "COLLISION")
    figure.collision.thickness_outer = _THICKNESS
    figure.collision.thickness_inner = _INSIDE
    figure.collision.cloth_friction = settings.cloth_friction
    return figure


def _ease_in(modifier: bpy.types.ClothModifier, figure: bpy.types.Object, settings: ClothSettings, t: Timing) -> None:
    """Weightless, slippery and in thick air until the seams are closed; then weight grows and the air thins."""
    cloth, skin = modifier.settings, figure.collision
    keyframes(cloth.effector_weights, "gravity", [(1, 0.0), (t.weightless, 0.0), (t.sewing, 1.0)])
    keyframes(cloth, "air_damping", [(1, _THICK_AIR), (t.weightless, _THICK_AIR), (t.sewing, settings.air_damping)])
    keyframes(skin, "cloth_friction", [(1, _SLIDE), (t.weightless, _SLIDE), (t.sewing, settings.cloth_friction)])
