# SPDX-License-Identifier: GPL-3.0-or-later
"""Will it fit, and which size: from the body, the customer's history and the garment's.

How a garment runs and how a customer likes it worn are offsets in size, shrunk towards none; the fit is classified by
what is left between the size asked about and the size expected (cf. Misra, Wan, McAuley, RecSys 2018).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .evaluation import auc
from .events import FITS, Events
from .size_choice import Shelf, SizeRange, probabilities, weighed, worth
from .sizing import BodySize, body_features

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Classifier = Callable[[Floats, Ints], Callable[[Floats], Floats]]  # (n, f) and (n,) → how (m, f) become (m, 3)
_RATES = (
    ("garment", 10.0),
    ("garment_size", 5.0),
    ("customer", 5.0),
)  # and average events each starts from
_GARMENT, _CUSTOMER, _BACKFITS = 20.0, 0.3, 4  # events of no offset that each starts from; rounds between the two
_CORRECTION = 1.0  # in the shop's numbers: by how much "small" and "large" missed, at least
_FOLDS, _FEWEST = 10, 50  # rows in all
_LEFT, _ALL, _OWN = 4.0, 10.0, 20.0  # sizes to one; ridges of the line of all garments, and of what each adds
_FEWEST_SIZES = 3
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
    felt: Floats  # (f,) small as −1 to large as 1 by `_measured`, and
    felt_more: Floats  # (g, f) what each garment adds to that

    @classmethod
    def learnt(cls, past: Events) -> _Encoder:
        hot = np.eye(len(FITS))[past.fit]
        average = hot.mean(axis=0)
        rates: list[tuple[dict[int, int], Floats, Floats]] = []
        for (_, prior), key in zip(_RATES, _keys(past), strict=True):
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
        sizes = SizeRange.learnt(past)
        learnt = cls(
            body_size,
            rates,
            garment_offset,
            customer_offset,
            average,
            sizes,
            np.zeros(2),
            np.zeros(0),
            np.zeros((0, 0)),
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
        how it would feel on such a body, in all and by what this garment adds.
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
            np.column_stack([events.words[word] for word in ("body_type", "occasion", "category")]).astype(float),
        ]
        return np.column_stack(columns)


def _keys(events: Events) -> tuple[Ints, Ints, Ints]:
    return events.garment, events.garment * 1000 + events.size.astype(np.int64), events.customer


def _shrunk(key: Ints, value: Floats, length: int, prior: float) -> Floats:
    return np.bincount(key, value, length) / (np.bincount(key, minlength=length) + prior)


def _about(events: Events, shelves: Sequence[Shelf], weights: Floats) -> Floats:
    """(n, 4) P(the size asked about is right), of a smaller, of a larger one, and the mean less it; NaN unknown."""
    found = np.full((len(events), 4), np.nan)
    for shelf in shelves:
        p = probabilities(shelf, weights)
        asked = events.size[shelf.rows, None]
        parts = [(p * there).sum(axis=1) for there in (shelf.sizes == asked, shelf.sizes < asked, shelf.sizes > asked)]
        found[shelf.rows] = np.column_stack([*parts, (p * shelf.sizes).sum(axis=1) - asked[:, 0]])
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


def logistic(features: Floats, fit: Ints) -> Callable[[Floats], Floats]:
    """Multinomial logistic regression by Newton's method with a small ridge: what there is without the engine."""
    told = np.maximum((~np.isnan(features)).sum(axis=0), 1)
    centre = np.nansum(features, axis=0) / told
    spread = np.sqrt(np.nansum((features - centre) ** 2, axis=0) / told) + 1e-9

    def standard(x: Floats) -> Floats:
        return np.column_stack([np.ones(len(x)), np.nan_to_num((x - centre) / spread)])

    def softmax(z: Floats) -> Floats:
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    x, hot = standard(features), np.eye(len(FITS))[fit]
    f, k = x.shape[1], len(FITS)
    weights = np.zeros((f, k))
    for _ in range(20):
        p = softmax(x @ weights)
        gradient = x.T @ (p - hot) + weights
        hessian = np.empty((k * f, k * f))
        for a in range(k):
            for b in range(k):
                block = x.T @ (x * (p[:, a] * (float(a == b) - p[:, b]))[:, None])
                hessian[a * f : (a + 1) * f, b * f : (b + 1) * f] = block
        step = np.linalg.solve(hessian + np.eye(k * f), gradient.T.ravel()).reshape(k, f).T
        weights -= step
        if np.abs(step).max() < 1e-6:
            break
    return lambda x: softmax(standard(x) @ weights)


