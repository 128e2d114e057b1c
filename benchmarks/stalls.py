# SPDX-License-Identifier: GPL-3.0-or-later
"""How long Blender is held up while a scan is taken in: `python benchmarks/stalls.py SCAN …`.

Imports each file as *Import Body Scan* does, in this process, and prints a Markdown row: the longest turn that Toile
takes on Blender's main thread, and the longest gap between two of its turns, which also holds what the work's thread
keeps the interpreter for. Turns come every 5 ms here; in a window a timer gives them, and drawing comes on top.
"""

import argparse
import time
from pathlib import Path

import bpy
import toile
from toile.addon import bridge, job_runner


def held_up(path: Path) -> tuple[float, float, float, int]:
    """Seconds: the longest turn, the longest gap, the whole; and how many vertices the body has that came of it."""
    begun: list[float] = []
    turn = job_runner.Runner.tick

    def counted(runner: job_runner.Runner) -> None:
        begun.append(time.perf_counter())
        turn(runner)

    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    job_runner.Runner.tick = counted
    before = time.perf_counter()
    try:
        bpy.ops.toile.import_scan(filepath=str(path))
    finally:
        job_runner.Runner.tick = turn
    whole = time.perf_counter() - before
    gap = max(b - a for a, b in zip([before, *begun], [*begun, before + whole], strict=True))
    return job_runner._current.longest_tick, gap, whole, len(bridge.body_of(bpy.context.object).vertices)


def main() -> None:
    """Import what is named, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scans", nargs="+", type=Path, metavar="SCAN")
    asked = parser.parse_args()
    toile.register()
    print("| scan | longest turn s | longest gap s | whole s | vertices |\n|---|---|---|---|---|")
    for path in asked.scans:
        turn, gap, whole, vertices = held_up(path.resolve())
        print(f"| {path.name} | {turn:.3f} | {gap:.3f} | {whole:.1f} | {vertices:,} |", flush=True)


if __name__ == "__main__":
    main()
