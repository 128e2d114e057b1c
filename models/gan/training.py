# SPDX-License-Identifier: GPL-3.0-or-later
"""Training the generator: each woven tile is the truth beside which its critic judges what the generator weaves.

Loss: the relativistic pairing loss with zero-centred penalties on real and made tiles alike (R3GAN: Huang, Gokaslan,
Kuleshov, Tompkin, NeurIPS 2024), and what the conditions decide by themselves, compared after a blur that hairs hardly
survive, a cloth of one colour as closely as a check. Each step draws its batch from its own number, so a training that
goes on makes what one without a break makes.
"""

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ..learning import Training, TrainingRefused, Watch, averaged, half, trained
from .networks import Critic, Generator, Widths
from .specimens import Piece, piece

_WEIGHTS = (1.0, 1.0, 1.0, 3.0, 1.0, 1.0, 1.0)  # of the maps in the likeness: slopes are taken of the height
_FAINT, _VIVID = 0.04, 0.12  # spread of colours, sRGB: the least that is weighed, and that whose weight is 1
_SHEET = 8  # cloths on a sample sheet, which are never trained on


@dataclass(frozen=True)
class Course:
    """How the generator is trained.

    steps of `batch` tiles of `pixels`², the first `alone` of them without a critic · pieces woven to draw them from ·
    rate of learning at first, falling to a twentieth along a cosine · likeness: weight of the blurred difference ·
    penalty: γ of both zero-centred penalties, taken each `penalty_each` steps · keep_each: steps to the next
    checkpoint and sheet
    """

    steps: int = 1400
    alone: int = 700
    batch: int = 8
    pixels: int = 64
    pieces: int = 1200
    seed: int = 0
    rate: float = 3e-3
    likeness: float = 4.0
    penalty: float = 0.001
    penalty_each: int = 8
    keep_each: int = 200
    widths: Widths = field(default_factory=Widths)

    def __post_init__(self) -> None:
        whole = (self.steps, self.batch, self.pieces, self.penalty_each, self.keep_each)
        if min(whole) < 1 or not 64 <= self.pixels <= 256 or self.pixels % 4:
            raise TrainingRefused(
                "A training needs a step, a batch and pieces, and tiles of 64 to 256 pixels, by fours."
            )
        if self.seed < 0:
            raise TrainingRefused(f"A seed is 0 or more, not {self.seed}.")


def train(folder: Path, course: Course, watch: Watch, *, resume: bool = False, **where: Any) -> dict[str, Any]:
    """Train a generator; `folder` gets checkpoint.pt, weights.npz, curves/ and sheet-STEP.png.

    For `where` see `trained`. Gives {"steps", "likeness", "weights"}: the mean likeness of the last hundred steps,
    and the path of the weights. Raises TrainingRefused for a folder, device or checkpoint that cannot be used,
    TrainingCancelled after keeping a checkpoint.
    """
    return trained(folder, lambda device: _Training(folder, course, device, resume=resume), watch, _SHEET, **where)


Drawn = tuple[Tensor, Tensor, Tensor, Tensor]


