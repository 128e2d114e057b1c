# SPDX-License-Identifier: GPL-3.0-or-later
"""Pockets on the front of a top: on the chest, at the hips, or one across the belly to warm both hands in."""

from __future__ import annotations

import numpy as np

from ..assembly import SIDES, Assembly
from ..blocks.torso import Half, Torso
from ..curves import Points, line, point
from ..pieces import InternalLine, Piece, Wrap, loop
from ..style import Choices, DraftRefused, Measurements, Part, ratio
from .pockets import patch

WIDTH = ratio(
    "pocket_width",
    0.55,
    0.3,
    0.65,
    "Width of a pocket, of half the front's width where it is narrowest, if there is room",
)
HEIGHT = ratio(
    "pocket_height", 1.15, 0.7, 1.5, "Height of a pocket over its width, on a short front at most 0.6 of that"
)
KANGAROO_WIDTH = ratio(
    "kangaroo_width", 0.72, 0.4, 0.85, "Width of the pocket, of the front's width where it is narrowest"
)
KANGAROO_HEIGHT = ratio("kangaroo_height", 0.62, 0.4, 1.0, "Height of the pocket over half its width; as of the others")
_CLEAR = 0.02  # metres that a pocket keeps from hem and front edge
_CHEST = 0.75  # of that width: between the armholes
_MIDDLE = 0.53  # of the front's half width: the middle of a pocket
_ABOVE = 0.25  # of a chest pocket's height: how far it reaches up beside the armhole
_LONGEST = 0.6  # of the front from armpit to hem
_LEAST = 0.03  # metres that a pocket is wide and high
_LEAST_GAP = 0.005  # metres between pocket and neckline, and armhole


def _narrow(front: Half) -> float:
    """Half the width of the front where it is narrowest below the armpit, metres."""
    return min(float(run.points(np.linspace(0, 1, 9))[:, 0].min()) for run in front.edges["side"])


def _size(front: Half, wide: float, over_width: float) -> tuple[float, float]:
    """Width and height of a pocket, metres."""
    return wide, min(over_width * wide, _LONGEST * float(front.armpit[1] - front.edges["hem"][-1].end[1]))


def _inmost(front: Half, top: float) -> float:
    """How near to the centre a pocket may begin whose top lies at that height, metres."""
    neckline = np.concatenate([run.points(np.linspace(0, 1, 17)) for run in front.edges["neckline"]])
    beside = neckline[neckline[:, 1] < top + _LEAST_GAP][:, 0]
    centre = max(float(front.edges["hem"][0].start[0]), *(beside + _LEAST_GAP), 0.0)
    if "placket_end" in front.edges:
        x, y = front.edges["placket_end"][0].start
        centre = max(centre, float(x)) if top > y - _LEAST_GAP else centre
    return centre


def _box(front: Half, left: float, wide: float, low: float, high: float) -> tuple[Points, Points, Points, Points]:
    """The corners of a pocket; refuses one that leaves the front or is too small for a hand."""
    hem = max(float(front.edges["hem"][0].start[1]), float(front.edges["hem"][-1].end[1]))
    top = low + (1 - _ABOVE) * high
    fits = hem < low and top <= float(front.armpit[1]) + 1e-9 and left >= _inmost(front, low + high) - 1e-9
    if not (fits and min(wide, high) > _LEAST):
        raise DraftRefused("The front has no room for a pocket: raise body_length or choose pocket 'none'.")
    right = left + wide
    return point((left, low + high)), point((left, low)), point((right, low)), point((right, low + high))


def _between(front: Half, narrow: float, right: float, top: float, wide: float) -> tuple[float, float]:
    """(left, width) of a pocket that wide about the front's middle, moved and made narrower to where there is room."""
    inmost = _inmost(front, top)
    wide = min(wide, right - inmost)
    return min(max(_MIDDLE * narrow - wide / 2, inmost), right - wide), wide


