# SPDX-License-Identifier: GPL-3.0-or-later
"""Preferences: the engine environment, installed and removed by hand, part by part."""

import bpy
from bpy.props import StringProperty

from . import engine, job_runner, studio


class ToilePreferences(bpy.types.AddonPreferences):
    """Preferences ▸ Add-ons ▸ Toile."""

    bl_idname = engine.PACKAGE

    styles_folder: StringProperty(
        name="Studio's Styles",
        description="A folder that holds a folder for each of your studio's own styles, with a style.toml in it",
        subtype="DIR_PATH",
        update=lambda _self, _context: bpy.ops.toile.reload_styles(),
    )

    author: StringProperty(name="Author", description="Who made what you export: a person or a house")
    licence: StringProperty(
        name="Licence", description="What others may do with what you export, such as CC-BY-4.0 or All rights reserved"
    )

    def draw(self, _context):
        _draw_studio(self.layout, self)
        row = self.layout.row()
        row.prop(self, "author")
        row.prop(self, "licence")
        box = self.layout.box()
        head = box.row()
        head.label(text="Engine: what is too heavy for Blender's own process", icon="TOOL_SETTINGS")
        if engine.installed():
            head.operator("toile.engine_licences", icon="TEXT")
        job = job_runner.view()
        if job is not None and job.place == "engine" and not job.ended:
            row = box.row(align=True)
            row.progress(factor=job.fraction, text=job.text or job.title)
            row.operator("toile.cancel_job", text="", icon="X")
            return
        for name in engine.PARTS:
            _draw_part(box, name)
        if job is not None and job.place == "engine" and job.sentence:
            box.label(text=job.sentence, icon="INFO")
        if not bpy.app.online_access:
            box.label(text="Allow Online Access in Preferences ▸ System ▸ Network first", icon="INTERNET_OFFLINE")


def _draw_studio(layout: bpy.types.UILayout, preferences: bpy.types.AddonPreferences) -> None:
    row = layout.row(align=True)
    row.prop(preferences, "styles_folder")
    row.operator("toile.reload_styles", text="", icon="FILE_REFRESH")
    for sentence in studio.said():
        layout.label(text=sentence, icon="ERROR")


def _draw_part(layout: bpy.types.UILayout, name: str) -> None:
    part, note = engine.PARTS[name], engine.installed(name)
    column = layout.column(align=True)
    row = column.row()
    row.label(text=f"{part.label}: {part.help}", icon="CHECKMARK" if note else "BLANK1")
    verb, icon = ("toile.remove_engine", "TRASH") if note else ("toile.install_engine", "IMPORT")
    row.operator(verb, icon=icon).part = name
    size = f"Installed, {note['bytes'] / 1e6:.0f} MB" if note else part.size[0].upper() + part.size[1:]
    column.label(text=size, icon="BLANK1")
    column.label(text=f"Licences: {part.licences}", icon="BLANK1")
