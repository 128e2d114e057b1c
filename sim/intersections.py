# SPDX-License-Identifier: GPL-3.0-or-later
"""Which triangles truly intersect: exact answers, for cloth with itself and cloth with the body.

Triangles are closed sets, so touching counts. Every decision is the sign of a determinant of the float64 coordinates as
they stand: in floating point where rounding cannot reach the sign (a filter as in Shewchuk, "Adaptive precision
floating-point arithmetic and fast robust geometric predicates", 1997), else in whole numbers of any size, so no
tolerance enters. Faces without area are treated as the segments or points that they are.

Neighbours in a mesh share vertices and are no fault for that: two faces with one common vertex intersect where the edge
opposite to it of one meets the other; with a common edge, where one lies folded flat onto the other (two faces without
area along one edge are not looked into); with three, always.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .distance import Floats, Ints, median_split, ranges, triangle_mesh

Signs = NDArray[np.int8]
Mask = NDArray[np.bool_]

_FACES_AT_ONCE = 4096
_PAIRS_AT_ONCE = 2_000_000  # where a crumpled mesh makes more, the faces are taken in smaller parts


def self_intersections(vertices: ArrayLike, faces: ArrayLike) -> Ints:
    """Pairs (k, 2) of faces of one welded mesh that intersect, i < j, in order.

    `vertices` (n, 3) float, `faces` (m, 3) int. Raises `MeshRefused` for an empty, not finite or wrongly indexed mesh.
    """
    points, triangles = triangle_mesh(vertices, faces)
    signs = _Orientation(points)
    found = [np.empty((0, 2), dtype=np.int64)]
    for i, j in _overlapping_boxes(points[triangles], points[triangles]):
        i, j = i[i < j], j[i < j]
        a, b = triangles[i], triangles[j]
        same = a[:, :, None] == b[:, None, :]
        shared = same.sum(axis=(1, 2))
        hit = shared == 3
        # Turned so that the common vertex, or the vertex off the common edge, stands first.
        turn_a = np.argmax(same.any(axis=2) == (shared == 1)[:, None], axis=1)
        turn_b = np.argmax(same.any(axis=1) == (shared == 1)[:, None], axis=1)
        a = np.take_along_axis(a, (turn_a[:, None] + np.arange(3)) % 3, axis=1)
        b = np.take_along_axis(b, (turn_b[:, None] + np.arange(3)) % 3, axis=1)
        for count, meet in ((0, _meet), (1, _meet_beyond_vertex), (2, _folded_along_edge)):
            rows = np.flatnonzero(shared == count)
            hit[rows] = meet(signs, a[rows], b[rows])
        found.append(np.stack([i[hit], j[hit]], axis=1))
    return _in_order(np.concatenate(found))


def intersections(vertices_a: ArrayLike, faces_a: ArrayLike, vertices_b: ArrayLike, faces_b: ArrayLike) -> Ints:
    """Pairs (k, 2) of a face of mesh a and a face of mesh b that intersect, in order; arguments as above."""
    points_a, triangles_a = triangle_mesh(vertices_a, faces_a)
    points_b, triangles_b = triangle_mesh(vertices_b, faces_b)
    signs = _Orientation(np.concatenate([points_a, points_b]))
    found = [np.empty((0, 2), dtype=np.int64)]
    for i, j in _overlapping_boxes(points_a[triangles_a], points_b[triangles_b]):
        hit = _meet(signs, triangles_a[i], triangles_b[j] + len(points_a))
        found.append(np.stack([i[hit], j[hit]], axis=1))
    return _in_order(np.concatenate(found))


def _in_order(pairs: Ints) -> Ints:
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]


def _overlapping_boxes(corners_a: Floats, corners_b: Floats) -> Iterator[tuple[Ints, Ints]]:
    """Pairs of triangles, from (m, 3, 3) and (n, 3, 3) corners, whose boxes meet: part by part, each pair once."""
    # A box as (low, -high), so that one comparison of six numbers says whether two meet.
    boxes_b = np.concatenate([corners_b.min(axis=1), -corners_b.max(axis=1)], axis=1)
    boxes_a = np.concatenate([corners_a.max(axis=1), -corners_a.min(axis=1)], axis=1)
    near = np.flatnonzero((boxes_b <= boxes_a.max(axis=0)).all(axis=1))  # of a body, what is beside the garment
    if not len(near):
        return
    order, levels = median_split(corners_b[near].mean(axis=1))
    order = near[order]
    boxes_b = boxes_b[order]
    nodes = [np.minimum.reduceat(boxes_b, starts) for starts in levels]
    leaves, sizes = levels[-1], np.diff(levels[-1], append=len(order))

    def meeting(face: Ints, other: Ints, boxes: Floats) -> tuple[Ints, Ints]:
        keep = (boxes.take(other, axis=0) <= boxes_a.take(face, axis=0)).all(axis=1)
        return face[keep], other[keep]

    parts = [
        np.arange(start, min(start + _FACES_AT_ONCE, len(boxes_a))) for start in range(0, len(boxes_a), _FACES_AT_ONCE)
    ]
    while parts:
        part = parts.pop()
        face, node = part, np.zeros_like(part)
        for level, boxes in enumerate(nodes):
            if level:
                face, node = np.repeat(face, 4), (4 * node[:, None] + np.arange(4)).ravel()
            face, node = meeting(face, node, boxes)
            if len(face) > _PAIRS_AT_ONCE and len(part) > 1:
                parts += np.array_split(part, 2)
                break
        else:
            face, other = np.repeat(face, sizes[node]), ranges(leaves[node], sizes[node])
            face, other = meeting(face, other, boxes_b)
            yield face, order[other]


class _Orientation:
    """Exact signs of volumes and areas spanned by numbered points (n, 3)."""

    def __init__(self, points: Floats) -> None:
        self.columns: NDArray[Any] = np.ascontiguousarray(points.T)
        self._whole: NDArray[Any] | None = None
        # Outside this range products overflow or underflow, and the filter's bound no longer holds.
        self._trusted = np.abs(points).max() < 1e100

    def _whole_numbers(self) -> NDArray[Any]:
        """The coordinates as Python integers, all multiplied by one power of two."""
        if self._whole is None:
            mantissa, exponent = np.frexp(self.columns)
            digits = (mantissa * 2.0**53).astype(np.int64)
            shift = np.where(digits == 0, 0, exponent - exponent.min(where=digits != 0, initial=2000))
            self._whole = digits.astype(object) << shift.astype(object)
        return self._whole

    def _sure(self, terms: list[NDArray[Any]], bound: float) -> Signs:
        """The sign of a sum of products where rounding cannot change it, else 0."""
        total, size = sum(terms[1:], terms[0]), sum((np.abs(term) for term in terms[1:]), np.abs(terms[0]))
        sure = (np.abs(total) > bound * size) & (size > 1e-200) & self._trusted
        return np.where(sure, np.sign(total), 0.0).astype(np.int8)

    def _exact(self, terms: list[NDArray[Any]]) -> Signs:
        total = sum(terms[1:], terms[0])
        return (total > 0).astype(np.int8) - (total < 0).astype(np.int8)

    def sure_volume(self, a: Ints, b: Ints, c: Ints, d: Ints) -> Signs:
        """Sign of det(a - d, b - d, c - d), 0 where floating point cannot tell; indices (k,)."""
        with np.errstate(over="ignore", invalid="ignore"):
            # Six products of three differences: at most 10 roundings of 2^-53 each on the way to the sum.
            return self._sure(_volume_terms(self.columns, a, b, c, d), 16 * 2.0**-53)

    def volume(self, a: Ints, b: Ints, c: Ints, d: Ints) -> Signs:
        """Sign of det(a - d, b - d, c - d), always right; indices (k,)."""
        sign = self.sure_volume(a, b, c, d)
        open_ = np.flatnonzero(sign == 0)
        if len(open_):
            sign[open_] = self._exact(_volume_terms(self._whole_numbers(), a[open_], b[open_], c[open_], d[open_]))
        return sign

    def sure_area(self, a: Ints, b: Ints, c: Ints, axis: Ints) -> Signs:
        """Sign of det(a - c, b - c), seen along each row's coordinate axis; 0 where floating point cannot tell."""
        with np.errstate(over="ignore", invalid="ignore"):
            return self._sure(_area_terms(self.columns, a, b, c, axis), 8 * 2.0**-53)

    def area(self, a: Ints, b: Ints, c: Ints, axis: Ints) -> Signs:
        """Sign of det(a - c, b - c), seen along each row's coordinate axis; always right."""
        sign = self.sure_area(a, b, c, axis)
        open_ = np.flatnonzero(sign == 0)
        if len(open_):
            sign[open_] = self._exact(_area_terms(self._whole_numbers(), a[open_], b[open_], c[open_], axis[open_]))
        return sign

    def flat_axis(self, a: Ints, b: Ints, c: Ints) -> Ints:
        """The coordinate axis (k,) along which each triangle shows most of itself."""
        seen = [np.abs(sum(_area_terms(self.columns, a, b, c, np.full(len(a), axis)))) for axis in range(3)]
        return np.argmax(np.stack(seen), axis=0)


