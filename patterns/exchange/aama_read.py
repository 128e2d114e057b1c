# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading DXF after ANSI/AAMA-292 and ASTM D6673 as commercial systems write it, with a report of what each file lacks.

A piece's outline is its sew line (layer 14) where that is drawn, and the cut line gives the allowances; otherwise the
outline is the cut line itself. Edges end at the turn points (layer 2), or at corners where none are marked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from ..curves import Line, Points
from ..interlinings import interlinings
from ..pattern import Pattern
from ..pieces import Edge, InternalLine, Notch, Piece, PieceRefused, Trim, Wrap, polygon_area
from .aama import read_sidecar
from .aama_dialects import plain
from .dxf import Drawing, Entity, read_dxf
from .report import MOST_PIECES, Imported, ImportRefused, checked, counted

STYLE = "dxf"
_UNITS = {
    **dict.fromkeys(("METRIC", "MM", "MILLIMETER", "MILLIMETERS", "MILLIMETRE", "MILLIMETRES"), 1e-3),
    **dict.fromkeys(("ENGLISH", "IMPERIAL", "IN", "INCH", "INCHES"), 0.0254),
    **dict.fromkeys(("CM", "CENTIMETER", "CENTIMETERS", "CENTIMETRE", "CENTIMETRES"), 1e-2),
}
_INSUNITS = {"1": 0.0254, "4": 1e-3, "5": 1e-2, "6": 1.0}  # of a header's $INSUNITS
_NOTCHES = ("4", "80", "81", "82", "83")
_MOST_POINTS = 20_000  # of an outline
_ON = 5e-4  # metres: what lies nearer to a line than this lies on it
_REACH = 0.03  # metres between a notch on the cut line and the seam line at most
_CORNER = np.radians(20.0)
_DART = 5e-3  # metres: a dart's tip lies at least so much deeper than twice its mouth
_SAME = 1e-5  # metres: points nearer to each other are one
_KEY = re.compile(r"\s*([A-Za-z][A-Za-z _]*?)\s*[:=]\s*(.*)")
_ALSO = {  # what systems call the standard's keys
    "PIECE": "PIECE NAME", "NAME": "PIECE NAME", "STYLE": "STYLE NAME", "MODEL": "STYLE NAME", "UNIT": "UNITS",
    "BASE SIZE": "SAMPLE SIZE", "QTY": "QUANTITY", "FABRIC": "MATERIAL",
}  # fmt: skip


@dataclass
class _Report:
    """Sentences for what was found once or many times, in the order in which they came up."""

    found: dict[str, int] = field(default_factory=dict[str, int])

    def say(self, sentence: str) -> None:
        self.found[sentence] = self.found.get(sentence, 0) + 1

    def sentences(self) -> tuple[str, ...]:
        return tuple(s if n == 1 else f"{s} ({n} times)" for s, n in self.found.items())


def _said(entities: list[Entity]) -> dict[str, str]:
    """What the system texts say, by their keys in capitals."""
    said: dict[str, str] = {}
    for entity in entities:
        if entity.kind == "TEXT" and (match := _KEY.fullmatch(entity.text(1))):
            key = " ".join(match[1].upper().replace("_", " ").split())
            said.setdefault(_ALSO.get(key, key), match[2].strip())
    return said


def _unit(drawing: Drawing, said: dict[str, str], report: _Report) -> float:
    """Metres in the file's unit. Raises ImportRefused for a unit that is not known."""
    stated = said.get("UNITS", "").upper()
    if (first := re.split(r"[^A-Z]", stated)[0]) in _UNITS:
        return _UNITS[first]
    if stated:
        raise ImportRefused(f"The DXF states UNITS: {stated[:40]}, which is neither METRIC (mm) nor ENGLISH (inches).")
    if (code := drawing.header.get("$INSUNITS", "")) in _INSUNITS:
        report.say("The file states no UNITS; its header's $INSUNITS was taken instead.")
        return _INSUNITS[code]
    report.say("The file states no unit: millimetres were assumed. Measure a piece before you cut.")
    return 1e-3


def _points(entity: Entity, unit: float) -> Points:
    """(n, 2) in metres, points that repeat their neighbour left out."""
    points = unit * np.array(entity.points if entity.points else [entity.at(0), entity.at(1)], np.float64).reshape(
        -1, 2
    )
    keep = np.concatenate([[True], np.linalg.norm(np.diff(points, axis=0), axis=1) > _SAME])
    points = points[keep]
    if len(points) > 2 and np.linalg.norm(points[0] - points[-1]) < _SAME:
        points = points[:-1]
    return points


