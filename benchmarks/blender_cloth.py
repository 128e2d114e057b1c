# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender's cloth in the laboratory, behind the translator and with its defaults: `python benchmarks/blender_cloth.py`.

One line a test, specimen and setting: what Blender gives, what is exact or published, CPU seconds. "defaults" is a new
Cloth modifier as Blender makes it, on the same mesh, whatever the fabric. With names as arguments, those tests alone.
"""

import math
import sys
from collections.abc import Iterator

from toile.addon.blender_sheets import BlenderSheets
from toile.sim import DrapeRefused, mechanics
from toile.sim.laboratory import MESH_KINDS, Cut, bending_length, cantilever, cusick, fall, hanging, tensile

ENGINES = {
    "translated": BlenderSheets(),
    "translated, shear": BlenderSheets(keep="shear"),
    "defaults": BlenderSheets(translated=False),
}
FABRICS = ("silk_satin", "cotton_jersey", "wool_twill", "denim")
Line = tuple[str, str, str, str, str, float]  # specimen, setting, Blender's, the truth, apart by, CPU s


def falls() -> Iterator[Line]:
    """A square let go for half a second."""
    for setting in ("translated", "defaults"):
        for fps in (24, 60):
            made = fall(ENGINES[setting], mechanics("wool_twill"), Cut(0.01), frames=fps // 2)
            apart = f"{100 * made.acceleration_error:+.2f} %"
            yield f"{fps} fps", setting, f"{made.acceleration:.3f} m/s²", "9.807 m/s²", apart, made.cpu_seconds


def hangs() -> Iterator[Line]:
    """Half a metre under its own weight."""
    for name in FABRICS:
        for setting in ("translated", "defaults"):
            made = hanging(ENGINES[setting], mechanics(name), Cut(0.01, "delaunay"))
            apart = f"{100 * (made.modulus / made.modulus_expected - 1):+.0f} %"
            yield name, setting, f"{made.modulus:.0f} N/m", f"{made.modulus_expected:.0f} N/m", apart, made.cpu_seconds


def pulls() -> Iterator[Line]:
    """The tensile tester; Blender's defaults tell no force."""
    for name in FABRICS:
        made = tensile(ENGINES["translated"], mechanics(name), Cut(0.01, "delaunay"))
        apart = f"{100 * (made.modulus / made.modulus_expected - 1):+.0f} %"
        yield name, "translated", f"{made.modulus:.0f} N/m", f"{made.modulus_expected:.0f} N/m", apart, made.cpu_seconds


def cantilevers() -> Iterator[Line]:
    """Twice the bending length over an edge: three meshes, three sizes, two directions, and the defaults once each."""
    for name in FABRICS:
        for mesh in MESH_KINDS:
            for fine in (2, 3, 5):
                for degrees in (0, 45):
                    settings = ("translated", "defaults") if fine == 5 and degrees == 0 else ("translated",)
                    for setting in settings:
                        turn = math.radians(degrees)
                        cut = Cut(bending_length(mechanics(name), turn) / fine, mesh, turn)
                        made = cantilever(ENGINES[setting], mechanics(name), cut)
                        yield (
                            f"{name} {mesh} c/{fine} {degrees}°",
                            setting,
                            f"{made.angle_degrees:.1f}°",
                            f"{made.expected_degrees:.1f}°",
                            f"{made.error_degrees:+.1f}°, residual {made.residual:.0e}",
                            made.cpu_seconds,
                        )


def drapes() -> Iterator[Line]:
    """Cusick's disc of 30 cm: the shadow's share, beside the band the class is known for."""
    for name in FABRICS:
        for setting, engine in ENGINES.items():
            made = cusick(engine, mechanics(name), Cut(0.01, "delaunay"))
            low, high = made.band
            band = f"{100 * low:.0f}–{100 * high:.0f} %"
            apart = f"{'inside' if made.in_band else 'outside'}, {made.nodes} folds"
            yield name, setting, f"{100 * made.drape_coefficient:.0f} %", band, apart, made.cpu_seconds


TESTS = {"fall": falls, "hanging": hangs, "tensile": pulls, "cantilever": cantilevers, "cusick": drapes}


def main() -> None:
    """Print the tables."""
    for test in sys.argv[1:] or TESTS:
        print(f"\n{test}: {TESTS[test].__doc__}")
        try:
            for specimen, setting, found, truth, apart, seconds in TESTS[test]():
                line = f"  {specimen:34}{setting:20}{found:>12}{truth:>12}   {apart:28}{seconds:6.1f} s"
                print(line, flush=True)
        except DrapeRefused as error:
            print(f"  refused: {error}")


if __name__ == "__main__":
    main()
