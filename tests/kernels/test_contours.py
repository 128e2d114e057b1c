# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers that went a little through each other, or into what they lie on, come apart on the sides that they were on."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toile.sim import contours
from toile.sim.contours import parted
from toile.sim.distance import MeshDistance
from toile.sim.intersections import intersections, self_intersections

SIDE, N = 0.2, 21  # metres, vertices


def sheet(height, turned=0.0):
    """A square net, turned about its middle, with height(x, y) over it: vertices (n, 3), faces (m, 3)."""
    x, y = (c.ravel() for c in np.meshgrid(*[np.linspace(-SIDE / 2, SIDE / 2, N)] * 2, indexing="ij"))
    x, y = np.cos(turned) * x - np.sin(turned) * y, np.sin(turned) * x + np.cos(turned) * y
    i = (np.arange(N - 1)[:, None] * N + np.arange(N - 1)).ravel()
    faces = np.concatenate([np.stack([i, i + N, i + N + 1], 1), np.stack([i, i + N + 1, i + 1], 1)]).astype(np.int32)
    return np.column_stack([x, y, height(x, y)]), faces


def flat(at):
    return lambda x, y: np.full_like(x, at)


def dented(above, deep, x0, y0, wide):
    return lambda x, y: above - deep * np.exp(-((x - x0) ** 2 + (y - y0) ** 2) / wide**2)


def two(below, above):
    one, other = sheet(below), sheet(above, 0.4)
    return np.concatenate([one[0], other[0]]), np.concatenate([one[1], other[1] + len(one[0])])


FAR = MeshDistance(*sheet(flat(-1.0)))


DIPS = [
    (3.03e-4, 1.47e-3, 0.0, 0.0, 0.0156),
    (3.76e-4, 3e-4, 0.0, 0.0313, 0.0234),
    (1e-3, 2e-3, 0.01, 0.02, 0.02),
    (2e-4, 2e-3, 0.02, -0.03, 0.025),
    (2e-4, 3e-4, 0.0, 0.0, 0.025),
    (5e-4, 2e-3, 0.03, 0.03, 0.012),
    (2e-4, 2e-3, 0.0, 0.0, 0.01),
]


@pytest.mark.parametrize(("above", "deep", "x", "y", "wide"), DIPS)
def test_a_layer_that_dips_through_another_comes_out_on_its_own_side(above, deep, x, y, wide):
    points, faces = two(flat(0.0), dented(above, above + deep, x, y, wide))
    assert len(self_intersections(points, faces))
    done = parted(points, faces, FAR)
    assert not len(self_intersections(done, faces))
    lower, upper = np.split(done, 2)
    near = upper[np.hypot(upper[:, 0] - x, upper[:, 1] - y) < wide]
    below = lower[np.argmin(((near[:, None, :2] - lower[:, :2]) ** 2).sum(axis=2), axis=1)]
    assert (near[:, 2] - below[:, 2]).mean() > 0


@settings(max_examples=12, deadline=None)
@given(
    st.floats(2e-4, 1e-3), st.floats(3e-4, 2e-3), st.floats(-0.04, 0.04), st.floats(-0.04, 0.04), st.floats(0.01, 0.025)
)
def test_no_more_cross_than_before_and_nothing_else_moves(above, deep, x, y, wide):
    points, faces = two(flat(0.0), dented(above, above + deep, x, y, wide))
    done = parted(points, faces, FAR)
    assert len(self_intersections(done, faces)) <= len(self_intersections(points, faces))
    aside = np.hypot(points[:, 0] - x, points[:, 1] - y) > 3 * wide + 0.03
    assert np.array_equal(done[aside], points[aside])


def test_what_stands_still_is_left_by_the_cloth_alone():
    ground = MeshDistance(*sheet(dented(0.0, -0.003, 0.0, 0.0, 0.02)))
    points, faces = sheet(flat(0.0025), 0.4)
    assert len(intersections(points, faces, ground.vertices, ground.faces))
    done = parted(points, faces, ground)
    assert not len(intersections(done, faces, ground.vertices, ground.faces))
    assert (ground.query(done).signed_distance > 0).all()
    assert np.abs(done - points).max() < 0.006


def test_a_layer_between_another_and_the_ground_goes_into_neither():
    ground = MeshDistance(*sheet(flat(0.0), -0.3))
    points, faces = two(dented(5e-4, 8e-4, -0.02, 0.0, 0.015), dented(1e-3, 8e-4, 0.02, 0.0, 0.015))
    done = parted(points, faces, ground)
    assert not len(self_intersections(done, faces))
    assert not len(intersections(done, faces, ground.vertices, ground.faces))


def test_what_crosses_nothing_stays_where_it_is():
    points, faces = two(flat(0.0), flat(1e-4))
    assert parted(points, faces, FAR) is points


@pytest.mark.parametrize("seed", range(3))
def test_what_cannot_be_parted_is_no_worse_than_before(seed):
    points, faces = two(flat(0.0), flat(0.0))
    points += np.random.default_rng(seed).normal(0, 0.004, points.shape)
    done = parted(points, faces, FAR)
    assert np.isfinite(done).all()
    assert len(self_intersections(done, faces)) <= len(self_intersections(points, faces))


def test_what_is_told_to_stand_still_is_left_where_it_is():
    points, faces = two(flat(0.0), dented(3e-4, 1.8e-3, 0.0, 0.0, 0.015))
    upper = np.arange(len(points)) >= len(points) // 2
    done = parted(points, faces, FAR, 1.0 * upper[:, None])
    assert not len(self_intersections(done, faces))
    assert np.array_equal(done[~upper], points[~upper])
    assert (done[upper] != points[upper]).any()


def test_two_dents_far_from_each_other_are_parted_as_each_alone_would_be():
    """Only what lies about the crossings is looked at."""
    places = [(-0.06, -0.06), (0.06, 0.06)]
    dents = [dented(3e-4, 1.8e-3, *at, 0.012) for at in places]
    points, faces = two(flat(0.0), lambda x, y: np.minimum(*(dent(x, y) for dent in dents)))
    together = parted(points, faces, FAR)
    assert not len(self_intersections(together, faces))
    for (a, b), dent in zip(places, dents, strict=True):
        alone = parted(two(flat(0.0), dent)[0], faces, FAR)
        beside = np.hypot(points[:, 0] - a, points[:, 1] - b) < 0.05
        assert np.allclose(together[beside], alone[beside], atol=5e-4)


def crumpled(seed):
    """Two layers 0.8 mm apart, in a crumple within 12 mm of their middle."""
    points, faces = two(flat(0.0), flat(8e-4))
    within = np.hypot(points[:, 0], points[:, 1])[:, None] < 0.012
    return points + within * np.random.default_rng(seed).normal(0.0, 0.006, points.shape), faces


def test_a_little_noise_leads_out_where_contours_lead_in_a_circle(monkeypatch):
    def left():
        found = []
        for seed in range(8):
            points, faces = crumpled(seed)
            found.append(len(self_intersections(parted(points, faces, FAR), faces)))
        return np.array(found)

    shaken = left()
    monkeypatch.setattr(contours, "_SHAKES", ())
    still = left()
    assert (shaken <= still).all()
    assert shaken.sum() < still.sum()
    assert all(n <= len(self_intersections(*crumpled(seed))) for seed, n in enumerate(still))
