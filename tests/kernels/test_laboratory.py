# SPDX-License-Identifier: GPL-3.0-or-later
"""The laboratory reads the right number off shapes whose number is known, and refuses what is no test."""

import dataclasses
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_bvp
from scipy.sparse import coo_matrix
from scipy.sparse.linalg import spsolve
from shapely.geometry import Polygon
from shapely.ops import unary_union
from toile.sim import fabrics, mechanics
from toile.sim.laboratory import (
    MESH_KINDS,
    TESTS,
    Cut,
    LaboratoryRefused,
    LawRefused,
    OverhangRefused,
    SpecimenRefused,
    bending_length,
    bias,
    cantilever,
    cusick,
    elastica,
    fall,
    hanging,
    picture_frame,
    tensile,
    usual_cut,
)
from toile.sim.laboratory.cusick import folds, outline, shadow_area
from toile.sim.laboratory.hanging import elongation
from toile.sim.laboratory.laws import bending_along, curve_of, modulus_along, pulled, strain_under, tension
from toile.sim.laboratory.meshes import disc, gradients, rest_areas, strip
from toile.sim.sheet import Settled

GRAVITY = 9.80665
ELASTICA = Path(__file__).resolve().parents[3] / "shared" / "data" / "cloth" / "cantilever_elastica.csv"
DENIM = mechanics("denim")
JERSEY = dataclasses.replace(
    mechanics("cotton_jersey"),
    curve_warp=((0.05, 15.0), (0.10, 72.0), (0.20, 300.0)),
    curve_weft=((0.10, 10.0), (0.20, 40.0), (0.40, 200.0)),
)
angles = st.floats(-math.pi, math.pi)


# -- engines that know the answer ------------------------------------------------------------------------------------


class Shaper:
    """Lays every sheet in a shape that is given."""

    name = "shaper"

    def __init__(self, shape):
        self.shape = shape

    def settle(self, sheet, fabric, residual=1e-4):
        return Settled(self.shape(sheet), None, 1e-5, 7, 0.25)


def still(sheet):
    return sheet.vertices


class Membrane:
    """Plane cloth without bending, by its own curves at any strain, brought to rest by Newton's method."""

    name = "membrane"

    def settle(self, sheet, fabric, residual=1e-4):
        corner, area = sheet.uv[sheet.faces], rest_areas(sheet.uv, sheet.faces)
        edges = np.stack([corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]], axis=2)
        shape = np.array([[-1, -1], [1, 0], [0, 1]]) @ np.linalg.inv(edges)
        curves = [curve_of(fabric, way) for way in ("weft", "warp", "shear")]
        mass = np.bincount(sheet.faces.ravel(), np.repeat(area / 3, 3)) * fabric.density
        load = mass[:, None] * np.array(sheet.gravity[:2])
        x = sheet.vertices[:, :2].copy()
        x[sheet.held] = (sheet.vertices[sheet.held] if sheet.held_at is None else sheet.held_at)[:, :2]
        free = np.setdiff1d(np.arange(x.size), (2 * sheet.held[:, None] + [0, 1]).ravel())
        own = (2 * sheet.faces[:, :, None] + [0, 1]).reshape(-1, 6)
        place, eye = (np.repeat(own, 6, axis=1).ravel(), np.tile(own, 6).ravel()), 1e-7 * np.eye(6).reshape(6, 3, 2)
        for _ in range(60):
            at = x[sheet.faces]
            force = threads(at, shape, area, curves)
            net = np.zeros_like(x)
            np.add.at(net, sheet.faces, force)
            stiff = [(threads(at + e, shape, area, curves) - threads(at - e, shape, area, curves)) / 2e-7 for e in eye]
            blocks = np.stack([s.reshape(-1, 6) for s in stiff], axis=2)
            matrix = coo_matrix((blocks.ravel(), place), shape=(x.size, x.size)).tocsr()[free][:, free]
            change = spsolve(matrix.tocsc(), (load - net).ravel()[free])
            x.reshape(-1)[free] += change
            if np.abs(change).max() < 1e-11:
                break
        reaction = np.zeros((len(sheet.held), 3))
        reaction[:, :2] = (net - load)[sheet.held]
        return Settled(np.column_stack([x, np.zeros(len(x))]), reaction, 1e-8, 5, 0.5)


