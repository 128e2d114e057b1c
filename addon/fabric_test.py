# SPDX-License-Identifier: GPL-3.0-or-later
"""The command `fabric-test`: a fabric takes the laboratory's tests, in the worker of the engine that drapes it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..models.png import write_png
from ..sim import Mechanics, mechanics
from ..sim.laboratory import TESTS, LaboratoryRefused, MeshKind, usual_cut
from ..worker.client import TaskFailed, call
from ..worker.records import pack
from .specimen_picture import specimen_picture

Report = dict[str, Any]
ALL = "all"
_PICTURED = {"cusick": True, "cantilever": False}  # name -> whether its shadow is seen from above


@dataclass(frozen=True)
class Wanted:
    """A test as it is asked for: particle_distance in metres, direction in degrees, disc in metres; None: the usual."""

    test: str
    fabric: str
    engine: str = "auto"
    mesh: MeshKind = "alternate"
    particle_distance: float | None = None
    direction: float | None = None
    disc: float | None = None
    specimens: int | None = None
    picture: Path | None = None


def fabric_test(wanted: Wanted, progress: Callable[[float, str], None]) -> Report:
    """One test's numbers (see `sim.laboratory`), or {"tests": [...]} of all, each with its numbers or its refusal.

    Raises LaboratoryRefused, SpecimenRefused, FabricRefused, EngineMissing, and what `worker.client.call` raises.
    """
    fabric = mechanics(wanted.fabric)
    if wanted.picture and wanted.test not in _PICTURED:
        raise LaboratoryRefused(f"There is a picture of {' or '.join(_PICTURED)} alone: leave --picture out.")
    if wanted.picture and not (wanted.picture.suffix == ".png" and wanted.picture.parent.is_dir()):
        raise LaboratoryRefused(f"{wanted.picture} is no place for a picture: name a .png in a folder that is there.")
    if wanted.disc is not None and wanted.test != "cusick":
        raise LaboratoryRefused("A disc goes with the Cusick drape alone: leave --disc out.")
    if wanted.specimens is not None and wanted.test != "cusick":
        raise LaboratoryRefused("Several specimens are for the Cusick drape alone: leave --specimens out.")
    if wanted.test != ALL:
        return _taken(wanted, wanted.test, fabric, progress)
    tests: list[Report] = []
    for done, test in enumerate(TESTS):
        progress(done / len(TESTS), f"Test {done + 1} of {len(TESTS)}")
        try:
            tests.append(_taken(wanted, test, fabric, progress))
        except (TaskFailed, LaboratoryRefused) as error:
            if not getattr(error, "refused", True):
                raise
            tests.append({"test": test, "refused": str(error)})
    return {"fabric": wanted.fabric, "tests": tests}


def _taken(wanted: Wanted, test: str, fabric: Mechanics, progress: Callable[[float, str], None]) -> Report:
    from . import engines  # needs bpy, which a wrong use should not wait for

    direction = None if wanted.direction is None else math.radians(wanted.direction)
    cut = usual_cut(test, fabric, wanted.mesh, wanted.particle_distance, direction)
    name, command = engines.choose(wanted.engine, "", engines.workers())
    params = {
        "test": test,
        "engine": name,
        "fabric": pack(fabric, "fabric")[0],
        "cut": pack(cut, "cut")[0],
        "options": {
            name: value
            for name, value in (("diameter", wanted.disc), ("specimens", wanted.specimens))
            if value is not None
        },
    }
    answer = call(command, "laboratory", params, {}, progress=progress)
    report = answer.values
    if wanted.picture:
        positions = answer.arrays["positions"].astype(np.float64)
        write_png(wanted.picture, specimen_picture(positions, answer.arrays["faces"], from_above=_PICTURED[test]))
        report["picture"] = str(wanted.picture)
    return report
