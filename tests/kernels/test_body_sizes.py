# SPDX-License-Identifier: GPL-3.0-or-later
"""A body's place in size systems."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toile.bodies.sizes import SizeRefused, place, systems

WOMAN = {"stature": 1.60, "bust": 0.84, "waist": 0.68}


def test_the_standards_middle_people_have_their_size():
    assert place("gbt_1335_women", WOMAN) == "160/84A"
    assert place("gbt_1335_men", {"stature": 1.70, "bust": 0.88, "waist": 0.74}) == "170/88A"


def test_every_system_says_its_source_and_its_ranges_meet():
    for rules in systems().values():
        assert rules["source"]
        assert rules["label"]
        ranges = sorted(rules["builds"].values())
        assert all(a[1] == b[0] for a, b in pairwise(ranges))


@given(st.floats(1.43, 1.82), st.floats(0.66, 1.13), st.floats(0.04, 0.24))
def test_a_grid_gives_the_nearest_step(stature, bust, drop):
    size = place("gbt_1335_women", {"stature": stature, "bust": bust, "waist": bust - drop})
    high, round_ = size[:-1].split("/")
    assert abs(int(high) / 100 - stature) <= 0.025 + 1e-9
    assert abs(int(round_) / 100 - bust) <= 0.02 + 1e-9


@pytest.mark.parametrize(
    ("system", "change"),
    [
        ("mars", {}), ("gbt_1335_women", {"stature": 2.4}), ("gbt_1335_women", {"waist": 1.2}),
        ("gbt_1335_women", {"bust": float("nan")}), ("gbt_1335_women", {"bust": -1}), ("gbt_1335_women", {"bust": 84}),
    ],
)  # fmt: skip
def test_who_has_no_size_is_told_why(system, change):
    with pytest.raises(SizeRefused) as refused:
        place(system, WOMAN | change)
    assert str(refused.value).endswith(".")


def test_a_missing_measure_is_named():
    with pytest.raises(SizeRefused, match="waist"):
        place("gbt_1335_women", {"stature": 1.6, "bust": 0.9})
