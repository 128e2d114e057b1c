# SPDX-License-Identifier: GPL-3.0-or-later
"""Toile's own engine: what a drape must keep, and what is refused by name."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("warp")
pytest.importorskip("cvxopt")

from toile.bodies import avatar
from toile.patterns import draft
from toile.sim import DrapeCancelled, DrapeRefused, PlacingRefused, build_cloth, mechanics
from toile.sim.drape import Watch, Wishes
from toile.sim.engines import toile as engine_file
from toile.sim.engines.toile import ToileEngine
from toile.sim.finish import smoothed
from toile.sim.implicit import start
from toile.sim.intersections import intersections, self_intersections
from toile.sim.laboratory.cusick import cusick
from toile.sim.laboratory.elastica import elastica
from toile.sim.laboratory.meshes import Cut, strip
from toile.sim.meshing import particles_of
from toile.sim.sheet import Sheet

FABRICS = {"self": mechanics("cotton_twill"), "rib": mechanics("cotton_rib")}
QUIET = Watch(lambda _fraction, _text: None, lambda: False)
COARSE = 0.035


@pytest.fixture(scope="module")
def body():
    return avatar({})


@pytest.fixture(scope="module")
def cloth(body):
    return build_cloth(draft("pencil_skirt", {n: m.value for n, m in body.measurements.items()}), body, COARSE)


@pytest.fixture(scope="module")
def drape(cloth, body):
    return ToileEngine().drape(cloth, body, FABRICS, QUIET)


def test_a_skirt_comes_to_rest_on_its_body_and_touches_nothing(drape, body):
    report = drape.report
    assert report.settled
    assert report.residual is not None
    assert report.residual <= 1e-4
    assert report.penetration_max == 0.0
    assert report.seam_gap_max == 0.0
    assert not len(self_intersections(drape.positions, drape.faces))
    assert not len(intersections(drape.positions, drape.faces, body.vertices, body.faces))
    assert report.stretch_p99 < 0.03
    assert np.abs(drape.positions).max() < 2.5  # nothing was flung


def test_what_the_body_presses_with_carries_the_weight(drape, cloth):
    """The upward part of the contact forces is the garment's weight, within friction's share and the residual."""
    assert drape.pressure is not None
    assert (drape.pressure >= 0).all()
    area = 0.16  # m² of a skirt at least
    assert drape.pressure.max() > 2.0  # Pa: it hangs from somewhere
    assert drape.pressure.mean() * area < 50.0
    assert set(drape.report.energies) == {"membrane", "bending", "elastic", "contact", "weight"}


@pytest.mark.slow
def test_the_same_input_gives_the_same_bytes(drape, cloth, body):
    again = ToileEngine().drape(cloth, body, FABRICS, QUIET)
    assert again.positions.tobytes() == drape.positions.tobytes()


@pytest.mark.slow
def test_both_ways_to_solve_the_linear_systems_give_one_drape(body):
    """The direct one of the CPU, and the iterative one of a CUDA device, here on the CPU as well.

    Friction lets cloth rest in more than one place: on a mesh much coarser than this one the two may rest apart.
    """
    measures = {n: m.value for n, m in body.measurements.items()}
    small = build_cloth(draft("pencil_skirt", measures), body, 0.04)
    one, other = (ToileEngine(iterative=i).drape(small, body, FABRICS, QUIET) for i in (False, True))
    assert np.sqrt(((other.positions - one.positions) ** 2).sum(axis=1).mean()) < 2e-3
    first, second = one.report, other.report
    assert second.settled
    assert second.penetration_max == 0.0
    assert not second.self_intersections
    assert not second.body_intersections
    assert second.stretch_p99 == pytest.approx(first.stretch_p99, abs=2e-3)
    assert second.energies["weight"] == pytest.approx(first.energies["weight"], rel=3e-3)


def test_a_drape_that_goes_on_from_itself_stays(drape, cloth, body):
    again = ToileEngine().drape(cloth, body, FABRICS, QUIET, Wishes(start=drape.positions))
    assert again.report.settled
    assert np.sqrt(((again.positions - drape.positions) ** 2).sum(axis=1).mean()) < 2e-3
    assert again.report.frames < drape.report.frames


@pytest.mark.slow
@pytest.mark.parametrize("refused", ["panels", "carried"])
def test_rough_work_that_helps_nothing_is_left_out(drape, cloth, body, monkeypatch, refused):
    """Where its panels cannot be parted, or the cloth where it hangs, the cloth begins with its own panels."""
    rough, parted, begun = replace(cloth), start.untangled, []

    def parted_but_once(x, asked, surface, watch):
        begun.append("panels" if asked is rough else "carried" if len(begun) == 1 else "own panels")
        if begun[-1] == refused:
            raise DrapeRefused("The panels cannot be parted before sewing.")
        return parted(x, asked, surface, watch)

    monkeypatch.setattr(start, "untangled", parted_but_once)
    result = ToileEngine().drape(cloth, body, FABRICS, QUIET, Wishes(coarse=rough))
    assert refused in begun
    assert result.positions.tobytes() == drape.positions.tobytes()


def test_pinned_vertices_stay(drape, cloth, body):
    pins = np.array([0, 5, 40], np.int32)
    before = drape.positions.copy()
    result = ToileEngine(10).drape(cloth, body, FABRICS, QUIET, Wishes(start=before, pinned=pins))
    assert np.array_equal(result.positions[pins], before[pins])


def test_without_weight_nothing_pulls_down(drape, cloth, body):
    wishes = Wishes(start=drape.positions, gravity=(0.0, 0.0, 0.0))
    result = ToileEngine(20).drape(cloth, body, FABRICS, QUIET, wishes)
    assert result.positions[:, 2].mean() >= drape.positions[:, 2].mean() - 1e-3


def test_it_can_be_cancelled_at_any_moment(cloth, body):
    for moment in (1, 4, 30):
        asked = [0]

        def cancelled(moment=moment, asked=asked):
            asked[0] += 1
            return asked[0] >= moment

        with pytest.raises(DrapeCancelled):
            ToileEngine().drape(cloth, body, FABRICS, Watch(lambda _f, _t: None, cancelled))


def test_every_step_is_shown_and_progress_never_leaves_its_range(cloth, body):
    frames, told = [], []
    watch = Watch(lambda fraction, _text: told.append(fraction), lambda: False, frames.append)
    ToileEngine(3).drape(cloth, body, FABRICS, watch)
    assert len(frames) > 10
    assert all(frame.shape == (cloth.welded_count, 3) for frame in frames)
    assert min(told) >= 0.0
    assert max(told) == 1.0


def test_cloth_without_numbers_or_area_is_refused_by_name(cloth, body):
    broken = cloth.vertices.copy()
    broken[7] = np.nan
    with pytest.raises(DrapeRefused, match="finite"):
        ToileEngine().drape(replace(cloth, vertices=broken), body, FABRICS, QUIET)
    flat = cloth.uv.copy()
    flat[cloth.faces[0]] = flat[cloth.faces[0, 0]]
    with pytest.raises(DrapeRefused, match="area"):
        ToileEngine().drape(replace(cloth, uv=flat), body, FABRICS, QUIET)


def test_a_body_with_holes_is_refused_by_name(cloth, body):
    torn = replace(body, faces=body.faces[:-3])
    with pytest.raises(DrapeRefused, match="holes"):
        ToileEngine().drape(cloth, torn, FABRICS, QUIET)
    with pytest.raises(PlacingRefused, match="holes"):
        build_cloth(draft("pencil_skirt", {n: m.value for n, m in body.measurements.items()}), torn, COARSE)


def test_more_vertices_than_memory_holds_are_refused_with_what_they_need(cloth, body, monkeypatch):
    monkeypatch.setattr(engine_file, "_free_memory", lambda: 1e6)
    with pytest.raises(DrapeRefused, match="GB"):
        ToileEngine().drape(cloth, body, FABRICS, QUIET)
    assert engine_file.memory_needed(1_000_000) > engine_file.memory_needed(100_000) > 0


def test_a_million_vertices_are_refused_before_they_are_meshed(body, monkeypatch):
    pattern = draft("pencil_skirt", {n: m.value for n, m in body.measurements.items()}).draped()
    monkeypatch.setattr(engine_file, "_free_memory", lambda: 16e9)
    with pytest.raises(DrapeRefused, match=r"\d{3},\d{3} vertices need about \d+ GB"):
        engine_file.refuse_too_many(particles_of(pattern, 0.0011))
    engine_file.refuse_too_many(particles_of(pattern, 0.012))
    assert particles_of(pattern, COARSE) == pytest.approx(build_cloth(pattern, body, COARSE).welded_count, rel=0.2)


def test_a_device_that_is_not_there_is_refused(cloth, body):
    with pytest.raises(DrapeRefused, match="cuda:9"):
        ToileEngine().drape(cloth, body, FABRICS, QUIET, Wishes(device="cuda:9"))


def test_a_garment_that_slides_off_is_refused_in_words(cloth, body):
    far = cloth.welded(cloth.vertices) - [0.0, 0.0, 2.0]
    with pytest.raises(DrapeRefused, match="slid off"):
        ToileEngine().drape(cloth, body, FABRICS, QUIET, Wishes(start=far))


def test_forces_that_are_no_numbers_are_refused_and_not_chased():
    cut = Cut(0.02, "alternate")
    flat = strip(cut, np.arange(0, 0.1, 0.02), 0.06)
    sheet = Sheet(flat.lifted, cut.uv(flat.points), flat.faces, np.array([0, 1], np.int32), gravity=(0.0, 0.0, np.nan))
    with pytest.raises(DrapeRefused, match="rounding"):
        ToileEngine().settle(sheet, mechanics("silk_satin"))


@pytest.mark.parametrize("kind", ["regular", "alternate"])
def test_a_strip_hangs_as_the_elastica_does(kind):
    """ASTM D1388: overhang of twice the bending length, a mesh of c/5."""
    fabric = mechanics("cotton_poplin")
    c = fabric.bending_length[0]
    fabric = replace(fabric, bend_weft=fabric.bend_warp)
    cut = Cut(c / 5, kind)
    rows = np.arange(-2, 11) * c / 5
    flat = strip(cut, rows, 4 * c / 5)
    held = np.flatnonzero(flat.points[:, 0] <= 1e-9).astype(np.int32)
    result = ToileEngine().settle(Sheet(flat.lifted, cut.uv(flat.points), flat.faces, held), fabric, 1e-6)
    tip = result.positions[np.isclose(flat.points[:, 0], rows[-1])].mean(axis=0)
    angle = np.arctan2(-tip[2], tip[0])
    assert result.residual is not None
    assert result.residual <= 1e-6
    assert np.degrees(abs(angle - elastica(2.0).chord)) < 1.5
    # The clamp carries the strip's whole weight, its own part's too.
    assert result.reaction is not None
    weight = fabric.density * 9.80665 * float(np.ptp(rows)) * 4 * c / 5
    assert result.reaction[:, 2].sum() == pytest.approx(weight, rel=1e-4)


def test_a_small_strip_comes_to_rest_far_from_the_origin_too():
    """Millionths of a joule, beside which the positions' squares are large: a step's gain must not drown in them."""
    fabric = mechanics("silk_satin")
    h = fabric.bending_length[0] / 7
    cut = Cut(h, "regular")
    flat = strip(cut, np.arange(-2, 15) * h, 10 * h)
    held = np.flatnonzero(flat.points[:, 0] <= 1e-9).astype(np.int32)
    sheet, away = Sheet(flat.lifted, cut.uv(flat.points), flat.faces, held), np.array([20.0, -10.0, 5.0])
    here = ToileEngine().settle(sheet, fabric)
    there = ToileEngine().settle(replace(sheet, vertices=sheet.vertices + away), fabric)
    assert here.residual is not None
    assert there.residual is not None
    assert max(here.residual, there.residual) <= 1e-4
    assert np.abs(there.positions - here.positions - away).max() < 1e-6


@pytest.mark.slow
def test_limp_cloth_folds_on_triangles_as_long_as_it_bends():
    """Triangles that kept their own shape each would lock: then this satin stands off at a coefficient of 57 %."""
    satin = mechanics("silk_satin")
    found = cusick(ToileEngine(), satin, Cut(max(satin.bending_length), "delaunay"))
    assert found.residual is not None
    assert found.residual <= 1e-4
    assert found.in_band
    assert found.nodes >= 7


@pytest.mark.slow
@pytest.mark.parametrize(("fabric", "told"), [("cotton_canvas", 0), ("silk_satin", 1)])
def test_cloth_whose_folds_its_triangles_cannot_show_is_told_of(fabric, told, cloth, body):
    fabrics = {**FABRICS, "self": mechanics(fabric)}
    notes = ToileEngine(most_steps=1).drape(cloth, body, fabrics, QUIET).report.notes
    assert len(notes) == told
    assert all(mechanics(fabric).label in note and "particle distance" in note for note in notes)


def test_where_steps_are_cut_to_nothing_the_cloth_that_touches_first_is_smoothed(cloth, body, drape, monkeypatch):
    """Any step counts as cut here: a skirt is smoothed twice on its way, and comes to the same rest all the same."""
    jams = []

    def told(x, faces, pressed):
        jams.append(pressed)
        return smoothed(x, faces, np.arange(20))

    monkeypatch.setattr(engine_file, "_JAMMED", 2.0)
    monkeypatch.setattr(engine_file, "_STEPS_OF_JAM", 4)
    monkeypatch.setattr(engine_file, "_MOST_JAMS", 2)
    monkeypatch.setattr(engine_file, "smoothed", told)
    again = ToileEngine().drape(cloth, body, FABRICS, QUIET)
    assert len(jams) == 2
    assert again.report.settled
    assert (again.report.self_intersections, again.report.body_intersections) == (0, 0)
    assert np.linalg.norm(again.positions - drape.positions, axis=1).mean() < 0.005


def test_a_sheet_falls_as_galileo_says():
    fabric = mechanics("silk_satin")
    cut = Cut(0.02, "alternate")
    flat = strip(cut, np.arange(0, 0.1, 0.02), 0.06)
    path = ToileEngine().fall(Sheet(flat.lifted, cut.uv(flat.points), flat.faces), fabric, 0.3, 6)
    times = np.linspace(0, 0.3, 7)
    assert np.abs(path[:, :, 2] + 0.5 * 9.80665 * times[:, None] ** 2).max() < 1e-6
