# SPDX-License-Identifier: GPL-3.0-or-later
"""The Fabric panel's buttons: pictures, a photographed swatch, a weave of one's own, variations; undo and refusals."""

import json
from pathlib import Path

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

import toile
from toile.addon import bridge, customers, job_runner, shelf
from toile.addon.export import export_glb
from toile.addon.exports.glb import Glb
from toile.addon.exports.staging import AS_DRAPED, staged
from toile.addon.fabrics import laying, library, loom, pictures, prints, variations
from toile.addon.material import fabric_material, tile_of
from toile.models.colour import hexadecimal
from toile.models.design import face_colour
from toile.models.picture import close_up
from toile.models.png import write_png
from toile.models.recipes import recipe, weave_row, woven_recipe
from toile.models.recommend.live import Store
from toile.models.swatch import read_swatch
from toile.operators.fabric_swatch import SwatchFileHandler
from toile.patterns.matching import on_cloth
from toile.patterns.seams import sewn_runs
from toile.sim.fabric import SHELF, mechanics, shipped_rows


@pytest.fixture(scope="module")
def skirt():
    """A skirt in a scene of its own: made once, for it takes seconds."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    toile.register()
    bpy.ops.toile.new_pencil_skirt()
    yield bpy.context.object
    toile.unregister()


@pytest.fixture
def garment(skirt, tmp_path, monkeypatch):
    """The skirt in linen, an empty shelf, an empty loom, no variations, no customers."""
    monkeypatch.setenv(SHELF, str(tmp_path / "shelf"))
    monkeypatch.setenv(customers.STORE, str(tmp_path / "customers.db"))
    bpy.ops.toile.set_fabric(fabric="linen")
    bpy.context.scene.toile_weave.base = ""
    variations.forget()
    return skirt


def checked(path, pixels=320, square=20):
    """A photograph of a check: two repeats are 80 pixels."""
    v, u = np.mgrid[:pixels, :pixels] // square % 2
    noise = np.random.default_rng(0).normal(0, 6, (pixels, pixels, 1))
    picture = np.where(((u + v) == 1)[..., None], (200, 60, 50), (235, 230, 215)) * np.where(u & v, 0.5, 1.0)[..., None]
    write_png(path, np.clip(picture + noise, 0, 255).astype(np.uint8))
    return path


def surface(garment):
    nodes = garment.data.materials[0].node_tree.nodes
    return next(node for node in nodes if node.type == "BSDF_PRINCIPLED")


def mean_colour(garment):
    image = surface(garment).inputs["Base Color"].links[0].from_node.image
    pixels = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(pixels)
    return pixels.reshape(-1, 4)[:, :3].mean(0)


def pixels_of(key):
    preview = pictures._pictures[0][key]
    pixels = np.empty(4 * preview.image_size[0] * preview.image_size[1], np.float32)
    preview.image_pixels_float.foreach_get(pixels)
    return pixels.reshape(-1, 4)


# ---- The library ----


def test_every_fabric_gets_a_picture_of_its_own_one_a_turn(garment):
    names = [name for name, *_ in library._menu(None, None)]
    assert names == list(shipped_rows())
    assert not any(pictures.there(library._key(name)) for name in names)
    for _ in range(3):
        library._on_timer()
    made = [pixels_of(library._key(name)) for name in names[:3]]
    assert not pictures.there(library._key(names[3]))
    assert {one.shape for one in made} == {(library.PIXELS**2, 4)}
    assert np.abs(made[0] - made[2]).mean() > 0.05
    np.testing.assert_allclose(close_up(recipe(names[2]), library.PIXELS, np.random.default_rng(0)).mean((0, 1)) / 255,
                               made[2].mean(0)[:3], atol=0.02)  # fmt: skip


def test_a_picture_that_was_chosen_is_worn(garment):
    names = [name for name, *_ in library._menu(None, None)]
    assert bpy.context.window_manager.toile_fabric == garment.toile.fabric
    bpy.context.window_manager.toile_fabric = "denim"
    assert garment.toile.fabric == "denim"
    assert bpy.context.window_manager.toile_fabric == "denim"
    assert names.index("denim") == library._worn(None)


def test_the_material_is_as_thick_as_the_fabric(garment):
    bpy.ops.toile.set_fabric(fabric="denim")
    nodes = garment.data.materials[0].node_tree.nodes
    output = next(node for node in nodes if node.type == "OUTPUT_MATERIAL")
    assert output.inputs["Thickness"].default_value == pytest.approx(mechanics("denim").thickness)


# ---- Swatches ----


def test_a_swatch_becomes_a_fabric_at_its_scale_and_is_worn(garment, tmp_path):
    path = checked(tmp_path / "my check.png")
    bpy.ops.toile.read_swatch(filepath=str(path), like="linen", scale="WIDTH", width=0.16, tile=0.04, pixels=128)
    assert garment.toile.fabric == "my_check"
    assert mechanics("my_check").density == mechanics("linen").density
    swatch = read_swatch(tmp_path / "shelf" / "my_check")
    repeat = [side / n for side, n in zip(swatch.size_m, swatch.repeats, strict=True)]
    assert repeat == pytest.approx([0.02, 0.02], rel=0.01)
    assert tile_of(garment.data.materials[0]) == pytest.approx(swatch.size_m, rel=1e-5)
    assert surface(garment).inputs["Sheen Weight"].default_value == pytest.approx(
        shipped_rows()["linen"]["look"]["sheen_weight"]
    )
    assert mean_colour(garment)[0] > mean_colour(garment)[2]
    assert pictures.there(library._key("my_check"))
    assert "estimated" in job_runner.view().sentence
    assert [file.name for file in (tmp_path / "shelf").iterdir() if file.name.startswith(".")] == []


def test_a_repeat_that_was_measured_is_the_scale_from_then_on(garment, tmp_path):
    path = checked(tmp_path / "check.png")
    bpy.ops.toile.read_swatch(filepath=str(path), scale="DPI", dpi=320 / (0.16 / 0.0254), tile=0.04, pixels=128)
    before = tile_of(garment.data.materials[0])
    bpy.ops.toile.rescale_fabric(repeat=0.012)
    assert tile_of(garment.data.materials[0]) == pytest.approx([0.6 * side for side in before], rel=0.01)
    bpy.ops.toile.set_fabric(fabric="denim")
    assert not bpy.ops.toile.rescale_fabric.poll()
    bpy.ops.toile.set_fabric(fabric="check")
    assert tile_of(garment.data.materials[0]) == pytest.approx([0.6 * side for side in before], rel=0.01)


def test_a_swatch_read_again_is_the_new_one(garment, tmp_path):
    for width in (0.16, 0.08):
        path = checked(tmp_path / "check.png")
        bpy.ops.toile.read_swatch(filepath=str(path), scale="WIDTH", width=width, tile=width / 4, pixels=64)
        swatch = read_swatch(tmp_path / "shelf" / "check")
        assert swatch.size_m[0] / swatch.repeats[0] == pytest.approx(width / 8, rel=0.01)
        assert tile_of(garment.data.materials[0])[0] == pytest.approx(swatch.size_m[0], rel=1e-5)


def broken(kind, folder):
    path = folder / f"{kind}.png"
    match kind:
        case "text":
            path.write_text("no picture")
        case "one_pixel":
            write_png(path, np.zeros((1, 1, 3), np.uint8))
        case "huge":
            write_png(path, np.zeros((2, 30_000), np.uint8))
        case "plain":
            write_png(path, np.full((128, 128, 3), 120, np.uint8))
        case "empty":
            path.write_bytes(b"")
    return path


@pytest.mark.parametrize(("kind", "why"), [
    ("text", "no picture"), ("one_pixel", "1 × 1"), ("huge", "30000"), ("empty", "no picture"), ("missing", "no file"),
])  # fmt: skip
def test_what_is_no_swatch_is_refused_and_changes_nothing(garment, tmp_path, kind, why):
    before = garment.toile.fabric
    with pytest.raises(RuntimeError, match=why):
        bpy.ops.toile.read_swatch(filepath=str(broken(kind, tmp_path)))
    assert garment.toile.fabric == before
    assert not (tmp_path / "shelf").exists()


@pytest.mark.parametrize(("wrong", "why"), [
    ({"label": "Denim"}, "Toile's own"), ({"label": "…"}, "name"), ({"width": 0.001, "tile": 0.5}, "smaller tile|less"),
])  # fmt: skip
def test_wrong_words_and_sizes_are_refused(garment, tmp_path, wrong, why):
    with pytest.raises(RuntimeError, match=why):
        bpy.ops.toile.read_swatch(filepath=str(checked(tmp_path / "check.png")), pixels=64, **wrong)
    assert not list(tmp_path.glob("shelf/*"))


def test_a_picture_is_ours_only_on_the_sidebar():
    class Context:
        def __init__(self, area, region):
            self.area = area and type("Area", (), {"type": area})
            self.region = region and type("Region", (), {"type": region})

    assert SwatchFileHandler.poll_drop(Context("VIEW_3D", "UI"))
    for elsewhere in (("VIEW_3D", "WINDOW"), ("IMAGE_EDITOR", "UI"), (None, None), ("VIEW_3D", None)):
        assert not SwatchFileHandler.poll_drop(Context(*elsewhere))


# ---- The loom ----


@pytest.mark.parametrize("name", ["denim", "linen", "herringbone_tweed", "gingham", "tartan", "pinstripe"])
def test_a_fabric_on_the_loom_is_that_fabric(garment, name):
    colours = {c for order in ("warp_order", "weft_order") for c in getattr(recipe(name), order)}
    if len(colours) > len(loom.CODES):
        with pytest.raises(RuntimeError, match="colours"):
            bpy.ops.toile.begin_weave(fabric=name)
        return
    bpy.ops.toile.begin_weave(fabric=name)
    on, of = loom.recipe_of(bpy.context.scene.toile_weave), woven_recipe(name)
    assert on.draft == of.draft
    assert on.counts == of.counts
    assert [on.ends, on.picks] == pytest.approx([of.ends, of.picks], abs=0.1)
    for mine, theirs in zip(
        (on.crossings.warp_colours, on.crossings.weft_colours),
        (of.crossings.warp_colours, of.crossings.weft_colours),
        strict=True,
    ):
        np.testing.assert_allclose(mine, theirs, atol=1e-3)
    assert pictures.there(loom.PICTURE)
    assert not loom.said()


def test_a_weave_is_kept_and_worn_as_it_was_drafted(garment):
    bpy.ops.toile.begin_weave(fabric="cotton_poplin")
    draft = bpy.context.scene.toile_weave
    draft.structure, draft.warp_order, draft.weft_order = "twill_2_2", "A12 B12", "a12 b12"
    draft.colour_a, draft.colour_b = (0.8, 0.1, 0.1), (0.9, 0.9, 0.85)
    draft.ends = draft.picks = 24.0
    bpy.ops.toile.keep_weave(label="Red check")
    assert garment.toile.fabric == "red_check"
    assert woven_recipe("red_check").repeat == (24, 24)
    assert weave_row(woven_recipe("red_check")) == weave_row(loom.recipe_of(draft))
    assert tile_of(garment.data.materials[0]) == pytest.approx(woven_recipe("red_check").size_m, rel=1e-5)
    red, _, blue = mean_colour(garment)
    assert red > 1.3 * blue
    draft.colour_a = (0.1, 0.1, 0.8)
    bpy.ops.toile.keep_weave(label="Red check")
    red, _, blue = mean_colour(garment)
    assert blue > red, "the same name, another cloth"
    bpy.ops.toile.begin_weave(fabric="red_check")
    assert [name for name, *_ in library.woven(None, None)][-1] == "red_check"


@pytest.mark.parametrize(("field", "value", "why"), [
    ("structure", "purl", "no weave"), ("structure", "", "no weave"), ("structure", "xx xx", "never bound"),
    ("warp_order", "G4", "no colour G"), ("weft_order", "", "thread count"), ("warp_order", "A/4 B4", "slashes"),
    ("warp_order", "A0", "0 threads"), ("warp_order", "A9999 B9999", "more than"),
])  # fmt: skip
def test_what_cannot_be_woven_is_said_beside_the_draft(garment, field, value, why):
    bpy.ops.toile.begin_weave(fabric="denim")
    draft = bpy.context.scene.toile_weave
    setattr(draft, field, value)
    loom.draw_picture(draft)
    assert why in loom.said()
    before = garment.toile.fabric
    with pytest.raises(RuntimeError, match=why):
        bpy.ops.toile.keep_weave(label="Nothing")
    assert garment.toile.fabric == before
    setattr(draft, field, "plain" if field == "structure" else "A1")
    loom.draw_picture(draft)
    assert not loom.said()


def test_knits_do_not_go_on_the_loom(garment):
    assert "cotton_jersey" not in [name for name, *_ in library.woven(None, None)]
    with pytest.raises(TypeError):
        bpy.ops.toile.begin_weave(fabric="cotton_jersey")
    assert not bpy.ops.toile.keep_weave.poll()


# ---- Variations ----


def test_a_variation_is_taken_in_one_step_and_told_to_the_recommender(garment):
    with Store(customers.path()) as store:
        store.agree("Ana", "terms of today")
    bpy.context.scene.toile_brief.customer = "Ana"
    bpy.ops.toile.set_fabric(fabric="denim")
    bpy.ops.toile.vary_fabric(seed=3, recolour=True, colour_1=(1, 0, 0), colour_2=(0, 1, 0), colour_3=(0, 0, 1))
    sheet = variations.sheet()
    assert sheet.of == "denim"
    assert len(sheet.recipes) == 12
    assert len({pixels_of(f"variation {n}").tobytes() for n in range(12)}) == 12
    assert "learnt loom" in job_runner.view().sentence or "no torch" in job_runner.view().sentence
    assert toile.operators.fabric_vary.TakeVariation.bl_options == {"REGISTER", "UNDO"}
    bpy.ops.toile.take_variation(number=4)
    assert shelf.label(garment.toile.fabric) == f"{shipped_rows()['denim']['label']} 2"
    assert weave_row(woven_recipe(garment.toile.fabric)) == json.loads(json.dumps(sheet.recipes[4]))
    assert mechanics(garment.toile.fabric).density == pytest.approx(variations.recipe(4).mass)
    with Store(customers.path()) as store:
        (event,) = store.export("Ana")["events"]
    assert (event["kind"], event["garment"]) == ("chosen", f"pencil_skirt, denim, {event['colour']}")
    assert event["fabric"] == "denim"
    assert event["colour"] in ("#ff0000", "#00ff00", "#0000ff")
    assert event["colour"] == hexadecimal(face_colour(variations.recipe(4)))
    bpy.ops.toile.take_variation(number=5)
    assert shelf.label(garment.toile.fabric).endswith(" 2 2") or shelf.label(garment.toile.fabric).endswith(" 3")


def test_without_torch_the_simulator_weaves_and_says_so(garment, monkeypatch):
    from toile.worker import tasks

    monkeypatch.setattr(tasks.importlib.util, "find_spec", lambda name: None)
    folder = Path(bpy.app.tempdir) / "variations"
    asked = {"recipe": "denim", "wish": {"towards": "linen", "palette": [], "strength": 0.2}, "pixels": 64, "seed": 0}

    class Onlooker:
        def progress(self, fraction, text):
            assert 0 <= fraction <= 1

    report, _ = tasks.vary_fabric(asked | {"weights": None, "out": str(folder)}, {}, Onlooker())
    assert report["loom"] == "simulated"
    assert len(report["variations"]) == 12
    with pytest.raises(tasks.TaskRefused, match="torch"):
        tasks.vary_fabric(asked | {"weights": "mine.npz", "out": str(folder)}, {}, Onlooker())


def test_what_cannot_be_varied_is_refused(garment):
    assert not bpy.ops.toile.take_variation.poll()
    bpy.ops.toile.set_fabric(fabric="cotton_jersey")
    with pytest.raises(RuntimeError, match="woven"):
        bpy.ops.toile.vary_fabric()
    bpy.ops.toile.set_fabric(fabric="denim")
    bpy.ops.toile.vary_fabric()
    with pytest.raises(RuntimeError, match="no longer shown"):
        bpy.ops.toile.take_variation(number=12)


def test_no_garment_no_fabric(garment):
    with bpy.context.temp_override(scene=bpy.data.scenes.new("Empty"), object=None):
        assert bridge.active_garment(bpy.context) is None
        for verb in ("read_swatch", "rescale_fabric", "keep_weave", "vary_fabric", "take_variation"):
            assert not getattr(bpy.ops.toile, verb).poll()


# ---- Stripes ----


def cloth_along(garment, seam, way):
    """Metres modulo the tile, of both sides of a seam of the welded mesh: what stripe each side shows there."""
    mesh = garment.data
    pattern = bridge.pattern_of(garment).draped()
    panels = [panel.name for panel in pattern.panels()]
    uv, panel_of = laying.corners_of(mesh)
    found = {}
    for run in (run for run in sewn_runs(pattern) if run.seam == seam):
        for ref, span in ((run.a, run.a_span), (run.b, run.b_span)):
            panel = pattern.panel(ref.panel)
            mine = uv[panel_of == panels.index(ref.panel)]
            origin = mine.min(0) - on_cloth(panel, panel.outline()).min(0)
            found[ref.panel] = (origin + on_cloth(panel, panel.line(ref.edge).at(np.linspace(*span, 5))))[:, way]
    tile = tile_of(garment.data.materials[0])[way]
    a, b = found.values()
    return np.abs((a - b + tile / 2) % tile - tile / 2)


def test_bars_meet_in_the_side_seam_when_asked_and_come_back_when_not(garment):
    bpy.ops.toile.set_fabric(fabric="gingham")
    before, _ = laying.corners_of(garment.data)
    bpy.ops.toile.match_stripes(match="BARS")
    assert cloth_along(garment, "side_left", 1).max() < 5e-4
    assert cloth_along(garment, "side_right", 1).max() < 5e-4
    moved, _ = laying.corners_of(garment.data)
    tile = tile_of(garment.data.materials[0])
    assert (np.ptp(moved - before, axis=0) < tile).all()
    assert np.ptp(moved - before, axis=0)[1] > 0
    bpy.ops.toile.redraft()
    assert cloth_along(garment, "side_left", 1).max() < 5e-4
    bpy.ops.toile.set_fabric(fabric="tartan")
    assert cloth_along(garment, "side_left", 1).max() < 5e-4
    bpy.ops.toile.match_stripes(match="AS_CUT")
    np.testing.assert_allclose(laying.corners_of(garment.data)[0], before, atol=1e-6)


# ---- Scale ----


@pytest.mark.parametrize("turn", [0.0, 0.5236])
def test_a_rendered_piece_repeats_at_the_millimetres_that_were_said(turn, tmp_path):
    """A square of 100 mm, its grain turned on the table, seen from above: what Fourier finds in the picture."""
    scene = bpy.data.scenes.new("Table")
    side, pixels = 0.1, 500
    corners = np.array([(0, 0), (side, 0), (side, side), (0, side)])
    cos, sin = np.cos(turn), np.sin(turn)
    flat = corners @ np.array([[cos, -sin], [sin, cos]])  # the warp, +v, leans by `turn` to the left
    vertices = np.column_stack([corners, np.zeros(4)])
    faces = np.array([(0, 1, 2), (0, 2, 3)])
    mesh = bridge.mesh_of("piece", vertices, faces, flat[faces.ravel()])
    mesh.materials.append(fabric_material("gingham"))
    scene.collection.objects.link(bpy.data.objects.new("piece", mesh))
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    camera.data.type, camera.data.ortho_scale = "ORTHO", side
    camera.location = (side / 2, side / 2, 1)
    scene.collection.objects.link(camera)
    scene.camera = camera
    sun = bpy.data.objects.new("sun", bpy.data.lights.new("sun", "SUN"))
    scene.collection.objects.link(sun)
    scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", 4, False
    scene.render.resolution_x = scene.render.resolution_y = pixels
    scene.view_settings.view_transform = "Standard"
    scene.render.filepath = str(tmp_path / "piece.png")
    bpy.ops.render.render(write_still=True, scene=scene.name)
    image = bpy.data.images.load(scene.render.filepath)
    seen = np.empty(4 * pixels * pixels, np.float32)
    image.pixels.foreach_get(seen)
    grey = seen.reshape(pixels, pixels, 4)[..., :3].mean(-1)
    grey = (grey - grey.mean()) * np.outer(np.hanning(pixels), np.hanning(pixels))
    recipe_of_it = woven_recipe("gingham")
    stated = [n / sett for n, sett in zip(recipe_of_it.repeat, (recipe_of_it.ends, recipe_of_it.picks), strict=True)]
    at = (np.arange(pixels) + 0.5) / pixels * side
    for (right, up), period in (((cos, sin), stated[0]), ((-sin, cos), stated[1])):
        tried = np.linspace(0.8, 1.2, 801) / period  # cycles a metre along the weft, then along the warp
        waves = [abs(np.exp(-2j * np.pi * f * up * at) @ grey @ np.exp(-2j * np.pi * f * right * at)) for f in tried]
        assert 1 / tried[int(np.argmax(waves))] == pytest.approx(period, rel=0.01)


# ---- Prints ----


def flag(path, width=60, height=30):
    """A picture whose left half is red and right half blue."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, : width // 2, 0] = pixels[:, width // 2 :, 2] = 200
    write_png(path, pixels)
    return path


