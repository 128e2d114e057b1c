# SPDX-License-Identifier: GPL-3.0-or-later
"""A designer's hand obeys geometry: what is cut keeps its area, what turns its lengths, and what is asked is added."""

import functools
import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from people import WOMAN
from shapely import Polygon
from toile.patterns import Pattern, style, styles
from toile.patterns.adjustments import (
    AddLine,
    AddNotch,
    Adjustment,
    AdjustmentRefused,
    BendCurve,
    CloseDart,
    MoveApex,
    MoveNotch,
    MovePoint,
    Place,
    RemoveNotch,
    RotateDart,
    SetAllowance,
    SlashAndSpread,
    Split,
    adjust,
    adjustments_from_json,
    darts,
    drawn_changes,
    from_json,
    knots,
    read_adjustments,
    report,
)
from toile.patterns.curves import Arc, Cubic, Nurbs, line
from toile.patterns.document import pattern_from_json, pattern_to_json
from toile.patterns.pieces import InternalLine, Notch, Piece, Trim, Wrap, loop
from toile.patterns.seams import Fastening, Seam, seam, walk

WRAP = Wrap("torso", "waist_front", (0.0, 0.0))
WIDTH, HEIGHT = 0.4, 0.6


def rectangle(name: str, **more: object) -> Piece:
    corners = [(0.0, 0.0), (WIDTH, 0.0), (WIDTH, HEIGHT), (0.0, HEIGHT)]
    sides = [line(a, b) for a, b in zip(corners, corners[1:] + corners[:1], strict=True)]
    return Piece(name, loop(*zip(("hem", "side", "top", "fold"), sides, strict=True)), WRAP, **more)  # type: ignore[arg-type]


def two_rectangles() -> Pattern:
    """Front and back on the fold, sewn at the sides and at the top."""
    front = rectangle("front", cut="fold", fold="fold")
    back = rectangle("back", cut="fold", fold="fold", side="right")
    seams = [seam(f"{e}_{s}", f"front.{e}_{s}", f"-back.{e}_{s}") for e in ("side", "top") for s in ("left", "right")]
    return Pattern("two", "two", (front, back), tuple(seams))


def darted() -> Pattern:
    """A mirrored piece whose top has a dart between x = 0.15 and 0.21, 0.12 m deep."""
    a, apex, b = (0.21, HEIGHT), (0.18, HEIGHT - 0.12), (0.15, HEIGHT)
    edges = loop(
        ("hem", line((0, 0), (WIDTH, 0))),
        ("side", line((WIDTH, 0), (WIDTH, HEIGHT))),
        ("top_1", line((WIDTH, HEIGHT), a)),
        ("dart_1_in", line(a, apex)),
        ("dart_1_out", line(apex, b)),
        ("top_2", line(b, (0, HEIGHT))),
        ("centre", line((0, HEIGHT), (0, 0))),
    )
    legs = [seam(f"{p}_dart_1", f"{p}.dart_1_in", f"-{p}.dart_1_out") for p in ("half_left", "half_right")]
    return Pattern("darted", "darted", (Piece("half", edges, WRAP, cut="mirrored"),), tuple(legs))


def area(pattern: Pattern) -> float:
    return sum(Polygon(panel.outline(1e-7)).area for panel in pattern.panels())


def piece(pattern: Pattern, name: str) -> Piece:
    return next(p for p in pattern.pieces if p.name == name)


def done(pattern: Pattern, *adjustments: Adjustment) -> Pattern:
    made = adjust(pattern, adjustments)
    assert not report(made).skipped
    return made


def why_not(pattern: Pattern, adjustment: Adjustment) -> str:
    """The reason for which it is skipped; the pattern is left as it was."""
    made = adjust(pattern, [adjustment])
    assert made.pieces == pattern.pieces
    assert made.seams == pattern.seams
    return report(made).skipped[adjustment.name]


FRACTION = st.floats(0.02, 0.98)
few = settings(max_examples=25)


