# SPDX-License-Identifier: GPL-3.0-or-later
"""Bodies made equal on both sides, and bodies that nobody is recognised by."""

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toile.bodies import Body, avatar
from toile.bodies.fitting import similarity
from toile.bodies.privacy import anonymous, face_share
from toile.bodies.remeasure import LandmarkRefused, remeasured
from toile.bodies.symmetry import symmetric
from toile.bodies.template import BASIS_FILE, template

pytestmark = pytest.mark.skipif(not BASIS_FILE.exists(), reason="python build.py prepares assets/body/basis.npz")
FLIP = np.array([-1.0, 1, 1])
FOREIGN = Body(np.zeros((3, 3)), np.array([[0, 1, 2]], np.int32), np.zeros(3, np.int8), {}, {}, {}, "foreign")


@cache
def lopsided() -> Body:
    """Somebody whose right upper arm is thicker, whose face is somebody's, from a file with a name."""
    body, t = avatar({"stature": 1.7}), template()
    arm = np.exp(-0.5 * ((body.vertices - body.landmarks["elbow_right"] - [0.08, 0, 0.16]) ** 2).sum(axis=1) / 0.05**2)
    rng = np.random.default_rng(5)
    face = face_share(t)[:, None] * 0.004 * np.sin(60 * body.vertices + rng.uniform(0, 6, 3))
    vertices = body.vertices + arm[:, None] * [-0.012, 0, 0] + face
    return replace(remeasured(replace(body, vertices=vertices), {}), source="jane_doe_1987.ply")


@pytest.mark.parametrize("side", ["both", "left", "right"])
def test_both_sides_are_mirror_images_and_again_changes_nothing(side):
    body = symmetric(lopsided(), side)
    mirror = template().mirror
    assert np.allclose(body.vertices[mirror] * FLIP, body.vertices, atol=1e-9)
    for name, joint in body.joints.items():
        if name.endswith("_left"):
            assert np.allclose(body.joints[name.replace("_left", "_right")] * FLIP, joint, atol=1e-9)
    assert np.allclose(symmetric(body, side).vertices, body.vertices, atol=1e-9)


def test_the_side_that_is_kept_is_kept():
    body = lopsided()
    thick, thin = symmetric(body, "right"), symmetric(body, "left")
    off = np.abs(template().mean[:, 0]) > 0.03
    left = off & (template().mean[:, 0] > 0)
    assert np.allclose(thin.vertices[left], body.vertices[left], atol=1e-9)
    assert thick.measurements["upper_arm"].value > thin.measurements["upper_arm"].value + 0.002
    assert thin.measurements["upper_arm"].value == pytest.approx(body.measurements["upper_arm"].value, abs=1e-6)


def test_nobody_is_recognised_and_all_but_the_face_stays():
    body = lopsided()
    nobody = anonymous(body)
    face = face_share(template()) == 1
    scale, turn, shift = similarity(template().mean[face], nobody.vertices[face])
    rest = nobody.vertices[face] - (scale * template().mean[face] @ turn.T + shift)
    assert np.abs(rest).max() < 1e-9
    assert np.linalg.norm(nobody.vertices - body.vertices, axis=1)[face].max() > 0.003
    for name, measured in body.measurements.items():
        assert nobody.measurements[name].value == pytest.approx(measured.value, abs=0.002), name
    text = json.dumps(nobody.to_json())
    assert "jane_doe" not in text.lower()  # arrays are written in base64, which has no underscore
    assert nobody.source == "scan"


@settings(max_examples=30)
@given(st.integers(0, 2**31), st.floats(0.1, 10))
def test_a_similarity_is_found_again(seed, scale):
    rng = np.random.default_rng(seed)
    q, r = np.linalg.qr(rng.normal(size=(3, 3)))
    q *= np.sign(np.diag(r))
    q[:, 0] *= np.linalg.det(q)
    points, shift = rng.normal(size=(20, 3)), rng.normal(size=3)
    found = similarity(points, scale * points @ q.T + shift)
    assert found[0] == pytest.approx(scale, rel=1e-9)
    assert np.allclose(found[1], q, atol=1e-9)
    assert np.allclose(found[2], shift, atol=1e-8)


@pytest.mark.parametrize("act", [symmetric, anonymous])
def test_a_mesh_of_another_topology_is_refused(act):
    with pytest.raises(LandmarkRefused, match="registered"):
        act(FOREIGN)
