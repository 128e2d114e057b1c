# SPDX-License-Identifier: GPL-3.0-or-later
"""Scans of known bodies are measured within their stated uncertainty; what is no standing person is refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from toile.bodies import Cancelled, ScanRefused, avatar, body_from_scan, posed, read_scan, scan_from_arrays
from toile.bodies.alignment import _arms
from toile.bodies.cleaning import Cleaned, clean
from toile.bodies.fitting import (
    Fit,
    PointTarget,
    Stage,
    _people,
    fit_stage,
    moved,
    posed_jacobian,
    rotation,
    rotation_vector,
    vertex_normals,
)
from toile.bodies.measure import tapes
from toile.bodies.parting import parted
from toile.bodies.posing import WALK
from toile.bodies.refinement import open_skin
from toile.bodies.spots import nearest_spots
from toile.bodies.standing import _square_to_soles, upward
from toile.bodies.synthetic import Conditions, synthetic_scan
from toile.bodies.template import BASIS_FILE, PART_NAMES, template

pytest.importorskip("scipy")
trimesh = pytest.importorskip("trimesh")
pytestmark = pytest.mark.skipif(not BASIS_FILE.exists(), reason="python build.py prepares assets/body/basis.npz")
SCANS = Path(__file__).resolve().parents[3] / "shared" / "data" / "scans"
INCH = 1 / 0.0254


def _closed(body):
    f = body.faces
    edges = np.sort(np.concatenate([f[:, [0, 1]], f[:, [1, 2]], f[:, [2, 0]]]), axis=1)
    return bool((np.unique(edges, axis=0, return_counts=True)[1] == 2).all())


CASES = {
    "upright woman in metres with a floor": ({}, None, Conditions(points=120_000)),
    "man in inches, lying, no floor": (
        {"stature": 1.82}, "man", Conditions(points=100_000, units_per_metre=INCH, lying=True, floor=False),
    ),
    "heavy woman in millimetres, noisy": (
        {"stature": 1.62, "bust": 1.10, "waist": 1.0, "hip": 1.15}, None,
        Conditions(points=150_000, units_per_metre=1000, noise=0.003, lying=True),
    ),
    "slim woman in centimetres, few points": (
        {"stature": 1.74, "bust": 0.80, "waist": 0.62, "hip": 0.87}, None,
        Conditions(points=40_000, units_per_metre=100, noise=0.002),
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_known_bodies_are_measured_within_their_uncertainty(case):
    measures, sex, conditions = CASES[case]
    truth = avatar(measures, sex=sex)
    scan = synthetic_scan(truth, conditions, np.random.default_rng(3))
    body = body_from_scan(scan)
    off = {name: abs(m.value - truth.measurements[name].value) / m.uncertainty for name, m in body.measurements.items()}
    assert np.mean([x <= 1 for x in off.values()]) >= 0.9, off
    for name in ("stature", "bust", "waist", "hip", "neck", "across_back_shoulder"):
        assert abs(body.measurements[name].value - truth.measurements[name].value) < 0.015, name
    assert _closed(body)
    assert body.vertices[:, 2].min() == pytest.approx(0, abs=1e-9)
    toes = body.vertices[body.parts == 8][:, 1].min()
    assert toes < body.landmarks["heel_left"][1] - 0.1  # front and back are not swapped
    assert body.landmarks["acromion_left"][0] > 0.1
    assert body.registration["mean"] < 0.005


@pytest.mark.slow
@pytest.mark.parametrize("angle", [-0.62, 0.85])
def test_hanging_and_raised_arms_are_brought_to_the_a_pose(angle):
    t = template()
    rest = avatar()
    vertices, joints = t.shaped(t.prior["woman"][0])
    posed, _ = t.posed(vertices, joints, _arms(t, angle))
    scan = synthetic_scan(
        replace(rest, vertices=posed - [0, 0, posed[:, 2].min()]),
        Conditions(points=100_000, lying=True),
        np.random.default_rng(1),
    )
    body = body_from_scan(scan)
    arm = body.joints["elbow_left"] - body.joints["shoulder_left"]
    assert 22 <= np.degrees(np.arctan2(arm[0], -arm[2])) <= 65


@pytest.mark.slow
@pytest.mark.skipif(not SCANS.exists(), reason="the development scans are not beside the checkout")
@pytest.mark.parametrize(
    ("name", "truth"),
    [
        # girths and lengths that are defined alike in that project's published measurements
        ("mean_all.obj", {"stature": 1.7199, "bust": 0.9984, "underbust": 0.8625, "waist": 0.8433, "hip": 1.0348}),
        ("mean_female.obj", {"stature": 1.6619, "bust": 0.9741, "underbust": 0.8075, "waist": 0.8034, "hip": 1.0409}),
    ],
)
def test_published_bodies_are_measured_within_a_centimetre(name, truth):
    body = body_from_scan(read_scan(SCANS / name))
    for key, value in truth.items():
        # Their bust line lies 1 to 2 cm above the foremost spots, where the girth is up to 12 mm greater.
        allowed = 0.012 if key == "bust" else 0.010
        assert body.measurements[key].value == pytest.approx(value, abs=allowed), key
    assert body.registration["mean"] < 0.002


@pytest.mark.slow
@pytest.mark.skipif(not SCANS.exists(), reason="the development scans are not beside the checkout")
@pytest.mark.parametrize("name", ["statue_athena.obj", "statue_hermes.obj"])
def test_statues_are_refused_at_human_size_too(name):
    scan = read_scan(SCANS / name)
    tall = np.ptp(scan.points[:, 1])
    with pytest.raises(ScanRefused, match="no part of a body"):
        body_from_scan(scan_from_arrays(scan.points * (1.75 / tall), scan.faces, name))
    with pytest.raises(ScanRefused):
        body_from_scan(scan)


def _moved(mesh, x=0.0, y=0.0, z=0.0):
    mesh.apply_translation([x, y, z])
    return mesh


def _teapot():
    parts = [
        trimesh.creation.icosphere(subdivisions=4, radius=0.5),
        _moved(trimesh.creation.torus(0.3, 0.06), x=-0.55),
        _moved(trimesh.creation.cylinder(0.08, 0.8), x=0.5, z=0.3),
    ]
    return trimesh.util.concatenate(parts)


def _animal():
    legs = [_moved(trimesh.creation.capsule(0.6, 0.07), x, y) for x in (-0.5, 0.5) for y in (-0.15, 0.15)]
    trunk = trimesh.creation.capsule(1.0, 0.22)
    trunk.apply_transform(trimesh.transformations.rotation_matrix(np.pi / 2, [0, 1, 0]))
    head = _moved(trimesh.creation.icosphere(subdivisions=4, radius=0.18), x=0.85, z=1.0)
    return trimesh.util.concatenate([*legs, _moved(trunk, x=-0.5, z=0.75), head])


def _plinth():
    body = avatar()
    block = trimesh.creation.box((0.5, 0.4, 0.1)).subdivide().subdivide().subdivide()
    person = trimesh.Trimesh(body.vertices + np.array([0, 0, 0.1]), body.faces, process=False)
    return trimesh.util.concatenate([person, _moved(block, z=0.05)])


def _without(parts, low=-1.0):
    body = avatar()
    keep = ~np.isin(body.parts, parts) & (body.vertices[:, 2] > low)
    return trimesh.Trimesh(body.vertices, body.faces[keep[body.faces].all(axis=1)], process=False)


def _two_people(apart):
    one, other = (trimesh.Trimesh(b.vertices, b.faces, process=False) for b in (avatar(), avatar({"stature": 1.75})))
    return trimesh.util.concatenate([one, _moved(other, x=apart, y=0.1)])


def _chair():
    legs = [_moved(trimesh.creation.box((0.05, 0.05, 0.9)), x, y, 0.45) for x in (-0.3, 0.3) for y in (-0.3, 0.3)]
    boards = [trimesh.creation.box((0.7, 0.7, 0.06)), trimesh.creation.box((0.7, 0.06, 0.8))]
    chair = trimesh.util.concatenate([*legs, _moved(boards[0], z=0.9), _moved(boards[1], y=0.3, z=1.3)])
    return chair.subdivide_to_size(0.05)


def _sitting():
    turns = {f"thigh_{side}": [-1.5, 0, 0] for side in ("left", "right")}
    body = posed(avatar(), turns | {f"shin_{side}": [1.5, 0, 0] for side in ("left", "right")})
    return trimesh.Trimesh(body.vertices, body.faces, process=False)


def _robot():
    parts = [
        _moved(trimesh.creation.box((0.4, 0.25, 0.6)), z=1.1),
        _moved(trimesh.creation.box((0.2, 0.2, 0.25)), z=1.6),
    ]
    for side in (-1, 1):
        parts.append(_moved(trimesh.creation.box((0.15, 0.18, 0.8)), x=0.12 * side, z=0.4))
        parts.append(_moved(trimesh.creation.box((0.1, 0.12, 0.6)), x=0.27 * side, z=1.1))
    return trimesh.util.concatenate(parts).subdivide_to_size(0.04)


def _in_a_coat():
    angle, height = np.meshgrid(np.linspace(0, 2 * np.pi, 121)[:-1], np.linspace(1.42, 0.15, 80))
    radius = np.interp(-height, [-1.42, -1.2, -0.15], [0.20, 0.27, 0.42])
    coat = np.stack([radius * np.cos(angle), 0.75 * radius * np.sin(angle), height], axis=-1).reshape(-1, 3)
    corner = (np.arange(79)[:, None] * 120 + np.arange(119)).reshape(-1, 1)
    faces = np.concatenate([corner + np.array([0, 1, 121]), corner + np.array([0, 121, 120])])
    body = avatar()
    return trimesh.util.concatenate(
        [trimesh.Trimesh(body.vertices, body.faces, process=False), trimesh.Trimesh(coat, faces, process=False)]
    )


def _ape():
    body = avatar()
    vertices = body.vertices.copy()
    for side, parts in (("left", (2, 4)), ("right", (3, 5))):
        arm, shoulder = np.isin(body.parts, parts), body.joints[f"shoulder_{side}"]
        vertices[arm] = shoulder + 1.45 * (vertices[arm] - shoulder)
    hip = 0.85
    vertices[:, 2] = np.where(vertices[:, 2] < hip, hip - 0.6 * (hip - vertices[:, 2]), vertices[:, 2])
    return trimesh.Trimesh(1.1 * vertices, body.faces, process=False)


def _bent(back):
    body = posed(avatar(), {"abdomen": [back / 2, 0, 0], "chest": [back / 2, 0, 0]})
    return trimesh.Trimesh(body.vertices, body.faces, process=False)


def _stepping():
    body = posed(avatar(), WALK)
    return trimesh.Trimesh(body.vertices, body.faces, process=False)


def _headless():
    body = avatar()
    keep = body.vertices[:, 2] < body.landmarks["cervicale"][2] - 0.02
    return trimesh.Trimesh(body.vertices, body.faces[keep[body.faces].all(axis=1)], process=False)


NO_PERSON = {
    "two people who touch": (lambda: _two_people(0.35), "no part of a body"),
    "sitting person": (_sitting, "shape or a pose"),
    "person who bends forward": (lambda: _bent(0.4), "upright"),
    "person in a long step": (_stepping, "upright"),
    "ape": (_ape, "legs"),
    "robot": (_robot, "no part of a body"),
    "person in a wide coat": (_in_a_coat, "no part of a body"),
    "mannequin without a head": (_headless, "no head"),
    "two people side by side": (lambda: _two_people(0.75), "no part of a body"),
    "two people in a room": (lambda: _two_people(1.9), "more than one"),
    "chair": (_chair, "more than one"),
    "half a body": (lambda: _without([], low=1.05), "height"),
    "teapot": (_teapot, "no part of a body"),
    "animal": (_animal, "no head"),
    "person on a low plinth": (_plinth, "no part of a body"),
    "person without an arm": (lambda: _without([2, 4]), "no left arm"),
    "person without feet": (lambda: _without([], low=0.3), "no foot"),
}


@pytest.mark.slow
@pytest.mark.parametrize("what", NO_PERSON)
def test_what_is_no_standing_person_is_refused_with_its_reason(what):
    made, reason = NO_PERSON[what]
    mesh = made()
    with pytest.raises(ScanRefused, match=reason) as refused:
        body_from_scan(scan_from_arrays(mesh.vertices, mesh.faces, what))
    assert str(refused.value).endswith(".")


def test_a_size_that_fits_no_unit_is_refused():
    body = avatar()
    with pytest.raises(ScanRefused, match="units long"):
        body_from_scan(scan_from_arrays(body.vertices * 0.01, body.faces, "doll"))


def test_cancel_stops_it():
    body = avatar()
    shares = []
    with pytest.raises(Cancelled):
        body_from_scan(
            scan_from_arrays(body.vertices, body.faces, "x"),
            progress=lambda share, text: shares.append(share),
            cancelled=lambda: len(shares) > 2,
        )
    assert shares == sorted(shares)


def test_a_scan_is_synthesised_the_same_twice():
    body = avatar()
    a, b = (synthetic_scan(body, Conditions(points=5000), np.random.default_rng(1)).points for _ in range(2))
    assert np.array_equal(a, b)


def test_rotations_and_their_vectors_are_inverse():
    turns = np.random.default_rng(0).normal(size=(50, 3))
    turns *= np.minimum(1, 3 / np.linalg.norm(turns, axis=1, keepdims=True))
    assert np.allclose(rotation_vector(rotation(turns)), turns, atol=1e-9)


def test_the_jacobian_of_posing_agrees_with_differences():
    t = template()
    rng = np.random.default_rng(0)
    fit = Fit(rng.normal(size=64) * 0.5, rotation(rng.normal(size=(len(t.bones), 3)) * 0.2), np.zeros(3))
    ids = rng.integers(0, len(t.mean), 30)
    jacobian = posed_jacobian(t, fit, ids, 64)
    before = fit.body(t)[0][ids]
    for _ in range(10):
        step = rng.normal(size=jacobian.shape[2]) * 1e-6
        after = moved(t, fit, step, 64).body(t)[0][ids]
        assert np.allclose(after - before, jacobian @ step, atol=1e-9)


@pytest.mark.slow
@pytest.mark.skipif(not SCANS.exists(), reason="the development scans are not beside the checkout")
def test_a_real_persons_surface_is_accepted():
    scan = read_scan(SCANS / "VH_F_Skin_v1.1.glb")
    body = body_from_scan(scan)
    assert body.measurements["stature"].value == pytest.approx(np.ptp(scan.points[:, 1]), abs=0.006)
    assert body.registration["mean"] < 0.002
    assert _closed(body)


def test_floor_and_wall_are_taken_away_and_the_floor_is_known():
    rng = np.random.default_rng(4)
    scan = synthetic_scan(avatar(), Conditions(points=60_000, floor=False), rng)
    floor = np.column_stack([rng.uniform(-1.8, 1.8, (30_000, 2)), rng.normal(0, 0.002, 30_000)])
    wall = np.column_stack(
        [rng.uniform(-1.8, 1.8, 30_000), rng.normal(1.8, 0.002, 30_000), rng.uniform(0, 2.4, 30_000)]
    )
    cleaned = clean(scan_from_arrays(np.vstack([scan.points, floor, wall]) * 100, name="room"), rng)
    assert cleaned.unit == "cm"
    assert cleaned.floor is not None
    assert np.allclose(cleaned.floor[0], [0, 0, 1], atol=0.01)
    assert cleaned.floor[1] == pytest.approx(0, abs=0.005)
    assert np.abs(cleaned.points[:, 0]).max() < 0.8
    assert cleaned.points[:, 1].max() < 0.6


def _disc(radius, top, thick, rng):
    """A turntable's top and rim."""
    angle, out = rng.uniform(0, 2 * np.pi, 20_000), radius * np.sqrt(rng.random(20_000))
    around, height = rng.uniform(0, 2 * np.pi, 6_000), rng.uniform(top - thick, top, 6_000)
    return np.vstack(
        [
            np.column_stack([out * np.cos(angle), out * np.sin(angle), rng.normal(top, 0.002, 20_000)]),
            np.column_stack([radius * np.cos(around), radius * np.sin(around), height]),
        ]
    )


