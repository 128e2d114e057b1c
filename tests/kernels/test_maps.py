# SPDX-License-Identifier: GPL-3.0-or-later
"""Fit maps on shapes whose strains, tensions, pressures and girths are known exactly."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from toile.addon import ramp
from toile.bodies import PART_NAMES, Body, Measurement
from toile.sim import Drape
from toile.sim.cloth import Cloth
from toile.sim.distance import MeshRefused
from toile.sim.fabric import Mechanics
from toile.sim.girth import LIMBS, TRUNK, Girth
from toile.sim.maps import MAPS, MapsRefused, Worn, fit_maps, worn
from toile.sim.report import DrapeReport, strain
from toile.sim.verdict import (
    TAPE,
    LimitsRefused,
    _bare,
    fit_limits,
    fit_report,
    girth_verdict,
    judged,
    least_cut,
    value_verdict,
)

WOVEN = Mechanics(
    name="woven", label="Woven", density=0.15, thickness=5e-4, stretch_warp=6000.0, stretch_weft=4000.0, shear=60.0,
    bend_warp=1e-5, bend_weft=1e-5, friction=0.3, friction_skin=0.3,
)  # fmt: skip
KNIT = replace(WOVEN, name="knit", stretch_warp=700.0, stretch_weft=180.0, shear=30.0)
CURVED = replace(
    WOVEN,
    name="curved",
    curve_warp=((0.02, 10.0), (0.10, 200.0), (0.12, 300.0)),
    curve_weft=((0.05, 20.0), (0.20, 30.0)),
    curve_shear=((0.1, 4.0), (0.3, 10.0)),
)


# ---- Shapes ----


def tube(radius, low, high, around=60, up=20, grain=0.0, stretched=1.0, at=(0.0, 0.0)):
    """An upright tube sewn up one side: positions (w, 3), faces (m, 3), uv_corners (m, 3, 2) turned by `grain`.

    Its facets are flat; cut from a rectangle so that it is stretched round by `stretched`.
    """
    k, row = (a.ravel() for a in np.meshgrid(np.arange(around + 1), np.arange(up + 1)))
    angle = 2 * np.pi * k / around
    here = (np.arange(up)[:, None] * (around + 1) + np.arange(around)).ravel()
    above = here + around + 1
    faces = np.concatenate([np.stack([here, here + 1, above + 1], 1), np.stack([here, above + 1, above], 1)])
    weld = row * around + k % around
    x, y = at[0] + radius * np.cos(angle), at[1] + radius * np.sin(angle)
    positions = np.zeros((around * (up + 1), 3))
    positions[weld] = np.stack([x, y, low + (high - low) * row / up], axis=1)
    chord = 2 * radius * math.sin(math.pi / around)
    flat = np.stack([k * chord / stretched, (high - low) * row / up], axis=1)
    turn = np.array([[math.cos(grain), -math.sin(grain)], [math.sin(grain), math.cos(grain)]])
    return positions, weld[faces], (flat @ turn.T)[faces]


def closed(radius, low, high, at=(0.0, 0.0), around=60):
    """A tube with lids, outward."""
    positions, faces, _ = tube(radius, low, high, around, 20, at=at)
    n, k = len(positions), np.arange(around)
    bottom = np.stack([np.full(around, n), (k + 1) % around, k], axis=1)
    top = np.stack([np.full(around, n + 1), n - around + k, n - around + (k + 1) % around], axis=1)
    lids = [[*at, low], [*at, high]]
    return np.concatenate([positions, lids]), np.concatenate([faces, bottom, top])


def sphere(radius, rounds=3):
    """An octahedron's faces quartered and blown up."""
    points = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]], float)
    faces = np.array([[0, 2, 4], [2, 1, 4], [1, 3, 4], [3, 0, 4], [2, 0, 5], [1, 2, 5], [3, 1, 5], [0, 3, 5]])
    for _ in range(rounds):
        corners = points[faces]
        middles = (corners + np.roll(corners, -1, axis=1)) / 2
        (a, b, c), (ab, bc, ca) = np.swapaxes(corners, 0, 1), np.swapaxes(middles, 0, 1)
        split = np.concatenate([np.stack(t, 1) for t in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))])
        points, faces = np.unique(np.round(split.reshape(-1, 3), 12), axis=0, return_inverse=True)
        points, faces = points / np.linalg.norm(points, axis=1, keepdims=True), faces.reshape(-1, 3)
    return radius * points, faces


