# SPDX-License-Identifier: GPL-3.0-or-later
"""Newton's matrix: 3 × 3 blocks summed up on the device, at places that seldom change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import warp as wp
from numpy.typing import NDArray
from scipy import sparse

from .device import launch
from .kernels.linear import add_gathered, add_pairs, begin
from .kernels.membrane import mat33

Points = NDArray[np.float64]
Whole = NDArray[np.int64]
Blocks = tuple[NDArray[Any], NDArray[Any], Points]  # rows (k,), columns (k,) and blocks (k, 3, 3)

_SPARE = 2.0  # times the coming and going blocks in use: when places change, up to so many old ones stay in reserve


class PairBlocks(NamedTuple):
    """Second derivatives of the first `many` pairs of four vertices, on the device: w_i w_j times the pair's block.

    pairs (k,) of vec4i, weights (k,) of vec4, which sum to nothing, blocks (k,) of mat33; vertices past the matrix's
    are left out. Pairs no farther apart than `foreseen` metres have a place before they have a block.
    """

    many: int
    pairs: Any
    weights: Any
    blocks: Any
    foreseen: float = 0.0

    def keys(self, x: Points) -> Whole:
        """Keys (row * n + column) of what they add to a matrix of n rows at positions x (n, 3), or soon may."""
        n = len(x)
        pairs, weights, blocks = (part.numpy()[: self.many] for part in (self.pairs, self.weights, self.blocks))
        felt = np.trace(blocks, axis1=1, axis2=2) != 0.0
        near = np.flatnonzero((pairs < n).all(axis=1) & ~felt)
        gap = np.einsum("ki,kij->kj", weights[near], x[pairs[near]])
        soon = near[np.linalg.norm(gap, axis=1) < self.foreseen]
        used = np.concatenate([(pairs[felt] < n) & (weights[felt] != 0.0), np.ones((len(soon), 4), bool)])
        pairs = np.concatenate([pairs[felt], pairs[soon]]).astype(np.int64)
        return (pairs[:, :, None] * n + pairs[:, None, :])[used[:, :, None] & used[:, None, :]]


class NotPositive(ArithmeticError):
    """The matrix is not positive definite: the energy curves down somewhere."""


class Linear(Protocol):
    """What solves Newton's linear systems (A + D) x = b."""

    def solve(self, matrix: Matrix, shift: Points, right: Points) -> Points:
        """The x (n, 3) for b (n, 3) and the shift D (n,), a multiple of the identity for each vertex.

        Raises NotPositive where A + D is not positive definite.
        """
        ...


