# SPDX-License-Identifier: GPL-3.0-or-later
"""Looms that learn one swatch: what its lattice decides, the law of seams, what is lost, cancelling, refusals."""

import functools
import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from toile.models.gan import adapting, swatch_loom
from toile.models.gan.adapting import (
    LARGEST,
    SHIPPED,
    Course,
    Lesson,
    Pair,
    Widths,
    adapt,
    read_pair,
    teach,
    whole_repeats,
)
from toile.models.gan.swatch_loom import SwatchLoom, mean_cell
from toile.models.gan.swatch_training import Course as Beginning
from toile.models.gan.swatch_training import swatch, train
from toile.models.learning import WEIGHTS, TrainingCancelled, TrainingRefused, Watch, WeightsRefused
from toile.models.maps import blurred, seam_ratio
from toile.models.pbr.network import Reader
from toile.models.pbr.reading import SHIPPED as READER
from toile.models.pbr.reading import estimated, read_reader
from toile.models.png import write_png
from toile.models.swatches.analysis import Scale, analyse
from toile.models.swatches.folder import NotTaught, photograph_swatch
from toile.models.swatches.making import swatch_maps
from toile.sim.fabric import FabricRefused
from toile.worker.tasks import TASKS

SMALL = Widths(loom=8, critic=8)
DPI = 10_000.0  # pixels a metre
seeds = st.integers(0, 2**31)


