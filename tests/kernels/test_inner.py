# SPDX-License-Identifier: GPL-3.0-or-later
"""Facings, linings, under collars: what of them is draped where that is asked for, where they start, how they hang."""

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from toile.bodies import Body, avatar
from toile.patterns import Pattern, draft
from toile.patterns.adjustments import Place, Split, adjust
from toile.patterns.document import pattern_from_json, pattern_to_json
from toile.patterns.pieces import Wrap
from toile.sim import Cloth, PlacingRefused, build_cloth, mechanics
from toile.sim.distance import MeshDistance
from toile.sim.drape import Watch
from toile.sim.engines.toile import ToileEngine
from toile.sim.meshing import mesh_pattern
from toile.sim.placing.layers import GAP, hosts_of

QUIET = Watch(lambda _fraction, _text: None, lambda: False)


@cache
def body() -> Body:
    return avatar()


def inner(style: str, **choices: object) -> Pattern:
    measures = {name: m.value for name, m in body().measurements.items()}
    return replace(draft(style, measures, choices), inner=True)


@cache
def lined_jacket() -> Cloth:
    return build_cloth(inner("jacket", lining="full"), body(), 0.025, untangle=False)


def faces_of(cloth: Cloth, *panels: str) -> np.ndarray:
    names = [cloth.panel_names.index(name) for name in panels]
    return cloth.faces[np.isin(cloth.panel[cloth.faces[:, 0]], names)]


class TestPattern:
    @pytest.mark.parametrize(
        ("style", "collar", "draped"),
        [("blouse", "peter_pan", True), ("shirt", "shirt", True), ("polo", "stand", False)],
    )
    def test_of_the_inner_layers_of_collars_all_but_a_stand_s_are_draped(
        self, style: str, collar: str, draped: bool
    ) -> None:
        whole = inner(style, collar=collar)
        names = {p.name for p in whole.draped().pieces}
        assert ("under_collar" in names) == draped
        assert "stand_facing" not in names
        assert "under_collar" not in {p.name for p in replace(whole, inner=False).draped().pieces}

    def test_only_where_it_is_asked_for_inner_pieces_are_draped(self) -> None:
        pattern = inner("jacket", lining="full")
        within = {p.name for p in pattern.pieces if p.inner}
        assert within >= {"front_facing", "back_facing", "lining_front", "lining_back", "lining_sleeve"}
        shell = replace(pattern, inner=False).draped()
        assert within.isdisjoint(p.name for p in shell.pieces)
        whole = pattern.draped()
        assert within <= {p.name for p in whole.pieces}
        assert {p.name for p in whole.pieces} - within == {p.name for p in shell.pieces}
        assert {s.name for s in whole.seams} > {s.name for s in shell.seams}
        assert {s.name for s in whole.seams} >= {"lining_facing_front_left", "lining_facing_back_right"}

    def test_what_is_cut_is_the_same(self) -> None:
        pattern = inner("coat", lining="full")
        assert replace(pattern, inner=False).pieces == pattern.pieces
        assert pattern.draped().proof().max_error == pytest.approx(pattern.proof().max_error, abs=1e-6)

    def test_a_buttonhole_goes_through_the_facing_behind_it_and_weighs_nothing_there(self) -> None:
        pattern = inner("waistcoat").draped()
        facing = next(p for p in pattern.pieces if p.name == "front_facing")
        front = next(p for p in pattern.pieces if p.name == "front")
        holes = [t for t in front.trims if t.kind == "buttonhole"]
        assert holes
        assert [(t.name, t.at) for t in facing.trims] == [(t.name, t.at) for t in holes]
        assert all(t.mass == 0.0 for t in facing.trims)
        over = {f.over: f.under for f in pattern.fastenings}
        for end, under in over.items():
            if end.startswith("front_right."):
                assert over[end.replace("front_", "front_facing_", 1)] == under

    def test_a_lapel_s_fold_creases_its_facing(self) -> None:
        (fold,) = next(p for p in inner("jacket").draped().pieces if p.name == "front_facing").internal
        assert fold.kind == "fold"
        assert 0 < abs(fold.turn) < np.pi

    def test_files_keep_it_and_those_from_before_have_none(self) -> None:
        pattern = inner("jacket", lining="full")
        data = json.loads(json.dumps(pattern_to_json(pattern)))
        read = pattern_from_json(data)
        assert pattern_to_json(read) == pattern_to_json(pattern)
        assert read.inner
        assert {p.name for p in read.pieces if p.inner} == {p.name for p in pattern.pieces if p.inner}
        del data["inner"]
        for piece in data["pieces"]:
            del piece["inner"]
        old = pattern_from_json(data)
        assert not old.inner
        assert not any(p.inner for p in old.pieces)

    def test_a_lining_finds_a_part_of_its_host_that_was_split(self) -> None:
        pattern = inner("jacket", lining="full")
        split = Split("waist seam", "back", Place("princess", 0.5), Place("opening", 0.5), ("upper", "lower"))
        made = adjust(pattern, (split,))
        assert not any(a["skipped"] for a in made.adjustments)
        panels = {p.name: p for p in made.panels()}
        assert len(hosts_of(panels["lining_back"], panels)) == 2


