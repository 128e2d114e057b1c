# SPDX-License-Identifier: GPL-3.0-or-later
"""What an export sees in place of the scene: copies of a garment and its body, in levels of detail, rigged where asked.

They bear the garment's own names while they are there, for names are what other programs find things by.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from ...bodies import Body
from ...sim.distance import MeshDistance
from ...sim.finish import off_the_skin
from .. import bridge
from ..fabrics import prints
from ..material import UV_MAP
from .baking import bake, forget
from .reduction import Surface, budgets, taken_over
from .rig import Floats, Rig, cloth_weights, most_of, t_pose

SKELETON = "Skeleton"
_PUSHES = 3  # that bring cloth out of the skin of a posed body, or coarse cloth off a round one


class NotDraped(ValueError):
    """A garment in pieces cannot be worn or printed whole."""


@dataclass(frozen=True)
class Staged:
    """What an export writes: the garment's levels, finest first, its body and their skeleton, where there are any.

    prints: what is printed or embroidered on the garment, as it lies on the finest
    """

    levels: tuple[bpy.types.Object, ...]
    body: bpy.types.Object | None = None
    skeleton: bpy.types.Object | None = None
    prints: tuple[bpy.types.Object, ...] = ()

    @property
    def objects(self) -> tuple[bpy.types.Object, ...]:
        """All of it."""
        return tuple(o for o in (self.skeleton, *self.levels, *self.prints, self.body) if o is not None)


@dataclass(frozen=True)
class Detail:
    """How a garment is reduced: `triangles` at most (0: as it was draped), and coarser levels after the first.

    pixels: of the pictures that the first level's fabrics and shading are baked into, each next level's having half as
    many; 0 for none.
    """

    triangles: int = 0
    levels: int = 0
    pixels: int = 0


AS_DRAPED = Detail()


def surface_of(mesh: bpy.types.Mesh) -> Surface:
    """A garment's mesh as arrays."""
    vertices, faces = bridge.triangles_of(mesh)
    loops, polygon = np.empty(3 * len(faces), np.int32), np.empty(len(faces), np.int32)
    mesh.loop_triangles.foreach_get("loops", loops)
    mesh.loop_triangles.foreach_get("polygon_index", polygon)
    uv = np.empty(2 * len(mesh.loops), np.float32)
    mesh.uv_layers[UV_MAP].data.foreach_get("uv", uv)
    panel = np.empty(len(mesh.polygons), np.int32)
    mesh.attributes["panel"].data.foreach_get("value", panel)
    corners = uv.astype(np.float64).reshape(-1, 2)[loops].reshape(-1, 3, 2)
    return Surface(vertices, faces.astype(np.int64), corners, panel[polygon])


def corner_normals(mesh: bpy.types.Mesh) -> Floats:
    """(m, 3, 3) of a mesh's triangles: what it is shaded with, sharp at folds."""
    loops, normals = np.empty(3 * len(mesh.loop_triangles), np.int32), np.empty(3 * len(mesh.loops), np.float32)
    mesh.loop_triangles.foreach_get("loops", loops)
    mesh.corner_normals.foreach_get("vector", normals)
    return normals.reshape(-1, 3)[loops].reshape(-1, 3, 3).astype(np.float64)


