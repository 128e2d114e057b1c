# SPDX-License-Identifier: GPL-3.0-or-later
"""Newton's linear systems by a sparse Cholesky factorisation, on the CPU.

CHOLMOD (Chen, Davis, Hager & Rajamanickam, ACM TOMS 887, 2008) through cvxopt, which reads the lower half by columns.
The order of elimination is found once for a pattern of blocks, by dissection (George, "Nested dissection of a regular
finite element mesh", SIAM Journal on Numerical Analysis 10, 1973): a garment has a third less work in it so than by
minimum degree.
"""

from __future__ import annotations

from typing import Any

import cvxopt
import numpy as np
from cvxopt import cholmod  # pyright: ignore[reportAttributeAccessIssue] - a module in C, without stubs
from numpy.typing import NDArray
from scipy import sparse

from ..distance import ranges
from .linear import Matrix, NotPositive, Pattern

Points = NDArray[np.float64]

cholmod.options["supernodal"] = 2  # L L^T in dense blocks, always
_UNDIVIDED = 32  # vertices


def dissection(pattern: Pattern, at: Points) -> NDArray[np.int64]:
    """(n,) the vertices, at (n, 3), in an order of elimination that keeps the factor sparse.

    A plane across their longest extent halves them, the halves' orders come first, and what parts them last.
    """
    side = np.empty(pattern.n, np.int8)

    def order(those: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        if len(those) <= _UNDIVIDED:
            return [those]
        middle = at[those] - at[those].mean(axis=0)
        along = middle @ np.linalg.eigh(middle.T @ middle)[1][:, -1]
        side[those] = along > np.median(along)
        counts = pattern.start[those + 1] - pattern.start[those]
        columns = pattern.columns[ranges(pattern.start[those], counts)]
        mine = np.repeat(those, counts)
        across = (side[mine] == 0) & (side[columns] == 1)
        parting = min(np.unique(mine[across]), np.unique(columns[across]), key=len)
        side[parting] = -1
        first, second = (those[side[those] == k] for k in (0, 1))
        side[those] = -1
        if not len(first) or not len(second):  # all are one another's neighbours, or lie in one place
            return [first, second, parting]
        return [*order(first), *order(second), parting]

    side[:] = -1
    return np.concatenate(order(np.arange(pattern.n)))


class Cholesky:
    """Solves (A + D) x = b where the vertices `free` (n,) may move, and the others' x are 0."""

    def __init__(self, free: NDArray[np.bool_]) -> None:
        self._free = free
        self._pattern: Pattern | None = None

    def _analyse(self, pattern: Pattern, at: Points) -> None:
        """Find the lower half's numbers among the blocks', and the order of elimination."""
        number, n = np.cumsum(self._free) - 1, int(self._free.sum())
        kept = np.flatnonzero(pattern.among(self._free))
        rows, columns = number[pattern.rows[kept]], number[pattern.columns[kept]]
        size, above = 3 * n, rows <= columns
        numbers = (9 * kept[above, None] + np.arange(1, 10)).reshape(-1, 3, 3)
        start = np.searchsorted(rows[above], np.arange(n + 1))
        blocks: Any = sparse.bsr_matrix((numbers, columns[above], start), shape=(size, size))
        upper: Any = sparse.triu(blocks.tocsr(), format="csr")  # by rows what the lower half is by columns
        self._take: NDArray[np.int64] = upper.data - 1
        self._diagonal = upper.indptr[:-1]
        column, row = np.repeat(np.arange(size), np.diff(upper.indptr)), upper.indices.astype(np.int64)
        zeros = cvxopt.matrix(0.0, (len(row), 1))
        self._a = cvxopt.spmatrix(zeros, cvxopt.matrix(row), cvxopt.matrix(column), (size, size))
        order = 3 * dissection(Pattern(rows * n + columns, n), at[self._free])[:, None] + np.arange(3)
        self._factor = cholmod.symbolic(self._a, p=cvxopt.matrix(order.ravel()))
        self._pattern = pattern

    def solve(self, matrix: Matrix, shift: Points, right: Points) -> Points:
        """See `linear.Linear`."""
        if matrix.pattern is not self._pattern:
            self._analyse(matrix.pattern, matrix.at)
        values: Any = matrix.blocks.numpy().reshape(-1)[self._take]
        values[self._diagonal] += np.repeat(shift[self._free], 3)
        self._a.V = cvxopt.matrix(values)
        try:
            cholmod.numeric(self._a, self._factor)
        except ArithmeticError as error:
            raise NotPositive(str(error)) from error
        moved = cvxopt.matrix(right[self._free].ravel())
        cholmod.solve(self._factor, moved)
        x = np.zeros_like(right)
        x[self._free] = np.array(moved).reshape(-1, 3)
        return x
