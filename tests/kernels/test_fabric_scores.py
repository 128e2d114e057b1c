# SPDX-License-Identifier: GPL-3.0-or-later
"""Scores: what they must say of a copy, of noise, of a stretched and of a wrong cloth; colours by published values."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toile.models.assortment import random_weave
from toile.models.drafts import named_draft
from toile.models.making import fabric_maps, specimen
from toile.models.maps import seam_ratio
from toile.models.swatches.decoding import decode_interlacement
from toile.models.swatches.scores import (
    delta_e_2000,
    lab,
    lattice_error,
    patch_distance,
    period_error,
    verbatim_share,
)

# Pairs 1, 2, 7, 10, 17, 20, 25 of the supplementary data of Sharma, Wu and Dalal (2005).
SHARMA = [
    ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
    ((50, 3.1571, -77.2803), (50, 0, -82.7485), 2.8615),
    ((50, 2.49, -0.001), (50, -2.49, 0.0009), 7.1792),
    ((50, -1.3802, -84.2814), (50, 0, -82.7485), 1.0),
    ((50, 2.5, 0), (73, 25, -18), 27.1492),
    ((50, 2.5, 0), (61, -5, 29), 22.8977),
    ((50, 2.5, 0), (56, -27, -3), 31.903),
    ((50, 2.5, 0), (58, 24, 15), 19.4535),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
]


@pytest.mark.parametrize(("one", "other", "published"), SHARMA)
def test_colour_differences_are_the_published_ones(one, other, published):
    assert delta_e_2000(np.array(one), np.array(other)) == pytest.approx(published, abs=1e-4)
    assert delta_e_2000(np.array(other), np.array(one)) == pytest.approx(published, abs=1e-4)


@given(st.tuples(*[st.floats(0, 1)] * 3))
def test_a_colour_differs_from_itself_by_nothing_and_greys_have_no_hue(colour):
    own = lab(np.array(colour))
    assert delta_e_2000(own, own) == pytest.approx(0, abs=1e-6)
    assert 0 <= own[0] <= 100.01
    np.testing.assert_allclose(lab(np.full(3, colour[0]))[1:], 0, atol=0.02)


def cloth(structure="twill_2_2", seed=0, pixels=40e3, **changes):
    base = dataclasses.replace(random_weave(np.random.default_rng(4), named_draft(structure)), **changes)
    base = dataclasses.replace(base, ends=3000.0, picks=3000.0, warp_order=(), weft_order=(), tile=0.008)
    sure = {"slubs": 0.0, "hairiness": 100.0, "linear_density": 60e-6}
    warp = dataclasses.replace(base.warp, colour=(0.1, 0.15, 0.4), **sure)
    weft = dataclasses.replace(base.weft, colour=(0.8, 0.78, 0.7), **sure)
    return specimen(dataclasses.replace(base, warp=warp, weft=weft), pixels, np.random.default_rng(seed))


def rgb(made):
    return np.ascontiguousarray(np.moveaxis(made.maps[:3], 0, -1))


def test_lattice_scores_know_another_cloth_of_the_same_yarns():
    swatch, sister, other = rgb(cloth(seed=1)), rgb(cloth(seed=2)), rgb(cloth("plain", seed=1))
    moves = cloth().repeat
    assert lattice_error(swatch, swatch, moves) == 0
    assert lattice_error(sister, swatch, moves) < 0.05
    blurred = (swatch + sum(np.roll(swatch, (k, -k), (0, 1)) for k in range(1, 12))) / 12  # a melted twill
    assert lattice_error(blurred, swatch, moves) > lattice_error(sister, swatch, moves)
    noise = np.random.default_rng(0).random(swatch.shape).astype(np.float32)
    assert lattice_error(noise, swatch, moves) > 0.3
    assert period_error(noise, moves) == np.inf
    assert period_error(sister, moves) < 0.005
    assert period_error(other, moves * 1.3) > 0.02


@pytest.mark.parametrize("stretch", [0.98, 1.02, 1.05])
def test_a_period_error_is_by_how_much_a_texture_is_stretched(stretch):
    made = cloth(pixels=40e3 * stretch)
    # Pixels come whole, so the stretch is what the specimen says it is.
    true = np.diag(made.repeat) / np.diag(cloth().repeat) - 1
    assert period_error(rgb(made), cloth().repeat) == pytest.approx(np.abs(true).max(), abs=0.002)


def test_copies_are_verbatim_and_sisters_are_not():
    swatch, sister = rgb(cloth(seed=1)), rgb(cloth(seed=2))
    rng = np.random.default_rng(0)
    assert verbatim_share(np.roll(swatch, (31, 57), (0, 1))[:160, :160], swatch, rng) > 0.4
    assert verbatim_share(sister, swatch, rng) == 0


def test_patches_of_one_cloth_are_nearer_than_those_of_two():
    rng = np.random.default_rng(0)
    swatch, sister, other = rgb(cloth(seed=1)), rgb(cloth(seed=2)), rgb(cloth("satin_8", seed=1))
    assert patch_distance(sister, swatch, rng) < 0.3 * patch_distance(other, swatch, rng)


def test_a_cut_elsewhere_than_at_the_period_is_a_seam():
    swatch = rgb(cloth())
    assert seam_ratio(swatch) <= 1
    assert seam_ratio(swatch[:-17, :-17]) > 1.5


@pytest.mark.parametrize("seed", range(12))
def test_a_weave_of_two_colours_is_read_off_its_picture(seed):
    rng = np.random.default_rng(500 + seed)
    woven = random_weave(rng)
    dark, pale = (0.25, 0.1, 0.12), (0.75, 0.8, 0.72)
    yarns = {k: dataclasses.replace(getattr(woven, k), colour=c) for k, c in (("warp", dark), ("weft", pale))}
    woven = dataclasses.replace(woven, warp_order=(), weft_order=(), **yarns)
    ends, picks = woven.counts
    maps = fabric_maps(woven, (picks * 8, ends * 8), rng)
    picture = maps.albedo / np.float32(255)
    told = woven.crossings
    read = decode_interlacement(picture, told, maps.shift)
    assert (read == told.interlacement).mean() >= 0.93
    pooled = decode_interlacement(picture, told, maps.shift, woven.draft.shape)
    assert (pooled == told.interlacement).all()


def test_a_plain_weave_of_one_colour_is_read_by_its_flanks():
    woven = dataclasses.replace(
        random_weave(np.random.default_rng(7), named_draft("plain")), warp_order=(), weft_order=()
    )
    woven = dataclasses.replace(woven, weft=woven.warp, picks=woven.ends)
    ends, picks = woven.counts
    maps = fabric_maps(woven, (picks * 10, ends * 10), np.random.default_rng(0))
    read = decode_interlacement(maps.albedo / np.float32(255), woven.crossings, maps.shift, (2, 2))
    assert (read == woven.crossings.interlacement).all()
