# SPDX-License-Identifier: GPL-3.0-or-later
"""Seams: which edges are sewn to which, at what declared ratio, and the proof that they fit.

A seam joins two sides; a side is a walk along one or more panel edges (1:1, 1:N and M:N are the same thing). `ratio` is
the declared length of side b over side a: 1 for a plain seam, 1.04 for a cap with 4 % ease, 1.5 for gathers, 0.9 for a
stretched band. What is declared can be told from what is wrong: `error = |length_b − ratio · length_a|`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from .pieces import Edge, Panel, PieceRefused, Points

if TYPE_CHECKING:
    from .pattern import Pattern

_WALK_STEPS = 4096  # chords per edge when a seam is walked for its proof
_SAME_PLACE = 1e-9  # fractions of a seam closer than this are one breakpoint


class SeamMismatch(ValueError):
    """Seams that cannot be sewn as declared."""


@dataclass(frozen=True)
class EdgeRef:
    """An edge of a panel, walked forwards or backwards."""

    panel: str
    edge: str
    backwards: bool = False

    @classmethod
    def parse(cls, text: str) -> EdgeRef:
        """From 'panel.edge', or '-panel.edge' for backwards."""
        panel, _, edge = text.removeprefix("-").partition(".")
        if not panel or not edge:
            raise SeamMismatch(f"An edge is written 'panel.edge' or '-panel.edge', got {text!r}.")
        return cls(panel, edge, text.startswith("-"))

    def __str__(self) -> str:
        return f"{'-' if self.backwards else ''}{self.panel}.{self.edge}"


@dataclass(frozen=True)
class Seam:
    """Side `a` sewn to side `b`, which is `ratio` times as long; both are walked from matching starts."""

    name: str
    a: tuple[EdgeRef, ...]
    b: tuple[EdgeRef, ...]
    ratio: float = 1.0

    def __post_init__(self) -> None:
        if not self.a or not self.b:
            raise SeamMismatch(f"Seam {self.name!r} needs an edge on each side.")
        if not 0.05 < self.ratio < 20:
            raise SeamMismatch(
                f"Seam {self.name!r} declares the ratio {self.ratio!r}: it must lie between 0.05 and 20."
            )


def seam(name: str, a: str, b: str, ratio: float = 1.0) -> Seam:
    """A seam from walks such as 'front.neckline_left -back.neckline_left'."""
    return Seam(name, tuple(map(EdgeRef.parse, a.split())), tuple(map(EdgeRef.parse, b.split())), ratio)


@dataclass(frozen=True)
class SewnRun:
    """A stretch that one edge of side a shares with one edge of side b: arc lengths from and to, on each."""

    seam: str
    a: EdgeRef
    a_span: tuple[float, float]
    b: EdgeRef
    b_span: tuple[float, float]


@dataclass(frozen=True)
class SeamProof:
    """A walked seam; lengths and error in metres."""

    name: str
    length_a: float
    length_b: float
    ratio: float
    error: float


@dataclass(frozen=True)
class Proof:
    """Every seam walked, and the edges left free (hems, openings)."""

    seams: tuple[SeamProof, ...]
    free_edges: tuple[str, ...]

    @property
    def max_error(self) -> float:
        """The worst seam error in metres; 0 for a pattern without seams."""
        return max((s.error for s in self.seams), default=0.0)

    def to_json(self) -> dict[str, object]:
        return {
            "seams": [
                {"name": s.name, "length_a": s.length_a, "length_b": s.length_b, "ratio": s.ratio, "error": s.error}
                for s in self.seams
            ],
            "free_edges": list(self.free_edges),
            "max_error": self.max_error,
        }


def _edge(panels: Mapping[str, Panel], ref: EdgeRef, name: str) -> Edge:
    try:
        return panels[ref.panel].edge(ref.edge)
    except (KeyError, PieceRefused) as error:
        raise SeamMismatch(f"Seam {name!r} sews {ref}, which this pattern does not have.") from error


def _walked(edge: Edge) -> float:
    """Length by walking chords over the drawn points: it knows nothing of how the draft computed its lengths."""
    total = 0.0
    for curve in edge.curves:
        p: Points = curve.points(np.linspace(0.0, 1.0, _WALK_STEPS + 1))
        total += float(np.linalg.norm(np.diff(p, axis=0), axis=1).sum())
    return total


def sewn_runs(pattern: Pattern) -> tuple[SewnRun, ...]:
    """Every seam cut at the union of both sides' edge ends, so that each run joins one edge to one edge.

    Points correspond at equal fractions of the two sides' lengths.
    """
    panels = {p.name: p for p in pattern.panels()}
    runs: list[SewnRun] = []
    for s in pattern.seams:
        sides = [[(ref, _edge(panels, ref, s.name).length) for ref in side] for side in (s.a, s.b)]
        ends = [np.concatenate([[0.0], np.cumsum([length for _, length in side])]) for side in sides]
        breaks = np.unique(np.concatenate([e / e[-1] for e in ends]))
        breaks = breaks[np.concatenate([[True], np.diff(breaks) > _SAME_PLACE])]
        breaks[-1] = 1.0
        for low, high in pairwise(breaks):
            spans: list[tuple[EdgeRef, tuple[float, float]]] = []
            for side, end in zip(sides, ends, strict=True):
                k = int(np.searchsorted(end[1:], (low + high) / 2 * end[-1]))
                ref, length = side[k]
                first, last = (float(np.clip(f * end[-1] - end[k], 0, length)) for f in (low, high))
                spans.append((ref, (length - first, length - last) if ref.backwards else (first, last)))
            runs.append(SewnRun(s.name, spans[0][0], spans[0][1], spans[1][0], spans[1][1]))
    return tuple(runs)


def prove(pattern: Pattern) -> Proof:
    """Walk both sides of every seam of a pattern.

    Raises SeamMismatch where a seam names an edge that does not exist or that another seam has already taken.
    """
    panels = {p.name: p for p in pattern.panels()}
    taken: dict[tuple[str, str], str] = {}
    seams: list[SeamProof] = []
    for s in pattern.seams:
        lengths: list[float] = []
        for side in (s.a, s.b):
            for ref in side:
                owner = taken.setdefault((ref.panel, ref.edge), s.name)
                if owner != s.name or sum(r == ref for r in (*s.a, *s.b)) > 1:
                    raise SeamMismatch(f"{ref} is sewn twice, by {owner!r} and {s.name!r}: split the edge first.")
            lengths.append(sum(_walked(_edge(panels, ref, s.name)) for ref in side))
        seams.append(SeamProof(s.name, lengths[0], lengths[1], s.ratio, abs(lengths[1] - s.ratio * lengths[0])))
    free = tuple(f"{p.name}.{e.name}" for p in panels.values() for e in p.edges if (p.name, e.name) not in taken)
    return Proof(tuple(seams), free)
