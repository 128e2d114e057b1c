# SPDX-License-Identifier: GPL-3.0-or-later
"""Skirts cut as a part of a ring: the waist an arc as long as what it is sewn to, the hem an arc about its centre."""

from __future__ import annotations

from math import cos, pi, sin

import numpy as np

from ..assembly import SIDES, Assembly, backwards
from ..blocks.torso import Name, Torso
from ..curves import Arc, line, point
from ..pieces import Notch, Piece, Wrap, loop
from ..seams import Zip
from ..style import Choices, Measurements, Part, ratio

CIRCLE_RATIO = ratio(
    "circle_ratio", 1.0, 0.25, 1.0, "Share of a ring that the skirt is: 1 a full circle, 0.75 three quarters"
)
SKIRT_LENGTH = ratio("skirt_length", 0.95, 0.3, 1.65, "From waist to hem, of the way from waist to knee")


def flare(name: str, half: Name, waist: float, down: float, c: Choices, *, opens: bool = False) -> Piece:
    """Front or back of a flared skirt, drafted as one half, with the centre line at x = 0 and the waist at y = 0.

    waist: length of the half's waist line; down: from waist to hem; metres. opens: cut in two at the centre.
    """
    angle = c["circle_ratio"] * pi / 2
    radius = waist / angle
    centre, begin = point((0.0, radius)), -pi / 2
    at_side = np.array([sin(angle), -cos(angle)])
    front, middle = half == "front", "opening" if opens else "fold"
    return Piece(
        name,
        loop(
            ("hem", Arc(centre, radius + down, begin, angle)),
            ("side", line(centre + (radius + down) * at_side, centre + radius * at_side)),
            ("waist", Arc(centre, radius, begin + angle, -angle)),
            (middle, line((0.0, 0.0), (0.0, -down))),
        ),
        Wrap("flare", "waist_front", (0.0, radius), 0.0 if front else pi),
        cut="mirrored" if opens else "fold",
        side="left" if front else "right",
        fold=None if opens else "fold",
        notches=(Notch("side", down / 2, "single" if front else "double"),),
        allowance=c["seam_allowance"],
        allowances={"hem": c["hem_allowance"]} | ({} if opens else {"fold": 0.0}),
    )


def _on_bodice(assembly: Assembly, torso: Torso, m: Measurements, c: Choices) -> None:
    """A flared skirt on the waist of a bodice, opening where that does."""
    for half in torso.halves():
        name, opens = f"skirt_{half.name}", half.opening is not None
        down = c["skirt_length"] * m["waist_to_knee"]
        assembly.add(flare(name, half.name, half.length("hem"), down, c, opens=opens))
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