@contextlib.contextmanager
def staged(
    garment: bpy.types.Object,
    figure: bpy.types.Object | None,
    detail: Detail,
    body: Body | None = None,
    *,
    t: bool = False,
    moving: bool = False,
) -> Iterator[Staged]:
    """Copies for one export, gone afterwards. body: the figure's, where a skeleton is asked for; t: in T-pose.

    moving: the garment as it is, with what moves it, and in no other detail.
    Raises BudgetRefused, AtlasRefused, RigRefused and NotDraped.
    """
    if body is not None and garment.toile.state != "DRAPED":
        raise NotDraped("This garment is still in pieces: drape it first, then export it to be worn.")
    collection = bpy.data.collections.new("Toile export")
    bpy.context.scene.collection.children.link(collection)
    active = bpy.context.view_layer.objects.active
    on_it = prints.objects_of(garment)
    originals = {obj: obj.name for obj in (garment, figure, *on_it) if obj is not None}
    try:
        for obj, name in originals.items():
            obj.name = f"{name} (exporting)"
        if moving:
            levels = [_moving(collection, garment, originals[garment])]
            printed = [_moving(collection, obj, originals[obj]) for obj in on_it]
        else:
            skin = _skin_of(figure, garment) if figure is not None else None
            levels = _levels(collection, garment, originals[garment], detail, skin)
            printed = [_linked(collection, originals[obj], _evaluated(obj), obj) for obj in on_it]
        copy = None
        if figure is not None:
            copy = _linked(collection, originals[figure], _evaluated(figure), figure)
        skeleton = None
        if body is not None and copy is not None:
            skeleton = _rigged(collection, [*levels, *printed], copy, body, in_t_pose=t)
        yield Staged(tuple(levels), copy, skeleton, tuple(printed))
    finally:
        for obj in list(collection.objects):
            data = obj.data
            if isinstance(data, bpy.types.Mesh):
                forget(data)
            bpy.data.objects.remove(obj)
            if data.users == 0:
                (bpy.data.armatures if isinstance(data, bpy.types.Armature) else bpy.data.meshes).remove(data)
        bpy.data.collections.remove(collection)
        for obj, name in originals.items():
            obj.name = name
        bpy.context.view_layer.objects.active = active


def _moving(collection: bpy.types.Collection, garment: bpy.types.Object, name: str) -> bpy.types.Object:
    obj = garment.copy()
    obj.name = name
    collection.objects.link(obj)
    return obj


def _levels(
    collection: bpy.types.Collection,
    garment: bpy.types.Object,
    name: str,
    detail: Detail,
    skin: MeshDistance | None,
) -> list[bpy.types.Object]:
    full = _linked(collection, name, _evaluated(garment), garment)
    surface, normals = surface_of(full.data), corner_normals(full.data)
    wanted = budgets(len(surface.faces), detail.triangles, detail.levels)
    made = [full if n == len(surface.faces) else _reduced(collection, name, full, surface, n, skin) for n in wanted]
    if full not in made:
        mesh = full.data
        bpy.data.objects.remove(full)
        bpy.data.meshes.remove(mesh)
    if len(made) == 1:
        made[0].name = made[0].data.name = name
    else:
        for number, level in enumerate(made):
            level.name = level.data.name = f"{name}_LOD{number}"
    if detail.pixels:
        for number, level in enumerate(made):
            bake(level, surface_of(level.data), surface, normals, detail.pixels >> number)
    return made


def _reduced(
    collection: bpy.types.Collection,
    name: str,
    full: bpy.types.Object,
    surface: Surface,
    triangles: int,
    skin: MeshDistance | None,
) -> bpy.types.Object:
    """A copy of at most so many triangles, off the skin, with the full one's UV and normals."""
    fewer = full.modifiers.new("Fewer", "DECIMATE")
    fewer.ratio = triangles / len(surface.faces)
    fewer.use_collapse_triangulate = True
    bpy.context.view_layer.update()
    mesh = _evaluated(full)
    full.modifiers.remove(fewer)
    coarse = surface_of(mesh)
    uv, normals = taken_over(surface, coarse.vertices, coarse.faces, coarse.panel)
    loops = np.empty(3 * len(coarse.faces), np.int32)
    mesh.loop_triangles.foreach_get("loops", loops)
    flat = np.empty((len(mesh.loops), 2), np.float32)
    flat[loops] = uv.reshape(-1, 2)
    mesh.uv_layers[UV_MAP].data.foreach_set("uv", flat.ravel())
    if skin is not None:
        _move(mesh, _pushed_out(coarse.vertices, coarse.faces, skin))
    mesh.normals_split_custom_set_from_vertices(normals.tolist())
    return _linked(collection, name, mesh, full)


def _skin_of(figure: bpy.types.Object, garment: bpy.types.Object) -> MeshDistance:
    """The body's surface as the garment sees it."""
    vertices, faces = bridge.triangles_of(figure.evaluated_get(bpy.context.evaluated_depsgraph_get()).data)
    seen_from = np.array(garment.matrix_world.inverted() @ figure.matrix_world)
    return MeshDistance(vertices @ seen_from[:3, :3].T + seen_from[:3, 3], faces)


