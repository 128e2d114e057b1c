# SPDX-License-Identifier: GPL-3.0-or-later
"""Patterns for the cutting room: DXF after ANSI/AAMA-292 and ASTM D6673, one block for each piece and size.

Layers: 1 cut line and system text, 2 and 3 its turn and curve points, 4 notches (group 30 their depth, 50 their
direction), 5 grade reference, 6 mirror line, 7 grain, 8 internal lines, 13 drill holes (group 30 their diameter), 14
sew line, 15 annotation, 84 and 87 the validation curves of layers 1 and 14. Millimetres, or inches in files that say
UNITS: ENGLISH.

The dialect has no seams. So a sidecar, FILE.dxf.json, holds the whole pattern of every size and the checksum of the
DXF it belongs to: where that still holds, reading gives back what was written.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..allowance import cut_runs
from ..curves import Points
from ..document import PatternFileRefused, pattern_from_json, pattern_to_json
from ..notches import walked_notches
from ..pattern import Pattern
from ..pieces import Edge, Notch, Piece
from .dxf import Writer
from .report import ImportRefused, read_json

SIDECAR = "toile-dxf"
_MM = 1000.0
FLATTENED = 5e-6  # metres between a curve and its chords in the file
NOTCH_DEPTH = 0.004  # metres, or half the allowance where that is less
_DOUBLE = 0.0025  # metres from the middle of a double notch to each of its marks
_TURN = np.radians(15.0)  # corners are sharper
_NAME = 31  # letters that R12 gives a block's name


@dataclass(frozen=True)
class Sizes:
    """One style in several sizes: their patterns by the size's name, in order, and which of them is the sample."""

    patterns: Mapping[str, Pattern]
    sample: str

    def __post_init__(self) -> None:
        if self.sample not in self.patterns:
            raise ImportRefused(f"The sample size {self.sample!r} is none of {', '.join(self.patterns) or 'no size'}.")

    @property
    def pattern(self) -> Pattern:
        """The sample size's."""
        return self.patterns[self.sample]


Outline = tuple[Points, tuple[int, ...]]


def boundary(piece: Piece) -> Outline:
    """The cut line of a piece as it is written: (n, 2) in metres, closed, and the indices of its turn points."""
    return _outline([run for run in cut_runs(piece, FLATTENED).values() if len(run) > 1])


def seam_line(piece: Piece) -> Outline:
    """The closed sew line, darts with it, as it is written: (n, 2) in metres, and the indices of its turn points."""
    return _outline([edge.flattened(FLATTENED) for edge in piece.edges])


def _outline(runs: list[Points]) -> Outline:
    points: list[Points] = []
    turns: list[int] = []
    count = 0
    for k, run in enumerate(runs):
        before = runs[k - 1]
        if _turned(before, run):
            turns.append(count)
        shared = bool(np.allclose(run[-1], runs[(k + 1) % len(runs)][0], atol=1e-9))
        points.append(_straight(run)[:-1] if shared else _straight(run))
        count += len(points[-1])
        if not shared and k + 1 < len(runs):
            turns.append(count - 1)
    return np.concatenate(points), tuple(sorted(set(turns)))


def _straight(run: Points) -> Points:
    """The points of a run without those on a straight line between its ends."""
    chord = run[-1] - run[0]
    off = run - run[0]
    away = np.abs(chord[0] * off[:, 1] - chord[1] * off[:, 0]).max() / max(float(np.linalg.norm(chord)), 1e-12)
    return run[[0, -1]] if away < 1e-7 else run


def _turned(before: Points, after: Points) -> bool:
    """Whether the line has a corner where one run passes into the next."""
    a, b = before[-1] - before[-2], after[1] - after[0]
    angle = np.arctan2(a[0] * b[1] - a[1] * b[0], a @ b)
    return bool(abs(angle) > _TURN or np.linalg.norm(before[-1] - after[0]) > 1e-9)


