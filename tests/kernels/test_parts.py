# SPDX-License-Identifier: GPL-3.0-or-later
"""Pockets, darts, pleats, godets and skirts of a dress: each does on any body what it is cut for."""

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from people import WOMAN
from toile.bodies import Body, avatar
from toile.patterns import DraftRefused, Panel, Pattern, draft, style, styles
from toile.patterns.curves import line
from toile.patterns.document import pattern_to_json
from toile.patterns.notches import walked_notches
from toile.patterns.parts.darts import fisheye
from toile.patterns.pieces import InternalLine, Piece, PieceRefused, Wrap, loop, polygon_area
from toile.sim import build_cloth
from toile.sim.intersections import intersections, self_intersections
from toile.sim.meshing import mesh_panel, mesh_pattern
from toile.sim.placing.flat import darts_closed
from toile.sim.stations import lines_of, stations

few = settings(max_examples=3, deadline=None)
COARSE = 0.022
IN_SEAM = {
    "trousers": {"pocket_front": "in_seam"},
    "pencil_skirt": {"pocket_front": "in_seam", "opening": "zip_back"},
    "circle_skirt": {"pocket_front": "in_seam", "opening": "zip_back"},
    "pleated_skirt": {"pocket_front": "in_seam", "opening": "zip_back"},
    "a_line_dress": {"pocket": "in_seam"},
    "circle_dress": {"pocket": "in_seam"},
    "coat": {"pocket": "in_seam"},
}


@st.composite
def bodies(draw: st.DrawFn) -> dict[str, float]:
    """From children of 1.1 m to adults of 2 m, slim or heavy."""
    size, girth = draw(st.floats(0.66, 1.18)), draw(st.floats(0.9, 1.35))
    body = {name: value * size for name, value in WOMAN.items()}
    for name in ("bust", "underbust", "waist", "hip", "upper_arm", "armscye_girth", "thigh", "knee", "wrist"):
        body[name] *= girth
    body["waist"] *= draw(st.floats(0.95, 1.2))
    body["shoulder_slope"] = draw(st.floats(0.28, 0.44))
    return body


def outline_area(piece: Piece) -> float:
    return polygon_area(np.concatenate([e.flattened(1e-4)[:-1] for e in piece.edges]))


def piece(pattern: Pattern, name: str) -> Piece:
    return next(p for p in pattern.pieces if p.name == name)


def facings(pattern: Pattern) -> list[Piece]:
    return [p for p in pattern.pieces if p.name.endswith("_facing")]


def seam_lengths(pattern: Pattern) -> dict[str, float]:
    return {s.name: s.length_a for s in pattern.proof().seams}


