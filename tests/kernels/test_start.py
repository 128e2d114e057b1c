# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a drape starts: what crosses is parted, what is flat gets a height, and the rest is left as it is."""

import numpy as np
import pytest

pytest.importorskip("warp")

from toile.bodies import avatar
from toile.patterns import draft
from toile.sim import DrapeCancelled, DrapeRefused, build_cloth
from toile.sim.distance import MeshDistance
from toile.sim.drape import Watch
from toile.sim.implicit import start
from toile.sim.implicit.start import untangled
from toile.sim.intersections import intersections, self_intersections


@pytest.fixture(scope="module")
def body():
    return avatar({})


@pytest.fixture(scope="module")
def surface(body):
    return MeshDistance(body.vertices, body.faces)


@pytest.fixture(scope="module")
def cloth(body):
    return build_cloth(draft("pencil_skirt", {n: m.value for n, m in body.measurements.items()}), body, 0.035)


def heights(x, faces):
    """(m,) the least height of each triangle, m."""
    a, b, c = x[faces].transpose(1, 0, 2)
    longest = np.max([np.linalg.norm(q - p, axis=1) for p, q in ((a, b), (b, c), (c, a))], axis=0)
    return np.linalg.norm(np.cross(b - a, c - a), axis=1) / longest


def flattened(cloth):
    """The welded start with a corner of one inner triangle on the edge opposite, and that triangle."""
    x, faces = cloth.welded(cloth.vertices), cloth.welded_faces
    edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    edges, count = np.unique(edges, axis=0, return_counts=True)
    inner = np.setdiff1d(np.arange(len(x)), edges[count == 1])
    which = int(np.flatnonzero(np.isin(faces, inner).all(axis=1))[0])
    corner, *edge = faces[which]
    x[corner] = 0.999 * x[edge].mean(axis=0) + 0.001 * x[corner]
    return x, which


def test_a_start_that_touches_nothing_stays(cloth, surface):
    x = cloth.welded(cloth.vertices)
    assert np.array_equal(untangled(x.copy(), cloth, surface), x)


def test_a_triangle_without_height_gets_one(cloth, surface, body):
    x, which = flattened(cloth)
    assert heights(x, cloth.welded_faces)[which] < 1e-4
    there = untangled(x, cloth, surface)
    assert heights(there, cloth.welded_faces)[which] > 0.003
    assert not len(self_intersections(there, cloth.welded_faces))
    assert not len(intersections(there, cloth.welded_faces, body.vertices, body.faces))
    assert (np.abs(there - x).max(axis=1) == 0).mean() > 0.8


def test_where_smoothing_a_flat_triangle_tangles_the_cloth_it_stays_flat(cloth, surface, monkeypatch):
    x, _ = flattened(cloth)
    told: list[str] = []
    watch = Watch(lambda _fraction, text: told.append(text), lambda: False)
    monkeypatch.setattr(start, "_ROUNDS", 2)
    monkeypatch.setattr(start, "smoothed", lambda x, faces, which: x * [0.4, 0.4, 1.0])
    assert np.array_equal(untangled(x.copy(), cloth, surface, watch), x)
    assert len(told) > 1
    assert told[-1] != told[0]


@pytest.mark.slow
def test_what_cannot_be_parted_is_refused_by_the_names_of_its_panels(cloth, surface, monkeypatch):
    monkeypatch.setattr(start, "_ROUNDS", 1)  # more take minutes and part it no better
    with pytest.raises(DrapeRefused, match="front"):
        untangled(cloth.welded(cloth.vertices) * [0.4, 0.4, 1.0], cloth, surface)


def test_what_begins_far_inside_the_body_is_lifted_out(cloth, surface, body):
    faces = cloth.welded_faces
    there = untangled(cloth.welded(cloth.vertices) * [0.8, 0.8, 1.0], cloth, surface)
    assert not len(self_intersections(there, faces))
    assert not len(intersections(there, faces, body.vertices, body.faces))
    assert surface.query(there).signed_distance.min() > 0


def test_parting_tells_how_much_is_left_and_can_be_cancelled(cloth, surface, body):
    x, faces = cloth.welded(cloth.vertices) * [0.9, 0.9, 1.0], cloth.welded_faces
    told: list[str] = []
    watch = Watch(lambda _fraction, text: told.append(text), lambda: bool(told))
    with pytest.raises(DrapeCancelled):
        untangled(x, cloth, surface, watch)
    crossing = len(self_intersections(x, faces)) + len(intersections(x, faces, body.vertices, body.faces))
    assert told == [f"Parting the panels, {crossing} places left"]
