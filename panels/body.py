# SPDX-License-Identifier: GPL-3.0-or-later
"""Body: who the garment is for."""

import bpy

from ..addon import bridge, properties, view_model
from .common import ToilePanel, draw_job, draw_refusal, draw_rows


class BodyPanel(ToilePanel, bpy.types.Panel):
    """The body, its sliders if it is an avatar, and its measurements."""

    bl_idname = "TOILE_PT_body"
    bl_label = "Body"

    def draw(self, context):
        layout = self.layout
        row = layout.row(align=True)
        row.operator("toile.new_body", icon="ARMATURE_DATA")
        row.operator("toile.import_scan", text="Import Scan", icon="IMPORT")
        draw_job(layout, context, "body")
        body = bridge.active_body(context)
        if body is None:
            layout.label(text="New garments bring an avatar with them")
            return
        layout.label(text=body.name, icon="OUTLINER_OB_ARMATURE")
        if body.toile.source == "avatar":
            column = layout.column(align=True)
            for name, *_ in properties.MEASURES:
                column.prop(body.toile.measures, name)
            draw_refusal(layout, context, body)


class MeasurementsPanel(ToilePanel, bpy.types.Panel):
    """All measurements of the body."""

    bl_idname = "TOILE_PT_measurements"
    bl_label = "Measurements"
    bl_parent_id = "TOILE_PT_body"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context):
        return bridge.active_body(context) is not None

    def draw(self, context):
        draw_rows(self.layout, view_model.body_rows(bridge.active_body(context)))
