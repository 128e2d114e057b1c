# SPDX-License-Identifier: GPL-3.0-or-later
"""Backs of tops: plain, shaped to the waist by two darts, or with a pleat below the yoke for room to move.

W. Aldrich, Metric Pattern Cutting for Menswear, 5th ed., "The classic shirt block": the back's pleat at the yoke.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..blocks.torso import Half, Torso
from ..curves import run_length
from ..style import Choices, DraftRefused, Measurements, Part, choice, length, ratio
from .darts import fisheye
from .pleats import Knife
from .yokes import widened

INTAKE = length("back_dart", 0.02, 0.006, 0.05, "What each dart of the back takes in at the waist")
REACH = ratio("back_dart_length", 0.7, 0.3, 0.9, "How far the darts reach, of the way up to the armpit and down to hip")
PLEAT = choice("back_pleat", "box", ("box", "inverted"), "How the pleat at the centre back is folded")
DEPTH = length("back_pleat_depth", 0.02, 0.01, 0.04, "Depth of the back's pleat on either side, half of a box's width")
_PRESSED = 0.3  # of the back below the yoke: how far down the pleat is laid
_ACROSS = 0.5  # of the half's width at the waist: where the dart lies
_ABOVE_HEM = 0.03  # metres that stay below a dart


def _width_at(half: Half, y: float) -> float:
    """How wide a half is at the height y of its side seam, metres."""
    side = np.concatenate([curve.flattened(5e-4) for curve in half.edges["side"]])
    return float(np.interp(y, side[:, 1], side[:, 0]))


def _darts(torso: Torso, m: Measurements, c: Choices) -> Torso:
    back, y = torso.back, torso.waist_y
    hem = max(float(curve.start[1]) for curve in back.edges["hem"])
    up = c["back_dart_length"] * (float(back.armpit[1]) - y)
    down = min(c["back_dart_length"] * m["waist_to_hip"], y - hem - _ABOVE_HEM)
    if min(up, down) < c["back_dart"]:
        raise DraftRefused("The back is too short for darts at the waist: raise body_length or choose back 'plain'.")
    middle = np.array([_ACROSS * _width_at(back, y), y])
    legs = fisheye("waist_dart", middle, c["back_dart"], down, up)
    return torso.changed(torso.front, replace(back, internal=(*back.internal, *legs)))


def _pleat(torso: Torso, _m: Measurements, c: Choices) -> Torso:
    """The back widened at its centre by what the pleat hides."""
    if "yoke" not in torso.back.edges:
        raise DraftRefused("The back's pleat hangs from a yoke: choose yoke 'yoke' or back 'plain'.")
    deep = c["back_pleat_depth"]
    back = widened(torso.back, 2 * deep)
    whole, y = run_length(back.edges["yoke"]), float(back.edges["yoke"][-1].end[1])
    if whole < 5 * deep:
        raise DraftRefused("The back is too narrow for its pleat: lower back_pleat_depth.")
    end = y - _PRESSED * (y - float(back.edges["hem"][0].start[1]))
    last, turn = (whole - deep, -1) if c["back_pleat"] == "box" else (whole, 1)
    first = last - 2 * deep
    knife = Knife(first, last, turn, ((whole - first, end), (whole - last, end)))
    return torso.changed(torso.front, replace(back, pleats={**back.pleats, "yoke": (knife,)}))


PLAIN = Part("plain", "Plain", "Neither darts nor pleats")
DARTS = Part("darts", "Waist darts", "A dart on either side that takes in the waist", (INTAKE, REACH), shape=_darts)
PLEATED = Part("pleat", "Pleat", "A box or inverted pleat below the yoke", (PLEAT, DEPTH), shape=_pleat)
BACKS = (PLAIN, DARTS, PLEATED)
