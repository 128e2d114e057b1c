# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading a seamless photograph of cloth: its normals, height, roughness (a guess) and evenly lit colour."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..learning import WeightsRefused, load_into, read_weights
from ..yarn import Image
from .lighting import evenly_lit
from .network import LEVELS, Reader

SHIPPED = Path(__file__).parents[2] / "assets" / "photo_reader.npz"
_REACH = 24  # pixels round a place that the network looks at; a multiple of its coarsest pixel
_BAND = 1 << 18  # pixels read at a time


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
    width: Any = about.get("width") if about.get("kind") == "reader" else None
    if not isinstance(width, int) or not 1 <= width <= 256:
        raise WeightsRefused(f"{path} holds no weights of a reader: train one with `toile fabric train reader`.")
    reader = Reader(width)
    load_into(reader, weights, path)
    return reader.eval()


def read(reader: Reader, picture: Image) -> Read:
    """Read a seamless picture (h, w, 3) of sRGB in 0…1, top row first, whose threads are 4.5 to 20 pixels apart.

    Raises ValueError for another shape, values outside 0…1, or sides under 32 pixels.
    """
    if picture.ndim != 3 or picture.shape[2] != 3 or min(picture.shape[:2]) < 32:
        raise ValueError(f"A picture to read is (h, w, 3) of 32 pixels or more a side, not {picture.shape}.")
    if not (np.isfinite(picture).all() and picture.min() >= 0 and picture.max() <= 1):
        raise ValueError("A picture to read holds sRGB in 0 to 1: divide 8-bit values by 255.")
    rows, columns = picture.shape[:2]
    coarse = 1 << (LEVELS - 1)
    step = max(_BAND // columns // coarse, 1) * coarse
    across = np.arange(-_REACH, columns + _REACH + -columns % coarse) % columns
    found = np.empty((4, rows, columns), np.float32)
    stops = torch.from_numpy(np.log(picture + 0.02).mean((0, 1), dtype=np.float64).astype(np.float32))
    with torch.inference_mode():
        for start in range(0, rows, step):
            down = np.arange(start - _REACH, start + step + _REACH) % rows
            band = torch.from_numpy(picture[np.ix_(down, across)]).permute(2, 0, 1)[None].float()
            stop = min(start + step, rows)
            out = reader(band.contiguous(memory_format=torch.channels_last), stops[None])[0].numpy()
            found[:, start:stop] = out[:, _REACH : _REACH + stop - start, _REACH : _REACH + columns]
    right, up, shade, roughness = found
    height = integrated(right, up)
    slopes = np.stack([_slope(height, 1), -_slope(height, 0), np.full_like(height, -1)], -1)
    normal = -slopes / np.linalg.norm(slopes, axis=-1, keepdims=True)
    return Read(evenly_lit(picture, shade), height, normal.astype(np.float32), roughness)


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


def _slope(height: Image, axis: int) -> NDArray[np.float32]:
    return (np.roll(height, -1, axis) - np.roll(height, 1, axis)) / 2
