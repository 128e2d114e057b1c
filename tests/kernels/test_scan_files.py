# SPDX-License-Identifier: GPL-3.0-or-later
"""Scan files: every format read, every broken one refused in a sentence and without reading what it promises."""

import json
import struct

import numpy as np
import pytest
from toile.bodies import ScanRefused, read_scan, scan_from_arrays

trimesh = pytest.importorskip("trimesh")


@pytest.fixture(scope="module")
def ball():
    return trimesh.creation.icosphere(subdivisions=3, radius=0.5)


@pytest.mark.parametrize("kind", ["ply", "obj", "stl", "glb"])
def test_meshes_come_back(ball, tmp_path, kind):
    path = tmp_path / f"ball.{kind}"
    ball.export(path)
    scan = read_scan(path)
    assert scan.faces is not None
    mesh = trimesh.Trimesh(scan.points, scan.faces, process=True)
    assert mesh.volume == pytest.approx(ball.volume, rel=1e-4)


def _pcd(points, data):
    fields = "VERSION .7\nFIELDS rgb x y z\nSIZE 4 4 4 4\nTYPE U F F F\nCOUNT 1 1 1 1\n"
    head = f"{fields}WIDTH {len(points)}\nHEIGHT 1\nVIEWPOINT 0 0 0 1 0 0 0\nPOINTS {len(points)}\nDATA {data}\n"
    if data == "ascii":
        return (head + "\n".join(f"7 {x:.6f} {y:.6f} {z:.6f}" for x, y, z in points) + "\n").encode()
    rows = np.zeros(len(points), dtype=[("rgb", "<u4"), ("p", "<f4", 3)])
    rows["p"] = points
    return head.encode() + rows.tobytes()


@pytest.mark.parametrize("data", ["ascii", "binary"])
def test_pcd_clouds_come_back(ball, tmp_path, data):
    path = tmp_path / "ball.pcd"
    path.write_bytes(_pcd(ball.vertices, data))
    assert np.allclose(read_scan(path).points, ball.vertices, atol=1e-6)


def test_xyz_and_ply_clouds_come_back(ball, tmp_path):
    text = tmp_path / "ball.xyz"
    lines = ["# x, y, z"] + [f"{x:.6f}, {y:.6f}, {z:.6f}" for x, y, z in ball.vertices]
    text.write_text("\n".join(lines))
    assert np.allclose(read_scan(text).points, ball.vertices, atol=1e-6)
    cloud = tmp_path / "ball.ply"
    trimesh.PointCloud(ball.vertices).export(cloud)
    scan = read_scan(cloud)
    assert scan.faces is None
    assert np.allclose(scan.points, ball.vertices, atol=1e-6)


PLY = b"ply\nformat binary_little_endian 1.0\nelement vertex %d\nproperty float x\nproperty float y\nproperty float z\n"


def _glb(tree):
    text = json.dumps(tree).encode()
    text += b" " * (-len(text) % 4)
    return struct.pack("<4sIII4s", b"glTF", 2, 20 + len(text), len(text), b"JSON") + text


BROKEN = {
    "empty.ply": b"",
    "two_gigabytes.ply": PLY % 178_956_970 + b"end_header\n" + b"\0" * 100,
    "billion.ply": PLY % 10**9 + b"end_header\n",
    "negative.ply": PLY % -5 + b"end_header\n",
    "headless.ply": b"ply\nformat ascii 1.0\n",
    "not_really.ply": b"hello",
    "billion.pcd": b"FIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nCOUNT 1 1 1\nWIDTH 1000000000\nHEIGHT 1\nDATA binary\n",
    "packed.pcd": b"FIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nWIDTH 9\nHEIGHT 1\nPOINTS 9\nDATA binary_compressed\n",
    "nonsense.pcd": b"FIELDS x y\nSIZE 4\nDATA ascii\n",
    "billion.stl": b"\0" * 80 + struct.pack("<I", 10**9) + b"\0" * 50,
    "short.stl": b"abc",
    "words.stl": b"solid nothing\nendsolid\n",
    "triangle.obj": b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n",
    "nan.obj": b"v nan nan nan\n" * 400 + b"f 1 2 3\n" * 400,
    "far_index.obj": b"v 0 0 0\nv 1 0 0\nv 0 1 0\n" + b"f 1 2 9\n" * 300,
    "binary.obj": bytes(range(256)) * 10,
    "garbage.glb": b"glTF" + b"\xff" * 40,
    "billion.glb": _glb({"asset": {"version": "2.0"}, "accessors": [{"count": 10**9, "componentType": 5126}]}),
    "outside.gltf": json.dumps({"buffers": [{"uri": "../../etc/passwd", "byteLength": 10}]}).encode(),
    "hollow.glb": _glb({"asset": {"version": "2.0"}, "scenes": [{"nodes": []}], "scene": 0}),
    "words.xyz": b"there are no points here\n",
    "few.xyz": b"0 0 0\n1 1 1\n",
    "damaged.xyz": b"0 0 0\n" * 400 + b"what\n",
    "ragged.xyz": b"0 0 0\n" * 400 + b"1 2\n",
    "notes.docx": b"PK",
    "no_ending": b"1 2 3\n",
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_files_are_refused_in_a_sentence(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(BROKEN[name])
    with pytest.raises(ScanRefused) as refused:
        read_scan(path)
    assert name in str(refused.value)
    assert str(refused.value).endswith(".")


def test_a_cut_file_is_refused_at_every_length(ball, tmp_path):
    for kind in ("ply", "stl", "glb"):
        whole = ball.export(file_type=kind)
        for share in (0.02, 0.3, 0.9):
            path = tmp_path / f"cut.{kind}"
            path.write_bytes(whole[: int(share * len(whole))])
            with pytest.raises(ScanRefused):
                read_scan(path)


def test_missing_files_and_folders_are_refused(tmp_path):
    for path in (tmp_path, tmp_path / "none.ply"):
        with pytest.raises(ScanRefused):
            read_scan(path)


@pytest.mark.parametrize(
    ("vertices", "faces"),
    [
        (np.zeros((0, 3)), None),
        (np.full((1000, 3), np.nan), None),
        (np.full((1000, 3), np.nan), np.zeros((500, 3), int)),
        (np.zeros((1000, 3)), None),
        (np.ones((1000, 2)), None),
        (np.random.default_rng(0).random((1000, 3)) * 1e12, None),
        (np.random.default_rng(0).random((1000, 3)), np.full((500, 3), -1)),
        (np.random.default_rng(0).random((1000, 3)), np.zeros((500, 4), int)),
        ("words", None),
    ],
)
def test_arrays_that_are_no_surface_are_refused(vertices, faces):
    with pytest.raises(ScanRefused):
        scan_from_arrays(vertices, faces)