class TestMovePoint:
    def test_the_corner_moves_by_the_vector_and_the_seam_it_spoils_is_named(self) -> None:
        made = done(two_rectangles(), MovePoint("longer", "front", "side", (0.0, -0.03)))
        assert piece(made, "front").edge("side").start == pytest.approx((WIDTH, -0.03))
        assert piece(made, "front").edge("hem").end == pytest.approx((WIDTH, -0.03))
        assert report(made).seams == pytest.approx({"side_left": 0.03, "side_right": 0.03})

    @few
    @given(x=st.floats(-0.1, 0.1), y=st.floats(-0.1, 0.1), at_end=st.booleans())
    def test_with_its_partner_every_seam_stays_true(self, x: float, y: float, at_end: bool) -> None:
        made = done(two_rectangles(), MovePoint("out", "front", "side", (x, y), at_end=at_end, partner=True))
        assert made.proof().max_error < 1e-8
        front, back = (piece(made, name).edge("side") for name in ("front", "back"))
        assert back.start == pytest.approx(front.start, abs=1e-8)
        assert back.end == pytest.approx(front.end, abs=1e-8)

    def test_a_share_grows_with_the_piece(self) -> None:
        made = done(two_rectangles(), MovePoint("out", "front", "side", (0.1, -0.1), share=True))
        assert piece(made, "front").edge("side").start == pytest.approx((1.1 * WIDTH, -0.1 * HEIGHT))

    def test_all_corners_that_meet_at_the_armpit_follow(self) -> None:
        shirt = style("tshirt").draft(WOMAN)
        alone = MovePoint("armpit", "front", "side", (0.012, -0.008), at_end=True)
        spoiled, followed = (report(done(shirt, a)).seams for a in (alone, replace(alone, partner=True)))
        assert max(spoiled.values()) > 0.003
        assert max(followed.values(), default=0.0) < 3e-4

    def test_a_corner_on_the_fold_cannot_leave_it(self) -> None:
        assert "fold" in why_not(two_rectangles(), MovePoint("off", "front", "hem", (0.05, 0.0)))

    def test_an_arc_turns_about_its_other_end_and_stays_one(self) -> None:
        edges = loop(("curve", Arc(np.zeros(2), 0.3, 0.0, math.pi)), ("base", line((-0.3, 0), (0.3, 0))))
        half = Pattern("disc", "disc", (Piece("disc", edges, WRAP),), ())
        (made,) = done(half, MovePoint("wider", "disc", "curve", (0.1, 0.0))).pieces
        assert isinstance(made.edge("curve").curves[0], Arc)
        assert made.edge("curve").length == pytest.approx(math.pi * 0.35)
        assert made.edge("curve").end == pytest.approx((-0.3, 0.0))

    def test_an_outline_that_would_cross_itself_is_skipped(self) -> None:
        assert "cross itself" in why_not(darted(), MovePoint("far", "half", "hem", (0.5, 0.3)))


class TestBendCurve:
    @few
    @given(sag=st.floats(-0.15, 0.15))
    def test_with_its_partner_the_seam_stays_true_and_the_bulge_is_what_was_asked(self, sag: float) -> None:
        assume(abs(sag) > 1e-3)
        made = done(two_rectangles(), BendCurve("belly", "front", "side", ((0.0, sag), (0.0, sag)), partner=True))
        assert made.proof().max_error < 1e-8
        for name in ("front", "back"):
            middle = piece(made, name).edge("side").curves[0].points(np.array([0.5]))[0]
            assert middle == pytest.approx((WIDTH + 0.75 * sag * HEIGHT, HEIGHT / 2), abs=1e-6)

    def test_it_scales_with_the_edge(self) -> None:
        bend = BendCurve("belly", "front", "side", ((0.0, 0.1), (0.0, 0.1)))
        shape = [done(p, bend) for p in (two_rectangles(), done(two_rectangles(), _taller()))]
        bulge = [piece(p, "front").edge("side").curves[0].points(np.array([0.5]))[0, 0] - WIDTH for p in shape]
        assert bulge[1] == pytest.approx(1.5 * bulge[0])

    def test_another_number_of_control_points_is_skipped_by_name(self) -> None:
        assert "control points" in why_not(two_rectangles(), BendCurve("b", "front", "side", ((0.0, 0.1),) * 3))

    def test_arcs_and_nurbs_bend_from_what_they_were(self) -> None:
        """Bent by nothing to speak of, they lie within micrometres of where they lay."""
        arc = Arc(np.array([0.0, 0.0]), 0.5, 0.0, 2.0)
        root = math.sqrt(0.5)
        quarter = Nurbs(
            np.array([[0.5, 0.0], [0.5, 0.5], [0.0, 0.5]]), np.array([1, root, 1]), np.array([0, 0, 0, 1, 1, 1.0]), 2
        )
        for curve, count in ((arc, 3), (quarter, 16)):
            edges = loop(("curve", curve), ("back", line(curve.end, (0, -0.2))), ("base", line((0, -0.2), curve.start)))
            disc = Pattern("disc", "disc", (Piece("disc", edges, WRAP),), ())
            made = done(disc, BendCurve("b", "disc", "curve", ((0.0, 1e-12),) * (3 * count - 1)))
            points = made.pieces[0].edge("curve").flattened(1e-6)
            assert np.abs(np.hypot(*points.T) - 0.5).max() < 4e-6


def _taller() -> MovePoint:
    return MovePoint("taller", "front", "side", (0.0, -HEIGHT / 2))


