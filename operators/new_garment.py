# SPDX-License-Identifier: GPL-3.0-or-later
"""New T-shirt, New Trousers …: one operator for each declared style, with the style's parameters as its own."""

from collections.abc import Mapping, Sequence
from typing import Any

import bpy

from ..addon import bridge, i18n, properties, studio
from ..addon.verb import Verb, needs_object_mode
from ..patterns import Style
from ..patterns.adjustments import Adjustment, adjust
from ..patterns.styles import wardrobe
from .new_body import make_avatar

SHOWN = 6  # of a style's own parameters, in Adjust Last Operation below its slots; the sidebar has them all


def body_to_dress(context: bpy.types.Context) -> bpy.types.Object:
    """The active body, or an avatar made for want of one."""
    default = {name: value for name, value, *_ in properties.MEASURES}
    return bridge.active_body(context) or make_avatar(context, default)


def make_garment(
    context: bpy.types.Context, style: Style, choices: Mapping[str, Any], adjustments: Sequence[Adjustment], fabric: str
) -> bpy.types.Object:
    """A garment for the active body, or for an avatar made for it. Raises DraftRefused and its kin."""
    body_object = body_to_dress(context)
    body = bridge.body_of(body_object)
    drafted = style.draft({name: m.value for name, m in body.measurements.items()}, choices)
    pattern = adjust(drafted, adjustments)
    garment = bridge.new_object(context, style.label, "GARMENT")
    garment.toile.style = style.name
    garment.toile.body_id = bridge.claim_id(body_object)
    garment.matrix_world = body_object.matrix_world
    properties.fill(properties.sliders_of(garment), dict(choices))
    properties.add_adjustments(garment, adjustments)
    bridge.write_pieces(garment, pattern, body)
    bridge.wear(garment, fabric)
    return garment


class _NewGarment(Verb):
    """What the generated operators do."""

    bl_options = {"REGISTER", "UNDO"}
    style: Style

    @classmethod
    def poll(cls, context):
        return needs_object_mode(cls, context)

    def act(self, context):
        style = self.style
        garment = make_garment(context, style, properties.choices_of(self, style), (), style.fabric)
        pattern = bridge.pattern_of(garment)
        return f"{style.label}: {len(pattern.panels())} panels, {len(pattern.seams)} seams. Press Drape to sew it."

    def draw(self, _context):
        layout = self.layout
        layout.use_property_split = True
        offer = self.style.offer(properties.choices_of(self, self.style))
        for parameter in (*offer.slots, *offer.own[:SHOWN]):
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


NEW_GARMENTS = tuple(_operator(style) for style in wardrobe().values())
_of_studio: list[type[bpy.types.Operator]] = []


def register_studio() -> None:
    """Operators and sliders for the styles that the studio's folders hold now."""
    for style in studio.studio_styles():
        properties.add_style(style)
        _of_studio.append(_operator(style))
        i18n.register_class(_of_studio[-1])


def unregister_studio() -> None:
    """Take them away again."""
    while _of_studio:
        bpy.utils.unregister_class(_of_studio.pop())
    properties.remove_added_styles()
