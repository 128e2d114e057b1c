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
    ratio("pleat_depth", 0.65, 0.45, 0.97, "How far a pleat reaches in at the waist, of what is seen of it"),
    *ALLOWANCES,
)
MEASUREMENTS = ("waist", "hip", "waist_to_hip", "waist_to_knee")
_BESIDE = 0.75, 0.05  # strips from the side seam to the first knife pleat: at least, and more than it reaches in
_CLOSED = 0.7  # of what a pleat hides at the hip: it ends before its lines meet
_NAMES: tuple[Name, Name] = ("front", "back")


def _folded(kind: str, depth: float) -> tuple[tuple[float, ...], tuple[float, ...], tuple[int, ...]]:
    """What is seen before and after a hidden strip, in strips, and to which side it turns, over and over.

    depth: how far a pleat reaches in, in strips; the first knife pleat stops short of the side seam.
    """
    first = min(max(_BESIDE[0], depth + _BESIDE[1]), 1.0)
    return {
        "knife": ((first,), (1 - first,), (1,)),
        "inverted": ((1.0, 0.0), (0.0, 1.0), (1, -1)),
        "box": ((0.5, 1.0), (0.0, 0.5), (-1, 1)),
    }[kind]


def pleated_half(name: Name, waist: float, hip: float, to_hip: float, down: float, c: Choices) -> Half:
    """Front or back from visible widths at waist and hip, and lengths, metres."""
    kind = c["pleat"]
    n = c["pleats"] if kind == "knife" else 2 * max(1, round(c["pleats"] / 2))
    # Visible strips and hidden ones take turns from the side to the centre. Their lines are straight; where they would
    # meet before the hem they end, and the cloth hangs open below.
    period = (1 + 2 * c["pleat_depth"]) * waist / n
    if period < 1.05 * hip / n:
        raise DraftRefused("The pleats hide no cloth at the hip: raise pleat_depth.")
    widening = (hip - waist) / n / to_hip  # of one strip, per metre down
    end = min(down, to_hip + _CLOSED * (period - hip / n) / max(widening, 1e-9))
    at_end = hip / n + widening * (end - to_hip)
    whole = n * period
    before, after, turns = _folded(kind, c["pleat_depth"])

    def strips(visible: float) -> list[tuple[float, float]]:
        """From the side: where each hidden strip begins and ends."""
        hidden, found, at = period - visible, [], 0.0
        for k in range(n):
            at += before[k % len(before)] * visible
            found.append((at, at + hidden))
            at += hidden + after[k % len(after)] * visible
        return found

    pleats = tuple(
        Knife(first, last, turn, ((whole - low, -end), (whole - high, -end)))
        for (first, last), (low, high), turn in zip(strips(waist / n), strips(at_end), turns * n, strict=False)
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
    front, back = (pleated_half(name, waist / 4, hip / 4, to_hip, down, c) for name in _NAMES)
    wraps = [Wrap("torso", "waist_front", angle=half.facing, lift=-above) for half in (front, back)]
    return Lower(front, back, wraps[0], wraps[1], waist, above)
