# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of other programs, each read by the reader of its format: patterns, and tables of a body's measurements."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..document import FORMAT, PatternFileRefused, pattern_from_json
from . import aama_read, freesewing, garmentcode, seamly
from .aama_read import read_aama
from .freesewing import Measurements, read_freesewing, read_freesewing_measurements
from .garmentcode import read_garmentcode
from .report import Imported, ImportRefused, read_json
from .seamly import read_seamly
from .seamly_measures import read_measurements
from .seamly_names import measurements_from_seamly

IMPORTED = (freesewing.STYLE, garmentcode.STYLE, seamly.STYLE, aama_read.STYLE)  # styles that cannot be drafted anew
PATTERNS = (".val", ".sm2d", ".json", ".dxf")
TABLES = (".vit", ".smis", ".vst", ".smms")  # of Seamly2D and Valentina; FreeSewing's are .json


def read_pattern_file(path: Path, measurements: Path | Mapping[str, float] | None = None) -> Imported:
    """The pattern of a file of Seamly2D or Valentina, GarmentCode, FreeSewing, a DXF after AAMA, or Toile itself.

    measurements: for the two that draft from them, see `read_seamly`. Raises ImportRefused with a sentence, also where
    measurements are given to a format that is drawn already.
    """
    kind = path.suffix.lower()
    if kind not in PATTERNS:
        raise ImportRefused(f"{path.name} is none of the patterns that can be read: {', '.join(PATTERNS)}.")
    if kind in (".val", ".sm2d"):
        return read_seamly(path, measurements)
    if measurements:
        raise ImportRefused(f"{path.name} is drawn already: measurements go with .sm2d and .val.")
    if kind == ".dxf":
        return read_aama(path)
    data = read_json(path)
    match data:
        case {"format": str(own)} if own == FORMAT:
            try:
                return Imported(pattern_from_json(data))
            except PatternFileRefused as error:
                raise ImportRefused(f"{path.name}: {error}") from error
        case {"pattern": _}:
            return read_garmentcode(path)
        case {"parts": _}:
            return read_freesewing(path)
        case _:
            raise ImportRefused(
                f"{path.name} is no pattern of GarmentCode ('pattern', 'properties'), FreeSewing ('parts') or Toile."
            )


def read_measurement_file(path: Path, person: str = "") -> Measurements:
    """A body's measurements from a table of Seamly2D, Valentina or FreeSewing, by our names.

    person: which of several in a file of FreeSewing's. Raises ImportRefused with a sentence.
    """
    kind = path.suffix.lower()
    if kind in TABLES:
        if person:
            raise ImportRefused(f"{path.name} holds one table: it has no {person!r} to choose.")
        return measurements_from_seamly(read_measurements(path))
    if kind != ".json":
        raise ImportRefused(
            f"{path.name} is none of the tables that can be read: .json of FreeSewing, {', '.join(TABLES)}."
        )
    tables = read_freesewing_measurements(path)
    if person in tables:
        return tables[person]
    if person or len(tables) != 1:
        raise ImportRefused(f"{path.name} holds {', '.join(tables) or 'no table'}: say which one.")
    return next(iter(tables.values()))
