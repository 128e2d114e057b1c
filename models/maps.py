# SPDX-License-Identifier: GPL-3.0-or-later
"""What a renderer needs of a cloth: seamless maps at real scale, finished from the yarns' relief and colour."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .yarn import Image, Reals

FIBRE_WIDTH = 15e-6  # metres, a cotton or wool hair


@dataclass(frozen=True)
class Relief:
    """A cloth's surface before finishing. Row 0 is at v = 0; u to the right is the weft, v up is the warp.

    height (p, p) m · colour (p, p, 3) linear RGB · roughness (p, p) · warp_cover: the share of the face that the warp
    shows (1 for knits) · thickness of the whole cloth, m · yarn_width: the typical scale of its relief, m ·
    hairs: how many stand off the tile · size_m (width, height) of the tile · repeats (across, up) in it
    """

    height: Image
    colour: Image
    roughness: Image
    warp_cover: float
    thickness: float
    yarn_width: float
    hairs: int
    size_m: tuple[float, float]
    repeats: tuple[int, int]


@dataclass(frozen=True)
class FabricMaps:
    """Seamless maps of one tile, top row first as images are.

    albedo     (p, p, 3) uint8 sRGB. It includes the light lost between the yarns, which a flat surface cannot lose.
    normal     (p, p, 3) float32 unit vectors, OpenGL convention: x right, y up, z out of the cloth
    height     (p, p) float32 metres, 0 at its mean
    roughness  (p, p) float32
    ao         (p, p) float32, 1 = open
    size_m     (width, height) of the tile in metres: also the period of the maps
    repeats    how often the structure repeats in the tile, across and up
    warp_cover share of the face that shows warp · thickness of the cloth by its yarns' geometry, m
    """

    albedo: NDArray[np.uint8]
    normal: Image
    height: Image
    roughness: Image
    ao: Image
    size_m: tuple[float, float]
    repeats: tuple[int, int]
    warp_cover: float
    thickness: float

    @property
    def seam_ratio(self) -> float:
        """Mean height step across the tile's seam / mean step inside, the worse of both directions; about 1."""
        return max(_seam_ratio(self.height), _seam_ratio(self.height.T))


def finish(relief: Relief, rng: np.random.Generator) -> FabricMaps:
    """Relief → maps: hairs, softening to pixel and fuzz, openness to light, normals, and a cut through calm places."""
    pixels = relief.height.shape[0]
    steps = (relief.size_m[0] / pixels, relief.size_m[1] / pixels)

    hair = _hairs(rng, relief.hairs, pixels, relief.size_m)
    height = blurred(
        relief.height + hair * np.float32(FIBRE_WIDTH), steps, max(0.6 * max(steps), 0.07 * relief.yarn_width)
    )

    # Openness: how far a place lies below its surroundings, measured against the yarn's width, at two scales.
    ao = np.ones_like(height)
    for scale in (0.35, 0.9):
        depth = np.maximum(blurred(height, steps, scale * relief.yarn_width) - height, 0)
        ao *= np.exp(depth * np.float32(-1.3 / relief.yarn_width))

    colour = relief.colour * (0.30 + 0.70 * ao)[..., None]
    pale = colour.mean((0, 1)) * 1.3
    colour += (0.35 * hair)[..., None] * (pale - colour)
    normal = normals(height, steps)
    roughness = np.clip(relief.roughness + 0.06 * (1 - ao) + 0.1 * hair, 0.05, 1.0)

    shift = (_calm_line(height.T), _calm_line(height))

    def laid(array: NDArray[Any]) -> NDArray[Any]:
        return np.ascontiguousarray(np.flipud(np.roll(array, shift, (0, 1))))

    return FabricMaps(
        albedo=laid(encode_srgb(colour)),
        normal=laid(normal),
        height=laid(height - height.mean()),
        roughness=laid(roughness),
        ao=laid(ao),
        size_m=relief.size_m,
        repeats=relief.repeats,
        warp_cover=relief.warp_cover,
        thickness=relief.thickness,
    )


