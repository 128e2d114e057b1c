# SPDX-License-Identifier: GPL-3.0-or-later
"""The formulas of Seamly2D and Valentina: the language of muParser as those programs store it, whatever the locale.

Numbers have a decimal point and arguments are parted by semicolons. From weakest to strongest: `c ? a : b`, `||`,
`&&`, comparisons, `+ -`, `* /`, a leading `-` or `+`, and `^`, which is taken from the right. Only the branch that a
condition chooses is computed. sin, cos, … take radians; sinD, cosD, … degrees, and asinD, acosD, atanD return degrees
(Seamly2D takes their argument for degrees instead, a slip that Valentina has mended).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from statistics import fmean

from .report import ImportRefused

Lookup = Callable[[str], float]
_Node = Callable[[Lookup], float]

_LONGEST = 4_000  # characters
_DEEPEST = 64  # brackets, signs, powers and conditions inside one another
_TOKEN = re.compile(
    r"""\s*(?:(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    |(?P<operator>\|\||&&|[<>=!]=|[-+*/^()<>?:;])
    |(?P<name>[^\d\s\x00-\x1f\x7f*/&|!<>^()+=?:;,'"\\.\-–−][^\s\x00-\x1f\x7f*/&|!<>^()+=?:;,"\\\-–−]*))""",
    re.VERBOSE,
)
_CONSTANTS = {"_pi": math.pi, "_e": math.e}


class FormulaRefused(ImportRefused):
    """A formula that cannot be read, or has no value."""


def _degrees(function: Callable[[float], float]) -> Callable[[float], float]:
    return lambda x: function(math.radians(x))


def _in_degrees(function: Callable[[float], float]) -> Callable[[float], float]:
    return lambda x: math.degrees(function(x))


def _sign(x: float) -> float:
    return float((x > 0) - (x < 0))


def _rounded(x: float) -> float:
    return float(math.floor(x + 0.5))


def _power(base: float, exponent: float) -> float:
    if base < 0 and exponent != math.floor(exponent):
        raise ValueError("a negative number has no such root")
    return base**exponent


_FUNCTIONS: dict[str, tuple[int, Callable[..., float]]] = {
    "degTorad": (1, math.radians),
    "radTodeg": (1, math.degrees),
    "sin": (1, math.sin),
    "cos": (1, math.cos),
    "tan": (1, math.tan),
    "asin": (1, math.asin),
    "acos": (1, math.acos),
    "atan": (1, math.atan),
    "atan2": (2, math.atan2),
    "sinD": (1, _degrees(math.sin)),
    "cosD": (1, _degrees(math.cos)),
    "tanD": (1, _degrees(math.tan)),
    "asinD": (1, _in_degrees(math.asin)),
    "acosD": (1, _in_degrees(math.acos)),
    "atanD": (1, _in_degrees(math.atan)),
    "sinh": (1, math.sinh),
    "cosh": (1, math.cosh),
    "tanh": (1, math.tanh),
    "asinh": (1, math.asinh),
    "acosh": (1, math.acosh),
    "atanh": (1, math.atanh),
    "log2": (1, math.log2),
    "log10": (1, math.log10),
    "log": (1, math.log10),
    "ln": (1, math.log),
    "exp": (1, math.exp),
    "sqrt": (1, math.sqrt),
    "sign": (1, _sign),
    "rint": (1, _rounded),
    "r2cm": (1, lambda x: _rounded(10 * x) / 10),
    "abs": (1, math.fabs),
    "fmod": (2, math.fmod),
}
_OF_MANY: dict[str, Callable[[Sequence[float]], float]] = {"sum": math.fsum, "avg": fmean, "min": min, "max": max}
_COMPARISONS: Mapping[str, Callable[[float, float], float]] = {
    "==": lambda a, b: math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-12),
    "!=": lambda a, b: not math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-12),
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
}


@dataclass(frozen=True)
class Formula:
    """A formula that has been read: its text, the variables it speaks of, and its value for given ones."""

    text: str
    names: frozenset[str]
    _node: _Node

    def value(self, lookup: Lookup) -> float:
        """Its value, `lookup` giving each variable's. Raises FormulaRefused where there is no finite one."""
        try:
            value = float(self._node(lookup))
        except ImportRefused:
            raise
        except (ArithmeticError, ValueError) as error:
            raise FormulaRefused(f"The formula {_shown(self.text)} has no value: {error}.") from error
        if not math.isfinite(value):
            raise FormulaRefused(f"The formula {_shown(self.text)} has no finite value.")
        return value


def _shown(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:77] + "…")