@pytest.fixture
def printed(garment, tmp_path):
    """The skirt with a flag on its front, 120 mm wide."""
    bpy.ops.toile.place_print(filepath=str(flag(tmp_path / "flag.png")), panel="front", width=0.12)
    yield garment
    while garment.toile.prints:
        bpy.ops.toile.remove_print(number=0)
    assert not prints.objects_of(garment)


def corners_on(mesh, layer):
    uv = np.empty(2 * len(mesh.loops), np.float32)
    mesh.uv_layers[layer].uv.foreach_get("vector", uv)
    return uv.reshape(-1, 2).astype(float)


@pytest.mark.parametrize("angle", [0.0, 0.6, -2.0])
def test_a_print_lies_at_its_millimetres_and_its_angle(printed, angle):
    told = printed.toile.prints[0]
    told.angle, told.x, told.y = angle, 0.03, told.y - 0.05
    (obj,) = prints.objects_of(printed)
    picture, cloth = corners_on(obj.data, prints.PICTURE_UV), corners_on(obj.data, "UVMap")
    moved = np.linalg.lstsq(np.c_[picture, np.ones(len(picture))], cloth, rcond=None)[0]
    across, up = moved[0], moved[1]
    clear = 62 / 60, 32 / 30  # its clear frame
    assert np.hypot(*across) == pytest.approx(0.12 * clear[0], rel=1e-3)
    assert np.hypot(*up) == pytest.approx(0.06 * clear[1], rel=1e-3)
    assert np.arctan2(across[1], across[0]) == pytest.approx(angle, abs=1e-3)
    panel = bridge.pattern_of(printed).panel("front")
    uv, panel_of = laying.corners_of(printed.data)
    names = [each.name for each in bridge.pattern_of(printed).draped().panels()]
    left = uv[panel_of == names.index("front")].min(0)
    middle = np.array([0.5, 0.5, 1.0]) @ moved - left + panel.outline().min(0)
    assert middle == pytest.approx([0.03, told.y], abs=5e-4)


