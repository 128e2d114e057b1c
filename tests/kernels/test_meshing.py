# SPDX-License-Identifier: GPL-3.0-or-later
"""Meshing: triangles fill their panel, sewn edges have as many particles on both sides, and no sliver is among them."""

import math
from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from people import WOMAN
from shapely import Polygon
from toile.patterns import Panel, Pattern, SeamMismatch, draft
from toile.patterns.curves import Arc, Cubic, Line, line
from toile.patterns.pieces import Elastic, InternalLine, Piece, Pleat, Trim, Wrap, loop
from toile.patterns.seams import Fastening, seam
from toile.sim import PanelRefused, ParticleDistanceRefused
from toile.sim.meshing import PanelMesh, mesh_pattern, run_vertices, smallest_angles

GARMENTS = {
    "T-shirt": ("tshirt", {}),
    "skirt": ("pencil_skirt", {}),
    "skirt of eight darts": ("pencil_skirt", {"darts_front": 2, "darts_back": 2, "flare": 0.2}),
    "gathered skirt": ("pencil_skirt", {"gathers": 2.0}),
}
LEAST_ANGLE = math.radians(15)
SHARP = math.radians(35)  # a corner so narrow that its triangle cannot but be a sliver

distances = st.floats(0.008, 0.05)
every_garment = pytest.mark.parametrize("garment", GARMENTS)
quickly = settings(max_examples=6, deadline=None)


@cache
def pattern(garment: str) -> Pattern:
    style, choices = GARMENTS[garment]
    return draft(style, WOMAN, choices)


def outline(panel: Panel, mesh: PanelMesh) -> np.ndarray:
    """(b,) indices of the boundary particles, edge by edge round the panel."""
    return np.concatenate([mesh.stations[e.name][1][:-1] for e in panel.edges])


def doubled_areas(mesh: PanelMesh) -> np.ndarray:
    a, b, c = (mesh.points[mesh.faces[:, k]] for k in range(3))
    (ux, uy), (vx, vy) = (b - a).T, (c - a).T
    return ux * vy - uy * vx


def sharp_corners(panel: Panel, mesh: PanelMesh) -> np.ndarray:
    """Particles on corners where the pattern itself is narrower than SHARP."""
    found = []
    for before, edge in zip((panel.edges[-1], *panel.edges[:-1]), panel.edges, strict=True):
        back = -before.curves[-1].derivative(np.array([1.0]))[0]
        on = edge.curves[0].derivative(np.array([0.0]))[0]
        if math.atan2(on[0] * back[1] - on[1] * back[0], float(on @ back)) % (2 * math.pi) < SHARP:
            found.append(mesh.stations[edge.name][1][0])
    return np.array(found, int)


