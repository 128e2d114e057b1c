# SPDX-License-Identifier: GPL-3.0-or-later
"""Collars, neckbands and hoods: what is sewn to the neckline.

W. Aldrich, Metric Pattern Cutting for Women's Wear, 6th ed.: "Standing collars", "The shirt collar", "Flat collars"
(the shoulders laid over each other), "Hoods"; each solved so that its seam is exactly as long as the neckline. What is
drawn on the fold at the centre back has x towards the wearer's right.
"""

from __future__ import annotations

from dataclasses import replace
from math import cos, pi, sin

import numpy as np

from ..assembly import SIDES, Assembly, backwards, from_back
from ..blocks.bodice import unturned
from ..blocks.torso import Half, Torso
from ..curves import Arc, Curve, Points, hermite, line, run_length, solve
from ..pieces import InternalLine, Notch, Piece, Trim, Wrap, loop
from ..seams import walk
from ..style import Choices, DraftRefused, Measurements, Part, ease, length, ratio
from .bands import band, open_band
from .closures import close_ends, front_lap, neck_opens
from .yokes import joined

BAND_WIDTH = length("neckband_width", 0.02, 0.01, 0.06, "Finished width of the neckband")
BAND_STRETCH = ratio("neckband_stretch", 0.88, 0.70, 1.0, "Neckband over neckline: below 1 it is stretched on")
STAND_HEIGHT = length("stand_height", 0.03, 0.015, 0.06, "Height of the collar's stand at the centre back")
STAND_SPRING = length("stand_spring", 0.006, 0.0, 0.02, "How much shorter the stand's top is than its seam, each half")
COLLAR_FALL = length(
    "collar_fall", 0.015, 0.008, 0.06, "How much wider the collar is than its stand, to cover its seam"
)
COLLAR_WIDTH = length("collar_width", 0.06, 0.03, 0.12, "Width of the flat collar")
COLLAR_POINT = length("collar_point", 0.07, 0.04, 0.13, "Length of the collar's front edge to its point")
COLLAR_SPREAD = ratio("collar_spread", 0.4, 0.0, 1.0, "How far the collar's points stand apart: 0 square to its seam")
COLLAR_ROUND = ratio("collar_round", 0.8, 0.1, 0.95, "Rounding of the collar's front corner, of its width")
SHOULDER_LAP = length("shoulder_lap", 0.025, 0.0, 0.05, "How far the shoulders are laid over each other; more rolls")
HOOD_HEIGHT = ease("hood_height_ease", 0.05, 0.03, 0.2, "Room over the head, above the way from nape to crown")
HOOD_DEPTH = ratio(
    "hood_depth", 0.68, 0.55, 0.95, "Depth of the hood over its height, where the neckline asks for no more"
)

_FALL_SPRING = 0.010  # metres by which each half of a fall's outer edge is longer than its seam, so that it lies down
_LEAST_HEAD = 0.1  # metres from nape to crown
_CASING = 0.03  # allowance at a hood's face, turned in as a casing for its cord


def _half_neck(torso: Torso) -> float:
    """The neckline from centre front to centre back, metres."""
    return torso.front.length("neckline") + torso.back.length("neckline")


def _neckband(assembly: Assembly, torso: Torso, _m: Measurements, c: Choices) -> None:
    front, back = (half.length("neckline") * c["neckband_stretch"] for half in torso.halves())
    width, drawn = c["neckband_width"], c["neckband_stretch"]
    if neck_opens(torso):
        lap = drawn * front_lap(torso, c)
        strip = open_band(
            "neckband", back + front + lap, width, "neck_side_left", back, fabric="rib", allowance=c["seam_allowance"]
        )
        assembly.add(strip)
        assembly.sew("neckline", assembly.around_neck(laps=True), assembly.around_back("neckband", "seam"), drawn)
        close_ends(assembly, c, "neckband", (back + front, width / 2))
        return
    strip = band(
        "neckband", 2 * (front + back), width, "neck_side_left", front, fabric="rib", allowance=c["seam_allowance"]
    )
    assembly.add(strip)
    assembly.sew("neckline", from_back(assembly.around_neck()), walk("-neckband.seam"), drawn)
    assembly.sew("neckband_ends", walk("neckband.end_left"), walk("-neckband.end_right"))


