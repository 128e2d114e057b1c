# SPDX-License-Identifier: GPL-3.0-or-later
"""Bands and collars, which go on from the edge that they are sewn to; hoods; and what fills a gap between panels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ...bodies import Body
from ...patterns import Panel
from ..distance import MeshDistance
from .folding import Laid, beyond, nearest_on, turned_lines
from .hulls import PlacingRefused, Points, in_parts
from .layers import GAP

_STANDING = ("neck", "cervicale", "front_neck", "waist")  # landmarks about which a band stands upright
_INWARD = 0.35  # how far an upright band leans in, per metre of height
_OUTWARD = 0.3  # how far what falls down leans out at first, per metre
_STEP = 0.008  # metres in which cloth is laid over other cloth
_FALL = 2.5 * GAP  # metres that a fall keeps from what it lies on
_RISE = 0.012  # metres from the fold over which it gets there
_NEAR = 0.03  # metres from the cloth beneath within which a fall is drawn onto it
_STAND = 0.015  # metres of stand below which a collar rather goes on from what it is sewn to
_PAST = 0.1  # of how far a fall reaches past the ends of its seam that it does so at the start
_SAME = 1e-4  # metres between the ends of an edge that is a ring
_FILLED = 0.55  # of its outline: a panel sewn on so much of it fills a gap instead of going on from an edge
_ROUNDS = 200
_MEETING = 0.10  # metres from the middle seam over which a hood's halves come together
_HEADROOM = 0.03  # metres that a hood's sides keep from the head


class SewnEdge:
    """The edge that a band is sewn to: points `sewn` (k,) of the flat band (n, 2), at the places (k, 3), with the
    directions `away` (k, 3) from what they are sewn to; outline: how many of the band's points lie on its outline, the
    first of all, in order. Raises PlacingRefused where fewer than three are sewn.
    """

    def __init__(
        self, panel: Panel, flat: Points, sewn: NDArray[np.intp], at: Points, away: Points, outline: int
    ) -> None:
        if len(sewn) < 3:
            raise PlacingRefused(f"The band {panel.name!r} stands on its seam but is sewn to nothing.")
        order = np.argsort(sewn)  # round the outline, which its particles follow
        order = np.roll(order, -1 - int(np.argmax(np.diff(sewn[order], append=sewn.min() + outline))))
        self._line, self._at = flat[sewn][order], at[order]
        self._along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(self._line, axis=0), axis=1))])
        self._closed = bool(np.linalg.norm(self._at[-1] - self._at[0]) < _SAME)
        forward = np.gradient(self._at, axis=0)
        self._forward = forward / np.maximum(np.linalg.norm(forward, axis=1, keepdims=True), 1e-12)
        on = away[order]
        on = on - self._forward * (on * self._forward).sum(axis=1, keepdims=True)
        self._on = self._smooth(on / np.maximum(np.linalg.norm(on, axis=1, keepdims=True), 1e-12))
        if panel.wrap.landmark.startswith(_STANDING):
            inward = self._at.mean(axis=0) - self._at
            inward[:, 2] = 0.0
            inward /= np.maximum(np.linalg.norm(inward, axis=1, keepdims=True), 1e-9)
            up = np.array([0.0, 0.0, 1.0]) + _INWARD * inward
            above = 1.0 if self._line[-1, 0] > self._line[0, 0] else -1.0  # walked to the right, it has the band above
            self._up = above * up / np.linalg.norm(up, axis=1, keepdims=True)
        else:
            self._up = self._on

    @staticmethod
    def _smooth(directions: Points) -> Points:
        for _ in range(3):
            padded = np.pad(directions, ((1, 1), (0, 0)), mode="edge")
            directions = padded[:-2] + 2 * directions + padded[2:]
            directions /= np.maximum(np.linalg.norm(directions, axis=1, keepdims=True), 1e-12)
        return directions

    def frame(self, points: Points) -> tuple[Points, Points]:
        """(n,) how far along the edge points (n, 2) of the flat band lie, and how far into the band from it.

        Past its ends the edge is drawn on straight.
        """
        along, off, _ = nearest_on(self._line, points)
        return along, off

    def lap(self, along: Points, off: Points) -> Points:
        """(n,) by how many layers the band lies over its own other end, past the ends of an edge that is a ring."""
        if not self._closed:
            return np.zeros(len(along))
        past = np.maximum(-along, along - self._along[-1]) / _RISE
        first = along.min() < -1e-6  # which end goes on
        near = 1 - (along if first else self._along[-1] - along) / _RISE
        return (past.max() > 0.1) * np.clip(near, 0.0, 1.0) * np.clip(np.maximum(off / _RISE, past), 0.0, 1.0)

    def _of(self, along: Points, values: Points) -> Points:
        if self._closed:
            along = along % self._along[-1]
        return np.stack([np.interp(along, self._along, values[:, k]) for k in range(3)], axis=1)

    def up(self, along: Points) -> Points:
        """(n, 3) the direction in which the band goes from its edge."""
        return self._of(along, self._up)

    def on(self, along: Points) -> Points:
        """(n, 3) the direction in which it would go straight on from what it is sewn to."""
        return self._of(along, self._on)

    def out(self, along: Points) -> Points:
        """(n, 3) the direction in which its right side looks."""
        out = np.cross(self._of(along, self._forward), self.up(along))
        return out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12)

    def square(self, along: Points, directions: Points) -> Points:
        """(n, 3) what of directions (n, 3) is square to the edge."""
        forward = self._of(along, self._forward)
        return directions - forward * (directions * forward).sum(axis=1, keepdims=True)

    def drawn_in(self, along: Points) -> Points:
        """(n,) places along the edge, those past its ends drawn in, lest the two ends of a collar cross."""
        within = np.clip(along, 0.0, self._along[-1])
        return within + _PAST * (along - within)

    def parted(self, along: Points, x: Points, clear: Points) -> Points:
        """(n, 3) positions x, so far along the edge, its two ends kept `clear` (n,) metres from the plane between."""
        if self._closed or self._forward[0] @ self._forward[-1] < 0:  # half a collar's ends lie across from each other
            return x
        square = self._forward[0] + self._forward[-1]
        square /= max(np.linalg.norm(square), 1e-12)
        height = (x - (self._at[0] + self._at[-1]) / 2) @ square
        share = along / self._along[-1]
        short = np.maximum(clear - np.where(share < 0.5, height, -height), 0.0)
        return x + np.where(share < 0.25, short, np.where(share > 0.75, -short, 0.0))[:, None] * square

    def place(self, along: Points, off: Points) -> Points:
        """(n, 3) the band as it stands, where it is so far along the edge and so far from it."""
        past = 0.0 * along if self._closed else along - np.clip(along, 0.0, self._along[-1])
        base = self._of(along, self._at) + self._of(along, self._forward) * past[:, None]
        return base + self.up(along) * off[:, None]


def on_seam(panel: Panel, points: Points, worn: Laid, edge: SewnEdge, surface: MeshDistance) -> Points:
    """(n, 3) a band of flat points (n, 2) on its edge, its fall laid over the cloth that is there already."""
    along, off = edge.frame(worn.points)
    layer = worn.depth + panel.wrap.layer * np.clip(off / _RISE, 0.0, 1.0)
    placed = edge.place(along, off) + edge.out(along) * (GAP * (layer + edge.lap(along, off)))[:, None]
    turned_over = abs(abs(panel.wrap.angle) - np.pi) < 1e-6
    way = np.zeros(len(points))
    if turned_over:
        way, off = off, way
    for line in turned_lines(panel):
        if line.turn > 0:
            way = np.maximum(beyond(panel, line, points), 0.0)
            along, off = edge.frame((points + worn.points) / 2)
    falls = way > 0
    if not falls.any():
        return placed
    along, stand, way = edge.drawn_in(along[falls]), off[falls], way[falls]
    upright = np.ones((len(along), 1)) if turned_over else np.clip(stand / _STAND, 0.0, 1.0)[:, None]
    down = -edge.up(along) + _OUTWARD * edge.out(along)
    direction = edge.square(along, upright * down + (1 - upright) * edge.on(along))
    start = edge.place(along, np.maximum(stand, 0.0))
    fallen = _draped(start, direction, np.add(way, np.minimum(stand, 0.0)), surface)
    placed[falls] = edge.parted(along, fallen, GAP * np.minimum(way / _RISE, 1.0))
    return placed


def _draped(start: Points, direction: Points, way: Points, surface: MeshDistance) -> Points:
    """(n, 3) where one comes from the places (n, 3) going `way` (n,) metres over a surface, straight on and close."""
    x, step = start.copy(), np.maximum(way, 0.0) / max(1, int(np.ceil(way.max() / _STEP)))
    heading = direction / np.linalg.norm(direction, axis=1, keepdims=True)
    for k in range(1, max(1, int(np.ceil(way.max() / _STEP))) + 1):
        x += step[:, None] * heading
        near = surface.query(x)
        off = x - near.closest
        height = (off * near.normal).sum(axis=1)
        beside = np.linalg.norm(off - height[:, None] * near.normal, axis=1) > 0.5 * np.abs(height)  # past a border
        wanted = _FALL * np.minimum(k * step / _RISE, 1.0)
        drawn = (height < wanted) | ((height < _NEAR) & ~beside)
        x += np.where(drawn & (height > -_NEAR), wanted - height, 0.0)[:, None] * near.normal
        level = heading - (heading * near.normal).sum(axis=1, keepdims=True) * near.normal
        heading = np.where((drawn & (np.linalg.norm(level, axis=1) > 0.05))[:, None], level, heading)
        heading /= np.linalg.norm(heading, axis=1, keepdims=True)
    return x


def fills(sewn: int, outline: int) -> bool:
    """Whether a panel with so many of its outline's particles sewn fills a gap, as a godet does."""
    return sewn > _FILLED * outline


