# SPDX-License-Identifier: GPL-3.0-or-later
"""Made to measure: a brief and a body in, a few diverse designs that can be cut out, each with its reasons.

Every design is drafted on the body before it is shown, so that what is shown can be made. Diverse by maximal marginal
relevance (Carbonell, Goldstein 1998).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...bodies.sizes import SizeRefused, place, system
from ...patterns import DraftRefused, Pattern, Style
from ...patterns.style import Value
from ...sim import mechanics
from .events import FITS
from .taste import Taste, decoded, encoded, span
from .thumbnail import cloth_area

Floats = NDArray[np.float64]
# kg/m² of the cloth that is usually worn in a season: lawn and crêpe, shirting, suiting, coating
SEASONS = {"summer": 0.12, "spring": 0.18, "autumn": 0.26, "winter": 0.36}
_SEASON_WIDTH = 0.7  # of the logarithm of the weight
_SHIFTS = np.linspace(-0.12, 0.12, 241)  # metres of ease more or less than the style's own
_SHIFT_DEVIATION = 0.025  # of customers about the style's ease
_TOLERANCE, _DOUBT = 0.03, 0.012  # ease off by this much is felt as small or large; how surely
_GIRTHS = ("bust_ease", "waist_ease", "hip_ease")  # where a garment is felt to be small or large
_ALIKE = 1.0  # of score, that a design loses for being the same as one shown already
_OTHER_LOOK = 0.5  # of the likeness of two designs of a style, where they are not in the same fabric and colour
_VARIED = 0.12  # of a parameter's range, by how much designs differ from the style's defaults
_UNLIKE = 0.25  # of the deviation of designs, what the drafter's own proportions are worth


class BriefRefused(ValueError):
    """A brief to which nothing can be made."""


@dataclass(frozen=True)
class EasePreference:
    """How much looser than the style's own ease a customer likes it: mean and deviation in metres."""

    mean: float = 0.0
    deviation: float = _SHIFT_DEVIATION

    @classmethod
    def learnt(cls, worn: Sequence[tuple[float, str]]) -> EasePreference:
        """From garments worn: (ease above the style's own in metres, how it felt: one of FITS). Exact on a grid.

        Raises BriefRefused for a feeling that is none of these or an ease that is no plausible length in metres.
        """
        log = -0.5 * (_SHIFTS / _SHIFT_DEVIATION) ** 2
        for ease, felt in worn:
            if felt not in FITS or not abs(ease) <= 0.5:
                raise BriefRefused(
                    f"Give how it felt ({', '.join(FITS)}) and its ease in metres; got {felt!r}, {ease!r}."
                )
            small, large = _felt(ease)
            log = log + np.log({"small": small, "large": large, "fit": 1.0 - small - large}[felt].clip(1e-9))
        p = np.exp(log - log.max())
        p /= p.sum()
        mean = float(p @ _SHIFTS)
        return cls(mean, float(np.sqrt(p @ (_SHIFTS - mean) ** 2)))

    def risk(self, shift: float) -> dict[str, float]:
        """P(small) and P(large) of a garment with this much more ease than the style's own."""
        p = np.exp(-0.5 * ((_SHIFTS - self.mean) / self.deviation) ** 2)
        small, large = _felt(shift)
        return {"small": float(p @ small / p.sum()), "large": float(p @ large / p.sum())}


def _felt(shift: float) -> tuple[Floats, Floats]:
    """P(small) and P(large) of this ease to a customer who likes each of _SHIFTS best."""
    small = 1.0 / (1.0 + np.exp(-(_SHIFTS - shift - _TOLERANCE) / _DOUBT))
    large = 1.0 / (1.0 + np.exp((_SHIFTS - shift + _TOLERANCE) / _DOUBT))
    return small, large


@dataclass(frozen=True)
class Look:
    """A fabric and its dye, #rrggbb or "" for its own colours; terms: how well it suits the customer."""

    fabric: str
    colour: str = ""
    terms: Mapping[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True)
class Brief:
    """What is asked for. styles: of each style the terms of how well it suits the customer and the occasion.

    looks: what a style may be made in, best first; without any, in the fabric that is settled or its own. fabric: what
    it is to be made of, if that is settled. season: one of SEASONS, or "" for any. cloth: the most square metres it may
    take. locked: choices that stand. never: styles never to show. tastes: of a style what was learnt of the customer's
    taste round by round, from which its designs are then drawn. sizes: the size system (see `bodies.sizes`) in which
    cards tell the body's size, or "" for none.
    """

    styles: Mapping[str, Mapping[str, float]]
    looks: Mapping[str, Sequence[Look]] = field(default_factory=dict[str, Sequence[Look]])
    fabric: str = ""
    season: str = ""
    cloth: float = math.inf
    tastes: Mapping[str, Taste] = field(default_factory=dict[str, Taste])
    locked: Mapping[str, Value] = field(default_factory=dict[str, Value])
    never: frozenset[str] = frozenset()
    sizes: str = ""


@dataclass(frozen=True)
class Card:
    """A design: choices that draft on this body to `pattern`, the terms of its score, how likely it is felt small or
    large with its ease, the square metres of its panels, and the body's size, "" where the system has none for it.
    """

    style: str
    choices: Mapping[str, Value]
    fabric: str
    cloth: float
    pattern: Pattern = field(compare=False, repr=False)
    terms: Mapping[str, float]
    risk: Mapping[str, float]
    colour: str = ""
    size: str = ""

    @property
    def score(self) -> float:
        return sum(self.terms.values())

    @property
    def reasons(self) -> list[str]:
        """The terms that speak for it, strongest first."""
        return [name for name, value in sorted(self.terms.items(), key=lambda t: -t[1]) if value > 0.0]


