# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading photographs of cloth: light laid on and taken off again, heights from slopes, the reader and its training."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from toile.models.gan.specimens import fitting
from toile.models.learning import TrainingCancelled, TrainingRefused, Watch, WeightsRefused, read_weights, write_weights
from toile.models.making import fabric_maps
from toile.models.maps import decode_srgb, normals
from toile.models.pbr.lighting import Light, dyed, evenly_lit, photographed, random_light, shading, shading_of
from toile.models.pbr.network import Reader
from toile.models.pbr.reading import integrated, read, read_reader
from toile.models.pbr.training import Course, train

SMALL = Course(steps=4, batch=2, pieces=3, keep_each=2, width=4)
seeds = st.integers(0, 2**31)


@pytest.fixture(autouse=True)
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def woven(seed: int, pixels: int = 64):
    rng = np.random.default_rng(seed)
    return fabric_maps(fitting(rng, pixels), pixels, rng)


def waves(rows: int, columns: int) -> np.ndarray:
    """A periodic height that central differences can see, in pixels, top row first."""
    y, x = np.mgrid[:rows, :columns] * 2 * np.pi
    return (np.sin(3 * x / columns + 1) + np.cos(2 * y / rows) * np.sin(x / columns)).astype(np.float32)


def test_a_flat_cloth_sends_all_its_light_back_whatever_the_lamp():
    flat = np.zeros((8, 8, 3), np.float32)
    flat[..., 2] = 1
    for seed in range(5):
        light = replace(random_light(np.random.default_rng(seed)), gradient=(0.0, 0.0))
        np.testing.assert_allclose(shading(flat, light), 1, atol=1e-6)


def test_a_slope_that_faces_the_lamp_is_brighter():
    right = np.array([0.5, 0, np.sqrt(0.75)], np.float32) * np.ones((4, 4, 1), np.float32)
    lamp = Light(azimuth=0.0, elevation=0.8, sky=0.2)
    assert shading(right, lamp).mean() > 1 > shading(right, replace(lamp, azimuth=np.pi)).mean()


@settings(max_examples=10, deadline=None)
@given(seeds)
def test_a_picture_of_which_the_shading_is_known_gives_its_albedo_back(seed):
    rng = np.random.default_rng(seed)
    made = woven(seed)
    photo = photographed(made, random_light(rng), 0.0, rng)
    again = evenly_lit(photo.picture, shading_of(photo.picture, photo.albedo))
    bright = decode_srgb(photo.picture).max(-1) < 0.98  # what is blown out is lost
    error = np.abs(decode_srgb(again).mean(-1) - decode_srgb(photo.albedo).mean(-1))[bright]
    assert error.mean() < 0.01


def test_a_dye_knows_nothing_of_the_threads():
    made = woven(3)
    lit = replace(made, ao=np.ones_like(made.ao))  # but for the light that deep places lose
    tests = [
        np.corrcoef(dyed(lit, np.random.default_rng(k)).mean(-1).ravel(), made.height.ravel())[0, 1] for k in range(20)
    ]
    assert abs(float(np.mean(tests))) < 0.1


@given(st.integers(8, 40), st.integers(8, 40))
def test_heights_come_back_from_their_slopes(rows, columns):
    height = waves(rows, columns)
    normal = normals(height[::-1], (1, 1))[::-1]
    found = integrated(-normal[..., 0] / normal[..., 2], -normal[..., 1] / normal[..., 2])
    np.testing.assert_allclose(found, height - height.mean(), atol=2e-5)


def test_what_is_read_fits_together_and_bands_do_not_show(monkeypatch):
    torch.manual_seed(1)
    reader = Reader(4).eval()
    picture = np.random.default_rng(0).random((52, 70, 3), dtype=np.float32)
    whole = read(reader, picture)
    assert whole.albedo.shape == whole.normal.shape == picture.shape
    np.testing.assert_allclose(np.linalg.norm(whole.normal, axis=-1), 1, atol=1e-5)
    np.testing.assert_allclose(whole.normal, normals(whole.height[::-1], (1, 1))[::-1], atol=1e-4)
    assert 0 <= whole.roughness.min() <= whole.roughness.max() <= 1
    monkeypatch.setattr("toile.models.pbr.reading._BAND", 8 * 70)
    np.testing.assert_allclose(read(reader, picture).height, whole.height, atol=1e-4)


def test_a_rolled_picture_is_read_rolled():
    torch.manual_seed(1)
    reader = Reader(4).eval()
    picture = np.random.default_rng(0).random((64, 64, 3), dtype=np.float32)
    still, moved = read(reader, picture), read(reader, np.roll(picture, (8, 24), (0, 1)))  # by whole coarsest pixels
    np.testing.assert_allclose(np.roll(still.normal, (8, 24), (0, 1)), moved.normal, atol=1e-3)


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((64, 64), np.float32),
        np.zeros((64, 64, 4), np.float32),
        np.zeros((1, 1, 3), np.float32),
        np.full((64, 64, 3), 255.0, np.float32),
        np.full((64, 64, 3), np.nan, np.float32),
    ],
)
def test_what_is_no_picture_is_refused(picture):
    with pytest.raises(ValueError, match="A picture to read"):
        read(Reader(4), picture)