def test_a_print_lies_on_its_cloth_and_follows_it(printed):
    (obj,) = prints.objects_of(printed)
    assert obj.parent == printed

    def middle(of):
        mesh = of.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
        return np.mean([of.matrix_world @ vertex.co for vertex in mesh.vertices], axis=0)

    before = middle(obj)
    places = np.empty(3 * len(printed.data.vertices), np.float32)
    printed.data.vertices.foreach_get("co", places)
    distance = np.linalg.norm(places.reshape(-1, 3) - np.array(obj.data.vertices[0].co), axis=1).min()
    assert 0.0003 < distance < 0.0006
    printed.data.vertices.foreach_set("co", (places.reshape(-1, 3) + np.float32([0, -0.2, 0])).ravel())
    printed.data.update()
    assert middle(obj) - before == pytest.approx([0, -0.2, 0], abs=1e-4)
    printed.data.vertices.foreach_set("co", places)
    printed.data.update()
    bpy.ops.toile.redraft()
    (again,) = prints.objects_of(printed)
    assert middle(again) == pytest.approx(before, abs=1e-3)


def test_ink_is_the_cloths_own_and_embroidery_is_thread(printed):
    def surface_of(obj):
        nodes = obj.data.materials[0].node_tree.nodes
        return next(node for node in nodes if node.type == "BSDF_PRINCIPLED")

    def relief(inputs):
        return inputs["Normal"].links[0].from_node.inputs["Color"].links[0].from_node.image

    (obj,) = prints.objects_of(printed)
    inputs = surface_of(obj).inputs
    assert inputs["Base Color"].links[0].from_node.image == printed.toile.prints[0].image
    assert inputs["Alpha"].links[0].from_node.image == printed.toile.prints[0].image
    assert relief(inputs) == relief(surface(printed).inputs)
    printed.toile.prints[0].embroidered = True
    (obj,) = prints.objects_of(printed)
    assert relief(surface_of(obj).inputs).name.startswith(prints.THREAD)
    assert len(bpy.data.materials) == len({m.name for m in bpy.data.materials})


