# SPDX-License-Identifier: GPL-3.0-or-later
"""How far apart colours look, and what lies between them: CIELAB with CIEDE2000, and Oklab."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .maps import Colour, decode_srgb

Reals = NDArray[np.floating[Any]]

_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
_WHITE = _TO_XYZ.sum(1)  # D65, as sRGB has it
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


def cielab(linear: Reals) -> Reals:
    """Linear sRGB (…, 3) → CIE L*a*b* (…, 3) under D65."""
    ratio = np.asarray(linear, np.float64) @ _TO_XYZ.T / _WHITE
    f = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio * (29 / 6) ** 2 / 3 + 4 / 29)
    x, y, z = np.moveaxis(f, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1)


def difference(first: Reals, second: Reals) -> Reals:
    """CIEDE2000 between L*a*b* colours (…, 3): 1 is about what is just seen.

    By Sharma, Wu, Dalal, "The CIEDE2000 color-difference formula", Color Res. Appl. 30, 2005.
    """
    (l1, a1, b1), (l2, a2, b2) = (np.moveaxis(np.asarray(lab, np.float64), -1, 0) for lab in (first, second))
    seventh = ((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2) ** 7
    stretch = 1.5 - 0.5 * np.sqrt(seventh / (seventh + 25.0**7))
    c1, c2 = np.hypot(stretch * a1, b1), np.hypot(stretch * a2, b2)
    h1, h2 = (np.degrees(np.arctan2(b, stretch * a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    grey = c1 * c2 == 0  # a grey has no hue: the other's counts
    apart = np.where(grey, 0, h2 - h1)
    turn = apart - 360 * (apart > 180) + 360 * (apart < -180)
    hue = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn) / 2)
    c, lightness = (c1 + c2) / 2, (l1 + l2) / 2
    h = np.where(grey, h1 + h2, h1 + turn / 2) % 360
    weight = (
        1
        - 0.17 * np.cos(np.radians(h - 30))
        + 0.24 * np.cos(np.radians(2 * h))
        + 0.32 * np.cos(np.radians(3 * h + 6))
        - 0.20 * np.cos(np.radians(4 * h - 63))
    )
    spread = (lightness - 50) ** 2
    dl = (l2 - l1) / (1 + 0.015 * spread / np.sqrt(20 + spread))
    dc = (c2 - c1) / (1 + 0.045 * c)
    dh = hue / (1 + 0.015 * c * weight)
    rotation = -2 * np.sqrt(c**7 / (c**7 + 25.0**7)) * np.sin(np.radians(60 * np.exp(-(((h - 275) / 25) ** 2))))
    return np.sqrt(np.maximum(dl**2 + dc**2 + dh**2 + rotation * dc * dh, 0))


def between(first: Colour, second: Colour, share: float) -> Colour:
    """The sRGB colour that lies `share` of the way from the first to the second in Oklab, clipped to sRGB."""
    labs = [np.cbrt(decode_srgb(colour).astype(np.float64) @ _TO_CONES.T) @ _TO_OKLAB.T for colour in (first, second)]
    lab = (1 - share) * labs[0] + share * labs[1]
    linear = np.linalg.solve(_TO_CONES, np.linalg.solve(_TO_OKLAB, lab) ** 3)
    return srgb(linear)


def srgb(linear: Reals) -> Colour:
    """One linear RGB colour (3,) → sRGB in 0…1, clipped."""
    c = np.clip(np.asarray(linear, np.float64), 0, 1)
    r, g, b = np.where(c <= 0.0031308, 12.92 * c, 1.055 * c ** (1 / 2.4) - 0.055).tolist()
    return r, g, b
