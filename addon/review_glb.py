# SPDX-License-Identifier: GPL-3.0-or-later
"""The GLB that a review shows: the garment with its panels' names and its strain and pressure, and the body it is on.

What the review page reads besides glTF's own stands in docs/guide/review.md: vertex attributes `_PANEL`, `_STRAIN` and
`_PRESSURE`, and the panels' names in the mesh's `extras.toile_panels`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import bpy
import numpy as np

from .export import Exported, export_glb

_CARRIED = {"panel": "_PANEL", "strain": "_STRAIN", "pressure": "_PRESSURE"}


def export_review_glb(path: Path, garment: bpy.types.Object, others: Sequence[bpy.types.Object] = ()) -> Exported:
    """Write a garment as reviews show it, with what stands beside it (its body). Raises ExportRefused."""
    shown = garment.copy()
    shown.data = bpy.data.meshes.new_from_object(garment.evaluated_get(bpy.context.evaluated_depsgraph_get()))
    shown.modifiers.clear()
    bpy.context.collection.objects.link(shown)
    try:
        _carry(shown.data)
        if garment.data is not None and "toile_panels" in garment.data:
            shown.data["toile_panels"] = garment.data["toile_panels"]
        return export_glb(path, [shown, *others], attributes=True)
    finally:
        bpy.data.meshes.remove(shown.data)


def _carry(mesh: bpy.types.Mesh) -> None:
    """Name what is to travel as glTF wants it; strain becomes each vertex's mean, or every corner would be its own."""
    if "strain" in mesh.attributes:
        strain = np.empty((len(mesh.polygons), 2), np.float32)
        mesh.attributes["strain"].data.foreach_get("vector", strain.ravel())
        corners = np.empty(len(mesh.loops), np.int32)
        mesh.loops.foreach_get("vertex_index", corners)
        sizes = np.empty(len(mesh.polygons), np.int32)
        mesh.polygons.foreach_get("loop_total", sizes)
        of_corner = np.repeat(strain, sizes, axis=0)
        count = np.maximum(np.bincount(corners, minlength=len(mesh.vertices)), 1)
        mean = [np.bincount(corners, of_corner[:, way], len(mesh.vertices)) / count for way in range(2)]
        mesh.attributes.remove(mesh.attributes["strain"])
        smooth = mesh.attributes.new("strain", "FLOAT2", "POINT")
        smooth.data.foreach_set("vector", np.stack(mean, axis=1).astype(np.float32).ravel())
    for name, carried in _CARRIED.items():
        if name in mesh.attributes:
            mesh.attributes[name].name = carried
