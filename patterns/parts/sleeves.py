# SPDX-License-Identifier: GPL-3.0-or-later
"""Sleeves that are set into an armhole, smoothly, gathered or dropped; and armholes without one.

W. Aldrich, Metric Pattern Cutting for Women's Wear, 6th ed.: "The one-piece sleeve", "Gathered sleeve head", "Dropped
shoulder"; H. J. Armstrong, Patternmaking for Fashion Design, 5th ed., "Dolman foundation", here with a seam.
Origin: the underarm level on the sleeve's middle; x towards the back, y up the arm; metres.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import cos

import numpy as np

from ..assembly import SIDES, Assembly, backwards
from ..blocks.torso import Half, Torso
from ..curves import Cubic, Curve, Points, cubic, hermite, line, run_length, solve, solve_together, stretch
from ..pieces import Notch, Piece, Wrap, loop
from ..style import Choices, Clash, DraftRefused, Measurements, Part, ease, length, ratio
from .bands import band
from .cuffs import depth, sleeve_end

LENGTH = ratio("sleeve_length", 0.36, 0.26, 1.05, "Sleeve from shoulder point to hem, of the arm's length")
EASE = ease("sleeve_ease", 0.09, -0.05, 0.30, "Least room about the upper arm")
HEM_EASE = ease("sleeve_hem_ease", 0.05, -0.05, 0.30, "Room about the arm at the sleeve's hem; a cuff asks for its own")
CAP_HEIGHT = ratio(
    "cap_height", 0.27, 0.12, 0.36, "Height of the sleeve cap over the armhole: low moves easily, high hangs clean"
)
CAP_EASE = ratio("cap_ease", 0.01, 0.0, 0.06, "Sleeve cap longer than the armhole, eased in")
PUFF_FULLNESS = ratio("puff_fullness", 1.5, 1.05, 2.2, "Gathered crown over the part of the armhole that it is sewn to")
PUFF_HEIGHT = length("puff_height", 0.03, 0.0, 0.08, "How much higher the gathered crown rises")
DROP = length("dolman_drop", 0.05, 0.0, 0.12, "How far the shoulder reaches down the arm")
DOLMAN_DEPTH = ratio(
    "dolman_depth",
    0.5,
    0.1,
    0.9,
    "How far the armhole drops, of the way from armpit to waist, where the side is that long",
)
BINDING_WIDTH = length("armband_width", 0.015, 0.008, 0.04, "Finished width of the armholes' bands")
BINDING_STRETCH = ratio("armband_stretch", 0.9, 0.75, 1.0, "Band over armhole: below 1 it is stretched on")

MEASUREMENTS = ("arm_length", "upper_arm", "wrist")
_BARE = ("none", "armbands")  # what leaves the arms bare
NOTCH_AT = 0.42  # of the armhole, from the underarm
LEAST_UNDERARM = 0.02  # metres of seam below the cap
_FRONT_CAP_FULLNESS = (0.52, 0.40)  # how far the cap runs level at the underarm and at the crown, of its half width
_BACK_CAP_FULLNESS = (0.46, 0.44)
_LEAST_SIDE = 0.04  # metres of side seam below a dropped armhole
_DOLMAN_CAP = 0.12  # height of its cap over the armhole,
_FLAT_CAP = 1.03  # and the armhole over the sleeve's girth where there is no room for more
CLEAR = -0.035  # metres by which a sleeve starts below the armhole, clear of the body's panels


@dataclass(frozen=True)
class Cap:
    """A sleeve's width and its cap: `back` from the underarm up to the crown, `front` from there down; metres."""

    width: float
    back: Cubic
    front: Cubic

    @property
    def crown(self) -> Points:
        return self.back.end


def arm_needed(m: Measurements, c: Choices) -> float:
    """The girth that the armhole must have room for, metres: of the sleeve sewn to it with its share of ease."""
    return 0.0 if c["sleeve"] in _BARE else (m["upper_arm"] + c["sleeve_ease"]) / (1 + c["cap_ease"])


