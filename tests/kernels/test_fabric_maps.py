# SPDX-License-Identifier: GPL-3.0-or-later
"""Maps: what a weaver would check with a loupe and a ruler."""

import dataclasses
import io
import math
import tomllib

import numpy as np
import pytest
from toile.models.drafts import named_draft
from toile.models.knit import STRUCTURES, KnitRecipe, knit_relief
from toile.models.making import MAP_CHANNELS, STRUCTURE_CHANNELS, fabric_maps, specimen, structure_channels
from toile.models.maps import blurred, normals
from toile.models.net import NetRecipe, net_relief
from toile.models.pile import PileRecipe, pile_relief
from toile.models.png import png_bytes, write_png
from toile.models.recipes import recipe
from toile.models.swatch import MAPS, fabric_swatch, read_swatch
from toile.models.weave import WeaveRecipe, centre_line, weave_relief
from toile.models.yarn import Yarn
from toile.sim.fabric import FabricRefused, fabrics

NAMES = list(fabrics())
PLAIN_YARN = Yarn(30e-6, 1520.0, 0.6, 0.6, (0.5, 0.5, 0.5), 700.0, 0.0, 0.0, 0.0, 0.8)


def woven(structure, ends=3000.0, picks=3000.0, crimp_share=0.5, warp=PLAIN_YARN, weft=PLAIN_YARN, tile=0.02, **orders):
    return WeaveRecipe(named_draft(structure), ends, picks, crimp_share, warp, weft, tile, **orders)


def made(fabric_recipe, pixels=256, seed=3):
    return fabric_maps(fabric_recipe, pixels, np.random.default_rng(seed))


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_tiles_close_without_a_seam(name):
    maps = made(recipe(name), 512)
    assert maps.seam_ratio <= 1


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_yarns_run_on_across_the_edge_before_the_tile_is_cut(name):
    # Finishing rolls the tile so that its cut is calm; the relief before that must close by itself, in every channel.
    fabric_recipe = recipe(name)
    reliefs = {KnitRecipe: knit_relief, NetRecipe: net_relief, PileRecipe: pile_relief, WeaveRecipe: weave_relief}
    relief = reliefs[type(fabric_recipe)](fabric_recipe, (512, 512), np.random.default_rng(3))
    for channel in (relief.height, relief.colour.sum(-1), relief.roughness):
        for image in (channel, channel.T):
            step = np.abs(image - np.roll(image, 1, axis=1)).mean(axis=0)
            assert step[0] <= step[1:].max() * 1.1


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_tile_is_whole_repeats_at_the_recipes_sett(name):
    fabric_recipe = recipe(name)
    across, up = fabric_recipe.counts
    size = made(fabric_recipe, 64).size_m
    setts = {KnitRecipe: ("wales", "courses"), WeaveRecipe: ("ends", "picks")}
    sett = [getattr(fabric_recipe, name) for name in setts.get(type(fabric_recipe), ("across", "along"))]
    assert size == pytest.approx((across / sett[0], up / sett[1]))
    if isinstance(fabric_recipe, WeaveRecipe):
        picks, ends = fabric_recipe.draft.shape
        assert across % ends == up % picks == 0


def test_a_three_one_twill_shows_three_parts_warp_to_one_weft():
    # Yarns as wide as their spacing hide the ground, so the covers follow the draft.
    spacing = 1 / 3000.0
    tight = dataclasses.replace(PLAIN_YARN, linear_density=1520 * 0.6 * math.pi / 4 * (spacing * math.sqrt(0.6)) ** 2)
    covers = {s: made(woven(s, warp=tight, weft=tight), 512).warp_cover for s in ("plain", "twill_2_2", "twill_3_1")}
    assert covers["plain"] == pytest.approx(0.5, abs=0.02)
    assert covers["twill_2_2"] == pytest.approx(0.5, abs=0.02)
    assert covers["twill_3_1"] == pytest.approx(0.75, abs=0.06)


