# SPDX-License-Identifier: GPL-3.0-or-later
"""Torso panels: about the convex hull of the body's horizontal sections, blown up until its girth is the garment's.

Panels that go over the shoulder follow, from the armpits up, the hull of the sagittal sections instead.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence

import numpy as np

from ...bodies import Body
from ...patterns import Panel
from .flat import extents, whole_from
from .hulls import (
    ANGLES,
    CLEARANCE,
    LEVEL,
    NO_SECTION,
    Points,
    Sections,
    closed_curve,
    in_parts,
    interpolated,
    landmark,
    smoothstep,
    steps,
    support,
)

_ROWS = 160  # in which the girth of the torso panels is taken


class Torso:
    """Support functions of the horizontal sections of trunk and legs, level by level."""

    def __init__(self, body: Body) -> None:
        chosen = in_parts(body, "torso", "leg", "foot")
        sections = Sections(body, chosen)
        self.top = float(body.vertices[chosen, 2].max())
        self.centre_y = float(np.median(body.vertices[in_parts(body, "torso"), 1]))
        self.levels = np.arange(0.0, self.top + LEVEL, LEVEL)
        directions = np.stack([np.sin(ANGLES), -np.cos(ANGLES)], axis=1)
        rows: list[Points] = []
        for section in sections.at(2, self.levels):
            points = section[:, :2] - [0.0, self.centre_y]
            rows.append(support(points, directions) if len(points) > 2 else rows[-1] if rows else NO_SECTION)
        self.h = np.stack(rows)

    def at(self, z: Points) -> Points:
        """(n, k) support functions at the heights z (n,)."""
        x = np.clip(z / LEVEL, 0, len(self.levels) - 1.001)
        low = x.astype(int)
        f = (x - low)[:, None]
        return self.h[low] * (1 - f) + self.h[low + 1] * f


def _around(h: Points, arc: Points, angle: float) -> Points:
    """(n, 2) points `arc` (n,) metres round from where the curve of support h (n, k) meets the middle line.

    The middle is x = 0 on the side that `angle` (0 front, π back) looks to; positive arcs run anticlockwise from above.
    """
    curve = closed_curve(h)
    back = abs(angle) > np.pi / 2
    if back:  # start counting at the front, so that the seam of the angle range lies opposite
        half = len(ANGLES) // 2
        curve = np.concatenate([curve[:, half:-1], curve[:, : half + 1]], axis=1)
    walked = np.concatenate([np.zeros((len(h), 1)), np.cumsum(steps(curve), axis=1)], axis=1)
    middle = len(ANGLES) // 2
    window = slice(middle - 45, middle + 46)
    x = np.maximum.accumulate(curve[:, window, 0] * (-1 if back else 1), axis=1)
    zero = interpolated(np.zeros(len(h)), x, walked[:, window])
    s = np.clip(zero + arc, 0.0, walked[:, -1])
    return np.stack([interpolated(s, walked, curve[..., k]) for k in range(2)], axis=1)


class _Shoulders:
    """Sagittal hulls: for each x, the way from the top of the shoulder down the chest or the back."""

    def __init__(self, body: Body, front: bool) -> None:
        armpit = (landmark(body, "armpit_left") + landmark(body, "armpit_right")) / 2
        self.neck, self.tip = landmark(body, "neck_side_left"), landmark(body, "acromion_left")
        sign = -1.0 if front else 1.0
        sections = Sections(body, in_parts(body, "torso", "arm") & (body.vertices[:, 2] > armpit[2] - 0.05))
        self.x = np.arange(0.0, abs(self.tip[0]) + 0.011, 0.01)
        self.angles = np.linspace(0.0, np.pi / 2, 46)  # 0 looks up, π/2 looks to the front or the back
        directions = np.stack([np.sin(self.angles), np.cos(self.angles)], axis=1)
        rows: list[Points] = []
        for right, left in zip(sections.at(0, self.x), reversed(sections.at(0, -self.x[::-1])), strict=True):
            p = np.concatenate([right, left])
            rows.append(support(np.stack([sign * p[:, 1], p[:, 2]], axis=1), directions))
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
        at = interpolated(seam, np.maximum.accumulate(out, axis=1), walked) + s
        y = interpolated(at, walked, out) + np.minimum(at, 0.0)  # above the shoulder line: past the ridge
        z = interpolated(at, walked, up) - np.maximum(at - walked[:, -1], 0.0)  # past the hull: straight down
        return np.stack([self.sign * y, z], axis=1)


@functools.lru_cache(maxsize=2)  # kept for the next place of a slider that is moved
def torso_of(body: Body) -> Torso:
    """The torso of a body."""
    return Torso(body)


@functools.lru_cache(maxsize=4)
def _shoulders_of(body: Body, front: bool) -> _Shoulders:
    return _Shoulders(body, front)


class Girth:
    """How far the torso panels of one landmark go round the body, row by row: what fronts and backs cover together.

    Gaps in a row count as closed, but for one over the centre line, where the garment may be open; what lies on top of
    another panel counts once. outlines: (k, 2) a panel, as worn.
    """

    def __init__(self, panels: Sequence[Panel], outlines: Mapping[str, Points]) -> None:
        low = {p.name: whole_from(p) - _datum(p) for p in panels}
        tops = {p.name: float(outlines[p.name][:, 1].max()) - _datum(p) for p in panels}
        bottoms = {p.name: float(outlines[p.name][:, 1].min()) - _datum(p) for p in panels}
        self._rows = np.linspace(min(bottoms.values()), max(tops.values()), _ROWS)
        self._shift = {p.name: np.zeros(_ROWS) for p in panels}
        self._ring = np.zeros(_ROWS)
        for front in (True, False):
            mine = [p for p in panels if is_front(p) == front]
            spans: dict[str, tuple[Points, Points]] = {}
            for p in mine:
                near, far = extents(outlines[p.name], np.maximum(self._rows, low[p.name]) + _datum(p))
                there = (self._rows >= bottoms[p.name] - 1e-9) & (self._rows <= tops[p.name] + 1e-9)
                near, far = (np.where(there, e - p.wrap.anchor[0], np.nan) for e in (near, far))
                spans[p.name] = near, far
            covered = np.zeros(_ROWS)
            for row in range(_ROWS):
                covered[row] = self._close(row, {n: (a[row], b[row]) for n, (a, b) in spans.items() if a[row] < b[row]})
            there = covered > 0
            if there.any():  # above and below all its panels a side is as wide as where they end
                self._ring += np.interp(self._rows, self._rows[there], covered[there])

    def _close(self, row: int, spans: Mapping[str, tuple[float, float]]) -> float:
        """Width that the spans cover together; remember how far each moves towards the middle as gaps are closed."""
        total, reached, gaps = 0.0, min((low for low, _ in spans.values()), default=0.0), list[tuple[float, float]]()
        for low, high in sorted(spans.values()):
            if low > reached:
                gaps.append((reached, low))
            total += max(high - max(low, reached), 0.0)
            reached = max(reached, high)
        total += sum(high - low for low, high in gaps if low < 0 < high)
        for name, (low, high) in spans.items():
            to_the_left = sum(b - a for a, b in gaps if a >= 0 and b <= low)
            to_the_right = sum(b - a for a, b in gaps if b <= 0 and high <= a)
            self._shift[name][row] = to_the_right - to_the_left
        return total

    def ring(self, panel: Panel, points: Points) -> Points:
        """(n,) girth of the garment in the rows of a panel's points (n, 2)."""
        return np.interp(points[:, 1] - _datum(panel), self._rows, self._ring)

    def plane(self, panel: Panel, points: Points) -> Points:
        """(n, 2) a panel's points (n, 2) in a plane common to all: round from the centre line, up from the landmark."""
        return np.column_stack([self.across(panel, points), points[:, 1] - _datum(panel)])

    def across(self, panel: Panel, points: Points) -> Points:
        """(n,) how far round from the centre line a panel's points (n, 2) come to lie."""
        return (
            points[:, 0]
            - panel.wrap.anchor[0]
            + np.interp(points[:, 1] - _datum(panel), self._rows, self._shift[panel.name])
        )


