# SPDX-License-Identifier: GPL-3.0-or-later
"""Fabric: what the garment is made of; the loom for a cloth of one's own; variations to choose from."""

import bpy

from ..addon import bridge, shelf
from ..addon.fabrics import loom, pictures, variations
from .common import ToilePanel, draw_job, draw_sentence, under_way

PICTURE_SCALE = 6.0
TILE_SCALE = 8.0
SMALL_SCALE = 3.0
ACROSS = 4  # variations in a row


class FabricPanel(ToilePanel, bpy.types.Panel):
    """The fabrics with their pictures, and the ways to one of the designer's own."""

    bl_idname = "TOILE_PT_fabric"
    bl_label = "Fabric"

    def draw(self, context):
        layout = self.layout
        garment = bridge.active_garment(context)
        if garment is None:
            layout.label(text="Make a garment first")
            return
        layout.template_icon_view(
            context.window_manager, "toile_fabric", show_labels=True, scale=PICTURE_SCALE, scale_popup=4.0
        )
        layout.label(text=shelf.label(garment.toile.fabric) or "Choose", icon="MATERIAL")
        row = layout.row(align=True)
        row.operator("toile.set_colour", icon="COLOR")
        if garment.toile.colour:
            row.operator("toile.set_colour", text="", icon="X").undyed = True
        matched = garment.toile.bl_rna.properties["match"].enum_items[garment.toile.match].name
        layout.operator_menu_enum("toile.match_stripes", "match", text=matched, icon="SNAP_GRID")
        if not under_way("fabric"):
            row = layout.row(align=True)
            row.operator("toile.read_swatch", icon="IMAGE_DATA")
            row.operator("toile.rescale_fabric", text="", icon="DRIVER_DISTANCE")
        draw_job(layout, context, "fabric")
        own = layout.row(align=True)
        own.operator("toile.measure_fabric", text="Measure Yours", icon="DRIVER_DISTANCE")
        own.operator("toile.import_fabric", text="Import Sheet", icon="IMPORT")
        if fault := shelf.fault():
            draw_sentence(layout, context, fault, "ERROR")


class WeavePanel(ToilePanel, bpy.types.Panel):
    """The draft on the loom, and its picture."""

    bl_idname = "TOILE_PT_weave"
    bl_label = "Design a Weave"
    bl_parent_id = "TOILE_PT_fabric"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context):
        layout, draft = self.layout, context.scene.toile_weave
        layout.operator_menu_enum("toile.begin_weave", "fabric", icon="FILE_NEW")
        if not draft.base:
            return
        layout.template_icon(pictures.icon(loom.PICTURE), scale=TILE_SCALE)
        column = layout.column()
        column.use_property_split, column.use_property_decorate = True, False
        for name in ("structure", "ends", "picks", "warp_order", "weft_order"):
            column.prop(draft, name)
        row = layout.row(align=True)
        for code in loom.CODES:
            row.prop(draft, f"colour_{code.lower()}", text=code)
        if said := loom.said():
            draw_sentence(layout, context, said, "ERROR")
        layout.operator("toile.keep_weave", icon="CHECKMARK")


class VariationsPanel(ToilePanel, bpy.types.Panel):
    """Twelve cloths akin to the garment's, each with the button that takes it."""

    bl_idname = "TOILE_PT_variations"
    bl_label = "Variations"
    bl_parent_id = "TOILE_PT_fabric"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context):
        layout = self.layout
        if not under_way("variations"):
            layout.operator("toile.vary_fabric", icon="MOD_INSTANCE")
        draw_job(layout, context, "variations")
        sheet = variations.sheet()
        if sheet is None:
            return
        grid = layout.grid_flow(row_major=True, columns=ACROSS, even_columns=True, align=True)
        for number in range(len(sheet.recipes)):
            cell = grid.column(align=True)
            cell.template_icon(variations.picture(number), scale=SMALL_SCALE)
            cell.operator("toile.take_variation", text=str(number + 1)).number = number


class PrintsPanel(ToilePanel, bpy.types.Panel):
    """The pictures on the garment's pieces, each where it lies."""

    bl_idname = "TOILE_PT_prints"
    bl_label = "Prints and Embroidery"
    bl_parent_id = "TOILE_PT_fabric"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context):
        return bridge.active_garment(context) is not None

    def draw(self, context):
        layout = self.layout
        for number, told in enumerate(bridge.active_garment(context).toile.prints):
            box = layout.box()
            row = box.row()
            name = f"{told.image.name if told.image else ''}: {told.panel.replace('_', ' ')}"
            row.label(text=name, icon="TEXTURE", translate=False)
            row.operator("toile.remove_print", text="", icon="X").number = number
            column = box.column()
            column.use_property_split, column.use_property_decorate = True, False
            for field in ("x", "y", "width", "angle", "embroidered"):
                column.prop(told, field)
        layout.operator("toile.place_print", icon="ADD")
