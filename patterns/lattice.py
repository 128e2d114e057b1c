# SPDX-License-Identifier: GPL-3.0-or-later
"""Nesting on a lattice: pieces that may lie only where the fabric's repeat lets them, as far to the left as they go.

The fabric is a raster whose cells divide the repeat, so a piece drawn once, at its phase, is exact wherever it may lie.
Where it may lie free of the others is a correlation with what is taken, by FFT. Pieces go down one after the other,
leftmost; two of them change their turns in the order, and what is no longer stays, until the time is over.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .curves import Points

Mask = NDArray[np.bool_]
_CELL = 0.004  # metres, or a little less
_FAST = 32  # sizes that are multiples of it are transformed fast


class NestRefused(ValueError):
    """A part that fits nowhere on the fabric."""


@dataclass(frozen=True)
class Part:
    """What lies on the fabric: its closed line (n, 2) about its own origin, and that origin's phase (2,) in metres."""

    name: str
    line: Points
    phase: Points


@dataclass(frozen=True)
class _Drawn:
    """A part on the raster: its mask (rows across, columns along), the first cell (along, across) of its mask where
    it lies at its phase, and its place then.
    """

    name: str
    mask: Mask
    first: tuple[int, int]
    place: Points


def nest(
    parts: Sequence[Part], width: float, repeat: tuple[float, float], gap: float, seconds: float, seed: int
) -> list[Points]:
    """Where the origin (2,) of every part goes on a fabric of that width, x along it from 0; metres.

    repeat: along and across, 0 where there is none. gap: at least so much between parts. Raises NestRefused.
    """
    began, rng = time.monotonic(), np.random.default_rng(seed)
    cell = np.array([r / np.ceil(r / _CELL) if r > 0 else _CELL for r in repeat])
    along, across = (round(r / c) if r > 0 else 1 for r, c in zip(repeat, cell.tolist(), strict=True))
    steps = along, across
    drawn = [_draw(part, cell, gap) for part in parts]
    rows = int(np.floor(width / cell[1] + 1e-9))
    order = sorted(range(len(parts)), key=lambda k: -drawn[k].mask.sum())
    best, length = _laid(drawn, order, rows, steps)
    while len(parts) > 1 and time.monotonic() - began < seconds:
        i, j = rng.choice(len(parts), 2, replace=False)
        order[i], order[j] = order[j], order[i]
        tried, reached = _laid(drawn, order, rows, steps)
        if reached <= length:
            best, length = tried, reached
        else:
            order[i], order[j] = order[j], order[i]
    return [part.place + np.array(at) * cell for part, at in zip(drawn, best, strict=True)]


def _draw(part: Part, cell: Points, gap: float) -> _Drawn:
    """Every cell that a part touches or comes nearer to than half the gap."""
    line = part.line + part.phase
    closed = np.concatenate([line, line[:1]])
    step = np.linalg.norm(np.diff(closed, axis=0), axis=1)
    along = np.concatenate([[0.0], step.cumsum()])
    fine = np.linspace(0.0, along[-1], int(np.ceil(along[-1] / (0.25 * cell.min()))) + 1)
    edge = np.stack([np.interp(fine, along, column) for column in closed.T], axis=1)
    pad = np.ceil(gap / 2 / cell).astype(int) + 1
    first = np.floor(line.min(axis=0) / cell).astype(int) - pad
    shape = np.floor(line.max(axis=0) / cell).astype(int) + pad - first + 1
    mask = np.zeros((shape[1], shape[0]), bool)
    at = np.floor(edge / cell).astype(int) - first
    mask[at[:, 1], at[:, 0]] = True
    mask |= _inside(closed, (np.arange(shape[0]) + first[0] + 0.5) * cell[0],
                    (np.arange(shape[1]) + first[1] + 0.5) * cell[1])  # fmt: skip
    if gap > 0:
        reach = np.ceil(gap / 2 / cell).astype(int)
        mask = _grown(_grown(mask, int(reach[1]), 0), int(reach[0]), 1)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    mask = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return _Drawn(part.name, mask, (int(first[0] + columns[0]), int(first[1] + rows[0])), part.phase)


def _inside(closed: Points, x: Points, y: Points) -> Mask:
    """Which of the points of a grid lie inside a closed line, by the edges to their left."""
    counts = np.zeros((len(y), len(x)), bool)
    for (ax, ay), (bx, by) in pairwise(closed.tolist()):
        between = np.flatnonzero((y > min(ay, by)) & (y <= max(ay, by)))
        if len(between):
            cut = ax + (y[between] - ay) * (bx - ax) / (by - ay)
            counts[between] ^= x[None, :] > cut[:, None]
    return counts


def _grown(mask: Mask, cells: int, axis: int) -> Mask:
    """A mask and all within so many cells along an axis; its border is empty that far."""
    grown = mask.copy()
    for k in range(1, cells + 1):
        grown |= np.roll(mask, k, axis) | np.roll(mask, -k, axis)
    return grown


def _shared(window: Mask, mask: Mask) -> Points:
    """(rows, columns) how many cells a mask shares with a window, by where in it the mask's first cell lies."""
    size = [_FAST * -(-n // _FAST) for n in window.shape]
    spectrum = np.fft.rfft2(window, size) * np.conj(np.fft.rfft2(mask, size))
    rows, columns = (n - m + 1 for n, m in zip(window.shape, mask.shape, strict=True))
    return np.fft.irfft2(spectrum, size)[:rows, :columns]


def _laid(
    drawn: Sequence[_Drawn], order: Sequence[int], rows: int, steps: tuple[int, int]
) -> tuple[list[tuple[int, int]], int]:
    """By how many cells (along, across) every part moves from its phase, and how many cells of length all take."""
    reach = sum(part.mask.shape[1] + steps[0] for part in drawn)
    taken, used = np.zeros((rows, reach), bool), 0
    moves: list[tuple[int, int]] = [(0, 0)] * len(drawn)
    for k in order:
        part = drawn[k]
        tall, long = part.mask.shape
        if tall > rows:
            raise NestRefused(f"{part.name!r} is wider than the fabric: take a wider one, or divide the piece.")
        window = taken[:, : used + long + steps[0]]
        clash = _shared(window, part.mask) > 0.5
        start = part.first[0] % steps[0], part.first[1] % steps[1]
        free = np.argwhere(~clash[start[1] :: steps[1], start[0] :: steps[0]].T)
        if not len(free):
            raise NestRefused(f"{part.name!r} has no place across the fabric at its phase: take a wider one.")
        x, y = (int(n) * step + begin for n, step, begin in zip(free[0], steps, start, strict=True))
        taken[y : y + tall, x : x + long] |= part.mask
        used = max(used, x + long)
        moves[k] = x - part.first[0], y - part.first[1]
    return moves, used
