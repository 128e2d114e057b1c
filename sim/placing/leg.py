# SPDX-License-Identifier: GPL-3.0-or-later
"""Legs of trousers: about half of the trunk's hull down to the fork, about the hull of their own leg below."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np

from ...bodies import Body
from ...patterns import Panel
from .flat import extents
from .hulls import (
    ANGLES,
    CLEARANCE,
    LEVEL,
    NO_SECTION,
    PlacingRefused,
    Points,
    Sections,
    closed_curve,
    in_parts,
    interpolated,
    landmark,
    smoothstep,
    steps,
    support,
)
from .torso import torso_of

APART = 0.0015  # metres that each leg keeps from the plane between the legs
_FORK_BLEND = 0.14  # metres below the crotch over which half the trunk's hull becomes the leg's
_FORK_FADE = 0.12  # metres below the crotch seam over which its drop dies away
_SOLE = 0.35  # of the ankle's height: a leg that reaches farther down starts pushed up to there, above the foot's arch
_PUSHED = 0.25  # metres above the soles, below which it is
_ANKLE = 0.7  # of the ankle's height: below it a leg hangs straight instead of following the foot


class Side:
    """A leg panel laid flat: how far its rows reach from the crease, towards outseam and inseam."""

    def __init__(self, panel: Panel, outline: Points, top: float) -> None:
        if panel.wrap.over is None:
            raise PlacingRefused(f"The leg panel {panel.name!r} does not say where its fork lies: draft it again.")
        (fork_x, self.fork_y), (tip_x, self.tip_y) = panel.wrap.over
        self.outward = 1.0 if tip_x < fork_x else -1.0
        self.fork_u, self.tip_u = self.outward * fork_x, self.outward * tip_x
        self.outline, self.level, self.top = outline * [self.outward, 1.0], panel.wrap.anchor[1], top
        self.front = abs(panel.wrap.angle) < np.pi / 2

    @property
    def fork(self) -> float:
        """How far the fork reaches in between the legs, metres."""
        return self.fork_u - self.tip_u

    def rows(self, z: Points) -> tuple[Points, Points, Points]:
        """(n,) reach of the outseam, the centre line and the inseam at the heights z (n,)."""
        y = np.minimum(z - self.top + self.level, self.level - 0.01)  # clear of the waist line, which is not level
        inner, outer = extents(self.outline, y)
        inseam = np.where(y < self.tip_y, inner, self.tip_u)
        centre = np.where(y < self.fork_y, self.fork_u, inner)
        return outer, np.maximum(centre, np.where(y < self.tip_y, outer - 0.85 * (outer - inseam), centre)), inseam

    def crotch(self, u: Points) -> Points:
        """(n,) heights of the crotch seam above the fork's reach u (n,)."""
        y = extents(self.outline[:, ::-1], np.clip(u, self.tip_u + 1e-4, self.fork_u))[1]
        return np.minimum(y, self.fork_y) - self.level + self.top


@functools.lru_cache(maxsize=4)  # kept for the next place of a slider that is moved
def _half_and_leg(body: Body, left: bool) -> tuple[Points, Points]:
    """Support functions (n, k) at the torso's n levels of one half of the trunk and of its leg, as if of the left."""
    torso, sign = torso_of(body), 1.0 if left else -1.0
    u = np.stack([np.sin(ANGLES), -np.cos(ANGLES)], axis=1)
    trunk = closed_curve(torso.h) * [sign, 1.0]
    trunk[..., 0] = np.maximum(trunk[..., 0], 0.0)
    rows: list[Points] = []
    for section in Sections(body, in_parts(body, "torso", "leg", "foot")).at(2, torso.levels):
        points = section[:, :2] * [sign, 1.0] - [0.0, torso.centre_y]
        points = points[points[:, 0] >= 0]
        rows.append(support(points, u) if len(points) > 2 else rows[-1] if rows else NO_SECTION)
    ankle = round(_ANKLE * float(body.joints["ankle_left" if left else "ankle_right"][2]) / LEVEL)
    return (trunk @ u.T).max(axis=1), np.stack([rows[max(k, ankle)] for k in range(len(rows))])


@functools.lru_cache(maxsize=2)
def _underside(body: Body) -> tuple[Points, Points]:
    """Slopes (k,) and offsets (k,) of the tangents to the trunk's underside in the plane between the legs."""
    below = np.linspace(-1.4, 1.4, 57)
    (middle,) = Sections(body, in_parts(body, "torso", "leg")).at(0, np.zeros(1))
    down = np.stack([np.sin(below), -np.cos(below)], axis=1)
    return np.tan(below), support(middle[:, 1:] - [torso_of(body).centre_y, 0.0], down) / np.cos(below)