def cap(width: float, crown: Points) -> Cap:
    """A sleeve cap of the given biceps width that rises to the point `crown`."""
    back, front = width / 2 - crown[0], width / 2 + crown[0]
    (low_b, high_b), (low_f, high_f) = _BACK_CAP_FULLNESS, _FRONT_CAP_FULLNESS
    return Cap(
        width,
        cubic((width / 2, 0), (width / 2 - low_b * back, 0), (crown[0] + high_b * back, crown[1]), crown),
        cubic(crown, (crown[0] - high_f * front, crown[1]), (-width / 2 + low_f * front, 0), (-width / 2, 0)),
    )


def sewn_cap(least_width: float, height: float, back: float, front: float) -> Cap:
    """The cap whose halves are exactly `back` and `front` long.

    It has the height asked for, and the sleeve the width that follows; where that would be less than the arm needs, the
    sleeve takes the least width and the cap becomes lower.
    """

    def missing(width: float, x: float, y: float) -> Points:
        made = cap(width, np.array([x, y]))
        return np.array([made.back.length - back, made.front.length - front])

    what = f"A sleeve cap of {back:.3f} + {front:.3f} m"
    guess = 2 * float(np.sqrt(max(((back + front) / 2) ** 2 - 1.2 * height**2, 1e-4)))
    width, x = solve_together(lambda u: missing(u[0], u[1], height), (guess, 0.0), what)
    if width < least_width:
        guess = 0.8 * float(np.sqrt(max(((back + front) / 2) ** 2 - (least_width / 2) ** 2, 1e-6)))
        width = least_width
        x, height = solve_together(lambda u: missing(width, u[0], u[1]), (0.0, guess), what)
    return cap(float(width), np.array([x, height]))


def notch_at(assembly: Assembly, half: Half) -> float:
    """How far from the underarm a half's armhole is notched, metres."""
    name, edge = assembly.stretches(half.name, "armhole")[0]
    return min(NOTCH_AT * half.length("armhole"), 0.95 * assembly.piece(name).edge(edge).length)


def notch_armholes(assembly: Assembly, torso: Torso) -> None:
    """The armhole's notches on the body, which a set-in sleeve's match: one in front, two behind."""
    for half in torso.halves():
        name, edge = assembly.stretches(half.name, "armhole")[0]
        piece = assembly.piece(name)
        notch = Notch(edge, notch_at(assembly, half), "single" if half.name == "front" else "double")
        assembly.change(name, notches=(*piece.notches, notch))


def sew_sleeves(assembly: Assembly, eased: float) -> None:
    """The caps of the piece "sleeve", `eased` times as long, into both armholes, and its underarm seams."""
    for s in SIDES:
        cap_front = backwards((assembly.along("sleeve", "cap_front", s),))
        assembly.sew(f"armhole_front_{s}", assembly.walk("front", "armhole", s), cap_front, eased)
        cap_back = (assembly.along("sleeve", "cap_back", s),)
        assembly.sew(f"armhole_back_{s}", assembly.walk("back", "armhole", s), cap_back, eased)
    sew_underarms(assembly)


def sew_underarms(assembly: Assembly) -> None:
    """The underarm seams of the piece "sleeve"."""
    for s in SIDES:
        back, front = (assembly.along("sleeve", f"underarm_{name}", s) for name in ("back", "front"))
        assembly.sew(f"underarm_{s}", (back,), backwards((front,)))


def sleeve_reach(torso: Torso, m: Measurements, c: Choices) -> float:
    """From the garment's shoulder tip to where the sleeve ends and the cuff begins, metres."""
    beyond = (torso.back.tip[0] - m["across_back_shoulder"] / 2) / cos(torso.slope)
    beyond -= sum(dart.intake for dart in torso.back.darts.get("shoulder", ()))
    return c["sleeve_length"] * m["arm_length"] - beyond - depth(m, c)


def add_sleeve(
    assembly: Assembly,
    torso: Torso,
    width: float,
    tip: Points,
    top: tuple[tuple[str, Curve | tuple[Curve, ...]], ...],
    m: Measurements,
    c: Choices,
) -> None:
    """The piece "sleeve", `width` metres wide, down to its hem, with the edges `top` from its back round to its front.

    tip: where the shoulder point lies on it. Raises DraftRefused.
    """
    reach = sleeve_reach(torso, m, c)
    underarm = reach - float(tip[1])
    if underarm < 0.75 * LEAST_UNDERARM:
        raise DraftRefused(
            f"A sleeve of {reach:.3f} m above its cuff does not reach below the armpit, {tip[1]:.3f} m down: "
            "raise sleeve_length or lower cuff_depth."
        )
    end = sleeve_end(width, underarm, reach, m, c)
    assembly.add(
        Piece(
            "sleeve",
            loop(("hem", end.hem), ("underarm_back", end.back), *top, ("underarm_front", end.front)),
            Wrap("arm_left", "acromion_left", (float(tip[0]), float(tip[1])), lift=CLEAR),
            cut="mirrored",
            allowance=c["seam_allowance"],
            allowances={} if depth(m, c) else {"hem": c["hem_allowance"]},
            internal=end.internal,
        )
    )
    assembly.lay("sleeve", "hem", [("sleeve", "hem")])


