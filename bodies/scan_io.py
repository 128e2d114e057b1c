# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading a body scan from a file: meshes and point clouds, in whatever unit they are.

Nothing is allocated on the word of a header: what a file declares is first compared with how long the file is.
"""

from __future__ import annotations

import json
import struct
from array import array
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

LARGEST_FILE = 2_000_000_000  # bytes
FEWEST_POINTS = 300
FEWEST_FACES = 100

MESH_FORMATS = ("ply", "obj", "stl", "glb", "gltf")
CLOUD_FORMATS = ("ply", "xyz", "pcd", "txt", "asc")

# What trimesh's readers raise on a damaged file: they check little, so a broken index or key surfaces as any of these.
_BROKEN = (ValueError, KeyError, IndexError, TypeError, AttributeError, AssertionError, ArithmeticError, EOFError,
           NotImplementedError, RecursionError, MemoryError, UnicodeError, struct.error)  # fmt: skip


class ScanRefused(ValueError):
    """A scan that cannot become a body; the message names the reason and what would help."""


@dataclass(frozen=True)
class Scan:
    """Points in the file's own unit and axes."""

    points: Floats  # (n, 3)
    faces: NDArray[np.int64] | None  # (m, 3) or None for a point cloud
    normals: Floats | None  # (n, 3), of any sign, or None
    name: str


def read_scan(path: str | Path) -> Scan:
    """Read PLY, OBJ, STL, GLB or glTF meshes, or PLY, XYZ or PCD point clouds. Raises ScanRefused with a sentence."""
    path = Path(path)
    if path.is_dir():
        raise ScanRefused(f"{path.name} is a folder: choose a scan file.")
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(65536)
    except OSError as fault:
        raise ScanRefused(f"{path.name} cannot be read ({fault.strerror}).") from fault
    if size == 0:
        raise ScanRefused(f"{path.name} is empty: export the scan again.")
    if size > LARGEST_FILE:
        raise ScanRefused(f"{path.name} has {size / 1e9:.1f} GB: reduce the scan to under 2 GB.")
    kind = path.suffix.lower().lstrip(".")
    try:
        if kind == "ply":
            _check_ply(head, size, path.name)
            return _with_trimesh(path, kind)
        if kind == "stl":
            _check_stl(head, size, path.name)
            return _with_trimesh(path, kind)
        if kind in ("glb", "gltf"):
            _check_gltf(path, kind, size)
            return _with_trimesh(path, kind)
        if kind == "obj":
            return _read_obj(path)
        if kind == "pcd":
            return _read_pcd(path, head, size)
        if kind in ("xyz", "txt", "asc"):
            return _read_xyz(path)
    except OSError as fault:
        raise ScanRefused(f"{path.name} cannot be read ({fault.strerror}).") from fault
    known = ", ".join(sorted({*MESH_FORMATS, *CLOUD_FORMATS}))
    raise ScanRefused(f"{path.name} is no scan format that we read: use one of {known}.")