def is_front(panel: Panel) -> bool:
    """Whether a torso panel is measured from the centre front, and not from the centre back."""
    return abs(panel.wrap.angle) < np.pi / 2


def _datum(panel: Panel) -> float:
    """The height in the panel's own frame that lies level with its landmark."""
    return panel.wrap.anchor[1] - panel.wrap.lift


def on_torso(panel: Panel, points: Points, girth: Girth, body: Body, torso: Torso) -> Points:
    """(n, 3) a torso panel of points (n, 2), as worn."""
    wrap, front = panel.wrap, is_front(panel)
    x = girth.across(panel, points)
    left, right = landmark(body, "armpit_left"), landmark(body, "armpit_right")
    armpit_x, armpit = float(left[0] - right[0]) / 2, float(left[2] + right[2]) / 2
    over = None
    if wrap.over is None:
        z = landmark(body, wrap.landmark)[2] + points[:, 1] - _datum(panel)
    else:
        (nx, ny), (tx, ty) = wrap.over
        shoulder_line = np.interp(np.abs(x), (abs(nx), abs(tx)), (ny, ty))
        over = _shoulders_of(body, front).walk(x, shoulder_line - points[:, 1])
        z = over[:, 1] + wrap.lift
    h = torso.at(np.minimum(z, armpit - 0.02) if over is not None else z)
    around_body = steps(closed_curve(h)).sum(axis=1)
    ring = girth.ring(panel, points)
    room = np.maximum((ring - around_body) / (2 * np.pi), CLEARANCE)
    if over is not None:  # under the arms there is little room: there the panel hugs the body
        room = CLEARANCE + (room - CLEARANCE) * (1 - smoothstep(z, armpit - 0.12, armpit - 0.03))
    # Where the garment is wider than its ring it is squeezed, lest its panels cross each other.
    squeeze = np.minimum(1.0, (around_body + 2 * np.pi * room) / ring)
    plan = _around(h + room[:, None], x * squeeze, wrap.angle)
    plan[:, 1] += torso.centre_y
    if over is not None:
        w = smoothstep(z, armpit - 0.01, armpit + 0.08)
        reach = armpit_x + np.maximum(z - armpit, 0.0)  # wider than this it would cut through the arm
        across = np.clip(x if front else -x, -reach, reach)
        plan[:, 0] = (1 - w) * plan[:, 0] + w * across
        plan[:, 1] = (1 - w) * plan[:, 1] + w * over[:, 0]
    return np.column_stack([plan, z])
