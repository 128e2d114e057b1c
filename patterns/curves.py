# SPDX-License-Identifier: GPL-3.0-or-later
"""Plane curves of a pattern: line, arc, cubic Bézier and NURBS, measured by arc length.

Every curve runs over the parameter t in [0, 1]; points are (2,) or (n, 2) float64 in metres. Lengths are Gauss–Legendre
integrals of the speed over halves refined until they agree, so that a seam can be proven to micrometres.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

Points = NDArray[np.float64]

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(6)
_LENGTH_TOLERANCE = 1e-9  # metres
_ARRIVED = 1e-12  # metres from the arc length whose parameter is looked for
_NEARLY = 1e-8  # metres from it at which one more step of Newton's, which squares what is left, arrives
_FINEST = 512  # chords of a curve, at most
_SPANS = 8  # of a smooth piece, whose lengths are compared with those of their halves
_ENDS = np.array([0.0, 1.0])


class CurveRefused(ValueError):
    """A curve that cannot be measured: not finite, no length, or malformed control data."""


class LengthUnreachable(ValueError):
    """No curve of the family has the length that was asked for."""


def point(value: ArrayLike) -> Points:
    """(2,) float64 copy of a point; raises CurveRefused when it is not two finite numbers."""
    p = np.array(value, dtype=np.float64)
    if p.shape != (2,) or not np.isfinite(p).all():
        raise CurveRefused(f"A pattern point needs two finite coordinates in metres, got {value!r}.")
    return p


class Curve(ABC):
    """A regular curve t ∈ [0, 1] → R²."""

    @abstractmethod
    def points(self, t: ArrayLike) -> Points:
        """(n, 2) points at the parameters t (n,)."""

    @abstractmethod
    def derivative(self, t: ArrayLike) -> Points:
        """(n, 2) dP/dt at t (n,)."""

    @abstractmethod
    def transformed(self, matrix: Points, offset: Points) -> Curve:
        """The curve under p → matrix @ p + offset, where matrix is a similarity (rotation, mirror, scale)."""

    @abstractmethod
    def reversed(self) -> Curve:
        """The same points walked the other way."""

    def _speed_integral(self, a: Points, b: Points) -> Points:
        """(n,) lengths between parameters a and b (n,)."""
        half, mid = (b - a) / 2, (b + a) / 2
        t = mid[:, None] + half[:, None] * _NODES
        x, y = self.derivative(t.ravel()).T
        return half * (np.hypot(x, y).reshape(t.shape) @ _WEIGHTS)

    @cached_property
    def _table(self) -> tuple[Points, Points]:
        """Parameters and the arc length walked up to each; refined until doubling changes nothing."""
        breaks, spans = self._smooth_between(), _SPANS
        while True:
            pieces = np.arange(2 * spans * (len(breaks) - 1) + 1) / (2 * spans)
            t = np.interp(pieces, np.arange(len(breaks)), breaks)
            low, high = np.concatenate([t[:-2:2], t[:-1]]), np.concatenate([t[2::2], t[1:]])
            whole, halves = np.split(self._speed_integral(low, high), [len(t) // 2])
            s = np.concatenate([[0.0], np.cumsum(halves)])
            if abs(float(whole.sum()) - s[-1]) <= _LENGTH_TOLERANCE or spans >= 1024:
                return t, s
            spans *= 2

    def _smooth_between(self) -> Points:
        """(k,) parameters from 0 to 1 between which the curve has derivatives of every order."""
        return _ENDS

    @cached_property
    def length(self) -> float:
        """Arc length in metres."""
        return float(self._table[1][-1])

    def parameter_at(self, distance: ArrayLike) -> Points:
        """(n,) parameters at the arc lengths `distance` (n,) from the start, by Newton from the table."""
        t_table, s_table = self._table
        s = np.minimum(np.maximum(np.asarray(distance, np.float64).reshape(-1), 0.0), s_table[-1])
        span = np.minimum(np.searchsorted(s_table[1:], s, side="right"), len(t_table) - 2)
        low, high, walked = t_table[span], t_table[span + 1], s_table[span]
        t = low + (high - low) * (s - walked) / np.maximum(s_table[span + 1] - walked, 1e-300)
        for _ in range(8):
            gap = walked + self._speed_integral(low, t) - s
            left = float(np.abs(gap).max(initial=0.0))
            if left < _ARRIVED:
                break
            x, y = self.derivative(t).T
            t = np.minimum(np.maximum(t - gap / np.maximum(np.hypot(x, y), 1e-12), low), high)
            if left < _NEARLY:
                break
        return t

    def at(self, distance: ArrayLike) -> Points:
        """(n, 2) points at the arc lengths `distance` (n,) from the start."""
        return self.points(self.parameter_at(distance))

    @property
    def start(self) -> Points:
        return self.points(np.array([0.0]))[0]

    @property
    def end(self) -> Points:
        return self.points(np.array([1.0]))[0]

    def flattened(self, tolerance: float = 1e-4) -> Points:
        """(n, 2) polyline whose greatest distance to the curve is about `tolerance` metres."""
        n = 2
        p = self.points(np.array([0.0, 0.5, 1.0]))
        while n < _FINEST:
            middles = self.points((np.arange(n) + 0.5) / n)
            x, y = (middles - (p[:-1] + p[1:]) / 2).T
            if np.hypot(x, y).max() <= tolerance:
                return p
            n *= 2
            finer = np.empty((n + 1, 2))
            finer[::2], finer[1::2] = p, middles
            p = finer
        return p


class _Even(Curve):
    """A curve that is walked at an even speed, so that t is the share of its length."""

    def parameter_at(self, distance: ArrayLike) -> Points:
        s = np.asarray(distance, np.float64).reshape(-1)
        return np.minimum(np.maximum(s / max(self.length, 1e-300), 0.0), 1.0)


@dataclass(frozen=True, eq=False)
class Line(_Even):
    """Straight from p0 to p1."""

    p0: Points
    p1: Points

    @cached_property
    def length(self) -> float:
        return math.hypot(*(self.p1 - self.p0))

    @property
    def start(self) -> Points:
        return self.p0

    @property
    def end(self) -> Points:
        return self.p1

    def points(self, t: ArrayLike) -> Points:
        t = np.asarray(t, np.float64)[:, None]
        return self.p0 * (1 - t) + self.p1 * t

    def derivative(self, t: ArrayLike) -> Points:
        return np.broadcast_to(self.p1 - self.p0, (len(np.asarray(t)), 2))

    def flattened(self, tolerance: float = 1e-4) -> Points:
        return np.array([self.p0, self.p1])

    def transformed(self, matrix: Points, offset: Points) -> Line:
        return Line(matrix @ self.p0 + offset, matrix @ self.p1 + offset)

    def reversed(self) -> Line:
        return Line(self.p1, self.p0)


@dataclass(frozen=True, eq=False)
class Arc(_Even):
    """Circular arc about `centre`, from angle `begin` through `sweep` radians (positive: anticlockwise)."""

    centre: Points
    radius: float
    begin: float
    sweep: float

    @cached_property
    def length(self) -> float:
        return abs(self.radius * self.sweep)

    def points(self, t: ArrayLike) -> Points:
        a = self.begin + self.sweep * np.asarray(t, np.float64)
        return self.centre + self.radius * np.stack([np.cos(a), np.sin(a)], axis=-1)

    def derivative(self, t: ArrayLike) -> Points:
        a = self.begin + self.sweep * np.asarray(t, np.float64)
        return self.radius * self.sweep * np.stack([-np.sin(a), np.cos(a)], axis=-1)

    def flattened(self, tolerance: float = 1e-4) -> Points:
        """As of any curve, with as many chords as their height over the arc asks for."""
        turn = 2 * math.acos(max(1 - tolerance / max(self.radius, tolerance), 0.0))
        return self.points(np.linspace(0.0, 1.0, min(max(math.ceil(abs(self.sweep) / turn), 1), _FINEST) + 1))

    def transformed(self, matrix: Points, offset: Points) -> Arc:
        scale = math.sqrt(abs(float(np.linalg.det(matrix))))
        mirrored = float(np.linalg.det(matrix)) < 0
        first = matrix @ np.array([math.cos(self.begin), math.sin(self.begin)])
        return Arc(
            matrix @ self.centre + offset,
            self.radius * scale,
            math.atan2(float(first[1]), float(first[0])),
            -self.sweep if mirrored else self.sweep,
        )

    def reversed(self) -> Arc:
        return Arc(self.centre, self.radius, self.begin + self.sweep, -self.sweep)


def _cubic_basis(t: Points) -> Points:
    """(n, 4) Bernstein's cubic polynomials at t (n,)."""
    u = 1 - t
    uu, tt = u * u, t * t
    basis = np.empty((len(t), 4))
    basis[:, 0], basis[:, 1], basis[:, 2], basis[:, 3] = uu * u, 3 * uu * t, 3 * u * tt, tt * t
    return basis


