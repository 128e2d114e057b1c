# SPDX-License-Identifier: GPL-3.0-or-later
"""Favourites and leanings: what Bayes' rule says, and planted tastes that are found and followed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toile.models.recommend.favourites import RECENT, UNLEARNT, Assortment, follow, leanings, strengths_of

EVEN = {"category": UNLEARNT, "colour": UNLEARNT}
STRENGTH = {name: np.eye(len(UNLEARNT))[3] for name in EVEN}  # all favourites e³ times as often


def shop(garments=240, seed=0):
    rng = np.random.default_rng(seed)
    looks = {"category": rng.integers(6, size=garments), "colour": rng.integers(8, size=garments)}
    return looks, Assortment.of(looks, rng.gamma(2.0, size=garments))


def taken(looks, popular, favourite, n, rng, strength=3.0, had=()):
    """Garments that a customer with these favourites takes, none twice."""
    chance = popular * np.exp(strength * sum(looks[name] == code for name, code in favourite.items()))
    chance[list(had)] = 0.0
    return rng.choice(len(popular), n, replace=False, p=chance / chance.sum()).tolist()


def test_one_event_of_one_look_is_bayes_rule():
    looks = {"category": np.array([0, 0, 1, 2])}
    popular = np.array([1.0, 2.0, 3.0, 4.0])
    found = follow(Assortment.of(looks, popular), [(2, 0.2)], {"category": UNLEARNT})
    share, more = np.array([0.3, 0.3, 0.4]), np.expm1(np.arange(6.0))
    n = 1.0 + share * more[:, None]
    told = (np.where(np.arange(3) == 1, 1.0 + more[:, None], 1.0) / n) ** 0.2
    p = told / told.sum()
    lift = [(p / n * np.where(np.arange(3) == k, 1.0 + more[:, None], 1.0)).sum() for k in range(3)]
    np.testing.assert_allclose(found.lift["category"], [*lift, 1.0])
    np.testing.assert_allclose(found.strengths["category"], p.sum(axis=1))


@given(st.lists(st.tuples(st.integers(0, 239), st.sampled_from([1.0, 0.5, 0.2, -1.0])), max_size=30))
@settings(max_examples=30, deadline=None)
def test_whatever_happens_lifts_stay_positive_and_strengths_are_shares(events):
    _, garments = shop()
    found = follow(garments, events, EVEN)
    for look in EVEN:
        assert (found.lift[look] > 0.0).all()
        assert found.strengths[look].sum() == pytest.approx(1.0)
    assert ((found.since >= 0.0) & (found.since <= 1.0 + 1e-9)).all()
    assert (np.diff(found.since) >= -1e-9).all(), "what came later is likelier of this taste"
    if events:
        assert np.isfinite(leanings(garments, events, found.since)).all()


def test_before_any_event_nothing_is_liked_more_than_anything_else():
    looks = {"category": np.arange(240) % 6}
    found = follow(Assortment.of(looks, np.ones(240)), [], {"category": UNLEARNT})
    np.testing.assert_allclose(found.lift["category"], 1.0)


@pytest.mark.parametrize("seed", range(3))
def test_a_planted_favourite_is_found_and_followed_through_a_change(seed):
    looks, garments = shop(seed=seed)
    rng = np.random.default_rng(seed)
    first, then = {"category": 1, "colour": 2}, {"category": 4, "colour": 7}
    events = taken(looks, garments.popular, first, 15, rng)
    found = follow(garments, [(g, 1.0) for g in events], STRENGTH)
    assert {look: int(lift.argmax()) for look, lift in found.lift.items()} == first
    events += taken(looks, garments.popular, then, 10, rng, had=events)
    found = follow(garments, [(g, 1.0) for g in events], STRENGTH)
    assert {look: int(lift.argmax()) for look, lift in found.lift.items()} == then
    assert found.since[10] < 0.1 < 0.9 < found.since[20], "the change is seen where it was"


def test_a_refusal_speaks_against():
    looks, garments = shop()
    red = int(np.flatnonzero(looks["colour"] == 3)[0])
    found = follow(garments, [(red, -1.0)], EVEN)
    assert found.lift["colour"].argmin() == 3
    assert leanings(garments, [(red, -1.0)], np.ones(1))[red] < 0.0


def test_milder_leanings_to_several_are_told_in_their_order():
    looks, garments = shop(garments=1000)
    rng = np.random.default_rng(1)
    likes = np.array([1.5, 1.0, 0.0, 0.0, -1.0, -2.0])
    chance = garments.popular * np.exp(likes[looks["category"]])
    events = [(int(g), 1.0) for g in rng.choice(1000, 80, replace=False, p=chance / chance.sum())]
    lean = leanings(garments, events, np.ones(80))
    of_category = np.array([lean[looks["category"] == k].mean() for k in range(6)])
    assert np.corrcoef(of_category, likes)[0, 1] > 0.9


@pytest.mark.parametrize("strength", [0, 3])
def test_the_strength_of_favourites_is_learnt_from_customers(strength):
    looks, garments = shop()
    rng = np.random.default_rng(0)
    histories = [
        [(g, 1.0) for g in taken(looks, garments.popular, {"colour": int(rng.integers(8))}, 12, rng, strength)]
        for _ in range(40)
    ]
    found = strengths_of(garments, histories)
    assert abs(found["colour"] @ np.arange(6.0) - strength) < 0.6
    assert found["category"] @ np.arange(6.0) < 0.6, "of which nobody has a favourite"


def test_what_lies_too_far_back_to_be_followed_is_not_learnt_from():
    looks, garments = shop()
    rng = np.random.default_rng(0)
    late = [(g, 1.0) for g in taken(looks, garments.popular, {"colour": 2}, RECENT, rng, 3)]
    found, after_many = strengths_of(garments, [late]), strengths_of(garments, [[(0, 1.0)] * 1000 + late])
    for look in found:
        np.testing.assert_array_equal(found[look], after_many[look])


def test_a_look_that_tells_nothing_apart_is_left_out():
    looks = {"category": np.array([0, 1, -1, 1]), "colour": np.full(4, -1), "fabric": np.zeros(4, np.int64)}
    garments = Assortment.of(looks, np.ones(4))
    assert set(garments.codes) == {"category"}
    found = follow(garments, [(2, 1.0), (1, 1.0)], {"category": UNLEARNT})
    assert found.lift["category"][1] > 1.0
    assert found.lift["category"][2] == pytest.approx(1.0), "a garment of no known category is neither for nor against"
    assert strengths_of(Assortment.of({"category": np.empty(0, np.int64)}, np.empty(0)), []) == {}