def sides_of_triangles(faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Undirected edges (e, 2) and how many triangles each has."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    return np.unique(np.sort(edges, axis=1), axis=0, return_counts=True)


@every_garment
@quickly
@given(h=distances)
def test_both_sides_of_every_seam_have_as_many_particles(garment: str, h: float) -> None:
    meshes, runs = mesh_pattern(pattern(garment), h)
    assert {run.seam for run in runs} == {s.name for s in pattern(garment).seams}
    for run in runs:
        a = run_vertices(meshes[run.a.panel], run.a.edge, run.a_span)
        b = run_vertices(meshes[run.b.panel], run.b.edge, run.b_span)
        assert len(a) == len(b) >= 2
        for ref, span, found in ((run.a, run.a_span, a), (run.b, run.b_span, b)):
            ends = pattern(garment).panel(ref.panel).edge(ref.edge).at(span)
            np.testing.assert_allclose(meshes[ref.panel].points[found[[0, -1]]], ends, atol=1e-9)


@every_garment
@quickly
@given(h=distances)
def test_the_triangles_fill_the_panel_and_nothing_else(garment: str, h: float) -> None:
    meshes, _ = mesh_pattern(pattern(garment), h)
    for panel in pattern(garment).panels():
        mesh = meshes[panel.name]
        doubled = doubled_areas(mesh)
        assert (doubled > 0).all()  # anticlockwise
        truth = Polygon(mesh.points[outline(panel, mesh)])
        assert truth.is_valid
        assert doubled.sum() / 2 == pytest.approx(truth.area, rel=1e-12)
        # A chord c cuts c³/12r off a curve of radius r; no curve here bends more tightly than r = h/2.
        assert abs(truth.area - panel.area) < len(truth.exterior.coords) * h * h / 6


@every_garment
@quickly
@given(h=distances)
def test_a_panel_is_one_disk_whose_rim_is_its_outline(garment: str, h: float) -> None:
    meshes, _ = mesh_pattern(pattern(garment), h)
    for panel in pattern(garment).panels():
        mesh, rim = meshes[panel.name], outline(panel, meshes[panel.name])
        edges, triangles = sides_of_triangles(mesh.faces)
        assert set(np.unique(mesh.faces)) == set(range(len(mesh.points)))
        assert len(mesh.points) - len(edges) + len(mesh.faces) == 1  # Euler
        asked = np.sort(np.stack([rim, np.roll(rim, -1)], axis=1), axis=1)
        assert set(map(tuple, edges[triangles == 1])) == set(map(tuple, asked))
        assert triangles.max() == 2


@every_garment
@quickly
@given(h=distances)
def test_no_triangle_is_a_sliver_but_in_a_corner_that_is_one(garment: str, h: float) -> None:
    meshes, _ = mesh_pattern(pattern(garment), h)
    for panel in pattern(garment).panels():
        mesh = meshes[panel.name]
        cornered = np.isin(mesh.faces, sharp_corners(panel, mesh)).any(axis=1)
        assert smallest_angles(mesh.points, mesh.faces)[~cornered].min() >= LEAST_ANGLE


def test_a_godet_is_a_sliver_at_its_tip_alone() -> None:
    edges = loop(
        ("hem", line((-0.06, 0), (0.06, 0))), ("b", line((0.06, 0), (0, 0.5))), ("a", line((0, 0.5), (-0.06, 0)))
    )
    godet = Pattern(
        "g", "g", (Piece("godet", edges, Wrap("torso", "waist_front", (0, 0))),), (seam("s", "godet.b", "-godet.a"),)
    )
    mesh = mesh_pattern(godet, 0.01)[0]["godet"]
    (panel,) = godet.panels()
    tip = sharp_corners(panel, mesh)
    np.testing.assert_allclose(mesh.points[tip], [[0, 0.5]], atol=1e-12)
    far = mesh.points[mesh.faces].mean(axis=1)[:, 1] < 0.45
    assert smallest_angles(mesh.points, mesh.faces)[far].min() >= LEAST_ANGLE


@every_garment
def test_particles_lie_about_as_far_apart_as_asked(garment: str) -> None:
    h = 0.012
    lengths = []
    for mesh in mesh_pattern(pattern(garment), h)[0].values():
        edges, _ = sides_of_triangles(mesh.faces)
        lengths.append(np.linalg.norm(np.diff(mesh.points[edges], axis=1)[:, 0], axis=1))
    assert np.concatenate(lengths).mean() == pytest.approx(h, rel=0.1)
    assert np.concatenate(lengths).max() < 2.2 * h


@every_garment
def test_half_the_distance_makes_four_times_the_particles(garment: str) -> None:
    counts = [sum(len(m.points) for m in mesh_pattern(pattern(garment), h)[0].values()) for h in (0.02, 0.01)]
    assert counts[1] / counts[0] == pytest.approx(4, rel=0.15)


@every_garment
@quickly
@given(h=distances)
def test_left_and_right_are_meshed_alike(garment: str, h: float) -> None:
    meshes, _ = mesh_pattern(pattern(garment), h)
    for name, mesh in meshes.items():
        if name.endswith("_left"):
            other = len(meshes[f"{name.removesuffix('_left')}_right"].points)
            assert abs(len(mesh.points) - other) <= 0.03 * other + 2
        elif name in ("front", "back"):
            left, right = (mesh.points[:, 0] > 1e-9).sum(), (mesh.points[:, 0] < -1e-9).sum()
            assert abs(int(left) - int(right)) <= 0.05 * right + 2


def test_the_same_pattern_gives_the_same_triangles() -> None:
    first, second = (mesh_pattern(pattern("T-shirt"), 0.015)[0] for _ in range(2))
    for name, mesh in first.items():
        assert mesh.points.tobytes() == second[name].points.tobytes()
        assert mesh.faces.tobytes() == second[name].faces.tobytes()


@pytest.mark.parametrize("h", [0.0, -0.01, math.nan, math.inf, 1.0, 0.0001, 0.00099, 0.10001])
def test_a_particle_distance_that_makes_no_cloth_is_refused(h: float) -> None:
    with pytest.raises(ParticleDistanceRefused, match=r"0\.001 to 0\.1 m"):
        mesh_pattern(pattern("T-shirt"), h)


def test_more_particles_than_memory_holds_are_refused_before_they_are_made() -> None:
    corners = [(0.0, 0.0), (2.0, 0.0), (2.0, 2.0), (0.0, 2.0)]
    edges = loop(*zip("abcd", map(line, corners, corners[1:] + corners[:1]), strict=True))
    sheet = Pattern("t", "t", (Piece("sheet", edges, Wrap("torso", "waist_front", (0.0, 0.0))),), ())
    with pytest.raises(ParticleDistanceRefused, match="larger distance"):
        mesh_pattern(sheet, 0.001)


def test_the_smallest_angle_of_known_triangles() -> None:
    points = np.array([[0, 0], [1, 0], [0.5, math.sqrt(0.75)], [0, 1], [0, math.sqrt(3)]])
    faces = np.array([[0, 1, 2], [0, 1, 3], [0, 1, 4]])
    np.testing.assert_allclose(np.degrees(smallest_angles(points, faces)), [60, 45, 30], atol=1e-9)


# ---- Lines inside a piece ----

ABOUT = Wrap("torso", "waist_front", (0.0, 0.0))
BULGE = 0.03  # metres by which the sheet's right side bends outwards


def sheet(name: str = "sheet", width: float = 0.45, height: float = 0.6, **more: object) -> Piece:
    """A rectangle whose right side is bent."""
    a, b, c, d = (0.0, 0.0), (width, 0.0), (width, height), (0.0, height)
    bend = Cubic(*(np.array(p) for p in (b, (width + BULGE, height / 3), (width + BULGE, 2 * height / 3), c)))
    edges = loop(("hem", line(a, b)), ("right", bend), ("top", line(c, d)), ("left", line(d, a)))
    return Piece(name, edges, ABOUT, **more)


def alone(piece: Piece, *more: Piece, seams: tuple = (), fastenings: tuple = ()) -> Pattern:
    return Pattern("p", "p", (piece, *more), seams, fastenings=fastenings)


def fold(name: str, *points: tuple[float, float]) -> InternalLine:
    return InternalLine(name, tuple(map(line, points, points[1:])), "fold", math.pi)


@st.composite
def drawn_lines(draw: st.DrawFn) -> tuple[InternalLine, ...]:
    """In each cell of a grid nothing, a line, two that meet, a loop, or a line that goes to the piece's left side."""
    found: list[InternalLine] = []
    for column in range(2):
        for row in range(3):
            low = np.array([0.05 + 0.2 * column, 0.04 + 0.2 * row])
            corners = [tuple(low + 0.12 * np.array(q)) for q in draw(st.permutations([(0, 0), (1, 0), (1, 1), (0, 1)]))]
            kind = draw(st.sampled_from(["none", "line", "corner", "tee", "loop", "edge"]))
            name = f"{kind} {column} {row}"
            a, b, c, _ = corners
            if kind == "line":
                found.append(fold(name, a, tuple(np.array(b) + draw(st.floats(0.0, 0.01)))))
            elif kind == "corner":
                found += [fold(name, a, b), fold(name + "'", c, b)]
            elif kind == "tee":
                mid = tuple(low + 0.06)
                found += [
                    fold(name, tuple(low), tuple(low + 0.12)),
                    fold(name + "'", tuple(low + np.array([0.12, 0.0])), mid),
                ]
            elif kind == "loop":
                square = [tuple(low + 0.12 * np.array(q)) for q in ((0, 0), (1, 0), (1, 1), (0, 1), (0, 0))]
                found.append(fold(name, *square))
            elif kind == "edge" and column == 0:
                found.append(
                    fold(name, (0.0, float(low[1] + draw(st.floats(0.02, 0.1)))), tuple(low + np.array([0.12, 0.06])))
                )
    return tuple(found)


@pytest.mark.slow
@settings(max_examples=40)
@given(drawn_lines(), st.floats(0.009, 0.03))
def test_lines_inside_become_edges_and_spoil_nothing(lines: tuple[InternalLine, ...], h: float) -> None:
    pattern = alone(sheet(internal=lines))
    (panel,) = pattern.panels()
    mesh = mesh_pattern(pattern, h)[0]["sheet"]
    edges, _ = sides_of_triangles(mesh.faces)
    there = set(map(tuple, edges))
    for run in (*panel.edges, *panel.internal):
        s, index = mesh.stations[run.name]
        np.testing.assert_allclose(mesh.points[index], run.at(s), atol=1e-9)
        assert s[0] == 0.0
        assert s[-1] == pytest.approx(run.length, abs=1e-12)
        assert {tuple(sorted(pair)) for pair in pairwise(index.tolist())} <= there
    assert len(np.unique(mesh.points, axis=0)) == len(mesh.points)
    doubled = doubled_areas(mesh)
    assert (doubled > 0).all()
    assert doubled.sum() / 2 == pytest.approx(Polygon(mesh.points[outline(panel, mesh)]).area, rel=1e-12)
    assert len(mesh.points) - len(edges) + len(mesh.faces) == 1
    # A corner of 45 degrees between two lines is halved, for layers sewn along both must lie apart.
    assert smallest_angles(mesh.points, mesh.faces).min() >= math.radians(14)
    creases = {tuple(sorted(pair)) for pair in mesh.creases.tolist()}
    assert creases == {tuple(sorted(p)) for i in lines for p in pairwise(mesh.stations[i.name][1].tolist())}


def test_lines_that_nothing_is_done_to_leave_the_mesh_as_it_is() -> None:
    marks = (
        InternalLine("stitch", (line((0.1, 0.1), (0.3, 0.4)),)),
        InternalLine("placement", (line((0.3, 0.1), (0.1, 0.4)),), "placement"),
        InternalLine("seam", (line((0.2, 0.1), (0.2, 0.4)),), "seam"),
        InternalLine("crease", (line((0.05, 0.1), (0.05, 0.4)),), "fold"),
    )
    plain, marked = (mesh_pattern(alone(sheet(internal=i)), 0.02)[0]["sheet"] for i in ((), marks))
    assert plain.points.tobytes() == marked.points.tobytes()
    assert set(marked.stations) == {"hem", "right", "top", "left"}


POCKET = (
    InternalLine("p_left", (line((0.1, 0.4), (0.1, 0.25)),), "seam"),
    InternalLine("p_hem", (line((0.1, 0.25), (0.25, 0.25)),), "seam"),
    InternalLine("p_right", (line((0.25, 0.25), (0.25, 0.4)),), "seam"),
)


def pocketed(h: float) -> tuple[Pattern, dict[str, PanelMesh], tuple]:
    front = sheet("front", internal=POCKET, trims=(Trim("button", "button", (0.3, 0.5)),))
    corners = [(0.0, 0.0), (0.15, 0.0), (0.15, 0.15), (0.0, 0.15)]
    edges = loop(*zip(("hem", "right", "top", "left"), map(line, corners, corners[1:] + corners[:1]), strict=True))
    hole = (Trim("hole", "buttonhole", (0.08, 0.13)),)
    pocket = Piece("pocket", edges, Wrap("on", host="front", at=(0.1, 0.25), layer=1), trims=hole)
    pattern = alone(
        front,
        pocket,
        seams=(seam("pocket", "pocket.left pocket.hem pocket.right", "front.p_left front.p_hem front.p_right"),),
        fastenings=(Fastening("closed", "pocket.hole", "front.button"),),
    )
    return pattern, *mesh_pattern(pattern, h)


@quickly
@given(h=distances)
def test_a_pocket_has_as_many_particles_as_the_lines_it_is_sewn_to(h: float) -> None:
    _, meshes, runs = pocketed(h)
    assert len(runs) == 3
    for run in runs:
        a = run_vertices(meshes["pocket"], run.a.edge, run.a_span)
        b = run_vertices(meshes["front"], run.b.edge, run.b_span)
        np.testing.assert_allclose(meshes["pocket"].points[a] + [0.1, 0.25], meshes["front"].points[b], atol=1e-9)


def test_closed_trims_are_vertices_and_elastic_is_meshed() -> None:
    _, meshes, _ = pocketed(0.02)
    np.testing.assert_allclose(meshes["front"].points[meshes["front"].trims["button"]], [0.3, 0.5], atol=1e-12)
    np.testing.assert_allclose(meshes["pocket"].points[meshes["pocket"].trims["hole"]], [0.08, 0.13], atol=1e-12)
    across = (InternalLine("casing", (line((0.0, 0.5), (0.45, 0.5)),)),)
    drawn = alone(sheet(internal=across, elastics=(Elastic("casing", 0.5),)))
    mesh = mesh_pattern(drawn, 0.02)[0]["sheet"]
    assert len(mesh.stations["casing"][1]) > 15
    assert not len(mesh.creases)
    # It meets the left side: one vertex for both, and its other end lies free.
    assert mesh.stations["casing"][1][0] in mesh.stations["left"][1]


@quickly
@given(h=distances)
def test_all_layers_of_a_seam_have_as_many_particles_wherever_their_parts_end(h: float) -> None:
    pieces = tuple(sheet(name) for name in ("a", "b", "c"))
    half = Piece("half", loop(*zip("pqrs", _square(0.225, 0.1), strict=True)), ABOUT)
    other = replace(half, name="other")
    layered = seam("s", "a.top", "b.top", 1.0, "c.top", "half.r other.r")
    meshes, runs = mesh_pattern(Pattern("p", "p", (*pieces, half, other), (layered,)), h)
    counts = [len(meshes[n].stations["top"][0]) for n in "abc"]
    assert len(set(counts)) == 1
    assert counts[0] == sum(len(meshes[n].stations["r"][0]) for n in ("half", "other")) - 1
    for run in runs:
        a = run_vertices(meshes[run.a.panel], run.a.edge, run.a_span)
        assert len(a) == len(run_vertices(meshes[run.b.panel], run.b.edge, run.b_span))


def _square(width: float, height: float) -> list[Line]:
    corners = [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)]
    return list(map(line, corners, corners[1:] + corners[:1]))


