# SPDX-License-Identifier: GPL-3.0-or-later
"""Photographs and scans of cloth, read as they were meant: upright, in sRGB. Needs Pillow, so the worker reads them."""

import io
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...sim.fabric import FabricRefused
from ..yarn import Image

SMALLEST = 64  # pixels a side
LARGEST = 50_000_000  # pixels in all: what a phone takes, and what a worker's memory holds
_OPAQUE = 250  # of 255
# Pillow reads more, some of it by programs that the file can steer.
_KINDS = ("PNG", "JPEG", "TIFF", "WEBP", "BMP", "GIF")


@dataclass(frozen=True)
class Photograph:
    """pixels (h, w, 3) float32 sRGB in 0…1, top row first · notes: what was done to the file's own pixels"""

    pixels: Image
    notes: tuple[str, ...]


def read_photograph(path: Path) -> Photograph:
    """Read a picture file of _KINDS: turned upright by its EXIF, brought to sRGB from its own colour profile.

    Raises FabricRefused for what is no picture, is too small or too large, or is see-through within its bounds.
    """
    from PIL import Image as Pictures
    from PIL import UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Pictures.DecompressionBombWarning)
            picture = Pictures.open(path, formats=_KINDS)
    except Pictures.DecompressionBombError as error:
        raise FabricRefused(
            f"{path.name} is too large: scale it to {LARGEST / 1e6:.0f} megapixels. ({error})"
        ) from error
    except FileNotFoundError:
        raise FabricRefused(f"There is no file {path}.") from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise FabricRefused(f"{path.name} is no picture that can be read: save it as PNG or JPEG. ({error})") from error
    with picture:
        width, height = picture.size
        if min(width, height) < SMALLEST:
            raise FabricRefused(f"{path.name} is {width} × {height} pixels: a swatch needs {SMALLEST} a side or more.")
        if width * height > LARGEST:
            raise FabricRefused(
                f"{path.name} is {width} × {height} pixels: crop it, or scale it to {LARGEST / 1e6:.0f} megapixels."
            )
        try:
            picture.load()
            return _upright(picture, path.name)
        except (OSError, SyntaxError, ValueError) as error:
            if isinstance(error, FabricRefused):
                raise
            raise FabricRefused(f"{path.name} is broken: take or export the picture again. ({error})") from error


def _upright(picture: Any, name: str) -> Photograph:
    from PIL import ImageCms, ImageOps

    notes: list[str] = []
    turned = ImageOps.exif_transpose(picture)
    if turned.size != picture.size or turned.tobytes() != picture.tobytes():
        notes.append("Turned upright as its EXIF says.")
    profile = picture.info.get("icc_profile")
    if turned.mode.startswith("I") or turned.mode == "F":
        notes.append("Grey of more than 8 bits, read as sRGB.")
        grey = np.asarray(turned, np.float32)
        brightest = 65535 if turned.mode.startswith("I") else 1
        if not np.isfinite(grey).all() or grey.min() < 0 or grey.max() > brightest:
            raise FabricRefused(f"{name} holds values outside 0 to {brightest}: export it as an 8- or 16-bit picture.")
        return Photograph(np.repeat((grey / brightest)[..., None], 3, axis=2), tuple(notes))
    if "A" in turned.getbands() or "transparency" in turned.info:
        rgba = turned.convert("RGBA")
        opaque = np.asarray(rgba.getchannel("A")) >= _OPAQUE
        if not opaque.any():
            raise FabricRefused(f"{name} is see-through everywhere: export it without transparency.")
        rows, columns = (np.flatnonzero(opaque.any(axis)) for axis in (1, 0))
        box = (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
        if not opaque[box[1] : box[3], box[0] : box[2]].all() or min(box[2] - box[0], box[3] - box[1]) < SMALLEST:
            raise FabricRefused(f"{name} is see-through in places: crop it to a rectangle of cloth.")
        if box != (0, 0, *turned.size):
            notes.append("Cropped to what is not see-through.")
        turned = rgba.convert("RGB").crop(box)
    managed = None
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            inks = turned if turned.mode in ("RGB", "CMYK", "L") else turned.convert("RGB")
            managed = ImageCms.profileToProfile(inks, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
            notes.append(f"Colours taken from {ImageCms.getProfileDescription(source).strip()} to sRGB.")
        except (OSError, ImageCms.PyCMSError):
            notes.append("Its colour profile is broken or another kind of picture's: its colours are only about right.")
    elif turned.mode == "CMYK":
        notes.append("Inks without a profile: its colours are only about right.")
    turned = turned if managed is None else managed
    return Photograph(np.asarray(turned.convert("RGB"), np.float32) / np.float32(255), tuple(notes))
