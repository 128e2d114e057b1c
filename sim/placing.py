# SPDX-License-Identifier: GPL-3.0-or-later
"""Panels wrapped about the body before sewing, so near to where they will hang that sewing has little left to close.

Torso panels follow the convex hull of the body's horizontal sections, blown up until its girth is the garment's; panels
that go over the shoulder follow, from the armpits up, the hull of the sagittal sections instead. Legs follow half of
the trunk's hull down to the fork and the hull of their own leg below. Sleeves are rolled about the arm's bones. Parts
of a ring hang in folds about the trunk. Bands stand on the edge they are sewn to. Darts are closed in the flat. At last
what touches the body is lifted off, and what crosses itself once sewn is smoothed until it does not.
Convex curves are kept as support functions h(φ): the point is h u + h′ u⊥, an offset d is h + d, and a blend of two
convex curves is the blend of their h (Schneider, Convex Bodies, 2014, section 1.7).
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ..bodies import Body
from ..bodies.body import PART_NAMES
from ..patterns import Panel
from ..patterns.pieces import Wrap
from .distance import MeshDistance, ranges
from .intersections import intersections, self_intersections

Points = NDArray[np.float64]

CLEARANCE = 0.006  # metres between a placed panel and the body
_ANGLES = np.linspace(-np.pi, np.pi, 181)  # of a support function, 0 = front, anticlockwise from above
_NO_SECTION = np.full(len(_ANGLES), 0.05)  # stands in below the soles
_LEVEL = 0.01  # metres between sections
_LIFT_ROUNDS = 40
_REACH = 0.05  # metres round the panels within which the body may come to matter
_APART = 0.0015  # metres that each leg keeps from the plane between the legs
_FORK_BLEND = 0.14  # metres below the crotch over which half the trunk's hull becomes the leg's
_FORK_FADE = 0.12  # metres below the crotch seam over which its drop dies away
_ANKLE = 0.7  # of the ankle's height: below it a leg hangs straight instead of following the foot
_FLARE_SLOPE, _FLARE_REACH = 0.4, 0.09  # how steeply a flare stands off at the waist, and how far in the end, metres
_FLARE_POINTS = 541  # of a flare's arc, all round
_FOLD = 0.42  # metres of hem in one fold of a flare
_LEAST_FALL = 0.3  # of a flare's ray, however wide its folds
_SMOOTHING_ROUNDS = 12
_SHARING_ROUNDS = 40
_OPEN = 0.004  # metres between an edge and the middle of its seam before it is sewn


class PlacingRefused(ValueError):
    """A panel that cannot be placed on this body."""


def _support(points: Points, directions: Points) -> Points:
    """(k,) support function of the convex hull of points (n, 2) in the unit directions (k, 2)."""
    return (points @ directions.T).max(axis=0)


def _ring(h: Points) -> Points:
    """(n, k, 2) closed curves h u + h′ u⊥ of support functions h (n, k) over _ANGLES, angle 0 looking along −y."""
    slope = (np.roll(h[:, :-1], -1, axis=1) - np.roll(h[:, :-1], 1, axis=1)) / (2 * (_ANGLES[1] - _ANGLES[0]))
    slope = np.concatenate([slope, slope[:, :1]], axis=1)
    u = np.stack([np.sin(_ANGLES), -np.cos(_ANGLES)], axis=-1)
    v = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=-1)
    return h[..., None] * u + slope[..., None] * v


class _Sections:
    """Plane sections of some parts of the body, as the points where its edges pass through."""

    def __init__(self, body: Body, chosen: NDArray[np.bool_]) -> None:
        f = body.faces[chosen[body.faces].all(axis=1)]
        edges = np.concatenate([f[:, [0, 1]], f[:, [1, 2]], f[:, [2, 0]]])
        self.a, self.b = body.vertices[edges[:, 0]], body.vertices[edges[:, 1]]

    def at(self, axis: int, values: Points) -> list[Points]:
        """For each of the ascending values (k,): (n, 3) points of the section where the coordinate `axis` has it."""
        ends = np.stack([self.a[:, axis], self.b[:, axis]])
        first, last = np.searchsorted(values, [ends.min(axis=0), ends.max(axis=0)])
        edge, which = np.repeat(np.arange(len(self.a)), last - first), ranges(first, last - first)
        order = np.argsort(which, kind="stable")
        edge, which = edge[order], which[order]
        a, b = self.a[edge], self.b[edge]
        above, below = a[:, axis] - values[which], b[:, axis] - values[which]
        t = (above / (above - below))[:, None]
        return np.split(a * (1 - t) + b * t, np.searchsorted(which, np.arange(1, len(values))))


def _interpolated(x: Points, xp: Points, fp: Points) -> Points:
    """(n,) np.interp(x[i], xp[i], fp[i]) for every row: x (n,), ascending xp (n, k), fp (n, k)."""
    rows, last = np.arange(len(x)), xp.shape[1] - 1
    j = np.clip((xp <= x[:, None]).sum(axis=1) - 1, 0, last - 1)
    step = xp[rows, j + 1] - xp[rows, j]
    t = np.clip((x - xp[rows, j]) / np.where(step > 0, step, 1.0), 0.0, 1.0)
    return fp[rows, j] + t * (fp[rows, j + 1] - fp[rows, j])


def _rows(x: Points, xp: Points, fp: Points) -> Points:
    """(k, m) np.interp(x[i], xp[i], fp[i]) for every row: x (k, m), ascending xp (k, n), fp (k, n)."""
    return np.stack([np.interp(*row) for row in zip(x, xp, fp, strict=True)])


def _steps(curves: Points) -> Points:
    """(k, n - 1) lengths of the sides of polylines (k, n, d)."""
    return np.linalg.norm(np.diff(curves, axis=1), axis=2)


def _smoothstep(x: Points, low: float, high: float) -> Points:
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return t * t * (3 - 2 * t)


def _in_parts(body: Body, *prefixes: str) -> NDArray[np.bool_]:
    wanted = [k for k, name in enumerate(PART_NAMES) if name.startswith(prefixes)]
    return np.isin(body.parts, wanted)


def _landmark(body: Body, name: str) -> Points:
    try:
        return np.asarray(body.landmarks[name], np.float64)
    except KeyError:
        raise PlacingRefused(f"This body has no landmark {name!r}: measure it again.") from None


class _Torso:
    """Support functions of the horizontal sections of trunk and legs, level by level."""

    def __init__(self, body: Body) -> None:
        chosen = _in_parts(body, "torso", "leg", "foot")
        sections = _Sections(body, chosen)
        self.top = float(body.vertices[chosen, 2].max())
        self.centre_y = float(np.median(body.vertices[_in_parts(body, "torso"), 1]))
        self.levels = np.arange(0.0, self.top + _LEVEL, _LEVEL)
        directions = np.stack([np.sin(_ANGLES), -np.cos(_ANGLES)], axis=1)
        rows: list[Points] = []
        for section in sections.at(2, self.levels):
            points = section[:, :2] - [0.0, self.centre_y]
            rows.append(_support(points, directions) if len(points) > 2 else rows[-1] if rows else _NO_SECTION)
        self.h = np.stack(rows)

    def at(self, z: Points) -> Points:
        """(n, k) support functions at the heights z (n,)."""
        x = np.clip(z / _LEVEL, 0, len(self.levels) - 1.001)
        low = x.astype(int)
        f = (x - low)[:, None]
        return self.h[low] * (1 - f) + self.h[low + 1] * f


def _around(h: Points, arc: Points, angle: float) -> Points:
    """(n, 2) points `arc` (n,) metres round from where the curve of support h (n, k) meets the middle line.

    The middle is x = 0 on the side that `angle` (0 front, π back) looks to; positive arcs run anticlockwise from above.
    """
    curve = _ring(h)
    back = abs(angle) > np.pi / 2
    if back:  # start counting at the front, so that the seam of the angle range lies opposite
        half = len(_ANGLES) // 2
        curve = np.concatenate([curve[:, half:-1], curve[:, : half + 1]], axis=1)
    steps = np.linalg.norm(np.diff(curve, axis=1), axis=2)
    walked = np.concatenate([np.zeros((len(h), 1)), np.cumsum(steps, axis=1)], axis=1)
    middle = len(_ANGLES) // 2
    window = slice(middle - 45, middle + 46)
    x = np.maximum.accumulate(curve[:, window, 0] * (-1 if back else 1), axis=1)
    zero = _interpolated(np.zeros(len(h)), x, walked[:, window])
    s = np.clip(zero + arc, 0.0, walked[:, -1])
    return np.stack([_interpolated(s, walked, curve[..., k]) for k in range(2)], axis=1)


class _Shoulders:
    """Sagittal hulls: for each x, the way from the top of the shoulder down the chest or the back."""

    def __init__(self, body: Body, front: bool) -> None:
        armpit = (_landmark(body, "armpit_left") + _landmark(body, "armpit_right")) / 2
        self.neck, self.tip = _landmark(body, "neck_side_left"), _landmark(body, "acromion_left")
        sign = -1.0 if front else 1.0
        sections = _Sections(body, _in_parts(body, "torso", "arm") & (body.vertices[:, 2] > armpit[2] - 0.05))
        self.x = np.arange(0.0, abs(self.tip[0]) + 0.011, 0.01)
        self.angles = np.linspace(0.0, np.pi / 2, 46)  # 0 looks up, π/2 looks to the front or the back
        directions = np.stack([np.sin(self.angles), np.cos(self.angles)], axis=1)
        rows: list[Points] = []
        for right, left in zip(sections.at(0, self.x), reversed(sections.at(0, -self.x[::-1])), strict=True):
            p = np.concatenate([right, left])
            rows.append(_support(np.stack([sign * p[:, 1], p[:, 2]], axis=1), directions))
        h = np.stack(rows)
        padded = np.pad(h, ((1, 1), (0, 0)), mode="edge")
        self.h = 0.25 * padded[:-2] + 0.5 * padded[1:-1] + 0.25 * padded[2:] + CLEARANCE
        self.sign = sign

    def walk(self, x: Points, s: Points) -> Points:
        """(n, 2) y and z at `s` (n,) metres down from the shoulder line, at the distances x (n,) from the middle."""
        u = np.clip(np.abs(x) / 0.01, 0, len(self.x) - 1.001)
        low = u.astype(int)
        f = (u - low)[:, None]
        h = self.h[low] * (1 - f) + self.h[low + 1] * f
        slope = np.gradient(h, self.angles, axis=1)
        sin, cos = np.sin(self.angles), np.cos(self.angles)
        out, up = h * sin + slope * cos, h * cos - slope * sin
        walked = np.concatenate(
            [np.zeros((len(h), 1)), np.cumsum(np.hypot(np.diff(out, axis=1), np.diff(up, axis=1)), axis=1)], axis=1
        )
        # The shoulder seam lies where the line from neck to shoulder tip passes over this column.
        t = np.clip((np.abs(x) - self.neck[0]) / (self.tip[0] - self.neck[0]), 0.0, 1.0)
        seam = self.sign * (self.neck[1] + t * (self.tip[1] - self.neck[1]))
        at = _interpolated(seam, np.maximum.accumulate(out, axis=1), walked) + s
        y = _interpolated(at, walked, out) + np.minimum(at, 0.0)  # above the shoulder line: past the ridge
        z = _interpolated(at, walked, up) - np.maximum(at - walked[:, -1], 0.0)  # past the hull: straight down
        return np.stack([self.sign * y, z], axis=1)


def _darts_closed(panel: Panel, points: Points) -> Points:
    """(n, 2) points of a panel, what lies beyond a dart drawn towards the anchor by the dart's width there.

    A dart from above or below is closed row by row, one from the side column by column.
    """
    closed = points.copy()
    for edge, following in itertools.pairwise((*panel.edges, panel.edges[0])):
        if not (edge.dart and following.dart):
            continue
        near, apex, far = edge.start, edge.end, following.end
        mouth = (near + far) / 2
        along = int(abs(apex[1] - mouth[1]) > abs(apex[0] - mouth[0]))  # the coordinate in which the dart runs
        across = 1 - along
        t = np.clip((points[:, along] - apex[along]) / (mouth[along] - apex[along]), 0.0, 1.0)
        middle = apex[across] + t * (mouth[across] - apex[across])
        outward = np.sign(mouth[across] - panel.wrap.anchor[across])
        beyond = (points[:, across] - middle) * outward > 0
        closed[:, across] -= outward * beyond * t * abs(far[across] - near[across])
    return closed


def _extents(outline: Points, y: Points) -> tuple[Points, Points]:
    """(n,) least and greatest x of the closed polygon `outline` at the heights y (n,)."""
    levels = np.linspace(outline[:, 1].min(), outline[:, 1].max(), 130)[1:-1]
    a, b = outline, np.roll(outline, -1, axis=0)
    crosses = (a[:, 1] > levels[:, None]) != (b[:, 1] > levels[:, None])
    with np.errstate(divide="ignore", invalid="ignore"):
        x = a[:, 0] + (levels[:, None] - a[:, 1]) / (b[:, 1] - a[:, 1]) * (b[:, 0] - a[:, 0])
    low, high = np.where(crosses, x, np.inf).min(axis=1), np.where(crosses, x, -np.inf).max(axis=1)
    return np.interp(y, levels, low), np.interp(y, levels, high)


def _whole_from(panel: Panel) -> float:
    """Height above which the panel's rows are whole: below it they end at a curved hem instead of the sides."""
    lowest = panel.outline(1e-3)[:, 1].min()
    reaching = [e for e in panel.edges if e.flattened(1e-3)[:, 1].min() < lowest + 1e-6]
    return min(max(float(e.start[1]), float(e.end[1])) for e in reaching)


