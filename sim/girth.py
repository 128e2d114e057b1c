# SPDX-License-Identifier: GPL-3.0-or-later
"""Girths of a worn garment: as a tape reads them, and as the cloth was cut before the body stretched it.

A garment that is too tight does not measure less than the body it is on: it stretches. So a girth is taken twice along
the same section: in space, and in the flat pattern, where the same threads are as long as they were cut.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..bodies import PART_NAMES, Body
from .report import WIDEST_OPENING, garment_girth

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TRUNK = ("bust", "waist", "hip")
LIMBS = ("neck", "upper_arm", "elbow", "wrist", "thigh", "knee", "calf", "ankle")
_DOWN = np.array([0.0, 0.0, -1.0])
# Metres down the trunk or limb at which a girth is looked for, in turn. A skirt may begin below the waist; a sleeve or
# a trouser leg may still be one with the garment's trunk (a deep armhole, a low crotch) where the limb is measured.
_ALONG: Mapping[str, tuple[float, ...]] = {
    "waist": (0.0, 0.01, 0.02, 0.03, 0.04),
    "upper_arm": (0.0, 0.01, 0.02, 0.03, 0.04),
    "thigh": (0.0, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.10),
}
# Radians that a waist may be open where it is measured. A waistband that dips in front is cut by a level plane behind
# alone; further down it is whole. Only what is open all the way is measured across its opening.
_DIPPED = math.radians(20)


class Girth(NamedTuple):
    """One girth in metres: the body's, the garment's as worn and as cut, and how its threads run."""

    body: float
    worn: float  # convex hull of the section, as a tape lies
    cut: float  # the same, let back to the length that was cut
    warp: float  # share of the way round that runs along the warp, 0 … 1
    fabric: int  # index of the fabric that most of it is cut from

    @property
    def ease(self) -> float:
        """Metres by which the garment was cut wider than the body; negative where it must stretch to go round."""
        return self.cut - self.body


class Section(NamedTuple):
    """A mesh to be cut by planes: positions (w, 3), faces (m, 3), uv_corners (m, 3, 2), fabric (m,)."""

    positions: Floats
    faces: Ints
    uv_corners: Floats
    fabric: Ints


def girths(garment: Section, panel: Ints, body: Body, nearest: Ints) -> dict[str, Girth | None]:
    """Every girth of TRUNK and LIMBS; None where the garment does not go round or the body has no such measurement.

    panel (m,): each face's panel; nearest (w,): the body's vertex that each of the garment's lies nearest to. A body's
    limbs are measured on its left, and so are the garment's.
    """
    trunk = _round_trunk(garment.faces, panel, body, nearest)
    found: dict[str, Girth | None] = dict.fromkeys((*TRUNK, *LIMBS))
    for name in found:
        measured = body.measurements.get(name)
        if measured is None or len(measured.curve) < 3:
            continue
        middle, normal = measured.curve.mean(axis=0), _DOWN
        if name in LIMBS:
            normal = np.linalg.svd(measured.curve - middle)[2][2]
            normal *= -np.sign(normal[2]) or 1.0  # whoever stands has limbs that go down; the neck slides nowhere
        ways = [(along, WIDEST_OPENING) for along in _ALONG.get(name, (0.0,))]
        if name == "waist":
            ways = [(along, _DIPPED) for along, _ in ways] + ways
        for along, opening in ways:
            at = middle + along * normal
            chosen = [trunk] if name in TRUNK else _round_limb(garment, body, at, normal, alone=name != "neck")
            rounds = (_girth(garment, faces, at, normal, measured.value, opening) for faces in chosen)
            taken = [girth for girth in rounds if girth is not None]
            if taken:
                innermost = min(taken, key=lambda girth: girth.worn)
                # What is worn from the waist slides down until it is snug, but it was cut for the waist.
                as_measured = along == 0.0 or name == "waist"
                found[name] = innermost if as_measured else _on(body, innermost, at, normal)
                break
    return found


def _round_trunk(faces: Ints, panel: Ints, body: Body, nearest: Ints) -> Ints:
    """The faces (k,) of panels that hang by trunk and legs rather than by an arm (see `report.faces_round_trunk`)."""
    arms = [number for number, name in enumerate(PART_NAMES) if name.startswith(("arm", "hand"))]
    by_arm = np.isin(body.parts[nearest], arms)[faces].mean(axis=1)
    sleeve = np.bincount(panel, by_arm) > 0.5 * np.bincount(panel)
    return np.flatnonzero(~sleeve[panel])


def _round_limb(garment: Section, body: Body, at: Floats, normal: Floats, *, alone: bool) -> list[Ints]:
    """The garment's layers (k,) in a limb's plane; those alone that do not go round the trunk's middle as well."""
    layers = _layers(garment.positions, garment.faces, at, normal)
    beside = _trunk_axis(body, at, normal) if alone else None
    if beside is None:
        return layers
    return [g for g in layers if garment_girth(garment.positions, garment.faces[g], beside, normal) is None]


