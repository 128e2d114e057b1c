# SPDX-License-Identifier: GPL-3.0-or-later
"""Drape: sew and settle."""

import bpy

from ..addon import bridge, view_model
from .common import ToilePanel, draw_job, draw_rows, under_way


class DrapePanel(ToilePanel, bpy.types.Panel):
    """The button, the progress, how it went."""

    bl_idname = "TOILE_PT_drape"
    bl_label = "Drape"

    def draw(self, context):
        layout = self.layout
        garment = bridge.active_garment(context)
        if garment is not None:
            layout.prop(garment.toile, "particle_distance")
        if not under_way("drape"):
            row = layout.row()
            row.scale_y = 1.5
            row.operator("toile.drape", icon="PLAY")
        draw_job(layout, context, "drape")
        if garment is not None and garment.toile.report:
            draw_rows(layout, view_model.drape_rows(garment.toile.report))