class TestInSeamPockets:
    @pytest.mark.parametrize("name", IN_SEAM)
    @few
    @given(body=bodies(), mouth=st.floats(0.10, 0.16))
    def test_the_mouth_is_a_part_of_the_side_seam_and_takes_nothing_from_the_pieces(
        self, name: str, body: dict[str, float], mouth: float
    ) -> None:
        chosen = {**IN_SEAM[name], "pocket_mouth": mouth}
        slot = "pocket_front" if "pocket_front" in chosen else "pocket"
        made, plain = draft(name, body, chosen), draft(name, body, {**chosen, slot: "none"})
        assert made.proof().max_error < 1e-6
        lengths, whole = seam_lengths(made), seam_lengths(plain)
        edge = next(s for s in ("outseam", "skirt_side", "side") if f"{s}_left" in whole)
        assert lengths["pocket_basting_left"] == pytest.approx(mouth * body["hip"])
        assert lengths[f"{edge}_left"] + lengths["pocket_basting_left"] == pytest.approx(whole[f"{edge}_left"])
        for p in plain.pieces:
            assert outline_area(piece(made, p.name)) == pytest.approx(outline_area(p), rel=1e-4)

    @pytest.mark.parametrize("name", IN_SEAM)
    def test_both_layers_of_the_bag_are_caught_in_the_mouth_whose_ends_are_notched(self, name: str) -> None:
        made = draft(name, WOMAN, IN_SEAM[name])
        (basted,) = (s for s in made.seams if s.name == "pocket_basting_left")
        assert [ref.panel for layer in basted.layers for ref in layer] == [
            "pocket_bag_left",
            "pocket_under_bag_left",
        ]
        over, under = (piece(made, f"pocket_{layer}") for layer in ("bag", "under_bag"))
        assert outline_area(over) == pytest.approx(outline_area(under))
        assert not (over.draped)
        assert not (under.draped)
        notches = walked_notches(made)
        for (ref,) in (basted.a, basted.b):
            own = ref.edge.removesuffix("_left").removesuffix("_right")
            bearer = next(p for p in made.pieces if p.name == ref.panel.removesuffix("_left"))
            found = [n.distance for n in notches[bearer.name] if n.edge == own]
            assert sorted(found)[:: max(len(found) - 1, 1)] == pytest.approx([0.0, bearer.edge(own).length])

    def test_a_lining_is_whole_where_its_shell_has_a_pocket(self) -> None:
        made = draft("coat", WOMAN, {"pocket": "in_seam", "lining": "full"})
        plain = draft("coat", WOMAN, {"pocket": "none", "lining": "full"})
        lengths, whole = seam_lengths(made), seam_lengths(plain)
        sewn = lengths["lining_side_left"] + lengths["lining_pocket_basting_left"]
        assert sewn == pytest.approx(whole["lining_side_left"])

    @pytest.mark.parametrize(
        ("name", "choices"),
        [
            ("pencil_skirt", {**IN_SEAM["pencil_skirt"], "skirt_length": 0.4, "pocket_drop": 0.9}),
            ("jeans", {"pocket_front": "in_seam", "yoke": "seat", "pocket_drop": 0.05}),
            ("jacket", {"pocket": "in_seam", "skirt_length": 0.17, "pocket_drop": 0.9}),
        ],
    )
    def test_on_a_short_seam_or_below_a_yoke_a_mouth_lies_where_a_hand_has_room(
        self, name: str, choices: dict[str, Any]
    ) -> None:
        made = draft(name, WOMAN, choices)
        assert seam_lengths(made)["pocket_basting_left"] > 0.0599
        assert made.proof().max_error < 1e-6
        (basted,) = (s for s in made.seams if s.name == "pocket_basting_left")
        assert not {ref.panel for ref in basted.b} & {"yoke_left", "yoke"}

    @pytest.mark.parametrize(
        ("name", "choices", "advice"),
        [
            ("pencil_skirt", {"pocket_front": "in_seam", "opening": "zip_side"}, "choose another opening"),
            ("sheath", {"pocket": "in_seam", "skirt_length": 0.12}, "raise skirt_length|lower pocket"),
        ],
    )  # fmt: skip
    def test_a_seam_without_room_is_refused_in_words(self, name: str, choices: dict[str, Any], advice: str) -> None:
        with pytest.raises(DraftRefused, match=advice):
            draft(name, WOMAN, choices)


class TestNecklineFacings:
    @pytest.mark.parametrize("neckline", ["round", "v", "boat", "square"])
    @pytest.mark.parametrize(
        ("name", "choices"),
        [("sheath", {}), ("bodice", {"bust_dart": "neckline"}), ("tank", {"collar": "none"})],
    )
    @few
    @given(body=bodies(), width=st.floats(0.03, 0.08))
    def test_a_facing_is_as_long_as_its_neckline_and_as_wide_all_along(
        self, name: str, choices: dict[str, Any], neckline: str, body: dict[str, float], width: float
    ) -> None:
        chosen = {**choices, "neckline": neckline, "facing": "neckline", "neck_facing_width": width}
        made = draft(name, body, {**chosen, "sleeve": "none"})
        assert made.proof().max_error < 1e-6
        assert seam_lengths(made)["neckline"] == pytest.approx(
            sum(p.edge("neckline").length * 2 for p in facings(made))
        )
        for facing in facings(made):
            inner, edge = (facing.edge(e).flattened(2e-4) for e in ("inner", "neckline"))
            apart = np.linalg.norm(inner[:, None] - edge, axis=2).min(axis=1)
            beside = facing.edge("shoulder").length  # narrower where a shoulder has no room for more
            assert beside < width + 1e-9
            assert 0.6 * beside < apart.min()
            assert apart.max() < 2 * beside  # at the point of a V its inner edge is mitred
            assert facing.inner

    def test_both_facings_take_as_much_of_the_shoulder_under_a_dropped_sleeve(self) -> None:
        chosen = {"facing": "neckline", "bust_dart": "neckline", "sleeve": "dolman", "neck_facing_width": 0.09}
        lengths = draft("bodice", WOMAN, chosen).proof()
        assert lengths.max_error < 1e-6

    @pytest.mark.parametrize(
        ("name", "choices", "advice"),
        [
            ("sheath", {"opening": "buttons"}, "along its edge"),
            ("sheath", {"sleeve": "raglan", "shaping": "darts"}, "raglan"),
            ("blouse", {"collar": "none", "closure": "placket"}, "along its edge"),
            ("blouse", {"collar": "none", "closure": "none", "yoke": "yoke"}, "its own facing"),
        ],
    )
    def test_what_is_faced_otherwise_is_refused_in_words(self, name: str, choices: dict[str, str], advice: str) -> None:
        with pytest.raises(DraftRefused, match=advice):
            draft(name, WOMAN, {"facing": "neckline", **choices})

    def test_a_collar_leaves_no_place_for_one(self) -> None:
        chosen = {"facing": "neckline", "collar": "peter_pan"}
        assert not facings(draft("sheath", WOMAN, chosen))


