# SPDX-License-Identifier: GPL-3.0-or-later
"""An adjustment: what a designer changed on a pattern, as named data that is applied again to every new draft.

Adjustments name pieces, edges and fractions of edges, never points of one draft, so they survive a new size and other
choices. One that finds nothing to change is kept, skipped, and named in the report with the reason.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, ClassVar, Self

from ..curves import CurveRefused, LengthUnreachable
from ..pattern import Pattern
from ..pieces import Piece, PieceRefused, crossings
from ..seams import SeamMismatch

LARGEST = 3.0  # metres; a change beyond this was given in the wrong unit
FITS = 1e-4  # metres of error up to which a seam fits
_LARGEST_FILE = 4 * 2**20
_CROSSING_TOLERANCE = 5e-4


class AdjustmentRefused(ValueError):
    """An adjustment that says nothing that could be done, or that this pattern cannot take."""


def within(value: object, low: float, high: float, what: str) -> float:
    """`value` as a number in [low, high]; raises AdjustmentRefused with `what` and the range in its sentence."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and low <= value <= high:
        return float(value)
    raise AdjustmentRefused(f"{what} must be a number between {low:g} and {high:g}; got {value!r}.")


def pair(value: object, low: float, high: float, what: str) -> tuple[float, float]:
    """Two numbers, each as `within` has them."""
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 2:
        raise AdjustmentRefused(f"{what} takes two numbers; got {value!r}.")
    return within(value[0], low, high, what), within(value[1], low, high, what)


def named(value: object, what: str) -> str:
    """`value` as the name of a piece or of a line: letters, digits and _, for a seam writes it 'panel.edge'."""
    if isinstance(value, str) and value.replace(" ", "_").isidentifier() and len(value) <= 100:
        return value
    raise AdjustmentRefused(f"{what} is named by letters, digits and _; got {value!r}.")


@dataclass(frozen=True)
class Place:
    """A point of a piece's outline: a fraction of an edge's length from its start."""

    edge: str
    at: float

    def __post_init__(self) -> None:
        named(self.edge, "An edge")
        within(self.at, 0.0, 1.0, f"The fraction of the edge {self.edge!r}")


@dataclass(frozen=True)
class Adjustment(ABC):
    """A named change of one piece. `on`: whether it is made at all.

    Subclasses say what they are called in a file (`kind`) and which of their numbers a slider may set (`measure`), in
    which unit, and they `apply` themselves.
    """

    kind: ClassVar[str]
    measure: ClassVar[tuple[str, str, float, float]] = ("", "", 0.0, 0.0)  # what, unit, lowest, highest
    name: str
    piece: str
    on: bool = field(default=True, kw_only=True)

    def __post_init__(self) -> None:
        if not (isinstance(self.name, str) and self.name.strip() and len(self.name) <= 100 and self.name.isprintable()):
            raise AdjustmentRefused(f"An adjustment has a name of 1 to 100 letters; got {self.name!r}.")
        named(self.piece, "A piece")
        if not isinstance(self.on, bool):
            raise AdjustmentRefused(f"{self.name!r} is on or off: give true or false, not {self.on!r}.")
        self.check()

    @abstractmethod
    def check(self) -> None:
        """Raises AdjustmentRefused for values that no pattern could take."""

    @abstractmethod
    def apply(self, pattern: Pattern) -> Pattern:
        """The pattern with this change. Raises AdjustmentRefused where it does not find what it names, or cannot."""

    @property
    def amount(self) -> float:
        """How much, in the unit of `measure`."""
        return float(getattr(self, self.measure[0])) if self.measure[0] else 0.0

    def of_amount(self, amount: float) -> Self:
        """The same change by another amount."""
        return replace(self, **{self.measure[0]: amount}) if self.measure[0] else self

    def piece_of(self, pattern: Pattern) -> Piece:
        """The piece that it changes. Raises AdjustmentRefused."""
        return piece_named(pattern, self.piece)

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {"kind": self.kind, **asdict(self)}


def piece_named(pattern: Pattern, name: str) -> Piece:
    """The piece of that name. Raises AdjustmentRefused."""
    for piece in pattern.pieces:
        if piece.name == name:
            return piece
    raise AdjustmentRefused(f"there is no piece {name!r}; there are {', '.join(p.name for p in pattern.pieces)}")


@dataclass(frozen=True)
class AdjustmentReport:
    """What became of a pattern's adjustments: those made, those skipped and why, and the seams that no longer fit.

    seams: error in metres by the seam's name.
    """

    applied: tuple[str, ...]
    skipped: Mapping[str, str]
    seams: Mapping[str, float]

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {"applied": list(self.applied), "skipped": dict(self.skipped), "seams": dict(self.seams)}


