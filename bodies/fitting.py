# SPDX-License-Identifier: GPL-3.0-or-later
"""Fitting the template's pose and shape to points: Gauss–Newton on point-to-plane distances, with priors.

Unknowns: the shape coefficients c ~ N(0, I), a turn per bone about its joint (with the spread that a standing person
shows), and where the body is. Correspondences run both ways, so that a part without a counterpart pulls too, and are
weighted robustly (Geman–McClure). Worker side: scipy is imported where it is used.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .spots import nearest_spots
from .template import Template

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NEIGHBOURS = 24
RIM = 0.45  # of their mean distance: the middle of all neighbours is 0.64 of it aside of a straight rim

# Standard deviation of each bone's turn from the A-pose, radians. Arms may hang, reach sideways or stand in an A.
LOOSENESS = {"pelvis": 10.0, "abdomen": 0.12, "chest": 0.12, "neck": 0.15, "head": 0.2, "clavicle": 0.15,
             "upper_arm": 0.6, "forearm": 0.35, "hand": 0.25, "thigh": 0.2, "shin": 0.12, "foot": 0.15}  # fmt: skip


@dataclass(frozen=True)
class Fit:
    """A posed, shaped template."""

    shape: Floats  # (k,)
    turns: Floats  # (b, 3, 3) relative to the parent; the pelvis' is the body's orientation
    shift: Floats  # (3,)
    cost: float = np.inf

    def body(self, t: Template) -> tuple[Floats, Floats]:
        """Vertices (n, 3) and joints (b, 3)."""
        vertices, joints = t.posed(*t.shaped(self.shape), self.turns)
        return vertices + self.shift, joints + self.shift


def rotation(turn: Floats) -> Floats:
    """Rotation matrices (…, 3, 3) of rotation vectors (…, 3) (Rodrigues)."""
    angle = np.linalg.norm(turn, axis=-1)[..., None, None]
    x, y, z = np.moveaxis(turn, -1, 0)
    o = np.zeros_like(x)
    cross = np.stack([np.stack([o, -z, y], -1), np.stack([z, o, -x], -1), np.stack([-y, x, o], -1)], -2)
    safe = np.where(angle < 1e-9, 1.0, angle)
    return np.eye(3) + np.sin(angle) / safe * cross + (1 - np.cos(angle)) / safe**2 * (cross @ cross)


def rotation_vector(matrix: Floats) -> Floats:
    """Rotation vectors (b, 3) of matrices (b, 3, 3), for turns below half a revolution."""
    trace = np.clip((np.trace(matrix, axis1=1, axis2=2) - 1) / 2, -1, 1)
    angle = np.arccos(trace)
    skew = np.stack(
        [
            matrix[:, 2, 1] - matrix[:, 1, 2],
            matrix[:, 0, 2] - matrix[:, 2, 0],
            matrix[:, 1, 0] - matrix[:, 0, 1],
        ],
        axis=1,
    )
    return skew * (angle / np.maximum(2 * np.sin(angle), 1e-9))[:, None]


def similarity(a: Floats, b: Floats) -> tuple[float, Floats, Floats]:
    """Scale, rotation (3, 3) and shift (3,) that take points a (n, 3) nearest to b (Umeyama 1991)."""
    mean_a, mean_b = a.mean(axis=0), b.mean(axis=0)
    u, d, vt = np.linalg.svd((b - mean_b).T @ (a - mean_a))
    sign = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    turn = (u * sign) @ vt
    scale = float((d * sign).sum() / ((a - mean_a) ** 2).sum())
    return scale, turn, mean_b - scale * turn @ mean_a


def vertex_normals(vertices: Floats, faces: NDArray[np.int32]) -> Floats:
    """(n, 3) unit, area weighted."""
    a, b, c = vertices[faces[:, 0]], vertices[faces[:, 1]], vertices[faces[:, 2]]
    cross = np.cross(b - a, c - a)
    normals = np.zeros_like(vertices)
    for i in range(3):
        for k in range(3):
            normals[:, k] += np.bincount(faces[:, i], cross[:, k], len(vertices))
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)


class PointTarget:
    """The scan's points, ready for nearest neighbour questions, and the floor that its person stands on, if seen."""

    def __init__(
        self, points: Floats, normals: Floats, signed: bool, floor: tuple[Floats, float] | None = None
    ) -> None:
        from scipy.spatial import KDTree

        self.points, self.normals, self.signed, self.floor = points, normals, signed, floor
        self.tree = KDTree(points)
        distance, index = self.tree.query(points, min(NEIGHBOURS, len(points)))
        aside = points[index].mean(axis=1) - points
        aside -= np.einsum("ni,ni->n", aside, normals)[:, None] * normals
        # (n,) points on the rim of what was seen: their neighbours lie on one side (Turk and Levoy 1994)
        self.rim = np.linalg.norm(aside, axis=1) > RIM * distance.mean(axis=1)
        self.spacing = float(np.median(distance.mean(axis=1)))  # to the neighbours, metres

    def nearest(self, query: Floats, reach: float) -> tuple[Floats, Ints]:
        distance, index = self.tree.query(query, distance_upper_bound=reach)
        return distance, np.minimum(index, len(self.points) - 1)

    def agreement(self, index: Ints, normals: Floats) -> Floats:
        """Cosine between scan normals and given normals; unsigned scans count as agreeing either way."""
        cosine = np.einsum("ni,ni->n", self.normals[index], normals)
        return cosine if self.signed else np.abs(cosine)

    def stood_on(self, soles: Floats, relief: Floats) -> Floats:
        """(s, 3) soles (s, 3) moved straight down, or up, to their relief (s,) above the floor."""
        assert self.floor is not None
        normal, offset = self.floor
        return soles + (offset + relief - soles @ normal)[:, None] * normal


