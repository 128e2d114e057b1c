# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers, pleats, folds, laps, collars and hoods where they start: folded truly, in order, and crossing nothing."""

from dataclasses import replace
from functools import cache
from math import pi

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toile.bodies import Body, avatar
from toile.patterns import Pattern, Piece, draft
from toile.patterns.curves import line
from toile.patterns.pieces import InternalLine, Panel, Pleat, Wrap, loop
from toile.patterns.seams import seam
from toile.sim import Cloth, PlacingRefused, build_cloth
from toile.sim.distance import MeshDistance
from toile.sim.intersections import intersections, self_intersections
from toile.sim.placing.folding import laid
from toile.sim.placing.layers import GAP

PEOPLE = {
    "woman": ({}, "woman"),
    "slim woman": ({"stature": 1.72, "bust": 0.80, "waist": 0.60, "hip": 0.86}, "woman"),
    "man": ({"stature": 1.80}, "man"),
    "heavy man": ({"stature": 1.78, "bust": 1.24, "waist": 1.20}, "man"),
}
COARSE = 0.02
each_person = pytest.mark.parametrize(
    "person", ["woman", pytest.param("slim woman", marks=pytest.mark.slow), pytest.param("man", marks=pytest.mark.slow)]
)


@cache
def body(person: str = "woman") -> Body:
    measures, sex = PEOPLE[person]
    return avatar(measures, sex=sex)


def drafted(style: str, person: str, **choices: object) -> Pattern:
    return draft(style, {name: m.value for name, m in body(person).measurements.items()}, choices)


def rectangle(name: str, width: float, height: float, wrap: Wrap, **more: object) -> Piece:
    half = width / 2
    edges = loop(
        ("bottom", line((-half, 0), (half, 0))),
        ("right", line((half, 0), (half, height))),
        ("top", line((half, height), (-half, height))),
        ("left", line((-half, height), (-half, 0))),
    )
    return Piece(name, edges, wrap, **more)  # type: ignore[arg-type]


def panel(width: float, height: float, **more: object) -> Panel:
    return rectangle("cloth", width, height, Wrap("torso", "waist_front"), **more).panels()[0]


def crossings(cloth: Cloth, figure: Body) -> tuple[int, int]:
    x, faces = cloth.welded(cloth.vertices), cloth.welded_faces
    return len(self_intersections(x, faces)), len(intersections(x, faces, figure.vertices, figure.faces))


def of(cloth: Cloth, name: str) -> np.ndarray:
    return cloth.vertices[cloth.panel == cloth.panel_names.index(name)]


# ---- Folded in the flat ----


@given(st.floats(-0.3, 0.3), st.floats(0.02, 0.1), st.booleans())
def test_a_pleat_lays_its_fold_on_its_placement_and_its_cloth_in_three_layers(
    at: float, width: float, mirrored: bool
) -> None:
    fold, placement = (at + width, at) if mirrored else (at, at + width)
    pleat = Pleat("pleat", ((fold, 0.5), (fold, 0.0)), ((placement, 0.5), (placement, 0.0)))
    cloth = panel(1.0, 0.5, pleats=(pleat,))
    middle = (fold + placement) / 2
    points = np.array([[x, y] for x in (fold, placement, middle) for y in (0.1, 0.4)])
    found, depth, _ = laid(cloth, points)
    np.testing.assert_allclose(found[:2], found[2:4], atol=1e-9)  # the fold on the placement
    np.testing.assert_allclose(np.abs(found[4:, 0] - found[:2, 0]), width / 2, atol=1e-9)
    assert (depth[2:4] < depth[4:]).all()  # the inner fold lies between the two
    assert (depth[4:] < depth[:2]).all()
    ends = laid(cloth, np.array([[-0.5, 0.2], [0.5, 0.2]])).points
    assert ends[1, 0] - ends[0, 0] == pytest.approx(1.0 - width)


def test_a_pleat_that_ends_inside_opens_below() -> None:
    pleat = Pleat("pleat", ((0.05, 0.5), (0.05, 0.4)), ((0.09, 0.5), (0.09, 0.4)))
    cloth = panel(0.6, 0.5, pleats=(pleat,))
    ends = laid(cloth, np.array([[-0.3, 0.5], [0.3, 0.5], [-0.3, 0.0], [0.3, 0.0]])).points
    assert ends[1, 0] - ends[0, 0] == pytest.approx(0.56)
    assert ends[3, 0] - ends[2, 0] == pytest.approx(0.6)


