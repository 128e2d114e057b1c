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
        below, radius = self._nearest(flesh)
        at = np.arange(0.0, self._down[-1] + 2 * _SLICE, _SLICE)
        thick = np.array([radius[np.abs(below - a) < 0.75 * _SLICE].max(initial=0.02) for a in at])
        upper = at < self._down[2]
        thick[upper] = np.minimum(thick[upper], _SHOULDER * np.median(thick[upper]))
        self._at, self._thick = at, thick

    def _nearest(self, points: Points) -> tuple[Points, Points]:
        """How far below the shoulder points (n, 3) lie along the bones from there on, and how far from them."""
        found = []
        for start, end, down in zip(self._joints[1:], self._joints[2:], self._down[1:], strict=False):
            bone = end - start
            t = np.clip((points - start) @ bone / (bone @ bone), 0.0, 1.0)
            found.append((down + t * np.linalg.norm(bone), np.linalg.norm(points - start - t[:, None] * bone, axis=1)))
        nearest = np.argmin([radius for _, radius in found], axis=0)
        rows = np.arange(len(points))
        return np.array([b for b, _ in found])[nearest, rows], np.array([r for _, r in found])[nearest, rows]

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

        # Below the cap all panels of the row close round the arm; a sleeve in one piece is rolled about its middle.
        full = points[:, 1] <= 0.0
        spans = [extents(self._outlines[p.name], points[:, 1]) for p in self._panels]
        ring = np.where(full, sum(high - low for low, high in spans), float(np.ptp(points[:, 0])))
        rolled = ring / (2 * np.pi)
        r = np.maximum(rolled, np.interp(below, self._at, self._thick) + CLEARANCE)
        middle = 0.0 if len(self._panels) == 1 else wrap.anchor[0]
        angle = (points[:, 0] - np.where(full, middle, wrap.anchor[0])) / rolled + wrap.angle
        return centre + r[:, None] * (np.cos(angle)[:, None] * out + np.sin(angle)[:, None] * turn)