def laid_flat(positions, faces):
    """(m, 3, 2) each face in its own plane, unstretched."""
    a, b, c = np.swapaxes(positions[faces], 0, 1)
    along = (b - a) / np.linalg.norm(b - a, axis=1, keepdims=True)
    normal = np.cross(b - a, c - a)
    across = np.cross(normal / np.linalg.norm(normal, axis=1, keepdims=True), along)
    dot = lambda p, q: np.einsum("mi,mi->m", p, q)  # noqa: E731
    zero = np.zeros(len(faces))
    corners = [(zero, zero), (dot(b - a, along), zero), (dot(c - a, along), dot(c - a, across))]
    return np.stack([np.stack(corner, axis=1) for corner in corners], axis=1)


def body_of(vertices, faces, parts="torso", measurements=None, landmarks=None):
    number = np.broadcast_to([PART_NAMES.index(p) for p in np.atleast_1d(parts)], len(vertices)).astype(np.int8)
    return Body(vertices, faces.astype(np.int32), number, landmarks or {}, measurements or {}, {}, source="test")


def hung(positions, faces, uv, fabric=KNIT, skin=0.002, panel=0):
    m = len(faces)
    panels = np.broadcast_to(panel, m).astype(np.int64)
    return Worn(positions, faces, uv, panels, np.zeros(m, np.int64), (fabric,), skin)


BALL = body_of(*sphere(0.1))
IN_THE_MIDDLE = slice(240, -240)  # vertices of a tube away from its open ends


# ---- Strain and shear ----


def patch(gradient, away=0.5):
    """A square cut at random into triangles, deformed by F (3, 2) for d(x)/d(weft, warp)."""
    u, v = (a.ravel() for a in np.meshgrid(np.linspace(0, 0.1, 5), np.linspace(0, 0.1, 5)))
    flat = np.stack([u, v], axis=1)
    here = (np.arange(4)[:, None] * 5 + np.arange(4)).ravel()
    faces = np.concatenate([np.stack([here, here + 1, here + 6], 1), np.stack([here, here + 6, here + 5], 1)])
    return flat @ np.asarray(gradient).T + [0, 0, away], faces, flat[faces]


columns = arrays(np.float64, (3, 2), elements=st.floats(-0.4, 0.4)).map(lambda noise: np.eye(3)[:, :2] + noise)


@given(columns)
def test_a_uniform_stretch_is_read_off_exactly(gradient):
    weft, warp = gradient.T
    maps = fit_maps(hung(*patch(gradient)), BALL).values
    assert maps["strain_warp"] == pytest.approx(np.linalg.norm(warp) - 1, abs=1e-9)
    assert maps["strain_weft"] == pytest.approx(np.linalg.norm(weft) - 1, abs=1e-9)
    diagonals = [np.linalg.norm(weft + side * warp) / math.sqrt(2) - 1 for side in (1, -1)]
    assert maps["strain_bias"] == pytest.approx(max(diagonals), abs=1e-9)
    between = math.acos(warp @ weft / np.linalg.norm(warp) / np.linalg.norm(weft))
    assert maps["shear"] == pytest.approx(math.pi / 2 - between, abs=1e-7)


@given(st.floats(0.0, 1.0), st.floats(-math.pi, math.pi), arrays(np.float64, 3, elements=st.floats(-2.0, 2.0)))
@settings(max_examples=12)
def test_a_rigid_motion_changes_no_map(tilt, turn, shift):
    c, s, ct, sn = math.cos(turn), math.sin(turn), math.cos(tilt), math.sin(tilt)
    rotation = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) @ np.array([[1, 0, 0], [0, ct, -sn], [0, sn, ct]])
    positions, faces, uv = tube(0.151, 0.1, 0.5, up=8, grain=0.4, stretched=1.1)
    trunk, skin = closed(0.15, 0.0, 0.6)
    before = fit_maps(hung(positions, faces, uv), body_of(trunk, skin)).values
    moved = hung(positions @ rotation.T + shift, faces, uv)
    after = fit_maps(moved, body_of(trunk @ rotation.T + shift, skin)).values
    for name in MAPS:
        assert after[name] == pytest.approx(before[name], rel=1e-6, abs=1e-6), name


# ---- Stress ----


