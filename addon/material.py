# SPDX-License-Identifier: GPL-3.0-or-later
"""Fabric and mannequin materials: plain Principled shaders with textures at real scale, to be worked on further."""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path

import bpy
import numpy as np
from numpy.typing import NDArray

from ..models.making import fabric_maps
from ..models.maps import FabricMaps, decode_srgb
from ..models.recipes import Look, look, recipe
from ..models.swatch import OPACITY, fabric_swatch, read_swatch
from ..sim.fabric import FabricRefused, fabric_row, mechanics

UV_MAP = "UVMap"  # the garment's: metres on the flat pattern, warp along v
MANNEQUIN = "Toile mannequin"
MANNEQUIN_COLOUR = (0.235, 0.205, 0.18, 1.0)  # linear: a warm studio grey that no fabric is taken for
PIXELS = 512  # 0.1 to 0.4 s to weave; a tile of about 20 mm then has 40 µm pixels
MOST_PIXELS = 2048  # for a tartan's sett: seconds to weave, once
_THREAD = 4  # pixels at least from one thread to the next, or stripes of a wide repeat would be lines

_PACKAGE = __package__.removesuffix(".addon")


def fabric_material(name: str, maps: FabricMaps | Path | None = None) -> bpy.types.Material:
    """The material of a fabric of assets/fabrics.toml, or of a swatch's own maps.

    name is the fabric's. maps: a folder written by `toile fabric make`, maps made in code, or None for Toile's own.
    A fabric that the file already has keeps its material, with all that the designer changed in it.
    Raises FabricRefused for an unknown fabric or a folder that holds no swatch.
    """
    row = fabric_row(name)
    label, own = row["label"], maps is None
    if own:
        known = next((m for m in bpy.data.materials if m.get("toile_fabric") == name), None)
        if known is not None:
            return known
        maps = Path(row["maps"]) if "maps" in row else _woven(name)
    if isinstance(maps, Path):
        swatch = read_swatch(maps)
        kinds = [kind for kind in ("albedo", "normal", "roughness", OPACITY) if kind in swatch.maps]
        images = {kind: _loaded(swatch.maps[kind], f"{name}_{kind}", kind) for kind in kinds}
        material = _material(label, images, swatch.size_m, look(name) if own else swatch.look)
    else:
        images = {
            "albedo": packed(f"{name}_albedo", maps.albedo / np.float32(255), "sRGB"),
            "normal": packed(f"{name}_normal", maps.normal * 0.5 + 0.5, "Non-Color"),
            "roughness": packed(f"{name}_roughness", maps.roughness, "Non-Color"),
        }
        if maps.opacity is not None:
            images[OPACITY] = packed(f"{name}_{OPACITY}", maps.opacity, "Non-Color")
        material = _material(label, images, maps.size_m, look(name))
    if own:
        material["toile_fabric"] = name
    output = next(node for node in material.node_tree.nodes if node.type == "OUTPUT_MATERIAL")
    output.inputs["Thickness"].default_value = mechanics(name).thickness  # how far EEVEE's light goes through it
    return material


def tile_of(material: bpy.types.Material | None) -> tuple[float, float] | None:
    """(width, height) in metres of the tile that a fabric's material repeats; None for another material."""
    nodes = material.node_tree.nodes if material is not None and material.node_tree else ()
    mapping = next((node for node in nodes if node.type == "MAPPING"), None)
    if mapping is None:
        return None
    across, up, _ = mapping.inputs["Scale"].default_value
    return 1 / across, 1 / up


def forget_fabric(name: str) -> None:
    """Let the file's materials of a fabric be nobody's: it was made anew under its name, and gets another."""
    for material in bpy.data.materials:
        for mark in ("toile_fabric", "toile_dyed"):
            if material.get(mark) == name:
                del material[mark]


def _woven(name: str) -> FabricMaps | Path:
    """A fabric's maps: woven at its first use and kept in the extension's user folder, where that can be written."""
    made_of = recipe(name)
    pixels = PIXELS
    while pixels < MOST_PIXELS and pixels < _THREAD * max(made_of.counts):
        pixels *= 2
    try:
        shelf = Path(bpy.utils.extension_path_user(_PACKAGE, path="fabrics"))
    except ValueError:  # run from a development folder, Toile has no user folder
        return fabric_maps(made_of, pixels, np.random.default_rng(0))
    made_by = repr(fabric_row(name)).encode() + (Path(__file__).parents[1] / "blender_manifest.toml").read_bytes()
    folder = shelf / f"{name}_{pixels}_{hashlib.sha256(made_by).hexdigest()[:12]}"
    with contextlib.suppress(FabricRefused):  # nothing kept yet, or not whole
        read_swatch(folder)
        return folder
    try:
        fabric_swatch(name, folder, pixels=pixels)
    except FabricRefused:  # a full or read-only disk
        return fabric_maps(made_of, pixels, np.random.default_rng(0))
    return folder


