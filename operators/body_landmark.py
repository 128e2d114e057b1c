# SPDX-License-Identifier: GPL-3.0-or-later
"""Move a landmark: dragged over the skin by its handle while the tapes follow, and measured from where it is let go."""

import bpy
import numpy as np
from bpy.props import FloatVectorProperty, StringProperty
from bpy_extras import view3d_utils

from ..addon import bridge, tapes
from ..bodies.remeasure import LandmarkRefused, remeasured, unplaced
from .body_change import ChangeBody


def under_mouse(context: bpy.types.Context, obj: bpy.types.Object, x: int, y: int) -> tuple[float, float, float] | None:
    """The spot of an object's surface under the mouse, in the object's own space; None beside it."""
    region, view = context.region, context.region_data
    start = view3d_utils.region_2d_to_origin_3d(region, view, (x, y))
    ahead = view3d_utils.region_2d_to_vector_3d(region, view, (x, y))
    to_object = obj.matrix_world.inverted()
    hit, at, *_ = obj.ray_cast(to_object @ start, to_object.to_3x3() @ ahead)
    return tuple(at) if hit else None


class MoveLandmark(ChangeBody, bpy.types.Operator):
    """Drag this landmark over the skin: the tapes follow, and the body is measured from where it is let go"""

    bl_idname = "toile.move_landmark"
    bl_label = "Move Landmark"

    name: StringProperty(options={"HIDDEN"})
    position: FloatVectorProperty(name="Position", subtype="XYZ", unit="LENGTH", precision=4, options={"SKIP_SAVE"})

    @classmethod
    def description(cls, _context, properties):
        """Which landmark the handle under the mouse is."""
        return f"{properties.name.replace('_', ' ').capitalize()}. {cls.__doc__}" if properties.name else cls.__doc__

    def invoke(self, context, _event):
        """Begin to drag."""
        if context.region_data is None:
            self.report({"ERROR"}, "Drag landmarks in a 3D viewport.")
            return {"CANCELLED"}
        tapes.dragged = None
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context, event):
        """Follow the mouse over the skin, the tapes with it; change the body when it is let go."""
        obj = bridge.active_body(context)
        if obj is None or event.type in {"ESC", "RIGHTMOUSE"}:
            return self._ended(context, {"CANCELLED"})
        if event.type == "MOUSEMOVE":
            if at := under_mouse(context, obj, event.mouse_region_x, event.mouse_region_y):
                self.position = at
                tapes.dragged = tapes.Dragged(at, self._measured_there(obj))
                context.area.tag_redraw()
        elif event.type == "LEFTMOUSE" and event.value == "RELEASE":
            moved = tapes.dragged is not None
            return self._ended(context, self.execute(context) if moved else {"CANCELLED"})
        return {"RUNNING_MODAL"}

    def _measured_there(self, obj):
        """The object's body with the landmark where it is dragged to; None where no tape can be taken."""
        try:
            return self.changed(bridge.body_of(obj))
        except LandmarkRefused:
            return None

    def _ended(self, context, status):
        tapes.dragged = None
        context.area.tag_redraw()
        return status

    def changed(self, body):
        if self.name not in body.landmarks:
            raise LandmarkRefused(f"This body has no landmark {self.name!r}: drag one of its handles.")
        return remeasured(body, {self.name: np.array(self.position, dtype=np.float64)})


class ResetLandmarks(ChangeBody, bpy.types.Operator):
    """Forget where landmarks were put by hand, and measure from where they are found"""

    bl_idname = "toile.reset_landmarks"
    bl_label = "Reset Landmarks"

    @classmethod
    def poll(cls, context):
        if not super().poll(context):
            return False
        placed = bridge.body_of(bridge.active_body(context)).placed
        return bool(placed) or cls.poll_message_set("No landmark was moved by hand")

    def changed(self, body):
        return unplaced(body)
