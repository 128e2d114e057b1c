# SPDX-License-Identifier: GPL-3.0-or-later
"""Newton's linear systems: summed up from 3 × 3 blocks and solved by a sparse Cholesky factorisation, on the CPU."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Points = NDArray[np.float64]


class NotPositive(ArithmeticError):
    """The matrix is not positive definite: the energy curves down somewhere."""


class BlockPattern:
    """3 × 3 blocks that are summed at the same places again and again: built once, filled many times."""

    def __init__(self, rows: NDArray[Any], columns: NDArray[Any], n: int) -> None:
        """rows, columns (k,): where each block of `summed` goes; n block rows."""
        key = rows.astype(np.int64) * n + columns
        self._order = np.argsort(key, kind="stable")
        ordered = key[self._order]
        self._first = np.flatnonzero(np.diff(ordered, prepend=-1))
        places = ordered[self._first]
        self.n = n
        self.rows, self.columns = places // n, (places % n).astype(np.int32)
        self._start = np.searchsorted(self.rows, np.arange(n + 1)).astype(np.int32)

    def summed(self, blocks: Points) -> Any:
        """The BSR matrix of blocks (k, 3, 3)."""
        flat = np.ascontiguousarray(blocks).reshape(-1, 9)
        data = np.add.reduceat(flat[self._order], self._first, axis=0) if len(flat) else np.zeros((0, 9))
        return sparse.bsr_matrix((data.reshape(-1, 3, 3), self.columns, self._start), shape=(3 * self.n, 3 * self.n))


def free_only(matrix: Any, free: NDArray[np.bool_]) -> Any:
    """The BSR matrix with the rows and columns of held vertices replaced by the identity's; in place."""
    rows = np.repeat(np.arange(len(free)), np.diff(matrix.indptr))
    held = ~(free[rows] & free[matrix.indices])
    if held.any():
        matrix.data[held] = np.where((rows == matrix.indices)[held, None, None], np.eye(3), 0.0)
    return matrix


def cholesky(matrix: Any, right: Points) -> Points:
    """Solve A x = b for a symmetric BSR matrix; b and x (3n,). Raises NotPositive where A is not positive definite.

    CHOLMOD (Chen, Davis, Hager & Rajamanickam, ACM TOMS 887, 2008) through cvxopt, which reads the lower half.
    """
    import cvxopt
    from cvxopt import cholmod  # pyright: ignore[reportAttributeAccessIssue] - a module in C, which has no stubs

    csr = matrix.tocsr()
    rows = np.repeat(np.arange(csr.shape[0]), np.diff(csr.indptr))
    lower = (csr.indices <= rows) & (csr.data != 0.0)
    values, i, j = csr.data[lower], rows[lower].astype(np.int64), csr.indices[lower].astype(np.int64)
    a = cvxopt.spmatrix(cvxopt.matrix(values), cvxopt.matrix(i), cvxopt.matrix(j), csr.shape)
    cholmod.options["supernodal"] = 2
    factor = cholmod.symbolic(a)
    try:
        cholmod.numeric(a, factor)
    except ArithmeticError as error:
        raise NotPositive(str(error)) from error
    x = cvxopt.matrix(np.ascontiguousarray(right))
    cholmod.solve(factor, x)
    return np.array(x).ravel()
