# SPDX-License-Identifier: GPL-3.0-or-later
"""Fitted garments: darts that turn and change nothing else, dividing seams, lapels, tailored sleeves, notches."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from people import WOMAN
from toile.patterns import DraftRefused, Panel, Parameter, Pattern, draft, style
from toile.patterns.blocks.bodice import FittedHalf, fitted_torso
from toile.patterns.blocks.dividing import divided, turned
from toile.patterns.curves import line, run_length
from toile.patterns.document import pattern_to_json
from toile.patterns.notches import walked_notches
from toile.patterns.pieces import Notch, Piece, Wrap, crossings, loop
from toile.patterns.seams import seam

FITTED = ("bodice", "sheath", "a_line_dress", "circle_dress", "wrap_dress", "waistcoat", "jacket", "coat")
EDGES = ("hem", "side", "armhole", "shoulder", "neckline")


def front(**choices: object) -> FittedHalf:
    """The front of the bodice block, its darts where they are drafted."""
    half = fitted_torso(WOMAN, style("bodice").resolve(choices)).front
    assert isinstance(half, FittedHalf)
    return half


def outline(half: FittedHalf) -> np.ndarray:
    """(n, 2) of the half's edges from its hem round to its neckline, closed by the centre line."""
    curves = [c for run in half.edges.values() for c in run]
    return np.concatenate([*(c.flattened(1e-6)[:-1] for c in curves), curves[-1].end[None]])


def legs(pattern: Pattern) -> list[tuple[float, float]]:
    """Lengths of both legs of every dart."""
    found = []
    for panel in pattern.panels():
        names = {e.name for e in panel.edges if e.dart}
        found += [
            (panel.edge(name).length, panel.edge(name.replace("_in", "_out")).length) for name in names if "_in" in name
        ]
    return found


def angle(a: np.ndarray, b: np.ndarray) -> float:
    """Between two directions, radians."""
    return math.acos(float(a @ b) / (math.hypot(*a) * math.hypot(*b)))


def width_at(panel: Panel, y: float) -> float:
    """Width of a panel at a height, where its outline crosses it first and last."""
    a = panel.outline(1e-5)
    b = np.roll(a, -1, axis=0)
    cut = (a[:, 1] > y) != (b[:, 1] > y)
    x = a[cut, 0] + (y - a[cut, 1]) / (b[cut, 1] - a[cut, 1]) * (b[cut, 0] - a[cut, 0])
    return float(np.ptp(x))


@st.composite
def people(draw: st.DrawFn) -> dict[str, float]:
    """From children of 1.1 m to adults of 2.0 m: slim or heavy, flat or full busted, with a belly or without."""
    size, girth = draw(st.floats(0.65, 1.2)), draw(st.floats(0.85, 1.45))
    body = {name: value * size * draw(st.floats(0.97, 1.03)) for name, value in WOMAN.items()}
    for name in ("bust", "underbust", "waist", "hip", "upper_arm", "armscye_girth"):
        body[name] *= girth
    body["bust"] += draw(st.floats(0.0, 0.12)) * size
    body["waist"] *= draw(st.floats(0.95, 1.3))
    body["front_waist_length"] += draw(st.floats(-0.01, 0.05)) * size
    body["shoulder_slope"] = draw(st.floats(0.25, 0.48))
    return body


def choices(name: str) -> st.SearchStrategy[dict[str, object]]:
    def values(p: Parameter) -> st.SearchStrategy:
        if p.kind == "choice":
            return st.sampled_from(p.range)
        if p.kind == "flag":
            return st.booleans()
        low, high = p.range
        return st.integers(low, high) if p.kind == "count" else st.floats(low, high)

    return st.fixed_dictionaries({}, optional={p.name: values(p) for p in style(name).parameters})


@pytest.mark.parametrize("name", FITTED)
class TestEveryFittedGarment:
    @settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(person=people())
    def test_people_of_all_shapes_are_drafted_and_every_seam_is_proven(
        self, name: str, person: dict[str, float]
    ) -> None:
        assert draft(name, person).proof().max_error < 1e-6

    @settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(data=st.data())
    def test_choices_are_proven_or_refused_in_words(self, name: str, data: st.DataObject) -> None:
        try:
            proof = draft(name, WOMAN, data.draw(choices(name))).proof()
        except DraftRefused:
            return
        assert proof.max_error < 1e-6

    def test_the_legs_of_every_dart_are_of_one_length(self, name: str) -> None:
        for a, b in legs(draft(name, WOMAN)):
            assert a == pytest.approx(b, abs=1e-12)


