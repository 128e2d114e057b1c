# SPDX-License-Identifier: GPL-3.0-or-later
"""KES and FAST sheets: however they are typed, the same cloth comes out; what cannot be is refused by name."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toile.sim.fabric import LIMITS, FabricRefused, Mechanics, mechanics, secant
from toile.sim.fabric_sheets import KES_LOAD, fabric_of_sheet, kes_curve, read_fabric_sheet
from toile.sim.fabric_table import unit

KES = {
    "LT": (0.62, 0.58), "EMT": (4.0, 6.0), "B": (0.120, 0.090), "G": (0.85, 0.80), "T0": (0.75,), "TM": (0.52,),
    "W": (23.5,), "MIU": (0.18, 0.16),
}  # fmt: skip
FAST = {
    "W": (235.0,), "T2": (0.57,), "C": (19.8, 18.5), "E5": (0.4, 0.5), "E20": (1.2, 1.5), "E100": (3.0, 4.0),
    "G": (50.0,),
}  # fmt: skip
UNITS = {
    "EMT": "%", "B": "gf·cm²/cm", "G": "gf/(cm·deg)", "T0": "mm", "TM": "mm", "W": "mg/cm²", "LT": "-", "MIU": "-",
}  # fmt: skip


def in_rows(sheet, mark=";", decimal=",", units=UNITS):
    lines = [mark.join(("Property", "Unit", "Warp", "Weft"))]
    lines += [
        mark.join((name, units.get(name, ""), *(str(v).replace(".", decimal) for v in values)))
        for name, values in sheet.items()
    ]
    return "\n".join(lines)


def in_columns(sheet):
    names = [
        f"{name}-{k}" if len(values) > 1 else name for name, values in sheet.items() for k in (1, 2)[: len(values)]
    ]
    numbers = [str(value) for values in sheet.values() for value in values]
    units = [UNITS.get(name.split("-")[0], "") for name in names]
    return "\n".join(",".join(("Specimen", *row)) for row in (names, units)) + "\n1," + ",".join(numbers)


def in_words(sheet):
    return "Serge, weft-faced\n\n" + "\n".join(
        f"{name}{f'-{k}' if len(values) > 1 else ''} = {value} {UNITS.get(name, '').strip('-')}".replace(".", ",")
        for name, values in sheet.items()
        for k, value in enumerate(values, 1)
    )


def in_sentences(sheet):
    words = {
        "B": "Bending rigidity",
        "G": "Shear stiffness",
        "LT": "Tensile linearity",
        "W": "Weight",
        "MIU": "KES MIU",
    }
    ways = (" (warp)", " (weft)")
    return "\n".join(
        f"{words.get(name, name)}{way if len(values) > 1 else ''} [{UNITS.get(name, '')}]:\t{value}"
        for name, values in sheet.items()
        for way, value in zip(ways, values, strict=False)
    )


def fabric(sheet, **options) -> Mechanics:
    return fabric_of_sheet(sheet if isinstance(sheet, str) else in_rows(sheet, **options), "serge", "Serge").fabric


def without(sheet, *names):
    return {name: values for name, values in sheet.items() if name not in names}


def the_same(a, b):
    for key in LIMITS:
        assert getattr(a, key) == pytest.approx(getattr(b, key), rel=1e-9), key
    for key in ("curve_warp", "curve_weft"):
        np.testing.assert_allclose(getattr(a, key), getattr(b, key))


def test_kes_units_are_si():
    cloth = fabric(KES)
    gf = 9.80665e-3  # N
    assert cloth.bend_warp == pytest.approx(0.120 * gf * 1e-4 / 1e-2)
    assert cloth.bend_weft == pytest.approx(0.090 * gf * 1e-2)
    assert cloth.shear == pytest.approx(0.825 * gf / 1e-2 * 180 / math.pi)
    assert cloth.shear == pytest.approx(0.825 * 56.2, rel=1e-3)
    assert cloth.density == pytest.approx(0.235)
    assert cloth.friction == pytest.approx(0.17)
    assert 0.52e-3 < cloth.thickness < 0.75e-3, "at 2 gf/cm², between those at 0.5 and at 50"
    assert cloth.curve_warp[-1] == pytest.approx((0.04, 500 * gf * 100))
    assert cloth.stretch_warp == pytest.approx(secant(cloth.curve_warp))


@given(st.floats(0.3, 1.15), st.floats(0.005, 1.5), st.floats(20.0, 1000.0))
def test_a_curve_has_the_linearity_and_the_end_that_were_measured(linearity, extension, load):
    curve = kes_curve(linearity, extension, load)
    strain, tension = np.array([(0, 0), *curve]).T
    area = np.sum(np.diff(strain) * (tension[1:] + tension[:-1])) / 2
    assert area == pytest.approx(linearity / 2 * extension * load, rel=0.04)
    assert curve[-1] == pytest.approx((extension, load))
    dataclasses.replace(mechanics("denim"), curve_warp=curve)  # cloth accepts it


def test_linearity_may_be_told_by_the_work():
    gf_cm = [lt / 2 * emt / 100 * KES_LOAD for lt, emt in zip(KES["LT"], KES["EMT"], strict=True)]
    the_same(fabric({**without(KES, "LT"), "WT": gf_cm}), fabric(KES))
    the_same(fabric({**KES, "WT": [round(each, 2) for each in gf_cm]}), fabric(KES))
    with pytest.raises(FabricRefused, match="do not belong together"):
        fabric({**KES, "WT": [2 * each for each in gf_cm]})
    knit = {**without(KES, "LT"), "WT": [each / 10 for each in gf_cm], "FM": (50,)}
    assert fabric(knit).curve_weft[-1] == pytest.approx((0.06, 50 * 0.980665))


@pytest.mark.parametrize("typed", [in_columns, in_words, in_sentences])
def test_a_sheet_reads_the_same_however_it_is_typed(typed):
    the_same(fabric(typed(KES)), fabric(KES))


@given(
    st.sampled_from([(";", ","), (";", "."), ("\t", ","), ("\t", "."), ("|", ","), (",", ".")]),
    st.floats(0.01, 0.5).map(lambda x: round(x, 4)),
    st.floats(5.0, 60.0).map(lambda x: round(x, 3)),
)
def test_any_separator_and_decimal_give_the_numbers_back(marks, rigidity, weight):
    cloth = fabric({**KES, "B": (rigidity, rigidity / 2), "W": (weight,)}, mark=marks[0], decimal=marks[1])
    assert cloth.bend_warp == pytest.approx(rigidity * 98.0665e-6)
    assert cloth.bend_weft == pytest.approx(rigidity / 2 * 98.0665e-6)
    assert cloth.density == pytest.approx(weight / 100)


@pytest.mark.parametrize(
    ("name", "unit_of_it", "values"),
    [
        ("B", "µN·m", (11.767980, 8.825985)),
        ("B", "uN.m", (11.767980, 8.825985)),
        ("B", "mgf·cm", (120.0, 90.0)),
        ("G", "N/m", (47.75978, 44.95038)),
        ("G", "gf/cm/degree", (0.85, 0.80)),
        ("W", "g/m²", (235.0,)),
        ("W", "gsm", (235.0,)),
        ("T0", "cm", (0.075,)),
        ("T0", "um", (750.0,)),
        ("EMT", "", (4.0, 6.0)),
    ],
)
def test_other_units_are_understood(name, unit_of_it, values):
    the = fabric({**KES, name: values}, units={**UNITS, name: unit_of_it})
    for key in LIMITS:
        assert getattr(the, key) == pytest.approx(getattr(fabric(KES), key), rel=1e-5)


def test_units_are_spelled_in_many_ways():
    assert {unit(u) for u in ("gf·cm²/cm", "gf.cm^2/cm", "GF cm2 / cm", "[gf*cm²/cm]", "gf⋅cm²/cm")} == {"gfcm2/cm"}
    assert {unit(u) for u in ("gf/cm·deg", "gf/(cm·°)", "gf/cm/degree", "gf/cm.degrees")} == {"gf/cmdeg"}
    assert {unit(u) for u in ("µN·m", "μN m", "uN.m")} == {"unm"}


def test_repeated_readings_are_averaged_and_spreads_left_alone():
    text = in_columns(KES)
    more = text + "\n2," + ",".join(str(2 * v) if k == 5 else str(v) for k, v in enumerate(sum(KES.values(), ())))
    assert fabric(more).bend_warp == pytest.approx(fabric(KES).bend_warp)
    assert fabric(more).bend_weft == pytest.approx(1.5 * fabric(KES).bend_weft)
    spread = in_rows(KES).replace("Warp;Weft", "Warp;Weft;CV %").replace("0,12;0,09", "0,12;0,09;17")
    the_same(fabric(spread), fabric(KES))


def test_a_mean_stands_for_both_directions_only_where_they_are_missing():
    text = in_rows(KES).replace("Weft", "Weft;Mean") + "\n"
    the_same(fabric(text.replace("0,12;0,09", "0,12;0,09;0,5")), fabric(KES))
    alone = fabric(text.replace("0,12;0,09", ";;0,105"))
    assert alone.bend_warp == alone.bend_weft == pytest.approx(0.105 * 98.0665e-6)


def test_what_a_drape_has_no_use_for_is_named():
    text = "Operator;Ann\n" + in_rows({**KES, "2HB": (0.04, 0.03), "RT": (60, 61)}) + "\nTested on;12.11.2026\n"
    read = fabric_of_sheet(text, "serge", "Serge", like="wool_twill")
    assert read.system == "KES"
    assert read.unused == ("2HB", "RT")
    assert read.passed_over == ("Operator Ann", "Tested on 12.11.2026")
    assert read.taken == ("friction_skin",)
    assert read.fabric.friction_skin == mechanics("wool_twill").friction_skin
    assert "Wool serge" in read.fabric.sources["friction_skin"]


def test_fast_sheets():
    cloth = fabric(FAST, units={})
    assert cloth.bend_warp == pytest.approx(9.81e-6 * 235 * 19.8**3 * 1e-6), "W C³ 9.81e-6 µN·m"
    assert cloth.shear == 50
    assert cloth.thickness == pytest.approx(0.57e-3)
    assert cloth.curve_weft == ((0.005, pytest.approx(4.9, rel=1e-3)), (0.015, pytest.approx(19.6, rel=1e-3)), (
        0.04, pytest.approx(98.1, rel=1e-3)))  # fmt: skip
    assert cloth.stretch_warp == pytest.approx(98.1 / 0.03, rel=1e-3)
    assert cloth.friction == mechanics("cotton_poplin").friction
    bias = fabric({**without(FAST, "G"), "EB5": (2.46,)}, units={})
    assert bias.shear == pytest.approx(123 / 2.46)
    stiff = fabric({**without(FAST, "E20"), "E5": (0.0, 0.0)}, units={})
    assert stiff.curve_warp == ()
    assert stiff.stretch_weft == pytest.approx(98.0665 / 0.04)


REFUSED = [
    (without(KES, "B"), "lacks B warp, B weft"),
    (without(KES, "W", "G"), "lacks W, G warp, G weft"),
    (without(KES, "LT"), "LT or WT warp"),
    ({**KES, "B": (0.12,)}, "lacks B weft"),
    ({**KES, "LT": (62, 58)}, "LT of the warp"),
    ({**KES, "LT": (0.05, 0.58)}, "LT of the warp"),
    ({**KES, "EMT": (-4.0, 6.0)}, "EMT is -"),
    ({**KES, "B": (0.0, 0.09)}, "B is 0"),
    ({**KES, "W": (2350.0,)}, "density is 23.5"),
    ({**KES, "W": (235.0,)}, "W makes 2350 g/m²"),
    ({**KES, "B": (11.8, 8.8)}, "bending length of 79"),
    ({**KES, "B": (0.12, 1e-4)}, "bending length of 1.62"),
    ({**KES, "TM": (0.9,)}, "TM is greater"),
    ({**KES, "B": ("soft", 0.09)}, "B is in “soft”|B is “soft”"),
    ({**KES, "B": ("1.234,5", 0.09)}, "reads two ways"),
    ({**KES, "E100": (3.0, 4.0)}, "mixes"),
]


@pytest.mark.parametrize(("sheet", "why"), REFUSED, ids=[why for _, why in REFUSED])
def test_what_a_kes_sheet_cannot_be_is_refused_by_name(sheet, why):
    with pytest.raises(FabricRefused, match=why):
        fabric(sheet)


@pytest.mark.parametrize(
    ("sheet", "why"),
    [
        (without(FAST, "C"), "B or C warp, B or C weft"),
        (without(FAST, "G"), "G or EB5"),
        (without(FAST, "E100"), "E100 warp"),
        ({**FAST, "E20": (3.5, 1.5)}, "must grow"),
        ({**FAST, "E5": (1.3, 0.5)}, "must grow"),
        ({**FAST, "B": (40.0, 14.6)}, "one of them is a slip"),
        ({**FAST, "EB5": (6.0,)}, "one of them is a slip"),
        ({**FAST, "W": (2350000.0,)}, "density"),
    ],
)
def test_what_a_fast_sheet_cannot_be_is_refused_by_name(sheet, why):
    with pytest.raises(FabricRefused, match=why):
        fabric(sheet, units={})


@pytest.mark.parametrize(
    ("name", "odd"), [("B", "lbf·in"), ("W", "mm"), ("G", "%"), ("T0", "gf"), ("LT", "mm"), ("EMT", "N/m")]
)
def test_an_odd_unit_is_refused_by_name(name, odd):
    with pytest.raises(FabricRefused, match=f"{name} is in “{unit(odd)}”"):
        fabric(KES, units={**UNITS, name: odd})


@pytest.mark.parametrize("text", ["", "\n\n", "hello", "a;b;c\n1;2;3", "W;20", '"', ";;;;\n;;;", "B\t1\nG\t2"])
def test_what_is_no_sheet_is_refused(text):
    with pytest.raises(FabricRefused, match=r"no sheet of KES|lacks"):
        fabric(text)


TOKENS = (
    "B",
    "G-1",
    "LT",
    "EMT",
    "W",
    "E100",
    "warp",
    "Weft",
    "Mean",
    "0,12",
    "1.234,5",
    "-3",
    "1e999",
    "gf·cm²/cm",
    "%",
)


@given(
    st.lists(st.sampled_from((*TOKENS, *';\t|,:=\n() "', "\r\n", "\x0b")), max_size=60).map("".join)
    | st.text(max_size=99)
)
def test_no_text_breaks_the_reader(text):
    with pytest.raises(FabricRefused):
        fabric(text)


@given(st.integers(0, 400), st.text(max_size=3))
def test_a_slip_of_the_pen_gives_a_fabric_or_a_refusal(place, slip):
    text = in_rows(KES)
    place %= len(text)
    try:
        cloth = fabric(text[:place] + slip + text[place + 1 :])
    except FabricRefused:
        return
    assert math.isfinite(cloth.bend_warp)


def test_two_numbers_without_a_direction_are_not_guessed_at():
    with pytest.raises(FabricRefused, match="which is warp"):
        fabric(in_rows(KES).replace("Property;Unit;Warp;Weft\n", ""))


def test_several_fabrics_are_not_averaged():
    text = in_columns(KES)
    with pytest.raises(FabricRefused, match="several fabrics"):
        fabric(text.replace("\n1,", "\nDenim,") + "\nSilk," + text.splitlines()[-1].partition(",")[2])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_file_in_any_encoding(tmp_path, encoding):
    path = tmp_path / "Serge 235.csv"
    path.write_bytes(in_rows(KES).encode(encoding))
    read = read_fabric_sheet(path, "serge")
    the_same(read.fabric, fabric(KES))
    assert read.fabric.label == "Serge 235"


def test_files_that_are_no_sheets(tmp_path):
    with pytest.raises(FabricRefused, match="cannot be read"):
        read_fabric_sheet(tmp_path / "none.csv", "serge")
    with pytest.raises(FabricRefused, match="cannot be read"):
        read_fabric_sheet(tmp_path, "serge")
    path = tmp_path / "x.csv"
    path.write_bytes(b"\x00\x01PK" * 100)
    with pytest.raises(FabricRefused, match="no text"):
        read_fabric_sheet(path, "serge")
    path.write_bytes(b"B;1\n" * 300_000)
    with pytest.raises(FabricRefused, match="larger"):
        read_fabric_sheet(path, "serge")
    path.write_bytes(b'"' + b"B;1" * 60_000)
    with pytest.raises(FabricRefused, match=r"no table|no sheet"):
        read_fabric_sheet(path, "serge")
    path.write_bytes(in_rows(KES).encode())
    with pytest.raises(FabricRefused, match="no fabric"):
        read_fabric_sheet(path, "serge", like="nylon_rope")
    with pytest.raises(FabricRefused, match="name"):
        read_fabric_sheet(path, "denim")
