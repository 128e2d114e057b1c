# SPDX-License-Identifier: GPL-3.0-or-later
"""Every model, trained on the past and compared on a validation period; the best is kept, by kind of customer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .counts import LOOKS, PRIOR, TERMS, Asker, Counts
from .evaluation import FAMILIES_K, METRICS, EvaluationRefused, K, Quality, best, listed, paired_gain, quality
from .events import KINDS, Events
from .families import families_of
from .favourites import strengths_of
from .logit import Choices, conditional_logit
from .rankers import CONTEXT, UNTUNED, Content, Factored, Hybrid, ItemKnn, Learner, Popularity, Ranker, ease
from .sizing import Segments

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Progress = Callable[[float, str], None]
KNOWN, NEW = "known", "new"
HALF_YEAR = 182  # days
_TUNED_ON = 1000  # customers of each kind, drawn
_PULL = 1.0
_RARE_FAMILY = 1e-3  # share of a family below which its rarity alone does not make it one to propose


@dataclass(frozen=True)
class Case:
    """A customer of a period: who asks, and the garments taken in it that were not taken before."""

    asker: Asker
    taken: set[int]


@dataclass(frozen=True)
class Chosen:
    """What the validation period decided: for known and new customers a model and the hybrid's weights.

    strengths: of each look how strong favourites are, by the customers before it (see `favourites`).
    """

    model: Mapping[str, str]
    weights: Mapping[str, Mapping[str, float]]
    strengths: Mapping[str, Floats]


def count(past: Events, looks: Mapping[str, Ints], segments: Segments) -> Counts:
    """The sums of these events."""
    counts = Counts(looks, segments.sizes)
    counts.notice(past.customer, past.garment, np.array(list(KINDS.values()))[past.kind])
    past = past.rows(past.taken)
    counts.add(past.customer, past.garment, past.day, segments.of(past))
    return counts


def looks_of(events: Sequence[Events]) -> dict[str, Ints]:
    """For each of LOOKS (g,) what the first event says that says it of a garment; -1 where none does."""
    looks = {name: np.full(len(events[0].garments), -1, np.int64) for name in LOOKS}
    for name, codes in looks.items():
        for part in reversed(events):
            known = np.flatnonzero(part.words[name] >= 0)[::-1]
            codes[part.garment[known]] = part.words[name][known]
    return looks


def cases(past: Events, period: Events, segments: Segments, counts: Counts) -> dict[str, list[Case]]:
    """The customers of a period, known and new.

    A known customer's body is as last told in the past, a new one's as at sign-up: with the first event of the
    period. The occasion is what the brief says: that of the period's first event. Nothing else is looked at.
    """
    period = period.rows(period.taken)
    told, before = segments.of(period), segments.of(past)
    last = {int(c): e for e, c in enumerate(past.customer)}
    first: dict[int, int] = {}
    taken: dict[int, set[int]] = {}
    for e, (c, g) in enumerate(zip(period.customer.tolist(), period.garment.tolist(), strict=True)):
        first.setdefault(c, e)
        if g not in counts.histories.get(c, ()):
            taken.setdefault(c, set()).add(g)
    found: dict[str, list[Case]] = {KNOWN: [], NEW: []}
    for c, garments in taken.items():
        known = c in counts.tastes
        body = {n: int(before[n][last[c]]) if known else int(told[n][first[c]]) for n in PRIOR}
        occasion = int(told["occasion"][first[c]])
        found[KNOWN if known else NEW].append(Case(Asker(c, {**body, "occasion": occasion}), garments))
    return found


def rankers(
    counts: Counts, past: Events, weights: Mapping[str, float], learners: Mapping[str, Learner]
) -> dict[str, Ranker]:
    """Every model, trained on the past."""
    past = past.rows(past.taken)
    made: dict[str, Ranker] = {
        "popularity": Popularity(counts),
        "popularity × context": Hybrid(counts, CONTEXT),
        "item-kNN": ItemKnn(counts),
        "EASE": ease(counts),
        "content": Content(counts),
        "hybrid": Hybrid(counts, weights),
    }
    for name, learn in learners.items():
        made[name] = Factored(counts, learn(past.customer, past.garment, len(past.customers), len(past.garments)))
    return made


def judge(ranker: Ranker, of: Sequence[Case], counts: Counts, families: Ints) -> Quality:
    """A model's quality on cases. families: (g,) each garment's (see `families`).

    Families are ranked by how much likelier the model finds them for this customer than for its others.
    """
    ranked: list[Ints] = []
    shares: list[Floats] = []
    popular = ranker.popular() if isinstance(ranker, Hybrid) else np.zeros(len(families))
    for case in of:
        scores = ranker.scores(case.asker).copy()
        shares.append(np.bincount(families, np.exp(scores - scores.max())).astype(float))
        scores[counts.histories.get(case.asker.customer, [])] = -np.inf
        ranked.append(listed(scores, popular, K))
    share = np.array(shares)
    share /= share.sum(axis=1, keepdims=True)
    lift = (share + _RARE_FAMILY) / (share.mean(axis=0) + _RARE_FAMILY)
    proposed = np.array([best(row, FAMILIES_K) for row in lift])
    return quality(np.array(ranked), proposed, [c.taken for c in of], families, counts.takers.astype(float))


def tuned(of: Sequence[Case], counts: Counts, rng: np.random.Generator) -> dict[str, float]:
    """The hybrid's weights as a conditional logit: the likeliest for what was taken of all there was.

    A small pull leads back to UNTUNED where data say nothing. A garment that nobody had taken before counts for
    nothing: no weight could have told of it.
    """
    drawn = [of[i] for i in np.sort(rng.permutation(len(of))[:_TUNED_ON])]
    start = np.array([UNTUNED[name] for name in TERMS])
    observed: list[Choices] = []
    for case in drawn:
        found = counts.terms(case.asker)
        terms = np.array([found[name] for name in TERMS])
        if taken := [g for g in case.taken if counts.takers[g]]:
            there = counts.takers > 0
            there[counts.histories.get(case.asker.customer, [])] = False
            chosen = terms[:, taken].sum(axis=1)
            observed.append(Choices(terms[None, :, there], chosen[None], np.array([float(len(taken))])))

    weights = conditional_logit(observed, start, _PULL)
    return {name: float(weight) for name, weight in zip(TERMS, weights.round(4), strict=True)}


def choose(
    past: Events,
    looks: Mapping[str, Ints],
    families: Ints,
    learners: Mapping[str, Learner],
    rng: np.random.Generator,
    progress: Progress,
) -> tuple[Chosen, dict[str, Any]]:
    """Hold out the last half-year of the past, or its last quarter where it is short, and let it decide.

    Returns what was chosen, and the table: for known and new customers the quality of each model in that period.
    Raises EvaluationRefused for a past too short to hold anything out.
    """
    span = int(past.day[-1] - past.day[0])
    before, period = past.until(int(past.day[-1]) + 1 - max(min(HALF_YEAR, span // 4), 1))
    if not before.taken.any() or not period.taken.any():
        raise EvaluationRefused(
            "All events are of one time: give events of some weeks at least, to learn and to check."
        )
    segments = Segments.learnt(before)
    counts = count(before, looks, segments)
    progress(0.05, "Following favourites")
    counts.strengths = strengths_of(counts.assortment(), counts.tastes.values())
    held = cases(before, period, segments, counts)
    table: dict[str, Any] = {}
    model, weights = {}, {}
    for kind in (KNOWN, NEW):
        progress(0.1 if kind == KNOWN else 0.4, f"Weighing what speaks for a garment, {kind} customers")
        weights[kind] = tuned(held[kind], counts, rng)
    made = rankers(counts, before, weights[KNOWN], learners)
    for kind in (KNOWN, NEW):
        model[kind] = "popularity"
        if not held[kind]:
            continue
        made["hybrid"] = Hybrid(counts, weights[kind])
        qualities = {name: judge(ranker, held[kind], counts, families) for name, ranker in made.items()}
        table[kind] = {name: q.to_json() for name, q in qualities.items()}
        model[kind] = max(qualities, key=lambda name: qualities[name].mean("ndcg"))
    return Chosen(model, weights, counts.strengths), table


def evaluate(
    train: Events, test: Events, learners: Mapping[str, Learner], seed: int, progress: Progress
) -> dict[str, Any]:
    """Choose by the last half-year of `train`, train again on all of it, and judge every model on `test`, once.

    Returns as JSON: `chosen`, its `known` and `new` (metrics, gain over popularity with 95 % interval, and the NDCG of
    each segment), `validation` and `test`: the tables of all models. Raises EvaluationRefused.
    """
    rng = np.random.default_rng(seed)
    looks = looks_of([train, test])
    families = families_of(train.vocabulary["category"], looks["category"])
    chosen, validation = choose(train, looks, families, learners, rng, progress)
    segments = Segments.learnt(train)
    counts = count(train, looks, segments)
    counts.strengths = chosen.strengths
    held = cases(train, test, segments, counts)
    if not (held[KNOWN] or held[NEW]):
        raise EvaluationRefused("Nobody takes a garment in the test file that is new to him: is it the right file?")
    report: dict[str, Any] = {"validation": validation, "test": {}, "chosen": {}}
    made = rankers(counts, train, chosen.weights[KNOWN], learners)
    for step, kind in enumerate(k for k in (KNOWN, NEW) if held[k]):
        progress(0.6 + 0.2 * step, f"Judging every model, {kind} customers")
        made["hybrid"] = Hybrid(counts, chosen.weights[kind])
        qualities = {name: judge(ranker, held[kind], counts, families) for name, ranker in made.items()}
        report["test"][kind] = {name: q.to_json() for name, q in qualities.items()}
        report["chosen"][kind] = {"model": chosen.model[kind], "weights": dict(chosen.weights[kind])}
        mine, base = qualities[chosen.model[kind]], qualities["popularity"]
        ndcg = METRICS.index("ndcg")
        gain = paired_gain(mine.each[:, ndcg], base.each[:, ndcg], rng)
        names = segments.names(train.vocabulary)
        by_segment = _by_segment(held[kind], names, mine.each[:, ndcg], base.each[:, ndcg], rng)
        report[kind] = {
            **mine.to_json(),
            "coverage": round(mine.coverage, 4),
            "gain": [round(v, 5) for v in gain],
            "segments": by_segment,
        }
    return report


def _by_segment(
    of: Sequence[Case], names: Mapping[str, Sequence[str]], mine: Floats, base: Floats, rng: np.random.Generator
) -> dict[str, Any]:
    """Of each segment with at least 30 customers: how many, their NDCG, and the gain with its interval."""
    found: dict[str, Any] = {}
    for name in PRIOR:
        codes = np.array([case.asker.segments[name] for case in of])
        for code in np.unique(codes[codes >= 0]).tolist():
            rows = codes == code
            if rows.sum() >= 30:
                gain = [round(v, 5) for v in paired_gain(mine[rows], base[rows], rng)]
                found.setdefault(name, {})[names[name][code]] = {
                    "customers": int(rows.sum()),
                    "ndcg@10": round(float(mine[rows].mean()), 5),
                    "gain": gain,
                }
    return found