class TestMarks:
    @few
    @given(at=FRACTION)
    def test_a_notch_stands_on_both_sides_of_its_seam(self, at: float) -> None:
        made = done(two_rectangles(), AddNotch("balance", "front", "side", at, "double"))
        (mine,), (theirs,) = (piece(made, name).notches for name in ("front", "back"))
        assert mine == Notch("side", pytest.approx(at * HEIGHT), "double")
        assert theirs.distance == pytest.approx(at * HEIGHT)

    def test_notches_are_counted_along_their_edge(self) -> None:
        start = done(two_rectangles(), *(AddNotch(f"n{k}", "front", "top", k / 4, partner=False) for k in (3, 1)))
        moved = done(start, MoveNotch("move", "front", "top", 1, 0.5))
        assert sorted(n.distance for n in piece(moved, "front").notches) == pytest.approx([0.5 * WIDTH, 0.75 * WIDTH])
        removed = done(moved, RemoveNotch("remove", "front", "top", 2))
        assert [n.distance for n in piece(removed, "front").notches] == pytest.approx([0.5 * WIDTH])
        assert "1 notches, not 2" in why_not(removed, RemoveNotch("again", "front", "top", 2))

    def test_notches_keep_their_share_of_an_edge_that_grows(self) -> None:
        made = done(two_rectangles(), AddNotch("n", "front", "side", 0.5, partner=False), _taller())
        assert piece(made, "front").notches[0].distance == pytest.approx(0.75 * HEIGHT)

    def test_allowances_of_one_edge_and_of_all(self) -> None:
        made = done(
            two_rectangles(), SetAllowance("hem", "front", "hem", 0.04), SetAllowance("all", "front", "", 0.015)
        )
        assert (piece(made, "front").allowances, piece(made, "front").allowance) == ({"hem": 0.04}, 0.015)

    def test_a_pocket_keeps_its_size_and_moves_with_the_piece(self) -> None:
        corners = ((0.0, 0.0), (0.12, 0.0), (0.12, 0.14), (0.0, 0.14))
        pocket = AddLine("pocket", "front", "pocket", corners, (0.25, 0.5), closed=True)
        made = done(two_rectangles(), pocket)
        assert piece(made, "front").internal[0].length == pytest.approx(0.52)
        assert piece(made, "front").internal[0].start == pytest.approx((0.25 * WIDTH, 0.5 * HEIGHT))
        assert "leaves" in why_not(two_rectangles(), replace(pocket, at=(0.9, 0.5)))
        assert "already" in why_not(made, replace(pocket, name="twice"))


class TestSplit:
    @few
    @given(a=FRACTION, b=FRACTION)
    def test_across_conserves_area_and_sews_the_cut(self, a: float, b: float) -> None:
        whole = two_rectangles()
        made = done(whole, Split("yoke", "front", Place("side", a), Place("fold", b), ("yoke", "body")))
        assert area(made) == pytest.approx(area(whole), rel=1e-12)
        assert made.proof().max_error < 1e-12
        assert {p.cut for p in made.pieces} == {"fold"}
        assert sorted(f"{s.name}" for s in made.seams if "yoke" in s.name) == ["yoke_body_left", "yoke_body_right"]
        assert set(made.proof().free_edges) == {
            "body.hem_left", "body.hem_right", "back.hem_left", "back.hem_right"
        }  # fmt: skip

    @few
    @given(a=FRACTION, b=FRACTION)
    def test_down_the_piece_the_part_without_the_fold_becomes_a_pair(self, a: float, b: float) -> None:
        whole = two_rectangles()
        made = done(whole, Split("princess", "front", Place("hem", a), Place("top", b), ("side_front", "centre_front")))
        assert area(made) == pytest.approx(area(whole), rel=1e-12)
        assert made.proof().max_error < 1e-12
        assert (piece(made, "side_front").cut, piece(made, "centre_front").cut) == ("mirrored", "fold")

    def test_curves_keep_their_shape(self) -> None:
        whole = style("tshirt").draft(WOMAN)
        split = Split("yoke", "front", Place("armhole", 0.37), Place("fold", 0.4), ("yoke", "body"))
        made = done(whole, split)
        assert area(made) == pytest.approx(area(whole), rel=1e-7)
        assert made.proof().max_error < 1e-7
        parts = [piece(made, name).edge("armhole") for name in ("body", "yoke")]
        assert sum(e.length for e in parts) == pytest.approx(piece(whole, "front").edge("armhole").length, abs=1e-8)

    def test_separated_it_comes_apart(self) -> None:
        split = Split("slit", "front", Place("side", 0.5), Place("fold", 0.5), ("upper", "lower"), sewn=False)
        free = done(two_rectangles(), split).proof().free_edges
        assert {"upper.cut_left", "lower.cut_right"} <= set(free)

    def test_what_lies_on_the_piece_goes_along(self) -> None:
        trims = (Trim("button", "button", (0.1, 0.5)), Trim("rivet", "rivet", (0.1, 0.1)))
        inside = (InternalLine("stitching", (line((0.2, 0.1), (0.2, 0.5)),)),)
        shirt = rectangle("shirt", trims=trims, internal=inside, notches=(Notch("side", 0.4), Notch("side", 0.2)))
        pocket = replace(rectangle("pocket"), wrap=Wrap("on", host="shirt", anchor=(0.0, 0.0), at=(0.2, 0.45), layer=1))
        under = rectangle("under", trims=(Trim("hole", "buttonhole", (0.1, 0.5)),))
        whole = Pattern(
            "p", "p", (shirt, pocket, under), (Seam("stitching", walk("shirt.stitching"), walk("under.side"), 1.5),),
            fastenings=(Fastening("front", "under.hole", "shirt.button"),),
        )  # fmt: skip
        made = done(whole, Split("s", "shirt", Place("side", 0.5), Place("fold", 0.5), ("upper", "lower")))
        upper, lower = piece(made, "upper"), piece(made, "lower")
        assert ([t.name for t in upper.trims], [t.name for t in lower.trims]) == (["button"], ["rivet"])
        assert (upper.notches[0], lower.notches[0]) == (Notch("side", pytest.approx(0.1)), Notch("side", 0.2))
        assert upper.internal[0].length == pytest.approx(0.2)
        assert piece(made, "pocket").wrap.host == "upper"
        assert made.fastenings[0].under == "upper.button"
        assert [str(r) for r in made.seams[0].a] == ["lower.stitching", "upper.stitching"]

    @pytest.mark.parametrize(
        ("start", "end", "says"),
        [
            (Place("side", 0.2), Place("side", 0.8), "along the outline"),
            (Place("side", 1.0), Place("top_1", 0.0), "ends where it starts"),
            (Place("top_1", 0.5), Place("top_2", 0.5), "along the outline"),
            (Place("side", 0.95), Place("centre", 0.05), "leaves"),
            (Place("sleeve", 0.5), Place("top_2", 0.5), "no edge 'sleeve'; it has hem, side"),
        ],
    )
    def test_a_line_that_parts_nothing_is_skipped(self, start: Place, end: Place, says: str) -> None:
        assert says in why_not(darted(), Split("s", "half", start, end, ("a", "b")))


