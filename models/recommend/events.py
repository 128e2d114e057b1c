# SPDX-License-Identifier: GPL-3.0-or-later
"""What customers did, read from CSV, JSON lines, Parquet or reviews and cleaned: nothing is dropped unreported.

A row needs `customer`, `garment` and `date` (YYYY-MM-DD). It may say `kind` (KINDS; without it the row is a rental),
`fit` (small, fit, large), `size`, `rating`, `occasion`, `category`, `colour`, `fabric`, `season`, `body_type`, and of
the body `age` (years) and `height`, `weight`, `bust` in metres and kilograms, or `height_in`, `weight_lbs`,
`bust_size_num` in inches and pounds, which are converted here; `bust_size_letter` is the cup. Of a garment made to
measure `ease` says, in metres, how much more it has than its style's own.
"""

from __future__ import annotations

import csv
import gzip
import importlib
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .reviews import ReviewRefused, read_reviews

# How much each kind of event says of taste: a view hints, a return or a "never" speaks against, a fit says nothing.
KINDS = {
    "rental": 1.0, "purchase": 1.0, "approval": 1.0, "chosen": 1.0, "rating": 1.0, "like": 0.5, "comment": 0.2,
    "view": 0.2, "fit": 0.0, "return": -1.0, "never": -1.0,
}  # fmt: skip
TAKEN = ("rental", "purchase", "approval", "chosen", "rating")
FITS = ("small", "fit", "large")
CUPS = ("aa", "a", "b", "c", "d", "dd", "ddd", "e", "f", "g", "h", "i", "j")  # "d+" is written for d, "dd/e" for dd
WORDS = ("occasion", "category", "colour", "fabric", "season", "body_type")
BODY = ("height", "weight", "bust", "cup", "age")
# Outside of these a value is a slip of the pen: the tallest and the heaviest on record, a customer's ages, any size.
BOUNDS = {
    "height": (0.9, 2.75), "weight": (20.0, 400.0), "bust": (0.5, 2.0), "age": (12.0, 100.0), "size": (0.0, 80.0),
    "ease": (-0.5, 0.5),
}  # fmt: skip
RATINGS = (0.0, 10.0)
_INCH, _POUND = 0.0254, 0.45359237
_DOORS = {"height_in": ("height", _INCH), "weight_lbs": ("weight", _POUND), "bust_size_num": ("bust", _INCH)}
BUSIEST_DAY = 100  # events of one customer a day: beyond it a machine clicks
LONGEST_ID = 200
_LARGEST_LINE = 2**20
_EXAMPLES = 5
REVIEWS = (".json", ".sqlite", ".db")  # endings of a review's file and of a review server's store


class EventsRefused(ValueError):
    """A file that holds no events."""


@dataclass(frozen=True)
class Finding:
    """One thing that cleaning found: in how many rows, the first few of their line numbers, and what was done."""

    reason: str
    count: int
    lines: tuple[int, ...]
    done: str


@dataclass(frozen=True)
class Events:
    """Events in order of day. Row e: customers[customer[e]] had to do with garments[garment[e]].

    day: (n,) int, days since 1970. kind: (n,) index into KINDS. fit: (n,) index into FITS, -1 unknown. size, rating,
    ease: (n,) float, NaN unknown. body: (n, 5) float as BODY says (m, kg, m, index of the cup, years), NaN unknown.
    words: for each of WORDS (n,) index into vocabulary[word], -1 unknown.
    """

    customers: tuple[str, ...]
    garments: tuple[str, ...]
    customer: NDArray[np.int64]
    garment: NDArray[np.int64]
    day: NDArray[np.int64]
    kind: NDArray[np.int64]
    fit: NDArray[np.int64]
    size: NDArray[np.float64]
    rating: NDArray[np.float64]
    ease: NDArray[np.float64]
    body: NDArray[np.float64]
    words: Mapping[str, NDArray[np.int64]]
    vocabulary: Mapping[str, tuple[str, ...]]

    def __len__(self) -> int:
        return len(self.customer)

    def rows(self, keep: NDArray[Any]) -> Events:
        """These rows alone, with the same names: codes go on meaning the same."""
        taken = {name: getattr(self, name)[keep] for name in _COLUMNS}
        return replace(self, **taken, words={word: codes[keep] for word, codes in self.words.items()})

    @property
    def taken(self) -> NDArray[np.bool_]:
        """(n,) whether the garment was taken: bought, rented, approved, chosen or rated."""
        return np.isin(self.kind, [list(KINDS).index(kind) for kind in TAKEN])

    def until(self, day: int) -> tuple[Events, Events]:
        """The events before `day`, and those from it on."""
        return self.rows(self.day < day), self.rows(self.day >= day)


_COLUMNS = ("customer", "garment", "day", "kind", "fit", "size", "rating", "ease", "body")


