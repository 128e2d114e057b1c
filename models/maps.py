# SPDX-License-Identifier: GPL-3.0-or-later
"""What a renderer needs of a cloth: seamless maps at real scale, finished from the yarns' relief and colour."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .yarn import Image, Reals, filtered

Colour = tuple[float, float, float]  # sRGB in 0…1
FIBRE_WIDTH = 15e-6  # metres, a cotton or wool hair
OPEN = 0.25  # a cloth with more gaps than this is seen through; in a closer one a gap is a dark place
BAND = 1 << 18  # pixels made at a time, so that what is worked on stays in a processor's cache
_FINEST = 4.0  # a blur of so many blocks is as good as one of pixels


@dataclass(frozen=True)
class Structure:
    """What the loom or the needles were told, crossing by crossing; for a knit, stitch by stitch.

    interlacement (picks, ends) bool, first pick first: True where the warp is on the face, or a stitch shows its legs ·
    warp_colours (ends, 3) and weft_colours (picks, 3) sRGB
    """

    interlacement: NDArray[np.bool_]
    warp_colours: Image
    weft_colours: Image


@dataclass(frozen=True)
class Relief:
    """A cloth's surface before finishing. Row 0 is at v = 0; u to the right is the weft, v up is the warp.

    height (h, w) m · colour (h, w, 3) linear RGB · roughness (h, w) · cover (h, w) how much of a pixel yarn covers ·
    warp_cover: the share of the face that the warp shows (1 for knits) · thickness of the whole cloth, m ·
    yarn_width: the typical scale of its relief, m · hairs: how many stand off the tile · size_m (width, height) of the
    tile · threads (ends or wales, picks or courses) and repeats (across, up) in it
    """

    height: Image
    colour: Image
    roughness: Image
    cover: Image
    warp_cover: float
    thickness: float
    yarn_width: float
    hairs: int
    size_m: tuple[float, float]
    threads: tuple[int, int]
    repeats: tuple[int, int]


@dataclass(frozen=True)
class FabricMaps:
    """Seamless maps of one tile, top row first as images are.

    albedo     (h, w, 3) uint8 sRGB. It includes the light lost between the yarns, which a flat surface cannot lose.
    height     (h, w) float32 metres, 0 at its mean
    roughness  (h, w) float32
    ao         (h, w) float32, 1 = open to the light
    opacity    (h, w) float32, 1 = yarn; None for a cloth that is not seen through
    size_m     (width, height) of the tile in metres: also the period of the maps
    threads    ends and picks, or wales and courses, in the tile · repeats of the structure in it, across and up
    shift      (down, right): by how many pixels the tile was rolled, from a first pick in the bottom row
    warp_cover share of the face that shows warp · thickness of the cloth by its yarns' geometry, m
    """

    albedo: NDArray[np.uint8]
    height: Image
    roughness: Image
    ao: Image
    opacity: Image | None
    size_m: tuple[float, float]
    threads: tuple[int, int]
    repeats: tuple[int, int]
    shift: tuple[int, int]
    warp_cover: float
    thickness: float

    @cached_property
    def normal(self) -> Image:
        """(h, w, 3) float32 unit vectors, OpenGL convention: x right, y up, z out of the cloth."""
        rows, columns = self.height.shape
        return normals(self.height[::-1], (self.size_m[0] / columns, self.size_m[1] / rows))[::-1]

    @property
    def seam_ratio(self) -> float:
        """Mean step across the tile's seam / mean step inside, of the worst map in the worse direction; 1 or less."""
        layers = (self.albedo, self.height, self.roughness, self.ao, self.opacity)
        return max(seam_ratio(layer) for layer in layers if layer is not None)


def finish(relief: Relief, rng: np.random.Generator) -> FabricMaps:
    """Relief → maps: hairs, softening to pixel and fuzz, openness to light, and a cut through calm places.

    Uses up the relief's arrays.
    """
    shape = relief.height.shape
    steps = (relief.size_m[0] / shape[1], relief.size_m[1] / shape[0])
    softness = max(0.6 * max(steps), 0.07 * relief.yarn_width)

    hair = _hairs(rng, relief.hairs, shape, relief.size_m)
    surface = relief.height
    surface += hair * np.float32(FIBRE_WIDTH)
    height = blurred(surface, steps, softness)
    opacity = None
    if (gaps := 1 - float(relief.cover.mean())) > OPEN:
        opacity = np.clip(np.maximum(blurred(relief.cover, steps, softness), hair), 0, 1)

    ao = openness(height, steps, relief.yarn_width)
    light = 0.30 + 0.70 * ao
    if gaps <= OPEN:
        light *= 0.15 + 0.85 * relief.cover
    colour = shaded(relief.colour, light)
    pale = colour.mean((0, 1)) * np.float32(1.3)
    colour = blended(colour, np.broadcast_to(pale, colour.shape), np.float32(0.35) * hair)
    roughness = relief.roughness
    roughness += np.float32(0.06) * (1 - ao) + np.float32(0.1) * hair
    np.clip(roughness, 0.05, 1.0, out=roughness)

    albedo = encode_srgb(colour)
    layers = (height, albedo, roughness, ao) if opacity is None else (height, albedo, roughness, ao, opacity)
    shift = calm_shift(layers)

    def laid(array: NDArray[Any]) -> NDArray[Any]:
        return np.ascontiguousarray(np.roll(array, shift, (0, 1))[::-1])

    height -= height.mean(dtype=np.float64).astype(np.float32)
    return FabricMaps(
        albedo=laid(albedo),
        height=laid(height),
        roughness=laid(roughness),
        ao=laid(ao),
        opacity=None if opacity is None else laid(opacity),
        size_m=relief.size_m,
        threads=relief.threads,
        repeats=relief.repeats,
        shift=(-shift[0], shift[1]),
        warp_cover=relief.warp_cover,
        thickness=relief.thickness,
    )


