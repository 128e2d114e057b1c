# SPDX-License-Identifier: GPL-3.0-or-later
"""The raglan sleeve: what lies between a line from underarm to neck and the shoulder goes with the sleeve.

W. Aldrich, Metric Pattern Cutting for Women's Wear, 6th ed., "The raglan sleeve", in its form for knits: one piece, the
shoulder's slope taken up by the cloth.
"""

from __future__ import annotations

from dataclasses import replace
from math import cos, sin

import numpy as np

from ..assembly import SIDES, Assembly, backwards
from ..blocks.torso import Half, Torso
from ..curves import Arc, Cubic, Points, cubic, line, part, run_length, solve, solve_together, stretch
from ..pieces import Notch
from ..style import Choices, DraftRefused, Measurements, Part, length
from .sleeves import EASE, HEM_EASE, LEAST_UNDERARM, LENGTH, MEASUREMENTS, add_sleeve, cuts, sew_underarms

NECK_FRONT = length("raglan_neck_front", 0.035, 0.01, 0.07, "How far down the front neckline the raglan seam begins")
NECK_BACK = length("raglan_neck_back", 0.02, 0.01, 0.05, "How far along the back neckline the raglan seam begins")

_HOLLOW = 0.35  # how far the sleeve's seam runs level at the underarm, of its reach across
_NECK_TURN = 0.7  # radians that the sleeve's neck edge is hollowed


def _cut(half: Half, at: float) -> Half:
    """The half without its shoulder: its armhole runs from the armpit on to the neckline, `at` from the shoulder."""
    neckline = half.edges["neckline"]
    whole = run_length(neckline)
    if at > 0.7 * whole:
        raise DraftRefused(f"The raglan seam takes the whole {half.name} neckline: lower raglan_neck_{half.name}.")
    end, hollow = stretch(neckline, 0.0, at)[-1].end, half.edges["armhole"][0]

    def past(t: float) -> float:
        """By how much the way to the neck points inwards of the armhole at its parameter t."""
        to, along = end - hollow.points(np.array([t]))[0], hollow.derivative(np.array([t]))[0]
        return float(to[0] * along[1] - to[1] * along[0])

    if past(0.999) > 0:
        raise DraftRefused("The neckline leaves no room for a raglan seam: lower neck_width, or choose another sleeve.")
    leaves = solve(past, 0.02, 0.999, f"A raglan seam on the {half.name}")
    low = part(hollow, 0.0, leaves)
    edges = {name: run for name, run in half.edges.items() if name != "shoulder"}
    edges |= {"armhole": (low, line(low.end, end)), "neckline": stretch(neckline, at, whole)}
    cut_off = {**half.cut_off, "shoulder": half.shoulder, "neckline": stretch(neckline, 0.0, at)}
    return replace(half, edges=edges, cut_off=cut_off)


def _shape(torso: Torso, _m: Measurements, c: Choices) -> Torso:
    return torso.changed(_cut(torso.front, c["raglan_neck_front"]), _cut(torso.back, c["raglan_neck_back"]))


def _seam(width: float, top: Points) -> Cubic:
    """From the underarm at x = width / 2 up to the neck: level at first, then straight."""
    low = np.array([width / 2, 0.0])
    bend = low - [_HOLLOW * (width / 2 - top[0]), 0.0]
    return cubic(low, bend, (bend + top) / 2, top)


def _attach(assembly: Assembly, torso: Torso, m: Measurements, c: Choices) -> None:
    back, front = torso.back.length("armhole"), torso.front.length("armhole")
    cut_off = {half.name: run_length(half.cut_off["neckline"]) for half in torso.halves()}
    neck = cut_off["back"] + cut_off["front"]
    chord = neck * sin(_NECK_TURN / 2) / (_NECK_TURN / 2)
    width = m["upper_arm"] + c["sleeve_ease"]
    mirror = np.array([-1.0, 1.0])

    def tops(height: float, lean: float) -> tuple[Points, Points, Points]:
        """The neck edge's ends, back and front, and the way up to its middle; a longer back lets it lean forward."""
        up = np.array([-sin(lean), cos(lean)])
        across = chord / 2 * np.array([up[1], -up[0]])
        return height * up + across, height * up - across, up

    def missing(u: Points) -> Points:
        top_back, top_front, _ = tops(u[0], u[1])
        return np.array([_seam(width, top_back).length - back, _seam(width, top_front * mirror).length - front])

    guess = float(np.sqrt(max(((back + front) / 2) ** 2 - ((width - chord) / 2) ** 2, 1e-4)))
    height, lean = solve_together(missing, (guess, 0.0), f"A raglan sleeve {width:.3f} m wide")
    if height < LEAST_UNDERARM:
        raise DraftRefused("The sleeve is too wide for its raglan seams: lower sleeve_ease or raise armhole_depth.")
    top_back, top_front, up = tops(height, lean)
    radius = chord / 2 / sin(_NECK_TURN / 2)
    centre = (height + radius * cos(_NECK_TURN / 2)) * up
    begin = float(np.arctan2(*(top_back - centre)[::-1]))
    neckline = Arc(centre, radius, begin, -_NECK_TURN)
    tip = neckline.points(np.array([0.5]))[0] - run_length(torso.front.shoulder) * up
    top = (
        ("raglan_back", _seam(width, top_back)),
        ("neckline_back", part(neckline, 0.0, cut_off["back"] / neck)),
        ("neckline_front", part(neckline, cut_off["back"] / neck, 1.0)),
        ("raglan_front", _seam(width, top_front * mirror).transformed(np.diag(mirror), np.zeros(2)).reversed()),
    )
    add_sleeve(assembly, torso, width, tip, top, m, c)
    assembly.change("sleeve", notches=(Notch("neckline_front", 0.0),))
    for half in torso.halves():
        own = ("sleeve", "neckline_front" if half.name == "front" else "-neckline_back")
        assembly.lay(half.name, "neckline", (own, *assembly.stretches(half.name, "neckline")))
        for s in SIDES:
            edge = (assembly.along("sleeve", f"raglan_{half.name}", s),)
            sewn = backwards(edge) if half.name == "front" else edge
            assembly.sew(f"raglan_{half.name}_{s}", assembly.walk(half.name, "armhole", s), sewn)
    sew_underarms(assembly)


RAGLAN = Part(
    "raglan",
    "Raglan",
    "A sleeve that runs up to the neckline in a slanting seam",
    (LENGTH, EASE, HEM_EASE, NECK_FRONT, NECK_BACK),
    MEASUREMENTS,
    shape=_shape,
    attach=_attach,
    clashes=cuts("armhole", "shoulder", "neckline"),
)
