# SPDX-License-Identifier: GPL-3.0-or-later
"""FreeSewing: drafts as path operations, read; tables of measurements, read and written.

A draft is {"design", "units": "mm", "measurements", "parts": {name: {"paths": {name: [operation, …]}, "snippets":
{name: {"def", "at"}}}}}; an operation is {"type": "move" | "line" | "curve" | "close" | "noop", "to", "cp1", "cp2"} as
FreeSewing's core keeps it. FreeSewing draws in millimetres, y down the page. The closed path `seam` of a part is its
seam line; the annotations plugin draws the paths …grainline and …cutonfold and the snippets notch and bnotch (back).

Source: freesewing.dev, reference of the core API and of plugin-annotations; freesewing.org, documentation of each
measurement.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..curves import Cubic, Curve, CurveRefused, Line, Points, place_on
from ..pattern import Pattern
from ..pieces import CLOSURE_TOLERANCE, Edge, InternalLine, Notch, Piece, PieceRefused, Wrap, polygon_area
from .report import (
    MOST_CURVES,
    MOST_PIECES,
    Imported,
    ImportRefused,
    checked,
    counted,
    mapping,
    name,
    number,
    numbers,
    read_json,
    sequence,
)

STYLE = "freesewing"  # of an imported pattern
_MM = 1000.0  # in a metre
_MOST_OPERATIONS, _MOST_SNIPPETS = 5000, 200  # of one path, of one part
_ON_EDGE = 5e-4  # metres between a notch or a fold mark and the edge that it stands on
_CUT_LINE = re.compile(r"sa($|[A-Z\d_])")  # by FreeSewing's custom: sa, saBase, saShoulder
_MARKS = ("grainline", "cutonfold")  # what the names of the annotations' paths end in
_NOTCHES = {"notch": "single", "bnotch": "double"}
_PLAUSIBLE = (0.005, 3.0)  # metres; from a doll's wrist to a giant's girth

# FreeSewing's measurements and ours.
MEASUREMENTS: Mapping[str, str] = {
    "ankle": "ankle",
    "biceps": "upper_arm",
    "bustFront": "bust_front",
    "bustPointToUnderbust": "bust_point_to_underbust",
    "bustSpan": "bust_point_distance",
    "chest": "bust",
    "crossSeam": "cross_seam",
    "crossSeamFront": "cross_seam_front",
    "crotchDepth": "crotch_depth",
    "head": "head",
    "heel": "heel",
    "highBust": "high_bust",
    "highBustFront": "high_bust_front",
    "hips": "high_hip",
    "hpsToBust": "neck_point_to_bust",
    "hpsToWaistBack": "neck_point_to_waist_back",
    "hpsToWaistFront": "front_waist_length",
    "inseam": "crotch_height",
    "knee": "knee",
    "neck": "neck",
    "seat": "hip",
    "seatBack": "hip_back",
    "shoulderSlope": "shoulder_slope",
    "shoulderToElbow": "upper_arm_length",
    "shoulderToShoulder": "across_back_shoulder",
    "shoulderToWrist": "arm_length",
    "underbust": "underbust",
    "upperLeg": "thigh",
    "waist": "waist",
    "waistBack": "waist_back",
    "waistToArmpit": "waist_to_armpit",
    "waistToFloor": "waist_height",
    "waistToHips": "waist_to_high_hip",
    "waistToKnee": "waist_to_knee",
    "waistToSeat": "waist_to_hip",
    "waistToUnderbust": "waist_to_underbust",
    "waistToUpperLeg": "waist_to_thigh",
    "wrist": "wrist",
}
# Of ours, those for which FreeSewing has no name.
UNNAMED = (
    "across_back",
    "across_front",
    "ankle_height",
    "armpit_height",
    "armscye_depth",
    "armscye_girth",
    "back_waist_length",
    "bust_height",
    "calf",
    "centre_front_length",
    "cervicale_height",
    "cervicale_to_wrist",
    "elbow",
    "forearm",
    "forearm_length",
    "hip_breadth",
    "hip_height",
    "knee_height",
    "mid_thigh",
    "neck_base",
    "shoulder_breadth",
    "shoulder_height",
    "shoulder_length",
    "stature",
    "waist_breadth",
)
_NEARLY = {  # taken over, and said
    "hpsToWaistFront": "runs straight down to the waist, front_waist_length over the bust point",
    "shoulderToShoulder": "runs straight across the back, across_back_shoulder past the nape",
    "neck": "is taken where a collar sits, neck where it is slimmest",
}


@dataclass(frozen=True)
class Measurements:
    """A table of measurements in another vocabulary.

    values: ours in metres (shoulder_slope in radians), FreeSewing's in millimetres (shoulderSlope in degrees).
    missing: names of that vocabulary which the other table could not give. unused: names of the other table that this
    vocabulary does not have. notes: one sentence for each measurement that the two take in different ways.
    """

    values: Mapping[str, float]
    missing: tuple[str, ...]
    unused: tuple[str, ...]
    notes: tuple[str, ...]


def measurements_from_freesewing(table: object) -> Measurements:
    """Our measurements from FreeSewing's. Raises ImportRefused for what is no table, or not in mm and degrees."""
    given = {str(k): number(v, f"The measurement {k}") for k, v in mapping(table, "A table of measurements").items()}
    values = {MEASUREMENTS[k]: _metric(k, v) for k, v in given.items() if k in MEASUREMENTS}
    notes = [f"{k} {_NEARLY[k]}: measure again where it matters." for k in sorted(_NEARLY.keys() & given.keys())]
    if values.get("bust", 1.0) < 0.3:
        notes.append(f"chest is {given['chest']:g} mm, a doll's: is the table in centimetres?")
    ours = {*MEASUREMENTS.values(), *UNNAMED}
    unused = given.keys() - MEASUREMENTS.keys()
    return Measurements(values, tuple(sorted(ours - values.keys())), tuple(sorted(unused)), tuple(notes))


