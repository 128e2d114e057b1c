# SPDX-License-Identifier: GPL-3.0-or-later
"""The library: every fabric with a picture of its weave, made when it is first looked for and kept on the disk."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
from pathlib import Path

import bpy
import numpy as np
from bpy.props import EnumProperty

from ...models.picture import close_up
from ...models.png import write_png
from ...models.recipes import recipe
from ...models.swatch import DESCRIPTION
from ...models.weave import WeaveRecipe
from ...sim.fabric import FabricRefused, fabric_name, fabric_row
from .. import bridge, job_runner, shelf
from ..engine import PACKAGE
from ..i18n import CONTEXT
from . import pictures

PIXELS = 128
_BETWEEN = 0.05  # seconds left to Blender between two pictures

_wanted: dict[str, None] = {}  # fabrics whose pictures are to be made, in order
_faulty: set[str] = set()  # keys of those that cannot be
_items: list[tuple[str, str, str, int, int]] = []  # Blender reads a menu's text without holding it: it must live on
_woven: list[tuple[str, str, str]] = []


def register() -> None:
    """Give the window the fabric that the garment is of, to choose another from pictures."""
    bpy.types.WindowManager.toile_fabric = EnumProperty(
        name="Fabric",
        description="What the garment is made of",
        translation_context=CONTEXT,
        items=_menu,
        get=_worn,
        set=_wear,
    )


def unregister() -> None:
    """Take it away again."""
    del bpy.types.WindowManager.toile_fabric
    _wanted.clear()
    if bpy.app.timers.is_registered(_on_timer):
        bpy.app.timers.unregister(_on_timer)


def picture(name: str) -> int:
    """Blender's number for a fabric's picture; 0 for one that is not made yet, which then soon is."""
    try:
        key = _key(name)
    except FabricRefused:
        return 0
    if not pictures.there(key) and key not in _faulty:
        _wanted[name] = None
        if not bpy.app.timers.is_registered(_on_timer):
            bpy.app.timers.register(_on_timer, first_interval=_BETWEEN)
    return pictures.icon(key)


def make_picture(name: str) -> None:
    """Weave a fabric's picture, or find it on the disk; a photographed fabric has its own. Raises FabricRefused."""
    key, row = _key(name), fabric_row(name)
    if "maps" in row:
        pictures.load(key, Path(row["maps"]) / "albedo.png")
        return
    path = _folder() / f"{key}.png"
    if not path.is_file():
        pixels = close_up(recipe(name), PIXELS, np.random.default_rng(0))
        with contextlib.suppress(OSError):  # a full or read-only disk: it is woven again next time
            path.parent.mkdir(parents=True, exist_ok=True)
            write_png(path, pixels)
        pictures.show(key, pixels)
    else:
        pictures.load(key, path)


def woven(_owner: object, _context: object) -> list[tuple[str, str, str]]:
    """The woven fabrics, as a menu's items."""
    listed = [(name, label, text) for name, label, text in shelf.menu(None, None) if _is_woven(name)]
    if listed != _woven:
        _woven[:] = listed
    return _woven


def free_label(label: str) -> str:
    """The label with the first number behind it that no fabric has yet: “Denim 12 oz 2”."""
    taken = {name for name, *_ in shelf.menu(None, None)}
    return next(made for made in (f"{label} {n}" for n in itertools.count(2)) if fabric_name(made) not in taken)


def _is_woven(name: str) -> bool:
    try:
        return isinstance(recipe(name), WeaveRecipe)
    except FabricRefused:  # a photograph, or a table that cannot be made
        return False


def _menu(_owner: object, _context: object) -> list[tuple[str, str, str, int, int]]:
    listed = [(name, label, text, picture(name), k) for k, (name, label, text) in enumerate(shelf.menu(None, None))]
    if listed != _items:
        _items[:] = listed
    return _items


def _worn(_window: object) -> int:
    garment = bridge.active_garment(bpy.context)
    names = [name for name, *_ in _menu(None, None)]
    return names.index(garment.toile.fabric) if garment is not None and garment.toile.fabric in names else 0


def _wear(_window: object, number: int) -> None:
    bpy.ops.toile.set_fabric("EXEC_DEFAULT", True, fabric=_items[number][0])


def _key(name: str) -> str:
    """A picture's name: it changes with the fabric's table, and with a photographed one's maps."""
    row = fabric_row(name)
    told = repr(row).encode()
    if "maps" in row:
        with contextlib.suppress(OSError):
            told += (Path(row["maps"]) / DESCRIPTION).read_bytes()
    return f"{name}_{PIXELS}_{hashlib.sha256(told).hexdigest()[:12]}"


def _folder() -> Path:
    try:
        return Path(bpy.utils.extension_path_user(PACKAGE, path="fabric_pictures"))
    except ValueError:  # from a clone
        return Path(bpy.app.tempdir) / "fabric_pictures"


def _on_timer() -> float | None:
    """One picture a turn."""
    if not _wanted:
        return None
    name = next(iter(_wanted))
    del _wanted[name]
    try:
        make_picture(name)
    except (FabricRefused, OSError):
        _faulty.add(_key(name))
    job_runner.redraw()
    return _BETWEEN if _wanted else None
