# SPDX-License-Identifier: GPL-3.0-or-later
"""What touches the body is lifted off, and what crosses itself is parted, and smoothed where that is not enough."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from ...bodies import Body
from ..contours import parted
from ..distance import MeshDistance
from ..intersections import intersections, self_intersections
from .hulls import CLEARANCE, Points
from .leg import APART

_LIFT_ROUNDS = 40
_REACH = 0.05  # metres round the panels within which the body may come to matter
_STEP = 0.1  # metres
_SMOOTHING_ROUNDS = 12
_HOPE = 3  # of these rounds in which folds alone are left and get no fewer
_HELPS = 0.5  # of the crossings, to which smoothing is to bring them down: it crumples what it cannot part
_FOLDED = -0.5  # cosine between neighbouring triangles below which cloth lies folded


def body_about(body: Body, vertices: Points, reach: float) -> MeshDistance:
    """The part of the body that matters to panels at the vertices (n, 3) and within `reach` metres of them.

    A head or a hand that no panel comes near costs as much to prepare as a trunk. What lies near is told by a box of
    whole `_STEP`s: so a slider that is moved asks for the same part of the body again, which is kept.
    """
    low = np.floor((vertices.min(axis=0) - _REACH - reach) / _STEP)
    high = np.ceil((vertices.max(axis=0) + _REACH + reach) / _STEP)
    return _surface(body, tuple(low.tolist()), tuple(high.tolist()))


@functools.lru_cache(maxsize=2)
def _surface(body: Body, low: tuple[float, ...], high: tuple[float, ...]) -> MeshDistance:
    corners, (least, most) = body.vertices[body.faces], _STEP * np.array([low, high])
    beside = ((corners.max(axis=1) > least) & (corners.min(axis=1) < most)).all(axis=1)
    return MeshDistance(body.vertices, body.faces[beside] if beside.any() else body.faces)


class Clearing:
    """Panels about a body, which keep clear of it, of each other and of the plane between the legs.

    faces (m, 3) over n vertices; leg (n,): 1 for what belongs to the left leg, -1 to the right, 0 to neither;
    clear (n,): metres that each vertex keeps from the body; hinges (k, 2): neighbouring faces between which no fold is;
    still (n,): what is not smoothed.
    """

    def __init__(
        self,
        surface: MeshDistance,
        faces: NDArray[np.int32],
        leg: NDArray[np.int8],
        clear: Points,
        hinges: NDArray[np.intp] | None = None,
        still: NDArray[np.bool_] | None = None,
    ) -> None:
        n = len(leg)
        ends = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]).astype(np.int64)
        edges, faces_beside = np.unique(np.concatenate([ends, ends[:, ::-1]]) @ [n, 1], return_counts=True)
        of, other = np.divmod(edges, n)
        on_rim = faces_beside == 1
        even = on_rim | ~(np.bincount(of, on_rim, n) > 0)[of]
        self._beside = _beside(of, other, n)
        self._along = _beside(of[even], other[even], n)  # along its rim the cloth is smoothed by itself, lest it shrink
        self.surface, self.faces, self.leg, self.clear = surface, faces, leg, clear
        self.hinges = np.empty((0, 2), np.intp) if hinges is None else hinges
        self._moves = np.ones((n, 1)) if still is None else 1.0 * ~still[:, None]

    def mean(self, values: Points) -> Points:
        """(n, 3) mean of the neighbours' values (n, 3)."""
        return _mean_of(self._beside, values)

    def smoothed(self, x: Points) -> Points:
        """(n, 3) means of the neighbours of positions (n, 3), on a rim of those along it."""
        return _mean_of(self._along, x)

    def parted(self, x: Points) -> Points:
        """Positions (n, 3) with each leg on its own side of the plane between the legs."""
        aside = self.leg * np.maximum(self.leg * x[:, 0], APART)
        return np.column_stack([np.where(self.leg != 0, aside, x[:, 0]), x[:, 1:]])

    def lifted_off(self, x: Points, away: Points, rounds: int = _LIFT_ROUNDS) -> tuple[Points, Points]:
        """Positions (n, 3) pushed out of the body until they keep clear of it, and how far they are from it at least.

        away (n,): metres from the body that each position has at least, as far as is known; -inf where nothing is, inf
        for what is not to be pushed, but only carried along by its neighbours. One who walks comes no faster nearer: so
        what was once asked needs not be asked again before it may have come too near.
        """
        away = away.copy()
        for _ in range(rounds):
            rows = np.flatnonzero(away < self.clear)
            near = self.surface.query(x[rows])  # without a cut-off, which would also hide what lies deep inside
            away[rows] = near.signed_distance
            short = np.maximum(self.clear[rows] - near.signed_distance, 0.0)
            if not len(rows) or short.max() < 0.25 * CLEARANCE:
                break
            push = np.zeros_like(x)
            push[rows] = near.normal * short[:, None]
            for _ in range(3):  # carried along: the greater of the own push and the neighbours' mean
                mean = self.mean(push)
                larger = np.linalg.norm(mean, axis=1) > np.linalg.norm(push, axis=1)
                push = np.where(larger[:, None], mean, push)
            before, x = x, self.parted(x + push)
            away -= np.linalg.norm(x - before, axis=1)
        return x, away

    def _folded(self, x: Points, hinges: NDArray[np.intp]) -> NDArray[np.intp]:
        """Faces that lie folded over their neighbour at one of these hinges (k, 2)."""
        a, b, c = (x[self.faces[:, k]] for k in range(3))
        out = np.cross(b - a, c - a)
        out /= np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12)
        one, other = hinges.T
        return np.unique(hinges[(out[one] * out[other]).sum(axis=1) < _FOLDED])

    def untangled(self, x: Points, away: Points) -> Points:
        """Positions (n, 3) in which the garment neither crosses itself or the body nor lies folded.

        Parted by contours, and then smoothed where that is not so. away (n,): as in `lifted_off`. Where smoothing does
        not help, what it was given: it may press layers through each other, and that of folds does so sooner.
        """
        before, x = x, parted(x, self.faces, self.surface, self._moves)
        away = away - np.linalg.norm(x - before, axis=1)
        best, crossings, first = self._smoothed_apart(x, away, self.hinges)
        if crossings and len(self.hinges):
            other, fewer, _ = self._smoothed_apart(x, away, self.hinges[:0])
            best, crossings = (other, fewer) if fewer < crossings else (best, crossings)
        return best if crossings <= _HELPS * first else x

    def _smoothed_apart(self, x: Points, away: Points, hinges: NDArray[np.intp]) -> tuple[Points, int, int]:
        """The best of some rounds, how many crossings are left in it, and how many there were."""
        best, fewest, since, first = x, (len(self.faces) ** 2, 0), 0, 0
        for k in range(_SMOOTHING_ROUNDS):
            itself = self_intersections(x, self.faces)
            mine, of_body = intersections(x, self.faces, self.surface.vertices, self.surface.faces).T
            folded = self._folded(x, hinges)
            found = len(itself) + len(mine), len(folded)
            since = 0 if found < fewest else since + 1
            first = first if k else found[0]
            if not since:
                best, fewest = x, found
            if not any(found) or (not found[0] and since == _HOPE):
                break
            near = np.zeros_like(x)
            near[self.faces[np.union1d(itself, folded)]] = 1.0
            for _ in range(2):
                near = np.minimum(2 * np.maximum(near, self.mean(near)), self._moves)
            mean, before = self.smoothed if k < _SMOOTHING_ROUNDS // 2 else self.mean, x
            for _ in range(4):
                x = x + 0.5 * near * (mean(x) - x)
            # Where corners keep clear and a face does not, what pokes through it shows the way out.
            a, b, c = (self.surface.vertices[self.surface.faces[of_body, k]] for k in range(3))
            outward = np.zeros_like(x)
            np.add.at(outward, self.faces[mine], np.cross(b - a, c - a)[:, None])
            length = np.linalg.norm(outward, axis=1, keepdims=True)
            x = x + CLEARANCE * self._moves * outward / np.maximum(length, 1e-12)
            x, away = self.lifted_off(x, away - np.linalg.norm(x - before, axis=1), 3)
        return best, fewest[0], first


def _beside(of: NDArray[np.int64], other: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """(most, n) the neighbours of each of n vertices, from pairs sorted by `of`; n where it has no more."""
    count = np.bincount(of, minlength=n)
    table = np.full((count.max(initial=0), n), n)
    table[np.arange(len(of)) - np.repeat(np.cumsum(count) - count, count), of] = other
    return table


def _mean_of(beside: NDArray[np.int64], values: Points) -> Points:
    """(n, 3) the mean of values (n, 3) over the neighbours of each vertex (most, n)."""
    held, total = np.vstack([values, np.zeros(3)]), np.zeros_like(values)
    for neighbours in beside:
        total += held.take(neighbours, axis=0)
    return total / np.maximum((beside < len(values)).sum(axis=0), 1)[:, None]
