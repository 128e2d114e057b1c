# SPDX-License-Identifier: GPL-3.0-or-later
"""DXF as text: pairs of a group code and a value, read with limits and written as AutoCAD R12 has them.

Only what pattern files are made of: a header, blocks and entities, flat. No block is opened inside another, so none
can hold itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..curves import Points
from .report import LARGEST_FILE, ImportRefused

_MOST_ENTITIES, _MOST_VERTICES = 100_000, 400_000
_BINARY = b"AutoCAD Binary DXF"

Group = tuple[int, str]


@dataclass
class Entity:
    """One entity: its kind, its groups in order, the points of a polyline, (n, 2) in the file's unit, and the bulge of
    each side that is an arc, by the number of the point at which it begins.
    """

    kind: str
    groups: list[Group]
    points: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    bulges: dict[int, float] = field(default_factory=dict[int, float])

    @property
    def layer(self) -> str:
        return self.text(8)

    def text(self, code: int) -> str:
        """The first value of that code, "" where there is none."""
        return next((value for c, value in self.groups if c == code), "")

    def real(self, code: int) -> float:
        """The first value of that code as a number, 0 where there is none. Raises ImportRefused."""
        return _real(self.text(code) or "0")

    def at(self, k: int = 0) -> Points:
        """(2,) the point under the codes 10+k and 20+k."""
        return np.array([self.real(10 + k), self.real(20 + k)])

    @property
    def closed(self) -> bool:
        """Whether a polyline's end is joined to its start."""
        flags = self.text(70).strip()
        return bool(int(flags) & 1) if flags.isdecimal() else False


@dataclass
class Drawing:
    """A DXF file: its header's variables, the entities of each block by name, and the entities outside of blocks."""

    header: dict[str, str]
    blocks: dict[str, list[Entity]]
    entities: list[Entity]


def _real(text: str) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise ImportRefused(f"The DXF has {text[:40]!r} where a number belongs.") from error
    if not abs(value) < 1e9:
        raise ImportRefused(f"The DXF has the coordinate {text[:40]!r}: no pattern reaches so far.")
    return value


def _groups(path: Path) -> Iterator[Group]:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise ImportRefused(f"{path.name} is larger than any pattern: is it the right file?")
        raw = path.read_bytes()
    except OSError as error:
        raise ImportRefused(f"{path.name} cannot be read: {error.strerror}.") from error
    if raw.startswith(_BINARY):
        raise ImportRefused(f"{path.name} is a binary DXF: save it as ASCII DXF, R12.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")  # what older systems write names in
    lines = re.split(r"\r\n|\r|\n", text)
    for k in range(0, len(lines) - 1, 2):
        try:
            code = int(lines[k])
        except ValueError as error:
            raise ImportRefused(f"{path.name} is no DXF: line {k + 1} should be a group code.") from error
        yield code, lines[k + 1].strip()


