# SPDX-License-Identifier: GPL-3.0-or-later
"""Matrices of 3 × 3 blocks: summing them up, a thread a block; see `implicit.linear`."""

import warp as wp

from .membrane import mat33


@wp.kernel(enable_backward=False)
def add_gathered(
    first: wp.array(dtype=int),
    order: wp.array(dtype=int),
    places: wp.array(dtype=int),
    given: wp.array(dtype=mat33),
    blocks: wp.array(dtype=mat33),
):
    """Add to blocks[places[t]] the given ones order[first[t]] … order[first[t + 1] - 1], always in the same order."""
    t = wp.tid()
    total = mat33()
    for k in range(first[t], first[t + 1]):
        total += given[order[k]]
    blocks[places[t]] += total
