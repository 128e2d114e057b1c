# SPDX-License-Identifier: GPL-3.0-or-later
"""The trousers' shell: a front and a back for each leg, from shorts to full length.

The block follows W. Aldrich, Metric Pattern Cutting for Women's Wear, 6th ed., "The classic tailored trouser block":
front and back hang from one crease, the back's fork reaches further, and its centre seam leans in and is raised so
that there is room to sit. The fork is the part of a leg that passes between the legs.
Origin: crease at the height of the waist's seam; x towards the outseam, y up; metres.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..curves import (
    Cubic,
    Curve,
    Points,
    hermite,
    line,
    point,
    point_along,
    run_length,
    solve,
    solve_together,
    where,
)
from ..parts.darts import LEAST_INTAKE, evenly
from ..pieces import InternalLine, Notch, Wrap
from ..style import Choices, DraftRefused, Measurements, count, ease, length, ratio
from .lower import Lower
from .torso import Half

_SIDE_RAISE = 0.010  # the waist line rises towards the outseam, over the hip bone
_BACK_WIDER = 0.01  # metres by which a back is wider than a front at hip, knee and hem
_STRAIGHT = 0.25  # that the centre line runs straight at least, of its way down to the fork
_CUTS, _SHORT = 6, 1e-4  # each with longer forks for thick thighs, until those lack so many metres at most
_LEAST_HIP = 0.02  # metres from the waist's edge down to the hip below which it takes nothing in
_LEAST_LEG = 0.03  # metres of inseam below which these are no trousers

PARAMETERS = (
    ease("waist_ease", 0.015, -0.05, 0.20, "Room about the waist"),
    ease("hip_ease", 0.06, -0.05, 0.50, "Room about the hip"),
    ease("thigh_ease", 0.06, -0.05, 0.40, "Least room about the thigh; the forks grow to give it"),
    ease("knee_ease", 0.15, -0.03, 0.50, "Room about the knee"),
    ratio("leg_taper", 0.96, 0.6, 2.2, "Girth of a full-length leg at the hem over the knee's: above 1 it flares"),
    ratio("trouser_length", 0.92, 0.1, 1.0, "Inseam, of the way from crotch to floor"),
    length("crotch_drop", 0.012, 0.0, 0.10, "How far the fork hangs below the crotch"),
    ratio("front_fork", 0.062, 0.04, 0.10, "How far the front's fork reaches in between the legs, of the hip"),
    ratio("back_fork", 0.118, 0.08, 0.18, "How far the back's fork reaches in between the legs, of the hip"),
    length("front_lean", 0.008, 0.0, 0.03, "How far the centre front leans in, from fork to waist"),
    length("back_lean", 0.025, 0.0, 0.05, "How far the centre back leans in, from seat to waist"),
    length("back_raise", 0.022, 0.0, 0.06, "How far the waist line rises at the centre back, for room to sit"),
    length("front_dip", 0.008, 0.0, 0.05, "How far the waist line dips at the centre front"),
    count("darts_front", 1, 0, 2, "Waist darts in each front"),
    count("darts_back", 2, 0, 2, "Waist darts in each back"),
    ratio("dart_length_front", 0.40, 0.2, 0.8, "Length of the front darts, of the way from waist to hip"),
    ratio("dart_length_back", 0.55, 0.2, 0.85, "Length of the back darts, of the way from waist to hip"),
    ratio("side_shaping", 0.5, 0.2, 1.0, "Share of the waist's suppression taken by the outseam"),
    length("seam_allowance", 0.012, 0.004, 0.03, "Allowance along sewn edges"),
    length("hem_allowance", 0.04, 0.0, 0.08, "Allowance turned up at the hems"),
)
MEASUREMENTS = ("waist", "hip", "thigh", "knee", "waist_to_hip", "waist_to_knee", "waist_height", "crotch_height")


def _square_to(direction: Points) -> Points:
    """The direction turned a quarter to the right, of unit length."""
    return np.array([direction[1], -direction[0]]) / np.linalg.norm(direction)


class _Darts(NamedTuple):
    """How many in each half, how much each takes in, and how much the outseam of each half takes in, in metres."""

    front: int
    back: int
    each: float
    outseam: float


def _wide(m: Measurements, c: Choices) -> tuple[float, float]:
    """Across the hip: a front and a back."""
    quarter = (m["hip"] + c["hip_ease"]) / 4
    return quarter - _BACK_WIDER / 2, quarter + _BACK_WIDER / 2


def _suppressed(m: Measurements, c: Choices, waist: float) -> _Darts:
    """What takes the hip's width in to the waist's: darts all alike, and the outseam as much in front as behind."""
    spare = sum(_wide(m, c)) - c["front_lean"] - c["back_lean"] - waist / 2
    many = c["darts_front"] + c["darts_back"]
    each = max(spare, 0.0) * (1 - c["side_shaping"]) / max(many, 1)
    if not many or each < LEAST_INTAKE:
        return _Darts(0, 0, 0.0, spare / 2)
    return _Darts(c["darts_front"], c["darts_back"], each, (spare - many * each) / 2)


def _leg(
    m: Measurements, c: Choices, forks: tuple[float, float], above: float, suppressed: _Darts, like: Half | None = None
) -> tuple[Half, Wrap]:
    """The left front, or the right back; `like` is the front to whose seams the back is made to fit."""
    front = like is None
    sign = -1 if front else 1
    rise = m["waist_height"] - m["crotch_height"] - above
    hip_y = -min(m["waist_to_hip"] - above, 0.85 * rise)
    fork_y = -(rise + c["crotch_drop"])
    hem_y = -(rise + c["trouser_length"] * m["crotch_height"])
    knee_y = -max(m["waist_to_knee"] - above, rise + 0.3 * m["crotch_height"])
    if fork_y - hem_y < _LEAST_LEG:
        raise DraftRefused("The legs end at the fork: raise trouser_length or lower crotch_drop.")

    # Across, at the hip: side, centre line and tip of the fork. The crease halves the front; the back shares it out.
    across, mine = _wide(m, c), 0 if front else 1
    wide, fork = across[mine], forks[mine]
    reach = (wide + fork) / 2
    if front:
        side_x = reach
    else:
        front_reach = (across[0] + forks[0]) / 2
        side_x = (reach + front_reach) / 2
    centre_x, tip_x = side_x - wide, side_x - wide - fork

    # Down the leg: half widths at knee and hem, on both sides of the crease.
    knee = (m["knee"] + c["knee_ease"]) / 4 + sign * _BACK_WIDER / 2
    full_hem = (m["knee"] + c["knee_ease"]) / 4 * c["leg_taper"] + sign * _BACK_WIDER / 2
    straight = knee_y - hem_y > 0.06  # below the knee the leg runs straight; shorts have no such part
    if straight:
        hem = knee + (full_hem - knee) * (knee_y - hem_y) / (knee_y + rise + m["crotch_height"])
        hem_in, hem_out = point((-hem, hem_y)), point((hem, hem_y))
        ends = point((-knee, knee_y)), point((knee, knee_y))
    else:
        t = (fork_y - hem_y) / (fork_y - min(knee_y, hem_y - 0.01))
        hem_in, hem_out = point((tip_x + t * (-knee - tip_x), hem_y)), point((side_x + t * (knee - side_x), hem_y))
        ends = hem_in, hem_out
    if hem_out[0] - hem_in[0] < 0.04:
        raise DraftRefused("The legs would close at the hem: raise knee_ease or leg_taper.")

    def thigh(tip_y: float) -> Cubic:
        """The inseam from the fork's tip to the knee, hollowed below the fork."""
        tip, end = point((tip_x, tip_y)), ends[0]
        way = end - tip
        down = (hem_in - end) * (way[1] / (hem_y - end[1])) if straight else np.array([0.7 * way[0], way[1]])
        return hermite(tip, (1.6 * way[0], way[1]), end, down)

    tip_y = fork_y
    if like is not None:  # the longer way of the back's inseam is taken up by a lower tip
        wanted = run_length(like.edges["inseam"])
        below = float(np.linalg.norm(hem_in - ends[0]))
        what = f"A back inseam of {wanted:.3f} m"
        tip_y = solve(
            lambda y: thigh(y).length + below - wanted, fork_y + 0.3 * (ends[0][1] - fork_y), fork_y + 0.05, what
        )
    inner = thigh(tip_y)

    hip = point((side_x, hip_y))
    up = hip - ends[1]
    leave = (ends[1] - hem_out) * (up[1] / (ends[1][1] - hem_y)) if straight else np.array([up[0], up[1]])
    outer = hermite(ends[1], leave, hip, (0.0, up[1]))

    # The centre line leans in to the waist; the fork leaves it smoothly and meets the inseam squarely.
    lean, top_y = (c["front_lean"], -c["front_dip"]) if front else (c["back_lean"], c["back_raise"])
    seat_y = min(max(hip_y, fork_y + min(fork, -0.5 * fork_y)), top_y - _STRAIGHT * (top_y - fork_y))
    seat, top = point((centre_x, seat_y)), point((centre_x + lean, top_y))
    down = (seat - top) / np.linalg.norm(seat - top)
    tip = inner.start
    scoop = hermite(
        seat,
        1.5 * (seat[1] - tip[1]) * down,
        tip,
        1.3 * fork * _square_to(inner.derivative(np.array([0.0]))[0]),
    )

    darts = suppressed.front if front else suppressed.back
    depth = -hip_y * (c["dart_length_front"] if front else c["dart_length_back"])

    def waist_line(x: float, y: float) -> Cubic:
        way = top - (x, y)
        return hermite((x, y), way, top, -way[0] * _square_to(down))

    def over_the_hip(x: float, y: float) -> Cubic:
        return hermite(hip, (0.0, y - hip_y), (x, y), (1.5 * (x - side_x), 0.75 * (y - hip_y)))

    long = wide - lean - suppressed.outseam
    what = f"A waist line of {long:.3f} m"
    if like is None:
        y = _SIDE_RAISE
        x = solve(lambda x: waist_line(x, y).length - long, top[0] + 0.3 * long, top[0] + 1.5 * long, what)
    else:
        below = outer.length + float(np.linalg.norm(ends[1] - hem_out))
        over = like.length("outseam") - below
        x, y = solve_together(
            lambda end: np.array([waist_line(*end).length - long, over_the_hip(*end).length - over]),
            (top[0] + long, _SIDE_RAISE),
            what,
        )
    waist_line_curve = waist_line(float(x), float(y))

    shin_in: tuple[Curve, ...] = (line(ends[0], hem_in),) if straight else ()
    shin_out: tuple[Curve, ...] = (line(hem_out, ends[1]),) if straight else ()
    kind = "single" if front else "double"
    half = Half(
        "front" if front else "back",
        {
            "hem": (line(hem_in, hem_out),),
            "outseam": (*shin_out, outer, over_the_hip(float(x), float(y))),
            "waist": (waist_line_curve,),
            "crotch": (line(top, seat), scoop),
            "inseam": (inner, *shin_in),
        },
        {"waist": evenly(waist_line_curve.length, darts, suppressed.each, depth)},
        notches=(
            Notch("inseam", inner.length if straight else inner.length / 2, kind),
            Notch("outseam", run_length(shin_out) or outer.length / 2, kind),
            Notch("crotch", float(np.linalg.norm(top - seat)), kind),
        ),
        internal=(InternalLine("crease", (line((0.0, hem_y), (0.0, hip_y)),), "placement"),),
    )
    level = min(top_y, float(y))  # the highest line across that is whole
    fork_line = (float(seat[0]), float(seat[1])), (float(tip[0]), float(tip[1]))
    around = "leg_left" if front else "leg_right"
    return half, Wrap(around, "waist_front", (0.0, level), half.facing, level - above, fork_line)


