# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies between two colours, as eyes see it: Oklab."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .maps import Colour, decode_srgb, encoded

Reals = NDArray[np.floating[Any]]

# Björn Ottosson, "A perceptual color space for image processing", 2020.
_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_OKLAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def between(first: Colour, second: Colour, share: float) -> Colour:
    """The sRGB colour that lies `share` of the way from the first to the second in Oklab, clipped to sRGB."""
    labs = [np.cbrt(decode_srgb(colour).astype(np.float64) @ _TO_CONES.T) @ _TO_OKLAB.T for colour in (first, second)]
    lab = (1 - share) * labs[0] + share * labs[1]
    linear = np.linalg.solve(_TO_CONES, np.linalg.solve(_TO_OKLAB, lab) ** 3)
    return srgb(linear)


def srgb(linear: Reals) -> Colour:
    """One linear RGB colour (3,) → sRGB in 0…1, clipped."""
    r, g, b = encoded(np.clip(np.asarray(linear, np.float64), 0, 1)).tolist()
    return r, g, b


def hexadecimal(colour: Colour) -> str:
    """A colour as #rrggbb."""
    return "#" + bytes(round(255 * part) for part in colour).hex()
