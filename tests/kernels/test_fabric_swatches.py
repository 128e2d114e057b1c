# SPDX-License-Identifier: GPL-3.0-or-later
"""Swatches: simulated cloth before a synthetic camera, whose every number is known; and files that are no swatches."""

import dataclasses
import io
import json
import math
import tomllib
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toile.models.assortment import random_weave
from toile.models.drafts import named_draft
from toile.models.making import specimen
from toile.models.maps import seam_ratio
from toile.models.png import png_bytes
from toile.models.swatch import read_swatch
from toile.models.swatches.analysis import Scale, analyse
from toile.models.swatches.lattice import acf_at, autocorrelation, find_lattice
from toile.models.swatches.making import resized, swatch_maps
from toile.models.swatches.quilting import quilt, upright
from toile.models.swatches.rectify import even_light, find_coin, sampled, square_on
from toile.models.swatches.scores import delta_e_2000, lab, lattice_error
from toile.sim.fabric import FabricRefused

Pictures = pytest.importorskip("PIL.Image")
from toile.models.swatches.folder import photograph_swatch
from toile.models.swatches.photograph import LARGEST, read_photograph

BLUE, ECRU = (0.13, 0.2, 0.42), (0.82, 0.78, 0.68)
SETT = (2000.0, 1600.0)  # ends and picks a metre
PIXELS = 20e3  # a metre: 10 pixels an end, 12.5 a pick


def cloth(structure="twill_2_1", seed=0, **changes):
    """A two-coloured twill and its specimen at PIXELS."""
    woven = random_weave(np.random.default_rng(11), named_draft(structure))
    sure = {"slubs": 0.0, "hairiness": 60.0, "linear_density": 90e-6, "shade": 0.02, "irregularity": 0.06}
    warp, weft = (dataclasses.replace(y, colour=c, **sure) for y, c in ((woven.warp, BLUE), (woven.weft, ECRU)))
    woven = dataclasses.replace(
        woven, warp=warp, weft=weft, ends=SETT[0], picks=SETT[1], tile=0.02, warp_order=(), weft_order=(), **changes
    )
    return specimen(woven, PIXELS, np.random.default_rng(seed))


def photographed(made, side=448, angle=0.0, zoom=1.0, light=0.0, noise=0.005, seed=0):
    """What a camera square above the cloth sees: turned by `angle`, `zoom` pixels a pixel, lit from one side."""
    tile = np.moveaxis(made.maps[:3], 0, -1)
    rows, columns = tile.shape[:2]
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    u = (math.cos(angle) * x - math.sin(angle) * y) / zoom
    v = (math.sin(angle) * x + math.cos(angle) * y) / zoom
    around = np.pad(tile, ((0, 1), (0, 1), (0, 0)), mode="wrap")
    seen = sampled(around, u % columns, v % rows)
    seen = seen * np.exp(light * x / side)[..., None] + np.random.default_rng(seed).normal(0, noise, seen.shape)
    return np.clip(seen, 0, 1).astype(np.float32)


TWILL = cloth()


@pytest.mark.slow
@pytest.mark.parametrize("degrees", [-9, -2, 0, 5])
@pytest.mark.parametrize("zoom", [0.8, 1.3])
def test_a_photographs_threads_and_lean_are_those_of_the_camera(degrees, zoom):
    lattice = find_lattice(photographed(TWILL, angle=math.radians(degrees), zoom=zoom))
    end, pick = np.hypot(*lattice.threads.T)
    assert end == pytest.approx(TWILL.lattice[0, 0] * zoom, rel=0.005)
    assert pick == pytest.approx(TWILL.lattice[1, 1] * zoom, rel=0.005)
    assert lattice.angle == pytest.approx(math.radians(degrees), abs=math.radians(0.2))
    assert lattice.slant == pytest.approx(0, abs=math.radians(0.3))
    # A repeat of a 2/1 twill holds three threads.
    counts = lattice.repeat @ np.linalg.inv(lattice.threads)
    np.testing.assert_allclose(counts, np.rint(counts), atol=0.05)
    assert abs(np.linalg.det(np.rint(counts))) == pytest.approx(3)


@settings(max_examples=20, deadline=None)
@given(st.integers(7, 40), st.integers(7, 40), st.integers(0, 6))
def test_a_grid_of_dots_has_the_lattice_it_was_drawn_by(across, down, shear):
    y, x = np.mgrid[:256, :256]
    row = y // down
    dots = np.exp(-(((x - row * shear + across / 2) % across - across / 2) ** 2 + (y % down - down / 2) ** 2) / 4)
    lattice = find_lattice(dots.astype(np.float32))
    area = abs(np.linalg.det(lattice.repeat))
    assert area == pytest.approx(across * down, rel=0.02)
    # Every drawn move is a whole number of the moves that were found.
    drawn = np.array([[across, 0], [shear, -down]]) @ np.linalg.inv(lattice.repeat)
    np.testing.assert_allclose(drawn, np.rint(drawn), atol=0.1)


