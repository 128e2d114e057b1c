# SPDX-License-Identifier: GPL-3.0-or-later
"""Necklines: how far a garment keeps from the neck, and the line it follows."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, sin, tan

import numpy as np

from ..blocks.torso import Half, Torso
from ..curves import Curve, Points, hermite, line, point
from ..style import Choices, DraftRefused, Measurements, Part, length

WIDTH = length(
    "neck_width",
    0.028,
    0.0,
    0.12,
    "How far the neckline lies from the neck, along the shoulder; 2 cm stay to the armhole",
)
DEPTH_FRONT = length("neck_depth_front", 0.04, 0.0, 0.30, "How far the neckline drops below the pit of the neck")
DEPTH_BACK = length(
    "neck_depth_back",
    0.005,
    0.0,
    0.30,
    "How far the neckline drops below the nape, or below its ends where they lie lower",
)
PARAMETERS = (WIDTH, DEPTH_FRONT, DEPTH_BACK)
_LEAST_SHOULDER = 0.02  # metres
_LEAST_DROP = 0.005  # metres from the neckline's ends to its middle

Line = Callable[[Points, float, float], tuple[Curve, ...]]  # (side of neck, depth, shoulder's slope) → to the centre


def round_back(side: Points, depth: float, _slope: float) -> tuple[Curve, ...]:
    """Level at the centre back, steep at the shoulder."""
    down, along = side[1] + depth, float(side[0])
    return (hermite(side, (-0.5 * along, -0.9 * down), (0, -depth), (-1.3 * along, 0)),)


def round_front(side: Points, depth: float, slope: float) -> tuple[Curve, ...]:
    """Square to the shoulder, level at the centre front."""
    down, along = side[1] + depth, float(side[0])
    return (hermite(side, (-1.45 * down * sin(slope), -1.45 * down * cos(slope)), (0, -depth), (-1.6 * along, 0)),)


def _pointed(side: Points, depth: float, _slope: float) -> tuple[Curve, ...]:
    """Down to a point at the centre front, a little hollow so that it does not look to bulge."""
    way = point((0, -depth)) - side
    inward = np.array([way[1], -way[0]]) / np.linalg.norm(way)
    return (hermite(side, way + 0.12 * way[1] * inward, (0, -depth), way - 0.12 * way[1] * inward),)


def _boat(side: Points, depth: float, _slope: float) -> tuple[Curve, ...]:
    """Nearly straight across from shoulder to shoulder."""
    down, along = side[1] + depth, float(side[0])
    return (hermite(side, (-0.8 * along, -1.6 * down), (0, -depth), (-1.2 * along, 0)),)


def _square(side: Points, depth: float, slope: float) -> tuple[Curve, ...]:
    """Straight down from the shoulder and straight across."""
    corner = point((float(side[0]) * 0.94, -depth))
    return (line(side, corner), line(corner, (0, -depth)))


def _shape(front: Line, back: Line) -> Callable[[Torso, Measurements, Choices], Torso]:
    def shape(torso: Torso, m: Measurements, c: Choices) -> Torso:
        narrowest = min(
            float(run.points(np.linspace(0, 1, 9))[:, 0].min()) for h in torso.halves() for run in h.edges["armhole"]
        )
        x = min(torso.neck + c["neck_width"] * cos(torso.slope), narrowest - _LEAST_SHOULDER)
        if x < torso.neck:
            raise DraftRefused("No shoulder is left beside the neck: raise shoulder_width.")
        side = point((x, -(x - torso.neck) * tan(torso.slope)))

        def cut(half: Half, depth: float, drawn: Line) -> Half:
            if -depth > side[1] - 0.8 * _LEAST_DROP:
                raise DraftRefused(f"The {half.name} neckline would rise to its middle: raise neck_depth_{half.name}.")
            if -depth < half.edges["hem"][0].start[1] + 0.05:
                raise DraftRefused(f"The {half.name} neckline reaches the hem: lower neck_depth_{half.name}.")
            return half.changed(shoulder=(line(half.tip, side),), neckline=drawn(side, depth, torso.slope))

        return torso.changed(
            cut(torso.front, torso.neck + 0.008 + c["neck_depth_front"], front),
            cut(torso.back, max(torso.nape, _LEAST_DROP - float(side[1])) + c["neck_depth_back"], back),
        )

    return shape


def _neckline(name: str, label: str, help: str, front: Line, back: Line = round_back) -> Part:
    return Part(name, label, help, PARAMETERS, shape=_shape(front, back))


ROUND = _neckline("round", "Round", "Round: a crew neck when shallow, a scoop when deep", round_front)
V = _neckline("v", "V", "Down to a point at the centre front", _pointed)
BOAT = _neckline("boat", "Boat", "Nearly straight across from shoulder to shoulder", _boat, _boat)
SQUARE = _neckline("square", "Square", "Straight down and straight across", _square)
NECKLINES = (ROUND, V, BOAT, SQUARE)
