# SPDX-License-Identifier: GPL-3.0-or-later
"""The generator and its critic (torch; worker and engine environment only).

The generator has no stride and no padding but the circle's, so it commutes with any roll of its inputs: what it makes
is seamless whatever it has learnt, and may be made in bands.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from .conditions import FABRIC, GEOMETRY, SPATIAL, THREADS_SEEN

MAPS = 7  # red, green, blue (sRGB), height, roughness, ao, opacity: the first of making.MAP_CHANNELS
_STRETCHES = THREADS_SEEN + 1  # and the hairs, which are as pale as the mean of the cloth
_PALE = 1.3
_SLOPE = 0.2


@dataclass(frozen=True)
class Widths:
    """How large the networks are: channels and 3 × 3 convolutions of the generator, channels of the critic."""

    generator: int = 32
    depth: int = 5
    critic: int = 32


class Generator(nn.Module):
    """Conditions → maps in 0…1.

    spatial (n, SPATIAL, h, w), fabric (n, FABRIC), colours (n, THREADS_SEEN, 3, h, w) linear RGB → (n, MAPS, h, w)
    """

    def __init__(self, widths: Widths):
        super().__init__()
        self.widths = widths
        width = widths.generator
        self.enter = nn.Conv2d(SPATIAL, width, 1)
        self.layers = nn.ModuleList(
            nn.Conv2d(width, width, 3, padding=1, padding_mode="circular") for _ in range(widths.depth)
        )
        self.style = nn.Sequential(
            nn.Linear(FABRIC, 64), nn.LeakyReLU(_SLOPE), nn.Linear(64, 2 * width * (widths.depth + 1))
        )
        self.leave = nn.Conv2d(width, MAPS - 3 + 1 + _STRETCHES, 1)
        with torch.no_grad():  # at first, threads with neither fibres nor style
            for parameter in self.leave.parameters():
                parameter.zero_()
            for parameter in self.style[-1].parameters():
                parameter.mul_(0.1)

    @property
    def reach(self) -> int:
        """How many pixels away a pixel's conditions are still felt."""
        return self.widths.depth

    def drawn(self, spatial: Tensor, fabric: Tensor) -> Tensor:
        """Everything but the colours: (n, 12, h, w), by `laid` made into maps."""
        style = self._style(fabric)
        hidden = self._styled(self.enter(spatial), style[:, 0])
        for k, layer in enumerate(self.layers):
            hidden = hidden + self._styled(layer(hidden), style[:, k + 1])
        return self.leave(hidden)

    def drawn_within(self, spatial: Tensor, fabric: Tensor) -> Tensor:
        """The same of a band of one tile (1, SPATIAL, h, w) → (1, 12, h − 2 · reach, w − 2 · reach).

        Without gradients, and in half the time: no layer closes its circle, and the style is folded into the weights.
        """
        style = self._style(fabric)[0]
        hidden = functional.leaky_relu_(self._folded(self.enter, style[0], spatial), _SLOPE)
        for k, layer in enumerate(self.layers):
            bent = functional.leaky_relu_(self._folded(layer, style[k + 1], hidden), _SLOPE)
            hidden = bent.add_(hidden[..., 1:-1, 1:-1])
        return self.leave(hidden)

    def _style(self, fabric: Tensor) -> Tensor:
        return self.style(fabric).view(-1, self.widths.depth + 1, 2, self.widths.generator, 1, 1)

    @staticmethod
    def _folded(layer: nn.Module, style: Tensor, hidden: Tensor) -> Tensor:
        assert isinstance(layer, nn.Conv2d)
        assert layer.bias is not None
        gain = 1 + style[0]
        return functional.conv2d(hidden, layer.weight * gain[..., None], layer.bias * gain[:, 0, 0] + style[1, :, 0, 0])

    def forward(self, spatial: Tensor, fabric: Tensor, colours: Tensor, mean: Tensor | None = None) -> Tensor:
        """The maps; mean (n, 3): the cloth's mean colour, linear, if the conditions are but a band of a tile."""
        return laid(self.drawn(spatial, fabric).float(), colours, mean)

    @staticmethod
    def _styled(hidden: Tensor, style: Tensor) -> Tensor:
        return functional.leaky_relu(hidden * (1 + style[:, 0]) + style[:, 1], _SLOPE)


