# SPDX-License-Identifier: GPL-3.0-or-later
"""Production: every style graded over a run of sizes, its DXF looked at by ezdxf, its marker; and a batch in numbers.

PYTHONPATH=.dev python benchmarks/production.py [grading] [markers] [batch] [--sizes N] [--styles NAME …] [--seconds S]
    [--garments N] [--timed N] [--particle-distance M] [--folder DIR]

Bodies are avatars of women from 76 to 114 cm bust, with waist and hip in proportion. The batch drapes styles × bodies ×
fabrics with two workers, the first of them with one worker too; then again with garments, the run, and a cluster's
worker and scheduler killed on the way.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import shapely
from ezdxf import filemanagement
from ezdxf.document import Drawing
from ezdxf.entities.polyline import Polyline
from toile.addon.batch.runner import LOG, MANIFEST
from toile.bodies import avatar, save_body
from toile.patterns import Pattern, draft, styles
from toile.patterns.allowance import cut_line
from toile.patterns.exchange import aama_dxf, read_aama, write_aama
from toile.patterns.exchange.aama import block_name
from toile.patterns.grading import Sizes, grade_rules
from toile.patterns.lattice import Part, nest
from toile.patterns.marker import Fabric, lay

BATCH_STYLES = ("tshirt", "pencil_skirt", "trousers", "tank")
BATCH_FABRICS = ("cotton_poplin", "denim", "silk_satin", "wool_twill", "linen")


def women(count: int) -> dict[str, dict[str, float]]:
    """Measurements of a run of sizes, by the size's name: the bust in centimetres."""
    found: dict[str, dict[str, float]] = {}
    for bust in np.linspace(0.76, 1.14, count):
        body = avatar({"bust": bust, "waist": bust - 0.18, "hip": bust + 0.06, "stature": 1.68}, sex="woman")
        found[f"{100 * bust:.0f}"] = {name: m.value for name, m in body.measurements.items()}
    return found


def drawn_wrong(pattern: Pattern, size: str, document: Drawing) -> float:
    """The worst distance in millimetres between a cut line that ezdxf reads and the exact one."""
    worst = 0.0
    for piece in pattern.pieces:
        block = document.blocks[block_name(piece.name, size)]
        line = next(e for e in block if isinstance(e, Polyline) and e.dxf.layer == "1")
        points = np.array([(v.dxf.location.x, v.dxf.location.y) for v in line.vertices])
        exact = shapely.LinearRing(1000 * cut_line(piece, 2e-7).points)
        worst = max(worst, float(shapely.hausdorff_distance(shapely.LinearRing(points), exact)))
    return worst