def test_seams_that_lead_round_in_circles_are_refused_by_name() -> None:
    """Two seams that join the same edges in another order: every particle asks for one more, for ever."""
    cut = 0.45 * (math.sqrt(5) - 1) / 2
    parts = (
        Piece(name, loop(*zip("pqrs", _square(width, 0.1), strict=True)), ABOUT)
        for name, width in (("x", cut), ("y", 0.45 - cut))
    )
    seams = (seam("one", "a.top", "x.r y.r"), seam("two", "c.top", "b.top", 1.0, "a.top", "y.r x.r"))
    with pytest.raises(SeamMismatch, match="round in circles"):
        mesh_pattern(Pattern("p", "p", (*map(sheet, "abc"), *parts), seams), 0.02)


def test_a_line_that_ends_on_a_sewn_edge_puts_a_particle_on_the_other_side_too() -> None:
    touching = fold("t", (0.1, 0.3), (0.1234, 0.6))
    pattern = alone(sheet(internal=(touching,)), sheet("other"), seams=(seam("s", "sheet.top", "other.top"),))
    meshes, (run,) = mesh_pattern(pattern, 0.03)
    end = meshes["sheet"].stations["t"][1][-1]
    a = run_vertices(meshes["sheet"], run.a.edge, run.a_span).tolist()
    b = run_vertices(meshes["other"], run.b.edge, run.b_span)
    np.testing.assert_allclose(meshes["other"].points[b[a.index(end)]], [0.1234, 0.6], atol=1e-9)


