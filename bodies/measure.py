# SPDX-License-Identifier: GPL-3.0-or-later
"""Measurements of ISO 8559-1 on a body of template topology, each with the curve it was taken along.

A tape is either a *girth* (convex hull of a plane section, restricted to the parts it goes round, so that no plane
through the trunk can catch an arm) or a *taut path* (the outer hull, within a plane, between two points). Every point
of a tape is a fixed weighting of template vertices, so a tape's length has an exact gradient with respect to them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .definitions import DEFINITIONS
from .landmarks import LEVELS, landmark_vertices
from .template import PART_NAMES, template

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TRUNK = ("torso",)
LOWER_TRUNK = ("torso", "leg_left", "leg_right")


@dataclass(frozen=True)
class Points:
    """k points as weightings of template vertices."""

    ids: Ints  # (k, 4)
    weights: Floats  # (k, 4), rows sum to 1

    def at(self, vertices: Floats) -> Floats:
        """(k, 3) positions on vertices (n, 3)."""
        return np.einsum("kw,kwi->ki", self.weights, vertices[self.ids])

    def __getitem__(self, index: object) -> Points:
        return Points(self.ids[index], self.weights[index])  # type: ignore[index]


def joined(*groups: Points) -> Points:
    """Points of several groups in a row."""
    return Points(np.concatenate([g.ids for g in groups]), np.concatenate([g.weights for g in groups]))


@dataclass(frozen=True)
class Tape:
    """How a measurement was taken: ``kind`` says what is read off the points."""

    points: Points
    kind: str  # "closed" | "open" (length of the polyline), "height" (first above second), "slope" (below horizontal)

    def curve(self, vertices: Floats) -> Floats:
        """(k, 3) polyline, closed for girths, plumb for heights."""
        p = self.points.at(vertices)
        if self.kind == "height":
            return np.array([p[0], [p[0, 0], p[0, 1], p[1, 2]]])
        return np.vstack([p, p[:1]]) if self.kind == "closed" else p

    def value(self, vertices: Floats) -> float:
        p = self.curve(vertices)
        if self.kind == "height":
            return float(p[0, 2] - p[1, 2])
        if self.kind == "slope":
            d = p[1] - p[0]
            return float(np.arctan2(-d[2], abs(d[0])))
        return float(np.linalg.norm(np.diff(p, axis=0), axis=1).sum())

    def gradient(self, vertices: Floats) -> Floats:
        """(k, 3) derivative of the value with respect to each of the points."""
        p = self.points.at(vertices)
        g = np.zeros_like(p)
        if self.kind == "height":
            g[0, 2], g[1, 2] = 1, -1
        elif self.kind == "slope":
            d = p[1] - p[0]
            square = d[0] ** 2 + d[2] ** 2
            g[1, 0], g[1, 2] = np.sign(d[0]) * d[2] / square, -abs(d[0]) / square
            g[0] = -g[1]
        else:
            nxt = np.roll(p, -1, axis=0) - p
            unit = nxt / np.maximum(np.linalg.norm(nxt, axis=1, keepdims=True), 1e-12)
            if self.kind == "open":
                unit[-1] = 0
            g = np.roll(unit, 1, axis=0) - unit
        return g

    def jacobian(self, vertices: Floats, shape: Floats) -> Floats:
        """(c,) derivative of the value with respect to shape coefficients, shape (c, n, 3)."""
        g = self.gradient(vertices)
        pull = self.points.weights[:, :, None] * g[:, None, :]
        return np.einsum("ckwi,kwi->c", shape[:, self.points.ids], pull)


@cache
def _edges_of(parts: tuple[str, ...]) -> tuple[Ints, Ints]:
    """Both ends (e,) of the template's edges that lie within the parts."""
    t = template()
    allowed = np.isin(t.parts, [PART_NAMES.index(p) for p in parts])
    first, second = t.edges[allowed[t.edges].all(axis=1)].T.astype(np.int64)
    return np.ascontiguousarray(first), np.ascontiguousarray(second)