def shaded(colour: Image, light: Image) -> Image:
    """Colours (…, 3), changed in place, times light (…); a channel at a time, in a sixth of what broadcasting takes."""
    for channel in range(3):
        colour[..., channel] *= light
    return colour


def blended(below: Image, above: Image, share: Image) -> Image:
    """Colours (…, 3), changed in place, with a share (…) of those above them."""
    for channel in range(3):
        under = below[..., channel]
        under += share * (above[..., channel] - under)
    return below


def bands(rows: int, columns: int) -> Iterator[slice]:
    """The rows of an image, BAND pixels at a time."""
    step = max(BAND // columns, 1)
    return (slice(start, min(start + step, rows)) for start in range(0, rows, step))


def openness(height: Image, steps: tuple[float, float], yarn_width: float) -> Image:
    """Ambient occlusion (h, w), 1 = open: how far a place lies below its surroundings beside a yarn's width."""
    ao = np.ones_like(height)
    for scale in (0.35, 0.9):
        depth = np.maximum(blurred(height, steps, scale * yarn_width) - height, 0)
        depth *= np.float32(-1.3 / yarn_width)
        ao *= np.exp(depth, out=depth)
    return ao


def blurred(field: Image, steps: tuple[float, float], sigma: float) -> Image:
    """A periodic field (h, w) blurred by a Gaussian of `sigma` metres; steps: a pixel's (across, up) in metres.

    A wide blur is made on the means of pixel blocks, and read between them: the Gaussian is narrowed by what the blocks
    and the reading blur by themselves (each side of b pixels: b²/12 and b²/6 of variance).
    """
    block = [1, 1]
    for axis, (size, step) in enumerate(zip(field.shape, reversed(steps), strict=True)):
        while size % (2 * block[axis]) == 0 and 2 * block[axis] * _FINEST <= sigma / step:
            block[axis] *= 2
    rows, columns = field.shape[0] // block[0], field.shape[1] // block[1]
    soft = field.reshape(rows, block[0], columns, block[1]).mean((1, 3)) if max(block) > 1 else field
    for axis, (step, side) in enumerate(zip(reversed(steps), block, strict=True)):
        own = (side * step) ** 2 / 4 if side > 1 else 0.0
        frequencies = np.fft.fftfreq(soft.shape[axis], step * side)
        soft = _filtered_along(soft, axis, np.exp(-2 * (np.pi * frequencies) ** 2 * (sigma**2 - own)))
    for axis in (0, 1):
        soft = _read_between(soft, block[axis], axis)
    return soft


def _filtered_along(field: Image, axis: int, gain: NDArray[np.float64]) -> Image:
    """A field (h, w) `filtered` along an axis, some lines at a time."""
    soft = np.empty_like(field)
    lines, smooth = (np.swapaxes(part, 1, axis) for part in (field, soft))
    for band in bands(*lines.shape):
        smooth[band] = filtered(lines[band], gain)
    return soft


def _read_between(means: Image, block: int, axis: int) -> Image:
    """Linear interpolation of block means at the pixels of the blocks, periodically, along an axis."""
    if block == 1:
        return means
    shape = list(means.shape)
    shape[axis] *= block
    fine = np.empty(shape, np.float32)
    lines = np.swapaxes(fine, 0, axis)
    here, rise = (np.swapaxes(part, 0, axis) for part in (means, np.roll(means, -1, axis) - means))
    for k in range(block):
        off = np.float32((k + 0.5) / block - 0.5)
        lines[k::block] = here + off * (rise if off > 0 else np.roll(rise, 1, 0))
    return fine


def normals(height: Image, steps: tuple[float, float]) -> Image:
    """Unit normals (h, w, 3) of a periodic height field whose row 0 is its lowest v; central differences."""
    normal = np.empty((*height.shape, 3), np.float32)
    for axis, component in ((1, 0), (0, 1)):
        slope = np.roll(height, 1, axis) - np.roll(height, -1, axis)
        normal[..., component] = slope / np.float32(2 * steps[component])
    normal[..., 2] = 1
    return shaded(normal, 1 / np.sqrt(normal[..., 0] ** 2 + normal[..., 1] ** 2 + 1))


def encoded(linear: Reals) -> Reals:
    """Linear RGB in 0…1 → sRGB in 0…1 (IEC 61966-2-1)."""
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def encode_srgb(linear: Reals) -> NDArray[np.uint8]:
    """Linear RGB in 0…1 → 8-bit sRGB, by a table of 16 bits, which is right to 1/20 of a level."""
    place = np.clip(linear, 0, 1)
    place *= 65535
    place += 0.5
    return _levels()[place.astype(np.uint16)]


@cache
def _levels() -> NDArray[np.uint8]:
    return np.round(encoded(np.arange(65536) / 65535) * 255).astype(np.uint8)


def decode_srgb(colour: Reals | Colour | NDArray[np.uint8]) -> Image:
    """SRGB in 0…1 (…, 3), or of 8 bits → linear RGB, float32."""
    c: NDArray[Any] = np.asarray(colour)
    if c.dtype == np.uint8:
        return decode_srgb(np.arange(256) / 255)[c]
    c = c if c.dtype == np.float32 else c.astype(np.float64)
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4).astype(np.float32)