class TestSlashAndSpread:
    @few
    @given(spread=st.floats(0.005, 0.3), a=FRACTION, b=FRACTION)
    def test_hinged_it_adds_exactly_the_spread_at_the_hem_and_nothing_at_the_top(
        self, spread: float, a: float, b: float
    ) -> None:
        made = done(two_rectangles(), SlashAndSpread("flare", "front", Place("hem", a), Place("top", b), spread))
        front = piece(made, "front")
        assert front.edge("hem").length == pytest.approx(WIDTH + spread, abs=1e-12)
        assert front.edge("top").length == pytest.approx(WIDTH, abs=1e-12)
        slash = math.hypot(HEIGHT, (a + b - 1) * WIDTH)
        wedge = spread / 2 * math.sqrt(slash**2 - spread**2 / 4)
        assert area(made) - area(two_rectangles()) == pytest.approx(2 * wedge, abs=1e-9)

    @few
    @given(spread=st.floats(0.005, 0.5), a=FRACTION)
    def test_in_parallel_it_adds_it_at_both_ends(self, spread: float, a: float) -> None:
        slash = SlashAndSpread("fullness", "front", Place("hem", a), Place("top", 1 - a), spread, hinged=False)
        made = done(two_rectangles(), slash)
        assert [piece(made, "front").edge(e).length for e in ("hem", "top")] == pytest.approx([WIDTH + spread] * 2)
        assert area(made) - area(two_rectangles()) == pytest.approx(2 * spread * HEIGHT)
        assert report(made).seams == pytest.approx({"top_left": spread, "top_right": spread})

    def test_gathered_the_seam_declares_the_fullness(self) -> None:
        slash = SlashAndSpread(
            "fullness", "front", Place("hem", 0.5), Place("top", 0.5), WIDTH, hinged=False, gathered=True
        )
        made = done(two_rectangles(), slash)
        assert {s.name: s.ratio for s in made.seams if "top" in s.name} == pytest.approx(
            {"top_left": 0.5, "top_right": 0.5}
        )
        assert not report(made).seams

    def test_across_the_fold_it_opens_along_it(self) -> None:
        slash = SlashAndSpread("longer", "front", Place("side", 0.3), Place("fold", 0.5), 0.05, hinged=False)
        made = done(two_rectangles(), slash)
        assert piece(made, "front").edge("fold").length == pytest.approx(HEIGHT + 0.05)
        assert piece(made, "front").edge("side").length == pytest.approx(HEIGHT + 0.05)

    def test_marks_ride_with_their_part_and_lines_across_the_slash_are_drawn_through(self) -> None:
        inside = (InternalLine("waist", (line((0.05, 0.3), (0.35, 0.3)),), "placement"),)
        marked = rectangle("front", cut="fold", fold="fold", internal=inside, notches=(Notch("hem", 0.3),))
        alone = Pattern("p", "p", (marked,), ())
        (made,) = done(
            alone, SlashAndSpread("s", "front", Place("hem", 0.5), Place("top", 0.5), 0.1, hinged=False)
        ).pieces
        assert made.internal[0].length == pytest.approx(0.4)
        assert made.notches[0].distance == pytest.approx(0.4)

    def test_a_spread_wider_than_the_slash_is_skipped(self) -> None:
        assert "cannot be spread" in why_not(
            two_rectangles(), SlashAndSpread("s", "front", Place("hem", 0.9), Place("side", 0.1), 0.5)
        )