@pytest.mark.slow
def test_a_turntable_on_a_floor_between_walls_is_taken_away():
    rng = np.random.default_rng(4)
    scan = synthetic_scan(avatar(), Conditions(points=60_000, floor=False), rng)
    flat = rng.uniform(-1.5, 1.5, (30_000, 2)), rng.normal(0, 0.002, (30_000, 1))
    room = [np.hstack([flat[0], flat[1] - 0.1]), np.hstack([flat[0], flat[1] + 2.4])]
    for side in (-1.5, 1.5):
        tall = rng.uniform(-0.1, 2.4, (30_000, 1))
        room += [np.hstack([flat[1] + side, flat[0][:, :1], tall]), np.hstack([flat[0][:, :1], flat[1] + side, tall])]
    cleaned = clean(scan_from_arrays(np.vstack([scan.points, _disc(0.4, 0.0, 0.1, rng), *room]), name="room"), rng)
    assert cleaned.floor is not None
    assert np.allclose(cleaned.floor[0], [0, 0, 1], atol=0.01)
    assert cleaned.floor[1] == pytest.approx(0, abs=0.005)
    assert -0.01 < cleaned.points[:, 2].min() < 0.02
    assert np.abs(cleaned.points[:, :2]).max() < 0.7


@pytest.mark.slow
@pytest.mark.parametrize("how", ["as it is", "inside out", "two pieces", "legs reversed", "at random"])
def test_faces_wound_any_way_give_normals_out_of_the_body_or_none(how):
    body, rng = avatar(), np.random.default_rng(1)
    faces = body.faces.copy()
    reversed_ = {
        "as it is": np.zeros(len(faces), bool),
        "inside out": np.ones(len(faces), bool),
        "two pieces": np.ones(len(faces), bool),
        "legs reversed": body.parts[faces[:, 0]] >= 6,
        "at random": rng.random(len(faces)) < 0.5,
    }[how]
    faces[reversed_] = faces[reversed_][:, ::-1]
    points = body.vertices
    if how == "two pieces":  # every face with corners of its own, as STL files have them
        points, faces = points[faces].reshape(-1, 3), np.arange(3 * len(faces)).reshape(-1, 3)
    cleaned = clean(scan_from_arrays(points, faces, how), rng)
    assert cleaned.signed == (how not in ("legs reversed", "at random"))
    if cleaned.signed:
        near = trimesh.PointCloud(body.vertices).kdtree.query(cleaned.points)[1]
        outward = np.einsum("ni,ni->n", cleaned.normals, vertex_normals(body.vertices, body.faces)[near])
        assert np.mean(outward > 0) > 0.98