def notch_marks(piece: Piece, notches: tuple[Notch, ...]) -> Iterator[tuple[Points, float, float]]:
    """Of every mark that is cut: its place on the cut line, its direction into the piece in radians, and its depth."""
    runs = cut_runs(piece, FLATTENED)
    for notch in notches:
        edge, reach = piece.edge(notch.edge), piece.allowances.get(notch.edge, piece.allowance)
        for step in (0.0,) if notch.kind == "single" else (-_DOUBLE, _DOUBLE):
            here, inward = _across(edge, float(np.clip(notch.distance + step, 0.0, edge.length)))
            run = runs.get(notch.edge)
            at = _struck(here, -inward, run) if run is not None else here - reach * inward
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


def block_name(piece: str, size: str) -> str:
    """A piece's block name in R12's letters."""
    whole = re.sub(r"[^A-Z0-9$_-]", "-", f"{piece}_{size}".upper())
    if len(whole) <= _NAME:
        return whole
    return f"{whole[: _NAME - 7]}-{hashlib.sha256(whole.encode()).hexdigest()[:6].upper()}"


def _quantity(piece: Piece) -> str:
    """As the dialect writes it: of a mirrored piece, how many and how many mirrored."""
    return "1,1" if piece.cut == "mirrored" else "1"


def _block(
    out: Writer, name: str, piece: Piece, size: str, notches: tuple[Notch, ...], rules: Mapping[int, int]
) -> None:
    """One piece in one size. `rules`: the number of the grade rule at a point of its cut line, by the point's index."""
    (line, turns), (sewn, sewn_turns) = boundary(piece), seam_line(piece)
    low, high = line.min(axis=0), line.max(axis=0)
    middle = _MM * (low + high) / 2
    out.put(0, "BLOCK", 8, 1, 2, name, 70, 0, 10, 0.0, 20, 0.0)
    said = (
        f"PIECE NAME: {piece.name}",
        f"SIZE: {size}",
        f"QUANTITY: {_quantity(piece)}",
        f"MATERIAL: {piece.fabric}",
    )
    for k, words in enumerate(said):
        out.text(1, middle - [0.0, 8.0 * k], words)
    out.polyline(1, _MM * line, closed=True)
    for k, at in enumerate(_MM * line):
        out.point(2 if k in turns else 3, at)
        if k in rules:
            out.text(2 if k in turns else 3, at, f"# {rules[k]}")
    for at, direction, depth in notch_marks(piece, notches):
        out.point(4, _MM * at, 30, _MM * depth, 39, 0.0, 50, float(np.degrees(direction)) % 360.0)
    grain = np.array(piece.grain) / np.linalg.norm(piece.grain)
    reach = 0.3 * float(np.abs(grain) @ (high - low)) * _MM
    for layer in (5, 7):
        out.line(layer, middle - reach * grain, middle + reach * grain)
    if piece.fold:
        fold = piece.edge(piece.fold)
        out.line(6, _MM * fold.start, _MM * fold.end)
    for inner in piece.internal:
        out.polyline(8, _MM * inner.flattened(FLATTENED), closed=False)
        out.text(15, _MM * inner.at([inner.length / 2])[0], f"{inner.kind}: {inner.name}")
    for pleat in piece.pleats:
        for at in (pleat.fold, pleat.placement):
            out.polyline(8, _MM * np.array(at), closed=False)
        out.text(15, _MM * np.array(pleat.fold[0]), f"pleat: {pleat.name}")
    for trim in piece.trims:
        out.point(13, _MM * np.array(trim.at), 30, _MM * trim.size)
        out.text(15, _MM * np.array(trim.at), f"{trim.kind}: {trim.name}")
    if piece.doubled:
        edge = piece.edge(piece.doubled)
        out.text(15, _MM * edge.at([edge.length / 2])[0], f"cut double at: {piece.doubled}")
    out.polyline(14, _MM * sewn, closed=True)
    for k, at in enumerate(_MM * sewn):
        out.point(2 if k in sewn_turns else 3, at)
    out.polyline(84, _MM * line, closed=True)
    out.polyline(87, _MM * sewn, closed=True)
    out.put(0, "ENDBLK", 8, 1)


