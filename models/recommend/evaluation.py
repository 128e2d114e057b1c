# SPDX-License-Identifier: GPL-3.0-or-later
"""How good a ranking is: every garment ranked, none sampled; metrics a customer, so that they can be paired.

Definitions after Tamm, Damdinov, Vasilev (2021), "Quality metrics in recommender systems: do we calculate metrics
consistently?": precision divides by k however few candidates there are, AP and ideal DCG by min(k, what was taken).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
K, FAMILIES_K = 10, 3
_ONE_IN, _LESS = 5, 0.25  # places, and share of popularity
METRICS = ("ndcg", "recall", "precision", "f1", "map", "hit_rate")


class EvaluationRefused(ValueError):
    """Nothing to evaluate on."""


def best(scores: Floats, k: int) -> Ints:
    """The k highest of scores (g,), the first of equals first; -inf is never among them, -1 fills up."""
    found = np.full(k, -1, np.int64)
    if len(scores) > k:
        threshold = -np.partition(-scores, k - 1)[k - 1]
        candidates = np.flatnonzero((scores >= threshold) & (scores > -np.inf))
    else:
        candidates = np.flatnonzero(scores > -np.inf)
    order = candidates[np.argsort(-scores[candidates], kind="stable")][:k]
    found[: len(order)] = order
    return found


def listed(scores: Floats, popular: Floats, k: int) -> Ints:
    """The k best of scores (g,), but on the last fifth of places those of which popularity (g,) says a quarter less.

    popular: what of the scores is for being taken by all. So garments are seen that fewer take; see decision 0806.
    """
    first = best(scores, k - k // _ONE_IN)
    others = scores - _LESS * popular
    others[first[first >= 0]] = -np.inf
    return np.concatenate([first, best(others, k // _ONE_IN)])


@dataclass(frozen=True)
class Quality:
    """Of m customers' rankings. each: (m, 6) METRICS of each customer."""

    each: Floats
    coverage: float
    diversity: float
    novelty: float
    macro_hit_rate: float

    def mean(self, metric: str) -> float:
        return float(self.each[:, METRICS.index(metric)].mean()) if len(self.each) else 0.0

    def to_json(self) -> dict[str, float]:
        means = {f"{name}@{K}": round(self.mean(name), 5) for name in METRICS}
        return {
            **means,
            f"coverage@{K}": round(self.coverage, 4),
            f"macro_hr@{FAMILIES_K}": round(self.macro_hit_rate, 4),
            f"diversity@{K}": round(self.diversity, 4),
            f"novelty@{K}": round(self.novelty, 3),
            "customers": len(self.each),
        }


def metrics(ranked: Ints, taken: set[int], k: int = K) -> Floats:
    """METRICS of one ranking (k,), -1 where it ran out of candidates, for a customer who took `taken`, not empty."""
    hits = np.array([int(g) in taken for g in ranked[:k].tolist()] + [False] * (k - len(ranked[:k])), float)
    discount = 1.0 / np.log2(np.arange(2, k + 2))
    most = min(k, len(taken))
    precision, recall = hits.sum() / k, hits.sum() / len(taken)
    f1 = 2 * precision * recall / (precision + recall) if hits.any() else 0.0
    average = (hits * np.cumsum(hits) / np.arange(1, k + 1)).sum() / most
    return np.array([hits @ discount / discount[:most].sum(), recall, precision, f1, average, float(hits.any())])


def quality(
    ranked: Ints, families_ranked: Ints, taken: Sequence[set[int]], families: Ints, popularity: Floats
) -> Quality:
    """Rankings (m, K) of garments and (m, 3) of families against what was taken.

    families: (g,) each garment's family. popularity: (g,) takers before, for novelty: −log2 of their share.
    The macro hit rate gives every family the same say: of the customers that took one, the share that had it proposed.
    Raises EvaluationRefused where nobody took anything.
    """
    if not taken:
        raise EvaluationRefused("Nobody took anything that could be ranked in this period: choose a longer one.")
    each = np.array([metrics(row, mine) for row, mine in zip(ranked, taken, strict=True)])
    shown = ranked[ranked >= 0]
    share = (popularity + 1.0) / (popularity + 1.0).sum()
    return Quality(
        each,
        len(np.unique(shown)) / len(families),
        float(np.mean([_unlike(families[row[row >= 0]]) for row in ranked])),
        float(-np.log2(share[shown]).mean()) if len(shown) else 0.0,
        macro_hit_rate(families_ranked, [set(families[list(mine)].tolist()) for mine in taken]),
    )


def _unlike(families: Ints) -> float:
    """The share of pairs that are of different families."""
    n = len(families)
    alike = (families[:, None] == families[None, :]).sum() - n
    return 1.0 - alike / (n * (n - 1)) if n > 1 else 0.0


def macro_hit_rate(ranked: Ints, taken: Sequence[set[int]]) -> float:
    """Mean over families of the share of their takers to whom they were proposed."""
    hits: dict[int, list[bool]] = {}
    for row, mine in zip(ranked, taken, strict=True):
        proposed = set(row.tolist())
        for family in mine:
            hits.setdefault(family, []).append(family in proposed)
    return float(np.mean([np.mean(of) for of in hits.values()]))


def paired_gain(a: Floats, b: Floats, rng: np.random.Generator, draws: int = 1000) -> tuple[float, float, float]:
    """Mean of a − b over customers and its 95 % bootstrap interval; a and b: (m,) the same customers' metric."""
    difference = a - b
    counts = rng.multinomial(len(difference), np.full(len(difference), 1.0 / len(difference)), size=draws)
    means = counts @ difference / len(difference)
    low, high = np.quantile(means, (0.025, 0.975))
    return float(difference.mean()), float(low), float(high)


def auc(truth: NDArray[np.bool_], score: Floats) -> float:
    """Area under the ROC curve, ties counted half (Mann–Whitney); NaN where one class is missing."""
    positive = int(truth.sum())
    negative = len(truth) - positive
    if not positive or not negative:
        return float("nan")
    _, inverse, counts = np.unique(score, return_inverse=True, return_counts=True)
    rank = np.cumsum(counts) - (counts - 1) / 2.0
    return float((rank[inverse][truth].sum() - positive * (positive + 1) / 2) / (positive * negative))
