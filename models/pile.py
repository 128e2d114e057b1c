# SPDX-License-Identifier: GPL-3.0-or-later
"""Pile in arrays: tufts standing on a ground (velvet, corduroy, fleece) or loops (terry) → height, colour, roughness.

Each tuft is an arch over the ground: a bow of yarn from its foot to where it comes down again. Cut pile has no span and
shows its fibres' tips; a terry loop lies over. Tufts stand on a jittered lattice, in cords where `cords` says so.
"""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .drafts import LARGEST
from .maps import Relief, Structure, blurred, decode_srgb
from .yarn import Image, Yarn


@dataclass(frozen=True)
class PileRecipe:
    """A pile cloth, seen from its pile side.

    across and along: tufts per metre · depth of the pile, m · span: how far a loop reaches over the ground, m; 0 is cut
    pile · lean: how far tips lie off their feet along the warp, in depths · disorder of feet and directions, 0…1 ·
    cords per metre across; 0 where pile stands everywhere · yarn of the pile, as it blooms · ground_mass kg/m² and
    ground_thickness m of what it stands on · tile: about how large the seamless tile shall be, m
    """

    across: float
    along: float
    depth: float
    span: float
    lean: float
    disorder: float
    cords: float
    yarn: Yarn
    ground_mass: float
    ground_thickness: float
    tile: float

    def __post_init__(self) -> None:
        positive = (self.across, self.along, self.depth, self.tile)
        if not all(math.isfinite(value) and value > 0 for value in positive):
            raise ValueError("A pile needs positive tufts per metre, depth and tile.")
        others = (self.span, self.cords, self.ground_mass, self.ground_thickness)
        if not all(math.isfinite(value) and value >= 0 for value in others) or not abs(self.lean) <= 3:
            raise ValueError("A pile's span, cords and ground are 0 or more, and it leans by 3 depths at most.")
        if not 0 <= self.disorder <= 1:
            raise ValueError(f"disorder is 0 to 1, not {self.disorder:g}.")
        if self.span > (longest := _REACH / max(self.across, self.along)):
            raise ValueError(f"A loop reaches over {_REACH:g} tufts at most, here {longest:g} m.")
        if max(self.counts) > LARGEST:
            raise ValueError(f"A tile of {self.counts[0]} × {self.counts[1]} tufts is more than {LARGEST}.")

    @property
    def counts(self) -> tuple[int, int]:
        """(across, along) tufts in the tile, whole cords."""
        cords = max(round(self.cords * self.tile), 1) if self.cords else 1
        each = max(round(self.across * self.tile / cords), 2)
        return cords * each, max(round(self.along * self.tile), 2)

    @property
    def size_m(self) -> tuple[float, float]:
        """(width, height) of the tile in metres: of whole cords, and else of whole tufts."""
        width = max(round(self.cords * self.tile), 1) / self.cords if self.cords else self.counts[0] / self.across
        return width, self.counts[1] / self.along

    @property
    def repeat(self) -> tuple[int, int]:
        """Tufts after which the cloth begins anew, across and along."""
        return self.counts[0] // max(round(self.cords * self.tile), 1) if self.cords else 1, 1

    @property
    def thickness(self) -> float:
        """Thickness in metres: the pile and its ground."""
        return self.depth + self.ground_thickness

    @property
    def mass(self) -> float:
        """Kg/m²: the ground, and each tuft's yarn up and down again."""
        length = math.hypot(2 * self.depth, self.span)
        return self.ground_mass + self.across * self.along * length * self.yarn.linear_density

    @property
    def crossings(self) -> Structure:
        """Each tuft shows the pile's yarn."""
        across, along = self.counts
        colour = np.asarray(self.yarn.colour, np.float32)
        return Structure(np.ones((along, across), bool), np.tile(colour, (across, 1)), np.tile(colour, (along, 1)))


_REACH = 2.0  # tufts over which a loop may reach, for a pixel asks those about it
_AT_ONCE = 1 << 17  # pixels, whose numbers a processor keeps near
_GROUND = 0.55  # how bright the ground is between tufts, in the shade of the pile


