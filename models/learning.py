# SPDX-License-Identifier: GPL-3.0-or-later
"""What every training of ours stands on: weights in a file, checkpoints to go on from, curves, who looks on.

torch; worker and engine environment only.
"""

import importlib
import io
import json
import os
import pickle
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

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


def write_weights(path: Path, module: nn.Module, about: Mapping[str, Any]) -> None:
    """Keep a network's weights, half precision, and what is to be known `about` them, as one .npz."""
    arrays = {name: value.detach().cpu().numpy().astype(np.float16) for name, value in module.state_dict().items()}
    packed = io.BytesIO()
    np.savez_compressed(packed, **{**arrays, _ABOUT: np.array(json.dumps(dict(about)))})
    _write_beside(path, packed.getvalue())


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
    _write_beside(folder / CHECKPOINT, packed.getvalue())


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


def _write_beside(path: Path, data: bytes) -> None:
    beside = path.with_name(f".{path.name}.part")
    beside.write_bytes(data)
    os.replace(beside, path)
