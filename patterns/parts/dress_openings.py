# SPDX-License-Identifier: GPL-3.0-or-later
"""Openings of fitted bodices and dresses: how a waist that is narrower than shoulders and hip is got into."""

from __future__ import annotations

from dataclasses import replace

from ..assembly import SIDES, Assembly
from ..blocks.bodice import fitted
from ..blocks.torso import Torso
from ..seams import Zip
from ..style import Choices, DraftRefused, Measurements, Part
from .closures import BUTTONS_THROUGH

_PASSES = 0.9  # of the bust: the narrowest waist through which it is still pulled


def _centre_back(torso: Torso, _m: Measurements, _c: Choices) -> Torso:
    return torso.changed(torso.front, replace(torso.back, opening=0.0))


def _zip_back(assembly: Assembly, _torso: Torso, _m: Measurements, _c: Choices) -> None:
    left, right = (assembly.walk("back", "opening", side) for side in SIDES)
    assembly.sew("centre_back", left, right, zip=Zip())


def _pulled_on(torso: Torso, m: Measurements, _c: Choices) -> Torso:
    waist = 2 * sum(fitted(half).waist for half in torso.halves())
    if torso.front.opening is None and waist < _PASSES * m["bust"]:
        raise DraftRefused(
            f"A waist of {waist:.2f} m does not pass over a bust of {m['bust']:.2f} m: choose an opening, or raise "
            "waist_ease."
        )
    return torso


ZIP_BACK = Part("zip_back", "Zip behind", "A zip in the centre back seam", shape=_centre_back, attach=_zip_back)
NONE = Part("none", "None", "Pulled on over the head", shape=_pulled_on)
OPENINGS = (ZIP_BACK, NONE)
WITHOUT_WAIST_SEAM = (*OPENINGS, BUTTONS_THROUGH)
