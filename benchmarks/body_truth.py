# SPDX-License-Identifier: GPL-3.0-or-later
"""A tape measure of trimesh and shapely, to judge ours by: sections of the clean mesh and convex hulls of them.

It shares with the code under test what a definition must name (which spot of the skin a landmark is, which faces belong
to an arm, where a joint lies) and nothing of how a level is searched or a tape is laid.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import trimesh
from numpy.typing import NDArray
from shapely import MultiPoint
from toile.bodies import PART_NAMES, Body
from toile.bodies.landmarks import landmarks_of

Floats = NDArray[np.float64]

UP, FRONT, BACK = np.array([0.0, 0, 1]), np.array([0.0, -1, 0]), np.array([0.0, 1, 0])
TRUNK = ("torso",)
HIPS = ("torso", "leg_left", "leg_right")
SLEEVES = ("torso", "arm_left", "arm_right", "head")
HEIGHTS = ("stature", "cervicale_height", "shoulder_height", "bust_height", "waist_height", "hip_height",
           "crotch_height", "knee_height")  # fmt: skip
LARGE_GIRTHS = ("bust", "underbust", "waist", "high_hip", "hip")
SMALL_GIRTHS = ("neck", "neck_base", "upper_arm", "elbow", "forearm", "wrist", "thigh", "mid_thigh", "knee", "calf",
                "ankle")  # fmt: skip
LENGTHS = ("shoulder_length", "across_back_shoulder", "back_waist_length", "arm_length", "across_back", "across_front",
           "neck_point_to_bust", "bust_point_distance")  # fmt: skip
# ISO 20685 Table 1: how far the mean of scans may lie from a skilled measurer's, metres.
ALLOWED = {
    **dict.fromkeys((*HEIGHTS, *SMALL_GIRTHS), 0.004), **dict.fromkeys(LENGTHS, 0.005),
    **dict.fromkeys(LARGE_GIRTHS, 0.009),
}  # fmt: skip


class Ruler:
    """Takes the core measures off a standing body's own vertices (n, 3) of template topology."""

    def __init__(self, body: Body) -> None:
        self.mark = landmarks_of(body.vertices)
        self.joint = body.joints
        self.stature = float(np.ptp(body.vertices[:, 2]))
        self._vertices, self._body = body.vertices, body
        self._meshes: dict[tuple[str, ...], trimesh.Trimesh] = {}

    def _of(self, parts: tuple[str, ...]) -> trimesh.Trimesh:
        if parts not in self._meshes:
            inside = np.isin(self._body.parts, [PART_NAMES.index(part) for part in parts])
            faces = self._body.faces[inside[self._body.faces].all(axis=1)]
            self._meshes[parts] = trimesh.Trimesh(self._vertices, faces, process=False)
        return self._meshes[parts]

    def cut(self, parts: tuple[str, ...], origin: Floats, normal: Floats) -> Floats:
        """(k, 3) ends of the segments in which a plane cuts the parts."""
        return trimesh.intersections.mesh_plane(self._of(parts), normal, origin).reshape(-1, 3)

    def girth(self, parts: tuple[str, ...], origin: Floats, normal: Floats, near: float = np.inf) -> float:
        """Length of the convex hull of a plane section, as far as it lies within ``near`` of the origin."""
        points = self.cut(parts, origin, normal)
        points = points[np.linalg.norm(points - origin, axis=1) < near]
        flat = trimesh.geometry.plane_transform(origin, normal)
        return float(MultiPoint(trimesh.transform_points(points, flat)[:, :2]).convex_hull.length)

    def taut(self, parts: tuple[str, ...], start: Floats, end: Floats, out: Floats) -> float:
        """The tape from start to end over what bulges ``out`` between them: the hull's perimeter less the chord."""
        along = end - start
        chord = float(np.linalg.norm(along))
        along = along / chord
        lift = out - (out @ along) * along
        lift = lift / np.linalg.norm(lift)
        p = self.cut(parts, start, np.cross(along, lift)) - start
        u, w = p @ along, p @ lift
        keep = (u > 0) & (u < chord) & (w > 0)
        ends = np.array([[0.0, 0.0], [chord, 0.0]])
        hull = MultiPoint(np.vstack([np.column_stack([u, w])[keep], ends])).convex_hull
        return max(float(hull.length) - chord, chord)  # the hull of a straight tape is a line, which is no ring

    def skin(self, x: float, z: float, toward: float, parts: tuple[str, ...] = HIPS) -> Floats:
        """The point of the front (toward −1) or back (+1) at x and height z."""
        p = self.cut(parts, np.array([0, 0, z]), UP)
        side = p[(p[:, 1] - np.median(p[:, 1])) * toward > 0]
        return np.array([x, side[np.argmin(np.abs(side[:, 0] - x)), 1], z])

    def best(self, at: Sequence[float] | Floats, cost: Callable[[float], float]) -> float:
        """The place of least cost, looked for everywhere."""
        return float(min(at, key=lambda place: cost(float(place))))

    def level(self, start: float, reach: float, sign: float, parts: tuple[str, ...], loose: float = 0.09) -> float:
        """The height of the least (sign 1) or greatest (−1) girth near a height: 3 cm away must be worth 1 cm."""
        unit = self.stature / 1.66
        places = start + unit * np.linspace(-reach, reach, 67)
        return self.best(places, lambda z: sign * self.girth(parts, z * UP, UP) + (z - start) ** 2 / (loose * unit))

    def foremost(self, start: Floats) -> Floats:
        """The foremost spot of the trunk near the template's bust point: 3 cm aside must be worth 8 mm."""
        skin = self._of(TRUNK).subdivide().subdivide().vertices
        aside = np.linalg.norm((skin - start)[:, [0, 2]], axis=1)
        near = (aside < 0.036) & (skin[:, 1] < start[1] + 0.06)
        return skin[near][np.argmin(skin[near, 1] + aside[near] ** 2 / 0.12)]

    def measures(self) -> dict[str, float]:
        """Every core measure, metres."""
        mark, tall = self.mark, self.stature
        floor = float(self._vertices[:, 2].min())
        busts = [self.foremost(mark[f"bust_{side}"]) for side in ("left", "right")]
        bust_z = float(np.mean([b[2] for b in busts]))
        fold = float(np.mean([mark[f"underbust_{side}"][2] for side in ("left", "right")]))
        fold = self.level(fold, 0.03, 1, TRUNK, 0.03)
        waist = self.level(0.5 * (mark["waist_front"][2] + mark["waist_back"][2]), 0.066, 1, HIPS)
        crotch, knee, ankle = (float(mark[n][2]) for n in ("crotch", "knee_left", "ankle_left"))
        hip = self.level(crotch + 0.035 * tall, 0.035, -1, HIPS)
        found = {
            "stature": tall, "cervicale_height": mark["cervicale"][2] - floor, "bust_height": bust_z - floor,
            "shoulder_height": mark["acromion_left"][2] - floor, "waist_height": waist - floor,
            "hip_height": hip - floor, "crotch_height": crotch - floor, "knee_height": knee - floor,
            "bust": self.girth(TRUNK, bust_z * UP, UP), "underbust": self.girth(TRUNK, fold * UP, UP),
        }  # fmt: skip
        for name, z in (("waist", waist), ("hip", hip), ("high_hip", 0.5 * (waist + hip))):
            found[name] = self.girth(HIPS, z * UP, UP)
        found |= self._limbs(crotch, knee, ankle, tall)
        found |= self._neck()
        nape = mark["cervicale"] - 0.5 * (mark["acromion_left"] + mark["acromion_right"])
        top, elbow, wrist = (mark[f"{n}_left"] for n in ("acromion", "elbow", "wrist"))
        back = self.skin(0.0, waist, 1)
        return found | {
            "shoulder_length": self.taut(SLEEVES[:3], mark["neck_side_left"], top, UP),
            "across_back_shoulder": self.taut(SLEEVES, mark["acromion_right"], top, nape),
            "back_waist_length": self.taut(("torso", "head"), mark["cervicale"], back, BACK),
            "arm_length": float(np.linalg.norm(elbow - top) + np.linalg.norm(wrist - elbow)),
            "across_back": self.taut(SLEEVES[:3], mark["armscye_back_right"], mark["armscye_back_left"], BACK),
            "across_front": self.taut(SLEEVES[:3], mark["armscye_front_right"], mark["armscye_front_left"], FRONT),
            "neck_point_to_bust": self.taut(TRUNK, mark["neck_side_left"], busts[0], FRONT),
            "bust_point_distance": float(np.linalg.norm(busts[0] - busts[1])),
        }

    def _limbs(self, crotch: float, knee: float, ankle: float, tall: float) -> dict[str, float]:
        shoulder, elbow, wrist = (self.joint[f"{j}_left"] for j in ("shoulder", "elbow", "wrist"))
        unit = tall / 1.66

        def arm(start: Floats, end: Floats, shares: Floats) -> list[float]:
            axis = end - start
            parts = ("arm_left", "hand_left")
            return [self.girth(parts, start + s * axis, axis / np.linalg.norm(axis), 0.09 * unit) for s in shares]

        def leg(heights: Floats, parts: tuple[str, ...] = ("leg_left", "foot_left")) -> list[float]:
            found = []
            for z in heights:
                points = self.cut(parts, float(z) * UP, UP)
                of_both = "torso" in parts
                left = points[points[:, 0] > self.mark["crotch"][0]] if of_both else points
                found.append(float(MultiPoint(left[:, :2]).convex_hull.length))
            return found

        return {
            "upper_arm": max(arm(shoulder, elbow, np.linspace(0.45, 0.75, 31))),
            "elbow": arm(elbow, wrist, np.array([0.02]))[0],
            "forearm": max(arm(elbow, wrist, np.linspace(0.10, 0.35, 26))),
            "wrist": min(arm(elbow, wrist, np.linspace(0.86, 1.0, 29))),
            "thigh": leg(np.array([crotch - 0.006 * tall]), HIPS)[0],
            "mid_thigh": leg(np.array([0.5 * (crotch + knee)]))[0],
            "knee": leg(np.array([knee]))[0],
            "calf": max(leg(np.linspace(knee - 0.2 * unit, knee - 0.05, 51))),
            "ankle": min(leg(np.linspace(ankle + 0.01, ankle + 0.09 * unit, 31))),
        }

    def _neck(self) -> dict[str, float]:
        corners = [self.mark[n] for n in ("cervicale", "neck_side_left", "front_neck", "neck_side_right")]
        parts = ("torso", "head")
        centre = np.mean(corners, axis=0)
        axis = self.joint["head"] - centre
        length = float(np.linalg.norm(axis))
        least = min(
            self.girth(parts, centre + s * axis, axis / length, 1.1 * length) for s in np.linspace(0.3, 0.7, 41)
        )
        quarters = zip(corners, [*corners[1:], corners[0]], strict=True)
        base = sum(self.taut(parts, a, b, 0.5 * (a + b) - centre) for a, b in quarters)
        return {"neck": least, "neck_base": base}


def misplaced(found: Mapping[str, Floats], true: Mapping[str, Floats]) -> dict[str, float]:
    """Metres between the landmarks that both name."""
    return {name: float(np.linalg.norm(found[name] - at)) for name, at in true.items() if name in found}
