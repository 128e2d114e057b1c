# SPDX-License-Identifier: GPL-3.0-or-later
"""Files for the cutting room, by the command line."""

import json
from pathlib import Path

import ezdxf
import numpy as np
import pypdf
import pytest

pytest.importorskip("bpy")

import toile
from toile.addon import photography
from toile.addon.cli import main
from toile.addon.fit_picture import png
from toile.patterns.exchange import read_rules


@pytest.fixture(scope="module")
def bodies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("bodies")
    for size, bust in (("S", 0.86), ("M", 0.92), ("L", 1.0)):
        wanted = [f"--set=bust={bust}", f"--set=waist={bust - 0.18}", f"--set=hip={bust + 0.06}", "--set=stature=1.68"]
        assert main(["avatar", *wanted, "--sex", "woman", "--out", str(folder / f"{size}.json")]) == 0
    return {size: folder / f"{size}.json" for size in "SML"}


def said(capsys: pytest.CaptureFixture[str]) -> dict:
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_a_draft_is_written_for_machines_and_on_paper(bodies, tmp_path: Path, capsys) -> None:
    out = ["--out", str(tmp_path), "--json"]
    assert main(["draft", "polo", "--body", str(bodies["M"]), "--paper", "A4", *out]) == 0
    report = said(capsys)
    assert len(ezdxf.readfile(report["files"]["pattern.dxf"]).modelspace().query("INSERT")) == len(report["pieces"])
    assert len(pypdf.PdfReader(report["files"]["pattern.pdf"]).pages) > 5
    first = Path(report["files"]["pattern.json"]).read_text()
    assert main(["import", report["files"]["pattern.dxf"], "--out", str(tmp_path / "back"), "--json"]) == 0
    assert Path(said(capsys)["files"]["pattern.json"]).read_text() == first


def test_a_run_of_sizes_is_graded(bodies, tmp_path: Path, capsys) -> None:
    sizes = [f"--size={size}={path}" for size, path in bodies.items()]
    assert main(["grade", "tshirt", *sizes, "--set", "sleeve_length=0.3", "--out", str(tmp_path), "--json"]) == 0
    report = said(capsys)
    assert (report["sizes"], report["sample"]) == (["S", "M", "L"], "M")
    assert max(report["rule_errors"].values()) < 5e-4
    assert report["max_error"] < 1e-4
    table = read_rules(Path(report["files"]["sizes.rul"]))
    assert (len(table.numbers), table.sizes) == (report["rules"], ("S", "M", "L"))
    document = ezdxf.readfile(report["files"]["sizes.dxf"])
    assert len(document.modelspace().query("INSERT")) == 3 * 4


@pytest.mark.parametrize(
    ("more", "status"),
    [
        (["--size", "M"], 2),
        (["--size=M=M.json", "--size=M=L.json"], 3),
        (["--size=M=M.json", "--sample", "XL"], 3),
        (["--size=M M=M.json"], 3),
        (["--size=M=none.json"], 3),
        (["--size=M=M.json", "--paper", "A9"], 2),
    ],
    ids=["no body", "twice", "no sample", "space", "no file", "no paper"],
)
def test_what_cannot_be_graded_is_refused(bodies, more: list[str], status: int, tmp_path: Path, capsys) -> None:
    more = [word.replace("M.json", str(bodies["M"])).replace("L.json", str(bodies["L"])) for word in more]
    assert main(["grade", "tshirt", *more, "--out", str(tmp_path), "--json"]) == status
    if status == 3:
        assert said(capsys)["refused"]


def test_a_marker_is_laid_and_weighed(bodies, tmp_path: Path, capsys) -> None:
    assert main(["draft", "tshirt", "--body", str(bodies["M"]), "--out", str(tmp_path), "--json"]) == 0
    pattern = said(capsys)["files"]["pattern.json"]
    cloth = ["--width", "1.6", "--fabric", "cotton_poplin", "--seconds", "1"]
    assert main(["marker", f"{pattern}=2", *cloth, "--out", str(tmp_path), "--json"]) == 0
    report = said(capsys)
    assert report["pieces"] == 8
    assert report["mass"] > report["waste_mass"] > 0
    drawn = json.loads(Path(report["files"]["marker.json"]).read_text())["laid"]
    assert len(drawn) == 8


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["pattern.json=two", "--width", "1.5"], 2),
        (["pattern.json", "--width", "wide"], 2),
        (["pattern.json", "--width", "0.35"], 3),
        (["none.json", "--width", "1.5"], 3),
        (["pattern.json", "--width", "150"], 3),
        (["pattern.json", "--width", "1.5", "--fabric", "moonlight"], 3),
    ],
)
def test_what_cannot_be_laid_is_refused(bodies, words: list[str], status: int, tmp_path: Path, capsys) -> None:
    assert main(["draft", "tank", "--body", str(bodies["M"]), "--out", str(tmp_path), "--json"]) == 0
    capsys.readouterr()
    words = [str(tmp_path / word) if word.endswith(("json", "two")) else word for word in words]
    assert main(["marker", *words, "--out", str(tmp_path), "--json"]) == status
    if status == 3:
        assert said(capsys)["refused"]