def _widths(outline: Points, y: Points) -> Points:
    """(n,) distance between the outermost sides of the closed polygon `outline` at the heights y (n,)."""
    low, high = _extents(outline, y)
    return high - low


def _on_torso(panel: Panel, points: Points, outline: Points, body: Body, torso: _Torso) -> Points:
    """(n, 3) a torso panel of points (n, 2), its darts closed."""
    wrap = panel.wrap
    front = abs(wrap.angle) < np.pi / 2
    x = points[:, 0] - wrap.anchor[0]
    left, right = _landmark(body, "armpit_left"), _landmark(body, "armpit_right")
    armpit_x, armpit = float(left[0] - right[0]) / 2, float(left[2] + right[2]) / 2
    over = None
    if wrap.over is None:
        z = _landmark(body, wrap.landmark)[2] + wrap.lift + points[:, 1] - wrap.anchor[1]
    else:
        (nx, ny), (tx, ty) = wrap.over
        shoulder_line = np.interp(np.abs(x), (nx, tx), (ny, ty))
        over = _Shoulders(body, front).walk(x, shoulder_line - points[:, 1])
        z = over[:, 1] + wrap.lift
    # The ring formed by this panel and its fellow has twice this panel's width; above the armpits nothing closes it.
    ring = 2 * _widths(outline, np.maximum(points[:, 1], _whole_from(panel)))
    h = torso.at(np.minimum(z, armpit - 0.02) if over is not None else z)
    girth = np.linalg.norm(np.diff(_ring(h), axis=1), axis=2).sum(axis=1)
    room = np.maximum((ring - girth) / (2 * np.pi), CLEARANCE)
    if over is not None:  # under the arms there is little room: there the panel hugs the body
        room = CLEARANCE + (room - CLEARANCE) * (1 - _smoothstep(z, armpit - 0.12, armpit - 0.03))
    # Where the panel is wider than its half of the ring it is squeezed, lest it cross its fellow.
    squeeze = np.minimum(1.0, (girth + 2 * np.pi * room) / ring)
    plan = _around(h + room[:, None], x * squeeze, wrap.angle)
    plan[:, 1] += torso.centre_y
    if over is not None:
        w = _smoothstep(z, armpit - 0.01, armpit + 0.08)
        reach = armpit_x + np.maximum(z - armpit, 0.0)  # wider than this it would cut through the arm
        across = np.clip(x if front else -x, -reach, reach)
        plan[:, 0] = (1 - w) * plan[:, 0] + w * across
        plan[:, 1] = (1 - w) * plan[:, 1] + w * over[:, 0]
    return np.column_stack([plan, z])