def test_what_does_not_repeat_has_no_lattice():
    noise = np.random.default_rng(0).random((256, 256, 3)).astype(np.float32)
    lattice = find_lattice(noise)
    assert lattice.repeat is None
    assert lattice.threads is None
    with pytest.raises(ValueError, match="no cloth"):
        find_lattice(noise[:8])


def test_an_autocorrelation_is_pearsons_correlation_of_the_overlap():
    field = np.random.default_rng(0).standard_normal((40, 50)).astype(np.float32)
    field -= field.mean()
    acf = autocorrelation(field)
    for right, up in ((0, 0), (3, 2), (-5, 7), (11, 0)):
        moved = [(y, x) for y in range(40) for x in range(50) if 0 <= y - up < 40 and 0 <= x + right < 50]
        direct = np.mean([field[y, x] * field[y - up, x + right] for y, x in moved]) / np.mean(field**2)
        assert acf_at(acf, np.array([[right, up]]), 0)[0] == pytest.approx(direct, abs=1e-5)


@pytest.mark.parametrize("light", [-1.2, 0.8])
def test_light_from_one_side_is_divided_out_and_told(light):
    lit, plain = photographed(TWILL, light=light, noise=0), photographed(TWILL, noise=0)
    lit = lit * np.float32(0.5)  # nothing is blown out
    flat, factor = even_light(lit)
    assert factor == pytest.approx(math.exp(abs(light)), rel=0.1)
    halves = [lab(part.mean((0, 1))) for part in (flat[:, :224], flat[:, 224:])]
    same = [lab(part.mean((0, 1))) for part in (plain[:, :224], plain[:, 224:])]
    assert delta_e_2000(*halves) < delta_e_2000(*same) + 1.0


def test_perspective_is_undone():
    plain = photographed(TWILL, side=400, noise=0)
    # A camera that leans: the square's image by a known homography, and its corners.
    corners = [(60.0, 40.0), (352.0, 62.0), (372.0, 340.0), (30.0, 372.0)]
    flat, pixel = square_on(plain, corners, (0.02, 0.02))
    assert pixel == pytest.approx(
        0.02 / max(math.dist(a, b) for a, b in zip(corners, corners[1:] + corners[:1], strict=True)), rel=0.1
    )
    np.testing.assert_allclose(flat[0, 0], sampled(plain, np.array([60.5]), np.array([40.6]))[0], atol=0.12)
    # Straight lines stay straight and cross where they should: the diagonals' crossing is the middle.
    (a, b), (c, d) = (np.array([corners[0], corners[2]]), np.array([corners[1], corners[3]]))
    t = np.linalg.solve(np.stack([b - a, c - d], 1), c - a)[0]
    x, y = a + t * (b - a)
    n = flat.shape[0] // 2
    np.testing.assert_allclose(flat[n, n], sampled(plain, np.array([x]), np.array([y]))[0], atol=0.2)


@pytest.mark.parametrize(
    "corners",
    [
        [(0, 0), (100, 0), (100, 100)],
        [(0, 0), (0, 100), (100, 100), (100, 0)],
        [(0, 0), (100, 0), (10, 10), (0, 100)],
        [(0, 0), (9000, 0), (100, 100), (0, 100)],
        [(0, 0), (math.nan, 0), (100, 100), (0, 100)],
        [(0, 0), (9, 0), (9, 9), (0, 9)],
    ],
)
def test_corners_that_enclose_nothing_are_refused(corners):
    with pytest.raises(FabricRefused, match="corner"):
        square_on(np.zeros((200, 200, 3), np.float32), corners, (0.1, 0.1))


@pytest.mark.slow
@pytest.mark.parametrize(("x", "y", "radius"), [(400.0, 170.0, 104.0), (130.5, 460.25, 80.0)])
def test_a_coin_is_found_and_tells_the_scale(x, y, radius):
    # Five pixels an end, as when a coin of 20 mm and a hand's breadth of coarse cloth are in the picture.
    picture = photographed(TWILL, side=1200).reshape(600, 2, 600, 2, 3).mean((1, 3))
    assert find_coin(picture) is None
    with pytest.raises(FabricRefused, match="coin"):
        analyse(picture, Scale("coin", 0.02))
    v, u = np.mgrid[:600, :600]
    picture[np.hypot(u - x, v - y) < radius] = (0.72, 0.6, 0.35)
    assert find_coin(picture) == pytest.approx((x, y, radius), abs=2)
    read = analyse(picture, Scale("coin", 4 * radius / PIXELS))  # as wide as that many pixels are on this cloth
    assert read.sett == pytest.approx(SETT, rel=0.03)


