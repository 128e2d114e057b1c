# SPDX-License-Identifier: GPL-3.0-or-later
"""Wrap dress: each front crosses over to the other side, where it is tied; without a waist seam."""

from __future__ import annotations

from ..assembly import assembled
from ..blocks import bodice
from ..parts import dress_tops, lapels, seam_pockets, shaping, shoulder_darts, sleeves
from ..pattern import Pattern
from ..style import Choices, Measurements, Slot, Style, ease, length, ratio

_SLOTS = (
    Slot("front", "wrapped", (lapels.WRAPPED,), "How the fronts close"),
    shoulder_darts.BLADE,
    Slot("shaping", "darts", shaping.WITHOUT_WAIST_SEAM, "What fits it to the body"),
    Slot("sleeve", "set_in", dress_tops.FACED_SLEEVES, "How the arms are covered"),
    Slot("pocket", "none", seam_pockets.IN_SIDES, "What kind of pockets there are"),
)


def draft(m: Measurements, c: Choices) -> Pattern:
    """Fronts, back, sleeves and tie from measurements `m` and resolved choices `c`."""
    shell = bodice.fitted_torso(m, c, sleeves.arm_needed(m, c), skirt=True, divided=c["shaping"] != "darts")
    return assembled("Wrap dress", "wrap_dress", shell, _SLOTS, m, c)


WRAP_DRESS = Style(
    "wrap_dress",
    "Wrap dress",
    "Dress whose fronts cross over and are tied at the waist",
    (
        *bodice.SHELL,
        *bodice.SKIRT,
        ease("waist_ease", 0.05, -0.05, 0.30, "Room about the waist"),
        ease("hip_ease", 0.08, -0.05, 0.60, "Room about the hip"),
        ratio("side_shaping", 0.8, 0.0, 1.0, "Share of the waist's suppression taken by the side seam"),
        ratio("skirt_length", 1.0, 0.4, 1.75, "From waist to hem, of the way from waist to knee"),
        length("flare", 0.06, -0.02, 0.30, "How far each seam swings out from hip to hem"),
        ratio("break_height", 0.0, -0.3, 0.5, "Where the fronts are tied: 0 at the waist, 1 at the bust"),
        ratio("sleeve_length", 0.75, 0.26, 1.05, "Sleeve from shoulder point to hem, of the arm's length"),
        length("neck_width", 0.03, 0.0, 0.08, "How far the neckline lies from the neck, along the shoulder"),
        length("hem_allowance", 0.02, 0.0, 0.05, "Allowance turned up at the hem"),
    ),
    bodice.MEASUREMENTS,
    draft,
    fabric="viscose_twill",
    slots=_SLOTS,
)
