# SPDX-License-Identifier: GPL-3.0-or-later
"""The batch: what a job file comes to, garments made once, taken up after any kill, alike to the byte."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

pytest.importorskip("bpy")

from toile.addon.batch import Job, JobRefused, Task, read_job, run_job
from toile.addon.batch.process import run_limited
from toile.addon.batch.runner import Cluster, Here
from toile.addon.cli import main
from toile.worker.client import TaskCancelled

ROOT = Path(__file__).resolve().parents[2]

# Stands in for the command line: words "NAME KIND", and what the runner adds.
STAND_IN = """
import json, os, pathlib, sys, time
name, kind, out = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[sys.argv.index("--out") + 1])
if kind == "slow": time.sleep(60)
if kind == "hungry": held = bytearray(600_000_000); time.sleep(60)
if kind == "fault": sys.exit("it broke")
if kind == "killed": os.kill(os.getpid(), 9)
if kind == "refused": print(json.dumps({"refused": "no such cloth"})); sys.exit(3)
if kind == "patient": time.sleep(0.3)
out.mkdir(parents=True, exist_ok=True)
count = pathlib.Path(__file__).with_name("made")
count.mkdir(exist_ok=True)
(count / f"{name}-{time.time_ns()}").touch()
(out / "garment.glb").write_bytes(name.encode() * 1000)
(out / "drape.json").write_text(json.dumps({"vertices": 3, "seconds": time.time(), "peak_rss": os.getpid()}))
print(json.dumps({"vertices": 3, "cpu_seconds": 1.0}))
"""


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    script = tmp_path / "stand_in.py"
    script.write_text(STAND_IN)
    return [sys.executable, str(script)]


def job(*kinds: str, seconds: float = 30.0, memory: int = 0) -> Job:
    tasks = tuple(Task(f"g{k}", (f"g{k}", kind), f"print{k}") for k, kind in enumerate(kinds))
    return Job("try", tasks, seconds, memory)


def run(wanted: Job, out: Path, command: list[str], workers: int = 2) -> dict:
    return run_job(wanted, out, command, Here(workers), workers, lambda fraction, text: None)


def made(command: list[str], name: str) -> int:
    """How often a garment was made."""
    return len(list((Path(command[1]).parent / "made").glob(f"{name}-*")))


def everything(out: Path) -> dict[str, bytes]:
    files = (p for p in sorted(out.rglob("*")) if p.is_file() and p.name not in ("log.jsonl", ".lock"))
    return {p.relative_to(out).as_posix(): p.read_bytes() for p in files if ".work" not in p.parts}


def test_every_garment_is_made_once_and_kept(tmp_path: Path, command: list[str]) -> None:
    wanted = job("plain", "plain", "plain")
    first = run(wanted, tmp_path / "out", command)
    assert (first["done"], first["failed"], first["skipped"]) == (3, 0, 0)
    again = run(wanted, tmp_path / "out", command)
    assert (again["done"], again["skipped"]) == (3, 3)
    assert [made(command, f"g{k}") for k in range(3)] == [1, 1, 1]
    log = [json.loads(line) for line in (tmp_path / "out" / "log.jsonl").read_text().splitlines()]
    assert sorted(line["garment"] for line in log) == ["g0", "g1", "g2"]
    assert not list((tmp_path / "out" / ".work").iterdir())


@pytest.mark.slow
def test_what_fails_says_why_and_the_others_are_made(tmp_path: Path, command: list[str]) -> None:
    wanted = job("plain", "fault", "killed", "refused", "hungry", "slow", seconds=4.0, memory=400_000_000)
    report = run(wanted, tmp_path / "out", command, workers=6)
    assert (report["done"], report["failed"]) == (1, 5)
    reasons = report["failures"]
    assert "it broke" in reasons["g1"]
    assert "status -9" in reasons["g2"]
    assert reasons["g3"] == "no such cloth"
    assert "memory" in reasons["g4"]
    assert "longer than 4 s" in reasons["g5"]
    kept = run(wanted, tmp_path / "out", command, workers=6)
    assert kept["skipped"] == 2  # what is done, and what was refused


def test_a_changed_or_broken_garment_is_made_anew(tmp_path: Path, command: list[str]) -> None:
    out = tmp_path / "out"
    run(job("plain", "plain", "plain", "plain"), out, command)
    (out / "g0" / "garment.glb").write_bytes(b"half")
    (out / "g1" / "garment.json").unlink()
    (out / "g2" / "garment.json").write_text("[]")
    wanted = job("plain", "plain", "plain", "plain")
    changed = Job("try", (*wanted.tasks[:3], Task("g3", ("g3", "plain"), "other")), 30.0, 0)
    assert run(changed, out, command)["skipped"] == 0
    assert [made(command, f"g{k}") for k in range(4)] == [2, 2, 2, 2]


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_killed_at_any_moment_it_goes_on_and_ends_alike(tmp_path: Path, command: list[str]) -> None:
    wanted = ["patient"] * 8
    whole = tmp_path / "whole"
    run(job(*wanted), whole, command)
    for pause in (0.35, 0.6, 0.9):
        out = tmp_path / f"killed{pause}"
        script = textwrap.dedent(f"""
            from pathlib import Path
            from toile.addon.batch import Job, Task, run_job
            from toile.addon.batch.runner import Here
            tasks = tuple(Task(f"g{{k}}", (f"g{{k}}", "patient"), f"print{{k}}") for k in range(8))
            run_job(Job("try", tasks, 30.0, 0), Path({str(out)!r}), {command!r}, Here(2), 2, lambda f, t: None)
        """)
        environment = {**os.environ, "PYTHONPATH": str(ROOT / ".dev")}
        running = subprocess.Popen([sys.executable, "-c", script], env=environment)
        deadline = time.monotonic() + 30
        while not (out / "log.jsonl").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(pause)
        running.send_signal(signal.SIGKILL)
        running.wait()
        before = sum(1 for p in out.glob("g*/garment.json"))
        report = run(job(*wanted), out, command)
        assert report["done"] == 8
        assert report["skipped"] >= before - 1
        assert everything(out) == everything(whole)


def test_cancelled_it_ends_its_processes_and_keeps_what_is_done(tmp_path: Path, command: list[str]) -> None:
    out, wanted = tmp_path / "out", job("plain", "slow", "plain")
    log = out / "log.jsonl"

    def enough() -> bool:
        return log.exists() and len(log.read_text().splitlines()) == 2

    with pytest.raises(TaskCancelled, match="stays done"):
        run_job(wanted, out, command, Here(2), 2, lambda fraction, text: None, enough)
    assert not any(Path(command[1]).as_posix() in words for words in running_commands())
    assert (out / "g0" / "garment.json").exists()
    assert not (out / "g1").exists()
    again = run(job("plain", "slow", "plain", seconds=1.0), out, command)
    assert (again["done"], again["skipped"]) == (2, 2)


def running_commands() -> list[str]:
    """The command lines of this machine's processes, where it tells them."""
    found: list[str] = []
    for told in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            found.append(told.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return found


def test_two_runs_do_not_work_in_one_folder(tmp_path: Path, command: list[str]) -> None:
    from toile.addon.batch.runner import _alone

    out = tmp_path / "out"
    out.mkdir()
    with _alone(out), pytest.raises(JobRefused, match="Another run"):
        run(job("plain"), out, command)


def test_a_cluster_makes_the_same(tmp_path: Path, command: list[str]) -> None:
    distributed = pytest.importorskip("distributed")
    run(job("plain", "plain", "refused"), tmp_path / "here", command)
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None, protocol="tcp://"
    ) as cluster:
        crew = Cluster(cluster.scheduler_address)
        report = run_job(job("plain", "plain", "refused"), tmp_path / "there", command, crew, 2, lambda f, t: None)
    assert (report["done"], report["failed"]) == (2, 1)
    assert everything(tmp_path / "here") == everything(tmp_path / "there")


