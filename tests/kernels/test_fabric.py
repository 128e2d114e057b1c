# SPDX-License-Identifier: GPL-3.0-or-later
"""Mechanics: every number is there, plausible and sourced, and agrees with the yarns that the maps are drawn from."""

import dataclasses
import json
import math
import tomllib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toile.models.recipes import look, recipe
from toile.sim.fabric import (
    CURVES,
    EVIDENCE,
    FLATTEST,
    LIMITS,
    SECANT_STRAIN,
    SECANT_TENSION,
    SHELF,
    FabricRefused,
    Mechanics,
    fabric_name,
    fabric_row,
    fabric_toml,
    fabrics,
    keep_fabric,
    mechanics,
    new_name,
    secant,
)

NAMES = list(fabrics())
JERSEY = mechanics("cotton_jersey")


def test_there_is_a_wardrobe_of_fabrics():
    assert len(NAMES) >= 24
    assert {"cotton_jersey", "cotton_rib", "cotton_poplin", "denim", "silk_satin", "wool_twill", "linen"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_number_says_where_it_comes_from(name):
    fabric = mechanics(name)
    curves = {key for key in CURVES if getattr(fabric, key)}
    assert set(fabric.sources) - {"drape"} == {*LIMITS, *curves}
    assert ("drape" in fabric.sources) == (fabric.drape != (0.0, 1.0))
    for source in fabric.sources.values():
        evidence, said = source.split(":", 1)
        assert evidence in EVIDENCE
        assert len(said) > 15


@pytest.mark.parametrize("name", NAMES)
def test_the_yarns_weigh_what_the_cloth_weighs(name):
    assert recipe(name).mass == pytest.approx(mechanics(name).density, rel=0.04)


@pytest.mark.parametrize("name", NAMES)
def test_the_yarns_are_about_as_thick_as_the_cloth(name):
    assert recipe(name).thickness == pytest.approx(mechanics(name).thickness, rel=0.3)


def test_drape_orders_fabrics_as_hands_do():
    limp_to_stiff = ["silk_satin", "viscose_twill", "wool_twill", "cotton_twill", "denim"]
    lengths = [sum(mechanics(name).bending_length) for name in limp_to_stiff]
    assert lengths == sorted(lengths)


def test_bending_length_is_peirces():
    # B = w c³: a cloth of 0.1 kg/m² that bends with 20 mm has B = 7.85 µN·m.
    fabric = dataclasses.replace(JERSEY, density=0.1, bend_warp=0.1 * 9.80665 * 0.02**3)
    assert fabric.bending_length[0] == pytest.approx(0.02)


def test_an_unknown_fabric_names_the_nearest():
    with pytest.raises(FabricRefused, match="denim"):
        mechanics("denin")
    with pytest.raises(FabricRefused, match="cotton_jersey"):
        fabric_row("")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("density", 0.0),
        ("density", -0.1),
        ("density", 160.0),  # grams
        ("density", math.nan),
        ("stretch_warp", 2e6),
        ("stretch_weft", math.inf),
        ("thickness", 0.5),  # millimetres
        ("friction", -0.1),
        ("bend_warp", 0.0),
    ],
)
def test_what_cannot_be_cloth_is_refused(key, value):
    with pytest.raises(FabricRefused, match=key):
        dataclasses.replace(JERSEY, **{key: value})


def test_a_fabric_may_be_made_in_code():
    assert Mechanics("mine", "Mine", 0.2, 5e-4, 1e3, 1e3, 50.0, 1e-5, 1e-5, 0.3, 0.3).sources == {}


@pytest.mark.parametrize("name", NAMES)
def test_every_fabric_has_a_look(name):
    appearance = look(name)
    assert 0 <= appearance.sheen_weight <= 1
    assert 0 <= appearance.anisotropy <= 1
    assert len(appearance.sheen_tint) == 3


# Drape coefficient by bending length (m) of poplin-like cloth in the Cusick test of Toile's own solver, 5 mm mesh: what
# the file's bending rigidities of a drape coefficient were derived with.
MODEL_CURVE = ((0.010, 0.012, 0.014, 0.016, 0.018, 0.020, 0.022, 0.025, 0.028),
               (0.334, 0.400, 0.487, 0.577, 0.658, 0.729, 0.785, 0.829, 0.884))  # fmt: skip


@pytest.mark.parametrize("name", [name for name in NAMES if "drape" in mechanics(name).sources])
def test_bending_lengths_fall_into_the_drape_bands_of_their_class(name):
    fabric = mechanics(name)
    coefficient = np.interp(np.mean(fabric.bending_length), *MODEL_CURVE)
    assert fabric.drape[0] <= coefficient <= fabric.drape[1]


def test_drape_bands_are_known_for_silk_cotton_wool_and_denim():
    bands = {name: mechanics(name).drape for name in ("silk_satin", "cotton_poplin", "wool_twill", "denim")}
    assert bands["silk_satin"] == (0.2, 0.4)
    assert bands["cotton_poplin"] == (0.6, 0.76)
    assert bands["wool_twill"] == (0.4, 0.7)
    assert bands["denim"] == (0.7, 0.9)
    assert min(mechanics("denim").bending_length) > 2 * max(mechanics("silk_satin").bending_length)


