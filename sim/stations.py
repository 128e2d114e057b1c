# SPDX-License-Identifier: GPL-3.0-or-later
"""Where particles stand along a panel's lines: equally many on all that is sewn together, one wherever lines meet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..patterns import Panel, Pattern, SeamMismatch
from ..patterns.curves import Line
from ..patterns.pieces import Edge, PieceRefused, Run
from ..patterns.seams import SewnRun

Points = NDArray[np.float64]
Key = tuple[str, str]  # panel, line
Span = tuple[float, float]

ON_LINE = 1e-5  # metres within which a point lies on a line
_STEPS = np.linspace(0.0, 1.0, 65)  # of a line, looked at in each zoom
_ZOOMS = 6
_CHORDS = 48  # of a curve, where lines are checked against each other
_MOST_CARRIED = 4000  # breaks
_SLENDER = 2.5  # particles stand at most this many times as far apart as lines close by, or as lines that meet are long
_FINEST = 0.5  # of the particle distance, however close they are


class PanelRefused(ValueError):
    """A panel whose internal lines, pleats or trims cannot become part of its mesh."""


@dataclass(frozen=True)
class Lines:
    """What becomes edges and vertices of a panel's mesh: every run by its name, and the points of closed trims.

    creases: names of the runs across which the cloth is folded. darts: of the runs that enclose what darts inside the
    panel take in.
    """

    panel: Panel
    runs: Mapping[str, Run]
    creases: frozenset[str]
    trims: Mapping[str, Points]
    darts: tuple[tuple[str, str], ...] = ()

    @property
    def internal(self) -> dict[str, Run]:
        return {name: run for name, run in self.runs.items() if not isinstance(run, Edge)}


def joined(n: int, pairs: NDArray[np.integer]) -> NDArray[np.int32]:
    """(n,) label of each vertex's connected component under pairs (k, 2), numbered in order of first appearance."""
    root = np.arange(n)
    while True:
        low = root.copy()
        np.minimum.at(low, pairs[:, 0], root[pairs[:, 1]])
        np.minimum.at(low, pairs[:, 1], root[pairs[:, 0]])
        low = low[low]
        if (low == root).all():
            return np.unique(root, return_inverse=True)[1].astype(np.int32)
        root = low


def closed_trims(pattern: Pattern) -> tuple[tuple[str, Key, Key], ...]:
    """(fastening, (panel, trim) over, (panel, trim) under) of every fastening. Raises SeamMismatch for unknown ones."""
    panels = {p.name: p for p in pattern.panels()}
    found: list[tuple[str, Key, Key]] = []
    for fastening in pattern.fastenings:
        ends: list[Key] = []
        for end in (fastening.over, fastening.under):
            panel, _, trim = end.partition(".")
            try:
                panels[panel].trim(trim)
            except (KeyError, PieceRefused) as error:
                raise SeamMismatch(f"{fastening.name!r} closes {end}, which this pattern does not have.") from error
            ends.append((panel, trim))
        found.append((fastening.name, ends[0], ends[1]))
    return tuple(found)


def point_to_segment(p: Points, a: Points, b: Points) -> Points:
    """Distances of points (…, 2) to segments from a to b (…, 2), by the shapes' broadcast."""
    along = b - a
    t = ((p - a) * along).sum(axis=-1) / np.maximum((along * along).sum(axis=-1), 1e-30)
    return np.linalg.norm(p - a - np.clip(t, 0.0, 1.0)[..., None] * along, axis=-1)


def _straight(run: Run) -> bool:
    return len(run.curves) == 1 and isinstance(run.curves[0], Line)


def _polyline(run: Run, breaks: Sequence[float] = ()) -> Points:
    """(k, 2) points along a run, its breaks among them, and where one of its curves goes on from another."""
    if _straight(run) and not len(breaks):
        return np.stack([run.start, run.end])
    n = 1 if _straight(run) else _CHORDS
    fixed = np.array(breaks if len(breaks) else (0.0, run.length))
    joints = np.cumsum([curve.length for curve in run.curves[:-1]])
    fixed = np.append(fixed, [j for j in joints if np.abs(fixed - j).min() > ON_LINE])
    # No chord is so short that it seems to run along what the run meets.
    s = np.linspace(0.0, run.length, n + 1)
    s = np.union1d(fixed, s[np.abs(s[:, None] - fixed).min(axis=1) > 0.25 * run.length / n])
    return run.at(s)