def blurred(field: Image, steps: tuple[float, float], sigma: float) -> Image:
    """A periodic field (h, w) blurred by a Gaussian of `sigma` metres; steps: a pixel's (across, up) in metres."""
    across = np.exp(-2 * (np.pi * sigma * np.fft.rfftfreq(field.shape[1], steps[0])) ** 2)
    up = np.exp(-2 * (np.pi * sigma * np.fft.fftfreq(field.shape[0], steps[1])) ** 2)
    return np.fft.irfft2(np.fft.rfft2(field) * (up[:, None] * across), field.shape).astype(np.float32)


def normals(height: Image, steps: tuple[float, float]) -> Image:
    """Unit normals (h, w, 3) of a periodic height field whose row 0 is its lowest v; central differences."""
    slope_u = (np.roll(height, -1, 1) - np.roll(height, 1, 1)) / np.float32(2 * steps[0])
    slope_v = (np.roll(height, -1, 0) - np.roll(height, 1, 0)) / np.float32(2 * steps[1])
    length = np.sqrt(slope_u**2 + slope_v**2 + 1)
    return np.stack((-slope_u / length, -slope_v / length, 1 / length), axis=-1)


def encode_srgb(linear: Reals) -> NDArray[np.uint8]:
    """Linear RGB → 8-bit sRGB (IEC 61966-2-1)."""
    clipped = np.clip(linear, 0, 1)
    encoded = np.where(clipped <= 0.0031308, 12.92 * clipped, 1.055 * clipped ** (1 / 2.4) - 0.055)
    return np.round(encoded * 255).astype(np.uint8)


def decode_srgb(colour: tuple[float, float, float]) -> tuple[float, float, float]:
    """SRGB in 0…1 → linear RGB."""
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour)
    return r, g, b


def _hairs(rng: np.random.Generator, count: int, pixels: int, size_m: tuple[float, float]) -> Image:
    """How much of each pixel stray hairs cover, 0…1: short curved strokes, wrapped round the tile."""
    points = 48
    along = np.linspace(0, 1, points, dtype=np.float32)
    length = rng.gamma(3.0, 0.35e-3, (count, 1)).astype(np.float32)
    heading = rng.uniform(0, 2 * np.pi, (count, 1)) + rng.normal(0, 1.5, (count, 1)) * along
    step = length / points
    u = rng.random((count, 1)) * size_m[0] + np.cumsum(np.cos(heading) * step, axis=1)
    v = rng.random((count, 1)) * size_m[1] + np.cumsum(np.sin(heading) * step, axis=1)
    x, y = u / size_m[0] * pixels, v / size_m[1] * pixels
    column, row = np.floor(x).astype(np.intp), np.floor(y).astype(np.intp)
    right, above = x - column, y - row
    pixel_area = size_m[0] * size_m[1] / pixels**2
    covered = np.broadcast_to(step * FIBRE_WIDTH / pixel_area, x.shape)
    total = np.zeros(pixels * pixels)
    for dx, dy in ((0, 0), (1, 0), (0, 1), (1, 1)):
        share = (right if dx else 1 - right) * (above if dy else 1 - above) * covered
        place = (row + dy) % pixels * pixels + (column + dx) % pixels
        total += np.bincount(place.ravel(), share.ravel(), pixels * pixels)
    return np.minimum(total, 1).reshape(pixels, pixels).astype(np.float32)


def _calm_line(height: Image) -> int:
    """By how many columns to roll a tile so that it is cut where the height's step is nearest to its mean.

    Where a seamless tile is cut is free, but a cut along yarn edges would look like a seam to whoever measures one.
    """
    step = np.abs(height - np.roll(height, 1, axis=1)).mean(axis=0)
    return -int(np.argmin(np.abs(step - step.mean())))


def _seam_ratio(height: Image) -> float:
    step = np.abs(height - np.roll(height, 1, axis=1)).mean(axis=0)
    return float(step[0] / step[1:].mean())