class Pattern:
    """The places of a symmetric matrix's 3 × 3 blocks, row by row: n block rows, rows and columns (k,), start (n + 1,).

    Every diagonal block has its place: diagonal (n,).
    """

    def __init__(self, keys: Whole, n: int) -> None:
        """keys: row * n + column of the blocks, in any order and number."""
        self.n, self.keys = n, np.union1d(keys, np.arange(n) * (n + 1))
        self.rows, self.columns = np.divmod(self.keys, n)
        self.start = np.searchsorted(self.rows, np.arange(n + 1))
        self.diagonal = np.searchsorted(self.keys, np.arange(n) * (n + 1))

    def find(self, keys: Whole) -> Whole:
        """Where blocks are. Raises KeyError where one of them has no place."""
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        if not np.array_equal(self.keys[at], keys):
            raise KeyError("A block has no place in this pattern.")
        return at

    def among(self, vertices: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """(k,) which blocks have both their row and their column among the vertices (n,)."""
        return vertices[self.rows] & vertices[self.columns]


class _Sum:
    """Which of the given blocks are added up `at` which places, and their transpose at the mirrored ones, if others."""

    def __init__(self, which: Whole, at: Whole, mirrored: Whole, device: str) -> None:
        order = np.argsort(at, kind="stable")
        first = np.flatnonzero(np.diff(at[order], prepend=-1))
        self.device, self._places = device, at[order[first]]
        self._arrays = [
            wp.array(a.astype(np.int32), dtype=int, device=device)
            for a in (np.append(first, len(at)), which[order], self._places, mirrored[order[first]])
        ]
        self._all = wp.array(np.arange(len(first)), dtype=int, device=device)
        self.only(None)

    def only(self, kept: NDArray[np.bool_] | None) -> None:
        """Add up, from now on, at these places (k,) only. None: at all."""
        if kept is None:
            self._which = self._all
        else:
            self._which = wp.array(np.flatnonzero(kept[self._places]), dtype=int, device=self.device)

    def add(self, given: Any, blocks: Any) -> None:
        launch(add_gathered, len(self._which), [self._which, *self._arrays, given, blocks], self.device)


class Matrix:
    """A symmetric matrix of 3 × 3 blocks: constant ones, one sum at places that stay, and others that come and go.

    `blocks` (k,) are on the device, at the places of `pattern`, which is another object once the places have changed;
    `at` (n, 3) are the positions that they belong to. rows and columns (k,) and starts (n + 1,) are the pattern's, on
    the device.
    """

    def __init__(self, rows: Whole, columns: Whole, constant: sparse.csr_matrix, device: str) -> None:
        """Places of the sum's blocks: rows, columns (k,); constant (n, n): each entry stands for its multiple of I.

        The sum's blocks below the diagonal are not looked at: they are those above it, transposed.
        """
        self._constant: Any = constant.tocoo()
        self.n, self.device = int(self._constant.shape[0]), device
        self._above = np.flatnonzero(rows <= columns)
        rows, columns = rows[self._above], columns[self._above]
        self._summed, self._mirrored = self._keys(rows, columns), self._keys(columns, rows)
        constant_keys = self._keys(self._constant.row, self._constant.col)
        self._fixed = np.unique(np.concatenate([self._summed, self._mirrored, constant_keys]))
        self.at: Points = np.zeros((self.n, 3))
        self._missing = wp.zeros(1, dtype=int, device=device)
        self._moving: NDArray[np.bool_] | None = None
        self._place(np.empty(0, np.int64))

    def _keys(self, rows: NDArray[Any], columns: NDArray[Any]) -> Whole:
        return rows.astype(np.int64) * self.n + columns

    def _place(self, more: Whole) -> None:
        self.pattern = Pattern(np.concatenate([self._fixed, more]), self.n)
        self.rows, self.columns, self.starts = (
            wp.array(part.astype(np.int32), dtype=int, device=self.device)
            for part in (self.pattern.rows, self.pattern.columns, self.pattern.start)
        )
        start = np.zeros((len(self.pattern.keys), 3, 3))
        at = self.pattern.find(self._keys(self._constant.row, self._constant.col))
        start[at] = self._constant.data[:, None, None] * np.eye(3)
        self._start = wp.array(start, dtype=mat33, device=self.device)
        self.blocks = wp.empty_like(self._start)
        at, mirrored = self.pattern.find(self._summed), self.pattern.find(self._mirrored)
        self._sum = _Sum(self._above, at, mirrored, self.device)
        self.only(self._moving)

    def only(self, moving: NDArray[np.bool_] | None) -> None:
        """Sum up, from now on, only the blocks whose row and column are among the vertices `moving` (n,). None: all."""
        self._moving = moving
        kept = None if moving is None else self.pattern.among(moving)
        self._sum.only(kept)
        self._kept = None if kept is None else wp.array(np.flatnonzero(kept), dtype=int, device=self.device)

    def fill(self, x: Points, summed: Any, others: Sequence[Blocks], pairs: Sequence[PairBlocks] = ()) -> None:
        """Sum up, for positions x (n, 3), the blocks `summed` (k,), a device array, others' and those of pairs."""
        self.at = x
        keys = np.concatenate([np.empty(0, np.int64), *(self._keys(rows, columns) for rows, columns, _ in others)])
        given = np.concatenate([np.empty((0, 3, 3)), *(blocks for _, _, blocks in others)])
        if not self._filled(keys, given, summed, pairs):
            keys_now = np.concatenate([keys, *(those.keys(x) for those in pairs)])
            used, before = (np.setdiff1d(k, self._fixed) for k in (keys_now, self.pattern.keys))
            self._place(np.concatenate([used, before]) if len(before) < _SPARE * len(used) else used)
            self._filled(keys, given, summed, pairs)

    def _filled(self, keys: Whole, given: Points, summed: Any, pairs: Sequence[PairBlocks]) -> bool:
        """Whether every block had its place in the pattern."""
        try:
            at = self.pattern.find(keys)
        except KeyError:
            return False
        if self._kept is None:
            wp.copy(self.blocks, self._start)
        else:
            launch(begin, len(self._kept), [self._kept, self._start, self.blocks], self.device)
        self._sum.add(summed, self.blocks)
        if len(at):
            whole = _Sum(np.arange(len(at)), at, at, self.device)
            whole.add(wp.array(given, dtype=mat33, device=self.device), self.blocks)
        self._missing.zero_()
        for those in pairs:
            inputs = [those.pairs, those.weights, those.blocks, self.starts, self.columns, self.blocks, self._missing]
            launch(add_pairs, those.many, inputs, self.device)
        return not pairs or not self._missing.numpy()[0]
