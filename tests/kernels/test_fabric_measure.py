# SPDX-License-Identifier: GPL-3.0-or-later
"""Ruler, scale and weights: the elastica is exact, the numbers are the cloth's, and the error bars keep their word."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toile.sim.fabric import GRAVITY, FabricRefused, mechanics, secant
from toile.sim.fabric_measure import (
    ANGLE,
    Estimate,
    Hung,
    Readings,
    measure,
    numbers,
    overhang_ratio,
    pairs,
)
from toile.sim.laboratory.elastica import elastica

DENSITY, BEND_WARP, BEND_WEFT, STRETCH = 0.180, 2.8e-5, 2.3e-5, 3000.0
FINE = {"ruler": 1e-6, "scale": 1e-9, "protractor": 1e-6}


ANGLES_SEEN = tuple(math.radians(angle) for angle in (10, 41.5, 75))
_RATIOS = np.linspace(1.8, 2.2, 21)
_CHORDS = np.array([elastica(ratio).chord for ratio in _RATIOS])


def overhang(bend, angle=ANGLE, density=DENSITY):
    return (bend / (density * GRAVITY)) ** (1 / 3) * overhang_ratio(angle)


def hung(stiffness=STRETCH, width=0.05, length=0.3, masses=(0.1, 0.2, 0.3, 0.5)):
    return Hung(width, length, tuple((mass, mass * GRAVITY / width / stiffness * length) for mass in masses))


def readings(**changes):
    exact = Readings(
        mass=DENSITY * 0.04,
        width=0.2,
        length=0.2,
        overhang_warp=(overhang(BEND_WARP),) * 3,
        overhang_weft=(overhang(BEND_WEFT),) * 3,
        warp=hung(),
        weft=hung(800.0),
    )
    return dataclasses.replace(exact, **changes)


@pytest.mark.slow
@pytest.mark.parametrize("angle", ANGLES_SEEN)
def test_the_overhang_is_where_the_elastica_falls_by_the_angle(angle):
    assert elastica(overhang_ratio(angle)).chord == pytest.approx(angle, abs=1e-7)


def test_at_the_standards_angle_the_overhang_is_twice_the_bending_length():
    assert overhang_ratio(ANGLE) == pytest.approx(2, rel=2e-3)  # ASTM D1388


def test_a_small_sag_is_that_of_a_beam():
    # w l⁴ / 8 B at the tip, so the chord falls by (l/c)³/8; the elastica departs from it with the square of the angle.
    for angle in np.radians([10, 12]):
        assert overhang_ratio(float(angle)) == pytest.approx((8 * math.tan(angle)) ** (1 / 3), rel=angle**2 / 4)


def test_peirces_formula_is_near_and_falls_short_the_more_the_strip_sags():
    angles = np.array(ANGLES_SEEN)
    peirce = (8 * np.tan(angles) / np.cos(angles / 2)) ** (1 / 3)
    short = np.array([overhang_ratio(angle) for angle in ANGLES_SEEN]) / peirce - 1
    assert short[0] < 0.002, "both are a beam's where it hardly sags"
    assert (np.diff(short) > 0).all()
    assert short[1] == pytest.approx(0.019, abs=0.001), "6 % of B at the standard's angle"


@given(
    st.floats(0.02, 1.0),
    st.floats(1e-6, 3e-4),
    st.sampled_from(ANGLES_SEEN),
)
def test_perfect_readings_give_the_cloth_back(density, bend, angle):
    length = overhang(bend, angle, density)
    if length > 1:
        return
    found = measure(
        readings(mass=density * 0.04, overhang_warp=(length,) * 3, overhang_weft=(length,) * 3, angle=angle, **FINE)
    )
    assert found.density.value == pytest.approx(density)
    assert found.bend_warp.value == pytest.approx(bend, rel=1e-9)
    assert found.bend_warp.error < 1e-3 * bend


@given(st.floats(50.0, 2e4), st.floats(0.02, 0.1), st.floats(0.1, 1.0))
def test_perfect_weights_give_the_stretch_back(stiffness, width, length):
    strip = hung(stiffness, width, length, masses=np.linspace(0.1, 1.2, 5) * 98.0665 * width / GRAVITY)
    if max(e for _, e in strip.readings) > 5 * length:
        return
    found = measure(readings(warp=strip, **FINE))
    assert found.stretch_warp is not None
    assert found.stretch_warp.value == pytest.approx(stiffness)
    assert secant(found.curve_warp) == pytest.approx(stiffness)
    assert len(found.curve_warp) == 5


def test_a_stiffening_knit_keeps_its_curve():
    strains, width, length = (0.05, 0.1, 0.2, 0.3), 0.05, 0.2
    tension = [20 * e + 900 * e**2 for e in strains]
    strip = Hung(width, length, tuple((t * width / GRAVITY, e * length) for e, t in zip(strains, tension, strict=True)))
    found = measure(readings(weft=strip, **FINE))
    np.testing.assert_allclose(found.curve_weft, np.column_stack([strains, tension]))
    assert found.stretch_weft.value == pytest.approx(tension[1] / 0.1), "told at 10 %"


def test_readings_out_of_order_are_pooled_and_still_rise():
    strip = Hung(0.05, 0.3, ((0.5, 0.010), (0.1, 0.003), (0.2, 0.002), (0.3, 0.006), (0.05, 0.0)))
    curve = measure(readings(warp=strip)).curve_warp
    assert curve[0] == (pytest.approx(0.0025 / 0.3), pytest.approx(0.15 * GRAVITY / 0.05))
    assert len(curve) == 3


def read(rng, cloth, overhangs, scatter):
    """A person with a millimetre ruler, a hundredth-gram scale and a one-degree protractor measures a cloth."""
    density, warp, weft, stretch = cloth
    ruler, scale = 1e-3, 1e-5
    angle = ANGLE + rng.uniform(-0.5, 0.5) * math.radians(1)  # where the slope really stands
    ratio = np.interp(angle, _CHORDS, _RATIOS)

    def ruled(values):
        return tuple((np.round(np.asarray(values) / ruler) * ruler).tolist())

    def strips(bend):
        return ruled((bend / (density * GRAVITY)) ** (1 / 3) * ratio * (1 + scatter * rng.standard_normal(overhangs)))

    def hang():
        masses = np.tile((0.1, 0.2, 0.3, 0.5), 3)
        length = 0.3 + rng.uniform(-0.5, 0.5) * ruler
        given = masses * GRAVITY / 0.05 / stretch * length * (1 + scatter * rng.standard_normal(masses.size))
        return Hung(0.05, 0.3, tuple(zip(masses.tolist(), ruled(given + rng.uniform(-0.5, 0.5) * ruler), strict=True)))

    sides = 0.2 + rng.uniform(-0.5, 0.5, 2) * ruler
    mass = round(density * sides[0] * sides[1] / scale) * scale
    return Readings(mass, 0.2, 0.2, strips(warp), strips(weft), warp=hang(), ruler=ruler, scale=scale)


@pytest.mark.parametrize(
    "cloth", [(0.083, 1.5e-6, 1.1e-6, 900.0), (0.180, 2.8e-5, 2.3e-5, 1500.0)], ids=["silk", "linen"]
)
@pytest.mark.parametrize("overhangs", [3, 4, 8])
def test_nineteen_of_twenty_intervals_hold_the_truth(cloth, overhangs):
    rng = np.random.default_rng(7)
    trials = [measure(read(rng, cloth, overhangs, 0.04)) for _ in range(400)]
    truth = dict(zip(("density", "bend_warp", "bend_weft", "stretch_warp"), cloth, strict=True))
    for name, true in truth.items():
        found = [getattr(trial, name) for trial in trials]
        held = np.mean([abs(each.value - true) <= each.error for each in found])
        assert held >= 0.92, name  # 95 % within three standard errors of 400 trials
        if name.startswith("bend"):
            # … and they are no wider than they need be: half as wide, they would not do.
            assert np.mean([abs(each.value - true) <= each.error / 2 for each in found]) < 0.9


def test_more_strips_and_a_finer_ruler_narrow_the_error():
    spread = (0.96, 1.0, 1.04)
    few = measure(readings(overhang_warp=tuple(overhang(BEND_WARP) * k for k in spread)))
    many = measure(readings(overhang_warp=tuple(overhang(BEND_WARP) * k for k in spread * 4)))
    finer = measure(readings(ruler=1e-4))
    assert many.bend_warp.error < few.bend_warp.error / 2
    assert finer.bend_warp.error < measure(readings()).bend_warp.error
    assert finer.stretch_warp.error < measure(readings()).stretch_warp.error / 3


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"overhang_warp": (overhang(BEND_WARP),)}, "at least three warp strips"),
        ({"overhang_weft": (0.02, 0.05, 0.03)}, "Bending of the weft is known to"),
        ({"warp": hung(masses=(0.01, 0.02))}, "Hang up to 500 g on the warp strip"),
        ({"warp": hung(masses=(0.01, 0.02))}, "weights twenty times that"),
        ({"weft": hung(4e4, length=0.1)}, "Stretch of the weft is known to"),
    ],
)
def test_poor_readings_get_advice(changes, said):
    assert any(said in note for note in measure(readings(**changes)).notes)


def test_good_readings_get_none():
    assert measure(readings(ruler=2e-4)).notes == ()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"mass": 0.0}, "mass of the piece"),
        ({"mass": 7.2}, "units of its mass and sides"),
        ({"width": math.nan}, "width and length"),
        ({"overhang_warp": ()}, "overhang of a warp"),
        ({"overhang_weft": (0.05, -0.01)}, "overhang of a weft"),
        ({"overhang_weft": (47.0, 48.0)}, "unit of the overhangs"),
        ({"angle": math.radians(85)}, "fall by 10° to 75°"),
        ({"angle": 41.5}, "fall by 10° to 75°"),
        ({"angle": math.nan}, "fall by 10° to 75°"),
        ({"ruler": 0.0}, "divisions"),
        ({"warp": Hung(0.0, 0.3, ((0.1, 0.001),))}, "warp strip's width"),
        ({"warp": Hung(0.05, 0.3, ())}, "weights on the warp"),
        ({"warp": Hung(0.05, 0.3, ((-0.1, 0.001),))}, "weights on the warp"),
        ({"weft": Hung(0.05, 0.3, ((0.1, 2.6),))}, "weft strip's extensions"),
        ({"weft": Hung(0.05, 0.3, ((0.1, math.inf),))}, "weft strip's extensions"),
        ({"weft": Hung(0.05, 0.3, ((0.1, 0.0), (0.5, 0.0)))}, "did not give"),
        ({"weft": Hung(0.05, 0.3, ((0.1, 1e-300),))}, "units of the lengths"),
        ({"overhang_warp": (1e-300,)}, "units of the lengths"),
    ],
)
def test_what_cannot_have_been_read_is_refused(changes, why):
    with pytest.raises(FabricRefused, match=why):
        measure(readings(**changes))


def test_a_measured_fabric_takes_the_rest_from_its_model():
    model = mechanics("linen")
    cloth = measure(readings(weft=None)).fabric("my_linen", "My linen", model)
    assert cloth.density == pytest.approx(DENSITY)
    assert cloth.bending_length[0] == pytest.approx(overhang(BEND_WARP) / overhang_ratio(ANGLE))
    assert cloth.stretch_warp == pytest.approx(secant(cloth.curve_warp))
    assert (cloth.stretch_weft, cloth.curve_weft, cloth.shear) == (model.stretch_weft, (), model.shear)
    assert cloth.sources["bend_warp"].startswith("measured: ")
    assert "28.0 ± " in cloth.sources["bend_warp"]
    assert cloth.sources["shear"].startswith("estimate: as Linen")
    with pytest.raises(FabricRefused, match="name"):
        measure(readings()).fabric("denim", "Denim", model)


@pytest.mark.parametrize(
    ("estimate", "words"),
    [
        (Estimate(1.2347e-5, 0.9e-6), "12.35 ± 0.90 x"),
        (Estimate(1.2345e-5, 4.2e-6), "12.3 ± 4.2 x"),
        (Estimate(1.2345e-4, 42e-6), "123 ± 42 x"),
        (Estimate(1.0e-6, 0.0), "1.000 ± 0.000 x"),
    ],
)
def test_an_error_has_two_digits_and_the_value_as_many_places(estimate, words):
    assert estimate.written(1e6, "x") == words


@given(st.lists(st.floats(0, 500).map(lambda x: round(x, 2)), max_size=6), st.sampled_from([" ", "; ", ", ", "\n"]))
def test_numbers_are_read_as_they_are_written(values, mark):
    point = mark.join(f"{value:.2f}" for value in values)
    assert numbers(point, "Overhangs") == pytest.approx(tuple(values))
    assert numbers(point.replace(".", ","), "Overhangs") == pytest.approx(tuple(values))


def test_pairs_are_read_as_they_are_written():
    assert pairs("100:1.5  200:2,6\n500=7", "Weights") == ((100, 1.5), (200, 2.6), (500, 7))
    assert pairs(" ", "Weights") == ()


@pytest.mark.parametrize("text", ["long", "4.1.2", "41 mm", "1,2,3", "--"])
def test_what_is_no_number_is_refused(text):
    with pytest.raises(FabricRefused, match="Overhangs"):
        numbers(text, "Overhangs")


@pytest.mark.parametrize("text", ["100", "100:1:2", "100 1.5", "a:b", ":"])
def test_what_is_no_pair_is_refused(text):
    with pytest.raises(FabricRefused, match="Weights"):
        pairs(text, "Weights")