@cache
def _landmark_points() -> dict[str, Points]:
    made = {}
    for name, ids in landmark_vertices().items():
        padded = (*ids, *([ids[0]] * (4 - len(ids))))
        weights = [1 / len(ids)] * len(ids) + [0.0] * (4 - len(ids))
        made[name] = Points(np.array([padded]), np.array([weights]))
    return made


def section(vertices: Floats, parts: tuple[str, ...], origin: Floats, normal: Floats) -> Points:
    """Where the plane crosses the edges of the parts (unordered)."""
    first, second = _edges_of(parts)
    side = vertices @ normal - origin @ normal
    below = side < 0
    cut = np.flatnonzero(below[first] != below[second])
    i, j = first[cut], second[cut]
    t = side[i] / (side[i] - side[j])
    return Points(np.column_stack([i, j, i, j]), np.column_stack([1 - t, t, np.zeros_like(t), np.zeros_like(t)]))


def _half_hull(u: list[float], w: list[float], order: list[int]) -> list[int]:
    """Indices of the hull of points visited in order that keeps the turn clockwise (the upper chain if u ascends)."""
    chain: list[int] = []
    for i in order:
        while len(chain) >= 2:
            o, k = chain[-2], chain[-1]
            if (u[k] - u[o]) * (w[i] - w[o]) - (w[k] - w[o]) * (u[i] - u[o]) >= 0:
                chain.pop()
            else:
                break
        chain.append(i)
    return chain


def _frame(normal: Floats) -> tuple[Floats, Floats]:
    """Two unit vectors that span the plane of a unit normal (Duff et al. 2017)."""
    x, y, z = normal.tolist()
    sign = math.copysign(1.0, z)
    a = -1.0 / (sign + z)
    b = x * y * a
    return np.array([1.0 + sign * x * x * a, sign * b, -sign * x]), np.array([b, sign + y * y * a, -y])


class TapeSlipped(ValueError):
    """A plane of a measurement does not meet the body where it should."""


def girth(
    vertices: Floats,
    parts: tuple[str, ...],
    origin: Floats,
    normal: Floats,
    keep: Callable[[Floats], NDArray[np.bool_]] | None = None,
) -> Tape:
    """Tape round the parts in a plane: the convex hull of the section. Raises TapeSlipped if there is none."""
    points = section(vertices, parts, origin, normal)
    p = points.at(vertices)
    if keep is not None:
        points, p = points[keep(p)], p[keep(p)]
    if len(p) < 8:
        raise TapeSlipped(f"the plane at {np.round(origin, 3)} does not go round {', '.join(parts)}")
    e, f = _frame(normal)
    u, w = (p @ e).tolist(), (p @ f).tolist()
    order = np.lexsort((p @ f, p @ e)).tolist()
    upper, lower = _half_hull(u, w, order), _half_hull(u, w, order[::-1])
    return Tape(points[np.array(upper[:-1] + lower[:-1])], "closed")


def taut(vertices: Floats, parts: tuple[str, ...], a: Points, b: Points, out: Floats) -> Tape:
    """Tape drawn tight over the surface from a to b, in the plane through both that contains the direction ``out``."""
    start, end = a.at(vertices)[0], b.at(vertices)[0]
    along = end - start
    length = float(np.linalg.norm(along))
    along = along / length
    lift = out - (out @ along) * along
    lift /= np.linalg.norm(lift)
    points = section(vertices, parts, start, np.cross(along, lift))
    p = points.at(vertices) - start
    u, w = p @ along, p @ lift
    inside = (u > 0) & (u < length) & (w > 0)
    points, u, w = points[inside], u[inside], w[inside]
    points = joined(a, points, b)
    u, w = np.r_[0.0, u, length], np.r_[0.0, w, 0.0]
    chain = _half_hull(u.tolist(), w.tolist(), np.lexsort((w, u)).tolist())
    return Tape(points[np.array(chain)], "open")


