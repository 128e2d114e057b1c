# SPDX-License-Identifier: GPL-3.0-or-later
"""A studio's own styles and a designer's presets: where they lie, what is wrong with them, and their pictures."""

from __future__ import annotations

import functools
import os
from pathlib import Path

import bpy
import bpy.utils.previews

from ..patterns import styles
from ..patterns.presets import Preset, PresetRefused, picture_of, read_presets
from ..patterns.studio import SHELF, StudioStyle
from ..patterns.styles import faults, reread
from .engine import PACKAGE

PRESETS = "TOILE_PRESETS"  # the environment variable that names the folder of presets, where it is not the user's own
Items = list[tuple[str, str, str, int, int]]

_named: list[str] = []  # the styles' folders that we named, while they are named
_pictures: list[bpy.utils.previews.ImagePreviewCollection] = []  # Blender's, while Toile is registered
_items: Items = []  # Blender reads a menu's text without holding it: it must live on


def register() -> None:
    """Make room for pictures, and name the folders of a studio's styles."""
    _pictures.append(bpy.utils.previews.new())
    name_folders()


def unregister() -> None:
    """Forget both."""
    bpy.utils.previews.remove(_pictures.pop())
    if _named and os.environ.get(SHELF) == _named.pop():
        del os.environ[SHELF]
    refresh()


def refresh() -> None:
    """Look at the folders again when next asked."""
    reread()
    _read.cache_clear()


def name_folders() -> None:
    """Name the folders to kernels and workers: the user's own and the one in the preferences, unless the user did."""
    refresh()
    if SHELF in os.environ and os.environ[SHELF] not in _named:
        return
    addon = bpy.context.preferences.addons.get(PACKAGE)
    chosen = addon.preferences.styles_folder if addon and addon.preferences else ""
    own = _own_folder("styles")
    folders = [str(own)] if own and own.is_dir() else []
    folders += [bpy.path.abspath(chosen)] if chosen else []
    _named[:] = [os.pathsep.join(folders)]
    os.environ[SHELF] = _named[0]


def presets_folder() -> Path:
    """Where presets are kept. Raises PresetRefused where Toile has no folder of its own, as in a clone."""
    if folder := os.environ.get(PRESETS):
        return Path(folder)
    own = _own_folder("presets")
    if own is None:
        raise PresetRefused(f"Toile is not installed here and has no folder for presets: name one in {PRESETS}.")
    return own


def presets() -> dict[Path, Preset]:
    """The designer's presets by their files."""
    return _read()[0]


def said() -> tuple[str, ...]:
    """What is wrong with a preset or with a studio's style, a sentence each."""
    return (*faults(), *_read()[1])


def studio_styles() -> tuple[StudioStyle, ...]:
    """The styles of the studio."""
    return tuple(s for s in styles().values() if isinstance(s, StudioStyle))


def icon(picture: Path | None) -> int:
    """Blender's number for a picture, 0 where there is none."""
    if picture is None or not picture.is_file() or not _pictures:
        return 0
    name = f"{picture}@{picture.stat().st_mtime_ns}"
    if name not in _pictures[0]:
        _pictures[0].load(name, str(picture), "IMAGE")
    return _pictures[0][name].icon_id


def menu(_owner: object, _context: object) -> Items:
    """The presets as a menu's items."""
    listed = [
        (str(path), preset.label, f"A {preset.style} as it was saved", icon(picture_of(path)), number)
        for number, (path, preset) in enumerate(presets().items())
    ]
    if listed != _items:
        _items[:] = listed
    return _items


def _own_folder(name: str) -> Path | None:
    try:
        return Path(bpy.utils.extension_path_user(PACKAGE, path=name))
    except ValueError:  # from a clone
        return None


@functools.cache
def _read() -> tuple[dict[Path, Preset], tuple[str, ...]]:
    """The presets, read once until `refresh`: the sidebar asks many times a second."""
    try:
        return read_presets(presets_folder())
    except PresetRefused:
        return {}, ()
