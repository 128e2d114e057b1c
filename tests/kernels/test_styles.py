# SPDX-License-Identifier: GPL-3.0-or-later
"""The wardrobe: any plausible body and choice gives proven seams and the declared ease, or a named refusal."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from people import WOMAN
from toile.patterns import DraftRefused, ParameterRefused, PieceRefused, Style, UnknownStyle, draft, style, styles

WARDROBE = list(styles().values())


@st.composite
def bodies(draw: st.DrawFn) -> dict[str, float]:
    """People from 1.3 to 2.1 m, thin to heavy, each measure a few per cent off proportion."""
    size, girth = draw(st.floats(0.77, 1.25)), draw(st.floats(0.8, 1.5))
    body = {name: value * size * draw(st.floats(0.95, 1.05)) for name, value in WOMAN.items()}
    for name in ("bust", "waist", "hip", "upper_arm", "thigh", "knee", "armscye_girth"):
        body[name] *= girth
    body["shoulder_slope"] = draw(st.floats(0.2, 0.5))
    head = (WOMAN["stature"] - WOMAN["cervicale_height"]) * size * draw(st.floats(0.9, 1.1))
    body["stature"] = body["cervicale_height"] + head  # two heights off proportion apart would leave no head
    return body


def choices(s: Style) -> st.SearchStrategy[dict[str, object]]:
    def values(p) -> st.SearchStrategy:
        if p.kind == "flag":
            return st.booleans()
        if p.kind == "choice":
            return st.sampled_from(p.range)
        low, high = p.range
        return st.integers(low, high) if p.kind == "count" else st.floats(low, high)

    return st.fixed_dictionaries({}, optional={p.name: values(p) for p in s.parameters})


@pytest.mark.parametrize("s", WARDROBE, ids=lambda s: s.name)
class TestEveryStyle:
    def test_it_declares_ten_parameters_or_more_with_defaults_in_range(self, s: Style) -> None:
        assert len(s.parameters) >= 10
        assert s.resolve({}) == {p.name: p.checked(p.value) for p in s.parameters}
        assert all(len(p.help) > 10 for p in s.parameters)

    def test_the_default_is_proven_to_a_micrometre(self, s: Style) -> None:
        proof = s.draft(WOMAN).proof()
        assert proof.max_error < 1e-6
        assert len(proof.seams) >= 6

    @pytest.mark.slow
    @settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(data=st.data())
    def test_any_body_with_default_choices_is_drafted_and_proven(self, s: Style, data: st.DataObject) -> None:
        assert s.draft(data.draw(bodies())).proof().max_error < 1e-4

    @pytest.mark.slow
    @settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(data=st.data())
    def test_any_choice_is_proven_or_refused_by_name(self, s: Style, data: st.DataObject) -> None:
        try:
            proof = s.draft(WOMAN, data.draw(choices(s))).proof()
        except (DraftRefused, PieceRefused):
            return
        assert proof.max_error < 1e-4

    def test_the_same_input_gives_the_same_points(self, s: Style) -> None:
        for a, b in zip(s.draft(WOMAN).panels(), s.draft(WOMAN).panels(), strict=True):
            assert (a.outline() == b.outline()).all()

    def test_left_and_right_mirror_each_other(self, s: Style) -> None:
        """Each panel is its own mirror image, or another one is; but for which of two laps over the other,
        and for what is laid onto one side only, as a pocket on the left of the chest.
        """
        panels = s.draft(WOMAN).panels()
        for panel in panels:
            (own,) = [other for other in panels if other.piece == panel.piece and other.name != panel.name] or [panel]
            if own is panel and panel.wrap.around == "on":
                continue
            mirrored = own.outline() * [-1.0, 1.0]
            at = np.abs(mirrored[:, None] - panel.outline()).max(axis=2).min(axis=1)
            assert at.max() < 1e-6
            assert replace(panel.wrap, layer=0) == replace(own.wrap.mirrored(), layer=0) or own is panel

    @pytest.mark.parametrize("bad", [math.nan, math.inf, -0.5, 0.0, 92.0])
    def test_impossible_measurements_are_refused(self, s: Style, bad: float) -> None:
        with pytest.raises(DraftRefused, match="waist"):
            s.draft(WOMAN | {"waist": bad})

    def test_a_missing_measurement_is_named(self, s: Style) -> None:
        with pytest.raises(DraftRefused, match="hip"):
            s.draft({k: v for k, v in WOMAN.items() if k != "hip"})

    def test_unknown_and_hostile_choices_are_refused(self, s: Style) -> None:
        first = s.parameters[0]
        with pytest.raises(ParameterRefused, match="Did you mean"):
            s.resolve({first.name + "s": 0.1})
        for bad in (math.nan, 1e9, "wide", None, [1]):
            with pytest.raises(ParameterRefused, match=first.name):
                s.resolve({first.name: bad})


def width_at(panel, y: float) -> float:
    outline = panel.outline(1e-5)
    a, b = outline, np.roll(outline, -1, axis=0)
    crosses = (a[:, 1] > y) != (b[:, 1] > y)
    x = a[crosses, 0] + (y - a[crosses, 1]) / (b[crosses, 1] - a[crosses, 1]) * (b[crosses, 0] - a[crosses, 0])
    return float(np.ptp(x))


@given(st.floats(0.0, 0.3))
def test_a_tshirt_has_the_bust_ease_that_it_declares(bust_ease: float) -> None:
    pattern = draft("tshirt", WOMAN, {"bust_ease": bust_ease})
    girth = 0.0
    for name in ("front", "back"):
        panel = pattern.panel(name)
        girth += width_at(panel, panel.edge("side_left" if name == "front" else "side_right").end[1] - 1e-4)
    assert girth == pytest.approx(WOMAN["bust"] + bust_ease, abs=2e-4)


@given(st.floats(-0.02, 0.15), st.integers(0, 2), st.integers(0, 2))
def test_a_skirt_waistband_and_hip_have_the_ease_that_they_declare(waist_ease: float, front: int, back: int) -> None:
    pattern = draft(
        "pencil_skirt", WOMAN, {"waist_ease": waist_ease, "darts_front": front, "darts_back": back, "hip_ease": 0.06}
    )
    assert pattern.panel("waistband").edge("seam").length == pytest.approx(WOMAN["waist"] + waist_ease)
    hips = [width_at(pattern.panel(name), -WOMAN["waist_to_hip"]) for name in ("front", "back")]
    assert sum(hips) == pytest.approx(WOMAN["hip"] + 0.06, abs=1e-3)


@given(
    st.sampled_from(["jeans", "trousers", "pencil_skirt", "circle_skirt"]), st.floats(0.0, 0.15), st.floats(0.02, 0.06)
)
def test_a_curved_band_has_at_the_waist_the_room_that_is_declared(style: str, waist_ease: float, width: float) -> None:
    pattern = draft(style, WOMAN, {"waistband": "curved", "waist_ease": waist_ease, "waistband_width": width})
    band = pattern.panel("waistband")
    assert band.edge("top").length == pytest.approx(WOMAN["waist"] + waist_ease)
    assert band.edge("seam").length > band.edge("top").length + 0.01
    assert pattern.proof().max_error < 1e-3


@given(st.floats(0.0, 0.06))
def test_the_sleeve_cap_is_longer_than_the_armhole_by_the_declared_ease(cap_ease: float) -> None:
    pattern = draft("tshirt", WOMAN, {"cap_ease": cap_ease})
    sleeve, front = pattern.panel("sleeve_left"), pattern.panel("front")
    cap = sleeve.edge("cap_front").length
    assert cap == pytest.approx(front.edge("armhole_left").length * (1 + cap_ease), abs=1e-7)


def test_gathers_without_a_band_are_refused() -> None:
    assert draft("pencil_skirt", WOMAN, {"waistband": "faced"}).proof().max_error < 1e-3
    with pytest.raises(DraftRefused, match="choose waistband 'straight', or gathers 1"):
        draft("pencil_skirt", WOMAN, {"waistband": "faced", "gathers": 1.2})


def test_gathers_are_declared_not_an_error() -> None:
    proof = draft("pencil_skirt", WOMAN, {"gathers": 1.8}).proof()
    (waist,) = (s for s in proof.seams if s.name == "waist")
    assert waist.length_a == pytest.approx(1.8 * waist.length_b)
    assert proof.max_error < 1e-6


@pytest.mark.slow
@given(st.floats(-0.05, 0.3), st.floats(-0.03, 0.3), st.booleans())
def test_trousers_have_the_ease_at_hip_and_knee_that_they_declare(hip: float, knee: float, band: bool) -> None:
    pattern = draft(
        "trousers", WOMAN, {"hip_ease": hip, "knee_ease": knee, "waistband": "straight" if band else "faced"}
    )
    above = 0.015 * band  # half the band covers what the panels leave out below the waist
    girths = {"hip": 0.0, "knee": 0.0}
    for name in ("front_left", "back_left", "front_right", "back_right"):
        panel = pattern.panel(name)
        sign = 1 if name in ("front_left", "back_right") else -1
        for level, y in (("hip", above - WOMAN["waist_to_hip"]), ("knee", above - WOMAN["waist_to_knee"])):
            girths[level] += width_at(panel, y)
        # at the hip the fork's curve has begun; what it adds is no part of the girth
        crotch = panel.edge("crotch").flattened(1e-5)
        seat = panel.wrap.over[0][0]
        at_hip = crotch[np.abs(crotch[:, 1] - (above - WOMAN["waist_to_hip"])).argmin(), 0]
        girths["hip"] -= sign * (seat - at_hip)
    assert girths["hip"] == pytest.approx(WOMAN["hip"] + hip, abs=2e-3)
    assert girths["knee"] / 2 == pytest.approx(WOMAN["knee"] + knee, abs=1e-4)


@given(st.sampled_from(["trousers", "jeans"]), st.floats(0.2, 1.0), st.integers(0, 2), st.integers(0, 2))
def test_the_outseam_comes_in_as_much_in_front_as_behind(name: str, share: float, front: int, back: int) -> None:
    """It stays at the side of the waist and no half swings out alone, however few darts the other has."""
    choices = {"side_shaping": share, "darts_front": front, "darts_back": back, "pocket_front": "none", "yoke": "none"}
    pattern = draft(name, WOMAN, {key: value for key, value in choices.items() if name == "jeans" or key != "yoke"})
    taken = []
    for half in ("front_left", "back_right"):
        outseam = pattern.panel(half).edge("outseam").flattened(1e-5)
        taken.append(float(outseam[:, 0].max() - outseam[np.argmax(outseam[:, 1]), 0]))
    assert taken[0] > 0.005
    assert taken[0] == pytest.approx(taken[1], abs=4e-3)  # but for the waist line's slope


def test_the_crotch_seams_run_smoothly_through_the_four_tips_of_the_forks() -> None:
    """Sewn together at the inseam, front and back make a straight angle there: no peak and no hole."""
    pattern = draft("trousers", WOMAN)
    turn = 0.0
    for name in ("front_left", "back_right"):
        panel = pattern.panel(name)
        down, up = panel.edge("inseam").flattened(1e-6), panel.edge("crotch").flattened(1e-6)
        a, b = down[1] - down[0], up[-2] - up[-1]
        turn += math.acos(float(a @ b) / float(np.linalg.norm(a) * np.linalg.norm(b)))
    assert turn == pytest.approx(math.pi, abs=0.02)


def across_the_thigh(name: str, thigh: float, **choices: object) -> float:
    """A leg's girth on the flat pattern, each half's taken at its fork's tip."""
    pattern, girth = draft(name, WOMAN | {"thigh": thigh}, choices), 0.0
    for half in ("front_left", "back_right"):
        panel = pattern.panel(half)
        tip = panel.edge("inseam").flattened(1e-4)[:, 1].max()
        girth += width_at(panel, tip - 1e-6)
    return girth


