# SPDX-License-Identifier: GPL-3.0-or-later
"""Split a piece between two selected points."""

import bpy
from bpy.props import BoolProperty, StringProperty

from ..patterns.adjustments import Split, part_names
from .adjust import AtPoints, sliding, title


class SplitPiece(AtPoints, bpy.types.Operator):
    """Cut the piece in two along the straight line between two selected points of its outline"""

    bl_idname = "toile.split_piece"
    bl_label = "Split"

    points = 2
    slide: sliding("Slide First")
    slide_second: sliding("Slide Second")
    sewn: BoolProperty(name="Sew Again", description="Sew the parts together along the cut", default=True)
    first: StringProperty(name="First Part", description="Its name; what it is, if empty")
    second: StringProperty(name="Second Part", description="Its name; what it is, if empty")

    def adjustment(self, context, pattern, piece):
        start, end = self.places(context, piece)
        names = part_names(piece, start, end)
        names = (self.first or names[0], self.second or names[1])
        return Split(title(pattern, f"{piece.name}: split"), piece.name, start, end, names, self.sewn)