def _hairs(rng: np.random.Generator, count: int, shape: tuple[int, ...], size_m: tuple[float, float]) -> Image:
    """How much of each pixel stray hairs cover, 0…1: short curved strokes, wrapped round the tile."""
    rows, columns = shape
    points = math.ceil(np.clip(4e-3 / min(size_m[0] / columns, size_m[1] / rows), 24, 1000))  # a hair shows no gaps
    along = np.linspace(0, 1, points, dtype=np.float32)
    length = rng.gamma(3.0, 0.35e-3, (count, 1)).astype(np.float32)
    turn, bend = rng.uniform(0, 2 * np.pi, (count, 1)), rng.normal(0, 1.5, (count, 1))
    x, y = (rng.random((count, 1)) * side for side in (columns, rows))
    pixel = size_m[0] / columns, size_m[1] / rows
    total = np.zeros(shape)
    many = max(rows * columns // points, 1)  # hairs at a time: of no more points than there are pixels
    for some in (slice(first, first + many) for first in range(0, count, many)):
        heading = turn[some].astype(np.float32) + bend[some].astype(np.float32) * along
        step = length[some] / np.float32(points)
        right, column = _in_pixels(x[some], np.cos(heading) * (step / np.float32(pixel[0])), columns)
        above, row = _in_pixels(y[some], np.sin(heading) * (step / np.float32(pixel[1])), rows)
        place = (row * columns + column).ravel()
        covered = step * np.float32(FIBRE_WIDTH / (pixel[0] * pixel[1]))
        for dx, dy in ((0, 0), (1, 0), (0, 1), (1, 1)):
            share = (right if dx else 1 - right) * (above if dy else 1 - above) * covered
            laid = np.bincount(place, share.ravel(), rows * columns).reshape(shape)
            total += np.roll(laid, (dy, dx), (0, 1))
    return np.minimum(total, 1).astype(np.float32)


def _in_pixels(start: Reals, moves: Image, side: int) -> tuple[Image, NDArray[np.int32]]:
    """Paths along a side of so many pixels, wrapped: how far into a pixel each point lies, 0…1, and which it is."""
    at = start.astype(np.float32) + np.cumsum(moves, axis=1)
    at -= np.floor(at / np.float32(side)) * np.float32(side)
    pixel = np.minimum(at.astype(np.int32), side - 1)
    at -= pixel.astype(np.float32)
    return at, pixel


def calm_shift(layers: Sequence[NDArray[Any]]) -> tuple[int, int]:
    """By how much to roll a tile (down, right) so that it is cut where each map's step is small beside its mean.

    Where a seamless tile is cut is free, but a cut along yarn edges would look like a seam to whoever measures one.
    """
    calm: list[int] = []
    for axis in (0, 1):
        ratios = [step / step.mean() for step in (_steps(layer, axis) for layer in layers) if step.any()]
        calm.append(-int(np.argmin(np.max(ratios, axis=0))) if ratios else 0)
    return calm[0], calm[1]


def seam_ratio(image: NDArray[Any]) -> float:
    """Mean step across an image's seam / mean step inside, the worse of both directions: (h, w) or (h, w, channels)."""
    steps = [step for step in (_steps(image, axis) for axis in (0, 1)) if step.any()]
    return max((float(step[0] / step[1:].mean()) for step in steps), default=0.0)


def _steps(image: NDArray[Any], axis: int) -> NDArray[np.float64]:
    """The mean step to each line from the one before it along an axis, the first from the last."""
    rows = len(image)
    steps = np.zeros(image.shape[axis])
    for band in bands(rows, image[0].size):
        here = image[band].astype(np.float32)
        if axis == 0:
            apart = np.abs(here - image[np.arange(band.start - 1, band.stop - 1)])
            steps[band] = apart.reshape(len(here), -1).mean(1)
        else:
            apart = np.abs(here - np.roll(here, 1, 1)).sum(0)
            steps += apart.reshape(len(apart), -1).mean(1) / rows
    return steps
