# SPDX-License-Identifier: GPL-3.0-or-later
"""Fit maps on a draped garment: its mesh's attributes, the colours over its fabric, and the legend in the viewport.

The maps lie on the mesh they were read from, so another drape, and undo, take them along. The colours are a colour
attribute shown by a material that sits in the object's own slots; the fabrics stay in the mesh's and come back when the
slots are linked to it again. Solid shading does not show materials' nodes: while a map is shown, views in it show the
colour attribute.
"""

from __future__ import annotations

import contextlib
import functools
import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

import bpy
import numpy as np
from bpy.app.handlers import persistent
from numpy.typing import NDArray

from ..sim.distance import MeshDistance
from ..sim.maps import MAPS, Worn, fit_maps, touching
from ..sim.verdict import fit_limits, judged
from . import bridge, ramp
from .draping import fabrics_of

Array = NDArray[Any]

COLOURS = "toile_map"  # the colour attribute, and the mesh's own property that says which map it shows
RANGE = "toile_map_range"  # lowest and highest value of the colours, in SI
FIT = "toile_fit"  # the verdicts, as JSON
MATERIAL = "Toile map"
_LIT = 0.3  # of the material answers to light, so that folds are seen; the rest glows in the legend's own colours


class NothingToMap(RuntimeError):
    """The garment has no drape whose maps could be shown."""


def attribute_name(name: str) -> str:
    """What a map is called among a mesh's attributes. All are SI but one, whose name says so."""
    return "pressure_kpa" if name == "pressure" else name


# ---- On the mesh ----

_surfaces: dict[str, MeshDistance] = {}  # the last body's, by its revision: a garment is draped again and again


def measured(garment: bpy.types.Object) -> bool:
    """Whether the mesh carries its maps and verdicts, of the fabric that it is worn in."""
    mesh = _mesh(garment)
    all_there = FIT in mesh and all(attribute_name(name) in mesh.attributes for name in MAPS)
    return all_there and json.loads(mesh[FIT])["fabric"] == garment.toile.fabric


def write_maps(garment: bpy.types.Object) -> None:
    """Work out every map of a draped garment and leave it on its mesh, with the verdicts (about 0.3 s for 10k points).

    Raises NothingToMap, ObjectGone, MapsRefused and their kin.
    """
    figure = bridge.find(garment.toile.body_id, "BODY")
    body = bridge.body_of(figure)
    if figure.toile.revision not in _surfaces:
        _surfaces.clear()
        _surfaces[figure.toile.revision] = MeshDistance(body.vertices, body.faces)
    maps = fit_maps(_worn(garment), body, _surfaces[figure.toile.revision])
    mesh = _mesh(garment)
    for name, kind in MAPS.items():
        values = maps.values[name] * (1e-3 if name == "pressure" else 1.0)
        _attribute(mesh, attribute_name(name), kind.domain).data.foreach_set("value", values.astype(np.float32))
    keep_fit(mesh, garment.toile.fabric, judged(maps))


def keep_fit(mesh: Any, fabric: str, fit: Mapping[str, Any]) -> None:
    """Leave verdicts (`sim.verdict.judged`) on the mesh that they are of, for the panel to read."""
    mesh[FIT] = json.dumps({"fabric": fabric, **fit})


def fit_of(garment: bpy.types.Object) -> str:
    """The verdicts as JSON; empty while nothing was measured."""
    return garment.data.get(FIT, "") if garment.toile.state == "DRAPED" else ""


def _mesh(garment: bpy.types.Object) -> Any:
    """Its mesh, with custom properties."""
    return garment.data


