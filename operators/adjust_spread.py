# SPDX-License-Identifier: GPL-3.0-or-later
"""Slash and spread a piece between two selected points."""

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty

from ..patterns.adjustments import SlashAndSpread
from .adjust import AtPoints, sliding, title


class SpreadPiece(AtPoints, bpy.types.Operator):
    """Slash the piece between two selected points and spread it, for flare or fullness"""

    bl_idname = "toile.spread_piece"
    bl_label = "Slash and Spread"

    points = 2
    slide: sliding("Slide First")
    slide_second: sliding("Slide Second")
    spread: FloatProperty(
        name="Spread", description="How much wider", default=0.05, min=0.001, max=3.0, subtype="DISTANCE", precision=3
    )
    opening: EnumProperty(
        name="Opens",
        items=[
            ("first", "At the First Point", "Hinged at the second: flare"),
            ("second", "At the Second Point", "Hinged at the first: flare"),
            ("all", "All Along", "In parallel: fullness"),
        ],
    )
    gathered: BoolProperty(name="Gather", description="The seams of the longer edges gather the fullness in")

    def adjustment(self, context, pattern, piece):
        start, end = self.places(context, piece)
        if self.opening == "second":
            start, end = end, start
        name = title(pattern, f"{piece.name}: spread at {start.edge}")
        return SlashAndSpread(name, piece.name, start, end, self.spread, self.opening != "all", self.gathered)
