# SPDX-License-Identifier: GPL-3.0-or-later
"""Tops: whatever parts are chosen, every seam is as long as it is declared, and what cannot be is refused in words."""

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from people import WOMAN
from toile.patterns import DraftRefused, Pattern, draft, style
from toile.patterns.style import Parameter

TOPS = ("tshirt", "tank", "polo", "shirt", "blouse", "sweatshirt", "hoodie", "cardigan", "bomber")
BODY = WOMAN | {"stature": 1.68, "cervicale_height": 1.44}
CHILD = {name: value * (1.0 if name == "shoulder_slope" else 0.62) for name, value in BODY.items()}
HEAVY = BODY | {"bust": 1.3, "waist": 1.35, "hip": 1.3, "upper_arm": 0.42, "neck": 0.42, "wrist": 0.19}
MAN = BODY | {
    "bust": 1.02, "waist": 0.9, "hip": 1.0, "neck": 0.39, "across_back_shoulder": 0.46, "back_waist_length": 0.45,
    "front_waist_length": 0.46, "across_back": 0.41, "across_front": 0.38, "arm_length": 0.62, "upper_arm": 0.32,
    "armscye_depth": 0.22, "stature": 1.78, "cervicale_height": 1.52,
}  # fmt: skip
few = settings(max_examples=12, deadline=None)
PARTS = {p.name: p.range for p in style("tshirt").parameters if p.kind == "choice"}


def length(pattern: Pattern, panel: str, *edges: str) -> float:
    return sum(pattern.panel(panel).edge(edge).length for edge in edges)


def assert_sewn(pattern: Pattern, start: str, ratio: float) -> None:
    """All seams whose names begin so are walked at that ratio."""
    found = [s.length_b / s.length_a for s in pattern.proof().seams if s.name.startswith(start)]
    assert found
    assert found == pytest.approx([ratio] * len(found), rel=1e-6)


def values(p: Parameter) -> st.SearchStrategy[object]:
    if p.kind == "flag":
        return st.booleans()
    if p.kind == "choice":
        return st.sampled_from(p.range)
    low, high = p.range
    return st.integers(low, high) if p.kind == "count" else st.floats(low, high)


@pytest.mark.parametrize("body", [BODY, MAN, HEAVY, CHILD], ids=["woman", "man", "heavy", "child"])
@pytest.mark.parametrize("name", TOPS)
def test_every_top_is_drafted_for_everybody(name: str, body: dict[str, float]) -> None:
    assert draft(name, body).proof().max_error < 1e-6


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_parts_go_together_or_are_refused_in_words(data: st.DataObject) -> None:
    """With the numbers at their defaults hardly anything is refused, and nothing fails in another way."""
    name = data.draw(st.sampled_from(TOPS))
    chosen = {slot: data.draw(st.sampled_from(parts)) for slot, parts in PARTS.items()}
    body = data.draw(st.sampled_from([BODY, MAN, HEAVY, CHILD]))
    try:
        proof = draft(name, body, chosen).proof()
    except DraftRefused as refusal:
        said = str(refusal)
    else:
        assert proof.max_error < 1e-6
        return
    assert any(advice in said for advice in ("choose", "raise", "lower")), said


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_choice_is_proven_or_refused_by_name(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(TOPS))
    wanted = {p.name: values(p) for p in style(name).parameters}
    try:
        proof = draft(name, BODY, data.draw(st.fixed_dictionaries({}, optional=wanted))).proof()
    except DraftRefused:
        return
    assert proof.max_error < 1e-6


@pytest.mark.slow
@pytest.mark.parametrize("collar", PARTS["collar"])
@pytest.mark.parametrize("closure", PARTS["closure"])
def test_every_collar_and_closure_go_together_with_and_without_a_shoulder(collar: str, closure: str) -> None:
    for sleeve in ("puff", "raglan"):
        chosen = {"sleeve": sleeve, "collar": collar, "closure": closure}
        assert draft("shirt", BODY, chosen).proof().max_error < 1e-6