def surface_point(vertices: Floats, parts: tuple[str, ...], x: float, z: float, toward: float) -> Points:
    """The point of the surface at (x, z) on the front (toward −1) or the back (+1)."""
    points = section(vertices, parts, np.array([x, 0, 0]), np.array([1.0, 0, 0]))
    p = points.at(vertices)
    near = np.abs(p[:, 2] - z) < 0.06
    if near.sum() < 2:
        raise TapeSlipped(f"there is no surface at x = {x:.3f}, z = {z:.3f}")
    midway = 0.5 * (p[near, 1].min() + p[near, 1].max())
    facing = near & ((p[:, 1] - midway) * toward > 0)
    above = np.flatnonzero(facing & (p[:, 2] >= z))
    below = np.flatnonzero(facing & (p[:, 2] < z))
    if not len(above) or not len(below):
        raise TapeSlipped(f"there is no surface at x = {x:.3f}, z = {z:.3f}")
    i, j = above[np.argmin(p[above, 2])], below[np.argmax(p[below, 2])]
    share = (z - p[j, 2]) / max(p[i, 2] - p[j, 2], 1e-12)
    ids = np.r_[points.ids[i, :2], points.ids[j, :2]]
    weights = np.r_[share * points.weights[i, :2], (1 - share) * points.weights[j, :2]]
    return Points(ids[None], weights[None])


def _best(levels: Floats, cost: Callable[[float], float]) -> float:
    """The level of least cost: scan, then two rounds of bisection about the best."""
    values = [cost(float(z)) for z in levels]
    best, step = float(levels[int(np.argmin(values))]), float(levels[1] - levels[0])
    low = min(values)
    for _ in range(2):
        step /= 3
        for z in (best - step, best + step):
            if levels[0] <= z <= levels[-1] and (value := cost(z)) < low:
                best, low = z, value
    return best


UP = np.array([0.0, 0.0, 1.0])
FRONT = np.array([0.0, -1.0, 0.0])
BACK = np.array([0.0, 1.0, 0.0])


