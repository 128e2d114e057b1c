# SPDX-License-Identifier: GPL-3.0-or-later
"""Panels laid as they are worn, still in the flat: darts and pleats closed, folds turned over.

Depths count layers of cloth along the outside's normal: 0 is the cloth that shows, -1 lies underneath.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...patterns import Panel
from ...patterns.pieces import InternalLine, Pleat
from .flat import darts_closed, distance_to_outline
from .hulls import Points

_LIFTED = 0.5  # of the way between a pleat's layers by which the cloth over it stands off
_RISE = 0.03  # metres beyond a pleat over which the cloth comes up from underneath
_RELEASE = 0.15  # metres below the end of a pleat over which it opens
_RAMP = 0.012  # metres from a fold over which the turned cloth reaches its layer
_DRAWN_ON = 100.0  # metres by which a line is drawn on straight at both ends
_INSIDE = 0.005  # metres from the outline at which a pleat's end counts as inside the panel


class Laid(NamedTuple):
    """Points of a panel as it is worn: where they lie in the flat (n, 2), in which layer (n,), and which of them (n,)
    other cloth of the panel covers or bears, being folded.
    """

    points: Points
    depth: Points
    folded: NDArray[np.bool_]


class _PleatRows:
    """A pleat row by row: `across` leads from fold to placement, `along` from the sewn edge to the far end."""

    def __init__(self, pleat: Pleat, panel: Panel) -> None:
        (fold, fold_end), (placement, placement_end) = (np.array(pair) for pair in (pleat.fold, pleat.placement))
        self.origin = (fold + placement) / 2
        far = (fold_end + placement_end) / 2 - self.origin
        self.length = float(np.linalg.norm(far))
        self.along = far / self.length
        self.across = np.array([self.along[1], -self.along[0]])
        if (placement - fold) @ self.across < 0:
            self.across = -self.across
        self._fold, self._placement = ((end - self.origin) @ self.across for end in (fold, placement))
        self._fold_end, self._placement_end = ((e - self.origin) @ self.across for e in (fold_end, placement_end))
        end = distance_to_outline(self.origin + far[None], panel.outline(1e-3))[0]
        self._opens = end > _INSIDE and self._placement_end - self._fold_end > _INSIDE
        anchor = np.array([panel.wrap.anchor])
        fold_at, placement_at = self.lines(anchor)
        self.anchored_beyond = bool(self.at(anchor)[0] > (fold_at[0] + placement_at[0]) / 2)

    def at(self, points: Points) -> Points:
        """(n,) how far points (n, 2) lie across the pleat."""
        return (points - self.origin) @ self.across

    def lines(self, points: Points) -> tuple[Points, Points]:
        """(n,) where fold and placement lie across the pleat in the rows of the points (n, 2)."""
        t = (points - self.origin) @ self.along / self.length
        fold = self._fold + t * (self._fold_end - self._fold)
        placement = self._placement + t * (self._placement_end - self._placement)
        middle, half = (fold + placement) / 2, np.maximum(placement - fold, 0.0) / 2
        if self._opens:
            half *= np.clip(1 - (t - 1) * self.length / _RELEASE, 0.0, 1.0)
        return middle - half, middle + half


def _pleated(panel: Panel, points: Points) -> Laid:
    """How far points (n, 2) of a panel move when its pleats are laid, and in which layers they then lie.

    Seen across, a pleat is a Z: from the fold back underneath to the inner fold, and forth again to the placement,
    which comes to lie under the fold. From there the cloth rises to the surface, and what another pleat lays beneath it
    goes down with it, like shingles.
    """
    shift, depth, folded = np.zeros_like(points), np.zeros(len(points)), np.zeros(len(points), bool)
    pleats = [_PleatRows(pleat, panel) for pleat in panel.pleats]
    owner = np.full(len(points), -1)  # the pleat that hides each point
    covers = points.copy()  # the point of the surface over each point
    for number, pleat in enumerate(pleats):
        u, (fold, placement) = pleat.at(points), pleat.lines(points)
        width = placement - fold
        half = np.maximum(width / 2, 1e-9)
        down, up = (u > fold) & (u < fold + width / 2), (u >= fold + width / 2) & (u < placement)
        moved = np.where(u <= fold, 0.0, np.where(down, -2 * (u - fold), -width))
        shift += (moved + width * pleat.anchored_beyond)[:, None] * pleat.across
        folded |= down | up
        owner[down | up] = number
        there = np.minimum(width / _RAMP, 1.0)
        depth -= np.where(down | up, (u - fold) / half, 0.0) * there
        cover = np.minimum((fold - u) / _RAMP, np.minimum(1 + (width / 2 - fold + u) / _RISE, 1.0))
        depth += _LIFTED * np.where(u < fold, np.maximum(cover, 0.0), 0.0) * there
        covers += np.where(down, -2 * (u - fold), np.where(up, -width, 0.0))[:, None] * pleat.across
    for number, pleat in enumerate(pleats):
        u, (fold, placement) = pleat.at(points), pleat.lines(points)
        ends = [at for other in pleats if other is not pleat for at in _crossings(pleat, other)]
        rise = min([_RISE, *(end for end in ends if end > 1e-4)])
        under = np.minimum((pleat.at(covers) - placement) / rise - 1, 0.0)
        depth += np.where(u >= placement, 2 * under, 0.0) * np.minimum((placement - fold) / _RAMP, 1.0)
        # Of two pleats that hide their cloth under the same stretch, the later lies under the earlier.
        into = fold - pleat.at(covers)
        met = np.clip(1 + ((placement - fold) / 2 - into) / _RAMP, 0.0, 1.0) * (into > 0)
        depth -= np.where((owner > number) & (u < fold), 2 * met, 0.0)
    return Laid(shift, depth, folded)


def _crossings(pleat: _PleatRows, other: _PleatRows) -> tuple[float, float]:
    """How far beyond a pleat's placement the two lines of another begin."""
    placement = pleat.lines(pleat.origin[None])[1][0]
    ends = other.origin + np.stack(other.lines(other.origin[None])) * other.across
    near, far = pleat.at(ends) - placement
    return float(near), float(far)


