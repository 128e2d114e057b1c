# SPDX-License-Identifier: GPL-3.0-or-later
"""Drag frames: where the cloth is while it is being pulled, small enough for thirty a second.

Positions are rounded to the 65,536 steps of a box about the cloth and taken as differences (mod 2¹⁶) from a base that
both sides hold. A garment's vertices stand in rows, so the two before a vertex foretell it: what it differs by from the
straight line through them, signs last (0, -1, 1, -2 are 0, 1, 2, 3), has its high and low bytes laid apart and
compressed by Zstandard. Each frame stands on the base alone, so any may be
dropped. The base is named by `base_of`; the error is at most half a step, 11 µm in a box of 1.4 m.
"""

from __future__ import annotations

import hashlib
import math
import struct
from dataclasses import dataclass

import numpy as np
import zstandard
from numpy.typing import NDArray

MOST = 1_000_000  # vertices
_HEADER = struct.Struct("<4s8sII4f")  # magic, base, sequence, vertices, box's least corner (3) and step
_MAGIC = b"TDF3"


class FrameRefused(ValueError):
    """A drag frame is broken, or stands on a base that is not held."""


@dataclass(frozen=True)
class Frame:
    """A frame as received. positions: (n, 3) float32, metres; sequence counts up with its sender's frames."""

    sequence: int
    positions: NDArray[np.float32]


def base_of(positions: NDArray[np.float32]) -> bytes:
    """The 8 bytes by which both sides name a base, (n, 3) float32."""
    return hashlib.sha256(np.ascontiguousarray(positions, "<f4").tobytes()).digest()[:8]


def encode(positions: NDArray[np.float32], base: NDArray[np.float32], sequence: int) -> bytes:
    """A frame for positions, (n, 3) metres, that differ from the base, (n, 3) metres. Raises FrameRefused."""
    if positions.shape != base.shape or positions.ndim != 2 or positions.shape[1] != 3:
        raise FrameRefused("A frame has the base's vertices, three numbers each.")
    if not 0 < len(base) <= MOST:
        raise FrameRefused(f"A frame has 1 to {MOST} vertices.")
    if not (np.isfinite(positions).all() and np.isfinite(base).all()):
        raise FrameRefused("A vertex is nowhere: its position is not finite.")
    low = np.minimum(positions.min(axis=0), base.min(axis=0)).astype("<f4")
    high = np.maximum(positions.max(axis=0), base.max(axis=0)).astype("<f4")
    step = np.float32(max(float((high - low).max()) / 65_535, 1e-9))
    moved = _rounded(positions, low, step) - _rounded(base, low, step)  # wraps
    off = np.diff(moved, 2, axis=0, prepend=np.zeros((2, 3), np.uint16))  # wraps too
    signed_last = off << 1 ^ -(off >> 15)
    planes = np.ascontiguousarray(signed_last.T).view(np.uint8).reshape(3, -1, 2).transpose(0, 2, 1)
    header = _HEADER.pack(_MAGIC, base_of(base), sequence, len(base), *low, step)
    return header + zstandard.ZstdCompressor(level=1).compress(planes.tobytes())


def decode(data: bytes, base: NDArray[np.float32]) -> Frame:
    """The frame in these bytes, on a base (n, 3). Raises FrameRefused, and never takes more memory than the base."""
    if len(data) < _HEADER.size:
        raise FrameRefused("The frame ends too early.")
    magic, name, sequence, count, *box = _HEADER.unpack_from(data)
    if magic != _MAGIC:
        raise FrameRefused("This is no drag frame.")
    if count != len(base) or name != base_of(base):
        raise FrameRefused("The frame stands on another base: fetch the garment again.")
    if not all(map(math.isfinite, box)) or not 0 < box[3] < 1:
        raise FrameRefused("The frame's box is broken.")
    packed = data[_HEADER.size :]
    try:
        if zstandard.frame_content_size(packed) != 6 * count:  # looked at first: so much will be allocated
            raise FrameRefused("The frame has not its vertices.")
        planes = zstandard.ZstdDecompressor(max_window_size=1 << 23).decompress(packed, allow_extra_data=False)
    except zstandard.ZstdError:
        raise FrameRefused("The frame does not decompress.") from None
    words = np.frombuffer(planes, np.uint8).reshape(3, 2, count).transpose(0, 2, 1)
    signed_last = np.ascontiguousarray(words).view("<u2").reshape(3, count).T
    off = signed_last >> 1 ^ -(signed_last & 1)
    moved = np.cumsum(np.cumsum(off, axis=0, dtype=np.uint16), axis=0, dtype=np.uint16)
    low, step = np.array(box[:3], np.float32), np.float32(box[3])
    at = _rounded(base, low, step) + moved
    return Frame(sequence, at.astype(np.float32) * step + low)


def _rounded(positions: NDArray[np.float32], low: NDArray[np.float32], step: np.float32) -> NDArray[np.uint16]:
    return np.rint((positions - low) / step).clip(0, 65_535).astype(np.uint16)