def tapes(
    vertices: Floats, joints: Mapping[str, Floats], placed: Mapping[str, Points] | None = None
) -> dict[str, Tape]:
    """Every measurement's tape on a standing body (n, 3) of template topology, with named joints.

    placed: landmarks that somebody put elsewhere by hand, one point each. They are taken as they are; a level that they
    stand for (``LEVELS``) is not searched. Raises TapeSlipped when a plane misses the body (a mesh that is no body).
    """
    placed = placed or {}
    mark = {**_landmark_points(), **placed}
    where = {name: points.at(vertices)[0] for name, points in mark.items()}

    def level(z: float, parts: tuple[str, ...] = TRUNK) -> Tape:
        return girth(vertices, parts, np.array([0, 0, z]), UP)

    def height(points: Points) -> Tape:
        return Tape(joined(points, floor), "height")

    floor = _vertex(int(np.argmin(vertices[:, 2])))
    crown = _vertex(int(np.argmax(vertices[:, 2])))
    stature = float(vertices[:, 2].max() - vertices[:, 2].min())
    found: dict[str, Tape] = {"stature": height(crown)}

    # Levels start from the landmark and move towards the fullest or narrowest girth nearby: being ``off`` by 3 cm
    # must gain 1 cm of girth, by 6 cm 4 cm. A registration can slide a landmark, it cannot slide a girth.
    def by_hand(name: str) -> float | None:
        heights = [placed[mark].at(vertices)[0, 2] for mark in LEVELS[name] if mark in placed]
        return float(np.mean(heights)) if heights else None

    def settled(name: str, z: float, reach: float, wider: bool, parts: tuple[str, ...], loose: float = 0.09) -> float:
        if (level_by_hand := by_hand(name)) is not None:
            return level_by_hand
        sign, unit = (-1.0 if wider else 1.0), stature / 1.66
        return _best(
            z + unit * np.linspace(-reach, reach, 9),
            lambda x: sign * level(x, parts).value(vertices) + (x - z) ** 2 / (loose * unit),
        )

    def middle(*names: str) -> float:
        return float(np.mean([where[name][2] for name in names]))

    bust = {name: _bust_point(vertices, where[name]) for name in LEVELS["bust"] if name not in placed}
    mark = mark | bust
    where = where | {name: point.at(vertices)[0] for name, point in bust.items()}
    bust_by_hand = by_hand("bust")
    bust_z = middle("bust_left", "bust_right") if bust_by_hand is None else bust_by_hand
    fold_z = settled("underbust", middle("underbust_left", "underbust_right"), 0.03, False, TRUNK, loose=0.03)
    waist_z = settled("waist", middle("waist_front", "waist_back"), 0.066, False, LOWER_TRUNK)
    # ANSUR II has the buttocks' fullest level 0.032 of stature above the crotch.
    hip_z = settled("hip", where["crotch"][2] + 0.035 * stature, 0.035, True, LOWER_TRUNK)
    high_hip_z = 0.5 * (waist_z + hip_z)
    found["bust"], found["underbust"] = level(bust_z), level(fold_z)
    found["high_bust"] = level(middle("armpit_left", "armpit_right"))
    for name, z in (("waist", waist_z), ("hip", hip_z), ("high_hip", high_hip_z)):
        found[name] = level(z, LOWER_TRUNK)
    for name, toward in (("bust", -1), ("high_bust", -1), ("waist", 1), ("hip", 1)):
        found[f"{name}_{'front' if toward < 0 else 'back'}"] = _half(found[name], vertices, toward)
    for name in ("waist", "hip"):
        ring = found[name].points
        x = ring.at(vertices)[:, 0]
        found[f"{name}_breadth"] = Tape(ring[[int(np.argmin(x)), int(np.argmax(x))]], "open")

    found |= _neck_tapes(vertices, joints, mark, where)
    found |= _limb_tapes(vertices, joints, where, stature)
    found |= _length_tapes(vertices, mark, where, waist_z, fold_z)
    found |= _foot_and_head_tapes(vertices, where, stature)

    found["armscye_depth"] = Tape(joined(mark["cervicale"], mark["armpit_left"]), "height")
    found["shoulder_slope"] = Tape(joined(mark["neck_side_left"], mark["acromion_left"]), "slope")
    waist = surface_point(vertices, LOWER_TRUNK, 0.0, waist_z, -1)
    hip = surface_point(vertices, LOWER_TRUNK, 0.03, hip_z, -1)
    knee = mark["knee_left"]
    found["cervicale_height"] = height(mark["cervicale"])
    found["bust_height"] = height(mark["bust_left"])
    found["waist_height"] = height(waist)
    found["hip_height"] = height(hip)
    found["crotch_height"] = height(mark["crotch"])
    found["knee_height"] = height(knee)
    found["shoulder_height"] = height(mark["acromion_left"])
    found["armpit_height"] = height(mark["armpit_left"])
    found["ankle_height"] = height(mark["ankle_left"])
    found["waist_to_hip"] = Tape(joined(waist, hip), "height")
    found["waist_to_knee"] = Tape(joined(waist, knee), "height")
    found["crotch_depth"] = Tape(joined(waist, mark["crotch"]), "height")
    found["waist_to_armpit"] = Tape(joined(mark["armpit_left"], waist), "height")
    found["waist_to_underbust"] = Tape(joined(found["underbust"].points[:1], waist), "height")
    found["waist_to_high_hip"] = Tape(joined(waist, found["high_hip"].points[:1]), "height")
    found["waist_to_thigh"] = Tape(joined(waist, found["thigh"].points[:1]), "height")
    return {name: found[name] for name in DEFINITIONS}


def _half(tape: Tape, vertices: Floats, toward: float) -> Tape:
    """The part of a horizontal girth in front (toward −1) or at the back (+1) of the plane midway in its depth.

    The outermost points would be the wearer's side seams, but on flat sides they slide by centimetres.
    """
    points = tape.points
    y = points.at(vertices)[:, 1]
    ahead = (y - 0.5 * (y.min() + y.max())) * toward
    first = int(np.flatnonzero((ahead >= 0) & (np.roll(ahead, 1) < 0))[0])
    order = (first + np.arange(len(y))) % len(y)
    inside = order[ahead[order] >= 0]

    def crossing(i: int, k: int) -> Points:
        share = ahead[i] / (ahead[i] - ahead[k])
        ids = np.r_[points.ids[i, :2], points.ids[k, :2]]
        return Points(ids[None], np.r_[(1 - share) * points.weights[i, :2], share * points.weights[k, :2]][None])

    start, end = int(inside[0]), int(inside[-1])
    return Tape(
        joined(crossing(start, (start - 1) % len(y)), points[inside], crossing(end, (end + 1) % len(y))), "open"
    )