def test_a_scheduler_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    distributed = pytest.importorskip("distributed")

    def absent(*_: object, **__: object) -> None:
        raise OSError("Timed out trying to connect")

    monkeypatch.setattr(distributed, "Client", absent)
    with pytest.raises(JobRefused, match="no Dask scheduler"):
        Cluster("tcp://127.0.0.1:1")


def test_a_limit_ends_children_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wait = "import time, pathlib; time.sleep(4); pathlib.Path('alive').touch()"
    script = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {wait!r}]); time.sleep(60)"
    monkeypatch.chdir(tmp_path)
    ended = run_limited([sys.executable, "-c", script], dict(os.environ), 1.0, 0)
    assert ended.status is None
    assert "longer" in ended.reason
    time.sleep(4)
    assert not (tmp_path / "alive").exists()


# ---- Job files ----


def nothing(kind: str, name: str) -> None:
    """Knows every name but one."""
    if name == "moonlight":
        raise ValueError(f"there is no {kind} moonlight")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "bodies").mkdir()
    for name in ("anna", "bea"):
        (tmp_path / "bodies" / f"{name}.json").write_text(name)
    return tmp_path


def reading(folder: Path, text: str) -> Job:
    (folder / "job.toml").write_text(text, encoding="utf-8")
    return read_job(folder / "job.toml", "1", nothing)