def _volume_terms(columns: NDArray[Any], a: Ints, b: Ints, c: Ints, d: Ints) -> list[NDArray[Any]]:
    (ax, ay, az), (bx, by, bz), (cx, cy, cz) = (
        [column.take(corner) - column.take(d) for column in columns] for corner in (a, b, c)
    )
    return [ax * by * cz, ay * bz * cx, az * bx * cy, -ax * bz * cy, -ay * bx * cz, -az * by * cx]


def _area_terms(columns: NDArray[Any], a: Ints, b: Ints, c: Ints, axis: Ints) -> list[NDArray[Any]]:
    u, v = (axis + 1) % 3, (axis + 2) % 3
    au, av = columns[u, a] - columns[u, c], columns[v, a] - columns[v, c]
    bu, bv = columns[u, b] - columns[u, c], columns[v, b] - columns[v, c]
    return [au * bv, -av * bu]


def _apart(signs: Signs) -> Mask:
    """Whether all signs of a column of (s, k) are strictly the same."""
    return (signs > 0).all(axis=0) | (signs < 0).all(axis=0)


def _one_sided(signs: Signs) -> Mask:
    """Whether a column of (s, k) holds no two opposite signs."""
    return (signs >= 0).all(axis=0) | (signs <= 0).all(axis=0)


