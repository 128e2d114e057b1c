# SPDX-License-Identifier: GPL-3.0-or-later
"""Garments and fabrics in Blender's asset libraries: a .blend each garment, with previews, author and licence."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import bpy


class AssetsRefused(ValueError):
    """There is no asset library to save into, or it cannot be written."""


def libraries() -> dict[str, str]:
    """The user's asset libraries: their folders by name."""
    return {each.name: each.path for each in bpy.context.preferences.filepaths.asset_libraries if each.path}


def save_assets(garment: bpy.types.Object, folders: Mapping[str, str], library: str, author: str, licence: str) -> Path:
    """Write a garment and its materials as assets into one of the library folders; where that is.

    The garment keeps in its own file what it was. Raises AssetsRefused.
    """
    if library not in folders:
        raise AssetsRefused("Add an asset library first: Preferences ▸ File Paths ▸ Asset Libraries.")
    path = Path(bpy.path.abspath(folders[library])) / f"{bpy.path.clean_name(garment.name)}.blend"
    blocks = [garment, *(m for m in garment.data.materials if m is not None)]
    fresh = [block for block in blocks if block.asset_data is None]
    try:
        for block in blocks:
            block.asset_mark()
            block.asset_generate_preview()
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
    return path