@pytest.mark.parametrize(
    ("warp", "weft", "expected"),
    [
        (0.0, 0.0, (0.0, 0.0)),
        (0.01, 0.025, (5.0, 10.0)),  # halfway to the first point
        (0.06, 0.05, (105.0, 20.0)),  # between two, and on one
        (0.15, 0.30, (450.0, 30.0 + 10.0 * 0.10 / 0.15)),  # beyond the last: straight on
        (-0.2, -0.01, (0.0, 0.0)),  # pressed together: nothing
    ],
)
def test_stress_is_the_fabrics_curve(warp, weft, expected):
    maps = fit_maps(hung(*patch([[1 + weft, 0], [0, 1 + warp], [0, 0]]), fabric=CURVED), BALL).values
    assert maps["stress_warp"] == pytest.approx(expected[0], abs=1e-8)
    assert maps["stress_weft"] == pytest.approx(expected[1], abs=1e-8)


@pytest.mark.parametrize("angle", [-0.5, -0.2, 0.05, 0.2])
def test_shear_stress_follows_its_curve_both_ways(angle):
    gradient = [[math.cos(angle), 0], [math.sin(angle), 1], [0, 0]]
    maps = fit_maps(hung(*patch(gradient), fabric=CURVED), BALL).values
    size = abs(angle)
    expected = 40 * size if size <= 0.1 else 4 + 30 * (size - 0.1)
    assert maps["stress_shear"] == pytest.approx(math.copysign(expected, angle), abs=1e-6)


def test_what_neighbours_stretch_and_shrink_in_turn_is_no_stretch_of_the_cloth():
    positions, faces, uv = tube(0.2, 0.0, 0.3, around=120, up=30, stretched=1.02)
    true = fit_maps(hung(positions, faces, uv), BALL).values
    noise = np.random.default_rng(7).normal(0.0, 1e-4, positions.shape)
    found = fit_maps(hung(positions + noise, faces, uv), BALL).values
    raw = np.abs(strain(uv, positions + noise, faces)[:, 0] - true["strain_warp"]).mean()
    assert np.abs(found["strain_warp"] - true["strain_warp"]).mean() < 0.5 * raw


def test_across_a_seam_nothing_is_averaged():
    """Two squares that share an edge, one of which is stretched: each panel keeps its own strain."""
    positions = np.array([[0, 0, 0.5], [1, 0, 0.5], [1, 1, 0.5], [0, 1, 0.5], [2, 0, 0.5], [2, 1, 0.5]]) * [0.1, 0.1, 1]
    faces = np.array([[0, 1, 2], [0, 2, 3], [1, 4, 5], [1, 5, 2]])
    uv = positions[faces][..., :2].copy()
    uv[2:, :, 0] /= 1.05
    values = fit_maps(hung(positions, faces, uv, panel=np.array([0, 0, 1, 1])), BALL).values
    assert values["strain_weft"] == pytest.approx([0.0, 0.0, 0.05, 0.05], abs=1e-12)


def test_every_face_bears_by_its_own_fabric():
    positions, faces, uv = patch([[1.01, 0], [0, 1.01], [0, 0]])
    which = np.arange(len(faces)) % 2
    garment = Worn(positions, faces, uv, np.zeros(len(faces), np.int64), which, (WOVEN, KNIT), 0.002)
    assert fit_maps(garment, BALL).values["stress_warp"] == pytest.approx(np.where(which, 7.0, 60.0))


# ---- Pressure ----


def hoop_tension(fabric, grain, stretch):
    """N/m across a cut along the tube's axis, per current length: t = n·(P Fᵀ)n / det F, by hand in the plane."""
    forward = np.diag([1 + stretch, 1.0])  # round, up
    # The tube turns the flat pattern by `grain`, so the pattern's axes lie at -grain on the tube.
    weft, warp = forward @ [math.cos(grain), -math.sin(grain)], forward @ [math.sin(grain), math.cos(grain)]
    lu, lv = np.linalg.norm(weft), np.linalg.norm(warp)
    u, v = weft / lu, warp / lv
    angle = math.asin(u @ v)
    shear = fabric.shear * angle / math.cos(angle)
    along_u = fabric.stretch_weft * max(lu - 1, 0) * u + shear * (v - math.sin(angle) * u) / lu
    along_v = fabric.stretch_warp * max(lv - 1, 0) * v + shear * (u - math.sin(angle) * v) / lv
    return (along_u[0] * weft[0] + along_v[0] * warp[0]) / (1 + stretch)


