# SPDX-License-Identifier: GPL-3.0-or-later
"""Panels wrapped about the body before sewing, so near to where they will hang that sewing has little left to close.

Torso panels follow the convex hull of the body's horizontal sections, blown up until its girth is the garment's; panels
that go over the shoulder follow, from the armpits up, the hull of the sagittal sections instead. Sleeves and legs are
rolled about the limb's bones. Bands stand on the edge they are sewn to. At last what touches the body is lifted off.
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

Points = NDArray[np.float64]

CLEARANCE = 0.006  # metres between a placed panel and the body
_ANGLES = np.linspace(-np.pi, np.pi, 181)  # of a support function, 0 = front, anticlockwise from above
_NO_SECTION = np.full(len(_ANGLES), 0.05)  # stands in below the soles
_LEVEL = 0.01  # metres between sections
_LIFT_ROUNDS = 40
_REACH = 0.05  # metres round the panels within which the body may come to matter


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


def _widths(outline: Points, y: Points) -> Points:
    """(n,) distance between the outermost sides of the closed polygon `outline` at the heights y (n,)."""
    levels = np.linspace(outline[:, 1].min(), outline[:, 1].max(), 130)[1:-1]
    a, b = outline, np.roll(outline, -1, axis=0)
    crosses = (a[:, 1] > levels[:, None]) != (b[:, 1] > levels[:, None])
    with np.errstate(divide="ignore", invalid="ignore"):
        x = a[:, 0] + (levels[:, None] - a[:, 1]) / (b[:, 1] - a[:, 1]) * (b[:, 0] - a[:, 0])
    width = np.where(crosses, x, -np.inf).max(axis=1) - np.where(crosses, x, np.inf).min(axis=1)
    return np.interp(y, levels, width)


def _on_torso(points: Points, outline: Points, wrap: Wrap, body: Body, torso: _Torso) -> Points:
    """(n, 3) a torso panel of points (n, 2)."""
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
    ring = 2 * _widths(outline, points[:, 1])
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
        w = _smoothstep(z, armpit - 0.03, armpit + 0.05)
        reach = armpit_x + np.maximum(z - armpit, 0.0)  # wider than this it would cut through the arm
        across = np.clip(x if front else -x, -reach, reach)
        plan[:, 0] = (1 - w) * plan[:, 0] + w * across
        plan[:, 1] = (1 - w) * plan[:, 1] + w * over[:, 0]
    return np.column_stack([plan, z])


def _on_limb(points: Points, outline: Points, wrap: Wrap, body: Body) -> Points:
    """(n, 3) a sleeve or leg panel of points (n, 2), rolled about the bones."""
    limb, side = wrap.around.split("_")
    names = ("shoulder", "elbow", "wrist") if limb == "arm" else ("hip", "knee", "ankle")
    joints = [np.asarray(body.joints[f"{n}_{side}"], np.float64) for n in names]
    axes = [(a - b) / np.linalg.norm(a - b) for a, b in itertools.pairwise(joints)]
    outward = np.array([1.0 if side == "left" else -1.0, 0.0, 0.3 if limb == "arm" else 0.0])
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


def _lifted_off(vertices: Points, faces: NDArray[np.int32], body: Body) -> Points:
    """Vertices pushed out of the body, their neighbours carried along, until all keep clear of it."""
    # Only the part of the body that the panels surround: a head or a hand costs as much to prepare as a trunk.
    low, high = vertices.min(axis=0) - _REACH, vertices.max(axis=0) + _REACH
    corners = body.vertices[body.faces]
    beside = ((corners.max(axis=1) > low) & (corners.min(axis=1) < high)).all(axis=1)
    surface = MeshDistance(body.vertices, body.faces[beside])
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    both = np.concatenate([edges, edges[:, ::-1]])
    n = len(vertices)
    degree = np.maximum(np.bincount(both[:, 0], minlength=n), 1)
    x = vertices.copy()
    for _ in range(_LIFT_ROUNDS):
        near = surface.query(x)  # without a cut-off, which would also hide what lies deep inside
        short = np.maximum(CLEARANCE - near.signed_distance, 0.0)
        if short.max() < 0.25 * CLEARANCE:
            break
        push = near.normal * short[:, None]
        for _ in range(3):  # carried along: the greater of the own push and the neighbours' mean
            mean = (
                np.stack([np.bincount(both[:, 0], push[both[:, 1], k], n) for k in range(3)], axis=1) / degree[:, None]
            )
            larger = np.linalg.norm(mean, axis=1) > np.linalg.norm(push, axis=1)
            push = np.where(larger[:, None], mean, push)
        x += push
    return x


def place_panels(
    panels: Sequence[Panel],
    points: Mapping[str, Points],
    faces: NDArray[np.int32],
    sewing: NDArray[np.int32],
    body: Body,
) -> Points:
    """(n, 3) start positions of all panels' particles, one panel after the other.

    points: (k, 2) particles of each panel; faces (m, 3) and sewing (s, 2) index the particles of all panels together.
    Raises PlacingRefused when the body lacks a landmark or a band is sewn to nothing.
    """
    torso = _Torso(body)
    starts = np.cumsum([0, *(len(points[p.name]) for p in panels)])
    placed = np.full((starts[-1], 3), np.nan)
    for standing in (False, True):
        for panel, start in zip(panels, starts[:-1], strict=True):
            flat, wrap = points[panel.name], panel.wrap
            here = slice(int(start), int(start) + len(flat))
            if (wrap.around == "seam") != standing:
                continue
            if standing:
                own, other = np.concatenate([sewing, sewing[:, ::-1]]).T
                known = (here.start <= own) & (own < here.stop) & np.isfinite(placed[other]).all(axis=1)
                sewn, first = np.unique(own[known], return_index=True)
                placed[here] = _on_seam(flat, sewn - here.start, placed[other[known][first]], panel.name)
            elif wrap.around == "torso":
                placed[here] = _on_torso(flat, panel.outline(1e-3), wrap, body, torso)
            else:
                placed[here] = _on_limb(flat, panel.outline(1e-3), wrap, body)
    return _lifted_off(placed, faces, body)
