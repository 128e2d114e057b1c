# SPDX-License-Identifier: GPL-3.0-or-later
"""A draped garment in Blender's own physics: its Cloth modifier, the body's Collision, and what their numbers mean.

The garment goes on from its settled shape, which is also its rest: a welded garment has no flat pattern that a Cloth
modifier could rest in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import bpy
import numpy as np

from ..sim import DrapeRefused, Mechanics
from ..sim.fusing import cut_and_fused
from ..sim.report import rest_areas
from ..sim.warm_start import Hung
from . import bridge, cloth_settings
from .cloth_scene import group
from .cloth_settings import ClothSettings, Lattice, Reading
from .view_model import Row

_SKIN = 0.001  # metres of collision outside the skin; as thin as the field allows, for the cloth lies close already
_INSIDE = 0.02  # metres below it from where cloth is still brought out
_DRAG = 2.0  # 1/s: about what still air does to a light cloth
_QUALITY = 7
_GROUPS = ("Stretch", "Bending", "Pinned")

_lattices: dict[str, Lattice] = {}  # by the drape's report, for panels ask many times a second


@dataclass(frozen=True)
class HandedOver:
    """What was written, and whether the garment had a Cloth modifier before."""

    settings: ClothSettings
    again: bool


def cloth_modifier(obj: bpy.types.Object) -> bpy.types.ClothModifier | None:
    """The object's Cloth modifier, if it has one."""
    return next((m for m in obj.modifiers if isinstance(m, bpy.types.ClothModifier)), None)


def hand_over(
    scene: bpy.types.Scene, garment: bpy.types.Object, body: bpy.types.Object, fabrics: Mapping[str, Mechanics]
) -> HandedOver:
    """Give a draped garment a Cloth modifier with its fabrics' numbers, and its body a Collision; or renew both.

    fabrics: by role, "self" for the rest. In real time over the scene's own frames; gravity, effectors and whatever
    else collides are the scene's. A recording of the drape is switched off. Raises DrapeRefused.
    """
    modifier = cloth_modifier(garment)
    again = modifier is not None
    if modifier is not None and modifier.point_cache.is_baked:
        raise DrapeRefused("The cloth is baked: delete its bake in the Physics tab, then press again.")
    hung = bridge.hung(garment)
    if hung is None or len(hung.vertices) != len(garment.data.vertices):
        raise DrapeRefused("The garment's mesh was changed by hand: drape it again, then go on in Blender's physics.")
    panels = [(p.fabric, p.interlining) for p in bridge.pattern_of(garment).draped().panels()]
    cloths, made_of = cut_and_fused(fabrics, panels)
    mesh, areas = _lattice(garment, hung), _areas(hung, made_of)
    frame = scene.render.fps_base / scene.render.fps
    settings, weights = cloth_settings.translate_roles(
        cloths, areas, mesh, frame=frame, quality=_QUALITY, keep="shear", drag=_DRAG
    )
    if modifier is None:
        modifier = garment.modifiers.new("Cloth", "CLOTH")
    modifier.show_viewport = modifier.show_render = True  # a drape has switched it off
    cloth_settings.apply(modifier, settings)
    contact, cache = modifier.collision_settings, modifier.point_cache
    contact.use_self_collision = True
    cache.frame_start, cache.frame_end = scene.frame_start, scene.frame_end
    for name in _GROUPS:
        if name in garment.vertex_groups:
            garment.vertex_groups.remove(garment.vertex_groups[name])
    cloth = modifier.settings
    cloth.vertex_group_structural_stiffness = cloth.vertex_group_bending = cloth.vertex_group_mass = ""
    if len(weights) > 1:
        for name, (stretch, bending) in weights.items():
            of_cloth = np.isin(hung.panel, [k for k, own in enumerate(made_of) if own == name])
            vertices = np.unique(hung.faces[of_cloth]).astype(np.int32)
            cloth.vertex_group_structural_stiffness = group(garment, "Stretch", vertices, stretch)
            cloth.vertex_group_bending = group(garment, "Bending", vertices, bending)
    if len(hung.pinned):
        cloth.vertex_group_mass = group(garment, "Pinned", hung.pinned)
    for recording in (m for m in garment.modifiers if m.type == "MESH_CACHE"):
        recording.show_viewport = recording.show_render = False
    if all(m.type != "COLLISION" for m in body.modifiers):
        body.modifiers.new("Collision", "COLLISION")
    body.collision.thickness_outer = _SKIN
    body.collision.thickness_inner = _INSIDE
    body.collision.cloth_friction = settings.cloth_friction
    return HandedOver(settings, again)


def reading(garment: bpy.types.Object) -> Reading | None:
    """What a garment's Cloth modifier amounts to in SI; None where it has none, or its mesh is not its drape's."""
    modifier = cloth_modifier(garment)
    if modifier is None or not garment.toile.report:
        return None
    if garment.toile.report not in _lattices:
        hung = bridge.hung(garment)
        if hung is None or len(hung.vertices) != len(garment.data.vertices):
            return None
        _lattice(garment, hung)
    return cloth_settings.read(modifier, _lattices[garment.toile.report])


def reading_rows(found: Reading) -> tuple[Row, ...]:
    """A reading as a panel shows it; warp × weft."""
    warp, weft = found.stretch
    return (
        Row("Weight", f"{1000 * found.density:.0f} g/m²"),
        Row("Stretch", f"{warp:.0f} × {weft:.0f} N/m"),
        Row("Shear", f"{found.shear:.0f} N/m"),
        Row("Bending", f"{1e6 * found.bend[0]:.2g} × {1e6 * found.bend[1]:.2g} µN·m"),
        Row("A frame", f"{1000 * found.frame:.1f} ms"),
    )


def _lattice(garment: bpy.types.Object, hung: Hung) -> Lattice:
    """The garment's mesh as springs: panel by panel, as it was cut."""
    corner = np.column_stack([hung.faces.ravel(), np.rint(hung.uv.reshape(-1, 2) * 1e6)]).astype(np.int64)
    apart, faces = np.unique(corner, axis=0, return_inverse=True)
    found = cloth_settings.lattice(apart[:, 1:] * 1e-6, faces.reshape(-1, 3), len(hung.vertices))
    while len(_lattices) >= 8:
        del _lattices[next(iter(_lattices))]
    _lattices[garment.toile.report] = found
    return found


def _areas(hung: Hung, made_of: Sequence[str]) -> dict[str, float]:
    """m² of each cloth; made_of: each panel's."""
    area = np.bincount(hung.panel, rest_areas(hung.uv), len(made_of))
    return {
        name: float(sum(area[k] for k, own in enumerate(made_of) if own == name)) for name in dict.fromkeys(made_of)
    }