def threads(at, shape, area, curves):
    """(m, 3, 2) N on the corners `at` of triangles: tension of weft and warp, and the moment between them."""
    f = np.einsum("mcd,mck->mkd", at, shape)
    b, a = np.linalg.norm(f, axis=2).T[:, :, None]
    weft, warp = f[:, 0] / b, f[:, 1] / a
    sine = (weft * warp).sum(axis=1, keepdims=True)
    turning = tension(curves[2], np.arcsin(sine)) / np.sqrt(1 - sine**2)
    on_weft = tension(curves[0], b - 1) * weft + turning / b * (warp - sine * weft)
    on_warp = tension(curves[1], a - 1) * warp + turning / a * (weft - sine * warp)
    return area[:, None, None] * shape @ np.stack([on_weft, on_warp], axis=1)


class Faller:
    """Lets a sheet fall by steps of first order; its gravity, its clock and its hold on one half can be wrong."""

    name = "faller"

    def __init__(self, gravity=GRAVITY, clock=1.0, sideways=0.0):
        self.gravity, self.clock, self.sideways = gravity, clock, sideways

    def fall(self, sheet, fabric, seconds, frames):
        step, path, speed = self.clock * seconds / frames, [sheet.vertices], np.zeros_like(sheet.vertices)
        gain = np.zeros_like(speed)
        gain[:, 0], gain[:, 2] = self.sideways * (sheet.vertices[:, 0] > 0.05), -self.gravity
        for _ in range(frames):
            speed = speed + step * gain
            path.append(path[-1] + step * speed)
        return np.array(path)


# -- specimens -------------------------------------------------------------------------------------------------------


def signed_areas(flat):
    corner = flat.points[flat.faces]
    u, v = corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]
    return (u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]) / 2


def plain_strip(cut, length=0.2, width=0.05, straight=()):
    return strip(cut, np.linspace(0.0, length, cut.rows(length) + 1), width, straight)


@pytest.mark.parametrize("mesh", MESH_KINDS)
@pytest.mark.parametrize("h", [0.003, 0.005, 0.011])
def test_a_specimen_is_covered_once_and_every_particle_used(mesh, h):
    cut = Cut(h, mesh)
    long, round_ = plain_strip(cut, straight=(3,)), disc(cut, 0.15, 0.09)
    r = np.hypot(*round_.points.T)
    chords = (r > 0.15 - 1e-9).sum()
    for flat, area in ((long, 0.01), (round_, chords / 2 * math.sin(2 * math.pi / chords) * 0.15**2)):
        assert signed_areas(flat).min() > 0.05 * h * h  # none turned over, none a sliver
        assert signed_areas(flat).sum() == pytest.approx(area, rel=1e-9)
        assert (np.unique(flat.faces) == np.arange(len(flat.points))).all()
        edges = flat.points[flat.faces] - flat.points[np.roll(flat.faces, 1, axis=1)]
        assert np.median(np.linalg.norm(edges, axis=2)) == pytest.approx(h, rel=0.25)
    assert (np.abs(r - 0.09) < 1e-9).sum() == round(2 * math.pi * 0.09 / h)  # a support finds a round edge to hold
    x = long.points[:, 0]
    assert (np.abs(x - 3 * 0.2 / cut.rows(0.2)) < 1e-9).sum() == round(0.05 / h) + 1  # and a clamp a straight one


def test_the_three_meshes_are_three():
    """By how many triangles meet inside, 6 everywhere or 4 and 8 in turn, and by how much the triangles differ."""
    meet, spread = {}, {}
    for mesh in MESH_KINDS:
        flat = plain_strip(Cut(0.005, mesh), 0.1)
        inside = (np.abs(flat.points - [0.05, 0.025]) < [0.044, 0.019]).all(axis=1)
        meet[mesh] = set(np.bincount(flat.faces.ravel())[inside])
        spread[mesh] = np.std(signed_areas(flat)) / np.mean(signed_areas(flat))
    assert meet["regular"] == {6}
    assert meet["alternate"] == {4, 8}
    assert spread["regular"] < 1e-9 > spread["alternate"]
    assert spread["delaunay"] > 0.15


