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
    """scikit-learn's histogram gradient boosting; NaN is a value of its own."""
    ensemble: Any = importlib.import_module("sklearn.ensemble")
    model = ensemble.HistGradientBoostingClassifier(
        max_iter=200, learning_rate=0.05, l2_regularization=1.0, early_stopping=False, random_state=0
    ).fit(features, fit)
    return lambda x: np.asarray(model.predict_proba(x), float)
