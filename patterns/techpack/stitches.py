# SPDX-License-Identifier: GPL-3.0-or-later
"""How a garment is sewn: of every seam, hem and trim the stitch (ISO 4915) and seam type (ISO 4916), thread and time.

Which seam gets what, and what that takes, are rows of assets/stitches.toml, each number with its source.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from ..pattern import Pattern
from ..pieces import Elastic, Piece, Trim

FILE = Path(__file__).parent.parent.parent / "assets" / "stitches.toml"
ClothKind = Literal["knit", "woven"]
_SIDE = re.compile(r"_(left|right)(?=_|\b|$)")


class StitchesRefused(ValueError):
    """A seam for which no construction is laid down."""


@dataclass(frozen=True)
class Stitch:
    """A stitch type: metres of thread a metre of seam, stitches a metre, stitches a minute; `names` by language."""

    code: str
    names: Mapping[str, str]
    thread: float
    density: float
    speed: float


@dataclass(frozen=True)
class SeamType:
    """A seam type by its number in ISO 4916 and its letters in ASTM D6193; `names` by language."""

    code: str
    astm: str
    names: Mapping[str, str]


@dataclass(frozen=True)
class Operation:
    """One kind of sewing on a garment.

    what: "seam", "zip", "edge", "line" or "elastic", and its name without sides. count: how often; length: metres in
    all. thread: metres with its waste; minutes: without the allowance for rest. binding: a tape goes round the edge.
    """

    what: str
    name: str
    count: int
    length: float
    allowance: float
    seam: SeamType
    stitches: tuple[Stitch, ...]
    thread: float
    minutes: float
    binding: bool = False


@dataclass(frozen=True)
class TrimCount:
    """How many of one kind and size of trim a garment has: size (diameter or length), thread in metres, minutes."""

    kind: str
    size: float
    count: int
    thread: float
    minutes: float


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


@cache
def stitch_types() -> Mapping[str, Stitch]:
    """Every stitch type of assets/stitches.toml by its number."""
    return {
        code: Stitch(code, _names(row), row["thread"]["value"], row["density"], row["speed"])
        for code, row in _data()["stitches"].items()
    }


@cache
def seam_types() -> Mapping[str, SeamType]:
    """Every seam type of assets/stitches.toml by its number."""
    return {code: SeamType(code, row["astm"], _names(row)) for code, row in _data()["seams"].items()}


def _names(row: Mapping[str, str]) -> dict[str, str]:
    return {"en": row["label"], "zh_HANS": row["zh"]}


def time(name: str) -> float:
    """A number of assets/stitches.toml's table of times and shares."""
    return float(_data()["time"][name]["value"])


def without_sides(name: str) -> str:
    """A name of a seam, panel or edge without the sides of the body in it."""
    return _SIDE.sub("", name)


def operations(pattern: Pattern, cloth: ClothKind) -> tuple[Operation, ...]:
    """All sewing of a garment in the order of its seams, both sides of the body taken together, then its free edges.

    Raises StitchesRefused where no row of assets/stitches.toml fits.
    """
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for what, name, length, allowance in _sewn(pattern):
        found.setdefault((what, name), []).append((length, allowance))
    made: list[Operation] = []
    for (what, name), runs in found.items():
        length, allowance = sum(run[0] for run in runs), max(run[1] for run in runs)
        row = _construction(f"{what} {name}", cloth, pattern.style, allowance)
        if not row.get("stitches"):
            continue
        stitches = tuple(stitch_types()[code] for code in row["stitches"])
        thread = sum(stitch.thread for stitch in stitches) * length * (1.0 + time("thread_waste"))
        sewing = sum(length * stitch.density / (stitch.speed * time("sewing")) for stitch in stitches)
        minutes = len(runs) * len(stitches) * time("handling") + sewing
        seam = seam_types()[row["seam"]]
        binding = bool(row.get("binding"))
        made.append(Operation(what, name, len(runs), length, allowance, seam, stitches, thread, minutes, binding))
    return tuple(made)


def trim_counts(pattern: Pattern) -> tuple[TrimCount, ...]:
    """The trims of a garment by kind and size, without marks for the drill."""
    counted: dict[tuple[str, float], int] = {}
    for trim in _trims(pattern):
        key = (trim.kind, round(trim.size, 4))
        counted[key] = counted.get(key, 0) + 1
    rows = _data()["trims"]
    return tuple(
        TrimCount(kind, size, count, count * rows[kind]["thread"], count * rows[kind]["minutes"])
        for (kind, size), count in sorted(counted.items())
    )


def elastics(pattern: Pattern) -> tuple[tuple[str, float], ...]:
    """Of every elastic in a garment the line that it is sewn along, and its relaxed length in metres."""
    return tuple(
        (without_sides(f"{panel.piece}.{elastic.line}"), elastic.ratio * panel.line(elastic.line).length)
        for panel in pattern.panels()
        for elastic in panel.elastics
    )


def _trims(pattern: Pattern) -> Iterator[Trim]:
    return (trim for panel in pattern.panels() for trim in panel.trims if trim.kind != "drill")


def _construction(sewn: str, cloth: ClothKind, style: str, allowance: float) -> Mapping[str, Any]:
    for row in _data()["construction"]:
        if (
            re.fullmatch(row["sewn"], sewn)
            and row.get("cloth", cloth) == cloth
            and re.fullmatch(row.get("style", ".*"), style)
            and allowance >= row.get("from", 0.0)
        ):
            return row
    raise StitchesRefused(f"No row of assets/stitches.toml says how {sewn!r} is sewn: add one.")


def _sewn(pattern: Pattern) -> Iterator[tuple[str, str, float, float]]:
    """What is sewn on a garment: kind, name, metres and allowance."""
    pieces = {piece.name: piece for piece in pattern.pieces}
    proof = pattern.proof()
    for seam, walked in zip(pattern.seams, proof.seams, strict=True):
        panel = pattern.panel(seam.a[0].panel)
        allowance = _allowance(pieces[panel.piece], seam.a[0].edge)
        yield "zip" if seam.zip else "seam", without_sides(seam.name), walked.length_a, allowance
    for ref in proof.free_edges:
        name, _, edge = ref.partition(".")
        panel = pattern.panel(name)
        piece = pieces[panel.piece]
        allowance = _allowance(piece, edge)
        if allowance > 0.0 and without_sides(edge) != piece.doubled:  # what has none is folded over, or left as it is
            yield "edge", f"{panel.piece}.{without_sides(edge)}", panel.edge(edge).length, allowance
    for panel in pattern.panels():
        for line in panel.internal:
            if line.kind == "stitch":
                yield "line", f"{panel.piece}.{without_sides(line.name)}", line.length, 0.0
        elastic: Elastic
        for elastic in panel.elastics:
            length = panel.line(elastic.line).length
            yield "elastic", f"{panel.piece}.{without_sides(elastic.line)}", length, 0.0


def _allowance(piece: Piece, edge: str) -> float:
    """The allowance along a panel's edge; 0 along a line inside its piece."""
    names: Sequence[str] = [e.name for e in piece.edges]
    own = edge if edge in names else re.sub(r"_(left|right)$", "", edge)
    return piece.allowances.get(own, piece.allowance) if own in names else 0.0
