# SPDX-License-Identifier: GPL-3.0-or-later
"""A level of detail for games: one material of a few pictures on one UV, with the full garment's folds as relief."""

from __future__ import annotations

import bpy
import numpy as np

from ...models.maps import decode_srgb, encoded
from ..dye import dye_of
from ..material import UV_MAP, labelled, packed, pixels_of, principled, tile_of
from .atlas import Atlas, Floats, laid_out, relief, tiled
from .reduction import Surface

_BAKED = "toile_baked"
_SMALLEST = 64
_KINDS = {"Albedo": ("Base Color", "sRGB"), "Roughness": ("Roughness", "Non-Color"), "Opacity": ("Alpha", "Non-Color")}


def bake(level: bpy.types.Object, coarse: Surface, full: Surface, normals: Floats, pixels: int) -> None:
    """Give a level, whose surface is `coarse`, one material: its fabrics and the full garment's shading, in pictures.

    normals: (m, 3, 3) of the full one's corners. The weave's own relief is finer than their pixels and is left out.
    Raises AtlasRefused.
    """
    mesh = level.data
    atlas = laid_out(coarse.corner_uv, coarse.panel, max(pixels, _SMALLEST))
    worn = _worn(mesh, coarse)
    pictures = {kind: _picture(atlas, worn, kind) for kind in _KINDS if any(_texture(m, kind) for m in worn.values())}
    normal = relief(atlas, (full.corner_uv, full.panel, normals), (coarse.corner_uv, coarse.panel, _frames(mesh)))
    material = _material(level.name, next(iter(worn.values())), pictures, normal)
    loops = np.empty(3 * len(coarse.faces), np.int32)
    mesh.loop_triangles.foreach_get("loops", loops)
    uv = np.empty((len(mesh.loops), 2), np.float32)
    uv[loops] = atlas.placed(coarse.corner_uv, coarse.panel).reshape(-1, 2)
    mesh.uv_layers[UV_MAP].data.foreach_set("uv", uv.ravel())
    mesh.polygons.foreach_set("material_index", np.zeros(len(mesh.polygons), np.int32))
    mesh.materials.clear()
    mesh.materials.append(material)


def forget(mesh: bpy.types.Mesh) -> None:
    """Take away what a level was given, with its pictures."""
    for material in [m for m in mesh.materials if m is not None and _BAKED in m]:
        images = [node.image for node in material.node_tree.nodes if node.type == "TEX_IMAGE"]
        bpy.data.materials.remove(material)
        for image in images:
            bpy.data.images.remove(image)


def _worn(mesh: bpy.types.Mesh, surface: Surface) -> dict[int, bpy.types.Material]:
    """Each panel's material."""
    slots, polygon = np.empty(len(mesh.polygons), np.int32), np.empty(len(surface.faces), np.int32)
    mesh.polygons.foreach_get("material_index", slots)
    mesh.loop_triangles.foreach_get("polygon_index", polygon)
    numbers, first = np.unique(surface.panel, return_index=True)
    materials = [mesh.materials[int(slots[polygon[at]])] for at in first]
    return {int(n): m for n, m in zip(numbers, materials, strict=True) if m is not None}


def _texture(material: bpy.types.Material, kind: str) -> bpy.types.Image | None:
    node = labelled(material, kind)
    return node and node.image


def _picture(atlas: Atlas, worn: dict[int, bpy.types.Material], kind: str) -> Floats:
    """(pixels, pixels, 3) in 0…1, the lowest row first, of what the panels show; 1 where there is none."""
    found = np.ones((atlas.pixels, atlas.pixels, 3))
    tiles: dict[bpy.types.Material, Floats] = {}
    for number, window in atlas.windows.items():
        material = worn[number]
        image = _texture(material, kind)
        if image is None:
            continue
        if material not in tiles:
            tile = pixels_of(image)[..., :3].astype(np.float64)
            tiles[material] = decode_srgb(tile) * dye_of(material) if kind == "Albedo" else tile
        size = tile_of(material) or (1.0, 1.0)
        x, y = window.first
        seen = tiled(tiles[material], size, atlas.on_cloth(window), 1 / atlas.scale)
        found[y : y + window.size[1], x : x + window.size[0]] = seen
    return encoded(np.minimum(found, 1.0)) if kind == "Albedo" else found


def _frames(mesh: bpy.types.Mesh) -> Floats:
    """(k, 3, 7) normal, tangent and the bitangent's sign at each triangle's corners."""
    loops = np.empty(3 * len(mesh.loop_triangles), np.int32)
    mesh.loop_triangles.foreach_get("loops", loops)
    mesh.calc_tangents(uvmap=UV_MAP)
    columns: list[Floats] = []
    for name, width in (("normal", 3), ("tangent", 3), ("bitangent_sign", 1)):
        values = np.empty(width * len(mesh.loops), np.float32)
        mesh.loops.foreach_get(name, values)
        columns.append(values.reshape(-1, width)[loops].astype(np.float64))
    mesh.free_tangents()
    return np.concatenate(columns, axis=1).reshape(-1, 3, 7)


def _material(name: str, main: bpy.types.Material, pictures: dict[str, Floats], normal: Floats) -> bpy.types.Material:
    """One that wears the pictures, shining as the main fabric does."""
    made = main.copy()
    made.name = name
    for mark in [key for key in made.keys() if key.startswith("toile_")]:  # noqa: SIM118 - of Blender's own kind
        del made[mark]
    made[_BAKED] = True
    nodes, links = made.node_tree.nodes, made.node_tree.links
    for node in [node for node in nodes if node.type not in ("BSDF_PRINCIPLED", "OUTPUT_MATERIAL")]:
        nodes.remove(node)
    surface = principled(made)
    coordinates = nodes.new("ShaderNodeUVMap")
    coordinates.uv_map = UV_MAP

    def textured(kind: str, values: Floats, space: str) -> bpy.types.NodeSocket:
        texture = nodes.new("ShaderNodeTexImage")
        texture.label = kind
        texture.image = packed(f"{name}_{kind.lower()}", np.flipud(values), space)
        links.new(coordinates.outputs["UV"], texture.inputs["Vector"])
        return texture.outputs["Color"]

    for kind, values in pictures.items():
        socket, space = _KINDS[kind]
        links.new(textured(kind, values, space), surface.inputs[socket])
    bump = nodes.new("ShaderNodeNormalMap")
    bump.uv_map = UV_MAP
    links.new(textured("Normal", normal, "Non-Color"), bump.inputs["Color"])
    links.new(bump.outputs["Normal"], surface.inputs["Normal"])
    return made
