# SPDX-License-Identifier: GPL-3.0-or-later
"""A small picture of a pattern: its panels side by side, as large as they fit, in the garment's colour."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...patterns import Pattern
from ...patterns.pieces import polygon_area

Floats = NDArray[np.float64]
_GAP, _MARGIN = 0.03, 0.02  # metres between panels; of the picture, round them
_SAMPLES = 3  # a pixel's side
_EDGE = 1.3  # pixels
_INK = np.array([0.10, 0.10, 0.12])


def pattern_picture(pattern: Pattern, size: int, colour: tuple[float, float, float]) -> NDArray[np.float32]:
    """(size, size, 4) RGBA of 0 to 1, bottom row first, as Blender's images are; clear where there is no cloth."""
    outlines = [panel.outline() for panel in pattern.draped().panels()]
    outlines.sort(key=lambda line: (-float(np.ptp(line[:, 1])), float(line[0, 0])))
    placed = _in_rows([line - line.min(axis=0) for line in outlines])
    low, high = np.min([p.min(axis=0) for p in placed], axis=0), np.max([p.max(axis=0) for p in placed], axis=0)
    fine = size * _SAMPLES
    scale = fine * (1.0 - 2.0 * _MARGIN) / float((high - low).max())
    offset = fine / 2.0 - (low + high) / 2.0 * scale
    cloth, ink = np.zeros((fine, fine), bool), np.zeros((fine, fine), bool)
    for outline in placed:
        _fill(cloth, ink, outline * scale + offset, _EDGE * _SAMPLES / 2.0)
    picture = np.zeros((fine, fine, 4))
    picture[cloth | ink, 3] = 1.0
    picture[cloth, :3] = colour
    picture[ink, :3] = _INK
    picture[..., :3] *= picture[..., 3:]
    mean = picture.reshape(size, _SAMPLES, size, _SAMPLES, 4).mean(axis=(1, 3))
    mean[..., :3] /= np.maximum(mean[..., 3:], 1e-6)
    return mean.astype(np.float32)


def _in_rows(outlines: list[Floats]) -> list[Floats]:
    """Outlines from the origin, the highest first, in rows about as wide as all of them are high."""
    widest = max(float(line[:, 0].max()) for line in outlines)
    area = sum(float((np.ptp(line, axis=0) + _GAP).prod()) for line in outlines)
    width = max(widest, float(np.sqrt(1.2 * area)))
    placed: list[Floats] = []
    x = y = row = 0.0
    for line in outlines:
        across, high = (float(extent) for extent in line.max(axis=0))
        if x and x + across > width:
            x, y, row = 0.0, y + row + _GAP, 0.0
        placed.append(line + np.array([x, y]))
        x, row = x + across + _GAP, max(row, high)
    return placed


def _fill(cloth: NDArray[np.bool_], ink: NDArray[np.bool_], outline: Floats, edge: float) -> None:
    """Mark the pixels inside an outline (n, 2) in pixels, and those within `edge` of it. By the even-odd rule."""
    low = np.maximum(np.floor(outline.min(axis=0) - edge).astype(int), 0)
    high = np.minimum(np.ceil(outline.max(axis=0) + edge).astype(int) + 1, cloth.shape[0])
    x, y = np.arange(low[0], high[0]) + 0.5, np.arange(low[1], high[1]) + 0.5
    inside = np.zeros((len(y), len(x)), bool)
    near = np.zeros_like(inside)
    for (ax, ay), (bx, by) in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        rows = (ay > y) != (by > y)
        if rows.any():
            crossing = ax + (y[rows] - ay) / (by - ay) * (bx - ax)
            inside[rows] ^= x[None, :] > crossing[:, None]
        i = (x > min(ax, bx) - edge) & (x < max(ax, bx) + edge)
        j = (y > min(ay, by) - edge) & (y < max(ay, by) + edge)
        dx, dy = bx - ax, by - ay
        px, py = x[i][None, :] - ax, y[j][:, None] - ay
        t = np.clip((px * dx + py * dy) / max(dx * dx + dy * dy, 1e-12), 0.0, 1.0)
        near[np.ix_(j, i)] |= (px - t * dx) ** 2 + (py - t * dy) ** 2 < edge * edge
    cloth[low[1] : high[1], low[0] : high[0]] |= inside
    ink[low[1] : high[1], low[0] : high[0]] |= near


def cloth_area(pattern: Pattern) -> float:
    """Square metres of the panels, without what falls away between them."""
    return float(sum(abs(polygon_area(panel.outline())) for panel in pattern.panels()))
