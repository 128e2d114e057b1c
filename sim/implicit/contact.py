# SPDX-License-Identifier: GPL-3.0-or-later
"""Contact of the cloth with itself and with what stands still: a barrier that no step passes.

Every pair of a point and a triangle and of two edges nearer than a distance repels with the potential
-k (d - d0)² ln(d / d0) (Li et al., "Incremental potential contact", SIGGRAPH 2020, with d in place of d², as in Li,
Kaufman & Jiang, "Codimensional incremental potential contact", SIGGRAPH 2021), mollified where edges run parallel. A
step is cut by additive continuous collision detection (the latter, section 5.3) before anything touches: what starts
apart stays apart. Friction is that of the former's section 5, with normal forces and tangents of the last `anchor`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import warp as wp
from numpy.typing import NDArray

from ..finish import unique_edges
from .device import launch
from .kernels.contact import boxes, drag, find_edges, find_points, first_touch, repel, vec4
from .kernels.membrane import mat33, real, vec3
from .linear import PairBlocks

Points = NDArray[np.float64]
Ints = NDArray[np.int32]

_FORESEEN = 8.0  # times the range within which pairs of cloth have a place in the matrix before they are felt
_SPARE = 2e-4  # metres for which pairs are found beyond what is asked, so as to look less often …
_SPARE_PART = 2e-3  # … and for the vertices of a part that moves alone
_FOLLOWED = 32  # times that a tree follows its boxes before it is made anew


class Active(NamedTuple):
    """Pairs within reach of each other: pairs (k, 4), weights (k, 4), unit normals (k, 3) and force (k,)."""

    pairs: Ints
    weights: Points
    normals: Points
    force: Points


class _Pairs:
    """One kind of candidate pairs on the device."""

    def __init__(self, points: bool, device: str) -> None:
        self.points, self.device = points, device
        self.most = 1 << 14
        self.count = wp.zeros(1, dtype=int, device=device)
        self.resize()

    def resize(self) -> None:
        def room(dtype: Any) -> Any:
            return wp.zeros(self.most, dtype=dtype, device=self.device)

        self.pairs, self.weights, self.normals, self.stiffness = room(wp.vec4i), room(vec4), room(vec3), room(mat33)
        self.energy, self.force, self.until = room(real), room(real), room(real)
        self.found = 0


class _Tree:
    """Boxes about the faces or edges `corners` (t, 3) or (t, 2), in a tree that follows them."""

    def __init__(self, corners: Any, device: str) -> None:
        self.corners, self._device, self._followed = corners, device, _FOLLOWED
        self._low, self._high = (wp.zeros(corners.shape[0], dtype=wp.vec3, device=device) for _ in range(2))

    def follow(self, x: Any, far: Any) -> None:
        """Take the boxes to where the corners may come from x, each moving as `far` as it does."""
        launch(boxes, self.corners.shape[0], [x, far, self.corners, self._low, self._high], self._device)
        if self._followed == _FOLLOWED:
            self._tree, self._followed = wp.Bvh(self._low, self._high), 0
        else:
            self._tree.refit()
            self._followed += 1

    @property
    def id(self) -> Any:
        """What kernels know it by."""
        return self._tree.id


class Contact:
    """Contact among cloth vertices 0 … n - 1, and with an obstacle whose vertices follow them.

    stiffness (n,): N/m per cloth vertex. range_self, range_body: metres within which the barrier is felt. friction_*
    (n,): coefficients; of two cloths the geometric mean counts. Positions are device arrays over all vertices.
    """

    def __init__(
        self,
        faces: Ints,
        n: int,
        obstacle_faces: Ints,
        stiffness: Points,
        range_self: float,
        range_body: float,
        friction_self: Points,
        friction_body: Points,
        device: str,
    ) -> None:
        self.n, self.device = n, device
        self.range_self, self.range_body = range_self, range_body
        self.friction_self, self.friction_body = friction_self, friction_body
        self._stiffness = stiffness
        self.harden(1.0)
        edges = unique_edges(faces)
        self._faces, self._edges = (_Tree(self._integers(corners), device) for corners in (faces, edges))
        self._points = self._integers(np.unique(faces))
        self.edges = edges
        self._body_faces_all = obstacle_faces
        self._kinds = (_Pairs(True, device), _Pairs(False, device))
        # Metres about where each vertex was within which the pairs found are all there are.
        self._looked: tuple[Points, Points] | None = None
        self.only(None)
        self._body: tuple[Any, _Tree, _Tree] | None = None
        self._rest_edge = 0.0
        self._held: Active | None = None
        self._anchors: Points | None = None
        self.first = np.empty(0, np.int32)  # the vertices that would have touched first in the last move
        self._drag_arrays: tuple[Any, ...] = ()

    def harden(self, times: float) -> None:
        """Make the barrier so many times as stiff as its stiffness says."""
        self._hardness = wp.array(times * self._stiffness, dtype=real, device=self.device)

    def only(self, moving: NDArray[np.bool_] | None) -> None:
        """Expect that from now on only the vertices `moving` (n,) do. None: all."""
        self._spare = np.full(self.n, _SPARE) if moving is None else np.where(moving, _SPARE_PART, _SPARE)

    def _integers(self, values: Any) -> Any:
        return wp.array(np.ascontiguousarray(values, np.int32), dtype=int, device=self.device)

    def _body_found(self, x: Any, far: Any) -> tuple[Any, _Tree, _Tree] | None:
        """The obstacle's points, faces and edges, which stand still: their trees are made once."""
        if self._body is None and len(self._body_faces_all):
            corners = self._body_faces_all, unique_edges(self._body_faces_all)
            faces, edges = (_Tree(self._integers(those), self.device) for those in corners)
            for tree in (faces, edges):
                tree.follow(x, far)
            self._body = self._integers(np.unique(self._body_faces_all)), faces, edges
        return self._body

    def look(self, x: Any, far: Points | float = 0.0) -> None:
        """Find all pairs that may come within range while each cloth vertex moves at most `far` (n,) metres."""
        at = x.numpy()
        if self._looked is not None:
            before, found = self._looked
            if (np.linalg.norm(at[: self.n] - before, axis=1) + far <= found).all():
                return
        reaches = np.zeros(len(at), np.float32)
        reaches[: self.n] = far + self._spare
        self._looked = at[: self.n].copy(), reaches[: self.n] - 1e-9
        moves = wp.array(reaches, dtype=float, device=self.device)
        if self._rest_edge == 0.0:
            ends = at[self.edges]
            self._rest_edge = float(np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1).mean())
        body = self._body_found(x, moves)
        faces, edges = self._faces, self._edges
        for tree in (faces, edges):
            tree.follow(x, moves)
        for kind in self._kinds:
            while True:
                kind.count.zero_()
                out = [kind.most, kind.count, kind.pairs]
                if kind.points:
                    asked = [(self._points, faces, self.range_self)]
                    if body is not None:
                        points, body_faces, _ = body
                        asked += [(self._points, body_faces, self.range_body), (points, faces, self.range_body)]
                    for points, tree, within in asked:
                        inputs = [tree.id, x, moves, points, tree.corners, within, *out]
                        launch(find_points, points.shape[0], inputs, self.device)
                else:
                    others = [(edges, self.range_self)]
                    if body is not None:
                        others.append((body[2], self.range_body))
                    for tree, within in others:
                        inputs = [tree.id, x, moves, edges.corners, tree.corners, tree is edges, within, *out]
                        launch(find_edges, edges.corners.shape[0], inputs, self.device)
                found = int(kind.count.numpy()[0])
                if found <= kind.most:
                    kind.found = found
                    break
                kind.most = int(1.3 * found)
                kind.resize()

    def _repel(self, x: Any, gradient: Any, derivatives: bool) -> float:
        total = 0.0
        for kind in self._kinds:
            if not kind.found:
                continue
            inputs = [x, kind.pairs, kind.points, self.n, self._hardness, self.range_self, self.range_body]
            inputs += [self._rest_edge, derivatives, kind.energy, gradient]
            inputs += [kind.weights, kind.normals, kind.stiffness, kind.force]
            launch(repel, kind.found, inputs, self.device)
            total += float(kind.energy.numpy()[: kind.found].sum())
        return total

    def energy(self, x: Any) -> float:
        """J of the barrier and of friction; `look` must have been called for where x is."""
        total = self._repel(x, x, False)
        if self._held is not None and len(self._held.force):
            pairs, weights, normals, load, anchor, slip, energy, stiffness = self._drag_arrays
            inputs = [x, anchor, pairs, weights, normals, load, self.n, slip, False, energy, x, stiffness]
            launch(drag, len(self._held.force), inputs, self.device)
            total += float(energy.numpy().sum())
        return total

    def add_derivatives(self, x: Any, gradient: Any) -> Active:
        """Add the barrier's gradient, leaving its second derivatives in `blocks`; the pairs within range."""
        self._repel(x, gradient, True)
        parts: list[Active] = []
        for kind in self._kinds:
            k = kind.found
            force = kind.force.numpy()[:k]
            near = np.flatnonzero(force)
            arrays = (kind.pairs, kind.weights, kind.normals)
            pairs, weights, normals = (array.numpy()[:k][near] for array in arrays)
            parts.append(Active(pairs, weights, normals, force[near]))
        columns: list[Any] = [np.concatenate(column) for column in zip(*parts, strict=True)]
        return Active(*columns)

    def anchor(self, x: Any, active: Active, slip: float) -> None:
        """Renew friction's loads and tangents from the pairs in contact at x; slip: metres of give before it slides.

        Each vertex is held by a point that it drags along once it is farther away than `slip`, so that what sticks
        stays where it is however often this is called.
        """
        now = x.numpy()
        body = (active.pairs >= self.n).any(axis=1)
        ends = active.pairs[:, [0, 3]]  # a vertex of either side
        cloth = np.minimum(ends, self.n - 1)
        apart = np.where(ends[:, 0] < self.n, self.friction_body[cloth[:, 0]], self.friction_body[cloth[:, 1]])
        between = np.sqrt(self.friction_self[cloth[:, 0]] * self.friction_self[cloth[:, 1]])
        load = active.force * np.where(body, apart, between)
        keep = load > 0
        touching = np.zeros(len(now), bool)
        touching[active.pairs[keep].ravel()] = True
        if self._anchors is None:
            self._anchors = now.copy()
        away = now - self._anchors
        distance = np.linalg.norm(away, axis=1, keepdims=True)
        self._anchors = np.where(
            touching[:, None], now - away * np.minimum(1.0, slip / np.maximum(distance, 1e-30)), now
        )
        kept: list[Any] = [column[keep] for column in active]
        held = Active(*kept)
        k, device = len(held.force), self.device
        self._held = held
        self._drag_arrays = (
            wp.array(np.ascontiguousarray(held.pairs, np.int32).reshape(-1, 4), dtype=wp.vec4i, device=device),
            wp.array(held.weights, dtype=vec4, device=device),
            wp.array(held.normals, dtype=vec3, device=device),
            wp.array(load[keep], dtype=real, device=device),
            wp.array(self._anchors, dtype=vec3, device=device),
            slip,
            wp.zeros(k, dtype=real, device=device),
            wp.zeros(k, dtype=mat33, device=device),
        )

    def pressure(self, active: Active, area: Points) -> Points:
        """(n,) Pa with which the obstacle presses on each vertex of the given area (n,)."""
        cloth = active.pairs < self.n
        body = ~cloth.all(axis=1)
        force = active.force[body, None] * np.abs(active.weights[body]) * cloth[body]
        on = np.where(cloth[body], active.pairs[body], 0)
        return np.bincount(on.ravel(), force.ravel(), self.n) / np.maximum(area, 1e-12)

    def add_friction(self, x: Any, gradient: Any) -> None:
        """Add friction's gradient, leaving its second derivatives in `blocks`."""
        if self._held is not None and len(self._held.force):
            pairs, weights, normals, load, anchor, slip, energy, stiffness = self._drag_arrays
            inputs = [x, anchor, pairs, weights, normals, load, self.n, slip, True, energy, gradient, stiffness]
            launch(drag, len(self._held.force), inputs, self.device)

    @property
    def blocks(self) -> list[PairBlocks]:
        """Second derivatives at the last `add_derivatives` and `add_friction`, in which the barrier's is convex."""
        soon = _FORESEEN * self.range_self
        found = [PairBlocks(kind.found, kind.pairs, kind.weights, kind.stiffness, soon) for kind in self._kinds]
        if self._held is not None:
            pairs, weights, *_, stiffness = self._drag_arrays
            found.append(PairBlocks(len(self._held.force), pairs, weights, stiffness))
        return found

    def free_share(self, x: Any, move: Any) -> float:
        """The share of a move (device array over all vertices) that can be made before anything touches, at most 1."""
        share, self.first = 1.0, np.empty(0, np.int32)
        for kind in self._kinds:
            if kind.found:
                launch(first_touch, kind.found, [x, move, kind.pairs, kind.points, kind.until], self.device)
                until = kind.until.numpy()[: kind.found]
                pair = int(until.argmin())
                if until[pair] < share:
                    share, self.first = float(until[pair]), kind.pairs.numpy()[pair]
        return share
