# SPDX-License-Identifier: GPL-3.0-or-later
"""What events add up to, one by one or a million at once, and the scores read off these sums.

Nothing here depends on when it was counted, only on the order of a customer's own events: so folding in one event more
and counting again from the beginning are the same thing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .favourites import RECENT, UNLEARNT, Assortment, follow, leanings

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
LOOKS = ("category", "colour", "fabric", "season")  # what a garment is, by which a customer's own taste is known
_UNSEEN, _SHRINK = 0.3, 10.0  # events today that each garment starts from; customers of no likeness
OWN = {f"own_{name}": name for name in LOOKS}
POPULAR = ("popularity", "lasting")
LEANINGS = "leanings"
TERMS = (*POPULAR, *PRIOR, *OWN, LEANINGS, "neighbours")


@dataclass(frozen=True)
class Asker:
    """For whom is ranked: a customer's number, -1 for one without history, and its code in each segment, -1 unknown."""

    customer: int
    segments: Mapping[str, int]


@dataclass
class Counts:
    """The sums. looks: for each of LOOKS (g,) each garment's code, -1 unknown; its category is its style.

    sizes: how many codes each segment of PRIOR has. histories: the garments that each customer took. tastes: of each
    customer's events in their order (garment, what it says of taste). strengths: of each look how likely each strength
    of a favourite is, see `favourites`; without it, all are.
    """

    looks: Mapping[str, Ints]
    sizes: Mapping[str, int]
    histories: dict[int, list[int]] = field(default_factory=dict[int, list[int]])
    tastes: dict[int, list[tuple[int, float]]] = field(default_factory=dict[int, list[tuple[int, float]]])
    strengths: Mapping[str, Floats] = field(default_factory=dict[str, Floats])
    latest: int = _START
    _had: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]], repr=False)
    _assortment: Assortment | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        g = len(self.looks["category"])
        self.popularity, self.lasting = np.zeros(g), np.zeros(g)
        self.takers = np.zeros(g, np.int64)  # customers that took each
        self.together = np.zeros((g, g), np.int32)  # customers that took both
        self.mixes = {name: np.zeros((self.sizes[name], g)) for name in PRIOR}

    def notice(self, customer: Ints, garment: Ints, says: Floats) -> None:
        """Note what events in their order, (n,) each, say of their customer's taste."""
        for c, g, s in zip(customer.tolist(), garment.tolist(), says.tolist(), strict=True):
            if s:
                self.tastes.setdefault(c, []).append((g, s))

    def add(self, customer: Ints, garment: Ints, day: Ints, segments: Mapping[str, Ints]) -> None:
        """Fold in what was taken: (n,) each; segments hold codes, -1 unknown."""
        if not len(day):
            return
        self._assortment = None
        self.latest = max(self.latest, int(day.max()))
        np.add.at(self.popularity, garment, np.exp((day - _START) / FASHION))
        season = np.exp((day - _START) / SEASON)
        np.add.at(self.lasting, garment, season)
        for name, codes in segments.items():
            known = codes >= 0
            np.add.at(self.mixes[name], (codes[known], garment[known]), season[known])
        for c, g in zip(customer.tolist(), garment.tolist(), strict=True):
            history = self.histories.setdefault(c, [])
            if (c, g) not in self._had:
                self._had.add((c, g))
                self.together[history, g] += 1
                self.together[g, history] += 1
                self.takers[g] += 1
                history.append(g)

    def widen(self, looks: Mapping[str, Ints]) -> None:
        """Make room for the garments that `looks`, (g + more,) each, has more."""
        more = len(looks["category"]) - len(self.takers)
        self.looks, self._assortment = looks, None
        if not more:
            return
        self.popularity, self.lasting = np.pad(self.popularity, (0, more)), np.pad(self.lasting, (0, more))
        self.takers = np.pad(self.takers, (0, more))
        self.together = np.pad(self.together, (0, more))
        self.mixes = {name: np.pad(mix, ((0, 0), (0, more))) for name, mix in self.mixes.items()}

    def popularity_scores(self) -> Floats:
        """(g,) log share of what is taken these weeks."""
        return self._log_share(self.popularity, FASHION)

    def _log_share(self, events: Floats, days: float) -> Floats:
        weights = events + _UNSEEN * math.exp((self.latest - _START) / days)
        return np.log(weights / weights.sum())

    def lift(self, name: str, code: int) -> Floats:
        """(g,) log of how much more often each garment goes to this segment than garments do; 0 where unknown."""
        if code < 0:
            return np.zeros(len(self.takers))
        mix = self.mixes[name]
        scale = math.exp((self.latest - _START) / SEASON)
        total = mix.sum(axis=0) / scale
        share = (mix[code].sum() / scale + 1.0) / (total.sum() + len(mix))
        return np.log((mix[code] / scale + PRIOR[name] * share) / (total + PRIOR[name]) / share)

    def own(self, customer: int) -> dict[str, Floats]:
        """(g,) of each look, and of leanings, log of how much more often this customer wants a garment than all do.

        0 for garments that do not say what they are.
        """
        found = {term: np.zeros(len(self.takers)) for term in (*OWN, LEANINGS)}
        if not (events := self.tastes.get(customer, [])[-RECENT:]):
            return found
        garments = self.assortment()
        strengths = {look: self.strengths.get(look, UNLEARNT) for look in LOOKS}
        followed = follow(garments, events, strengths)
        for term, look in OWN.items():
            if look in followed.lift:
                found[term] = np.log(followed.lift[look])[garments.codes[look][garments.kind]]
        return found | {LEANINGS: leanings(garments, events, followed.since)}

    def assortment(self) -> Assortment:
        """What there is to choose from."""
        if self._assortment is None:
            self._assortment = Assortment.of(self.looks, np.exp(self._log_share(self.lasting, SEASON)))
        return self._assortment

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
            "lasting": self._log_share(self.lasting, SEASON),
            **{name: self.lift(name, asker.segments.get(name, -1)) for name in PRIOR},
            **self.own(asker.customer),
            "neighbours": self.neighbours(asker.customer),
        }

    def popular(self, weights: Mapping[str, float]) -> Floats:
        """(g,) the weighted sum of the terms that say what all take."""
        lasting = self._log_share(self.lasting, SEASON)
        return weights["popularity"] * self.popularity_scores() + weights["lasting"] * lasting

    def hybrid(self, asker: Asker, weights: Mapping[str, float]) -> Floats:
        """(g,) the weighted sum of the terms: popularity × context × the customer's own history."""
        terms = self.terms(asker)
        return sum((weights[name] * terms[name] for name in TERMS if weights[name]), np.zeros(len(self.takers)))