@given(angles, st.floats(0.0, 0.1), st.floats(0.0, 0.1))
def test_turning_the_cut_turns_the_threads_and_mirrors_nothing(direction, x, y):
    cut = Cut(0.005, "regular", direction)
    weft, warp = cut.uv(np.array([[x, y]]))[0]
    assert math.hypot(weft, warp) == pytest.approx(math.hypot(x, y), abs=1e-12)
    along = cut.uv(np.eye(2))
    assert along[0] @ [0.0, 1.0] == pytest.approx(math.cos(direction))  # x lies at this angle to the warp
    assert np.linalg.det(along) == pytest.approx(1.0)


def test_gradients_find_the_map_that_was_applied():
    cut = Cut(0.02, "delaunay", 0.7)
    flat = plain_strip(cut, width=0.1)
    there = np.array([[1.1, 0.2], [0.0, 0.9], [0.3, -0.4]])
    uv = cut.uv(flat.points)
    np.testing.assert_allclose(gradients(uv, flat.faces, uv @ there.T), [there] * len(flat.faces), atol=1e-12)
    assert rest_areas(uv, flat.faces).sum() == pytest.approx(0.02)


@pytest.mark.parametrize("distance", [0.0, -1.0, 1e-9, 0.2, 5.0, math.nan, math.inf])
def test_a_distance_that_is_none_is_refused(distance):
    with pytest.raises(SpecimenRefused, match="particle distance"):
        Cut(distance)


@pytest.mark.parametrize("direction", [math.nan, math.inf, -1e9, 45.0])
def test_a_direction_that_is_no_angle_is_refused(direction):
    with pytest.raises(SpecimenRefused, match="degrees"):
        Cut(0.005, direction=direction)
    for test in TESTS:
        with pytest.raises(SpecimenRefused, match="degrees"):
            usual_cut(test, DENIM, direction=direction)


def test_what_cannot_be_tested_is_refused_with_what_to_do():
    satin = mechanics("silk_satin")
    with pytest.raises(SpecimenRefused, match="alternate"):
        Cut(0.005, "hexagonal")
    with pytest.raises(SpecimenRefused, match="larger"):
        cusick(Shaper(still), DENIM, Cut(2e-4))
    with pytest.raises(SpecimenRefused, match="its bending length"):
        cusick(Shaper(still), DENIM, Cut(0.025))
    with pytest.raises(SpecimenRefused, match="at most 30 mm"):
        cusick(Shaper(still), dataclasses.replace(DENIM, bend_warp=1e-3, bend_weft=1e-3), Cut(0.04))
    with pytest.raises(SpecimenRefused, match="narrower"):
        cantilever(Shaper(still), DENIM, Cut(0.005), width=0.004)
    with pytest.raises(SpecimenRefused, match="give at most"):
        cantilever(Shaper(still), satin, Cut(0.02))
    with pytest.raises(OverhangRefused):
        cantilever(Shaper(still), satin, Cut(0.005), overhang=1.0)
    with pytest.raises(LaboratoryRefused, match=r"0\.24, 0\.3, 0\.36"):
        cusick(Shaper(still), DENIM, Cut(0.005), diameter=0.5)
    with pytest.raises(LaboratoryRefused, match="45"):
        bias(Membrane(), DENIM, Cut(0.0125, direction=math.radians(5)))
    with pytest.raises(LaboratoryRefused, match="0 or 90"):
        picture_frame(Membrane(), DENIM, Cut(0.0125, direction=math.radians(20)))
    with pytest.raises(LaboratoryRefused, match="cantilever, cusick"):
        usual_cut("martindale", DENIM)


@pytest.mark.parametrize("lost", [lambda s: s.vertices * np.nan, lambda s: s.vertices[:-1]])
@pytest.mark.parametrize("test", ["cantilever", "cusick", "hanging"])
def test_a_specimen_that_an_engine_lost_is_no_result(test, lost):
    with pytest.raises(LaboratoryRefused, match="lost"):
        TESTS[test](Shaper(lost), DENIM, usual_cut(test, DENIM, particle_distance=0.0101))


@pytest.mark.parametrize("test", ["tensile", "shear"])
def test_an_engine_that_tells_no_forces_is_told_which_test_to_take(test):
    with pytest.raises(LaboratoryRefused, match="take"):
        TESTS[test](Shaper(still), DENIM, Cut(0.0125))