def _beside_planes(signs: _Orientation, a: Ints, b: Ints, first: int) -> Mask:
    """Whether the vertices `first` … 2 of one triangle surely lie strictly on one side of the other's plane."""
    of_b = np.stack([signs.sure_volume(a[:, 0], a[:, 1], a[:, 2], b[:, k]) for k in range(first, 3)])
    beside = _apart(of_b)
    rows = np.flatnonzero(~beside)
    a, b = a[rows], b[rows]
    of_a = np.stack([signs.sure_volume(b[:, 0], b[:, 1], b[:, 2], a[:, k]) for k in range(first, 3)])
    beside[rows] = _apart(of_a)
    return beside


def _meet(signs: _Orientation, a: Ints, b: Ints) -> Mask:
    """Whether triangles (k, 3), (k, 3) without a common vertex share a point."""
    hit = np.zeros(len(a), dtype=bool)
    left = np.flatnonzero(~_beside_planes(signs, a, b, 0))
    for one, other in ((a, b), (b, a)):
        for k in range(3):
            hit[left] = _segment_meets_triangle(signs, one[left, k], one[left, (k + 1) % 3], *other[left].T)
            left = left[~hit[left]]
    return hit


def _meet_beyond_vertex(signs: _Orientation, a: Ints, b: Ints) -> Mask:
    """Whether triangles whose first vertex is common share another point.

    A segment from that vertex to a further common point, drawn on, leaves one of the two through its opposite edge.
    """
    hit = np.zeros(len(a), dtype=bool)
    left = np.flatnonzero(~_beside_planes(signs, a, b, 1))
    for one, other in ((a, b), (b, a)):
        hit[left] = _segment_meets_triangle(signs, one[left, 1], one[left, 2], *other[left].T)
        left = left[~hit[left]]
    return hit


