# SPDX-License-Identifier: GPL-3.0-or-later
"""Bodice: the fitted block itself, ending at the waist; the toile from which other garments are made."""

from __future__ import annotations

from ..assembly import assembled
from ..blocks import bodice
from ..parts import dress_openings, dress_tops, facings, necklines, shaping, shoulder_darts, sleeves
from ..pattern import Pattern
from ..style import Choices, Measurements, Slot, Style

_SLOTS = (
    Slot("neckline", "round", necklines.NECKLINES, "Line of the neck"),
    Slot("opening", "zip_back", dress_openings.OPENINGS, "How it is got into"),
    shoulder_darts.BLADE,
    Slot("shaping", "darts", shaping.SHAPINGS, "What fits it to the body"),
    Slot("sleeve", "none", dress_tops.SLEEVES, "How the arms are covered"),
    Slot("collar", "none", dress_tops.WITHOUT_BUTTONS, "What the neck is finished with"),
    facings.FACING,
)


def draft(m: Measurements, c: Choices) -> Pattern:
    """Front and back to the waist from measurements `m` and resolved choices `c`."""
    arm = sleeves.arm_needed(m, c)
    shell = bodice.fitted_torso(m, dress_openings.roomy(m, c), arm)
    return assembled("Bodice", "bodice", shell, _SLOTS, m, c)


BODICE = Style(
    "bodice",
    "Bodice",
    "Fitted bodice block with bust and waist darts or princess seams, to the waist",
    bodice.SHELL,
    bodice.MEASUREMENTS,
    draft,
    fabric="cotton_poplin",
    slots=_SLOTS,
)
