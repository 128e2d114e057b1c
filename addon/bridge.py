# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernels' arrays ↔ Blender's objects.

Bodies and garments are addressed by their own `toile_id`: Blender's undo invalidates Python references, and names
change. What a kernel made is kept whole, as its own JSON in the object's `toile.data`; the mesh is for the eye.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from mathutils import Vector
from numpy.typing import NDArray

from ..bodies import Body
from ..bodies.template import template
from ..patterns import Pattern
from ..patterns.document import pattern_from_json, pattern_to_json
from ..sim import Cloth, build_cloth
from ..sim.distance import MeshDistance, MeshRefused
from ..sim.warm_start import Hung
from ..sim.wind import speed
from . import engine, live
from .dye import dyed
from .fabrics import prints
from .fabrics.laying import lay
from .material import avatar_material, fabric_material

Array = NDArray[Any]

SEEN_DISTANCE = 0.025  # metres between the particles of pieces that are not draped yet
WIND_PRESSURE = 0.83  # Pa on Blender's own cloth of a wind of the strength 1, measured in 5.0
# Panels that are cut from another cloth than the garment's own.
FABRIC_OF_ROLE = {"rib": "cotton_rib", "lining": "acetate_lining"}


class ObjectGone(RuntimeError):
    """The object that something was meant for is no longer there, or no longer what it was."""


class ObstacleRefused(ValueError):
    """An object with a Collision modifier that cloth cannot be kept out of."""


# ---- Finding ----


def find(toile_id: str, kind: str) -> bpy.types.Object:
    """The object with that id. Raises ObjectGone."""
    for candidate in bpy.data.objects:
        if candidate.toile.toile_id == toile_id and candidate.toile.kind == kind:
            return candidate
    raise ObjectGone(f"The {kind.lower()} was removed meanwhile; nothing was changed.")


def active_garment(context: bpy.types.Context) -> bpy.types.Object | None:
    """The active object if it is a garment, or that of the active drawn piece or print; else the scene's last one."""
    active = context.object
    if active is not None and active.toile.kind in ("PIECE", "PRINT"):
        return next((o for o in bpy.data.objects if o.toile.toile_id == active.toile.garment_id), None)
    return _active(context, "GARMENT")


def active_body(context: bpy.types.Context) -> bpy.types.Object | None:
    """The active object if it is a body; or the active garment's body; or else the scene's last one."""
    active = context.object
    if active is not None and active.toile.kind == "GARMENT":
        return body_object_of(active)
    return _active(context, "BODY")


def body_object_of(garment: bpy.types.Object) -> bpy.types.Object | None:
    """The body that a garment was drafted for, if it is still there."""
    try:
        return find(garment.toile.body_id, "BODY")
    except ObjectGone:
        return None


def _active(context: bpy.types.Context, kind: str) -> bpy.types.Object | None:
    if context.object is not None and context.object.toile.kind == kind:
        return context.object
    every = [candidate for candidate in context.scene.objects if candidate.toile.kind == kind]
    return every[-1] if every else None


def claim_id(obj: bpy.types.Object) -> str:
    """The object's id, made its own again if a duplicate in Blender shares it."""
    shared = any(other != obj and other.toile.toile_id == obj.toile.toile_id for other in bpy.data.objects)
    if shared or not obj.toile.toile_id:
        obj.toile.toile_id = uuid.uuid4().hex
    return obj.toile.toile_id


# ---- Bodies ----

_decoded: dict[str, Any] = {}  # revision -> Body or Pattern: panels and sliders ask for them many times a second


def body_of(obj: bpy.types.Object) -> Body:
    """The Body that an object shows."""
    return _decode(obj, lambda text: Body.from_json(json.loads(text)))


def pattern_of(obj: bpy.types.Object) -> Pattern:
    """The Pattern that a garment was drafted to."""
    return _decode(obj, lambda text: pattern_from_json(json.loads(text)))


def _decode(obj: bpy.types.Object, decode: Any) -> Any:
    revision = obj.toile.revision
    if revision not in _decoded:
        while len(_decoded) > 16:
            del _decoded[next(iter(_decoded))]
        _decoded[revision] = decode(obj.toile.data)
    return _decoded[revision]


