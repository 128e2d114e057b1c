# SPDX-License-Identifier: GPL-3.0-or-later
"""A body with two equal sides: a block is drafted for one half and cut twice. NumPy alone."""

from __future__ import annotations

from typing import Literal

import numpy as np

from .body import Body
from .remeasure import reshaped, skeleton
from .template import template

ACROSS = np.array([-1.0, 1.0, 1.0])
BLEND = 0.02  # metres on either side of the middle over which the kept side fades into its mirror image

Side = Literal["both", "left", "right"]


def symmetric(body: Body, side: Side = "both") -> Body:
    """The body mirrored about x = 0: the mean of both its sides, or its left or right one on both.

    Raises LandmarkRefused for a body that has not the template's topology.
    """
    t, joints = template(), skeleton(body)
    other = np.array([t.bones.index(_opposite(bone)) for bone in t.bones])

    def kept(across: np.ndarray) -> np.ndarray:
        """How much of itself each point keeps by its place in the template; with its mirror point's share it is 1."""
        if side == "both":
            return np.full((len(across), 1), 0.5)
        u = np.clip(0.5 + (1 if side == "left" else -1) * across / (2 * BLEND), 0, 1)
        return (u * u * (3 - 2 * u))[:, None]

    middle = 0.5 * (t.mean[:, 0] - t.mean[t.mirror, 0])
    skin, bones = kept(middle), kept(0.5 * (t.joint_mean[:, 0] - t.joint_mean[other, 0]))
    vertices = skin * body.vertices + (1 - skin) * ACROSS * body.vertices[t.mirror]
    return reshaped(body, vertices, bones * joints + (1 - bones) * ACROSS * joints[other])


def _opposite(bone: str) -> str:
    stem, _, side = bone.rpartition("_")
    return f"{stem}_{ {'left': 'right', 'right': 'left'}[side] }" if side in ("left", "right") else bone
