# SPDX-License-Identifier: GPL-3.0-or-later
"""The cantilever test of bending (ASTM D1388): a strip over an edge, against the exact elastica."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..fabric import Mechanics
from ..sheet import Sheet, SheetEngine
from .elastica import elastica
from .laws import bending_length
from .meshes import Cut, SpecimenRefused, strip
from .outcome import Outcome, facts

WIDTH = 0.025  # metres, the standard's
OVERHANG = 2.0  # bending lengths: there the chord points down by 41.5°, at which the standard's instrument is read
_FEWEST_ROWS = 3


@dataclass(frozen=True, kw_only=True)
class Cantilever(Outcome):
    """How far a strip bends down.

    overhang, bending_length in metres; angle_degrees: the chord from the clamp's edge to the tip's middle, below the
    horizontal; expected_degrees: the elastica's; error_degrees: how much too far down the strip points.
    """

    test: ClassVar[str] = "cantilever"

    overhang: float
    bending_length: float
    angle_degrees: float
    expected_degrees: float
    error_degrees: float


def cantilever(
    engine: SheetEngine,
    fabric: Mechanics,
    cut: Cut,
    overhang: float | None = None,
    width: float = WIDTH,
    residual: float = 1e-4,
) -> Cantilever:
    """A strip clamped level, hanging over by `overhang` metres (without one: twice its bending length).

    The clamp's edge is x = 0: the row there and the one behind it are held, so that the cloth leaves the edge level.
    (In an engine of single folds the one at the edge gives way within the clamp too, and the strip hangs as if it were
    half a row longer: that is its error.) Raises SpecimenRefused, OverhangRefused.
    """
    c = bending_length(fabric, cut.direction)
    length = OVERHANG * c if overhang is None else overhang
    exact = math.degrees(elastica(length / c).chord)
    count = cut.rows(length)
    if count < _FEWEST_ROWS:
        raise SpecimenRefused(
            f"A particle distance of {1e3 * cut.particle_distance:.3g} mm is too coarse for {1e3 * length:.3g} mm of "
            f"“{fabric.name}”: give at most {1e3 * length / _FEWEST_ROWS:.3g} mm."
        )
    flat = strip(cut, length / count * np.arange(-1.0, count + 1), width, straight=(1,))
    x = flat.points[:, 0]
    held = np.flatnonzero(x < 1e-9).astype(np.int32)
    sheet = Sheet(flat.lifted, cut.uv(flat.points), flat.faces, held)
    rest = engine.settle(sheet, fabric, residual)
    told = facts(engine, fabric, cut, sheet, [rest])
    tip = rest.positions[x > length - 1e-9].mean(axis=0)
    angle = math.degrees(math.atan2(-tip[2], tip[0]))
    return Cantilever(
        **told,
        overhang=length,
        bending_length=c,
        angle_degrees=angle,
        expected_degrees=exact,
        error_degrees=angle - exact,
    )
