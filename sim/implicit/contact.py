# SPDX-License-Identifier: GPL-3.0-or-later
"""Contact of the cloth with itself and with what stands still: a barrier that no step passes.

Every pair of a point and a triangle and of two edges nearer than a distance repels with the potential
-k (d - d0)² ln(d / d0) (Li et al., "Incremental potential contact", SIGGRAPH 2020, with d in place of d², as in Li,
Kaufman & Jiang, "Codimensional incremental potential contact", SIGGRAPH 2021), mollified where edges run parallel. A step
is cut by additive continuous collision detection (the latter, section 5.3) before anything touches: what starts apart
stays apart. Friction is that of the former's section 5, with normal forces and tangents of the last `anchor`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import warp as wp
from numpy.typing import NDArray

from .device import launch
from .membrane import real, vec3

Points = NDArray[np.float64]
Ints = NDArray[np.int32]
vec4 = wp.vec4d

_PARALLEL = 1e-3  # of |e|² |f|²: below it the sine² of two edges' angle fades their barrier out
_KEPT = 0.1  # of a distance that a step leaves
_CCD_ROUNDS = 200
_SPARE = 5e-4  # metres of movement for which pairs are found beyond what is asked, so as to look less often


def unique_edges(faces: Ints) -> Ints:
    """(e, 2) every edge of (m, 3) triangles once."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    return np.unique(np.sort(edges, axis=1), axis=0).astype(np.int32)


# ---- Distances ----


@wp.func
def _triangle_weights(p: vec3, a: vec3, b: vec3, c: vec3):
    """Barycentric weights of the triangle's point nearest to p (Ericson, Real-Time Collision Detection, 5.1.5)."""
    ab = b - a
    ac = c - a
    ap = p - a
    d1 = wp.dot(ab, ap)
    d2 = wp.dot(ac, ap)
    zero = real(0.0)
    one = real(1.0)
    if d1 <= zero and d2 <= zero:
        return vec3(one, zero, zero)
    bp = p - b
    d3 = wp.dot(ab, bp)
    d4 = wp.dot(ac, bp)
    if d3 >= zero and d4 <= d3:
        return vec3(zero, one, zero)
    vc = d1 * d4 - d3 * d2
    if vc <= zero and d1 >= zero and d3 <= zero:
        v = d1 / (d1 - d3)
        return vec3(one - v, v, zero)
    cp = p - c
    d5 = wp.dot(ab, cp)
    d6 = wp.dot(ac, cp)
    if d6 >= zero and d5 <= d6:
        return vec3(zero, zero, one)
    vb = d5 * d2 - d1 * d6
    if vb <= zero and d2 >= zero and d6 <= zero:
        w = d2 / (d2 - d6)
        return vec3(one - w, zero, w)
    va = d3 * d6 - d5 * d4
    if va <= zero and (d4 - d3) >= zero and (d5 - d6) >= zero:
        w = (d4 - d3) / ((d4 - d3) + (d5 - d6))
        return vec3(zero, one - w, w)
    total = va + vb + vc
    return vec3(va / total, vb / total, vc / total)


@wp.func
def _edge_weights(a: vec3, b: vec3, c: vec3, d: vec3):
    """(s, t): nearest points a + s (b - a) and c + t (d - c) of two segments (Ericson, 5.1.9)."""
    u = b - a
    v = d - c
    r = a - c
    uu = wp.dot(u, u)
    vv = wp.dot(v, v)
    uv = wp.dot(u, v)
    ur = wp.dot(u, r)
    vr = wp.dot(v, r)
    zero = real(0.0)
    one = real(1.0)
    det = uu * vv - uv * uv
    s = zero
    if det > real(1.0e-14) * uu * vv:
        s = wp.clamp((uv * vr - ur * vv) / det, zero, one)
    t = (uv * s + vr) / vv
    if t < zero:
        t = zero
        s = wp.clamp(-ur / uu, zero, one)
    elif t > one:
        t = one
        s = wp.clamp((uv - ur) / uu, zero, one)
    return wp.vec2d(s, t)


