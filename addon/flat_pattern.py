# SPDX-License-Identifier: GPL-3.0-or-later
"""The pattern laid out flat beside the body, at full size: a Bézier curve a piece, for Blender's own tools to edit.

A curve lies in its piece's own frame, whatever its object's place, so what is drawn is read back as it stands.
"""

from __future__ import annotations

import bpy
import numpy as np
from numpy.typing import NDArray

from ..patterns import Pattern, Piece
from ..patterns.adjustments import Place, knots, places, straight
from ..patterns.allowance import cut_line
from .bridge import find

BESIDE = 0.8  # metres from the body to the first piece
GAP = 0.05  # metres between pieces
ROW = 2.4  # metres of pieces side by side
SAMPLING = 5e-4  # metres a marking may stray from its chords
NOTCH = 0.008  # metres
LABEL = 0.03  # metres high
_ALIGNED = 1e-9  # of a handle's length beside the line of the other

Points = NDArray[np.float64]


class DrawingRefused(ValueError):
    """A drawn piece that is no longer one closed outline at full size."""


def objects_of(garment: bpy.types.Object) -> dict[str, bpy.types.Object]:
    """The curves of a garment that are laid out, by their pieces' names."""
    return {
        obj.toile.piece: obj
        for obj in bpy.data.objects
        if obj.toile.kind == "PIECE" and obj.toile.garment_id == garment.toile.toile_id
    }


def show(context: bpy.types.Context, garment: bpy.types.Object, pattern: Pattern) -> None:
    """Lay the pieces out, or bring those that are up to the pattern: they stay where they were moved to.

    Where there are other pieces than before, all are laid out anew.
    """
    drawn = objects_of(garment)
    names = {piece.name for piece in pattern.pieces}
    home = next((obj.users_collection[0] for obj in drawn.values() if obj.users_collection), None)
    if home is None:
        home = bpy.data.collections.new(f"{garment.name} pattern")
        context.scene.collection.children.link(home)
    same = drawn.keys() == names
    for name in drawn.keys() - names:
        _remove(drawn.pop(name))
    for piece, place in zip(pattern.pieces, _layout(pattern), strict=True):
        obj = drawn.get(piece.name)
        if obj is None:
            obj = bpy.data.objects.new(piece.name, _flat_curve(piece.name))
            obj.toile.kind, obj.toile.piece, obj.toile.garment_id = "PIECE", piece.name, garment.toile.toile_id
            home.objects.link(obj)
        if not same:
            obj.location, obj.rotation_euler = place, (np.pi / 2, 0.0, 0.0)
        _draw_outline(obj.data, piece)
        _draw_markings(home, obj, piece)


def hide(garment: bpy.types.Object) -> None:
    """Put the pieces away."""
    for obj in objects_of(garment).values():
        homes = obj.users_collection
        _remove(obj)
        for home in homes:
            if not home.all_objects and not home.children:
                bpy.data.collections.remove(home)


def garment_of(obj: bpy.types.Object) -> bpy.types.Object:
    """The garment of a drawn piece. Raises ObjectGone."""
    return find(obj.toile.garment_id, "GARMENT")


def read(garment: bpy.types.Object) -> dict[str, Points]:
    """What is drawn, by piece: (n, 3, 2) left handle, point, right handle. Raises DrawingRefused."""
    return {name: _read(obj) for name, obj in objects_of(garment).items()}


def chosen(obj: bpy.types.Object, piece: Piece) -> list[Place]:
    """The selected points of a drawn piece, in the order of its outline, as places on it. Raises DrawingRefused."""
    spline, where = _outline(obj), places(piece)
    if len(spline.bezier_points) != len(where):
        raise DrawingRefused(f"Points of {obj.name} were added or deleted: undo that, or show the pattern again.")
    return [place for place, point in zip(where, spline.bezier_points, strict=True) if point.select_control_point]


def _outline(obj: bpy.types.Object) -> bpy.types.Spline:
    if obj.mode == "EDIT":
        obj.update_from_editmode()
    splines = obj.data.splines
    if len(splines) != 1 or splines[0].type != "BEZIER" or not splines[0].use_cyclic_u:
        raise DrawingRefused(f"{obj.name} is no longer one closed Bézier curve: undo that, or show the pattern again.")
    if not np.allclose(obj.scale, 1.0, atol=1e-6):
        raise DrawingRefused(
            f"{obj.name} was scaled as an object: set its scale back to 1 and edit its points instead."
        )
    return splines[0]


def _read(obj: bpy.types.Object) -> Points:
    points = _outline(obj).bezier_points
    columns: list[Points] = []
    for what in ("handle_left", "co", "handle_right"):
        flat = np.empty(3 * len(points), np.float32)
        points.foreach_get(what, flat)
        columns.append(flat.reshape(-1, 3)[:, :2].astype(np.float64))
    return np.stack(columns, axis=1)