def nearest_on(line: Points, points: Points) -> tuple[Points, Points, Points]:
    """Where a polyline (k, 2) is nearest to points (n, 2): how far along it (n,), how far to its left the points lie
    (n,), and the way from there to them (n, 2).

    Beyond its ends the line is drawn on straight: there the first number is negative, or more than its length.
    """
    first, last = line[0] - line[1], line[-1] - line[-2]
    ends = _DRAWN_ON * np.stack([first / np.hypot(*first), last / np.hypot(*last)])
    a = np.concatenate([line[:1] + ends[:1], line])
    along = np.diff(np.concatenate([a, line[-1:] + ends[1:]]), axis=0)
    steps = np.linalg.norm(along, axis=1)
    to = points[:, None] - a
    t = np.clip((to * along).sum(axis=2) / steps**2, 0.0, 1.0)
    gaps = to - t[..., None] * along
    nearest, rows = (gaps**2).sum(axis=2).argmin(axis=1), np.arange(len(points))
    gap, way = gaps[rows, nearest], along[nearest]
    side = np.sign(way[:, 0] * gap[:, 1] - way[:, 1] * gap[:, 0])
    before = np.cumsum(steps) - steps - _DRAWN_ON
    return before[nearest] + t[rows, nearest] * steps[nearest], side * np.linalg.norm(gap, axis=1), gap


def turned_lines(panel: Panel) -> list[InternalLine]:
    """The lines along which a panel is folded over, the farthest from its anchor first."""
    anchor = np.array([panel.wrap.anchor])
    lines = [line for line in panel.internal if line.kind == "fold" and abs(abs(line.turn) - np.pi) < 1e-6]
    return sorted(lines, key=lambda line: -abs(float(nearest_on(line.flattened(), anchor)[1][0])))


def beyond(panel: Panel, line: InternalLine, points: Points) -> Points:
    """(n,) how far points (n, 2) of a panel lie beyond a fold, seen from the panel's anchor; negative before it."""
    drawn = line.flattened()
    anchored = nearest_on(drawn, np.array([panel.wrap.anchor]))[1][0]
    return -np.sign(anchored) * nearest_on(drawn, points)[1]


def laid(panel: Panel, points: Points) -> Laid:
    """Points (n, 2) of a panel as it is worn: darts and pleats closed, then folds turned over, the outermost first."""
    closed, depth, folded = darts_closed(panel, points), np.zeros(len(points)), np.zeros(len(points), bool)
    if panel.pleats:
        pleated = _pleated(panel, points)
        closed, depth, folded = closed + pleated.points, pleated.depth, pleated.folded
    for line in turned_lines(panel):
        over = beyond(panel, line, points)
        drawn = line.flattened()
        moved = darts_closed(panel, drawn) + (_pleated(panel, drawn).points if panel.pleats else 0.0)
        past = over > 0
        sign = np.sign(line.turn)
        thick = max(0.0, float((sign * depth[past]).max(initial=0.0)))
        ramp = np.minimum(over / _RAMP, 1.0)
        closed = np.where(past[:, None], closed - 2 * nearest_on(moved, closed)[2], closed)
        depth = np.where(past, sign * (1 + thick) * ramp - depth, depth)
        folded = folded | past
    return Laid(closed, depth, folded)


def facing(flat: Points, faces: NDArray[np.int32]) -> NDArray[np.float64]:
    """(m,) 1 where a triangle of points (n, 2) shows its right side, -1 where a fold has turned it over."""
    u, v = (flat[faces[:, k]] - flat[faces[:, 0]] for k in (1, 2))
    return np.where(u[:, 0] * v[:, 1] < u[:, 1] * v[:, 0], -1.0, 1.0)