@pytest.mark.parametrize(("ends", "picks"), [(2600.0, 1800.0), (3000.0, 3000.0), (2400.0, 3600.0)])
def test_twill_lines_rise_at_the_angle_of_the_sett(ends, picks):
    # One pick up is one end to the right, so tan(angle) = (1/picks) / (1/ends).
    blue, ecru = (dataclasses.replace(PLAIN_YARN, colour=colour) for colour in ((0.1, 0.1, 0.4), (0.9, 0.9, 0.8)))
    maps = made(woven("twill_3_1", ends, picks, warp=blue, weft=ecru, tile=0.024), 512)
    shade = maps.albedo.astype(float).mean(-1)[::-1]  # v upwards
    power = np.abs(np.fft.fft2(shade - shade.mean())) ** 2
    repeats_across, repeats_up = maps.repeats
    band = np.s_[: 2 * repeats_up + 1, : 2 * repeats_across + 1]
    # The strongest wave with one period a repeat crosses the twill line: lines rising right oppose k_u and k_v.
    rising, falling = power[-repeats_up, repeats_across], power[repeats_up, repeats_across]
    assert rising > 20 * falling
    assert rising == pytest.approx(max(power[band].max(), power[-2 * repeats_up :, : 2 * repeats_across].max()))
    k_u, k_v = repeats_across / maps.size_m[0], repeats_up / maps.size_m[1]
    assert math.atan2(k_u, k_v) == pytest.approx(math.atan2(1 / picks, 1 / ends), abs=0.01)


def test_denim_is_indigo_on_its_face_with_ecru_between():
    maps = made(recipe("denim"), 512)
    blue = maps.albedo[..., 2].astype(int) - maps.albedo[..., 0]
    assert np.mean(blue > 20) > 0.7
    assert 0.05 < np.mean(blue < 0) < 0.3


@pytest.mark.parametrize("share", [0.0, 0.3, 0.5, 0.8, 1.0])
def test_cloth_is_at_least_as_thick_as_its_two_yarns(share):
    fabric_recipe = woven("plain", crimp_share=share)
    both = fabric_recipe.warp.height + fabric_recipe.weft.height
    assert fabric_recipe.thickness >= both * (1 - 1e-12)
    if share == 0.5:
        assert fabric_recipe.thickness == pytest.approx(both)


def test_jersey_is_two_to_three_yarns_thick_and_its_loops_have_their_length():
    fabric_recipe = recipe("cotton_jersey")
    assert 2 <= fabric_recipe.thickness / fabric_recipe.yarn.height <= 3
    curve = np.stack(fabric_recipe.loop(0)(np.linspace(0, 2 * np.pi, 4001)))
    assert np.linalg.norm(np.diff(curve), axis=0).sum() == pytest.approx(fabric_recipe.loop_length, rel=1e-3)


def test_crossing_yarns_touch_and_do_not_run_through_each_other():
    fabric_recipe = woven("twill_2_2", crimp_share=0.3)
    warp, weft = fabric_recipe.amplitudes
    crossings = np.arange(4) + 0.5
    draft = np.where(fabric_recipe.draft.up, 1.0, -1.0)
    warp_axis = warp * centre_line(draft.T, crossings).T
    weft_axis = weft * centre_line(-draft, crossings)
    touching = (fabric_recipe.warp.height + fabric_recipe.weft.height) / 2
    np.testing.assert_allclose(np.abs(warp_axis - weft_axis), touching)


def test_straight_yarns_weigh_sett_times_tex():
    fabric_recipe = woven("plain", crimp_share=0.0)
    crimped = fabric_recipe.picks * fabric_recipe.weft.linear_density
    straight = fabric_recipe.ends * fabric_recipe.warp.linear_density
    assert straight + crimped < fabric_recipe.mass < straight + 1.6 * crimped


@pytest.mark.parametrize("name", ["denim", "cotton_jersey"])
def test_normals_are_the_heights_gradient(name):
    maps = made(recipe(name), 256)
    np.testing.assert_allclose(np.linalg.norm(maps.normal, axis=-1), 1, atol=1e-5)
    assert (maps.normal[..., 2] > 0).all()
    step_u, step_v = (size / 256 for size in maps.size_m)
    slope_u = (np.roll(maps.height, -1, 1) - np.roll(maps.height, 1, 1)) / (2 * step_u)
    slope_v = (np.roll(maps.height, 1, 0) - np.roll(maps.height, -1, 0)) / (2 * step_v)  # row 0 is the top
    np.testing.assert_allclose(-maps.normal[..., 0] / maps.normal[..., 2], slope_u, rtol=1e-2, atol=1e-2)
    np.testing.assert_allclose(-maps.normal[..., 1] / maps.normal[..., 2], slope_v, rtol=1e-2, atol=1e-2)


