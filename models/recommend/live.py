# SPDX-License-Identifier: GPL-3.0-or-later
"""The recommender's store: one SQLite file on the studio's own disk, into which each event is folded as it happens.

A customer's id is kept as a keyed hash, and nothing of a customer without consent. What is ranked by is the events'
own sums, so forgetting is: delete the rows, and count and train again.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import math
import os
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from .counts import LOOKS, OWN, POPULAR, PRIOR, TERMS, Asker, Counts
from .evaluation import EvaluationRefused, listed
from .events import BODY, BOUNDS, FITS, KINDS, TAKEN, WORDS, Events, EventsRefused, coded, read_event
from .families import families_of
from .fit import FitRefused, SizeAdviser
from .logistic import Logistic
from .rankers import UNTUNED
from .sizing import Segments
from .study import KNOWN, NEW, choose

_FORMAT = 2
_REASONS = 3
_MOST_POPULARITY = 2.0
_FIELDS = ("fit", "size", "rating", "ease", *BODY, *WORDS)
_SCHEMA = f"""
CREATE TABLE person (number INTEGER PRIMARY KEY, pseudonym BLOB NOT NULL UNIQUE, consent TEXT NOT NULL);
CREATE TABLE event (number INTEGER PRIMARY KEY, person INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
  garment TEXT NOT NULL, day INTEGER NOT NULL, kind TEXT NOT NULL,
  {", ".join(_FIELDS)});