@dataclass
class _Aside:
    """What is found while reading, by reason."""

    done: dict[str, str] = field(default_factory=dict[str, str])
    lines: dict[str, list[int]] = field(default_factory=dict[str, list[int]])

    def add(self, reason: str, line: int, done: str) -> None:
        self.done[reason] = done
        self.lines.setdefault(reason, []).append(line)

    def findings(self) -> tuple[Finding, ...]:
        return tuple(Finding(r, len(n), tuple(sorted(n)[:_EXAMPLES]), self.done[r]) for r, n in self.lines.items())


@dataclass(frozen=True)
class Cleaning:
    """The report of cleaning. rows = kept + set aside; a finding with done = "left blank" concerns kept rows."""

    rows: int
    kept: int
    findings: tuple[Finding, ...]

    def to_json(self) -> dict[str, Any]:
        return {"rows": self.rows, "kept": self.kept, "findings": [asdict(finding) for finding in self.findings]}


SET_ASIDE, BLANK = "set aside", "left blank"


def read_events(paths: Sequence[Path], today: date) -> tuple[list[Events], Cleaning]:
    """Files of events → events of each file, all with the same names, and the report of their cleaning.

    today: what comes later has not happened. Lines are counted through all files in turn.
    Raises EventsRefused for a file that is no table of events, OSError where it cannot be read.
    """
    aside = _Aside()
    rows: list[tuple[int, dict[str, Any]]] = []
    ends: list[int] = []
    line = 0
    for path in paths:
        for record in _records(path):
            line += 1
            if (row := _cleaned(record, line, today, aside)) is not None:
                rows.append((line, row))
        ends.append(line)
    rows = _without_machines(rows, aside)
    rows = _without_repeats(rows, aside)
    if not rows:
        raise EventsRefused(f"{', '.join(p.name for p in paths)}: no row names a customer, a garment and a day. {_HOW}")
    events = coded([row for _, row in rows])
    lines = np.array([number for number, _ in rows])
    order = np.lexsort((events.garment, events.customer, events.day))
    ordered, lines = events.rows(order), lines[order]
    parts = [ordered.rows((lines > begin) & (lines <= end)) for begin, end in zip([0, *ends], ends, strict=False)]
    return parts, Cleaning(line, len(rows), aside.findings())


def read_event(record: Mapping[str, Any], today: date) -> dict[str, Any]:
    """One event as a row in our own units, ready for `coded`. Raises EventsRefused with all that is wrong with it."""
    aside = _Aside()
    row = _cleaned(record, 1, today, aside)
    if row is None or aside.done:
        raise EventsRefused(f"This event cannot be taken: {'; '.join(aside.done)}.")
    return row


_HOW = "Give a table with the columns customer, garment and date (YYYY-MM-DD)."


def _records(path: Path) -> Iterator[Mapping[str, Any]]:
    name = path.name.removesuffix(".gz").lower()
    if name.endswith(".parquet"):
        try:
            table = importlib.import_module("pyarrow.parquet")
        except ImportError as error:
            raise EventsRefused(f"{path.name}: Parquet needs pyarrow; save the table as CSV.") from error
        yield from table.read_table(path).to_pylist()
        return
    if name.endswith(REVIEWS):
        try:
            yield from read_reviews(path)
        except ReviewRefused as error:
            raise EventsRefused(f"{path.name}: {error}") from error
        return
    opener: Any = gzip.open if path.name.endswith(".gz") else open
    try:
        with opener(path, "rt", encoding="utf-8-sig", newline="") as lines:
            if name.endswith((".jsonl", ".ndjson")):
                yield from _json_lines(lines, path)
                return
            table = csv.DictReader(lines, restkey="?", strict=True)
            if not {"customer", "garment", "date"} <= set(table.fieldnames or ()):
                raise EventsRefused(f"{path.name}: its first line does not name the columns. {_HOW}")
            yield from table
    except (UnicodeDecodeError, csv.Error, gzip.BadGzipFile, EOFError) as error:
        raise EventsRefused(f"{path.name} is no table in UTF-8: {error}. {_HOW}") from error


def _json_lines(lines: Iterable[str], path: Path) -> Iterator[Mapping[str, Any]]:
    for number, line in enumerate(lines, 1):
        try:
            record = json.loads(line) if len(line) <= _LARGEST_LINE else None
        except (ValueError, RecursionError):
            record = None
        if not isinstance(record, dict):
            raise EventsRefused(f"{path.name}: line {number} is not one JSON object. {_HOW}")
        yield record


