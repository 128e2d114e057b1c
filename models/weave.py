# SPDX-License-Identifier: GPL-3.0-or-later
"""A loom in arrays: yarns interlaced by a draft → height, colour and roughness of the cloth, at real scale.

Yarn centre lines follow Peirce's geometry of cloth (F. T. Peirce, J. Text. Inst. 28, 1937, T45): where a warp crosses a
weft their elliptic sections touch, so the two crimp heights together make one yarn height, shared out by `crimp_share`.
"""

import math
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from .knit import KnitRecipe, knit_relief
from .maps import FabricMaps, Relief, decode_srgb, finish
from .yarn import Image, Yarn, drawn_apart, fibres, unevenness


def _float(over: int, under: int, step: int = 1) -> NDArray[np.bool_]:
    """Draft (picks, ends): each end lies over `over` picks, then under `under`; each next end `step` picks further."""
    n = over + under
    pick, end = np.mgrid[:n, :n]
    return (pick - step * end) % n >= under


# True where the warp lies on the face. Twills rise to the right (Z), as denim does; satins put the warp on the face,
# each next end binding `step` picks on (a move that shares no factor with the harnesses, so no two bindings touch).
DRAFTS = MappingProxyType(
    {
        "plain": _float(1, 1),
        "twill_2_1": _float(2, 1),
        "twill_2_2": _float(2, 2),
        "twill_3_1": _float(3, 1),
        "satin_5": _float(4, 1, step=2),
        "satin_8": _float(7, 1, step=3),
    }
)


@dataclass(frozen=True)
class WeaveRecipe:
    """A woven cloth: draft, sett and yarns.

    structure a name in DRAFTS · ends and picks per metre · crimp_share of the crimp that the warp takes, 0…1 ·
    tile: about how large the seamless tile shall be, m (rounded to whole repeats of the draft)
    """

    structure: str
    ends: float
    picks: float
    crimp_share: float
    warp: Yarn
    weft: Yarn
    tile: float

    def __post_init__(self) -> None:
        if self.structure not in DRAFTS:
            raise ValueError(f"There is no weave “{self.structure}”. Choose {', '.join(DRAFTS)}.")
        if not 0 <= self.crimp_share <= 1:
            raise ValueError(f"crimp_share is the warp's share of the crimp, 0 to 1, not {self.crimp_share:g}.")
        if not all(math.isfinite(value) and value > 0 for value in (self.ends, self.picks, self.tile)):
            raise ValueError("A weave needs positive ends and picks per metre and a positive tile.")

    @property
    def counts(self) -> tuple[int, int]:
        """(ends, picks) in the tile: whole repeats of the draft."""
        repeat = DRAFTS[self.structure].shape[0]
        return tuple(repeat * max(round(sett * self.tile / repeat), 1) for sett in (self.ends, self.picks))  # type: ignore[return-value]

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
        draft = np.where(DRAFTS[self.structure], 1.0, -1.0)
        warp = _crimped_length(draft.T, self.amplitudes[0], 1 / self.picks)
        weft = _crimped_length(-draft, self.amplitudes[1], 1 / self.ends)
        return self.ends * self.warp.linear_density * warp + self.picks * self.weft.linear_density * weft


def fabric_maps(recipe: WeaveRecipe | KnitRecipe, pixels: int, rng: np.random.Generator) -> FabricMaps:
    """Weave or knit a tile of `pixels`² and finish it to maps. Raises ValueError below 64 pixels."""
    if pixels < 64:
        raise ValueError(f"A map needs 64 pixels or more a side, not {pixels}.")
    relief = weave_relief(recipe, pixels, rng) if isinstance(recipe, WeaveRecipe) else knit_relief(recipe, pixels, rng)
    return finish(relief, rng)


