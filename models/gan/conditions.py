# SPDX-License-Identifier: GPL-3.0-or-later
"""What the generator is told of a weave: who lies over whom around each pixel, where in its thread it is, the yarns.

Each end and pick is told with its own faults, as the simulator lays it: how thick, how far off its place, how dyed,
how its fibres lie. Colours are no part of it: the generator says which thread is seen, how much of it and how lit, and
the threads' colours are laid on afterwards. So it cannot mistake a colour, and a recoloured cloth keeps every fibre.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..maps import decode_srgb
from ..weave import Beam, WeaveRecipe, beams
from ..yarn import Image, Yarn

FINEST, COARSEST = 4.5, 20.0  # pixels from one thread to the next: what the generator is trained on
_AROUND = (  # other crossings that bend the threads under a pixel, (picks up, ends right)
    *((up, right) for up in (-1, 0, 1) for right in (-1, 0, 1) if (up, right) != (0, 0)),
    *((-2, 0), (2, 0), (0, -2), (0, 2)),
)
_FAULT = 10.0  # what tells how much thicker, or darker, a thread is than its like
GEOMETRY = 1 + 4 + 2  # of which: the own crossing, the place in both threads, both threads' heights
SPATIAL = GEOMETRY + len(_AROUND) + 4 + 4 + 2 + 2  # channels of Conditions.band: and plies, faults, fibres, grain
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
    warp: Beam
    weft: Beam
    thickness: float
    plies: tuple[float, float]  # cycles of the groove between plies along an end, along a pick; 0 for singles
    grain: Image  # (2, rows, columns) white noise: what no thread's fault says, such as hairs

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
        seen = (
            self.warp.seen(height - 1 - rows, end, across),  # a beam's first sample lies at the bottom
            tuple(part.T for part in self.weft.seen(np.arange(width), pick, up[:, 0])),
        )
        for k, (lies, _, _, _) in enumerate(seen):
            np.multiply(lies, np.float32(1 / self.thickness), out=spatial[5 + k])
            np.maximum(spatial[5 + k], -1, out=spatial[5 + k])
        for k, (higher, right) in enumerate(_AROUND):
            beside = crossings if right == 0 else self.crossings[:, (end + right) % ends]
            np.take(beside, (pick + higher) % picks, 0, spatial[GEOMETRY + k])
        rest = spatial[GEOMETRY + len(_AROUND) :]
        for k, (cycles, place) in enumerate(zip(self.plies, ((v / picks)[:, None], (u / ends)[None, :]), strict=True)):
            turn = 2 * np.pi * cycles * place
            rest[2 * k] = np.cos(turn) if cycles else 0
            rest[1 + 2 * k] = np.sin(turn) if cycles else 0
        for k, (_, thick, dye, fibre) in enumerate(seen):
            rest[4 + 2 * k], rest[5 + 2 * k], rest[8 + k] = thick, dye, fibre
        rest[4:8] -= 1
        rest[4:8] *= np.float32(_FAULT)
        rest[10:12] = self.grain[:, rows]
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
    """The conditions of a recipe's tile on (rows, columns) pixels: its yarns are those that `weave_relief` would lay.

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
    warp, weft = beams(recipe, shape, rng)
    return Conditions(
        shape=shape,
        fabric=_fabric_numbers(recipe, spacing),
        crossings=np.where(told.interlacement, 1, -1).astype(np.float32),
        colours=(decode_srgb(told.warp_colours), decode_srgb(told.weft_colours)),
        warp=warp,
        weft=weft,
        thickness=recipe.thickness,
        plies=(_plies(recipe.warp, length), -_plies(recipe.weft, width)),
        grain=rng.standard_normal((2, rows, columns), dtype=np.float32),
    )


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
