# SPDX-License-Identifier: GPL-3.0-or-later
"""A seamless tile quilted out of a swatch: patches of it, laid on a torus and cut along where they agree.

A. A. Efros and W. T. Freeman, Image Quilting for Texture Synthesis and Transfer, SIGGRAPH 2001; on a torus, and, where
the cloth has a lattice, with every patch in step with it, so that no yarn ends at a cut.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..yarn import Image
from .lattice import Lattice
from .rectify import sampled

Reals = NDArray[np.float64]
Mask = NDArray[np.bool_]

_CANDIDATES = 320  # places of the swatch that are tried for each patch
_TOLERANCE = 0.1  # a patch is drawn by lot among those this much worse than the best
_OBLIQUE = math.radians(15)  # by which a repeat without threads may lean to be taken for upright


@dataclass(frozen=True)
class Upright:
    """A swatch turned and stretched until its repeat lies square on whole pixels.

    picture (h, w, c) · repeat (across, down) in pixels: the smallest rectangle that repeats; (1, 1) if nothing does ·
    threads (ends, picks) in a repeat, None where they are not seen · to_source (2, 2): a pixel of it in pixels of the
    swatch, columns right and down
    """

    picture: Image
    repeat: tuple[int, int]
    threads: tuple[int, int] | None
    to_source: Reals


def upright(picture: Image, lattice: Lattice | None) -> Upright:
    """Lay a swatch (h, w, c) square: its picks level, its ends plumb, a repeat a whole number of pixels.

    A swatch without a lattice, or whose repeat leans too far to tell which way is up, stays as it is.
    """
    cell = _rectangle(lattice) if lattice else None
    if cell is None:
        return Upright(picture, (1, 1), None, np.eye(2))
    moves, threads = cell
    sides = np.hypot(*moves.T)
    repeat = (max(round(float(sides[0])), 1), max(round(float(sides[1])), 1))
    flipped = moves * np.array([1, -1])  # up → down
    to_source = np.stack([flipped[0] / repeat[0], -flipped[1] / repeat[1]], 1)
    rows, columns = picture.shape[:2]
    width, height = _held(to_source, columns, rows)
    v, u = np.meshgrid(np.arange(height) - (height - 1) / 2, np.arange(width) - (width - 1) / 2, indexing="ij")
    x, y = (to_source[k, 0] * u + to_source[k, 1] * v for k in (0, 1))
    laid = sampled(picture, x + (columns - 1) / 2, y + (rows - 1) / 2)
    return Upright(laid, repeat, threads, to_source)


def _held(to_source: Reals, columns: int, rows: int) -> tuple[int, int]:
    """The largest rectangle of a picture's proportions that lies in it once leant: (width, height), its own pixels."""
    a = np.abs(to_source)
    scale = min(columns / (a[0, 0] * columns + a[0, 1] * rows), rows / (a[1, 0] * columns + a[1, 1] * rows))
    return int(columns * scale), int(rows * scale)


