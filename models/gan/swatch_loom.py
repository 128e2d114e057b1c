# SPDX-License-Identifier: GPL-3.0-or-later
"""A loom for one swatch: what its lattice decides is its mean repeat, what chance adds a small network has learnt.

torch; worker and engine environment only. Threads wander: the repeat is read off its place, by noise whose strength is
learnt; then the network adds what is missing. It has neither stride nor padding but the circle's, so it commutes with
every roll by whole repeats: its tiles are seamless, of any number of repeats, and no two of them are alike.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from ..yarn import Image

_SLOPE = 0.2
_DILATIONS = (1, 2, 4, 2, 1, 1)
_REACH = sum(_DILATIONS)
_GRAIN = 3  # channels of white noise
_BLURS = (  # of the other noise, in threads: along the picks, along the ends
    *((0.5, 0.5), (2.0, 2.0)),
    *((0.3, 2.5), (0.3, 10.0)),
    *((2.5, 0.3), (10.0, 0.3)),
)
DECIDED = 3 + 8  # the mean repeat; sine and cosine of the place in it and in its threads, across and up
_WANDER = 0.05  # threads by which they wander before anything is learnt
_BAND = 1 << 18  # pixels woven at a time


@dataclass(frozen=True)
class Cell:
    """What a swatch's lattice decides: its mean repeat (h, w, 3) sRGB, and the ends and picks in it."""

    mean: Image
    threads: tuple[int, int]

    @property
    def spacing(self) -> tuple[float, float]:
        """Pixels from one end to the next, and from one pick to the next."""
        rows, columns = self.mean.shape[:2]
        return columns / self.threads[0], rows / self.threads[1]

    @cached_property
    def decided(self) -> Image:
        """The repeat about 0, and sine and cosine of the place in it and in its threads: (DECIDED, h, w)."""
        places = [2 * np.pi * (np.arange(size) + 0.5) / size for size in self.mean.shape[:2]]
        waves: list[NDArray[np.float64]] = []
        for cycles in ((1, 1), (self.threads[1], self.threads[0])):
            for axis, (many, place) in enumerate(zip(cycles, places, strict=True)):
                for wave in (np.sin(many * place), np.cos(many * place)):
                    waves.append(np.broadcast_to(np.expand_dims(wave, 1 - axis), self.mean.shape[:2]))
        return np.concatenate([2 * np.moveaxis(self.mean, -1, 0) - 1, np.stack(waves)]).astype(np.float32)

    def told(self, repeats: tuple[int, int], rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """A tile of repeats (across, up) and its noise for a loom: (1, DECIDED, h, w) and (1, …, h, w).

        The noise is periodic, of unit variance, fine and coarse and in streaks along both threads.
        """
        decided = np.tile(self.decided, (1, repeats[1], repeats[0]))
        shape = decided.shape[1], decided.shape[2]
        noise = rng.standard_normal((_GRAIN + len(_BLURS), *shape), dtype=np.float32)
        down, right = np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1])[None, :]
        for channel, (across, up) in zip(noise[_GRAIN:], _BLURS, strict=True):
            sizes = across * self.spacing[0], up * self.spacing[1]
            gain = np.exp(-2 * np.pi**2 * ((right * sizes[0]) ** 2 + (down * sizes[1]) ** 2))
            channel[:] = np.fft.irfft2(np.fft.rfft2(channel) * gain, shape)
            channel /= max(float(channel.std()), 1e-6)
        return torch.from_numpy(decided)[None], torch.from_numpy(noise)[None]


