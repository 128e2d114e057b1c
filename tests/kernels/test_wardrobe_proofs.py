# SPDX-License-Identifier: GPL-3.0-or-later
"""What a thousand people taught the wardrobe: cuts near a seam's end, hollow corners, facings, plackets, rings."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from people import WOMAN
from toile.patterns import draft
from toile.patterns.blocks.torso import Half
from toile.patterns.curves import hermite, line, part, place_on, point_along, run_length, where
from toile.patterns.pieces import Notch, Piece, split_notches
from toile.sim.meshing import mesh_pattern, smallest_angles

few = settings(max_examples=10, deadline=None)


def outline(piece: Piece) -> np.ndarray:
    """(n, 2) of the piece's edges, its last point not the first again."""
    return np.concatenate([e.flattened(1e-4)[:-1] for e in piece.edges])


class TestSplitting:
    SIDE = {
        "hem": (line((0, 0), (0.3, 0)),),
        "low": (line((0.3, 0), (0.3, 0.5)),),
        "zip": (line((0.3, 0.5), (0.25, 0.7)),),
    }
    HALF = Half(
        "front", {**SIDE, "waist": (line((0.25, 0.7), (0, 0.7)),)}, notches=(Notch("low", 0.2), Notch("zip", 0.1))
    )

    @given(st.floats(0.05, 0.65), st.booleans())
    def test_what_stays_and_what_goes_is_the_whole_and_notches_keep_their_place(self, at: float, before: bool) -> None:
        half, names = self.HALF, ("low", "zip")
        cut = half.cut(names, at, before=before)
        for name in names:
            stays, goes = (run_length(runs.get(name, ())) for runs in (cut.edges, cut.cut_off))
            assert stays + goes == pytest.approx(half.length(name))
            assert min(stays, goes) == 0 or min(stays, goes) > 0.01 or abs(at - 0.5) > 0.01
        assert [n for n in cut.edges if n in half.edges] == [n for n in half.edges if n in cut.edges]
        for notch in cut.notches:
            there = point_along(cut.edges[notch.edge], notch.distance)
            (old,) = (point_along(half.edges[n.edge], n.distance) for n in half.notches if n.edge == notch.edge)
            assert there == pytest.approx(old)

    @given(st.floats(-0.011, 0.011))
    def test_a_cut_within_a_hair_of_where_two_edges_meet_is_made_there(self, off: float) -> None:
        cut = self.HALF.cut(("low", "zip"), 0.5 + off)
        assert run_length(cut.edges["low"]) == pytest.approx(0.5)
        assert "zip" not in cut.edges

    @given(st.floats(0.01, 0.49), st.floats(0.0, 0.5))
    def test_a_notch_of_a_split_edge_goes_with_its_cloth(self, at: float, distance: float) -> None:
        (moved,) = split_notches((Notch("side", distance),), "side", at, ("low", "high"))
        assert moved.distance + (at if moved.edge == "high" else 0.0) == pytest.approx(distance)
        assert (moved.edge == "low") == (distance <= at)


class TestAlongARun:
    RUN = (line((0.3, -0.2), (0.2, 0.0)), hermite((0.2, 0.0), (-0.1, 0.2), (0.0, 0.4), (-0.2, 0.1)))

    @given(st.floats(0.0, 1.0), st.sampled_from([0, 1]))
    def test_where_it_has_an_abscissa_or_a_height(self, share: float, axis: int) -> None:
        s = share * run_length(self.RUN)
        p = point_along(self.RUN, s)
        assert where(self.RUN, axis, float(p[axis])) == pytest.approx(s, abs=1e-6)

    def test_where_it_never_is(self) -> None:
        assert where(self.RUN, 0, 0.31) is None

    @given(st.floats(0.05, 0.95), st.floats(-0.01, 0.01))
    def test_the_nearest_place_of_a_point_beside_it(self, share: float, off: float) -> None:
        (_, curve) = self.RUN
        (way,) = curve.derivative([share])
        beside = curve.points([share])[0] + off * np.array([-way[1], way[0]]) / math.hypot(*way)
        s, away = place_on(self.RUN, beside)
        assert away == pytest.approx(abs(off), abs=1e-8)
        assert s == pytest.approx(self.RUN[0].length + part(curve, 0.0, share).length, abs=1e-5)


@few
@given(st.floats(0.40, 0.52))
def test_the_bust_dart_takes_up_what_the_front_is_longer_than_the_back(front_waist_length: float) -> None:
    pattern = draft("circle_dress", WOMAN | {"front_waist_length": front_waist_length})
    front, back = pattern.panel("front"), pattern.panel("back_left")
    sewn = sum(e.length for e in front.edges if e.name.startswith("side") and e.name.endswith("_left") and not e.dart)
    assert sewn == pytest.approx(back.edge("side").length, abs=1e-9)
    mouths = [
        float(np.linalg.norm(e.start - front.edge(e.name.replace("_in", "_out")).end))
        for e in front.edges
        if e.dart and e.name.startswith("side") and e.name.endswith("_in_left")
    ]
    longer = front_waist_length - WOMAN["back_waist_length"] - WOMAN["neck"] / 16
    assert sum(mouths) == pytest.approx(max(longer, 0.0), abs=0.0065 if longer < 0.0065 else 2e-3)