CREATE INDEX events_of_person ON event (person);
CREATE TABLE setting (name TEXT PRIMARY KEY, value NOT NULL);
PRAGMA user_version = {_FORMAT};
"""


class StoreRefused(ValueError):
    """A file that is no store of this version, or one that is there already."""


class ConsentMissing(ValueError):
    """A customer who has not agreed to be remembered."""


class CustomerUnknown(ValueError):
    """A customer of whom nothing is kept."""


class AskRefused(ValueError):
    """A question that the store cannot answer."""


class Store:
    """The file and, in memory, its sums. Use as a context manager; one process writes at a time."""

    def __init__(self, path: Path, key: bytes | None = None) -> None:
        """Open the store, or make one with `key` (drawn if None), by which customers' ids are hashed."""
        fresh = not path.exists()
        try:
            self._db = sqlite3.connect(path, isolation_level=None)
            self._db.execute("PRAGMA secure_delete = ON")
            self._db.execute("PRAGMA foreign_keys = ON")
            self._db.execute("PRAGMA journal_mode = WAL")
            if fresh:
                self._db.executescript(_SCHEMA)
                self._set("key", key or os.urandom(32))
            if self._db.execute("PRAGMA user_version").fetchone()[0] != _FORMAT:
                raise StoreRefused(f"{path.name} is no store of this version: train one anew.")
        except sqlite3.DatabaseError as error:
            raise StoreRefused(f"{path.name} is no store: {error}. Name another file, or train one anew.") from error
        self._key: bytes = self._setting("key")
        self._recount()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._db.close()

    def agree(self, customer: str, consent: str) -> None:
        """Record that a customer agreed to be remembered, and to what: a date and the words' version, say."""
        self._db.execute(
            "INSERT INTO person (pseudonym, consent) VALUES (?, ?)"
            " ON CONFLICT (pseudonym) DO UPDATE SET consent = excluded.consent",
            (self._pseudonym(customer), consent),
        )

    def agreed(self, customer: str) -> bool:
        """Whether a customer agreed to be remembered."""
        return self._find(customer) >= 0

    def fill(self, events: Events, consent: str) -> None:
        """Take in many cleaned events at once, of customers who all gave the same consent; all of them or none."""
        with self._transaction():
            self._db.executemany(
                "INSERT INTO person (pseudonym, consent) VALUES (?, ?) ON CONFLICT DO NOTHING",
                [(self._pseudonym(events.customers[c]), consent) for c in dict.fromkeys(events.customer.tolist())],
            )
            for row in _rows(events):
                self._insert(row)
        self._recount()

    def fold(self, record: Mapping[str, Any], today: date) -> None:
        """One event, as a row of a file would say it: kept for good when this returns, and counted.

        Raises EventsRefused for a record that is not sound, ConsentMissing.
        """
        row = read_event(record, today)
        with self._transaction():
            person = self._insert(row)
        self._count([{**row, "customer": person}])

    def rank(self, customer: str, brief: Mapping[str, Any], n: int, popularity: float = 1.0) -> list[dict[str, Any]]:
        """The n garments for a customer: `garment`, `score`, `reasons` (the terms that spoke most).

        Best first, and again in the last fifth (see `listed`).

        brief: what is known now: `occasion`, `body_type`, and of the body what BODY names, in its units; it takes the
        place of what is on record. popularity: how much what all take is to say, 1 for as much as was learnt.
        Raises AskRefused for a word or a number that means nothing here.
        """
        if n < 1:
            raise AskRefused(f"Ask for one garment at least, not for {n}.")
        terms = self._terms(customer, brief, popularity)
        scores = sum(terms.values(), np.zeros(len(self._place)))
        scores[self.counts.histories.get(self._find(customer), [])] = -np.inf
        popular = sum((terms[name] for name in POPULAR), np.zeros(len(scores)))
        chosen = [g for g in listed(scores, popular, n).tolist() if g >= 0]
        names = list(self._place)
        above = {name: values - values.mean() for name, values in terms.items()}
        return [{"garment": names[g], "score": float(scores[g]), "reasons": _reasons(above, g)} for g in chosen]

    def advise(self, customer: str, brief: Mapping[str, Any], garments: Sequence[str]) -> dict[str, dict[str, float]]:
        """Of each of these garments that is known in sizes: the `size` to take, and how likely it is felt as FITS says.

        brief: as in `rank`. Nothing of any where the store has learnt of no fit. Raises AskRefused.
        """
        self._refuse_unknown(brief)
        if self._fit is None:
            return {}
        person = self._find(customer)
        told = {"customer": person, "day": self.counts.latest, "kind": "view", **self._bodies.get(person, {}), **brief}
        categories = [*self._words["category"], None]
        kept = self._rows()
        asked: list[dict[str, Any]] = []
        garments = [garment for garment in garments if garment in self._place]
        for garment in garments:
            category = categories[self.counts.looks["category"][self._place[garment]]]
            asked.append({**told, "garment": garment} | ({"category": category} if category else {}))
        events = _named([*kept, *asked])
        adviser = SizeAdviser.restored(events.rows(np.arange(len(kept))), self._fit)
        sizes, felt = adviser.advice(events.rows(np.arange(len(kept), len(events))))
        return {
            garment: {"size": float(size), **dict(zip(FITS, of_size.tolist(), strict=True))}
            for garment, size, of_size in zip(garments, sizes, felt, strict=True)
            if not math.isnan(size)
        }

    def suits(
        self, customer: str, brief: Mapping[str, Any], styles: Mapping[str, Collection[str]], popularity: float = 1.0
    ) -> dict[str, dict[str, float]]:
        """How well styles suit a customer: the terms of the score of its likeliest garments above the average one.

        styles: the words by which each is known as a `category`. brief, popularity: as in `rank`. A style of which no
        garment is kept has no terms. Raises AskRefused.
        """
        terms = self._terms(customer, brief, popularity)
        scores = sum(terms.values(), np.zeros(len(self._place)))
        found: dict[str, dict[str, float]] = {}
        for style, words in styles.items():
            codes = [code for word, code in self._words["category"].items() if word in words]
            of_style = np.flatnonzero(np.isin(self.counts.looks["category"], codes))
            likely = np.exp(scores[of_style] - scores[of_style].max(initial=-np.inf))
            found[style] = {
                name: float(likely @ values[of_style] / likely.sum() - values.mean())
                for name, values in terms.items()
                if len(of_style)
            }
        return found

    def fancies(self, customer: str) -> dict[str, dict[str, float]]:
        """Of each of OWN, how much each word of that look, a colour say, speaks for a customer: terms of a score."""
        terms = self._terms(customer, {}, 1.0)
        found: dict[str, dict[str, float]] = {}
        for term, look in OWN.items():
            codes = self.counts.looks[look].tolist()
            found[term] = {word: float(terms[term][codes.index(code)]) for word, code in self._words[look].items()}
        return found

    @property
    def occasions(self) -> list[str]:
        """The occasions that the store learnt of."""
        return self._vocabulary["occasion"]

    def _terms(self, customer: str, brief: Mapping[str, Any], popularity: float) -> dict[str, NDArray[np.float64]]:
        """(g,) each term of the score. Raises AskRefused."""
        self._refuse_unknown(brief)
        if not 0.0 <= popularity <= _MOST_POPULARITY:
            raise AskRefused(f"Give popularity a share from 0 to {_MOST_POPULARITY:g}, 1 for as learnt.")
        person = self._find(customer)
        told = {**self._bodies.get(person, {}), **brief}
        asker = Asker(person, {name: int(codes[0]) for name, codes in self._codes([told]).items()})
        weights = dict(self.weights[KNOWN if person in self.counts.tastes else NEW])
        weights |= {name: popularity * weights[name] for name in POPULAR}
        return {name: weights[name] * values for name, values in self.counts.terms(asker).items()}

    def train(self, seed: int = 0) -> dict[str, Any]:
        """Learn sizes, weights and fit anew from all that is kept; returns the table of the validation period.

        Raises EventsRefused for an empty store, EvaluationRefused for one too young to hold anything out.
        """
        events = self.events()
        places = np.array([self._place[name] for name in events.garments])
        looks = {name: codes[places] for name, codes in self.counts.looks.items()}
        families = families_of(tuple(self._words["category"]), looks["category"])
        chosen, table = choose(events, looks, families, {}, np.random.default_rng(seed), lambda *_: None)
        learnt = {
            "segments": Segments.learnt(events).to_json(),
            "vocabulary": {word: list(events.vocabulary[word]) for word in ("occasion", "body_type")},
            "weights": chosen.weights,
            "strengths": {look: of_look.tolist() for look, of_look in chosen.strengths.items()},
        }
        with contextlib.suppress(FitRefused):  # too little of it is told: then no size is
            learnt["fit"] = SizeAdviser.learnt(events, Logistic.learnt, seed).to_json()
        self._set("learnt", json.dumps(learnt))
        self._recount()
        return table

    def export(self, customer: str) -> dict[str, Any]:
        """All that is kept of a customer. Raises CustomerUnknown."""
        person = self._known(customer)
        consent = self._db.execute("SELECT consent FROM person WHERE number = ?", (person,)).fetchone()[0]
        rows = [row for row in self._rows() if row["customer"] == person]
        return {"consent": consent, "events": [{k: v for k, v in row.items() if k != "customer"} for row in rows]}

    def worn(self, customer: str) -> list[tuple[float, str]]:
        """How garments made to measure felt: ease above their style's own, in metres, and one of FITS."""
        told = "SELECT ease, fit FROM event WHERE person = ? AND ease NOT NULL AND fit NOT NULL ORDER BY number"
        return [(ease, FITS[fit]) for ease, fit in self._db.execute(told, (self._find(customer),))]

    def forget(self, customer: str, seed: int = 0) -> None:
        """Delete a customer: rows, freed pages and journal; then count, and train again. Raises CustomerUnknown."""
        self._db.execute("DELETE FROM person WHERE number = ?", (self._known(customer),))
        trained = self._setting("learnt") is not None
        self._db.execute("DELETE FROM setting WHERE name = 'learnt'")
        self._recount()
        if trained:
            # where too little is left to learn from, a store ranks as a new one does
            with contextlib.suppress(EvaluationRefused, EventsRefused):
                self.train(seed)
        self._db.execute("VACUUM")
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def events(self) -> Events:
        """All that is kept, in order of day. Raises EventsRefused when that is nothing.

        Customers are named by the number of their row.
        """
        if not (rows := sorted(self._rows(), key=lambda row: row["day"])):
            raise EventsRefused("The store holds no events: give it some.")
        return _named(rows)

    def _recount(self) -> None:
        """The sums and all else that is held in memory, from the file."""
        learnt = json.loads(self._setting("learnt") or "null")
        self._segments = Segments.from_json(learnt["segments"]) if learnt else None
        self._vocabulary: dict[str, list[str]] = learnt["vocabulary"] if learnt else {"occasion": [], "body_type": []}
        self.weights: dict[str, Mapping[str, float]] = {KNOWN: UNTUNED, NEW: UNTUNED}
        if learnt:  # before a look was known, nothing was learnt of it
            self.weights = {kind: dict.fromkeys(TERMS, 0.0) | of for kind, of in learnt["weights"].items()}
        self._fit: dict[str, Any] | None = learnt.get("fit") if learnt else None
        self._place: dict[str, int] = {}
        self._words: dict[str, dict[str, int]] = {name: {} for name in LOOKS}
        self._bodies: dict[int, dict[str, Any]] = {}
        sizes = self._segments.sizes if self._segments else dict.fromkeys(PRIOR, 1)
        self.counts = Counts(dict.fromkeys(LOOKS, np.empty(0, np.int64)), sizes)
        self.counts.strengths = {look: np.array(s) for look, s in learnt["strengths"].items()} if learnt else {}
        self._count(self._rows())

    def _count(self, rows: Sequence[dict[str, Any]]) -> None:
        """Count rows, whose customer is a number. What a garment is, is what its first event says that says it."""
        looks = {name: codes.tolist() for name, codes in self.counts.looks.items()}
        for row in rows:
            place = self._place.setdefault(row["garment"], len(self._place))
            for name, codes in looks.items():
                if place == len(codes):
                    codes.append(-1)
                if codes[place] < 0 and name in row:
                    codes[place] = self._words[name].setdefault(row[name], len(self._words[name]))
            body = {key: row[key] for key in (*BODY, "body_type") if key in row}
            self._bodies.setdefault(row["customer"], {}).update(body)
        self.counts.widen({name: np.array(codes, np.int64) for name, codes in looks.items()})
        customers = np.array([row["customer"] for row in rows], np.int64)
        garments = np.array([self._place[row["garment"]] for row in rows], np.int64)
        self.counts.notice(customers, garments, np.array([KINDS[row["kind"]] for row in rows]))
        if taken := [row for row in rows if row["kind"] in TAKEN]:
            customer, garment, day = (
                np.array([place[row[key]] if place else row[key] for row in taken], np.int64)
                for key, place in (("customer", None), ("garment", self._place), ("day", None))
            )
            self.counts.add(customer, garment, day, self._codes(taken))

    def _codes(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, NDArray[np.int64]]:
        """(n,) each row's codes in the segments; -1 for what was unknown when the store was trained."""
        if self._segments is None:
            return {name: np.full(len(rows), -1) for name in PRIOR}
        body = np.array([[row.get(name, math.nan) for name in BODY] for row in rows])
        words = {
            word: {name: code for code, name in enumerate(self._vocabulary[word])} for word in ("occasion", "body_type")
        }
        occasion, body_type = (
            np.array([index.get(row.get(word, ""), -1) for row in rows], np.int64) for word, index in words.items()
        )
        return self._segments.codes(body, occasion, body_type)

    def _refuse_unknown(self, brief: Mapping[str, Any]) -> None:
        for name, value in brief.items():
            if name in BOUNDS:
                low, high = BOUNDS[name]
                if not low <= value <= high:
                    raise AskRefused(f"{name} lies from {low:g} to {high:g} (metres, kilograms, years): not {value:g}.")
            elif (known := self._vocabulary.get(name)) and value not in known:
                raise AskRefused(f"No event of this store has the {name} {value!r}: choose of {', '.join(known)}.")

    def _insert(self, row: Mapping[str, Any]) -> int:
        person = self._find(row["customer"])
        if person < 0:
            raise ConsentMissing("This customer has not agreed to be remembered: record the consent first.")
        values = (person, row["garment"], row["day"], row["kind"], *(row.get(name) for name in _FIELDS))
        marks = ", ".join("?" * len(values))
        self._db.execute(
            f"INSERT INTO event (person, garment, day, kind, {', '.join(_FIELDS)}) VALUES ({marks})", values
        )
        return person

    def _rows(self) -> list[dict[str, Any]]:
        """Every event as it came, without what is unknown; customer is the person's number."""
        names = ("customer", "garment", "day", "kind", *_FIELDS)
        found = self._db.execute(f"SELECT person, garment, day, kind, {', '.join(_FIELDS)} FROM event ORDER BY number")
        return [{k: v for k, v in zip(names, row, strict=True) if v is not None} for row in found]

    def _pseudonym(self, customer: str) -> bytes:
        return hmac.digest(self._key, customer.encode(), hashlib.sha256)

    def _find(self, customer: str) -> int:
        """The number of a customer's row, -1 for none."""
        found = self._db.execute(
            "SELECT number FROM person WHERE pseudonym = ?", (self._pseudonym(customer),)
        ).fetchone()
        return found[0] if found else -1

    def _known(self, customer: str) -> int:
        if (person := self._find(customer)) < 0:
            raise CustomerUnknown("Nothing is kept of this customer: look at the id's spelling.")
        return person

    def _setting(self, name: str) -> Any:
        found = self._db.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
        return found[0] if found else None

    def _set(self, name: str, value: object) -> None:
        self._db.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, value))

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")


