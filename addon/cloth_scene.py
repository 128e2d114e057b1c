# SPDX-License-Identifier: GPL-3.0-or-later
"""A Blender scene of its own in which cloth is simulated, frame by frame, and which leaves nothing behind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import bpy
import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Ints = NDArray[np.int32]

NO_EDGES = np.empty((0, 2), np.int32)


def mesh_object(
    scene: bpy.types.Scene, name: str, vertices: Points, faces: Ints, edges: Ints = NO_EDGES
) -> bpy.types.Object:
    """A mesh object in the scene. vertices (n, 3), faces (m, 3), edges (s, 2) without a face."""
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(vertices.tolist(), edges.tolist(), faces.tolist())
    made = bpy.data.objects.new(name, mesh)
    scene.collection.objects.link(made)
    return made


@contextmanager
def own_scene(gravity: Sequence[float]) -> Iterator[bpy.types.Scene]:
    """A scene that disappears with everything that was linked to it. gravity m/s²."""
    scene = bpy.data.scenes.new("Toile cloth")
    scene.gravity = gravity
    scene.use_gravity = bool(np.any(gravity))
    try:
        yield scene
    finally:
        for made in list(scene.collection.objects):
            mesh = made.data
            animated = [block.animation_data for block in (made, getattr(mesh, "shape_keys", None)) if block]
            actions = [a.action for a in animated if a]  # keyframes outlive what they move
            bpy.data.objects.remove(made)
            bpy.data.meshes.remove(mesh)
            bpy.data.batch_remove(actions)
        bpy.data.scenes.remove(scene)


def keyframes(block: bpy.types.bpy_struct, path: str, values: Sequence[tuple[int, float]]) -> None:
    """A property's value at each (frame, value), eased between them: what a simulation reads on its way."""
    for frame, value in values:
        setattr(block, path, value)
        block.keyframe_insert(path, frame=frame)


def shape_key(made: bpy.types.Object, name: str, vertices: Points) -> bpy.types.ShapeKey:
    """A shape (n, 3) of the object's mesh."""
    if made.data.shape_keys is None:
        made.shape_key_add(name="Basis")
    key = made.shape_key_add(name=name)
    key.data.foreach_set("co", np.ascontiguousarray(vertices, np.float32).ravel())
    return key


def rest_flat(made: bpy.types.Object, modifier: bpy.types.ClothModifier, uv: Points) -> None:
    """Let springs and hinges rest as they were cut: uv (n, 2) in metres, one row for each vertex.

    Blender 5 no longer reads rest_shape_key. A dynamic base mesh does what it promised: the cloth starts as it was
    placed on frame 1, and from frame 2 on its lengths and angles at rest are those of the flat pattern.
    """
    key = shape_key(made, "Flat pattern", np.column_stack([uv, np.zeros(len(uv))]))
    keyframes(key, "value", [(1, 0.0), (2, 1.0)])
    modifier.settings.use_dynamic_mesh = True


def group(made: bpy.types.Object, name: str, vertices: Ints, weight: float = 1.0) -> str:
    """A vertex group's name. vertices (k,)."""
    found = made.vertex_groups.get(name) or made.vertex_groups.new(name=name)
    found.add(vertices.tolist(), weight, "REPLACE")
    return found.name


def frames(scene: bpy.types.Scene, made: bpy.types.Object, most: int) -> Iterator[tuple[int, Points]]:
    """(frame, vertices (n, 3)) of a cloth object, from where it starts, frame 1, until `most` frames later."""
    next(m for m in made.modifiers if m.type == "CLOTH").point_cache.frame_end = most + 1
    scene.frame_start, scene.frame_end = 1, most + 1
    flat = np.empty(3 * len(made.data.vertices), np.float32)
    for frame in range(1, most + 2):
        scene.frame_set(frame)
        made.evaluated_get(scene.view_layers[0].depsgraph).data.vertices.foreach_get("co", flat)
        yield frame, flat.reshape(-1, 3).astype(np.float64)
