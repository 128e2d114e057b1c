# SPDX-License-Identifier: GPL-3.0-or-later
"""What a customer's own events say of taste: a favourite style, colour and fabric, and milder leanings to several.

A favourite is taken some power of e as often as it otherwise would be. What else the customer likes decides what there
was to choose from, and a taste may change at any event: the posterior over the run of events since the last change,
Adams, MacKay (2007), "Bayesian online changepoint detection". Leanings are Gamma-Poisson rates over the same run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Event = tuple[int, float]  # a garment, and what the event says of taste: see events.KINDS
RECENT = 40  # events of a customer that still say something of a taste
_STRENGTHS = 6  # a favourite is taken e^0 to e^5 times as often
_MORE = np.expm1(np.arange(_STRENGTHS, dtype=float))[:, None]
_CHANGE = 0.01  # how often a taste changes
_RUNS = 4  # likeliest last changes that are followed
_LEANING, _ROUNDS = 1.0, 4  # shape of the Gamma; rounds between looks
_LEARNT_FROM, _LEARNING = 200, 5  # customers; rounds of expectation and maximisation
UNLEARNT = np.full(_STRENGTHS, 1.0 / _STRENGTHS)


@dataclass(frozen=True)
class Assortment:
    """Garments by kind: c kinds that look alike. codes: of each look (c,), its count where a kind does not say it.

    counts: how many codes each look has. kind: (g,) each garment's. popular: (g,) how often each is taken by all.
    """

    codes: Mapping[str, Ints]
    counts: Mapping[str, int]
    kind: Ints
    popular: Floats

    @classmethod
    def of(cls, looks: Mapping[str, Ints], popular: Floats) -> Assortment:
        """looks: of each look (g,) codes, -1 unknown. A look of which there are no two codes tells no taste."""
        counts = {name: int(codes.max(initial=-1)) + 1 for name, codes in looks.items()}
        counts = {name: count for name, count in counts.items() if count > 1}
        told = {name: np.where(looks[name] < 0, count, looks[name]) for name, count in counts.items()}
        place = np.zeros(len(popular), np.int64)
        for name, count in counts.items():
            place = place * (count + 1) + told[name]
        _, first, kind = np.unique(place, return_index=True, return_inverse=True)
        return cls({name: codes[first] for name, codes in told.items()}, counts, kind, popular)


@dataclass(frozen=True)
class Followed:
    """After a customer's n events. lift: of each look (k + 1,) how many times as often a code is taken, 1 for unknown.

    strengths: of each look (s,) how likely each strength is. since: (n,) how likely the taste is still that one.
    """

    lift: Mapping[str, Floats]
    strengths: Mapping[str, Floats]
    since: Floats


def _lift(p: Floats, share: Floats) -> Floats:
    """(r, k + 1) of r posteriors (r, s, k) over strength and favourite; share: (r, k) of each code in what is taken."""
    scaled = p / (1.0 + share[:, None] * _MORE)
    lift = scaled.sum(axis=(1, 2))[:, None] + (_MORE * scaled).sum(axis=1)
    return np.pad(lift, ((0, 0), (0, 1)), constant_values=1.0)


def _shares(codes: Ints, weight: Floats, k: int) -> Floats:
    """(r, k) shares of the codes among weights (r, c) of kinds."""
    sums = np.stack([np.bincount(codes, row, k + 1) for row in weight])
    return sums[:, :k] / sums.sum(axis=1, keepdims=True)


def follow(garments: Assortment, events: Sequence[Event], strengths: Mapping[str, Floats]) -> Followed:
    """A customer's favourites after these events, in their order. strengths: of each look (s,) how likely each is."""
    kinds = garments.codes
    left = np.bincount(garments.kind, garments.popular).astype(float)
    fresh: dict[str, Floats] = {}
    shares: dict[str, Floats] = {}
    for look, k in garments.counts.items():
        fresh[look] = np.repeat(strengths[look][None, :, None] / k, k, axis=2)
        shares[look] = _shares(kinds[look], left[None], k)
    begin = {look: _lift(fresh[look], shares[look]) for look in kinds}
    posterior, lift = dict(fresh), dict(begin)
    born, log = np.zeros(1, np.int64), np.zeros(1)
    for number, (garment, says) in enumerate(events):
        if number:
            log = np.append(log + np.log1p(-_CHANGE), np.logaddexp.reduce(log) + np.log(_CHANGE))
            born = np.append(born, number)
            posterior = {look: np.concatenate([posterior[look], fresh[look]]) for look in kinds}
            lift = {look: np.concatenate([lift[look], begin[look]]) for look in kinds}
        kind = garments.kind[garment]
        wanted = {look: lift[look][:, codes] for look, codes in kinds.items()}
        every = left * np.prod(list(wanted.values()), axis=0) if kinds else left[None]
        log = log + says * np.log(every[:, kind] / left[kind] / every.sum(axis=1))
        for look, codes in kinds.items():
            k = garments.counts[look]
            shares[look] = _shares(codes, every / wanted[look], k)
            if codes[kind] < k:
                like = 1.0 / (1.0 + shares[look][:, None] * _MORE)
                like[:, :, codes[kind]] *= 1.0 + _MORE[:, 0]
                p = posterior[look] * like**says
                posterior[look] = p / p.sum(axis=(1, 2), keepdims=True)
        kept = np.sort(np.argsort(-log, kind="stable")[:_RUNS])
        log, born = log[kept], born[kept]
        posterior = {look: p[kept] for look, p in posterior.items()}
        lift = {look: _lift(p, shares[look][kept]) for look, p in posterior.items()}
        if says >= 1.0:  # what one has is seldom taken again
            left[kind] = max(left[kind] - garments.popular[garment], 1e-3 * left[kind])
    likely = np.exp(log - np.logaddexp.reduce(log))
    return Followed(
        {look: likely @ of_runs for look, of_runs in lift.items()},
        {look: np.einsum("r,rsk->s", likely, p) for look, p in posterior.items()},
        np.array([likely[born <= number].sum() for number in range(len(events))]),
    )


