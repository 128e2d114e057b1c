# SPDX-License-Identifier: GPL-3.0-or-later
"""Teaching a loom one swatch, in a minute or two: a critic, features of cloth and the lattice say how alike it weaves.

Losses: the relativistic pairing loss with zero-centred penalties (R3GAN: Huang et al., NeurIPS 2024); the sliced
Wasserstein distance of patches and of what the reader of photographs sees (Heitz et al., "A Sliced Wasserstein Loss for
Neural Texture Synthesis", CVPR 2021); and the autocorrelation at the lattice's moves, without which a melted check
would do. torch; worker and engine environment only.
"""

import copy
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ..learning import TrainingCancelled, Watch, WeightsRefused, averaged, half, load_into, read_weights
from ..pbr.network import Reader
from ..swatches.analysis import Analysis
from ..swatches.folder import NotTaught
from ..swatches.making import Weave
from ..yarn import Image
from .swatch_loom import DECIDED, SwatchLoom, mean_cell

SHIPPED = Path(__file__).parents[2] / "assets" / "swatch_loom.npz"
_SLOPE = 0.2
_SIDE = 7  # pixels of a patch
_LEVELS = 3  # of a pyramid of patches
_SEAM = _SIDE << (_LEVELS - 1)  # pixels of a tile's other side that its patches reach into
LARGEST = 256  # pixels of a repeat that can be learnt in minutes
_DIRECTIONS, _SAMPLES = 32, 2048  # of a sliced distance
_WEIGHTS = {"patches": 1.0, "perceptual": 1.0, "lattice": 1.0, "adversarial": 0.3}
_PENALTY, _PENALTY_EACH = 0.01, 4  # γ of both zero-centred penalties, and steps between them


@dataclass(frozen=True)
class Widths:
    """Channels of the loom and of its critic."""

    loom: int = 32
    critic: int = 48


class Critic(nn.Module):
    """A picture (n, 3, h, w) beside what its lattice decides (n, DECIDED, h, w) → how real each place looks."""

    def __init__(self, width: int):
        super().__init__()
        layers = [
            nn.Conv2d(3 + DECIDED, width, 4, 2),
            nn.Conv2d(width, 2 * width, 4, 2),
            nn.Conv2d(2 * width, 2 * width, 3),
            nn.Conv2d(2 * width, 1, 1),
        ]
        for layer in layers:
            nn.init.kaiming_normal_(layer.weight, _SLOPE)
        self.layers = nn.ModuleList(layers)

    def forward(self, picture: Tensor, decided: Tensor) -> Tensor:
        """Judge a picture."""
        hidden = torch.cat([2 * picture - 1, decided], 1)
        for k, layer in enumerate(self.layers):
            hidden = layer(functional.leaky_relu(hidden, _SLOPE) if k else hidden)
        return hidden


class Pair(nn.Module):
    """A loom and the critic that it learns beside."""

    def __init__(self, widths: Widths):
        super().__init__()
        self.loom, self.critic = SwatchLoom(widths.loom), Critic(widths.critic)


def read_pair(path: Path = SHIPPED) -> Pair:
    """The loom and critic of a file of weights, which know cloth but no swatch. Raises WeightsRefused for any other."""
    weights, about = read_weights(path)
    try:
        pair = Pair(Widths(**about["widths"])) if about["kind"] == "swatch" else None
    except (KeyError, TypeError):
        pair = None
    if pair is None:
        raise WeightsRefused(f"{path} holds no weights of a swatch loom: train one with `toile fabric train swatch`.")
    load_into(pair, weights, path)
    return pair


