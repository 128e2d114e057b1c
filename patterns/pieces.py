# SPDX-License-Identifier: GPL-3.0-or-later
"""Pieces as they are cut and panels as they are sewn.

A piece is a closed anticlockwise loop of named edges, seen from the outside of the garment with y up the body.
A piece cut on the fold is drafted as one half; a mirrored piece is drafted for the left side. `panels` unfolds and
mirrors them: a panel is one cut instance, its edges named by the side of the body on which they lie.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from .curves import Curve, CurveRefused, Points

CLOSURE_TOLERANCE = 1e-6  # metres between the end of one edge and the start of the next
Side = Literal["left", "right"]
Cut = Literal["single", "mirrored", "fold"]
Around = Literal["torso", "flare", "seam", "arm_left", "arm_right", "leg_left", "leg_right"]
_MIRROR = np.array([[-1.0, 0.0], [0.0, 1.0]])
_NOWHERE = np.zeros(2)


class PieceRefused(ValueError):
    """A piece that cannot be cut: open, crossing itself, or with unknown edges."""


def other_side(side: Side) -> Side:
    """The opposite side of the body."""
    return "right" if side == "left" else "left"


@dataclass(frozen=True)
class Edge:
    """A named run of curves along the seam line; `dart` marks the leg of a dart, which the cut line passes over."""

    name: str
    curves: tuple[Curve, ...]
    dart: bool = False

    def __post_init__(self) -> None:
        if not self.curves:
            raise CurveRefused(f"Edge {self.name!r} has no curve.")
        if not self.length > 1e-6:
            raise CurveRefused(f"Edge {self.name!r} has no length: give its ends different places.")

    @cached_property
    def _breaks(self) -> Points:
        return np.concatenate([[0.0], np.cumsum([c.length for c in self.curves])])

    @cached_property
    def length(self) -> float:
        """Arc length in metres."""
        return float(self._breaks[-1])

    @property
    def start(self) -> Points:
        return self.curves[0].start

    @property
    def end(self) -> Points:
        return self.curves[-1].end

    def at(self, distance: ArrayLike) -> Points:
        """(n, 2) points at the arc lengths `distance` (n,) from the start."""
        s = np.clip(np.atleast_1d(np.asarray(distance, np.float64)), 0.0, self.length)
        which = np.clip(np.searchsorted(self._breaks, s, side="right") - 1, 0, len(self.curves) - 1)
        out = np.empty((len(s), 2))
        for k, curve in enumerate(self.curves):
            mine = which == k
            if mine.any():
                out[mine] = curve.at(s[mine] - self._breaks[k])
        return out

    def flattened(self, tolerance: float = 1e-4) -> Points:
        """(n, 2) polyline along the edge."""
        runs = [c.flattened(tolerance) for c in self.curves]
        return np.concatenate([runs[0], *(r[1:] for r in runs[1:])])

    def mirrored(self, name: str) -> Edge:
        """Mirrored in x = 0 and walked backwards, so that its loop stays anticlockwise."""
        return Edge(name, tuple(c.transformed(_MIRROR, _NOWHERE).reversed() for c in reversed(self.curves)), self.dart)


@dataclass(frozen=True)
class Notch:
    """A mark on an edge, `distance` metres from its start; double notches mark the back by custom."""

    edge: str
    distance: float
    kind: Literal["single", "double"] = "single"


@dataclass(frozen=True)
class InternalLine:
    """A line inside the piece: fold, topstitch, placement of a pocket …"""

    name: str
    curves: tuple[Curve, ...]
    kind: Literal["fold", "stitch", "placement"] = "stitch"


@dataclass(frozen=True)
class Wrap:
    """How a panel lies about the body before it is sewn: its x runs around a limb, its y along it.

    `around` names the limb, or is "seam" for a band that stands on the edge it is sewn to. The panel's point `anchor`
    is put at the height of the body's landmark, in the direction `angle`: radians anticlockwise about the limb's upward
    axis, 0 = front for torso and legs, 0 = outside for arms. `lift` raises the panel along the limb, in metres. "flare"
    is a part of a ring about `anchor`, hung round the torso by its inner edge at the height of what that is sewn to.
    `over` of a torso panel is the line, from beside the neck to the shoulder tip, along which it bends over the
    shoulder; the anchor then only fixes the middle. `over` of a leg panel is the line, from the centre line to the
    fork's tip, along which it turns in between the legs.
    """

    around: Around
    landmark: str
    anchor: tuple[float, float]
    angle: float = 0.0
    lift: float = 0.0
    over: tuple[tuple[float, float], tuple[float, float]] | None = None

    def __post_init__(self) -> None:
        if self.around not in get_args(Around):
            raise PieceRefused(f"A panel goes round one of {', '.join(get_args(Around))}, not {self.around!r}.")

    def mirrored(self) -> Wrap:
        def turned(name: str) -> str:
            for here, there in (("_left", "_right"), ("_right", "_left")):
                if name.endswith(here):
                    return name.removesuffix(here) + there
            return name

        return replace(
            self,
            around=turned(self.around),  # type: ignore[arg-type]  # the swap maps the literal onto itself
            landmark=turned(self.landmark),
            anchor=(-self.anchor[0], self.anchor[1]),
            angle=-self.angle,
            over=self.over and ((-self.over[0][0], self.over[0][1]), (-self.over[1][0], self.over[1][1])),
        )


@dataclass(frozen=True)
class Panel:
    """One cut instance as it is sewn: a closed anticlockwise loop of edges, metres, y up the body."""

    name: str
    piece: str
    edges: tuple[Edge, ...]
    grain: Points  # (2,) unit vector of the warp
    fabric: str
    wrap: Wrap
    mirrored: bool = False

    def edge(self, name: str) -> Edge:
        for e in self.edges:
            if e.name == name:
                return e
        raise PieceRefused(f"Panel {self.name!r} has no edge {name!r}; it has {', '.join(e.name for e in self.edges)}.")

    def outline(self, tolerance: float = 1e-4) -> Points:
        """(n, 2) closed polygon, the last point not repeated."""
        return np.concatenate([e.flattened(tolerance)[:-1] for e in self.edges])

    @property
    def area(self) -> float:
        """Square metres, positive for an anticlockwise loop."""
        return polygon_area(self.outline())


@dataclass(frozen=True)
class Piece:
    """A piece as it is cut.

    cut: `single`, `mirrored` (a left and a right one) or `fold` (drafted as one half, doubled across x = 0 along the
    edge `fold`). `side` is the side of the body of the drafted half. `doubled` names an edge along which the piece is
    cut twice as wide and folded back on itself (a neckband): it is sewn and draped as one layer.
    """

    name: str
    edges: tuple[Edge, ...]
    wrap: Wrap
    cut: Cut = "single"
    side: Side = "left"
    fold: str | None = None
    doubled: str | None = None
    fabric: str = "main"
    grain: tuple[float, float] = (0.0, 1.0)
    notches: tuple[Notch, ...] = ()
    internal: tuple[InternalLine, ...] = ()
    allowance: float = 0.01
    allowances: Mapping[str, float] = field(default_factory=dict[str, float])

    def __post_init__(self) -> None:
        names = [e.name for e in self.edges]
        if len(set(names)) != len(names):
            raise PieceRefused(f"Piece {self.name!r} names an edge twice: {names}.")
        for name in (*self.allowances, *(n.edge for n in self.notches), *filter(None, (self.fold, self.doubled))):
            if name not in names:
                raise PieceRefused(f"Piece {self.name!r} speaks of an edge {name!r} that it does not have.")
        for this, following in zip(self.edges, (*self.edges[1:], self.edges[0]), strict=True):
            gap = float(np.linalg.norm(this.end - following.start))
            if not gap <= CLOSURE_TOLERANCE:
                raise PieceRefused(
                    f"Piece {self.name!r} is open by {gap * 1000:.3f} mm between {this.name!r} and {following.name!r}."
                )
        if (self.cut == "fold") != (self.fold is not None):
            raise PieceRefused(f"Piece {self.name!r}: a piece cut on the fold must name its fold edge, and only such.")
        if self.fold is not None and np.abs(self.edge(self.fold).flattened()[:, 0]).max() > CLOSURE_TOLERANCE:
            raise PieceRefused(f"Piece {self.name!r}: the fold edge must lie on x = 0.")
        if polygon_area(np.concatenate([e.flattened()[:-1] for e in self.edges])) <= 0:
            raise PieceRefused(f"Piece {self.name!r} runs clockwise or has no area: list its edges anticlockwise.")

    def edge(self, name: str) -> Edge:
        for e in self.edges:
            if e.name == name:
                return e
        raise PieceRefused(f"Piece {self.name!r} has no edge {name!r}.")

    @property
    def quantity(self) -> int:
        return 2 if self.cut == "mirrored" else 1

    def panels(self) -> tuple[Panel, ...]:
        """The cut instances, unfolded or mirrored; edges of an unfolded piece end in _left or _right."""
        grain = np.array(self.grain) / np.linalg.norm(self.grain)
        if self.cut == "single":
            return (Panel(self.name, self.name, self.edges, grain, self.fabric, self.wrap),)
        if self.cut == "mirrored":
            flipped = tuple(e.mirrored(e.name) for e in reversed(self.edges))
            drafted = Panel(f"{self.name}_{self.side}", self.name, self.edges, grain, self.fabric, self.wrap)
            other = Panel(
                f"{self.name}_{other_side(self.side)}",
                self.name,
                flipped,
                _MIRROR @ grain,
                self.fabric,
                self.wrap.mirrored(),
                mirrored=True,
            )
            return (drafted, other)
        at = [e.name for e in self.edges].index(self.fold or "")
        half = self.edges[at + 1 :] + self.edges[:at]  # from the end of the fold round to its start
        drafted_half = tuple(replace(e, name=f"{e.name}_{self.side}") for e in half)
        mirrored_half = tuple(e.mirrored(f"{e.name}_{other_side(self.side)}") for e in reversed(half))
        return (Panel(self.name, self.name, drafted_half + mirrored_half, grain, self.fabric, self.wrap),)


def polygon_area(outline: Points) -> float:
    """Signed area of a closed polygon (n, 2), positive when anticlockwise (the shoelace formula)."""
    x, y = outline.T
    return float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum() / 2)


def crossings(outline: Points) -> int:
    """How many pairs of non-neighbouring sides of the closed polygon (n, 2) cross each other."""
    n = len(outline)
    a, b = outline, np.roll(outline, -1, axis=0)
    i, j = np.triu_indices(n, 2)
    apart = ~((i == 0) & (j == n - 1))
    i, j = i[apart], j[apart]

    def turn(p: Points, q: Points, r: Points) -> Points:
        return (q[:, 0] - p[:, 0]) * (r[:, 1] - p[:, 1]) - (q[:, 1] - p[:, 1]) * (r[:, 0] - p[:, 0])

    d1, d2 = turn(a[i], b[i], a[j]), turn(a[i], b[i], b[j])
    d3, d4 = turn(a[j], b[j], a[i]), turn(a[j], b[j], b[i])
    return int(((d1 * d2 < 0) & (d3 * d4 < 0)).sum())


def loop(*edges: tuple[str, Curve | Iterable[Curve]]) -> tuple[Edge, ...]:
    """Edges from (name, curve or curves) pairs; a name that starts with 'dart' marks a dart leg."""
    made: list[Edge] = []
    for name, curves in edges:
        run = (curves,) if isinstance(curves, Curve) else tuple(curves)
        made.append(Edge(name, run, dart=name.startswith("dart")))
    return tuple(made)