@pytest.mark.parametrize("grain", [0.0, 0.3, math.pi / 4, 1.2, math.pi / 2])
@pytest.mark.parametrize("fabric", [WOVEN, KNIT], ids=lambda cloth: cloth.name)
def test_a_tube_under_tension_presses_with_tension_over_radius(fabric, grain):
    garment = hung(*tube(0.1505, 0.1, 0.5, grain=grain, stretched=1.05), fabric=fabric)
    maps = fit_maps(garment, body_of(*closed(0.15, 0.0, 0.6)))
    assert not maps.pressure_told
    expected = hoop_tension(fabric, grain, 0.05) / 0.1505
    assert maps.values["pressure"][IN_THE_MIDDLE] == pytest.approx(expected, rel=2e-3)


def test_a_sphere_under_tension_presses_with_twice_its_tension_over_radius():
    errors = []
    even = replace(KNIT, stretch_warp=500.0, stretch_weft=500.0)
    for rounds in (3, 4):
        positions, faces = sphere(0.2, rounds)
        garment = hung(positions, faces, laid_flat(positions, faces) / 1.1, fabric=even, skin=0.01)
        pressure = fit_maps(garment, body_of(*sphere(0.195, rounds))).values["pressure"]
        errors.append(abs(pressure.mean() / (2 * 500.0 * 0.1 / 1.1 / 0.2) - 1))
    assert errors[1] < 0.01
    assert errors[1] < 0.5 * errors[0], "a finer mesh comes nearer"


def test_a_coarse_cloth_presses_with_the_middles_of_its_faces():
    """Twelve flat facets round a body touch it between their corners, which stand 3 mm off."""
    around = 12
    positions, faces, uv = tube(0.1005 / math.cos(math.pi / around), 0.1, 0.5, around, 20, stretched=1.05)
    maps = fit_maps(hung(positions, faces, uv, skin=0.001), body_of(*closed(0.1, 0.0, 0.6, around=360))).values
    assert maps["clearance"].min() > 0.003
    assert maps["contact"].all()
    middle = slice(4 * around, -4 * around)
    assert maps["pressure"][middle].mean() == pytest.approx(KNIT.stretch_weft * 0.05 / 0.1, rel=0.05)


def test_cloth_off_the_body_or_slack_presses_nothing():
    away = fit_maps(hung(*tube(0.16, 0.1, 0.5, stretched=1.05)), body_of(*closed(0.15, 0.0, 0.6))).values
    assert away["stress_weft"].min() > 5.0
    assert not away["contact"].any()
    assert not away["pressure"].any()
    slack = fit_maps(hung(*tube(0.1505, 0.1, 0.5, stretched=0.9)), body_of(*closed(0.15, 0.0, 0.6))).values
    assert slack["contact"].all()
    assert slack["pressure"] == pytest.approx(0.0, abs=1e-9)


def test_what_the_engine_tells_is_taken_as_it_is():
    garment = hung(*tube(0.16, 0.1, 0.5))
    told = np.linspace(0, 3000, len(garment.positions))
    maps = fit_maps(replace(garment, pressure=told), body_of(*closed(0.15, 0.0, 0.6)))
    assert maps.pressure_told
    assert (maps.values["pressure"] == told).all()


# ---- Clearance, contact, landmarks ----


@given(st.floats(-0.02, 0.05))
@settings(max_examples=15)
def test_the_clearance_of_an_offset_sphere_is_the_offset(offset):
    positions, faces = sphere(0.2 + offset, 4)
    garment = hung(positions, faces, laid_flat(positions, faces), skin=0.003)
    values = fit_maps(garment, body_of(*sphere(0.2, 4))).values
    sagged = 0.2 * (1 - math.cos(math.pi / 2 / 2**4))  # how far the facets lie under the sphere, at most
    assert values["clearance"].min() >= offset - 1e-9
    assert values["clearance"].max() <= offset + sagged
    assert values["contact"][values["clearance"] <= 0.003].all()
    assert not values["contact"][values["clearance"] > 0.003 + sagged].any()


def test_a_landmark_has_the_numbers_of_the_cloth_within_three_centimetres():
    positions, faces = sphere(0.2, 4)
    body = body_of(*sphere(0.19, 4), landmarks={"top": np.array([0, 0, 0.19]), "far": np.array([0, 0, 0.245])})
    garment = hung(positions, faces, laid_flat(positions, faces) / 1.1, skin=0.02)
    maps = fit_maps(garment, body)
    assert set(maps.landmarks) == {"top"}
    assert set(maps.landmarks["top"]) == set(MAPS)
    assert maps.landmarks["top"]["clearance"] == pytest.approx(0.01, abs=1e-3)
    assert maps.landmarks["top"]["strain_warp"] == pytest.approx(0.1, abs=1e-9)


