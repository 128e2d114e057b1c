# SPDX-License-Identifier: GPL-3.0-or-later
"""Panels as they lie flat: their darts closed, and how far their rows reach."""

from __future__ import annotations

import itertools

import numpy as np

from ...patterns import Panel
from .hulls import Points


def darts_closed(panel: Panel, points: Points) -> Points:
    """(n, 2) points of a panel, what lies beyond a dart drawn towards the anchor by the dart's width there.

    A dart from above or below, or within, is closed row by row, one from the side column by column.
    """
    closed = points.copy()
    for leg, other in panel.inner_darts():
        near, far = (np.interp(points[:, 1], *_upwards(run.flattened())) for run in (leg, other))
        outward = np.sign(leg.start[0] - panel.wrap.anchor[0])
        beyond = (points[:, 0] - (near + far) / 2) * outward > 0
        closed[:, 0] -= outward * beyond * np.abs(far - near)
    for edge, following in itertools.pairwise((*panel.edges, panel.edges[0])):
        if not (edge.dart and following.dart):
            continue
        near, apex, far = edge.start, edge.end, following.end
        mouth = (near + far) / 2
        along = int(abs(apex[1] - mouth[1]) > abs(apex[0] - mouth[0]))  # the coordinate in which the dart runs
        across = 1 - along
        t = np.clip((points[:, along] - apex[along]) / (mouth[along] - apex[along]), 0.0, 1.0)
        middle = apex[across] + t * (mouth[across] - apex[across])
        outward = np.sign(mouth[across] - panel.wrap.anchor[across])
        beyond = (points[:, across] - middle) * outward > 0
        closed[:, across] -= outward * beyond * t * abs(far[across] - near[across])
    return closed


def _upwards(line: Points) -> tuple[Points, Points]:
    """The heights (n,) of a line (n, 2) and its x there, from its lower end."""
    return tuple((line if line[0, 1] < line[-1, 1] else line[::-1])[:, ::-1].T)  # type: ignore[return-value]  # two rows


def extents(outline: Points, y: Points) -> tuple[Points, Points]:
    """(n,) least and greatest x of the closed polygon `outline` at the heights y (n,)."""
    levels = np.linspace(outline[:, 1].min(), outline[:, 1].max(), 130)[1:-1]
    a, b = outline, np.roll(outline, -1, axis=0)
    crosses = (a[:, 1] > levels[:, None]) != (b[:, 1] > levels[:, None])
    with np.errstate(divide="ignore", invalid="ignore"):
        x = a[:, 0] + (levels[:, None] - a[:, 1]) / (b[:, 1] - a[:, 1]) * (b[:, 0] - a[:, 0])
    low, high = np.where(crosses, x, np.inf).min(axis=1), np.where(crosses, x, -np.inf).max(axis=1)
    return np.interp(y, levels, low), np.interp(y, levels, high)


def whole_from(panel: Panel) -> float:
    """Height above which the panel's rows are whole: below it they end at a curved hem instead of the sides."""
    lowest = panel.outline(1e-3)[:, 1].min()
    reaching = [e for e in panel.edges if e.flattened(1e-3)[:, 1].min() < lowest + 1e-6]
    return min(max(float(e.start[1]), float(e.end[1])) for e in reaching)


def distance_to_outline(points: Points, outline: Points) -> Points:
    """(n,) distance of points (n, 2) to the closed polygon `outline`."""
    along = np.roll(outline, -1, axis=0) - outline
    to = points[:, None] - outline
    t = np.clip((to * along).sum(axis=2) / np.maximum((along**2).sum(axis=1), 1e-18), 0.0, 1.0)
    return np.linalg.norm(to - t[..., None] * along, axis=2).min(axis=1)


def dense(outline: Points, step: float) -> Points:
    """(m, 2) the closed polygon with points added, no two farther apart than `step` metres."""
    following = np.roll(outline, -1, axis=0)
    parts = np.ceil(np.linalg.norm(following - outline, axis=1) / step).astype(int).clip(1)
    return np.concatenate(
        [a + (b - a) * np.arange(n)[:, None] / n for a, b, n in zip(outline, following, parts, strict=True)]
    )
