# SPDX-License-Identifier: GPL-3.0-or-later
"""A fabric's yarns and its look, read from the same table of assets/fabrics.toml as its mechanics."""

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from ..sim.fabric import FabricRefused, fabric_row
from .colour import hexadecimal
from .drafts import named_draft, threadcount
from .knit import KnitRecipe
from .maps import Colour
from .net import NetRecipe
from .pile import PileRecipe
from .weave import WeaveRecipe
from .yarn import Yarn


@dataclass(frozen=True)
class Look:
    """How light meets a cloth above the scale of its yarns: sheen is the fuzz's, anisotropy the filament floats'."""

    sheen_weight: float
    sheen_roughness: float
    sheen_tint: Colour
    anisotropy: float


def recipe(name: str) -> WeaveRecipe | KnitRecipe | PileRecipe | NetRecipe:
    """A fabric's yarns and structure. Raises FabricRefused for an unknown name or a table that cannot be woven."""
    try:
        return read_recipe(fabric_row(name))
    except (TypeError, ValueError, KeyError) as error:
        if isinstance(error, FabricRefused):
            raise
        raise FabricRefused(f"Fabric “{name}” cannot be made: {error}") from error


def woven_recipe(name: str) -> WeaveRecipe:
    """A woven fabric's yarns and draft. Raises FabricRefused for an unknown name, or a knit or pile."""
    made_of = recipe(name)
    if not isinstance(made_of, WeaveRecipe):
        raise FabricRefused(f"“{name}” is no plain weave, and this is done to woven fabrics: choose one of those.")
    return made_of


def read_recipe(row: Mapping[str, Any]) -> WeaveRecipe | KnitRecipe | PileRecipe | NetRecipe:
    """The recipe in a fabric's table. Raises ValueError, TypeError or KeyError for one that cannot be made."""
    match row:
        case {"weave": {"structure": structure, "warp": warp, "weft": weft, **rest}}:
            palette = _palette(rest.pop("palette", {}))
            orders = {key: _order(rest.pop(key, ""), palette) for key in ("warp_order", "weft_order")}
            return WeaveRecipe(named_draft(structure), warp=_yarn(warp), weft=_yarn(weft), **orders, **rest)
        case {"knit": {"yarn": yarn, **rest}}:
            order = _order(rest.pop("course_order", ""), _palette(rest.pop("palette", {})))
            return KnitRecipe(yarn=_yarn(yarn), course_order=order, **rest)
        case {"pile": {"yarn": yarn, **rest}}:
            return PileRecipe(yarn=_yarn(yarn), **rest)
        case {"net": {"yarn": yarn, **rest}}:
            figure = tuple(str(rest.pop("figure", ".")).split())
            return NetRecipe(yarn=_yarn(yarn), figure=figure, **rest)
        case {"maps": folder}:
            raise ValueError(f"it was photographed, not woven here: its maps are in {folder}.")
        case _:
            raise ValueError("it has neither a weave, a knit, a pile nor a net: add the yarns it is made of.")


def weave_row(recipe: WeaveRecipe) -> dict[str, Any]:
    """The table of a woven cloth, which `read_recipe` reads back: numbers as they are, colours to 8 bits."""
    codes = {colour: _code(k) for k, colour in enumerate(dict.fromkeys((*recipe.warp_order, *recipe.weft_order)))}
    weave: dict[str, Any] = {
        "structure": " ".join(reversed(recipe.draft.rows)),
        **{key: getattr(recipe, key) for key in ("ends", "picks", "crimp_share", "tile")},
        **{
            key: vars(yarn) | {"colour": hexadecimal(yarn.colour)}
            for key, yarn in (("warp", recipe.warp), ("weft", recipe.weft))
        },
    }
    if codes:
        weave["palette"] = {code: hexadecimal(colour) for colour, code in codes.items()}
    for key in ("warp_order", "weft_order"):
        if order := getattr(recipe, key):
            weave[key] = " ".join(f"{codes[colour]}{len(list(run))}" for colour, run in itertools.groupby(order))
    return {"weave": weave}


def look(name: str) -> Look:
    """A fabric's look. Raises FabricRefused for an unknown name or an incomplete table."""
    table: dict[str, Any] = dict(fabric_row(name).get("look", {}))
    if set(table) != {entry.name for entry in fields(Look)}:
        raise FabricRefused(f"Fabric “{name}”: its look is {', '.join(entry.name for entry in fields(Look))}.")
    table["sheen_tint"] = colour(table["sheen_tint"])
    return Look(**table)


def colour(text: Any) -> Colour:
    """“#2c3f63” → sRGB in 0…1. Raises ValueError for anything else."""
    if not isinstance(text, str) or not re.fullmatch("#[0-9a-fA-F]{6}", text):
        raise ValueError(f"a colour is written like “#2c3f63”, not {text!r}.")
    r, g, b = bytes.fromhex(text[1:])
    return r / 255, g / 255, b / 255


def _code(number: int) -> str:
    """A, B … Z, BA, BB …: a colour's letters in a thread count."""
    letters = chr(65 + number % 26)
    return letters if number < 26 else _code(number // 26) + letters


def _yarn(table: Mapping[str, Any]) -> Yarn:
    values: dict[str, Any] = {**table, "colour": colour(table.get("colour"))}
    return Yarn(**values)


def _palette(table: Mapping[str, Any]) -> dict[str, Colour]:
    return {code: colour(text) for code, text in table.items()}


def _order(text: str, palette: Mapping[str, Colour]) -> tuple[Colour, ...]:
    """A thread count in the palette's codes → one colour a thread; empty for an empty text."""
    codes = threadcount(text) if text else ()
    if unknown := set(codes) - set(palette):
        raise ValueError(f"its palette lacks {', '.join(sorted(unknown))}, which the thread count “{text}” names.")
    return tuple(palette[code] for code in codes)
