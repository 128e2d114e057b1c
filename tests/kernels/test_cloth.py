# SPDX-License-Identifier: GPL-3.0-or-later
"""Cloth: the flat pattern kept to scale, sewn into one garment of the right shape, placed clear of the body."""

import dataclasses
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toile.bodies import Body, avatar
from toile.bodies.body import PART_NAMES
from toile.patterns import Pattern, draft
from toile.sim import Cloth, PlacingRefused, build_cloth, build_coarse
from toile.sim.distance import MeshDistance
from toile.sim.intersections import intersections, self_intersections
from toile.sim.meshing import mesh_pattern
from toile.sim.stations import joined

PEOPLE = {
    "woman of 1.10 m": ({"stature": 1.10}, "woman"),
    "woman of 1.68 m": ({}, "woman"),
    "woman of 1.80 m": ({"stature": 1.80}, "woman"),
    "slim woman": ({"stature": 1.72, "bust": 0.80, "waist": 0.60, "hip": 0.86}, "woman"),
    "heavy woman": ({"stature": 1.65, "bust": 1.15, "waist": 1.00, "hip": 1.20}, "woman"),
    "man of 1.80 m": ({"stature": 1.80}, "man"),
    "heavy man": ({"stature": 1.80, "waist": 1.15}, "man"),
}
STYLES = ("tshirt", "pencil_skirt", "trousers", "circle_dress")
PLAIN = {"trousers": {"pocket_front": "none"}}  # whose only free edges are the hems and the waist's
COARSE = 0.02
WIDEST_GAP = 0.009  # metres of a seam before it is sewn: both edges stand a little apart from its middle

each_style = pytest.mark.parametrize("style", STYLES)
FEW = ("woman of 1.10 m", "woman of 1.68 m", "heavy man")
each_person = pytest.mark.parametrize(
    "person", [pytest.param(person, marks=() if person in FEW else pytest.mark.slow) for person in PEOPLE]
)


@cache
def body(person: str = "woman of 1.68 m") -> Body:
    measures, sex = PEOPLE[person]
    return avatar(measures, sex=sex)


@cache
def pattern(style: str, person: str = "woman of 1.68 m") -> Pattern:
    return draft(style, {name: m.value for name, m in body(person).measurements.items()}, PLAIN.get(style, {})).draped()


@cache
def cloth(style: str, person: str = "woman of 1.68 m") -> Cloth:
    return build_cloth(pattern(style, person), body(person), COARSE)


