# SPDX-License-Identifier: GPL-3.0-or-later
"""Signed distance, against exact shapes, another library's closest points and the winding number."""

import importlib.util
import itertools
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toile.sim.distance import MeshDistance, MeshRefused, median_split, ranges

BOX = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], dtype=float)
BOX_FACES = np.array(
    [
        [0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1],
        [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3],
    ]
)  # fmt: skip


def torus(rings: int, sides: int, major: float = 0.3, minor: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    u, v = (a.ravel() for a in np.meshgrid(np.arange(rings), np.arange(sides), indexing="ij"))
    theta, phi = 2 * np.pi * u / rings, 2 * np.pi * v / sides
    r = major + minor * np.cos(phi)
    vertices = np.stack([r * np.cos(theta), r * np.sin(theta), minor * np.sin(phi)], axis=1)
    east, north = (u + 1) % rings * sides + v, u * sides + (v + 1) % sides
    corner = (u + 1) % rings * sides + (v + 1) % sides
    here = u * sides + v
    return vertices, np.concatenate([np.stack([here, east, corner], 1), np.stack([here, corner, north], 1)])


def oracle(vertices: np.ndarray, faces: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Every triangle for every point (trimesh), the sign by the winding number (van Oosterom & Strackee 1983)."""
    triangles = pytest.importorskip("trimesh").triangles
    corners = vertices[faces]
    closest = triangles.closest_point(np.tile(corners, (len(points), 1, 1)), np.repeat(points, len(faces), axis=0))
    away = np.linalg.norm(closest.reshape(len(points), -1, 3) - points[:, None], axis=2).min(axis=1)
    a, b, c = (corners[None, :, k] - points[:, None] for k in range(3))
    la, lb, lc = (np.linalg.norm(x, axis=2) for x in (a, b, c))
    det = np.einsum("ijk,ijk->ij", a, np.cross(b, c))
    dots = [np.einsum("ijk,ijk->ij", x, y) * z for x, y, z in ((a, b, lc), (b, c, la), (c, a, lb))]
    winding = np.sum(2 * np.arctan2(det, la * lb * lc + sum(dots)), axis=1) / (4 * np.pi)
    return np.where(winding > 0.5, -away, away)


@pytest.fixture(scope="module", autouse=True, params=["beside scipy", "in Blender's own Python"])
def host(request) -> Iterator[None]:
    """Both hosts answer alike; scipy's tree of the faces' centres is there for speed."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param != "beside scipy":
            patch.setattr(importlib.util, "find_spec", lambda _: None)
        yield


def test_a_box_answers_exactly_at_faces_edges_and_corners():
    box = MeshDistance(BOX, BOX_FACES)
    assert box.closed
    found = box.query([[0.5, 0.4, 1.2], [0.5, -0.3, 1.4], [-0.1, -0.2, -0.2], [0.5, 0.5, 0.9], [0.1, 0.25, 0.5]])
    np.testing.assert_allclose(found.signed_distance, [0.2, 0.5, 0.3, -0.1, -0.1], atol=1e-15)
    np.testing.assert_allclose(found.closest[:3], [[0.5, 0.4, 1], [0.5, 0, 1], [0, 0, 0]], atol=1e-15)
    root2, root3 = np.sqrt(0.5), np.sqrt(1 / 3)
    np.testing.assert_allclose(found.normal[:3], [[0, 0, 1], [0, -root2, root2], [-root3] * 3], atol=1e-12)


def test_it_agrees_with_every_triangle_tried_and_with_the_winding_number():
    vertices, faces = torus(24, 16)
    rng = np.random.default_rng(1)
    vertices = vertices + rng.normal(0, 0.004, vertices.shape)  # bumps: every kind of edge and corner
    points = np.concatenate([rng.uniform(-0.5, 0.5, (800, 3)), vertices + rng.normal(0, 1e-3, vertices.shape)])
    found = MeshDistance(vertices, faces).query(points)
    np.testing.assert_allclose(found.signed_distance, oracle(vertices, faces, points), atol=1e-12)
    np.testing.assert_allclose(
        np.linalg.norm(points - found.closest, axis=1), np.abs(found.signed_distance), atol=1e-12
    )


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(1e-3, 1e3), st.integers(4, 80))
def test_any_set_of_triangles_at_any_size(seed, size, count):
    pytest.importorskip("trimesh")
    rng = np.random.default_rng(seed)
    vertices = rng.uniform(-1, 1, (count, 3))
    faces = np.stack([rng.permutation(count)[:3] for _ in range(count)])
    points = rng.uniform(-2, 2, (20, 3))
    found = MeshDistance(size * vertices, faces).query(size * points)
    expected = size * np.abs(oracle(vertices, faces, points))  # trimesh has an absolute tolerance: ask it at size 1
    np.testing.assert_allclose(np.abs(found.signed_distance), expected, atol=1e-9 * size)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_distance_is_one_lipschitz_and_moves_with_the_mesh(seed):
    rng = np.random.default_rng(seed)
    vertices, faces = torus(12, 8)
    p, q = rng.uniform(-0.5, 0.5, (2, 30, 3))
    mesh = MeshDistance(vertices, faces)
    dp, dq = mesh.query(p).signed_distance, mesh.query(q).signed_distance
    assert (np.abs(dp - dq) <= np.linalg.norm(p - q, axis=1) + 1e-12).all()
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    turn *= np.sign(np.linalg.det(turn))
    shift = rng.uniform(-5, 5, 3)
    moved = MeshDistance(vertices @ turn.T + shift, faces).query(p @ turn.T + shift)
    np.testing.assert_allclose(moved.signed_distance, dp, atol=1e-12)


def test_a_fine_sphere_is_a_sphere():
    trimesh = pytest.importorskip("trimesh")
    sphere = trimesh.creation.icosphere(subdivisions=5, radius=0.2)
    points = np.random.default_rng(2).normal(0, 0.2, (3000, 3))
    found = MeshDistance(sphere.vertices, sphere.faces).query(points)
    sag = 0.2 - np.linalg.norm(sphere.triangles_center, axis=1).min()
    truth = np.linalg.norm(points, axis=1) - 0.2
    assert sag < 1e-4
    assert (found.signed_distance >= truth - 1e-12).all()
    assert (found.signed_distance <= truth + sag + 1e-12).all()


def test_the_cut_off_hides_only_what_lies_beyond_it():
    vertices, faces = torus(24, 16)
    points = np.random.default_rng(3).uniform(-0.5, 0.5, (500, 3))
    mesh = MeshDistance(vertices, faces)
    whole, cut = mesh.query(points), mesh.query(points, max_distance=0.05)
    near = np.abs(whole.signed_distance) <= 0.05
    assert 0 < near.sum() < len(points)
    for everything, some in zip(whole, cut, strict=True):
        np.testing.assert_array_equal(everything[near], some[near])
    assert np.isinf(cut.signed_distance[~near]).all()
    assert (cut.face[~near] == -1).all()


def test_points_on_the_surface_and_folded_edges_answer():
    found = MeshDistance(BOX, BOX_FACES).query(BOX)
    np.testing.assert_array_equal(found.signed_distance, 0.0)
    folded = MeshDistance([[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2], [0, 2, 1]])  # no volume between its two sides
    above = folded.query([[0.5, -1.0, 0.0], [0.2, 0.2, 0.3]])
    np.testing.assert_allclose(np.abs(above.signed_distance), [1.0, 0.3])
    assert np.isfinite(above.normal).all()


def test_an_open_mesh_says_so():
    assert not MeshDistance(BOX, BOX_FACES[:-1]).closed
    assert not MeshDistance(BOX, np.concatenate([BOX_FACES[:-1], BOX_FACES[-1:, ::-1]])).closed


def test_no_points_give_no_answers():
    assert MeshDistance(BOX, BOX_FACES).query(np.empty((0, 3))).signed_distance.shape == (0,)


@pytest.mark.parametrize(
    ("vertices", "faces", "reason"),
    [
        (np.empty((0, 3)), np.empty((0, 3), int), "no triangles"),
        (BOX, np.empty((0, 3), int), "no triangles"),
        (BOX[:, :2], BOX_FACES, "no triangles"),
        (BOX, BOX_FACES.astype(float), "whole numbers"),
        (BOX, BOX_FACES + 1, "not there"),
        (BOX, BOX_FACES - 1, "not there"),
        (np.full_like(BOX, np.nan), BOX_FACES, "no finite position"),
        (np.where(BOX == 1, np.inf, BOX), BOX_FACES, "no finite position"),
        (BOX, [[0, 1, 1]], "twice"),
        ([[0, 0, 0], [1, 1, 1], [2, 2, 2]], [[0, 1, 2]], "no area"),
        ([[0, 0, 0], [0, 0, 0], [2, 2, 2]], [[0, 1, 2]], "no area"),
    ],
)
def test_meshes_that_cannot_be_measured_are_refused(vertices, faces, reason):
    with pytest.raises(MeshRefused, match=reason):
        MeshDistance(vertices, faces)


@pytest.mark.parametrize("points", [np.full((2, 3), np.nan), np.zeros(3), np.zeros((4, 2))])
def test_points_that_are_none_are_refused(points):
    with pytest.raises(ValueError, match="finite"):
        MeshDistance(BOX, BOX_FACES).query(points)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 300), st.integers(0, 2**32 - 1))
def test_the_tree_holds_every_point_once(count, seed):
    centres = np.random.default_rng(seed).normal(size=(count, 3)).round(1)
    order, levels = median_split(centres)
    np.testing.assert_array_equal(np.sort(order), np.arange(count))
    for coarse, fine in itertools.pairwise(levels):
        np.testing.assert_array_equal(fine[::4], coarse)
        assert (np.diff(fine, append=count) >= 1).all()


def test_ranges_concatenate():
    np.testing.assert_array_equal(ranges(np.array([5, 2, 9]), np.array([2, 0, 3])), [5, 6, 9, 10, 11])
    assert len(ranges(np.empty(0, int), np.empty(0, int))) == 0
