# SPDX-License-Identifier: GPL-3.0-or-later
"""A studio's own styles: a folder each, with a style.toml that derives from one of Toile's, and no code.

style.toml says `base`, `label` and `help`, and may say `fabric`, [fixed] choices that are no longer offered, other
[defaults], narrower [ranges], and [[adjustments]] (see `patterns.adjustments`). A thumbnail.png beside it is for menus.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from .adjustments import Adjustment, AdjustmentRefused, adjust, adjustments_from_json, from_json
from .pattern import Pattern
from .style import Choices, Measurements, Parameter, ParameterRefused, Style, Value

SHELF = "TOILE_STYLES"  # the environment variable that names the folders of a studio's styles, for workers too
_FILE = "style.toml"
_KEYS = {"base", "label", "help", "fabric", "fixed", "defaults", "ranges", "adjustments"}
_LARGEST_FILE = 2**20


class StudioStyleRefused(ValueError):
    """A folder that holds no style, or a broken one."""


@dataclass(frozen=True, kw_only=True)
class StudioStyle(Style):
    """A style derived from another: some choices fixed, others narrowed, and adjustments made on every draft."""

    base: Style
    fixed: Choices
    adjustments: tuple[Adjustment, ...]
    thumbnail: Path | None

    def __post_init__(self) -> None:
        """Its parameters are its base's, declared already."""

    def whole(self, choices: Choices) -> Choices:
        return self.base.whole({**self.base.resolve({}), **self.fixed, **choices})


@dataclass(frozen=True)
class Studio:
    """The styles found in the folders, and a sentence about each one that is broken."""

    styles: Mapping[str, StudioStyle]
    faults: tuple[str, ...]


def read_studio(shelf: str, wardrobe: Mapping[str, Style]) -> Studio:
    """The styles in the folders that `shelf` names, as the environment variable does."""
    found: dict[str, StudioStyle] = {}
    faults: list[str] = []
    for root in filter(None, shelf.split(os.pathsep)):
        if not Path(root).is_dir():
            faults.append(f"There is no folder {root} for a studio's styles: make it, or name another.")
            continue
        for folder in sorted(path.parent for path in Path(root).glob(f"*/{_FILE}")):
            try:
                if folder.name in found:
                    raise StudioStyleRefused(f"there is a style {folder.name!r} already: give the folder another name")
                found[folder.name] = read_style(folder, wardrobe)
            except StudioStyleRefused as error:
                faults.append(f"{folder / _FILE}: {error}.")
    return Studio(MappingProxyType(found), tuple(faults))


def read_style(folder: Path, wardrobe: Mapping[str, Style]) -> StudioStyle:
    """The style of a folder, named as the folder is. Raises StudioStyleRefused with what is wrong."""
    data = _table(folder / _FILE)
    name = folder.name
    if not name.isidentifier() or name != name.lower() or len(name) > 40:
        raise StudioStyleRefused("the folder's name is the style's: at most 40 small letters, digits and _")
    if name in wardrobe:
        raise StudioStyleRefused(f"Toile has a style {name!r} of its own: give the folder another name")
    if unknown := data.keys() - _KEYS:
        raise StudioStyleRefused(f"it says {', '.join(sorted(unknown))}, which means nothing here")
    base = wardrobe.get(str(data.get("base")))
    if base is None:
        raise StudioStyleRefused(f"its base is one of {', '.join(wardrobe)}; got {data.get('base')!r}")
    words = {key: data.get(key, default) for key, default in (("label", ""), ("help", ""), ("fabric", base.fabric))}
    if not all(isinstance(word, str) and word.strip() and len(word) <= 500 for word in words.values()):
        raise StudioStyleRefused("it needs a label and a help, in words")
    try:
        fixed = {key: base.parameter(key).checked(value) for key, value in _section(data, "fixed").items()}
        parameters = _parameters(base, fixed, _section(data, "defaults"), _section(data, "ranges"))
        adjustments = adjustments_from_json(data.get("adjustments", []))
    except (ParameterRefused, AdjustmentRefused) as error:
        raise StudioStyleRefused(str(error).rstrip(".")) from error

    def drafting(measurements: Measurements, choices: Choices) -> Pattern:
        return adjust(base.drafting(measurements, base.resolve({**choices, **fixed})), adjustments)

    picture = folder / "thumbnail.png"
    return StudioStyle(
        name=name,
        **words,
        parameters=parameters,
        measurements=base.measurements,
        drafting=drafting,
        slots=base.slots,
        base=base,
        fixed=fixed,
        adjustments=adjustments,
        thumbnail=picture if picture.is_file() else None,
    )


def by_hand(pattern: Pattern, own: Style) -> tuple[Adjustment, ...]:
    """The adjustments of a pattern that its style does not make by itself."""
    made = {a.name for a in own.adjustments} if isinstance(own, StudioStyle) else set[str]()
    entries = [from_json(entry["adjustment"]) for entry in pattern.adjustments]
    return tuple(a for a in entries if a.name not in made)


def _parameters(
    base: Style, fixed: Mapping[str, Value], defaults: Mapping[str, Any], ranges: Mapping[str, Any]
) -> tuple[Parameter, ...]:
    for key in (*defaults, *ranges):
        base.parameter(key)
        if key in fixed:
            raise StudioStyleRefused(f"{key} is fixed: it has no default and no range beside that")
    made: list[Parameter] = []
    for p in base.parameters:
        if p.name in fixed:
            continue
        if p.when and p.when[0] in fixed:  # it speaks of one part, which is there or not
            if fixed[p.when[0]] not in p.when[1]:
                continue
            p = replace(p, when=None)
        if p.name in ranges:
            p = replace(p, range=_narrowed(p, ranges[p.name]))
        value = p.checked(defaults.get(p.name, p.value))
        made.append(replace(p, value=value))
    return tuple(made)


def _narrowed(p: Parameter, wanted: object) -> tuple[float, float] | tuple[str, ...]:
    """A range within the base's own. Raises StudioStyleRefused, and ParameterRefused for a value outside of it."""
    if not isinstance(wanted, list) or p.kind == "flag" or not wanted:
        raise StudioStyleRefused(f"the range of {p.name} is a list: two numbers, or some of the names")
    within = [p.checked(value) for value in wanted]
    if p.kind == "choice":
        return tuple(str(name) for name in within)
    if len(within) != 2 or not float(within[0]) <= float(within[1]):
        raise StudioStyleRefused(f"the range of {p.name} is two numbers, the lower one first; got {wanted!r}")
    return float(within[0]), float(within[1])


def _section(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = data.get(name, {})
    if not isinstance(section, dict):
        raise StudioStyleRefused(f"[{name}] is a table of parameters and values")
    return section  # pyright: ignore[reportUnknownVariableType] - TOML has no types


def _table(file: Path) -> Mapping[str, Any]:
    try:
        if file.stat().st_size > _LARGEST_FILE:
            raise StudioStyleRefused("it is larger than any style: is it the right file?")
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise StudioStyleRefused(f"it cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise StudioStyleRefused(f"it is not TOML: {error}") from error