@pytest.mark.parametrize("name", [name for name in NAMES if mechanics(name).curve_warp])
def test_a_stretch_is_its_curves_secant(name):
    fabric = mechanics(name)
    assert fabric.stretch_warp == pytest.approx(secant(fabric.curve_warp), rel=0.01)
    assert fabric.stretch_weft == pytest.approx(secant(fabric.curve_weft), rel=0.01)
    assert fabric.stretch_weft < fabric.stretch_warp, "knits give more along the courses"


def test_knits_have_curves_that_stiffen():
    for name in ("cotton_jersey", "cotton_rib", "cotton_interlock", "elastane_jersey", "hand_knit"):
        for curve in (mechanics(name).curve_warp, mechanics(name).curve_weft):
            strain, tension = np.array(curve).T
            assert len(curve) >= 5
            assert tension[-1] / strain[-1] > 1.5 * secant(curve)


@given(
    st.lists(st.tuples(st.floats(0.005, 0.2), st.floats(1.0, 100.0)), min_size=1, max_size=10),
)
def test_a_secant_lies_between_a_curves_slopes(steps):
    curve = tuple((float(a), float(b)) for a, b in np.cumsum(steps, axis=0))
    slopes = [tension / strain for strain, tension in steps]
    assert min(slopes) * (1 - 1e-9) <= secant(curve) <= max(slopes) * (1 + 1e-9)


def test_a_secant_is_told_at_ten_percent_or_98_newtons():
    assert secant(((0.05, 10.0), (0.15, 30.0))) == pytest.approx(200)
    assert secant(((0.01, SECANT_TENSION), (0.02, 900.0))) == pytest.approx(SECANT_TENSION / 0.01)
    assert secant(((0.01, 10.0),)) == pytest.approx(1000), "neither is reached: the end"
    assert secant(((2 * SECANT_STRAIN, 4.0),)) == pytest.approx(20)


@pytest.mark.parametrize(
    ("curve", "fault"),
    [
        (((0.0, 1.0),), "rise"),
        (((0.1, 0.0),), "rise"),
        (((0.1, 5.0), (0.1, 6.0)), "rise"),
        (((0.1, 5.0), (0.2, 4.0)), "rise"),
        (((-0.1, 5.0),), "rise"),
        (((0.1, math.nan),), "no number"),
        (((math.inf, 5.0),), "no number"),
        (((10.0, 5.0),), "ends at"),
        (((0.1, 1e9),), "ends at"),
        (((0.01, 100.0), (0.1, 100.1), (0.2, 200.0)), "flatter"),
    ],
)
def test_what_cannot_be_a_curve_is_refused(curve, fault):
    with pytest.raises(FabricRefused, match=fault):
        dataclasses.replace(JERSEY, curve_weft=curve)


def test_a_curve_may_be_as_flat_as_a_twentieth():
    flat = 0.99 * FLATTEST  # of the mean, which the end holds at 1000 N/m
    for share, refused in ((1.05 * FLATTEST, False), (flat, True)):
        curve = ((0.05, 0.05 * 1000 * share), (0.1, 100.0))
        if refused:
            with pytest.raises(FabricRefused, match="flatter"):
                dataclasses.replace(JERSEY, curve_warp=curve)
        else:
            assert dataclasses.replace(JERSEY, curve_warp=curve).curve_warp == curve


@pytest.mark.parametrize("band", [(0.5, 0.4), (-0.1, 0.4), (0.4, 1.2), (0.4, 0.4), (math.nan, 1.0)])
def test_what_cannot_be_a_drape_band_is_refused(band):
    with pytest.raises(FabricRefused, match="drape"):
        dataclasses.replace(JERSEY, drape=band)


def own(name="my_cloth", like="linen", **changes):
    return dataclasses.replace(mechanics(like), name=name, label="My “cloth” \\ \t№ 1", **changes)


def test_a_kept_fabric_comes_back_whole_and_looks_like_its_model(tmp_path, monkeypatch):
    monkeypatch.setenv(SHELF, str(tmp_path / "mine"))
    fabric = own(like="cotton_rib", density=0.2345)
    file = keep_fabric(fabric, "cotton_rib")
    again = mechanics("my_cloth")
    assert file.parent == tmp_path / "mine"
    assert (again.label, again.density) == (fabric.label, fabric.density)
    assert again.curve_weft == fabric.curve_weft
    assert dict(again.sources) == dict(fabric.sources)
    assert recipe("my_cloth") == recipe("cotton_rib")
    assert look("my_cloth") == look("cotton_rib")
    assert list(fabrics())[-1] == "my_cloth"
    keep_fabric(own(density=0.3), "linen")
    assert mechanics("my_cloth").density == 0.3, "a later measurement takes the place of the earlier one"
    assert [entry.name for entry in file.parent.iterdir()] == ["my_cloth.toml"]