def evaluate_fit(past: Events, test: Events, classifier: Classifier) -> dict[str, Any]:
    """How well fit and size of later rows are told: as JSON.

    `fit_auc` is the mean over small, fit, large of one against the rest; `size_exact` and `size_within_one` count rows
    that fitted, of garments known in at least three sizes, in steps of that garment's own sizes; `known_exact` and
    `median_exact` compare, for known customers, ours with the median of their sizes; `auc_by_weight` has the fifths of
    weight, the lightest first. `calibration` has for each answer, in tenths of rows from the least likely on: the mean
    probability, the share that came true, the rows. None where rows cannot tell: an area where nobody felt
    small, say. Raises FitRefused.
    """
    test = test.rows(feedback(test))
    if not len(test):
        raise FitRefused("The test file says of no garment how it fitted: give the columns fit and size.")
    adviser = SizeAdviser.learnt(past, classifier)
    p = adviser.probabilities(test)
    past = past.rows(feedback(past))
    weight = test.body[:, 1]
    told = ~np.isnan(weight)
    fifth = np.digitize(weight, np.quantile(weight[told], (0.2, 0.4, 0.6, 0.8))) if told.any() else np.zeros(len(test))
    by_weight = [_mean_auc(test.fit[told & (fifth == q)], p[told & (fifth == q)]) for q in range(5)]
    sized = np.array([len(adviser.sizes(g)) >= _FEWEST_SIZES for g in test.garment.tolist()])
    rows = test.rows(sized & (test.fit == FITS.index("fit")))
    step = _steps(adviser, rows, adviser.size(rows))
    known = np.isin(rows.customer, past.customer)
    of_known = {int(c): [] for c in rows.customer[known]}
    for c, s in zip(past.customer.tolist(), past.size, strict=True):
        if c in of_known:
            of_known[c].append(s)
    median = np.array([np.median(of_known[c]) for c in rows.customer[known].tolist()])
    return {
        "fit_auc": _told(_mean_auc(test.fit, p)),
        "size_exact": _share(step == 0),
        "size_within_one": _share(step <= 1),
        "known_exact": _share(step[known] == 0),
        "median_exact": _share(_steps(adviser, rows.rows(known), median) == 0),
        "auc_by_weight": [_told(a) for a in by_weight],
        "calibration": {felt: _calibration(test.fit == k, p[:, k]) for k, felt in enumerate(FITS)},
        "auc_gap": _told(float(np.ptp(by_weight))),
        "rows": len(test),
    }


def _calibration(truth: NDArray[np.bool_], p: Floats) -> list[list[float]]:
    tenths = [tenth for tenth in np.array_split(np.argsort(p, kind="stable"), 10) if len(tenth)]
    return [[round(float(p[t].mean()), 4), round(float(truth[t].mean()), 4), len(t)] for t in tenths]


def _mean_auc(fit: Ints, p: Floats) -> float:
    return float(np.mean([auc(fit == k, p[:, k]) for k in range(len(FITS))]))


def _told(figure: float) -> float | None:
    return None if np.isnan(figure) else round(figure, 4)


def _share(hits: NDArray[np.bool_]) -> float | None:
    return round(float(hits.mean()), 4) if len(hits) else None


def _steps(adviser: SizeAdviser, rows: Events, size: Floats) -> Ints:
    """(n,) how many of the garment's own sizes lie between a size and the one that fitted."""
    found: list[int] = []
    for g, ours, theirs in zip(rows.garment.tolist(), size, rows.size, strict=True):
        sizes = adviser.sizes(g)
        found.append(abs(int(np.abs(sizes - ours).argmin()) - int(np.abs(sizes - theirs).argmin())))
    return np.array(found, np.int64)
