# SPDX-License-Identifier: GPL-3.0-or-later
"""Collars and neckbands: what is sewn to the neckline."""

from __future__ import annotations

from ..assembly import Assembly, backwards
from ..blocks.torso import Torso
from ..seams import walk
from ..style import Choices, DraftRefused, Measurements, Part, length, ratio
from .bands import band

NONE = Part("none", "None", "The neckline is faced or turned in")


def _neckband(assembly: Assembly, torso: Torso, _m: Measurements, c: Choices) -> None:
    if torso.front.opening is not None:
        raise DraftRefused("A rib neckband goes all round the neck: choose closure 'none', or another collar.")
    front, back = torso.front.length("neckline"), torso.back.length("neckline")
    stretch = c["neckband_stretch"]
    assembly.add(
        band(
            "neckband",
            2 * (front + back) * stretch,
            c["neckband_width"],
            "neck_side_left",
            front * stretch,
            fabric="rib",
            allowance=c["seam_allowance"],
        )
    )
    from_back = (
        *backwards(assembly.walk("back", "neckline", "left")),
        *assembly.walk("front", "neckline", "left"),
        *backwards(assembly.walk("front", "neckline", "right")),
        *assembly.walk("back", "neckline", "right"),
    )
    assembly.sew("neckline", from_back, walk("-neckband.seam"), stretch)
    assembly.sew("neckband_ends", walk("neckband.end_left"), walk("-neckband.end_right"))


NECKBAND = Part(
    "neckband",
    "Neckband",
    "A rib band, cut double and stretched on",
    (
        length("neckband_width", 0.02, 0.01, 0.06, "Finished width of the neckband"),
        ratio("neckband_stretch", 0.88, 0.70, 1.0, "Neckband over neckline: below 1 it is stretched on"),
    ),
    attach=_neckband,
)