# -- the cantilever --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("overhang", [0.3, 1.0, 2.0, 3.7, 8.0, 12.0])
def test_the_elastica_is_scipys(overhang):
    shape = elastica(overhang)
    exact = solve_bvp(
        lambda s, y: np.stack([y[1], -(overhang**3) * (1 - s) * np.cos(y[0]), np.cos(y[0]), np.sin(y[0])]),
        lambda a, b: np.array([a[0], b[1], a[2], a[3]]),
        shape.arc,
        np.stack([shape.slope, np.gradient(shape.slope, shape.arc), 0.9 * shape.x, 1.1 * shape.drop]),
        tol=1e-9,
        max_nodes=20_000,
    )
    assert exact.success
    slope, _, x, drop = exact.sol(shape.arc)
    np.testing.assert_allclose(np.stack([shape.slope, shape.x, shape.drop]), np.stack([slope, x, drop]), atol=1e-6)
    assert (np.diff(shape.slope) > -1e-12).all()  # it never curls


@pytest.mark.skipif(not ELASTICA.exists(), reason="the shared table is not here")
def test_the_elastica_is_the_shared_tables():
    for overhang, chord, x, drop in np.loadtxt(ELASTICA, delimiter=",", skiprows=3):
        shape = elastica(overhang)
        assert math.degrees(shape.chord) == pytest.approx(chord, abs=5.01e-4)
        assert (shape.x[-1], shape.drop[-1]) == pytest.approx((x, drop), abs=5.01e-6)


@given(st.floats(0.01, 0.2))
def test_a_short_overhang_is_a_beam(overhang):
    """Small deflection: w l⁴ / 8 B."""
    assert elastica(overhang).drop[-1] == pytest.approx(overhang**3 / 8, rel=1e-4)


@pytest.mark.parametrize("overhang", [0.0, -1.0, 12.1, math.nan, math.inf])
def test_an_overhang_that_is_none_is_refused(overhang):
    with pytest.raises(OverhangRefused):
        elastica(overhang)


def bent(overhang):
    """Lays a strip as an elastica of so many bending lengths."""

    def shape(sheet):
        exact = elastica(overhang)
        x, y, _ = sheet.vertices.T
        s = np.maximum(x / x.max(), 0.0)
        along, drop = (x.max() * np.interp(s, exact.arc, value) for value in (exact.x, exact.drop))
        return np.column_stack([np.where(x > 0, along, x), y, -np.where(x > 0, drop, 0.0)])

    return shape


@pytest.mark.parametrize("mesh", MESH_KINDS)
@pytest.mark.parametrize("degrees", [0, 30, 45, 90])
@pytest.mark.parametrize("fabric", ["silk_satin", "cotton_jersey", "denim"])
def test_the_exact_shape_has_no_error(fabric, mesh, degrees):
    cloth = mechanics(fabric)
    cut = usual_cut("cantilever", cloth, mesh, direction=math.radians(degrees))
    found = cantilever(Shaper(bent(2.0)), cloth, cut)
    assert found.error_degrees == pytest.approx(0.0, abs=1e-9)
    assert found.expected_degrees == pytest.approx(41.487, abs=1e-3)
    assert found.overhang == pytest.approx(2 * found.bending_length)
    assert found.particle_distance == pytest.approx(found.bending_length / 5)
    assert (found.residual, found.steps, found.cpu_seconds) == (1e-5, 7, 0.25)


def test_a_strip_that_hangs_as_if_it_were_stiffer_is_told_by_how_many_degrees():
    found = cantilever(Shaper(bent(1.5)), DENIM, usual_cut("cantilever", DENIM))
    assert found.error_degrees == pytest.approx(22.176 - 41.487, abs=2e-3)
    assert found.angle_degrees == pytest.approx(22.176, abs=1e-3)


@pytest.mark.parametrize("mesh", MESH_KINDS)
def test_a_clamp_holds_a_row_at_its_edge_and_one_behind(mesh):
    seen = []
    cantilever(Shaper(lambda sheet: seen.append(sheet) or sheet.vertices), DENIM, usual_cut("cantilever", DENIM, mesh))
    x, held = seen[0].vertices[:, 0], seen[0].held
    columns = len(held) // 2
    np.testing.assert_allclose(x[held[columns:]], 0.0, atol=1e-12)
    np.testing.assert_allclose(x[held[:columns]], -x.max() / round(x.max() / Cut(x.max() / 10, mesh).row))


