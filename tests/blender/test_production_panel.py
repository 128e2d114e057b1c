# SPDX-License-Identifier: GPL-3.0-or-later
"""The production panel's buttons: sizes nested in the viewport, markers on the floor, files for the factory."""

import json
from pathlib import Path

import ezdxf
import numpy as np
import pypdf
import pytest

bpy = pytest.importorskip("bpy")

import toile
from toile.addon import bridge, overlay, production_scene
from toile.addon.cli import main
from toile.addon.fit_picture import png
from toile.addon.photography import SHOTS, WHOLE, PhotographRefused, photographed_apart
from toile.addon.size_run import SizeRun, SizeRunRefused, measures_of_run, size_name
from toile.bodies import Body, avatar
from toile.operators import production_pack
from toile.patterns import style
from toile.patterns.allowance import cut_line
from toile.worker.client import TaskCancelled


@pytest.fixture(autouse=True)
def registered():
    toile.register()
    bpy.ops.wm.read_factory_settings(use_empty=True)
    yield
    toile.unregister()


@pytest.fixture(scope="module")
def body() -> Body:
    return avatar({"bust": 0.92, "waist": 0.74, "hip": 0.98, "stature": 1.68})


@pytest.fixture
def garment():
    assert bpy.ops.toile.new_body() == {"FINISHED"}
    assert bpy.ops.toile.new_tank() == {"FINISHED"}
    found = bridge.active_garment(bpy.context)
    found.toile.production.seconds = 1
    return found


def points(obj) -> np.ndarray:
    return np.array([point.co[:2] for spline in obj.data.splines for point in spline.points])


# ---- A run of sizes about one person ----


def test_sizes_are_named_as_on_labels():
    assert [size_name(k) for k in range(-4, 5)] == ["3XS", "XXS", "XS", "S", "M", "L", "XL", "XXL", "3XL"]


def test_a_size_differs_by_its_steps_and_the_sample_is_the_person(body: Body):
    run = measures_of_run(body, SizeRun(1, 2, 0.05, 0.02))
    assert list(run) == ["S", "M", "L", "XL"]
    own = {name: m.value for name, m in body.measurements.items()}
    assert run["M"] == own
    for steps, size in ((-1, "S"), (1, "L"), (2, "XL")):
        for name, step in (("bust", 0.05), ("waist", 0.05), ("hip", 0.05), ("stature", 0.02)):
            assert run[size][name] - own[name] == pytest.approx(steps * step, abs=3e-3)
    assert run["S"]["upper_arm"] < own["upper_arm"] < run["XL"]["upper_arm"]  # what is not told follows


@pytest.mark.parametrize("wrong", [(-1, 0, 0.04, 0.0), (0, 10, 0.04, 0.0), (1, 1, 0.0, 0.0), (1, 1, float("nan"), 0.0)])
def test_a_run_that_is_none_is_refused(wrong):
    with pytest.raises(SizeRunRefused):
        SizeRun(*wrong)


# ---- Buttons ----


def test_sizes_are_nested_in_collections_of_their_own_and_put_away(garment):
    garment.toile.production.smaller, garment.toile.production.larger = 1, 1
    assert bpy.ops.toile.show_sizes() == {"FINISHED"}
    view = production_scene.view_of(garment, production_scene.SIZES)
    pattern = bridge.pattern_of(garment)
    assert [child.name.split()[-1] for child in view.children] == ["S", "M", "L"]
    for child in view.children:
        assert len(child.objects) == len(pattern.pieces)
    front = next(piece for piece in pattern.pieces if piece.name == "front")
    small, own, large = (bpy.data.objects[f"front {size}"] for size in ("S", "M", "L"))
    assert np.ptp(points(own), axis=0) == pytest.approx(np.ptp(cut_line(front).points, axis=0), abs=1e-4)
    assert np.ptp(points(small)[:, 0]) < np.ptp(points(own)[:, 0]) < np.ptp(points(large)[:, 0])
    assert small.location[:][::2] == pytest.approx(large.location[:][::2])  # on each other
    curves = len(bpy.data.curves)
    assert bpy.ops.toile.show_sizes() == {"FINISHED"}  # again: nothing twice
    assert len(bpy.data.curves) == curves
    assert bpy.ops.toile.hide_production() == {"FINISHED"}
    assert not len(bpy.data.curves)
    assert not any(production_scene.SIZES in c for c in bpy.data.collections)
    assert not bpy.ops.toile.hide_production.poll()


def test_a_marker_lies_on_the_floor_as_it_was_laid(garment):
    pytest.importorskip("spyrrow")
    wanted = garment.toile.production
    wanted.smaller, wanted.larger, wanted.ratio, wanted.width = 0, 1, "M=2 L=1", 1.4
    assert bpy.ops.toile.lay_markers() == {"FINISHED"}
    view = production_scene.view_of(garment, production_scene.MARKERS)
    told = json.loads(wanted.markers)
    [main] = [figures for label, figures in told.items() if "rib" not in label.lower()]
    fabric = next(obj for obj in view.objects if obj.name.startswith("main fabric"))
    assert np.ptp(points(fabric), axis=0) == pytest.approx([main["length"], 1.4], abs=1e-5)
    laid = [obj for obj in view.objects if obj.type == "CURVE" and obj.name.split(".")[0] in ("front M", "front L")]
    assert len(laid) == 3
    low, high = points(fabric).min(axis=0), points(fabric).max(axis=0)
    for obj in laid:
        assert (points(obj) >= low - 1e-5).all()
        assert (points(obj) <= high + 1e-5).all()


