# SPDX-License-Identifier: GPL-3.0-or-later
"""Backs of tops: plain, shaped to the waist by two darts, or with a pleat below the yoke for room to move.

W. Aldrich, Metric Pattern Cutting for Menswear, 5th ed., "The classic shirt block": the back's pleat at the yoke.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..blocks.torso import Half, Torso
from ..curves import point_along, run_length, where
from ..style import Choices, DraftRefused, Measurements, Part, length, ratio
from .darts import Dart, fisheye
from .pleats import Knife
from .yokes import widened

INTAKE = length("back_dart", 0.02, 0.006, 0.05, "What each dart of the back takes in at the waist")
REACH = ratio(
    "back_dart_length", 0.7, 0.3, 0.9,
    "How far the darts reach, of the way up to the armpit and down to hip; on a short back they begin at its hem",
)  # fmt: skip
DEPTH = length("back_pleat_depth", 0.02, 0.01, 0.04, "Depth of the back's pleat on either side, half of a box's width")
_PRESSED = 0.3  # of the back below the yoke: how far down the pleat is laid
_ACROSS = 0.5  # of the half's width at the waist: where the dart lies
_ABOVE_HEM = 0.03  # metres that stay below a dart


def _width_at(half: Half, y: float) -> float:
    """How wide a half is at the height y of its side seam, at its ends beyond them, metres."""
    side = np.concatenate([curve.flattened(5e-4) for curve in half.edges["side"]])
    return float(np.interp(y, side[:, 1], side[:, 0]))


def _darts(torso: Torso, m: Measurements, c: Choices) -> Torso:
    """Darts to the height of the armpits: within the back, or from its hem where that lies too near to the waist."""
    back, y, intake = torso.back, torso.waist_y, c["back_dart"]
    up = c["back_dart_length"] * (m["back_waist_length"] - m["armscye_depth"])
    x = _ACROSS * _width_at(back, y)
    at = where(back.edges["hem"], 0, x)
    if at is None:
        raise DraftRefused("The back's hem is too narrow for darts: raise hip_ease or leave back_darts out.")
    hem = float(point_along(back.edges["hem"], at)[1])
    down = min(c["back_dart_length"] * m["waist_to_hip"], y - hem - _ABOVE_HEM)
    if down < intake:
        deep = y + up - hem
        dart = Dart(at, intake * min(deep / up, 1.0), deep)
        return torso.changed(torso.front, replace(back, darts={**back.darts, "hem": (dart,)}))
    legs = fisheye("waist_dart", np.array([x, y]), intake, down, up)
    return torso.changed(torso.front, replace(back, internal=(*back.internal, *legs)))


def _box(torso: Torso, _m: Measurements, c: Choices) -> Torso:
    deep = c["back_pleat_depth"]
    return _pleated(torso, deep, deep, -1)


def _inverted(torso: Torso, _m: Measurements, c: Choices) -> Torso:
    return _pleated(torso, c["back_pleat_depth"], 0.0, 1)


def _pleated(torso: Torso, deep: float, beside: float, turn: int) -> Torso:
    """The back widened at its centre by what a pleat hides that begins so far beside it, metres; turn as of a Knife."""
    back = widened(torso.back, 2 * deep)
    whole, y = run_length(back.edges["yoke"]), float(back.edges["yoke"][-1].end[1])
    if whole < 5 * deep:
        raise DraftRefused("The back is too narrow for its pleat: lower back_pleat_depth.")
    end = y - _PRESSED * (y - float(back.edges["hem"][0].start[1]))
    last = whole - beside
    first = last - 2 * deep
    knife = Knife(first, last, turn, ((whole - first, end), (whole - last, end)))
    return torso.changed(torso.front, replace(back, pleats={**back.pleats, "yoke": (knife,)}))


NO_DARTS = Part("none", "None", "The side seams alone shape the waist")
WAIST_DARTS = Part("waist", "Waist darts", "A dart on either side takes in the waist", (INTAKE, REACH), shape=_darts)
DARTS = (NO_DARTS, WAIST_DARTS)
NO_PLEAT = Part("none", "None", "The back hangs plain, or gathered, from its yoke")
BOX = Part("box", "Box pleat", "A box pleat at the centre back, below the yoke", (DEPTH,), shape=_box)
INVERTED = Part("inverted", "Inverted pleat", "Two pleats that meet at the centre back", (DEPTH,), shape=_inverted)
PLEATS = (NO_PLEAT, BOX, INVERTED)