def _chest(assembly: Assembly, torso: Torso, _m: Measurements, c: Choices) -> None:
    front, narrow = torso.front, _CHEST * _narrow(torso.front)
    wide, high = _size(front, c["pocket_width"] * narrow, c["pocket_height"])
    top = float(front.armpit[1]) + _ABOVE * high
    armhole = np.concatenate([run.points(np.linspace(0, 1, 17)) for run in front.edges["armhole"]])
    beside = armhole[armhole[:, 1] < top + _LEAST_GAP][:, 0].min()
    left, wide = _between(front, narrow, float(beside) - _LEAST_GAP, top, wide)
    wide, high = _size(front, wide, c["pocket_height"])
    corners = _box(front, left, wide, float(front.armpit[1]) - (1 - _ABOVE) * high, high)
    patch(assembly, "front", "chest_pocket", corners, c, deeper=0.1 * wide, only="left")


def _hips(assembly: Assembly, torso: Torso, _m: Measurements, c: Choices) -> None:
    front, narrow = torso.front, _narrow(torso.front)
    wide, high = _size(front, c["pocket_width"] * narrow, c["pocket_height"])
    low = float(front.edges["hem"][-1].end[1]) + _CLEAR
    left, wide = _between(front, narrow, narrow - _LEAST_GAP, low + high, wide)
    wide, high = _size(front, wide, c["pocket_height"])
    patch(assembly, "front", "hip_pocket", _box(front, left, wide, low, high), c)


def _kangaroo(assembly: Assembly, torso: Torso, _m: Measurements, c: Choices) -> None:
    """One pocket across a whole front, a half one on each side of an open front; the slanting edges stay open."""
    front = torso.front
    whole = front.opening is None
    near = 0.0 if whole else max(float(front.edges["hem"][0].start[0]), 0.0) + _CLEAR
    wide, high = _size(front, c["kangaroo_width"] * _narrow(front), c["kangaroo_height"])
    low = float(front.edges["hem"][-1].end[1]) + _CLEAR
    if "placket_end" in front.edges:
        high = min(high, float(front.edges["placket_end"][0].start[1]) - _CLEAR - low)
    _box(front, near, wide - near, low, high)
    top_x, side_y = near + 0.6 * (wide - near), low + 0.3 * high
    lower = (line((near, low), (wide, low)), line((wide, low), (wide, side_y)))
    mouth, top = line((wide, side_y), (top_x, low + high)), line((top_x, low + high), (near, low + high))
    centre = line((near, low + high), (near, low))
    sewn = [("lower", lower), ("top", (top,)), *([] if whole else [("centre", (centre,))])]
    host = assembly.piece("front")
    lines = (InternalLine(f"pocket_{name}", run, "seam") for name, run in sewn)
    assembly.change("front", internal=(*host.internal, *lines))
    assembly.add(
        Piece(
            "kangaroo_pocket",
            loop(("lower", lower), ("mouth", mouth), ("top", top), ("fold" if whole else "centre", centre)),
            Wrap("on", host="front" if whole else f"front_{host.side}", layer=1),
            cut="fold" if whole else "mirrored",
            fold="fold" if whole else None,
            allowance=c["seam_allowance"],
            allowances={"mouth": 0.02} | ({"fold": 0.0} if whole else {}),
        )
    )
    for side in SIDES:
        for name, _ in sewn:
            on, pocket = (
                (assembly.along(*line, side),) for line in (("front", f"pocket_{name}"), ("kangaroo_pocket", name))
            )
            assembly.sew(f"pocket_{name}_{side}", on, pocket, faces="right_wrong")


NONE = Part("none", "None", "No pocket")
CHEST = Part("chest", "Chest", "A patch pocket on the left of the chest", (WIDTH, HEIGHT), attach=_chest)
HIPS = Part("hips", "Hips", "A patch pocket on each side above the hem", (WIDTH, HEIGHT), attach=_hips)
KANGAROO = Part(
    "kangaroo", "Kangaroo", "One wide pocket across the front, open on both sides",
    (KANGAROO_WIDTH, KANGAROO_HEIGHT), attach=_kangaroo,
)  # fmt: skip
POCKETS = (NONE, CHEST, HIPS, KANGAROO)
