# SPDX-License-Identifier: GPL-3.0-or-later
"""The cards of the Recommend panel: how they are made, their pictures, and what was learnt from choosing among them."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import replace

import bpy
import bpy.utils.previews
import numpy as np
from numpy.typing import NDArray

from ..bodies import Body
from ..models.design import face_colour, kin
from ..models.maps import Colour
from ..models.recipes import colour, woven_recipe
from ..models.recommend import made_to_measure
from ..models.recommend.live import Store
from ..models.recommend.made_to_measure import Card, EasePreference, Look
from ..models.recommend.taste import Taste, encoded, numbers
from ..models.recommend.thumbnail import pattern_picture
from ..patterns import styles
from ..sim.fabric import FabricRefused, fabric_rows, shipped_rows
from ..worker.client import TaskCancelled
from . import brief as briefs
from . import customers, job_runner, shelf
from .brief import ANY, Brief
from .dye import ColourRefused, checked

PICTURE = 96  # pixels
PAPER = (0.82, 0.74, 0.62)
_REASONS = 3  # told of a card
_DYES = 2  # that a customer fancies most
# What a term of the score is called when it speaks for a design.
REASONS = {
    "popularity": "Taken often these weeks",
    "lasting": "Taken often all year",
    "occasion": "Worn to this occasion",
    "size": "Worn by bodies of this size",
    "body_type": "Worn by this type of body",
    "age": "Worn at this age",
    "own_category": "A style this customer takes",
    "own_colour": "A colour this customer takes",
    "own_fabric": "A fabric this customer takes",
    "own_season": "A season this customer takes clothes for",
    "leanings": "Like most that this customer takes",
    "neighbours": "Taken with what this customer has",
    "fabric": "Made for this fabric",
    "season": "Right weight for the season",
    "proportions": "Proportions as drafted",
}

Shown = list[tuple[Card, NDArray[np.float32]]]

_cards: list[Card] = []
_tastes: dict[str, Taste] = {}  # by style
_pictures: list[bpy.utils.previews.ImagePreviewCollection] = []  # Blender's, while Toile is registered


class CardGone(RuntimeError):
    """A card that is no longer shown."""


def register() -> None:
    """Make room for pictures."""
    _pictures.append(bpy.utils.previews.new())


def unregister() -> None:
    """Forget the cards and what was learnt from them."""
    bpy.utils.previews.remove(_pictures.pop())
    _cards.clear()
    _tastes.clear()


def cards() -> list[Card]:
    """The cards that are shown, best first."""
    return _cards


def card(number: int) -> Card:
    """One of them. Raises CardGone."""
    if not 0 <= number < len(_cards):
        raise CardGone("That design is no longer shown: press Recommend again.")
    return _cards[number]


def picture(number: int) -> int:
    """Blender's number for a card's picture."""
    return _pictures[0][str(number)].icon_id


def label(style: str) -> str:
    """What a style is called; its name where it is not here."""
    return styles()[style].label if style in styles() else style


def reasons(of: Card) -> list[str]:
    """What speaks most for a card, in words."""
    return [REASONS[name] for name in of.reasons[:_REASONS]]


def liked(brief: Brief, number: int) -> str:
    """Learn from one card that was preferred to the others of its style; returns the style's name. Raises CardGone."""
    style = styles()[card(number).style]
    of_style = [n for n, other in enumerate(_cards) if other.style == style.name]
    stands = briefs.locked(brief).keys()
    mask = np.array([p.name in stands for p in numbers(style)], bool)
    before = _tastes.get(style.name) or Taste(encoded(style, {}), mask)
    designs = np.array([encoded(style, _cards[n].choices) for n in of_style])
    _tastes[style.name] = replace(before, locked=mask).choose(designs, of_style.index(number))
    return style.name


