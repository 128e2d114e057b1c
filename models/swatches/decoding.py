# SPDX-License-Identifier: GPL-3.0-or-later
"""Which yarn lies on the face, read off a picture crossing by crossing, without a network: by colour and by flanks."""

import numpy as np
from numpy.typing import NDArray

from ..maps import Structure
from ..yarn import Image

CELL = 12  # pixels a side to which each crossing is resampled
_SEEN = (
    0.92,
    0.1,
)  # how bright a yarn's sRGB is seen beside its dye's: mean and spread, the simulator's and photographs'
_STRAY = 0.06  # sRGB by which a pixel strays from its yarn's colour
_FLANKS = 6.0  # evidence of a gradient that lies wholly across the warp, in log odds
_SURE = 8.0  # log odds that one pixel is trusted with


def decode_interlacement(
    picture: Image, told: Structure, shift: tuple[int, int] = (0, 0), repeat: tuple[int, int] | None = None
) -> NDArray[np.bool_]:
    """Which crossings show the warp: (picks, ends) bool, first pick first.

    picture (h, w, 3) sRGB in 0…1, top row first, one tile rolled by `shift` pixels (down, right); told: the colours of
    its ends and picks, whose interlacement is not looked at; repeat (picks, ends) of the draft, where it is known, over
    which the evidence is pooled. A pixel speaks for the yarn whose colour, darkened or lightened as relief does, is
    nearer; a crossing for the yarn across which its gradient lies, which is all there is where both have one colour.
    """
    ends, picks = len(told.warp_colours), len(told.weft_colours)
    cells = _cells(picture, (picks, ends), shift)
    middle = slice(CELL // 2 - 3, CELL // 2 + 3)
    pixels = cells[:, :, middle, middle]
    warp = _misfit(pixels, told.warp_colours[None, :, None, None])
    weft = _misfit(pixels, told.weft_colours[:, None, None, None])
    evidence = np.clip(weft - warp, -_SURE, _SURE).mean((2, 3))
    across = np.abs(np.diff(pixels, axis=3)).mean((2, 3, 4))
    along = np.abs(np.diff(pixels, axis=2)).mean((2, 3, 4))
    evidence += _FLANKS * (across - along) / (across + along + 1e-3)
    if repeat is not None:
        rows, columns = repeat
        pooled = evidence.reshape(picks // rows, rows, ends // columns, columns).mean((0, 2))
        evidence = np.tile(pooled, (picks // rows, ends // columns))
    return evidence > 0


def _cells(picture: Image, counts: tuple[int, int], shift: tuple[int, int]) -> Image:
    """The picture crossing by crossing, v upwards: (picks, ends, CELL, CELL, 3)."""
    upright = np.roll(picture, (-shift[0], -shift[1]), (0, 1))[::-1]
    for axis, count in enumerate(counts):
        size = upright.shape[axis]
        place = (np.arange(count * CELL) + 0.5) / (count * CELL) * size - 0.5
        below = np.floor(place).astype(np.intp)
        share = (place - below).astype(np.float32).reshape((-1, 1, 1) if axis == 0 else (1, -1, 1))
        here, there = (np.take(upright, (below + k) % size, axis) for k in (0, 1))
        upright = here + share * (there - here)
    return upright.reshape(counts[0], CELL, counts[1], CELL, 3).swapaxes(1, 2)


def _misfit(pixels: Image, colour: Image) -> Image:
    """How ill pixels (…, 3) go with a yarn's colour, at the brightness that fits it best: minus log likelihood × 2."""
    mean, spread = _SEEN
    pull = 1 / spread**2
    bright = ((pixels * colour).sum(-1) / _STRAY**2 + mean * pull) / ((colour**2).sum(-1) / _STRAY**2 + pull)
    return ((pixels - bright[..., None] * colour) ** 2).sum(-1) / _STRAY**2 + (bright - mean) ** 2 * pull