@pytest.mark.parametrize("out", [0.0, 0.05, 0.15])
@pytest.mark.parametrize("deep", [0.004, 0.03, 0.1])
def test_a_fold_from_kink_to_kink_of_an_edge_ends_in_particles(out: float, deep: float) -> None:
    """However sharp the kink is: a sleeve's turn-up runs back along the seam that it is folded onto."""
    half, high = 0.15, 0.25
    wide = half + out
    edges = loop(
        ("hem", line((-wide, -deep), (wide, -deep))),
        ("back", (line((wide, -deep), (half, 0.0)), line((half, 0.0), (0.35, high)))),
        ("cap", line((0.35, high), (-0.35, high))),
        ("front", (line((-0.35, high), (-half, 0.0)), line((-half, 0.0), (-wide, -deep)))),
    )
    turn_up = InternalLine("turn-up", (line((-half, 0.0), (half, 0.0)),), "fold", math.pi)
    pattern = alone(Piece("sleeve", edges, Wrap("torso", "waist_front"), internal=(turn_up,)))
    mesh = mesh_pattern(pattern, 0.02)[0]["sleeve"]
    _, along = mesh.stations["turn-up"]
    for name, end in (("back", along[-1]), ("front", along[0])):
        assert end in mesh.stations[name][1]
    below = (mesh.points[mesh.faces][..., 1] < -1e-9).any(axis=1)
    above = (mesh.points[mesh.faces][..., 1] > 1e-9).any(axis=1)
    assert not (below & above).any()


