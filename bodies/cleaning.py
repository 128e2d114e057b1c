# SPDX-License-Identifier: GPL-3.0-or-later
"""From a raw scan to the points of one standing thing in metres: surface sampling, floor, strays, unit.

Worker side: scipy is imported where it is used.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .scan_io import Scan, ScanRefused

Floats = NDArray[np.float64]

SAMPLES = 120_000
UNITS = {"m": 1.0, "dm": 10.0, "cm": 100.0, "mm": 1000.0, "inch": 1 / 0.0254, "foot": 1 / 0.3048}
# People (their longest extent, standing, T-pose or not) in metres: so narrow that no two units both fit one length.
SHORTEST, LONGEST = 0.95, 2.34
MOST_PLANES = 8  # a room and a turntable in it
TRIES = 1500  # planes through three points at random: enough to meet a turntable that is a tenth of what was seen
AGREEING = 0.95  # of neighbouring normals, on a mesh whose faces are all wound alike (whole ones: 0.99)
OUTWARD = 0.4  # of the flux of position through a mesh that is wound alike (people: 0.58 and more; legs reversed: 0.17)
SECOND_MOST = 0.25  # of the person's points: what else stands in the room may be a chair's leg, no other person


@dataclass(frozen=True)
class Cleaned:
    """Points of one thing, in metres but in the scan's own axes."""

    points: Floats  # (n, 3)
    normals: Floats  # (n, 3) unit; outward if signed (a mesh whose faces agree)
    signed: bool
    floor: tuple[Floats, float] | None  # unit normal towards the thing, and offset: floor where normal·p = offset
    unit: str
    noise: float  # standard deviation of points about their surface, metres


def surface_points(scan: Scan, rng: np.random.Generator) -> tuple[Floats, Floats | None]:
    """Points spread evenly over a mesh with their face normals, or a cloud as it is (thinned beyond 1.5 million)."""
    if scan.faces is None:
        points, normals = scan.points, scan.normals
        if len(points) > 1_500_000:
            pick = np.sort(rng.choice(len(points), 1_500_000, replace=False))
            points, normals = points[pick], None if normals is None else normals[pick]
        return points, normals
    corner = scan.points[scan.faces]
    cross = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    area = np.linalg.norm(cross, axis=1)
    if not area.sum() > 0:
        raise ScanRefused(f"{scan.name} has no surface: all its faces are flat lines.")
    face = np.sort(rng.choice(len(area), SAMPLES, p=area / area.sum()))
    u, v = np.sqrt(rng.random(SAMPLES)), rng.random(SAMPLES)
    share = np.stack([1 - u, u * (1 - v), u * v], axis=1)
    return np.einsum("nk,nki->ni", share, corner[face]), cross[face] / area[face, None]


def thinned(points: Floats, cell: float) -> NDArray[np.int64]:
    """Index of one point per cubic cell (the first)."""
    key = np.floor((points - points.min(axis=0)) / cell).astype(np.int64)
    size = key.max(axis=0) + 1
    _, first = np.unique((key[:, 0] * size[1] + key[:, 1]) * size[2] + key[:, 2], return_index=True)
    return np.sort(first)


def clean(scan: Scan, rng: np.random.Generator) -> Cleaned:
    """Take away floor and strays, find the unit. Raises ScanRefused."""
    from scipy.spatial import KDTree

    points, normals = surface_points(scan, rng)
    size = _robust_size(points)
    coarse = points[thinned(points, size / 150)]
    planes: list[tuple[Floats, float]] = []
    while len(planes) < MOST_PLANES and (plane := _find_plane(coarse, size, rng)) is not None:
        planes.append(plane)
        normal, offset = plane
        above = points @ normal - offset > min(0.006 * size, 3 * _thickness(coarse, plane, size))
        points, normals = points[above], None if normals is None else normals[above]
        coarse = coarse[coarse @ normal - offset > 0.006 * size]
        if len(coarse) < 200:
            raise ScanRefused(f"{scan.name} is a flat thing: scan the whole person.")
        size = _robust_size(points)
    keep, second = _main_piece(points, size / 60)
    if second > SECOND_MOST:
        raise ScanRefused(f"{scan.name} holds more than one thing or person: scan one person alone.")
    points, normals = points[keep], None if normals is None else normals[keep]
    if len(points) < 200:
        raise ScanRefused(f"{scan.name} has too few points off the floor: scan the whole person.")

    length = _extent(points)
    fits = [unit for unit, per_metre in UNITS.items() if SHORTEST <= length / per_metre <= LONGEST]
    if not fits:
        raise ScanRefused(
            f"{scan.name} is {length:.4g} units long, which is a person's height in none of {', '.join(UNITS)}."
        )
    # The floor is the plane that the person stands on; walls keep their distance.
    standing = [(n, d) for n, d in planes if np.percentile(points @ n, 0.1) - d < 0.03 * length]
    scale = 1 / UNITS[fits[0]]
    points = points * scale
    floor = (standing[0][0], standing[0][1] * scale) if standing else None

    first = thinned(points, 0.004)
    points, normals = points[first], None if normals is None else normals[first]
    tree = KDTree(points)
    neighbours = min(16, len(points) - 1)
    distance, index = tree.query(points, neighbours)
    index = np.asarray(index, dtype=np.int64)
    spread = distance.mean(axis=1)
    solid = spread < np.median(spread) + 4 * (np.percentile(spread, 84) - np.median(spread) + 1e-4)
    local = points[index] - points[index].mean(axis=1, keepdims=True)
    values, vectors = np.linalg.eigh(np.einsum("nki,nkj->nij", local, local))
    noise = float(np.median(np.sqrt(np.maximum(values[:, 0], 0) / neighbours)))
    outward = None if scan.faces is None or normals is None else _outward(points, normals, index)
    directions = vectors[:, :, 0] if outward is None else outward
    return Cleaned(points[solid], directions[solid], outward is not None, floor, fits[0], noise)


