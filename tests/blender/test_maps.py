# SPDX-License-Identifier: GPL-3.0-or-later
"""Fit maps on a garment in Blender: attributes, colours, the way back to the fabric, and what the panel says."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

bpy = pytest.importorskip("bpy")

import toile
from toile.addon import bridge, overlay, ramp, view_model
from toile.operators.show_map import ITEMS
from toile.sim import build_cloth, fabrics
from toile.sim.maps import MAPS
from toile.sim.report import DrapeReport, rest_areas, strain


@pytest.fixture(scope="module")
def wardrobe(tmp_path_factory):
    """A file with a draped T-shirt on an avatar: weaving its fabrics takes seconds, reading them back does not."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    toile.register()
    bpy.ops.toile.new_tshirt()
    put_on(bpy.context.object)
    path = tmp_path_factory.mktemp("wardrobe") / "tshirt.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    toile.unregister()
    return path


@pytest.fixture(autouse=True)
def scene():
    bpy.ops.wm.read_factory_settings(use_empty=True)
    toile.register()
    yield bpy.context.scene
    toile.unregister()


@pytest.fixture
def tshirt(wardrobe, scene):
    bpy.ops.wm.open_mainfile(filepath=str(wardrobe), load_ui=False)
    return bridge.active_garment(bpy.context)


def put_on(garment, **attributes):
    """The garment's panels where they were placed, welded, handed on as an engine hands on its drape."""
    body = bridge.body_of(bridge.body_object_of(garment))
    cloth = build_cloth(bridge.pattern_of(garment), body, 0.03)
    positions = cloth.welded(cloth.vertices)
    threads = strain(cloth.uv[cloth.faces], positions, cloth.welded_faces)
    mesh = bridge.draped_mesh(garment.data.name, cloth, positions, cloth.welded_faces, threads, **attributes)
    report = DrapeReport(
        engine="test", vertices=len(positions), seconds=1.0, cpu_seconds=1.0, peak_rss=1, penetration_max=0.0,
        penetration_fraction=0.0, collision_thickness=0.02, seam_gap_max=0.0, seam_gap_mean=0.0, stretch_p99=0.01,
        stretch_max=0.0, stretch_mean=0.0, self_intersections=0, body_intersections=0, kinetic_energy=0.0,
        speed_max=0.0, speed_rms=0.0, settled=True, frames=1, ease={"bust": 0.08, "waist": None, "hip": None},
    )  # fmt: skip
    bridge.show_drape(garment, mesh, report.to_json())


def values_of(mesh, name):
    attribute = mesh.attributes[name]
    values = np.empty(len(attribute.data), np.float32)
    attribute.data.foreach_get("value", values)
    return values


def colours_of(mesh):
    rgba = np.empty((len(mesh.vertices), 4), np.float32)
    mesh.color_attributes[overlay.COLOURS].data.foreach_get("color", rgba.ravel())
    return rgba


def worn_materials(garment):
    return [slot.material.name for slot in garment.material_slots]


def view():
    return next(a for a in bpy.context.window.screen.areas if a.type == "VIEW_3D").spaces.active


def test_only_a_draped_garment_on_its_body_shows_maps(scene, wardrobe):
    assert not bpy.ops.toile.show_map.poll(), "an empty scene"
    bpy.ops.wm.open_mainfile(filepath=str(wardrobe), load_ui=False)
    garment = bridge.active_garment(bpy.context)
    garment.toile.state = "PIECES"
    assert not bpy.ops.toile.show_map.poll()
    garment.toile.state = "DRAPED"
    assert bpy.ops.toile.show_map.poll()
    bpy.ops.object.mode_set(mode="EDIT")
    assert not bpy.ops.toile.show_map.poll()
    bpy.ops.object.mode_set(mode="OBJECT")
    bpy.data.objects.remove(bridge.body_object_of(garment))
    assert not bpy.ops.toile.show_map.poll()


