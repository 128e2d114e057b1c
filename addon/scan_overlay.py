# SPDX-License-Identifier: GPL-3.0-or-later
"""The cleaned scan over the body that was measured from it: before and after."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray


def lay_over(body: bpy.types.Object, points: NDArray[Any]) -> None:
    """Points (n, 3) of a scan, where the body stands, as a mesh of vertices that hangs on it. It is never rendered."""
    mesh = bpy.data.meshes.new(f"{body.name} scan")
    mesh.vertices.add(len(points))
    mesh.vertices.foreach_set("co", np.ascontiguousarray(points, np.float32).ravel())
    mesh.update()
    scan = bpy.data.objects.new(mesh.name, mesh)
    for collection in body.users_collection:
        collection.objects.link(scan)
    scan.parent = body
    scan.hide_select = scan.hide_render = scan.hide_viewport = True
    body.toile.scan = scan


def forget(body: bpy.types.Object) -> None:
    """Take a body's scan out of the file."""
    scan = body.toile.scan
    if scan is not None:
        mesh = scan.data
        bpy.data.objects.remove(scan)
        bpy.data.meshes.remove(mesh)
