# SPDX-License-Identifier: GPL-3.0-or-later
"""Avatars: the tape reads what was asked for, on a closed body that stands."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toile.bodies import PART_NAMES, AvatarRefused, BodyFileError, avatar, load_body, save_body
from toile.bodies.landmarks import body_joints
from toile.bodies.measure import DEFINITIONS, girth, tapes
from toile.bodies.template import BASIS_FILE, template

pytestmark = pytest.mark.skipif(not BASIS_FILE.exists(), reason="python build.py prepares assets/body/basis.npz")


@pytest.fixture(scope="module")
def woman():
    return avatar()


def test_the_mesh_is_closed_outward_and_stands_facing_minus_y(woman):
    f = woman.faces
    edges = np.concatenate([f[:, [0, 1]], f[:, [1, 2]], f[:, [2, 0]]])
    forward = {tuple(e) for e in edges.tolist()}
    assert len(forward) == len(edges)
    assert all((b, a) in forward for a, b in forward)
    assert len(woman.vertices) - len(edges) // 2 + len(f) == 2  # one piece, no handle
    a, b, c = (woman.vertices[f[:, i]] for i in range(3))
    volume = np.einsum("ni,ni->n", a, np.cross(b, c)).sum() / 6
    assert 0.045 < volume < 0.075
    assert woman.vertices[:, 2].min() == pytest.approx(0, abs=1e-12)
    foot = woman.vertices[woman.parts == PART_NAMES.index("foot_left")]
    assert foot[:, 1].min() < woman.landmarks["heel_left"][1] - 0.15
    assert woman.landmarks["acromion_left"][0] > 0 > woman.landmarks["acromion_right"][0]


def test_the_default_is_a_woman_of_168(woman):
    assert woman.measurements["stature"].value == pytest.approx(1.68, abs=1e-3)
    assert set(woman.measurements) == set(DEFINITIONS)
    assert all(m.uncertainty > 0 and m.definition for m in woman.measurements.values())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("measures", "sex"),
    [
        ({"stature": 1.68, "bust": 0.90, "waist": 0.72, "hip": 0.97}, None),
        ({"stature": 1.60, "bust": 1.15, "waist": 1.05, "hip": 1.20}, "woman"),
        ({"stature": 1.75, "bust": 0.80, "waist": 0.60, "hip": 0.86}, "woman"),
        ({"stature": 1.85, "bust": 1.05, "waist": 0.90, "hip": 1.03}, "man"),
        (
            {"stature": 1.70, "bust": 0.92, "waist": 0.76, "hip": 1.0, "back_waist_length": 0.385, "arm_length": 0.55},
            None,
        ),
    ],
)
def test_the_tape_reads_what_was_asked_for(measures, sex):
    body = avatar(measures, sex=sex)
    for name, wanted in measures.items():
        assert body.measurements[name].value == pytest.approx(wanted, abs=0.003), name


@pytest.mark.slow
@settings(max_examples=6)
@given(
    stature=st.floats(1.50, 1.85), bust=st.floats(0.50, 0.60), waist=st.floats(0.40, 0.50), hip=st.floats(0.55, 0.65)
)
def test_every_ordinary_woman_can_be_built(stature, bust, waist, hip):
    wanted = {"stature": stature, "bust": bust * stature, "waist": waist * stature, "hip": hip * stature}
    body = avatar(wanted)
    assert all(abs(body.measurements[k].value - v) < 0.003 for k, v in wanted.items())


@pytest.mark.parametrize(
    "measures",
    [
        {"stature": float("nan")}, {"bust": -0.9}, {"waist": 0}, {"bust": float("inf")}, {"stature": "tall"},
        {"stature": 3.0}, {"stature": 0.2}, {"stature": 1.68, "waist": 1.3, "hip": 0.8}, {"wingspan": 1.7},
        {"stature": 1.68, "bust": 0.5}, {"stature": 168}, {"bust": True},
    ],
)  # fmt: skip
def test_impossible_people_are_refused_in_a_sentence(measures):
    with pytest.raises(AvatarRefused) as refused:
        avatar(measures)
    assert str(refused.value).endswith(".")


def test_a_known_cylinder_of_vertices_is_girt_exactly(woman):
    # Every torso and leg vertex moved onto a cylinder of radius 0.15: the tape must read its inscribed polygon.
    vertices = woman.vertices.copy()
    radius = np.linalg.norm(vertices[:, :2], axis=1, keepdims=True)
    vertices[:, :2] *= 0.15 / np.maximum(radius, 1e-9)
    tape = girth(vertices, ("torso",), np.array([0, 0, 1.1]), np.array([0.0, 0, 1]))
    assert tape.value(vertices) == pytest.approx(2 * np.pi * 0.15, rel=0.01)
    assert tape.value(vertices) <= 2 * np.pi * 0.15


def test_no_tape_round_the_trunk_catches_an_arm(woman):
    elbow = woman.landmarks["elbow_left"][0]
    for name in ("bust", "underbust", "waist", "hip"):
        assert np.abs(woman.measurements[name].curve[:, 0]).max() < 0.75 * elbow, name


def test_gradients_agree_with_differences():
    t = template()
    c = t.prior["woman"][0]
    vertices, joints = t.shaped(c)
    taken = tapes(vertices, body_joints(t, joints))
    rng = np.random.default_rng(0)
    push = rng.normal(size=len(c)) * 1e-6
    moved, _ = t.shaped(c + push)
    for name, tape in taken.items():
        change = tape.value(moved) - tape.value(vertices)
        assert change == pytest.approx(tape.jacobian(vertices, t.shape) @ push, abs=1e-9), name


def test_landmarks_are_where_people_have_them(woman):
    mark, height = woman.landmarks, woman.measurements["stature"].value
    # ANSUR II women, shares of stature
    for name, share in {
        "cervicale": 0.857, "acromion_left": 0.820, "front_neck": 0.817, "armpit_left": 0.761, "bust_left": 0.720,
        "crotch": 0.480, "knee_left": 0.276,
    }.items():  # fmt: skip
        assert mark[name][2] / height == pytest.approx(share, abs=0.012), name
    assert mark["crown"][2] == pytest.approx(height, abs=1e-6)
    for name in ("waist", "hip"):
        assert mark[f"{name}_front"][1] < mark[f"{name}_back"][1]
        assert mark[f"{name}_right"][0] < 0 < mark[f"{name}_left"][0]


def test_body_json_gives_the_same_body_back(woman, tmp_path):
    path = save_body(woman, tmp_path / "body.json")
    back = load_body(path)
    assert np.array_equal(back.vertices, woman.vertices)
    assert np.array_equal(back.faces, woman.faces)
    assert np.array_equal(back.parts, woman.parts)
    assert back.measurements["bust"].value == woman.measurements["bust"].value
    assert back.landmarks.keys() == woman.landmarks.keys()
    assert not list(tmp_path.glob("*.part"))


def _flip(data):
    text = data["mesh"]["vertices"]["zlib"]
    data["mesh"]["vertices"]["zlib"] = text[:100] + ("A" if text[100] != "A" else "B") + text[101:]


def _bomb(data):
    data["mesh"]["vertices"]["shape"] = [2_000_000_000, 3]


@pytest.mark.parametrize(
    "spoil",
    [_flip, _bomb, lambda d: d.pop("mesh"), lambda d: d.update(version=99), lambda d: d.update(format="x"),
     lambda d: d["measurements"].update(bust=3), lambda d: d.update(landmarks=[])],
)  # fmt: skip
def test_a_spoilt_body_file_is_refused(woman, tmp_path, spoil):
    path = save_body(woman, tmp_path / "body.json")
    data = json.loads(path.read_text())
    spoil(data)
    path.write_text(json.dumps(data))
    with pytest.raises(BodyFileError):
        load_body(path)


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"\xff\xfe\x00", b"{", b"[" * 100_000, b"9" * 5000], ids=len)
def test_what_is_no_body_file_is_refused(tmp_path, content):
    path = tmp_path / "body.json"
    path.write_bytes(content)
    with pytest.raises(BodyFileError):
        load_body(path)
    with pytest.raises(BodyFileError):
        load_body(tmp_path)