@given(st.floats(-0.6, 0.6), st.floats(0.1, 0.3), st.sampled_from((pi, -pi)))
def test_what_lies_beyond_a_fold_is_mirrored_in_it_and_keeps_its_lengths(
    slope: float, height: float, turn: float
) -> None:
    low, high = height - 0.2 * slope, height + 0.2 * slope
    fold = InternalLine("fold", (line((-0.2, low), (0.2, high)),), "fold", turn)
    cloth = panel(0.4, 0.5, internal=(fold,))
    grid = np.stack(np.meshgrid(np.linspace(-0.19, 0.19, 9), np.linspace(0.0, 0.5, 11)), axis=-1).reshape(-1, 2)
    above = grid[:, 1] - height - slope * grid[:, 0]
    grid, beyond = grid[np.abs(above) > 1e-9], (above > 0)[np.abs(above) > 1e-9]
    found, depth, folded = laid(cloth, grid)
    np.testing.assert_array_equal(folded, beyond)
    np.testing.assert_array_equal(found[~beyond], grid[~beyond])
    gaps = np.linalg.norm(grid[beyond][:, None] - grid[beyond], axis=2)
    np.testing.assert_allclose(np.linalg.norm(found[beyond][:, None] - found[beyond], axis=2), gaps, atol=1e-9)
    assert (np.sign(turn) * depth[beyond] > 0).all()


# ---- On the body ----


def with_pocket(person: str) -> Pattern:
    """A T-shirt with a patch pocket on the chest and a flap over it."""
    shirt = drafted("tshirt", person)
    front = next(p for p in shirt.pieces if p.name == "front")
    x, y, width, height = 0.08, -0.28, 0.10, 0.12
    left, right, top = x - width / 2, x + width / 2, y + height
    corners = (((left, top), (left, y)), ((left, y), (right, y)), ((right, y), (right, top)))
    lines = [InternalLine(f"pocket_{k}", (line(*ends),), "seam") for k, ends in enumerate(corners)] + [
        InternalLine("flap", (line((left, top + 0.012), (right, top + 0.012)),), "seam")
    ]
    pocket = rectangle("pocket", width, height, Wrap("on", host="front", at=(x, y), layer=1))
    flap = rectangle("flap", width, 0.05, Wrap("on", host="front", anchor=(0, 0.05), at=(x, top + 0.012), layer=2))
    seams = [
        seam(f"pocket_{k}", f"front.pocket_{k}_left", f"pocket.{edge}")
        for k, edge in enumerate(("left", "bottom", "right"))
    ]
    pieces = tuple(replace(front, internal=(*front.internal, *lines)) if p is front else p for p in shirt.pieces)
    seams.append(seam("flap", "front.flap_left", "-flap.top"))
    return Pattern("Shirt", "tshirt", (*pieces, pocket, flap), (*shirt.seams, *seams))


@each_person
def test_a_pocket_lies_on_the_front_and_its_flap_on_the_pocket(person: str) -> None:
    cloth = build_cloth(with_pocket(person), body(person), COARSE)
    assert crossings(cloth, body(person)) == (0, 0)
    front = cloth.faces[cloth.panel[cloth.faces[:, 0]] == cloth.panel_names.index("front")]
    surface = MeshDistance(cloth.vertices, front)
    heights = {name: surface.query(of(cloth, name)).signed_distance for name in ("pocket", "flap")}
    assert np.median(heights["pocket"][heights["pocket"] > 0.5 * GAP]) == pytest.approx(GAP, abs=0.4 * GAP)
    assert heights["flap"].max() > 1.5 * GAP


STYLES = ("pleated_skirt", "shirt", "polo", "hoodie", "wrap_dress", "jacket")


@pytest.mark.slow
@each_person
@pytest.mark.parametrize("style", STYLES)
def test_garments_of_several_layers_start_crossing_neither_themselves_nor_the_body(style: str, person: str) -> None:
    cloth = build_cloth(drafted(style, person), body(person), COARSE)
    assert crossings(cloth, body(person)) == (0, 0)


@pytest.mark.slow
@pytest.mark.parametrize("pleat", ["knife", "box", "inverted"])
def test_pleats_of_every_kind_start_in_order(pleat: str) -> None:
    assert crossings(build_cloth(drafted("pleated_skirt", "woman", pleat=pleat), body(), COARSE), body()) == (0, 0)