class TestDarts:
    @settings(max_examples=30, deadline=None)
    @given(edge=st.sampled_from(["armhole", "shoulder", "neckline", "hem"]), share=st.floats(0.25, 0.75))
    def test_turning_a_dart_keeps_its_angle_and_every_edge_as_long_as_it_was(self, edge: str, share: float) -> None:
        half = front()
        moved = turned(half, edge, share)
        for name in EDGES:
            assert moved.length(name) == pytest.approx(half.length(name), abs=1e-9), name
        (dart,) = half.darts["side"]
        before = 2 * math.atan2(dart.intake / 2, dart.depth)
        angles = sum(2 * math.atan2(d.intake / 2, d.depth) for ds in moved.darts.values() for d in ds)
        rest = sum(2 * math.atan2(d.intake / 2, d.depth) for d in half.darts.get("hem", ()))
        assert angles == pytest.approx(before + rest, abs=1e-9)
        assert not crossings(outline(moved))

    @settings(max_examples=30, deadline=None)
    @given(edge=st.sampled_from(["armhole", "shoulder", "neckline"]), share=st.floats(0.25, 0.75))
    def test_a_turned_dart_has_the_area_of_the_cloth_and_looks_at_the_bust_point(self, edge: str, share: float) -> None:
        """The outline with its open wedges cut out of it is the same cloth, cut and swung: its area cannot change."""
        half, areas = front(), []
        for one in (half, turned(half, edge, share)):
            x, y = outline(one).T
            area = (x * np.roll(y, -1) - np.roll(x, -1) * y).sum() / 2
            areas.append(area - sum(d.intake * d.depth / 2 for ds in one.darts.values() for d in ds))
        assert areas[1] == pytest.approx(areas[0], abs=1e-7)
        moved = turned(half, edge, share)
        (dart,) = moved.darts[edge]
        run = np.concatenate([c.flattened(1e-6) for c in moved.edges[edge]])
        walked = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(run, axis=0), axis=1))])
        for end in (dart.at - dart.intake / 2, dart.at + dart.intake / 2):
            at = np.array([np.interp(end, walked, run[:, k]) for k in range(2)])
            assert np.hypot(*(at - moved.pivot)) == pytest.approx(math.hypot(dart.intake / 2, dart.depth), abs=1e-5)

    @settings(max_examples=20, deadline=None)
    @given(st.floats(-0.05, 0.25))
    def test_the_block_has_its_ease_at_the_bust_line_and_its_sides_are_of_one_length(self, ease: float) -> None:
        torso = fitted_torso(WOMAN, style("bodice").resolve({"bust_ease": ease}))
        for point in ("start", "end"):  # from the bust line up to the armpit
            girth = 2 * sum(float(getattr(half.edges["side"][-1], point)[0]) for half in torso.halves())
            assert girth == pytest.approx(WOMAN["bust"] + ease, abs=1e-9)
        assert torso.front.length("side") == pytest.approx(torso.back.length("side"), abs=1e-8)
        assert 2 * sum(half.length("hem") for half in torso.halves()) == pytest.approx(WOMAN["waist"] + 0.04, abs=1e-6)

    def test_a_front_no_longer_than_its_back_has_no_bust_dart(self) -> None:
        flat = WOMAN | {"front_waist_length": 0.40 + WOMAN["neck"] / 16}
        half = fitted_torso(flat, style("bodice").resolve({})).front
        assert "side" not in half.darts
        assert turned(half, "armhole", 0.5) is half  # type: ignore[arg-type]

    def test_a_fuller_bust_has_a_wider_front_and_a_wider_dart(self) -> None:
        full = WOMAN | {"bust": 1.04, "front_waist_length": 0.46, "neck_point_to_bust": 0.285}
        small, large = (fitted_torso(m, style("bodice").resolve({})) for m in (WOMAN, full))
        assert large.front.darts["side"][0].intake > small.front.darts["side"][0].intake + 0.02
        wider = [t.front.edges["side"][-1].end[0] - t.back.edges["side"][-1].end[0] for t in (small, large)]
        assert wider[1] > wider[0] + 0.005


