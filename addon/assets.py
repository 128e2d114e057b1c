# SPDX-License-Identifier: GPL-3.0-or-later
"""Garments and fabrics in Blender's asset libraries: a .blend each garment, with previews, author and licence."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import bpy

from .fabrics.prints import objects_of
from .material import pixels_of
from .preview import render_preview

_PICTURE = 256  # pixels


class AssetsRefused(ValueError):
    """There is no asset library to save into, or it cannot be written."""


def libraries() -> dict[str, str]:
    """The user's asset libraries: their folders by name."""
    return {each.name: each.path for each in bpy.context.preferences.filepaths.asset_libraries if each.path}


def save_assets(garment: bpy.types.Object, folders: Mapping[str, str], library: str, author: str, licence: str) -> Path:
    """Write a garment and its materials as assets into one of the library folders; where that is.

    A garment with prints is a collection of them all, for a print is an object of its own. The garment keeps in its own
    file what it was. Raises AssetsRefused.
    """
    if library not in folders:
        raise AssetsRefused("Add an asset library first: Preferences ▸ File Paths ▸ Asset Libraries.")
    path = Path(bpy.path.abspath(folders[library])) / f"{bpy.path.clean_name(garment.name)}.blend"
    prints = objects_of(garment)
    whole = _together(garment, prints) if prints else garment
    blocks = [whole, *(m for m in garment.data.materials if m is not None)]
    fresh = [block for block in blocks if block.asset_data is None]
    try:
        _picture(garment, whole)
        for block in blocks:
            block.asset_mark()
            told = block.asset_data
            told.author, told.license = author, licence
            told.description = f"{block.name}, made with Toile"
            if "Toile" not in told.tags:
                told.tags.new("Toile")
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        bpy.data.libraries.write(str(part), set(blocks), fake_user=True, compress=True)
        os.replace(part, path)
    except OSError as error:
        raise AssetsRefused(f"{path.parent} cannot be written: {error.strerror}. Choose another library.") from error
    finally:
        for block in fresh:
            block.asset_clear()
        if prints:
            bpy.data.collections.remove(whole)
    return path


def _together(garment: bpy.types.Object, prints: Sequence[bpy.types.Object]) -> bpy.types.Collection:
    """A collection of a garment and what is printed on it, in no scene."""
    collection = bpy.data.collections.new(garment.name)
    for obj in (garment, *prints):
        collection.objects.link(obj)
    return collection


def _picture(garment: bpy.types.Object, whole: bpy.types.ID) -> None:
    """Previews: the `whole` shows its garment as the studio sees it, the fabrics as their own colours lie flat.

    Blender's own previews need a graphics card, without which each takes a minute and a half.
    """
    with tempfile.TemporaryDirectory(prefix="toile-") as folder:
        picture = Path(folder) / "garment.png"
        render_preview(
            [garment], picture, views=("three_quarter",), size=(_PICTURE, _PICTURE), samples=16, focus=garment
        )
        _show(whole, bpy.data.images.load(str(picture)))
    for material in filter(None, garment.data.materials):
        nodes = material.node_tree.nodes if material.node_tree else ()
        textures = [node.image for node in nodes if node.type == "TEX_IMAGE" and node.image is not None]
        if textures:
            _show(material, textures[0].copy())


def _show(block: bpy.types.ID, image: bpy.types.Image) -> None:
    """Make an image a datablock's preview, and remove it."""
    image.scale(_PICTURE, _PICTURE)
    pixels = pixels_of(image).ravel()
    bpy.data.images.remove(image)
    preview = block.preview_ensure()
    preview.image_size = (_PICTURE, _PICTURE)
    preview.image_pixels_float.foreach_set(pixels)