@wp.func
def _weights(points: bool, x0: vec3, x1: vec3, x2: vec3, x3: vec3):
    """(4,) weights whose sum over the corners is the vector from one nearest point to the other."""
    if points:
        w = _triangle_weights(x0, x1, x2, x3)
        return vec4(real(1.0), -w[0], -w[1], -w[2])
    st = _edge_weights(x0, x1, x2, x3)
    return vec4(real(1.0) - st[0], st[0], st[1] - real(1.0), -st[1])


@wp.func
def _gap(w: vec4, x0: vec3, x1: vec3, x2: vec3, x3: vec3):
    return w[0] * x0 + w[1] * x1 + w[2] * x2 + w[3] * x3


# ---- Finding pairs ----


@wp.kernel(enable_backward=False)
def _face_boxes(
    x: wp.array(dtype=vec3),
    corners: wp.array2d(dtype=int),
    low: wp.array(dtype=wp.vec3),
    high: wp.array(dtype=wp.vec3),
):
    t = wp.tid()
    first = x[corners[t, 0]]
    lowest = first
    highest = first
    for k in range(1, corners.shape[1]):
        p = x[corners[t, k]]
        lowest = wp.min(lowest, p)
        highest = wp.max(highest, p)
    slack = wp.vec3(1.0e-6, 1.0e-6, 1.0e-6)  # far above what single precision rounds off
    low[t] = wp.vec3(lowest) - slack
    high[t] = wp.vec3(highest) + slack


@wp.func
def _same_side(first: int, second: int, cloth: int):
    return first >= cloth and second >= cloth


@wp.kernel(enable_backward=False)
def _find_points(
    tree: wp.uint64,
    x: wp.array(dtype=vec3),
    asked: wp.array(dtype=int),
    faces: wp.array2d(dtype=int),
    reach: float,
    most: int,
    count: wp.array(dtype=int),
    pairs: wp.array(dtype=wp.vec4i),
):
    i = asked[wp.tid()]
    at = wp.vec3(x[i])
    box = wp.vec3(reach, reach, reach)
    query = wp.bvh_query_aabb(tree, at - box, at + box)
    j = int(0)
    while wp.bvh_query_next(query, j):
        a = faces[j, 0]
        b = faces[j, 1]
        c = faces[j, 2]
        if a != i and b != i and c != i:
            w = _triangle_weights(x[i], x[a], x[b], x[c])
            if wp.length(x[i] - w[0] * x[a] - w[1] * x[b] - w[2] * x[c]) < real(reach):
                k = wp.atomic_add(count, 0, 1)
                if k < most:
                    pairs[k] = wp.vec4i(i, a, b, c)


@wp.kernel(enable_backward=False)
def _find_edges(
    tree: wp.uint64,
    x: wp.array(dtype=vec3),
    edges: wp.array2d(dtype=int),
    others: wp.array2d(dtype=int),
    once: bool,
    reach: float,
    most: int,
    count: wp.array(dtype=int),
    pairs: wp.array(dtype=wp.vec4i),
):
    i = wp.tid()
    a = edges[i, 0]
    b = edges[i, 1]
    pa = wp.vec3(x[a])
    pb = wp.vec3(x[b])
    box = wp.vec3(reach, reach, reach)
    query = wp.bvh_query_aabb(tree, wp.min(pa, pb) - box, wp.max(pa, pb) + box)
    j = int(0)
    while wp.bvh_query_next(query, j):
        c = others[j, 0]
        d = others[j, 1]
        if (not once or j > i) and a != c and a != d and b != c and b != d:
            st = _edge_weights(x[a], x[b], x[c], x[d])
            gap = x[a] + st[0] * (x[b] - x[a]) - x[c] - st[1] * (x[d] - x[c])
            if wp.length(gap) < real(reach):
                k = wp.atomic_add(count, 0, 1)
                if k < most:
                    pairs[k] = wp.vec4i(a, b, c, d)


# ---- The barrier ----


