# SPDX-License-Identifier: GPL-3.0-or-later
"""Net in arrays: strands along the sides of hexagons (tulle, mesh), and toilé in some of the meshes (lace).

A mesh is the ground of all places nearer to its middle than to another's, once the net is stretched until its hexagons
are regular; strands run where two middles are equally far. Toilé is the close part of a lace, the cordonnet the cord
around it.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .drafts import LARGEST
from .maps import Relief, Structure, bands, blurred, decode_srgb
from .yarn import PLY_GROOVE, Image, Yarn

_CLOSE = 1.15  # places that toilé's threads lie apart, in their widths
_ROUND = math.sqrt(3) / 2  # rows of meshes that are as far apart as meshes in a row are from each other


@dataclass(frozen=True)
class NetRecipe:
    """A net of hexagons.

    across and along: meshes a metre in a row, and rows a metre · yarn of its strands, as they lie twisted together ·
    cordonnet: how much thicker the strand around toilé is · tile: about how large the seamless tile shall be, m ·
    figure (rows, meshes) of “x” where a mesh is filled with toilé, the last row first, as drafts are written; one
    empty mesh for a plain net. Every second row stands half a mesh to the right.
    """

    across: float
    along: float
    yarn: Yarn
    tile: float
    cordonnet: float = 1.0
    figure: tuple[str, ...] = (".",)

    def __post_init__(self) -> None:
        if not all(math.isfinite(value) and value > 0 for value in (self.across, self.along, self.tile)):
            raise ValueError("A net needs positive meshes and rows a metre and a positive tile.")
        if not 1 <= self.cordonnet <= 4:
            raise ValueError(f"A cordonnet is 1 to 4 times as thick as a strand, not {self.cordonnet:g}.")
        widths = {len(row) for row in self.figure}
        if len(widths) != 1 or widths == {0} or set("".join(self.figure)) - {"x", "."}:
            raise ValueError("A lace's figure is rows of x and . of one length, such as “.x. xxx .x.”.")
        if self.yarn.width * self.cordonnet > 0.8 * min(1 / self.across, 1 / self.along):
            raise ValueError("The strands close the meshes: give a finer yarn, or fewer meshes a metre.")
        if max(self.counts) > LARGEST:
            raise ValueError(f"A tile of {self.counts[0]} × {self.counts[1]} meshes is more than {LARGEST}.")

    @property
    def repeat(self) -> tuple[int, int]:
        """Meshes and rows after which the figure and the rows' half step begin anew."""
        return len(self.figure[0]), math.lcm(2, len(self.figure))

    @property
    def counts(self) -> tuple[int, int]:
        """(meshes, rows) in the tile: whole repeats."""
        setts = zip((self.across, self.along), self.repeat, strict=True)
        across, up = (repeat * max(round(sett * self.tile / repeat), 1) for sett, repeat in setts)
        return across, up

    @property
    def size_m(self) -> tuple[float, float]:
        """(width, height) of the tile in metres."""
        return self.counts[0] / self.across, self.counts[1] / self.along

    @property
    def thickness(self) -> float:
        """Thickness in metres: of a strand, or of the cordonnet."""
        return self.yarn.height * (self.cordonnet if self.filled.any() else 1.0)

    @property
    def filled(self) -> NDArray[np.bool_]:
        """Which meshes of the tile are filled with toilé: (rows, meshes), first row first."""
        figure = np.array([[mark == "x" for mark in row] for row in reversed(self.figure)])
        meshes, rows = self.counts
        return np.tile(figure, (rows // figure.shape[0], meshes // figure.shape[1]))

    @property
    def strand(self) -> float:
        """Metres of strand a mesh: one upright side of its hexagon and two slanting ones."""
        side = 2 / (3 * self.along)  # of the upright ones: rows overlap by a half of it
        return side + 2 * math.hypot(0.5 / self.across, side / 2)

    @property
    def lines(self) -> int:
        """Threads of toilé across a row of meshes."""
        return max(round(1 / (self.along * _CLOSE * self.yarn.width)), 1)

    @property
    def mass(self) -> float:
        """Kg/m²: the strands, and toilé's threads where there are some."""
        share = float(self.filled.mean())
        length = self.across * self.along * self.strand + share * self.lines * self.along
        return length * self.yarn.linear_density

    @property
    def crossings(self) -> Structure:
        """Each mesh, filled or not, in the yarn's colour."""
        meshes, rows = self.counts
        colour = np.asarray(self.yarn.colour, np.float32)
        return Structure(self.filled, np.tile(colour, (meshes, 1)), np.tile(colour, (rows, 1)))


def net_relief(recipe: NetRecipe, shape: tuple[int, int], rng: np.random.Generator) -> Relief:
    """Lay the net on a tile of (rows, columns) pixels."""
    rows, columns = shape
    meshes, tiers = recipe.counts
    width, length = recipe.size_m
    yarn, filled = recipe.yarn, recipe.filled
    steps = width / columns, length / rows
    half_width, half_height = 0.5 * yarn.width, 0.5 * yarn.height
    edge = 0.5 * math.hypot(*steps)  # a pixel's half, over which a strand's rim is soft
    floor = np.float32(-0.5 * recipe.thickness)
    grain = blurred(rng.standard_normal(shape, dtype=np.float32), steps, max(20e-6, 0.5 * max(steps)))
    grain /= grain.std()
    height, cover = (np.empty(shape, np.float32) for _ in range(2))
    u = (np.arange(columns) + 0.5) / columns * meshes
    v = (np.arange(rows) + 0.5) / rows * tiers
    for band in bands(rows, columns):
        apart, along, own, other = _nearest(u[None, :], v[band, None], recipe)
        inside, beside = (filled[(at[1] % tiers), (at[0] % meshes)] for at in (own, other))
        thick = np.where(inside != beside, np.float32(recipe.cordonnet), np.float32(1))
        q = apart / (half_width * thick)
        strand = half_height * thick * np.sqrt(np.maximum(1 - q * q, 0))
        if yarn.ply > 1:
            turn = np.pi * (yarn.ply * yarn.ply_twist * along + 0.5 * q)
            strand -= PLY_GROOVE * yarn.diameter * (1 - np.abs(np.cos(turn))) * (q < 1)
        face = np.where(q < 1, strand, floor)
        seen = np.clip(0.5 + (half_width * thick - apart) / (2 * edge), 0, 1)
        row = (v[band, None] * recipe.lines) % 1 - 0.5  # toilé: threads side by side along the row
        across = row * 2 * _CLOSE
        thread = 0.8 * half_height * np.sqrt(np.maximum(1 - across * across, 0))
        face = np.where(inside & (np.abs(across) < 1), np.maximum(face, thread), face)
        spare = (0.5 / _CLOSE - np.abs(row)) / (recipe.lines * recipe.along)  # metres within a thread's rim
        seen = np.where(inside, np.maximum(seen, np.clip(0.5 + spare / (2 * edge), 0, 1)), seen)
        height[band], cover[band] = face, seen
    lies = cover > 0.5
    height += np.float32(0.03 * yarn.diameter) * grain * lies
    shade = np.clip(1 + np.float32(yarn.shade) * grain, 0.1, 2)
    return Relief(
        height=height,
        colour=(decode_srgb(yarn.colour) * shade[..., None]).astype(np.float32),
        roughness=np.full(shape, yarn.roughness, np.float32),
        cover=cover,
        warp_cover=1.0,
        thickness=recipe.thickness,
        yarn_width=yarn.width,
        hairs=round(meshes * tiers * recipe.strand * yarn.hairiness),
        size_m=recipe.size_m,
        threads=recipe.counts,
        repeats=(meshes // recipe.repeat[0], tiers // recipe.repeat[1]),
    )


def _nearest(
    u: NDArray[np.float64], v: NDArray[np.float64], recipe: NetRecipe
) -> tuple[Image, Image, tuple[NDArray[np.intp], NDArray[np.intp]], tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Of places in meshes and rows: how far they are from the nearest strand and how far along it from its middle,
    metres; and the meshes, (number, row), that they lie in and that are across that strand.

    Distances are those of regular hexagons as wide as the net's, and so right where a net is `_ROUND`.
    """
    mesh = 1 / recipe.across
    best = [np.full(np.broadcast_shapes(u.shape, v.shape), np.inf) for _ in range(2)]
    middles = [np.zeros((2, *best[0].shape)) for _ in range(2)]
    for tier in (0, 1):
        row = np.floor(v - 0.5) + tier
        shift = 0.5 * (row % 2)
        first = np.floor(u - 0.5 - shift)
        for step in (0, 1):
            number = first + step
            middle = np.stack(np.broadcast_arrays(number + 0.5 + shift, row + 0.5))
            far = (u - middle[0]) ** 2 + ((v - middle[1]) * _ROUND) ** 2
            nearer, second = far < best[0], (far >= best[0]) & (far < best[1])
            for k in (0, 1):
                middles[1][k] = np.where(nearer, middles[0][k], np.where(second, middle[k], middles[1][k]))
                middles[0][k] = np.where(nearer, middle[k], middles[0][k])
            best[1] = np.where(nearer, best[0], np.where(second, far, best[1]))
            best[0] = np.where(nearer, far, best[0])
    towards = (middles[1] - middles[0]) * np.array([1, _ROUND])[:, None, None]
    span = np.hypot(*towards)
    apart = mesh * (best[1] - best[0]) / (2 * span)
    place = np.stack([u - middles[0][0], (v - middles[0][1]) * _ROUND])
    along = mesh * (place[1] * towards[0] - place[0] * towards[1]) / span
    own, other = (
        (np.floor(m[0] - 0.5 * (np.floor(m[1]) % 2)).astype(np.intp), np.floor(m[1]).astype(np.intp)) for m in middles
    )
    return apart.astype(np.float32), along.astype(np.float32), own, other
