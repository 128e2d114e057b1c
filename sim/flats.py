# SPDX-License-Identifier: GPL-3.0-or-later
"""The flat sketch: a draped garment as a pattern room draws it, seen square from the front or the back in lines.

Drawn are what bounds the cloth (hems, openings), its seams, and its contours, where they are not hidden behind cloth.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Side = Literal["front", "back"]

_CELL = 0.003  # metres of the grid on which is told what lies in front
_BEHIND = 0.010  # metres behind the nearest cloth at which a line is hidden
_SHORTEST = 0.02  # metres of a contour that is drawn: shorter ones are wrinkles
_ABOUT = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)]  # a cell and its neighbours
_STEP = 0.004  # metres along a line from one look at what hides it to the next


@dataclass(frozen=True)
class Flat:
    """Polylines (n, 2) of a flat, metres, x to the right and y up: the cloth's bounds and contours, and its seams."""

    outlines: tuple[Floats, ...]
    seams: tuple[Floats, ...]


def flat_sketch(positions: Floats, faces: Ints, seams: Ints, side: Side) -> Flat:
    """A garment in lines.

    positions: (n, 3) metres, Z up, the body facing −Y. faces: (m, 3). seams: (s, 2) pairs of vertices along its seams.
    """
    seen = positions * ([1.0, 1.0, 1.0] if side == "front" else [-1.0, -1.0, 1.0])  # a look along +Y
    depth = _nearest(seen, faces)
    edges, owners = _edges(faces)
    facing = _facing(seen, faces)
    bound = owners[:, 1] < 0
    contour = ~bound & (facing[owners[:, 0]] != facing[owners[:, 1]])
    drawn = {tuple(sorted(pair)) for pair in seams.tolist()}
    is_seam = np.array([tuple(edge) in drawn for edge in edges.tolist()], np.bool_)
    outlines = [line for line in _chains(edges[bound & ~is_seam]) if len(line) > 1]
    contours = [line for line in _chains(edges[contour & ~is_seam & ~bound]) if _long(seen, line) > _SHORTEST]
    sewn = list(_chains(edges[is_seam]))
    return Flat(
        tuple(run for line in (*outlines, *contours) for run in _visible(seen[line], depth)),
        tuple(run for line in sewn for run in _visible(seen[line], depth)),
    )


class _Depth(dict[tuple[int, int], float]):
    """The least y of the cloth in every cell of x and z that it covers."""


def _nearest(seen: Floats, faces: Ints) -> _Depth:
    corners = seen[faces]
    size = np.linalg.norm(np.diff(corners[:, [0, 1, 2, 0]], axis=1), axis=2).max(axis=1)
    found = _Depth()
    for parts in np.unique(np.ceil(1.5 * size / _CELL).astype(int)):
        mine = corners[np.ceil(1.5 * size / _CELL).astype(int) == parts]
        i, j = np.mgrid[0 : parts + 1, 0 : parts + 1]
        weights = np.stack([i, j, parts - i - j], axis=-1)[i + j <= parts] / parts
        points = np.einsum("kc,fcd->fkd", weights, mine).reshape(-1, 3)
        cells = np.floor(points[:, [0, 2]] / _CELL).astype(int)
        order = np.lexsort((points[:, 1], cells[:, 1], cells[:, 0]))
        cells, nearest = cells[order], points[order, 1]
        first = np.concatenate([[True], (np.diff(cells, axis=0) != 0).any(axis=1)])
        for cell, y in zip(map(tuple, cells[first].tolist()), nearest[first].tolist(), strict=True):
            found[cell] = min(found.get(cell, np.inf), y)
    return found


def _edges(faces: Ints) -> tuple[Ints, Ints]:
    """Every edge (e, 2) with its lower vertex first, and its one or two faces (e, 2), -1 where there is none."""
    pairs = np.sort(faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    edges, which = np.unique(pairs, axis=0, return_inverse=True)
    owners = np.full((len(edges), 2), -1, np.int64)
    order = np.argsort(which, kind="stable")
    first = np.flatnonzero(np.diff(which[order], prepend=-1))
    owners[:, 0] = order[first] // 3
    twice = np.diff(np.append(first, len(order))) > 1
    owners[twice, 1] = order[first[twice] + 1] // 3
    return edges, owners


def _facing(seen: Floats, faces: Ints) -> NDArray[np.bool_]:
    """(m,) whether the outside of a face is turned to the onlooker."""
    a, b, c = (seen[faces[:, k]] for k in range(3))
    return np.cross(b - a, c - a)[:, 1] < 0


def _chains(edges: Ints) -> Iterator[list[int]]:
    """Vertices of edges strung together, as far as they go on without a fork."""
    near: dict[int, list[int]] = {}
    for a, b in edges.tolist():
        near.setdefault(a, []).append(b)
        near.setdefault(b, []).append(a)
    left = {tuple(edge) for edge in edges.tolist()}
    starts = [v for v in near if len(near[v]) != 2] + list(near)
    for start in starts:
        for following in near[start]:
            if (min(start, following), max(start, following)) not in left:
                continue
            chain = [start]
            ahead = following
            while True:
                left.discard((min(chain[-1], ahead), max(chain[-1], ahead)))
                chain.append(ahead)
                onward = [v for v in near[ahead] if (min(ahead, v), max(ahead, v)) in left]
                if len(near[ahead]) != 2 or not onward:
                    break
                ahead = onward[0]
            yield chain


def _long(seen: Floats, chain: list[int]) -> float:
    return float(np.linalg.norm(np.diff(seen[chain][:, [0, 2]], axis=0), axis=1).sum())


def _visible(line: Floats, depth: _Depth) -> Iterator[Floats]:
    """The stretches (n, 2) of a line (k, 3) that no cloth hides."""
    lengths = np.linalg.norm(np.diff(line, axis=0), axis=1)
    along = np.concatenate([[0.0], np.cumsum(lengths)])
    at = np.linspace(0.0, along[-1], max(2, int(along[-1] / _STEP) + 1))
    points = np.stack([np.interp(at, along, column) for column in line.T], axis=1)
    cells = np.floor(points[:, [0, 2]] / _CELL).astype(int)
    # Where the cloth turns away, what is next to a contour lies well before it: the farthest of the cells about counts.
    nearest = np.array([max(depth.get((x + i, z + j), np.inf) for i, j in _ABOUT) for x, z in cells.tolist()])
    shown = points[:, 1] <= nearest + _BEHIND
    breaks = np.flatnonzero(np.diff(shown)) + 1
    for run, visible in zip(np.split(points, breaks), np.split(shown, breaks), strict=True):
        if visible[0] and len(run) > 1:
            yield run[:, [0, 2]]