def _rectangle(lattice: Lattice) -> tuple[Reals, tuple[int, int] | None] | None:
    """The smallest repeat along the threads: its moves (2, 2) across and up, and how many ends and picks they span."""
    if lattice.threads is not None:
        counts = np.ones((2, 2)) if lattice.repeat is None else lattice.repeat @ np.linalg.inv(lattice.threads)
        whole: list[list[int]] = np.rint(counts).astype(int).tolist()
        (a, b), (c, d) = whole
        area = abs(a * d - b * c)
        if lattice.repeat is None or area == 0 or np.abs(counts - whole).max() > 0.2:
            spans = (1, 1)
        else:  # the moves of the lattice that have no picks, and those that have no ends
            spans = (area // math.gcd(b, d), area // math.gcd(a, c))
        return lattice.threads * np.array(spans)[:, None], spans
    if lattice.repeat is None:
        return None
    steps = np.stack([part.ravel() for part in np.mgrid[-6:7, -6:7]], 1)
    moves = steps[(steps != 0).any(1)] @ lattice.repeat
    chosen: list[Reals] = []
    for upright_by in (0.0, math.pi / 2):
        lean = np.arctan2(moves[:, 1], moves[:, 0]) - upright_by
        close = moves[np.abs(lean) < _OBLIQUE]
        if not len(close):
            return None
        chosen.append(close[np.argmin(np.hypot(*close.T) * (1 + 4 * np.abs(lean[np.abs(lean) < _OBLIQUE])))])
    return np.stack(chosen), None


def quilt(
    swatch: Image, tile: tuple[int, int], patch: int, rng: np.random.Generator, repeat: tuple[int, int] = (1, 1)
) -> Image:
    """A tile (height, width, c) that closes on itself, out of a swatch (h, w, c); the first three channels are matched.

    tile (width, height) pixels, whole repeats of `repeat` (across, down) · patch: side, pixels, a third of it overlap.
    Raises ValueError for a tile that is not whole repeats, or a swatch smaller than a patch and a repeat.
    """
    if tile[0] % repeat[0] or tile[1] % repeat[1]:
        raise ValueError(f"A tile of {tile[0]} × {tile[1]} pixels is not whole repeats of {repeat[0]} × {repeat[1]}.")
    rows, columns = swatch.shape[:2]
    patch = min(patch, tile[0], tile[1])
    if rows < patch + repeat[1] - 1 or columns < patch + repeat[0] - 1:
        raise ValueError(
            f"The swatch shows too little: {columns} × {rows} pixels for patches of {patch} and a repeat of "
            f"{repeat[0]} × {repeat[1]}. Photograph more of the cloth, or a finer repeat."
        )
    overlap = max(patch // 3, 2)
    places = [
        [round(k * n / many) for k in range(many)]
        for n, many in ((n, max(math.ceil(n / (patch - overlap)), 1)) for n in (tile[1], tile[0]))
    ]
    made = np.zeros((tile[1], tile[0], swatch.shape[2]), np.float32)
    filled = np.zeros((tile[1], tile[0]), bool)
    for top in places[0]:
        for left in places[1]:
            at = np.ix_((top + np.arange(patch)) % tile[1], (left + np.arange(patch)) % tile[0])
            there, known = made[at], filled[at]
            i, j = _chosen(swatch, there[..., :3], known, (top, left), repeat, rng)
            laid = swatch[i : i + patch, j : j + patch]
            weight = _softened(_kept(((laid - there)[..., :3] ** 2).sum(-1), known, overlap), known)[..., None]
            made[at] = there + weight * (laid - there)
            filled[at] = True
    return made


def _chosen(
    swatch: Image, there: Image, known: Mask, at: tuple[int, int], repeat: tuple[int, int], rng: np.random.Generator
) -> tuple[int, int]:
    """Where in the swatch a patch is taken that goes on what lies there, in step with the lattice."""
    patch = len(known)
    rows = np.arange(at[0] % repeat[1], swatch.shape[0] - patch + 1, repeat[1])
    columns = np.arange(at[1] % repeat[0], swatch.shape[1] - patch + 1, repeat[0])
    which = rng.permutation(len(rows) * len(columns))[:_CANDIDATES]
    i, j = rows[which // len(columns)], columns[which % len(columns)]
    if not known.any():
        return int(i[0]), int(j[0])
    y, x = np.nonzero(known)
    if len(y) > 600:  # enough places to tell how well a patch goes on
        some = rng.choice(len(y), 600, replace=False)
        y, x = y[some], x[some]
    seen = swatch[(i[:, None] + y), (j[:, None] + x), :3]
    misfit = ((seen - there[y, x]) ** 2).sum((1, 2))
    good = np.flatnonzero(misfit <= misfit.min() * (1 + _TOLERANCE) + 1e-9)
    pick = int(good[rng.integers(len(good))])
    return int(i[pick]), int(j[pick])


def _kept(misfit: NDArray[np.float32], known: Mask, overlap: int) -> Mask:
    """Which pixels of a patch are laid: beyond the cut of least misfit through each overlap with what lies there."""
    middle = len(known) // 2
    laid = np.ones(known.shape, bool)
    for turns in range(4):  # left, top, right, bottom: each turned to the left in its turn
        if np.rot90(known, turns)[middle, :overlap].all():
            cut = np.arange(overlap) >= _cut(np.rot90(misfit, turns)[:, :overlap])[:, None]
            np.rot90(laid, turns)[:, :overlap] &= cut
    return laid | ~known


def _cut(side: NDArray[np.float32]) -> NDArray[np.intp]:
    """The column of the path of least misfit down a strip (n, m): (n,)."""
    cost = side.astype(np.float64)
    for k in range(1, len(cost)):
        before = np.pad(cost[k - 1], 1, constant_values=np.inf)
        cost[k] += np.minimum(np.minimum(before[:-2], before[1:-1]), before[2:])
    path = np.empty(len(cost), np.intp)
    path[-1] = np.argmin(cost[-1])
    for k in range(len(cost) - 2, -1, -1):
        low = max(path[k + 1] - 1, 0)
        path[k] = low + np.argmin(cost[k, low : path[k + 1] + 2])
    return path


def _softened(laid: Mask, known: Mask) -> NDArray[np.float32]:
    """A patch's weights: its cut blurred over a pixel to each side, whole where nothing lies beneath."""
    padded = np.pad(laid.astype(np.float32), 1, mode="edge")
    n, m = laid.shape
    soft = sum(padded[i : i + n, j : j + m] for i in range(3) for j in range(3)) / np.float32(9)
    return np.where(known, soft, np.float32(1))