def _bow(long: float, turn: float) -> Curve:
    """From the centre back outwards, `long` metres, turning up by `turn` radians, or down where that is negative."""
    if abs(turn) < 1e-9:
        return line((0, 0), (long, 0))
    radius = long / turn
    return Arc(np.array([0.0, radius]), abs(radius), -pi / 2 if turn > 0 else pi / 2, turn)


def _heading(curve: Curve, t: float) -> tuple[Points, Points, Points]:
    """Point, unit tangent and left normal of a curve at its parameter t."""
    (place,), (way,) = curve.points(np.array([t])), curve.derivative(np.array([t]))
    along = way / np.linalg.norm(way)
    return place, along, np.array([-along[1], along[0]])


def _faced(assembly: Assembly, name: str, facing: str, edges: tuple[str, ...], *, falls: bool = True) -> None:
    """The inner layer of a collar, which is cut like it and sewn to it along its free edges.

    That of a stand, which does not fall, is not draped: two bands of one width, buttoned through, would not come apart.
    """
    outer = assembly.piece(name)
    piece = replace(outer, name=facing, trims=(), inner=falls, draped=falls)
    if falls:  # turned over, its outside is underneath
        host = name if outer.cut == "fold" else f"{name}_{outer.side}"
        piece = replace(piece, wrap=Wrap("on", host=host, layer=1))
    assembly.add(piece)
    for s in SIDES:
        for edge in edges:
            outer, inner = ((assembly.along(piece, edge, s),) for piece in (name, facing))
            assembly.sew(f"{name}_{edge}_{s}", outer, inner)


def _stand(assembly: Assembly, torso: Torso, _m: Measurements, c: Choices) -> None:
    neck, lap, high = _half_neck(torso), front_lap(torso, c), c["stand_height"]
    turn = c["stand_spring"] / high
    seam = _bow(neck + lap, turn * (neck + lap) / neck)
    at = neck / (neck + lap)
    front, along, up = _heading(seam, at)
    corner, _, square = _heading(seam, 1.0)
    top_front = front + high * up
    end = line(corner, top_front)
    if lap:
        end = hermite(corner, 1.5 * high * square, top_front, -1.5 * lap * along)
    top = _bow(neck - c["stand_spring"], turn).transformed(np.eye(2), np.array([0.0, high])).reversed()
    assembly.add(
        Piece(
            "stand",
            loop(("seam", seam), ("end", end), ("top", top), ("fold", line((0, high), (0, 0)))),
            Wrap("seam", "neck_side_left"),
            cut="fold",
            side="right",
            fold="fold",
            grain=(1.0, 0.0),
            notches=(Notch("seam", torso.back.length("neckline")), Notch("seam", neck)) if lap else (),
            allowance=c["seam_allowance"],
            allowances={"fold": 0.0},
        )
    )
    middle = front + high / 2 * up
    _faced(assembly, "stand", "stand_facing", () if c["collar"] == "shirt" else ("top",), falls=False)
    close_ends(assembly, c, "stand", (float(middle[0]), float(middle[1])), "stand_facing")
    facing = assembly.around_back("stand_facing", "seam")
    assembly.sew("neckline", assembly.around_neck(laps=True), assembly.around_back("stand", "seam"), 1.0, facing)


def _shirt(assembly: Assembly, torso: Torso, m: Measurements, c: Choices) -> None:
    _stand(assembly, torso, m, c)
    assembly.add(_fall("collar", _half_neck(torso) - c["stand_spring"], c))
    _faced(assembly, "collar", "under_collar", ("end", "top"))
    layers = (assembly.around_back("under_collar", "seam"), assembly.around_back("stand_facing", "top", False))
    assembly.sew(
        "collar", assembly.around_back("stand", "top", False), assembly.around_back("collar", "seam"), 1.0, *layers
    )