def leanings(garments: Assortment, events: Sequence[Event], since: Floats) -> Floats:
    """(g,) log of how much more often each garment is taken, by the rate of each of its looks; none is a favourite."""
    says = np.array([s for _, s in events])
    taken, weight = np.array([g for g, _ in events], np.int64), since * np.abs(says)
    later = np.cumsum(weight[::-1])[::-1] - weight
    there = np.bincount(garments.kind, garments.popular) * weight.sum()
    has = says >= 1.0
    np.subtract.at(there, garments.kind[taken[has]], garments.popular[taken[has]] * later[has])
    there = np.maximum(there, 1e-9)
    rates = {look: np.ones(count + 1) for look, count in garments.counts.items()}
    for _ in range(_ROUNDS):
        for look, codes in garments.codes.items():
            every = there * np.prod([rates[name][of] for name, of in garments.codes.items()], axis=0)
            sums = np.bincount(codes, every, len(rates[look]))
            expected = sums / rates[look] * weight.sum() / sums.sum()
            found = np.bincount(codes[garments.kind[taken]], np.where(says > 0.0, weight, 0.0), len(expected))
            rates[look] = (found + _LEANING) / (expected + _LEANING)
            rates[look][-1] = 1.0  # of those that do not say
    kinds = sum((np.log(rates[look][codes]) for look, codes in garments.codes.items()), np.zeros(len(there)))
    return kinds[garments.kind]


def strengths_of(garments: Assortment, histories: Iterable[Sequence[Event]]) -> dict[str, Floats]:
    """Of each look (s,) how likely each strength of a favourite is among customers, by expectation-maximisation."""
    longest = [events[-RECENT:] for events in sorted(histories, key=len, reverse=True)[:_LEARNT_FROM]]
    found = dict.fromkeys(garments.codes, UNLEARNT)
    for _ in range(_LEARNING if longest else 0):
        seen = [follow(garments, events, found).strengths for events in longest]
        found = {look: (sum(s[look] for s in seen) + UNLEARNT) / (len(seen) + 1.0) for look in found}
    return found
