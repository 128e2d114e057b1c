# SPDX-License-Identifier: GPL-3.0-or-later
"""The marker: pieces laid on the fabric's width, warp along its length, as short as they go.

Nesting is Sparrow's (Gardeyn, Vanden Berghe and Wauters, "An open-source heuristic to reboot 2D nesting research",
2025) through the package spyrrow, for a given time: the longer, the shorter. What it gives depends on how far it comes
in that time, so a marker is kept as a file and not made again. Where stripes or checks are matched, pieces may lie only
at their phase of the repeat, and `lattice` lays them.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args
from xml.sax.saxutils import escape

import numpy as np

from .allowance import cut_line
from .curves import Points
from .pattern import Pattern
from .pieces import Piece, polygon_area
from .stripes import mismatches, on_marker, phases

NARROWEST, WIDEST = 0.3, 10.0  # metres of fabric
_TOLERANCE = 2e-4  # metres between a curve and its chords
_MOST = 2000  # pieces of one marker
_SAME_SHAPE = 2e-3  # metres between an outline and its mirror image


class MarkerRefused(ValueError):
    """A marker that cannot be laid: nothing to lay, a piece wider than the fabric, or nonsense asked for."""


class MarkerUnavailable(RuntimeError):
    """The nesting package is not there."""


Nap = Literal["none", "by_garment", "one_way"]


@dataclass(frozen=True)
class Fabric:
    """What is laid on: usable width in metres; the gap that the knife needs between pieces, metres; kilograms per
    square metre.

    nap: pieces may lie either way round, all of a garment one way and every other garment the other, or all one way.
    repeat_along and repeat_across: the stripes' distance along the warp and across it in metres, 0 where there are
    none; then seams are matched, those of `match` in that order or else all, the longest first, and all lie one way.
    face_to_face: laid to and fro, so that every second ply lies face down and is cut mirrored.
    """

    width: float
    nap: Nap = "none"
    gap: float = 0.002
    density: float = 0.0
    repeat_along: float = 0.0
    repeat_across: float = 0.0
    match: Sequence[str] = ()
    face_to_face: bool = False

    def __post_init__(self) -> None:
        if not (NARROWEST <= self.width <= WIDEST and 0.0 <= self.gap <= 0.05 and 0.0 <= self.density <= 5.0):
            raise MarkerRefused(
                f"Fabric is from {NARROWEST} to {WIDEST} m wide, cut with gaps up to 0.05 m, and weighs up to 5 kg/m²; "
                f"got {self.width!r}, {self.gap!r} and {self.density!r}."
            )
        if self.nap not in get_args(Nap):
            raise MarkerRefused(f"The nap is one of {', '.join(get_args(Nap))}, not {self.nap!r}.")
        if not all(repeat == 0.0 or 0.004 <= repeat <= 1.0 for repeat in self.repeat):
            raise MarkerRefused(f"A repeat is from 4 mm to 1 m, or 0 for none; got {self.repeat!r}.")
        if self.match and not any(self.repeat):
            raise MarkerRefused("Seams are matched on a fabric with a repeat: tell it along the warp, across, or both.")

    @property
    def repeat(self) -> tuple[float, float]:
        """Along the warp and across it."""
        return self.repeat_along, self.repeat_across


@dataclass(frozen=True)
class Laid:
    """A piece on the fabric: its name, panel and size, and its cut line (n, 2): x along the fabric's length, y across;
    origin: where the panel's own (0, 0) lies.
    """

    piece: str
    panel: str
    size: str
    line: Points
    origin: tuple[float, float]


@dataclass(frozen=True)
class Marker:
    """Pieces on a length of fabric, in metres; mismatches: of each matched seam how far its sides are from one phase.

    Face to face, everything is cut twice.
    """

    fabric: Fabric
    length: float
    laid: tuple[Laid, ...]
    mismatches: Mapping[str, float] = field(default_factory=dict[str, float])

    @property
    def plies(self) -> int:
        """How often what lies here is cut for the garments that were asked for."""
        return 2 if self.fabric.face_to_face else 1

    @property
    def utilisation(self) -> float:
        """The share of the fabric that is in pieces."""
        return sum(polygon_area(piece.line) for piece in self.laid) / (self.fabric.width * self.length)

    def to_json(self) -> dict[str, object]:
        used = self.fabric.width * self.length * self.plies
        return {
            "width": self.fabric.width,
            "length": self.length,
            "utilisation": self.utilisation,
            "area": used,
            "waste_area": used * (1.0 - self.utilisation),
            "mass": used * self.fabric.density,
            "waste_mass": used * self.fabric.density * (1.0 - self.utilisation),
            "plies": self.plies,
            "mismatches": dict(self.mismatches),
            "laid": [
                {
                    "piece": p.piece,
                    "panel": p.panel,
                    "size": p.size,
                    "line": p.line.round(5).tolist(),
                    "origin": [round(v, 6) for v in p.origin],
                }
                for p in self.laid
            ],
        }

    @classmethod
    def from_json(cls, fabric: Fabric, data: Mapping[str, Any]) -> Marker:
        """From what `to_json` gives, of that fabric."""
        laid = (
            Laid(p["piece"], p["panel"], p["size"], np.array(p["line"], np.float64), tuple(p["origin"]))
            for p in data["laid"]
        )
        return cls(fabric, float(data["length"]), tuple(laid), data["mismatches"])

    def to_svg(self) -> str:
        """The marker drawn at 1:1, user units millimetres."""
        length, width = self.length * 1000, self.fabric.width * 1000
        drawn = [f'<path d="M{x:.2f} 0V{width:.2f}"/>' for x in _stripes(length, 1000 * self.fabric.repeat_along)] + [
            f'<path d="M0 {width - y:.2f}H{length:.2f}"/>' for y in _stripes(width, 1000 * self.fabric.repeat_across)
        ]
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
            "rect{fill:none;stroke:#888;stroke-width:2}path{stroke:#b55;stroke-width:.5}"
            "text{font:14px sans-serif;text-anchor:middle}</style>"
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


@dataclass(frozen=True)
class _Cut:
    """What is to be cut: a panel of a size, its cut line (n, 2) on the cloth, how often, and turned by which angle."""

    piece: str
    panel: str
    size: str
    line: Points
    count: int
    turns: tuple[float, ...]


def _stripes(length: float, repeat: float) -> Points:
    return np.arange(0.0, length, repeat) if repeat > 0 else np.empty(0)


def _panels(pattern: Pattern, role: str) -> Iterator[tuple[Piece, str, Points]]:
    """Of that fabric every piece as often as it is cut: its panel, and its cut line as it lies on the cloth."""
    for piece in pattern.pieces:
        if piece.fabric != role:
            continue
        drafted, *other = (panel.name for panel in piece.panels())
        turned = on_marker(_whole(piece), piece.grain)
        yield piece, drafted, turned
        for name in other:
            yield piece, name, (turned * [1.0, -1.0])[::-1]


def _own_mirror(line: Points) -> bool:
    """Whether a closed line (n, 2) is its own mirror image, about its length or across it."""
    middle = (line.min(axis=0) + line.max(axis=0)) / 2
    dense = np.concatenate([np.linspace(a, b, 20) for a, b in zip(line, np.roll(line, -1, axis=0), strict=True)])
    for flip in ([1.0, -1.0], [-1.0, 1.0]):
        other = (line - middle) * flip + middle
        if np.linalg.norm(other[:, None] - dense[None], axis=2).min(axis=1).max() < _SAME_SHAPE:
            return True
    return False


def _cuts(patterns: Mapping[str, Pattern], counts: Mapping[str, int], fabric: Fabric, role: str) -> Iterator[_Cut]:
    """What a marker has to hold. Raises MarkerRefused."""
    garment = 0
    for size, count in counts.items():
        for piece, panel, line in _panels(patterns[size], role) if count else ():
            across = float(np.ptp(line[:, 1])) + 2 * fabric.gap
            if across > fabric.width:
                raise MarkerRefused(
                    f"{piece.name!r} of size {size} needs {across:.3f} m across the fabric of {fabric.width:.3f} m: "
                    "take a wider one, or divide the piece."
                )
            often = count
            if fabric.face_to_face:
                if piece.cut == "mirrored":
                    if panel != piece.panels()[0].name:
                        continue  # the facing ply gives it
                elif count % 2:
                    raise MarkerRefused(
                        f"Face to face everything is cut twice, {piece.name!r} too: lay an even number of size {size}."
                    )
                elif piece.cut == "single" and not _own_mirror(line):
                    raise MarkerRefused(
                        f"{piece.name!r} is cut once and not its own mirror image: lay this fabric all face up."
                    )
                else:
                    often = count // 2
            if fabric.nap == "none" and not any(fabric.repeat):
                yield _Cut(piece.name, panel, size, line, often, (0.0, 180.0))
            elif fabric.nap == "by_garment" and not any(fabric.repeat):
                up = (often + 1 - garment % 2) // 2
                yield _Cut(piece.name, panel, size, line, up, (0.0,))
                yield _Cut(piece.name, panel, size, line, often - up, (180.0,))
            else:
                yield _Cut(piece.name, panel, size, line, often, (0.0,))
        garment += count


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
    "lining"; seconds: how long to look for a shorter one. Raises MarkerRefused, MatchRefused, NestRefused, and
    MarkerUnavailable where spyrrow is not installed.
    """
    if not 1 <= seconds <= 36_000:
        raise MarkerRefused(f"A marker is looked for from 1 to 36000 seconds, not {seconds!r}.")
    if wrong := [size for size, n in counts.items() if size not in patterns or not 0 <= n <= _MOST]:
        raise MarkerRefused(f"There is no size {wrong[0]!r}, or not so many of it: counts are from 0 to {_MOST}.")
    cuts = [cut for cut in _cuts(patterns, counts, fabric, role) if cut.count]
    pieces = sum(cut.count for cut in cuts)
    if not 1 <= pieces <= _MOST:
        raise MarkerRefused(f"{pieces} pieces of {role!r} fabric: a marker holds from 1 to {_MOST}.")
    if any(fabric.repeat):
        laid = _matched(patterns, cuts, fabric, role, seconds, seed)
    else:
        laid = _nested(cuts, fabric, seconds, seed)
    length = max(float(piece.line[:, 0].max()) for piece in laid)
    laid.sort(key=lambda p: (p.line[:, 0].min(), p.line[:, 1].min()))
    return Marker(fabric, length, tuple(laid), _mismatches(patterns, laid, fabric, role))