@few
@given(st.floats(0.01, 0.05), st.floats(0.0, 0.02), st.floats(0.01, 0.03))
def test_a_shirt_collars_seams_follow_the_neckline(height: float, spring: float, stand: float) -> None:
    """The stand is as long as neckline and laps; the collar as its top, shorter by the spring on each side."""
    height = max(height, 0.015)
    pattern = draft("shirt", BODY, {"stand_height": height, "stand_spring": spring, "button_stand": stand})
    (neck,) = (s for s in pattern.proof().seams if s.name == "neckline")
    assert neck.length_a == pytest.approx(neck.length_b, abs=1e-8)
    fall = 2 * length(pattern, "collar", "seam_left")
    assert fall == pytest.approx(neck.length_a - 2 * stand - 2 * spring, abs=1e-8)


@few
@given(st.floats(0.0, 0.05), st.floats(0.03, 0.12))
def test_a_peter_pan_collar_is_as_long_as_the_neckline(lap: float, width: float) -> None:
    pattern = draft("blouse", BODY, {"shoulder_lap": lap, "collar_width": width})
    assert_sewn(pattern, "neckline", 1.0)


def test_more_overlap_at_the_shoulder_makes_a_flat_collars_outer_edge_shorter() -> None:
    edges = [length(draft("blouse", BODY, {"shoulder_lap": lap}), "collar", "top_left") for lap in (0.0, 0.025, 0.05)]
    assert edges[0] > edges[1] > edges[2]


@few
@given(st.floats(0.7, 1.0))
def test_a_neckband_is_stretched_as_declared_closed_or_open(stretch: float) -> None:
    for closure in ("none", "zip", "buttons", "placket"):
        pattern = draft("tshirt", BODY, {"neckband_stretch": stretch, "closure": closure})
        assert_sewn(pattern, "neckline", stretch)


@few
@given(st.floats(1.05, 2.2))
def test_a_puff_sleeve_is_gathered_over_the_crown_only(fullness: float) -> None:
    pattern = draft("blouse", BODY, {"puff_fullness": fullness})
    for half in ("front", "back"):
        assert_sewn(pattern, f"armhole_{half}_low", 1.0)
        assert_sewn(pattern, f"armhole_{half}_high", fullness)


@few
@given(st.floats(0.0, 0.06))
def test_a_cap_is_eased_as_declared_below_a_yoke_too(ease: float) -> None:
    pattern = draft("shirt", BODY, {"cap_ease": ease})
    assert_sewn(pattern, "armhole", 1 + ease)
    assert any("yoke" in ref.panel for s in pattern.seams if s.name == "armhole_back_left" for ref in s.a)


def test_a_raglan_sleeve_takes_over_the_shoulder_and_part_of_the_neckline() -> None:
    plain, raglan = (draft("tshirt", BODY, {"sleeve": s, "sleeve_length": 0.5}) for s in ("set_in", "raglan"))
    assert not any(s.name.startswith("shoulder") for s in raglan.seams)
    (a,), (b,) = ([s.length_a for s in p.proof().seams if s.name == "neckline"] for p in (plain, raglan))
    assert a == pytest.approx(b, abs=1e-9)  # who wears it has the same neckline


def test_a_yoke_leaves_neckline_and_armhole_as_they_are() -> None:
    plain, yoke = (draft("shirt", BODY, {"yoke": y}) for y in ("none", "yoke"))
    for name in ("neckline", "armhole_front_left", "armhole_back_left"):
        a, b = (next(s.length_a for s in p.proof().seams if s.name == name) for p in (plain, yoke))
        assert a == pytest.approx(b, abs=1e-7)
    assert sum(p.area for p in plain.panels() if p.piece in ("front", "back")) == pytest.approx(
        sum(p.area for p in yoke.panels() if p.piece in ("front", "back", "yoke")), rel=1e-4
    )


@few
@given(st.floats(1.0, 1.6))
def test_a_back_is_gathered_below_the_yoke_as_declared(fullness: float) -> None:
    assert_sewn(draft("shirt", BODY, {"yoke_fullness": fullness}), "yoke_back", fullness)


