# SPDX-License-Identifier: GPL-3.0-or-later
"""Toile in other languages: a TOML file a language in assets/translations, named as Blender names its locales.

Blender's own translations come first, and its coat is a lacquer, its pattern an image: what Toile registers speaks in a
context of its own, and so do labels whose word Blender knows too. What is built from parts, such as a slot's header, is
translated part by part; refusals and reports stay English.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import bpy
from bpy.app.translations import pgettext_iface

from .engine import ASSETS, PACKAGE

TRANSLATIONS = ASSETS / "translations"
CONTEXT = "Toile"
_CONTEXTS = ("*", CONTEXT)  # a label's, if it names none, and that of all that is registered


def read_translation(file: Path) -> dict[str, str]:
    """English → the file's language. A row of [of_styles] speaks of each style in turn, in the place of its {}."""
    tables: dict[str, dict[str, str]] = tomllib.loads(file.read_text("utf-8"))
    of_styles = tables.pop("of_styles")
    words = {english: said for rows in tables.values() for english, said in rows.items()}
    for english, said in of_styles.items():
        words |= {english.format(style): said.format(name) for style, name in tables["styles"].items()}
    return words


def translated(english: str) -> str:
    """A word or a sentence of Toile's in the user's language."""
    return str(pgettext_iface(english, CONTEXT))


def register_class(cls: type) -> None:
    """Register a class with Blender, its label and its properties in Toile's context."""
    if issubclass(cls, (bpy.types.Operator, bpy.types.Panel, bpy.types.Menu)):
        cls.bl_translation_context = CONTEXT
    for base in cls.__mro__:
        for prop in vars(base).get("__annotations__", {}).values():
            if isinstance(keywords := getattr(prop, "keywords", None), dict):  # of a property that Blender is to make
                keywords.setdefault("translation_context", CONTEXT)
    bpy.utils.register_class(cls)


def register() -> None:
    """Hand every language to Blender, which shows the one that the user has chosen."""
    languages = {file.stem: read_translation(file) for file in sorted(TRANSLATIONS.glob("*.toml"))}
    bpy.app.translations.register(
        PACKAGE,
        {
            locale: {(context, english): said for english, said in words.items() for context in _CONTEXTS}
            for locale, words in languages.items()
        },
    )


def unregister() -> None:
    """Take them back."""
    bpy.app.translations.unregister(PACKAGE)
