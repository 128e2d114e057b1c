# SPDX-License-Identifier: GPL-3.0-or-later
"""The learnt loom: what it is told, that it commutes with every roll, its training, its weights, its variations."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from toile.models.assortment import random_weave
from toile.models.drafts import named_draft
from toile.models.gan.choices import COUNT, Wish, choices, write_choices
from toile.models.gan.conditions import COARSEST, FINEST, SPATIAL, ScaleRefused, conditions
from toile.models.gan.networks import MAPS, Generator, Widths, laid
from toile.models.gan.specimens import fitting
from toile.models.gan.training import Course, blurred, train
from toile.models.gan.variations import VariationRefused, blend, colours, mutated, recoloured
from toile.models.gan.weaving import SHIPPED, loom, read_generator, sized, weave
from toile.models.learning import (
    CHECKPOINT,
    WEIGHTS,
    TrainingCancelled,
    TrainingRefused,
    Watch,
    WeightsRefused,
    read_weights,
    write_weights,
)
from toile.models.making import fabric_maps, structure_channels
from toile.models.maps import decode_srgb
from toile.models.recipes import read_recipe, weave_row, woven_recipe
from toile.models.swatches.decoding import decode_interlacement
from toile.models.weave import weave_relief
from toile.models.yarn import fibres
from toile.sim.fabric import FabricRefused
from toile.worker.tasks import TASKS

SMALL = Course(
    steps=4, alone=2, batch=2, pieces=3, penalty_each=2, keep_each=2, widths=Widths(generator=8, depth=2, critic=4)
)
seeds = st.integers(0, 2**31)


@pytest.fixture(autouse=True)
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def unlearnt(seed: int = 0, widths: Widths = SMALL.widths) -> Generator:
    """A generator of random weights, none of them zero."""
    torch.manual_seed(seed)
    generator = Generator(widths)
    with torch.no_grad():
        for parameter in generator.leave.parameters():
            parameter.normal_(0, 0.5)
    return generator.eval()


def told(seed: int, pixels: int = 64):
    rng = np.random.default_rng(seed)
    return conditions(fitting(rng, pixels), (pixels, pixels), rng)


def tensors(of, rows):
    spatial, colours = of.band(rows)
    return torch.from_numpy(spatial)[None], torch.from_numpy(of.fabric)[None], torch.from_numpy(colours)[None]


@settings(max_examples=10, deadline=None)
@given(seeds)
def test_conditions_say_what_the_loom_is_told(seed):
    rng = np.random.default_rng(seed)
    recipe = fitting(rng, 64)
    spatial, threads = conditions(recipe, (64, 64), rng).band(np.arange(64))
    loom = structure_channels(recipe, (64, 64))
    assert spatial.shape == (SPATIAL, 64, 64)
    assert np.isfinite(spatial).all()
    np.testing.assert_array_equal(spatial[0] > 0, loom[0] > 0)
    np.testing.assert_allclose((spatial[1] + 1) / 2, loom[1], atol=1e-6)
    np.testing.assert_allclose((spatial[2] + 1) / 2, loom[2], atol=1e-6)
    np.testing.assert_allclose(threads[1], decode_srgb(np.moveaxis(loom[3:6], 0, -1)).transpose(2, 0, 1), atol=1e-6)
    np.testing.assert_allclose(threads[4], decode_srgb(np.moveaxis(loom[6:9], 0, -1)).transpose(2, 0, 1), atol=1e-6)


@pytest.mark.parametrize("seed", [3, 4, 8])
def test_the_yarns_told_are_the_very_ones_that_the_simulator_lays(seed):
    recipe = fitting(np.random.default_rng(seed), 64)
    single = replace(recipe, warp=replace(recipe.warp, ply=1, slubs=0.0), weft=replace(recipe.weft, ply=1, slubs=0.0))
    spatial, _ = conditions(single, (64, 64), np.random.default_rng(1)).band(np.arange(64))
    relief = weave_relief(single, (64, 64), np.random.default_rng(1)).height[::-1] / single.thickness
    told = np.maximum(spatial[5], spatial[6])
    yarn = (told > -0.4) & (relief > -0.4)
    assert np.corrcoef(told[yarn], relief[yarn])[0, 1] > 0.9  # but for fibres, and yarns that reach into the next place
    other = weave_relief(single, (64, 64), np.random.default_rng(2)).height[::-1] / single.thickness
    assert np.abs(told - relief)[yarn].mean() < np.abs(told - other)[yarn].mean()


def test_the_nearest_fibre_is_one_of_the_two_between_which_a_place_lies():
    rng = np.random.default_rng(0)
    yarns = fibres(rng, fitting(rng, 64).warp, 6, 64, 5e-3)
    yarn, angle = rng.integers(6, size=4000), rng.uniform(-1.5, 1.5, 4000).astype(np.float32)
    along = rng.random(4000, dtype=np.float32)
    nearest = yarns.nearest(yarn, angle, along)
    assert np.corrcoef(nearest, yarns.at(yarn, angle, along))[0, 1] > 0.85
    assert set(nearest.tolist()) <= set(yarns.noise.ravel().tolist())


@settings(max_examples=10, deadline=None)
@given(seeds, st.integers(0, 63), st.integers(0, 63))
def test_rolling_all_inputs_rolls_all_maps(seed, down, right):
    of = told(seed)
    spatial, fabric, threads = tensors(of, np.arange(64))
    generator = unlearnt(seed % 7)
    with torch.no_grad():
        still = generator(spatial, fabric, threads)
        moved = generator(
            *(part.roll((down, right), (-2, -1)) if part.ndim > 2 else part for part in (spatial, fabric, threads))
        )
    assert float((still.roll((down, right), (-2, -1)) - moved).abs().max()) <= 1e-3
    assert float(still.std()) > 0.01  # and they are not one flat value, which any roll would leave alone


def test_what_is_drawn_within_a_tile_is_what_is_drawn_of_the_whole():
    generator = unlearnt(widths=Widths(8, 3, 4))
    spatial, fabric, _ = tensors(told(2), np.arange(64))
    with torch.no_grad():
        whole, within = generator.drawn(spatial, fabric), generator.drawn_within(spatial, fabric)
    np.testing.assert_allclose(within, whole[..., 3:-3, 3:-3], atol=1e-5)


def test_a_tile_made_in_bands_is_the_tile_made_at_once(monkeypatch):
    recipe = fitting(np.random.default_rng(5), 96)
    generator = unlearnt(widths=Widths(8, 5, 4))
    whole = weave(generator, recipe, 96, np.random.default_rng(1))
    monkeypatch.setattr("toile.models.gan.weaving._ROWS", 7)
    monkeypatch.setattr("toile.models.gan.weaving._COLUMNS", 31)
    banded = weave(generator, recipe, 96, np.random.default_rng(1))
    np.testing.assert_allclose(banded.height, whole.height, atol=1e-5 * recipe.thickness)
    assert np.abs(banded.albedo.astype(int) - whole.albedo).max() <= 1
    assert banded.warp_cover == pytest.approx(whole.warp_cover, abs=1e-5)


def test_the_same_seed_weaves_the_same_bytes_and_another_other_fibres():
    recipe, generator = fitting(np.random.default_rng(5), 64), unlearnt()
    one, again, other = (weave(generator, recipe, 64, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert one.height.tobytes() == again.height.tobytes()
    assert one.albedo.tobytes() == again.albedo.tobytes()
    assert one.height.tobytes() != other.height.tobytes()


def test_colours_are_laid_on_in_linear_light():
    drawn = torch.zeros(1, MAPS + 5, 2, 2)
    drawn[:, 6] = 20  # the own end alone
    threads = torch.zeros(1, 6, 3, 2, 2)
    threads[:, 1] = torch.tensor([0.5, 0.2, 0.0])[:, None, None]
    albedo = laid(drawn, threads)[0, :3, 0, 0].numpy()
    np.testing.assert_allclose(decode_srgb(albedo), (0.5, 0.2, 0.0), atol=1e-4)


@pytest.mark.parametrize("pixels", [8, 4000])
def test_threads_too_fine_or_too_coarse_are_refused(pixels):
    with pytest.raises(ScaleRefused, match="another number of pixels"):
        weave(unlearnt(), fitting(np.random.default_rng(0), 64), pixels, np.random.default_rng(0))


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_a_sized_tile_shows_its_threads_as_the_generator_has_learnt(seed):
    recipe = sized(random_weave(np.random.default_rng(seed)), 512)
    width, length = recipe.size_m
    spacing = [
        512 / max(width, length) * size / count for size, count in zip((width, length), recipe.counts, strict=True)
    ]
    longest = max(*recipe.repeat)
    assert min(spacing) >= FINEST or longest * FINEST > 256  # a repeat of very many threads is what it is
    assert max(spacing) <= COARSEST


def test_the_blur_keeps_the_mean_and_commutes_with_rolls():
    maps = torch.rand(2, 3, 16, 16)
    torch.testing.assert_close(blurred(maps).mean((2, 3)), maps.mean((2, 3)))
    torch.testing.assert_close(blurred(maps.roll(5, -1)), blurred(maps).roll(5, -1))


def test_a_training_that_goes_on_makes_what_one_without_a_break_makes(tmp_path):
    whole = train(tmp_path / "whole", SMALL, Watch())
    asked = iter(range(1000))
    watch = Watch(cancelled=lambda: next(asked) >= SMALL.pieces + 3)  # asked at each piece and each step
    with pytest.raises(TrainingCancelled, match="step 3"):
        train(tmp_path / "parts", SMALL, watch)
    resumed = train(tmp_path / "parts", SMALL, Watch(), resume=True)
    assert resumed["likeness"] == whole["likeness"]
    for name, value in read_weights(tmp_path / "whole" / WEIGHTS)[0].items():
        assert torch.equal(value, read_weights(tmp_path / "parts" / WEIGHTS)[0][name]), name
    assert (tmp_path / "whole" / "sheet-4.png").read_bytes() == (tmp_path / "parts" / "sheet-4.png").read_bytes()


def test_training_brings_the_blurred_maps_nearer_and_the_critic_learns(tmp_path):
    told: list[str] = []
    course = replace(SMALL, steps=30, alone=20, keep_each=30, widths=Widths(8, 2, 8))
    watch = Watch(progress=lambda _, text: told.append(text))
    train(tmp_path, course, watch)
    steps = [text for text in told if text.startswith("Step")]
    first, last = (float(text.split("likeness ")[1].split(",")[0]) for text in (steps[0], steps[-1]))
    assert last < first
    assert "critic" not in steps[0]
    assert "critic" in steps[-1]


def test_weights_come_back_and_nothing_else_is_taken_for_them(tmp_path):
    generator = unlearnt()
    write_weights(tmp_path / "own.npz", generator, {"kind": "generator", "widths": vars(generator.widths)})
    again = read_generator(tmp_path / "own.npz")
    for name, value in generator.state_dict().items():
        torch.testing.assert_close(again.state_dict()[name], value, atol=2e-3, rtol=1e-3)  # half precision


def broken(folder: Path) -> dict[str, Path]:
    """Files that hold no weights of a generator."""
    files = {
        name: folder / f"{name}.npz" for name in ("missing", "text", "empty", "pickle", "cut", "other", "nan", "wide")
    }
    generator = unlearnt()
    about = {"kind": "generator", "widths": vars(generator.widths)}
    files["text"].write_text("a fabric")
    files["empty"].write_bytes(b"")
    np.savez(files["pickle"], about=np.array({"kind": "generator"}, dtype=object))
    write_weights(files["cut"], generator, about)
    files["cut"].write_bytes(files["cut"].read_bytes()[:500])
    write_weights(files["other"], torch.nn.Linear(2, 2), {"kind": "reader", "width": 16})
    write_weights(files["wide"], generator, about | {"widths": vars(Widths(16, 2, 4))})
    with torch.no_grad():
        generator.leave.bias[0] = float("nan")
    write_weights(files["nan"], generator, about)
    return files


@pytest.mark.parametrize("what", ["missing", "text", "empty", "pickle", "cut", "other", "nan", "wide"])
def test_a_file_that_holds_no_weights_is_refused_by_name(tmp_path, what):
    with pytest.raises(WeightsRefused):
        read_generator(broken(tmp_path)[what])


def test_a_checkpoint_of_another_course_or_of_no_course_is_refused(tmp_path):
    with pytest.raises(TrainingRefused, match="no checkpoint"):
        train(tmp_path, SMALL, Watch(), resume=True)
    (tmp_path / CHECKPOINT).write_bytes(b"not a checkpoint")
    with pytest.raises(TrainingRefused, match="is no checkpoint"):
        train(tmp_path, SMALL, Watch(), resume=True)
    torch.save({"course": {"steps": 1}}, tmp_path / CHECKPOINT)
    with pytest.raises(TrainingRefused, match="another training"):
        train(tmp_path, SMALL, Watch(), resume=True)


def test_a_pickle_that_would_run_code_is_refused(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "ran",))

    torch.save(Bomb(), tmp_path / CHECKPOINT)
    with pytest.raises(TrainingRefused):
        train(tmp_path, SMALL, Watch(), resume=True)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("wrong", [{"steps": 0}, {"pixels": 63}, {"pixels": 1000}, {"batch": -1}, {"seed": -1}])
def test_a_course_that_cannot_be_taken_is_refused(wrong):
    with pytest.raises(TrainingRefused):
        Course(**wrong)


def test_a_folder_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(TrainingRefused, match="cannot be written"):
        train(tmp_path / "file", SMALL, Watch())


@settings(max_examples=30, deadline=None)
@given(seeds, st.floats(0, 1))
def test_a_blend_lies_between_both(seed, share):
    rng = np.random.default_rng(seed)
    first, second = random_weave(rng), random_weave(rng)
    between = blend(first, second, share)
    for numbers in ("ends", "picks", "crimp_share"):
        low, high = sorted(getattr(cloth, numbers) for cloth in (first, second))
        assert low * (1 - 1e-9) <= getattr(between, numbers) <= high * (1 + 1e-9)
    assert between.draft == (first if share < 0.5 else second).draft
    ends = blend(first, second, 0), blend(first, second, 1)
    assert ends[0].warp.linear_density == first.warp.linear_density
    assert ends[1].ends == second.ends


@settings(max_examples=30, deadline=None)
@given(seeds, st.integers(1, 5))
def test_a_recoloured_cloth_wears_the_palette_alone(seed, count):
    rng = np.random.default_rng(seed)
    recipe = random_weave(rng)
    palette = [tuple(colour) for colour in rng.random((count, 3)).tolist()]
    assert set(colours(recoloured(recipe, palette))) <= set(palette)
    if len(colours(recipe)) <= count:
        assert len(colours(recoloured(recipe, palette))) == len(colours(recipe))
    assert recoloured(recipe, colours(recipe)) == recipe  # ΔE00 of 0 is the least


def test_a_recoloured_cloth_keeps_every_fibre():
    recipe, generator = fitting(np.random.default_rng(2), 64), unlearnt()
    dyed = recoloured(recipe, [(0.9, 0.1, 0.1), (0.1, 0.1, 0.9), (0.2, 0.8, 0.3)])
    one, other = (weave(generator, cloth, 64, np.random.default_rng(1)) for cloth in (recipe, dyed))
    assert one.height.tobytes() == other.height.tobytes()
    assert one.albedo.tobytes() != other.albedo.tobytes()


@settings(max_examples=30, deadline=None)
@given(seeds, st.floats(0, 1))
def test_a_mutated_cloth_can_be_woven_and_written(seed, strength):
    rng = np.random.default_rng(seed)
    recipe = random_weave(rng)
    changed = mutated(recipe, rng, strength)
    again = read_recipe(json.loads(json.dumps(weave_row(changed))))
    assert again.draft == changed.draft
    assert again.counts == changed.counts
    np.testing.assert_allclose(again.warp.colour, changed.warp.colour, atol=0.5 / 255 + 1e-9)


def test_no_strength_changes_nothing():
    recipe = random_weave(np.random.default_rng(4))
    still = mutated(recipe, np.random.default_rng(1), 0)
    assert (still.draft, still.ends, still.warp.twist) == (recipe.draft, recipe.ends, recipe.warp.twist)
    np.testing.assert_allclose(colours(still), colours(recipe), atol=2e-6)


def test_bad_wishes_are_refused():
    recipe, rng = random_weave(np.random.default_rng(0)), np.random.default_rng(0)
    for refused in (
        lambda: blend(recipe, recipe, 1.2),
        lambda: blend(recipe, recipe, float("nan")),
        lambda: mutated(recipe, rng, -0.1),
        lambda: recoloured(recipe, []),
        lambda: recoloured(recipe, [(255, 0, 0)]),
        lambda: recoloured(recipe, [(float("nan"), 0, 0)]),
    ):
        with pytest.raises(VariationRefused):
            refused()


def test_twelve_choices_are_twelve_pictures_a_sheet_and_their_recipes(tmp_path):
    rng = np.random.default_rng(0)
    first, second = (fitting(rng, 64) for _ in range(2))
    made = choices(first, Wish(towards=second, strength=0.1), rng)
    report = write_choices(tmp_path, loom(unlearnt()), made, 64, rng)
    assert len(made) == len(report["variations"]) == COUNT
    assert json.loads((tmp_path / "variations.json").read_text()) == report
    for one, recipe in zip(report["variations"], made, strict=True):
        assert Path(one["picture"]).read_bytes().startswith(b"\x89PNG")
        assert read_recipe(one["recipe"]).draft == recipe.draft
    assert not list(tmp_path.glob(".*"))


def test_choices_of_no_pixels_or_in_a_file_are_refused(tmp_path):
    rng = np.random.default_rng(0)
    (tmp_path / "file").write_text("")
    with pytest.raises(VariationRefused, match="64 to 1024"):
        write_choices(tmp_path, loom(unlearnt()), [], 8, rng)
    with pytest.raises(VariationRefused, match="takes no pictures"):
        write_choices(tmp_path / "file", loom(unlearnt()), [fitting(rng, 64)], 64, rng)


def test_a_worker_trains_and_varies_by_what_it_trained(tmp_path):
    onlooker = SimpleNamespace(progress=lambda *_: None, cancelled=lambda: False)
    course = {"steps": 1, "batch": 1, "pieces": 1, "pixels": 64, "seed": 3}
    params = {"network": "generator", "out": str(tmp_path / "run"), "course": course, "resume": False}
    trained, _ = TASKS["train_fabrics"](params, {}, onlooker)
    wish = {"towards": "cotton_poplin", "palette": [[0.1, 0.2, 0.3]], "strength": 0.0}
    params = {"recipe": "denim", "wish": wish, "pixels": 64, "seed": 0, "weights": trained["weights"]}
    varied, _ = TASKS["vary_fabric"](params | {"out": str(tmp_path / "choices")}, {}, onlooker)
    dyes = {colour for one in varied["variations"] for colour in colours(read_recipe(one["recipe"]))}
    np.testing.assert_allclose(sorted(dyes), [(0.1, 0.2, 0.3)], atol=0.5 / 255)


@pytest.mark.parametrize("name", ["cotton_jersey", "no_such_cloth"])
def test_what_is_knitted_or_unknown_is_not_varied(tmp_path, name):
    onlooker = SimpleNamespace(progress=lambda *_: None, cancelled=lambda: False)
    wish = {"towards": None, "palette": [], "strength": 0.0}
    params = {"recipe": name, "wish": wish, "pixels": 64, "seed": 0, "weights": None, "out": str(tmp_path)}
    with pytest.raises(FabricRefused):
        TASKS["vary_fabric"](params, {}, onlooker)


@pytest.mark.skipif(not SHIPPED.is_file(), reason="no weights ship")
class TestShipped:
    """The weights that ship weave what the draft says, in the colours it says, on drafts they never saw."""

    def test_they_are_small(self):
        assert sum(file.stat().st_size for file in SHIPPED.parent.glob("*.npz")) <= 16e6

    @pytest.mark.parametrize("draft", ["xx..x. .xx..x ..xx.x xx.x.. .x.xx. x...xx", "satin_11_3", "twill_5_2_1_2"])
    def test_an_unseen_draft_is_read_off_the_picture_by_eyes_without_a_network(self, draft):
        told = woven_recipe("denim")
        cloth = sized(replace(told, draft=named_draft(draft)), 256)
        made = weave(read_generator(), cloth, 256, np.random.default_rng(0))
        seen = decode_interlacement(made.albedo / np.float32(255), cloth.crossings, made.shift)
        assert (seen == cloth.crossings.interlacement).mean() >= 0.95
        assert made.seam_ratio <= 1.0
        woven = fabric_maps(cloth, made.height.shape, np.random.default_rng(0))
        assert made.warp_cover == pytest.approx(woven.warp_cover, abs=0.05)
