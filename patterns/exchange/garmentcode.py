# SPDX-License-Identifier: GPL-3.0-or-later
"""GarmentCode's pattern JSON, read and written.

A panel is a loop of vertices joined by edges: straight, a Bézier of one or two control points in the frame of the
edge, or a circular arc as SVG gives it; a stitch sews one whole edge to one whole edge. The older dialect writes a
curve as the one control point [along, across], the newer as {"type", "params"}; ours is written in the newer. A panel's
rotation is three angles in degrees about the fixed axes x, y, z in this order, its right side the one from which its
loop runs anticlockwise. Y is up and the body faces +Z.

Source of the format: Korosteleva & Sorkine-Hornung, GarmentCode: Programming Parametric Sewing Patterns, ACM ToG 42(6),
2023; Korosteleva & Lee, Generating Datasets of 3D Garments with Sewing Patterns, NeurIPS 2021; and how pygarment reads.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from ..curves import Arc, Cubic, Curve, CurveRefused, Line, Nurbs, Points, hermite, part
from ..pattern import Pattern
from ..pieces import CLOSURE_TOLERANCE, Edge, Panel, Piece, PieceRefused, Wrap, polygon_area
from ..seams import EdgeRef, Seam, SeamMismatch, SewnRun, prove, sewn_runs
from ..writing import write_json
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

Spot = tuple[str, str]  # panel, edge
Spans = tuple[tuple[Spot, tuple[float, float]], tuple[Spot, tuple[float, float]]]  # arc lengths from and to

STYLE = "garmentcode"  # of an imported pattern; its parameters hold the file's labels
_CM = 100.0  # of the file's units in a metre, as we write them
_WORLD = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])  # theirs to ours
_MIRROR, _HERE = np.array([[-1.0, 0.0], [0.0, 1.0]]), np.zeros(2)
_TOLD = 1e-4  # metres by which the sides of a stitch differ before a person is told
_EQUAL = 1e-9  # metres; lengths closer than this are one
_SAME_PLACE = 2e-6  # metres along an edge; ends nearer than this are one
_FITTED = 5e-9  # metres between a NURBS and the cubics that stand for it
_UNSAID = (
    "GarmentCode states no seam allowance, notch, fabric, fold, ease or body: pieces come without allowance or notch, "
    "cut single from the main fabric, grain along the panel's y, placed as about the body they were drawn for; every "
    "seam declares the ratio that its edges measure."
)


def read_garmentcode(path: Path) -> Imported:
    """The pattern of a GarmentCode specification or template, panels placed in space as the file places them.

    Panels and edges keep their order: edge k is `edge_k`, stitch k the seam `stitch_k`, from 0 as in the file; labels
    are kept in the pattern's parameters. Raises ImportRefused with a sentence.
    """
    data = mapping(read_json(path), path.name)
    try:
        return _pattern(data, path.stem.removesuffix("_specification"))
    except (CurveRefused, PieceRefused, SeamMismatch) as error:
        raise ImportRefused(f"{path.name} cannot be cut: {error}") from error


def _pattern(data: Mapping[str, Any], title: str) -> Imported:
    if "pattern" not in data or "properties" not in data:
        raise ImportRefused("This is no GarmentCode pattern: it must hold 'pattern' and 'properties'.")
    pattern, properties = mapping(data["pattern"], "'pattern'"), mapping(data["properties"], "'properties'")
    units = number(properties.get("units_in_meter"), "properties.units_in_meter (100 for centimetres)")
    if not units > 0:
        raise ImportRefused(f"properties.units_in_meter must be positive (100 for centimetres), got {units!r}.")
    coordinates = properties.get("curvature_coords")
    if coordinates not in ("relative", "absolute"):
        raise ImportRefused(f"properties.curvature_coords is 'relative' or 'absolute', got {coordinates!r}.")
    panels = mapping(pattern.get("panels"), "'panels'")
    stitches = sequence(pattern.get("stitches", []), "'stitches'")
    counted(len(panels), MOST_PIECES, "Panels in the file")

    notes = [_UNSAID]
    labels: dict[str, str] = {}
    pieces = [_piece(name(k, "A panel"), v, units, coordinates == "absolute", labels, notes) for k, v in panels.items()]
    seams = [_seam(k, stitch, {p.name: p for p in pieces}) for k, stitch in enumerate(stitches)]
    taken = Counter(str(replace(ref, backwards=False)) for s in seams for ref in (*s.a, *s.b))
    for edge, times in taken.items():
        if times > 1:
            raise ImportRefused(f"{edge} is in {times} stitches: an edge can be sewn once; split it or drop a stitch.")
    pieces = [_with_darts(piece, seams) for piece in pieces]
    finished = Pattern(title, STYLE, tuple(map(checked, pieces)), tuple(seams), {"labels": labels} if labels else {})

    for s in seams:
        a, b = (finished.panel(side[0].panel).edge(side[0].edge).length for side in (s.a, s.b))
        if abs(a - b) > _TOLD:
            notes.append(
                f"{s.name} sews {s.a[0]} of {a * 1000:.1f} mm to {s.b[0]} of {b * 1000:.1f} mm: the file does not say "
                f"whether that is ease or an error; the seam declares the ratio {s.ratio:.4f}."
            )
    if properties.get("normalize_panel_translation"):
        notes.append("The file asks for its panels to be centred when they are read: they stay where it places them.")
    more = [k for k in data.keys() - {"pattern", "properties"} if data[k]]
    more += [f"pattern.{k}" for k in pattern.keys() - {"panels", "stitches", "panel_order"}]
    if more:
        notes.append(f"Not taken over, so that the pattern is fixed as the file draws it: {', '.join(sorted(more))}.")
    return Imported(finished, tuple(notes))


def _rotation(degrees: Points) -> Points:
    """(3, 3) rotation about the fixed axes x, then y, then z."""
    (cx, cy, cz), (sx, sy, sz) = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    about_x: Points = np.array([[1.0, 0.0, 0.0], [0.0, cx, -sx], [0.0, sx, cx]])
    about_y: Points = np.array([[cy, 0.0, sy], [0.0, 1.0, 0.0], [-sy, 0.0, cy]])
    about_z: Points = np.array([[cz, -sz, 0.0], [sz, cz, 0.0], [0.0, 0.0, 1.0]])
    return about_z @ about_y @ about_x


def _angles(rotation: Points) -> Points:
    """(3,) degrees of which `_rotation` makes the (3, 3) rotation again; each is found for what those before leave."""
    z = math.atan2(rotation[1, 0], rotation[0, 0])
    s, c = math.sin(z), math.cos(z)
    y = math.atan2(-rotation[2, 0], c * rotation[0, 0] + s * rotation[1, 0])
    x = math.atan2(s * rotation[0, 2] - c * rotation[1, 2], c * rotation[1, 1] - s * rotation[0, 1])
    return np.degrees([x, y, z])


def _piece(panel: str, value: object, units: float, absolute: bool, labels: dict[str, str], notes: list[str]) -> Piece:
    """A panel as a piece; one whose loop runs clockwise is mirrored and turned over, so that it stays where it was."""
    data = mapping(value, f"Panel {panel!r}")
    edges = [mapping(e, f"An edge of {panel!r}") for e in sequence(data.get("edges"), "'edges'")]
    counted(len(edges), MOST_CURVES, f"Edges of panel {panel!r}")
    corners = sequence(data.get("vertices"), "'vertices'")
    counted(len(corners), MOST_CURVES, f"Vertices of panel {panel!r}")
    vertices = [numbers(v, 2, f"A vertex of {panel!r}") / units for v in corners]
    ends: list[list[int]] = []
    for k, edge in enumerate(edges):
        pair = sequence(edge.get("endpoints"), "'endpoints'")
        if len(pair) != 2 or not all(type(i) is int and 0 <= i < len(vertices) for i in pair):
            raise ImportRefused(
                f"Edge {k} of {panel!r} runs from {pair!r}: it needs two of its {len(vertices)} vertices."
            )
        ends.append(pair)
    if any(this[1] != following[0] for this, following in pairwise([*ends, ends[0]])):
        raise ImportRefused(f"The edges of {panel!r} do not run head to tail round the panel: list them in order.")
    if len({start for start, _ in ends}) < len(ends):
        raise ImportRefused(f"The outline of {panel!r} passes one vertex twice: part it into two panels.")
    curves = [
        _curve(edge.get("curvature"), vertices[i], vertices[j], units, absolute, f"Edge {k} of {panel!r}")
        for k, (edge, (i, j)) in enumerate(zip(edges, ends, strict=True))
    ]

    angles = numbers(data.get("rotation"), 3, f"The rotation of {panel!r}")
    placed = _WORLD @ _rotation(angles)
    if np.abs(_rotation(angles) - _rotation(-angles).T).max() > 1e-6:  # of the inverse turned back: z, then y, then x
        notes.append(
            f"{panel} is turned about more than one axis: about the fixed x, y, z, as GarmentCode's loader has it; its "
            "drafting turns about the panel's own axes: look whether it lies right."
        )
    origin = _WORLD @ numbers(data.get("translation"), 3, f"The translation of {panel!r}") / units
    x, y = placed[:, 0], placed[:, 1]
    if polygon_area(np.concatenate([c.flattened()[:-1] for c in curves])) < 0:
        x, curves = -x, [c.transformed(_MIRROR, _HERE) for c in curves]
    for k, thing in enumerate([data, *edges]):
        if "label" in thing:
            labels[f"{panel}.edge_{k - 1}" if k else panel] = str(thing["label"])
    more = {
        f"{k!r} of panel {panel!r}" for k in data.keys() - {"vertices", "edges", "rotation", "translation", "label"}
    }
    more |= {f"{k!r} of an edge of {panel!r}" for e in edges for k in e.keys() - {"endpoints", "curvature", "label"}}
    if len(vertices) > len(edges):
        more.add(f"{len(vertices) - len(edges)} vertices of {panel!r} that no edge uses")
    notes.extend(f"Not taken over: {thing}." for thing in sorted(more))
    return Piece(
        panel,
        tuple(Edge(f"edge_{k}", (c,)) for k, c in enumerate(curves)),
        Wrap("space", frame=(_triple(origin), _triple(x), _triple(y))),
        allowance=0.0,
    )


def _triple(v: Points) -> tuple[float, float, float]:
    return float(v[0]), float(v[1]), float(v[2])


def _curve(curvature: object, start: Points, end: Points, units: float, absolute: bool, what: str) -> Curve:
    """The edge from start to end (2,) in metres. Raises ImportRefused for a curve that the format does not know."""
    along = end - start
    if not np.linalg.norm(along) > CLOSURE_TOLERANCE:
        raise ImportRefused(f"{what} has no length: give its ends different places.")
    if curvature is None:
        return Line(start, end)
    kind, params = ("quadratic", [curvature]) if isinstance(curvature, list) else _kind(mapping(curvature, what), what)
    if kind == "circle":
        if len(params) != 3 or params[1] not in (0, 1) or params[2] not in (0, 1):
            raise ImportRefused(f"{what} is a circle of {params!r}: it needs a radius and two flags, 0 or 1.")
        return _arc(
            start, end, number(params[0], f"The radius of {what}") / units, bool(params[1]), bool(params[2]), what
        )
    if (kind, len(params)) not in (("quadratic", 1), ("cubic", 2)):
        raise ImportRefused(
            f"{what} is a {kind!r} of {len(params)} points: quadratic (1), cubic (2), circle are known."
        )
    across = np.array([-along[1], along[0]])
    given = [numbers(p, 2, f"A control point of {what}") for p in params]
    control = [p / units if absolute else start + p[0] * along + p[1] * across for p in given]
    if kind == "cubic":
        return Cubic(start, control[0], control[1], end)
    return Cubic(start, (start + 2 * control[0]) / 3, (end + 2 * control[0]) / 3, end)


def _kind(curvature: Mapping[str, Any], what: str) -> tuple[str, list[Any]]:
    return str(curvature.get("type")), sequence(curvature.get("params"), f"The params of {what}")


def _arc(start: Points, end: Points, radius: float, large: bool, anticlockwise: bool, what: str) -> Arc:
    """The circular arc as SVG gives it: end points, radius and two flags (SVG 1.1, appendix F.6.5)."""
    along = end - start
    chord = float(np.linalg.norm(along))
    if not radius >= chord / 2 * (1 - 1e-6):
        raise ImportRefused(
            f"{what} is an arc of radius {radius:.4g} m over a chord of {chord:.4g} m: it cannot reach."
        )
    height = math.sqrt(max(radius**2 - chord**2 / 4, 0.0)) * (1 if anticlockwise != large else -1)
    centre = (start + end) / 2 + height / chord * np.array([-along[1], along[0]])
    sweep = 2 * math.atan2(chord / 2, abs(height))
    sweep = 2 * math.pi - sweep if large else sweep
    begin = math.atan2(*(start - centre)[::-1])
    return Arc(centre, float(np.linalg.norm(start - centre)), begin, sweep if anticlockwise else -sweep)


def _seam(k: int, stitch: object, pieces: Mapping[str, Piece]) -> Seam:
    """Stitch k: whole edge to whole edge, walked against each other, or alike where right meets wrong side."""
    sides = sequence(stitch, f"Stitch {k}")
    if len(sides) not in (2, 3) or (len(sides) == 3 and sides[2] != "right_wrong"):
        raise ImportRefused(f"Stitch {k} must be two edges and, where right meets wrong side, 'right_wrong'.")
    found: list[Edge] = []
    refs: list[EdgeRef] = []
    for side in sides[:2]:
        where = mapping(side, f"A side of stitch {k}")
        panel, edge = where.get("panel"), where.get("edge")
        if not isinstance(panel, str) or panel not in pieces:
            raise ImportRefused(f"Stitch {k} sews panel {panel!r}, which the file does not have.")
        if type(edge) is not int or not 0 <= edge < len(pieces[panel].edges):
            raise ImportRefused(
                f"Stitch {k} sews edge {edge!r} of {panel!r}, which has {len(pieces[panel].edges)} edges."
            )
        found.append(pieces[panel].edges[edge])
        refs.append(EdgeRef(panel, found[-1].name))
    a, b = (e.length for e in found)
    ratio = 1.0 if abs(a - b) <= _EQUAL else b / a
    if len(sides) == 3:
        return Seam(f"stitch_{k}", (refs[0],), (refs[1],), ratio, faces="right_wrong")
    return Seam(f"stitch_{k}", (refs[0],), (replace(refs[1], backwards=True),), ratio)


def _with_darts(piece: Piece, seams: list[Seam]) -> Piece:
    """Two neighbouring edges sewn to each other, their corner pointing inwards, are the legs of a dart."""
    legs = {frozenset((s.a[0].edge, s.b[0].edge)) for s in seams if s.a[0].panel == s.b[0].panel == piece.name}
    darts: set[str] = set()
    for this, following in pairwise([*piece.edges, piece.edges[0]]):
        u, v = this.end - this.at(0.9 * this.length)[0], following.at(0.1 * following.length)[0] - following.start
        if frozenset((this.name, following.name)) in legs and u[0] * v[1] - u[1] * v[0] < 0:
            darts |= {this.name, following.name}
    return replace(piece, edges=tuple(replace(e, dart=e.name in darts) for e in piece.edges))


def write_garmentcode(pattern: Pattern, path: Path) -> tuple[str, ...]:
    """Write the pattern as a GarmentCode specification in centimetres; the answer says what the format cannot.

    Panels are written unfolded and turned so that their grain runs along y. Edges are split where curves meet and so
    that each stitch sews one whole edge to one whole edge. Panels without a place in space are laid out side by side.
    Raises SeamMismatch as `prove` does. The file is written beside and renamed.
    """
    prove(pattern)
    data, notes = _specification(pattern)
    write_json(path, data)
    return notes


def _specification(pattern: Pattern) -> tuple[dict[str, Any], tuple[str, ...]]:
    panels = pattern.panels()
    sayable = {(p.name, e.name): [c for curve in e.curves for c in _sayable(curve)] for p in panels for e in p.edges}
    cuts = {spot: np.concatenate([[0.0], np.cumsum([c.length for c in curves])]) for spot, curves in sayable.items()}
    joints = dict(cuts)
    edges_only = [s for s in pattern.seams if all((r.panel, r.edge) in cuts for r in (*s.a, *s.b))]
    stitches: list[tuple[Spans, bool]] = []
    for run in sewn_runs(replace(pattern, seams=tuple(replace(s, layers=()) for s in edges_only))):
        for spans in _stretches(run, joints):
            stitches.append((spans, run.a.backwards == run.b.backwards))
            for spot, span in spans:
                cuts[spot] = np.append(cuts[spot], span)
    cuts = {spot: _merged(cuts[spot], joints[spot]) for spot in cuts}

    stored = pattern.parameters.get("labels") if pattern.style == STYLE else None
    labels: Mapping[Any, Any] = stored if isinstance(stored, dict) else {}
    first: dict[Spot, int] = {}
    written: dict[str, Any] = {}
    beside = 0.0
    for panel in panels:
        edges: list[tuple[Curve, object]] = []
        for e in panel.edges:
            first[panel.name, e.name] = len(edges)
            parts = _parts(sayable[panel.name, e.name], joints[panel.name, e.name], cuts[panel.name, e.name])
            edges += [(curve, labels.get(f"{panel.name}.{e.name}")) for curve in parts]
        written[panel.name], width = _panel(panel, edges, beside)
        beside += width
        if panel.name in labels:
            written[panel.name]["label"] = labels[panel.name]

    def side(spot: Spot, span: tuple[float, float]) -> dict[str, object]:
        at = int(np.searchsorted(cuts[spot], sum(span) / 2)) - 1
        return {"panel": spot[0], "edge": first[spot] + at}

    return {
        "pattern": {
            "panels": written,
            "stitches": [
                [*(side(*s) for s in spans), *(["right_wrong"] if alike else [])] for spans, alike in stitches
            ],
        },
        "parameters": {},
        "parameter_order": [],
        "properties": {
            "curvature_coords": "relative",
            "normalize_panel_translation": False,
            "normalized_edge_loops": True,
            "units_in_meter": int(_CM),
        },
    }, tuple(_losses(pattern, {s.name for s in pattern.seams} - {s.name for s in edges_only}))


def _sayable(curve: Curve) -> Iterator[Curve]:
    """The curve as lines, arcs and cubics whose chord is no mere fraction of their length."""
    if isinstance(curve, Nurbs):
        first, last = curve.knots[[curve.degree, len(curve.control)]]
        for span in pairwise(np.unique(np.clip((curve.knots - first) / (last - first), 0.0, 1.0))):
            yield from _cubics(curve, *(float(t) for t in span))
    elif np.linalg.norm(curve.end - curve.start) < 0.1 * curve.length:
        for half in ((0.0, 0.5), (0.5, 1.0)):
            yield from _sayable(part(curve, *half))
    else:
        yield curve


def _cubics(curve: Curve, t0: float, t1: float) -> Iterator[Curve]:
    """The stretch of a smooth curve as cubics with its ends' points and derivatives, halved until they keep to it."""
    (p0, p1), (d0, d1) = curve.points([t0, t1]), (t1 - t0) * curve.derivative([t0, t1])
    cubic = hermite(p0, d0, p1, d1)
    t = np.linspace(0.0, 1.0, 9)
    if np.abs(cubic.points(t) - curve.points(t0 + (t1 - t0) * t)).max() < _FITTED:
        yield from _sayable(cubic)
    else:
        middle = (t0 + t1) / 2
        yield from _cubics(curve, t0, middle)
        yield from _cubics(curve, middle, t1)


