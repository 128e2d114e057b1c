# SPDX-License-Identifier: GPL-3.0-or-later
"""What is written into a GLB afterwards, and GLBs and words that are none."""

import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toile.addon.exports.glb import (
    Glb,
    GlbRefused,
    with_credit,
    with_levels,
    with_skins_at_root,
    with_variants,
    without_nodes,
)
from toile.addon.exports.reduction import BudgetRefused, budgets, coverage
from toile.addon.exports.stable import ForeignFile, stable_fbx
from toile.addon.exports.variants import VariantRefused, read_variants
from toile.addon.exports.vrm import HUMAN_BONES, VrmRefused, to_vrm
from toile.sim.fabric import FabricRefused


def glb(nodes=3, materials=2):
    """Nodes with a mesh of one triangle each, whose numbers tell them apart; and bytes for an image."""
    binary = b"".join(struct.pack("<9f", *[float(i)] * 9) for i in range(nodes)) + b"png!"
    views = [{"buffer": 0, "byteOffset": 36 * i, "byteLength": 36} for i in range(nodes)]
    views.append({"buffer": 0, "byteOffset": 36 * nodes, "byteLength": 4})
    return Glb(
        {
            "asset": {"version": "2.0"},
            "scene": 0,
            "scenes": [{"nodes": list(range(nodes))}],
            "nodes": [{"name": f"n{i}", "mesh": i} for i in range(nodes)],
            "meshes": [
                {"primitives": [{"attributes": {"POSITION": i}, "material": i % materials}]} for i in range(nodes)
            ],
            "materials": [{"name": f"m{i}"} for i in range(materials)],
            "accessors": [{"bufferView": i, "componentType": 5126, "count": 3, "type": "VEC3"} for i in range(nodes)],
            "bufferViews": views,
            "images": [{"bufferView": nodes, "mimeType": "image/png"}],
            "buffers": [{"byteLength": len(binary)}],
        },
        binary,
    )


def triangle_of(made, name):
    """The number that a node's vertices hold."""
    mesh = made.json["meshes"][made.json["nodes"][made.node(name)]["mesh"]]
    accessor = made.json["accessors"][mesh["primitives"][0]["attributes"]["POSITION"]]
    view = made.json["bufferViews"][accessor["bufferView"]]
    return struct.unpack_from("<f", made.binary, view["byteOffset"])[0]


def test_what_is_written_is_read_again():
    made = glb()
    assert Glb.parse(made.to_bytes()) == made
    assert len(made.to_bytes()) % 4 == 0


@given(gone=st.sets(st.integers(0, 4), max_size=4))
def test_nodes_taken_out_leave_the_others_and_the_pictures_whole(gone):
    made = without_nodes(glb(5), [f"n{i}" for i in gone])
    kept = [i for i in range(5) if i not in gone]
    assert [node["name"] for node in made.json["nodes"]] == [f"n{i}" for i in kept]
    assert [triangle_of(made, f"n{i}") for i in kept] == kept
    assert made.json["scenes"][0]["nodes"] == list(range(len(kept)))
    view = made.json["bufferViews"][made.json["images"][0]["bufferView"]]
    assert made.binary[view["byteOffset"] :][:4] == b"png!"
    assert len(made.binary) == 36 * len(kept) + 4 == made.json["buffers"][0]["byteLength"]
    assert len(made.json["materials"]) == 2, "a swatch is there for its material"


def test_variants_swap_materials_where_they_are_worn():
    made = with_variants(glb(), {"as made": {0: 0}, "Navy": {0: 1}})
    names = [v["name"] for v in made.json["extensions"]["KHR_materials_variants"]["variants"]]
    assert names == ["as made", "Navy"]
    told = [mesh["primitives"][0].get("extensions") for mesh in made.json["meshes"]]
    mappings = [{"material": 0, "variants": [0]}, {"material": 1, "variants": [1]}]
    assert told == [{"KHR_materials_variants": {"mappings": mappings}}, None, told[0]]
    assert made.json["extensionsUsed"] == ["KHR_materials_variants"]


def test_levels_hang_on_the_first_and_leave_the_scene():
    made = with_levels(glb(), ["n1", "n0", "n2"], coverage(3))
    assert made.json["scenes"][0]["nodes"] == [1]
    assert made.json["nodes"][1]["extensions"] == {"MSFT_lod": {"ids": [0, 2]}}
    assert made.json["nodes"][1]["extras"]["MSFT_screencoverage"] == [0.5, 0.25, 0.0]


def test_a_skinned_mesh_has_no_parent():
    made = glb()
    made.json["nodes"][0] |= {"children": [1, 2]}
    made.json["nodes"][2]["skin"] = 0
    made.json["scenes"][0]["nodes"] = [0]
    made = with_skins_at_root(made)
    assert made.json["nodes"][0]["children"] == [1]
    assert made.json["scenes"][0]["nodes"] == [0, 2]


