# SPDX-License-Identifier: GPL-3.0-or-later
"""Pieces, panels and seams: areas and lengths survive unfolding and mirroring; what cannot be cut is refused."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import Polygon, box
from shapely.affinity import scale
from toile.patterns import Pattern, PieceRefused, SeamMismatch
from toile.patterns.allowance import cut_line
from toile.patterns.curves import Arc, CurveRefused, arc_through, line
from toile.patterns.pieces import Notch, Piece, Wrap, crossings, loop, polygon_area
from toile.patterns.seams import prove, seam, sewn_runs

WRAP = Wrap("torso", "waist_front", (0.0, 0.0))


def rectangle(name: str = "piece", width: float = 0.4, height: float = 0.6, **more: object) -> Piece:
    corners = [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)]
    sides = [line(a, b) for a, b in zip(corners, corners[1:] + corners[:1], strict=True)]
    names = ("hem", "side", "top", "centre")
    return Piece(name, loop(*zip(names, sides, strict=True)), WRAP, **more)  # type: ignore[arg-type]


def test_a_piece_on_the_fold_unfolds_to_twice_its_area() -> None:
    (panel,) = rectangle(cut="fold", fold="centre").panels()
    assert panel.area == pytest.approx(2 * 0.4 * 0.6)
    assert [e.name for e in panel.edges] == [
        "hem_left",
        "side_left",
        "top_left",
        "top_right",
        "side_right",
        "hem_right",
    ]
    for e, following in zip(panel.edges, panel.edges[1:] + panel.edges[:1], strict=True):
        assert e.end == pytest.approx(following.start)


def test_a_mirrored_pair_has_equal_areas_lengths_and_opposite_wraps() -> None:
    piece = Piece(
        "sleeve",
        loop(("hem", line((0, 0), (0.3, 0))), ("cap", arc_through((0.3, 0), (0.1, 0.2), (0, 0)))),
        Wrap("arm_left", "acromion_left", (0.1, 0.2), angle=0.3),
        cut="mirrored",
    )
    left, right = piece.panels()
    assert (left.name, right.name) == ("sleeve_left", "sleeve_right")
    assert left.area == pytest.approx(right.area)
    assert left.edge("cap").length == pytest.approx(right.edge("cap").length)
    assert (right.wrap.around, right.wrap.landmark) == ("arm_right", "acromion_right")
    assert (right.wrap.anchor, right.wrap.angle) == ((-0.1, 0.2), -0.3)


def test_pieces_that_cannot_be_cut_are_refused_by_name() -> None:
    square = [line((0, 0), (1, 0)), line((1, 0), (1, 1)), line((1, 1), (0, 1)), line((0, 1), (0, 0))]
    with pytest.raises(PieceRefused, match="open by"):
        Piece("open", loop(*zip("abc", square[:3], strict=True)), WRAP)
    with pytest.raises(PieceRefused, match="clockwise"):
        Piece("turned", loop(*zip("abcd", [c.reversed() for c in reversed(square)], strict=True)), WRAP)
    with pytest.raises(PieceRefused, match="twice"):
        Piece("twice", loop(*zip("aabc", square, strict=True)), WRAP)
    with pytest.raises(PieceRefused, match="'z'"):
        Piece("notched", loop(*zip("abcd", square, strict=True)), WRAP, notches=(Notch("z", 0.1),))
    with pytest.raises(PieceRefused, match="fold"):
        Piece("folded", loop(*zip("abcd", square, strict=True)), WRAP, cut="fold", fold="b")
    with pytest.raises(PieceRefused, match="goes round"):
        Wrap("tail", "waist_front", (0.0, 0.0))  # type: ignore[arg-type]
    with pytest.raises(CurveRefused, match="no length"):
        loop(("nothing", line((0, 0), (0, 0))))


@given(st.integers(3, 12), st.integers(0, 2**32 - 1))
def test_crossings_and_area_agree_with_shapely(n: int, seed: int) -> None:
    polygon = np.random.default_rng(seed).uniform(-1, 1, (n, 2))
    truth = Polygon(polygon)
    assert (crossings(polygon) == 0) == truth.is_valid
    if truth.is_valid:
        assert abs(polygon_area(polygon)) == pytest.approx(truth.area)


@given(st.floats(0.004, 0.03), st.floats(0.1, 1.0), st.floats(0.1, 1.0))
def test_the_cut_line_is_the_seam_line_moved_out_with_mitred_corners(a: float, width: float, height: float) -> None:
    piece = rectangle(width=width, height=height, allowance=a)
    assert Polygon(cut_line(piece).points).area == pytest.approx((width + 2 * a) * (height + 2 * a))
    hemmed = rectangle(width=width, height=height, allowance=a, allowances={"hem": 0.05, "centre": 0.0})
    assert Polygon(cut_line(hemmed).points).area == pytest.approx((width + a) * (height + a + 0.05))


@given(st.floats(0.004, 0.03), st.floats(0.002, 0.03))
def test_a_hollow_narrower_than_the_allowance_leaves_no_loop_in_the_cut_line(a: float, radius: float) -> None:
    inner = 0.1 + radius
    hollow = Arc(np.array([inner, inner]), radius, -np.pi / 2, -np.pi / 2)
    edges = loop(
        ("foot", line((0, 0), (0.2, 0))),
        ("end", line((0.2, 0), (0.2, 0.1))),
        ("inside", (line((0.2, 0.1), (inner, 0.1)), hollow, line((0.1, inner), (0.1, 0.2)))),
        ("top", line((0.1, 0.2), (0, 0.2))),
        ("back", line((0, 0.2), (0, 0))),
    )
    piece = Piece("angle", edges, WRAP, allowance=a)
    cut = Polygon(cut_line(piece, 1e-6).points)
    seam = Polygon(np.concatenate([edge.flattened(1e-6)[:-1] for edge in edges]))
    assert cut.is_valid
    assert cut.area == pytest.approx(seam.buffer(a, join_style="mitre").area, rel=1e-4)


def two_squares(ratio: float = 1.0, **more: object) -> Pattern:
    return Pattern("t", "t", (rectangle("a"), rectangle("b", **more)), (seam("s", "a.side", "-b.centre", ratio),))  # type: ignore[arg-type]


def test_a_seam_proof_tells_ease_from_error() -> None:
    assert two_squares().proof().max_error == pytest.approx(0, abs=1e-12)
    longer = two_squares(1.05, height=0.63).proof()
    assert longer.max_error == pytest.approx(0, abs=1e-12)
    assert longer.seams[0].length_b == pytest.approx(0.63)
    assert two_squares(height=0.63).proof().max_error == pytest.approx(0.03)


def test_free_edges_are_listed() -> None:
    assert set(two_squares().proof().free_edges) == {"a.hem", "a.top", "a.centre", "b.hem", "b.side", "b.top"}


@pytest.mark.parametrize(
    ("seams", "match"),
    [
        ((seam("s", "a.side", "b.none"),), "b.none"),
        ((seam("s", "c.side", "b.side"),), "c.side"),
        ((seam("s", "a.side", "b.side"), seam("t", "a.top", "b.side")), "sewn twice"),
        ((seam("s", "a.side", "a.side"),), "sewn twice"),
    ],
)
def test_seams_that_cannot_be_sewn_are_refused(seams: tuple, match: str) -> None:
    with pytest.raises(SeamMismatch, match=match):
        prove(Pattern("t", "t", (rectangle("a"), rectangle("b")), seams))


def test_a_ratio_that_is_no_ratio_is_refused() -> None:
    for ratio in (0.0, -1.0, 50.0, float("nan")):
        with pytest.raises(SeamMismatch, match="ratio"):
            seam("s", "a.b", "c.d", ratio)


def test_many_to_many_seams_are_cut_at_the_union_of_both_sides_ends() -> None:
    """Two 0.4 m tops against one of 0.6 and one of 0.2 m: ends at 1/2 and 3/4 of the way."""
    pieces = (rectangle("a"), rectangle("b"), rectangle("c", width=0.6), rectangle("d", width=0.2))
    runs = sewn_runs(Pattern("t", "t", pieces, (seam("s", "a.top b.top", "-c.hem -d.hem"),)))
    spans = [(r.a.panel, r.a_span, r.b.panel, r.b_span) for r in runs]
    assert [s[0] for s in spans] == ["a", "b", "b"]
    assert [s[2] for s in spans] == ["c", "c", "d"]
    for run in runs:
        assert abs(run.a_span[1] - run.a_span[0]) == pytest.approx(abs(run.b_span[1] - run.b_span[0]))
    assert runs[0].b_span == pytest.approx((0.6, 0.2))
    assert sum(abs(r.a_span[1] - r.a_span[0]) for r in runs) == pytest.approx(0.8)


def test_a_half_that_reaches_over_its_fold_crosses_its_other_half():
    """Above the fold's end nothing of the half itself is crossed; unfolded it is."""
    corners = [(0.0, 0.0), (0.3, 0.0), (0.3, 0.5), (-0.05, 0.6), (0.0, 0.5)]
    names = ("hem", "side", "top", "neckline", "fold")
    ends = zip(names, corners, [*corners[1:], corners[0]], strict=True)
    half = Piece("front", loop(*((n, line(a, b)) for n, a, b in ends)), Wrap("flat"), cut="fold", fold="fold")
    with pytest.raises(PieceRefused, match="'front' crosses itself"):
        Pattern("p", "p", (half,), ()).refuse_unfit()


