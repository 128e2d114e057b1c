# SPDX-License-Identifier: GPL-3.0-or-later
"""A customer's taste among the designs of one style, learnt round by round from what is chosen of a few shown.

An ideal-point model (Coombs 1964): the nearer a design lies to the ideal the better it is liked, and choices follow a
conditional logit. The ideal begins at the archetype of like customers and moves to where the choices put it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...patterns import Parameter, Style
from ...patterns.style import Value

Floats = NDArray[np.float64]
# In shares of a parameter's range: customers about their archetype, and designs shown about the ideal.
_ARCHETYPE_DEVIATION, _SHOWN_DEVIATION = 0.2, 0.2
# How surely of two designs the one nearer to the ideal is chosen, per squared distance in the mean of what varies: a
# style of many sliders is chosen no more surely than one of few.
_DECISION = 48.0
_NEWTON_STEPS = 20


class RoundRefused(ValueError):
    """An answer to a round that was never shown."""


@dataclass(frozen=True)
class Taste:
    """What is known of a taste: archetype (d,) in [0, 1], locked (d,) what never varies, and the rounds so far:
    designs (n, d) shown and the number of the one chosen.
    """

    archetype: Floats
    locked: NDArray[np.bool_]
    rounds: tuple[tuple[Floats, int], ...] = ()

    def ideal(self) -> Floats:
        """(d,) the likeliest ideal, by Newton's method: the likelihood has one top."""
        d = len(self.archetype)
        decision = _DECISION / max(d - int(self.locked.sum()), 1)
        ideal = self.archetype.copy()
        for _ in range(_NEWTON_STEPS):
            gradient = (self.archetype - ideal) / _ARCHETYPE_DEVIATION**2
            hessian = np.eye(d) / _ARCHETYPE_DEVIATION**2
            for shown, chosen in self.rounds:
                scores = -decision * ((shown - ideal) ** 2).sum(axis=1)
                p = np.exp(scores - scores.max())
                p /= p.sum()
                mean = p @ shown
                gradient += 2 * decision * (shown[chosen] - mean)
                hessian += 4 * decision**2 * ((shown * p[:, None]).T @ shown - np.outer(mean, mean))
            step = np.linalg.solve(hessian, gradient)
            ideal += step
            if np.abs(step).max() < 1e-8:
                break
        return np.where(self.locked, self.archetype, np.clip(ideal, 0.0, 1.0))

    def propose(self, n: int, rng: np.random.Generator) -> Floats:
        """(n, d) designs to choose from, the ideal first."""
        ideal = self.ideal()
        away = np.where(self.locked, 0.0, rng.normal(0.0, _SHOWN_DEVIATION, (n - 1, len(ideal))))
        return np.vstack([ideal, np.clip(ideal + away, 0.0, 1.0)])

    def choose(self, shown: Floats, chosen: int) -> Taste:
        """After a round of which one was chosen. Raises RoundRefused."""
        if not 0 <= chosen < len(shown):
            raise RoundRefused(f"There were {len(shown)} designs to choose from: there is no number {chosen}.")
        return replace(self, rounds=(*self.rounds, (shown, chosen)))


def numbers(style: Style) -> tuple[Parameter, ...]:
    """The parameters of a style that a taste moves: those with a range, but not the ease, which is the body's."""
    return tuple(p for p in style.parameters if p.kind in ("length", "ratio", "angle") and np.ptp(span(p)))


def span(p: Parameter) -> tuple[float, float]:
    """The ends of a number's range."""
    low, high = (float(end) for end in p.range)
    return low, high


def encoded(style: Style, choices: Mapping[str, Value]) -> Floats:
    """(d,) choices as shares of each range."""
    shares: list[float] = []
    for p in numbers(style):
        low, high = span(p)
        shares.append((float(choices.get(p.name, p.value)) - low) / (high - low))
    return np.array(shares)


def decoded(style: Style, design: Floats) -> dict[str, Value]:
    """The choices of a design (d,)."""
    choices: dict[str, Value] = {}
    for p, share in zip(numbers(style), design.tolist(), strict=True):
        low, high = span(p)
        choices[p.name] = low + share * (high - low)
    return choices
