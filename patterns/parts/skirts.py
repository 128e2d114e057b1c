# SPDX-License-Identifier: GPL-3.0-or-later
"""Skirts on the waist of a bodice: a circle or a part of it, fitted, gathered or pleated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..assembly import SIDES, Assembly, backwards, cut_half
from ..blocks import pleated, skirt
from ..blocks.flare import CIRCLE_RATIO, flare_half
from ..blocks.torso import Half, Torso
from ..pieces import Wrap
from ..seams import Zip
from ..style import Choices, Measurements, Parameter, Part, ratio

SKIRT_LENGTH = ratio("skirt_length", 0.95, 0.3, 1.65, "From waist to hem, of the way from waist to knee")
GATHERS = ratio("skirt_gathers", 1.6, 1.05, 2.5, "Skirt's waist edge over the bodice's, drawn in to it")
_BODICES = ("waist_ease", "side_shaping", "seam_allowance", "hem_allowance")  # declared for the bodice already
_FITTED = tuple(p for p in skirt.PARAMETERS if p.name not in (*_BODICES, "gathers", "skirt_length"))
_PLEATED = tuple(p for p in pleated.PARAMETERS if p.name.startswith("pleat"))
_PLAIN = {"darts_front": 0, "darts_back": 0, "dart_length_front": 0.5, "dart_length_back": 0.5}
_LEVEL = {"front_dip": 0.0, "back_dip": 0.0}

Hung = tuple[Half, Wrap]
Drawn = Callable[[Measurements, Choices, float, float], tuple[Hung, Hung]]  # of half the waist in front and behind


def _circle(m: Measurements, c: Choices, front: float, back: float) -> tuple[Hung, Hung]:
    down = c["skirt_length"] * m["waist_to_knee"]
    return flare_half("front", front, down, c["circle_ratio"]), flare_half("back", back, down, c["circle_ratio"])


def _from_waist(front: Half, back: Half) -> tuple[Hung, Hung]:
    one, two = (Wrap("torso", "waist_front", angle=half.facing) for half in (front, back))
    return (front, one), (back, two)


def _block(m: Measurements, c: Choices, front: float, back: float) -> tuple[Hung, Hung]:
    """By the skirt block, whose girths are of a whole waist."""
    drawn = skirt.skirt_half("front", m, c, 4 * front)
    return _from_waist(drawn, skirt.skirt_half("back", m, c, 4 * back, over=drawn.edges["side"][1].length))


def _fitted(m: Measurements, c: Choices, front: float, back: float) -> tuple[Hung, Hung]:
    return _block(m, {**c, "gathers": 1.0}, front, back)


def _gathered(m: Measurements, c: Choices, front: float, back: float) -> tuple[Hung, Hung]:
    return _block(m, {**c, **_PLAIN, **_LEVEL, "gathers": c["skirt_gathers"]}, front, back)


def _pleated(m: Measurements, c: Choices, front: float, back: float) -> tuple[Hung, Hung]:
    hip, down = max((m["hip"] + c["hip_ease"]) / 4, front, back), c["skirt_length"] * m["waist_to_knee"]
    one = pleated.pleated_half("front", front, hip, m["waist_to_hip"], down, c)
    two = pleated.pleated_half("back", back, hip, m["waist_to_hip"], down, c)
    return _from_waist(one, two)


def _skirt(
    name: str, label: str, help: str, parameters: tuple[Parameter, ...], drawn: Drawn, gathers: str = ""
) -> Part:
    """The part that hangs a skirt from the bodice's waist, opening where that does; `gathers` names its fullness."""

    def divide(assembly: Assembly, torso: Torso, m: Measurements, c: Choices) -> None:
        waists = (half.length("hem") for half in torso.halves())
        for (half, wrap), above in zip(drawn(m, c, *waists), torso.halves(), strict=True):
            opened = replace(half, opening=0.0) if above.opening is not None else half
            cut_half(assembly, opened, wrap, c, "skirt_")

    def attach(assembly: Assembly, torso: Torso, _m: Measurements, c: Choices) -> None:
        for half in torso.halves():
            own = f"skirt_{half.name}"
            for side in SIDES:
                waist = backwards(assembly.walk(own, "waist", side))
                full = c[gathers] if gathers else 1.0
                assembly.sew(f"waist_{half.name}_{side}", assembly.walk(half.name, "hem", side), waist, full)
            if half.opening is not None:
                left, right = (assembly.walk(own, "opening", side) for side in SIDES)
                assembly.sew(f"centre_{own}", left, right, zip=Zip())
        for side in SIDES:
            front, back = (assembly.walk(f"skirt_{half.name}", "side", side) for half in torso.halves())
            assembly.sew(f"skirt_side_{side}", front, back)

    needs = ("hip", "waist_to_hip", "waist_to_knee")
    return Part(name, label, help, parameters, needs, divide=divide, attach=attach)


CIRCLE = _skirt("circle", "Circle", "A full circle or a part of it", (CIRCLE_RATIO, SKIRT_LENGTH), _circle)
FITTED = _skirt("fitted", "Fitted", "With darts, from pencil to A-line", (SKIRT_LENGTH, *_FITTED), _fitted)
_FULL = (SKIRT_LENGTH, GATHERS, skirt.HIP_EASE, skirt.FLARE)
GATHERED = _skirt("gathered", "Gathered", "Gathered to the waist", _FULL, _gathered, GATHERS.name)
PLEATED = _skirt(
    "pleated", "Pleated", "With knife, box or inverted pleats", (SKIRT_LENGTH, skirt.HIP_EASE, *_PLEATED), _pleated
)
SKIRTS = (CIRCLE, FITTED, GATHERED, PLEATED)
