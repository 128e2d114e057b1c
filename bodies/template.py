# SPDX-License-Identifier: GPL-3.0-or-later
"""The template body: one mesh topology, a Gaussian over its shapes, and a skeleton that poses it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PART_NAMES = (
    "torso", "head", "arm_left", "arm_right", "hand_left", "hand_right", "leg_left", "leg_right", "foot_left",
    "foot_right",
)  # fmt: skip
BASIS_FILE = Path(__file__).parent.parent / "assets" / "body" / "basis.npz"


class BasisMissing(RuntimeError):
    """The body basis has not been prepared yet, or by an older version."""


@dataclass(frozen=True)
class Template:
    """Shapes x = mean + c·shape with c ~ N(0, I), in metres, Z up, facing −Y, standing in an A-pose."""

    mean: Floats  # (n, 3)
    shape: Floats  # (k, n, 3), one standard deviation each
    faces: NDArray[np.int32]  # (m, 3) outward
    corner_uv: Floats  # (m, 3, 2) of the faces' corners, in one picture
    edges: Ints  # (e, 2) each edge once
    parts: NDArray[np.int8]  # (n,) index into PART_NAMES
    joint_mean: Floats  # (b, 3)
    joint_shape: Floats  # (k, b, 3)
    bones: tuple[str, ...]  # parents first
    parents: Ints  # (b,) −1 for the pelvis
    skin_bones: Ints  # (n, 4)
    skin_weights: Floats  # (n, 4), rows sum to 1
    mirror: Ints  # (n,) the vertex on the other side
    vertex_of_hm08: dict[int, int]  # MakeHuman's vertex id → ours
    prior: dict[str, tuple[Floats, Floats]]  # "woman" / "man" → mean (k,) and covariance (k, k) of grown-ups

    @cached_property
    def soles(self) -> Ints:
        """(s,) the vertices on which the mean body stands."""
        feet = [PART_NAMES.index("foot_left"), PART_NAMES.index("foot_right")]
        return np.flatnonzero(np.isin(self.parts, feet) & (self.mean[:, 2] < 0.004))

    def shaped(self, c: Floats) -> tuple[Floats, Floats]:
        """Vertices (n, 3) and joints (b, 3) of shape coefficients (k,)."""
        return self.mean + np.tensordot(c, self.shape, 1), self.joint_mean + np.tensordot(c, self.joint_shape, 1)

    def at(self, ids: Ints) -> Template:
        """The same template with only some vertices (m,), without faces: for fitting to samples."""
        return replace(
            self,
            mean=self.mean[ids],
            shape=self.shape[:, ids],
            parts=self.parts[ids],
            skin_bones=self.skin_bones[ids],
            skin_weights=self.skin_weights[ids],
            faces=np.zeros((0, 3), dtype=np.int32),
            corner_uv=np.zeros((0, 3, 2)),
        )

    def posed(self, vertices: Floats, joints: Floats, turns: Floats) -> tuple[Floats, Floats]:
        """Linear blend skinning. turns (b, 3, 3) rotate each bone about its joint, relative to its parent.

        Returns posed vertices (n, 3) and joints (b, 3); the pelvis joint stays where it is.
        """
        world, moved = self.bone_frames(joints, turns)
        blended = np.einsum("nw,nwij->nij", self.skin_weights, world[self.skin_bones])
        offset = moved - np.einsum("bij,bj->bi", world, joints)
        shift = np.einsum("nw,nwi->ni", self.skin_weights, offset[self.skin_bones])
        return np.einsum("nij,nj->ni", blended, vertices) + shift, moved

    def bone_frames(self, joints: Floats, turns: Floats) -> tuple[Floats, Floats]:
        """World rotations (b, 3, 3) and posed joints (b, 3) of relative turns (b, 3, 3)."""
        world, moved = turns.copy(), joints.copy()
        for b, p in enumerate(self.parents):
            if p >= 0:
                world[b] = world[p] @ turns[b]
                moved[b] = moved[p] + world[p] @ (joints[b] - joints[p])
        return world, moved


@cache
def template(path: Path = BASIS_FILE) -> Template:
    """Read the basis once per process. Raises BasisMissing when it has not been built."""
    if not path.exists():
        raise BasisMissing(f"The body basis {path} is missing: run `python build.py` once to prepare it.")
    with np.load(path) as z:
        data = {name: z[name] for name in z.files}
    if "corner_uv" not in data:
        raise BasisMissing(f"The body basis {path} is of an older version: run `python build.py` once to make it anew.")
    faces = data["faces"].astype(np.int32)
    pairs = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1).astype(np.int64)
    edges = np.unique(pairs @ [len(data["mean"]), 1])  # numbers, which sort far sooner than pairs
    bones = tuple(str(b) for b in data["bone_names"])
    skin_bones = data["skin_bones"].astype(np.int64)
    made = Template(
        mean=data["mean"].astype(np.float64),
        shape=data["shape"].astype(np.float64),
        faces=faces,
        corner_uv=data["corner_uv"].astype(np.float64),
        edges=np.stack(np.divmod(edges, len(data["mean"])), axis=1),
        parts=data["parts"],
        joint_mean=data["joint_mean"].astype(np.float64),
        joint_shape=data["joint_shape"].astype(np.float64),
        bones=bones,
        parents=data["bone_parents"].astype(np.int64),
        skin_bones=skin_bones,
        skin_weights=data["skin_weights"].astype(np.float64),
        mirror=data["mirror"].astype(np.int64),
        vertex_of_hm08={int(v): i for i, v in enumerate(data["hm08"])},
        prior={
            who: (data[f"{who}_mean"].astype(np.float64), data[f"{who}_covariance"].astype(np.float64))
            for who in ("woman", "man")
        },
    )
    for value in vars(made).values():
        if isinstance(value, np.ndarray):
            value.flags.writeable = False
    return made
