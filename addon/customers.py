# SPDX-License-Identifier: GPL-3.0-or-later
"""The store of customers that the sidebar asks: where it lies, and what is told to it."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import bpy

from ..models.recommend.families import FAMILIES, family
from ..models.recommend.live import Store
from ..patterns import Style
from .engine import PACKAGE

STORE = "TOILE_CUSTOMERS"  # the environment variable that names the file, where it is not the user's own


class NoStore(RuntimeError):
    """There is nowhere to keep customers."""


class NoConsent(ValueError):
    """A customer is to be remembered who agreed to nothing."""


def path() -> Path:
    """The store's file, which may not be there yet. Raises NoStore where Toile has no folder of its own."""
    if named := os.environ.get(STORE):
        return Path(named)
    try:
        return Path(bpy.utils.extension_path_user(PACKAGE, path="customers")) / "customers.db"
    except ValueError as error:
        raise NoStore(f"Toile is not installed here and has no place for customers: name a file in {STORE}.") from error


def there() -> bool:
    """Whether anything is kept of anyone."""
    try:
        return path().is_file()
    except NoStore:
        return False


def occasions() -> list[str]:
    """The occasions that the store has learnt of."""
    return list(_occasions(path(), path().stat().st_mtime_ns)) if there() else []


@functools.lru_cache(maxsize=1)  # the field asks at each key that is pressed
def _occasions(file: Path, _changed: int) -> tuple[str, ...]:
    with Store(file) as store:
        return tuple(store.occasions)


def words(style: Style) -> set[str]:
    """The categories of a shop's events by which a style is known."""
    of_family = FAMILIES.get(family(style.name), "").split()
    return {style.name, style.name.replace("_", " "), style.label.lower(), *of_family}


def note(
    customer: str, style: Style, kind: str, fabric: str, colour: str = "", *, fit: Mapping[str, object] | None = None
) -> bool:
    """Keep that a customer chose, liked or ruled out a design; nothing of one who did not agree to it. Returns whether.

    colour: #rrggbb, where the design has one of its own. fit: of one worn, `fit` (one of FITS) and `ease` above the
    style's own, in metres.
    """
    if not customer or not there():
        return False
    with Store(path()) as store:
        if agreed := store.agreed(customer):
            garment = ", ".join(filter(None, (style.name, fabric, colour)))  # each look is a garment of its own
            event = {"customer": customer, "garment": garment, "kind": kind, "fabric": fabric}
            event |= ({"colour": colour} if colour else {}) | dict(fit or {})
            store.fold({**event, "category": style.label, "date": date.today().isoformat()}, date.today())
        return agreed
