# SPDX-License-Identifier: GPL-3.0-or-later
"""Pleated skirt: knife, box or inverted pleats on a waistband."""

from __future__ import annotations

from ..blocks import pleated
from ..hanging import hung
from ..parts import openings, seam_pockets, waistbands
from ..pattern import Pattern
from ..style import Choices, Measurements, Slot, Style

_SLOTS = (
    Slot("waistband", "straight", waistbands.FINISHES, "What the waist is finished with"),
    openings.opening("zip_side"),
    Slot("pocket_front", "none", seam_pockets.OF_LOWER, "Pockets in front"),
)


def draft(m: Measurements, c: Choices) -> Pattern:
    """Front, back and waistband from measurements `m` and resolved choices `c`."""
    return hung("Pleated skirt", "pleated_skirt", pleated.pleated(m, *waistbands.hang(m, c)), _SLOTS, m, c)


PLEATED_SKIRT = Style(
    "pleated_skirt",
    "Pleated skirt",
    "Skirt with knife, box or inverted pleats on a waistband",
    pleated.PARAMETERS,
    pleated.MEASUREMENTS,
    draft,
    fabric="wool_twill",
    slots=_SLOTS,
)