@wp.func
def _barrier(d: real, d0: real):
    """(b, b', b'') of -(d - d0)² ln(d / d0)."""
    log = wp.log(d / d0)
    gap = d - d0
    first = -real(2.0) * gap * log - gap * gap / d
    second = -real(2.0) * log - real(4.0) * gap / d + gap * gap / (d * d)
    return vec3(-gap * gap * log, first, second)


@wp.kernel(enable_backward=False)
def _repel(
    x: wp.array(dtype=vec3),
    pairs: wp.array(dtype=wp.vec4i),
    points: bool,
    cloth: int,
    stiffness: wp.array(dtype=real),
    range_self: real,
    range_body: real,
    rest_edge: real,
    derivatives: bool,
    energy: wp.array(dtype=real),
    gradient: wp.array(dtype=vec3),
    weights: wp.array(dtype=vec4),
    normals: wp.array(dtype=vec3),
    curvature: wp.array(dtype=real),
    force: wp.array(dtype=real),
):
    t = wp.tid()
    q = pairs[t]
    x0 = x[q[0]]
    x1 = x[q[1]]
    x2 = x[q[2]]
    x3 = x[q[3]]
    d0 = range_self
    if q[0] >= cloth or q[3] >= cloth:
        d0 = range_body
    energy[t] = real(0.0)
    if derivatives:
        curvature[t] = real(0.0)
        force[t] = real(0.0)
    w = _weights(points, x0, x1, x2, x3)
    gap = _gap(w, x0, x1, x2, x3)
    d = wp.length(gap)
    if d >= d0:
        return
    d = wp.max(d, real(1.0e-12))
    k = stiffness[wp.min(q[0], q[3])]
    b = k * _barrier(d, d0)
    fade = real(1.0)
    u = x1 - x0
    v = x3 - x2
    uu = wp.dot(u, u)
    vv = wp.dot(v, v)
    uv = wp.dot(u, v)
    limit = real(_PARALLEL) * rest_edge * rest_edge * rest_edge * rest_edge
    sine = uu * vv - uv * uv
    slope = real(0.0)
    if not points and sine < limit:
        ratio = sine / limit
        fade = (real(2.0) - ratio) * ratio
        slope = (real(2.0) - real(2.0) * ratio) / limit
    energy[t] = fade * b[0]
    if not derivatives:
        return
    n = gap / d
    weights[t] = w
    normals[t] = n
    curvature[t] = fade * b[2]
    force[t] = -fade * b[1]
    push = fade * b[1]
    if q[0] < cloth:
        wp.atomic_add(gradient, q[0], push * w[0] * n)
    if q[1] < cloth:
        wp.atomic_add(gradient, q[1], push * w[1] * n)
    if q[2] < cloth:
        wp.atomic_add(gradient, q[2], push * w[2] * n)
    if q[3] < cloth:
        wp.atomic_add(gradient, q[3], push * w[3] * n)
    if slope > real(0.0):
        gu = b[0] * slope * real(2.0) * (vv * u - uv * v)
        gv = b[0] * slope * real(2.0) * (uu * v - uv * u)
        if q[0] < cloth:
            wp.atomic_add(gradient, q[0], -gu)
        if q[1] < cloth:
            wp.atomic_add(gradient, q[1], gu)
        if q[2] < cloth:
            wp.atomic_add(gradient, q[2], -gv)
        if q[3] < cloth:
            wp.atomic_add(gradient, q[3], gv)


