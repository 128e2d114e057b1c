# SPDX-License-Identifier: GPL-3.0-or-later
"""Pieces as they are cut and panels as they are sewn.

A piece is a closed anticlockwise loop of named edges, seen from the outside of the garment with y up the body.
A piece cut on the fold is drafted as one half; a mirrored piece is drafted for the left side. `panels` unfolds and
mirrors them: a panel is one cut instance, its edges named by the side of the body on which they lie.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, Self, get_args

import numpy as np
from numpy.typing import ArrayLike

from .curves import Curve, CurveRefused, Points
from .interlinings import interlinings

CLOSURE_TOLERANCE = 1e-6  # metres between the end of one edge and the start of the next
_SHORTEST = 1e-6  # metres of a line
_ON_OUTLINE = 1e-4  # metres: what is nearer to an outline lies on it
Side = Literal["left", "right"]
Cut = Literal["single", "mirrored", "fold"]
Corner = Literal["mitre", "mirror", "step"]
Around = Literal["torso", "flare", "seam", "arm_left", "arm_right", "leg_left", "leg_right", "on", "space", "flat"]
Triple = tuple[float, float, float]
_MIRROR = np.array([[-1.0, 0.0], [0.0, 1.0]])
_NOWHERE = np.zeros(2)


class PieceRefused(ValueError):
    """A piece that cannot be cut: open, crossing itself, or with unknown edges."""


def other_side(side: Side) -> Side:
    """The opposite side of the body."""
    return "right" if side == "left" else "left"


@dataclass(frozen=True)
class Run:
    """A named run of curves, each beginning where the last one ends."""

    name: str
    curves: tuple[Curve, ...]

    def __post_init__(self) -> None:
        if not self.curves:
            raise CurveRefused(f"The line {self.name!r} has no curve.")
        if not (max(math.dist(c.end, c.start) for c in self.curves) > _SHORTEST or self.length > _SHORTEST):
            raise CurveRefused(f"The line {self.name!r} has no length: give its ends different places.")

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
        s = np.minimum(np.maximum(np.asarray(distance, np.float64).reshape(-1), 0.0), self.length)
        if len(self.curves) == 1:
            return self.curves[0].at(s)
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

    @cached_property
    def swept(self) -> float:
        """Signed area between the line and the origin, square metres; those of a closed loop add up to its area."""
        x, y = self.flattened(1e-3).T
        return float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum() / 2)

    def mirrored(self, name: str) -> Self:
        """Mirrored in x = 0 and walked backwards, so that a loop stays anticlockwise."""
        curves = tuple(c.transformed(_MIRROR, _NOWHERE).reversed() for c in reversed(self.curves))
        return replace(self, name=name, curves=curves)


@dataclass(frozen=True)
class Edge(Run):
    """A run along the seam line; `dart` marks the leg of a dart, which the cut line passes over."""

    dart: bool = False


@dataclass(frozen=True)
class InternalLine(Run):
    """A line inside the piece: topstitch, placement of a pocket, a seam where another panel is sewn on, a fold.

    `turn` of a fold: by how many radians the cloth beyond it, on the side away from the wrap's anchor, is turned over:
    π onto the outside (a collar, a cuff), -π to the inside (a hem, a grown-on facing), 0 for a mere crease. `only`
    names the side of a mirrored or unfolded piece that has it. A dart inside a piece is two lines of that kind, …_in
    and …_out, its legs from one point to the other.
    """

    kind: Literal["fold", "stitch", "placement", "seam", "dart"] = "stitch"
    turn: float = 0.0
    only: Side | None = None


@dataclass(frozen=True)
class Pleat:
    """A knife pleat: the straight line `fold` is laid onto the line `placement`; the cloth between goes underneath.

    Both are ((x, y) on the sewn edge, (x, y) at the far end), metres. A box pleat is two that face apart, an inverted
    pleat two that face each other.
    """

    name: str
    fold: tuple[tuple[float, float], tuple[float, float]]
    placement: tuple[tuple[float, float], tuple[float, float]]

    def mirrored(self, name: str) -> Pleat:
        """Mirrored in x = 0."""
        fold, placement = (tuple((-x, y) for x, y in line) for line in (self.fold, self.placement))
        return replace(self, name=name, fold=fold, placement=placement)  # type: ignore[arg-type]  # two pairs stay two


@dataclass(frozen=True)
class Elastic:
    """Elastic sewn along an edge or an internal line: `ratio` of the line's length when relaxed; N per unit strain."""

    line: str
    ratio: float
    stiffness: float = 30.0

    def __post_init__(self) -> None:
        if not (0.2 <= self.ratio <= 1.0 and 0.0 < self.stiffness <= 5000.0):
            raise PieceRefused(
                f"Elastic along {self.line!r}: its relaxed length lies between 0.2 and 1 of the line's, its stiffness "
                f"between 0 and 5000 N; got {self.ratio!r} and {self.stiffness!r}."
            )


