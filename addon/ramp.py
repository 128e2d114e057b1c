# SPDX-License-Identifier: GPL-3.0-or-later
"""Colours for maps: two ramps drawn as paths through OKLCh (Ottosson, "A perceptual color space", 2020).

Lightness grows evenly along the sequential ramp and falls evenly from the middle of the diverging one, so equal steps
look equal and the ramps read in grey. Hues keep to blue against yellow or orange, which nearly everyone tells apart.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Colours = NDArray[np.float64]

# All stays inside what a screen can show: at these hues and lightnesses sRGB reaches a little further everywhere.
_DARKEST, _LIGHTEST = 0.30, 0.93  # lightness of the sequential ramp's ends
_FROM_HUE, _TO_HUE = 300.0, 105.0  # degrees: violet, over blue and green, to yellow
_BELOW_HUE, _ABOVE_HUE = 255.0, 50.0  # blue, orange
_LEAST_CHROMA, _MORE_AT_ENDS = 0.098, 0.05  # of the sequential ramp: sRGB is narrowest at its blue-green middle
_ENDS, _MIDDLE = 0.50, 0.95  # lightness of the diverging ramp
_FULL_CHROMA = 0.13  # at its ends

_TO_CONES = np.array(
    [[1.0, 0.3963377774, 0.2158037573], [1.0, -0.1055613458, -0.0638541728], [1.0, -0.0894841775, -1.2914855480]]
)
_TO_LINEAR = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
)


def colours(share: ArrayLike, signed: bool) -> Colours:
    """(n, 3) linear RGB of shares (n,) of the way up a map's range, clipped to 0 … 1; signed: 0.5 is the middle."""
    t = np.clip(np.asarray(share, dtype=np.float64), 0.0, 1.0)
    if signed:
        away = np.abs(2.0 * t - 1.0)
        lightness, chroma = _MIDDLE + (_ENDS - _MIDDLE) * away, _FULL_CHROMA * away
        hue = np.where(t < 0.5, _BELOW_HUE, _ABOVE_HUE)
    else:
        lightness, chroma = _DARKEST + (_LIGHTEST - _DARKEST) * t, _LEAST_CHROMA + _MORE_AT_ENDS * (2.0 * t - 1.0) ** 2
        hue = _FROM_HUE + (_TO_HUE - _FROM_HUE) * t
    return _linear(lightness, chroma, np.radians(hue))


def encoded(linear: Colours) -> Colours:
    """Linear RGB in the codes of sRGB (IEC 61966-2-1), as Blender's interface wants them."""
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 0.0031308) ** (1 / 2.4) - 0.055)


def _linear(lightness: Colours, chroma: Colours, hue: Colours) -> Colours:
    lab = np.stack([lightness, chroma * np.cos(hue), chroma * np.sin(hue)], axis=-1)
    return (lab @ _TO_CONES.T) ** 3 @ _TO_LINEAR.T