class TestDividingSeams:
    @pytest.mark.parametrize("edge", ["shoulder", "armhole"])
    def test_both_sides_are_of_one_length_and_no_edge_of_the_half_changes(self, edge: str) -> None:
        half = front()
        cut = divided(half, edge, 0.5)
        panel = dict(cut.panel)
        assert run_length(cut.edges["princess"]) == pytest.approx(run_length(panel["princess"]), abs=1e-8)
        for name in EDGES:
            whole = run_length(cut.edges.get(name, ())) + run_length(panel.get(name, ()))
            assert whole == pytest.approx(half.length(name), abs=1e-8), name

    def test_the_panel_is_closed(self) -> None:
        panel = divided(front(), "armhole", 0.45).panel
        runs = [run for _, run in panel]
        for run, following in pairwise([*runs, runs[0]]):
            assert np.allclose(run[-1].end, following[0].start, atol=1e-9)

    @given(st.floats(0.0, 0.2), st.floats(0.0, 0.2))
    @settings(max_examples=10, deadline=None)
    def test_a_sheath_has_the_ease_that_it_declares(self, waist: float, hip: float) -> None:
        pattern = draft("sheath", WOMAN, {"waist_ease": waist, "hip_ease": hip})
        found = {"waist": 0.0, "hip": 0.0}
        tops = {"front": -WOMAN["front_waist_length"], "back": -(WOMAN["neck"] / 16 + WOMAN["back_waist_length"])}
        for half, y in tops.items():
            for piece in (p for p in pattern.pieces if p.name in (half, f"{half}_side")):
                for panel in piece.panels():
                    found["waist"] += width_at(panel, y + 1e-6)
                    found["hip"] += width_at(panel, y - WOMAN["waist_to_hip"])
        assert found["hip"] == pytest.approx(WOMAN["hip"] + hip, abs=4e-3)
        assert found["waist"] == pytest.approx(WOMAN["waist"] + waist, abs=6e-3)


