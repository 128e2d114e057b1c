# SPDX-License-Identifier: GPL-3.0-or-later
"""A style is data plus one drafting function.

Its parameters are declared once; panels, command line, JSON schema, presets and web page are generated from them.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from .curves import LengthUnreachable
from .pattern import Pattern
from .pieces import PieceRefused

Value = float | int | bool | str
Choices = Mapping[str, Any]  # resolved: each value has its declared type
Measurements = Mapping[str, float]
Kind = Literal["length", "ease", "ratio", "angle", "count", "flag", "choice"]

# Widest plausible person from a child of 1 m to the largest adult on record, in metres (shoulder_slope in radians):
# a value outside was given in the wrong unit or read from the wrong column.
_BODY_RANGE = (0.005, 2.8)


class UnknownStyle(ValueError):
    """No style of that name."""


class ParameterRefused(ValueError):
    """A parameter that the style does not have, or a value outside its range."""


class DraftRefused(ValueError):
    """Measurements and choices from which this style cannot be drafted."""


@dataclass(frozen=True)
class Parameter:
    """One declared choice of a style.

    value: the default. range: (low, high) for numbers, the names for a choice, () for a flag.
    unit: "m", "rad" or "1". kind: what the number is to a tailor; panels pick their widget by it.
    when: (slot, parts) outside of which the parameter means nothing; None where it always counts.
    """

    name: str
    value: Value
    range: tuple[float, float] | tuple[str, ...] | tuple[()]
    unit: Literal["m", "rad", "1"]
    kind: Kind
    help: str
    when: tuple[str, tuple[str, ...]] | None = None

    @property
    def label(self) -> str:
        return self.name.replace("_", " ").capitalize()

    def checked(self, value: object) -> Value:
        """`value` in the parameter's own type; raises ParameterRefused with the range in its sentence."""
        if self.kind == "flag":
            if isinstance(value, bool):
                return value
            if str(value).lower() in ("true", "yes", "on", "1"):
                return True
            if str(value).lower() in ("false", "no", "off", "0"):
                return False
            raise ParameterRefused(f"{self.name} is a flag: give true or false, not {value!r}.")
        if self.kind == "choice":
            if value in self.range:
                return str(value)
            raise ParameterRefused(f"{self.name} is one of {', '.join(map(str, self.range))}; got {value!r}.")
        try:
            number = float(value)  # type: ignore[arg-type]  # anything that is not a number is refused just below
        except (TypeError, ValueError):
            number = math.nan
        low, high = (float(end) for end in self.range)
        if not (math.isfinite(number) and low - 1e-9 <= number <= high + 1e-9):
            unit = {"m": " m", "rad": " rad", "1": ""}[self.unit]
            raise ParameterRefused(f"{self.name} must lie between {low:g} and {high:g}{unit}; got {value!r}.")
        if self.kind == "count":
            if number != round(number):
                raise ParameterRefused(f"{self.name} is a count: give a whole number, not {value!r}.")
            return int(number)
        return min(max(number, low), high)


def length(name: str, value: float, low: float, high: float, help: str) -> Parameter:
    """A length in metres."""
    return Parameter(name, value, (low, high), "m", "length", help)


def ease(name: str, value: float, low: float, high: float, help: str) -> Parameter:
    """Room added to a girth, in metres; negative for stretch fabrics."""
    return Parameter(name, value, (low, high), "m", "ease", help)


def ratio(name: str, value: float, low: float, high: float, help: str) -> Parameter:
    """A length over another that its help names."""
    return Parameter(name, value, (low, high), "1", "ratio", help)


def count(name: str, value: int, low: int, high: int, help: str) -> Parameter:
    """A whole number of things."""
    return Parameter(name, value, (low, high), "1", "count", help)


def flag(name: str, value: bool, help: str) -> Parameter:
    """A yes or no."""
    return Parameter(name, value, (), "1", "flag", help)


def choice(name: str, value: str, names: tuple[str, ...], help: str) -> Parameter:
    """One of several names."""
    return Parameter(name, value, names, "1", "choice", help)


@dataclass(frozen=True)
class Clash:
    """What a part does not go with: a parameter, where it means something, at one of these values.

    why: the sentence that refuses the two together, and says what to choose instead.
    """

    parameter: str
    values: tuple[str, ...]
    why: str


