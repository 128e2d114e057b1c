# SPDX-License-Identifier: GPL-3.0-or-later
"""What every test of the laboratory reports: what was tested, on which mesh, by whom, how well settled, how fast."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..fabric import Mechanics
from ..sheet import Settled, Sheet, SheetEngine
from .meshes import Cut

Points = NDArray[np.float64]
Ints = NDArray[np.int32]
WEIGHTLESS = (0.0, 0.0, 0.0)


class LaboratoryRefused(ValueError):
    """A test that cannot be taken: the engine does not tell what it reads, or the specimen makes no sense for it."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The part that all tests share.

    particle_distance in metres, direction_degrees from the warp. residual: the worst of all the rests that the test
    asked for (see `sheet.Settled`), None where the engine cannot tell; steps and cpu_seconds: their sum.
    positions (n, 3), faces (m, 3): the specimen as it lay at last; not part of the JSON.
    """

    test: ClassVar[str]

    engine: str
    fabric: str
    mesh: str
    particle_distance: float
    direction_degrees: float
    vertices: int
    residual: float | None
    steps: int
    cpu_seconds: float
    positions: Points = field(repr=False, compare=False)
    faces: Ints = field(repr=False, compare=False)

    def to_json(self) -> dict[str, Any]:
        """Every number by its name, SI unless the name says degrees."""
        values = dataclasses.asdict(self)
        for array in ("positions", "faces"):
            del values[array]
        return {"test": self.test, **values}


def facts(engine: SheetEngine, fabric: Mechanics, cut: Cut, sheet: Sheet, rests: Sequence[Settled]) -> dict[str, Any]:
    """The shared part of an outcome, out of the rests that the engine came to, the last one last.

    Raises LaboratoryRefused where the engine gave back something else than the sheet.
    """
    for rest in rests:
        if rest.positions.shape != sheet.vertices.shape or not np.isfinite(rest.positions).all():
            raise LaboratoryRefused(
                f"The engine “{engine.name}” lost the specimen: try a finer particle distance or another fabric."
            )
    residuals = [rest.residual for rest in rests if rest.residual is not None]
    return {
        "engine": engine.name,
        "fabric": fabric.name,
        "mesh": cut.mesh,
        "particle_distance": cut.particle_distance,
        "direction_degrees": math.degrees(cut.direction),
        "vertices": len(sheet.vertices),
        "residual": max(residuals) if len(residuals) == len(rests) else None,
        "steps": sum(rest.steps for rest in rests),
        "cpu_seconds": sum(rest.cpu_seconds for rest in rests),
        "positions": rests[-1].positions,
        "faces": sheet.faces,
    }
