# SPDX-License-Identifier: GPL-3.0-or-later
"""What commercial systems write otherwise than ANSI/AAMA-292 has it, brought into the standard's words, and said.

Layers with names in place of numbers, outlines in several lines, arcs as bulges, grain and mirror lines as polylines,
notches as strokes, texts as MTEXT or attributes, and pieces outside of blocks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np

from ..curves import Points
from .dxf import Drawing, Entity
from .report import MOST_PIECES, ImportRefused, counted

Point = tuple[float, float]

_NUMBERED = re.compile(r"\D*?0*(\d+)\D*")
_NAMED = {
    "CUT": "1", "CUTLINE": "1", "BOUNDARY": "1", "OUTLINE": "1", "NOTCH": "4", "NOTCHES": "4", "MIRROR": "6",
    "FOLD": "6", "GRAIN": "7", "GRAINLINE": "7", "INTERNAL": "8", "DRILL": "13", "SEW": "14", "SEWLINE": "14",
    "STITCH": "14", "SEAM": "14", "TEXT": "15", "ANNOTATION": "15",
}  # fmt: skip
_STANDARD = {*map(str, range(1, 9)), "11", "13", "14", "15", *map(str, range(80, 88))}
_NOTCHES = ("4", "80", "81", "82", "83")
_TEXTS = ("MTEXT", "ATTDEF", "ATTRIB")
_FORMATS = re.compile(r"\\[A-OQ-Za-z][^;\\{}]*;|\\[LlOoKk~]|[{}]")  # of MTEXT: fonts, heights, underlines
_JOINED = 0.02  # of the file's unit: ends nearer to each other than this are one
_BEND = np.radians(5.0)  # of an arc between two points that stand for it
_ROUND = 1e3  # a bulge beyond this is a whole circle
_LINES = ("LINE", "POLYLINE", "LWPOLYLINE")


def plain(drawing: Drawing, say: Callable[[str], None]) -> Drawing:
    """The same drawing as the standard has it; `say` is told, once or more often, what was taken for what."""
    blocks = {name: list(_block(entities, say)) for name, entities in drawing.blocks.items()}
    loose = list(_block(drawing.entities, say))
    if not any(_is_loop(e) and e.layer == "1" for block in blocks.values() for e in block):
        blocks |= _pieces_of(loose, say)
    if any(e.kind == "INSERT" and {e.real(c) for c in (41, 42) if e.text(c)} - {1.0, -1.0} for e in loose):
        say("Blocks are inserted at another scale than their own: pieces were taken as large as in their blocks.")
    return replace(drawing, blocks=blocks, entities=loose)


def _block(entities: list[Entity], say: Callable[[str], None]) -> Iterator[Entity]:
    found = [each for entity in entities for each in _entity(entity, say)]
    for layer in ("1", "14"):
        open_lines = [e for e in found if e.kind in _LINES and e.layer == layer and not _is_loop(e)]
        if len(open_lines) > 1 and not any(_is_loop(e) and e.layer == layer for e in found):
            joined, rest = _joined(open_lines, layer)
            if joined:
                say("Outlines drawn in several lines were joined end to end.")
                kept = {id(e) for e in rest} | {id(e) for e in found} - {id(e) for e in open_lines}
                found = [*(e for e in found if id(e) in kept), *joined]
    yield from found


def _entity(entity: Entity, say: Callable[[str], None]) -> Iterator[Entity]:
    layer = entity.layer
    number = _NUMBERED.fullmatch(layer)
    meant = number[1] if number and number[1] in _STANDARD else _NAMED.get(layer.upper().replace(" ", ""), layer)
    if meant != layer:
        say("Layers are named otherwise than by the standard's numbers; they were taken for those.")
        entity = replace(entity, groups=[(8, meant), *(group for group in entity.groups if group[0] != 8)])
    if entity.kind in _TEXTS:
        words = "".join(value for code, value in entity.groups if code in (1, 3))
        for line in words.split("\\P"):
            yield Entity("TEXT", [(8, meant), (1, _FORMATS.sub("", line).strip())])
        return
    if entity.bulges:
        say("Arcs in outlines were taken as polylines of a corner every five degrees.")
        entity = replace(entity, points=_bent(entity), bulges={})
    if meant in ("6", "7") and entity.kind in ("POLYLINE", "LWPOLYLINE") and len(entity.points) > 1:
        (ax, ay), (bx, by) = entity.points[0], entity.points[-1]
        entity = Entity("LINE", [(8, meant), *_at(0, ax, ay), *_at(1, bx, by)])
    elif meant in _NOTCHES and entity.kind in _LINES:
        say("Notches drawn as strokes were taken where the strokes begin.")
        x, y = _ends(entity)[0]
        entity = Entity("POINT", [(8, meant), *_at(0, x, y)])
    yield entity


def _at(k: int, x: float, y: float) -> tuple[tuple[int, str], tuple[int, str]]:
    return (10 + k, repr(x)), (20 + k, repr(y))


def _line(entity: Entity) -> list[Point]:
    if entity.points or entity.kind != "LINE":
        return entity.points
    return [(entity.real(10), entity.real(20)), (entity.real(11), entity.real(21))]


def _ends(entity: Entity) -> tuple[Point, Point]:
    line = _line(entity) or [(0.0, 0.0)]
    return line[0], line[-1]


def _near(a: Point, b: Point) -> bool:
    return abs(a[0] - b[0]) < _JOINED and abs(a[1] - b[1]) < _JOINED


def _is_loop(entity: Entity) -> bool:
    line = entity.points
    return entity.kind != "LINE" and len(line) > 2 and (entity.closed or _near(line[0], line[-1]))


def _joined(lines: list[Entity], layer: str) -> tuple[list[Entity], list[Entity]]:
    """Closed lines made of open ones that meet end to end, and those that are left."""
    free = {k: e for k, e in enumerate(lines) if len(_line(e)) > 1}
    meeting: dict[tuple[int, int], dict[int, None]] = {}
    for k, entity in free.items():
        for end in _ends(entity):
            meeting.setdefault(_cell(end), {})[k] = None

    def taken(k: int) -> Entity:
        for end in _ends(free[k]):
            meeting[_cell(end)].pop(k, None)
        return free.pop(k)

    def following(end: Point) -> int | None:
        x, y = _cell(end)
        near = (k for i in (0, -1, 1) for j in (0, -1, 1) for k in meeting.get((x + i, y + j), ()))
        return next((k for k in near if any(_near(end, other) for other in _ends(free[k]))), None)

    loops: list[Entity] = []
    left: list[Entity] = []
    while free:
        used = [taken(next(iter(free)))]
        path = list(_line(used[0]))
        while not (len(path) > 2 and _near(path[0], path[-1])) and (k := following(path[-1])) is not None:
            used.append(taken(k))
            line = _line(used[-1])
            path += (line if _near(path[-1], line[0]) else line[::-1])[1:]
        if len(path) > 3 and _near(path[0], path[-1]):
            loops.append(Entity("POLYLINE", [(8, layer), (70, "1")], path[:-1]))
        else:
            left += used
    return loops, left


def _cell(point: Point) -> tuple[int, int]:
    return round(point[0] / _JOINED), round(point[1] / _JOINED)


def _bent(entity: Entity) -> list[Point]:
    """A polyline's points with those of its arcs: a bulge is the tangent of a quarter of the angle that it turns."""
    points = entity.points
    found: list[Point] = []
    for k, (a, b) in enumerate(pairwise([*points, points[0]] if entity.closed else points)):
        found.append(a)
        if bulge := entity.bulges.get(k, 0.0):
            if abs(bulge) > _ROUND:
                raise ImportRefused("The DXF has an arc that is a whole circle between two points: is it broken?")
            turn = 4 * np.arctan(bulge)
            start, end = complex(*a), complex(*b)
            centre = (start + end) / 2 + 0.5j * (end - start) * (1 / np.tan(turn / 2))
            for share in np.linspace(0, 1, max(2, int(np.ceil(abs(turn) / _BEND))), endpoint=False)[1:]:
                point = centre + (start - centre) * np.exp(1j * turn * share)
                found.append((float(point.real), float(point.imag)))
    return found if entity.closed else [*found, points[-1]]


