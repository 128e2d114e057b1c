# SPDX-License-Identifier: GPL-3.0-or-later
"""What taken garments add up to, one by one or a million at once, and the scores read off these sums.

All sums are order-independent, so folding in one event more and counting again from the beginning are the same thing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_START = 14_610  # 2010-01-01: decayed weights grow from here, so that none is ever rescaled
FASHION, SEASON = (
    45.0,
    270.0,
)  # days in which popularity, and who takes what, fall to 1/e
PRIOR = {
    "occasion": 5.0,
    "size": 5.0,
    "body_type": 20.0,
    "age": 20.0,
}  # events of the average mix
_UNSEEN, _STYLES_PRIOR, _SHRINK = 1e-3, 3.0, 10.0
TERMS = ("popularity", *PRIOR, "own_styles", "neighbours")


@dataclass(frozen=True)
class Asker:
    """For whom is ranked: a customer's number, -1 for one without history, and its code in each segment, -1 unknown."""

    customer: int
    segments: Mapping[str, int]


@dataclass
class Counts:
    """The sums. styles: (g,) each garment's style; sizes: how many codes each segment of PRIOR has."""

    styles: Ints
    sizes: Mapping[str, int]
    histories: dict[int, list[int]] = field(default_factory=dict[int, list[int]])
    latest: int = _START

    def __post_init__(self) -> None:
        g = len(self.styles)
        self.popularity = np.zeros(g)
        self.takers = np.zeros(g, np.int64)  # customers that took each
        self.together = np.zeros((g, g), np.int32)  # customers that took both
        self.mixes = {name: np.zeros((self.sizes[name], g)) for name in PRIOR}
        self.style_count = int(self.styles.max(initial=-1)) + 1

    def add(self, customer: Ints, garment: Ints, day: Ints, segments: Mapping[str, Ints]) -> None:
        """Fold in events: (n,) each; segments hold codes, -1 unknown."""
        if not len(day):
            return
        self.latest = max(self.latest, int(day.max()))
        np.add.at(self.popularity, garment, np.exp((day - _START) / FASHION))
        season = np.exp((day - _START) / SEASON)
        for name, codes in segments.items():
            known = codes >= 0
            np.add.at(self.mixes[name], (codes[known], garment[known]), season[known])
        for c, g in zip(customer.tolist(), garment.tolist(), strict=True):
            history = self.histories.setdefault(c, [])
            if g not in history:
                self.together[history, g] += 1
                self.together[g, history] += 1
                self.takers[g] += 1
                history.append(g)

    def widen(self, styles: Ints) -> None:
        """Make room for the garments that `styles`, (g + more,), has more."""
        more = len(styles) - len(self.styles)
        self.styles, self.style_count = styles, int(styles.max(initial=-1)) + 1
        self.popularity = np.pad(self.popularity, (0, more))
        self.takers = np.pad(self.takers, (0, more))
        self.together = np.pad(self.together, (0, more))
        self.mixes = {name: np.pad(mix, ((0, 0), (0, more))) for name, mix in self.mixes.items()}

    def popularity_scores(self) -> Floats:
        """(g,) log share of what is taken these weeks."""
        weights = self.popularity + _UNSEEN * math.exp((self.latest - _START) / FASHION)
        return np.log(weights / weights.sum())

    def lift(self, name: str, code: int) -> Floats:
        """(g,) log of how much more often each garment goes to this segment than garments do; 0 where unknown."""
        if code < 0:
            return np.zeros(len(self.styles))
        mix = self.mixes[name]
        scale = math.exp((self.latest - _START) / SEASON)
        total = mix.sum(axis=0) / scale
        share = (mix[code].sum() / scale + 1.0) / (total.sum() + len(mix))
        return np.log((mix[code] / scale + PRIOR[name] * share) / (total + PRIOR[name]) / share)

    def own_styles(self, customer: int) -> Floats:
        """(g,) log of how much more often this customer takes a garment's style than all do."""
        history = self.histories.get(customer)
        if not history or not self.style_count:
            return np.zeros(len(self.styles))
        everyone = np.ones(self.style_count)
        np.add.at(everyone, self.styles, self.takers)
        share = everyone / everyone.sum()
        mine = np.bincount(self.styles[history], minlength=self.style_count)
        return np.log((mine + _STYLES_PRIOR * share) / (mine.sum() + _STYLES_PRIOR) / share)[self.styles]

    def neighbours(self, customer: int) -> Floats:
        """(g,) shrunken cosine of each garment with those in the customer's history, summed (item-kNN)."""
        history = self.histories.get(customer, [])
        root = np.sqrt(self.takers)
        cosines = self.together[history] / (np.outer(root[history], root) + _SHRINK)
        return cosines.sum(axis=0)

    def terms(self, asker: Asker) -> dict[str, Floats]:
        """Each of TERMS, unweighted: what a reason is taken from."""
        return {
            "popularity": self.popularity_scores(),
            **{name: self.lift(name, asker.segments.get(name, -1)) for name in PRIOR},
            "own_styles": self.own_styles(asker.customer),
            "neighbours": self.neighbours(asker.customer),
        }

    def hybrid(self, asker: Asker, weights: Mapping[str, float]) -> Floats:
        """(g,) the weighted sum of the terms: popularity × context × the customer's own history."""
        terms = self.terms(asker)
        return sum((weights[name] * terms[name] for name in TERMS if weights[name]), np.zeros(len(self.styles)))