@given(angles)
def test_bending_along_the_threads_is_theirs_and_between_them_between(direction):
    assert DENIM.bend_weft * (1 - 1e-12) <= bending_along(DENIM, direction) <= DENIM.bend_warp * (1 + 1e-12)
    assert bending_along(DENIM, 0.0) == pytest.approx(DENIM.bend_warp)
    assert bending_along(DENIM, math.pi / 2) == pytest.approx(DENIM.bend_weft)
    assert bending_length(DENIM, 0.0) == pytest.approx(DENIM.bending_length[0])


# -- the Cusick drape ------------------------------------------------------------------------------------------------


def draped(fall, waves=0, height=0.0):
    """Lays the free part of a disc as a cone that falls by an angle, its radius waving by `height` of itself."""

    def shape(sheet):
        x, y, _ = sheet.vertices.T
        r, bearing = np.hypot(x, y), np.arctan2(y, x)
        ring = r[sheet.held].max()
        free = np.maximum(r - ring, 0.0)
        reach = np.minimum(r, ring) + free * math.cos(fall) * (1 + height * np.cos(waves * bearing))
        return np.column_stack([reach * np.cos(bearing), reach * np.sin(bearing), -free * math.sin(fall)])

    return shape


def test_a_disc_has_particles_for_its_folds_and_no_more_than_it_needs():
    limp, middling, stiff = (dataclasses.replace(DENIM, bend_warp=b, bend_weft=b) for b in (1e-7, 2.5e-5, 1e-3))
    distances = [usual_cut("cusick", cloth).particle_distance for cloth in (limp, middling, stiff)]
    assert distances == [0.003, pytest.approx(middling.bending_length[0] / 4, abs=5e-5), 0.006]
    assert 0.003 < distances[1] < 0.006


@pytest.mark.parametrize("mesh", MESH_KINDS)
@pytest.mark.parametrize("degrees", [0, 20, 50, 80])
def test_a_cone_casts_the_shadow_of_its_rim(mesh, degrees):
    cut = Cut(0.006, mesh, 0.3)
    found = cusick(Shaper(draped(math.radians(degrees))), DENIM, cut)
    reach = 0.09 + 0.06 * math.cos(math.radians(degrees))
    exact = (reach**2 - 0.09**2) / (0.15**2 - 0.09**2)
    assert found.drape_coefficient == pytest.approx(exact, abs=1e-3)  # a rim of chords, not a circle
    assert found.nodes == 0
    assert found.radius == pytest.approx(reach, abs=1e-4)
    assert found.diameter_advised == (0.24 if exact < 0.3 else 0.36 if exact > 0.85 else 0.30)
    assert found.in_band == (DENIM.drape[0] <= found.drape_coefficient <= DENIM.drape[1])
    assert found.direction_degrees == pytest.approx(math.degrees(0.3))


def test_a_disc_lies_equally_uneven_on_every_mesh_and_flat_on_its_support():
    starts = []
    for cut in (Cut(0.005, "regular"), Cut(0.009, "delaunay", 1.0)):
        cusick(Shaper(lambda sheet: starts.append(sheet) or sheet.vertices), DENIM, cut)
    rims = []
    for sheet in starts:
        x, y, z = sheet.vertices.T
        assert np.abs(z[sheet.held]).max() < 1e-15
        rim = np.hypot(x, y) > 0.15 - 1e-9
        rims.append(np.interp(np.linspace(-3, 3, 50), np.arctan2(y, x)[rim], z[rim], period=2 * math.pi))
    assert 1e-5 < np.abs(rims[0]).max() < 1e-3
    np.testing.assert_allclose(*rims, atol=2e-5)


def test_several_specimens_lie_each_in_its_own_way_and_are_told_in_the_mean():
    angles, starts = iter([20, 50, 35]), []

    def fallen(sheet):
        starts.append(sheet.vertices)
        return draped(math.radians(next(angles)))(sheet)

    found = cusick(Shaper(fallen), DENIM, Cut(0.006), specimens=3)
    reach = 0.09 + 0.06 * np.cos(np.radians([20, 50, 35]))
    exact = (reach**2 - 0.09**2) / (0.15**2 - 0.09**2)
    assert found.drape_coefficient == pytest.approx(exact.mean(), abs=1e-3)
    assert found.deviation == pytest.approx(exact.std(ddof=1), abs=1e-3)
    assert found.specimens == 3
    assert found.radius == pytest.approx(reach[-1], abs=1e-4)
    assert np.array_equal(starts[0][:, :2], starts[1][:, :2])
    assert min(np.abs(starts[a] - starts[b]).max() for a, b in ((0, 1), (0, 2), (1, 2))) > 1e-5
    assert cusick(Shaper(draped(0.8)), DENIM, Cut(0.006)).deviation == 0.0


