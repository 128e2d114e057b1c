# SPDX-License-Identifier: GPL-3.0-or-later
"""A skirt or trousers put together, as `patterns.assembly` does it for a torso."""

from __future__ import annotations

from collections.abc import Sequence

from .assembly import SIDES, Assembly, Walk, backwards, cut_half, put_together
from .blocks.lower import Lower
from .pattern import Pattern
from .seams import Zip
from .style import Choices, Measurements, Slot

ZIPPED = "zip"  # the edge of a half's side that opens by a zip, on the wearer's left


def around_waist(assembly: Assembly, opens: str) -> Walk:
    """The waist edge of a lower garment, once round, towards the wearer's right as seen in front.

    It begins where the waist opens: in front, at the left side or (also where it does not open) behind.
    """
    quarters = [
        backwards(assembly.walk("back", "waist", "left")),
        assembly.walk("front", "waist", "left"),
        backwards(assembly.walk("front", "waist", "right")),
        assembly.walk("back", "waist", "right"),
    ]
    first = {"left": 1, "front": 2}.get(opens, 0)
    return tuple(ref for quarter in quarters[first:] + quarters[:first] for ref in quarter)


def _cut_lower(assembly: Assembly, lower: Lower, c: Choices) -> None:
    """Both halves as pieces."""
    for half, wrap in lower.halves():
        cut_half(assembly, half, wrap, c)


def _sew_lower(assembly: Assembly, lower: Lower) -> None:
    """The halves sewn to each other at the sides, between the legs and where the centre is open."""
    for edge in (*(("outseam", "inseam") if lower.legs else ("side",)), ZIPPED):
        for side in SIDES:
            a, b = (assembly.walk(name, edge, side) for name in ("front", "back"))
            if a:
                assembly.sew(f"{edge}_{side}", a, b, zip=Zip() if (edge, side) == (ZIPPED, "left") else None)
    for name, half in (("front", lower.front), ("back", lower.back)):
        if lower.legs:
            left, right = (assembly.walk(name, "crotch", side) for side in SIDES)
            assembly.sew(f"crotch_{name}", left, right)
        for edge in ("fly", "opening"):
            for k, (piece, label) in enumerate(assembly.stretches(name, edge)):
                zip = Zip() if edge == "fly" or (half.parted and k == 0) else None
                left, right = ((assembly.along(piece, label, side),) for side in SIDES)
                assembly.sew(f"{label}_{piece}", left, right, zip=zip)


def hung(label: str, style: str, lower: Lower, slots: Sequence[Slot], m: Measurements, c: Choices) -> Pattern:
    """A skirt or trousers; see `put_together`."""
    return put_together(label, style, lower, _cut_lower, _sew_lower, slots, m, c)
