# SPDX-License-Identifier: GPL-3.0-or-later
"""Jacket: tailored to the body by dividing seams, with lapels, a two-piece sleeve and facings; lined if wished."""

from __future__ import annotations

from ..assembly import assembled
from ..blocks import bodice
from ..parts import fusing, lapels, linings, set_pockets, shaping, sleeves, tailoring
from ..parts.two_piece_sleeve import TWO_PIECE
from ..pattern import Pattern
from ..style import Choices, Measurements, Slot, Style, ease, length, ratio

_SLOTS = (
    Slot("front", "notched", lapels.FRONTS, "Lapels and collar"),
    Slot("shaping", "princess_armhole", (shaping.PRINCESS_ARMHOLE, shaping.PRINCESS_SHOULDER), "Its dividing seams"),
    Slot("back", "seam", tailoring.BACKS, "The centre of the back"),
    Slot("sleeve", "two_piece", (TWO_PIECE, sleeves.SET_IN, sleeves.PUFF, sleeves.NONE), "How the arms are covered"),
    Slot("pocket", "none", set_pockets.FRONTS, "What kind of pockets there are"),
    Slot("lining", "none", linings.LININGS, "What it is lined with"),
    Slot("interlining", "tailoring", fusing.TAILORED, "What is fused to keep its shape"),
)


def draft(m: Measurements, c: Choices) -> Pattern:
    """Fronts, back, side panels, sleeves and collar from measurements `m` and resolved choices `c`."""
    shell = bodice.fitted_torso(m, c, sleeves.arm_needed(m, c), skirt=True, divided=True)
    return assembled("Jacket", "jacket", shell, _SLOTS, m, c)


JACKET = Style(
    "jacket",
    "Jacket",
    "Tailored jacket with lapels and two-piece sleeves",
    (
        *bodice.SHELL,
        *bodice.SKIRT,
        ease("bust_ease", 0.12, 0.02, 0.30, "Room about the bust"),
        ease("waist_ease", 0.12, 0.0, 0.40, "Room about the waist"),
        ease("hip_ease", 0.10, 0.0, 0.60, "Room about the hip"),
        length("armhole_depth", 0.025, 0.0, 0.08, "How far the armhole lies below the armpit"),
        ratio("shoulder_width", 1.04, 0.8, 1.2, "Shoulder of the garment over the shoulder of the body"),
        ratio("skirt_length", 0.42, 0.12, 1.0, "From waist to hem, of the way from waist to knee"),
        ratio("sleeve_length", 1.02, 0.75, 1.1, "Sleeve from shoulder point to hem, of the arm's length"),
        ratio("cap_height", 0.32, 0.15, 0.38, "Height of the sleeve cap over the armhole"),
        ratio("cap_ease", 0.03, 0.0, 0.06, "Sleeve cap longer than the armhole, eased in"),
        ease("sleeve_hem_ease", 0.11, 0.03, 0.25, "Room about the wrist at the sleeve's hem"),
        length("neck_width", 0.008, 0.0, 0.05, "How far the neckline lies from the neck, along the shoulder"),
        length("front_corner", 0.03, 0.0, 0.12, "Radius by which the corner of front edge and hem is rounded off"),
        length("hem_allowance", 0.035, 0.0, 0.06, "Allowance turned up at the hem"),
    ),
    bodice.MEASUREMENTS,
    draft,
    fabric="wool_flannel",
    slots=_SLOTS,
)
