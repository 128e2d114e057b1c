# SPDX-License-Identifier: GPL-3.0-or-later
"""What an import brings home: the pattern, and in words what its file did not say or what was left behind.

Also what every reader asks of its file before it believes it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..curves import Points
from ..pattern import Pattern
from ..pieces import Piece, crossings

LARGEST_FILE = 16 * 2**20  # bytes; a pattern of a hundred pieces is far smaller
MOST_PIECES, MOST_CURVES = 300, 500  # of one pattern, along one outline
_MOST_POINTS = 3000  # of the polygon that stands for an outline
_SMALLEST, _LARGEST = 1e-3, 20.0  # metres across a piece
_OUTLINE = 5e-4  # metres between an outline and the polygon that is looked at for crossings


class ImportRefused(ValueError):
    """A file of another program that is not what it claims to be, or from which no pattern can be cut."""


@dataclass(frozen=True)
class Imported:
    """A pattern from another program's file, in metres, and what a person must know about it.

    notes: one sentence for each thing that the format cannot say or that was not taken over. unused: measurements that
    were given and that neither the pattern nor its table speaks of.
    """

    pattern: Pattern
    notes: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()


def read_text(path: Path) -> str:
    """The text of a file of another program. Raises ImportRefused when it is too large, unreadable or not UTF-8."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise ImportRefused(f"{path.name} is larger than any pattern: is it the right file?")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ImportRefused(f"{path.name} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ImportRefused(f"{path.name} is not text in UTF-8: is it the right file?") from error


def _once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object; JSON lets a name stand twice and readers drop one of the two."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ImportRefused(f"The file says {name!r} twice in one place: keep the one that is meant.")
        found[name] = value
    return found


def read_json(path: Path) -> object:
    """The data of a JSON file.

    Raises ImportRefused as `read_text` does, when it is not JSON, and when an object says a name twice.
    """
    text = read_text(path)
    try:
        return json.loads(text, object_pairs_hook=_once)
    except ImportRefused:
        raise
    except (ValueError, RecursionError) as error:
        raise ImportRefused(f"{path.name} is not JSON: {error}.") from error


def mapping(value: object, what: str) -> Mapping[str, Any]:
    """`value` when it is an object of the file; raises ImportRefused."""
    if not isinstance(value, dict):
        raise ImportRefused(f"{what} must be an object with names and values, got {_short(value)}.")
    return value


def sequence(value: object, what: str) -> list[Any]:
    """`value` when it is a list of the file; raises ImportRefused."""
    if not isinstance(value, list):
        raise ImportRefused(f"{what} must be a list, got {_short(value)}.")
    return value


def number(value: object, what: str) -> float:
    """`value` when it is a finite number; raises ImportRefused."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < 1e12 or math.isnan(value):
        raise ImportRefused(f"{what} must be a finite number, got {_short(value)}.")
    return float(value)


def numbers(value: object, count: int, what: str) -> Points:
    """(count,) float64 when `value` is a list of so many finite numbers; raises ImportRefused."""
    if not isinstance(value, list) or len(value) != count:
        raise ImportRefused(f"{what} needs {count} numbers, got {_short(value)}.")
    return np.array([number(v, what) for v in value])


def name(value: object, what: str) -> str:
    """`value` when seams can speak of a thing by that name ('panel.edge', '-panel.edge'); raises ImportRefused."""
    if not isinstance(value, str) or not value.strip() or "." in value or value.startswith("-") or len(value) > 200:
        raise ImportRefused(f"{what} needs a name without dots that does not begin with '-', got {_short(value)}.")
    return value


def checked(piece: Piece) -> Piece:
    """`piece` when it can be cut; raises ImportRefused for one too large, too small, or that crosses itself."""
    outline = np.concatenate([e.flattened(_OUTLINE)[:-1] for e in piece.edges])
    across = float(np.ptp(outline, axis=0).max())
    if not _SMALLEST <= across <= _LARGEST:
        raise ImportRefused(f"{piece.name!r} would be {across:.4g} m across: is the file in the unit that it states?")
    if len(outline) > _MOST_POINTS:
        raise ImportRefused(f"The outline of {piece.name!r} is more crooked than any piece: draw it with fewer points.")
    if crossings(outline):
        raise ImportRefused(f"The outline of {piece.name!r} crosses itself: mend it in the program that made it.")
    return piece


def counted(count: int, most: int, what: str) -> None:
    """Raises ImportRefused for none of what a pattern is made of, or for more than any pattern has."""
    if not 1 <= count <= most:
        raise ImportRefused(f"{what}: {count}; from 1 to {most} can be read.")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}…"
