# SPDX-License-Identifier: GPL-3.0-or-later
"""Fabric: what the garment is made of."""

import bpy

from ..addon import bridge
from .common import ToilePanel


class FabricPanel(ToilePanel, bpy.types.Panel):
    """The fabric's menu."""

    bl_idname = "TOILE_PT_fabric"
    bl_label = "Fabric"

    def draw(self, context):
        garment = bridge.active_garment(context)
        if garment is None:
            self.layout.label(text="Make a garment first")
            return
        fabric = garment.toile.fabric.replace("_", " ").capitalize()
        self.layout.operator_menu_enum("toile.set_fabric", "fabric", text=fabric or "Choose", icon="MATERIAL")
