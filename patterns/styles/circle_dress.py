# SPDX-License-Identifier: GPL-3.0-or-later
"""Circle dress: a fitted, sleeveless bodice with bust and waist darts, and a skirt cut as a part of a ring.

The bodice follows W. Aldrich, Metric Pattern Cutting for Women's Wear, 6th ed., "The close fitting bodice block", with
the bust dart in the side seam: it takes up what the front is longer than the back. The skirt's waist is an arc as long
as the bodice's, its hem an arc about the same centre.
Origin: centre line at the height of the neck side point, or of the waist for the skirt; x across, y up; metres.
"""

from __future__ import annotations

from math import cos, pi, sin, sqrt, tan

import numpy as np

from ..blocks.torso import armhole
from ..curves import Arc, Cubic, Points, line, point, solve
from ..parts.darts import LEAST_INTAKE, Dart, dart_seams, darted, stretches
from ..parts.necklines import round_back, round_front
from ..pattern import Pattern
from ..pieces import Notch, Piece, Wrap, loop
from ..seams import seam
from ..style import Choices, DraftRefused, Measurements, Style, ease, length, ratio

_CLEAR_OF_END = 0.012  # metres that a dart's mouth keeps from the ends of its edge
_NOTCH_AT = 0.42  # of the armhole, from the underarm

PARAMETERS = (
    ease("bust_ease", 0.05, -0.05, 0.30, "Room about the bust"),
    ease("waist_ease", 0.03, -0.05, 0.30, "Room about the waist"),
    ratio("circle_ratio", 1.0, 0.25, 1.0, "Share of a ring that the skirt is: 1 a full circle, 0.75 three quarters"),
    ratio("skirt_length", 0.95, 0.3, 1.65, "From waist to hem, of the way from waist to knee"),
    ratio("shoulder_width", 0.92, 0.7, 1.1, "Shoulder of the dress over the shoulder of the body"),
    length("neck_width", 0.035, 0.0, 0.10, "How far the neckline lies from the neck, along the shoulder"),
    length("neck_depth_front", 0.06, 0.0, 0.20, "How far the neckline drops below the pit of the neck"),
    length("neck_depth_back", 0.02, 0.0, 0.20, "How far the neckline drops below the nape"),
    length("armhole_depth", 0.015, 0.0, 0.08, "How far the armhole lies below the armpit"),
    ratio("side_shaping", 0.4, 0.0, 1.0, "Share of the waist's suppression taken by the side seam"),
    ratio("dart_length_bust", 0.80, 0.3, 0.95, "Length of the bust darts, of the way from side seam to bust point"),
    ratio("dart_length_front", 0.85, 0.3, 0.95, "Length of the front waist darts, of the way from waist to bust"),
    ratio("dart_length_back", 0.85, 0.3, 1.0, "Length of the back waist darts, of the way from waist to armhole"),
    length("seam_allowance", 0.012, 0.004, 0.03, "Allowance along sewn edges"),
    length("hem_allowance", 0.012, 0.0, 0.05, "Allowance turned up at the hem"),
)
# fmt: off
MEASUREMENTS = (
    "bust", "waist", "hip", "neck", "across_back_shoulder", "shoulder_slope", "back_waist_length",
    "front_waist_length", "neck_point_to_bust", "bust_point_distance", "armscye_depth", "armscye_girth", "across_back",
    "across_front", "waist_to_knee",
)
# fmt: on


def _held(at: float, intake: float, whole: float) -> float:
    """The middle of a dart's mouth, kept clear of both ends of its edge."""
    clear = min(_CLEAR_OF_END, (whole - intake) / 3) + intake / 2
    return float(np.clip(at, clear, whole - clear))