@pytest.mark.parametrize(
    "scale", [Scale("dpi", PIXELS), Scale("width", 448 / PIXELS), Scale("ends", SETT[0])], ids=lambda s: s.known
)
def test_each_scale_counts_the_same_threads(scale):
    read = analyse(photographed(TWILL, angle=math.radians(4)), scale)
    assert read.sett == pytest.approx(SETT, rel=0.01)
    assert read.pixel == pytest.approx((1 / PIXELS, 1 / PIXELS), rel=0.02)
    told = json.loads(json.dumps(read.to_json()))
    assert told["period"] == pytest.approx([3 / SETT[0], 3 / SETT[1]], rel=0.01)
    # Both dyes are among the colours, as dark as relief makes them.
    seen = [lab(np.array([int(c["colour"][k : k + 2], 16) / 255 for k in (1, 3, 5)])) for c in told["colours"]]
    assert min(float(delta_e_2000(lab(np.array(BLUE)), s)) for s in seen) < 12
    assert min(float(delta_e_2000(lab(np.array(ECRU)), s)) for s in seen) < 12
    assert sum(c["share"] for c in told["colours"]) == pytest.approx(1)


def test_what_is_seen_ill_is_told():
    fine = photographed(TWILL, side=800).reshape(160, 5, 160, 5, 3).mean((1, 3))  # two pixels an end
    assert any("finer than" in note for note in analyse(fine).notes)
    printed = photographed(TWILL, side=600)
    v, u = np.mgrid[:600, :600]
    printed[np.hypot(u - 250, v - 300) < 130] *= np.array([1.0, 0.25, 0.2], np.float32)
    assert any("placed print" in note for note in analyse(printed).notes)
    wrinkled = photographed(TWILL, side=600) * np.exp(0.25 * np.sin(u / 29) * np.sin(v / 150 + u / 90))[..., None]
    assert any("wrinkles" in note for note in analyse(wrinkled.astype(np.float32)).notes)
    assert any("light fell off" in note for note in analyse(photographed(TWILL, light=1.5) * np.float32(0.4)).notes)
    assert analyse(photographed(TWILL)).notes == ()
    with pytest.raises(FabricRefused, match="flat colour"):
        analyse(np.full((200, 200, 3), 0.5, np.float32))


@pytest.mark.parametrize(("known", "value"), [("dpi", 0.0), ("width", -1.0), ("ends", math.nan), ("coin", 3.0)])
def test_scales_that_no_swatch_has_are_refused(known, value):
    with pytest.raises(FabricRefused, match="fits no swatch"):
        Scale(known, value)


