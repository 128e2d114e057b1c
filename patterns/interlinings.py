# SPDX-License-Identifier: GPL-3.0-or-later
"""Interlinings: what is fused to a piece's wrong side to give it body; rows of assets/interlinings.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

FILE = Path(__file__).parent.parent / "assets" / "interlinings.toml"


@dataclass(frozen=True)
class Interlining:
    """What fusing it adds to a cloth: density kg/m², thickness m, stretch_* and shear N/m, bend_* N·m.

    names: what it is called, by language. sources: where each number comes from, by its name.
    """

    name: str
    names: Mapping[str, str]
    density: float
    thickness: float
    stretch_warp: float
    stretch_weft: float
    shear: float
    bend_warp: float
    bend_weft: float
    sources: Mapping[str, str]


@cache
def interlinings() -> Mapping[str, Interlining]:
    """Every interlining by its name."""
    found: dict[str, Interlining] = {}
    for name, row in tomllib.loads(FILE.read_text(encoding="utf-8")).items():
        numbers = {key: float(entry["value"]) for key, entry in row.items() if key != "names"}
        sources = {key: entry["source"] for key, entry in row.items() if key != "names"}
        found[name] = Interlining(name=name, names=row["names"], sources=sources, **numbers)
    return MappingProxyType(found)