@lru_cache(_FINEST)
def _even_basis(chords: int) -> Points:
    """(chords + 1, 4) the same at evenly spread parameters."""
    return _cubic_basis(np.arange(chords + 1) / chords)


@dataclass(frozen=True, eq=False)
class Cubic(Curve):
    """Cubic Bézier with control points p0 … p3."""

    p0: Points
    p1: Points
    p2: Points
    p3: Points

    @property
    def start(self) -> Points:
        return self.p0

    @property
    def end(self) -> Points:
        return self.p3

    @cached_property
    def _control(self) -> Points:
        """(4, 2) control points."""
        return np.array([self.p0, self.p1, self.p2, self.p3])

    @cached_property
    def _hodograph(self) -> Points:
        """(3, 2) control points of the derivative, a quadratic."""
        return 3 * (self._control[1:] - self._control[:-1])

    def points(self, t: ArrayLike) -> Points:
        return _cubic_basis(np.asarray(t, np.float64)) @ self._control

    def derivative(self, t: ArrayLike) -> Points:
        t = np.asarray(t, np.float64)
        u = 1 - t
        basis = np.empty((len(t), 3))
        basis[:, 0], basis[:, 1], basis[:, 2] = u * u, 2 * u * t, t * t
        return basis @ self._hodograph

    def flattened(self, tolerance: float = 1e-4) -> Points:
        """As of any curve, with as many chords as Wang's bound on a cubic's second differences asks for (1984)."""
        x, y = (self._hodograph[1:] - self._hodograph[:-1]).T
        chords = math.sqrt(float(np.hypot(x, y).max()) / (4 * tolerance))
        return _even_basis(min(max(math.ceil(chords), 1), _FINEST)) @ self._control

    def transformed(self, matrix: Points, offset: Points) -> Cubic:
        return Cubic(*(matrix @ p + offset for p in (self.p0, self.p1, self.p2, self.p3)))

    def reversed(self) -> Cubic:
        return Cubic(self.p3, self.p2, self.p1, self.p0)


