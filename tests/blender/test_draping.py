# SPDX-License-Identifier: GPL-3.0-or-later
"""Draping before one's eyes: seen, paused, stepped, cancelled, killed, pinned, recorded (by drape_child's engine)."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

import toile
from processes import children
from toile.addon import bridge, engine, engines, job_runner, jobs, moving_cloth, view_model
from toile.bodies import avatar, save_body
from toile.sim.wind import DENSITY, RESISTANCE
from toile.worker.client import Result, WorkerDied

CHILD = Path(__file__).with_name("drape_child.py")
STEP = 1e-4  # as in the child


@pytest.fixture(autouse=True)
def scene(monkeypatch, tmp_path):
    """An empty scene with Toile enabled, and the quick engine in the place of Blender's."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    toile.register()
    monkeypatch.setenv("PYTHONPATH", str(Path(toile.__file__).parent.parent))
    monkeypatch.setenv("TOILE_ASKED", str(tmp_path))
    monkeypatch.setattr(engine, "blender_worker", lambda: [sys.executable, str(CHILD)])
    yield bpy.context.scene
    toile.unregister()


@pytest.fixture
def skirt(scene):
    bpy.ops.toile.new_pencil_skirt()
    garment = bpy.context.object
    garment.toile.particle_distance = 0.045
    garment.toile.engine = "blender"
    return garment


@pytest.fixture
def slow(monkeypatch):
    """Long enough to look at."""
    monkeypatch.setenv("TOILE_STEPS", "100000")
    monkeypatch.setenv("TOILE_PACE", "0.02")


@pytest.fixture
def hand(monkeypatch):
    """Puts a hand between two ticks of a job, on the main thread, where a person's would be: a generator."""

    def put(generator):
        tick = job_runner.Runner.tick

        def ticked(runner):
            tick(runner)
            next(generator, None)

        monkeypatch.setattr(job_runner.Runner, "tick", ticked)

    return put


