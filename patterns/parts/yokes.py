# SPDX-License-Identifier: GPL-3.0-or-later
"""Yokes: the shoulders of a shirt, cut in one from the back to a little in front of the shoulder line.

W. Aldrich, Metric Pattern Cutting for Menswear, 5th ed., "The classic shirt block": the back yoke with the front's
strip joined to it at the shoulder line, cut twice.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..assembly import SIDES, Assembly, backwards, on_torso
from ..blocks.torso import Half, Torso
from ..curves import Curve, Points, line, run_length, stretch, where
from ..pieces import Notch, Piece, Wrap, loop
from ..style import Choices, DraftRefused, Measurements, Part, ratio

DEPTH_BACK = ratio(
    "yoke_depth_back",
    0.3,
    0.12,
    0.6,
    "How far the yoke reaches down the back armhole, of its height, or to 2 cm below the neckline",
)
DEPTH_FRONT = ratio(
    "yoke_depth_front", 0.2, 0.1, 0.4, "How far the yoke reaches down the front's armhole, of its height"
)
FULLNESS = ratio("yoke_fullness", 1.0, 1.0, 1.6, "Back below the yoke over the yoke: above 1 it is gathered")

_LEAST_BAND = 0.02  # metres of yoke below the middle of the back neckline
_LEAST_ARMHOLE = 0.03  # metres of armhole above and below the yoke's seam


def _height(half: Half, y: float) -> float:
    """How far up its armhole a half has the height y, metres."""
    at = where(half.edges["armhole"], 1, y)
    if at is None:
        raise DraftRefused(
            f"The yoke would reach below the {half.name} armhole: lower neck_depth_back or choose yoke 'none'."
        )
    return at


def _whole(half: Half) -> None:
    if "shoulder" not in half.edges:
        raise DraftRefused("Without a shoulder there is no place for a yoke: choose yoke 'none', or another sleeve.")


def _below(
    half: Half, at: float, seam_end: Points, neckline: tuple[Curve, ...] | None, neck_off: tuple[Curve, ...]
) -> Half:
    """The half below a seam from its armhole, `at` metres up, to the point `seam_end`."""
    armhole = half.edges["armhole"]
    whole = run_length(armhole)
    if not _LEAST_ARMHOLE < at < whole - 0.25 * _LEAST_ARMHOLE:
        raise DraftRefused(
            f"The yoke takes the whole {half.name} armhole: lower yoke_depth_{half.name} or neck_depth_back."
        )
    low, high = stretch(armhole, 0.0, at), stretch(armhole, at, whole)
    edges = {name: run for name, run in half.edges.items() if name in ("hem", "side")}
    edges |= {"armhole": low, "yoke": (line(low[-1].end, seam_end),)}
    if neckline:
        edges["neckline"] = neckline
    cut_off = {**half.cut_off, "armhole": high, "shoulder": half.edges["shoulder"], "neckline": neck_off}
    return replace(half, edges=edges, cut_off=cut_off)


def widened(half: Half, by: float) -> Half:
    """The half below a yoke, `by` metres wider at the centre all the way down."""
    wider = np.array([by, 0.0])
    moved = {name: tuple(run.transformed(np.eye(2), wider) for run in runs) for name, runs in half.edges.items()}
    start, seam = moved["hem"][0].start, moved["yoke"][0]
    moved["hem"] = (line(start - wider, start), *moved["hem"])
    moved["yoke"] = (line(seam.start, seam.end - wider),)
    return replace(half, edges=moved)


def _shape(torso: Torso, _m: Measurements, c: Choices) -> Torso:
    front, back = torso.halves()
    _whole(front)
    neckline, down_armhole = back.edges["neckline"], c["yoke_depth_back"] * float((back.tip - back.armpit)[1])
    y = min(float(back.tip[1]) - down_armhole, float(neckline[-1].end[1]) - _LEAST_BAND)
    at = _height(back, y)
    lower = _below(back, at, np.array([0.0, y]), None, neckline)
    if c["yoke_fullness"] > 1:  # gathers
        lower = widened(lower, (c["yoke_fullness"] - 1) * lower.edges["yoke"][0].length)

    down_armhole = c["yoke_depth_front"] * float((front.tip - front.armpit)[1])
    at = _height(front, float(front.tip[1]) - down_armhole)
    curves = front.edges["neckline"]
    whole = run_length(curves)
    cut = min(down_armhole, 0.5 * whole)
    rest = stretch(curves, cut, whole)
    return torso.changed(_below(front, at, rest[0].start, rest, stretch(curves, 0.0, cut)), lower)


def joined(front: Half, back: Half) -> tuple[Points, Points]:
    """The matrix and offset that lay the front's strip onto the back's shoulder line, the right side up."""

    def frame(half: Half, inside: float) -> Points:
        along = (half.side_of_neck - half.tip) / np.linalg.norm(half.side_of_neck - half.tip)
        return np.stack([along, inside * np.array([-along[1], along[0]])], axis=1)

    matrix = frame(back, -1.0) @ frame(front, 1.0).T
    return matrix, back.tip - matrix @ front.tip


def _divide(assembly: Assembly, torso: Torso, _m: Measurements, c: Choices) -> None:
    front, back = torso.halves()
    matrix, offset = joined(front, back)

    def laid(curves: tuple[Curve, ...], reverse: bool) -> tuple[Curve, ...]:
        moved = tuple(curve.transformed(matrix, offset) for curve in curves)
        return tuple(curve.reversed() for curve in reversed(moved)) if reverse else moved

    armhole, neckline = back.cut_off["armhole"], back.cut_off["neckline"]
    low = np.array([0.0, armhole[0].start[1]])
    strip = laid(front.edges["yoke"], False)
    yoke = Piece(
        "yoke",
        loop(
            ("yoke_back", line(low, armhole[0].start)),
            ("armhole_back", armhole),
            ("armhole_front", laid(front.cut_off["armhole"], True)),
            ("yoke_front", strip),
            ("neckline_front", laid(front.cut_off["neckline"], True)),
            ("neckline_back", neckline),
            ("fold", line(neckline[-1].end, low)),
        ),
        on_torso(back),
        cut="fold",
        side="right",
        fold="fold",
        notches=(Notch("armhole_front", 0.0), Notch("neckline_back", 0.0)),
        allowance=c["seam_allowance"],
        allowances={"fold": 0.0},
    )
    assembly.add(yoke)
    assembly.add(replace(yoke, name="yoke_facing", wrap=Wrap("on", host="yoke", layer=-1), inner=True))
    assembly.lay("back", "armhole", (*assembly.stretches("back", "armhole"), ("yoke", "armhole_back")))
    assembly.lay("front", "armhole", (*assembly.stretches("front", "armhole"), ("yoke", "-armhole_front")))
    assembly.lay("back", "neckline", (("yoke", "neckline_back"),))
    assembly.lay("front", "neckline", (("yoke", "-neckline_front"), *assembly.stretches("front", "neckline")))
    for s in SIDES:
        for half, full in ((front, 1.0), (back, c["yoke_fullness"])):
            outer, inner = ((assembly.along(name, f"yoke_{half.name}", s),) for name in ("yoke", "yoke_facing"))
            lower = assembly.walk(half.name, "yoke", s)
            if half.name == "back":  # drawn outwards on the yoke, inwards on the back
                lower = backwards(lower)
            assembly.sew(f"yoke_{half.name}_{s}", outer, lower, full, inner)


NONE = Part("none", "None", "Front and back meet at the shoulder line")
YOKE = Part(
    "yoke", "Yoke", "A double yoke over both shoulders", (DEPTH_BACK, DEPTH_FRONT, FULLNESS),
    shape=_shape, divide=_divide,
)  # fmt: skip
YOKES = (NONE, YOKE)