def _named(rows: Sequence[Mapping[str, Any]]) -> Events:
    """Rows of numbered customers as events: named in equal width, so that they sort as they came, not by the hash."""
    return coded([{**row, "customer": f"{row['customer']:012d}"} for row in rows])


def _rows(events: Events) -> Iterator[dict[str, Any]]:
    """Events as rows again."""
    kinds = list(KINDS)
    for e in range(len(events)):
        numbers = {name: getattr(events, name)[e] for name in ("size", "rating", "ease")}
        numbers |= zip(BODY, events.body[e], strict=True)
        yield {
            "customer": events.customers[events.customer[e]],
            "garment": events.garments[events.garment[e]],
            "day": int(events.day[e]),
            "kind": kinds[events.kind[e]],
            **({"fit": int(events.fit[e])} if events.fit[e] >= 0 else {}),
            **{name: float(value) for name, value in numbers.items() if not math.isnan(value)},
            **{word: events.vocabulary[word][codes[e]] for word, codes in events.words.items() if codes[e] >= 0},
        }


def _reasons(above: Mapping[str, NDArray[np.float64]], garment: int) -> dict[str, float]:
    """The terms that raise this garment above the average one, strongest first."""
    found = {name: float(values[garment]) for name, values in above.items() if values[garment] > 0.0}
    return dict(sorted(found.items(), key=lambda entry: -entry[1])[:_REASONS])
