# SPDX-License-Identifier: GPL-3.0-or-later
"""Continue in Blender's physics: the button pressed on a garment that hangs, and the timeline played."""

import json

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

import toile
from toile.addon import bridge, native_cloth
from toile.addon.cloth_settings import FRAME, substeps
from toile.sim import build_cloth, mechanics
from toile.sim.report import strain


@pytest.fixture(scope="module")
def wardrobe(tmp_path_factory):
    """A file with a T-shirt that hangs as it was placed, its seams closed: what is tested here is not the drape."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    toile.register()
    bpy.ops.toile.new_tshirt()
    shirt = bpy.context.object
    body = bridge.body_of(bridge.body_object_of(shirt))
    cloth = build_cloth(bridge.pattern_of(shirt), body, 0.035)
    positions, faces = cloth.welded(cloth.vertices), cloth.welded_faces
    mesh = bridge.draped_mesh("hung", cloth, positions, faces, strain(cloth.uv[cloth.faces], positions, faces))
    bridge.show_drape(shirt, mesh, {"engine": "none", "seconds": 0.0, "vertices": len(positions)})
    path = tmp_path_factory.mktemp("wardrobe") / "shirt.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    yield path
    toile.unregister()


@pytest.fixture
def garment(wardrobe):
    bpy.ops.wm.open_mainfile(filepath=str(wardrobe))
    return next(obj for obj in bpy.data.objects if obj.toile.kind == "GARMENT")


@pytest.fixture
def scene(garment):
    return bpy.context.scene


def body_object(garment):
    return bridge.body_object_of(garment)


def numbers(struct):
    """Every plain setting of a Blender struct."""
    return {
        p.identifier: getattr(struct, p.identifier)
        for p in struct.bl_rna.properties
        if p.type in {"FLOAT", "INT", "BOOLEAN", "ENUM", "STRING"} and not getattr(p, "is_array", False)
    }


def test_the_garment_gets_a_cloth_modifier_in_si(garment, scene):
    scene.render.fps, scene.frame_start, scene.frame_end = 30, 5, 77
    assert bpy.ops.toile.hand_over() == {"FINISHED"}
    modifier = native_cloth.cloth_modifier(garment)
    settings, skin = modifier.settings, body_object(garment).collision
    assert settings.time_scale * FRAME == pytest.approx(1 / 30)
    assert substeps(settings.quality, settings.time_scale) == settings.quality
    assert (modifier.point_cache.frame_start, modifier.point_cache.frame_end) == (5, 77)
    assert settings.bending_model == "ANGULAR"
    assert modifier.collision_settings.use_self_collision
    assert skin.cloth_friction == pytest.approx(100 * mechanics("cotton_jersey").friction_skin)
    assert 0.001 <= skin.thickness_outer < 0.005
    weight = settings.mass * len(garment.data.vertices)
    assert 0.05 < weight < 0.5  # kilograms, a T-shirt


def test_a_band_keeps_its_own_stiffness(garment):
    bpy.ops.toile.hand_over()
    settings = native_cloth.cloth_modifier(garment).settings
    assert settings.bending_stiffness < settings.bending_stiffness_max
    group = garment.vertex_groups[settings.vertex_group_bending]
    neckband = next(k for k, p in enumerate(bridge.pattern_of(garment).panels()) if p.fabric == "rib")
    on_band = {v for f, panel in zip(garment.data.polygons, garment.data.attributes["panel"].data, strict=True)
               if panel.value == neckband for v in f.vertices}  # fmt: skip
    weights = np.array([group.weight(v.index) for v in garment.data.vertices])
    assert weights[list(on_band)].min() == 1.0
    assert weights.min() == 0.0


def test_a_second_press_renews_and_does_not_stack(garment):
    bpy.ops.toile.hand_over()
    modifier = native_cloth.cloth_modifier(garment)
    first = numbers(modifier.settings)
    modifier.settings.mass, modifier.settings.bending_stiffness = 5.0, 900.0
    modifier.settings.use_pressure = True  # the designer's own
    bpy.ops.toile.hand_over()
    assert [m.type for m in garment.modifiers] == ["CLOTH"]
    assert [m.type for m in body_object(garment).modifiers] == ["COLLISION"]
    assert numbers(native_cloth.cloth_modifier(garment).settings) == {**first, "use_pressure": True}
    assert sorted(g.name for g in garment.vertex_groups) == ["Bending", "Stretch"]


def test_another_fabric_has_other_numbers(garment):
    bpy.ops.toile.hand_over()
    jersey = numbers(native_cloth.cloth_modifier(garment).settings)
    bpy.ops.toile.set_fabric(fabric="denim")
    bpy.ops.toile.hand_over()
    denim = numbers(native_cloth.cloth_modifier(garment).settings)
    assert denim["mass"] > 1.5 * jersey["mass"]
    assert denim["bending_stiffness_max"] > 10 * jersey["bending_stiffness_max"]


def test_pins_hold_and_a_recording_is_silenced(garment):
    bridge.set_pins(garment.data, [3, 4])
    garment.modifiers.new("Draping", "MESH_CACHE")
    bpy.ops.toile.hand_over()
    settings = native_cloth.cloth_modifier(garment).settings
    group = garment.vertex_groups[settings.vertex_group_mass]
    assert [v.index for v in garment.data.vertices if any(g.group == group.index for g in v.groups)] == [3, 4]
    assert not garment.modifiers["Draping"].show_viewport
    bridge.set_pins(garment.data, [])
    bpy.ops.toile.hand_over()
    assert native_cloth.cloth_modifier(garment).settings.vertex_group_mass == ""


def test_a_new_drape_switches_blenders_cloth_off_until_it_is_handed_over_anew(garment):
    bridge.set_pins(garment.data, [3, 4])
    bpy.ops.toile.hand_over()
    modifier = native_cloth.cloth_modifier(garment)
    bridge.show_drape(garment, garment.data.copy(), json.loads(garment.toile.report))
    assert not modifier.show_viewport
    assert not modifier.show_render
    bpy.ops.toile.hand_over()
    assert modifier.show_viewport
    assert modifier.settings.vertex_group_mass in garment.vertex_groups


def test_everything_else_in_the_scene_is_left_alone(garment, scene):
    bpy.ops.mesh.primitive_cube_add()
    cube = bpy.context.object
    cube.modifiers.new("Collision", "COLLISION")
    cube.collision.thickness_outer = 0.123
    bpy.ops.object.effector_add(type="WIND")
    before = numbers(cube.collision), [o.name for o in bpy.data.objects], scene.gravity[:], scene.frame_current
    bridge.select(bpy.context, garment)
    bpy.ops.toile.hand_over()
    assert (
        numbers(cube.collision),
        [o.name for o in bpy.data.objects],
        scene.gravity[:],
        scene.frame_current,
    ) == before


def test_it_plays(garment, scene):
    """Half a second on the timeline: it moves, falls no farther than free, and stays in one piece about the body."""
    scene.frame_start, scene.frame_end = 1, 13
    bpy.ops.toile.hand_over()
    start = bridge.triangles_of(garment.data)[0]
    for frame in range(1, 14):
        scene.frame_set(frame)
    now, _ = bridge.triangles_of(garment.evaluated_get(bpy.context.evaluated_depsgraph_get()).data)
    moved = np.linalg.norm(now - start, axis=1)
    assert np.isfinite(now).all()
    assert 0.001 < np.median(moved) < 9.81 * 0.5**2 / 2
    assert moved.max() < 0.5
    np.testing.assert_array_equal(bridge.triangles_of(garment.data)[0], start)  # the drape itself is kept


def test_undo_takes_it_back(garment):
    toile_id = garment.toile.toile_id
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.toile.hand_over()
    bpy.ops.ed.undo_push(message="after")
    bpy.ops.ed.undo()
    undone = bridge.find(toile_id, "GARMENT")
    assert not undone.modifiers
    assert not body_object(undone).modifiers
    bpy.ops.ed.redo()
    assert native_cloth.cloth_modifier(bridge.find(toile_id, "GARMENT")) is not None


def test_pieces_are_not_handed_over(garment):
    bpy.ops.toile.redraft()
    assert not bpy.ops.toile.hand_over.poll()


def test_without_its_body_the_button_says_so(garment):
    bpy.data.objects.remove(body_object(garment))
    assert not bpy.ops.toile.hand_over.poll()


def test_a_mesh_changed_by_hand_is_refused(garment):
    garment.data = garment.data.copy()
    garment.data.vertices.add(1)
    with pytest.raises(RuntimeError, match="changed by hand"):
        bpy.ops.toile.hand_over()
    assert not garment.modifiers
    assert not body_object(garment).modifiers


class TestReading:
    """What the panel says about numbers in the Physics tab."""

    def test_it_is_the_fabric_s(self, garment):
        assert native_cloth.reading(garment) is None
        bpy.ops.toile.hand_over()
        found = native_cloth.reading(garment)
        jersey = mechanics("cotton_jersey")
        assert found.density == pytest.approx(jersey.density, rel=0.05)  # with the rib's share
        assert np.prod(found.bend) ** 0.5 == pytest.approx((jersey.bend_warp * jersey.bend_weft) ** 0.5, rel=1e-3)
        assert found.frame == pytest.approx(1 / 24, rel=1e-4)
        assert found.notes == ()
        rows = {row.label: row.value for row in native_cloth.reading_rows(found)}
        assert rows["A frame"] == "41.7 ms"
        assert rows["Weight"].endswith("g/m²")

    def test_it_follows_the_hand(self, garment):
        bpy.ops.toile.hand_over()
        before = native_cloth.reading(garment)
        settings = native_cloth.cloth_modifier(garment).settings
        settings.mass *= 2
        settings.air_damping = 1.0
        found = native_cloth.reading(garment)
        assert found.density == pytest.approx(2 * before.density, rel=1e-5)
        assert any("Air holds it" in note for note in found.notes)

    def test_a_report_of_another_mesh_is_not_read(self, garment):
        bpy.ops.toile.hand_over()
        garment.data = garment.data.copy()
        garment.data.vertices.add(1)
        garment.toile.report = json.dumps({"engine": "other"})
        assert native_cloth.reading(garment) is None