# ---- Girths ----


def ring(radius, height, at=(0.0, 0.0)):
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    curve = np.stack([radius * np.cos(angle) + at[0], radius * np.sin(angle) + at[1], np.full(40, height)], axis=1)
    return Measurement(polygon(radius), 0.001, "round", curve)


def polygon(radius, around=60):
    return 2 * around * radius * math.sin(math.pi / around)


def joined(*pieces):
    """Several tubes as one mesh, and each face's piece."""
    sizes = np.cumsum([0, *(len(p[0]) for p in pieces)])
    faces = np.concatenate([p[1] + n for p, n in zip(pieces, sizes, strict=False)])
    number = np.repeat(np.arange(len(pieces)), [len(p[1]) for p in pieces])
    return np.concatenate([p[0] for p in pieces]), faces, np.concatenate([p[2] for p in pieces]), number


def legs():
    """A trunk with two legs 0.3 m apart, and its waist and left thigh measured."""
    trunk, left, right = closed(0.2, 0.8, 1.2), closed(0.08, 0.0, 0.78, (0.15, 0)), closed(0.08, 0.0, 0.78, (-0.15, 0))
    sizes = [len(trunk[0]), len(left[0]), len(right[0])]
    return body_of(
        np.concatenate([trunk[0], left[0], right[0]]),
        np.concatenate([trunk[1], left[1] + sizes[0], right[1] + sizes[0] + sizes[1]]),
        np.repeat(["torso", "leg_left", "leg_right"], sizes),
        {"waist": ring(0.2, 1.0), "thigh": ring(0.08, 0.7, (0.15, 0)), "knee": ring(0.08, 0.4, (0.15, 0))},
    )


@given(st.floats(0.8, 1.3), st.floats(0.0, 1.5))
@settings(max_examples=12)
def test_a_girth_is_as_worn_on_the_body_and_as_cut_on_the_table(stretch, grain):
    """A garment that is too small measures on the body what it was stretched to; its cut betrays it."""
    maps = fit_maps(hung(*tube(0.21, 0.85, 1.15, grain=grain, stretched=stretch)), legs())
    waist = maps.girths["waist"]
    assert waist.worn == pytest.approx(polygon(0.21), rel=1e-9)
    assert waist.cut == pytest.approx(polygon(0.21) / stretch, rel=1e-6)
    assert waist.ease == pytest.approx(polygon(0.21) / stretch - polygon(0.2), abs=1e-6)
    assert waist.warp == pytest.approx(math.sin(grain) ** 2, abs=1e-6)
    assert all(maps.girths[name] is None for name in (*TRUNK, *LIMBS) if name != "waist")


def test_a_trouser_leg_goes_round_its_limb_and_a_skirt_does_not():
    skirt = fit_maps(hung(*tube(0.3, 0.3, 0.9)), legs())
    assert skirt.girths["thigh"] is None
    assert skirt.girths["knee"] is None
    positions, faces, uv, number = joined(
        tube(0.1, 0.2, 0.75, at=(0.15, 0), stretched=1.1), tube(0.09, 0.2, 0.75, at=(-0.15, 0)), tube(0.3, 0.3, 0.9)
    )
    both = fit_maps(hung(positions, faces, uv, panel=number), legs())
    assert both.girths["thigh"].worn == pytest.approx(polygon(0.1), rel=1e-9), "the leg under the skirt, on the left"
    assert both.girths["thigh"].cut == pytest.approx(polygon(0.1) / 1.1, rel=1e-6)
    assert both.girths["knee"].ease == pytest.approx(polygon(0.1) / 1.1 - polygon(0.08), abs=1e-6)


def test_where_the_legs_are_still_one_the_thigh_is_taken_below_the_crotch():
    """The crotch hangs 4 cm below the thigh's level; the body is measured anew where the leg begins."""
    positions, faces, uv, _ = joined(tube(0.1, 0.2, 0.66, at=(0.15, 0)), tube(0.3, 0.66, 0.9))
    maps = fit_maps(hung(positions, faces, uv), legs())
    assert maps.girths["thigh"].worn == pytest.approx(polygon(0.1), rel=1e-9)
    assert maps.girths["thigh"].body == pytest.approx(polygon(0.08), rel=1e-6)


