# SPDX-License-Identifier: GPL-3.0-or-later
"""Hostile DXF, SVG, JSON, XML, TOML, RUL and GLB: refused by name, in a process that may work 2 s and hold 500 MB."""

import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

resource = pytest.importorskip("resource")  # the limits are Unix's

ROOT = Path(__file__).resolve().parents[2]
SECONDS, BYTES = 2, 500_000_000

# Each file in a fork of its own, which is limited in CPU seconds and in the memory it maps beyond what was there.
READER = """
import json, os, resource, sys
from pathlib import Path
import trimesh  # here, for read_scan imports it when first called, and its seconds are no file's
from toile.bodies.scan_io import read_scan
from toile.patterns.document import read_pattern
from toile.patterns.exchange import read_pattern_file, read_rules
from toile.patterns.presets import read_preset
folder, seconds, memory = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
mapped = int(next(l for l in open("/proc/self/status") if l.startswith("VmSize")).split()[1]) * 1024
for path in sorted(folder.iterdir()):
    read = {".glb": read_scan, ".rul": read_rules, ".toml": read_preset}.get(path.suffix, read_pattern_file)
    if path.name.startswith("own"):
        read = read_pattern
    if (child := os.fork()) == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))  # a fork begins at 0
        resource.setrlimit(resource.RLIMIT_AS, (mapped + memory, mapped + memory))
        try:
            read(path)
            told = "read"
        except ValueError as error:
            told = f"{type(error).__module__} {type(error).__name__}: {error}"
        except BaseException as error:
            told = f"fault {type(error).__name__}: {error}"
        print(json.dumps([path.name, told[:300]]), flush=True)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        print(json.dumps([path.name, "killed"]), flush=True)
"""


def dxf(*groups: object) -> bytes:
    return "\n".join(map(str, (0, "SECTION", 2, "BLOCKS", *groups, 0, "ENDSEC", 0, "EOF"))).encode() + b"\n"


def block(name: str, *inside: object) -> tuple[object, ...]:
    return 0, "BLOCK", 8, 1, 2, name, *inside, 0, "ENDBLK"


def outline(*corners: tuple[object, object]) -> tuple[object, ...]:
    vertices = [g for x, y in corners for g in (0, "VERTEX", 8, 1, 10, x, 20, y)]
    return 0, "POLYLINE", 8, 1, 66, 1, 70, 1, *vertices, 0, "SEQEND"


def glb(content: dict, binary: bytes = b"") -> bytes:
    text = json.dumps(content).encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(binary), b"BIN\0") + binary
    return b"glTF" + struct.pack("<II", 2, 12 + len(chunks)) + chunks


def accessor(count: int) -> dict:
    return {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}}]}],
        "accessors": [{"bufferView": 0, "componentType": 5126, "type": "VEC3", "count": count}],
        "bufferViews": [{"buffer": 0, "byteLength": 12}],
        "buffers": [{"byteLength": 12}],
    }


ENTITIES = "".join(f'<!ENTITY e{k} "{f"&e{k - 1};" * 10 if k else "ha" * 10}">' for k in range(12))
PANEL = {"vertices": [[0, 0], [1, 0], [0, 1]], "edges": [{"endpoints": [k, (k + 1) % 3]} for k in range(3)]}


def garmentcode(**panel: object) -> bytes:
    properties = {"curvature_coords": "relative", "units_in_meter": 100}
    return json.dumps({"pattern": {"panels": {"a": PANEL | panel}}, "properties": properties}).encode()


FILES: dict[str, bytes] = {
    "cycle.dxf": dxf(*block("A", 0, "INSERT", 8, 1, 2, "B"), *block("B", 0, "INSERT", 8, 1, 2, "A")),
    "bomb.dxf": dxf(*(g for k in range(30) for g in block(f"B{k}", *(0, "INSERT", 8, 1, 2, f"B{k + 1}") * 10))),
    "nan.dxf": dxf(*block("P", *outline((0, 0), ("nan", 0), (0, 9)))),
    "inf.dxf": dxf(*block("P", *outline((0, 0), ("1e999", 0), (0, 9)))),
    "many.dxf": dxf(*block("P", *outline(*[(k, k % 7) for k in range(120_000)]))),
    "light_years.dxf": dxf(*block("P", *outline((0, 0), (9e15, 0), (0, 9e15)))),
    "cut_off.dxf": dxf(*block("P", *outline((0, 0), (9, 0), (0, 9))))[:90],
    "numbers.dxf": b"9" * 3_000_000,
    "vector.svg": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    "bomb.svg": f"<!DOCTYPE svg [{ENTITIES}]><svg>&e11;</svg>".encode(),
    "bomb.val": f"<!DOCTYPE pattern [{ENTITIES}]><pattern>&e11;</pattern>".encode(),
    "outside.sm2d": b'<!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/hostname">]><pattern>&x;</pattern>',
    "deep.val": b"<a>" * 300_000,
    "deep.json": b"[" * 300_000,
    "digits.json": b'{"pattern": ' + b"9" * 1_000_000 + b"}",
    "nan.json": garmentcode(translation=[0, float("nan"), 0]),
    "endless.json": garmentcode(vertices=[[0, 0]] * 400_000),
    "parsecs.json": json.dumps(
        {"pattern": {"panels": {"a": PANEL}}, "properties": {"curvature_coords": "relative", "units_in_meter": 1e-12}}
    ).encode(),
    "cut_off.json": json.dumps({"pattern": {"panels": {"a": PANEL}}}).encode()[:-9],
    "binary.json": bytes(range(256)) * 4000,
    "own_deep.json": b'{"format": ' * 200_000,
    "own_nan.json": b'{"format": "toile-pattern", "version": 2, "pieces": [NaN], "seams": 1e999}',
    "deep.toml": b"a = " + b"[" * 200_000,
    "endless.rul": b"RULE: DELTA 1\n" + b"1,1\n" * 500_000,
    "billion.glb": glb(accessor(10**9), bytes(12)),
    "negative.glb": glb(accessor(-1), bytes(12)),
    "cycle.glb": glb({**accessor(1), "nodes": [{"mesh": 0, "children": [0]}]}, bytes(12)),
    "nan.glb": glb(accessor(1), struct.pack("<3f", *[float("nan")] * 3)),
    "cut_off.glb": glb(accessor(1), bytes(12))[:60],
    "boast.glb": b"glTF" + struct.pack("<II", 2, 2**31) + bytes(40),
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What came of each file."""
    folder = tmp_path_factory.mktemp("hostile")
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    environment = {**os.environ, "PYTHONPATH": str(ROOT / ".dev"), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    words = [sys.executable, "-c", READER, str(folder), str(SECONDS), str(BYTES)]
    ended = subprocess.run(words, capture_output=True, text=True, env=environment, check=False)
    assert ended.returncode == 0, ended.stderr[-2000:]
    return dict(map(json.loads, ended.stdout.splitlines()))


@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_is_refused_by_name_and_takes_little(name: str, told: dict[str, str]) -> None:
    module, _, said = told[name].partition(" ")
    assert module.startswith("toile."), told[name]  # one of our own refusals: not read, no fault, not killed
    assert said.partition(": ")[2].endswith((".", "?", "'"))  # a sentence