@quickly
@given(st.floats(0.012, 0.03), st.floats(0.012, 0.03), st.booleans(), st.just(0.0) | st.floats(0.05, 0.2))
def test_a_pleats_three_lines_are_straight_and_reach_the_edges(h: float, depth: float, box: bool, end: float) -> None:
    """On a curved edge the inner fold goes on to the edge, though the middle of its ends lies beside it."""
    piece = sheet()
    right = piece.edge("right")
    s = np.linspace(0.0, right.length, 4000)

    def line_at(y: float) -> tuple[tuple[float, float], tuple[float, float]]:
        x, y = right.at(np.interp(y, right.at(s)[:, 1], s))[0].tolist()
        return (x, y), (end, y)

    placement = line_at(0.2 + 2 * depth)
    pleats = [Pleat("one", line_at(0.2), placement)]
    if box:  # an inverted pleat: the second faces the first, and both are laid on the same line
        pleats.append(Pleat("two", line_at(0.2 + 4 * depth), placement))
    pattern = alone(replace(piece, pleats=tuple(pleats)))
    mesh = mesh_pattern(pattern, h)[0]["sheet"]
    inner = [index for name, (_, index) in mesh.stations.items() if name.endswith("inner fold")]
    assert len(inner) == len(pleats)
    rim = set(mesh.stations["right"][1].tolist())
    for index in inner:
        assert index[0] in rim
        y = mesh.points[index, 1]
        assert np.abs(y - y[0]).max() < 1e-4
        assert (index[-1] in mesh.stations["left"][1]) == (end == 0.0)
    edges, _ = sides_of_triangles(mesh.faces)
    assert {tuple(sorted(pair)) for pair in mesh.creases.tolist()} <= set(map(tuple, edges))
    folded = sum(len(i) - 1 for name, (_, i) in mesh.stations.items() if name.endswith("fold"))
    assert len(mesh.creases) == folded
    assert smallest_angles(mesh.points, mesh.faces).min() >= LEAST_ANGLE


