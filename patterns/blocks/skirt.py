# SPDX-License-Identifier: GPL-3.0-or-later
"""The skirt's shell, from pencil to A-line: front and back hung from the waist, each drafted as one half.

The block follows W. Aldrich, Metric Pattern Cutting for Women's Wear, 6th ed., "The tailored skirt block": girths in
quarters, the waist's suppression shared by side seam and darts, the waist line raised at the side over the hip bone.
Origin: centre line at the height of the waist's seam; x from the centre line to the side, y up; metres.
"""

from __future__ import annotations

import numpy as np

from ..curves import Cubic, hermite, line, point, solve, solve_together
from ..parts.darts import LEAST_INTAKE, evenly
from ..pieces import Notch, Wrap
from ..style import Choices, DraftRefused, Measurements, count, ease, length, ratio
from .lower import Lower
from .torso import Half, Name

WAIST_EASE = ease("waist_ease", 0.015, -0.05, 0.20, "Room about the waist")
HIP_EASE = ease("hip_ease", 0.05, -0.05, 0.60, "Room about the hip")
LENGTH = ratio("skirt_length", 1.0, 0.35, 1.75, "From waist to hem, of the way from waist to knee")
FLARE = length("flare", 0.05, -0.05, 0.40, "How far each side seam swings out from hip to hem")
ALLOWANCES = (
    length("seam_allowance", 0.012, 0.004, 0.03, "Allowance along sewn edges"),
    length("hem_allowance", 0.04, 0.0, 0.08, "Allowance turned up at the hem"),
)
PARAMETERS = (
    WAIST_EASE,
    HIP_EASE,
    LENGTH,
    FLARE,
    ratio("gathers", 1.0, 1.0, 2.5, "Waist edge over waistband: above 1 it is gathered and has no darts"),
    count("darts_front", 2, 0, 2, "Waist darts in each half of the front"),
    count("darts_back", 2, 0, 2, "Waist darts in each half of the back"),
    ratio("dart_length_front", 0.50, 0.2, 0.85, "Length of the front darts, of the way from waist to hip"),
    ratio("dart_length_back", 0.68, 0.2, 0.90, "Length of the back darts, of the way from waist to hip"),
    ratio("side_shaping", 0.5, 0.2, 1.0, "Share of the waist's suppression taken by the side seam"),
    length("front_dip", 0.008, 0.0, 0.05, "How far the waist line dips at the centre front"),
    length("back_dip", 0.012, 0.0, 0.05, "How far the waist line dips at the centre back"),
    *ALLOWANCES,
)
MEASUREMENTS = ("waist", "hip", "waist_to_hip", "waist_to_knee")
_SIDE_RAISE = 0.012  # the waist line rises towards the side, over the hip bone
_LEAST_HEM = 0.05  # metres of half a hem


def _waist_line(side_x: float, side_raise: float, dip: float) -> Cubic:
    """From the side in to the centre line: level at the centre, rising to the side."""
    return hermite((side_x, side_raise), (-side_x, -0.4 * (side_raise + dip)), (0.0, -dip), (-side_x, 0.0))


def skirt_half(name: Name, m: Measurements, c: Choices, girth: float, over: float | None = None) -> Half:
    """Front or back of a waist edge of that girth; `over` is the length of the side from hip to waist, if given."""
    front = name == "front"
    darts, dip = (c["darts_front"], c["front_dip"]) if front else (c["darts_back"], c["back_dip"])
    depth = m["waist_to_hip"] * (c["dart_length_front"] if front else c["dart_length_back"])
    waist = girth / 4 * c["gathers"]
    hip_x = max((m["hip"] + c["hip_ease"]) / 4, waist if c["gathers"] > 1 else 0.0)
    suppression = hip_x - waist
    intake = max(suppression, 0.0) * (1 - c["side_shaping"]) / max(darts, 1)
    if c["gathers"] > 1 or intake < LEAST_INTAKE:
        darts = 0
    intake *= darts > 0

    hip_y, hem_y = -m["waist_to_hip"], -c["skirt_length"] * m["waist_to_knee"]
    skirt = hip_y - hem_y
    if skirt < 0.02:
        raise DraftRefused("The skirt ends above the hip: raise skirt_length.")
    swing = point((c["flare"], -skirt)) / np.hypot(c["flare"], skirt)
    hip = point((hip_x, hip_y))
    hem = hip + swing * skirt  # walked down the side seam, so that the hem is level all round
    if hem[0] < _LEAST_HEM:
        raise DraftRefused("The hem would be narrower than the legs: raise flare.")

    def over_the_hip(side_x: float, side_raise: float) -> Cubic:
        rise = side_raise - hip_y
        return hermite(hip, -swing * rise, (side_x, side_raise), (1.5 * (side_x - hip_x), 0.75 * rise))

    # The waist line's length, less its darts, is exactly a quarter of the waist: its side end is solved for. In the
    # back, which dips and darts differently, that end also moves up or down until both side seams are one length.
    wanted = waist + darts * intake
    what = f"A waist line of {waist:.3f} m"
    if over is None:
        side_raise = _SIDE_RAISE
        side_x = solve(lambda x: _waist_line(x, side_raise, dip).length - wanted, 0.2 * waist, 2 * wanted, what)
    else:
        side_x, side_raise = solve_together(
            lambda end: np.array(
                [_waist_line(end[0], end[1], dip).length - wanted, over_the_hip(end[0], end[1]).length - over]
            ),
            (wanted, _SIDE_RAISE),
            what,
        )
    waist_line = _waist_line(side_x, side_raise, dip)
    return Half(
        name,
        {
            "hem": (hermite((0.0, hem_y), (hem[0], 0.0), hem, hem[0] * np.array([-swing[1], swing[0]])),),
            "side": (line(hem, hip), over_the_hip(side_x, side_raise)),
            "waist": (waist_line,),
        },
        {"waist": evenly(waist_line.length, darts, intake, depth)},
        notches=(Notch("side", skirt, "single" if front else "double"),),
    )


def skirt(m: Measurements, c: Choices, above: float = 0.0, pull_on: bool = False) -> Lower:
    """The shell from measurements `m` and resolved choices `c`; its waist edge lies `above` metres below the waist.

    pull_on: the waist edge is as wide as the hip, so that it passes over it, and has no darts. Raises DraftRefused,
    LengthUnreachable.
    """
    waist = m["waist"] + c["waist_ease"]
    if pull_on:
        waist = max(waist, m["hip"] + c["hip_ease"])
    front = skirt_half("front", m, c, waist)
    back = skirt_half("back", m, c, waist, over=front.edges["side"][1].length)
    wraps = [Wrap("torso", "waist_front", angle=half.facing, lift=-above) for half in (front, back)]
    return Lower(front, back, wraps[0], wraps[1], waist, above, c["gathers"])
