# SPDX-License-Identifier: GPL-3.0-or-later
"""Waistcoat: sleeveless, close, buttoned in front, its fronts dropping to points."""

from __future__ import annotations

from ..assembly import assembled
from ..blocks import bodice
from ..parts import fusing, lapels, linings, set_pockets, shaping, tailoring
from ..pattern import Pattern
from ..style import Choices, Measurements, Slot, Style, count, ease, length, ratio

_SLOTS = (
    Slot("front", "buttoned", (lapels.PLAIN, lapels.SHAWL, lapels.NOTCHED), "Neckline and front edge"),
    Slot("shaping", "princess_armhole", (shaping.PRINCESS_ARMHOLE, shaping.PRINCESS_SHOULDER), "Its dividing seams"),
    Slot("back", "fold", (tailoring.FOLD, tailoring.SEAM), "The centre of the back"),
    Slot("pocket", "none", set_pockets.WAISTCOAT, "What kind of pockets there are"),
    Slot("lining", "none", linings.LININGS, "What it is lined with"),
    Slot("interlining", "tailoring", fusing.TAILORED, "What is fused to keep its shape"),
)


def draft(m: Measurements, c: Choices) -> Pattern:
    """Fronts, back and side panels from measurements `m` and resolved choices `c`."""
    shell = bodice.fitted_torso(m, c, skirt=True, divided=True)
    return assembled("Waistcoat", "waistcoat", shell, _SLOTS, m, c)


WAISTCOAT = Style(
    "waistcoat",
    "Waistcoat",
    "Sleeveless and close, buttoned in front, the fronts dropping to points",
    (
        *bodice.SHELL,
        *bodice.SKIRT,
        ease("bust_ease", 0.11, 0.02, 0.25, "Room about the bust"),
        ease("waist_ease", 0.07, 0.0, 0.30, "Room about the waist"),
        length("armhole_depth", 0.03, 0.0, 0.08, "How far the armhole lies below the armpit"),
        ratio("shoulder_width", 0.88, 0.7, 1.1, "Shoulder of the garment over the shoulder of the body"),
        ratio("skirt_length", 0.16, 0.12, 0.6, "From waist to hem at the side, of the way from waist to knee"),
        ratio("break_height", 0.75, -0.2, 1.1, "Height of the top button: 0 at the waist, 1 at the bust"),
        count("buttons", 5, 0, 10, "Buttons, from the break down"),
        length("button_size", 0.015, 0.008, 0.03, "Diameter of the buttons"),
        length("front_overlap", 0.022, 0.012, 0.05, "How far the fronts reach beyond the centre, one over the other"),
        length("front_points", 0.06, 0.0, 0.12, "How far the hem of the fronts drops to a point"),
        length("neck_width", 0.006, 0.0, 0.05, "How far the neckline lies from the neck, along the shoulder"),
        length("hem_allowance", 0.02, 0.0, 0.05, "Allowance turned up at the hem"),
    ),
    bodice.MEASUREMENTS,
    draft,
    fabric="wool_twill",
    slots=_SLOTS,
    defaults={"pocket_width": 0.1},
)
