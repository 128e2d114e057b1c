# SPDX-License-Identifier: GPL-3.0-or-later
"""Colours: Oklab there and back."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from toile.models.colour import between, srgb
from toile.models.maps import decode_srgb

colours = st.tuples(*[st.floats(0, 1)] * 3)


@given(colours, colours)
def test_between_two_colours_lie_both_at_its_ends(first, second):
    np.testing.assert_allclose(between(first, second, 0), first, atol=2e-6)
    np.testing.assert_allclose(between(first, second, 1), second, atol=2e-6)
    np.testing.assert_allclose(between(first, second, 0.3), between(second, first, 0.7), atol=2e-6)


@given(colours)
def test_a_colour_comes_back_from_linear_light(colour):
    np.testing.assert_allclose(srgb(decode_srgb(colour)), colour, atol=1e-6)


def test_between_black_and_white_lies_the_grey_of_half_the_lightness():
    red, green, blue = between((0, 0, 0), (1, 1, 1), 0.5)
    np.testing.assert_allclose(decode_srgb((red, green, blue)), 0.125, atol=1e-6)  # Oklab's lightness is a cube root
