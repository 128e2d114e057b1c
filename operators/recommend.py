# SPDX-License-Identifier: GPL-3.0-or-later
"""Recommend: make cards to the brief, for the body."""

import bpy

from ..addon import bridge, recommending
from ..addon.verb import Verb, needs_idle, needs_object_mode
from .new_garment import body_to_dress


class Recommend(Verb, bpy.types.Operator):
    """Draft designs for this customer, this occasion and this body, and show the best of them"""

    bl_idname = "toile.recommend"
    bl_label = "Recommend"
    bl_options = {"REGISTER"}

    @classmethod
    def poll(cls, context):
        return needs_object_mode(cls, context) and needs_idle(cls)

    def act(self, context):
        recommending.show(context.scene.toile_brief, bridge.body_of(body_to_dress(context)))
        return ""
