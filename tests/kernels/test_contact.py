# SPDX-License-Identifier: GPL-3.0-or-later
"""Contact: distances and collisions as another library has them, a barrier that is its own slope, friction's cone."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

pytest.importorskip("warp")
ipctk = pytest.importorskip("ipctk")
TRIED = "import ipctk, numpy; ipctk.point_triangle_distance(*numpy.eye(4, 3))"
if subprocess.run([sys.executable, "-c", TRIED], check=False).returncode:  # it would take all tests with it
    pytest.skip("this ipctk was built for another processor", allow_module_level=True)

import warp as wp
from toile.sim.implicit.contact import Contact
from toile.sim.implicit.device import ready
from toile.sim.implicit.kernels.membrane import mat33, vec3
from toile.sim.implicit.linear import Matrix
from toile.sim.intersections import intersections

DEVICE = ready("cpu")
TRIANGLE = np.array([[0, 1, 2]], np.int32)


def on_device(x):
    return wp.array(np.ascontiguousarray(x), dtype=vec3, device=DEVICE)


def contact_of(faces, n, obstacle=None, reach=0.01, stiffness=1.0, friction=0.4):
    """Contact of a cloth of n vertices; the obstacle's faces count from 0."""
    obstacle = np.empty((0, 3), np.int32) if obstacle is None else obstacle + n
    same = np.full(n, friction)
    return Contact(faces, n, obstacle.astype(np.int32), np.full(n, stiffness), reach, reach, same, same, DEVICE)


def two_triangles(rng, apart):
    """Two triangles of about 1 cm, `apart` metres from one another along z."""
    x = rng.uniform(-0.01, 0.01, (6, 3))
    x[:, 2] *= 0.3
    x[3:, 2] += apart
    return x


def nearest(x):
    """The least distance between the triangles 012 and 345."""
    corners = [(p, [3, 4, 5] if p < 3 else [0, 1, 2]) for p in range(6)]
    found = [ipctk.point_triangle_distance(x[p], *x[triangle]) for p, triangle in corners]
    sides = ((0, 1), (0, 2), (1, 2))
    found += [ipctk.edge_edge_distance(*x[[*a]], *x[[c + 3 for c in b]]) for a in sides for b in sides]
    return min(found) ** 0.5


@settings(max_examples=60)
@given(st.integers(0, 2**31), st.floats(0.004, 0.012))
def test_pairs_in_reach_and_their_distances_are_those_of_ipctk(seed, apart):
    x = two_triangles(np.random.default_rng(seed), apart)
    faces = np.array([[0, 1, 2], [3, 4, 5]], np.int32)
    contact = contact_of(faces, 6, reach=0.006)
    contact.look(on_device(x))
    gradient = wp.zeros(6, dtype=vec3, device=DEVICE)
    active = contact.add_derivatives(on_device(x), gradient)
    found = np.linalg.norm(np.einsum("kp,kpc->kc", active.weights, x[active.pairs]), axis=1)
    expected = []
    for p in range(6):
        triangle = [3, 4, 5] if p < 3 else [0, 1, 2]
        d = ipctk.point_triangle_distance(x[p], *x[triangle]) ** 0.5
        if d < 0.006:
            expected.append(d)
    for a, b in ((0, 1), (0, 2), (1, 2)):
        for c, d_ in ((3, 4), (3, 5), (4, 5)):
            d = ipctk.edge_edge_distance(x[a], x[b], x[c], x[d_]) ** 0.5
            if d < 0.006:
                expected.append(d)
    assert sorted(found) == pytest.approx(sorted(expected), rel=1e-9)


@settings(max_examples=40)
@given(st.integers(0, 2**31), st.floats(0.003, 0.008))
def test_the_barriers_gradient_is_its_energys_slope(seed, apart):
    rng = np.random.default_rng(seed)
    x = two_triangles(rng, apart)
    contact = contact_of(np.array([[0, 1, 2], [3, 4, 5]], np.int32), 6)
    contact.look(on_device(x), 1e-3)
    gradient = wp.zeros(6, dtype=vec3, device=DEVICE)
    contact.add_derivatives(on_device(x), gradient)
    way, step = rng.normal(size=x.shape), 1e-8
    slope = (contact.energy(on_device(x + step * way)) - contact.energy(on_device(x - step * way))) / (2 * step)
    scale = np.abs(gradient.numpy()).sum()
    assert slope == pytest.approx(float(np.sum(gradient.numpy() * way)), rel=1e-4, abs=1e-5 * scale + 1e-12)