@dataclass(frozen=True)
class Part:
    """An interchangeable part of a garment: its parameters, what it needs of a body, and how it is drafted.

    Its functions are those of the slot it fits (see `patterns.assembly`): `shape` alters what the part is sewn to
    before that is cut, `divide` makes pieces of what was cut off it before it is sewn, `attach` adds the part's own
    pieces and seams. Each may be missing, and each may raise DraftRefused where there is no room for the part.
    clashes: what it does not go with on any body.
    """

    name: str
    label: str
    help: str
    parameters: tuple[Parameter, ...] = ()
    measurements: tuple[str, ...] = ()
    shape: Callable[..., Any] | None = None
    divide: Callable[..., None] | None = None
    attach: Callable[..., None] | None = None
    clashes: tuple[Clash, ...] = ()


@dataclass(frozen=True)
class Slot:
    """Where one of several parts goes. `when`: the (slot, parts) without which there is no such place."""

    name: str
    default: str
    parts: tuple[Part, ...]
    help: str
    when: tuple[str, tuple[str, ...]] | None = None

    @property
    def label(self) -> str:
        return self.name.replace("_", " ").capitalize()


def placed(slots: Sequence[Slot], choices: Choices) -> list[tuple[Slot, Part]]:
    """The slots that there are beside these resolved choices, in their order, each with its part."""
    of = {slot.name: slot for slot in slots}

    def there(slot: Slot) -> bool:
        if slot.when is None:
            return True
        other, parts = slot.when
        return choices[other] in parts and (other not in of or there(of[other]))

    return [(s, next(p for p in s.parts if p.name == choices[s.name])) for s in slots if there(s)]


def _declared(
    own: tuple[Parameter, ...], slots: tuple[Slot, ...], defaults: Mapping[str, Value]
) -> tuple[Parameter, ...]:
    """A style's own parameters, then each slot's choice and its parts' parameters, each name once."""
    found = {p.name: p for p in own}
    for slot in slots:
        declared = choice(slot.name, slot.default, tuple(p.name for p in slot.parts), slot.help)
        found[slot.name] = replace(declared, when=slot.when)
        for part in slot.parts:
            for p in part.parameters:
                seen = found.get(p.name)
                if seen is None:
                    found[p.name] = replace(p, when=(slot.name, (part.name,)))
                elif seen.when is not None:  # of another slot's part too: no one slot says when it counts
                    alike = seen.when[0] == slot.name
                    found[p.name] = replace(seen, when=(slot.name, (*seen.when[1], part.name)) if alike else None)
    found |= {name: replace(found[name], value=found[name].checked(value)) for name, value in defaults.items()}
    return tuple(found.values())


def _when_to_json(when: tuple[str, tuple[str, ...]] | None) -> dict[str, object] | None:
    return {"slot": when[0], "parts": list(when[1])} if when else None


@dataclass(frozen=True)
class Offer:
    """The parameters of a style that mean something beside the choices made so far.

    slots: which part each slot holds, where there are several to choose from. own: the style's own, its main ones
    first. parts: those of each chosen part that has any, each named once.
    """

    slots: tuple[Parameter, ...]
    own: tuple[Parameter, ...]
    parts: tuple[tuple[Slot, Part, tuple[Parameter, ...]], ...]


