# SPDX-License-Identifier: GPL-3.0-or-later
"""A skirt as a GLB, of two panels about a post: made from formulas, so that every point of it is known."""

from __future__ import annotations

import json
import math
import struct

import numpy as np
from numpy.typing import NDArray

RADIUS, TOP = 0.15, 1.0  # metres
GAP = 0.02  # between panels laid out side by side
PANELS = ("front", "back")
_STEPS = 16
_FLOAT, _SHORT = 5126, 5123


def on_skirt(piece: str, uv: tuple[float, float], length: float) -> NDArray[np.float64]:
    """The point (3,) of Blender's space, metres, at uv of a panel: u from its middle, v upwards from its hem."""
    angle = uv[0] / RADIUS - (math.pi / 2 if piece == "front" else -math.pi / 2)
    return np.array([RADIUS * math.cos(angle), RADIUS * math.sin(angle), TOP - length + uv[1]])


def skirt(length: float = 0.5, variants: tuple[str, ...] = ("Linen", "Wool")) -> bytes:
    """The GLB: `_PANEL`, `_STRAIN` growing upwards, `_PRESSURE`; a grey post beside it; a material a variant."""
    width = math.pi * RADIUS
    points, uv, panel, faces = [], [], [], []
    for number, piece in enumerate(PANELS):
        first = len(points)
        for row in range(_STEPS + 1):
            for column in range(_STEPS + 1):
                at = (width * (column / _STEPS - 0.5), length * row / _STEPS)
                points.append(on_skirt(piece, at, length))
                uv.append((at[0] + width / 2 + number * (width + GAP), 1 - at[1]))
                panel.append(number)
        for row in range(_STEPS):
            for column in range(_STEPS):
                a = first + row * (_STEPS + 1) + column
                b, c, d = a + 1, a + _STEPS + 1, a + _STEPS + 2
                faces += [(a, b, d), (a, d, c)]
    height = (np.array(points)[:, 2] - TOP + length) / length
    file = _File()
    attributes = {
        "POSITION": file.add(_up(points)),
        "TEXCOORD_0": file.add(np.array(uv)),
        "_PANEL": file.add(np.array(panel, float)),
        "_STRAIN": file.add(np.stack([0.05 * height, 0 * height], axis=1)),
        "_PRESSURE": file.add(2_000 * height),
    }
    mappings = [{"material": number, "variants": [number]} for number in range(len(variants))]
    cloth = {
        "attributes": attributes, "indices": file.add(np.array(faces, np.uint16).ravel()), "material": 0,
        "extensions": {"KHR_materials_variants": {"mappings": mappings}},
    }  # fmt: skip
    square = [(x, y, z) for z in (0.0, 1.2) for x, y in ((0.05, 0.05), (-0.05, 0.05), (-0.05, -0.05), (0.05, -0.05))]
    sides = [(k, (k + 1) % 4, 4 + (k + 1) % 4) for k in range(4)] + [(k, 4 + (k + 1) % 4, 4 + k) for k in range(4)]
    post = {"attributes": {"POSITION": file.add(_up(square))}, "indices": file.add(np.array(sides, np.uint16).ravel())}
    shade = [{"baseColorFactor": [0.6 / (1 + k), 0.6 / (1 + k), 0.6 / (1 + k), 1]} for k in range(len(variants))]
    return file.written(
        {
            "extensionsUsed": ["KHR_materials_variants"],
            "extensions": {"KHR_materials_variants": {"variants": [{"name": name} for name in variants]}},
            "materials": [{"doubleSided": True, "pbrMetallicRoughness": {**one, "metallicFactor": 0}} for one in shade],
            "meshes": [
                {"name": "Skirt", "extras": {"toile_panels": json.dumps(PANELS)}, "primitives": [cloth]},
                {"name": "Body", "primitives": [post]},
            ],
        }
    )


def rest_of(length: float = 0.5) -> NDArray[np.float32]:
    """(n, 3) the skirt's vertices in the order of its GLB, in Blender's axes: what drag frames stand on."""
    document, binary = _read(skirt(length))
    accessor = document["accessors"][document["meshes"][0]["primitives"][0]["attributes"]["POSITION"]]
    start = document["bufferViews"][accessor["bufferView"]]["byteOffset"]
    x, y, z = np.frombuffer(binary, "<f4", 3 * accessor["count"], start).reshape(-1, 3).T
    return np.stack([x, 0 - z, y], axis=1)


def _up(points: object) -> NDArray[np.float64]:
    x, y, z = np.array(points).T
    return np.stack([x, z, -y], axis=1)


class _File:
    def __init__(self) -> None:
        self.binary = bytearray()
        self.views: list[dict[str, int]] = []
        self.accessors: list[dict[str, object]] = []

    def add(self, array: NDArray[np.generic]) -> int:
        whole = array.dtype == np.uint16
        data = np.ascontiguousarray(array, "<u2" if whole else "<f4").tobytes()
        self.views.append({"buffer": 0, "byteOffset": len(self.binary), "byteLength": len(data)})
        self.binary += data + bytes(-len(data) % 4)
        kind = "SCALAR" if array.ndim == 1 else f"VEC{array.shape[1]}"
        entry = {"bufferView": len(self.views) - 1, "count": len(array), "type": kind}
        bounds = {"min": array.min(axis=0).tolist(), "max": array.max(axis=0).tolist()} if kind == "VEC3" else {}
        self.accessors.append({**entry, **bounds, "componentType": _SHORT if whole else _FLOAT})
        return len(self.accessors) - 1

    def written(self, document: dict[str, object]) -> bytes:
        count = len(document["meshes"])  # pyright: ignore[reportArgumentType]
        whole = {
            "asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": list(range(count))}],
            "nodes": [{"mesh": mesh} for mesh in range(count)], **document, "accessors": self.accessors,
            "bufferViews": self.views, "buffers": [{"byteLength": len(self.binary)}],
        }  # fmt: skip
        text = json.dumps(whole).encode()
        text += b" " * (-len(text) % 4)
        head = struct.pack("<4sIIII", b"glTF", 2, 28 + len(text) + len(self.binary), len(text), 0x4E4F534A)
        return head + text + struct.pack("<II", len(self.binary), 0x004E4942) + bytes(self.binary)


def _read(glb: bytes) -> tuple[dict, bytes]:
    length = struct.unpack_from("<I", glb, 12)[0]
    return json.loads(glb[20 : 20 + length]), glb[28 + length :]
