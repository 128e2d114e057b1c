# SPDX-License-Identifier: GPL-3.0-or-later
"""Production: every style graded over a run of sizes, its DXF looked at by ezdxf, its marker; and a batch in numbers.

PYTHONPATH=.dev python benchmarks/production.py [grading] [markers] [batch] [--sizes N] [--styles NAME …] [--seconds S]

Bodies are avatars of women from 76 to 114 cm bust, with waist and hip in proportion. The batch drapes styles × bodies ×
fabrics at 25 mm with one worker and with two, then again with a worker, and with the whole run, killed on the way.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import ezdxf
import numpy as np
import shapely
from toile.bodies import avatar, save_body
from toile.patterns import Pattern, draft, styles
from toile.patterns.allowance import cut_line
from toile.patterns.exchange import aama_dxf, read_aama, write_aama
from toile.patterns.exchange.aama import block_name
from toile.patterns.grading import Sizes, grade_rules
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


def drawn_wrong(pattern: Pattern, size: str, document: ezdxf.document.Drawing) -> float:
    """The worst distance in millimetres between a cut line that ezdxf reads and the exact one."""
    worst = 0.0
    for piece in pattern.pieces:
        block = document.blocks[block_name(piece.name, size)]
        line = next(e for e in block if e.dxftype() == "POLYLINE" and e.dxf.layer == "1")
        points = np.array([(v.dxf.location.x, v.dxf.location.y) for v in line.vertices])
        exact = shapely.LinearRing(1000 * cut_line(piece, 2e-7).points)
        worst = max(worst, shapely.hausdorff_distance(shapely.LinearRing(points), exact))
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
            wrong = drawn_wrong(sizes.pattern, middle, ezdxf.readfile(Path(folder) / "one.dxf"))
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
    """Two garments of every style on 1.5 m: Sparrow's utilisation, and that of boxes in shelves."""
    person = people[sorted(people, key=float)[len(people) // 2]]
    print("| style | pieces | metres | utilisation | boxes in shelves |\n|---|---|---|---|---|")
    for name in names:
        pattern = draft(name, person)
        marker = lay({"-": pattern}, {"-": 2}, Fabric(1.5), seconds=seconds)
        plain = boxed([laid.line for laid in marker.laid], 1.5)
        print(
            f"| {name} | {len(marker.laid)} | {marker.length:.3f} | {marker.utilisation:.3f} | {plain:.3f} |",
            flush=True,
        )


def batch(people: dict[str, dict[str, float]], bodies: int, fabrics: int) -> None:
    """Throughput of one worker and of two, and what is left of a run that is killed again and again."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        chosen = list(people)[:: max(len(people) // bodies, 1)][:bodies]
        for name in chosen:
            bust = float(name) / 100
            wanted = {"bust": bust, "waist": bust - 0.18, "hip": bust + 0.06, "stature": 1.68}
            save_body(avatar(wanted, sex="woman"), folder / f"b{name}.json")
        (folder / "job.toml").write_text(
            f"[[garments]]\nstyles = {list(BATCH_STYLES)}\nbodies = ['b*.json']\n"
            f"fabrics = {list(BATCH_FABRICS[:fabrics])}\nparticle_distance = 0.025\n"
        )
        count = len(BATCH_STYLES) * len(chosen) * fabrics
        took = {workers: run_batch(folder, f"out{workers}", workers) for workers in (1, 2)}
        print(f"{count} garments: 1 worker {took[1]:.0f} s, 2 workers {took[2]:.0f} s, {took[1] / took[2]:.2f} times")
        kills = killed(folder, "outk", took[2])
        same = everything(folder / "out1") == everything(folder / "out2") == everything(folder / "outk")
        print(f"killed {kills} times on the way; files of all three runs alike: {'yes' if same else 'NO'}")


def started(folder: Path, out: str, workers: int) -> subprocess.Popen[bytes]:
    """The batch as a process."""
    words = ["batch", str(folder / "job.toml"), "--out", str(folder / out), "--workers", str(workers)]
    return subprocess.Popen(
        [sys.executable, "-m", "toile.addon.cli", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def run_batch(folder: Path, out: str, workers: int) -> float:
    """The batch to its end; seconds."""
    began = time.perf_counter()
    if started(folder, out, workers).wait():
        raise SystemExit("the batch failed")
    return time.perf_counter() - began


def killed(folder: Path, out: str, seconds: float) -> int:
    """Kill the run, and in between one of its garments, at random moments; then let it end."""
    chance = random.Random(0)
    for _ in range(4):
        running = started(folder, out, 2)
        time.sleep(chance.uniform(0.1, 0.25) * seconds)
        for stat in Path("/proc").glob("[0-9]*/stat"):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[1]) == running.pid:  # a garment's process
                os.kill(int(stat.parent.name), signal.SIGKILL)
                break
        time.sleep(0.5)
        running.kill()
        running.wait()
    run_batch(folder, out, 2)
    return 8


def everything(out: Path) -> dict[str, bytes]:
    """What a batch made, by file."""
    files = (p for p in sorted(out.rglob("*")) if p.is_file() and ".work" not in p.parts)
    return {p.relative_to(out).as_posix(): p.read_bytes() for p in files if p.name not in ("log.jsonl", ".lock")}


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", default=["grading", "markers", "batch"])
    parser.add_argument("--sizes", type=int, default=20)
    parser.add_argument("--styles", nargs="+", default=list(styles()))
    parser.add_argument("--seconds", type=int, default=20, help="for each marker")
    parser.add_argument("--bodies", type=int, default=10, help="of the batch")
    parser.add_argument("--fabrics", type=int, default=5, choices=range(1, 6), help="of the batch")
    a = parser.parse_args()
    people = women(a.sizes)
    if "grading" in a.parts:
        grading(a.styles, people)
    if "markers" in a.parts:
        markers(a.styles, people, a.seconds)
    if "batch" in a.parts:
        batch(people, a.bodies, a.fabrics)


if __name__ == "__main__":
    main()
