# SPDX-License-Identifier: GPL-3.0-or-later
"""The fabric simulator's speed, what is read off swatches, and tiles made of swatches beside the floor.

python benchmarks/fabrics.py speed | swatches | tiles | adaptation | sheet [--seeds N] [--cloths N] [--steps N]
    [--large] [--device NAME] [--out F]

speed: CPU seconds and peak memory of six maps, each size in a process of its own · swatches: threads, lean and repeat
read off simulated cloths by a synthetic camera that turns, zooms and lights them · tiles: the mean and the worst cloth
of scores, of the floor, which is the same cloth woven anew, of quilting, of a GAN that knows no lattice and of the loom
that `fabric make --adapt` teaches · adaptation: how long that takes on a device · sheet: photographs, quilts and
taught looms to guess at, their key beside.
"""

import argparse
import math
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from toile.models.assortment import random_weave
from toile.models.making import Specimen, fabric_maps, specimen
from toile.models.recipes import recipe
from toile.models.swatches.analysis import Scale, analyse
from toile.models.swatches.rectify import sampled

Image = NDArray[np.float32]

NAMES = (
    *("denim", "cotton_jersey", "cotton_rib", "silk_chiffon", "linen"),
    *("tartan", "houndstooth", "cotton_velvet", "terry"),
)
THREAD = 9.0  # pixels the finer thread takes in a swatch


def speed(large: bool) -> None:
    """A row for each fabric and size."""
    print(f"{'fabric':16}{'pixels':>8}{'CPU s':>8}{'MB':>8}{'seam':>8}")
    for pixels, names in ((1024, NAMES), *([(4096, NAMES)] if large else [])):
        for name in names:
            subprocess.run([sys.executable, __file__, "one", name, str(pixels)], check=True, env=os.environ)


def one(name: str, pixels: int) -> None:
    """One fabric's maps, in this process, and what it took."""
    started = time.process_time()
    maps = fabric_maps(recipe(name), pixels, np.random.default_rng(0))
    assert maps.normal.shape == (pixels, pixels, 3)  # the sixth map is derived when it is asked for
    spent = time.process_time() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{name:16}{pixels:8}{spent:8.2f}{peak:8.0f}{maps.seam_ratio:8.2f}", flush=True)


def swatches(seeds: int) -> None:
    """How many cloths' threads are counted, and how well."""
    right, errors, leans, seconds = 0, [], [], []
    for seed in range(seeds):
        rng = np.random.default_rng((6, seed))
        woven = random_weave(rng)
        made = specimen(woven, THREAD * max(woven.ends, woven.picks), rng)
        lean = math.radians(rng.uniform(-8, 8))
        picture = photographed(made, 512, lean, rng.uniform(-0.6, 0.6), rng)
        started = time.process_time()
        read = analyse(picture, Scale("dpi", 1 / made.pixel[0]))
        seconds.append(time.process_time() - started)
        sett = read.sett or (math.inf, math.inf)
        error = max(abs(found / true - 1) for found, true in zip(sett, (woven.ends, woven.picks), strict=True))
        if error < 0.02:
            right += 1
            errors.append(error)
            leans.append(abs((read.lattice.angle or 0) - lean))
        else:
            print(f"  cloth {seed}: draft {woven.draft.shape}, repeat {woven.repeat}, off by {error:.0%}")
    print(
        f"threads within 2 %: {right} of {seeds}; among those, off by {np.median(errors):.3%} in the median and "
        f"{max(errors):.2%} at worst; lean off by {math.degrees(max(leans)):.2f}° at worst; "
        f"{np.median(seconds):.2f} CPU s a picture"
    )


def photographed(made: Specimen, side: int, lean: float, light: float, rng: np.random.Generator) -> Image:
    """What a camera square above sees of a cloth that leans, lit from one side, with a sensor's noise."""
    tile = np.moveaxis(made.maps[:3], 0, -1)
    rows, columns = tile.shape[:2]
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    u, v = math.cos(lean) * x - math.sin(lean) * y, math.sin(lean) * x + math.cos(lean) * y
    seen = sampled(np.pad(tile, ((0, 1), (0, 1), (0, 0)), mode="wrap"), u % columns, v % rows)
    seen = 0.7 * seen * np.exp(light * x / side)[..., None] + rng.normal(0, 0.008, seen.shape)
    return np.clip(seen, 0, 1).astype(np.float32)


def main() -> None:
    """Print what is asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=("speed", "swatches", "tiles", "adaptation", "sheet", "one"))
    parser.add_argument("rest", nargs="*", help=argparse.SUPPRESS)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--cloths", type=int, default=6)
    parser.add_argument("--steps", type=int, default=250, help="in which a loom learns a swatch")
    parser.add_argument("--out", type=Path, default=Path("docs/images/blind-sheet.png"))
    parser.add_argument("--device", default="", help="on which a loom learns")
    parser.add_argument("--large", action="store_true", help="4096² too")
    a = parser.parse_args()
    match a.what:
        case "speed":
            speed(a.large)
        case "swatches":
            swatches(a.seeds)
        case "tiles":
            from tiles import tiles  # loads torch, whose memory is none of the simulator's

            tiles(a.cloths, a.seeds, a.steps)
        case "adaptation":
            from tiles import adaptation

            adaptation(a.cloths, a.steps, a.device)
        case "sheet":
            from tiles import blind_sheet

            blind_sheet(a.out, a.cloths, a.steps)
        case _:
            one(a.rest[0], int(a.rest[1]))


if __name__ == "__main__":
    main()
