# SPDX-License-Identifier: GPL-3.0-or-later
"""A fabric's material in another colour: relief and shades stay, and the mean of its picture becomes the dye."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator

import bpy
import numpy as np

from ..models.maps import decode_srgb, encoded
from .material import labelled, pixels_of, principled

_COLOUR = re.compile(r"#[0-9a-f]{6}")
_PICTURE = "Albedo"


class ColourRefused(ValueError):
    """A text that is no colour."""


def checked(colour: object) -> str:
    """`#rrggbb` in sRGB, or "" for a fabric's own colours. Raises ColourRefused."""
    if isinstance(colour, str) and (not colour or _COLOUR.fullmatch(colour)):
        return colour
    raise ColourRefused(f"A colour is written as #a0b1c2; got {str(colour)[:40]!r}.")


def written(rgb: tuple[float, float, float]) -> str:
    """`#rrggbb` of sRGB values in 0…1."""
    return "#" + "".join(f"{round(255 * min(max(value, 0.0), 1.0)):02x}" for value in rgb)


def dyed(material: bpy.types.Material, colour: str) -> bpy.types.Material:
    """A fabric's material dyed, made once a colour; the material itself for none. Raises ColourRefused."""
    if not checked(colour):
        return material
    fabric = material["toile_fabric"]
    for known in bpy.data.materials:
        if known.get("toile_dyed") == fabric and known.get("toile_colour") == colour:
            return known
    dye = decode_srgb(tuple(int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)))
    made = material.copy()
    made.name = f"{material.name} {colour}"
    del made["toile_fabric"]
    made["toile_dyed"], made["toile_colour"] = fabric, colour
    nodes, links = made.node_tree.nodes, made.node_tree.links
    surface = principled(made)
    own = next(link.from_socket for link in links if link.to_socket == surface.inputs["Base Color"])
    mix = nodes.new("ShaderNodeMix")
    mix.label = "Dye"
    mix.data_type, mix.blend_type, mix.location = "RGBA", "MULTIPLY", (-320, 380)
    factor, first, second = (s for s in mix.inputs if s.identifier in ("Factor_Float", "A_Color", "B_Color"))
    factor.default_value = 1.0
    mean = material.diffuse_color[:3]  # see `material`: what Solid shading shows is the picture's mean
    second.default_value = (*(value / max(base, 1e-3) for value, base in zip(dye, mean, strict=True)), 1.0)
    links.new(own, first)
    links.new(next(s for s in mix.outputs if s.identifier == "Result_Color"), surface.inputs["Base Color"])
    made.diffuse_color = (*dye, 1.0)
    return made


def lightens(material: bpy.types.Material) -> bool:
    """Whether a dyed material is lighter than its cloth anywhere in the spectrum."""
    return max(dye_of(material)) > 1.0


@contextlib.contextmanager
def in_pictures(objects: Iterable[bpy.types.Object]) -> Iterator[None]:
    """Give copies that are about to be exported materials whose dye is in the picture itself, for most formats know no
    other; the materials are gone afterwards.
    """
    meshes = {obj.data for obj in objects if obj.type == "MESH"}
    worn = {m: m.name for mesh in meshes for m in mesh.materials if m is not None and "toile_dyed" in m}
    painted: dict[bpy.types.Material, bpy.types.Material] = {}
    try:
        for material, name in worn.items():
            material.name = f"{name} (exporting)"
            painted[material] = _painted(material, name)
        for mesh in meshes:
            for slot, material in enumerate(mesh.materials):
                if material in painted:
                    mesh.materials[slot] = painted[material]
        yield
    finally:
        for material in painted.values():
            image = labelled(material, _PICTURE).image
            bpy.data.materials.remove(material)
            bpy.data.images.remove(image)
        for material, name in worn.items():
            material.name = name


def _painted(material: bpy.types.Material, name: str) -> bpy.types.Material:
    made = material.copy()
    made.name = name
    own, picture = labelled(material, _PICTURE).image, labelled(made, _PICTURE)
    rgba = pixels_of(own)
    rgba[..., :3] = encoded(np.minimum(decode_srgb(rgba[..., :3]) * dye_of(material), 1.0))
    image = bpy.data.images.new(f"{own.name} {material['toile_colour'][1:]}", *own.size, alpha=False)
    image.colorspace_settings.name = own.colorspace_settings.name
    image.pixels.foreach_set(rgba.ravel())
    image.update()
    image.pack()
    picture.image = image
    made.node_tree.links.new(picture.outputs["Color"], principled(made).inputs["Base Color"])
    return made


def dye_of(material: bpy.types.Material) -> tuple[float, float, float]:
    """What a material multiplies its picture with, linear RGB: ones where it is not dyed."""
    mix = labelled(material, "Dye")
    if mix is None:
        return 1.0, 1.0, 1.0
    return tuple(next(s for s in mix.inputs if s.identifier == "B_Color").default_value[:3])