def _bodice(m: Measurements, c: Choices) -> list[Piece]:
    """Front and back of the bodice, each drafted as one half."""
    quarter, waist = (m["bust"] + c["bust_ease"]) / 4, (m["waist"] + c["waist_ease"]) / 4
    slope, neck, nape = m["shoulder_slope"], m["neck"] / 5.4, m["neck"] / 16
    tip_x = m["across_back_shoulder"] / 2 * c["shoulder_width"]
    neck_x = neck + c["neck_width"] * cos(slope)
    if tip_x - neck_x < 0.02:
        raise DraftRefused("No shoulder is left beside the neckline: lower neck_width or raise shoulder_width.")
    side_of_neck = point((neck_x, -(neck_x - neck) * tan(slope)))
    tip = point((tip_x, -(tip_x - neck) * tan(slope)))
    back_y = -(nape + m["back_waist_length"])
    front_y = -m["front_waist_length"]

    def armholes_at(y: float) -> dict[str, tuple[Cubic, Cubic]]:
        made: dict[str, tuple[Cubic, Cubic]] = {}
        for name, across, hollow in (("front", m["across_front"], 0.014), ("back", m["across_back"], 0.008)):
            pitch_x = min(across / 2 + c["bust_ease"] / 16, tip_x - hollow, quarter - 0.02)
            made[name] = armhole(point((quarter, y)), point((pitch_x, y + 0.38 * (tip[1] - y))), tip, slope)
        return made

    def missing(y: float) -> float:  # an armhole shorter than the armscye would cut in
        return sum(curve.length for half in armholes_at(y).values() for curve in half) - m["armscye_girth"]

    armpit_y = min(-(nape + m["armscye_depth"] + c["armhole_depth"]), float(tip[1]) - 0.06)
    if missing(armpit_y) < 0:
        what = f"An armhole for an armscye of {m['armscye_girth']:.3f} m"
        armpit_y = solve(missing, armpit_y - 0.25, armpit_y, what)
    if armpit_y - back_y < 0.05:
        raise DraftRefused("The armhole reaches the waist: lower armhole_depth or check back_waist_length.")
    armholes, armpit = armholes_at(armpit_y), point((quarter, armpit_y))

    # Side seam and waist darts share what the waist is smaller than the bust.
    intake = max(quarter - waist, 0.0) * (1 - c["side_shaping"])
    intake *= intake >= LEAST_INTAKE
    waist_x = waist + intake
    bust_x = min(m["bust_point_distance"] / 2, 0.8 * waist)
    bust_y = -sqrt(max(m["neck_point_to_bust"] ** 2 - (bust_x - neck) ** 2, 0.0))
    back_side, front_side = line((waist_x, back_y), armpit), line((waist_x, front_y), armpit)
    bust_intake = front_side.length - back_side.length
    if bust_intake < LEAST_INTAKE:
        front_y, front_side, bust_intake = back_y, back_side, 0.0
    bust_y = float(np.clip(bust_y, front_y + 0.25 * (armpit_y - front_y), armpit_y - 0.01))
    across: Points = front_side.at([(bust_y - front_y) / (armpit_y - front_y) * front_side.length])[0]
    bust_dart = Dart(
        _held(float(np.linalg.norm(across - front_side.start)), bust_intake, front_side.length),
        bust_intake,
        max((across[0] - bust_x) * c["dart_length_bust"], 0.03),
    )
    pieces: list[Piece] = []
    for name, waist_y, side, side_darts, depth, middle, high, dart_length in (
        ("front", front_y, front_side, (bust_dart,), neck + 0.008 + c["neck_depth_front"], bust_x, bust_y - 0.01,
         c["dart_length_front"]),
        ("back", back_y, back_side, (), nape + c["neck_depth_back"], waist_x / 2, armpit_y, c["dart_length_back"]),
    ):  # fmt: skip
        if waist_y + 0.05 > -depth:
            raise DraftRefused(f"The {name} neckline reaches the waist: lower neck_depth_{name}.")
        dart = Dart(_held(middle, intake, waist_x), intake, max((high - waist_y) * dart_length, 0.03))
        edges = (
            *darted("waist", line((0.0, waist_y), (waist_x, waist_y)), (dart,) if intake else (), "waist_dart"),
            *darted("side", side, side_darts if bust_intake else (), "bust_dart"),
            *loop(
                ("armhole", armholes[name]),
                ("shoulder", line(tip, side_of_neck)),
                ("neckline", (round_front if name == "front" else round_back)(side_of_neck, depth, slope)),
                ("fold", line((0.0, -depth), (0.0, waist_y))),
            ),
        )
        round_arm = sum(curve.length for curve in armholes[name])
        pieces.append(
            Piece(
                name,
                edges,
                Wrap(
                    "torso",
                    "neck_side_left",
                    (0.0, 0.0),
                    0.0 if name == "front" else np.pi,
                    over=((float(side_of_neck[0]), float(side_of_neck[1])), (float(tip[0]), float(tip[1]))),
                ),
                cut="fold",
                side="left" if name == "front" else "right",
                fold="fold",
                notches=(Notch("armhole", _NOTCH_AT * round_arm, "single" if name == "front" else "double"),),
                allowance=c["seam_allowance"],
                allowances={"fold": 0.0},
            )
        )
    return pieces