def _loops(entities: list[Entity], layer: str, unit: float) -> list[Points]:
    """The closed lines of a layer as anticlockwise polygons, the largest first."""
    found: list[Points] = []
    for entity in entities:
        if entity.kind in ("POLYLINE", "LWPOLYLINE") and entity.layer == layer and len(entity.points) > 2:
            points = _points(entity, unit)
            if len(points) > _MOST_POINTS:
                raise ImportRefused(f"An outline of {len(points)} points is more crooked than any piece: is it one?")
            repeats = np.linalg.norm(np.subtract(entity.points[0], entity.points[-1])) * unit < _SAME
            if len(points) > 2 and (entity.closed or repeats):
                found.append(points if polygon_area(points) > 0 else points[::-1])
    return sorted(found, key=lambda p: -abs(polygon_area(p)))


def _corners(outline: Points, turns: Points) -> list[int]:
    """Where an outline's edges begin: at the marked turn points and at corners; at two places at the least."""
    before, after = outline - np.roll(outline, 1, axis=0), np.roll(outline, -1, axis=0) - outline
    turn = np.arctan2(before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0], (before * after).sum(axis=1))
    marked = {int(k) for k in np.flatnonzero(np.abs(turn) > _CORNER)}
    here, there = (np.round(p / _SAME) @ np.array([1.0, 1j]) for p in (outline, turns))
    marked |= {int(k) for k in np.flatnonzero(np.isin(here, there))}
    for k in (0, len(outline) // 2):
        if len(marked) < 2:
            marked.add(k)
    return sorted(marked)


def _edges(outline: Points, corners: list[int]) -> tuple[Edge, ...]:
    around = np.concatenate([outline, outline])
    edges: list[Edge] = []
    for k, start in enumerate(corners):
        end = corners[k + 1] if k + 1 < len(corners) else corners[0] + len(outline)
        run = around[start : end + 1]
        edges.append(Edge(f"edge_{k + 1}", tuple(Line(a, b) for a, b in pairwise(run))))
    return tuple(edges)


def _beside(points: Points, line: Points) -> tuple[Points, Points]:
    """Of points (n, 2): the distance to the polyline (m, 2), and how far along it the nearest place is, both (n,)."""
    a, r = line[:-1], np.diff(line, axis=0)
    length = np.linalg.norm(r, axis=1)
    off = points[:, None] - a
    t = np.clip((off * r).sum(axis=2) / np.maximum(length**2, 1e-18), 0.0, 1.0)
    apart = np.linalg.norm(off - t[..., None] * r, axis=2)
    k = apart.argmin(axis=1)
    rows = np.arange(len(points))
    along = np.concatenate([[0.0], np.cumsum(length)])[k] + t[rows, k] * length[k]
    return apart[rows, k], along


def _notches(edges: tuple[Edge, ...], at: Points, report: _Report) -> Iterator[Notch]:
    lines = [e.flattened() for e in edges]
    for point in at:
        near = [_beside(point[None], line) for line in lines]
        k = int(np.argmin([apart[0] for apart, _ in near]))
        apart, along = near[k]
        if apart[0] > _REACH:
            report.say("A notch lies far from every edge and was left out.")
        else:
            yield Notch(edges[k].name, float(along[0]))


def _darted(edges: tuple[Edge, ...], cut: Points) -> tuple[Edge, ...]:
    """The edges, the legs of darts marked: two alike that lead from the cut line far inside and back."""
    away, _ = _beside(np.array([e.start for e in edges]), np.concatenate([cut, cut[:1]]))
    legs: set[int] = set()
    for k, edge in enumerate(edges):
        tip, out = (k + 1) % len(edges), (k + 2) % len(edges)
        goes, returns = edge.end - edge.start, edges[tip].end - edges[tip].start
        back = goes @ returns < 0 and goes[0] * returns[1] < goes[1] * returns[0]  # round the tip, piece on the outside
        deep = away[tip] > 2.0 * max(away[k], away[out]) + _DART
        if back and deep and np.isclose(edge.length, edges[tip].length, rtol=0.1):
            legs |= {k, tip}
    return tuple(replace(e, dart=True) if k in legs else e for k, e in enumerate(edges))


def _allowances(edges: tuple[Edge, ...], cut: Points) -> dict[str, float]:
    """How far the cut line lies outside of the middle of every edge, to a hundredth of a millimetre."""
    closed = np.concatenate([cut, cut[:1]])
    middles = np.array([e.at([e.length / 2])[0] for e in edges])
    return {e.name: round(float(d), 5) for e, d in zip(edges, _beside(middles, closed)[0], strict=True) if not e.dart}


def _folded(outline: Points, mirror: Entity, unit: float) -> tuple[Points, Points] | None:
    """The rotation and offset that bring the mirror line onto x = 0 with the piece on the left side of the body
    (x > 0); None where the outline has no edge along that line.
    """
    start, end = unit * mirror.at(0), unit * mirror.at(1)
    length = float(np.linalg.norm(end - start))
    if length < _ON:
        return None
    along = (end - start) / length
    off = (outline - start) @ np.array([along[1], -along[0]])
    if (np.abs(off) < _ON).sum() < 2 or min(off.max(), -off.min()) > _ON:
        return None
    if -off.min() > off.max():
        along = -along
    turn = np.array([[along[1], -along[0]], [along[0], along[1]]])  # along → +y, the piece's side → +x
    return turn, np.array([-(turn @ start)[0], 0.0])


def _piece(name: str, said: dict[str, str], entities: list[Entity], unit: float, report: _Report) -> Piece | None:
    """The piece of a block; None for a block that holds none. Raises ImportRefused for one that cannot be cut."""
    cut = _loops(entities, "1", unit)
    if not cut:
        return None
    sewn = _loops(entities, "14", unit)
    outline = sewn[0] if sewn else cut[0]
    if not sewn:
        report.say("Pieces have no sew line (layer 14): they are taken as drawn, with no seam allowance.")
    on = [e for e in entities if e.kind == "POINT"]
    turns = unit * np.array([e.at() for e in on if e.layer == "2"], np.float64).reshape(-1, 2)
    lines = {layer: [e for e in entities if e.kind == "LINE" and e.layer == layer] for layer in ("6", "7")}
    move, onto = np.eye(2), np.zeros(2)
    fold = ""
    if lines["6"]:
        folded = _folded(outline, lines["6"][0], unit)
        if folded:
            move, onto = folded
            fold = "fold"
        else:
            report.say("A mirror line does not lie along an edge: the piece is taken as it is drawn, not on the fold.")

    def here(points: Points) -> Points:
        return points @ move.T + onto

    outline, cut_loop, turns = here(outline), here(cut[0]), here(turns)
    if fold:
        outline = np.where(np.abs(outline) < _ON, outline * [0.0, 1.0], outline)  # exactly onto the fold
        ends = np.flatnonzero(outline[:, 0] == 0.0)
        turns = np.concatenate([turns, outline[ends[[0, -1]]]]) if len(turns) else turns
    edges = _darted(_edges(outline, _corners(outline, turns)), cut_loop)
    if fold:
        on_fold = [e.name for e in edges if np.abs(e.flattened()[:, 0]).max() < 1e-9]
        fold = on_fold[0] if len(on_fold) == 1 else ""
        if not fold:
            report.say("A mirror line does not lie along one edge: the piece is taken as drawn, not on the fold.")
    grain = np.array([0.0, 1.0])
    if lines["7"]:
        along = move @ (lines["7"][0].at(1) - lines["7"][0].at(0))
        if np.linalg.norm(along) > 0:
            grain = along / np.linalg.norm(along)
    else:
        report.say("Pieces have no grain line (layer 7): the warp is taken along the drawing's upward axis.")
    notched = here(unit * np.array([e.at() for e in on if e.layer in _NOTCHES], np.float64).reshape(-1, 2))
    holes = [e for e in on if e.layer == "13"]
    internal = [
        InternalLine(f"line_{k + 1}", tuple(Line(a, b) for a, b in pairwise(p)))
        for k, p in enumerate(
            here(_points(e, unit)) for e in entities if e.layer == "8" and e.kind in ("LINE", "POLYLINE", "LWPOLYLINE")
        )
        if len(p) > 1
    ]
    if any(e.layer == "11" for e in entities):
        report.say("Internal cutouts (layer 11) were left out: cut such a piece in two in the program that made it.")
    if any(e.kind in ("ARC", "CIRCLE", "SPLINE", "ELLIPSE", "INSERT") for e in entities):
        report.say("Arcs, splines and nested blocks inside of pieces were left out: the dialect has polylines only.")
    quantity = [int(n) for n in re.findall(r"\d+", said.get("QUANTITY", ""))]
    mirrored = not fold and (quantity[:2] == [1, 1] or quantity[:1] == [2])
    if quantity and quantity[:2] not in ([1, 1], [1, 0], [1], [2]):
        report.say(f"Quantity {said['QUANTITY'][:20]!r} of {name!r} was taken as {2 if mirrored else 1}.")
    interlining = said.get("INTERLINING", "").strip().lower()
    if interlining and interlining not in interlinings():
        report.say(f"The interlining {interlining[:20]!r} of {name!r} was left off: Toile has none of that name.")
        interlining = ""
    try:
        return checked(
            Piece(
                name,
                edges,
                Wrap("flat"),
                cut="fold" if fold else "mirrored" if mirrored else "single",
                fold=fold or None,
                fabric=said.get("MATERIAL", "").strip().lower() or "main",
                interlining=interlining,
                grain=(float(grain[0]), float(grain[1])),
                notches=tuple(_notches(edges, notched, report)),
                internal=tuple(internal),
                allowance=0.0,
                allowances=_allowances(edges, cut_loop) if sewn else {},
                trims=tuple(
                    Trim(f"drill_{k + 1}", "drill", _pair(here(unit * e.at()[None])[0]), max(unit * e.real(30), 1e-3))
                    for k, e in enumerate(holes)
                ),
            )
        )
    except PieceRefused as error:
        raise ImportRefused(f"The piece {name!r} cannot be cut: {error}") from error


def _pair(p: Points) -> tuple[float, float]:
    return float(p[0]), float(p[1])


def read_aama(path: Path, size: str = "") -> Imported:
    """The pattern of a DXF: of the size that is asked for, else of the sample size.

    Where the file's sidecar is there and its own, the pattern is exactly the one that was written. Raises ImportRefused
    with a sentence.
    """
    kept, sentence = read_sidecar(path)
    if kept is not None:
        if size and size not in kept.patterns:
            raise ImportRefused(f"{path.name} has the sizes {', '.join(kept.patterns)}, not {size!r}.")
        return Imported(kept.patterns[size] if size else kept.pattern)
    report = _Report()
    if sentence:
        report.say(sentence)
    drawing = plain(read_dxf(path), report.say)
    style = _said([*drawing.entities, *(e for block in drawing.blocks.values() for e in block)])
    unit = _unit(drawing, style, report)
    blocks = {
        name: (_said(entities), entities)
        for name, entities in drawing.blocks.items()
        if not name.startswith("*") and any(e.layer == "1" and len(e.points) > 2 for e in entities)
    }
    counted(len(blocks), MOST_PIECES * 30, f"{path.name}: blocks with a cut line on layer 1")
    sizes = list(dict.fromkeys(said.get("SIZE", "") for said, _ in blocks.values()))
    sample = size or style.get("SAMPLE SIZE", "")
    if sample not in sizes:
        if size:
            raise ImportRefused(
                f"{path.name} has the sizes {', '.join(filter(None, sizes)) or 'of no name'}, not {size!r}."
            )
        sample = sizes[0]
    if len(sizes) > 1:
        report.say(f"Of the sizes {', '.join(filter(None, sizes))} the size {sample!r} was read.")
    pieces: list[Piece] = []
    for block, (said, entities) in blocks.items():
        if said.get("SIZE", "") == sample:
            name = _named(said.get("PIECE NAME", "") or block, {p.name for p in pieces})
            if (piece := _piece(name, said, entities, unit, report)) is not None:
                pieces.append(piece)
    counted(len(pieces), MOST_PIECES, f"{path.name}: pieces of size {sample!r}")
    report.say("The format has no seams: sew the pieces together in Toile.")
    title = style.get("STYLE NAME", "") or path.stem
    return Imported(Pattern(title, STYLE, tuple(pieces), ()), report.sentences())


def _named(name: str, taken: set[str]) -> str:
    """A name that seams can speak of and no other piece has."""
    plain = re.sub(r"[.\s]+", "_", name.strip().lstrip("-"))[:100] or "piece"
    if plain not in taken:
        return plain
    return next(f"{plain}_{k}" for k in range(2, len(taken) + 3) if f"{plain}_{k}" not in taken)