def mean_cell(picture: Image, repeat: tuple[int, int], threads: tuple[int, int] | None) -> Cell:
    """The mean of a swatch's repeats; its picture (h, w, 3) upright, its repeat (across, down) in whole pixels.

    Where threads are not seen, they are taken to be 8 pixels apart or, if that is less, a repeat.
    """
    across, down = (n // r for n, r in zip(reversed(picture.shape[:2]), repeat, strict=True))
    whole = picture[: down * repeat[1], : across * repeat[0]]
    mean = whole.reshape(down, repeat[1], across, repeat[0], 3).mean((0, 2), dtype=np.float64).astype(np.float32)
    return Cell(mean, threads or (max(repeat[0] // 8, 1), max(repeat[1] // 8, 1)))


class SwatchLoom(nn.Module):
    """What a cell decides of a tile and its noise → the tile: (1, 3, h, w) sRGB, not clipped."""

    def __init__(self, width: int):
        super().__init__()
        self.width = width
        self.wander = nn.Conv2d(len(_BLURS), 2, 1, bias=False)
        self.enter = nn.Conv2d(DECIDED + _GRAIN + len(_BLURS), width, 1)
        self.layers = nn.ModuleList(nn.Conv2d(width, width, 3, dilation=reach) for reach in _DILATIONS)
        self.leave = nn.Conv2d(width, 3, 1)
        with torch.no_grad():
            nn.init.normal_(self.wander.weight, 0, _WANDER)
            for parameter in self.leave.parameters():  # at first hardly more than the repeat over and over
                parameter.mul_(0.1)

    def forward(self, decided: Tensor, noise: Tensor, spacing: tuple[float, float]) -> Tensor:
        """Weave a tile; spacing: Cell.spacing."""
        told, drawn = self.strayed(decided, noise, spacing)
        rows, columns = drawn.shape[-2:]
        around = [torch.arange(-_REACH, size + _REACH) % size for size in (rows, columns)]
        return drawn + self.added(told[..., around[0], :][..., around[1]])

    def strayed(self, decided: Tensor, noise: Tensor, spacing: tuple[float, float]) -> tuple[Tensor, Tensor]:
        """All that the layers are told (1, …, h, w), the repeat in it off its place, and that repeat (1, 3, h, w)."""
        right, down = self.wander(noise[:, _GRAIN:])[0] * noise.new_tensor(spacing)[:, None, None]
        drawn = _read_at(decided[0, :3], down, right)[None]
        return torch.cat([drawn, decided[:, 3:], noise], 1), 0.5 + 0.5 * drawn

    def added(self, told: Tensor) -> Tensor:
        """What the network adds (1, 3, h, w), of what is told of more, by _REACH on every side."""
        hidden = functional.leaky_relu(self.enter(told.contiguous(memory_format=torch.channels_last)), _SLOPE)
        for layer, reach in zip(self.layers, _DILATIONS, strict=True):
            hidden = hidden[..., reach:-reach, reach:-reach] + functional.leaky_relu(layer(hidden), _SLOPE)
        return self.leave(hidden).float()

    def woven(self, cell: Cell, repeats: tuple[int, int], rng: np.random.Generator) -> Image:
        """A seamless tile of repeats (across, up): (h, w, 3) sRGB in 0…1."""
        device = self.leave.weight.device
        with torch.inference_mode():
            decided, noise = (part.to(device) for part in cell.told(repeats, rng))
            told, drawn = self.strayed(decided, noise, cell.spacing)
            rows, columns = drawn.shape[-2:]
            across = torch.arange(-_REACH, columns + _REACH) % columns
            step = max(_BAND // columns, 1)
            for start in range(0, rows, step):
                stop = min(start + step, rows)
                down = torch.arange(start - _REACH, stop + _REACH) % rows
                drawn[..., start:stop, :] += self.added(told[..., down, :][..., across])
            return drawn.clamp(0, 1)[0].permute(1, 2, 0).contiguous().cpu().numpy()


def _read_at(image: Tensor, down: Tensor, right: Tensor) -> Tensor:
    """A periodic image (c, h, w) read between its pixels, so far down and to the right (h, w) of each."""
    rows, columns = image.shape[-2:]
    y = torch.arange(rows, device=image.device)[:, None] + down
    x = torch.arange(columns, device=image.device) + right
    top, left = y.detach().floor(), x.detach().floor()
    share_y, share_x = y - top, x - left
    flat = image.flatten(1)

    def at(lower: int, further: int) -> Tensor:
        place = (top.long() + lower) % rows * columns + (left.long() + further) % columns
        return flat[:, place]

    above = at(0, 0) + share_x * (at(0, 1) - at(0, 0))
    below = at(1, 0) + share_x * (at(1, 1) - at(1, 0))
    return above + share_y * (below - above)
