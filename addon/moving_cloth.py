# SPDX-License-Identifier: GPL-3.0-or-later
"""The garment while it drapes: a mesh that follows the engine's frames and stands in for the pieces meanwhile.

It is found by its mark and never by reference, for an undo may take it away or bring it back at any time. It is not
saved, and what it stood in for is shown and selected again as soon as it goes.
"""

from __future__ import annotations

import bpy
import numpy as np
from numpy.typing import NDArray

from ..sim import Cloth
from . import bridge

_MARK = "toile_stands_in_for"  # toile_id of the garment, on the object that moves
_HID, _SELECTED = "toile_hid_it", "toile_was_selected"


class MovingCloth:
    """Shows frames (w, 3) of one garment's cloth. Main thread only, but for `follow`."""

    def __init__(self, toile_id: str) -> None:
        self.toile_id = toile_id
        self.cloth: Cloth | None = None

    def follow(self, cloth: Cloth) -> None:
        """Say which cloth the frames are of, from any thread."""
        self.cloth = cloth

    def show(self, positions: NDArray[np.float32]) -> None:
        """Move the mesh to a frame; nothing where the garment was deleted, for whose end the job waits."""
        if self.cloth is None or len(positions) != self.cloth.welded_count:
            return
        moving = next((obj for obj in bpy.data.objects if obj.get(_MARK) == self.toile_id), None)
        if moving is None:
            try:
                garment = bridge.find(self.toile_id, "GARMENT")
            except bridge.ObjectGone:
                return
            if garment.name in bpy.context.view_layer.objects:
                _stand_in(garment, self.cloth, positions)
        else:
            moving.data.vertices.foreach_set("co", np.ascontiguousarray(positions, np.float32).ravel())
            moving.data.update()
        _redraw()

    def close(self) -> None:
        """Leave the scene as it was."""
        sweep()


def _stand_in(garment: bpy.types.Object, cloth: Cloth, positions: NDArray[np.float32]) -> None:
    mesh = bridge.draped_mesh(f"{garment.name} draping", cloth, positions, cloth.welded_faces)
    for material in garment.data.materials:
        mesh.materials.append(material)
    moving = bpy.data.objects.new(mesh.name, mesh)
    moving.matrix_world = garment.matrix_world
    moving.hide_select = True
    moving.is_runtime_data = mesh.is_runtime_data = True
    moving[_MARK] = garment.toile.toile_id
    moving[_SELECTED], moving[_HID] = garment.select_get(), not garment.hide_get()
    for collection in garment.users_collection[:1]:
        collection.objects.link(moving)
    garment.hide_set(True)


def sweep(*_handler: object) -> None:
    """Take away whatever stands in for a garment, and show the garment again. Also after an undo, and before a save."""
    for moving in [obj for obj in bpy.data.objects if _MARK in obj]:
        try:
            garment = bridge.find(moving[_MARK], "GARMENT")
        except bridge.ObjectGone:
            garment = None
        if garment is not None and moving[_HID] and garment.name in bpy.context.view_layer.objects:
            garment.hide_set(False)
            bpy.context.view_layer.update()  # only what is seen can be selected
            garment.select_set(moving[_SELECTED])
        mesh = moving.data
        bpy.data.objects.remove(moving)
        bpy.data.meshes.remove(mesh)


def _redraw() -> None:
    """Draw the 3D views anew, and nothing else."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                for region in area.regions:
                    if region.type == "WINDOW":
                        region.tag_redraw()


_HANDLERS = ("undo_post", "redo_post", "save_pre")


def register() -> None:
    """Sweep whenever Blender brings back or writes down what is in the scene."""
    for name in _HANDLERS:
        getattr(bpy.app.handlers, name).append(_swept)


def unregister() -> None:
    """Leave Blender's handlers alone again."""
    for name in _HANDLERS:
        getattr(bpy.app.handlers, name).remove(_swept)


@bpy.app.handlers.persistent
def _swept(*_scene: object) -> None:
    sweep()
