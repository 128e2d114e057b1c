# SPDX-License-Identifier: GPL-3.0-or-later
"""The seat yoke of jeans: the back's darts closed into a seam across, so that it is shaped without one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..assembly import SIDES, Assembly
from ..blocks.lower import Lower
from ..curves import Curve, line, point_along, rotation, run_length, stretch
from ..hanging import ZIPPED
from ..pieces import Piece, loop
from ..style import Choices, DraftRefused, Measurements, Part, ratio
from .darts import Dart

_HELP = "of the way from waist to hip; at least 2.5 cm"
YOKE_SIDE = ratio("yoke_side", 0.16, 0.08, 0.3, f"Height of the seat yoke at the side, {_HELP}")
YOKE_CENTRE = ratio("yoke_centre", 0.3, 0.15, 0.5, f"Height of the seat yoke behind, {_HELP}")
_LEAST = 0.025  # metres
_OUTER = ("outseam", ZIPPED)  # the edges along the side, from below
_CENTRE = ("fly", "crotch")  # the edges along the centre, from the waist


def _shape(lower: Lower, m: Measurements, c: Choices) -> Lower:
    """The back cut off at the yoke's seam; its darts, which end there, stay in the yoke."""
    if not lower.legs:
        raise DraftRefused("A seat yoke is for trousers: choose yoke 'none'.")
    back = lower.back
    outer, centre = (sum(back.length(e) for e in names if e in back.edges) for names in (_OUTER, _CENTRE))

    def high(share: float) -> float:
        return max(share * m["waist_to_hip"], _LEAST)

    rest = back.cut([e for e in _OUTER if e in back.edges], outer - min(high(c["yoke_side"]), outer / 3))
    deep = min(high(c["yoke_centre"]), centre / 3)
    rest = rest.cut([e for e in _CENTRE if e in back.edges], deep, before=True)
    order = list(rest.edges)
    at = order.index("waist")
    before, after = (rest.edges[order[k]] for k in (at - 1, at + 1))
    edges = {
        "yoke" if name == "waist" else name: (line(before[-1].end, after[0].start),) if name == "waist" else run
        for name, run in rest.edges.items()
    }
    cut_off = {**rest.cut_off, "waist": back.edges["waist"]}
    return replace(lower, back=replace(rest, edges=edges, cut_off=cut_off))


def _divide(assembly: Assembly, lower: Lower, _m: Measurements, c: Choices) -> None:
    """The yoke: what was cut off, parted at its darts and turned until they are closed."""
    back = lower.back
    (seam,) = back.edges["yoke"]
    waist, darts = back.cut_off["waist"], back.darts.get("waist", ())
    whole = run_length(waist)
    stops = [(0.0, 0.0), *((d.at - d.intake / 2, d.at + d.intake / 2) for d in darts), (whole, whole)]
    feet = [0.0, *(_foot(seam, waist, d) for d in darts), seam.length]
    top: list[Curve] = []
    bottom: list[Curve] = []
    matrix, offset = np.eye(2), np.zeros(2)
    side = {name: back.cut_off[name] for name in _OUTER if name in back.cut_off}
    centre = {name: back.cut_off[name] for name in _CENTRE if name in back.cut_off}
    for k in range(len(darts) + 1):
        if k:
            about = matrix @ seam.at([feet[k]])[0] + offset
            a, b = ((matrix @ point_along(waist, s) + offset) - about for s in stops[k])
            angle = float(np.arctan2(a[1], a[0]) - np.arctan2(b[1], b[0]))
            turn, shift = rotation(angle, about)
            matrix, offset = turn @ matrix, turn @ offset + shift
        top += [curve.transformed(matrix, offset) for curve in stretch(waist, stops[k][1], stops[k + 1][0])]
        bottom += [curve.transformed(matrix, offset) for curve in stretch((seam,), feet[k], feet[k + 1])]
    assembly.add(
        Piece(
            "yoke",
            loop(
                *side.items(),
                ("waist", top),
                *((name, [curve.transformed(matrix, offset) for curve in run]) for name, run in centre.items()),
                ("yoke", [curve.reversed() for curve in reversed(bottom)]),
            ),
            replace(
                lower.back_wrap, around="torso", anchor=(float(top[-1].end[0]), lower.back_wrap.anchor[1]), over=None
            ),
            cut="mirrored",
            side=back.side_of_body,
            allowance=c["seam_allowance"],
        )
    )
    for name in side:
        assembly.lay("back", name, [*assembly.stretches("back", name), ("yoke", name)])
    for name in centre:
        assembly.lay("back", name, [("yoke", name), *assembly.stretches("back", name)])
    assembly.lay("back", "waist", [("yoke", "waist")])
    for s in SIDES:
        a, b = (assembly.along(piece, "yoke", s) for piece in ("back", "yoke"))
        assembly.sew(f"yoke_{s}", (a,), (replace(b, backwards=not b.backwards),))


def _foot(seam: Curve, waist: tuple[Curve, ...], dart: Dart) -> float:
    """Where on the yoke's seam a dart ends so that its legs are of one length, metres along the seam."""
    a, b = (point_along(waist, dart.at + s * dart.intake / 2) for s in (-1, 1))
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
