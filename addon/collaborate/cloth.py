# SPDX-License-Identifier: GPL-3.0-or-later
"""The cloth while it drapes, shown to the others: its mesh once, as a small GLB, and then where its points are. No bpy.

The GLB has one mesh of one primitive: positions and triangles, and nothing else (glTF 2.0, Y up, metres). Frames have
its vertices in its order, Z up (see docs/guide/review.md).
"""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST = 1_000_000  # vertices
_HEAD = struct.Struct("<4sII")  # magic, version, length
_CHUNK = struct.Struct("<I4s")  # length, kind
_FLOAT, _UINT = 5126, 5125


class ClothRefused(ValueError):
    """A file that is no mesh of cloth as `pack` writes it."""


def pack(positions: NDArray[np.float32], faces: NDArray[np.integer[Any]]) -> bytes:
    """A GLB of a triangle mesh: positions (n, 3) metres, Z up; faces (m, 3)."""
    x, y, z = np.ascontiguousarray(positions, "<f4").T
    points = np.stack([x, z, -y], axis=1) + np.float32(0)  # no negative zeros
    corners = np.ascontiguousarray(faces, "<u4")
    ends = {"min": points.min(axis=0).tolist(), "max": points.max(axis=0).tolist()}
    content = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}],
        "accessors": [
            {"bufferView": 0, "componentType": _FLOAT, "count": len(points), "type": "VEC3", **ends},
            {"bufferView": 1, "componentType": _UINT, "count": corners.size, "type": "SCALAR"},
        ],
        "bufferViews": [
            {"buffer": 0, "byteOffset": 0, "byteLength": points.nbytes, "target": 34962},
            {"buffer": 0, "byteOffset": points.nbytes, "byteLength": corners.nbytes, "target": 34963},
        ],
        "buffers": [{"byteLength": points.nbytes + corners.nbytes}],
    }
    text = json.dumps(content).encode()
    text += b" " * (-len(text) % 4)
    body = points.tobytes() + corners.tobytes()
    chunks = _CHUNK.pack(len(text), b"JSON") + text + _CHUNK.pack(len(body), b"BIN\0") + body
    return _HEAD.pack(b"glTF", 2, _HEAD.size + len(chunks)) + chunks


def unpack(data: bytes) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Positions (n, 3), Z up, and faces (m, 3) of such a GLB. Raises ClothRefused."""
    try:
        magic, version, length = _HEAD.unpack_from(data)
        count, kind = _CHUNK.unpack_from(data, _HEAD.size)
        start = _HEAD.size + _CHUNK.size
        content = json.loads(data[start : start + count])
        size, binary = _CHUNK.unpack_from(data, start + count)
        points, corners = (content["accessors"][number]["count"] for number in (0, 1))
    except (struct.error, ValueError, KeyError, IndexError, TypeError, RecursionError) as error:
        raise ClothRefused("This is no cloth: its file is broken.") from error
    whole = (magic, version, length, kind, binary) == (b"glTF", 2, len(data), b"JSON", b"BIN\0")
    counted = all(isinstance(number, int) and 0 < number <= 6 * MOST for number in (points, corners))
    body = data[start + count + _CHUNK.size :]
    if not (
        whole and counted and points <= MOST and corners % 3 == 0 and size == len(body) == 12 * points + 4 * corners
    ):
        raise ClothRefused("This is no cloth of one mesh with its triangles.")
    x, y, z = np.frombuffer(body, "<f4", 3 * points).reshape(-1, 3).T
    faces = np.frombuffer(body, "<u4", offset=12 * points).reshape(-1, 3)
    if faces.max() >= points or not np.isfinite((x, y, z)).all():
        raise ClothRefused("The cloth's triangles or points are nowhere.")
    return np.stack([x, -z, y], axis=1) + np.float32(0), faces.astype(np.int32)
