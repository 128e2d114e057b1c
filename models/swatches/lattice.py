# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a cloth repeats itself: its lattice, by the autocorrelation of a photograph, and its threads, by the spectrum.

The repeat is the shortest pair of moves that lay the picture onto itself. Threads are sought where their flanks are:
the gradient's size across the warp beats once an end, whatever the draft and the colours do, and so with the picks.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..yarn import Image

Reals = NDArray[np.float64]

FINEST = 4.0  # pixels a yarn needs to be seen
FAINTEST = 0.12  # autocorrelation below which no lattice is there: two crops of a felt reach 0.08
SLACK = 0.12  # of a period, by which it may be off where it is sought
_ALIKE = 0.82  # a move's autocorrelation beside the best one's, to be a repeat too
_SQUARE = math.radians(8)  # by which warp and weft may stand off a right angle in a photograph
_UPRIGHT = math.radians(30)  # by which the warp may lean in one
_NEXT = [(a, b) for a in (-1, 0, 1) for b in (-1, 0, 1) if (a, b) != (0, 0)]
_CLEAR = 8.0  # times the median of the spectrum: noise of a megapixel reaches 5
_FEWEST = 4  # threads across the picture, to be counted


@dataclass(frozen=True)
class Lattice:
    """A cloth's lattice in a photograph, in pixels, x right and y up.

    repeat (2, 2): two moves, the shortest, that lay the cloth onto itself; rows; None where nothing repeats · strength:
    autocorrelation at them, 0…1 · threads (2, 2): from one end to the next, and from one pick to the next; None where
    yarns are too fine to be seen
    """

    repeat: Reals | None
    strength: float
    threads: Reals | None

    @property
    def angle(self) -> float | None:
        """By how many radians the picks rise to the right; None where no threads are seen."""
        return None if self.threads is None else math.atan2(self.threads[0, 1], self.threads[0, 0])

    @property
    def slant(self) -> float | None:
        """By how many radians warp and weft stand off a right angle (a bowed or skewed cloth)."""
        if self.threads is None:
            return None
        end, pick = self.threads
        return math.atan2(pick[1], pick[0]) - math.atan2(end[1], end[0]) - math.pi / 2


def find_lattice(picture: Image) -> Lattice:
    """The lattice of a photograph evenly lit, (h, w, 3) or (h, w), top row first.

    Raises ValueError for a picture under 32 pixels a side.
    """
    if min(picture.shape[:2]) < 32:
        raise ValueError(f"A picture of {picture.shape[1]} × {picture.shape[0]} pixels shows no cloth: give 32 a side.")
    grey = picture if picture.ndim == 2 else picture.mean(-1)
    acf = autocorrelation(grey)
    peaks, heights = _peaks(acf)
    basis = _basis(peaks, heights)
    threads = _threads(picture)
    if basis is None:
        return Lattice(None, 0.0, threads)
    repeat = fitted(acf, basis)
    strength = float(np.mean(acf_at(acf, repeat)))
    if threads is not None:
        counts = repeat @ np.linalg.inv(threads)
        whole = np.rint(counts)
        # A repeat is whole threads; where it is so, it counts them better than their own wave does.
        if np.abs(counts - whole).max() < 0.06 and round(abs(np.linalg.det(whole))) > 0:
            threads = np.linalg.inv(whole) @ repeat
    return Lattice(repeat, strength, threads)


def autocorrelation(grey: Image) -> Reals:
    """How alike a picture is to itself moved by (right, up): (2r + 1, 2c + 1), its middle 1 and not moved.

    Pearson's correlation of what overlaps, but with the whole picture's mean; moves up to half of each side.
    """
    rows, columns = grey.shape
    centred = grey.astype(np.float64) - grey.mean()
    shape = (_fast(2 * rows), _fast(2 * columns))
    power = np.abs(np.fft.rfft2(centred, shape)) ** 2
    own = np.fft.irfft2(power, shape)
    overlap = [np.maximum(n - np.abs(np.fft.fftfreq(m, 1 / m)), 1) for n, m in zip(grey.shape, shape, strict=True)]
    own /= np.outer(*overlap)
    own /= max(own[0, 0], 1e-300)
    r, c = rows // 2, columns // 2
    return np.roll(own, (r, c), (0, 1))[: 2 * r + 1, : 2 * c + 1][::-1]  # up is up


