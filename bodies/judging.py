# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether what was registered is a person who stands upright: its figures and the reason why not. Worker side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .cleaning import Cleaned
from .fitting import LOOSENESS, Fit, PointTarget, rotation_vector, vertex_normals
from .landmarks import landmarks_of
from .refinement import trust
from .spots import nearest_spots
from .template import PART_NAMES, Template

Floats = NDArray[np.float64]

LEFTOVER_MOST = 0.05
MODEL_MOST = 0.012
MEAN_MOST = 0.006
UNLIKELY_MOST = 12.0
TWISTED_MOST = 6.0
STOOPED_MOST = 0.025  # metres
LEGS = (0.39, 0.56)  # of the stature lie below the crotch (ANSUR II: 0.42 to 0.54; children of a metre 0.41)
# Whole people scanned by four cameras show 0.85 and more; a missing arm still "finds" half its surface on the trunk.
COVERED_LEAST = {
    "torso": 0.72, "head": 0.5, "arm_left": 0.68, "arm_right": 0.68, "leg_left": 0.7, "leg_right": 0.7, "foot": 0.3,
}  # fmt: skip


@dataclass(frozen=True)
class Judged:
    """What tells a well registered person from anything else. Distances in metres."""

    mean: float  # scan points to the refined surface, without hands, feet and face
    p95: float
    model: float  # mean distance of the trunk's and limbs' seen vertices to the scan, before refinement
    leftover: float  # share of scan points below the head farther than 25 mm from the body
    covered: dict[str, float]  # part → share of its surface with scan within 2 cm
    unlikely: float  # Mahalanobis distance of the shape
    twisted: float  # largest turn of a bone, in units of its looseness
    stooped: float  # metres by which its pose makes the same shape less tall, above either foot
    legs: float  # height of the crotch as a share of the whole
    residual: Floats  # (n,) per vertex, metres; 8 mm where unseen
    crown_seen: bool

    def reason(self) -> str:
        """Why this is no standing person, or an empty text."""
        missing = [
            " ".join(reversed(name.split("_"))) for name, share in self.covered.items() if share < COVERED_LEAST[name]
        ]
        if self.leftover > LEFTOVER_MOST:
            return (
                f"{self.leftover:.0%} of its surface is no part of a body "
                "(a plinth, furniture, loose clothes, another pose): scan one person alone, standing, in tight clothes"
            )
        if missing:
            return f"there is no {' and no '.join(missing)} in it: scan the whole body"
        if self.model > MODEL_MOST or self.mean > MEAN_MOST:
            return f"the closest body differs by {1000 * self.model:.0f} mm on average"
        if self.unlikely > UNLIKELY_MOST or self.twisted > TWISTED_MOST:
            return "the closest body has a shape or a pose that no standing person has"
        if self.stooped > STOOPED_MOST:
            return (
                f"it is {100 * self.stooped:.0f} cm less tall than it would be upright: scan it with straight back and "
                "knees, both feet on the floor below the hips"
            )
        if not LEGS[0] <= self.legs <= LEGS[1]:
            return f"its legs make up {self.legs:.0%} of its height, which no person's do"
        return ""


def judge(
    t: Template, scan: Cleaned, target: PointTarget, fit: Fit, modelled: Floats, refined: Floats, up: Floats
) -> Judged:
    """Figures about a registration. up: (3,) the way up of what stands there."""
    normals = vertex_normals(refined, t.faces)
    followed = trust(t) > 0.5
    face, share, gap = nearest_spots(t, refined, scan.points)
    near = np.take_along_axis(t.faces[face], share.argmax(axis=1)[:, None], axis=1)[:, 0]
    leftover = float(np.mean(gap[t.parts[near] != PART_NAMES.index("head")] > 0.025))  # hair may stand out
    on_body = followed[near] & (gap < 0.05)
    back, hit = target.tree.query(refined)
    agree = np.abs(np.einsum("ni,ni->n", target.normals[hit], normals)) > 0.3
    seen = (back < 0.02) & agree
    corner = refined[t.faces]
    area = np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1)
    mass = np.bincount(t.faces.ravel(), np.repeat(area, 3), len(refined))
    covered = {}
    for name in COVERED_LEAST:
        part = np.isin(t.parts, [i for i, of in enumerate(PART_NAMES) if of.startswith(name)])
        covered[name] = float(mass[part & seen].sum() / mass[part].sum())
    model_gap, _ = target.tree.query(modelled[followed & seen])
    sums = np.bincount(near, np.minimum(gap, 0.02), len(refined))
    counts = np.bincount(near, minlength=len(refined))
    residual = np.where(counts > 0, sums / np.maximum(counts, 1), 0.008)
    turns = np.linalg.norm(rotation_vector(fit.turns), axis=1)
    spread = np.array([_looseness(name) for name in t.bones])
    top = refined @ up
    crown = top > top.max() - 0.015
    crotch = float(landmarks_of(refined)["crotch"] @ up)
    return Judged(
        mean=float(gap[on_body].mean()) if on_body.any() else np.inf,
        p95=float(np.percentile(gap[on_body], 95)) if on_body.any() else np.inf,
        model=float(model_gap.mean()) if len(model_gap) else np.inf,
        leftover=leftover,
        covered=covered,
        unlikely=float(np.linalg.norm(fit.shape)),
        twisted=float((turns[1:] / spread[1:]).max()),
        stooped=_tall(t, t.shaped(fit.shape)[0][:, 2]) - _tall(t, modelled @ up),
        legs=(crotch - float(top.min())) / float(np.ptp(top)),
        residual=residual,
        crown_seen=bool(np.mean(back[crown] < 0.01) > 0.4),
    )


def _tall(t: Template, heights: Floats) -> float:
    """The top above the sole that is the higher of the two, of heights (n,)."""
    soles = [heights[t.parts == PART_NAMES.index(f"foot_{side}")].min() for side in ("left", "right")]
    return float(heights.max() - max(soles))


def _looseness(bone: str) -> float:
    return LOOSENESS[bone.removesuffix("_left").removesuffix("_right")]
