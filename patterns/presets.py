# SPDX-License-Identifier: GPL-3.0-or-later
"""A preset: a style with a designer's choices, adjustments and fabrics, kept as one JSON file, a picture beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .adjustments import Adjustment, AdjustmentRefused, adjust, adjustments_from_json
from .adjustments.adjustment import read_data
from .pattern import Pattern
from .style import Measurements, ParameterRefused, UnknownStyle, Value
from .styles import style
from .writing import write_json

FORMAT, VERSION = "toile-preset", 1
ENDING = ".preset.json"
_KEYS = {"format", "version", "label", "style", "choices", "adjustments", "fabrics"}


class PresetRefused(ValueError):
    """A file that is not a preset, a broken one, or a place where none can be kept."""


@dataclass(frozen=True)
class Preset:
    """fabrics: the name of a fabric by the role of the panels that are cut from it; "main" is the garment's own."""

    label: str
    style: str
    choices: Mapping[str, Value]
    adjustments: tuple[Adjustment, ...] = ()
    fabrics: Mapping[str, str] | None = None

    @property
    def file_name(self) -> str:
        """“My tee, 2” is kept as my_tee_2.preset.json. Raises PresetRefused for a label without a letter."""
        stem = re.sub(r"[^a-z0-9]+", "_", self.label.lower()).strip("_")
        if not stem or len(stem) > 80:
            raise PresetRefused("A preset is named with at least one letter or digit of a to z and at most 80.")
        return stem + ENDING

    def draft(self, measurements: Measurements) -> Pattern:
        """The pattern for a body; raises what `Style.draft` does."""
        return adjust(style(self.style).draft(measurements, self.choices), self.adjustments)

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "label": self.label,
            "style": self.style,
            "choices": dict(self.choices),
            "adjustments": [a.to_json() for a in self.adjustments],
            "fabrics": dict(self.fabrics or {}),
        }


def preset_from_json(data: object) -> Preset:
    """A preset from plain data. Raises PresetRefused."""
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise PresetRefused("This is not a preset of Toile: save one from a garment.")
    if data.get("version") != VERSION:
        raise PresetRefused(f"This preset has version {data.get('version')!r:.80}; this Toile reads {VERSION}.")
    if data.keys() != _KEYS:
        raise PresetRefused(f"A preset says {', '.join(sorted(_KEYS))}; this one {', '.join(map(str, data)):.200}.")
    label, choices, fabrics = data["label"], data["choices"], data["fabrics"]
    if not (isinstance(label, str) and label.strip() and len(label) <= 100):
        raise PresetRefused("A preset has a label of 1 to 100 letters.")
    if not isinstance(choices, dict) or not isinstance(fabrics, dict):
        raise PresetRefused("The choices and the fabrics of a preset are objects, name by name.")
    if not all(isinstance(fabric, str) for fabric in fabrics.values()):
        raise PresetRefused("The fabrics of a preset are names.")
    try:
        own = style(str(data["style"]))
        taken = {str(name): own.parameter(str(name)).checked(value) for name, value in choices.items()}
        return Preset(label, own.name, taken, adjustments_from_json(data["adjustments"]), fabrics)
    except (AdjustmentRefused, ParameterRefused, UnknownStyle) as error:
        raise PresetRefused(f"The preset {label!r} cannot be made: {error}") from error


def read_preset(path: Path) -> Preset:
    """A preset from its file. Raises PresetRefused with a sentence."""
    try:
        return preset_from_json(read_data(path))
    except AdjustmentRefused as error:
        raise PresetRefused(str(error)) from error


def read_presets(folder: Path) -> tuple[dict[Path, Preset], tuple[str, ...]]:
    """The presets of a folder by their files, and a sentence about each broken one, which stops no other."""
    found: dict[Path, Preset] = {}
    faults: list[str] = []
    for path in sorted(folder.glob(f"*{ENDING}")):
        try:
            found[path] = read_preset(path)
        except PresetRefused as error:
            faults.append(f"{path.name}: {error}")
    return found, tuple(faults)


def keep_preset(preset: Preset, folder: Path) -> Path:
    """Write a preset into a folder, in the place of an earlier one of that name. Raises PresetRefused."""
    path = folder / preset.file_name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return write_json(path, preset.to_json())
    except OSError as error:
        raise PresetRefused(f"{folder} cannot be written: {error.strerror}. Choose another folder.") from error


def picture_of(path: Path) -> Path:
    """Where the picture of a preset's file lies, if it has one."""
    return path.with_name(path.name.removesuffix(ENDING) + ".png")
