# SPDX-License-Identifier: GPL-3.0-or-later
"""Jeans: a seat yoke, a fly, a curved band and patch pockets behind."""

from __future__ import annotations

from ..blocks import trousers
from ..hanging import hung
from ..parts import openings, pockets, seat_yokes, waistbands
from ..pattern import Pattern
from ..style import Choices, Measurements, Slot, Style, count, ease, length, ratio

_SLOTS = (
    Slot("waistband", "curved", waistbands.FINISHES, "What the waist is finished with"),
    openings.opening("fly"),
    Slot("pocket_front", "slant", pockets.FRONT, "Pockets in front"),
    Slot("yoke", "seat", seat_yokes.YOKES, "How the seat is shaped"),
    Slot("pocket_back", "patch", pockets.BACK, "Pockets behind"),
)
_OWN = (
    ease("hip_ease", 0.05, -0.08, 0.40, "Room about the hip"),
    ease("thigh_ease", 0.03, -0.08, 0.40, "Least room about the thigh; the forks grow to give it"),
    ease("knee_ease", 0.08, -0.06, 0.50, "Room about the knee"),
    ratio("leg_taper", 0.95, 0.6, 2.2, "Girth of a full-length leg at the hem over the knee's: above 1 it flares"),
    length("crotch_drop", 0.005, 0.0, 0.10, "How far the fork hangs below the crotch"),
    ratio("front_fork", 0.052, 0.04, 0.10, "How far the front's fork reaches in between the legs, of the hip"),
    ratio("back_fork", 0.108, 0.08, 0.18, "How far the back's fork reaches in between the legs, of the hip"),
    length("front_lean", 0.015, 0.0, 0.03, "How far the centre front leans in, from fork to waist"),
    count("darts_front", 0, 0, 2, "Waist darts in each front"),
    count("darts_back", 1, 0, 2, "Waist darts in each back, closed in the yoke where there is one"),
    ratio("side_shaping", 0.7, 0.2, 1.0, "Share of the waist's suppression taken by the outseam"),
    length("waistband_width", 0.04, 0.015, 0.10, "Finished width of the waistband"),
    length("hem_allowance", 0.025, 0.0, 0.08, "Allowance turned up at the hems"),
)


def draft(m: Measurements, c: Choices) -> Pattern:
    """Fronts, backs, yoke, waistband, fly and pockets from measurements `m` and resolved choices `c`."""
    return hung("Jeans", "jeans", trousers.trousers(m, *waistbands.hang(m, c)), _SLOTS, m, c)


JEANS = Style(
    "jeans",
    "Jeans",
    "Jeans with a seat yoke, a fly, slant pockets in front and patch pockets behind, narrow to flared",
    (*trousers.PARAMETERS, *_OWN),
    trousers.MEASUREMENTS,
    draft,
    fabric="denim",
    slots=_SLOTS,
)
