# SPDX-License-Identifier: GPL-3.0-or-later
"""What the generator is told of a weave: who lies over whom around each pixel, where in its thread it is, the yarns.

Colours are no part of it: the generator says which thread is seen, how much of it and how lit, and the threads' colours
are laid on afterwards. So it cannot mistake a colour, and a recoloured cloth keeps every fibre.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..maps import decode_srgb
from ..weave import WeaveRecipe, centre_line
from ..yarn import Image, Yarn, unevenness

FINEST, COARSEST = 4.5, 20.0  # pixels from one thread to the next: what the generator is trained on
_AROUND = (  # other crossings that bend the threads under a pixel, (picks up, ends right)
    *((up, right) for up in (-1, 0, 1) for right in (-1, 0, 1) if (up, right) != (0, 0)),
    *((-2, 0), (2, 0), (0, -2), (0, 2)),
)
_WANDER, _DYE = 6e-3, 4e-3  # metres over which a thread's thickness and dye change
GEOMETRY = 1 + 4 + 2  # of which: the own crossing, the place in both threads, both threads' heights
SPATIAL = GEOMETRY + len(_AROUND) + 4 + 4 + 2  # channels of Conditions.band: and crossings, plies, threads, grain
YARN_NUMBERS = 9
FABRIC = 2 * YARN_NUMBERS + 3  # length of Conditions.fabric
THREADS_SEEN = 6  # end to the left, own end, end to the right; pick below, own, above


class ScaleRefused(ValueError):
    """A tile drawn so small or so large that its threads are finer or coarser than the generator has learnt."""


@dataclass(frozen=True)
class Conditions:
    """A tile's conditions, band by band, so that a large one need not be held at once. Row 0 is the top one.

    shape (rows, columns) pixels · fabric (FABRIC,) float32: the yarns in numbers about −1…1
    """

    shape: tuple[int, int]
    fabric: Image
    crossings: Image  # (picks, ends) ±1, first pick first
    colours: tuple[Image, Image]  # (ends, 3) and (picks, 3) linear RGB
    axes: tuple[Image, Image]  # (ends, rows) and (picks, columns): height of the threads' axes, in thicknesses
    sections: tuple[
        tuple[float, float], tuple[float, float]
    ]  # warp's and weft's width / place, half height / thickness
    plies: tuple[float, float]  # cycles of the groove between plies along an end, along a pick; 0 for singles
    threads: Image  # (2, ends, rows): thickness and dye along each end, unit variance
    across: Image  # (2, picks, columns): the same along each pick
    grain: Image  # (2, rows, columns) white noise: what fibres there are

    def band(self, rows: NDArray[np.intp]) -> tuple[Image, Image]:
        """The conditions of some rows: (SPATIAL, r, columns) float32, and the threads' colours (THREADS_SEEN, 3, r, c).

        Rows wrap round the tile.
        """
        height, width = self.shape
        picks, ends = self.crossings.shape
        rows = rows % height
        v = (height - 1 - rows + 0.5) / height * picks
        u = (np.arange(width) + 0.5) / width * ends
        pick, end = np.floor(v).astype(np.intp), np.floor(u).astype(np.intp)
        spatial = np.empty((SPATIAL, len(rows), width), np.float32)
        crossings = self.crossings[:, end]  # a thread is many pixels wide: columns are laid out once, then rows copied
        np.take(crossings, pick, 0, spatial[0])
        across, up = 2 * (u - end) - 1, 2 * (v - pick)[:, None] - 1
        spatial[1], spatial[2], spatial[3], spatial[4] = across, up, across**2, up**2
        spatial[5] = _surface(self.axes[0][end][:, rows].T, across[None, :], self.sections[0])
        spatial[6] = _surface(self.axes[1][pick], up, self.sections[1])
        for k, (higher, right) in enumerate(_AROUND):
            beside = crossings if right == 0 else self.crossings[:, (end + right) % ends]
            np.take(beside, (pick + higher) % picks, 0, spatial[GEOMETRY + k])
        rest = spatial[GEOMETRY + len(_AROUND) :]
        for k, (cycles, place) in enumerate(zip(self.plies, ((v / picks)[:, None], (u / ends)[None, :]), strict=True)):
            turn = 2 * np.pi * cycles * place
            rest[2 * k] = np.cos(turn) if cycles else 0
            rest[1 + 2 * k] = np.sin(turn) if cycles else 0
        rest[4:6] = self.threads[:, end][:, :, rows].swapaxes(1, 2)
        rest[6:8] = self.across[:, pick]
        rest[8:10] = self.grain[:, rows]
        warp, weft = self.colours
        colours = np.empty((THREADS_SEEN, 3, len(rows), width), np.float32)
        for k, step in enumerate((-1, 0, 1)):
            colours[k] = warp[(end + step) % ends].T[:, None, :]
            colours[3 + k] = weft[(pick + step) % picks].T[:, :, None]
        return spatial, colours

    def rolled(self, down: int, right: int) -> tuple[Image, Image]:
        """The whole tile's conditions rolled by pixels."""
        spatial, colours = self.band(np.arange(self.shape[0]))
        return np.roll(spatial, (down, right), (-2, -1)), np.roll(colours, (down, right), (-2, -1))


