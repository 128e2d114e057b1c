# SPDX-License-Identifier: GPL-3.0-or-later
"""Openings of fitted bodices and dresses: how a waist that is narrower than shoulders and hip is got into."""

from __future__ import annotations

from dataclasses import replace

from ..assembly import SIDES, Assembly
from ..blocks.torso import Torso
from ..seams import Zip
from ..style import Choices, Measurements, Part
from .closures import BUTTONS_THROUGH

_PASSES = 0.9  # of the bust: the narrowest waist through which it is still pulled


def _centre_back(torso: Torso, _m: Measurements, _c: Choices) -> Torso:
    return torso.changed(torso.front, replace(torso.back, opening=0.0))


def _zip_back(assembly: Assembly, _torso: Torso, _m: Measurements, _c: Choices) -> None:
    left, right = (assembly.walk("back", "opening", side) for side in SIDES)
    assembly.sew("centre_back", left, right, zip=Zip())


def roomy(m: Measurements, c: Choices) -> Choices:
    """The choices for a shell that, where it has no opening, is wide enough at the waist to be pulled on."""
    if c["opening"] != "none":
        return c
    return {**c, "waist_ease": max(c["waist_ease"], _PASSES * m["bust"] - m["waist"])}


ZIP_BACK = Part("zip_back", "Zip behind", "A zip in the centre back seam", shape=_centre_back, attach=_zip_back)
NONE = Part("none", "None", "Pulled on over the head: the waist is at least 0.9 of the bust")
OPENINGS = (ZIP_BACK, NONE)
WITHOUT_WAIST_SEAM = (*OPENINGS, BUTTONS_THROUGH)