def test_whose_it_is_stands_in_the_file_where_it_is_known():
    assert with_credit(glb(), "a", "", "") == glb()
    made = with_credit(glb(), "T-shirt", "Ada", "CC-BY-4.0")
    [packet] = made.json["extensions"]["KHR_xmp_json_ld"]["packets"]
    assert (packet["dc:creator"], packet["dc:rights"]) == ({"@list": ["Ada"]}, "CC-BY-4.0")
    assert made.json["asset"]["copyright"] == "Ada, CC-BY-4.0"


def test_a_vrm_names_every_bone_that_the_standard_requires():
    needed = {"hips", "spine", "head"} | {
        f"{side}{bone}"
        for side in ("left", "right")
        for bone in ("UpperLeg", "LowerLeg", "Foot", "UpperArm", "LowerArm", "Hand")
    }
    assert needed <= set(HUMAN_BONES.values())
    rigged = Glb({"asset": {"version": "2.0"}, "nodes": [{"name": bone} for bone in HUMAN_BONES]}, b"")
    told = to_vrm(rigged, "Coat", "Ada", "CC0-1.0").json["extensions"]["VRMC_vrm"]
    assert told["specVersion"] == "1.0"
    assert {bone["node"] for bone in told["humanoid"]["humanBones"].values()} == set(range(len(HUMAN_BONES)))
    assert told["meta"]["avatarPermission"] == "everyone"
    strict = to_vrm(rigged, "Coat", "Ada", "All rights reserved").json["extensions"]["VRMC_vrm"]["meta"]
    assert (strict["avatarPermission"], strict["modification"]) == ("onlyAuthor", "prohibited")
    with pytest.raises(VrmRefused, match="author"):
        to_vrm(rigged, "Coat", " ", "")
    with pytest.raises(GlbRefused, match="pelvis"):
        to_vrm(Glb({"asset": {}, "nodes": []}, b""), "Coat", "Ada", "")


@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda tail: glb().to_bytes()[:40] + tail))
def test_bytes_that_are_no_glb_are_refused_by_name(data):
    with pytest.raises(GlbRefused):
        Glb.parse(data)


@pytest.mark.parametrize("chunk", [b"[" * 100_000, b"{}", b'{"asset":1}', b"null", b"\xff\xfe", b'{"asset":{}}' + b"{"])
def test_json_that_is_no_gltf_is_refused_by_name(chunk):
    chunk += b" " * (-len(chunk) % 4)
    data = struct.pack("<III", 0x46546C67, 2, 20 + len(chunk)) + struct.pack("<II", len(chunk), 0x4E4F534A) + chunk
    with pytest.raises(GlbRefused):
        Glb.parse(data)


def test_a_chunk_that_claims_four_gigabytes_is_refused():
    chunk = json.dumps({"asset": {}}).encode() + b"  "
    data = struct.pack("<III", 0x46546C67, 2, 20 + len(chunk)) + struct.pack("<II", 2**32 - 1, 0x4E4F534A) + chunk
    with pytest.raises(GlbRefused, match="longer than the file"):
        Glb.parse(data)


def test_variants_are_read_as_they_are_written():
    denim, navy = read_variants(" denim, Deep Navy=#000080 ")
    assert (denim.fabric, denim.colour) == ("denim", "")
    assert (navy.label, navy.fabric) == ("Deep Navy", "")
    assert navy.colour == "#000080"
    assert read_variants("") == ()


@pytest.mark.parametrize("text", ["Navy=#12", "=#123456", "Navy=blue", "#123456", "A=#123456,A=#654321"])
def test_what_is_no_colour_is_refused(text):
    with pytest.raises(VariantRefused):
        read_variants(text)


def test_unknown_fabrics_and_too_many_variants_are_refused():
    with pytest.raises(FabricRefused):
        read_variants("denimm")
    with pytest.raises(VariantRefused, match="32"):
        read_variants(",".join(f"c{i}=#000000" for i in range(33)))


@given(triangles=st.integers(64, 100_000), most=st.just(0) | st.integers(64, 100_000), levels=st.integers(0, 5))
def test_each_level_has_a_quarter_of_the_one_before(triangles, most, levels):
    found = budgets(triangles, most, levels)
    assert found[0] == (min(triangles, most) if most else triangles)
    assert all(b == found[0] // 4**k for k, b in enumerate(found))
    assert len(found) <= levels + 1
    assert min(found) >= 64


def test_a_budget_that_no_garment_fits_is_refused():
    with pytest.raises(BudgetRefused, match="64"):
        budgets(1000, 12, 0)


@pytest.mark.parametrize("data", [b"", b"; FBX 7.3.0 project file", b"Kaydara FBX Binary  \x00\x1a\x00" + b"\0" * 40])
def test_what_is_no_fbx_of_blenders_is_refused(data):
    with pytest.raises(ForeignFile):
        stable_fbx(data)