@settings(max_examples=20, deadline=None)
@given(st.floats(0.002, 0.006), st.floats(0.05, 0.2))
def test_lines_that_end_close_to_each_other_make_no_slivers(depth: float, end: float) -> None:
    """A pleat that is almost flat ends within the cloth: its three lines' ends lie closer than particles do."""
    piece = sheet()
    left = float(piece.edge("left").at([0.2])[0, 0])
    ((x, y), (u, v)) = ((left, 0.2), (left, 0.2 + 2 * depth))
    flat = replace(piece, pleats=(Pleat("flat", ((x, y), (end, y)), ((u, v), (end, v))),))
    mesh = mesh_pattern(alone(flat), 0.01)[0]["sheet"]
    assert smallest_angles(mesh.points, mesh.faces).min() >= LEAST_ANGLE


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"internal": (fold("out", (0.1, 0.1), (0.1, 0.7)),)}, "'out' of 'sheet' crosses 'top'"),
        ({"internal": (fold("off", (0.6, 0.1), (0.6, 0.2)),)}, "'off' leaves"),
        ({"internal": (fold("x", (0.1, 0.1), (0.3, 0.3)), fold("y", (0.1, 0.3), (0.3, 0.1)))}, "'x'.* crosses 'y'"),
        ({"internal": (fold("z", (0.1, 0.1), (0.3, 0.3), (0.3, 0.1), (0.1, 0.3)),)}, "'z'.* crosses itself"),
        ({"internal": (fold("on", (0.1, 0.0), (0.3, 0.0)),)}, "'on'"),
        ({"internal": (fold("x", (0.1, 0.1), (0.3, 0.3)), fold("y", (0.2, 0.2), (0.4, 0.4)))}, "runs along"),
        ({"internal": (fold("x", (0.1, 0.1), (0.3, 0.3)), fold("y", (0.1, 0.1), (0.2, 0.2)))}, "runs along"),
        ({"trims": (Trim("b", "button", (0.1, 0.61)),)}, "button 'b' lies outside 'sheet'"),
        ({"trims": (Trim("b", "button", (math.nan, 0.1)),)}, "lies outside"),
        ({"pleats": (Pleat("p", ((0.1, 0.6), (0.3, 0.0)), ((0.3, 0.6), (0.1, 0.0))),)}, "crosses"),
        ({"pleats": (Pleat("p", ((0.1, 0.6), (0.1, 0.0)), ((0.1, 0.6), (0.1, 0.0))),)}, "no length or no depth"),
        ({"pleats": (Pleat("p", ((0.1, 0.6), (0.1, 0.0)), ((0.1, 0.0), (0.1, 0.6))),)}, "no length or no depth"),
        ({"pleats": (Pleat("p", ((0.1, math.nan), (0.1, 0.0)), ((0.2, 0.6), (0.2, 0.0))),)}, "no length or no depth"),
        ({"pleats": (Pleat("p", ((0.1, 0.6), (0.1, 0.6)), ((0.2, 0.6), (0.2, 0.0))),)}, "no length or no depth"),
    ],
)
def test_lines_and_trims_that_a_piece_cannot_carry_are_refused_by_name(more: dict, says: str) -> None:
    with pytest.raises(PanelRefused, match=says):
        mesh_pattern(alone(sheet(**more)), 0.02)