def _stretches(run: SewnRun, joints: Mapping[Spot, Points]) -> Iterator[Spans]:
    """The run parted where a curve ends on either side, so that each stretch sews one curve to one curve."""
    sides = [((run.a.panel, run.a.edge), run.a_span), ((run.b.panel, run.b.edge), run.b_span)]
    shorter = min(abs(end - start) for _, (start, end) in sides)
    inner = [(joints[spot] - start) / (end - start) for spot, (start, end) in sides]
    breaks = _merged(np.concatenate(inner), np.array([0.0, 1.0]), _SAME_PLACE / shorter)
    breaks = breaks[(breaks >= 0.0) & (breaks <= 1.0)]
    for low, high in pairwise(breaks):
        if (high - low) * shorter > _SAME_PLACE:
            a, b = ((spot, (start + low * (end - start), start + high * (end - start))) for spot, (start, end) in sides)
            yield a, b


def _merged(places: Points, kept: Points, near: float = _SAME_PLACE) -> Points:
    """Sorted places without those that lie near an earlier one or near one of the `kept`, which all stay."""
    places = np.sort(places)
    places = places[np.abs(places[:, None] - kept).min(axis=1) > near]
    if len(places):
        places = places[np.concatenate([[True], np.diff(places) > near])]
    return np.sort(np.concatenate([places, kept]))