class Leg:
    """One leg and its half of the trunk as convex curves, level by level, and the panels that close round them.

    Everything is kept as if for the left leg: x and the panels' reach point away from the other leg.
    """

    def __init__(self, body: Body, left: bool, sides: Sequence[Side]) -> None:
        torso = torso_of(body)
        self.sign, self._centre_y = 1.0 if left else -1.0, torso.centre_y
        self.crotch = float(landmark(body, "crotch")[2])
        half, own = _half_and_leg(body, left)
        self.parted = smoothstep(self.crotch - torso.levels, 0.0, _FORK_BLEND)
        # Heights as cut and as worn: of a leg that reaches to the floor, the lowest part is pushed up.
        low = _SOLE * float(body.joints["ankle_left" if left else "ankle_right"][2])
        hem = min(min(float(side.outline[:, 1].min()) + side.top - side.level for side in sides), low)
        self._cut, self._worn = np.array([hem, _PUSHED]), np.array([low, _PUSHED])
        w, outwards = self.parted[:, None], 1 + np.sin(ANGLES)
        h = (1 - w) * (half + CLEARANCE * outwards) + w * (own + CLEARANCE)
        # Blown up until the girth is the garment's, the inside staying where it is.
        around = steps(closed_curve(h)).sum(axis=1)
        between = steps(closed_curve(h)[:, self._stretch(-3, -1)]).sum(axis=1)
        levels = np.where(torso.levels < _PUSHED, np.interp(torso.levels, self._worn, self._cut), torso.levels)
        outer, centre, inseam = np.sum([side.rows(levels) for side in sides], axis=0)
        room = (1 - self.parted) * (outer - centre - around + between) / (2 * np.pi - 2)
        room += self.parted * (outer - inseam - around) / (2 * np.pi)
        self.h = h + np.maximum(room, 0.0)[:, None] * outwards
        self.forks = sum(side.fork for side in sides)
        self._under = _underside(body)

    @staticmethod
    def _stretch(first: int, last: int) -> slice:
        """The part of a ring between two directions, given in quarters of π from the front."""
        quarter = (len(ANGLES) - 1) // 8
        middle = len(ANGLES) // 2
        return slice(middle + first * quarter, middle + last * quarter + 1)

    def under(self, y: Points) -> Points:
        """(n,) height of the trunk's underside, in the plane between the legs, at y (n,) from the trunk's centre."""
        slope, offset = self._under
        return (y[:, None] * slope - offset).max(axis=1)

    def place(self, points: Points, side: Side, share: float) -> Points:
        """(n, 3) one of the leg's panels of points (n, 2), its darts closed."""
        u, cut = side.outward * points[:, 0], side.top + points[:, 1] - side.level
        z = np.where(cut < _PUSHED, np.interp(cut, self._cut, self._worn), cut)
        x = np.clip(z / LEVEL, 0, len(self.h) - 1.001)
        low = x.astype(int)
        f = (x - low)[:, None]
        ring = closed_curve(self.h[low] * (1 - f) + self.h[low + 1] * f)
        w = self.parted[low] * (1 - f[:, 0]) + self.parted[low + 1] * f[:, 0]
        # From the outside round the front, or round the back, to the inside: directions π/2 … −π/2, or π/2 … 3π/2.
        n = len(ANGLES) - 1
        start, half = n * 3 // 4, n // 2
        order = (start - np.arange(half + 1)) % n if side.front else (start + np.arange(half + 1)) % n
        whole = (start - np.arange(n + 1)) % n if side.front else (start + np.arange(n + 1)) % n
        curve = ring[:, whole]
        walked = np.concatenate([np.zeros((len(z), 1)), np.cumsum(steps(curve), axis=1)], axis=1)
        corner, other = walked[:, n * 3 // 8], walked[:, n * 5 // 8]
        outer, centre, inseam = side.rows(cut)
        reach = np.maximum(centre - inseam, 1e-4)
        fork = np.clip((centre - u) / reach, 0.0, 1.0)
        trunk = np.where(
            u >= centre,
            corner * (outer - u) / np.maximum(outer - centre, 1e-4),
            corner + fork * share * (other - corner),
        )
        leg = walked[:, len(order) - 1] * (outer - u) / np.maximum(outer - inseam, 1e-4)
        arc = np.clip((1 - w) * trunk + w * leg, 0.0, walked[:, -1])
        plan = np.stack([interpolated(arc, walked, curve[..., k]) for k in range(2)], axis=1)
        # The crotch seam passes under the trunk, and what hangs on it goes down with it.
        seam = side.crotch(u)
        sunk = np.maximum(seam - self.under(plan[:, 1]) + CLEARANCE, 0.0)
        near = np.clip(1 - (seam - z) / _FORK_FADE, 0.0, 1.0)
        z = z - sunk * near * smoothstep(fork, 0.0, 0.5)
        return np.column_stack([self.sign * np.maximum(plan[:, 0], APART), plan[:, 1] + self._centre_y, z])