def _keep(obj: bpy.types.Object, thing: Body | Pattern, text: str) -> None:
    """Store a kernel's result in its object, under a new revision: undo brings the old one back with the old data."""
    obj.toile.data = text
    obj.toile.revision = uuid.uuid4().hex
    _decoded[obj.toile.revision] = thing


def new_object(context: bpy.types.Context, name: str, kind: str) -> bpy.types.Object:
    """An empty mesh object of ours in the scene, active and alone selected."""
    obj = bpy.data.objects.new(name, bpy.data.meshes.new(name))
    obj.toile.kind = kind
    obj.toile.toile_id = uuid.uuid4().hex
    context.collection.objects.link(obj)
    select(context, obj)
    return obj


def select(context: bpy.types.Context, obj: bpy.types.Object) -> None:
    """Make an object the active and only selected one."""
    context.view_layer.update()  # a new object can be selected only then
    for other in context.view_layer.objects:
        other.select_set(other == obj)
    context.view_layer.objects.active = obj


def write_body(obj: bpy.types.Object, body: Body, text: str = "") -> None:
    """Show a body in its object. text: its JSON, where that was made already."""
    t = template()
    uv = t.corner_uv.reshape(-1, 2) if np.array_equal(body.faces, t.faces) else None
    mesh = mesh_of(obj.data.name, body.vertices, body.faces, uv)
    parts = mesh.attributes.new("body_part", "INT", "POINT")
    parts.data.foreach_set("value", body.parts.astype(np.int32))
    _swap_mesh(obj, mesh)
    if not obj.data.materials:
        obj.data.materials.append(avatar_material())
    obj.toile.source = body.source
    _keep(obj, body, text or json.dumps(body.to_json()))


# ---- Garments ----


def write_pieces(obj: bpy.types.Object, pattern: Pattern, body: Body) -> None:
    """Show the pattern's panels about the body, their seams as loose edges. Raises MeshRefused, PlacingRefused.

    Meshed only as fine as it takes to see them, and not untangled, because sliders wait for it; a drape makes its own
    cloth. Of a pattern
    that has no place on a body, as some files do not say it, nothing is seen but its flat pieces.
    """
    if any(panel.wrap.around == "flat" for panel in pattern.draped().panels()):
        mesh = bpy.data.meshes.new(obj.data.name)
    else:
        cloth = build_cloth(pattern, body, max(obj.toile.particle_distance, SEEN_DISTANCE), untangle=False)
        corners = cloth.uv[cloth.faces.ravel()]
        mesh = mesh_of(obj.data.name, cloth.vertices, cloth.faces, corners, loose=cloth.sewing)
        _mark_panels(mesh, cloth)
    _still(obj)
    _swap_mesh(obj, mesh)
    lay(mesh, pattern, obj.toile.match)
    _keep(obj, pattern, json.dumps(pattern_to_json(pattern)))
    with live.paused():
        obj.toile.inner = pattern.inner
    obj.toile.state = "PIECES"
    obj.toile.report = ""
    prints.place(obj, pattern)
    if obj.toile.last_drape is not None:
        obj.toile.last_drape.name = f"{mesh.name} last drape"


def draped_mesh(
    name: str,
    cloth: Cloth,
    positions: Array,
    faces: Array,
    strain: Array | None = None,
    pressure: Array | None = None,
    pinned: Array | None = None,
) -> bpy.types.Mesh:
    """The garment's mesh: welded, UV in metres, each face's panel, sharp where it is folded. positions (w, 3), faces
    (m, 3).

    Attributes where they are given: strain (m, 2) of warp and weft, pressure (w,) in Pa, and the pinned (k,) vertices.
    """
    mesh = mesh_of(name, positions, faces, cloth.uv[cloth.faces.ravel()])
    _mark_panels(mesh, cloth)
    _sharpen(mesh, cloth.weld[cloth.creases])
    mesh["toile_panels"] = json.dumps(cloth.panel_names)
    if strain is not None:
        attribute = mesh.attributes.new("strain", "FLOAT2", "FACE")
        attribute.data.foreach_set("vector", np.ascontiguousarray(strain, np.float32).ravel())
    if pressure is not None:
        attribute = mesh.attributes.new("pressure", "FLOAT", "POINT")
        attribute.data.foreach_set("value", np.ascontiguousarray(pressure, np.float32))
    if pinned is not None and len(pinned):
        set_pins(mesh, pinned)
    return mesh


