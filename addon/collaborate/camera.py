# SPDX-License-Identifier: GPL-3.0-or-later
"""Where one looks from, told to the others; and looking from where another does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import bpy
from mathutils import Vector

_FURTHEST = 1e4  # metres


def read() -> dict[str, Any] | None:
    """Where the first 3D view looks from (`at`) and to (`to`), in metres; None where there is no view."""
    found = _view()
    if found is None:
        return None
    return {"at": _rounded(found.view_matrix.inverted().translation), "to": _rounded(found.view_location)}


def write(camera: object) -> None:
    """Look from there in the first 3D view. What a peer says that is no camera changes nothing."""
    view, place = _view(), _place(camera)
    if view is None or place is None:
        return
    at, to = place
    view.view_perspective = "PERSP"
    view.view_location, view.view_distance = to, (at - to).length
    view.view_rotation = (at - to).to_track_quat("Z", "Y")


def look_at(point: Vector) -> None:
    """Turn the first 3D view about a point."""
    view = _view()
    if view is not None:
        view.view_location = point


def _place(camera: object) -> tuple[Vector, Vector] | None:
    if not isinstance(camera, Mapping):
        return None
    points = [camera.get("at"), camera.get("to")]
    for point in points:
        if not (isinstance(point, list) and len(point) == 3 and all(map(_near, point))):
            return None
    at, to = map(Vector, points)
    return (at, to) if (at - to).length > 1e-3 else None


def _near(number: object) -> bool:
    return isinstance(number, int | float) and abs(number) < _FURTHEST


def _view() -> bpy.types.RegionView3D | None:
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                return area.spaces.active.region_3d
    return None


def _rounded(point: Vector) -> list[float]:
    return [round(value, 3) for value in point]