class Lesson:
    """A swatch (h, w, 3) to learn from: upright, its repeat (across, down) whole pixels; (1, 1) where nothing repeats.

    It is on the reader's device, and so must be the pupil.
    pixels: about how large the tiles are that are woven while learning.
    """

    def __init__(
        self, picture: Image, repeat: tuple[int, int], threads: tuple[int, int] | None, reader: Reader, pixels: int
    ):
        self.cell = mean_cell(picture, repeat, threads)
        self.repeats = whole_repeats(repeat, pixels)
        self.device = reader.leave.weight.device
        self.swatch = torch.from_numpy(np.ascontiguousarray(np.moveaxis(picture, -1, 0)))[None].to(self.device)
        self.reader = reader
        self.decided = torch.from_numpy(self.cell.decided).to(self.device)
        with torch.no_grad():
            self.light = reader.glance(self.swatch)
        self.moves = self._moves() if repeat != (1, 1) else []

    @property
    def tile(self) -> tuple[int, int]:
        """Pixels of the tiles that are woven while learning: (rows, columns)."""
        rows, columns = self.cell.mean.shape[:2]
        return rows * self.repeats[1], columns * self.repeats[0]

    def _moves(self) -> list[tuple[int, int, float]]:
        """Moves (down, right) to threads and repeats, and how alike the swatch is to itself there."""
        grey = self.swatch.mean(1)[0]
        moves: list[tuple[int, int, float]] = []
        for axis, step in enumerate(reversed(self.cell.spacing)):
            for many in {1, 2, self.cell.threads[1 - axis]}:
                move = round(many * step)
                if move % self.tile[axis] and 2 * move < grey.shape[axis]:
                    kept = grey.shape[axis] - move
                    alike = float(_alike(grey.narrow(axis, 0, kept), grey.narrow(axis, move, kept)))
                    moves.append((0, move, alike) if axis else (move, 0, alike))
        return moves

    def unlikeness(self, made: Tensor, rng: np.random.Generator) -> dict[str, Tensor]:
        """By how much a woven tile (1, 3, h, w) is unlike the swatch, as far as no critic need be asked."""
        window = self.part([n + _SEAM for n in made.shape[-2:]], rng)[0]
        return {
            "patches": self._patches(made, window, rng),
            "perceptual": self._perceptual(made, window, rng),
            "lattice": self._lattice(made),
        }

    def part(self, size: list[int], rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """A part of the swatch by lot, no larger than `size`, and what the lattice decides of it."""
        size = [min(n, whole) for n, whole in zip(size, self.swatch.shape[-2:], strict=True)]
        top, left = (int(rng.integers(whole - n + 1)) for n, whole in zip(size, self.swatch.shape[-2:], strict=True))
        rows, columns = self.decided.shape[-2:]
        down, right = torch.arange(top, top + size[0]), torch.arange(left, left + size[1])
        decided = self.decided[:, (down % rows)[:, None], right % columns]
        return self.swatch[..., top : top + size[0], left : left + size[1]], decided[None]

    def _patches(self, made: Tensor, window: Tensor, rng: np.random.Generator) -> Tensor:
        """Sliced Wasserstein distance of patches, mean over a pyramid."""
        directions = _normal(rng, _DIRECTIONS, 3, _SIDE, _SIDE).to(self.device)
        wide = torch.cat([made, made[..., :_SEAM]], -1)
        seen = [torch.cat([wide, wide[..., :_SEAM, :]], -2), window]
        total = made.new_zeros(())
        for _ in range(_LEVELS):
            own, other = (functional.conv2d(image, directions).flatten(2)[0] for image in seen)
            total = total + _wasserstein(_some(own, rng), _some(other, rng))
            seen = [functional.avg_pool2d(image, 2) for image in seen]
        return total / _LEVELS

    def _perceptual(self, made: Tensor, window: Tensor, rng: np.random.Generator) -> Tensor:
        """The same of what the reader of photographs sees, mean over its levels."""
        with half(self.device):
            own = self.reader.features(made, self.light)
            with torch.no_grad():
                other = self.reader.features(window, self.light)
        total = made.new_zeros(())
        for pair in zip(own, other, strict=True):
            directions = _normal(rng, _DIRECTIONS, pair[0].shape[1]).to(self.device)
            total = total + _wasserstein(*(directions @ _some(part.flatten(2)[0], rng).float() for part in pair))
        return total / len(own)

    def _lattice(self, made: Tensor) -> Tensor:
        """Mean difference of both autocorrelations at the lattice's moves."""
        grey = made.mean(1)[0]
        apart = [(_alike(grey, grey.roll((-down, -right), (0, 1))) - alike).abs() for down, right, alike in self.moves]
        return torch.stack(apart).mean() if apart else made.new_zeros(())


class Pupil:
    """A loom and its critic while they learn; average: their mean over the last steps, which is what is kept."""

    def __init__(self, begun: Pair, rate: float):
        self.pair, self.average = copy.deepcopy(begun), copy.deepcopy(begun)
        self.rate = rate
        self.learning = {
            "loom": torch.optim.Adam(self.pair.loom.parameters(), rate, (0.5, 0.99)),
            "critic": torch.optim.Adam(self.pair.critic.parameters(), rate, (0.0, 0.99)),
        }

    def learn(self, lesson: Lesson, step: int, steps: int, rng: np.random.Generator) -> dict[str, float]:
        """One step of both, at a rate that falls along a cosine; gives the losses."""
        rate = self.rate * (0.05 + 0.475 * (1 + math.cos(math.pi * step / steps)))
        for learning in self.learning.values():
            learning.param_groups[0]["lr"] = rate
        decided, noise = (part.to(lesson.device) for part in lesson.cell.told(lesson.repeats, rng))
        with half(lesson.device):
            made = self.pair.loom(decided, noise, lesson.cell.spacing).clamp(0, 1)
        losses = lesson.unlikeness(made, rng)
        real, decided_real = lesson.part(list(made.shape[-2:]), rng)
        rows, columns = real.shape[-2:]  # a swatch may be smaller than a tile
        shown = (made[..., :rows, :columns], decided[..., :rows, :columns], real, decided_real)
        criticised = self._criticise(*shown, penalised=step % _PENALTY_EACH == 0)
        losses["adversarial"] = functional.softplus(self._apart(*shown)).mean()
        self._stepped("loom", torch.stack([_WEIGHTS[name] * loss for name, loss in losses.items()]).sum())
        averaged(self.average, self.pair, min(0.98, (step + 1) / (step + 10)))
        return {name: float(loss.detach()) for name, loss in losses.items()} | {"critic": criticised}

    def _apart(self, made: Tensor, decided: Tensor, real: Tensor, decided_real: Tensor) -> Tensor:
        """By how much more real the critic holds what is real."""
        with half(real.device):
            return self.pair.critic(real, decided_real).float() - self.pair.critic(made, decided).float()

    def _criticise(
        self, made: Tensor, decided: Tensor, real: Tensor, decided_real: Tensor, *, penalised: bool
    ) -> float:
        made, real = (image.detach().requires_grad_(penalised) for image in (made, real))
        loss = total = functional.softplus(-self._apart(made, decided, real, decided_real)).mean()
        if penalised:
            with half(real.device):
                judged = self.pair.critic(made, decided).sum() + self.pair.critic(real, decided_real).sum()
            gradients = torch.autograd.grad(judged.float(), (made, real), create_graph=True)
            steep = torch.stack([gradient.square().sum() for gradient in gradients]).sum()
            total = loss + _PENALTY * _PENALTY_EACH / 2 * steep / (made.shape[-1] * made.shape[-2])
        self._stepped("critic", total)
        return float(loss.detach())

    def _stepped(self, which: str, loss: Tensor) -> None:
        for learning in self.learning.values():
            learning.zero_grad(set_to_none=True)
        loss.backward()
        self.learning[which].step()


@dataclass(frozen=True)
class Course:
    """How a loom is taught a swatch: steps, on tiles of about `pixels`²."""

    steps: int = 250
    pixels: int = 128
    rate: float = 2e-3
    seed: int = 0


def adapt(lesson: Lesson, begun: Pair, course: Course, watch: Watch) -> Weave:
    """Teach a swatch to a loom that has begun with others; what is given weaves whole repeats of it.

    On one thread and from its seed, so that the same swatch makes the same cloth. A tile larger than `course.pixels`²
    takes longer, so that it gets as many steps less, but no fewer than a quarter. Raises TrainingCancelled.
    """
    cost = math.prod(lesson.tile) / course.pixels**2
    steps = round(course.steps / min(max(cost, 1), 4))
    many = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        pupil = Pupil(begun, course.rate)
        for step in range(steps):
            if watch.cancelled():
                raise TrainingCancelled(f"Stopped at step {step} of {steps}: nothing is kept.")
            rng = np.random.default_rng((course.seed, 20, step))
            losses = pupil.learn(lesson, step, steps, rng)
            if step % 10 == 0:
                told = ", ".join(f"{name} {value:.3f}" for name, value in losses.items())
                watch.progress(step / steps, f"Learning the swatch, step {step} of {steps}: {told}")
    finally:
        torch.set_num_threads(many)
    loom, cell = pupil.average.loom.eval(), lesson.cell
    return lambda repeats, rng: loom.woven(cell, repeats, rng)


def teach(read: Analysis, begun: Pair, reader: Reader, course: Course, watch: Watch) -> Weave:
    """Teach a loom the swatch that was read. Raises NotTaught where it cannot learn, TrainingCancelled."""
    repeat, picture = read.laid.repeat, read.laid.picture
    if repeat == (1, 1):
        raise NotTaught("A loom learns what repeats, and nothing does here.")
    if max(repeat) > LARGEST:
        raise NotTaught(
            f"A loom learns repeats of up to {LARGEST} pixels, and this one has {max(repeat)}: scale the picture to "
            f"{LARGEST / max(repeat):.0%}."
        )
    if any(n < 2 * side for n, side in zip(picture.shape[:2], reversed(repeat), strict=True)):
        raise NotTaught("A loom learns from two repeats or more, and the picture shows fewer.")
    return adapt(Lesson(picture, repeat, read.laid.threads, reader, course.pixels), begun, course, watch)


def whole_repeats(repeat: tuple[int, int], pixels: int) -> tuple[int, int]:
    """How many repeats (across, down) make a tile of `pixels`² or just more."""
    across, down = (max(math.ceil(pixels / side), 1) for side in repeat)
    return across, down


def _wasserstein(own: Tensor, other: Tensor) -> Tensor:
    """Distance of samples (directions, many), mean over directions, in spreads of the other."""
    return (own.sort(1)[0] - other.sort(1)[0]).abs().mean() / other.std(1).mean().clamp(min=1e-4)


def _some(values: Tensor, rng: np.random.Generator) -> Tensor:
    """Some places' values of many (channels, places), by lot."""
    return values[:, torch.from_numpy(rng.integers(values.shape[1], size=_SAMPLES)).to(values.device)]


def _normal(rng: np.random.Generator, *shape: int) -> Tensor:
    return torch.from_numpy(rng.standard_normal(shape, dtype=np.float32))


def _alike(one: Tensor, other: Tensor) -> Tensor:
    """Pearson's correlation of two pictures."""
    one, other = one - one.mean(), other - other.mean()
    return (one * other).mean() / (one.square().mean() * other.square().mean()).sqrt().clamp(min=1e-8)
