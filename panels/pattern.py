# SPDX-License-Identifier: GPL-3.0-or-later
"""Pattern: the flat pieces, what a hand can do to them, and the list of what it did."""

import bpy

from ..addon import bridge, flat_pattern, view_model
from .common import ToilePanel, draw_rows, draw_sentence


class AdjustmentList(bpy.types.UIList):
    """Name, amount, on or off; why an adjustment is skipped, if it is."""

    bl_idname = "TOILE_UL_adjustments"

    def draw_item(self, context, layout, data, item, icon, active_data, active_property, index=0, flt_flag=0):
        row = layout.row(align=True)
        row.prop(item, "on", text="")
        view = view_model.pattern_view(item.id_data)
        row.prop(item, "name", text="", emboss=False, icon="ERROR" if item.name in view.skipped else "NONE")
        if unit := view.units.get(item.name):
            amount = row.row()
            amount.ui_units_x = 5
            amount.prop(item, "length" if unit == "m" else "share", text="")


class PatternPanel(ToilePanel, bpy.types.Panel):
    """Show, edit, take over; the hand's verbs; the adjustments."""

    bl_idname = "TOILE_PT_pattern"
    bl_label = "Pattern"
    bl_parent_id = "TOILE_PT_garment"

    @classmethod
    def poll(cls, context):
        return bridge.active_garment(context) is not None

    def draw(self, context):
        layout = self.layout
        garment = bridge.active_garment(context)
        row = layout.row(align=True)
        row.operator("toile.show_pattern", icon="MOD_UVPROJECT")
        if flat_pattern.objects_of(garment):
            row.operator("toile.hide_pattern", text="", icon="X")
            layout.operator("toile.take_over_edits", icon="CHECKMARK")
            _draw_verbs(layout)
        if len(garment.toile.adjustments):
            _draw_adjustments(layout, context, garment)


def _draw_verbs(layout: bpy.types.UILayout) -> None:
    grid = layout.grid_flow(row_major=True, columns=2, even_columns=True, align=True)
    for verb in (
        "add_notch", "remove_notch", "split_piece", "spread_piece", "rotate_dart", "close_dart", "move_apex",
        "set_allowance", "place_pocket",
    ):  # fmt: skip
        grid.operator(f"toile.{verb}")


def _draw_adjustments(layout: bpy.types.UILayout, context: bpy.types.Context, garment: bpy.types.Object) -> None:
    row = layout.row()
    row.template_list("TOILE_UL_adjustments", "", garment.toile, "adjustments", garment.toile, "adjustment", rows=3)
    column = row.column(align=True)
    column.operator("toile.remove_adjustment", text="", icon="REMOVE")
    column.operator("toile.move_adjustment", text="", icon="TRIA_UP").to = "up"
    column.operator("toile.move_adjustment", text="", icon="TRIA_DOWN").to = "down"
    view = view_model.pattern_view(garment)
    for name, reason in view.skipped.items():
        draw_sentence(layout, context, f"{name} is skipped: {reason}.", "ERROR")
    draw_rows(layout, view.seams)
