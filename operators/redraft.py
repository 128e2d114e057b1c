# SPDX-License-Identifier: GPL-3.0-or-later
"""Redraft: bring a garment, or an avatar and what it wears, up to their sliders."""

import json
from dataclasses import replace

import bpy
from bpy.props import StringProperty

from ..addon import bridge, flat_pattern, properties
from ..addon.verb import Verb, needs
from ..patterns import style
from ..patterns.adjustments import adjust
from ..patterns.document import pattern_from_json
from .new_body import reshape_avatar


def redraft(garment: bpy.types.Object) -> None:
    """Draft a garment anew from its sliders and adjustments, for its body. Raises DraftRefused, ObjectGone and kin.

    An imported pattern stays as its file has it; only the adjustments are made anew.
    """
    body = bridge.body_of(bridge.find(garment.toile.body_id, "BODY"))
    if garment.toile.imported:
        pattern = pattern_from_json(json.loads(garment.toile.imported))
    else:
        own = style(garment.toile.style)
        measurements = {name: m.value for name, m in body.measurements.items()}
        pattern = own.draft(measurements, properties.choices_of(properties.sliders_of(garment), own))
    pattern = replace(adjust(pattern, properties.adjustments_of(garment)), inner=garment.toile.inner)
    bridge.write_pieces(garment, pattern, body)
    if flat_pattern.objects_of(garment):
        flat_pattern.show(bpy.context, garment, pattern)


class Redraft(Verb, bpy.types.Operator):
    """Draft the garment anew and place its pieces round the body, ready to drape"""

    bl_idname = "toile.redraft"
    bl_label = "Back to Pieces"
    bl_options = {"REGISTER", "UNDO", "UNDO_GROUPED"}

    target: StringProperty(options={"HIDDEN", "SKIP_SAVE"}, description="toile_id; empty for the active garment")

    @classmethod
    def poll(cls, context):
        return needs(cls, bridge.active_garment(context) or bridge.active_body(context), "Make a garment first")

    def act(self, context):
        obj = next((o for o in bpy.data.objects if self.target and o.toile.toile_id == self.target), None)
        obj = obj or bridge.active_garment(context)
        if obj is None:
            raise bridge.ObjectGone("There is no garment to redraft: make one first.")
        worn = [obj]
        if obj.toile.kind == "BODY":
            if bridge.body_of(obj).source == "avatar":
                reshape_avatar(obj)
            worn = [o for o in bpy.data.objects if o.toile.kind == "GARMENT" and o.toile.body_id == obj.toile.toile_id]
        for garment in worn:
            redraft(garment)
        return ""
