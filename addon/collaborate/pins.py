# SPDX-License-Identifier: GPL-3.0-or-later
"""Where on the garment a comment is pinned: a point of one of its flat pieces, which outlasts every new drape.

`uv` are metres in the flat pattern: u from the middle of the piece's width, v as the piece is drafted.
"""

from __future__ import annotations

import json
import math
from typing import Any

import bpy
import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import bridge


class PinLost(ValueError):
    """A comment is pinned nowhere, or to a piece that the garment no longer has."""


def point_of(garment: bpy.types.Object, piece: object, uv: object) -> NDArray[np.float64]:
    """The point (3,) of a garment's mesh, in its own frame, at `uv` of a piece. Raises PinLost."""
    if not isinstance(piece, str) or not isinstance(uv, list) or len(uv) != 2 or not all(map(_number, uv)):
        raise PinLost("This comment is pinned to no point: it is about the whole garment.")
    mesh = garment.data
    if "panel" not in mesh.attributes or not mesh.uv_layers:
        raise PinLost("The garment has no pieces in 3D: press Back to Pieces first.")
    panel = np.empty(len(mesh.polygons), np.int32)
    mesh.attributes["panel"].data.foreach_get("value", panel)
    names = panel_names(garment)
    vertices, faces = bridge.triangles_of(mesh)
    polygon, corners = np.empty(len(faces), np.int32), np.empty(3 * len(faces), np.int32)
    mesh.loop_triangles.foreach_get("polygon_index", polygon)
    mesh.loop_triangles.foreach_get("loops", corners)
    of_piece = panel[polygon] == (names.index(piece) if piece in names else -1)
    if not of_piece.any():
        raise PinLost(f"The garment has no piece {piece[:80]!r} any more.")
    flat = np.empty(2 * len(mesh.loops), np.float32)
    mesh.uv_layers[0].data.foreach_get("uv", flat)
    laid = flat.reshape(-1, 2)[corners].reshape(-1, 3, 2)[of_piece]
    middle = (laid[..., 0].min() + laid[..., 0].max()) / 2
    return lifted(laid, vertices[faces[of_piece]], (uv[0] + middle, uv[1]))


def lifted(flat: ArrayLike, hung: ArrayLike, uv: ArrayLike) -> NDArray[np.float64]:
    """The point (3,) at uv (2,) of triangles laid flat (m, 3, 2) and as they hang (m, 3, 3); the nearest if outside."""
    a, b, c = np.moveaxis(np.asarray(flat, float), 1, 0)
    to, ab, ac = np.asarray(uv, float) - a, b - a, c - a
    area = _cross(ab, ac)
    safe = np.where(np.abs(area) < 1e-12, 1.0, area)
    second, third = _cross(to, ac) / safe, _cross(ab, to) / safe
    weights = np.stack([1 - second - third, second, third], axis=1)
    outside = np.where(np.abs(area) < 1e-12, math.inf, -weights.min(axis=1))
    best = int(outside.argmin())
    held = np.clip(weights[best], 0, None)
    return held / held.sum() @ np.asarray(hung, float)[best]


def _cross(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]


def panel_names(garment: bpy.types.Object) -> list[str]:
    """What the numbers of a garment's `panel` attribute stand for, draped or in pieces."""
    told = garment.data.get("toile_panels")
    if told is not None:
        return list(json.loads(told))
    return [panel.name for panel in bridge.pattern_of(garment).draped().panels()]


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)
