# SPDX-License-Identifier: GPL-3.0-or-later
"""Bars and checks that meet in the seams: exact where a tailor can have it, named where nobody can."""

import numpy as np
import pytest
from people import WOMAN
from toile.patterns import style
from toile.patterns.curves import line
from toile.patterns.matching import matched, on_cloth
from toile.patterns.pattern import Pattern
from toile.patterns.pieces import Edge, Piece, Wrap
from toile.patterns.seams import seam, sewn_runs


def strip(name, low, high, left=0.0, right=0.2, grain=(0.0, 1.0)):
    """A rectangle from (left, low) to (right, high), metres, its edges named as a map's."""
    corners = [(left, low), (right, low), (right, high), (left, high)]
    sides = zip(("south", "east", "north", "west"), corners, corners[1:] + corners[:1], strict=True)
    edges = tuple(Edge(side, (line(start, end),)) for side, start, end in sides)
    return Piece(name, edges, Wrap("flat"), grain=grain)


def missed(pattern, shifts, way):
    """Metres, the worst along each seam, by which both sides' places on the cloth differ: its own, slow arithmetic."""
    panels = {panel.name: panel for panel in pattern.panels()}
    worst = {}
    for run in sewn_runs(pattern):
        for share in np.linspace(0, 1, 7):
            places = []
            for ref, (start, end) in ((run.a, run.a_span), (run.b, run.b_span)):
                panel = panels[ref.panel]
                x, y = panel.line(ref.edge).at(start + share * (end - start))[0]
                gx, gy = panel.grain
                places.append((x * gy - y * gx + shifts[panel.name][0], x * gx + y * gy + shifts[panel.name][1])[way])
            worst[run.seam] = max(worst.get(run.seam, 0), abs(places[0] - places[1]))
    return worst


@pytest.mark.parametrize("low", [-0.31, 0.0, 0.043])
def test_bars_run_on_over_a_seam_between_pieces_drafted_at_different_heights(low):
    pieces = (strip("a", 0.0, 0.5), strip("b", low, low + 0.5))
    pattern = Pattern("two", "", pieces, (seam("side", "a.east", "-b.west"),))
    laid = matched(pattern, "bars")
    assert laid.shifts["b"][1] - laid.shifts["a"][1] == pytest.approx(-low, abs=1e-9)
    assert missed(pattern, laid.shifts, 1)["side"] < 1e-9
    assert laid.apart["side"] < 1e-9


def test_stripes_along_the_warp_are_matched_at_seams_that_follow_the_grain_alone():
    pieces = (strip("a", 0.0, 0.5), strip("b", 0.0, 0.5, left=0.037, right=0.2))
    straight = Pattern("two", "", pieces, (seam("side", "a.east", "-b.west"),))
    assert missed(straight, matched(straight, "checks").shifts, 0)["side"] < 1e-9
    assert missed(straight, matched(straight, "bars").shifts, 0)["side"] == pytest.approx(0.163)
    across = Pattern("two", "", pieces, (seam("waist", "a.north", "-b.south", 0.163 / 0.2),))
    np.testing.assert_allclose([shift[0] for shift in matched(across, "checks").shifts.values()], 0.0)


def test_a_turned_grain_turns_the_cloth_with_it():
    bias = (np.sqrt(0.5), np.sqrt(0.5))
    piece = strip("a", 0.0, 0.5, grain=bias)
    (panel,) = Pattern("one", "", (piece,), ()).panels()
    along = on_cloth(panel, np.array([bias]))
    np.testing.assert_allclose(along, [[0.0, 1.0]], atol=1e-12)
    np.testing.assert_allclose(on_cloth(panel, np.array([[bias[1], -bias[0]]])), [[1.0, 0.0]], atol=1e-12)


@pytest.mark.parametrize(("name", "sides"), [
    ("tshirt", ("side_left", "side_right", "shoulder_left")), ("pencil_skirt", ("side_left", "side_right")),
    ("shirt", ("side_left", "side_right", "yoke_back_left")), ("trousers", ("outseam_left", "outseam_right")),
])  # fmt: skip
def test_bars_meet_at_the_side_seams_of_garments(name, sides):
    pattern = style(name).draft(WOMAN, {}).draped()
    laid = matched(pattern, "bars")
    worst = missed(pattern, laid.shifts, 1)
    assert max(worst[side] for side in sides) < 0.001
    assert set(laid.apart) <= set(worst)
    for seam_name, by in laid.apart.items():
        assert by <= worst[seam_name] + 1e-4


def test_a_jackets_bars_meet_where_a_tailor_looks():
    pattern = style("jacket").draft(WOMAN, {}).draped()
    after = missed(pattern, matched(pattern, "bars").shifts, 1)
    assert after["centre_back"] < 1e-6
    assert after["side_left"] < 0.001
    assert after["hindarm_left"] < 0.002
