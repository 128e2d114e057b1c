# SPDX-License-Identifier: GPL-3.0-or-later
"""The flared skirt's shell: front and back are parts of one ring, from a quarter of a circle to two whole ones.

The waist edge is the ring's inner circle (W. Aldrich, Metric Pattern Cutting for Women's Wear, 6th ed., "The circular
skirt"). Origin: centre line at the waist's seam; x from the centre line to the side, y up; metres.
"""

from __future__ import annotations

from math import cos, pi, sin

import numpy as np

from ..curves import Arc, line, point
from ..pieces import Notch, Wrap
from ..style import Choices, DraftRefused, Measurements, ratio
from .lower import Lower
from .skirt import ALLOWANCES, LENGTH, WAIST_EASE
from .torso import Half, Name

CIRCLE_RATIO = ratio(
    "circle_ratio", 1.0, 0.25, 2.0, "Share of a full ring that the skirt is: 0.5 half a circle, 1 a whole one"
)
PARAMETERS = (
    WAIST_EASE,
    LENGTH,
    CIRCLE_RATIO,
    *ALLOWANCES,
)
MEASUREMENTS = ("waist", "hip", "waist_to_hip", "waist_to_knee")


def flare_half(name: Name, waist: float, down: float, share: float) -> tuple[Half, Wrap]:
    """Front or back of waist line `waist` and length `down`, metres, and its share of a ring."""
    angle = share * pi / 2
    radius = waist / angle
    centre, begin = point((0.0, radius)), -pi / 2
    at_side = np.array([sin(angle), -cos(angle)])
    half = Half(
        name,
        {
            "hem": (Arc(centre, radius + down, begin, angle),),
            "side": (line(centre + (radius + down) * at_side, centre + radius * at_side),),
            "waist": (Arc(centre, radius, begin + angle, -angle),),
        },
        notches=(Notch("side", down / 2, "single" if name == "front" else "double"),),
    )
    return half, Wrap("flare", "waist_front", (0.0, radius), half.facing)


def flare(m: Measurements, c: Choices, above: float = 0.0, pull_on: bool = False) -> Lower:
    """The shell from measurements `m` and resolved choices `c`; its waist edge lies `above` metres below the waist.

    pull_on: the waist edge is as wide as the hip, so that it passes over it. Raises DraftRefused where the skirt, hung
    from the waist, would be narrower than the hip.
    """
    waist, down = m["waist"] + c["waist_ease"], c["skirt_length"] * m["waist_to_knee"]
    if pull_on:
        waist = max(waist, m["hip"])
    at_hip = waist + 2 * pi * c["circle_ratio"] * min(m["waist_to_hip"] - above, down)
    if at_hip < m["hip"]:
        raise DraftRefused(
            f"The skirt would measure {at_hip:.2f} m at the hip of {m['hip']:.2f} m: raise circle_ratio or waist_ease."
        )
    front, front_wrap = flare_half("front", waist / 4, down, c["circle_ratio"])
    back, back_wrap = flare_half("back", waist / 4, down, c["circle_ratio"])
    return Lower(front, back, front_wrap, back_wrap, waist, above)
