# SPDX-License-Identifier: GPL-3.0-or-later
"""The garment while it drapes: a mesh that follows the engine's frames and stands in for the pieces meanwhile.

It is found by its mark and never by reference, for an undo may take it away or bring it back at any time. It is not
saved, and what it stood in for is shown and selected again as soon as it goes.
"""

from __future__ import annotations

from collections.abc import Callable

import bpy
import numpy as np
from numpy.typing import NDArray

from ..sim import Cloth
from . import bridge

_MARK = "toile_stands_in_for"  # toile_id of the garment, on the object that moves
_HID, _SELECTED = "toile_hid_it", "toile_was_selected"


# Who else wants to see each frame of a drape here: told (cloth, positions), and (None, None) at its end.
onlookers: list[Callable[[Cloth | None, NDArray[np.float32] | None], None]] = []


class MovingCloth:
    """Shows frames (w, 3) of one garment's cloth. Main thread only, but for `follow`."""

    def __init__(self, toile_id: str) -> None:
        self.toile_id = toile_id
        self.cloth: Cloth | None = None
        self._selected: bool | None = None  # whether the garment was, once it has been hidden

    def follow(self, cloth: Cloth) -> None:
        """Say which cloth the frames are of, from any thread."""
        self.cloth = cloth

    def show(self, positions: NDArray[np.float32]) -> None:
        """Move the mesh to a frame; nothing where the garment was deleted, for whose end the job waits."""
        cloth = self.cloth
        if cloth is None or len(positions) != cloth.welded_count:
            return
        self.move(positions, lambda: bridge.draped_mesh("Draping", cloth, positions, cloth.welded_faces))
        for onlooker in onlookers:
            onlooker(cloth, positions)

    def move(self, positions: NDArray[np.float32], made: Callable[[], bpy.types.Mesh]) -> None:
        """Move the mesh that stands in for the garment to (w, 3); `made` makes it where there is none yet."""
        moving = next((obj for obj in bpy.data.objects if obj.get(_MARK) == self.toile_id), None)
        if moving is not None:
            moving.data.vertices.foreach_set("co", np.ascontiguousarray(positions, np.float32).ravel())
            moving.data.update()
        elif (garment := _visible_here(self.toile_id)) is not None:
            self._stand_in(garment, made())
        _redraw()

    def _stand_in(self, garment: bpy.types.Object, mesh: bpy.types.Mesh) -> None:
        for material in garment.data.materials:
            mesh.materials.append(material)
        moving = bpy.data.objects.new(f"{garment.name} draping", mesh)
        moving.matrix_world = garment.matrix_world
        moving.hide_select = True
        moving.is_runtime_data = mesh.is_runtime_data = True
        if not garment.hide_get():
            self._selected = garment.select_get()
        moving[_MARK], moving[_HID], moving[_SELECTED] = self.toile_id, self._selected is not None, bool(self._selected)
        for collection in garment.users_collection[:1]:
            collection.objects.link(moving)
        garment.hide_set(True)

    def close(self) -> None:
        """Leave the scene as it was, even where someone has deleted the mesh that moved."""
        sweep()
        if self.cloth is not None:
            for onlooker in onlookers:
                onlooker(None, None)
        garment = _visible_here(self.toile_id)
        if garment is not None and garment.hide_get() and self._selected is not None:
            _reveal(garment, self._selected)
        self._selected = None


def _visible_here(toile_id: str) -> bpy.types.Object | None:
    """The garment, where it is still there and in this view layer."""
    try:
        garment = bridge.find(toile_id, "GARMENT")
    except bridge.ObjectGone:
        return None
    return garment if garment.name in bpy.context.view_layer.objects else None


def _reveal(garment: bpy.types.Object, selected: bool) -> None:
    garment.hide_set(False)
    bpy.context.view_layer.update()  # only what is seen can be selected
    garment.select_set(selected)


def sweep() -> None:
    """Take away whatever stands in for a garment, and show the garment again. Also after an undo, and before a save."""
    for moving in [obj for obj in bpy.data.objects if _MARK in obj]:
        garment = _visible_here(moving[_MARK])
        if garment is not None and moving[_HID]:
            _reveal(garment, moving[_SELECTED])
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


# Before an undo too: it frees what no step knows of, and a collection that still holds it then brings Blender down.
_HANDLERS = ("undo_pre", "redo_pre", "undo_post", "redo_post", "save_pre")


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
