# SPDX-License-Identifier: GPL-3.0-or-later
"""Files for the cutting room, by the command line."""

import json
from pathlib import Path

import ezdxf
import pypdf
import pytest
from toile.addon.cli import main
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
