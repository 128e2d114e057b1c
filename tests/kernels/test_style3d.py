# SPDX-License-Identifier: GPL-3.0-or-later
"""Newton's SolverStyle3D as an engine: laboratory truths, contact, and a T-shirt."""

import dataclasses
import functools
import math
import sys

import numpy as np
import pytest

pytest.importorskip("newton")

from toile.bodies import Body, avatar
from toile.patterns import draft
from toile.sim import Cloth, build_cloth
from toile.sim.drape import Drape, DrapeCancelled, DrapeRefused, Watch, Wishes
from toile.sim.engines import EnginePartMissing
from toile.sim.engines.style3d import Style3D, Timing
from toile.sim.fabric import Mechanics, mechanics
from toile.sim.laboratory import cantilever, fall, hanging
from toile.sim.laboratory.laws import bending_length
from toile.sim.laboratory.meshes import Cut, MeshKind, strip
from toile.sim.report import strain
from toile.sim.sheet import Sheet

STRETCHY = dataclasses.replace(mechanics("cotton_poplin"), stretch_warp=60.0, stretch_weft=40.0, shear=20.0)
G = 9.80665


def square(side: float, distance: float, height: float = 0.0) -> Sheet:
    cut = Cut(distance)
    flat = strip(cut, np.linspace(0.0, side, cut.rows(side) + 1), side)
    lifted = np.column_stack([flat.points, np.full(len(flat.points), height)])
    return Sheet(lifted, cut.uv(flat.points), flat.faces)


def box(half: float) -> tuple[np.ndarray, np.ndarray]:
    """A closed box from -half to half whose upper side is z = 0."""
    corners = np.array([[x, y, z] for x in (-half, half) for y in (-half, half) for z in (-half, 0.0)])
    sides = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    return corners, np.array([t for a, b, c, d in sides for t in ((a, b, c), (a, c, d))], np.int32)


class TestLaboratory:
    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("name", "degrees", "most"), [("denim", 0, 2.5), ("denim", 45, 4.0), ("silk_satin", 90, 2.5)]
    )
    def test_irregular_net_bends_as_the_elastica(self, name: str, degrees: int, most: float) -> None:
        fabric, direction = mechanics(name), math.radians(degrees)
        cut = Cut(bending_length(fabric, direction) / 5, "delaunay", direction)
        assert abs(cantilever(Style3D(), fabric, cut).error_degrees) < most

    @pytest.mark.slow
    @pytest.mark.parametrize("mesh", ["regular", "alternate"])
    def test_the_net_hardly_shows_along_the_grain(self, mesh: MeshKind) -> None:
        fabric = mechanics("denim")
        for direction in (0.0, math.pi / 2):
            cut = Cut(bending_length(fabric, direction) / 5, mesh, direction)
            assert abs(cantilever(Style3D(), fabric, cut).error_degrees) < 3.0

    @pytest.mark.parametrize("degrees", [0, 90])
    def test_hanging_strip_is_longer_by_its_own_weight(self, degrees: int) -> None:
        told = hanging(Style3D(), STRETCHY, Cut(0.0125, "alternate", math.radians(degrees)))
        assert told.elongation == pytest.approx(told.elongation_expected, rel=0.02)
        assert told.residual is None

    def test_stiff_cloth_gives_no_more_than_it_says(self) -> None:
        told = hanging(Style3D(), mechanics("denim"), Cut(0.0125))
        assert 0.0 < told.elongation < 0.5 * (0.001 + 2e-4)  # half of 0.2 % of half a metre, and its own

    def test_falls_as_a_stone(self) -> None:
        told = fall(Style3D(), mechanics("silk_satin"), Cut(0.02))
        assert abs(told.acceleration_error) < 1e-3
        assert told.error < told.tolerance
        assert told.distortion < 1e-5

    def test_pulled_strip_is_as_long_everywhere(self) -> None:
        cut = Cut(0.01)
        flat = strip(cut, np.linspace(0.0, 0.1, cut.rows(0.1) + 1), 0.03)
        x = flat.points[:, 0]
        held = np.flatnonzero((x < 1e-9) | (x > 0.1 - 1e-9)).astype(np.int32)
        wanted = flat.lifted[held] * [1.08, 1.0, 1.0]
        sheet = Sheet(flat.lifted, cut.uv(flat.points), flat.faces, held, wanted, gravity=(0.0, 0.0, 0.0))
        rest = Style3D().settle(sheet, STRETCHY)
        assert rest.reaction is None
        np.testing.assert_allclose(rest.positions[held], wanted, atol=1e-6)
        warp, weft = strain(sheet.uv[sheet.faces], rest.positions, sheet.faces).T
        np.testing.assert_allclose(warp, 0.08, atol=2e-4)
        np.testing.assert_allclose(weft, 0.0, atol=2e-4)


class TestContact:
    @pytest.mark.slow
    @pytest.mark.parametrize("degrees", [15, 35])
    def test_slides_down_a_slope_steeper_than_its_friction(self, degrees: int) -> None:
        fabric = dataclasses.replace(mechanics("cotton_poplin"), friction_skin=0.5)
        slope, seconds = math.radians(degrees), 0.3
        gravity = (G * math.sin(slope), 0.0, -G * math.cos(slope))
        sheet = dataclasses.replace(square(0.1, 0.02, 0.003), gravity=gravity, obstacle=box(0.5))
        path = Style3D().fall(sheet, fabric, seconds, 20)
        moved = (path[-1] - path[0])[:, 0].mean()
        slides = max(0.0, G * (math.sin(slope) - 0.5 * math.cos(slope)))
        assert moved == pytest.approx(slides * seconds**2 / 2, rel=0.1, abs=5e-4)
        assert np.abs(path[-1][:, 2] - 0.003).max() < 1e-3

    def test_lies_on_a_box_and_hangs_over_its_edge(self) -> None:
        sheet = dataclasses.replace(square(0.3, 0.02, 0.02), obstacle=box(0.15))
        draped = Style3D(Timing(sheet_most=90)).settle(sheet, mechanics("silk_satin"))
        on = (draped.positions[:, :2] < 0.13).all(axis=1)
        assert draped.positions[on, 2].min() > 0.0
        assert draped.positions[~on, 2].min() < -0.05


