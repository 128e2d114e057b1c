# SPDX-License-Identifier: GPL-3.0-or-later
"""Sleeves."""

from __future__ import annotations

from math import cos

import numpy as np

from ..assembly import SIDES, Assembly, backwards
from ..blocks.torso import Torso
from ..curves import Cubic, Points, cubic, line, solve_together
from ..pieces import Notch, Piece, Wrap, loop
from ..style import Choices, DraftRefused, Measurements, Part, ease, ratio

LENGTH = ratio("sleeve_length", 0.36, 0.26, 1.05, "Sleeve from shoulder point to hem, of the arm's length")
EASE = ease("sleeve_ease", 0.09, -0.05, 0.30, "Least room about the upper arm")
HEM_EASE = ease("sleeve_hem_ease", 0.05, -0.05, 0.30, "Room about the arm at the sleeve's hem")
CAP_HEIGHT = ratio(
    "cap_height", 0.27, 0.12, 0.36, "Height of the sleeve cap over the armhole: low moves easily, high hangs clean"
)
CAP_EASE = ratio("cap_ease", 0.01, 0.0, 0.06, "Sleeve cap longer than the armhole, eased in")

_FRONT_CAP_FULLNESS = (0.52, 0.40)  # how far the cap runs level at the underarm and at the crown, of its half width
_BACK_CAP_FULLNESS = (0.46, 0.44)
_LEAST_UNDERARM = 0.02  # metres of seam below the cap
_NOTCH_AT = 0.42  # of the armhole, from the underarm

NONE = Part("none", "None", "The armholes are finished as they are")


def arm_needed(m: Measurements, c: Choices) -> float:
    """The least girth of a set-in sleeve with its share of ease, metres: what the armhole must have room for."""
    return (m["upper_arm"] + c["sleeve_ease"]) / (1 + c["cap_ease"])


def cap(width: float, crown: Points) -> tuple[Cubic, Cubic]:
    """Back half (underarm to crown) and front half (crown to underarm) of a sleeve cap of the given biceps width."""
    back, front = width / 2 - crown[0], width / 2 + crown[0]
    (low_b, high_b), (low_f, high_f) = _BACK_CAP_FULLNESS, _FRONT_CAP_FULLNESS
    return (
        cubic((width / 2, 0), (width / 2 - low_b * back, 0), (crown[0] + high_b * back, crown[1]), crown),
        cubic(crown, (crown[0] - high_f * front, crown[1]), (-width / 2 + low_f * front, 0), (-width / 2, 0)),
    )


def sewn_cap(least_width: float, height: float, back: float, front: float) -> tuple[float, Cubic, Cubic]:
    """Width of the sleeve and the two halves of its cap, exactly `back` and `front` long.

    The cap has the height asked for, and the sleeve the width that follows; where that would be less than the arm
    needs, the sleeve takes the least width and the cap becomes lower.
    """

    def missing(width: float, x: float, y: float) -> Points:
        made_back, made_front = cap(width, np.array([x, y]))
        return np.array([made_back.length - back, made_front.length - front])

    what = f"A sleeve cap of {back:.3f} + {front:.3f} m"
    guess = 2 * float(np.sqrt(max(((back + front) / 2) ** 2 - 1.2 * height**2, 1e-4)))
    width, x = solve_together(lambda u: missing(u[0], u[1], height), (guess, 0.0), what)
    if width < least_width:
        guess = 0.8 * float(np.sqrt(max(((back + front) / 2) ** 2 - (least_width / 2) ** 2, 1e-6)))
        width = least_width
        x, height = solve_together(lambda u: missing(width, u[0], u[1]), (0.0, guess), what)
    return float(width), *cap(float(width), np.array([x, height]))


def notch_armholes(assembly: Assembly, torso: Torso) -> None:
    """The armhole's notches on the body, which a set-in sleeve's match: one in front, two behind."""
    for half in torso.halves():
        name, edge = assembly.stretches(half.name, "armhole")[0]
        piece = assembly.piece(name)
        at = min(_NOTCH_AT * half.length("armhole"), 0.95 * piece.edge(edge).length)
        notch = Notch(edge, at, "single" if half.name == "front" else "double")
        assembly.change(name, notches=(*piece.notches, notch))


def sew_sleeves(assembly: Assembly, eased: float) -> None:
    """The caps of the piece "sleeve", `eased` times as long, into both armholes, and its underarm seams."""
    for s in SIDES:
        cap_front = backwards((assembly.along("sleeve", "cap_front", s),))
        assembly.sew(f"armhole_front_{s}", assembly.walk("front", "armhole", s), cap_front, eased)
        cap_back = (assembly.along("sleeve", "cap_back", s),)
        assembly.sew(f"armhole_back_{s}", assembly.walk("back", "armhole", s), cap_back, eased)
        back, front = (assembly.along("sleeve", f"underarm_{name}", s) for name in ("back", "front"))
        assembly.sew(f"underarm_{s}", (back,), backwards((front,)))


def sleeve_reach(torso: Torso, m: Measurements, c: Choices) -> float:
    """From the garment's shoulder tip to the sleeve's hem, metres."""
    return c["sleeve_length"] * m["arm_length"] - (torso.front.tip[0] - m["across_back_shoulder"] / 2) / cos(
        torso.slope
    )


def girth_at_hem(reach: float, m: Measurements, c: Choices) -> float:
    """Girth of the arm with its ease where a sleeve that reaches so far down ends, metres."""
    down = float(np.clip((reach / m["arm_length"] - 0.25) / 0.75, 0.0, 1.0))
    return m["upper_arm"] + (m["wrist"] - m["upper_arm"]) * down + c["sleeve_hem_ease"]


def _set_in(assembly: Assembly, torso: Torso, m: Measurements, c: Choices) -> None:
    eased = 1 + c["cap_ease"]
    back, front = torso.back.length("armhole"), torso.front.length("armhole")
    reach = sleeve_reach(torso, m, c)
    width, cap_back, cap_front = sewn_cap(
        m["upper_arm"] + c["sleeve_ease"],
        min(c["cap_height"] * (back + front), reach - _LEAST_UNDERARM),  # a short sleeve has a low cap
        eased * back,
        eased * front,
    )
    crown = cap_back.end
    underarm = reach - crown[1]
    if underarm < 0.75 * _LEAST_UNDERARM:
        raise DraftRefused(
            f"A sleeve of {reach:.3f} m is shorter than its cap of {crown[1]:.3f} m: raise sleeve_length."
        )
    cuff = min(girth_at_hem(reach, m, c), width)
    assembly.add(
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
    notch_armholes(assembly, torso)
    sew_sleeves(assembly, eased)


SET_IN = Part(
    "set_in",
    "Set-in",
    "A sleeve with a cap, eased into the armhole",
    (LENGTH, EASE, CAP_HEIGHT, HEM_EASE, CAP_EASE),
    ("arm_length", "upper_arm", "wrist"),
    attach=_set_in,
)
