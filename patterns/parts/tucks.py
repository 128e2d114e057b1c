# SPDX-License-Identifier: GPL-3.0-or-later
"""Tucks: what the front's waist darts take in, folded and caught at the waist alone, so that it opens below.

H. J. Armstrong, Patternmaking for Fashion Design, 5th ed., "Dart equivalents: pleats, tucks".
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..blocks.lower import Lower
from ..curves import Curve, point_along
from ..style import Choices, Measurements, Part
from .darts import Dart
from .pleats import Knife

_CLOSED = 0.7  # of the way to the dart's point: the lines end before they meet, and the cloth opens below


def _tuck(waist: tuple[Curve, ...], dart: Dart) -> Knife:
    """The pleat, turned towards the centre, whose lines run from the dart's mouth towards its point."""
    first, last = dart.at - dart.intake / 2, dart.at + dart.intake / 2
    a, b = point_along(waist, first), point_along(waist, last)
    apex = (a + b) / 2 + dart.depth * np.array([a[1] - b[1], b[0] - a[0]]) / np.linalg.norm(b - a)
    (x, y), (u, v) = (p + _CLOSED * (apex - p) for p in (a, b))
    return Knife(first, last, -1, ((float(x), float(y)), (float(u), float(v))))


def _shape(lower: Lower, _m: Measurements, _c: Choices) -> Lower:
    front = lower.front
    kept = {edge: found for edge, found in front.darts.items() if edge != "waist"}
    tucks = tuple(_tuck(front.edges["waist"], dart) for dart in front.darts.get("waist", ()))
    pleats = {**front.pleats, "waist": tucks}
    return replace(lower, front=replace(front, darts=kept, pleats=pleats))


DARTS = Part("darts", "Darts", "The front is fitted by darts, where it has any")
TUCKS = Part(
    "tucks", "Tucks", "The front's darts, where it has any, are folded as tucks that open below the waist", shape=_shape
)
FRONTS = (DARTS, TUCKS)
