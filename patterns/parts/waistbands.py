# SPDX-License-Identifier: GPL-3.0-or-later
"""Waistbands: what the waist edge of skirts and trousers is finished with.

Drafted for the waist edge as it is cut: `lower.waist` round, gathered where `lower.fullness` is above 1.
"""

from __future__ import annotations

from dataclasses import replace
from math import pi

from ..assembly import Assembly
from ..blocks.lower import Lower
from ..curves import Arc, line, point
from ..hanging import around_waist
from ..pieces import Elastic, Notch, Piece, Wrap, loop
from ..seams import walk
from ..style import Choices, DraftRefused, Measurements, Part, length, ratio
from .bands import band

WIDTH = length("waistband_width", 0.03, 0.015, 0.10, "Finished width of the waistband")
_FLARE = 1.2  # the power of the way from waist to hip with which a body widens below its waist


def _round(assembly: Assembly, lower: Lower) -> None:
    """The band's seam to the waist edge, and its ends, which close where the waist opens."""
    assembly.sew("waist", around_waist(assembly, lower.opens), walk("-waistband.seam"), 1 / lower.fullness)
    assembly.sew("waistband_ends", walk("waistband.end_left"), walk("-waistband.end_right"))


def _straight(assembly: Assembly, lower: Lower, _m: Measurements, c: Choices) -> None:
    _strip(assembly, lower, c)


def _strip(assembly: Assembly, lower: Lower, c: Choices, *elastics: Elastic) -> None:
    """A straight band as long as the waist edge, with elastic in it or without."""
    girth = lower.waist
    made = band("waistband", girth, c["waistband_width"], "waist_front", girth / 4, allowance=c["seam_allowance"])
    assembly.add(replace(made, elastics=elastics))
    _round(assembly, lower)


def _wider(m: Measurements, down: float) -> float:
    """Metres by which the body is wider so far below its waist."""
    return max(m["hip"] - m["waist"], 0.0) * (down / m["waist_to_hip"]) ** _FLARE


def _curved(assembly: Assembly, lower: Lower, m: Measurements, c: Choices) -> None:
    """A part of a ring whose upper edge, at the waist, is as much shorter as the body is slimmer there."""
    below, width = lower.waist, c["waistband_width"]
    above = max(below - _wider(m, width), 0.8 * below)
    if below - above < 1e-3:
        _strip(assembly, lower, c)
        return
    inner = above * width / (below - above)
    angle = above / inner
    centre = point((0.0, inner + width))
    low, high = (Arc(centre, r, -pi / 2 - angle / 2, angle) for r in (inner + width, inner))
    assembly.add(
        Piece(
            "waistband",
            loop(
                ("seam", low),
                ("end_left", line(low.end, high.end)),
                ("top", high.reversed()),
                ("end_right", line(high.start, low.start)),
            ),
            Wrap("seam", "waist_front"),
            notches=tuple(Notch("seam", k * below / 4) for k in (1, 2, 3)),
            grain=(1.0, 0.0),
            allowance=c["seam_allowance"],
        )
    )
    _round(assembly, lower)


def _elastic(assembly: Assembly, lower: Lower, m: Measurements, c: Choices) -> None:
    """A straight band as wide as the waist edge, drawn in by the elastic in it."""
    relaxed = min(c["elastic_ratio"] * m["waist"] / lower.waist, 1.0)
    _strip(assembly, lower, c, Elastic("seam", relaxed), Elastic("top", relaxed))


def _bare(_assembly: Assembly, lower: Lower, _m: Measurements, _c: Choices) -> None:
    if lower.fullness > 1.0:
        raise DraftRefused("Gathers need a band that draws them in: choose waistband 'straight', or gathers 1.")


STRAIGHT = Part("straight", "Straight band", "A straight band, cut double", (WIDTH,), attach=_straight)
CURVED = Part("curved", "Curved band", "A band that follows the body from the hip bones up", (WIDTH,), attach=_curved)
ELASTIC = Part(
    "elastic",
    "Elastic",
    "A band with elastic in it, wide enough to be pulled on over the hip",
    (WIDTH, ratio("elastic_ratio", 0.92, 0.6, 1.0, "Relaxed elastic over the waist")),
    attach=_elastic,
)
FACED = Part("faced", "Faced", "No band: the waist edge is faced or turned in", attach=_bare)
FINISHES = (STRAIGHT, CURVED, ELASTIC, FACED)


def hang(m: Measurements, c: Choices) -> tuple[Choices, float, bool]:
    """What a lower block is drafted with: the choices, how far its waist edge lies below the waist (metres), and
    whether it is pulled on.

    A curved band ends at the waist, so the edge that it is sewn to lies where the body is wider.
    """
    banded = c["waistband"] in (STRAIGHT.name, ELASTIC.name)  # half of a straight band lies below the waist
    above = 0.0 if c["waistband"] == FACED.name else c["waistband_width"] * (0.5 if banded else 1.0)
    if c["waistband"] == CURVED.name:
        c = {**c, "waist_ease": c["waist_ease"] + _wider(m, above)}
    return c, above, c["waistband"] == ELASTIC.name
