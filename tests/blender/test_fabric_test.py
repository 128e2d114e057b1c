# SPDX-License-Identifier: GPL-3.0-or-later
"""`fabric-test` as a studio's script runs it, on the engine that is always there."""

import json
import math
from pathlib import Path

import pytest

pytest.importorskip("bpy")

from toile.addon import cli
from toile.sim import mechanics
from toile.sim.laboratory import TESTS, bending_length

DONE, WRONG_USE, REFUSED = 0, 2, 3
BLENDER = ("--engine", "blender", "--json")


def said(capsys: pytest.CaptureFixture, *words: object) -> tuple[int, dict]:
    status = cli.main(["fabric-test", *map(str, words)])
    out = capsys.readouterr().out
    return status, json.loads(out.splitlines()[-1]) if out else {}


def test_a_cantilever_is_tested_and_pictured(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    picture = tmp_path / "strip.png"
    words = ("cantilever", "--fabric", "denim", "--direction", "30", "--mesh", "regular", "--picture", picture)
    status, told = said(capsys, *words, *BLENDER)
    assert status == DONE
    c = bending_length(mechanics("denim"), math.radians(30))
    assert told["bending_length"] == pytest.approx(c)
    assert told["particle_distance"] == pytest.approx(c / 5)
    assert (told["mesh"], told["engine"], told["direction_degrees"]) == ("regular", "blender", pytest.approx(30))
    assert told["error_degrees"] == pytest.approx(told["angle_degrees"] - 41.487, abs=1e-3)
    assert 0 < told["angle_degrees"] < 90
    assert told["picture"] == str(picture)
    assert picture.read_bytes()[:4] == b"\x89PNG"


def test_the_particle_distance_that_is_asked_for_is_taken(capsys: pytest.CaptureFixture) -> None:
    coarse = said(capsys, "fall", "--fabric", "silk_satin", "--particle-distance", "0.05", *BLENDER)[1]
    fine = said(capsys, "fall", "--fabric", "silk_satin", "--particle-distance", "0.025", *BLENDER)[1]
    assert (coarse["vertices"], fine["vertices"]) == (9, 25)
    assert fine["acceleration"] == pytest.approx(9.80665, rel=0.02)


def test_several_discs_are_told_in_the_mean(capsys: pytest.CaptureFixture) -> None:
    words = ("cusick", "--fabric", "denim", "--particle-distance", "0.022", "--engine", "toile", "--json")
    status, told = said(capsys, *words, "--specimens", "2")
    assert status == DONE
    assert told["specimens"] == 2
    assert told["deviation"] > 0.0
    one = said(capsys, *words)[1]
    assert one["specimens"] == 1
    assert abs(told["drape_coefficient"] - one["drape_coefficient"]) < 2 * told["deviation"]


@pytest.mark.slow
def test_all_tests_are_told_together_and_each_refusal_with_its_test(capsys: pytest.CaptureFixture) -> None:
    status, told = said(capsys, "all", "--fabric", "denim", "--particle-distance", "0.025", *BLENDER)
    assert status == DONE
    assert [one["test"] for one in told["tests"]] == list(TESTS)
    refused = {one["test"]: one["refused"] for one in told["tests"] if "refused" in one}
    assert set(refused) == {"cantilever", "cusick"}
    assert all("too coarse" in sentence for sentence in refused.values())


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("cantilever", "--fabric", "chainmail"), "chainmail"),
        (("cantilever", "--fabric", "denim", "--particle-distance", "0"), "particle distance"),
        (("cantilever", "--fabric", "denim", "--particle-distance", "nan"), "particle distance"),
        (("cantilever", "--fabric", "denim", "--particle-distance", "5"), "particle distance"),  # millimetres
        (("cusick", "--fabric", "denim", "--particle-distance", "0.0002"), "larger"),
        (("cusick", "--fabric", "denim", "--direction", "1e9"), "direction"),
        (("bias", "--fabric", "denim", "--direction", "0"), "45°"),
        (("fall", "--fabric", "denim", "--disc", "0.3"), "--disc"),
        (("cusick", "--fabric", "denim", "--specimens", "0"), "specimens"),
        (("cusick", "--fabric", "denim", "--specimens", "1000000"), "specimens"),
        (("fall", "--fabric", "denim", "--specimens", "3"), "--specimens"),
        (("hanging", "--fabric", "denim", "--picture", "h.png"), "--picture"),
        (("cusick", "--fabric", "denim", "--picture", "nowhere/c.png"), "nowhere/c.png"),
        (("cusick", "--fabric", "denim", "--picture", "c.exr"), "c.exr"),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, tuple) else words,
)
def test_what_is_no_test_is_refused_in_a_sentence(
    words: tuple[str, ...], named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    status, told = said(capsys, *words, *BLENDER)
    assert status == REFUSED
    assert set(told) == {"refused"}
    assert named in told["refused"]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "words",
    [
        (), ("cantilever",), ("martindale", "--fabric", "denim"), ("cusick", "--fabric", "denim", "--disc", "0.5"),
        ("cusick", "--fabric", "denim", "--mesh", "hexagonal"), ("cusick", "--fabric", "denim", "--direction", "warp"),
        ("cusick", "--fabric", "denim", "--engine", "scissors"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_wrong_use_says_how_it_is_used(words: tuple[str, ...], capsys: pytest.CaptureFixture) -> None:
    assert cli.main(["fabric-test", *words]) == WRONG_USE
    heard = capsys.readouterr()
    assert heard.out == ""
    assert heard.err.startswith("usage: toile fabric-test")
