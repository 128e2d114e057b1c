# SPDX-License-Identifier: GPL-3.0-or-later
"""A loom in arrays: yarns interlaced by a draft → height, colour and roughness of the cloth, at real scale.

Yarn centre lines follow Peirce's geometry of cloth (F. T. Peirce, J. Text. Inst. 28, 1937, T45): where a warp crosses a
weft their elliptic sections touch, so the two crimp heights together make one yarn height, shared out by `crimp_share`.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .drafts import LARGEST, Draft
from .maps import Colour, Relief, Structure, bands, blended, decode_srgb, shaded
from .yarn import PLY_GROOVE, Fibres, Image, Yarn, drawn_apart, fibres, slubs, unevenness


@dataclass(frozen=True)
class WeaveRecipe:
    """A woven cloth: draft, sett and yarns.

    ends and picks per metre · crimp_share of the crimp that the warp takes, 0…1 ·
    tile: about how large the seamless tile shall be, m (rounded to whole repeats of draft and colours) ·
    warp_order and weft_order: one sRGB colour a thread, repeated; empty where all have their yarn's own colour
    """

    draft: Draft
    ends: float
    picks: float
    crimp_share: float
    warp: Yarn
    weft: Yarn
    tile: float
    warp_order: tuple[Colour, ...] = ()
    weft_order: tuple[Colour, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.crimp_share <= 1:
            raise ValueError(f"crimp_share is the warp's share of the crimp, 0 to 1, not {self.crimp_share:g}.")
        if not all(math.isfinite(value) and value > 0 for value in (self.ends, self.picks, self.tile)):
            raise ValueError("A weave needs positive ends and picks per metre and a positive tile.")
        if max(self.counts) > LARGEST:
            raise ValueError(
                f"A tile of {self.counts[0]} ends and {self.counts[1]} picks is more than {LARGEST} of each."
            )

    @property
    def repeat(self) -> tuple[int, int]:
        """(ends, picks) after which both the draft and the colours begin anew."""
        picks, ends = self.draft.shape
        return math.lcm(ends, len(self.warp_order) or 1), math.lcm(picks, len(self.weft_order) or 1)

    @property
    def counts(self) -> tuple[int, int]:
        """(ends, picks) in the tile: whole repeats."""
        setts = zip((self.ends, self.picks), self.repeat, strict=True)
        across, up = (repeat * max(round(sett * self.tile / repeat), 1) for sett, repeat in setts)
        return across, up

    @property
    def size_m(self) -> tuple[float, float]:
        """(width, height) of the tile in metres."""
        return self.counts[0] / self.ends, self.counts[1] / self.picks

    @property
    def amplitudes(self) -> tuple[float, float]:
        """(warp, weft) half crimp heights, m: together half of one warp and one weft height, so that they touch."""
        both = (self.warp.height + self.weft.height) / 2
        return self.crimp_share * both, (1 - self.crimp_share) * both

    @property
    def thickness(self) -> float:
        """Thickness in metres of the uncompressed cloth: the deeper of its two yarn systems (Peirce 1937)."""
        warp, weft = self.amplitudes
        return max(2 * warp + self.warp.height, 2 * weft + self.weft.height)

    @property
    def mass(self) -> float:
        """Kg/m²: both yarn systems' weight per length, times sett, times their length over the cloth's."""
        up = np.where(self.draft.up, 1.0, -1.0)
        warp = _crimped_length(up.T, self.amplitudes[0], 1 / self.picks)
        weft = _crimped_length(-up, self.amplitudes[1], 1 / self.ends)
        return self.ends * self.warp.linear_density * warp + self.picks * self.weft.linear_density * weft

    @property
    def crossings(self) -> Structure:
        """Each crossing of the tile: which yarn the draft puts on the face, and the colours of both."""
        ends, picks = self.counts
        rows, columns = self.draft.shape
        return Structure(
            interlacement=np.tile(self.draft.up, (picks // rows, ends // columns)),
            warp_colours=_order(self.warp_order, self.warp, ends),
            weft_colours=_order(self.weft_order, self.weft, picks),
        )


def weave_relief(recipe: WeaveRecipe, shape: tuple[int, int], rng: np.random.Generator) -> Relief:
    """Interlace the two yarn systems over a tile of (rows, columns) pixels."""
    rows, columns = shape
    width, length = recipe.size_m
    warp, weft = beams(recipe, shape, rng)
    sliver = 0.06 * min(recipe.warp.height, recipe.weft.height)
    floor = np.float32(-0.5 * recipe.thickness)
    height, roughness, cover = (np.empty(shape, np.float32) for _ in range(3))
    colour = np.empty((*shape, 3), np.float32)
    warp_seen = seen = 0
    for band in bands(rows, columns):
        over, over_colour = warp.laid(np.arange(columns), columns, np.arange(rows)[band])
        under, under_colour = (
            part.swapaxes(0, 1) for part in weft.laid(np.arange(rows)[band], rows, np.arange(columns))
        )
        # Which yarn is on top, blended over a sliver of height so that edges are soft to the pixel.
        mix = 1 / (1 + np.exp(np.clip((under - over) / np.float32(sliver), -30, 30)))
        face = np.maximum(over, under)
        covered = face > floor
        height[band] = np.maximum(face, floor)
        roughness[band] = recipe.weft.roughness + mix * np.float32(recipe.warp.roughness - recipe.weft.roughness)
        cover[band] = covered
        colour[band] = under_colour
        blended(colour[band], over_colour, mix)
        warp_seen += np.count_nonzero((over > under) & covered)
        seen += np.count_nonzero(covered)
    ends, picks = recipe.counts
    return Relief(
        height=height,
        colour=colour,
        roughness=roughness,
        cover=cover,
        warp_cover=float(warp_seen / seen),
        thickness=recipe.thickness,
        yarn_width=(recipe.warp.width + recipe.weft.width) / 2,
        hairs=round(ends * length * recipe.warp.hairiness + picks * width * recipe.weft.hairiness),
        size_m=recipe.size_m,
        threads=recipe.counts,
        repeats=(ends // recipe.repeat[0], picks // recipe.repeat[1]),
    )


def beams(recipe: WeaveRecipe, shape: tuple[int, int], rng: np.random.Generator) -> tuple["Beam", "Beam"]:
    """Warp and weft of a tile of (rows, columns) pixels, each yarn with its faults: what `weave_relief` lays."""
    rows, columns = shape
    width, length = recipe.size_m
    structure = recipe.crossings
    up = np.where(structure.interlacement, 1.0, -1.0)
    warp, weft = recipe.amplitudes
    return (
        _beam(rng, recipe.warp, up.T, warp, (width, length), rows, structure.warp_colours, hand=1),
        _beam(rng, recipe.weft, -up, weft, (length, width), columns, structure.weft_colours, hand=-1),
    )


@dataclass(frozen=True)
class Beam:
    """Parallel yarns, each sampled along its run: arrays (samples, yarns), in metres but for dye."""

    yarn: Yarn
    spacing: float
    axis: Image  # height of the centre lines
    astray: Image  # sideways
    thick: Image  # factor on the section
    dye: Image  # factor on the colour
    colours: Image  # (yarns, 3) linear RGB
    surface: Fibres

    def seen(
        self, along: NDArray[np.intp], number: NDArray[np.intp], off: NDArray[np.float64]
    ) -> tuple[Image, Image, Image, Image]:
        """What samples `along` (a,) see of the yarns in whose places pixels (b,) lie, `off` −1…1 across those: (a, b).

        Their height, m, −1 where none lies; factors on their section and their colour; the noise of the nearest fibre.
        """
        axis, astray, thick, dye = (
            np.take(part[along], number, 1) for part in (self.axis, self.astray, self.thick, self.dye)
        )
        q = (off * (0.5 * self.spacing)).astype(np.float32) - astray
        q /= np.float32(0.5 * self.yarn.width) * thick
        root = np.sqrt(np.maximum(1 - q * q, 0))
        height = axis + np.float32(0.5 * self.yarn.height) * thick * root
        np.copyto(height, np.float32(-1), where=root == 0)
        share = ((along + 0.5) / len(self.axis)).astype(np.float32)[:, None]
        return height, thick, dye, self.surface.nearest(number, np.arctan2(q, root), share)

    def laid(self, across: NDArray[np.intp], pixels: int, along: NDArray[np.intp]) -> tuple[Image, Image]:
        """Height (a, b) and colour (a, b, 3) of the topmost yarn at pixels `along` (a,) × `across` (b,) of `pixels`.

        The height is −1 m where no yarn lies.
        """
        samples, count = self.axis.shape
        x = (across + 0.5) / pixels * count
        nearest = np.floor(x).astype(np.intp)
        half_width, half_height = np.float32(0.5 * self.yarn.width), np.float32(0.5 * self.yarn.height)
        axis, astray, thick = (part[along] for part in (self.axis, self.astray, self.thick))
        height = np.full((len(along), len(across)), -1, np.float32)
        section = np.zeros_like(height)  # where across its yarn a pixel lies, −1…1
        owner = np.zeros(height.shape, np.int32)
        for neighbour in (-1, 0, 1):  # a yarn may reach under or over the next one's place
            number = ((nearest + neighbour) % count).astype(np.int32)
            off_axis = ((x - nearest - neighbour - 0.5) * self.spacing).astype(np.float32)
            swell = np.take(thick, number, axis=1)
            q = (off_axis - np.take(astray, number, axis=1)) / (half_width * swell)
            inside = 1 - q * q
            candidate = np.take(axis, number, axis=1) + half_height * swell * np.sqrt(np.maximum(inside, 0))
            higher = (candidate > height) & (inside > 0)
            np.copyto(height, candidate, where=higher)
            np.copyto(section, q, where=higher)
            np.copyto(owner, number[None, :], where=higher)
        angle = np.arcsin(np.clip(section, -1, 1))
        along_share = ((along + 0.5) / samples).astype(np.float32)[:, None]
        fibre = self.surface.at(owner, angle, along_share)
        lies = height > -1
        relief = 0.035 if self.yarn.hairiness else 0.012  # spun yarn is a rope of loose fibres, filament yarn smooth
        height += np.float32(relief * self.yarn.diameter) * fibre * lies
        shade = np.take_along_axis(self.dye[along], owner, axis=1) * (1 + np.float32(self.yarn.shade) * fibre)
        groove = self.surface.groove(angle, along_share)
        if groove is not None:
            height -= np.float32(PLY_GROOVE * self.yarn.diameter) * groove * lies
        return height, shaded(np.take(self.colours, owner, axis=0), np.clip(shade, 0.1, 2.0))


def _beam(
    rng: np.random.Generator,
    yarn: Yarn,
    up: NDArray[np.float64],
    amplitude: float,
    size: tuple[float, float],
    samples: int,
    colours: Image,
    hand: int,
) -> Beam:
    """Parallel yarns running up the image's rows.

    up (yarns, crossings): +1 where the yarn lies on the face, −1 where beneath; size: the tile across and along, m;
    hand −1 where the image will be transposed, which turns a Z twist into an S.
    """
    count, crossings = up.shape
    across, along = size
    spacing = across / count
    s = (np.arange(samples) + 0.5) / samples
    thick = 1 + yarn.irregularity * unevenness(rng, count, samples, along, 6e-3)
    thick *= 1 + 0.5 * yarn.irregularity * drawn_apart(rng.standard_normal((count, 1), dtype=np.float32))
    thick = np.clip(thick, 0.55, 1.6) + slubs(rng, yarn, count, samples, along)
    astray = 0.04 * spacing * unevenness(rng, count, samples, along, 2.5 / crossings * along)
    dye = 1 + 0.5 * yarn.shade * (
        drawn_apart(rng.standard_normal((count, 1), dtype=np.float32)) + unevenness(rng, count, samples, along, 4e-3)
    )
    return Beam(
        yarn=yarn,
        spacing=spacing,
        axis=np.ascontiguousarray((amplitude * centre_line(up, s * crossings)).T, np.float32),
        astray=np.ascontiguousarray(astray.T, np.float32),
        thick=np.ascontiguousarray(thick.T, np.float32),
        dye=np.ascontiguousarray(dye.T, np.float32),
        colours=decode_srgb(colours),
        surface=fibres(rng, yarn, count, samples, along, hand),
    )


def centre_line(up: NDArray[np.float64], place: NDArray[np.float64]) -> NDArray[np.float64]:
    """Height of yarn axes at `place` (p,) counted in crossings, in half crimp heights: (yarns, p).

    up (yarns, crossings) ±1 is met in the middle of each crossing; between, a periodic Catmull-Rom spline, which also
    arches a float a little above the crossings that bound it, as a loose thread does.
    """
    n = up.shape[1]
    i = np.floor(place - 0.5).astype(np.intp)
    t = place - 0.5 - i
    before, here, there, after = (up[:, (i + k) % n] for k in (-1, 0, 1, 2))
    return here + 0.5 * t * (
        there - before + t * (2 * before - 5 * here + 4 * there - after + t * (3 * (here - there) + after - before))
    )


def _crimped_length(up: NDArray[np.float64], amplitude: float, spacing: float) -> float:
    """Mean length of yarn per length of cloth, over one repeat of the draft."""
    place = np.linspace(0, up.shape[1], 64 * up.shape[1] + 1)
    rise = np.diff(amplitude * centre_line(up, place))
    run = spacing * np.diff(place)
    return float(np.mean(np.hypot(rise, run)) / run[0])


def _order(order: tuple[Colour, ...], yarn: Yarn, count: int) -> Image:
    """The sRGB colour of each of `count` threads: (count, 3)."""
    colours = np.asarray(order or (yarn.colour,), np.float32)
    return np.tile(colours, (count // len(colours), 1))
