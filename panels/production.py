# SPDX-License-Identifier: GPL-3.0-or-later
"""Production: the run of sizes, the markers, and what goes to the factory."""

import bpy

from ..addon import bridge, view_model
from ..addon.i18n import CONTEXT
from .common import ToilePanel, draw_job, draw_rows, under_way

_CLOTH = ("width", "gap", "nap", "face_to_face", "repeat_along", "repeat_across", "match")


class ProductionPanel(ToilePanel, bpy.types.Panel):
    """Sizes, markers, files; the job's progress in the place of the buttons."""

    bl_idname = "TOILE_PT_production"
    bl_label = "Production"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context):
        layout, garment = self.layout, bridge.active_garment(context)
        if garment is not None:
            wanted = garment.toile.production
            _draw_sizes(layout, wanted)
            _draw_markers(layout, wanted)
        if not under_way("production"):
            if garment is not None:
                layout.operator("toile.write_sizes", icon="FILE")
                layout.operator("toile.write_tech_pack", icon="DOCUMENTS")
            layout.operator("toile.run_batch", icon="OUTPUT")
        draw_job(layout, context, "production")


def _draw_sizes(layout: bpy.types.UILayout, wanted: bpy.types.PropertyGroup) -> None:
    column = layout.column(align=True)
    row = column.row(align=True)
    row.prop(wanted, "smaller")
    row.prop(wanted, "larger")
    column.prop(wanted, "girth_step")
    column.prop(wanted, "height_step")
    row = layout.row(align=True)
    row.enabled = not under_way("production")
    row.operator("toile.show_sizes", icon="MOD_OUTLINE")
    row.operator("toile.hide_production", text="", icon="X")


def _draw_markers(layout: bpy.types.UILayout, wanted: bpy.types.PropertyGroup) -> None:
    header, body = layout.panel("TOILE_PT_marker", default_closed=True)
    header.label(text="Marker", text_ctxt=CONTEXT)
    if body:
        column = body.column(align=True)
        for name in _CLOTH:
            column.prop(wanted, name)
        for name in ("ratio", "seconds", "number", "prices"):
            body.prop(wanted, name)
    row = layout.row()
    row.enabled = not under_way("production")
    row.operator("toile.lay_markers", icon="ALIGN_JUSTIFY")
    draw_rows(layout, view_model.marker_rows(wanted.markers))