def _on_arm(points: Points, outline: Points, wrap: Wrap, body: Body) -> Points:
    """(n, 3) a sleeve of points (n, 2), rolled about the bones of the arm."""
    side = wrap.around.removeprefix("arm_")
    joints = [np.asarray(body.joints[f"{n}_{side}"], np.float64) for n in ("shoulder", "elbow", "wrist")]
    axes = [(a - b) / np.linalg.norm(a - b) for a, b in itertools.pairwise(joints)]
    outward = np.array([1.0 if side == "left" else -1.0, 0.0, 0.3])
    top = float((_landmark(body, wrap.landmark) - joints[0]) @ axes[0]) + wrap.lift
    along = top + points[:, 1] - wrap.anchor[1]  # metres up the limb from its first joint, negative below
    reach = float(np.linalg.norm(joints[0] - joints[1]))
    bend = _smoothstep(-along, reach - 0.04, reach + 0.04)[:, None]
    axis = axes[0] * (1 - bend) + axes[1] * bend
    axis /= np.linalg.norm(axis, axis=1, keepdims=True)
    below = np.minimum(along + reach, 0.0)[:, None]
    centre = joints[0] + axes[0] * np.maximum(along, -reach)[:, None] + axes[1] * below
    out = outward - axis * (axis @ outward)[:, None]
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    turn = np.cross(axis, out)

    flesh = body.vertices[_in_parts(body, wrap.around)]
    level = (flesh - joints[0]) @ axes[0]
    radius = np.linalg.norm(flesh - joints[0] - level[:, None] * axes[0], axis=1)
    widest = np.array([radius[np.abs(level - y) < 0.03].max(initial=0.03) for y in np.linspace(-reach, 0.0, 12)])
    thick = np.interp(along, np.linspace(-reach, 0.0, 12), np.minimum(widest, np.median(widest) * 1.35))
    full = points[:, 1] <= 0.0
    width = np.where(full, _widths(outline, points[:, 1]), float(np.ptp(points[:, 0])))
    r = np.maximum(width / (2 * np.pi), thick + CLEARANCE)
    angle = (points[:, 0] - wrap.anchor[0] * ~full) / r + wrap.angle
    return centre + r[:, None] * (np.cos(angle)[:, None] * out + np.sin(angle)[:, None] * turn)


