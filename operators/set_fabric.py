# SPDX-License-Identifier: GPL-3.0-or-later
"""Set fabric: what the garment is made of, in looks and in mechanics."""

import bpy
from bpy.props import EnumProperty

from ..addon import bridge, shelf
from ..addon.verb import Verb, needs_garment
from ..sim import mechanics


class SetFabric(Verb, bpy.types.Operator):
    """Make the garment of this fabric; drape again to see how it falls"""

    bl_idname = "toile.set_fabric"
    bl_label = "Fabric"
    bl_options = {"REGISTER", "UNDO"}

    fabric: EnumProperty(name="Fabric", items=shelf.menu)

    @classmethod
    def poll(cls, context):
        return needs_garment(cls, context)

    def act(self, context):
        garment = bridge.active_garment(context)
        bridge.wear(garment, self.fabric)
        again = " Drape again to see how it falls." if garment.toile.state == "DRAPED" else ""
        return f"{garment.name} in {mechanics(self.fabric).label}.{again}"