def _fall(name: str, half: float, c: Choices) -> Piece:
    """A collar that is sewn to its stand's top, `half` metres from the centre back, and falls over it."""
    wide = c["stand_height"] + c["collar_fall"]
    seam = _bow(half, -_FALL_SPRING / wide)
    front, along, up = _heading(seam, 1.0)
    lean = c["collar_spread"] * pi / 3
    tip = front + c["collar_point"] * (cos(lean) * up + sin(lean) * along * (1 if lean > 0 else 0))
    across = float(tip[0])
    return Piece(
        name,
        loop(
            ("seam", seam),
            ("end", line(front, tip)),
            ("top", hermite(tip, (-0.6 * across, 0.25 * (wide - tip[1])), (0, wide), (-across, 0))),
            ("fold", line((0, wide), (0, 0))),
        ),
        Wrap("seam", "neck_side_left", angle=pi),
        cut="fold",
        side="right",
        fold="fold",
        grain=(1.0, 0.0),
        allowance=c["seam_allowance"],
        allowances={"fold": 0.0},
    )


def _polo(assembly: Assembly, torso: Torso, _m: Measurements, c: Choices) -> None:
    """A knitted collar in one with its stand, which rolls over itself."""
    half, high, wide = _half_neck(torso), c["stand_height"], c["stand_height"] + c["collar_fall"]
    top, lean = high + wide, c["collar_spread"] * 0.5 * wide
    at_roll = half + lean * high / top
    assembly.add(
        Piece(
            "collar",
            loop(
                ("seam", line((-half, 0), (half, 0))),
                ("end_right", line((half, 0), (half + lean, top))),
                ("top", line((half + lean, top), (-half - lean, top))),
                ("end_left", line((-half - lean, top), (-half, 0))),
            ),
            Wrap("seam", "neck_side_left"),
            fabric="rib",
            grain=(1.0, 0.0),
            notches=(Notch("seam", half),),
            internal=(InternalLine("roll", (line((-at_roll, high), (at_roll, high)),), "fold", pi),),
            allowance=c["seam_allowance"],
            allowances={"top": 0.0, "end_left": 0.0, "end_right": 0.0},
        )
    )
    assembly.sew("neckline", assembly.around_neck(), walk("-collar.seam"))


def _round_the_neck(half: Half) -> tuple[Points, Points]:
    """Where a half's neckline meets the centre line, and the unit vector in which it gets there."""
    run = half.cut_off.get("neckline_end") or half.edges.get("neckline") or half.cut_off["neckline"]
    end, along, _ = _heading(run[-1], 1.0)
    return end, along


def _peter_pan(assembly: Assembly, torso: Torso, _m: Measurements, c: Choices) -> None:
    """A flat collar, in two halves where the back opens."""
    whole = torso.back.opening is None
    front, back = (unturned(half) for half in torso.halves())  # a dart that ends in the neckline is sewn first
    wide, need = c["collar_width"], _half_neck(torso)
    shoulder = run_length(front.shoulder)
    lapped = c["shoulder_lap"] / shoulder
    turn = np.array([[cos(lapped), sin(lapped)], [-sin(lapped), cos(lapped)]])
    matrix, _ = joined(front, back)
    (centre_front, way), (centre_back, _) = _round_the_neck(front), _round_the_neck(back)
    laid = turn @ matrix
    end = back.side_of_neck + laid @ (centre_front - front.side_of_neck) - centre_back
    way = laid @ way
    out = np.array([way[1], -way[0]])  # away from the neck

    def seam(k: float) -> Curve:
        return hermite((0, 0), (k, 0), end, k * way)

    k = solve(lambda k: seam(k).length - need, 0.2 * need, 4 * need, "The collar's seam")
    corner, rounding = end + wide * out, c["collar_round"] * wide
    start, leave, enter = np.array([0.0, -wide]), corner - rounding * way, corner - rounding * out
    larger = k * float(np.linalg.norm(leave - start) / np.linalg.norm(end))
    # Drawn as it would stand up, for it is turned over in its seam.
    standing = [
        curve.transformed(np.diag([1.0, -1.0]), np.zeros(2))
        for curve in (
            seam(k),
            line(end, enter),
            hermite(enter, 1.657 * rounding * out, leave, -1.657 * rounding * way),
            hermite(leave, -larger * way, start, (-larger, 0)),
            line(start, (0, 0)),
        )
    ]
    assembly.add(
        Piece(
            "collar",
            loop(
                ("seam", standing[0]),
                ("end", standing[1]),
                ("top", standing[2:4]),
                ("fold" if whole else "centre_back", standing[4]),
            ),
            Wrap("seam", "neck_side_left", angle=pi),
            cut="fold" if whole else "mirrored",
            side="right",
            fold="fold" if whole else None,
            allowance=c["seam_allowance"],
            allowances={"fold": 0.0} if whole else {},
        )
    )
    _faced(assembly, "collar", "under_collar", ("end", "top") if whole else ("end", "top", "centre_back"))
    under = assembly.around_back("under_collar", "seam")
    assembly.sew("neckline", assembly.around_neck(), assembly.around_back("collar", "seam"), 1.0, under)


