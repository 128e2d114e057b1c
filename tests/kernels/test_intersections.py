# SPDX-License-Identifier: GPL-3.0-or-later
"""Triangle intersections, against rational arithmetic, counted crossings and laws of geometry."""

from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toile.sim.distance import MeshDistance, MeshRefused
from toile.sim.intersections import intersections, self_intersections

A = [[0, 0, 0], [4, 0, 0], [0, 4, 0]]


def sheet(rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """A grid of 1 cm squares in the plane z = 0, each cut in two."""
    u, v = (a.ravel() for a in np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij"))
    corner = (u * columns + v).reshape(rows, columns)[:-1, :-1].ravel()
    across = corner + columns + 1
    faces = np.concatenate([np.stack([corner, corner + columns, across], 1), np.stack([corner, across, corner + 1], 1)])
    return np.stack([u, v, 0 * u], axis=1) * 0.01, faces


def solutions(columns: list[list[Fraction]], right: list[Fraction]) -> list[Fraction] | None:
    """The x of sum(columns * x) = right, None where there is none or the columns depend on each other."""
    rows = [[column[r] for column in columns] + [right[r]] for r in range(len(right))]
    for k in range(len(columns)):
        pivot = next((r for r in range(k, len(rows)) if rows[r][k]), None)
        if pivot is None:
            return None
        rows[k], rows[pivot] = rows[pivot], rows[k]
        for r in range(len(rows)):
            if r != k and rows[r][k]:
                factor = rows[r][k] / rows[k][k]
                rows[r] = [x - factor * y for x, y in zip(rows[r], rows[k], strict=True)]
    if any(row[-1] for row in rows[len(columns) :]):
        return None
    return [rows[k][-1] / rows[k][k] for k in range(len(columns))]


def oracle(a, b, shared: int = 0) -> bool:
    """Whether sum(x a) = sum(y b) for some weights x, y >= 0 that add up to 1, beyond the first `shared` vertices.

    A bounded linear programme reaches its extremes in basic solutions, so all of these are tried, in fractions.
    """
    columns = [[*map(Fraction, map(float, p)), Fraction(1), Fraction(0)] for p in a]
    columns += [[*(-Fraction(float(x)) for x in p), Fraction(0), Fraction(1)] for p in b]
    right = [Fraction(0)] * 3 + [Fraction(1)] * 2
    for size in range(2, 6):
        for chosen in combinations(range(6), size):
            if min(chosen) > 2 or max(chosen) < 3 or not any(shared <= k < 3 for k in chosen):
                continue
            x = solutions([columns[k] for k in chosen], right)
            if x and min(x) >= 0 and any(w > 0 and shared <= k < 3 for k, w in zip(chosen, x, strict=True)):
                return True
    return False


@pytest.mark.parametrize(
    ("b", "meets"),
    [
        ([[1, 1, -1], [1, 1, 1], [5, 5, 1]], True),  # crossing
        ([[1, 1, 0], [1, 1, 1], [5, 5, 1]], True),  # a corner on the inside
        ([[2, 0, 0], [2, -1, 1], [2, -1, -1]], True),  # a corner on an edge
        ([[0, 0, 0], [-1, 0, 1], [-1, 0, -1]], True),  # corner on corner
        ([[1, -1, 0], [1, 5, 0], [9, 9, 0]], True),  # across, in the same plane
        ([[1, 1, 0], [1.5, 1, 0], [1, 1.5, 0]], True),  # inside, in the same plane
        ([[-9, -9, 0], [30, -9, 0], [-9, 30, 0]], True),  # around, in the same plane
        ([[2, 0, 0], [6, 0, 0], [4, -2, 0]], True),  # edges overlap along a line
        ([[4, 4, 0], [5, 4, 0], [4, 5, 0]], False),  # beside, in the same plane
        ([[2.5, 2.5, -1], [2.5, 2.5, 1], [5, 5, 0]], False),  # beside the long edge, boxes overlapping
        ([[0, 0, 1], [4, 0, 1], [0, 4, 1]], False),  # parallel
        ([[1, 1, 1e-300], [1, 1, 1], [5, 5, 1]], False),  # by a hair above
        ([[1, 1, -1e-300], [1, 1, 1], [5, 5, 1]], True),  # by a hair below
        ([[1, 1, -1], [1, 1, 1], [1, 1, 0]], True),  # no area: a segment through
        ([[1, 1, 1], [1, 1, 3], [1, 1, 2]], False),  # no area: a segment above
        ([[1, 1, 0], [1, 1, 0], [1, 1, 0]], True),  # no area: a point on it
        ([[3, 3, 0], [3, 3, 0], [3, 3, 0]], False),  # no area: a point beside it
        ([[-1, 2, 0], [9, 2, 0], [3, 2, 0]], True),  # no area: a segment in its plane
    ],
)
def test_known_pairs(b, meets):
    for turn, axes in enumerate(([0, 1, 2], [1, 2, 0], [0, 2, 1])):
        one, other = np.roll(A, turn, axis=0), np.roll(b, -turn, axis=0)
        assert len(intersections(one[:, axes], [[0, 1, 2]], other[:, axes], [[0, 1, 2]])) == meets
        assert len(intersections(other[:, axes], [[2, 1, 0]], one[:, axes], [[0, 1, 2]])) == meets
        both = self_intersections(np.concatenate([one, other])[:, axes], [[0, 1, 2], [3, 4, 5]])
        assert len(both) == meets


@pytest.mark.parametrize(
    ("vertices", "faces", "meets"),
    [
        ([*A, [-1, 0, 0], [0, -1, 0]], [[0, 1, 2], [0, 3, 4]], False),  # fans apart, one plane
        ([*A, [-1, 0, 1], [-1, 0, -1]], [[0, 1, 2], [0, 3, 4]], False),  # fans apart, planes crossing
        ([*A, [9, 9, 1], [9, 9, -1]], [[0, 1, 2], [0, 3, 4]], True),  # pierced through the far edge
        ([*A, [1, 1, 1], [1, 1, -1]], [[0, 1, 2], [0, 3, 4]], True),  # the far edge pierces
        ([*A, [1, 0, 0], [0, -1, 1]], [[0, 1, 2], [0, 3, 4]], True),  # edges on one line
        ([*A, [1, 2, 0], [2, 1, 0]], [[0, 1, 2], [0, 3, 4]], True),  # inside, one plane
        ([*A, [-4, 0, 0]], [[0, 1, 2], [0, 2, 3]], False),  # flat neighbours
        ([*A, [1, 1, 3]], [[0, 1, 2], [0, 3, 1]], False),  # neighbours at an angle
        ([*A, [1, 1, 0]], [[0, 1, 2], [0, 3, 1]], True),  # folded flat onto each other
        ([*A, [1, 1, 1e-300]], [[0, 1, 2], [0, 3, 1]], False),  # folded, but for a hair
        (A, [[0, 1, 2], [2, 1, 0]], True),  # the same face twice
    ],
)
def test_known_neighbours(vertices, faces, meets):
    vertices, faces = np.array(vertices, dtype=float), np.array(faces)
    for turn, axes in enumerate(([0, 1, 2], [1, 2, 0], [2, 0, 1])):
        turned = np.stack([np.roll(faces[0], turn), np.roll(faces[1], -turn)])
        assert len(self_intersections(vertices[:, axes], turned)) == meets
        assert len(self_intersections(vertices[:, axes], turned[::-1, ::-1])) == meets


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([1.0, 0.1, 1 / 3, 1e-160, 1e120]), st.integers(0, 2))
def test_random_pairs_agree_with_fractions(seed, scale, shared):
    """Small whole numbers make every kind of tie; times 1/3 or 0.1 they make near misses instead."""
    rng = np.random.default_rng(seed)
    for _ in range(2):
        vertices = rng.integers(-2, 3, (6 - shared, 3)) * scale
        a, b = np.arange(3), np.concatenate([np.arange(shared), np.arange(3, 6 - shared)])
        area = [np.linalg.norm(np.cross(*np.diff(vertices[f] / scale, axis=0))) for f in (a, b)]
        if shared and min(area) < 0.5:
            continue  # for neighbours the oracle tells a common vertex from others only where there is an area
        expected = oracle(vertices[a], vertices[b], shared)
        assert len(self_intersections(vertices, [rng.permutation(a), rng.permutation(b)])) == expected


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_order_and_rigid_motion_change_nothing(seed):
    rng = np.random.default_rng(seed)
    vertices = rng.uniform(-1, 1, (40, 3))
    faces = np.stack([rng.permutation(40)[:3] for _ in range(60)])
    found = {tuple(pair) for pair in self_intersections(vertices, faces).tolist()}
    assert all(i < j for i, j in found)

    new_place, new_name = rng.permutation(60), rng.permutation(40)
    shuffled_vertices, shuffled_faces = np.empty_like(vertices), np.empty_like(faces)
    shuffled_vertices[new_name], shuffled_faces[new_place] = vertices, new_name[faces]
    shuffled = self_intersections(shuffled_vertices, shuffled_faces)
    assert {tuple(sorted((new_place[i], new_place[j]))) for i, j in found} == {
        tuple(pair) for pair in shuffled.tolist()
    }

    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    moved = self_intersections(vertices @ turn.T + rng.uniform(-1, 1, 3), faces)
    assert found == {tuple(pair) for pair in moved.tolist()}


def piercings(vertices: np.ndarray, faces: np.ndarray, others: np.ndarray, triangles: np.ndarray) -> int:
    """How often an edge of one closed mesh goes through a face of the other (Möller & Trumbore 1997, every pair)."""
    edges = np.unique(np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1), axis=0)
    start, along = vertices[edges[:, 0], None], (vertices[edges[:, 1]] - vertices[edges[:, 0]])[:, None]
    a, ab, ac = others[triangles[:, 0]], *(others[triangles[:, k]] - others[triangles[:, 0]] for k in (1, 2))
    p = np.cross(along, ac)
    det = (p * ab).sum(axis=2)
    u = ((start - a) * p).sum(axis=2) / det
    q = np.cross(start - a, np.broadcast_to(ab, p.shape))
    v, t = (along * q).sum(axis=2) / det, (q * ac).sum(axis=2) / det
    return int(((u > 0) & (v > 0) & (u + v < 1) & (t > 0) & (t < 1)).sum())