@wp.kernel(enable_backward=False)
def _first_touch(
    x: wp.array(dtype=vec3),
    move: wp.array(dtype=vec3),
    pairs: wp.array(dtype=wp.vec4i),
    points: bool,
    until: wp.array(dtype=real),
):
    """Additive continuous collision detection: the share of the move after which a tenth of the distance is left."""
    t = wp.tid()
    q = pairs[t]
    x0 = x[q[0]]
    x1 = x[q[1]]
    x2 = x[q[2]]
    x3 = x[q[3]]
    p0 = move[q[0]]
    p1 = move[q[1]]
    p2 = move[q[2]]
    p3 = move[q[3]]
    mean = (p0 + p1 + p2 + p3) / real(4.0)
    p0 -= mean
    p1 -= mean
    p2 -= mean
    p3 -= mean
    speed = wp.max(wp.length(p0), wp.length(p1)) + wp.max(wp.length(p2), wp.length(p3))
    if points:
        speed = wp.length(p0) + wp.max(wp.length(p1), wp.max(wp.length(p2), wp.length(p3)))
    until[t] = real(1.0)
    if speed <= real(0.0):
        return
    d = wp.length(_gap(_weights(points, x0, x1, x2, x3), x0, x1, x2, x3))
    kept = real(_KEPT) * d
    share = real(0.0)
    ahead = (real(1.0) - real(_KEPT)) * d / speed
    for _round in range(_CCD_ROUNDS):
        x0 += ahead * p0
        x1 += ahead * p1
        x2 += ahead * p2
        x3 += ahead * p3
        d = wp.length(_gap(_weights(points, x0, x1, x2, x3), x0, x1, x2, x3))
        if share > real(0.0) and d < kept:
            break
        share += ahead
        if share > real(1.0):
            share = real(1.0)
            break
        ahead = real(0.9) * d / speed
    until[t] = share


@wp.kernel(enable_backward=False)
def _drag(
    x: wp.array(dtype=vec3),
    anchor: wp.array(dtype=vec3),
    pairs: wp.array2d(dtype=int),
    weights: wp.array(dtype=vec4),
    normals: wp.array(dtype=vec3),
    load: wp.array(dtype=real),
    cloth: int,
    slip: real,
    derivatives: bool,
    energy: wp.array(dtype=real),
    gradient: wp.array(dtype=vec3),
    along: wp.array(dtype=vec3),
    curvature: wp.array2d(dtype=real),
):
    t = wp.tid()
    w = weights[t]
    n = normals[t]
    u = vec3()
    for k in range(4):
        i = pairs[t, k]
        if i < cloth:
            u += w[k] * (x[i] - anchor[i])
    u -= wp.dot(u, n) * n
    y = wp.length(u)
    f = load[t]
    if y < slip:
        r = y / slip
        energy[t] = f * (y * r * (real(1.0) - r / real(3.0)) + slip / real(3.0))
    else:
        energy[t] = f * y
    if not derivatives:
        return
    ratio = real(1.0) / wp.max(y, slip)  # f1(y) / y
    bend = real(0.0)  # f1'(y)
    if y < slip:
        ratio = (real(2.0) - y / slip) / slip
        bend = (real(2.0) - real(2.0) * y / slip) / slip
    direction = vec3()
    if y > real(1.0e-15):
        direction = u / y
    along[t] = direction
    curvature[t, 0] = f * ratio
    curvature[t, 1] = f * bend
    for k in range(4):
        i = pairs[t, k]
        if i < cloth:
            wp.atomic_add(gradient, i, f * ratio * w[k] * u)