def pack(bodies: dict[str, Path], tmp_path: Path, *more: str) -> list[str]:
    sizes = [f"--size={size}={path}" for size, path in bodies.items()]
    return [
        "techpack",
        "tshirt",
        *sizes,
        "--width=1.6",
        "--seconds=1",
        "--no-drape",
        *more,
        "--out",
        str(tmp_path),
        "--json",
    ]


@pytest.mark.slow
def test_a_tech_pack_is_written_in_both_languages(bodies, tmp_path: Path, capsys) -> None:
    pytest.importorskip("spyrrow")
    assert main(pack(bodies, tmp_path, "--number", "T-1", "--count", "M=2")) == 0
    report = said(capsys)
    told = json.loads(Path(report["files"]["techpack.json"]).read_text())
    assert (told["sample"], told["number"], list(told["measurements"])) == ("M", "T-1", ["S", "M", "L"])
    chests = [told["measurements"][size]["A"] for size in "SML"]
    assert chests == pytest.approx([(bust + 0.12) / 2 for bust in (0.86, 0.92, 1.0)], abs=2e-3)
    assert set(told["fabrics"]) == {"main", "rib"}
    assert told["cost"] == pytest.approx(sum(line["quantity"] * line["price"] for line in told["costs"]))
    for language in ("en", "zh_HANS"):
        assert len(pypdf.PdfReader(report["files"][f"techpack_{language}.pdf"]).pages) >= 6
    assert "尺寸表" in Path(report["files"]["techpack_zh_HANS.html"]).read_text("utf-8")
    assert "T恤" in Path(report["files"]["techpack_zh_HANS.html"]).read_text("utf-8").replace(" ", "")


@pytest.mark.slow
def test_a_tech_pack_shows_the_draped_sample(bodies, tmp_path: Path, capsys, monkeypatch) -> None:
    """The light is left out, for it takes a minute; the studio is asked for both views of the garment on its body."""
    pytest.importorskip("spyrrow")
    asked = []

    def grey(objects, path: Path, *, views, size, **_more) -> None:
        asked.append((views, [obj.toile.kind for obj in objects]))
        path.write_bytes(png(np.full((size[1], size[0], 3), 100 + len(asked), np.uint8)))

    monkeypatch.setattr(photography, "render_preview", grey)
    words = [word for word in pack({"M": bodies["M"]}, tmp_path) if word != "--no-drape"]
    try:
        assert main([*words, "--particle-distance=0.06"]) == 0
    finally:
        toile.unregister()  # what a command of its own process leaves as it is
    assert asked == [((view,), ["BODY", "GARMENT"]) for view in ("front", "back")]
    page = Path(said(capsys)["files"]["techpack_en.html"]).read_text("utf-8")
    assert page.count("data:image/png") == 4  # front, back, two maps of the fit


@pytest.mark.parametrize(
    ("more", "status"),
    [
        (["--count", "XL=1"], 3),
        (["--count", "M=0"], 3),
        (["--count", "M=-1"], 2),
        (["--count", "M"], 2),
        (["--width", "nan"], 3),
        (["--width", "0.1"], 3),
        (["--fabric", "paper"], 3),
        (["--prices", "none.toml"], 3),
        (["--sample", "XS"], 3),
        (["--size", "M=again.json"], 3),
        (["--particle-distance", "far"], 2),
    ],
)
def test_what_is_no_tech_pack_is_refused(bodies, tmp_path: Path, capsys, more, status) -> None:
    assert main(pack(bodies, tmp_path, *more)) == status
    if status == 3:
        assert said(capsys)["refused"]
    assert not list(tmp_path.glob("techpack*"))