class TestTailoring:
    @pytest.mark.parametrize("front", ["notched", "peaked", "shawl"])
    def test_the_collar_is_as_long_as_the_neckline_between_the_notches(self, front: str) -> None:
        pattern = draft("jacket", WOMAN, {"front": front})
        (collar,) = (s for s in pattern.proof().seams if s.name == "collar")
        assert collar.length_a == pytest.approx(collar.length_b, abs=1e-7)
        assert collar.layers == pytest.approx((collar.length_a, collar.length_a), abs=1e-7)

    def test_the_lapel_rolls_in_line_with_the_collar(self) -> None:
        """The collar's roll line ends where the lapel's begins: at the same place of the seam between them."""
        pattern = draft("jacket", WOMAN)
        lapel, collar = pattern.panel("front_left"), pattern.panel("collar")
        (fold,) = (i for i in lapel.internal if i.name == "roll_line")
        neckline, rolled = lapel.edge("neckline"), fold.start
        assert np.allclose(neckline.at([neckline.curves[0].length])[0], rolled, atol=1e-9)
        behind = pattern.panel("back_left").edge("neckline").length
        (roll,) = (i for i in collar.internal if i.name == "roll_line")
        seam_edge = collar.edge("seam")
        from_middle = behind + neckline.curves[0].length
        ends = seam_edge.at([seam_edge.length / 2 - from_middle, seam_edge.length / 2 + from_middle])
        assert np.allclose(sorted([*roll.start, *roll.end]), sorted(ends.ravel()), atol=1e-7)
        assert fold.kind == roll.kind == "fold"
        assert fold.turn == roll.turn == math.pi

    @pytest.mark.parametrize("front", ["notched", "peaked", "shawl"])
    @given(st.floats(0.3, 0.8), st.floats(0.02, 0.04))
    @settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_turned_over_lapel_and_collar_lie_flat_beside_their_roll_line(
        self, front: str, gorge: float, stand: float
    ) -> None:
        """Where the roll lines meet, the angles of lapel and fall between roll line and gorge are two right angles."""
        pattern = draft("jacket", WOMAN, {"front": front, "gorge": gorge, "collar_stand": stand})
        lapel, collar = pattern.panel("front_left"), pattern.panel("collar")
        (fold,), (roll,) = ([i for i in p.internal if i.name == "roll_line"] for p in (lapel, collar))
        neckline, sewn = lapel.edge("neckline"), collar.edge("seam")
        turned = angle(fold.curves[0].derivative([0.0])[0], neckline.curves[1].derivative([0.0])[0])
        falls = angle(roll.curves[0].derivative([0.0])[0], sewn.curves[-1].derivative([0.0])[0])
        assert turned + falls == pytest.approx(math.pi, abs=1e-6)

    @given(st.floats(0.0, 0.06))
    @settings(max_examples=10, deadline=None)
    def test_the_two_piece_sleeve_has_the_ease_that_it_declares(self, ease: float) -> None:
        pattern = draft("jacket", WOMAN, {"cap_ease": ease})
        seams = {s.name: s for s in pattern.proof().seams}
        for half in ("front", "back"):
            sewn = seams[f"armhole_{half}_left"]
            assert sewn.length_b == pytest.approx((1 + ease) * sewn.length_a, abs=1e-7)
        for name in ("forearm_left", "hindarm_left"):
            assert seams[name].length_a == pytest.approx(seams[name].length_b, abs=1e-8)

    @pytest.mark.parametrize("pleat", [0.0, 0.02])
    def test_a_lining_is_sewn_like_the_shell_and_onto_the_facings(self, pleat: float) -> None:
        pattern = draft("jacket", WOMAN, {"lining": "full", "lining_pleat": pleat})
        seams = {s.name: s for s in pattern.proof().seams}
        lined = [n for n in seams if n.startswith("lining_") and "facing" not in n and "shoulder" not in n]
        assert len(lined) >= 12
        for name in lined:
            assert seams[name].length_a == pytest.approx(seams[name.removeprefix("lining_")].length_a, abs=1e-7)
        facing = seams["lining_facing_back_left"]
        assert facing.length_b - facing.length_a == pytest.approx(pleat, abs=1e-7)
        assert {p.name for p in pattern.draped().pieces}.isdisjoint(p.name for p in pattern.pieces if not p.draped)

    def test_every_button_has_its_hole_and_lies_on_the_other_front(self) -> None:
        pattern = draft("coat", WOMAN, {"buttons": 5, "front_overlap": 0.06})
        assert len(pattern.fastenings) == 5
        for fastening in pattern.fastenings:
            (over, hole), (under, button) = (end.split(".") for end in (fastening.over, fastening.under))
            assert (over, under) == ("front_right", "front_left")
            a, b = pattern.panel(over).trim(hole).at, pattern.panel(under).trim(button).at
            assert a == pytest.approx(b)  # they lie on each other where the fronts do
        assert pattern.panel("front_right").wrap.layer == pattern.panel("front_left").wrap.layer + 1

    @pytest.mark.parametrize(
        "choices",
        [{"buttons": 8, "button_size": 0.03}, {"break_height": -0.5, "skirt_length": 0.12}, {"break_height": 0.4}],
    )
    def test_the_front_breaks_as_high_as_is_asked_for_or_as_its_buttons_need(self, choices: dict[str, float]) -> None:
        pattern = draft("jacket", WOMAN, choices)
        assert pattern.proof().max_error < 1e-6
        size = choices.get("button_size", 0.02)
        holes = [t.at[1] for t in pattern.panel("front_right").trims if t.kind == "buttonhole"]
        front = pattern.panel("front_right").edge("opening").flattened(1e-3)[:, 1]
        assert len(holes) == choices.get("buttons", 2)
        assert holes[0] == pytest.approx(front.max())
        assert -np.diff(holes) == pytest.approx(np.full(len(holes) - 1, -np.diff(holes)[0]))
        assert -np.diff(holes)[0] > 1.5 * size - 1e-9
        assert holes[-1] - front.min() > 0.04 - 1e-9

    def test_buttons_that_would_need_the_neck_are_refused(self) -> None:
        with pytest.raises(DraftRefused, match="buttons"):
            draft("jacket", WOMAN, {"buttons": 10, "button_size": 0.045, "skirt_length": 0.12})

    @pytest.mark.parametrize("length", [0.12, 0.2, 0.6])
    def test_a_vent_goes_into_the_shortest_jacket(self, length: float) -> None:
        pattern = draft("jacket", WOMAN, {"back": "vent", "skirt_length": length, "vent_height": 0.2})
        assert pattern.proof().max_error < 1e-6
        back = pattern.panel("back_right")
        top, foot = (back.edge(name).flattened(1e-3) for name in ("vent_top", "hem"))
        assert top[0][1] < -WOMAN["back_waist_length"]  # it begins below the waist
        assert top[0][1] - foot[0][1] > 2 * abs(foot[0][0]) - 1e-9

    @pytest.mark.parametrize(
        ("name", "choices"),
        [
            ("wrap_dress", {"break_height": -0.3, "neck_width": 0.05}),
            ("jacket", {"front": "buttoned", "break_height": -0.4, "lining": "full"}),
        ],
    )
    @pytest.mark.parametrize("bust", [0.86, 0.92, 1.1])
    def test_beside_a_deep_front_edge_the_facing_keeps_its_width(
        self, name: str, choices: dict[str, float | str], bust: float
    ) -> None:
        pattern = draft(name, {**WOMAN, "bust": bust, "underbust": bust - 0.02}, choices)
        assert pattern.proof().max_error < 1e-6
        facing = pattern.panel("front_facing_left")
        inner, edge = (facing.edge(e).flattened(5e-4) for e in ("inner", "neckline"))
        assert np.linalg.norm(inner[:, None] - edge, axis=2).min() > 0.012

    def test_a_sleeve_with_a_high_cap_is_drafted_short(self) -> None:
        choices = {"sleeve_length": 0.76, "sleeve": "two_piece", "cap_height": 0.38}
        assert draft("jacket", WOMAN, choices).proof().max_error < 1e-6

    def test_a_deep_square_neckline_that_reaches_the_darts_is_refused(self) -> None:
        with pytest.raises(DraftRefused, match="neck_depth_front"):
            draft("bodice", WOMAN, {"neckline": "square", "neck_depth_front": 0.2, "neck_width": 0.06})

    @pytest.mark.parametrize("name", ["bodice", "sheath", "circle_dress"])
    def test_a_tight_waist_without_an_opening_is_as_wide_as_is_pulled_over_the_bust(self, name: str) -> None:
        body = WOMAN | {"waist": 0.62}
        pulled = draft(name, body, {"opening": "none"})
        eased = draft(name, body, {"opening": "none", "waist_ease": 0.9 * body["bust"] - body["waist"]})
        assert pattern_to_json(pulled)["pieces"] == pattern_to_json(eased)["pieces"]
        assert pulled.proof().max_error < 1e-6