def _at_the_fork(half: Half) -> float:
    """How wide a half is at its fork's tip, square to the crease; at the hem, where that is higher."""
    tip, outseam = half.edges["inseam"][0].start, half.edges["outseam"]
    return float(point_along(outseam, where(outseam, 1, float(tip[1])) or 0.0)[0] - tip[0])


def trousers(m: Measurements, c: Choices, above: float = 0.0, pull_on: bool = False) -> Lower:
    """The shell from measurements `m` and resolved choices `c`; its waist edge lies `above` metres below the waist.

    pull_on: the waist edge is as wide as the hip, so that it passes over it, and has no darts. Raises DraftRefused,
    LengthUnreachable.
    """
    if m["waist_height"] - m["crotch_height"] - above < 0.1 * m["waist_height"]:
        raise DraftRefused("The crotch lies too near to the waist: check waist_height and crotch_height.")
    if m["waist_to_hip"] - above < _LEAST_HIP:
        raise DraftRefused("The waist's edge comes down to the hip: make the band narrower, or check waist_to_hip.")
    waist = m["waist"] + c["waist_ease"]
    if pull_on:
        waist = max(waist, m["hip"] + c["hip_ease"])
    suppressed = _suppressed(m, c, waist)
    forks = c["front_fork"] * m["hip"], c["back_fork"] * m["hip"]
    for _ in range(_CUTS):
        front, front_wrap = _leg(m, c, forks, above, suppressed)
        back, back_wrap = _leg(m, c, forks, above, suppressed, front)
        short = m["thigh"] + c["thigh_ease"] - _at_the_fork(front) - _at_the_fork(back)
        if short < _SHORT:
            return Lower(front, back, front_wrap, back_wrap, waist, above)
        forks = forks[0] * (1 + short / sum(forks)), forks[1] * (1 + short / sum(forks))
    raise DraftRefused("No forks are long enough for these thighs: lower thigh_ease, or check thigh and hip.")
