# SPDX-License-Identifier: GPL-3.0-or-later
"""What a population says of people whom it has not seen, and avatars that weigh and age."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toile.bodies import AvatarRefused, avatar
from toile.bodies.population import NAMES, PopulationError, estimated, of_people, population, read_survey
from toile.bodies.template import BASIS_FILE

SURVEY = Path(__file__).resolve().parents[3] / "shared" / "data" / "anthropometry"
surveyed = pytest.mark.skipif(not SURVEY.exists(), reason="the survey's tables are not beside the checkout")
built = pytest.mark.skipif(not BASIS_FILE.exists(), reason="python build.py prepares assets/body/basis.npz")
GIVEN = ("stature", "bust", "waist", "hip", "weight", "age")
FILES = {"woman": "ansur2_female.csv", "man": "ansur2_male.csv"}


@surveyed
@pytest.mark.parametrize("sex", FILES)
def test_the_file_is_what_the_public_tables_give(sex):
    people, kept = of_people(read_survey(SURVEY / FILES[sex])), population(sex)
    assert kept.mean == pytest.approx(people.mean, abs=1e-6)
    assert kept.covariance == pytest.approx(people.covariance, rel=1e-5)


@pytest.mark.slow
@surveyed
@pytest.mark.parametrize("sex", FILES)
def test_people_not_seen_are_estimated_as_well_as_by_linear_regression_and_inside_the_interval(sex):
    table = read_survey(SURVEY / FILES[sex])
    held = np.arange(len(table)) % 5 == 0
    of, people = of_people(table[~held]), table[held]
    on = [NAMES.index(n) for n in GIVEN]
    found = [of.given({n: row[i] for n, i in zip(GIVEN, on, strict=True)}) for row in people]
    design = np.column_stack([np.ones(len(table)), table[:, on]])
    ratios = []
    for name in found[0]:
        truth = people[:, NAMES.index(name)]
        fit = np.linalg.lstsq(design[~held], table[~held][:, NAMES.index(name)], rcond=None)[0]
        ours, spread = np.array([f[name] for f in found]).T
        rms, theirs = (np.sqrt(np.mean((x - truth) ** 2)) for x in (ours, design[held] @ fit))
        ratios.append(rms / theirs)
        assert 0.92 < np.mean(np.abs(ours - truth) < 1.96 * spread) < 0.98, name
    assert np.mean(ratios) < 1  # measured: 0.998 women, 0.996 men
    assert max(ratios) < 1.03  # measured: the neck of women, 1.020


@given(st.sampled_from(["woman", "man"]), st.integers(0, 2**31))
def test_knowing_more_never_spreads_an_estimate_wider_on_its_own_scale(sex, seed):
    rng = np.random.default_rng(seed)
    of = population(sex)
    person = dict(zip(NAMES, np.exp(rng.multivariate_normal(of.mean, of.covariance)), strict=True))
    some = {n: person[n] for n in rng.choice(NAMES, 3, replace=False)}
    more = some | {n: person[n] for n in rng.choice(NAMES, 3, replace=False)}
    few, many = of.given(some), of.given(more)
    assert all(many[n][1] / many[n][0] <= few[n][1] / few[n][0] + 1e-9 for n in many)


def test_between_the_sexes_the_estimate_lies_between_and_spreads_wider():
    woman, both, man = (estimated({"stature": 1.70}, share)["weight"] for share in (0, 0.5, 1))
    assert woman[0] < both[0] < man[0]
    assert both[1] ** 2 > (woman[1] ** 2 + man[1] ** 2) / 2


@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf")])
def test_what_is_no_measure_is_refused(value):
    with pytest.raises(PopulationError, match="weight"):
        estimated({"weight": value})


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"woman": {"mean": [1], "covariance": [[1]]}, "names": []}'])
def test_what_is_no_population_is_refused(tmp_path, content):
    path = tmp_path / "population.json"
    path.write_text(content)
    with pytest.raises(PopulationError):
        population("woman", path)


def test_what_is_no_survey_is_refused(tmp_path):
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "other.csv").write_text("stature\n1700\n")
    with pytest.raises(PopulationError):
        of_people(read_survey(tmp_path / "empty.csv"))
    for name in ("other.csv", "gone.csv"):
        with pytest.raises(PopulationError, match=name):
            read_survey(tmp_path / name)
    with pytest.raises(PopulationError):
        of_people(np.full((100, len(NAMES)), -1.0))


def test_nobody_is_in_the_file():
    data = json.loads((Path(__file__).resolve().parents[2] / "assets" / "population.json").read_text())
    assert all(len(data[sex]["mean"]) == len(NAMES) for sex in FILES)
    assert "ANSUR II" in data["source"]


@built
def test_a_heavier_person_of_the_same_stature_is_wider():
    light, heavy = (avatar({"stature": 1.68, "weight": kilograms}) for kilograms in (55, 90))
    for name in ("bust", "waist", "hip", "thigh", "upper_arm"):
        assert light.measurements[name].value < heavy.measurements[name].value, name
    for body in (light, heavy):
        assert body.measurements["stature"].value == pytest.approx(1.68, abs=0.003)


@built
def test_what_was_given_is_certain_and_what_was_not_is_less_certain_the_less_was_given():
    few, more = avatar({"stature": 1.70}), avatar({"stature": 1.70, "bust": 0.95, "hip": 1.02})
    assert more.measurements["bust"].uncertainty < 0.001
    for name in ("thigh", "high_hip", "upper_arm", "underbust"):
        assert 0.005 < more.measurements[name].uncertainty < few.measurements[name].uncertainty < 0.3, name


@built
@pytest.mark.parametrize("measures", [{"weight": 700}, {"weight": 0}, {"age": 3}, {"age": "old"}, {"weight": True}])
def test_a_weight_or_an_age_that_nobody_has_is_refused_by_name(measures):
    with pytest.raises(AvatarRefused, match=next(iter(measures))):
        avatar(measures)