def _cap_height(share: float, torso: Torso, m: Measurements, c: Choices) -> float:
    """Of a cap `share` as high as the armhole is long, metres; a short sleeve has a lower one."""
    around = torso.back.length("armhole") + torso.front.length("armhole")
    return min(share * around, max(sleeve_reach(torso, m, c) - LEAST_UNDERARM, 0.01))


def _set_in(assembly: Assembly, torso: Torso, m: Measurements, c: Choices) -> None:
    eased = 1 + c["cap_ease"]
    back, front = torso.back.length("armhole"), torso.front.length("armhole")
    made = sewn_cap(
        m["upper_arm"] + c["sleeve_ease"], _cap_height(c["cap_height"], torso, m, c), eased * back, eased * front
    )
    add_sleeve(assembly, torso, made.width, made.crown, (("cap_back", made.back), ("cap_front", made.front)), m, c)
    notch_armholes(assembly, torso)
    notches = (
        Notch("cap_back", eased * notch_at(assembly, torso.back), "double"),
        Notch("cap_front", made.front.length - eased * notch_at(assembly, torso.front), "single"),
        Notch("cap_front", 0.0, "single"),
    )
    assembly.change("sleeve", notches=notches)
    sew_sleeves(assembly, eased)


def _puff(assembly: Assembly, torso: Torso, m: Measurements, c: Choices) -> None:
    """A cap sewn in flat from the underarm to the notches and gathered over the crown."""
    full = c["puff_fullness"]
    low = {half.name: notch_at(assembly, half) for half in torso.halves()}
    back, front = (
        low[half.name] + full * (half.length("armhole") - low[half.name]) for half in (torso.back, torso.front)
    )
    made = sewn_cap(
        m["upper_arm"] + c["sleeve_ease"], _cap_height(c["cap_height"], torso, m, c) + c["puff_height"], back, front
    )
    tip = made.crown - np.array([0.0, c["puff_height"]])
    gathered = front - low["front"]
    top = (
        ("cap_back_low", stretch((made.back,), 0.0, low["back"])),
        ("cap_back_high", stretch((made.back,), low["back"], back)),
        ("cap_front_high", stretch((made.front,), 0.0, gathered)),
        ("cap_front_low", stretch((made.front,), gathered, front)),
    )
    add_sleeve(assembly, torso, made.width, tip, top, m, c)
    notch_armholes(assembly, torso)
    for half in torso.halves():
        assembly.split(half.name, "armhole", low[half.name])
        for s in SIDES:
            for part, by in (("low", 1.0), ("high", full)):
                edge = (assembly.along("sleeve", f"cap_{half.name}_{part}", s),)
                sewn = backwards(edge) if half.name == "front" else edge
                assembly.sew(
                    f"armhole_{half.name}_{part}_{s}", assembly.walk(half.name, f"armhole_{part}", s), sewn, by
                )
    sew_underarms(assembly)


def cuts(*edges: str) -> tuple[Clash, ...]:
    """What a sleeve that redraws these edges of a fitted shell does not go with: what lies in them."""
    why = (
        "The sleeve would cut the darts or the dividing seam: choose shaping 'darts' and another bust_dart, or another "
        "sleeve."
    )
    return (
        Clash("shaping", ("princess_shoulder", "princess_armhole"), why),
        Clash("bust_dart", edges, why),
        Clash(
            "blade", ("dart",), "The sleeve would cut the dart in the shoulder: choose blade 'none', or another sleeve."
        ),
    )


