# SPDX-License-Identifier: GPL-3.0-or-later
"""From a swatch's analysis to seamless maps: a tile quilted or woven, cut in a calm place, its relief estimated."""

from collections.abc import Callable

import numpy as np

from ...sim.fabric import FabricRefused
from ..maps import FabricMaps, blurred, calm_shift, openness
from ..yarn import Image
from .analysis import Analysis
from .quilting import quilt

# A tile and how far its threads are apart, pixels → its albedo, height in pixels, roughness.
Estimate = Callable[[Image, float], tuple[Image, Image, Image]]
# How many repeats of a swatch, across and down → a seamless tile of them (h, w, 3).
Weave = Callable[[tuple[int, int], np.random.Generator], Image]

_PATCH = 0.22  # of the tile's shorter side, where no repeat asks for more
_LARGEST = 1536  # pixels a side that are quilted; a finer photograph is seen in blocks
_RELIEF = (
    0.12  # spread of an estimated height, in thread spacings: that of woven cloth in the simulator is 0.08 to 0.16
)
_ROUGHNESS = 0.8  # estimated: spun yarns'
ROUGHEST = (0.05, 1.0)  # microfacet roughness that a map holds


def swatch_maps(
    read: Analysis,
    size: float,
    pixels: int,
    rng: np.random.Generator,
    *,
    estimate: Estimate | None = None,
    weave: Weave | None = None,
    roughness: float | None = None,
) -> FabricMaps:
    """A seamless tile of about `size` metres, `pixels`², out of a swatch; height and roughness are estimates.

    estimate: what reads relief off a tile, such as a network; without one, height follows shade · weave: a loom that
    has learnt the swatch; without one, it is quilted · roughness: its mean, 0.05…1, where it is known better. Raises
    FabricRefused for a swatch of unknown scale, one that shows less cloth than a tile needs, or another roughness.
    """
    if roughness is not None and not ROUGHEST[0] <= roughness <= ROUGHEST[1]:
        raise FabricRefused(
            f"A roughness is {ROUGHEST[0]:g} (silk satin) to {ROUGHEST[1]:g} (felt), not {roughness:g}."
        )
    if read.pixel is None:
        raise FabricRefused("The picture's scale is not known: give --dpi, --width, --ends, --coin, or four corners.")
    if read.laid.picture.shape[0] < 2 * read.laid.repeat[1] or read.laid.picture.shape[1] < 2 * read.laid.repeat[0]:
        raise FabricRefused("The picture shows less than two repeats of its cloth: photograph more of it.")
    repeats = [max(1, round(size / (r * p))) for r, p in zip(read.laid.repeat, read.pixel, strict=True)]
    width, height = (n * r for n, r in zip(repeats, read.laid.repeat, strict=True))
    if max(width, height) > _LARGEST:
        raise FabricRefused(
            f"A tile of {size:g} m is {max(width, height)} pixels of the picture: ask for a smaller tile, or scale the "
            f"picture down to {_LARGEST / max(width, height):.0%}."
        )
    tile = weave((repeats[0], repeats[1]), rng) if weave else _quilted(read, (width, height), rng)
    size_m = (width * read.pixel[0], height * read.pixel[1])
    threads = read.laid.threads or (1, 1)
    spacing = (read.laid.repeat[0] / threads[0], read.laid.repeat[1] / threads[1])
    pitch = float(np.sqrt(spacing[0] * spacing[1])) if read.laid.threads else 8.0  # pixels
    albedo, relief, rough = (estimate or by_shade)(tile, pitch)
    steps = (size_m[0] / pixels, size_m[1] / pixels)
    metres = resized(relief, (pixels, pixels)) * np.float32(read.pixel[0])
    colour = np.clip(np.stack([resized(albedo[..., k], (pixels, pixels)) for k in range(3)], -1), 0, 1)
    rough = resized(rough, (pixels, pixels))
    if roughness is not None:
        rough += np.float32(roughness) - rough.mean()
    rough = np.clip(rough, *ROUGHEST)
    ao = openness(metres[::-1], steps, pitch * read.pixel[0])[::-1]
    layers = (metres, colour, rough, ao)
    shift = calm_shift(layers)
    metres, colour, rough, ao = (np.ascontiguousarray(np.roll(layer, shift, (0, 1))) for layer in layers)
    return FabricMaps(
        albedo=np.round(colour * 255).astype(np.uint8),
        height=metres - metres.mean(),
        roughness=rough,
        ao=ao,
        opacity=None,
        size_m=size_m,
        threads=(repeats[0] * threads[0], repeats[1] * threads[1]),
        repeats=(repeats[0], repeats[1]),
        shift=shift,
        warp_cover=1.0,
        thickness=float(np.ptp(metres)),
    )


def _quilted(read: Analysis, tile: tuple[int, int], rng: np.random.Generator) -> Image:
    patch = min(max(round(_PATCH * min(tile)), 24), *tile)
    try:
        return quilt(read.laid.picture, tile, patch, rng, read.laid.repeat)
    except ValueError as error:
        raise FabricRefused(str(error)) from error


def by_shade(tile: Image, pitch: float) -> tuple[Image, Image, Image]:
    """Height from shade: what is paler than two threads around it lies higher. True of relief, not of print."""
    shade = np.log(np.maximum(tile.mean(-1), 0.02))
    relief = blurred(shade, (1.0, 1.0), 0.15 * pitch) - blurred(shade, (1.0, 1.0), 1.2 * pitch)
    relief *= np.float32(_RELIEF * pitch / max(float(relief.std()), 1e-6))
    return tile, relief, np.full(tile.shape[:2], _ROUGHNESS, np.float32)


def resized(image: Image, shape: tuple[int, int]) -> Image:
    """A periodic image (h, w) on another number of pixels, by its waves: none that a pixel cannot hold is kept."""
    rows, columns = image.shape
    if shape == image.shape:
        return image
    spectrum = np.fft.fftshift(np.fft.fft2(image), 0)[:, : columns // 2 + 1]
    made = np.zeros((shape[0], shape[1] // 2 + 1), np.complex128)
    height, width = min(rows, shape[0]) // 2 * 2 - 1, (min(columns, shape[1]) - 1) // 2 + 1
    own, other = rows // 2 - height // 2, shape[0] // 2 - height // 2
    made[other : other + height, :width] = spectrum[own : own + height, :width]
    scale = shape[0] * shape[1] / (rows * columns)
    # Pixel centres stay where they are on the tile: a half pixel of each grid.
    v, u = np.fft.fftshift(np.fft.fftfreq(shape[0], 1 / shape[0])), np.arange(made.shape[1])
    turn = [np.pi * wave * (1 / new - 1 / old) for wave, new, old in ((v, shape[0], rows), (u, shape[1], columns))]
    made *= np.exp(1j * (turn[0][:, None] + turn[1]))
    return (np.fft.irfft2(np.fft.ifftshift(made, 0), shape) * scale).astype(np.float32)
