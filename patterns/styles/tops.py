# SPDX-License-Identifier: GPL-3.0-or-later
"""Tops on the flat block: each is this with other parts and defaults of its own, so that every part fits every top."""

from __future__ import annotations

from collections.abc import Mapping

from ..assembly import assembled
from ..blocks import torso
from ..parts import closures, collars, cuffs, facings, fusing, hems, necklines, sleeves, top_backs, top_pockets, yokes
from ..parts.raglan import RAGLAN
from ..pattern import Pattern
from ..style import Choices, Measurements, Slot, Style, Value

_SLEEVES = (sleeves.SET_IN, RAGLAN, sleeves.DOLMAN, sleeves.PUFF, sleeves.ARMBANDS, sleeves.NONE)
_SHOULDERED = ("sleeve", tuple(part.name for part in _SLEEVES if part is not RAGLAN))
_COVERED = ("sleeve", ("set_in", "raglan", "dolman", "puff"))


def top(
    name: str, label: str, help: str, fabric: str, parts: Mapping[str, str], defaults: Mapping[str, Value]
) -> Style:
    """A top whose slots hold `parts` by default, a pullover with set-in sleeves where they do not say."""
    slots = (
        Slot("neckline", "round", necklines.NECKLINES, "Line of the neck"),
        Slot("hem", "plain", hems.HEMS, "What the hem is finished with"),
        Slot("sleeve", "set_in", _SLEEVES, "How the arms are covered"),
        Slot("yoke", "none", yokes.YOKES, "Whether the shoulders are cut as a piece of their own", _SHOULDERED),
        Slot("back_pleat", "none", top_backs.PLEATS, "What gives the back room to move", ("yoke", ("yoke",))),
        Slot("back_darts", "none", top_backs.DARTS, "What takes in the back's waist"),
        Slot("closure", "none", closures.CLOSURES, "How the garment opens in front"),
        Slot("collar", "none", collars.COLLARS, "What the neck is finished with"),
        facings.FACING,
        Slot("cuff", "plain", cuffs.CUFFS, "What the sleeves end in", _COVERED),
        Slot("pocket", "none", top_pockets.POCKETS, "Pockets on the front"),
        Slot("interlining", "none", fusing.SHIRT, "What is fused to keep its shape"),
    )

    def draft(m: Measurements, c: Choices) -> Pattern:
        return assembled(label, name, torso.flat_torso(m, c, sleeves.arm_needed(m, c)), slots, m, c)

    return Style(name, label, help, torso.PARAMETERS, torso.MEASUREMENTS, draft, fabric, slots, {**parts, **defaults})