class TestStart:
    def test_a_panel_on_the_fold_lies_within_both_panels_of_a_mirrored_piece(self) -> None:
        panels = {p.name: p for p in inner("jacket", lining="full").panels()}
        assert {p.name for p in hosts_of(panels["lining_back"], panels)} == {"back_left", "back_right"}
        lost = replace(panels["lining_back"], wrap=Wrap("on", host="tail", layer=-1))
        with pytest.raises(PlacingRefused, match="'tail', which this pattern does not have"):
            hosts_of(lost, panels)

    @pytest.mark.slow
    def test_linings_lie_between_the_shell_and_the_body(self) -> None:
        cloth = lined_jacket()
        shell = [n for n in cloth.panel_names if not n.startswith(("lining", "collar")) and "facing" not in n]
        within = np.unique(faces_of(cloth, *(n for n in cloth.panel_names if n.startswith("lining"))))
        free = within[np.bincount(cloth.weld)[cloth.weld[within]] == 1]
        x = cloth.vertices[free]
        depth = MeshDistance(cloth.vertices, faces_of(cloth, *shell)).query(x).signed_distance
        assert np.percentile(depth, 95) < 0
        assert MeshDistance(body().vertices, body().faces).query(x).signed_distance.min() > -0.002

    @pytest.mark.slow
    def test_a_lapel_s_facing_lies_outside_the_lapel_and_within_the_front_below_it(self) -> None:
        cloth, pattern = lined_jacket(), inner("jacket", lining="full").draped()
        panel, meshes = pattern.panel("front_facing_left"), mesh_pattern(pattern, 0.025)[0]
        roll = panel.internal[0]
        along = (roll.end - roll.start) / np.linalg.norm(roll.end - roll.start)
        across = np.array([-along[1], along[0]])
        across *= np.sign((panel.edge("lapel").start - roll.start) @ across)  # towards the lapel's tip
        facing, front = (meshes[name].points for name in (panel.name, "front_left"))
        beside = ((facing[:, None] - front) ** 2).sum(axis=2).argmin(axis=1)
        x, host = (
            cloth.vertices[cloth.panel == cloth.panel_names.index(name)][rows]
            for name, rows in ((panel.name, np.arange(len(facing))), ("front_left", beside))
        )
        skin = MeshDistance(body().vertices, body().faces)
        higher = skin.query(x).signed_distance - skin.query(host).signed_distance
        lone = np.bincount(cloth.weld)[cloth.weld[cloth.panel == cloth.panel_names.index(panel.name)]] == 1
        off = (facing - roll.start) @ across
        for there, sign in ((off > 0.015, 1), (off < -0.015, -1)):
            assert (there & lone).sum() > 5
            assert np.median(sign * higher[there & lone]) > GAP / 3

    @pytest.mark.parametrize(("style", "collar"), [("blouse", "peter_pan"), ("shirt", "shirt")])
    def test_an_under_collar_lies_between_its_collar_and_what_that_falls_on(self, style: str, collar: str) -> None:
        cloth = build_cloth(inner(style, collar=collar), body(), 0.02, untangle=False)
        x, under = cloth.vertices, np.unique(faces_of(cloth, "under_collar"))
        free = under[np.bincount(cloth.weld)[cloth.weld[under]] == 1]
        over = MeshDistance(x, faces_of(cloth, "collar")).query(x[free])
        assert len(free) > 20
        assert np.percentile(np.abs(over.signed_distance), 90) < 2 * GAP
        skin = MeshDistance(body().vertices, body().faces)
        assert np.median(skin.query(over.closest).signed_distance - skin.query(x[free]).signed_distance) > GAP / 3

    @pytest.mark.slow
    @pytest.mark.parametrize("distance", [0.012, 0.02])
    def test_no_two_layers_have_a_triangle_in_common(self, distance: float) -> None:
        pattern = inner("waistcoat", lining="full")
        cloth = build_cloth(pattern, body(), distance, untangle=False)
        faces = np.sort(cloth.welded_faces, axis=1)
        assert len(np.unique(faces, axis=0)) == len(faces)


@pytest.mark.slow
class TestDrape:
    @pytest.mark.parametrize(
        ("style", "choices"),
        [("waistcoat", {"lining": "full"}), ("jacket", {}), ("sheath", {"facing": "neckline"}), ("shirt", {})],
    )
    def test_it_comes_to_rest_and_crosses_nothing(self, style: str, choices: dict[str, object]) -> None:
        cloth = build_cloth(inner(style, **choices), body(), 0.02)
        fabrics = {"self": mechanics("wool_twill"), "lining": mechanics("acetate_lining")}
        report = ToileEngine().drape(cloth, body(), fabrics, QUIET).report
        assert report.settled
        assert (report.self_intersections, report.body_intersections, report.penetration_max) == (0, 0, 0.0)
        assert report.seam_gap_max == 0.0
        assert report.stretch_p99 < 0.06

    def test_a_lining_weighs_on_the_shell(self) -> None:
        pattern = inner("waistcoat", lining="full").draped()
        cloth = build_cloth(pattern, body(), 0.02)
        fabrics = {"self": mechanics("wool_twill"), "lining": mechanics("acetate_lining")}
        drape = ToileEngine(most_steps=1).drape(cloth, body(), fabrics, QUIET)
        lining = sum(p.area for p in pattern.panels() if p.fabric == "lining")
        assert lining > 0.3
        weight = drape.report.energies["weight"]
        light = ToileEngine(most_steps=1).drape(
            cloth,
            body(),
            {**fabrics, "lining": replace(fabrics["lining"], density=fabrics["lining"].density / 2)},
            QUIET,
        )
        saved = lining * fabrics["lining"].density / 2 * 9.80665  # newtons, at about the height of the chest
        assert (weight - light.report.energies["weight"]) / saved == pytest.approx(1.2, abs=0.25)