@pytest.mark.parametrize("lining", ["none", "full"])
def test_a_puffed_sleeve_goes_on_dividing_seams(lining: str) -> None:
    made = draft("jacket", WOMAN, {"sleeve": "puff", "lining": lining, "puff_fullness": 1.6})
    proof = {s.name: s for s in made.proof().seams}
    assert made.proof().max_error < 1e-6
    for name in ("armhole_front_high_left", "armhole_back_high_left"):
        assert proof[name].ratio == pytest.approx(1.6)


class TestWeltsBehind:
    @few
    @given(body=bodies(), wide=st.floats(0.08, 0.18), yoke=st.floats(0.15, 0.4))
    def test_a_welt_lies_below_the_yoke_clear_of_its_seam(
        self, body: dict[str, float], wide: float, yoke: float
    ) -> None:
        made = draft("jeans", body, {"pocket_back": "welt", "pocket_width": wide, "yoke_centre": yoke})
        assert made.proof().max_error < 1e-6
        back, welt = piece(made, "back"), piece(made, "welt")
        seam = back.edge("yoke").flattened(1e-3)
        top = max(welt.edge("top").flattened(1e-3)[:, 1])
        assert top < seam[:, 1].min() - 0.01


class TestPocketsOverASeam:
    @pytest.mark.parametrize(("flare", "length"), [(-0.04, 0.2), (0.15, 0.25), (0.25, 0.3)])
    def test_where_the_seam_swings_out_a_patch_is_laid_above(self, flare: float, length: float) -> None:
        made = draft("jacket", WOMAN, {"pocket": "patch", "flare": flare, "skirt_length": length, "pocket_level": 0.6})
        assert made.proof().max_error < 1e-6
        wrap = piece(made, "pocket").wrap
        assert abs(wrap.angle) < 0.36  # the panel's frame, laid beside the front where the pocket passes over

    @pytest.mark.parametrize("shaping", ["princess_armhole", "princess_shoulder"])
    @pytest.mark.parametrize(("name", "kind"), [("jacket", "flap"), ("coat", "welt"), ("coat", "patch")])
    @few
    @given(body=bodies(), wide=st.floats(0.1, 0.14), angle=st.floats(-0.1, 0.15))
    def test_what_it_is_sewn_to_runs_straight_on_over_the_dividing_seam(
        self, name: str, kind: str, shaping: str, body: dict[str, float], wide: float, angle: float
    ) -> None:
        chosen = {"pocket": kind, "shaping": shaping, "pocket_width": wide, "pocket_angle": angle}
        try:
            made = draft(name, body, chosen)
        except DraftRefused as refusal:
            said = str(refusal)
        else:
            self.runs_on(made, kind, wide * body["hip"])
            return
        assert "no room for the pockets" in said

    def runs_on(self, made: Pattern, kind: str, wide: float) -> None:
        """The line meets both sides of the seam as far above the hem, at angles that make up a straight one."""
        assert made.proof().max_error < 1e-6
        lines = {"flap": "flap_mouth", "welt": "welt_mouth", "patch": "pocket_line"}[kind]
        front, side = (made.panel(f"{name}_left") for name in ("front", "front_side"))
        near, far = (panel.line(lines) for panel in (front, side))
        if kind != "patch":
            assert near.length + far.length == pytest.approx(wide, abs=1e-9)
        places: list[float] = []
        headings: list[float] = []
        for panel, p, way in (
            (front, near.end, near.curves[-1].derivative([1.0])[0]),
            (side, far.start, far.curves[0].derivative([0.0])[0]),
        ):
            seam = panel.edge("princess")
            s = np.linspace(0.0, seam.length, 20001)
            apart = np.linalg.norm(seam.at(s) - p, axis=1)
            nearest = s[apart.argmin()]
            assert apart.min() < 1e-4
            tangent = seam.at([nearest + 1e-4])[0] - seam.at([nearest - 1e-4])[0]
            rising = 1.0 if panel is front else -1.0
            places.append(nearest if panel is front else seam.length - nearest)
            headings.append(float(np.arctan2(*(rising * tangent)[::-1]) - np.arctan2(*way[::-1])))
        assert places[0] == pytest.approx(places[1], abs=1e-4)
        assert headings[0] == pytest.approx(headings[1], abs=2e-3)

    @pytest.mark.parametrize("wide", np.linspace(0.08, 0.13, 6))
    @pytest.mark.parametrize("deep", [0.6, 0.7, 0.85])
    def test_a_line_that_ends_on_a_curved_seam_is_not_taken_to_leave_its_piece(self, wide: float, deep: float) -> None:
        tall = WOMAN | {"stature": 1.8, "waist_to_knee": 0.62, "waist_to_hip": 0.22, "back_waist_length": 0.43}
        made = draft("jacket", tall, {"pocket": "patch", "pocket_width": wide, "patch_depth": deep})
        assert made.proof().max_error < 1e-6

    @pytest.mark.parametrize("kind", ["flap", "welt"])
    def test_the_mouth_catches_all_that_belongs_in_it(self, kind: str) -> None:
        made = draft("jacket", WOMAN, {"pocket": kind})
        (mouth,) = (s for s in made.seams if s.name == f"{kind}_mouth_left")
        caught = {ref.panel for walk in (mouth.b, *mouth.layers) for ref in walk}
        assert {f"{kind}_left", f"{kind}_bag_left", f"{kind}_under_bag_left"} <= caught
        assert ("jet_left" in caught) == (kind == "flap")

    @pytest.mark.parametrize(
        "choices",
        [
            {"pocket": "flap", "flap_depth": 0.6, "pocket_level": 0.8},
            {"pocket": "patch", "pocket_level": 0.9},
            {"pocket": "welt", "pocket_angle": -0.5, "pocket_width": 0.2},
        ],
    )
    def test_a_short_front_has_them_higher_and_narrower(self, choices: dict[str, Any]) -> None:
        short = draft("jacket", WOMAN, {"skirt_length": 0.3, **choices})
        long = draft("jacket", WOMAN, {"skirt_length": 0.9, **choices})
        name = {"flap": "flap", "patch": "pocket", "welt": "welt"}[choices["pocket"]]
        small, large = (outline_area(piece(made, name)) for made in (short, long))
        assert small <= large * (1 + 1e-9)
        assert short.proof().max_error < 1e-6
        mesh_pattern(short.draped(), COARSE)

    def test_a_front_without_room_for_any_is_refused_in_words(self) -> None:
        with pytest.raises(DraftRefused, match="lower pocket_width, change pocket_level, or choose pocket 'none'"):
            draft("jacket", WOMAN, {"pocket": "patch", "pocket_angle": -0.5, "patch_depth": 1.6, "pocket_width": 0.2})

    @few
    @given(body=bodies())
    @example(body=WOMAN)
    def test_the_back_darts_of_trousers_end_above_their_welts(self, body: dict[str, float]) -> None:
        made = draft("trousers", body, {"pocket_back": "welt"})
        back = made.panel("back_left")
        points = [float(e.end[1]) for e in back.edges if e.dart and e.name.endswith("_in")]
        highest = max(float(back.line(f"welt_{name}").flattened()[:, 1].max()) for name in ("mouth", "end_in"))
        assert made.proof().max_error < 1e-6
        assert all(y > highest for y in points)
        mesh_pattern(made.draped(), COARSE)