def test_a_skirt_that_begins_below_the_waist_was_still_cut_for_the_waist():
    maps = fit_maps(hung(*tube(0.21, 0.7, 0.985, stretched=1.02)), legs())
    assert maps.girths["waist"].worn == pytest.approx(polygon(0.21), rel=1e-9)
    assert maps.girths["waist"].ease == pytest.approx(polygon(0.21) / 1.02 - polygon(0.2), rel=1e-6)
    assert fit_maps(hung(*tube(0.21, 0.7, 0.95)), legs()).girths["waist"] is None, "5 cm below is on the hips"


def test_a_waist_that_dips_in_front_is_measured_where_it_goes_all_the_way_round():
    """At the body's waist the plane cuts it over five sixths of the way; a tape across the rest would find it tight."""
    positions, faces, uv = tube(0.21, 0.7, 1.1)
    x, y, _ = positions[faces].mean(axis=1).T
    front, lowest = np.abs(np.arctan2(x, -y)) < math.radians(30), positions[faces][:, :, 2].min(axis=1)
    dipped = front & (lowest > 0.97)
    assert lowest[dipped].min() < 1.0
    waist = fit_maps(hung(positions, faces[~dipped], uv[~dipped]), legs()).girths["waist"]
    assert waist.worn == pytest.approx(polygon(0.21), rel=1e-9)
    slit = fit_maps(hung(positions, faces[~front], uv[~front]), legs()).girths["waist"]
    assert slit.worn < 0.995 * polygon(0.21), "open all the way down, it is measured across the opening"


def test_an_open_garment_does_not_go_round():
    positions, faces, uv = tube(0.21, 0.85, 1.15)
    front = positions[faces].mean(axis=1)[:, 1] < 0
    assert fit_maps(hung(positions, faces[~front], uv[~front]), legs()).girths["waist"] is None


# ---- Verdicts ----


def waist_of(cut, warp=0.0):
    return Girth(body=0.74, worn=max(cut, 0.75), cut=cut, warp=warp, fabric=0)


@given(st.floats(0.4, 1.4), st.sampled_from([WOVEN, KNIT, CURVED]), st.floats(0, 1))
def test_a_girth_is_tight_below_its_least_cut_and_loose_beyond_its_limit(cut, fabric, warp):
    girth = waist_of(cut, warp)
    verdict = girth_verdict("waist", girth, fabric)
    least, loose = least_cut("waist", girth, fabric), fit_limits()["girth"]["waist"]["loose"]
    assert verdict.word == ("tight" if least - cut > TAPE else "loose" if girth.ease > loose else "good")
    if verdict.word == "tight":
        assert f"{100 * (least - cut):.1f} cm too tight; let the side seams out" in verdict.sentence


def test_the_least_cut_presses_no_more_than_comfort_allows():
    """By Laplace: a woven cloth of exactly the least cut, stretched round the body in movement, presses 0.74 kPa."""
    limits = fit_limits()
    for warp, modulus in ((0.0, WOVEN.stretch_weft), (1.0, WOVEN.stretch_warp)):
        moving = 0.74 + limits["girth"]["waist"]["movement"]
        strain = moving / least_cut("waist", waist_of(0.7, warp), WOVEN) - 1
        assert modulus * strain * 2 * math.pi / 0.74 == pytest.approx(limits["give"]["comfort"], rel=1e-9)
    assert least_cut("waist", waist_of(0.7), KNIT) == pytest.approx(moving / (1 + limits["give"]["most"]))


MAP_LIMITS = [
    (n, word, lim[word]) for n, lim in fit_limits()["map"].items() for word in ("tight", "loose") if word in lim
]


@pytest.mark.parametrize(("name", "word", "value"), MAP_LIMITS)
def test_a_map_is_judged_by_its_limit(name, word, value):
    assert value_verdict(name, value * 0.999).word == "good"
    beyond = value_verdict(name, value * 1.001)
    assert beyond.word == word
    assert fit_limits()["map"][name][f"advice_{word}"] in beyond.sentence


def test_a_sentence_names_the_landmarks_that_are_past_the_limit():
    assert "0.6 kPa at" not in value_verdict("pressure", 600.0, ["waist_left"]).sentence
    said = value_verdict("pressure", 3000.0, ["waist_left", "waist_right", "hip_left", "hip_right"]).sentence
    assert "3.0 kPa at waist left, waist right, hip left, past 2.3 kPa" in said
    positions, faces = sphere(0.1)
    landmarks = {"top": np.array([0, 0, 0.1]), "bottom": np.array([0, 0, -0.1])}
    told = np.where(positions[:, 2] > 0, 5000.0, 1000.0)
    garment = replace(hung(positions, faces, laid_flat(positions, faces)), pressure=told)
    report = judged(fit_maps(garment, body_of(positions, faces, landmarks=landmarks)))
    assert "5.0 kPa at top, past" in report["maps"]["pressure"]["sentence"]
    assert report["landmarks"]["top"]["verdict"] == "tight"
    assert report["landmarks"]["bottom"]["verdict"] == "good"


