# SPDX-License-Identifier: GPL-3.0-or-later
"""A garment on its body's skeleton: its points follow the bones that the skin below them follows. No bpy."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...bodies import Body
from ...bodies.fitting import rotation
from ...bodies.landmarks import joint_of
from ...bodies.posing import Pose
from ...bodies.template import template
from ...sim.distance import MeshDistance

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_BONES = 4  # that a vertex follows: what games, glTF and VRM take
_PASSES = 8  # of smoothing: a fold's two sides may lie nearest to different limbs
_LOOSE = 0.05  # metres off the skin from which cloth follows its neighbours more than the skin below it


class RigRefused(ValueError):
    """A body that has no skeleton; the message says what to do."""


@dataclass(frozen=True)
class Rig:
    """A body's bones: parents first, `parents` −1 for the root, joints (b, 3) in metres, where each turns."""

    names: tuple[str, ...]
    parents: Ints
    joints: Floats
    skin: Floats  # (n, b) the body's own weights, rows sum to 1

    @classmethod
    def of(cls, body: Body) -> Rig:
        """The rig of a body. Raises RigRefused where it has not the template's topology or lacks a joint."""
        t = template()
        if body.faces.shape != t.faces.shape or not np.array_equal(body.faces, t.faces):
            raise RigRefused("This body has no skeleton: make it from a scan or from measurements.")
        if lacking := [joint_of(bone) for bone in t.bones if joint_of(bone) not in body.joints]:
            raise RigRefused(f"This body has no joint {lacking[0]!r}: make it again.")
        joints = np.array([body.joints[joint_of(bone)] for bone in t.bones])
        skin = np.zeros((len(t.skin_bones), len(t.bones)))
        np.add.at(skin, (np.arange(len(skin))[:, None], t.skin_bones), t.skin_weights)
        return cls(t.bones, t.parents, joints, skin)

    def tails(self) -> Floats:
        """(b, 3) where each bone ends: at its child's joint, or as far again beyond its own."""
        ends = np.empty_like(self.joints)
        for b in range(len(self.names)):
            children = np.flatnonzero(self.parents == b)
            if len(children):
                ends[b] = self.joints[children].mean(axis=0) if len(children) == 1 else self.joints[children[0]]
            else:
                ends[b] = self.joints[b] + 0.5 * (self.joints[b] - self.joints[self.parents[b]])
        return ends

    def posed(self, pose: Pose, points: Floats, weights: Floats) -> tuple[Floats, Floats]:
        """Points (n, 3) that follow the bones by weights (n, b), and the joints (b, 3), with the bones turned."""
        t = template()
        turns = np.zeros((len(self.names), 3))
        for bone, turn in pose.items():
            turns[self.names.index(bone)] = turn
        bones, shares = most_of(weights)
        return replace(t, skin_bones=bones, skin_weights=shares).posed(points, self.joints, rotation(turns))


def t_pose(rig: Rig) -> dict[str, Floats]:
    """The pose in which both arms stand straight out, as avatars are exchanged: each bone's turn (3,) in radians."""
    turns: dict[str, Floats] = {}
    for side, sign in (("left", 1.0), ("right", -1.0)):
        shoulder, elbow, wrist = (
            rig.joints[rig.names.index(f"{bone}_{side}")] for bone in ("upper_arm", "forearm", "hand")
        )
        turns[f"upper_arm_{side}"] = _turn(elbow - shoulder, np.array([sign, 0.0, 0.0]))
        turns[f"forearm_{side}"] = _turn(wrist - elbow, elbow - shoulder)  # it is told in the upper arm's own axes
    return turns


def _turn(a: Floats, b: Floats) -> Floats:
    """The smallest turn (3,) that brings the direction a to b."""
    axis = np.cross(a, b)
    length = float(np.linalg.norm(axis))
    return axis / max(length, 1e-300) * np.arctan2(length, float(a @ b))


def cloth_weights(rig: Rig, body: Body, points: ArrayLike, edges: ArrayLike) -> Floats:
    """(n, b) weights of cloth points (n, 3), joined by edges (e, 2): those of the nearest skin, smoothed if loose.

    At most MOST_BONES a row, and rows sum to 1. Raises MeshRefused for a body that is no mesh.
    """
    at, (i, j) = np.asarray(points, np.float64), np.asarray(edges, np.int64).reshape(-1, 2).T
    nearest = MeshDistance(body.vertices, body.faces).query(at)
    corners = body.faces[nearest.face]
    weights = np.einsum("nc,ncb->nb", barycentric(body.vertices[corners], nearest.closest), rig.skin[corners])
    degree = np.bincount(np.concatenate([i, j]), minlength=len(at))[:, None]
    freed = np.clip(nearest.signed_distance / _LOOSE, 0.0, 1.0)[:, None] * (degree > 0)
    for _ in range(_PASSES):
        around = np.zeros_like(weights)
        np.add.at(around, i, weights[j])
        np.add.at(around, j, weights[i])
        weights = (1 - freed) * weights + freed * around / np.maximum(degree, 1)
    bones, shares = most_of(weights)
    kept = np.zeros_like(weights)
    np.put_along_axis(kept, bones, shares, axis=1)
    return kept


def most_of(weights: Floats) -> tuple[Ints, Floats]:
    """The MOST_BONES bones (n, 4) that weigh most in weights (n, b), and their shares (n, 4), which sum to 1."""
    bones = np.argsort(-weights, axis=1, kind="stable")[:, :MOST_BONES]
    shares = np.take_along_axis(weights, bones, axis=1)
    return bones, shares / shares.sum(axis=1, keepdims=True)


def barycentric(corners: Floats, points: Floats) -> Floats:
    """(n, 3) shares of the corners (n, 3, 3) of triangles in points (n, 3) on them, none below zero."""
    shares = np.clip(affine(corners, points), 0.0, None)
    return shares / shares.sum(axis=1, keepdims=True)


def affine(corners: Floats, points: Floats) -> Floats:
    """(n, 3) shares that sum to 1 of the corners (n, 3, 3) of triangles in points (n, 3) of their planes."""
    a, ab, ac = corners[:, 0], corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    ap = points - a
    d00, d01, d11 = (np.einsum("ni,ni->n", p, q) for p, q in ((ab, ab), (ab, ac), (ac, ac)))
    d20, d21 = (np.einsum("ni,ni->n", ap, q) for q in (ab, ac))
    size = d00 * d11 - d01 * d01
    v, w = (d11 * d20 - d01 * d21) / size, (d00 * d21 - d01 * d20) / size
    return np.stack([1 - v - w, v, w], axis=1)
