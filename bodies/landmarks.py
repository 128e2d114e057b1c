# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the landmarks of ISO 8559-1 lie on the template's topology.

Each is the mean of a few template vertices, named by their MakeHuman hm08 ids and chosen on the mean woman by eye and
by the heights of ANSUR II (as a share of stature: cervicale 0.857, acromion 0.820, suprasternale 0.817, armpit 0.761,
bust 0.720, waist = midway between lowest rib and iliac crest 0.630, crotch 0.480, knee 0.276).
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from .template import Template, template

Floats = NDArray[np.float64]

MIDDLE = {
    "crown": (881,),
    "cervicale": (858, 1496),
    "front_neck": (1526,),
    "waist_front": (4069,),
    "waist_back": (4045,),
    "crotch": (4372, 6431),
}
# on the body's left; the right side is their mirror image
SIDED = {
    "neck_side": (8187, 7533),
    "acromion": (8236, 8276),
    "bust": (8455,),
    "underbust": (8539,),
    "armpit": (8336, 8337),
    "armscye_front": (8051,),
    "armscye_back": (8283,),
    "elbow": (10063,),
    "wrist": (10555,),
    "knee": (11242,),
    "ankle": (12970,),
    "heel": (12925,),
}

# The landmarks that, placed by hand, set the level of a horizontal girth.
LEVELS = {
    "bust": ("bust_left", "bust_right"),
    "underbust": ("underbust_left", "underbust_right"),
    "waist": ("waist_front", "waist_back", "waist_left", "waist_right"),
    "hip": ("hip_front", "hip_back", "hip_left", "hip_right"),
}


@cache
def landmark_vertices() -> dict[str, tuple[int, ...]]:
    """Landmark name → template vertex ids whose mean it is."""
    t = template()
    found = {name: tuple(t.vertex_of_hm08[i] for i in ids) for name, ids in MIDDLE.items()}
    for name, ids in SIDED.items():
        left = tuple(t.vertex_of_hm08[i] for i in ids)
        found[f"{name}_left"] = left
        found[f"{name}_right"] = tuple(int(t.mirror[i]) for i in left)
    return found


def landmarks_of(vertices: Floats) -> dict[str, Floats]:
    """Landmark name → (3,) on a body of template topology (n, 3)."""
    return {name: vertices[list(ids)].mean(axis=0) for name, ids in landmark_vertices().items()}


_JOINTS = {"upper_arm": "shoulder", "forearm": "elbow", "hand": "wrist", "thigh": "hip", "shin": "knee",
           "foot": "ankle"}  # fmt: skip


def joint_of(bone: str) -> str:
    """The name of the joint about which a bone of the skeleton turns: upper_arm_left → shoulder_left, neck → neck."""
    stem, _, side = bone.rpartition("_")
    return f"{_JOINTS[stem]}_{side}" if stem in _JOINTS else bone


def body_joints(t: Template, joints: Floats) -> dict[str, Floats]:
    """The (b, 3) joints of the skeleton by name."""
    return {joint_of(bone): joints[i] for i, bone in enumerate(t.bones)}
