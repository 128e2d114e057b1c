# SPDX-License-Identifier: GPL-3.0-or-later
import json
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from toile.models.recommend.counts import TERMS, Asker
from toile.models.recommend.evaluation import EvaluationRefused
from toile.models.recommend.events import BODY, coded
from toile.models.recommend.fit import FitRefused, SizeAdviser
from toile.models.recommend.fit_study import evaluate_fit
from toile.models.recommend.logistic import Logistic
from toile.models.recommend.rankers import Content, Hybrid, Popularity
from toile.models.recommend.size_choice import SizeRange
from toile.models.recommend.sizing import BodySize, Segments
from toile.models.recommend.study import cases, count, evaluate, judge, looks_of

FIRST = (date(2024, 1, 1) - date(1970, 1, 1)).days


def planted(seed=0, customers=250, events=3000, taste=2.5):
    """Customers with an occasion and a size of body that decide, with noise and with popularity, what they take."""
    rng = np.random.default_rng(seed)
    suits, appeal = rng.integers(4, size=80), rng.normal(size=80)
    occasion, stature = rng.integers(4, size=customers), rng.uniform(1.5, 1.9, customers)
    runs = rng.normal(0, 1.0, 80)
    rows = []
    for e in range(events):
        c = int(rng.integers(customers))
        utility = appeal + taste * (suits == occasion[c]) + rng.gumbel(size=80)
        g = int(utility.argmax())
        true = 8 + 30 * (stature[c] - 1.7) + runs[g]
        size = float(np.round(true + rng.normal(0, 1.5)))
        left = size - true + rng.normal(0, 0.3)
        rows.append({
            "customer": f"c{c:04d}", "garment": f"g{g:02d}", "day": FIRST + e // 8, "kind": "rental",
            "occasion": f"o{occasion[c]}", "category": f"k{suits[g]}", "height": float(stature[c]),
            "weight": 60.0 + 40 * (float(stature[c]) - 1.7), "age": 30.0, "size": max(size, 0.0),
            "fit": 0 if left < -1.5 else 2 if left > 1.5 else 1,
        })  # fmt: skip
    return coded(rows)


def split(events):
    return events.until(FIRST + 300)


def quiet(fraction, text):
    pass


def test_planted_taste_is_found_and_beats_popularity():
    report = evaluate(*split(planted()), {}, 0, quiet)
    assert report["chosen"]["known"]["model"] != "popularity"
    assert report["known"]["gain"][1] > 0
    weights = report["chosen"]["known"]["weights"]
    assert weights["occasion"] + weights["own_category"] > 0.5


@pytest.mark.slow
def test_without_any_taste_nothing_falls_below_popularity():
    past, period = split(planted(taste=0.0))
    report = evaluate(past, period, {}, 0, quiet)
    mine, base = report["known"]["ndcg@10"], report["test"]["known"]["popularity"]["ndcg@10"]
    assert mine > 0.9 * base
    for name, kind in report["validation"].items():
        chosen = report["chosen"].get(name, {"model": "popularity"})["model"]
        assert kind[chosen]["ndcg@10"] >= kind["popularity"]["ndcg@10"]


@pytest.mark.slow
def test_two_runs_give_the_same_bytes():
    past, period = split(planted())
    one, other = (json.dumps(evaluate(past, period, {}, 3, quiet)) for _ in range(2))
    assert one == other


def test_the_hybrid_of_popularity_alone_is_popularity():
    past, period = split(planted())
    segments = Segments.learnt(past)
    counts = count(past, looks_of([past]), segments)
    held = cases(past, period, segments, counts)["known"]
    alone = dict.fromkeys(set(TERMS) - {"popularity"}, 0.0)
    families = counts.looks["category"]
    hybrid = judge(Hybrid(counts, {"popularity": 1.0, **alone}), held, counts, families)
    np.testing.assert_array_equal(hybrid.each, judge(Popularity(counts), held, counts, families).each)


def test_a_body_is_of_one_size_alone_or_among_others():
    rng = np.random.default_rng(0)
    body = rng.normal([1.7, 65.0, 0.95, 3.0, 30.0], [0.1, 10.0, 0.08, 1.5, 8.0], (500, 5))
    size = BodySize.learnt(body, rng.normal(10.0, 3.0, 500))
    np.testing.assert_array_equal([size(row[None])[0] for row in body], size(body))  # to the last bit, for edges' sake


@pytest.mark.parametrize("look", ["category", "colour", "fabric", "season"])
def test_what_a_garment_is_tells_the_content_model_what_a_customer_takes(look):
    rows = [
        {"customer": f"c{e % 2}", "garment": f"g{e:02d}", "day": FIRST + e, "kind": "rental", look: f"l{e % 2}"}
        for e in range(20)
    ]
    past = coded([*rows, {"customer": "c0", "garment": "g20", "day": FIRST + 20, "kind": "rental"}])
    scores = Content(count(past, looks_of([past]), Segments.learnt(past))).scores(Asker(0, {}))
    assert scores[0:20:2].min() > max(scores[1:20:2].max(), scores[20])


