# SPDX-License-Identifier: GPL-3.0-or-later
"""How a fitted shell is shaped to the body: darts turned to where the designer wants them, or dividing seams."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ..assembly import SIDES, Assembly, backwards
from ..blocks.bodice import EDGES, FittedHalf, fitted
from ..blocks.dividing import divided, shortened, turned
from ..blocks.torso import Half, Torso
from ..pieces import Piece, Wrap
from ..style import Choices, Clash, DraftRefused, Measurements, Part, choice, ratio
from .darts import darted, fisheye, stretches

_BUST_DARTS = ("side", "armhole", "shoulder", "neckline", "waist")
_FROM_NECKLINE = 0.015  # metres that a dart's point keeps from the neckline


def _to_shape(half: Half) -> FittedHalf:
    """The half, if there is room for its darts beside the neckline; raises DraftRefused."""
    found = fitted(half)
    neckline = np.concatenate([curve.flattened(1e-3) for curve in half.edges["neckline"]])
    beside, above = (found.pivot - neckline).T
    if ((beside < _FROM_NECKLINE) & (above > -_FROM_NECKLINE)).any():
        raise DraftRefused(f"The {half.name} neckline reaches the darts: lower neck_depth_{half.name} or neck_width.")
    return found


def _darts(torso: Torso, _m: Measurements, c: Choices) -> Torso:
    edge = "hem" if c["bust_dart"] == "waist" else str(c["bust_dart"])
    front = turned(_to_shape(torso.front), edge, c["bust_dart_place"])
    return torso.changed(*(shortened(half, c["dart_length"]) for half in (front, _to_shape(torso.back))))


def _fisheye_darts(torso: Torso, m: Measurements, c: Choices) -> Torso:
    """Bust darts, and in front and back a dart within the piece that takes in its waist."""
    return torso.changed(*(_waist_dart(fitted(half), c) for half in _darts(torso, m, c).halves()))


def _waist_dart(half: FittedHalf, c: Choices) -> FittedHalf:
    """The half with a dart from below its pivot to above the hip."""
    if not half.waist_intake:
        return half
    x, y = float(half.pivot[0]), half.waist_y
    up = c["dart_length"] * (float(half.pivot[1]) - y)
    down = c["dart_length"] * min(y - half.hip_y, y - float(half.edges["hem"][0].start[1]))
    legs = fisheye("waist_dart", np.array([x, y]), half.waist_intake, down, up)
    return replace(half, internal=(*half.internal, *legs))


_DARTS = (
    choice("bust_dart", "side", _BUST_DARTS, "The edge from which the bust dart comes"),
    ratio("bust_dart_place", 0.5, 0.2, 0.8, "Where along that edge it begins (a side dart stays at bust height)"),
    ratio("dart_length", 0.85, 0.5, 0.95, "Length of the darts, of the way to the point they look at"),
)
DARTS = Part("darts", "Darts", "Bust and waist darts", _DARTS, shape=_darts)
_CROSSED = Clash("bust_dart", ("waist",), "A bust dart from the hem runs into the waist's: choose another bust_dart.")
FISHEYE = Part(
    "fisheye", "Darts within", "Bust darts, and fisheye darts that take in the waist", _DARTS, shape=_fisheye_darts,
    clashes=(_CROSSED,),
)  # fmt: skip


def _princess(edge: str, place: str) -> Callable[[Torso, Measurements, Choices], Torso]:
    def shape(torso: Torso, _m: Measurements, c: Choices) -> Torso:
        return torso.changed(*(divided(_to_shape(half), edge, c[place]) for half in torso.halves()))

    return shape


def _panel(half: FittedHalf, c: Choices) -> Piece:
    """The side panel that a half was divided from."""
    edges = tuple(e for name, run in half.panel for e in darted(name, run, (), ""))
    return Piece(
        f"{half.name}_side",
        edges,
        Wrap("torso", "neck_side_left", angle=half.facing),
        cut="mirrored",
        side=half.side_of_body,
        allowance=c["seam_allowance"],
        allowances={"hem": c["hem_allowance"]},
    )


def _divide(assembly: Assembly, torso: Torso, _m: Measurements, c: Choices) -> None:
    for half in torso.halves():
        panel = _panel(fitted(half), c)
        assembly.add(panel)
        for edge in EDGES:
            main, mine = assembly.stretches(half.name, edge), [(panel.name, e) for e in stretches(panel, edge)]
            assembly.lay(half.name, edge, (*main, *mine) if edge == "hem" else (*mine, *main))
        for side in SIDES:
            a, b = ((assembly.along(name, "princess", side),) for name in (half.name, panel.name))
            assembly.sew(f"princess_{half.name}_{side}", a, backwards(b))


PLACE = ratio("panel_place", 0.5, 0.25, 0.7, "Where on the shoulder the dividing seams begin: 0 at its tip")
HEIGHT = ratio("panel_height", 0.5, 0.25, 0.55, "Where on the armhole the dividing seams begin: 0 at the armpit")
PRINCESS_SHOULDER = Part(
    "princess_shoulder",
    "Princess, shoulder",
    "Dividing seams from the shoulders over the bust to the hem",
    (PLACE,),
    shape=_princess("shoulder", "panel_place"),
    divide=_divide,
)
PRINCESS_ARMHOLE = Part(
    "princess_armhole",
    "Princess, armhole",
    "Dividing seams from the armholes over the bust to the hem",
    (HEIGHT,),
    shape=_princess("armhole", "panel_height"),
    divide=_divide,
)
SHAPINGS = (DARTS, PRINCESS_SHOULDER, PRINCESS_ARMHOLE)
WITHOUT_WAIST_SEAM = (DARTS, FISHEYE, PRINCESS_SHOULDER, PRINCESS_ARMHOLE)
