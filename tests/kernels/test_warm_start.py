# SPDX-License-Identifier: GPL-3.0-or-later
"""A changed pattern takes the place of the drape that hung there."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toile.bodies import avatar
from toile.patterns import draft
from toile.sim import Cloth, build_cloth
from toile.sim.distance import MeshDistance
from toile.sim.drape import DrapeRefused, Wishes
from toile.sim.intersections import intersections, self_intersections
from toile.sim.report import strain
from toile.sim.warm_start import MOST_RESIZED, Hung, PinsLost, carrier, warm_start

WISHES = Wishes(residual=1e-3)


@pytest.fixture(scope="module")
def body():
    return avatar({})


@pytest.fixture(scope="module")
def speck(body):
    """A body that is far away and small, where there is none to be met."""
    corners = np.array([[0.0, 0, 0], [0.1, 0, 0], [0, 0.1, 0], [0, 0, 0.1]])
    faces = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]], np.int32)
    return dataclasses.replace(body, vertices=corners, faces=faces, parts=np.zeros(4, np.int8))


@pytest.fixture(scope="module")
def skirt(body):
    """Cloth of a skirt as long and at that distance as asked."""
    measures = {name: m.value for name, m in body.measurements.items()}

    def make(distance=0.03, **choices):
        return build_cloth(draft("pencil_skirt", measures, choices), body, distance)

    return make


def hung_of(cloth, positions, pinned=()):
    return dataclasses.replace(Hung.of(cloth, positions), pinned=np.array(pinned, np.int32))


@pytest.fixture(scope="module")
def worn(body, skirt):
    """The placed skirt stands for a draped one: it is round the body and crosses nothing."""
    cloth = skirt()
    x = warm_start(cloth, body, hung_of(cloth, cloth.welded(cloth.vertices)), WISHES).start
    assert x is not None
    return hung_of(cloth, x)


def strip(length=1.0, width=0.2, steps=20, name="strip"):
    """One flat panel, warp along +v, hanging nowhere near a body."""
    u, v = np.meshgrid(np.linspace(0, width, 5), np.linspace(0, length, steps + 1))
    uv = np.column_stack([u.ravel(), v.ravel()])
    k = np.arange(len(uv)).reshape(u.shape)
    a, b, c, d = (k[:-1, :-1].ravel(), k[:-1, 1:].ravel(), k[1:, 1:].ravel(), k[1:, :-1].ravel())
    faces = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)]).astype(np.int32)
    n = len(uv)
    return Cloth(
        np.column_stack([uv[:, 0], np.full(n, 5.0), uv[:, 1]]), uv, faces, np.zeros(n, np.int16), (name,), ("main",),
        np.empty((0, 2), np.int32), np.empty(0, np.int16), (), np.arange(n, dtype=np.int32),
    )  # fmt: skip


def bent(uv, radius=0.4):
    """A strip rolled on a cylinder, as arc length says: an isometry of the plane."""
    angle = uv[:, 1] / radius
    return np.column_stack([uv[:, 0], 5 + radius * np.sin(angle), 2 - radius * np.cos(angle)])


def test_the_same_cloth_goes_on_where_it_hung(body, skirt, worn):
    started = warm_start(skirt(), body, worn, WISHES)
    np.testing.assert_allclose(started.start, worn.vertices, atol=1e-9)
    assert started.residual == WISHES.residual
    assert len(started.pinned) == 0


@settings(max_examples=15)
@given(steps=st.integers(8, 40))
def test_another_mesh_of_the_same_strip_hangs_on_the_same_curve(speck, steps):
    old, new = strip(steps=60), strip(steps=steps)
    start = warm_start(new, speck, hung_of(old, bent(old.uv)), WISHES).start
    np.testing.assert_allclose(start, bent(new.uv), atol=0.4 * (1 / 60 / 0.4) ** 2 / 8 + 1e-9)  # the chord's sagitta


@settings(max_examples=15)
@given(longer=st.floats(1 - 0.9 * MOST_RESIZED, 1 + 0.9 * MOST_RESIZED))
def test_a_longer_strip_is_the_old_curve_with_its_threads_evenly_drawn(speck, longer):
    old, new = strip(steps=60), strip(length=longer, steps=45)
    start = warm_start(new, speck, hung_of(old, bent(old.uv)), WISHES).start
    np.testing.assert_allclose(start, bent(new.uv / [1, longer]), atol=2e-4)
    warp, weft = strain(new.uv[new.faces], start, new.faces).T
    np.testing.assert_allclose(warp, 1 / longer - 1, atol=2e-3)
    np.testing.assert_allclose(weft, 0, atol=1e-9)


def test_a_fine_mesh_rides_on_a_coarse_one_frame_after_frame(skirt):
    """What is carried is affine in the positions: it turns and moves as they do, and lies on the coarse faces."""
    fine, coarse = skirt(0.02), skirt(0.04)
    x = coarse.welded(coarse.vertices)
    carry = carrier(fine, Hung.of(coarse, x))
    turn = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    np.testing.assert_allclose(carry(x @ turn + [1, 2, 3]), carry(x) @ turn + [1, 2, 3], atol=1e-12)
    off = MeshDistance(x, coarse.welded_faces).query(carry(x)).signed_distance
    assert np.percentile(np.abs(off), 95) < 1e-3
    assert np.abs(off).max() < 0.015


@pytest.mark.slow
@pytest.mark.parametrize(
    "choices", [{"skirt_length": 0.85}, {"skirt_length": 1.15}, {"hip_ease": 0.08}, {"distance": 0.022}]
)
def test_a_changed_skirt_starts_on_the_body_and_crosses_nothing(body, skirt, worn, choices):
    cloth = skirt(**choices)
    start = warm_start(cloth, body, worn, WISHES).start
    assert start.shape == (cloth.welded_count, 3)
    assert not len(self_intersections(start, cloth.welded_faces))
    assert not len(intersections(start, cloth.welded_faces, body.vertices, body.faces))
    far = MeshDistance(worn.vertices, worn.faces).query(start).signed_distance
    assert np.abs(far).max() < 0.015, "it hangs where the old one hung"


def test_a_fuller_body_pushes_the_start_out(skirt, worn):
    fuller, cloth = avatar({"hip": 1.02}), skirt()
    assert len(intersections(worn.vertices, worn.faces, fuller.vertices, fuller.faces)) > 100
    start = warm_start(cloth, fuller, worn, WISHES).start
    assert start is not None
    assert not len(intersections(start, cloth.welded_faces, fuller.vertices, fuller.faces))


@pytest.mark.parametrize(
    "cloth", [strip(length=1 + 1.1 * MOST_RESIZED), strip(width=0.2 * (1 - 1.1 * MOST_RESIZED)), strip(name="sleeve")]
)
def test_what_is_too_different_starts_from_its_pieces(speck, cloth):
    old = strip()
    assert warm_start(cloth, speck, hung_of(old, bent(old.uv)), WISHES) is WISHES
    with pytest.raises(PinsLost, match="clear them"):
        warm_start(cloth, speck, hung_of(old, bent(old.uv), [0]), WISHES)
    assert issubclass(PinsLost, DrapeRefused)


def test_a_crossed_or_degenerate_drape_is_no_start(speck):
    cloth = strip()
    crossed = bent(cloth.uv, 0.05)  # rolled up three times on one another
    crossed[:, 0] += 0.1 * (cloth.uv[:, 1] > 0.5) * (cloth.uv[:, 0] > 0.1)
    assert warm_start(cloth, speck, hung_of(cloth, crossed), WISHES).start is None
    flat = dataclasses.replace(hung_of(cloth, bent(cloth.uv)), uv=np.zeros((len(cloth.faces), 3, 2)))
    assert warm_start(cloth, speck, flat, WISHES).start is None


@pytest.mark.parametrize("steps", [20, 35])
def test_pins_stay_where_they_are_in_space(speck, steps):
    old, new = strip(), strip(steps=steps)
    hung = hung_of(old, bent(old.uv), [0, 1, 2, 3, 4])  # the upper edge
    started = warm_start(new, speck, hung, WISHES)
    np.testing.assert_array_equal(started.pinned, [0, 1, 2, 3, 4])
    np.testing.assert_allclose(started.start[started.pinned], hung.vertices[hung.pinned], atol=1e-9)
