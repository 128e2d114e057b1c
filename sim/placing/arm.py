# SPDX-License-Identifier: GPL-3.0-or-later
"""Sleeves, rolled about the bones of the arm and, where they are longer, of the hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ...bodies import Body
from ...patterns import Panel
from .flat import extents
from .hulls import CLEARANCE, Points, in_parts, landmark, smoothstep

_BEND = 0.04  # metres on both sides of a joint over which the sleeve bends
_SLICE = 0.02  # metres of arm whose thickness is taken together
_SHOULDER = 1.35  # times as thick as the upper arm's middle: more is the trunk's


class Arm:
    """The bones of an arm, from the neck over the shoulder to the fingertips, and the panels that close round it."""

    def __init__(self, body: Body, around: str, panels: Sequence[Panel], outlines: Mapping[str, Points]) -> None:
        side = around.removeprefix("arm_")
        shoulder, elbow, wrist = (
            np.asarray(body.joints[f"{n}_{side}"], np.float64) for n in ("shoulder", "elbow", "wrist")
        )
        neck = landmark(body, f"neck_side_{side}") + shoulder - landmark(body, f"acromion_{side}")
        hand = body.vertices[in_parts(body, f"hand_{side}")]
        reach = hand[np.linalg.norm(hand - wrist, axis=1).argsort()[-50:]].mean(axis=0)  # the fingertips
        self._joints = np.stack([neck, shoulder, elbow, wrist, reach])
        bones = np.diff(self._joints, axis=0)
        lengths = np.linalg.norm(bones, axis=1)
        self._up = -bones / lengths[:, None]
        self._down = np.cumsum([-lengths[0], *lengths])  # metres below the shoulder at which each joint lies
        self._outward = np.array([1.0 if side == "left" else -1.0, 0.0, 0.3])
        self._body, self._panels, self._outlines = body, panels, outlines
        flesh = body.vertices[in_parts(body, around, f"hand_{side}")]
        below, away = self._nearest(flesh)
        radius = np.linalg.norm(away, axis=1)
        at = np.arange(0.0, self._down[-1] + 2 * _SLICE, _SLICE)
        thick = np.array([radius[np.abs(below - a) < 0.75 * _SLICE].max(initial=0.02) for a in at])
        upper = at < self._down[2]
        thick[upper] = np.minimum(thick[upper], _SHOULDER * np.median(thick[upper]))
        self._at, self._thick = at, thick

    def _nearest(self, points: Points) -> tuple[Points, Points]:
        """How far below the shoulder points (n, 3) lie along the bones from there on, and the way (n, 3) from them."""
        down, away = [], []
        for start, end, joint in zip(self._joints[1:], self._joints[2:], self._down[1:], strict=False):
            bone = end - start
            t = np.clip((points - start) @ bone / (bone @ bone), 0.0, 1.0)
            down.append(joint + t * np.linalg.norm(bone))
            away.append(points - start - t[:, None] * bone)
        nearest, rows = np.linalg.norm(away, axis=2).argmin(axis=0), np.arange(len(points))
        return np.array(down)[nearest, rows], np.array(away)[nearest, rows]

    def round(self, x: Points) -> Points:
        """Positions (n, 3) of what closes round the arm or the hand moved outside of their girth, the thumb's too."""
        below, away = self._nearest(x)
        radius = np.maximum(np.linalg.norm(away, axis=1), 1e-9)
        short = np.interp(below, self._at, self._thick) + CLEARANCE - radius
        return x + (np.maximum(short, 0.0) / radius)[:, None] * away

    def place(self, panel: Panel, points: Points) -> Points:
        """(n, 3) one of the arm's panels of points (n, 2), as worn."""
        wrap, side = panel.wrap, self._joints[1]
        top = float((landmark(self._body, wrap.landmark) - side) @ self._up[1]) + wrap.lift
        below = wrap.anchor[1] - top - points[:, 1]
        bone = np.clip(np.searchsorted(self._down, below) - 1, 0, len(self._up) - 1)
        centre = self._joints[bone] - self._up[bone] * (below - self._down[bone])[:, None]
        axis = np.broadcast_to(self._up[0], centre.shape)
        for joint, up in zip(self._down[1:], self._up[1:], strict=False):
            bend = smoothstep(below, joint - _BEND, joint + _BEND)[:, None]
            axis = axis * (1 - bend) + up * bend
        axis = axis / np.linalg.norm(axis, axis=1, keepdims=True)
        out = self._outward - axis * (axis @ self._outward)[:, None]
        out /= np.linalg.norm(out, axis=1, keepdims=True)
        turn = np.cross(axis, out)

        low, width, rolled = self._row(panel, np.minimum(points[:, 1], 0.0))  # a cap goes on as wide as it begins
        r = np.maximum(rolled, np.interp(below, self._at, self._thick) + CLEARANCE)
        angle = (points[:, 0] - low + width) / rolled + wrap.angle
        return centre + r[:, None] * (np.cos(angle)[:, None] * out + np.sin(angle)[:, None] * turn)

    def _row(self, panel: Panel, y: Points) -> tuple[Points, Points, Points]:
        """In the rows y (n,) of a panel: where it begins, how far round from its middle that is, and the radius of all.

        The panels of one angle are laid side by side, about the one in which their anchor lies.
        """
        spans = {p.name: extents(self._outlines[p.name], y) for p in self._panels}
        rolled = sum((high - low for low, high in spans.values()), np.zeros(len(y))) / (2 * np.pi)
        beside = sorted((p for p in self._panels if p.wrap.angle == panel.wrap.angle), key=self._left_of_anchor)
        main = min(beside, key=lambda p: abs(self._left_of_anchor(p)))
        first, at = beside.index(main), beside.index(panel)
        between = beside[first:at] if at > first else beside[at:first]
        way = sum((spans[p.name][1] - spans[p.name][0] for p in between), np.zeros(len(y)))
        low, high = spans[main.name]
        return spans[panel.name][0], (way if at > first else -way) - (high - low) / 2, rolled

    def _left_of_anchor(self, panel: Panel) -> float:
        """How far a panel's middle lies from its anchor, round the arm."""
        x = self._outlines[panel.name][:, 0]
        return float(x.min() + x.max()) / 2 - panel.wrap.anchor[0]
