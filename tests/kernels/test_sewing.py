# SPDX-License-Identifier: GPL-3.0-or-later
"""What is sewn on: elastic that draws in, folds that bear no moment, trims that weigh, pockets and layers that hold."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("warp")
pytest.importorskip("cvxopt")

from scipy.optimize import brentq
from toile.sim import mechanics
from toile.sim.implicit.bending import bending_matrix
from toile.sim.implicit.elastic import Threads
from toile.sim.implicit.kernels.membrane import BUCKLED, COMPRESSION
from toile.sim.implicit.membrane import elements
from toile.sim.implicit.newton import Garment, SewnOn, relax
from toile.sim.laboratory.meshes import Cut, strip

GRAVITY = 9.80665
POPLIN = mechanics("cotton_poplin")
LIMP = replace(  # next to nothing: what is sewn on decides
    POPLIN, density=0.005, stretch_warp=5.0, stretch_weft=5.0, shear=5.0, bend_warp=1e-8, bend_weft=1e-8
)
random = st.integers(0, 2**31)


def along(path, ratio, stiffness, at):
    """Elastic along a path of vertices, relaxed at `ratio` of its length in the positions `at`."""
    ends = np.stack([path[:-1], path[1:]], axis=1).astype(np.int32)
    rest = ratio * np.linalg.norm(np.diff(at[path], axis=0), axis=1)
    return Threads(ends, rest, np.full(len(rest), stiffness))


def garment(uv, faces, fabric, held, threads=None, mass=None, creased=None, gravity=GRAVITY):
    nothing = SewnOn.nothing(len(faces), len(uv))
    on = SewnOn(
        nothing.threads if threads is None else threads,
        nothing.creased if creased is None else creased,
        nothing.mass if mass is None else mass,
    )
    rest, which = elements(uv[faces]), np.zeros(len(faces), np.int32)
    down = (0.0, 0.0, -gravity)
    return Garment(faces, uv[faces], rest, which, [fabric], len(uv), down, held, "cpu", sewn_on=on)


def hanging(length=0.3, width=0.02, h=0.02):
    """A strip that hangs from z = 0: positions, uv with the warp along it, faces."""
    cut = Cut(h, "regular")
    flat = strip(cut, np.arange(0.0, length + h / 2, h), width)
    x = np.column_stack([flat.points[:, 1], np.zeros(len(flat.points)), -flat.points[:, 0]])
    return x, cut.uv(flat.points), flat.faces.astype(np.int32)


# ---- Elastic ----


@settings(max_examples=20)
@given(random, st.floats(0.3, 1.2))
def test_elastics_forces_and_their_slopes_are_those_of_its_energy(seed, ratio):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(9, 3))
    threads = along(rng.permutation(9), ratio, 30.0, x)
    way, step = rng.normal(size=x.shape), 1e-6
    slope = (threads.energy(x + step * way) - threads.energy(x - step * way)) / (2 * step)
    assert slope == pytest.approx(np.sum(threads.gradient(x) * way), rel=1e-5, abs=1e-7)
    dense = np.zeros((9, 9, 3, 3))
    np.add.at(dense, (threads.rows, threads.columns), threads.blocks(x))
    dense = dense.transpose(0, 2, 1, 3).reshape(27, 27)
    bent = (threads.gradient(x + step * way) - threads.gradient(x - step * way)) / (2 * step)
    np.testing.assert_allclose(dense @ way.ravel(), bent.ravel(), atol=1e-4 * max(1.0, np.abs(bent).max()))
    assert np.linalg.eigvalsh(dense).min() > -1e-9
    np.testing.assert_allclose(threads.gradient(x).sum(axis=0), 0.0, atol=1e-12)


def test_slack_elastic_does_not_push():
    x = np.random.default_rng(1).normal(size=(5, 3))
    threads = along(np.arange(5), 1.5, 100.0, x)
    assert threads.energy(x) == 0.0
    assert not threads.gradient(x).any()
    assert not threads.blocks(x).any()


def side_by_side(*parts):
    return Threads(*(np.concatenate([getattr(p, name) for p in parts]) for name in ("ends", "rest", "stiffness")))


@pytest.mark.parametrize(("ratio", "weight"), [(0.6, 6.0), (1.0, 0.5), (0.8, 3.0)])
def test_a_strip_with_elastic_edges_lengthens_under_a_weight_as_the_law_says(ratio, weight):
    """Two bands of k newtons beside a cloth of Y newtons a metre: weight = 2 k (λ / ratio - 1) + Y w (λ - 1)."""
    x, uv, faces = hanging()
    top, bottom = np.isclose(x[:, 2], 0.0), np.isclose(x[:, 2], -0.3)
    edges = [np.flatnonzero(np.isclose(x[:, 0], side)) for side in (0.0, 0.02)]
    bands = side_by_side(*(along(edge, ratio, 4.0, x) for edge in edges))
    mass = np.where(bottom, weight / GRAVITY / bottom.sum(), 0.0)
    cloth = garment(uv, faces, LIMP, top, bands, mass)
    at = relax(cloth, x, 1e-8, 300)[0]
    # Of the cloth's own weight a half hangs below its middle.
    hung = weight + 0.5 * LIMP.density * 0.3 * 0.02 * GRAVITY
    stretch = brentq(lambda s: 8.0 * max(s / ratio - 1, 0.0) + 5.0 * 0.02 * (s - 1) - hung, 0.3, 5.0)
    assert -at[bottom, 2].mean() == pytest.approx(0.3 * stretch, rel=1e-4)


def test_a_tube_is_drawn_in_until_its_push_holds_the_elastics_pull():
    """Rows of elastic round a tube: k (λ / ratio - 1) a row against the cloth's compression over the row's height."""
    n, rows, h, k, ratio = 24, 5, 0.02, 0.05, 0.5
    flat = strip(Cut(h, "regular"), np.arange(rows) * h, n * h)  # its last column is sewn to the first
    i, j = np.divmod(np.arange(len(flat.points)), n + 1)
    weld = i * n + j % n
    angle, radius = 2 * np.pi * np.arange(n) / n, h / 2 / np.sin(np.pi / n)
    ring = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    x = np.concatenate([np.column_stack([ring, np.full(n, row * h)]) for row in range(rows)])
    loops = [along(np.append(np.arange(n), 0) + row * n, ratio, k, x) for row in range(rows)]
    # The outer rows have half of an inner one's cloth beside them.
    loops = [replace(t, stiffness=t.stiffness / (2 if row in (0, rows - 1) else 1)) for row, t in enumerate(loops)]
    corners = Cut(h, "regular").uv(flat.points)[flat.faces]
    faces, nothing = weld[flat.faces].astype(np.int32), SewnOn.nothing(len(flat.faces), len(x))
    on = replace(nothing, threads=side_by_side(*loops))
    free = np.zeros(len(x), bool)
    which = np.zeros(len(faces), np.int32)
    cloth = Garment(faces, corners, elements(corners), which, [LIMP], len(x), (0, 0, 0), free, "cpu", sewn_on=on)
    at = relax(cloth, x, 1e-9, 60)[0]

    def pull(stretch):
        pushed = np.where(
            1 - stretch > BUCKLED, BUCKLED * (1 + COMPRESSION) / 2 + COMPRESSION * (1 - stretch - BUCKLED), 0
        )
        return k * (stretch / ratio - 1) - LIMP.stretch_weft * h * pushed

    sides = np.linalg.norm(at.reshape(rows, n, 3) - np.roll(at.reshape(rows, n, 3), 1, axis=1), axis=2)
    np.testing.assert_allclose(sides / h, brentq(pull, ratio, 0.99), rtol=1e-4)


# ---- Creases ----


def creased_at(faces, x, height):
    """(m, 3) the edges at a height, by the corner that they are opposite to."""
    return np.stack(
        [np.isclose(x[faces[:, [(k + 1) % 3, (k + 2) % 3]], 2], height).all(axis=1) for k in range(3)], axis=1
    )


@settings(max_examples=15)
@given(random, st.integers(2, 12))
def test_cloth_bends_at_a_crease_as_if_it_were_cut_there(seed, row):
    x, uv, faces = hanging(width=0.06)
    rest, rigid = elements(uv[faces]), np.random.default_rng(seed).uniform(1e-6, 1e-4, (2, len(faces)))
    height = -0.02 * row
    whole = bending_matrix(faces, uv[faces], rest, *rigid, len(x), None, creased_at(faces, x, height))
    above = x[faces, 2].mean(axis=1) > height
    parts = [
        bending_matrix(faces[part], uv[faces[part]], elements(uv[faces[part]]), *rigid[:, part], len(x))
        for part in (above, ~above)
    ]
    assert np.abs(whole - parts[0] - parts[1]).max() < 1e-12 * np.abs(whole).max()


def test_a_strip_hangs_plumb_below_a_crease():
    """A shelf of stiff cloth, and beyond its edge a fold that no moment passes."""
    h, shelf = 0.01, 0.02
    cut = Cut(h, "alternate")
    flat = strip(cut, np.arange(0.0, 0.12 + h / 2, h), 0.03)
    x, uv, faces = flat.lifted, cut.uv(flat.points), flat.faces.astype(np.int32)
    creased = creased_at(faces, x[:, [1, 2, 0]], shelf)
    held = flat.points[:, 0] <= shelf + 1e-9
    bent = x.copy()
    beyond = ~held
    bent[beyond, 2] = -(x[beyond, 0] - shelf) * np.sin(0.9)
    bent[beyond, 0] = shelf + (x[beyond, 0] - shelf) * np.cos(0.9)
    stiff = replace(POPLIN, bend_warp=1e-4, bend_weft=1e-4)
    at, state, *_ = relax(garment(uv, faces, stiff, held, creased=creased), bent, 1e-9, 400)
    assert state.residual <= 1e-9
    assert np.abs(at[beyond, 0] - shelf).max() < 1e-8
    # And without the crease it stands out.
    at = relax(garment(uv, faces, stiff, held), bent, 1e-6, 400)[0]
    assert at[beyond, 0].max() > shelf + 0.02


# ---- Trims ----


@settings(max_examples=8)
@given(random)
def test_what_holds_a_strip_bears_its_cloth_and_its_trims(seed):
    x, uv, faces = hanging(width=0.06)
    held = np.isclose(x[:, 2], 0.0)
    mass = np.random.default_rng(seed).uniform(0.0, 0.003, len(x))
    cloth = garment(uv, faces, POPLIN, held, mass=mass)
    gradient = relax(cloth, x, 1e-9, 200)[2]
    weight = (POPLIN.density * 0.3 * 0.06 + mass.sum()) * GRAVITY
    np.testing.assert_allclose(gradient[held].sum(axis=0), [0.0, 0.0, weight], atol=1e-7 * weight)
