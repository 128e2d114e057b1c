# SPDX-License-Identifier: GPL-3.0-or-later
"""Training the reader: simulated cloth under lights drawn by lot, some of it dyed without regard to its relief."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ..gan.specimens import fitting
from ..learning import Training, TrainingRefused, Watch, averaged, half, trained
from ..making import fabric_maps
from ..maps import FabricMaps
from .lighting import Photograph, dyed, evenly_lit, photographed, random_light, shading_of
from .network import MOST, READ, Reader, coarse_of

_SHEET = 6
_WARMING = 300  # steps in which the rate rises to the course's
_STEEPEST = 1.0  # norm of a step's gradient: beyond, it is shortened
_DYED = 1 / 3  # of the cloths


@dataclass(frozen=True)
class Course:
    """How the reader is trained: steps of `batch` pictures of `pixels`² from as many `pieces`, at a falling rate."""

    steps: int = 6000
    batch: int = 8
    pixels: int = 64
    pieces: int = 2000
    seed: int = 0
    rate: float = 1.5e-3
    keep_each: int = 500
    width: int = 32
    levels: int = 3

    def __post_init__(self) -> None:
        if min(self.steps, self.batch, self.pieces, self.keep_each, self.width) < 1 or not 1 <= self.levels <= MOST:
            raise TrainingRefused(f"A training needs a step, a batch, pieces, a width and one to {MOST} levels.")
        coarse = coarse_of(self.levels)
        if not 64 <= self.pixels <= 256 or self.pixels % coarse:
            raise TrainingRefused(f"Pictures of 64 to 256 pixels, by {coarse}, are read, not of {self.pixels}.")
        if self.seed < 0:
            raise TrainingRefused(f"A seed is 0 or more, not {self.seed}.")


def train(folder: Path, course: Course, watch: Watch, *, resume: bool = False, **where: Any) -> dict[str, Any]:
    """Train a reader; `folder` gets checkpoint.pt, weights.npz, curves/ and sheet-STEP.png.

    For `where` see `trained`. Gives {"steps", "normal_degrees", "weights"}: the mean error of normals over the last
    hundred steps, and the path of the weights. Raises TrainingRefused for a folder, device or checkpoint that
    cannot be used, TrainingCancelled after keeping a checkpoint.
    """
    return trained(folder, lambda device: _Training(folder, course, device, resume=resume), watch, _SHEET, **where)


class _Training(Training[Course, FabricMaps, tuple[Tensor, Tensor]]):
    kind, telling, purpose, lots = "reader", "normal_degrees", "to photograph", (10, 12)

    def __init__(self, folder: Path, course: Course, device: torch.device, *, resume: bool):
        torch.manual_seed(course.seed)
        self.reader, self.average = (Reader(course.width, course.levels).to(device) for _ in range(2))
        self.average.load_state_dict(self.reader.state_dict())
        self.optimiser = torch.optim.Adam(self.reader.parameters(), course.rate)
        networks = {"reader": self.reader, "average": self.average}
        super().__init__(folder, course, networks, {"reader": self.optimiser}, device, resume=resume)

    @staticmethod
    def woven(course: Course, rng: np.random.Generator) -> FabricMaps:
        return cloth(rng, course.pixels)

    @staticmethod
    def drawn(course: Course, pieces: Sequence[FabricMaps], step: int) -> tuple[Tensor, Tensor]:
        rng = np.random.default_rng((course.seed, 11, step))
        return batch([snapshot(pieces[k], rng) for k in rng.integers(len(pieces), size=course.batch)])

    def learn(self, drawn: tuple[Tensor, Tensor]) -> dict[str, float]:
        course = self.course
        self.optimiser.param_groups[0]["lr"] = (
            course.rate
            * (0.02 + 0.49 * (1 + math.cos(math.pi * self.step / course.steps)))
            * min(1.0, (self.step + 1) / _WARMING)
        )
        picture, wanted = (part.to(self.device, non_blocking=True) for part in drawn)
        with half(self.device):
            read = self.reader(picture)
        apart = angles(read, wanted)
        weights = read.new_tensor([0, 0, 1, 1, 1, 1])[None, :, None, None]
        loss = apart.mean() + ((read - wanted).abs() * weights).mean()
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.reader.parameters(), _STEEPEST)
        self.optimiser.step()
        averaged(self.average, self.reader, min(0.998, (self.step + 1) / (self.step + 10)))
        off = (read - wanted).abs().mean((0, 2, 3)).tolist()
        return {
            "normal_degrees": math.degrees(float(apart.detach().mean())),
            "shading": sum(off[2:5]) / 3,
            "roughness": off[5],
        }

    def sheet(self, shown: Sequence[FabricMaps]) -> np.ndarray[Any, np.dtype[np.uint8]]:
        """Pictures; true above read: normals and albedo, of cloths never trained on."""
        rng = np.random.default_rng((self.course.seed, 13))
        photos = [snapshot(made, rng) for made in shown]
        picture, wanted = batch(photos)
        with torch.no_grad():
            read = self.average(picture.to(self.device)).cpu()
        rows = [np.concatenate([photo.picture for photo in photos], 1)]
        for maps in (wanted, read):
            rows.append(np.concatenate(list(normals(maps).permute(0, 2, 3, 1).numpy() * 0.5 + 0.5), 1))
        rows.append(np.concatenate([photo.albedo / np.float32(255) for photo in photos], 1))
        shades = read[:, 2:5].permute(0, 2, 3, 1).numpy()
        rows.append(np.concatenate([evenly_lit(p.picture, s) for p, s in zip(photos, shades, strict=True)], 1))
        return np.round(np.clip(np.concatenate(rows, 0), 0, 1) * 255).astype(np.uint8)


def cloth(rng: np.random.Generator, pixels: int) -> FabricMaps:
    """A cloth drawn by lot on `pixels`²."""
    return fabric_maps(fitting(rng, pixels), pixels, rng)


def snapshot(made: FabricMaps, rng: np.random.Generator) -> Photograph:
    """A cloth photographed under a light drawn by lot, one in three dyed without regard to its threads."""
    if rng.random() < _DYED:
        made = replace(made, albedo=dyed(made, rng))
    return photographed(made, random_light(rng), float(rng.uniform(0, 0.02)), rng)


def batch(photos: list[Photograph]) -> tuple[Tensor, Tensor]:
    """Pictures (n, 3, h, w) and what is to be read of them (n, READ, h, w)."""
    wanted = np.empty((len(photos), READ, *photos[0].roughness.shape), np.float32)
    for k, photo in enumerate(photos):
        wanted[k, :2] = np.moveaxis(-photo.normal[..., :2] / photo.normal[..., 2:], -1, 0)
        wanted[k, 2:5] = np.moveaxis(shading_of(photo.picture, photo.albedo), -1, 0)
        wanted[k, 5] = photo.roughness
    picture = torch.from_numpy(np.stack([photo.picture for photo in photos])).permute(0, 3, 1, 2)
    return picture.contiguous(memory_format=torch.channels_last), torch.from_numpy(wanted)


def normals(read: Tensor) -> Tensor:
    """Unit normals (n, 3, h, w) of slopes (n, 2 or more, h, w)."""
    return functional.normalize(torch.cat([-read[:, :2], torch.ones_like(read[:, :1])], 1), dim=1)


def angles(read: Tensor, wanted: Tensor) -> Tensor:
    """Radians between the normals of both, (n, h, w)."""
    return torch.acos((normals(read) * normals(wanted)).sum(1).clamp(-1 + 1e-6, 1 - 1e-6))
