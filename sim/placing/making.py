# SPDX-License-Identifier: GPL-3.0-or-later
"""A garment on its way from flat panels to where it starts: what lies about the body first, then what hangs on that."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ...bodies import Body
from ...patterns import Panel
from ..distance import MeshDistance
from ..stations import ON_LINE, joined
from .band import SewnEdge, filling, fills, hood, on_seam
from .clearing import Clearing, body_about
from .folding import facing, laid
from .hulls import CLEARANCE, PlacingRefused, Points
from .layers import GAP, RISE, Host, beneath, hosts_of, in_frame_of_host, meeting, normals, roots_of, shared
from .wrapper import Wrapper

_SHARING_ROUNDS = 40
_MARGIN = 1.25  # times the layers beneath it that a panel keeps from the body at first
_LAPPED = 0.06  # metres about where a panel laps over another within which it still follows that
_PAST = 0.025  # metres past the edge of one host over which cloth is still not drawn to the next
_TUCKED = 0.025  # metres past the edge of what lies underneath within which a seam of what laps over it is lifted
_BESIDE = 1e-5  # metres
_BUTTONED = RISE  # metres about a button within which it draws along cloth, and what lies within parts from that
_OPEN = 0.004  # metres between an edge and the middle of its seam before it is sewn
_BEYOND = 0.05  # metres past its own reach within which a panel minds what is there
_SAME = 0.05  # of their outlines: panels held by such equal shares go on from their seams together


class Making:
    """Panels being placed, the particles of all of them one after the other.

    x (n, 3): where they lie; sewn (n, 3): where they lie once what is placed is sewn together. NaN: not placed yet.
    """

    def __init__(
        self,
        panels: Sequence[Panel],
        points: Mapping[str, Points],
        faces: NDArray[np.int32],
        sewing: NDArray[np.int32],
        weld: NDArray[np.int32],
        body: Body,
        *,
        untangle: bool,
    ) -> None:
        self._untangle = untangle
        self.panels, self.points, self.faces, self.weld, self.body = panels, points, faces, weld, body
        self.named = {p.name: p for p in panels}
        starts = np.cumsum([0, *(len(points[p.name]) for p in panels)])
        self.here = {p.name: slice(int(a), int(b)) for p, a, b in zip(panels, starts, starts[1:], strict=False)}
        self.of = np.repeat(np.arange(len(panels)), np.diff(starts))
        self.own, self.other = np.concatenate([sewing, sewing[:, ::-1]]).T
        self.worn = {p.name: laid(p, points[p.name]) for p in panels}
        self.right = facing(np.concatenate([self.worn[p.name].points for p in panels]), faces)
        self.x = np.full((starts[-1], 3), np.nan)
        self._laps: list[tuple[str, NDArray[np.intp], Points, tuple[NDArray[np.int32], Points]]] = []
        self._over: list[NDArray[np.intp]] = []
        self._folded: list[tuple[slice, NDArray[np.intp], tuple[NDArray[np.int32], Points]]] = []
        self.sewn, self.leg = self.x.copy(), np.zeros(starts[-1], np.int8)
        # Where each particle was when last it was asked how far it is from the body, and how far it was then at least.
        self._asked_at, self._away = self.x.copy(), np.full(starts[-1], -np.inf)
        beside, ends = _neighbours(faces)
        self._on_outline = np.isin(np.arange(starts[-1]), ends)
        self._hinges = beside[self.right[beside[:, 0]] == self.right[beside[:, 1]]]

        for p in panels:
            if p.wrap.around == "flat":
                raise PlacingRefused(
                    f"The panel {p.name!r} has no place on a body: give it one about the torso, an arm or a leg, on "
                    "another panel or in space before it is draped."
                )
        roots = [roots_of(p, self.named) for p in panels]
        self._inner = np.array([self._lies_within(p) for p in panels])[self.of]
        number = {name: k for k, name in enumerate(self.named)}
        lies_on = [(k, number[root.name]) for k, those in enumerate(roots) for root in those]
        stack = joined(len(panels), np.array(lies_on, np.int32).reshape(-1, 2))[self.of]
        own, below, self._turned = np.concatenate([self._layers(p, points[p.name]) for p in panels], axis=1)
        depth = own + below
        trims = np.concatenate([_at_trims(p, points[p.name]) for p in panels])
        drawn = meeting([points[p.name] for p in panels], stack, depth, weld, self.of, trims)
        own, depth = own + drawn - depth, drawn
        low = beneath(np.concatenate([self._in_root(p) for p in panels]), stack, depth)
        # Where panels about the body lap, the upper one lies over all the layers of the lower.
        high = depth[self._inner].max(initial=0.0)
        lap = np.array([root.wrap.layer for root, *_ in roots])[self.of] * (1 + high - low.min(initial=0.0))
        on = np.array([p.wrap.around == "on" for p in panels])[self.of]
        self.stands_off = GAP * (own + np.where(on, 0.0, lap))  # metres from what a particle lies on
        self.beneath = -GAP * low
        self.clear = CLEARANCE + np.maximum(GAP * (depth + lap - low), 0.0)

    def _layers(self, panel: Panel, points: Points) -> Points:
        """(3, k) how many layers points (k, 2) of a panel lie outside its host, and how many that lies outside its
        root, and -1 where a fold of the host has turned it over, and the panel with it, else 1.
        """
        own = laid(panel, points)
        if panel.wrap.around != "on":
            return np.stack([own.depth, np.zeros(len(points)), np.ones(len(points))])
        host, place = hosts_of(panel, self.named)[0], in_frame_of_host(panel.wrap, own.points)
        corners = np.arange(3 * len(place), dtype=np.int32).reshape(-1, 3)
        about = (place[:, None] + _BESIDE * np.array([[0, 0], [1, 0], [0, 1]])).reshape(-1, 2)
        turned = facing(laid(host, about).points, corners)
        return np.stack([own.depth + turned * panel.wrap.layer, self._layers(host, place)[:2].sum(axis=0), turned])

    def _in_root(self, panel: Panel) -> Points:
        """(k, 2) a panel's particles in the plane of the panel about the body on which it lies, as worn."""
        points = self.worn[panel.name].points
        while panel.wrap.around == "on":
            host = hosts_of(panel, self.named)[0]
            points, panel = laid(host, in_frame_of_host(panel.wrap, points)).points, host
        return points

    def wrap(self) -> None:
        """Place what lies about the body itself, and sew it."""
        self._wrapper = wrapper = Wrapper(self.panels, self.body)
        flares = np.isin(self.of, [k for k, p in enumerate(self.panels) if p.wrap.around == "flare"])
        about = [p for p in self.panels if p.wrap.around not in ("on", "seam")]
        for panel in sorted(about, key=lambda p: p.wrap.around == "flare"):
            here = self.here[panel.name]
            hung = np.isfinite(self.x[self.other, 0]) & flares[self.own] & ~flares[self.other]
            top = float(self.x[self.other[hung], 2].mean()) if hung.any() else None
            self.x[here] = wrapper.place(panel, self.worn[panel.name].points, top)
            self.leg[here] = int(wrapper.legs[panel.wrap.around].sign) if panel.wrap.around in wrapper.legs else 0
        reach = max((np.ptp(self.points[p.name], axis=0).max() for p in self.panels), default=0.0)
        self._surface = body_about(self.body, self.x[np.isfinite(self.x[:, 0])], float(reach))
        self._apart = Clearing(self._surface, self.faces, self.leg, CLEARANCE + _MARGIN * self.beneath)
        self.x, self._away = self._apart.lifted_off(self.x, np.where(np.isfinite(self.x[:, 0]), -np.inf, np.inf))
        self._asked_at = self.x.copy()
        out = normals(self.x, self.faces, self.right)
        for panel in about:
            self._fold(panel, out)
        self.x += self.stands_off[:, None] * out
        for upper, lower in wrapper.laps():
            self._lap(upper, lower, wrapper)
        self.sewn = self._sewn_up(self.x)

    def lay_on(self) -> None:
        """Place what lies on other panels or goes on from them, as soon as those are placed, and sew it.

        Raises PlacingRefused for what hangs on nothing.
        """
        later = np.isnan(self.x[:, 0])
        while left := [p for p in self.panels if not self._is_placed(p) and not self._lies_within(p)]:
            ready = [p for p in left if p.wrap.around == "on" and all(map(self._is_placed, hosts_of(p, self.named)))]
            for panel in ready:
                self._lay_on_host(panel)
            if ready:
                continue
            shares = {p.name: self._held_share(p) for p in left if p.wrap.around == "seam"}
            most = max(shares.values(), default=0.0)
            ready = [p for p in left if shares.get(p.name, -1.0) >= max(most - _SAME, 1e-9)]
            if not ready:
                raise PlacingRefused(f"The panel {left[0].name!r} goes on from its seam but is sewn to nothing.")
            surface = functools.cache(functools.partial(self._sewn_surface, ready))
            made = {p.name: self._gone_on(p, surface) for p in ready}
            for name, x in made.items():
                self.x[self.here[name]] = self.sewn[self.here[name]] = x
        placed = np.isfinite(self.x[:, 0])
        away = np.where(later & placed, self._away_at(self.x), np.inf)
        self.x, _ = Clearing(self._surface, self.faces, self.leg, self.clear).lifted_off(self.x, away)
        if (later & placed).any():
            self.sewn = self._sewn_up(self.sewn)
        while left := [p for p in self.panels if not self._is_placed(p)]:
            for panel in left:
                if all(map(self._is_placed, hosts_of(panel, self.named))):
                    self._lay_on_host(panel)
        if self._inner.any():
            self.sewn = self._sewn_within()

    def _lies_within(self, panel: Panel) -> bool:
        """Whether a panel lies on the wrong side of another, or on one that does."""
        return panel.wrap.around == "on" and (
            panel.wrap.layer < 0 or any(map(self._lies_within, hosts_of(panel, self.named)))
        )

    def _is_placed(self, panel: Panel) -> bool:
        return bool(np.isfinite(self.x[self.here[panel.name], 0]).all())

    def _faces_of(self, panel: str) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
        """Which faces (k,) are a panel's, and the faces (k, 3) over its own particles."""
        here = self.here[panel]
        mine = np.flatnonzero((self.faces[:, 0] >= here.start) & (self.faces[:, 0] < here.stop))
        return mine, self.faces[mine] - here.start

    def _fold(self, panel: Panel, out: Points) -> None:
        """Let what is folded of a panel lie with the cloth it is folded onto, on which it looks out likewise."""
        flat, here = self.points[panel.name], self.here[panel.name]
        faces = self._faces_of(panel.name)[1]
        shown = faces[~laid(panel, flat[faces].mean(axis=1)).folded]
        rest = np.setdiff1d(np.arange(len(flat)), shown)
        if not len(rest) or not len(shown):
            return
        worn = self.worn[panel.name].points
        where = Host(worn, shown).shares(worn[rest], within=True)
        self._folded.append((here, here.start + rest, where))
        self.x[here.start + rest] = shared(self.x[here], *where)
        towards = shared(normals(self.x[here], shown, np.ones(len(shown))), *where)
        out[here.start + rest] = towards / np.maximum(np.linalg.norm(towards, axis=1, keepdims=True), 1e-12)

    def _lap(self, upper: Panel, lower: Panel, wrapper: Wrapper) -> None:
        """Remember where the upper of two panels lies over the lower, and how closely it follows it about there."""
        here = self.here[upper.name]
        above, below = (wrapper.plane(p, self.worn[p.name].points) for p in (upper, lower))
        host = Host(below, self._faces_of(lower.name)[1])
        shown = ~self.worn[upper.name].folded
        free = shown & (np.bincount(self.weld)[self.weld[here]] == 1)
        on_lower = np.isin(self.weld[here], self.weld[self.here[lower.name]])
        self._over.append(here.start + np.flatnonzero(shown & ~free & ~on_lower & host.covers(above, _TUCKED)))
        over = above[free & host.covers(above)]
        if not len(over):
            return
        close = 1 - np.sqrt(((above[:, None] - over) ** 2).sum(axis=2)).min(axis=1) / _LAPPED
        rows = np.flatnonzero(free & (close > 0))
        self._laps.append((lower.name, here.start + rows, close[rows], host.shares(above[rows])))

    def _lay_on_host(self, panel: Panel) -> None:
        hosts, here = hosts_of(panel, self.named), self.here[panel.name]
        host = np.concatenate([np.arange(len(self.x))[self.here[p.name]] for p in hosts])
        flat = np.concatenate([self.points[p.name] for p in hosts])
        mine, faces = np.empty(0, np.intp), np.empty((0, 3), np.int32)
        for other in sorted(hosts, key=lambda p: p.wrap.layer, reverse=panel.wrap.layer > 0):
            more = self._faces_of(other.name)[0]
            over = np.searchsorted(host, self.faces[more]).astype(np.int32)
            lapped = faces[Host(flat, over).covers(flat[faces].mean(axis=1))] if len(faces) else faces
            if len(lapped):  # there it lies on the one that comes next to it
                free = ~Host(flat, lapped).covers(flat[over].mean(axis=1), _PAST)
                more, over = more[free], over[free]
            mine, faces = np.append(mine, more), np.concatenate([faces, over])
        where = Host(flat, faces).shares(in_frame_of_host(panel.wrap, self.worn[panel.name].points))
        for x in (self.x, self.sewn):
            shown = self.right[mine] > 0  # on a fold, what lies on both of its sides goes round it
            either = (normals(x[host], faces, 1.0 * side) for side in (shown, ~shown))
            out = shared(np.add(*either), *where)
            out /= np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12)
            x[here] = shared(x[host], *where) + (self._turned * self.stands_off)[here, None] * out

    def _held(self, panel: Panel) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """The particles (k,) of a panel that are sewn to others that are placed, and those others (k,)."""
        here = self.here[panel.name]
        held = np.isfinite(self.sewn[self.other, 0]) & (here.start <= self.own) & (self.own < here.stop)
        own, first = np.unique(self.own[held], return_index=True)
        return own, self.other[held][first]

    def _held_share(self, panel: Panel) -> float:
        """Of a panel's outline, how much is sewn to what is placed."""
        return len(self._held(panel)[0]) / max(self._outline(panel), 1)

    def _outline(self, panel: Panel) -> int:
        """How many particles a panel has on its outline."""
        return int((self._on_outline & (self.of == list(self.here).index(panel.name))).sum())

    def _sewn_surface(self, ready: Sequence[Panel]) -> MeshDistance:
        """What is placed so far, sewn, as far about the seams of panels as these reach."""
        at = self.sewn[np.concatenate([self._held(p)[1] for p in ready])]
        reach = max(float(np.linalg.norm(np.ptp(self.points[p.name], axis=0))) for p in ready) + _BEYOND
        beside = ((self.sewn > at.min(axis=0) - reach) & (self.sewn < at.max(axis=0) + reach)).all(axis=1)
        known = beside[self.faces].all(axis=1)
        faces = np.where(self.right[:, None] > 0, self.faces, self.faces[:, ::-1])[known]
        return MeshDistance(np.nan_to_num(self.sewn), faces)

    def _gone_on(self, panel: Panel, surface: Callable[[], MeshDistance]) -> Points:
        """(k, 3) a panel that goes on from its seam; surface: what is placed so far, sewn."""
        here = self.here[panel.name]
        own, other = self._held(panel)
        flat, sewn, at = self.points[panel.name], own - here.start, self.sewn[other]
        if fills(len(sewn), self._outline(panel)):
            return filling(flat, sewn, at, self._mean_within(here))
        if panel.wrap.landmark == "crown":
            loose = np.unique(self.own[(here.start <= self.own) & (self.own < here.stop)])
            return hood(panel, flat, sewn, at, np.setdiff1d(loose, own) - here.start, self.body)
        edge = SewnEdge(panel, flat, sewn, at, at - self._apart.mean(self.sewn)[other], self._outline(panel))
        return self._wrapper.round_hand(panel, on_seam(panel, flat, self.worn[panel.name], edge, surface()))

    def _mean_within(self, here: slice) -> Callable[[Points], Points]:
        def mean(values: Points) -> Points:
            whole = np.zeros_like(self.x)
            whole[here] = values
            return self._apart.mean(whole)[here]

        return mean

    def _sewn_up(self, x: Points) -> Points:
        """(n, 3) the panels at x (n, 3), as far as they are placed, drawn together at their seams and cleared.

        Nothing lies folded that should not, once all is placed but what lies within.
        """
        known = np.isfinite(x[:, 0])
        vertices, weld = np.unique(self.weld[known], return_inverse=True)
        count = np.bincount(weld)
        middle = np.stack([np.bincount(weld, x[known, k]) / count for k in range(3)], axis=1)
        for rows in self._over:  # the seam of what laps over something is lifted, for that goes underneath
            middle[np.searchsorted(vertices, self.weld[rows])] = x[rows]
        # What closes a seam is shared out over the cloth beside it, and not left to one row of triangles.
        sewn = np.zeros((len(x), 1), bool)
        sewn[known, 0] = (count > 1)[weld]
        on_seam = sewn & (self._apart.mean(np.repeat(sewn, 3, axis=1).astype(float))[:, :1] > 0)
        ends = np.zeros_like(x)
        ends[known] = middle[weld] - x[known]
        closing = np.where(on_seam, ends, 0.0)
        for _ in range(_SHARING_ROUNDS):
            closing = np.where(on_seam, ends, self._apart.mean(closing))
        for name, rows, close, where in self._laps:
            here, (mine, faces) = self.here[name], self._faces_of(name)
            out = shared(normals((x + closing)[here], faces, self.right[mine]), *where)
            out /= np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12)
            gap = self.stands_off[rows] - np.einsum("kc,kc->k", where[1], self.stands_off[here][where[0]])
            target = shared((x + closing)[here], *where) + gap[:, None] * out
            closing[rows] += close[:, None] * (target - (x + closing)[rows])
        # Buttons meet where the cloth about them has gone.
        gone = np.stack([np.bincount(weld, (x + closing)[known, k]) / count for k in range(3)], axis=1)
        ends[known] = np.where(on_seam[known], ends[known], gone[weld] - x[known])
        for own in np.flatnonzero(sewn & ~on_seam):  # and a button draws along what lies about it
            panel = self.panels[int(self.of[own])].name
            flat, here = self.points[panel], self.here[panel]
            share = 1 - np.linalg.norm(flat - flat[own - here.start], axis=1) / _BUTTONED
            closing[here] += np.maximum(share, 0.0)[:, None] * (ends[own] - closing[own])
        for here, rest, where in self._folded:  # what is folded goes with the cloth it is folded onto
            closing[rest] = np.where(on_seam[rest], ends[rest], shared(closing[here], *where))
        closing = np.where(sewn, ends, closing)
        closed = np.empty_like(middle)
        closed[weld] = (x + closing)[known]
        number = np.full(self.weld.max() + 1, -1, np.int32)
        number[vertices] = np.arange(len(vertices))
        faces = number[self.weld[self.faces[known[self.faces].all(axis=1)]]]
        leg = np.trunc(np.bincount(weld, self.leg[known]) / count).astype(np.int8)
        clear = np.zeros(len(vertices))
        np.maximum.at(clear, weld, self.clear[known])
        kept = known[self.faces].all(axis=1)
        hinges = (
            (np.cumsum(kept) - 1)[self._hinges[kept[self._hinges].all(axis=1)]] if known[~self._inner].all() else None
        )
        garment = Clearing(self._surface, faces, leg, clear, hinges)
        away = np.full(len(vertices), -np.inf)
        settled = np.full_like(x, np.nan)
        settled[known] = closed[weld]
        np.maximum.at(away, weld, self._away_at(settled)[known])
        lifted, away = garment.lifted_off(closed, away)
        self._asked_at[known], self._away[known] = lifted[weld], away[weld]
        settled[known] = (garment.untangled(lifted, away) if self._untangle else lifted)[weld]
        return settled

    def _sewn_within(self) -> Points:
        """(n, 3) the sewn garment with what lies within drawn to what it is sewn to, and all else where it was."""
        inner = self._inner
        outer = np.bincount(self.weld, ~inner) > 0
        drawn = ~inner | ~outer[self.weld]
        middle = np.stack([np.bincount(self.weld, drawn * self.sewn[:, k]) for k in range(3)], axis=1)
        middle /= np.bincount(self.weld, drawn)[:, None]
        ends, sewn = middle[self.weld] - self.sewn, (np.bincount(self.weld)[self.weld] > 1)[:, None]
        closing = np.where(sewn, ends, 0.0)
        for _ in range(_SHARING_ROUNDS):
            closing = np.where(sewn, ends, self._apart.mean(closing))
        middle[self.weld[inner]] = (self.sewn + closing)[inner]
        if not self._untangle:
            return middle[self.weld]
        leg = np.trunc(np.bincount(self.weld, self.leg) / np.bincount(self.weld)).astype(np.int8)
        garment = Clearing(self._surface, self.weld[self.faces], leg, np.zeros(len(middle)), self._hinges, outer)
        return garment.untangled(middle, np.full(len(middle), np.inf))[self.weld]

    def _away_at(self, x: Points) -> Points:
        """(n,) metres from the body that particles at x (n, 3) are at least, by what was asked; -inf: not known."""
        return np.nan_to_num(self._away - np.linalg.norm(x - self._asked_at, axis=1), nan=-np.inf)

    def opened(self) -> Points:
        """(n, 3) the sewn garment with the edges of its seams a little apart, where they do not reach into the body."""
        count = np.bincount(self.weld)
        middle = np.stack([np.bincount(self.weld, self.x[:, k]) / count for k in range(3)], axis=1)
        apart = self.x - middle[self.weld]
        widest = np.zeros(len(count))
        np.maximum.at(widest, self.weld, np.linalg.norm(apart, axis=1))
        opened = self.sewn + apart * np.minimum(1.0, _OPEN / np.maximum(widest, _OPEN))[self.weld][:, None]
        inside = np.flatnonzero((count > 1)[self.weld] & (self._away_at(opened) < 0.25 * CLEARANCE))
        inside = inside[self._surface.query(opened[inside]).signed_distance < 0.25 * CLEARANCE]
        shut = np.isin(self.weld, self.weld[inside])
        return np.where(shut[:, None], self.sewn, opened)


def _at_trims(panel: Panel, points: Points) -> NDArray[np.bool_]:
    """(k,) which points (k, 2) of a panel are those of its trims."""
    at = np.array([trim.at for trim in panel.trims]).reshape(-1, 2)
    return (np.abs(points[:, None] - at).max(axis=2, initial=0.0) < ON_LINE).any(axis=1)


def _neighbours(faces: NDArray[np.int32]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The faces (k, 2) of (m, 3) that share an edge, and the ends (j, 2) of the edges that no two share."""
    sides = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1).astype(np.intp)
    key = sides[:, 0] * (int(faces.max(initial=0)) + 1) + sides[:, 1]
    order = np.argsort(key, kind="stable")
    same = key[order[1:]] == key[order[:-1]]
    alone = ~(np.append(same, False) | np.append(False, same))
    return np.stack([order[:-1][same], order[1:][same]], axis=1) % len(faces), sides[order[alone]]
