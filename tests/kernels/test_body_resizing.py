# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures changed by hand: the tape then reads them, and the body stays the person it was."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toile.bodies import Body, avatar, load_body, save_body
from toile.bodies.remeasure import LandmarkRefused, remeasured
from toile.bodies.resizing import MOST_ASKED, ResizeRefused, resized
from toile.bodies.template import BASIS_FILE, template

pytestmark = pytest.mark.skipif(not BASIS_FILE.exists(), reason="python build.py prepares assets/body/basis.npz")
GIRTHS = ("bust", "waist", "hip", "neck", "upper_arm", "wrist", "thigh", "calf", "knee", "high_hip")


@cache
def person() -> Body:
    """An avatar with waves on its skin that the basis does not know."""
    body = avatar({"stature": 1.70, "bust": 0.94, "waist": 0.76, "hip": 1.01})
    waves = 0.002 * np.sin(40 * body.vertices[:, 2]) * (body.parts == 0)
    return remeasured(Body(**vars(body) | {"vertices": body.vertices - waves[:, None] * [0, 1, 0]}), {})


def values(body):
    return {name: m.value for name, m in body.measurements.items()}


@pytest.mark.slow
@settings(max_examples=8)
@given(st.sampled_from(GIRTHS), st.floats(-0.06, 0.06))
def test_a_girth_is_read_as_it_was_asked_and_the_far_ones_stay(name, share):
    was = values(person())
    wanted = {name: was[name] * (1 + share)}
    now = values(resized(person(), wanted))
    assert now[name] == pytest.approx(wanted[name], abs=0.001)
    assert now["stature"] == pytest.approx(was["stature"], abs=0.003)
    far = {"bust", "neck", "upper_arm"} if name in ("thigh", "calf", "knee") else {"calf", "knee", "ankle"}
    for other in far - {name}:
        assert now[other] == pytest.approx(was[other], abs=0.004), other


def test_several_at_once_and_a_height():
    was = values(person())
    wanted = {"waist": was["waist"] - 0.02, "thigh": was["thigh"] + 0.02, "stature": was["stature"] + 0.02}
    body = resized(person(), wanted)
    assert {name: body.measurements[name].value for name in wanted} == pytest.approx(wanted, abs=0.001)
    assert body.vertices[:, 2].min() == pytest.approx(0, abs=1e-9)
    assert body.measurements["waist"].uncertainty < 0.001 < body.measurements["calf"].uncertainty


def test_there_and_back_is_nearly_the_same_person():
    was = values(person())
    there = resized(person(), {"waist": was["waist"] + 0.02})
    back = resized(there, {"waist": was["waist"]})
    assert np.linalg.norm(back.vertices - person().vertices, axis=1).max() < 0.004
    assert np.abs(there.vertices - person().vertices).max() > 0.002


def test_both_sides_swell_alike():
    before, after = person(), resized(person(), {"upper_arm": values(person())["upper_arm"] * 1.06})
    grown = np.linalg.norm(after.vertices - before.vertices, axis=1)
    mirror = template().mirror
    assert grown.max() > 0.002
    assert np.allclose(grown, grown[mirror], atol=4e-4)


def test_landmarks_that_were_placed_follow_the_skin_and_stay_placed(tmp_path):
    moved = remeasured(person(), {"waist_front": person().landmarks["waist_front"] + [0, 0, 0.015]})
    girth = values(moved)["waist"]
    grown = resized(moved, {"waist": girth + 0.03})
    assert grown.placed == ("waist_front",)
    assert grown.landmarks["waist_front"][2] == pytest.approx(moved.landmarks["waist_front"][2], abs=0.006)
    assert grown.landmarks["waist_front"][1] < moved.landmarks["waist_front"][1] - 0.001  # out with the belly
    back = load_body(save_body(grown, tmp_path / "body.json"))
    assert values(back)["waist"] == pytest.approx(girth + 0.03, abs=0.001)


def test_nothing_asked_is_nothing_done():
    assert resized(person(), {}) is person()


@pytest.mark.parametrize(
    "wanted",
    [
        {"wingspan": 1.7}, {"waist": 0.0}, {"waist": -0.7}, {"waist": float("nan")}, {"waist": float("inf")},
        {"waist": "wide"}, {"waist": True}, {"waist": 76.0}, {"stature": 1.2},
        {"waist": 0.76 * (1 + 1.1 * MOST_ASKED)}, {"neck": 0.38, "neck_base": 0.36},
    ],
)  # fmt: skip
def test_what_this_body_cannot_have_is_refused_in_a_sentence(wanted):
    with pytest.raises(ResizeRefused) as refused:
        resized(person(), wanted)
    assert str(refused.value).endswith(".")
    assert next(iter(wanted)) in str(refused.value)


def test_a_mesh_of_another_topology_is_refused():
    foreign = Body(np.zeros((3, 3)), np.array([[0, 1, 2]], np.int32), np.zeros(3, np.int8), {}, {}, {}, "foreign")
    with pytest.raises(LandmarkRefused, match="registered"):
        resized(foreign, {"waist": 0.7})


@pytest.mark.slow
def test_an_avatar_reaches_girths_that_the_basis_alone_does_not():
    asked = {"stature": 1.760, "bust": 1.195, "waist": 1.118, "hip": 1.082, "neck": 0.370, "upper_arm": 0.405}
    body = avatar(asked, sex="woman")
    for name, value in asked.items():
        assert body.measurements[name].value == pytest.approx(value, abs=0.003), name
