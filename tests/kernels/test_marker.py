# SPDX-License-Identifier: GPL-3.0-or-later
"""Markers: pieces lie on the fabric whole, apart, along the warp and as often as they are cut."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from people import WOMAN
from toile.patterns import Pattern, draft
from toile.patterns.cutting import boundary
from toile.patterns.lattice import NestRefused, Part, nest
from toile.patterns.marker import Fabric, Marker, MarkerRefused, lay
from toile.patterns.notches import walked_notches
from toile.patterns.stripes import MatchRefused, apart, meetings, on_marker, phases

pytest.importorskip("spyrrow")


@pytest.fixture(scope="module")
def patterns() -> dict[str, Pattern]:
    larger = {k: v * (1.05 if k != "shoulder_slope" else 1.0) for k, v in WOMAN.items()}
    return {"M": draft("shirt", WOMAN), "L": draft("shirt", larger)}


@pytest.fixture(scope="module")
def marker(patterns: dict[str, Pattern]) -> Marker:
    return lay(patterns, {"M": 2, "L": 1}, Fabric(1.5, density=0.12), seconds=3)


@pytest.mark.slow
def test_every_piece_is_laid_as_often_as_it_is_cut(patterns, marker: Marker) -> None:
    wanted = Counter()
    for size, count in (("M", 2), ("L", 1)):
        for piece in patterns[size].pieces:
            if piece.fabric == "main":
                wanted[piece.name, size] += count * piece.quantity
    assert Counter((laid.piece, laid.size) for laid in marker.laid) == wanted


@pytest.mark.slow
def test_pieces_lie_on_the_fabric_with_the_gap_between_them(marker: Marker) -> None:
    polygons = [shapely.Polygon(laid.line) for laid in marker.laid]
    assert all(polygon.is_valid and polygon.exterior.is_ccw for polygon in polygons)
    fabric = shapely.box(0, 0, marker.length + 1e-9, marker.fabric.width)
    assert all(fabric.covers(polygon) for polygon in polygons)
    for k, polygon in enumerate(polygons):
        assert all(polygon.distance(other) > marker.fabric.gap - 2e-5 for other in polygons[:k])
    area = sum(polygon.area for polygon in polygons)
    assert marker.utilisation == pytest.approx(area / (marker.length * 1.5))
    assert 0.6 < marker.utilisation < 1.0
    told = marker.to_json()
    assert told["mass"] == pytest.approx(0.12 * 1.5 * marker.length)
    assert told["waste_area"] == pytest.approx(1.5 * marker.length - area)


def test_pieces_on_the_fold_lie_opened_out_and_with_the_warp_along_the_length(patterns, marker: Marker) -> None:
    back = next(p for p in patterns["M"].pieces if p.name == "back")
    half = shapely.Polygon(boundary(back).points)
    for laid in (p for p in marker.laid if p.piece == "back" and p.size == "M"):
        assert shapely.Polygon(laid.line).area == pytest.approx(2 * half.area, rel=2e-3)
        along, across = np.ptp(laid.line, axis=0)
        assert along == pytest.approx(half.bounds[3] - half.bounds[1], abs=1e-3)
        assert across == pytest.approx(2 * (half.bounds[2] - half.bounds[0]), abs=1e-3)
    cuff = next(p for p in patterns["M"].pieces if p.name == "cuff")
    assert cuff.doubled
    single = shapely.Polygon(boundary(cuff).points).area
    laid = next(p for p in marker.laid if p.piece == "cuff" and p.size == "M")
    assert shapely.Polygon(laid.line).area == pytest.approx(2 * single, rel=1e-2)


def test_left_and_right_are_mirrored(marker: Marker) -> None:
    fronts = [p.line for p in marker.laid if p.piece == "front" and p.size == "L"]
    one, other = (np.sort(np.abs(shapely.Polygon(line).centroid.coords[0] - line).sum(axis=1)) for line in fronts)
    assert one == pytest.approx(other, abs=1e-9)
    turned = [line @ np.diag([s, s]) for line in fronts[1:] for s in (1, -1)]
    shapes = [shapely.Polygon(line - line.min(axis=0)) for line in [fronts[0], *turned]]
    assert all(shapes[0].symmetric_difference(shape).area > 1e-3 for shape in shapes[1:])  # no turn makes them one


def test_on_a_napped_fabric_all_lie_one_way_round(patterns) -> None:
    pattern = draft("tshirt", WOMAN)
    napped = lay({"M": pattern}, {"M": 2}, Fabric(1.6, nap="one_way"), seconds=1)
    fronts = [p.line - p.line.min(axis=0) for p in napped.laid if p.piece == "front"]
    assert len(fronts) == 2
    assert fronts[0] == pytest.approx(fronts[1], abs=1e-6)


@pytest.mark.parametrize(
    ("counts", "fabric", "role", "seconds", "match"),
    [
        ({"M": 1}, {"width": 0.35}, "main", 1, "across the fabric"),
        ({"M": 0}, {"width": 1.5}, "main", 1, "0 pieces"),
        ({"M": 1}, {"width": 1.5}, "fur", 1, "0 pieces"),
        ({"XL": 1}, {"width": 1.5}, "main", 1, "no size"),
        ({"M": -1}, {"width": 1.5}, "main", 1, "counts are"),
        ({"M": 10**9}, {"width": 1.5}, "main", 1, "counts are"),
        ({"M": 1}, {"width": 1.5}, "main", 0, "seconds"),
        ({"M": 1}, {"width": float("nan")}, "main", 1, "wide"),
        ({"M": 1}, {"width": 1500.0}, "main", 1, "wide"),
        ({"M": 1}, {"width": 1.5, "gap": -1.0}, "main", 1, "gaps"),
        ({"M": 1}, {"width": 1.5, "nap": "shaggy"}, "main", 1, "nap"),
        ({"M": 1}, {"width": 1.5, "repeat_along": -0.1}, "main", 1, "repeat"),
        ({"M": 1}, {"width": 1.5, "repeat_across": float("nan")}, "main", 1, "repeat"),
        ({"M": 1}, {"width": 1.5, "repeat_along": 1e-9}, "main", 1, "repeat"),
        ({"M": 1}, {"width": 1.5, "match": ("side_left",)}, "main", 1, "repeat"),
        ({"M": 3}, {"width": 1.5, "face_to_face": True}, "main", 1, "even number"),
    ],
)
def test_what_cannot_be_laid_is_refused(patterns, counts, fabric, role, seconds, match) -> None:
    with pytest.raises(MarkerRefused, match=match):
        lay(patterns, counts, Fabric(**fabric), role, seconds)


# ---- Naps and plies ----


def test_with_a_nap_by_garment_every_other_garment_lies_the_other_way(patterns) -> None:
    tank = draft("tank", WOMAN)
    laid = lay({"M": tank, "L": tank}, {"M": 1, "L": 2}, Fabric(1.6, nap="by_garment"), seconds=1).laid
    wanted = next(line for name, line in ((p.piece, p.line) for p in laid if p.size == "M") if name == "front")
    ways: dict[str, list[bool]] = {"M": [], "L": []}
    for piece in laid:
        if piece.piece == "front":
            here, there = piece.line - piece.line.min(axis=0), wanted - wanted.min(axis=0)
            ways[piece.size].append(np.abs(here - there).max() < 1e-6)
    assert sorted(ways["M"] + ways["L"]) in ([False, False, True], [False, True, True])
    assert sorted(ways["L"]) == [False, True]  # two of a size, one each way


def test_face_to_face_half_of_it_is_laid_and_all_of_it_cut() -> None:
    tank = draft("tshirt", WOMAN)
    marker = lay({"M": tank}, {"M": 2}, Fabric(1.6, face_to_face=True), seconds=1)
    assert Counter(p.piece for p in marker.laid) == {"front": 1, "back": 1, "sleeve": 2}
    assert {p.panel for p in marker.laid if p.piece == "sleeve"} == {"sleeve_left"}
    cut = marker.plies * sum(shapely.Polygon(p.line).area for p in marker.laid)
    told = marker.to_json()
    assert told["area"] - told["waste_area"] == pytest.approx(cut)


def test_face_to_face_a_piece_without_a_fellow_is_refused_unless_it_is_its_own_mirror_image() -> None:
    pattern = draft("tank", WOMAN)
    front = next(piece for piece in pattern.pieces if piece.name == "front")
    single = replace(front, cut="single", fold=None)  # one half: no mirror image of itself
    odd = Pattern("odd", "odd", (single,), ())
    with pytest.raises(MarkerRefused, match="mirror image"):
        lay({"M": odd}, {"M": 2}, Fabric(1.6, face_to_face=True), seconds=1)


# ---- Stripes and checks ----

REPEATS = st.tuples(st.sampled_from([0.0, 0.013, 0.05, 0.11]), st.sampled_from([0.0, 0.02, 0.07])).filter(any)


@settings(max_examples=12, deadline=None)
@given(REPEATS, st.sampled_from(["tshirt", "shirt", "a_line_dress"]))
def test_notches_of_matched_seams_fall_on_one_phase(repeat: tuple[float, float], style: str) -> None:
    pattern = draft(style, WOMAN)
    places = phases(pattern, "main", repeat, ("side_left", "side_right"))
    panels = {panel.name: panel for panel in pattern.panels()}
    folded = {piece.name for piece in pattern.pieces if piece.cut == "fold"}
    for met in meetings(pattern, "main", ("side_left", "side_right")):
        difference = places[met.a] + met.at_a - places[met.b] - met.at_b
        assert apart(difference, (repeat[0], 0.0)) < 1e-9
        if not {met.a, met.b} <= folded:
            assert apart(difference, repeat) < 1e-9
        for name, at in ((met.a, met.at_a), (met.b, met.at_b)):  # and the point does lie on that panel's outline
            outline = shapely.LinearRing(on_marker(panels[name].outline(1e-5), panels[name].grain))
            assert outline.distance(shapely.Point(at)) < 1e-5
    assert all(places[name][1] == 0.0 for name in folded & places.keys())  # their middles on a stripe


def test_a_sleeve_is_matched_at_its_notch() -> None:
    pattern = draft("shirt", WOMAN)
    [met] = [m for m in meetings(pattern, "main", ("armhole_front_left",)) if "front_left" in (m.a, m.b)]
    marks = []
    for piece in pattern.pieces:
        for notch in walked_notches(pattern)[piece.name]:
            at = on_marker(piece.edge(notch.edge).at([notch.distance]), piece.grain)[0]
            marks += [at, at * [1.0, -1.0]]
    for at in (met.at_a, met.at_b):
        assert min(np.linalg.norm(mark - at) for mark in marks) < 1e-3


@pytest.fixture(scope="module")
def checked(patterns) -> Marker:
    cloth = Fabric(1.5, repeat_along=0.06, repeat_across=0.05, match=("side_left", "side_right", "cuff_left"))
    return lay(patterns, {"M": 1, "L": 1}, cloth, seconds=1)


def test_on_checks_pieces_lie_at_their_phase_apart_and_on_the_fabric(patterns, checked: Marker) -> None:
    polygons = [shapely.Polygon(laid.line) for laid in checked.laid]
    fabric = shapely.box(0, 0, checked.length + 1e-9, 1.5)
    assert all(fabric.covers(polygon) for polygon in polygons)
    for k, polygon in enumerate(polygons):
        assert all(polygon.distance(other) > checked.fabric.gap - 1e-9 for other in polygons[:k])
    assert max(checked.mismatches.values()) < 1e-9
    for size, pattern in patterns.items():  # read off the drawn lines, not off what was reckoned
        panels = {panel.name: panel for panel in pattern.panels()}
        lines = {laid.panel: laid.line for laid in checked.laid if laid.size == size}
        assert len(lines) == len([p for p in pattern.panels() if p.fabric == "main"])
        for met in meetings(pattern, "main", ("side_left", "side_right")):
            spots = []
            for name, at in ((met.a, met.at_a), (met.b, met.at_b)):
                seam_line = on_marker(panels[name].outline(), panels[name].grain)
                # the cut line lies evenly round the seam line, so its box tells where the panel is
                off = [lines[name].min(axis=0) - seam_line.min(axis=0), lines[name].max(axis=0) - seam_line.max(axis=0)]
                spots.append((off[0] + off[1]) / 2 + at)
            difference = spots[0] - spots[1]
            assert abs(difference[1] - 0.05 * round(difference[1] / 0.05)) < 0.02


def test_a_seam_that_closes_a_ring_tells_how_far_off_it_is(patterns) -> None:
    marker = lay({"M": patterns["M"]}, {"M": 1}, Fabric(1.5, repeat_along=0.05), seconds=1)
    off = {seam: value for seam, value in marker.mismatches.items() if value > 1e-3}
    assert "side_left" not in off
    assert "neckline" in off  # the collar stand goes round: it cannot be on every stripe that it crosses
    assert all(value <= 0.025 + 1e-9 for value in off.values())  # never more than half a repeat
    assert Marker.from_json(marker.fabric, marker.to_json()).mismatches == marker.mismatches


def test_seams_that_there_are_not_cannot_be_matched(patterns) -> None:
    with pytest.raises(MatchRefused, match="no seam 'hem'"):
        lay(patterns, {"M": 1}, Fabric(1.5, repeat_along=0.05, match=("hem",)), seconds=1)


# ---- The lattice ----


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.03, 0.3), st.floats(0.03, 0.25)), min_size=1, max_size=5),
    st.tuples(st.sampled_from([0.0, 0.03, 0.1]), st.sampled_from([0.0, 0.04])),
    st.integers(0, 2**31),
)
def test_what_lies_on_a_lattice_is_at_its_phase_apart_and_on_the_cloth(sizes, repeat, seed: int) -> None:
    rng = np.random.default_rng(seed)
    corners = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    parts = [Part(str(k), corners * size, rng.uniform(0, 1, 2) * repeat) for k, size in enumerate(sizes)]
    placed = nest(parts, 0.4, repeat, 0.003, 0.0, 0)
    boxes = [shapely.box(*at, *(at + size)) for at, size in zip(placed, sizes, strict=True)]
    for k, (part, at, box) in enumerate(zip(parts, placed, boxes, strict=True)):
        assert apart(at - part.phase, repeat) < 1e-9
        assert box.bounds[0] > -1e-9
        assert box.bounds[1] > -1e-9
        assert box.bounds[3] < 0.4 + 1e-9
        assert all(box.distance(other) > 0.003 - 1e-9 for other in boxes[:k])


def test_two_squares_on_one_phase_are_as_far_apart_as_stripes_are() -> None:
    square = np.array([[0.0, 0.0], [0.1, 0.0], [0.1, 0.1], [0.0, 0.1]])
    first, second = nest(
        [Part("a", square, np.zeros(2)), Part("b", square, np.zeros(2))], 0.12, (0.15, 0.0), 0.0, 0.0, 0
    )
    assert abs(first[0] - second[0]) == pytest.approx(0.15)


def test_what_has_no_place_at_its_phase_is_refused_by_name() -> None:
    square = np.array([[0.0, 0.0], [0.1, 0.0], [0.1, 0.1], [0.0, 0.1]])
    with pytest.raises(NestRefused, match="'yoke'"):
        nest([Part("yoke", square, np.array([0.0, 0.05]))], 0.14, (0.0, 0.1), 0.0, 0.0, 0)
    with pytest.raises(NestRefused, match="wider"):
        nest([Part("yoke", square, np.zeros(2))], 0.05, (0.1, 0.0), 0.0, 0.0, 0)