@settings(max_examples=40)
@given(st.sampled_from(["trousers", "jeans", "leggings", "shorts"]), st.floats(0.45, 0.8))
def test_thighs_have_the_ease_that_is_declared_at_least(name: str, thigh: float) -> None:
    declared = style(name).resolve({})["thigh_ease"]
    assert across_the_thigh(name, thigh) >= thigh + declared - 1e-3


def test_thick_thighs_make_the_forks_longer() -> None:
    assert across_the_thigh("trousers", 0.5) == across_the_thigh("trousers", 0.57)  # there was room
    assert across_the_thigh("trousers", 0.8) == pytest.approx(0.8 + 0.06, abs=1e-3)
    assert across_the_thigh("jeans", 0.7, thigh_ease=0.1) == pytest.approx(0.8, abs=1e-3)


@given(st.floats(0.25, 1.0), st.floats(0.3, 1.65))
def test_a_flare_is_the_part_of_a_ring_that_it_declares(circle_ratio: float, skirt_length: float) -> None:
    """Hem − waist = 2π · ratio · length: what any sector between two circles obeys."""
    pattern = draft("circle_dress", WOMAN, {"circle_ratio": circle_ratio, "skirt_length": skirt_length})
    skirt = [panel for panel in pattern.panels() if panel.name.startswith("skirt_")]
    hem, waist = (
        sum(e.length for panel in skirt for e in panel.edges if e.name.startswith(edge)) for edge in ("hem", "waist")
    )
    assert waist == pytest.approx(WOMAN["waist"] + 0.03)
    assert hem - waist == pytest.approx(2 * math.pi * circle_ratio * skirt_length * WOMAN["waist_to_knee"])


