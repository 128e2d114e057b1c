# SPDX-License-Identifier: GPL-3.0-or-later
"""What every change of a body by hand shares: it is shown, and what it wears is drafted anew for it."""

from dataclasses import replace

import bpy

from ..addon import bridge
from ..addon.verb import Verb, needs, needs_object_mode
from ..bodies import Body
from .redraft import redraft

BY_HAND = "by hand"  # in the source of an avatar whose sliders no longer say what it is


def show_changed(obj: bpy.types.Object, body: Body) -> list[bpy.types.Object]:
    """Show an object's body as it was changed by hand; the garments it wears, which are to be drafted anew."""
    if body.source == "avatar":
        body = replace(body, source=f"avatar, {BY_HAND}")
    bridge.write_body(obj, body)
    return [o for o in bpy.data.objects if o.toile.kind == "GARMENT" and o.toile.body_id == obj.toile.toile_id]


class ChangeBody(Verb):
    """A mixin: `changed` gives the active body's new form. One step of undo."""

    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context):
        body = bridge.active_body(context)
        return needs(cls, body, "Make a body or import a scan first") and needs_object_mode(cls, context)

    def changed(self, body: Body) -> Body:
        """Call one kernel function."""
        raise NotImplementedError

    def act(self, context):
        obj = bridge.active_body(context)
        body = self.changed(bridge.body_of(obj))
        for garment in show_changed(obj, body):
            redraft(garment)
        return self.told(body)

    def told(self, body: Body) -> str:
        """What to report."""
        return ""