def _parts(curves: list[Curve], joints: Points, cuts: Points) -> Iterator[Curve]:
    """The curves of an edge cut at arc lengths along it, of which the joints between them are some."""
    for curve, start, end in zip(curves, joints[:-1], joints[1:], strict=True):
        inner = cuts[(cuts > start + _SAME_PLACE / 2) & (cuts < end - _SAME_PLACE / 2)]
        if len(inner):
            t = [0.0, *(float(x) for x in curve.parameter_at(inner - start)), 1.0]
            yield from (part(curve, *span) for span in pairwise(t))
        else:
            yield curve


def _panel(panel: Panel, edges: list[tuple[Curve, object]], beside: float) -> tuple[dict[str, Any], float]:
    """The panel as the file has it, and the metres that it takes up in a row of panels that begins at `beside`."""
    u, v = panel.grain
    turn: Points = np.array([[v, -u], [u, v]])  # the grain goes to y
    outline = panel.outline() @ turn.T
    width = 0.0
    if panel.wrap.frame:
        origin, x, y = (_WORLD.T @ np.array(v) for v in panel.wrap.frame)
        x, y = turn @ np.stack([x, y])
    else:
        low, high = outline.min(axis=0), outline.max(axis=0)
        origin, x, y = np.array([beside - low[0], -low[1], 0.0]), *np.eye(3)[:2]
        width = float(high[0] - low[0]) + 0.1
    normal = np.cross(x, y)
    if normal[2] < -1e-9:  # faces back: GarmentCode's own panels look forward and run clockwise instead
        turn, x, normal = _MIRROR @ turn, -x, -normal
    curves = [c.transformed(turn, _HERE) for c, _ in edges]
    starts = [c.start for c in curves]
    listed: list[dict[str, Any]] = []
    for k, (curve, (_, label)) in enumerate(zip(curves, edges, strict=True)):
        following = (k + 1) % len(curves)
        edge: dict[str, Any] = {"endpoints": [k, following]}
        if curvature := _curvature(curve, starts[k], starts[following]):
            edge["curvature"] = curvature
        if label is not None:
            edge["label"] = label
        listed.append(edge)
    return {
        "translation": (origin * _CM).tolist(),
        "rotation": _angles(np.stack([x, y, normal], axis=1)).tolist(),
        "vertices": [(v * _CM).tolist() for v in starts],
        "edges": listed,
    }, width