@given(st.floats(0.01, 1.0), st.floats(1e-7, 1e-3), st.text(st.characters(codec="utf-8"), max_size=20))
def test_a_table_says_what_the_fabric_says(density, bend, words):
    fabric = own(
        density=density, bend_warp=bend, sources={**mechanics("linen").sources, "density": "measured: " + words}
    )
    table = tomllib.loads(fabric_toml(fabric, "linen"))["my_cloth"]
    assert table["mechanics"]["density"] == {"value": pytest.approx(density, rel=1e-8), "source": "measured: " + words}
    assert table["mechanics"]["bend_warp"]["value"] == pytest.approx(bend, rel=1e-8)
    assert table["label"] == fabric.label


def test_a_designers_yarns_are_drawn_instead_of_the_models(tmp_path):
    knit = fabric_row("hand_knit")["knit"]
    lines = [fabric_toml(own(), "linen"), "[my_cloth.knit]"]
    lines += [f"{key} = {json.dumps(value)}" for key, value in knit.items() if not isinstance(value, dict)]
    (tmp_path / "mine.toml").write_text("\n".join(lines), encoding="utf-8")
    row = fabric_row("my_cloth", tmp_path)
    assert "weave" not in row
    assert row["knit"]["wales"] == knit["wales"]
    assert row["look"] == fabric_row("linen")["look"]


@pytest.mark.parametrize("name", ["", "Denim", "my cloth", "../denim", "9lives", "a" * 80, "denim"])
def test_a_new_fabric_needs_a_name_of_its_own(name, tmp_path):
    with pytest.raises(FabricRefused, match="name"):
        new_name(name)
    with pytest.raises(FabricRefused, match="name"):
        keep_fabric(own(name), "linen", tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("label", "name"), [("My linen, 2", "my_linen_2"), ("Ça va", "a_va"), ("…", "")])
def test_a_label_gives_a_name(label, name):
    assert fabric_name(label) == name


def test_keeping_is_refused_with_a_sentence(tmp_path, monkeypatch):
    monkeypatch.delenv(SHELF, raising=False)
    with pytest.raises(FabricRefused, match=SHELF):
        keep_fabric(own(), "linen")
    with pytest.raises(FabricRefused, match="looks like"):
        keep_fabric(own(), "nylon_rope", tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(FabricRefused, match="another folder"):
        keep_fabric(own(), "linen", tmp_path / "file" / "x")
    (tmp_path / "all.toml").write_text(fabric_toml(own(), "linen"), encoding="utf-8")
    with pytest.raises(FabricRefused, match="another name"):
        keep_fabric(own(), "linen", tmp_path)
    with pytest.raises(FabricRefused, match="label"):
        keep_fabric(dataclasses.replace(own("other"), label="\udcff"), "linen", tmp_path)


GOOD = fabric_toml(own(), "linen")


@pytest.mark.parametrize(
    "text",
    [
        "not a table",
        "my_cloth = 3",
        "[my_cloth]\nlike = 'linen'",
        "[my_cloth]\nlabel = 'x'\nmechanics = 3",
        GOOD.replace('like = "linen"', 'like = "nylon_rope"'),
        GOOD.replace('like = "linen"', "like = [1]"),
        GOOD.replace("density = {", "weight = {"),
        GOOD.replace("value = 0.18,", "value = true,"),
        GOOD.replace("value = 0.18,", "value = nan,"),
        GOOD.replace("value = 0.18,", "value = '0.18',"),
        GOOD.replace("value = 0.18,", ""),
        GOOD.replace("declared: 180", "I think: 180"),
        GOOD + 'curve_warp = { points = [[0.1, 5.0], [0.05, 9.0]], source = "measured: by me, badly" }',
        GOOD + 'curve_warp = { points = [0.1, 5.0], source = "measured: by me, badly" }',
        GOOD + 'curve_warp = { points = 7, source = "measured: by me, badly" }',
        GOOD + 'drape = { value = 0.5, source = "measured: by me, badly" }',
        GOOD + 'drape = { value = [0.5, 2.0], source = "measured: by me, badly" }',
        GOOD + "drape = 3",
        GOOD.replace("my_cloth", "denim"),
        "x = " + "[" * 5000,
        "\0",
    ],
)
def test_a_fault_in_a_designers_file_is_named_and_keeps_nothing_of_toiles_away(text, tmp_path):
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    with pytest.raises(FabricRefused, match=r"mine\.toml|my_cloth"):
        fabrics(tmp_path)
    assert mechanics("denim", tmp_path) == mechanics("denim")


def test_a_file_that_is_no_text_is_named(tmp_path):
    (tmp_path / "mine.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FabricRefused, match=r"mine\.toml"):
        fabrics(tmp_path)
    (tmp_path / "mine.toml").unlink()
    assert list(fabrics(tmp_path)) == NAMES
    assert list(fabrics(tmp_path / "nowhere")) == NAMES
