# SPDX-License-Identifier: GPL-3.0-or-later
"""The marker: pieces laid on the fabric's width, warp along its length, as short as they go.

Nesting is Sparrow's (Gardeyn, Vanden Berghe and Wauters, "An open-source heuristic to reboot 2D nesting research",
2025) through the package spyrrow, for a given time: the longer, the shorter. What it gives depends on how far it comes
in that time, so a marker is kept as a file and not made again.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

import numpy as np

from .allowance import cut_line
from .curves import Points
from .pattern import Pattern
from .pieces import Piece, polygon_area

NARROWEST, WIDEST = 0.3, 10.0  # metres of fabric
_TOLERANCE = 2e-4  # metres between a curve and its chords
_MOST = 2000  # pieces of one marker


class MarkerRefused(ValueError):
    """A marker that cannot be laid: nothing to lay, a piece wider than the fabric, or nonsense asked for."""


class MarkerUnavailable(RuntimeError):
    """The nesting package is not there."""


@dataclass(frozen=True)
class Fabric:
    """What is laid on: usable width in metres; `nap`: it has a direction, so that all pieces lie one way round; the
    gap that the knife needs between pieces, metres; kilograms per square metre.
    """

    width: float
    nap: bool = False
    gap: float = 0.002
    density: float = 0.0

    def __post_init__(self) -> None:
        if not (NARROWEST <= self.width <= WIDEST and 0.0 <= self.gap <= 0.05 and 0.0 <= self.density <= 5.0):
            raise MarkerRefused(
                f"Fabric is from {NARROWEST} to {WIDEST} m wide, cut with gaps up to 0.05 m, and weighs up to 5 kg/m²; "
                f"got {self.width!r}, {self.gap!r} and {self.density!r}."
            )


@dataclass(frozen=True)
class Laid:
    """A piece on the fabric: its name and size, and its cut line (n, 2): x along the fabric's length, y across."""

    piece: str
    size: str
    line: Points


@dataclass(frozen=True)
class Marker:
    """Pieces on a length of fabric, in metres."""

    fabric: Fabric
    length: float
    laid: tuple[Laid, ...]

    @property
    def utilisation(self) -> float:
        """The share of the fabric that is in pieces."""
        return sum(polygon_area(piece.line) for piece in self.laid) / (self.fabric.width * self.length)

    def to_json(self) -> dict[str, object]:
        used = self.fabric.width * self.length
        return {
            "width": self.fabric.width,
            "length": self.length,
            "utilisation": self.utilisation,
            "area": used,
            "waste_area": used * (1.0 - self.utilisation),
            "mass": used * self.fabric.density,
            "waste_mass": used * self.fabric.density * (1.0 - self.utilisation),
            "laid": [{"piece": p.piece, "size": p.size, "line": p.line.round(5).tolist()} for p in self.laid],
        }

    @classmethod
    def from_json(cls, fabric: Fabric, data: Mapping[str, Any]) -> Marker:
        """From what `to_json` gives, of that fabric."""
        laid = (Laid(piece["piece"], piece["size"], np.array(piece["line"], np.float64)) for piece in data["laid"])
        return cls(fabric, float(data["length"]), tuple(laid))

    def to_svg(self) -> str:
        """The marker drawn at 1:1, user units millimetres."""
        length, width = self.length * 1000, self.fabric.width * 1000
        drawn: list[str] = []
        for piece in self.laid:
            points = " ".join(f"{x * 1000:.2f},{width - y * 1000:.2f}" for x, y in piece.line)
            x, y = piece.line.mean(axis=0) * 1000
            drawn.append(f'<polygon points="{points}"/>')
            drawn.append(
                f'<text x="{x:.1f}" y="{width - y:.1f}">{escape(f"{piece.piece} {piece.size}".strip())}</text>'
            )
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{length:.3f}mm" height="{width:.3f}mm" '
            f'viewBox="0 0 {length:.3f} {width:.3f}"><style>polygon{{fill:#e8eef4;stroke:#000;stroke-width:1}}'
            "rect{fill:none;stroke:#888;stroke-width:2}text{font:14px sans-serif;text-anchor:middle}</style>"
            f'<rect width="{length:.3f}" height="{width:.3f}"/>{"".join(drawn)}</svg>\n'
        )


