# SPDX-License-Identifier: GPL-3.0-or-later
"""Choose Part: what fills a slot of the garment; what does not go with the rest says in its tooltip why."""

import bpy
from bpy.app.translations import pgettext_tip
from bpy.props import StringProperty

from ..addon import bridge, properties, view_model
from ..addon.verb import Verb, needs_garment
from ..patterns import DraftRefused, style


class ChoosePart(Verb, bpy.types.Operator):
    """Take this for the garment, and draft it anew"""

    bl_idname = "toile.choose_part"
    bl_label = "Choose Part"
    bl_options = {"INTERNAL"}

    parameter: StringProperty(options={"HIDDEN", "SKIP_SAVE"}, description="The slot, or another choice of the style")
    value: StringProperty(options={"HIDDEN", "SKIP_SAVE"}, description="What it is to hold")

    @classmethod
    def poll(cls, context):
        return needs_garment(cls, context)

    @classmethod
    def description(cls, context, asked):
        alternative = view_model.alternatives(bridge.active_garment(context), asked.parameter)[asked.value]
        return alternative.clash or pgettext_tip(alternative.help or cls.__doc__ or "")

    def act(self, context):
        garment = bridge.active_garment(context)
        value = style(garment.toile.style).parameter(self.parameter).checked(self.value)
        if clash := view_model.alternatives(garment, self.parameter)[value].clash:
            raise DraftRefused(clash)
        setattr(properties.sliders_of(garment), self.parameter, value)
        return ""
