# SPDX-License-Identifier: GPL-3.0-or-later
"""RUL: the table of grade rules beside a DXF, as ASTM D6673 lays it out. Millimetres, or inches where it says ENGLISH.

A rule says of every size how far a point moves from where the sample size has it. Which point has which rule stands in
the DXF, as '# 1' at the point.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..curves import Points
from ..grading import GradeRules
from ..writing import write_beside
from .report import ImportRefused, read_text

_MM = 1000.0
_UNITS = {"METRIC": 1e-3, "ENGLISH": 0.0254}
_MOST_RULES, _MOST_SIZES = 20_000, 200


@dataclass(frozen=True)
class RuleTable:
    """A table as it is read: sizes in order, the sample size, and (rules, sizes, 2) moves in metres by rule number."""

    name: str
    sizes: tuple[str, ...]
    sample: str
    numbers: tuple[int, ...]
    deltas: Points


def rule_table(rules: GradeRules, name: str) -> str:
    """The text of a RUL file."""
    lines = [
        "ASTM/D13Proposal 1 Version: D 6673-04",
        "AUTHOR: Toile",
        "UNITS: METRIC",
        f"GRADE RULE TABLE: {name}",
        f"NUMBER OF SIZES: {len(rules.sizes)}",
        f"SIZE LIST: {' '.join(rules.sizes)}",
        f"SAMPLE SIZE: {rules.sample}",
    ]
    for number, moves in enumerate(_MM * rules.deltas, 1):
        lines.append(f"RULE: DELTA {number}")
        lines += [f"{round(x, 4) + 0.0:12.4f}, {round(y, 4) + 0.0:11.4f}" for x, y in moves.tolist()]
    return "\r\n".join([*lines, "END"]) + "\r\n"


def write_rules(rules: GradeRules, path: Path) -> Path:
    """Write a RUL file beside and rename it; the table has the file's name."""
    return write_beside(path, rule_table(rules, path.stem).encode())


def read_rules(path: Path) -> RuleTable:
    """The rules of a RUL file. Raises ImportRefused with a sentence."""
    said: dict[str, str] = {}
    numbers: list[int] = []
    moves: list[list[tuple[float, float]]] = []
    for k, raw in enumerate(read_text(path).splitlines(), 1):
        line = raw.split("#")[0].strip()
        key, colon, value = line.partition(":")
        if not line or line.upper() == "END":
            continue
        if key.upper() == "RULE" and colon:
            numbers.append(_whole(value.upper().replace("DELTA", ""), path, k))
            moves.append([])
            if len(numbers) > _MOST_RULES:
                raise ImportRefused(f"{path.name} has more than {_MOST_RULES} rules: is it the right file?")
        elif moves:
            moves[-1] += _pairs(line, path, k)
            if len(moves[-1]) > _MOST_SIZES:
                raise ImportRefused(f"{path.name}, line {k}: a rule has {_MOST_SIZES} moves at most, one a size.")
        elif colon:
            said[key.strip().upper()] = value.strip()
    sizes, units = tuple(said.get("SIZE LIST", "").split()), said.get("UNITS", "").upper()
    if not 1 <= len(sizes) <= _MOST_SIZES or len(set(sizes)) != len(sizes):
        raise ImportRefused(f"{path.name}: a SIZE LIST names from 1 to {_MOST_SIZES} sizes, each once.")
    if units not in _UNITS:
        raise ImportRefused(f"{path.name} states UNITS: {units[:40]!r}, which is neither METRIC nor ENGLISH.")
    if said.get("SAMPLE SIZE", "") not in sizes:
        raise ImportRefused(
            f"{path.name}: the SAMPLE SIZE {said.get('SAMPLE SIZE', '')[:40]!r} is not in its SIZE LIST."
        )
    if len(set(numbers)) != len(numbers):
        raise ImportRefused(f"{path.name} has a rule twice.")
    if wrong := [n for n, rule in zip(numbers, moves, strict=True) if len(rule) != len(sizes)]:
        raise ImportRefused(f"{path.name}: rule {wrong[0]} needs one move for each of {len(sizes)} sizes.")
    deltas = _UNITS[units] * np.array(moves, np.float64).reshape(len(moves), len(sizes), 2)
    if len(deltas) and np.abs(deltas[:, sizes.index(said["SAMPLE SIZE"])]).max() > 1e-4:
        raise ImportRefused(
            f"{path.name}: a rule moves the sample size itself; moves are counted from the sample size."
        )
    return RuleTable(said.get("GRADE RULE TABLE", path.stem), sizes, said["SAMPLE SIZE"], tuple(numbers), deltas)


def _whole(text: str, path: Path, line: int) -> int:
    if not text.strip().isdecimal() or len(text) > 12:
        raise ImportRefused(f"{path.name}, line {line}: a rule needs a number, got {text.strip()[:40]!r}.")
    return int(text)


def _pairs(line: str, path: Path, number: int) -> list[tuple[float, float]]:
    """The moves on a line: pairs of numbers with a comma between, one or more."""
    try:
        values = [float(v) for v in line.replace(",", " ").split()]
    except ValueError as error:
        raise ImportRefused(f"{path.name}, line {number}: {line[:40]!r} is no pair of numbers.") from error
    if len(values) % 2 or not np.isfinite(values).all() or np.abs(values).max() > 1e5:
        raise ImportRefused(f"{path.name}, line {number}: {line[:40]!r} is no pair of numbers that a point moves by.")
    return list(zip(values[::2], values[1::2], strict=True))