class TestFisheyeDarts:
    @pytest.mark.parametrize("name", ["sheath", "a_line_dress"])
    @few
    @given(body=bodies(), ease=st.floats(0.02, 0.08))
    @example(body=WOMAN, ease=0.04)
    def test_sewn_up_they_leave_the_waist_its_girth(self, name: str, body: dict[str, float], ease: float) -> None:
        made = draft(
            name,
            body,
            {
                "shaping": "fisheye",
                "waist_shaping": 1.0,
                "side_shaping": 0.5,
                "waist_ease": ease,
                "opening": "zip_back",
            },
        )
        assert made.proof().max_error < 1e-6
        girth, darts = 0.0, 0
        for panel in made.panels():
            for leg, other in panel.inner_darts():
                assert leg.length == pytest.approx(other.length)
                darts += 1
                y = float(leg.curves[0].end[1])
                girth -= abs(float(leg.curves[0].end[0] - other.curves[0].end[0]))
                side = next(e for e in panel.edges if e.name.startswith("side") and not e.dart).flattened(1e-5)
                order = np.argsort(side[:, 1])
                girth += abs(float(np.interp(y, side[order, 1], side[order, 0])))
        if darts == 4:
            assert girth == pytest.approx(body["waist"] + ease, abs=0.002)
        else:  # the side seams alone take in what little there is
            assert body["waist"] > 0.8 * body["bust"]

    @given(
        st.floats(0.05, 0.2), st.floats(0.006, 0.05), st.floats(0.06, 0.15), st.floats(0.06, 0.15), st.floats(-1.0, 1.0)
    )
    @settings(max_examples=25, deadline=None)
    @example(0.05000000000000001, 0.03172960991529077, 0.10109113563477719, 0.14797920506836146, 0.0)  # chords in line
    def test_the_mesh_has_none_of_what_they_take_in_and_closes_over_it(
        self, x: float, intake: float, down: float, up: float, anchor: float
    ) -> None:
        legs = fisheye("waist_dart", np.array([x, 0.0]), intake, down, up)
        corners = [(0.0, -0.2), (0.3, -0.2), (0.3, 0.2), (0.0, 0.2)]
        edges = loop(*((f"edge_{k}", line(corners[k], corners[(k + 1) % 4])) for k in range(4)))
        wrap = Wrap("torso", "waist_front", (0.3 * anchor, 0.0))
        cut = Piece("cloth", edges, wrap, internal=legs)
        (panel,) = cut.panels()
        mesh = self.meshed(panel)
        u, v = (mesh.points[mesh.faces[:, k]] - mesh.points[mesh.faces[:, 0]] for k in (1, 2))
        area = float((u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]).sum() / 2)
        assert area == pytest.approx(0.12 - intake * (down + up) / 2, rel=1e-6)
        assert len(np.unique(mesh.faces)) == len(mesh.points)
        one, two = (mesh.stations[leg.name][1] for leg in legs)
        closed = darts_closed(panel, mesh.points)
        assert len(one) == len(two)
        assert np.abs(closed[one] - closed[two]).max() < 1e-9

    def meshed(self, panel: Panel) -> Any:
        legs = frozenset(leg.name for leg in panel.internal)
        lines = lines_of(panel, legs, frozenset())
        along = stations([lines], (), 0.02)
        return mesh_panel(lines, {name: along[panel.name, name] for name in lines.runs}, 0.02)

    def test_a_leg_without_its_fellow_is_refused(self) -> None:
        leg, other = fisheye("waist_dart", np.array([0.1, 0.0]), 0.02, 0.1, 0.1)
        square = loop(
            ("a", line((0, -0.2), (0.3, -0.2))),
            ("b", line((0.3, -0.2), (0.3, 0.2))),
            ("c", line((0.3, 0.2), (0.0, 0.2))),
            ("d", line((0.0, 0.2), (0.0, -0.2))),
        )
        wrap = Wrap("torso", "waist_front")
        moved = InternalLine(other.name, (line((0.11, -0.1), (0.1, 0.1)),), "dart")
        for internal in ((leg,), (leg, moved)):
            with pytest.raises(PieceRefused, match="no fellow with the same ends"):
                Piece("cloth", square, wrap, internal=internal).panels()[0].inner_darts()

    @few
    @given(body=bodies(), intake=st.floats(0.006, 0.03))
    def test_a_shirts_back_is_as_wide_as_without_them_but_for_what_they_take_in(
        self, body: dict[str, float], intake: float
    ) -> None:
        made = draft("shirt", body, {"back_darts": "waist", "back_dart": intake})
        plain = draft("shirt", body)
        assert made.proof().max_error < 1e-6
        (back,) = (p for p in made.panels() if p.name == "back")
        assert outline_area(piece(made, "back")) == pytest.approx(outline_area(piece(plain, "back")), rel=1e-4)
        assert len(back.inner_darts()) == 2
        for leg, other in back.inner_darts():
            assert np.abs(leg.curves[0].end - other.curves[0].end)[0] == pytest.approx(intake)

    def test_a_bust_dart_from_the_hem_is_refused(self) -> None:
        with pytest.raises(DraftRefused, match="choose another bust_dart"):
            draft("sheath", WOMAN, {"shaping": "fisheye", "bust_dart": "waist"})

    @pytest.mark.parametrize("hem", style("bomber").parameter("hem").range)
    @few
    @given(body=bodies(), intake=st.floats(0.02, 0.03))
    def test_on_a_short_back_they_begin_at_its_hem(self, hem: str, body: dict[str, float], intake: float) -> None:
        chosen: dict[str, Any] = {"body_length": 0.2, "hem": hem, "tail_rise": 0.01, "hem_band_width": 0.02}
        made = draft("tshirt", body, {"back_darts": "waist", "back_dart": intake, **chosen})
        plain = draft("tshirt", body, chosen)
        back = piece(made, "back")
        hems = [e for e in back.edges if e.name in ("hem_1", "hem_2")]
        assert made.proof().max_error < 1e-6
        assert np.linalg.norm(hems[1].start - hems[0].end) == pytest.approx(intake, rel=0.02)
        assert sum(e.length for e in hems) == pytest.approx(piece(plain, "back").edge("hem").length - intake, abs=1e-4)
        assert {e.name in back.allowances for e in hems} == {hem != "band"}
        mesh_pattern(made.draped(), COARSE)


