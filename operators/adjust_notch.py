# SPDX-License-Identifier: GPL-3.0-or-later
"""Add and remove a notch at the selected point."""

import bpy
from bpy.props import BoolProperty, EnumProperty

from ..patterns.adjustments import AddNotch, AdjustmentRefused, RemoveNotch
from .adjust import AtPoints, sliding, title


class AddNotchHere(AtPoints, bpy.types.Operator):
    """Notch the piece at the selected point of its outline"""

    bl_idname = "toile.add_notch"
    bl_label = "Notch"

    slide: sliding()
    mark: EnumProperty(name="Notch", items=[("single", "Single", ""), ("double", "Double", "Marks the back by custom")])
    partner: BoolProperty(name="Also on the Partner", description="And where that is sewn to, by walking", default=True)

    def adjustment(self, context, pattern, piece):
        (place,) = self.places(context, piece)
        name = title(pattern, f"{piece.name}: notch on {place.edge}")
        return AddNotch(name, piece.name, place.edge, place.at, self.mark, self.partner)


class RemoveNotchHere(AtPoints, bpy.types.Operator):
    """Take away the notch that is nearest to the selected point, on the same edge"""

    bl_idname = "toile.remove_notch"
    bl_label = "Remove Notch"

    slide: sliding()

    def adjustment(self, context, pattern, piece):
        (place,) = self.places(context, piece)
        along = sorted(n.distance for n in piece.notches if n.edge == place.edge)
        if not along:
            raise AdjustmentRefused(f"The edge {place.edge} has no notch: select a point of one that has.")
        here = place.at * piece.edge(place.edge).length
        number = 1 + min(range(len(along)), key=lambda k: abs(along[k] - here))
        return RemoveNotch(title(pattern, f"{piece.name}: no notch on {place.edge}"), piece.name, place.edge, number)
