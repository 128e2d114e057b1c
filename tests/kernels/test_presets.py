# SPDX-License-Identifier: GPL-3.0-or-later
"""Presets and a studio's styles: what is kept is drafted again to the point; what is broken is named, no more."""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from people import WOMAN
from toile.patterns import ParameterRefused, UnknownStyle, draft, style, styles
from toile.patterns.adjustments import AddNotch, MovePoint, Place, SlashAndSpread, adjust, report
from toile.patterns.presets import (
    Preset,
    PresetRefused,
    keep_preset,
    picture_of,
    preset_from_json,
    read_preset,
    read_presets,
)
from toile.patterns.studio import SHELF, StudioStyle, StudioStyleRefused, by_hand, read_studio, read_style
from toile.patterns.styles import faults, reread

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "guide" / "own-styles"
HAND = (
    SlashAndSpread("swing", "front", Place("hem", 0.5), Place("shoulder", 0.5), 0.03),
    MovePoint("out", "front", "side", (0.01, 0.0), partner=True),
)
PRESET = Preset("My tee, 2", "tshirt", {"bust_ease": 0.2}, HAND, {"main": "denim_14oz"})


def outlines(pattern) -> np.ndarray:
    return np.concatenate([panel.outline() for panel in pattern.panels()])


# ---- Presets ----


def test_a_preset_is_read_back_as_it_was_kept_and_drafts_the_very_points(tmp_path) -> None:
    path = keep_preset(PRESET, tmp_path / "new" / "folder")
    assert path.name == "my_tee_2.preset.json"
    assert picture_of(path).name == "my_tee_2.png"
    again = read_preset(path)
    assert again == PRESET
    by_hand = adjust(style("tshirt").draft(WOMAN, {"bust_ease": 0.2}), HAND)
    assert (outlines(again.draft(WOMAN)) == outlines(by_hand)).all()
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_a_preset_follows_the_body() -> None:
    taller = {k: v if k == "shoulder_slope" else 1.1 * v for k, v in WOMAN.items()}
    told = report(PRESET.draft(taller))
    assert told.applied == ("swing", "out")


def test_broken_files_are_named_and_do_not_hide_the_others(tmp_path) -> None:
    keep_preset(PRESET, tmp_path)
    (tmp_path / "broken.preset.json").write_text("{")
    (tmp_path / "other.preset.json").write_text('{"format": "recipe"}')
    found, said = read_presets(tmp_path)
    assert list(found.values()) == [PRESET]
    assert [s.split(":")[0] for s in said] == ["broken.preset.json", "other.preset.json"]
    assert read_presets(tmp_path / "nowhere") == ({}, ())


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"format": "x"}, "not a preset"),
        ({"version": 99}, "version 99"),
        ({"style": "tuxedo"}, "no style 'tuxedo'"),
        ({"choices": {"bust_ease": float("nan")}}, "bust_ease must lie"),
        ({"choices": {"bust_ease": 12}}, "between"),
        ({"choices": {"pockets_full_of_gold": 1}}, "no parameter"),
        ({"choices": []}, "objects"),
        ({"fabrics": {"main": 7}}, "names"),
        ({"fabrics": None}, "objects"),
        ({"label": ""}, "label"),
        ({"label": "x" * 1000}, "label"),
        ({"adjustments": [{"kind": "iron"}]}, "no adjustment 'iron'"),
        ({"adjustments": None}, "list"),
        ({"more": 1}, "says"),
    ],
)
def test_bad_presets_are_refused_by_name(change: dict, says: str) -> None:
    with pytest.raises(PresetRefused, match=says):
        preset_from_json({**PRESET.to_json(), **change})


