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
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ..cutting import FLATTENED, Outline, grain_line, notch_marks, seam_line
from ..document import PatternFileRefused, pattern_from_json, pattern_to_json
from ..grading import GradeRules, Sizes
from ..notches import walked_notches
from ..pieces import Notch, Piece
from ..writing import write_beside, write_json
from .dxf import Writer, places
from .report import ImportRefused, read_json

SIDECAR = "toile-dxf"
_MM = 1000.0
_NAME = 31  # letters that R12 gives a block's name


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
    out: Writer, name: str, piece: Piece, cut: Outline, size: str, notches: tuple[Notch, ...], rules: Mapping[int, int]
) -> None:
    """One piece in one size with its cut line. `rules`: the numbers of the grade rules by the index of their point."""
    sewn = seam_line(piece)
    line = cut.points
    middle = _MM * (line.min(axis=0) + line.max(axis=0)) / 2
    out.put(0, "BLOCK", 8, 1, 2, name, 70, 0, 10, 0.0, 20, 0.0)
    said = (
        f"PIECE NAME: {piece.name}",
        f"SIZE: {size}",
        f"QUANTITY: {_quantity(piece)}",
        f"MATERIAL: {piece.fabric}",
        *((f"INTERLINING: {piece.interlining}",) if piece.interlining else ()),
    )
    for k, words in enumerate(said):
        out.text(1, middle - [0.0, 8.0 * k], words)
    cut_at, sewn_at = places(_MM * line), places(_MM * sewn.points)
    out.polyline(1, cut_at, closed=True)
    for k, at in enumerate(cut_at):
        out.point(2 if k in cut.turns else 3, at)
        if k in rules:
            out.text(2 if k in cut.turns else 3, _MM * line[k], f"# {rules[k]}")
    for at, direction, depth in notch_marks(piece, notches):
        out.point(4, _MM * at, 30, _MM * depth, 39, 0.0, 50, float(np.degrees(direction)) % 360.0)
    for layer in (5, 7):
        out.line(layer, *(_MM * end for end in grain_line(piece, line)))
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
    out.polyline(14, sewn_at, closed=True)
    for k, at in enumerate(sewn_at):
        out.point(2 if k in sewn.turns else 3, at)
    out.polyline(84, cut_at, closed=True)
    out.polyline(87, sewn_at, closed=True)
    out.put(0, "ENDBLK", 8, 1)


def aama_dxf(sizes: Sizes, rules: GradeRules | None = None, table: str = "") -> str:
    """The DXF of a style in all its sizes; the same input gives the same text.

    rules: their numbers are written at the points of the sample size's cut lines; table: the name of the file in which
    they stand (see `rule_table`). Raises ImportRefused where two blocks would have one name.
    """
    names = [block_name(piece.name, size) for size, pattern in sizes.patterns.items() for piece in pattern.pieces]
    if len(set(names)) != len(names):
        raise ImportRefused("Two pieces or sizes have the same name in the letters that a DXF has: rename one of them.")
    out = Writer()
    out.put(0, "SECTION", 2, "HEADER", 9, "$ACADVER", 1, "AC1009", 0, "ENDSEC", 0, "SECTION", 2, "BLOCKS")
    left = iter(names)
    widest = 0.0
    for size, pattern in sizes.patterns.items():
        notches = walked_notches(pattern)
        for piece in pattern.pieces:
            cut = sizes.boundary(piece)
            widest = max(widest, float(np.ptp(cut.points[:, 0])))
            graded = rules.points.get(piece.name, {}) if rules and size == sizes.sample else {}
            _block(out, next(left), piece, cut, size, notches[piece.name], graded)
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
    step, down = 1.1 * _MM * widest, 0.0
    left = iter(names)
    for pattern in sizes.patterns.values():
        for k in range(len(pattern.pieces)):
            out.put(0, "INSERT", 8, 1, 2, next(left), 10, step * k, 20, down)
        down -= 2000.0
    out.put(0, "ENDSEC", 0, "EOF")
    return str(out)


def write_aama(sizes: Sizes, path: Path, rules: GradeRules | None = None, table: str = "") -> tuple[Path, Path]:
    """Write FILE.dxf and its sidecar FILE.dxf.json, each beside and renamed. Returns both paths."""
    text = aama_dxf(sizes, rules, table).encode("ascii")
    beside = {
        "format": SIDECAR,
        "version": 1,
        "dxf_sha256": hashlib.sha256(text).hexdigest(),
        "sample": sizes.sample,
        "sizes": {size: pattern_to_json(pattern) for size, pattern in sizes.patterns.items()},
    }
    return write_beside(path, text), write_json(path.with_name(path.name + ".json"), beside)


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
