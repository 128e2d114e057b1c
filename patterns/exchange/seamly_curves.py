# SPDX-License-Identifier: GPL-3.0-or-later
"""Curves as Seamly2D and Valentina draw them: runs of Béziers and arcs that are cut, measured and met.

Lengths are arc lengths. Those programs measure the polyline that they draw, which is up to about 0.1 mm shorter.
"""

from __future__ import annotations

import math

import numpy as np

from ..curves import SAMPLES, Curve, Nurbs, Points, place_on, solve, solve_together, stretch
from ..pieces import Run

ON_CURVE = 1e-4  # metres: a point nearer than this lies on the curve


def polar(degrees: float, length: float = 1.0) -> Points:
    """(2,) the vector of this length that points `degrees` anticlockwise from x."""
    a = math.radians(degrees)
    return length * np.array([math.cos(a), math.sin(a)])


def direction(vector: Points) -> float:
    """Degrees anticlockwise from x, in [0, 360)."""
    return math.degrees(math.atan2(vector[1], vector[0])) % 360


def rotation(degrees: float) -> Points:
    """(2, 2) the matrix that turns anticlockwise by `degrees`."""
    c, s = polar(degrees)
    return np.array([[c, -s], [s, c]])


def cross(a: Points, b: Points) -> float:
    """The third component of a × b: the doubled area of their triangle, positive where b lies to the left of a."""
    return float(a[0] * b[1] - a[1] * b[0])


def about(matrix: Points, centre: Points) -> tuple[Points, Points]:
    """The map p → matrix @ p + offset that leaves `centre` where it is, as (matrix, offset)."""
    return matrix, centre - matrix @ centre


def reflection(a: Points, b: Points) -> tuple[Points, Points]:
    """The mirroring in the line through a and b, as (matrix, offset)."""
    double = math.radians(2 * direction(b - a))
    c, s = math.cos(double), math.sin(double)
    return about(np.array([[c, s], [s, -c]]), a)


def ellipse(centre: Points, radii: tuple[float, float], turned: float, begin: float, sweep: float) -> tuple[Nurbs, ...]:
    """Arcs of at most 90° along an ellipse that is turned by `turned`; all angles in degrees, of the parameter.

    Each is a rational quadratic Bézier, which is exact (Piegl & Tiller, The NURBS Book, 1997, 7.3).
    """
    parts = max(1, math.ceil(abs(sweep) / 90 - 1e-9))
    half = sweep / parts / 2
    matrix = rotation(turned) @ np.diag(radii)
    knots = np.array([0.0, 0.0, 0.0, 1.0, 1.0, 1.0])
    weight = math.cos(math.radians(half))
    arcs: list[Nurbs] = []
    for k in range(parts):
        first = begin + 2 * k * half
        control = np.array([polar(first), polar(first + half) / weight, polar(first + 2 * half)])
        arcs.append(Nurbs(centre + control @ matrix.T, np.array([1.0, weight, 1.0]), knots, 2))
    return tuple(arcs)


def between(run: Run, low: float, high: float) -> tuple[Curve, ...]:
    """The curves of a run from the arc length `low` to `high`, metres; none where that is less than a micrometre."""
    return stretch(run.curves, low, high) if min(high, run.length) - max(low, 0.0) > 1e-6 else ()


def reversed_run(run: Run) -> Run:
    """The same run walked the other way."""
    return Run(run.name, tuple(c.reversed() for c in reversed(run.curves)))


def lies_on(run: Run, p: Points) -> bool:
    """Whether a point lies on a run."""
    return place_on(run.curves, p)[1] < ON_CURVE


