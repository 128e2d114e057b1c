# SPDX-License-Identifier: GPL-3.0-or-later
"""Install engine, remove engine: the environment for what is too heavy for Blender's own process."""

import bpy

from ..addon import engine, engines, job_runner
from ..addon.verb import Verb, needs


class InstallEngine(Verb, bpy.types.Operator):
    """Download the libraries that measure scans into an environment of Toile's own; Blender's Python stays as it is"""

    bl_idname = "toile.install_engine"
    bl_label = "Install"

    @classmethod
    def poll(cls, _context):
        return needs(
            cls, bpy.app.online_access, "Allow Online Access in Preferences ▸ System ▸ Network first"
        ) and needs(cls, not job_runner.busy(), "Wait until the job under way has finished, or cancel it")

    def invoke(self, context, event):
        """Ask first: it downloads."""
        return context.window_manager.invoke_confirm(
            self, event, title="Install Toile's engine?", message=engine.DOWNLOAD, confirm_text="Install"
        )

    def act(self, _context):
        folder = engine.environment()

        def work(progress, cancelled):
            return engine.install(progress, cancelled, folder)

        def apply(size):
            yield
            engines.forget()
            engines.look_later()
            return f"The engine is installed: {size / 1e6:.0f} MB."

        return job_runner.start("Install the engine", "engine", work, apply).sentence()


class RemoveEngine(Verb, bpy.types.Operator):
    """Delete the engine environment and free its space"""

    bl_idname = "toile.remove_engine"
    bl_label = "Remove"

    @classmethod
    def poll(cls, _context):
        return needs(cls, engine.installed(), "The engine is not installed")

    def act(self, _context):
        engine.remove()
        engines.forget()
        return "The engine was removed."
