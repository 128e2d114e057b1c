# SPDX-License-Identifier: GPL-3.0-or-later
"""Formulas of Seamly2D and Valentina: what they are worth, in which order, and which are refused."""

import contextlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toile.patterns.exchange import ImportRefused
from toile.patterns.exchange.formula import FormulaRefused, parse, resolved

NUMBERS = st.floats(-1e3, 1e3).map(lambda x: round(x, 4))
NAMES = st.sampled_from(["waist_circ", "#Ease", "@M_1", "Line_A_B", "ширина", "A'1"])


def nothing(name: str) -> float:
    raise AssertionError(f"{name} was asked for")


def value(text: str, **variables: float) -> float:
    return parse(text).value(lambda name: variables[name])


def test_the_formulas_of_a_trouser_are_worth_what_a_calculator_says() -> None:
    variables = {"hip_circ": 100.0, "leg_crotch_to_floor": 83.0, "#Fitting": 4.0, "Line_A_B": 25.0}
    for text, expected in (
        ("hip_circ/20+3 + leg_crotch_to_floor", 91),
        ("(hip_circ/4+2)/4", 6.75),
        ("52 ", 52),
        ("0-0-0", 0),
        ("-180/3.14*atan(#Fitting/Line_A_B)", -180 / 3.14 * math.atan(0.16)),
        ("(hip_circ-92)/8<0?0:(hip_circ-92)/8", 1),
        ("2 * Line_A_B", 50),
        (".5e1", 5),
    ):
        assert parse(text).value(variables.__getitem__) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2+3*4", 14),
        ("2-3-4", -5),
        ("24/4/3", 2),
        ("2^3^2", 512),
        ("-2^2", -4),
        ("2^-1", 0.5),
        ("2--3", 5),
        ("1+2<4", 1),
        ("1<2&&2<1||1", 1),
        ("1||1&&0", 1),
        ("0?1:0?2:3", 3),
        ("1?0?1:2:3", 2),
        ("0.1+0.2==0.3", 1),
        ("0.1+0.2!=0.3", 0),
        ("max(1;min(5;9);sum(1;2;3))", 6),
        ("avg(1;2;6)", 3),
        ("sinD(30)+cosD(60)", 1),
        ("atanD(1)", 45),
        ("asinD(0.5)", 30),
        ("radTodeg(degTorad(12))", 12),
        ("atan2(1;1)*4", math.pi),
        ("rint(2.5)+rint(-2.5)", 1),
        ("r2cm(3.14159)", 3.1),
        ("sign(-4)*abs(-3)", -3),
        ("fmod(7;4)", 3),
        ("log(100)+log2(8)+ln(_e)", 6),
        ("2*_pi", 2 * math.pi),
    ],
)
def test_operators_and_functions(text: str, expected: float) -> None:
    assert value(text) == pytest.approx(expected, abs=1e-12)


@st.composite
def sums(draw: st.DrawFn, depth: int = 3) -> tuple[str, float]:
    """A formula and its value, put together side by side."""
    if depth == 0 or draw(st.booleans()):
        number = draw(st.floats(0, 100).map(lambda x: round(x, 3)))
        return f"{number:f}", number
    (a, x), (b, y) = draw(sums(depth - 1)), draw(sums(depth - 1))
    operator = draw(st.sampled_from("+-*?<"))
    if operator == "?":
        c, z = draw(sums(depth - 1))
        return f"({c})?({a}):({b})", x if z else y
    return f"({a}) {operator} ({b})", {"+": x + y, "-": x - y, "*": x * y, "<": float(x < y)}[operator]


@given(sums())
def test_a_formula_is_worth_what_its_parts_make(pair: tuple[str, float]) -> None:
    assert parse(pair[0]).value(nothing) == pytest.approx(pair[1], rel=1e-9, abs=1e-9)


@given(st.lists(NUMBERS, min_size=1, max_size=200))
def test_a_long_chain_is_taken_from_the_left(numbers: list[float]) -> None:
    expected = 0.0
    for number in numbers:
        expected = expected - number
    assert parse("0" + "".join(f"-({n:.4f})" for n in numbers)).value(nothing) == expected


@given(NAMES, NUMBERS)
def test_variables_are_asked_for_by_name(name: str, number: float) -> None:
    formula = parse(f"2*{name} + {name}")
    assert formula.names == {name}
    assert formula.value({name: number}.__getitem__) == pytest.approx(3 * number)


def test_only_the_chosen_branch_is_computed() -> None:
    assert parse("a==0 ? 0 : 1/a").value(lambda name: 0.0) == 0
    assert parse("1 ? 2 : never").value(nothing) == 2
    assert parse("1 || never").value(nothing) == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "1+",
        "(1",
        "1)",
        "1 2",
        "a b",
        "2a",
        "1,5",
        "max(1,2)",
        "max()",
        "sin(1;2)",
        "cut(1)",
        "1=2",
        "1?2",
        "1:2",
        "a.b()",
        "__import__('os')",
        "1+\x00",
        "'text'",
        "1" + "0" * 4_001,
        "(" * 1900 + "1" + ")" * 1900,
        "-" * 3900 + "1",
        "1^" * 1900 + "1",
        "1?" * 1900 + "1",
    ],
)
def test_what_is_no_formula_is_refused_by_name(text: str) -> None:
    with pytest.raises(FormulaRefused):
        parse(text)


@pytest.mark.parametrize(
    "text", ["1/0", "0/0", "sqrt(-1)", "ln(0)", "acos(2)", "9^9^9", "1e999", "(-8)^0.5", "fmod(1;0)"]
)
def test_what_has_no_value_is_refused_by_name(text: str) -> None:
    with pytest.raises(FormulaRefused, match=r"has no (finite )?value"):
        parse(text).value(nothing)


@given(st.text(max_size=40))
def test_any_text_is_a_formula_or_refused(text: str) -> None:
    with contextlib.suppress(FormulaRefused):
        assert math.isfinite(parse(text).value(lambda name: 1.0))


def test_formulas_may_stand_in_any_order() -> None:
    values, broken = resolved({"c": "a+b", "b": "2*a", "a": "waist/4"}, {"waist": 84.0})
    assert (values["a"], values["b"], values["c"], broken) == (21, 42, 63, {})


@pytest.mark.parametrize("length", [2, 5_000])
def test_a_chain_of_formulas_is_as_long_as_it_likes(length: int) -> None:
    formulas = {f"v{k}": f"v{k + 1}+1" for k in range(length)}
    values, broken = resolved(formulas, {f"v{length}": 0.0})
    assert values["v0"] == length
    assert not broken


@pytest.mark.parametrize("formulas", [{"a": "a+1"}, {"a": "b", "b": "c", "c": "1-a"}])
def test_a_circle_of_formulas_is_refused_and_shown(formulas: dict[str, str]) -> None:
    with pytest.raises(FormulaRefused, match=r"in a circle: .*a"):
        resolved(formulas, {})


def test_what_has_no_value_takes_only_its_own_with_it() -> None:
    values, broken = resolved({"a": "1/0", "b": "a+1", "c": "nowhere", "d": "2", "e": "1+"}, {})
    assert values == {"d": 2}
    assert "no value" in broken["a"]
    assert broken["b"] == broken["a"]
    assert "'nowhere' is neither a measurement" in broken["c"]
    assert "'e'" in broken["e"]


def test_a_refused_formula_is_a_refused_import() -> None:
    assert issubclass(FormulaRefused, ImportRefused)