def read_dxf(path: Path) -> Drawing:
    """The entities of an ASCII DXF file.

    Raises ImportRefused for a file that is no DXF, is cut off, or holds more than any pattern.
    """
    drawing = Drawing({}, {}, [])
    section = block = variable = ""
    entity: Entity | None = None
    line: Entity | None = None  # the polyline whose vertices follow
    count = vertices = 0
    ended = False
    for code, value in _groups(path):
        if code == 0:
            entity = None
            kind = value.upper()
            match kind:
                case "SECTION":
                    section = "?"
                case "ENDSEC":
                    section = block = ""
                case "EOF":
                    ended = True
                    break
                case "BLOCK":
                    block = "?"
                case "ENDBLK":
                    block, line = "", None
                case "SEQEND":
                    line = None
                case _ if section in ("BLOCKS", "ENTITIES"):
                    entity = Entity(kind, [])
                    count += 1
                    if kind == "VERTEX":
                        vertices, count = vertices + 1, count - 1
                        if line is not None:
                            line.points.append((0.0, 0.0))
                    else:
                        line = entity if kind in ("POLYLINE", "LWPOLYLINE") else None
                        (drawing.blocks[block] if block else drawing.entities).append(entity)
                    if count > _MOST_ENTITIES or vertices > _MOST_VERTICES:
                        raise ImportRefused(f"{path.name} holds more points or lines than any pattern.")
                case _:
                    pass
        elif section == "?" and code == 2:
            section = value.upper()
        elif block == "?" and code == 2:
            block = value
            if block in drawing.blocks:
                raise ImportRefused(f"{path.name} has two blocks named {block[:60]!r}: rename one of the pieces.")
            drawing.blocks[block] = []
        elif section == "HEADER":
            variable = value if code == 9 else variable
            if code != 9:
                drawing.header.setdefault(variable, value)
        elif entity is not None and line is not None and entity.kind == "VERTEX":
            if code in (10, 20):
                x, y = line.points[-1]
                line.points[-1] = (_real(value), y) if code == 10 else (x, _real(value))
            elif code == 42 and (bulge := _real(value)):
                line.bulges[len(line.points) - 1] = bulge
        elif entity is not None and entity.kind == "LWPOLYLINE" and code in (10, 20):
            if code == 10:
                entity.points.append((_real(value), 0.0))
                vertices += 1
            elif entity.points:
                entity.points[-1] = (entity.points[-1][0], _real(value))
        elif entity is not None and entity.kind == "LWPOLYLINE" and code == 42 and entity.points:
            if bulge := _real(value):
                entity.bulges[len(entity.points) - 1] = bulge
        elif entity is not None:
            entity.groups.append((code, value))
    if not ended:
        raise ImportRefused(f"{path.name} is cut off: it has no end (EOF). Export or copy it again.")
    return drawing


class Writer:
    """Groups of a DXF file as they are written: ASCII, one code and one value a line."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def put(self, *pairs: int | float | str) -> None:
        """Codes and values in turn; numbers with a decimal point in 4 digits, a ten-thousandth of the unit."""
        for code, value in zip(pairs[::2], pairs[1::2], strict=True):
            self._lines.append(f"{code:>3}")
            self._lines.append(_fixed(value) if isinstance(value, float) else _ascii(str(value)))

    def text(self, layer: int, at: Points, words: str, height: float = 5.0) -> None:
        self.put(0, "TEXT", 8, layer, 10, float(at[0]), 20, float(at[1]), 40, height, 1, words)

    def point(self, layer: int, at: Points | str, *more: int | float | str) -> None:
        """A point at (2,), or at one of `places`."""
        self._lines.append(f"  0\r\nPOINT\r\n  8\r\n{layer}\r\n{at if isinstance(at, str) else places(at[None])[0]}")
        self.put(*more)

    def line(self, layer: int, start: Points, end: Points) -> None:
        self.put(0, "LINE", 8, layer, 10, float(start[0]), 20, float(start[1]), 11, float(end[0]), 21, float(end[1]))

    def polyline(self, layer: int, points: Points | Sequence[str], closed: bool) -> None:
        """Through points (n, 2), or through `places`."""
        self.put(0, "POLYLINE", 8, layer, 66, 1, 70, int(closed))
        vertex = f"  0\r\nVERTEX\r\n  8\r\n{layer}\r\n"
        self._lines += [vertex + at for at in (places(points) if isinstance(points, np.ndarray) else points)]
        self.put(0, "SEQEND", 8, layer)

    def __str__(self) -> str:
        return "\r\n".join(self._lines) + "\r\n"


def places(points: Points) -> list[str]:
    """The groups of each of points (n, 2): a place that stands in several lines is written out once."""
    return [f" 10\r\n{_fixed(x)}\r\n 20\r\n{_fixed(y)}" for x, y in points.tolist()]


def _fixed(value: float) -> str:
    """In 4 digits, without a minus before a zero."""
    text = f"{value:.4f}"
    return "0.0000" if text == "-0.0000" else text


def _ascii(text: str) -> str:
    """Seven bits, one line: letters that R12 has not stand as U+ and their number."""
    return "".join(c if " " <= c <= "~" else f"U+{ord(c):04X}" for c in text)
