# SPDX-License-Identifier: GPL-3.0-or-later
"""Cuffs: what a sleeve ends in. The sleeve asks here for its lower end; the cuff is then sewn to the sleeve's hem.

W. Aldrich, Metric Pattern Cutting for Women's Wear, 6th ed., "Cuffs": the straight cuff with a button stand and its
slit in the back of the sleeve, the grown-on turn-up, the gathered edge.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import pi

import numpy as np

from ..assembly import SIDES, Assembly, backwards
from ..blocks.torso import Torso
from ..curves import Line, line
from ..pieces import Elastic, InternalLine, Piece, Trim, Wrap, loop
from ..style import Choices, DraftRefused, Measurements, Part, ease, length, ratio
from .bands import band

DEPTH = length("cuff_depth", 0.06, 0.015, 0.12, "Finished depth of the cuff, at most a quarter of the sleeve's length")
EASE = ease("cuff_ease", 0.04, -0.03, 0.15, "Room about the arm within the cuff; a rib may have none")
STRETCH = ratio("cuff_elastic", 0.7, 0.4, 1.0, "Elastic of the sleeve's hem over the hem itself, both relaxed")

_SLIT_AT = 0.75  # of the hem, from the underarm seam's front: below the little finger
_SLIT = 0.11  # metres that the slit reaches up a long sleeve
_LAP = 0.022  # metres that a buttoned cuff laps over itself
_OF_SLEEVE = 0.25  # that a cuff takes at most
_PLACKET = 0.024  # width of the slit's placket
_BUTTON = 0.011


@dataclass(frozen=True)
class SleeveEnd:
    """The lower end of a sleeve that is drafted with its underarm level at y = 0, the back at x > 0.

    hem: from front to back. back: the underarm seam up from the hem; front: down to the hem.
    """

    hem: Line
    back: tuple[Line, ...]
    front: tuple[Line, ...]
    internal: tuple[InternalLine, ...]


def _deep(m: Measurements, c: Choices) -> float:
    """Finished depth of the cuff, metres."""
    return min(c["cuff_depth"], _OF_SLEEVE * c["sleeve_length"] * m["arm_length"])


def depth(m: Measurements, c: Choices) -> float:
    """How much of the sleeve's length is the cuff's, metres."""
    return _deep(m, c) if c.get("cuff") in ("rib", "buttoned") else 0.0


def arm_girth(reach: float, m: Measurements) -> float:
    """Girth of the arm so far down from the shoulder point, metres."""
    down = float(np.clip((reach / m["arm_length"] - 0.25) / 0.75, 0.0, 1.0))
    return m["upper_arm"] + (m["wrist"] - m["upper_arm"]) * down


def sleeve_end(width: float, underarm: float, reach: float, m: Measurements, c: Choices) -> SleeveEnd:
    """A sleeve `width` wide, narrowed over its seam `underarm` to its hem, `reach` below the shoulder point; metres."""
    girth = arm_girth(reach, m)
    hem = min(max(girth + c["sleeve_hem_ease"], girth + c["cuff_ease"] if depth(m, c) else 0.0), width)
    low, half = -underarm, hem / 2
    if c.get("cuff") != "turned_up":
        return SleeveEnd(
            line((-half, low), (half, low)),
            (line((half, low), (width / 2, 0)),),
            (line((-width / 2, 0), (-half, low)),),
            (),
        )
    turn = min(_deep(m, c), 0.6 * underarm)
    wide = half + (width / 2 - half) * turn / underarm  # once turned up it lies on the sleeve there
    return SleeveEnd(
        line((-wide, low - turn), (wide, low - turn)),
        (line((wide, low - turn), (half, low)), line((half, low), (width / 2, 0))),
        (line((-width / 2, 0), (-half, low)), line((-half, low), (-wide, low - turn))),
        (InternalLine("turn-up", (line((-half, low), (half, low)),), "fold", pi),),
    )


def _hem_of(assembly: Assembly) -> float:
    """How long the sleeve's hem is, metres; refuses a cuff without a sleeve."""
    pieces = assembly.stretches("sleeve", "hem")
    if not pieces:
        raise DraftRefused("There is no sleeve for a cuff: choose cuff 'plain', or a sleeve.")
    return sum(assembly.piece(piece).edge(edge).length for piece, edge in pieces)


def _needs_sleeve(assembly: Assembly, _torso: Torso, _m: Measurements, _c: Choices) -> None:
    _hem_of(assembly)


def _girth(m: Measurements, c: Choices) -> float:
    """Finished girth of the cuff, metres."""
    return arm_girth(c["sleeve_length"] * m["arm_length"] - _deep(m, c), m) + c["cuff_ease"]


