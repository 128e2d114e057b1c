# SPDX-License-Identifier: GPL-3.0-or-later
"""Garment: what is sewn, and every parameter that its style declares."""

from collections.abc import Iterable
from typing import Any

import bpy

from ..addon import bridge, properties, studio, view_model
from ..addon.i18n import CONTEXT, translated
from .common import ToilePanel, draw_refusal, draw_rows, draw_sentence


class NewGarmentMenu(bpy.types.Menu):
    """The wardrobe, a column for each family; then the studio's styles and the designer's presets with pictures."""

    bl_idname = "TOILE_MT_new_garment"
    bl_label = "New Garment"

    def draw(self, _context):
        row = self.layout.row()
        for family, garments in view_model.new_garments():
            column = _column(row, family)
            for operator, label in garments:
                column.operator(operator, text=label)
        own, presets = view_model.own_garments(), view_model.preset_rows()
        if own or presets:
            column = _column(row, "Own Styles")
            for operator, label, number in own:
                column.operator(operator, text=label, icon_value=number)
            for path, label, number in presets:
                column.operator("toile.new_from_preset", text=label, icon_value=number).preset = path


def _column(row: bpy.types.UILayout, heading: str) -> bpy.types.UILayout:
    column = row.column()
    column.label(text=heading, text_ctxt=CONTEXT)
    column.separator()
    return column


class GarmentPanel(ToilePanel, bpy.types.Panel):
    """The wardrobe; the garment's pattern."""

    bl_idname = "TOILE_PT_garment"
    bl_label = "Garment"

    def draw(self, context):
        layout = self.layout
        row = layout.row(align=True)
        row.scale_y = 1.3
        row.menu("TOILE_MT_new_garment", icon="MOD_CLOTH")
        row.operator("toile.import_pattern", text="Import", icon="IMPORT")
        for sentence in studio.said():
            draw_sentence(layout, context, sentence, "ERROR")
        garment = bridge.active_garment(context)
        if garment is None:
            return
        layout.label(text=garment.name, icon="MATCLOTH")
        draw_rows(layout, view_model.garment_rows(garment))
        draw_refusal(layout, context, garment)
        row = layout.row(align=True)
        row.operator("toile.redraft", icon="LOOP_BACK")
        row.operator("toile.save_preset", text="", icon="PRESET_NEW")


class ParametersPanel(ToilePanel, bpy.types.Panel):
    """The style's slots and sliders, then those of the parts in the slots; changing one redrafts the pattern."""

    bl_idname = "TOILE_PT_parameters"
    bl_label = "Parameters"
    bl_parent_id = "TOILE_PT_garment"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context):
        garment = bridge.active_garment(context)
        return garment is not None and view_model.offer(garment) is not None

    def draw(self, context):
        garment = bridge.active_garment(context)
        sliders, offer = properties.sliders_of(garment), view_model.offer(garment)
        _draw_parameters(self.layout, sliders, offer.slots)
        _draw_parameters(self.layout, sliders, offer.own)
        for slot, part, parameters in offer.parts:
            header, body = self.layout.panel(f"TOILE_PT_{slot.name}")
            header.label(text=f"{translated(slot.label)}: {translated(part.label)}", translate=False)
            if body:
                _draw_parameters(body, sliders, parameters)


def _draw_parameters(layout: bpy.types.UILayout, sliders: bpy.types.PropertyGroup, parameters: Iterable[Any]) -> None:
    """A slider or a box for each of a style's parameters, a menu for a choice."""
    column = layout.column(align=True)
    for parameter in parameters:
        if parameter.kind == "choice":
            row = column.split(factor=0.4, align=True)
            row.label(text=parameter.label, text_ctxt=CONTEXT)
            row.context_string_set("toile_choice", parameter.name)
            chosen = sliders.bl_rna.properties[parameter.name].enum_items[getattr(sliders, parameter.name)]
            row.menu("TOILE_MT_choice", text=chosen.name, text_ctxt=CONTEXT)
        else:
            column.prop(sliders, parameter.name)


class ChoiceMenu(bpy.types.Menu):
    """The values of a choice; those that clash with what else is chosen are grey, and say why."""

    bl_idname = "TOILE_MT_choice"
    bl_label = "Choose"

    def draw(self, context):
        name = context.toile_choice
        for value, alternative in view_model.alternatives(bridge.active_garment(context), name).items():
            row = self.layout.row()
            row.enabled = not alternative.clash
            choose = row.operator("toile.choose_part", text=alternative.label)
            choose.parameter, choose.value = name, value


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