def _hood(assembly: Assembly, torso: Torso, m: Measurements, c: Choices) -> None:
    """Two halves, joined from the nape over the crown; drawn as seen from the left, the face at x = 0."""
    head = m["stature"] - m["cervicale_height"]
    if head < _LEAST_HEAD:
        raise DraftRefused("The crown is not above the nape: check stature and cervicale_height.")
    high = head + c["hood_height_ease"]
    need = _half_neck(torso)

    def seam(across: float) -> Curve:
        return hermite((0, 0), (0.9 * across, -0.12 * across), (across, 0.1 * across), (0.9 * across, 0.12 * across))

    across = solve(lambda x: seam(x).length - need, 0.5 * need, need, "The hood's seam")
    deep = max(c["hood_depth"] * high, 0.95 * across)
    nape, back = np.array([across, 0.1 * across]), np.array([max(deep, across + 0.01), 0.58 * high])
    crown, brow = np.array([0.5 * deep, high]), np.array([0.04 * deep, 0.97 * high])
    rise = float(back[1] - nape[1])
    assembly.add(
        Piece(
            "hood",
            loop(
                ("seam", seam(across)),
                (
                    "centre",
                    (
                        hermite(nape, (0.4 * (back - nape)[0], 0.9 * rise), back, (0, 1.1 * rise)),
                        hermite(back, (0, 1.657 * (high - back[1])), crown, (-1.657 * (back[0] - crown[0]), 0)),
                        hermite(crown, (-1.2 * (crown[0] - brow[0]), 0), brow, 1.0 * (brow - crown)),
                    ),
                ),
                ("face", hermite(brow, (0.02 * deep, -high), (0, 0), (-0.02 * deep, -high))),
            ),
            Wrap("seam", "crown"),
            cut="mirrored",
            notches=(Notch("seam", torso.front.length("neckline")),),
            allowance=c["seam_allowance"],
            allowances={"face": _CASING},
            trims=(Trim("eyelet", "eyelet", (0.6 * _CASING, 0.03), 0.008, 5e-4),),
        )
    )
    for s in SIDES:
        neck = (*backwards(assembly.walk("front", "neckline", s)), *assembly.walk("back", "neckline", s))
        assembly.sew(f"neckline_{s}", neck, (assembly.along("hood", "seam", s),))
    left, right = ((assembly.along("hood", "centre", s),) for s in SIDES)
    assembly.sew("hood_centre", left, right)


NONE = Part("none", "None", "The neckline is faced or turned in")
NECKBAND = Part(
    "neckband", "Neckband", "A rib band, cut double and stretched on", (BAND_WIDTH, BAND_STRETCH), attach=_neckband
)
STAND = Part(
    "stand", "Stand collar", "A stiff band that stands up round the neck", (STAND_HEIGHT, STAND_SPRING), attach=_stand
)
SHIRT = Part(
    "shirt", "Shirt collar", "A pointed collar that falls over its stand",
    (STAND_HEIGHT, STAND_SPRING, COLLAR_FALL, COLLAR_POINT, COLLAR_SPREAD), attach=_shirt,
)  # fmt: skip
POLO = Part(
    "polo", "Polo collar", "A knitted collar in one with its stand", (STAND_HEIGHT, COLLAR_FALL, COLLAR_SPREAD),
    attach=_polo,
)  # fmt: skip
PETER_PAN = Part(
    "peter_pan", "Peter Pan collar", "A flat collar with rounded corners", (COLLAR_WIDTH, COLLAR_ROUND, SHOULDER_LAP),
    attach=_peter_pan,
)  # fmt: skip
HOOD = Part(
    "hood", "Hood", "A hood of two halves with a cord at the face", (HOOD_HEIGHT, HOOD_DEPTH),
    ("stature", "cervicale_height"), attach=_hood,
)  # fmt: skip
COLLARS = (NONE, NECKBAND, STAND, SHIRT, POLO, PETER_PAN, HOOD)