def _outward(points: Floats, normals: Floats, neighbours: NDArray[np.int64]) -> Floats | None:
    """Face normals (n, 3) turned out of what the faces enclose; None where faces do not agree on which side that is."""
    agree = np.einsum("ni,nki->nk", normals, normals[neighbours]) > 0
    flux = np.einsum("ni,ni->n", points - points.mean(axis=0), normals)
    out = float(flux.sum() / np.abs(flux).sum())
    return np.sign(out) * normals if agree.mean() > AGREEING and abs(out) > OUTWARD else None


def _robust_size(points: Floats) -> float:
    low, high = np.percentile(points, [1, 99], axis=0)
    return float(np.linalg.norm(high - low))


def _extent(points: Floats) -> float:
    """Length along the longest principal axis, without a few strays at either end."""
    centred = points - np.median(points, axis=0)
    sample = centred[:: max(1, len(centred) // 50_000)]
    axis = np.linalg.svd(sample - sample.mean(axis=0), full_matrices=False)[2][0]
    low, high = np.percentile(sample @ axis, [0.1, 99.9])
    return float(high - low)


def _find_plane(points: Floats, size: float, rng: np.random.Generator) -> tuple[Floats, float] | None:
    """The plane that many points lie in while all others lie on one side of it (normal and offset), or None.

    One-sidedness is what tells a floor or a wall from a broad back (which a plain RANSAC would take for it). Just below
    it may be the rim of a turntable.
    """
    from scipy.spatial import ConvexHull

    best: tuple[int, Floats, float] | None = None
    slab = 0.004 * size
    sample = points[rng.choice(len(points), min(len(points), 6000), replace=False)]
    for _ in range(TRIES):
        a, b, c = sample[rng.integers(len(sample), size=3)]
        normal = np.cross(b - a, c - a)
        length = np.linalg.norm(normal)
        if length < 1e-3 * size**2:
            continue
        normal = normal / length
        height = sample @ normal - a @ normal
        if np.sum(height > slab) < np.sum(height < -slab):
            normal, height = -normal, -height
        inside = np.abs(height) < slab
        deep, below = np.mean(height < -0.1 * size), np.mean(height < -slab)
        if inside.mean() < 0.02 or deep > 0.015 or below > 0.1:
            continue
        if best is None or inside.sum() > best[0]:
            best = int(inside.sum()), normal, float(a @ normal)
    if best is None:
        return None
    _, normal, offset = best
    inside = np.abs(points @ normal - offset) < slab
    centre, fitted = points.mean(axis=0), np.eye(3)
    for _ in range(3):  # refine on the inliers
        centre = points[inside].mean(axis=0)
        fitted = np.linalg.svd(points[inside] - centre, full_matrices=False)[2]
        normal = fitted[2] * np.sign(fitted[2] @ normal)
        offset = float(centre @ normal)
        inside = np.abs(points @ normal - offset) < slab
    flat = (points[inside] - centre) @ fitted[:2].T
    # A floor fills a wide patch; a plane that leans on hands, belly and knees touches a few spots of its hull.
    hull = ConvexHull(flat).volume
    filled = len(thinned(np.column_stack([flat, np.zeros(len(flat))]), size / 40)) * (size / 40) ** 2
    tall = np.percentile(points @ normal - offset, 99) > 0.2 * size
    return (normal, offset) if hull > (0.225 * size) ** 2 and filled > 0.6 * hull and tall else None


def _thickness(points: Floats, plane: tuple[Floats, float], size: float) -> float:
    """How far a plane's points scatter about it (three standard deviations hold them all but 0.3 %)."""
    height = np.abs(points @ plane[0] - plane[1])
    return float(np.sqrt(np.mean(height[height < 0.004 * size] ** 2))) + 0.0008 * size


def _main_piece(points: Floats, cell: float) -> tuple[NDArray[np.bool_], float]:
    """Mask of the largest piece when points are joined through neighbouring cells, and the second's share of it."""
    from scipy import ndimage

    key = np.floor((points - points.min(axis=0)) / cell).astype(np.int64)
    shape = key.max(axis=0) + 1
    if np.prod(shape.astype(float)) > 2e8:
        # A stray far away blew up the box: look only where most points are.
        low, high = np.percentile(points, [0.5, 99.5], axis=0)
        near = np.all((points > low - 0.3 * (high - low)) & (points < high + 0.3 * (high - low)), axis=1)
        keep = np.zeros(len(points), dtype=bool)
        keep[near], second = _main_piece(points[near], max(cell, float(np.max(high - low)) / 300))
        return keep, second
    cells = np.zeros(tuple(shape), dtype=bool)
    cells[tuple(key.T)] = True
    labels = np.zeros(cells.shape, dtype=np.int32)
    ndimage.label(cells, structure=np.ones((3, 3, 3)), output=labels)
    of_point = labels[tuple(key.T)]
    counts = np.bincount(of_point)[1:]
    *_, second, most = np.sort(np.r_[0, counts])
    return of_point == np.argmax(counts) + 1, float(second / most)