def ease_above(style: Style, choices: Mapping[str, Value]) -> float:
    """How much more ease than the style's own these choices have, in metres: the mean of its _GIRTHS; 0 without any."""
    more = [float(choices[p.name]) - float(p.value) for p in style.parameters if p.name in _GIRTHS]
    return sum(more) / len(more) if more else 0.0


def with_ease(style: Style, shift: float) -> dict[str, Value]:
    """The style's own eases, each with `shift` metres more, within its range."""
    eases: dict[str, Value] = {}
    for p in style.parameters:
        if p.kind == "ease":
            low, high = span(p)
            eases[p.name] = min(max(float(p.value) + shift, low), high)
    return eases


def cards(
    styles: Mapping[str, Style],
    measurements: Mapping[str, float],
    brief: Brief,
    ease: EasePreference,
    rng: np.random.Generator,
    n: int = 8,
    drawn: int = 4,
    progress: Callable[[float, str], None] = lambda _fraction, _text: None,
) -> list[Card]:
    """At most n designs for a body, best and most diverse first; `drawn` designs of each style are tried.

    Raises BriefRefused where no style can be made of these measurements and what is locked, with the last reason, and
    FabricRefused for a fabric, SizeRefused for a system of sizes that is not here.
    """
    known = {p.name for name in brief.styles for p in styles[name].parameters}
    if unknown := brief.locked.keys() - known:
        raise BriefRefused(f"No style of this brief has {', '.join(sorted(unknown))}: unlock it, or allow more styles.")
    if brief.season and brief.season not in SEASONS:
        raise BriefRefused(f"There is no season {brief.season!r}: choose among {', '.join(SEASONS)}.")
    size = _size(brief.sizes, measurements)
    found: list[Card] = []
    why = "every style is ruled out."
    asked = [name for name in brief.styles if name not in brief.never]
    for done, name in enumerate(asked):
        style = styles[name]
        progress(done / len(asked), style.label)
        looks = brief.looks.get(name) or [Look(brief.fabric or style.fabric)]
        of_style = dict(brief.styles[name])
        of_style["fabric"] = 1.0 if brief.fabric and brief.fabric == style.fabric else 0.0
        default = encoded(style, {})
        own = {p.name for p in style.parameters}
        locked = {key: value for key, value in brief.locked.items() if key in own}
        for number, design in enumerate(_designs(brief.tastes.get(name), default, drawn, rng)):
            look = looks[number % len(looks)]
            choices = {**decoded(style, design), **with_ease(style, ease.mean), **locked}
            try:
                pattern = style.draft(measurements, choices)
            except DraftRefused as error:
                why = str(error)
                continue
            if (cloth := cloth_area(pattern)) > brief.cloth:
                why = f"a {style.label} takes {cloth:.2f} m² of cloth, and {brief.cloth:.2f} are allowed."
                continue
            unlike = float(((design - default) ** 2).sum() / _VARIED**2 / max(len(default), 1))
            terms = {**of_style, **look.terms, "proportions": _UNLIKE * (1.0 - unlike)}
            if brief.season:
                terms["season"] = _season_suits(mechanics(look.fabric).density, brief.season)
            risk = ease.risk(ease_above(style, choices))
            found.append(Card(name, choices, look.fabric, cloth, pattern, terms, risk, look.colour, size))
    progress(1.0, "")
    if not found:
        raise BriefRefused(f"Nothing can be made to this brief: {why} Unlock a choice, or allow more styles.")
    return diverse(found, styles, n)


def _size(sizes: str, measurements: Mapping[str, float]) -> str:
    if not sizes:
        return ""
    system(sizes)
    try:
        return place(sizes, measurements)
    except SizeRefused:  # a body beyond all sizes is what made to measure is for
        return ""


def _designs(taste: Taste | None, default: Floats, drawn: int, rng: np.random.Generator) -> Floats:
    """(drawn, d) designs to try: by the customer's taste where it is known, else about the style's own."""
    if taste is not None:
        return taste.propose(drawn, rng)
    return np.clip(default + rng.normal(0.0, _VARIED, (drawn, len(default))), 0.0, 1.0)


def _season_suits(density: float, season: str) -> float:
    """How well cloth of this weight (kg/m²) suits a season, 1 for the usual weight, 0 for one that never would."""
    return float(np.exp(-((np.log(density / SEASONS[season]) / _SEASON_WIDTH) ** 2)))


def diverse(found: Sequence[Card], styles: Mapping[str, Style], n: int) -> list[Card]:
    """The n cards of most marginal relevance: a card's score against its likeness to those already shown."""
    score = np.array([card.score for card in found])
    like = np.array([[_alike(a, b, styles) for b in found] for a in found])
    chosen: list[int] = []
    while len(chosen) < min(n, len(found)):
        nearest = like[:, chosen].max(axis=1) if chosen else np.zeros(len(found))
        gain = score - _ALIKE * nearest
        gain[chosen] = -np.inf
        chosen.append(int(gain.argmax()))
    return [found[i] for i in chosen]


def _alike(a: Card, b: Card, styles: Mapping[str, Style]) -> float:
    """1 for the same design in the same look, above a half for the same style, 0 for different styles."""
    if a.style != b.style:
        return 0.0
    look = 1.0 if (a.fabric, a.colour) == (b.fabric, b.colour) else _OTHER_LOOK
    away = encoded(styles[a.style], a.choices) - encoded(styles[b.style], b.choices)
    return 0.5 + 0.5 * look * float(np.exp(-(away**2).sum() / _VARIED**2 / max(len(away), 1)))