def _layout(pattern: Pattern) -> list[tuple[float, float, float]]:
    """Where each piece's own origin goes: in rows beside the body, from the floor up."""
    found: list[tuple[float, float, float]] = []
    x, z, row = BESIDE, GAP, 0.0
    for piece in pattern.pieces:
        line = cut_line(piece).points
        low, size = line.min(axis=0), np.ptp(line, axis=0)
        if x > BESIDE and x + size[0] > BESIDE + ROW:
            x, z, row = BESIDE, z + row + GAP, 0.0
        found.append((x - float(low[0]), 0.0, z - float(low[1])))
        x, row = x + float(size[0]) + GAP, max(row, float(size[1]))
    return found


def _flat_curve(name: str) -> bpy.types.Curve:
    curve = bpy.data.curves.new(name, "CURVE")
    curve.dimensions, curve.fill_mode, curve.resolution_u = "2D", "NONE", 24
    return curve


def _draw_outline(curve: bpy.types.Curve, piece: Piece) -> None:
    """The outline as one closed spline: straight edges keep straight, smooth joints smooth."""
    outline, _ = knots(piece)
    n = len(outline)
    curve.splines.clear()
    spline = curve.splines.new("BEZIER")
    spline.bezier_points.add(n - 1)
    spline.use_cyclic_u = True
    line = straight(piece)
    for k, point in enumerate(spline.bezier_points):
        left, right = (outline[k, side] - outline[k, 1] for side in (0, 2))
        beside = abs(left[0] * right[1] - left[1] * right[0])
        smooth = beside < _ALIGNED * float(np.hypot(*left) * np.hypot(*right)) and left @ right < 0
        curved = "ALIGNED" if smooth and not (line[k - 1] or line[k]) else "FREE"
        point.handle_left_type = "VECTOR" if line[k - 1] else curved
        point.handle_right_type = "VECTOR" if line[k] else curved
    for side, what in enumerate(("handle_left", "co", "handle_right")):
        flat = np.zeros((n, 3), np.float32)
        flat[:, :2] = outline[:, side]
        spline.bezier_points.foreach_set(what, flat.ravel())


def _draw_markings(home: bpy.types.Collection, obj: bpy.types.Object, piece: Piece) -> None:
    """Cut line, notches, lines inside and grain, and what the piece is called: to see, not to touch."""
    for child in list(obj.children):
        _remove(child)
    lines = [np.concatenate([cut := cut_line(piece).points, cut[:1]]), *(i.flattened(SAMPLING) for i in piece.internal)]
    lines += [_notch(piece, n.edge, n.distance) for n in piece.notches]
    outline = np.concatenate([e.flattened(SAMPLING) for e in piece.edges])
    low, high = outline.min(axis=0), outline.max(axis=0)
    middle, grain = (low + high) / 2, np.array(piece.grain) / np.hypot(*piece.grain)
    reach = 0.3 * float(np.abs(grain) @ (high - low))
    tip, beside = middle + reach * grain, 0.006 * np.array([-grain[1], grain[0]])
    back = tip - 0.012 * grain
    lines += [np.array([middle - reach * grain, tip]), np.array([back + beside, tip, back - beside])]
    markings = _flat_curve(f"{piece.name} markings")
    for line in lines:
        spline = markings.splines.new("POLY")
        spline.points.add(len(line) - 1)
        flat = np.ones((len(line), 4), np.float32)
        flat[:, :2], flat[:, 2] = line, 0.0
        spline.points.foreach_set("co", flat.ravel())
    label = bpy.data.curves.new(f"{piece.name} label", "FONT")
    label.body = f"{piece.name}\ncut {piece.quantity}{' on the fold' if piece.fold else ''}"
    label.size, label.align_x, label.offset_x, label.offset_y = LABEL, "CENTER", float(middle[0]), float(middle[1])
    for data in (markings, label):
        child = bpy.data.objects.new(data.name, data)
        child.parent, child.hide_select = obj, True
        home.objects.link(child)


def _notch(piece: Piece, name: str, distance: float) -> Points:
    """(2, 2) from the seam line out."""
    edge = piece.edge(name)
    here, a, b = edge.at([distance, max(distance - 1e-4, 0.0), min(distance + 1e-4, edge.length)])
    along = (b - a) / np.hypot(*(b - a))
    return np.array([here, here + NOTCH * np.array([along[1], -along[0]])])


def _remove(obj: bpy.types.Object) -> None:
    for child in list(obj.children):
        _remove(child)
    data = obj.data
    bpy.data.objects.remove(obj)
    if data is not None and data.users == 0:
        (bpy.data.curves if isinstance(data, bpy.types.Curve) else bpy.data.meshes).remove(data)
