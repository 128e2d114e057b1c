# SPDX-License-Identifier: GPL-3.0-or-later
"""A scan becomes a body: cleaned, aligned, fitted, refined, judged, stood up and measured. Worker side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .alignment import align, spread_vertices
from .avatar import assembled
from .body import Body
from .cleaning import Cleaned, clean, thinned
from .fitting import (
    LOOSENESS,
    Fit,
    PointTarget,
    Stage,
    fit_stage,
    rotation,
    rotation_vector,
    similarity,
    vertex_normals,
)
from .landmarks import body_joints
from .measure import Tape, TapeSlipped, tapes
from .refinement import nearest_spots, refine, trust
from .scan_io import Scan, ScanRefused
from .template import PART_NAMES, Template, template

Floats = NDArray[np.float64]

STAGES = (
    Stage(12, 0.12, 0.04, 4, dense=True), Stage(30, 0.08, 0.02, 5, dense=True), Stage(64, 0.06, 0.012, 6, dense=True),
)  # fmt: skip


class Cancelled(RuntimeError):
    """The user stopped the registration."""


def body_from_scan(
    scan: Scan,
    *,
    progress: Callable[[float, str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    stood: Callable[[Floats], None] | None = None,
) -> Body:
    """The standing body of a scan of a standing person, in any unit, up-axis and facing. Deterministic.

    stood: told the points (n, 3) of the cleaned scan where the body then stands, to lay one over the other.

    Arms may hang, stand out in an A or reach sideways; the first and the last are brought to an A-pose.
    Raises ScanRefused with the reason, or Cancelled.
    """

    def report(share: float, text: str) -> None:
        if cancelled is not None and cancelled():
            raise Cancelled("The measurement was stopped.")
        if progress is not None:
            progress(share, text)

    rng = np.random.default_rng(0)
    t = template()
    report(0.0, "Cleaning the scan")
    cleaned = clean(scan, rng)
    target = PointTarget(cleaned.points, cleaned.normals, cleaned.signed, cleaned.floor)
    weight = np.maximum(trust(t), 0.3)
    report(0.1, "Finding which way it stands")
    fit = align(t, cleaned, target, weight, rng, lambda s: report(0.1 + 0.45 * s, "Finding which way it stands"))
    ids = spread_vertices(t, 1500, seed=1)
    within = np.flatnonzero(~target.rim)  # noise of a rim's points lies nearest to what was not seen: soles, crowns
    even = within[thinned(cleaned.points[within], 0.02)]  # cameras see the crown and feet askew, hence thinly
    probes = rng.choice(even, min(1500, len(even)), replace=False)
    for i, stage in enumerate(STAGES):
        report(0.55 + 0.07 * i, "Fitting pose and shape")
        fit = fit_stage(t, fit, target, stage, ids, probes, weight)
    if not np.isfinite(fit.cost):
        raise ScanRefused(f"{scan.name} does not look like a standing person: nothing of a body was recognised.")
    modelled, joints = fit.body(t)
    refined = refine(t, modelled, target, 0.04, lambda s: report(0.76 + 0.14 * s, "Following the surface"))
    report(0.9, "Judging the result")
    judged = judge(t, cleaned, target, fit, modelled, refined)
    reason = judged.reason()
    if reason:
        raise ScanRefused(f"{scan.name} was not taken for a standing person: {reason}.")
    report(0.95, "Measuring")
    vertices, joints, points = _stood(t, cleaned, fit, modelled, refined, joints)
    if stood is not None:
        stood(points)
    vertices, joints = _arms_free(t, vertices, joints)
    try:
        taken = tapes(vertices, body_joints(t, joints))
    except TapeSlipped as slipped:
        raise ScanRefused(f"{scan.name} cannot be measured: {slipped}.") from slipped
    body = assembled(
        t,
        vertices,
        joints,
        taken,
        source=scan.name,
        uncertainty=_uncertainties(taken, judged, cleaned),
        registration={"mean": judged.mean, "p95": judged.p95},
    )
    report(1.0, "Done")
    return body


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
        return ""


FEWEST_OF_FOOT = 400  # points that show where a foot stands
UNEVEN_MOST = 0.006  # metres, deviation of what is seen of heels and balls from one floor
LEANING_MOST = np.radians(8)  # between that floor's and the posture's up: beyond it, one foot is lifted
LEFTOVER_MOST = 0.05
MODEL_MOST = 0.012
MEAN_MOST = 0.006
UNLIKELY_MOST = 12.0
TWISTED_MOST = 6.0
# Whole people scanned by four cameras show 0.85 and more; a missing arm still "finds" half its surface on the trunk.
COVERED_LEAST = {
    "torso": 0.72, "head": 0.5, "arm_left": 0.68, "arm_right": 0.68, "leg_left": 0.7, "leg_right": 0.7, "foot": 0.3,
}  # fmt: skip


def judge(t: Template, scan: Cleaned, target: PointTarget, fit: Fit, modelled: Floats, refined: Floats) -> Judged:
    """Figures about a registration."""
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
    top = refined @ fit.turns[0][:, 2]
    crown = top > top.max() - 0.015
    return Judged(
        mean=float(gap[on_body].mean()) if on_body.any() else np.inf,
        p95=float(np.percentile(gap[on_body], 95)) if on_body.any() else np.inf,
        model=float(model_gap.mean()) if len(model_gap) else np.inf,
        leftover=leftover,
        covered=covered,
        unlikely=float(np.linalg.norm(fit.shape)),
        twisted=float((turns[1:] / spread[1:]).max()),
        residual=residual,
        crown_seen=bool(np.mean(back[crown] < 0.01) > 0.4),
    )


def _looseness(bone: str) -> float:
    return LOOSENESS[bone.removesuffix("_left").removesuffix("_right")]


def _stood(
    t: Template, scan: Cleaned, fit: Fit, modelled: Floats, vertices: Floats, joints: Floats
) -> tuple[Floats, Floats, Floats]:
    """Vertices, joints and the scan's points turned upright to face −Y, soles on Z = 0, centred."""
    frame = fit.turns[0]
    up = frame[:, 2]
    if scan.floor is not None:
        up = scan.floor[0]
    else:
        axis = np.argmax(np.abs(up))
        straight = np.eye(3)[axis] * np.sign(up[axis])
        # Scanners and modellers set people upright along an axis; only one that lies askew is stood up by posture.
        up = straight if up @ straight > np.cos(np.radians(7)) else _upright(t, scan, fit, modelled)
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


