# SPDX-License-Identifier: GPL-3.0-or-later
"""What every training of ours stands on: weights in a file, checkpoints to go on from, curves, who looks on.

torch; worker and engine environment only.
"""

import concurrent.futures
import functools
import importlib
import io
import json
import os
import pickle
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeVar, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from ..patterns.writing import write_beside
from .png import write_png

CHECKPOINT = "checkpoint.pt"
WEIGHTS = "weights.npz"
_ABOUT = "about"


class WeightsRefused(ValueError):
    """A file that holds no weights, or not those of the network that is to use them."""


class TrainingRefused(ValueError):
    """A training that cannot begin or go on as it was asked for."""


class TrainingCancelled(RuntimeError):
    """The training was stopped from outside; its checkpoint is kept."""


@dataclass(frozen=True)
class Watch:
    """Who looks on: progress(fraction, text); cancelled() is asked at every step."""

    progress: Callable[[float, str], None] = lambda _fraction, _text: None
    cancelled: Callable[[], bool] = lambda: False


def device_of(asked: str = "") -> torch.device:
    """The device of that name, or without one a CUDA device if there is any. Raises TrainingRefused where it is not."""
    if not asked:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        torch.zeros(1, device=asked)
        return torch.device(asked)
    except (RuntimeError, AssertionError) as error:
        raise TrainingRefused(f"torch has no device {asked!r} here: choose cpu, or leave it out.") from error


def half(device: torch.device) -> torch.autocast:
    """Half precision where the device has it; elsewhere it would be slower, not faster."""
    able = device.type != "cpu" or bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    return torch.autocast(device.type, torch.bfloat16, enabled=able)


def write_weights(path: Path, module: nn.Module, about: Mapping[str, Any]) -> None:
    """Keep a network's weights, half precision, and what is to be known `about` them, as one .npz."""
    arrays = {name: value.detach().cpu().numpy().astype(np.float16) for name, value in module.state_dict().items()}
    packed = io.BytesIO()
    np.savez_compressed(packed, **{**arrays, _ABOUT: np.array(json.dumps(dict(about)))})
    write_beside(path, packed.getvalue())


