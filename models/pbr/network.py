# SPDX-License-Identifier: GPL-3.0-or-later
"""A small U-Net that reads a photograph of cloth (torch; worker and engine environment only).

O. Ronneberger, P. Fischer, T. Brox, "U-Net", MICCAI 2015; padded by the circle, for what it reads is seamless.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

READ = 4  # slope right, slope up, logarithm of the shading, roughness
LEVELS = 3  # its sides must be divisible by 2 ** (LEVELS − 1)


class Reader(nn.Module):
    """A picture (n, 3, h, w) sRGB in 0…1 → (n, READ, h, w): slopes, logarithm of the shading, roughness in 0…1."""

    def __init__(self, width: int = 20):
        super().__init__()
        self.width = width
        widths = [width << level for level in range(LEVELS)]
        self.down = nn.ModuleList(_Twice(before, after) for before, after in zip([6, *widths], widths, strict=False))
        self.up = nn.ModuleList(_Twice(widths[level] + widths[level + 1], widths[level]) for level in range(LEVELS - 1))
        self.leave = nn.Conv2d(width, READ, 1)

    def forward(self, picture: Tensor, mean: Tensor | None = None) -> Tensor:
        """Read a picture; mean (n, 3): of log(picture + 0.02), if this is but a part of it."""
        # Beside the picture stands how far it is from its own surroundings, in stops: relief at any brightness.
        stops = torch.log(picture + 0.02)
        mean = stops.mean((2, 3)) if mean is None else mean
        hidden = torch.cat([picture, 2 * (stops - mean[:, :, None, None])], 1)
        kept: list[Tensor] = []
        for level, layer in enumerate(self.down):
            hidden = layer(functional.avg_pool2d(hidden, 2) if level else hidden)
            kept.append(hidden)
        for level in reversed(range(LEVELS - 1)):
            wide = functional.interpolate(hidden, scale_factor=2, mode="nearest")
            hidden = self.up[level](torch.cat([kept[level], wide], 1))
        read = self.leave(hidden).float()
        return torch.cat([read[:, :3], torch.sigmoid(read[:, 3:])], 1)


class _Twice(nn.Module):
    """Two convolutions of 3 × 3."""

    def __init__(self, before: int, after: int):
        super().__init__()
        self.first = nn.Conv2d(before, after, 3, padding=1, padding_mode="circular")
        self.second = nn.Conv2d(after, after, 3, padding=1, padding_mode="circular")

    def forward(self, hidden: Tensor) -> Tensor:
        return functional.leaky_relu(self.second(functional.leaky_relu(self.first(hidden), 0.2)), 0.2)