@pytest.mark.parametrize("count", [0, -1, 21])
def test_no_specimen_or_a_bolt_of_them_is_refused(count):
    with pytest.raises(LaboratoryRefused, match="1 to 20"):
        cusick(Shaper(still), DENIM, Cut(0.006), specimens=count)


@pytest.mark.parametrize("waves", [3, 6, 9])
@pytest.mark.parametrize("diameter", [0.24, 0.30, 0.36])
def test_folds_are_counted_and_their_height_read(waves, diameter):
    cut = Cut(0.004, "delaunay")
    found = cusick(Shaper(draped(0.8, waves, 0.4)), mechanics("silk_satin"), cut, diameter=diameter)
    free = diameter / 2 - 0.09
    assert found.nodes == waves
    assert found.amplitude == pytest.approx(free * math.cos(0.8) * 0.4, rel=0.03)
    assert found.diameter == diameter


def test_a_ripple_on_a_wave_is_no_wave():
    bearing = np.linspace(0, 2 * math.pi, 720, endpoint=False)
    nodes, amplitude, mean = folds(0.12 + 0.01 * np.cos(5 * bearing) + 0.002 * np.cos(60 * bearing))
    assert nodes == 5
    assert amplitude == pytest.approx(math.hypot(0.01, 0.002))
    assert mean == pytest.approx(0.12)


def test_a_low_fold_between_high_ones_is_one_too():
    bearing = np.linspace(0, 2 * math.pi, 720, endpoint=False)
    for turned in (0, 100, 359):
        reach = np.roll(0.12 + 0.01 * np.cos(8 * bearing) + 0.007 * np.cos(bearing), turned)
        assert folds(reach)[0] == 8


def test_an_outline_reaches_as_far_as_its_farthest_fold():
    """A square's rim that goes back under itself on the way."""
    rim = np.array([[1, -1], [1, 1], [0.5, 0.2], [0.6, 0.9], [-1, 1], [-1, -1]], float)
    reach = outline(rim)
    assert reach.max() == pytest.approx(math.sqrt(2), rel=0.01)
    assert reach[0] == pytest.approx(1.0, rel=0.01)


@given(st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_a_shadow_is_shapelys_union(count, seed):
    corners = np.random.default_rng(seed).uniform(-0.2, 0.2, (count, 3, 3))
    exact = unary_union([Polygon(c[:, :2]) for c in corners]).area
    found = shadow_area(corners.reshape(-1, 3), np.arange(3 * count, dtype=np.int32).reshape(-1, 3))
    assert found == pytest.approx(exact, rel=1e-3, abs=1e-6)


def test_a_shadow_edge_on_is_none():
    line = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.5, 0.0, 1.0]])
    assert shadow_area(line, np.array([[0, 1, 2]], np.int32)) == 0.0
    assert shadow_area(line[:, [1, 0, 2]], np.array([[0, 1, 2]], np.int32)) == pytest.approx(0.0, abs=1e-12)


# -- strips, frames and falls ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("mesh", MESH_KINDS)
@pytest.mark.parametrize("degrees", [0, 90, 180])
@pytest.mark.parametrize("fabric", [DENIM, JERSEY], ids=["denim", "curves"])
def test_a_strip_along_its_threads_gives_back_their_curve(fabric, degrees, mesh):
    found = tensile(Membrane(), fabric, Cut(0.025, mesh, math.radians(degrees)))
    curve = curve_of(fabric, "weft" if degrees == 90 else "warp")
    assert abs(found.modulus_error) < 1e-5
    for pull in found.pulls:
        assert pull.force == pytest.approx(float(tension(curve, pull.strain)), rel=1e-5)
    assert found.pulls[-1].strain == pytest.approx(min(0.1, float(strain_under(curve, 490.0))), rel=1e-6)
    assert found.modulus == pytest.approx(found.pulls[0].force / found.pulls[0].strain)