def show_drape(obj: bpy.types.Object, mesh: bpy.types.Mesh, report: Mapping[str, Any]) -> None:
    """Put a settled mesh in the place of the pieces, with its report."""
    _still(obj)
    obj.toile.last_drape = mesh
    obj.toile.pins = len(pins_of(mesh))
    _swap_mesh(obj, mesh)
    lay(mesh, pattern_of(obj), obj.toile.match)
    prints.place(obj, pattern_of(obj))
    obj.toile.state = "DRAPED"
    obj.toile.report = json.dumps(report)


def add_placed_key(obj: bpy.types.Object, placed: Array) -> None:
    """A shape key “Placed” on a draped garment: at 1 its welded panels hang where they were placed, (w, 3)."""
    obj.shape_key_add(name="Draped")
    key = obj.shape_key_add(name="Placed", from_mix=False)
    key.data.foreach_set("co", np.ascontiguousarray(placed, np.float32).ravel())
    key.value = 0.0


# ---- The last drape ----


def hung(obj: bpy.types.Object) -> Hung | None:
    """How a garment hangs, or hung before its pattern was changed; None where it never did."""
    mesh = obj.toile.last_drape
    if mesh is None or "toile_panels" not in mesh or "panel" not in mesh.attributes or not mesh.uv_layers:
        return None
    vertices, faces = triangles_of(mesh)
    corners = np.empty(len(faces) * 3, np.int32)
    mesh.loop_triangles.foreach_get("loops", corners)
    polygon = np.empty(len(faces), np.int32)
    mesh.loop_triangles.foreach_get("polygon_index", polygon)
    uv = np.empty(2 * len(mesh.loops), np.float32)
    mesh.uv_layers[0].data.foreach_get("uv", uv)
    panel = np.empty(len(mesh.polygons), np.int32)
    mesh.attributes["panel"].data.foreach_get("value", panel)
    names = tuple(json.loads(mesh["toile_panels"]))
    by_corner = uv.astype(np.float64).reshape(-1, 2)[corners].reshape(-1, 3, 2)
    return Hung(vertices, faces, by_corner, panel[polygon], names, pins_of(mesh))


def pins_of(mesh: bpy.types.Mesh) -> NDArray[np.int32]:
    """(k,) vertices that are pinned."""
    if "pinned" not in mesh.attributes:
        return np.empty(0, np.int32)
    pinned = np.empty(len(mesh.vertices), bool)
    mesh.attributes["pinned"].data.foreach_get("value", pinned)
    return np.flatnonzero(pinned).astype(np.int32)


def set_pins(mesh: bpy.types.Mesh, vertices: Array) -> None:
    """Pin these vertices (k,) and no others."""
    if "pinned" in mesh.attributes:
        mesh.attributes.remove(mesh.attributes["pinned"])
    if len(vertices):
        pinned = np.zeros(len(mesh.vertices), bool)
        pinned[vertices] = True
        mesh.attributes.new("pinned", "BOOLEAN", "POINT").data.foreach_set("value", pinned)


# ---- On the timeline ----

_RECORDING = "Draping"  # the modifier's name


def recording_path(garment: bpy.types.Object) -> Path:
    """A new file for a garment's frames: beside the saved scene, else in Toile's user folder. One a drape, for undo."""
    if bpy.data.filepath:
        folder = Path(bpy.data.filepath).parent
    else:
        try:
            folder = Path(bpy.utils.extension_path_user(engine.PACKAGE, path="recordings", create=True))
        except ValueError:  # from a development folder
            folder = Path(bpy.app.tempdir)
    return folder / f"{bpy.path.clean_name(garment.name)}-{uuid.uuid4().hex[:8]}.pc2"


def play(obj: bpy.types.Object, path: Path, scene: bpy.types.Scene) -> None:
    """Play recorded frames from the scene's first frame on, one sample a frame."""
    modifier = obj.modifiers.new(_RECORDING, "MESH_CACHE")
    modifier.cache_format = "PC2"
    modifier.filepath = bpy.path.relpath(str(path)) if bpy.data.filepath else str(path)
    modifier.forward_axis, modifier.up_axis = "POS_Y", "POS_Z"
    modifier.frame_start = scene.frame_start


