# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a garment's panels lie on the cloth: as they come, or so that bars or checks meet in its seams.

It is the UV map that moves, by less than a tile: panels stay side by side on it, so that seams can still be told.
"""

from __future__ import annotations

import json
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from ...patterns import Pattern
from ...patterns.matching import matched, on_cloth
from ..material import UV_MAP, tile_of

Points = NDArray[np.float64]
_SHIFT = "toile_shift"  # a mesh's own: by how much each panel was moved from where its cloth laid it


def lay(mesh: bpy.types.Mesh, pattern: Pattern, match: str) -> None:
    """Lay a garment's mesh on the tiles of its materials. match: AS_CUT, BARS or CHECKS. Raises SeamMismatch."""
    if "panel" not in mesh.attributes or UV_MAP not in mesh.uv_layers:
        return
    panels = pattern.draped().panels()
    before = np.array(json.loads(mesh.get(_SHIFT, "[]")), float).reshape(-1, 2)
    before = before if len(before) == len(panels) else np.zeros((len(panels), 2))
    uv, panel_of = corners_of(mesh)
    uv -= before[panel_of]
    wanted = np.zeros_like(before)
    if match != "AS_CUT":
        shifts = matched(pattern.draped(), "bars" if match == "BARS" else "checks").shifts
        slots = _slots(mesh, panel_of, len(panels))
        for number, panel in enumerate(panels):
            mine, tile = uv[panel_of == number], tile_of(mesh.materials[slots[number]])
            if len(mine) and tile:
                origin = mine.min(0) - on_cloth(panel, panel.outline()).min(0)
                wanted[number] = (shifts[panel.name] - origin) % tile
    if (wanted != before).any():
        uv += wanted[panel_of]
        mesh.uv_layers[UV_MAP].uv.foreach_set("vector", uv.astype(np.float32).ravel())
        mesh[_SHIFT] = json.dumps(wanted.tolist())
        mesh.update()


def corners_of(mesh: bpy.types.Mesh) -> tuple[Points, NDArray[np.int32]]:
    """(l, 2) UV of every corner, and (l,) its panel."""
    uv = np.empty(2 * len(mesh.loops), np.float32)
    mesh.uv_layers[UV_MAP].uv.foreach_get("vector", uv)
    panel, sizes = np.empty(len(mesh.polygons), np.int32), np.empty(len(mesh.polygons), np.int32)
    mesh.attributes["panel"].data.foreach_get("value", panel)
    mesh.polygons.foreach_get("loop_total", sizes)
    return uv.reshape(-1, 2).astype(np.float64), np.repeat(panel, sizes)


def _slots(mesh: bpy.types.Mesh, panel_of: NDArray[Any], count: int) -> NDArray[np.int32]:
    """(count,) each panel's material slot."""
    slot, sizes = np.empty(len(mesh.polygons), np.int32), np.empty(len(mesh.polygons), np.int32)
    mesh.polygons.foreach_get("material_index", slot)
    mesh.polygons.foreach_get("loop_total", sizes)
    found = np.zeros(count, np.int32)
    found[panel_of] = np.repeat(slot, sizes)
    return found
