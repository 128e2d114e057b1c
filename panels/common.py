# SPDX-License-Identifier: GPL-3.0-or-later
"""What the panels of the tab share."""

import textwrap
from collections.abc import Iterable

import bpy

from ..addon import job_runner, live
from ..addon.i18n import CONTEXT
from ..addon.view_model import Row


class ToilePanel:
    """A panel of the Toile tab."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Toile"


def draw_rows(layout: bpy.types.UILayout, rows: Iterable[Row]) -> None:
    """Label on the left, value on the right."""
    column = layout.column(align=True)
    for row in rows:
        line = column.row()
        line.label(text=row.label, text_ctxt=CONTEXT)
        value = line.row()
        value.alignment = "RIGHT"
        value.label(text=row.value, text_ctxt=CONTEXT, icon=row.icon)


def under_way(place: str) -> bool:
    """Whether this panel's job is running: its progress then stands where its button was."""
    job = job_runner.busy()
    return job is not None and job.place == place


def draw_job(layout: bpy.types.UILayout, context: bpy.types.Context, place: str) -> None:
    """The job of this panel: its progress with Cancel beside it, or its last word."""
    job = job_runner.view()
    if job is None or job.place != place:
        return
    if not job.ended:
        row = layout.row(align=True)
        row.scale_y = 1.5
        row.progress(factor=job.fraction, text=job.text or job.title)
        if job.pausable:
            row.operator("toile.pause_drape", text="", icon="PLAY" if job.phase.value == "paused" else "PAUSE")
            row.operator("toile.step_drape", text="", icon="FRAME_NEXT")
        row.operator("toile.cancel_job", text="", icon="X")
    elif job.sentence:
        draw_sentence(layout, context, job.sentence, "ERROR" if job.phase.value == "failed" else "NONE")


def draw_refusal(layout: bpy.types.UILayout, context: bpy.types.Context, obj: bpy.types.Object) -> None:
    """Why the object does not follow its sliders, if it doesn't."""
    if refused := live.refusal(obj):
        draw_sentence(layout, context, refused, "ERROR")


def draw_sentence(layout: bpy.types.UILayout, context: bpy.types.Context, sentence: str, icon: str = "NONE") -> None:
    """Text wrapped to the width of the sidebar: Blender's labels do not wrap."""
    width = context.region.width / (7.0 * context.preferences.system.ui_scale)
    column = layout.column(align=True)
    column.scale_y = 0.8
    for number, line in enumerate(textwrap.wrap(sentence, max(int(width) - 6, 16))):
        column.label(text=line, icon=icon if number == 0 else "BLANK1" if icon != "NONE" else "NONE")
