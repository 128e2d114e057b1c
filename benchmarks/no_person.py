# SPDX-License-Identifier: GPL-3.0-or-later
"""What is no standing person and must be refused: each thing, the CPU seconds it took and the reason that was given.

PYTHONPATH=.dev python benchmarks/no_person.py

Ends with status 1 where something was taken for a person. Of each reason tests/kernels/test_scan_bodies.py has one.
"""

import sys
import time

import numpy as np
import trimesh
from toile.bodies import ScanRefused, avatar, body_from_scan, posed, scan_from_arrays
from toile.bodies.posing import WALK


def _moved(mesh, x=0.0, y=0.0, z=0.0):
    mesh.apply_translation([x, y, z])
    return mesh


def _two_people(apart):
    one, other = (trimesh.Trimesh(b.vertices, b.faces, process=False) for b in (avatar(), avatar({"stature": 1.75})))
    return trimesh.util.concatenate([one, _moved(other, x=apart, y=0.1)])


def _teapot():
    parts = [
        trimesh.creation.icosphere(subdivisions=4, radius=0.5),
        _moved(trimesh.creation.torus(0.3, 0.06), x=-0.55),
        _moved(trimesh.creation.cylinder(0.08, 0.8), x=0.5, z=0.3),
    ]
    return trimesh.util.concatenate(parts)


def _animal():
    legs = [_moved(trimesh.creation.capsule(0.6, 0.07), x, y) for x in (-0.5, 0.5) for y in (-0.15, 0.15)]
    trunk = trimesh.creation.capsule(1.0, 0.22)
    trunk.apply_transform(trimesh.transformations.rotation_matrix(np.pi / 2, [0, 1, 0]))
    head = _moved(trimesh.creation.icosphere(subdivisions=4, radius=0.18), x=0.85, z=1.0)
    return trimesh.util.concatenate([*legs, _moved(trunk, x=-0.5, z=0.75), head])


def _robot():
    parts = [
        _moved(trimesh.creation.box((0.4, 0.25, 0.6)), z=1.1),
        _moved(trimesh.creation.box((0.2, 0.2, 0.25)), z=1.6),
    ]
    for side in (-1, 1):
        parts.append(_moved(trimesh.creation.box((0.15, 0.18, 0.8)), x=0.12 * side, z=0.4))
        parts.append(_moved(trimesh.creation.box((0.1, 0.12, 0.6)), x=0.27 * side, z=1.1))
    return trimesh.util.concatenate(parts).subdivide_to_size(0.04)


def _in_a_coat():
    angle, height = np.meshgrid(np.linspace(0, 2 * np.pi, 121)[:-1], np.linspace(1.42, 0.15, 80))
    radius = np.interp(-height, [-1.42, -1.2, -0.15], [0.20, 0.27, 0.42])
    coat = np.stack([radius * np.cos(angle), 0.75 * radius * np.sin(angle), height], axis=-1).reshape(-1, 3)
    corner = (np.arange(79)[:, None] * 120 + np.arange(119)).reshape(-1, 1)
    faces = np.concatenate([corner + np.array([0, 1, 121]), corner + np.array([0, 121, 120])])
    body = avatar()
    return trimesh.util.concatenate(
        [trimesh.Trimesh(body.vertices, body.faces, process=False), trimesh.Trimesh(coat, faces, process=False)]
    )


def _stepping():
    body = posed(avatar(), WALK)
    return trimesh.Trimesh(body.vertices, body.faces, process=False)


NO_PERSON = {
    "two people who touch": lambda: _two_people(0.35),
    "two people side by side": lambda: _two_people(0.75),
    "person in a long step": _stepping,
    "person in a wide coat": _in_a_coat,
    "robot": _robot,
    "teapot": _teapot,
    "animal": _animal,
}


def main() -> int:
    """Show each to the measuring."""
    taken = 0
    for what, made in NO_PERSON.items():
        mesh, began = made(), time.process_time()
        try:
            body_from_scan(scan_from_arrays(mesh.vertices, mesh.faces, what))
            told, taken = "TAKEN FOR A PERSON", taken + 1
        except ScanRefused as refused:
            told = str(refused)
        print(f"{what:26}{time.process_time() - began:6.1f} s  {told}", flush=True)
    return 1 if taken else 0


if __name__ == "__main__":
    sys.exit(main())
