# SPDX-License-Identifier: GPL-3.0-or-later
"""A garment's picture: panels side by side and none turned, triangles drawn exactly, cloth as bright as its tile."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toile.addon.exports.atlas import MARGIN, AtlasRefused, drawn, laid_out, relief, spread, tiled

SQUARE = np.array([[[0, 0], [1, 0], [1, 1]], [[0, 0], [1, 1], [0, 1]]], np.float64)


def panels(sizes):
    """Rectangles as two triangles each: corner_uv and panel."""
    uv = np.concatenate([SQUARE * size + [3.0 * k, -k] for k, size in enumerate(sizes)])
    return uv, np.repeat(np.arange(len(sizes)), 2)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(0.02, 2), st.floats(0.02, 2)), min_size=1, max_size=20))
def test_panels_lie_apart_in_the_picture_at_one_scale(sizes):
    uv, panel = panels(np.array(sizes))
    atlas = laid_out(uv, panel, 512)
    taken = np.zeros((512, 512), int)
    for window in atlas.windows.values():
        (x, y), (wide, tall) = window.first, window.size
        assert x + wide <= 512
        assert y + tall <= 512
        taken[y : y + tall, x : x + wide] += 1
    assert taken.max() == 1
    placed = atlas.placed(uv, panel)
    np.testing.assert_allclose(
        placed[:, 1] - placed[:, 0], (uv[:, 1] - uv[:, 0]) * atlas.scale / 512, rtol=1e-9, atol=1e-12
    )
    for number, window in atlas.windows.items():
        inside = placed[panel == number] * 512 - window.first
        assert inside.min() > MARGIN - 1e-6
        assert (inside < np.array(window.size) - MARGIN + 1e-6).all()


def test_a_picture_too_small_is_refused():
    uv, panel = panels(np.ones((100, 2)))
    with pytest.raises(AtlasRefused, match="too small for 100 panels"):
        laid_out(uv, panel, 64)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_what_is_linear_is_drawn_exactly(seed):
    rng = np.random.default_rng(seed)
    corners = rng.uniform(-10, 60, (30, 3, 2))
    slope = rng.normal(size=(2, 3))
    image, covered = drawn(corners, corners @ slope, (40, 50))
    x, y = np.meshgrid(np.arange(40) + 0.5, np.arange(50) + 0.5)
    np.testing.assert_allclose(image[covered], (np.stack([x, y], -1) @ slope)[covered], atol=1e-6)
    wider, more = spread(image, covered, 2)
    assert more[covered].all()
    np.testing.assert_array_equal(wider[covered], image[covered])


def test_a_flat_triangle_draws_nothing_and_a_far_one_nothing_either():
    corners = np.array([[[1, 1], [5, 5], [9, 9]], [[100, 100], [120, 100], [100, 120]]], np.float64)
    _, covered = drawn(corners, np.ones((2, 3, 1)), (20, 20))
    assert not covered.any()


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_relief_turns_a_coarse_normal_into_the_full_one(sign):
    """Of flat cloth whose full normals lean: the picture, read as a shader reads it, leans as far."""
    uv, panel = panels(np.ones((1, 2)))
    lean = np.array([0.3, 0.4, np.sqrt(0.75)])
    frame = np.array([0, 0, 1, 1, 0, 0, sign], np.float64)
    full = np.broadcast_to(lean, (2, 3, 3))
    atlas = laid_out(uv, panel, 64)
    found = relief(atlas, (uv, panel, full), (uv, panel, np.broadcast_to(frame, (2, 3, 7))))
    within = 2 * found[32, 32] - 1
    np.testing.assert_allclose(within * [1, sign, 1], lean, atol=1e-6)


@settings(max_examples=20, deadline=None)
@given(st.integers(3, 40), st.integers(3, 40), st.floats(0.0005, 0.02))
def test_cloth_is_as_bright_as_its_tile(rows, columns, pixel):
    tile = np.random.default_rng(rows * columns).uniform(size=(rows, columns, 3))
    size = (0.002 * columns, 0.002 * rows)
    steps = [np.arange(n * 20) / 20 * side / n for n, side in zip((columns, rows), size, strict=True)]
    seen = tiled(tile, size, np.stack(np.meshgrid(*steps), -1) + 1e-9, pixel)
    assert tile.min() - 1e-9 <= seen.min() <= seen.max() <= tile.max() + 1e-9
    if pixel <= 0.002:  # no coarser than the tile: every pixel of it as often
        np.testing.assert_allclose(seen.mean(axis=(0, 1)), tile.mean(axis=(0, 1)), rtol=1e-6)
    shifted = tiled(tile, size, np.stack(np.meshgrid(*steps), -1) + 1e-9 + np.array(size) * [3, -2], pixel)
    assert (np.abs(shifted - seen) > 1e-9).mean() < 0.05  # but for what rounds over an edge
