# SPDX-License-Identifier: GPL-3.0-or-later
"""Remove an adjustment from the garment's list, or put it earlier or later."""

import bpy
from bpy.props import EnumProperty

from ..addon import bridge
from ..addon.verb import Verb, needs
from .redraft import redraft


class RemoveAdjustment(Verb, bpy.types.Operator):
    """Take the chosen adjustment away and redraft the garment without it"""

    bl_idname = "toile.remove_adjustment"
    bl_label = "Remove Adjustment"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context):
        garment = bridge.active_garment(context)
        return needs(cls, garment and len(garment.toile.adjustments), "The garment has no adjustments")

    def act(self, context):
        garment = bridge.active_garment(context)
        if context.mode != "OBJECT":
            bpy.ops.object.mode_set(mode="OBJECT")
        rows, index = garment.toile.adjustments, garment.toile.adjustment
        index = min(max(index, 0), len(rows) - 1)
        name = rows[index].name
        rows.remove(index)
        garment.toile.adjustment = max(index - 1, 0)
        redraft(garment)
        return f"{name}: removed."


class MoveAdjustment(Verb, bpy.types.Operator):
    """Make the chosen adjustment earlier or later: each works on what those before it have left"""

    bl_idname = "toile.move_adjustment"
    bl_label = "Move Adjustment"
    bl_options = {"REGISTER", "UNDO"}

    to: EnumProperty(items=[("up", "Earlier", ""), ("down", "Later", "")])

    @classmethod
    def poll(cls, context):
        garment = bridge.active_garment(context)
        return needs(cls, garment and len(garment.toile.adjustments) > 1, "The garment has no two adjustments")

    def act(self, context):
        garment = bridge.active_garment(context)
        if context.mode != "OBJECT":
            bpy.ops.object.mode_set(mode="OBJECT")
        rows, index = garment.toile.adjustments, garment.toile.adjustment
        other = min(max(index + (1 if self.to == "down" else -1), 0), len(rows) - 1)
        rows.move(index, other)
        garment.toile.adjustment = other
        redraft(garment)
        return ""