def _still(obj: bpy.types.Object) -> None:
    """Nothing moves a garment whose mesh changes: its recording is of the old one, and so are its cloth's groups."""
    for modifier in list(obj.modifiers):
        if modifier.type == "MESH_CACHE" and modifier.name == _RECORDING:
            obj.modifiers.remove(modifier)
        elif modifier.type == "CLOTH":
            modifier.show_viewport = modifier.show_render = False


# ---- What else the cloth meets ----


def obstacles(scene: bpy.types.Scene, garment: bpy.types.Object) -> list[tuple[Array, Array]]:
    """Vertices (n, 3), as the garment sees them, and faces (m, 3) of the visible objects with a Collision modifier.

    Raises ObstacleRefused for one that is not closed, for then nobody knows which side of it is outside.
    """
    found: list[tuple[Array, Array]] = []
    depsgraph = bpy.context.evaluated_depsgraph_get()
    for obj in scene.objects:
        if obj.toile.kind != "NONE" or not obj.visible_get() or all(m.type != "COLLISION" for m in obj.modifiers):
            continue
        vertices, faces = triangles_of(obj.evaluated_get(depsgraph).data)
        seen_from = np.array(garment.matrix_world.inverted() @ obj.matrix_world)
        vertices = vertices @ seen_from[:3, :3].T + seen_from[:3, 3]
        try:
            closed = MeshDistance(vertices, faces).closed
        except MeshRefused as error:
            raise ObstacleRefused(f"{obj.name} cannot be an obstacle: {error}") from error
        if not closed:
            raise ObstacleRefused(
                f"{obj.name} is not closed, so cloth cannot be kept out of it: give it a Solidify modifier before its "
                "Collision, or take the Collision away."
            )
        a, b, c = vertices[faces].transpose(1, 0, 2)
        inside_out = np.einsum("ni,ni->", a, np.cross(b, c)) < 0
        found.append((vertices, faces[:, ::-1] if inside_out else faces))
    return found


def in_own_axes(obj: bpy.types.Object, direction: Sequence[float]) -> tuple[float, float, float]:
    """A direction of the world, as an object that may be turned has it."""
    x, y, z = obj.matrix_world.to_quaternion().inverted() @ Vector(direction)
    return x, y, z


def unfelt_garments(scene: bpy.types.Scene, garment: bpy.types.Object) -> str:
    """A sentence on the visible garments on the same body, which a drape does not feel; empty where there are none."""
    others = (obj for obj in scene.objects if obj.toile.kind == "GARMENT" and obj != garment and obj.visible_get())
    names = ", ".join(sorted(obj.name for obj in others if obj.toile.body_id == garment.toile.body_id))
    return f"Not felt: {names} (each garment is draped on the body alone)." if names else ""


def _fields(scene: bpy.types.Scene) -> Iterator[tuple[bpy.types.Object, bool]]:
    """Every visible force field, and whether it is a wind that blows everywhere alike."""
    for obj in scene.objects:
        field = obj.field
        if field is not None and field.type != "NONE" and obj.visible_get():
            alike = field.falloff_power == 0.0 and not field.use_max_distance and not field.use_min_distance
            yield obj, alike and field.type == "WIND"


def wind(scene: bpy.types.Scene) -> tuple[float, float, float]:
    """m/s of the air, of all visible force fields of the kind Wind that blow everywhere alike, along their Z axes.

    It presses on cloth broadside as hard as the fields do on Blender's own cloth.
    """
    pressure = np.zeros(3)
    for obj, felt in _fields(scene):
        if felt:
            along = np.array(obj.matrix_world.to_quaternion() @ Vector((0.0, 0.0, 1.0)))
            pressure += WIND_PRESSURE * obj.field.strength * along
    x, y, z = speed(pressure).tolist()
    return x, y, z


def unfelt_fields(scene: bpy.types.Scene) -> str:
    """A sentence on the visible force fields that a drape cannot feel; empty where there are none."""
    names = ", ".join(sorted(obj.name for obj, felt in _fields(scene) if not felt))
    return f"Not felt: {names} (only winds that blow everywhere alike, without falloff, are)." if names else ""


