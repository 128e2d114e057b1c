# SPDX-License-Identifier: GPL-3.0-or-later
"""Openings of skirts and trousers: how a waist that is narrower than the hip lets it pass."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..assembly import Assembly
from ..blocks.lower import Lower
from ..blocks.torso import Half
from ..curves import Curve, hermite, line, point
from ..hanging import ZIPPED
from ..pieces import Notch, Piece, Wrap, loop
from ..style import Choices, DraftRefused, Measurements, Part, length
from .darts import stretch

ZIP_LENGTH = length("zip_length", 0.18, 0.08, 0.30, "Length of the zip below the waistband")
_LEAST_LEFT = 0.03  # metres of seam left below a zip
_PASSES = 0.85  # of the hip: what a waist that is pulled on must measure at least, in a fabric that gives a little
_FACING = 0.035  # metres: width of a fly's facing; its shield is cut double


def _split(half: Half, edge: str, at: float, names: tuple[str, str]) -> Half:
    """The half with an edge split `at` metres from its start; its notches go with the cloth."""
    edges: dict[str, tuple[Curve, ...]] = {}
    for name, run in half.edges.items():
        if name == edge:
            edges[names[0]] = stretch(run, 0.0, at)
            edges[names[1]] = stretch(run, at, sum(curve.length for curve in run))
        else:
            edges[name] = run
    notches = tuple(
        n
        if n.edge != edge
        else replace(n, edge=names[0])
        if n.distance <= at
        else Notch(names[1], n.distance - at, n.kind)
        for n in half.notches
    )
    return replace(half, edges=edges, notches=notches)


def _pulled_on(lower: Lower, m: Measurements, c: Choices) -> Lower:
    if c["waistband"] != "elastic" and lower.waist < _PASSES * m["hip"]:
        raise DraftRefused(
            f"A waist of {lower.waist:.2f} m does not pass over a hip of {m['hip']:.2f} m: choose an opening, or an "
            "elastic waistband."
        )
    return lower


def _zip_back(lower: Lower, _m: Measurements, c: Choices) -> Lower:
    if lower.legs:
        raise DraftRefused("Trousers open in front: choose opening 'fly'.")
    fall = lower.back.edges["waist"][-1].end[1] - lower.back.edges["hem"][0].start[1]
    if c["zip_length"] > fall - _LEAST_LEFT:
        raise DraftRefused(f"The zip is longer than the back of {fall:.2f} m: lower zip_length.")
    return replace(lower, back=replace(lower.back, opening=0.0, parted=(c["zip_length"],)), opens="back")


def _zip_side(lower: Lower, _m: Measurements, c: Choices) -> Lower:
    if lower.legs:
        raise DraftRefused("Trousers open in front: choose opening 'fly'.")
    at = lower.front.length("side") - c["zip_length"]
    if at < _LEAST_LEFT:
        raise DraftRefused("The zip is longer than the side seam: lower zip_length.")
    front, back = (_split(half, "side", at, ("side", ZIPPED)) for half in (lower.front, lower.back))
    return replace(lower, front=front, back=back, opens="left")


def _fly(lower: Lower, _m: Measurements, c: Choices) -> Lower:
    if not lower.legs:
        raise DraftRefused("A fly is for trousers: choose opening 'zip_side' or 'zip_back'.")
    whole = lower.front.length("crotch")
    if c["zip_length"] > 0.7 * whole:
        raise DraftRefused(f"The zip reaches in between the legs, the front being {whole:.2f} m: lower zip_length.")
    return replace(lower, front=_split(lower.front, "crotch", c["zip_length"], ("fly", "crotch")), opens="front")


def _faced_fly(assembly: Assembly, lower: Lower, _m: Measurements, c: Choices) -> None:
    """The facing under the left front's edge, rounded off at its end, and the shield behind the zip."""
    run = lower.front.edges["fly"]
    top, end = run[0].start, run[-1].end
    down = (end - top) / np.linalg.norm(end - top)
    out = np.array([-down[1], down[0]]) * _FACING  # into the front
    if out[0] < 0:
        out = -out
    corner = end - _FACING * down + out
    facing = loop(
        ("fly", run),
        ("round", hermite(end, 0.8 * out + 0.2 * _FACING * down, corner, -1.2 * _FACING * down)),
        ("outer", line(corner, top + out)),
        ("top", line(top + out, top)),
    )
    assembly.add(
        Piece(
            "fly_facing",
            facing,
            Wrap("on", host="front_left", layer=-1),
            draped=False,
            allowance=c["seam_allowance"],
            allowances={"round": 0.0, "outer": 0.0},
        )
    )
    long = float(np.linalg.norm(end - top)) + 0.02
    low, high = point((0.0, -long)), point((0.0, 0.0))
    across = np.array([_FACING + 0.01, 0.0])
    assembly.add(
        Piece(
            "fly_shield",
            loop(
                ("bottom", line(low, low + across)),
                ("fold", line(low + across, high + across)),
                ("top", line(high + across, high)),
                ("fly", line(high, low)),
            ),
            Wrap("on", host="front_right", layer=-1),
            doubled="fold",
            draped=False,
            allowance=c["seam_allowance"],
            allowances={"fold": 0.0},
        )
    )


NONE = Part("none", "None", "Pulled on over the hip", shape=_pulled_on)
ZIP_BACK = Part("zip_back", "Zip behind", "A zip in the centre back seam", (ZIP_LENGTH,), shape=_zip_back)
ZIP_SIDE = Part("zip_side", "Zip at the side", "A zip in the left side seam", (ZIP_LENGTH,), shape=_zip_side)
FLY = Part("fly", "Fly", "A zip in front with facing and shield", (ZIP_LENGTH,), shape=_fly, attach=_faced_fly)
FOR_SKIRTS = (ZIP_SIDE, ZIP_BACK, NONE)
FOR_TROUSERS = (FLY, NONE)
