# SPDX-License-Identifier: GPL-3.0-or-later
"""What each format costs: seconds and bytes of one garment on its body, and of a print at several walls.

PYTHONPATH=.dev python benchmarks/outputs.py [--distance M]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import bpy
from toile.addon import bridge, showroom
from toile.addon.exports.formats import FORMATS
from toile.addon.exports.staging import Detail, surface_of
from toile.addon.exports.threemf import to_3mf
from toile.addon.exports.writing import Wanted, prints_of, solids, write_all
from toile.bodies import avatar
from toile.patterns import style
from toile.sim import build_cloth

WALLS = ((0.004, 0.25), (0.002, 0.25), (0.0012, 0.25), (0.002, 0.5))  # metres of the print, its scale


def dressed(distance: float) -> bpy.types.Object:
    """A T-shirt sewn about a woman of 1.68 m."""
    showroom.empty_file()
    body = avatar({"stature": 1.68})
    pattern = style("tshirt").draft({name: m.value for name, m in body.measurements.items()}, {})
    figure = showroom.show_body(body)
    garment = bridge.new_object(bpy.context, pattern.name, "GARMENT")
    garment.toile.style, garment.toile.body_id = pattern.style, figure.toile.toile_id
    bridge.write_pieces(garment, pattern, body)
    cloth = build_cloth(pattern, body, distance, untangle=False)
    bridge.show_drape(
        garment, bridge.draped_mesh(pattern.name, cloth, cloth.welded(cloth.vertices), cloth.welded_faces), {}
    )
    bridge.wear(garment, style("tshirt").fabric)
    return garment


def main() -> None:
    """Time each format, then each print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--distance", type=float, default=0.012, metavar="M", help="between the cloth's points")
    garment = dressed(parser.parse_args().distance)
    print(f"T-shirt, {len(surface_of(garment.data).faces)} triangles, on its body")
    with tempfile.TemporaryDirectory() as folder:
        for name, kind in FORMATS.items():
            if kind.solid:
                continue
            began = time.process_time()
            wanted = Wanted((name,), Detail(levels=2), author="Benchmark")
            for _ in write_all(garment, wanted, {}, Path(folder) / name, None):
                pass
            size = sum(path.stat().st_size for path in Path(folder).glob(f"{name}{kind.ending}"))
            print(f"{kind.label:10} {time.process_time() - began:6.2f} CPU s {size / 1e6:8.2f} MB")
    for wall, scale in WALLS:
        wanted = Wanted(("3MF",), wall=wall, scale=scale)
        prints = prints_of(garment, wanted)
        assert prints is not None
        began = time.process_time()
        [body] = solids(prints, wanted, "T-shirt", lambda _fraction, _text: None).values()
        made = time.process_time() - began
        size = len(to_3mf({"T-shirt": body}, "T-shirt"))
        print(
            f"print, wall {1e3 * wall:.1f} mm, scale {scale:g}: {len(body.faces):9,} triangles {made:6.1f} CPU s, "
            f"3MF {size / 1e6:.1f} MB {time.process_time() - began - made:6.1f} CPU s"
        )


if __name__ == "__main__":
    main()
