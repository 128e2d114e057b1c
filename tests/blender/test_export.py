# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that leave: read back by Blender, whole, in metres, with their textures and true checksums."""

import hashlib
import json
import os
import struct
from pathlib import Path

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

from toile.addon.export import ExportRefused, export_blend, export_glb, export_usd
from toile.addon.material import fabric_material
from toile.models.making import fabric_maps
from toile.models.recipes import recipe

WIDTH, HEIGHT = 0.5, 0.7  # metres


@pytest.fixture(autouse=True)
def scene():
    bpy.ops.wm.read_factory_settings(use_empty=True)


@pytest.fixture
def panel():
    """A flat piece of denim, meshed, standing upright, its UV in metres."""
    u, v = np.meshgrid(np.linspace(0, WIDTH, 6), np.linspace(0, HEIGHT, 8))
    vertices = np.stack([u.ravel(), np.zeros(48), v.ravel()], axis=1)
    corners = [i * 6 + j for i in range(7) for j in range(5)]
    quads = [(k, k + 1, k + 7, k + 6) for k in corners]
    mesh = bpy.data.meshes.new("panel")
    mesh.from_pydata(vertices.tolist(), [], quads)
    layer = mesh.uv_layers.new(name="UVMap")
    layer.data.foreach_set("uv", vertices[np.array(quads).ravel()][:, [0, 2]].astype(np.float32).ravel())
    maps = fabric_maps(recipe("denim"), 64, np.random.default_rng(0))
    mesh.materials.append(fabric_material("denim", maps))
    obj = bpy.data.objects.new("panel", mesh)
    bpy.context.collection.objects.link(obj)
    return obj


def glb_json(path):
    data = path.read_bytes()
    assert data[:4] == b"glTF"
    length = struct.unpack("<I", data[12:16])[0]
    return json.loads(data[20 : 20 + length])


def imported():
    return next(obj for obj in bpy.data.objects if obj.type == "MESH")


def extent(obj):
    corners = np.array([obj.matrix_world @ vertex.co for vertex in obj.data.vertices])
    return np.ptp(corners, axis=0)


def test_a_receipt_states_the_files_own_size_and_checksum(panel, tmp_path):
    for made in (export_glb(tmp_path / "a.glb", [panel]), export_blend(tmp_path / "a.blend")):
        data = Path(made["path"]).read_bytes()
        assert made["bytes"] == len(data)
        assert made["sha256"] == hashlib.sha256(data).hexdigest()


def test_glb_comes_back_with_its_vertices_in_metres(panel, tmp_path):
    export_glb(tmp_path / "panel.glb", [panel])
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.import_scene.gltf(filepath=str(tmp_path / "panel.glb"))
    assert len(imported().data.vertices) == 48
    assert extent(imported()) == pytest.approx((WIDTH, 0, HEIGHT), abs=1e-6)
    assert len(bpy.data.images) >= 2


def test_glb_holds_its_textures_at_the_fabrics_scale_and_no_draco(panel, tmp_path):
    export_glb(tmp_path / "panel.glb", [panel])
    content = glb_json(tmp_path / "panel.glb")
    assert "KHR_draco_mesh_compression" not in content.get("extensionsUsed", [])
    assert all("bufferView" in image for image in content["images"])
    material = content["materials"][0]
    shading = material["pbrMetallicRoughness"]
    size = fabric_maps(recipe("denim"), 64, np.random.default_rng(0)).size_m
    for texture in (shading["baseColorTexture"], shading["metallicRoughnessTexture"], material["normalTexture"]):
        scale = texture["extensions"]["KHR_texture_transform"]["scale"]
        assert scale == pytest.approx([1 / size[0], 1 / size[1]], rel=1e-5)
    assert "KHR_materials_sheen" in material["extensions"]


def test_only_what_was_asked_for_is_exported_and_the_selection_stays(panel, tmp_path):
    other = bpy.data.objects.new("other", panel.data.copy())
    bpy.context.collection.objects.link(other)
    other.select_set(True)
    bpy.context.view_layer.objects.active = other
    export_glb(tmp_path / "panel.glb", [panel])
    assert [entry["name"] for entry in glb_json(tmp_path / "panel.glb")["nodes"]] == ["panel"]
    assert other.select_get()
    assert not panel.select_get()
    assert bpy.context.view_layer.objects.active == other


@pytest.mark.parametrize("suffix", [".usdc", ".usdz"])
def test_usd_comes_back_in_metres_with_its_textures(panel, tmp_path, suffix):
    export_usd(tmp_path / f"panel{suffix}", [panel])
    textures = tmp_path / "textures"
    assert textures.is_dir() == (suffix == ".usdc")
    if suffix == ".usdc":
        expected = ["denim_albedo.png", "denim_normal.png", "denim_roughness.png"]
        assert sorted(texture.name for texture in textures.iterdir()) == expected
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.wm.usd_import(filepath=str(tmp_path / f"panel{suffix}"))
    assert len(imported().data.vertices) == 48
    assert extent(imported()) == pytest.approx((WIDTH, 0, HEIGHT), abs=1e-6)


def test_the_blend_opens_alone_with_its_images(panel, tmp_path):
    export_blend(tmp_path / "scene.blend")
    assert bpy.data.filepath == ""
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    assert len(bpy.data.objects["panel"].data.vertices) == 48
    assert all(image.packed_file for image in bpy.data.images if image.users)


def test_an_export_replaces_the_old_file_and_leaves_nothing_beside_it(panel, tmp_path):
    (tmp_path / "panel.glb").write_text("old")
    export_glb(tmp_path / "panel.glb", [panel])
    assert [entry.name for entry in tmp_path.iterdir()] == ["panel.glb"]


def test_what_cannot_be_exported_is_refused_with_a_sentence(panel, tmp_path):
    with pytest.raises(ExportRefused, match="nothing to export"):
        export_glb(tmp_path / "a.glb", [])
    with pytest.raises(ExportRefused, match=r"\.glb"):
        export_glb(tmp_path / "a.gltf", [panel])
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportRefused, match="another folder"):
        export_glb(tmp_path / "file" / "a.glb", [panel])
    panel.hide_set(True)
    with pytest.raises(ExportRefused, match="panel is hidden"):
        export_usd(tmp_path / "a.usdc", [panel])
    bpy.data.objects.remove(panel)
    with pytest.raises(ExportRefused, match="nothing to export"):
        export_blend(tmp_path / "a.blend")


@pytest.mark.skipif(os.geteuid() == 0 if hasattr(os, "geteuid") else True, reason="root may write anywhere")
def test_a_read_only_folder_is_refused(panel, tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(ExportRefused, match="another folder"):
        export_glb(tmp_path / "a.glb", [panel])
