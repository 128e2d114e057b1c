# SPDX-License-Identifier: GPL-3.0-or-later
"""Bodies in other poses: bones keep their lengths, skin stays whole and keeps its volume."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toile.bodies import Body, PoseRefused, avatar, posed
from toile.bodies.landmarks import joint_of
from toile.bodies.posing import WALK, arms_at
from toile.bodies.template import BASIS_FILE, template

pytestmark = pytest.mark.skipif(not BASIS_FILE.exists(), reason="python build.py prepares assets/body/basis.npz")


@pytest.fixture(scope="module")
def woman() -> Body:
    return avatar()


def volume(body: Body) -> float:
    a, b, c = (body.vertices[body.faces[:, i]] for i in range(3))
    return float(np.einsum("ni,ni->n", a, np.cross(b, c)).sum() / 6)


def lengths(body: Body) -> np.ndarray:
    t = template()
    joints = np.array([body.joints[joint_of(bone)] for bone in t.bones])
    return np.linalg.norm(joints[1:] - joints[t.parents[1:]], axis=1)


def test_no_turn_is_the_same_body(woman):
    same = posed(woman, {})
    assert same.vertices == pytest.approx(woman.vertices, abs=1e-6)
    for name, p in woman.landmarks.items():
        assert same.landmarks[name] == pytest.approx(p, abs=1e-6), name


@pytest.mark.parametrize("angle", [0.2, np.pi / 4, np.pi / 2])
def test_arms_stand_where_they_are_told_and_volume_stays(woman, angle):
    body = posed(woman, arms_at(woman, angle))
    for side, sign in (("left", 1), ("right", -1)):
        arm = body.joints[f"elbow_{side}"] - body.joints[f"shoulder_{side}"]
        assert np.arctan2(sign * arm[0], -arm[2]) == pytest.approx(angle)
    assert lengths(body) == pytest.approx(lengths(woman), abs=1e-12)
    assert volume(body) == pytest.approx(volume(woman), rel=0.03)
    assert body.landmarks["wrist_left"][0] == pytest.approx(-body.landmarks["wrist_right"][0], abs=0.01)


def test_a_step_puts_one_foot_ahead(woman):
    body = posed(woman, WALK)
    assert body.landmarks["heel_left"][1] < body.landmarks["heel_right"][1] - 0.4
    assert body.landmarks["wrist_left"][1] > body.landmarks["wrist_right"][1] + 0.2  # arms swing against the legs
    assert body.joints["knee_right"][1] < body.joints["ankle_right"][1]  # knees bend backwards
    assert body.vertices[:, 2].min() == pytest.approx(0, abs=1e-12)
    assert volume(body) == pytest.approx(volume(woman), rel=0.03)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_bones_keep_their_lengths_in_any_pose(woman, seed):
    turns = np.random.default_rng(seed).uniform(-1, 1, (len(template().bones), 3))
    body = posed(woman, dict(zip(template().bones, turns, strict=True)))
    assert lengths(body) == pytest.approx(lengths(woman), abs=1e-12)


@pytest.mark.slow
@settings(max_examples=10, deadline=None)
@given(turn=st.floats(-3, 3))
def test_turning_the_whole_body_is_rigid(woman, turn):
    body = posed(woman, {"pelvis": (0.0, 0.0, turn)})
    edges = template().edges
    before, after = (np.linalg.norm(b.vertices[edges[:, 0]] - b.vertices[edges[:, 1]], axis=1) for b in (woman, body))
    assert after == pytest.approx(before, abs=1e-6)


@pytest.mark.parametrize(
    "pose",
    [{"tail": (0, 0, 1)}, {"neck": (0, 0, 4)}, {"neck": (0, np.nan, 0)}, {"neck": (0, 1)}, {"neck": (0, 0, 0, 0)}],
)
def test_what_is_no_pose_is_refused(woman, pose):
    with pytest.raises(PoseRefused) as refused:
        posed(woman, pose)
    assert "neck" in str(refused.value) or "tail" in str(refused.value)


def test_a_body_without_skeleton_is_refused(woman):
    with pytest.raises(PoseRefused, match="skeleton"):
        posed(replace(woman, faces=woman.faces[:10]), {})
    with pytest.raises(PoseRefused, match="pelvis"):
        posed(replace(woman, joints={k: v for k, v in woman.joints.items() if k != "pelvis"}), {})