def test_a_training_that_goes_on_makes_what_one_without_a_break_makes(tmp_path):
    whole = train(tmp_path / "whole", SMALL, Watch())
    asked = iter(range(1000))
    with pytest.raises(TrainingCancelled, match="step 3"):
        train(tmp_path / "parts", SMALL, Watch(cancelled=lambda: next(asked) >= SMALL.pieces + 3))
    assert train(tmp_path / "parts", SMALL, Watch(), resume=True)["normal_degrees"] == whole["normal_degrees"]
    parts = read_weights(tmp_path / "parts" / "weights.npz")[0]
    for name, value in read_weights(tmp_path / "whole" / "weights.npz")[0].items():
        assert torch.equal(value, parts[name]), name


def test_training_reads_normals_better(tmp_path):
    told: list[str] = []
    course = Course(steps=60, batch=3, pieces=6, keep_each=60, width=6, rate=6e-3)
    train(tmp_path, course, Watch(progress=lambda _, text: told.append(text)))
    degrees = [float(text.split("normal_degrees ")[1].split(",")[0]) for text in told if text.startswith("Step")]
    assert np.mean(degrees[-2:]) < np.mean(degrees[:2])


def test_a_turned_picture_is_read_turned():
    torch.manual_seed(2)
    reader = Reader(4).eval()
    picture = np.random.default_rng(1).random((48, 64, 3), dtype=np.float32)
    still, turned = read(reader, picture), read(reader, np.ascontiguousarray(np.rot90(picture)))
    np.testing.assert_allclose(turned.height, np.rot90(still.height), atol=2e-2 * float(np.ptp(still.height)))
    np.testing.assert_allclose(turned.roughness, np.rot90(still.roughness), atol=1e-2)


@pytest.mark.parametrize("wrong", [{"steps": 0}, {"pixels": 68}, {"width": 0}, {"seed": -3}])
def test_a_course_that_cannot_be_taken_is_refused(wrong):
    with pytest.raises(TrainingRefused):
        Course(**wrong)


def test_sides_of_pictures_are_whole_pixels_of_the_coarsest_level():
    assert Course(pixels=72, levels=3).pixels == 72
    with pytest.raises(TrainingRefused, match="by 32"):
        Course(pixels=80, levels=5)


def test_weights_of_a_generator_are_no_reader(tmp_path):
    about = {"kind": "reader", "width": 4, "levels": 2}
    write_weights(tmp_path / "own.npz", Reader(4, 2), about)
    assert read_reader(tmp_path / "own.npz").coarse == 4
    for wrong in ({"kind": "generator"}, {"width": "4"}, {"width": 5}, {"levels": 3}, {"levels": 9}, {"levels": None}):
        write_weights(tmp_path / "other.npz", Reader(4, 2), about | wrong)
        with pytest.raises(WeightsRefused):
            read_reader(tmp_path / "other.npz")


def test_other_processes_weave_and_draw_what_this_one_would(tmp_path):
    alone = train(tmp_path / "alone", SMALL, Watch(), device="cpu", workers=0)
    helped = train(tmp_path / "helped", SMALL, Watch(), device="cpu", workers=2)
    assert helped["normal_degrees"] == alone["normal_degrees"]


@pytest.mark.parametrize("wrong", [{"device": "abacus"}, {"device": "cuda:99"}, {"workers": -1}])
def test_where_no_training_can_be_is_refused(wrong, tmp_path):
    with pytest.raises(TrainingRefused):
        train(tmp_path, SMALL, Watch(), **wrong)


@pytest.mark.parametrize("levels", [1, 2, 4])
def test_nothing_beyond_a_readers_reach_is_looked_at(levels):
    torch.manual_seed(3)
    reader = Reader(3, levels).eval()
    picture = torch.rand(1, 3, 256, 256)
    other = picture.clone()
    other[..., 160:] = 1 - other[..., 160:]
    with torch.inference_mode():
        light = reader.glance(picture)
        apart = (reader(picture, light) - reader(other, light)).abs().amax((0, 1, 2))
    assert apart[: 160 - reader.reach].max() == 0 < apart[160]


def test_each_level_sees_half_as_finely_whatever_a_pictures_sides_are():
    reader = Reader(4)
    picture = torch.rand(1, 3, 67, 50)
    seen = reader.features(picture, reader.glance(picture))
    assert [tuple(level.shape[1:]) for level in seen] == [(4, 33, 25), (8, 16, 12), (16, 8, 6)]