def _vertex(i: int) -> Points:
    return Points(np.full((1, 4), i), np.array([[1.0, 0, 0, 0]]))


def _bust_point(vertices: Floats, start: Floats) -> Points:
    """The foremost spot of the trunk near the template's bust point: 3 cm aside must gain 8 mm.

    A chest has no fullest level to look for: its girth grows on towards the shoulder blades. What lies a millimetre
    behind the foremost counts a little too, so that the spot does not jump with the mesh's edges and the scan's noise.
    """
    found: list[Floats] = []
    costs: list[Floats] = []
    for z in start[2] + np.linspace(-0.036, 0.036, 13):
        points = section(vertices, TRUNK, np.array([0, 0, z]), UP).at(vertices)
        aside = np.hypot(points[:, 0] - start[0], z - start[2])
        near = (aside < 0.05) & (points[:, 1] < start[1] + 0.06)
        found.append(points[near])
        costs.append(points[near, 1] + aside[near] ** 2 / 0.12)
    spots, cost = np.concatenate(found), np.concatenate(costs)
    if not len(spots):
        raise TapeSlipped(f"there is no bust at z = {start[2]:.3f}")
    weight = np.exp((cost.min() - cost) / FOREMOST)
    return nearest_point(vertices, _front_faces(), weight @ spots / weight.sum())


FOREMOST = 8e-4  # metres by which a spot may lie behind the foremost and still count


@cache
def _front_faces() -> NDArray[np.int32]:
    """(m, 3) the template's faces on the front of the trunk, between crotch and shoulders."""
    t = template()
    front = (t.parts == PART_NAMES.index("torso")) & (t.mean[:, 1] < t.mean[t.parts == 0, 1].mean())
    return t.faces[front[t.faces].all(axis=1)]


def _neck_tapes(
    vertices: Floats, joints: Mapping[str, Floats], mark: Mapping[str, Points], where: Mapping[str, Floats]
) -> dict[str, Tape]:
    centre = 0.25 * sum(where[k] for k in ("cervicale", "front_neck", "neck_side_left", "neck_side_right"))
    axis = joints["head"] - centre
    length = float(np.linalg.norm(axis))
    axis = axis / length

    def round_neck(share: float) -> Tape:
        origin = centre + share * length * axis
        return girth(
            vertices, ("torso", "head"), origin, axis, lambda p: np.linalg.norm(p - origin, axis=1) < 1.1 * length
        )

    share = _best(np.linspace(0.3, 0.7, 6), lambda s: round_neck(s).value(vertices))
    corners = ("cervicale", "neck_side_left", "front_neck", "neck_side_right", "cervicale")
    quarters = []
    for a, b in pairwise(corners):
        out = 0.5 * (where[a] + where[b]) - centre
        quarters.append(taut(vertices, ("torso", "head"), mark[a], mark[b], out).points[:-1])
    return {"neck": round_neck(share), "neck_base": Tape(joined(*quarters), "closed")}


def _limb_tapes(
    vertices: Floats, joints: Mapping[str, Floats], where: Mapping[str, Floats], stature: float
) -> dict[str, Tape]:
    shoulder, elbow, wrist = (joints[f"{j}_left"] for j in ("shoulder", "elbow", "wrist"))
    upper, fore = elbow - shoulder, wrist - elbow

    def round_arm(start: Floats, axis: Floats, share: float) -> Tape:
        parts = ("arm_left", "hand_left")
        near = 0.09 * stature / 1.66
        origin = start + share * axis
        unit = axis / np.linalg.norm(axis)
        return girth(vertices, parts, origin, unit, lambda p: np.linalg.norm(p - origin, axis=1) < near)

    def widest(s: float) -> float:
        return -round_arm(shoulder, upper, s).value(vertices)

    def narrowest(s: float) -> float:
        return round_arm(elbow, fore, s).value(vertices)

    def round_leg(z: float) -> Tape:
        return girth(vertices, ("leg_left", "foot_left"), np.array([0, 0, z]), UP)

    fork = where["crotch"] - [0, 0, 0.006 * stature]
    knee, ankle = where["knee_left"][2], where["ankle_left"][2]
    calf = _best(np.linspace(knee - 0.2 * stature / 1.66, knee - 0.05, 7), lambda z: -round_leg(z).value(vertices))
    thin = _best(np.linspace(ankle + 0.01, ankle + 0.09 * stature / 1.66, 5), lambda z: round_leg(z).value(vertices))
    return {
        "upper_arm": round_arm(shoulder, upper, _best(np.linspace(0.45, 0.75, 5), widest)),
        "elbow": round_arm(elbow, fore, 0.02),
        "wrist": round_arm(elbow, fore, _best(np.linspace(0.86, 1.0, 5), narrowest)),
        "forearm": round_arm(elbow, fore, _best(np.linspace(0.1, 0.35, 5), lambda s: -narrowest(s))),
        "thigh": girth(vertices, LOWER_TRUNK, fork, UP, lambda p: p[:, 0] > fork[0]),
        "mid_thigh": round_leg(0.5 * (where["crotch"][2] + knee)),
        "knee": round_leg(knee),
        "calf": round_leg(calf),
        "ankle": round_leg(thin),
    }