class TestFacings:
    @few
    @given(st.sampled_from(["jacket", "coat", "wrap_dress"]), st.floats(0.025, 0.09), st.data())
    def test_a_front_s_facing_lies_within_the_front_and_clear_of_the_bust(
        self, name: str, width: float, data: st.DataObject
    ) -> None:
        own = {"wrap": data.draw(st.floats(0.3, 0.9))} if name == "wrap_dress" else {}
        pattern = draft(name, WOMAN, {"facing_width": width, "shaping": "princess_armhole", **own})
        pieces = {piece.name: piece for piece in pattern.pieces}
        inner, front = pieces["front_facing"].edge("inner"), outline(pieces["front"])
        points = inner.flattened(1e-3)[1:-1]
        a, b = front, np.roll(front, -1, axis=0)
        for x, y in points:
            cut = (a[:, 1] > y) != (b[:, 1] > y)
            at = a[cut, 0] + (y - a[cut, 1]) / (b[cut, 1] - a[cut, 1]) * (b[cut, 0] - a[cut, 0])
            assert at.min() < x < at.max()

    @pytest.mark.parametrize("place", [0.3, 0.5, 0.7])
    def test_beside_a_dividing_seam_from_the_shoulder_a_lining_finds_room(self, place: float) -> None:
        choices = {"shaping": "princess_shoulder", "panel_place": place, "facing_width": 0.09, "lining": "full"}
        assert draft("jacket", WOMAN, choices).proof().max_error < 1e-6


@pytest.mark.slow
@few
@given(st.floats(0.015, 0.03), st.floats(0.03, 0.1), st.sampled_from(["notched", "shawl"]))
def test_a_collar_s_roll_line_lies_on_the_collar_and_is_meshed(stand: float, fall: float, front: str) -> None:
    pattern = draft("jacket", WOMAN, {"front": front, "collar_stand": stand, "collar_fall": fall})
    collar = next(piece for piece in pattern.pieces if piece.name == "collar")
    (roll,) = collar.internal
    half = roll.length / 2
    assert roll.at(half)[0] == pytest.approx([0.0, stand], abs=1e-6)
    mesh_pattern(pattern, 0.02)


@pytest.mark.parametrize("depth", [0.1, 0.18, 0.25])
def test_a_kangaroo_pocket_ends_below_a_placket(depth: float) -> None:
    choices = {"closure": "placket", "opening_depth": depth, "pocket": "kangaroo", "kangaroo_height": 1.0}
    pattern = draft("hoodie", WOMAN, choices)
    pieces = {piece.name: piece for piece in pattern.pieces}
    assert outline(pieces["kangaroo_pocket"])[:, 1].max() < pieces["front"].edge("placket_end").start[1]
    mesh_pattern(pattern, 0.02)


@pytest.mark.parametrize("place", ["front", "back"])
def test_patch_pockets_lie_below_the_points_of_darts(place: str) -> None:
    choices = {f"pocket_{place}": "patch", f"darts_{place}": 2, f"dart_length_{place}": 0.8, "side_shaping": 0.2}
    pieces = {piece.name: piece for piece in draft("trousers", WOMAN, choices).pieces}
    points = [e.end[1] for e in pieces[place].edges if e.dart and e.name.endswith("_in")]
    assert points
    assert outline(pieces[f"pocket_{place}"])[:, 1].max() < min(points)


@few
@given(st.floats(0.0, 0.12), st.sampled_from(["neckline", "waist"]))
def test_a_dolman_on_a_turned_bust_dart_is_sewn_whole(drop: float, dart: str) -> None:
    choices = {"sleeve": "dolman", "bust_dart": dart, "dolman_drop": drop}
    assert draft("circle_dress", WOMAN, choices).proof().max_error < 1e-6


@few
@given(st.floats(0.07, 0.1))
def test_jeans_fit_a_child_whose_waist_lies_near_to_the_hip(waist_to_hip: float) -> None:
    child = {name: value * 0.63 for name, value in WOMAN.items()} | {"waist_to_hip": waist_to_hip}
    assert draft("jeans", child).proof().max_error < 1e-6


@few
@given(st.floats(-0.04, 0.1), st.floats(0.12, 0.6))
def test_the_hem_of_a_side_panel_leaves_the_dividing_seam_squarely(flare: float, skirt_length: float) -> None:
    """Also where it ends above the hip, where the seam does not swing out yet."""
    pattern = draft("waistcoat", WOMAN, {"flare": flare, "skirt_length": skirt_length, "front_points": 0.0})
    for name in ("front_side_left", "back_side_left"):
        panel = pattern.panel(name)
        hem, princess = panel.edge("hem"), panel.edge("princess")
        along = {run: run.curves[k].derivative([float(-k)])[0] for run, k in ((hem, 0), (princess, -1))}
        if name.startswith("back"):  # drafted on the right, its edges run the other way
            along = {run: run.curves[k].derivative([float(-k)])[0] for run, k in ((hem, -1), (princess, 0))}
        a, b = (way / math.hypot(*way) for way in along.values())
        assert a @ b == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("distance", [0.012, 0.016, 0.02, 0.025])
def test_no_vertex_is_lost_in_narrow_corners(distance: float) -> None:
    meshes, _ = mesh_pattern(draft("waistcoat", WOMAN, {"flare": -0.04, "skirt_length": 0.12}), distance)
    for mesh in meshes.values():
        assert np.unique(mesh.faces).tolist() == list(range(len(mesh.points)))
        assert smallest_angles(mesh.points, mesh.faces).min() > 0
