# SPDX-License-Identifier: GPL-3.0-or-later
"""The tailored sleeve: a top and an under sleeve that bend forwards at the elbow.

W. Aldrich, Metric Pattern Cutting for Women's Wear, 6th ed., "The two-piece sleeve": a one-piece sleeve's cap is cut at
the forearm and the hindarm seam, and its two outer parts are joined at the underarm.
Origin: the underarm level on the top sleeve's middle; x towards the back, y up the arm; metres. The under sleeve goes
on round the arm in the same frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..assembly import SIDES, Assembly, backwards
from ..blocks.torso import Torso
from ..curves import Curve, Points, hermite, line, point, run_length, solve, stretch
from ..pieces import Notch, Piece, Trim, Wrap, loop
from ..style import Choices, DraftRefused, Measurements, Part, count, length
from . import sleeves

BEND = length("sleeve_bend", 0.025, 0.0, 0.05, "How far the sleeve's hem swings forwards from the elbow down")
BUTTONS = count("sleeve_buttons", 3, 0, 6, "Buttons above the sleeve's hem, beside the hindarm seam")

_FOREARM, _HINDARM = 0.22, 0.34  # of half the cap, from the underarm: where the seams begin
_ELBOW = 0.52  # of the arm's length below the shoulder
_BUTTON = 0.015
_BUTTON_MASS = 0.008


@dataclass(frozen=True)
class _Tube:
    """The sleeve as a tube: its width, elbow and hem levels, what is left of its width there, and its bend."""

    width: float
    elbow: float
    hem: float
    at_elbow: float
    at_hem: float
    bend: float

    def seam(self, top: Points, middle: float, sign: float) -> tuple[Curve, Curve]:
        """From the cap's edge down to the hem, as far from the middle as the tube is wide; sign: where its back is."""
        x = float(top[0]) - middle
        elbow = point((middle + x * self.at_elbow, self.elbow))
        hem = point((middle + x * self.at_hem - sign * self.bend, self.hem))
        upper, lower = float(top[1]) - self.elbow, self.elbow - self.hem
        lean = (hem - top) / (top[1] - hem[1])  # the way per metre of height
        return (
            hermite(top, (elbow - top) + 0.3 * ((elbow - top) - upper * lean), elbow, upper * lean),
            hermite(elbow, lower * lean, hem, hem - elbow),
        )

    def as_long(self, top: Points, middle: float, sign: float, wanted: float) -> tuple[Curve, Curve]:
        """Such a seam of that length, metres: its hem lies as much higher or lower."""

        def drawn(hem: float) -> tuple[Curve, Curve]:
            return _Tube(self.width, self.elbow, hem, self.at_elbow, self.at_hem, self.bend).seam(top, middle, sign)

        what = f"A sleeve seam of {wanted:.3f} m"
        return drawn(solve(lambda y: run_length(drawn(y)) - wanted, self.hem - 0.04, self.hem + 0.04, what))