# ---- Corners of the cut line ----


def trapezium(lean: float, lean_right: float, **more: object) -> Piece:
    """A panel whose sides lean outwards towards the hem by so much per metre."""
    corners = [(-lean * 0.5, 0.0), (0.4 + lean_right * 0.5, 0.0), (0.4, 0.5), (0.0, 0.5)]
    sides = [line(a, b) for a, b in zip(corners, corners[1:] + corners[:1], strict=True)]
    return Piece("flared", loop(*zip(("hem", "right", "top", "left"), sides, strict=True)), WRAP, **more)  # type: ignore[arg-type]


def test_an_allowance_far_wider_than_its_piece_is_refused() -> None:
    strip = rectangle(height=0.03, allowance=0.01, allowances={"hem": 0.2})
    with pytest.raises(PieceRefused, match="narrower"):
        cut_line(strip)


LEAN = st.floats(-0.3, 0.6)


@given(LEAN, LEAN, st.floats(0.005, 0.02), st.floats(0.02, 0.06), st.integers(0, 3))
def test_a_mirrored_hem_folds_onto_the_garment(lean: float, other: float, a: float, hem: float, first: int) -> None:
    piece = trapezium(lean, other, allowance=a, allowances={"hem": hem}, corners={"hem": "mirror"})
    piece = replace(piece, edges=piece.edges[first:] + piece.edges[:first])  # wherever the outline begins
    cut = Polygon(cut_line(piece).points)
    assert cut.is_valid
    below, above = cut.intersection(box(-9, -9, 9, 0.0)), cut.intersection(box(-9, 0.0, 9, hem))
    folded = scale(below, 1.0, -1.0, origin=(0.0, 0.0))
    assert folded.bounds[3] == pytest.approx(hem)
    assert folded.symmetric_difference(above).area < 1e-9  # edge to edge, no more and no less


