# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading a seamless photograph of cloth: its normals, height, roughness (a guess) and evenly lit colour."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from ..gan.conditions import COARSEST
from ..learning import WeightsRefused, half, load_into, read_weights
from ..swatches.making import resized
from ..yarn import Image
from .lighting import evenly_lit, shading_of
from .network import MOST, READ, Reader

SHIPPED = Path(__file__).parents[2] / "assets" / "photo_reader.npz"
SMALLEST = 32  # pixels a side of what is read
_BAND = 1 << 18  # pixels read at a time
_LOOKS = 4  # a picture is looked at from each side, for a reader has its habits


@dataclass(frozen=True)
class Read:
    """What a picture shows, (h, w, …) float32: albedo (…, 3) sRGB, height in pixels about 0, roughness, estimated.

    normal (…, 3) are the height's own.
    """

    albedo: Image
    height: Image
    normal: Image
    roughness: Image


def read_reader(path: Path = SHIPPED) -> Reader:
    """The reader of a file of weights. Raises WeightsRefused for any other file."""
    weights, about = read_weights(path)
    width, levels = (about.get(name) if about.get("kind") == "reader" else None for name in ("width", "levels"))
    if not (isinstance(width, int) and 1 <= width <= 256 and isinstance(levels, int) and 1 <= levels <= MOST):
        raise WeightsRefused(f"{path} holds no weights of a reader: train one with `toile fabric train reader`.")
    reader = Reader(width, levels)
    load_into(reader, weights, path)
    return reader.eval().requires_grad_(False)


def read(reader: Reader, picture: Image) -> Read:
    """Read a seamless picture (h, w, 3) of sRGB in 0…1, top row first, whose threads are 4.5 to 20 pixels apart.

    Raises ValueError for another shape, values outside 0…1, or sides under SMALLEST pixels.
    """
    if picture.ndim != 3 or picture.shape[2] != 3 or min(picture.shape[:2]) < SMALLEST:
        raise ValueError(f"A picture to read is (h, w, 3) of {SMALLEST} pixels or more a side, not {picture.shape}.")
    if not (np.isfinite(picture).all() and picture.min() >= 0 and picture.max() <= 1):
        raise ValueError("A picture to read holds sRGB in 0 to 1: divide 8-bit values by 255.")
    found = np.zeros((READ, *picture.shape[:2]), np.float32)
    for quarters in range(_LOOKS):
        found += _turned_back(_looked(reader, np.ascontiguousarray(np.rot90(picture, quarters))), quarters)
    right, up, *shade, roughness = found / np.float32(_LOOKS)
    height = integrated(right, up)
    slopes = np.stack([_slope(height, 1), -_slope(height, 0), np.full_like(height, -1)], -1)
    normal = -slopes / np.linalg.norm(slopes, axis=-1, keepdims=True)
    return Read(evenly_lit(picture, np.stack(shade, -1)), height, normal.astype(np.float32), roughness)


def _looked(reader: Reader, picture: Image) -> Image:
    """What one look reads of a picture: (READ, h, w), band by band."""
    rows, columns = picture.shape[:2]
    coarse, reach = reader.coarse, reader.reach
    step = min(max(_BAND // columns // coarse, 1), -(-rows // coarse)) * coarse
    across = np.arange(-reach, columns + reach + -columns % coarse) % columns
    found = np.empty((READ, rows, columns), np.float32)
    device = reader.leave.weight.device
    with torch.inference_mode(), half(device):
        light = reader.glance(_batch(picture[: rows // coarse * coarse, : columns // coarse * coarse], device))
        for start in range(0, rows, step):
            down = np.arange(start - reach, start + step + reach) % rows
            stop = min(start + step, rows)
            out = reader(_batch(picture[np.ix_(down, across)], device), light)[0].float().cpu().numpy()
            found[:, start:stop] = out[:, reach : reach + stop - start, reach : reach + columns]
    return found


def _turned_back(found: Image, quarters: int) -> Image:
    """What was read of a picture turned left by so many quarters, as the picture itself lies."""
    found = np.rot90(found, -quarters, (1, 2))
    for _ in range(quarters):
        found = np.concatenate([found[1:2], -found[:1], found[2:]])
    return found


def estimated(reader: Reader, tile: Image, pitch: float) -> tuple[Image, Image, Image]:
    """A seamless tile (h, w, 3), its threads `pitch` pixels apart → albedo, height in pixels, roughness.

    Threads coarser than the reader has learnt are read on fewer pixels; the albedo keeps the finer shades.
    """
    rows, columns = tile.shape[:2]
    fewer = min(1.0, COARSEST / pitch)
    small = (max(round(rows * fewer), 1), max(round(columns * fewer), 1))
    picture = np.clip(_on(tile, small), 0, 1)
    many = [-(-SMALLEST // size) for size in small]
    found = read(reader, np.tile(picture, (*many, 1)))
    albedo, height, roughness = (part[: small[0], : small[1]] for part in (found.albedo, found.height, found.roughness))
    shade = _on(shading_of(picture, albedo), (rows, columns))
    return (
        evenly_lit(tile, shade),
        resized(height, (rows, columns)) / np.float32(fewer),
        resized(roughness, (rows, columns)),
    )


def _on(image: Image, shape: tuple[int, int]) -> Image:
    return np.stack([resized(image[..., k], shape) for k in range(image.shape[-1])], -1)


def integrated(right: Image, up: Image) -> Image:
    """The periodic height (h, w), mean 0, whose slopes are nearest to those given; pixels a pixel, top row first.

    R. T. Frankot, R. Chellappa, IEEE Trans. Pattern Anal. Mach. Intell. 10, 1988, with the slopes of central
    differences.
    """
    rows, columns = right.shape
    across = 1j * np.sin(2 * np.pi * np.fft.rfftfreq(columns))[None, :]
    along = -1j * np.sin(2 * np.pi * np.fft.fftfreq(rows))[:, None]  # rows go down
    power = np.abs(across) ** 2 + np.abs(along) ** 2
    spectrum = -(across * np.fft.rfft2(right) + along * np.fft.rfft2(up))
    unseen = power < 1e-9  # the mean, and what central differences do not see
    height = np.where(unseen, 0, spectrum / np.where(unseen, 1, power))
    return np.fft.irfft2(height, right.shape).astype(np.float32)


def _batch(picture: Image, device: torch.device) -> torch.Tensor:
    batch = torch.from_numpy(picture).to(device).permute(2, 0, 1)[None].float()
    return batch.contiguous(memory_format=torch.channels_last)


def _slope(height: Image, axis: int) -> NDArray[np.float32]:
    return (np.roll(height, -1, axis) - np.roll(height, 1, axis)) / 2
