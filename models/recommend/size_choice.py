# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of a garment's sizes: how the bodies of each size look, and a conditional logit over the sizes there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .events import FITS, Events
from .logit import Choices, conditional_logit, shares

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_RARE = 30.0  # bodies of the line through all sizes that each size starts from
_TYPED = 20.0  # events of the usual mix of body types that each size starts from
_STOCK_PRIOR = 5.0  # events of the usual mix of sizes that each garment starts from
TERMS = ("expected", "body", "bodies", "body_type", "stock", "habit", "own")
_START = np.array([1.0, 0.0, 0.0, 0.0, 0.5, 1.0, 0.0])
_PULL = 1.0
_BESIDE = 0.72  # of what the right size is worth, what the one beside it is: it is let out, or exchanged


@dataclass(frozen=True)
class SizeBodies:
    """How the bodies look that a size fits: for each whole size a normal (quadratic discriminant analysis) and a mix of
    body types.

    Petite and long sizes lie between the regular ones, so a body's size is no point on a line.
    """

    centre: Floats  # (b,) and
    spread: Floats  # (b,) by which bodies are standardised
    first: int
    means: Floats  # (s, b) of sizes first, first + 1 …
    covariances: Floats  # (s, b, b)
    types: Floats  # (s, t + 1) log of how much more often each body type wears the size than people do; last unknown

    @classmethod
    def learnt(cls, body: Floats, body_type: Ints, size: Floats, types: int) -> SizeBodies:
        """From bodies (n, b), NaN where unknown, their types (n,), −1 unknown, and the sizes (n,) that fitted them."""
        told = ~np.isnan(body)
        n = np.maximum(told.sum(axis=0), 1)
        centre = np.where(told, body, 0.0).sum(axis=0) / n
        spread = np.sqrt(np.where(told, (body - centre) ** 2, 0.0).sum(axis=0) / n) + 1e-9
        z = np.where(told, (body - centre) / spread, 0.0)
        whole = np.rint(size).astype(np.int64)
        first, count = int(whole.min()), int(np.ptp(whole)) + 1
        place = whole - first
        sums = np.zeros((count, body.shape[1]))
        known = np.zeros_like(sums)
        np.add.at(sums, place, z)
        np.add.at(known, place, told)
        deviation = size - size.mean()
        slope = (deviation @ z) / np.maximum((deviation[:, None] ** 2 * told).sum(axis=0), 1e-9)
        line = (np.arange(first, first + count) - size.mean())[:, None] * slope
        means = (sums + _RARE * line) / (known + _RARE)
        rest = np.where(told, z - means[place], 0.0)
        scatter = np.zeros((count, body.shape[1], body.shape[1]))
        np.add.at(scatter, place, rest[:, :, None] * rest[:, None, :])
        share = np.sqrt(np.outer(n, n))
        pooled = scatter.sum(axis=0) / share + 1e-3 * np.eye(len(n))
        root = np.sqrt(known + _RARE)
        # divided by congruence, so that what is told of less often leaves it positive definite
        covariances = (scatter + _RARE * pooled) / (root[:, :, None] * root[:, None, :])
        worn = np.zeros((count, types))
        np.add.at(worn, (place[body_type >= 0], body_type[body_type >= 0]), 1.0)
        usual = (worn.sum(axis=0) + 1.0) / (worn.sum() + types)
        more = np.log((worn / usual + _TYPED) / (worn.sum(axis=1, keepdims=True) + _TYPED))
        return cls(centre, spread, first, means, covariances, np.pad(more, ((0, 0), (0, 1))))

    def _place(self, size: Floats) -> Ints:
        return np.clip(np.rint(size).astype(np.int64) - self.first, 0, len(self.means) - 1)

    def of_type(self, body_type: Ints, size: Floats) -> Floats:
        """(n, k) `types` of each body (n,) in each size (n, k)."""
        return self.types[self._place(size), body_type[:, None]]

    def likelihood(self, body: Floats, size: Floats) -> Floats:
        """(n, k) log density of each body (n, b) among those of each size (n, k), over what is known of it."""
        z = (body - self.centre) / self.spread
        every = np.zeros((len(body), len(self.means)))
        known, pattern = np.unique(~np.isnan(body), axis=0, return_inverse=True)
        for number, told in enumerate(known):
            rows = np.flatnonzero(pattern.ravel() == number)
            inverse = np.linalg.inv(self.covariances[:, told][:, :, told])
            away = z[rows][:, None, told] - self.means[:, told]
            square = np.einsum("nsi,sij,nsj->ns", away, inverse, away)
            every[rows] = 0.5 * (np.linalg.slogdet(inverse)[1] - square)
        return np.take_along_axis(every, self._place(size), axis=1)


