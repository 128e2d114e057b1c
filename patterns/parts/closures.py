# SPDX-License-Identifier: GPL-3.0-or-later
"""Closures: how a garment opens at its centre front.

W. Aldrich, Metric Pattern Cutting for Women's Wear, 6th ed., "Openings": the button stand with its grown-on facing, the
band cut separately, the strap opening of a polo, the zip.
A placket of its own fills a gap whose sides lie half its width from the centre line; its two strips lie on each other.
"""

from __future__ import annotations

from dataclasses import replace
from math import pi

import numpy as np

from ..assembly import SIDES, Assembly, backwards, on_torso
from ..blocks.torso import Half, Torso
from ..curves import Curve, Points, line, run_length, stretch, where
from ..pieces import InternalLine, Piece, Side, Trim, Wrap, loop, other_side
from ..seams import Zip
from ..style import Choices, DraftRefused, Measurements, Part, choice, count, flag, length, ratio

LAP = choice(
    "lap",
    "right_over_left",
    ("right_over_left", "left_over_right"),
    "Which front lies on top: by custom the right one for women, the left one for men",
)
BUTTONS = count("buttons", 6, 2, 14, "Buttons down the front, from the neckline to the last one above the hem")
STAND = length("button_stand", 0.016, 0.01, 0.06, "How far each front reaches beyond the centre line")
FACING = length("facing_width", 0.035, 0.01, 0.09, "Width of the grown-on facing that is folded in behind the buttons")
LOWEST = ratio("lowest_button", 0.82, 0.4, 0.97, "The last button, of the way from neckline to hem")
CONCEALED = flag("concealed", False, "The buttonholes are hidden under a folded fly")
WIDTH = length("placket_width", 0.03, 0.02, 0.06, "Finished width of the placket's strips")
DEPTH = length(
    "opening_depth",
    0.15,
    0.06,
    0.25,
    "How far the opening reaches down from the neckline, on a short front to 3 cm above the hem",
)
BAND_FABRIC = choice(
    "front_band_fabric", "main", ("main", "rib"), "What a band that runs on round the neck is cut from"
)
BAND_STRETCH = ratio("front_band_stretch", 0.98, 0.85, 1.0, "Band over the edge it is sewn to")

_BUTTON, _BUTTON_MASS = 0.0115, 3e-4  # metres, kilograms
_TOP = 0.014  # metres from the neckline to the first button
_LEAST_OPENING = 0.06  # metres
_LEAST_BELOW = 0.03  # metres of front that stay below an opening that ends


def neck_opens(torso: Torso) -> bool:
    """Whether the neckline is open at the centre front."""
    return torso.front.opening is not None or "placket" in torso.front.edges


def hem_opens(torso: Torso) -> bool:
    """Whether the hem is open at the centre front."""
    return torso.front.opening is not None and not torso.front.parted


def over(c: Choices) -> Side:
    """The side of the body whose front lies on top."""
    return "right" if c["lap"] == "right_over_left" else "left"


def close_ends(assembly: Assembly, c: Choices, name: str, at: tuple[float, float], facing: str | None = None) -> None:
    """Close the ends of a piece on the fold at the centre back as the front is closed: by the zip, or by a button.

    at: the point of the piece that lies on the centre front, metres; facing: its inner layer, sewn to it at the ends.
    """
    layers = [(assembly.along(facing, "end", side),) for side in SIDES] if facing else []
    left, right = ((assembly.along(name, "end", side),) for side in SIDES)
    if c["closure"] in ("zip", "half_zip", "none"):
        zipped = Zip() if c["closure"] != "none" else None
        assembly.sew(f"{name}_ends", left, right, 1.0, *layers, zip=zipped)
        return
    for side, outer, layer in zip(SIDES, (left, right), layers, strict=False):
        assembly.sew(f"{name}_end_{side}", outer, layer)
    if c["closure"] == "band" and c["collar"] == "none":  # the band runs over the ends
        return
    piece, top = assembly.piece(name), over(c)
    trims = (
        Trim("buttonhole", "buttonhole", at, 1.2 * _BUTTON, only=top),
        Trim("button", "button", at, _BUTTON, _BUTTON_MASS, only=other_side(top)),
    )
    assembly.change(name, trims=(*piece.trims, *trims))
    assembly.fasten(name, f"{name}.buttonhole_{top}", f"{name}.button_{other_side(top)}")