@pytest.fixture(autouse=True)
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def check(repeats: int = 8, side: int = 24, noise: float = 0.02) -> np.ndarray:
    """A gingham of two threads a repeat, `repeats` × `side` pixels each way, its dye uneven by `noise`."""
    place = np.arange(side)
    dark = (np.minimum(place, side - place) < side // 4).astype(np.float32)
    cell = 0.8 - 0.3 * dark[:, None, None] * np.float32([1, 0.6, 0.2]) - 0.2 * dark[None, :, None]
    cell *= (0.85 + 0.15 * np.abs(np.sin(4 * np.pi * (place + 0.5) / side)))[:, None, None]
    picture = np.tile(cell, (repeats, repeats, 1))
    picture += noise * np.random.default_rng(0).standard_normal(picture.shape)
    return np.clip(picture, 0, 1).astype(np.float32)


def lesson(picture: np.ndarray | None = None, pixels: int = 48) -> Lesson:
    torch.manual_seed(0)
    return Lesson(check() if picture is None else picture, (24, 24), (4, 4), Reader(4).requires_grad_(False), pixels)


def wild(seed: int = 0) -> SwatchLoom:
    """A loom of random weights that change much."""
    torch.manual_seed(seed)
    loom = SwatchLoom(8)
    with torch.no_grad():
        loom.leave.weight.normal_(0, 0.2)
    return loom.eval()


@settings(max_examples=20, deadline=None)
@given(seeds, st.integers(3, 20), st.integers(3, 20), st.integers(1, 3), st.integers(0, 7))
def test_the_mean_of_what_repeats_is_the_repeat(seed, rows, columns, many, more):
    repeat = np.random.default_rng(seed).random((rows, columns, 3)).astype(np.float32)
    picture = np.tile(repeat, (many + 1, many + 1, 1))[: many * rows + min(more, rows - 1), : many * columns]
    np.testing.assert_allclose(mean_cell(picture, (columns, rows), None).mean, repeat, atol=1e-6)


@settings(max_examples=10, deadline=None)
@given(seeds, st.integers(0, 3), st.integers(0, 3))
def test_rolling_the_noise_by_whole_repeats_rolls_the_tile(seed, down, right):
    cell, loom = mean_cell(check(), (24, 24), (4, 4)), wild(seed)
    decided, noise = cell.told((4, 4), np.random.default_rng(seed))
    shift = 24 * down, 24 * right
    with torch.no_grad():
        made = loom(decided, noise, cell.spacing)
        rolled = loom(decided, noise.roll(shift, (-2, -1)), cell.spacing)
    assert float(made.std()) > 0.1
    np.testing.assert_allclose(rolled.numpy(), made.roll(shift, (-2, -1)).numpy(), atol=1e-3)


def test_a_tile_woven_in_bands_is_the_tile_woven_at_once(monkeypatch):
    cell, loom = mean_cell(check(), (24, 24), (4, 4)), wild()
    whole = loom.woven(cell, (3, 2), np.random.default_rng(1))
    assert whole.shape == (48, 72, 3)
    monkeypatch.setattr(swatch_loom, "_BAND", 72 * 5)
    np.testing.assert_allclose(loom.woven(cell, (3, 2), np.random.default_rng(1)), whole, atol=1e-5)
    assert np.abs(loom.woven(cell, (3, 2), np.random.default_rng(2)) - whole).mean() > 0.01


def test_a_loom_without_wander_or_weights_weaves_the_mean_repeat():
    cell, loom = mean_cell(check(), (24, 24), (4, 4)), SwatchLoom(8)
    with torch.no_grad():
        for weights in (loom.wander.weight, loom.leave.weight, loom.leave.bias):
            weights.zero_()
    made = loom.woven(cell, (2, 2), np.random.default_rng(0))
    np.testing.assert_allclose(made, np.tile(cell.mean, (2, 2, 1)), atol=1e-6)


@settings(max_examples=20, deadline=None)
@given(st.integers(-30, 30), st.integers(-30, 30), st.floats(0, 1))
def test_an_image_read_off_its_place_is_rolled_by_whole_pixels_and_mixed_between(down, right, share):
    image = torch.rand(3, 9, 13, generator=torch.Generator().manual_seed(0))
    still = torch.zeros(9, 13)
    rolled = image.roll((-down, -right), (1, 2))
    read = swatch_loom._read_at(image, still + down, still + right + share)
    np.testing.assert_allclose(read, rolled + share * (rolled.roll(-1, 2) - rolled), atol=1e-4)


def test_a_swatch_is_like_itself_and_unlike_its_melted_self_in_every_way():
    """Texture statistics alone may prefer what is melted: the lattice must not."""
    picture = check()
    taught, own = Lesson(picture, (24, 24), (4, 4), read_reader(), 96), picture[:96, :96]
    melted = np.stack([blurred(own[..., k], (1, 1), 4.0) for k in range(3)], -1)
    losses = [
        taught.unlikeness(
            torch.from_numpy(np.ascontiguousarray(np.moveaxis(tile, -1, 0)))[None], np.random.default_rng(0)
        )
        for tile in (own, melted)
    ]
    for name in ("patches", "perceptual", "lattice"):
        assert losses[0][name] < 0.5 * losses[1][name], name


def test_learning_brings_the_loom_nearer_to_the_swatch():
    taught = lesson()
    torch.manual_seed(1)
    begun = Pair(SMALL)
    with torch.no_grad():
        begun.loom.leave.bias.fill_(0.2)  # too pale

    def unlike(woven: np.ndarray) -> float:
        tile = torch.from_numpy(np.ascontiguousarray(np.moveaxis(woven, -1, 0)))[None]
        return float(sum(taught.unlikeness(tile, np.random.default_rng(5)).values()))

    before = unlike(begun.loom.woven(taught.cell, taught.repeats, np.random.default_rng(3)))
    learnt = adapt(taught, begun, Course(steps=14, pixels=48, rate=2e-2), Watch())
    made = learnt(taught.repeats, np.random.default_rng(3))
    assert unlike(made) < 0.7 * before
    again = adapt(taught, begun, Course(steps=14, pixels=48, rate=2e-2), Watch())
    np.testing.assert_array_equal(again(taught.repeats, np.random.default_rng(3)), made)


def test_learning_tells_how_far_it_is_and_stops_when_it_is_told():
    told: list[float] = []
    with pytest.raises(TrainingCancelled, match="step 11 of 40"):
        adapt(
            lesson(),
            Pair(SMALL),
            Course(steps=40, pixels=48),
            Watch(lambda share, _: told.append(share), iter([False] * 11 + [True] * 9).__next__),
        )
    assert told == [0.0, 0.25]


def test_a_large_repeat_gets_fewer_steps_so_that_it_takes_no_longer():
    shares: list[str] = []
    large = Lesson(check(2, 96), (96, 96), (4, 4), Reader(4), 48)
    adapt(large, Pair(SMALL), Course(steps=8, pixels=48), Watch(lambda _, text: shares.append(text)))
    assert re.search("step 0 of 2:", shares[0])


@pytest.mark.parametrize(
    ("repeat", "sides", "why"),
    [
        ((1, 1), (300, 300), "nothing does"),
        ((LARGEST + 2, 20), (900, 900), f"{LARGEST} pixels, and this one has {LARGEST + 2}: scale the picture to 99%"),
        ((24, 160), (300, 300), "two repeats or more"),
    ],
)
def test_what_no_loom_can_learn_is_said(repeat, sides, why):
    read = analyse(check())
    laid = replace(read.laid, repeat=repeat, picture=np.zeros((*sides, 3), np.float32))
    with pytest.raises(NotTaught, match=why):
        teach(replace(read, laid=laid), Pair(SMALL), Reader(4), Course(), Watch())


def test_tiles_are_whole_repeats_and_no_smaller_than_asked():
    assert whole_repeats((24, 130), 128) == (6, 1)


def test_a_taught_swatch_closes_on_itself_and_an_untaught_one_is_quilted_with_a_word(tmp_path):
    path = tmp_path / "check.png"
    write_png(path, np.round(check(12) * 255).astype(np.uint8))
    wanted = {"size": 0.0072, "pixels": 144, "scale": Scale("dpi", DPI)}

    def taught(read):
        return teach(read, Pair(SMALL), Reader(4), Course(steps=2, pixels=48), Watch())

    report = photograph_swatch(path, tmp_path / "taught", teach=taught, **wanted)
    assert report["seam_ratio"] <= 1
    assert any("learnt the swatch" in note for note in report["notes"])

    def untaught(_read):
        raise NotTaught("It is a cat.")

    report = photograph_swatch(path, tmp_path / "quilted", teach=untaught, **wanted)
    assert "It is a cat. It is quilted." in report["notes"]
    assert not any("learnt the swatch" in note for note in report["notes"])


def test_a_worker_teaches_a_loom_and_reads_relief_and_says_both(tmp_path, monkeypatch):
    write_png(tmp_path / "check.png", np.round(check(12) * 255).astype(np.uint8))
    monkeypatch.setattr(adapting, "Course", functools.partial(Course, steps=2, pixels=48))
    shares: list[float] = []
    onlooker = SimpleNamespace(progress=lambda share, _: shares.append(share), cancelled=lambda: False)
    given = {
        "path": str(tmp_path / "check.png"),
        "out": str(tmp_path / "maps"),
        "size": 0.0072,
        "pixels": 144,
        "seed": 1,
    }
    asked = {"scale": ["dpi", DPI], "corners": None, "corner_size": None, "roughness": 0.5, "adapt": True}
    report, _ = TASKS["photograph_swatch"](given | asked, {}, onlooker)
    assert shares == sorted(shares)
    told = " ".join(report["notes"])
    assert "learnt the swatch" in told
    assert "reader of photographs" in told
    assert "roughness is as you stated" in told
    assert report["seam_ratio"] <= 1


def test_a_known_roughness_is_kept_in_the_mean_and_an_impossible_one_refused():
    read = analyse(check(12), Scale("dpi", DPI))
    for wanted in (0.3, 0.6):
        made = swatch_maps(read, 0.0072, 128, np.random.default_rng(0), roughness=wanted)
        assert float(made.roughness.mean()) == pytest.approx(wanted, abs=0.01)
    for wrong in (0.0, 1.5, float("nan")):
        with pytest.raises(FabricRefused, match=r"roughness is 0\.05"):
            swatch_maps(read, 0.0072, 128, np.random.default_rng(0), roughness=wrong)


@pytest.mark.parametrize(("shape", "pitch"), [((48, 36), 9.0), ((20, 17), 5.0), ((120, 96), 40.0)])
def test_a_tile_of_any_size_is_read_seamlessly(shape, pitch):
    torch.manual_seed(0)
    tile = np.random.default_rng(0).random((*shape, 3)).astype(np.float32)
    smooth = np.stack([blurred(tile[..., k], (1, 1), pitch / 3) for k in range(3)], -1)
    albedo, height, roughness = estimated(Reader(4).eval(), smooth, pitch)
    assert albedo.shape == (*shape, 3)
    assert height.shape == roughness.shape == shape
    assert np.isfinite(albedo).all()
    assert seam_ratio(height) < 3


def test_a_beginning_goes_on_as_without_a_break_and_its_weights_come_back(tmp_path):
    course = Beginning(steps=4, pixels=64, pieces=2, keep_each=2, widths=SMALL)
    whole = train(tmp_path / "whole", course, Watch())
    stops = iter([False] * 2 + [False] * 2 + [True])  # two pieces, two steps
    with pytest.raises(TrainingCancelled):
        train(tmp_path / "broken", course, Watch(cancelled=stops.__next__))
    train(tmp_path / "broken", course, Watch(), resume=True)
    one, other = (np.load(tmp_path / name / WEIGHTS) for name in ("whole", "broken"))
    for name in one.files:
        np.testing.assert_array_equal(one[name], other[name])
    assert read_pair(tmp_path / "whole" / WEIGHTS).loom.width == SMALL.loom
    assert whole["patches"] > 0


@settings(max_examples=5, deadline=None)
@given(seeds)
def test_a_simulated_swatch_repeats_where_it_says(seed):
    drawn = swatch(np.random.default_rng(seed))
    made = Lesson(drawn.picture, drawn.repeat, drawn.threads, Reader(4), 64)
    assert min(made.tile) >= 64
    rows, columns = made.cell.mean.shape[:2]
    picture = made.swatch[0].permute(1, 2, 0).numpy()
    assert picture.shape[0] % rows == picture.shape[1] % columns == 0
    moved = np.roll(picture, (rows, columns), (0, 1))
    elsewhere = np.roll(picture, (rows // 2 + 1, columns // 3 + 1), (0, 1))
    assert np.abs(moved - picture).mean() < np.abs(elsewhere - picture).mean()


@pytest.mark.parametrize("wrong", [{"steps": 0}, {"pixels": 32}, {"batch": 2}, {"seed": -1}, {"widths": Widths(0, 4)}])
def test_a_beginning_that_cannot_be_made_is_refused(wrong):
    with pytest.raises(TrainingRefused):
        Beginning(**wrong)


def test_weights_of_another_network_are_refused():
    with pytest.raises(WeightsRefused, match="fabric train swatch"):
        read_pair(READER)


@pytest.mark.skipif(not SHIPPED.is_file(), reason="no weights ship")
def test_the_shipped_loom_knows_cloth_before_it_has_learnt_a_swatch():
    assert SHIPPED.stat().st_size < 16e6
    taught = lesson()
    begun = read_pair()
    made = begun.loom.woven(taught.cell, (4, 4), np.random.default_rng(0))
    assert made.min() < 0.6 < made.max()