@pytest.mark.parametrize("degrees", [30, -60])
def test_a_strip_off_the_grain_pulls_as_the_series_says(degrees):
    found = tensile(Membrane(), DENIM, Cut(0.00625, "delaunay", math.radians(degrees)))
    assert abs(found.modulus_error) < 0.03
    assert found.modulus == pytest.approx(modulus_along(DENIM, math.radians(degrees)), rel=0.1)


class Doubled(Membrane):
    """Tells twice the forces."""

    def settle(self, sheet, fabric, residual=1e-4):
        rest = super().settle(sheet, fabric, residual)
        return dataclasses.replace(rest, reaction=2 * rest.reaction)


class Mute(Membrane):
    """Tells nothing but where the cloth lies."""

    def settle(self, sheet, fabric, residual=1e-4):
        return dataclasses.replace(super().settle(sheet, fabric, residual), reaction=None, residual=None)


def test_an_engine_that_is_twice_as_stiff_is_told_so():
    assert tensile(Doubled(), DENIM, Cut(0.025)).modulus_error == pytest.approx(1.0, abs=1e-4)
    assert picture_frame(Doubled(), DENIM, Cut(0.025)).modulus_error == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize("fabric", [DENIM, mechanics("cotton_jersey")], ids=["denim", "jersey"])
@pytest.mark.parametrize("degrees", [45, 135])
def test_a_strip_on_the_bias_shears_as_it_must(fabric, degrees):
    found = bias(Membrane(), fabric, Cut(0.0125, "alternate", math.radians(degrees)))
    assert found.shear_degrees * math.sin(math.radians(2 * degrees)) > 0  # the threads turn towards the pull
    assert found.shear_degrees == pytest.approx(found.shear_expected_degrees, rel=0.02)
    assert abs(found.shear_error_degrees) < 0.15
    assert abs(found.modulus_error) < 0.1


def test_a_bias_is_read_without_forces():
    found = bias(Mute(), DENIM, Cut(0.0125, direction=math.pi / 4))
    assert (found.modulus, found.modulus_error, found.residual) == (None, None, None)
    assert [pull.force for pull in found.pulls] == [None] * 3
    assert abs(found.shear_error_degrees) < 0.15


@given(st.sampled_from(sorted(fabrics())))
def test_on_the_bias_warp_weft_and_shear_give_way_one_after_the_other(name):
    cloth = mechanics(name)
    slopes = [curve_of(cloth, way)[0][1] / curve_of(cloth, way)[0][0] for way in ("warp", "weft", "shear")]
    assert 1 / modulus_along(cloth, math.pi / 4) == pytest.approx(sum(1 / y for y in slopes) / 4)


@given(st.sampled_from(sorted(fabrics())), angles)
def test_a_small_pull_is_the_linear_one_and_a_larger_one_pulls_harder(name, direction):
    cloth = mechanics(name)
    force, shear = pulled(cloth, direction, 1 + 1e-6)
    assert force == pytest.approx(1e-6 * modulus_along(cloth, direction), rel=2e-4)
    assert abs(shear) < 1e-4
    farther = pulled(cloth, direction, 1.02)
    assert farther[0] > force
    assert shear * farther[1] >= 0


def test_threads_that_do_not_stretch_turn_like_a_trellis():
    stiff = dataclasses.replace(DENIM, stretch_warp=1e6, stretch_weft=1e6, shear=1.0, curve_warp=(), curve_weft=())
    for stretch in (1.01, 1.05, 1.2):
        assert math.sin(pulled(stiff, math.pi / 4, stretch)[1]) == pytest.approx(stretch**2 - 1, rel=1e-4)
    with pytest.raises(LawRefused):
        pulled(stiff, math.pi / 4, 1.6)


@pytest.mark.parametrize("mesh", MESH_KINDS)
@pytest.mark.parametrize("degrees", [0, -90])
def test_a_picture_frame_gives_back_the_shear_modulus(mesh, degrees):
    found = picture_frame(Membrane(), DENIM, Cut(0.02, mesh, math.radians(degrees)))
    assert found.modulus == pytest.approx(DENIM.shear, rel=1e-5)
    assert found.modulus_expected == pytest.approx(DENIM.shear, rel=1e-6)
    assert abs(found.modulus_error) < 1e-5
    assert [shear.degrees for shear in found.shears] == [0.5, 2.5, 8.0]


