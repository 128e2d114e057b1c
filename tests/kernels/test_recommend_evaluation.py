# SPDX-License-Identifier: GPL-3.0-or-later
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toile.models.recommend.evaluation import (
    METRICS,
    EvaluationRefused,
    auc,
    best,
    listed,
    macro_hit_rate,
    metrics,
    paired_gain,
    quality,
)
from toile.models.recommend.families import FAMILIES, families_of, family


def measured(ranked, taken, k):
    return dict(zip(METRICS, metrics(np.array(ranked), taken, k), strict=True))


def test_a_case_counted_by_hand():
    # hits at places 1 and 3 of three, of three garments taken
    found = measured([7, 1, 9], {7, 9, 4}, 3)
    assert found["precision"] == found["recall"] == found["f1"] == pytest.approx(2 / 3)
    ideal = 1 + 1 / math.log2(3) + 1 / 2
    assert found["ndcg"] == pytest.approx((1 + 1 / 2) / ideal)
    assert found["map"] == pytest.approx((1 + 2 / 3) / 3)
    assert found["hit_rate"] == 1


def test_fewer_candidates_than_k_cost_precision_and_nothing_else():
    found = measured([5, -1, -1, -1], {5}, 4)
    assert found["precision"] == 0.25
    assert found["ndcg"] == found["recall"] == found["map"] == 1


def test_no_hit_is_zero_throughout():
    assert not any(measured([1, 2], {3}, 2).values())


def test_ties_go_to_the_first_and_what_is_ruled_out_never_shows():
    assert best(np.array([1.0, 2.0, 2.0, 2.0]), 2).tolist() == [1, 2]
    assert best(np.array([-np.inf, 1.0, -np.inf]), 2).tolist() == [1, -1]
    assert best(np.full(3, -np.inf), 2).tolist() == [-1, -1]


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30), st.integers(1, 12))
def test_best_is_a_stable_sort(scores, k):
    values = np.array(scores, float)
    expected = np.argsort(-values, kind="stable")[:k].tolist()
    assert best(values, k).tolist() == expected + [-1] * (k - len(expected))


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 4)), min_size=2, max_size=40))
def test_auc_is_the_share_of_pairs_in_order(rows):
    truth, score = np.array([t for t, _ in rows]), np.array([s for _, s in rows], float)
    pairs = [(p > n) + (p == n) / 2 for p in score[truth] for n in score[~truth]]
    expected = np.mean(pairs) if pairs else np.nan
    np.testing.assert_allclose(auc(truth, score), expected)


@given(st.lists(st.sampled_from([-math.inf, 0.0, 1.0, 2.5, 4.0]), max_size=14), st.integers(1, 12), st.randoms())
def test_the_last_fifth_is_of_what_fewer_take_and_nothing_comes_twice(scores, k, chance):
    scores = np.array(scores, float)
    popular = np.array([chance.uniform(-9, 9) for _ in scores])
    found = listed(scores, popular, k)
    lead = k - k // 5
    np.testing.assert_array_equal(found[:lead], best(scores, lead))
    shown = found[found >= 0]
    assert len(found) == k
    assert len(set(shown.tolist())) == len(shown) == min(k, int((scores > -math.inf).sum()))
    assert (scores[shown] > -math.inf).all()
    np.testing.assert_array_equal(listed(scores, np.zeros(len(scores)), k), best(scores, k))


def test_what_fewer_take_comes_forward_in_the_last_places():
    scores, popular = np.array([9.0, 8.0, 7.0, 6.0, 5.0, 4.9]), np.array([9.0, 8.0, 7.0, 6.0, 5.0, 0.0])
    assert listed(scores, popular, 5).tolist() == [0, 1, 2, 3, 5]


def test_no_word_is_in_two_families_and_each_family_knows_its_own_name():
    words = [word for of_family in FAMILIES.values() for word in of_family.split()]
    assert len(words) == len(set(words))
    assert all(family(name) == name for name in FAMILIES)
    assert family("pencil_skirt") == family("Wrap skirt") == family("skirts") == "skirt"


@given(st.lists(st.text(max_size=9) | st.sampled_from(["gown", "maxi", "pants", "trouser"]), unique=True), st.data())
def test_garments_are_of_one_family_when_their_words_are(words, data):
    category = np.array(data.draw(st.lists(st.integers(-1, len(words) - 1), max_size=8)), int)
    found = families_of(words, category)
    named = [family(words[code]) if code >= 0 else None for code in category]
    assert all((found[i] == found[j]) == (named[i] == named[j]) for i in range(len(found)) for j in range(i))


def test_every_style_has_the_same_say():
    ranked = np.array([[0, 1]] * 9 + [[0, 1]])
    assert macro_hit_rate(ranked, [{0}] * 9 + [{2}]) == 0.5


def test_quality_of_two_customers():
    styles = np.array([0, 0, 1, 1])
    found = quality(np.array([[0, 1], [2, 0]]), np.array([[0], [1]]), [{0}, {3}], styles, np.zeros(4))
    assert found.coverage == 0.75
    assert found.diversity == 0.5
    assert found.novelty == 2
    assert found.macro_hit_rate == 1


def test_nobody_is_refused():
    with pytest.raises(EvaluationRefused):
        quality(np.empty((0, 10), int), np.empty((0, 3), int), [], np.zeros(1, int), np.zeros(1))


def test_the_bootstrap_interval_holds_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(200):
        base = rng.normal(size=200)
        _, low, high = paired_gain(base + rng.normal(0.1, 1.0, 200), base, rng, 300)
        held += low <= 0.1 <= high
    assert 180 <= held <= 199