class TestShoulderDarts:
    @pytest.mark.parametrize("name", ["bodice", "sheath", "circle_dress", "wrap_dress"])
    @few
    @given(body=bodies(), intake=st.floats(0.006, 0.02))
    def test_the_back_shoulder_is_longer_by_what_they_take_in(
        self, name: str, body: dict[str, float], intake: float
    ) -> None:
        made = draft(name, body, {"blade": "dart", "shoulder_dart": intake, "shaping": "darts"})
        back, front = piece(made, "back"), piece(made, "front")
        mouth = [e for e in back.edges if e.name.startswith("shoulder_dart")]
        assert made.proof().max_error < 1e-6
        assert np.linalg.norm(mouth[0].start - mouth[1].end) == pytest.approx(intake)
        assert mouth[0].length == pytest.approx(mouth[1].length)
        seen = sum(e.length for e in back.edges if e.name in ("shoulder_1", "shoulder_2"))
        assert seen == pytest.approx(front.edge("shoulder").length)

    def test_a_dividing_seam_from_the_shoulder_leaves_no_place_for_one(self) -> None:
        made = draft("sheath", WOMAN, {"blade": "dart", "shaping": "princess_shoulder"})
        assert not any("dart" in s.name for s in made.seams)


class TestPleatsAndTucks:
    @pytest.mark.parametrize("kind", ["box", "inverted"])
    @few
    @given(body=bodies(), depth=st.floats(0.01, 0.03), fullness=st.floats(1.0, 1.2))
    def test_folded_a_back_pleat_leaves_the_yokes_seam(
        self, kind: str, body: dict[str, float], depth: float, fullness: float
    ) -> None:
        chosen = {"back_pleat_depth": depth, "yoke_fullness": fullness}
        made, plain = (draft("shirt", body, {**chosen, "back_pleat": pleat}) for pleat in (kind, "none"))
        assert made.proof().max_error < 1e-6
        edges = {e.name: e.length for e in piece(made, "back").edges}
        seen = sum(length for name, length in edges.items() if name.startswith("yoke"))
        assert seen == pytest.approx(piece(plain, "back").edge("yoke").length)
        assert edges["pleat_yoke_1_a"] == pytest.approx(depth)
        assert edges["pleat_yoke_1_b"] == pytest.approx(depth)
        wider = piece(made, "back").edge("hem").length - piece(plain, "back").edge("hem").length
        assert wider == pytest.approx(2 * depth)

    def test_a_raglan_takes_the_yoke_and_with_it_the_back_pleats_place(self) -> None:
        plain, pleated = (draft("shirt", WOMAN, {"back_pleat": p, "sleeve": "raglan"}) for p in ("none", "box"))
        assert pattern_to_json(pleated)["pieces"] == pattern_to_json(plain)["pieces"]

    @few
    @given(body=bodies(), darts=st.integers(1, 2), slant=st.floats(0.08, 0.4))
    def test_a_slant_pocket_is_cut_beside_the_tucks(self, body: dict[str, float], darts: int, slant: float) -> None:
        chosen: dict[str, Any] = {"darts_front": darts, "pocket_slant": slant, "pocket_front": "slant"}
        tucked, darted = (draft("trousers", body, {**chosen, "front": front}) for front in ("tucks", "darts"))
        assert tucked.proof().max_error < 1e-6
        assert piece(tucked, "pocket_side").edge("waist").length == pytest.approx(
            piece(darted, "pocket_side").edge("waist").length
        )
        (mouth,) = (s for s in tucked.seams if s.name == "waist")
        assert seam_lengths(tucked)["waist"] == pytest.approx(seam_lengths(darted)["waist"])
        assert len(mouth.a) >= 4
        mesh_pattern(tucked.draped(), COARSE)

    @pytest.mark.parametrize("name", ["trousers", "pencil_skirt"])
    @few
    @given(body=bodies(), darts=st.integers(1, 2))
    def test_a_tuck_takes_what_the_dart_took(self, name: str, body: dict[str, float], darts: int) -> None:
        chosen = {"pocket_front": "none", "darts_front": darts, "waist_ease": 0.0}
        folded, darted = (draft(name, body, {**chosen, "front": front}) for front in ("tucks", "darts"))
        assert folded.proof().max_error < 1e-6
        tucks, front = piece(folded, "front"), piece(darted, "front")
        mouths = [e for e in front.edges if e.dart]
        assert len(tucks.pleats) == len(mouths) // 2
        seen = {e.name: e.length for e in tucks.edges}
        assert sum(v for k, v in seen.items() if k.startswith("waist")) == pytest.approx(
            sum(e.length for e in front.edges if e.name.startswith("waist") and not e.dart)
        )
        for pleat, leg, other in zip(tucks.pleats, mouths[::2], mouths[1::2], strict=True):
            assert np.allclose(
                sorted([pleat.fold[0], pleat.placement[0]]), sorted([tuple(leg.start), tuple(other.end)])
            )
            for start, end in np.array([pleat.fold, pleat.placement]):  # towards the dart's point, and not up to it
                way = leg.end - start
                share = np.linalg.norm(end - start) / np.linalg.norm(way)
                assert np.allclose(end, start + share * way)
                assert 0.5 < share < 0.9