def test_shear_is_judged_whichever_way_it_leans_and_some_maps_not_at_all():
    assert value_verdict("shear", -0.6).word == value_verdict("shear", 0.6).word == "tight"
    assert value_verdict("contact", 1.0) is None


def test_a_waist_that_was_cut_too_small_is_tight_and_says_what_to_do():
    positions, faces, uv = tube(0.2005, 0.85, 1.15, stretched=1.1)
    tight = judged(fit_maps(hung(positions, faces, uv, fabric=WOVEN), legs()))
    assert tight["verdict"] == "tight"
    waist = tight["ease"]["waist"]
    assert waist["verdict"] == "tight"
    assert waist["sentence"] in tight["sentences"]
    assert "let the side seams out" in waist["sentence"]
    assert waist["ease"] < 0 < waist["worn"] - waist["body"], "as worn it seems to have ease"
    assert tight["maps"]["strain_weft"]["p99"] == pytest.approx(0.1, abs=1e-6)
    assert tight["maps"]["strain_weft"]["verdict"] == "tight"
    assert tight["maps"]["pressure"]["verdict"] == "good", "400 N/m over 0.2 m is 1.8 kPa"
    assert judged(fit_maps(hung(positions, faces, uv, fabric=KNIT), legs()))["verdict"] == "good", "a knit gives"


def test_a_garment_is_loose_where_every_girth_is():
    loose = judged(fit_maps(hung(*tube(0.26, 0.85, 1.15)), legs()))
    assert loose["verdict"] == "loose"
    assert loose["sentences"] == [loose["ease"]["waist"]["sentence"]]


def test_every_limit_carries_its_source_or_is_refused():
    assert set(fit_limits()["girth"]) == {*TRUNK, *LIMBS}
    assert set(fit_limits()["map"]) <= set(MAPS)
    hearsay, no_number = {"value": 0.1, "source": "hearsay: a friend"}, {"value": "much", "source": "estimate"}
    for broken in (0.1, {"value": 0.1}, hearsay, no_number):
        with pytest.raises(LimitsRefused, match=r"girth\.waist\.loose"):
            _bare({"girth": {"waist": {"loose": broken}}}, "")


# ---- A drape ----


