# SPDX-License-Identifier: GPL-3.0-or-later
"""The back's shoulder dart, which gives the shoulder blade its room.

W. Aldrich, Metric Pattern Cutting for Women's Wear, 6th ed., "The close fitting bodice block": the back's shoulder line
is longer than the front's by what the dart takes in.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..blocks.bodice import fitted
from ..blocks.torso import Torso
from ..curves import hermite, line
from ..style import Choices, DraftRefused, Measurements, Part, Slot, length, ratio
from .darts import Dart

INTAKE = length("shoulder_dart", 0.012, 0.006, 0.025, "What the dart in the back's shoulder takes in")
REACH = ratio("shoulder_dart_length", 0.35, 0.2, 0.6, "Length of the shoulder dart, of the way down to the blade")
_BESIDE = 0.012  # metres of shoulder that stay on either side of it


def _shape(torso: Torso, _m: Measurements, c: Choices) -> Torso:
    back, intake = fitted(torso.back), c["shoulder_dart"]
    (shoulder,), (*hollow, rise) = back.edges["shoulder"], back.edges["armhole"]
    out = (shoulder.start - shoulder.end) / shoulder.length
    tip = shoulder.start + intake * out
    at = (shoulder.length + intake) / 2
    if at < intake / 2 + _BESIDE:
        raise DraftRefused("The shoulder is too short for a dart: lower shoulder_dart or neck_width, or choose none.")
    (leave,), (arrive,) = rise.derivative([0.0]), rise.derivative([1.0])
    middle = tip - at * out
    depth = c["shoulder_dart_length"] * float(np.linalg.norm(middle - back.pivot))
    edges = {
        **back.edges,
        "armhole": (*hollow, hermite(rise.start, leave, tip, arrive)),
        "shoulder": (line(tip, shoulder.end),),
    }
    darts = {**back.darts, "shoulder": (Dart(at, intake, depth),)}
    return torso.changed(torso.front, replace(back, edges=edges, darts=darts, unturned=back))


NONE = Part("none", "None", "The shoulder blade's room is eased in")
DART = Part("dart", "Shoulder dart", "A dart from each back shoulder to the blade", (INTAKE, REACH), shape=_shape)
# A dividing seam from the shoulder leaves no place for one.
BLADE = Slot(
    "blade",
    "none",
    (NONE, DART),
    "What gives the shoulder blades their room",
    ("shaping", ("darts", "fisheye", "princess_armhole")),
)