def test_spots_of_a_mesh_are_those_that_trimesh_finds():
    body, rng = avatar(), np.random.default_rng(0)
    pick = rng.choice(len(body.vertices), 60, replace=False)
    points = body.vertices[pick] + rng.normal(0, 0.004, (60, 3))
    face, share, gap = nearest_spots(template(), body.vertices, points)
    spots = np.einsum("mk,mki->mi", share, body.vertices[body.faces[face]])
    assert np.allclose(np.linalg.norm(spots - points, axis=1), gap)
    corners = body.vertices[body.faces]
    least = []
    for point in points:
        on_each = trimesh.triangles.closest_point(corners, np.broadcast_to(point, (len(corners), 3)))
        least.append(np.linalg.norm(on_each - point, axis=1).min())
    assert (gap > np.array(least) - 1e-12).all()
    assert (
        np.mean(gap < np.array(least) + 1e-4) > 0.9
    )  # beside the faces about the nearest vertex, another may be nearer


def test_a_fit_that_is_right_stays_right():
    t = template()
    usual = Fit(t.prior["woman"][0], np.tile(np.eye(3), (len(t.bones), 1, 1)), np.zeros(3))
    vertices, _ = usual.body(t)
    mesh = trimesh.Trimesh(vertices, t.faces, process=False)
    points, face = trimesh.sample.sample_surface(mesh, 60_000, seed=1)
    target = PointTarget(points, mesh.face_normals[face], signed=True)
    ids, probes = np.arange(0, len(vertices), 9), np.arange(0, len(points), 12)
    fitted = fit_stage(t, usual, target, Stage(64, 0.06, 0.012, 4, dense=True), ids, probes, np.ones(len(vertices)))
    off = np.einsum("ni,ni->n", fitted.body(t)[0] - vertices, vertex_normals(vertices, t.faces))
    assert abs(off.mean()) < 1e-4  # planes of the nearest vertices would make it a third of a millimetre thinner


