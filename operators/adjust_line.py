# SPDX-License-Identifier: GPL-3.0-or-later
"""Mark the place of a pocket on a piece."""

import bpy
from bpy.props import FloatProperty, FloatVectorProperty

from ..patterns.adjustments import AddLine, free
from .adjust import OnPiece, title


class PlacePocket(OnPiece, bpy.types.Operator):
    """Mark where a pocket goes on the piece: it keeps its size, and its place as the piece grows"""

    bl_idname = "toile.place_pocket"
    bl_label = "Pocket Placement"

    at: FloatVectorProperty(
        name="Middle",
        description="As a share of the piece's width and height",
        size=2,
        default=(0.5, 0.5),
        min=0.0,
        max=1.0,
    )
    width: FloatProperty(name="Width", default=0.12, min=0.01, max=1.0, subtype="DISTANCE", precision=3)
    height: FloatProperty(name="Height", default=0.14, min=0.01, max=1.0, subtype="DISTANCE", precision=3)

    def adjustment(self, context, pattern, piece):
        x, y = round(self.width / 2, 6), round(self.height / 2, 6)
        corners = ((-x, -y), (x, -y), (x, y), (-x, y))
        line = free("pocket", (thing.name for thing in (*piece.edges, *piece.internal)))
        at = (round(self.at[0], 6), round(self.at[1], 6))
        return AddLine(title(pattern, f"{piece.name}: {line}"), piece.name, line, corners, at, closed=True)