def _two_piece(assembly: Assembly, torso: Torso, m: Measurements, c: Choices) -> None:
    eased = 1 + c["cap_ease"]
    back, front = torso.back.length("armhole"), torso.front.length("armhole")
    reach = sleeves.sleeve_reach(torso, m, c)
    height = min(c["cap_height"] * (back + front), 0.45 * reach)
    cap = sleeves.sewn_cap(m["upper_arm"] + c["sleeve_ease"], height, eased * back, eased * front)
    width, crown = cap.width, cap.crown
    hem, elbow = float(crown[1]) - reach, float(crown[1]) - _ELBOW * m["arm_length"]
    if elbow - hem < 0.08:
        raise DraftRefused("A two-piece sleeve reaches well below the elbow: raise sleeve_length, or choose 'set_in'.")
    at_hem = min((m["wrist"] + c["sleeve_hem_ease"]) / width, 1.0)
    tube = _Tube(width, elbow, hem, 0.45 * at_hem + 0.55, at_hem, c["sleeve_bend"])

    hind, fore = _HINDARM * cap.back.length, (1 - _FOREARM) * cap.front.length
    top_cap = stretch((cap.back,), hind, cap.back.length), stretch((cap.front,), 0.0, fore)
    under_back = stretch((cap.back,), 0.0, hind)
    across, still = np.array([width, 0.0]), np.eye(2)
    under_front = tuple(e.transformed(still, across) for e in stretch((cap.front,), fore, cap.front.length))
    seam_back, seam_front = tube.seam(top_cap[0][0].start, 0.0, 1.0), tube.seam(top_cap[1][-1].end, 0.0, 1.0)
    middle = width / 2
    under_hind = tube.as_long(under_back[-1].end, middle, -1.0, run_length(seam_back))
    under_fore = tube.as_long(under_front[0].start, middle, -1.0, run_length(seam_front))

    wrap = Wrap("arm_left", "acromion_left", (float(crown[0]), float(crown[1])), lift=sleeves.CLEAR)
    for name, left, caps, right in (
        ("sleeve", seam_front, (("cap_back", top_cap[0]), ("cap_front", top_cap[1])), seam_back),
        ("under_sleeve", under_hind, (("cap_front", under_front), ("cap_back", under_back)), under_fore),
    ):
        edges = (
            ("hem", line(left[-1].end, right[-1].end)),
            ("hindarm" if name == "sleeve" else "forearm", tuple(e.reversed() for e in reversed(right))),
            *caps,
            ("forearm" if name == "sleeve" else "hindarm", left),
        )
        assembly.add(
            Piece(
                name,
                loop(*edges),
                wrap,
                cut="mirrored",
                allowance=c["seam_allowance"],
                allowances={"hem": c["hem_allowance"]},
            )
        )
    sleeves.notch_armholes(assembly, torso)
    _mark(assembly, c)
    for s in SIDES:
        caps_front = (assembly.along("sleeve", "cap_front", s), assembly.along("under_sleeve", "cap_front", s))
        assembly.sew(f"armhole_front_{s}", assembly.walk("front", "armhole", s), backwards(caps_front), eased)
        caps_back = (assembly.along("under_sleeve", "cap_back", s), assembly.along("sleeve", "cap_back", s))
        assembly.sew(f"armhole_back_{s}", assembly.walk("back", "armhole", s), caps_back, eased)
        for seam in ("forearm", "hindarm"):
            top, under = ((assembly.along(name, seam, s),) for name in ("sleeve", "under_sleeve"))
            assembly.sew(f"{seam}_{s}", top, backwards(under))


def _mark(assembly: Assembly, c: Choices) -> None:
    """The notch at the shoulder, those at the elbow, and the buttons beside the hindarm seam."""
    sleeve = assembly.piece("sleeve")
    hind = sleeve.edge("hindarm")
    notches = (Notch("cap_front", 0.0), Notch("hindarm", hind.curves[0].length, "double"),
               Notch("forearm", sleeve.edge("forearm").curves[0].length))  # fmt: skip
    above = [0.035 + 1.2 * _BUTTON * k for k in range(c["sleeve_buttons"])]
    places = hind.at(above) - point((0.015, 0.0)) if above else ()
    trims = tuple(
        Trim(f"sleeve_button_{k}", "button", (float(x), float(y)), _BUTTON, _BUTTON_MASS * _BUTTON)
        for k, (x, y) in enumerate(places, 1)
    )
    assembly.change("sleeve", notches=notches, trims=trims)


TWO_PIECE = Part(
    "two_piece",
    "Two-piece",
    "A tailored sleeve of a top and an under sleeve, bent at the elbow",
    (sleeves.LENGTH, sleeves.EASE, sleeves.CAP_HEIGHT, sleeves.HEM_EASE, sleeves.CAP_EASE, BEND, BUTTONS),
    sleeves.MEASUREMENTS,
    attach=_two_piece,
)