def test_a_hem_of_curved_sides_folds_onto_them_too() -> None:
    sides = (line((0, 0), (0.4, 0)), arc_through((0.4, 0), (0.36, 0.25), (0.4, 0.5)), line((0.4, 0.5), (0, 0.5)),
             arc_through((0, 0.5), (0.05, 0.25), (0, 0)))  # fmt: skip
    loop_ = loop(*zip(("hem", "right", "top", "left"), sides, strict=True))
    piece = Piece("waisted", loop_, WRAP, allowances={"hem": 0.05}, corners={"hem": "mirror"})
    cut = Polygon(cut_line(piece, 1e-6).points)
    below, above = cut.intersection(box(-9, -9, 9, 0.0)), cut.intersection(box(-9, 0.0, 9, 0.05))
    assert scale(below, 1.0, -1.0, origin=(0.0, 0.0)).symmetric_difference(above).area < 1e-6


@given(st.floats(0.25, 0.35), st.floats(0.002, 0.005), st.floats(0.025, 0.05))
def test_a_stepped_allowance_ends_square_at_the_end_of_its_seam(lean: float, narrow: float, wide: float) -> None:
    piece = trapezium(-lean, -lean, allowance=narrow, allowances={"hem": wide}, corners={"hem": "step"})
    points = cut_line(piece).points
    hem = piece.edge("hem")
    for end in (hem.start, hem.end):  # the interior angles at the hem are obtuse
        above = points[np.abs(points[:, 0] - end[0]) < 1e-9]
        assert len(above) == 2
        assert above[:, 1].min() == pytest.approx(-wide)
        assert -wide < above[:, 1].max() < 0.0


