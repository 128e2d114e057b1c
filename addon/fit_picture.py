# SPDX-License-Identifier: GPL-3.0-or-later
"""A garment in the colours of a map, front and back, as a PNG. NumPy alone draws it: a legend's colours stay true."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Image = NDArray[np.uint8]

_PIXEL = 0.0016  # metres
_GAP = 60  # pixels between the front and the back
_DARK = 0.72  # of a colour that is left where the cloth turns away
_BAND = 400_000  # samples drawn at a time


def fit_picture(positions: Points, faces: NDArray[np.int64], colours: Points) -> bytes:
    """positions: (n, 3) metres, the body facing −Y; colours: (n, 3) sRGB, 0 … 1. The front, and beside it the back."""
    views = [_drawn(positions * [turn, turn, 1.0], faces, colours) for turn in (1.0, -1.0)]
    gap = np.full((len(views[0]), _GAP, 3), 255, np.uint8)
    return png(np.concatenate([views[0], gap, views[1]], axis=1))


def png(image: Image) -> bytes:
    """(h, w, 3) as a PNG."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    height, width, _ = image.shape
    rows = b"".join(b"\0" + row.tobytes() for row in image)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def _drawn(seen: Points, faces: NDArray[np.int64], colours: Points) -> Image:
    """(h, w, 3) of a garment looked at along +Y; the nearest cloth shows, darker where it turns away."""
    low = seen.min(axis=0)
    width, height = (int(np.ceil(np.ptp(seen[:, axis]) / _PIXEL)) + 1 for axis in (0, 2))
    at = (seen - low)[:, [0, 2]] / _PIXEL
    corner, tint = seen[faces], colours[faces]
    across = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    towards = np.abs(across[:, 1]) / np.maximum(np.linalg.norm(across, axis=1), 1e-12)
    tint = tint * (_DARK + (1.0 - _DARK) * towards)[:, None, None]
    longest = float(np.linalg.norm(np.diff(at[faces][:, [0, 1, 2, 0]], axis=1), axis=2).max())
    parts = int(np.ceil(1.5 * longest))
    i, j = np.divmod(np.arange((parts + 1) ** 2), parts + 1)
    a, b = (k[i + j <= parts] / parts for k in (i, j))
    weights = np.stack([a, b, 1.0 - a - b], axis=1)
    depth, image = np.full((height, width), np.inf), np.ones((height, width, 3))
    band = max(1, _BAND // len(weights))
    for first in range(0, len(faces), band):
        mine = slice(first, first + band)
        x, z = np.einsum("sc,mcd->dms", weights, at[faces[mine]]).reshape(2, -1).astype(np.int64)
        y = np.einsum("sc,mc->ms", weights, corner[mine][:, :, 1]).ravel()
        colour = np.einsum("sc,mcd->msd", weights, tint[mine]).reshape(-1, 3)
        order = np.argsort(-y, kind="stable")  # of the samples on one pixel the last, the nearest, stays
        row, column, near = height - 1 - z[order], x[order], y[order]
        shown = near < depth[row, column]
        depth[row[shown], column[shown]] = near[shown]
        image[row[shown], column[shown]] = colour[order][shown]
    return np.rint(255 * image.clip(0.0, 1.0)).astype(np.uint8)
