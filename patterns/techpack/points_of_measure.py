# SPDX-License-Identifier: GPL-3.0-or-later
"""Points of measure: what is measured on a finished garment lying flat, read off the sew lines of its pieces.

Which there are, how each is taken and its tolerance are rows of assets/points_of_measure.toml. Every value comes with
the lines along which it was taken.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ..curves import Points
from ..pattern import Pattern
from ..pieces import Edge, Piece

FILE = Path(__file__).parent.parent.parent / "assets" / "points_of_measure.toml"
_FINE = 1e-4  # metres between a curve and its chords
_CENTRED = 1e-6  # metres from the centre line


@dataclass(frozen=True)
class PointOfMeasure:
    """One measure of a garment: its letter, `names` by language, metres and the metres that it may be off either way.

    lines: the pieces and the lines (n, 2) on them along which it was taken.
    """

    code: str
    names: Mapping[str, str]
    value: float
    tolerance: float
    lines: tuple[tuple[str, Points], ...]


@cache
def _rows() -> tuple[Mapping[str, Any], ...]:
    return tuple(tomllib.loads(FILE.read_text(encoding="utf-8"))["points"])


def points_of_measure(pattern: Pattern) -> tuple[PointOfMeasure, ...]:
    """Every measure that a garment has, in the file's order; an imported pattern with other names may have none."""
    found: list[PointOfMeasure] = []
    for row in _rows():
        if _of_this_kind(row, pattern):
            value, lines = _taken(row, pattern.pieces)
            if lines:
                names = {"en": row["label"], "zh_HANS": row["zh"]}
                value *= float(row.get("share", 1.0))
                found.append(PointOfMeasure(row["code"], names, value, float(row["tolerance"]), tuple(lines)))
    return tuple(found)


def _of_this_kind(row: Mapping[str, Any], pattern: Pattern) -> bool:
    """Whether a row that is `only` of what goes round a limb, or `not`, is of this garment."""
    around = {piece.wrap.around.partition("_")[0] for piece in pattern.pieces}
    return row.get("only", "") in {"", *around} and row.get("not", "") not in around


def _taken(row: Mapping[str, Any], pieces: Sequence[Piece]) -> tuple[float, list[tuple[str, Points]]]:
    """Metres, before the row's share, and the lines; no line where the pieces have not what it takes."""
    if "along" in row:
        edges = _edges(pieces, row["along"])
        twice = bool(row.get("both"))
        value = sum(edge.length * (2 if twice and piece.cut != "single" else 1) for piece, edge in edges)
        return value, [(piece.name, edge.flattened(_FINE)) for piece, edge in edges]
    if "drop" in row:
        top, foot = (_edges(pieces, expression) for expression in row["drop"])
        if not top or not foot:
            return 0.0, []
        crown, low = _heights(top)[0], _heights(foot)[1]
        x = crown[0]
        return float(crown[1] - low[1]), [(top[0][0].name, np.array([[x, low[1]], [x, crown[1]]]))]
    groups: list[tuple[str, str]] = row["across"]
    spans = [_across(pieces, names, level, row.get("below"), bool(row.get("centred"))) for names, level in groups]
    if not all(spans):
        return 0.0, []
    lines = [span for group in spans for span in group]
    return sum(float(np.linalg.norm(np.diff(line, axis=0))) for _, line in lines), lines


def _edges(pieces: Sequence[Piece], expression: str) -> list[tuple[Piece, Edge]]:
    return [
        (piece, edge)
        for piece in pieces
        for edge in piece.edges
        if not edge.dart and re.fullmatch(expression, f"{piece.name}.{edge.name}")
    ]


def _heights(edges: Sequence[tuple[Piece, Edge]]) -> tuple[Points, Points]:
    """The highest and the lowest point (2,) of edges."""
    points = np.concatenate([edge.flattened(_FINE) for _, edge in edges])
    return points[points[:, 1].argmax()], points[points[:, 1].argmin()]


def _across(
    pieces: Sequence[Piece], names: str, level: str, below: float | None, centred: bool
) -> list[tuple[str, Points]]:
    """The lines (2, 2) across pieces at a level; none where a piece is pleated, and so narrower when it is sewn, or
    where a neckline keeps them from the centre line.
    """
    edges = _edges(pieces, level)
    mine = [piece for piece in pieces if re.fullmatch(names, piece.name)]
    if not edges or any(piece.pleats for piece in mine):
        return []
    high, low = _heights(edges)
    y = float(low[1]) if below is None else float(high[1]) - below
    side = np.sign(low[0]) if centred else 0.0
    spans: list[tuple[str, Points]] = []
    for piece in mine:
        outline = np.concatenate([edge.flattened(_FINE)[:-1] for edge in piece.edges])
        spans += [(piece.name, np.array([[a, y], [b, y]])) for a, b in _chords(outline, y, float(side))]
    reaches = not centred or min((float(np.abs(line[:, 0]).min()) for _, line in spans), default=1.0) < _CENTRED
    return spans if reaches else []


def _chords(outline: Points, y: float, side: float) -> list[tuple[float, float]]:
    """Where the level y lies within a closed polygon (n, 2), on the given side of x = 0 (-1, 1; 0: on both)."""
    ends = np.roll(outline, -1, axis=0)
    crosses = (outline[:, 1] > y) != (ends[:, 1] > y)
    a, b = outline[crosses], ends[crosses]
    xs = np.sort(a[:, 0] + (y - a[:, 1]) / (b[:, 1] - a[:, 1]) * (b[:, 0] - a[:, 0]))
    chords: list[tuple[float, float]] = []
    for low, high in xs.reshape(-1, 2):
        low, high = (max(low, 0.0), high) if side > 0 else (low, min(high, 0.0)) if side < 0 else (low, high)
        if high > low:
            chords.append((float(low), float(high)))
    return chords
