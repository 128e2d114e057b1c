# SPDX-License-Identifier: GPL-3.0-or-later
"""The fit classifier of boosted trees. Worker only."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def boosted_trees(features: Floats, fit: NDArray[np.int64]) -> Callable[[Floats], Floats]:
    """scikit-learn's histogram gradient boosting, each split by one of three tenths of the features. NaN is a value."""
    told = ~np.isnan(features).all(axis=0)  # a column of nothing, such as a bust that no row tells, cannot be binned
    ensemble: Any = importlib.import_module("sklearn.ensemble")
    model = ensemble.HistGradientBoostingClassifier(
        max_iter=400, learning_rate=0.03, max_leaf_nodes=16, max_features=0.3,
        l2_regularization=1.0, early_stopping=False, random_state=0,
    ).fit(features[:, told], fit)  # fmt: skip
    return lambda x: np.asarray(model.predict_proba(x[:, told]), float)
