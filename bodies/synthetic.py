# SPDX-License-Identifier: GPL-3.0-or-later
"""A raw body scan of a clean body, as depth cameras see one: for the demo and for tests, whose truth is then known.

Each camera keeps the surface that it sees (a depth buffer at its resolution), with noise along its rays that grows at
grazing angles. Then come holes, strays, a floor, and any unit and pose in space. NumPy alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .body import Body
from .scan_io import Scan

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Conditions:
    """How a scan is taken. Lengths in metres, on the body."""

    points: int = 300_000
    noise: float = 0.0015  # standard deviation along the ray, facing the camera
    holes: int = 12
    strays: float = 0.01  # share of points anywhere in the room
    floor: bool = True
    crown: bool = True  # False: the top of the head is missing
    cameras: int = 4  # round the body, each at two heights
    units_per_metre: float = 1.0
    lying: bool = False  # turned at random in space, else upright, Z up, facing −Y


def synthetic_scan(body: Body, conditions: Conditions, rng: np.random.Generator, name: str = "synthetic") -> Scan:
    """A point cloud of the body. The same generator state gives the same points."""
    top = float(body.vertices[:, 2].max())
    points, normals = _sampled(body, int(conditions.points * 2.5), rng)
    seen = []
    for k in range(conditions.cameras):
        angle = 2 * np.pi * k / conditions.cameras + rng.uniform(0, 0.6)
        for height in (0.35 * top, 0.87 * top):
            eye = np.array([2.2 * np.cos(angle), 2.2 * np.sin(angle), height])
            visible, cosine = _visible(points, normals, eye)
            ray = points[visible] - eye
            ray /= np.linalg.norm(ray, axis=1, keepdims=True)
            depth = rng.normal(size=len(ray)) * conditions.noise / np.maximum(cosine[visible], 0.25)
            seen.append(points[visible] + depth[:, None] * ray)
    cloud = np.concatenate(seen)
    if not conditions.crown:
        cloud = cloud[cloud[:, 2] < 0.975 * top]
    for _ in range(conditions.holes):
        centre = cloud[rng.integers(len(cloud))]
        cloud = cloud[np.linalg.norm(cloud - centre, axis=1) > rng.uniform(0.015, 0.05)]
    if len(cloud) > conditions.points:
        cloud = cloud[np.sort(rng.choice(len(cloud), conditions.points, replace=False))]
    parts = [cloud, rng.uniform([-0.7, -0.5, 0], [0.7, 0.5, top], (int(conditions.strays * len(cloud)), 3))]
    if conditions.floor:
        count = len(cloud) // 15
        parts.append(np.column_stack([rng.uniform(-0.6, 0.6, (count, 2)), rng.normal(0, conditions.noise, count)]))
    cloud = np.concatenate(parts)
    if conditions.lying:
        q, r = np.linalg.qr(rng.normal(size=(3, 3)))
        q *= np.sign(np.diag(r))
        q[:, 0] *= np.linalg.det(q)
        cloud = cloud @ q.T + rng.uniform(-1, 1, 3)
    return Scan(cloud * conditions.units_per_metre, None, None, name)


def _sampled(body: Body, count: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Points (count, 3) spread evenly over the surface, and its normals there."""
    corner = body.vertices[body.faces]
    cross = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    area = np.linalg.norm(cross, axis=1)
    face = rng.choice(len(area), count, p=area / area.sum())
    u, v = np.sqrt(rng.random(count)), rng.random(count)
    share = np.stack([1 - u, u * (1 - v), u * v], axis=1)
    return np.einsum("nk,nki->ni", share, corner[face]), cross[face] / area[face, None]


def _visible(points: Floats, normals: Floats, eye: Floats) -> tuple[NDArray[np.bool_], Floats]:
    """Which points the eye sees, through a depth buffer of 4 mrad pixels, and the cosine of each one's view angle."""
    ray = points - eye
    depth = np.linalg.norm(ray, axis=1)
    cosine = -np.einsum("ni,ni->n", ray, normals) / depth
    across = np.floor(np.arctan2(ray[:, 1], ray[:, 0]) / 0.004).astype(np.int64)
    up = np.floor(np.arcsin(ray[:, 2] / depth) / 0.004).astype(np.int64)
    pixel = (across - across.min()) * (np.ptp(up) + 1) + up - up.min()
    nearest = np.full(int(pixel.max()) + 1, np.inf)
    np.minimum.at(nearest, pixel, depth)
    return (cosine > 0.2) & (depth < nearest[pixel] + 0.02), cosine
