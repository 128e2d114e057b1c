# SPDX-License-Identifier: GPL-3.0-or-later
"""Designed and photographed cloths on the designer's shelf, their scale, and small pictures of cloth."""

import os
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toile.models.assortment import random_weave
from toile.models.design import keep_design, kin, likened
from toile.models.drafts import named_draft
from toile.models.picture import close_up
from toile.models.recipes import read_recipe, recipe, weave_row, woven_recipe
from toile.models.swatch import fabric_swatch, read_swatch, rescale_swatch
from toile.sim.fabric import FabricRefused, fabric_row, fabrics, keep_fabric, mechanics, shipped_rows


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    folder = tmp_path / "shelf"
    monkeypatch.setenv("TOILE_FABRICS", str(folder))
    return folder


def test_a_design_is_kept_and_read_back_with_its_weight(shelf):
    designed = replace(woven_recipe("denim"), draft=named_draft("herringbone_2_2_8"), ends=2500.0)
    kept = keep_design("Müller's “blue” \\ herringbone", designed, "denim")
    assert kept.name == "m_ller_s_blue_herringbone"
    read = mechanics(kept.name)
    assert read.density == pytest.approx(designed.mass)
    assert read.thickness == pytest.approx(designed.thickness)
    assert read.bend_warp == mechanics("denim").bend_warp
    assert read.sources["density"].startswith("derived")
    assert read.sources["shear"].startswith("estimate")
    assert weave_row(woven_recipe(kept.name)) == weave_row(designed)
    assert fabric_row(kept.name)["look"] == fabric_row("denim")["look"]
    assert kin(kept.name) == "denim" == kin("denim")


@settings(max_examples=20)
@given(st.integers(0, 2**31))
def test_any_woven_cloth_survives_the_shelf(tmp_path_factory, seed):
    made = random_weave(np.random.default_rng(seed))
    folder = tmp_path_factory.mktemp("shelf")
    try:
        kept = keep_design("By lot", made, "linen", folder)
    except FabricRefused as error:  # a lot may be no apparel cloth; then it says which number is out
        assert "give a value" in str(error)  # noqa: PT017
        assert not list(folder.iterdir())
        return
    assert weave_row(read_recipe(fabric_row("by_lot", folder))) == weave_row(made)
    read = mechanics("by_lot", folder)
    assert [read.density, read.thickness] == pytest.approx([kept.density, kept.thickness], rel=1e-8)


@pytest.mark.parametrize(("label", "like", "why"), [
    ("", "denim", "name"), ("Denim", "denim", "Toile's own"), ("x", "tin", "no fabric"), ("\udcff", "denim", "name"),
    ("a" * 99, "denim", "name"),
])  # fmt: skip
def test_what_cannot_be_kept_is_refused(shelf, label, like, why):
    with pytest.raises(FabricRefused, match=why):
        keep_design(label, woven_recipe("denim"), like)
    assert not shelf.exists()


def test_a_photographed_cloth_has_maps_and_no_yarns(shelf):
    fabric_swatch("gingham", shelf / "checked", pixels=64)
    keep_fabric(likened("Checked", "linen"), "linen", own={"maps": "checked"})
    assert fabric_row("checked")["maps"] == os.path.join(shelf, "checked")
    assert fabrics()["checked"].density == mechanics("linen").density
    with pytest.raises(FabricRefused, match="photographed"):
        recipe("checked")


@pytest.mark.parametrize("maps", ["..", ".", "", "a/b", "/etc", "..\\x", 3, ["x"]])
def test_maps_lie_beside_their_file_and_nowhere_else(shelf, maps):
    keep_fabric(likened("Checked", "linen"), "linen", own={"maps": "checked"})
    file = shelf / "checked.toml"
    written = f"maps = {str(maps)!r}" if isinstance(maps, str) else f"maps = {maps}"
    file.write_text(file.read_text().replace('maps = "checked"', written))
    with pytest.raises(FabricRefused, match="folder beside"):
        fabrics()


@settings(max_examples=20)
@given(st.floats(0.2, 5.0))
def test_a_rescaled_swatch_is_larger_in_all_three_directions(tmp_path_factory, factor):
    folder = tmp_path_factory.mktemp("swatch")
    fabric_swatch("linen", folder, pixels=64)
    before, told = read_swatch(folder), (folder / "fabric.toml").read_text()
    rescale_swatch(folder, factor)
    after = read_swatch(folder)
    assert after.size_m == pytest.approx([factor * side for side in before.size_m])
    assert after == replace(before, size_m=after.size_m)
    rescale_swatch(folder, 1 / factor)
    again = (folder / "fabric.toml").read_text()
    for was, line in zip(told.splitlines(), again.splitlines(), strict=True):
        numbers = [float(word.strip("[],")) for word in was.split("#")[0].split()[2:]] if "metres" in was else []
        if numbers:
            assert [float(w.strip("[],")) for w in line.split("#")[0].split()[2:]] == pytest.approx(numbers)
        else:
            assert line == was


def test_a_scale_that_shows_no_cloth_is_refused(tmp_path):
    with pytest.raises(FabricRefused, match="no swatch"):
        rescale_swatch(tmp_path, 2.0)
    fabric_swatch("linen", tmp_path, pixels=64)
    told = (tmp_path / "fabric.toml").read_text()
    for factor in (0.0, -1.0, 1e-6, 1e6, float("nan"), float("inf")):
        with pytest.raises(FabricRefused, match="count once more"):
            rescale_swatch(tmp_path, factor)
    assert (tmp_path / "fabric.toml").read_text() == told


@pytest.mark.parametrize("name", ["denim", "cotton_rib", "terry", "pinstripe"])
def test_a_picture_shows_the_fabrics_own_colour(name):
    shown = close_up(recipe(name), 64, np.random.default_rng(0))
    assert shown.shape == (64, 64, 3)
    assert shown.std() > 3
    assert name in shipped_rows()


def test_a_picture_is_as_blue_as_its_yarns():
    red, blue = (
        close_up(replace(poplin, warp=replace(poplin.warp, colour=dye), weft=replace(poplin.weft, colour=dye)), 64,
                 np.random.default_rng(0)).mean((0, 1))
        for poplin in [woven_recipe("cotton_poplin")] for dye in ((0.8, 0.1, 0.1), (0.1, 0.1, 0.8))
    )  # fmt: skip
    assert red[0] > 2 * red[2]
    assert blue[2] > 2 * blue[0]
