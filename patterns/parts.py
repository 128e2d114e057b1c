# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts that garments share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import cos, sin

import numpy as np

from .curves import Cubic, Line, Points, hermite, line
from .pieces import Edge, InternalLine, Notch, Piece, Wrap, loop
from .seams import Seam, seam

LEAST_INTAKE = 0.006  # metres; a dart narrower than this is not worth sewing
_QUARTER = 1.657  # Hermite tangent that makes a cubic a quarter ellipse: 3 · 0.5523


@dataclass(frozen=True)
class Dart:
    """A dart in an edge: how far along its middle lies, how wide its mouth is and how deep it reaches; metres."""

    at: float
    intake: float
    depth: float


def part(curve: Cubic | Line, t0: float, t1: float) -> Cubic:
    """The stretch of a cubic between two parameters (end points and end derivatives say it all)."""
    (p0, p1), (d0, d1) = curve.points(np.array([t0, t1])), curve.derivative(np.array([t0, t1]))
    return hermite(p0, d0 * (t1 - t0), p1, d1 * (t1 - t0))


def evenly(length: float, darts: int, intake: float, depth: float) -> tuple[Dart, ...]:
    """`darts` equal darts that part what is left of an edge of that length into equal stretches."""
    left = (length - darts * intake) / (darts + 1)
    return tuple(Dart(k * left + (k - 0.5) * intake, intake, depth) for k in range(1, darts + 1))


def darted(name: str, curve: Cubic | Line, darts: Sequence[Dart], dart: str = "dart") -> tuple[Edge, ...]:
    """The edge `curve` of an anticlockwise loop with darts, in order along it.

    Its stretches are called name_1, name_2 …, the legs of the darts dart_1_in and dart_1_out …; without darts the edge
    keeps its name. A dart lies square to its mouth, so that its legs are of one length.
    """
    if not darts:
        return loop((name, curve))
    t = curve.parameter_at([0.0, *(d.at + s * d.intake / 2 for d in darts for s in (-1, 1)), curve.length])
    edges: list[Edge] = []
    for k, (t0, t1) in enumerate(pairwise(t)):
        number = k // 2 + 1
        if k % 2 == 0:
            edges.append(Edge(f"{name}_{number}", (part(curve, float(t0), float(t1)),)))
            continue
        near, far = curve.points(np.array([t0, t1]))
        along = far - near
        inward = np.array([-along[1], along[0]]) / np.linalg.norm(along)  # left of an anticlockwise loop: inside
        apex: Points = (near + far) / 2 + darts[k // 2].depth * inward
        edges.append(Edge(f"{dart}_{number}_in", (line(near, apex),), dart=True))
        edges.append(Edge(f"{dart}_{number}_out", (line(apex, far),), dart=True))
    return tuple(edges)


def dart_seams(pieces: Iterable[Piece]) -> list[Seam]:
    """Every dart of the pieces sewn up, leg to leg."""
    return [
        seam(
            f"{panel.name}_{e.name.replace('_in', '')}",
            f"{panel.name}.{e.name}",
            f"-{panel.name}.{e.name.replace('_in', '_out')}",
        )
        for piece in pieces
        for panel in piece.panels()
        for e in panel.edges
        if e.dart and "_in" in e.name
    ]


def stretches(piece: Piece, name: str) -> list[str]:
    """The names of the stretches into which darts part the edge `name`, in the piece's own order."""
    return [e.name for e in piece.edges if e.name == name or (e.name.startswith(f"{name}_") and not e.dart)]


def armhole(armpit: Points, pitch: Points, tip: Points, slope: float) -> tuple[Cubic, Cubic]:
    """From the armpit up to the shoulder tip: level at the armpit, upright at the pitch, square to the shoulder."""
    low, high = armpit[0] - pitch[0], pitch[1] - armpit[1]
    rise = float(tip[1] - pitch[1])
    return (
        hermite(armpit, (-_QUARTER * low, 0), pitch, (0, _QUARTER * high)),
        hermite(pitch, (0, 1.1 * rise), tip, (0.9 * rise * sin(slope), 0.9 * rise * cos(slope))),
    )


def neckline(side_of_neck: Points, depth: float, slope: float, front: bool) -> Cubic:
    """From the shoulder to the centre line, `depth` below the neck side point's height, where it arrives level."""
    down, along = side_of_neck[1] + depth, side_of_neck[0]
    leave = (-1.45 * down * sin(slope), -1.45 * down * cos(slope)) if front else (-0.5 * along, -0.9 * down)
    return hermite(side_of_neck, leave, (0, -depth), (-1.6 * along if front else -1.3 * along, 0))


def band(
    name: str, length: float, width: float, landmark: str, side_mark: float, *, fabric: str = "main", allowance: float
) -> Piece:
    """A straight band, cut double and folded along its top, its middle at the centre front and its ends at the back.

    length along the seam and finished width in metres; side_mark: how far from the middle its side notches lie.
    """
    half = length / 2
    return Piece(
        name,
        loop(
            ("seam", line((-half, 0), (half, 0))),
            ("end_left", line((half, 0), (half, width))),
            ("top", line((half, width), (-half, width))),
            ("end_right", line((-half, width), (-half, 0))),
        ),
        Wrap("seam", landmark, (0.0, 0.0)),
        doubled="top",
        fabric=fabric,
        grain=(1.0, 0.0),
        notches=(Notch("seam", half), Notch("seam", half - side_mark), Notch("seam", half + side_mark)),
        internal=(InternalLine("centre front", (line((0, 0), (0, width)),), "placement"),),
        allowance=allowance,
        allowances={"top": 0.0},
    )
