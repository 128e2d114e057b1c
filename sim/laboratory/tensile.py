# SPDX-License-Identifier: GPL-3.0-or-later
"""Pulling strips: along the threads or at any angle (ISO 13934-1's strip), and on the bias (bias extension)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..fabric import Mechanics
from ..sheet import Settled, Sheet, SheetEngine
from .laws import clamped_gain, curve_of, modulus_along, pulled, strain_under
from .meshes import Cut, Flat, gradients, rest_areas, strip
from .outcome import WEIGHTLESS, LaboratoryRefused, Outcome, facts

WIDTH, LENGTH = 0.05, 0.20  # metres between the clamps, ISO 13934-1
_OFF_GRAIN_WIDTH = 0.025  # the clamps' squareness counts for less on a slender strip
_HARDEST = 490.0  # N/m: 500 gf/cm, to which KES-F1 pulls
_FARTHEST, _FARTHEST_OFF_GRAIN = 0.10, 0.03
_BIAS_PULLS = (0.01, 0.03, 0.05)
_GAUGE = 0.25  # of the length, in the middle, where strains are read
_ALONG = math.radians(1.0)  # from a thread: less is along it
_SHEARS = math.radians(20.0)  # from a thread: less is no bias


@dataclass(frozen=True)
class Pull:
    """One point of a force-extension curve: strain in the strip's middle, N/m, and the fabric's own N/m there.

    force is None where the engine cannot tell with what its clamps hold.
    """

    strain: float
    force: float | None
    expected: float


@dataclass(frozen=True, kw_only=True)
class Tensile(Outcome):
    """How a strip resists being pulled.

    modulus, modulus_expected: N/m, the slope from rest to the first pull; modulus_error: the largest of all pulls'
    deviations from the expected force, over that force.
    """

    test: ClassVar[str] = "tensile"

    pulls: tuple[Pull, ...]
    modulus: float
    modulus_expected: float
    modulus_error: float


@dataclass(frozen=True)
class BiasPull(Pull):
    """One point of a bias extension: also the angle by which warp and weft have come nearer, and the fabric's own."""

    shear_degrees: float
    shear_expected_degrees: float


@dataclass(frozen=True, kw_only=True)
class Bias(Outcome):
    """How a strip cut across the threads gives way.

    shear_degrees, shear_expected_degrees: at the last pull; shear_error_degrees: the largest deviation of all pulls,
    with its sign. modulus, modulus_expected: N/m at the first pull, modulus_error: the largest deviation of all; both
    None where the engine cannot tell forces.
    """

    test: ClassVar[str] = "bias"

    pulls: tuple[BiasPull, ...]
    shear_degrees: float
    shear_expected_degrees: float
    shear_error_degrees: float
    modulus: float | None
    modulus_expected: float
    modulus_error: float | None


def tensile(engine: SheetEngine, fabric: Mechanics, cut: Cut, residual: float = 1e-4) -> Tensile:
    """A strip between square clamps, pulled in three steps to 10 % (3 % off the grain) or 490 N/m, whichever is less.

    Along warp and weft the expected force is the fabric's curve and any deviation the engine's. At another angle it is
    that of a strip free to narrow, and stiffer by what square clamps do to a strip that wants to shear
    (`laws.clamped_gain`, good to about 2 %). Raises LaboratoryRefused where the engine tells no forces.
    """
    off_grain = min(abs(cut.direction) % (math.pi / 2), -abs(cut.direction) % (math.pi / 2)) > _ALONG
    width = min(WIDTH, max(_OFF_GRAIN_WIDTH, 2 * cut.particle_distance)) if off_grain else WIDTH
    if off_grain:
        most = _HARDEST / modulus_along(fabric, cut.direction)
    else:
        most = float(strain_under(curve_of(fabric, "warp" if math.cos(cut.direction) ** 2 > 0.5 else "weft"), _HARDEST))
    most = min(most, _FARTHEST_OFF_GRAIN if off_grain else _FARTHEST)
    gain = clamped_gain(fabric, cut.direction, LENGTH / width)
    flat, sheet, rests = _pulled_strip(engine, fabric, cut, width, (most / 4, most / 2, most), residual)
    told = facts(engine, fabric, cut, sheet, rests)
    pulls: list[Pull] = []
    for rest in rests:
        force = _force(flat, sheet, rest, width)
        if force is None:
            raise LaboratoryRefused(
                f"The engine “{engine.name}” does not tell with what force its clamps hold: take the hanging strip."
            )
        strain = _gauge(flat, cut, rest)[0]
        pulls.append(Pull(strain, force, gain * pulled(fabric, cut.direction, 1 + strain)[0]))
    return Tensile(**told, pulls=tuple(pulls), **_moduli(pulls))


