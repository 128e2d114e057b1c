# SPDX-License-Identifier: GPL-3.0-or-later
"""One picture for a whole garment: its panels laid out as they are cut, and what the full mesh shows, drawn there.

A panel's place in the picture is its place on the cloth, moved and made smaller but never turned. So a point of the
cloth is one pixel whichever mesh is drawn, and tangents are the same on the cloth as in the picture. No bpy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

MARGIN = 4  # pixels round a panel, so that no other shows at its edge when the picture is seen from afar
_CHUNK = 1_000_000  # pixels looked at at a time
_EDGE = 1e-9


class AtlasRefused(ValueError):
    """A picture too small for a garment's panels."""


@dataclass(frozen=True)
class Window:
    """A panel's part of the picture: its first pixel (x, y), its pixels (wide, tall), and what lies at the first
    pixel's corner, in metres on the cloth.
    """

    first: tuple[int, int]
    size: tuple[int, int]
    origin: Floats


@dataclass(frozen=True)
class Atlas:
    """A square picture of so many pixels, how many of them a metre takes, and each panel's window."""

    pixels: int
    scale: float
    windows: Mapping[int, Window]

    def placed(self, corner_uv: Floats, panel: Ints) -> Floats:
        """UV (m, 3, 2) in the picture, 0 to 1, of UV on the cloth in metres."""
        found = np.empty_like(corner_uv)
        for number, window in self.windows.items():
            own = panel == number
            found[own] = ((corner_uv[own] - window.origin) * self.scale + window.first) / self.pixels
        return found

    def on_cloth(self, window: Window) -> Floats:
        """(tall, wide, 2) metres: where on the cloth each pixel's middle lies."""
        x, y = (np.arange(n) + 0.5 for n in window.size)
        return np.stack(np.meshgrid(x, y), axis=-1) / self.scale + window.origin


def laid_out(corner_uv: Floats, panel: Ints, pixels: int) -> Atlas:
    """As large as the panels go into a picture, in rows, the tallest first. Raises AtlasRefused."""
    numbers = [int(n) for n in np.unique(panel)]
    boxes = {n: (corner_uv[panel == n].min(axis=(0, 1)), corner_uv[panel == n].max(axis=(0, 1))) for n in numbers}
    low, high = 0.0, pixels / max(float((b - a).max()) for a, b in boxes.values())
    best: dict[int, Window] = {}
    for _ in range(30):
        scale = (low + high) / 2
        if found := _rows(boxes, scale, pixels):
            low, best = scale, found
        else:
            high = scale
    if not best:
        raise AtlasRefused(f"A picture of {pixels} pixels is too small for {len(numbers)} panels: take a larger one.")
    return Atlas(pixels, low, best)


def _rows(boxes: Mapping[int, tuple[Floats, Floats]], scale: float, pixels: int) -> dict[int, Window]:
    """Where each panel's window goes at a scale; nothing where they do not all go in."""
    found: dict[int, Window] = {}
    x = y = row = 0
    sizes = {n: np.ceil((b - a) * scale).astype(int) + 2 * MARGIN for n, (a, b) in boxes.items()}
    for number in sorted(boxes, key=lambda n: -sizes[n][1]):
        wide, tall = (int(n) for n in sizes[number])
        if x + wide > pixels:
            x, y, row = 0, y + row, 0
        if wide > pixels or y + tall > pixels:
            return {}
        found[number] = Window((x, y), (wide, tall), boxes[number][0] - MARGIN / scale)
        x, row = x + wide, max(row, tall)
    return found


def drawn(corners: Floats, values: Floats, size: tuple[int, int]) -> tuple[Floats, Mask]:
    """Triangles (m, 3, 2), in pixels, with values (m, 3, c) at their corners, on a picture (tall, wide, c) of that
    size (wide, tall); and where there is any.
    """
    image, covered = np.zeros((size[1], size[0], values.shape[2])), np.zeros((size[1], size[0]), bool)
    first = np.clip(np.floor(corners.min(axis=1)).astype(int), 0, size)
    boxes = np.clip(np.ceil(corners.max(axis=1)).astype(int), 0, size) - first
    for chunk in _chunks(boxes.prod(axis=1)):
        count = boxes[chunk].prod(axis=1)
        face = np.repeat(chunk, count)
        within = np.arange(len(face)) - np.repeat(count.cumsum() - count, count)
        x, y = first[face, 0] + within % boxes[face, 0], first[face, 1] + within // boxes[face, 0]
        shares = _shares(corners[face], np.stack([x, y], axis=1) + 0.5)
        inside = (shares >= -_EDGE).all(axis=1)
        image[y[inside], x[inside]] = np.einsum("nc,ncv->nv", shares[inside], values[face[inside]])
        covered[y[inside], x[inside]] = True
    return image, covered