def read_weights(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Weights by name, float32, and what is said about them. Raises WeightsRefused for a file that is none of ours."""
    try:
        with np.load(path, allow_pickle=False) as file:
            about = json.loads(str(file[_ABOUT]))
            weights = {name: torch.from_numpy(file[name].astype(np.float32)) for name in file.files if name != _ABOUT}
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise WeightsRefused(f"{path} holds no weights that Toile wrote: train them, or reinstall Toile.") from error
    if not isinstance(about, dict) or not all(bool(torch.isfinite(value).all()) for value in weights.values()):
        raise WeightsRefused(f"The weights in {path} are damaged: train them again, or reinstall Toile.")
    return weights, about


def load_into(module: nn.Module, weights: Mapping[str, Tensor], source: Path) -> None:
    """Give a network its weights. Raises WeightsRefused where names or shapes are another network's."""
    try:
        module.load_state_dict(dict(weights))
    except RuntimeError as error:
        raise WeightsRefused(
            f"The weights in {source} are another network's than this version of Toile has."
        ) from error


def write_checkpoint(folder: Path, state: Mapping[str, Any]) -> None:
    """Keep all that a training needs to go on."""
    packed = io.BytesIO()
    torch.save(dict(state), packed)
    write_beside(folder / CHECKPOINT, packed.getvalue())


def read_checkpoint(folder: Path, course: Mapping[str, Any]) -> dict[str, Any]:
    """What a training of this `course` left. Raises TrainingRefused if there is none, or it was another course's."""
    path = folder / CHECKPOINT
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise TrainingRefused(f"There is no checkpoint in {folder}: start without --resume.") from None
    except (OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError, KeyError) as error:
        raise TrainingRefused(f"{path} is no checkpoint of ours: start anew in an empty folder.") from error
    if not isinstance(state, dict) or state.get("course") != dict(course):
        raise TrainingRefused(f"{path} is of another training: give the options that it began with, or start anew.")
    return state


def curves(folder: Path) -> Any:
    """A TensorBoard writer for a folder, or None where tensorboard is not installed."""
    try:
        return importlib.import_module("torch.utils.tensorboard").SummaryWriter(str(folder / "curves"))
    except ImportError:
        return None


def averaged(average: nn.Module, module: nn.Module, decay: float) -> None:
    """Move a running average of a network's weights towards it."""
    with torch.no_grad():
        for mean, value in zip(average.parameters(), module.parameters(), strict=True):
            mean.lerp_(value, 1 - decay)


class Course(Protocol):
    """What every course says, being a dataclass: keep_each are the steps from one checkpoint and sheet to the next."""

    @property
    def steps(self) -> int: ...
    @property
    def pieces(self) -> int: ...
    @property
    def seed(self) -> int: ...
    @property
    def keep_each(self) -> int: ...


C = TypeVar("C", bound=Course)
P = TypeVar("P")
D = TypeVar("D")


class Training(ABC, Generic[C, P, D]):
    """A training under way: pieces are woven, then each step learns from what is drawn from them.

    networks: by name; the weights of "average" are what comes of it. learning: their optimisers. telling: the loss of
    which the mean of the last hundred steps is told. lots: the random streams of the pieces, and of those only shown.
    What is woven and drawn depends on the course and a number alone, so that other processes may do it beforehand.
    """

    kind: ClassVar[str]
    telling: ClassVar[str]
    purpose: ClassVar[str]
    lots: ClassVar[tuple[int, int]]

    def __init__(
        self,
        folder: Path,
        course: C,
        networks: Mapping[str, nn.Module],
        learning: Mapping[str, torch.optim.Optimizer],
        device: torch.device,
        *,
        resume: bool,
    ) -> None:
        """With networks on the device. Raises TrainingRefused where there is nothing to `resume`."""
        self.folder, self.course, self.networks, self.learning = folder, course, networks, learning
        self.device = device
        self.step = 0
        self.told: list[float] = []
        if resume:
            state = read_checkpoint(folder, asdict(cast("Any", course)))
            self.step, self.told = state["step"], state["told"]
            for name, network in networks.items():
                network.load_state_dict(state["networks"][name])
            for name, optimiser in learning.items():
                optimiser.load_state_dict(state["learning"][name])

    @staticmethod
    @abstractmethod
    def woven(course: C, rng: np.random.Generator) -> P:
        """A piece drawn by lot."""

    @staticmethod
    @abstractmethod
    def drawn(course: C, pieces: Sequence[P], step: int) -> D:
        """What a step learns from, on the CPU."""

    @abstractmethod
    def learn(self, drawn: D) -> dict[str, float]:
        """One step: the losses by their names, `telling` among them."""

    @abstractmethod
    def sheet(self, shown: Sequence[P]) -> NDArray[np.uint8]:
        """(h, w, 3) what is learnt by now, on pieces never trained on."""

    def run(self, watch: Watch, sheets: int, workers: int) -> dict[str, Any]:
        """Go to the course's end: {"steps", `telling`, "weights"}. sheets: pieces on a sample sheet.

        workers: processes that weave and draw, for this one does without them. Raises TrainingCancelled after keeping a
        checkpoint, OSError.
        """
        course, (learnt, seen) = self.course, self.lots
        pieces: list[P] = []
        for k, piece in enumerate(self._woven(learnt, course.pieces, workers)):
            if watch.cancelled():
                raise TrainingCancelled("Stopped before the first step.")
            pieces.append(piece)
            if k % 50 == 0:
                watch.progress(0.1 * k / course.pieces, f"Weaving {course.pieces} pieces {self.purpose}")
        shown = list(self._woven(seen, sheets, 0))
        writer = curves(self.folder)
        draws = _Draws(type(self).drawn, course, pieces)
        steps = range(self.step, course.steps)
        pinned = self.device.type == "cuda"
        for drawn in DataLoader(draws, batch_size=None, sampler=steps, num_workers=workers, pin_memory=pinned):
            if watch.cancelled():
                self._keep()
                raise TrainingCancelled(f"Stopped at step {self.step}; --resume goes on from there.")
            losses = self.learn(drawn)
            self.told = [*self.told, losses[self.telling]][-100:]
            self.step += 1
            if writer is not None:
                for name, value in losses.items():
                    writer.add_scalar(name, value, self.step)
            if self.step % 10 == 0:
                told = ", ".join(f"{name} {value:.3f}" for name, value in losses.items())
                watch.progress(0.1 + 0.9 * self.step / course.steps, f"Step {self.step} of {course.steps}: {told}")
            if self.step % course.keep_each == 0 or self.step == course.steps:
                self._keep()
                write_png(self.folder / f"sheet-{self.step}.png", self.sheet(shown))
        if writer is not None:
            writer.close()
        weights = str(self.folder / WEIGHTS)
        return {"steps": self.step, self.telling: float(np.mean(self.told)), "weights": weights}

    def _woven(self, lot: int, many: int, workers: int) -> Iterator[P]:
        """The pieces of a lot, one by one."""
        wove = functools.partial(_wove, type(self).woven, self.course)
        seeds = [(self.course.seed, lot, k) for k in range(many)]
        if not workers:
            yield from map(wove, seeds)
            return
        with concurrent.futures.ProcessPoolExecutor(workers) as pool:
            try:
                yield from pool.map(wove, seeds, chunksize=8)
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    def _keep(self) -> None:
        course = asdict(cast("Any", self.course))
        state = {"course": course, "step": self.step, "told": self.told}
        state["networks"] = {name: network.state_dict() for name, network in self.networks.items()}
        state["learning"] = {name: optimiser.state_dict() for name, optimiser in self.learning.items()}
        write_checkpoint(self.folder, state)
        about = {"kind": self.kind, "step": self.step, **course}
        write_weights(self.folder / WEIGHTS, self.networks["average"], about)


class _Draws(Dataset[D]):
    """What each step of a course draws from the pieces."""

    def __init__(self, draw: Callable[[Any, Sequence[Any], int], D], course: Course, pieces: Sequence[Any]) -> None:
        self._draw, self._course, self._pieces = draw, course, pieces

    def __getitem__(self, step: int) -> D:
        return self._draw(self._course, self._pieces, step)


def _wove(woven: Callable[[Any, np.random.Generator], P], course: Course, seed: tuple[int, int, int]) -> P:
    return woven(course, np.random.default_rng(seed))


def trained(
    folder: Path,
    begun: Callable[[torch.device], Training[Any, Any, Any]],
    watch: Watch,
    sheets: int,
    device: str = "",
    workers: int | None = None,
) -> dict[str, Any]:
    """Run a training; `folder` is made. A CPU trains on one thread, so that gradients are summed in one order.

    device: torch's name, by default a CUDA device if there is any. workers: processes that weave and draw; by default
    none beside a CPU, and beside another device all cores but one. Raises TrainingRefused for a folder or a device
    that cannot be used, and what the training raises.
    """
    place = device_of(device)
    if workers is None:
        workers = 0 if place.type == "cpu" else (os.cpu_count() or 1) - 1
    if workers < 0:
        raise TrainingRefused(f"So many processes cannot help: {workers}.")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.backends.cudnn.benchmark = True  # batches of a few sizes come again and again
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return begun(place).run(watch, sheets, workers)
    except OSError as error:
        raise TrainingRefused(f"{folder} cannot be written: {error.strerror}. Choose another folder.") from error
    finally:
        torch.set_num_threads(threads)