def test_folds_are_armpits_and_crotch():
    t, body = template(), avatar()
    hidden = open_skin(body.vertices, vertex_normals(body.vertices, t.faces)) < 1
    crotch = np.linalg.norm(body.vertices - body.landmarks["crotch"], axis=1) < 0.02
    assert hidden[crotch].mean() > 0.5
    for seen in ("bust_left", "waist_front", "waist_back", "knee_left", "crown"):
        assert not hidden[np.linalg.norm(body.vertices - body.landmarks[seen], axis=1) < 0.03].any(), seen


def test_feet_are_fitted_to_the_floor_that_they_stand_on():
    t = template()
    usual = Fit(t.prior["woman"][0], np.tile(np.eye(3), (len(t.bones), 1, 1)), np.zeros(3))
    vertices, _ = usual.body(t)
    above = vertices[vertices[:, 2] > 0.05]  # no camera saw the feet
    ids, probes = np.arange(0, len(vertices), 9), np.arange(0, len(above), 9)
    low = vertices[:, 2].min() - 0.01
    target = PointTarget(above, np.zeros_like(above), False, (np.array([0.0, 0.0, 1.0]), low))
    target.normals = vertex_normals(vertices, t.faces)[vertices[:, 2] > 0.05]
    stage = Stage(12, 0.08, 0.02, 4, dense=True)
    fitted, _ = fit_stage(t, usual, target, stage, ids, probes, np.ones(len(vertices))).body(t)
    assert abs(fitted[t.soles, 2] - t.mean[t.soles, 2] - low).mean() < 0.004
    standing = target.stood_on(fitted[t.soles], t.mean[t.soles, 2])
    assert np.allclose(standing[:, 2], low + t.mean[t.soles, 2])
    assert np.allclose(standing[:, :2], fitted[t.soles, :2])


