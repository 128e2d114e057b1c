# SPDX-License-Identifier: GPL-3.0-or-later
"""A designer's hand in Blender: flat pieces are edited as curves, taken over, undone, and survive a new size."""

import json
from pathlib import Path

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

import toile
from toile.addon import bridge, cli, flat_pattern, properties, studio, view_model
from toile.bodies import save_body
from toile.patterns.adjustments import AddNotch, MovePoint, darts, knots, report
from toile.patterns.document import read_pattern
from toile.patterns.presets import Preset, keep_preset
from toile.patterns.studio import SHELF
from toile.patterns.styles import reread

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "guide" / "own-styles"

VERBS = (
    "take_over_edits", "add_notch", "remove_notch", "split_piece", "spread_piece", "rotate_dart", "close_dart",
    "move_apex", "set_allowance", "place_pocket",
)  # fmt: skip


@pytest.fixture(autouse=True)
def scene():
    """An empty scene with Toile enabled."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    toile.register()
    yield bpy.context.scene
    toile.unregister()


def shown(style: str):
    """A garment with its pieces laid out."""
    getattr(bpy.ops.toile, f"new_{style}")()
    garment = bpy.context.object
    garment.toile.particle_distance = 0.03
    bpy.ops.toile.show_pattern()
    return garment


def drawing(garment, piece: str):
    return flat_pattern.objects_of(garment)[piece]


def piece(garment, name: str):
    return next(p for p in bridge.pattern_of(garment).pieces if p.name == name)


def select(garment, name: str, *edges: str):
    """Make a piece's drawing active, the starts of these edges selected, as in Edit Mode."""
    obj = drawing(garment, name)
    bridge.select(bpy.context, obj)
    _, names = knots(piece(garment, name))
    wanted = {names.index(edge) for edge in edges}
    for k, point in enumerate(obj.data.splines[0].bezier_points):
        point.select_control_point = k in wanted
    return obj


def corner(garment, name: str, edge: str):
    """The drawn point where an edge starts."""
    _, names = knots(piece(garment, name))
    return drawing(garment, name).data.splines[0].bezier_points[names.index(edge)]


def drag(point, x: float, y: float) -> None:
    """As Blender's Move does with a point and its handles."""
    for what in ("co", "handle_left", "handle_right"):
        moved = getattr(point, what).copy()
        moved.x, moved.y = moved.x + x, moved.y + y
        setattr(point, what, moved)


def adjustments(garment):
    return [properties.adjustment_of(row) for row in garment.toile.adjustments]


def test_pieces_lie_flat_at_full_size_beside_the_body():
    garment = shown("tshirt")
    drawn = flat_pattern.objects_of(garment)
    pattern = bridge.pattern_of(garment)
    assert set(drawn) == {p.name for p in pattern.pieces}
    bpy.context.view_layer.update()
    corners = {}
    for name, obj in drawn.items():
        world = np.array([obj.matrix_world @ p.co for p in obj.data.splines[0].bezier_points])
        flat = knots(piece(garment, name))[0][:, 1]
        assert np.ptp(world[:, 1]) < 1e-6  # upright, facing the front view
        assert np.ptp(world[:, [0, 2]], axis=0) == pytest.approx(np.ptp(flat, axis=0), abs=1e-5)
        assert world[:, 2].min() > 0
        corners[name] = (world.min(axis=0), world.max(axis=0))
    body = bridge.body_object_of(garment)
    assert min(low[0] for low, _ in corners.values()) > max((body.matrix_world @ v.co).x for v in body.data.vertices)
    boxes = list(corners.values())
    for k, (low, high) in enumerate(boxes):
        for other_low, other_high in boxes[:k]:
            assert (low[[0, 2]] >= other_high[[0, 2]]).any() or (high[[0, 2]] <= other_low[[0, 2]]).any()


