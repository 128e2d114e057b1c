# SPDX-License-Identifier: GPL-3.0-or-later
"""Sleeves, rolled about the bones of the arm."""

from __future__ import annotations

import itertools

import numpy as np

from ...bodies import Body
from ...patterns.pieces import Wrap
from .flat import widths
from .hulls import CLEARANCE, Points, in_parts, landmark, smoothstep


def on_arm(points: Points, outline: Points, wrap: Wrap, body: Body) -> Points:
    """(n, 3) a sleeve of points (n, 2), rolled about the bones of the arm."""
    side = wrap.around.removeprefix("arm_")
    joints = [np.asarray(body.joints[f"{n}_{side}"], np.float64) for n in ("shoulder", "elbow", "wrist")]
    axes = [(a - b) / np.linalg.norm(a - b) for a, b in itertools.pairwise(joints)]
    outward = np.array([1.0 if side == "left" else -1.0, 0.0, 0.3])
    top = float((landmark(body, wrap.landmark) - joints[0]) @ axes[0]) + wrap.lift
    along = top + points[:, 1] - wrap.anchor[1]  # metres up the limb from its first joint, negative below
    reach = float(np.linalg.norm(joints[0] - joints[1]))
    bend = smoothstep(-along, reach - 0.04, reach + 0.04)[:, None]
    axis = axes[0] * (1 - bend) + axes[1] * bend
    axis /= np.linalg.norm(axis, axis=1, keepdims=True)
    below = np.minimum(along + reach, 0.0)[:, None]
    centre = joints[0] + axes[0] * np.maximum(along, -reach)[:, None] + axes[1] * below
    out = outward - axis * (axis @ outward)[:, None]
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    turn = np.cross(axis, out)

    flesh = body.vertices[in_parts(body, wrap.around)]
    level = (flesh - joints[0]) @ axes[0]
    radius = np.linalg.norm(flesh - joints[0] - level[:, None] * axes[0], axis=1)
    widest = np.array([radius[np.abs(level - y) < 0.03].max(initial=0.03) for y in np.linspace(-reach, 0.0, 12)])
    thick = np.interp(along, np.linspace(-reach, 0.0, 12), np.minimum(widest, np.median(widest) * 1.35))
    full = points[:, 1] <= 0.0
    width = np.where(full, widths(outline, points[:, 1]), float(np.ptp(points[:, 0])))
    r = np.maximum(width / (2 * np.pi), thick + CLEARANCE)
    angle = (points[:, 0] - wrap.anchor[0] * ~full) / r + wrap.angle
    return centre + r[:, None] * (np.cos(angle)[:, None] * out + np.sin(angle)[:, None] * turn)