def _no_opening_yet(torso: Torso) -> None:
    if torso.front.opening is not None:
        raise DraftRefused("The centre front is open already: choose closure 'none'.")


def _away(curves: tuple[Curve, ...], x: float) -> float:
    """How far along a run that comes from or goes to the centre line it is x metres away from that."""
    at = where(curves, 0, x)
    if at is None:
        raise DraftRefused("The placket is wider than the neckline: lower placket_width or raise neck_width.")
    return at


def _parted(half: Half, edge: str, x: float) -> tuple[tuple[Curve, ...], tuple[Curve, ...]]:
    """What of an edge that meets the centre line stays x metres clear of it, and what is cut off, metres."""
    run = half.edges[edge]
    at, whole = _away(run, x), run_length(run)
    near, far = (stretch(run, *span) for span in ((0.0, at), (at, whole)))
    return (near, far) if edge == "neckline" else (far, near)


def front_lap(torso: Torso, c: Choices) -> float:
    """How far each front reaches beyond the centre line, metres."""
    if c["closure"] == "placket" or (c["closure"] == "band" and c["collar"] != "none"):
        return c["placket_width"] / 2
    return torso.front.opening or 0.0


def _heights(first: float, last: float, c: Choices) -> list[float]:
    return [float(y) for y in np.linspace(first, last, c["buttons"])]


def _pairs(at: list[tuple[float, float]], c: Choices, angle: float) -> tuple[Trim, ...]:
    """A buttonhole for the front on top and a button for the other one at each of the points."""
    top = over(c)
    return tuple(
        trim
        for k, place in enumerate(at, 1)
        for trim in (
            Trim(f"buttonhole_{k}", "buttonhole", place, 1.2 * _BUTTON, angle=angle, only=top),
            Trim(f"button_{k}", "button", place, _BUTTON, _BUTTON_MASS, only=other_side(top)),
        )
    )


def _fasten(assembly: Assembly, piece: str, c: Choices) -> None:
    top = over(c)
    for k in range(1, c["buttons"] + 1):
        assembly.fasten(f"{piece}_{k}", f"{piece}_{top}.buttonhole_{k}", f"{piece}_{other_side(top)}.button_{k}")


def _first_button(torso: Torso, c: Choices) -> float:
    """Height of the first button on the front: below a collar that has its own, it lies a hand's breadth lower."""
    below = 0.065 if c["collar"] in ("stand", "shirt") else _TOP
    return float(_centre_front(torso)[1]) - below


def _centre_front(torso: Torso) -> Points:
    """Where the neckline meets the centre front, whatever of it was cut off."""
    front = torso.front
    return (front.cut_off.get("neckline_end") or front.edges["neckline"])[-1].end


def _open(torso: Torso, opening: float, parted: tuple[float, ...] = ()) -> Torso:
    _no_opening_yet(torso)
    return torso.changed(replace(torso.front, opening=opening, parted=parted), torso.back)


def _buttons_shape(torso: Torso, _m: Measurements, c: Choices) -> Torso:
    return _open(torso, c["button_stand"])


def _buttons(assembly: Assembly, torso: Torso, _m: Measurements, c: Choices) -> None:
    piece, front, stand = assembly.piece("front"), torso.front, c["button_stand"]
    high, low = _centre_front(torso), front.edges["hem"][0].start
    drop = c["lowest_button"] * float(high[1] - low[1])
    heights = _heights(_first_button(torso, c), float(high[1]) - drop, c)
    stitch = line(_at(front.edges["neckline"], stand), _at(front.edges["hem"], stand))
    folded = c["facing_width"] * (2 if c["concealed"] else 1)
    assembly.change(
        "front",
        lap=over(c),
        trims=(*piece.trims, *_pairs([(0.0, y) for y in heights], c, pi / 2)),
        internal=(*piece.internal, InternalLine("button stand stitching", (stitch,))),
        allowances={**piece.allowances, "opening": folded},
    )
    _fasten(assembly, "front", c)


def _at(run: tuple[Curve, ...], x: float) -> Points:
    """The point of a run that comes from or goes to the centre line x metres away from that."""
    return stretch(run, 0.0, _away(run, x))[-1].end


def _zip_shape(torso: Torso, _m: Measurements, _c: Choices) -> Torso:
    return _open(torso, 0.0)


def _half_zip_shape(torso: Torso, _m: Measurements, c: Choices) -> Torso:
    return _open(torso, 0.0, (_opening_depth(torso, c),))


