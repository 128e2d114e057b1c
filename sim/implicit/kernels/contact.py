# SPDX-License-Identifier: GPL-3.0-or-later
"""Distances, the search for pairs, the barrier, collision and friction, a thread a pair; see `implicit.contact`."""

import warp as wp

from .membrane import mat33, real, vec3

vec4 = wp.vec4d

_PARALLEL = 1e-3  # of |e|² |f|²: below it the sine² of two edges' angle fades their barrier out
_KEPT = 0.1  # of a distance that a step leaves
_CCD_ROUNDS = 200

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
def boxes(
    x: wp.array(dtype=vec3),
    far: wp.array(dtype=float),
    corners: wp.array2d(dtype=int),
    low: wp.array(dtype=wp.vec3),
    high: wp.array(dtype=wp.vec3),
):
    """Boxes about faces or edges, corners (t, 3) or (t, 2), that hold them wherever they move."""
    t = wp.tid()
    lowest = x[corners[t, 0]]
    highest = lowest
    farthest = float(0.0)
    for k in range(corners.shape[1]):
        p = x[corners[t, k]]
        lowest = wp.min(lowest, p)
        highest = wp.max(highest, p)
        farthest = wp.max(farthest, far[corners[t, k]])
    slack = farthest + 1.0e-6  # far above what single precision rounds off
    low[t] = wp.vec3(lowest) - wp.vec3(slack, slack, slack)
    high[t] = wp.vec3(highest) + wp.vec3(slack, slack, slack)


@wp.kernel(enable_backward=False)
def find_points(
    tree: wp.uint64,
    x: wp.array(dtype=vec3),
    far: wp.array(dtype=float),
    asked: wp.array(dtype=int),
    faces: wp.array2d(dtype=int),
    within: float,
    most: int,
    count: wp.array(dtype=int),
    pairs: wp.array(dtype=wp.vec4i),
):
    """Pairs of asked points and the faces of a tree that may come nearer than `within`, moving as `far` as they do."""
    i = asked[wp.tid()]
    at = wp.vec3(x[i])
    reach = within + far[i]
    box = wp.vec3(reach, reach, reach)
    query = wp.bvh_query_aabb(tree, at - box, at + box)
    j = int(0)
    while wp.bvh_query_next(query, j):
        a = faces[j, 0]
        b = faces[j, 1]
        c = faces[j, 2]
        if a != i and b != i and c != i:
            w = _triangle_weights(x[i], x[a], x[b], x[c])
            both = reach + wp.max(far[a], wp.max(far[b], far[c]))
            if wp.length(x[i] - w[0] * x[a] - w[1] * x[b] - w[2] * x[c]) < real(both):
                k = wp.atomic_add(count, 0, 1)
                if k < most:
                    pairs[k] = wp.vec4i(i, a, b, c)


@wp.kernel(enable_backward=False)
def find_edges(
    tree: wp.uint64,
    x: wp.array(dtype=vec3),
    far: wp.array(dtype=float),
    edges: wp.array2d(dtype=int),
    others: wp.array2d(dtype=int),
    once: bool,
    within: float,
    most: int,
    count: wp.array(dtype=int),
    pairs: wp.array(dtype=wp.vec4i),
):
    """Pairs of edges that may come nearer than `within`; `once` where both come from one list."""
    i = wp.tid()
    a = edges[i, 0]
    b = edges[i, 1]
    pa = wp.vec3(x[a])
    pb = wp.vec3(x[b])
    reach = within + wp.max(far[a], far[b])
    box = wp.vec3(reach, reach, reach)
    query = wp.bvh_query_aabb(tree, wp.min(pa, pb) - box, wp.max(pa, pb) + box)
    j = int(0)
    while wp.bvh_query_next(query, j):
        c = others[j, 0]
        d = others[j, 1]
        if (not once or j > i) and a != c and a != d and b != c and b != d:
            st = _edge_weights(x[a], x[b], x[c], x[d])
            gap = x[a] + st[0] * (x[b] - x[a]) - x[c] - st[1] * (x[d] - x[c])
            if wp.length(gap) < real(reach + wp.max(far[c], far[d])):
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
def repel(
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
    stiffness_across: wp.array(dtype=mat33),
    force: wp.array(dtype=real),
):
    """The barrier's energy per pair; with `derivatives`, its gradient, and the second one by the gap's vector."""
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
        stiffness_across[t] = mat33()
        force[t] = real(0.0)
    w = _weights(points, x0, x1, x2, x3)
    gap = _gap(w, x0, x1, x2, x3)
    d = wp.length(gap)
    if derivatives:
        weights[t] = w
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
    normals[t] = n
    stiffness_across[t] = fade * b[2] * wp.outer(n, n)
    force[t] = -fade * b[1]
    push = fade * b[1]
    for k in range(4):
        if q[k] < cloth:
            wp.atomic_add(gradient, q[k], push * w[k] * n)
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
def first_touch(
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
def drag(
    x: wp.array(dtype=vec3),
    anchor: wp.array(dtype=vec3),
    pairs: wp.array(dtype=wp.vec4i),
    weights: wp.array(dtype=vec4),
    normals: wp.array(dtype=vec3),
    load: wp.array(dtype=real),
    cloth: int,
    slip: real,
    derivatives: bool,
    energy: wp.array(dtype=real),
    gradient: wp.array(dtype=vec3),
    stiffness: wp.array(dtype=mat33),
):
    """Friction: force times a length that is smooth below `slip` (Li et al. 2020, section 5.1)."""
    t = wp.tid()
    w = weights[t]
    n = normals[t]
    q = pairs[t]
    u = vec3()
    for k in range(4):
        i = q[k]
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
    sliding = wp.outer(direction, direction)
    tangent = wp.identity(n=3, dtype=real) - wp.outer(n, n)
    stiffness[t] = f * ratio * (tangent - sliding) + f * bend * sliding
    for k in range(4):
        i = q[k]
        if i < cloth:
            wp.atomic_add(gradient, i, f * ratio * w[k] * u)
