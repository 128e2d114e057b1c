# SPDX-License-Identifier: GPL-3.0-or-later
"""Cloth from the learnt generator: any woven recipe → seamless maps, in bands, so that a large tile fits in memory."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from ..learning import WeightsRefused, half, load_into, read_weights
from ..maps import OPEN, FabricMaps, calm_shift
from ..weave import WeaveRecipe
from .choices import Loom
from .conditions import COARSEST, FINEST, Conditions, conditions
from .networks import MAPS, Generator, Widths, laid, shares

SHIPPED = Path(__file__).parents[2] / "assets" / "learnt_loom.npz"
_ROWS, _COLUMNS = 128, 160  # pixels told of, and made, at a time: what is worked on stays in a processor's cache


def read_generator(path: Path = SHIPPED) -> Generator:
    """The generator of a file of weights. Raises WeightsRefused for any other file."""
    weights, about = read_weights(path)
    try:
        widths = Widths(**about["widths"]) if about["kind"] == "generator" else None
    except (KeyError, TypeError):
        widths = None
    if widths is None:
        raise WeightsRefused(f"{path} holds no weights of a generator: train one with `toile fabric train generator`.")
    generator = Generator(widths)
    load_into(generator, weights, path)
    return generator.eval()


def weave(generator: Generator, recipe: WeaveRecipe, pixels: int, rng: np.random.Generator) -> FabricMaps:
    """Weave a recipe's tile on square pixels, `pixels` of them along its longer side.

    It is cut where a cut shows least. Raises ScaleRefused for threads finer or coarser than it has
    learnt.
    """
    width, length = recipe.size_m
    shape = (round(pixels * length / max(width, length)), round(pixels * width / max(width, length)))
    return woven(generator, conditions(recipe, shape, rng), recipe)


def sized(recipe: WeaveRecipe, pixels: int) -> WeaveRecipe:
    """The recipe on a tile of as many repeats as let `pixels` show its threads at the scale that is learnt best."""
    return replace(recipe, tile=pixels / math.sqrt(FINEST * COARSEST * recipe.ends * recipe.picks))


def loom(generator: Generator) -> Loom:
    """The generator as a loom for pictures: at the scale that it knows best."""
    return lambda recipe, pixels, rng: weave(generator, sized(recipe, pixels), pixels, rng)


def woven(generator: Generator, told: Conditions, recipe: WeaveRecipe) -> FabricMaps:
    """The maps that the generator makes of a recipe's conditions."""
    rows, columns = told.shape
    albedo = np.empty((rows, columns, 3), np.uint8)
    values = np.empty((MAPS - 3, rows, columns), np.float32)
    warp_seen = 0.0
    reach = generator.reach
    fabric = torch.from_numpy(told.fabric)[None]
    mean = torch.from_numpy(0.5 * (told.colours[0].mean(0) + told.colours[1].mean(0)))[None]
    with torch.inference_mode():
        for start in range(0, rows, _ROWS):
            stop = min(start + _ROWS, rows)
            spatial, colours = told.band(np.arange(start - reach, stop + reach))
            spatial = np.pad(spatial, ((0, 0), (0, 0), (reach, reach)), "wrap")
            colours = colours[..., reach:-reach, :]
            for left in range(0, columns, _COLUMNS):
                right = min(left + _COLUMNS, columns)
                given = torch.from_numpy(spatial[None, :, :, left : right + 2 * reach])
                with half(torch.device("cpu")):
                    drawn = generator.drawn_within(given.contiguous(memory_format=torch.channels_last), fabric)
                drawn = drawn.float()
                maps = laid(drawn, torch.from_numpy(colours[None, ..., left:right]), mean)[0].numpy()
                albedo[start:stop, left:right] = np.round(maps[:3] * 255).transpose(1, 2, 0)
                values[:, start:stop, left:right] = maps[3:]
                warp_seen += float(shares(drawn)[:, :3].sum())
    values[0] -= values[0].mean(dtype=np.float64).astype(np.float32)
    values[0] *= np.float32(recipe.thickness)
    shift = calm_shift((albedo, *values))
    albedo, values = np.roll(albedo, shift, (0, 1)), np.roll(values, shift, (1, 2))
    height, roughness, ao, opacity = values
    ends, picks = recipe.counts
    return FabricMaps(
        albedo=albedo,
        height=height,
        roughness=roughness,
        ao=ao,
        opacity=opacity if 1 - float(opacity.mean()) > OPEN else None,
        size_m=recipe.size_m,
        threads=recipe.counts,
        repeats=(ends // recipe.repeat[0], picks // recipe.repeat[1]),
        shift=shift,
        warp_cover=warp_seen / (rows * columns),
        thickness=recipe.thickness,
    )