class Active(NamedTuple):
    """Pairs within reach of each other: vertices (k, 4), weights (k, 4), unit normal (k, 3), curvature and force (k,)."""

    pairs: Ints
    weights: Points
    normals: Points
    curvature: Points
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

        self.pairs, self.weights, self.normals = room(wp.vec4i), room(vec4), room(vec3)
        self.energy, self.curvature, self.force, self.until = room(real), room(real), room(real), room(real)
        self.found = 0


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
        self._stiffness = wp.array(stiffness, dtype=real, device=device)
        self._faces = self._integers(faces)
        edges = unique_edges(faces)
        self._edges = self._integers(edges)
        self._points = self._integers(np.unique(faces))
        self.edges = edges
        self._body_faces_all = obstacle_faces
        self._kinds = (_Pairs(True, device), _Pairs(False, device))
        self._left = -1.0  # metres of movement for which the pairs found are enough
        self._body_tree: tuple[Any, ...] | None = None
        self._rest_edge = 0.0
        self._held: Active | None = None
        self._anchors: Points | None = None
        self._drag_arrays: tuple[Any, ...] = ()

    def _integers(self, values: Any) -> Any:
        return wp.array(np.ascontiguousarray(values, np.int32), dtype=int, device=self.device)

    def _tree(self, x: Any, corners: Any) -> Any:
        count = corners.shape[0]
        low = wp.zeros(count, dtype=wp.vec3, device=self.device)
        high = wp.zeros(count, dtype=wp.vec3, device=self.device)
        launch(_face_boxes, count, [x, corners, low, high], self.device)
        return wp.Bvh(low, high)

    def _trees_of_body(self, x: Any) -> tuple[Any, ...] | None:
        """The obstacle stands still: its trees are made once."""
        if self._body_tree is None and len(self._body_faces_all):
            faces = self._integers(self._body_faces_all)
            edges = self._integers(unique_edges(self._body_faces_all))
            points = self._integers(np.unique(self._body_faces_all))
            self._body_tree = (faces, edges, points, self._tree(x, faces), self._tree(x, edges))
        return self._body_tree

    def obstacle_moved(self) -> None:
        """The obstacle's vertices have other positions now."""
        self._body_tree = None
        self._left = -1.0

    def look(self, x: Any, movement: float) -> None:
        """Find all pairs that may come within range while no vertex moves farther than `movement` metres."""
        if movement <= self._left <= 2 * movement + 2 * _SPARE:  # pairs of farther off would only cost time
            return
        allowed = min(1.5 * movement, movement + _SPARE)
        reach = max(self.range_self, self.range_body) + 2 * allowed
        reach_self = self.range_self + 2 * allowed
        if self._rest_edge == 0.0:
            at = x.numpy()[self.edges]
            self._rest_edge = float(np.linalg.norm(at[:, 1] - at[:, 0], axis=1).mean())
        trees = self._trees_of_body(x)
        face_tree, edge_tree = self._tree(x, self._faces), self._tree(x, self._edges)
        for kind in self._kinds:
            while True:
                kind.count.zero_()
                out = [kind.most, kind.count, kind.pairs]
                if kind.points:
                    asked = self._points
                    inputs = [face_tree.id, x, asked, self._faces, reach_self, *out]
                    launch(_find_points, asked.shape[0], inputs, self.device)
                    if trees is not None:
                        faces, _, points, tree, _ = trees
                        launch(_find_points, asked.shape[0], [tree.id, x, asked, faces, reach, *out], self.device)
                        inputs = [face_tree.id, x, points, self._faces, reach, *out]
                        launch(_find_points, points.shape[0], inputs, self.device)
                else:
                    inputs = [edge_tree.id, x, self._edges, self._edges, True, reach_self, *out]
                    launch(_find_edges, self._edges.shape[0], inputs, self.device)
                    if trees is not None:
                        _, edges, _, _, tree = trees
                        inputs = [tree.id, x, self._edges, edges, False, reach, *out]
                        launch(_find_edges, self._edges.shape[0], inputs, self.device)
                found = int(kind.count.numpy()[0])
                if found <= kind.most:
                    kind.found = found
                    break
                kind.most = int(1.3 * found)
                kind.resize()
        self._left = allowed

    def moved(self, distance: float) -> None:
        """A step was taken in which some vertex moved this far (metres)."""
        self._left -= distance

    def _repel(self, x: Any, gradient: Any, derivatives: bool) -> float:
        total = 0.0
        for kind in self._kinds:
            if not kind.found:
                continue
            inputs = [x, kind.pairs, kind.points, self.n, self._stiffness, self.range_self, self.range_body]
            inputs += [self._rest_edge, derivatives, kind.energy, gradient]
            inputs += [kind.weights, kind.normals, kind.curvature, kind.force]
            launch(_repel, kind.found, inputs, self.device)
            total += float(kind.energy.numpy()[: kind.found].sum())
        return total

    def energy(self, x: Any) -> float:
        """J of the barrier and of friction; `look` must have been called for where x is."""
        total = self._repel(x, x, False)
        if self._held is not None and len(self._held.force):
            pairs, weights, normals, load, anchor, slip, energy, along, curvature = self._drag_arrays
            inputs = [x, anchor, pairs, weights, normals, load, self.n, slip, False, energy, x, along, curvature]
            launch(_drag, len(self._held.force), inputs, self.device)
            total += float(energy.numpy().sum())
        return total

    def add_derivatives(self, x: Any, gradient: Any) -> Active:
        """Add the barrier's gradient; the pairs within range, with what its second derivative is made of."""
        self._repel(x, gradient, True)
        parts: list[Active] = []
        for kind in self._kinds:
            k = kind.found
            curvature = kind.curvature.numpy()[:k]
            near = np.flatnonzero(curvature)
            arrays = (kind.pairs, kind.weights, kind.normals)
            pairs, weights, normals = (array.numpy()[:k][near] for array in arrays)
            parts.append(Active(pairs, weights, normals, curvature[near], kind.force.numpy()[:k][near]))
        return Active(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))

    def anchor(self, x: Any, active: Active, slip: float) -> None:
        """Renew friction's loads and tangents from the pairs in contact at x; slip: metres of give before it slides.

        Each vertex is held by a point that it drags along once it is farther away than `slip`, so that what sticks stays
        where it is however often this is called.
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
        held = Active(*(column[keep] for column in active))
        k, device = len(held.force), self.device
        self._held = held
        self._drag_arrays = (
            self._integers(held.pairs.reshape(-1, 4)),
            wp.array(held.weights, dtype=vec4, device=device),
            wp.array(held.normals, dtype=vec3, device=device),
            wp.array(load[keep], dtype=real, device=device),
            wp.array(self._anchors, dtype=vec3, device=device),
            slip,
            wp.zeros(k, dtype=real, device=device),
            wp.zeros(k, dtype=vec3, device=device),
            wp.zeros((k, 2), dtype=real, device=device),
        )

    def release(self) -> None:
        """No friction from here on."""
        self._held = self._anchors = None

    def pressure(self, active: Active, area: Points) -> Points:
        """(n,) Pa with which the obstacle presses on each vertex of the given area (n,)."""
        cloth = active.pairs < self.n
        body = ~cloth.all(axis=1)
        force = active.force[body, None] * np.abs(active.weights[body]) * cloth[body]
        on = np.where(cloth[body], active.pairs[body], 0)
        return np.bincount(on.ravel(), force.ravel(), self.n) / np.maximum(area, 1e-12)

    def add_friction(self, x: Any, gradient: Any) -> tuple[Active, Points, Points] | None:
        """Add friction's gradient; its pairs, their sliding directions (k, 3) and (k, 2) curvatures, across and along."""
        if self._held is None or not len(self._held.force):
            return None
        pairs, weights, normals, load, anchor, slip, energy, along, curvature = self._drag_arrays
        inputs = [x, anchor, pairs, weights, normals, load, self.n, slip, True, energy, gradient, along, curvature]
        launch(_drag, len(self._held.force), inputs, self.device)
        return self._held, along.numpy(), curvature.numpy()

    def free_share(self, x: Any, move: Any) -> float:
        """The share of a move (device array over all vertices) that can be made before anything touches, at most 1."""
        share = 1.0
        for kind in self._kinds:
            if kind.found:
                launch(_first_touch, kind.found, [x, move, kind.pairs, kind.points, kind.until], self.device)
                share = min(share, float(kind.until.numpy()[: kind.found].min()))
        return share


def contact_blocks(active: Active, across: Points, n: int) -> tuple[NDArray[Any], NDArray[Any], Points]:
    """Rows, columns and blocks (k, 3, 3) of pairs whose second derivatives are w_i w_j `across` (p, 3, 3)."""
    rows: list[NDArray[Any]] = []
    columns: list[NDArray[Any]] = []
    blocks: list[Points] = []
    cloth = active.pairs < n
    used = cloth & (active.weights != 0.0)
    for i in range(4):
        for j in range(4):
            both = np.flatnonzero(used[:, i] & used[:, j])
            rows.append(active.pairs[both, i])
            columns.append(active.pairs[both, j])
            weight = active.weights[both, i] * active.weights[both, j]
            blocks.append(weight[:, None, None] * across[both])
    return np.concatenate(rows), np.concatenate(columns), np.concatenate(blocks)