def test_contact_forces_add_up_to_nothing_and_turn_nothing():
    x = two_triangles(np.random.default_rng(5), 0.005)
    contact = contact_of(np.array([[0, 1, 2], [3, 4, 5]], np.int32), 6)
    contact.look(on_device(x))
    gradient = wp.zeros(6, dtype=vec3, device=DEVICE)
    active = contact.add_derivatives(on_device(x), gradient)
    g = gradient.numpy()
    assert len(active.force)
    assert np.abs(g.sum(axis=0)).max() < 1e-12 * np.abs(g).max()
    assert np.abs(np.cross(x, g).sum(axis=0)).max() < 1e-12 * np.abs(g).max()


def test_the_barriers_blocks_are_positive_and_symmetric():
    x = two_triangles(np.random.default_rng(6), 0.004)
    contact = contact_of(np.array([[0, 1, 2], [3, 4, 5]], np.int32), 6)
    contact.look(on_device(x))
    contact.add_derivatives(on_device(x), wp.zeros(6, dtype=vec3, device=DEVICE))
    nowhere = np.empty(0, np.int64)
    summed = Matrix(nowhere, nowhere, sparse.csr_matrix((6, 6)), DEVICE)
    summed.fill(x, wp.empty(0, dtype=mat33, device=DEVICE), [], contact.blocks)
    p = summed.pattern
    matrix = sparse.bsr_matrix((summed.blocks.numpy(), p.columns, p.start), shape=(18, 18)).toarray()
    assert np.abs(matrix).max() > 0
    assert np.allclose(matrix, matrix.T)
    assert np.linalg.eigvalsh(matrix).min() > -1e-9 * np.abs(matrix).max()


@settings(max_examples=40)
@given(st.integers(0, 2**31), st.floats(0.004, 0.02))
def test_what_was_looked_for_is_all_there_is_while_nothing_moves_farther(seed, apart):
    rng = np.random.default_rng(seed)
    x = two_triangles(rng, apart)
    far = rng.uniform(0.0, 0.01, 6)
    way = rng.normal(size=x.shape)
    there = x + (far * rng.uniform(0.0, 1.0, 6) / np.linalg.norm(way, axis=1))[:, None] * way
    faces = np.array([[0, 1, 2], [3, 4, 5]], np.int32)
    before, anew = contact_of(faces, 6), contact_of(faces, 6)
    before.look(on_device(x), far)
    anew.look(on_device(x))
    anew.look(on_device(there))
    assert before.energy(on_device(there)) == pytest.approx(anew.energy(on_device(there)), rel=1e-6, abs=0.0)
    nothing = wp.zeros(6, dtype=vec3, device=DEVICE)
    assert len(before.add_derivatives(on_device(there), nothing).force) == len(
        anew.add_derivatives(on_device(there), nothing).force
    )


@settings(max_examples=40)
@given(st.integers(0, 2**31), st.floats(0.0005, 0.02), st.floats(0.001, 0.1))
def test_no_step_passes_through(seed, apart, speed):
    """What is left of a move crosses nothing on its way, and comes no nearer than a tenth."""
    rng = np.random.default_rng(seed)
    x = two_triangles(rng, apart)
    a, b = np.array([[0, 1, 2]]), np.array([[3, 4, 5]])
    if len(intersections(x, a, x, b)):
        return
    move = rng.normal(0, speed, x.shape)
    contact = contact_of(np.concatenate([a, b]).astype(np.int32), 6)
    contact.look(on_device(x), float(np.linalg.norm(move, axis=1).max()))
    share = contact.free_share(on_device(x), on_device(move))
    assert 0.0 < share <= 1.0
    first = set(contact.first.tolist())  # of a pair, vertices of both
    assert (len(first) == 4 and first & {0, 1, 2} and first & {3, 4, 5}) if share < 1.0 else not first
    for part in np.linspace(0, share, 5):
        there = x + part * move
        assert not len(intersections(there, a, there, b))
    # ipctk's distances along the way: additive detection leaves a tenth of the first one.
    gaps = [nearest(x + part * move) for part in np.linspace(0, share, 40)]
    assert min(gaps) > 0.0999 * gaps[0]


