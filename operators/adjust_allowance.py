# SPDX-License-Identifier: GPL-3.0-or-later
"""Set the allowance of the selected edge."""

import bpy
from bpy.props import EnumProperty, FloatProperty

from ..addon import flat_pattern
from ..patterns.adjustments import AdjustmentRefused, SetAllowance
from .adjust import OnPiece, title


class SetAllowanceHere(OnPiece, bpy.types.Operator):
    """Give the edge whose two ends are selected another allowance; with no point selected, the whole piece"""

    bl_idname = "toile.set_allowance"
    bl_label = "Allowance"

    corner: EnumProperty(
        name="Corners",
        description="How the edge's allowance ends at its neighbours'",
        items=[
            ("mitre", "Mitre", "Both allowances are lengthened until they meet"),
            ("mirror", "Mirrored", "As the piece beside it, mirrored, so that it can be turned up onto it: a hem"),
            ("step", "Step", "Square to the end of the edge's own seam"),
        ],
    )
    width: FloatProperty(name="Allowance", default=0.01, min=0.0, max=0.2, subtype="DISTANCE", precision=4)

    def adjustment(self, context, pattern, piece):
        edge = self._edge(context, piece)
        name = title(pattern, f"{piece.name}: allowance of {edge or 'all edges'}")
        return SetAllowance(name, piece.name, edge, round(self.width, 6), self.corner if edge else "mitre")

    @staticmethod
    def _edge(context, piece) -> str:
        selected = [place.edge for place in flat_pattern.chosen(context.object, piece)]
        names = [e.name for e in piece.edges]
        if not selected:
            return ""
        whole = [
            name
            for name, following in zip(names, names[1:] + names[:1], strict=True)
            if name in selected and following in selected
        ]
        if len(whole) != 1:
            raise AdjustmentRefused("Select both ends of one edge in Edit Mode, or nothing for the whole piece.")
        return whole[0]
