# SPDX-License-Identifier: GPL-3.0-or-later
"""New T-shirt, New Skirt …: one operator for each declared style, with the style's parameters as its own."""

import bpy

from ..addon import bridge, properties
from ..addon.verb import Verb, needs
from ..patterns import Style, styles
from .new_body import make_avatar

SHOWN = 10  # parameters in Adjust Last Operation; a style declares its main ones first, and the sidebar has them all


class _NewGarment(Verb):
    """What the generated operators do."""

    bl_options = {"REGISTER", "UNDO"}
    style: Style

    @classmethod
    def poll(cls, context):
        return needs(cls, context.mode == "OBJECT", "Switch to Object Mode first")

    def act(self, context):
        style = self.style
        choices = properties.choices_of(self, style)
        body_object = bridge.active_body(context)
        if body_object is None:
            default = {name: value for name, value, *_ in properties.MEASURES}
            body_object = make_avatar(context, default)
        body = bridge.body_of(body_object)
        pattern = style.draft({name: m.value for name, m in body.measurements.items()}, choices)
        garment = bridge.new_object(context, style.label, "GARMENT")
        garment.toile.style = style.name
        garment.toile.body_id = bridge.claim_id(body_object)
        properties.fill(properties.sliders_of(garment), choices)
        bridge.write_pieces(garment, pattern, body)
        bridge.wear(garment, style.fabric)
        return f"{style.label}: {len(pattern.panels())} panels, {len(pattern.seams)} seams. Press Drape to sew it."

    def draw(self, _context):
        layout = self.layout
        layout.use_property_split = True
        for parameter in self.style.parameters[:SHOWN]:
            layout.prop(self, parameter.name)


def _operator(style: Style) -> type[bpy.types.Operator]:
    content = {
        "__doc__": f"Draft a {style.label} for the body, and place its pieces round it. {style.help}",
        "__annotations__": properties.style_properties(style),
        "bl_idname": f"toile.new_{style.name}",
        "bl_label": f"New {style.label}",
        "style": style,
    }
    return type(f"TOILE_OT_new_{style.name}", (_NewGarment, bpy.types.Operator), content)


NEW_GARMENTS = tuple(_operator(style) for style in styles().values())