def _chunks(counts: Ints) -> Iterator[Ints]:
    """Runs of numbers whose counts come to some million each."""
    yield from np.split(np.arange(len(counts)), np.flatnonzero(np.diff(counts.cumsum() // _CHUNK)) + 1)


def _shares(corners: Floats, points: Floats) -> Floats:
    """(n, 3) barycentric shares of points in their triangles; -1 in those without area."""
    a, b = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    p = points - corners[:, 0]
    area = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    flat = np.abs(area) < 1e-12
    area = np.where(flat, 1.0, area)
    second = (p[:, 0] * b[:, 1] - p[:, 1] * b[:, 0]) / area
    third = (a[:, 0] * p[:, 1] - a[:, 1] * p[:, 0]) / area
    return np.where(flat[:, None], -1.0, np.stack([1 - second - third, second, third], axis=1))


def spread(image: Floats, covered: Mask, pixels: int) -> tuple[Floats, Mask]:
    """A picture carried on by so many pixels beyond where there is any: each the mean of its neighbours that are."""
    for _ in range(pixels):
        held = np.pad(covered, 1)
        known = np.pad(np.where(covered[..., None], image, 0.0), ((1, 1), (1, 1), (0, 0)))
        around = [(slice(1 + i, 1 + i + covered.shape[0]), slice(1 + j, 1 + j + covered.shape[1]))
                  for i, j in ((-1, 0), (1, 0), (0, -1), (0, 1))]  # fmt: skip
        number = sum(held[at].astype(float) for at in around)
        new = ~covered & (number > 0)
        total = sum(known[at] for at in around)
        image = np.where(new[..., None], total / np.maximum(number, 1.0)[..., None], image)
        covered = covered | new
    return image, covered


def relief(
    atlas: Atlas,
    full: tuple[Floats, Ints, Floats],
    coarse: tuple[Floats, Ints, Floats],
) -> Floats:
    """The normal map (pixels, pixels, 3) in 0 to 1 by which a coarse mesh is shaded as the full one.

    full: its corner_uv (m, 3, 2) in metres, panel (m,) and corner normals (m, 3, 3). coarse: the same, where each
    corner has (k, 3, 7): normal, tangent, and the bitangent's sign, as MikkTSpace has them. Green is up (OpenGL, glTF).
    """
    found = np.full((atlas.pixels, atlas.pixels, 3), (0.5, 0.5, 1.0))
    for number, window in atlas.windows.items():
        normals, known = spread(*_panel(atlas, number, *full), 4 * MARGIN)
        frames, covered = spread(*_panel(atlas, number, *coarse), MARGIN)
        covered &= known
        frame = frames[covered]
        normal, tangent = _unit(frame[:, :3]), frame[:, 3:6]
        bitangent = np.where(frame[:, 6:] < 0, -1.0, 1.0) * np.cross(normal, _unit(tangent))
        base = np.stack([_unit(tangent), bitangent, normal], axis=-1)
        within = _unit(np.linalg.solve(base + 1e-9 * np.eye(3), normals[covered][..., None])[..., 0])
        x, y = window.first
        found[y : y + window.size[1], x : x + window.size[0]][covered] = 0.5 + 0.5 * within
    return found


def _panel(atlas: Atlas, number: int, corner_uv: Floats, panel: Ints, values: Floats) -> tuple[Floats, Mask]:
    """A mesh's panel drawn in its window."""
    own, window = panel == number, atlas.windows[number]
    return drawn((corner_uv[own] - window.origin) * atlas.scale, values[own], window.size)


def _unit(vectors: Floats) -> Floats:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)


def tiled(tile: Floats, size_m: tuple[float, float], at: Floats, pixel: float) -> Floats:
    """A cloth's tile (h, w, c), so large in metres, seen at places (…, 2) on the cloth in pixels of that many metres:
    where these are coarser than the tile's own, as the mean of what each covers.
    """
    for axis, metres in ((1, size_m[0]), (0, size_m[1])):
        count = tile.shape[axis]
        kept = min(count, max(1, round(metres / pixel)))
        starts = np.arange(kept) * count // kept
        shape = [1, 1, 1]
        shape[axis] = -1
        tile = np.add.reduceat(tile, starts, axis) / np.diff([*starts, count]).reshape(shape)
    rows, columns = tile.shape[:2]
    place = at / size_m
    return tile[(place[..., 1] % 1 * rows).astype(int) % rows, (place[..., 0] % 1 * columns).astype(int) % columns]