def laid(drawn: Tensor, colours: Tensor, mean: Tensor | None = None) -> Tensor:
    """What the generator drew, with the threads' colours laid on in linear light: (n, MAPS, h, w)."""
    heights, light = drawn[:, : MAPS - 3], drawn[:, MAPS - 3 : MAPS - 2]
    if mean is None:
        mean = mean_colour(colours)
    share = shares(drawn)
    linear = share[:, -1:] * (_PALE * mean)[:, :, None, None]
    for k in range(THREADS_SEEN):
        linear = linear + share[:, k : k + 1] * colours[:, k]
    linear = linear * torch.exp(light.clamp(-3, 1))
    offset = drawn.new_tensor([0, 0.5, 1.0, 3.0])[None, :, None, None]
    return torch.cat([encode(linear), torch.sigmoid(heights + offset)], 1)


def shares(drawn: Tensor) -> Tensor:
    """How much of each pixel shows the three ends, the three picks and hairs: (n, 7, h, w), together 1."""
    # Before anything is learnt a pixel shows its own two threads and hardly a neighbour or a hair.
    bias = drawn.new_tensor([-3, 1, -3, -3, 1, -3, -4])[None, :, None, None]
    return torch.softmax(drawn[:, MAPS - 2 :] + bias, 1)


def mean_colour(colours: Tensor) -> Tensor:
    """The mean of a tile's own ends and picks: (n, THREADS_SEEN, 3, h, w) → (n, 3)."""
    return colours[:, (1, 4)].mean((1, 3, 4))


def encode(linear: Tensor) -> Tensor:
    """Linear RGB → sRGB (IEC 61966-2-1), clipped to 0…1."""
    linear = linear.clamp(1e-6, 1)
    return torch.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


class Critic(nn.Module):
    """Maps beside their conditions → how real each place looks, (n, 1, h / 4, w / 4).

    Beside the maps it sees slopes, in which false relief shows most.
    """

    def __init__(self, widths: Widths):
        super().__init__()
        width = widths.critic
        told = GEOMETRY + 6  # and both threads' colours
        self.enter = nn.Conv2d(MAPS + 2 + told, width, 4, 2, padding=1, padding_mode="circular")
        self.fabric = nn.Linear(FABRIC, width)
        self.coarse = nn.Conv2d(width, 2 * width, 4, 2, padding=1, padding_mode="circular")
        self.again = nn.Conv2d(2 * width, 2 * width, 3, padding=1, padding_mode="circular")
        self.leave = nn.Conv2d(2 * width, 1, 1)
        for layer in (self.enter, self.coarse, self.again, self.leave):  # torch's own start is so faint that it idles
            nn.init.kaiming_normal_(layer.weight, _SLOPE)

    def forward(self, maps: Tensor, spatial: Tensor, fabric: Tensor, colours: Tensor) -> Tensor:
        """Judge maps (n, MAPS, h, w); the rest is as the generator takes it."""
        height = maps[:, 3:4]
        slopes = torch.cat([height - height.roll(1, -1), height - height.roll(1, -2)], 1) * 4
        told = torch.cat([spatial[:, :GEOMETRY], encode(colours[:, 1]), encode(colours[:, 4])], 1)
        hidden = self.enter(torch.cat([2 * maps - 1, slopes, told], 1)) + self.fabric(fabric)[:, :, None, None]
        for layer in (self.coarse, self.again):
            hidden = layer(functional.leaky_relu(hidden, _SLOPE))
        return self.leave(functional.leaky_relu(hidden, _SLOPE))