GARMENTS = '[[garments]]\nstyles = ["tshirt", "jeans"]\nbodies = ["bodies/*.json"]\n'


def test_a_job_is_the_product_of_its_lists(folder: Path) -> None:
    wanted = reading(folder, GARMENTS + 'fabrics = ["a", "b"]\n[garments.set]\nhem = 0.5\n')
    assert len(wanted.tasks) == 2 * 2 * 2
    assert wanted.tasks[0].name == "tshirt-anna-a"
    words = wanted.tasks[0].words
    assert words[:2] == ("drape", "tshirt")
    assert words[4:6] == ("--set", "hem=0.5")
    assert len({task.fingerprint for task in wanted.tasks}) == 8
    before = wanted.tasks[0].fingerprint
    (folder / "bodies" / "anna.json").write_text("changed")
    after = reading(folder, GARMENTS + 'fabrics = ["a", "b"]\n[garments.set]\nhem = 0.5\n')
    assert after.tasks[0].fingerprint != before
    assert after.tasks[2].fingerprint == wanted.tasks[2].fingerprint  # another body


def test_a_garment_is_draped_once_and_written_in_every_colour_and_format(folder: Path) -> None:
    text = 'author = "Ada"\n' + GARMENTS + 'outputs = ["usdz", "pattern", "glb"]\ncolours = ["#1f2a44", "#7a1f2b"]\n'
    wanted = reading(folder, text + "[garments.export]\ntriangles = 5000\n")
    assert len(wanted.tasks) == 2 * 2
    words = wanted.tasks[0].words
    pairs = [words[k : k + 2] for k in range(4, len(words), 2)]
    assert pairs == [
        ("--colour", "#1f2a44"), ("--colour", "#7a1f2b"), ("--format", "glb"), ("--format", "usdz"),
        ("--triangles", "5000"), ("--author", "Ada"),
    ]  # fmt: skip
    assert reading(folder, text).tasks[0].fingerprint != wanted.tasks[0].fingerprint


def test_facings_and_linings_are_draped_where_a_job_says_so(folder: Path) -> None:
    asked, not_asked = (reading(folder, GARMENTS + f"inner = {word}\n").tasks[0].words for word in ("true", "false"))
    assert "--inner" in asked
    assert "--inner" not in not_asked


def test_a_garment_is_made_anew_when_its_style_or_fabric_is_declared_otherwise(folder: Path) -> None:
    (folder / "job.toml").write_text(GARMENTS + 'fabrics = ["a", "b"]\n', encoding="utf-8")
    first, second = (
        read_job(folder / "job.toml", "1", lambda kind, name, n=n: {"density": n} if name == "a" else {}).tasks
        for n in (0.1, 0.2)
    )
    changed = [task.name for task, other in zip(first, second, strict=True) if task.fingerprint != other.fingerprint]
    assert changed == [task.name for task in first if task.name.endswith("-a")]


