# SPDX-License-Identifier: GPL-3.0-or-later
"""The seat yoke of jeans: the back's darts closed into a seam across, so that it is shaped without one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..assembly import SIDES, Assembly
from ..blocks.lower import Lower
from ..blocks.torso import Half
from ..curves import Curve, Points, line
from ..pieces import Piece, loop
from ..style import Choices, DraftRefused, Measurements, Part, length
from .darts import Dart, stretch

YOKE_SIDE = length("yoke_side", 0.035, 0.015, 0.08, "Height of the seat yoke at the side")
YOKE_CENTRE = length("yoke_centre", 0.065, 0.03, 0.12, "Height of the seat yoke at the centre back")


def _ends(half: Half, c: Choices) -> tuple[float, float]:
    """Where the yoke's seam meets outer seam and centre seam: arc lengths from the start of each, metres."""
    outer, centre = (sum(curve.length for curve in half.edges[name]) for name in ("outseam", "crotch"))
    if c["yoke_side"] > outer / 3 or c["yoke_centre"] > centre / 3:
        raise DraftRefused("The seat yoke reaches down into the legs: lower yoke_side and yoke_centre.")
    return outer - c["yoke_side"], c["yoke_centre"]


def _shape(lower: Lower, _m: Measurements, c: Choices) -> Lower:
    """The back cut off at the yoke's seam; its darts, which end there, stay in the yoke."""
    if not lower.legs:
        raise DraftRefused("A seat yoke is for trousers: choose yoke 'none'.")
    back = lower.back
    low, high = _ends(back, c)
    crotch = back.edges["crotch"]
    edges: dict[str, tuple[Curve, ...]] = {}
    for name, run in back.edges.items():
        if name == "outseam":
            edges[name] = stretch(run, 0.0, low)
        elif name == "waist":
            edges["yoke"] = (line(edges["outseam"][-1].end, stretch(crotch, high, high + 1e-3)[0].start),)
        elif name == "crotch":
            edges[name] = stretch(run, high, sum(curve.length for curve in run))
        else:
            edges[name] = run
    cut_off = {
        **back.cut_off,
        "outseam": stretch(back.edges["outseam"], low, sum(curve.length for curve in back.edges["outseam"])),
        "waist": back.edges["waist"],
        "crotch": stretch(crotch, 0.0, high),
    }
    notches = tuple(
        replace(n, distance=n.distance - high) if n.edge == "crotch" else n
        for n in back.notches
        if n.edge != "crotch" or n.distance > high
    )
    return replace(lower, back=replace(back, edges=edges, cut_off=cut_off, notches=notches))


def _turned(about: Points, angle: float) -> tuple[Points, Points]:
    """Matrix and offset of the rotation about a point."""
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return turn, about - turn @ about


def _divide(assembly: Assembly, lower: Lower, _m: Measurements, c: Choices) -> None:
    """The yoke: what was cut off, parted at its darts and turned until they are closed."""
    back = lower.back
    (seam,) = back.edges["yoke"]
    waist, darts = back.cut_off["waist"], back.darts.get("waist", ())
    whole = sum(curve.length for curve in waist)
    stops = [(0.0, 0.0), *((d.at - d.intake / 2, d.at + d.intake / 2) for d in darts), (whole, whole)]
    feet = [0.0, *(_foot(seam, waist, d) for d in darts), seam.length]
    top: list[Curve] = []
    bottom: list[Curve] = []
    matrix, offset = np.eye(2), np.zeros(2)
    side = back.cut_off["outseam"]
    centre = back.cut_off["crotch"]
    for k in range(len(darts) + 1):
        if k:
            about = matrix @ seam.at([feet[k]])[0] + offset
            a, b = ((matrix @ _at(waist, s) + offset) - about for s in stops[k])
            angle = float(np.arctan2(a[1], a[0]) - np.arctan2(b[1], b[0]))
            turn, shift = _turned(about, angle)
            matrix, offset = turn @ matrix, turn @ offset + shift
        top += [curve.transformed(matrix, offset) for curve in stretch(waist, stops[k][1], stops[k + 1][0])]
        bottom += [curve.transformed(matrix, offset) for curve in stretch((seam,), feet[k], feet[k + 1])]
    level = max(float(curve.end[1]) for curve in top)
    assembly.add(
        Piece(
            "yoke",
            loop(
                ("outseam", side),
                ("waist", top),
                ("crotch", [curve.transformed(matrix, offset) for curve in centre]),
                ("yoke", [curve.reversed() for curve in reversed(bottom)]),
            ),
            replace(lower.back_wrap, over=None, anchor=(0.0, level)),
            cut="mirrored",
            side=back.side_of_body,
            allowance=c["seam_allowance"],
        )
    )
    assembly.lay("back", "outseam", [*assembly.stretches("back", "outseam"), ("yoke", "outseam")])
    assembly.lay("back", "waist", [("yoke", "waist")])
    assembly.lay("back", "crotch", [("yoke", "crotch"), *assembly.stretches("back", "crotch")])
    for s in SIDES:
        a, b = (assembly.along(piece, "yoke", s) for piece in ("back", "yoke"))
        assembly.sew(f"yoke_{s}", (a,), (replace(b, backwards=not b.backwards),))


def _at(curves: tuple[Curve, ...], distance: float) -> Points:
    for curve in curves:
        if distance <= curve.length + 1e-9:
            return curve.at([min(distance, curve.length)])[0]
        distance -= curve.length
    return curves[-1].end


def _foot(seam: Curve, waist: tuple[Curve, ...], dart: Dart) -> float:
    """Where on the yoke's seam a dart ends so that its legs are of one length, metres along the seam."""
    a, b = (_at(waist, dart.at + s * dart.intake / 2) for s in (-1, 1))
    way = seam.end - seam.start
    # |p + t way - a| = |p + t way - b| for t, the seam being straight
    t = float(((a @ a - b @ b) / 2 - seam.start @ (a - b)) / (way @ (a - b)))
    return float(np.clip(t, 0.05, 0.95)) * seam.length


NONE = Part("none", "None", "Darts instead of a yoke")
SEAT = Part(
    "seat",
    "Seat yoke",
    "A yoke across the seat in which the back darts are closed",
    (YOKE_SIDE, YOKE_CENTRE),
    shape=_shape,
    divide=_divide,
)
YOKES = (NONE, SEAT)