def acf_at(acf: Reals, moves: Reals, reach: float = 2.0) -> Reals:
    """The best of an autocorrelation within `reach` pixels of each move (n, 2); 0 outside it."""
    r, c = acf.shape[0] // 2, acf.shape[1] // 2
    span = math.ceil(reach)
    found = np.zeros(len(moves))
    for k, (x, y) in enumerate(np.rint(moves).astype(int)):
        if abs(x) + span <= c and abs(y) + span <= r:
            found[k] = acf[r + y - span : r + y + span + 1, c + x - span : c + x + span + 1].max()
    return found


def _fast(n: int) -> int:
    """The next size whose only factors are 2, 3 and 5."""
    while True:
        left = n
        for factor in (2, 3, 5):
            while left % factor == 0:
                left //= factor
        if left == 1:
            return n
        n += 1


def _peaks(acf: Reals) -> tuple[Reals, Reals]:
    """Local maxima of the upper half of an autocorrelation: moves (n, 2), heights (n,), the highest first."""
    r, c = acf.shape[0] // 2, acf.shape[1] // 2
    inner = acf[1:-1, 1:-1]
    around = np.maximum.reduce([np.roll(acf, step, (0, 1))[1:-1, 1:-1] for step in _NEXT])
    y, x = np.nonzero((inner >= around) & (inner > FAINTEST))
    heights = inner[y, x]
    moves = np.stack([x + 1 - c, y + 1 - r], 1).astype(np.float64)
    # Beyond a third of the picture few pixels overlap, and chance makes peaks; within FINEST it is the pixels' own.
    length = np.hypot(*moves.T)
    kept = (moves[:, 1] >= 0) & (length >= FINEST) & (np.abs(moves) <= np.array([c, r]) * 2 / 3).all(1)
    order = np.argsort(-heights[kept], kind="stable")[:400]
    return moves[kept][order], heights[kept][order]


def _basis(peaks: Reals, heights: Reals) -> Reals | None:
    """The shortest two moves, not along one line, that are about as good as the best."""
    if not len(peaks):
        return None
    good = peaks[heights >= _ALIKE * heights[0]]
    good = good[np.argsort(np.hypot(*good.T), kind="stable")]
    first = good[0]
    turned = np.abs(first[0] * good[:, 1] - first[1] * good[:, 0]) / np.hypot(*first) / np.hypot(*good.T)
    across = good[turned > 0.2]
    return np.stack([first, across[0]]) if len(across) else None


def fitted(acf: Reals, basis: Reals) -> Reals:
    """A basis (2, 2) fitted to the peaks that it foretells to SLACK of its length, ring by ring outwards."""
    r, c = acf.shape[0] // 2, acf.shape[1] // 2
    reach = max(2, int(SLACK * min(np.hypot(*basis.T))))
    room = 0.9 * np.array([c, r])
    for ring in (1, 2, 4, 8, 16, 32):
        m, n = (part.ravel() for part in np.mgrid[-ring : ring + 1, 0 : ring + 1])
        steps = np.stack([m, n], 1)[(n > 0) | (m > 0)]
        places = steps @ basis
        inside = (np.abs(places) + reach + 1 < room).all(1)
        found: list[tuple[Reals, Reals, float]] = []
        for step, place in zip(steps[inside], places[inside], strict=True):
            peak, height = _summit(acf, place, reach)
            if height > FAINTEST and np.hypot(*(peak - place)) <= reach:
                found.append((step.astype(np.float64), peak, height))
        if len(found) < 2:
            return basis
        weight = np.array([height for *_, height in found])[:, None]
        a, b = np.array([step for step, *_ in found]), np.array([peak for _, peak, _ in found])
        if np.linalg.matrix_rank(a) < 2:
            return basis
        basis = np.linalg.lstsq(a * weight, b * weight, rcond=None)[0]
        if inside.mean() < 0.5:
            break
    return basis