def grading(names: list[str], people: dict[str, dict[str, float]]) -> None:
    """Every style in every size: seconds to draft, to find the rules and to write; the rules' and the DXF's errors."""
    print(
        f"| style | {len(people)} drafts s | rules s | DXF s | rules | rule error mm | seam error mm | DXF mm | alike |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    total, middle = 0.0, sorted(people, key=float)[len(people) // 2]
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            began = time.perf_counter()
            patterns = {size: draft(name, person) for size, person in people.items()}
            seams = 1000 * max(pattern.proof().max_error for pattern in patterns.values())
            drafted = time.perf_counter()
            sizes = Sizes(patterns, middle)
            rules = grade_rules(sizes)
            ruled = time.perf_counter()
            path, _ = write_aama(sizes, Path(folder) / f"{name}.dxf", rules, name)
            ended = time.perf_counter()
            total += ended - began
            alone = Sizes({middle: sizes.pattern}, middle)  # without the corners of other sizes
            (Path(folder) / "one.dxf").write_text(aama_dxf(alone))
            wrong = drawn_wrong(sizes.pattern, middle, filemanagement.readfile(Path(folder) / "one.dxf"))
            alike = aama_dxf(Sizes({middle: read_aama(path, middle).pattern}, middle)) == aama_dxf(alone)
            error = 1000 * max(rules.errors.values(), default=0.0)
            skipped = f" ({len(rules.skipped)} pieces without)" if rules.skipped else ""
            print(
                f"| {name} | {drafted - began:.2f} | {ruled - drafted:.2f} | {ended - ruled:.2f} | {len(rules.deltas)}"
                f"{skipped} | {error:.3f} | {seams:.6f} | {wrong:.4f} | {'yes' if alike else 'NO'} |",
                flush=True,
            )
    print(f"\n{len(names)} styles × {len(people)} sizes: {total:.1f} s")


def boxed(marker_pieces: list[np.ndarray], width: float) -> float:
    """Utilisation of the plain way: boxes, the tallest first, in shelves across the fabric."""
    boxes = sorted((np.ptp(line, axis=0) + 0.002 for line in marker_pieces), key=lambda b: -b[0])
    shelves: list[list[float]] = []  # length, what is taken of the width
    for along, across in boxes:
        shelf = next((s for s in shelves if s[1] + across <= width), None)
        if shelf is None:
            shelves.append(shelf := [along, 0.0])
        shelf[1] += across
    area = sum(shapely.Polygon(line).area for line in marker_pieces)
    return area / (width * sum(s[0] for s in shelves))


def markers(names: list[str], people: dict[str, dict[str, float]], seconds: int) -> None:
    """Two garments of every style on 1.5 m: Sparrow's utilisation, our own nester's on the same pieces in the same
    time, which lays striped cloth, and that of boxes in shelves.
    """
    person = people[sorted(people, key=float)[len(people) // 2]]
    print("| style | pieces | metres | utilisation | our own | boxes in shelves |\n|---|---|---|---|---|---|")
    for name in names:
        pattern = draft(name, person)
        marker = lay({"-": pattern}, {"-": 2}, Fabric(1.5), seconds=seconds)
        lines = [laid.line - laid.origin for laid in marker.laid]
        parts = [Part(laid.piece, line, np.zeros(2)) for laid, line in zip(marker.laid, lines, strict=True)]
        placed = nest(parts, 1.5, (0.0, 0.0), 0.002, seconds, 0)
        length = max(float(line[:, 0].max() + at[0]) for line, at in zip(lines, placed, strict=True))
        own = marker.utilisation * marker.length / length
        print(
            f"| {name} | {len(marker.laid)} | {marker.length:.3f} | {marker.utilisation:.3f} | {own:.3f} | "
            f"{boxed(lines, 1.5):.3f} |",
            flush=True,
        )


# ---- The batch ----


def batch(people: dict[str, dict[str, float]], garments: int, timed: int, distance: float, folder: Path) -> None:
    """Throughput of one worker and of two, and what is left of runs in which everything is killed once.

    timed: how many garments the throughput is measured on. All of it stands in `folder`: what was cut off goes on with
    the same command.
    """
    jobs = _lay_out(people, garments, timed, distance, folder)
    took = {workers: _timed(jobs[0], folder / f"out{workers}", workers) for workers in (1, 2)}
    for workers, (wall, cpu) in took.items():
        load = os.getloadavg()[0]
        print(f"{timed} garments, {workers} at a time: {wall:.0f} s, {cpu:.0f} s of drapes' CPU, load {load:.1f}")
    print(f"{took[1][0] / took[2][0]:.2f} times the throughput")
    same = everything(folder / "out1") == everything(folder / "out2")
    print(f"two workers made the same: {'yes' if same else 'NO'}", flush=True)
    _to_the_end(jobs[1], folder / "whole")
    whole, pause = everything(folder / "whole"), took[2][0] / 6 * garments / timed
    print(f"{garments} garments by two workers: {len(whole)} files", flush=True)
    for place, kill in (("here", killed_here), ("cluster", killed_on_a_cluster)):
        told = kill(jobs[1], folder / f"out_{place}", pause)
        same = everything(folder / f"out_{place}") == whole
        print(f"{place}, killed: {told}; the re-run made the same: {'yes' if same else 'NO'}", flush=True)


def _lay_out(
    people: dict[str, dict[str, float]], garments: int, timed: int, distance: float, folder: Path
) -> tuple[Path, Path]:
    """Bodies, and job files of the first and of all of styles × bodies × fabrics, well mixed."""
    folder.mkdir(parents=True, exist_ok=True)
    chosen = list(people)[:: max(len(people) // 10, 1)][:10]
    for name in chosen:
        bust = float(name) / 100
        if not (folder / f"b{name}.json").exists():
            wanted = {"bust": bust, "waist": bust - 0.18, "hip": bust + 0.06, "stature": 1.68}
            save_body(avatar(wanted, sex="woman"), folder / f"b{name}.json")
    all_of_them = list(itertools.product(BATCH_STYLES, chosen, BATCH_FABRICS))
    random.Random(0).shuffle(all_of_them)
    jobs = (folder / "timed.toml", folder / "job.toml")
    for path, count in zip(jobs, (timed, garments), strict=True):
        path.write_text(
            "".join(
                f"[[garments]]\nstyles = ['{style}']\nbodies = ['b{body}.json']\nfabrics = ['{fabric}']\n"
                f"particle_distance = {distance!r}\n"
                for style, body, fabric in all_of_them[:count]
            )
        )
    return jobs


def started(job: Path, out: Path, workers: int, *more: str) -> subprocess.Popen[bytes]:
    """The batch as a process."""
    return _process("toile.addon.cli", "batch", str(job), "--out", str(out), "--workers", str(workers), *more)


def _process(module: str, *words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", module, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def _timed(job: Path, out: Path, workers: int) -> tuple[float, float]:
    """The batch to its end; seconds of the clock, those before it was cut off too, and of its garments' CPU."""
    clock = out.with_suffix(".seconds")
    before = float(clock.read_text()) if clock.exists() else 0.0
    if not (out / MANIFEST).exists():
        began, running = time.perf_counter(), started(job, out, workers)
        while running.poll() is None:
            time.sleep(0.5)
            clock.write_text(str(before + time.perf_counter() - began))
        if running.returncode:
            raise SystemExit("the batch failed")
    log = [json.loads(line) for line in (out / LOG).read_text().splitlines()]
    return float(clock.read_text()), sum(line["cpu_seconds"] for line in log)


def killed_here(job: Path, out: Path, pause: float) -> str:
    """Kill the run, and in between one of its garments, at random moments; then let it end."""
    chance, garments = random.Random(0), 0
    for _ in range(4):
        running = started(job, out, 2)
        time.sleep(chance.uniform(0.5, 1.5) * pause)
        if children := _children(running.pid):
            os.kill(chance.choice(children), signal.SIGKILL)
            garments += 1
        time.sleep(0.5)
        running.kill()
        running.wait()
    _to_the_end(job, out)
    return f"4 runs, {garments} garments"


def killed_on_a_cluster(job: Path, out: Path, pause: float) -> str:
    """The same on Dask's: kill a worker, the scheduler and the run, one in each round, at random moments."""
    chance = random.Random(1)
    for victim in ("worker", "scheduler", "run"):
        with _cluster(job.parent) as (address, scheduler, workers):
            running = started(job, out, 2, "--scheduler", address)
            time.sleep(chance.uniform(0.5, 1.5) * pause)
            {"worker": workers[0], "scheduler": scheduler, "run": running}[victim].kill()
            time.sleep(pause)
            running.kill()
            running.wait()
    with _cluster(job.parent) as (address, _, _):
        _to_the_end(job, out, "--scheduler", address)
    return "a worker, the scheduler, the run"


@contextlib.contextmanager
def _cluster(
    folder: Path,
) -> Iterator[tuple[str, subprocess.Popen[bytes], list[subprocess.Popen[bytes]]]]:
    """A Dask scheduler and two workers of one thread each, as processes: the scheduler's address, and they."""
    told = folder / "scheduler.json"
    told.unlink(missing_ok=True)
    quiet = ("--no-dashboard",)
    scheduler = _process("distributed.cli.dask_scheduler", "--port", "0", "--scheduler-file", str(told), *quiet)
    workers: list[subprocess.Popen[bytes]] = []
    try:
        while not told.exists():
            time.sleep(0.1)
        address = json.loads(told.read_text())["address"]
        flags = ("--nthreads", "1", "--no-nanny", "--local-directory", str(folder), *quiet)
        workers += (_process("distributed.cli.dask_worker", address, *flags) for _ in range(2))
        yield address, scheduler, workers
    finally:
        for process in (*workers, scheduler):
            process.kill()
            process.wait()


def _to_the_end(job: Path, out: Path, *more: str) -> None:
    if started(job, out, 2, *more).wait():
        raise SystemExit(f"the run in {out.name} failed")


def _children(of: int) -> list[int]:
    """The processes that a process started: its garments."""
    found: list[int] = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            if int(stat.read_text().rpartition(")")[2].split()[1]) == of:
                found.append(int(stat.parent.name))
    return found


def everything(out: Path) -> dict[str, bytes]:
    """What a batch made, by file."""
    files = (p for p in sorted(out.rglob("*")) if p.is_file() and ".work" not in p.parts)
    return {p.relative_to(out).as_posix(): p.read_bytes() for p in files if p.name not in (LOG, ".lock")}


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", default=["grading", "markers", "batch"])
    parser.add_argument("--sizes", type=int, default=20)
    parser.add_argument("--styles", nargs="+", default=list(styles()))
    parser.add_argument("--seconds", type=int, default=20, help="for each marker")
    parser.add_argument("--garments", type=int, default=200, choices=range(1, 201), metavar="N", help="of the batch")
    parser.add_argument("--timed", type=int, default=16, choices=range(1, 201), metavar="N", help="with one worker too")
    parser.add_argument("--particle-distance", type=float, default=0.025, metavar="M", help="of the batch's drapes")
    parser.add_argument("--folder", type=Path, help="where the batch works, to go on there after a cut; default: anew")
    a = parser.parse_args()
    people = women(a.sizes)
    if "grading" in a.parts:
        grading(a.styles, people)
    if "markers" in a.parts:
        markers(a.styles, people, a.seconds)
    if "batch" in a.parts:
        with contextlib.nullcontext(a.folder) if a.folder else tempfile.TemporaryDirectory() as place:
            batch(people, a.garments, a.timed, a.particle_distance, Path(place))


if __name__ == "__main__":
    main()
