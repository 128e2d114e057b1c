# SPDX-License-Identifier: GPL-3.0-or-later
"""From any recipe to its maps, and to what a network learns from: maps, structure and lattice on one grid of pixels."""

from dataclasses import dataclass

import numpy as np

from .knit import KnitRecipe, knit_relief
from .maps import FabricMaps, finish
from .net import NetRecipe, net_relief
from .pile import PileRecipe, pile_relief
from .weave import WeaveRecipe, weave_relief
from .yarn import Image

Recipe = WeaveRecipe | KnitRecipe | PileRecipe | NetRecipe

FEWEST = 64  # pixels a side of a map
MAP_CHANNELS = ("red", "green", "blue", "height", "roughness", "ao", "opacity", "normal_x", "normal_y", "normal_z")
STRUCTURE_CHANNELS = (
    *("interlacement", "warp_phase", "weft_phase"),
    *("warp_red", "warp_green", "warp_blue"),
    *("weft_red", "weft_green", "weft_blue"),
)


def fabric_maps(recipe: Recipe, pixels: int | tuple[int, int], rng: np.random.Generator) -> FabricMaps:
    """Make a tile of `pixels`², or of (rows, columns), and finish it to maps. Raises ValueError below 64 pixels."""
    rows, columns = (pixels, pixels) if isinstance(pixels, int) else pixels
    if min(rows, columns) < FEWEST:
        raise ValueError(f"A map needs {FEWEST} pixels or more a side, not {min(rows, columns)}.")
    match recipe:
        case WeaveRecipe():
            relief = weave_relief(recipe, (rows, columns), rng)
        case KnitRecipe():
            relief = knit_relief(recipe, (rows, columns), rng)
        case PileRecipe():
            relief = pile_relief(recipe, (rows, columns), rng)
        case NetRecipe():
            relief = net_relief(recipe, (rows, columns), rng)
    return finish(relief, rng)


@dataclass(frozen=True)
class Specimen:
    """A made tile as arrays, every value in 0…1, all rolled alike.

    maps (10, h, w) float32 by MAP_CHANNELS: sRGB albedo; height 0…1 over the cloth's thickness about its mean at 0.5;
    roughness; ao; opacity; normal·0.5 + 0.5
    structure (9, h, w) float32 by STRUCTURE_CHANNELS: 1 where the warp is drafted onto the face; the place across an
    end and across a pick, 0…1 (a pick's rises upwards); sRGB of the end and of the pick that cross there
    lattice: the vectors (2, 2), pixels right and up, from one end to the next and from one pick to the next
    repeat: the like (2, 2) from one repeat of draft and colours to the next · pixel: metres a pixel, (across, up)
    """

    maps: Image
    structure: Image
    lattice: np.ndarray[tuple[int, int], np.dtype[np.float64]]
    repeat: np.ndarray[tuple[int, int], np.dtype[np.float64]]
    pixel: tuple[float, float]


def specimen(recipe: Recipe, pixels_per_metre: float, rng: np.random.Generator) -> Specimen:
    """Make a tile at a scale: as many pixels a side as come nearest to it. Raises ValueError below 64."""
    width, length = recipe.size_m
    made = fabric_maps(recipe, (round(length * pixels_per_metre), round(width * pixels_per_metre)), rng)
    rows, columns = made.height.shape
    size = np.array([columns, rows])
    return Specimen(
        maps=map_channels(made),
        structure=structure_channels(recipe, (rows, columns), made.shift),
        lattice=np.diag(size / made.threads),
        repeat=np.diag(size / made.repeats),
        pixel=(width / columns, length / rows),
    )


def map_channels(made: FabricMaps) -> Image:
    """A tile's maps as arrays in 0…1: (10, h, w) as in Specimen."""
    maps = np.ones((len(MAP_CHANNELS), *made.height.shape), np.float32)
    maps[:3] = np.moveaxis(made.albedo / np.float32(255), -1, 0)
    maps[3] = np.clip(0.5 + made.height / np.float32(made.thickness), 0, 1)
    maps[4], maps[5] = made.roughness, made.ao
    if made.opacity is not None:
        maps[6] = made.opacity
    maps[7:] = np.moveaxis(made.normal * 0.5 + 0.5, -1, 0)
    return maps


def structure_channels(recipe: Recipe, shape: tuple[int, int], shift: tuple[int, int] = (0, 0)) -> Image:
    """What the loom is told, on a grid of pixels, top row first: (9, h, w) as in Specimen, rolled by `shift`."""
    told = recipe.crossings
    picks, ends = told.interlacement.shape
    rows, columns = shape
    v = ((np.arange(rows)[::-1] + 0.5) / rows * picks)[:, None]
    u = ((np.arange(columns) + 0.5) / columns * ends)[None, :]
    pick, end = np.floor(v).astype(np.intp), np.floor(u).astype(np.intp)
    channels = np.empty((len(STRUCTURE_CHANNELS), *shape), np.float32)
    channels[0] = told.interlacement[pick, end]
    channels[1], channels[2] = u - end, v - pick
    channels[3:6] = told.warp_colours[end].transpose(2, 0, 1)
    channels[6:9] = told.weft_colours[pick].transpose(2, 0, 1)
    return np.roll(channels, shift, (1, 2))
