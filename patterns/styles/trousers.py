# SPDX-License-Identifier: GPL-3.0-or-later
"""Tailored trousers: waist darts, a fly and a waistband, from shorts to full length."""

from __future__ import annotations

from ..blocks import trousers
from ..hanging import hung
from ..parts import openings, pockets, tucks, waistbands
from ..pattern import Pattern
from ..style import Choices, Measurements, Slot, Style

_SLOTS = (
    Slot("waistband", "straight", waistbands.FINISHES, "What the waist is finished with"),
    openings.opening("fly"),
    Slot("front", "darts", tucks.FRONTS, "What fits the front to the waist"),
    Slot("pocket_front", "slant", pockets.FRONT, "Pockets in front"),
    Slot("pocket_back", "none", pockets.BACK, "Pockets behind"),
)


def draft(m: Measurements, c: Choices) -> Pattern:
    """Fronts, backs, waistband, fly and pockets from measurements `m` and resolved choices `c`."""
    return hung("Trousers", "trousers", trousers.trousers(m, *waistbands.hang(m, c)), _SLOTS, m, c)


TROUSERS = Style(
    "trousers",
    "Trousers",
    "Tailored trousers with waist darts, a fly and a waistband, from shorts to full length, narrow to flared",
    trousers.PARAMETERS,
    trousers.MEASUREMENTS,
    draft,
    fabric="cotton_twill",
    slots=_SLOTS,
)
