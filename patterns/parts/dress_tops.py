# SPDX-License-Identifier: GPL-3.0-or-later
"""Collars and sleeves of fitted bodices and dresses: those of tops, as far as a fitted shell bears them."""

from __future__ import annotations

from dataclasses import replace

from ..assembly import Assembly
from ..blocks.torso import Torso
from ..style import Choices, Clash, Measurements, Part
from . import collars, sleeves
from .raglan import RAGLAN


def _on_dress(part: Part, *, buttoned: bool) -> Part:
    """A top's collar on a dress, which opens by its own slot; buttoned: whether it needs a front with buttons."""

    def attach(assembly: Assembly, torso: Torso, m: Measurements, c: Choices) -> None:
        assert part.attach
        part.attach(assembly, torso, m, {**c, "closure": "none" if torso.front.opening is None else "buttons"})

    why = f"A {part.label.lower()} opens in front: choose opening 'buttons' or another collar."
    return replace(part, attach=attach, clashes=(Clash("opening", ("zip_back", "none"), why),) if buttoned else ())


COLLARS = (
    collars.NONE,
    _on_dress(collars.PETER_PAN, buttoned=False),
    _on_dress(collars.STAND, buttoned=True),
    _on_dress(collars.SHIRT, buttoned=True),
)
WITHOUT_BUTTONS = (collars.NONE, _on_dress(collars.PETER_PAN, buttoned=False))
FACED_SLEEVES = (sleeves.SET_IN, sleeves.PUFF, sleeves.DOLMAN, sleeves.NONE)  # beside facings, which need a shoulder
SLEEVES = (*FACED_SLEEVES, RAGLAN)
