# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line as a studio's script runs it: exit status, one JSON object on the last line, refusals as text."""

import json
import os
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

pytest.importorskip("bpy")

from toile.addon.exports.provenance import verify
from toile.bodies import load_body
from toile.patterns import styles
from toile.patterns.document import read_pattern
from toile.patterns.exchange import measurements_from_freesewing
from toile.patterns.styles import families
from toile.sim import fabrics

ROOT = Path(__file__).resolve().parents[2]
DONE, WRONG_USE, REFUSED = 0, 2, 3


class Spoken(NamedTuple):
    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """What stands on the last line."""
        return json.loads(self.out.splitlines()[-1])


def toile(*words: object, program: tuple[str, ...] = ("-m", "toile.addon.cli")) -> Spoken:
    done = subprocess.run(
        [sys.executable, *program, *map(str, words)],
        env={**os.environ, "PYTHONPATH": str(ROOT / ".dev")},
        capture_output=True,
        text=True,
        timeout=900,
    )
    return Spoken(done.returncode, done.stdout, done.stderr)


def inside(capsys: pytest.CaptureFixture, *words: object) -> Spoken:
    """The same command in this process: quicker, where nothing but the answer is looked at."""
    from toile.addon import cli

    status = cli.main([*map(str, words), "--json"])
    said = capsys.readouterr()
    return Spoken(status, said.out, said.err)


