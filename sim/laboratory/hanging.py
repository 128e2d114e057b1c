# SPDX-License-Identifier: GPL-3.0-or-later
"""The hanging strip: how far a cloth grows longer by its own weight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..fabric import Mechanics
from ..sheet import Sheet, SheetEngine
from .laws import STANDARD_GRAVITY, modulus_along, pulled
from .meshes import Cut, strip
from .outcome import Outcome, facts

WIDTH, LENGTH = 0.05, 0.50  # metres


@dataclass(frozen=True, kw_only=True)
class Hanging(Outcome):
    """How a strip stretches by its own weight.

    elongation, elongation_expected in metres; elongation_error: their ratio less one. modulus, modulus_expected: w L²
    over twice the elongation, N/m.
    """

    test: ClassVar[str] = "hanging"

    elongation: float
    elongation_expected: float
    elongation_error: float
    modulus: float
    modulus_expected: float


def hanging(engine: SheetEngine, fabric: Mechanics, cut: Cut, residual: float = 1e-4) -> Hanging:
    """A strip of half a metre held along its top, and read from a mark two widths below; x points down.

    Each stretch of it carries what hangs below: the elongation is ∫ ε(w (L − x)) dx with the strip's own law. Above the
    mark, the clamp keeps cloth off the grain from shearing. Nothing is read but where mark and end are, so every engine
    can take this test of its stiffness. Raises SpecimenRefused.
    """
    rows = np.linspace(0.0, LENGTH, cut.rows(LENGTH) + 1)
    mark = int(np.searchsorted(rows, 2 * WIDTH - 1e-9))
    flat = strip(cut, rows, WIDTH, straight=(mark,))
    x = flat.points[:, 0]
    held = np.flatnonzero(x < 1e-9).astype(np.int32)
    sheet = Sheet(flat.lifted, cut.uv(flat.points), flat.faces, held, gravity=(STANDARD_GRAVITY, 0.0, 0.0))
    rest = engine.settle(sheet, fabric, residual)
    told = facts(engine, fabric, cut, sheet, [rest])
    below = float(LENGTH - rows[mark])
    end, top = (float(rest.positions[np.abs(x - at) < 1e-9, 0].mean()) for at in (LENGTH, rows[mark]))
    grown = end - top - below
    weight = fabric.density * STANDARD_GRAVITY
    expected = elongation(fabric, cut.direction, below)
    return Hanging(
        **told,
        elongation=grown,
        elongation_expected=expected,
        elongation_error=grown / expected - 1,
        modulus=weight * below**2 / (2 * grown),
        modulus_expected=weight * below**2 / (2 * expected),
    )


def elongation(fabric: Mechanics, direction: float, length: float) -> float:
    """Metres by which a strip of `length` metres, cut at `direction` radians to the warp, grows by its own weight."""
    load = fabric.density * STANDARD_GRAVITY * length
    most = load / modulus_along(fabric, direction)
    while pulled(fabric, direction, 1 + most)[0] < load:
        most *= 1.5
    strains = np.linspace(0.0, most, 200)
    forces = np.array([pulled(fabric, direction, 1 + e)[0] for e in strains])
    place = (np.arange(4000) + 0.5) / 4000
    return float(np.interp(load * place, forces, strains).mean()) * length
