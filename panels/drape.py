# SPDX-License-Identifier: GPL-3.0-or-later
"""Drape: sew and settle."""

import bpy

from ..addon import bridge, engines, native_cloth, view_model
from ..addon.i18n import translated
from .common import ToilePanel, draw_job, draw_rows, draw_sentence, under_way


class DrapePanel(ToilePanel, bpy.types.Panel):
    """How, the button, the progress, how it went."""

    bl_idname = "TOILE_PT_drape"
    bl_label = "Drape"

    def draw(self, context):
        layout = self.layout
        garment = bridge.active_garment(context)
        if garment is not None:
            _draw_choices(layout, garment.toile, any(p.inner for p in bridge.pattern_of(garment).pieces))
        if not under_way("drape"):
            row = layout.row()
            row.scale_y = 1.5
            row.operator("toile.drape", icon="PLAY")
        draw_job(layout, context, "drape")
        if garment is not None and garment.toile.report:
            draw_rows(layout, view_model.drape_rows(garment.toile.report))
            for note in view_model.drape_notes(garment.toile.report):
                draw_sentence(layout, context, note, "ERROR")
            layout.operator("toile.hand_over", icon="PHYSICS")
            _draw_physics(layout, context, garment)


def _draw_physics(layout: bpy.types.UILayout, context: bpy.types.Context, garment: bpy.types.Object) -> None:
    """What the numbers in the Physics tab amount to, once the garment is there."""
    found = native_cloth.reading(garment)
    if found is not None:
        draw_rows(layout, native_cloth.reading_rows(found))
        for note in found.notes:
            draw_sentence(layout, context, note, "ERROR")


def _draw_choices(layout: bpy.types.UILayout, garment: bpy.types.PropertyGroup, has_inner: bool) -> None:
    column = layout.column()
    column.use_property_split, column.use_property_decorate = True, False
    column.prop(garment, "engine")
    if engines.has_gpu() and garment.engine != "blender":
        column.prop(garment, "device")
    column.prop(garment, "particle_distance")
    if has_inner:
        column.prop(garment, "inner")
    column.prop(garment, "keep")
    if garment.last_drape is not None and not garment.pins:
        column.prop(garment, "warm")
    row = layout.row(align=True)
    row.operator("toile.pin", text=f"{garment.pins} {translated('Pins')}" if garment.pins else "Pin", icon="PINNED")
    row.operator("toile.clear_pins", text="", icon="TRASH")