@dataclass(frozen=True, eq=False)
class Nurbs(Curve):
    """Rational B-spline: control points (n, 2), weights (n,), clamped or open knots (n + degree + 1,).

    Evaluated by the Cox–de Boor recursion (Piegl & Tiller, The NURBS Book, 1997, A2.2 and A4.1).
    """

    control: Points
    weights: Points
    knots: Points
    degree: int

    def __post_init__(self) -> None:
        n = len(self.control)
        if self.degree < 1 or n <= self.degree or len(self.weights) != n or len(self.knots) != n + self.degree + 1:
            raise CurveRefused(
                f"A NURBS of degree {self.degree} with {n} control points needs {n} weights and "
                f"{n + self.degree + 1} knots; got {len(self.weights)} and {len(self.knots)}."
            )
        if (np.diff(self.knots) < 0).any() or (self.weights <= 0).any():
            raise CurveRefused("NURBS knots must not decrease and weights must be positive.")

    def _basis(self, u: Points, degree: int) -> Points:
        """(k, n + degree_gap) B-spline basis values at u (k,)."""
        knots, n = self.knots, len(self.control)
        last = knots[n]  # the right end belongs to the last span
        span = (knots[None, :-1] <= u[:, None]) & (u[:, None] < knots[None, 1:])
        at_end = u >= last
        span[at_end] = False
        span[at_end, int(np.searchsorted(knots, last, side="left")) - 1] = True
        basis = span.astype(np.float64)
        for d in range(1, degree + 1):
            left_gap, right_gap = knots[d:-1] - knots[: -d - 1], knots[d + 1 :] - knots[1:-d]
            left = np.where(left_gap > 0, (u[:, None] - knots[: -d - 1]) / np.where(left_gap > 0, left_gap, 1), 0)
            right = np.where(right_gap > 0, (knots[d + 1 :] - u[:, None]) / np.where(right_gap > 0, right_gap, 1), 0)
            basis = left * basis[:, :-1] + right * basis[:, 1:]
        return basis

    def _polar(self, arguments: Points, u: float) -> Points:
        """(3,) the polar form, at `degree` arguments, of the polynomial that holds at u; homogeneous coordinates.

        By de Boor's recursion, each round of which takes one argument.
        """
        degree, knots = self.degree, self.knots
        k = int(np.clip(np.searchsorted(knots, u, side="right") - 1, degree, len(self.control) - 1))
        p = np.column_stack([self.control * self.weights[:, None], self.weights])[k - degree : k + 1]
        for r, argument in enumerate(arguments, 1):
            low, high = knots[k - degree + r : k + 1], knots[k + 1 : k + 1 + degree + 1 - r]
            share = ((argument - low) / (high - low))[:, None]
            p = (1 - share) * p[:-1] + share * p[1:]
        return p[0]

    def between(self, t0: float, t1: float) -> Nurbs:
        """The stretch between two parameters t0 < t1: its control points are polar forms at its own knots."""
        (a, b), degree = self._domain(), self.degree
        first, last = a + (b - a) * t0, a + (b - a) * t1
        inner = self.knots[(self.knots > first) & (self.knots < last)]
        knots = np.concatenate([[first] * (degree + 1), inner, [last] * (degree + 1)])
        control: list[Points] = []
        for i in range(len(inner) + degree + 1):
            span = i + int(np.argmax(np.diff(knots[i : i + degree + 2])))
            control.append(self._polar(knots[i + 1 : i + 1 + degree], float(knots[span : span + 2].mean())))
        homogeneous = np.array(control)
        return Nurbs(homogeneous[:, :2] / homogeneous[:, 2:], homogeneous[:, 2], knots, degree)

    def _domain(self) -> tuple[float, float]:
        return float(self.knots[self.degree]), float(self.knots[len(self.control)])

    def _smooth_between(self) -> Points:
        a, b = self._domain()
        inner = self.knots[(self.knots > a) & (self.knots < b)]
        return np.concatenate([[0.0], (np.unique(inner) - a) / (b - a), [1.0]])

    def points(self, t: ArrayLike) -> Points:
        a, b = self._domain()
        basis = self._basis(a + (b - a) * np.asarray(t, np.float64), self.degree) * self.weights
        return (basis @ self.control) / basis.sum(axis=1, keepdims=True)

    def derivative(self, t: ArrayLike) -> Points:
        a, b = self._domain()
        u = a + (b - a) * np.asarray(t, np.float64)
        lower = self._basis(u, self.degree - 1)
        gap = self.knots[self.degree :] - self.knots[: -self.degree]
        lower = np.where(gap > 0, lower / np.where(gap > 0, gap, 1), 0)
        slope = self.degree * (lower[:, :-1] - lower[:, 1:]) * self.weights
        basis = self._basis(u, self.degree) * self.weights
        w = basis.sum(axis=1, keepdims=True)
        p = (basis @ self.control) / w
        return (b - a) * (slope @ self.control - slope.sum(axis=1, keepdims=True) * p) / w

    def transformed(self, matrix: Points, offset: Points) -> Nurbs:
        return Nurbs(self.control @ matrix.T + offset, self.weights, self.knots, self.degree)

    def reversed(self) -> Nurbs:
        ends = self.knots[0] + self.knots[-1]
        return Nurbs(self.control[::-1], self.weights[::-1], (ends - self.knots)[::-1], self.degree)