@few
@given(st.floats(0.02, 0.06), st.floats(0.06, 0.25))
def test_a_placket_fills_the_gap_in_the_front(width: float, depth: float) -> None:
    choices = {"placket_width": width, "opening_depth": depth}
    if depth - width <= 0.014:  # the last button would lie above the first
        with pytest.raises(DraftRefused, match="no room for its buttons"):
            draft("polo", BODY, choices)
        return
    pattern = draft("polo", BODY, choices)
    left, right = pattern.panel("placket_left"), pattern.panel("placket_right")
    for strip in (left, right):  # they lie on each other
        assert (strip.outline()[:, 0].min(), strip.outline()[:, 0].max()) == pytest.approx((-width / 2, width / 2))
    assert right.wrap.layer == left.wrap.layer + 1
    assert pattern.panel("front").edge("placket_end_left").length == pytest.approx(width / 2)
    buttons = [t.at[1] for t in left.trims]
    assert min(buttons) - left.outline()[:, 1].min() == pytest.approx(width)  # clear of what is stitched through both


@pytest.mark.parametrize("lap", ["right_over_left", "left_over_right"])
@pytest.mark.parametrize("closure", ["buttons", "band", "placket"])
def test_buttons_lie_under_the_buttonholes_of_the_front_on_top(closure: str, lap: str) -> None:
    pattern = draft("shirt", BODY, {"closure": closure, "lap": lap, "buttons": 5})
    on_top = lap.partition("_")[0]
    fronts = [f for f in pattern.fastenings if not f.name.startswith(("cuff", "stand"))]
    assert len(fronts) == 5
    for fastening in fronts:
        over, under = (end.split(".") for end in (fastening.over, fastening.under))
        assert over[0].endswith(on_top)
        assert pattern.panel(over[0]).trim(over[1]).at == pytest.approx(pattern.panel(under[0]).trim(under[1]).at)
        assert pattern.panel(over[0]).wrap.layer > pattern.panel(under[0]).wrap.layer


@pytest.mark.parametrize(("closure", "zips"), [("zip", {"zip", "stand_ends"}), ("half_zip", {"zip", "stand_ends"})])
def test_a_zip_runs_on_through_the_collar(closure: str, zips: set[str]) -> None:
    pattern = draft("bomber", BODY, {"closure": closure, "collar": "stand", "hem": "plain"})
    assert {s.name for s in pattern.seams if s.zip} == zips


def test_a_half_zip_has_a_seam_below_it_and_is_as_long_as_declared() -> None:
    pattern = draft("sweatshirt", BODY, {"closure": "half_zip", "opening_depth": 0.2})
    (zipped,) = (s for s in pattern.proof().seams if s.name == "zip")
    assert zipped.length_a == pytest.approx(0.2)
    assert "centre_front" in {s.name for s in pattern.seams}


def test_a_band_without_a_collar_runs_from_hem_to_centre_back() -> None:
    pattern = draft("cardigan", BODY, {"front_band_stretch": 1.0})
    walked = next(s for s in pattern.seams if s.name == "front_band_left")
    assert [ref.panel for ref in walked.a] == ["hem_band", "front_left", "front_left", "back"]
    assert length(pattern, "front_band_left", "seam") == pytest.approx(
        next(s.length_a for s in pattern.proof().seams if s.name == "front_band_left"), abs=1e-8
    )


@few
@given(st.floats(0.02, 0.12))
def test_bands_and_cuffs_take_the_place_of_the_cloth_that_they_finish(depth: float) -> None:
    """However wide the band and however deep the cuff, body and sleeve end where they are declared to."""
    pattern = draft("sweatshirt", BODY, {"hem_band_width": depth, "cuff_depth": depth})
    sides = [pattern.panel("back").outline()[:, 1].min() - depth, pattern.panel("sleeve_left").outline()[:, 1].min()]
    plain = draft("sweatshirt", BODY, {"hem": "plain", "cuff": "plain"})
    expected = [plain.panel(panel).outline()[:, 1].min() for panel in ("back", "sleeve_left")]
    assert sides[0] == pytest.approx(expected[0], abs=1e-9)
    sleeve = pattern.panel("sleeve_left")
    crown = max(sleeve.outline()[:, 1]) - sides[1] + depth
    assert crown == pytest.approx(max(plain.panel("sleeve_left").outline()[:, 1]) - expected[1], abs=1e-6)


