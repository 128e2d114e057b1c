# SPDX-License-Identifier: GPL-3.0-or-later
"""A specimen's picture shows the specimen: its shadow is as large as it is, its nearest side the one that is seen."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toile.addon.specimen_picture import SIZE, specimen_picture
from toile.sim.laboratory.cusick import shadow_area
from toile.sim.laboratory.meshes import Cut, disc

PAPER = 255


def dome(height, waves=5):
    """A disc of 30 cm that hangs down from its middle in folds."""
    flat = disc(Cut(0.02, "delaunay"), 0.15, 0.09)
    r, bearing = np.hypot(*flat.points.T), np.arctan2(*flat.points.T[::-1])
    drop = height * r**2 * (1 + np.cos(waves * bearing))
    return np.column_stack([flat.points * (1 - 2 * r[:, None]), -drop]), flat.faces


def halves(picture):
    return picture[:, :SIZE], picture[:, SIZE:]


@pytest.mark.slow
@settings(max_examples=4)
@given(st.floats(0.0, 8.0), st.integers(2, 9))
def test_the_shadow_is_the_cloths(height, waves):
    points, faces = dome(height, waves)
    _, shadow = halves(specimen_picture(points, faces, from_above=True))
    row, column = np.nonzero(shadow != PAPER)
    side = np.ptp(points[:, :2], axis=0)
    pixel = side.max() / (SIZE * 0.88)
    assert np.ptp(column) * pixel == pytest.approx(side[0], abs=2 * pixel)
    assert np.ptp(row) * pixel == pytest.approx(side[1], abs=2 * pixel)
    assert len(row) * pixel**2 == pytest.approx(shadow_area(points, faces), rel=0.015)  # and no hole in it


def test_a_strip_is_shown_from_its_side():
    x, y = np.meshgrid(np.linspace(0, 0.1, 20), [0.0, 0.02], indexing="ij")
    points = np.column_stack([x.ravel(), y.ravel(), -8 * x.ravel() ** 2])
    i = np.arange(0, 38, 2)
    faces = np.concatenate([np.stack([i, i + 2, i + 3], 1), np.stack([i, i + 3, i + 1], 1)]).astype(np.int32)
    _, shadow = halves(specimen_picture(points, faces, from_above=False))
    row, column = np.nonzero(shadow != PAPER)
    first, last = column == column.min(), column == column.max()
    assert row[last].mean() - row[first].mean() == pytest.approx(0.08 / 0.1 * np.ptp(column), rel=0.03)  # it falls
    assert len(row) < 0.03 * SIZE * SIZE  # a line, being seen edge on


def test_what_is_in_front_hides_what_is_behind():
    tilt = math.radians(40)
    square = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], float)
    leaning = 0.5 * square @ np.array([[1, 0, 0], [0, math.cos(tilt), math.sin(tilt)], [0, 0, 1]]) + [0, 0, 1]
    two = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    greys = []
    for order in ((two, two + 4), (two + 4, two)):
        lit, _ = halves(specimen_picture(np.concatenate([square, leaning]), np.concatenate(order), from_above=True))
        greys.append(lit)
    np.testing.assert_array_equal(*greys)  # whichever is drawn first
    assert len(np.unique(greys[0])) == 3  # paper, the square below, the one above in another light
