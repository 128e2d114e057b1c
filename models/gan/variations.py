# SPDX-License-Identifier: GPL-3.0-or-later
"""Cloths akin to a cloth: between two of them, in other colours, or a little changed; as recipes, for any loom."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..assortment import random_weave
from ..colour import between
from ..drafts import Draft
from ..maps import Colour
from ..swatches.scores import delta_e_2000, lab
from ..weave import WeaveRecipe
from ..yarn import Yarn

_MOST_COLOURS = 7  # whose matches to a palette are all tried
_POSITIVE = ("linear_density", "fibre_density", "packing", "flattening")  # mixed by ratio; the others by difference


class VariationRefused(ValueError):
    """Variations that cannot be made of what was asked for."""


def blend(first: WeaveRecipe, second: WeaveRecipe, share: float) -> WeaveRecipe:
    """The cloth `share` of the way from the first to the second: its yarns, setts and colours between theirs.

    A draft knows no half way: it is that of the nearer cloth, with its order of colours, each drawn to its nearest in
    the other. Raises VariationRefused for a share outside 0…1.
    """
    if not 0 <= share <= 1:
        raise VariationRefused(f"A blend lies 0 to 1 of the way from one cloth to the other, not {share:g}.")
    near, far, away = (first, second, share) if share < 0.5 else (second, first, 1 - share)

    def ratio(a: float, b: float) -> float:
        return a * (b / a) ** away

    return replace(
        near,
        ends=ratio(near.ends, far.ends),
        picks=ratio(near.picks, far.picks),
        tile=ratio(near.tile, far.tile),
        crimp_share=near.crimp_share + away * (far.crimp_share - near.crimp_share),
        warp=_spun(near.warp, far.warp, away),
        weft=_spun(near.weft, far.weft, away),
        warp_order=_drawn_to(near.warp_order, far.warp_order or (far.warp.colour,), away),
        weft_order=_drawn_to(near.weft_order, far.weft_order or (far.weft.colour,), away),
    )


def recoloured(recipe: WeaveRecipe, palette: Sequence[Colour]) -> WeaveRecipe:
    """The cloth in the colours of a palette, and in those alone, matched so that all change least by CIEDE2000.

    A palette of fewer colours than the cloth's dyes several threads alike. Raises VariationRefused for an empty
    palette, or a colour that is not sRGB in 0…1.
    """
    if not palette or not all(len(colour) == 3 and all(0 <= part <= 1 for part in colour) for colour in palette):
        raise VariationRefused("A palette is one colour or more, each of red, green and blue from 0 to 1.")
    used = colours(recipe)
    apart = np.array([[_apart(colour, other) for other in palette] for colour in used])
    if len(used) <= len(palette) <= _MOST_COLOURS:
        chosen = min(
            itertools.permutations(range(len(palette)), len(used)),
            key=lambda order: sum(apart[k, other] for k, other in enumerate(order)),
        )
    else:
        chosen = apart.argmin(1)
    dye = {colour: tuple(palette[int(other)]) for colour, other in zip(used, chosen, strict=True)}
    return replace(
        recipe,
        warp=replace(recipe.warp, colour=dye.get(recipe.warp.colour, recipe.warp.colour)),
        weft=replace(recipe.weft, colour=dye.get(recipe.weft.colour, recipe.weft.colour)),
        warp_order=tuple(dye[colour] for colour in recipe.warp_order),
        weft_order=tuple(dye[colour] for colour in recipe.weft_order),
    )


def colours(recipe: WeaveRecipe) -> list[Colour]:
    """Every colour that is seen in a cloth, once, in the order of its threads."""
    return list(
        dict.fromkeys((*(recipe.warp_order or (recipe.warp.colour,)), *(recipe.weft_order or (recipe.weft.colour,))))
    )


def mutated(recipe: WeaveRecipe, rng: np.random.Generator, strength: float = 0.5) -> WeaveRecipe:
    """The cloth a little changed, by lot: setts, counts, twists and colours, and at times its draft.

    strength 0 changes nothing, 1 much. Raises VariationRefused outside 0…1.
    """
    if not 0 <= strength <= 1:
        raise VariationRefused(f"The strength of a mutation is 0 to 1, not {strength:g}.")
    other = random_weave(rng)
    dyes = {
        colour: between(colour, random_weave(rng).weft.colour, 0.5 * strength * rng.random())
        for colour in colours(recipe)
    }
    heavier = math.exp(0.4 * strength * rng.standard_normal())
    draft = _rebound(recipe.draft, other.draft, rng) if rng.random() < 0.6 * strength else recipe.draft

    def altered(yarn: Yarn, stranger: Yarn) -> Yarn:
        mixed = _spun(yarn, stranger, 0.5 * strength * rng.random())
        density = yarn.linear_density * heavier
        return replace(mixed, linear_density=density, colour=dyes.get(yarn.colour, yarn.colour))

    closer = np.exp(0.08 * strength * rng.standard_normal(2)) / math.sqrt(heavier)
    fits = all(
        len(order) % size == 0
        for order, size in zip((recipe.warp_order, recipe.weft_order), draft.shape[::-1], strict=True)
    )
    return replace(
        recipe,
        draft=draft if fits else recipe.draft,
        ends=recipe.ends * float(closer[0]),
        picks=recipe.picks * float(closer[1]),
        crimp_share=float(np.clip(recipe.crimp_share + 0.2 * strength * rng.standard_normal(), 0.05, 0.95)),
        warp=altered(recipe.warp, other.warp),
        weft=altered(recipe.weft, other.weft),
        warp_order=tuple(dyes[colour] for colour in recipe.warp_order),
        weft_order=tuple(dyes[colour] for colour in recipe.weft_order),
    )


def _rebound(draft: Draft, other: Draft, rng: np.random.Generator) -> Draft:
    """A draft mirrored, turned over, or another one."""
    up = draft.up
    match rng.integers(3):
        case 0:
            return Draft.of(up[:, ::-1])
        case 1:
            return Draft.of(~up)
        case _:
            return other


def _spun(near: Yarn, far: Yarn, away: float) -> Yarn:
    numbers = {
        name: a + away * (getattr(far, name) - a)
        for name, a in vars(near).items()
        if isinstance(a, float) and name not in _POSITIVE
    }
    ratios = {name: getattr(near, name) * (getattr(far, name) / getattr(near, name)) ** away for name in _POSITIVE}
    return replace(near, **numbers, **ratios, colour=between(near.colour, far.colour, away))


def _drawn_to(order: tuple[Colour, ...], others: Sequence[Colour], away: float) -> tuple[Colour, ...]:
    dyes = {
        colour: between(colour, min(others, key=lambda other: _apart(colour, other)), away)
        for colour in dict.fromkeys(order)
    }
    return tuple(dyes[colour] for colour in order)


def _apart(first: Colour, second: Colour) -> float:
    return float(delta_e_2000(lab(np.asarray(first)), lab(np.asarray(second))))
