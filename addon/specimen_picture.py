# SPDX-License-Identifier: GPL-3.0-or-later
"""A tested specimen as a picture: lit, and as the shadow that the standard's instrument sees. NumPy alone draws it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Ints = NDArray[np.int32]
Image = NDArray[np.uint8]

SIZE = 640  # pixels, of each of the two
_MARGIN = 0.06  # of the picture
_PAPER, _SHADOW, _DARKEST, _LIGHTEST = 255, 40, 60, 235
_LIGHT = np.array([0.35, 0.25, 0.9]) / np.linalg.norm([0.35, 0.25, 0.9])  # right, up, towards the onlooker
_ASLANT = (np.radians(25.0), np.radians(28.0))  # turned about the vertical, then seen from so far above
_BANDS = 400_000  # samples drawn at a time


def specimen_picture(positions: Points, faces: Ints, from_above: bool) -> Image:
    """(SIZE, 2 SIZE) grey: the cloth (n, 3) lit and aslant; beside it its shadow, from above or from the side."""
    turn, lift = _ASLANT
    c, s = np.cos(turn), np.sin(turn)
    right, back = np.array([c, s, 0.0]), np.array([-s, c, 0.0])
    up = np.array([0.0, 0.0, np.cos(lift)]) + np.sin(lift) * back
    aslant = np.stack([right, up, np.cross(right, up)])
    shadow = np.eye(3) if from_above else np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
    lit = _drawn(positions @ aslant.T, faces, lit=True)
    return np.concatenate([lit, _drawn(positions @ shadow.T, faces, lit=False)], axis=1)


def _drawn(seen: Points, faces: Ints, lit: bool) -> Image:
    """(SIZE, SIZE) grey of points whose axes are right, up and towards the onlooker; the nearest cloth shows."""
    low, high = seen.min(axis=0), seen.max(axis=0)
    scale = SIZE * (1 - 2 * _MARGIN) / max(float((high - low)[:2].max()), 1e-9)
    pixel = np.column_stack([(seen[:, :2] - (low + high)[:2] / 2) * [scale, -scale] + SIZE / 2, seen[:, 2]])
    corner = pixel[faces]
    longest = np.linalg.norm((corner - np.roll(corner, 1, axis=1))[:, :, :2], axis=2).max(initial=1.0)
    steps = int(np.ceil(1.5 * longest)) + 1
    i, j = np.divmod(np.arange(steps * steps), steps)
    a, b = (q[i + j < steps] / (steps - 1) for q in (i, j))
    weights = np.stack([1 - a - b, a, b], axis=1)  # dense enough to leave no pixel of a triangle out
    shade = _shades(seen, faces)
    depth, image = np.full((SIZE, SIZE), -np.inf), np.full((SIZE, SIZE), _PAPER, np.uint8)
    band = max(1, _BANDS // len(weights))
    for first in range(0, len(faces), band):
        part = faces[first : first + band]
        x, y, z = np.einsum("sc,mcd->dms", weights, pixel[part]).reshape(3, -1)
        at = np.clip(np.stack([y, x]).astype(np.intp), 0, SIZE - 1)
        order = np.argsort(z, kind="stable")  # of the samples on one pixel the last, the nearest, stays
        row, column, near = *at[:, order], z[order]
        shown = near > depth[row, column]
        row, column = row[shown], column[shown]
        depth[row, column] = near[shown]
        light = np.einsum("sc,mc->ms", weights, shade[part]).ravel()[order][shown] if lit else _SHADOW
        image[row, column] = light
    return image


def _shades(seen: Points, faces: Ints) -> Points:
    """(n,) grey of each vertex by how its surface lies to the light, from whichever side it is seen."""
    corner = seen[faces]
    across = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    across *= np.where(across[:, 2:] < 0, -1.0, 1.0)
    normal = np.zeros_like(seen)
    np.add.at(normal, faces, across[:, None])
    normal /= np.maximum(np.linalg.norm(normal, axis=1), 1e-300)[:, None]
    return _DARKEST + (_LIGHTEST - _DARKEST) * np.clip(normal @ _LIGHT, 0.0, 1.0)
