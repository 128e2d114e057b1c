# SPDX-License-Identifier: GPL-3.0-or-later
"""Flat sketches of bodies whose outline is known: a sphere's is a circle, and what lies behind is not drawn."""

import numpy as np
import pytest
from toile.sim.flats import flat_sketch

RADIUS = 0.2


def sphere(rings: int = 48, sides: int = 96) -> tuple[np.ndarray, np.ndarray]:
    """A ball with the ends of its axis, Z, as single vertices; faces outwards."""
    tilt = np.linspace(0, np.pi, rings + 1)[1:-1, None]
    turn = np.linspace(0, 2 * np.pi, sides, endpoint=False)[None]
    ring = np.stack([np.sin(tilt) * np.cos(turn), np.sin(tilt) * np.sin(turn), np.cos(tilt) + 0 * turn], axis=-1)
    points = np.concatenate([[[0, 0, 1]], ring.reshape(-1, 3), [[0, 0, -1]]]) * RADIUS
    k = np.arange(sides)
    on = (k + 1) % sides
    faces = [np.stack([0 * k, 1 + k, 1 + on], axis=1)]
    for row in range(rings - 2):
        a, b = 1 + row * sides, 1 + (row + 1) * sides
        faces += [np.stack([a + k, b + k, b + on], axis=1), np.stack([a + k, b + on, a + on], axis=1)]
    last = 1 + (rings - 2) * sides
    faces.append(np.stack([last + k, 0 * k + len(points) - 1, last + on], axis=1))
    return points, np.concatenate(faces)


@pytest.mark.parametrize("side", ["front", "back"])
def test_a_balls_outline_is_a_circle(side) -> None:
    points, faces = sphere()
    flat = flat_sketch(points, faces, np.empty((0, 2), np.int64), side)
    drawn = np.concatenate(flat.outlines)
    assert np.linalg.norm(drawn, axis=1) == pytest.approx(RADIUS, abs=0.004)
    length = sum(np.linalg.norm(np.diff(line, axis=0), axis=1).sum() for line in flat.outlines)
    assert length == pytest.approx(2 * np.pi * RADIUS, rel=0.1)


def test_a_seam_is_seen_from_its_side_alone() -> None:
    points, faces = sphere()
    sides = 96
    at = 1 + 23 * sides + np.arange(3 * sides // 4 - 8, 3 * sides // 4 + 9)  # about −Y, along the equator
    seam = np.column_stack([at[:-1], at[1:]])
    front, back = (flat_sketch(points, faces, seam, side).seams for side in ("front", "back"))
    assert back == ()
    length = sum(np.linalg.norm(np.diff(line, axis=0), axis=1).sum() for line in front)
    assert length == pytest.approx(2 * RADIUS * np.sin(8 * 2 * np.pi / sides), rel=0.02)


def test_the_back_is_the_front_of_what_is_turned_round() -> None:
    points, faces = sphere()
    points = points * [1.0, 0.7, 1.2] + 0.03 * np.sin(9 * points[:, [2, 0, 1]])
    turned = points * [-1.0, -1.0, 1.0]
    seam = faces[::37, :2].astype(np.int64)
    back, front = flat_sketch(points, faces, seam, "back"), flat_sketch(turned, faces, seam, "front")
    for one, other in ((back.outlines, front.outlines), (back.seams, front.seams)):
        assert len(one) == len(other)
        assert all(np.allclose(a, b) for a, b in zip(one, other, strict=True))


def test_an_open_edge_is_drawn_and_cloth_before_it_hides_it() -> None:
    square = np.array([[-1.0, 0, -1], [1, 0, -1], [1, 0, 1], [-1, 0, 1]]) * 0.1
    behind = square * 0.5 + [0.0, 0.05, 0.0]
    faces = np.array([[0, 1, 2], [0, 2, 3]])
    both = np.concatenate([square, behind])
    every = np.concatenate([faces, faces + 4])
    none = np.empty((0, 2), np.int64)
    from_front = flat_sketch(both, every, none, "front").outlines
    from_back = flat_sketch(both, every, none, "back").outlines
    lengths = [
        sum(np.linalg.norm(np.diff(x, axis=0), axis=1).sum() for x in lines) for lines in (from_front, from_back)
    ]
    assert lengths == pytest.approx([0.8, 1.2], rel=0.05)
