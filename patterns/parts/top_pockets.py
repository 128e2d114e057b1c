# SPDX-License-Identifier: GPL-3.0-or-later
"""Pockets on the front of a top: on the chest, at the hips, or one across the belly to warm both hands in."""

from __future__ import annotations

import numpy as np

from ..assembly import SIDES, Assembly
from ..blocks.torso import Torso
from ..curves import Points, line, point
from ..pieces import InternalLine, Piece, Wrap, loop
from ..style import Choices, DraftRefused, Measurements, Part, ratio
from .pockets import patch

WIDTH = ratio("pocket_width", 0.48, 0.3, 0.6, "Width of a pocket, of half the front's width at the chest")
HEIGHT = ratio("pocket_height", 0.4, 0.2, 0.75, "Height of a pocket, of the front from armpit to hem")
KANGAROO_WIDTH = ratio("kangaroo_width", 0.72, 0.4, 0.85, "Width of the pocket, of the front's width at the hem")
KANGAROO_HEIGHT = ratio("kangaroo_height", 0.45, 0.2, 0.7, "Height of the pocket, of the front from armpit to hem")
_CLEAR = 0.02  # metres that a pocket keeps from the edges of its piece


def _box(torso: Torso, left: float, right: float, top: float, low: float) -> tuple[Points, Points, Points, Points]:
    """The corners of a pocket; refuses one that leaves the front."""
    front = torso.front
    nearest = max(float(front.edges["hem"][0].start[0]), 0.0)
    hem = max(float(front.edges["hem"][0].start[1]), float(front.edges["hem"][-1].end[1]))
    narrow = min(
        float(front.armpit[0]), *(float(run.points(np.linspace(0, 1, 9))[:, 0].min()) for run in front.edges["side"])
    )
    if not (left > nearest and right < narrow - _CLEAR and hem < low < top <= float(front.armpit[1]) + 1e-9):
        raise DraftRefused(
            "The pocket does not lie within the front: lower its width or height, raise body_length, or choose pocket "
            "'none'."
        )
    return point((left, top)), point((left, low)), point((right, low)), point((right, top))


def _size(torso: Torso, c: Choices) -> tuple[float, float]:
    front = torso.front
    height = float(front.armpit[1] - front.edges["hem"][-1].end[1])
    return c["pocket_width"] * float(front.armpit[0]), c["pocket_height"] * height


def _chest(assembly: Assembly, torso: Torso, _m: Measurements, c: Choices) -> None:
    (wide, high), (x, top) = _size(torso, c), torso.front.armpit
    corners = _box(torso, 0.53 * x - wide / 2, 0.53 * x + wide / 2, float(top), float(top) - high)
    patch(assembly, "front", "chest_pocket", corners, c, deeper=0.1 * wide, only="left")


def _hips(assembly: Assembly, torso: Torso, _m: Measurements, c: Choices) -> None:
    wide, high = _size(torso, c)
    low = float(torso.front.edges["hem"][-1].end[1]) + 1.5 * _CLEAR
    middle = 0.53 * float(torso.front.armpit[0])
    corners = _box(torso, middle - wide / 2, middle + wide / 2, low + high, low)
    patch(assembly, "front", "hip_pocket", corners, c)


def _kangaroo(assembly: Assembly, torso: Torso, _m: Measurements, c: Choices) -> None:
    """One pocket across a whole front, a half one on each side of an open front; the slanting edges stay open."""
    front = torso.front
    whole = front.opening is None
    low = float(front.edges["hem"][-1].end[1]) + _CLEAR
    high = c["kangaroo_height"] * (float(front.armpit[1]) - low)
    near = 0.0 if whole else max(float(front.edges["hem"][0].start[0]), 0.0) + _CLEAR
    wide = c["kangaroo_width"] * float(front.edges["hem"][-1].end[0])
    _box(torso, near + 1e-6, wide, low + high, low)
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