def test_two_spheres_cross_along_a_closed_line():
    trimesh = pytest.importorskip("trimesh")
    one = trimesh.creation.icosphere(subdivisions=2)
    a, fa = np.asarray(one.vertices), np.asarray(one.faces)
    turn, _ = np.linalg.qr(np.random.default_rng(5).normal(size=(3, 3)))
    b, fb = a @ turn.T * 0.8 + [0.7, 0.3, 0.2], fa
    pairs = intersections(a, fa, b, fb)
    # Each pair holds one piece of the line, and each piece ends where an edge goes through a face, as does the next.
    assert len(pairs) == piercings(a, fa, b, fb) + piercings(b, fb, a, fa)
    inside = MeshDistance(b, fb).query(a).signed_distance < 0
    crossed = np.flatnonzero(inside[fa].any(axis=1) & ~inside[fa].all(axis=1))
    assert set(crossed) <= set(pairs[:, 0])
    joined = self_intersections(np.concatenate([a, b]), np.concatenate([fa, fb + len(a)]))
    np.testing.assert_array_equal(joined, pairs + np.array([0, len(fa)]))


def test_sound_surfaces_have_none():
    vertices, faces = sheet(20, 20)
    assert self_intersections(vertices, faces).shape == (0, 2)
    turn, _ = np.linalg.qr(np.random.default_rng(6).normal(size=(3, 3)))
    assert len(self_intersections(vertices @ turn.T, faces)) == 0  # flat but for rounding
    sphere = pytest.importorskip("trimesh").creation.icosphere(subdivisions=3)
    assert len(self_intersections(sphere.vertices, sphere.faces)) == 0