def test_the_rim_of_what_was_seen_is_known():
    rng = np.random.default_rng(2)
    ball = rng.normal(size=(40_000, 3))
    ball /= np.linalg.norm(ball, axis=1, keepdims=True)
    bowl = 0.1 * ball[ball[:, 2] < 0]
    target = PointTarget(bowl, bowl / 0.1, signed=True)
    assert target.rim[bowl[:, 2] > -0.0007].mean() > 0.8
    assert target.rim[bowl[:, 2] < -0.01].mean() < 0.03


@pytest.mark.parametrize("sex", ["woman", "man"])
def test_people_are_taken_for_what_they_are_likeliest(sex):
    t = template()
    mean, precision = _people(t, t.prior[sex][0], 30)
    assert np.allclose(mean, t.prior[sex][0][:30])
    assert np.allclose(precision, precision.T)
    assert np.linalg.eigvalsh(precision).min() > 0


def _leaning(*degrees):
    """A woman whose scan lies so many degrees askew about x, y and z: her lean, her cloud, her fit and its surface."""
    t = template()
    lean = rotation(np.radians(degrees))
    how = Conditions(points=80_000, floor=False, strays=0.0)
    points = synthetic_scan(avatar(), how, np.random.default_rng(5)).points
    person = Cleaned(points @ lean.T, np.zeros_like(points), False, None, "m", 0.0)
    turns = np.tile(np.eye(3), (len(t.bones), 1, 1))
    turns[0] = rotation(np.radians([1.0, 1.0, 0.0])) @ lean  # the posture is a little off
    return lean, person, Fit(t.prior["woman"][0], turns, np.zeros(3)), avatar().vertices @ lean.T


