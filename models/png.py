# SPDX-License-Identifier: GPL-3.0-or-later
"""PNG files from arrays, with zlib alone: Blender brings no Pillow, and its own images need bpy and lose 16 bits."""

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..patterns.writing import write_beside

SIGNATURE = b"\x89PNG\r\n\x1a\n"
UP_FILTER = 2  # each byte stored as its difference to the byte above: cloth repeats from row to row, so it packs well


def png_bytes(pixels: NDArray[Any]) -> bytes:
    """An image as the bytes of a PNG file (ISO/IEC 15948).

    pixels: (h, w) grey or (h, w, 3) RGB, uint8 or uint16, top row first. Raises ValueError for anything else.
    """
    if pixels.dtype.name not in ("uint8", "uint16") or pixels.size == 0:
        raise ValueError(f"A PNG holds uint8 or uint16 pixels, not {pixels.shape} {pixels.dtype}.")
    match pixels.shape:
        case (height, width):
            colour_type = 0
        case (height, width, 3):
            colour_type = 2
        case _:
            raise ValueError(f"A PNG here is (h, w) grey or (h, w, 3) RGB, not {pixels.shape}.")
    big_endian = np.ascontiguousarray(pixels, dtype=pixels.dtype.newbyteorder(">"))
    rows = big_endian.view(np.uint8).reshape(height, -1)
    scanlines = np.empty((height, rows.shape[1] + 1), np.uint8)
    scanlines[:, 0] = UP_FILTER
    scanlines[0, 1:] = rows[0]
    np.subtract(rows[1:], rows[:-1], out=scanlines[1:, 1:])
    header = struct.pack(">IIBBBBB", width, height, 8 * pixels.itemsize, colour_type, 0, 0, 0)
    return b"".join(
        (
            SIGNATURE,
            _chunk(b"IHDR", header),
            _chunk(b"IDAT", zlib.compress(scanlines.tobytes(), 5)),
            _chunk(b"IEND", b""),
        )
    )


def write_png(path: Path, pixels: NDArray[Any]) -> None:
    """Write an image beside its place and rename it there, so that a crash leaves the old file whole."""
    write_beside(path, png_bytes(pixels))


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
