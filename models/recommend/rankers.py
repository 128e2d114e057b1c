# SPDX-License-Identifier: GPL-3.0-or-later
"""The models behind one interface: an asker in, a score for every garment out.

item-kNN: Sarwar et al. 2001, with shrinkage. EASE: Steck 2019, "Embarrassingly shallow autoencoders for sparse data".
A customer without history has nothing that these could go by, and gets what is popular.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .counts import OWN, TERMS, Asker, Counts

Floats = NDArray[np.float64]
Factors = tuple[Floats, Floats]  # of customers (c, f) and garments (g, f)
# (customer, garment) of each taken garment, in order of time, and how many there are → factors
Learner = Callable[[NDArray[np.int64], NDArray[np.int64], int, int], Factors]
EASE_PENALTY = 60.0
CONTEXT = {name: float(name in ("popularity", "occasion", "size")) for name in TERMS}
UNTUNED = CONTEXT | dict.fromkeys(OWN, 1.0)  # the weights of a hybrid of which nothing was learnt yet


class Ranker(Protocol):
    """A model: (g,) scores, higher is better."""

    def scores(self, asker: Asker) -> Floats: ...


@dataclass(frozen=True)
class Popularity:
    """What is taken most these weeks: what every other model is held against."""

    counts: Counts

    def scores(self, asker: Asker) -> Floats:
        return self.counts.popularity_scores()


@dataclass(frozen=True)
class Hybrid:
    """Popularity × context × the customer's own history, each as strong as `weights` (TERMS) say."""

    counts: Counts
    weights: Mapping[str, float]

    def scores(self, asker: Asker) -> Floats:
        return self.counts.hybrid(asker, self.weights)

    def popular(self) -> Floats:
        """(g,) what of the scores is for being taken by all."""
        return self.counts.popular(self.weights)


@dataclass(frozen=True)
class ItemKnn:
    """Garments that are taken together with the customer's own."""

    counts: Counts

    def scores(self, asker: Asker) -> Floats:
        if asker.customer not in self.counts.histories:
            return self.counts.popularity_scores()
        return self.counts.neighbours(asker.customer)


@dataclass(frozen=True)
class Linear:
    """A weight (g, g) from each garment of the history to each other."""

    counts: Counts
    weights: Floats

    def scores(self, asker: Asker) -> Floats:
        history = self.counts.histories.get(asker.customer)
        return self.weights[history].sum(axis=0) if history else self.counts.popularity_scores()


def ease(counts: Counts) -> Linear:
    """EASE: the ridge regression of each garment on all others, closed form."""
    gram = counts.together.astype(float)
    np.fill_diagonal(gram, counts.takers + EASE_PENALTY)
    precision = np.linalg.inv(gram)
    weights = -precision / np.diag(precision)
    np.fill_diagonal(weights, 0.0)
    return Linear(counts, weights)


@dataclass(frozen=True)
class Content:
    """Garments like the customer's own by what they are: each of their looks, their occasions and bodies."""

    counts: Counts

    def scores(self, asker: Asker) -> Floats:
        history = self.counts.histories.get(asker.customer)
        if not history:
            return self.counts.popularity_scores()
        mixes = np.concatenate([m / (m.sum(axis=0) + 1.0) for m in self.counts.mixes.values()])
        profile = mixes[:, history].mean(axis=1)
        alike = profile @ mixes / (np.linalg.norm(mixes, axis=0) * np.linalg.norm(profile) + 1e-9)
        for codes in self.counts.looks.values():  # the share of the history that is of its style, of its colour, …
            told = codes[history][codes[history] >= 0]
            share = np.bincount(told, minlength=int(codes.max(initial=-1)) + 2) / len(history)
            alike += share[codes]  # what says nothing finds the last share, of none
        return alike


@dataclass(frozen=True)
class Factored:
    """Customers and garments as vectors, their product the score: ALS, BPR, two towers."""

    counts: Counts
    factors: Factors

    def scores(self, asker: Asker) -> Floats:
        if asker.customer not in self.counts.histories:
            return self.counts.popularity_scores()
        of_customers, of_garments = self.factors
        return of_garments @ of_customers[asker.customer]
