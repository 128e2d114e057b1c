# SPDX-License-Identifier: GPL-3.0-or-later
"""Photographs of simulated cloth whose truth is known: lit at random, dyed with no regard to the threads' relief."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..maps import FabricMaps, blurred, decode_srgb, encode_srgb
from ..yarn import Image

_OCCLUDED = 0.7  # of the light, at most, that a deep place loses: as maps.finish has it in a cloth's own albedo

_DARK = 2e-3  # linear light below which a sensor tells no shading


@dataclass(frozen=True)
class Light:
    """One lamp and the sky: azimuth and elevation in radians, the share of light that is the sky's, and a gradient.

    gradient (2,): how much brighter the picture's right and upper edges are than its left and lower ones
    """

    azimuth: float
    elevation: float
    sky: float
    gradient: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True)
class Photograph:
    """A picture and what it shows, all (h, w, …) float32 but for the albedo, top row first.

    picture (…, 3) sRGB in 0…1 · albedo (…, 3) sRGB of 8 bits · normal (…, 3) OpenGL · roughness
    """

    picture: Image
    albedo: NDArray[np.uint8]
    normal: Image
    roughness: Image


def random_light(rng: np.random.Generator) -> Light:
    """A lamp anywhere above the cloth, from raking to nearly overhead."""
    return Light(
        azimuth=float(rng.uniform(0, 2 * np.pi)),
        elevation=float(np.radians(rng.uniform(25, 80))),
        sky=float(rng.uniform(0.1, 0.6)),
        gradient=(float(rng.normal(0, 0.1)), float(rng.normal(0, 0.1))),
    )


def photographed(made: FabricMaps, light: Light, noise: float, rng: np.random.Generator) -> Photograph:
    """A cloth's picture, exposed so that its mean brightness is that of its albedo.

    noise: standard deviation of the sensor's noise in sRGB.
    """
    albedo = decode_srgb(made.albedo)
    seen = albedo * shading(made.normal, light)[..., None]
    picture = encode_srgb(seen * (albedo.mean() / seen.mean())) / np.float32(255)
    picture += np.float32(noise) * rng.standard_normal(picture.shape, dtype=np.float32)
    return Photograph(
        picture=np.clip(picture, 0, 1),
        albedo=made.albedo,
        normal=made.normal,
        roughness=made.roughness,
    )


def shading(normal: Image, light: Light) -> Image:
    """How much light each place sends back, by Lambert: (h, w)."""
    towards = np.array(
        [
            np.cos(light.elevation) * np.cos(light.azimuth),
            np.cos(light.elevation) * np.sin(light.azimuth),
            np.sin(light.elevation),
        ],
        np.float32,
    )
    lamp = np.maximum(normal @ towards, 0) / towards[2]
    rows, columns = lamp.shape
    right = 1 + np.float32(light.gradient[0]) * np.linspace(-0.5, 0.5, columns, dtype=np.float32)[None, :]
    up = 1 + np.float32(light.gradient[1]) * np.linspace(0.5, -0.5, rows, dtype=np.float32)[:, None]
    return (light.sky * (0.5 + 0.5 * normal[..., 2]) + (1 - light.sky) * lamp) * right * up


def shading_of(picture: Image, albedo: Image | NDArray[np.uint8]) -> Image:
    """The natural logarithm of how much brighter a picture is than its albedo, with its noise: (h, w, 3), both sRGB."""
    after, before = (decode_srgb(part) + np.float32(_DARK) for part in (picture, albedo))
    return np.log(after / before)


def evenly_lit(picture: Image, shade: Image) -> Image:
    """A picture (h, w, 3) with its shading (h, w, 3) taken out again: the albedo, sRGB in 0…1."""
    linear = (decode_srgb(picture) + np.float32(_DARK)) * np.exp(-shade) - np.float32(_DARK)
    return encode_srgb(linear) / np.float32(255)


def dyed(made: FabricMaps, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Another albedo for a cloth, (h, w, 3) uint8 sRGB: blots and stripes that know nothing of the threads."""
    rows, columns = made.height.shape
    steps = (1.0, 1.0)
    field = rng.standard_normal((rows, columns), dtype=np.float32)
    blots = blurred(field, steps, float(rng.uniform(1.5, rows / 6)))
    blots = 1 / (1 + np.exp(-np.float32(rng.uniform(1, 8)) * blots / blots.std()))
    grain = 1 + np.float32(rng.uniform(0, 0.12)) * blurred(field[::-1], steps, 0.7) / 0.3
    first, second = rng.uniform(0.01, 0.8, (2, 1, 1, 3)).astype(np.float32)
    linear = (first + blots[..., None] * (second - first)) * grain[..., None]
    return encode_srgb(linear * (1 - _OCCLUDED * (1 - made.ao))[..., None])
