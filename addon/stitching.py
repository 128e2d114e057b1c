# SPDX-License-Identifier: GPL-3.0-or-later
"""The seams of a draped garment, drawn as the fine grooves that they are in cloth."""

from __future__ import annotations

import bpy
import numpy as np
from numpy.typing import NDArray

from .material import UV_MAP

_SAME = 1e-5  # metres on the flat pattern within which two corners are one
_SHADE = 0.65  # of the light that a groove swallows


def seam_edges(mesh: bpy.types.Mesh) -> NDArray[np.int32]:
    """(s,) the edges at which a garment's surface goes on and its flat pattern does not: seams and closed darts.

    mesh: as `bridge.draped_mesh` makes it, with what its modifiers make of it.
    """
    n = len(mesh.loops)
    vertex, edge = np.empty(n, np.int32), np.empty(n, np.int32)
    mesh.loops.foreach_get("vertex_index", vertex)
    mesh.loops.foreach_get("edge_index", edge)
    uv = np.empty(2 * n, np.float32)
    mesh.uv_layers[UV_MAP].uv.foreach_get("vector", uv)
    uv = uv.reshape(n, 2)
    start, total = np.empty(len(mesh.polygons), np.int32), np.empty(len(mesh.polygons), np.int32)
    mesh.polygons.foreach_get("loop_start", start)
    mesh.polygons.foreach_get("loop_total", total)
    following = np.arange(n) + 1
    following[start + total - 1] = start
    ends = np.hstack([uv, uv[following]])  # of each face's edges
    back = vertex > vertex[following]
    ends[back] = ends[back][:, [2, 3, 0, 1]]  # from the same vertex for every face
    order = np.argsort(edge, kind="stable")
    first = np.flatnonzero(np.diff(edge[order], prepend=-1))
    apart = np.maximum.reduceat(ends[order], first) - np.minimum.reduceat(ends[order], first)
    return edge[order][first][(apart > _SAME).any(axis=1)]


def stitch(obj: bpy.types.Object, collection: bpy.types.Collection, radius: float) -> None:
    """Draw a garment's seams into a collection, as dark lines of `radius` metres half sunk into its surface."""
    mesh = obj.data
    curve = bpy.data.curves.new(f"{obj.name} seams", "CURVE")
    curve.dimensions, curve.bevel_depth, curve.bevel_resolution = "3D", radius, 1
    for edge in seam_edges(mesh):
        spline = curve.splines.new("POLY")
        spline.points.add(1)
        for point, vertex in zip(spline.points, mesh.edges[edge].vertices, strict=True):
            point.co = (*mesh.vertices[vertex].co, 1.0)
    curve.materials.append(_groove())
    drawn = bpy.data.objects.new(curve.name, curve)
    drawn.visible_shadow = False  # it is a shadow itself
    collection.objects.link(drawn)


def _groove() -> bpy.types.Material:
    """It darkens what lies behind it, whatever its colour."""
    material = bpy.data.materials.new("Toile seam")
    if material.node_tree is None:
        material.use_nodes = True
    nodes, links = material.node_tree.nodes, material.node_tree.links
    clear = nodes.new("ShaderNodeBsdfTransparent")
    clear.inputs["Color"].default_value = (1 - _SHADE, 1 - _SHADE, 1 - _SHADE, 1.0)
    out = next(node for node in nodes if node.type == "OUTPUT_MATERIAL")
    links.new(clear.outputs["BSDF"], out.inputs["Surface"])
    return material