def test_the_period_is_not_looked_at():
    past, period = split(planted())
    segments = Segments.learnt(past)
    counts = count(past, looks_of([past]), segments)
    before = counts.popularity.copy()
    cases(past, period, segments, counts)
    np.testing.assert_array_equal(counts.popularity, before)
    assert counts.latest == past.day[-1]


def test_a_single_day_is_refused():
    events = planted(events=7)
    with pytest.raises(EvaluationRefused, match="one time"):
        evaluate(events, events, {}, 0, quiet)


def test_sizes_of_bodies_are_recovered():
    rng = np.random.default_rng(0)
    body = np.column_stack(
        [rng.normal(1.65, 0.1, 500), rng.normal(60, 9, 500), np.full(500, np.nan), *rng.random((2, 500))]
    )
    size = 8 + 20 * (body[:, 0] - 1.65) + 0.2 * (body[:, 1] - 60)
    learnt = BodySize.learnt(body, size, ridge=1e-3)
    np.testing.assert_allclose(learnt(body), size, atol=0.05)


def test_fit_and_size_are_told_from_planted_ones():
    report = evaluate_fit(*split(planted()), Logistic.learnt)
    assert report["fit_auc"] > 0.85
    assert report["size_within_one"] > 0.7
    assert report["known_exact"] >= report["median_exact"] - 0.02


def test_probabilities_sum_to_one_and_a_larger_size_is_larger():
    past, period = split(planted())
    adviser = SizeAdviser.learnt(past, Logistic.learnt)
    p = adviser.probabilities(period)
    np.testing.assert_allclose(p.sum(axis=1), 1.0)
    larger = adviser.probabilities(replace(period, size=period.size + 6))
    assert (larger[:, 2] > p[:, 2]).mean() > 0.95


@pytest.mark.slow
def test_trees_tell_fit_where_no_row_tells_a_bust_and_twice_the_same():
    pytest.importorskip("sklearn")
    from toile.models.recommend.trees import boosted_trees

    past, period = split(planted())
    assert np.isnan(past.body[:, BODY.index("bust")]).all()
    one, other = (evaluate_fit(past, period, boosted_trees) for _ in range(2))
    assert one == other
    assert one["fit_auc"] > 0.85


def test_what_a_customer_said_of_sizes_is_summed_by_customer():
    past, _ = split(planted())
    many = replace(past, customer=np.zeros_like(past.customer))  # one took them all
    choice = SizeRange.learnt(many)
    fitted = many.size[many.fit == 1]
    sizes, times = choice.fitted[0]
    assert dict(zip(sizes, times, strict=True)) == {size: (fitted == size).sum() for size in sizes}
    np.testing.assert_array_equal(
        choice.told[0], [many.size[many.fit == 0].max(), np.median(fitted), many.size[many.fit == 2].min()]
    )
    assert np.isnan(choice.told[1:]).all()


def test_what_one_row_cannot_tell_is_none_and_not_nan():
    past, period = split(planted())
    report = evaluate_fit(past, period.rows(np.arange(1)), Logistic.learnt)
    assert report["fit_auc"] is report["auc_gap"] is None
    json.dumps(report, allow_nan=False)


def test_no_feedback_is_refused():
    past, period = split(planted())
    with pytest.raises(FitRefused):
        evaluate_fit(replace(past, fit=np.full(len(past), -1)), period, Logistic.learnt)
    with pytest.raises(FitRefused):
        evaluate_fit(past, replace(period, fit=np.full(len(period), -1)), Logistic.learnt)


def test_the_curve_of_the_towers_can_be_read(tmp_path):
    pytest.importorskip("torch")
    reader = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    from toile.models.recommend.learners import learners

    past, _ = split(planted(events=600))
    counted = past.customer, past.garment, len(past.customers), len(past.garments)
    drawn = learners(tmp_path)["two towers"](*counted)
    for factors, plain in zip(drawn, learners()["two towers"](*counted), strict=True):
        np.testing.assert_array_equal(factors, plain)
    events = reader.EventAccumulator(str(tmp_path / f"{len(past)} events"))
    events.Reload()
    losses = [point.value for point in events.Scalars("loss")]
    assert losses[-1] < losses[0]


def test_learners_give_factors_and_the_same_bytes_twice():
    pytest.importorskip("implicit")
    pytest.importorskip("torch")
    from toile.models.recommend.learners import learners

    past, _ = split(planted(events=800))
    for name, learn in learners().items():
        one, other = (learn(past.customer, past.garment, len(past.customers), len(past.garments)) for _ in range(2))
        for a, b in zip(one, other, strict=True):
            assert a.tobytes() == b.tobytes(), name
        assert one[0].shape[0] == len(past.customers)
        assert one[1].shape[0] == len(past.garments)
        assert one[0].shape[1] == one[1].shape[1]
