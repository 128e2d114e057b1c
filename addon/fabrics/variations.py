# SPDX-License-Identifier: GPL-3.0-or-later
"""The sheet of variations that was woven last: their pictures and their recipes, one of which becomes a fabric."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...models.recipes import read_recipe
from ...models.weave import WeaveRecipe
from . import pictures


class VariationGone(RuntimeError):
    """A variation that is no longer shown."""


@dataclass(frozen=True)
class Sheet:
    """Variations of the fabric `of`: their tables, as `read_recipe` takes them."""

    of: str
    recipes: tuple[Mapping[str, Any], ...]


_shown: list[Sheet] = []


def show(of: str, variations: Sequence[Mapping[str, Any]]) -> None:
    """Show what `write_choices` reported, in the place of the sheet before."""
    for number, variation in enumerate(variations):
        pictures.load(_key(number), Path(variation["picture"]))
    _shown[:] = [Sheet(of, tuple(variation["recipe"] for variation in variations))]


def forget() -> None:
    """Show none."""
    _shown.clear()


def sheet() -> Sheet | None:
    """The sheet that is shown."""
    return _shown[0] if _shown else None


def recipe(number: int) -> WeaveRecipe:
    """One of the sheet's. Raises VariationGone."""
    if not _shown or not 0 <= number < len(_shown[0].recipes):
        raise VariationGone("That variation is no longer shown: press Vary again.")
    made = read_recipe(_shown[0].recipes[number])
    assert isinstance(made, WeaveRecipe)
    return made


def picture(number: int) -> int:
    """Blender's number for one's picture."""
    return pictures.icon(_key(number))


def _key(number: int) -> str:
    return f"variation {number}"
