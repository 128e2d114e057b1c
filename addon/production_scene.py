# SPDX-License-Identifier: GPL-3.0-or-later
"""Production in the viewport: sizes nested on each other beside the body, markers on the floor before it.

Each view is a collection of curves of its own, found again by the garment's id; the garment stays what it is.
"""

from __future__ import annotations

import colorsys
from collections.abc import Iterator, Sequence

import bpy
import numpy as np
from numpy.typing import NDArray

from ..patterns.curves import Points
from ..patterns.grading import Sizes
from ..patterns.marker import Marker
from ..patterns.techpack import Cloth
from .flat_pattern import BESIDE, GAP, ROW

SIZES, MARKERS = "toile_sizes", "toile_markers"  # properties of collections: whose they are
BEFORE = 0.8  # metres from the body to the first marker
_LINE, _STRIPE = 0.002, 0.0008  # metres, half a line's thickness
_LETTERS = 0.04  # metres high
_STEP = 0.0005  # metres between what lies on each other, so that neither flickers
_TAGS = 8  # colours of collections that Blender knows


def view_of(garment: bpy.types.Object, kind: str) -> bpy.types.Collection | None:
    """The collection that shows a garment's sizes or markers, where there is one."""
    return next((c for c in bpy.data.collections if c.get(kind) == garment.toile.toile_id), None)


def clear(garment: bpy.types.Object, kind: str) -> None:
    """Take a view away."""
    view = view_of(garment, kind)
    if view is None:
        return
    for obj in list(view.all_objects):
        data = obj.data
        bpy.data.objects.remove(obj)
        if data.users == 0:
            bpy.data.curves.remove(data)
    for collection in (*view.children_recursive, view):
        bpy.data.collections.remove(collection)


def draw_sizes(scene: bpy.types.Scene, garment: bpy.types.Object, sizes: Sizes) -> Iterator[None]:
    """Every piece with its sizes on each other, on the body's other side than the pattern; a piece at a time."""
    home = _new_view(scene, garment, SIZES, f"{garment.name} sizes")
    layers: dict[str, bpy.types.Collection] = {}
    for number, size in enumerate(sizes.patterns):
        layers[size] = bpy.data.collections.new(f"{garment.name} {size}")
        layers[size].color_tag = f"COLOR_{number % _TAGS + 1:02d}"
        home.children.link(layers[size])
    colours = {size: _colour(k / len(layers)) for k, size in enumerate(layers)}
    nests: dict[str, dict[str, Points]] = {}
    for size, pattern in sizes.patterns.items():
        for piece in pattern.pieces:
            nests.setdefault(piece.name, {})[size] = sizes.cut_line(piece).points
    boxes = [np.stack([(p := np.concatenate(list(n.values()))).min(axis=0), p.max(axis=0)]) for n in nests.values()]
    for (piece, nest), place in zip(nests.items(), _in_rows(boxes), strict=True):
        for number, (size, line) in enumerate(nest.items()):
            obj = _curve(layers[size], f"{piece} {size}", [line], colours[size], thick=_LINE)
            obj.location = (place[0], -number * _STEP, place[1])
            obj.rotation_euler = (np.pi / 2, 0.0, 0.0)
        middle = place + nest[sizes.sample if sizes.sample in nest else next(iter(nest))].mean(axis=0)
        label = _text(home, piece, (middle[0], 0.0, middle[1]))
        label.rotation_euler = (np.pi / 2, 0.0, 0.0)
        yield


def draw_markers(scene: bpy.types.Scene, garment: bpy.types.Object, cloths: Sequence[Cloth]) -> Iterator[None]:
    """Every fabric's marker on the floor, its length to the right; a piece at a time."""
    home = _new_view(scene, garment, MARKERS, f"{garment.name} markers")
    front = -BEFORE
    for cloth in cloths:
        marker, width = cloth.marker, cloth.marker.fabric.width
        front -= width
        corner = np.array([-marker.length / 2, front])
        edge = np.array([[0.0, 0.0], [marker.length, 0.0], [marker.length, width], [0.0, width]])
        _curve(home, f"{cloth.role} fabric", [edge + corner], _GREY, fill=True)
        stripes = [line + corner for line in _stripes(marker)]
        _curve(home, f"{cloth.role} stripes", stripes, _RED, thick=_STRIPE, ring=False)
        sizes = list(dict.fromkeys(piece.size for piece in marker.laid))
        for laid in marker.laid:
            colour = _colour(sizes.index(laid.size) / len(sizes))
            obj = _curve(home, f"{laid.piece} {laid.size}", [laid.line + corner], colour, fill=True)
            obj.location.z = _STEP
            at = laid.line.mean(axis=0) + corner
            _text(home, f"{laid.piece} {laid.size}", (at[0], at[1], 2 * _STEP), 0.6 * _LETTERS)
            yield
        said = f"{cloth.label}: {marker.length:.2f} × {width:.2f} m, {100 * marker.utilisation:.1f} % used"
        _text(home, said, (0.0, front - 1.5 * _LETTERS, _STEP))
        front -= 3 * _LETTERS + GAP