def _on_flare(points: Points, wrap: Wrap, torso: _Torso, top: float) -> Points:
    """(n, 3) a part of a ring, of points (n, 2), about its anchor: its inner edge round the trunk at the height `top`.

    Its rays hang down. Its arcs, longer than the trunk is round, lie in folds that grow towards the hem; each fold is a
    wave upon the convex hull of the trunk as it has widened so far, which an outward wave never makes cross itself.
    """
    from_centre = points - wrap.anchor
    radius, angle = np.linalg.norm(from_centre, axis=1), np.arctan2(from_centre[:, 0], -from_centre[:, 1])
    inner, ring = float(radius.min()), 2 * float(np.ptp(angle))  # this panel and its fellow close round the trunk
    down = np.linspace(0.0, max(float(np.ptp(radius)), _LEVEL), max(int(np.ptp(radius) / _LEVEL), 2))
    stand = _FLARE_REACH * (1 - np.exp(-down / _FLARE_REACH * _FLARE_SLOPE))
    h = np.maximum.accumulate(torso.at(top - down), axis=0) + (CLEARANCE + stand)[:, None]
    base, normal = _ring(h), np.stack([np.sin(_ANGLES), -np.cos(_ANGLES)], axis=-1)
    walked = np.concatenate([np.zeros((len(h), 1)), np.cumsum(_steps(base), axis=1)], axis=1)
    around = np.linspace(0.0, 1.0, _FLARE_POINTS)
    arc = around * walked[:, -1:]
    flat = np.stack([_rows(arc, walked, base[..., k]) for k in range(2)], axis=-1)
    out = np.stack([_rows(arc, walked, np.broadcast_to(normal[:, k], h.shape)) for k in range(2)], axis=-1)
    out /= np.linalg.norm(out, axis=-1, keepdims=True)
    wanted = ring * (inner + down)
    folds = max(4, round(float(wanted[-1]) / _FOLD))
    wave = (1 + np.cos(2 * np.pi * folds * (around - 0.5)))[:, None] / 2
    spread, height = flat, np.zeros(flat.shape[:2])
    goal = wanted
    for _ in range(3):
        low, high = np.zeros(len(down)), np.full(len(down), float(wanted[-1]) / folds)
        for _ in range(24):
            deep = (low + high) / 2
            short = _steps(flat + deep[:, None, None] * wave * out).sum(axis=1) < goal
            low, high = np.where(short, deep, low), np.where(short, high, deep)
        waved = flat + low[:, None, None] * wave * out
        walked = np.concatenate([np.zeros((len(h), 1)), np.cumsum(_steps(waved), axis=1)], axis=1)
        even = around * walked[:, -1:]  # threads of the warp: equal shares of every arc
        spread = np.stack([_rows(even, walked, waved[..., k]) for k in range(2)], axis=-1)
        sunk = np.diff(down)[:, None] ** 2 - (np.diff(spread, axis=0) ** 2).sum(axis=-1)
        least = (_LEAST_FALL * np.diff(down)[:, None]) ** 2
        height[1:] = -np.cumsum(np.sqrt(np.maximum(sunk, least)), axis=0)
        true = _steps(np.concatenate([spread, height[..., None]], axis=-1)).sum(axis=1)
        goal = goal * np.minimum(wanted / true, 1.0)  # the folds also rise and fall
    grid = np.concatenate([spread, height[..., None]], axis=-1)
    half = 0.5 if abs(wrap.angle) < np.pi / 2 else 0.0
    column = ((angle / ring + half) % 1.0) * (len(around) - 1)
    row = np.clip((radius - inner) / down[-1], 0.0, 1.0) * (len(down) - 1.001)
    i, j = row.astype(int), np.minimum(column.astype(int), len(around) - 2)
    f, g = (row - i)[:, None], (column - j)[:, None]
    placed = (grid[i, j] * (1 - g) + grid[i, j + 1] * g) * (1 - f) + (
        grid[i + 1, j] * (1 - g) + grid[i + 1, j + 1] * g
    ) * f
    return placed + np.array([0.0, torso.centre_y, top])