def test_every_map_becomes_an_attribute_and_can_be_shown(tshirt):
    fabric = worn_materials(tshirt)
    assert [item[0] for item in ITEMS] == ["FABRIC", *MAPS]
    for name, kind in MAPS.items():
        assert bpy.ops.toile.show_map(map=name) == {"FINISHED"}
        attribute = tshirt.data.attributes[overlay.attribute_name(name)]
        assert (attribute.domain, attribute.data_type) == (kind.domain, "FLOAT")
        assert np.isfinite(values_of(tshirt.data, attribute.name)).all()
        assert overlay.shown(tshirt) == name
        assert worn_materials(tshirt) == [overlay.MATERIAL] * len(fabric)
        assert [material.name for material in tshirt.data.materials] == fabric, "the mesh keeps its fabrics"
        assert tshirt.data.color_attributes.active_color.name == overlay.COLOURS
    assert "pressure" not in tshirt.data.attributes, "in Pa it is the engine's own"
    assert len([m for m in bpy.data.materials if m.name.startswith(overlay.MATERIAL)]) == 1
    threads = np.empty((len(tshirt.data.polygons), 2), np.float32)
    tshirt.data.attributes["strain"].data.foreach_get("vector", threads.ravel())
    areas = rest_areas(bridge.hung(tshirt).uv)
    for name, felt in (("strain_warp", threads[:, 0]), ("strain_weft", threads[:, 1])):  # each face's own, averaged
        squares = areas @ (1.0 + values_of(tshirt.data, name)) ** 2
        assert squares == pytest.approx(areas @ (1.0 + felt) ** 2, rel=1e-5)


def test_the_colours_are_the_legends(tshirt):
    bpy.ops.toile.show_map(map="clearance")
    low, high = tshirt.data[overlay.RANGE]
    share = (values_of(tshirt.data, "clearance") - low) / (high - low)
    assert low == 0
    assert (share > 0.5).any(), "the range fits the garment"
    assert colours_of(tshirt.data)[:, :3] == pytest.approx(ramp.colours(share, False), abs=1e-4)


def test_the_fabric_comes_back_and_the_numbers_stay(tshirt):
    fabric = worn_materials(tshirt)
    bpy.ops.toile.show_map(map="strain_weft")
    bpy.ops.toile.show_map(map="FABRIC")
    assert worn_materials(tshirt) == fabric
    assert overlay.shown(tshirt) == ""
    assert overlay.COLOURS not in tshirt.data.color_attributes
    assert "clearance" in tshirt.data.attributes
    bpy.ops.toile.show_map(map="FABRIC")  # once more does no harm
    assert worn_materials(tshirt) == fabric


def test_solid_views_show_the_colours_while_a_map_is_on(tshirt):
    view().shading.color_type = "OBJECT"
    bpy.ops.toile.show_map(map="pressure")
    assert view().shading.color_type == "VERTEX"
    bpy.ops.toile.show_map(map="shear")
    bpy.ops.toile.show_map(map="FABRIC")
    assert view().shading.color_type == "OBJECT"
    bpy.ops.toile.show_map(map="shear")
    toile.unregister()
    assert view().shading.color_type == "OBJECT", "disabling Toile leaves no view changed"
    toile.register()


def test_undo_takes_a_map_off_and_redo_puts_it_on(tshirt):
    toile_id, fabric = tshirt.toile.toile_id, worn_materials(tshirt)
    bpy.ops.ed.undo_push(message="draped")
    bpy.ops.toile.show_map(map="contact")
    bpy.ops.ed.undo_push(message="shown")
    bpy.ops.ed.undo()
    garment = bridge.find(toile_id, "GARMENT")
    assert overlay.shown(garment) == ""
    assert worn_materials(garment) == fabric
    assert view().shading.color_type == "MATERIAL"
    bpy.ops.ed.redo()
    assert overlay.shown(bridge.find(toile_id, "GARMENT")) == "contact"
    assert view().shading.color_type == "VERTEX"


def test_a_file_saved_with_a_map_still_finds_back(tshirt, tmp_path):
    fabric = worn_materials(tshirt)
    bpy.ops.toile.show_map(map="stress_warp")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "mapped.blend"))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    assert view().shading.color_type == "MATERIAL"
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "mapped.blend"), load_ui=False)
    assert view().shading.color_type == "VERTEX"
    garment = bridge.active_garment(bpy.context)
    bpy.ops.toile.show_map(map="FABRIC")
    assert worn_materials(garment) == fabric
    assert view().shading.color_type == "MATERIAL"


def test_another_drape_shows_its_fabric(tshirt):
    fabric = worn_materials(tshirt)
    bpy.ops.toile.show_map(map="strain_warp")
    put_on(tshirt)
    assert overlay.shown(tshirt) == ""
    assert overlay.fit_of(tshirt) == "", "the old numbers are gone with the old drape"
    assert worn_materials(tshirt) == fabric