@dataclass(frozen=True)
class Trim:
    """A button, buttonhole, drill hole, … at a point of a piece: size (diameter or length) in m, mass in kg.

    `angle` is a buttonhole's direction, radians from x. `only` names the side of a mirrored piece that has it.
    """

    name: str
    kind: Literal["button", "buttonhole", "snap", "hook", "eye", "rivet", "eyelet", "drill"]
    at: tuple[float, float]
    size: float = 0.012
    mass: float = 0.0
    angle: float = 0.0
    only: Side | None = None

    def mirrored(self, name: str) -> Trim:
        """Mirrored in x = 0."""
        return replace(self, name=name, at=(-self.at[0], self.at[1]), angle=-self.angle)


@dataclass(frozen=True)
class Notch:
    """A mark on an edge, `distance` metres from its start; double notches mark the back by custom."""

    edge: str
    distance: float
    kind: Literal["single", "double"] = "single"


def _turned(name: str) -> str:
    """A name that ends in the side of the body, for the other side."""
    for here, there in (("_left", "_right"), ("_right", "_left")):
        if name.endswith(here):
            return name.removesuffix(here) + there
    return name


def _frame_mirrored(origin: Triple, x: Triple, y: Triple) -> tuple[Triple, Triple, Triple]:
    """A panel's frame in the world for the panel mirrored in its own x = 0, which lands mirrored in the world's."""
    return (-origin[0], origin[1], origin[2]), (x[0], -x[1], -x[2]), (-y[0], y[1], y[2])


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

    "on" lays the panel onto the panel `host`, or onto both panels of the mirrored piece `host`: its anchor on the
    host's point `at`, turned by `angle`. "space" puts it flat into the world: `frame` is its origin, x and y axis
    there. "flat" has no place on a body: such a pattern is drawn, graded and exported, but not draped. `layer` counts
    outwards from the host, or from the panels about the body: a patch pocket lies on layer 1, a lining on layer -1.
    """

    around: Around
    landmark: str = ""
    anchor: tuple[float, float] = (0.0, 0.0)
    angle: float = 0.0
    lift: float = 0.0
    over: tuple[tuple[float, float], tuple[float, float]] | None = None
    host: str = ""
    at: tuple[float, float] = (0.0, 0.0)
    layer: int = 0
    frame: tuple[Triple, Triple, Triple] | None = None

    def __post_init__(self) -> None:
        if self.around not in get_args(Around):
            raise PieceRefused(f"A panel goes round one of {', '.join(get_args(Around))}, not {self.around!r}.")
        for around, given, what in (("on", self.host, "a host panel"), ("space", self.frame, "a frame")):
            if (self.around == around) != bool(given):
                raise PieceRefused(f"A panel is placed {around!r} with {what}, and only such a one.")
        if self.frame:
            placed = np.array(self.frame, np.float64)
            if placed.shape != (3, 3) or not (
                np.isfinite(placed).all() and np.allclose(placed[1:] @ placed[1:].T, np.eye(2), atol=1e-6)
            ):
                raise PieceRefused(
                    f"A frame is an origin and two axes of length 1 square to each other: {self.frame!r}."
                )

    def mirrored(self) -> Wrap:
        """For the mirrored panel: on the other side of the body, or of its host."""
        return replace(
            self,
            around=_turned(self.around),  # type: ignore[arg-type]  # the swap maps the literal onto itself
            landmark=_turned(self.landmark),
            anchor=(-self.anchor[0], self.anchor[1]),
            angle=-self.angle,
            over=self.over and ((-self.over[0][0], self.over[0][1]), (-self.over[1][0], self.over[1][1])),
            host=_turned(self.host),
            at=(-self.at[0], self.at[1]),
            frame=self.frame and _frame_mirrored(*self.frame),
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
    internal: tuple[InternalLine, ...] = ()
    pleats: tuple[Pleat, ...] = ()
    elastics: tuple[Elastic, ...] = ()
    trims: tuple[Trim, ...] = ()
    interlining: str = ""

    def edge(self, name: str) -> Edge:
        for e in self.edges:
            if e.name == name:
                return e
        raise PieceRefused(f"Panel {self.name!r} has no edge {name!r}; it has {', '.join(e.name for e in self.edges)}.")

    def inner_darts(self) -> list[tuple[InternalLine, InternalLine]]:
        """Both legs of every dart inside the panel, each from the one point to the other.

        Raises PieceRefused for a leg without its fellow.
        """
        legs = {i.name: i for i in self.internal if i.kind == "dart"}
        found: list[tuple[InternalLine, InternalLine]] = []
        while legs:
            leg = legs.pop(next(iter(legs)))
            other = legs.pop(leg.name.replace("_in", "_out"), None) or legs.pop(leg.name.replace("_out", "_in"), None)
            if other is None or not np.allclose([leg.start, leg.end], [other.start, other.end], atol=CLOSURE_TOLERANCE):
                raise PieceRefused(f"The dart's leg {leg.name!r} of {self.name!r} has no fellow with the same ends.")
            found.append((leg, other))
        return found

    def line(self, name: str) -> Run:
        """The edge or internal line of that name: whatever a seam may join."""
        for e in (*self.edges, *self.internal):
            if e.name == name:
                return e
        raise PieceRefused(f"Panel {self.name!r} has no edge or internal line {name!r}.")

    def trim(self, name: str) -> Trim:
        for t in self.trims:
            if t.name == name:
                return t
        raise PieceRefused(f"Panel {self.name!r} has no trim {name!r}; it has {', '.join(t.name for t in self.trims)}.")

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
    cut twice as wide and folded back on itself (a neckband): it is sewn and draped as one layer. `lap` is the side of
    a mirrored piece that lies on top where its two panels overlap (the buttonholes' side of a shirt's fronts). A piece
    that is not `draped` is cut and sewn, but too small or too hidden to be simulated (a pocket's bag, a fly's shield);
    what is `inner` lies on the wrong side of its host (a facing, a lining), and is simulated where the pattern says so.
    `corners` says how the allowance of an edge ends at its neighbours': in a mitre (the default), "mirror" of the piece
    beside it, so that it can be turned up onto it (a hem), or in a "step", square to the end of its own seam.
    `interlining` names one of assets/interlinings.toml that is cut like the piece and fused to it; "" is none.
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
    corners: Mapping[str, Corner] = field(default_factory=dict[str, Corner])
    pleats: tuple[Pleat, ...] = ()
    elastics: tuple[Elastic, ...] = ()
    trims: tuple[Trim, ...] = ()
    lap: Side | None = None
    draped: bool = True
    interlining: str = ""
    inner: bool = False

    def __post_init__(self) -> None:
        names = [e.name for e in self.edges]
        for inside in (self.internal, self.pleats, self.trims):
            if len({thing.name for thing in inside}) != len(inside):
                raise PieceRefused(f"Piece {self.name!r} names one thing twice: {[thing.name for thing in inside]}.")
        if len(set(names)) != len(names) or {i.name for i in self.internal} & set(names):
            raise PieceRefused(f"Piece {self.name!r} names an edge or a line twice: {names}.")
        for elastic in self.elastics:
            if elastic.line not in names and elastic.line not in {i.name for i in self.internal}:
                raise PieceRefused(f"Piece {self.name!r} has no line {elastic.line!r} for its elastic.")
        if wrong := [corner for corner in self.corners.values() if corner not in get_args(Corner)]:
            raise PieceRefused(
                f"Piece {self.name!r}: a corner is one of {', '.join(get_args(Corner))}, not {wrong[0]!r}."
            )
        folds = filter(None, (self.fold, self.doubled))
        for name in (*self.allowances, *self.corners, *(n.edge for n in self.notches), *folds):
            if name not in names:
                raise PieceRefused(f"Piece {self.name!r} speaks of an edge {name!r} that it does not have.")
        for this, following in zip(self.edges, (*self.edges[1:], self.edges[0]), strict=True):
            gap = math.dist(this.end, following.start)
            if not gap <= CLOSURE_TOLERANCE:
                raise PieceRefused(
                    f"Piece {self.name!r} is open by {gap * 1000:.3f} mm between {this.name!r} and {following.name!r}."
                )
        if self.interlining and self.interlining not in interlinings():
            raise PieceRefused(
                f"Piece {self.name!r}: there is no interlining {self.interlining!r}; "
                f"choose {', '.join(interlinings())}."
            )
        if (self.cut == "fold") != (self.fold is not None):
            raise PieceRefused(f"Piece {self.name!r}: a piece cut on the fold must name its fold edge, and only such.")
        if self.fold is not None and np.abs(self.edge(self.fold).flattened()[:, 0]).max() > CLOSURE_TOLERANCE:
            raise PieceRefused(f"Piece {self.name!r}: the fold edge must lie on x = 0.")
        if sum(e.swept for e in self.edges) <= 0:
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
        """The cut instances, unfolded or mirrored; names on the halves of an unfolded piece end in _left or _right."""
        return self._panels

    @cached_property
    def _panels(self) -> tuple[Panel, ...]:
        grain = np.array(self.grain) / np.linalg.norm(self.grain)
        if self.cut == "single":
            return (
                Panel(
                    self.name,
                    self.name,
                    self.edges,
                    grain,
                    self.fabric,
                    self.wrap,
                    internal=self.internal,
                    pleats=self.pleats,
                    elastics=self.elastics,
                    trims=self.trims,
                    interlining=self.interlining,
                ),
            )
        if self.cut == "mirrored":
            return (self._instance(self.side, grain), self._instance(other_side(self.side), grain))
        at = [e.name for e in self.edges].index(self.fold or "")
        half = self.edges[at + 1 :] + self.edges[:at]  # from the end of the fold round to its start
        sides = (self.side, other_side(self.side))
        on_fold = {i.name for i in self.internal if np.abs(i.flattened()[:, 0]).max() < CLOSURE_TOLERANCE}
        twice = [i for i in self.internal if i.name not in on_fold]
        return (
            Panel(
                self.name,
                self.name,
                tuple(replace(e, name=f"{e.name}_{self.side}") for e in half)
                + tuple(e.mirrored(f"{e.name}_{sides[1]}") for e in reversed(half)),
                grain,
                self.fabric,
                self.wrap,
                internal=tuple(i for i in self.internal if i.name in on_fold)
                + tuple(replace(i, name=f"{i.name}_{self.side}") for i in twice if i.only != sides[1])
                + tuple(i.mirrored(f"{i.name}_{sides[1]}") for i in twice if i.only != self.side),
                pleats=tuple(replace(p, name=f"{p.name}_{self.side}") for p in self.pleats)
                + tuple(p.mirrored(f"{p.name}_{sides[1]}") for p in self.pleats),
                elastics=tuple(
                    replace(e, line=name)
                    for e in self.elastics
                    for name in ((e.line,) if e.line in on_fold else (f"{e.line}_{s}" for s in sides))
                ),
                trims=tuple(
                    t
                    if s is None
                    else replace(t, name=f"{t.name}_{s}")
                    if s == self.side
                    else t.mirrored(f"{t.name}_{s}")
                    for t in self.trims
                    for s in ((None,) if abs(t.at[0]) < CLOSURE_TOLERANCE else sides)
                    if s is None or t.only in (None, s)
                ),
                interlining=self.interlining,
            ),
        )

    def _instance(self, side: Side, grain: Points) -> Panel:
        """The panel of a mirrored piece that lies on that side of the body."""
        flip = side != self.side
        wrap = self.wrap.mirrored() if flip else self.wrap
        return Panel(
            f"{self.name}_{side}",
            self.name,
            tuple(e.mirrored(e.name) for e in reversed(self.edges)) if flip else self.edges,
            _MIRROR @ grain if flip else grain,
            self.fabric,
            replace(wrap, layer=wrap.layer + 1) if side == self.lap else wrap,
            mirrored=flip,
            internal=tuple(i.mirrored(i.name) if flip else i for i in self.internal if i.only in (None, side)),
            pleats=tuple(p.mirrored(p.name) for p in self.pleats) if flip else self.pleats,
            elastics=self.elastics,
            trims=tuple(t.mirrored(t.name) if flip else t for t in self.trims if t.only in (None, side)),
            interlining=self.interlining,
        )


def split_notches(notches: Iterable[Notch], edge: str, at: float, names: tuple[str, str]) -> tuple[Notch, ...]:
    """The notches once an edge is split in two `at` metres from its start: each goes with the cloth."""

    def moved(notch: Notch) -> Notch:
        if notch.edge != edge:
            return notch
        on_first = notch.distance <= at
        return replace(notch, edge=names[0 if on_first else 1], distance=notch.distance - (0.0 if on_first else at))

    return tuple(map(moved, notches))


def polygon_area(outline: Points) -> float:
    """Signed area of a closed polygon (n, 2), positive when anticlockwise (the shoelace formula)."""
    x, y = outline.T
    return float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum() / 2)


def crossings(outline: Points) -> int:
    """How many pairs of non-neighbouring sides of the closed polygon (n, 2) cross each other."""
    along = np.roll(outline, -1, axis=0) - outline
    x, y = (outline[None, :, axis] - outline[:, None, axis] for axis in (0, 1))
    turn = along[:, :1] * y - along[:, 1:] * x  # (n, n): on which side of side i point k lies
    parted = turn * np.roll(turn, -1, axis=1) < 0  # (n, n): side i's line goes between the ends of side j
    return int((parted & parted.T).sum()) // 2


def reaches_out(points: Points, outline: Points) -> bool:
    """Whether any of the points (n, 2) lies outside the closed polygon (m, 2) by more than a tenth of a millimetre."""
    a, along = outline, np.roll(outline, -1, axis=0) - outline
    off = points[:, None, :] - a
    t = np.clip((off * along).sum(axis=2) / np.maximum((along**2).sum(axis=1), 1e-18), 0.0, 1.0)
    apart = np.linalg.norm(off - t[..., None] * along, axis=2).min(axis=1)
    passes = (off[..., 1] >= 0) != (off[..., 1] >= along[:, 1])
    with np.errstate(divide="ignore", invalid="ignore"):
        left_of = off[..., 0] < off[..., 1] * along[:, 0] / along[:, 1]
    inside = (passes & left_of).sum(axis=1) % 2 == 1
    return bool((~inside & (apart > _ON_OUTLINE)).any())


def loop(*edges: tuple[str, Curve | Iterable[Curve]]) -> tuple[Edge, ...]:
    """Edges from (name, curve or curves) pairs; a name that starts with 'dart' marks a dart leg."""
    made: list[Edge] = []
    for name, curves in edges:
        run = (curves,) if isinstance(curves, Curve) else tuple(curves)
        made.append(Edge(name, run, dart=name.startswith("dart")))
    return tuple(made)
