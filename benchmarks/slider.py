# SPDX-License-Identifier: GPL-3.0-or-later
"""From a moved slider to the new mesh in the viewport: `python benchmarks/slider.py`.

Moves the first slider of a garment in Blender (the bpy wheel) to and fro and presses the operator that a moved slider
presses, which drafts, proves, meshes, places and shows the garment and pushes a step of undo. Prints a Markdown row a
garment: wall seconds, and CPU seconds of the thread that the hand waits for, in all and where they go; medians.

    --styles NAME …   default: every style
    --moves N         of the slider, each timed
    --distance M      between the cloth's points that the drape is set to
"""

import argparse
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import bpy
import toile
from toile.addon import bridge, flat_pattern, properties
from toile.patterns import Style, style, styles

STAGES = (("draft", Style, "draft"), ("mesh and place", bridge, "build_cloth"), ("flat pattern", flat_pattern, "show"))
HEAD = ("garment", "points", "wall s", "worst wall s", "CPU s", *(f"{name} s" for name, _, _ in STAGES), "rest s")


@contextmanager
def timed(taken: dict[str, float]) -> Iterator[None]:
    """Add the CPU seconds of each stage up in `taken` while this lasts."""

    def clocked(name: str, inner: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **options: Any) -> Any:
            began = time.thread_time()
            try:
                return inner(*args, **options)
            finally:
                taken[name] += time.thread_time() - began

        return run

    inner = [(home, attribute, getattr(home, attribute)) for _, home, attribute in STAGES]
    for (name, home, attribute), (_, _, function) in zip(STAGES, inner, strict=True):
        setattr(home, attribute, clocked(name, function))
    try:
        yield
    finally:
        for home, attribute, function in inner:
            setattr(home, attribute, function)


def row(name: str, moves: int, distance: float) -> str:
    """The Markdown row of one style."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    toile.register()
    try:
        getattr(bpy.ops.toile, f"new_{name}")()
        garment = bridge.active_garment(bpy.context)
        garment.toile.particle_distance = distance
        sliders = properties.sliders_of(garment)
        slider = next(p for p in style(name).parameters if p.unit == "m")
        low, high = map(float, slider.range)
        step = min(0.01, (high - low) / 4) * (1 if float(slider.value) < (low + high) / 2 else -1)
        wall: list[float] = []
        cpu: list[float] = []
        parts: list[dict[str, float]] = []
        for move in range(moves):
            properties.fill(sliders, {slider.name: float(slider.value) + step * (move % 2 == 0)})
            taken: dict[str, float] = defaultdict(float)
            with timed(taken):
                began, worked = time.perf_counter(), time.thread_time()
                bpy.ops.toile.redraft("EXEC_DEFAULT", True, target=garment.toile.toile_id)
                wall.append(time.perf_counter() - began)
                cpu.append(time.thread_time() - worked)
            garment = bridge.active_garment(bpy.context)
            sliders = properties.sliders_of(garment)
            parts.append(taken)
        stages = [statistics.median(part[stage] for part in parts) for stage, _, _ in STAGES]
        whole = statistics.median(cpu)
        numbers = (statistics.median(wall), max(wall), whole, *stages, whole - sum(stages))
        return f"| {name} | {len(garment.data.vertices)} | " + " | ".join(f"{n:.3f}" for n in numbers) + " |"
    finally:
        toile.unregister()


def main() -> None:
    """Time the styles that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--styles", nargs="+", default=list(styles()), metavar="NAME")
    parser.add_argument("--moves", type=int, default=6)
    parser.add_argument("--distance", type=float, default=0.012, metavar="M")
    wanted = parser.parse_args()
    print(f"| {' | '.join(HEAD)} |\n|{'---|' * len(HEAD)}")
    for name in wanted.styles:
        print(row(name, wanted.moves, wanted.distance), flush=True)


if __name__ == "__main__":
    main()
