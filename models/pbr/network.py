# SPDX-License-Identifier: GPL-3.0-or-later
"""A small U-Net that reads a photograph of cloth (torch; worker and engine environment only).

O. Ronneberger, P. Fischer, T. Brox, "U-Net", MICCAI 2015. Its finest level sees blocks of pixels, of which each pixel
is a channel (W. Shi et al., "Real-time single image and video super-resolution using an efficient sub-pixel
convolutional neural network", CVPR 2016), and a layer adds to what it was given. It sees nothing beyond an edge:
whoever reads a seamless picture lays as much of its other side around it as is looked at, `reach`.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

READ = 6  # slope right, slope up, logarithm of the shading in red, green and blue, roughness
MOST = 5  # levels
_BLOCK = 2  # pixels a side that are one place of the finest level
_SLOPE = 0.2
_DARK = 0.02  # sRGB, below which a logarithm tells nothing


def coarse_of(levels: int) -> int:
    """Pixels a side of the coarsest of so many levels' pixel."""
    return _BLOCK << (levels - 1)


class Reader(nn.Module):
    """A picture (n, 3, h, w) sRGB in 0…1 → (n, READ, h, w): slopes, logarithms of the shading, roughness in 0…1.

    Its sides are multiples of `coarse`. What the light is stands in no single place: a glance at the whole picture
    tells each layer.
    """

    def __init__(self, width: int = 32, levels: int = 3):
        super().__init__()
        self.width, self.levels = width, levels
        widths = [width << level for level in range(levels)]
        seen = 6 * _BLOCK**2
        self.down = nn.ModuleList(_Twice(before, after) for before, after in zip([seen, *widths], widths, strict=False))
        self.up = nn.ModuleList(_Twice(widths[level] + widths[level + 1], widths[level]) for level in range(levels - 1))
        self.leave = nn.Conv2d(width, READ * _BLOCK**2, 1)
        self.look = nn.ModuleList(nn.Conv2d(before, 64, 3, stride=2, padding=1) for before in (6, 64))
        self.tell = nn.Sequential(nn.Linear(64, 64), nn.LeakyReLU(_SLOPE), nn.Linear(64, sum(self._told)))
        with torch.no_grad():  # at first, every light is the same
            for parameter in self.tell[-1].parameters():
                parameter.mul_(0.1)

    @property
    def coarse(self) -> int:
        """Pixels a side of the coarsest level's pixel."""
        return coarse_of(self.levels)

    @property
    def reach(self) -> int:
        """Pixels round a place that are looked at, in whole pixels of the coarsest level."""
        return 7 * self.coarse

    def forward(self, picture: Tensor, light: tuple[Tensor, Tensor] | None = None) -> Tensor:
        """Read a picture; light: the `glance` at the whole of it, if this is but a part."""
        light = light or self.glance(picture)
        kept = self.features(picture, light)
        bent = iter(light[1][:, :, None, None].split(self._told, 1)[self.levels :])
        hidden = kept[-1]
        for level in reversed(range(self.levels - 1)):
            wide = functional.interpolate(hidden, scale_factor=2, mode="nearest")
            hidden = self.up[level](torch.cat([kept[level], wide], 1), next(bent))
        read = functional.pixel_shuffle(self.leave(hidden).float(), _BLOCK)
        return torch.cat([read[:, :-1], torch.sigmoid(read[:, -1:])], 1)

    def features(self, picture: Tensor, light: tuple[Tensor, Tensor]) -> list[Tensor]:
        """What each level sees of a picture's whole blocks, the finest first.

        Level k: (n, width << k, h // b, w // b), b being _BLOCK << k pixels.
        """
        mean, told = light
        rows, columns = (size // _BLOCK * _BLOCK for size in picture.shape[2:])
        hidden = functional.pixel_unshuffle(_beside(picture[..., :rows, :columns], mean), _BLOCK)
        kept: list[Tensor] = []
        for level, (layer, bent) in enumerate(
            zip(self.down, told[:, :, None, None].split(self._told, 1), strict=False)
        ):
            hidden = layer(functional.avg_pool2d(hidden, 2) if level else hidden, bent)
            kept.append(hidden)
        return kept

    def glance(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """What is told of a whole picture: its mean logarithm (n, 3), and what bends each layer."""
        mean = torch.log(picture + _DARK).mean((2, 3))
        hidden = _beside(picture, mean)
        for layer in self.look:
            hidden = functional.leaky_relu(layer(hidden), _SLOPE)
        return mean, self.tell(hidden.mean((2, 3)))

    @property
    def _told(self) -> list[int]:
        levels = [*range(self.levels), *reversed(range(self.levels - 1))]
        return [2 * (self.width << level) for level in levels]


def _beside(picture: Tensor, mean: Tensor) -> Tensor:
    """A picture and how far it is from its own surroundings, in stops: relief is read at any brightness."""
    return torch.cat([picture, 2 * (torch.log(picture + _DARK) - mean[:, :, None, None])], 1)


class _Twice(nn.Module):
    """Two convolutions of 3 × 3: the first bent by what it is told (n, 2 · after, 1, 1), the second adding to it."""

    def __init__(self, before: int, after: int):
        super().__init__()
        self.first = nn.Conv2d(before, after, 3, padding=1)
        self.second = nn.Conv2d(after, after, 3, padding=1)

    def forward(self, hidden: Tensor, told: Tensor) -> Tensor:
        gain, offset = told.chunk(2, 1)
        hidden = functional.leaky_relu(torch.addcmul(offset, self.first(hidden), 1 + gain), _SLOPE, inplace=True)
        return functional.leaky_relu(self.second(hidden) + hidden, _SLOPE, inplace=True)