def _curvature(curve: Curve, start: Points, end: Points) -> dict[str, Any] | None:
    """What stands in an edge beside its end points; None for a straight one."""
    match curve:
        case Arc():
            flags = [int(abs(curve.sweep) > math.pi), int(curve.sweep > 0)]
            return {"type": "circle", "params": [curve.radius * _CM, *flags]}
        case Cubic():
            along = end - start
            frame = np.stack([along, np.array([-along[1], along[0]])]) / float(along @ along)
            first, second = (3 * curve.p1 - curve.p0) / 2, (3 * curve.p2 - curve.p3) / 2
            if np.abs(first - second).max() < 1e-12:
                return {"type": "quadratic", "params": [(frame @ ((first + second) / 2 - start)).tolist()]}
            return {"type": "cubic", "params": [(frame @ (p - start)).tolist() for p in (curve.p1, curve.p2)]}
        case _:
            return None


def _losses(pattern: Pattern, unsewn: set[str]) -> Iterator[str]:
    """What of the pattern GarmentCode has no word for."""
    pieces, seams = pattern.pieces, pattern.seams
    things = {
        "notches": sum(len(p.notches) for p in pieces),
        "internal lines": sum(len(p.internal) for p in pieces),
        "pleats": sum(len(p.pleats) for p in pieces),
        "elastic": sum(len(p.elastics) for p in pieces),
        "trims": sum(len(p.trims) for p in pieces),
        "interlinings": sum(bool(p.interlining) for p in pieces),
        "fastenings": len(pattern.fastenings),
        "zips": sum(s.zip is not None for s in seams),
        "further layers of seams": sum(len(s.layers) for s in seams),
    }
    if lost := [f"{what} ({count})" for what, count in things.items() if count]:
        yield f"GarmentCode has no word for {', '.join(lost)}: left out."
    if any(p.allowance or any(p.allowances.values()) for p in pieces):
        yield "Seam allowances are left out: GarmentCode draws the seam line alone."
    if fabrics := sorted({p.fabric for p in pieces} - {"main"}):
        yield f"Fabrics are not told apart: {', '.join(fabrics)} is written like the main one."
    if folded := [p.name for p in pieces if p.cut != "single" or p.doubled]:
        yield f"Pieces cut on the fold, mirrored or doubled are written panel by panel: {', '.join(folded)}."
    if unsewn:
        yield f"GarmentCode sews edges only; left out, as they join an internal line: {', '.join(sorted(unsewn))}."
    if lapped := [s.name for s in seams if s.faces == "right_wrong" and s.name not in unsewn]:
        yield f"Right meets wrong side only where both edges run alike: check {', '.join(lapped)}."
    if any(s.ratio != 1.0 for s in seams):
        yield "Declared ratios are not written: GarmentCode sews edges of any two lengths together."
    if flat := [p.name for p in pieces if not p.wrap.frame]:
        yield f"Laid side by side, as they have no place in space: {', '.join(flat)}."