def test_what_is_shown_is_read_back_as_drafted():
    for style in ("tshirt", "trousers"):
        garment = shown(style)
        for name, points in flat_pattern.read(garment).items():
            assert np.abs(points - knots(piece(garment, name))[0]).max() < 1e-6
        bpy.ops.toile.take_over_edits()
        assert not garment.toile.adjustments


def test_a_dragged_corner_becomes_an_adjustment_and_the_garment_follows():
    garment = shown("tshirt")
    hem = piece(garment, "front").edge("hem").length
    before = garment.data.vertices[0].co.copy(), garment.toile.revision
    drag(corner(garment, "front", "side"), 0.02, 0.0)
    bpy.ops.toile.take_over_edits()
    (made,) = [a for a in adjustments(garment) if a.kind == "move_point"]
    assert isinstance(made, MovePoint)
    assert made.by == pytest.approx((0.02, 0.0), abs=1e-6)
    assert piece(garment, "front").edge("hem").length == pytest.approx(hem + 0.02, abs=2e-4)
    assert piece(garment, "back").edge("side").start[0] > piece(garment, "front").edge("side").start[0] - 0.03
    assert report(bridge.pattern_of(garment)).seams == {}
    assert garment.toile.revision != before[1]
    read = flat_pattern.read(garment)["front"]
    assert np.abs(read - knots(piece(garment, "front"))[0]).max() < 1e-6


def test_a_pulled_handle_in_edit_mode_becomes_a_bend():
    garment = shown("tshirt")
    obj = select(garment, "front", "neckline")
    bpy.ops.object.mode_set(mode="EDIT")
    point = corner(garment, "front", "neckline")
    point.handle_right_type = "FREE"
    point.handle_right = point.handle_right.copy() + point.co * 0 - type(point.co)((0.0, 0.015, 0.0))
    bpy.ops.toile.take_over_edits(partner=False)
    assert bpy.context.mode == "OBJECT"
    assert bpy.context.object == obj
    assert [a.kind for a in adjustments(garment)] == ["bend_curve"]
    assert report(bridge.pattern_of(garment)).seams.keys() == {"neckline"}
    assert view_model.pattern_view(garment).seams[0].value.endswith("mm off")


def test_a_hand_survives_a_new_size_and_other_choices():
    garment = shown("tshirt")
    drag(corner(garment, "front", "side"), 0.02, 0.0)
    bpy.ops.toile.take_over_edits()
    body = bridge.body_object_of(garment)
    with_hand = piece(garment, "front").edge("hem").length
    body.toile.measures.bust = 1.10
    bpy.ops.toile.redraft(target=body.toile.toile_id)
    assert piece(garment, "front").edge("hem").length > with_hand
    assert report(bridge.pattern_of(garment)).applied == tuple(a.name for a in adjustments(garment))
    sliders = properties.sliders_of(garment)
    properties.fill(sliders, {"bust_ease": 0.3})
    bpy.ops.toile.redraft(target=garment.toile.toile_id)
    assert report(bridge.pattern_of(garment)).skipped == {}
    assert np.abs(flat_pattern.read(garment)["front"] - knots(piece(garment, "front"))[0]).max() < 1e-6


def test_an_adjustment_switched_off_set_and_removed():
    garment = shown("tshirt")
    plain = piece(garment, "front").edge("hem").length
    select(garment, "front", "hem", "shoulder")
    bpy.ops.toile.spread_piece(slide=0.1, slide_second=0.05, spread=0.04)
    row = garment.toile.adjustments[0]
    assert piece(garment, "front").edge("hem").length == pytest.approx(plain + 0.04, abs=1e-6)
    row.length = 0.06
    bpy.ops.toile.redraft(target=garment.toile.toile_id)
    assert piece(garment, "front").edge("hem").length == pytest.approx(plain + 0.06, abs=1e-6)
    row.length = 1e6
    assert row.length == pytest.approx(3.0)
    row.on = False
    bpy.ops.toile.redraft(target=garment.toile.toile_id)
    assert piece(garment, "front").edge("hem").length == pytest.approx(plain, abs=1e-9)
    bpy.ops.toile.remove_adjustment()
    assert len(garment.toile.adjustments) == 0
    with pytest.raises(RuntimeError):
        bpy.ops.toile.remove_adjustment()


