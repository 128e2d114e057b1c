# SPDX-License-Identifier: GPL-3.0-or-later
"""Cloths drawn by lot, as a mill's range holds them: what networks learn from and are judged on."""

import math
from collections.abc import Callable

import numpy as np

from .drafts import Draft, drawdown, named_draft
from .maps import Colour
from .weave import WeaveRecipe
from .yarn import Yarn

# How often a mill's range holds a weave, roughly: plain weave is the half of all cloth, fancy drafts are few.
_DRAFTS: tuple[tuple[float, Callable[[np.random.Generator], Draft]], ...] = (
    (0.22, lambda rng: named_draft("plain")),
    (0.16, lambda rng: named_draft(f"twill_{rng.integers(1, 5)}_{rng.integers(1, 4)}{rng.choice(['', '_left'])}")),
    (0.10, lambda rng: named_draft("twill_" + "_".join(map(str, rng.integers(1, 4, 4))))),
    (0.12, lambda rng: named_draft(f"{rng.choice(['satin', 'weft_satin'])}_{rng.choice([5, 7, 8, 10])}")),
    (0.08, lambda rng: named_draft(f"basket_{rng.integers(2, 5)}_{rng.integers(1, 4)}")),
    (0.10, lambda rng: named_draft(f"herringbone_{rng.choice(['2_2', '3_3', '2_1'])}_{rng.integers(2, 6) * 4}")),
    (0.06, lambda rng: named_draft(f"diamond_2_2_{rng.integers(4, 12)}")),
    (0.16, lambda rng: _dobby(rng)),
)


def random_draft(rng: np.random.Generator) -> Draft:
    """A weave out of a mill's range: plain, twills, satins, baskets, herringbones, diamonds, dobbies."""
    shares, makers = zip(*_DRAFTS, strict=True)
    return makers[rng.choice(len(makers), p=shares)](rng)


def random_weave(rng: np.random.Generator, draft: Draft | None = None) -> WeaveRecipe:
    """A woven cloth with all its numbers drawn by lot: of the draft given, or of one by lot too.

    Yarns of 6 to 400 tex, cotton to filament, singles and plied; setts from open to jammed; one colour, two, or stripes
    and checks. The tile is some repeats, about 24 threads a side and more where the colours need it.
    """
    draft = draft or random_draft(rng)
    tex = math.exp(rng.uniform(math.log(6), math.log(400))) * 1e-6
    warp = _yarn(rng, tex, _colour(rng))
    weft = _yarn(rng, tex * rng.uniform(0.6, 1.7), warp.colour if rng.random() < 0.3 else _colour(rng))
    fullness = rng.uniform(0.65, 1.05, 2)  # yarn width over its place: 1 is side by side
    longest = max(float(np.mean([max(1, run) for run in _floats(draft)])), 1.0)
    close = min(1 + 0.12 * (longest - 1), 1.4)  # long floats let yarns be beaten closer
    ends, picks = (float(f * close / yarn.width) for f, yarn in zip(fullness, (warp, weft), strict=True))
    kind = rng.random()
    warp_order = _stripes(rng, draft.shape[1]) if kind < 0.4 else ()
    weft_order = warp_order if kind < 0.15 else _stripes(rng, draft.shape[0]) if kind < 0.25 else ()
    return WeaveRecipe(
        draft=draft,
        ends=ends,
        picks=picks,
        crimp_share=float(rng.uniform(0.2, 0.8)),
        warp=warp,
        weft=weft,
        tile=24 / min(ends, picks),
        warp_order=warp_order,
        weft_order=weft_order,
    )


def _dobby(rng: np.random.Generator) -> Draft:
    """A tie-up and a treadling by lot on four to eight shafts, straight or pointed; such as weave a sound cloth."""
    while True:
        shafts = int(rng.integers(4, 9))
        straight = list(range(shafts))
        pointed = straight + straight[-2:0:-1]
        tie_up = rng.random((shafts, shafts)) < 0.5
        threading, treadling = (pointed if rng.random() < 0.5 else straight for _ in range(2))
        try:
            draft = drawdown(threading, tie_up, treadling)
        except ValueError:  # a thread that this tie-up never binds
            continue
        if max(_floats(draft)) <= 5:
            return draft


def _floats(draft: Draft) -> list[int]:
    """The longest float of each end and each pick."""
    longest: list[int] = []
    for line in (*draft.up, *draft.up.T):
        turns = np.flatnonzero(line != np.roll(line, 1))
        longest.append(int(np.max(np.diff(np.append(turns, turns[0] + len(line))))))
    return longest


def _yarn(rng: np.random.Generator, linear_density: float, colour: Colour) -> Yarn:
    filament = rng.random() < 0.25
    diameter = math.sqrt(4 * linear_density / (math.pi * 1500 * 0.6))
    # A yarn's surface fibres lie at about 20 to 30 degrees whatever its count (Morton and Hearle).
    twist = math.tan(math.radians(rng.uniform(2, 10) if filament else rng.uniform(15, 32))) / (math.pi * diameter)
    plied = not filament and rng.random() < 0.3
    return Yarn(
        linear_density=linear_density,
        fibre_density=1500.0,
        packing=float(rng.uniform(0.5, 0.7)),
        flattening=float(rng.uniform(0.35, 0.6) if filament else rng.uniform(0.55, 0.9)),
        colour=colour,
        twist=float(rng.choice([1, -1]) * twist) * (0.2 if plied else 1),
        irregularity=0.02 if filament else float(rng.uniform(0.05, 0.16)),
        shade=float(rng.uniform(0.01, 0.08)),
        hairiness=0.0 if filament else float(rng.uniform(100, 900)),
        roughness=float(rng.uniform(0.3, 0.5) if filament else rng.uniform(0.65, 0.92)),
        ply=int(rng.integers(2, 5)) if plied else 1,
        ply_twist=float(0.7 * twist) if plied else 0.0,
        slubs=float(rng.uniform(1, 8)) if not filament and rng.random() < 0.1 else 0.0,
    )


def _colour(rng: np.random.Generator) -> Colour:
    """A dyer's colour: any hue, seldom at its strongest, never black or white as paper."""
    hue, strength, value = rng.random(), rng.beta(1.5, 2.5), rng.uniform(0.08, 0.95)
    wheel = np.clip(np.abs((hue + np.array([0, 2 / 3, 1 / 3])) % 1 * 6 - 3) - 1, 0, 1)
    red, green, blue = (float(value * (1 - strength * (1 - part))) for part in wheel)
    return red, green, blue


def _stripes(rng: np.random.Generator, repeat: int) -> tuple[Colour, ...]:
    """Two to four colours in stripes of one to eight threads, their sum whole repeats of the draft."""
    colours = [_colour(rng) for _ in range(rng.integers(2, 5))]
    order = [colour for colour in colours for _ in range(rng.integers(1, 9))]
    missing = -len(order) % repeat
    return tuple(order + [colours[-1]] * missing)