def parse(text: str) -> Formula:
    """Read a formula. Raises FormulaRefused, saying where it stops making sense."""
    return _Parser(text).formula()


class _Parser:
    """Recursive descent; each rule returns a function of the lookup, so that nothing is computed while reading."""

    def __init__(self, text: str) -> None:
        self.text = text
        if len(text) > _LONGEST:
            raise FormulaRefused(f"A formula has {len(text)} characters; none needs more than {_LONGEST}.")
        self.tokens = list(self._tokens())
        self.at = self.depth = 0
        self.names: set[str] = set()

    def _tokens(self) -> Sequence[tuple[str, str]]:
        tokens: list[tuple[str, str]] = []
        at, end = 0, len(self.text.rstrip())
        while at < end:
            match = _TOKEN.match(self.text, at)
            if not match or match.lastgroup is None:
                character = self.text[at:].lstrip()[0]
                hint = ": decimals have a point, arguments are parted by ';'" if character == "," else ""
                raise FormulaRefused(f"The formula {_shown(self.text)} has a {character!r} that means nothing{hint}.")
            tokens.append((match.lastgroup, match[match.lastgroup]))
            at = match.end()
        return tokens

    def formula(self) -> Formula:
        if not self.tokens:
            raise FormulaRefused("A formula is empty: it needs at least a number.")
        node = self._condition()
        if self.at < len(self.tokens):
            self._stop("an operator")
        return Formula(self.text, frozenset(self.names), node)

    def _stop(self, wanted: str) -> None:
        found = repr(self.tokens[self.at][1]) if self.at < len(self.tokens) else "its end"
        raise FormulaRefused(f"The formula {_shown(self.text)} has {found} where {wanted} is needed.")

    def _next_is(self, *operators: str) -> str | None:
        """The next token, taken, if it is one of these operators."""
        if self.at < len(self.tokens) and self.tokens[self.at][0] == "operator":
            token = self.tokens[self.at][1]
            if token in operators:
                self.at += 1
                return token
        return None

    def _needed(self, operator: str) -> None:
        if not self._next_is(operator):
            self._stop(repr(operator))

    def _nested(self, rule: Callable[[], _Node]) -> _Node:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise FormulaRefused(f"The formula {_shown(self.text)} is nested deeper than {_DEEPEST} brackets.")
        node = rule()
        self.depth -= 1
        return node

    def _condition(self) -> _Node:
        condition = self._any()
        if not self._next_is("?"):
            return condition
        yes = self._nested(self._condition)
        self._needed(":")
        no = self._nested(self._condition)
        return lambda lookup: yes(lookup) if condition(lookup) else no(lookup)

    def _any(self) -> _Node:
        parts = [self._all()]
        while self._next_is("||"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else lambda lookup: float(any(part(lookup) for part in parts))

    def _all(self) -> _Node:
        parts = [self._comparison()]
        while self._next_is("&&"):
            parts.append(self._comparison())
        return parts[0] if len(parts) == 1 else lambda lookup: float(all(part(lookup) for part in parts))

    def _chain(self, rule: Callable[[], _Node], apply: Mapping[str, Callable[[float, float], float]]) -> _Node:
        """Operands joined by operators of one strength, computed from the left."""
        first = rule()
        rest: list[tuple[Callable[[float, float], float], _Node]] = []
        while operator := self._next_is(*apply):
            rest.append((apply[operator], rule()))

        def node(lookup: Lookup) -> float:
            value = first(lookup)
            for function, operand in rest:
                value = float(function(value, operand(lookup)))
            return value

        return node if rest else first

    def _comparison(self) -> _Node:
        return self._chain(self._sum, _COMPARISONS)

    def _sum(self) -> _Node:
        return self._chain(self._product, {"+": lambda a, b: a + b, "-": lambda a, b: a - b})

    def _product(self) -> _Node:
        return self._chain(self._signed, {"*": lambda a, b: a * b, "/": lambda a, b: a / b})

    def _signed(self) -> _Node:
        sign = self._next_is("-", "+")
        if sign is None:
            return self._power()
        operand = self._nested(self._signed)
        return operand if sign == "+" else lambda lookup: -operand(lookup)

    def _power(self) -> _Node:
        base = self._operand()
        if not self._next_is("^"):
            return base
        exponent = self._nested(self._signed)
        return lambda lookup: _power(base(lookup), exponent(lookup))

    def _operand(self) -> _Node:
        if self._next_is("("):
            inside = self._nested(self._condition)
            self._needed(")")
            return inside
        kind, token = self.tokens[self.at] if self.at < len(self.tokens) else ("", "")
        if kind == "number":
            self.at += 1
            number = float(token)
            return lambda lookup: number
        if kind == "name":
            self.at += 1
            return self._call(token) if self._next_is("(") else self._variable(token)
        self._stop("a number, a name or '('")
        raise AssertionError

    def _variable(self, name: str) -> _Node:
        if name in _CONSTANTS:
            constant = _CONSTANTS[name]
            return lambda lookup: constant
        self.names.add(name)
        return lambda lookup: lookup(name)

    def _call(self, name: str) -> _Node:
        arguments = [self._nested(self._condition)]
        while self._next_is(";"):
            arguments.append(self._nested(self._condition))
        self._needed(")")
        if name in _OF_MANY:
            of_many = _OF_MANY[name]
            return lambda lookup: of_many([a(lookup) for a in arguments])
        if name not in _FUNCTIONS:
            raise FormulaRefused(f"The formula {_shown(self.text)} calls {name!r}, which is no function known here.")
        count, function = _FUNCTIONS[name]
        if len(arguments) != count:
            raise FormulaRefused(
                f"The formula {_shown(self.text)} gives {name!r} {len(arguments)} arguments; it takes {count}."
            )
        return lambda lookup: function(*(a(lookup) for a in arguments))


def spoken_of(texts: Iterable[str]) -> set[str]:
    """The variables of those formulas that can be read."""
    names: set[str] = set()
    for text in texts:
        with suppress(FormulaRefused):
            names |= parse(text).names
    return names


def resolved(
    formulas: Mapping[str, str], known: Mapping[str, float], unknown_because: Mapping[str, str] | None = None
) -> tuple[dict[str, float], dict[str, str]]:
    """The values of named formulas that may speak of each other and of what is `known`, and why others have none.

    `unknown_because` says it of variables that are not known. Raises FormulaRefused when formulas need each other in
    a circle.
    """
    values, broken = dict(known), dict(unknown_because or {})
    read: dict[str, Formula] = {}
    for name, text in formulas.items():
        try:
            read[name] = parse(text)
        except FormulaRefused as error:
            broken[name] = f"{name!r}: {error}"
    try:
        order = tuple(TopologicalSorter({n: f.names & read.keys() for n, f in read.items()}).static_order())
    except CycleError as error:
        circle = " → ".join(reversed(error.args[1]))
        raise FormulaRefused(f"These formulas need each other in a circle: {circle}.") from error

    def lookup(name: str) -> float:
        if name not in values:
            raise FormulaRefused(broken.get(name) or unknown(name))
        return values[name]

    for name in order:
        try:
            values[name] = read[name].value(lookup)
        except FormulaRefused as error:
            broken[name] = str(error)
    return values, broken


def unknown(name: str) -> str:
    """The sentence for a variable that nothing gives a value."""
    return (
        f"{name!r} is neither a measurement, nor a variable of the pattern, nor drawn before it is used: "
        "give the measurements that the pattern was made for."
    )