def _dropped(torso: Torso, m: Measurements, c: Choices) -> Torso:
    """Shoulders lengthened down the arms and armholes dropped towards the waist, as far as a thick arm needs."""

    def cut(half: Half, share: float) -> Half:
        out = (half.tip - half.side_of_neck) / np.linalg.norm(half.tip - half.side_of_neck)  # a turned dart tilts it
        tip = half.tip + c["dolman_drop"] * out
        whole = run_length(half.edges["side"])
        left = max(whole - share * (torso.back.armpit[1] - torso.waist_y), _LEAST_SIDE)
        if left > whole:
            raise DraftRefused("The dropped armhole reaches the hem: raise body_length or lower dolman_depth.")
        kept = stretch(half.edges["side"], 0.0, left)
        armpit = kept[-1].end
        rise = float(tip[1] - armpit[1])
        hollow = hermite(armpit, (-0.25 * rise, 0.25 * rise), tip, (-0.35 * rise * out[1], 0.9 * rise))
        return half.changed(side=kept, armhole=(hollow,), shoulder=(line(tip, half.side_of_neck),))

    def room(share: float) -> float:
        return 2 * cut(torso.front, share).length("armhole") - _FLAT_CAP * arm_needed(m, c)

    share = c["dolman_depth"]
    if room(share) < 0:  # down to the hem, if need be
        side = run_length(torso.front.edges["side"]) - _LEAST_SIDE
        deepest = max(share, side / float(torso.back.armpit[1] - torso.waist_y))
        share = solve(room, share, deepest, f"A dolman's armhole for an arm of {m['upper_arm']:.3f} m")
    return torso.changed(*(cut(half, share) for half in torso.halves()))


def _dolman(assembly: Assembly, torso: Torso, m: Measurements, c: Choices) -> None:
    back, front = torso.back.length("armhole"), torso.front.length("armhole")
    made = sewn_cap(m["upper_arm"] + c["sleeve_ease"], _cap_height(_DOLMAN_CAP, torso, m, c), back, front)
    add_sleeve(assembly, torso, made.width, made.crown, (("cap_back", made.back), ("cap_front", made.front)), m, c)
    assembly.change("sleeve", notches=(Notch("cap_front", 0.0),))
    sew_sleeves(assembly, 1.0)


def _armbands(assembly: Assembly, torso: Torso, _m: Measurements, c: Choices) -> None:
    back, front = (half.length("armhole") * c["armband_stretch"] for half in (torso.back, torso.front))
    strip = band(
        "armband",
        back + front,
        c["armband_width"],
        "acromion_left",
        (back + front) / 4,
        middle="top of the armhole",
        fabric="rib",
        allowance=c["seam_allowance"],
    )
    assembly.add(replace(strip, cut="mirrored"))
    for s in SIDES:
        around = (*assembly.walk("front", "armhole", s), *backwards(assembly.walk("back", "armhole", s)))
        seam = backwards((assembly.along("armband", "seam", s),))
        assembly.sew(f"armband_{s}", around, seam, c["armband_stretch"])
        a, b = (assembly.along("armband", f"end_{end}", s) for end in ("left", "right"))
        assembly.sew(f"armband_ends_{s}", (a,), backwards((b,)))


NONE = Part("none", "None", "The armholes are finished as they are")
ARMBANDS = Part(
    "armbands", "Armhole bands", "No sleeve: a rib band is stretched onto each armhole",
    (BINDING_WIDTH, BINDING_STRETCH), attach=_armbands,
)  # fmt: skip
SET_IN = Part(
    "set_in",
    "Set-in",
    "A sleeve with a cap, eased into the armhole",
    (LENGTH, EASE, CAP_HEIGHT, HEM_EASE, CAP_EASE),
    MEASUREMENTS,
    attach=_set_in,
)
PUFF = Part(
    "puff",
    "Puff",
    "A full sleeve, its cap gathered over the crown",
    (LENGTH, EASE, CAP_HEIGHT, HEM_EASE, PUFF_FULLNESS, PUFF_HEIGHT),
    MEASUREMENTS,
    attach=_puff,
)
DOLMAN = Part(
    "dolman",
    "Dolman",
    "A wide sleeve in a deep armhole below a dropped shoulder",
    (LENGTH, EASE, HEM_EASE, DROP, DOLMAN_DEPTH),
    MEASUREMENTS,
    shape=_dropped,
    attach=_dolman,
    clashes=cuts("side", "armhole", "shoulder"),
)
