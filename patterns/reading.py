# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of plain data that somebody else wrote, refused in a sentence where they cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any


def read_data(
    path: Path, parse: Callable[[str], Any], syntax: str, largest: int, what: str, refused: type[Exception]
) -> Any:
    """What `parse` makes of a UTF-8 file of at most `largest` bytes, its errors being ValueErrors.

    Raises `refused`: syntax is what the file should be ("JSON"), what the things that it should hold ("any pattern").
    """
    try:
        small = path.stat().st_size <= largest
        data = parse(path.read_text(encoding="utf-8")) if small else None
    except OSError as error:
        raise refused(f"{path.name} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise refused(f"{path.name} is not {syntax}: {error}.") from error
    if not small:
        raise refused(f"{path.name} is larger than {what}: is it the right file?")
    return data