def aama_dxf(sizes: Sizes, rules: Mapping[str, Mapping[int, int]] | None = None, table: str = "") -> str:
    """The DXF of a style in all its sizes; the same input gives the same text.

    rules: of the sample size's pieces by name, the number of the grade rule at a point of the cut line, by the point's
    index in `boundary`; table: the name of the table in which those rules stand.
    """
    names = [block_name(piece.name, size) for size, pattern in sizes.patterns.items() for piece in pattern.pieces]
    if len(set(names)) != len(names):
        raise ImportRefused("Two pieces or sizes have the same name in the letters that a DXF has: rename one of them.")
    out = Writer()
    out.put(0, "SECTION", 2, "HEADER", 9, "$ACADVER", 1, "AC1009", 0, "ENDSEC", 0, "SECTION", 2, "BLOCKS")
    left = iter(names)
    for size, pattern in sizes.patterns.items():
        notches = walked_notches(pattern)
        for piece in pattern.pieces:
            graded = (rules or {}).get(piece.name, {}) if size == sizes.sample else {}
            _block(out, next(left), piece, size, notches[piece.name], graded)
    out.put(0, "ENDSEC", 0, "SECTION", 2, "ENTITIES")
    said = [
        f"STYLE NAME: {sizes.pattern.name}",
        "AUTHOR: Toile",
        f"SAMPLE SIZE: {sizes.sample}",
        f"SIZE LIST: {' '.join(sizes.patterns)}",
        "UNITS: METRIC",
        *([f"GRADE RULE TABLE: {table}"] if table else []),
    ]
    for k, words in enumerate(said):
        out.text(1, np.array([0.0, -10.0 * (k + 1)]), words)
    across = [max(np.ptp(boundary(p)[0][:, 0]) for p in pattern.pieces) for pattern in sizes.patterns.values()]
    step, down = 1.1 * _MM * float(max(across)), 0.0
    left = iter(names)
    for pattern in sizes.patterns.values():
        for k in range(len(pattern.pieces)):
            out.put(0, "INSERT", 8, 1, 2, next(left), 10, step * k, 20, down)
        down -= 2000.0
    out.put(0, "ENDSEC", 0, "EOF")
    return str(out)


def write_aama(
    sizes: Sizes, path: Path, rules: Mapping[str, Mapping[int, int]] | None = None, table: str = ""
) -> tuple[Path, Path]:
    """Write FILE.dxf and its sidecar FILE.dxf.json, each beside and renamed. Returns both paths."""
    text = aama_dxf(sizes, rules, table).encode("ascii")
    beside = {
        "format": SIDECAR,
        "version": 1,
        "dxf_sha256": hashlib.sha256(text).hexdigest(),
        "sample": sizes.sample,
        "sizes": {size: pattern_to_json(pattern) for size, pattern in sizes.patterns.items()},
    }
    sidecar = path.with_name(path.name + ".json")
    for file, content in ((path, text), (sidecar, json.dumps(beside, indent=1).encode())):
        part = file.with_name(file.name + ".part")
        part.write_bytes(content)
        os.replace(part, file)
    return path, sidecar


def read_sidecar(path: Path) -> tuple[Sizes | None, str]:
    """The sizes that the sidecar of a DXF holds, and a sentence about it; no sizes where it is not, or not its own.

    Raises ImportRefused for a sidecar that is broken.
    """
    sidecar = path.with_name(path.name + ".json")
    if not sidecar.exists():
        return None, ""
    data = read_json(sidecar)
    if not isinstance(data, dict) or data.get("format") != SIDECAR or data.get("version") != 1:
        return None, f"{sidecar.name} is no sidecar that this Toile reads; the pattern is as the DXF draws it."
    if data.get("dxf_sha256") != hashlib.sha256(path.read_bytes()).hexdigest():
        return None, f"{path.name} was changed since {sidecar.name}: the pattern is as the DXF draws it, without seams."
    try:
        patterns = {str(size): pattern_from_json(pattern) for size, pattern in data["sizes"].items()}
        return Sizes(patterns, str(data["sample"])), ""
    except PatternFileRefused as error:
        raise ImportRefused(f"{sidecar.name}: {error}") from error
    except (KeyError, AttributeError, TypeError) as error:
        raise ImportRefused(f"{sidecar.name} is broken at {type(error).__name__}: {error}.") from error
