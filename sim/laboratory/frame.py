# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture frame: a square in four jointed bars that are pushed into a rhombus, which is pure shear."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..fabric import Mechanics
from ..sheet import Sheet, SheetEngine
from .laws import curve_of, strain_under, tension
from .meshes import Cut, strip
from .outcome import WEIGHTLESS, LaboratoryRefused, Outcome, facts

SIDE = 0.10  # metres
_DEGREES = (0.5, 2.5, 8.0)  # KES-FB1 reads G from 0.5° to 2.5° and turns to 8°
_TAUT = 1.0  # times the last shear force, in warp and weft: slack cloth buckles as soon as it is sheared


@dataclass(frozen=True)
class Shear:
    """One point of a shear curve: degrees, N/m of shear force, and the fabric's own."""

    degrees: float
    force: float
    expected: float


@dataclass(frozen=True, kw_only=True)
class PictureFrame(Outcome):
    """How a square resists shear.

    modulus, modulus_expected: N/m per radian, the slope between 0.5° and 2.5°; modulus_error: the largest deviation of
    any point from the expected force, over that force.
    """

    test: ClassVar[str] = "shear"

    shears: tuple[Shear, ...]
    modulus: float
    modulus_expected: float
    modulus_error: float


def picture_frame(engine: SheetEngine, fabric: Mechanics, cut: Cut, residual: float = 1e-4) -> PictureFrame:
    """A square drawn taut between four bars of constant length, jointed at the corners, in three steps to 8°.

    The force is read by virtual work: what the frame's turning does against all that holds the cloth's edges is the
    work that the shear does on its area. Raises LaboratoryRefused where the engine tells no forces, and for threads
    that do not lie along the bars: some would be pressed together and kink.
    """
    if not math.isclose(math.sin(2 * cut.direction), 0.0, abs_tol=1e-6):
        raise LaboratoryRefused("A picture frame takes cloth along its bars: give a direction of 0 or 90°.")
    rows = np.linspace(0.0, SIDE, cut.rows(SIDE) + 1)
    flat = strip(cut, rows, SIDE)
    edge = np.abs(flat.points - SIDE / 2).max(axis=1) > SIDE / 2 - 1e-9
    held = np.flatnonzero(edge).astype(np.int32)
    curve = curve_of(fabric, "shear")
    taut = _TAUT * tension(curve, math.radians(_DEGREES[-1]))
    drawn = 1 + max(float(strain_under(curve_of(fabric, way), taut)) for way in ("warp", "weft"))
    x, y = drawn * flat.points[held].T
    start, uv = flat.lifted, cut.uv(flat.points)
    rests, shears = [], list[Shear]()
    for degrees in _DEGREES:
        angle = math.radians(degrees)
        at = np.column_stack([x + y * math.sin(angle), y * math.cos(angle), np.zeros(len(x))])
        rest = engine.settle(Sheet(start, uv, flat.faces, held, at, WEIGHTLESS), fabric, residual)
        rests.append(rest)
        if rest.reaction is None:
            raise LaboratoryRefused(
                f"The engine “{engine.name}” does not tell with what force its clamps hold: take bias extension."
            )
        turning = np.column_stack([y * math.cos(angle), -y * math.sin(angle), np.zeros(len(x))])
        force = float((rest.reaction * turning).sum()) / SIDE**2
        shears.append(Shear(degrees, force, float(tension(curve, angle))))
        start = rest.positions
    told = facts(engine, fabric, cut, Sheet(start, uv, flat.faces, held), rests)
    low, high = shears[:2]
    span = math.radians(high.degrees - low.degrees)
    return PictureFrame(
        **told,
        shears=tuple(shears),
        modulus=(high.force - low.force) / span,
        modulus_expected=(high.expected - low.expected) / span,
        modulus_error=max((s.force / s.expected - 1 for s in shears), key=abs),
    )
