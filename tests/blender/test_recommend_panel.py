# SPDX-License-Identifier: GPL-3.0-or-later
"""The Recommend panel's buttons: cards to a brief, a garment of one, consent, and a customer who is forgotten."""

import json
import math

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

import toile
from toile.addon import bridge, brief, customers, job_runner, recommending
from toile.models.design import keep_design
from toile.models.recipes import woven_recipe
from toile.models.recommend.live import Store
from toile.models.recommend.made_to_measure import ease_above
from toile.models.recommend.taste import encoded
from toile.patterns import styles
from toile.sim.fabric import SHELF

CUSTOMER = "Ana Müller 安娜"


@pytest.fixture(autouse=True)
def asked(monkeypatch, tmp_path):
    """The brief of an empty scene, with a place for customers; few styles, so that it is soon answered."""
    monkeypatch.setenv(customers.STORE, str(tmp_path / "customers.db"))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    toile.register()
    found = bpy.context.scene.toile_brief
    found.count = 6
    found.never = json.dumps([name for name in styles() if name not in ("tshirt", "pencil_skirt", "trousers")])
    yield found
    toile.unregister()


def recommended():
    bpy.ops.toile.recommend()
    assert job_runner.view().sentence == f"{len(recommending.cards())} designs, best first."
    return recommending.cards()


def kept():
    with Store(customers.path()) as store:
        return store.export(CUSTOMER)["events"]


def test_cards_come_with_pictures_reasons_and_risks(asked):
    asked.season = "summer"
    cards = recommended()
    assert len(cards) == 6
    assert {card.style for card in cards} == {"tshirt", "pencil_skirt", "trousers"}
    for number, card in enumerate(cards):
        assert tuple(recommending._pictures[0][str(number)].image_size) == (96, 96)
        assert recommending.reasons(card)
        assert card.terms["season"] <= 1.0
        assert 0.0 < card.risk["small"] < 0.5
        assert len(card.size.split("-")) == 3, "bust, waist, hip of EN 13402-3"


def test_no_card_is_shown_before_its_picture_is_there(asked):
    found = [(card, np.zeros((8, 8, 4), np.float32)) for card in recommended()]
    for shown, _ in enumerate(recommending._apply(found), 1):
        assert len(recommending.cards()) == shown
        assert all(str(number) in recommending._pictures[0] for number in range(shown))


def test_a_card_is_applied_in_one_step_of_undo(asked):
    cards = recommended()
    before = set(bpy.data.objects.keys())
    assert bpy.ops.toile.apply_card(card=0) == {"FINISHED"}
    (made,) = (bpy.data.objects[name] for name in set(bpy.data.objects.keys()) - before)
    assert made.toile.style == cards[0].style
    assert made.toile.fabric == cards[0].fabric
    pattern = bridge.pattern_of(made)
    assert sum(panel.area for panel in pattern.panels()) == pytest.approx(cards[0].cloth, rel=1e-3)
    assert toile.operators.recommend_card.ApplyCard.bl_options == {"UNDO"}


def test_never_lock_and_more_like_this(asked):
    cards = recommended()
    number = next(n for n, card in enumerate(cards) if card.style == "pencil_skirt")
    choice = next(p.name for p in styles()["pencil_skirt"].parameters if p.kind == "length")
    bpy.ops.toile.lock_choice(card=number, choice=choice)
    stands = brief.locked(asked)[choice]
    assert stands == cards[number].choices[choice]
    bpy.ops.toile.more_like_card(card=number)
    assert {card.style for card in recommending.cards()} == {"pencil_skirt"}
    assert {card.choices[choice] for card in recommending.cards()} == {stands}
    bpy.ops.toile.never_card(card=0)
    assert "pencil_skirt" not in {card.style for card in recommending.cards()}
    bpy.ops.toile.allow_again(name="pencil_skirt")
    bpy.ops.toile.allow_again(name=choice)
    assert not brief.locked(asked)
    assert "pencil_skirt" in {card.style for card in recommended()}


def test_only_who_agreed_is_remembered_and_who_is_forgotten_is_gone(asked):
    asked.customer = CUSTOMER
    assert bpy.ops.toile.remember_customer.poll()
    recommended()
    bpy.ops.toile.apply_card(card=0)
    assert not customers.there(), "nothing is kept without consent"
    with pytest.raises(RuntimeError, match="agreed to"):
        bpy.ops.toile.remember_customer(consent="  ")
    bpy.ops.toile.remember_customer(consent="terms of 2026")
    card = recommending.cards()[0]
    bpy.ops.toile.apply_card(card=0)
    (event,) = kept()
    assert (event["garment"], event["kind"]) == (f"{card.style}, {card.fabric}", "chosen")
    assert CUSTOMER.encode() not in customers.path().read_bytes()
    bpy.ops.toile.forget_customer()
    with pytest.raises(RuntimeError, match="Nothing is kept"):
        bpy.ops.toile.forget_customer()