def _subtrees(parents: Ints) -> NDArray[np.bool_]:
    """(b, b) True where the second bone hangs on the first (itself included)."""
    count = len(parents)
    below = np.eye(count, dtype=bool)
    for b in range(count):
        p = parents[b]
        while p >= 0:
            below[p, b] = True
            p = parents[p]
    return below


def posed_jacobian(t: Template, fit: Fit, ids: Ints, components: int) -> Floats:
    """(m, 3, components + 3·bones + 3): how the posed vertices ids (m,) of t move with shape, bone turns and shift."""
    rest, joints = t.shaped(fit.shape)
    world, moved = t.bone_frames(joints, fit.turns)
    bones = len(t.bones)
    moved_shape = t.joint_shape[:components].copy()  # (k, b, 3) joints' motion under shape, once posed
    for b, p in enumerate(t.parents):
        if p >= 0:
            step = t.joint_shape[:components, b] - t.joint_shape[:components, p]
            moved_shape[:, b] = moved_shape[:, p] + step @ world[p].T
    skin, weight = t.skin_bones[ids], t.skin_weights[ids]
    blended = np.einsum("mw,mwij->mij", weight, world[skin])
    offset_shape = moved_shape - np.einsum("bij,kbj->kbi", world, t.joint_shape[:components])
    by_shape = np.einsum("mij,kmj->mik", blended, t.shape[:components][:, ids])
    by_shape += np.einsum("mw,kmwi->mik", weight, offset_shape[:, skin])
    where = np.einsum("mwij,mwj->mwi", world[skin], rest[ids][:, None] - joints[skin]) + moved[skin]
    below = _subtrees(t.parents)
    result = np.zeros((len(ids), 3, components + 3 * bones + 3))
    result[:, :, :components] = by_shape
    for b in range(bones):
        share = weight * below[b][skin]
        on = share.any(axis=1)
        arm = np.einsum("mw,mwi->mi", share[on], where[on] - moved[b])
        column = components + 3 * b
        # turning by δ moves an arm a by δ × a
        result[on, 0, column + 1], result[on, 0, column + 2] = arm[:, 2], -arm[:, 1]
        result[on, 1, column], result[on, 1, column + 2] = -arm[:, 2], arm[:, 0]
        result[on, 2, column], result[on, 2, column + 1] = arm[:, 1], -arm[:, 0]
    result[:, :, -3:] = np.eye(3)
    return result


