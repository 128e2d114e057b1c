# SPDX-License-Identifier: GPL-3.0-or-later
"""Conjugate gradients on 3 × 3 blocks, and the domains of their preconditioner; see `implicit.schwarz`."""

import warp as wp

from .membrane import mat33, real

DOMAIN = 32  # nodes, each of three unknowns
SUMS = 64  # parts in which a sum over all unknowns is added up


@wp.func
def _total(partial: wp.array(dtype=real)):
    """What many threads have added up, each to one of a few partial sums so as not to wait for one another."""
    total = real(0.0)
    for k in range(partial.shape[0]):
        total += partial[k]
    return total


@wp.kernel(enable_backward=False)
def multiply(
    start: wp.array(dtype=int),
    columns: wp.array(dtype=int),
    blocks: wp.array(dtype=real),
    shift: wp.array(dtype=real),
    free: wp.array(dtype=bool),
    p: wp.array(dtype=real),
    product: wp.array(dtype=real),
    curvature: wp.array(dtype=real),
    after: wp.array(dtype=real),
    gathered: wp.array(dtype=real),
):
    """(A + D) p and p . (A + D) p, a thread an unknown; nothing where a vertex is held. What comes next is cleared."""
    t = wp.tid()
    n = p.shape[0]
    i = t // 3
    c = t % 3
    total = real(0.0)
    if free[i]:
        total = shift[i] * p[t]
        for k in range(start[i], start[i + 1]):
            j = 3 * columns[k]
            b = 9 * k + 3 * c
            total += blocks[b] * p[j] + blocks[b + 1] * p[j + 1] + blocks[b + 2] * p[j + 2]
        wp.atomic_add(curvature, t % curvature.shape[0], p[t] * total)
    product[t] = total
    if t < after.shape[0]:
        after[t] = real(0.0)
    for k in range(t, gathered.shape[0], n):
        gathered[k] = real(0.0)


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


@wp.func
def _gather(t: int, value: real, slots: wp.array2d(dtype=int), gathered: wp.array(dtype=real)):
    for level in range(slots.shape[0]):
        wp.atomic_add(gathered, 3 * slots[level, t // 3] + t % 3, value)


@wp.kernel(enable_backward=False)
def gather(slots: wp.array2d(dtype=int), r: wp.array(dtype=real), gathered: wp.array(dtype=real)):
    """Add up what the vertices have in the nodes of every level, a thread an unknown."""
    t = wp.tid()
    _gather(t, r[t], slots, gathered)


@wp.kernel(enable_backward=False)
def solve_domains(inverse: wp.array3d(dtype=real), gathered: wp.array(dtype=real), solved: wp.array(dtype=real)):
    """An unknown's row of its domain's inverse, read by columns: neighbouring threads read neighbours.

    Of two short loops Warp makes none: the reading of one number does not wait for that of the last.
    """
    t = wp.tid()
    size = 3 * DOMAIN
    d = t // size
    row = t % size
    total = real(0.0)
    for high in range(DOMAIN // 4):
        for low in range(12):
            c = 12 * high + low
            total += inverse[d, c, row] * gathered[d * size + c]
    solved[t] = total


@wp.kernel(enable_backward=False)
def spread(
    slots: wp.array2d(dtype=int),
    free: wp.array(dtype=bool),
    solved: wp.array(dtype=real),
    r: wp.array(dtype=real),
    z: wp.array(dtype=real),
    energy: wp.array(dtype=real),
    curvature: wp.array(dtype=real),
):
    """Add up every level's answer z at the vertices, and r . z. The curvature is cleared for the next direction."""
    t = wp.tid()
    total = real(0.0)
    if free[t // 3]:
        for level in range(slots.shape[0]):
            total += solved[3 * slots[level, t // 3] + t % 3]
        wp.atomic_add(energy, t % energy.shape[0], r[t] * total)
    z[t] = total
    if t < curvature.shape[0]:
        curvature[t] = real(0.0)


@wp.kernel(enable_backward=False)
def advance(
    energy: wp.array(dtype=real),
    curvature: wp.array(dtype=real),
    p: wp.array(dtype=real),
    product: wp.array(dtype=real),
    slots: wp.array2d(dtype=int),
    x: wp.array(dtype=real),
    r: wp.array(dtype=real),
    gathered: wp.array(dtype=real),
    least: wp.array(dtype=real),
):
    """Move x and r along p, as far as r . z and the curvature p . A p say, and gather the new r."""
    t = wp.tid()
    share = real(0.0)
    left = _total(energy)
    if left > real(0.0):
        bent = _total(curvature)
        share = left / bent
        if t == 0:
            least[0] = wp.min(least[0], bent)
    x[t] += share * p[t]
    value = r[t] - share * product[t]
    r[t] = value
    _gather(t, value, slots, gathered)


@wp.kernel(enable_backward=False)
def turn(before: wp.array(dtype=real), after: wp.array(dtype=real), z: wp.array(dtype=real), p: wp.array(dtype=real)):
    """The next direction, conjugate to those before."""
    t = wp.tid()
    share = real(0.0)
    left = _total(before)
    if left > real(0.0):
        share = _total(after) / left
    p[t] = z[t] + share * p[t]