@dataclass(frozen=True)
class Style:
    """A garment that can be drafted: declared parameters, the measurements it needs and its drafting function.

    `parameters` and `measurements` are given as the style's own; those of its slots' parts are added. A parameter that
    the style declares itself is its own version of a part's parameter of that name (another default, another range);
    `defaults` only says other defaults.
    """

    name: str
    label: str
    help: str
    parameters: tuple[Parameter, ...]
    measurements: tuple[str, ...]
    drafting: Callable[[Measurements, Choices], Pattern]
    fabric: str = "cotton_jersey"
    slots: tuple[Slot, ...] = ()
    defaults: Mapping[str, Value] = field(default_factory=dict[str, Value])

    def __post_init__(self) -> None:
        object.__setattr__(self, "parameters", _declared(self.parameters, self.slots, self.defaults))

    def whole(self, choices: Choices) -> Choices:
        """Resolved choices with what the style does not leave to choose."""
        return choices

    def placed(self, choices: Choices) -> list[tuple[Slot, Part]]:
        """The slots that there are beside these resolved choices, each with its part."""
        return placed(self.slots, self.whole(choices))

    def needed(self, choices: Choices) -> tuple[str, ...]:
        """The measurements that a garment of these resolved choices needs, each once."""
        parts = [m for _, part in self.placed(choices) for m in part.measurements]
        return tuple(dict.fromkeys((*self.measurements, *parts)))

    def offer(self, choices: Choices) -> Offer:
        """What there is to choose beside these resolved choices."""
        left = {p.name: p for p in self.parameters}
        of_slots = {slot.name: left.pop(slot.name) for slot in self.slots if slot.name in left}
        of_parts = {p.name for slot in self.slots for part in slot.parts for p in part.parameters}
        own = tuple(p for p in left.values() if p.name not in of_parts)
        there = self.placed(choices)
        slots = [of_slots[slot.name] for slot, _ in there if slot.name in of_slots]
        parts: list[tuple[Slot, Part, tuple[Parameter, ...]]] = []
        for slot, part in there:
            if mine := tuple(left.pop(p.name) for p in part.parameters if p.name in left):
                parts.append((slot, part, mine))
        return Offer(tuple(p for p in slots if len(p.range) > 1), own, tuple(parts))

    def clash(self, choices: Choices) -> Clash | None:
        """The first two of these resolved choices that do not go together on any body; None where all do."""
        every, there = self.whole(choices), self.placed(choices)
        means = {slot.name for slot, _ in there} | {p.name for _, part in there for p in part.parameters}
        clashes = (clash for _, part in there for clash in part.clashes)
        return next((c for c in clashes if c.parameter in means and every[c.parameter] in c.values), None)

    def open(self, name: str, choices: Choices) -> tuple[str, ...]:
        """Which values of the choice `name` go with these other resolved choices."""
        return tuple(str(v) for v in self.parameter(name).range if self.clash({**choices, name: v}) is None)

    def parameter(self, name: str) -> Parameter:
        for p in self.parameters:
            if p.name == name:
                return p
        near = difflib.get_close_matches(name, [p.name for p in self.parameters], 3)
        hint = f" Did you mean {' or '.join(near)}?" if near else f" See 'toile styles show {self.name}'."
        raise ParameterRefused(f"The style {self.name!r} has no parameter {name!r}.{hint}")

    def resolve(self, choices: Mapping[str, object]) -> dict[str, Value]:
        """Defaults overlaid with checked choices; raises ParameterRefused."""
        chosen = {name: self.parameter(name).checked(value) for name, value in choices.items()}
        return {p.name: chosen.get(p.name, p.value) for p in self.parameters}

    def draft(self, measurements: Measurements, choices: Mapping[str, object] | None = None) -> Pattern:
        """The pattern for a body and choices.

        Raises DraftRefused for missing or impossible measurements, ParameterRefused for bad choices.
        """
        resolved = self.resolve(choices or {})
        if clash := self.clash(resolved):
            raise DraftRefused(clash.why)
        taken: dict[str, float] = {}
        for name in self.needed(resolved):
            if name not in measurements:
                raise DraftRefused(f"A {self.label} needs the measurement {name!r}: measure it or type it in.")
            value = float(measurements[name])
            if not (math.isfinite(value) and _BODY_RANGE[0] <= value <= _BODY_RANGE[1]):
                raise DraftRefused(f"The measurement {name} is {value!r}: it must be a plausible length in metres.")
            taken[name] = value
        try:
            pattern = self.drafting(taken, resolved)
        except LengthUnreachable as error:
            raise DraftRefused(f"{self.label}: {error} Bring the last changed value nearer to its default.") from error
        pattern = replace(pattern, name=self.label, style=self.name, parameters=resolved, measurements=taken)
        try:
            pattern.refuse_unfit()
        except PieceRefused as error:
            raise DraftRefused(f"{self.label}: {error}") from error
        return pattern

    def schema(self) -> dict[str, object]:
        """The declaration as data, for the command line, the web page and the recommender."""
        declared = {p.name for p in self.parameters}
        return {
            "name": self.name,
            "label": self.label,
            "help": self.help,
            "measurements": list(self.needed(self.resolve({}))),
            "parameters": [
                {
                    "name": p.name,
                    "label": p.label,
                    "value": p.value,
                    "range": list(p.range),
                    "unit": p.unit,
                    "kind": p.kind,
                    "help": p.help,
                    "when": _when_to_json(p.when),
                }
                for p in self.parameters
            ],
            "slots": [
                {
                    "name": slot.name,
                    "label": slot.label,
                    "help": slot.help,
                    "when": _when_to_json(slot.when),
                    "parts": [
                        {
                            "name": part.name,
                            "label": part.label,
                            "help": part.help,
                            "parameters": [p.name for p in part.parameters],
                            "measurements": list(part.measurements),
                            "clashes": [
                                {"parameter": c.parameter, "values": list(c.values), "why": c.why}
                                for c in part.clashes
                                if c.parameter in declared
                            ],
                        }
                        for part in slot.parts
                    ],
                }
                for slot in self.slots
            ],
        }
