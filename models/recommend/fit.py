# SPDX-License-Identifier: GPL-3.0-or-later
"""Will it fit, and which size: from the body, the customer's history and the garment's.

How a garment runs and how a customer likes it worn are offsets in size, shrunk towards none; the fit is classified by
what is left between the size asked about and the size expected (cf. Misra, Wan, McAuley, RecSys 2018).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from .events import FITS, Events
from .logistic import Logistic
from .size_choice import Shelf, SizeRange, probabilities, weighed, worth
from .sizing import BodySize, body_features

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Classifier = Callable[[Floats, Ints], Callable[[Floats], Floats]]  # (n, f) and (n,) → how (m, f) become (m, 3)
# What rows have in common, by `_keys`: how many average events the rates of small and large of each start from.
_RATES = (10.0, 5.0, 5.0, 20.0, 20.0, 20.0, 20.0)
_KEYWORDS = ("body_type", "occasion", "category")
_GARMENT_RATED, _CUSTOMER_RATED = 5.0, 2.0  # average ratings that each starts from
_GARMENT, _CUSTOMER, _BACKFITS = 20.0, 0.3, 4  # events of no offset that each starts from; rounds between the two
_CORRECTION = 1.0  # in the shop's numbers: by how much "small" and "large" missed, at least
_FOLDS, _FEWEST = 10, 50  # rows in all
_LEFT, _ALL, _OWN = 4.0, 10.0, 20.0  # sizes to one; ridges of the line of all garments, and of what each adds
_LEAST_SPREAD = 0.5  # of sizes that fitted about the expected one


class FitRefused(ValueError):
    """Events that say nothing of fit."""


def feedback(events: Events) -> NDArray[np.bool_]:
    """(n,) whether a row says how a garment fitted, in which size."""
    return (events.fit >= 0) & ~np.isnan(events.size)


@dataclass(frozen=True)
class _Encoder:
    """What past feedback says of garments, their sizes and customers."""

    body_size: BodySize
    rates: list[tuple[dict[int, int], Floats, Floats]]
    garment_offset: Floats
    customer_offset: Floats
    average: Floats
    range: SizeRange
    spread_line: Floats  # (2,) how far fitting sizes lie from the expected one, as a line over it
    garment_rated: Floats  # (g,) ratings above the average one
    customer_rated: Floats  # (c,)
    felt: Floats  # (f,) small as −1 to large as 1 by `_measured`, and
    felt_more: Floats  # (g, f) what each garment adds to that

    @classmethod
    def learnt(cls, past: Events) -> _Encoder:
        hot = np.eye(len(FITS))[past.fit]
        average = hot.mean(axis=0)
        rates: list[tuple[dict[int, int], Floats, Floats]] = []
        for prior, key in zip(_RATES, _keys(past), strict=True):
            names, place = np.unique(key, return_inverse=True)
            count = np.bincount(place).astype(float)
            sums = np.stack([np.bincount(place, hot[:, k]) for k in (0, 2)], axis=1)
            rate = (sums + prior * average[[0, 2]]) / (count + prior)[:, None]
            rates.append(({int(n): i for i, n in enumerate(names)}, rate, count))
        fitted = past.fit == FITS.index("fit")
        body_size = BodySize.learnt(past.body[fitted], past.size[fitted])
        rest = past.size - body_size(past.body) + _CORRECTION * (1 - past.fit)  # of what fitted, or would have
        garment_offset, customer_offset = np.zeros(len(past.garments)), np.zeros(len(past.customers))
        for _ in range(_BACKFITS):
            garment_rest = rest - customer_offset[past.customer]
            garment_offset = _shrunk(past.garment, garment_rest, len(past.garments), _GARMENT)
            customer_rest = rest - garment_offset[past.garment]
            customer_offset = _shrunk(past.customer, customer_rest, len(past.customers), _CUSTOMER)
        rated = past.rows(~np.isnan(past.rating))
        above = rated.rating - (rated.rating.mean() if len(rated) else 0.0)
        learnt = cls(
            body_size,
            rates,
            garment_offset,
            customer_offset,
            average,
            SizeRange.learnt(past),
            spread_line=np.zeros(2),
            garment_rated=_shrunk(rated.garment, above, len(past.garments), _GARMENT_RATED),
            customer_rated=_shrunk(rated.customer, above, len(past.customers), _CUSTOMER_RATED),
            felt=np.zeros(0),
            felt_more=np.zeros((0, 0)),
        )
        fit = past.rows(fitted)
        expected = learnt.expected(fit)
        line = np.column_stack([np.ones(len(fit)), expected])
        spread, *_ = np.linalg.lstsq(line, np.abs(fit.size - expected), rcond=None)
        x = learnt._measured(past)
        f = x.shape[1]
        felt = np.linalg.solve(x.T @ x + _ALL * np.eye(f), x.T @ (past.fit - 1.0))
        gram, sums = np.zeros((len(past.garments), f, f)), np.zeros((len(past.garments), f))
        np.add.at(gram, past.garment, x[:, :, None] * x[:, None, :])
        np.add.at(sums, past.garment, x * (past.fit - 1.0 - x @ felt)[:, None])
        felt_more = np.linalg.solve(gram + _OWN * np.eye(f), sums[:, :, None])[:, :, 0]
        return replace(learnt, spread_line=spread, felt=felt, felt_more=felt_more)

    def _measured(self, events: Events) -> Floats:
        """(n, f) one, the size less the one expected, and the body, standardised: where a garment is tight, say."""
        z = np.nan_to_num((events.body - self.body_size.centre) / self.body_size.spread)
        return np.column_stack([np.ones(len(events)), (events.size - self.expected(events)) / _LEFT, z])

    def shelves(self, events: Events) -> list[Shelf]:
        """The events whose garment has known sizes, with what speaks for each of them."""
        expected = self.expected(events)
        spread = np.maximum(self.spread_line[0] + self.spread_line[1] * expected, _LEAST_SPREAD)
        return list(self.range.shelves(events, expected, self.body_size(events.body), spread))

    def expected(self, events: Events) -> Floats:
        """(n,) the size that would fit."""
        return self.body_size(events.body) + self.garment_offset[events.garment] + self.customer_offset[events.customer]

    def features(self, events: Events) -> Floats:
        """(n, f): log odds of small and large and how often seen; sizes by body, garment, customer and what is left;
        how it would feel on such a body, in all and by what this garment adds; what is left to sizes that were small,
        right and large to the customer; how garment and customer are rated.
        """
        columns: list[Floats] = []
        for (places, rate, count), key in zip(self.rates, _keys(events), strict=True):
            place = np.array([places.get(int(k), -1) for k in key])
            known = place >= 0
            mine = np.where(known[:, None], rate[place], self.average[[0, 2]])
            mine = np.clip(mine, 1e-6, 1 - 1e-6)
            columns += [np.log(mine / (1 - mine)), np.log1p(np.where(known, count[place], 0.0))[:, None]]
        by_body = self.body_size(events.body)
        left = events.size - self.expected(events)
        body = body_features(events.body, self.body_size.centre, self.body_size.spread)[:, 1:6]
        measured = self._measured(events)
        own = (measured * self.felt_more[events.garment]).sum(axis=1)
        columns += [
            np.column_stack([own, measured @ self.felt + own]),
            np.column_stack([by_body, self.garment_offset[events.garment], self.customer_offset[events.customer]]),
            np.column_stack([left, np.abs(left), events.size - by_body, events.size]),
            np.where(np.isnan(events.body), np.nan, body),
            events.size[:, None] - self.range.told[events.customer],
            np.column_stack([self.garment_rated[events.garment], self.customer_rated[events.customer]]),
        ]
        return np.column_stack(columns)


def _keys(events: Events) -> tuple[Ints, ...]:
    size = events.size.astype(np.int64)
    words = (events.words[word] for word in _KEYWORDS)
    return events.garment, events.garment * 1000 + size, events.customer, size, *words


def _shrunk(key: Ints, value: Floats, length: int, prior: float) -> Floats:
    return np.bincount(key, value, length) / (np.bincount(key, minlength=length) + prior)


def _about(events: Events, shelves: Sequence[Shelf], weights: Floats) -> Floats:
    """(n, 6) P(the size asked about is right), of a smaller, of a larger one, the mean less it, and how many smaller
    and larger ones there are; NaN unknown.
    """
    found = np.full((len(events), 6), np.nan)
    for shelf in shelves:
        p = probabilities(shelf, weights)
        asked = events.size[shelf.rows, None]
        right, smaller, larger = shelf.sizes == asked, shelf.sizes < asked, shelf.sizes > asked
        parts = [(p * there).sum(axis=1) for there in (right, smaller, larger)]
        mean = (p * shelf.sizes).sum(axis=1) - asked[:, 0]
        found[shelf.rows] = np.column_stack([*parts, mean, smaller.sum(axis=1), larger.sum(axis=1)])
    return found


@dataclass(frozen=True)
class SizeAdviser:
    """P(small, fit, large) of a garment in a size, and the size to take."""

    encoder: _Encoder
    weights: Floats  # of size_choice.TERMS
    classify: Callable[[Floats], Floats]

    @classmethod
    def learnt(cls, past: Events, classifier: Classifier, seed: int = 0) -> SizeAdviser:
        """From events with fit feedback. The weights and the classifier see each row as the other folds know it.

        Raises FitRefused where there is too little.
        """
        past = past.rows(feedback(past))
        if len(past) < _FEWEST or len(np.unique(past.fit)) < len(FITS):
            raise FitRefused("Too little fit feedback to learn from: it takes 50 rows, some of them small and large.")
        fold = np.random.default_rng(seed).integers(_FOLDS, size=len(past))
        parts = [past.rows(fold == k) for k in range(_FOLDS)]
        encoders = [_Encoder.learnt(past.rows(fold != k)) for k in range(_FOLDS)]
        shelves = [encoder.shelves(part) for encoder, part in zip(encoders, parts, strict=True)]
        seen = [(shelf, part) for of, part in zip(shelves, parts, strict=True) for shelf in of]
        weights = weighed([(shelf, np.where(part.fit == FITS.index("fit"), part.size, np.nan)) for shelf, part in seen])
        features = [
            np.column_stack([encoder.features(part), _about(part, of, weights)])
            for encoder, part, of in zip(encoders, parts, shelves, strict=True)
        ]
        fit = np.concatenate([part.fit for part in parts])
        return cls(_Encoder.learnt(past), weights, classifier(np.concatenate(features), fit))

    def probabilities(self, events: Events) -> Floats:
        """(n, 3) P(small, fit, large) of each row's garment in its size on its body."""
        about = _about(events, self.encoder.shelves(events), self.weights)
        return self.classify(np.column_stack([self.encoder.features(events), about]))

    def sizes(self, garment: int) -> Floats:
        """(k,) the sizes in which a garment is known, ascending."""
        return self.encoder.range.sizes.get(garment, np.empty(0))

    def size(self, events: Events) -> Floats:
        """(n,) of the sizes in which each row's garment is known, the one worth most; NaN for one never sized."""
        picks = np.full(len(events), np.nan)
        for shelf in self.encoder.shelves(events):
            best = worth(probabilities(shelf, self.weights)).argmax(axis=1)
            picks[shelf.rows] = shelf.sizes[np.arange(len(best)), best]
        return picks

    def advice(self, asked: Events) -> tuple[Floats, Floats]:
        """(n,) the size to take and (n, 3) how likely it is small, right or large; NaN for a garment never sized."""
        sizes = self.size(asked)
        known = ~np.isnan(sizes)
        felt = np.full((len(sizes), len(FITS)), np.nan)
        felt[known] = self.probabilities(replace(asked, size=sizes).rows(known))
        return sizes, felt

    def to_json(self) -> dict[str, Any]:
        """What `restored` needs beside the events; of an adviser whose classifier is logistic."""
        if not isinstance(self.classify, Logistic):
            raise TypeError("Trees are not kept: learn an adviser by logistic regression.")
        return {"weights": self.weights.tolist(), "logistic": self.classify.to_json()}

    @classmethod
    def restored(cls, past: Events, data: Mapping[str, Any]) -> Self:
        """An adviser that knows of all of `past`, its weights and classifier as they were learnt before."""
        encoder = _Encoder.learnt(past.rows(feedback(past)))
        return cls(encoder, np.array(data["weights"]), Logistic.from_json(data["logistic"]))
