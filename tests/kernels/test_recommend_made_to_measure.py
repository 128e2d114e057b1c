# SPDX-License-Identifier: GPL-3.0-or-later
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from people import WOMAN
from toile.bodies.sizes import SizeRefused
from toile.models.recommend.made_to_measure import (
    Brief,
    BriefRefused,
    EasePreference,
    Look,
    cards,
    ease_above,
    with_ease,
)
from toile.models.recommend.taste import RoundRefused, Taste, decoded, encoded, numbers
from toile.patterns import ParameterRefused, styles

NAMES = ("tshirt", "pencil_skirt", "trousers")
SUITS = {"suits": 1.0}
BRIEF = Brief(dict.fromkeys(NAMES, SUITS))


def shown(brief, measurements=WOMAN):
    return cards(styles(), measurements, brief, EasePreference(), np.random.default_rng(0))


def test_every_card_can_be_cut_out_and_twice_the_same():
    found = shown(BRIEF)
    assert len(found) == 8
    for card in found:
        styles()[card.style].draft(WOMAN, card.choices)
    assert found == shown(BRIEF)


def test_looks_are_tried_in_turn_and_the_one_that_suits_comes_first():
    looks = [Look("linen", "#203040", {"own_colour": 2.0}), Look("linen", "", {"own_colour": 0.0})]
    found = shown(Brief({"pencil_skirt": SUITS}, looks={"pencil_skirt": looks}))
    assert {(card.fabric, card.colour) for card in found} == {("linen", "#203040"), ("linen", "")}
    assert found[0].colour == "#203040"
    assert found[0].reasons[0] == "own_colour"
    assert {card.colour for card in shown(BRIEF)} == {""}


def test_the_weight_of_each_looks_own_cloth_is_what_suits_the_season():
    looks = [Look("denim"), Look("linen")]
    found = shown(Brief({"pencil_skirt": SUITS}, looks={"pencil_skirt": looks}, season="winter"))
    season = {card.fabric: card.terms["season"] for card in found}
    assert season["denim"] > season["linen"]


def test_the_first_three_cards_are_three_styles():
    assert {card.style for card in shown(BRIEF)[:3]} == set(NAMES)


def test_reasons_are_the_terms_of_the_score():
    for card in shown(Brief({"tshirt": SUITS}, fabric=styles()["tshirt"].fabric)):
        assert card.score == pytest.approx(sum(card.terms.values()))
        assert card.reasons[0] in ("suits", "fabric")
        assert all(card.terms[reason] > 0 for reason in card.reasons)


def test_what_is_locked_stands_and_what_is_never_wanted_stays_away():
    p = next(p for p in styles()["pencil_skirt"].parameters if p.kind == "length")
    found = shown(Brief(dict.fromkeys(NAMES, SUITS), locked={p.name: p.value}, never=frozenset({"tshirt"})))
    assert {card.style for card in found} == {"pencil_skirt", "trousers"}
    assert all(
        card.choices[p.name] == p.value for card in found if p.name in card.choices and card.style == "pencil_skirt"
    )


def test_a_card_tells_the_bodys_size_and_none_beyond_all_sizes():
    sizes = {name: {card.size for card in shown(replace(BRIEF, sizes=name))} for name in ("", "gbt_1335_women")}
    assert sizes == {"": {""}, "gbt_1335_women": {"170/92A"}}
    tall = shown(replace(BRIEF, sizes="gbt_1335_women"), measurements=WOMAN | {"stature": 2.1})
    assert {card.size for card in tall} == {""}
    with pytest.raises(SizeRefused):
        shown(replace(BRIEF, sizes="clown"))


def test_the_risk_is_that_of_the_ease_that_stands():
    style = styles()["tshirt"]
    locked = {"bust_ease": 0.2, "hip_ease": 0.14}  # 8 cm more than its own
    (free, *_), (loose, *_) = (shown(Brief({"tshirt": SUITS}, locked=choices)) for choices in ({}, locked))
    assert free.risk["small"] == pytest.approx(free.risk["large"])
    assert loose.risk["large"] > 0.9 > 0.1 > loose.risk["small"]
    assert ease_above(style, loose.choices) == pytest.approx(0.08)


def test_hostile_briefs_are_refused():
    for brief, measurements in (
        (Brief({}), WOMAN),
        (Brief({"tshirt": SUITS}, never=frozenset({"tshirt"})), WOMAN),
        (Brief({"tshirt": SUITS}, locked={"no such thing": 1.0}), WOMAN),
        (BRIEF, {}),
        (BRIEF, {name: value * 1000 for name, value in WOMAN.items()}),  # millimetres
    ):
        with pytest.raises(BriefRefused):
            shown(brief, measurements=measurements)
    p = next(p for p in styles()["tshirt"].parameters if p.kind == "ease")
    with pytest.raises(ParameterRefused):
        shown(Brief({"tshirt": SUITS}, locked={p.name: 92.0}))