def measurements_to_freesewing(values: Mapping[str, float]) -> Measurements:
    """FreeSewing's measurements from ours (metres; shoulder_slope in radians)."""
    theirs = {ours: k for k, ours in MEASUREMENTS.items()}
    table = {theirs[k]: math.degrees(v) if k == "shoulder_slope" else v * _MM for k, v in values.items() if k in theirs}
    notes = (f"{k} {_NEARLY[k]}: measure again where it matters." for k in sorted(_NEARLY.keys() & table.keys()))
    unused = tuple(sorted(values.keys() - theirs.keys()))
    return Measurements(table, tuple(sorted(MEASUREMENTS.keys() - table.keys())), unused, tuple(notes))


def read_freesewing_measurements(path: Path) -> dict[str, Measurements]:
    """Every table of a file: one table, one below "measurements", or one for each person or size by name."""
    data = mapping(read_json(path), path.name)
    data = mapping(data.get("measurements", data), "'measurements'")
    if all(isinstance(v, dict) for v in data.values()):
        return {k: measurements_from_freesewing(v) for k, v in data.items()}
    return {path.stem: measurements_from_freesewing(data)}


def _metric(measurement: str, value: float) -> float:
    if measurement == "shoulderSlope":
        if not -10.0 <= value <= 50.0:
            raise ImportRefused(f"shoulderSlope is {value:g}: FreeSewing gives it in degrees.")
        return math.radians(value)
    if not _PLAUSIBLE[0] <= value / _MM <= _PLAUSIBLE[1]:
        raise ImportRefused(f"{measurement} is {value:g}: FreeSewing measures in millimetres, and no one so.")
    return value / _MM


def read_freesewing(path: Path) -> Imported:
    """The pieces of a FreeSewing draft, flat and without seams. Raises ImportRefused with a sentence."""
    data = mapping(read_json(path), path.name)
    if "parts" not in data:
        raise ImportRefused(f"{path.name} is no FreeSewing draft: it must hold 'parts' with their paths.")
    if data.get("units", "mm") != "mm":
        raise ImportRefused(f"FreeSewing draws in mm; {path.name} says {data['units']!r}.")
    parts = mapping(data["parts"], "'parts'")
    counted(len(parts), MOST_PIECES, "Parts in the file")
    measured = measurements_from_freesewing(data.get("measurements", {}))
    notes = [
        "FreeSewing states neither seams nor places on a body: nothing is sewn, and pieces lie flat; their drawn side "
        "is taken for the right side, their allowance for none (the cut line is drawn, not stated)."
    ]
    try:
        pieces = [p for k, v in parts.items() if (p := _piece(k, mapping(v, k), notes))]
        if not pieces:
            raise ImportRefused(f"No part of {path.name} has a closed path 'seam'.")
        design = str(data.get("design", path.stem))
        pattern = Pattern(design, STYLE, tuple(pieces), (), {}, measured.values)
    except (CurveRefused, PieceRefused) as error:
        raise ImportRefused(f"{path.name} cannot be cut: {error}") from error
    if measured.unused:
        notes.append(f"Measurements for which Toile has no name: {', '.join(measured.unused)}.")
    return Imported(pattern, (*notes, *measured.notes))


