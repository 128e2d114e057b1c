# SPDX-License-Identifier: GPL-3.0-or-later
"""FBX and USD scans through Blender's own importers, to arrays. Runs in a worker's Blender, whose scene is nobody's."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray


class ScanUnreadable(ValueError):
    """Blender's importer could not read the file, or found no mesh in it."""


def read_with_blender(path: Path) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """All meshes of an FBX or USD file in world space: vertices (n, 3), triangles (m, 3). Raises ScanUnreadable."""
    try:
        size = path.stat().st_size
    except OSError as fault:  # asked first: Blender's importers would print a traceback
        raise ScanUnreadable(f"{path.name} cannot be read ({fault.strerror}).") from fault
    if size == 0:
        raise ScanUnreadable(f"{path.name} is empty: export the scan again.")
    bpy.ops.wm.read_factory_settings(use_empty=True)
    fbx = path.suffix.lower() == ".fbx"
    importer: Any = bpy.ops.import_scene.fbx if fbx else getattr(bpy.ops.wm, "usd_import", None)
    if importer is None or not (fbx or bpy.app.build_options.usd):
        raise ScanUnreadable(f"This Blender was built without USD: save {path.name} as PLY, OBJ or GLB first.")
    try:
        with contextlib.redirect_stderr(io.StringIO()):  # the FBX importer prints a traceback; its report is enough
            importer(filepath=str(path))
    except (
        RuntimeError,
        ValueError,
        KeyError,
        IndexError,
        AssertionError,
    ) as error:  # what importers raise on bad files
        raise ScanUnreadable(f"{path.name} could not be read: {str(error).strip().splitlines()[-1]}") from error
    depsgraph = bpy.context.evaluated_depsgraph_get()
    vertices: list[NDArray[np.float64]] = []
    faces: list[NDArray[np.int32]] = []
    count = 0
    for instance in depsgraph.object_instances:
        if instance.object.type != "MESH":
            continue
        mesh = instance.object.to_mesh()
        mesh.calc_loop_triangles()
        own = np.empty(3 * len(mesh.vertices), np.float32)
        mesh.vertices.foreach_get("co", own)
        triangles = np.empty(3 * len(mesh.loop_triangles), np.int32)
        mesh.loop_triangles.foreach_get("vertices", triangles)
        world = np.array(instance.matrix_world)
        vertices.append(own.reshape(-1, 3) @ world[:3, :3].T + world[:3, 3])
        faces.append(triangles.reshape(-1, 3) + np.int32(count))
        count += len(mesh.vertices)
        instance.object.to_mesh_clear()
    if not count:
        raise ScanUnreadable(f"{path.name} holds no mesh: export the scanned body itself.")
    return np.concatenate(vertices), np.concatenate(faces)
