# SPDX-License-Identifier: GPL-3.0-or-later
"""New body: an avatar from a few measures."""

import functools

import bpy

from ..addon import bridge, properties
from ..addon.verb import Verb
from ..bodies import Body, avatar


@functools.lru_cache(maxsize=8)
def _avatar(measures: tuple[tuple[str, float], ...]) -> Body:
    """Kept, because Adjust Last Operation asks again for each drag of a slider."""
    return avatar(dict(measures))


def make_avatar(context: bpy.types.Context, measures: dict[str, float]) -> bpy.types.Object:
    """An avatar in the scene. Raises AvatarRefused."""
    body = _avatar(tuple(measures.items()))
    obj = bridge.new_object(context, "Body", "BODY")
    bridge.write_body(obj, body)
    properties.fill(obj.toile.measures, measures)
    return obj


def reshape_avatar(obj: bpy.types.Object) -> None:
    """Build an avatar anew from its sliders. Raises AvatarRefused."""
    bridge.write_body(obj, _avatar(tuple(properties.measures_of(obj.toile.measures).items())))


class NewBody(Verb, bpy.types.Operator):
    """Add an avatar built from body measures"""

    bl_idname = "toile.new_body"
    bl_label = "New Body"
    bl_options = {"REGISTER", "UNDO"}

    __annotations__ = properties.measure_properties()

    @classmethod
    def poll(cls, context):
        if context.mode != "OBJECT":
            cls.poll_message_set("Switch to Object Mode first")
            return False
        return True

    def act(self, context):
        obj = make_avatar(context, properties.measures_of(self))
        return f"{obj.name}: {1000 * obj.dimensions.z:.0f} mm tall."
