# SPDX-License-Identifier: GPL-3.0-or-later
"""T-shirt: a flat shell with set-in sleeves and a stretched rib neckband."""

from __future__ import annotations

from ..assembly import assembled
from ..blocks import torso
from ..parts import collars, necklines, sleeves
from ..pattern import Pattern
from ..style import Choices, Measurements, Slot, Style

_SLOTS = (
    Slot("neckline", "round", necklines.NECKLINES, "Line of the neck"),
    Slot("sleeve", "set_in", (sleeves.SET_IN, sleeves.NONE), "How the arms are covered"),
    Slot("collar", "neckband", (collars.NECKBAND, collars.NONE), "What the neck is finished with"),
)


def draft(m: Measurements, c: Choices) -> Pattern:
    """Front, back, sleeves and neckband from measurements `m` and resolved choices `c`."""
    arm = sleeves.arm_needed(m, c) if c["sleeve"] == "set_in" else 0.0
    return assembled("T-shirt", "tshirt", torso.flat_torso(m, c, arm), _SLOTS, m, c)


TSHIRT = Style(
    "tshirt",
    "T-shirt",
    "Crew-neck T-shirt with set-in sleeves and a rib neckband",
    torso.PARAMETERS,
    torso.MEASUREMENTS,
    draft,
    fabric="cotton_jersey",
    slots=_SLOTS,
)
