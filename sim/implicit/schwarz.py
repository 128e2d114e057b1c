# SPDX-License-Identifier: GPL-3.0-or-later
"""Newton's linear systems on a CUDA device: conjugate gradients with a multilevel additive Schwarz preconditioner.

Vertices that are near each other stand together in domains of 32, each domain in a node of the next level, 32 of which
stand together again, until one domain is left. The preconditioner adds up what the inverses of all domains' matrices
answer, a node moving as one (Wu, Wang & Wang, "A GPU-based multilevel additive Schwarz preconditioner for cloth and
deformable body simulation", ACM Transactions on Graphics 41, 2022).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import warp as wp
from numpy.typing import NDArray

from .device import launch
from .kernels.membrane import real
from .kernels.schwarz import (
    DOMAIN,
    SUMS,
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
_ROUNDS = 10  # between two looks from the host; even, so that energies lie where they lay
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
        self._unknowns = 3 * len(free)
        self._free = wp.array(free, dtype=bool, device=device)
        self._shift = self._numbers(len(free))
        self._x, self._r, self._z, self._p, self._product = (self._numbers(self._unknowns) for _ in range(5))
        parts = min(SUMS, self._unknowns)
        self._energy, self._after, self._curvature = (self._numbers(parts) for _ in range(3))
        self._least = self._numbers(1)
        self._pattern: Pattern | None = None
        self._slots: Any = None
        self._recorded: dict[Callable[[Matrix], None], Any] = {}
        self.iterations = 0  # in all

    def _launch(self, kernel: Any, count: Any, *inputs: Any) -> None:
        launch(kernel, count, inputs, self._device)

    def _numbers(self, shape: int | tuple[int, ...]) -> Any:
        return wp.zeros(shape, dtype=real, device=self._device)

    def _replay(self, work: Callable[[Matrix], None], matrix: Matrix) -> None:
        """Do work that launches the same kernels on the same arrays each time: recorded once, then launched as one."""
        if work not in self._recorded:
            with wp.ScopedCapture(self._device) as capture:
                work(matrix)
            self._recorded[work] = capture.graph
        wp.capture_launch(self._recorded[work])

    def _place(self, matrix: Matrix) -> None:
        self._pattern = matrix.pattern
        self._recorded.clear()
        if self._slots is None:
            slots = slots_of(matrix.at)
            self._slots = wp.array(slots, dtype=int, device=self._device)
            count, size = int(slots.max()) // DOMAIN + 1, 3 * DOMAIN
            self._domains, self._swept = (self._numbers((count, size, size)) for _ in range(2))
            self._gathered, self._solved = (self._numbers(count * size) for _ in range(2))

    def _invert(self, matrix: Matrix) -> None:
        """Every domain's matrix."""
        self._domains.zero_()
        inputs = [matrix.rows, matrix.columns, matrix.blocks, self._shift, self._free, self._slots, self._domains]
        self._launch(fill_domains, len(matrix.blocks), *inputs)
        self._launch(fill_gaps, self._domains.shape[:2], self._domains)
        before, after = self._domains, self._swept
        for k in range(3 * DOMAIN):  # an even number: the inverse is left in `_domains`
            self._launch(eliminate, before.shape, before, k, after, self._least)
            before, after = after, before

    def _precondition(self, energy: Any) -> None:
        """What was gathered, brought to z, and r . z."""
        self._launch(solve_domains, len(self._solved), self._domains, self._gathered, self._solved)
        inputs = [self._slots, self._free, self._solved, self._r, self._z, energy, self._curvature]
        self._launch(spread, self._unknowns, *inputs)

    def _begin(self, _matrix: Matrix) -> None:
        for cleared in (self._x, self._gathered, self._energy):
            cleared.zero_()
        self._launch(gather, self._unknowns, self._slots, self._r, self._gathered)
        self._precondition(self._energy)
        wp.copy(self._p, self._z)

    def _search(self, matrix: Matrix) -> None:
        """_ROUNDS iterations."""
        n, p, product, curvature, gathered = self._unknowns, self._p, self._product, self._curvature, self._gathered
        before, after = self._energy, self._after
        blocks = wp.array(ptr=matrix.blocks.ptr, shape=9 * len(matrix.blocks), dtype=real, device=self._device)
        rows = [matrix.starts, matrix.columns, blocks, self._shift, self._free]
        for _ in range(_ROUNDS):
            self._launch(multiply, n, *rows, p, product, curvature, after, gathered)
            inputs = [p, product, self._slots, self._x, self._r, gathered, self._least]
            self._launch(advance, n, before, curvature, *inputs)
            self._precondition(after)
            self._launch(turn, n, before, after, self._z, p)
            before, after = after, before

    def solve(self, matrix: Matrix, shift: Points, right: Points) -> Points:
        """See `linear.Linear`."""
        if matrix.pattern is not self._pattern:
            self._place(matrix)
        self._shift.assign(shift)
        self._r.assign(np.where(self._held[:, None], 0.0, right).ravel())
        self._least.fill_(np.inf)
        self._replay(self._invert, matrix)
        self._replay(self._begin, matrix)
        enough = _TOLERANCE**2 * self._left()
        for _ in range(_MOST // _ROUNDS):
            if not self._least.numpy()[0] > 0.0:  # a pivot or a curvature, of which it is the least
                raise NotPositive("A domain, or a direction of the search, costs no energy.")
            if self._left() <= enough:
                break
            self._replay(self._search, matrix)
            self.iterations += _ROUNDS
        return self._x.numpy().reshape(-1, 3)

    def _left(self) -> float:
        return float(self._energy.numpy().sum())