@pytest.mark.parametrize(("corner", "height"), [("mirror", 0.6), ("step", 0.6), ("mirror", 0.03)])
def test_at_right_angles_every_corner_is_the_mitre(corner: str, height: float) -> None:
    """A right angle has no step, and its mirror image is the mitre, even of a side shorter than the hem is deep."""
    piece = rectangle(height=height, allowance=0.01, allowances={"hem": 0.05}, corners={"hem": corner})
    mitred = box(-0.01, -0.05, 0.41, height + 0.01)
    assert Polygon(cut_line(piece).points).symmetric_difference(mitred).area < 1e-12


@pytest.mark.parametrize("corner", ["mirror", "step", "mitre"])
@pytest.mark.parametrize("r", [0.02, 0.08])
def test_a_hem_that_goes_on_from_a_rounded_corner_begins_with_a_step(corner: str, r: float) -> None:
    """The corner is sewn to its facing; only beyond it is cloth turned up. The area is that of boxes and a quarter."""
    turn = r * (1 - np.sqrt(0.5))
    sides = (line((r, 0), (0.4, 0)), line((0.4, 0), (0.4, 0.5)), line((0.4, 0.5), (0, 0.5)), line((0, 0.5), (0, r)),
             arc_through((0, r), (turn, turn), (r, 0)))  # fmt: skip
    edges = loop(*zip(("hem", "side", "top", "opening", "corner"), sides, strict=True))
    piece = Piece("front", edges, WRAP, allowance=0.01, allowances={"hem": 0.04}, corners={"hem": corner})
    cut = Polygon(cut_line(piece, 1e-7).points)
    assert cut.is_valid
    boxes = (0.41 - r) * 0.55 + (r + 0.01) * (0.51 - r)
    assert cut.area == pytest.approx(boxes + np.pi / 4 * (r + 0.01) ** 2, abs=1e-7)


def test_a_hem_at_the_fold_opens_out_straight() -> None:
    piece = rectangle(cut="fold", fold="centre", allowances={"hem": 0.04, "centre": 0.0}, corners={"hem": "mirror"})
    assert Polygon(cut_line(piece).points).bounds[0] == pytest.approx(0.0)


def test_a_corner_that_there_is_not_is_refused() -> None:
    with pytest.raises(PieceRefused, match="mitre, mirror, step"):
        rectangle(corners={"hem": "round"})
    with pytest.raises(PieceRefused, match="'sleeve'"):
        rectangle(corners={"sleeve": "step"})