def conditions(recipe: WeaveRecipe, shape: tuple[int, int], rng: np.random.Generator) -> Conditions:
    """The conditions of a recipe's tile on (rows, columns) pixels.

    Raises ScaleRefused where a thread would be finer than FINEST or coarser than COARSEST pixels.
    """
    rows, columns = shape
    ends, picks = recipe.counts
    spacing = columns / ends, rows / picks
    if min(spacing) < FINEST or max(spacing) > COARSEST:
        raise ScaleRefused(
            f"{columns} × {rows} pixels give a thread {min(spacing):.1f} to {max(spacing):.1f} of them; the generator "
            f"has learnt {FINEST:g} to {COARSEST:g}: ask for another number of pixels, or another size of tile."
        )
    width, length = recipe.size_m
    told = recipe.crossings
    up = np.where(told.interlacement, 1.0, -1.0)
    v, u = (rows - 0.5 - np.arange(rows)) / rows * picks, (np.arange(columns) + 0.5) / columns * ends
    warp, weft = (amplitude / recipe.thickness for amplitude in recipe.amplitudes)
    return Conditions(
        shape=shape,
        fabric=_fabric_numbers(recipe, spacing),
        crossings=up.astype(np.float32),
        colours=(decode_srgb(told.warp_colours), decode_srgb(told.weft_colours)),
        axes=((warp * centre_line(up.T, v)).astype(np.float32), (weft * centre_line(-up, u)).astype(np.float32)),
        sections=(
            (recipe.warp.width * recipe.ends, recipe.warp.height / recipe.thickness / 2),
            (recipe.weft.width * recipe.picks, recipe.weft.height / recipe.thickness / 2),
        ),
        plies=(_plies(recipe.warp, length), -_plies(recipe.weft, width)),
        threads=np.stack([unevenness(rng, ends, rows, length, reach) for reach in (_WANDER, _DYE)]),
        across=np.stack([unevenness(rng, picks, columns, width, reach) for reach in (_WANDER, _DYE)]),
        grain=rng.standard_normal((2, rows, columns), dtype=np.float32),
    )


def _surface(axis: Image, off: NDArray[np.float64], section: tuple[float, float]) -> Image:
    """Height of even threads of elliptic section, in thicknesses: −1 where none lies; off −1…1 across its place."""
    width, half_height = section
    inside = (1 - (off / width) ** 2).astype(np.float32)
    return np.where(inside > 0, axis + np.float32(half_height) * np.sqrt(np.maximum(inside, 0)), np.float32(-1))


def _plies(yarn: Yarn, length: float) -> float:
    return 0.0 if yarn.ply == 1 else float(yarn.ply * round(yarn.ply_twist * length))


def _fabric_numbers(recipe: WeaveRecipe, spacing: tuple[float, float]) -> Image:
    pixel = recipe.size_m[0] / recipe.counts[0] / spacing[0]
    numbers: list[float] = []
    for yarn, sett, step, hand in (
        (recipe.warp, recipe.ends, spacing[0], 1),
        (recipe.weft, recipe.picks, spacing[1], -1),
    ):
        numbers += [
            2 * (yarn.width * sett - 1),
            3 * (yarn.height / recipe.thickness - 0.4),
            math.log(step / 10),
            hand * math.pi * yarn.diameter * yarn.twist,
            8 * (yarn.irregularity - 0.08),
            16 * (yarn.shade - 0.04),
            yarn.hairiness / 500 - 1,
            3 * (yarn.roughness - 0.65),
            float(yarn.ply > 1),
        ]
    gaps = max(1 - recipe.warp.width * recipe.ends, 0) * max(1 - recipe.weft.width * recipe.picks, 0)
    numbers += [2 * recipe.crimp_share - 1, math.log(recipe.thickness / pixel / 10), 8 * gaps]
    return np.array(numbers, np.float32)
