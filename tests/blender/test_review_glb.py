# SPDX-License-Identifier: GPL-3.0-or-later
"""The GLB of a review carries what the review page reads, and leaves the scene as it was."""

import json

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

import toile
from toile.addon import bridge
from toile.addon.exports.glb import Glb
from toile.addon.review_glb import export_review_glb

PANELS = ["front", "back"]
STRAIN, PRESSURE, SHEEN = (0.03, -0.01), 750.0, 0.25


@pytest.fixture(autouse=True)
def registered():
    toile.register()
    yield
    toile.unregister()


@pytest.fixture
def garment():
    """Two squares that share an edge, each a panel, laid side by side in UV with a gap."""
    vertices = np.array([(x, 0, z) for x in (0, 1, 2) for z in (0, 1)], float)
    faces = np.array([(0, 2, 3), (0, 3, 1), (2, 4, 5), (2, 5, 3)])
    uv = vertices[faces.ravel()][:, [0, 2]] + np.repeat([[0, 0], [0.5, 0]], 6, axis=0)
    mesh = bridge.mesh_of("skirt", vertices, faces, uv)
    mesh.attributes.new("panel", "INT", "FACE").data.foreach_set("value", np.array([0, 0, 1, 1], np.int32))
    mesh.attributes.new("strain", "FLOAT2", "FACE").data.foreach_set("vector", np.tile(np.float32(STRAIN), 4))
    mesh.attributes.new("pressure", "FLOAT", "POINT").data.foreach_set("value", np.full(6, PRESSURE, np.float32))
    mesh["toile_panels"] = json.dumps(PANELS)
    material = bpy.data.materials.new("Linen")
    if material.node_tree is None:  # before Blender 5
        material.use_nodes = True
    principled = next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
    principled.inputs["Sheen Weight"].default_value = SHEEN
    mesh.materials.append(material)
    obj = bpy.data.objects.new("skirt", mesh)
    bpy.context.collection.objects.link(obj)
    yield obj
    bpy.data.objects.remove(obj)
    bpy.data.meshes.remove(mesh)


def read(glb: Glb, accessor: int) -> np.ndarray:
    told = glb.json["accessors"][accessor]
    view = glb.json["bufferViews"][told["bufferView"]]
    size = {"SCALAR": 1, "VEC2": 2, "VEC3": 3}[told["type"]]
    start = view.get("byteOffset", 0) + told.get("byteOffset", 0)
    return np.frombuffer(glb.binary, "<f4", told["count"] * size, start).reshape(-1, size)


def test_panels_strain_and_pressure_go_along(garment, tmp_path) -> None:
    before = len(bpy.data.objects), len(bpy.data.meshes), set(garment.data.attributes.keys())
    export_review_glb(tmp_path / "review.glb", garment)
    assert (len(bpy.data.objects), len(bpy.data.meshes), set(garment.data.attributes.keys())) == before
    glb = Glb.parse((tmp_path / "review.glb").read_bytes())
    (mesh,) = glb.json["meshes"]
    assert json.loads(mesh["extras"]["toile_panels"]) == PANELS
    (primitive,) = mesh["primitives"]
    found = {name: read(glb, accessor) for name, accessor in primitive["attributes"].items() if name != "TANGENT"}
    assert len(found["POSITION"]) == 8  # only the shared edge is split, by its UV
    panel = found["_PANEL"][:, 0].round().astype(int)
    assert (found["TEXCOORD_0"][:, 0] > 1.25).tolist() == (panel == 1).tolist()
    assert np.allclose(found["_STRAIN"], STRAIN, atol=1e-7)
    assert np.allclose(found["_PRESSURE"], PRESSURE)
    x, y, z = found["POSITION"].T
    assert np.allclose(np.stack([x, 0.5 * panel + x], 1)[:, 1], found["TEXCOORD_0"][:, 0], atol=1e-6)
    assert np.allclose(1 - y, found["TEXCOORD_0"][:, 1], atol=1e-6)
    assert np.allclose(z, 0, atol=1e-6)


def test_sheen_has_its_weight(garment, tmp_path) -> None:
    export_review_glb(tmp_path / "review.glb", garment)
    (material,) = Glb.parse((tmp_path / "review.glb").read_bytes()).json["materials"]
    assert material["extensions"]["KHR_materials_sheen"]["sheenColorFactor"] == pytest.approx([SHEEN] * 3)


def test_a_garment_without_maps_goes_too(garment, tmp_path) -> None:
    for name in ("strain", "pressure"):
        garment.data.attributes.remove(garment.data.attributes[name])
    export_review_glb(tmp_path / "review.glb", garment)
    (mesh,) = Glb.parse((tmp_path / "review.glb").read_bytes()).json["meshes"]
    assert {"_STRAIN", "_PRESSURE"}.isdisjoint(mesh["primitives"][0]["attributes"])
    assert "_PANEL" in mesh["primitives"][0]["attributes"]
