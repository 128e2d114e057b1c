# SPDX-License-Identifier: GPL-3.0-or-later
"""The last millimetres: seams welded, over-stretched threads let back, the cloth lifted off the skin.

An engine with soft springs and soft contact leaves seams a hair open, some threads too long and some points too near.
Each is a projection to the nearest admissible place, repeated until all hold: position-based dynamics without time
(Müller et al., "Position Based Dynamics", J. Vis. Commun. Image Represent. 18, 2007), strain limited from above only
(Provot, "Deformation constraints in a mass-spring model", Graphics Interface 1995), so that wrinkles stay as they hang.
Layers that went through each other are parted (see `contours`); what is left of a crumple (an armpit) is smoothed out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..bodies import Body
from .cloth import Cloth
from .contours import parted
from .distance import MeshDistance
from .intersections import self_intersections

Points = NDArray[np.float64]

THREAD_LIMIT = 0.012  # strain beyond which a thread is let back
SKIN_GAP = 0.0015  # metres kept between the cloth's middle surface and the skin
_DEEPEST = 0.02  # metres into the body from where a point is still brought out; no engine's contact leaves deeper ones
_ROUNDS = 480
_CONTACT_EVERY = 24
_SMOOTHINGS = 14  # rounds of smoothing a crumple, at most
HOPE = 4  # rounds without fewer crossings after which no more are made
_RINGS = 2  # of vertices about a crossing that are smoothed with it


def unique_edges(faces: NDArray[np.int32]) -> NDArray[np.int32]:
    """(e, 2) every edge of a triangle mesh once."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    return np.unique(np.sort(edges, axis=1), axis=0)


def _springs(cloth: Cloth) -> tuple[NDArray[np.int32], Points]:
    """(e, 2) welded ends and (e,) rest lengths of every panel's edges; an edge on a seam stands once for each panel."""
    edges = unique_edges(cloth.faces)
    rest = np.linalg.norm(cloth.uv[edges[:, 0]] - cloth.uv[edges[:, 1]], axis=1)
    return cloth.weld[edges], rest


def off_the_skin(x: Points, faces: NDArray[np.int32], surface: MeshDistance) -> Points:
    """Vertices moved out until they, and the middles of the faces about them, keep SKIN_GAP."""
    n = len(x)
    samples = np.concatenate([x, x[faces].mean(axis=1)])
    near = surface.query(samples, max_distance=_DEEPEST)
    touching = near.signed_distance < SKIN_GAP
    push = np.zeros_like(samples)
    push[touching] = (SKIN_GAP - near.signed_distance[touching])[:, None] * near.normal[touching]
    moved = push[:n]
    for k in range(3):  # a face takes its corners with it; the farthest push wins
        corner = faces[:, k]
        further = np.linalg.norm(push[n:], axis=1) > np.linalg.norm(moved[corner], axis=1)
        moved[corner[further]] = push[n:][further]
    return x + moved


def smoothed(x: Points, faces: NDArray[np.int32], crumpled: NDArray[np.intp]) -> Points:
    """Those triangles (k,), with a few rings about them, drawn to the means of their neighbours."""
    n = len(x)
    edges = unique_edges(faces)
    i, j = np.concatenate([edges, edges[:, ::-1]]).T
    degree = np.maximum(np.bincount(i, minlength=n), 1)[:, None]
    drawn = np.zeros(n, bool)
    drawn[faces[crumpled].ravel()] = True
    for _ in range(_RINGS):
        drawn[faces[drawn[faces].any(axis=1)].ravel()] = True
    for _ in range(4):
        means = np.stack([np.bincount(i, x[j, axis], n) for axis in range(3)], axis=1) / degree
        x = np.where(drawn[:, None], (x + means) / 2, x)
    return x


def uncrossed(x: Points, faces: NDArray[np.int32], surface: MeshDistance) -> Points:
    """Layers that cross parted, and crumples smoothed, until nothing crosses any more, as far as that helps."""
    best, fewest, since = x, np.inf, 0
    for _ in range(_SMOOTHINGS):
        x = parted(x, faces, surface)
        crossing = self_intersections(x, faces)
        best, fewest, since = (x, len(crossing), 0) if len(crossing) < fewest else (best, fewest, since + 1)
        if not len(crossing) or since == HOPE:
            break
        x = off_the_skin(smoothed(x, faces, np.unique(crossing)), faces, surface)
    return best


def finished(cloth: Cloth, sewn: Points, body: Body) -> Points:
    """(w, 3) positions of the welded vertices, from what the engine left of the particles: `sewn` (n, 3)."""
    ends, rest = _springs(cloth)
    longest = rest * (1 + THREAD_LIMIT)
    x = cloth.welded(sewn)
    faces, w = cloth.welded_faces, len(x)
    surface = MeshDistance(body.vertices, body.faces)
    i, j = ends.T
    for step in range(_ROUNDS):
        along = x[j] - x[i]
        length = np.linalg.norm(along, axis=1)
        over = length > longest
        share = np.where(over, (length - longest) / np.maximum(length, 1e-12) / 2, 0.0)[:, None] * along
        pulls = np.maximum(np.bincount(i, over, w) + np.bincount(j, over, w), 1.0) / 1.5  # over-relaxed mean
        for axis in range(3):
            x[:, axis] += (np.bincount(i, share[:, axis], w) - np.bincount(j, share[:, axis], w)) / pulls
        if step % _CONTACT_EVERY == _CONTACT_EVERY - 1:
            x = off_the_skin(x, faces, surface)
    x = uncrossed(x, faces, surface)
    for _ in range(3):
        x = off_the_skin(x, faces, surface)
    return x
