# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the tape lay: measurements' curves drawn on the active body in the viewport, with what they read."""

from __future__ import annotations

from typing import Any, NamedTuple

import bpy
import numpy as np
from mathutils import Vector
from numpy.typing import NDArray

from ..bodies import Body
from . import bridge

Array = NDArray[Any]

CHOSEN, OTHER, DRAGGED = (1.0, 0.45, 0.0, 1.0), (0.1, 0.5, 0.9, 0.7), (1.0, 1.0, 0.0, 1.0)
_TEXT = 12.0  # pixels at a scale of 1
_MOVED = 2e-4  # metres: what a tape must read more or less to be shown while a landmark is dragged


class Dragged(NamedTuple):
    """A landmark on its way over the skin."""

    at: tuple[float, float, float]  # in its body's own space
    body: Body | None  # as it is measured from there, where it can be


dragged: Dragged | None = None
_handles: list[Any] = []


def curves(body: Body, chosen: str, every: bool, before: Body | None = None) -> dict[str, Array]:
    """Measurement → (k, 3) of the tapes that are to be seen. What hangs in the air between two heights is no tape.

    before: what the body was when a landmark began to be dragged: the tapes that it moves are seen, too.
    """
    moved = () if before is None else _moved(before, body)
    seen = {name: m.curve for name, m in body.measurements.items() if every or name == chosen or name in moved}
    return {name: curve for name, curve in seen.items() if len(curve) > 1}


def _moved(before: Body, after: Body) -> set[str]:
    """The measurements that read otherwise than before."""
    was = before.measurements
    return {name for name, m in after.measurements.items() if abs(m.value - was[name].value) > _MOVED}


def reading(body: Body, name: str) -> str:
    """What a tape reads, in words."""
    measured = body.measurements[name]
    spoken = name.replace("_", " ").capitalize()
    if name == "shoulder_slope":
        return f"{spoken} {np.degrees(measured.value):.1f}°"
    return f"{spoken} {100 * measured.value:.1f} cm"


def _seen() -> tuple[bpy.types.Object, Body, dict[str, Array]] | None:
    """The active body's object, the body as its tapes read it, and those that are to be seen."""
    context = bpy.context
    obj = bridge.active_body(context)
    if obj is None or not context.space_data.overlay.show_overlays or not obj.visible_get():
        return None
    chosen, every = obj.toile.tape, obj.toile.show_tapes
    if dragged is not None and dragged.body is not None:
        return obj, dragged.body, curves(dragged.body, chosen, every, bridge.body_of(obj))
    if not (chosen or every):
        return None
    body = bridge.body_of(obj)
    return obj, body, curves(body, chosen, every)


def _draw_tapes() -> None:
    import gpu
    from gpu_extras.batch import batch_for_shader

    obj, context = bridge.active_body(bpy.context), bpy.context
    shader = gpu.shader.from_builtin("POLYLINE_UNIFORM_COLOR")
    shader.uniform_float("viewportSize", (context.region.width, context.region.height))
    if dragged is not None and obj is not None:
        dot = gpu.shader.from_builtin("UNIFORM_COLOR")
        dot.uniform_float("color", DRAGGED)
        gpu.state.point_size_set(10.0)
        batch_for_shader(dot, "POINTS", {"pos": [obj.matrix_world @ Vector(dragged.at)]}).draw(dot)
    if (found := _seen()) is None:
        return
    obj, _, lines = found
    for name, curve in lines.items():
        chosen = name == obj.toile.tape
        shader.uniform_float("lineWidth", 3.0 if chosen else 1.5)
        shader.uniform_float("color", CHOSEN if chosen else OTHER)
        # The chosen tape is seen through the body, the others only where they are in front of it.
        gpu.state.depth_test_set("NONE" if chosen else "LESS_EQUAL")
        world = [obj.matrix_world @ Vector(p) for p in curve.tolist()]
        batch_for_shader(shader, "LINE_STRIP", {"pos": world}).draw(shader)
    gpu.state.depth_test_set("NONE")


def _write_reading() -> None:
    import blf
    from bpy_extras.view3d_utils import location_3d_to_region_2d

    found, context = _seen(), bpy.context
    if found is None or found[0].toile.tape not in found[2]:
        return
    obj, body, lines = found
    curve = lines[obj.toile.tape]
    beside = obj.matrix_world @ Vector(curve[int(np.argmax(curve[:, 0]))])
    at = location_3d_to_region_2d(context.region, context.region_data, beside)
    if at is None:
        return
    scale = context.preferences.system.ui_scale
    blf.size(0, scale * _TEXT)
    blf.color(0, *CHOSEN)
    blf.position(0, at.x + 8.0 * scale, at.y, 0.0)
    blf.draw(0, reading(body, obj.toile.tape))


def register() -> None:
    """Draw tapes in every viewport; there is none in the background."""
    if not bpy.app.background:
        for draw, when in ((_draw_tapes, "POST_VIEW"), (_write_reading, "POST_PIXEL")):
            _handles.append(bpy.types.SpaceView3D.draw_handler_add(draw, (), "WINDOW", when))


def unregister() -> None:
    """Draw them no more."""
    while _handles:
        bpy.types.SpaceView3D.draw_handler_remove(_handles.pop(), "WINDOW")