def draped(**changes):
    """A drape of one tube, unwelded along its side, on a body with a waist."""
    positions, faces, uv = tube(0.21, 0.85, 1.15, up=6)
    n = len(faces) * 3
    report = DrapeReport(
        engine="test", vertices=len(positions), seconds=1.0, cpu_seconds=1.0, peak_rss=1, penetration_max=0.0,
        penetration_fraction=0.0, collision_thickness=0.001, seam_gap_max=0.0, seam_gap_mean=0.0, stretch_p99=0.0,
        stretch_max=0.0, stretch_mean=0.0, self_intersections=0, body_intersections=0, kinetic_energy=0.0,
        speed_max=0.0, speed_rms=0.0, settled=True, frames=1, ease={},
    )  # fmt: skip
    cloth = Cloth(
        vertices=positions[faces.ravel()], uv=uv.reshape(-1, 2), faces=np.arange(n, dtype=np.int32).reshape(-1, 3),
        panel=np.repeat([0, 1], [n // 2, n - n // 2]).astype(np.int16), panel_names=("front", "band"),
        fabric_of_panel=("main", "rib"), sewing=np.zeros((0, 2), np.int32), seam_of=np.zeros(0, np.int16),
        seam_names=(), weld=faces.ravel().astype(np.int32),
    )  # fmt: skip
    drape = Drape(cloth, positions, faces.astype(np.int32), np.zeros((len(faces), 2)), report)
    return replace(drape, **changes)


def test_a_drapes_fit_is_plain_json_and_every_role_has_its_cloth():
    garment = worn(draped(), {"self": WOVEN, "rib": KNIT})
    assert [cloth.name for cloth in garment.fabrics] == ["woven", "knit"]
    assert garment.skin == pytest.approx(2 * 0.001 + WOVEN.thickness / 2)
    report = fit_report(draped(), legs(), {"self": WOVEN, "rib": KNIT})
    assert json.loads(json.dumps(report, allow_nan=False)) == report
    assert set(report["maps"]) == set(MAPS)
    assert report["pressure"] == "estimate from tension"
    assert report["ease"]["waist"]["ease"] == pytest.approx(polygon(0.21) - polygon(0.2), abs=1e-6)
    told = draped(pressure=np.zeros(len(garment.positions)))
    assert fit_report(told, legs(), {"self": WOVEN})["pressure"] == "the engine"


def test_a_role_without_a_cloth_is_refused():
    with pytest.raises(MapsRefused, match="rib"):
        worn(draped(), {"main": WOVEN})


# ---- Hostile input ----


def broken(**changes):
    positions, faces, uv = tube(0.21, 0.85, 1.15, up=3)
    fields = {
        "positions": positions, "faces": faces, "uv_corners": uv, "panel": np.zeros(len(faces), np.int64),
        "fabric": np.zeros(len(faces), np.int64), "fabrics": (KNIT,), "skin": 0.002, "pressure": None,
    }  # fmt: skip
    return fields | changes


def spoilt(array, value, at=0):
    copy = array.copy()
    copy.flat[at] = value
    return copy


FIELDS = broken()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"positions": spoilt(FIELDS["positions"], np.nan)}, "not finite"),
        ({"positions": spoilt(FIELDS["positions"], np.inf)}, "not finite"),
        ({"uv_corners": spoilt(FIELDS["uv_corners"], np.nan)}, "not finite"),
        ({"skin": math.nan}, "not finite"),
        ({"pressure": np.full(len(FIELDS["positions"]), np.nan)}, "not finite"),
        ({"pressure": np.zeros(3)}, "pressure of 3 vertices"),
        ({"positions": np.zeros((0, 3)), "faces": np.zeros((0, 3), np.int64)}, "no cloth"),
        ({"positions": np.zeros((4, 2))}, "no cloth"),
        ({"faces": spoilt(FIELDS["faces"], 10**9)}, "not there"),
        ({"faces": spoilt(FIELDS["faces"], -1)}, "not there"),
        ({"uv_corners": FIELDS["uv_corners"][:-1]}, "how each of them was cut"),
        ({"uv_corners": np.zeros_like(FIELDS["uv_corners"])}, "no area"),
        ({"fabrics": ()}, "fabric that was not given"),
    ],
)
def test_a_garment_that_cannot_be_mapped_is_refused_by_name(changes, says):
    with pytest.raises(MapsRefused, match=says):
        Worn(**broken(**changes))


def test_a_body_that_is_no_mesh_is_refused():
    vertices, faces = sphere(0.1)
    with pytest.raises(MeshRefused, match="finite"):
        fit_maps(Worn(**FIELDS), body_of(spoilt(vertices, np.nan), faces))


def test_crushed_faces_give_finite_maps():
    """A face pressed to a point or a line is no reason to stop."""
    positions = FIELDS["positions"].copy()
    positions[FIELDS["faces"][0]] = positions[FIELDS["faces"][0, 0]]
    for values in fit_maps(Worn(**broken(positions=positions)), legs()).values.values():
        assert np.isfinite(values).all()


# ---- Colours ----


def lightness(linear):
    """CIE L* of linear RGB: another measure than the ramps were drawn by."""
    y = linear @ [0.2126, 0.7152, 0.0722]
    return 116 * np.where(y > 216 / 24389, np.cbrt(y), (24389 / 27 * y + 16) / 116) - 16


@pytest.mark.parametrize("signed", [False, True])
def test_equal_steps_of_a_ramp_look_equal_and_can_be_shown(signed):
    shares = np.linspace(0, 1, 101)
    rgb = ramp.colours(shares, signed)
    assert rgb.min() >= 0
    assert rgb.max() <= 1
    steps = np.diff(lightness(rgb))
    rising = steps[:50] if signed else steps
    assert (rising > 0).all()
    assert rising.max() < 2 * rising.min()
    if signed:
        assert (steps[50:] < 0).all()
        assert (rgb[:50, 2] > rgb[:50, 0]).all(), "below: blue over red"
        assert (rgb[51:, 2] < rgb[51:, 0]).all(), "above: red over blue, which the colour-blind tell apart too"


@given(arrays(np.float64, 7, elements=st.floats(-10, 10)))
def test_shares_beyond_the_range_take_its_ends(shares):
    assert ramp.colours(shares, True) == pytest.approx(ramp.colours(np.clip(shares, 0, 1), True))
