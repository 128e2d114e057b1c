# SPDX-License-Identifier: GPL-3.0-or-later
"""A part of the cloth that moves alone: it is told the same as the whole cloth is, and nothing else moves."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("warp")
pytest.importorskip("cvxopt")

from toile.sim import mechanics
from toile.sim.implicit.contact import Contact
from toile.sim.implicit.membrane import elements
from toile.sim.implicit.newton import Garment, calmed, relax
from toile.sim.implicit.schwarz import Schwarz
from toile.sim.laboratory.meshes import Cut, strip

VISCOSE = mechanics("viscose_twill")
APART = 8e-4  # metres between two layers that feel each other
NEAR = 1e-3


def layers():
    """Two strips that lie one on the other and feel each other, held at one end: positions and their cloth."""
    cut = Cut(0.01, "delaunay")
    flat = strip(cut, np.arange(0.0, 0.16, cut.row), 0.05)
    n, uv = len(flat.points), cut.uv(flat.points)
    x = np.concatenate([np.pad(flat.points, ((0, 0), (0, 1)), constant_values=z) for z in (0.0, APART)])
    faces = np.concatenate([flat.faces, flat.faces + n]).astype(np.int32)
    corners = np.concatenate([uv, uv])[faces]
    rub = np.full(2 * n, VISCOSE.friction)
    contact = Contact(faces, 2 * n, np.empty((0, 3), np.int32), np.full(2 * n, 1.0), NEAR, NEAR, rub, rub, "cpu")
    held = x[:, 0] < x[:, 0].min() + 0.011
    which = np.zeros(len(faces), np.int32)
    down = (0.0, 0.0, -9.80665)
    return x, Garment(faces, corners, elements(corners), which, [VISCOSE], 2 * n, down, held, "cpu", contact)


def blocks(garment, among):
    """The matrix's blocks whose row and column are both among these vertices, by their key."""
    pattern = garment.matrix.pattern
    kept = pattern.among(among)
    found = garment.matrix.blocks.numpy()[kept]
    return {int(k): b for k, b in zip(pattern.keys[kept], found, strict=True) if b.any()}


def energy(garment, x):
    return sum(garment.energies(x).values())


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**31), st.floats(0.02, 0.06), st.sampled_from([0.0, 0.3, 1.0]))
def test_a_part_is_told_what_the_whole_is(seed, across, convexity):
    rng = np.random.default_rng(seed)
    x, garment = layers()
    x = x + rng.normal(0.0, 4e-5, x.shape)
    moving = np.linalg.norm(x - x[rng.integers(len(x))], axis=1) < across
    there = np.where((moving & garment.free)[:, None], x + rng.normal(0.0, 4e-5, x.shape), x)
    _, whole = layers()
    garment.convexity = whole.convexity = convexity
    before, begun = garment.derivatives(x), energy(garment, x)
    whole.derivatives(x)
    from_whole = -energy(whole, x)
    with garment.only(moving):
        free = garment.free.copy()
        slope = garment.derivatives(there)
        gained = energy(garment, there) - begun
        told = blocks(garment, free)
    expected = whole.derivatives(there)
    assert np.abs(slope.gradient - expected.gradient)[free].max() < 1e-9 * np.abs(expected.gradient).max()
    asked = blocks(whole, free)
    largest = max(np.abs(b).max() for b in asked.values())
    assert told.keys() == asked.keys()
    assert all(np.abs(told[k] - asked[k]).max() < 1e-9 * largest for k in asked)
    from_whole += energy(whole, there)
    assert gained == pytest.approx(from_whole, rel=1e-6, abs=1e-12)
    # And it has forgotten nothing of the rest.
    again = garment.derivatives(x)
    assert np.abs(again.gradient - before.gradient).max() < 1e-9 * np.abs(before.gradient).max()


def test_what_is_poked_comes_to_rest_and_the_rest_stays():
    x, garment = layers()
    x, state, _ = relax(garment, x, 1e-4, 200)
    assert state.residual <= 1e-4
    poked = int(np.flatnonzero(garment.free)[-1])
    there = x.copy()
    there[poked, 2] += 2e-3
    slope = garment.derivatives(there)
    part = garment.part(slope)
    assert part is not None
    assert part[poked]
    new = calmed(garment, there, 1e-4)
    assert np.array_equal(new[~part], there[~part])
    assert energy(garment, new) < energy(garment, there)
    assert garment.derivatives(new).residual < slope.residual / 3
    assert calmed(garment, x, 1e-4) is x


def test_in_parts_or_whole_it_hangs_the_same():
    """Where there is one way to hang: two strips that bend down from where they are held."""
    ends = []
    for in_parts in (False, True):
        x, garment = layers()
        if not in_parts:
            garment.linear = Schwarz(garment.free, "cpu")
        x, state, _ = relax(garment, x, 1e-6, 400)
        assert state.residual <= 1e-6
        ends.append(x)
    assert np.abs(ends[0] - ends[1]).max() < 1e-4