@pytest.mark.parametrize("ratio", ["XXL=1", "M", "M=-1", "M=1e9", "M=two"])
def test_a_ratio_of_no_sizes_is_refused(garment, ratio):
    garment.toile.production.ratio = ratio
    with pytest.raises(RuntimeError, match="no number of a size"):
        bpy.ops.toile.lay_markers()
    assert not garment.toile.production.markers


@pytest.mark.slow
def test_sizes_are_written_for_machines_and_on_paper(garment, tmp_path: Path):
    kinds = {"JSON", "SVG", "DXF", "PDF"}
    assert bpy.ops.toile.write_sizes(directory=str(tmp_path), kinds=kinds, paper="A4") == {"FINISHED"}
    pieces = len(bridge.pattern_of(garment).pieces)
    assert len(ezdxf.readfile(tmp_path / "sizes.dxf").modelspace().query("INSERT")) == 4 * pieces
    assert len(pypdf.PdfReader(tmp_path / "sizes.pdf").pages) > 2
    assert {path.name for path in tmp_path.glob("pattern_*")} == {
        f"pattern_{size}.{kind}" for size in ("S", "M", "L", "XL") for kind in ("json", "svg")
    }
    assert (tmp_path / "sizes.rul").exists()


def test_files_are_refused_where_they_cannot_be(garment, tmp_path: Path):
    (tmp_path / "file").touch()
    for options in ({"directory": ""}, {"directory": str(tmp_path / "file")}, {"directory": "/x", "kinds": set()}):
        with pytest.raises(RuntimeError):
            bpy.ops.toile.write_sizes(**options)


def test_a_tech_pack_of_the_garment_in_the_scene(garment, tmp_path: Path):
    pytest.importorskip("spyrrow")
    garment.toile.production.number = "T-7"
    assert bpy.ops.toile.write_tech_pack(directory=str(tmp_path)) == {"FINISHED"}
    told = json.loads((tmp_path / "techpack.json").read_text())
    assert (told["number"], list(told["measurements"])) == ("T-7", ["S", "M", "L", "XL"])
    assert len(pypdf.PdfReader(tmp_path / "techpack_en.pdf").pages) > 3


@pytest.mark.slow
def test_a_tech_pack_of_a_draped_garment_is_photographed_by_another_blender(garment, tmp_path: Path, monkeypatch):
    """Which gets the scene as it hangs; here one that paints grey, for the real one takes a minute."""
    pytest.importorskip("spyrrow")
    garment.toile.production.smaller = garment.toile.production.larger = 0
    garment.toile.particle_distance = 0.06
    assert bpy.ops.toile.drape() == {"FINISHED"}
    seen = []

    def photographed(scene: Path, name: str, _cancelled) -> dict[str, bytes]:
        with bpy.data.libraries.load(str(scene)) as (held, _):
            seen.extend(held.objects)
        return {view: png(np.full((WHOLE[1], WHOLE[0], 3), 100 + k, np.uint8)) for k, view in enumerate(SHOTS)}

    monkeypatch.setattr(production_pack, "photographed_apart", photographed)
    shown = overlay.shown(garment)
    assert bpy.ops.toile.write_tech_pack(directory=str(tmp_path)) == {"FINISHED"}
    assert garment.name in seen
    assert overlay.shown(garment) == shown
    page = (tmp_path / "techpack_en.html").read_text("utf-8")
    assert page.count("data:image/png") == 4  # front, back, two maps of the fit
    assert "Fit" in page


def test_photographs_are_cancelled_and_refused_by_name(tmp_path: Path, capsys):
    with pytest.raises(TaskCancelled):
        photographed_apart(tmp_path / "none.blend", "Tank", lambda: True)
    with pytest.raises(PhotographRefused, match="no file"):
        photographed_apart(tmp_path / "none.blend", "Tank", lambda: False)
    assert main(["photograph", str(tmp_path / "none.blend"), "--out", str(tmp_path / "out"), "--json"]) == 3
    assert "no file" in json.loads(capsys.readouterr().out.splitlines()[-1])["refused"]


def test_prices_that_are_none_are_refused(garment, tmp_path: Path):
    garment.toile.production.prices = str(tmp_path / "none.toml")
    with pytest.raises(RuntimeError, match=r"none\.toml"):
        bpy.ops.toile.write_tech_pack(directory=str(tmp_path))


def test_a_batch_runs_beside_its_job_file(tmp_path: Path):
    from toile.bodies import save_body

    save_body(avatar({"stature": 1.7}), tmp_path / "anna.json")
    job = tmp_path / "night.toml"
    job.write_text('[[garments]]\nstyles = ["tank"]\nbodies = ["anna.json"]\noutputs = ["pattern"]\n')
    assert bpy.ops.toile.run_batch(filepath=str(job), workers=1) == {"FINISHED"}
    assert (tmp_path / "night" / "tank-anna-pattern" / "pattern.dxf").exists()
    job.write_text("garments = 3")
    with pytest.raises(RuntimeError, match="array"):
        bpy.ops.toile.run_batch(filepath=str(job), workers=1)


def test_an_imported_pattern_is_of_one_size(garment):
    garment.toile.imported = "{}"
    with pytest.raises(RuntimeError, match="one size"):
        bpy.ops.toile.show_sizes()
    garment.toile.production.smaller = garment.toile.production.larger = 0
    assert bpy.ops.toile.show_sizes() == {"FINISHED"}
    assert style("tank").label in garment.name
