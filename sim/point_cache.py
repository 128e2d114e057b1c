# SPDX-License-Identifier: GPL-3.0-or-later
"""A drape's frames as a PC2 file, which Blender's Mesh Cache modifier and other programs play on their timelines.

PC2 (3ds Max's point cache 2), little-endian: the text "POINTCACHE2" and a zero, then version 1 (i32), points (i32),
first frame (f32), frames per sample (f32), samples (i32), then every sample's points as three f32 each.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_HEADER = struct.Struct("<12siiffi")


class RecordingRefused(RuntimeError):
    """The frames of a drape cannot be written to a file."""


@contextmanager
def recording(path: Path, points: int, most: int) -> Iterator[Callable[[NDArray[Any]], None]]:
    """Gives the function that records positions (points, 3); at the end the file has at most `most` ≥ 2 samples.

    Where there were more, as many are kept, evenly spread from the first to the last. It is written beside and renamed:
    whoever is interrupted leaves no file. Raises RecordingRefused.
    """
    beside = path.with_name(path.name + ".part")
    count = 0
    with _refusing(path):
        file = beside.open("w+b")
    try:
        with file:

            def record(positions: NDArray[Any]) -> None:
                nonlocal count
                if positions.shape != (points, 3):
                    raise RecordingRefused(f"A frame has the shape {positions.shape} instead of {(points, 3)}.")
                with _refusing(path):
                    file.seek(_HEADER.size + count * points * 12)
                    file.write(positions.astype("<f4").tobytes())
                count += 1

            yield record
            with _refusing(path):
                kept = _thinned(file, points, count, most)
                file.seek(0)
                file.write(_HEADER.pack(b"POINTCACHE2\0", 1, points, 0.0, 1.0, kept))
        with _refusing(path):
            os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RecordingRefused(
            f"The drape cannot be recorded to {path}: {error.strerror}. Save the scene elsewhere, or record nothing."
        ) from error


def _thinned(file: Any, points: int, count: int, most: int) -> int:
    """Keep `most` of the samples, evenly spread; returns how many there are. Each moves towards the front, in order."""
    if count <= most:
        return count
    size = points * 12
    for place, sample in enumerate(np.linspace(0, count - 1, most).round().astype(int).tolist()):
        file.seek(_HEADER.size + sample * size)
        moved = file.read(size)
        file.seek(_HEADER.size + place * size)
        file.write(moved)
    file.truncate(_HEADER.size + most * size)
    return most