def test_a_glb_carries_the_print(printed, tmp_path):
    with staged(printed, None, AS_DRAPED) as shown:
        export_glb(tmp_path / "skirt.glb", shown.objects)
    document = Glb.parse((tmp_path / "skirt.glb").read_bytes()).json
    node = next(node for node in document["nodes"] if "flag" in node["name"])
    (primitive,) = document["meshes"][node["mesh"]]["primitives"]
    material = document["materials"][primitive["material"]]
    assert material["alphaMode"] == "BLEND"
    image = document["textures"][material["pbrMetallicRoughness"]["baseColorTexture"]["index"]]
    assert "flag" in document["images"][image["source"]]["name"]
    assert {"TEXCOORD_0", "TEXCOORD_1"} <= primitive["attributes"].keys()


@pytest.mark.parametrize(("kind", "why"), [
    ("text", "no picture"), ("huge", "30000"), ("empty", "no picture"), ("missing", "no file"),
])  # fmt: skip
def test_what_is_no_picture_is_not_printed(garment, tmp_path, kind, why):
    images = set(bpy.data.images.keys())
    with pytest.raises(RuntimeError, match=why):
        bpy.ops.toile.place_print(filepath=str(broken(kind, tmp_path)), panel="front")
    assert not garment.toile.prints
    assert set(bpy.data.images.keys()) == images


def test_a_print_beside_its_piece_is_nowhere_and_one_that_is_gone_is_refused(printed):
    printed.toile.prints[0].x = 5.0
    assert not prints.objects_of(printed)
    printed.toile.prints[0].x = 0.0
    assert prints.objects_of(printed)
    with pytest.raises(RuntimeError, match="not on the garment"):
        bpy.ops.toile.remove_print(number=7)
    printed.toile.prints[0].panel = "sail"
    bpy.ops.toile.redraft()
    assert not prints.objects_of(printed)
