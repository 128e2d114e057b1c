# SPDX-License-Identifier: GPL-3.0-or-later
"""pattern.json: Toile's own file of a pattern, complete and in metres; what is written is read back unchanged."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from .adjustments import AdjustmentRefused, from_json
from .curves import Arc, Cubic, Curve, CurveRefused, Line, Nurbs, point
from .pattern import Pattern
from .pieces import Edge, Elastic, InternalLine, Notch, Piece, PieceRefused, Pleat, Trim, Wrap
from .reading import read_data
from .seams import EdgeRef, Fastening, Seam, SeamMismatch, Zip
from .writing import write_json

FORMAT = "toile-pattern"
VERSION = 2
_LARGEST_FILE = 64 * 2**20


class PatternFileRefused(ValueError):
    """A file that is not a pattern of ours, or is broken."""


def _curve_to_json(curve: Curve) -> dict[str, Any]:
    match curve:
        case Line():
            return {"line": [curve.p0.tolist(), curve.p1.tolist()]}
        case Arc():
            return {"arc": [curve.centre.tolist(), curve.radius, curve.begin, curve.sweep]}
        case Cubic():
            return {"cubic": [p.tolist() for p in (curve.p0, curve.p1, curve.p2, curve.p3)]}
        case Nurbs():
            return {
                "nurbs": {
                    "control": curve.control.tolist(),
                    "weights": curve.weights.tolist(),
                    "knots": curve.knots.tolist(),
                    "degree": curve.degree,
                }
            }
        case _:
            raise TypeError(f"{type(curve).__name__} has no form in pattern.json")


def _curve_from_json(data: Mapping[str, Any]) -> Curve:
    (kind, value), *more = data.items()
    if more:
        raise PatternFileRefused(f"A curve has one kind, got {sorted(data)}.")
    match kind:
        case "line":
            return Line(*(point(p) for p in value))
        case "arc":
            centre, radius, begin, sweep = value
            numbers = np.array([radius, begin, sweep], np.float64)
            if not (np.isfinite(numbers).all() and numbers[0] > 0):
                raise CurveRefused(f"An arc needs a positive radius and finite angles, got {value!r}.")
            return Arc(point(centre), *(float(x) for x in numbers))
        case "cubic":
            return Cubic(*(point(p) for p in value))
        case "nurbs":
            control = np.array([point(p) for p in value["control"]])
            weights, knots = (np.asarray(value[k], np.float64) for k in ("weights", "knots"))
            if not (np.isfinite(weights).all() and np.isfinite(knots).all()):
                raise CurveRefused("A NURBS curve holds a number that is not finite.")
            return Nurbs(control, weights, knots, int(value["degree"]))
        case _:
            raise PatternFileRefused(f"There is no curve kind {kind!r}.")


def _piece_to_json(piece: Piece) -> dict[str, Any]:
    return {
        "name": piece.name,
        "cut": piece.cut,
        "side": piece.side,
        "fold": piece.fold,
        "doubled": piece.doubled,
        "fabric": piece.fabric,
        "interlining": piece.interlining,
        "grain": list(piece.grain),
        "allowance": piece.allowance,
        "allowances": dict(piece.allowances),
        "corners": dict(piece.corners),
        "edges": [
            {"name": e.name, "dart": e.dart, "curves": [_curve_to_json(c) for c in e.curves]} for e in piece.edges
        ],
        "notches": [{"edge": n.edge, "distance": n.distance, "kind": n.kind} for n in piece.notches],
        "internal": [
            {
                "name": i.name,
                "kind": i.kind,
                "turn": i.turn,
                "only": i.only,
                "curves": [_curve_to_json(c) for c in i.curves],
            }
            for i in piece.internal
        ],
        "pleats": [asdict(p) for p in piece.pleats],
        "elastics": [asdict(e) for e in piece.elastics],
        "trims": [asdict(t) for t in piece.trims],
        "lap": piece.lap,
        "draped": piece.draped,
        "inner": piece.inner,
        "wrap": asdict(piece.wrap),
    }


def _piece_from_json(data: Mapping[str, Any]) -> Piece:
    return Piece(
        name=str(data["name"]),
        edges=tuple(
            Edge(str(e["name"]), tuple(_curve_from_json(c) for c in e["curves"]), bool(e["dart"]))
            for e in data["edges"]
        ),
        wrap=Wrap(**_tupled(data["wrap"])),
        cut=data["cut"],
        side=data["side"],
        fold=data["fold"],
        doubled=data["doubled"],
        fabric=data["fabric"],
        grain=(float(data["grain"][0]), float(data["grain"][1])),
        notches=tuple(Notch(n["edge"], float(n["distance"]), n["kind"]) for n in data["notches"]),
        internal=tuple(
            InternalLine(
                i["name"], tuple(_curve_from_json(c) for c in i["curves"]), i["kind"], float(i["turn"]), i["only"]
            )
            for i in data["internal"]
        ),
        allowance=float(data["allowance"]),
        allowances={str(k): float(v) for k, v in data["allowances"].items()},
        corners=dict(data.get("corners", {})),  # a file from before there were any
        pleats=tuple(Pleat(**_tupled(p)) for p in data["pleats"]),
        elastics=tuple(Elastic(**e) for e in data["elastics"]),
        trims=tuple(Trim(**_tupled(t)) for t in data["trims"]),
        lap=data["lap"],
        draped=bool(data["draped"]),
        interlining=str(data.get("interlining", "")),  # a file from before there were any
        inner=bool(data.get("inner", False)),
    )


def _tupled(data: Any) -> Any:
    """Plain data with its lists made tuples, as our own classes hold them."""
    if isinstance(data, list):
        return tuple(_tupled(item) for item in data)  # pyright: ignore[reportUnknownVariableType] - JSON has no types
    return {k: _tupled(v) for k, v in data.items()} if isinstance(data, dict) else data  # pyright: ignore[reportUnknownVariableType]


def _seam_to_json(s: Seam) -> dict[str, Any]:
    return {
        "name": s.name,
        "a": [str(r) for r in s.a],
        "b": [str(r) for r in s.b],
        "ratio": s.ratio,
        "layers": [[str(r) for r in layer] for layer in s.layers],
        "faces": s.faces,
        "zip": asdict(s.zip) if s.zip else None,
    }


def _seam_from_json(data: Mapping[str, Any]) -> Seam:
    def side(refs: Any) -> tuple[EdgeRef, ...]:
        return tuple(EdgeRef.parse(r) for r in refs)

    return Seam(
        str(data["name"]),
        side(data["a"]),
        side(data["b"]),
        float(data["ratio"]),
        tuple(side(layer) for layer in data["layers"]),
        data["faces"],
        Zip(**data["zip"]) if data["zip"] else None,
    )


def pattern_to_json(pattern: Pattern) -> dict[str, Any]:
    """The pattern as plain data: pieces, seams with their declared ratio, and what it was drafted from."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "unit": "m",
        "name": pattern.name,
        "style": pattern.style,
        "parameters": dict(pattern.parameters),
        "measurements": dict(pattern.measurements),
        "pieces": [_piece_to_json(p) for p in pattern.pieces],
        "seams": [_seam_to_json(s) for s in pattern.seams],
        "fastenings": [asdict(f) for f in pattern.fastenings],
        "adjustments": [dict(a) for a in pattern.adjustments],
        "inner": pattern.inner,
    }


