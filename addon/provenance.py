# SPDX-License-Identifier: GPL-3.0-or-later
"""The designer's own words and key for what is exported: author, licence, and what signs the sidecars."""

from __future__ import annotations

import os
from pathlib import Path

import bpy

from .engine import PACKAGE
from .exports.provenance import SigningRefused, signing_key

KEY = "TOILE_SIGNING_KEY"  # the environment variable that names the key's file, where it is not the user's own


def author_and_licence() -> tuple[str, str]:
    """As they stand in the preferences."""
    addon = bpy.context.preferences.addons.get(PACKAGE)
    return (addon.preferences.author, addon.preferences.licence) if addon and addon.preferences else ("", "")


def key_file() -> Path:
    """Where the signing key is kept: Blender's configuration, which outlives an extension that is removed.

    Raises SigningRefused in a clone, which has none of its own.
    """
    if named := os.environ.get(KEY):
        return Path(named)
    if PACKAGE not in bpy.context.preferences.addons:
        raise SigningRefused(f"Toile is not installed here and has no key of its own: name one in {KEY}.")
    return Path(bpy.utils.user_resource("CONFIG", path="toile", create=True)) / "signing_key.pem"


def user_key() -> tuple[bytes | None, str]:
    """The key, made at its first use; or None, and why the sidecars are not signed."""
    try:
        return signing_key(key_file()), ""
    except SigningRefused as error:
        return None, f"The sidecars are not signed. {error}"
