# SPDX-License-Identifier: GPL-3.0-or-later
"""Show map: colour a draped garment by how it fits."""

import bpy
from bpy.props import EnumProperty

from ..addon import bridge, overlay
from ..addon.verb import Verb, needs, needs_object_mode
from ..sim.maps import MAPS

FABRIC = "FABRIC"
ITEMS = (
    (FABRIC, "Fabric", "The garment as it is worn"),
    *((name, kind.label, f"In {kind.unit}" if kind.unit else "Where it touches") for name, kind in MAPS.items()),
)


class ShowMap(Verb, bpy.types.Operator):
    """Colour the draped garment by how it fits: stretch, tension, pressure, clearance; Fabric takes the colours off"""

    bl_idname = "toile.show_map"
    bl_label = "Show Map"
    bl_options = {"REGISTER", "UNDO"}

    map: EnumProperty(name="Map", items=ITEMS, default="pressure")

    @classmethod
    def poll(cls, context):
        garment = bridge.active_garment(context)
        return (
            needs(cls, garment and garment.toile.state == "DRAPED", "Drape a garment first")
            and needs_object_mode(cls, context)
            and needs(cls, bridge.body_object_of(garment), "This garment's body was deleted: make the garment anew")
        )

    def act(self, context):
        garment = bridge.active_garment(context)
        if self.map == FABRIC:
            overlay.hide(garment)
            return f"{garment.name} in its fabric."
        overlay.show(garment, self.map)
        return f"{garment.name}: {MAPS[self.map].label.lower()}."