def _flare(name: str, waist: float, down: float, share: float, c: Choices) -> Piece:
    """Front or back of the skirt, drafted as one half: waist line and length in metres, and its share of a ring."""
    angle = share * pi / 2
    radius = waist / angle
    centre, begin = point((0.0, radius)), -pi / 2
    at_side = np.array([sin(angle), -cos(angle)])
    edges = loop(
        ("hem", Arc(centre, radius + down, begin, angle)),
        ("side", line(centre + (radius + down) * at_side, centre + radius * at_side)),
        ("waist", Arc(centre, radius, begin + angle, -angle)),
        ("fold", line((0.0, 0.0), (0.0, -down))),
    )
    front = name == "skirt_front"
    return Piece(
        name,
        edges,
        Wrap("flare", "waist_front", (0.0, radius), 0.0 if front else np.pi),
        cut="fold",
        side="left" if front else "right",
        fold="fold",
        notches=(Notch("side", down / 2, "single" if front else "double"),),
        allowance=c["seam_allowance"],
        allowances={"hem": c["hem_allowance"], "fold": 0.0},
    )


def draft(m: Measurements, c: Choices) -> Pattern:
    """Bodice and skirt, front and back, from measurements `m` and resolved choices `c`."""
    bodice = _bodice(m, c)
    waist, down = (m["waist"] + c["waist_ease"]) / 4, c["skirt_length"] * m["waist_to_knee"]
    skirt = [_flare(f"skirt_{name}", waist, down, c["circle_ratio"], c) for name in ("front", "back")]
    seams = dart_seams(bodice)
    for s in ("left", "right"):

        def walk(piece: Piece, edge: str, s: str = s) -> str:
            names = stretches(piece, edge)
            return " ".join(f"{piece.name}.{name}_{s}" for name in (names if s == piece.side else names[::-1]))

        front, back = bodice
        seams += [
            seam(f"shoulder_{s}", f"front.shoulder_{s}", f"-back.shoulder_{s}"),
            seam(f"side_{s}", walk(front, "side"), f"-back.side_{s}"),
            seam(f"skirt_side_{s}", f"skirt_front.side_{s}", f"-skirt_back.side_{s}"),
            seam(f"waist_front_{s}", walk(front, "waist"), f"-skirt_front.waist_{s}"),
            seam(f"waist_back_{s}", walk(back, "waist"), f"-skirt_back.waist_{s}"),
        ]
    return Pattern("Circle dress", "circle_dress", (*bodice, *skirt), tuple(seams))


CIRCLE_DRESS = Style(
    "circle_dress",
    "Circle dress",
    "Sleeveless dress with a fitted, darted bodice and a skirt of a full circle or a part of it",
    PARAMETERS,
    MEASUREMENTS,
    draft,
    fabric="viscose_twill",
)
