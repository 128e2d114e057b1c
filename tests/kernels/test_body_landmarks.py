# SPDX-License-Identifier: GPL-3.0-or-later
"""Measurements of every kind, and landmarks that are moved by hand."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toile.bodies import BodyFileError, LandmarkRefused, avatar, load_body, remeasured, save_body
from toile.bodies.body import Body
from toile.bodies.measure import girth, nearest_point
from toile.bodies.remeasure import movable
from toile.bodies.template import BASIS_FILE

pytestmark = pytest.mark.skipif(not BASIS_FILE.exists(), reason="python build.py prepares assets/body/basis.npz")
PEOPLE = (
    ({}, None), ({"stature": 1.80}, "man"), ({"stature": 1.62, "bust": 1.10, "waist": 1.0, "hip": 1.15}, None),
)  # fmt: skip


@cache
def standard() -> Body:
    return avatar()


@pytest.fixture(scope="module", params=range(len(PEOPLE)))
def body(request):
    measures, sex = PEOPLE[request.param]
    return avatar(measures, sex=sex)


@pytest.mark.slow
def test_what_is_made_of_others_adds_up(body):
    m = {name: x.value for name, x in body.measurements.items()}
    assert m["arm_length"] == pytest.approx(m["upper_arm_length"] + m["forearm_length"])
    assert m["crotch_depth"] == pytest.approx(m["waist_height"] - m["crotch_height"])
    assert m["waist_to_armpit"] == pytest.approx(m["armpit_height"] - m["waist_height"])
    assert m["waist_to_high_hip"] == pytest.approx(m["waist_to_hip"] / 2)
    assert m["waist_to_hip"] == pytest.approx(m["waist_height"] - m["hip_height"])
    assert m["cross_seam_front"] < m["cross_seam"]
    assert 2 * m["crotch_depth"] < m["cross_seam"]


def test_a_part_of_a_girth_and_its_chord_bound_each_other(body):
    m = {name: x.value for name, x in body.measurements.items()}
    for name in ("waist", "hip"):
        assert m[f"{name}_breadth"] < m[f"{name}_back"] < m[name] - m[f"{name}_breadth"], name
    for name in ("bust", "high_bust"):
        front = body.measurements[f"{name}_front"].curve
        assert np.linalg.norm(front[0] - front[-1]) < m[f"{name}_front"] < m[name], name
        assert front[:, 1].min() == pytest.approx(body.measurements[name].curve[:, 1].min())


def test_no_tape_is_longer_than_the_standard_tape(body):
    assert all(0.03 < m.value < 2.5 and len(m.curve) >= 2 for m in body.measurements.values())


@pytest.mark.slow
@settings(max_examples=20)
@given(st.integers(0, 2**31), st.floats(0, 0.02))
def test_the_nearest_point_of_the_surface_is_the_nearest(seed, lift):
    woman = standard()
    rng = np.random.default_rng(seed)
    face = woman.vertices[woman.faces[rng.integers(len(woman.faces))]]
    share = rng.dirichlet([1, 1, 1])
    normal = np.cross(face[1] - face[0], face[2] - face[0])
    position = share @ face + lift * normal / np.linalg.norm(normal)
    found = nearest_point(woman.vertices, woman.faces, position)
    assert found.weights.sum() == pytest.approx(1)
    assert found.weights.min() >= 0
    assert np.linalg.norm(found.at(woman.vertices)[0] - position) <= lift + 1e-12


def test_a_moved_landmark_moves_what_is_measured_from_it_and_nothing_else(body):
    up = body.landmarks["waist_front"] + [0, 0, 0.02]
    after = remeasured(body, {"waist_front": up})
    before = remeasured(body, {})
    z = after.landmarks["waist_front"][2]
    assert after.measurements["waist"].value == pytest.approx(
        girth(body.vertices, ("torso", "leg_left", "leg_right"), np.array([0, 0, z]), np.array([0, 0, 1.0])).value(
            body.vertices
        )
    )
    assert after.measurements["waist"].curve[:, 2] == pytest.approx(z)
    assert after.measurements["waist_height"].value == pytest.approx(z, abs=1e-6)
    for name in ("bust", "hip", "neck", "thigh", "stature", "arm_length"):
        assert after.measurements[name].value == before.measurements[name].value, name
    assert after.placed == ("waist_front",)


def test_placed_landmarks_stay_and_are_kept_in_the_file(tmp_path):
    first = remeasured(standard(), {"acromion_left": standard().landmarks["acromion_left"] + [0.01, 0, 0]})
    second = remeasured(first, {"cervicale": first.landmarks["cervicale"] - [0, 0, 0.01]})
    assert second.placed == ("acromion_left", "cervicale")
    assert second.landmarks["acromion_left"] == pytest.approx(first.landmarks["acromion_left"], abs=1e-9)
    back = load_body(save_body(second, tmp_path / "body.json"))
    assert back.placed == second.placed
    again = remeasured(back, {})
    for name, m in second.measurements.items():
        assert again.measurements[name].value == pytest.approx(m.value, abs=1e-5), name


@pytest.mark.parametrize(
    ("name", "at"),
    [
        ("nose", [0, 0, 1]), ("crown", [0, 0, 1.7]), ("waist_front", [0, -3, 1]), ("waist_front", [0, np.nan, 1]),
        ("waist_front", [0, 1]), ("bust_left", [0.1, 0, 0.02]),
    ],
)  # fmt: skip
def test_a_landmark_that_cannot_lie_there_is_refused(name, at):
    with pytest.raises(LandmarkRefused) as refused:
        remeasured(standard(), {name: np.array(at, dtype=float)})
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize("placed", ["waist_front", [3], ["nose"], {}])
def test_a_file_with_garbled_placed_landmarks_is_refused(placed):
    with pytest.raises(BodyFileError):
        Body.from_json({**standard().to_json(), "placed": placed})


def test_every_movable_landmark_is_on_the_body():
    assert set(movable()) <= standard().landmarks.keys()
