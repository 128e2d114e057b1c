# SPDX-License-Identifier: GPL-3.0-or-later
"""Fit: what the drape says about the garment on this body, in plain words."""

import bpy

from ..addon import bridge, view_model
from .common import ToilePanel, draw_rows


class FitPanel(ToilePanel, bpy.types.Panel):
    """Ease, stretch, skin, seams."""

    bl_idname = "TOILE_PT_fit"
    bl_label = "Fit"

    def draw(self, context):
        garment = bridge.active_garment(context)
        if garment is None or not garment.toile.report:
            self.layout.label(text="Drape a garment to see how it fits")
            return
        draw_rows(self.layout, view_model.fit_rows(garment.toile.report))
