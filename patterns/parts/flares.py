# SPDX-License-Identifier: GPL-3.0-or-later
"""Flared skirts on the waist of a bodice."""

from __future__ import annotations

from dataclasses import replace

from ..assembly import SIDES, Assembly, backwards, cut_half
from ..blocks.flare import CIRCLE_RATIO, flare_half
from ..blocks.torso import Torso
from ..seams import Zip
from ..style import Choices, Measurements, Part, ratio

SKIRT_LENGTH = ratio("skirt_length", 0.95, 0.3, 1.65, "From waist to hem, of the way from waist to knee")


def _on_bodice(assembly: Assembly, torso: Torso, m: Measurements, c: Choices) -> None:
    """A flared skirt on the waist of a bodice, opening where that does."""
    for half in torso.halves():
        name, opens = f"skirt_{half.name}", half.opening is not None
        down = c["skirt_length"] * m["waist_to_knee"]
        skirt, wrap = flare_half(half.name, half.length("hem"), down, c["circle_ratio"])
        cut_half(assembly, replace(skirt, opening=0.0) if opens else skirt, wrap, c, "skirt_")
        for side in SIDES:
            waist = assembly.along(name, "waist", side)
            assembly.sew(f"waist_{half.name}_{side}", assembly.walk(half.name, "hem", side), backwards((waist,)))
        if opens:
            left, right = ((assembly.along(name, "opening", side),) for side in SIDES)
            assembly.sew(f"centre_{name}", left, right, zip=Zip())
    for side in SIDES:
        front, back = ((assembly.along(f"skirt_{half.name}", "side", side),) for half in torso.halves())
        assembly.sew(f"skirt_side_{side}", front, back)


CIRCLE = Part(
    "circle",
    "Circle",
    "A full circle or a part of it",
    (CIRCLE_RATIO, SKIRT_LENGTH),
    ("waist_to_knee",),
    attach=_on_bodice,
)
