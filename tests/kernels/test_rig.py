# SPDX-License-Identifier: GPL-3.0-or-later
"""Cloth on a skeleton: whole weights, the skin's own where it lies on the skin; a T-pose; what a reduced mesh takes."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toile.addon.exports.reduction import Surface, taken_over, vertex_normals
from toile.addon.exports.rig import MOST_BONES, Rig, RigRefused, barycentric, cloth_weights, most_of, t_pose
from toile.bodies import avatar
from toile.sim.finish import unique_edges


@pytest.fixture(scope="module")
def body():
    return avatar({"stature": 1.68})


@pytest.fixture(scope="module")
def rig(body):
    return Rig.of(body)


def test_cloth_on_the_skin_follows_as_the_skin_does(body, rig):
    weights = cloth_weights(rig, body, body.vertices, unique_edges(body.faces))
    np.testing.assert_allclose(weights, rig.skin, atol=1e-6)


def test_loose_cloth_has_whole_weights_that_change_gently_along_it(body, rig):
    turns = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    levels = np.linspace(0.3, 0.8, 20)
    tube = np.array([[0.35 * np.cos(a), 0.25 * np.sin(a), z] for z in levels for a in turns])
    k = np.arange(len(tube)).reshape(20, 60)
    around, along = np.stack([k, np.roll(k, -1, 1)], -1), np.stack([k[:-1], k[1:]], -1)
    edges = np.concatenate([around.reshape(-1, 2), along.reshape(-1, 2)])
    weights = cloth_weights(rig, body, tube, edges)
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-12)
    assert (weights >= 0).all()
    assert ((weights > 0).sum(axis=1) <= MOST_BONES).all()
    still = cloth_weights(rig, body, tube, np.empty((0, 2), int))
    step = [np.abs(w[edges[:, 0]] - w[edges[:, 1]]).sum(axis=1).max() for w in (still, weights)]
    assert step[1] < 0.5 * step[0], "the legs part the skirt less than the skin below it would"


@given(st.integers(0, 10_000))
def test_the_four_that_weigh_most_weigh_one(seed):
    weights = np.random.default_rng(seed).dirichlet(np.ones(9), 20)
    bones, shares = most_of(weights)
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    left_out = np.ones_like(weights, bool)
    np.put_along_axis(left_out, bones, False, axis=1)
    assert (np.where(left_out, weights, 0).max(axis=1) <= np.take_along_axis(weights, bones, 1).min(axis=1)).all()


def test_in_t_pose_the_arms_stand_out_straight_and_nothing_is_longer(body, rig):
    _, joints = rig.posed(t_pose(rig), body.vertices, rig.skin)
    at = dict(zip(rig.names, joints, strict=True))
    for side, sign in (("left", 1), ("right", -1)):
        for a, b in (("upper_arm", "forearm"), ("forearm", "hand")):
            way = at[f"{b}_{side}"] - at[f"{a}_{side}"]
            np.testing.assert_allclose(way / np.linalg.norm(way), [sign, 0, 0], atol=1e-9)
    for b, parent in enumerate(rig.parents):
        if parent >= 0:
            before = np.linalg.norm(rig.joints[b] - rig.joints[parent])
            assert np.linalg.norm(joints[b] - joints[parent]) == pytest.approx(before, abs=1e-12)


def test_bones_end_where_their_children_begin_and_none_is_without_length(rig):
    tails = rig.tails()
    assert (np.linalg.norm(tails - rig.joints, axis=1) > 0.01).all()
    fore, hand = rig.names.index("forearm_left"), rig.names.index("hand_left")
    np.testing.assert_array_equal(tails[fore], rig.joints[hand])


def test_a_body_of_another_mesh_or_without_a_joint_is_refused(body):
    with pytest.raises(RigRefused, match="no skeleton"):
        Rig.of(replace(body, faces=body.faces[1:]))
    with pytest.raises(RigRefused, match="no joint"):
        Rig.of(replace(body, joints={k: v for k, v in body.joints.items() if k != "elbow_left"}))


@given(st.integers(0, 10_000))
def test_barycentric_shares_give_the_point_back(seed):
    rng = np.random.default_rng(seed)
    corners, shares = rng.normal(size=(30, 3, 3)), rng.dirichlet(np.ones(3), 30)
    np.testing.assert_allclose(barycentric(corners, np.einsum("nc,ncx->nx", shares, corners)), shares, atol=1e-6)


# ---- Reduction ----


def two_panels():
    """Two flat panels sewn along X = 0 whose UV lie apart, so that a mix of the two would show."""
    x, y = np.meshgrid(np.linspace(-1, 1, 9), np.linspace(0, 1, 5))
    vertices = np.stack([x.ravel(), y.ravel(), 0 * x.ravel()], axis=1)
    k = (np.arange(4)[:, None] * 9 + np.arange(8)).ravel()
    faces = np.concatenate([np.stack([k, k + 1, k + 9], 1), np.stack([k + 1, k + 10, k + 9], 1)])
    panel = (vertices[faces].mean(axis=1)[:, 0] > 0).astype(int)
    uv = vertices[faces][..., :2] + panel[:, None, None] * [10.0, 0.0]
    return Surface(vertices, faces, uv, panel)


def test_a_reduced_mesh_takes_uv_of_its_own_panel_and_normals_of_the_full_one():
    full = two_panels()
    vertices = np.array([[-1.0, 0, 0], [0, 0, 0.01], [1, 0, 0], [-1, 1, 0], [0, 1, -0.01], [1, 1, 0]])
    faces = np.array([[0, 1, 3], [1, 4, 3], [1, 2, 4], [2, 5, 4]])
    panel = np.array([0, 0, 1, 1])
    uv, normals = taken_over(full, vertices, faces, panel)
    np.testing.assert_allclose(uv, vertices[faces][..., :2] + panel[:, None, None] * [10.0, 0.0], atol=1e-9)
    np.testing.assert_allclose(normals, np.tile([0, 0, 1.0], (6, 1)), atol=1e-9)


def test_a_sleeve_sewn_to_itself_keeps_both_sides_of_its_seam():
    def tube(count):
        k = np.arange(2 * count).reshape(2, count)
        turn = 2 * np.pi * np.arange(count) / count
        vertices = np.array([[np.cos(a), np.sin(a), z] for z in (0.0, 1.0) for a in turn])
        a, b, c, d = k[0], np.roll(k[0], -1), k[1], np.roll(k[1], -1)
        return vertices, np.concatenate([np.stack([a, b, c], 1), np.stack([b, d, c], 1)])

    def unrolled(vertices, faces):
        turn = np.arctan2(vertices[:, 1], vertices[:, 0])[faces] % (2 * np.pi)
        turn += 2 * np.pi * ((turn < 1e-9) & (turn.max(axis=1, keepdims=True) > np.pi))
        return np.stack([turn, vertices[faces][..., 2]], axis=2)

    full, (vertices, faces) = tube(48), tube(8)
    source = Surface(*full, unrolled(*full), np.zeros(len(full[1]), int))
    uv, _ = taken_over(source, vertices, faces, np.zeros(len(faces), int))
    np.testing.assert_allclose(uv, unrolled(vertices, faces), atol=0.02)


def test_normals_of_a_sphere_point_away_from_its_middle():
    import trimesh

    ball = trimesh.creation.icosphere(3)
    found = vertex_normals(np.asarray(ball.vertices), np.asarray(ball.faces))
    assert (np.einsum("ni,ni->n", found, ball.vertices) > 0.999).all()