def _zip(assembly: Assembly, _torso: Torso, _m: Measurements, _c: Choices) -> None:
    left, right = (assembly.walk("front", "opening", side) for side in SIDES)
    assembly.sew("zip", left[:1], right[:1], zip=Zip())
    if left[1:]:
        assembly.sew("centre_front", left[1:], right[1:])


def _opening_depth(torso: Torso, c: Choices) -> float:
    """How far down from the neckline the front opens, metres."""
    deep = float(torso.front.edges["neckline"][-1].end[1] - torso.front.edges["hem"][0].start[1]) - _LEAST_BELOW
    if deep < _LEAST_OPENING:
        raise DraftRefused("The front is too short for an opening: raise body_length or choose another closure.")
    return min(c["opening_depth"], deep)


def _placket_shape(torso: Torso, _m: Measurements, c: Choices) -> Torso:
    """A gap in the front, cut on the fold, for the placket's two strips."""
    _no_opening_yet(torso)
    front, x = torso.front, c["placket_width"] / 2
    neckline, off = _parted(front, "neckline", x)
    y = float(off[-1].end[1]) - _opening_depth(torso, c)
    return torso.changed(
        replace(
            front.changed(
                neckline=neckline,
                placket=(line(neckline[-1].end, (x, y)),),
                placket_end=(line((x, y), (0, y)),),
            ),
            cut_off={**front.cut_off, "neckline_end": off},
        ),
        torso.back,
    )


def _placket(assembly: Assembly, torso: Torso, _m: Measurements, c: Choices) -> None:
    x = c["placket_width"] / 2
    high, y = _centre_front(torso), float(torso.front.edges["placket_end"][0].end[1])
    last = float(high[1]) - y - 2 * x  # the strips are stitched to each other below it, as high as they are wide
    if last <= _TOP:
        raise DraftRefused("The placket has no room for its buttons: raise opening_depth or lower placket_width.")
    _strips(assembly, torso, c, (("foot", line((-x, y), (x, y))),), _TOP, last)
    left, right = ((assembly.along("placket", "foot", side),) for side in SIDES)
    foot = {"left": backwards(left), "right": right}
    ends = [(assembly.along("front", "placket_end", side),) for side in SIDES]
    top = over(c)
    assembly.sew("placket_foot", (*ends[0], *backwards(ends[1])), foot[other_side(top)], 1.0, foot[top])
    for s in SIDES:
        seam = backwards((assembly.along("placket", "seam", s),))
        assembly.sew(f"placket_{s}", (assembly.along("front", "placket", s),), seam)


def _band_shape(torso: Torso, _m: Measurements, c: Choices) -> Torso:
    """Both fronts end where the band is sewn on, half its width from the centre line."""
    torso = _open(torso, 0.0)
    front, x = torso.front, c["placket_width"] / 2
    neckline, neck_off = _parted(front, "neckline", x)
    hem, hem_off = _parted(front, "hem", x)
    front = front.changed(neckline=neckline, hem=hem)
    if c["collar"] != "none":
        front = replace(front, cut_off={**front.cut_off, "neckline_end": neck_off, "hem": hem_off})
    return torso.changed(front, torso.back)


def _bands(assembly: Assembly, torso: Torso, _m: Measurements, c: Choices) -> None:
    """Two bands that end at the neckline, for a collar to be sewn to them as well."""
    if c["collar"] == "none":
        return
    x, hem = c["placket_width"] / 2, torso.front.cut_off["hem"]
    foot = (("lap_hem", line(hem[0].start - np.array([x, 0.0]), hem[0].start)), ("hem", hem))
    whole = float(_centre_front(torso)[1] - hem[0].start[1])
    below = 0.065 if c["collar"] in ("stand", "shirt") else _TOP
    _strips(assembly, torso, c, foot, below, c["lowest_button"] * whole)
    assembly.lay("front", "hem", (("placket", "hem"), *assembly.stretches("front", "hem")))
    assembly.lay("front", "lap_hem", (("placket", "lap_hem"),))
    for s in SIDES:
        seam = backwards((assembly.along("placket", "seam", s),))
        assembly.sew(f"placket_{s}", assembly.walk("front", "opening", s), seam)


