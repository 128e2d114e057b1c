# SPDX-License-Identifier: GPL-3.0-or-later
"""Making a photograph a scan: the light evened out, perspective undone, a coin found to tell the scale."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...sim.fabric import FabricRefused
from ..yarn import Image

Reals = NDArray[np.float64]

_LIGHT_DEGREE = 3  # of the polynomial that light falls by over a swatch: one lamp, a window and the lens
_BOX = 11  # pixels of a picture of about 256 a side, over which yarns are blurred away where a coin is sought
_BLOCKS = 48  # a side, over which light is fitted
_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)


def even_light(picture: Image) -> tuple[Image, float]:
    """A photograph (h, w, 3) as if its light were the same all over; and by what factor its light had varied.

    The light is a polynomial of the third degree through the logarithm of brightness, so that stripes wider than a
    hand's breadth of the picture stay; it is divided out of all three channels alike, so that hues stay.
    """
    rows, columns = (np.array_split(np.arange(n), min(_BLOCKS, n)) for n in picture.shape[:2])
    brightness = np.log(np.maximum(picture @ _LUMA, 1e-3))
    means = np.add.reduceat(brightness, [part[0] for part in rows], 0)
    means = np.add.reduceat(means, [part[0] for part in columns], 1)
    means = means / np.outer([len(part) for part in rows], [len(part) for part in columns])
    y, x = (
        np.array([part.mean() / n * 2 - 1 for part in parts])
        for parts, n in ((rows, picture.shape[0]), (columns, picture.shape[1]))
    )
    powers = [(i, j) for i in range(_LIGHT_DEGREE + 1) for j in range(_LIGHT_DEGREE + 1 - i)]
    terms = np.stack([np.outer(y**i, x**j).ravel() for i, j in powers], 1)
    factors = np.linalg.lstsq(terms, means.ravel(), rcond=None)[0]
    fine_y, fine_x = (np.arange(n) / n * 2 - 1 for n in picture.shape[:2])
    light = sum(f * np.outer(fine_y**i, fine_x**j) for f, (i, j) in zip(factors, powers, strict=True))
    light = np.asarray(light, np.float32)
    low, high = float(light.min()), float(light.max())
    light -= light.mean()
    return np.clip(picture * np.exp(-light)[..., None], 0, 1), math.exp(high - low)


def sampled(picture: Image, x: Reals, y: Reals) -> Image:
    """A picture (h, w, c) read between its pixels at places x, y (any shape), centres at whole numbers, y down."""
    rows, columns = picture.shape[:2]
    left = np.clip(np.floor(x).astype(np.intp), 0, columns - 2)
    above = np.clip(np.floor(y).astype(np.intp), 0, rows - 2)
    right, down = (np.clip(a - b, 0, 1).astype(np.float32)[..., None] for a, b in ((x, left), (y, above)))
    upper = picture[above, left] * (1 - right) + picture[above, left + 1] * right
    lower = picture[above + 1, left] * (1 - right) + picture[above + 1, left + 1] * right
    return upper * (1 - down) + lower * down


def square_on(picture: Image, corners: Sequence[tuple[float, float]], size: tuple[float, float]) -> tuple[Image, float]:
    """Undo perspective: what lies between four corners, as a scan of it; and its metres a pixel.

    corners: of a rectangle of `size` (width, height) metres on the cloth, pixels right and down, clockwise from its top
    left. Raises FabricRefused for corners outside the picture, not convex, or a size that is not positive.
    """
    points = np.asarray(corners, np.float64)
    rows, columns = picture.shape[:2]
    if points.shape != (4, 2) or not np.isfinite(points).all() or not all(math.isfinite(s) and s > 0 for s in size):
        raise FabricRefused("Perspective needs four corners x,y and a positive width and height.")
    if (points < -0.5).any() or (points > np.array([columns, rows]) - 0.5).any():
        raise FabricRefused(f"A corner lies outside the picture of {columns} × {rows} pixels.")
    sides = np.roll(points, -1, 0) - points
    onward = np.roll(sides, -1, 0)
    turns = sides[:, 0] * onward[:, 1] - sides[:, 1] * onward[:, 0]
    if turns.min() <= 0 or np.hypot(*sides.T).min() < 32:
        raise FabricRefused("The corners go clockwise from the top left and enclose 32 pixels or more a side.")
    lengths = np.hypot(*sides.T)
    pixel = float(min(size[0] / max(lengths[0], lengths[2]), size[1] / max(lengths[1], lengths[3])))
    across, down = max(round(size[0] / pixel), 1), max(round(size[1] / pixel), 1)
    square = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float64)
    h = _homography(square, points)
    v, u = np.meshgrid((np.arange(down) + 0.5) / down, (np.arange(across) + 0.5) / across, indexing="ij")
    x, y, w = np.einsum("ij,jkl->ikl", h, np.stack([u, v, np.ones_like(u)]))
    return sampled(picture, x / w, y / w), pixel


def _homography(source: Reals, target: Reals) -> Reals:
    """The projective map (3, 3) that takes four points to four others."""
    rows: list[Sequence[float]] = []
    for (u, v), (x, y) in zip(source.tolist(), target.tolist(), strict=True):
        rows += [[u, v, 1, 0, 0, 0, -x * u, -x * v], [0, 0, 0, u, v, 1, -y * u, -y * v]]
    return np.append(np.linalg.solve(np.array(rows), target.ravel()), 1.0).reshape(3, 3)


def find_coin(picture: Image) -> tuple[float, float, float] | None:
    """The clearest disc in a photograph: its centre (right, down) and radius in pixels; None where there is none.

    Gradients of the blurred picture vote for the centres that they point at (D. H. Ballard, Pattern Recognition 13,
    1981). A disc is one whose rim is seen over two thirds of its round; its radius, a thirtieth to a quarter of a side.
    """
    step = max(1, min(picture.shape[:2]) // 256)
    rows, columns = (n // step for n in picture.shape[:2])
    small = picture[: rows * step, : columns * step].reshape(rows, step, columns, step, 3).mean((1, 3, 4))
    for axis in (0, 1, 0, 1, 0, 1):  # three boxes are near to a Gaussian, here wide enough to hide the yarns
        beside = np.pad(small, [(_BOX // 2,) * 2 if k == axis else (0, 0) for k in (0, 1)], mode="edge")
        n = small.shape[axis]
        small = np.mean([np.take(beside, np.arange(k, k + n), axis) for k in range(_BOX)], axis=0)
    gy, gx = np.gradient(small)
    slope = np.hypot(gx, gy)
    y, x = np.nonzero(slope > np.quantile(slope, 0.93))
    gx, gy = gx[y, x] / slope[y, x], gy[y, x] / slope[y, x]
    side = min(rows, columns)
    best, found = 0.0, None
    for radius in np.arange(max(side / 30, 4), side / 4, 0.5):
        for sign in (1, -1):
            cx, cy = np.rint(x + sign * radius * gx).astype(int), np.rint(y + sign * radius * gy).astype(int)
            inside = (cx >= 1) & (cx < columns - 1) & (cy >= 1) & (cy < rows - 1)
            votes = np.bincount(cy[inside] * columns + cx[inside], minlength=rows * columns).reshape(rows, columns)
            votes = np.sum([np.roll(votes, (i, j), (0, 1)) for i in (-1, 0, 1) for j in (-1, 0, 1)], axis=0)
            top = int(np.argmax(votes))
            share = float(votes.flat[top]) / (2 * math.pi * radius)
            if share > best:
                best, found = share, (float(top % columns), float(top // columns), float(radius))
    if found is None:
        return None
    cx, cy, radius = found
    near = np.abs(np.hypot(x - cx, y - cy) - radius) < 2.5
    outward = np.abs(gx * (x - cx) + gy * (y - cy)) > 0.9 * np.hypot(x - cx, y - cy)
    rim = near & outward
    seen = len(np.unique((np.arctan2(y[rim] - cy, x[rim] - cx) / (2 * math.pi) * 36).astype(int))) / 36
    if seen < 2 / 3:
        return None
    matrix = np.stack([x[rim], y[rim], np.ones(int(rim.sum()))], 1)
    a, b, _ = np.linalg.lstsq(matrix, x[rim].astype(np.float64) ** 2 + y[rim].astype(np.float64) ** 2, rcond=None)[0]
    middle = (step - 1) / 2
    x, y = float(a / 2 * step + middle), float(b / 2 * step + middle)
    return x, y, _rim(picture, (x, y), radius * step)


def _rim(picture: Image, centre: tuple[float, float], near: float) -> float:
    """The radius about a centre, within a third of `near`, at which a picture's mean round it changes most, pixels."""
    v, u = np.mgrid[: picture.shape[0], : picture.shape[1]]
    ring = np.rint(np.hypot(u - centre[0], v - centre[1])).astype(int).ravel()
    many = np.maximum(np.bincount(ring), 1)
    means = np.stack([np.bincount(ring, picture[..., k].ravel()) / many for k in range(3)], 1)
    change = np.abs(np.diff(means, axis=0)).sum(1)  # entry k: from ring k to ring k + 1
    low, high = int(near * 2 / 3), min(int(near * 4 / 3) + 1, len(change))
    top = low + int(np.argmax(change[low:high]))
    beside = change[max(top - 2, 0) : top + 3]
    return float((np.arange(max(top - 2, 0), max(top - 2, 0) + len(beside)) * beside).sum() / beside.sum()) + 0.5
