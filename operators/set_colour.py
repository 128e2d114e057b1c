# SPDX-License-Identifier: GPL-3.0-or-later
"""Set colour: dye the garment's fabric, or give it its own colours back."""

import bpy
from bpy.props import BoolProperty, FloatVectorProperty

from ..addon import bridge, dye
from ..addon.verb import Verb, needs


class SetColour(Verb, bpy.types.Operator):
    """Dye the garment's fabric: its weave and its shades stay"""

    bl_idname = "toile.set_colour"
    bl_label = "Colour"
    bl_options = {"REGISTER", "UNDO"}

    colour: FloatVectorProperty(name="Colour", subtype="COLOR_GAMMA", size=3, min=0, max=1, default=(0.5, 0.5, 0.5))
    undyed: BoolProperty(name="Undyed", description="Give the fabric its own colours back", options={"SKIP_SAVE"})

    @classmethod
    def poll(cls, context):
        garment = bridge.active_garment(context)
        return needs(cls, garment and garment.toile.fabric, "Make a garment first: New T-shirt, for example")

    def act(self, context):
        garment = bridge.active_garment(context)
        garment.toile.colour = "" if self.undyed else dye.written(tuple(self.colour))
        bridge.wear(garment, garment.toile.fabric)
        return f"{garment.name} {f'dyed {garment.toile.colour}' if garment.toile.colour else 'in its own colours'}."
