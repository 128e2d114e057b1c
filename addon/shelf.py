# SPDX-License-Identifier: GPL-3.0-or-later
"""The fabrics to choose from: Toile's own and the designer's, who keeps theirs below the extension's user folder."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from typing import Any

import bpy

from ..sim.fabric import SHELF, FabricRefused, fabric_rows, shipped_rows

_PACKAGE = __package__.removesuffix(".addon")
_named: list[str] = []  # the folder that we named, while it is named

Items = tuple[tuple[str, str, str], ...]


def register() -> None:
    """Name the folder to kernels and workers, unless the user named another, or Toile has none (run from a clone)."""
    if SHELF in os.environ:
        return
    try:
        folder = bpy.utils.extension_path_user(_PACKAGE, path="own_fabrics")
    except ValueError:
        return
    os.environ[SHELF] = folder
    _named.append(folder)


def unregister() -> None:
    """Name it no more."""
    if _named and os.environ.get(SHELF) == _named.pop():
        del os.environ[SHELF]


def menu(_owner: object, _context: object) -> Items:
    """Every fabric, as a menu's items; Toile's own alone while a file of the designer's is at fault."""
    return _listed(shipped_rows() if fault() else fabric_rows())


def own_menu(_owner: object, _context: object) -> Items:
    """Toile's own fabrics, as a menu's items: what a new fabric may look like."""
    return _listed(shipped_rows())


def label(name: str) -> str:
    """What a fabric is called; nothing for one that is not here."""
    return next((label for own, label, _ in menu(None, None) if own == name), "")


def named(label: object) -> str:
    """The name of the fabric that is called or named so; what was given, as a text, where there is none."""
    return next((own for own, called, _ in menu(None, None) if label in (own, called)), str(label))


def fault() -> str:
    """What is wrong with a file of the designer's own, or nothing."""
    try:
        fabric_rows()
    except FabricRefused as error:
        return str(error)
    return ""


def _listed(rows: Mapping[str, Mapping[str, Any]]) -> Items:
    return _items(tuple((name, row["label"], row["mechanics"]["density"]["value"]) for name, row in rows.items()))


@functools.lru_cache(maxsize=8)  # and kept, because Blender keeps no reference to a menu's words
def _items(rows: tuple[tuple[str, str, float], ...]) -> Items:
    return tuple((name, label, f"{1000 * density:.0f} g/m²") for name, label, density in rows)