def adjust(pattern: Pattern, adjustments: Iterable[Adjustment]) -> Pattern:
    """The pattern with the adjustments made in order; what became of each is kept in its `adjustments`.

    Raises AdjustmentRefused where two have one name; one that cannot be made is skipped (see `report`).
    """
    entries: list[Mapping[str, Any]] = list(pattern.adjustments)
    names = {entry["adjustment"]["name"] for entry in entries}
    for adjustment in adjustments:
        if adjustment.name in names:
            raise AdjustmentRefused(f"Two adjustments are called {adjustment.name!r}: rename one.")
        names.add(adjustment.name)
        skipped = None
        if adjustment.on:
            try:
                pattern = _cuttable(adjustment.apply(pattern), pattern)
            except (AdjustmentRefused, CurveRefused, LengthUnreachable, PieceRefused, SeamMismatch) as error:
                skipped = str(error)
        entries.append({"adjustment": adjustment.to_json(), "skipped": skipped})
    return replace(pattern, adjustments=tuple(entries))


def _cuttable(pattern: Pattern, before: Pattern) -> Pattern:
    for piece in pattern.pieces:
        if piece not in before.pieces and any(crossings(p.outline(_CROSSING_TOLERANCE)) for p in piece.panels()):
            raise AdjustmentRefused(f"the outline of {piece.name!r} would cross itself")
    pattern.refuse_unfit()  # a line or a button that the piece has no room for any more
    return pattern


def report(pattern: Pattern) -> AdjustmentReport:
    """What became of a pattern's adjustments."""
    entries = [(entry["adjustment"], entry["skipped"]) for entry in pattern.adjustments]
    return AdjustmentReport(
        tuple(a["name"] for a, skipped in entries if a["on"] and skipped is None),
        {a["name"]: skipped for a, skipped in entries if skipped is not None},
        {s.name: s.error for s in pattern.proof().seams if s.error > FITS},
    )


# ---- Files ----


def _kinds(base: type[Adjustment] = Adjustment) -> dict[str, type[Adjustment]]:
    return {c.kind: c for c in base.__subclasses__()}


def from_json(data: object) -> Adjustment:
    """An adjustment from plain data. Raises AdjustmentRefused."""
    if not isinstance(data, Mapping):
        raise AdjustmentRefused(f"An adjustment is an object with a kind and a name; got {data!r:.80}.")
    kinds = _kinds()
    kind = kinds.get(str(data.get("kind")))
    if kind is None:
        raise AdjustmentRefused(f"There is no adjustment {data.get('kind')!r:.80}; there are {', '.join(kinds)}.")
    given = {str(key): value for key, value in data.items() if key != "kind"}
    if unknown := given.keys() - {f.name for f in fields(kind)}:
        raise AdjustmentRefused(f"{kind.kind} has no {', '.join(sorted(unknown)):.80}.")
    for f in fields(kind):
        if f.type == "Place" and f.name in given:
            place = given[f.name]
            if not (isinstance(place, Mapping) and place.keys() == {"edge", "at"}):
                raise AdjustmentRefused(f"{f.name} of {kind.kind} is a place: give its edge and at; got {place!r:.80}.")
            given[f.name] = Place(**place)
        elif isinstance(given.get(f.name), list):
            given[f.name] = _tupled(given[f.name])
        elif f.type == "bool" and f.name in given and not isinstance(given[f.name], bool):
            raise AdjustmentRefused(f"{f.name} of {kind.kind} is true or false; got {given[f.name]!r:.80}.")
    try:
        return kind(**given)
    except TypeError as error:
        raise AdjustmentRefused(f"{kind.kind} is not whole: {str(error).rpartition('() ')[2]}.") from error


def _tupled(value: Any) -> Any:
    return tuple(_tupled(item) for item in value) if isinstance(value, list) else value  # pyright: ignore[reportUnknownVariableType] - JSON has no types


def adjustments_from_json(data: object) -> tuple[Adjustment, ...]:
    """Adjustments from a list of plain data. Raises AdjustmentRefused."""
    if not isinstance(data, list) or len(data) > 1000:
        raise AdjustmentRefused("Adjustments are a list of at most 1000, each with a kind and a name.")
    return tuple(from_json(item) for item in data)


def read_adjustments(path: Path) -> tuple[Adjustment, ...]:
    """Adjustments from a JSON file. Raises AdjustmentRefused with a sentence."""
    return adjustments_from_json(read_data(path))


def read_data(path: Path) -> object:
    """What a small JSON file holds. Raises AdjustmentRefused."""
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise AdjustmentRefused(f"{path.name} is too large: is it the right file?")
        return json.loads(path.read_text(encoding="utf-8"), parse_constant=_no_number)
    except OSError as error:
        raise AdjustmentRefused(f"{path.name} cannot be read: {error.strerror}.") from error
    except AdjustmentRefused:
        raise
    except (ValueError, RecursionError) as error:  # no text, no JSON, an endless number or nesting
        raise AdjustmentRefused(f"{path.name} is not JSON: {error}.") from error


def _no_number(text: str) -> float:
    raise AdjustmentRefused(f"{text} is no number that a pattern could take.")


def free(name: str, taken: Iterable[str]) -> str:
    """`name`, or the first of name_2, name_3 … that is not taken."""
    used = set(taken)
    return next(n for n in (name, *(f"{name}_{k}" for k in range(2, len(used) + 3))) if n not in used)