def _nested(cuts: Sequence[_Cut], fabric: Fabric, seconds: int, seed: int) -> list[Laid]:
    """Laid by Sparrow."""
    if importlib.util.find_spec("spyrrow") is None:
        raise MarkerUnavailable("Nesting needs the package spyrrow: install the engine environment.")
    import spyrrow

    items = [
        spyrrow.Item(str(k), [(float(x), float(y)) for x, y in cut.line], cut.count, list(cut.turns))
        for k, cut in enumerate(cuts)
    ]
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
        cut, turn = cuts[int(placed.id)], np.radians(placed.rotation)
        matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        x, y = placed.translation
        laid.append(Laid(cut.piece, cut.panel, cut.size, cut.line @ matrix + [x, y], (x, y)))
    return laid


def _matched(
    patterns: Mapping[str, Pattern], cuts: Sequence[_Cut], fabric: Fabric, role: str, seconds: int, seed: int
) -> list[Laid]:
    """Laid where their phase lets them."""
    from .lattice import Part, nest

    places = {size: phases(patterns[size], role, fabric.repeat, fabric.match) for size in {cut.size for cut in cuts}}
    every = [cut for cut in cuts for _ in range(cut.count)]
    parts = [Part(f"{cut.piece} {cut.size}", cut.line, places[cut.size][cut.panel]) for cut in every]
    laid: list[Laid] = []
    for cut, at in zip(every, nest(parts, fabric.width, fabric.repeat, fabric.gap, seconds, seed), strict=True):
        laid.append(Laid(cut.piece, cut.panel, cut.size, cut.line + at, (float(at[0]), float(at[1]))))
    return laid


def _mismatches(patterns: Mapping[str, Pattern], laid: Sequence[Laid], fabric: Fabric, role: str) -> dict[str, float]:
    """Of each matched seam the worst of all sizes, read off where the panels lie."""
    worst: dict[str, float] = {}
    if not any(fabric.repeat) or fabric.face_to_face:
        return worst
    for size in {piece.size for piece in laid}:
        origins = {piece.panel: np.array(piece.origin) for piece in laid if piece.size == size}
        for seam, off in mismatches(patterns[size], role, fabric.repeat, origins, fabric.match).items():
            worst[seam] = max(worst.get(seam, 0.0), off)
    return dict(sorted(worst.items()))
