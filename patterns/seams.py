# SPDX-License-Identifier: GPL-3.0-or-later
"""Seams: which edges are sewn to which, at what declared ratio, and the proof that they fit.

A seam joins two sides; a side is a walk along one or more panel edges or internal lines (1:1, 1:N and M:N are the same
thing). `ratio` is the declared length of side b over side a: 1 for a plain seam, 1.04 for a cap with 4 % ease, 1.5 for
gathers, 0.9 for a stretched band. So what is declared can be told from what is wrong: `error = |length_b − ratio ·
length_a|`. Further layers caught in the same seam (the facing behind a collar) are as long as side a.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import numpy as np

from .pieces import Panel, PieceRefused, Points, Run

if TYPE_CHECKING:
    from .pattern import Pattern

_WALK_STEPS = 512  # chords per curve when a seam is walked for its proof
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
class Zip:
    """A zip in a seam: kilograms per metre of its tape and teeth."""

    mass: float = 0.02


@dataclass(frozen=True)
class Seam:
    """Side `a` sewn to side `b`, which is `ratio` times as long; all are walked from matching starts.

    `layers` are further walks caught in the seam, each as long as side a; only a layer may take an edge that another
    seam has. `faces` says which sides of the cloth meet: right on right as a rule, right on wrong where one edge laps
    over the other or a facing is laid on flat. `zip`: the seam opens by one.
    """

    name: str
    a: tuple[EdgeRef, ...]
    b: tuple[EdgeRef, ...]
    ratio: float = 1.0
    layers: tuple[tuple[EdgeRef, ...], ...] = ()
    faces: Literal["right_right", "right_wrong"] = "right_right"
    zip: Zip | None = None

    def __post_init__(self) -> None:
        if not self.a or not self.b or not all(self.layers):
            raise SeamMismatch(f"Seam {self.name!r} needs an edge on each side.")
        if not 0.05 < self.ratio < 20:
            raise SeamMismatch(
                f"Seam {self.name!r} declares the ratio {self.ratio!r}: it must lie between 0.05 and 20."
            )


def walk(text: str) -> tuple[EdgeRef, ...]:
    """A walk such as 'front.neckline_left -back.neckline_left'."""
    return tuple(map(EdgeRef.parse, text.split()))


def seam(
    name: str,
    a: str,
    b: str,
    ratio: float = 1.0,
    *layers: str,
    faces: Literal["right_right", "right_wrong"] = "right_right",
    zip: Zip | None = None,
) -> Seam:
    """A seam from walks as `walk` reads them."""
    return Seam(name, walk(a), walk(b), ratio, tuple(map(walk, layers)), faces, zip)


@dataclass(frozen=True)
class Fastening:
    """A button in its buttonhole, a hook in its eye …: the trim `over` closed on the trim `under`, as 'panel.trim'."""

    name: str
    over: str
    under: str


@dataclass(frozen=True)
class SewnRun:
    """A stretch that one edge of side a shares with one edge of another side: arc lengths from and to, on each."""

    seam: str
    a: EdgeRef
    a_span: tuple[float, float]
    b: EdgeRef
    b_span: tuple[float, float]


@dataclass(frozen=True)
class SeamProof:
    """A walked seam; lengths and error in metres. The error is the worst of side b's and of the further layers'."""

    name: str
    length_a: float
    length_b: float
    ratio: float
    error: float
    layers: tuple[float, ...] = ()


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
                {
                    "name": s.name,
                    "length_a": s.length_a,
                    "length_b": s.length_b,
                    "ratio": s.ratio,
                    "error": s.error,
                    "layers": list(s.layers),
                }
                for s in self.seams
            ],
            "free_edges": list(self.free_edges),
            "max_error": self.max_error,
        }


def _line(panels: Mapping[str, Panel], ref: EdgeRef, name: str) -> Run:
    try:
        return panels[ref.panel].line(ref.edge)
    except (KeyError, PieceRefused) as error:
        raise SeamMismatch(f"Seam {name!r} sews {ref}, which this pattern does not have.") from error


def _walked(line: Run) -> float:
    """Length by walking chords over the drawn points: it knows nothing of how the draft computed its lengths.

    With half as many chords too; what they fall short by is a quarter of what those do (Huygens' rule).
    """
    total = 0.0
    for curve in line.curves:
        p: Points = curve.points(np.linspace(0.0, 1.0, _WALK_STEPS + 1))
        fine, coarse = (float(np.hypot(*np.diff(q, axis=0).T).sum()) for q in (p, p[::2]))
        total += (4 * fine - coarse) / 3
    return total


def _runs(panels: Mapping[str, Panel], s: Seam, other: tuple[EdgeRef, ...]) -> Iterator[SewnRun]:
    """Side a of a seam against another of its sides, cut at the union of both sides' edge ends."""
    sides = [[(ref, _line(panels, ref, s.name).length) for ref in side] for side in (s.a, other)]
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
        yield SewnRun(s.name, spans[0][0], spans[0][1], spans[1][0], spans[1][1])


def sewn_runs(pattern: Pattern) -> tuple[SewnRun, ...]:
    """Every seam as runs, each of which joins one edge to one edge; side a is in all runs of its seam.

    Points correspond at equal fractions of the sides' lengths.
    """
    panels = {p.name: p for p in pattern.panels()}
    return tuple(run for s in pattern.seams for other in (s.b, *s.layers) for run in _runs(panels, s, other))


def prove(pattern: Pattern) -> Proof:
    """Walk all sides of every seam of a pattern.

    Raises SeamMismatch where a seam names an edge that does not exist or that another seam has already taken, and where
    a fastening closes a trim that does not exist.
    """
    panels = {p.name: p for p in pattern.panels()}
    taken: dict[tuple[str, str], str] = {}
    layered: set[tuple[str, str]] = set()
    seams: list[SeamProof] = []
    for s in pattern.seams:
        for ref in (*s.a, *s.b):
            owner = taken.setdefault((ref.panel, ref.edge), s.name)
            if owner != s.name or sum(r == ref for r in (*s.a, *s.b)) > 1:
                raise SeamMismatch(f"{ref} is sewn twice, by {owner!r} and {s.name!r}: split the edge first.")
        layered |= {(ref.panel, ref.edge) for layer in s.layers for ref in layer}
        a, b, *layers = (sum(_walked(_line(panels, ref, s.name)) for ref in side) for side in (s.a, s.b, *s.layers))
        error = max(abs(b - s.ratio * a), *(abs(layer - a) for layer in layers), 0.0)
        seams.append(SeamProof(s.name, a, b, s.ratio, error, tuple(layers)))
    for fastening in pattern.fastenings:
        for end in (fastening.over, fastening.under):
            panel, _, trim = end.partition(".")
            try:
                panels[panel].trim(trim)
            except (KeyError, PieceRefused) as error:
                raise SeamMismatch(f"{fastening.name!r} closes {end}, which this pattern does not have.") from error
    sewn = taken.keys() | layered
    free = tuple(f"{p.name}.{e.name}" for p in panels.values() for e in p.edges if (p.name, e.name) not in sewn)
    return Proof(tuple(seams), free)
