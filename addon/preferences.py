# SPDX-License-Identifier: GPL-3.0-or-later
"""Preferences: the engine environment, installed and removed by hand."""

import bpy

from . import engine, job_runner


class ToilePreferences(bpy.types.AddonPreferences):
    """Preferences ▸ Add-ons ▸ Toile."""

    bl_idname = engine.PACKAGE

    def draw(self, _context):
        layout = self.layout
        box = layout.box()
        box.label(text="Engine: measures scans, in a process of its own", icon="TOOL_SETTINGS")
        note = engine.installed()
        job = job_runner.view()
        if job is not None and job.place == "engine" and not job.ended:
            row = box.row(align=True)
            row.progress(factor=job.fraction, text=job.text or job.title)
            row.operator("toile.cancel_job", text="", icon="X")
            return
        if note:
            row = box.row()
            row.label(text=f"Installed, {note['bytes'] / 1e6:.0f} MB", icon="CHECKMARK")
            row.operator("toile.remove_engine", icon="TRASH")
            return
        row = box.row()
        row.label(text=f"Not installed ({engine.DOWNLOAD})")
        row.operator("toile.install_engine", icon="IMPORT")
        if job is not None and job.place == "engine" and job.sentence:
            box.label(text=job.sentence, icon="INFO")
        if not bpy.app.online_access:
            box.label(text="Allow Online Access in Preferences ▸ System ▸ Network first", icon="INTERNET_OFFLINE")