@dataclass(frozen=True)
class Stage:
    """Some rounds of fitting.

    dense: for the fine rounds. Points of the scan pull the spots of the surface that they lie nearest to, not sampled
    vertices, whose planes lie outside of what is round; correspondences slide along the surface; people are women or
    men.
    """

    components: int
    reach: float  # metres beyond which nothing corresponds
    softness: float  # metres at which a distance starts to count as an outlier
    rounds: int
    still: bool = False  # arms and all other bones keep their turns; only the whole body moves
    dense: bool = False


def _people(t: Template, shape: Floats, k: int) -> tuple[Floats, Floats]:
    """Mean (k,) and precision (k, k) of the people among whom a shape is likeliest: women, men, or anybody."""
    groups: list[tuple[float, Floats, Floats]] = []
    for mean, covariance in ((np.zeros(len(shape)), np.eye(len(shape))), *t.prior.values()):
        spread, off = covariance[:k, :k] + 0.02 * np.eye(k), shape[:k] - mean[:k]
        unlikely = float(off @ np.linalg.solve(spread, off) + np.linalg.slogdet(spread)[1])
        groups.append((unlikely, mean[:k], np.linalg.inv(spread)))
    return min(groups, key=lambda group: group[0])[1:]


def fit_stage(t: Template, fit: Fit, target: PointTarget, stage: Stage, ids: Ints, probes: Ints, masked: Floats) -> Fit:
    """Rounds of Gauss–Newton. ids: template vertices asked for; probes: scan points asked for; masked (n,) weights."""
    from scipy.spatial import KDTree

    k, bones = stage.components, len(t.bones)
    spread = np.array([LOOSENESS[name.removesuffix("_left").removesuffix("_right")] for name in t.bones])
    if stage.still:
        spread = np.where(np.array(t.bones) == "pelvis", spread, 1e-3)
    prior_turn = 1 / np.repeat(spread, 3)
    usual, precision = _people(t, fit.shape, k) if stage.dense else (np.zeros(k), np.eye(k))
    rest_normals = vertex_normals(t.shaped(fit.shape)[0], t.faces)
    if not stage.dense:
        t, masked, rest_normals, ids = t.at(ids), masked[ids], rest_normals[ids], np.arange(len(ids))
    drag = 0.01 if stage.dense else 0.05  # of the distance along the surface, beside 1 of that along the normal
    for _ in range(stage.rounds):
        vertices, _ = fit.body(t)
        world, _ = t.bone_frames(t.joint_mean, fit.turns)
        blended = np.einsum("nw,nwij->nij", t.skin_weights, world[t.skin_bones])
        normals = np.einsum("nij,nj->ni", blended, rest_normals)
        # template → scan
        distance, hit = target.nearest(vertices[ids], stage.reach)
        gap = target.points[hit] - vertices[ids]
        aside = np.sqrt(np.maximum(np.einsum("ni,ni->n", gap, gap) - np.einsum("ni,ni->n", gap, normals[ids]) ** 2, 0))
        # Over a hole (a crown, soles that no camera saw) the nearest point is its rim, aside: that is no counterpart.
        ok = np.isfinite(distance) & (target.agreement(hit, normals[ids]) > 0.4) & (aside < 2 * stage.softness)
        if stage.dense:
            ok &= ~target.rim[hit] & (aside < 0.5 * (target.spacing + distance))
        a_ids, a_points = ids[ok], target.points[hit[ok]]
        # scan → template
        far, near = KDTree(vertices).query(target.points[probes], distance_upper_bound=stage.reach)
        near = np.asarray(near, dtype=np.int64)
        ok = np.isfinite(far)
        ok[ok] = target.agreement(probes[ok], normals[near[ok]]) > 0.4
        b_ids, b_points = near[ok], target.points[probes[ok]]
        b_spots, b_normals = vertices[b_ids], normals[b_ids]
        if stage.dense:
            face, share, _ = nearest_spots(t, vertices, b_points)
            corners = t.faces[face]
            b_ids = corners[np.arange(len(face)), share.argmax(axis=1)].astype(np.int64)
            b_spots = np.einsum("mk,mki->mi", share, vertices[corners])
            b_normals = np.einsum("mk,mki->mi", share, normals[corners])
            b_normals /= np.linalg.norm(b_normals, axis=1, keepdims=True)
        who, aim = np.r_[a_ids, b_ids], np.vstack([a_points, b_points])
        spots, planes = np.vstack([vertices[a_ids], b_spots]), np.vstack([normals[a_ids], b_normals])
        if len(who) < 50:
            return replace(fit, cost=np.inf)
        if stage.dense and target.floor is not None:
            soles = t.soles
            who, aim = np.r_[who, soles], np.vstack([aim, target.stood_on(vertices[soles], t.mean[soles, 2])])
            spots = np.vstack([spots, vertices[soles]])
            planes = np.vstack([planes, np.tile(target.floor[0], (len(soles), 1))])
        gap = aim - spots
        off_plane = np.einsum("ni,ni->n", gap, planes)
        square = off_plane**2 + drag * np.einsum("ni,ni->n", gap, gap)
        robust = masked[who] * (stage.softness**2 / (stage.softness**2 + square)) ** 2
        per_point = 1 / (0.006**2) * 400 / len(who)  # neighbouring points are not independent: 400 count
        plane_weight = robust * per_point
        jacobian = posed_jacobian(t, fit, who, k)
        flat = np.einsum("mi,mip->mp", planes, jacobian)
        hessian = flat.T @ (plane_weight[:, None] * flat)
        slope = flat.T @ (plane_weight * off_plane)
        point_weight = drag * plane_weight
        for i in range(3):
            hessian += jacobian[:, i].T @ (point_weight[:, None] * jacobian[:, i])
            slope += jacobian[:, i].T @ (point_weight * gap[:, i])
        hessian[:k, :k] += precision
        slope[:k] -= precision @ (fit.shape[:k] - usual)
        # The prior holds turns relative to the parent; a world turn δ is W_parentᵀ δ there.
        turned = rotation_vector(fit.turns)
        for b in range(bones):
            if t.parents[b] < 0:
                hessian[k : k + 3, k : k + 3] += 1e-6 * np.eye(3)
                continue
            at = slice(k + 3 * b, k + 3 * b + 3)
            pull = prior_turn[3 * b] ** 2
            hessian[at, at] += pull * np.eye(3)
            slope[at] -= pull * (world[t.parents[b]] @ turned[b])
        step = np.linalg.solve(hessian + 1e-9 * np.trace(hessian) / len(hessian) * np.eye(len(hessian)), slope)
        largest = np.abs(step[k : k + 3 * bones]).max()
        step *= min(1.0, 0.5 / max(largest, 1e-9))
        fit = moved(t, fit, step, k)
        fit = replace(fit, cost=_cost(gap, a_ids, ids, b_ids, probes, stage.reach))
    return fit


def moved(t: Template, fit: Fit, step: Floats, k: int) -> Fit:
    """The fit after a step (components, world turns of each bone, shift)."""
    shape = fit.shape.copy()
    shape[:k] += step[:k]
    bones = len(t.bones)
    delta = rotation(step[k : k + 3 * bones].reshape(bones, 3))
    world, _ = t.bone_frames(t.joint_mean, fit.turns)
    turns = fit.turns.copy()
    for b, p in enumerate(t.parents):
        frame = world[p] if p >= 0 else np.eye(3)
        turns[b] = frame.T @ delta[b] @ frame @ fit.turns[b]
    # re-orthogonalise: products of many small turns drift
    u, _, vt = np.linalg.svd(turns)
    return replace(fit, shape=shape, turns=u @ vt, shift=fit.shift + step[-3:])


def _cost(gap: Floats, a_ids: Ints, ids: Ints, b_ids: Ints, probes: Ints, reach: float) -> float:
    """Mean distance both ways, what found nothing counting as the full reach."""
    length = np.minimum(np.linalg.norm(gap, axis=1), reach)
    missed = (len(ids) - len(a_ids)) + (len(probes) - len(b_ids))
    return float((length.sum() + missed * reach) / (len(ids) + len(probes)))