COARSE = 0.03


@functools.cache
def tshirt() -> tuple[Cloth, Body, dict[str, Mechanics]]:
    body = avatar({})
    pattern = draft("tshirt", {name: m.value for name, m in body.measurements.items()})
    return (
        build_cloth(pattern, body, COARSE),
        body,
        {"self": mechanics("cotton_jersey"), "rib": mechanics("cotton_rib")},
    )


@functools.cache
def draped() -> tuple[Drape, list[np.ndarray], list[float]]:
    frames: list[np.ndarray] = []
    told: list[float] = []
    watch = Watch(lambda fraction, _text: told.append(fraction), lambda: False, frames.append)
    return Style3D(Timing(weightless=20, most=60)).drape(*tshirt(), watch), frames, told


class TestGarment:
    @pytest.mark.slow
    def test_no_vertex_is_flung_and_every_seam_is_shut(self) -> None:
        drape, _, _ = draped()
        body, report = tshirt()[1], drape.report
        nearest = np.linalg.norm(drape.positions[:, None] - body.vertices[None, ::7], axis=2).min(axis=1)
        assert nearest.max() < 0.2
        assert report.seam_gap_max == 0.0
        assert report.penetration_max < 0.004  # a coarse face's sag between vertices that keep 3 mm
        assert 0.0 < report.stretch_mean < 0.03
        assert report.residual is None
        bust = report.ease["bust"]
        assert bust is not None
        assert 0.0 < bust < 0.25
        assert drape.positions.shape == (drape.cloth.welded_count, 3)

    def test_it_is_watched_all_the_way(self) -> None:
        drape, frames, told = draped()
        assert len(frames) == drape.report.frames
        assert told == sorted(told)
        assert told[-1] == 1.0
        np.testing.assert_array_equal(frames[-1], drape.positions)

    def test_it_goes_on_from_where_it_hung_and_keeps_its_pins(self) -> None:
        cloth, body, fabrics = tshirt()
        start = draped()[0].positions
        pinned = np.argsort(start[:, 2])[-5:].astype(np.int32)
        again = Style3D(Timing(least=5, most=20)).drape(
            cloth, body, fabrics, Watch(lambda *_: None, lambda: False), Wishes(start=start, pinned=pinned)
        )
        np.testing.assert_allclose(again.positions[pinned], start[pinned], atol=1e-6)
        assert np.abs(again.positions - start).max() < 0.03
        assert again.report.frames <= 20

    def test_it_stops_when_told(self) -> None:
        frames: list[np.ndarray] = []
        watch = Watch(lambda *_: None, lambda: len(frames) >= 2, frames.append)
        with pytest.raises(DrapeCancelled):
            Style3D().drape(*tshirt(), watch)
        assert len(frames) == 2


QUIET = Watch(lambda *_: None, lambda: False)


class TestRefusals:
    def test_without_its_library_it_says_where_to_get_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "newton", None)
        with pytest.raises(EnginePartMissing, match="Preferences"):
            Style3D().settle(square(0.1, 0.05), mechanics("denim"))
        with pytest.raises(EnginePartMissing, match="another engine"):
            Style3D().drape(*tshirt(), QUIET)

    def test_what_is_no_cloth(self) -> None:
        sheet, fabric = square(0.1, 0.05), mechanics("denim")
        with pytest.raises(DrapeRefused, match="no triangles"):
            Style3D().settle(dataclasses.replace(sheet, faces=sheet.faces[:0]), fabric)
        with pytest.raises(DrapeRefused, match="no area"):
            Style3D().settle(dataclasses.replace(sheet, uv=sheet.uv * [0.0, 1.0]), fabric)
        with pytest.raises(DrapeRefused, match="finite"):
            Style3D().settle(dataclasses.replace(sheet, vertices=sheet.vertices * np.nan), fabric)

    @pytest.mark.parametrize(
        ("wishes", "says"),
        [
            (Wishes(start=np.zeros((3, 3))), "not this garment's"),
            (Wishes(pinned=np.array([10**6], np.int32)), "pinned"),
            (Wishes(device="cuda:97"), "no device"),
            (Wishes(gravity=(math.nan, 0.0, 0.0)), "gravity"),
        ],
    )
    def test_wishes_that_do_not_fit(self, wishes: Wishes, says: str) -> None:
        with pytest.raises(DrapeRefused, match=says):
            Style3D().drape(*tshirt(), QUIET, wishes)

    def test_no_fabric_for_the_rest(self) -> None:
        cloth, body, fabrics = tshirt()
        with pytest.raises(DrapeRefused, match='"self"'):
            Style3D().drape(cloth, body, {"rib": fabrics["rib"]}, QUIET)

    def test_cloth_that_flies_off(self) -> None:
        with pytest.raises(DrapeRefused, match="flew off"):
            Style3D().fall(square(0.1, 0.05), mechanics("denim"), 2.0, 10)