@pytest.mark.slow
def test_no_two_triangles_of_layers_sewn_together_are_one() -> None:
    faces = np.sort(build_cloth(drafted("pleated_skirt", "woman"), body(), COARSE).welded_faces, axis=1)
    assert len(np.unique(faces, axis=0)) == len(faces)


def test_the_front_that_laps_lies_outside_the_other() -> None:
    pattern = drafted("wrap_dress", "woman")
    cloth = build_cloth(pattern, body(), COARSE)
    layers = {p.name: p.wrap.layer for p in pattern.panels()}
    lower, upper = sorted(("front_left", "front_right"), key=layers.__getitem__)
    beneath = cloth.faces[cloth.panel[cloth.faces[:, 0]] == cloth.panel_names.index(lower)]
    above = of(cloth, upper)
    near = MeshDistance(cloth.vertices, beneath).query(above, max_distance=0.01)
    middle = np.isfinite(near.signed_distance) & (np.abs(above[:, 0]) < 0.03) & (np.abs(above[:, 2] - 1.0) < 0.1)
    assert middle.sum() > 5
    assert np.median(near.signed_distance[middle]) > 0.3 * GAP


@pytest.mark.slow
def test_a_shirt_collar_falls_down_outside_its_stand() -> None:
    cloth = build_cloth(drafted("shirt", "woman"), body(), COARSE)
    collar, stand = of(cloth, "collar"), of(cloth, "stand")
    behind = np.abs(collar[:, 0]) < 0.03, np.abs(stand[:, 0]) < 0.03
    back, inner = (x[near & (x[:, 1] > 0)] for x, near in zip((collar, stand), behind, strict=True))
    assert back[:, 2].min() < inner[:, 2].max() - 0.02  # it hangs from the stand's top …
    assert back[:, 1].max() > inner[:, 1].max() + 0.002  # … behind it


@pytest.mark.parametrize(("style", "collar"), [("shirt", "shirt"), ("blouse", "peter_pan")])
def test_a_collar_that_is_turned_over_hangs_on_its_seam_as_on_a_hinge(style: str, collar: str) -> None:
    pattern = drafted(style, "woman", collar=collar)
    cloth = build_cloth(pattern, body(), COARSE, untangle=False)
    mesh = np.flatnonzero(cloth.panel == cloth.panel_names.index("collar"))
    sewn = np.isin(mesh, cloth.sewing)
    folded = np.isin(mesh, cloth.creases)
    assert sewn.sum() > 10
    assert (folded == sewn).all()
    upright = Wrap("seam", "neck_side_left")
    pieces = tuple(replace(p, wrap=upright) if p.name == "collar" else p for p in pattern.pieces)
    standing = build_cloth(replace(pattern, pieces=pieces), body(), COARSE, untangle=False)
    assert not np.isin(mesh, standing.creases).any()


@pytest.mark.parametrize("person", PEOPLE)
def test_each_half_of_a_collar_that_is_open_behind_lies_on_its_own_shoulder(person: str) -> None:
    cloth = build_cloth(drafted("bodice", person, collar="peter_pan"), body(person), COARSE, untangle=False)
    skin = MeshDistance(body(person).vertices, body(person).faces)
    for name, side in (("collar_left", 1), ("collar_right", -1)):
        collar = of(cloth, name)
        assert skin.query(collar).signed_distance.min() > 0
        assert (side * collar[:, 0]).min() > -2 * GAP


@pytest.mark.parametrize(("style", "buttons"), [("polo", 2), ("polo", 4), ("cardigan", 7)])
@pytest.mark.parametrize("person", ["woman", "man"])
def test_the_placket_underneath_lies_within_the_seam_of_the_one_above(style: str, buttons: int, person: str) -> None:
    pattern = drafted(style, person, closure="placket", buttons=buttons, collar="none", facing="none")
    cloth = build_cloth(pattern, body(person), COARSE, untangle=False)
    assert crossings(cloth, body(person))[0] == 0


@given(st.floats(0.014, 0.03), st.integers(2, 4))
@settings(max_examples=8, deadline=None)
def test_no_two_triangles_of_a_buttoned_placket_are_one(h: float, buttons: int) -> None:
    pattern = drafted("polo", "woman", buttons=buttons, opening_depth=0.17, placket_width=0.02, facing="none")
    cloth = build_cloth(pattern, body(), h, untangle=False)
    faces = np.sort(cloth.welded_faces, axis=1)
    assert len(np.unique(faces, axis=0)) == len(faces)
    corners = cloth.uv[cloth.faces]
    u, v = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    assert (u[:, 0] * v[:, 1] > u[:, 1] * v[:, 0]).all()  # anticlockwise, none turned over


