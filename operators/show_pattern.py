# SPDX-License-Identifier: GPL-3.0-or-later
"""Show and hide pattern: the flat pieces beside the body, as they are cut, for Blender's own tools to edit."""

import bpy

from ..addon import bridge, flat_pattern
from ..addon.verb import Verb, needs


class ShowPattern(Verb, bpy.types.Operator):
    """Lay the garment's flat pieces out beside the body, at full size; what was drawn and not taken over goes"""

    bl_idname = "toile.show_pattern"
    bl_label = "Show Pattern"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context):
        return needs(
            cls,
            context.mode == "OBJECT" and bridge.active_garment(context),
            "Make a garment first, and switch to Object Mode",
        )

    def act(self, context):
        garment = bridge.active_garment(context)
        pattern = bridge.pattern_of(garment)
        flat_pattern.show(context, garment, pattern)
        return f"{len(pattern.pieces)} pieces laid out beside the body: edit their points, then Take Over Edits."


class HidePattern(Verb, bpy.types.Operator):
    """Put the flat pieces away; what was drawn on them and not taken over goes"""

    bl_idname = "toile.hide_pattern"
    bl_label = "Hide Pattern"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context):
        garment = bridge.active_garment(context) if context.mode == "OBJECT" else None
        return needs(cls, garment and flat_pattern.objects_of(garment), "Show the pattern first, in Object Mode")

    def act(self, context):
        garment = bridge.active_garment(context)
        flat_pattern.hide(garment)
        bridge.select(context, garment)
        return ""