def _worn(garment: bpy.types.Object) -> Worn:
    """The garment as its mesh has it."""
    hung = bridge.hung(garment)
    mesh = garment.data
    if garment.toile.state != "DRAPED" or hung is None or len(hung.vertices) != len(mesh.vertices):
        raise NothingToMap("This garment does not hang as it was draped: press Drape again.")
    pattern = bridge.pattern_of(garment)
    cloths = fabrics_of(pattern, garment.toile.fabric)
    roles = list(cloths)
    cut_from = {panel.name: panel.fabric if panel.fabric in cloths else "self" for panel in pattern.panels()}
    role_of_panel = np.array([roles.index(cut_from[name]) for name in hung.panel_names])
    fabrics = tuple(cloths.values())
    pressure = None
    if "pressure" in mesh.attributes:
        pressure = np.empty(len(mesh.vertices), np.float32)
        mesh.attributes["pressure"].data.foreach_get("value", pressure)
        pressure = pressure.astype(np.float64)
    panel = hung.panel.astype(np.int64)
    return Worn(
        positions=hung.vertices,
        faces=hung.faces.astype(np.int64),
        uv_corners=hung.uv,
        panel=panel,
        fabric=role_of_panel[panel],
        fabrics=fabrics,
        skin=touching(json.loads(garment.toile.report)["collision_thickness"], fabrics),
        pressure=pressure,
    )


def _attribute(mesh: bpy.types.Mesh, name: str, domain: str) -> bpy.types.Attribute:
    """A float attribute of that name, made anew."""
    if name in mesh.attributes:
        mesh.attributes.remove(mesh.attributes[name])
    return mesh.attributes.new(name, "FLOAT", domain)


# ---- In colour ----


def shown(garment: bpy.types.Object) -> str:
    """The map that a garment shows; empty for its fabric."""
    return garment.data.get(COLOURS, "")


def shown_colours(garment: bpy.types.Object) -> Array:
    """(w, 3) linear RGB of a mesh's vertices in the map that the garment shows."""
    layer = garment.data.color_attributes[COLOURS]
    rgba = np.empty(4 * len(layer.data), np.float32)
    layer.data.foreach_get("color", rgba)
    return rgba.reshape(-1, 4)[:, :3].astype(np.float64)


def shown_range(garment: bpy.types.Object) -> tuple[float, float]:
    """The lowest and highest value of the colours that a garment shows, in SI."""
    low, high = _mesh(garment)[RANGE]
    return float(low), float(high)


def label(name: str) -> str:
    """A map's name for people; empty for none."""
    return MAPS[name].label if name else ""


def show(garment: bpy.types.Object, name: str) -> None:
    """Colour a draped garment by a map, working all of them out where that is not done. Raises as `write_maps`."""
    if not measured(garment):
        write_maps(garment)
    mesh, kind = _mesh(garment), MAPS[name]
    values = _at_vertices(mesh, name)
    low, high = colour_range(name, values)
    mesh[COLOURS], mesh[RANGE] = name, (low, high)
    layer = mesh.color_attributes.get(COLOURS) or mesh.color_attributes.new(COLOURS, "FLOAT_COLOR", "POINT")
    rgba = np.ones((len(values), 4), np.float32)
    rgba[:, :3] = ramp.colours((values - low) / (high - low), kind.signed)
    layer.data.foreach_set("color", rgba.ravel())
    mesh.color_attributes.active_color = layer
    mesh.update()
    for slot in garment.material_slots:
        slot.link = "OBJECT"
        slot.material = _map_material()
    follow_views()


def hide(garment: bpy.types.Object) -> None:
    """Give a garment its fabric back; its maps stay on the mesh."""
    mesh = _mesh(garment)
    if shown(garment):
        del mesh[COLOURS], mesh[RANGE]
    if COLOURS in mesh.color_attributes:
        mesh.color_attributes.remove(mesh.color_attributes[COLOURS])
    for slot in garment.material_slots:
        slot.link = "DATA"
    follow_views()


@contextlib.contextmanager
def in_fabric(garment: bpy.types.Object) -> Iterator[None]:
    """The garment in its fabric for a while, whatever map it shows: files are to hold the garment, not its map."""
    slots = [slot for slot in garment.material_slots if slot.link == "OBJECT"]
    for slot in slots:
        slot.link = "DATA"
    try:
        yield
    finally:
        for slot in slots:
            slot.link = "OBJECT"


