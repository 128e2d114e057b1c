# SPDX-License-Identifier: GPL-3.0-or-later
"""Godets: sectors of a circle let into the side seams, from somewhere above the hem down to it.

W. Aldrich, Metric Pattern Cutting for Women's Wear, 6th ed., "Skirts: godets".
"""

from __future__ import annotations

from dataclasses import replace
from math import atan2

import numpy as np

from ..assembly import SIDES, Assembly, backwards
from ..blocks.lower import Lower
from ..blocks.torso import Torso
from ..curves import Arc, line
from ..pieces import Notch, Piece, loop
from ..style import Choices, DraftRefused, Measurements, Part, length, ratio

HEIGHT = ratio("godet_height", 0.6, 0.15, 0.95, "Height of the godets, of the way from the hem up to the hip")
WIDTH = length("godet_width", 0.25, 0.04, 0.80, "Width of each godet along the hem, at most 2.4 of its height")
_LEAST = 0.05  # metres of height
_WIDEST = 2.4  # radians: a fuller godet would lie over itself


def _insert(assembly: Assembly, to_hip: float, c: Choices) -> None:
    """Godets between the halves' sides, where hip and hem are `to_hip` metres apart."""
    high = c["godet_height"] * to_hip
    if high < _LEAST:
        raise DraftRefused("The hem is too near to the hip for godets: raise skirt_length or godet_height.")
    angle = min(c["godet_width"] / high, _WIDEST)
    for half in ("front", "back"):
        assembly.split(half, "side", high)
        assembly.lay(half, "godet", assembly.stretches(half, "side_low"))
        assembly.lay(half, "side", assembly.stretches(half, "side_high"))
        ((name, own),) = assembly.stretches(half, "godet")
        tip = Notch(own, high, "single" if half == "front" else "double")
        assembly.change(name, notches=(*assembly.piece(name).notches, tip))
    ((name, own),) = assembly.stretches("front", "godet")
    bearer = assembly.piece(name)
    slit = bearer.edge(own)
    way = (slit.start - slit.end) / np.linalg.norm(slit.start - slit.end)
    hem = Arc(slit.end, high, atan2(way[1], way[0]), angle)
    godet = Piece(
        "godet",
        loop(("hem", hem), ("back", line(hem.end, slit.end)), ("front", line(slit.end, hem.start))),
        replace(bearer.wrap, over=None),
        cut="mirrored",
        side=bearer.side,
        allowance=c["seam_allowance"],
        allowances={"hem": c["hem_allowance"]},
    )
    assembly.add(godet)
    for side in SIDES:
        front, back = ((assembly.along("godet", half, side),) for half in ("front", "back"))
        assembly.sew(f"godet_front_{side}", assembly.walk("front", "godet", side), backwards(front))
        assembly.sew(f"godet_back_{side}", assembly.walk("back", "godet", side), back)


def _of_skirt(assembly: Assembly, lower: Lower, m: Measurements, c: Choices) -> None:
    _insert(assembly, -(m["waist_to_hip"] - lower.above) - float(lower.front.edges["side"][0].start[1]), c)


def _of_dress(assembly: Assembly, torso: Torso, m: Measurements, c: Choices) -> None:
    side = torso.back.edges.get("side") or torso.back.cut_off["side"]
    _insert(assembly, torso.waist_y - m["waist_to_hip"] - float(side[0].start[1]), c)


NONE = Part("none", "None", "Plain side seams")
_HELP = "A sector of a circle let into each side seam above the hem"
GODETS = (NONE, Part("side", "At the sides", _HELP, (HEIGHT, WIDTH), ("waist_to_hip",), divide=_of_skirt))
DRESS_GODETS = (NONE, Part("side", "At the sides", _HELP, (HEIGHT, WIDTH), ("waist_to_hip",), divide=_of_dress))
