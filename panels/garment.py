# SPDX-License-Identifier: GPL-3.0-or-later
"""Garment: what is sewn, and every parameter that its style declares."""

import bpy

from ..addon import bridge, properties, studio, view_model
from .common import ToilePanel, draw_refusal, draw_rows, draw_sentence


class OwnMenu(bpy.types.Menu):
    """The studio's styles and the designer's presets, each with its picture."""

    bl_idname = "TOILE_MT_own"
    bl_label = "Own Styles"

    def draw(self, _context):
        layout = self.layout
        for operator, label, number in view_model.own_garments():
            layout.operator(operator, text=label, icon_value=number)
        layout.separator()
        for path, label, number in view_model.preset_rows():
            layout.operator("toile.new_from_preset", text=label, icon_value=number).preset = path


class GarmentPanel(ToilePanel, bpy.types.Panel):
    """A button for each style; the garment's pattern."""

    bl_idname = "TOILE_PT_garment"
    bl_label = "Garment"

    def draw(self, context):
        layout = self.layout
        grid = layout.grid_flow(row_major=True, columns=2, even_columns=True, align=True)
        grid.scale_y = 1.3
        for operator, label in view_model.new_garments():
            grid.operator(operator, text=label, icon="MOD_CLOTH")
        row = layout.row(align=True)
        row.menu("TOILE_MT_own", icon="PRESET")
        row.operator("toile.import_pattern", text="Import", icon="IMPORT")
        for sentence in studio.said():
            draw_sentence(layout, context, sentence, "ERROR")
        garment = bridge.active_garment(context)
        if garment is None:
            return
        layout.label(text=garment.name, icon="MATCLOTH")
        draw_rows(layout, view_model.garment_view(garment).rows)
        draw_refusal(layout, context, garment)
        row = layout.row(align=True)
        row.operator("toile.redraft", icon="LOOP_BACK")
        row.operator("toile.save_preset", text="", icon="PRESET_NEW")


class ParametersPanel(ToilePanel, bpy.types.Panel):
    """The style's sliders; moving one redrafts the pattern."""

    bl_idname = "TOILE_PT_parameters"
    bl_label = "Parameters"
    bl_parent_id = "TOILE_PT_garment"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context):
        garment = bridge.active_garment(context)
        return garment is not None and bool(view_model.garment_view(garment).sliders)

    def draw(self, context):
        garment = bridge.active_garment(context)
        sliders = properties.sliders_of(garment)
        column = self.layout.column(align=True)
        for name in view_model.garment_view(garment).sliders:
            column.prop(sliders, name)


class ImportNotesPanel(ToilePanel, bpy.types.Panel):
    """What an imported pattern's file did not say, and what was left behind."""

    bl_idname = "TOILE_PT_import_notes"
    bl_label = "Notes of the Import"
    bl_parent_id = "TOILE_PT_garment"

    @classmethod
    def poll(cls, context):
        garment = bridge.active_garment(context)
        return garment is not None and bool(garment.toile.notes)

    def draw(self, context):
        for sentence in view_model.import_notes(bridge.active_garment(context).toile.notes):
            draw_sentence(self.layout, context, sentence, "INFO")
