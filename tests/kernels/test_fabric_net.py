# SPDX-License-Identifier: GPL-3.0-or-later
"""Nets and laces: the strands' area, the half step of their rows, filled meshes, refusals."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toile.models.making import fabric_maps
from toile.models.net import NetRecipe, net_relief
from toile.models.recipes import read_recipe, recipe
from toile.models.yarn import Yarn

NYLON = Yarn(
    linear_density=1e-5,
    fibre_density=1140.0,
    packing=0.6,
    flattening=0.9,
    colour=(0.9, 0.9, 0.9),
    twist=0.0,
    irregularity=0.0,
    shade=0.0,
    hairiness=0.0,
    roughness=0.4,
)
REGULAR = 2 / math.sqrt(3)  # rows a metre to meshes a metre, where hexagons are regular


def net(across: float = 500.0, **changes) -> NetRecipe:
    return NetRecipe(**{"across": across, "along": REGULAR * across, "yarn": NYLON, "tile": 0.01} | changes)


def relief(of: NetRecipe, pixels_per_metre: float = 60_000, seed: int = 0):
    width, height = of.size_m
    shape = round(height * pixels_per_metre), round(width * pixels_per_metre)
    return net_relief(of, shape, np.random.default_rng(seed))


@settings(max_examples=8, deadline=None)
@given(st.floats(250, 900))
def test_strands_cover_their_length_times_their_width_but_for_where_three_meet(across):
    of = net(across)
    corner = math.sqrt(3) / 4 * NYLON.width**2  # the triangle at which three strands' halves overlap, twice a mesh
    wanted = of.across * of.along * (of.strand * NYLON.width - 2 * corner)
    assert relief(of).cover.mean() == pytest.approx(wanted, rel=0.03)


def test_a_regular_nets_strand_is_three_sides_of_its_hexagon():
    assert net(500.0).strand == pytest.approx(3 * (1 / 500) / math.sqrt(3))


def test_every_second_row_stands_half_a_mesh_to_the_right():
    of = net()
    meshes, rows = of.counts
    made = relief(of, 500 * 24)
    tall, wide = made.cover.shape
    moved = np.roll(made.cover, (round(tall / rows), round(wide / meshes / 2)), (0, 1))
    straight = np.roll(made.cover, round(tall / rows), 0)
    assert np.abs(moved - made.cover).mean() < 0.1 * np.abs(straight - made.cover).mean()


def test_toile_fills_the_meshes_that_are_marked_and_no_others():
    of = net(figure=("x...", "....", "....", "...."), cordonnet=1.5)
    made = relief(of, 500 * 24)
    meshes, rows = of.counts
    tall, wide = made.cover.shape
    filled = of.filled
    middles = np.empty(filled.shape)
    for row in range(rows):
        for mesh in range(meshes):
            y = int((row + 0.5) / rows * tall)
            x = int((mesh + 0.5 + 0.5 * (row % 2)) / meshes * wide) % wide
            middles[row, mesh] = made.cover[y - 3 : y + 4, np.arange(x - 3, x + 4) % wide].mean()
    assert filled.sum() * 16 == filled.size
    assert filled[3, 0]  # figures are drawn with the last row first
    assert middles[filled].min() > 0.7
    assert middles[~filled].max() == 0


def test_a_filled_lace_weighs_more_by_its_toile():
    plain, half = net(), net(figure=("x.", ".x"))
    more = half.lines * half.along * NYLON.linear_density / 2
    assert half.mass - plain.mass == pytest.approx(more)


def test_a_cordonnet_is_thicker_where_toile_begins():
    thin, thick = (relief(net(figure=("x...", "....", "....", "...."), cordonnet=c), 500 * 24) for c in (1.0, 2.0))
    assert thick.height.max() - thin.height.max() == pytest.approx(0.5 * NYLON.height, rel=0.15)
    assert thick.thickness == pytest.approx(2 * thin.thickness)


@pytest.mark.parametrize("name", ["tulle", "lace"])
def test_nets_are_seen_through_and_close_without_a_seam(name):
    maps = fabric_maps(recipe(name), 384, np.random.default_rng(0))
    assert maps.opacity is not None
    assert 0.05 < maps.opacity.mean() < 0.7
    assert maps.seam_ratio <= 1


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"across": 0.0}, "positive meshes"),
        ({"along": math.nan}, "positive meshes"),
        ({"cordonnet": 0.5}, "cordonnet is 1 to 4"),
        ({"figure": ()}, "rows of x and"),
        ({"figure": ("x.", "x")}, "rows of x and"),
        ({"figure": ("xo",)}, "rows of x and"),
        ({"across": 9e3, "along": 9e3}, "close the meshes"),
        ({"tile": 1e3}, "is more than"),
    ],
)
def test_what_is_no_net_is_refused(wrong, why):
    with pytest.raises(ValueError, match=why):
        net(**wrong)


def test_a_table_of_a_net_is_read_and_one_without_yarn_refused():
    yarn = vars(NYLON) | {"colour": "#ffffff"}
    table = {"across": 500, "along": 577, "tile": 0.01, "yarn": yarn, "figure": "x. .x"}
    assert read_recipe({"net": table}).figure == ("x.", ".x")
    with pytest.raises(ValueError, match="a pile nor a net"):
        read_recipe({"net": {"across": 500}})