def test_normals_of_a_known_wave():
    u = np.linspace(0, 1, 256, endpoint=False)
    wave = np.tile((0.01 * np.sin(2 * np.pi * u)).astype(np.float32), (8, 1))
    normal = normals(wave, (1 / 256, 1 / 8))
    np.testing.assert_allclose(-normal[0, :, 0] / normal[0, :, 2], 0.02 * np.pi * np.cos(2 * np.pi * u), atol=1e-4)


def test_blurring_is_periodic_and_keeps_the_mean():
    field = np.zeros((32, 48), np.float32)
    field[0, 0] = 1
    soft = blurred(field, (1.0, 1.0), 2.0)
    assert soft.sum() == pytest.approx(1, rel=1e-4)
    assert soft[0, 1] == pytest.approx(soft[0, -1], rel=1e-4)
    assert soft[0, 2] / soft[0, 0] == pytest.approx(math.exp(-0.5), rel=1e-3)


def test_the_same_seed_gives_the_same_cloth_and_another_another():
    one, again, other = (made(recipe("linen"), 128, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.albedo, again.albedo)
    assert (one.height == again.height).all()
    assert (one.albedo != other.albedo).any()


@pytest.mark.parametrize("ruin", [{"ends": 0.0}, {"crimp_share": 1.5}, {"tile": math.nan}, {"tile": 1e3}])
def test_impossible_weaves_are_refused(ruin):
    with pytest.raises(ValueError, match=r"crimp_share|positive|more than"):
        dataclasses.replace(woven("plain"), **ruin)


def test_impossible_yarns_loops_and_sizes_are_refused():
    with pytest.raises(ValueError, match="positive weight"):
        dataclasses.replace(PLAIN_YARN, linear_density=-1.0)
    with pytest.raises(ValueError, match="irregularity"):
        dataclasses.replace(PLAIN_YARN, irregularity=0.9)
    with pytest.raises(ValueError, match="cannot span"):
        dataclasses.replace(recipe("cotton_jersey"), loop_length=1e-3)
    with pytest.raises(ValueError, match="64 pixels"):
        made(woven("plain"), 8)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("shape", [(1, 1), (7, 5), (64, 33, 3)])
def test_png_comes_back_through_pillow(dtype, shape):
    if dtype == np.uint16 and len(shape) == 3:
        pytest.skip("Pillow reads no 16-bit RGB")
    image = pytest.importorskip("PIL.Image")
    pixels = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)
    np.testing.assert_array_equal(np.asarray(image.open(io.BytesIO(png_bytes(pixels)))), pixels)


@pytest.mark.parametrize("pixels", [np.zeros((2, 2)), np.zeros((2, 2, 4), np.uint8), np.zeros((0, 3), np.uint8)])
def test_png_refuses_what_is_no_image(pixels):
    with pytest.raises(ValueError, match="A PNG"):
        png_bytes(pixels)


def test_a_png_replaces_the_old_file_whole(tmp_path):
    path = tmp_path / "a.png"
    path.write_text("old")
    write_png(path, np.zeros((2, 2), np.uint8))
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.png"]
    assert path.read_bytes().startswith(b"\x89PNG")


def test_a_swatch_is_written_and_read_back(tmp_path):
    report = fabric_swatch("wool_twill", tmp_path / "wool", pixels=128)
    assert set(report) == {"period", "seam_ratio", "seconds", "maps"}
    swatch = read_swatch(tmp_path / "wool")
    assert swatch.name == "wool_twill"
    assert list(swatch.size_m) == report["period"]
    assert set(swatch.maps) == set(MAPS) == set(report["maps"])
    # The 16-bit heights and the range in fabric.toml give the relief back to its quantum.
    image = pytest.importorskip("PIL.Image")
    low, high = tomllib.loads((tmp_path / "wool" / "fabric.toml").read_text())["height_range"]
    stored = np.asarray(image.open(swatch.maps["height"])).astype(float) / 65535 * (high - low) + low
    height = made(recipe("wool_twill"), 128, seed=0).height
    np.testing.assert_allclose(stored, height, atol=(high - low) / 65535)