def _upright(t: Template, scan: Cleaned, fit: Fit, modelled: Floats) -> Floats:
    """Which way up it stands: square to the floor under heels and balls of both feet.

    No camera sees soles, but it sees the rims of heels and toes. Where it does not, or they lie in no plane, the whole
    posture says it: the model's own standing form laid over it, without the arms.
    """
    from scipy.spatial import KDTree

    limbs = [PART_NAMES.index(part) for part in PART_NAMES if part.startswith(("arm", "hand"))]
    steady = ~np.isin(t.parts, limbs)
    posture = similarity(t.shaped(fit.shape)[0][steady], modelled[steady])[1][:, 2]
    part = t.parts[KDTree(modelled).query(scan.points)[1]]
    feet = [scan.points[part == PART_NAMES.index(f"foot_{side}")] for side in ("left", "right")]
    if min(map(len, feet)) < FEWEST_OF_FOOT:
        return posture
    up, uneven = posture, np.inf
    for _ in range(3):
        lows = np.concatenate([_lows(foot, -fit.turns[0][:, 1], up) for foot in feet])
        normal = np.linalg.svd(lows - lows.mean(axis=0))[2][2]
        up = normal * np.sign(normal @ posture)
        uneven = float(np.std(lows @ up))
    return up if uneven < UNEVEN_MOST and up @ posture > np.cos(LEANING_MOST) else posture


def _lows(foot: Floats, forward: Floats, up: Floats) -> Floats:
    """(4, 3) the lowest of a foot's points (n, 3): inside and outside of heel and ball."""
    along = forward - (forward @ up) * up
    along /= np.linalg.norm(along)
    length, width, height = foot @ along, foot @ np.cross(up, along), foot @ up
    rear, front = np.percentile(length, [1, 99])
    share = (length - rear) / (front - rear)
    lows: list[Floats] = []
    for ends in ((0.0, 0.3), (0.6, 0.95)):
        inside = (share >= ends[0]) & (share <= ends[1])
        middle = np.median(width[inside])
        for zone in (inside & (width < middle), inside & (width >= middle)):
            lows.append(foot[zone][height[zone] <= np.percentile(height[zone], 4)].mean(axis=0))
    return np.array(lows)


ARM_RANGE = np.radians([22.0, 65.0])  # of the upper arm from vertical: between them cloth and tape lie as in an A-pose


def _arms_free(t: Template, vertices: Floats, joints: Floats) -> tuple[Floats, Floats]:
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


# 95 % half-widths of a perfect reading, metres: how well the definition can be placed on a registered body, from
# synthetic scans of known bodies other than the benchmark's (cf. ISO 20685 Table 1). Others: girths 5 mm, heights and
# lengths 8 mm.
_PLACING = {
    "stature": 0.006, "bust": 0.006, "underbust": 0.009, "waist": 0.006, "hip": 0.006, "neck_base": 0.012,
    "neck": 0.010, "thigh": 0.008, "armscye_girth": 0.010, "arm_length": 0.016, "bust_point_distance": 0.024,
    "front_waist_length": 0.010, "armscye_depth": 0.010, "shoulder_slope": 0.035, "knee_height": 0.012,
    "head": 0.030, "heel": 0.020, "high_bust": 0.010, "high_hip": 0.012, "mid_thigh": 0.008, "forearm": 0.008,
    "upper_arm_length": 0.016, "forearm_length": 0.016, "cervicale_to_wrist": 0.018, "cross_seam": 0.020,
    "cross_seam_front": 0.012, "waist_to_armpit": 0.012, "waist_to_underbust": 0.012,
    "hip_height": 0.011, "waist_to_hip": 0.012, "waist_to_thigh": 0.011, "waist_to_knee": 0.012, "crotch_depth": 0.010,
    "neck_point_to_waist_back": 0.010,
}  # fmt: skip


def _uncertainties(taken: dict[str, Tape], judged: Judged, scan: Cleaned) -> dict[str, float]:
    """95 % half-width per measurement: placing the definition, registration residual along the tape, scan noise."""
    found = {}
    for name, tape in taken.items():
        # A tape averages the surface over its length, so noise of single points enters only in part.
        surface = 0.5 * float(judged.residual[tape.points.ids[:, 0]].mean()) + 0.3 * scan.noise
        usual, gain = {
            "closed": (0.005, np.pi),
            "open": (0.008, 1.5),
            "height": (0.008, 1.5),
            "slope": (0.035, 10.0),  # 1.5 over a shoulder's 0.12 m
        }[tape.kind]
        term = _PLACING.get(name, usual)
        if name == "stature" and not judged.crown_seen:
            term = 0.015
        found[name] = float(np.hypot(term, gain * surface))
    return found