class TestGodets:
    @pytest.mark.parametrize("name", ["pencil_skirt", "sheath", "a_line_dress"])
    @few
    @given(body=bodies(), height=st.floats(0.4, 0.9), wide=st.floats(0.05, 0.2))
    def test_a_godet_is_a_sector_that_widens_the_hem_and_nothing_above(
        self, name: str, body: dict[str, float], height: float, wide: float
    ) -> None:
        chosen = {"godet": "side", "godet_height": height, "godet_width": wide, "skirt_length": 1.2}
        made, plain = draft(name, body, chosen), draft(name, body, {**chosen, "godet": "none"})
        godet = piece(made, "godet")
        radius = godet.edge("front").length
        assert made.proof().max_error < 1e-6
        assert godet.edge("hem").length == pytest.approx(wide)
        assert outline_area(godet) == pytest.approx(wide * radius / 2, rel=1e-3)
        side = seam_lengths(made)["side_left"]
        assert side + radius == pytest.approx(seam_lengths(plain)["side_left"])
        assert outline_area(piece(made, "front")) == pytest.approx(outline_area(piece(plain, "front")), rel=1e-4)

    @pytest.mark.parametrize(
        ("choices", "advice"),
        [
            ({"skirt_length": 0.4}, "raise skirt_length"),
        ],
    )
    def test_godets_without_room_are_refused_in_words(self, choices: dict[str, float], advice: str) -> None:
        with pytest.raises(DraftRefused, match=advice):
            draft("pencil_skirt", WOMAN, {"godet": "side", **choices})


