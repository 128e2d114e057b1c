# SPDX-License-Identifier: GPL-3.0-or-later
"""Coat: a jacket's cut with more room, longer, and wider to the hem."""

from __future__ import annotations

from ..assembly import assembled
from ..blocks import bodice
from ..parts import fusing, lapels, linings, set_pockets, shaping, sleeves, tailoring
from ..parts.two_piece_sleeve import TWO_PIECE
from ..pattern import Pattern
from ..style import Choices, Measurements, Slot, Style, count, ease, length, ratio

_SLOTS = (
    Slot("front", "notched", lapels.FRONTS, "Lapels and collar"),
    Slot("shaping", "princess_armhole", (shaping.PRINCESS_ARMHOLE, shaping.PRINCESS_SHOULDER), "Its dividing seams"),
    Slot("back", "vent", tailoring.BACKS, "The centre of the back"),
    Slot("sleeve", "two_piece", (TWO_PIECE, sleeves.SET_IN, sleeves.PUFF, sleeves.NONE), "How the arms are covered"),
    Slot("pocket", "none", set_pockets.FRONTS, "What kind of pockets there are"),
    Slot("lining", "none", linings.LININGS, "What it is lined with"),
    Slot("interlining", "tailoring", fusing.TAILORED, "What is fused to keep its shape"),
)


def draft(m: Measurements, c: Choices) -> Pattern:
    """Fronts, back, side panels, sleeves and collar from measurements `m` and resolved choices `c`."""
    shell = bodice.fitted_torso(m, c, sleeves.arm_needed(m, c), skirt=True, divided=True)
    return assembled("Coat", "coat", shell, _SLOTS, m, c)


COAT = Style(
    "coat",
    "Coat",
    "Fitted coat with lapels and two-piece sleeves, wider to the hem",
    (
        *bodice.SHELL,
        *bodice.SKIRT,
        ease("bust_ease", 0.18, 0.04, 0.40, "Room about the bust"),
        ease("waist_ease", 0.20, 0.04, 0.50, "Room about the waist"),
        ease("hip_ease", 0.20, 0.04, 0.60, "Room about the hip"),
        length("armhole_depth", 0.035, 0.0, 0.08, "How far the armhole lies below the armpit"),
        ratio("shoulder_width", 1.06, 0.8, 1.2, "Shoulder of the garment over the shoulder of the body"),
        ratio("skirt_length", 1.0, 0.4, 1.75, "From waist to hem, of the way from waist to knee"),
        ratio("sleeve_length", 1.02, 0.75, 1.1, "Sleeve from shoulder point to hem, of the arm's length"),
        ratio("cap_height", 0.32, 0.15, 0.38, "Height of the sleeve cap over the armhole"),
        ratio("cap_ease", 0.03, 0.0, 0.06, "Sleeve cap longer than the armhole, eased in"),
        ease("sleeve_hem_ease", 0.11, 0.03, 0.25, "Room about the wrist at the sleeve's hem"),
        length("neck_width", 0.012, 0.0, 0.05, "How far the neckline lies from the neck, along the shoulder"),
        length("front_corner", 0.0, 0.0, 0.12, "Radius by which the corner of front edge and hem is rounded off"),
        length("flare", 0.03, -0.02, 0.15, "How far each seam swings out from hip to hem"),
        ratio("break_height", 0.55, -0.5, 1.3, "Height of the top button: 0 at the waist, 1 at the bust"),
        count("buttons", 4, 0, 10, "Buttons, from the break down"),
        length("button_size", 0.026, 0.008, 0.045, "Diameter of the buttons"),
        length("front_overlap", 0.03, 0.015, 0.09, "How far the fronts reach beyond the centre, one over the other"),
        length("lapel_width", 0.095, 0.04, 0.14, "From the roll line out to the lapel's point"),
        length("collar_stand", 0.032, 0.015, 0.05, "Height of the collar's stand at the centre back"),
        length("collar_fall", 0.055, 0.02, 0.10, "Depth of the collar from its roll line at the centre back"),
        ease("sleeve_ease", 0.12, 0.04, 0.30, "Least room about the upper arm"),
        length("hem_allowance", 0.035, 0.0, 0.06, "Allowance turned up at the hem"),
    ),
    bodice.MEASUREMENTS,
    draft,
    fabric="wool_tweed",
    slots=_SLOTS,
)