class TestDarts:
    @few
    @given(at=FRACTION, edge=st.sampled_from(["hem", "side", "centre"]))
    def test_a_rotated_dart_keeps_the_area_its_angle_and_equal_legs(self, at: float, edge: str) -> None:
        start = darted()
        made = done(start, RotateDart("rotate", "half", "dart_1", Place(edge, at)))
        (half,) = made.pieces
        assert area(made) == pytest.approx(area(start), rel=1e-12)
        into, out = half.edge("dart_1_in"), half.edge("dart_1_out")
        assert into.length == pytest.approx(out.length, abs=1e-12)
        assert half.edge("top_1").end == pytest.approx(half.edge("top_2").start, abs=1e-12)
        a, b = into.start - into.end, out.end - out.start
        assert math.acos(a @ b / (into.length * out.length)) == pytest.approx(2 * math.atan2(0.03, 0.12))
        assert made.proof().max_error < 1e-9
        assert {s.name for s in made.seams} == {"half_left_dart_1", "half_right_dart_1"}

    @few
    @given(share=st.floats(0.1, 0.9))
    def test_a_divided_dart_shares_its_angle_and_leaves_the_piece_in_one(self, share: float) -> None:
        """Each mouth is the chord of its share of the angle about the old apex, before which both darts stop."""
        start, back = darted(), 0.02
        made = done(start, RotateDart("divide", "half", "dart_1", Place("side", 0.5), share, back=back))
        (half,) = made.pieces
        assert set(darts(half)) == {"dart_1", "dart_1_b"}
        whole, reach = 2 * math.atan2(0.03, 0.12), math.hypot(WIDTH - 0.18, HEIGHT / 2 - 0.12)
        void = 0.0
        for dart, part, leg in (("dart_1", 1 - share, math.hypot(0.03, 0.12)), ("dart_1_b", share, reach)):
            into, out = half.edge(f"{dart}_in"), half.edge(f"{dart}_out")
            assert into.length == pytest.approx(out.length, abs=1e-12)
            mouth = np.hypot(*(out.end - into.start))
            assert mouth == pytest.approx(2 * leg * math.sin(part * whole / 2))
            assert into.length == pytest.approx(math.hypot(mouth / 2, leg * math.cos(part * whole / 2) - back))
            void += mouth * back / 2
        assert area(made) - area(start) == pytest.approx(2 * void, abs=1e-9)
        assert Polygon(half.panels()[0].outline()).is_valid
        assert len(made.seams) == 4
        assert made.proof().max_error < 1e-9

    def test_closed_into_flare_the_hem_is_wider_by_the_opening_and_the_dart_is_gone(self) -> None:
        start = darted()
        made = done(start, RotateDart("flare", "half", "dart_1", Place("hem", 0.45), into="flare"))
        (half,) = made.pieces
        reach = math.hypot(0.45 * WIDTH - 0.18, HEIGHT - 0.12)
        opening = 2 * reach * math.sin(math.atan2(0.03, 0.12))
        assert half.edge("hem").length == pytest.approx(WIDTH + opening)
        assert darts(half) == ()
        assert made.seams == ()

    def test_closed_into_ease_its_mouth_stays_and_the_seam_declares_it(self) -> None:
        band = Piece("band", loop(*_box(WIDTH - 0.06, 0.03)), Wrap("seam", "waist_front"), cut="mirrored")
        legs = darted()
        waist = [seam(f"waist_{s}", f"half_{s}.top_1 half_{s}.top_2", f"-band_{s}.seam") for s in ("left", "right")]
        start = replace(legs, pieces=(*legs.pieces, band), seams=(*legs.seams, *waist))
        assert start.proof().max_error < 1e-12
        made = done(start, CloseDart("ease", "half", "dart_1"))
        assert made.proof().max_error < 1e-12
        assert {s.name: s.ratio for s in made.seams} == pytest.approx(
            {"waist_left": (WIDTH - 0.06) / WIDTH, "waist_right": (WIDTH - 0.06) / WIDTH}
        )
        assert area(made) - area(start) == pytest.approx(2 * 0.03 * 0.12)

    @few
    @given(deeper=st.floats(-0.08, 0.15), aside=st.floats(-0.04, 0.04))
    def test_a_moved_apex_keeps_equal_legs(self, deeper: float, aside: float) -> None:
        made = done(darted(), MoveApex("apex", "half", "dart_1", deeper, aside))
        (half,) = made.pieces
        assert half.edge("dart_1_in").length == pytest.approx(half.edge("dart_1_out").length, abs=1e-9)
        assert half.edge("dart_1_in").end == pytest.approx((0.18 + aside, HEIGHT - 0.12 - deeper))

    @pytest.mark.parametrize(("dart", "into"), [("dart_1", "dart_2"), ("dart_2", "dart_1")])
    def test_one_dart_rotated_into_another_leaves_one_with_both_intakes(self, dart: str, into: str) -> None:
        start = style("pencil_skirt").draft(WOMAN, {"darts_front": 2})
        names = darts(piece(start, "front"))
        dart, into = (next(n for n in names if n.endswith(d[-2:])) for d in (dart, into))
        made = done(start, RotateDart("unite", "front", dart, Place("hem", 0.5), into=into))
        front, before = piece(made, "front"), piece(start, "front")
        assert darts(front) == (into,)
        leg_in, leg_out = front.edge(f"{into}_in"), front.edge(f"{into}_out")
        assert leg_in.length == pytest.approx(leg_out.length, abs=1e-9)
        mouths = [np.hypot(*(before.edge(f"{d}_out").end - before.edge(f"{d}_in").start)) for d in names]
        assert sum(mouths) < np.hypot(*(leg_out.end - leg_in.start)) < 1.1 * sum(mouths)

    def test_what_is_no_dart_is_skipped_by_name(self) -> None:
        assert "no dart 'dart_9'; it has dart_1" in why_not(darted(), MoveApex("m", "half", "dart_9", 0.01))
        assert "onto itself" in why_not(darted(), RotateDart("r", "half", "dart_1", Place("dart_1_in", 0.5)))


