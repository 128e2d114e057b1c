# SPDX-License-Identifier: GPL-3.0-or-later
"""Notches walked round: what one side of a seam is notched with, every other layer of it bears at the same place.

A draft marks a notch on one side only. The other sides are walked from matching starts, as a pattern maker walks one
piece along another; places correspond at equal shares of the sides' lengths, so that ease is spread between notches.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from .pattern import Pattern
from .pieces import Edge, Notch, Piece, other_side
from .seams import EdgeRef

_SAME = 1e-3  # metres: a notch nearer than this to another, or to a corner, is not cut beside it

_Instances = Mapping[tuple[str, str], tuple[Piece, Edge, bool]]


def instances(pieces: Iterable[Piece]) -> dict[tuple[str, str], tuple[Piece, Edge, bool]]:
    """Of every (panel, edge) as seams name it: its piece, the edge as it was drafted, and whether that is walked
    backwards.
    """
    found: dict[tuple[str, str], tuple[Piece, Edge, bool]] = {}
    for piece in pieces:
        for edge in piece.edges:
            if edge.name == piece.fold:
                continue
            for side, against in ((piece.side, False), (other_side(piece.side), True)):
                if piece.cut == "single":
                    found[piece.name, edge.name] = piece, edge, False
                elif piece.cut == "fold":
                    found[piece.name, f"{edge.name}_{side}"] = piece, edge, against
                else:
                    found[f"{piece.name}_{side}", edge.name] = piece, edge, against
    return found


def _sides(walk: tuple[EdgeRef, ...], edges: _Instances) -> list[tuple[Piece, Edge, bool]] | None:
    """The drafted edges along one side of a seam and whether they are walked backwards; None along internal lines."""
    if any((ref.panel, ref.edge) not in edges for ref in walk):
        return None
    found = ((*edges[ref.panel, ref.edge], ref.backwards) for ref in walk)
    return [(piece, edge, against != backwards) for piece, edge, against, backwards in found]


def walked_notches(pattern: Pattern) -> dict[str, tuple[Notch, ...]]:
    """The notches of every piece by its name: those that it was drafted with, then those walked from other pieces.

    A place that falls on a corner, which needs no notch, or on a notch that is there already, gets none.
    """
    notches = {piece.name: list(piece.notches) for piece in pattern.pieces}
    edges = instances(pattern.pieces)
    for seam in pattern.seams:
        sides = [side for walk in (seam.a, seam.b, *seam.layers) if (side := _sides(walk, edges))]
        for side in sides:
            whole = sum(edge.length for _, edge, _ in side)
            passed = 0.0
            for piece, edge, against in side:
                for notch in piece.notches:
                    if notch.edge == edge.name:
                        along = edge.length - notch.distance if against else notch.distance
                        for other in sides:
                            if other is not side:
                                _place(notches, other, (passed + along) / whole, notch)
                passed += edge.length
    return {name: tuple(found) for name, found in notches.items()}


def _place(notches: dict[str, list[Notch]], side: list[tuple[Piece, Edge, bool]], share: float, notch: Notch) -> None:
    """Cut a notch at that share of a side's length."""
    left = share * sum(edge.length for _, edge, _ in side)
    for piece, edge, against in side:
        if left <= edge.length:
            at = edge.length - left if against else left
            near = (n.distance for n in notches[piece.name] if n.edge == edge.name)
            if min(at, edge.length - at, *(abs(at - n) for n in near)) > _SAME:
                notches[piece.name].append(replace(notch, edge=edge.name, distance=at))
            return
        left -= edge.length