class _Side:
    """A leg panel laid flat: how far its rows reach from the crease, towards outseam and inseam."""

    def __init__(self, panel: Panel, outline: Points, top: float) -> None:
        if panel.wrap.over is None:
            raise PlacingRefused(f"The leg panel {panel.name!r} does not say where its fork lies: draft it again.")
        (fork_x, self.fork_y), (tip_x, self.tip_y) = panel.wrap.over
        self.outward = 1.0 if tip_x < fork_x else -1.0
        self.fork_u, self.tip_u = self.outward * fork_x, self.outward * tip_x
        self.outline, self.level, self.top = outline * [self.outward, 1.0], panel.wrap.anchor[1], top
        self.front = abs(panel.wrap.angle) < np.pi / 2

    @property
    def fork(self) -> float:
        """How far the fork reaches in between the legs, metres."""
        return self.fork_u - self.tip_u

    def rows(self, z: Points) -> tuple[Points, Points, Points]:
        """(n,) reach of the outseam, the centre line and the inseam at the heights z (n,)."""
        y = np.minimum(z - self.top + self.level, self.level - 0.01)  # clear of the waist line, which is not level
        inner, outer = _extents(self.outline, y)
        inseam = np.where(y < self.tip_y, inner, self.tip_u)
        centre = np.where(y < self.fork_y, self.fork_u, inner)
        return outer, np.maximum(centre, np.where(y < self.tip_y, outer - 0.85 * (outer - inseam), centre)), inseam

    def crotch(self, u: Points) -> Points:
        """(n,) heights of the crotch seam above the fork's reach u (n,)."""
        y = _extents(self.outline[:, ::-1], np.clip(u, self.tip_u + 1e-4, self.fork_u))[1]
        return np.minimum(y, self.fork_y) - self.level + self.top