def test_lines_that_only_their_chords_let_cross_are_refused_by_name() -> None:
    bow = Cubic(*(np.array(p) for p in ((0.1, 0.3), (0.1, 0.33), (0.12, 0.33), (0.12, 0.3))))
    pattern = alone(
        sheet(internal=(InternalLine("bow", (bow,), "fold", math.pi), fold("arrow", (0.11, 0.2), (0.11, 0.31))))
    )
    mesh_pattern(pattern, 0.01)
    with pytest.raises(PanelRefused, match="smaller particle distance"):
        mesh_pattern(pattern, 0.1)


@pytest.mark.parametrize("end", ["sheet.nothing", "nowhere.button", "", "sheet"])
def test_a_fastening_of_what_is_not_there_is_refused_by_name(end: str) -> None:
    pattern = alone(
        sheet(trims=(Trim("button", "button", (0.3, 0.5)),)), fastenings=(Fastening("f", "sheet.button", end),)
    )
    with pytest.raises(SeamMismatch, match="'f' closes"):
        mesh_pattern(pattern, 0.02)


@quickly
@given(h=distances)
def test_a_whole_circle_cut_open_stays_open(h: float) -> None:
    """Its two sides lie on each other: the outline touches itself, and is one disk all the same."""
    outer, inner = (Arc(np.zeros(2), r, a, b) for r, a, b in ((0.5, 0.0, 2 * np.pi), (0.12, 2 * np.pi, -2 * np.pi)))
    there, back = line((0.5, 0.0), (0.12, 0.0)), line((0.12, 0.0), (0.5, 0.0))
    ring = Piece("ring", loop(("hem", outer), ("left", there), ("waist", inner), ("right", back)), ABOUT)
    (panel,) = ring.panels()
    mesh = mesh_pattern(alone(ring), h)[0]["ring"]
    rim = outline(panel, mesh)
    edges, triangles = sides_of_triangles(mesh.faces)
    assert len(mesh.points) - len(edges) + len(mesh.faces) == 1
    asked = np.sort(np.stack([rim, np.roll(rim, -1)], axis=1), axis=1)
    assert set(map(tuple, edges[triangles == 1])) == set(map(tuple, asked))
    assert doubled_areas(mesh).sum() / 2 == pytest.approx(np.pi * (0.5**2 - 0.12**2), rel=0.06)
    assert smallest_angles(mesh.points, mesh.faces).min() >= LEAST_ANGLE


@quickly
@given(st.floats(0.012, 0.03), st.floats(0.32, 0.45))
def test_beside_a_short_stretch_particles_stand_closer(h: float, share: float) -> None:
    short = share * h
    corners = [(0.0, 0.0), (0.4, 0.0), (0.4, 0.3), (0.2 + short, 0.3), (0.2, 0.3), (0.0, 0.3)]
    edges = loop(*zip("abcdef", map(line, corners, corners[1:] + corners[:1]), strict=True))
    mesh = mesh_pattern(alone(Piece("yoke", edges, ABOUT)), h)[0]["yoke"]
    assert len(mesh.stations["d"][0]) == 2
    assert smallest_angles(mesh.points, mesh.faces).min() >= LEAST_ANGLE


def test_a_pattern_of_nothing_is_refused() -> None:
    with pytest.raises(PanelRefused, match="give it a piece"):
        mesh_pattern(Pattern("empty", "empty", (), ()), 0.02)