def test_what_is_no_preset_is_refused(tmp_path) -> None:
    for data in ([], None, "preset", 5, {}):
        with pytest.raises(PresetRefused):
            preset_from_json(data)
    for content in (b"", b"\xff", b"[" * 100_000, b'{"format": "toile-preset", "version": NaN}', b" " * 5_000_000):
        (tmp_path / "bad.preset.json").write_bytes(content)
        with pytest.raises(PresetRefused):
            read_preset(tmp_path / "bad.preset.json")
    with pytest.raises(PresetRefused, match="letter"):
        keep_preset(replace(PRESET, label="！"), tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(PresetRefused, match="cannot be written"):
        keep_preset(PRESET, tmp_path / "file")


# ---- A studio's styles ----


@pytest.fixture
def shelf(monkeypatch):
    """Sets the folders of the studio's styles."""

    def named(*folders: Path) -> None:
        monkeypatch.setenv(SHELF, os.pathsep.join(map(str, folders)))
        reread()

    yield named
    reread()


def written(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "style.toml").write_text(text)
    return folder


def test_the_example_of_the_guide_is_a_style_like_any_other(shelf) -> None:
    assert "boxy_tee" not in styles()
    shelf(EXAMPLE)
    own = style("boxy_tee")
    assert isinstance(own, StudioStyle)
    assert own.parameter("bust_ease").value == 0.20
    with pytest.raises(ParameterRefused, match=r"between 0\.16 and 0\.4"):
        own.draft(WOMAN, {"bust_ease": 0.12})
    with pytest.raises(ParameterRefused, match="no parameter 'waist_shaping'"):
        own.draft(WOMAN, {"waist_shaping": 0.5})
    made = draft("boxy_tee", WOMAN, {"bust_ease": 0.3})
    assert (made.name, made.style) == ("Boxy tee", "boxy_tee")
    assert {"front_yoke", "front_body"} <= {p.name for p in made.pieces}
    assert report(made).applied == ("Swing at the hem", "Front yoke")
    assert report(made).seams == {}
    assert made.parameters.keys() == {p.name for p in own.parameters}
    json.dumps(own.schema())


def test_what_a_hand_did_is_told_from_what_the_style_does(shelf) -> None:
    shelf(EXAMPLE)
    notch = AddNotch("notch", "back", "side", 0.4)
    made = adjust(draft("boxy_tee", WOMAN), [notch])
    assert [entry["adjustment"]["name"] for entry in made.adjustments] == ["Swing at the hem", "Front yoke", "notch"]
    assert by_hand(made, style("boxy_tee")) == (notch,)
    assert by_hand(PRESET.draft(WOMAN), style("tshirt")) == HAND


def test_a_fixed_part_takes_the_other_parts_parameters_away(tmp_path) -> None:
    base = style("tshirt")
    slot = next(s for s in base.slots if any(p.when and p.when[0] == s.name for p in base.parameters))
    part = slot.parts[-1].name
    text = f'base = "tshirt"\nlabel = "Own"\nhelp = "Of the studio"\n[fixed]\n{slot.name} = "{part}"'
    own = read_style(written(tmp_path / "own", text), styles())
    names = {p.name for p in own.parameters}
    assert slot.name not in names
    for p in base.parameters:
        if p.when and p.when[0] == slot.name:
            assert (p.name in names) == (part in p.when[1])
    fixed = base.draft(WOMAN, {slot.name: part})
    assert (outlines(own.draft(WOMAN)) == outlines(fixed)).all()


def test_broken_folders_are_named_and_do_not_hide_the_others(tmp_path, shelf) -> None:
    written(tmp_path / "broken", "base = ")
    written(tmp_path / "tshirt", 'base = "tshirt"\nlabel = "T"\nhelp = "T"')
    shelf(EXAMPLE, tmp_path, tmp_path / "nowhere")
    assert "boxy_tee" in styles()
    said = faults()
    assert len(said) == 3
    assert "not TOML" in said[0]
    assert "of its own" in said[1]
    assert "nowhere" in said[2]
    with pytest.raises(UnknownStyle):
        style("broken")


def test_two_folders_of_one_name_are_told(tmp_path) -> None:
    text = 'base = "tshirt"\nlabel = "T"\nhelp = "T"'
    written(tmp_path / "a" / "tee", text)
    written(tmp_path / "b" / "tee", text)
    found = read_studio(os.pathsep.join((str(tmp_path / "a"), str(tmp_path / "b"))), styles())
    assert list(found.styles) == ["tee"]
    assert "already" in found.faults[0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('base = "tuxedo"', "base is one of"),
        ("", "base is one of"),
        ('base = "tshirt"', "label"),
        ('base = "tshirt"\nlabel = 3\nhelp = "x"', "label"),
        ("price = 3", "price"),
        ("[fixed]\nbust_ease = 9.0", "between"),
        ("[fixed]\nbust_ease = nan", "between"),
        ("[fixed]\ncuffs = true", "no parameter 'cuffs'"),
        ("[defaults]\nbust_ease = 0.2\n[fixed]\nbust_ease = 0.2", "is fixed"),
        ("[ranges]\nbust_ease = [0.2, 0.1]", "lower one first"),
        ("[ranges]\nbust_ease = [0.2, 9.0]", "between"),
        ("[ranges]\nbust_ease = [0.2]", "two numbers"),
        ("[ranges]\nbust_ease = 0.2", "a list"),
        ("[ranges]\nbust_ease = [0.2, 0.3]", "bust_ease must lie between 0.2 and 0.3"),
        ("[ranges]\nsleeve = []", "a list"),
        ('fixed = "all"', "table"),
        ('[[adjustments]]\nkind = "iron"', "no adjustment 'iron'"),
        ('adjustments = "none"', "list"),
    ],
)
def test_bad_styles_are_refused_by_name(tmp_path, text: str, says: str) -> None:
    if text and "base" not in text:
        text = 'base = "tshirt"\nlabel = "T"\nhelp = "T"\n' + text
    with pytest.raises(StudioStyleRefused, match=says):
        read_style(written(tmp_path / "tee", text), styles())


def test_what_is_no_style_is_refused(tmp_path) -> None:
    good = 'base = "tshirt"\nlabel = "T"\nhelp = "T"\n'
    for name in ("Tee", "my tee", "2tee", "x" * 50):
        with pytest.raises(StudioStyleRefused, match="the folder's name"):
            read_style(written(tmp_path / name, good), styles())
    for number, content in enumerate((b"\xff\xfe", b"a = " + b"[" * 100_000, b"#" * 2_000_000)):
        folder = written(tmp_path / f"bad_{number}", "")
        (folder / "style.toml").write_bytes(content)
        with pytest.raises(StudioStyleRefused):
            read_style(folder, styles())
