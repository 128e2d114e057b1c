# SPDX-License-Identifier: GPL-3.0-or-later
"""A designer's own fabric, pressed in Blender: measured, imported, kept, worn, and faults named."""

import json
import os

import pytest

bpy = pytest.importorskip("bpy")

import toile
from toile.addon import shelf
from toile.addon.cli import main
from toile.sim.fabric import SHELF, mechanics, shipped_rows

READ = {
    "label": "My linen",
    "like": "linen",
    "mass": 7.2,
    "overhang_warp": "51 50,5 52",
    "overhang_weft": "47 46 46.5",
    "hung_warp": "100:0.5 500:2",
}


@pytest.fixture
def garment(tmp_path, monkeypatch):
    """A T-shirt in an empty scene, and an empty shelf."""
    monkeypatch.setenv(SHELF, str(tmp_path / "shelf"))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    toile.register()
    bpy.ops.toile.new_tshirt()
    yield bpy.context.object
    toile.unregister()


def names(menu):
    return [name for name, *_ in menu(None, None)]


def test_a_measured_fabric_is_kept_worn_and_in_the_menu(garment, tmp_path):
    assert bpy.ops.toile.measure_fabric(**READ) == {"FINISHED"}
    assert garment.toile.fabric == "my_linen"
    assert {m["toile_fabric"] for m in garment.data.materials} == {"my_linen", "cotton_rib"}
    cloth = mechanics("my_linen")
    assert cloth.density == pytest.approx(0.18)
    assert 0.024 < cloth.bending_length[0] < 0.027
    assert cloth.stretch_weft == mechanics("linen").stretch_weft
    assert (tmp_path / "shelf" / "my_linen.toml").exists()
    assert names(shelf.menu) == [*shipped_rows(), "my_linen"]
    assert names(shelf.own_menu) == list(shipped_rows())
    bpy.ops.toile.set_fabric(fabric="denim")
    bpy.ops.toile.set_fabric(fabric="my_linen")
    assert garment.toile.fabric == "my_linen"


SLIPS = (
    ({"overhang_warp": "long"}, "Overhangs along the warp"),
    ({"overhang_weft": ""}, "overhang of a weft strip must be read"),
    ({"mass": 0.0}, "mass of the piece"),
    ({"hung_weft": "100"}, "Weights along the weft"),
    ({"label": "…"}, "name"),
    ({"label": "Denim"}, "Toile's own"),
)


def test_what_was_not_read_is_said_and_changes_nothing(garment, tmp_path):
    before = garment.toile.fabric
    for change, why in SLIPS:
        with pytest.raises(RuntimeError, match=why):
            bpy.ops.toile.measure_fabric(**{**READ, **change})
        assert garment.toile.fabric == before
    assert not (tmp_path / "shelf").exists()


def test_a_sheet_is_imported_and_worn(garment, tmp_path):
    sheet = tmp_path / "Serge 235.csv"
    sheet.write_text("LT;0,6\nEMT;5\nB warp;0,12\nB weft;0,09\nG;0,8\nW;23,5\n")
    assert bpy.ops.toile.import_fabric(filepath=str(sheet), like="wool_twill") == {"FINISHED"}
    assert garment.toile.fabric == "serge_235"
    assert mechanics("serge_235").density == pytest.approx(0.235)
    with pytest.raises(RuntimeError, match="cannot be read"):
        bpy.ops.toile.import_fabric(filepath=str(tmp_path / "none.csv"))


def test_a_fault_on_the_shelf_is_named_and_toiles_own_fabrics_stay(garment, tmp_path):
    assert shelf.fault() == ""
    (tmp_path / "shelf").mkdir()
    (tmp_path / "shelf" / "bad.toml").write_text("[x]")
    assert "bad.toml" in shelf.fault()
    assert names(shelf.menu) == list(shipped_rows())
    bpy.ops.toile.set_fabric(fabric="denim")
    assert garment.toile.fabric == "denim"


def test_the_shelf_is_below_the_users_folder_unless_the_user_named_another(tmp_path, monkeypatch):
    monkeypatch.setenv(SHELF, str(tmp_path / "shelf"))
    shelf.register()
    shelf.unregister()
    assert os.environ[SHELF] == str(tmp_path / "shelf"), "the user's own choice stays"
    monkeypatch.delenv(SHELF)
    monkeypatch.setattr(bpy.utils, "extension_path_user", lambda package, path: str(tmp_path / "user" / path))
    shelf.register()
    assert os.environ[SHELF] == str(tmp_path / "user" / "own_fabrics")
    shelf.unregister()
    assert SHELF not in os.environ


def said(capsys, *words):
    status = main([str(word) for word in words])
    return status, json.loads(capsys.readouterr().out.splitlines()[-1])


def test_the_command_line_measures_and_imports(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv(SHELF, raising=False)
    words = ["fabric", "measure", "--name", "my_linen", "--like", "linen", "--mass", 0.0072, "--piece", 0.2, 0.2]
    words += ["--overhang-warp", 0.051, 0.0505, 0.052, "--overhang-weft", 0.047, 0.046, 0.0465, "--json"]
    status, measured = said(capsys, *words, "--hung-warp", "0.1=0.0005", "0.5=0.002")
    assert status == 0
    assert measured["file"] is None, "there is no shelf"
    assert measured["mechanics"]["density"] == pytest.approx(0.18)
    assert set(measured["errors"]) == {"density", "bend_warp", "bend_weft", "stretch_warp"}
    assert 0 < measured["errors"]["bend_warp"] < 0.3 * measured["mechanics"]["bend_warp"]
    assert "[my_linen]" in measured["toml"]

    sheet = tmp_path / "serge.csv"
    sheet.write_text("LT;0,6\nEMT;5\nB warp;0,12\nB weft;0,09\nG;0,8\nW;23,5\nAnn;x\n")
    words = ["fabric", "import", sheet, "--name", "serge", "--like", "wool_twill", "--out", tmp_path / "mine", "--json"]
    status, imported = said(capsys, *words)
    assert status == 0
    assert mechanics("serge", tmp_path / "mine").density == pytest.approx(0.235)
    assert imported["taken"] == ["thickness", "friction", "friction_skin"]
    assert imported["passed_over"] == ["Ann x"]

    sheet.write_text("LT;0,6\nEMT;5\nB warp;0,12\n")
    status, refused = said(capsys, *words)
    assert status == 3
    assert "lacks W, B weft" in refused["refused"]
    for wrong in (["fabric", "measure"], ["fabric", "import"], ["fabric", "import", sheet, "--name"]):
        assert main([str(word) for word in wrong]) == 2
    assert main([*map(str, words[:3]), "--name", "Serge 1", "--json"]) == 3
