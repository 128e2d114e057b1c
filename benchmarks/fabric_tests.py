# SPDX-License-Identifier: GPL-3.0-or-later
"""How true each drape engine is to a fabric: `python benchmarks/fabric_tests.py [ENGINE …] [--only …] [--fabric …]`.

Engines: toile, style3d, blender (behind the translator), blender-defaults; without a name, all that are here. Prints,
as Markdown: the cantilever on every mesh, size and direction; every fabric's Cusick drape beside its class's band, at
its usual particle distance and at half of it; the strips, the frame and the fall.
"""

import argparse
import importlib.util
import itertools
import math
import sys
import time
from collections.abc import Callable, Sequence

import numpy as np
from toile.sim import DrapeRefused, Mechanics, fabrics, mechanics
from toile.sim.laboratory import (
    MESH_KINDS,
    TESTS,
    Cantilever,
    Cut,
    LaboratoryRefused,
    MeshKind,
    Outcome,
    bending_length,
    cantilever,
    cusick,
    usual_cut,
)
from toile.sim.sheet import SheetEngine

Row = Sequence[object]
SIZES = (5, 7, 10)  # particles in a bending length
DIRECTIONS = (0, 30, 45, 90)
ALLOWED = 1.5  # degrees from the elastica
SPECIMENS = 3
CANTILEVERED = ("silk_satin", "cotton_jersey", "denim")
STRIPS = ("cotton_poplin", "denim", "cotton_jersey")
REFUSED = (DrapeRefused, LaboratoryRefused)


def toile() -> SheetEngine:
    """Toile's own engine."""
    from toile.sim.engines.toile import ToileEngine

    return ToileEngine()


def style3d() -> SheetEngine:
    """Newton's SolverStyle3D."""
    from toile.sim.engines.style3d import Style3D

    return Style3D()


def blender(*, translated: bool = True) -> SheetEngine:
    """Blender's cloth."""
    from toile.addon.blender_sheets import BlenderSheets

    return BlenderSheets(translated=translated)


ENGINES: dict[str, tuple[Callable[[], SheetEngine], tuple[str, ...]]] = {
    "toile": (toile, ("warp", "cvxopt")),
    "style3d": (style3d, ("warp", "newton")),
    "blender": (blender, ("bpy",)),
    "blender-defaults": (lambda: blender(translated=False), ("bpy",)),
}


def table(title: str, head: Row, rows: Sequence[Row]) -> None:
    """Print a Markdown table."""
    print(f"\n**{title}**\n\n| {' | '.join(map(str, head))} |\n|{'---|' * len(head)}")
    for row in rows:
        print(f"| {' | '.join(map(str, row))} |")
    sys.stdout.flush()


def off(values: Sequence[float]) -> tuple[str, str]:
    """(mean of the magnitudes, worst with its sign)."""
    return f"{np.abs(values).mean():.2f}", f"{max(values, key=abs):+.2f}"


def mesh_study(engine: SheetEngine, fabric: Mechanics, sizes: Sequence[int]) -> None:
    """The cantilever on 3 meshes × so many sizes × 4 directions."""
    cases = list(itertools.product(MESH_KINDS, sizes, DIRECTIONS))
    found: dict[tuple[str, int, int], Cantilever] = {}
    began = time.process_time()
    for mesh, size, degrees in cases:
        angle = math.radians(degrees)
        cut = Cut(bending_length(fabric, angle) / size, mesh, angle)
        try:
            found[mesh, size, degrees] = cantilever(engine, fabric, cut)
        except REFUSED as error:
            print(f"{engine.name} {fabric.name} {mesh} c/{size} {degrees}°: {error}", file=sys.stderr)
    rows: list[Row] = []
    for mesh, size in itertools.product(MESH_KINDS, sizes):
        errors = [found[mesh, size, d].error_degrees for d in DIRECTIONS if (mesh, size, d) in found]
        each = [f"{found[mesh, size, d].error_degrees:+.2f}" if (mesh, size, d) in found else "–" for d in DIRECTIONS]
        rows.append((mesh, f"c/{size}", *each, *(off(errors) if errors else ("–", "–"))))
    title = f"Cantilever, {engine.name}, {fabric.name}: degrees from the elastica at twice the bending length"
    table(title, ("mesh", "size", *(f"{d}°" for d in DIRECTIONS), "mean", "worst"), rows)
    errors = [one.error_degrees for one in found.values()]
    outside = [key for key, one in found.items() if abs(one.error_degrees) > ALLOWED]
    unsettled = [key for key, one in found.items() if one.residual is None or one.residual > 1e-4]
    if errors:
        print(
            f"\nmean {off(errors)[0]}°, worst {off(errors)[1]}°; {len(outside)} of {len(cases)} outside ±{ALLOWED}°: "
            f"{outside}; {len(cases) - len(found)} refused; {len(unsettled)} without a residual of 1e-4; "
            f"{time.process_time() - began:.0f} CPU s"
        )