def _piece(part: str, data: Mapping[str, Any], notes: list[str]) -> Piece | None:
    """The piece that a part draws, or None, and a note, for a part without a seam line."""
    called = name(part.rpartition(".")[2], "A part")
    paths = mapping(data.get("paths", {}), f"The paths of {called!r}")
    drawn = {k: _lines(sequence(v, f"Path {k!r} of {called!r}"), f"Path {k!r} of {called!r}") for k, v in paths.items()}
    seam_line = drawn.pop("seam", [])
    if len(seam_line) != 1 or not seam_line[0].closed:
        notes.append(f"{called}: left out, as it has no closed path 'seam' of one loop.")
        return None
    curves = seam_line[0].curves
    if seam_line[0].dropped:
        notes.append(f"{called}: operations of no length left out of its outline: {seam_line[0].dropped}.")
    counted(len(curves), MOST_CURVES, f"Curves in the outline of {called!r}")
    if polygon_area(np.concatenate([c.flattened()[:-1] for c in curves])) < 0:
        curves = [c.reversed() for c in reversed(curves)]
    edges = tuple(Edge(f"edge_{k}", (c,)) for k, c in enumerate(curves))

    along, mark = (
        next((lines[0].ends for k, lines in drawn.items() if lines and k.lower().endswith(marked)), None)
        for marked in _MARKS
    )
    if along is None:
        notes.append(f"{called}: no grain line is stated; the page's vertical is taken.")
    left = sorted(k for k in drawn if _CUT_LINE.match(k))
    if left:
        notes.append(f"{called}: the cut line ({', '.join(left)}) is not taken over.")
    internal = tuple(
        InternalLine(k if len(lines) == 1 else f"{k}_{i}", tuple(line.curves), "placement")
        for k, lines in drawn.items()
        if k not in left and not k.lower().endswith(_MARKS)
        for i, line in enumerate(lines)
    )
    direction = (0.0, 1.0) if along is None else _unit(along[1] - along[0], f"The grain line of {called!r}")
    piece = Piece(
        called,
        edges,
        Wrap("flat"),
        grain=direction,
        notches=tuple(_notches(mapping(data.get("snippets", {}), f"The snippets of {called!r}"), edges, called, notes)),
        internal=internal,
        allowance=0.0,
    )
    return checked(piece if mark is None else _on_fold(piece, mark, notes))


@dataclass(frozen=True)
class _Drawn:
    """One line of a path: its curves in metres, y up; whether it closes, and how many of no length were dropped."""

    curves: list[Curve]
    closed: bool
    dropped: int

    @property
    def ends(self) -> tuple[Points, Points]:
        return self.curves[0].start, self.curves[-1].end


