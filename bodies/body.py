# SPDX-License-Identifier: GPL-3.0-or-later
"""A body: a closed mesh with parts, landmarks, joints and measurements, and its file body.json."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .template import PART_NAMES

__all__ = ["PART_NAMES", "Body", "BodyFileError", "Measurement", "load_body", "save_body"]

Floats = NDArray[np.float64]
FORMAT = "toile-body"
VERSION = 1
LARGEST_MESH = 2_000_000  # vertices or faces a body file may hold


class BodyFileError(ValueError):
    """A body file cannot be read or written; the message says what to do."""


@dataclass(frozen=True)
class Measurement:
    """One measurement in metres (radians for shoulder_slope)."""

    value: float
    uncertainty: float  # half width of the 95 % interval
    definition: str
    curve: Floats = field(default_factory=lambda: np.zeros((0, 3)))  # (k, 3) where the tape lay


@dataclass(frozen=True, eq=False)  # told from others by identity: what is known of a body can be kept with it
class Body:
    """A standing body: Z up, facing −Y, its left towards +X, soles on Z = 0; metres."""

    vertices: Floats  # (n, 3)
    faces: NDArray[np.int32]  # (m, 3) outward, watertight
    parts: NDArray[np.int8]  # (n,) index into PART_NAMES
    landmarks: dict[str, Floats]
    measurements: dict[str, Measurement]
    joints: dict[str, Floats]
    source: str
    registration: dict[str, float] = field(default_factory=dict)
    placed: tuple[str, ...] = ()  # the landmarks that somebody put where they are by hand

    def to_json(self) -> dict[str, Any]:
        """A plain dictionary for body.json; the mesh rides along packed, with a checksum."""
        mesh = {
            "vertices": _packed(self.vertices.astype("<f8")),
            "faces": _packed(self.faces.astype("<i4")),
            "parts": _packed(self.parts.astype("<i1")),
        }
        return {
            "format": FORMAT,
            "version": VERSION,
            "source": self.source,
            "units": "metres, radians",
            "measurements": {
                name: {
                    "value": m.value,
                    "uncertainty": m.uncertainty,
                    "definition": m.definition,
                    "curve": np.round(m.curve, 6).tolist(),
                }
                for name, m in self.measurements.items()
            },
            "landmarks": {name: np.round(p, 6).tolist() for name, p in self.landmarks.items()},
            "placed": list(self.placed),
            "joints": {name: np.round(p, 6).tolist() for name, p in self.joints.items()},
            "registration": self.registration,
            "part_names": list(PART_NAMES),
            "mesh": mesh,
            "checksum": _checksum(mesh),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Body:
        """The body of a dictionary made by to_json. Raises BodyFileError if it is none or was changed."""
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise BodyFileError("This is not a Toile body file: make one from a scan or an avatar.")
        if data.get("version") != VERSION:
            raise BodyFileError(f"Body file version {data.get('version')} is not {VERSION}: make the body again.")
        try:
            mesh = data["mesh"]
            if _checksum(mesh) != data["checksum"]:
                raise BodyFileError("The mesh in this body file does not match its checksum: make the body again.")
            vertices = _unpacked(mesh["vertices"], "<f8", (-1, 3)).astype(np.float64)
            faces = _unpacked(mesh["faces"], "<i4", (-1, 3)).astype(np.int32)
            parts = _unpacked(mesh["parts"], "<i1", (-1,)).astype(np.int8)
            body = cls(
                vertices=vertices,
                faces=faces,
                parts=parts,
                landmarks={str(k): _point(p) for k, p in data["landmarks"].items()},
                measurements={
                    str(k): Measurement(
                        value=float(m["value"]),
                        uncertainty=float(m["uncertainty"]),
                        definition=str(m["definition"]),
                        curve=np.asarray(m["curve"], dtype=np.float64).reshape(-1, 3),
                    )
                    for k, m in data["measurements"].items()
                },
                joints={str(k): _point(p) for k, p in data["joints"].items()},
                source=str(data["source"]),
                registration={str(k): float(v) for k, v in data["registration"].items()},
                placed=_names(data.get("placed", [])),
            )
        except (KeyError, TypeError, AttributeError, OverflowError) as broken:
            raise BodyFileError(f"This body file lacks or garbles {broken}: make the body again.") from broken
        except BodyFileError:
            raise
        except ValueError as broken:
            raise BodyFileError(f"This body file is garbled ({broken}): make the body again.") from broken
        in_range = not len(faces) or (faces.min() >= 0 and faces.max() < len(vertices))
        numbers = [vertices, *body.landmarks.values(), *body.joints.values()]
        numbers += [np.array([m.value, m.uncertainty]) for m in body.measurements.values()]
        if unknown := set(body.placed) - body.landmarks.keys():
            raise BodyFileError(f"This body file has no landmark {min(unknown)!r}: make the body again.")
        if not in_range or len(parts) != len(vertices) or not all(np.isfinite(x).all() for x in numbers):
            raise BodyFileError("The mesh or a number in this body file makes no sense: make the body again.")
        return body


def _packed(array: NDArray[Any]) -> dict[str, Any]:
    return {"shape": list(array.shape), "zlib": base64.b64encode(zlib.compress(array.tobytes(), 6)).decode("ascii")}


def _unpacked(packed: dict[str, Any], dtype: str, shape: tuple[int, ...]) -> NDArray[Any]:
    declared = [int(x) for x in packed["shape"]]
    if (
        len(declared) != len(shape)
        or min(declared) < 0
        or declared[0] > LARGEST_MESH
        or declared[1:] != list(shape[1:])
    ):
        raise BodyFileError(f"This body file declares a mesh array of shape {declared}: make the body again.")
    size = int(np.prod(declared)) * np.dtype(dtype).itemsize
    try:
        inflate = zlib.decompressobj()
        raw = inflate.decompress(base64.b64decode(packed["zlib"], validate=True), size + 1)
    except (zlib.error, binascii.Error) as broken:
        raise BodyFileError("The mesh in this body file is damaged: make the body again.") from broken
    if len(raw) != size:
        raise BodyFileError("The mesh in this body file is not as long as it says: make the body again.")
    return np.frombuffer(raw, dtype=dtype).reshape(declared)


def _checksum(mesh: dict[str, Any]) -> str:
    text = json.dumps({k: mesh[k] for k in ("vertices", "faces", "parts")}, sort_keys=True)
    return "sha256:" + hashlib.sha256(text.encode("utf-8")).hexdigest()


def _names(values: Any) -> tuple[str, ...]:
    if not isinstance(values, list) or not all(isinstance(v, str) for v in values):
        raise BodyFileError("The placed landmarks of this body file are no list of names: make the body again.")
    return tuple(values)


def _point(values: Any) -> Floats:
    return np.asarray(values, dtype=np.float64).reshape(3)


def save_body(body: Body, path: str | Path) -> Path:
    """Write body.json beside its place, then rename, so that a crash leaves an older file whole."""
    path = Path(path)
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(body.to_json(), indent=1), encoding="utf-8")
        os.replace(part, path)
    except OSError as fault:
        raise BodyFileError(
            f"The body cannot be written to {path} ({fault.strerror}): choose another folder."
        ) from fault
    return path


def load_body(path: str | Path) -> Body:
    """Read a body.json. Raises BodyFileError with a sentence."""
    path = Path(path)
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as fault:
        raise BodyFileError(f"The body file {path} cannot be read ({fault.strerror}).") from fault
    except (ValueError, RecursionError) as broken:  # no text, no JSON, an endless number or nesting
        raise BodyFileError(f"{path.name} is not a Toile body file: make one from a scan or an avatar.") from broken
    return Body.from_json(data)
