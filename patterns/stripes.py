# SPDX-License-Identifier: GPL-3.0-or-later
"""Stripes and checks that go on over seams: at which phase of the fabric's repeat each panel is cut.

On a marker x runs along the warp and y across. Where a seam is matched, the two points that meet there, at its first
notch or else in its middle, lie at the same phase, as a cutter lays them. Seams are matched one after the other for as
long as they join what was not joined yet; one that closes a ring (the armhole's back, after its front and the sides)
meets as far as the cut lets it, and is reported. Every panel on the fold has its middle on a stripe along the warp, so
both its sides are alike; what is sewn to it follows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .curves import Points
from .notches import instances
from .pattern import Pattern
from .seams import SewnRun, sewn_runs

MATCHED = 1e-3  # metres between stripes of two pieces that are seen as one


class MatchRefused(ValueError):
    """Seams to be matched that a pattern does not have."""


@dataclass(frozen=True)
class Meeting:
    """Two points that a seam brings together: each panel's name, and the point (2,) on the marker from its origin."""

    seam: str
    a: str
    at_a: Points
    b: str
    at_b: Points


def on_marker(points: Points, grain: ArrayLike) -> Points:
    """(n, 2) of a piece turned so that its warp is x."""
    x, y = np.asarray(grain, np.float64) / np.linalg.norm(grain)
    return points @ np.array([[x, -y], [y, x]])


def meetings(pattern: Pattern, role: str, seams: Sequence[str] = ()) -> list[Meeting]:
    """Where seams between panels of that fabric are matched: those named, in that order, or all, longest first.

    Raises MatchRefused for a seam that there is not.
    """
    if strange := [name for name in seams if name not in {seam.name for seam in pattern.seams}]:
        raise MatchRefused(f"There is no seam {strange[0]!r}; there is {', '.join(s.name for s in pattern.seams)}.")
    panels = {panel.name: panel for panel in pattern.panels()}
    edges = instances(pattern.pieces)
    walks = {(seam.name, ref) for seam in pattern.seams for ref in (*seam.a, *seam.b)}

    def notches(panel: str, edge: str) -> list[float]:
        if (panel, edge) not in edges:
            return []
        piece, drafted, against = edges[panel, edge]
        marks = (n.distance for n in piece.notches if n.edge == drafted.name)
        return [drafted.length - mark if against else mark for mark in marks]

    def shares(run: SewnRun) -> list[float]:
        sides = ((run.a, run.a_span), (run.b, run.b_span))
        marks = [(mark - lo) / (hi - lo) for ref, (lo, hi) in sides for mark in notches(ref.panel, ref.edge)]
        return [share for share in marks if 0.0 <= share <= 1.0]

    found: dict[tuple[str, str, str], tuple[bool, float, Meeting]] = {}
    for run in sewn_runs(pattern):
        a, b = panels[run.a.panel], panels[run.b.panel]
        if a is b or a.fabric != role or b.fabric != role or (seams and run.seam not in seams):
            continue
        if (run.seam, run.b) not in walks:  # a further layer, caught in the seam
            continue
        marks = shares(run)
        share, long = (min(marks) if marks else 0.5), abs(run.a_span[1] - run.a_span[0])
        at_a, at_b = (
            on_marker(panel.line(ref.edge).at([lo + share * (hi - lo)]), panel.grain)[0]
            for panel, ref, (lo, hi) in ((a, run.a, run.a_span), (b, run.b, run.b_span))
        )
        pair = run.seam, a.name, b.name
        if pair not in found or (bool(marks), long) > found[pair][:2]:
            found[pair] = bool(marks), long, Meeting(run.seam, a.name, at_a, b.name, at_b)
    kept = sorted(found.values(), key=lambda f: seams.index(f[2].seam) if seams else -f[1])
    return [meeting for _, _, meeting in kept]


def phases(pattern: Pattern, role: str, repeat: tuple[float, float], seams: Sequence[str] = ()) -> dict[str, Points]:
    """Of every panel of that fabric the place (2,) of its origin within the repeat (along, across), metres.

    Where the repeat is 0 the place is 0 and says nothing. Raises MatchRefused.
    """
    panels = [panel.name for panel in pattern.panels() if panel.fabric == role]
    folded = {piece.name for piece in pattern.pieces if piece.cut == "fold"}
    met = meetings(pattern, role, seams)
    along = placed(panels, [(m.a, m.b, float(m.at_a[0] - m.at_b[0])) for m in met], first=folded)
    across = placed(panels, [(m.a, m.b, float(m.at_a[1] - m.at_b[1])) for m in met], fixed=folded)
    places = ((name, (along[name], across[name])) for name in panels)
    return {name: np.array([v % r if r else 0.0 for v, r in zip(at, repeat, strict=True)]) for name, at in places}


def placed(
    panels: Sequence[str],
    joints: Sequence[tuple[str, str, float]],
    first: Collection[str] = (),
    fixed: Collection[str] = (),
) -> dict[str, float]:
    """Each panel's place one way: by every joint (a, b, how much further b lies) that joins what was not joined.

    The first panel of those that are joined lies at 0. fixed: those that lie at 0. first: those that do where nothing
    they are joined to is fixed.
    """
    group = {name: "" if name in fixed else name for name in panels}
    place = dict.fromkeys(panels, 0.0)
    for a, b, further in joints:
        if group[b] == "":
            a, b, further = b, a, -further
        old, new, move = group[b], group[a], place[a] + further - place[b]
        if old != new:
            for name in (name for name in panels if group[name] == old):
                group[name], place[name] = new, place[name] + move
    for leader in set(group.values()) - {""}:
        members = [name for name in panels if group[name] == leader]
        start = place[next((name for name in members if name in first), members[0])]
        for name in members:
            place[name] -= start
    return place


def apart(difference: Points, repeat: tuple[float, float]) -> float:
    """How far two phases lie apart, metres, whose places on the cloth differ by (2,): the worse of both ways."""
    return max((abs(d - r * round(d / r)) for d, r in zip(difference.tolist(), repeat, strict=True) if r), default=0.0)


def mismatches(
    pattern: Pattern, role: str, repeat: tuple[float, float], places: Mapping[str, Points], seams: Sequence[str] = ()
) -> dict[str, float]:
    """Of every seam how far, in metres, its two sides are from one phase, panels' origins lying at `places` (2,)."""
    worst: dict[str, float] = {}
    for m in meetings(pattern, role, seams):
        off = apart(places[m.a] + m.at_a - places[m.b] - m.at_b, repeat)
        worst[m.seam] = max(worst.get(m.seam, 0.0), off)
    return worst
