# SPDX-License-Identifier: GPL-3.0-or-later
"""A-line dress: fitted at shoulders and bust, then falling straight and wider to the hem, without a waist seam."""

from __future__ import annotations

from ..assembly import assembled
from ..blocks import bodice
from ..parts import dress_openings, dress_tops, godets, necklines, seam_pockets, shaping, shoulder_darts, sleeves
from ..pattern import Pattern
from ..style import Choices, Measurements, Slot, Style, ease, length, ratio

_SLOTS = (
    Slot("neckline", "round", necklines.NECKLINES, "Line of the neck"),
    Slot("opening", "none", dress_openings.WITHOUT_WAIST_SEAM, "How it is got into"),
    shoulder_darts.BLADE,
    Slot("shaping", "darts", shaping.WITHOUT_WAIST_SEAM, "What fits it to the body"),
    Slot("sleeve", "none", dress_tops.SLEEVES, "How the arms are covered"),
    Slot("collar", "none", dress_tops.COLLARS, "What the neck is finished with"),
    Slot("godet", "none", godets.DRESS_GODETS, "Godets let in at the hem"),
    Slot("pocket", "none", seam_pockets.IN_SIDES, "Pockets"),
)


def draft(m: Measurements, c: Choices) -> Pattern:
    """Front and back from measurements `m` and resolved choices `c`."""
    arm = sleeves.arm_needed(m, c)
    shell = bodice.fitted_torso(m, c, arm, skirt=True, divided=c["shaping"] != "darts")
    return assembled("A-line dress", "a_line_dress", shell, _SLOTS, m, c)


A_LINE_DRESS = Style(
    "a_line_dress",
    "A-line dress",
    "Dress fitted at shoulders and bust, falling wider to the hem",
    (
        *bodice.SHELL,
        *bodice.SKIRT,
        ease("bust_ease", 0.08, -0.05, 0.30, "Room about the bust"),
        ease("hip_ease", 0.16, 0.0, 0.60, "Room about the hip"),
        ratio("waist_shaping", 0.15, 0.0, 1.0, "How far the dress follows the waist: 0 straight, 1 fitted"),
        length("flare", 0.07, 0.0, 0.30, "How far each seam swings out from hip to hem"),
    ),
    bodice.MEASUREMENTS,
    draft,
    fabric="cotton_poplin",
    slots=_SLOTS,
)