class _Training(Training[Course, Piece, Drawn]):
    kind, telling, purpose, lots = "generator", "likeness", "to learn from", (0, 2)

    def __init__(self, folder: Path, course: Course, device: torch.device, *, resume: bool):
        torch.manual_seed(course.seed)
        self.generator, self.critic = Generator(course.widths), Critic(course.widths)
        for network in (self.generator, self.critic):
            network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = copy.deepcopy(self.generator)
        networks = {"generator": self.generator, "critic": self.critic, "average": self.average}
        learning = {
            "generator": torch.optim.Adam(self.generator.parameters(), course.rate, (0.5, 0.99)),
            "critic": torch.optim.Adam(self.critic.parameters(), course.rate, (0.0, 0.99)),
        }
        super().__init__(folder, course, networks, learning, device, resume=resume)

    @staticmethod
    def woven(course: Course, rng: np.random.Generator) -> Piece:
        return piece(rng, course.pixels)

    @staticmethod
    def drawn(course: Course, pieces: Sequence[Piece], step: int) -> Drawn:
        rng = np.random.default_rng((course.seed, 1, step))
        return batch([pieces[k] for k in rng.integers(len(pieces), size=course.batch)], rng)

    def learn(self, drawn: Drawn) -> dict[str, float]:
        course = self.course
        rate = course.rate * (0.05 + 0.475 * (1 + math.cos(math.pi * self.step / course.steps)))
        for learning in self.learning.values():
            learning.param_groups[0]["lr"] = rate
        real, spatial, fabric, colours = (part.to(self.device, non_blocking=True) for part in drawn)

        with half(self.device):
            made = self.generator(spatial, fabric, colours)
        likeness = unlikeness(made, real).mean()
        losses = {"likeness": float(likeness.detach())}
        total = course.likeness * likeness
        if self.step >= course.alone:
            told = spatial, fabric, colours
            penalised = self.step % course.penalty_each == 0
            losses["critic"] = self._criticise(real, made.detach(), told, penalised=penalised)
            with half(self.device):
                apart = self.critic(made, *told) - self.critic(real, *told)
            fooled = functional.softplus(-apart.float()).mean()
            losses["generator"] = float(fooled.detach())
            total = total + fooled
        self._stepped("generator", total)
        averaged(self.average, self.generator, min(0.998, (self.step + 1) / (self.step + 10)))
        return losses

    def _criticise(self, real: Tensor, made: Tensor, told: tuple[Tensor, Tensor, Tensor], *, penalised: bool) -> float:
        real, made = real.requires_grad_(penalised), made.requires_grad_(penalised)
        with half(self.device):
            of_real, of_made = self.critic(real, *told).float(), self.critic(made, *told).float()
        loss = functional.softplus(of_made - of_real).mean()
        total = loss
        if penalised:
            total = loss + self.course.penalty * self.course.penalty_each / 2 * (
                _steepness(of_real, real) + _steepness(of_made, made)
            )
        self._stepped("critic", total)
        real.requires_grad_(False)
        return float(loss.detach())

    def _stepped(self, name: str, loss: Tensor) -> None:
        for learning in self.learning.values():
            learning.zero_grad(set_to_none=True)
        loss.backward()
        self.learning[name].step()

    def sheet(self, shown: Sequence[Piece]) -> np.ndarray[Any, np.dtype[np.uint8]]:
        """Woven above learnt: albedo, height and roughness of cloths never trained on."""
        real, *told = batch(shown, np.random.default_rng((self.course.seed, 3)))
        with torch.no_grad():
            made = self.average(*(part.to(self.device) for part in told)).cpu()
        rows: list[Tensor] = []
        for tiles in (real, made):
            for channels in ((0, 1, 2), (3, 3, 3), (4, 4, 4)):
                rows.append(torch.cat([tile[list(channels)].repeat(1, 2, 2) for tile in tiles], 2))
        sheet = torch.cat([rows[k] for k in (0, 3, 1, 4, 2, 5)], 1)
        return (sheet.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).contiguous().numpy()


def batch(pieces: Sequence[Piece], rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Tiles and their conditions with new grain: maps, spatial, fabric, colours, as the networks take them."""
    told = [piece.conditions(rng) for piece in pieces]
    spatial, fabric, colours = (torch.from_numpy(np.stack(part)) for part in zip(*told, strict=True))
    maps = torch.from_numpy(np.stack([piece.maps for piece in pieces]))
    return (
        maps.contiguous(memory_format=torch.channels_last),
        spatial.contiguous(memory_format=torch.channels_last),
        fabric,
        colours,
    )


def unlikeness(made: Tensor, real: Tensor) -> Tensor:
    """How far made maps (n, MAPS, h, w) are from the real ones after a blur, colours by how much they vary there."""
    apart = (blurred(made) - blurred(real)).abs() * real.new_tensor(_WEIGHTS)[:, None, None]
    spread = real[:, :3].std((2, 3)).mean(1).clamp(min=_FAINT)[:, None, None, None]
    return torch.cat([apart[:, :3] * (_VIVID / spread), apart[:, 3:]], 1)


def blurred(maps: Tensor) -> Tensor:
    """Maps (n, c, h, w) blurred by a binomial of 3 pixels, periodically: fibres survive, hairs hardly."""
    for axis in (-1, -2):
        maps = 0.25 * (maps.roll(1, axis) + maps.roll(-1, axis)) + 0.5 * maps
    return maps


def _steepness(judged: Tensor, maps: Tensor) -> Tensor:
    """Mean squared gradient of a critic's judgement by what it judged, a place's own share: a zero-centred penalty."""
    (gradient,) = torch.autograd.grad(judged.sum(), maps, create_graph=True)
    return gradient.square().sum((1, 2, 3)).mean() / (judged.shape[-1] * judged.shape[-2])
