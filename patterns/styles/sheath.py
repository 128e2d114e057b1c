# SPDX-License-Identifier: GPL-3.0-or-later
"""Dresses without a waist seam, of which the sheath is the close one, shaped by dividing seams from shoulder to hem."""

from __future__ import annotations

from collections.abc import Mapping

from ..assembly import assembled
from ..blocks import bodice
from ..parts import (
    dress_openings,
    dress_tops,
    facings,
    godets,
    necklines,
    seam_pockets,
    shaping,
    shoulder_darts,
    sleeves,
)
from ..pattern import Pattern
from ..style import Choices, Measurements, Parameter, Slot, Style, Value


def dress(
    name: str, label: str, help: str, fabric: str, own: tuple[Parameter, ...] = (), parts: Mapping[str, Value] = {}
) -> Style:
    """A dress of a front and a back from shoulder to hem; own: its own parameters, parts: what its slots hold."""
    slots = (
        Slot("neckline", "round", necklines.NECKLINES, "Line of the neck"),
        Slot("opening", "zip_back", dress_openings.WITHOUT_WAIST_SEAM, "How it is got into"),
        shoulder_darts.BLADE,
        Slot("shaping", "princess_shoulder", shaping.WITHOUT_WAIST_SEAM, "What fits it to the body"),
        Slot("sleeve", "none", dress_tops.SLEEVES, "How the arms are covered"),
        Slot("collar", "none", dress_tops.COLLARS, "What the neck is finished with"),
        facings.FACING,
        Slot("godet", "none", godets.DRESS_GODETS, "Godets let in at the hem"),
        Slot("pocket", "none", seam_pockets.IN_SIDES, "What kind of pockets there are"),
    )

    def draft(m: Measurements, c: Choices) -> Pattern:
        arm = sleeves.arm_needed(m, c)
        shell = bodice.fitted_torso(m, dress_openings.roomy(m, c), arm, skirt=True, divided=c["shaping"] != "darts")
        return assembled(label, name, shell, slots, m, c)

    declared = (*bodice.SHELL, *bodice.SKIRT, *own)
    return Style(name, label, help, declared, bodice.MEASUREMENTS, draft, fabric, slots, parts)


SHEATH = dress("sheath", "Sheath dress", "Close-fitting dress without a waist seam", "wool_twill")