class TestWrapDress:
    def test_the_upper_front_is_held_where_it_reaches_the_other(self) -> None:
        pattern = draft("wrap_dress", WOMAN, {"lap": "left"})
        (tie,) = pattern.fastenings
        (over, hook), (under, eye) = (end.split(".") for end in (tie.over, tie.under))
        assert (over, under) == ("front_left", "front_right")
        assert pattern.panel(over).trim(hook).at == pytest.approx(pattern.panel(under).trim(eye).at)

    @pytest.mark.parametrize("shaping", ["princess_shoulder", "princess_armhole"])
    def test_across_a_dividing_seam_the_panel_bears_the_eye(self, shaping: str) -> None:
        pattern = draft("wrap_dress", WOMAN, {"lap": "left", "shaping": shaping})
        (tie,) = pattern.fastenings
        (over, hook), (under, eye) = (end.split(".") for end in (tie.over, tie.under))
        assert (over, under) == ("front_left", "front_side_right")
        assert pattern.panel(over).trim(hook).at[1] == pytest.approx(pattern.panel(under).trim(eye).at[1])


class TestWalkedNotches:
    def test_a_notch_comes_to_lie_at_the_same_share_of_every_layer(self) -> None:
        def square(name: str, side: float, *notches: Notch) -> Piece:
            corners = np.array([[0, 0], [side, 0], [side, side], [0, side]])
            edges = loop(
                *((k, line(a, b)) for k, a, b in zip("abcd", corners, np.roll(corners, -1, axis=0), strict=True))
            )
            return Piece(name, edges, Wrap("flat"), notches=notches)

        pieces = square("one", 0.2, Notch("a", 0.05, "double")), square("two", 0.3), square("three", 0.2)
        sewn = seam("ab", "one.a", "-two.b", 1.5, "three.c")
        notches = walked_notches(Pattern("three squares", "", pieces, (sewn,)))
        assert notches["one"] == pieces[0].notches
        for name, edge, distance in (("two", "b", 0.225), ("three", "c", 0.05)):
            (notch,) = notches[name]
            assert (notch.edge, notch.kind) == (edge, "double")
            assert notch.distance == pytest.approx(distance)

    @pytest.mark.parametrize("name", ["tshirt", *FITTED])
    def test_walking_again_adds_nothing(self, name: str) -> None:
        pattern = draft(name, WOMAN)
        notches = walked_notches(pattern)
        marked = replace(pattern, pieces=tuple(replace(p, notches=notches[p.name]) for p in pattern.pieces))
        assert walked_notches(marked) == notches
        for piece in marked.pieces:
            for notch in piece.notches:
                assert 0.0 <= notch.distance <= piece.edge(notch.edge).length

    def test_the_sleeve_meets_the_shoulder_and_the_armholes_notches(self) -> None:
        notches = walked_notches(draft("jacket", WOMAN))
        assert [n.edge for n in notches["front_side"] if n.edge == "armhole"] == ["armhole"]
        assert any(n.edge == "cap_front" and n.distance > 0.01 for n in (*notches["sleeve"], *notches["under_sleeve"]))
