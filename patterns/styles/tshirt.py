# SPDX-License-Identifier: GPL-3.0-or-later
"""T-shirt: front and back on the fold, set-in sleeves, a stretched rib neckband.

The block follows the flat method for knit tops (W. Aldrich, Metric Pattern Cutting for Women's Wear, 6th ed., "The tee
shirt block"): girths in quarters, depths hung from the neck side point, no darts.
Origin: centre line at the height of the neck side point; x across, y up; metres.
"""

from __future__ import annotations

from math import cos, tan

import numpy as np

from ..curves import Cubic, Points, cubic, hermite, line, point, solve, solve_together
from ..parts import armhole, band, neckline
from ..pattern import Pattern
from ..pieces import Notch, Piece, Wrap, loop
from ..seams import seam
from ..style import Choices, DraftRefused, Measurements, Style, ease, flag, length, ratio

_FRONT_CAP_FULLNESS = (0.52, 0.40)  # how far the cap runs level at the underarm and at the crown, of its half width
_BACK_CAP_FULLNESS = (0.46, 0.44)
_ARMHOLE_OVER_SLEEVE = 1.1  # an armhole needs this much of the sleeve's least width, or no cap fits between them
_LEAST_UNDERARM = 0.02  # metres of seam below the cap
_NOTCH_AT = 0.42  # of the armhole, from the underarm

PARAMETERS = (
    ease("bust_ease", 0.12, -0.10, 0.50, "Room about the bust beyond the body; negative stretches the fabric"),
    ease("hip_ease", 0.06, -0.10, 0.50, "Room about the body at the hem"),
    ratio("waist_shaping", 0.25, 0.0, 1.0, "How far the side seam follows the waist: 0 boxy, 1 fitted"),
    ratio("body_length", 0.85, 0.2, 3.5, "From waist to hem, of the way from waist to hip"),
    ratio("shoulder_width", 1.0, 0.85, 1.35, "Shoulder of the garment over the shoulder of the body"),
    length("neck_width", 0.028, 0.0, 0.10, "How far the neckline lies from the neck, along the shoulder"),
    length("neck_depth_front", 0.04, 0.0, 0.20, "How far the neckline drops below the pit of the neck"),
    length("neck_depth_back", 0.005, 0.0, 0.20, "How far the neckline drops below the nape"),
    length("armhole_depth", 0.028, 0.0, 0.10, "How far the armhole lies below the armpit"),
    ratio("sleeve_length", 0.36, 0.26, 1.05, "Sleeve from shoulder point to hem, of the arm's length"),
    ease("sleeve_ease", 0.09, -0.05, 0.30, "Least room about the upper arm"),
    ratio(
        "cap_height", 0.27, 0.12, 0.36, "Height of the sleeve cap over the armhole: low moves easily, high hangs clean"
    ),
    ease("sleeve_hem_ease", 0.05, -0.05, 0.30, "Room about the arm at the sleeve's hem"),
    ratio("cap_ease", 0.01, 0.0, 0.06, "Sleeve cap longer than the armhole, eased in"),
    flag("neckband", True, "Finish the neck with a rib band"),
    length("neckband_width", 0.02, 0.01, 0.06, "Finished width of the neckband"),
    ratio("neckband_stretch", 0.88, 0.70, 1.0, "Neckband over neckline: below 1 it is stretched on"),
    length("seam_allowance", 0.01, 0.004, 0.03, "Allowance along sewn edges"),
    length("hem_allowance", 0.02, 0.0, 0.05, "Allowance turned up at hems"),
)
# fmt: off
MEASUREMENTS = (
    "bust", "waist", "hip", "neck", "across_back_shoulder", "shoulder_slope", "back_waist_length",
    "front_waist_length", "armscye_depth", "across_back", "across_front", "waist_to_hip", "arm_length", "upper_arm",
    "wrist",
)
# fmt: on


def _cap(width: float, crown: Points) -> tuple[Cubic, Cubic]:
    """Back half (underarm to crown) and front half (crown to underarm) of a sleeve cap of the given biceps width."""
    back, front = width / 2 - crown[0], width / 2 + crown[0]
    (low_b, high_b), (low_f, high_f) = _BACK_CAP_FULLNESS, _FRONT_CAP_FULLNESS
    return (
        cubic((width / 2, 0), (width / 2 - low_b * back, 0), (crown[0] + high_b * back, crown[1]), crown),
        cubic(crown, (crown[0] - high_f * front, crown[1]), (-width / 2 + low_f * front, 0), (-width / 2, 0)),
    )


