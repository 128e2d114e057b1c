# SPDX-License-Identifier: GPL-3.0-or-later
"""Mechanics: every number is there, plausible and sourced, and agrees with the yarns that the maps are drawn from."""

import dataclasses
import math

import pytest
from toile.models.recipes import look, recipe
from toile.sim.fabric import CURVES, EVIDENCE, LIMITS, FabricRefused, Mechanics, fabric_row, fabrics, mechanics

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