def _foot_and_head_tapes(vertices: Floats, where: Mapping[str, Floats], stature: float) -> dict[str, Tape]:
    heel, lower_leg = where["heel_left"], ("leg_left", "foot_left")
    start = np.array([heel[0], heel[1], vertices[:, 2].min() + 0.008 * stature])

    def round_heel(slant: float) -> Tape:
        return girth(vertices, lower_leg, start, np.array([0.0, np.sin(slant), np.cos(slant)]))

    slant = _best(np.linspace(0.5, 1.1, 7), lambda a: round_heel(a).value(vertices))
    crown = float(vertices[:, 2].max())

    def round_head(z: float) -> Tape:
        return girth(vertices, ("head",), np.array([0, 0, z]), UP)

    brow = _best(crown - stature * np.linspace(0.058, 0.03, 5), lambda z: -round_head(z).value(vertices))
    return {"heel": round_heel(slant), "head": round_head(brow)}


def _length_tapes(
    vertices: Floats, mark: Mapping[str, Points], where: Mapping[str, Floats], waist_z: float, fold_z: float
) -> dict[str, Tape]:
    trunk = ("torso", "head")
    sleeves = ("torso", "arm_left", "arm_right")
    trunk_and_arms = (*sleeves, "head")
    nape = where["cervicale"] - 0.5 * (where["acromion_left"] + where["acromion_right"])
    top, low = where["acromion_left"], where["armpit_left"]
    line = top - low
    span = float(np.linalg.norm(line))
    line = line / span
    across = np.cross(line, BACK)
    across /= np.linalg.norm(across)
    bust = where["bust_left"]
    down = taut(
        vertices,
        TRUNK,
        mark["bust_left"],
        surface_point(vertices, LOWER_TRUNK, float(bust[0]), waist_z, -1),
        FRONT,
    )
    to_bust = taut(vertices, TRUNK, mark["neck_side_left"], mark["bust_left"], FRONT)  # a chin may hang over it
    front, back = (surface_point(vertices, LOWER_TRUNK, 0.0, waist_z, toward) for toward in (-1, 1))
    neck = where["neck_side_left"]
    rise = taut(vertices, LOWER_TRUNK, front, mark["crotch"], FRONT)
    seat = taut(vertices, LOWER_TRUNK, mark["crotch"], back, BACK)
    arm = joined(mark["acromion_left"], mark["elbow_left"], mark["wrist_left"])
    nape_to_shoulder = taut(vertices, trunk_and_arms, mark["cervicale"], mark["acromion_left"], nape)
    return {
        "cross_seam": Tape(joined(rise.points, seat.points[1:]), "open"),
        "cross_seam_front": rise,
        "centre_front_length": taut(vertices, trunk, mark["front_neck"], front, FRONT),
        "neck_point_to_waist_back": taut(
            vertices,
            trunk,
            mark["neck_side_left"],
            surface_point(vertices, LOWER_TRUNK, float(neck[0]), waist_z, 1),
            BACK,
        ),
        "bust_point_to_underbust": taut(
            vertices, TRUNK, mark["bust_left"], surface_point(vertices, TRUNK, float(bust[0]), fold_z, -1), FRONT
        ),
        "shoulder_breadth": Tape(joined(mark["acromion_right"], mark["acromion_left"]), "open"),
        "upper_arm_length": Tape(arm[:2], "open"),
        "forearm_length": Tape(arm[1:], "open"),
        "cervicale_to_wrist": Tape(joined(nape_to_shoulder.points, arm[1:]), "open"),
        "across_back_shoulder": taut(vertices, trunk_and_arms, mark["acromion_right"], mark["acromion_left"], nape),
        "shoulder_length": taut(vertices, sleeves, mark["neck_side_left"], mark["acromion_left"], UP),
        "arm_length": Tape(arm, "open"),
        "back_waist_length": taut(vertices, trunk, mark["cervicale"], back, BACK),
        "front_waist_length": Tape(joined(to_bust.points, down.points[1:]), "open"),
        "neck_point_to_bust": to_bust,
        "bust_point_distance": Tape(joined(mark["bust_right"], mark["bust_left"]), "open"),
        "across_front": taut(vertices, sleeves, mark["armscye_front_right"], mark["armscye_front_left"], FRONT),
        "across_back": taut(vertices, sleeves, mark["armscye_back_right"], mark["armscye_back_left"], BACK),
        "armscye_girth": girth(
            vertices,
            ("torso", "arm_left"),
            low,
            across,
            lambda p: ((p - low) @ line > -0.002) & ((p - low) @ line < 1.3 * span),
        ),
    }