def test_meshes_apart_and_faces_of_very_different_size():
    vertices, faces = sheet(10, 10)
    assert intersections(vertices, faces, vertices + np.array([0, 0, 1e-12]), faces).shape == (0, 2)
    assert len(intersections(vertices, faces, [[-9, -9, -1], [9, 9, -1], [0.031, 0.033, 1e-9]], [[0, 1, 2]])) > 0
    everything = intersections(vertices, faces, [[-9, -9, 0], [9, -9, 0], [0, 9, 0]], [[0, 1, 2]])
    np.testing.assert_array_equal(everything[:, 0], np.arange(len(faces)))


def test_a_crumpled_heap_is_taken_in_parts(monkeypatch):
    from toile.sim import intersections as module

    rng = np.random.default_rng(7)
    vertices, faces = rng.uniform(-1, 1, (120, 3)), np.arange(120).reshape(40, 3)
    whole = self_intersections(vertices, faces)
    monkeypatch.setattr(module, "_PAIRS_AT_ONCE", 10)
    monkeypatch.setattr(module, "_FACES_AT_ONCE", 16)
    assert len(whole) > 20
    np.testing.assert_array_equal(self_intersections(vertices, faces), whole)


@pytest.mark.parametrize(
    ("vertices", "faces"),
    [
        (np.empty((0, 3)), np.empty((0, 3), int)),
        (np.full((3, 3), np.nan), [[0, 1, 2]]),
        (np.eye(3), [[0, 1, 3]]),
        (np.eye(3), [[0, 1, 1]]),
    ],
)
def test_meshes_that_are_none_are_refused(vertices, faces):
    with pytest.raises(MeshRefused):
        self_intersections(vertices, faces)
    with pytest.raises(MeshRefused):
        intersections(np.eye(3), [[0, 1, 2]], vertices, faces)


def test_a_wavy_tube_meets_itself_nowhere():
    flat, faces = sheet(100, 101)
    u, v = flat[:, 0], flat[:, 1]
    radius = 0.15 + 0.04 * np.sin(40 * u) * v
    garment = np.stack([radius * np.cos(6 * v), radius * np.sin(6 * v), u], axis=1)
    assert len(self_intersections(garment, faces)) == 0