def assert_refused(said: Spoken, *words: str) -> None:
    assert said.status == REFUSED, said.err
    assert set(said.json) == {"refused"}
    sentence = said.json["refused"]
    assert sentence.rstrip().endswith((".", "?", ")", "'"))
    assert len(sentence.split()) >= 4
    for word in words:
        assert word in sentence
    assert "Traceback" not in said.out + said.err
    assert f"refused: {sentence}" in said.err  # people read it too


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with body.json in it, of a woman of 1.70 m."""
    folder = tmp_path_factory.mktemp("studio")
    said = toile("avatar", "--set", "stature=1.7", "--out", folder / "body.json", "--json")
    assert said.status == DONE, said.err
    return folder


def test_styles_are_listed_with_what_they_declare(capsys) -> None:
    said = toile("styles", "--json")
    assert said.status == DONE
    assert [s["name"] for s in said.json["styles"]] == list(styles())
    assert len(said.out.splitlines()) == 1
    shown = inside(capsys, "styles", "show", "tshirt").json
    assert shown == next(s for s in said.json["styles"] if s["name"] == "tshirt")
    assert len(shown["parameters"]) >= 10
    assert {"name", "label", "value", "range", "unit", "kind", "help", "when"} == set(shown["parameters"][0])
    assert {s["name"]: s["family"] for s in said.json["styles"]} == {
        own.name: family for family, hung in families().items() for own in hung
    }


@pytest.mark.parametrize("name", sorted(styles()))
def test_a_style_says_its_slots_and_what_each_part_is_called(capsys, name: str) -> None:
    """What reads the JSON can offer what the sidebar offers: each slot is a parameter, each part one of its range."""
    shown = inside(capsys, "styles", "show", name).json
    declared = {p["name"]: p for p in shown["parameters"]}
    for slot in shown["slots"]:
        parts = {part["name"]: part for part in slot["parts"]}
        assert set(declared[slot["name"]]["range"]) <= set(parts) if slot["name"] in declared else len(parts) == 1
        assert all(part["label"] and set(part["parameters"]) <= set(declared) for part in parts.values())
        clashes = [clash for part in parts.values() for clash in part["clashes"]]
        assert all(clash["why"] and clash["parameter"] in declared for clash in clashes)
    assert all(p["when"] is None or p["when"]["slot"] in declared for p in shown["parameters"])


def test_people_get_the_same_spread_over_lines(capsys) -> None:
    from toile.addon import cli

    assert cli.main(["styles", "show", "pencil_skirt"]) == DONE
    said = capsys.readouterr()
    assert json.loads(said.out)["name"] == "pencil_skirt"
    assert len(said.out.splitlines()) > 20


def test_an_avatar_has_the_measure_that_was_asked_for(studio: Path, capsys) -> None:
    asked = ("--set", "stature=1.62", "--set", "bust=0.95")
    said = inside(capsys, "avatar", *asked, "--out", studio / "new" / "b.json")
    assert said.status == DONE, said.err
    assert said.json["measurements"]["stature"]["value"] == pytest.approx(1.62, abs=0.003)
    assert said.json["measurements"]["bust"]["value"] == pytest.approx(0.95, abs=0.003)
    assert said.json["refused"] is None
    assert len(said.json["measurements"]) >= 16
    assert all(len(p) == 3 for p in said.json["landmarks"].values())
    kept = load_body(Path(said.json["body"]))
    assert {n: m.value for n, m in kept.measurements.items()} == {
        n: m["value"] for n, m in said.json["measurements"].items()
    }


def test_a_draft_is_proven_and_its_choices_are_kept(studio: Path, capsys) -> None:
    words = ("draft", "tshirt", "--body", studio / "body.json", "--set", "body_length=1.1", "--set", "collar=none")
    said = inside(capsys, *words, "--out", studio / "draft")
    assert said.status == DONE, said.err
    assert {p["name"] for p in said.json["pieces"]} == {"front", "back", "sleeve"}
    assert said.json["max_error"] <= 1e-4
    assert all({"name", "length_a", "length_b", "ratio", "error"} <= set(s) for s in said.json["seams"])
    assert all(Path(path).stat().st_size for path in said.json["files"].values())
    drawn = {"pattern.svg", "pattern.pdf", "pattern.dxf", "pattern.dxf.json"}
    assert set(said.json["files"]) == {"pattern.json", "proof.json", *drawn}
    pattern = read_pattern(studio / "draft" / "pattern.json")
    assert pattern.parameters["body_length"] == 1.1
    assert pattern.parameters["collar"] == "none"
    assert json.loads((studio / "draft" / "proof.json").read_text())["max_error"] == said.json["max_error"]


@pytest.mark.slow
def test_a_style_is_draped_and_so_is_its_pattern_file(studio: Path, capsys) -> None:
    coarse = ("--body", studio / "body.json", "--particle-distance", "0.06", "--json", "--out")
    said = toile("drape", "pencil_skirt", *coarse, studio / "drape")
    assert said.status == DONE, said.err
    assert {
        "engine", "vertices", "seconds", "cpu_seconds", "peak_rss", "penetration_max", "penetration_fraction",
        "seam_gap_max", "stretch_p99", "self_intersections", "kinetic_energy", "ease",
    } <= set(said.json)  # fmt: skip
    assert set(said.json["ease"]) == {"bust", "waist", "hip"}
    assert said.json["fit"]["verdict"] in ("tight", "good", "loose")
    assert said.json["fit"]["ease"]["hip"]["worn"] - said.json["fit"]["ease"]["hip"]["body"] == pytest.approx(
        said.json["ease"]["hip"], abs=1e-9
    )
    assert said.json["seam_gap_max"] <= 0.001
    assert said.json["penetration_max"] <= 0.002
    glb = Path(said.json["files"]["garment.glb"]["path"]).read_bytes()
    assert glb[:4] == b"glTF"
    assert json.loads((studio / "drape" / "drape.json").read_text())["vertices"] == said.json["vertices"]
    assert "%" in said.err  # progress
    dyed = ("--colour", "#0a0a10", "--colour", "#100a0a", "--format", "glb", "--format", "stl", "--author", "Ada")
    again = toile("drape", studio / "drape" / "pattern.json", *dyed, *coarse, studio / "again")
    assert again.status == DONE, again.err
    files = {f"garment-{colour}.{ending}" for colour in ("0a0a10", "100a0a") for ending in ("glb", "stl")}
    assert set(again.json["files"]) == {"drape.json", *files, *(f"{name}.toile.json" for name in files)}
    assert verify(studio / "again" / "garment-0a0a10.glb").garment["colour"] == "#0a0a10"
    assert_refused(inside(capsys, "drape", "tshirt", "--colour", "navy", *coarse, studio / "none"), "navy")
    still = ("vertices", "stretch_p99", "ease", "frames")
    assert {k: again.json[k] for k in still} == {k: said.json[k] for k in still}


@pytest.mark.slow
def test_facings_are_draped_where_they_are_asked_for(studio: Path) -> None:
    words = ("drape", "sheath", "--body", studio / "body.json", "--particle-distance", "0.05", "--set",
             "facing=neckline", "--json", "--out")  # fmt: skip
    bare, faced = toile(*words, studio / "bare"), toile(*words, studio / "faced", "--inner")
    assert (bare.status, faced.status) == (DONE, DONE), bare.err + faced.err
    assert faced.json["vertices"] > bare.json["vertices"]
    assert [read_pattern(studio / name / "pattern.json").inner for name in ("bare", "faced")] == [False, True]


def test_fabrics_are_listed_and_woven(tmp_path: Path, capsys) -> None:
    said = inside(capsys, "fabric", "list")
    assert {f["name"] for f in said.json["fabrics"]} == set(fabrics())
    assert all(0.005 < f["density"] < 1 for f in said.json["fabrics"])  # kg/m²
    made = inside(capsys, "fabric", "make", "denim", "--pixels", "96", "--out", tmp_path / "denim")
    assert made.status == DONE, made.err
    assert {"albedo", "normal", "roughness", "height", "ao"} <= set(made.json["maps"])
    assert all(Path(p).read_bytes()[1:4] == b"PNG" for p in made.json["maps"].values())
    assert (tmp_path / "denim" / "fabric.toml").exists()
    assert made.json["seam_ratio"] < 2


def test_a_bodys_table_for_freesewing_is_read_back_as_its_measurements(tmp_path, capsys) -> None:
    body, table = tmp_path / "body.json", tmp_path / "there" / "measurements.json"
    said = inside(capsys, "avatar", "--set", "stature=1.7", "--out", body, "--freesewing", table, "--json")
    assert said.json["freesewing"]["missing"] == []
    values = said.json["measurements"]
    read = measurements_from_freesewing(json.loads(table.read_text())["measurements"])
    assert len(read.values) == 38
    for name, value in read.values.items():
        assert value == pytest.approx(values[name]["value"], abs=1e-6), name


WRONG = [
    (), ("sew",), ("styles", "tshirt"), ("measure",), ("avatar", "--set", "stature"), ("draft", "tshirt"),
    ("avatar", "--set", "stature=tall"), ("avatar", "--sex", "robot"), ("draft", "tshirt", "--body", "b.json"),
    ("fabric",),
    ("drape", "tshirt", "--body", "b.json", "--out", "d", "--engine", "magic"), ("demo",),
    ("drape", "tshirt", "--body", "b.json", "--out", "d", "--particle-distance", "fine"),
    ("fabric", "make", "denim", "--pixels", "many", "--out", "d"), ("demo", "--seed", "-1", "--out", "d"),
    ("draft", "tshirt", "--body", "b.json", "--out", ""), ("avatar", "--set", "stature=1.7", "--out", ""),
]  # fmt: skip


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_wrong_use_says_how_it_is_used(words: tuple[str, ...], capsys: pytest.CaptureFixture) -> None:
    from toile.addon import cli

    assert cli.main(words) == WRONG_USE
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("usage: toile")


def test_wrong_use_and_help_leave_with_their_status() -> None:
    wrong, helped = toile("sew", "--json"), toile("draft", "--help")
    assert wrong.status == WRONG_USE
    assert "Traceback" not in wrong.err
    assert helped.status == DONE
    assert "--body" in helped.out


NAN = "nan nan nan\n"
PLY = "ply\nformat {}\nelement vertex {}\nproperty float x\nproperty float y\nproperty float z\n"
FACE = "element face 1\nproperty list uchar int vertex_indices\n"
HOSTILE = {
    "nothing.ply": b"",
    "nothing.glb": b"",
    "nothing.fbx": b"",
    "nothing.usda": b"",
    "text.obj": b"Dear Sir, find the scan enclosed.\n",
    "text.txt": b"Dear Sir, find the scan enclosed.\n",
    "nan.ply": (PLY.format("ascii 1.0", 3) + FACE + "end_header\n" + 3 * NAN + "3 0 1 2\n").encode(),
    "triangle.obj": b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n",
    "huge.ply": (PLY.format("binary_little_endian 1.0", 10**9) + "end_header\n").encode() + bytes(120),
    "damaged.fbx": b"Kaydara FBX Binary  \x00\x1a\x00\xe8\x1c\x00\x00" + struct.pack("<IIIB", 1000, 1, 5, 1) + b"a",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_scan_is_refused_by_its_name(name: str, tmp_path: Path, capsys) -> None:
    (tmp_path / name).write_bytes(HOSTILE[name])
    assert_refused(inside(capsys, "measure", tmp_path / name), name)


def test_a_refusal_leaves_with_its_status_and_no_other_word(tmp_path: Path) -> None:
    (tmp_path / "text.obj").write_bytes(HOSTILE["text.obj"])
    said = toile("measure", tmp_path / "text.obj", "--json")
    assert_refused(said, "text.obj")
    assert len(said.out.splitlines()) == 1


def test_a_scan_that_is_not_there_is_refused(tmp_path: Path, capsys) -> None:
    for name in ("gone.ply", "gone.fbx"):
        assert_refused(inside(capsys, "measure", tmp_path / name), name)
    assert_refused(inside(capsys, "measure", tmp_path), "folder")


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("draft", "toga"), "toga"),
        (("draft", "tshirt", "--set", "pockets=2"), "pockets"),
        (("draft", "tshirt", "--set", "bust_ease=9"), "bust_ease"),
        (("draft", "tshirt", "--set", "bust_ease=nan"), "bust_ease"),
        (("draft", "tshirt", "--set", "bust_ease=roomy"), "bust_ease"),
        (("drape", "toga"), "toga"),
        (("drape", "tshirt", "--fabric", "chainmail"), "chainmail"),
        (("drape", "tshirt", "--particle-distance", "0"), "particle distance"),
        (("drape", "tshirt", "--particle-distance", "nan"), "particle distance"),
        (("drape", "tshirt", "--particle-distance", "0.0001"), "particle distance"),
        (("drape", "gone.json"), "gone.json"),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, tuple) else words,
)
def test_what_there_is_not_is_refused_by_its_name(
    words: tuple[str, ...], named: str, studio: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    said = inside(capsys, *words, "--body", studio / "body.json", "--out", tmp_path / "out")
    assert_refused(said, named)
    assert not (tmp_path / "out" / "drape.json").exists()


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("avatar", "--set", "stature=0.3"), "stature"),
        (("avatar", "--set", "stature=nan"), "stature"),
        (("avatar", "--set", "wingspan=2"), "wingspan"),
        (("styles", "show", "toga"), "toga"),
        (("styles", "--styles-dir", "s" * 5000), "too long"),
        (("fabric", "make", "chainmail", "--out", "d"), "chainmail"),
        (("fabric", "make", "denim", "--pixels", "0", "--out", "d"), "pixels"),
        (("fabric", "train", "generator", "--width", "48", "--out", "d"), "width"),
        (("fabric", "make", "--out", "d"), "one of them"),
        (("fabric", "make", "denim", "--swatch", "a.png", "--out", "d"), "one of them"),
        (("fabric", "make", "denim", "--dpi", "300", "--out", "d"), "its scale"),
        (("fabric", "make", "--swatch", "a.png", "--dpi", "300", "--coin", "0.02", "--out", "d"), "enough"),
        (("fabric", "make", "--swatch", "a.png", "--dpi", "300", "--out", "d"), "--size"),
        (("fabric", "make", "--swatch", "a.png", "--size", "0.02", "--dpi", "300", "--out", "d"), "no file"),
        (("demo", "--style", "toga", "--out", "d"), "toga"),
        (("demo", "--scan", "gone.ply", "--out", "d"), "gone.ply"),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, tuple) else words,
)
def test_what_cannot_be_is_refused_at_once(
    words: tuple[str, ...], named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    assert_refused(inside(capsys, *words), named)


def test_a_pattern_file_takes_no_choices(studio: Path, capsys: pytest.CaptureFixture) -> None:
    body = ("--body", studio / "body.json")
    assert inside(capsys, "draft", "pencil_skirt", *body, "--out", studio / "s").status == DONE
    words = ("drape", studio / "s" / "pattern.json", *body, "--set", "flare=0.1", "--out", studio / "t")
    assert_refused(inside(capsys, *words), "--set")


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b'{"format": "toile-body"}', bytes(range(256))])
def test_a_file_that_is_no_body_or_pattern_is_refused(
    content: bytes, studio: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    broken = tmp_path / "broken.json"
    broken.write_bytes(content)
    assert_refused(inside(capsys, "draft", "tshirt", "--body", broken, "--out", tmp_path / "d"))
    words = ("drape", broken, "--body", studio / "body.json", "--out", tmp_path / "d")
    assert_refused(inside(capsys, *words))


@pytest.mark.parametrize("verb", ["draft", "drape", "avatar", "fabric", "demo"])
def test_an_output_that_cannot_be_written_is_refused(
    verb: str, studio: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "file").write_text("in the way")
    words: dict[str, tuple[object, ...]] = {
        "draft": ("draft", "tshirt", "--body", studio / "body.json", "--out", tmp_path / "file"),
        "drape": ("drape", "tshirt", "--body", studio / "body.json", "--out", tmp_path / "file" / "below"),
        "avatar": ("avatar", "--out", tmp_path / "file" / "body.json"),
        "fabric": ("fabric", "make", "denim", "--pixels", "64", "--out", tmp_path / "file"),
        "demo": ("demo", "--out", tmp_path / "file"),
    }
    assert_refused(inside(capsys, *words[verb]), "file")
    assert (tmp_path / "file").read_text() == "in the way"


# The command line, whose photographs are a tenth as wide and high.
SMALL = """
import sys
from toile.addon import cli, preview