_GREY, _RED = (0.55, 0.55, 0.53), (0.7, 0.3, 0.3)


def _stripes(marker: Marker) -> list[Points]:
    """The lines (2, 2) of a fabric's repeat; its first at 0."""
    length, width = marker.length, marker.fabric.width
    along, across = marker.fabric.repeat
    lines = [np.array([[x, 0.0], [x, width]]) for x in np.arange(0.0, length, along)] if along else []
    lines += [np.array([[0.0, y], [length, y]]) for y in np.arange(0.0, width, across)] if across else []
    return lines


def _new_view(scene: bpy.types.Scene, garment: bpy.types.Object, kind: str, name: str) -> bpy.types.Collection:
    clear(garment, kind)
    view = bpy.data.collections.new(name)
    view[kind] = garment.toile.toile_id
    scene.collection.children.link(view)
    return view


def _in_rows(boxes: Sequence[NDArray[np.float64]]) -> list[Points]:
    """Where the origin of each box (2, 2) of corners goes: rows from the floor up, on the body's right."""
    places: list[Points] = []
    x, z, row = 0.0, GAP, 0.0
    for low, high in boxes:
        wide, tall = high - low
        if x and x + wide > ROW:
            x, z, row = 0.0, z + row + GAP, 0.0
        places.append(np.array([-BESIDE - ROW + x, z]) - low)
        x, row = x + wide + GAP, max(row, tall)
    return places


def _colour(share: float) -> tuple[float, float, float]:
    """Colours of one lightness round the circle."""
    return colorsys.hls_to_rgb(share, 0.55, 0.55)


def _material(colour: tuple[float, float, float]) -> bpy.types.Material:
    """A plain material of that colour, made once."""
    name = "Toile line #" + "".join(f"{round(255 * c):02x}" for c in colour)
    found = bpy.data.materials.get(name)
    if found is None:
        found = bpy.data.materials.new(name)
        found.diffuse_color = (*colour, 1.0)
    return found


def _curve(
    home: bpy.types.Collection,
    name: str,
    lines: Sequence[Points],
    colour: tuple[float, float, float],
    *,
    thick: float = 0.0,
    fill: bool = False,
    ring: bool = True,
) -> bpy.types.Object:
    """Polylines (n, 2), closed unless `ring` is off, as an object: of a certain thickness, or filled."""
    curve = bpy.data.curves.new(name, "CURVE")
    curve.dimensions, curve.fill_mode = "2D", "BOTH" if fill else "NONE"
    curve.bevel_depth, curve.bevel_resolution = thick, 0
    for line in lines:
        spline = curve.splines.new("POLY")
        spline.points.add(len(line) - 1)
        spline.use_cyclic_u = ring
        flat = np.ones((len(line), 4), np.float32)
        flat[:, :2], flat[:, 2] = line, 0.0
        spline.points.foreach_set("co", flat.ravel())
    curve.materials.append(_material(colour))
    obj = bpy.data.objects.new(name, curve)
    home.objects.link(obj)
    return obj


def _text(
    home: bpy.types.Collection, said: str, at: tuple[float, float, float], tall: float = _LETTERS
) -> bpy.types.Object:
    text = bpy.data.curves.new(said, "FONT")
    text.body, text.size, text.align_x = said, tall, "CENTER"
    text.materials.append(_material((0.05, 0.05, 0.05)))
    obj = bpy.data.objects.new(said, text)
    obj.location, obj.hide_select = at, True
    home.objects.link(obj)
    return obj
