# SPDX-License-Identifier: GPL-3.0-or-later
"""What a cutter follows: the cut line and the sew line as points, and where notches are cut into the edge."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .allowance import Curve, cut_line
from .curves import Points
from .pieces import Edge, Notch, Piece

FLATTENED = 5e-6  # metres between a curve and its chords
NOTCH_DEPTH = 0.004  # metres, or half the allowance where that is less
_DOUBLE = 0.0025  # metres from the middle of a double notch to each of its marks
_TURN = np.radians(15.0)  # corners are sharper


@dataclass(frozen=True)
class Outline:
    """A closed line round a piece as another program is given it: (n, 2) in metres, and the indices of its corners."""

    points: Points
    turns: tuple[int, ...]


def outlined(points: Points) -> Outline:
    """A closed polyline (n, 2) with its corners found."""
    before, after = points - np.roll(points, 1, axis=0), np.roll(points, -1, axis=0) - points
    turn = np.arctan2(before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0], (before * after).sum(axis=1))
    return Outline(points, tuple(int(k) for k in np.flatnonzero(np.abs(turn) > _TURN)))


def boundary(piece: Piece, blunt: frozenset[Curve] = frozenset()) -> Outline:
    """The cut line, curves within five micrometres of their chords; blunt: see `cut_line`."""
    return outlined(cut_line(piece, FLATTENED, blunt).points)


def seam_line(piece: Piece) -> Outline:
    """The sew line, darts with it, curves within five micrometres of their chords."""
    return outlined(np.concatenate([edge.flattened(FLATTENED)[:-1] for edge in piece.edges]))


def grain_line(piece: Piece, line: Points) -> tuple[Points, Points]:
    """The ends (2,) of the grain line as it is drawn in the middle of a piece, whose cut line is `line` (n, 2)."""
    low, high = line.min(axis=0), line.max(axis=0)
    grain = np.array(piece.grain) / np.linalg.norm(piece.grain)
    reach = 0.3 * float(np.abs(grain) @ (high - low))
    return (low + high) / 2 - reach * grain, (low + high) / 2 + reach * grain


def notch_places(piece: Piece, notches: tuple[Notch, ...]) -> Iterator[tuple[Edge, Points, Points]]:
    """Of every mark, two for a double notch: its edge, its point (2,) on that, and the unit vector into the piece."""
    for notch in notches:
        edge = piece.edge(notch.edge)
        for step in (0.0,) if notch.kind == "single" else (-_DOUBLE, _DOUBLE):
            yield edge, *_across(edge, float(np.clip(notch.distance + step, 0.0, edge.length)))


def notch_marks(piece: Piece, notches: tuple[Notch, ...]) -> Iterator[tuple[Points, float, float]]:
    """Of every mark that is cut: its place on the cut line, its direction into the piece in radians, and its depth."""
    if not notches:
        return
    line = cut_line(piece, FLATTENED)
    for edge, here, inward in notch_places(piece, notches):
        beside, reach = line.beside(edge.name), piece.allowances.get(edge.name, piece.allowance)
        at = _struck(here, -inward, beside) if len(beside) > 1 else here - reach * inward
        depth = min(NOTCH_DEPTH, reach / 2) if reach > 0 else NOTCH_DEPTH
        yield at, float(np.arctan2(inward[1], inward[0])), depth


def _across(edge: Edge, distance: float) -> tuple[Points, Points]:
    """The point of an edge at that distance, and the unit vector from there into the piece."""
    here, near = edge.at([distance])[0], edge.at([max(distance - 1e-4, 0), min(distance + 1e-4, edge.length)])
    along = (near[1] - near[0]) / np.linalg.norm(near[1] - near[0])
    return here, np.array([-along[1], along[0]])


def _struck(here: Points, outward: Points, run: Points) -> Points:
    """Where the ray from a point of the seam line meets the cut line beside it, or the nearest point of that."""
    a, r = run[:-1] - here, np.diff(run, axis=0)
    cross = outward[0] * r[:, 1] - outward[1] * r[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        along = (a[:, 0] * r[:, 1] - a[:, 1] * r[:, 0]) / cross
        share = (a[:, 0] * outward[1] - a[:, 1] * outward[0]) / cross
    hit = np.flatnonzero((share >= -1e-9) & (share <= 1 + 1e-9) & (along >= -1e-9))
    if len(hit):
        k = hit[np.argmin(along[hit])]
        return here + along[k] * outward
    return run[np.argmin(np.linalg.norm(run - here, axis=1))]


def cutting_words(piece: Piece) -> str:
    """How often and how a piece is cut, in words."""
    words = [f"cut {piece.quantity}" + (" mirrored" if piece.cut == "mirrored" else "")]
    if piece.cut == "fold":
        words.append("on the fold")
    if piece.doubled:
        words.append(f"doubled at the {piece.doubled}")
    words.append(f"{piece.fabric} fabric")
    if piece.interlining:
        words.append(f"and {piece.quantity} of {piece.interlining} interlining")
    return ", ".join(words)
