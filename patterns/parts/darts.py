# SPDX-License-Identifier: GPL-3.0-or-later
"""Darts: their mouths in an edge, or within a piece, their legs, and the seams that close them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..curves import Curve, Points, line, run_length, stretch
from ..pieces import Edge, InternalLine, Piece, loop
from ..seams import Seam, seam

LEAST_INTAKE = 0.006  # metres; a dart narrower than this is not worth sewing


@dataclass(frozen=True)
class Dart:
    """A dart in an edge: how far along its middle lies, how wide its mouth is and how deep it reaches; metres."""

    at: float
    intake: float
    depth: float


def evenly(length: float, darts: int, intake: float, depth: float) -> tuple[Dart, ...]:
    """`darts` equal darts that part what is left of an edge of that length into equal stretches."""
    left = (length - darts * intake) / (darts + 1)
    return tuple(Dart(k * left + (k - 0.5) * intake, intake, depth) for k in range(1, darts + 1))


def darted(name: str, curves: Curve | Sequence[Curve], darts: Sequence[Dart], dart: str = "dart") -> tuple[Edge, ...]:
    """The edge of an anticlockwise loop that runs along `curves`, with darts, in order along it.

    Its stretches are called name_1, name_2 …, the legs of the darts dart_1_in and dart_1_out …; without darts the edge
    keeps its name. A dart lies square to its mouth, so that its legs are of one length.
    """
    run = (curves,) if isinstance(curves, Curve) else tuple(curves)
    if not darts:
        return loop((name, run))
    length = run_length(run)
    stops = [0.0, *(d.at + s * d.intake / 2 for d in darts for s in (-1, 1)), length]
    edges: list[Edge] = []
    for k, (first, last) in enumerate(pairwise(stops)):
        number, piece = k // 2 + 1, stretch(run, first, last)
        if k % 2 == 0:
            edges.append(Edge(f"{name}_{number}", piece))
            continue
        near, far = piece[0].start, piece[-1].end
        along = far - near
        inward = np.array([-along[1], along[0]]) / np.linalg.norm(along)  # left of an anticlockwise loop: inside
        apex: Points = (near + far) / 2 + darts[k // 2].depth * inward
        edges.append(Edge(f"{dart}_{number}_in", (line(near, apex),), dart=True))
        edges.append(Edge(f"{dart}_{number}_out", (line(apex, far),), dart=True))
    return tuple(edges)


def fisheye(name: str, middle: Points, intake: float, down: float, up: float) -> tuple[InternalLine, InternalLine]:
    """Both legs of a dart within a piece, `intake` metres wide at its middle (2,), from `down` below it to `up` above.

    They mirror each other in the upright through the middle, so they are of one length.
    """
    low, high = middle - np.array([0.0, down]), middle + np.array([0.0, up])
    sides = (middle + np.array([sign * intake / 2, 0.0]) for sign in (-1, 1))
    leg_in, leg_out = ((line(low, side), line(side, high)) for side in sides)
    return InternalLine(f"{name}_in", leg_in, "dart"), InternalLine(f"{name}_out", leg_out, "dart")


def dart_seams(pieces: Iterable[Piece]) -> list[Seam]:
    """Every dart of the pieces sewn up, leg to leg."""
    panels = [panel for piece in pieces for panel in piece.panels()]
    within = [
        seam(f"{panel.name}_{a.name.replace('_in', '')}", f"{panel.name}.{a.name}", f"{panel.name}.{b.name}")
        for panel in panels
        for a, b in panel.inner_darts()
    ]
    return within + [
        seam(
            f"{panel.name}_{e.name.replace('_in', '')}",
            f"{panel.name}.{e.name}",
            f"-{panel.name}.{e.name.replace('_in', '_out')}",
        )
        for panel in panels
        for e in panel.edges
        if e.dart and "_in" in e.name
    ]


def run_names(edges: Iterable[Edge], name: str) -> list[str]:
    """The names of the stretches into which darts part the edge `name`, in order."""
    return [e.name for e in edges if e.name == name or (e.name.startswith(f"{name}_") and not e.dart)]


def stretches(piece: Piece, name: str) -> list[str]:
    """The same of a piece."""
    return run_names(piece.edges, name)
