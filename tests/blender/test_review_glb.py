# SPDX-License-Identifier: GPL-3.0-or-later
"""The GLB of a review carries what the review page reads, and leaves the scene as it was."""

import json

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

import toile
from toile.addon import bridge, material, shelf
from toile.addon.dye import dyed
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
    linen = bpy.data.materials.new("Linen")
    if linen.node_tree is None:  # before Blender 5
        linen.use_nodes = True
    principled = next(node for node in linen.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
    principled.inputs["Sheen Weight"].default_value = SHEEN
    mesh.materials.append(linen)
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
    (sheen,) = Glb.parse((tmp_path / "review.glb").read_bytes()).json["materials"]
    assert sheen["extensions"]["KHR_materials_sheen"]["sheenColorFactor"] == pytest.approx([SHEEN] * 3)


def test_a_garment_without_maps_goes_too(garment, tmp_path) -> None:
    for name in ("strain", "pressure"):
        garment.data.attributes.remove(garment.data.attributes[name])
    export_review_glb(tmp_path / "review.glb", garment)
    (mesh,) = Glb.parse((tmp_path / "review.glb").read_bytes()).json["meshes"]
    assert {"_STRAIN", "_PRESSURE"}.isdisjoint(mesh["primitives"][0]["attributes"])
    assert "_PANEL" in mesh["primitives"][0]["attributes"]


def test_each_fabric_on_offer_is_a_variant_of_the_cloth_alone(garment, tmp_path, monkeypatch) -> None:
    """Denim is seen where the garment's linen was, in its dye; the ribs stay ribs, and no swatch is left behind."""
    monkeypatch.setattr(material, "PIXELS", 64)
    garment.toile.fabric, garment.toile.colour = "linen", "#336699"
    rib, linen = material.fabric_material("cotton_rib"), dyed(material.fabric_material("linen"), "#336699")
    garment.data.materials[0] = linen
    garment.data.materials.append(rib)
    garment.data.polygons.foreach_set("material_index", np.array([0, 0, 1, 1], np.int32))
    objects = len(bpy.data.objects)
    export_review_glb(tmp_path / "review.glb", garment, fabrics=["linen", "denim"])
    assert len(bpy.data.objects) == objects
    glb = Glb.parse((tmp_path / "review.glb").read_bytes())
    labels = [shelf.label("linen"), shelf.label("denim")]
    told = glb.json["extensions"]["KHR_materials_variants"]["variants"]
    assert [variant["name"] for variant in told] == labels
    (mesh,) = glb.json["meshes"]
    assert len(glb.json["nodes"]) == 1
    materials = glb.json["materials"]
    worn = {materials[p["material"]]["name"]: p for p in mesh["primitives"]}
    assert set(worn) == {rib.name, linen.name}
    mappings = worn[linen.name]["extensions"]["KHR_materials_variants"]["mappings"]
    found = {labels[n]: materials[m["material"]]["name"] for m in mappings for n in m["variants"]}
    denim = dyed(material.fabric_material("denim"), "#336699")
    assert found == {labels[0]: linen.name, labels[1]: denim.name}
    assert "extensions" not in worn[rib.name]
    parts = {one["name"]: one.get("extras", {}).get("toile_part", "main") for one in materials}
    assert parts == {rib.name: "rib", linen.name: "main", denim.name: "main"}


def test_a_garment_that_shows_a_map_goes_in_its_fabric(garment, tmp_path) -> None:
    shown = bpy.data.materials.new("Map")
    (slot,) = garment.material_slots
    slot.link, slot.material = "OBJECT", shown
    export_review_glb(tmp_path / "review.glb", garment)
    (one,) = Glb.parse((tmp_path / "review.glb").read_bytes()).json["materials"]
    assert one["name"].startswith("Linen")
    assert slot.link == "OBJECT"
