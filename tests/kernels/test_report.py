# SPDX-License-Identifier: GPL-3.0-or-later
"""A drape's figures, on shapes whose figures are known."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toile.bodies import PART_NAMES, Body, Measurement
from toile.sim.cloth import Cloth
from toile.sim.distance import MeshDistance, MeshRefused
from toile.sim.fabric import Mechanics
from toile.sim.report import (
    DrapeReport,
    ReportRefused,
    drape_report,
    faces_round_trunk,
    garment_girth,
    penetration,
    rest_areas,
    strain,
    stretch,
    surface_samples,
    vertex_masses,
)

AROUND, UP = 60, 30


def tube(radius: float, low: float, high: float, around: int = AROUND, up: int = UP) -> tuple[np.ndarray, np.ndarray]:
    """An open upright tube: vertices row by row, outward faces."""
    row, k = (a.ravel() for a in np.meshgrid(np.arange(up + 1), np.arange(around), indexing="ij"))
    angle = 2 * np.pi * k / around
    vertices = np.stack([radius * np.cos(angle), radius * np.sin(angle), low + (high - low) * row / up], axis=1)
    here = np.arange(up * around)
    after = here // around * around + (here + 1) % around
    faces = np.concatenate(
        [np.stack([here, after, after + around], 1), np.stack([here, after + around, here + around], 1)]
    )
    return vertices, faces


def closed_tube(radius: float, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    vertices, faces = tube(radius, low, high)
    n, k = len(vertices), np.arange(AROUND)
    bottom = np.stack([np.full(AROUND, n), (k + 1) % AROUND, k], axis=1)
    top = np.stack([np.full(AROUND, n + 1), n - AROUND + k, n - AROUND + (k + 1) % AROUND], axis=1)
    return np.concatenate([vertices, [[0, 0, low], [0, 0, high]]]), np.concatenate([faces, bottom, top])


def polygon_girth(radius: float) -> float:
    return 2 * AROUND * radius * math.sin(math.pi / AROUND)


def figure() -> Body:
    """A trunk of radius 0.15 m from 0 to 1 m, and beside it an arm of radius 0.05 m."""
    trunk, trunk_faces = closed_tube(0.15, 0.0, 1.0)
    arm, arm_faces = closed_tube(0.05, 0.2, 0.9)
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)

    def measured(height: float) -> Measurement:
        curve = np.stack([0.15 * np.cos(angle), 0.15 * np.sin(angle), np.full(40, height)], axis=1)
        return Measurement(value=polygon_girth(0.15), uncertainty=0.001, definition="a tube's girth", curve=curve)

    return Body(
        vertices=np.concatenate([trunk, arm + np.array([0.3, 0.0, 0.0])]),
        faces=np.concatenate([trunk_faces, arm_faces + len(trunk)]).astype(np.int32),
        parts=np.repeat(
            np.array([PART_NAMES.index("torso"), PART_NAMES.index("arm_left")], np.int8), [len(trunk), len(arm)]
        ),
        landmarks={},
        measurements={"bust": measured(0.75), "waist": measured(0.5), "hip": measured(0.1)},
        joints={},
        source="test",
        registration={},
    )


def garment(radius: float = 0.17, stretched: float = 1.0) -> Cloth:
    """A tube from 0.3 to 0.9 m, sewn up one side from a rectangle, and a sleeve from 0.5 to 0.8 m."""
    parts = [(radius, 0.3, 0.9, [0.0, 0.0, 0.0]), (0.07, 0.5, 0.8, [0.3, 0.0, 0.0])]
    vertices, uv, faces, panel, sewing, weld = [], [], [], [], [], []
    for number, (r, low, high, place) in enumerate(parts):
        at, over = tube(r, low, high)
        offset, wide = sum(map(len, vertices)), AROUND + 1
        row, k = np.divmod(np.arange((UP + 1) * wide), wide)
        welded = row * AROUND + k % AROUND
        chord = 2 * r * math.sin(math.pi / AROUND)
        here = (row * wide + k).reshape(-1, wide)[:-1, :-1].ravel()
        vertices.append((at + place)[welded])
        uv.append(np.stack([k * chord / stretched + 3 * number, (high - low) * row / UP], axis=1))
        faces.append(
            offset + np.concatenate([[here, here + 1, here + wide + 1], [here, here + wide + 1, here + wide]], 1).T
        )
        panel.append(np.full(len(welded), number))
        sewing.append(offset + np.stack([row[k == 0] * wide, row[k == 0] * wide + AROUND], axis=1))
        weld.append(welded + (max(map(np.max, weld)) + 1 if weld else 0))
        assert len(over) == len(faces[-1])
    return Cloth(
        vertices=np.concatenate(vertices),
        uv=np.concatenate(uv),
        faces=np.concatenate(faces).astype(np.int32),
        panel=np.concatenate(panel).astype(np.int16),
        panel_names=("bodice", "sleeve"),
        fabric_of_panel=("main", "main"),
        sewing=np.concatenate(sewing).astype(np.int32),
        seam_of=np.repeat(np.arange(2, dtype=np.int16), UP + 1),
        seam_names=("side", "underarm"),
        weld=np.concatenate(weld).astype(np.int32),
    )


FABRIC = Mechanics(
    name="test", label="Test", density=0.15, thickness=5e-4, stretch_warp=500.0, stretch_weft=500.0, shear=50.0,
    bend_warp=1e-5, bend_weft=1e-5, friction=0.3, friction_skin=0.3,
)  # fmt: skip


def report(cloth: Cloth, **changes) -> DrapeReport:
    given_ = {
        "engine": "test",
        "sewn": cloth.vertices,
        "velocities": np.zeros_like(cloth.vertices),
        "collision_thickness": 0.002,
        "seconds": 1.5,
        "cpu_seconds": 2.5,
        "peak_rss": 10**9,
        "settled": True,
        "frames": 90,
    }
    positions = changes.pop("positions", cloth.welded(cloth.vertices))
    return drape_report(cloth, positions, figure(), FABRIC, **(given_ | changes))


@settings(max_examples=50, deadline=None)
@given(st.floats(0.5, 2), st.floats(0.5, 2), st.floats(0, 0.9), st.integers(0, 2**32 - 1))
def test_strain_reads_the_threads_whatever_the_shear_and_the_pose(warp, weft, shear, seed):
    rng = np.random.default_rng(seed)
    uv = rng.uniform(-1, 1, (5, 3, 2))
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    along_weft, along_warp = weft * turn[0], warp * (math.cos(shear) * turn[1] + math.sin(shear) * turn[0])
    positions = uv[..., :1] * along_weft + uv[..., 1:] * along_warp + rng.normal(size=3)
    found = strain(uv, positions.reshape(-1, 3), np.arange(15).reshape(5, 3))
    thin = rest_areas(uv) < 1e-4
    np.testing.assert_allclose(found[~thin], np.tile([warp - 1, weft - 1], (5, 1))[~thin], atol=1e-9)


def test_strain_of_a_mirrored_panel_is_the_same():
    uv = np.array([[[0, 0], [1, 0], [0, 1]]], dtype=float)
    positions = [[0, 0, 0], [1.1, 0, 0], [0, 1.2, 0]]
    np.testing.assert_allclose(strain(uv, positions, [[0, 1, 2]]), [[0.2, 0.1]])
    np.testing.assert_allclose(strain(uv * [-1, 1], positions, [[0, 1, 2]]), [[0.2, 0.1]])


def test_a_face_without_area_at_rest_is_refused():
    with pytest.raises(ReportRefused, match="mesh the pattern again"):
        strain([[[0, 0], [1, 1], [2, 2]]], np.eye(3), [[0, 1, 2]])


def test_stretch_weighs_faces_by_their_area():
    strains = np.array([[0.5, 0.0], [0.0, 0.02], [-0.1, -0.2]])
    found = stretch(strains, [0.005, 0.995, 1.0])
    assert found.largest == 0.5
    assert found.p99 == 0.02  # the half per cent of the cloth beyond it does not count
    assert found.mean == pytest.approx((0.5 * 0.005 + 0.02 * 0.995 - 0.1) / 2.0)
    assert stretch(strains, [0.1, 0.995, 1.0]).p99 == 0.5


def test_samples_are_vertices_middles_and_quarter_centres():
    found = surface_samples([[0, 0, 0], [6, 0, 0], [0, 6, 0], [6, 6, 0]], [[0, 1, 2], [1, 3, 2]])
    assert len(found) == 4 + 5 + 8
    points = {tuple(p) for p in found.tolist()}
    assert {(3, 3, 0), (3, 0, 0), (2, 2, 0), (1, 1, 0), (4, 1, 0), (4, 4, 0), (5, 5, 0)} <= points


def test_penetration_finds_what_vertices_alone_do_not():
    body = MeshDistance(*closed_tube(0.15, 0.0, 1.0))
    across = [[-0.16, 0.0, 0.9], [0.16, 0.0, 0.9], [0.0, 0.16, 0.95]]  # every corner outside
    found = penetration(across, [[0, 1, 2]], body, 0.002)
    assert body.query(across).signed_distance.min() > 0.0
    assert found.depth_max == pytest.approx(0.1, abs=1e-9)  # the long edge's middle, 0.1 m under the top
    assert found.fraction == pytest.approx(7 / 10)  # all samples but the corners


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), st.floats(0.0, 0.004))
def test_what_cannot_be_inside_is_not_asked_about_and_nothing_is_missed(seed, thickness):
    body = MeshDistance(*closed_tube(0.15, 0.0, 1.0))
    rng = np.random.default_rng(seed)
    vertices, faces = tube(0.15, 0.1, 0.9, 24, 8)
    vertices = vertices + rng.normal(0, rng.choice([0.002, 0.02, 0.2]), vertices.shape)
    deep = -body.query(surface_samples(vertices, faces)).signed_distance
    found = penetration(vertices, faces, body, thickness)
    assert found.depth_max == max(0.0, deep.max())
    assert found.fraction == (deep > thickness).mean()


@pytest.mark.parametrize(("gap", "depth", "fraction"), [(0.001, 0.0, 0.0), (-0.001, 0.001, 0.0), (-0.004, 0.004, 1.0)])
def test_penetration_counts_from_the_skin_and_forgives_the_thickness(gap, depth, fraction):
    trunk = MeshDistance(*closed_tube(0.15, 0.0, 1.0))
    vertices, faces = tube(0.15 + gap, 0.2, 0.8)
    found = penetration(vertices, faces, trunk, 0.002)
    assert found.depth_max == pytest.approx(depth, abs=2e-5)
    assert found.fraction == fraction


def test_masses_add_up_to_the_cloth():
    cloth = garment()
    masses = vertex_masses(cloth.uv[cloth.faces], cloth.faces, len(cloth.vertices), 0.15)
    area = 0.6 * polygon_girth(0.17) + 0.3 * polygon_girth(0.07)
    assert masses.sum() == pytest.approx(0.15 * area)
    assert (masses > 0).all()


def test_girth_of_a_tube_level_and_tilted():
    vertices, faces = tube(0.17, 0.3, 0.9)
    assert garment_girth(vertices, faces, [0, 0, 0.55]) == pytest.approx(polygon_girth(0.17))
    assert garment_girth(vertices, faces, [0, 0, 0.3]) == pytest.approx(polygon_girth(0.17))  # along the hem itself
    special = pytest.importorskip("scipy.special")
    tilted = garment_girth(vertices, faces, [0, 0, 0.6], [0.5, 0, 1])
    long = 0.17 * math.sqrt(1.25)
    assert tilted == pytest.approx(4 * long * special.ellipe(1 - 1 / 1.25), rel=1e-3)


def test_girth_bridges_hollows_like_a_tape():
    vertices, faces = tube(0.17, 0.3, 0.9)
    vertices[1::2] *= [0.9, 0.9, 1.0]  # pleats
    outer = 2 * 30 * 0.17 * math.sin(math.pi / 30)
    assert garment_girth(vertices, faces, [0, 0, 0.6]) == pytest.approx(outer)


def test_no_girth_where_the_garment_does_not_go_round():
    vertices, faces = tube(0.17, 0.3, 0.9)
    assert garment_girth(vertices, faces, [0, 0, 0.2]) is None
    assert garment_girth(vertices, faces, [0.5, 0, 0.6]) is None
    front = vertices[faces][:, :, 1].max(axis=1) < 0.05
    assert garment_girth(vertices, faces[front], [0, 0, 0.6]) is None
    armholes = np.abs(vertices[faces][:, :, 1]).max(axis=1) > 0.06
    assert garment_girth(vertices, faces[armholes], [0, 0, 0.6]) is not None


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(3, 60))
def test_girth_is_the_hull_that_another_library_finds(seed, count):
    spatial = pytest.importorskip("scipy.spatial")
    rng = np.random.default_rng(seed)
    angle = np.sort(rng.uniform(0, 2 * np.pi, count))
    radius = rng.uniform(0.1, 0.2, count)
    ring = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    vertices = np.concatenate([np.column_stack([ring, np.full(count, z)]) for z in (0.0, 1.0)])
    k = np.arange(count)
    faces = np.stack([k, k + count, (k + 1) % count], axis=1)
    found = garment_girth(vertices, faces, [0, 0, 0.5])
    middle = (vertices[faces[:, 1:]].mean(axis=1))[:, :2]
    section = np.concatenate([ring, middle])
    if found is not None:
        assert found == pytest.approx(spatial.ConvexHull(section).area)


def test_sleeves_are_left_out_of_the_girth():
    cloth, body = garment(), figure()
    positions = cloth.welded(cloth.vertices)
    faces = faces_round_trunk(cloth, positions, body, MeshDistance(body.vertices, body.faces))
    assert len(faces) == 2 * AROUND * UP
    assert np.linalg.norm(positions[np.unique(faces)][:, :2], axis=1).max() == pytest.approx(0.17)


def test_a_whole_report():
    cloth = garment(stretched=1.03)
    opened = cloth.vertices.copy()
    opened[cloth.sewing[:5, 0], 2] += 0.0004
    moving = np.tile([0.0, 0.003, 0.004], (len(opened), 1))
    found = report(cloth, sewn=opened, velocities=moving)
    area = 0.6 * polygon_girth(0.17) / 1.03 + 0.3 * polygon_girth(0.07) / 1.03
    assert found.vertices == 2 * AROUND * (UP + 1)
    assert found.penetration_max == found.penetration_fraction == 0.0
    assert found.seam_gap_max == pytest.approx(0.0004)
    assert found.seam_gap_mean == pytest.approx(0.0004 * 5 / len(cloth.sewing))
    assert found.stretch_p99 == pytest.approx(0.03)
    assert found.self_intersections == found.body_intersections == 0
    assert found.kinetic_energy == pytest.approx(0.5 * 0.15 * area * 0.005**2)
    assert found.speed_max == pytest.approx(0.005)
    assert found.ease["bust"] == pytest.approx(polygon_girth(0.02))
    assert found.ease["waist"] == pytest.approx(polygon_girth(0.02))
    assert found.ease["hip"] is None
    assert DrapeReport(**json.loads(json.dumps(found.to_json()))) == found
    assert set(found.to_json()) >= {
        "engine", "vertices", "seconds", "cpu_seconds", "peak_rss", "penetration_max", "penetration_fraction",
        "seam_gap_max", "stretch_p99", "self_intersections", "kinetic_energy", "ease", "settled", "frames",
    }  # fmt: skip


def test_a_garment_through_the_body_and_itself_is_reported():
    cloth = garment()
    positions = cloth.welded(cloth.vertices)
    bodice = np.unique(cloth.welded_faces[: 2 * AROUND * UP])
    positions[bodice] += [0.06, 0.0, 0.0]  # into the body on one side, into its own sleeve on the other
    found = report(cloth, positions=positions)
    assert found.penetration_max == pytest.approx(0.04, abs=1e-3)
    assert found.penetration_fraction > 0.05
    assert found.self_intersections > 20
    assert found.body_intersections > 20


def test_drapes_that_are_not_finite_are_refused():
    cloth = garment()
    lost = cloth.welded(cloth.vertices)
    lost[7] = np.nan
    with pytest.raises(MeshRefused, match="no finite position"):
        report(cloth, positions=lost)
    with pytest.raises(ReportRefused, match="drape it again"):
        report(cloth, velocities=np.full_like(cloth.vertices, np.inf))
