# SPDX-License-Identifier: GPL-3.0-or-later
"""Multinomial logistic regression: the fit classifier where there is no engine, and in the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .events import FITS

Floats = NDArray[np.float64]
_ROUNDS, _SMALL_STEP = 20, 1e-6


@dataclass(frozen=True)
class Logistic:
    """centre, spread: (f,) by which features are standardised. weights: (f + 1, k), the first of one."""

    centre: Floats
    spread: Floats
    weights: Floats

    @classmethod
    def learnt(cls, features: Floats, fit: NDArray[np.int64]) -> Logistic:
        """From features (n, f), NaN where unknown, and what came of them (n,). Newton's method with a small ridge."""
        told = np.maximum((~np.isnan(features)).sum(axis=0), 1)
        centre = np.nansum(features, axis=0) / told
        spread = np.sqrt(np.nansum((features - centre) ** 2, axis=0) / told) + 1e-9
        model = cls(centre, spread, np.zeros((features.shape[1] + 1, len(FITS))))
        x, hot = model._standard(features), np.eye(len(FITS))[fit]
        f, k = model.weights.shape
        for _ in range(_ROUNDS):
            p = _softmax(x @ model.weights)
            gradient = x.T @ (p - hot) + model.weights
            hessian = np.empty((k * f, k * f))
            for a in range(k):
                for b in range(k):
                    block = x.T @ (x * (p[:, a] * (float(a == b) - p[:, b]))[:, None])
                    hessian[a * f : (a + 1) * f, b * f : (b + 1) * f] = block
            step = np.linalg.solve(hessian + np.eye(k * f), gradient.T.ravel()).reshape(k, f).T
            model = cls(centre, spread, model.weights - step)
            if np.abs(step).max() < _SMALL_STEP:
                break
        return model

    def __call__(self, features: Floats) -> Floats:
        """(m, k) how likely each is."""
        return _softmax(self._standard(features) @ self.weights)

    def _standard(self, features: Floats) -> Floats:
        return np.column_stack([np.ones(len(features)), np.nan_to_num((features - self.centre) / self.spread)])

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name).tolist() for name in ("centre", "spread", "weights")}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Logistic:
        return cls(*(np.array(data[name]) for name in ("centre", "spread", "weights")))


def _softmax(z: Floats) -> Floats:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