def pattern_from_json(data: object) -> Pattern:
    """The pattern again. Raises PatternFileRefused for anything that is not one."""
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise PatternFileRefused("This is not a pattern.json of Toile: draft a style, or import the file instead.")
    if data.get("version") != VERSION:
        raise PatternFileRefused(f"This pattern has version {data.get('version')!r}; this Toile reads {VERSION}.")
    try:
        return Pattern(
            name=str(data["name"]),
            style=str(data["style"]),
            pieces=tuple(_piece_from_json(p) for p in data["pieces"]),
            seams=tuple(_seam_from_json(s) for s in data["seams"]),
            fastenings=tuple(Fastening(**f) for f in data["fastenings"]),
            parameters=dict(data["parameters"]),
            measurements={str(k): float(v) for k, v in data["measurements"].items()},
            adjustments=tuple(
                {"adjustment": from_json(a["adjustment"]).to_json(), "skipped": a["skipped"] and str(a["skipped"])}
                for a in data["adjustments"]
            ),
            inner=bool(data.get("inner", False)),  # a file from before there were any
        )
    except (AdjustmentRefused, CurveRefused, PieceRefused, SeamMismatch) as error:
        raise PatternFileRefused(f"The pattern cannot be cut: {error}") from error
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise PatternFileRefused(f"The pattern is broken at {type(error).__name__}: {error}.") from error


def write_pattern(pattern: Pattern, path: Path) -> Path:
    """Write beside and rename, so that a crash leaves the old file whole; gives the path back."""
    return write_json(path, pattern_to_json(pattern))


def read_pattern(path: Path) -> Pattern:
    """Read pattern.json. Raises PatternFileRefused with a sentence."""
    return pattern_from_json(read_data(path, json.loads, "JSON", _LARGEST_FILE, "any pattern", PatternFileRefused))
