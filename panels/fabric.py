# SPDX-License-Identifier: GPL-3.0-or-later
"""Fabric: what the garment is made of."""

import bpy

from ..addon import bridge, shelf
from .common import ToilePanel, draw_sentence


class FabricPanel(ToilePanel, bpy.types.Panel):
    """The fabric's menu, and the ways to one of the designer's own."""

    bl_idname = "TOILE_PT_fabric"
    bl_label = "Fabric"

    def draw(self, context):
        garment = bridge.active_garment(context)
        if garment is None:
            self.layout.label(text="Make a garment first")
            return
        fabric = shelf.label(garment.toile.fabric)
        self.layout.operator_menu_enum("toile.set_fabric", "fabric", text=fabric or "Choose", icon="MATERIAL")
        row = self.layout.row(align=True)
        row.operator("toile.set_colour", icon="COLOR")
        if garment.toile.colour:
            row.operator("toile.set_colour", text="", icon="X").undyed = True
        own = self.layout.row(align=True)
        own.operator("toile.measure_fabric", text="Measure Yours", icon="DRIVER_DISTANCE")
        own.operator("toile.import_fabric", text="Import Sheet", icon="IMPORT")
        if fault := shelf.fault():
            draw_sentence(self.layout, context, fault, "ERROR")