def _on(body: Body, girth: Girth, at: Floats, normal: Floats) -> Girth | None:
    """The girth beside that of the body in its own plane, away from where the body was measured."""
    faces = body.faces.astype(np.int64)
    layers = _layers(body.vertices, faces, at, normal)
    bare = [g for layer in layers if (g := garment_girth(body.vertices, faces[layer], at, normal)) is not None]
    return girth._replace(body=min(bare)) if bare else None


def _trunk_axis(body: Body, at: Floats, normal: Floats) -> Floats | None:
    """Where the upright line through the middle of the trunk meets a plane; None where it runs beside it."""
    curves = [m.curve for name in TRUNK if (m := body.measurements.get(name)) is not None and len(m.curve)]
    if not curves or abs(normal[2]) < 1e-3:
        return None
    x, y, _ = np.concatenate(curves).mean(axis=0)
    return np.array([x, y, at[2] - (normal[0] * (x - at[0]) + normal[1] * (y - at[1])) / normal[2]])


def _layers(positions: Floats, faces: Ints, at: Floats, normal: Floats) -> list[Ints]:
    """The faces that a plane cuts, (k,) each, apart where their sections hang apart."""
    above = ((positions - at) @ normal > 0.0)[faces]
    cut = np.flatnonzero(above.any(axis=1) & ~above.all(axis=1))
    corners, up = faces[cut], above[cut]
    ends = np.stack([corners, np.roll(corners, -1, axis=1)], axis=2)[up != np.roll(up, -1, axis=1)]
    _, edge = np.unique(np.sort(ends, axis=1), axis=0, return_inverse=True)
    layer = list(range(len(cut)))

    def first(face: int) -> int:
        while layer[face] != face:
            layer[face] = face = layer[layer[face]]
        return face

    holder: dict[int, int] = {}
    for end, name in enumerate(edge.ravel().tolist()):  # a face that is cut has two cut edges, one after the other
        layer[first(end // 2)] = first(holder.setdefault(name, end // 2))
    labels = np.array([first(face) for face in range(len(cut))])
    return [cut[labels == label] for label in np.unique(labels)]


def _girth(garment: Section, chosen: Ints, at: Floats, normal: Floats, body: float, opening: float) -> Girth | None:
    """The girth of the chosen faces (k,) in a plane; None where they leave more than `opening` (radians) open."""
    tape = garment_girth(garment.positions, garment.faces[chosen], at, normal, opening)
    if tape is None:
        return None
    height = ((garment.positions - at) @ normal)[garment.faces[chosen]]
    above = height > 0.0
    cut = above.any(axis=1) & ~above.all(axis=1)
    faces, low = chosen[cut], height[cut]
    high = np.roll(low, -1, axis=1)
    crossed = (low > 0.0) != (high > 0.0)
    share = np.where(crossed, low / np.where(crossed, low - high, 1.0), 0.0)[..., None]

    def way(corners: Floats) -> Floats:
        """(k, d) from where each face's section enters to where it leaves."""
        points = (corners + share * (np.roll(corners, -1, axis=1) - corners))[crossed].reshape(len(faces), 2, -1)
        return points[:, 1] - points[:, 0]

    now = np.linalg.norm(way(garment.positions[garment.faces[faces]]), axis=1)
    flat = way(garment.uv_corners[faces])
    rest = np.linalg.norm(flat, axis=1)
    return Girth(
        body=body,
        worn=tape,
        cut=float(tape * rest.sum() / now.sum()),
        warp=float((flat[:, 1] ** 2).sum() / (flat**2).sum()),
        fabric=int(np.bincount(garment.fabric[faces], rest).argmax()),
    )
