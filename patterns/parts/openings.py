# SPDX-License-Identifier: GPL-3.0-or-later
"""Openings of skirts and trousers: how a waist that is narrower than the hip lets it pass."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..assembly import Assembly
from ..blocks.lower import Lower
from ..blocks.torso import Half
from ..curves import hermite, line, point
from ..hanging import ZIPPED
from ..pieces import Piece, Wrap, loop
from ..style import Choices, Measurements, Part, Slot, ratio
from .waistbands import ELASTIC, FINISHES

ZIP_DEPTH = ratio("zip_depth", 0.8, 0.4, 1.1, "How far down the zip reaches, of the way from waist to hip")
_FURTHEST = 0.75  # of its seam, that a zip takes
_FACING = 0.035  # metres: width of a fly's facing; its shield is cut double
_OF_FLY = 0.7  # that the facing is wide at most, of the fly's length


def _long(lower: Lower, m: Measurements, c: Choices, half: Half, edge: str) -> float:
    """The zip's length in the edge of a half, metres."""
    return min(c["zip_depth"] * (m["waist_to_hip"] - lower.above), _FURTHEST * half.length(edge))


def _centre(lower: Lower, m: Measurements, c: Choices, half: Half) -> Half:
    """The half with a zip at its centre: in the crotch seam of trousers, in a centre seam of a skirt."""
    if lower.legs:
        return half.split("crotch", _long(lower, m, c, half, "crotch"), ("fly", "crotch"))
    fall = half.edges["waist"][-1].end[1] - half.edges["hem"][0].start[1]
    return replace(half, opening=0.0, parted=(min(c["zip_depth"] * m["waist_to_hip"], _FURTHEST * fall),))


def _zip_back(lower: Lower, m: Measurements, c: Choices) -> Lower:
    return replace(lower, back=_centre(lower, m, c, lower.back), opens="back")


def _zip_side(lower: Lower, m: Measurements, c: Choices) -> Lower:
    outer = "outseam" if lower.legs else "side"
    down = _long(lower, m, c, lower.front, outer)
    front, back = (half.split(outer, half.length(outer) - down, (outer, ZIPPED)) for half in (lower.front, lower.back))
    return replace(lower, front=front, back=back, opens="left")


def _fly(lower: Lower, m: Measurements, c: Choices) -> Lower:
    return replace(lower, front=_centre(lower, m, c, lower.front), opens="front")


def _faced_fly(assembly: Assembly, lower: Lower, _m: Measurements, c: Choices) -> None:
    """The facing under the left front's edge, rounded off at its end, and the shield behind the zip."""
    if lower.legs:
        run = lower.front.edges["fly"]
    else:
        top, down = lower.front.edges["waist"][-1].end, point((0.0, -1.0))
        run = (line(top, top + lower.front.parted[0] * down),)
    top, end = run[0].start, run[-1].end
    down = (end - top) / np.linalg.norm(end - top)
    wide = min(_FACING, _OF_FLY * float(np.linalg.norm(end - top)))
    out = np.array([-down[1], down[0]]) * wide  # into the front
    if out[0] < 0:
        out = -out
    corner = end - wide * down + out
    facing = loop(
        ("fly", run),
        ("round", hermite(end, 0.8 * out + 0.2 * wide * down, corner, -1.2 * wide * down)),
        ("outer", line(corner, top + out)),
        ("top", line(top + out, top)),
    )
    assembly.add(
        Piece(
            "fly_facing",
            facing,
            Wrap("on", host="front_left", layer=-1),
            draped=False,
            allowance=c["seam_allowance"],
            allowances={"round": 0.0, "outer": 0.0},
        )
    )
    long = float(np.linalg.norm(end - top)) + 0.02
    low, high = point((0.0, -long)), point((0.0, 0.0))
    across = np.array([wide + 0.01, 0.0])
    assembly.add(
        Piece(
            "fly_shield",
            loop(
                ("bottom", line(low, low + across)),
                ("fold", line(low + across, high + across)),
                ("top", line(high + across, high)),
                ("fly", line(high, low)),
            ),
            Wrap("on", host="front_right", layer=-1),
            doubled="fold",
            draped=False,
            allowance=c["seam_allowance"],
            allowances={"fold": 0.0},
        )
    )


ZIP_SIDE = Part("zip_side", "Zip at the side", "A zip in the left side seam", (ZIP_DEPTH,), shape=_zip_side)
ZIP_BACK = Part("zip_back", "Zip behind", "A zip in the centre back seam", (ZIP_DEPTH,), shape=_zip_back)
FLY = Part("fly", "Fly", "A zip in front with facing and shield", (ZIP_DEPTH,), shape=_fly, attach=_faced_fly)
OPENINGS = (ZIP_SIDE, ZIP_BACK, FLY)


def opening(default: str) -> Slot:
    """Where the waist opens, where it is not pulled on."""
    names = tuple(part.name for part in FINISHES if part is not ELASTIC)
    return Slot("opening", default, OPENINGS, "Where the waist opens", when=("waistband", names))
