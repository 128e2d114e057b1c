# SPDX-License-Identifier: GPL-3.0-or-later
"""Conjugate gradients on 3 × 3 blocks, and the domains of their preconditioner; see `implicit.schwarz`."""

import warp as wp

from .membrane import mat33, real, vec3

DOMAIN = 32  # nodes, each of three unknowns


@wp.kernel(enable_backward=False)
def multiply(
    start: wp.array(dtype=int),
    columns: wp.array(dtype=int),
    blocks: wp.array(dtype=mat33),
    shift: wp.array(dtype=real),
    free: wp.array(dtype=bool),
    p: wp.array(dtype=vec3),
    product: wp.array(dtype=vec3),
):
    """(A + D) p, a thread a row; nothing where a vertex is held."""
    i = wp.tid()
    total = vec3()
    if free[i]:
        total = shift[i] * p[i]
        for k in range(start[i], start[i + 1]):
            total += blocks[k] * p[columns[k]]
    product[i] = total


@wp.kernel(enable_backward=False)
def fill_domains(
    rows: wp.array(dtype=int),
    columns: wp.array(dtype=int),
    blocks: wp.array(dtype=mat33),
    shift: wp.array(dtype=real),
    free: wp.array(dtype=bool),
    slots: wp.array2d(dtype=int),
    domains: wp.array3d(dtype=real),
):
    """Add a block, a thread each, to the domain of every level in which both its vertices are."""
    k = wp.tid()
    i = rows[k]
    j = columns[k]
    if not free[i] or not free[j]:
        return
    block = blocks[k]
    if i == j:
        block += shift[i] * wp.identity(n=3, dtype=real)
    for level in range(slots.shape[0]):
        s = slots[level, i]
        t = slots[level, j]
        d = s // DOMAIN
        if d == t // DOMAIN:
            for p in range(3):
                for q in range(3):
                    wp.atomic_add(domains, d, 3 * (s % DOMAIN) + p, 3 * (t % DOMAIN) + q, block[p, q])


@wp.kernel(enable_backward=False)
def fill_gaps(domains: wp.array3d(dtype=real)):
    """The identity where a domain has no vertex, or a held one: a thread a row."""
    d, i = wp.tid()
    if domains[d, i, i] == real(0.0):
        domains[d, i, i] = real(1.0)


@wp.kernel(enable_backward=False)
def eliminate(before: wp.array3d(dtype=real), k: int, after: wp.array3d(dtype=real), least: wp.array(dtype=real)):
    """Gauss and Jordan's step for the unknown k of every domain, a thread a number: after all, the inverse is left."""
    d, i, j = wp.tid()
    pivot = before[d, k, k]
    value = before[d, i, j]
    if i == k and j == k:
        wp.atomic_min(least, 0, pivot)
        value = real(1.0) / pivot
    elif i == k:
        value = value / pivot
    elif j == k:
        value = -value / pivot
    else:
        value -= before[d, i, k] * before[d, k, j] / pivot
    after[d, i, j] = value


@wp.kernel(enable_backward=False)
def gather(slots: wp.array2d(dtype=int), r: wp.array(dtype=vec3), gathered: wp.array(dtype=vec3)):
    """Add up what the vertices have in the nodes of every level, a thread a level and vertex."""
    level, i = wp.tid()
    wp.atomic_add(gathered, slots[level, i], r[i])


@wp.kernel(enable_backward=False)
def solve_domains(inverse: wp.array3d(dtype=real), gathered: wp.array(dtype=vec3), solved: wp.array(dtype=vec3)):
    """Each node's row of its domain's inverse, which is read by columns: neighbouring threads read neighbours."""
    s = wp.tid()
    d = s // DOMAIN
    row = 3 * (s % DOMAIN)
    total = vec3()
    for t in range(DOMAIN):
        v = gathered[d * DOMAIN + t]
        for q in range(3):
            c = 3 * t + q
            total += v[q] * vec3(inverse[d, c, row], inverse[d, c, row + 1], inverse[d, c, row + 2])
    solved[s] = total


@wp.kernel(enable_backward=False)
def spread(
    slots: wp.array2d(dtype=int), free: wp.array(dtype=bool), solved: wp.array(dtype=vec3), z: wp.array(dtype=vec3)
):
    """Add up every level's answer at the vertices."""
    i = wp.tid()
    total = vec3()
    if free[i]:
        for level in range(slots.shape[0]):
            total += solved[slots[level, i]]
    z[i] = total


@wp.kernel(enable_backward=False)
def advance(
    energy: wp.array(dtype=real),
    curvature: wp.array(dtype=real),
    p: wp.array(dtype=vec3),
    product: wp.array(dtype=vec3),
    x: wp.array(dtype=vec3),
    r: wp.array(dtype=vec3),
    least: wp.array(dtype=real),
):
    """Move x and r along p, as far as the residual's energy r . z and the curvature p . A p say."""
    i = wp.tid()
    share = real(0.0)
    if energy[0] > real(0.0):
        share = energy[0] / curvature[0]
        if i == 0:
            least[0] = wp.min(least[0], curvature[0])
    x[i] += share * p[i]
    r[i] -= share * product[i]


@wp.kernel(enable_backward=False)
def turn(before: wp.array(dtype=real), after: wp.array(dtype=real), z: wp.array(dtype=vec3), p: wp.array(dtype=vec3)):
    """The next direction, conjugate to those before."""
    i = wp.tid()
    share = real(0.0)
    if before[0] > real(0.0):
        share = after[0] / before[0]
    p[i] = z[i] + share * p[i]