def test_friction_holds_up_to_its_cone_and_slides_beyond():
    """A triangle pressed on a large one: the tangential force grows to mu N and stays there."""
    x = np.array([[0, 0, 0.003], [0.01, 0, 0.003], [0, 0.01, 0.003], [-1, -1, 0], [1, -1, 0], [0, 1, 0.0]])
    contact = contact_of(TRIANGLE, 3, TRIANGLE, reach=0.01, friction=0.4)
    contact.look(on_device(x), 0.1)
    active = contact.add_derivatives(on_device(x), wp.zeros(6, dtype=vec3, device=DEVICE))
    normal = active.force.sum()
    slip = 1e-4
    contact.anchor(on_device(x), active, slip)
    forces = []
    for slid in (0.0, 0.5 * slip, slip, 5 * slip):
        moved = x.copy()
        moved[:3, 0] += slid
        gradient = wp.zeros(6, dtype=vec3, device=DEVICE)
        contact.add_friction(on_device(moved), gradient)
        forces.append(float(gradient.numpy()[:3, 0].sum()))
    assert forces[0] == 0.0
    assert 0 < forces[1] < forces[2]
    assert forces[2] == pytest.approx(0.4 * normal, rel=1e-9)
    assert forces[3] == pytest.approx(0.4 * normal, rel=1e-9)


def test_what_sticks_stays_where_it_was_however_often_friction_is_renewed():
    x = np.array([[0, 0, 0.003], [0.01, 0, 0.003], [0, 0.01, 0.003], [-1, -1, 0], [1, -1, 0], [0, 1, 0.0]])
    contact = contact_of(TRIANGLE, 3, TRIANGLE)
    contact.look(on_device(x), 0.1)
    slip, forces = 1e-4, []
    for _ in range(4):
        active = contact.add_derivatives(on_device(x), wp.zeros(6, dtype=vec3, device=DEVICE))
        contact.anchor(on_device(x), active, slip)
        x[:3, 0] = 0.5 * slip
        gradient = wp.zeros(6, dtype=vec3, device=DEVICE)
        contact.add_friction(on_device(x), gradient)
        forces.append(float(gradient.numpy()[:3, 0].sum()))
    assert np.allclose(forces, forces[0], rtol=1e-9)
    assert forces[0] > 0


def test_a_cloth_far_from_everything_feels_nothing():
    x = np.array([[0, 0, 1.0], [0.01, 0, 1.0], [0, 0.01, 1.0], [-1, -1, 0], [1, -1, 0], [0, 1, 0.0]])
    contact = contact_of(TRIANGLE, 3, TRIANGLE)
    contact.look(on_device(x), 0.01)
    assert contact.energy(on_device(x)) == 0.0
    assert contact.free_share(on_device(x), on_device(np.full((6, 3), 0.001))) == 1.0
    assert not len(contact.first)


def test_what_followed_a_cloth_for_long_finds_what_one_that_looks_for_the_first_time_does():
    rng = np.random.default_rng(3)
    x = rng.uniform(0, 0.05, (60, 3))
    faces = rng.permutation(60).reshape(20, 3).astype(np.int32)
    followed = contact_of(faces, 60, reach=0.006)
    for _ in range(80):  # trees are made anew twice
        x = x + rng.normal(0, 0.001, x.shape)
        followed.look(on_device(x))
    fresh = contact_of(faces, 60, reach=0.006)
    fresh.look(on_device(x))
    felt = []
    for contact in (followed, fresh):
        active = contact.add_derivatives(on_device(x), wp.zeros(60, dtype=vec3, device=DEVICE))
        felt.append({tuple(pair) for pair in active.pairs})
    assert felt[0] == felt[1]
    assert len(felt[1]) > 50
