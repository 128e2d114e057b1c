# SPDX-License-Identifier: GPL-3.0-or-later
"""Matrices of 3 × 3 blocks: summing them up, a thread a block; see `implicit.linear`."""

import warp as wp

from .contact import vec4
from .membrane import mat33, real


@wp.kernel(enable_backward=False)
def begin(which: wp.array(dtype=int), given: wp.array(dtype=mat33), blocks: wp.array(dtype=mat33)):
    """Put the given blocks at these places."""
    place = which[wp.tid()]
    blocks[place] = given[place]


@wp.kernel(enable_backward=False)
def add_gathered(
    which: wp.array(dtype=int),
    first: wp.array(dtype=int),
    order: wp.array(dtype=int),
    places: wp.array(dtype=int),
    mirrored: wp.array(dtype=int),
    given: wp.array(dtype=mat33),
    blocks: wp.array(dtype=mat33),
):
    """Add to blocks[places[t]] the given ones order[first[t]] … order[first[t + 1] - 1], always in the same order,
    for each t of `which`.

    Their transpose is added to blocks[mirrored[t]], where that is another place.
    """
    t = which[wp.tid()]
    total = mat33()
    for k in range(first[t], first[t + 1]):
        total += given[order[k]]
    place = places[t]
    mirror = mirrored[t]
    blocks[place] += total
    if mirror != place:
        blocks[mirror] += wp.transpose(total)


@wp.kernel(enable_backward=False)
def add_pairs(
    pairs: wp.array(dtype=wp.vec4i),
    weights: wp.array(dtype=vec4),
    given: wp.array(dtype=mat33),
    start: wp.array(dtype=int),
    columns: wp.array(dtype=int),
    blocks: wp.array(dtype=mat33),
    missing: wp.array(dtype=int),
):
    """Add w_i w_j times a pair's own block for each two of its four vertices, or tell that one has no place.

    Vertices that are no rows, and pairs whose block is nothing, are left out.
    """
    t = wp.tid()
    own = given[t]
    if wp.trace(own) == real(0.0):
        return
    q = pairs[t]
    w = weights[t]
    n = start.shape[0] - 1
    for a in range(4):
        i = q[a]
        if i < n and w[a] != real(0.0):
            for b in range(4):
                j = q[b]
                if j < n and w[b] != real(0.0):
                    low = start[i]
                    high = start[i + 1]
                    last = high
                    while low < high:
                        middle = (low + high) // 2
                        if columns[middle] < j:
                            low = middle + 1
                        else:
                            high = middle
                    if low < last and columns[low] == j:
                        wp.atomic_add(blocks, low, w[a] * w[b] * own)
                    else:
                        missing[0] = 1
