# SPDX-License-Identifier: GPL-3.0-or-later
"""Curves: lengths against closed forms and quadrature by another library, and the laws of moving and reversing them."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from toile.patterns.curves import (
    Arc,
    Cubic,
    Curve,
    CurveRefused,
    LengthUnreachable,
    Line,
    Nurbs,
    arc_through,
    cubic,
    hermite,
    line,
    part,
    point_along,
    rotation,
    run_length,
    solve,
    solve_together,
    stretch,
)

coordinate = st.floats(-1.0, 1.0, allow_nan=False)
control = st.tuples(coordinate, coordinate)


def circle_nurbs(radius: float) -> Nurbs:
    """A full circle as the standard nine-point rational quadratic."""
    w = math.sqrt(0.5)
    square = [(1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1), (1, 0)]
    knots = [0, 0, 0, 0.25, 0.25, 0.5, 0.5, 0.75, 0.75, 1, 1, 1]
    return Nurbs(radius * np.array(square, float), np.array([1, w, 1, w, 1, w, 1, w, 1]), np.array(knots, float), 2)


def spread(points: list[tuple[float, float]]) -> bool:
    """Control points far enough apart that the curve has no cusp of zero length."""
    p = np.array(points)
    return bool(np.linalg.norm(p - p.mean(axis=0), axis=1).max() > 0.05)


def test_lengths_of_line_arc_and_circle_are_exact() -> None:
    assert line((0, 0), (3, 4)).length == pytest.approx(5, abs=1e-12)
    assert Arc(np.zeros(2), 0.3, 0.2, -1.7).length == pytest.approx(0.3 * 1.7, abs=1e-12)
    assert circle_nurbs(0.25).length == pytest.approx(math.tau * 0.25, abs=1e-9)
    assert np.linalg.norm(circle_nurbs(0.25).points(np.linspace(0, 1, 50)), axis=1) == pytest.approx(0.25)


@given(st.lists(control, min_size=4, max_size=4).filter(spread))
def test_cubic_length_agrees_with_quadrature(points: list[tuple[float, float]]) -> None:
    curve = cubic(*points)
    truth = sum(
        quad(lambda t: float(np.linalg.norm(curve.derivative(np.array([t]))[0])), a, a + 1 / 64, epsabs=1e-12)[0]
        for a in np.arange(64) / 64
    )
    assert curve.length == pytest.approx(truth, abs=2e-6)


@pytest.mark.parametrize(
    "curve",
    [
        line((0, 0), (1, 2)),
        Arc(np.array([0.1, 0.2]), 0.5, 1.0, 2.0),
        cubic((0, 0), (0.3, 0.8), (0.6, -0.4), (1, 0.2)),
        circle_nurbs(0.4),
    ],
    ids=lambda c: type(c).__name__,
)
class TestEveryCurve:
    def test_derivative_is_the_limit_of_differences(self, curve: Curve) -> None:
        t, h = np.array([0.1, 0.37, 0.62, 0.9]), 1e-6
        difference = (curve.points(t + h) - curve.points(t - h)) / (2 * h)
        assert curve.derivative(t) == pytest.approx(difference, abs=1e-6)

    def test_arc_length_is_inverted(self, curve: Curve) -> None:
        s = np.linspace(0, curve.length, 11)
        t = curve.parameter_at(s)
        dense = [curve.points(np.linspace(0, end, 20_001)) for end in t]
        walked = [np.linalg.norm(np.diff(p, axis=0), axis=1).sum() for p in dense]
        assert t[0] == 0
        assert t[-1] == pytest.approx(1)
        assert np.diff(t).min() > 0
        assert walked == pytest.approx(s, abs=1e-7)

    def test_reversed_runs_the_same_points_backwards(self, curve: Curve) -> None:
        t = np.linspace(0, 1, 9)
        assert curve.reversed().points(t) == pytest.approx(curve.points(1 - t), abs=1e-12)

    def test_a_mirror_keeps_the_length_and_maps_the_points(self, curve: Curve) -> None:
        mirror, offset = np.array([[-1.0, 0], [0, 1]]), np.array([0.3, -0.1])
        moved = curve.transformed(mirror, offset)
        t = np.linspace(0, 1, 9)
        assert moved.points(t) == pytest.approx(curve.points(t) @ mirror.T + offset, abs=1e-12)
        assert moved.length == pytest.approx(curve.length, abs=1e-9)

    def test_the_polyline_stays_within_its_tolerance(self, curve: Curve) -> None:
        polyline = curve.flattened(1e-4)
        dense = curve.points(np.linspace(0, 1, 2001))
        a, b = polyline[:-1], polyline[1:]
        t = np.clip(((dense[:, None] - a) * (b - a)).sum(-1) / np.maximum(((b - a) ** 2).sum(-1), 1e-18), 0, 1)
        gap = np.linalg.norm(dense[:, None] - a - t[..., None] * (b - a), axis=-1).min(axis=1)
        assert gap.max() < 2e-4


def test_hermite_leaves_and_arrives_along_its_tangents() -> None:
    curve = hermite((0, 0), (1, 0), (1, 1), (0, 2))
    assert curve.derivative(np.array([0.0, 1.0])) == pytest.approx(np.array([[1, 0], [0, 2]]))


@given(control, control, control)
def test_an_arc_passes_through_its_three_points(
    a: tuple[float, float], m: tuple[float, float], b: tuple[float, float]
) -> None:
    p = np.array([a, m, b])
    sides = np.linalg.norm(p - np.roll(p, 1, axis=0), axis=1)
    (ux, uy), (vx, vy) = p[1] - p[0], p[2] - p[0]
    twice_area = abs(ux * vy - uy * vx)
    if sides.min() < 0.05 or twice_area < 1e-3:
        return
    arc = arc_through(a, m, b)
    assert isinstance(arc, Arc)
    assert arc.start == pytest.approx(p[0], abs=1e-9)
    assert arc.end == pytest.approx(p[2], abs=1e-9)
    nearest = np.linalg.norm(arc.points(np.linspace(0, 1, 4001)) - p[1], axis=1).min()
    assert nearest <= arc.length / 4000  # no farther than one of the steps between the points looked at


def test_three_points_in_line_make_a_line() -> None:
    assert isinstance(arc_through((0, 0), (1, 1), (2, 2)), Line)


def test_solving_for_a_length_is_exact_or_refused() -> None:
    root = solve(
        lambda x: Cubic(np.zeros(2), np.array([0, x]), np.array([1, x]), np.array([1.0, 0])).length - 1.5, 0, 3, "x"
    )
    assert cubic((0, 0), (0, root), (1, root), (1, 0)).length == pytest.approx(1.5, abs=1e-8)
    with pytest.raises(LengthUnreachable, match="bow"):
        solve(lambda x: x * x + 1, -1, 1, "A bow")
    for end in (-1.0, 1.0):  # a root at either end
        assert solve(lambda x, end=end: x - end, -1, 1, "An end") == end
    both = solve_together(lambda v: np.array([v[0] * v[1] - 6, v[0] + v[1] - 5]), (1.0, 5.0), "two")
    assert sorted(both) == pytest.approx([2, 3])
    with pytest.raises(LengthUnreachable):
        solve_together(lambda v: np.array([v[0] ** 2 + 1]), (0.5,), "nothing")


@pytest.mark.parametrize("bad", [(0,), (0, math.nan), (math.inf, 1), "ab", (1, 2, 3)])
def test_points_that_are_none_are_refused(bad: object) -> None:
    with pytest.raises((CurveRefused, ValueError)):
        line(bad, (1, 1))  # type: ignore[arg-type]


def test_malformed_nurbs_is_refused() -> None:
    with pytest.raises(CurveRefused, match="knots"):
        Nurbs(np.zeros((3, 2)), np.ones(3), np.arange(4.0), 2)
    with pytest.raises(CurveRefused, match="positive"):
        Nurbs(np.zeros((3, 2)), np.array([1, -1, 1.0]), np.arange(6.0), 2)


CURVES = [
    line((0, 0), (1, 2)),
    Arc(np.array([0.1, 0.2]), 0.5, 1.0, -2.0),
    cubic((0, 0), (0.3, 0.8), (0.6, -0.4), (1, 0.2)),
    circle_nurbs(0.4),
    Nurbs(np.random.default_rng(1).normal(size=(9, 2)), np.linspace(1, 3, 9), np.arange(13.0), 3),  # open knots
]


@pytest.mark.parametrize("curve", CURVES, ids=lambda c: type(c).__name__)
@given(st.floats(0, 0.95), st.floats(0.05, 1))
def test_a_part_is_the_same_curve_over_fewer_parameters(curve: Curve, t0: float, share: float) -> None:
    t1 = t0 + (1 - t0) * share
    t = np.linspace(0, 1, 23)
    cut = part(curve, t0, t1)
    assert type(cut) is type(curve)
    whole = t0 + (t1 - t0) * t
    assert cut.points(t) == pytest.approx(curve.points(whole), abs=1e-11)
    knots = curve.knots if isinstance(curve, Nurbs) else np.empty(0)  # at a knot there is a derivative on either side
    clear = np.abs(whole[:, None] - knots).min(axis=1, initial=1.0) > 1e-9
    assert cut.derivative(t[clear]) == pytest.approx((t1 - t0) * curve.derivative(whole[clear]), abs=1e-9)


@pytest.mark.slow
@given(st.floats(0, 1), st.floats(0, 1))
def test_a_run_is_cut_where_it_is_measured(first: float, last: float) -> None:
    run: list[Curve] = []
    for curve in CURVES:  # each begins where the last one ends
        run.append(curve.transformed(np.eye(2), (run[-1].end if run else np.zeros(2)) - curve.start))
    whole = run_length(run)
    low, high = sorted((first * whole, last * whole))
    found = stretch(run, low, high)
    assert run_length(found) == pytest.approx(high - low, abs=5e-8)
    if found:
        assert found[0].start == pytest.approx(point_along(run, low), abs=1e-8)
        assert found[-1].end == pytest.approx(point_along(run, high), abs=1e-8)
        for a, b in pairwise(found):
            assert a.end == pytest.approx(b.start, abs=1e-8)
    assert (point_along(run, whole + 1) == run[-1].end).all()


@given(st.floats(-7, 7), control, control)
def test_a_rotation_leaves_its_centre_and_every_length(
    angle: float, about: tuple[float, float], p: tuple[float, float]
) -> None:
    matrix, offset = rotation(angle, np.array(about))
    centre, moved = matrix @ np.array(about) + offset, matrix @ np.array(p) + offset
    assert centre == pytest.approx(about, abs=1e-12)
    assert np.linalg.norm(moved - centre) == pytest.approx(math.dist(p, about), abs=1e-12)
    u, v = np.array(p) - about, moved - centre
    assert v == pytest.approx([u @ [math.cos(angle), -math.sin(angle)], u @ [math.sin(angle), math.cos(angle)]])