def avatar_material() -> bpy.types.Material:
    """The mannequin's: matt warm grey, so that the garment is what one looks at."""
    material = bpy.data.materials.get(MANNEQUIN)
    if material is None:
        material = bpy.data.materials.new(MANNEQUIN)
        material.diffuse_color = MANNEQUIN_COLOUR
        surface = principled(material)
        surface.inputs["Base Color"].default_value = MANNEQUIN_COLOUR
        surface.inputs["Roughness"].default_value = 0.55
        surface.inputs["Specular IOR Level"].default_value = 0.35
        surface.inputs["Sheen Weight"].default_value = 0.05
    return material


def _material(
    label: str, images: dict[str, bpy.types.Image], size_m: tuple[float, float], appearance: Look
) -> bpy.types.Material:
    material = bpy.data.materials.new(label)
    surface = principled(material)
    nodes, links = material.node_tree.nodes, material.node_tree.links

    coordinates = nodes.new("ShaderNodeUVMap")
    coordinates.uv_map = UV_MAP
    coordinates.location = (-1100, 100)
    mapping = nodes.new("ShaderNodeMapping")
    mapping.label = "Metres to tiles"
    mapping.inputs["Scale"].default_value = (1 / size_m[0], 1 / size_m[1], 1)
    mapping.location = (-900, 100)
    links.new(coordinates.outputs["UV"], mapping.inputs["Vector"])

    textures = {}
    for row, kind in enumerate(kind for kind in ("albedo", "roughness", "normal", OPACITY) if kind in images):
        texture = nodes.new("ShaderNodeTexImage")
        texture.image = images[kind]
        texture.label = kind.capitalize()
        texture.location = (-680, 380 - 300 * row)
        links.new(mapping.outputs["Vector"], texture.inputs["Vector"])
        textures[kind] = texture
    links.new(textures["albedo"].outputs["Color"], surface.inputs["Base Color"])
    links.new(textures["roughness"].outputs["Color"], surface.inputs["Roughness"])
    if OPACITY in textures:  # an open cloth is seen through between its yarns
        links.new(textures[OPACITY].outputs["Color"], surface.inputs["Alpha"])
    relief = nodes.new("ShaderNodeNormalMap")
    relief.uv_map = UV_MAP
    relief.inputs["Strength"].default_value = 1.0  # the heights are metres, so the slopes are the cloth's own
    relief.location = (-320, -220)
    links.new(textures["normal"].outputs["Color"], relief.inputs["Color"])
    links.new(relief.outputs["Normal"], surface.inputs["Normal"])

    surface.inputs["Specular IOR Level"].default_value = 0.3
    surface.inputs["Sheen Weight"].default_value = appearance.sheen_weight
    surface.inputs["Sheen Roughness"].default_value = appearance.sheen_roughness
    surface.inputs["Sheen Tint"].default_value = (*decode_srgb(appearance.sheen_tint), 1)
    if appearance.anisotropy:
        # Floats lie along the warp (v), so their highlight spreads along the weft: the tangent of u.
        grain = nodes.new("ShaderNodeTangent")
        grain.direction_type = "UV_MAP"
        grain.uv_map = UV_MAP
        grain.location = (-320, -420)
        links.new(grain.outputs["Tangent"], surface.inputs["Tangent"])
        surface.inputs["Anisotropic"].default_value = appearance.anisotropy

    mean = pixels_of(images["albedo"]).reshape(-1, 4)[:, :3].mean(axis=0)
    material.diffuse_color = (*decode_srgb(tuple(mean)), 1)  # what Solid shading shows
    material.use_backface_culling = False
    return material


def labelled(material: bpy.types.Material, label: str) -> bpy.types.Node | None:
    """The node that is labelled so, such as Albedo, if it has one."""
    return next((node for node in material.node_tree.nodes if node.label == label), None)


def principled(material: bpy.types.Material) -> bpy.types.Node:
    """The node of its surface."""
    if material.node_tree is None:  # since 5.0 a material has its nodes from the start, and use_nodes is deprecated
        material.use_nodes = True
    return next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")


def pixels_of(image: bpy.types.Image) -> NDArray[np.float32]:
    """(h, w, 4) values of an image, the bottom row first."""
    width, height = image.size
    pixels = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(pixels)
    return pixels.reshape(height, width, 4)


def packed(name: str, values: NDArray[np.floating], colour_space: str) -> bpy.types.Image:
    """An image in the .blend from (h, w) or (h, w, 3) values in 0…1, top row first."""
    height, width = values.shape[:2]
    image = bpy.data.images.new(name, width, height, alpha=False)
    image.colorspace_settings.name = colour_space
    rgba = np.ones((height, width, 4), np.float32)
    rgba[..., :3] = np.flipud(values if values.ndim == 3 else values[..., None])
    image.pixels.foreach_set(rgba.ravel())
    image.update()
    image.pack()
    return image


def _loaded(path: Path, name: str, kind: str) -> bpy.types.Image:
    image = bpy.data.images.load(str(path))
    image.name = name
    image.colorspace_settings.name = "sRGB" if kind == "albedo" else "Non-Color"
    image.pack()
    return image
