# SPDX-License-Identifier: GPL-3.0-or-later
"""Small pictures of cloth: a few threads of it, lit by one lamp, as a swatch card shows them."""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .knit import KnitRecipe
from .making import FEWEST, Recipe, fabric_maps
from .maps import FabricMaps, decode_srgb, encode_srgb
from .pbr.lighting import Light, shading
from .weave import WeaveRecipe

_LIGHT = Light(azimuth=2.36, elevation=0.8, sky=0.4)  # from above on the left, as pictures of cloth are lit
_THREAD = 9.0  # pixels from one thread or stitch to the next
_FINE = 2  # pixels made for each that is shown, a side


def lit(maps: FabricMaps) -> NDArray[np.uint8]:
    """A cloth as one lamp shows it: (h, w, 3) sRGB."""
    return encode_srgb(decode_srgb(maps.albedo / np.float32(255)) * shading(maps.normal, _LIGHT)[..., None])


def close_up(recipe: Recipe, pixels: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """A cloth from so near that its threads are told apart, (pixels, pixels, 3) sRGB; a wide repeat from afar."""
    match recipe:
        case WeaveRecipe():
            across, up = recipe.ends, recipe.picks
        case KnitRecipe():
            across, up = recipe.wales, recipe.courses
        case _:
            across, up = recipe.across, recipe.along
    sett = math.sqrt(across * up)
    near = replace(recipe, tile=pixels / (_THREAD * sett))
    width, height = near.size_m
    scale = _FINE * min(_THREAD * sett, pixels / max(width, height))  # pixels a metre
    if isinstance(near, WeaveRecipe) and scale < _FINE * _THREAD * sett / 2:  # no hair is seen from so far
        near = replace(near, warp=replace(near.warp, hairiness=0.0), weft=replace(near.weft, hairiness=0.0))
    shape = (max(round(height * scale), FEWEST), max(round(width * scale), FEWEST))
    seen = lit(fabric_maps(near, shape, rng))
    square = seen[np.ix_(*(np.arange(_FINE * pixels) % side for side in shape))]
    blocks = decode_srgb(square / np.float32(255)).reshape(pixels, _FINE, pixels, _FINE, 3)
    return encode_srgb(blocks.mean((1, 3)))
