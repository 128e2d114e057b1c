# SPDX-License-Identifier: GPL-3.0-or-later
"""The conditional logit: what was chosen, of all there was to choose from (McFadden 1974)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_ROUNDS, _SMALL_STEP = 30, 1e-3


@dataclass(frozen=True)
class Choices:
    """m choosers among k things each: terms (m, f, k), their sum (m, f) over what was chosen, and how often (m,)."""

    terms: Floats
    chosen: Floats
    times: Floats


def shares(weights: Floats, terms: Floats) -> Floats:
    """(m, k) how likely each is chosen; terms: (m, f, k)."""
    scores = weights @ terms
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    return p / p.sum(axis=1, keepdims=True)


def conditional_logit(choices: Sequence[Choices], start: Floats, pull: float) -> Floats:
    """(f,) the likeliest weights, led back to `start` by `pull` where data say nothing. Newton with halved steps."""

    def likelihood(weights: Floats) -> tuple[float, Floats, Floats]:
        away = weights - start
        value, gradient, hessian = -0.5 * pull * float(away @ away), -pull * away, pull * np.eye(len(start))
        for c in choices:
            scores = weights @ c.terms
            top = scores.max(axis=1)
            p = np.exp(scores - top[:, None])
            total = p.sum(axis=1)
            p /= total[:, None]
            mean = np.einsum("mfk,mk->mf", c.terms, p)
            value += float((c.chosen @ weights).sum() - c.times @ (top + np.log(total)))
            gradient = gradient + (c.chosen - c.times[:, None] * mean).sum(axis=0)
            there = c.terms.transpose(1, 0, 2).reshape(len(start), -1)
            hessian = hessian + (there * (p * c.times[:, None]).ravel()) @ there.T - (mean.T * c.times) @ mean
        return value, gradient, hessian

    weights = start
    value, gradient, hessian = likelihood(weights)
    for _ in range(_ROUNDS):
        step = np.linalg.solve(hessian, gradient)
        tried = likelihood(weights + step)
        while tried[0] < value and np.abs(step).max() > _SMALL_STEP:
            step *= 0.5
            tried = likelihood(weights + step)
        if tried[0] < value or np.abs(step).max() <= _SMALL_STEP:
            break
        weights, (value, gradient, hessian) = weights + step, tried
    return weights
