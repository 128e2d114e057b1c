# SPDX-License-Identifier: GPL-3.0-or-later
"""Newton's linear systems on a CUDA device: conjugate gradients with a multilevel additive Schwarz preconditioner.

Vertices that are near each other stand together in domains of 32, each domain in a node of the next level, 32 of which
stand together again, until one domain is left. The preconditioner adds up what the inverses of all domains' matrices
answer, a node moving as one (Wu, Wang & Wang, "A GPU-based multilevel additive Schwarz preconditioner for cloth and
deformable body simulation", ACM Transactions on Graphics 41, 2022).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import warp as wp
from numpy.typing import NDArray
from warp.utils import array_inner

from .device import launch
from .kernels.membrane import real, vec3
from .kernels.schwarz import (
    DOMAIN,
    advance,
    eliminate,
    fill_domains,
    fill_gaps,
    gather,
    multiply,
    solve_domains,
    spread,
    turn,
)
from .linear import Matrix, NotPositive, Pattern

Points = NDArray[np.float64]

# Of the first residual, in the preconditioner's norm. No step is solved less well, however far from rest: sewing makes
# a difference five thousand times as large, and with 1e-6 skirts came to rest 2 to 19 mm from where the CPU's direct
# solver left them, with 1e-9 within 0.6 mm.
_TOLERANCE = 1e-9
_ROUNDS = 10  # between two looks from the host
_MOST = 3000  # iterations: what has been found by then goes downhill


def slots_of(x: Points) -> NDArray[np.int32]:
    """(levels, n) the place of each vertex, at x (n, 3), among the nodes of all levels; DOMAIN of them are a domain."""
    low = x.min(axis=0)
    cell = ((x - low) / max(float(np.ptp(x, axis=0).max()), 1e-12) * 1023).astype(np.int64)
    # Morton's order: the bits of the three coordinates in turn.
    code = sum(((cell[:, d] >> bit) & 1) << (3 * bit + d) for bit in range(10) for d in range(3))
    node = np.empty(len(x), np.int64)
    node[np.argsort(np.asarray(code), kind="stable")] = np.arange(len(x))
    levels: list[NDArray[np.int64]] = []
    first = 0
    while True:
        levels.append(first + node)
        domains = int(node.max()) // DOMAIN + 1
        if domains == 1:
            return np.stack(levels).astype(np.int32)
        first += domains * DOMAIN
        node //= DOMAIN


class Schwarz:
    """Solves (A + D) x = b where the vertices `free` (n,) may move, and the others' x are 0."""

    def __init__(self, free: NDArray[np.bool_], device: str) -> None:
        self._held, self._device = ~free, device
        self._free = wp.array(free, dtype=bool, device=device)
        self._pattern: Pattern | None = None
        self._slots: Any = None
        self.iterations = 0  # in all

    def _launch(self, kernel: Any, count: Any, *inputs: Any) -> None:
        launch(kernel, count, inputs, self._device)

    def _vectors(self, count: int, many: int) -> list[Any]:
        return [wp.zeros(count, dtype=vec3, device=self._device) for _ in range(many)]

    def _integers(self, values: NDArray[Any]) -> Any:
        return wp.array(values.astype(np.int32), dtype=int, device=self._device)

    def _place(self, matrix: Matrix) -> None:
        pattern = self._pattern = matrix.pattern
        self._rows, self._columns, self._start = map(self._integers, (pattern.rows, pattern.columns, pattern.start))

    def _precondition(self, matrix: Matrix, shift: Any) -> None:
        """Invert every domain's matrix. Raises NotPositive where one is not positive definite."""
        if self._slots is None:
            slots = slots_of(matrix.at)
            self._slots = wp.array(slots, dtype=int, device=self._device)
            count, size = int(slots.max()) // DOMAIN + 1, 3 * DOMAIN
            shape = (count, size, size)
            self._domains, self._swept = (wp.zeros(shape, dtype=real, device=self._device) for _ in range(2))
            self._gathered, self._solved = self._vectors(count * DOMAIN, 2)
        self._domains.zero_()
        blocks = matrix.blocks
        inputs = [self._rows, self._columns, blocks, shift, self._free, self._slots, self._domains]
        self._launch(fill_domains, len(blocks), *inputs)
        self._launch(fill_gaps, self._domains.shape[:2], self._domains)
        least = wp.full(1, np.inf, dtype=real, device=self._device)
        for k in range(3 * DOMAIN):
            self._launch(eliminate, self._domains.shape, self._domains, k, self._swept, least)
            self._domains, self._swept = self._swept, self._domains
        _refuse(least)

    def _preconditioned(self, r: Any, z: Any) -> None:
        self._gathered.zero_()
        self._launch(gather, self._slots.shape, self._slots, r, self._gathered)
        self._launch(solve_domains, len(self._solved), self._domains, self._gathered, self._solved)
        self._launch(spread, len(z), self._slots, self._free, self._solved, z)

    def solve(self, matrix: Matrix, shift: Points, right: Points) -> Points:
        """See `linear.Linear`."""
        if matrix.pattern is not self._pattern:
            self._place(matrix)
        n, device = matrix.n, self._device
        diagonal = wp.array(shift, dtype=real, device=device)
        self._precondition(matrix, diagonal)
        x, z, p, product = self._vectors(n, 4)
        r = wp.array(np.where(self._held[:, None], 0.0, right), dtype=vec3, device=device)
        energy, after, curvature = (wp.zeros(1, dtype=real, device=device) for _ in range(3))
        least = wp.full(1, np.inf, dtype=real, device=device)
        self._preconditioned(r, z)
        array_inner(r, z, out=energy)
        wp.copy(p, z)
        enough = _TOLERANCE**2 * float(energy.numpy()[0])
        for done in range(_MOST):
            if done % _ROUNDS == 0:
                _refuse(least)
                if float(energy.numpy()[0]) <= enough:
                    break
            self._launch(multiply, n, self._start, self._columns, matrix.blocks, diagonal, self._free, p, product)
            array_inner(p, product, out=curvature)
            self._launch(advance, n, energy, curvature, p, product, x, r, least)
            self._preconditioned(r, z)
            array_inner(r, z, out=after)
            self._launch(turn, n, energy, after, z, p)
            energy, after = after, energy
            self.iterations += 1
        return x.numpy()


def _refuse(least: Any) -> None:
    """Where a pivot or a curvature, of which these are the least, is not positive."""
    if not least.numpy()[0] > 0.0:
        raise NotPositive("A domain, or a direction of the search, costs no energy.")