def _pieces_of(entities: list[Entity], say: Callable[[str], None]) -> dict[str, list[Entity]]:
    """Pieces that stand outside of blocks: each outline with all that begins within its box."""
    outlines = [e for e in entities if e.layer == "1" and _is_loop(e)]
    if not outlines:
        return {}
    counted(len(outlines), MOST_PIECES, "Outlines outside of blocks")
    boxes = [(np.min(e.points, axis=0), np.max(e.points, axis=0)) for e in outlines]
    outer = [k for k in range(len(boxes)) if not any(_holds(boxes[j], boxes[k]) for j in range(len(boxes)))]
    say("Pieces stand outside of blocks: each outline was taken for one, with what lies in its box.")
    found: dict[str, list[Entity]] = {}
    for number, k in enumerate(outer):
        low, high = boxes[k]
        begins = [(e, np.array(_ends(e)[0] if e.kind in _LINES else (e.real(10), e.real(20)))) for e in entities]
        found[f"piece_{number + 1}"] = [e for e, at in begins if (low <= at).all() and (at <= high).all()]
    return found


def _holds(outer: tuple[Points, Points], inner: tuple[Points, Points]) -> bool:
    """Whether a box holds another that is smaller."""
    within = (outer[0] <= inner[0]).all() and (inner[1] <= outer[1]).all()
    return bool(within and ((outer[0] < inner[0]).any() or (inner[1] < outer[1]).any()))
