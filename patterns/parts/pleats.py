# SPDX-License-Identifier: GPL-3.0-or-later
"""Pleats: an edge split where its cloth is folded, and the fold lines that run from it into the piece."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..curves import Curve, point_along, run_length, stretch
from ..pieces import Edge, Pleat

_SAME = 1e-6  # metres: a stretch shorter than this is none


@dataclass(frozen=True)
class Knife:
    """A knife pleat: the interval of an edge that it hides, metres along it, and the far ends of its lines.

    turn: 1 where the fold comes first along the edge, so that the hidden cloth lies under what comes before it; -1
    where it lies under what comes after. So a box pleat is a -1 and a 1 with a stretch between, an inverted one a 1 and
    a -1 end to end. ends: the points where the lines that leave the edge at `first` and at `last` end.
    """

    first: float
    last: float
    turn: int
    ends: tuple[tuple[float, float], tuple[float, float]]

    @property
    def depth(self) -> float:
        return (self.last - self.first) / 2

    @property
    def cover(self) -> tuple[float, float]:
        """The visible stretch of the edge under which the hidden cloth lies."""
        return (self.first - self.depth, self.first) if self.turn > 0 else (self.last, self.last + self.depth)


def _stops(knife: Knife) -> tuple[float, float, float]:
    return knife.first, (knife.first + knife.last) / 2, knife.last


def pleated(name: str, curves: Sequence[Curve], pleats: Sequence[Knife]) -> tuple[Edge, ...]:
    """The edge along `curves` split at its pleats, in order along it.

    What stays visible is called name_1, name_2 …; the two stretches that pleat 1 hides are pleat_name_1_a and _b.
    """
    length = run_length(curves)
    hidden = {
        (low, high): f"pleat_{name}_{k}_{letter}"
        for k, knife in enumerate(pleats, 1)
        for letter, (low, high) in zip("ab", pairwise(_stops(knife)), strict=True)
    }
    stops = np.unique(np.clip([0.0, length, *(s for k in pleats for s in (*_stops(k), *k.cover))], 0.0, length))
    stops = stops[np.concatenate([[True], np.diff(stops) > _SAME])]
    edges: list[Edge] = []
    visible = 0
    for low, high in pairwise(stops.tolist()):
        label = next((label for (a, b), label in hidden.items() if a < (low + high) / 2 < b), None)
        visible += label is None
        edges.append(Edge(label or f"{name}_{visible}", stretch(curves, low, high)))
    return tuple(edges)


def pleat_lines(name: str, curves: Sequence[Curve], pleats: Sequence[Knife]) -> tuple[Pleat, ...]:
    """The pleats' fold and placement lines, from the edge along `curves` to their ends."""
    found: list[Pleat] = []
    for k, knife in enumerate(pleats, 1):
        begins = [point_along(curves, s) for s in (knife.first, knife.last)]
        first, last = (((float(p[0]), float(p[1])), end) for p, end in zip(begins, knife.ends, strict=True))
        fold, placement = (first, last) if knife.turn > 0 else (last, first)
        found.append(Pleat(f"{name}_{k}", fold, placement))
    return tuple(found)


def covers(edges: Sequence[Edge], name: str, pleats: Sequence[Knife]) -> list[tuple[str, ...]]:
    """For each pleat, the visible stretches of the edge that cover what it hides, in the edge's direction.

    None where they do not reach: at the end of the edge, or over another pleat.
    """
    at = 0.0
    visible: list[tuple[str, float, float]] = []
    for e in edges:
        if e.name.startswith(f"{name}_"):
            visible.append((e.name, at, at + e.length))
        if e.name.startswith((f"{name}_", f"pleat_{name}_")):
            at += e.length
    found: list[tuple[str, ...]] = []
    for knife in pleats:
        low, high = knife.cover
        over = [span for span in visible if low - _SAME < span[1] and span[2] < high + _SAME]
        whole = abs(sum(b - a for _, a, b in over) - knife.depth) < _SAME
        found.append(tuple(label for label, _, _ in over) if whole else ())
    return found