class _Leg:
    """One leg and its half of the trunk as convex curves, level by level, and the panels that close round them.

    Everything is kept as if for the left leg: x and the panels' reach point away from the other leg.
    """

    def __init__(self, body: Body, torso: _Torso, left: bool, sides: Sequence[_Side]) -> None:
        self.sign, self.torso = 1.0 if left else -1.0, torso
        self.crotch = float(_landmark(body, "crotch")[2])
        sections = _Sections(body, _in_parts(body, "torso", "leg", "foot"))
        u = np.stack([np.sin(_ANGLES), -np.cos(_ANGLES)], axis=1)
        trunk = _ring(torso.h) * [self.sign, 1.0]
        trunk[..., 0] = np.maximum(trunk[..., 0], 0.0)
        half = np.einsum("lkc,jc->lkj", trunk, u).max(axis=1)
        rows: list[Points] = []
        for section in sections.at(2, torso.levels):
            points = section[:, :2] * [self.sign, 1.0] - [0.0, torso.centre_y]
            points = points[points[:, 0] >= 0]
            rows.append(_support(points, u) if len(points) > 2 else rows[-1] if rows else _NO_SECTION)
        ankle = round(_ANKLE * float(body.joints["ankle_left" if left else "ankle_right"][2]) / _LEVEL)
        own = np.stack([rows[max(k, ankle)] for k in range(len(rows))])
        self.parted = _smoothstep(self.crotch - torso.levels, 0.0, _FORK_BLEND)
        w, outwards = self.parted[:, None], 1 + np.sin(_ANGLES)
        h = (1 - w) * (half + CLEARANCE * outwards) + w * (own + CLEARANCE)
        # Blown up until the girth is the garment's, the inside staying where it is.
        around = _steps(_ring(h)).sum(axis=1)
        between = _steps(_ring(h)[:, self._stretch(-3, -1)]).sum(axis=1)
        outer, centre, inseam = np.sum([side.rows(torso.levels) for side in sides], axis=0)
        room = (1 - self.parted) * (outer - centre - around + between) / (2 * np.pi - 2)
        room += self.parted * (outer - inseam - around) / (2 * np.pi)
        self.h = h + np.maximum(room, 0.0)[:, None] * outwards
        self.forks = sum(side.fork for side in sides)
        below = np.linspace(-1.4, 1.4, 57)
        (middle,) = _Sections(body, _in_parts(body, "torso", "leg")).at(0, np.zeros(1))
        down = np.stack([np.sin(below), -np.cos(below)], axis=1)
        self._under = np.tan(below), _support(middle[:, 1:] - [torso.centre_y, 0.0], down) / np.cos(below)

    @staticmethod
    def _stretch(first: int, last: int) -> slice:
        """The part of a ring between two directions, given in quarters of π from the front."""
        quarter = (len(_ANGLES) - 1) // 8
        middle = len(_ANGLES) // 2
        return slice(middle + first * quarter, middle + last * quarter + 1)

    def under(self, y: Points) -> Points:
        """(n,) height of the trunk's underside, in the plane between the legs, at y (n,) from the trunk's centre."""
        slope, offset = self._under
        return (y[:, None] * slope - offset).max(axis=1)

    def place(self, points: Points, side: _Side, share: float) -> Points:
        """(n, 3) one of the leg's panels of points (n, 2), its darts closed."""
        u, z = side.outward * points[:, 0], side.top + points[:, 1] - side.level
        x = np.clip(z / _LEVEL, 0, len(self.h) - 1.001)
        low = x.astype(int)
        f = (x - low)[:, None]
        ring = _ring(self.h[low] * (1 - f) + self.h[low + 1] * f)
        w = self.parted[low] * (1 - f[:, 0]) + self.parted[low + 1] * f[:, 0]
        # From the outside round the front, or round the back, to the inside: directions π/2 … −π/2, or π/2 … 3π/2.
        n = len(_ANGLES) - 1
        start, half = n * 3 // 4, n // 2
        order = (start - np.arange(half + 1)) % n if side.front else (start + np.arange(half + 1)) % n
        whole = (start - np.arange(n + 1)) % n if side.front else (start + np.arange(n + 1)) % n
        curve = ring[:, whole]
        walked = np.concatenate([np.zeros((len(z), 1)), np.cumsum(_steps(curve), axis=1)], axis=1)
        corner, other = walked[:, n * 3 // 8], walked[:, n * 5 // 8]
        outer, centre, inseam = side.rows(z)
        reach = np.maximum(centre - inseam, 1e-4)
        fork = np.clip((centre - u) / reach, 0.0, 1.0)
        trunk = np.where(
            u >= centre,
            corner * (outer - u) / np.maximum(outer - centre, 1e-4),
            corner + fork * share * (other - corner),
        )
        leg = walked[:, len(order) - 1] * (outer - u) / np.maximum(outer - inseam, 1e-4)
        arc = np.clip((1 - w) * trunk + w * leg, 0.0, walked[:, -1])
        plan = np.stack([_interpolated(arc, walked, curve[..., k]) for k in range(2)], axis=1)
        # The crotch seam passes under the trunk, and what hangs on it goes down with it.
        seam = side.crotch(u)
        sunk = np.maximum(seam - self.under(plan[:, 1]) + CLEARANCE, 0.0)
        near = np.clip(1 - (seam - z) / _FORK_FADE, 0.0, 1.0)
        z = z - sunk * near * _smoothstep(fork, 0.0, 0.5)
        return np.column_stack([self.sign * np.maximum(plan[:, 0], _APART), plan[:, 1] + self.torso.centre_y, z])


def _on_seam(points: Points, sewn: NDArray[np.intp], at: Points, name: str) -> Points:
    """(n, 3) a band of points (n, 2) whose points `sewn` (k,) are sewn to what lies at (k, 3)."""
    if len(sewn) < 3:
        raise PlacingRefused(f"The band {name!r} stands on its seam but is sewn to nothing.")
    order = np.argsort(points[sewn, 0], kind="stable")
    sewn, at = sewn[order], at[order]
    base = np.stack([np.interp(points[:, 0], points[sewn, 0], at[:, k]) for k in range(3)], axis=1)
    inward = at.mean(axis=0) - base
    inward[:, 2] = 0.0
    inward /= np.maximum(np.linalg.norm(inward, axis=1, keepdims=True), 1e-9)
    up = np.array([0.0, 0.0, 1.0]) + 0.35 * inward
    up /= np.linalg.norm(up, axis=1, keepdims=True)
    return base + up * (points[:, 1] - points[sewn, 1].mean())[:, None]


class _Surroundings:
    """The body about some panels, off which they are lifted, and the plane between the legs that they do not cross.

    faces (m, 3) over n vertices; leg (n,): 1 for what belongs to the left leg, -1 to the right, 0 to neither.
    """

    def __init__(self, body: Body, vertices: Points, faces: NDArray[np.int32], leg: NDArray[np.int8]) -> None:
        # Only the part of the body that the panels surround: a head or a hand costs as much to prepare as a trunk.
        low, high = vertices.min(axis=0) - _REACH, vertices.max(axis=0) + _REACH
        corners = body.vertices[body.faces]
        beside = ((corners.max(axis=1) > low) & (corners.min(axis=1) < high)).all(axis=1)
        self.surface = MeshDistance(body.vertices, body.faces[beside])
        self.knit(faces, leg)

    def knit(self, faces: NDArray[np.int32], leg: NDArray[np.int8]) -> None:
        """Surround the same panels with other faces: those of the sewn garment."""
        n = len(leg)
        ends = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]).astype(np.int64)
        ends = np.concatenate([ends, ends[:, ::-1]])
        self.of, self.other = np.divmod(np.unique(ends[:, 0] * n + ends[:, 1]), n)
        self.degree = np.maximum(np.bincount(self.of, minlength=n), 1)
        self.faces, self.leg = faces, leg

    def mean(self, values: Points) -> Points:
        """(n, 3) mean of the neighbours' values (n, 3)."""
        total = [np.bincount(self.of, values[self.other, k], len(values)) for k in range(3)]
        return np.stack(total, axis=1) / self.degree[:, None]

    def parted(self, x: Points) -> Points:
        """Positions (n, 3) with each leg on its own side of the plane between the legs."""
        aside = self.leg * np.maximum(self.leg * x[:, 0], _APART)
        return np.column_stack([np.where(self.leg != 0, aside, x[:, 0]), x[:, 1:]])

    def lifted_off(self, x: Points, rounds: int = _LIFT_ROUNDS) -> Points:
        """Positions (n, 3) pushed out of the body, their neighbours carried along, until all keep clear of it."""
        asked = np.arange(len(x))
        for k in range(rounds):
            near = self.surface.query(x[asked])  # without a cut-off, which would also hide what lies deep inside
            short = np.maximum(CLEARANCE - near.signed_distance, 0.0)
            if not len(asked) or short.max() < 0.25 * CLEARANCE:
                break
            push = np.zeros_like(x)
            push[asked] = near.normal * short[:, None]
            if k == 0:
                asked = np.flatnonzero(near.signed_distance < _REACH)
            for _ in range(3):  # carried along: the greater of the own push and the neighbours' mean
                mean = self.mean(push)
                larger = np.linalg.norm(mean, axis=1) > np.linalg.norm(push, axis=1)
                push = np.where(larger[:, None], mean, push)
            x = self.parted(x + push)
        return x

    def untangled(self, x: Points) -> Points:
        """Positions (n, 3) smoothed where the garment crosses itself or the body, until it does not."""
        for _ in range(_SMOOTHING_ROUNDS):
            itself = self_intersections(x, self.faces)
            mine, of_body = intersections(x, self.faces, self.surface.vertices, self.surface.faces).T
            crossing = np.unique(np.concatenate([itself.ravel(), mine]))
            if not len(crossing):
                break
            near = np.zeros_like(x)
            near[self.faces[np.unique(itself)]] = 1.0
            for _ in range(2):
                near = np.minimum(2 * np.maximum(near, self.mean(near)), 1.0)
            for _ in range(4):
                x = x + 0.5 * near * (self.mean(x) - x)
            # Where corners keep clear and a face does not, what pokes through it shows the way out.
            a, b, c = (self.surface.vertices[self.surface.faces[of_body, k]] for k in range(3))
            outward = np.zeros_like(x)
            np.add.at(outward, self.faces[mine], np.cross(b - a, c - a)[:, None])
            length = np.linalg.norm(outward, axis=1, keepdims=True)
            x = self.lifted_off(x + CLEARANCE * outward / np.maximum(length, 1e-12), 3)
        return x