def lengths(points: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    return np.linalg.norm(points[pairs[:, 0]] - points[pairs[:, 1]], axis=1)


def edges_of(faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Undirected edges (e, 2) and how many faces each has."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    return np.unique(np.sort(edges, axis=1), axis=0, return_counts=True)


def components(n: int, pairs: np.ndarray) -> tuple[int, np.ndarray]:
    sparse = pytest.importorskip("scipy.sparse")
    graph = sparse.coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    return sparse.csgraph.connected_components(graph, directed=False)


@pytest.mark.slow
@each_style
def test_every_edge_of_the_pattern_is_as_long_in_the_cloth(style: str) -> None:
    made = cloth(style)
    meshes, _ = mesh_pattern(pattern(style), COARSE)
    start = 0
    for panel in pattern(style).panels():
        mesh = meshes[panel.name]
        for edge in panel.edges:
            s, index = mesh.stations[edge.name]
            chords = np.linalg.norm(np.diff(made.uv[start + index], axis=0), axis=1)
            assert (chords <= np.diff(s) + 1e-9).all()
            assert chords.sum() == pytest.approx(edge.length, rel=0.01)
        start += len(mesh.points)
    assert start == len(made.uv) == len(made.vertices)


@each_style
def test_panels_lie_side_by_side_with_the_warp_upwards(style: str) -> None:
    made = cloth(style)
    right = -np.inf
    for k, panel in enumerate(pattern(style).panels()):
        u, v = made.uv[made.panel == k].T
        assert u.min() > right
        right = u.max()
        flat = panel.outline()
        across = flat @ np.array([panel.grain[1], -panel.grain[0]])
        assert np.ptp(v) == pytest.approx(np.ptp(flat @ panel.grain), rel=0.02)
        assert np.ptp(u) == pytest.approx(np.ptp(across), rel=0.02)
    u, v = (made.uv[made.faces[:, k]] - made.uv[made.faces[:, 0]] for k in (1, 2))
    assert (u[:, 0] * v[:, 1] > u[:, 1] * v[:, 0]).all()  # anticlockwise


@pytest.mark.parametrize(
    ("style", "band"), [("tshirt", "neckband"), ("pencil_skirt", "waistband"), ("trousers", "waistband")]
)
def test_a_band_is_cut_with_its_length_along_the_warp(style: str, band: str) -> None:
    made = cloth(style)
    u, v = made.uv[made.panel == made.panel_names.index(band)].T
    assert np.ptp(v) > 10 * np.ptp(u)


def test_the_rib_is_on_the_neckband_alone() -> None:
    made = cloth("tshirt")
    assert [n for n, f in zip(made.panel_names, made.fabric_of_panel, strict=True) if f == "rib"] == ["neckband"]


@pytest.mark.parametrize(
    ("style", "openings"), [("tshirt", 4), ("pencil_skirt", 2), ("trousers", 3), ("circle_dress", 4)]
)
def test_sewn_up_it_is_one_surface_with_its_openings_and_no_more(style: str, openings: int) -> None:
    """Neck, hem and two sleeves; waist and hem; waist and two legs. A sphere with k holes has Euler's number 2 − k."""
    made = cloth(style)
    faces, n = made.welded_faces, made.welded_count
    edges, around = edges_of(faces)
    assert around.max() == 2
    assert n - len(edges) + len(faces) == 2 - openings
    assert components(n, edges)[0] == 1
    rim = edges[around == 1]
    assert (np.bincount(rim.ravel(), minlength=n)[rim] == 2).all()  # the rims are closed loops that do not touch
    _, loop_of = components(n, rim)
    assert len(np.unique(loop_of[rim[:, 0]])) == openings
    directed = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    assert len(np.unique(directed, axis=0)) == len(directed)  # every face shows the same side


@each_style
def test_every_sewn_pair_becomes_one_vertex_and_nothing_else_does(style: str) -> None:
    made = cloth(style)
    assert (made.weld[made.sewing[:, 0]] == made.weld[made.sewing[:, 1]]).all()
    count, label = components(len(made.vertices), made.sewing)
    assert count == made.welded_count
    assert len({*zip(made.weld.tolist(), label.tolist(), strict=True)}) == count
    assert (made.sewing[:, 0] != made.sewing[:, 1]).all()
    assert {made.seam_names[k] for k in made.seam_of} == {s.name for s in pattern(style).seams}


@each_style
def test_welding_puts_each_vertex_in_the_middle_of_those_it_joins(style: str) -> None:
    made = cloth(style)
    welded = made.welded(made.vertices)
    for k in range(0, made.welded_count, 17):
        np.testing.assert_allclose(welded[k], made.vertices[made.weld == k].mean(axis=0), atol=1e-12)


@given(st.integers(1, 40).flatmap(lambda n: st.tuples(st.just(n), st.lists(st.tuples(*[st.integers(0, n - 1)] * 2)))))
def test_any_pairs_are_welded_as_a_graph_library_would(case: tuple[int, list[tuple[int, int]]]) -> None:
    n, pairs = case
    chosen = np.array(pairs, np.int32).reshape(-1, 2)
    weld = joined(n, chosen)
    count, label = components(n, chosen)
    assert len({*zip(weld.tolist(), label.tolist(), strict=True)}) == count
    _, first = np.unique(weld, return_index=True)
    assert weld.max() == count - 1
    assert (np.diff(first) > 0).all()  # numbered in order of first appearance


def test_a_long_chain_is_welded_to_one_vertex() -> None:
    order = np.random.default_rng(3).permutation(5000).astype(np.int32)
    assert (joined(5000, np.stack([order[:-1], order[1:]], axis=1)) == 0).all()


@pytest.mark.slow
@each_style
@each_person
def test_no_particle_is_placed_inside_the_body(style: str, person: str) -> None:
    made, figure = cloth(style, person), body(person)
    surface = MeshDistance(figure.vertices, figure.faces)
    assert np.isfinite(made.vertices).all()
    assert surface.query(made.vertices).signed_distance.min() >= 0


def test_rough_work_is_done_on_a_quarter_of_the_particles_unless_a_collar_would_not_lie() -> None:
    body = avatar({})
    measures = {name: m.value for name, m in body.measurements.items()}
    tshirt, shirt = draft("tshirt", measures), draft("shirt", measures)
    coarse = build_coarse(tshirt, body, 0.014)
    assert coarse is not None
    assert len(coarse.vertices) == pytest.approx(len(build_cloth(tshirt, body, 0.014).vertices) / 4, rel=0.2)
    assert build_coarse(tshirt, body, 0.016) is None
    assert build_coarse(shirt, body, 0.012) is None


@pytest.mark.slow
@each_style
@each_person
def test_the_panels_before_sewing_lie_near_each_other_and_outside_the_body(style: str, person: str) -> None:
    made, figure = cloth(style, person), body(person)
    gaps = lengths(made.unsewn, made.sewing)
    assert gaps.max() < (0.2 if style == "tshirt" else 0.15), made.seam_names[made.seam_of[gaps.argmax()]]
    assert gaps.mean() < 0.05
    assert MeshDistance(figure.vertices, figure.faces).query(made.unsewn).signed_distance.min() >= 0


@each_style
@each_person
def test_what_is_to_be_sewn_starts_all_but_closed(style: str, person: str) -> None:
    made = cloth(style, person)
    gaps = lengths(made.vertices, made.sewing)
    assert gaps.max() < WIDEST_GAP, made.seam_names[made.seam_of[gaps.argmax()]]


def welded(style: str, person: str) -> tuple[np.ndarray, np.ndarray]:
    made = cloth(style, person)
    return made.welded(made.vertices), made.welded_faces


@each_style
@each_person
def test_sewn_where_it_stands_it_crosses_neither_itself_nor_the_body(style: str, person: str) -> None:
    positions, faces = welded(style, person)
    assert not len(self_intersections(positions, faces))
    assert not len(intersections(positions, faces, body(person).vertices, body(person).faces))


@each_style
@each_person
def test_sewn_where_it_stands_it_is_little_stretched(style: str, person: str) -> None:
    """The greater singular value of each triangle's map from the pattern: how far its longest thread is drawn."""
    made = cloth(style, person)
    positions, faces = welded(style, person)
    flat, solid = made.uv[made.faces], positions[faces]
    rest, now = (np.stack([x[:, 1] - x[:, 0], x[:, 2] - x[:, 0]], axis=2) for x in (flat, solid))
    stretch = np.linalg.svd(now @ np.linalg.inv(rest), compute_uv=False)[:, 0]
    assert np.median(stretch) < 1.2
    assert np.quantile(stretch, 0.95) < 1.8


def winding(loop: np.ndarray, about: np.ndarray) -> int:
    """How often a closed polygon (n, 2) goes round a point (2,), anticlockwise."""
    to = loop - about
    turned = np.roll(to, -1, axis=0)
    return round(
        float(np.arctan2(to[:, 0] * turned[:, 1] - to[:, 1] * turned[:, 0], (to * turned).sum(1)).sum()) / 2 / np.pi
    )


def rims(positions: np.ndarray, faces: np.ndarray) -> list[np.ndarray]:
    """The closed loops (n, 3) of edges with one face."""
    directed = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    twins = {(int(b), int(a)) for a, b in directed}
    follow = {int(a): int(b) for a, b in directed if (int(a), int(b)) not in twins}
    loops: list[np.ndarray] = []
    while follow:
        start, at = next(iter(follow.items()))
        found = [follow.pop(start)]
        while at != start:
            found.append(follow.pop(at))
            at = found[-1]
        loops.append(positions[found])
    return loops


@each_person
def test_between_the_thighs_there_is_room_for_two_layers_of_cloth(person: str) -> None:
    figure = body(person)
    low = figure.vertices[:, 2] < figure.landmarks["crotch"][2] - 0.03
    for side, sign in (("left", 1), ("right", -1)):
        leg = low & (figure.parts == PART_NAMES.index(f"leg_{side}"))
        assert (sign * figure.vertices[leg, 0]).min() > 0.006


@each_person
def test_each_trouser_leg_goes_round_its_own_leg_and_the_waist_round_the_trunk(person: str) -> None:
    joints = body(person).joints
    loops = sorted(rims(*welded("trousers", person)), key=lambda rim: rim[:, 2].mean())
    for rim, side in zip(sorted(loops[:2], key=lambda rim: -rim[:, 0].mean()), ("left", "right"), strict=True):
        other = {"left": "right", "right": "left"}[side]
        assert abs(winding(rim[:, :2], joints[f"ankle_{side}"][:2])) == 1
        assert winding(rim[:, :2], joints[f"ankle_{other}"][:2]) == 0
    for side in ("left", "right"):
        assert abs(winding(loops[2][:, :2], joints[f"hip_{side}"][:2])) == 1


@each_person
def test_arms_pass_through_the_armholes_of_a_dress_and_both_legs_through_its_hem(person: str) -> None:
    figure = body(person)
    loops = sorted(rims(*welded("circle_dress", person)), key=lambda rim: rim[:, 2].mean())
    for side in ("left", "right"):
        assert abs(winding(loops[0][:, :2], figure.joints[f"knee_{side}"][:2])) == 1
    for rim, side in zip(sorted(loops[1:3], key=lambda rim: -rim[:, 0].mean()), ("left", "right"), strict=True):
        # Seen from the side, the armhole goes round the point where the arm leaves the trunk.
        assert abs(winding(rim[:, 1:], figure.joints[f"shoulder_{side}"][1:])) == 1
    assert abs(winding(loops[3][:, :2], figure.joints["neck"][:2])) == 1


@each_style
@each_person
def test_it_is_placed_on_its_own_side_of_the_body(style: str, person: str) -> None:
    made, figure = cloth(style, person), body(person)
    middle = {n: made.vertices[made.panel == k].mean(axis=0) for k, n in enumerate(made.panel_names)}
    front, back = (
        np.mean([at for n, at in middle.items() if n.startswith(half)], axis=0) for half in ("front", "back")
    )
    assert front[1] < back[1]  # it looks to −Y
    for name, at in middle.items():
        sign = 1 if name.endswith("_left") else -1 if name.endswith("_right") else 0
        assert (sign * at[0] > 0.02) if sign else (abs(at[0]) < 0.015)  # a waistband has its underlap at one end
    if style == "tshirt":
        assert middle["sleeve_left"][0] > figure.landmarks["armpit_left"][0]
        assert middle["neckband"][2] > middle["front"][2]
    elif style == "circle_dress":
        assert middle["skirt_front"][2] < figure.landmarks["waist_front"][2] < middle["front"][2]
    else:
        assert middle["waistband"][2] == pytest.approx(figure.landmarks["waist_front"][2], abs=0.05)


@pytest.mark.slow
@given(st.floats(0.25, 1.0), st.floats(0.3, 1.65))
@settings(max_examples=8)
def test_a_flare_keeps_its_lengths_however_full_and_long_it_is(circle_ratio: float, skirt_length: float) -> None:
    choices = {"circle_ratio": circle_ratio, "skirt_length": skirt_length}
    dress = draft("circle_dress", {name: m.value for name, m in body().measurements.items()}, choices)
    made = build_cloth(dress, body(), 0.03)
    skirt = made.panel[made.faces[:, 0]] == made.panel_names.index("skirt_front")
    edges, _ = edges_of(made.faces[skirt])
    ratio = lengths(made.welded(made.vertices)[made.weld], edges) / lengths(made.uv, edges)
    assert np.median(ratio) == pytest.approx(1.0, abs=0.07)
    assert np.quantile(ratio, 0.95) < 1.3


def test_the_same_pattern_on_the_same_body_gives_the_same_bytes() -> None:
    first, second = (build_cloth(pattern("tshirt"), avatar({}), 0.03) for _ in range(2))
    for field in dataclasses.fields(Cloth):
        a, b = getattr(first, field.name), getattr(second, field.name)
        assert a.tobytes() == b.tobytes() if isinstance(a, np.ndarray) else a == b


@pytest.mark.parametrize(
    ("style", "landmark"),
    [
        ("tshirt", "armpit_left"),
        ("tshirt", "acromion_right"),
        ("tshirt", "neck_side_left"),
        ("pencil_skirt", "waist_front"),
        ("trousers", "crotch"),
        ("circle_dress", "waist_front"),
    ],
)
def test_a_body_without_a_landmark_is_refused_by_its_name(style: str, landmark: str) -> None:
    marks = {name: p for name, p in body().landmarks.items() if name != landmark}
    with pytest.raises(PlacingRefused, match=landmark):
        build_cloth(pattern(style), dataclasses.replace(body(), landmarks=marks), 0.05)


def test_a_leg_that_does_not_say_where_its_fork_lies_is_refused_by_its_name() -> None:
    trousers = pattern("trousers")
    pieces = tuple(dataclasses.replace(p, wrap=dataclasses.replace(p.wrap, over=None)) for p in trousers.pieces)
    with pytest.raises(PlacingRefused, match="front_left"):
        build_cloth(dataclasses.replace(trousers, pieces=pieces), body(), 0.05)


def test_a_band_that_is_sewn_to_nothing_is_refused_by_its_name() -> None:
    shirt = pattern("tshirt")
    loose = dataclasses.replace(shirt, seams=tuple(s for s in shirt.seams if s.name != "neckline"))
    with pytest.raises(PlacingRefused, match="neckband"):
        build_cloth(loose, body(), 0.05)


def test_a_collar_is_pressed_where_it_falls_over_its_stand_and_nothing_else_of_a_shirt_is():
    made = build_cloth(pattern("shirt"), body(), COARSE, untangle=False)
    pairs = made.sewing[made.seam_of == made.seam_names.index("collar")]
    fall = made.panel_names.index("collar")
    sewn = np.where(made.panel[pairs] == fall, pairs, -1).max(axis=1)
    assert set(made.pressed.ravel()) == set(sewn)
    assert {tuple(edge) for edge in np.sort(made.pressed)} <= {tuple(edge) for edge in np.sort(made.creases)}
    assert made.turned.sum() == len(made.pressed)  # the collar's own side of each: the stand's is its neighbour


def test_lapels_are_pressed_along_their_roll_line_and_a_hem_that_is_whole_nowhere():
    meshes, _ = mesh_pattern(pattern("jacket"), COARSE)
    made = build_cloth(pattern("jacket"), body(), COARSE, untangle=False)
    for side in ("left", "right"):
        panel = made.panel_names.index(f"front_{side}")
        there = np.flatnonzero(made.panel == panel)
        line = there[meshes[f"front_{side}"].stations["roll_line"][1]]
        ours = made.pressed[made.panel[made.pressed[:, 0]] == panel]
        assert {tuple(edge) for edge in ours} == set(pairwise(line))
        across = np.isin(made.faces, line).sum(axis=1) == 2
        assert made.turned[across & (made.panel[made.faces[:, 0]] == panel)].sum() == 2 * len(ours)
    assert not len(cloth("tshirt").pressed)
