# SPDX-License-Identifier: GPL-3.0-or-later
"""Design a weave: lay a fabric on the loom, and keep what was made of it as a fabric of the designer's own."""

import bpy
from bpy.props import EnumProperty, StringProperty

from ..addon import bridge
from ..addon.fabrics import library, loom
from ..addon.material import forget_fabric
from ..addon.verb import Verb, needs, needs_garment
from ..models.design import keep_design, kin


class BeginWeave(Verb, bpy.types.Operator):
    """Lay a woven fabric on the loom, to change its weave, its colours and its threads"""

    bl_idname = "toile.begin_weave"
    bl_label = "Begin with a Fabric"
    bl_options = {"REGISTER", "UNDO"}

    fabric: EnumProperty(name="Fabric", items=library.woven)

    def act(self, context):
        loom.begin(context.scene.toile_weave, self.fabric)
        return ""


class KeepWeave(Verb, bpy.types.Operator):
    """Keep the draft as a fabric of your own, and wear it"""

    bl_idname = "toile.keep_weave"
    bl_label = "Keep and Wear"
    bl_options = {"REGISTER", "UNDO"}

    label: StringProperty(name="Name", description="Of the fabric", default="My weave")

    @classmethod
    def poll(cls, context):
        return needs_garment(cls, context) and needs(cls, context.scene.toile_weave.base, "Begin with a fabric first")

    def invoke(self, context, event):
        """Ask for its name."""
        return context.window_manager.invoke_props_dialog(self)

    def act(self, context):
        draft = context.scene.toile_weave
        kept = keep_design(self.label, loom.recipe_of(draft), kin(draft.base))
        forget_fabric(kept.name)
        bridge.wear(bridge.active_garment(context), kept.name)
        return f"{kept.label}: {1000 * kept.density:.0f} g/m² by its yarns; it hangs as {kin(draft.base)} otherwise."
