# SPDX-License-Identifier: GPL-3.0-or-later
"""Fabric mechanics: the numbers a drape needs, read from assets/fabrics.toml, each with its source."""

import difflib
import functools
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

FABRICS_TOML = Path(__file__).parent.parent / "assets" / "fabrics.toml"
EVIDENCE = ("measured", "derived", "declared", "estimate")

# Name -> (smallest, largest) of what any apparel cloth can be: between gossamer and saddle leather. A number outside is
# a slip of units (grams for kilograms, millimetres for metres), and a drape made with it would be silently absurd.
LIMITS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "density": (5e-3, 5.0),
        "thickness": (2e-5, 2e-2),
        "stretch_warp": (1.0, 1e6),
        "stretch_weft": (1.0, 1e6),
        "shear": (0.1, 1e5),
        "bend_warp": (1e-9, 1e-1),
        "bend_weft": (1e-9, 1e-1),
        "friction": (0.0, 2.0),
    }
)
UNITS: Mapping[str, str] = MappingProxyType(
    {
        "density": "kg/m²",
        "thickness": "m",
        "stretch_warp": "N/m",
        "stretch_weft": "N/m",
        "shear": "N/m",
        "bend_warp": "N·m",
        "bend_weft": "N·m",
        "friction": "1",
    }
)


class FabricRefused(ValueError):
    """A fabric's description cannot be cloth, or no fabric has that name."""


@dataclass(frozen=True)
class Mechanics:
    """What one cloth weighs and how it resists, in SI.

    density     kg/m² · thickness m (at about 2 gf/cm²)
    stretch_*   N/m: force per width per unit strain; of a knit, warp is the wale direction
    shear       N/m: shear force per width per radian
    bend_*      N·m: moment per width per curvature (bending rigidity B)
    friction    coefficient, cloth on cloth
    sources     where each number comes from, by its name; empty for a cloth made in code

    Raises FabricRefused where a number is no number or outside LIMITS.
    """

    name: str
    label: str
    density: float
    thickness: float
    stretch_warp: float
    stretch_weft: float
    shear: float
    bend_warp: float
    bend_weft: float
    friction: float
    sources: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        for name, (lowest, highest) in LIMITS.items():
            value = getattr(self, name)
            if not math.isfinite(value) or not lowest <= value <= highest:
                raise FabricRefused(
                    f"Fabric “{self.name}”: {name} is {value:g} {UNITS[name]}; "
                    f"give a value from {lowest:g} to {highest:g}."
                )

    @property
    def bending_length(self) -> tuple[float, float]:
        """(warp, weft) bending length c = (B / w)^(1/3) in metres, w the weight per area (Peirce 1930, ASTM D1388)."""
        weight = self.density * 9.80665
        return (self.bend_warp / weight) ** (1 / 3), (self.bend_weft / weight) ** (1 / 3)


def fabrics() -> dict[str, Mechanics]:
    """Every fabric of assets/fabrics.toml, in the file's order."""
    return {name: _mechanics(name, row) for name, row in fabric_rows().items()}


def mechanics(name: str) -> Mechanics:
    """One fabric by name. Raises FabricRefused, naming the nearest ones."""
    return _mechanics(name, fabric_row(name))


def fabric_row(name: str) -> Mapping[str, Any]:
    """A fabric's whole table, raw: its mechanics, its yarns and its look. Raises FabricRefused for an unknown name."""
    rows = fabric_rows()
    if name not in rows:
        nearest = difflib.get_close_matches(name, rows, n=3, cutoff=0.4) or list(rows)
        raise FabricRefused(f"There is no fabric “{name}”. Choose {', '.join(nearest)}.")
    return rows[name]


@functools.cache
def fabric_rows() -> Mapping[str, Mapping[str, Any]]:
    """assets/fabrics.toml as it stands, read once."""
    return MappingProxyType(tomllib.loads(FABRICS_TOML.read_text(encoding="utf-8")))


def _mechanics(name: str, row: Mapping[str, Any]) -> Mechanics:
    table: Mapping[str, Any] = row.get("mechanics", {})
    if set(table) != set(LIMITS):
        odd = ", ".join(sorted(set(table) ^ set(LIMITS)))
        raise FabricRefused(f"Fabric “{name}”: its mechanics lack or do not know {odd}.")
    values: dict[str, float] = {}
    sources: dict[str, str] = {}
    for key, entry in table.items():
        match entry:
            case {"value": int() | float() as value, "source": str() as source} if source.split(":")[0] in EVIDENCE:
                values[key], sources[key] = float(value), source
            case _:
                raise FabricRefused(
                    f'Fabric “{name}”: write {key} = {{ value = …, source = "…" }}, '
                    f"the source beginning with {', '.join(EVIDENCE)} and a colon."
                )
    return Mechanics(name=name, label=row["label"], sources=MappingProxyType(sources), **values)
