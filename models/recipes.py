# SPDX-License-Identifier: GPL-3.0-or-later
"""A fabric's yarns and its look, read from the same table of assets/fabrics.toml as its mechanics."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from ..sim.fabric import FabricRefused, fabric_row
from .knit import KnitRecipe
from .weave import WeaveRecipe
from .yarn import Yarn


@dataclass(frozen=True)
class Look:
    """How light meets a cloth above the scale of its yarns: sheen is the fuzz's, anisotropy the filament floats'."""

    sheen_weight: float
    sheen_roughness: float
    sheen_tint: tuple[float, float, float]
    anisotropy: float


def recipe(name: str) -> WeaveRecipe | KnitRecipe:
    """A fabric's yarns and structure. Raises FabricRefused for an unknown name or a table that cannot be woven."""
    row = fabric_row(name)
    try:
        match row:
            case {"weave": {"warp": warp, "weft": weft, **rest}}:
                return WeaveRecipe(warp=_yarn(warp), weft=_yarn(weft), **rest)
            case {"knit": {"yarn": yarn, **rest}}:
                return KnitRecipe(yarn=_yarn(yarn), **rest)
            case _:
                raise FabricRefused(f"Fabric “{name}” has neither a weave nor a knit: add the yarns it is made of.")
    except (TypeError, ValueError) as error:
        raise FabricRefused(f"Fabric “{name}” cannot be made: {error}") from error


def look(name: str) -> Look:
    """A fabric's look. Raises FabricRefused for an unknown name or an incomplete table."""
    table: dict[str, Any] = dict(fabric_row(name).get("look", {}))
    if set(table) != {entry.name for entry in fields(Look)}:
        raise FabricRefused(f"Fabric “{name}”: its look is {', '.join(entry.name for entry in fields(Look))}.")
    table["sheen_tint"] = _colour(table["sheen_tint"])
    return Look(**table)


def _yarn(table: Mapping[str, Any]) -> Yarn:
    values: dict[str, Any] = {**table, "colour": _colour(table.get("colour"))}
    return Yarn(**values)


def _colour(text: Any) -> tuple[float, float, float]:
    """“#2c3f63” → sRGB in 0…1."""
    if not isinstance(text, str) or len(text) != 7 or text[0] != "#":
        raise ValueError(f"a colour is written like “#2c3f63”, not {text!r}.")
    r, g, b = bytes.fromhex(text[1:])
    return r / 255, g / 255, b / 255
