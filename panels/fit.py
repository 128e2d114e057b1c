# SPDX-License-Identifier: GPL-3.0-or-later
"""Fit: what the drape says about the garment on this body, in plain words, in colours and in numbers."""

import bpy

from ..addon import bridge, overlay, view_model
from .common import ToilePanel, draw_rows, draw_sentence


class FitPanel(ToilePanel, bpy.types.Panel):
    """The maps' menu; ease, stretch, skin, seams; what to do about what does not fit."""

    bl_idname = "TOILE_PT_fit"
    bl_label = "Fit"

    def draw(self, context):
        layout = self.layout
        garment = bridge.active_garment(context)
        if garment is None or not garment.toile.report:
            layout.label(text="Drape a garment to see how it fits")
            return
        _draw_map_menu(layout, garment)
        fit = overlay.fit_of(garment)
        draw_rows(layout, view_model.fit_rows(garment.toile.report, fit))
        for sentence in view_model.fit_sentences(fit):
            draw_sentence(layout, context, sentence, "INFO")


class MapNumbersPanel(ToilePanel, bpy.types.Panel):
    """The map that is shown, in numbers: over all, and at each of the body's landmarks."""

    bl_idname = "TOILE_PT_map_numbers"
    bl_label = "Map in Numbers"
    bl_parent_id = "TOILE_PT_fit"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context):
        garment = bridge.active_garment(context)
        return garment is not None and overlay.shown(garment) and overlay.fit_of(garment)

    def draw(self, context):
        garment = bridge.active_garment(context)
        draw_rows(self.layout, view_model.map_rows(overlay.fit_of(garment), overlay.shown(garment)))


def _draw_map_menu(layout: bpy.types.UILayout, garment: bpy.types.Object) -> None:
    name = overlay.shown(garment)
    row = layout.row(align=True)
    row.operator_menu_enum("toile.show_map", "map", text=overlay.label(name) or "Show Map", icon="COLOR")
    if name:
        row.operator("toile.show_map", text="", icon="X").map = "FABRIC"