def test_swatches_are_refused_with_a_sentence(tmp_path):
    with pytest.raises(FabricRefused, match="no fabric"):
        fabric_swatch("nylon_rope", tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(FabricRefused, match="another folder"):
        fabric_swatch("linen", tmp_path / "file" / "x", pixels=64)
    with pytest.raises(FabricRefused, match="holds no swatch"):
        read_swatch(tmp_path)
    fabric_swatch("linen", tmp_path / "linen", pixels=64)
    (tmp_path / "linen" / "ao.png").unlink()
    with pytest.raises(FabricRefused, match=r"lacks ao\.png"):
        read_swatch(tmp_path / "linen")


def test_a_swatch_is_about_as_large_as_asked_for(tmp_path):
    for size in (0.008, 0.03):
        period = fabric_swatch("denim", tmp_path, pixels=128, size=size)["period"]
        assert all(abs(side - size) < 0.3 * size for side in period)
    for size in (0.0, -1.0, float("nan"), 9.0):
        with pytest.raises(FabricRefused, match="tile"):
            fabric_swatch("denim", tmp_path, pixels=128, size=size)
    with pytest.raises(FabricRefused, match="memory"):
        fabric_swatch("denim", tmp_path, pixels=100_000_000)


@pytest.mark.slow
@pytest.mark.parametrize("structure", STRUCTURES)
def test_every_knit_closes_and_shows_what_its_chart_says(structure):
    knit = dataclasses.replace(recipe("cotton_rib"), structure=structure, tile=0.008)
    relief = knit_relief(knit, (400, 400), np.random.default_rng(1))
    for image in (relief.height, relief.height.T):
        step = np.abs(image - np.roll(image, 1, axis=1)).mean(axis=0)
        assert step[0] <= step[1:].max() * 1.1
    told = knit.crossings.interlacement
    assert told.shape == knit.counts[::-1]
    if (
        len(set("".join(STRUCTURES[structure]))) == 2 and len(STRUCTURES[structure]) == 1
    ):  # a rib's face wales stand proud
        wale = np.arange(400) * knit.counts[0] // 400
        proud = np.array([relief.height[:, wale == k].mean() for k in range(knit.counts[0])])
        assert proud[told[0]].min() > proud[~told[0]].max()


def test_a_thread_has_the_colour_of_its_place_in_the_order():
    red, green, blue = np.eye(3)
    cloth = woven("plain", tile=0.004, warp_order=tuple(map(tuple, (red, red, green))), weft_order=(tuple(blue),))
    assert cloth.repeat == (6, 2)
    channels = structure_channels(cloth, (cloth.counts[1] * 8, cloth.counts[0] * 8))
    albedo = specimen(cloth, 8 * 3000.0, np.random.default_rng(0))
    told = np.where(channels[0] > 0.5, channels[3:6].argmax(0), channels[6:9].argmax(0))
    # In the middle of each crossing the drafted thread is what one sees, once the tile's roll is undone.
    shown = np.roll(albedo.maps[:3], np.negative(made_shift(cloth)), (1, 2)).argmax(0)
    assert (told[4::8, 4::8] == shown[4::8, 4::8]).mean() > 0.99


def made_shift(cloth):
    return fabric_maps(cloth, (cloth.counts[1] * 8, cloth.counts[0] * 8), np.random.default_rng(0)).shift


@pytest.mark.parametrize("name", ["denim", "cotton_jersey", "silk_chiffon"])
def test_a_specimens_channels_lie_in_0_to_1_and_agree_with_each_other(name):
    tile = dataclasses.replace(recipe(name), tile=0.006)
    made_of = specimen(tile, 30e3, np.random.default_rng(2))
    assert made_of.maps.shape[0] == len(MAP_CHANNELS)
    assert made_of.structure.shape == (len(STRUCTURE_CHANNELS), *made_of.maps.shape[1:])
    for channels in (made_of.maps, made_of.structure):
        assert channels.dtype == np.float32
        assert channels.min() >= 0
        assert channels.max() <= 1
    np.testing.assert_allclose(np.linalg.norm(made_of.maps[7:] * 2 - 1, axis=0), 1, atol=1e-4)
    rows, columns = made_of.maps.shape[1:]
    np.testing.assert_allclose(made_of.lattice @ [1, 1], np.array([columns, rows]) / tile.counts)
    np.testing.assert_allclose(np.array(made_of.pixel) * (columns, rows), tile.size_m)
    # The warp's phase runs once through 0…1 an end, so its mean over whole ends is a half.
    np.testing.assert_allclose(made_of.structure[1:3].mean((1, 2)), 0.5, atol=0.05)
    assert (made_of.maps[6].min() < 0.5) == (name == "silk_chiffon")


def test_plies_groove_a_yarn_as_often_as_it_is_twisted():
    plied = dataclasses.replace(PLAIN_YARN, ply=2, ply_twist=500.0, linear_density=1000e-6)
    fine = dataclasses.replace(PLAIN_YARN, linear_density=1e-6)
    corded = woven("twill_7_1", 600.0, 800.0, crimp_share=0.0, warp=plied, weft=fine, tile=0.04)
    relief = weave_relief(corded, (2000, 512), np.random.default_rng(0))
    column = relief.height[:, 512 // (2 * corded.counts[0])]  # along the first end's back
    power = np.abs(np.fft.rfft(column - column.mean()))
    assert power.argmax() == 2 * round(500.0 * corded.size_m[1])  # each of the two plies is on top once a turn


def test_slubs_thicken_a_yarn_and_leave_the_rest_alone():
    slub = dataclasses.replace(PLAIN_YARN, slubs=20.0)
    plain = weave_relief(woven("plain", 2000.0, 2000.0), (400, 400), np.random.default_rng(5))
    slubbed = weave_relief(woven("plain", 2000.0, 2000.0, warp=slub), (400, 400), np.random.default_rng(5))
    assert slubbed.cover.mean() > plain.cover.mean()
    assert slubbed.height.max() > plain.height.max() * 1.2


def test_what_is_open_is_seen_through_and_what_is_close_is_not():
    assert made(recipe("denim")).opacity is None
    chiffon = made(recipe("silk_chiffon"), 512)
    cloth = recipe("silk_chiffon")
    covers = [sett * yarn.width for sett, yarn in ((cloth.ends, cloth.warp), (cloth.picks, cloth.weft))]
    kept = covers[0] + covers[1] - covers[0] * covers[1]  # Peirce's cover factor of the cloth
    assert chiffon.opacity.mean() == pytest.approx(kept, abs=0.02)


def test_a_blur_on_blocks_is_the_exact_one():
    steps, sigma = (2e-5, 3e-5), 9e-4
    field = blurred(np.random.default_rng(0).standard_normal((512, 768)).astype(np.float32), steps, 6e-5)
    gains = [np.exp(-2 * (np.pi * f * sigma) ** 2) for f in (np.fft.fftfreq(512, 3e-5), np.fft.rfftfreq(768, 2e-5))]
    exact = np.fft.irfft2(np.fft.rfft2(field) * np.outer(*gains))
    assert (blurred(field, steps, sigma) - exact).std() < 0.03 * exact.std()


def test_cords_stand_as_often_as_they_are_cut():
    cord = recipe("corduroy")
    relief = pile_relief(cord, (256, 512), np.random.default_rng(0))
    profile = relief.height.mean(0)
    power = np.abs(np.fft.rfft(profile - profile.mean()))
    assert power.argmax() == round(cord.cords * cord.size_m[0])
    assert np.ptp(profile) > 0.4 * cord.depth


def test_loops_lie_over_and_cut_pile_stands():
    loops = dataclasses.replace(recipe("terry"), disorder=0.0)
    cut = dataclasses.replace(loops, span=0.0)
    relief = {name: pile_relief(pile, (256, 256), np.random.default_rng(0)).height for name, pile in
              (("loops", loops), ("cut", cut))}  # fmt: skip
    # Without disorder every loop lies along the warp, so the cloth is smoother that way than across.
    across, along = (np.abs(np.diff(relief["loops"], axis=axis)).mean() for axis in (1, 0))
    assert along < 0.9 * across
    assert (relief["cut"] > 0).mean() < (relief["loops"] > 0).mean()


@pytest.mark.parametrize("ruin", [{"across": 0.0}, {"depth": math.nan}, {"span": -1.0}, {"span": 0.1}, {"lean": 9.0}])
def test_impossible_piles_are_refused(ruin):
    with pytest.raises(ValueError, match=r"pile|loop"):
        dataclasses.replace(recipe("terry"), **ruin)