def _nearest(run: Run, gap: Callable[[Points], Points]) -> tuple[float, float]:
    """Arc length at which `gap` of the run's point is least, and that least; gap grows by at most 2 m a metre."""
    low, high, s, gaps, k = 0.0, run.length, np.zeros(1), np.full(1, np.inf), 0
    straight, start, way = _straight(run), run.start, (run.end - run.start) / run.length
    for _ in range(_ZOOMS):
        s = low + (high - low) * _STEPS
        gaps = gap(start + s[:, None] * way if straight else run.at(s))
        k = int(gaps.argmin())
        low, high = float(s[max(k - 1, 0)]), float(s[min(k + 1, len(s) - 1)])
        if gaps[k] > 2 * (s[1] - s[0]) + ON_LINE:
            break
    return float(s[k]), float(gaps[k])


def _close(runs: Sequence[Run], points: Points, within: float | Points) -> NDArray[np.bool_]:
    """(n, r) whether points (n, 2) may lie within so many metres, one length or (n, 1), of runs."""
    drawn = [_polyline(run) for run in runs]
    start, end = np.concatenate([p[:-1] for p in drawn]), np.concatenate([p[1:] for p in drawn])
    # A curve keeps to a quarter of its chord's length about it, or it turns by more than a right angle.
    slack = np.repeat([0.0 if _straight(run) else 0.25 for run in runs], [len(p) - 1 for p in drawn])
    gap = point_to_segment(points[:, None], start, end) - slack * np.linalg.norm(end - start, axis=1)
    first = np.cumsum([0, *(len(p) - 1 for p in drawn)])[:-1]
    return np.minimum.reduceat(gap, first, axis=1) <= within


def _touches(runs: Mapping[str, Run], points: Points) -> list[dict[str, float]]:
    """For each of the points (n, 2) the runs that it lies on, with the arc lengths there."""
    found: list[dict[str, float]] = []
    for p, near in zip(points, _close(list(runs.values()), points, ON_LINE), strict=True):
        at = {
            name: _nearest(run, lambda q, p=p: np.linalg.norm(q - p, axis=1))
            for (name, run), close in zip(runs.items(), near, strict=True)
            if close
        }
        found.append({name: s for name, (s, gap) in at.items() if gap <= ON_LINE})
    return found