def nearest_point(vertices: Floats, faces: NDArray[np.int32], position: Floats) -> Points:
    """The point of the surface nearest to a position (3,), as a weighting of the corners of its triangle."""
    away = np.linalg.norm(vertices - position, axis=1)[faces].min(axis=1)
    corner = vertices[faces]
    longest = np.linalg.norm(corner - np.roll(corner, 1, axis=1), axis=2).max()
    near = away <= away.min() + longest  # no other face can hold a point nearer than the nearest corner
    faces, corner = faces[near], corner[near]
    a, ab, ac = corner[:, 0], corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]
    d = position - a
    aa, bb, cc = (np.einsum("mi,mi->m", x, y) for x, y in ((ab, ab), (ab, ac), (ac, ac)))
    p, q = np.einsum("mi,mi->m", ab, d), np.einsum("mi,mi->m", ac, d)
    det = np.maximum(aa * cc - bb * bb, 1e-30)
    v, w = (cc * p - bb * q) / det, (aa * q - bb * p) / det
    shares = [np.stack([1 - v - w, v, w], axis=1)]
    for i, j in ((0, 1), (1, 2), (2, 0)):  # and the nearest point of each side
        side = corner[:, j] - corner[:, i]
        t = np.einsum("mi,mi->m", position - corner[:, i], side) / np.maximum(np.einsum("mi,mi->m", side, side), 1e-30)
        share = np.zeros((len(faces), 3))
        share[:, j] = np.clip(t, 0, 1)
        share[:, i] = 1 - share[:, j]
        shares.append(share)
    tried = np.stack(shares)  # (4, m, 3)
    gap = np.linalg.norm(np.einsum("smk,mki->smi", tried, corner) - position, axis=2)
    gap[0, (shares[0] < 0).any(axis=1)] = np.inf
    best, face = np.unravel_index(int(np.argmin(gap)), gap.shape)
    ids = faces[face].astype(np.int64)
    return Points(np.r_[ids, ids[:1]][None], np.r_[tried[best, face], 0.0][None])


def level_landmarks(vertices: Floats, name: str, tape: Tape) -> dict[str, Floats]:
    """Front, back, left and right points of a horizontal girth: {f"{name}_front": (3,), …}."""
    curve = tape.points.at(vertices)
    z = float(curve[:, 2].mean())
    found = {
        f"{name}_left": curve[np.argmax(curve[:, 0])],
        f"{name}_right": curve[np.argmin(curve[:, 0])],
    }
    for side, toward in (("front", -1.0), ("back", 1.0)):
        found[f"{name}_{side}"] = surface_point(vertices, LOWER_TRUNK, 0.0, z, toward).at(vertices)[0]
    return found
