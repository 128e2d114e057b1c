# SPDX-License-Identifier: GPL-3.0-or-later
"""Placed prints and embroidery: a picture on a piece, at millimetres of the pattern, as a skin that follows the cloth.

A print is ink in the garment's own cloth and keeps its relief; embroidery is satin stitch. Each is an object of its
own, a hair above the cloth, with the picture's own UV map beside the garment's: so every exporter understands it.
"""

from __future__ import annotations

import math
from pathlib import Path

import bpy
import numpy as np
from mathutils import Matrix

from ...patterns import Panel, Pattern
from ...patterns.matching import on_cloth
from ..material import UV_MAP, fabric_material, pixels_of, principled
from .laying import corners_of

PICTURE_UV = "Print"
THREAD = "silk_satin"  # whose floats embroidery shines and feels like
LARGEST = 8192  # pixels a side
_ABOVE = 0.0004, 0.0008  # metres that ink and thread lie above the cloth, or the renderer cannot tell them from it
_FRAME = 1  # clear pixels round a picture: beyond its edge a viewer repeats the outermost


class PrintRefused(ValueError):
    """A picture that cannot be placed, or a place that is not on the garment."""


def read_picture(path: Path) -> bpy.types.Image:
    """A picture file with a clear frame, kept in the .blend. Raises PrintRefused for what is none, or too large."""
    try:
        read = bpy.data.images.load(str(path))
    except RuntimeError:
        raise PrintRefused(f"There is no file {path}.") from None
    width, height = read.size
    try:
        if not width or not height:
            raise PrintRefused(f"{path.name} is no picture that can be read: save it as PNG or JPEG.")
        if max(width, height) > LARGEST:
            raise PrintRefused(f"{path.name} is {width} × {height} pixels: scale it to {LARGEST} a side or less.")
        pixels = pixels_of(read)
    finally:
        bpy.data.images.remove(read)
    framed = np.pad(pixels, ((_FRAME, _FRAME), (_FRAME, _FRAME), (0, 0)), "edge")
    for edge in (framed[:_FRAME], framed[-_FRAME:], framed[:, :_FRAME], framed[:, -_FRAME:]):
        edge[..., 3] = 0.0
    image = bpy.data.images.new(path.stem, width + 2 * _FRAME, height + 2 * _FRAME, alpha=True)
    image.pixels.foreach_set(framed.ravel())
    image.update()
    image.pack()
    return image


def objects_of(garment: bpy.types.Object) -> list[bpy.types.Object]:
    """What lies on a garment; nothing where Toile is not registered, as on the command line."""
    if not hasattr(garment, "toile"):
        return []
    return [o for o in bpy.data.objects if o.toile.kind == "PRINT" and o.toile.garment_id == garment.toile.toile_id]


def place(garment: bpy.types.Object, pattern: Pattern) -> None:
    """Lay a garment's prints on it as it now is, in the place of those that lay there."""
    for old in objects_of(garment):
        _remove(old)
    panels = pattern.draped().panels()
    names = [panel.name for panel in panels]
    for told in garment.toile.prints:
        if told.image is None or told.panel not in names or "panel" not in garment.data.attributes:
            continue
        mesh = _skin(garment.data, names.index(told.panel), panels[names.index(told.panel)], told)
        if mesh is None:
            continue
        mesh.materials.append(_material(garment, mesh, told))
        obj = bpy.data.objects.new(f"{garment.name} {told.image.name}", mesh)
        obj.toile.kind, obj.toile.garment_id = "PRINT", garment.toile.toile_id
        obj.parent = garment
        for home in garment.users_collection:
            home.objects.link(obj)
        _follow(obj, garment)