@dataclass(frozen=True)
class Shelf:
    """Garments that come in k sizes: the rows (m,) of the events they are in, sizes (m, k), their terms (m, f, k)."""

    rows: Ints
    sizes: Floats
    terms: Floats


@dataclass(frozen=True)
class SizeRange:
    """The sizes in which each garment is known, how often each was taken, and how they felt to whom."""

    sizes: dict[int, Floats]
    stock: dict[int, Floats]  # log share of each of those sizes among all that were taken of the garment
    bodies: SizeBodies
    fitted: dict[int, tuple[Floats, Ints]]  # customer → sizes that fitted, ascending, and how often
    told: Floats  # (c, 3) each customer's largest size that was small, median that fitted, smallest that was large; NaN

    @classmethod
    def learnt(cls, past: Events) -> SizeRange:
        """From events with fit feedback, some of which fitted."""
        usual = dict(zip(*np.unique(past.size, return_counts=True), strict=True))
        sizes: dict[int, Floats] = {}
        stock: dict[int, Floats] = {}
        for g, taken in _by(past.garment, past.size):
            sizes[g], count = np.unique(taken, return_counts=True)
            prior = _STOCK_PRIOR * np.array([usual[size] for size in sizes[g].tolist()]) / len(past)
            stock[g] = np.log((count + prior) / (len(taken) + _STOCK_PRIOR))
        fit = past.rows(past.fit == FITS.index("fit"))
        bodies = SizeBodies.learnt(fit.body, fit.words["body_type"], fit.size, len(fit.vocabulary["body_type"]))
        fitted = {c: np.unique(mine, return_counts=True) for c, mine in _by(fit.customer, fit.size)}
        told = np.full((len(past.customers), len(FITS)), np.nan)
        for k, summed in enumerate((np.max, np.median, np.min)):
            of = past.rows(past.fit == k)
            for c, mine in _by(of.customer, of.size):
                told[c, k] = summed(mine)
        return cls(sizes, stock, bodies, fitted, told)

    def shelves(self, events: Events, expected: Floats, of_body: Floats, spread: Floats) -> Iterator[Shelf]:
        """The events whose garment is known, by how many sizes it comes in.

        expected: (n,) the size expected to fit, of_body: (n,) that expected of the body alone, spread: (n,) give or
        take how much.
        """
        many = np.array([len(self.sizes.get(g, ())) for g in events.garment.tolist()])
        for k in np.unique(many[many > 0]).tolist():
            rows = np.flatnonzero(many == k)
            of = events.rows(rows)
            sizes = np.array([self.sizes[g] for g in of.garment.tolist()])
            give = spread[rows, None]
            habit, own = np.zeros_like(sizes), np.zeros_like(sizes)
            for row, customer in enumerate(of.customer.tolist()):
                if customer in self.fitted:
                    mine, times = self.fitted[customer]
                    habit[row] = np.log1p(((mine == sizes[row, :, None]) * times).sum(axis=1))
                    own[row] = -np.abs(sizes[row] - self.told[customer, 1]) / give[row]
            terms = {
                "expected": -0.5 * ((sizes - expected[rows, None]) / give) ** 2,
                "body": -0.5 * ((sizes - of_body[rows, None]) / give) ** 2,
                "bodies": self.bodies.likelihood(of.body, sizes),
                "body_type": self.bodies.of_type(of.words["body_type"], sizes),
                "stock": np.array([self.stock[g] for g in of.garment.tolist()]),
                "habit": habit,
                "own": own,
            }
            yield Shelf(rows, sizes, np.stack([terms[name] for name in TERMS], axis=1))


def _by(key: Ints, value: Floats) -> Iterator[tuple[int, Floats]]:
    order = np.argsort(key, kind="stable")
    keys, begin = np.unique(key[order], return_index=True)
    yield from zip(keys.tolist(), np.split(value[order], begin[1:]), strict=True)


def weighed(seen: Sequence[tuple[Shelf, Floats]]) -> Floats:
    """(f,) the weights of TERMS from shelves, each with the size (n,) that fitted in its rows, NaN where none did."""
    found: list[Choices] = []
    for shelf, fitted in seen:
        right = shelf.sizes == fitted[shelf.rows, None]
        rows, at = np.nonzero(right)
        found.append(Choices(shelf.terms[rows], shelf.terms[rows, :, at], np.ones(len(rows))))
    return conditional_logit(found, _START, _PULL)


def worth(p: Floats) -> Floats:
    """(m, k) what each size is worth by the probabilities (m, k): the right one 1, the one beside it _BESIDE."""
    beside = np.zeros_like(p)
    beside[:, 1:] += p[:, :-1]
    beside[:, :-1] += p[:, 1:]
    return p + _BESIDE * beside


def probabilities(shelf: Shelf, weights: Floats) -> Floats:
    """(m, k) how likely each size is the right one."""
    return shares(weights, shelf.terms)
