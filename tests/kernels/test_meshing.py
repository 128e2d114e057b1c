# SPDX-License-Identifier: GPL-3.0-or-later
"""Meshing: triangles fill their panel, sewn edges have as many particles on both sides, and no sliver is among them."""

import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from people import WOMAN
from shapely import Polygon
from toile.patterns import Panel, Pattern, draft
from toile.patterns.curves import line
from toile.patterns.pieces import Piece, Wrap, loop
from toile.patterns.seams import seam
from toile.sim import ParticleDistanceRefused
from toile.sim.meshing import PanelMesh, mesh_pattern, run_vertices, smallest_angles

GARMENTS = {
    "T-shirt": ("tshirt", {}),
    "skirt": ("skirt", {}),
    "skirt of eight darts": ("skirt", {"darts_front": 2, "darts_back": 2, "flare": 0.2}),
    "gathered skirt": ("skirt", {"gathers": 2.0}),
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
