# SPDX-License-Identifier: GPL-3.0-or-later
"""Save a garment as a preset, and make one from it."""

from pathlib import Path

import bpy
from bpy.props import EnumProperty, StringProperty

from ..addon import bridge, properties, studio
from ..addon.preview import render_preview
from ..addon.verb import Verb, needs_garment, needs_object_mode
from ..patterns import style
from ..patterns.presets import Preset, keep_preset, picture_of, read_preset
from .new_garment import make_garment

PICTURE = (256, 256)  # pixels


class SavePreset(Verb, bpy.types.Operator):
    """Keep the garment's style, choices, adjustments and fabric as a preset, with a picture of it"""

    bl_idname = "toile.save_preset"
    bl_label = "Save as Preset"
    bl_options = {"REGISTER"}

    label: StringProperty(name="Name", description="Of the preset; an earlier one of that name is replaced")

    @classmethod
    def poll(cls, context):
        return needs_garment(cls, context)

    def invoke(self, context, event):
        """Ask for the name."""
        self.label = self.label or bridge.active_garment(context).name
        return context.window_manager.invoke_props_dialog(self)

    def act(self, context):
        garment = bridge.active_garment(context)
        own = style(garment.toile.style)
        choices = properties.choices_of(properties.sliders_of(garment), own)
        hand = properties.adjustments_of(garment)
        preset = Preset(self.label, own.name, choices, hand, {"main": garment.toile.fabric})
        path = keep_preset(preset, studio.presets_folder())
        worn = [obj for obj in (bridge.body_object_of(garment), garment) if obj is not None]
        render_preview(worn, picture_of(path), views=("front",), size=PICTURE, samples=16, focus=garment)
        studio.refresh()
        return f"{self.label} is kept in {path}."


class NewFromPreset(Verb, bpy.types.Operator):
    """Make a garment for the body from a preset"""

    bl_idname = "toile.new_from_preset"
    bl_label = "New from Preset"
    bl_options = {"REGISTER", "UNDO"}

    preset: EnumProperty(name="Preset", items=studio.menu)

    @classmethod
    def poll(cls, context):
        return needs_object_mode(cls, context)

    def act(self, context):
        if not self.preset:
            raise bridge.ObjectGone("There is no preset: save a garment as one first.")
        preset = read_preset(Path(self.preset))
        own = style(preset.style)
        choices = own.resolve(preset.choices)
        fabric = (preset.fabrics or {}).get("main", own.fabric)
        garment = make_garment(context, own, choices, preset.adjustments, fabric)
        garment.name = preset.label
        return f"{preset.label}: press Drape to sew it."