def until(condition, seconds=60.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        yield


def pause(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield


def live():
    return job_runner._current.live


def stand_ins():
    return [obj for obj in bpy.data.objects if moving_cloth._MARK in obj]


def height(obj):
    return np.mean([v.co.z for v in obj.data.vertices])


def positions(obj):
    x = np.empty(3 * len(obj.data.vertices), np.float32)
    obj.data.vertices.foreach_get("co", x)
    return x.reshape(-1, 3)


def asked(folder):
    return json.loads((folder / "asked.json").read_text())


def everything():
    """The scene, as far as a person could tell."""
    layer = bpy.context.view_layer
    return {
        "objects": [
            (o.name, o.data.name, o.hide_get(), o.select_get(), len(o.modifiers), positions(o).tobytes())
            for o in bpy.data.objects
        ],
        "meshes": sorted(bpy.data.meshes.keys()),
        "active": layer.objects.active.name,
        "garments": [(o.toile.state, o.toile.revision, o.toile.report, o.toile.pins) for o in bpy.data.objects],
        "links": [o.name for o in bpy.context.collection.objects],
    }


def test_the_cloth_is_seen_moving_in_the_place_of_its_pieces(skirt, hand, monkeypatch):
    monkeypatch.setenv("TOILE_STEPS", "40")
    monkeypatch.setenv("TOILE_PACE", "0.02")
    seen = []

    def look():
        while True:
            for moving in stand_ins():
                garment = bridge.find(moving[moving_cloth._MARK], "GARMENT")
                seen.append((height(moving), garment.hide_get(), len(moving.data.vertices), len(moving.data.materials)))
            yield

    hand(look())
    assert bpy.ops.toile.drape() == {"FINISHED"}
    heights = [entry[0] for entry in seen]
    assert len(set(heights)) >= 5, "it moved"
    assert heights == sorted(heights, reverse=True)
    assert {entry[1:] for entry in seen} == {(True, len(skirt.data.vertices), len(skirt.data.materials))}
    assert not stand_ins()
    assert (skirt.hide_get(), skirt.select_get(), skirt.toile.state) == (False, True, "DRAPED")
    assert [obj.toile.kind for obj in bpy.data.objects] == ["BODY", "GARMENT"]
    assert "pressure" in skirt.data.attributes
    assert skirt.data.attributes["pressure"].data[0].value == 7.0
    assert height(skirt) == pytest.approx(heights[0], abs=41 * STEP)


def test_a_cancel_leaves_the_scene_exactly_as_it_was(skirt, slow, hand):
    before = everything()

    def press():
        yield from until(lambda: live().shown >= 3)
        assert stand_ins()
        assert everything() != before
        bpy.ops.toile.cancel_job()

    hand(press())
    with pytest.raises(RuntimeError, match="cancelled; nothing was changed"):
        bpy.ops.toile.drape()
    assert everything() == before


def test_a_garment_that_was_hidden_stays_hidden(skirt, slow, hand):
    skirt.hide_set(True)
    before = everything()

    def press():
        yield from until(lambda: live().shown >= 2)
        bpy.ops.toile.cancel_job()

    hand(press())
    with pytest.raises(RuntimeError, match="cancelled"):
        bpy.ops.toile.drape()
    assert everything() == before


def test_pause_step_resume_and_cancel(skirt, slow, hand):
    told = {}

    def press():
        yield from until(lambda: live().shown >= 3)
        bpy.ops.toile.pause_drape()
        yield from pause(0.5)
        told["phase"], told["at"] = job_runner.view().phase, height(stand_ins()[0])
        yield from pause(0.4)
        told["still"] = height(stand_ins()[0])
        for steps in (1, 2):
            bpy.ops.toile.step_drape()
            yield from until(lambda sunk=(steps - 0.5) * STEP: told["still"] - height(stand_ins()[0]) > sunk)
        told["stepped"] = height(stand_ins()[0])
        bpy.ops.toile.pause_drape()
        shown = live().shown
        yield from until(lambda: live().shown >= shown + 3)
        told["phase after"] = job_runner.view().phase
        bpy.ops.toile.pause_drape()
        yield from pause(0.3)
        bpy.ops.toile.cancel_job()

    hand(press())
    before = everything()
    with pytest.raises(RuntimeError, match="cancelled"):
        bpy.ops.toile.drape()
    assert told["phase"] is jobs.Phase.PAUSED
    assert told["still"] == told["at"], "it hangs still while it is paused"
    assert told["stepped"] == pytest.approx(told["at"] - 2 * STEP, abs=STEP / 100)
    assert told["phase after"] is jobs.Phase.RUNNING
    assert everything() == before


@pytest.mark.parametrize("paused", [False, True])
def test_a_killed_worker_leaves_blender_alive_and_the_scene_as_it_was(skirt, slow, hand, paused):
    before, older = everything(), children()

    def kill():
        yield from until(lambda: live().shown >= 2)
        if paused:
            bpy.ops.toile.pause_drape()
            yield from pause(0.3)
        for child in children() - older:
            os.kill(child, signal.SIGKILL)

    hand(kill())
    with pytest.raises(RuntimeError, match=r"ended without an answer.*nothing was changed"):
        bpy.ops.toile.drape()
    assert everything() == before
    assert job_runner.view().sentence.startswith("The worker process ended")
    assert bpy.ops.toile.drape.poll()


@pytest.mark.parametrize("again", [True, False])
def test_a_stand_in_that_is_deleted_does_not_take_the_garment_along(skirt, slow, hand, again):
    before = everything()

    def delete():
        yield from until(lambda: live().shown >= 2)
        if again:
            bpy.data.objects.remove(stand_ins()[0])
            shown = live().shown
            yield from until(lambda: live().shown > shown + 1)
            assert len(stand_ins()) == 1
        else:
            bpy.ops.toile.pause_drape()
            yield from pause(0.5)
            bpy.data.objects.remove(stand_ins()[0])
        bpy.ops.toile.cancel_job()

    hand(delete())
    with pytest.raises(RuntimeError, match="cancelled"):
        bpy.ops.toile.drape()
    meshes = {"meshes": before["meshes"]}  # of the deleted one Blender keeps the mesh, as it does
    assert everything() | meshes == before


def test_a_garment_deleted_meanwhile_ends_in_a_sentence(skirt, hand, monkeypatch):
    monkeypatch.setenv("TOILE_STEPS", "30")
    monkeypatch.setenv("TOILE_PACE", "0.02")

    def delete():
        yield from until(lambda: live().shown >= 2)
        bpy.data.objects.remove(skirt)

    hand(delete())
    with pytest.raises(RuntimeError, match="removed meanwhile"):
        bpy.ops.toile.drape()
    assert [obj.toile.kind for obj in bpy.data.objects] == ["BODY"]


def test_what_cannot_be_shown_ends_the_job(skirt, slow, monkeypatch):
    def broken(*_):
        raise KeyError("co")

    monkeypatch.setattr(moving_cloth.MovingCloth, "show", broken)
    with pytest.raises(RuntimeError, match="KeyError"):
        bpy.ops.toile.drape()
    assert job_runner.busy() is None


def test_a_file_saved_meanwhile_holds_the_garment_and_no_stand_in(skirt, slow, hand, tmp_path):
    saved = str(tmp_path / "scene.blend")

    def save():
        yield from until(lambda: live().shown >= 2)
        bpy.ops.wm.save_as_mainfile(filepath=saved, copy=True)
        assert not stand_ins()
        shown = live().shown
        yield from until(lambda: live().shown > shown)
        assert stand_ins(), "and it goes on"
        bpy.ops.toile.cancel_job()

    hand(save())
    with pytest.raises(RuntimeError, match="cancelled"):
        bpy.ops.toile.drape()
    bpy.ops.wm.open_mainfile(filepath=saved)
    assert sorted(obj.toile.kind for obj in bpy.data.objects) == ["BODY", "GARMENT"]
    assert not any(obj.hide_get() for obj in bpy.data.objects)


def test_a_stand_in_that_undo_brings_back_is_taken_away(skirt):
    moving = moving_cloth.MovingCloth(skirt.toile.toile_id)
    cloth = bridge.build_cloth(bridge.pattern_of(skirt), bridge.body_of(bridge.body_object_of(skirt)), 0.045)
    moving.follow(cloth)
    moving.show(cloth.welded(cloth.vertices).astype(np.float32))
    moving.show(np.zeros((3, 3), np.float32))  # not of this cloth: nothing to see
    assert len(stand_ins()) == 1
    bpy.ops.ed.undo_push(message="something else, meanwhile")
    moving.close()
    bpy.ops.ed.undo_push(message="later")
    bpy.ops.ed.undo()
    assert not stand_ins()
    assert not next(obj for obj in bpy.data.objects if obj.toile.kind == "GARMENT").hide_get()


def test_one_step_of_undo_takes_a_drape_back(skirt):
    toile_id = skirt.toile.toile_id
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.toile.drape()
    bpy.ops.ed.undo()
    assert bridge.find(toile_id, "GARMENT").toile.state == "PIECES"
    assert not stand_ins()
    bpy.ops.ed.redo()
    assert bridge.find(toile_id, "GARMENT").toile.state == "DRAPED"


# ---- What is asked ----


def test_gravity_fabrics_and_device_reach_the_engine(scene, skirt, tmp_path):
    bpy.ops.toile.set_fabric(fabric="denim")
    scene.gravity = (0.0, 0.5, -3.7)
    skirt.toile.device = "CPU"
    bpy.ops.toile.drape()
    said = asked(tmp_path)
    assert said["gravity"] == pytest.approx([0.0, 0.5, -3.7])
    assert said["device"] == "cpu"
    assert said["fabrics"]["self"] == "denim"
    assert not said["warm"]
    scene.use_gravity = False
    bpy.ops.toile.drape()
    assert asked(tmp_path)["gravity"] == [0.0, 0.0, 0.0]


def test_a_garment_stands_where_its_body_does_and_falls_as_the_world_says(scene, tmp_path):
    bpy.ops.toile.new_body()
    figure = bpy.context.object
    figure.location, figure.rotation_euler = (1.5, -0.5, 0.0), (np.pi / 2, 0.0, 0.0)  # lies on its back
    bpy.context.view_layer.update()
    bpy.ops.toile.new_pencil_skirt()
    garment = bpy.context.object
    garment.toile.particle_distance, garment.toile.engine = 0.045, "blender"
    bpy.context.view_layer.update()
    assert np.allclose(garment.matrix_world, figure.matrix_world, atol=1e-6)
    bpy.ops.object.effector_add(type="WIND")  # up, which is where this body's front is
    bpy.context.object.field.strength = 20.0
    bridge.select(bpy.context, garment)
    bpy.ops.toile.drape()
    up = np.linalg.inv(np.array(figure.matrix_world))[:3, 2]
    assert asked(tmp_path)["gravity"] == pytest.approx(scene.gravity[2] * up, abs=1e-5)
    wind = np.array(asked(tmp_path)["wind"])
    assert np.cross(wind, up) == pytest.approx([0.0, 0.0, 0.0], abs=1e-5)
    assert wind @ up > 1.0


def test_another_garment_on_the_body_is_named_as_not_felt(scene, skirt):
    assert bridge.unfelt_garments(scene, skirt) == ""
    bpy.ops.toile.new_tshirt()
    shirt = bpy.context.object
    shirt.name = "Shirt"
    assert bridge.unfelt_garments(scene, skirt).startswith("Not felt: Shirt (")
    shirt.hide_set(True)
    assert bridge.unfelt_garments(scene, skirt) == ""


def test_a_wind_reaches_the_engine_as_the_speed_that_presses_as_hard(scene, skirt, tmp_path):
    bpy.ops.object.effector_add(type="WIND", rotation=(np.pi / 2, 0.0, 0.0))  # towards -Y, from the front no more
    wind = bpy.context.object
    wind.field.strength = 20.0
    bpy.ops.object.effector_add(type="TURBULENCE")
    bridge.select(bpy.context, skirt)
    bpy.ops.toile.drape()
    speed = (2 * bridge.WIND_PRESSURE * 20.0 / (DENSITY * RESISTANCE)) ** 0.5
    assert asked(tmp_path)["wind"] == pytest.approx([0.0, -speed, 0.0], abs=1e-5)
    assert bridge.unfelt_fields(scene).startswith("Not felt: Turbulence (")
    wind.field.falloff_power = 2.0
    assert "Turbulence, Wind (" in bridge.unfelt_fields(scene)
    wind.hide_set(True)
    bpy.ops.toile.drape()
    assert asked(tmp_path)["wind"] == [0.0, 0.0, 0.0]


def test_ribs_are_knitted(scene, tmp_path):
    bpy.ops.toile.new_tshirt()
    bpy.context.object.toile.engine = "blender"
    bpy.context.object.toile.particle_distance = 0.045
    bpy.ops.toile.drape()
    assert asked(tmp_path)["fabrics"] == {"self": bpy.context.object.toile.fabric, "rib": "cotton_rib"}


def test_collision_objects_stand_beside_the_body(skirt, tmp_path):
    body = bridge.body_of(bridge.body_object_of(skirt))
    bpy.ops.mesh.primitive_cube_add(size=1.0, location=(3.0, 0.0, 4.0))
    bpy.context.object.modifiers.new("Collision", "COLLISION")
    bridge.select(bpy.context, skirt)
    bpy.ops.toile.drape()
    assert asked(tmp_path)["body"] == len(body.vertices) + 8
    assert asked(tmp_path)["highest"] == pytest.approx(4.5)


def test_an_obstacle_inside_out_is_turned_and_an_open_one_refused(scene, skirt):
    bpy.ops.mesh.primitive_cube_add(size=1.0, location=(3.0, 0.0, 0.0))
    cube = bpy.context.object
    cube.modifiers.new("Collision", "COLLISION")
    cube.data.flip_normals()
    bpy.context.view_layer.update()
    ((vertices, faces),) = bridge.obstacles(scene, skirt)
    a, b, c = vertices[faces].transpose(1, 0, 2)
    assert np.einsum("ni,ni->", a - [3.0, 0.0, 0.0], np.cross(b, c)) == pytest.approx(6.0)
    bpy.ops.mesh.primitive_plane_add(size=4.0)
    plane = bpy.context.object
    plane.modifiers.new("Collision", "COLLISION")
    bridge.select(bpy.context, skirt)
    with pytest.raises(RuntimeError, match=r"Plane is not closed.*Solidify"):
        bpy.ops.toile.drape()
    plane.hide_set(True)
    bpy.data.objects.remove(cube)
    assert bridge.obstacles(scene, skirt) == []


def test_a_second_drape_goes_on_from_the_first_and_after_a_slider_too(skirt, tmp_path):
    bpy.ops.toile.drape()
    first = positions(skirt)
    bpy.ops.toile.drape()
    assert asked(tmp_path)["warm"]
    sunk = first[:, 2] - positions(skirt)[:, 2]
    assert np.median(sunk) == pytest.approx(3 * STEP, abs=1e-6)
    assert (np.abs(sunk - 3 * STEP) < 1e-6).mean() > 0.9, "all but what had sunk into the body and was lifted"
    skirt.toile.style_pencil_skirt.skirt_length *= 1.05
    bpy.ops.toile.redraft()
    assert skirt.toile.state == "PIECES"
    bpy.ops.toile.drape()
    assert asked(tmp_path)["warm"]
    skirt.toile.warm = False
    bpy.ops.toile.drape()
    assert not asked(tmp_path)["warm"]


def test_the_last_drape_is_saved_with_the_scene(skirt, tmp_path):
    bpy.ops.toile.drape()
    bpy.ops.toile.redraft()
    name = skirt.name
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    loaded = bpy.data.objects[name]
    bridge.select(bpy.context, loaded)
    assert len(bridge.hung(loaded).vertices) == len(loaded.toile.last_drape.vertices)
    bpy.ops.toile.drape()
    assert asked(tmp_path)["warm"]


# ---- Pins ----


def select_vertices(garment, chosen):
    select = np.zeros(len(garment.data.vertices), bool)
    select[chosen] = True
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.select_all(action="DESELECT")
    bpy.ops.object.mode_set(mode="OBJECT")
    garment.data.vertices.foreach_set("select", select)
    bpy.ops.object.mode_set(mode="EDIT")


def test_selected_points_are_pinned_and_stay(skirt, tmp_path):
    bpy.ops.toile.drape()
    highest = np.argsort(positions(skirt)[:, 2])[-5:]
    select_vertices(skirt, highest)
    assert not bpy.ops.toile.drape.poll(), "not in Edit Mode"
    assert bpy.ops.toile.pin() == {"FINISHED"}
    assert skirt.mode == "EDIT"
    bpy.ops.object.mode_set(mode="OBJECT")
    assert skirt.toile.pins == 5
    before = positions(skirt)
    bpy.ops.toile.drape()
    assert asked(tmp_path)["pinned"] == sorted(highest.tolist())
    sunk = before[:, 2] - positions(skirt)[:, 2]
    np.testing.assert_allclose(sunk[highest], 0, atol=1e-6)
    assert np.median(np.delete(sunk, highest)) == pytest.approx(3 * STEP, abs=1e-6)
    assert skirt.toile.pins == 5, "they are pinned still"
    bpy.ops.toile.clear_pins()
    assert skirt.toile.pins == 0
    assert not bpy.ops.toile.clear_pins.poll()
    bpy.ops.toile.drape()
    assert asked(tmp_path)["pinned"] == []


def test_a_vertex_group_pins_too_and_pins_survive_a_slider(skirt, tmp_path):
    bpy.ops.toile.drape()
    with pytest.raises(RuntimeError, match="Select vertices"):
        bpy.ops.toile.pin()
    group = skirt.vertex_groups.new(name="Pins")
    group.add([3, 4, 5], 1.0, "REPLACE")
    group.add([6], 0.2, "REPLACE")
    bpy.ops.toile.pin()
    assert skirt.toile.pins == 3
    where = positions(skirt)[[3, 4, 5]]
    skirt.toile.style_pencil_skirt.skirt_length *= 1.04
    bpy.ops.toile.redraft()
    bpy.ops.toile.drape()
    pinned = positions(skirt)[asked(tmp_path)["pinned"]]
    nearest = np.linalg.norm(pinned[:, None] - where[None], axis=2).min(axis=0)
    assert nearest.max() < skirt.toile.particle_distance
    assert bridge.pins_of(skirt.data).tolist() == asked(tmp_path)["pinned"]
    skirt.toile.style_pencil_skirt.skirt_length *= 1.5
    bpy.ops.toile.redraft()
    with pytest.raises(RuntimeError, match="clear them, then drape"):
        bpy.ops.toile.drape()
    bpy.ops.toile.clear_pins()
    assert bpy.ops.toile.drape() == {"FINISHED"}


def test_pins_of_a_mesh_that_was_made_single_user_hold_too(skirt, tmp_path):
    bpy.ops.toile.drape()
    bpy.ops.object.make_single_user(object=True, obdata=True)
    skirt.vertex_groups.new(name="Pins").add([3, 4, 5], 1.0, "REPLACE")
    bpy.ops.toile.pin()
    where = positions(skirt)[[3, 4, 5]]
    bpy.ops.toile.drape()
    assert asked(tmp_path)["pinned"] == [3, 4, 5]
    bpy.ops.object.make_single_user(object=True, obdata=True)
    skirt.toile.style_pencil_skirt.skirt_length *= 1.04
    bpy.ops.toile.redraft()
    bpy.ops.toile.drape()
    pinned = positions(skirt)[asked(tmp_path)["pinned"]]
    assert np.linalg.norm(pinned[:, None] - where[None], axis=2).min(axis=0).max() < skirt.toile.particle_distance


def test_pieces_cannot_be_pinned(skirt):
    assert not bpy.ops.toile.pin.poll()
    assert not bpy.ops.toile.clear_pins.poll()
    assert not bpy.ops.toile.pause_drape.poll()
    assert not bpy.ops.toile.step_drape.poll()


# ---- What is kept ----


def test_a_shape_key_leads_back_to_the_pieces(skirt):
    skirt.toile.keep = "SHAPE_KEY"
    bpy.ops.toile.drape()
    settled, key = positions(skirt), skirt.data.shape_keys.key_blocks["Placed"]
    placed = np.empty(3 * len(settled), np.float32)
    key.data.foreach_get("co", placed)
    assert key.value == 0
    np.testing.assert_allclose(placed.reshape(-1, 3) - settled, [[0, 0, 3 * STEP]] * len(settled), atol=1e-6)
    bpy.ops.toile.drape()
    assert list(skirt.data.shape_keys.key_blocks.keys()) == ["Draped", "Placed"]


@pytest.mark.parametrize("saved", [True, False])
def test_a_recording_plays_over_the_scenes_frames(scene, skirt, tmp_path, monkeypatch, saved):
    monkeypatch.setenv("TOILE_STEPS", "60")
    scene.frame_start, scene.frame_end = 11, 30
    if saved:
        bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    skirt.toile.keep = "TIMELINE"
    bpy.ops.toile.drape()
    skirt = bridge.find(skirt.toile.toile_id, "GARMENT")
    (modifier,) = skirt.modifiers
    path = Path(bpy.path.abspath(modifier.filepath))
    assert path.stat().st_size == 32 + 20 * 12 * len(skirt.data.vertices)
    assert modifier.filepath.startswith("//") == saved
    assert not saved or path.parent == tmp_path
    settled, heights = positions(skirt), []
    for frame in (1, 11, 12, 20, 30, 99):
        scene.frame_set(frame)
        played = skirt.evaluated_get(bpy.context.evaluated_depsgraph_get())
        heights.append(float(positions(played)[:, 2].mean()))
    np.testing.assert_allclose(positions(played), settled, atol=1e-6)
    start = heights[1]
    steps = np.round((start - np.array(heights)) / STEP)
    np.testing.assert_allclose(steps, [0, 0, 3, 29, 60, 60], atol=1.1)
    skirt.toile.keep = "MESH"
    bpy.ops.toile.drape()
    assert not skirt.modifiers


def test_a_recording_that_cannot_be_written_is_refused(skirt, tmp_path, monkeypatch):
    monkeypatch.setattr(bridge, "recording_path", lambda garment: tmp_path / "nowhere" / "a.pc2")
    skirt.toile.keep = "TIMELINE"
    with pytest.raises(RuntimeError, match="cannot be recorded"):
        bpy.ops.toile.drape()
    assert skirt.toile.state == "PIECES"


def test_a_killed_recording_leaves_no_file(skirt, slow, hand, tmp_path):
    skirt.toile.keep = "TIMELINE"
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    older = children()

    def kill():
        yield from until(lambda: live().shown >= 2)
        assert list(tmp_path.glob("*.part"))
        for child in children() - older:
            os.kill(child, signal.SIGKILL)

    hand(kill())
    with pytest.raises(RuntimeError, match="ended without"):
        bpy.ops.toile.drape()
    assert not [*tmp_path.glob("*.part"), *tmp_path.glob("*.pc2")]


def test_the_panel_says_how_it_went(skirt):
    bpy.ops.toile.drape()
    rows = {row.label: row.value for row in view_model.drape_rows(skirt.toile.report)}
    assert rows["Settled"] == "at rest"
    assert rows["Intersections"] == "0"
    assert {"Engine", "Time", "Points", "Penetration", "Seam gap", "Stretch"} <= set(rows)
    report = {**json.loads(skirt.toile.report), "residual": 7e-5, "settled": False, "body_intersections": 2}
    rows = {row.label: (row.value, row.icon) for row in view_model.drape_rows(json.dumps(report))}
    assert rows["Residual"] == ("7e-05", "ERROR")
    assert rows["Settled"] == ("still moving", "ERROR")
    assert rows["Intersections"] == ("2", "ERROR")


# ---- Which engine ----


class TestEngines:
    FOUND = engines.Workers(["blender"], ["engine"])

    @pytest.fixture
    def has(self, monkeypatch):
        """An engine environment with these modules and devices."""

        def set_up(modules, devices=("cpu",)):
            engines.forget()
            answer = Result({"modules": list(modules), "devices": list(devices)})
            monkeypatch.setattr(engines, "call", lambda command, task, *_: answer)

        yield set_up
        engines.forget()

    @pytest.mark.parametrize(
        ("asked", "modules", "chosen"),
        [
            ("auto", ["warp", "cvxopt", "scipy"], "toile"),
            ("auto", ["warp", "newton"], "blender"),
            ("auto", [], "blender"),
            ("toile", ["warp", "cvxopt", "newton", "scipy"], "toile"),
            ("style3d", ["warp", "newton"], "style3d"),
            ("blender", [], "blender"),
        ],
    )
    def test_what_is_there_drapes(self, has, asked, modules, chosen):
        has(modules)
        name, command = engines.choose(asked, "", self.FOUND)
        assert (name, command) == (chosen, ["blender"] if chosen == "blender" else ["engine"])

    @pytest.mark.parametrize(("asked", "lacking"), [("toile", "cvxopt"), ("style3d", "newton")])
    def test_what_is_missing_is_named_with_what_to_do(self, has, asked, lacking):
        has(["warp", "scipy"])
        with pytest.raises(engine.EngineMissing, match=f"needs {lacking}: install it in Preferences"):
            engines.choose(asked, "", self.FOUND)

    def test_without_an_environment_blender_drapes(self):
        bare = engines.Workers(["blender"], None)
        assert engines.choose("auto", "cuda", bare) == ("blender", ["blender"])
        with pytest.raises(engine.EngineMissing, match="cvxopt, scipy, warp"):
            engines.choose("toile", "", bare)
        assert {name: help for name, _, help in engines.items()}["toile"].endswith("Not installed")
        engines.forget()

    def test_a_gpu_that_is_not_there_is_named(self, has):
        has(["warp", "cvxopt", "scipy"])
        with pytest.raises(engine.EngineMissing, match="no CUDA GPU"):
            engines.choose("toile", "cuda", self.FOUND)
        assert not engines.has_gpu()
        has(["warp", "cvxopt", "scipy"], ["cpu", "cuda:0"])
        assert engines.choose("toile", "cuda", self.FOUND)[0] == "toile"
        assert engines.has_gpu()
        with pytest.raises(engine.EngineMissing, match="no CUDA GPU"):
            engines.choose("toile", "cuda:1", self.FOUND)

    def test_an_engine_that_nobody_knows(self, has):
        has([])
        with pytest.raises(engine.EngineMissing, match="Choose auto, toile"):
            engines.choose("loom", "", self.FOUND)

    def test_an_environment_that_does_not_answer(self, monkeypatch):
        def dies(*_):
            raise WorkerDied("gone")

        engines.forget()
        monkeypatch.setattr(engines, "call", dies)
        with pytest.raises(engine.EngineMissing, match="install it again"):
            engines.choose("auto", "", self.FOUND)

    def test_this_python_answers_for_itself(self):
        engines.forget()
        here = engines.survey(engine.engine_worker())
        assert "cpu" in here.devices
        for name, kind in engines.KINDS.items():
            assert here.lacks(name) == any(not _there(module) for module in kind.modules)

    def test_the_menu_says_what_is_there(self, has, skirt):
        has(["warp", "cvxopt", "scipy"])
        assert "Not known" in {name: help for name, _, help in engines.items()}["toile"]
        engines.survey(["engine"])
        helps = {name: help for name, _, help in engines.items()}
        assert list(helps) == ["auto", "toile", "style3d", "blender"]
        assert helps["style3d"].endswith("Not installed")
        assert "installed" not in helps["toile"]
        skirt.toile.engine = "style3d"
        assert skirt.toile.engine == "style3d"

    def test_a_missing_engine_is_a_sentence_of_the_button(self, has, skirt):
        has([])
        skirt.toile.engine = "toile"
        with pytest.raises(RuntimeError, match="install it in Preferences"):
            bpy.ops.toile.drape()
        assert skirt.toile.state == "PIECES"


def _there(module):
    import importlib.util

    return importlib.util.find_spec(module) is not None


def test_what_cannot_be_sent_is_a_sentence(skirt):
    bpy.context.scene.gravity = (0, 0, float("nan"))
    with pytest.raises(RuntimeError) as caught:
        bpy.ops.toile.drape()
    assert "Traceback" not in str(caught.value).splitlines()[0]
    assert skirt.toile.state == "PIECES"


def test_ctrl_c_stops_the_command_line_and_its_worker(tmp_path):
    """Only the parent hears it here; in a terminal both do."""
    save_body(avatar({}), tmp_path / "body.json")
    words = [
        "drape",
        "pencil_skirt",
        "--body",
        str(tmp_path / "body.json"),
        "--engine",
        "blender",
        "--out",
        str(tmp_path),
        "--particle-distance",
        "0.02",  # long enough to be stopped
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "toile.addon.cli", *words],
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # a shell's "&" has it ignored
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "Sewing" in line or "Draping" in line:
            break
    workers = _children_of(process.pid)
    assert workers
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.endswith("toile: stopped\n")
    assert "Traceback" not in said
    assert not any(Path(f"/proc/{worker}").exists() for worker in workers)
    assert not (tmp_path / "drape.json").exists()


def _children_of(pid):
    return [child for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()]


def test_facings_and_linings_are_seen_and_draped_where_they_are_wished(scene):
    bpy.ops.toile.new_jacket(lining="full")
    garment = bpy.context.object
    garment.toile.particle_distance = 0.045

    def panels():
        return {panel.name for panel in bridge.pattern_of(garment).draped().panels()}

    shell, materials = panels(), len(garment.data.materials)
    assert not garment.toile.inner
    assert not any(name.startswith("lining") for name in shell)
    garment.toile.inner = True
    bpy.ops.toile.redraft()
    assert panels() > shell
    assert {"lining_back", "front_facing_left"} <= panels()
    bridge.wear(garment, garment.toile.fabric)
    assert len(garment.data.materials) == materials + 1
    assert {m["toile_fabric"] for m in garment.data.materials} >= {"acetate_lining"}
    garment.toile.inner = False
    bpy.ops.toile.redraft()
    assert panels() == shell