def colour_range(name: str, values: Array) -> tuple[float, float]:
    """(lowest, highest) value of a map's colours, in SI: a round number past all but 1 % of what there is.

    Of stretch it is what is drawn, for cloth pressed into folds says little. A map without any value to show (no
    pressure, where nothing touches) takes its limit, so that the legend says against what nothing was found.
    """
    if name == "contact":
        return 0.0, 1.0
    kind = MAPS[name]
    sizes = np.maximum(values, 0.0) if name.startswith("strain") else np.abs(values)
    reach = float(np.percentile(sizes, 99.0))
    limits = fit_limits()["map"].get(name, {})
    span = rounded_up(kind.scale * (reach or limits.get("tight") or limits.get("loose") or 1.0)) / kind.scale
    return (-span if kind.signed else 0.0), span


def rounded_up(value: float) -> float:
    """The next of …, 0.5, 1, 2, 5, 10, … at or above a positive value."""
    decade = 10.0 ** math.floor(math.log10(value))
    return next(step * decade for step in (1.0, 2.0, 5.0, 10.0) if step * decade >= value * (1.0 - 1e-9))


def _at_vertices(mesh: bpy.types.Mesh, name: str) -> Array:
    """(w,) a map's values at the vertices, in SI: a face's map is the mean of the faces about each, by their area."""
    attribute = mesh.attributes[attribute_name(name)]
    values = np.empty(len(attribute.data), np.float32)
    attribute.data.foreach_get("value", values)
    values = values.astype(np.float64) * (1e3 if name == "pressure" else 1.0)
    if attribute.domain == "POINT":
        return values
    _, faces = bridge.triangles_of(mesh)
    areas = np.empty(len(mesh.polygons), np.float32)
    mesh.polygons.foreach_get("area", areas)
    corner = faces.ravel()
    sums = np.bincount(corner, np.repeat(areas * values, 3), minlength=len(mesh.vertices))
    weights = np.bincount(corner, np.repeat(areas, 3), minlength=len(mesh.vertices))
    return sums / np.where(weights > 0.0, weights, 1.0)


def _map_material() -> bpy.types.Material:
    """The one material of all maps: the colour attribute, mostly glowing so that light does not change what it says."""
    material = bpy.data.materials.get(MATERIAL)
    if material is not None:
        return material
    material = bpy.data.materials.new(MATERIAL)
    if material.node_tree is None:  # before 5.0
        material.use_nodes = True
    tree = material.node_tree
    tree.nodes.clear()
    colour, glow, matt, both, output = (
        tree.nodes.new(f"ShaderNode{kind}")
        for kind in ("VertexColor", "Emission", "BsdfDiffuse", "MixShader", "OutputMaterial")
    )
    colour.layer_name = COLOURS
    both.inputs["Fac"].default_value = _LIT
    tree.links.new(colour.outputs["Color"], glow.inputs["Color"])
    tree.links.new(colour.outputs["Color"], matt.inputs["Color"])
    tree.links.new(glow.outputs["Emission"], both.inputs[1])
    tree.links.new(matt.outputs["BSDF"], both.inputs[2])
    tree.links.new(both.outputs["Shader"], output.inputs["Surface"])
    for column, node in enumerate((colour, glow, matt, both, output)):
        node.location = (200 * column, 0)
    return material


# ---- In the viewport ----

_before: dict[int, str] = {}  # what each 3D view in Solid shading showed before a map, by the view's address


@persistent
def follow_views(*_ids: object) -> None:
    """Have 3D views in Solid shading show colours while any garment shows a map, and afterwards what they showed."""
    mapped = any(obj.toile.kind == "GARMENT" and shown(obj) for obj in bpy.data.objects)
    _follow(mapped)


@persistent
def _follow_new_file(*_ids: object) -> None:
    _before.clear()  # other views may stand at the same addresses
    follow_views()


def _follow(mapped: bool) -> None:
    for area in [area for screen in bpy.data.screens for area in screen.areas if area.type == "VIEW_3D"]:
        view = area.spaces.active
        address, shading = view.as_pointer(), view.shading
        if mapped and shading.type == "SOLID" and address not in _before:
            # A file saved with a map has forgotten what was there: Blender's own default then.
            _before[address] = shading.color_type if shading.color_type != "VERTEX" else "MATERIAL"
            shading.color_type = "VERTEX"
        elif not mapped and address in _before:
            shading.color_type = _before.pop(address)


