# SPDX-License-Identifier: GPL-3.0-or-later
"""Pin and clear pins: points of a draped garment that stay where they are when it is draped again."""

import bpy
import numpy as np

from ..addon import bridge
from ..addon.verb import Verb, needs

GROUP = "Pins"  # the vertex group that is taken in Object Mode


class PinsRefused(ValueError):
    """There is nothing that could be pinned."""


def _chosen(garment: bpy.types.Object) -> np.ndarray:
    """(k,) the selected vertices in Edit Mode, else those of the group. Raises PinsRefused."""
    mesh = garment.data
    if garment.mode == "EDIT":
        garment.update_from_editmode()
        selected = np.empty(len(mesh.vertices), bool)
        mesh.vertices.foreach_get("select", selected)
        chosen = np.flatnonzero(selected)
    else:
        group = garment.vertex_groups.get(GROUP)
        index = group.index if group else -1
        chosen = [v.index for v in mesh.vertices if any(g.group == index and g.weight > 0.5 for g in v.groups)]
    if not len(chosen):
        raise PinsRefused(f"Select vertices of the garment in Edit Mode, or give it a vertex group “{GROUP}”.")
    return np.asarray(chosen)


def _set(garment: bpy.types.Object, vertices: np.ndarray) -> None:
    """Write the pins in Object Mode, where a mesh's attributes are its own, and go back.

    The mesh that is seen is another than the last drape once it was made single-user, as Blender asks before a modifier
    is applied.
    """
    mode, kept = garment.mode, garment.toile.last_drape
    if mode == "EDIT":
        bpy.ops.object.mode_set(mode="OBJECT")
    bridge.set_pins(garment.data, vertices)
    if kept not in (None, garment.data):
        bridge.set_pins(kept, vertices[vertices < len(kept.vertices)])
    garment.toile.pins = len(vertices)
    if mode == "EDIT":
        bpy.ops.object.mode_set(mode="EDIT")


class Pin(Verb, bpy.types.Operator):
    """Keep the selected points, or those of the vertex group “Pins”, where they are when the garment is draped again"""

    bl_idname = "toile.pin"
    bl_label = "Pin"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context):
        garment = bridge.active_garment(context)
        return needs(cls, garment and garment.toile.state == "DRAPED", "Drape a garment first")

    def act(self, context):
        garment = bridge.active_garment(context)
        chosen = _chosen(garment)
        _set(garment, chosen)
        return f"{len(chosen)} points of {garment.name} are pinned."


class ClearPins(Verb, bpy.types.Operator):
    """Let all points of the garment move again"""

    bl_idname = "toile.clear_pins"
    bl_label = "Clear Pins"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context):
        garment = bridge.active_garment(context)
        return needs(cls, garment and garment.toile.pins, "Nothing is pinned")

    def act(self, context):
        garment = bridge.active_garment(context)
        _set(garment, np.empty(0, np.int32))
        return ""
