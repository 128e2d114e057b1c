# SPDX-License-Identifier: GPL-3.0-or-later
"""Elastic sewn into the cloth: threads that draw together what they run along, and do not push.

A thread of the relaxed length l0 that is l long costs 1/2 k (l / l0 - 1)² l0 where it is stretched and nothing where it
is slack: its tension is k (l / l0 - 1), k being the force at a strain of 1. Its second derivatives are never negative.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Ints = NDArray[np.int32]


@dataclass(frozen=True)
class Threads:
    """Threads between vertices: ends (e, 2), relaxed lengths rest (e,) in metres, stiffness (e,) in newtons."""

    ends: Ints
    rest: Points
    stiffness: Points

    @property
    def rows(self) -> Ints:
        """(4 e,) block rows of `blocks`."""
        return np.repeat(self.ends, 2, axis=1).ravel()

    @property
    def columns(self) -> Ints:
        """(4 e,) block columns of `blocks`."""
        return np.tile(self.ends, (1, 2)).ravel()

    def lengths(self, x: Points) -> Points:
        """(e,) metres between the ends, the vertices lying at x (n, 3)."""
        return np.linalg.norm(x[self.ends[:, 1]] - x[self.ends[:, 0]], axis=1)

    def resting_between(self, start: Points, share: float) -> Threads:
        """Threads whose relaxed lengths lie between those at the start (e,) and their own: see `membrane`."""
        return replace(self, rest=(1 - share) * start + share * self.rest)

    def tension(self, x: Points) -> Points:
        """(e,) newtons."""
        return self.stiffness * np.maximum(self.lengths(x) / self.rest - 1, 0.0)

    def energy(self, x: Points) -> float:
        """J at the positions x (n, 3)."""
        return float(np.sum(self.tension(x) ** 2 * self.rest / self.stiffness)) / 2

    def gradient(self, x: Points) -> Points:
        """(n, 3) derivatives of the energy, N."""
        pull = (self.tension(x) / self.lengths(x))[:, None] * (x[self.ends[:, 1]] - x[self.ends[:, 0]])
        total = np.zeros_like(x)
        np.add.at(total, self.ends[:, 1], pull)
        np.add.at(total, self.ends[:, 0], -pull)
        return total

    def blocks(self, x: Points) -> Points:
        """(4 e, 3, 3) second derivatives, N/m, each at its place in `rows` and `columns`."""
        length = self.lengths(x)
        along = (x[self.ends[:, 1]] - x[self.ends[:, 0]]) / length[:, None]
        outer = along[:, :, None] * along[:, None, :]
        tension = self.tension(x)
        axial = np.where(tension > 0.0, self.stiffness / self.rest, 0.0)[:, None, None]
        block = axial * outer + (tension / length)[:, None, None] * (np.eye(3) - outer)
        return np.stack([block, -block, -block, block], axis=1).reshape(-1, 3, 3)