def test_every_verb_at_selected_points():
    garment = shown("pencil_skirt")
    front = piece(garment, "front")
    first, second = darts(front)[:2]
    select(garment, "front", "side")
    bpy.ops.toile.add_notch(slide=0.2)
    assert [n.edge for n in piece(garment, "front").notches].count("side") == 1 + [n.edge for n in front.notches].count(
        "side"
    )
    select(garment, "front", "side")
    bpy.ops.toile.remove_notch(slide=0.2)
    assert piece(garment, "front").notches == front.notches
    select(garment, "front", "hem", "side")
    bpy.ops.toile.set_allowance(width=0.05)
    assert piece(garment, "front").allowances["hem"] == pytest.approx(0.05)
    select(garment, "front")
    bpy.ops.toile.place_pocket(at=(0.4, 0.15), width=0.06, height=0.07)
    assert piece(garment, "front").internal[-1].length == pytest.approx(0.26)
    bpy.ops.toile.move_apex(dart=second, deeper=0.01)
    select(garment, "front", "side")
    bpy.ops.toile.rotate_dart(dart=first, slide=0.3, share=0.5)
    assert len(darts(piece(garment, "front"))) == 3
    select(garment, "front")
    bpy.ops.toile.close_dart(dart=second)
    assert second not in darts(piece(garment, "front"))
    select(garment, "back", "side", "fold")
    bpy.ops.toile.split_piece(slide=0.25, slide_second=0.3)
    names = {p.name for p in bridge.pattern_of(garment).pieces}
    assert {"back_upper", "back_lower"} <= names
    assert set(flat_pattern.objects_of(garment)) == names
    assert view_model.pattern_view(garment).skipped == {}
    assert report(bridge.pattern_of(garment)).applied == tuple(a.name for a in adjustments(garment))


def test_what_cannot_be_done_is_a_sentence_and_changes_nothing():
    garment = shown("tshirt")
    revision = garment.toile.revision
    select(garment, "front", "hem", "side")
    for verb, arguments, says in (
        ("split_piece", {}, "the line (runs along|leaves)"),
        ("spread_piece", {"spread": 2.9, "slide": 0.05, "slide_second": 0.1}, "cannot be spread"),
        ("add_notch", {}, "Select one point"),
        ("place_pocket", {"width": 1.0}, "leaves"),
    ):
        with pytest.raises(RuntimeError, match=says):
            getattr(bpy.ops.toile, verb)(**arguments)
    assert garment.toile.revision == revision
    assert not garment.toile.adjustments
    with pytest.raises(RuntimeError, match="Select a piece with a dart first"):
        bpy.ops.toile.rotate_dart()


def test_a_broken_drawing_is_refused_by_name():
    garment = shown("tshirt")
    obj = select(garment, "front", "hem")
    obj.scale = (2.0, 1.0, 1.0)
    with pytest.raises(RuntimeError, match="was scaled"):
        bpy.ops.toile.take_over_edits()
    obj.scale = (1.0, 1.0, 1.0)
    obj.data.splines[0].use_cyclic_u = False
    with pytest.raises(RuntimeError, match="one closed"):
        bpy.ops.toile.take_over_edits()
    obj.data.splines[0].use_cyclic_u = True
    obj.data.splines[0].bezier_points.add(1)
    with pytest.raises(RuntimeError, match="points can be moved, not added"):
        bpy.ops.toile.take_over_edits()
    bpy.ops.toile.show_pattern()
    corner(garment, "front", "side").co.x = 50.0
    with pytest.raises(RuntimeError, match="leaves the table"):
        bpy.ops.toile.take_over_edits()
    assert not garment.toile.adjustments