def line(p0: ArrayLike, p1: ArrayLike) -> Line:
    """A straight line between two points."""
    return Line(point(p0), point(p1))


def cubic(p0: ArrayLike, p1: ArrayLike, p2: ArrayLike, p3: ArrayLike) -> Cubic:
    """A cubic Bézier from its four control points."""
    return Cubic(point(p0), point(p1), point(p2), point(p3))


def hermite(p0: ArrayLike, tangent0: ArrayLike, p1: ArrayLike, tangent1: ArrayLike) -> Cubic:
    """A cubic from end points and end tangents (dP/dt), the form in which tailors think: leave square, arrive so."""
    a, b = point(p0), point(p1)
    return Cubic(a, a + point(tangent0) / 3, b - point(tangent1) / 3, b)


def part(curve: Curve, t0: float, t1: float) -> Curve:
    """The stretch of a curve between two parameters t0 < t1, of the same kind."""
    match curve:
        case Arc():
            return replace(curve, begin=curve.begin + t0 * curve.sweep, sweep=(t1 - t0) * curve.sweep)
        case Nurbs():
            return curve.between(t0, t1)
        case _:
            (p0, p1), (d0, d1) = curve.points(np.array([t0, t1])), curve.derivative(np.array([t0, t1]))
            return Line(p0, p1) if isinstance(curve, Line) else hermite(p0, d0 * (t1 - t0), p1, d1 * (t1 - t0))


