# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers of cloth: panels laid on others, how far each stands off, and what lies beneath it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ...patterns import Panel
from ...patterns.pieces import Wrap
from ..distance import MeshDistance
from .hulls import PlacingRefused, Points

GAP = 0.006  # metres from layer to layer
RISE = 0.015  # metres from where two layers are sewn together over which they part
_STACK = 0.04  # metres within which what lies underneath lifts a layer


def hosts_of(panel: Panel, panels: Mapping[str, Panel]) -> tuple[Panel, ...]:
    """The panels that a panel lies on: the one that its wrap names, or both of the mirrored piece of that name.

    Raises PlacingRefused for a host that the pattern does not have.
    """
    host = panel.wrap.host
    found = (panels[host],) if host in panels else tuple(p for p in panels.values() if p.piece == host)
    if not found:
        raise PlacingRefused(f"The panel {panel.name!r} lies on {host!r}, which this pattern does not have.")
    return found


def roots_of(panel: Panel, panels: Mapping[str, Panel]) -> tuple[Panel, ...]:
    """The panels about the body that a panel lies on, through however many hosts.

    Raises PlacingRefused for a host that the pattern does not have, and for panels that lie on each other.
    """
    seen, under = [panel.name], (panel,)
    while under[0].wrap.around == "on":
        under = hosts_of(under[0], panels)
        if under[0].name in seen:
            raise PlacingRefused(f"The panels {', '.join(seen)} lie on each other: let one of them lie about the body.")
        seen.append(under[0].name)
    return under


def in_frame_of_host(wrap: Wrap, points: Points) -> Points:
    """(n, 2) a panel's points (n, 2) in the plane of its host: the anchor on `at`, turned by `angle`."""
    cos, sin = np.cos(wrap.angle), np.sin(wrap.angle)
    return np.array(wrap.at) + (points - wrap.anchor) @ np.array([[cos, sin], [-sin, cos]])


class Host:
    """A panel on which others lie: points (n, 2) flat and faces (m, 3)."""

    def __init__(self, flat: Points, faces: NDArray[np.int32]) -> None:
        self._flat, self._faces = flat, faces
        self._surface = MeshDistance(np.column_stack([flat, np.zeros(len(flat))]), faces)

    def shares(self, points: Points, within: bool = False) -> tuple[NDArray[np.int32], Points]:
        """The corners (k, 3) of the triangle at each point (k, 2) and their shares (k, 3).

        Beyond the outline the nearest triangle is drawn on: the shares still sum to 1, but some are negative. `within`
        keeps to the host: what would lie beyond lies a little inside that triangle.
        """
        corners = self._faces[self._surface.query(np.column_stack([points, np.zeros(len(points))])).face]
        a, b, c = (self._flat[corners[:, k]] for k in range(3))
        sides = np.stack([b - a, c - a], axis=2)
        rest = np.linalg.solve(sides, (points - a)[..., None])[..., 0]
        share = np.column_stack([1 - rest.sum(axis=1), rest])
        if within:
            beyond = (share < -1e-6).any(axis=1, keepdims=True)
            kept = np.maximum(share, 0.0)
            share = np.where(beyond, 0.9 * kept / kept.sum(axis=1, keepdims=True) + 0.1 / 3, share)
        return corners, share

    def covers(self, points: Points, margin: float = 1e-9) -> NDArray[np.bool_]:
        """(k,) whether points (k, 2) lie within the outline, or no farther from it than a margin in metres."""
        return self._surface.query(np.column_stack([points, np.zeros(len(points))]), margin).face >= 0


def shared(values: Points, corners: NDArray[np.int32], shares: Points) -> Points:
    """(k, d) values (n, d) of a host at the places that `Host.shares` gave."""
    return np.einsum("kc,kcd->kd", shares, values[corners])


def normals(x: Points, faces: NDArray[np.int32], right: Points) -> Points:
    """(n, 3) unit normals of vertices (n, 3) towards the outside; right (m,): -1 for triangles turned over."""
    a, b, c = (x[faces[:, k]] for k in range(3))
    of_face = np.cross(b - a, c - a) * right[:, None]
    total = np.zeros_like(x)
    for k in range(3):
        for axis in range(3):
            total[:, axis] += np.bincount(faces[:, k], of_face[:, axis], len(x))
    return total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-18)


def meeting(
    flat: Sequence[Points],
    stack: NDArray[np.intp],
    depth: Points,
    weld: NDArray[np.int32],
    of: NDArray[np.intp],
    trims: NDArray[np.bool_],
) -> Points:
    """(n,) depths, drawn together where layers of one stack are sewn to each other: to that of the outermost of them.

    flat: the panels' points (k, 2), one after the other; stack (n,): which stack of layers each particle belongs to;
    depth (n,) in layers; weld (n,) as in Cloth; of (n,): the panel of each; trims (n,): which of them are buttons and
    the like, about which layers part over twice the way, for they are drawn together there.
    """
    order = np.lexsort((np.abs(depth), stack, weld))
    starts = np.flatnonzero((np.diff(weld[order], prepend=-1) != 0) | (np.diff(stack[order], prepend=-1) != 0))
    size = np.diff(starts, append=len(order))
    sorted_depth = depth[order]
    span = np.maximum.reduceat(sorted_depth, starts) - np.minimum.reduceat(sorted_depth, starts)
    sewn, goal = np.zeros(len(depth), bool), depth.copy()
    sewn[order], goal[order] = np.repeat(span > 1e-9, size), np.repeat(sorted_depth[starts], size)
    drawn = depth.copy()
    for k, points in enumerate(flat):
        here = np.flatnonzero(of == k)
        held = here[sewn[here]]
        if not len(held):
            continue
        for part in np.array_split(np.arange(len(points)), len(points) * len(held) // 1_000_000 + 1):
            away = np.sqrt(((points[part, None] - points[held - here[0]]) ** 2).sum(axis=2))
            away /= RISE * (1 + trims[held])
            nearest, rows = away.argmin(axis=1), here[part]
            risen = np.minimum(away.min(axis=1), 1.0)
            drawn[rows] = goal[held[nearest]] * (1 - risen) + depth[rows] * risen
    return drawn


def beneath(place: Points, stack: NDArray[np.intp], depth: Points) -> Points:
    """(n,) the depth, at most 0, of the lowest layer about each particle; place (n, 2) in the stack's own plane."""
    lowest = np.minimum(depth, 0.0)
    if not (depth < 0).any():
        return np.zeros(len(depth))
    cell = np.floor(place / _STACK).astype(np.int64)
    cell -= cell.min(axis=0) - 1
    wide = cell[:, 1].max() + 2
    key = (stack * (cell[:, 0].max() + 2) + cell[:, 0]) * wide + cell[:, 1]
    cells, at = np.unique(key, return_inverse=True)
    least = np.zeros(len(cells))
    np.minimum.at(least, at, lowest)
    found = least.copy()
    for step in [i * wide + j for i in (-1, 0, 1) for j in (-1, 0, 1)]:
        near = np.minimum(np.searchsorted(cells, cells + step), len(cells) - 1)
        found = np.where(cells[near] == cells + step, np.minimum(found, least[near]), found)
    return found[at]
