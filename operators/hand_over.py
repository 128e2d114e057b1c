# SPDX-License-Identifier: GPL-3.0-or-later
"""Continue in Blender's physics: the draped garment becomes cloth that the Physics tab can play with."""

import bpy

from ..addon import bridge, draping, native_cloth
from ..addon.verb import Verb, needs, needs_idle, needs_object_mode


class HandOver(Verb, bpy.types.Operator):
    """Give the garment a Cloth modifier with its fabric's own values, and its body a Collision, to go on by hand"""

    bl_idname = "toile.hand_over"
    bl_label = "Continue in Blender's Physics"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context):
        garment = bridge.active_garment(context)
        return (
            needs(cls, garment and garment.toile.state == "DRAPED", "Drape a garment first")
            and needs_idle(cls)
            and needs(cls, bridge.body_object_of(garment), "This garment's body was deleted: make the garment anew")
            and needs_object_mode(cls, context)
        )

    def act(self, context):
        garment = bridge.active_garment(context)
        fabrics = draping.fabrics_of(bridge.pattern_of(garment), garment.toile.fabric)
        done = native_cloth.hand_over(context.scene, garment, bridge.body_object_of(garment), fabrics)
        if done.settings.warnings:
            self.report({"WARNING"}, "\n".join(done.settings.warnings))
        verb = "follows its fabric again" if done.again else "goes on in Blender's physics"
        return f"{garment.name} {verb}, from the shape in which it settled: play the timeline, or edit the Physics tab."