def test_a_hood_stands_round_the_head() -> None:
    cloth = build_cloth(drafted("hoodie", "woman"), body(), COARSE)
    hood = np.concatenate([of(cloth, n) for n in cloth.panel_names if n.startswith("hood")])
    head = body().vertices[body().vertices[:, 2] > body().joints["head"][2]]
    assert hood[:, 2].max() > head[:, 2].max()
    assert hood[:, 0].min() < head[:, 0].min()
    assert hood[:, 0].max() > head[:, 0].max()
    assert hood[:, 1].max() > head[:, 1].max()  # behind it, but not before the face


@each_person
def test_a_sleeve_as_long_as_the_arm_passes_round_the_hand(person: str) -> None:
    shirt = drafted("tshirt", person, sleeve_length=1.05)
    assert crossings(build_cloth(shirt, body(person), COARSE), body(person)) == (0, 0)


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("style", ["leggings", "trousers"])
def test_legs_as_long_as_to_the_floor_start_above_the_foot(style: str, person: str) -> None:
    soles = body(person).vertices[:, 2].min()
    cloth = build_cloth(drafted(style, person, trouser_length=1.0), body(person), COARSE)
    assert crossings(cloth, body(person))[1] == 0
    assert cloth.vertices[:, 2].min() > soles + 0.01
    short = build_cloth(drafted(style, person, trouser_length=0.9), body(person), COARSE, untangle=False)
    hem = short.unsewn[:, 2].min() - soles
    assert 0.04 < hem < 0.14  # as they are cut, and not pushed up


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize(("style", "cuff", "deep"), [("blouse", "buttoned", 0.08), ("tshirt", "rib", 0.12)])
def test_a_cuff_over_the_hand_has_the_thumb_in_it(style: str, cuff: str, deep: float, person: str) -> None:
    pattern = drafted(style, person, cuff=cuff, cuff_depth=deep, sleeve_length=1.05)
    cloth = build_cloth(pattern, body(person), COARSE)
    assert min(of(cloth, "cuff_left")[:, 2]) < body(person).joints["wrist_left"][2] - 0.04
    assert crossings(cloth, body(person)) == (0, 0)


@pytest.mark.slow
@pytest.mark.parametrize(("style", "person"), [("bodice", "heavy man"), ("jeans", "woman"), ("tank", "heavy man")])
def test_cloth_without_a_fold_starts_without_one(style: str, person: str) -> None:
    cloth = build_cloth(drafted(style, person), body(person), 0.022)
    a, b, c = (cloth.welded(cloth.vertices)[cloth.welded_faces[:, k]] for k in range(3))
    out = np.cross(b - a, c - a)
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    beside: dict[tuple[int, int], int] = {}
    worst = 1.0
    for number, face in enumerate(cloth.faces.tolist()):  # unwelded: neighbours within a panel alone
        for edge in ((face[0], face[1]), (face[1], face[2]), (face[2], face[0])):
            if (other := beside.pop((edge[1], edge[0]), None)) is not None:
                worst = min(worst, float(out[number] @ out[other]))
            beside[edge] = number
    assert worst > -0.5


# ---- Refused ----


def one(wrap: Wrap) -> Pattern:
    return Pattern("One", "own", (rectangle("patch", 0.1, 0.1, wrap),), ())


def test_a_host_that_is_not_there_is_refused_by_its_name() -> None:
    with pytest.raises(PlacingRefused, match="'nowhere'"):
        build_cloth(one(Wrap("on", host="nowhere")), body(), COARSE)


def test_panels_that_lie_on_each_other_are_refused() -> None:
    pair = tuple(rectangle(a, 0.1, 0.1, Wrap("on", host=b)) for a, b in (("this", "that"), ("that", "this")))
    with pytest.raises(PlacingRefused, match="lie on each other"):
        build_cloth(Pattern("Two", "own", pair, ()), body(), COARSE)


def test_a_panel_in_space_lies_where_its_frame_says() -> None:
    frame = ((-0.2, -0.5, 1.0), (1.0, 0.0, 0.0), (0.0, 0.0, 1.0))
    cloth = build_cloth(one(Wrap("space", frame=frame)), body(), COARSE)
    low, high = cloth.vertices.min(axis=0), cloth.vertices.max(axis=0)
    np.testing.assert_allclose([low, high], [[-0.25, -0.5, 1.0], [-0.15, -0.5, 1.1]], atol=1e-9)