def _box(width: float, height: float) -> list:
    corners = [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)]
    sides = [line(a, b) for a, b in zip(corners, corners[1:] + corners[:1], strict=True)]
    return list(zip(("seam", "end_left", "top", "end_right"), sides, strict=True))


# ---- As data ----

EVERY = (
    MovePoint("a", "front", "side", (0.01, 0.0), partner=True),
    BendCurve("b", "front", "side", ((0.0, 0.01), (0.0, 0.02))),
    AddNotch("c", "front", "side", 0.25, "double"),
    MoveNotch("d", "front", "side", 1, 0.3),
    RemoveNotch("e", "front", "side", 1),
    SetAllowance("f", "front", "side", 0.02),
    AddLine("g", "front", "pocket", ((0.0, 0.0), (0.05, 0.0)), (0.3, 0.3)),
    SlashAndSpread("h", "front", Place("hem", 0.4), Place("top", 0.4), 0.03),
    Split("i", "front", Place("side", 0.5), Place("fold", 0.5), ("upper", "lower")),
    RotateDart("j", "half", "dart_1", Place("side", 0.5), 0.5),
    CloseDart("k", "half", "dart_1"),
    MoveApex("l", "half", "dart_1", 0.01),
    replace(SetAllowance("m", "back", "", 0.02), on=False),
)


def test_every_kind_goes_through_json_unchanged() -> None:
    assert adjustments_from_json(json.loads(json.dumps([a.to_json() for a in EVERY]))) == EVERY
    assert len({a.kind for a in EVERY}) == len(Adjustment.__subclasses__())


def test_a_pattern_file_keeps_its_adjustments_and_what_became_of_them() -> None:
    made = adjust(two_rectangles(), EVERY)
    told = report(made)
    assert set(told.applied) == set("abcdefghi")
    assert set(told.skipped) == set("jkl")
    assert "there is no piece 'half'; there are upper, lower, back" in told.skipped["j"]
    again = pattern_from_json(json.loads(json.dumps(pattern_to_json(made))))
    assert again.adjustments == made.adjustments
    assert report(again) == told


@pytest.mark.parametrize("adjustment", [a for a in EVERY if a.measure[0]], ids=lambda a: a.kind)
def test_an_amount_can_be_set_and_asked_again(adjustment: Adjustment) -> None:
    other = adjustment.of_amount(0.5 * (adjustment.amount + 0.1))
    assert other.amount == pytest.approx(0.5 * (adjustment.amount + 0.1))
    assert other.of_amount(adjustment.amount).amount == pytest.approx(adjustment.amount)


@functools.cache
def drafted(name: str, size: float = 1.0) -> Pattern:
    """A style for the woman, or for one who is so many times as large."""
    return style(name).draft({k: v if k == "shoulder_slope" else v * size for k, v in WOMAN.items()})


