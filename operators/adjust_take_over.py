# SPDX-License-Identifier: GPL-3.0-or-later
"""Take over edits: what was drawn on the flat pieces becomes adjustments, and the garment follows."""

import bpy
from bpy.props import BoolProperty

from ..addon import bridge, flat_pattern
from ..addon.verb import Verb, needs
from ..patterns.adjustments import drawn_changes
from .adjust import make


class TakeOverEdits(Verb, bpy.types.Operator):
    """Keep what you moved and bent on the flat pieces as adjustments, and redraft the garment with them"""

    bl_idname = "toile.take_over_edits"
    bl_label = "Take Over Edits"
    bl_options = {"REGISTER", "UNDO"}

    partner: BoolProperty(
        name="Also on the Partner",
        description="What a changed edge is sewn to follows, so that the seam stays true; unless you drew that too",
        default=True,
    )

    @classmethod
    def poll(cls, context):
        garment = bridge.active_garment(context)
        return needs(cls, garment and flat_pattern.objects_of(garment), "Show the pattern first, and edit its points")

    def act(self, context):
        garment = bridge.active_garment(context)
        changes = drawn_changes(bridge.pattern_of(garment), flat_pattern.read(garment), self.partner)
        return make(context, garment, changes) if changes else "Nothing was drawn: the pieces are as drafted."