def on_axis(run: Run, origin: Points, degrees: float) -> list[tuple[float, Points]]:
    """Where an endless axis through `origin` in a direction crosses a run: (metres ahead of the origin, point)."""
    along = polar(degrees)
    across = np.array([-along[1], along[0]])
    hits: list[tuple[float, Points]] = []
    for curve in run.curves:

        def side(t: float, curve: Curve = curve) -> float:
            return float((curve.points(np.array([t]))[0] - origin) @ across)

        off = (curve.points(SAMPLES) - origin) @ across
        off[np.abs(off) < 1e-9] = 0.0  # a sample that lies on the axis is a crossing itself
        places = [float(t) for t in SAMPLES[off == 0]]
        for k in np.flatnonzero(off[:-1] * off[1:] < 0):
            places.append(solve(side, float(SAMPLES[k]), float(SAMPLES[k + 1]), "The crossing", tolerance=1e-13))
        if places:
            hits += [(float((p - origin) @ along), p) for p in curve.points(np.array(places))]
    return hits


def _crossed(a: Points, b: Points) -> tuple[Points, Points]:
    """(k,) parameters on each of two polylines, counted in sides, where they cross."""
    if (a.max(axis=0) < b.min(axis=0)).any() or (b.max(axis=0) < a.min(axis=0)).any():
        return np.empty(0), np.empty(0)
    r, s = np.diff(a, axis=0)[:, None], np.diff(b, axis=0)[None]
    gap = b[None, :-1] - a[:-1, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        area = r[..., 0] * s[..., 1] - r[..., 1] * s[..., 0]
        t = (gap[..., 0] * s[..., 1] - gap[..., 1] * s[..., 0]) / area
        u = (gap[..., 0] * r[..., 1] - gap[..., 1] * r[..., 0]) / area
        i, j = np.nonzero((np.abs(t - 0.5) <= 0.5 + 1e-9) & (np.abs(u - 0.5) <= 0.5 + 1e-9))
    return i + t[i, j], j + u[i, j]


def crossings(one: Run, other: Run) -> list[Points]:
    """Every point in which two runs cross."""
    found: list[Points] = []
    others = [(b, b.points(SAMPLES)) for b in other.curves]
    for a in one.curves:
        p = a.points(SAMPLES)
        for b, q in others:

            def apart(x: Points, a: Curve = a, b: Curve = b) -> Points:
                return a.points(x[:1])[0] - b.points(x[1:])[0]

            for guess in np.column_stack(_crossed(p, q)) / (len(SAMPLES) - 1):
                x = np.clip(solve_together(apart, guess, "The crossing", tolerance=1e-12), 0.0, 1.0)
                point = a.points(x[:1])[0]
                if all(np.linalg.norm(point - f) > 1e-7 for f in found):
                    found.append(point)
    return found


def circles_meet(c1: Points, r1: float, c2: Points, r2: float) -> tuple[Points, ...]:
    """The two points in which circles meet, first the one to the right of the way from c1 to c2; one; or none."""
    way = c2 - c1
    d = float(np.linalg.norm(way))
    if d == 0:
        return ()
    along = (d * d + r1 * r1 - r2 * r2) / (2 * d)
    square = r1 * r1 - along * along
    foot = c1 + along / d * way
    if abs(square) <= 1e-12 * max(r1, r2, d) ** 2:
        return (foot,)
    if square < 0:
        return ()
    aside = math.sqrt(square) / d * np.array([way[1], -way[0]])
    return (foot + aside, foot - aside)


def line_meets_circle(a: Points, b: Points, centre: Points, radius: float) -> tuple[Points, ...]:
    """The points in which the line through a and b meets a circle, first the one farther on in the way from a to b."""
    way = (b - a) / np.linalg.norm(b - a)
    foot = a + ((centre - a) @ way) * way
    square = radius * radius - float((centre - foot) @ (centre - foot))
    if abs(square) <= 1e-12 * radius * radius:
        return (foot,)
    return (foot + math.sqrt(square) * way, foot - math.sqrt(square) * way) if square > 0 else ()


def lines_meet(a: Points, b: Points, c: Points, d: Points) -> Points | None:
    """(2,) where the endless lines through a, b and through c, d meet; None where they are parallel."""
    r, s = b - a, d - c
    area = cross(r, s)
    if abs(area) <= 1e-12 * float(np.linalg.norm(r) * np.linalg.norm(s)):
        return None
    return a + cross(c - a, s) / area * r