@settings(max_examples=40)
@given(data=st.data(), name=st.sampled_from(list(styles())), size=st.sampled_from([0.85, 1.15]))
def test_adjustments_survive_a_new_size(data: st.DataObject, name: str, size: float) -> None:
    """Whatever was asked of one size is made or skipped by name on another; every outline is closed and finite."""
    chosen = data.draw(st.sampled_from([p.name for p in drafted(name).pieces]))
    edges = [e.name for e in piece(drafted(name), chosen).edges]
    edge, other = data.draw(st.sampled_from(edges)), data.draw(st.sampled_from(edges))
    at = data.draw(FRACTION)
    amount = data.draw(st.floats(-0.02, 0.02))
    asked = [
        MovePoint("move", chosen, edge, (amount, -amount), partner=True),
        AddNotch("notch", chosen, edge, at),
        SlashAndSpread("spread", chosen, Place(edge, at), Place(other, 1 - at / 2), 0.03, gathered=True),
        Split("split", chosen, Place(edge, at), Place(other, 1 - at / 3), ("one", "two")),
    ]
    made = adjust(drafted(name, size), asked)
    told = report(made)
    assert sorted((*told.applied, *told.skipped)) == ["move", "notch", "split", "spread"]
    for panel in made.panels():
        assert np.isfinite(panel.outline()).all()
        assert Polygon(panel.outline()).area > 0


# ---- Drawn by hand ----


@pytest.mark.parametrize("name", list(styles()))
def test_an_untouched_drawing_asks_for_nothing(name: str) -> None:
    seen = {p.name: knots(p)[0].astype(np.float32).astype(float) for p in drafted(name).pieces}
    assert drawn_changes(drafted(name), seen, True) == ()


@settings(max_examples=15)
@given(seed=st.integers(0, 2**32 - 1), name=st.sampled_from(["tshirt", "pencil_skirt", "trousers"]))
def test_what_the_hand_drew_is_what_is_drafted(seed: int, name: str) -> None:
    """Any points and handles moved by up to 5 mm come back as moves and bends that give the very outline."""
    rng = np.random.default_rng(seed)
    start = drafted(name)
    (chosen,) = [p for p in start.pieces if p.name in ("sleeve", "back")][:1]
    points, edges = knots(chosen)
    drawn = points + rng.uniform(-0.005, 0.005, points.shape) * rng.integers(0, 2, (len(points), 1, 1))
    if chosen.fold:  # its line stays on the fold
        first = edges.index(chosen.fold)
        drawn[first] = points[first]
        drawn[(first + edges.count(chosen.fold)) % len(edges)] = points[(first + edges.count(chosen.fold)) % len(edges)]
        drawn[first : first + edges.count(chosen.fold), :, 0] = points[first : first + edges.count(chosen.fold), :, 0]
    made = adjust(start, drawn_changes(start, {chosen.name: drawn}, False))
    assume(not report(made).skipped)  # a hand may cross its own lines
    assert np.abs(knots(piece(made, chosen.name))[0] - drawn).max() < 1e-4


def _drag(drawn: np.ndarray, corner: int, by: tuple[float, float]) -> None:
    """Move a corner between two straight edges, as Blender does: their handles stay at thirds of the way."""
    drawn[corner, 1] += by
    n = len(drawn)
    for a, b in ((corner - 1, corner), (corner, (corner + 1) % n)):
        drawn[a, 2] = (2 * drawn[a, 1] + drawn[b, 1]) / 3
        drawn[b, 0] = (drawn[a, 1] + 2 * drawn[b, 1]) / 3


def test_a_corner_and_a_handle_are_told_apart_and_named() -> None:
    start = two_rectangles()
    drawn, edges = knots(piece(start, "front"))
    _drag(drawn, edges.index("side"), (0.012, 0.0))
    drawn[edges.index("top"), 2] += (0.0, 0.02)  # one handle
    move, bend = drawn_changes(start, {"front": drawn}, True)
    assert isinstance(move, MovePoint)
    assert (move.name, move.edge, move.partner) == ("front: corner of hem and side", "side", True)
    assert move.by == pytest.approx((0.012, 0.0))
    assert (bend.name, bend.kind) == ("front: curve of top", "bend_curve")
    assert report(adjust(start, (move, bend))).seams == {}


def test_a_partner_drawn_too_does_not_follow() -> None:
    start = two_rectangles()
    drawn = {}
    for name in ("front", "back"):
        drawn[name], edges = knots(piece(start, name))
        _drag(drawn[name], edges.index("side"), (0.01, 0.0))
    changes = drawn_changes(start, drawn, True)
    assert [c.partner for c in changes] == [False, False]  # type: ignore[attr-defined]
    assert report(adjust(start, changes)).seams == {}


def test_a_drawing_with_other_points_is_refused() -> None:
    start = two_rectangles()
    points = knots(piece(start, "front"))[0]
    for drawn in (points[:-1], np.concatenate([points, points[:1]]), points * np.nan, points + 50.0):
        with pytest.raises(AdjustmentRefused, match="drawing of 'front'"):
            drawn_changes(start, {"front": drawn}, True)
    with pytest.raises(AdjustmentRefused, match="no piece 'hood'"):
        drawn_changes(start, {"hood": points}, True)


# ---- What nobody could mean ----

