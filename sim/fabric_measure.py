# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure your fabric with a scale, a ruler and weights: density, bending and stretch, each with its error.

A cut piece on the scale gives the density. A strip pushed over a table's edge until the line from the edge to its tip
falls by a known angle gives its bending length (ASTM D1388), here through the exact elastica and not Peirce's formula.
A strip with weights on it gives the tension curve. Errors follow the Guide to the Expression of Uncertainty in
Measurement (JCGM 100:2008): the scatter of repeated readings and half a division at both ends of each, propagated to
first order, as 95 % intervals with Student's factor for the effective degrees of freedom.
"""

import functools
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from .fabric import GRAVITY, LIMITS, SECANT_STRAIN, SECANT_TENSION, Curve, FabricRefused, Mechanics, new_name, secant
from .laboratory.elastica import elastica

ANGLE = math.radians(41.5)  # ASTM's slope, at which the overhang is twice the bending length
ANGLES = (math.radians(10), math.radians(75))  # flatter, the ruler decides; steeper, the strip hangs whatever it is

# Student's t for 95 % at these degrees of freedom, to be interpolated in their inverse.
_FREEDOM = (1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 60, math.inf)
_STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.306, 2.228, 2.131, 2.086, 2.042, 2.000, 1.960)


@dataclass(frozen=True)
class Hung:
    """A strip with weights: width and free length (m), and (mass kg with the clamp's, extension m) in any order.

    A mass read again, on this strip or another of its size, is a repeated reading.
    """

    width: float
    length: float
    readings: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Readings:
    """What was read, in SI.

    mass of a piece of width × length · overhang_* of each strip and end (m), the line from the edge to its tip falling
    by `angle` (radians) · warp, weft: strips with weights, None where none was hung · ruler, scale, protractor: their
    smallest divisions (m, kg, radians)
    """

    mass: float
    width: float
    length: float
    overhang_warp: tuple[float, ...]
    overhang_weft: tuple[float, ...]
    angle: float = ANGLE
    warp: Hung | None = None
    weft: Hung | None = None
    ruler: float = 1e-3
    scale: float = 1e-5
    protractor: float = math.radians(1)


@dataclass(frozen=True)
class Estimate:
    """A number and the half width of its 95 % interval, in the same unit."""

    value: float
    error: float

    @property
    def share(self) -> float:
        return self.error / self.value

    def written(self, scale: float, unit: str) -> str:
        """Such as “12.3 ± 0.9 µN·m”: the error with two digits, the value to the same place."""
        error = scale * self.error
        digits = max(0, 1 - math.floor(math.log10(error))) if error > 0 else 3
        return f"{scale * self.value:.{digits}f} ± {error:.{digits}f} {unit}"


@dataclass(frozen=True)
class Measured:
    """What the readings say, and notes on how to measure better.

    density kg/m² · bend_* N·m · stretch_* N/m, None where no weights were hung, and the tension curve they drew
    """

    density: Estimate
    bend_warp: Estimate
    bend_weft: Estimate
    stretch_warp: Estimate | None
    stretch_weft: Estimate | None
    curve_warp: Curve
    curve_weft: Curve
    notes: tuple[str, ...]

    def fabric(self, name: str, label: str, like: Mechanics) -> Mechanics:
        """A fabric of these numbers; what was not measured is that of the fabric it is like. Raises FabricRefused."""
        new_name(name)
        values: dict[str, Any] = {}
        sources: dict[str, str] = {}
        for key in LIMITS:
            found: Estimate | None = getattr(self, key, None)
            if found is None:
                values[key] = getattr(like, key)
                sources[key] = f"estimate: as {like.label} ({like.sources.get(key, 'made in code')})"
            else:
                values[key] = found.value
                said, scale, unit = _SAID[key.split("_")[0]]
                sources[key] = f"measured: {said}, {found.written(scale, unit)} (95 %)"
        for key in ("curve_warp", "curve_weft"):
            if curve := getattr(self, key):
                values[key], sources[key] = curve, "measured: a strip with weights"
        return Mechanics(name=name, label=label, sources=MappingProxyType(sources), **values)


_SAID = {
    "density": ("a cut piece on the scale", 1e3, "g/m2"),
    "bend": ("a strip over an edge, by the elastica", 1e6, "µN·m"),
    "stretch": ("secant at 10 % or 98 N/m of a strip with weights", 1.0, "N/m"),
}


@functools.lru_cache(maxsize=64)
def overhang_ratio(angle: float) -> float:
    """Overhang / bending length, l/c, at which the line from edge to tip falls by `angle` (radians, within ANGLES).

    The elastica's own, found by the secant rule from Peirce's formula l/c = (8 tan θ / cos ½θ)^(1/3), which at 41.5° is
    2 % short: 6 % of the rigidity.
    """
    before = _peirce(angle)
    ratio = 1.03 * before
    off_before, off = (elastica(each).chord - angle for each in (before, ratio))
    while abs(off) > 1e-7:
        before, ratio = ratio, ratio - off * (ratio - before) / (off - off_before)
        off_before, off = off, elastica(ratio).chord - angle
    return ratio


def _peirce(angle: float) -> float:
    return (8 * math.tan(angle) / math.cos(angle / 2)) ** (1 / 3)


def measure(readings: Readings) -> Measured:
    """Readings → numbers with errors. Raises FabricRefused with what to read again."""
    _look_at(readings)
    notes: list[str] = []
    ruler, scale = _of_division(readings.ruler), _of_division(readings.scale)
    density_share = math.hypot(scale / readings.mass, ruler / readings.width, ruler / readings.length)
    mass_per_area = readings.mass / (readings.width * readings.length)
    if not LIMITS["density"][0] <= mass_per_area <= LIMITS["density"][1]:
        raise FabricRefused(
            f"The piece weighs {1e3 * mass_per_area:.4g} g/m²: look at the units of its mass and sides."
        )
    density = Estimate(mass_per_area, _student(math.inf) * density_share * mass_per_area)
    bend_warp, bend_weft = (
        _bending(way, overhangs, readings, mass_per_area, density_share, notes)
        for way, overhangs in (("warp", readings.overhang_warp), ("weft", readings.overhang_weft))
    )
    (stretch_warp, curve_warp), (stretch_weft, curve_weft) = (
        _stretching(way, hung, readings, notes) for way, hung in (("warp", readings.warp), ("weft", readings.weft))
    )
    return Measured(
        density, bend_warp, bend_weft, stretch_warp, stretch_weft, curve_warp, curve_weft, tuple(dict.fromkeys(notes))
    )


def numbers(text: str, what: str) -> tuple[float, ...]:
    """“41 42,5; 40.1” → numbers; a comma between digits is a decimal one. Raises FabricRefused, naming `what`."""
    parts = [part for part in re.split(r"[\s;]+|,(?!\d)|(?<!\d),", text.strip()) if part]
    try:
        return tuple(float(part.replace(",", ".")) for part in parts)
    except ValueError as error:
        raise FabricRefused(f"{what}: write numbers and blanks, such as 41 42.5 40, not “{text[:60]}”.") from error


def pairs(text: str, what: str) -> tuple[tuple[float, float], ...]:
    """“100:1.5 200:2,6” → pairs (weight, extension). Raises FabricRefused, naming `what`."""
    found: list[tuple[float, float]] = []
    for part in text.split():
        pair = numbers(part.replace(":", " ", 1).replace("=", " ", 1), what)
        if len(pair) != 2:
            raise FabricRefused(f"{what}: write each weight with its extension, such as 100:1.5, not “{part[:40]}”.")
        found.append((pair[0], pair[1]))
    return tuple(found)


def _bending(
    way: str,
    overhangs: Sequence[float],
    readings: Readings,
    mass_per_area: float,
    density_share: float,
    notes: list[str],
) -> Estimate:
    mean, error, freedom = _mean(overhangs, _of_division(readings.ruler))
    if len(overhangs) < 3:
        notes.append(f"Lay at least three {way} strips over the edge: their scatter is part of the error.")
    ratio, step = overhang_ratio(readings.angle), 1e-4
    steepness = math.log(_peirce(readings.angle + step) / _peirce(readings.angle)) / step  # near enough for an error
    rigidity = mass_per_area * GRAVITY * (mean / ratio) ** 3
    shares = (3 * error / mean, density_share, 3 * steepness * _of_division(readings.protractor))
    share = math.hypot(*shares)
    estimate = Estimate(rigidity, _student(freedom * (share / shares[0]) ** 4) * share * rigidity)
    if estimate.share > 0.3:
        notes.append(
            f"Bending of the {way} is known to ± {100 * estimate.share:.0f} % only: lay more strips over the edge, "
            "each with both ends and both faces up."
        )
    return estimate


def _stretching(way: str, hung: Hung | None, readings: Readings, notes: list[str]) -> tuple[Estimate | None, Curve]:
    if hung is None:
        return None, ()
    ruler, scale = _of_division(readings.ruler), _of_division(readings.scale)
    masses = sorted({mass for mass, _ in hung.readings})
    means = [_mean([e for m, e in hung.readings if m == mass], ruler) for mass in masses]
    strains = [mean / hung.length for mean, _, _ in means]
    blocks = _rising(strains)
    if not blocks:
        raise FabricRefused(f"The {way} strip did not give under any weight: hang heavier ones, or read finer.")
    tensions = [mass * GRAVITY / hung.width for mass in masses]
    curve = tuple((_of(strains, block), _of(tensions, block)) for block in blocks)
    errors = [min((means[k][1] / hung.length, means[k][2]) for k in block) for block in blocks]
    read, freedom = _secant_error(curve, errors)
    share = math.hypot(read, ruler / hung.width, ruler / hung.length, scale / masses[0])
    stiffness = secant(curve)
    estimate = Estimate(stiffness, _student(freedom * (share / read) ** 4) * share * stiffness)
    weight = readings.mass / (readings.width * readings.length) * hung.width * hung.length
    if weight > 0.05 * masses[0]:
        notes.append(f"The {way} strip itself weighs {1e3 * weight:.1f} g: hang weights twenty times that.")
    if curve[-1][0] < SECANT_STRAIN and curve[-1][1] < 0.99 * SECANT_TENSION:
        need = 1e3 * SECANT_TENSION * hung.width / GRAVITY
        notes.append(f"Hang up to {need:.0f} g on the {way} strip: its stretch is told at 98 N/m.")
    if estimate.share > 0.3:
        notes.append(
            f"Stretch of the {way} is known to ± {100 * estimate.share:.0f} % only: take a longer strip, or read finer."
        )
    return estimate, curve if len(curve) > 1 else ()


def _secant_error(curve: Curve, errors: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """(relative standard uncertainty, degrees of freedom) of a curve's secant.

    errors: (standard uncertainty, degrees of freedom) of each point's strain. Where the secant is told at a tension, it
    is off by as much as the strain there; where it is told at a strain, by that times slope over secant.
    """
    stiffness = secant(curve)
    strain = min(SECANT_STRAIN, SECANT_TENSION / stiffness, curve[-1][0])
    above = next((k for k, point in enumerate(curve) if point[0] >= strain), len(curve) - 1)
    below = curve[above - 1] if above else (0.0, 0.0)
    run, rise = (b - a for a, b in zip(below, curve[above], strict=True))
    part = (strain - below[0]) / run
    shares = [(part * errors[above][0], errors[above][1])]
    if above:
        shares.append(((1 - part) * errors[above - 1][0], errors[above - 1][1]))
    lever = rise / run / stiffness if strain == SECANT_STRAIN else 1.0
    return lever * math.hypot(*(error for error, _ in shares)) / strain, min(freedom for _, freedom in shares)


def _rising(strains: Sequence[float]) -> list[list[int]]:
    """Which readings, in the order of their weights, are pooled so that the strain rises; those of 0 are left out.

    Pooling neighbours that stand in the wrong order gives the nearest rising curve (Ayer et al., Annals of Mathematical
    Statistics 26, 1955).
    """
    blocks: list[list[int]] = []
    for k in range(len(strains)):
        blocks.append([k])
        while len(blocks) > 1 and _of(strains, blocks[-1]) <= _of(strains, blocks[-2]):
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    return [block for block in blocks if _of(strains, block) > 0]


def _of(values: Sequence[float], block: Sequence[int]) -> float:
    return sum(values[k] for k in block) / len(block)


def _of_division(division: float) -> float:
    """Standard uncertainty of a reading: each of its two ends, zero and mark, uniform in half a division."""
    return division / math.sqrt(6)


def _mean(values: Sequence[float], reading: float) -> tuple[float, float, float]:
    """(mean, its standard uncertainty, degrees of freedom) of readings with standard uncertainty `reading` each.

    The instrument's share does not shrink with the number of readings: a ruler laid wrong is wrong every time.
    """
    n = len(values)
    mean = sum(values) / n
    scatter = sum((value - mean) ** 2 for value in values) / (n - 1) / n if n > 1 else 0.0
    variance = scatter + reading**2
    return mean, math.sqrt(variance), (n - 1) * (variance / scatter) ** 2 if scatter else math.inf


def _student(freedom: float) -> float:
    return float(np.interp(1 / freedom, [1 / each for each in reversed(_FREEDOM)], _STUDENT[::-1]))


def _look_at(readings: Readings) -> None:
    """Raise FabricRefused for a reading that cannot be."""

    def positive(what: str, *values: float) -> None:
        if not values or not all(math.isfinite(value) and value > 0 for value in values):
            raise FabricRefused(f"{what} must be read, and be greater than 0.")

    positive("The mass of the piece", readings.mass)
    positive("The width and length of the piece", readings.width, readings.length)
    positive("The divisions of ruler, scale and protractor", readings.ruler, readings.scale, readings.protractor)
    positive("The overhang of a warp strip", *readings.overhang_warp)
    positive("The overhang of a weft strip", *readings.overhang_weft)
    if max(*readings.overhang_warp, *readings.overhang_weft) > 1.0:
        raise FabricRefused("No cloth stands a metre over an edge: look at the unit of the overhangs.")
    if not ANGLES[0] <= readings.angle <= ANGLES[1]:
        low, high = (math.degrees(angle) for angle in ANGLES)
        raise FabricRefused(f"The tip must fall by {low:.0f}° to {high:.0f}° from the edge; 41.5° is the standard's.")
    lengths = [readings.width, readings.length, *readings.overhang_warp, *readings.overhang_weft]
    for way, hung in (("warp", readings.warp), ("weft", readings.weft)):
        if hung is None:
            continue
        lengths += [hung.width, hung.length, *(100 * e for _, e in hung.readings if e)]  # small ones get advice instead
        positive(f"The {way} strip's width and length", hung.width, hung.length)
        positive(f"The weights on the {way} strip", *(mass for mass, _ in hung.readings))
        if not all(math.isfinite(e) and 0 <= e <= 5 * hung.length for _, e in hung.readings):
            raise FabricRefused(f"The {way} strip's extensions lie from 0 to five times its length: read them again.")
    if min(lengths) < readings.ruler / 10:
        raise FabricRefused("Nobody reads less than a tenth of the ruler's division: look at the units of the lengths.")