def _inner_folds(panel: Panel) -> list[Line]:
    """The lines halfway between each pleat's fold and placement, from edge to edge where both of them reach an edge."""
    if not panel.pleats:
        return []
    fold, placement = (np.array([getattr(p, name) for p in panel.pleats]) for name in ("fold", "placement"))
    middle, depth = (fold + placement) / 2, np.linalg.norm(fold - placement, axis=2)
    way = middle[:, 1] - middle[:, 0]
    along = way / np.linalg.norm(way, axis=1, keepdims=True)
    edges = {e.name: e for e in panel.edges}
    on_edge = [np.array([bool(t) for t in _touches(edges, p.reshape(-1, 2))]) for p in (fold, placement)]
    near = _close(panel.edges, middle.reshape(-1, 2), depth.reshape(-1, 1))
    ends = middle.reshape(-1, 2).copy()
    for k in np.flatnonzero(on_edge[0] & on_edge[1] & (depth.ravel() > ON_LINE)):
        at, beyond, (x, y) = middle.reshape(-1, 2)[k], depth.ravel()[k], along[k // 2]

        def gap(q: Points, at: Points = at, beyond: float = beyond, x: float = x, y: float = y) -> Points:
            beside = (q[:, 0] - at[0]) * y - (q[:, 1] - at[1]) * x
            return np.abs(beside) + np.maximum(np.linalg.norm(q - at, axis=1) - beyond, 0.0)

        found = [(e, *_nearest(e, gap)) for e, close in zip(panel.edges, near[k], strict=True) if close]
        on = [e.at(s)[0] for e, s, left in found if left <= ON_LINE]
        ends[k] = min(on, key=lambda p: float(np.linalg.norm(p - at)), default=at)
    return [Line(*pair) for pair in ends.reshape(-1, 2, 2)]


def lines_of(panel: Panel, sewn: frozenset[str], closed: frozenset[str]) -> Lines:
    """The lines of a panel whose names in `sewn` take part in seams and whose trims in `closed` are fastened.

    Internal lines are meshed where they are sewn, turned over or drawn in by elastic; two pleats may share a line.
    Raises PanelRefused for a pleat that is no strip of cloth.
    """
    used = sewn | {e.line for e in panel.elastics} | {i.name for i in panel.internal if i.kind == "dart"}
    runs: dict[str, Run] = {e.name: e for e in panel.edges}
    runs |= {i.name: i for i in panel.internal if i.turn or i.name in used}
    creases = {i.name for i in panel.internal if i.turn}
    pleated: dict[str, Points] = {}
    for pleat in panel.pleats:
        ends = np.array([pleat.fold, pleat.placement])
        lengths = np.linalg.norm(np.diff([*ends, ends.mean(axis=0)], axis=1), axis=2)
        if not min(lengths.min(), np.ptp(ends, axis=0).max()) > ON_LINE:
            raise PanelRefused(f"The pleat {pleat.name!r} of {panel.name!r} has no length or no depth: draw it anew.")
    for pleat, inner in zip(panel.pleats, _inner_folds(panel), strict=True):
        ends = np.array([pleat.fold, pleat.placement])
        for part, line in (("fold", Line(*ends[0])), ("inner fold", inner), ("placement", Line(*ends[1]))):
            both = np.stack([line.p0, line.p1])
            near = (
                k for k, o in pleated.items() if min(np.abs(both - o).max(), np.abs(both - o[::-1]).max()) <= ON_LINE
            )
            name = next(near, f"{pleat.name}: {part}")
            if name not in pleated:
                pleated[name], runs[name] = both, Run(name, (line,))
            if part != "placement":
                creases.add(name)
    trims = {t.name: np.array(t.at, np.float64) for t in panel.trims if t.name in closed}
    darts = tuple((a.name, b.name) for a, b in panel.inner_darts())
    return Lines(panel, runs, frozenset(creases), trims, darts)


class _Breaks:
    """Arc lengths of every line at which a particle must stand."""

    def __init__(self, lines: Mapping[Key, Run]) -> None:
        self.of = {key: [0.0, run.length] for key, run in lines.items()}

    def add(self, key: Key, s: float) -> bool:
        """Whether that is a new break of the line."""
        if min(abs(s - other) for other in self.of[key]) <= ON_LINE:
            return False
        self.of[key].append(s)
        return True

    def carry(self, runs: Sequence[SewnRun]) -> None:
        """Take every break to whatever its line is sewn to. Raises SeamMismatch where that never ends."""
        links: dict[Key, list[tuple[Span, Key, Span]]] = {}
        for run in runs:
            a, b = (run.a.panel, run.a.edge), (run.b.panel, run.b.edge)
            links.setdefault(a, []).append((run.a_span, b, run.b_span))
            links.setdefault(b, []).append((run.b_span, a, run.a_span))
            for key, span in ((a, run.a_span), (b, run.b_span)):
                for s in span:
                    self.add(key, s)
        fresh = [(key, s) for key, found in self.of.items() for s in found]
        carried = 0
        while fresh:
            key, s = fresh.pop()
            for span, other, there in links.get(key, ()):
                share = (s - span[0]) / (span[1] - span[0])
                if -1e-9 <= share <= 1 + 1e-9 and self.add(other, at := there[0] + share * (there[1] - there[0])):
                    fresh.append((other, at))
                    carried += 1
            if carried > _MOST_CARRIED:
                raise SeamMismatch(f"The seams of {key[0]!r} lead round in circles that never close: sew it otherwise.")
        for found in self.of.values():
            found.sort()

    def within(self, key: Key, span: Span) -> NDArray[np.intp]:
        """Numbers of the line's intervals between breaks that lie in the span, in its direction."""
        s = np.array(self.of[key])
        middle = (s[1:] + s[:-1]) / 2
        chosen = np.flatnonzero((middle > min(span)) & (middle < max(span)))
        return chosen if span[0] < span[1] else chosen[::-1]


def inside(points: Points, outline: Points) -> NDArray[np.bool_]:
    """(n,) whether points (n, 2) lie in the closed polygon (k, 2), by crossing number."""
    a, b = outline, np.roll(outline, -1, axis=0)
    x, y = points[:, :1], points[:, 1:]
    crosses = (a[:, 1] > y) != (b[:, 1] > y)
    with np.errstate(divide="ignore", invalid="ignore"):
        at = a[:, 0] + (y - a[:, 1]) / (b[:, 1] - a[:, 1]) * (b[:, 0] - a[:, 0])
    return (crosses & (x < at)).sum(axis=1) % 2 == 1


def _parts(p: Points, q: Points, r: Points, t: Points) -> NDArray[np.bool_]:
    """Whether the lines through p and q (…, 2) have r on one side and t on the other, by the shapes' broadcast.

    What lies on a line to a thousandth of ON_LINE is on neither side: of chords in one line, rounding would say either.
    """
    along = q - p
    beside = [along[..., 0] * (o - p)[..., 1] - along[..., 1] * (o - p)[..., 0] for o in (r, t)]
    least = 1e-3 * ON_LINE * np.linalg.norm(along, axis=-1)
    return (np.minimum(*beside) < -least) & (np.maximum(*beside) > least)


def _refuse_unfit(lines: Lines, breaks: Mapping[str, Sequence[float]]) -> None:
    """PanelRefused for what leaves the piece, crosses or runs along something else."""
    panel = lines.panel
    drawn = {name: _polyline(run, breaks[name]) for name, run in lines.runs.items()}
    outline = np.concatenate([drawn[e.name][:-1] for e in panel.edges])
    for trim in panel.trims:
        at = np.array([trim.at], np.float64)
        on = point_to_segment(at, outline, np.roll(outline, -1, axis=0)).min() <= 10 * ON_LINE
        if not (np.isfinite(at).all() and (on or inside(at, outline)[0])):
            raise PanelRefused(f"The {trim.kind} {trim.name!r} lies outside {panel.name!r}: move it onto the piece.")
    names = list(drawn)
    owner = np.repeat(np.arange(len(names)), [len(p) - 1 for p in drawn.values()])
    start, end = (np.concatenate([p[k : len(p) - 1 + k] for p in drawn.values()]) for k in (0, 1))

    for number, name in enumerate(names):
        if name not in lines.internal:
            continue
        line = drawn[name]
        middle = (line[1:] + line[:-1]) / 2
        if not inside(middle, outline).all():
            raise PanelRefused(f"The line {name!r} leaves {panel.name!r}: keep it on the piece.")
        a, b = line[:-1, None], line[1:, None]
        on_other = np.minimum(point_to_segment(a, start, end), point_to_segment(b, start, end))
        on_own = np.minimum(point_to_segment(start, a, b), point_to_segment(end, a, b))
        beside = np.minimum(point_to_segment(middle[:, None], start, end), point_to_segment((start + end) / 2, a, b))
        meet = np.logical_or.reduce([np.linalg.norm(p - q, axis=-1) <= ON_LINE for p in (a, b) for q in (start, end)])
        along = np.where(meet, beside, np.minimum(on_other, on_own)) <= ON_LINE
        across = _parts(a, b, start, end) & _parts(start, end, a, b)
        same = np.arange(len(middle))[:, None] == np.arange(len(owner)) - np.flatnonzero(owner == number)[0]
        bad = ((along | (across & ~meet)) & ~same).any(axis=0)
        if bad.any():
            other = names[owner[bad.argmax()]]
            what = "itself" if other == name else repr(other)
            raise PanelRefused(f"The line {name!r} of {panel.name!r} crosses {what} or runs along it: draw it apart.")


def _spacing(lines: Lines, breaks: Mapping[str, Sequence[float]], h: float) -> dict[str, Points]:
    """For each line (k,) metres between particles in its intervals: less than h beside what is close by, or short."""
    strips: list[tuple[str, int, Points]] = [(name, -1, p[None].repeat(2, axis=0)) for name, p in lines.trims.items()]
    for name, run in lines.runs.items():
        between = list(pairwise(breaks[name]))
        at = [np.linspace(low, high, int(min(max((high - low) / h, 1), 8)) + 1) for low, high in between]
        on = np.split(run.at(np.concatenate(at)), np.cumsum([len(s) for s in at[:-1]]))
        strips += [(name, k, strip) for k, strip in enumerate(on)]
    points = np.concatenate([strip for *_, strip in strips])
    last = np.cumsum([len(strip) for *_, strip in strips]) - 1
    first = np.concatenate([[0], last[:-1] + 1])
    tips = np.stack([points[first], points[last]], axis=1)
    apart = np.abs(tips[:, None, :, None] - tips[None, :, None, :]).max(axis=-1).min(axis=(2, 3))
    meets = apart <= ON_LINE
    chords = np.linalg.norm(np.diff(points, axis=0, append=points[-1:]), axis=1)
    chords[last] = 0.0
    length = np.add.reduceat(chords, first)
    length[length == 0] = np.inf
    room = np.where(meets, length, np.inf).min(axis=1)  # the strip itself is no shorter than its particles are apart
    inner = np.array([not isinstance(lines.runs.get(name), Edge) for name, _, _ in strips])
    start, end = np.delete(points, last, axis=0), np.delete(points, first, axis=0)
    owner = np.repeat(np.arange(len(strips)), last - first)
    spacing = {name: np.full(len(breaks[name]) - 1, h) for name in lines.runs}
    for number, (name, k, strip) in enumerate(strips):
        others = (~meets[number] & (inner | inner[number]))[owner]
        if others.any():
            clear = point_to_segment(strip[:, None], start[others], end[others]).min()
            room[number] = min(room[number], clear)
        if k >= 0:
            spacing[name][k] = np.clip(_SLENDER * room[number], _FINEST * h, h)
    return spacing


def stations(lines: Sequence[Lines], runs: Sequence[SewnRun], h: float) -> dict[Key, Points]:
    """Arc lengths of the particles, about h metres apart, along every line of every panel.

    Whatever is sewn together has equally many. Raises PanelRefused for lines that leave their piece, cross each other
    or run along each other, and where breaks of a seam lie closer together than can be told apart.
    """
    every = {(panel.panel.name, name): run for panel in lines for name, run in panel.runs.items()}
    breaks = _Breaks(every)
    for panel in lines:
        ends = [(name, p) for name, run in panel.internal.items() for p in (run.start, run.end)]
        ends += panel.trims.items()
        if ends:
            for (own, _), on in zip(ends, _touches(panel.runs, np.array([p for _, p in ends])), strict=True):
                for name in on.keys() - {own}:
                    breaks.add((panel.panel.name, name), on[name])
        for name in (leg for legs in panel.darts for leg in legs):  # where a dart is widest
            for corner in np.cumsum([curve.length for curve in panel.runs[name].curves[:-1]]):
                breaks.add((panel.panel.name, name), float(corner))
    breaks.carry(runs)
    counts = [len(s) - 1 for s in breaks.of.values()]
    first = dict(zip(every, np.cumsum([0, *counts]), strict=False))
    pairs: list[NDArray[np.intp]] = [np.empty((0, 2), np.intp)]
    for run in runs:
        a, b = (run.a.panel, run.a.edge), (run.b.panel, run.b.edge)
        one, two = breaks.within(a, run.a_span), breaks.within(b, run.b_span)
        if len(one) != len(two):
            raise PanelRefused(
                f"Lines meet the seam {run.seam!r} within a hair of each other or of its ends: let them meet in one "
                "point, or farther apart."
            )
        pairs.append(np.stack([one + first[a], two + first[b]], axis=1))
    group = joined(sum(counts), np.concatenate(pairs))
    length: list[Points] = []
    apart: list[Points] = []
    for panel in lines:
        own = {name: breaks.of[panel.panel.name, name] for name in panel.runs}
        if panel.internal or panel.panel.trims:
            _refuse_unfit(panel, own)
        spacing = _spacing(panel, own, h)
        length += [np.diff(own[name]) for name in panel.runs]
        apart += [spacing[name] for name in panel.runs]
    mean = np.exp(np.bincount(group, np.log(np.concatenate(length))) / np.bincount(group))
    closest = np.full(len(mean), h)
    np.minimum.at(closest, group, np.concatenate(apart))
    steps = np.maximum(1, np.rint(mean / closest)).astype(int)[group]
    found: dict[Key, Points] = {}
    for key, s in breaks.of.items():
        n = steps[first[key] : first[key] + len(s) - 1]
        parts = [np.linspace(a, b, k, endpoint=False) for (a, b), k in zip(pairwise(s), n, strict=True)]
        found[key] = np.concatenate([*parts, [s[-1]]])
    return found
