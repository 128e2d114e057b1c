# SPDX-License-Identifier: GPL-3.0-or-later
"""Handles at the landmarks of the active body: each is dragged over the skin (`toile.move_landmark`)."""

from __future__ import annotations

from typing import Any

import bpy
from mathutils import Matrix, Vector

from ..bodies.remeasure import movable
from . import bridge

FOUND, PLACED = (0.1, 0.5, 0.9), (1.0, 0.45, 0.0)  # by us, by hand


class LandmarkHandles(bpy.types.GizmoGroup):
    """A round handle a landmark; those that were placed by hand are orange."""

    bl_idname = "TOILE_GGT_landmarks"
    bl_label = "Landmarks"
    bl_space_type = "VIEW_3D"
    bl_region_type = "WINDOW"
    bl_options = {"3D", "PERSISTENT", "SHOW_MODAL_ALL"}

    handles: dict[str, Any]

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Only for a body whose landmarks are to be seen."""
        obj = bridge.active_body(context)
        return obj is not None and obj.toile.show_landmarks and context.mode == "OBJECT" and obj.visible_get()

    def setup(self, context: bpy.types.Context) -> None:
        """One handle a landmark that may be moved."""
        self.handles = {}
        for name in movable():
            handle = self.gizmos.new("GIZMO_GT_button_2d")
            handle.icon = "DOT"
            handle.draw_options = {"BACKDROP", "OUTLINE"}
            handle.scale_basis = 0.08
            handle.alpha, handle.alpha_highlight = 0.7, 1.0
            handle.color_highlight = (1.0, 1.0, 1.0)
            handle.target_set_operator("toile.move_landmark").name = name
            self.handles[name] = handle
        self.refresh(context)

    def refresh(self, context: bpy.types.Context) -> None:
        """Put the handles where the landmarks are."""
        obj = bridge.active_body(context)
        if obj is None:
            return
        body = bridge.body_of(obj)
        for name, handle in self.handles.items():
            handle.hide = name not in body.landmarks
            if not handle.hide:
                handle.matrix_basis = Matrix.Translation(obj.matrix_world @ Vector(body.landmarks[name]))
                handle.color = PLACED if name in body.placed else FOUND

    def draw_prepare(self, context: bpy.types.Context) -> None:
        """Before every drawing: undo and other panels move landmarks, too."""
        self.refresh(context)
