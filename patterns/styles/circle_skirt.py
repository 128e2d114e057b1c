# SPDX-License-Identifier: GPL-3.0-or-later
"""Circle skirt: a part of a ring, or more than one, on a waistband."""

from __future__ import annotations

from ..blocks import flare
from ..hanging import hung
from ..parts import openings, seam_pockets, waistbands
from ..pattern import Pattern
from ..style import Choices, Measurements, Slot, Style, length

_SLOTS = (
    Slot("waistband", "straight", waistbands.FINISHES, "What the waist is finished with"),
    openings.opening("zip_side"),
    Slot("pocket_front", "none", seam_pockets.OF_LOWER, "Pockets in front"),
)


def draft(m: Measurements, c: Choices) -> Pattern:
    """Front, back and waistband from measurements `m` and resolved choices `c`."""
    return hung("Circle skirt", "circle_skirt", flare.flare(m, *waistbands.hang(m, c)), _SLOTS, m, c)


CIRCLE_SKIRT = Style(
    "circle_skirt",
    "Circle skirt",
    "Skirt of a quarter circle to two whole ones, on a waistband",
    (*flare.PARAMETERS, length("hem_allowance", 0.012, 0.0, 0.05, "Allowance turned up at the hem")),
    flare.MEASUREMENTS,
    draft,
    fabric="viscose_twill",
    slots=_SLOTS,
)
