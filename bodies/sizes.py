# SPDX-License-Identifier: GPL-3.0-or-later
"""A body's place in the size systems of assets/sizes.toml, where each stands with its source, and a system's own run.

A system lists the sizes of its control measures (stature, bust, waist, hip; one nearest to a person each) and may tell
a build by bust less waist (GB/T 1335, JIS L 4004).
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent.parent / "assets" / "sizes.toml"


class SizeRefused(ValueError):
    """A body has no size in a system, or a system no such run; the message says why."""


@dataclass(frozen=True)
class System:
    """A size system. Metres."""

    label: str
    source: str
    sex: str  # "woman" | "man"
    written: str  # how a size reads, such as {stature}/{bust}{build}
    sizes: Mapping[str, tuple[float, ...]]  # control measure → its sizes, ascending
    names: Mapping[str, tuple[str, ...]]  # control measure → what its sizes are called
    builds: Mapping[str, tuple[float, float]]  # build → bust less waist, from and to
    usual: Mapping[str, Any]  # stature, and the build where there are builds, of a run that names none

    def nearest(self, measure: str, value: float) -> int:
        """Which of a measure's sizes is nearest; a person may lie half a step beyond the ends. Raises SizeRefused."""
        sizes = self.sizes[measure]
        ends = sizes[0] - (sizes[1] - sizes[0]) / 2, sizes[-1] + (sizes[-1] - sizes[-2]) / 2
        if not ends[0] <= value < ends[1]:
            raise SizeRefused(self._beyond(measure, value))
        return sum(value >= (a + b) / 2 for a, b in pairwise(sizes))

    def build(self, drop: float) -> str:
        """The build of a person whose bust exceeds the waist by so much; "" in a system without. Raises SizeRefused."""
        for name, (low, high) in self.builds.items():
            if low <= drop < high:
                return name
        if self.builds:
            raise SizeRefused(self._beyond("bust less waist", drop))
        return ""

    def size(self, at: Mapping[str, int], build: str) -> str:
        """How the size is written that has this of every control measure's sizes."""
        return self.written.format(build=build, **{measure: self.names[measure][i] for measure, i in at.items()})

    def _beyond(self, measure: str, value: float) -> str:
        return f"{measure} of {value:.3f} m has no size in {self.label}: grade from the body's own measures."


@cache
def systems() -> dict[str, System]:
    """Every size system by name, read once."""
    return {name: _system(rules) for name, rules in tomllib.loads(FILE.read_text(encoding="utf-8")).items()}


def _system(rules: Mapping[str, Any]) -> System:
    unit = rules["unit"]
    figures = {measure: _figures(runs) for measure, runs in rules["sizes"].items()}
    return System(
        label=rules["label"],
        source=rules["source"],
        sex=rules["sex"],
        written=rules["written"],
        sizes={measure: tuple(unit * x for x in of) for measure, of in figures.items()},
        names={
            measure: tuple(rules.get("names", {}).get(measure) or (f"{x:g}" for x in of))
            for measure, of in figures.items()
        },
        builds={name: (unit * low, unit * high) for name, (low, high) in rules.get("builds", {}).items()},
        usual=rules["usual"] | {"stature": unit * rules["usual"]["stature"]},
    )


def _figures(runs: list[Any]) -> list[float]:
    """Sizes as they are listed, or from, to (included) and by of every run."""
    found: list[float] = []
    for run in runs:
        if isinstance(run, dict):
            found += [run["from"] + run["by"] * i for i in range(round((run["to"] - run["from"]) / run["by"]) + 1)]
        else:
            found.append(run)
    return found


def system(name: str) -> System:
    """A size system. Raises SizeRefused for an unknown one."""
    if name not in systems():
        raise SizeRefused(f"There is no size system {name!r}; choose among {', '.join(systems())}.")
    return systems()[name]


def place(name: str, measures: Mapping[str, float]) -> str:
    """The size of a person (metres) as the system writes it, such as 160/84A.

    Raises SizeRefused for an unknown system, a measure that is missing or no positive number, and a person beyond it.
    """
    rules = system(name)
    at = {measure: rules.nearest(measure, _measure(measures, measure)) for measure in rules.sizes}
    drop = _measure(measures, "bust") - _measure(measures, "waist") if rules.builds else 0.0
    return rules.size(at, rules.build(drop))


def places(measures: Mapping[str, float]) -> dict[str, str]:
    """A person's size (metres) in every system that has one for them, by the system's label."""
    found: dict[str, str] = {}
    for name, rules in systems().items():
        try:
            found[rules.label] = place(name, measures)
        except SizeRefused:
            continue
    return found


def run(name: str, stature: float | None = None, build: str | None = None) -> dict[str, dict[str, float]]:
    """A system's sizes from the least bust to the greatest, each with its control measures (metres) for an avatar.

    stature: the nearest of the system's (as it is where the system has none); build: where it tells builds; the usual
    ones unless they are given. Waists follow from the build's middle. Raises SizeRefused.
    """
    rules = system(name)
    tall = _measure({"stature": rules.usual["stature"] if stature is None else stature}, "stature")
    letter: str = rules.usual.get("build", "") if build is None else build
    if letter and letter not in rules.builds:
        raise SizeRefused(f"{rules.label} has no build {letter!r}; choose among {', '.join(rules.builds) or 'none'}.")
    row = rules.nearest("stature", tall) if "stature" in rules.sizes else 0
    found: dict[str, dict[str, float]] = {}
    for i, bust in enumerate(rules.sizes["bust"]):
        at = {measure: row if measure == "stature" else i for measure in rules.sizes}
        of = {"stature": tall} | {measure: rules.sizes[measure][k] for measure, k in at.items()}
        if letter:
            of["waist"] = bust - sum(rules.builds[letter]) / 2
        found[rules.size(at, letter)] = of
    return found


def _measure(measures: Mapping[str, float], name: str) -> float:
    value = measures.get(name)
    if value is None or not math.isfinite(value) or value <= 0:
        raise SizeRefused(f"{name} must be a positive number of metres to tell a size, not {value!r}.")
    return float(value)