def _rib(assembly: Assembly, torso: Torso, m: Measurements, c: Choices) -> None:
    hem, girth = _hem_of(assembly), _girth(m, c)
    strip = band(
        "cuff",
        girth,
        -_deep(m, c),
        "wrist_left",
        girth / 4,
        middle="outside of the arm",
        fabric="rib",
        allowance=c["seam_allowance"],
    )
    assembly.add(replace(strip, cut="mirrored"))
    for s in SIDES:
        assembly.sew(
            f"cuff_{s}",
            assembly.walk("sleeve", "hem", s),
            backwards((assembly.along("cuff", "seam", s),)),
            girth / hem,
        )
        ends = ((assembly.along("cuff", f"end_{e}", s),) for e in ("left", "right"))
        assembly.sew(f"cuff_ends_{s}", next(ends), backwards(next(ends)))


def _buttoned(assembly: Assembly, torso: Torso, m: Measurements, c: Choices) -> None:
    hem, girth, deep = _hem_of(assembly), _girth(m, c), _deep(m, c)
    at = _SLIT_AT * hem
    slit = min(_SLIT, 0.35 * c["sleeve_length"] * m["arm_length"])
    assembly.split("sleeve", "hem", at)
    name, _ = assembly.stretches("sleeve", "hem_high")[0]
    sleeve = assembly.piece(name)
    foot = sleeve.edge(assembly.stretches("sleeve", "hem_high")[0][1]).start
    assembly.change(
        name,
        internal=(*sleeve.internal, InternalLine("slit", (line(foot, foot + np.array([0.0, slit])),), "placement")),
    )
    assembly.add(_placket(slit, c))
    half = girth / 2
    y = -deep / 2
    assembly.add(
        Piece(
            "cuff",
            loop(
                ("end_under", line((-half, 0), (-half, -deep))),
                ("edge", line((-half, -deep), (half + _LAP, -deep))),
                ("end_over", line((half + _LAP, -deep), (half + _LAP, 0))),
                ("lap", line((half + _LAP, 0), (half, 0))),
                ("seam", line((half, 0), (-half, 0))),
            ),
            Wrap("seam", "wrist_left"),
            cut="mirrored",
            doubled="edge",
            grain=(1.0, 0.0),
            allowance=c["seam_allowance"],
            allowances={"edge": 0.0},
            trims=(
                Trim("button", "button", (-half + _LAP / 2, y), _BUTTON, 3e-4),
                Trim("buttonhole", "buttonhole", (half + _LAP / 2, y), 1.2 * _BUTTON),
            ),
        )
    )
    for s in SIDES:
        # From the slit's back edge round under the arm to its front edge.
        around = (*assembly.walk("sleeve", "hem_high", s), *assembly.walk("sleeve", "hem_low", s))
        assembly.sew(f"cuff_{s}", around, backwards((assembly.along("cuff", "seam", s),)), girth / hem)
        assembly.fasten(f"cuff_{s}", f"cuff_{s}.buttonhole", f"cuff_{s}.button")


def _placket(slit: float, c: Choices) -> Piece:
    """The placket that binds the slit: sewn on by hand of its placement line, and too small to be draped."""
    top = slit + _PLACKET
    return Piece(
        "sleeve_placket",
        loop(
            ("foot", line((0, 0), (_PLACKET, 0))),
            ("free", line((_PLACKET, 0), (_PLACKET, slit))),
            ("point_outer", line((_PLACKET, slit), (_PLACKET / 2, top))),
            ("point_inner", line((_PLACKET / 2, top), (0, slit))),
            ("sewn", line((0, slit), (0, 0))),
        ),
        Wrap("flat"),
        cut="mirrored",
        allowance=min(c["seam_allowance"], 0.008),
        draped=False,
    )


def _elastic(assembly: Assembly, _torso: Torso, _m: Measurements, c: Choices) -> None:
    _hem_of(assembly)
    for name, edge in assembly.stretches("sleeve", "hem"):
        piece = assembly.piece(name)
        assembly.change(name, elastics=(*piece.elastics, Elastic(edge, c["cuff_elastic"])))


PLAIN = Part("plain", "Plain hem", "The sleeve's hem is turned in")
RIB = Part("rib", "Rib cuff", "A rib band, cut double, into which the sleeve is eased", (DEPTH, EASE), attach=_rib)
BUTTONED = Part(
    "buttoned", "Buttoned cuff", "A band with a button, its slit in the back of the sleeve", (DEPTH, EASE),
    attach=_buttoned,
)  # fmt: skip
TURNED_UP = Part(
    "turned_up",
    "Turned-up cuff",
    "The sleeve's end turned up onto its outside; a short sleeve's by 0.6 of its underarm seam at most",
    (DEPTH,),
    attach=_needs_sleeve,
)
ELASTIC = Part("elastic", "Elastic", "Elastic in a casing gathers the sleeve's hem", (STRETCH,), attach=_elastic)
CUFFS = (PLAIN, RIB, BUTTONED, TURNED_UP, ELASTIC)
