# SPDX-License-Identifier: GPL-3.0-or-later
"""The last millimetres, on sheets and a ball: threads let back, skin kept clear, crumples opened, seams closed."""

import numpy as np
import pytest
from toile.bodies import PART_NAMES, Body
from toile.sim import Cloth
from toile.sim.distance import MeshDistance
from toile.sim.finish import SKIN_GAP, THREAD_LIMIT, finished
from toile.sim.intersections import intersections, self_intersections
from toile.sim.report import strain

RADIUS = 0.15
STEP = 0.02
AWAY = np.array([0.0, 0.0, 1.0])  # a metre above the ball nothing touches


def ball() -> Body:
    """A round body about the origin."""
    sphere = pytest.importorskip("trimesh").creation.icosphere(subdivisions=4, radius=RADIUS)
    return Body(
        vertices=np.asarray(sphere.vertices, np.float64),
        faces=np.asarray(sphere.faces, np.int32),
        parts=np.full(len(sphere.vertices), PART_NAMES.index("torso"), np.int8),
        landmarks={},
        measurements={},
        joints={},
        source="test",
    )


def sheet(columns: int = 15, rows: int = 15, panels: int = 1) -> Cloth:
    """Flat squares of STEP lying level about the z axis; `panels` of them in a row along x, sewn to each other."""
    wide = columns + 1
    j, i = np.divmod(np.arange(wide * (rows + 1)), wide)
    flat = np.stack([i, j], axis=1) * STEP
    here = (np.arange(rows)[:, None] * wide + np.arange(columns)).ravel()
    squares = np.stack([here, here + 1, here + wide + 1, here + wide], axis=1)
    # Diagonals in turn, so that no direction is favoured.
    odd = (squares[:, 0] % wide + squares[:, 0] // wide) % 2 == 1
    squares[odd] = np.roll(squares[odd], 1, axis=1)
    faces = np.concatenate([squares[:, :3], squares[:, [0, 2, 3]]])
    n, width = len(flat), columns * STEP
    right = np.array([1.0, 0.0])
    uv = np.concatenate([flat + k * (width + 0.02) * right for k in range(panels)])
    placed = np.concatenate([flat + k * width * right for k in range(panels)]) - [panels * width / 2, rows * STEP / 2]
    last, first = np.flatnonzero(i == columns), np.flatnonzero(i == 0)
    sewing = [np.stack([last + k * n, first + (k + 1) * n], axis=1) for k in range(panels - 1)]
    pairs = np.concatenate([*sewing, np.empty((0, 2), np.intp)])
    weld = np.arange(panels * n)
    weld[pairs[:, 1]] = pairs[:, 0]
    return Cloth(
        vertices=np.column_stack([placed, np.zeros(len(placed))]),
        uv=uv,
        faces=np.concatenate([faces + k * n for k in range(panels)]).astype(np.int32),
        panel=np.repeat(np.arange(panels), n).astype(np.int16),
        panel_names=tuple(f"panel {k}" for k in range(panels)),
        fabric_of_panel=("main",) * panels,
        sewing=pairs.astype(np.int32),
        seam_of=np.zeros(len(pairs), np.int16),
        seam_names=("seam",),
        weld=np.unique(weld, return_inverse=True)[1].astype(np.int32),
    )


def threads(cloth: Cloth, x: np.ndarray) -> np.ndarray:
    """(e,) length over rest length of every edge of every panel."""
    ends = np.concatenate([cloth.faces[:, [0, 1]], cloth.faces[:, [1, 2]], cloth.faces[:, [2, 0]]])
    rest = np.linalg.norm(cloth.uv[ends[:, 0]] - cloth.uv[ends[:, 1]], axis=1)
    now = x[cloth.weld[ends]]
    return np.linalg.norm(now[:, 0] - now[:, 1], axis=1) / rest


def test_good_cloth_is_left_where_it_is() -> None:
    cloth = sheet()
    at = cloth.vertices + AWAY
    assert (finished(cloth, at, ball()) == cloth.welded(at)).all()


def test_slack_cloth_keeps_its_wrinkles() -> None:
    """Threads are limited from above only: cloth that is gathered, or stretched within the limit, does not move."""
    cloth = sheet()
    waved = cloth.vertices * [0.9, 1 + 0.9 * THREAD_LIMIT, 1.0]
    waved[:, 2] = 0.004 * np.sin(cloth.vertices[:, 0] / STEP)
    assert threads(cloth, waved).max() < 1 + THREAD_LIMIT
    assert (finished(cloth, waved + AWAY, ball()) == cloth.welded(waved + AWAY)).all()


@pytest.mark.parametrize("way", [(1.10, 1.0, 1.0), (1.0, 1.10, 1.0), (1.08, 1.08, 1.0)])
def test_a_stretched_sheet_is_let_back_to_the_limit(way: tuple[float, float, float]) -> None:
    cloth = sheet(8, 8)
    stretched = cloth.vertices * way + AWAY
    assert threads(cloth, stretched).max() > 1.07
    x = finished(cloth, stretched, ball())
    assert threads(cloth, x).max() < 1 + THREAD_LIMIT + 0.002
    assert strain(cloth.uv[cloth.faces], x, cloth.welded_faces).max() < THREAD_LIMIT + 0.005


def test_letting_back_pulls_both_ends_alike() -> None:
    """Nothing outside pulls, so the mean of all corners of the edges stays where it was in a sheet stretched evenly."""
    cloth = sheet(8, 8)
    x = finished(cloth, cloth.vertices * [1.1, 1.1, 1.0] + AWAY, ball())
    np.testing.assert_allclose(x.mean(axis=0), AWAY, atol=1e-9)


def test_one_thread_pulled_out_far_comes_back() -> None:
    cloth = sheet()
    plucked = cloth.vertices + AWAY
    middle = int(np.linalg.norm(cloth.vertices, axis=1).argmin())
    plucked[middle, 2] += 0.05
    x = finished(cloth, plucked, ball())
    assert threads(cloth, plucked).max() > 2
    assert threads(cloth, x).max() < 1 + THREAD_LIMIT + 0.005


@pytest.mark.parametrize("depth", [0.0005, 0.003, 0.012])
def test_a_sheet_pushed_into_a_body_ends_outside(depth: float) -> None:
    """A skull cap, shrunk until it lies `depth` metres below the skin."""
    cloth, body = sheet(8, 8), ball()
    surface = MeshDistance(body.vertices, body.faces)
    x, y, _ = cloth.vertices.T
    height = np.sqrt(RADIUS**2 - x**2 - y**2)
    sunk = np.column_stack([x, y, height]) * (1 - depth / RADIUS)
    assert surface.query(sunk).signed_distance.max() < 0
    out = finished(cloth, sunk, body)
    skin = surface.query(out).signed_distance
    assert skin.min() > 0.5 * SKIN_GAP
    assert skin.max() < depth + 0.02  # and has not flown off
    assert not len(intersections(out, cloth.welded_faces, body.vertices, body.faces))


def test_a_tight_band_over_a_body_is_clear_of_it_too() -> None:
    """Where threads pull inwards and the skin pushes outwards, the skin wins: cloth is never left inside."""
    cloth, body = sheet(), ball()
    x, y, _ = cloth.vertices.T
    radius = np.hypot(x, y) + 1e-12
    angle = 1.05 * radius / RADIUS  # 5 % too long for the thread
    over = np.column_stack(
        [RADIUS * np.sin(angle) * x / radius, RADIUS * np.sin(angle) * y / radius, RADIUS * np.cos(angle)]
    )
    out = finished(cloth, over * 1.005, body)
    assert MeshDistance(body.vertices, body.faces).query(out).signed_distance.min() >= 0


def test_crumples_that_cross_are_opened() -> None:
    cloth = sheet()
    at = cloth.vertices + AWAY
    rng = np.random.default_rng(5)
    for place in (-0.08, 0.08):  # two handfuls of cloth, crammed
        handful = np.linalg.norm(cloth.vertices - [place, 0.0, 0.0], axis=1) < 2.5 * STEP
        at[handful] += rng.normal(0.0, 0.8 * STEP, (handful.sum(), 3))
    assert len(self_intersections(at, cloth.faces)) > 20
    x = finished(cloth, at, ball())
    assert not len(self_intersections(x, cloth.welded_faces))
    rim = np.abs(cloth.vertices[:, :2]).max(axis=1) > 7 * STEP
    assert np.linalg.norm(x - at, axis=1)[rim].max() < STEP  # let back a little, but not smoothed


def test_seams_are_closed_in_the_middle_and_stay_closed() -> None:
    cloth = sheet(6, 6, panels=2)
    at = cloth.vertices + AWAY
    at[cloth.panel == 1, 0] += 0.002
    x = finished(cloth, at, ball())
    assert len(x) == cloth.welded_count == len(at) - len(cloth.sewing)
    ends = x[cloth.weld][cloth.sewing]
    assert (ends[:, 0] == ends[:, 1]).all()
    assert threads(cloth, x).max() < 1 + THREAD_LIMIT + 0.002
    np.testing.assert_allclose(ends[:, 0, 0], at[cloth.sewing, 0].mean(axis=1), atol=0.002)


def test_the_particles_handed_in_are_not_moved() -> None:
    cloth = sheet(4, 4)
    given_ = cloth.vertices * 1.1 + AWAY
    before = given_.copy()
    first, second = finished(cloth, given_, ball()), finished(cloth, given_, ball())
    assert (given_ == before).all()
    assert first.tobytes() == second.tobytes()