def place_panels(
    panels: Sequence[Panel],
    points: Mapping[str, Points],
    faces: NDArray[np.int32],
    sewing: NDArray[np.int32],
    weld: NDArray[np.int32],
    body: Body,
) -> tuple[Points, Points]:
    """(n, 3) positions of all panels' particles, one panel after the other: as they are laid about the body, clear of
    it and of each other, and as they start when sewn, each particle within 4 mm of the vertex that it becomes.

    points: (k, 2) particles of each panel; faces (m, 3) and sewing (s, 2) index the particles of all panels together;
    weld (n,): the vertex of the sewn garment that each becomes.
    Raises PlacingRefused when the body lacks a landmark or a band is sewn to nothing.
    """
    torso = _Torso(body)
    starts = np.cumsum([0, *(len(points[p.name]) for p in panels)])
    placed, leg = np.full((starts[-1], 3), np.nan), np.zeros(starts[-1], np.int8)
    outlines = {p.name: _darts_closed(p, p.outline(1e-3)) for p in panels}
    tops = {p.name: _landmark(body, p.wrap.landmark)[2] + p.wrap.lift for p in panels}
    sides = {
        p.name: _Side(p, outlines[p.name], float(tops[p.name])) for p in panels if p.wrap.around.startswith("leg_")
    }
    legs: dict[str, _Leg] = {}
    for around in ("leg_left", "leg_right"):
        both = [sides[p.name] for p in panels if p.wrap.around == around]
        if both:
            legs[around] = _Leg(body, torso, around == "leg_left", both)

    own, other = np.concatenate([sewing, sewing[:, ::-1]]).T
    flares = np.flatnonzero(np.repeat([p.wrap.around == "flare" for p in panels], np.diff(starts)))
    for later in (("torso", "arm_left", "arm_right", "leg_left", "leg_right"), ("flare",), ("seam",)):
        known = np.isfinite(placed).all(axis=1)
        for panel, start in zip(panels, starts[:-1], strict=True):
            wrap, here = panel.wrap, slice(int(start), int(start) + len(points[panel.name]))
            if wrap.around not in later:
                continue
            flat, outline = _darts_closed(panel, points[panel.name]), outlines[panel.name]
            if wrap.around == "torso":
                placed[here] = _on_torso(panel, flat, outline, body, torso)
            elif wrap.around.startswith("arm_"):
                placed[here] = _on_arm(flat, outline, wrap, body)
            elif wrap.around == "flare":
                hung = known[other] & np.isin(own, flares)
                top = float(placed[other[hung], 2].mean()) if hung.any() else float(tops[panel.name])
                placed[here] = _on_flare(flat, wrap, torso, top)
            elif wrap.around == "seam":
                held = known[other] & (here.start <= own) & (own < here.stop)
                sewn, first = np.unique(own[held], return_index=True)
                placed[here] = _on_seam(flat, sewn - here.start, placed[other[held][first]], panel.name)
            else:
                side = sides[panel.name]
                placed[here] = legs[wrap.around].place(flat, side, side.fork / legs[wrap.around].forks)
                leg[here] = int(legs[wrap.around].sign)
    around = _Surroundings(body, placed, faces, leg)
    placed = around.lifted_off(placed)
    count = np.bincount(weld)
    sewn = np.stack([np.bincount(weld, placed[:, k]) / count for k in range(3)], axis=1)
    # What closes a seam is shared out over the cloth beside it, and not left to one row of triangles.
    on_seam = (count > 1)[weld][:, None]
    closing = np.where(on_seam, sewn[weld] - placed, 0.0)
    for _ in range(_SHARING_ROUNDS):
        closing = np.where(on_seam, closing, around.mean(closing))
    closed = np.empty_like(sewn)
    closed[weld] = placed + closing
    around.knit(weld[faces], np.trunc(np.bincount(weld, leg) / count).astype(np.int8))
    settled = around.untangled(around.lifted_off(closed))
    # The edges of a seam stand a little apart, but for those that would then reach into the body.
    apart = placed - sewn[weld]
    widest = np.zeros(len(sewn))
    np.maximum.at(widest, weld, np.linalg.norm(apart, axis=1))
    opened = settled[weld] + apart * np.minimum(1.0, _OPEN / np.maximum(widest, _OPEN))[weld][:, None]
    inside = on_seam[:, 0].nonzero()[0]
    inside = inside[around.surface.query(opened[inside]).signed_distance < 0.25 * CLEARANCE]
    shut = np.isin(weld, weld[inside])
    return placed, np.where(shut[:, None], settled[weld], opened)