GOOD = MovePoint("a", "front", "side", (0.01, 0.0)).to_json()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"by": [math.nan, 0.0]}, "number between"),
        ({"by": [1e9, 0.0]}, "between -3 and 3"),
        ({"by": [math.inf, 0.0]}, "number between"),
        ({"by": [0.1]}, "two numbers"),
        ({"by": "12"}, "two numbers"),
        ({"by": None}, "two numbers"),
        ({"by": [True, 0.0]}, "number between"),
        ({"name": ""}, "1 to 100 letters"),
        ({"name": "x" * 101}, "1 to 100 letters"),
        ({"name": 7}, "1 to 100 letters"),
        ({"piece": "front.side"}, "letters, digits and _"),
        ({"piece": ["front"]}, "letters, digits and _"),
        ({"edge": ""}, "letters, digits and _"),
        ({"edge": "-side"}, "letters, digits and _"),
        ({"on": 1}, "true or false"),
        ({"partner": "yes"}, "true or false"),
        ({"kind": "iron"}, "no adjustment 'iron'; there are"),
        ({"kind": None}, "no adjustment None"),
        ({"colour": "red"}, "has no colour"),
    ],
)
def test_bad_data_is_refused_by_name(change: dict, says: str) -> None:
    with pytest.raises(AdjustmentRefused, match=says):
        from_json({**GOOD, **change})


@pytest.mark.parametrize(
    "make",
    [
        lambda: Place("side", 1.5),
        lambda: Place("side", -0.1),
        lambda: Place("side", math.nan),
        lambda: AddNotch("n", "front", "side", 2.0),
        lambda: AddNotch("n", "front", "side", 0.5, "triple"),  # type: ignore[arg-type]
        lambda: MoveNotch("n", "front", "side", 0, 0.5),
        lambda: RemoveNotch("n", "front", "side", True),
        lambda: BendCurve("b", "front", "side", ()),
        lambda: BendCurve("b", "front", "side", ((0.0, 0.0),) * 100_000),
        lambda: BendCurve("b", "front", "side", ((0.0, math.nan), (0.0, 0.0))),
        lambda: SetAllowance("s", "front", "hem", -0.01),
        lambda: AddLine("l", "front", "line", ((0.0, 0.0),)),
        lambda: AddLine("l", "front", "line", ((0.0, 0.0), (1e9, 0.0))),
        lambda: Split("s", "front", Place("side", 0.5), Place("side", 0.5), ("a", "b")),
        lambda: Split("s", "front", Place("side", 0.5), Place("fold", 0.5), ("a", "a")),
        lambda: Split("s", "front", Place("side", 0.5), Place("fold", 0.5), ("a", "b.c")),
        lambda: Split("s", "front", "side", Place("fold", 0.5), ("a", "b")),  # type: ignore[arg-type]
        lambda: SlashAndSpread("s", "front", Place("hem", 0.5), Place("top", 0.5), 1e9),
        lambda: SlashAndSpread("s", "front", Place("hem", 0.5), Place("top", 0.5), 0.0),
        lambda: RotateDart("r", "half", "dart_1", Place("side", 0.5), 1.2),
        lambda: RotateDart("r", "half", "", Place("side", 0.5)),
        lambda: MoveApex("m", "half", "dart_1", 9.0),
        lambda: MovePoint("m", "front", "side", (0.0, 0.0)).of_amount(0.1),
        lambda: from_json([]),
        lambda: from_json({"kind": "close_dart", "name": "x"}),
        lambda: from_json({**EVERY[7].to_json(), "start": {"edge": "hem"}}),
        lambda: adjustments_from_json({"kind": "close_dart"}),
        lambda: adjustments_from_json([GOOD] * 1001),
        lambda: adjust(two_rectangles(), [EVERY[0], EVERY[0]]),
    ],
)
def test_what_no_pattern_could_take_is_refused(make) -> None:
    with pytest.raises(AdjustmentRefused):
        make()


def test_bad_files_are_refused_by_name(tmp_path) -> None:
    file = tmp_path / "hand.json"
    with pytest.raises(AdjustmentRefused, match=r"hand\.json cannot be read"):
        read_adjustments(file)
    for text in (b"", b"\xff\xfe", b"{", b"[" * 100_000, b"9" * 5000, b"[NaN]", b"[1]", b"{}"):
        file.write_bytes(text)
        with pytest.raises(AdjustmentRefused):
            read_adjustments(file)
    file.write_bytes(b" " * 5_000_000)
    with pytest.raises(AdjustmentRefused, match="too large"):
        read_adjustments(file)
    file.write_text(json.dumps([a.to_json() for a in EVERY]))
    assert read_adjustments(file) == EVERY


def test_a_cubic_stays_a_cubic_where_it_is_cut() -> None:
    made = done(
        style("tshirt").draft(WOMAN), Split("s", "sleeve", Place("cap_back", 0.5), Place("hem", 0.5), ("a", "b"))
    )
    assert all(isinstance(c, Cubic) for p in made.pieces[2:4] for e in p.edges if "cap" in e.name for c in e.curves)