def _cleaned(record: Mapping[str, Any], line: int, today: date, aside: _Aside) -> dict[str, Any] | None:
    """A row in our own units, or None when it was set aside."""
    row: dict[str, Any] = {}
    for key in ("customer", "garment"):
        value = record.get(key)
        if not (isinstance(value, str) and value.strip() and len(value) <= LONGEST_ID and value.isprintable()):
            return aside.add(f"no {key}, or one too long or unprintable", line, SET_ASIDE)
        row[key] = value
    if (day := _day(record.get("date"))) is None:
        return aside.add("date is not YYYY-MM-DD", line, SET_ASIDE)
    if day > today.toordinal():
        return aside.add("date lies in the future", line, SET_ASIDE)
    row["day"] = day - _EPOCH
    kind = _word(record.get("kind")) or "rental"
    if kind not in KINDS:
        return aside.add("kind of event is unknown", line, SET_ASIDE)
    row["kind"] = kind
    for name, value in _numbers(record):
        low, high = RATINGS if name == "rating" else BOUNDS[name]
        if value is None or not low <= value <= high:
            aside.add(f"{name} is impossible", line, BLANK)
        else:
            row[name] = value
    cup = _word(record.get("bust_size_letter")).split("/")[0].rstrip("+")
    for name, word, allowed in (("fit", _word(record.get("fit")), FITS), ("cup", cup, CUPS)):
        if word in allowed:
            row[name] = allowed.index(word)
        elif word:
            aside.add(f"{name} is unknown", line, BLANK)
    row.update({name: word for name in WORDS if (word := _word(record.get(name)))})
    return row


_EPOCH = date(1970, 1, 1).toordinal()


def _day(value: object) -> int | None:
    try:
        return date.fromisoformat(str(value)[:10]).toordinal()
    except ValueError:
        return None


def _word(value: object) -> str:
    return value.strip().lower()[:LONGEST_ID] if isinstance(value, str) else ""


def _numbers(record: Mapping[str, Any]) -> Iterator[tuple[str, float | None]]:
    """The numbers that are there, by our names and in our units; None for one that is no number."""
    for name in ("height", "weight", "bust", "age", "size", "ease", "rating", *_DOORS):
        value = record.get(name)
        if value is None or value == "":
            continue
        ours, unit = _DOORS.get(name, (name, 1.0))
        try:
            number = float(value) * unit
        except (TypeError, ValueError):
            number = math.nan
        yield ours, number if math.isfinite(number) else None


def _without_machines(rows: list[tuple[int, dict[str, Any]]], aside: _Aside) -> list[tuple[int, dict[str, Any]]]:
    """Without the customers that did more in a day than a person does."""
    busy: dict[tuple[str, int], int] = {}
    for _, row in rows:
        key = row["customer"], row["day"]
        busy[key] = busy.get(key, 0) + 1
    machines = {customer for (customer, _), count in busy.items() if count > BUSIEST_DAY}
    for line, row in rows:
        if row["customer"] in machines:
            aside.add(f"customer with more than {BUSIEST_DAY} events in a day", line, SET_ASIDE)
    return [entry for entry in rows if entry[1]["customer"] not in machines] if machines else rows


def _without_repeats(rows: list[tuple[int, dict[str, Any]]], aside: _Aside) -> list[tuple[int, dict[str, Any]]]:
    """Each event once: the same customer, garment, day, kind, size, fabric and colour."""
    seen: set[tuple[Any, ...]] = set()
    kept: list[tuple[int, dict[str, Any]]] = []
    for line, row in rows:
        key = tuple(row.get(name) for name in ("customer", "garment", "day", "kind", "size", "fabric", "colour"))
        if key in seen:
            aside.add("repeats an earlier row", line, SET_ASIDE)
        else:
            seen.add(key)
            kept.append((line, row))
    return kept


def coded(rows: Sequence[Mapping[str, Any]]) -> Events:
    """Clean rows, in their order."""

    def codes(key: str) -> tuple[tuple[str, ...], NDArray[np.int64]]:
        names = tuple(sorted({row[key] for row in rows if key in row}))
        index = {name: code for code, name in enumerate(names)}
        return names, np.array([index[row[key]] if key in row else -1 for row in rows], np.int64)

    def numbers(key: str) -> NDArray[np.float64]:
        return np.array([row.get(key, math.nan) for row in rows], float)

    customers, customer = codes("customer")
    garments, garment = codes("garment")
    coded = {word: codes(word) for word in WORDS}
    index = {kind: code for code, kind in enumerate(KINDS)}
    return Events(
        customers=customers,
        garments=garments,
        customer=customer,
        garment=garment,
        day=np.array([row["day"] for row in rows], np.int64),
        kind=np.array([index[row["kind"]] for row in rows], np.int64),
        fit=np.array([row.get("fit", -1) for row in rows], np.int64),
        size=numbers("size"),
        rating=numbers("rating"),
        ease=numbers("ease"),
        body=np.stack([numbers(name) for name in BODY], axis=1),
        words={word: column for word, (_, column) in coded.items()},
        vocabulary={word: names for word, (names, _) in coded.items()},
    )