SAMPLES = np.linspace(0.0, 1.0, 129)  # parameters at which a curve is looked at first


def run_length(curves: Iterable[Curve]) -> float:
    """Metres along a run of curves."""
    return sum(curve.length for curve in curves)


def stretch(curves: Sequence[Curve], first: float, last: float) -> tuple[Curve, ...]:
    """The stretch of a run of curves between two arc lengths from its start, metres."""
    found: list[Curve] = []
    begin = 0.0
    for curve in curves:
        low, high = max(first - begin, 0.0), min(last - begin, curve.length)
        if high - low > 1e-9:
            t0, t1 = (float(t) for t in curve.parameter_at([low, high]))
            found.append(curve if high - low > curve.length - 1e-9 else part(curve, t0, t1))
        begin += curve.length
    return tuple(found)


def point_along(curves: Sequence[Curve], distance: float) -> Points:
    """(2,) the point of a run of curves at an arc length from its start, metres; its end for a greater one."""
    for curve in curves:
        if distance <= curve.length + 1e-9:
            return curve.at([min(distance, curve.length)])[0]
        distance -= curve.length
    return curves[-1].end


def where(curves: Sequence[Curve], axis: int, value: float) -> float | None:
    """How far along a run of curves its x (axis 0) or y (axis 1) first is `value`, metres; None where it never is."""
    begin = 0.0
    for curve in curves:
        ends = curve.points(np.array([0.0, 1.0]))[:, axis] - value
        if ends[0] * ends[1] <= 0:
            t = solve(lambda t, run=curve: float(run.points(np.array([t]))[0, axis]) - value, 0.0, 1.0, "A crossing")
            return begin + (part(curve, 0.0, t).length if t > 0 else 0.0)
        begin += curve.length
    return None


