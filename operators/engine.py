# SPDX-License-Identifier: GPL-3.0-or-later
"""Install, remove and read the licences of the engine environment, for what is too heavy for Blender's own process."""

import bpy

from ..addon import engine, engines, job_runner
from ..addon.verb import Verb, needs, needs_idle

_LICENCES = "Licences of Toile's engine"
_PARTS = [(name, part.label, part.help) for name, part in engine.PARTS.items()]


class InstallEngine(Verb, bpy.types.Operator):
    """Download the libraries into an environment of Toile's own; Blender's Python stays as it is"""

    bl_idname = "toile.install_engine"
    bl_label = "Install"

    part: bpy.props.EnumProperty(name="Part", items=_PARTS)

    @classmethod
    def poll(cls, _context):
        return needs(
            cls, bpy.app.online_access, "Allow Online Access in Preferences ▸ System ▸ Network first"
        ) and needs_idle(cls)

    def invoke(self, context, event):
        """Ask first: it downloads, under licences to be agreed to."""
        coming = [engine.PARTS[name] for name in engine.missing(self.part)]
        return context.window_manager.invoke_confirm(
            self,
            event,
            title=f"Install {' and '.join(part.label for part in coming)}?",
            message="\n".join(f"{part.label}: {part.size}. {part.licences}" for part in coming),
            confirm_text="Install",
        )

    def act(self, _context):
        folder, coming = engine.environment(), engine.missing(self.part)
        if not coming:
            return f"{engine.PARTS[self.part].label} is installed already."

        def work(progress, cancelled):
            sizes = []
            for number, name in enumerate(coming):
                sizes.append(
                    engine.install(
                        lambda fraction, text, done=number: progress((done + fraction) / len(coming), text),
                        cancelled,
                        folder,
                        name,
                    )
                )
            return sum(sizes)

        def apply(size):
            engines.forget()
            engines.look_later()
            yield
            return f"Installed: {size / 1e6:.0f} MB."

        return job_runner.start("Install the engine", "engine", work, apply).sentence()


class RemoveEngine(Verb, bpy.types.Operator):
    """Delete this part of the engine, and what stands on it, and free its space"""

    bl_idname = "toile.remove_engine"
    bl_label = "Remove"

    part: bpy.props.EnumProperty(name="Part", items=_PARTS)

    @classmethod
    def poll(cls, _context):
        return needs(cls, engine.installed(), "The engine is not installed") and needs_idle(cls)

    def act(self, _context):
        engine.remove(self.part)
        engines.forget()
        engines.look_later()
        return f"{engine.PARTS[self.part].label} was removed."


class EngineLicences(Verb, bpy.types.Operator):
    """List the licences of what is installed, and put their texts into a text of this file"""

    bl_idname = "toile.engine_licences"
    bl_label = "Licences"

    @classmethod
    def poll(cls, _context):
        return needs(cls, engine.installed(), "The engine is not installed")

    def invoke(self, context, _event):
        """The list; the texts on request."""
        self.listed = [(name, licence) for name, licence, _texts in engine.licences()]
        return context.window_manager.invoke_props_dialog(self, width=460, confirm_text="Put Their Texts Here")

    def draw(self, _context):
        for name, licence in self.listed:
            row = self.layout.split(factor=0.35)
            row.label(text=name)
            row.label(text=licence)

    def act(self, _context):
        text = bpy.data.texts.get(_LICENCES) or bpy.data.texts.new(_LICENCES)
        text.from_string(engine.licence_texts())
        return f"The licences stand in the text “{_LICENCES}”: open it in the Text Editor."
