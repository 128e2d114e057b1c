# SPDX-License-Identifier: GPL-3.0-or-later
"""Toile in other languages: a TOML file a language in assets/translations, named as Blender names its locales.

What is built from parts, such as a slot's header, is translated part by part with Blender's own `pgettext_iface`;
refusals and reports stay English.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import bpy

from .engine import ASSETS, PACKAGE

TRANSLATIONS = ASSETS / "translations"
CONTEXTS = ("*", "Operator")  # Blender looks a button of an operator up in the second, all else in the first


def read_translation(file: Path) -> dict[str, str]:
    """English → the file's language. A row of [of_styles] speaks of each style in turn, in the place of its {}."""
    tables: dict[str, dict[str, str]] = tomllib.loads(file.read_text("utf-8"))
    of_styles = tables.pop("of_styles")
    words = {english: said for rows in tables.values() for english, said in rows.items()}
    for english, said in of_styles.items():
        words |= {english.format(style): said.format(name) for style, name in tables["styles"].items()}
    return words


def register() -> None:
    """Hand every language to Blender, which shows the one that the user has chosen."""
    languages = {file.stem: read_translation(file) for file in sorted(TRANSLATIONS.glob("*.toml"))}
    bpy.app.translations.register(
        PACKAGE,
        {
            locale: {(context, english): said for english, said in words.items() for context in CONTEXTS}
            for locale, words in languages.items()
        },
    )


def unregister() -> None:
    """Take them back."""
    bpy.app.translations.unregister(PACKAGE)
