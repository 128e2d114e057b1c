# SPDX-License-Identifier: GPL-3.0-or-later
"""A body in another pose: its skeleton turned bone by bone, its skin following by linear blending. NumPy alone.

Turns are rotation vectors in radians in the body's own axes (X to its left, −Y ahead, Z up), each relative to the bone
that it hangs on. Linear blending loses volume where a joint bends far (Lewis et al. 2000), so bent bodies are for
draping; what is measured is measured standing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .body import Body
from .fitting import rotation
from .landmarks import joint_of
from .measure import nearest_point
from .template import template

Floats = NDArray[np.float64]
Pose = Mapping[str, Sequence[float] | Floats]  # bone → turn (3,)


class PoseRefused(ValueError):
    """A body cannot take a pose; the message says what to do."""


# A long step, left foot ahead: the flexions of hip and knee lie inside those of normal gait (Winter 1991).
WALK: Pose = {
    "thigh_left": (-0.45, 0.0, 0.0), "shin_left": (0.10, 0.0, 0.0), "foot_left": (0.10, 0.0, 0.0),
    "thigh_right": (0.20, 0.0, 0.0), "shin_right": (0.45, 0.0, 0.0), "foot_right": (-0.10, 0.0, 0.0),
    "upper_arm_left": (0.40, 0.0, 0.0), "forearm_left": (-0.25, 0.0, 0.0),
    "upper_arm_right": (-0.40, 0.0, 0.0), "forearm_right": (-0.25, 0.0, 0.0),
}  # fmt: skip


def arms_at(body: Body, angle: float) -> Pose:
    """The pose in which both upper arms stand at an angle from hanging, sideways: 0 hanging, π/2 a T-pose."""
    turns: dict[str, tuple[float, float, float]] = {}
    for side, sign in (("left", 1.0), ("right", -1.0)):
        arm = body.joints[f"elbow_{side}"] - body.joints[f"shoulder_{side}"]
        turns[f"upper_arm_{side}"] = (0.0, -sign * float(angle - np.arctan2(sign * arm[0], -arm[2])), 0.0)
    return turns


def posed(body: Body, pose: Pose) -> Body:
    """The body with its bones turned, soles on Z = 0. Lengths between a bone's joints stay exactly as they were.

    Landmarks move with the skin; measurements stay those of the standing body, without their curves.
    Raises PoseRefused for an unknown bone, a turn that is none or beyond half a revolution, and a body that has not
    the template's topology or lacks a joint (a file of an older version).
    """
    t = template()
    if body.faces.shape != t.faces.shape or not np.array_equal(body.faces, t.faces):
        raise PoseRefused("This body has no skeleton: make it from a scan or from measurements.")
    if lacking := [joint_of(bone) for bone in t.bones if joint_of(bone) not in body.joints]:
        raise PoseRefused(f"This body has no joint {lacking[0]!r}: make it again.")
    turns = np.zeros((len(t.bones), 3))
    for bone, turn in pose.items():
        if bone not in t.bones:
            raise PoseRefused(f"There is no bone {bone!r}; choose among {', '.join(t.bones)}.")
        given = np.asarray(turn, dtype=np.float64)
        if given.shape != (3,) or not np.isfinite(given).all() or np.linalg.norm(given) > np.pi:
            raise PoseRefused(f"{bone} must turn by three numbers of radians, half a revolution at most.")
        turns[t.bones.index(bone)] = given
    joints = np.array([body.joints[joint_of(bone)] for bone in t.bones])
    vertices, moved = t.posed(body.vertices, joints, rotation(turns))
    lift = np.array([0.0, 0.0, -vertices[:, 2].min()])
    landmarks = {}
    for name, p in body.landmarks.items():
        near = np.argmin(np.linalg.norm(body.vertices - p, axis=1))
        skin = nearest_point(body.vertices, body.faces[(body.faces == near).any(axis=1)], p)
        landmarks[name] = skin.at(vertices)[0] + (p - skin.at(body.vertices)[0]) + lift
    return replace(
        body,
        vertices=vertices + lift,
        joints={joint_of(bone): joint + lift for bone, joint in zip(t.bones, moved, strict=True)},
        landmarks=landmarks,
        measurements={name: replace(m, curve=np.zeros((0, 3))) for name, m in body.measurements.items()},
    )
