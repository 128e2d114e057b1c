# SPDX-License-Identifier: GPL-3.0-or-later
"""What a worker can do: name -> function(params, arrays, progress, cancelled) -> (values, arrays).

Kernels are imported inside the tasks, so that each child loads only what its task needs.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from .child import Arrays, ProgressReport, Task
from .records import unpack


def measure_scan(
    params: dict[str, Any], arrays: Arrays, progress: ProgressReport, cancelled: Callable[[], bool]
) -> tuple[dict[str, Any], Arrays]:
    """A scan -> a body. params: `path`, or `name` with arrays `points` (n, 3) and perhaps `faces` (m, 3)."""
    from ..bodies.registration import body_from_scan
    from ..bodies.scan_io import read_scan, scan_from_arrays

    if "points" in arrays:
        scan = scan_from_arrays(arrays["points"], arrays.get("faces"), params["name"])
    else:
        scan = read_scan(params["path"])
    body = body_from_scan(scan, progress=progress, cancelled=cancelled)
    return {"body": body.to_json()}, {}


def read_with_blender(
    params: dict[str, Any], arrays: Arrays, progress: ProgressReport, cancelled: Callable[[], bool]
) -> tuple[dict[str, Any], Arrays]:
    """An FBX or USD file -> arrays `points` (n, 3), `faces` (m, 3). params: `path`. Needs a worker with bpy."""
    from ..addon.scan_import import read_with_blender as read

    points, faces = read(Path(params["path"]))
    return {}, {"points": points, "faces": faces}


def drape(
    params: dict[str, Any], arrays: Arrays, progress: ProgressReport, cancelled: Callable[[], bool]
) -> tuple[dict[str, Any], Arrays]:
    """A placed cloth -> its drape. params: `cloth` (see `records`), `body` (Body.to_json), `fabric` (a name).

    Gives `report` (DrapeReport.to_json) and the arrays of a Drape: positions (w, 3), faces (m, 3), strain (m, 2).
    """
    from ..addon.blender_cloth import BlenderCloth
    from ..bodies import Body
    from ..sim import Cloth, mechanics

    cloth = unpack(Cloth, params["cloth"], arrays, "cloth")
    body = Body.from_json(params["body"])
    result = BlenderCloth().drape(cloth, body, mechanics(params["fabric"]), progress, cancelled)
    settled = {"positions": result.positions, "faces": result.faces, "strain": result.strain}
    return {"report": result.report.to_json()}, settled


TASKS: dict[str, Task] = {"read_with_blender": read_with_blender, "measure_scan": measure_scan, "drape": drape}