def test_undo_takes_the_adjustment_and_the_drawing_back():
    garment = shown("tshirt")
    toile_id, revision = garment.toile.toile_id, garment.toile.revision
    bpy.ops.ed.undo_push(message="Shown")
    select(garment, "front", "side")
    bpy.ops.toile.add_notch(slide=0.1)
    bpy.ops.ed.undo_push(message="Notch")
    notches = len(piece(garment, "front").notches)
    bpy.ops.ed.undo()
    garment = bridge.find(toile_id, "GARMENT")
    assert garment.toile.revision == revision
    assert not garment.toile.adjustments
    assert len(piece(garment, "front").notches) == notches - 1
    bpy.ops.ed.redo()
    garment = bridge.find(toile_id, "GARMENT")
    assert len(garment.toile.adjustments) == 1
    assert len(piece(garment, "front").notches) == notches


def test_hidden_pieces_leave_nothing_behind():
    garment = shown("tshirt")
    count = len(bpy.data.objects), len(bpy.data.curves), len(bpy.data.collections)
    bpy.ops.toile.show_pattern()
    assert (len(bpy.data.objects), len(bpy.data.curves), len(bpy.data.collections)) == count
    bpy.ops.toile.hide_pattern()
    assert not bpy.data.curves
    assert not bpy.data.collections
    assert bpy.context.object == garment
    with pytest.raises(RuntimeError):
        bpy.ops.toile.hide_pattern()


def test_a_saved_file_keeps_the_hand(tmp_path):
    garment = shown("tshirt")
    select(garment, "front", "side")
    bpy.ops.toile.add_notch(slide=0.1)
    outline = bridge.pattern_of(garment).panels()[0].outline()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "hand.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "hand.blend"))
    garment = next(o for o in bpy.data.objects if o.toile.kind == "GARMENT")
    bpy.ops.toile.redraft(target=garment.toile.toile_id)
    assert (bridge.pattern_of(garment).panels()[0].outline() == outline).all()
    assert json.loads(garment.toile.data)["adjustments"][0]["adjustment"]["kind"] == "add_notch"


# ---- Presets and a studio's styles ----


@pytest.fixture
def presets(tmp_path, monkeypatch):
    """A folder of presets."""
    monkeypatch.setenv(studio.PRESETS, str(tmp_path / "presets"))
    studio.refresh()
    return tmp_path / "presets"


def test_a_garment_saved_as_a_preset_comes_back_on_another_body(presets):
    garment = shown("tshirt")
    properties.fill(properties.sliders_of(garment), {"bust_ease": 0.2})
    bpy.ops.toile.redraft(target=garment.toile.toile_id)
    select(garment, "front", "side")
    bpy.ops.toile.add_notch(slide=0.1)
    bridge.select(bpy.context, garment)
    bpy.ops.toile.set_fabric(fabric="silk_habotai")
    bpy.ops.toile.save_preset(label="My silk tee")
    picture = presets / "my_silk_tee.png"
    assert picture.read_bytes()[:4] == b"\x89PNG"
    ((path, label, _),) = view_model.preset_rows()
    assert label == "My silk tee"
    again = bpy.ops.toile.new_from_preset(preset=path)
    assert again == {"FINISHED"}
    made = bpy.context.object
    assert made != garment
    assert made.toile.fabric == "silk_habotai"
    assert adjustments(made) == adjustments(garment)
    assert (bridge.pattern_of(made).panels()[0].outline() == bridge.pattern_of(garment).panels()[0].outline()).all()


def test_a_broken_preset_is_named_in_the_sidebar_and_hides_no_other(presets):
    shown("tshirt")
    bpy.ops.toile.save_preset(label="Good")
    (presets / "bad.preset.json").write_text("{")
    bpy.ops.toile.reload_styles()
    assert [label for _, label, _ in view_model.preset_rows()] == ["Good"]
    assert any(sentence.startswith("bad.preset.json") for sentence in studio.said())
    with pytest.raises(RuntimeError, match="letter"):
        bpy.ops.toile.save_preset(label="…")