@pytest.mark.parametrize("fabric", [DENIM, JERSEY], ids=["denim", "curves"])
@pytest.mark.parametrize("degrees", [0, 90])
def test_a_hanging_strip_grows_by_its_weight(fabric, degrees):
    found = hanging(Mute(), fabric, Cut(0.025, "regular", math.radians(degrees)))
    assert abs(found.elongation_error) < 2e-3
    if fabric is DENIM:
        stretch = DENIM.stretch_weft if degrees else DENIM.stretch_warp
        assert found.elongation_expected == pytest.approx(DENIM.density * GRAVITY * 0.4**2 / (2 * stretch), rel=1e-4)
        assert found.modulus == pytest.approx(stretch, rel=2e-3)


@given(st.floats(0.05, 2.0))
def test_a_linear_strip_grows_with_the_square_of_its_length(length):
    direction = math.pi / 2
    assert elongation(DENIM, direction, 2 * length) == pytest.approx(4 * elongation(DENIM, direction, length), rel=1e-4)


@given(st.lists(st.tuples(st.floats(0.01, 0.2), st.floats(0.1, 100.0)), min_size=1, max_size=6), st.floats(-2.0, 2.0))
def test_strain_and_tension_undo_each_other(steps, strain):
    curve = tuple(map(tuple, np.cumsum(np.array(steps), axis=0).tolist()))
    assert float(strain_under(curve, tension(curve, strain))) == pytest.approx(strain, rel=1e-9, abs=1e-12)
    assert tension(curve, curve[-1][0]) == pytest.approx(curve[-1][1])


def test_a_fall_is_read_off_whatever_the_time_step_adds():
    found = fall(Faller(), DENIM, Cut(0.02))
    assert found.error == pytest.approx(found.tolerance, rel=1e-9)  # a step of first order leads by just so much
    assert found.acceleration == pytest.approx(GRAVITY, rel=1e-9)
    assert (found.distortion, found.acceleration_error) == pytest.approx((0.0, 0.0), abs=1e-12)


def test_a_slow_clock_a_false_gravity_and_a_torn_cloth_are_seen():
    assert fall(Faller(clock=0.9), DENIM, Cut(0.02)).acceleration_error == pytest.approx(0.81 - 1)
    assert fall(Faller(gravity=9.0), DENIM, Cut(0.02)).acceleration == pytest.approx(9.0)
    torn = fall(Faller(sideways=0.1), DENIM, Cut(0.02))
    assert torn.distortion > 0.005
    assert fall(Faller(sideways=1.0), DENIM, Cut(0.02)).error > torn.tolerance


# -- what is told ----------------------------------------------------------------------------------------------------


def test_every_result_is_plain_json_with_its_own_numbers():
    cut = Cut(0.025)
    results = [
        cantilever(Shaper(bent(2.0)), DENIM, Cut(0.01)),
        cusick(Shaper(draped(0.5)), DENIM, Cut(0.01)),
        *(TESTS[test](Membrane(), DENIM, cut) for test in ("tensile", "shear", "hanging")),
        bias(Membrane(), DENIM, Cut(0.0125, direction=math.pi / 4)),
        fall(Faller(), DENIM, cut),
    ]
    shared = {
        "test", "engine", "fabric", "mesh", "particle_distance", "direction_degrees", "vertices", "residual", "steps",
        "cpu_seconds",
    }  # fmt: skip
    own = {
        "cantilever": {"error_degrees", "angle_degrees", "expected_degrees", "overhang", "bending_length"},
        "cusick": {"drape_coefficient", "band", "in_band", "nodes", "amplitude", "diameter", "diameter_advised"},
        "tensile": {"modulus", "modulus_expected", "modulus_error", "pulls"},
        "bias": {"shear_degrees", "shear_expected_degrees", "shear_error_degrees", "modulus", "pulls"},
        "shear": {"modulus", "modulus_expected", "modulus_error", "shears"},
        "hanging": {"elongation", "elongation_expected", "elongation_error", "modulus"},
        "fall": {"error", "tolerance", "acceleration", "acceleration_error", "distortion"},
    }
    assert {result.test for result in results} == set(TESTS)
    for result in results:
        told = json.loads(json.dumps(result.to_json(), allow_nan=False))
        assert shared | own[told["test"]] <= set(told)
        assert told["vertices"] == len(result.positions)
        assert not {"positions", "faces"} & set(told)