def _pushed_out(vertices: Floats, faces: NDArray[Any], skin: MeshDistance) -> Floats:
    for _ in range(_PUSHES):
        vertices = off_the_skin(vertices, faces.astype(np.int32), skin)
    return vertices


def _evaluated(obj: bpy.types.Object) -> bpy.types.Mesh:
    depsgraph = bpy.context.evaluated_depsgraph_get()
    return bpy.data.meshes.new_from_object(
        obj.evaluated_get(depsgraph), preserve_all_data_layers=True, depsgraph=depsgraph
    )


def _linked(
    collection: bpy.types.Collection, name: str, mesh: bpy.types.Mesh, original: bpy.types.Object
) -> bpy.types.Object:
    obj = bpy.data.objects.new(name, mesh)
    obj.matrix_world = original.matrix_world
    mesh.name = name
    collection.objects.link(obj)
    return obj


# ---- The skeleton ----


def given_skeleton(figure: bpy.types.Object, body: Body) -> bpy.types.Object:
    """A skeleton beside a figure of the body, which follows it from now on. Raises RigRefused."""
    return _rigged(figure.users_collection[0], (), figure, body, in_t_pose=False)


def _rigged(
    collection: bpy.types.Collection,
    levels: Sequence[bpy.types.Object],
    figure: bpy.types.Object,
    body: Body,
    *,
    in_t_pose: bool,
) -> bpy.types.Object:
    """Give levels and figure a skeleton that they follow; in T-pose, turn both into it first."""
    rig = Rig.of(body)
    pose = t_pose(rig) if in_t_pose else {}
    weights = [rig.skin]
    for level in levels:
        vertices, faces = bridge.triangles_of(level.data)
        edges = np.unique(np.sort(faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1), axis=0)
        weights.append(cloth_weights(rig, body, vertices, edges))
    joints, tails = rig.joints, rig.tails()
    if in_t_pose:
        skin, joints = rig.posed(pose, body.vertices, rig.skin)
        tails, _ = rig.posed(pose, rig.tails(), np.eye(len(rig.names)))
        _move(figure.data, skin)
        surface = MeshDistance(skin, body.faces)
        for level, shares in zip(levels, weights[1:], strict=True):
            vertices, faces = bridge.triangles_of(level.data)
            moved, _ = rig.posed(pose, vertices, shares)
            _move(level.data, _pushed_out(moved, faces, surface))
    skeleton = _armature(collection, rig, joints, tails)
    skeleton.matrix_world = figure.matrix_world
    for obj, shares in zip((figure, *levels), weights, strict=True):
        _bind(obj, skeleton, rig.names, shares)
    return skeleton


def _move(mesh: bpy.types.Mesh, vertices: Floats) -> None:
    mesh.vertices.foreach_set("co", vertices.astype(np.float32).ravel())
    mesh.update()


def _armature(collection: bpy.types.Collection, rig: Rig, joints: Floats, tails: Floats) -> bpy.types.Object:
    skeleton = bpy.data.objects.new(SKELETON, bpy.data.armatures.new(SKELETON))
    collection.objects.link(skeleton)
    bpy.context.view_layer.objects.active = skeleton
    bpy.ops.object.mode_set(mode="EDIT")  # Blender makes bones in no other mode
    bones = skeleton.data.edit_bones
    for name, parent, head, tail in zip(rig.names, rig.parents.tolist(), joints, tails, strict=True):
        bone = bones.new(name)
        bone.head, bone.tail = head.tolist(), tail.tolist()
        if parent >= 0:
            bone.parent = bones[rig.names[parent]]
    bpy.ops.object.mode_set(mode="OBJECT")
    return skeleton


def _bind(obj: bpy.types.Object, skeleton: bpy.types.Object, names: Sequence[str], weights: Floats) -> None:
    bones, shares = most_of(weights)
    for number, name in enumerate(names):
        group = obj.vertex_groups.new(name=name)
        rows, columns = np.nonzero((bones == number) & (shares > 0))
        for vertex, share in zip(rows.tolist(), shares[rows, columns].tolist(), strict=True):
            group.add([vertex], share, "REPLACE")
    obj.parent = skeleton
    obj.matrix_parent_inverse = skeleton.matrix_world.inverted()
    follow = obj.modifiers.new(SKELETON, "ARMATURE")
    follow.object = skeleton
