# SPDX-License-Identifier: GPL-3.0-or-later
"""Show pattern: the flat pieces beside the body, as they are cut."""

import bpy
import numpy as np

from ..addon import bridge
from ..addon.verb import Verb, needs

GAP = 0.03  # metres between pieces
BESIDE = 0.8  # metres from the body to the first piece
SAMPLING = 0.002  # metres a curve may stray from its chords


class ShowPattern(Verb, bpy.types.Operator):
    """Lay the garment's flat pieces out beside the body, at full size"""

    bl_idname = "toile.show_pattern"
    bl_label = "Show Pattern"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context):
        return needs(cls, bridge.active_garment(context), "Make a garment first: New T-shirt, for example")

    def act(self, context):
        garment = bridge.active_garment(context)
        pattern = bridge.pattern_of(garment)
        curve = bpy.data.curves.new(f"{garment.name} pattern", "CURVE")
        curve.dimensions = "3D"
        left = BESIDE
        for panel in pattern.panels():
            outline = np.asarray(panel.outline(SAMPLING))
            low, high = outline.min(axis=0), outline.max(axis=0)
            spline = curve.splines.new("POLY")
            spline.points.add(len(outline) - 1)
            spline.use_cyclic_u = True
            placed = np.ones((len(outline), 4), np.float32)
            placed[:, 0] = outline[:, 0] - low[0] + left
            placed[:, 1] = 0.0
            placed[:, 2] = outline[:, 1] - low[1] + GAP
            spline.points.foreach_set("co", placed.ravel())
            left += high[0] - low[0] + GAP
        obj = bpy.data.objects.new(curve.name, curve)
        context.collection.objects.link(obj)
        return f"{len(pattern.panels())} pieces laid out beside the body."
