# SPDX-License-Identifier: GPL-3.0-or-later
"""Sheath: a close dress without a waist seam, shaped by dividing seams from shoulder to hem."""

from __future__ import annotations

from ..assembly import assembled
from ..blocks import bodice
from ..parts import dress_openings, dress_tops, godets, necklines, seam_pockets, shaping, shoulder_darts, sleeves
from ..pattern import Pattern
from ..style import Choices, Measurements, Slot, Style

_SLOTS = (
    Slot("neckline", "round", necklines.NECKLINES, "Line of the neck"),
    Slot("opening", "zip_back", dress_openings.WITHOUT_WAIST_SEAM, "How it is got into"),
    shoulder_darts.BLADE,
    Slot("shaping", "princess_shoulder", shaping.WITHOUT_WAIST_SEAM, "What fits it to the body"),
    Slot("sleeve", "none", dress_tops.SLEEVES, "How the arms are covered"),
    Slot("collar", "none", dress_tops.COLLARS, "What the neck is finished with"),
    Slot("godet", "none", godets.DRESS_GODETS, "Godets let in at the hem"),
    Slot("pocket", "none", seam_pockets.IN_SIDES, "Pockets"),
)


def draft(m: Measurements, c: Choices) -> Pattern:
    """Front and back from measurements `m` and resolved choices `c`."""
    arm = sleeves.arm_needed(m, c)
    shell = bodice.fitted_torso(m, c, arm, skirt=True, divided=c["shaping"] != "darts")
    return assembled("Sheath", "sheath", shell, _SLOTS, m, c)


SHEATH = Style(
    "sheath",
    "Sheath dress",
    "Close-fitting dress without a waist seam",
    (*bodice.SHELL, *bodice.SKIRT),
    bodice.MEASUREMENTS,
    draft,
    fabric="wool_twill",
    slots=_SLOTS,
)
