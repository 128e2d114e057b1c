# SPDX-License-Identifier: GPL-3.0-or-later
"""Sections of the body and the convex curves about them.

Convex curves are kept as support functions h(φ): the point is h u + h′ u⊥, an offset d is h + d, and a blend of two
convex curves is the blend of their h (Schneider, Convex Bodies, 2014, section 1.7).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...bodies import Body
from ...bodies.body import PART_NAMES
from ..distance import ranges

Points = NDArray[np.float64]

CLEARANCE = 0.006  # metres between a placed panel and the body
ANGLES = np.linspace(-np.pi, np.pi, 181)  # of a support function, 0 = front, anticlockwise from above
_SIN, _COS = np.sin(ANGLES), np.cos(ANGLES)
NO_SECTION = np.full(len(ANGLES), 0.05)  # stands in below the soles
LEVEL = 0.01  # metres between sections


class PlacingRefused(ValueError):
    """A panel that cannot be placed on this body."""


def support(points: Points, directions: Points) -> Points:
    """(k,) support function of the convex hull of points (n, 2) in the unit directions (k, 2)."""
    return (points @ directions.T).max(axis=0)


def closed_curve(h: Points) -> Points:
    """(n, k, 2) closed curves h u + h′ u⊥ of support functions h (n, k) over ANGLES, angle 0 looking along −y."""
    slope = np.empty_like(h)
    slope[:, 1:-1], slope[:, 0] = h[:, 2:] - h[:, :-2], h[:, 1] - h[:, -2]
    slope[:, -2] = h[:, 0] - h[:, -3]
    slope /= 2 * (ANGLES[1] - ANGLES[0])
    slope[:, -1] = slope[:, 0]
    curves = np.empty((*h.shape, 2))
    curves[..., 0] = h * _SIN + slope * _COS
    curves[..., 1] = slope * _SIN - h * _COS
    return curves


class Sections:
    """Plane sections of some parts of the body, as the points where its edges pass through."""

    def __init__(self, body: Body, chosen: NDArray[np.bool_]) -> None:
        f = body.faces[chosen[body.faces].all(axis=1)]
        edges = np.concatenate([f[:, [0, 1]], f[:, [1, 2]], f[:, [2, 0]]])
        self.a, self.b = body.vertices[edges[:, 0]], body.vertices[edges[:, 1]]

    def at(self, axis: int, values: Points) -> list[Points]:
        """For each of the ascending values (k,): (n, 3) points of the section where the coordinate `axis` has it."""
        ends = np.stack([self.a[:, axis], self.b[:, axis]])
        first, last = np.searchsorted(values, [ends.min(axis=0), ends.max(axis=0)])
        edge, which = np.repeat(np.arange(len(self.a)), last - first), ranges(first, last - first)
        order = np.argsort(which, kind="stable")
        edge, which = edge[order], which[order]
        a, b = self.a[edge], self.b[edge]
        above, below = a[:, axis] - values[which], b[:, axis] - values[which]
        t = (above / (above - below))[:, None]
        return np.split(a * (1 - t) + b * t, np.searchsorted(which, np.arange(1, len(values))))


def interpolated(x: Points, xp: Points, fp: Points) -> Points:
    """(n,) np.interp(x[i], xp[i], fp[i]) for every row: x (n,), ascending xp (n, k), fp (n, k)."""
    rows, last = np.arange(len(x)), xp.shape[1] - 1
    j = np.clip((xp <= x[:, None]).sum(axis=1) - 1, 0, last - 1)
    step = xp[rows, j + 1] - xp[rows, j]
    t = np.clip((x - xp[rows, j]) / np.where(step > 0, step, 1.0), 0.0, 1.0)
    return fp[rows, j] + t * (fp[rows, j + 1] - fp[rows, j])


def rows(x: Points, xp: Points, fp: Points) -> Points:
    """(k, m) np.interp(x[i], xp[i], fp[i]) for every row: x (k, m), ascending xp (k, n), fp (k, n)."""
    return np.stack([np.interp(*row) for row in zip(x, xp, fp, strict=True)])


def steps(curves: Points) -> Points:
    """(k, n - 1) lengths of the sides of polylines (k, n, d)."""
    sides = curves[:, 1:] - curves[:, :-1]
    sides *= sides
    return np.sqrt(sides[..., 0] + sides[..., 1] + (sides[..., 2] if sides.shape[2] == 3 else 0.0))


def smoothstep(x: Points, low: float, high: float) -> Points:
    """From 0 at `low` to 1 at `high`, level at both (3 t² − 2 t³)."""
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return t * t * (3 - 2 * t)


def in_parts(body: Body, *prefixes: str) -> NDArray[np.bool_]:
    """(n,) which of the body's vertices belong to parts whose names begin so."""
    wanted = [k for k, name in enumerate(PART_NAMES) if name.startswith(prefixes)]
    return np.isin(body.parts, wanted)


def landmark(body: Body, name: str) -> Points:
    """(3,) where the landmark lies. Raises PlacingRefused for a body without it."""
    try:
        return np.asarray(body.landmarks[name], np.float64)
    except KeyError:
        raise PlacingRefused(f"This body has no landmark {name!r}: measure it again.") from None
