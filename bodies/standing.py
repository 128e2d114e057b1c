# SPDX-License-Identifier: GPL-3.0-or-later
"""A registered person stood up: which way is up, soles on the floor, facing ahead, arms off the body. Worker side."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .cleaning import Cleaned
from .fitting import Fit, rotation, similarity
from .template import PART_NAMES, Template

Floats = NDArray[np.float64]

FEWEST_OF_FOOT = 400  # points that show where a foot stands
UNEVEN_MOST = 0.006  # metres, deviation of what is seen of heels and balls from one floor
ASKEW_MOST = np.radians(7)  # from an axis: people who stand along it lean no farther
STANDING_ERR = np.radians(3)  # of what posture and soles say, at most
LEANING_MOST = np.radians(8)  # between that floor's and the posture's up: beyond it, one foot is lifted


def upward(t: Template, scan: Cleaned, fit: Fit, modelled: Floats) -> Floats:
    """(3,) which way is up in the scan's axes: off the floor if it was seen."""
    if scan.floor is not None:
        return scan.floor[0]
    up = fit.turns[0][:, 2]
    axis = np.argmax(np.abs(up))
    straight = np.eye(3)[axis] * np.sign(up[axis])
    posture = _posture(t, fit, modelled)
    by_feet = _square_to_soles(t, scan, fit, modelled, posture)
    standing = posture if by_feet is None else posture + by_feet  # each is out by a degree or two in its own way
    standing /= np.linalg.norm(standing)
    # Scanners and modellers set people upright along an axis, unless they lie so by chance, as soles tell.
    along = up @ straight > np.cos(ASKEW_MOST)
    return straight if along and (by_feet is None or standing @ straight > np.cos(STANDING_ERR)) else standing


def stood_up(t: Template, scan: Cleaned, up: Floats, vertices: Floats, joints: Floats) -> tuple[Floats, Floats, Floats]:
    """Vertices, joints and the scan's points turned upright to face −Y, soles on Z = 0, centred.

    up: (3,) in the scan's axes, as `upward` found it.
    """
    names = t.bones
    across = sum(
        joints[names.index(f"{bone}_left")] - joints[names.index(f"{bone}_right")] for bone in ("thigh", "upper_arm")
    )
    side = across - (across @ up) * up
    side = side / np.linalg.norm(side)
    world = np.stack([side, np.cross(up, side), up])  # rows: ours +X, +Y, +Z in the scan's axes
    vertices, joints = vertices @ world.T, joints @ world.T
    middle = 0.5 * (joints[names.index("thigh_left")] + joints[names.index("thigh_right")])
    lowest = vertices[:, 2].min()
    if scan.floor is not None:
        floor = scan.floor[1]
    elif scan.signed:
        floor = np.percentile(scan.points @ up, 0.02)
    else:  # no camera sees soles: the lowest of a cloud are its noise about the edges of the feet
        floor = lowest
    floor = float(floor) if abs(floor - lowest) < 0.03 else float(lowest)
    # Soles follow the scan only roughly; what they miss the floor by is taken up below the ankles.
    ankles = joints[names.index("foot_left"), 2], joints[names.index("foot_right"), 2]
    for side, ankle in zip(("left", "right"), ankles, strict=True):
        foot = np.isin(t.parts, [PART_NAMES.index(f"foot_{side}"), PART_NAMES.index(f"leg_{side}")])
        below = foot & (vertices[:, 2] < ankle)
        sole = vertices[below, 2].min() if below.any() else lowest
        if abs(sole - floor) < 0.03:
            share = (ankle - vertices[below, 2]) / (ankle - sole)
            vertices[below, 2] += share * (floor - sole)
    floor = float(vertices[:, 2].min())
    rest_middle = 0.5 * (t.joint_mean[names.index("thigh_left")] + t.joint_mean[names.index("thigh_right")])
    shift = np.array([middle[0], middle[1] - rest_middle[1], floor])
    return vertices - shift, joints - shift, scan.points @ world.T - shift


def _posture(t: Template, fit: Fit, modelled: Floats) -> Floats:
    """(3,) up as the whole posture says it: the model's own standing form laid over it, without the arms."""
    limbs = [PART_NAMES.index(part) for part in PART_NAMES if part.startswith(("arm", "hand"))]
    steady = ~np.isin(t.parts, limbs)
    return similarity(t.shaped(fit.shape)[0][steady], modelled[steady])[1][:, 2]


def _square_to_soles(t: Template, scan: Cleaned, fit: Fit, modelled: Floats, posture: Floats) -> Floats | None:
    """(3,) up, square to the floor under heels and balls of both feet.

    No camera sees soles, but it sees the rims of heels and toes. None where it does not, or they lie in no plane.
    """
    from scipy.spatial import KDTree

    part = t.parts[KDTree(modelled).query(scan.points)[1]]
    feet = [scan.points[part == PART_NAMES.index(f"foot_{side}")] for side in ("left", "right")]
    if min(map(len, feet)) < FEWEST_OF_FOOT:
        return None
    up, uneven = posture, np.inf
    for _ in range(3):
        lows = np.concatenate([_lows(foot, -fit.turns[0][:, 1], up) for foot in feet])
        if len(lows) < 8:
            return None
        normal = np.linalg.svd(lows - lows.mean(axis=0))[2][2]
        up = normal * np.sign(normal @ posture)
        uneven = float(np.std(lows @ up))
    return up if uneven < UNEVEN_MOST and up @ posture > np.cos(LEANING_MOST) else None


def _lows(foot: Floats, forward: Floats, up: Floats) -> Floats:
    """(k, 3) the lowest of a foot's points (n, 3): inside and outside of heel and ball, as far as they were seen."""
    along = forward - (forward @ up) * up
    along /= np.linalg.norm(along)
    length, width, height = foot @ along, foot @ np.cross(up, along), foot @ up
    rear, front = np.percentile(length, [1, 99])
    share = (length - rear) / (front - rear)
    lows: list[Floats] = []
    for ends in ((0.0, 0.3), (0.6, 0.95)):
        inside = (share >= ends[0]) & (share <= ends[1])
        middle = np.median(width[inside]) if inside.any() else 0.0
        for zone in (inside & (width < middle), inside & (width >= middle)):
            if zone.any():
                lows.append(foot[zone][height[zone] <= np.percentile(height[zone], 4)].mean(axis=0))
    return np.array(lows).reshape(-1, 3)


ARM_RANGE = np.radians([22.0, 65.0])  # of the upper arm from vertical: between them cloth and tape lie as in an A-pose


def arms_free(t: Template, vertices: Floats, joints: Floats) -> tuple[Floats, Floats]:
    """Arms that hang along the body or reach sideways are brought to the template's A-pose.

    Hanging arms leave a sleeve no room; raised ones lift the shoulder points that a block is drafted from.
    """
    turns = np.tile(np.eye(3), (len(t.bones), 1, 1))
    brought = False
    for side, sign in (("left", -1.0), ("right", 1.0)):
        shoulder, elbow = t.bones.index(f"upper_arm_{side}"), t.bones.index(f"forearm_{side}")
        arm = joints[elbow] - joints[shoulder]
        angle = np.arctan2(-sign * arm[0], -arm[2])
        if not ARM_RANGE[0] <= angle <= ARM_RANGE[1]:
            rest = t.joint_mean[elbow] - t.joint_mean[shoulder]
            wanted = np.arctan2(-sign * rest[0], -rest[2])
            turns[shoulder] = rotation(np.array([0.0, sign * (wanted - angle), 0.0]))
            brought = True
    return t.posed(vertices, joints, turns) if brought else (vertices, joints)