def drapes(engine: SheetEngine, chosen: Sequence[Mechanics], mesh: MeshKind) -> None:
    """The Cusick drape of every fabric, SPECIMENS of each, and as many on half the particle distance."""
    rows: list[Row] = []
    moved: list[float] = []
    inside = 0
    for fabric in chosen:
        low, high = fabric.drape
        h = usual_cut("cusick", fabric).particle_distance
        head = (fabric.name, f"{100 * low:.0f}–{100 * high:.0f}", f"{1e3 * h:.1f}")
        try:
            wide, fine = (cusick(engine, fabric, Cut(size, mesh), specimens=SPECIMENS) for size in (h, h / 2))
        except REFUSED as error:
            rows.append((*head, "refused", error, *"–" * 6))
            continue
        moved.append(100 * (fine.drape_coefficient - wide.drape_coefficient))
        inside += fine.in_band
        left = ["–" if one.residual is None else f"{one.residual:.0e}" for one in (wide, fine)]
        rows.append(
            (
                *head,
                *(f"{100 * one.drape_coefficient:.1f} ± {100 * one.deviation:.1f}" for one in (wide, fine)),
                f"{moved[-1]:+.1f}",
                "yes" if fine.in_band else "no",
                f"{wide.nodes}, {fine.nodes}",
                f"{1e3 * fine.amplitude:.1f}",
                ", ".join(left),
                f"{wide.cpu_seconds:.0f}, {fine.cpu_seconds:.0f}",
            )
        )
        print(f"{engine.name} {rows[-1]}", file=sys.stderr, flush=True)
    title = (
        f"Cusick drape, {engine.name}, {mesh} mesh: coefficient in %, on particles so many mm apart and half as many"
    )
    what = ("fabric", "band %", "mm", "wide", "fine", "change", "inside", "folds", "amplitude mm", "residual", "CPU s")
    table(title, what, rows)
    if moved:
        print(
            f"\n{inside} of {len(moved)} inside; change when halved: mean {off(moved)[0]}, worst {off(moved)[1]} points"
        )


def told(outcome: Outcome) -> str:
    """The one number that a test is taken for."""
    json = outcome.to_json()
    for key in ("modulus_error", "elongation_error", "acceleration_error"):
        if json.get(key) is not None:
            shear = f", shear {json['shear_error_degrees']:+.2f}°" if "shear_error_degrees" in json else ""
            return f"{100 * json[key]:+.2f} %{shear}"
    return f"shear {json['shear_error_degrees']:+.2f}°"


def strips(engine: SheetEngine, chosen: Sequence[Mechanics]) -> None:
    """Every other test: the worst deviation from the fabric's own law."""
    wanted = [("tensile", 0), ("tensile", 90), ("tensile", 30), ("bias", 45), ("shear", 0), ("hanging", 0), ("fall", 0)]
    rows: list[Row] = []
    for test, degrees in wanted:
        row: list[object] = [f"{test} {degrees}°"]
        for fabric in chosen:
            try:
                row.append(told(TESTS[test](engine, fabric, usual_cut(test, fabric, direction=math.radians(degrees)))))
            except REFUSED as error:
                row.append(str(error).split(":")[0])
        rows.append(row)
    table(
        f"Strips, {engine.name}: worst deviation from the fabric's own law", ("test", *(f.name for f in chosen)), rows
    )


def main() -> None:
    """Every engine that is here takes every test that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("engines", nargs="*", metavar="ENGINE", help=", ".join(ENGINES))
    parser.add_argument("--only", nargs="+", choices=("cantilever", "cusick", "strips"))
    parser.add_argument("--mesh", choices=MESH_KINDS, default="delaunay", help="of the discs; default: delaunay")
    parser.add_argument("--size", type=int, nargs="+", default=SIZES, help="particles in a bending length")
    parser.add_argument("--fabric", nargs="+", metavar="NAME")
    wished = parser.parse_args()
    if odd := set(wished.engines) - set(ENGINES):
        parser.error(f"there is no engine {', '.join(odd)}")
    named = [mechanics(name) for name in wished.fabric or ()]
    banded = [fabric for fabric in fabrics().values() if fabric.drape != (0.0, 1.0)]
    for name, (make, modules) in ENGINES.items():
        if wished.engines and name not in wished.engines:
            continue
        if missing := [module for module in modules if importlib.util.find_spec(module) is None]:
            print(f"{name}: not here, it needs {', '.join(missing)}", file=sys.stderr)
            continue
        engine = make()
        if not wished.only or "cantilever" in wished.only:
            for fabric in named or [mechanics(chosen) for chosen in CANTILEVERED]:
                mesh_study(engine, fabric, wished.size)
        if not wished.only or "strips" in wished.only:
            strips(engine, named or [mechanics(chosen) for chosen in STRIPS])
        if not wished.only or "cusick" in wished.only:
            drapes(engine, named or banded, wished.mesh)


if __name__ == "__main__":
    main()
