# SPDX-License-Identifier: GPL-3.0-or-later
"""The GLB that a review shows: the garment with its panels' names and its strain and pressure, and the body it is on.

What the review page reads besides glTF's own stands in docs/guide/review.md: vertex attributes `_PANEL`, `_STRAIN` and
`_PRESSURE`, the panels' names in the mesh's `extras.toile_panels`, a variant for each fabric on offer, and which part a
material dresses in its `extras.toile_part`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import bpy
import numpy as np

from . import overlay, shelf
from .bridge import FABRIC_OF_ROLE
from .collaborate.pins import panel_names
from .dye import dyed
from .export import Exported, export_glb
from .exports.glb import Glb, with_variants, without_nodes
from .exports.writing import swatches_of
from .fabrics.prints import objects_of
from .material import fabric_material

_MAIN = "main"  # the garment's own cloth, as a part
_CARRIED = {"panel": "_PANEL", "strain": "_STRAIN", "pressure": "_PRESSURE"}


def export_review_glb(
    path: Path, garment: bpy.types.Object, others: Sequence[bpy.types.Object] = (), fabrics: Sequence[str] = ()
) -> Exported:
    """Write a garment as reviews show it, with what stands beside it (its body).

    fabrics: the names of those that it may be seen in, each a variant by its label, in the garment's colour.
    Raises ExportRefused, FabricRefused.
    """
    shown = garment.copy()
    shown.data = bpy.data.meshes.new_from_object(garment.evaluated_get(bpy.context.evaluated_depsgraph_get()))
    shown.modifiers.clear()
    bpy.context.collection.objects.link(shown)
    try:
        _carry(shown.data)
        if _CARRIED["panel"] in shown.data.attributes:
            shown.data["toile_panels"] = json.dumps(panel_names(garment))
        parts = {m.name: _part(m, garment.toile.fabric) for m in garment.data.materials if m is not None}
        worn = {shelf.label(name): dyed(fabric_material(name), garment.toile.colour) for name in fabrics}
        with overlay.in_fabric(shown), swatches_of(worn.values()) as swatches:
            named = {label: material.name for label, material in worn.items()}
            beside = [swatch.name for swatch in swatches]
            return export_glb(
                path,
                [shown, *objects_of(garment), *others, *swatches],
                attributes=True,
                finished=lambda glb: _dressed(without_nodes(glb, beside), parts, named),
            )
    finally:
        bpy.data.meshes.remove(shown.data)


def _part(material: bpy.types.Material, fabric: str) -> str:
    """What a garment's material dresses: the garment of that fabric, or the bands of what their role asks for."""
    own = material.get("toile_fabric", material.get("toile_dyed", ""))
    return next((role for role, other in FABRIC_OF_ROLE.items() if own == other != fabric), _MAIN)


def _dressed(glb: Glb, parts: Mapping[str, str], fabrics: Mapping[str, str]) -> Glb:
    """The file with its parts named, and a variant by label for each fabric, given by its material's name."""
    for name, part in parts.items():
        if part != _MAIN:
            glb.json["materials"][glb.material(name)].setdefault("extras", {})["toile_part"] = part
    if not fabrics:
        return glb
    own = [glb.material(name) for name, part in parts.items() if part == _MAIN]
    return with_variants(glb, {label: dict.fromkeys(own, glb.material(name)) for label, name in fabrics.items()})


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