def _folded_along_edge(signs: _Orientation, a: Ints, b: Ints) -> Mask:
    """Whether triangles whose last two vertices are common lie in one plane and on the same side of that edge."""
    folded = signs.volume(a[:, 0], a[:, 1], a[:, 2], b[:, 0]) == 0
    left = np.flatnonzero(folded)
    folded[left] = False
    shown = signs.flat_axis(*a[left].T)
    for turn in range(3):
        axis = (shown + turn) % 3
        side_a = signs.area(a[left, 1], a[left, 2], a[left, 0], axis)
        side_b = signs.area(a[left, 1], a[left, 2], b[left, 0], axis)
        folded[left] = side_a * side_b > 0
        left, shown = left[side_a == 0], shown[side_a == 0]  # seen edge-on: look along another axis
    return folded


def _segment_meets_triangle(signs: _Orientation, p: Ints, q: Ints, a: Ints, b: Ints, c: Ints) -> Mask:
    """Whether the closed segment pq and the closed triangle abc share a point; indices (k,).

    The ends must not lie strictly on one side of the plane, and the line must pass no edge on the wrong side: the
    volumes of pq with ab, bc, ca hold no opposite signs. That decides unless all five points lie in one plane, where
    all these volumes vanish. A triangle without area needs no case of its own: its three volumes then add up to zero.
    """
    hit = np.zeros(len(p), dtype=bool)
    ends = np.stack([signs.volume(a, b, c, p), signs.volume(a, b, c, q)])
    left = np.flatnonzero(~_apart(ends))
    p, q, a, b, c, ends = p[left], q[left], a[left], b[left], c[left], ends[:, left]
    round_edges = np.stack([signs.volume(p, q, u, v) for u, v in ((a, b), (b, c), (c, a))])
    hit[left] = _one_sided(round_edges)
    flat = np.flatnonzero((ends == 0).all(axis=0) & (round_edges == 0).all(axis=0))
    hit[left[flat]] = _meet_in_plane(signs, p[flat], q[flat], a[flat], b[flat], c[flat])
    return hit


def _meet_in_plane(signs: _Orientation, p: Ints, q: Ints, a: Ints, b: Ints, c: Ints) -> Mask:
    """`_segment_meets_triangle` for five points in one plane, seen along a coordinate axis that does not lie in it.

    Which axis does is known where the triangle shows an area. Where it shows none, all three must agree: what meets in
    space meets in every view, and one of the three views is true to the plane.
    """
    hit = np.ones(len(p), dtype=bool)
    left = np.arange(len(p))
    shown = signs.flat_axis(a, b, c)
    for turn in range(3):
        axis = (shown[left] + turn) % 3
        hit[left] = _meet_in_view(signs, p[left], q[left], a[left], b[left], c[left], axis)
        left = left[hit[left] & (signs.sure_area(a[left], b[left], c[left], axis) == 0)]
    return hit


def _meet_in_view(signs: _Orientation, p: Ints, q: Ints, a: Ints, b: Ints, c: Ints, axis: Ints) -> Mask:
    """Whether segment pq and triangle abc share a point, both projected along a coordinate axis."""
    sides = ((a, b), (b, c), (c, a))
    of_p = np.stack([signs.area(u, v, p, axis) for u, v in sides])
    of_q = np.stack([signs.area(u, v, q, axis) for u, v in sides])
    of_corner = [signs.area(p, q, corner, axis) for corner in (a, b, c)]
    hit = _one_sided(of_p) & (signs.area(a, b, c, axis) != 0)  # p inside, else pq must meet a side
    for k, (u, v) in enumerate(sides):
        crossing = (of_p[k] * of_q[k] <= 0) & (of_corner[k] * of_corner[(k + 1) % 3] <= 0)
        for column in ((axis + 1) % 3, (axis + 2) % 3):  # on one line the signs all vanish, and the extents decide
            start, end, low, high = (signs.columns[column, point] for point in (p, q, u, v))
            crossing &= np.maximum(start, end) >= np.minimum(low, high)
            crossing &= np.maximum(low, high) >= np.minimum(start, end)
        hit |= crossing
    return hit
