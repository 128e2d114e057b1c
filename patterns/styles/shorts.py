# SPDX-License-Identifier: GPL-3.0-or-later
"""Shorts: trousers that end above the knee, on an elastic waist or a band with a fly."""

from __future__ import annotations

from ..blocks import trousers
from ..hanging import hung
from ..parts import openings, pockets, tucks, waistbands
from ..pattern import Pattern
from ..style import Choices, Measurements, Slot, Style, count, ease, length, ratio

_SLOTS = (
    Slot("waistband", "straight", waistbands.FINISHES, "What the waist is finished with"),
    openings.opening("fly"),
    Slot("front", "darts", tucks.FRONTS, "What fits the front to the waist"),
    Slot("pocket_front", "slant", pockets.FRONT, "Pockets in front"),
    Slot("pocket_back", "patch", pockets.BACK, "Pockets behind"),
)
_OWN = (
    ratio("trouser_length", 0.2, 0.1, 0.55, "Inseam, of the way from crotch to floor"),
    ease("hip_ease", 0.08, -0.05, 0.50, "Room about the hip"),
    ease("thigh_ease", 0.10, -0.05, 0.40, "Least room about the thigh; the forks grow to give it"),
    ease("knee_ease", 0.30, -0.03, 0.60, "Room about the knee"),
    count("darts_back", 1, 0, 2, "Waist darts in each back"),
    length("hem_allowance", 0.03, 0.0, 0.08, "Allowance turned up at the hems"),
)


def draft(m: Measurements, c: Choices) -> Pattern:
    """Fronts, backs, waistband and pockets from measurements `m` and resolved choices `c`."""
    return hung("Shorts", "shorts", trousers.trousers(m, *waistbands.hang(m, c)), _SLOTS, m, c)


SHORTS = Style(
    "shorts",
    "Shorts",
    "Shorts above the knee, with a fly or on an elastic waist",
    (*trousers.PARAMETERS, *_OWN),
    trousers.MEASUREMENTS,
    draft,
    fabric="cotton_twill",
    slots=_SLOTS,
)