def _skin(mesh: bpy.types.Mesh, number: int, panel: Panel, told: bpy.types.PropertyGroup) -> bpy.types.Mesh | None:
    """The faces of a panel on which a picture lies, lifted off the cloth; None where it lies beside."""
    uv, panel_of = corners_of(mesh)
    mine = uv[panel_of == number]
    if not len(mine):
        return None
    origin = mine.min(0) - on_cloth(panel, panel.outline()).min(0)
    across, along = panel.grain
    at = (uv - origin) @ np.array([[along, -across], [across, along]])  # on the piece, metres
    width, height = told.image.size
    shown = np.array([1.0, (height - 2 * _FRAME) / (width - 2 * _FRAME)]) * told.width
    cos, sin = math.cos(told.angle), math.sin(told.angle)
    picture = (at - [told.x, told.y]) @ np.array([[cos, -sin], [sin, cos]]) / shown + 0.5  # 0…1 within it
    start, total = np.empty(len(mesh.polygons), np.int32), np.empty(len(mesh.polygons), np.int32)
    mesh.polygons.foreach_get("loop_start", start)
    mesh.polygons.foreach_get("loop_total", total)
    low, high = np.minimum.reduceat(picture, start), np.maximum.reduceat(picture, start)
    chosen = np.flatnonzero((panel_of[start] == number) & ((high > 0) & (low < 1)).all(1))
    if not len(chosen):
        return None
    corners = np.concatenate([np.arange(s, s + n) for s, n in zip(start[chosen], total[chosen], strict=True)])
    vertex = np.empty(len(mesh.loops), np.int32)
    mesh.loops.foreach_get("vertex_index", vertex)
    kept, index = np.unique(vertex[corners], return_inverse=True)
    points, normals = np.empty(3 * len(mesh.vertices), np.float32), np.empty(3 * len(mesh.vertices), np.float32)
    mesh.vertices.foreach_get("co", points)
    mesh.vertex_normals.foreach_get("vector", normals)
    lifted = (points + np.float32(_ABOVE[told.embroidered]) * normals).reshape(-1, 3)[kept]
    made = bpy.data.meshes.new(f"{told.image.name} on {told.panel}")
    sides = np.split(index, np.cumsum(total[chosen])[:-1])
    made.from_pydata(lifted.tolist(), [], [face.tolist() for face in sides])
    framed = (picture * (np.array([width, height]) - 2 * _FRAME) + _FRAME) / [width, height]
    for name, values in ((PICTURE_UV, framed), (UV_MAP, uv)):
        layer = made.uv_layers.new(name=name)
        layer.uv.foreach_set("vector", values[corners].astype(np.float32).ravel())
    made.shade_smooth()
    return made


def _material(garment: bpy.types.Object, mesh: bpy.types.Mesh, told: bpy.types.PropertyGroup) -> bpy.types.Material:
    """The cloth's own material, or thread's, in the picture's colours and clear where it is."""
    base = fabric_material(THREAD) if told.embroidered else garment.data.materials[0]
    made = base.copy()
    made.name = mesh.name
    for mark in ("toile_fabric", "toile_dyed", "toile_colour"):
        if mark in made:
            del made[mark]
    nodes, links = made.node_tree.nodes, made.node_tree.links
    surface = principled(made)
    place = nodes.new("ShaderNodeUVMap")
    place.uv_map, place.location = PICTURE_UV, (-1100, 700)
    texture = nodes.new("ShaderNodeTexImage")
    texture.image, texture.extension, texture.label, texture.location = told.image, "EXTEND", "Print", (-680, 700)
    links.new(place.outputs["UV"], texture.inputs["Vector"])
    links.new(texture.outputs["Color"], surface.inputs["Base Color"])
    links.new(texture.outputs["Alpha"], surface.inputs["Alpha"])
    return made


def _follow(obj: bpy.types.Object, garment: bpy.types.Object) -> None:
    """Bind a print to its garment's surface, whatever moves that."""
    obj.matrix_parent_inverse = Matrix()
    follow = obj.modifiers.new("On the Cloth", "SURFACE_DEFORM")
    follow.target = garment
    bpy.context.view_layer.update()
    with bpy.context.temp_override(object=obj, active_object=obj):
        bpy.ops.object.surfacedeform_bind(modifier=follow.name)
    if not follow.is_bound:  # where the cloth is not a surface that can be bound to, the print lies still
        obj.modifiers.remove(follow)


def _remove(obj: bpy.types.Object) -> None:
    mesh = obj.data
    bpy.data.objects.remove(obj)
    materials = [material for material in mesh.materials if material is not None]
    bpy.data.meshes.remove(mesh)
    for material in materials:
        if not material.users:
            bpy.data.materials.remove(material)
