# SPDX-License-Identifier: GPL-3.0-or-later
"""Colours: CIEDE2000 on its authors' own pairs, Oklab there and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toile.models.colour import between, cielab, difference, srgb
from toile.models.maps import decode_srgb

# From table 1 of Sharma, Wu, Dalal 2005: pairs chosen where implementations go wrong (hue's mean, greys, blues).
PAIRS = (
    ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
    ((50, 2.8361, -74.0200), (50, 0, -82.7485), 3.4412),
    ((50, -1.3802, -84.2814), (50, 0, -82.7485), 1.0000),
    ((50, 0, 0), (50, -1, 2), 2.3669),
    ((50, 2.4900, -0.0010), (50, -2.4900, 0.0009), 7.1792),
    ((50, 2.4900, -0.0010), (50, -2.4900, 0.0011), 7.2195),
    ((50, 2.5, 0), (73, 25, -18), 27.1492),
    ((50, 2.5, 0), (61, -5, 29), 22.8977),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
)
colours = st.tuples(*[st.floats(0, 1)] * 3)


@pytest.mark.parametrize(("first", "second", "apart"), PAIRS)
def test_ciede2000_is_what_its_authors_print(first, second, apart):
    assert difference(np.array(first), np.array(second)) == pytest.approx(apart, abs=5e-5)
    assert difference(np.array(second), np.array(first)) == pytest.approx(apart, abs=5e-5)


def test_white_is_white_and_red_is_red():
    np.testing.assert_allclose(cielab(np.ones(3)), (100, 0, 0), atol=1e-6)
    np.testing.assert_allclose(cielab(np.array([1.0, 0, 0])), (53.24, 80.09, 67.20), atol=0.01)


@given(colours, colours)
def test_between_two_colours_lie_both_at_its_ends(first, second):
    np.testing.assert_allclose(between(first, second, 0), first, atol=2e-6)
    np.testing.assert_allclose(between(first, second, 1), second, atol=2e-6)
    np.testing.assert_allclose(between(first, second, 0.3), between(second, first, 0.7), atol=2e-6)


@given(colours)
def test_a_colour_comes_back_from_linear_light(colour):
    np.testing.assert_allclose(srgb(decode_srgb(colour)), colour, atol=1e-6)