def test_another_fabric_is_measured_anew(tshirt):
    bpy.ops.toile.show_map(map="stress_weft")
    jersey = values_of(tshirt.data, "stress_weft")
    strains = values_of(tshirt.data, "strain_weft")
    bpy.ops.toile.set_fabric(fabric="denim")
    assert worn_materials(tshirt)[0] == overlay.MATERIAL, "the map stays on"
    bpy.ops.toile.show_map(map="stress_weft")
    denim = values_of(tshirt.data, "stress_weft")
    assert denim.max() > 5 * jersey.max()
    assert values_of(tshirt.data, "strain_weft") == pytest.approx(strains)
    bpy.ops.toile.show_map(map="FABRIC")
    assert worn_materials(tshirt)[0] == fabrics()["denim"].label


def test_the_engines_pressure_is_shown_in_kilopascals(tshirt):
    told = np.linspace(0.0, 3000.0, len(tshirt.data.vertices))
    put_on(tshirt, pressure=told)
    bpy.ops.toile.show_map(map="pressure")
    assert values_of(tshirt.data, "pressure_kpa") == pytest.approx(told / 1000, rel=1e-6)
    assert json.loads(overlay.fit_of(tshirt))["pressure"] == "the engine"
    assert list(tshirt.data[overlay.RANGE]) == pytest.approx([0.0, 5000.0])
    fit = overlay.fit_of(tshirt)
    assert overlay.limits_within(fit, "pressure", 0.0, 5000.0) == [("tight", 2330.0)]
    assert overlay.limits_within(fit, "pressure", 0.0, 1000.0) == []
    assert overlay.limits_within(fit, "strain_weft", -0.1, 0.1) == [], "a knit's stretch is not judged"


def test_the_panel_says_ease_verdicts_and_landmarks(tshirt):
    plain = view_model.fit_rows(tshirt.toile.report, overlay.fit_of(tshirt))
    assert plain[0] == view_model.Row("Bust", "easy: +8.0 cm"), "before the maps: the drape's own ease"
    bpy.ops.toile.show_map(map="clearance")
    fit = overlay.fit_of(tshirt)
    judged = json.loads(fit)
    rows = {row.label: row for row in view_model.fit_rows(tshirt.toile.report, fit)}
    for name in ("Bust", "Upper arm"):
        girth = judged["ease"][name.lower().replace(" ", "_")]
        assert rows[name].value == f"{girth['verdict']}: {100 * girth['ease']:+.1f} cm"
        assert rows[name].icon == view_model.VERDICT_ICONS[girth["verdict"]]
    numbers = {row.label: row.value for row in view_model.map_rows(fit, "clearance")}
    at_bust = judged["landmarks"]["bust_left"]["values"]["clearance"]
    assert numbers["Bust left"] == f"{1000 * at_bust:.0f} mm"
    assert view_model.fit_sentences(fit) == tuple(judged["sentences"])
    assert view_model.fit_sentences("") == ()


def test_an_exported_garment_wears_its_fabric_whatever_is_shown(tshirt, tmp_path):
    bpy.ops.toile.show_map(map="pressure")
    bpy.ops.toile.export(directory=str(tmp_path), formats={"GLB"})
    assert worn_materials(tshirt)[0] == overlay.MATERIAL, "the map is still on"
    glb = next(tmp_path.glob("*.glb")).read_bytes()
    head = json.loads(glb[20 : 20 + int.from_bytes(glb[12:16], "little")])
    assert {material.name for material in tshirt.data.materials} <= {m["name"] for m in head["materials"]}
    assert overlay.MATERIAL not in {m["name"] for m in head["materials"]}


def test_a_garment_whose_mesh_was_changed_is_a_sentence(tshirt):
    tshirt.data = bridge.mesh_of("cut off", np.zeros((3, 3)), np.array([[0, 1, 2]]))
    with pytest.raises(RuntimeError, match="press Drape again"):
        bpy.ops.toile.show_map(map="pressure")


@given(st.floats(1e-12, 1e12))
def test_a_legend_ends_at_a_round_number_not_far_above(value):
    top = overlay.rounded_up(value)
    assert value * (1 - 1e-6) <= top <= 2.5 * value * (1 + 1e-6)
    assert float(f"{top:.0e}") == pytest.approx(top, rel=1e-9)
    assert f"{top:e}"[0] in "125"
    assert math.isfinite(top)