def _whole(piece: Piece) -> Points:
    """(n, 2) the cut line of a piece as it lies opened out on the fabric, anticlockwise."""
    line = cut_line(piece, _TOLERANCE).points
    for name in filter(None, (piece.fold, piece.doubled)):
        edge = piece.edge(name)
        line = _opened(line, edge.start, edge.end)
    return line


def _opened(line: Points, start: Points, end: Points) -> Points:
    """A closed line with its other half beyond the fold from start to end; the line has a straight stretch along it."""
    along = (end - start) / np.linalg.norm(end - start)
    normal = np.array([along[1], -along[0]])
    off = (line - start) @ normal
    on = np.abs(off) < 1e-6
    last = np.flatnonzero(~on & np.roll(on, -1))[0]  # where the line comes to the fold
    kept = np.roll(line, -(last + 1), axis=0)[int(on.sum()) :]  # without what lies on the fold
    ends = np.roll(line, -(last + 1), axis=0)[: int(on.sum())][[-1, 0]]
    half = np.concatenate([ends[:1], kept, ends[1:]])
    mirrored = (half - 2.0 * np.outer((half - start) @ normal, normal))[::-1]
    return np.concatenate([half, mirrored[1:-1]])


def _shapes(pattern: Pattern, role: str) -> Iterator[tuple[str, Points]]:
    """Of every piece of that fabric as often as it is cut: its name, and its cut line turned so that the warp is x."""
    for piece in pattern.pieces:
        if piece.fabric != role:
            continue
        x, y = np.array(piece.grain) / np.linalg.norm(piece.grain)
        turned = _whole(piece) @ np.array([[x, -y], [y, x]])
        yield piece.name, turned
        if piece.cut == "mirrored":
            yield piece.name, (turned * [1.0, -1.0])[::-1]


def lay(
    patterns: Mapping[str, Pattern],
    counts: Mapping[str, int],
    fabric: Fabric,
    role: str = "main",
    seconds: int = 20,
    seed: int = 0,
) -> Marker:
    """A marker of garments in several sizes.

    patterns: by size; counts: how many garments of each; role: the fabric of the patterns' pieces, such as "main" or
    "lining"; seconds: how long to look for a shorter one. Raises MarkerRefused, and MarkerUnavailable where spyrrow is
    not installed.
    """
    if importlib.util.find_spec("spyrrow") is None:
        raise MarkerUnavailable("Nesting needs the package spyrrow: install the engine environment.")
    import spyrrow

    if not 1 <= seconds <= 36_000:
        raise MarkerRefused(f"A marker is looked for from 1 to 36000 seconds, not {seconds!r}.")
    if wrong := [size for size, n in counts.items() if size not in patterns or not 0 <= n <= _MOST]:
        raise MarkerRefused(f"There is no size {wrong[0]!r}, or not so many of it: counts are from 0 to {_MOST}.")
    shapes: dict[str, tuple[str, str, Points]] = {}
    items: list[spyrrow.Item] = []
    for size, count in counts.items():
        for k, (name, line) in enumerate(_shapes(patterns[size], role) if count else ()):
            across = float(np.ptp(line[:, 1])) + 2 * fabric.gap
            if across > fabric.width:
                raise MarkerRefused(
                    f"{name!r} of size {size} needs {across:.3f} m across the fabric of {fabric.width:.3f} m: "
                    "take a wider one, or divide the piece."
                )
            key = f"{size}\n{k}"
            shapes[key] = (name, size, line)
            ways = [0.0] if fabric.nap else [0.0, 180.0]
            items.append(spyrrow.Item(key, [(float(x), float(y)) for x, y in line], count, ways))
    pieces = sum(item.demand for item in items)
    if not 1 <= pieces <= _MOST:
        raise MarkerRefused(f"{pieces} pieces of {role!r} fabric: a marker holds from 1 to {_MOST}.")
    solved = spyrrow.StripPackingInstance("marker", fabric.width, items).solve(
        spyrrow.StripPackingConfig(
            early_termination=True,
            min_items_separation=fabric.gap or None,
            total_computation_time=seconds,
            num_workers=1,
            seed=seed,
        )
    )
    laid: list[Laid] = []
    for placed in solved.placed_items:
        name, size, line = shapes[placed.id]
        turn = np.radians(placed.rotation)
        matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        laid.append(Laid(name, size, line @ matrix + np.array(placed.translation)))
    length = max(float(piece.line[:, 0].max()) for piece in laid)
    return Marker(fabric, length, tuple(sorted(laid, key=lambda p: (p.line[:, 0].min(), p.line[:, 1].min()))))
