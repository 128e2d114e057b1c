# SPDX-License-Identifier: GPL-3.0-or-later
"""Yarns: what they weigh, how thick they are, and how the twisted fibres at their surface look."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]
Reals = NDArray[np.floating[Any]]  # float32 over a whole tile, float64 along one yarn

FIBRE_BINS = 24  # fibre bundles round a yarn's circumference: about what a loupe resolves on a 20 tex spun yarn
FIBRE_COHERENCE = 1.2e-3  # metres a fibre stays at the surface before it migrates inwards (Hearle, 1965: millimetres)
FIBRE_STEP = FIBRE_COHERENCE / 40  # metres between two samples of it along the yarn
SLUB = (6e-3, 30e-3)  # metres from the shortest to the longest thick place of a slub yarn
PLY_GROOVE = 0.14  # depth of the groove between two plies, in yarn diameters


@dataclass(frozen=True)
class Yarn:
    """One yarn as the loom or the needle gets it.

    linear_density kg/m (1 tex = 1e-6) · fibre_density kg/m³ · packing fibre volume / yarn volume ·
    flattening height / width of its elliptic section in the cloth · colour sRGB in 0…1 · twist turns/m, Z positive ·
    irregularity coefficient of variation of its diameter · shade coefficient of variation of its fibres' colour ·
    hairiness protruding hairs per metre · roughness of its surface, microfacet, 0…1 · ply: how many singles are twisted
    together, at ply_twist turns/m · slubs: thick places per metre
    """

    linear_density: float
    fibre_density: float
    packing: float
    flattening: float
    colour: tuple[float, float, float]
    twist: float
    irregularity: float
    shade: float
    hairiness: float
    roughness: float
    ply: int = 1
    ply_twist: float = 0.0
    slubs: float = 0.0

    def __post_init__(self) -> None:
        positive = (self.linear_density, self.fibre_density, self.packing, self.flattening)
        spreads = (self.irregularity, self.shade, self.hairiness, self.roughness, self.slubs, *self.colour)
        if not all(math.isfinite(value) and value > 0 for value in positive) or self.packing > 1 or self.flattening > 1:
            raise ValueError("A yarn needs a positive weight, fibre density, packing and flattening, the last two ≤ 1.")
        if not all(math.isfinite(value) and value >= 0 for value in spreads):
            raise ValueError("A yarn's colour, roughness, hairs, slubs and variations are finite and not negative.")
        if not math.isfinite(self.twist + self.ply_twist) or not 1 <= self.ply <= 12:
            raise ValueError("A yarn has finite twists and 1 to 12 plies.")
        if self.irregularity > 0.4:
            raise ValueError("A yarn whose diameter varies by more than 40 % is no yarn: give an irregularity ≤ 0.4.")

    @property
    def diameter(self) -> float:
        """Diameter in metres of the round yarn of that weight: d = √(4 µ / π ρ φ) (Peirce 1937)."""
        return math.sqrt(4 * self.linear_density / (math.pi * self.fibre_density * self.packing))

    @property
    def width(self) -> float:
        """Width of the section in the cloth; flattening keeps its area."""
        return self.diameter / math.sqrt(self.flattening)

    @property
    def height(self) -> float:
        """Height of the section in the cloth."""
        return self.diameter * math.sqrt(self.flattening)


def smooth_along(noise: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """Noise blurred by a Gaussian along its last axis, periodically, and scaled back to unit variance.

    noise (…, n); sigma in samples.
    """
    n = noise.shape[-1]
    gain = np.exp(-2 * (np.pi * sigma * np.fft.fftfreq(n)) ** 2)
    return filtered(noise.reshape(-1, n), gain / math.sqrt(np.mean(gain**2))).reshape(noise.shape)


def filtered(lines: NDArray[np.float32], gain: NDArray[np.float64]) -> NDArray[np.float32]:
    """Periodic lines (m, n) whose frequencies, in the order of `np.fft.fftfreq`, are multiplied by gain (n,), even.

    Such a filter keeps real and imaginary parts apart, so that two lines are filtered as one of complex numbers: by
    NumPy in half the time of a transform for real ones.
    """
    half = (len(lines) + 1) // 2
    pairs = np.zeros((half, lines.shape[1]), np.complex64)
    pairs.real = lines[:half]
    pairs.imag[: len(lines) - half] = lines[half:]
    spectrum = np.fft.fft(pairs)
    spectrum *= gain
    pairs = np.fft.ifft(spectrum)
    soft = np.empty(lines.shape, np.float32)
    soft[:half], soft[half:] = pairs.real, pairs.imag[: len(lines) - half]
    return soft


def unevenness(rng: np.random.Generator, count: int, samples: int, length: float, reach: float) -> Image:
    """Unit-variance, periodic wander of yarns `length` metres long, correlated over `reach`: (count, samples)."""
    noise = rng.standard_normal((count, samples), dtype=np.float32)
    return drawn_apart(smooth_along(noise, max(reach / length * samples, 0.5)))


def drawn_apart(values: Image) -> Image:
    """Unit-variance values (yarns, …) set off from their neighbours' mean, so that slow waves across yarns vanish.

    A slow wave is no fault of one tile, but repeated over a garment it shows as a grid.
    """
    return (values - 0.5 * (np.roll(values, 1, 0) + np.roll(values, -1, 0))) / np.float32(math.sqrt(1.5))


def slubs(rng: np.random.Generator, yarn: Yarn, count: int, samples: int, length: float) -> Image:
    """How much thicker `count` yarns of `length` metres are where they slub: (count, samples), periodic, else 0."""
    thicker = np.zeros((count, samples), np.float32)
    many = rng.poisson(yarn.slubs * length * count)
    place = np.arange(samples) / samples * length
    for number, middle, size, swell in zip(
        rng.integers(count, size=many),
        rng.random(many) * length,
        rng.uniform(*SLUB, many),
        rng.uniform(0.4, 1.0, many),
        strict=True,
    ):
        off = np.abs((place - middle + length / 2) % length - length / 2) / (min(size, length) / 2)
        thicker[number] += (swell * np.cos(np.pi / 2 * np.minimum(off, 1)) ** 2).astype(np.float32)
    return thicker


@dataclass(frozen=True)
class Fibres:
    """The surface of `count` yarns: unit-variance noise lying along the fibres' helices, and the grooves between plies.

    noise (count, FIBRE_BINS, samples); turns of twist and of ply_twist along the tile, whole, so that it closes.
    """

    noise: Image
    turns: int
    ply: int
    ply_turns: int

    def at(self, yarn: NDArray[np.intp], angle: Image, along: Image) -> Image:
        """The noise where yarn number `yarn` is seen at `angle` round its axis (radians, 0 = top), `along` in 0…1.

        A fibre that lies at angle a where the tile begins lies at a + 2π·turns·along further on.
        """
        _, bins, samples = self.noise.shape
        place = angle * np.float32(1 / (2 * np.pi)) - np.float32(self.turns) * along
        place -= np.floor(place)
        place *= np.float32(bins)
        low = place.astype(np.int32)
        share = place - low.astype(np.float32)
        low *= low < bins  # a place may be rounded up to the last bin's end
        high = low + 1
        high *= high < bins
        start = yarn * (bins * samples) + (along * np.float32(samples)).astype(np.int32) % samples
        flat = self.noise.reshape(-1)
        below, above = (np.take(flat, start + row * samples) for row in (low, high))
        # Between two bins the variance of the mean falls to a half; dividing by its root keeps the surface lively.
        return (below + share * (above - below)) / np.sqrt(1 - 2 * share * (1 - share))

    def nearest(self, yarn: NDArray[np.intp], angle: Image, along: Image) -> Image:
        """The noise of the fibre nearest to each place: as `at`, which reads between two, in half the time."""
        _, bins, samples = self.noise.shape
        place = angle * np.float32(bins / (2 * np.pi)) - np.float32(self.turns * bins) * along
        row = np.rint(place, out=place).astype(np.int32) % bins + (yarn * bins).astype(np.int32)
        return self.noise.reshape(-1)[row * samples + (along * np.float32(samples)).astype(np.int32)]

    def groove(self, angle: Image, along: Image) -> Image | None:
        """How deep in a groove between two plies a place lies, 0 on a ply's back … 1; None for a singles yarn."""
        if self.ply == 1:
            return None
        seen: Image = np.cos(np.float32(self.ply / 2) * (angle - np.float32(2 * np.pi * self.ply_turns) * along))
        return np.float32(1) - np.abs(seen)


def fibres(rng: np.random.Generator, yarn: Yarn, count: int, pixels: int, length: float, hand: int = 1) -> Fibres:
    """Draw the surface of `count` yarns of `length` metres, seen on `pixels`; hand −1 for a mirrored image."""
    samples = max(min(pixels, math.ceil(length / FIBRE_STEP)), 8)
    noise = np.empty((count, FIBRE_BINS, samples), np.float32)
    for one in noise:  # one yarn at a time: a tartan's thousand would fill the memory twice over
        one[:] = smooth_along(rng.standard_normal(one.shape, dtype=np.float32), FIBRE_COHERENCE / length * samples)
    return Fibres(noise, hand * round(yarn.twist * length), yarn.ply, hand * round(yarn.ply_twist * length))