whole = preview.render_preview

def small(*what, size, **how):
    return whole(*what, size=(size[0] // 10, size[1] // 10), samples=4, **how)

preview.render_preview = small
sys.exit(cli.main())
"""


@pytest.mark.slow
def test_the_demo_goes_the_whole_way(tmp_path: Path) -> None:
    words = ("demo", "--out", tmp_path / "out", "--particle-distance", "0.04", "--json")
    said = toile(*words, program=("-c", SMALL))
    assert said.status == DONE, said.err
    assert len(json.dumps(said.json)) == len(said.out.splitlines()[-1])
    files = said.json["files"]
    assert {
        "body.json", "pattern.json", "pattern.svg", "garment.glb", "garment.usdc", "scene.blend", "preview.png",
        "report.json",
    } <= set(files)  # fmt: skip
    for name, entry in files.items():
        assert Path(entry["path"]).name == name
        assert Path(entry["path"]).stat().st_size > 100
    assert set(said.json["seconds"]) >= {"measure", "draft", "drape", "export", "preview"}
    assert all(s >= 0 for s in said.json["seconds"].values())
    # The scan was made of a body whose measures are known: most are found again within what is said of them.
    measured = said.json["body"]["measurements"].values()
    within = [abs(m["value"] - m["truth"]) <= max(m["uncertainty"], 0.005) for m in measured]
    assert np.mean(within) > 0.7
    assert said.json["draft"]["max_error"] <= 1e-4
    assert said.json["drape"]["seam_gap_max"] <= 0.001
    assert said.json["drape"]["penetration_max"] <= 0.002
    assert json.loads((tmp_path / "out" / "report.json").read_text())["seconds"] == said.json["seconds"]


@pytest.mark.slow
def test_a_pattern_of_another_program_is_imported_and_draped(studio: Path, capsys) -> None:
    """A tube of two boxes before and behind the body, as GarmentCode says it."""
    corners, loop = [[-30, 0], [30, 0], [30, 60], [-30, 60]], [{"endpoints": [k, (k + 1) % 4]} for k in range(4)]
    panels = {
        name: {"translation": [0, 70, z], "rotation": [0, turn, 0], "vertices": corners, "edges": loop}
        for name, z, turn in (("front", 25, 0), ("back", -25, 180))
    }
    stitches = [[{"panel": "front", "edge": k}, {"panel": "back", "edge": 4 - k}] for k in (1, 3)]
    properties = {"curvature_coords": "relative", "units_in_meter": 100}
    file = studio / "tube.json"
    file.write_text(json.dumps({"pattern": {"panels": panels, "stitches": stitches}, "properties": properties}))
    said = inside(capsys, "import", file, "--out", studio / "tube")
    assert said.status == DONE, said.err
    assert [p["name"] for p in said.json["pieces"]] == ["front", "back"]
    assert len(said.json["seams"]) == 2
    assert said.json["refused"] is None
    assert any("allowance" in note for note in said.json["notes"])
    hung = ("drape", studio / "tube" / "pattern.json", "--body", studio / "body.json", "--out", studio / "hung")
    assert_refused(inside(capsys, *hung), "--fabric")
    said = toile(*hung, "--fabric", "cotton_poplin", "--engine", "blender", "--particle-distance", "0.06", "--json")
    assert said.status == DONE, said.err
    assert said.json["vertices"] > 100


def test_a_table_of_another_program_is_drafted_for(studio: Path, capsys) -> None:
    """In millimetres, as FreeSewing has it; what a table lacks is refused by name."""
    table = {"waist": 740, "tail": 900, "seat": 980, "waistToSeat": 200, "waistToKnee": 580}
    file = studio / "table.json"
    file.write_text(json.dumps(table))
    said = inside(capsys, "draft", "circle_skirt", "--measurements", file, "--out", studio / "skirt")
    assert said.status == DONE, said.err
    assert read_pattern(studio / "skirt" / "pattern.json").measurements["waist"] == 0.74
    assert said.json["unused"] == ["tail"]
    assert_refused(inside(capsys, "draft", "tshirt", "--measurements", file, "--out", studio / "no"), "measurement")
    both = ("--measurements", file, "--body", studio / "body.json")
    assert inside(capsys, "draft", "tshirt", *both, "--out", studio / "no").status == WRONG_USE


@pytest.mark.parametrize("value", ["98", "0", "-1", "nan", "inf"])
def test_a_measurement_in_another_unit_is_refused(tmp_path: Path, capsys, value: str) -> None:
    said = inside(capsys, "import", tmp_path / "skirt.val", "--set", f"hip_circ={value}", "--out", tmp_path)
    assert_refused(said, "metres", f"hip_circ={value}")


SKIRT = """<pattern><version>0.6.8</version><unit>cm</unit>
<increments><increment name="#hem" formula="hip_circ + 20"/></increments>
<draftBlock name="Skirt"><calculation>
<point id="1" type="single" name="A" x="0" y="0"/>
<point id="2" type="endLine" name="B" basePoint="1" angle="0" length="#hem / 4"/>
<point id="3" type="endLine" name="C" basePoint="2" angle="270" length="height / 3"/>
<point id="4" type="endLine" name="D" basePoint="1" angle="270" length="height / 3"/>
</calculation><modeling>
<point id="11" type="modeling" idObject="1"/><point id="12" type="modeling" idObject="2"/>
<point id="13" type="modeling" idObject="3"/><point id="14" type="modeling" idObject="4"/>
</modeling><pieces><piece id="21" name="Front"><nodes>
<node type="NodePoint" idObject="11"/><node type="NodePoint" idObject="12"/>
<node type="NodePoint" idObject="13"/><node type="NodePoint" idObject="14"/>
</nodes></piece></pieces></draftBlock></pattern>"""


def test_a_measurement_that_a_pattern_does_not_know_is_refused(tmp_path: Path, capsys) -> None:
    """In an increment, in a tool, or in the table beside it a name is known; else a slip of the hand is told."""
    (tmp_path / "skirt.sm2d").write_text(SKIRT)
    words = ("import", tmp_path / "skirt.sm2d", "--out", tmp_path / "out", "--set", "hip_circ=1.0", "--set")
    assert inside(capsys, *words, "height=1.68").status == DONE
    (piece,) = read_pattern(tmp_path / "out" / "pattern.json").pieces
    assert np.ptp(np.concatenate([edge.flattened(1e-3) for edge in piece.edges]), axis=0) == pytest.approx([0.30, 0.56])
    assert_refused(inside(capsys, *words, "height=1.68", "--set", "hip_cric=1.0"), "hip_cric", "Did you mean hip_circ")


@pytest.mark.parametrize("content", ["", "{}", '{"parts": {}}', '{"pattern": {}, "properties": []}'])
def test_what_is_no_pattern_is_not_imported(tmp_path: Path, capsys, content: str) -> None:
    (tmp_path / "none.json").write_text(content)
    for name in ("none.json", "gone.val"):
        assert_refused(inside(capsys, "import", tmp_path / name, "--out", tmp_path / "out"))
        assert not list((tmp_path / "out").glob("*"))