def show(brief: Brief, body: Body, only: str = "") -> None:
    """Begin to make cards to a brief, of one style only if that is named. Raises JobRefused while another job runs."""
    measurements = {name: m.value for name, m in body.measurements.items()}
    customer, count, popularity = brief.customer, brief.count, brief.popularity
    names = [only] if only else list(styles())
    seed = sum(len(taste.rounds) for taste in _tastes.values())  # each round shows other designs than the last
    told = {"height": measurements.get("stature"), "bust": measurements.get("bust")}
    told = {name: value for name, value in told.items() if value is not None}
    if brief.occasion:
        told["occasion"] = brief.occasion.strip().lower()
    asked = made_to_measure.Brief(
        {},
        fabric="" if brief.fabric == ANY else brief.fabric,
        season="" if brief.season == ANY else brief.season,
        cloth=briefs.cloth(brief),
        sizes=brief.sizes,
        tastes=dict(_tastes),
        locked=briefs.locked(brief),
        never=frozenset(briefs.never(brief)),
    )

    def work(progress: job_runner.Progress, cancelled: job_runner.Callable[[], bool]) -> Shown:
        def told_so(fraction: float, text: str) -> None:
            if cancelled():
                raise TaskCancelled
            progress(fraction, text)

        suits, fancies, ease = _suits(customer, told, names, popularity)
        found = made_to_measure.cards(
            styles(),
            measurements,
            replace(asked, styles=suits, looks=_looks(names, fancies, asked.fabric)),
            ease,
            np.random.default_rng(seed),
            n=count,
            drawn=count if only else 3,
            progress=told_so,
        )
        return [(card, pattern_picture(card.pattern, PICTURE, _shade(card))) for card in found]

    job_runner.start("Recommend", "recommend", work, _apply)


def _suits(
    customer: str, told: Mapping[str, object], names: list[str], popularity: float
) -> tuple[Mapping[str, Mapping[str, float]], dict[str, dict[str, float]], EasePreference]:
    """How well styles suit, fabrics and colours, and the ease liked, by the store; without one nothing is known."""
    if not customers.there():
        return {name: {} for name in names}, {}, EasePreference()
    with Store(customers.path()) as store:
        known = {n: customers.words(styles()[n]) for n in names}
        suits = store.suits(customer, told, known, popularity)
        return suits, store.fancies(customer), EasePreference.learnt(store.worn(customer))


def _looks(names: list[str], fancies: Mapping[str, Mapping[str, float]], fabric: str) -> dict[str, list[Look]]:
    """What each style may be made in, best first: its fabric or the one that is settled, what the designer keeps of
    that kind, such as variations, and the dyes that the customer fancies.
    """
    fabrics, dyes = (fancies.get(f"own_{look}", {}) for look in ("fabric", "colour"))
    liked = sorted((dye for dye in dyes if _is_dye(dye) and dyes[dye] > 0.0), key=lambda dye: -dyes[dye])[:_DYES]
    kept = [] if shelf.fault() else [own for own in fabric_rows() if own not in shipped_rows()]
    found: dict[str, list[Look]] = {}
    for name in names:
        basis = styles()[name].fabric
        made_of = [fabric] if fabric else [basis, *(own for own in kept if kin(own) == basis)]
        of_style = [
            Look(cloth, dye, {"own_fabric": fabrics.get(cloth, 0.0), "own_colour": dyes.get(dye, 0.0)})
            for cloth in made_of
            for dye in ("", *liked)
        ]
        found[name] = sorted(of_style, key=lambda look: -sum(look.terms.values()))
    return found


def _is_dye(word: str) -> bool:
    try:
        return bool(checked(word))
    except ColourRefused:
        return False


def _shade(of: Card) -> Colour:
    """What a card's picture is painted in: its dye, else what most of its weave shows; paper for other cloths."""
    if of.colour:
        return colour(of.colour)
    try:
        return face_colour(woven_recipe(of.fabric))
    except FabricRefused:
        return PAPER


def _apply(found: Shown) -> Generator[None, None, str]:
    _cards.clear()
    _pictures[0].clear()
    for card, pixels in found:  # the panel may draw between any two: what is among the cards has its picture
        preview = _pictures[0].new(str(len(_cards)))
        preview.image_size = pixels.shape[:2]
        preview.image_pixels_float = pixels.ravel().tolist()
        _cards.append(card)
        yield
    return f"{len(found)} designs, best first."
