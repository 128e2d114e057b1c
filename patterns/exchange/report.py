# SPDX-License-Identifier: GPL-3.0-or-later
"""What an import brings home: the pattern, and in words what its file did not say or what was left behind."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from ..pattern import Pattern

LARGEST_FILE = 64 * 2**20  # bytes; a pattern of a thousand pieces is far smaller


class ImportRefused(ValueError):
    """A file of another program that is not what it claims to be, or from which no pattern can be cut."""


@dataclass(frozen=True)
class Imported:
    """A pattern from another program's file, in metres, and what a person must know about it.

    notes: one sentence for each thing that the format cannot say or that was not taken over.
    """

    pattern: Pattern
    notes: tuple[str, ...] = ()


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


def read_json(path: Path) -> object:
    """The data of a JSON file. Raises ImportRefused as `read_text` does, and when it is not JSON."""
    try:
        return json.loads(read_text(path))
    except (json.JSONDecodeError, RecursionError) as error:
        raise ImportRefused(f"{path.name} is not JSON: {error}.") from error
