# SPDX-License-Identifier: GPL-3.0-or-later
"""Cloth with a wall: closed, crossing nowhere, as thick as asked for; and its files, read by other libraries."""

import io
import zipfile

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st
from toile.addon.exports.solid import Solid, SolidRefused, slab, solid_cloth
from toile.addon.exports.stl import to_stl
from toile.addon.exports.threemf import to_3mf
from toile.sim.distance import MeshDistance, MeshRefused
from toile.sim.intersections import self_intersections

WALL = 0.02


def sheet(columns, rows, height=lambda x, y: 0 * x):
    """A sheet of 0.1 m × 0.1 m, as vertices and triangles."""
    x, y = np.meshgrid(np.linspace(0, 0.1, columns), np.linspace(0, 0.1, rows))
    k = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).ravel()
    low, high = np.stack([k, k + 1, k + columns], axis=1), np.stack([k + 1, k + columns + 1, k + columns], axis=1)
    return np.stack([x.ravel(), y.ravel(), height(x, y).ravel()], axis=1), np.concatenate([low, high])


def fin():
    """Three sheets that meet in one edge, as at a pocket."""
    vertices, faces = sheet(3, 3)
    upright = vertices[:, [0, 2, 1]] + [0, 0.05, 0]
    return np.concatenate([vertices, upright]), np.concatenate([faces, faces + len(vertices)])


@pytest.mark.slow
@given(
    amplitude=st.floats(0.0, 0.03), waves=st.floats(10.0, 60.0), gap=st.floats(0.0, 0.03), wall=st.floats(0.012, 0.03)
)
@settings(max_examples=6)
def test_two_waving_layers_become_one_closed_body_that_crosses_nowhere(amplitude, waves, gap, wall):
    one, faces = sheet(7, 7, lambda x, y: amplitude * np.sin(waves * x) * np.cos(waves * y))
    vertices = np.concatenate([one, one + np.array([0, 0, gap])])
    solid = solid_cloth(vertices, np.concatenate([faces, faces + len(one)]), wall)
    solid.check()
    assert len(self_intersections(solid.vertices, solid.faces)) == 0
    read = trimesh.Trimesh(solid.vertices, solid.faces, process=False)
    assert read.is_watertight
    assert read.is_winding_consistent
    assert read.volume == pytest.approx(solid.volume, rel=1e-9)


def test_a_body_reaches_half_a_wall_from_its_cloth():
    for vertices, faces in (sheet(4, 4), fin()):
        solid = solid_cloth(vertices, faces, WALL)
        off = np.abs(MeshDistance(vertices, faces).query(solid.vertices).signed_distance)
        assert np.median(off) == pytest.approx(WALL / 2, rel=0.005)
        assert 0.7 * WALL / 2 < off.min() < off.max() < 1.4 * WALL / 2, "at a rim and in a corner"
        assert len(self_intersections(solid.vertices, solid.faces)) == 0


def test_a_flat_sheets_body_tends_to_the_volume_of_what_lies_near_it():
    vertices, faces = sheet(4, 4)
    wall = 0.006
    exact = 0.1 * 0.1 * wall + 4 * 0.1 * np.pi * (wall / 2) ** 2 / 2 + 4 / 3 * np.pi * (wall / 2) ** 3
    assert solid_cloth(vertices, faces, wall).volume == pytest.approx(exact, rel=0.08)


def test_a_slab_is_its_area_times_its_wall():
    vertices, faces = sheet(5, 4)
    for wound in (faces, faces[:, ::-1]):
        body = slab(vertices[:, :2], wound, 0.003)
        assert body.volume == pytest.approx(0.1 * 0.1 * 0.003, rel=1e-12)
        assert body.area == pytest.approx(2 * 0.1 * 0.1 + 4 * 0.1 * 0.003, rel=1e-12)
        assert len(self_intersections(body.vertices, body.faces)) == 0


@pytest.mark.parametrize("wall", [0.0, -0.001, np.nan, np.inf])
def test_a_wall_that_is_none_is_refused(wall):
    vertices, faces = sheet(3, 3)
    with pytest.raises(SolidRefused, match="thicker than nothing"):
        solid_cloth(vertices, faces, wall)
    with pytest.raises(SolidRefused, match="thicker than nothing"):
        slab(vertices[:, :2], faces, wall)


@pytest.mark.parametrize("wall", [1e-9, 1e-5, 8e-5])
def test_a_wall_too_thin_for_any_machine_is_refused_before_the_memory_is_taken(wall):
    with pytest.raises(SolidRefused, match="thicker"):
        solid_cloth(*sheet(3, 3), wall)


def test_what_is_no_surface_is_refused():
    vertices, faces = sheet(3, 3)
    with pytest.raises(MeshRefused):
        solid_cloth(vertices * np.nan, faces, WALL)
    with pytest.raises(MeshRefused):
        solid_cloth(vertices, faces[:0], WALL)
    body = slab(vertices[:, :2], faces, WALL)
    for broken in (body.faces[1:], body.faces[:, ::-1], np.concatenate([body.faces, body.faces[:1]])):
        with pytest.raises(SolidRefused):
            Solid(body.vertices, broken).check()


# ---- Files ----


@pytest.fixture(scope="module")
def body():
    return solid_cloth(*fin(), WALL)


def test_an_stl_is_read_in_millimetres_as_the_same_body(body):
    read = trimesh.load(io.BytesIO(to_stl(body)), file_type="stl")
    assert read.is_watertight
    assert read.volume == pytest.approx(1e9 * body.volume, rel=1e-4)
    assert read.extents == pytest.approx(1000 * np.ptp(body.vertices, axis=0), rel=1e-5)
    assert not to_stl(body).startswith(b"solid")


def test_a_3mf_is_read_by_its_consortium_without_a_warning(body, tmp_path):
    lib3mf = pytest.importorskip("lib3mf")
    path = tmp_path / "a.3mf"
    bodies = {'front "left" <&>': body, "back": slab(sheet(3, 3)[0][:, :2], sheet(3, 3)[1], WALL)}
    path.write_bytes(to_3mf(bodies, "Dress & <coat>", "Ada", "CC-BY-4.0"))
    wrapper = lib3mf.get_wrapper()
    model = wrapper.CreateModel()
    reader = model.QueryReader("3mf")
    reader.SetStrictModeActive(True)
    reader.ReadFromFile(str(path))
    assert reader.GetWarningCount() == 0
    meshes, read = model.GetMeshObjects(), {}
    while meshes.MoveNext():
        mesh = meshes.GetCurrentMeshObject()
        assert mesh.IsValid()
        assert mesh.IsManifoldAndOriented()
        read[mesh.GetName()] = (mesh.GetVertexCount(), mesh.GetTriangleCount())
    assert read == {name: (len(each.vertices), len(each.faces)) for name, each in bodies.items()}
    group = model.GetMetaDataGroup()
    told = {group.GetMetaData(i).GetName(): group.GetMetaData(i).GetValue() for i in range(group.GetMetaDataCount())}
    assert told == {"Title": "Dress & <coat>", "Designer": "Ada", "LicenseTerms": "CC-BY-4.0", "Application": "Toile"}


def test_the_same_body_gives_the_same_bytes(body):
    again = solid_cloth(*fin(), WALL)
    assert to_stl(again) == to_stl(body)
    made = to_3mf({"a": again}, "a")
    assert made == to_3mf({"a": body}, "a")
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}