class TestDresses:
    @pytest.mark.parametrize("skirt", style("circle_dress").parameter("skirt").range)
    @few
    @given(body=bodies(), fullness=st.floats(1.1, 2.2))
    def test_every_skirt_is_as_long_as_the_bodices_waist_or_fuller_as_declared(
        self, skirt: str, body: dict[str, float], fullness: float
    ) -> None:
        made = draft("circle_dress", body, {"skirt": skirt, "skirt_gathers": fullness})
        proof = made.proof()
        assert proof.max_error < 1e-6
        waists = [s for s in proof.seams if s.name.startswith("waist_")]
        declared = fullness if skirt == "gathered" else 1.0
        assert [s.length_b / s.length_a for s in waists] == pytest.approx([declared] * 4)
        assert sum(s.length_a for s in waists) == pytest.approx(body["waist"] + 0.03, abs=0.02)
        assert [s.name for s in made.seams if s.zip] == ["centre_back", "centre_skirt_back"]

    @few
    @given(body=bodies(), ease=st.floats(0.02, 0.2))
    def test_a_fitted_skirt_has_its_ease_about_the_hip(self, body: dict[str, float], ease: float) -> None:
        made = draft("circle_dress", body, {"skirt": "fitted", "hip_ease": ease})
        hip = 2 * sum(float(piece(made, f"skirt_{half}").edge("side").curves[0].end[0]) for half in ("front", "back"))
        assert hip == pytest.approx(max(body["hip"] + ease, 0.0))

    @pytest.mark.parametrize(("opening", "halves"), [("zip_back", 2), ("buttons", 1), ("none", 1)])
    def test_a_peter_pan_collar_is_in_two_halves_where_the_back_opens(self, opening: str, halves: int) -> None:
        made = draft("sheath", WOMAN, {"collar": "peter_pan", "opening": opening, "waist_ease": 0.12})
        assert len([p for p in made.panels() if p.name.startswith("collar")]) == halves
        assert made.proof().max_error < 1e-6

    @pytest.mark.parametrize("collar", ["stand", "shirt"])
    def test_a_collar_that_is_buttoned_asks_for_a_front_that_opens(self, collar: str) -> None:
        with pytest.raises(DraftRefused, match="choose opening 'buttons'"):
            draft("a_line_dress", WOMAN, {"collar": collar})
        made = draft("a_line_dress", WOMAN, {"collar": collar, "opening": "buttons"})
        assert {f.name for f in made.fastenings} >= {"stand", "front_1", "front_6"}

    @pytest.mark.parametrize("name", ["bodice", "sheath", "a_line_dress", "circle_dress"])
    @few
    @given(body=bodies(), sleeve=st.sampled_from(["puff", "raglan", "dolman"]))
    def test_every_sleeve_is_sewn_to_a_fitted_shell(self, name: str, body: dict[str, float], sleeve: str) -> None:
        chosen = {"sleeve": sleeve, "shaping": "darts", "bust_dart": "waist", "sleeve_length": 0.5}
        try:
            made = draft(name, body, chosen)
        except DraftRefused as refusal:
            said = str(refusal)
        else:
            assert made.proof().max_error < 1e-6
            assert made.panel("sleeve_left").edge("hem").length > body["wrist"]
            return
        assert any(word in said for word in ("raise", "lower", "choose")), said

    @pytest.mark.parametrize("sleeve", ["raglan", "dolman"])
    def test_a_sleeve_that_would_cut_the_shaping_is_refused_in_words(self, sleeve: str) -> None:
        with pytest.raises(DraftRefused, match="choose shaping 'darts' and another bust_dart, or another sleeve"):
            draft("sheath", WOMAN, {"sleeve": sleeve, "shaping": "princess_armhole"})


@cache
def figure() -> Body:
    return avatar({"stature": 1.68, "bust": 0.92})


WORN = {
    "jacket": {"pocket": "flap"},
    "trousers": {"pocket_back": "welt", "pocket_front": "in_seam", "front": "tucks"},
    "sheath": {"shaping": "fisheye", "blade": "dart", "godet": "side"},
    "shirt": {"back_pleat": "box", "back_darts": "waist"},
    "circle_dress": {"skirt": "fitted", "collar": "peter_pan"},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", WORN)
def test_what_is_worn_starts_crossing_neither_itself_nor_the_body(name: str) -> None:
    measures = {key: m.value for key, m in figure().measurements.items()}
    cloth = build_cloth(styles()[name].draft(measures, WORN[name]), figure(), COARSE)
    x, faces = cloth.welded(cloth.vertices), cloth.welded_faces
    assert len(self_intersections(x, faces)) == 0
    assert len(intersections(x, faces, figure().vertices, figure().faces)) == 0
