# SPDX-License-Identifier: GPL-3.0-or-later
"""A sheet of cloths to choose from: variations of one, each as a picture and as the recipe to weave it by."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...patterns.writing import write_json
from ..making import FEWEST, fabric_maps
from ..maps import Colour, FabricMaps
from ..picture import lit
from ..png import write_png
from ..recipes import weave_row
from ..weave import WeaveRecipe
from .variations import VariationRefused, blend, mutated, recoloured

COUNT = 12
_ACROSS = 4
_PIXELS = (64, 1024)
_THREAD = 9.5  # pixels from one thread to the next

Loom = Callable[[WeaveRecipe, int, np.random.Generator], FabricMaps]  # a recipe, pixels along the longer side → maps


@dataclass(frozen=True)
class Wish:
    """What shall be varied: towards another cloth, in the colours of a palette, and how strongly by lot, 0…1."""

    towards: WeaveRecipe | None = None
    palette: tuple[Colour, ...] = ()
    strength: float = 0.3


def choices(recipe: WeaveRecipe, wish: Wish, rng: np.random.Generator, count: int = COUNT) -> list[WeaveRecipe]:
    """Variations of a cloth; those towards another lie evenly between both. Raises VariationRefused for a bad wish."""
    made: list[WeaveRecipe] = []
    for k in range(count):
        one = recipe if wish.towards is None else blend(recipe, wish.towards, (k + 1) / (count + 1))
        one = mutated(one, rng, wish.strength)
        made.append(recoloured(one, wish.palette) if wish.palette else one)
    return made


def simulated(recipe: WeaveRecipe, pixels: int, rng: np.random.Generator) -> FabricMaps:
    """The simulator as a loom for pictures."""
    near = replace(recipe, tile=pixels / (_THREAD * math.sqrt(recipe.ends * recipe.picks)))
    width, height = near.size_m
    sides = (round(pixels * side / max(width, height)) for side in (height, width))
    rows, columns = (max(side, FEWEST) for side in sides)
    return fabric_maps(near, (rows, columns), rng)


def write_choices(
    folder: Path, loom: Loom, recipes: Sequence[WeaveRecipe], pixels: int, rng: np.random.Generator
) -> dict[str, Any]:
    """Weave variations into `folder`: 01.png … lit by one lamp, sheet.png of them all, variations.json.

    Gives {"sheet", "variations": [{"picture", "recipe", "size"}]}, the recipe as `read_recipe` takes it, the size
    (width, height) in metres. Raises VariationRefused for pixels outside 64…1024 or a folder that takes no files.
    """
    if not _PIXELS[0] <= pixels <= _PIXELS[1]:
        raise VariationRefused(f"Pictures to choose from have {_PIXELS[0]} to {_PIXELS[1]} pixels, not {pixels}.")
    made = [loom(recipe, pixels, rng) for recipe in recipes]
    pictures = [lit(maps) for maps in made]
    told: list[dict[str, Any]] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for k, (recipe, maps, picture) in enumerate(zip(recipes, made, pictures, strict=True), 1):
            write_png(folder / f"{k:02}.png", picture)
            told.append(
                {"picture": str(folder / f"{k:02}.png"), "recipe": weave_row(recipe), "size": list(maps.size_m)}
            )
        write_png(folder / "sheet.png", sheet(pictures, pixels))
        report = {"sheet": str(folder / "sheet.png"), "variations": told}
        write_json(folder / "variations.json", report)
    except OSError as error:
        raise VariationRefused(f"{folder} takes no pictures: {error.strerror}. Choose another folder.") from error
    return report


def sheet(pictures: Sequence[NDArray[np.uint8]], pixels: int) -> NDArray[np.uint8]:
    """Seamless pictures side by side, each repeated to fill a square of `pixels`, with a white line between."""
    line = max(pixels // 64, 2)
    filled = [
        np.pad(
            picture[np.ix_(*(np.arange(pixels) % size for size in picture.shape[:2]))],
            ((line,) * 2,) * 2 + ((0, 0),),
            constant_values=255,
        )
        for picture in pictures
    ]
    filled += [np.full_like(filled[0], 255)] * (-len(filled) % _ACROSS)
    rows = [np.concatenate(filled[k : k + _ACROSS], 1) for k in range(0, len(filled), _ACROSS)]
    return np.concatenate(rows, 0)
