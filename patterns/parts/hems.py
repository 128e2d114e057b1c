# SPDX-License-Identifier: GPL-3.0-or-later
"""Hems of a torso: turned in, drawn in by elastic, finished with a rib band, or curved like a shirt's tail."""

from __future__ import annotations

import numpy as np

from ..assembly import Assembly, from_back
from ..blocks.torso import Half, Torso
from ..curves import hermite, run_length, stretch
from ..pieces import Elastic
from ..seams import walk
from ..style import Choices, DraftRefused, Measurements, Part, length, ratio
from .bands import band, open_band
from .closures import close_ends, front_lap, hem_opens

BAND_WIDTH = length("hem_band_width", 0.06, 0.02, 0.12, "Finished width of the hem's band")
BAND_STRETCH = ratio("hem_band_stretch", 0.85, 0.6, 1.0, "Band over hem: below 1 the band draws the hem in")
ELASTIC_RATIO = ratio("hem_elastic", 0.8, 0.4, 1.0, "Elastic of the hem over the hem itself, both relaxed")
TAIL = length("tail_rise", 0.07, 0.01, 0.16, "How much higher the shirt's tail is at the side seam than at the centre")


def _raised(half: Half, centre: float, side: float, flat: float) -> Half:
    """The half cut off `centre` above its hem on the centre line and `side` along its side seam; metres.

    flat: how far the new hem runs level from the centre line, of its width.
    """
    run, start = half.edges["side"], half.edges["hem"][0].start
    whole = run_length(run)
    if side > whole - 0.05:
        raise DraftRefused("The hem is curved or banded up to the armhole: raise body_length or lower the hem's width.")
    kept = stretch(run, side, whole)
    low, high = start + np.array([0.0, centre]), kept[0].start
    if centre and low[1] > min(half.armpit[1], half.edges["neckline"][-1].end[1]) - 0.05:
        raise DraftRefused("The hem's band is as wide as the body is long: raise body_length or lower hem_band_width.")
    across, rise = float(high[0] - low[0]), float(high[1] - low[1])
    out = kept[0].derivative(np.array([0.0]))[0]
    square = np.array([out[1], -out[0]]) / np.linalg.norm(out)  # the hem meets the side seam squarely
    return half.changed(
        hem=(hermite(low, (flat * across, 0), high, (0.8 * across + 0.4 * abs(rise)) * square),), side=kept
    )


def _tail(torso: Torso, _m: Measurements, c: Choices) -> Torso:
    return torso.changed(*(_raised(half, 0.0, c["tail_rise"], 1.3) for half in torso.halves()))


def _room_for_band(torso: Torso, _m: Measurements, c: Choices) -> Torso:
    wide = c["hem_band_width"]
    return torso.changed(*(_raised(half, wide, wide, 1.0) for half in torso.halves()))


def _band(assembly: Assembly, torso: Torso, _m: Measurements, c: Choices) -> None:
    front, back = (half.length("hem") * c["hem_band_stretch"] for half in torso.halves())
    width, drawn = -c["hem_band_width"], c["hem_band_stretch"]
    allowance: float = c["seam_allowance"]
    if hem_opens(torso):
        lap = drawn * front_lap(torso, c)
        assembly.add(
            open_band("hem_band", back + front + lap, width, "hip_left", back, fabric="rib", allowance=allowance)
        )
        assembly.sew("hem_band", assembly.around_hem(laps=True), assembly.around_back("hem_band", "seam", False), drawn)
        assembly.lay("hem_band", "end", [("hem_band", "end")])
        close_ends(assembly, c, "hem_band", (back + front, width / 2))
    else:
        assembly.add(band("hem_band", 2 * (front + back), width, "hip_left", front, fabric="rib", allowance=allowance))
        assembly.sew("hem_band", from_back(assembly.around_hem()), walk("hem_band.seam"), drawn)
        assembly.sew("hem_band_ends", walk("hem_band.end_left"), walk("-hem_band.end_right"))
    for name, hem in (*assembly.stretches("front", "hem"), *assembly.stretches("back", "hem")):
        piece = assembly.piece(name)
        assembly.change(name, allowances={k: v for k, v in piece.allowances.items() if k != hem})


def _elastic(assembly: Assembly, _torso: Torso, _m: Measurements, c: Choices) -> None:
    for half in ("front", "back"):
        for name, edge in assembly.stretches(half, "hem"):
            piece = assembly.piece(name)
            assembly.change(name, elastics=(*piece.elastics, Elastic(edge, c["hem_elastic"])))


PLAIN = Part("plain", "Plain", "Turned in and stitched")
BAND = Part(
    "band", "Rib band", "A rib band, cut double, draws the hem in", (BAND_WIDTH, BAND_STRETCH),
    shape=_room_for_band, attach=_band,
)  # fmt: skip
ELASTIC = Part("elastic", "Elastic", "Elastic in a casing gathers the hem", (ELASTIC_RATIO,), attach=_elastic)
SHIRT_TAIL = Part("shirt_tail", "Shirt tail", "Curved up towards the side seams", (TAIL,), shape=_tail)
HEMS = (PLAIN, BAND, ELASTIC, SHIRT_TAIL)