def test_which_way_is_up_is_told_by_heels_and_balls():
    lean, person, fit, modelled = _leaning(3.0, -2.0, 0.0)
    up = _square_to_soles(template(), person, fit, modelled, fit.turns[0][:, 2])
    assert up is not None
    assert np.degrees(np.arccos(up @ lean[:, 2])) < 0.8


@pytest.mark.slow
@pytest.mark.parametrize("askew", [4.5, 6.5, 30.0])
def test_who_nearly_lies_along_an_axis_by_chance_is_stood_up(askew):
    lean, person, fit, modelled = _leaning(askew, 0.0, 0.0)
    assert np.degrees(np.arccos(upward(template(), person, fit, modelled) @ lean[:, 2])) < 1.0


def test_who_stands_along_an_axis_is_left_there():
    _, person, fit, modelled = _leaning(1.0, 1.0, 0.0)
    assert upward(template(), person, fit, modelled) == pytest.approx([0, 0, 1])


def test_legs_that_lean_across_the_middle_are_left_and_measured_whole():
    woman, t = avatar(), template()
    turn = {f"thigh_{side}": np.array([0.0, -0.12, 0.0]) for side in ("left", "right")}  # both legs to one side
    turn |= {f"foot_{side}": -turn[f"thigh_{side}"] for side in ("left", "right")}
    aside = posed(woman, turn)
    low = aside.vertices[:, 2] < 0.3
    left = t.parts == PART_NAMES.index("leg_left")
    right = t.parts == PART_NAMES.index("leg_right")
    crossing = aside.vertices[left & low, 0].min() < 0 or aside.vertices[right & low, 0].max() > 0
    assert crossing  # the plane of symmetry
    crotch = float(aside.landmarks["crotch"][2])
    assert np.abs(parted(aside.vertices, t.parts, crotch) - aside.vertices)[low].max() < 1e-9
    found = tapes(aside.vertices, aside.joints)
    for name in ("ankle", "calf", "knee"):  # a level cut of a leg that leans is a little longer
        assert found[name].value(aside.vertices) == pytest.approx(woman.measurements[name].value, abs=0.007), name


def test_legs_that_press_into_each_other_are_parted():
    woman, t = avatar(), template()
    crotch = float(woman.landmarks["crotch"][2])
    thighs = woman.vertices[:, 2] > 0.7 * crotch
    left, right = (t.parts == PART_NAMES.index(f"leg_{side}") for side in ("left", "right"))
    pressed = woman.vertices.copy()
    pressed[left, 0] -= 0.05
    pressed[right, 0] += 0.05
    free = parted(pressed, t.parts, crotch)
    deep = thighs & (pressed[:, 2] < crotch - 0.03)
    assert pressed[left & deep, 0].min() < 0 < pressed[right & deep, 0].max()
    assert free[left & deep, 0].min() > 0.006
    assert free[right & deep, 0].max() < -0.006
    assert np.array_equal(free[:, 2], pressed[:, 2])