@few
@given(st.floats(-0.03, 0.15), st.sampled_from(["rib", "buttoned"]))
def test_a_cuff_has_the_room_that_it_declares(ease: float, cuff: str) -> None:
    pattern = draft("shirt", BODY, {"cuff": cuff, "cuff_ease": ease, "sleeve_length": 1.0, "cuff_depth": 0.0 + 0.015})
    down = (0.57 - 0.015) / 0.57
    wrist = 0.28 + (0.16 - 0.28) * (down - 0.25) / 0.75
    assert length(pattern, "cuff_left", "seam") == pytest.approx(wrist + ease, abs=1e-9)


def test_a_turn_up_lies_on_the_sleeve_that_it_is_turned_onto() -> None:
    pattern = draft("tshirt", BODY, {"cuff": "turned_up", "sleeve_length": 0.6})
    sleeve = pattern.panel("sleeve_left")
    (fold,) = sleeve.internal
    assert fold.kind == "fold"
    assert fold.turn == pytest.approx(math.pi)
    turn = float(fold.start[1] - sleeve.edge("hem").start[1])
    down, up = (sleeve.edge(f"underarm_{name}") for name in ("front", "back"))
    assert turn == pytest.approx(0.06)
    for edge, beyond in ((down, down.curves[0]), (up, up.curves[1])):  # the sleeve that it lies on
        low, high = sorted((beyond.start, beyond.end), key=lambda end: end[1])
        x = low[0] + (high[0] - low[0]) * turn / (high[1] - low[1])
        assert abs(x) == pytest.approx(abs(sleeve.edge("hem").start[0])), edge.name


@pytest.mark.parametrize("k", [0.7, 1.2])
def test_a_larger_person_gets_the_same_pattern_larger(k: float) -> None:
    """Where no choice is a length, every edge grows as the person does."""
    zero = dict.fromkeys(("bust_ease", "hip_ease", "neck_width", "neck_depth_back", "armhole_depth"), 0.0)
    chosen = zero | {"sleeve": "none", "collar": "none", "neck_depth_front": 0.0}
    body = BODY | {"front_waist_length": 0.42}
    small, large = (
        draft("tshirt", m, chosen) for m in (body, {n: v * k for n, v in body.items()} | {"shoulder_slope": 0.37})
    )
    for a, b in zip(small.panels(), large.panels(), strict=True):
        for edge in ("side_left", "armhole_left", "shoulder_left"):
            assert b.edge(edge).length == pytest.approx(k * a.edge(edge).length, rel=0.02)


@pytest.mark.parametrize(
    ("name", "measures", "choices", "sentence"),
    [
        ("hoodie", {"waist_to_hip": 0.05}, {"body_length": 0.2, "hem_band_width": 0.12, "armhole_depth": 0.1}, "hem"),
        ("polo", {"waist_to_hip": 0.05}, {"body_length": 0.2, "neck_depth_front": 0.3}, "closure"),
        ("tshirt", {}, {"sleeve": "raglan", "sleeve_length": 0.26, "cuff": "rib", "cuff_depth": 0.1}, "sleeve_l"),
        ("shirt", {}, {"body_length": 0.2, "tail_rise": 0.16, "armhole_depth": 0.1}, "body_length"),
        ("hoodie", {"stature": 1.5}, {}, "stature"),
        ("tank", {"across_back_shoulder": 0.12}, {}, "shoulder_width"),
    ],
)  # fmt: skip
def test_what_cannot_be_cut_is_refused_with_what_to_change(
    name: str, measures: dict[str, float], choices: dict[str, object], sentence: str
) -> None:
    with pytest.raises(DraftRefused, match=sentence):
        draft(name, BODY | measures, choices)


def test_cuffs_and_yokes_are_only_asked_for_where_there_is_a_place_for_them() -> None:
    pattern = draft("shirt", BODY, {"sleeve": "raglan", "yoke": "yoke"})
    assert "yoke" not in {p.name for p in pattern.pieces}
    assert "cuff" not in {p.name for p in draft("shirt", BODY, {"sleeve": "none", "cuff": "rib"}).pieces}