def filling(flat: Points, sewn: NDArray[np.intp], at: Points, mean: Callable[[Points], Points]) -> Points:
    """(n, 3) a panel of points (n, 2) stretched between the places (k, 3) to which its points `sewn` (k,) are sewn."""
    plane = np.column_stack([flat, np.ones(len(flat))])
    x = plane @ np.linalg.lstsq(plane[sewn], at, rcond=None)[0]
    left = np.zeros_like(x)
    left[sewn] = at - x[sewn]
    held = left[sewn].copy()
    for _ in range(_ROUNDS):
        left = mean(left)
        left[sewn] = held
    return x + left


def hood(
    panel: Panel, flat: Points, sewn: NDArray[np.intp], at: Points, middle: NDArray[np.intp], body: Body
) -> Points:
    """(n, 3) half a hood of points (n, 2), beside the head: sewn (k,) to the neckline at (k, 3), and by its points
    `middle` (j,) to the other half, where it goes round the head.
    """
    if len(sewn) < 3:
        raise PlacingRefused(f"The hood {panel.name!r} is sewn to no neckline.")
    sign = 1.0 if at[:, 0].mean() > 0 else -1.0
    profile = at[:, 1:] * [sign, 1.0]  # as seen from its side
    centre, goal = flat[sewn].mean(axis=0), profile.mean(axis=0)
    u, _, v = np.linalg.svd((flat[sewn] - centre).T @ (profile - goal))
    turn = u @ np.diag([1.0, np.sign(np.linalg.det(u @ v))]) @ v
    seen = (flat - centre) @ turn + goal
    head = body.vertices[in_parts(body, "head")]
    side = float(np.abs(head[:, 0]).max()) + _HEADROOM
    near_neck = np.clip((seen[:, 1] - goal[1]) / (2 * _MEETING), 0.0, 1.0)
    out = float(np.abs(at[:, 0]).mean()) * (1 - near_neck) + side * near_neck
    if len(middle):
        away = np.sqrt(((flat[:, None] - flat[middle]) ** 2).sum(axis=2).min(axis=1))
        out *= np.sqrt(1 - (1 - np.minimum(away / _MEETING, 1.0)) ** 2)
    return np.column_stack([sign * out, sign * seen[:, 0], seen[:, 1]])
