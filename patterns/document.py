# SPDX-License-Identifier: GPL-3.0-or-later
"""pattern.json: Toile's own file of a pattern, complete and in metres; what is written is read back unchanged."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .curves import Arc, Cubic, Curve, CurveRefused, Line, Nurbs, point
from .pattern import Pattern
from .pieces import Edge, InternalLine, Notch, Piece, PieceRefused, Wrap
from .seams import EdgeRef, Seam, SeamMismatch

FORMAT = "toile-pattern"
VERSION = 1
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
    wrap = piece.wrap
    return {
        "name": piece.name,
        "cut": piece.cut,
        "side": piece.side,
        "fold": piece.fold,
        "doubled": piece.doubled,
        "fabric": piece.fabric,
        "grain": list(piece.grain),
        "allowance": piece.allowance,
        "allowances": dict(piece.allowances),
        "edges": [
            {"name": e.name, "dart": e.dart, "curves": [_curve_to_json(c) for c in e.curves]} for e in piece.edges
        ],
        "notches": [{"edge": n.edge, "distance": n.distance, "kind": n.kind} for n in piece.notches],
        "internal": [
            {"name": i.name, "kind": i.kind, "curves": [_curve_to_json(c) for c in i.curves]} for i in piece.internal
        ],
        "wrap": {
            "around": wrap.around,
            "landmark": wrap.landmark,
            "anchor": list(wrap.anchor),
            "angle": wrap.angle,
            "lift": wrap.lift,
            "over": [list(p) for p in wrap.over] if wrap.over else None,
        },
    }


def _piece_from_json(data: Mapping[str, Any]) -> Piece:
    wrap = dict(data["wrap"])
    wrap["anchor"] = tuple(wrap["anchor"])
    wrap["over"] = tuple(tuple(p) for p in wrap["over"]) if wrap["over"] else None
    return Piece(
        name=str(data["name"]),
        edges=tuple(
            Edge(str(e["name"]), tuple(_curve_from_json(c) for c in e["curves"]), bool(e["dart"]))
            for e in data["edges"]
        ),
        wrap=Wrap(**wrap),
        cut=data["cut"],
        side=data["side"],
        fold=data["fold"],
        doubled=data["doubled"],
        fabric=data["fabric"],
        grain=(float(data["grain"][0]), float(data["grain"][1])),
        notches=tuple(Notch(n["edge"], float(n["distance"]), n["kind"]) for n in data["notches"]),
        internal=tuple(
            InternalLine(i["name"], tuple(_curve_from_json(c) for c in i["curves"]), i["kind"])
            for i in data["internal"]
        ),
        allowance=float(data["allowance"]),
        allowances={str(k): float(v) for k, v in data["allowances"].items()},
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
        "seams": [
            {"name": s.name, "a": [str(r) for r in s.a], "b": [str(r) for r in s.b], "ratio": s.ratio}
            for s in pattern.seams
        ],
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
            seams=tuple(
                Seam(
                    str(s["name"]),
                    tuple(EdgeRef.parse(r) for r in s["a"]),
                    tuple(EdgeRef.parse(r) for r in s["b"]),
                    float(s["ratio"]),
                )
                for s in data["seams"]
            ),
            parameters=dict(data["parameters"]),
            measurements={str(k): float(v) for k, v in data["measurements"].items()},
        )
    except (CurveRefused, PieceRefused, SeamMismatch) as error:
        raise PatternFileRefused(f"The pattern cannot be cut: {error}") from error
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise PatternFileRefused(f"The pattern is broken at {type(error).__name__}: {error}.") from error


def write_pattern(pattern: Pattern, path: Path) -> None:
    """Write beside and rename, so that a crash leaves the old file whole."""
    beside = path.with_name(path.name + ".part")
    beside.write_text(json.dumps(pattern_to_json(pattern), indent=1), encoding="utf-8")
    os.replace(beside, path)


def read_pattern(path: Path) -> Pattern:
    """Read pattern.json. Raises PatternFileRefused with a sentence."""
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise PatternFileRefused(f"{path.name} is larger than any pattern: is it the right file?")
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PatternFileRefused(f"{path.name} cannot be read: {error.strerror}.") from error
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise PatternFileRefused(f"{path.name} is not JSON: {error}.") from error
    return pattern_from_json(data)
