# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of cloth that panels show: each under a key of its own, for as long as Toile is registered."""

from __future__ import annotations

from pathlib import Path

import bpy
import bpy.utils.previews
import numpy as np
from numpy.typing import NDArray

_pictures: list[bpy.utils.previews.ImagePreviewCollection] = []  # Blender's, while Toile is registered


def register() -> None:
    """Make room for pictures."""
    _pictures.append(bpy.utils.previews.new())


def unregister() -> None:
    """Forget them."""
    bpy.utils.previews.remove(_pictures.pop())


def there(key: str) -> bool:
    """Whether there is a picture under a key."""
    return bool(_pictures) and key in _pictures[0]


def icon(key: str) -> int:
    """Blender's number for a picture; 0 where there is none yet, and always in background."""
    return _pictures[0][key].icon_id if there(key) else 0


def show(key: str, pixels: NDArray[np.uint8]) -> None:
    """Show (h, w, 3) sRGB, top row first, under a key, in the place of what was there."""
    height, width = pixels.shape[:2]
    preview = _pictures[0][key] if there(key) else _pictures[0].new(key)
    rgba = np.ones((height, width, 4), np.float32)
    rgba[..., :3] = np.flipud(pixels) / np.float32(255)
    preview.image_size = (width, height)
    preview.image_pixels_float.foreach_set(rgba.ravel())


def load(key: str, path: Path) -> None:
    """Show a picture file under a key, in the place of what was there."""
    if there(key):
        del _pictures[0][key]
    preview = _pictures[0].load(key, str(path), "IMAGE")
    len(preview.image_pixels)  # Blender would read the file when it draws, and it may be gone then
