# SPDX-License-Identifier: GPL-3.0-or-later
"""The real operators, pressed in Blender as scripts and buttons press them."""

import hashlib
import json
import sys
import threading
import time
import zipfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

import toile
from toile.addon import bridge, draping, engine, job_runner, live, properties, registration, view_model
from toile.operators import choose_part
from toile.patterns import style, styles
from toile.patterns.exchange import read_pattern_file
from toile.sim import Cloth
from toile.worker.client import Result, TaskFailed, call
from toile.worker.records import unpack


@pytest.fixture(autouse=True)
def scene():
    """An empty scene with Toile enabled."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    toile.register()
    yield bpy.context.scene
    toile.unregister()


@pytest.fixture
def tshirt(scene):
    bpy.ops.toile.new_tshirt()
    garment = bpy.context.object
    garment.toile.particle_distance = 0.03
    garment.toile.engine = "blender"
    return garment


def body_of(garment):
    return bridge.body_of(bridge.body_object_of(garment))


def fabrics_worn(garment):
    """The fabric of each panel's faces, by the panel's role."""
    panels = bridge.pattern_of(garment).panels()
    panel_of_face = garment.data.attributes["panel"].data
    return {
        (panels[panel.value].fabric, garment.data.materials[face.material_index]["toile_fabric"])
        for face, panel in zip(garment.data.polygons, panel_of_face, strict=True)
    }


ALWAYS = (
    "import_scan", "import_pattern", "reload_styles", "recommend", "allow_again", "join_review", "begin_weave",
    "run_batch",
)  # fmt: skip
OPERATORS = [cls for cls in registration.CLASSES if issubclass(cls, bpy.types.Operator)]


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda cls: cls.bl_idname)
def test_every_poll_runs(operator):
    name = operator.bl_idname.split(".")[1]
    in_empty_scene = getattr(bpy.ops.toile, name).poll()
    assert in_empty_scene == (name.startswith("new_") or name in ALWAYS)
    assert operator.__doc__
    assert operator.bl_label


def test_registration_leaves_nothing_behind(scene):
    toile.unregister()
    assert not hasattr(bpy.types.Object, "toile")
    assert "new_tshirt" not in dir(bpy.ops.toile)
    toile.register()


def test_a_failing_registration_undoes_itself_and_surfaces(monkeypatch):
    toile.unregister()

    def broken():
        raise LookupError("a class went missing")

    monkeypatch.setattr(registration, "STEPS", (*registration.STEPS, (broken, lambda: None)))
    with pytest.raises(LookupError):
        registration.register()
    assert not hasattr(bpy.types.Object, "toile")
    monkeypatch.undo()
    toile.register()


def test_one_click_makes_a_body_and_the_pieces_about_it(tshirt):
    assert [obj.toile.kind for obj in bpy.data.objects] == ["BODY", "GARMENT"]
    assert tshirt.toile.state == "PIECES"
    pattern = bridge.pattern_of(tshirt)
    assert pattern.proof().max_error <= 1e-4
    loose = sum(edge.is_loose for edge in tshirt.data.edges)
    assert loose > 50, "the seams are shown"
    assert {"panel"} <= set(tshirt.data.attributes.keys())
    assert tshirt.toile.fabric == style("tshirt").fabric
    assert fabrics_worn(tshirt) == {("main", style("tshirt").fabric), ("rib", "cotton_rib")}


def test_the_uv_map_is_the_pattern_in_metres(tshirt):
    """Each triangle's area in the UV map is its area on the cutting table: the panels' areas add up."""
    mesh = tshirt.data
    uv = np.empty(2 * len(mesh.loops), np.float32)
    mesh.uv_layers[0].data.foreach_get("uv", uv)
    a, b, c = np.swapaxes(uv.reshape(-1, 3, 2).astype(float), 0, 1)
    (ux, uy), (vx, vy) = (b - a).T, (c - a).T
    drafted = sum(panel.area for panel in bridge.pattern_of(tshirt).panels())
    assert np.abs(ux * vy - uy * vx).sum() / 2 == pytest.approx(drafted, rel=0.01)


@pytest.mark.parametrize("name", sorted(styles()))
def test_every_style_has_its_operator_with_its_parameters(name):
    declared = style(name)
    first = declared.parameters[0]
    chosen = (first.value + first.range[1]) / 2
    getattr(bpy.ops.toile, f"new_{name}")(**{first.name: chosen})
    garment = bpy.context.object
    choices = properties.choices_of(properties.sliders_of(garment), declared)
    assert choices[first.name] == pytest.approx(chosen, abs=1e-6)
    assert dict(bridge.pattern_of(garment).parameters) == pytest.approx(choices)


def test_the_menu_holds_every_style_once():
    listed = [operator for _, garments in view_model.new_garments() for operator, _ in garments]
    assert sorted(listed) == sorted(f"toile.new_{name}" for name in styles())
    assert len(set(listed)) == len(listed)
    assert all(getattr(bpy.ops.toile, operator.split(".")[1]).poll() for operator in listed)


def shown(garment):
    """The names of the sliders that the panel shows, the slots first."""
    offer = view_model.offer(garment)
    return [p.name for p in (*offer.slots, *offer.own, *(p for *_, mine in offer.parts for p in mine))]


def test_a_slot_brings_its_part_and_a_part_its_sliders(tshirt):
    sliders = tshirt.toile.style_tshirt
    assert shown(tshirt)[0] in {slot.name for slot in style("tshirt").slots}
    assert "hood_depth" not in shown(tshirt)
    assert {"cuff", "sleeve_length"} <= set(shown(tshirt))
    sliders.collar, sliders.sleeve = "hood", "none"
    assert "hood_depth" in shown(tshirt), "before it is drafted anew"
    assert not {"cuff", "cuff_depth", "sleeve_length"} & set(shown(tshirt))
    bpy.ops.toile.redraft()
    roles = {piece.name for piece in bridge.pattern_of(tshirt).pieces}
    assert "hood" in " ".join(roles)
    assert "sleeve" not in " ".join(roles)
    items = sliders.bl_rna.properties["collar"].enum_items
    assert {item.identifier: item.name for item in items}["peter_pan"] == "Peter Pan collar"


def test_a_part_that_does_not_go_with_the_rest_is_a_sentence_in_the_panel(scene):
    bpy.ops.toile.new_sheath()
    sheath = bpy.context.object
    revision, points = sheath.toile.revision, len(sheath.data.vertices)
    sheath.toile.style_sheath.collar = "shirt"
    live.redraft(sheath.toile.toile_id, True)  # as when the hand rests
    assert "choose opening 'buttons' or another collar" in live.refusal(sheath)
    assert (sheath.toile.revision, len(sheath.data.vertices)) == (revision, points)
    assert bridge.pattern_of(sheath).parameters["collar"] == "none"
    sheath.toile.style_sheath.collar = "none"
    live.redraft(sheath.toile.toile_id, True)
    assert live.refusal(sheath) == ""


def test_what_clashes_is_told_in_the_menu_and_not_taken(scene):
    bpy.ops.toile.new_a_line_dress()
    dress = bpy.context.object
    sliders = dress.toile.style_a_line_dress
    bpy.ops.toile.choose_part(parameter="shaping", value="princess_armhole")
    assert sliders.shaping == "princess_armhole"
    told = view_model.alternatives(dress, "sleeve")
    assert list(told) == list(style("a_line_dress").parameter("sleeve").range)
    assert told["set_in"] == view_model.Alternative("Set-in", "A sleeve with a cap, eased into the armhole", "")
    assert "another sleeve" in told["dolman"].clash
    for value, alternative in told.items():
        asked = SimpleNamespace(parameter="sleeve", value=value)
        assert choose_part.ChoosePart.description(bpy.context, asked) == (alternative.clash or alternative.help)
    before = sliders.sleeve
    with pytest.raises(RuntimeError, match="another sleeve"):
        bpy.ops.toile.choose_part(parameter="sleeve", value="dolman")
    with pytest.raises(RuntimeError, match="no parameter 'sleaves'"):
        bpy.ops.toile.choose_part(parameter="sleaves", value="dolman")
    with pytest.raises(RuntimeError, match="sleeve is one of"):
        bpy.ops.toile.choose_part(parameter="sleeve", value="wings")
    assert sliders.sleeve == before


@pytest.mark.parametrize("name", sorted(styles()))
def test_a_slider_says_what_its_parameter_declares(name):
    declared = properties.STYLE_GROUPS[name].bl_rna.properties
    for parameter in style(name).parameters:
        slider = declared[parameter.name]
        assert slider.description == parameter.help
        assert slider.name == parameter.label
        assert slider.default == pytest.approx(parameter.value)
        if parameter.kind not in ("flag", "choice"):
            assert (slider.hard_min, slider.hard_max) == pytest.approx(parameter.range)
        if parameter.unit == "m":
            assert slider.unit == "LENGTH"


def test_a_slider_redrafts(tshirt):
    low = min(v.co.z for v in tshirt.data.vertices)
    revision = tshirt.toile.revision
    tshirt.toile.style_tshirt.body_length += 0.5
    bpy.ops.toile.redraft()
    assert min(v.co.z for v in tshirt.data.vertices) < low - 0.05
    assert tshirt.toile.revision != revision
    assert len(bpy.data.meshes) == 2, "the old mesh is gone"


def test_a_body_slider_brings_what_is_worn_along(tshirt):
    body = bridge.body_object_of(tshirt)
    before = bridge.pattern_of(tshirt).measurements["bust"]
    body.toile.measures.bust += 0.06
    bpy.ops.toile.redraft(target=body.toile.toile_id)
    assert bridge.body_of(body).measurements["bust"].value == pytest.approx(before + 0.06, abs=0.004)
    assert bridge.pattern_of(tshirt).measurements["bust"] == pytest.approx(before + 0.06, abs=0.004)


def test_an_impossible_choice_is_a_sentence_and_changes_nothing(scene):
    bpy.ops.toile.new_pencil_skirt()
    skirt = bpy.context.object
    revision, points = skirt.toile.revision, len(skirt.data.vertices)
    skirt.toile.style_pencil_skirt.skirt_length = 0.35
    with pytest.raises(RuntimeError, match="raise skirt_length"):
        bpy.ops.toile.redraft()
    assert (skirt.toile.revision, len(skirt.data.vertices)) == (revision, points)
    live.redraft(skirt.toile.toile_id, True)  # as when the slider rests
    assert live.refusal(skirt) == "The skirt ends above the hip: raise skirt_length."
    skirt.toile.style_pencil_skirt.skirt_length = 1.0
    live.redraft(skirt.toile.toile_id, True)
    assert live.refusal(skirt) == ""


@pytest.mark.slow
def test_the_whole_way(tshirt, tmp_path):
    """Drape in a worker process, then export what came of it."""
    assert bpy.ops.toile.drape() == {"FINISHED"}
    report = json.loads(tshirt.toile.report)
    assert tshirt.toile.state == "DRAPED"
    assert fabrics_worn(tshirt) == {("main", style("tshirt").fabric), ("rib", "cotton_rib")}
    assert report["engine"] == "blender"
    assert len(tshirt.data.vertices) == report["vertices"]
    assert not any(edge.is_loose for edge in tshirt.data.edges), "the seams are closed"
    assert {"panel", "strain"} <= set(tshirt.data.attributes.keys())
    assert [row.label for row in view_model.fit_rows(tshirt.toile.report)][-4:] == ["Cloth", "Skin", "Seams", "Folds"]
    assert "Settled" in [row.label for row in view_model.drape_rows(tshirt.toile.report)]
    assert job_runner._current.live.shown > 10, "it was seen"
    body = body_of(tshirt)
    high = max(v.co.z for v in tshirt.data.vertices)
    assert 0.75 * body.vertices[:, 2].max() < high < body.vertices[:, 2].max(), "it hangs on the shoulders"

    bpy.ops.toile.export(directory=str(tmp_path), formats={"GLB", "SVG", "BLEND"})
    files = {path.name for path in tmp_path.iterdir()}
    made = {name for name in files if not name.endswith(".toile.json")}
    assert sorted(Path(name).suffix for name in made) == [".blend", ".glb", ".svg"]
    assert files - made == {f"{name}.toile.json" for name in made}, "each says whose it is"

    bpy.ops.toile.redraft()
    assert tshirt.toile.state == "PIECES"
    assert tshirt.toile.report == ""


def test_a_pattern_is_exported_on_paper_and_for_machines(tshirt, tmp_path):
    tshirt.name = "Anna's v1.2"
    bpy.ops.toile.export(directory=str(tmp_path), formats={"PDF", "DXF", "SVG"}, paper="A4")
    names = {path.name for path in tmp_path.iterdir() if not path.name.endswith(".toile.json")}
    assert names == {f"{bpy.path.clean_name(tshirt.name)}.{ending}" for ending in ("pdf", "dxf", "dxf.json", "svg")}
    [dxf] = tmp_path.glob("*.dxf")
    assert read_pattern_file(dxf).pattern.seams == bridge.pattern_of(tshirt).seams
    assert next(tmp_path.glob("*.pdf")).read_bytes().count(b"/Type /Page/") > 5


def test_a_pattern_changed_meanwhile_is_not_overwritten(tshirt, monkeypatch):
    """The drape that comes back belongs to an older pattern: it is refused, and the newer pieces stay."""

    def drape_of_an_older_pattern(command, task, params, arrays, **options):
        tshirt.toile.revision = "newer"
        faces = unpack(Cloth, params["cloth"], arrays, "cloth").welded_faces
        positions = np.zeros((faces.max() + 1, 3))
        return Result({"report": {}}, {"positions": positions, "faces": faces, "strain": np.zeros((len(faces), 2))})

    monkeypatch.setattr(draping, "call", drape_of_an_older_pattern)
    with pytest.raises(RuntimeError, match="changed while it draped"):
        bpy.ops.toile.drape()
    assert tshirt.toile.state == "PIECES"


@pytest.mark.parametrize("lines", ["raise SystemExit(3)", "import os; os.abort()", "print('no worker at all')"])
def test_a_dying_worker_changes_nothing(tshirt, monkeypatch, lines):
    monkeypatch.setattr(engine, "blender_worker", lambda: [sys.executable, "-c", lines])
    before = tshirt.data.name, len(tshirt.data.vertices)
    with pytest.raises(RuntimeError, match="nothing was changed"):
        bpy.ops.toile.drape()
    assert (tshirt.data.name, len(tshirt.data.vertices)) == before
    assert tshirt.toile.state == "PIECES"
    assert bpy.ops.toile.drape.poll(), "and one can try again"


def test_a_garment_without_its_body_says_so(tshirt):
    bpy.data.objects.remove(bridge.body_object_of(tshirt))
    assert not bpy.ops.toile.drape.poll()
    with pytest.raises(RuntimeError, match="removed meanwhile"):
        bpy.ops.toile.redraft()


def test_a_duplicate_gets_an_id_of_its_own(tshirt):
    twin = tshirt.copy()
    bpy.context.collection.objects.link(twin)
    assert twin.toile.toile_id == tshirt.toile.toile_id
    assert bridge.claim_id(twin) != tshirt.toile.toile_id


def test_data_survives_saving_and_loading(tshirt, tmp_path):
    body, pattern = body_of(tshirt), bridge.pattern_of(tshirt)
    name = tshirt.name
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    bridge._decoded.clear()
    loaded = bpy.data.objects[name]
    np.testing.assert_array_equal(body_of(loaded).vertices, body.vertices)
    assert bridge.pattern_of(loaded).proof().max_error == pytest.approx(pattern.proof().max_error)


def test_fabrics_can_be_changed(tshirt):
    bpy.ops.toile.set_fabric(fabric="denim")
    assert tshirt.toile.fabric == "denim"
    assert fabrics_worn(tshirt) == {("main", "denim"), ("rib", "cotton_rib")}
    bpy.ops.toile.redraft()
    assert fabrics_worn(tshirt) == {("main", "denim"), ("rib", "cotton_rib")}


@pytest.mark.parametrize(("formats", "says"), [(set(), "at least one format"), ({"GLB"}, "folder")])
def test_an_export_without_what_it_needs_is_refused(tshirt, formats, says):
    with pytest.raises(RuntimeError, match=says):
        bpy.ops.toile.export(formats=formats)


class TestJobs:
    """The runner with work of our own."""

    def test_a_cancelled_job_applies_nothing(self):
        applied = []

        def work(progress, cancelled):
            threading.Timer(0.05, job_runner.cancel).start()
            while not cancelled():
                time.sleep(0.01)
            return "late"

        def apply(result):
            applied.append(result)
            yield
            return "done"

        runner = job_runner.start("Wait", "drape", work, apply)
        assert runner.job.sentence == "Wait was cancelled; nothing was changed."
        assert applied == []
        assert job_runner.busy() is None

    def test_a_fault_in_work_or_in_applying_ends_the_job(self):
        def nothing(result):
            yield
            return "done"

        def bad_apply(result):
            yield
            raise KeyError("mesh")

        def bad_work(progress, cancelled):
            raise ZeroDivisionError("division by zero")

        assert "ZeroDivisionError" in job_runner.start("Fail", "drape", bad_work, nothing).job.sentence
        gone = job_runner.start("Read", "drape", lambda progress, cancelled: Path("gone.json").read_text(), nothing)
        assert gone.job.sentence == "gone.json cannot be used: No such file or directory."
        assert "KeyError" in job_runner.start("Fail", "drape", lambda progress, cancelled: 1, bad_apply).job.sentence
        ended = job_runner.start("Work", "drape", lambda progress, cancelled: 1, nothing)
        assert ended.job.sentence == "done"

    def test_disabling_toile_stops_the_work(self):
        started, stopped = threading.Event(), threading.Event()

        def work(progress, cancelled):
            started.set()
            while not cancelled():
                time.sleep(0.01)
            stopped.set()

        runner = job_runner.Runner("Wait", "drape", work, lambda result: iter(()))
        runner.send(job_runner.jobs.Begin())
        runner.tick()
        assert started.wait(5)
        runner.stop()
        assert stopped.is_set()

    def test_only_one_job_at_a_time(self):
        def work(progress, cancelled):
            with pytest.raises(job_runner.JobRefused, match="Wait until First has finished"):
                job_runner.start("Second", "drape", work, work)

        def apply(result):
            yield
            return "done"

        assert job_runner.start("First", "drape", work, apply).job.sentence == "done"


class TestEngine:
    """The engine environment, without a network."""

    def test_bpy_as_a_module_is_its_own_engine(self):
        assert engine.engine_python() == Path(sys.executable)

    def test_an_installed_blender_says_how_to_get_it(self, monkeypatch, tmp_path):
        monkeypatch.delenv("TOILE_ENGINE_PYTHON", raising=False)
        monkeypatch.setattr(engine, "environment", lambda: tmp_path / "engine")
        monkeypatch.setattr(engine, "_bundled", lambda: True)
        with pytest.raises(engine.EngineMissing, match="Preferences"):
            engine.engine_python()
        with pytest.raises(RuntimeError, match="Preferences"):
            bpy.ops.toile.import_scan(filepath="/nowhere/scan.ply")

    def test_installing_needs_online_access(self):
        assert not bpy.app.online_access
        assert not bpy.ops.toile.install_engine.poll()

    def test_a_failed_installation_leaves_nothing(self, monkeypatch, tmp_path):
        lock = tmp_path / "requirements.txt"
        lock.write_text("no-such-package-of-toile==1 --hash=sha256:" + "0" * 64)
        monkeypatch.setitem(engine.PARTS, "core", replace(engine.PARTS["core"], lock=lock))
        monkeypatch.setenv("PIP_NO_INDEX", "1")
        with pytest.raises(engine.EngineRefused, match="could not be installed"):
            engine.install(lambda fraction, text: None, lambda: False, tmp_path / "engine")
        assert not (tmp_path / "engine").exists()

    @pytest.mark.parametrize(
        ("part", "packages"),
        [
            ("core", {"numpy", "pillow", "scipy", "trimesh", "pythoncdt", "spyrrow"}),
            ("solver", {"warp-lang", "cvxopt"}),
            ("style3d", {"newton"}),
            ("learn", {"filelock", "jinja2", "sympy", "tensorboard"}),
        ],
    )
    def test_the_lock_knows_every_hash(self, part, packages):
        pinned = [line for line in engine.PARTS[part].lock.read_text().splitlines() if "==" in line]
        names = {line.split("==")[0] for line in pinned}
        assert packages <= names if part == "learn" else packages == names
        assert all(line.endswith("\\") for line in pinned)

    def test_parts_come_and_go_one_by_one(self, monkeypatch, tmp_path):
        folder = tmp_path / "engine"
        monkeypatch.setattr(engine, "environment", lambda: folder)
        monkeypatch.setenv("PIP_NO_INDEX", "1")
        monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
        for part in engine.PARTS:
            wheel = _wheel(tmp_path, f"toile_{part}", "MIT", f"{part}: do as you like")
            lock = tmp_path / f"{part}.txt"
            lock.write_text(
                f"toile-{part}==1.0 \\\n    --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"
            )
            changed = replace(engine.PARTS[part], lock=lock, modules=(f"toile_{part}",), pinned="")
            monkeypatch.setitem(engine.PARTS, part, changed)
        cuda = _wheel(tmp_path, "toile_cuda", "theirs", "")  # what torch brings along, which no lock file names
        assert cuda.is_file()
        torch = replace(engine.PARTS["learn"], pinned="toile-cuda==1.0", modules=("toile_learn", "toile_cuda"))
        monkeypatch.setitem(engine.PARTS, "learn", torch)

        def install(part):
            return engine.install(lambda fraction, text: None, lambda: False, folder, part)

        with pytest.raises(engine.EngineRefused, match="Scans” first"):
            install("solver")
        assert engine.missing("style3d") == ["core", "solver", "style3d"]
        for part in engine.missing("style3d"):
            assert install(part) > 0
            assert engine.installed(part)["bytes"] > 0
        assert engine.missing("style3d") == []
        assert "toile_solver 1.0 (MIT)" in engine.licence_texts()
        assert "solver: do as you like" in engine.licence_texts()

        monkeypatch.setitem(engine.PARTS, "style3d", replace(engine.PARTS["style3d"], modules=("no_such_module",)))
        with pytest.raises(engine.EngineRefused, match="no_such_module"):
            install("style3d")
        assert [part for part in engine.PARTS if engine.installed(part)] == ["core", "solver"]
        engine.remove("solver")
        assert [part for part in engine.PARTS if engine.installed(part)] == ["core"]
        assert "toile_solver" not in engine.licence_texts()

        install("recommend")
        install("learn")
        assert "toile_cuda 1.0" in engine.licence_texts()
        engine.remove("recommend")
        assert "toile_cuda 1.0" in engine.licence_texts()
        install("recommend")
        engine.remove("learn")
        assert [part for part in engine.PARTS if engine.installed(part)] == ["core", "recommend"]
        there = engine.licence_texts()
        assert "toile_core" in there
        assert "toile_recommend" in there
        assert "toile_cuda" not in there
        engine.remove()
        assert not folder.exists()

    def test_what_learns_says_which_part_it_lacks(self, monkeypatch, tmp_path):
        assert not engine.lacks("learn")  # bpy as a module is its own engine
        monkeypatch.delenv("TOILE_ENGINE_PYTHON", raising=False)
        monkeypatch.setattr(engine, "environment", lambda: tmp_path / "engine")
        monkeypatch.setattr(engine, "_bundled", lambda: True)
        assert engine.lacks("learn")
        with pytest.raises(engine.EngineMissing, match="“Learning” of Toile's engine"):
            engine.require("learn")
        monkeypatch.setenv("TOILE_ENGINE_PYTHON", sys.executable)
        engine.require("learn")


def _wheel(folder: Path, name: str, licence: str, text: str) -> Path:
    """A package of one empty module, with its licence."""
    about = f"{name}-1.0.dist-info"
    files = {
        f"{name}.py": "",
        f"{about}/METADATA": f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\nLicense-Expression: {licence}\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: toile\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{about}/licenses/LICENSE": text,
    }
    files[f"{about}/RECORD"] = "".join(f"{file},,\n" for file in [*files, f"{about}/RECORD"])
    wheel = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for file, content in files.items():
            archive.writestr(file, content)
    return wheel


class TestScans:
    """How a scan comes in; what is made of it is tested with the bodies."""

    def test_the_import_menu_and_the_file_handler(self):
        handler = bpy.types.FileHandler.bl_rna_get_subclass_py("TOILE_FH_scan")
        assert handler.bl_import_operator == "toile.import_scan"
        assert {".ply", ".obj", ".stl", ".glb", ".fbx", ".usdc", ".xyz", ".pcd"} <= set(
            handler.bl_file_extensions.split(";")
        )
        assert not handler.poll_drop(bpy.context), "only into a 3D viewport"

    def test_a_missing_file_is_a_sentence(self):
        with pytest.raises(RuntimeError, match=r"nowhere\.ply") as caught:
            bpy.ops.toile.import_scan(filepath="/nowhere.ply")
        assert "Traceback" not in str(caught.value).splitlines()[0]
        assert not bpy.data.objects

    @pytest.mark.slow
    def test_a_scan_becomes_a_body_that_can_be_dressed(self, tmp_path):
        """A person saved as a mesh in millimetres comes back with the same measures, and wears a T-shirt."""
        pytest.importorskip("scipy")
        bpy.ops.toile.new_body(stature=1.72)
        person = bpy.context.object
        true = bridge.body_of(person).measurements
        bpy.ops.wm.ply_export(filepath=str(tmp_path / "person.ply"), global_scale=1000.0)
        bpy.data.objects.remove(person)
        bpy.ops.toile.import_scan(filepath=str(tmp_path / "person.ply"))
        body = bridge.body_of(bpy.context.object)
        assert bpy.context.object.toile.source == "person.ply"
        for name in ("stature", "bust", "waist", "hip"):
            assert body.measurements[name].value == pytest.approx(true[name].value, abs=0.015), name
        bpy.ops.toile.new_tshirt()
        assert bpy.context.object.toile.body_id == bridge.active_body(bpy.context).toile.toile_id
        assert [o.toile.kind for o in bpy.data.objects].count("BODY") == 1, "no avatar was added"

    def test_something_that_is_no_person_is_a_sentence(self, tmp_path):
        pytest.importorskip("scipy")
        bpy.ops.mesh.primitive_monkey_add()
        bpy.ops.wm.obj_export(filepath=str(tmp_path / "suzanne.obj"))
        with pytest.raises(RuntimeError, match="suzanne") as caught:
            bpy.ops.toile.import_scan(filepath=str(tmp_path / "suzanne.obj"))
        assert "Traceback" not in str(caught.value)
        assert bridge.active_body(bpy.context) is None

    @pytest.mark.parametrize("suffix", [".fbx", ".usdc"])
    def test_blenders_formats_come_in_as_arrays(self, suffix, tmp_path):
        bpy.ops.mesh.primitive_cube_add(size=2, location=(0, 0, 1))
        path = tmp_path / f"box{suffix}"
        if suffix == ".fbx":
            bpy.ops.export_scene.fbx(filepath=str(path))
        else:
            bpy.ops.wm.usd_export(filepath=str(path))
        arrays = call(engine.blender_worker(), "read_with_blender", {"path": str(path)}, {}).arrays
        assert arrays["faces"].shape == (12, 3)
        assert np.ptp(arrays["points"], axis=0) == pytest.approx([2, 2, 2], rel=1e-5)

    @pytest.mark.parametrize("suffix", [".fbx", ".usdc", ".usdz"])
    def test_a_broken_file_of_blenders_formats_is_refused(self, suffix, tmp_path):
        path = tmp_path / f"broken{suffix}"
        path.write_bytes(b"")
        with pytest.raises(TaskFailed, match="broken") as caught:
            call(engine.blender_worker(), "read_with_blender", {"path": str(path)}, {})
        assert caught.value.refused
