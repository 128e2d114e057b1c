# SPDX-License-Identifier: GPL-3.0-or-later
"""A drape as it is asked for, by a button or by the command line, and its way through a worker process."""

from __future__ import annotations

import queue
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..bodies import PART_NAMES, Body
from ..patterns import Pattern
from ..sim import Cloth, Mechanics, build_cloth, build_coarse, mechanics
from ..sim.drape import Cancelled, Progress, Wishes
from ..sim.engines.toile import refuse_too_many
from ..sim.meshing import particles_of
from ..sim.warm_start import Hung
from ..worker.client import Order, Result, call
from ..worker.records import pack
from . import engines
from .bridge import FABRIC_OF_ROLE

Obstacle = tuple[NDArray[np.float64], NDArray[np.int32]]  # vertices (n, 3), faces (m, 3) of a closed mesh


@dataclass(frozen=True)
class Asked:
    """What is to hang, on whom, and how.

    distance: metres between the cloth's points. fabric: a name. engine: see `engines.choose`. obstacles: what the cloth
    meets beside the body. hung: what hung there before, to go on from. recording: where the frames are kept as PC2, at
    most `samples` of them; None: nowhere.
    """

    pattern: Pattern
    body: Body
    distance: float
    fabric: str
    engine: str
    workers: engines.Workers
    wishes: Wishes
    obstacles: Sequence[Obstacle] = ()
    hung: Hung | None = None
    recording: Path | None = None
    samples: int = 2


def fabrics_of(pattern: Pattern, fabric: str) -> dict[str, Mechanics]:
    """The cloth of each role in a pattern, "self" being the garment's own. Raises FabricRefused."""
    roles = {panel.fabric for panel in pattern.draped().panels()} & FABRIC_OF_ROLE.keys()
    return {"self": mechanics(fabric), **{role: mechanics(FABRIC_OF_ROLE[role]) for role in sorted(roles)}}


def among(body: Body, obstacles: Sequence[Obstacle]) -> Body:
    """The body with closed meshes beside it, as one surface for the cloth to touch. They count as torso: no sleeve."""
    vertices, faces, parts = [body.vertices], [body.faces], [body.parts]
    for points, triangles in obstacles:
        faces.append((triangles + sum(map(len, vertices))).astype(np.int32))
        vertices.append(points)
        parts.append(np.full(len(points), PART_NAMES.index("torso"), np.int8))
    return replace(body, vertices=np.concatenate(vertices), faces=np.concatenate(faces), parts=np.concatenate(parts))


def drape(
    asked: Asked,
    progress: Progress,
    cancelled: Cancelled,
    *,
    meshed: Callable[[Cloth], None] = lambda cloth: None,
    frame: Callable[[NDArray[np.float32]], None] = lambda positions: None,
    orders: queue.SimpleQueue[Order] | None = None,
) -> tuple[Cloth, Result]:
    """Drape in a worker, from any thread; the cloth, and the task's answer (see `worker.tasks.drape`).

    `meshed` is told the cloth, `frame` its welded positions now and then; `orders` pause it. Raises the kernels'
    refusals, EngineMissing, and what `call` raises.
    """
    progress(0.0, "Choosing the engine")
    name, command = engines.choose(asked.engine, asked.wishes.device, asked.workers)
    fabrics = {role: pack(cloth, role)[0] for role, cloth in fabrics_of(asked.pattern, asked.fabric).items()}
    progress(0.0, "Meshing the panels")
    if name == "toile":  # said before they are placed, which takes minutes
        refuse_too_many(particles_of(asked.pattern.draped(), asked.distance))
    cloth = build_cloth(asked.pattern, asked.body, asked.distance)
    meshed(cloth)
    params = {"engine": name, "body": among(asked.body, asked.obstacles).to_json(), "fabrics": fabrics}
    if asked.recording is not None:
        params |= {"recording": str(asked.recording), "samples": asked.samples}
    coarse = build_coarse(asked.pattern, asked.body, asked.distance) if name == "toile" else None
    arrays: dict[str, NDArray[np.generic]] = {}
    for key, record in (("cloth", cloth), ("wishes", asked.wishes), ("coarse", coarse), ("hung", asked.hung)):
        if record is not None:
            params[key], packed = pack(record, key)
            arrays |= packed
    progress(0.02, "Starting the worker")
    try:
        return cloth, call(
            command, "drape", params, arrays, progress=progress, cancelled=cancelled, frame=frame, orders=orders
        )
    finally:
        if asked.recording is not None:  # what a killed worker left
            asked.recording.with_name(asked.recording.name + ".part").unlink(missing_ok=True)
