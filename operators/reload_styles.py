# SPDX-License-Identifier: GPL-3.0-or-later
"""Reload styles: read the studio's folders, and the presets, again."""

import bpy

from ..addon import studio
from ..addon.verb import Verb
from . import new_garment


class ReloadStyles(Verb, bpy.types.Operator):
    """Read the folders of the studio's styles and of the presets again"""

    bl_idname = "toile.reload_styles"
    bl_label = "Reload Styles"

    def act(self, context):
        new_garment.unregister_studio()
        studio.name_folders()
        new_garment.register_studio()
        said = studio.said()
        found = len(studio.studio_styles())
        return f"{found} styles of the studio." + (f" Broken: {' '.join(said)}" if said else "")
