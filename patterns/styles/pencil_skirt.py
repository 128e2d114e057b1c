# SPDX-License-Identifier: GPL-3.0-or-later
"""Pencil skirt: waist darts or gathers on a waistband, from pencil to A-line."""

from __future__ import annotations

from ..blocks import skirt
from ..hanging import hung
from ..parts import godets, openings, pockets, tucks, waistbands
from ..pattern import Pattern
from ..style import Choices, Measurements, Slot, Style, length

_SLOTS = (
    Slot("waistband", "straight", waistbands.FINISHES, "What the waist is finished with"),
    openings.opening("zip_side"),
    Slot("front", "darts", tucks.FRONTS, "What fits the front to the waist"),
    Slot("godet", "none", godets.GODETS, "Godets let in at the hem"),
    Slot("pocket_front", "none", pockets.FRONT, "Pockets in front"),
)


def draft(m: Measurements, c: Choices) -> Pattern:
    """Front, back and waistband from measurements `m` and resolved choices `c`."""
    return hung("Pencil skirt", "pencil_skirt", skirt.skirt(m, *waistbands.hang(m, c)), _SLOTS, m, c)


PENCIL_SKIRT = Style(
    "pencil_skirt",
    "Pencil skirt",
    "Skirt with waist darts or gathers on a waistband, from pencil to A-line",
    (*skirt.PARAMETERS, length("flare", -0.01, -0.05, 0.40, "How far each side seam swings out from hip to hem")),
    skirt.MEASUREMENTS,
    draft,
    fabric="wool_twill",
    slots=_SLOTS,
)
