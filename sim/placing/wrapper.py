# SPDX-License-Identifier: GPL-3.0-or-later
"""Panels about the body itself: torso, limbs and flares; and those with a place of their own in space."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...bodies import Body
from ...patterns import Panel
from .arm import Arm
from .flare import angles_about, on_flare
from .flat import dense
from .folding import laid
from .hulls import Points, landmark
from .leg import Leg, Side
from .torso import Girth, on_torso, torso_of

_OUTLINE_STEP = 0.01  # metres between the points of an outline that is folded


class Wrapper:
    """What lies about the body itself: torso, limbs, flares and panels with a place in space."""

    def __init__(self, panels: Sequence[Panel], body: Body) -> None:
        self._body, self._torso = body, torso_of(body)
        about = [p for p in panels if p.wrap.around not in ("on", "seam")]
        self._about, outlines = about, dict[str, Points]()
        for p in about:
            outline = p.outline(1e-3)
            folded = p.pleats or any(line.kind == "fold" for line in p.internal)
            outlines[p.name] = laid(p, dense(outline, _OUTLINE_STEP) if folded else outline).points
        self._girths: dict[str, Girth] = {}
        for row in {_row(p) for p in about if p.wrap.around == "torso"}:
            mine = [p for p in about if p.wrap.around == "torso" and _row(p) == row]
            self._girths[row] = Girth(mine, outlines)
        self._rings: dict[str, float] = {}
        for p in about:
            if p.wrap.around == "flare":
                part = float(np.ptp(angles_about(p.wrap, outlines[p.name])))
                self._rings[_row(p)] = self._rings.get(_row(p), 0.0) + part
        arms = {p.wrap.around for p in about if p.wrap.around.startswith("arm_")}
        self._arms = {a: Arm(body, a, [p for p in about if p.wrap.around == a], outlines) for a in arms}
        self._sides = {
            p.name: Side(p, outlines[p.name], float(self.top(p))) for p in about if p.wrap.around.startswith("leg_")
        }
        self.legs: dict[str, Leg] = {}
        for around in {p.wrap.around for p in about if p.name in self._sides}:
            both = [self._sides[p.name] for p in about if p.wrap.around == around]
            self.legs[around] = Leg(body, around == "leg_left", both)

    def top(self, panel: Panel) -> float:
        """The height at which a panel's anchor is put."""
        return float(landmark(self._body, panel.wrap.landmark)[2]) + panel.wrap.lift

    def laps(self) -> list[tuple[Panel, Panel]]:
        """Torso panels of one piece of which the first lies over the second."""
        about = [p for p in self._about if p.wrap.around == "torso"]
        return [
            (upper, lower)
            for upper in about
            for lower in about
            if upper.piece == lower.piece and upper.wrap.layer > lower.wrap.layer
        ]

    def plane(self, panel: Panel, points: Points) -> Points:
        """(n, 2) points (n, 2) of a torso panel, as worn, in a plane common to its row."""
        return self._girths[_row(panel)].plane(panel, points)

    def round_hand(self, panel: Panel, x: Points) -> Points:
        """(n, 3) a panel at x (n, 3) that goes on from a sleeve, where it closes round the hand."""
        arm = self._arms.get(panel.wrap.landmark.replace("wrist", "arm"))
        return x if arm is None else arm.round(x)

    def place(self, panel: Panel, points: Points, sewn_at: float | None) -> Points:
        """(n, 3) a panel of points (n, 2), as worn; a flare hangs at the height `sewn_at` of what it is sewn to."""
        wrap = panel.wrap
        if wrap.frame is not None:
            origin, x, y = np.array(wrap.frame)
            return origin + points @ np.stack([x, y])
        if wrap.around == "torso":
            return on_torso(panel, points, self._girths[_row(panel)], self._body, self._torso)
        if wrap.around == "flare":
            top = self.top(panel)
            return on_flare(points, wrap, self._torso, top if sewn_at is None else sewn_at, self._rings[_row(panel)])
        if wrap.around in self._arms:
            return self._arms[wrap.around].place(panel, points)
        leg, side = self.legs[wrap.around], self._sides[panel.name]
        return leg.place(points, side, side.fork / leg.forks)


def _row(panel: Panel) -> str:
    """Torso panels of one landmark, on whichever side, go round the body together."""
    return panel.wrap.landmark.removesuffix("_left").removesuffix("_right")