def test_what_is_taken_in_the_store_comes_first(asked):
    asked.customer = CUSTOMER
    with Store(customers.path()) as store:
        store.agree(CUSTOMER, "terms")
        for _ in range(12):
            customers.note(CUSTOMER, styles()["trousers"], "like", "denim")
        store.agree("another", "terms")
        customers.note("another", styles()["tshirt"], "chosen", "denim")
    with Store(customers.path()) as store:
        suits = store.suits(CUSTOMER, {}, {name: customers.words(styles()[name]) for name in ("tshirt", "trousers")})
        assert sum(suits["trousers"].values()) > sum(suits["tshirt"].values()), "though another took a T-shirt"
        strange = store.suits("a stranger", {}, {name: customers.words(styles()[name]) for name in suits})
        assert sum(strange["tshirt"].values()) > sum(strange["trousers"].values()), "who goes by what is taken"
    assert recommended()[0].style == "trousers"


def test_how_a_garment_felt_gives_the_next_ones_their_ease(asked):
    asked.customer = CUSTOMER
    card = next(card for card in recommended() if card.style == "tshirt")
    bpy.ops.toile.apply_card(card=recommending.cards().index(card))
    with pytest.raises(RuntimeError, match="press Remember"):
        bpy.ops.toile.tell_fit(felt="small")
    bpy.ops.toile.remember_customer(consent="terms")
    for _ in range(2):
        bpy.ops.toile.tell_fit(felt="small")
    with Store(customers.path()) as store:
        (ease, felt), _ = store.worn(CUSTOMER)
    assert (ease, felt) == (pytest.approx(ease_above(styles()["tshirt"], card.choices), abs=1e-6), "small")
    looser = next(card for card in recommended() if card.style == "tshirt")
    assert ease_above(styles()["tshirt"], looser.choices) > ease + 0.005
    bpy.ops.toile.forget_customer()
    again = next(card for card in recommended() if card.style == "tshirt")
    assert ease_above(styles()["tshirt"], again.choices) == pytest.approx(ease, abs=1e-6)


def test_variations_kept_and_colours_liked_are_on_the_cards(asked, monkeypatch, tmp_path):
    monkeypatch.setenv(SHELF, str(tmp_path))
    basis, asked.customer = styles()["trousers"].fabric, CUSTOMER
    kept_one = keep_design("Our Stripe", woven_recipe(basis), basis)
    with Store(customers.path()) as store:
        store.agree(CUSTOMER, "terms")
        store.agree("another", "terms")
    for _ in range(4):
        customers.note(CUSTOMER, styles()["trousers"], "like", kept_one.name, "#203040")
    customers.note("another", styles()["tshirt"], "chosen", "denim", "#ff0000")
    cards = [card for card in recommended() if card.style == "trousers"]
    assert (cards[0].fabric, cards[0].colour) == (kept_one.name, "#203040")
    assert "#ff0000" not in {card.colour for card in cards}
    assert {"own_fabric", "own_colour"} <= set(cards[0].reasons)
    bpy.ops.toile.apply_card(card=recommending.cards().index(cards[0]))
    made = bridge.active_garment(bpy.context)
    assert (made.toile.fabric, made.toile.colour) == (kept_one.name, "#203040")
    assert made.data.materials[0]["toile_colour"] == "#203040"
    assert kept()[-1]["colour"] == "#203040"


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"budget": 0.01}, "m² of cloth"),
        ({"locked": '{"no": 1}'}, "unlock it"),
    ],
)
def test_a_brief_to_which_nothing_can_be_made_says_why(asked, wrong, says):
    for name, value in wrong.items():
        setattr(asked, name, value)
    bpy.ops.toile.recommend()
    assert job_runner.view().phase.value == "failed"
    assert says in job_runner.view().sentence


def test_the_budget_is_cloth(asked):
    assert brief.cloth(asked) == math.inf
    asked.budget, asked.price = 30.0, 20.0
    assert brief.cloth(asked) == pytest.approx(1.5)
    assert all(card.cloth <= 1.5 for card in recommended())


@pytest.mark.parametrize("name", ["apply_card", "more_like_card", "lock_choice", "never_card"])
def test_a_card_that_is_gone_is_refused(asked, name):
    recommended()
    recommending.cards().pop()
    with pytest.raises(RuntimeError):
        getattr(bpy.ops.toile, name)(card=5)


@pytest.mark.slow
def test_more_like_this_comes_near_to_a_customers_best(asked):
    """Of two customers who choose the design nearest to their own with some noise, over ten rounds of pressing it."""
    style = styles()["pencil_skirt"]
    asked.never = json.dumps([name for name in styles() if name != style.name])
    regrets, untold = [], []
    for seed in range(2):
        rng = np.random.default_rng(seed)
        own = encoded(style, {})
        best = np.clip(own + rng.normal(0.0, 0.15, len(own)), 0.0, 1.0)
        median = np.median(((rng.random((2000, len(own))) - best) ** 2).sum(axis=1))
        untold.append(((own - best) ** 2).sum() / median)
        recommended()
        recommending._tastes.clear()
        for _ in range(10):
            away = [((encoded(style, card.choices) - best) ** 2).sum() / median for card in recommending.cards()]
            bpy.ops.toile.more_like_card(card=int((rng.gumbel(size=len(away)) - 8.0 * np.array(away)).argmax()))
        first = encoded(style, recommending.cards()[0].choices)
        regrets.append(((first - best) ** 2).sum() / median)
    assert np.mean(regrets) < np.mean(untold)
    assert np.mean(regrets) <= 0.20
