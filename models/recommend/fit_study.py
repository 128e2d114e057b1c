# SPDX-License-Identifier: GPL-3.0-or-later
"""How well fit and size of later rows are told: areas under the curve, sizes hit, calibration."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .evaluation import auc
from .events import FITS, Events
from .fit import Classifier, FitRefused, SizeAdviser, feedback

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_FEWEST_SIZES = 3


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
