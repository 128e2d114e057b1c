# SPDX-License-Identifier: GPL-3.0-or-later
"""Skirts and trousers: every part goes with every other, and each does what it is cut for."""

from __future__ import annotations

import itertools
from math import pi
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from people import WOMAN
from toile.patterns import DraftRefused, Pattern, Style, styles
from toile.patterns.curves import line
from toile.patterns.parts.pleats import Knife, covers, pleat_lines, pleated
from toile.patterns.pieces import polygon_area

LOWER = ("pencil_skirt", "pleated_skirt", "circle_skirt", "trousers", "jeans", "leggings", "shorts")


def lower(name: str, measures: dict[str, float] = WOMAN, **choices: Any) -> Pattern:
    return styles()[name].draft(measures, choices)


def area(pattern: Pattern, *pieces: str) -> float:
    return sum(
        polygon_area(np.concatenate([e.flattened(1e-4)[:-1] for e in piece.edges]))
        for piece in pattern.pieces
        if piece.name in pieces
    )


def combinations(style: Style) -> list[dict[str, str]]:
    slots = [[(slot.name, part.name) for part in slot.parts] for slot in style.slots]
    return [dict(chosen) for chosen in itertools.product(*slots)]


@pytest.mark.slow
@pytest.mark.parametrize("name", LOWER)
def test_every_part_goes_with_every_other_or_is_refused_in_words(name: str) -> None:
    every = combinations(styles()[name])
    tried, sewn = every[:: max(1, len(every) // 24)], 0
    for choices in tried:
        try:
            proof = lower(name, **choices).proof()
        except DraftRefused as refusal:
            said = str(refusal)
        else:
            assert proof.max_error < 1e-6, choices
            sewn += 1
            continue
        assert "choose" in said, choices
    assert sewn >= len(tried) / 2


@pytest.mark.parametrize("opening", ["zip_side", "zip_back", "fly"])
@pytest.mark.parametrize("name", ["pencil_skirt", "circle_skirt", "trousers", "jeans"])
def test_a_zip_opens_the_waist_in_one_place(name: str, opening: str) -> None:
    pattern = lower(name, opening=opening)
    zipped = [s for s in pattern.seams if s.zip]
    sides = {ref.panel.rpartition("_")[2] for s in zipped for ref in (*s.a, *s.b)}
    lengths = {s.name: s.length_a for s in pattern.proof().seams}
    assert sum(lengths[s.name] for s in zipped) > 0.08
    assert ("right" in sides) == (opening != "zip_side")  # a zip in a side seam is on the left alone


def test_an_elastic_waist_needs_no_opening_and_passes_over_the_hip() -> None:
    pattern = lower("shorts", waistband="elastic", elastic_ratio=0.9)
    (band,) = (p for p in pattern.pieces if p.name == "waistband")
    assert not [s for s in pattern.seams if s.zip]
    assert band.edge("seam").length >= WOMAN["hip"]
    for elastic in band.elastics:
        assert elastic.ratio * band.edge(elastic.line).length == pytest.approx(0.9 * WOMAN["waist"])


@given(ratio=st.floats(0.3, 2.0), length=st.floats(0.5, 1.6))
@settings(max_examples=20)
def test_a_circle_skirts_hem_is_an_arc_about_its_waists_centre(ratio: float, length: float) -> None:
    pattern = lower("circle_skirt", circle_ratio=ratio, skirt_length=length, waist_ease=0.0)
    front = next(p for p in pattern.pieces if p.name == "front")
    down = length * WOMAN["waist_to_knee"]
    assert front.edge("waist").length == pytest.approx(WOMAN["waist"] / 4)
    assert 4 * front.edge("hem").length == pytest.approx(WOMAN["waist"] + 2 * pi * ratio * down)


@pytest.mark.parametrize("kind", ["knife", "box", "inverted"])
def test_folded_the_pleats_leave_the_waist(kind: str) -> None:
    pattern = lower("pleated_skirt", pleat=kind, pleats=6, waist_ease=0.02)
    front = next(p for p in pattern.pieces if p.name == "front")
    seen = sum(e.length for e in front.edges if e.name.startswith("waist"))
    hidden = {e.name: e.length for e in front.edges if e.name.startswith("pleat")}
    assert seen == pytest.approx((WOMAN["waist"] + 0.02) / 4)
    assert (len(hidden), len(front.pleats)) == (12, 6)
    for k in range(1, 7):
        assert hidden[f"pleat_waist_{k}_a"] == pytest.approx(hidden[f"pleat_waist_{k}_b"])


@given(
    st.floats(0.02, 0.1), st.floats(0.005, 0.03), st.sampled_from([1, -1]), st.floats(0.05, 0.2), st.floats(0.05, 0.2)
)
def test_a_pleated_edge_keeps_its_length_and_its_order(
    first: float, depth: float, turn: int, before: float, after: float
) -> None:
    last = first + before + 2 * depth
    knife = Knife(first + before, last, turn, ((0.1, -0.5), (0.2, -0.5)))
    run = (line((0.0, 0.0), (last + after, 0.0)),)
    edges = pleated("top", run, (knife,))
    assert sum(e.length for e in edges) == pytest.approx(run[0].length)
    for this, following in itertools.pairwise(edges):
        assert np.allclose(this.end, following.start)
    (cover,) = covers(edges, "top", (knife,))
    lengths = {e.name: e.length for e in edges}
    assert sum(lengths[name] for name in cover) == pytest.approx(depth)
    (lines,) = pleat_lines("top", run, (knife,))
    assert abs(lines.fold[0][0] - lines.placement[0][0]) == pytest.approx(2 * depth)
    assert (lines.fold[0][0] < lines.placement[0][0]) == (turn > 0)


@pytest.mark.parametrize("name", ["trousers", "pencil_skirt"])
def test_a_slant_pockets_mouth_cuts_off_what_its_side_piece_gives_back(name: str) -> None:
    """Front and what shows in the mouth are the whole front again."""
    whole, cut = lower(name, pocket_front="none"), lower(name, pocket_front="slant")
    side = next(p for p in cut.pieces if p.name == "pocket_side")
    (mouth,) = side.internal
    outer = [e for e in side.edges if e.name in ("outseam", "side", "zip")]
    shown = np.concatenate(
        [*(e.flattened(1e-4)[:-1] for e in outer), side.edge("waist").flattened(1e-4)[:-1], mouth.flattened(1e-4)[::-1]]
    )
    assert area(cut, "front") + polygon_area(shown) == pytest.approx(area(whole, "front"), rel=1e-5)


def test_a_seat_yoke_closes_the_darts_that_the_back_would_have() -> None:
    """Back and yoke are together smaller by no more than the dart that was closed, and the yoke has none."""
    darted, yoked = lower("jeans", yoke="none"), lower("jeans", yoke="seat")
    yoke = next(p for p in yoked.pieces if p.name == "yoke")
    assert not any(e.dart for e in yoke.edges)
    back = next(p for p in darted.pieces if p.name == "back")
    seen = sum(e.length for e in back.edges if e.name.startswith("waist") and not e.dart)
    assert seen == pytest.approx(yoke.edge("waist").length)
    wedge = polygon_area(np.concatenate([e.flattened()[:-1] for e in back.edges if not e.dart]))  # mouth bridged
    assert area(yoked, "back", "yoke") < wedge
    assert area(yoked, "back", "yoke") == pytest.approx(area(darted, "back"), rel=0.03)


def test_a_patch_pocket_lies_where_its_line_is_on_the_piece() -> None:
    pattern = lower("jeans")
    pocket = next(p for p in pattern.panels() if p.name == "pocket_back_left")
    host = next(p for p in pattern.panels() if p.name == pocket.wrap.host)
    sewn = np.concatenate([pocket.edge(name).flattened() for name in ("right", "bottom", "left")][::-1])
    on = host.line("pocket_back_line").flattened()
    assert {tuple(p) for p in np.round(on, 9)} <= {tuple(p) for p in np.round(sewn, 9)}


def test_what_cannot_be_cut_is_refused_with_what_to_change() -> None:
    with pytest.raises(DraftRefused, match="raise skirt_length"):
        lower("pencil_skirt", {**WOMAN, "waist_to_hip": 0.4}, skirt_length=0.5)
    with pytest.raises(DraftRefused, match="raise circle_ratio"):
        lower("circle_skirt", {**WOMAN, "hip": 1.5}, circle_ratio=0.3)
    with pytest.raises(DraftRefused, match="raise pleat_depth"):
        lower("pleated_skirt", {**WOMAN, "waist": 0.5}, pleat_depth=0.45)


@settings(max_examples=15, deadline=None)
@given(st.floats(0.6, 0.97), st.integers(3, 8))
def test_no_knife_pleat_reaches_past_the_side_seam_or_the_centre(depth: float, pleats: int) -> None:
    for piece in lower("pleated_skirt", pleat_depth=depth, pleats=pleats).pieces:
        side = max((e.start[0] for e in piece.edges), default=0.0)
        for pleat in piece.pleats:
            fold, placement = pleat.fold[0][0], pleat.placement[0][0]
            assert fold + (fold - placement) / 2 <= side + 1e-9  # its inner fold
            assert placement >= -1e-9
