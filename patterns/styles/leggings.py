# SPDX-License-Identifier: GPL-3.0-or-later
"""Leggings: trousers smaller than the body, of a knit, on an elastic waist."""

from __future__ import annotations

from ..blocks import trousers
from ..hanging import hung
from ..parts import waistbands
from ..pattern import Pattern
from ..style import Choices, Measurements, Slot, Style, ease, length, ratio

_SLOTS = (Slot("waistband", "elastic", (waistbands.ELASTIC,), "What the waist is finished with"),)
_OWN = (
    ease("waist_ease", 0.0, -0.15, 0.10, "Room about the waist, before the elastic draws it in"),
    ease("hip_ease", -0.10, -0.30, 0.05, "Room about the hip; negative stretches the fabric"),
    ease("thigh_ease", -0.06, -0.20, 0.05, "Least room about the thigh; the forks grow to give it"),
    ease("knee_ease", -0.03, -0.08, 0.10, "Room about the knee"),
    ratio("leg_taper", 0.68, 0.55, 1.2, "Girth of a full-length leg at the hem over the knee's"),
    ratio("trouser_length", 0.93, 0.1, 1.0, "Inseam, of the way from crotch to floor"),
    length("crotch_drop", 0.0, -0.02, 0.05, "How far the fork hangs below the crotch"),
    ratio("front_fork", 0.045, 0.03, 0.10, "How far the front's fork reaches in between the legs, of the hip"),
    ratio("back_fork", 0.085, 0.05, 0.18, "How far the back's fork reaches in between the legs, of the hip"),
    length("seam_allowance", 0.007, 0.004, 0.03, "Allowance along sewn edges"),
    length("hem_allowance", 0.02, 0.0, 0.08, "Allowance turned up at the hems"),
)
# What the block asks of a woven waist: a knit has no darts.
_DARTLESS = {
    "darts_front": 0,
    "darts_back": 0,
    "dart_length_front": 0.5,
    "dart_length_back": 0.5,
    "side_shaping": 1.0,
    "front_dip": 0.0,
}


def draft(m: Measurements, c: Choices) -> Pattern:
    """Fronts, backs and elastic band from measurements `m` and resolved choices `c`."""
    choices = {**_DARTLESS, **c}
    return hung("Leggings", "leggings", trousers.trousers(m, *waistbands.hang(m, choices)), _SLOTS, m, choices)


LEGGINGS = Style(
    "leggings",
    "Leggings",
    "Leggings of a stretch knit, smaller than the body, on an elastic waist",
    (*(p for p in trousers.PARAMETERS if p.name not in _DARTLESS), *_OWN),
    trousers.MEASUREMENTS,
    draft,
    fabric="elastane_jersey",
    slots=_SLOTS,
)