def _summit(acf: Reals, place: Reals, reach: int) -> tuple[Reals, float]:
    """The highest point within `reach` pixels of a move, by parabolas through its neighbours."""
    r, c = acf.shape[0] // 2, acf.shape[1] // 2
    x0, y0 = np.rint(place).astype(int) - reach
    window = acf[r + y0 : r + y0 + 2 * reach + 1, c + x0 : c + x0 + 2 * reach + 1]
    dy, dx = np.unravel_index(int(window.argmax()), window.shape)
    y, x = r + y0 + int(dy), c + x0 + int(dx)
    top = float(acf[y, x])
    peak = [x - c + _vertex(acf[y, x - 1], top, acf[y, x + 1]), y - r + _vertex(acf[y - 1, x], top, acf[y + 1, x])]
    return np.array(peak), top


def _vertex(before: Any, here: Any, after: Any) -> float:
    """Where a parabola through three values peaks, −½…½ beside the middle one."""
    bend = before - 2 * here + after
    return 0.0 if bend >= 0 else float(np.clip(0.5 * (before - after) / bend, -0.5, 0.5))


def _threads(picture: Image) -> Reals | None:
    """From one end to the next and from one pick to the next, (2, 2), by the beats of the flanks' gradients."""
    ends, ends_beat = _beats(picture, axis=1)
    picks, picks_beat = _beats(picture, axis=0)
    if not (len(ends) and len(picks)):
        return None
    turn = np.arctan2(picks[:, 1], picks[:, 0]) - np.arctan2(ends[:, 1], ends[:, 0])[:, None] - math.pi / 2
    both = ends_beat[:, None] * picks_beat * np.clip(1 - (turn / _SQUARE) ** 2, 0, None)
    i, j = np.unravel_index(int(both.argmax()), both.shape)
    return np.linalg.inv(np.stack([ends[i], picks[j]])).T if both[i, j] > 0 else None


def _beats(picture: Image, axis: int) -> tuple[Reals, Reals]:
    """The strongest waves of the gradient along an axis: (n, 2) cycles a pixel, x right and y up, and how clear."""
    slope = np.abs(np.diff(picture, axis=axis, append=picture[:, -1:] if axis else picture[-1:]))
    flank = np.sqrt(slope if slope.ndim == 2 else slope.sum(-1))  # the root: faint flanks count beside stripes' edges
    rows, columns = flank.shape
    lit = (flank - flank.mean()) * np.hanning(rows)[:, None] * np.hanning(columns)
    shape = (_fast(2 * rows), _fast(2 * columns))
    power = np.abs(np.fft.fft2(lit, shape))
    x, y = np.fft.fftfreq(shape[1])[None, :], -np.fft.fftfreq(shape[0])[:, None]
    lean = np.arctan2(y, x) if axis else np.arctan2(-x, y)
    size = np.hypot(x, y)
    seen = (np.abs(lean) < _UPRIGHT) & (size <= 1 / FINEST) & (size >= _FEWEST / min(rows, columns))
    clear = power / np.median(power[seen]) if seen.any() else power
    around = np.maximum.reduce([np.roll(power, (a, b), (0, 1)) for a, b in _NEXT])
    i, j = np.nonzero(seen & (power >= around) & (clear > _CLEAR))
    order = np.argsort(-power[i, j], kind="stable")[:12]
    i, j = i[order], j[order]
    off_x = [_vertex(*power[a, (b - 1, b, (b + 1) % shape[1])]) for a, b in zip(i, j, strict=True)]
    off_y = [_vertex(*power[(a - 1, a, (a + 1) % shape[0]), b]) for a, b in zip(i, j, strict=True)]
    waves = np.stack([x[0, j] + np.array(off_x) / shape[1], y[i, 0] - np.array(off_y) / shape[0]], 1)
    return waves, clear[i, j]