def test_a_quilted_tile_closes_and_keeps_the_lattice():
    laid = upright(photographed(TWILL, angle=math.radians(6)), find_lattice(photographed(TWILL, angle=math.radians(6))))
    across, down = laid.repeat
    tile = quilt(laid.picture, (6 * across, 5 * down), 60, np.random.default_rng(0), laid.repeat)
    assert tile.shape == (5 * down, 6 * across, 3)
    moves = np.array([[across, 0], [0, down]], float)
    assert lattice_error(np.tile(tile, (2, 2, 1)), laid.picture, moves) <= 0.05
    # Rolled, its seam lies in the middle, where it is as any other place: no step is greater than within the swatch.
    rolled = np.roll(tile, (tile.shape[0] // 2, tile.shape[1] // 2), (0, 1))
    assert seam_ratio(rolled) < 1.6 * max(seam_ratio(laid.picture[: 5 * down, : 6 * across]), 1)


@settings(max_examples=15, deadline=None)
@given(st.integers(20, 90), st.integers(20, 90), st.integers(8, 40), st.integers(0, 99))
def test_a_tile_holds_nothing_that_its_swatch_does_not(width, height, patch, seed):
    swatch = np.random.default_rng(seed).random((100, 110, 3)).astype(np.float32)
    tile = quilt(swatch, (width, height), patch, np.random.default_rng(seed))
    assert tile.shape == (height, width, 3)
    assert swatch.min() - 1e-6 <= tile.min() <= tile.max() <= swatch.max() + 1e-6
    again = quilt(swatch, (width, height), patch, np.random.default_rng(seed))
    assert (tile == again).all()


def test_a_swatch_too_small_for_its_repeat_is_refused():
    swatch = np.random.default_rng(0).random((60, 60, 3)).astype(np.float32)
    with pytest.raises(ValueError, match="whole repeats"):
        quilt(swatch, (50, 50), 20, np.random.default_rng(0), (7, 7))
    with pytest.raises(ValueError, match="too little"):
        quilt(swatch, (200, 200), 40, np.random.default_rng(0), (50, 50))


@given(st.integers(8, 40), st.integers(8, 40), st.integers(8, 40), st.integers(8, 40))
def test_a_wave_that_both_grids_hold_is_resized_exactly(rows, columns, new_rows, new_columns):
    def wave(n, m):
        v, u = (np.arange(n) + 0.5) / n, (np.arange(m) + 0.5) / m
        return (0.3 + np.cos(2 * np.pi * (2 * u[None] - v[:, None]) + 0.4)).astype(np.float32)

    np.testing.assert_allclose(
        resized(wave(rows, columns), (new_rows, new_columns)), wave(new_rows, new_columns), atol=1e-4
    )


def test_maps_out_of_a_swatch_have_its_scale_and_close():
    read = analyse(photographed(TWILL), Scale("dpi", PIXELS))
    maps = swatch_maps(read, 0.012, 256, np.random.default_rng(0))
    assert maps.size_m == pytest.approx((0.012, 0.0112), rel=0.03)
    assert maps.threads == (24, 18)
    assert maps.seam_ratio <= 1.05
    np.testing.assert_allclose(np.linalg.norm(maps.normal, axis=-1), 1, atol=1e-5)
    mean = lab((maps.albedo / 255.0).mean((0, 1)))
    assert delta_e_2000(mean, lab(photographed(TWILL).mean((0, 1)))) < 3
    with pytest.raises(FabricRefused, match="scale is not known"):
        swatch_maps(analyse(photographed(TWILL)), 0.012, 256, np.random.default_rng(0))


# Files.


def saved(tmp_path, image, name="swatch.png", **how):
    image.save(tmp_path / name, **how)
    return tmp_path / name


def eight_bits(picture):
    return Pictures.fromarray(np.round(picture * 255).astype(np.uint8))


def test_a_picture_file_becomes_a_folder_of_maps(tmp_path):
    path = saved(tmp_path, eight_bits(photographed(TWILL)))
    report = photograph_swatch(path, tmp_path / "maps", size=0.012, pixels=128, scale=Scale("dpi", PIXELS))
    assert set(report) == {"period", "seam_ratio", "seconds", "maps", "read", "notes"}
    assert any("estimated" in note for note in report["notes"])
    swatch = read_swatch(tmp_path / "maps")
    assert list(swatch.size_m) == report["period"]
    assert tomllib.loads((tmp_path / "maps" / "fabric.toml").read_text())["name"] == "swatch"


def test_pictures_come_upright_in_srgb_whatever_the_file(tmp_path):
    picture = photographed(TWILL, side=96, noise=0)
    image = eight_bits(picture)
    plain = read_photograph(saved(tmp_path, image))
    assert plain.notes == ()
    np.testing.assert_array_equal(plain.pixels, np.asarray(image) / np.float32(255))

    exif = Pictures.Exif()
    exif[0x0112] = 6  # the camera was turned: rotate by 90° clockwise to see it upright
    turned = read_photograph(saved(tmp_path, image.transpose(Pictures.Transpose.ROTATE_90), "turned.png", exif=exif))
    np.testing.assert_array_equal(turned.pixels, plain.pixels)
    assert any("EXIF" in note for note in turned.notes)

    inks = read_photograph(saved(tmp_path, image.convert("CMYK"), "inks.tif"))
    assert float(delta_e_2000(lab(inks.pixels.mean((0, 1))), lab(plain.pixels.mean((0, 1))))) < 3
    assert any("Inks" in note for note in inks.notes)

    grey = np.round(picture.mean(-1) * 65535).astype(np.uint16)
    (tmp_path / "deep.png").write_bytes(png_bytes(grey))
    deep = read_photograph(tmp_path / "deep.png")
    np.testing.assert_allclose(deep.pixels[..., 0], grey / 65535, atol=1e-6)

    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    tagged = read_photograph(saved(tmp_path, image, "tagged.png", icc_profile=profile))
    np.testing.assert_allclose(tagged.pixels, plain.pixels, atol=2 / 255)

    for mode, bad in (("RGB", b"no profile" * 20), ("L", profile), ("CMYK", profile)):  # broken, or of another mode
        read = read_photograph(saved(tmp_path, image.convert(mode), "ill.tif", icc_profile=bad))
        assert read.pixels.shape == plain.pixels.shape
        assert any("profile is broken" in note for note in read.notes)
    for mode, name in (
        ("1", "ink.png"),
        ("P", "few.gif"),
        ("LA", "grey.png"),
        ("RGBA", "whole.webp"),
        ("YCbCr", "video.jpg"),
    ):
        read = read_photograph(saved(tmp_path, image.convert(mode), name))
        assert read.pixels.shape == plain.pixels.shape
        np.testing.assert_allclose(read.pixels.mean(), plain.pixels.mean(), atol=0.05)


def test_what_is_see_through_is_cropped_or_refused(tmp_path):
    image = eight_bits(photographed(TWILL, side=200)).convert("RGBA")
    alpha = np.zeros((200, 200), np.uint8)
    alpha[20:180, 30:190] = 255
    image.putalpha(Pictures.fromarray(alpha))
    cropped = read_photograph(saved(tmp_path, image))
    assert cropped.pixels.shape == (160, 160, 3)
    alpha[80:90, 80:90] = 0
    image.putalpha(Pictures.fromarray(alpha))
    with pytest.raises(FabricRefused, match="see-through"):
        read_photograph(saved(tmp_path, image))
    image.putalpha(0)
    with pytest.raises(FabricRefused, match="everywhere"):
        read_photograph(saved(tmp_path, image))


def huge_png(side):
    """A PNG that says it is `side` pixels a side, and holds nothing."""

    def chunk(kind, body):
        return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")

    size = side.to_bytes(4, "big") * 2
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", size + b"\x08\x02\x00\x00\x00")
        + chunk(b"IDAT", b"")
        + chunk(b"IEND", b"")
    )


def test_files_that_are_no_swatch_are_refused_by_name(tmp_path):
    whole = io.BytesIO()
    eight_bits(photographed(TWILL, side=128)).save(whole, "PNG")
    for name, content, why in (
        ("text.png", b"this is a letter", "no picture"),
        ("empty.png", b"", "no picture"),
        ("cut.png", whole.getvalue()[: len(whole.getvalue()) // 2], "broken"),
        ("noise.jpg", np.random.default_rng(0).bytes(5000), "no picture"),
        ("drawing.png", b'<svg xmlns="http://www.w3.org/2000/svg" width="640" height="640"/>', "no picture"),
        ("program.png", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 96 96\nshowpage\n", "no picture"),
        ("paper.png", b"%PDF-1.4\n%%EOF", "no picture"),
        ("nothing.png", huge_png(0), "no picture"),
        ("hollow.png", huge_png(200), "broken"),
        ("dot.png", png_bytes(np.zeros((1, 1, 3), np.uint8)), "1 × 1"),
        ("line.png", png_bytes(np.zeros((3, 500, 3), np.uint8)), "500 × 3"),
        ("large.png", huge_png(8_000), "8000 × 8000"),
        ("huge.png", huge_png(30_000), "too large"),
        ("bomb.png", huge_png(2**31 - 1), "too large|no picture"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(FabricRefused, match=why):
            read_photograph(tmp_path / name)
    assert LARGEST < 30_000**2
    with pytest.raises(FabricRefused, match="no file"):
        read_photograph(tmp_path / "nowhere.png")
    with pytest.raises(FabricRefused, match="no picture"):
        read_photograph(tmp_path)
    for name, value in (("bright.tif", 900.0), ("below.tif", -0.1), ("void.tif", math.nan)):
        Pictures.fromarray(np.full((96, 96), value, np.float32)).save(tmp_path / name)
        with pytest.raises(FabricRefused, match="outside 0 to 1"):
            read_photograph(tmp_path / name)


def test_a_tile_that_cannot_be_made_is_refused_by_name(tmp_path):
    path = saved(tmp_path, eight_bits(photographed(TWILL)))
    with pytest.raises(FabricRefused, match="scale is not known"):
        photograph_swatch(path, tmp_path / "maps", size=0.01, pixels=64)
    with pytest.raises(FabricRefused, match="tile of"):
        photograph_swatch(path, tmp_path / "maps", size=9.0, pixels=64, scale=Scale("dpi", PIXELS))
    with pytest.raises(FabricRefused, match="smaller tile"):
        photograph_swatch(path, tmp_path / "maps", size=0.4, pixels=64, scale=Scale("dpi", PIXELS))
    assert not (tmp_path / "maps").exists()
