# SPDX-License-Identifier: GPL-3.0-or-later
"""The learnt loom beside the simulator, a quilt and itself untrained, on cloths drawn by lot that it never saw.

python benchmarks/learnt_loom.py [--weights FILE] [--cloths N] [--seeds N] [--sheet FILE.png]

A row says mean and worst over all cloths and seeds. Rows: the simulator again with other yarn faults (the floor), a
quilt of the simulated swatch where quilting is there, the generator untrained, the generator. decoded: crossings that a
decoder reads rightly one by one; draft: those of the draft, read from all its repeats together.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from toile.models.assortment import random_weave
from toile.models.gan.choices import lit, sheet
from toile.models.gan.networks import Generator, Widths
from toile.models.gan.weaving import SHIPPED, read_generator, sized, weave
from toile.models.making import fabric_maps
from toile.models.maps import FabricMaps, seam_ratio
from toile.models.png import write_png
from toile.models.swatches.decoding import decode_interlacement
from toile.models.swatches.quilting import quilt
from toile.models.swatches.scores import delta_e_2000, lab, lattice_error, patch_distance, verbatim_share
from toile.models.weave import WeaveRecipe

PIXELS = 192
SCORES = ("decoded", "draft", "colour", "acf", "patches", "verbatim", "tilt", "seam")
BETTER = ("share of crossings", "share", "ΔE00", "|ΔACF|", "SWD", "share", "degrees", "ratio")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=Path, default=SHIPPED)
    parser.add_argument("--cloths", type=int, default=12)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--sheet", type=Path)
    a = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    trained, untrained = read_generator(a.weights), Generator(Widths()).eval()
    looms: dict[str, Callable[[WeaveRecipe, int], FabricMaps]] = {
        "floor": lambda recipe, seed: simulated(recipe, 1000 + seed),
        "untrained": lambda recipe, seed: weave(untrained, recipe, PIXELS, np.random.default_rng(seed)),
        "learnt": lambda recipe, seed: weave(trained, recipe, PIXELS, np.random.default_rng(2000 + seed)),
    }
    scores: dict[str, list[list[float]]] = {name: [] for name in (*looms, "quilt")}
    pictures = []
    for k in range(a.cloths):
        recipe = cloth(np.random.default_rng((77, k)))
        for seed in range(a.seeds):
            swatch = uncut(simulated(recipe, seed))
            for name, loom in looms.items():
                made = loom(recipe, seed)
                seam, made = made.seam_ratio, uncut(made)
                scores[name].append([*scored(made, made.albedo / np.float32(255), swatch, recipe, seed), seam])
                if seed == 0 and name == "learnt":
                    pictures += [lit(swatch), lit(made)]
            quilted = quilt(
                swatch.albedo / np.float32(255), swatch.albedo.shape[1::-1], 48, np.random.default_rng(seed)
            )
            scores["quilt"].append([*scored(None, quilted, swatch, recipe, seed), seam_ratio(quilted)])
    print(f"{a.cloths} cloths × {a.seeds} seeds, {PIXELS} pixels")
    print(" ".join(f"{f'{name} ({unit})':>28}" for name, unit in zip(SCORES, BETTER, strict=True)))
    for name, rows in scores.items():
        table = np.array(rows)
        worst = [
            table[:, k].min() if score in ("decoded", "draft") else table[:, k].max() for k, score in enumerate(SCORES)
        ]
        cells = (f"{mean:.3f} (worst {bad:.3f})" for mean, bad in zip(table.mean(0), worst, strict=True))
        print(f"{name:>10}", *(f"{cell:>26}" for cell in cells))
    for pixels in (1024, 4096):
        recipe = sized(cloth(np.random.default_rng((77, 0))), pixels)
        started = time.process_time()
        weave(trained, recipe, pixels, np.random.default_rng(0))
        print(f"six maps at {pixels}²: {time.process_time() - started:.2f} CPU s")
    if a.sheet:
        write_png(a.sheet, sheet(pictures, PIXELS))


def cloth(rng: np.random.Generator) -> WeaveRecipe:
    """A cloth by lot whose repeat can be seen on PIXELS."""
    while True:
        recipe = sized(random_weave(rng), PIXELS)
        width, length = recipe.size_m
        spacing = [
            PIXELS / max(width, length) * size / n for size, n in zip((width, length), recipe.counts, strict=True)
        ]
        if min(spacing) >= 5 and max(spacing) <= 19 and 0.6 < width / length < 1.6:
            return recipe


def simulated(recipe: WeaveRecipe, seed: int) -> FabricMaps:
    """The simulator's tile on the pixels that the generator would use."""
    width, length = recipe.size_m
    shape = tuple(round(PIXELS * size / max(width, length)) for size in (length, width))
    return fabric_maps(recipe, (shape[0], shape[1]), np.random.default_rng(seed))


def uncut(made: FabricMaps) -> FabricMaps:
    """A tile rolled back, its first pick in the bottom row."""
    back = (-made.shift[0], -made.shift[1])
    layers = ("albedo", "height", "roughness", "ao", "opacity")
    rolled = {name: np.roll(layer, back, (0, 1)) for name in layers if (layer := getattr(made, name)) is not None}
    return replace(made, **rolled, shift=(0, 0))


def scored(
    made: FabricMaps | None, picture: np.ndarray, swatch: FabricMaps, recipe: WeaveRecipe, seed: int
) -> list[float]:
    """One made tile beside its swatch, by SCORES but the seam; a quilt is a picture, its threads in no known places."""
    rng = np.random.default_rng(seed)
    truth = swatch.albedo / np.float32(255)
    told = recipe.crossings
    rows, columns = picture.shape[:2]
    moves = np.array([[columns / swatch.repeats[0], 0], [0, rows / swatch.repeats[1]], [columns / recipe.counts[0], 0]])
    decoded = [np.nan, np.nan]
    colour = tilt = np.nan
    if made is not None:
        decoded = [
            float((decode_interlacement(picture, told, repeat=of) == told.interlacement).mean())
            for of in (None, recipe.draft.shape)
        ]
        colour = max(thread_colours(picture, truth, recipe))
        mean_tilts = [float(np.degrees(np.arccos(np.clip(one.normal[..., 2], -1, 1))).mean()) for one in (made, swatch)]
        tilt = abs(mean_tilts[0] - mean_tilts[1])
    return [
        *decoded,
        colour,
        lattice_error(picture, truth, moves),
        patch_distance(picture, truth, rng),
        verbatim_share(picture, truth, rng),
        tilt,
    ]


def thread_colours(picture: np.ndarray, truth: np.ndarray, recipe: WeaveRecipe) -> list[float]:
    """ΔE00 between the mean colours of warp-faced and of weft-faced crossings in both pictures."""
    up = recipe.crossings.interlacement
    rows, columns = picture.shape[:2]
    v = ((rows - 0.5 - np.arange(rows)) / rows * up.shape[0]).astype(int)
    u = ((np.arange(columns) + 0.5) / columns * up.shape[1]).astype(int)
    warp = up[np.ix_(v, u)]
    return [
        float(delta_e_2000(lab(picture[face].mean(0)), lab(truth[face].mean(0))))
        for face in (warp, ~warp)
        if face.any()
    ]


if __name__ == "__main__":
    main()
