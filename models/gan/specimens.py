# SPDX-License-Identifier: GPL-3.0-or-later
"""What the generator learns from: whole seamless tiles of cloths drawn by lot, woven by the simulator."""

import copy
from dataclasses import dataclass, replace

import numpy as np

from ..assortment import random_weave
from ..making import fabric_maps, map_channels
from ..maps import Colour
from ..weave import WeaveRecipe
from ..yarn import Image
from .conditions import COARSEST, FINEST, Conditions, conditions

_SQUARE = 1.2  # a pixel may be so much wider than high, or higher than wide


@dataclass(frozen=True)
class Piece:
    """A woven tile: its maps (7, h, w) by making.MAP_CHANNELS, what is told of its yarns, how it was rolled."""

    maps: Image
    told: Conditions
    shift: tuple[int, int]

    def conditions(self, rng: np.random.Generator) -> tuple[Image, Image, Image]:
        """(spatial, fabric, colours) with new grain, lying as the maps do."""
        grain = rng.standard_normal(self.told.grain.shape, dtype=np.float32)
        spatial, colours = replace(self.told, grain=grain).rolled(*self.shift)
        return spatial, self.told.fabric, colours


def piece(rng: np.random.Generator, pixels: int) -> Piece:
    """A cloth drawn by lot on a tile of `pixels`², its threads FINEST to COARSEST pixels apart."""
    recipe = fitting(rng, pixels)
    told = conditions(recipe, (pixels, pixels), copy.deepcopy(rng))  # of the very yarns that are laid next
    made = fabric_maps(recipe, pixels, rng)
    return Piece(map_channels(made)[:7], told, made.shift)


def fitting(rng: np.random.Generator, pixels: int) -> WeaveRecipe:
    """A recipe drawn by lot whose tile shows on `pixels`², about square, with as many colours as it has threads."""
    while True:
        drawn = replace(random_weave(rng), warp_order=(), weft_order=())
        threads = pixels / np.exp(rng.uniform(np.log(FINEST), np.log(COARSEST)))
        recipe = replace(drawn, tile=float(threads / np.sqrt(drawn.ends * drawn.picks)))
        spacing = [pixels / count for count in recipe.counts]
        width, length = recipe.size_m
        if not FINEST <= min(spacing) <= max(spacing) <= COARSEST:
            continue
        if 1 / _SQUARE <= width / length <= _SQUARE:
            break
    ends, picks = recipe.counts
    kind = rng.random()
    if kind < 0.45:
        recipe = replace(recipe, warp_order=_order(rng, ends))
    if kind < 0.25:
        recipe = replace(recipe, weft_order=_order(rng, picks))
    return recipe


def _order(rng: np.random.Generator, count: int) -> tuple[Colour, ...]:
    """Two or three colours in stripes of one thread or more, `count` threads in all."""
    colours = [random_weave(rng).warp.colour for _ in range(rng.integers(2, 4))]
    order: list[Colour] = []
    while len(order) < count:
        order += [colours[rng.integers(len(colours))]] * int(rng.integers(1, 5))
    return tuple(order[:count])