def bias(engine: SheetEngine, fabric: Mechanics, cut: Cut, residual: float = 1e-4) -> Bias:
    """A strip cut at 45° (or the cut's own angle) to the threads, pulled by 1, 3 and 5 %.

    In its middle warp and weft turn towards each other; how far, follows from how the fabric shares the pull between
    shear and threads. Raises LaboratoryRefused for a strip that lies nearly along a thread.
    """
    if abs(math.sin(2 * cut.direction)) < math.sin(2 * _SHEARS):
        raise LaboratoryRefused("A strip along its threads does not shear: give a direction near 45°.")
    flat, sheet, rests = _pulled_strip(engine, fabric, cut, WIDTH, _BIAS_PULLS, residual)
    told = facts(engine, fabric, cut, sheet, rests)
    gain = clamped_gain(fabric, cut.direction, LENGTH / WIDTH)
    pulls: list[BiasPull] = []
    for rest in rests:
        strain, angle = _gauge(flat, cut, rest)
        force, shear = pulled(fabric, cut.direction, 1 + strain)
        degrees = (math.degrees(angle), math.degrees(shear))
        pulls.append(BiasPull(strain, _force(flat, sheet, rest, WIDTH), gain * force, *degrees))
    off = [pull.shear_degrees - pull.shear_expected_degrees for pull in pulls]
    return Bias(
        **told,
        pulls=tuple(pulls),
        shear_degrees=pulls[-1].shear_degrees,
        shear_expected_degrees=pulls[-1].shear_expected_degrees,
        shear_error_degrees=max(off, key=abs),
        **_moduli(pulls),
    )


def _pulled_strip(
    engine: SheetEngine, fabric: Mechanics, cut: Cut, width: float, strains: tuple[float, ...], residual: float
) -> tuple[Flat, Sheet, list[Settled]]:
    """The strip, and its rests at each of the strains between clamps, one from the other."""
    flat = strip(cut, np.linspace(0.0, LENGTH, cut.rows(LENGTH) + 1), width)
    x = flat.points[:, 0]
    held = np.flatnonzero((x < 1e-9) | (x > LENGTH - 1e-9)).astype(np.int32)
    start, rests = flat.lifted, list[Settled]()
    sheet = Sheet(start, cut.uv(flat.points), flat.faces, held, gravity=WEIGHTLESS)
    for strain in strains:
        at = flat.lifted[held]
        at[:, 0] *= 1 + strain
        rests.append(engine.settle(Sheet(start, sheet.uv, sheet.faces, held, at, WEIGHTLESS), fabric, residual))
        start = rests[-1].positions
    return flat, sheet, rests


def _force(flat: Flat, sheet: Sheet, rest: Settled, width: float) -> float | None:
    """N/m with which the two clamps pull apart."""
    if rest.reaction is None:
        return None
    right = flat.points[sheet.held, 0] > LENGTH / 2
    return float(rest.reaction[right, 0].sum() - rest.reaction[~right, 0].sum()) / (2 * width)


def _gauge(flat: Flat, cut: Cut, rest: Settled) -> tuple[float, float]:
    """(strain along the strip, radians by which warp and weft have neared), means over the middle of the strip."""
    middle = flat.points[flat.faces, 0].mean(axis=1)
    near = np.abs(middle - LENGTH / 2) <= max(_GAUGE * LENGTH / 2, 1.01 * np.abs(middle - LENGTH / 2).min())
    uv, faces = cut.uv(flat.points), flat.faces[near]
    mean = np.average(gradients(uv, faces, rest.positions), axis=0, weights=rest_areas(uv, faces))
    along = np.array([math.sin(cut.direction), math.cos(cut.direction)])
    weft, warp = mean.T / np.linalg.norm(mean, axis=0)[:, None]
    return float(np.linalg.norm(mean @ along)) - 1.0, math.asin(float(weft @ warp))


def _moduli(pulls: list[Pull] | list[BiasPull]) -> dict[str, Any]:
    first = pulls[0]
    off = [pull.force / pull.expected - 1 for pull in pulls if pull.force is not None]
    return {
        "modulus": None if first.force is None else first.force / first.strain,
        "modulus_expected": first.expected / first.strain,
        "modulus_error": max(off, key=abs) if off else None,
    }
