# SPDX-License-Identifier: GPL-3.0-or-later
"""A body's place in size systems, and the runs that a system makes."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toile.bodies import avatar
from toile.bodies.sizes import SizeRefused, place, places, run, systems
from toile.bodies.template import BASIS_FILE

WOMAN = {"stature": 1.60, "bust": 0.84, "waist": 0.68, "hip": 0.92}


def test_the_standards_middle_people_have_their_size():
    assert place("gbt_1335_women", WOMAN) == "160/84A"
    assert place("gbt_1335_men", {"stature": 1.70, "bust": 0.88, "waist": 0.74}) == "170/88A"
    assert place("en_13402_women", {"bust": 0.88, "waist": 0.72, "hip": 0.96}) == "88-72-96"
    assert place("jis_l4004_men", {"stature": 1.70, "bust": 0.92, "waist": 0.80}) == "92A5"
    assert place("jis_l4005_women", {"stature": 1.58, "bust": 0.83}) == "9R"
    assert place("astm_d5585_women", {"bust": 36.25 * 0.0254, "waist": 29.5 * 0.0254}) == "8, waist 8"


@pytest.mark.parametrize("name", systems())
def test_every_system_says_its_source_ascends_and_its_builds_meet(name):
    rules = systems()[name]
    assert rules.source
    assert rules.label
    for measure, sizes in rules.sizes.items():
        assert all(a < b for a, b in pairwise(sizes))
        assert len(sizes) == len(rules.names[measure]) == len(set(rules.names[measure]))
        assert 0.4 < sizes[0] < sizes[-1] < 2.1
    assert all(a[1] == b[0] for a, b in pairwise(sorted(rules.builds.values())))


@pytest.mark.parametrize("name", systems())
def test_whoever_has_a_sizes_own_measures_has_that_size(name):
    sizes = run(name)
    assert len(sizes) == len(systems()[name].sizes["bust"])
    for size, measures in sizes.items():
        assert place(name, measures) == size


@pytest.mark.slow
@pytest.mark.skipif(not BASIS_FILE.exists(), reason="python build.py prepares assets/body/basis.npz")
@pytest.mark.parametrize("name", ["en_13402_women", "jis_l4004_men"])
def test_the_ends_of_a_run_are_avatars_of_their_size(name):
    sizes = list(run(name).items())
    for size, measures in (sizes[0], sizes[-1]):
        body = avatar(measures, sex=systems()[name].sex)
        assert all(abs(body.measurements[k].value - v) <= 0.003 for k, v in measures.items())
        assert place(name, measures) == size


@given(st.floats(1.43, 1.82), st.floats(0.662, 1.138), st.floats(0.04, 0.24))
def test_a_grid_gives_the_nearest_step(stature, bust, drop):
    size = place("gbt_1335_women", {"stature": stature, "bust": bust, "waist": bust - drop})
    high, round_ = size[:-1].split("/")
    assert abs(int(high) / 100 - stature) <= 0.025 + 1e-9
    assert abs(int(round_) / 100 - bust) <= 0.02 + 1e-9


@given(st.floats(0.79, 1.18), st.floats(0.64, 1.05))
def test_irregular_steps_give_the_nearest_size_too(bust, waist):
    rules = systems()["astm_d5585_women"]
    for measure, value in (("bust", bust), ("waist", waist)):
        sizes = rules.sizes[measure]
        assert abs(sizes[rules.nearest(measure, value)] - value) <= min(abs(s - value) for s in sizes) + 1e-12


def test_another_stature_and_build_shift_a_run():
    assert "175/96C" in run("gbt_1335_men", 1.75, "C")
    assert run("jis_l4004_men", 1.81, "AB")["92AB7"]["waist"] == pytest.approx(0.82)
    assert {of["stature"] for of in run("en_13402_women", 1.71).values()} == {1.71}


@pytest.mark.parametrize(
    ("system", "change"),
    [
        ("mars", {}), ("gbt_1335_women", {"stature": 2.4}), ("gbt_1335_women", {"waist": 1.2}),
        ("gbt_1335_women", {"bust": float("nan")}), ("gbt_1335_women", {"bust": -1}), ("gbt_1335_women", {"bust": 84}),
        ("en_13402_women", {"hip": 96}), ("astm_d5585_women", {"waist": 0.3}), ("jis_l4005_women", {"bust": 1.1}),
    ],
)  # fmt: skip
def test_who_has_no_size_is_told_why(system, change):
    with pytest.raises(SizeRefused) as refused:
        place(system, WOMAN | change)
    assert str(refused.value).endswith(".")
    assert system == "mars" or systems()[system].label not in places(WOMAN | change)


@pytest.mark.parametrize("wish", [("mars",), ("gbt_1335_men", 2.5), ("gbt_1335_men", 1.7, "A+"), ("en_13402_men", -1.0),
                                  ("en_13402_women", 1.7, "A"), ("jis_l4004_men", float("nan"))])  # fmt: skip
def test_a_run_that_a_system_has_not_is_refused(wish):
    with pytest.raises(SizeRefused, match=r"\.$"):
        run(*wish)


def test_a_missing_measure_is_named():
    with pytest.raises(SizeRefused, match="waist"):
        place("gbt_1335_women", {"stature": 1.6, "bust": 0.9})