def _lines(operations: list[Any], what: str) -> list[_Drawn]:
    """The lines that a path draws. Raises ImportRefused for an operation FreeSewing does not have, or before a move."""
    if len(operations) > _MOST_OPERATIONS:
        raise ImportRefused(f"{what} has {len(operations)} operations: up to {_MOST_OPERATIONS} can be read.")
    lines: list[_Drawn] = []
    curves: list[Curve] = []
    start = here = None
    dropped = 0

    def finish(closed: bool) -> None:
        nonlocal curves, dropped
        if curves:
            ends_meet = bool(np.linalg.norm(curves[-1].end - curves[0].start) <= CLOSURE_TOLERANCE)
            lines.append(_Drawn(curves, closed or ends_meet, dropped))
        curves, dropped = [], 0

    for operation in operations:
        data = mapping(operation, f"An operation of {what}")
        kind = data.get("type")
        if kind == "noop":
            continue
        if kind == "move":
            finish(False)
            start = here = _point(data, "to", what)
            continue
        if here is None or start is None:
            raise ImportRefused(f"{what} begins with {kind!r}: a path begins with a move.")
        match kind:
            case "line":
                curve = Line(here, _point(data, "to", what))
            case "curve":
                curve = Cubic(here, *(_point(data, key, what) for key in ("cp1", "cp2", "to")))
            case "close":
                curve = Line(here, start)
            case _:
                raise ImportRefused(f"{what} has an operation {kind!r}: move, line, curve, close and noop are known.")
        here = curve.end
        if curve.length > CLOSURE_TOLERANCE:
            curves.append(curve)
        elif kind != "close":
            dropped += 1
        if kind == "close":
            finish(True)
    finish(False)
    return lines


def _point(operation: Mapping[str, Any], key: str, what: str) -> Points:
    x, y = numbers(operation.get(key), 2, f"{key!r} in {what}") / _MM
    return np.array([x, -y])


def _unit(v: Points, what: str) -> tuple[float, float]:
    length = float(np.linalg.norm(v))
    if not length > CLOSURE_TOLERANCE:
        raise ImportRefused(f"{what} has no length.")
    return float(v[0] / length), float(v[1] / length)


def _nearest(edges: tuple[Edge, ...], at: Points) -> tuple[Edge, float] | None:
    """The edge on which a point lies and the arc length there, or None for one that lies on no edge."""
    edge, (distance, away) = min(((e, place_on(e.curves, at)) for e in edges), key=lambda found: found[1][1])
    return (edge, distance) if away <= _ON_EDGE else None


def _notches(snippets: Mapping[str, Any], edges: tuple[Edge, ...], called: str, notes: list[str]) -> Iterator[Notch]:
    """The notches among the snippets; the others, and those on no edge, are noted."""
    if len(snippets) > _MOST_SNIPPETS:
        raise ImportRefused(f"{called!r} has {len(snippets)} snippets: up to {_MOST_SNIPPETS} can be read.")
    others: Counter[str] = Counter()
    for key, value in snippets.items():
        snippet = mapping(value, f"The snippet {key!r} of {called!r}")
        kind = _NOTCHES.get(str(snippet.get("def")))
        spot = _nearest(edges, _point(snippet, "at", f"the snippet {key!r} of {called!r}")) if kind else None
        if spot is None:
            others[f"{snippet.get('def')} {key}" if kind else str(snippet.get("def"))] += 1
        else:
            yield Notch(spot[0].name, spot[1], "double" if kind == "double" else "single")
    if others:
        listed = ", ".join(f"{what} ({count})" for what, count in sorted(others.items()))
        notes.append(f"{called}: snippets not taken over: {listed}.")


def _on_fold(piece: Piece, mark: tuple[Points, Points], notes: list[str]) -> Piece:
    """The piece as a half on the fold: turned and moved so that the marked straight edge lies on x = 0."""
    spots = [_nearest(piece.edges, end) for end in mark]
    edge = spots[0][0] if spots[0] else None
    if edge is None or spots[1] is None or spots[1][0] is not edge or not isinstance(edge.curves[0], Line):
        notes.append(f"{piece.name}: its cut-on-fold mark stands on no straight edge; the piece is cut single.")
        return piece
    x, y = _unit(edge.end - edge.start, edge.name)
    up = 1.0 if y >= 0 else -1.0
    turn = np.array([[y, -x], [x, y]]) * up
    offset = np.array([-float((turn @ edge.start)[0]), 0.0])

    def moved(curves: tuple[Curve, ...]) -> tuple[Curve, ...]:
        return tuple(c.transformed(turn, offset) for c in curves)

    grain = turn @ np.array(piece.grain)
    return replace(
        piece,
        edges=tuple(replace(e, curves=moved(e.curves)) for e in piece.edges),
        internal=tuple(replace(i, curves=moved(i.curves)) for i in piece.internal),
        grain=(float(grain[0]), float(grain[1])),
        cut="fold",
        side="right" if up > 0 else "left",  # inside lies to the left of an anticlockwise edge
        fold=edge.name,
    )
