# SPDX-License-Identifier: GPL-3.0-or-later
"""A laboratory's table as people type it → numbers by quantity and direction.

A quantity a line or a quantity a column; cells parted by tabs, semicolons, bars, commas, colons or blanks; decimals
with a point or a comma; units in brackets, in a cell of their own or behind the number. What reads two ways is refused.
"""

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from .fabric import FabricRefused

DIRECTIONS: Mapping[str, str] = MappingProxyType(
    {
        "warp": "warp", "wale": "warp", "wales": "warp", "weft": "weft", "fill": "weft", "filling": "weft",
        "course": "weft", "courses": "weft", "mean": "both", "average": "both", "value": "both", "result": "both",
    }
)  # fmt: skip

_NUMBER = re.compile(r"([-+−]?(?:\d+(?:[.,]\d+)?|[.,]\d+)(?:[eE][-+]?\d+)?)(?:\s*±\s*[\d.,]+)?\s*(.*)", re.DOTALL)
_NOTHING = ("", "-", "–", "—", "n/a", "na", "nan", "none")
_GROUPS = ("kes", "fast", "tensile", "bending", "shear", "surface", "compression")  # headings that prefix a symbol

Readings = dict[tuple[str, str], list["Reading"]]  # by (symbol, "warp" | "weft" | "both")
Names = Mapping[str, tuple[str, ...]]  # symbol -> what else it is called, in small letters


@dataclass(frozen=True)
class Reading:
    """One number as it stands, with its unit as `unit` writes it ("" where none stands)."""

    value: float
    unit: str


@dataclass(frozen=True)
class Table:
    """What a table holds, and the lines that name no quantity."""

    readings: Readings
    passed_over: tuple[str, ...]


def read_table(text: str, names: Names) -> Table:
    """The numbers of a table. Raises FabricRefused for a cell that is no number or one that reads two ways."""
    try:
        rows = [cells for line in _rows(text) if any(cells := [cell.strip() for cell in line])]
    except csv.Error as error:
        raise FabricRefused(f"The sheet is no table: {error}.") from error
    readings: Readings = {}
    for start, row in enumerate(rows):
        if sum(_quantity(cell, names) is not None for cell in row) >= 3:
            _read_columns(row, rows[start + 1 :], names, readings)
            return Table(readings, tuple(" ".join(each) for each in rows[:start]))
    columns: dict[int, str] = {}
    passed_over: list[str] = []
    for row in rows:
        heads = {k: way for k, cell in enumerate(row) if (way := _direction(cell))}
        if heads and _quantity(row[0], names) is None and not any(_NUMBER.match(cell) for cell in row[1:]):
            columns = heads
        elif not _read_line(row, columns, names, readings):
            passed_over.append(" ".join(row))
    return Table(readings, tuple(passed_over))


def unit(text: str) -> str:
    """A unit in one spelling: gf·cm²/cm, gf.cm^2/cm and “gf cm2 / cm” are gfcm2/cm; gf/cm/° is gf/cmdeg."""
    plain = text.strip().lower().replace("°", "deg").replace("degrees", "deg").replace("degree", "deg")
    plain = plain.translate(str.maketrans("²³µμ", "23uu", "·.*⋅×^()[] "))
    if plain.count("/") == 2:
        first, second, third = plain.split("/")
        plain = f"{first}/{second}{third}"
    return "" if plain in ("-", "–", "—", "none", "unit") else plain


def _rows(text: str) -> Iterable[list[str]]:
    lines = [line for line in text.splitlines() if line.strip()]
    for mark in "\t;|":
        if sum(mark in line for line in lines) > len(lines) / 3:
            return csv.reader([line.strip().strip("|") if mark == "|" else line for line in lines], delimiter=mark)
    # A comma between digits is a decimal one, unless its line has decimal points.
    if sum(bool(re.search(r"\D,|,\D|\d\.\d.*,|,.*\d\.\d", line)) for line in lines) > len(lines) / 3:
        return csv.reader(lines, skipinitialspace=True)
    return [re.split(r"\s*[=:]\s*|\s{2,}|\s+(?=[-+]?[.,]?\d)", line.strip()) for line in lines]


