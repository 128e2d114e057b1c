# SPDX-License-Identifier: GPL-3.0-or-later
"""Wind on cloth: what a plate feels, and the angle at which a strip trails."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from toile.bodies import avatar
from toile.patterns import draft
from toile.sim import DrapeRefused, build_cloth, mechanics
from toile.sim.drape import Watch, Wishes
from toile.sim.laboratory.meshes import Cut, strip
from toile.sim.sheet import Sheet
from toile.sim.wind import DENSITY, RESISTANCE, drag, speed, stiffness

SQUARE = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [0.0, 1.0, 0.0]])
TWO = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
STRAIGHT = st.floats(-20.0, 20.0, allow_subnormal=False)


@given(STRAIGHT, STRAIGHT, STRAIGHT)
def test_a_plate_feels_what_blows_across_it(x, y, z):
    pressure = DENSITY * RESISTANCE / 2 * abs(z) * z
    for faces in (TWO, TWO[:, ::-1]):
        force = drag(SQUARE, faces, np.array([x, y, z]))
        assert force.sum(axis=0) == pytest.approx([0.0, 0.0, pressure], abs=1e-12)
    assert np.abs(force[:, :2]).max() == 0.0


@given(STRAIGHT, STRAIGHT, STRAIGHT)
def test_the_speed_of_a_pressure_presses_with_it(x, y, z):
    pressure = np.array([x, y, z])
    wind = speed(pressure)
    force = DENSITY * RESISTANCE / 2 * np.linalg.norm(wind) * wind
    assert force == pytest.approx(pressure, abs=1e-9)


@given(arrays(np.float64, (3, 3), elements=st.floats(-1.0, 1.0)), arrays(np.float64, 3, elements=STRAIGHT))
def test_the_stiffness_is_the_positive_part_of_the_drags_slope(corners, wind):
    x, face, step = corners + SQUARE[:3], np.array([[0, 1, 2]], np.int32), 1e-6
    assume(np.linalg.norm(np.cross(x[1] - x[0], x[2] - x[0])) > 0.1)
    slope = np.empty((9, 9))
    for k in range(9):
        moved = step * np.eye(9)[k].reshape(3, 3)
        slope[:, k] = ((drag(x + moved, face, wind) - drag(x - moved, face, wind)) / (2 * step)).ravel()
    value, vector = np.linalg.eigh(-(slope + slope.T) / 2)
    expected = (vector * np.maximum(value, 0.0)) @ vector.T
    found = stiffness(x, face, wind)[0].reshape(3, 3, 3, 3).transpose(0, 2, 1, 3).reshape(9, 9)
    assert np.abs(found - expected).max() < 2e-6 * max(1.0, float(wind @ wind))  # a kink where v_n = 0


@pytest.mark.parametrize("wind", [1.0, 3.0])
def test_a_strip_trails_at_the_angle_where_weight_and_wind_balance(wind):
    """Each piece of it stands straight, rho g sin a = 1/2 rho_air C v² cos² a, but for what bends at its held edge."""
    pytest.importorskip("warp")
    pytest.importorskip("cvxopt")
    from toile.sim.engines.toile import ToileEngine
    from toile.sim.implicit.newton import relax

    fabric = mechanics("cotton_poplin")
    cut = Cut(0.02, "delaunay", 0.0)
    specimen = strip(cut, np.arange(0.0, 0.41, cut.row), 0.05)
    along, across = specimen.points.T
    x = np.column_stack([np.zeros(len(along)), across, -along])
    held = np.flatnonzero(along < 1e-9).astype(np.int32)
    garment, start = ToileEngine()._sheet(Sheet(x, cut.uv(specimen.points), specimen.faces, held), fabric)
    garment.wind = np.array([wind, 0.0, 0.0])
    there, state, _ = relax(garment, start, 1e-5, 400)
    assert state.residual <= 1e-5
    end = there[np.argmin(there[:, 2])]
    pressed = DENSITY * RESISTANCE / 2 * wind**2 / (fabric.density * 9.80665)
    sine = (np.sqrt(1 + 4 * pressed**2) - 1) / (2 * pressed)
    assert np.degrees(np.arctan2(end[0], -end[2])) == pytest.approx(np.degrees(np.arcsin(sine)), abs=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("wind", [np.nan, np.inf, 1e200, 61.0])
def test_a_wind_in_which_nothing_hangs_is_refused(wind):
    pytest.importorskip("warp")
    pytest.importorskip("cvxopt")
    from toile.sim.engines.toile import ToileEngine

    body = avatar({})
    cloth = build_cloth(draft("pencil_skirt", {n: m.value for n, m in body.measurements.items()}), body, 0.05)
    quiet = Watch(lambda _fraction, _text: None, lambda: False)
    with pytest.raises(DrapeRefused, match="wind"):
        ToileEngine().drape(cloth, body, {"self": mechanics("denim")}, quiet, Wishes(wind=(0.0, wind, 0.0)))
