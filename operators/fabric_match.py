# SPDX-License-Identifier: GPL-3.0-or-later
"""Match stripes: lay the garment's panels on its cloth as its choice says, and tell where bars cannot meet."""

import bpy
from bpy.props import EnumProperty

from ..addon import bridge, properties
from ..addon.fabrics import prints
from ..addon.fabrics.laying import lay
from ..addon.verb import Verb, needs_garment
from ..patterns.matching import matched

MISSED = 0.003  # metres by which a customer sees it


class MatchStripes(Verb, bpy.types.Operator):
    """Lay the pieces on the cloth so that its bars or checks meet in the seams"""

    bl_idname = "toile.match_stripes"
    bl_label = "Match"
    bl_options = {"REGISTER", "UNDO"}

    match: EnumProperty(name="Match", items=properties.MATCHES)

    @classmethod
    def poll(cls, context):
        return needs_garment(cls, context)

    def act(self, context):
        garment = bridge.active_garment(context)
        pattern = bridge.pattern_of(garment)
        garment.toile.match = self.match
        lay(garment.data, pattern, self.match)
        prints.place(garment, pattern)
        if self.match == "AS_CUT":
            return f"{garment.name}: its pieces lie as they come."
        apart = matched(pattern.draped(), "bars").apart
        missed = [f"{seam} {1000 * by:.0f} mm" for seam, by in sorted(apart.items()) if by > MISSED]
        met = f"{garment.name}: bars meet in {len(apart) - len(missed)} of {len(apart)} seams."
        return f"{met} They miss by {', '.join(missed)}." if missed else met