@pytest.mark.parametrize("s", WARDROBE, ids=lambda s: s.name)
def test_every_dart_has_legs_of_one_length(s: Style) -> None:
    for panel in s.draft(WOMAN).panels():
        for e in panel.edges:
            if e.dart and "_in" in e.name:
                assert e.length == pytest.approx(panel.edge(e.name.replace("_in", "_out")).length, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "measures", "choices", "sentence"),
    [
        ("trousers", {}, {"trouser_length": 0.1, "crotch_drop": 0.1}, "trouser_length"),
        ("trousers", {"crotch_height": 1.0}, {}, "crotch_height"),
        ("jeans", {"waist_to_hip": 0.03}, {}, "waist_to_hip"),
        ("trousers", {"thigh": 1.5}, {"trouser_length": 0.12}, "inseam"),
        ("circle_dress", {"across_back_shoulder": 0.15}, {}, "shoulder_width"),
        ("circle_dress", {"back_waist_length": 0.25}, {"armhole_depth": 0.08}, "armhole_depth"),
    ],
)
def test_what_cannot_be_cut_is_refused_with_what_to_change(
    name: str, measures: dict[str, float], choices: dict[str, object], sentence: str
) -> None:
    with pytest.raises(DraftRefused, match=sentence):
        draft(name, WOMAN | measures, choices)


def test_an_unknown_style_is_named_with_its_neighbour() -> None:
    with pytest.raises(UnknownStyle, match="tshirt"):
        style("t-shirt")
