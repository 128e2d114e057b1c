# SPDX-License-Identifier: GPL-3.0-or-later
"""The centre back of jackets and coats: on the fold, seamed, or seamed with a vent below."""

from __future__ import annotations

from dataclasses import replace

from ..assembly import SIDES, Assembly
from ..blocks.torso import Torso
from ..curves import line, point
from ..style import Choices, Measurements, Part, ratio

VENT = ratio("vent_height", 0.75, 0.2, 1.0, "Height of the vent, of the way from hem to waist")
_UNDERLAP = 0.04  # metres that the two sides of a vent lie over each other beyond the centre,
_OF_SKIRT = 0.4  # and at most, of the way from hem to waist


def _seamed(torso: Torso, _m: Measurements, _c: Choices) -> Torso:
    return torso.changed(torso.front, replace(torso.back, opening=0.0))


def _vented(torso: Torso, _m: Measurements, c: Choices) -> Torso:
    """The centre seam ends above an underlap that is grown on down to the hem."""
    back = torso.back
    high, low = back.edges["neckline"][-1].end, back.edges["hem"][0].start
    hem = float(low[1])
    lap = min(_UNDERLAP, _OF_SKIRT * (torso.waist_y - hem))
    top = max(hem + c["vent_height"] * (torso.waist_y - hem), hem + 2 * lap)
    begin, out, corner = point((0.0, top)), point((-lap, top - lap)), point((-lap, hem))
    edges = {
        **back.edges,
        "hem": (line(corner, low), *back.edges["hem"]),
        "opening": (line(high, begin),),
        "vent_top": (line(begin, out),),
        "vent": (line(out, corner),),
    }
    return torso.changed(torso.front, replace(back, edges=edges))


def _sewn(assembly: Assembly, _torso: Torso, _m: Measurements, _c: Choices) -> None:
    left, right = (assembly.walk("back", "opening", side) for side in SIDES)
    assembly.sew("centre_back", left, right)
    if assembly.stretches("back", "vent"):
        assembly.change("back", lap="left")


FOLD = Part("fold", "On the fold", "No seam at the centre back")
SEAM = Part("seam", "Seam", "A seam at the centre back", shape=_seamed, attach=_sewn)
VENTED = Part("vent", "Vent", "A seam at the centre back, open below as a vent", (VENT,), shape=_vented, attach=_sewn)
BACKS = (SEAM, VENTED, FOLD)
