# SPDX-License-Identifier: GPL-3.0-or-later
"""The size of a body, and the segments of customers that rankings know: occasion, size of the body, its type, age."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .counts import PRIOR
from .events import BODY, Events

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_AGES = (25.0, 30.0, 35.0, 40.0, 50.0)
_BANDS = (
    0.1,
    0.25,
    0.4,
    0.55,
    0.7,
    0.82,
    0.92,
    0.97,
)  # shares below each edge: finer where sizes differ more


def body_features(body: Floats, centre: Floats, spread: Floats) -> Floats:
    """(n, 5) bodies, NaN unknown → (n, f): standardised, squared, multiplied, and what is unknown."""
    z = np.nan_to_num((body - centre) / spread)
    i, j = np.triu_indices(len(BODY))
    return np.column_stack([np.ones(len(body)), z, z[:, i] * z[:, j], np.isnan(body)])


@dataclass(frozen=True)
class BodySize:
    """Sizes that bodies like this one took and that fitted: ridge regression on `body_features`."""

    centre: Floats
    spread: Floats
    weights: Floats

    @classmethod
    def learnt(cls, body: Floats, size: Floats, ridge: float = 10.0) -> BodySize:
        """From bodies (n, 5) and sizes (n,), NaN where unknown."""
        body, size = body[~np.isnan(size)], size[~np.isnan(size)]
        known = ~np.isnan(body)
        n = np.maximum(known.sum(axis=0), 1)
        centre = np.where(known, body, 0.0).sum(axis=0) / n
        spread = np.sqrt(np.where(known, (body - centre) ** 2, 0.0).sum(axis=0) / n) + 1e-9
        x = body_features(body, centre, spread)
        penalty = ridge * np.eye(x.shape[1])
        penalty[0, 0] = 1e-9
        return cls(centre, spread, np.linalg.solve(x.T @ x + penalty, x.T @ size))

    def __call__(self, body: Floats) -> Floats:
        # not a product of matrices: BLAS sums one row otherwise than many, and a body may lie on a segment's very edge
        return (body_features(body, self.centre, self.spread) * self.weights).sum(axis=1)


@dataclass(frozen=True)
class Segments:
    """How customers fall into segments, learnt from past events."""

    size: BodySize
    edges: Floats
    sizes: dict[str, int]

    @classmethod
    def learnt(cls, past: Events) -> Segments:
        size = BodySize.learnt(past.body, past.size)
        edges = np.quantile(size(past.body), _BANDS) if len(past) else np.zeros(len(_BANDS))
        words = {name: max(len(past.vocabulary[name]), 1) for name in ("occasion", "body_type")}
        return cls(size, edges, {**words, "size": len(_BANDS) + 1, "age": len(_AGES) + 1})

    def names(self, vocabulary: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
        """What each segment's codes mean: words, years, and from which to which expected size a body is."""
        words = {name: list(vocabulary[name]) for name in ("occasion", "body_type")}
        return {**words, "size": _ranges(self.edges.round(2).tolist()), "age": _ranges(_AGES)}

    def to_json(self) -> dict[str, Any]:
        size = [a.tolist() for a in (self.size.centre, self.size.spread, self.size.weights)]
        return {"size": size, "edges": self.edges.tolist(), "sizes": self.sizes}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Segments:
        return cls(BodySize(*(np.array(a) for a in data["size"])), np.array(data["edges"]), dict(data["sizes"]))

    def codes(self, body: Floats, occasion: Ints, body_type: Ints) -> dict[str, Ints]:
        """(n,) for each segment, of (n, 5) bodies and (n,) words; -1 unknown. The size is the body's own."""
        bodiless = np.isnan(body[:, :3]).all(axis=1)
        age = body[:, BODY.index("age")]
        found = {
            "occasion": occasion,
            "size": np.where(bodiless, -1, np.digitize(self.size(body), self.edges)),
            "body_type": body_type,
            "age": np.where(np.isnan(age), -1, np.digitize(age, _AGES)),
        }
        return {name: found[name].astype(np.int64) for name in PRIOR}

    def of(self, events: Events) -> dict[str, Ints]:
        """(n,) for each segment."""
        return self.codes(events.body, events.words["occasion"], events.words["body_type"])


def _ranges(edges: Sequence[float]) -> list[str]:
    between = [f"{low:g} to {high:g}" for low, high in pairwise(edges)]
    return [f"under {edges[0]:g}", *between, f"from {edges[-1]:g}"]