_HANDLERS = (
    (bpy.app.handlers.undo_post, follow_views),
    (bpy.app.handlers.redo_post, follow_views),
    (bpy.app.handlers.load_post, _follow_new_file),
)
_legends: list[object] = []  # Blender's handle of the legend, while it is drawn


def register() -> None:
    """Draw the legend, and let the views follow undo and newly read files."""
    for handlers, handler in _HANDLERS:
        handlers.append(handler)
    if not bpy.app.background:
        _legends.append(bpy.types.SpaceView3D.draw_handler_add(_draw_legend, (), "WINDOW", "POST_PIXEL"))


def unregister() -> None:
    """Take the legend out again, and put the views back."""
    while _legends:
        bpy.types.SpaceView3D.draw_handler_remove(_legends.pop(), "WINDOW")
    for handlers, handler in _HANDLERS:
        handlers.remove(handler)
    _follow(mapped=False)
    _before.clear()
    _surfaces.clear()


_BAR = (16.0, 180.0)  # pixels at a scale of 1
_MARGIN = 20.0
_TICKS = 4
_TEXT = 11.0


def _draw_legend() -> None:
    """The active garment's map: its name, its colours, what they mean, and where its limit lies."""
    context = bpy.context
    garment = bridge.active_garment(context)
    if garment is None or not shown(garment) or not context.space_data.overlay.show_overlays:
        return
    import blf
    import gpu
    from gpu_extras.batch import batch_for_shader

    name = shown(garment)
    kind, (low, high) = MAPS[name], _mesh(garment)[RANGE]
    scale = context.preferences.system.ui_scale
    width, height = (scale * side for side in _BAR)
    tools = sum(region.width for region in context.area.regions if region.type == "TOOLS" and region.width > 1)
    left, bottom = tools + scale * _MARGIN, scale * _MARGIN

    share = np.linspace(0.0, 1.0, 65)
    rgba = np.ones((len(share), 4))
    rgba[:, :3] = ramp.encoded(ramp.colours(share, kind.signed))
    strip = [(left + side * width, bottom + at * height) for at in share for side in (0.0, 1.0)]
    smooth = gpu.shader.from_builtin("SMOOTH_COLOR")
    batch_for_shader(smooth, "TRI_STRIP", {"pos": strip, "color": np.repeat(rgba, 2, axis=0).tolist()}).draw(smooth)

    blf.size(0, scale * _TEXT)
    red, green, blue = context.preferences.themes[0].view_3d.space.text_hi[:3]
    blf.color(0, red, green, blue, 1.0)

    def write(text: str, x: float, y: float) -> None:
        blf.position(0, x, y, 0.0)
        blf.draw(0, text)

    unit = f" ({kind.unit})" if kind.unit else ""
    write(f"{kind.label}{unit}", left, bottom + height + scale * _TEXT)
    beside = left + width + scale * 6.0
    for tick in range(_TICKS + 1):
        value = low + (high - low) * tick / _TICKS
        write(f"{kind.scale * value:.4g}", beside, bottom + height * tick / _TICKS - scale * _TEXT / 3.0)
    for word, limit in limits_within(fit_of(garment), name, low, high):
        write(f"◄ {word}", beside + scale * 40.0, bottom + height * (limit - low) / (high - low) - scale * _TEXT / 3.0)


@functools.lru_cache(maxsize=16)  # a legend is drawn many times a second
def limits_within(fit: str, name: str, low: float, high: float) -> list[tuple[str, float]]:
    """(word, value) of the limits that a map was judged by and that lie within the colours' range."""
    limits = fit_limits()["map"].get(name, {}) if json.loads(fit)["maps"][name]["verdict"] else {}
    return [(word, limits[word]) for word in ("tight", "loose") if low <= limits.get(word, math.inf) <= high]