def _read_columns(head: list[str], rows: list[list[str]], names: Names, into: Readings) -> None:
    """Quantities side by side: their names, perhaps a line of units, then a line for each reading of one fabric."""
    named = [_quantity(cell, names) for cell in head]
    units = [""] * len(head)
    fabrics: set[str] = set()
    for row in rows:
        numbers = [_number(cell) if name else None for cell, name in zip(row, named, strict=False)]
        if not any(numbers):
            units = [unit(cell) for cell in row] + [""] * len(head)
            continue
        fabrics |= {
            cell for cell, name in zip(row, named, strict=False) if cell and not name and not _NUMBER.match(cell)
        }
        if len(fabrics) > 1:
            raise FabricRefused(f"The sheet has several fabrics ({', '.join(sorted(fabrics))[:80]}): give one's alone.")
        for cell, number, name, above in zip(row, numbers, named, units, strict=False):
            if name is None or cell.lower() in _NOTHING:
                continue
            symbol, way, own = name
            if number is None:
                raise FabricRefused(f"{symbol} is “{cell[:40]}”, which is no number.")
            into.setdefault((symbol, way), []).append(Reading(number.value, number.unit or above or own))


def _read_line(row: list[str], columns: Mapping[int, str], names: Names, into: Readings) -> bool:
    """One quantity on a line: its name, then in any order direction, unit and numbers. False if it names none."""
    name = _quantity(row[0], names)
    if name is None:
        return False
    symbol, way, own = name
    found: list[tuple[Reading, str]] = []
    for k, cell in enumerate(row[1:], 1):
        if cell.lower() in _NOTHING:
            continue
        if (number := _number(cell)) is not None:
            if k in columns or not columns:  # else a spread or a count: a column that is no direction
                found.append((number, columns.get(k, "")))
        elif _direction(cell):
            way = _direction(cell)
        elif len(cell) <= 20:
            own = unit(cell)
        elif not found:
            raise FabricRefused(f"{symbol} is “{cell[:40]}”, which is no number.")
    if len(found) > 1 and way == "both" and not columns:
        raise FabricRefused(f"{symbol} has {len(found)} numbers: say which is warp and which is weft.")
    for number, column in found:
        into.setdefault((symbol, column or way), []).append(Reading(number.value, number.unit or own))
    return bool(found)


def _number(cell: str) -> Reading | None:
    """A number and the unit behind it, or None. Raises FabricRefused for what reads two ways, such as 1.234,5."""
    found = _NUMBER.fullmatch(cell.strip())
    if found is None:
        return None
    digits, rest = found.groups()
    if rest[:1] and rest[0] in ".,0123456789":
        raise FabricRefused(f"“{cell[:40]}” reads two ways: write numbers without separators of thousands.")
    return Reading(float(digits.replace(",", ".").replace("−", "-")), unit(rest)) if len(rest) <= 20 else None


def _direction(cell: str) -> str:
    return DIRECTIONS.get(re.sub(r"[^a-z]", "", cell.lower()), "")


def _quantity(cell: str, names: Names) -> tuple[str, str, str] | None:
    """Symbol, direction and unit of a quantity's name, such as “B-1 (gf·cm²/cm)” or “Bending rigidity B, weft”."""
    own = ""
    for inside in re.findall(r"[(\[]((?:[^()\[\]]|\([^()]*\))*)[)\]]", cell):
        if not _direction(inside) and inside not in ("1", "2") and not _symbol(inside, names):
            own, cell = unit(inside), cell.replace(inside, " ")
    words = [word for word in re.split(r"[\s,:=_()\[\]-]+", cell.lower()) if word]
    ways = {DIRECTIONS[word] for word in words if word in DIRECTIONS}
    words = [word for word in words if word not in DIRECTIONS]
    if words[-1:] in (["1"], ["2"]):
        ways.add("warp" if words.pop() == "1" else "weft")
    while len(words) > 1 and not _symbol(" ".join(words), names) and words[0] in _GROUPS:
        words = words[1:]
    if not words or len(ways) > 1:
        return None
    way = ways.pop() if ways else "both"
    if symbol := _symbol(" ".join(words), names):
        return symbol, way, own
    if len(words) > 1:  # “Bending rigidity B” and “B bending rigidity”
        for symbol, phrase in ((words[-1], words[:-1]), (words[0], words[1:])):
            if " ".join(phrase) in names.get(symbol.upper(), ()):
                return symbol.upper(), way, own
    elif words[0][-1] in "12" and way == "both" and (symbol := _symbol(words[0][:-1], names)):
        return symbol, "warp" if words[0][-1] == "1" else "weft", own  # B1 and B2, as the instruments number them
    return None


def _symbol(text: str, names: Names) -> str | None:
    text = text.strip().lower()
    return next((symbol for symbol, others in names.items() if text == symbol.lower() or text in others), None)