@given(st.floats(-0.05, 0.05))
def test_the_ease_a_customer_likes_is_learnt_from_how_garments_felt(liked):
    worn = []
    for ease in np.linspace(-0.1, 0.1, 15):
        off = ease - liked
        worn.append((float(ease), "small" if off < -0.03 else "large" if off > 0.03 else "fit"))
    learnt = EasePreference.learnt(worn)
    assert abs(learnt.mean - liked) < 0.012
    assert learnt.deviation < EasePreference().deviation
    risk = learnt.risk(learnt.mean)
    assert max(risk.values()) < max(learnt.risk(learnt.mean + 0.06).values())


def test_nothing_worn_changes_nothing():
    assert EasePreference.learnt([]).mean == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("worn", [(0.05, "tight"), (5.0, "fit"), (float("nan"), "fit")])
def test_impossible_feedback_is_refused(worn):
    with pytest.raises(BriefRefused):
        EasePreference.learnt([worn])


def test_ease_shifts_each_ease_within_its_range():
    style = styles()["tshirt"]
    for p in style.parameters:
        if p.kind == "ease":
            low, high = p.range
            assert with_ease(style, 0.01)[p.name] == pytest.approx(min(p.value + 0.01, high))
            assert with_ease(style, -9.0)[p.name] == low


@given(st.floats(-0.05, 0.3), st.floats(0.9, 1.2))
def test_a_shirt_has_its_ease_from_the_armpit_down_to_the_bust(ease, full):
    body = WOMAN | {"bust": WOMAN["bust"] * full}
    inward = body["bust_point_distance"] / 2 - body["neck"] / 5.4
    bust = -np.sqrt(body["neck_point_to_bust"] ** 2 - inward**2)
    pattern = styles()["tshirt"].draft(body, {"bust_ease": ease, "sleeve": "none", "collar": "none"})
    for name in ("front", "back"):
        (side,) = (edge.flattened() for edge in pattern.panel(name).edges if edge.name == "side_left")
        above = side[side[:, 1] >= bust - 1e-6]
        assert len(above) >= 2
        np.testing.assert_allclose(np.abs(above[:, 0]), (body["bust"] + ease) / 4, atol=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_designs_and_choices_are_two_ways_to_say_one_thing(name):
    style = styles()[name]
    design = np.random.default_rng(0).random(len(numbers(style)))
    np.testing.assert_allclose(encoded(style, decoded(style, design)), design)


def simulated_customer(rng, centres):
    """A utility over designs with 0 for the median design and 1 for the best, and the archetype it is near to."""
    archetype, dimensions = centres[rng.integers(len(centres))], centres.shape[1]
    best = np.clip(archetype + rng.normal(0, 0.15, dimensions), 0, 1)
    weights = rng.dirichlet(np.full(dimensions, 1.2)) * dimensions
    waves, phase, height = rng.normal(0, 2, (12, dimensions)), rng.uniform(0, 6.28, 12), rng.normal(0, 0.08, 12)

    def raw(x):
        return -((x - best) ** 2 @ weights) + np.cos(x @ waves.T + phase) @ height

    everything = rng.random((4000, dimensions))
    everything[:800] = np.clip(best + rng.normal(0, 0.08, (800, dimensions)), 0, 1)
    values = raw(everything)
    median, top = np.median(values), values.max()
    return archetype, lambda x: (raw(x) - median) / (top - median)


@pytest.mark.slow
@pytest.mark.parametrize(("dimensions", "most"), [(8, 0.20), (21, 0.25), (54, 0.25)])
def test_ten_rounds_of_choosing_come_close_to_a_customers_best(dimensions, most):
    """Eight sliders, as many as a pencil skirt has, and as many as a T-shirt."""
    centres = np.random.default_rng(7).random((4, dimensions))
    regrets, untold = [], []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        archetype, utility = simulated_customer(rng, centres)
        taste = Taste(archetype, np.zeros(dimensions, bool))
        untold.append(1 - utility(archetype[None])[0])
        for _ in range(10):
            designs = taste.propose(8, rng)
            taste = taste.choose(designs, int((8 * utility(designs) + rng.gumbel(size=8)).argmax()))
        regrets.append(1 - utility(taste.ideal()[None])[0])
    assert np.mean(regrets) <= min(most, np.mean(untold))


def test_what_is_locked_never_varies_and_an_unknown_answer_is_refused():
    taste = Taste(np.full(5, 0.5), np.array([True, False, True, False, False]))
    designs = taste.propose(50, np.random.default_rng(0))
    assert (designs[:, [0, 2]] == 0.5).all()
    assert (designs[1:, 1] != 0.5).all()
    with pytest.raises(RoundRefused):
        taste.choose(designs, 50)