def test_a_clone_has_no_folder_for_presets_and_says_so(monkeypatch):
    monkeypatch.delenv(studio.PRESETS, raising=False)
    studio.refresh()
    shown("tshirt")
    with pytest.raises(RuntimeError, match="TOILE_PRESETS"):
        bpy.ops.toile.save_preset(label="Mine")
    assert view_model.preset_rows() == ()
    with pytest.raises(RuntimeError, match="no preset"):
        bpy.ops.toile.new_from_preset()


def test_a_studios_style_has_its_own_button_and_sliders(monkeypatch):
    monkeypatch.setenv(SHELF, str(EXAMPLE))
    bpy.ops.toile.reload_styles()
    try:
        assert [operator for operator, *_ in view_model.own_garments()] == ["toile.new_boxy_tee"]
        bpy.ops.toile.new_boxy_tee(bust_ease=0.3)
        garment = bpy.context.object
        assert {"front_yoke", "front_body"} <= {p.name for p in bridge.pattern_of(garment).pieces}
        assert garment.toile.style_boxy_tee.bust_ease == pytest.approx(0.3)
        garment.toile.style_boxy_tee.bust_ease = 0.0
        assert garment.toile.style_boxy_tee.bust_ease == pytest.approx(0.16)
        bpy.ops.toile.redraft(target=garment.toile.toile_id)
    finally:
        monkeypatch.delenv(SHELF)
        bpy.ops.toile.reload_styles()
    assert not view_model.own_garments()
    assert "new_boxy_tee" not in dir(bpy.ops.toile)
    garment.toile.revision = "changed"  # as a file opened elsewhere
    assert any("not here" in row.value for row in view_model.garment_rows(garment))
    with pytest.raises(RuntimeError, match="no style 'boxy_tee'"):
        bpy.ops.toile.redraft(target=garment.toile.toile_id)


# ---- The command line ----


@pytest.fixture
def body(tmp_path):
    """A body.json."""
    bpy.ops.toile.new_body()
    return save_body(bridge.body_of(bpy.context.object), tmp_path / "body.json")


def told(capsys, *arguments: object) -> dict:
    capsys.readouterr()
    cli.main([*map(str, arguments), "--json"])
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_the_command_line_takes_presets_adjustments_and_styles(tmp_path, body, capsys, monkeypatch):
    monkeypatch.setenv(SHELF, "")
    hand = [AddNotch("notch", "front", "side", 0.4), MovePoint("gone", "hood", "side", (0.01, 0.0))]
    preset = keep_preset(Preset("Tee", "tshirt", {"bust_ease": 0.2}, tuple(hand[:1])), tmp_path)
    listed = tmp_path / "hand.json"
    listed.write_text(json.dumps([a.to_json() for a in hand[1:]]))
    draft = ("draft", "--body", body, "--out", tmp_path / "out")
    said = told(capsys, *draft, "--preset", preset, "--adjustments", listed, "--set", "bust_ease=0.25")
    assert said["adjustments"]["applied"] == ["notch"]
    assert "no piece 'hood'" in said["adjustments"]["skipped"]["gone"]
    assert read_pattern(tmp_path / "out" / "pattern.json").parameters["bust_ease"] == 0.25
    said = told(capsys, *draft, "boxy_tee", "--styles-dir", EXAMPLE)
    assert "front_yoke" in [piece["name"] for piece in said["pieces"]]
    assert "boxy_tee" in [s["name"] for s in told(capsys, "styles", "--styles-dir", EXAMPLE)["styles"]]
    reread()
    for arguments, says in (
        ((), "either a style's name or --preset"),
        (("tshirt", "--preset", preset), "either a style's name or --preset"),
        (("--preset", tmp_path / "none.json"), "cannot be read"),
        (("--preset", listed), "not a preset"),
        (("tshirt", "--adjustments", preset), "a list"),
        (("tshirt", "--styles-dir", tmp_path / "nowhere"), "no folder"),
    ):
        assert says in told(capsys, *draft, *arguments)["refused"]
