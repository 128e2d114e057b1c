# SPDX-License-Identifier: GPL-3.0-or-later
"""Body: who the garment is for."""

import bpy

from ..addon import bridge, properties, view_model
from ..addon.i18n import CONTEXT, translated
from .common import ToilePanel, draw_job, draw_refusal, draw_rows, draw_sentence


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


class OfBody(ToilePanel):
    """What is told of the body, below the panel *Body*."""

    bl_parent_id = "TOILE_PT_body"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context):
        return bridge.active_body(context) is not None


class MeasurementsPanel(OfBody, bpy.types.Panel):
    """All measurements of the body."""

    bl_idname = "TOILE_PT_measurements"
    bl_label = "Measurements"

    def draw(self, context):
        layout = self.layout
        body = bridge.active_body(context)
        row = layout.row(align=True)
        row.prop(body.toile, "show_tapes", toggle=True)
        row.prop(body.toile, "show_landmarks", toggle=True)
        row.operator("toile.reset_landmarks", text="", icon="LOOP_BACK")
        draw_rows(layout, view_model.body_origin(body))
        self._draw_measurements(layout, body)

    def _draw_measurements(self, layout, body):
        """A measure a line: a press on its number shows its tape and changes it."""
        column = layout.column(align=True)
        for measured in view_model.body_rows(body):
            line = column.row()
            line.label(text=measured.label, text_ctxt=CONTEXT)
            shown = body.toile.tape == measured.name
            line.operator("toile.set_measure", text=measured.value, depress=shown).name = measured.name


class SizesPanel(OfBody, bpy.types.Panel):
    """The body's place in the size systems."""

    bl_idname = "TOILE_PT_sizes"
    bl_label = "Sizes"

    def draw(self, context):
        rows = view_model.body_sizes(bridge.active_body(context))
        draw_rows(self.layout, rows)
        if not rows:
            none = translated("No size system has a size for this body: cut to its own measures.")
            draw_sentence(self.layout, context, none)


class ShapeAndPosePanel(OfBody, bpy.types.Panel):
    """What else can be done with the body."""

    bl_idname = "TOILE_PT_shape_and_pose"
    bl_label = "Shape, Pose and Privacy"

    def draw(self, context):
        layout = self.layout
        body = bridge.active_body(context)
        layout.operator_menu_enum("toile.make_symmetric", "side", icon="MOD_MIRROR")
        layout.operator_menu_enum("toile.show_pose", "pose", icon="POSE_HLT")
        if body.toile.scan is not None:
            layout.prop(body.toile.scan, "hide_viewport", text="Scan Behind the Body", invert_checkbox=True)
        layout.operator("toile.save_body_asset", icon="ASSET_MANAGER")
        layout.separator()
        agreed = translated("A scan is personal data: share it only as its person agreed.")
        draw_sentence(layout, context, agreed, "INFO")
        layout.operator("toile.remove_identity", icon="HIDE_ON")
