# SPDX-License-Identifier: GPL-3.0-or-later
"""A body changed by hand in Blender: measures, landmarks, sides, pose, privacy, its scan, its tapes."""

import json

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

import toile
from toile.addon import bridge, scan_overlay, tapes, view_model
from toile.addon.commands import make_avatar
from toile.addon.exports.glb import Glb
from toile.addon.size_commands import sizes
from toile.bodies import load_body, save_body
from toile.bodies.posing import WALK, posed
from toile.bodies.remeasure import remeasured
from toile.bodies.template import template


@pytest.fixture(autouse=True)
def body():
    """An avatar in an empty scene with Toile enabled."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    toile.register()
    bpy.ops.toile.new_body()
    yield bpy.context.object
    toile.unregister()


def read(obj, name):
    return bridge.body_of(obj).measurements[name].value


def mesh_of(obj):
    found = np.empty(3 * len(obj.data.vertices), np.float32)
    obj.data.vertices.foreach_get("co", found)
    return found.reshape(-1, 3)


def test_a_measure_that_is_changed_is_read_and_the_garment_follows(body):
    bpy.ops.toile.new_pencil_skirt()
    skirt = bpy.context.object
    before, waist = skirt.toile.revision, read(body, "waist")
    bpy.ops.toile.set_measure(name="waist", length=waist + 0.02)
    assert read(body, "waist") == pytest.approx(waist + 0.02, abs=0.001)
    assert body.toile.tape == "waist"
    assert np.allclose(mesh_of(body), bridge.body_of(body).vertices, atol=1e-6)
    assert skirt.toile.revision != before
    assert body.toile.source != "avatar"  # sliders would build another body


def test_an_angle_is_changed_as_an_angle(body):
    slope = read(body, "shoulder_slope")
    bpy.ops.toile.set_measure(name="shoulder_slope", angle=slope + 0.02)
    assert read(body, "shoulder_slope") == pytest.approx(slope + 0.02, abs=0.001)


@pytest.mark.parametrize(("name", "length"), [("wingspan", 1.7), ("waist", 0.0), ("waist", 7.4), ("waist", -1.0)])
def test_a_measure_that_nobody_has_is_refused_and_nothing_changes(body, name, length):
    before = body.toile.revision
    with pytest.raises(RuntimeError) as refused:
        bpy.ops.toile.set_measure(name=name, length=length)
    assert name in str(refused.value)
    assert body.toile.revision == before


def test_a_landmark_is_moved_and_put_back(body):
    waist, at = read(body, "waist_height"), bridge.body_of(body).landmarks["waist_front"]
    assert not bpy.ops.toile.reset_landmarks.poll()
    bpy.ops.toile.move_landmark(name="waist_front", position=np.add(at, [0, 0, 0.02]))
    assert read(body, "waist_height") == pytest.approx(at[2] + 0.02, abs=0.002)
    assert bridge.body_of(body).placed == ("waist_front",)
    bpy.ops.toile.reset_landmarks()
    assert read(body, "waist_height") == pytest.approx(waist, abs=1e-6)
    with pytest.raises(RuntimeError, match="nose"):
        bpy.ops.toile.move_landmark(name="nose", position=at)


def test_both_sides_are_made_equal(body):
    bpy.ops.toile.make_symmetric(side="left")
    vertices = bridge.body_of(body).vertices
    assert np.allclose(vertices[template().mirror] * [-1, 1, 1], vertices, atol=1e-9)


def test_a_pose_is_a_shape_key_and_the_body_stays_standing(body):
    standing = bridge.body_of(body)
    bpy.ops.toile.show_pose(pose="T")
    bpy.ops.toile.show_pose(pose="STEP")
    keys = body.data.shape_keys.key_blocks
    assert [key.value for key in keys[1:]] == [0.0, 1.0]
    stepped = np.empty(3 * len(body.data.vertices), np.float32)
    keys["Long Step"].data.foreach_get("co", stepped)
    assert np.allclose(stepped.reshape(-1, 3), posed(standing, WALK).vertices, atol=1e-6)
    assert bridge.body_of(body) is standing


def test_nobody_is_recognised_afterwards(body):
    data = bridge.body_of(body).to_json() | {"source": "jane_doe_1987.ply"}
    body.toile.data = json.dumps(data)
    body.toile.revision = "scanned"
    body.name = body.data.name = "jane_doe_1987"
    body["file"] = "/home/jane/jane_doe_1987.ply"
    scan_overlay.lay_over(body, np.zeros((10, 3), np.float32))
    assert body.toile.scan.parent == body
    bpy.ops.toile.remove_identity()
    assert body.toile.scan is None
    assert "jane" not in body.toile.data
    assert not any(
        "jane" in block.name for blocks in (bpy.data.objects, bpy.data.meshes) for block in blocks if block.users
    )
    assert body.get("file") is None


def test_the_scan_lies_where_the_body_stands_and_is_not_rendered(body):
    points = bridge.body_of(body).vertices[::7].astype(np.float32)
    scan_overlay.lay_over(body, points)
    assert np.allclose(mesh_of(body.toile.scan), points)
    assert body.toile.scan.hide_render
    assert body.toile.scan.hide_viewport


def test_tapes_are_those_that_were_asked_for(body):
    kept = bridge.body_of(body)
    assert list(tapes.curves(kept, "hip", every=False)) == ["hip"]
    every = tapes.curves(kept, "", every=True)
    assert every.keys() <= kept.measurements.keys()
    length = np.linalg.norm(np.diff(every["hip"], axis=0), axis=1).sum()
    assert length == pytest.approx(kept.measurements["hip"].value, abs=1e-6)
    assert "cm" in tapes.reading(kept, "hip")
    assert "°" in tapes.reading(kept, "shoulder_slope")


def test_tapes_follow_a_landmark_that_is_dragged(body):
    before = bridge.body_of(body)
    there = before.landmarks["waist_front"] + [0, 0, 0.02]
    after = remeasured(before, {"waist_front": there})
    moved = tapes.curves(after, "", every=False, before=before)
    assert "waist" in moved
    assert moved["waist"][:, 2] == pytest.approx(there[2], abs=1e-3)
    assert not moved.keys() & {"bust", "wrist", "neck", "calf"}
    assert tapes.curves(before, "", every=False, before=before) == {}


def test_a_body_is_saved_as_an_asset_with_its_measurements(body, tmp_path):
    library = bpy.context.preferences.filepaths.asset_libraries.new(name="studio", directory=str(tmp_path))
    try:
        bpy.ops.toile.save_body_asset(library="studio")
        path = tmp_path / f"{body.name}.blend"
        with bpy.data.libraries.load(str(path), assets_only=True) as (there, _):
            assert body.name in there.objects
    finally:
        bpy.context.preferences.filepaths.asset_libraries.remove(library)
    assert body.asset_data is None


def test_the_panel_and_the_command_line_tell_the_same_sizes(body, tmp_path):
    path = save_body(bridge.body_of(body), tmp_path / "body.json")
    told = sizes(None, str(path), None, None, None)["sizes"]
    assert told == {row.label: row.value for row in view_model.body_sizes(body)}
    assert told["Europe, women (EN 13402-3)"].count("-") == 2


def test_a_systems_run_is_written_as_bodies_of_its_sizes(tmp_path):
    made = sizes("jis_l4005_women", None, 1.52, None, str(tmp_path / "run"))
    assert list(made["bodies"]) == list(made["sizes"])
    measured = load_body(made["bodies"]["9P"]).measurements
    assert measured["bust"].value == pytest.approx(0.83, abs=0.003)
    assert measured["stature"].value == pytest.approx(1.50, abs=0.003)


@pytest.mark.parametrize(
    "wish",
    [("mars", None, None, None, None), (None, None, 1.7, None, None), (None, None, None, None, "run"),
     ("en_13402_men", "body.json", None, None, None), (None, "gone.json", None, None, None)],
)  # fmt: skip
def test_sizes_that_cannot_be_told_are_refused(wish):
    with pytest.raises(ValueError, match=r"\.$"):
        sizes(*wish)


def test_an_avatar_goes_out_unwrapped_on_its_skeleton(tmp_path):
    said = make_avatar({"stature": 1.7}, None, str(tmp_path / "body.json"), str(tmp_path / "avatar.glb"))
    t, glb = template(), Glb.parse((tmp_path / "avatar.glb").read_bytes())
    assert said["avatar"]["bytes"] == (tmp_path / "avatar.glb").stat().st_size
    [mesh], [skin] = glb.json["meshes"], glb.json["skins"]
    assert {glb.json["nodes"][joint]["name"] for joint in skin["joints"]} == set(t.bones)
    [primitive] = mesh["primitives"]

    def array(name, columns, kind="<f4"):
        accessor = glb.json["accessors"][primitive["attributes"][name]]
        start = glb.json["bufferViews"][accessor["bufferView"]]["byteOffset"]
        return np.frombuffer(glb.binary, kind, accessor["count"] * columns, start).reshape(-1, columns)

    at, uv, weights = array("POSITION", 3), array("TEXCOORD_0", 2), array("WEIGHTS_0", 4)
    assert np.ptp(at[:, 1]) == pytest.approx(1.7, abs=0.003)  # glTF has Y up
    assert len(t.mean) < len(at) < 1.2 * len(t.mean)  # split along the seams of its picture, not at every face
    assert uv.min() >= 0
    assert uv.max() <= 1
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-5)


def test_a_body_in_blender_is_unwrapped_without_overlap_of_a_face_and_itself(body):
    uv = np.empty(2 * len(body.data.loops), np.float32)
    body.data.uv_layers[0].data.foreach_get("uv", uv)
    a, b, c = uv.reshape(-1, 3, 2).transpose(1, 0, 2)
    area = 0.5 * ((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0])
    assert (area > 0).mean() > 0.99  # all wound alike: no part is a mirror image
    assert 0.4 < area.sum() < 1
