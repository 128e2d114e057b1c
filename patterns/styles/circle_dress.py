# SPDX-License-Identifier: GPL-3.0-or-later
"""Circle dress: a fitted bodice to the waist, and a skirt, as it comes a part of a ring."""

from __future__ import annotations

from ..assembly import assembled
from ..blocks import bodice
from ..parts import (
    dress_openings,
    dress_tops,
    facings,
    necklines,
    seam_pockets,
    shaping,
    shoulder_darts,
    skirts,
    sleeves,
)
from ..pattern import Pattern
from ..style import Choices, Measurements, Slot, Style, ease, length, ratio

_SLOTS = (
    Slot("neckline", "round", necklines.NECKLINES, "Line of the neck"),
    Slot("opening", "zip_back", dress_openings.OPENINGS, "How it is got into"),
    shoulder_darts.BLADE,
    Slot("shaping", "darts", shaping.SHAPINGS, "What fits the bodice to the body"),
    Slot("sleeve", "none", dress_tops.SLEEVES, "How the arms are covered"),
    Slot("collar", "none", dress_tops.WITHOUT_BUTTONS, "What the neck is finished with"),
    facings.FACING,
    Slot("skirt", "circle", skirts.SKIRTS, "What hangs from the waist"),
    Slot("pocket", "none", seam_pockets.IN_SKIRT, "What kind of pockets there are"),
)


def draft(m: Measurements, c: Choices) -> Pattern:
    """Bodice and skirt, front and back, from measurements `m` and resolved choices `c`."""
    arm = sleeves.arm_needed(m, c)
    shell = bodice.fitted_torso(m, dress_openings.roomy(m, c), arm)
    return assembled("Circle dress", "circle_dress", shell, _SLOTS, m, c)


CIRCLE_DRESS = Style(
    "circle_dress",
    "Circle dress",
    "Dress with a fitted bodice and a skirt of a full circle or a part of it",
    (
        *bodice.SHELL,
        ease("waist_ease", 0.03, -0.05, 0.30, "Room about the waist"),
        ratio("shoulder_width", 0.92, 0.7, 1.1, "Shoulder of the dress over the shoulder of the body"),
        length("neck_width", 0.035, 0.0, 0.12, "How far the neckline lies from the neck, along the shoulder"),
        length("neck_depth_front", 0.06, 0.0, 0.30, "How far the neckline drops below the pit of the neck"),
        length("neck_depth_back", 0.02, 0.0, 0.30, "How far the neckline drops below the nape"),
        length("hem_allowance", 0.012, 0.0, 0.05, "Allowance turned up at the hem"),
    ),
    bodice.MEASUREMENTS,
    draft,
    fabric="viscose_twill",
    slots=_SLOTS,
)