def weave_relief(recipe: WeaveRecipe, pixels: int, rng: np.random.Generator) -> Relief:
    """Interlace the two yarn systems over a tile."""
    ends, picks = recipe.counts
    size = (ends / recipe.ends, picks / recipe.picks)
    draft = DRAFTS[recipe.structure]
    repeat = draft.shape[0]
    up = np.tile(np.where(draft, 1.0, -1.0), (picks // repeat, ends // repeat))
    warp_amplitude, weft_amplitude = recipe.amplitudes

    warp = _yarn_system(rng, recipe.warp, up.T, warp_amplitude, size[0], size[1], pixels, hand=1)
    weft = _yarn_system(rng, recipe.weft, -up, weft_amplitude, size[1], size[0], pixels, hand=-1).transposed()

    # Which yarn is on top, blended over a sliver of height so that edges are soft to the pixel.
    sliver = 0.06 * min(recipe.warp.height, recipe.weft.height)
    warp_on_top = 1 / (1 + np.exp(np.clip((weft.height - warp.height) / sliver, -30, 30)))
    floor = np.float32(-0.5 * recipe.thickness)
    face = np.maximum(warp.height, weft.height)
    covered = face > floor
    mix = warp_on_top[..., None]
    colour = mix * _dyed(recipe.warp, warp.shade) + (1 - mix) * _dyed(recipe.weft, weft.shade)
    roughness = warp_on_top * recipe.warp.roughness + (1 - warp_on_top) * recipe.weft.roughness
    hairs = ends * size[1] * recipe.warp.hairiness + picks * size[0] * recipe.weft.hairiness
    return Relief(
        height=np.maximum(face, floor),
        colour=colour * np.where(covered, 1.0, 0.15).astype(np.float32)[..., None],
        roughness=roughness.astype(np.float32),
        warp_cover=float(np.mean((warp.height > weft.height)[covered])),
        thickness=recipe.thickness,
        yarn_width=(recipe.warp.width + recipe.weft.width) / 2,
        hairs=round(hairs),
        size_m=size,
        repeats=(ends // repeat, picks // repeat),
    )


@dataclass(frozen=True)
class _System:
    height: Image  # (p, p) of the yarns' upper surface, m; −1 where there is no yarn
    shade: Image  # (p, p) factor on the yarn's colour

    def transposed(self) -> "_System":
        return _System(np.ascontiguousarray(self.height.T), np.ascontiguousarray(self.shade.T))


def _yarn_system(
    rng: np.random.Generator,
    yarn: Yarn,
    up: NDArray[np.float64],
    amplitude: float,
    across: float,
    along: float,
    pixels: int,
    hand: int,
) -> _System:
    """Parallel yarns running up the image's rows.

    up (yarns, crossings): +1 where the yarn lies on the face, −1 where beneath; across and along: the tile in metres;
    hand −1 where the image will be transposed, which turns a Z twist into an S.
    """
    count = up.shape[0]
    spacing = across / count
    s = (np.arange(pixels) + 0.5) / pixels
    axis_height = (amplitude * centre_line(up, s * up.shape[1])).astype(np.float32)  # (yarns, p)

    thick = 1 + yarn.irregularity * unevenness(rng, count, pixels, along, 6e-3)
    thick *= 1 + 0.5 * yarn.irregularity * drawn_apart(rng.standard_normal((count, 1), dtype=np.float32))
    thick = np.clip(thick, 0.55, 1.6)
    astray = 0.04 * spacing * unevenness(rng, count, pixels, along, 2.5 / up.shape[1] * along)
    dye = 1 + 0.5 * yarn.shade * (
        drawn_apart(rng.standard_normal((count, 1), dtype=np.float32)) + unevenness(rng, count, pixels, along, 4e-3)
    )
    surface = fibres(rng, yarn, count, pixels, along, hand)

    x = (np.arange(pixels) + 0.5) / pixels * count
    nearest = np.floor(x).astype(np.intp)
    height = np.full((pixels, pixels), -1, np.float32)
    section = np.zeros((pixels, pixels), np.float32)  # where across its yarn a pixel lies, −1…1
    owner = np.zeros((pixels, pixels), np.intp)
    for neighbour in (-1, 0, 1):  # a yarn may reach under or over the next one's place
        number = (nearest + neighbour) % count
        off_axis = ((x - nearest - neighbour - 0.5) * spacing).astype(np.float32)
        half_width = (0.5 * yarn.width * thick[number]).T
        q = (off_axis[None, :] - astray[number].T) / half_width
        arch = np.sqrt(np.clip(1 - q * q, 0, None))
        candidate = axis_height[number].T + (0.5 * yarn.height * thick[number]).T * arch
        candidate[arch == 0] = -1
        higher = candidate > height
        np.copyto(height, candidate, where=higher)
        np.copyto(section, q, where=higher)
        np.copyto(owner, number[None, :], where=higher)

    along_share = np.broadcast_to(s.astype(np.float32)[:, None], height.shape)
    fibre = surface.at(owner, np.arcsin(np.clip(section, -1, 1)), along_share)
    relief = 0.035 if yarn.hairiness else 0.012  # spun yarn is a rope of loose fibres, filament yarn a smooth one
    height += np.float32(relief * yarn.diameter) * fibre * (height > -1)
    rows = np.broadcast_to(np.arange(pixels)[:, None], owner.shape)
    return _System(height, np.clip(dye[owner, rows] * (1 + yarn.shade * fibre), 0.1, 2.0))


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


def _dyed(yarn: Yarn, shade: Image) -> Image:
    """Linear RGB (p, p, 3) of a yarn under its shade; paler fibres also lose saturation, as worn dye does."""
    return np.asarray(decode_srgb(yarn.colour), np.float32) * shade[..., None]
