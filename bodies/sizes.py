# SPDX-License-Identifier: GPL-3.0-or-later
"""A body's place in the size systems of assets/sizes.toml, where each stands with its source.

A system is a grid of steps in stature and bust, with a build told by bust less waist (GB/T 1335).
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent.parent / "assets" / "sizes.toml"


class SizeRefused(ValueError):
    """A body has no size in a system; the message says why."""


@cache
def systems() -> dict[str, dict[str, Any]]:
    """Every size system by name, read once."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def place(system: str, measures: Mapping[str, float]) -> str:
    """The size of a person (metres) as the system writes it, such as 160/84A.

    Raises SizeRefused for an unknown system, a measure that is missing or no positive number, and a person beyond it.
    """
    if system not in systems():
        raise SizeRefused(f"There is no size system {system!r}; choose among {', '.join(systems())}.")
    rules = systems()[system]
    stature, bust = (_nearest(rules, name, _measure(measures, name)) for name in ("stature", "bust"))
    drop = _measure(measures, "bust") - _measure(measures, "waist")
    for build, (low, high) in rules["builds"].items():
        if low <= drop < high:
            return f"{round(100 * stature)}/{round(100 * bust)}{build}"
    raise SizeRefused(_beyond(rules, "bust less waist", drop))


def _measure(measures: Mapping[str, float], name: str) -> float:
    value = measures.get(name)
    if value is None or not math.isfinite(value) or value <= 0:
        raise SizeRefused(f"{name} must be a positive number of metres to tell a size, not {value!r}.")
    return float(value)


def _nearest(rules: Mapping[str, Any], name: str, value: float) -> float:
    """The grid's step nearest to a value, which may lie half a step beyond its ends."""
    low, high, step = rules["steps"][name]
    if not low - step / 2 <= value < high + step / 2:
        raise SizeRefused(_beyond(rules, name, value))
    return low + step * math.floor((value - low) / step + 0.5)


def _beyond(rules: Mapping[str, Any], name: str, value: float) -> str:
    return f"{name} of {value:.3f} m has no size in {rules['label']}: grade from the body's own measures."
