# SPDX-License-Identifier: GPL-3.0-or-later
"""Tiles made of swatches beside the floor, for `fabrics.py tiles`; and a sheet to guess by which is which."""

import math
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from fabrics import THREAD, Image, photographed
from judges import frechet_distance, vgg_distance
from toile.models.assortment import random_weave
from toile.models.gan.adapting import Course, Lesson, Pair, Widths, adapt, read_pair, teach
from toile.models.learning import Watch, device_of
from toile.models.making import specimen
from toile.models.maps import calm_shift, seam_ratio
from toile.models.pbr.reading import estimated, read_reader
from toile.models.png import write_png
from toile.models.swatches.analysis import Analysis, analyse
from toile.models.swatches.quilting import quilt
from toile.models.swatches.scores import lattice_error, patch_distance, period_error, verbatim_share
from toile.models.weave import WeaveRecipe

Maker = Callable[[Analysis, tuple[int, int], Course], Image]  # a swatch, repeats across and down → their tile
SCORES = ("|ΔACF|", "period", "SWD", "verbatim", "seam", "CPU s", "VGG-SWD", "Fréchet")


def quilted(read: Analysis, many: tuple[int, int], course: Course) -> Image:
    """The fallback of `fabric make --swatch`."""
    laid, repeat = read.laid.picture, read.laid.repeat
    tile = many[0] * repeat[0], many[1] * repeat[1]
    return quilt(laid, tile, max(tile) // 5, np.random.default_rng(course.seed), repeat)


def unlatticed(read: Analysis, many: tuple[int, int], course: Course) -> Image:
    """A GAN as it comes: the same networks and losses, but for the lattice."""
    torch.manual_seed(course.seed)
    lesson = Lesson(read.laid.picture, (1, 1), None, read_reader(), course.pixels)
    weave = adapt(lesson, Pair(Widths()), course, Watch())
    repeat = read.laid.repeat
    return weave((many[0] * repeat[0], many[1] * repeat[1]), np.random.default_rng(course.seed))


def taught(read: Analysis, many: tuple[int, int], course: Course) -> Image:
    """The loom of `fabric make --swatch … --adapt`."""
    return teach(read, read_pair(), read_reader(), course, Watch())(many, np.random.default_rng(course.seed))


def adaptation(cloths: int, steps: int, device: str) -> None:
    """How long a loom takes to learn each cloth's swatch on a device, and to read a tile of 1024² pixels of it."""
    place = device_of(device)
    begun, reader = read_pair().to(place), read_reader().to(place)
    for k in range(cloths):
        read = analyse(photograph(learnable(np.random.default_rng((7, k))), 8, k, 0))
        times = [(time.perf_counter(), time.process_time())]
        weave = teach(read, begun, reader, Course(steps), Watch())
        times.append((time.perf_counter(), time.process_time()))
        tile = weave(repeats(read), np.random.default_rng(0))
        estimated(reader, np.tile(tile, (4, 4, 1))[:1024, :1024], THREAD)
        times.append((time.perf_counter(), time.process_time()))
        learnt, woven = np.diff(times, axis=0)
        print(
            f"cloth {k} on {place}: learnt in {learnt[0]:.1f} s ({learnt[1]:.1f} CPU s), "
            f"woven and read in {woven[0]:.1f} s ({woven[1]:.1f} CPU s)",
            flush=True,
        )


MAKERS: dict[str, Maker] = {"quilting": quilted, "plain GAN": unlatticed, "taught loom": taught}


def tiles(cloths: int, seeds: int, steps: int) -> None:
    """Mean and worst of each score over cloths and seeds, for the floor and each maker."""
    scores: dict[str, list[list[float]]] = {"floor": [], **{name: [] for name in MAKERS}}
    for k in range(cloths):
        woven = learnable(np.random.default_rng((7, k)))
        for seed in range(seeds):
            swatch, anew = (photograph(woven, lot, k, seed) for lot in (8, 9))
            read = analyse(swatch)
            laid, repeat = read.laid.picture, read.laid.repeat
            many = repeats(read)
            again = anew[: many[1] * repeat[1], : many[0] * repeat[0]]
            scores["floor"].append(scored(again, laid, repeat, seed, 0.0, seam=math.nan))
            for name, maker in MAKERS.items():
                started = time.process_time()
                tile = maker(read, many, Course(steps, seed=seed))
                spent = time.process_time() - started
                cut = np.roll(tile, calm_shift([tile]), (0, 1))
                scores[name].append(scored(cut, laid, repeat, seed, spent, seam_ratio(cut)))
                print(f"  cloth {k}, seed {seed}, {name}: {np.round(scores[name][-1], 3).tolist()}", flush=True)
        print(f"{k + 1} cloths × {seeds} seeds")
        tell(scores)


def photograph(woven: WeaveRecipe, lot: int, cloth: int, seed: int) -> Image:
    """A cloth as a camera sees it, squarely and evenly lit."""
    made = specimen(woven, THREAD * max(woven.ends, woven.picks), np.random.default_rng((lot, cloth, seed)))
    return photographed(made, 512, 0.0, 0.0, np.random.default_rng((lot, seed)))


def repeats(read: Analysis) -> tuple[int, int]:
    """How many repeats make a tile of about 320 pixels a side."""
    across, down = (max(1, round(320 / side)) for side in read.laid.repeat)
    return across, down


def tell(scores: dict[str, list[list[float]]]) -> None:
    """Mean and worst, and two networks' distances beside quilting's."""
    print(f"{'':12}" + "".join(f"{title:>19}" for title in SCORES))
    tables = {name: np.array(rows) for name, rows in scores.items()}
    for name, table in tables.items():
        cells = (f"{m:10.3f} ≤{w:7.3f}" for m, w in zip(np.mean(table, 0), np.max(table, 0), strict=True))
        print(f"{name:12}" + "".join(f"{cell:>19}" for cell in cells))
    for title in ("VGG-SWD", "Fréchet"):
        means = {name: table[:, SCORES.index(title)].mean() for name, table in tables.items()}
        print(title, *(f"{name} {mean / means['quilting']:.2f}" for name, mean in means.items()), "times quilting's")


def learnable(rng: np.random.Generator) -> WeaveRecipe:
    """A cloth by lot of which a loom can learn the repeat, and 512 pixels show two."""
    while True:
        woven = random_weave(rng)
        pixels = THREAD * max(woven.ends, woven.picks)
        if max(n / sett * pixels for n, sett in zip(woven.repeat, (woven.ends, woven.picks), strict=True)) < 200:
            return woven


def blind_sheet(path: Path, cloths: int, steps: int, side: int = 224) -> None:
    """Each cloth's photograph, quilt and taught loom in a row, shuffled; which is which stands in a file beside it."""
    rng = np.random.default_rng(2026)
    rows, key = [], []
    for k in range(cloths):
        read = analyse(photograph(learnable(np.random.default_rng((7, k))), 8, k, 0))
        pictures = {"photograph": read.laid.picture}
        pictures |= {name: MAKERS[name](read, repeats(read), Course(steps)) for name in ("quilting", "taught loom")}
        names = list(rng.permutation(list(pictures)))
        patches = []
        for name in names:
            picture = pictures[name]
            start = rng.integers(picture.shape[:2])
            patch = picture[np.ix_(*((np.arange(side) + at) % n for at, n in zip(start, picture.shape, strict=False)))]
            if name == "photograph":  # it does not close on itself
                top, left = (int(rng.integers(n - side + 1)) for n in picture.shape[:2])
                patch = picture[top : top + side, left : left + side]
            patches.append(np.pad(patch, ((4, 4), (4, 4), (0, 0)), constant_values=1))
        rows.append(np.concatenate(patches, 1))
        key.append(f"{len(rows)}: {', '.join(names)}")
    write_png(path, np.round(np.clip(np.concatenate(rows, 0), 0, 1) * 255).astype(np.uint8))
    path.with_name(f"{path.stem}-key.txt").write_text("\n".join(key) + "\n", encoding="utf-8")


def scored(made: Image, swatch: Image, repeat: tuple[int, int], seed: int, spent: float, seam: float) -> list[float]:
    """What SCORES names, of a tile beside its swatch."""
    moves = np.diag(repeat).astype(np.float64)
    seen = made if made.shape[0] > 2.5 * repeat[1] and made.shape[1] > 2.5 * repeat[0] else np.tile(made, (3, 3, 1))
    rng = np.random.default_rng(seed)
    return [
        lattice_error(seen, swatch, moves),
        period_error(seen, moves),
        patch_distance(made, swatch, rng),
        verbatim_share(made, swatch, rng),
        seam,
        spent,
        vgg_distance(made, swatch, seed),
        frechet_distance(made, swatch),
    ]
