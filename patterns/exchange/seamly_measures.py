# SPDX-License-Identifier: GPL-3.0-or-later
"""Measurement files of Seamly2D and Valentina: individual (.smis, .vit) and multisize (.smms, .vst)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree.ElementTree import Element

from .formula import FormulaRefused, parse, resolved
from .report import ImportRefused
from .xmltree import read_xml

UNITS = {"mm": 0.001, "cm": 0.01, "inch": 0.0254}
_SIZE_STEP, _HEIGHT_STEP = 0.02, 0.06  # metres between two sizes and two heights where the table does not say
_LONGEST = 100.0  # metres


@dataclass(frozen=True)
class Measures:
    """Measurements by the names of the file, in metres; those in `angles` in radians.

    broken: for each measurement without a value the sentence that says why. notes: what a person must know. names: the
    measurements of the table itself.
    """

    values: Mapping[str, float]
    angles: frozenset[str] = frozenset()
    broken: Mapping[str, str] = field(default_factory=dict[str, str])
    notes: tuple[str, ...] = ()
    names: frozenset[str] = frozenset()


def unit_of(root: Element, file: str) -> float:
    """Metres per unit of a file. Raises ImportRefused for a unit that is none of theirs."""
    unit = (root.findtext("unit") or "").strip()
    if unit not in UNITS:
        raise ImportRefused(f"{file} has the unit {unit!r}; it must be one of {', '.join(UNITS)}.")
    return UNITS[unit]


def given_measures(given: Mapping[str, float]) -> dict[str, float]:
    """Measurements that a person or a body gives, checked. Raises ImportRefused unless each can be a length."""
    for name, value in given.items():
        if not (isinstance(value, (int, float)) and 0 <= value <= _LONGEST):
            raise ImportRefused(f"The measurement {name!r} is {value!r}: it must be a length from 0 to 100 metres.")
    return {name: float(value) for name, value in given.items()}


def read_measurements(
    path: Path, given: Mapping[str, float] | None = None, *, size: float | None = None, height: float | None = None
) -> Measures:
    """The measurements of a file.

    given: measurements in metres (angles in radians) that take the place of the file's; what the file computes from
    them follows. size, height: metres; the row of a multisize table, its base where not given. Raises ImportRefused
    for a file that is no table of measurements, for formulas that need each other in a circle and for a size that
    cannot be had.
    """
    root = read_xml(path)
    body = root.find("body-measurements")
    if root.tag not in ("vit", "smis", "vst", "smms") or body is None:
        raise ImportRefused(
            f"{path.name} is no table of measurements of Seamly2D or Valentina (.smis, .vit, .smms, .vst)."
        )
    unit = unit_of(root, path.name)
    rows = [m for m in body.findall("m") if m.get("type") != "separator"]
    names = [m.get("name", "") for m in rows]
    if len(set(names)) != len(names):
        raise ImportRefused(
            f"{path.name} holds the measurement {next(n for n in names if names.count(n) > 1)!r} twice."
        )
    angles = frozenset(m.get("name", "") for m in rows if m.get("specialUnits") == "true")
    notes: tuple[str, ...] = ()
    if root.tag in ("vit", "smis"):
        if size is not None or height is not None:
            raise ImportRefused(f"{path.name} holds one person's measurements: it has no sizes to choose from.")
        formulas = {m.get("name", ""): m.get("value", "") for m in rows}
        known: dict[str, float] = {}
    else:
        formulas, known = _row(root, rows, unit, path.name, size, height)
        if size is None and height is None:
            notes = (f"{path.name} is a table of many sizes; its base size was taken.",)

    known |= {n: math.degrees(v) if n in angles else v / unit for n, v in (given or {}).items()}
    values, broken = resolved({n: text for n, text in formulas.items() if n not in known}, known)
    for name in values.keys() & set(names):
        if name not in angles and not 0 <= values[name] * unit <= _LONGEST:
            broken[name] = (
                f"The measurement {name!r} is {values.pop(name):g}: it must be a length from 0 to 100 metres."
            )
    measured = {n: math.radians(v) if n in angles else v * unit for n, v in values.items()}
    return Measures(measured, angles, broken, notes, frozenset(names))


def _number(element: Element, name: str, file: str, default: str | None = None) -> float:
    text = element.get(name, default)
    try:
        return parse(text or "").value(lambda name: math.nan)
    except FormulaRefused as error:
        raise ImportRefused(
            f"{file}: {element.get('name', element.tag)!r} has the {name} {text!r}, no number."
        ) from error


def _row(
    root: Element, rows: list[Element], unit: float, file: str, size: float | None, height: float | None
) -> tuple[dict[str, str], dict[str, float]]:
    """One size and height of a multisize table: formulas by name, and the values of `size` and `height` themselves."""
    dimensions = root.findall("dimensions/dimension")
    if dimensions:  # Valentina from 0.5: x is the height, y the bust, w the waist, z the hip
        axes = [(d, d.get("type", ""), f"shift{letter}") for d, letter in zip(dimensions, "ABC", strict=False)]
    else:
        axes = [(root.find("size"), "y", "size_increase"), (root.find("height"), "x", "height_increase")]
    chosen = {"y": size, "x": height}
    shifts: list[tuple[str, float]] = []  # a column, and how many steps from the base
    known: dict[str, float] = {}
    for element, kind, column in axes:
        if element is None:
            raise ImportRefused(f"{file} names no base size and height.")
        base = _number(element, "base", file) * unit
        step = _number(element, "step", file, "0") * unit or (_SIZE_STEP if kind == "y" else _HEIGHT_STEP)
        value = chosen.pop(kind, None)
        shifts.append((column, ((base if value is None else value) - base) / step))
        if kind in ("x", "y"):
            known["height" if kind == "x" else "size"] = (base if value is None else value) / unit
    if any(value is not None for value in chosen.values()):
        raise ImportRefused(f"{file} is not graded by every dimension that was asked for.")
    moved = any(steps for _, steps in shifts)
    formulas: dict[str, str] = {}
    for m in rows:
        rules = ("corrections/correction", "sizeRules/break", "heightRules/break")
        if moved and any(m.find(rule) is not None for rule in rules):
            raise ImportRefused(f"{file} grades {m.get('name')!r} by rules for single sizes, which are not read yet.")
        grown = sum(_number(m, column, file, "0") * steps for column, steps in shifts)
        formulas[m.get("name", "")] = repr(_number(m, "base", file, "0") + grown)
    known = {name: value for name, value in known.items() if name not in formulas}
    return formulas, known
