# SPDX-License-Identifier: GPL-3.0-or-later
"""Patterns of other programs in Blender: imported as garments, laid out flat, their notes kept; broken ones refused."""

import json
from pathlib import Path

import pytest

bpy = pytest.importorskip("bpy")

import toile
from toile.addon import bridge, flat_pattern, view_model
from toile.operators.import_pattern import ImportPattern, PatternFileHandler
from toile.panels.garment import ImportNotesPanel, ParametersPanel
from toile.patterns.document import pattern_to_json
from toile.patterns.exchange import PATTERNS, read_garmentcode, write_garmentcode

# A box of 40 × 60 cm before the body and one behind it, sewn at the sides: [x, y] in centimetres.
CORNERS = [[-20, 0], [20, 0], [20, 60], [-20, 60]]


def panel(z: float, turned: float) -> dict:
    edges = [{"endpoints": [k, (k + 1) % 4]} for k in range(4)]
    return {"translation": [0, 80, z], "rotation": [0, turned, 0], "vertices": CORNERS, "edges": edges}


def tube() -> dict:
    def side(name: str, edge: int) -> dict:
        return {"panel": name, "edge": edge}

    stitches = [[side("front", 1), side("back", 3)], [side("front", 3), side("back", 1)]]
    return {
        "pattern": {"panels": {"front": panel(25, 0), "back": panel(-25, 180)}, "stitches": stitches},
        "properties": {"curvature_coords": "relative", "units_in_meter": 100},
    }


FLAT = {
    "design": "box", "units": "mm", "measurements": {},
    "parts": {"box.front": {"paths": {"seam": [
        {"type": "move", "to": [0, 0]}, {"type": "line", "to": [0, 400]}, {"type": "line", "to": [200, 400]},
        {"type": "line", "to": [200, 0]}, {"type": "close"},
    ]}, "snippets": {}}},
}  # fmt: skip


@pytest.fixture(autouse=True)
def scene():
    """An empty scene with Toile enabled."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    toile.register()
    yield bpy.context.scene
    toile.unregister()


def written(folder: Path, data: object, name: str = "tube.json") -> str:
    path = folder / name
    path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return str(path)


def imported(path: str):
    assert bpy.ops.toile.import_pattern(filepath=path) == {"FINISHED"}
    return bpy.context.object


def test_a_pattern_that_is_placed_becomes_a_garment_about_the_body(tmp_path):
    path = written(tmp_path, tube())
    garment = imported(path)
    assert garment.toile.kind == "GARMENT"
    truth = read_garmentcode(Path(path))
    assert pattern_to_json(bridge.pattern_of(garment)) == pattern_to_json(truth.pattern)
    assert view_model.import_notes(garment.toile.notes) == truth.notes
    assert set(flat_pattern.objects_of(garment)) == {"front", "back"}
    assert bridge.body_object_of(garment) is not None  # one was made to dress
    assert len(garment.data.polygons) > 100
    assert view_model.offer(garment) is None
    assert not ParametersPanel.poll(bpy.context)
    assert ImportNotesPanel.poll(bpy.context)


def test_what_a_hand_changes_on_it_stays_and_can_be_taken_back(tmp_path):
    garment = imported(written(tmp_path, tube()))
    outline = bridge.pattern_of(garment).panel("front").outline()
    curve = flat_pattern.objects_of(garment)["front"]
    for point in curve.data.splines[0].bezier_points:
        point.select_control_point = False
    curve.data.splines[0].bezier_points[0].select_control_point = True
    bridge.select(bpy.context, curve)
    assert bpy.ops.toile.add_notch() == {"FINISHED"}
    assert len(bridge.pattern_of(garment).pieces[0].notches) == 1
    assert bpy.ops.toile.remove_adjustment() == {"FINISHED"}
    assert len(bridge.pattern_of(garment).pieces[0].notches) == 0
    assert (bridge.pattern_of(garment).panel("front").outline() == outline).all()


def test_a_pattern_without_a_place_is_shown_flat_and_says_so(tmp_path):
    garment = imported(written(tmp_path, FLAT))
    assert len(garment.data.vertices) == 0
    (piece,) = flat_pattern.objects_of(garment).values()
    assert piece.dimensions[:2] == pytest.approx((0.2, 0.4), abs=0.1)
    assert any("places" in sentence for sentence in view_model.import_notes(garment.toile.notes))
    assert bpy.ops.toile.redraft() == {"FINISHED"}


def test_an_exported_pattern_comes_back_as_it_was(tmp_path):
    bpy.ops.toile.new_tshirt()
    garment = bpy.context.object
    assert bpy.ops.toile.export(directory=str(tmp_path), formats={"GARMENTCODE"}) == {"FINISHED"}
    (path,) = tmp_path.glob("*_specification.json")
    truth = tmp_path / "truth.json"
    write_garmentcode(bridge.pattern_of(garment), truth)
    assert path.read_bytes() == truth.read_bytes()
    again = imported(str(path))
    here, there = (sum(p.area for p in bridge.pattern_of(o).panels()) for o in (garment, again))
    assert there == pytest.approx(here, rel=1e-4)  # by chords, which lie otherwise where an edge was parted


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        ("", "empty.json", "JSON"),
        ("{}", "other.json", "GarmentCode"),
        ("[1, 2]", "list.json", "GarmentCode"),
        ('{"pattern": 3}', "half.json", "properties"),
        ("<pattern/>", "empty.val", "Valentina"),
        ('<!DOCTYPE x [<!ENTITY a "aaaa">]><pattern>&a;</pattern>', "bomb.sm2d", "bomb.sm2d"),
        ("x", "picture.png", "none of the patterns"),
    ],
)
def test_what_is_no_pattern_is_refused_and_leaves_nothing_behind(tmp_path, content, name, says):
    before = set(bpy.data.objects)
    with pytest.raises(RuntimeError, match=says):
        bpy.ops.toile.import_pattern(filepath=written(tmp_path, content, name))
    assert set(bpy.data.objects) == before


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(RuntimeError, match="cannot be read"):
        bpy.ops.toile.import_pattern(filepath=str(tmp_path / "gone.val"))


def test_dropped_files_go_to_the_operator():
    assert PatternFileHandler.bl_import_operator == ImportPattern.bl_idname
    assert PatternFileHandler.bl_file_extensions.split(";") == list(PATTERNS)
    assert not PatternFileHandler.poll_drop(bpy.context), "there is no 3D viewport here to drop it into"