def _strips(
    assembly: Assembly,
    torso: Torso,
    c: Choices,
    foot: tuple[tuple[str, Curve | tuple[Curve, ...]], ...],
    first: float,
    last: float,
) -> None:
    """The piece "placket": a left and a right strip, cut double, that lie on each other over the centre front.

    foot: the lower edges from the free edge to the seam. first, last: metres of its buttons below the neckline.
    """
    x, off = c["placket_width"] / 2, torso.front.cut_off["neckline_end"]
    bottom = loop(*foot)
    high = off[-1].end
    corner = high - np.array([x, 0.0])
    heights = _heights(float(high[1]) - first, float(high[1]) - last, c)
    assembly.add(
        Piece(
            "placket",
            (
                *bottom,
                *loop(
                    ("seam", line(bottom[-1].end, off[0].start)),
                    ("neckline", off),
                    ("lap_neckline", line(high, corner)),
                    ("opening", line(corner, bottom[0].start)),
                ),
            ),
            on_torso(torso.front),
            cut="mirrored",
            doubled="opening",
            allowance=c["seam_allowance"],
            allowances={"opening": 0.0},
            trims=_pairs([(0.0, y) for y in heights], c, pi / 2),
            lap=over(c),
        )
    )
    _fasten(assembly, "placket", c)
    assembly.lay("front", "neckline", (*assembly.stretches("front", "neckline"), ("placket", "neckline")))
    assembly.lay("front", "lap_neckline", (("placket", "lap_neckline"),))


def _band_round(assembly: Assembly, torso: Torso, _m: Measurements, c: Choices) -> None:
    """Where there is no collar: a band up each front and on round the neck, joined at the centre back."""
    if c["collar"] != "none":
        return
    front, width, drawn = torso.front, c["placket_width"], c["front_band_stretch"]
    hem_band = c["hem_band_width"] if assembly.stretches("hem_band", "end") else 0.0
    edge = hem_band + float(front.edges["neckline"][-1].end[1] - front.edges["hem"][0].start[1])
    whole = drawn * (edge + front.length("neckline") + torso.back.length("neckline"))
    places = _heights(drawn * edge - _TOP, drawn * (1 - c["lowest_button"]) * edge, c)
    assembly.add(
        Piece(
            "front_band",
            loop(
                ("seam", line((0, 0), (whole, 0))),
                ("centre_back", line((whole, 0), (whole, width))),
                ("top", line((whole, width), (0, width))),
                ("hem", line((0, width), (0, 0))),
            ),
            Wrap("seam", "bust_left"),
            cut="mirrored",
            doubled="top",
            fabric=c["front_band_fabric"],
            grain=(1.0, 0.0),
            allowance=c["seam_allowance"],
            allowances={"top": 0.0},
            trims=_pairs([(x, width / 2) for x in places], c, 0.0),
            lap=over(c),
        )
    )
    _fasten(assembly, "front_band", c)
    for s in SIDES:
        up = (
            *assembly.walk("hem_band", "end", s),
            *backwards(assembly.walk("front", "opening", s)),
            *backwards(assembly.walk("front", "neckline", s)),
            *assembly.walk("back", "neckline", s),
        )
        assembly.sew(f"front_band_{s}", up, (assembly.along("front_band", "seam", s),), drawn)
    left, right = ((assembly.along("front_band", "centre_back", s),) for s in SIDES)
    assembly.sew("front_band_centre_back", left, right)


NONE = Part("none", "None", "The front is whole: the garment is pulled on over the head")
BUTTONS_THROUGH = Part(
    "buttons", "Buttons", "Buttons down the front, on a stand with a grown-on facing",
    (LAP, BUTTONS, STAND, FACING, LOWEST, CONCEALED), shape=_buttons_shape, attach=_buttons,
)  # fmt: skip
BAND = Part(
    "band", "Button band", "Bands with buttons down the front, cut separately; without a collar on round the neck",
    (LAP, BUTTONS, WIDTH, LOWEST, BAND_STRETCH, BAND_FABRIC), shape=_band_shape, divide=_bands, attach=_band_round,
)  # fmt: skip
PLACKET = Part(
    "placket", "Placket", "A short buttoned opening below the neck",
    (LAP, BUTTONS, WIDTH, DEPTH), shape=_placket_shape, divide=_placket,
)  # fmt: skip
ZIP = Part("zip", "Zip", "A zip from hem to neck", shape=_zip_shape, attach=_zip)
HALF_ZIP = Part(
    "half_zip", "Half zip", "A zip from the neck downwards, above a centre front seam", (DEPTH,),
    shape=_half_zip_shape, attach=_zip,
)  # fmt: skip
CLOSURES = (NONE, BUTTONS_THROUGH, BAND, PLACKET, ZIP, HALF_ZIP)