def place_on(curves: Sequence[Curve], p: Points) -> tuple[float, float]:
    """Where a run of curves comes nearest to a point (2,): (arc length there, distance), metres."""
    best, start = (0.0, math.inf), 0.0
    for curve in curves:
        away = np.linalg.norm(curve.points(SAMPLES) - p, axis=1)
        k = int(away.argmin())
        low, high = SAMPLES[max(k - 1, 0)], SAMPLES[min(k + 1, len(SAMPLES) - 1)]

        def slope(t: float, curve: Curve = curve) -> float:
            at = np.array([t])
            return float((curve.points(at)[0] - p) @ curve.derivative(at)[0])

        try:
            t = solve(slope, float(low), float(high), "The nearest point", tolerance=1e-15)
        except LengthUnreachable:  # nearest at an end
            t = float(SAMPLES[k])
        distance = float(np.linalg.norm(curve.points(np.array([t]))[0] - p))
        if distance < best[1]:
            best = (start + (part(curve, 0.0, t).length if t > 0 else 0.0), distance)
        start += curve.length
    return best


def rotation(angle: float, about: Points) -> tuple[Points, Points]:
    """The turn by `angle` radians anticlockwise about a point (2,), as the matrix and offset of `transformed`."""
    c, s = math.cos(angle), math.sin(angle)
    matrix = np.array([[c, -s], [s, c]])
    return matrix, about - matrix @ about


def arc_through(start: ArrayLike, middle: ArrayLike, end: ArrayLike) -> Curve:
    """The arc through three points, or the line when they are in line."""
    a, m, b = point(start), point(middle), point(end)
    u, v = m - a, b - a
    cross = float(u[0] * v[1] - u[1] * v[0])
    if abs(cross) < 1e-12:
        return Line(a, b)
    uu, vv = float(u @ u), float(v @ v)
    centre = a + np.array([v[1] * uu - u[1] * vv, u[0] * vv - v[0] * uu]) / (2 * cross)
    begin = math.atan2(*(a - centre)[::-1])
    finish = math.atan2(*(b - centre)[::-1])
    sweep = (finish - begin) % (2 * math.pi) if cross > 0 else -((begin - finish) % (2 * math.pi))
    return Arc(centre, float(np.linalg.norm(a - centre)), begin, sweep)


def solve_together(
    function: Callable[[Points], Points], guess: ArrayLike, what: str, tolerance: float = 1e-9
) -> Points:
    """(k,) root of k functions of k unknowns near `guess`, by Newton with a halved step where it would not get nearer.

    Raises LengthUnreachable with `what` in its sentence when no root is found.
    """
    x = np.array(guess, dtype=np.float64)
    residual = function(x)
    for _ in range(60):
        if np.abs(residual).max() < tolerance:
            return x
        step = 1e-7 * np.eye(len(x))
        jacobian = np.stack([(function(x + h) - residual) / 1e-7 for h in step], axis=1)
        try:
            move = np.linalg.solve(jacobian, -residual)
        except np.linalg.LinAlgError:
            break
        for _ in range(30):
            trial = function(x + move)
            if np.isfinite(trial).all() and np.linalg.norm(trial) < np.linalg.norm(residual):
                break
            move = move / 2
        else:
            break
        x, residual = x + move, trial
    raise LengthUnreachable(f"{what} cannot be reached.")


def solve(function: Callable[[float], float], low: float, high: float, what: str, tolerance: float = 1e-9) -> float:
    """The root of `function` within [low, high], by regula falsi guarded by bisection (Illinois method).

    Raises LengthUnreachable with `what` in its sentence when the ends do not bracket a root.
    """
    f_low, f_high = function(low), function(high)
    for end, value in ((low, f_low), (high, f_high)):
        if abs(value) < tolerance:
            return end
    if not (math.isfinite(f_low) and math.isfinite(f_high)) or f_low * f_high > 0:
        raise LengthUnreachable(f"{what} cannot be reached between {low:.4g} and {high:.4g}.")
    for step in range(200):
        if abs(high - low) < 1e-14:
            break
        guess = high - f_high * (high - low) / (f_high - f_low) if step % 8 else (low + high) / 2
        f_guess = function(guess)
        if abs(f_guess) < tolerance:
            return guess
        if f_guess * f_high < 0:
            low, f_low = high, f_high
        else:
            f_low /= 2
        high, f_high = guess, f_guess
    return high