def wear(obj: bpy.types.Object, fabric: str) -> None:
    """Make a garment of a fabric in its colour, and its bands of what their role asks for. Raises FabricRefused."""
    roles = dict.fromkeys(panel.fabric for panel in pattern_of(obj).draped().panels())
    made = [dyed(fabric_material(FABRIC_OF_ROLE.get(role, fabric)), obj.toile.colour) for role in roles]
    slots = obj.data.materials
    for slot, material in enumerate(made):
        if slot < len(slots):
            slots[slot] = material  # clearing them would send every face to the first
        else:
            slots.append(material)
    obj.toile.fabric = fabric
    lay(obj.data, pattern_of(obj), obj.toile.match)
    prints.place(obj, pattern_of(obj))


def _mark_panels(mesh: bpy.types.Mesh, cloth: Cloth) -> None:
    """Each face's panel, and its material slot: one for each role, in the order in which the panels bring them up."""
    panel = cloth.panel[cloth.faces[:, 0]]
    roles = list(dict.fromkeys(cloth.fabric_of_panel))
    _face_integers(mesh, "panel", panel)
    slot_of_panel = np.array([roles.index(role) for role in cloth.fabric_of_panel])
    mesh.polygons.foreach_set("material_index", slot_of_panel[panel].astype(np.int32))


def _sharpen(mesh: bpy.types.Mesh, folds: Array) -> None:
    """Edges (k, 2) between whose sides no normal is smoothed: over a fold it would stand square to both."""
    ends = np.empty(2 * len(mesh.edges), np.int32)
    mesh.edges.foreach_get("vertices", ends)
    count = len(mesh.vertices)
    edges, folded = (np.sort(pairs, axis=1).astype(np.int64) @ [count, 1] for pairs in (ends.reshape(-1, 2), folds))
    sharp = mesh.attributes.new("sharp_edge", "BOOLEAN", "EDGE")
    sharp.data.foreach_set("value", np.isin(edges, folded))


# ---- Meshes ----


def mesh_of(
    name: str, vertices: Array, faces: Array, corner_uv: Array | None = None, loose: Array | None = None
) -> bpy.types.Mesh:
    """A triangle mesh. vertices (n, 3), faces (m, 3), corner_uv (3m, 2), loose (s, 2) edges without a face."""
    mesh = bpy.data.meshes.new(name)
    mesh.vertices.add(len(vertices))
    mesh.vertices.foreach_set("co", np.ascontiguousarray(vertices, np.float32).ravel())
    if loose is not None and len(loose):
        mesh.edges.add(len(loose))
        mesh.edges.foreach_set("vertices", np.ascontiguousarray(loose, np.int32).ravel())
    mesh.loops.add(3 * len(faces))
    mesh.loops.foreach_set("vertex_index", np.ascontiguousarray(faces, np.int32).ravel())
    mesh.polygons.add(len(faces))
    mesh.polygons.foreach_set("loop_start", np.arange(0, 3 * len(faces), 3, dtype=np.int32))
    mesh.update(calc_edges=True, calc_edges_loose=True)
    if corner_uv is not None:
        layer = mesh.uv_layers.new(name="UVMap")
        layer.data.foreach_set("uv", np.ascontiguousarray(corner_uv, np.float32).ravel())
    mesh.shade_smooth()
    return mesh


def triangles_of(mesh: bpy.types.Mesh) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """A mesh's vertices (n, 3) and triangles (m, 3)."""
    vertices = np.empty(3 * len(mesh.vertices), np.float32)
    mesh.vertices.foreach_get("co", vertices)
    mesh.calc_loop_triangles()
    faces = np.empty(3 * len(mesh.loop_triangles), np.int32)
    mesh.loop_triangles.foreach_get("vertices", faces)
    return vertices.reshape(-1, 3).astype(np.float64), faces.reshape(-1, 3)


def _face_integers(mesh: bpy.types.Mesh, name: str, values: Array) -> None:
    attribute = mesh.attributes.new(name, "INT", "FACE")
    attribute.data.foreach_set("value", np.ascontiguousarray(values, np.int32))


def _swap_mesh(obj: bpy.types.Object, mesh: bpy.types.Mesh) -> None:
    """Give an object another mesh, keeping its materials, and remove the old one if nobody else uses it."""
    old = obj.data
    for material in old.materials:
        mesh.materials.append(material)
    name = old.name
    obj.data = mesh
    for slot in obj.material_slots:
        slot.link = "DATA"  # a fit map's colours (see `overlay`) lay on the old mesh
    if old.users == 0:
        bpy.data.meshes.remove(old)
    mesh.name = name