def pile_relief(recipe: PileRecipe, shape: tuple[int, int], rng: np.random.Generator) -> Relief:
    """Stand the tufts on a tile of (rows, columns) pixels: of those about a pixel, the highest is seen."""
    rows, columns = shape
    across, along = recipe.counts
    width, length = recipe.size_m
    pitch = np.array([width / across, length / along], np.float32)
    yarn = recipe.yarn
    tufts = _stand(recipe, rng)
    leaning = abs(recipe.lean) * recipe.depth / 2
    reach = math.ceil((recipe.span + leaning + yarn.width / 2) / float(pitch.min()) + recipe.disorder / 2 - 0.5)
    fuzz = blurred(rng.standard_normal(shape, dtype=np.float32), (width / columns, length / rows), 20e-6)
    fuzz /= fuzz.std()
    ground = np.float32(-0.5 * recipe.depth)
    height, shade = np.empty(shape, np.float32), np.empty(shape, np.float32)
    (i0, up), (j0, right) = (_cells(places, many) for places, many in ((rows, along), (columns, across)))
    half = np.float32(0.5 * yarn.width)
    for i, here in _runs(i0, max(_AT_ONCE // columns, 1)):
        best = np.full((here.stop - here.start, columns), ground, np.float32)
        tone = np.full_like(best, _GROUND)
        higher = (up[here] - up[here.start]) * pitch[1]
        for di in range(-reach, reach + 1):
            for dj in range(-reach, reach + 1):
                cell = (i + di) % along * across + (j0 + dj) % across
                x = (right - np.float32(dj) - np.take(tufts[0], cell)) * pitch[0]
                y = (up[here.start] - np.float32(di) - np.take(tufts[1], cell)) * pitch[1]  # of the lowest pixel
                span_u, span_v = (np.take(tufts[k], cell) for k in (2, 3))
                near = np.flatnonzero(
                    (x > np.minimum(span_u, 0) - half)
                    & (x < np.maximum(span_u, 0) + half)
                    & (y + higher[-1] > np.minimum(span_v, 0) - half)
                    & (y < np.maximum(span_v, 0) + half)
                )
                if not len(near):
                    continue
                top, colour = (np.take(tufts[k], cell[near]) for k in (4, 5))
                z = _arched(x[near], y[near] + higher[:, None], span_u[near], span_v[near], top, yarn)
                z += ground
                before = best[:, near]
                seen = z > before
                best[:, near] = np.where(seen, z, before)
                tone[:, near] = np.where(seen, colour, tone[:, near])
        height[here], shade[here] = best, tone
    grain = 0.25 if recipe.span == 0 else 0.10  # cut pile shows fibres' tips, loops their sides
    height += np.float32(grain * 30e-6) * fuzz
    shade *= 1 + np.float32(0.5 * grain) * np.clip(fuzz, -2.5, 2.5)
    colour = decode_srgb(yarn.colour) * np.clip(shade, 0.1, 2)[..., None]
    return Relief(
        height=height,
        colour=colour.astype(np.float32),
        roughness=np.full(shape, yarn.roughness, np.float32),
        cover=np.ones(shape, np.float32),
        warp_cover=1.0,
        thickness=recipe.thickness,
        yarn_width=max(yarn.width, 0.4 * recipe.depth),
        hairs=round(across * along * math.hypot(2 * recipe.depth, recipe.span) * yarn.hairiness),
        size_m=recipe.size_m,
        threads=recipe.counts,
        repeats=(across // recipe.repeat[0], along),
    )


def _arched(x: Image, y: Image, span_u: Image, span_v: Image, top: Image, yarn: Yarn) -> Image:
    """Height above the ground, m, of tufts (n,) at places x (n,), y (m, n) metres from their feet: (m, n).

    It is minus infinity where a tuft does not reach.
    """
    span2 = span_u * span_u + span_v * span_v
    loop = span2 > 1e-12  # else it is cut, and stands as high as it can
    share = y * (span_v / np.where(loop, span2, 1))
    share += x * span_u / np.where(loop, span2, 1)
    np.clip(share, 0, 1, out=share)
    off_u, off_v = x - share * span_u, y - share * span_v
    inside = np.float32(1) - (off_u * off_u + off_v * off_v) / np.float32(0.25 * yarn.width**2)
    bow = np.where(loop, 4 * share * (1 - share), np.float32(1))
    height = top * (np.float32(0.25) + np.float32(0.75) * bow)
    height += np.float32(0.5 * yarn.height) * (np.sqrt(np.maximum(inside, 0)) - 1)
    return np.where(inside > 0, height, -np.inf)


def _cells(places: int, many: int) -> tuple[NDArray[np.intp], Image]:
    """Of each of the pixels along a side with so many cells, the cell it is in and where in it, 0…1."""
    at = (np.arange(places) + 0.5) / places * many
    cell = np.floor(at).astype(np.intp)
    return cell, (at - cell).astype(np.float32)


def _runs(cell: NDArray[np.intp], most: int) -> Iterator[tuple[int, slice]]:
    """The cells that pixels are in, each with its run of them, or with pieces of it of at `most` so many."""
    starts = np.flatnonzero(np.diff(cell, prepend=-1))
    for start, stop in itertools.pairwise((*starts.tolist(), len(cell))):
        for first in range(start, stop, most):
            yield int(cell[start]), slice(first, min(first + most, stop))


def _stand(recipe: PileRecipe, rng: np.random.Generator) -> tuple[Image, ...]:
    """Each tuft's foot in its cell (0…1), span (metres right, up), height above the ground and tone: flat arrays."""
    across, along = recipe.counts
    n = across * along
    foot = 0.5 + recipe.disorder * rng.uniform(-0.5, 0.5, (2, n))
    turn = math.pi * recipe.disorder * rng.uniform(-1, 1, n) + math.pi / 2
    span = recipe.span * np.stack([np.cos(turn), np.sin(turn)]) * rng.uniform(0.8, 1.2, n)
    top = recipe.depth * (1 + recipe.yarn.irregularity * rng.standard_normal(n).clip(-2.5, 2.5))
    tone = 1 + recipe.yarn.shade * rng.standard_normal(n).clip(-2.5, 2.5)
    if recipe.cords:
        place = (np.arange(across) % recipe.repeat[0] + 0.5) / recipe.repeat[0] * 2 - 1  # −1…1 over each cord
        profile = np.sqrt(np.maximum(1 - (place / 0.86) ** 2, 0))
        top *= np.tile(profile, along)
        tone *= np.tile(0.55 + 0.45 * profile, along)
    foot[1] += recipe.lean * top / recipe.size_m[1] * along * 0.5
    return tuple(part.astype(np.float32) for part in (*foot, *span, top, tone))