def scan_from_arrays(vertices: ArrayLike, faces: ArrayLike | None = None, name: str = "scan",
                     normals: ArrayLike | None = None) -> Scan:  # fmt: skip
    """A scan from arrays that someone else has read (FBX and USD come this way, out of Blender).

    vertices (n, 3), faces (m, 3) indices or None. Raises ScanRefused when they hold no surface.
    """
    try:
        points = np.asarray(vertices, dtype=np.float64)
        triangles = None if faces is None else np.asarray(faces, dtype=np.int64)
        directions = None if normals is None else np.asarray(normals, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as broken:
        raise ScanRefused(f"{name} holds something that is not numbers: export the scan again.") from broken
    if points.ndim != 2 or points.shape[1] != 3:
        raise ScanRefused(f"{name} holds no points in space: export the scan again.")
    if triangles is not None and triangles.size == 0:
        triangles = None
    if triangles is not None and (triangles.ndim != 2 or triangles.shape[1] != 3):
        raise ScanRefused(f"{name} has faces that are not triangles: triangulate the scan.")
    if directions is not None and directions.shape != points.shape:
        directions = None
    finite = np.isfinite(points).all(axis=1)
    if triangles is not None:
        if triangles.min() < 0 or triangles.max() >= len(points):
            raise ScanRefused(f"{name} has faces that point at missing vertices: export the scan again.")
        if not finite.all():
            raise ScanRefused(f"{name} has {np.sum(~finite)} vertices that are not numbers: export the scan again.")
        if len(triangles) < FEWEST_FACES:
            raise ScanRefused(f"{name} has only {len(triangles)} faces: that is no body scan.")
    else:
        # In point clouds NaN is how scanners write "no return"; more than half of them is no scan.
        if finite.mean() < 0.5 if len(points) else True:
            raise ScanRefused(f"{name} has no usable points: export the scan again.")
        points = points[finite]
        directions = None if directions is None else directions[finite]
        if len(points) < FEWEST_POINTS:
            raise ScanRefused(f"{name} has only {len(points)} points: that is no body scan.")
    if np.abs(points).max() > 1e9 or np.ptp(points, axis=0).max() < 1e-6:
        raise ScanRefused(f"{name} has no sensible size: export the scan again.")
    return Scan(points, triangles, directions, name)


def _with_trimesh(path: Path, kind: str) -> Scan:
    import trimesh

    try:
        if kind == "gltf":
            loaded = trimesh.load(path, process=False, skip_materials=True)
        else:
            with path.open("rb") as file:
                loaded = trimesh.load(file, file_type=kind, process=False, skip_materials=True)
        if isinstance(loaded, trimesh.Scene):
            meshes = [g for g in loaded.dump() if isinstance(g, trimesh.Trimesh)]
            if not meshes:
                raise ScanRefused(f"{path.name} holds no mesh: export the scan again.")
            loaded = trimesh.util.concatenate(meshes)
        faces = np.asarray(loaded.faces) if isinstance(loaded, trimesh.Trimesh) else None
        points = np.asarray(getattr(loaded, "vertices", ()))
        normals = _ply_normals(loaded, len(points)) if kind == "ply" else None
    except ScanRefused:
        raise
    except _BROKEN as broken:
        raise ScanRefused(f"{path.name} is damaged or no {kind.upper()} file: export the scan again.") from broken
    return scan_from_arrays(points, faces, path.name, normals)


def _ply_normals(loaded: Any, count: int) -> Floats | None:
    data = loaded.metadata.get("_ply_raw", {}).get("vertex", {}).get("data")
    names = getattr(getattr(data, "dtype", None), "names", None) or ()
    if {"nx", "ny", "nz"} <= set(names) and len(data) == count:
        return np.stack([np.asarray(data[k], dtype=float).ravel() for k in ("nx", "ny", "nz")], axis=1)
    return None


_PLY_SIZES = {"char": 1, "uchar": 1, "int8": 1, "uint8": 1, "short": 2, "ushort": 2, "int16": 2, "uint16": 2,
              "int": 4, "uint": 4, "int32": 4, "uint32": 4, "float": 4, "float32": 4, "double": 8,
              "float64": 8}  # fmt: skip


def _check_ply(head: bytes, size: int, name: str) -> None:
    """Refuse a PLY whose header does not match the file's length."""
    end = head.find(b"end_header")
    if not head.startswith(b"ply") or end < 0:
        raise ScanRefused(f"{name} is no PLY file: export the scan again.")
    least, ascii_text, element = 0, False, 0
    try:
        for line in head[:end].decode("ascii").splitlines()[1:]:
            words = line.split()
            if words[:1] == ["format"]:
                ascii_text = words[1] == "ascii"
            elif words[:1] == ["element"]:
                element = int(words[2])
                if element < 0:
                    raise ValueError(line)
            elif words[:1] == ["property"]:
                listed = words[1] == "list"
                width = 2 if ascii_text else _PLY_SIZES[words[2] if listed else words[1]]
                least += element * width
    except (ValueError, IndexError, KeyError) as broken:
        raise ScanRefused(f"{name} has a PLY header that makes no sense: export the scan again.") from broken
    if least > size:
        raise ScanRefused(
            f"{name} declares at least {least / 1e6:.1f} MB of points but has {size / 1e6:.3f} MB: it was cut short."
        )


def _check_stl(head: bytes, size: int, name: str) -> None:
    if head[:5].lower() == b"solid" and b"facet" in head:
        return
    if size < 84:
        raise ScanRefused(f"{name} is no STL file: export the scan again.")
    count = int.from_bytes(head[80:84], "little")
    if 84 + 50 * count > size:
        raise ScanRefused(f"{name} declares {count} triangles but is too short for them: it was cut short.")


def _check_gltf(path: Path, kind: str, size: int) -> None:
    """Refuse glTF whose accessors promise more elements than its files have bytes."""
    try:
        raw = path.read_bytes()
        if kind == "glb":
            magic, _, total, length, chunk = struct.unpack_from("<4sIII4s", raw)
            if magic != b"glTF" or chunk != b"JSON" or total > size or 20 + length > size:
                raise ScanRefused(f"{path.name} is damaged or no GLB file: export the scan again.")
            raw = raw[20 : 20 + length]
        tree = json.loads(raw)
        declared = max([int(a["count"]) for a in tree.get("accessors", [])], default=0)
        outside = [b["uri"] for b in tree.get("buffers", []) if "uri" in b and not b["uri"].startswith("data:")]
        for uri in outside:
            beside = (path.parent / uri).resolve()
            if kind == "glb" or not beside.is_relative_to(path.parent.resolve()) or not beside.is_file():
                raise ScanRefused(f"{path.name} refers to {uri}, which is not beside it: export one GLB file.")
            size += beside.stat().st_size
    except ScanRefused:
        raise
    except _BROKEN as broken:
        raise ScanRefused(f"{path.name} is damaged or no {kind.upper()} file: export the scan again.") from broken
    if declared > size:
        raise ScanRefused(f"{path.name} declares {declared} elements but is too short for them: it was cut short.")


def _read_obj(path: Path) -> Scan:
    """Vertices and fans of faces; texture and normal indices, groups and materials do not matter here."""
    vertices, faces = array("d"), array("q")  # flat: lists of millions of rows take six times the memory
    try:
        with path.open("r", encoding="utf-8", errors="strict") as file:
            for line in file:
                if line.startswith("v "):
                    x, y, z = map(float, line.split()[1:4])
                    vertices.extend((x, y, z))
                elif line.startswith("f "):
                    corners = [int(c.partition("/")[0]) for c in line.split()[1:]]
                    corners = [c - 1 if c > 0 else len(vertices) // 3 + c for c in corners]
                    for b, c in pairwise(corners[1:]):
                        faces.extend((corners[0], b, c))
    except (ValueError, IndexError, OverflowError) as broken:
        raise ScanRefused(f"{path.name} is damaged or no OBJ file: export the scan again.") from broken
    return scan_from_arrays(np.array(vertices).reshape(-1, 3), np.array(faces).reshape(-1, 3), path.name)


def _read_xyz(path: Path) -> Scan:
    """Lines of x y z [nx ny nz or anything], blank or comma between; other lines at the top are skipped."""
    numbers, width = array("d"), 0
    try:
        with path.open("r", encoding="utf-8") as file:
            for number, line in enumerate(file):
                words = line.replace(",", " ").replace(";", " ").split()
                try:
                    row = [float(w) for w in words[: width or 6]]
                except ValueError:
                    row = []
                width = width or (len(row) if len(row) >= 3 else 0)
                if width and len(row) == width:
                    numbers.extend(row)
                elif width and words and not line.startswith(("#", "//")):
                    raise ScanRefused(f"{path.name} line {number + 1} holds no {width} numbers: it is damaged.")
    except UnicodeDecodeError as broken:
        raise ScanRefused(f"{path.name} is no text of points: export the scan again.") from broken
    table = np.array(numbers).reshape(-1, width or 3)
    normals = table[:, 3:6] if width >= 6 else None
    if normals is not None and not np.allclose(np.linalg.norm(normals[:1000], axis=1), 1, atol=0.05):
        normals = None  # colours, not directions
    return scan_from_arrays(table[:, :3], None, path.name, normals)


_PCD_TYPES = {("F", 4): "<f4", ("F", 8): "<f8", ("U", 1): "<u1", ("U", 2): "<u2", ("U", 4): "<u4", ("U", 8): "<u8",
              ("I", 1): "<i1", ("I", 2): "<i2", ("I", 4): "<i4", ("I", 8): "<i8"}  # fmt: skip


def _read_pcd(path: Path, head: bytes, size: int) -> Scan:
    """Point Cloud Library files, ascii or binary."""
    header: dict[str, list[str]] = {}
    start = 0
    for raw in head.split(b"\n"):
        start += len(raw) + 1
        words = raw.decode("ascii", errors="replace").split()
        if words and not words[0].startswith("#"):
            header[words[0].upper()] = words[1:]
        if words[:1] == ["DATA"]:
            break
    try:
        names, data = header["FIELDS"], header["DATA"][0]
        sizes = [int(x) for x in header["SIZE"]]
        counts = [int(x) for x in header.get("COUNT", ["1"] * len(names))]
        types = [_PCD_TYPES[t, s] for t, s in zip(header["TYPE"], sizes, strict=True)]
        points = int(header["POINTS"][0]) if "POINTS" in header else int(header["WIDTH"][0]) * int(header["HEIGHT"][0])
        columns = [sum(counts[: names.index(k)]) for k in "xyz"]
        if points < 0 or min(counts) < 0:
            raise ValueError(points)
    except (KeyError, IndexError, ValueError) as broken:
        raise ScanRefused(f"{path.name} has a PCD header that makes no sense: export the scan again.") from broken
    if data == "binary_compressed":
        raise ScanRefused(f"{path.name} is a compressed PCD: save it as binary or ascii.")
    stride = sum(s * c for s, c in zip(sizes, counts, strict=True))
    least = points * stride if data == "binary" else points * 2 * sum(counts)
    if start + least - 2 > size:
        raise ScanRefused(f"{path.name} declares {points} points but is too short for them: it was cut short.")
    try:
        if data == "binary":
            kinds = np.dtype([(f"f{i}", t, (c,)) for i, (t, c) in enumerate(zip(types, counts, strict=True))])
            with path.open("rb") as file:
                file.seek(start)
                rows = np.frombuffer(file.read(points * stride), dtype=kinds)
            table = np.stack([rows[f"f{names.index(k)}"][:, 0].astype(float) for k in "xyz"], axis=1)
        elif data == "ascii":
            with path.open("rb") as file:
                file.seek(start)
                table = np.array(file.read().split(), dtype=float).reshape(points, sum(counts))[:, columns]
        else:
            raise ValueError(data)
    except ValueError as broken:
        raise ScanRefused(f"{path.name} is damaged: export the scan again.") from broken
    return scan_from_arrays(table, None, path.name)