def _sewn_cap(least_width: float, height: float, back: float, front: float) -> tuple[float, Cubic, Cubic]:
    """Width of the sleeve and the two halves of its cap, exactly `back` and `front` long.

    The cap has the height asked for, and the sleeve the width that follows; where that would be less than the arm
    needs, the sleeve takes the least width and the cap becomes lower.
    """

    def missing(width: float, x: float, y: float) -> Points:
        made_back, made_front = _cap(width, np.array([x, y]))
        return np.array([made_back.length - back, made_front.length - front])

    what = f"A sleeve cap of {back:.3f} + {front:.3f} m"
    guess = 2 * float(np.sqrt(max(((back + front) / 2) ** 2 - 1.2 * height**2, 1e-4)))
    width, x = solve_together(lambda u: missing(u[0], u[1], height), (guess, 0.0), what)
    if width < least_width:
        guess = 0.8 * float(np.sqrt(((back + front) / 2) ** 2 - (least_width / 2) ** 2))
        width = least_width
        x, height = solve_together(lambda u: missing(width, u[0], u[1]), (0.0, guess), what)
    return float(width), *_cap(float(width), np.array([x, height]))


def draft(m: Measurements, c: Choices) -> Pattern:
    """Front, back, sleeve and neckband from measurements `m` and resolved choices `c`."""
    quarter = (m["bust"] + c["bust_ease"]) / 4
    slope = m["shoulder_slope"]
    neck = m["neck"] / 5.4  # half the width of the neck's base, which is 1.12 times as far round as the neck
    nape = m["neck"] / 16  # how far the nape lies below the neck side point
    tip_x = m["across_back_shoulder"] / 2 * c["shoulder_width"]
    neck_x = neck + c["neck_width"] * cos(slope)
    if tip_x - neck_x < 0.03:
        raise DraftRefused("No shoulder is left beside the neckline: lower neck_width or raise shoulder_width.")

    side_of_neck = point((neck_x, -(neck_x - neck) * tan(slope)))
    tip = point((tip_x, -(tip_x - neck) * tan(slope)))
    armpit_y = -(nape + m["armscye_depth"] + c["armhole_depth"])
    if tip[1] - armpit_y < 0.08:
        raise DraftRefused("The armhole would be shallower than 8 cm: raise armhole_depth or check shoulder_slope.")

    def armholes_at(y: float) -> dict[str, tuple[Cubic, Cubic]]:
        armpit, made = point((quarter, y)), {}
        for name, across, hollow in (("front", m["across_front"], 0.018), ("back", m["across_back"], 0.012)):
            pitch_x = min(across / 2 + c["bust_ease"] / 16, tip_x - hollow, quarter - 0.025)
            made[name] = armhole(armpit, point((pitch_x, y + 0.38 * (tip[1] - y))), tip, slope)
        return made

    # A thick arm needs a longer armhole than the depth of its armpit gives: the armhole is then cut deeper.
    eased = 1 + c["cap_ease"]
    least_width = m["upper_arm"] + c["sleeve_ease"]
    wanted = _ARMHOLE_OVER_SLEEVE * least_width / eased

    def missing(y: float) -> float:
        return min(2 * sum(curve.length for curve in half) for half in armholes_at(y).values()) - wanted

    if missing(armpit_y) < 0:
        armpit_y = solve(missing, armpit_y - 0.25, armpit_y, f"An armhole for an arm of {m['upper_arm']:.3f} m")
    armholes, armpit = armholes_at(armpit_y), point((quarter, armpit_y))
    waist_y = -(nape + m["back_waist_length"])
    if armpit_y - waist_y < 0.04:
        raise DraftRefused("The armhole reaches the waist: lower armhole_depth or sleeve_ease.")

    # Side seam: armpit, waist, hem. At the hem the body is somewhere between its waist and its hip.
    below = c["body_length"] * m["waist_to_hip"]
    at_hem = m["waist"] + (m["hip"] - m["waist"]) * min(c["body_length"], 1.0)
    hem_x = max((at_hem + c["hip_ease"]) / 4, quarter * (1 - c["waist_shaping"]))
    straight_x = quarter + (hem_x - quarter) * (armpit[1] - waist_y) / (armpit[1] - waist_y + below)
    fitted_x = (m["waist"] + c["bust_ease"]) / 4
    waist_x = straight_x + c["waist_shaping"] * min(0.0, fitted_x - straight_x)
    waist, hem = point((waist_x, waist_y)), point((hem_x, waist_y - below))
    flow = (hem - armpit) / (armpit[1] - hem[1])  # how the side seam leans, per metre of height, at the waist
    upper, lower = armpit[1] - waist[1], waist[1] - hem[1]
    lean_up, lean_down = (armpit - waist) / upper, (waist - hem) / lower
    side = (
        hermite(hem, 1.2 * lower * lean_down, waist, -lower * flow),
        hermite(waist, -upper * flow, armpit, 1.2 * upper * lean_up),
    )

    # A bust needs more length in front than a back: half of it is given at the centre front, as the hem's curve.
    front_drop = float(np.clip(0.5 * (m["front_waist_length"] - m["back_waist_length"] - nape), 0.0, 0.03))
    pieces: list[Piece] = []
    for name, drop, depth in (
        ("front", front_drop, neck + 0.008 + c["neck_depth_front"]),
        ("back", 0.0, nape + c["neck_depth_back"]),
    ):
        centre_hem = point((0, hem[1] - drop))
        edges = loop(
            ("hem", hermite(centre_hem, (hem[0], 0), hem, (hem[0], 0.6 * drop))),
            ("side", side),
            ("armhole", armholes[name]),
            ("shoulder", line(tip, side_of_neck)),
            ("neckline", neckline(side_of_neck, depth, slope, name == "front")),
            ("fold", line((0, -depth), centre_hem)),
        )
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
                notches=(Notch("armhole", _NOTCH_AT * edges[2].length, "single" if name == "front" else "double"),),
                allowance=c["seam_allowance"],
                allowances={"hem": c["hem_allowance"], "fold": 0.0},
            )
        )

    arm = {name: sum(curve.length for curve in curves) for name, curves in armholes.items()}
    reach = c["sleeve_length"] * m["arm_length"] - (tip_x - m["across_back_shoulder"] / 2) / cos(slope)
    width, cap_back, cap_front = _sewn_cap(
        least_width,
        min(c["cap_height"] * (arm["back"] + arm["front"]), reach - _LEAST_UNDERARM),  # a short sleeve has a low cap
        eased * arm["back"],
        eased * arm["front"],
    )
    crown = cap_back.end
    underarm = reach - crown[1]
    if underarm < 0.75 * _LEAST_UNDERARM:
        raise DraftRefused(
            f"A sleeve of {reach:.3f} m is shorter than its cap of {crown[1]:.3f} m: raise sleeve_length."
        )
    down_the_arm = float(np.clip((reach / m["arm_length"] - 0.25) / 0.75, 0.0, 1.0))
    cuff = m["upper_arm"] + (m["wrist"] - m["upper_arm"]) * down_the_arm + c["sleeve_hem_ease"]
    cuff = min(cuff, width)
    pieces.append(
        Piece(
            "sleeve",
            loop(
                ("hem", line((-cuff / 2, -underarm), (cuff / 2, -underarm))),
                ("underarm_back", line((cuff / 2, -underarm), (width / 2, 0))),
                ("cap_back", cap_back),
                ("cap_front", cap_front),
                ("underarm_front", line((-width / 2, 0), (-cuff / 2, -underarm))),
            ),
            Wrap(
                "arm_left", "acromion_left", (float(crown[0]), float(crown[1])), lift=-0.035
            ),  # clear of the body panels
            cut="mirrored",
            notches=(
                Notch("cap_back", _NOTCH_AT * cap_back.length, "double"),
                Notch("cap_front", (1 - _NOTCH_AT) * cap_front.length, "single"),
                Notch("cap_front", 0.0, "single"),
            ),
            allowance=c["seam_allowance"],
            allowances={"hem": c["hem_allowance"]},
        )
    )

    seams = [
        seam("shoulder_left", "front.shoulder_left", "-back.shoulder_left"),
        seam("shoulder_right", "front.shoulder_right", "-back.shoulder_right"),
        seam("side_left", "front.side_left", "-back.side_left"),
        seam("side_right", "front.side_right", "-back.side_right"),
    ]
    for s in ("left", "right"):
        seams += [
            seam(f"armhole_front_{s}", f"front.armhole_{s}", f"-sleeve_{s}.cap_front", eased),
            seam(f"armhole_back_{s}", f"back.armhole_{s}", f"-sleeve_{s}.cap_back", eased),
            seam(f"underarm_{s}", f"sleeve_{s}.underarm_back", f"-sleeve_{s}.underarm_front"),
        ]
    if c["neckband"]:
        around = 2 * sum(piece.edge("neckline").length for piece in pieces[:2])
        stretch = c["neckband_stretch"]
        pieces.append(
            band(
                "neckband",
                around * stretch,
                c["neckband_width"],
                "neck_side_left",
                pieces[0].edge("neckline").length * stretch,
                fabric="rib",
                allowance=c["seam_allowance"],
            )
        )
        seams += [
            seam(
                "neckline",
                "back.neckline_left front.neckline_left front.neckline_right back.neckline_right",
                "-neckband.seam",
                stretch,
            ),
            seam("neckband_ends", "neckband.end_left", "-neckband.end_right"),
        ]
    return Pattern("T-shirt", "tshirt", tuple(pieces), tuple(seams))


TSHIRT = Style(
    "tshirt",
    "T-shirt",
    "Crew-neck T-shirt with set-in sleeves and a rib neckband",
    PARAMETERS,
    MEASUREMENTS,
    draft,
    fabric="cotton_jersey",
)
