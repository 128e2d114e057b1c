# SPDX-License-Identifier: GPL-3.0-or-later
"""Markers: pieces lie on the fabric whole, apart, along the warp and as often as they are cut."""

from collections import Counter

import numpy as np
import pytest
import shapely
from people import WOMAN
from toile.patterns import Pattern, draft
from toile.patterns.cutting import boundary
from toile.patterns.marker import Fabric, Marker, MarkerRefused, lay

pytest.importorskip("spyrrow")


@pytest.fixture(scope="module")
def patterns() -> dict[str, Pattern]:
    larger = {k: v * (1.05 if k != "shoulder_slope" else 1.0) for k, v in WOMAN.items()}
    return {"M": draft("shirt", WOMAN), "L": draft("shirt", larger)}


@pytest.fixture(scope="module")
def marker(patterns: dict[str, Pattern]) -> Marker:
    return lay(patterns, {"M": 2, "L": 1}, Fabric(1.5, density=0.12), seconds=3)


def test_every_piece_is_laid_as_often_as_it_is_cut(patterns, marker: Marker) -> None:
    wanted = Counter()
    for size, count in (("M", 2), ("L", 1)):
        for piece in patterns[size].pieces:
            if piece.fabric == "main":
                wanted[piece.name, size] += count * piece.quantity
    assert Counter((laid.piece, laid.size) for laid in marker.laid) == wanted


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
    napped = lay({"M": pattern}, {"M": 2}, Fabric(1.6, nap=True), seconds=1)
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
    ],
)
def test_what_cannot_be_laid_is_refused(patterns, counts, fabric, role, seconds, match) -> None:
    with pytest.raises(MarkerRefused, match=match):
        lay(patterns, counts, Fabric(**fabric), role, seconds)