def test_bodies_keep_their_names_in_any_script(folder: Path) -> None:
    for name in ("安娜", "贝拉", "é" * 70):
        (folder / "bodies" / f"{name}.json").write_text(name, encoding="utf-8")
    names = [task.name for task in reading(folder, GARMENTS).tasks]
    assert {"tshirt-安娜", "tshirt-贝拉", "tshirt-" + "é" * 30} <= set(names)
    assert all(len(name.encode()) < 255 for name in names)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "'garments' is missing"),
        ("garments = []", "at least 1"),
        ("[[garments]]\nstyles = []\nbodies = ['bodies/*.json']", "at least 1"),
        (GARMENTS + "colour = 'red'", "there is no 'colour'"),
        (GARMENTS + "particle_distance = 0", "out of range"),
        (GARMENTS + "particle_distance = inf", "out of range"),
        (GARMENTS + "particle_distance = nan", "out of range"),
        (GARMENTS + "particle_distance = '1 cm'", "must be a number"),
        (GARMENTS + "inner = 1", "must be a boolean"),
        (GARMENTS + "outputs = ['pattern']\ninner = true", "a pattern alone has no colour"),
        (GARMENTS + "outputs = ['hologram']", "none of pattern, glb, vrm"),
        (GARMENTS + "outputs = []", "at least 1"),
        (GARMENTS + "outputs = 'glb'", "must be an array"),
        (GARMENTS + "outputs = ['pattern']\ncolours = ['#1f2a44']", "a pattern alone has no colour"),
        (GARMENTS + "outputs = ['pattern']\nparticle_distance = 0.02", "a pattern alone has no colour"),
        (GARMENTS + "colours = ['navy']", "'navy' is no colour"),
        (GARMENTS + "colours = ['#1F2A44']", "is no colour"),
        (GARMENTS + "[garments.export]\ntriangles = -1", "out of range"),
        (GARMENTS + "[garments.export]\ntriangles = 1.5", "must be an integer"),
        (GARMENTS + "[garments.export]\nlevels = true", "must be an integer"),
        (GARMENTS + "[garments.export]\nscale = nan", "out of range"),
        (GARMENTS + "[garments.export]\nresolution = 4", "there is no 'resolution'"),
        ("author = 7\n" + GARMENTS, "must be a string"),
        ("licence = '" + 300 * "x" + "'\n" + GARMENTS, "longer than 200"),
        (GARMENTS + "fabrics = ['moonlight']", "no fabric moonlight"),
        (GARMENTS.replace("jeans", "moonlight"), "no style moonlight"),
        (GARMENTS.replace("bodies/*.json", "nobody.json"), "no body 'nobody.json'"),
        (GARMENTS + GARMENTS + "particle_distance = 0.02", "twice, in two ways"),
        (GARMENTS + "[garments.set]\nhem = [1]", "a number or a word"),
        (GARMENTS + "[garments.set]\nhem = true", "a number or a word"),
        (GARMENTS.replace("bodies/*.json", "bodies/\\u0000"), "names no files|no body"),
        ('garments = "all"', "must be an array"),
        (GARMENTS.replace('["tshirt", "jeans"]', "[3]"), "must be a string"),
        ("[limits]\nmemory = 1.5\n" + GARMENTS, "must be an integer"),
        ("limits = 3\n" + GARMENTS, "must be an object"),
        ("[limits]\nseconds = -1\n" + GARMENTS, "out of range"),
        ("garments = [[[", "not TOML"),
        ("[" * 100_000, "not TOML"),
    ],
)
def test_a_broken_job_is_refused_by_name(folder: Path, text: str, match: str) -> None:
    with pytest.raises(JobRefused, match=match):
        reading(folder, text)


@pytest.mark.slow
def test_the_command_line_makes_a_job_foresees_it_and_shows_its_schema(tmp_path: Path, capsys) -> None:
    body = tmp_path / "anna.json"
    assert main(["avatar", "--set", "stature=1.7", "--sex", "woman", "--out", str(body)]) == 0
    path = tmp_path / "job.toml"
    path.write_text('[[garments]]\nstyles = ["tank", "circle_skirt"]\nbodies = ["anna.json"]\noutputs = ["pattern"]\n')
    out = ["--out", str(tmp_path / "out"), "--json"]
    capsys.readouterr()
    assert main(["batch", str(path), "--dry-run", *out]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["garments"] == 2
    assert main(["batch", str(path), "--workers", "2", *out]) == 0
    report = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (report["done"], report["failed"]) == (2, 0)
    second = ["--out", str(tmp_path / "second"), "--json"]
    assert main(["batch", str(path), *second]) == 0
    assert everything(tmp_path / "out") == everything(tmp_path / "second")
    capsys.readouterr()
    assert main(["batch", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["required"] == ["garments"]
    assert main(["batch", str(path), "--workers", "0", *out]) == 3
    assert main(["batch", str(tmp_path / "none.toml"), *out]) == 3
