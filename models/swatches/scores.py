# SPDX-License-Identifier: GPL-3.0-or-later
"""What a made texture is worth beside its swatch: lattice, seams, colours, variety and verbatim copies.

Images are (h, w, 3) sRGB in 0…1. Texture statistics prefer a melted check to a sharp one: the lattice comes first.
"""

import math

import numpy as np
from numpy.typing import NDArray

from ..maps import decode_srgb, seam_ratio
from ..yarn import Image
from .lattice import FAINTEST, SLACK, acf_at, autocorrelation, fitted

Reals = NDArray[np.float64]

__all__ = ["delta_e_2000", "lab", "lattice_error", "patch_distance", "period_error", "seam_ratio", "verbatim_share"]

_WHITE = np.array([0.95047, 1.0, 1.08883])  # D65, 2°
_RGB_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def lattice_error(made: Image, swatch: Image, moves: Reals) -> float:
    """Mean |difference| of both autocorrelations at a lattice's moves (n, 2), pixels right and up; 0 is alike."""
    own, other = (acf_at(autocorrelation(image.mean(-1)), moves) for image in (made, swatch))
    return float(np.abs(own - other).mean())


def period_error(made: Image, repeat: Reals) -> float:
    """By what share a texture's period is off a lattice (2, 2) of moves in pixels, the worse of both.

    Infinite where the texture is not alike to itself at the lattice's moves.
    """
    acf = autocorrelation(made.mean(-1))
    length = np.hypot(*repeat.T)
    if acf_at(acf, repeat, reach=SLACK * float(length.min())).min() < FAINTEST:
        return math.inf
    return float((np.hypot(*(fitted(acf, repeat) - repeat).T) / length).max())


def lab(srgb: NDArray[np.floating]) -> Reals:
    """SRGB in 0…1 (…, 3) → CIE L*a*b* under D65, 2°."""
    relative = decode_srgb(srgb).astype(np.float64) @ _RGB_TO_XYZ.T / _WHITE
    root = np.where(relative > (6 / 29) ** 3, np.cbrt(relative), relative / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = np.moveaxis(root, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1)


def delta_e_2000(one: Reals, other: Reals) -> Reals:
    """CIEDE2000 between L*a*b* colours (…, 3), all weights 1 (ISO/CIE 11664-6; Sharma, Wu and Dalal, CRA 30, 2005)."""
    l1, a1, b1 = np.moveaxis(np.asarray(one, np.float64), -1, 0)
    l2, a2, b2 = np.moveaxis(np.asarray(other, np.float64), -1, 0)
    mean_c7 = ((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2) ** 7
    stretch = 1 + 0.5 * (1 - np.sqrt(mean_c7 / (mean_c7 + 25.0**7)))
    c1, c2 = np.hypot(stretch * a1, b1), np.hypot(stretch * a2, b2)
    h1, h2 = (np.degrees(np.arctan2(b, stretch * a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    grey = c1 * c2 == 0
    turn = np.where(grey, 0, (h2 - h1 + 180) % 360 - 180)
    turn = np.where((h2 - h1 == 180) & ~grey, 180, turn)
    dl, dc, dh = l2 - l1, c2 - c1, 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn) / 2)
    mean_l, mean_c = (l1 + l2) / 2, (c1 + c2) / 2
    far = np.abs(h1 - h2) > 180
    mean_h = np.where(grey, h1 + h2, (h1 + h2 + np.where(far, np.where(h1 + h2 < 360, 360, -360), 0)) / 2)
    hue = np.radians(mean_h)
    t = (
        1
        - 0.17 * np.cos(hue - np.radians(30))
        + 0.24 * np.cos(2 * hue)
        + 0.32 * np.cos(3 * hue + np.radians(6))
        - 0.20 * np.cos(4 * hue - np.radians(63))
    )
    sl = 1 + 0.015 * (mean_l - 50) ** 2 / np.sqrt(20 + (mean_l - 50) ** 2)
    sc, sh = 1 + 0.045 * mean_c, 1 + 0.015 * mean_c * t
    c7 = mean_c**7
    rotation = -2 * np.sqrt(c7 / (c7 + 25.0**7)) * np.sin(np.radians(60 * np.exp(-(((mean_h - 275) / 25) ** 2))))
    squares = (dl / sl) ** 2 + (dc / sc) ** 2 + (dh / sh) ** 2 + rotation * dc / sc * dh / sh
    return np.sqrt(np.maximum(squares, 0))


def verbatim_share(
    made: Image, swatch: Image, rng: np.random.Generator, side: int = 24, samples: int = 64, alike: float = 0.012
) -> float:
    """Which share of a texture's patches stands in its swatch as it is: within `alike` rms of sRGB.

    samples patches of `side` pixels, strewn by lot; each is compared with every place of the swatch.
    """
    height, width = swatch.shape[:2]
    shape = (height + side, width + side)
    spectra = [np.fft.rfft2(swatch[..., k], shape) for k in range(3)]
    squares = np.fft.rfft2((swatch.astype(np.float64) ** 2).sum(-1), shape)
    ones = np.conj(np.fft.rfft2(np.ones((side, side)), shape))
    own = np.fft.irfft2(squares * ones, shape)[: height - side + 1, : width - side + 1]
    copied = 0
    for _ in range(samples):
        i, j = (int(rng.integers(n - side + 1)) for n in made.shape[:2])
        patch = made[i : i + side, j : j + side].astype(np.float64)
        cross = sum(spectra[k] * np.conj(np.fft.rfft2(patch[..., k], shape)) for k in range(3))
        against = np.fft.irfft2(cross, shape)[: height - side + 1, : width - side + 1]
        nearest = float((own - 2 * against).min() + (patch**2).sum())
        copied += nearest < alike**2 * 3 * side * side
    return copied / samples


def patch_distance(made: Image, swatch: Image, rng: np.random.Generator, levels: int = 3, samples: int = 4096) -> float:
    """Sliced Wasserstein distance of 7 × 7 patches, mean over a pyramid's levels, in spreads of the swatch's patches.

    T. Karras et al., Progressive Growing of GANs, ICLR 2018, sec. 5, with plain means of 2 × 2 pixels for its pyramid.
    """
    distances: list[float] = []
    for _ in range(levels):
        if min(*made.shape[:2], *swatch.shape[:2]) < 14:
            break
        own, other = (_patches(image, samples, rng) for image in (made, swatch))
        directions = rng.standard_normal((own.shape[1], 128))
        directions /= np.linalg.norm(directions, axis=0)
        own_seen, other_seen = (np.sort(patches @ directions, axis=0) for patches in (own, other))
        distances.append(float(np.abs(own_seen - other_seen).mean() / max(float(other_seen.std(0).mean()), 1e-6)))
        made, swatch = _halved(made), _halved(swatch)
    return float(np.mean(distances))


def _patches(image: Image, samples: int, rng: np.random.Generator, side: int = 7) -> Reals:
    rows, columns = (rng.integers(n - side + 1, size=samples) for n in image.shape[:2])
    step = np.arange(side)
    patches = image[(rows[:, None] + step)[:, :, None], (columns[:, None] + step)[:, None, :]]
    return patches.reshape(samples, -1).astype(np.float64)


def _halved(image: Image) -> Image:
    rows, columns = (n // 2 * 2 for n in image.shape[:2])
    return image[:rows, :columns].reshape(rows // 2, 2, columns // 2, 2, 3).mean((1, 3))
