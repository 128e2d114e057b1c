# SPDX-License-Identifier: GPL-3.0-or-later
"""What a swatch loom begins with: it learns many simulated swatches in turn, so that a real one takes it minutes."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..assortment import random_weave
from ..learning import Training, TrainingRefused, Watch, trained
from ..making import fabric_maps
from ..pbr.lighting import photographed, random_light
from ..pbr.reading import read_reader
from ..swatches.lattice import FINEST
from ..yarn import Image
from .adapting import Lesson, Pair, Pupil, Widths

_SHEET = 6
_THREAD = (5.0, 15.0)  # pixels from one thread to the next
_SIDE = 192  # pixels that a swatch shows at least, and a sheet of each
_LARGEST = 320  # and at most
_NOISE = 0.01  # of the camera, sRGB, at most


@dataclass(frozen=True)
class Course:
    """How a swatch loom begins: steps, each on one of as many simulated `pieces`, with tiles of about `pixels`²."""

    steps: int = 320
    batch: int = 1
    pixels: int = 96
    pieces: int = 40
    seed: int = 0
    rate: float = 3e-3
    keep_each: int = 160
    widths: Widths = field(default_factory=Widths)

    def __post_init__(self) -> None:
        if min(self.steps, self.pieces, self.keep_each, *vars(self.widths).values()) < 1 or self.batch != 1:
            raise TrainingRefused("A swatch loom needs a step, a piece and a width, and learns one piece at a time.")
        if not 64 <= self.pixels <= 256:
            raise TrainingRefused(f"Tiles of 64 to 256 pixels are woven while learning, not of {self.pixels}.")
        if self.seed < 0:
            raise TrainingRefused(f"A seed is 0 or more, not {self.seed}.")


def train(folder: Path, course: Course, watch: Watch, *, resume: bool = False, **where: Any) -> dict[str, Any]:
    """Train a loom and its critic; `folder` gets checkpoint.pt, weights.npz, curves/ and sheet-STEP.png.

    For `where` see `trained`. Gives {"steps", "patches", "weights"}: the mean distance of patches over the last hundred
    steps, and the path of the weights. Raises TrainingRefused for a folder, device or checkpoint that cannot be used,
    TrainingCancelled after keeping a checkpoint, WeightsRefused where the reader's are broken.
    """
    return trained(folder, lambda device: _Training(folder, course, device, resume=resume), watch, _SHEET, **where)


@dataclass(frozen=True)
class Swatch:
    """A picture (h, w, 3) sRGB, upright, its repeat (across, down) in whole pixels, and the ends and picks in it."""

    picture: Image
    repeat: tuple[int, int]
    threads: tuple[int, int]


class _Training(Training[Course, Swatch, tuple[Swatch, np.random.Generator]]):
    kind, telling, purpose, lots = "swatch", "patches", "to learn from", (30, 32)

    def __init__(self, folder: Path, course: Course, device: torch.device, *, resume: bool):
        torch.manual_seed(course.seed)
        self.reader = read_reader().to(device)
        self.pupil = Pupil(Pair(course.widths).to(device), course.rate)
        networks = {"pair": self.pupil.pair, "average": self.pupil.average}
        super().__init__(folder, course, networks, self.pupil.learning, device, resume=resume)

    @staticmethod
    def woven(course: Course, rng: np.random.Generator) -> Swatch:
        del course  # its swatches are as large as they must be
        return swatch(rng)

    @staticmethod
    def drawn(course: Course, pieces: Sequence[Swatch], step: int) -> tuple[Swatch, np.random.Generator]:
        rng = np.random.default_rng((course.seed, 31, step))
        return pieces[rng.integers(len(pieces))], rng

    def learn(self, drawn: tuple[Swatch, np.random.Generator]) -> dict[str, float]:
        piece, rng = drawn
        return self.pupil.learn(self._lesson(piece), self.step, self.course.steps, rng)

    def _lesson(self, piece: Swatch) -> Lesson:
        return Lesson(piece.picture, piece.repeat, piece.threads, self.reader, self.course.pixels)

    def sheet(self, shown: Sequence[Swatch]) -> NDArray[np.uint8]:
        """Swatches that it has not learnt above what it weaves of their mean repeats."""
        rng = np.random.default_rng((self.course.seed, 33))
        rows: list[list[Image]] = [[], []]
        for piece in shown:
            lesson = self._lesson(piece)
            made = self.pupil.average.loom.woven(lesson.cell, lesson.repeats, rng)
            for row, picture in zip(rows, (piece.picture, made), strict=True):
                row.append(picture[np.ix_(*(np.arange(_SIDE) % size for size in picture.shape[:2]))])
        return np.round(np.concatenate([np.concatenate(row, 1) for row in rows], 0) * 255).astype(np.uint8)


def swatch(rng: np.random.Generator) -> Swatch:
    """A cloth drawn by lot, photographed under a light drawn by lot, its repeat in whole pixels."""
    while True:
        drawn = random_weave(rng)
        thread, square = rng.uniform(*_THREAD), np.sqrt(drawn.ends / drawn.picks)
        spacing = float(thread / square), float(thread * square)
        repeat = tuple(round(threads * pixel) for threads, pixel in zip(drawn.repeat, spacing, strict=True))
        if max(repeat) <= _LARGEST // 2 and min(spacing) >= FINEST:
            break
    shown = max(
        max(_SIDE, 2 * side) / pixel / sett
        for side, pixel, sett in zip(repeat, spacing, (drawn.ends, drawn.picks), strict=True)
    )
    recipe = replace(drawn, tile=shown)
    columns, rows = (
        many // threads * side for many, threads, side in zip(recipe.counts, drawn.repeat, repeat, strict=True)
    )
    made = fabric_maps(recipe, (rows, columns), rng)
    light = replace(random_light(rng), gradient=(0.0, 0.0))  # a swatch that was read is evenly lit
    picture = photographed(made, light, float(rng.uniform(0, _NOISE)), rng).picture
    return Swatch(picture, (repeat[0], repeat[1]), drawn.repeat)
