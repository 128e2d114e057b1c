# SPDX-License-Identifier: GPL-3.0-or-later
"""The pleated skirt's shell: straight cloth, pleated in at the waist; front and back, each drafted as one half.

The pleats' lines taper between waist and hem, so that what they leave visible follows the body from the waist to the
hip (W. Aldrich, Metric Pattern Cutting for Women's Wear, 6th ed., "Pleated skirts").
Origin: centre line at the waist's seam; x from the centre line to the side, y up; metres.
"""

from __future__ import annotations

from ..curves import line
from ..parts.pleats import Knife
from ..pieces import Notch, Wrap
from ..style import Choices, DraftRefused, Measurements, choice, count, ratio
from .lower import Lower
from .skirt import ALLOWANCES, HIP_EASE, LENGTH, WAIST_EASE
from .torso import Half, Name

PARAMETERS = (
    WAIST_EASE,
    HIP_EASE,
    LENGTH,
    choice("pleat", "knife", ("knife", "box", "inverted"), "How the pleats are folded"),
    count("pleats", 5, 1, 14, "Knife pleats, or half as many box or inverted ones, in each half of front and back"),
    ratio("pleat_fullness", 1.9, 1.2, 2.8, "Cloth over what is seen of it, at the hip"),
    *ALLOWANCES,
)
MEASUREMENTS = ("waist", "hip", "waist_to_hip", "waist_to_knee")
_CLOSED = 0.7  # of what a pleat hides at the hip: it ends before its lines meet
_NAMES: tuple[Name, Name] = ("front", "back")


def _half(name: Name, waist: float, hip: float, to_hip: float, down: float, c: Choices) -> Half:
    """Front or back from visible widths at waist and hip, and lengths, metres."""
    kind = c["pleat"]
    n = c["pleats"] if kind == "knife" else 2 * max(1, round(c["pleats"] / 2))
    # Visible strips and hidden ones take turns from the side to the centre. Their lines are straight; where they would
    # meet before the hem they end, and the cloth hangs open below.
    period = c["pleat_fullness"] * hip / n
    if period > 3 * waist / n - 1e-4:
        raise DraftRefused("The pleats would lie over one another at the waist: lower pleat_fullness.")
    widening = (hip - waist) / n / to_hip  # of one strip, per metre down
    end = min(down, to_hip + _CLOSED * (period - hip / n) / max(widening, 1e-9))
    at_end = hip / n + widening * (end - to_hip)
    whole = n * period
    turns = [1] * n if kind == "knife" else [1, -1] * (n // 2) if kind == "inverted" else [-1, 1] * (n // 2)

    def strips(visible: float) -> list[tuple[float, float]]:
        """From the side: where each hidden strip begins and ends."""
        hidden, found, at = period - visible, [], 0.0
        before = {"knife": [1.0] * n, "inverted": [1.0, 0.0] * (n // 2), "box": [0.5, 1.0] * (n // 2)}[kind]
        after = {"knife": [0.0] * n, "inverted": [0.0, 1.0] * (n // 2), "box": [0.0, 0.5] * (n // 2)}[kind]
        for seen, rest in zip(before, after, strict=True):
            at += seen * visible
            found.append((at, at + hidden))
            at += hidden + rest * visible
        return found

    pleats = tuple(
        Knife(first, last, turn, ((whole - low, -end), (whole - high, -end)))
        for (first, last), (low, high), turn in zip(strips(waist / n), strips(at_end), turns, strict=True)
    )
    return Half(
        name,
        {
            "hem": (line((0.0, -down), (whole, -down)),),
            "side": (line((whole, -down), (whole, 0.0)),),
            "waist": (line((whole, 0.0), (0.0, 0.0)),),
        },
        pleats={"waist": pleats},
        notches=(Notch("side", down - to_hip, "single" if name == "front" else "double"),),
    )


def pleated(m: Measurements, c: Choices, above: float = 0.0, pull_on: bool = False) -> Lower:
    """The shell from measurements `m` and resolved choices `c`; its waist edge lies `above` metres below the waist.

    pull_on: the waist edge is as wide as the hip, so that it passes over it. Raises DraftRefused where pleats cannot be
    laid so.
    """
    waist, hip = m["waist"] + c["waist_ease"], m["hip"] + c["hip_ease"]
    hip = max(hip, waist)
    if pull_on:
        waist = hip
    down, to_hip = c["skirt_length"] * m["waist_to_knee"], m["waist_to_hip"] - above
    if down < to_hip + 0.02:
        raise DraftRefused("The skirt ends above the hip: raise skirt_length.")
    front, back = (_half(name, waist / 4, hip / 4, to_hip, down, c) for name in _NAMES)
    wraps = [Wrap("torso", "waist_front", angle=half.facing, lift=-above) for half in (front, back)]
    return Lower(front, back, wraps[0], wraps[1], waist, above)
