# SPDX-License-Identifier: GPL-3.0-or-later
"""A knitting machine in arrays: loops of one yarn, course over course → height, colour and roughness, at real scale.

A loop's axis is the curve x = W (t/2π + a sin 2t + b sin t), y = −h cos t, z = −d cos 2t, t from 0 to 2π a stitch: arcs
lie at the back, legs on the face, so wherever two courses cross the leg passes before the arc, as in single jersey. It
is a smooth stand-in for the elastica loop of G. A. V. Leaf (J. Text. Inst. 51, 1960, T49); h is solved so that the loop
has the recipe's length. A 1×1 rib turns every other wale to the back.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .maps import Relief, blurred, decode_srgb
from .yarn import Image, Reals, Yarn, fibres, unevenness

STRUCTURES = {"jersey": 1, "rib": 2}  # wales in one repeat
DEPTH = 0.75  # d in yarn heights: jersey comes out 2.5 yarns thick, the middle of the rule "two to three"
CLOSING = 0.03  # b: the two legs of a loop stand closer to each other than to the next wale's, which shows the wales
SAMPLES = 192  # points on one stitch's curve
GRID = 72  # places a side of one stitch where the nearest point of each loop is looked for before it is refined

Curve = Callable[[Reals], tuple[Reals, Reals, Reals]]


@dataclass(frozen=True)
class KnitRecipe:
    """A weft knit: structure, loops and yarn.

    structure "jersey" or "rib" · wales and courses per metre (a rib's wales are those of both faces) ·
    loop_length of yarn in one stitch, m · tile: about how large the seamless tile shall be, m ·
    back_mass kg/m² and back_thickness m: what lies behind the face and is not drawn, an interlock's other bed or a
    sweatshirt's fleece
    """

    structure: str
    wales: float
    courses: float
    loop_length: float
    yarn: Yarn
    tile: float
    back_mass: float = 0.0
    back_thickness: float = 0.0

    def __post_init__(self) -> None:
        if self.structure not in STRUCTURES:
            raise ValueError(f"There is no knit “{self.structure}”. Choose {', '.join(STRUCTURES)}.")
        numbers = (self.wales, self.courses, self.loop_length, self.tile)
        if not all(math.isfinite(value) and value > 0 for value in numbers):
            raise ValueError("A knit needs positive wales, courses, loop length and tile.")
        if not all(math.isfinite(value) and value >= 0 for value in (self.back_mass, self.back_thickness)):
            raise ValueError("What lies behind a knit's face has a mass and a thickness of 0 or more.")
        if self.loop_length <= 2 / self.courses + 1 / self.wales:
            raise ValueError(
                f"A loop of {self.loop_length * 1e3:.2f} mm cannot span its stitch: give more than "
                f"{(2 / self.courses + 1 / self.wales) * 1e3:.2f} mm, or more wales and courses."
            )

    @property
    def counts(self) -> tuple[int, int]:
        """(wales, courses) in the tile: whole repeats."""
        repeat = STRUCTURES[self.structure]
        return repeat * max(round(self.wales * self.tile / repeat), 1), max(round(self.courses * self.tile), 2)

    @property
    def mass(self) -> float:
        """Kg/m²: stitches per area times the yarn in each, and what lies behind them."""
        return self.wales * self.courses * self.loop_length * self.yarn.linear_density + self.back_mass

    @property
    def thickness(self) -> float:
        """Thickness in metres of the uncompressed cloth: the loop's depth and one yarn, and what lies behind them."""
        _, _, z = self.loop(np.linspace(0, 2 * np.pi * STRUCTURES[self.structure], 400))
        return float(np.ptp(z)) + self.yarn.height + self.back_thickness

    @cached_property
    def loop(self) -> Curve:
        """The axis of one repeat of a course: t (…) → x, y, z (…) in metres; periodic in 2π per wale but for x."""
        width = 1 / self.wales
        # The head bulges over the neck until it touches its neighbour, 3/8 of a wale from the middle, where the curve
        # is widest. A rib's neighbours lie on the other face and leave it room.
        room = 0.375 - self.yarn.width / width / 2 if self.structure == "jersey" else 0.22
        bulge = min(max(room, 0.1), 0.24)
        depth = DEPTH * self.yarn.height
        height = _solve_height(lambda h: _face_loop(width, h, depth, bulge), self.loop_length)
        loop = _face_loop(width, height, depth, bulge)
        return loop if self.structure == "jersey" else _ribbed(loop, self.yarn.height)


def _face_loop(width: float, height: float, depth: float, bulge: float) -> Curve:
    def loop(t: Reals) -> tuple[Reals, Reals, Reals]:
        x = width * (t / (2 * np.pi) + bulge * np.sin(2 * t) + CLOSING * np.sin(t))
        return x, -height * np.cos(t), -depth * np.cos(2 * t)

    return loop


def _ribbed(face_loop: Curve, yarn_height: float) -> Curve:
    """Every other wale turned to the back, where it sinks by more than two yarns: the grooves of a relaxed rib."""

    def loop(t: Reals) -> tuple[Reals, Reals, Reals]:
        x, y, z = face_loop(t)
        face = np.sin(t / 2)  # + over a face wale, − over a back one
        return x, y, z * np.tanh(4 * face) + 1.2 * yarn_height * face

    return loop


def _solve_height(curve_of: Callable[[float], Curve], length: float) -> float:
    """Half loop height for which one stitch has the given length of yarn: bisection, for the length grows with it."""
    t = np.linspace(0, 2 * np.pi, SAMPLES + 1)
    low, high = 0.0, length
    for _ in range(40):
        middle = (low + high) / 2
        x, y, z = curve_of(middle)(t)
        if np.sum(np.sqrt(np.diff(x) ** 2 + np.diff(y) ** 2 + np.diff(z) ** 2)) < length:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def knit_relief(recipe: KnitRecipe, pixels: int, rng: np.random.Generator) -> Relief:
    """Knit a tile: for each pixel the courses that may lie there, the highest on top."""
    wales, courses = recipe.counts
    width, rise = 1 / recipe.wales, 1 / recipe.courses
    size = (wales * width, courses * rise)
    yarn = recipe.yarn
    repeat = STRUCTURES[recipe.structure]

    # Loops are never quite alike: the whole plane is bent by a thirtieth of a stitch, over the reach of a stitch.
    bend = [_plane_noise(rng, pixels, size, 1.1 * rise) * np.float32(k) for k in (0.035 * width, 0.035 * rise)]
    line = (np.arange(pixels, dtype=np.float32) + np.float32(0.5)) / pixels
    u = line[None, :] * np.float32(size[0]) + bend[0]
    v = line[:, None] * np.float32(size[1]) + bend[1]
    course = np.floor(v / rise).astype(np.intp)
    stitch = np.floor(u / (repeat * width)).astype(np.intp)
    u_in, v_in = u - stitch * np.float32(repeat * width), v - course * np.float32(rise)
    cell_u = np.clip((u_in / (repeat * width) * GRID * repeat).astype(np.intp), 0, GRID * repeat - 1)
    cell_v = np.clip((v_in / rise * GRID).astype(np.intp), 0, GRID - 1)

    length = wales * recipe.loop_length
    samples = 16 * wales
    thick = np.clip(1 + yarn.irregularity * unevenness(rng, courses, samples, length, 4e-3), 0.55, 1.6)
    dye = 1 + 0.5 * yarn.shade * unevenness(rng, courses, samples, length, 6e-3)
    surface = fibres(rng, yarn, courses, max(samples, round(length / 25e-6)), length)

    height = np.full((pixels, pixels), -1, np.float32)
    shade = np.ones((pixels, pixels), np.float32)
    for offset in (-1, 0, 1):
        t = _nearest_on_loop(recipe, offset)[cell_v, cell_u]
        t, lateral, axis_z = _refined(recipe, t, u_in, v_in - np.float32(offset * rise))
        number = (course + offset) % courses
        along = ((stitch * repeat + t / np.float32(2 * np.pi)) / wales) % 1.0
        place = (along * samples).astype(np.intp) % samples
        swell = thick[number, place]
        q = lateral / (0.5 * np.float32(yarn.width) * swell)
        arch = np.sqrt(np.clip(1 - q * q, 0, None))
        fibre = surface.at(number, np.arcsin(np.clip(q, -1, 1)), along)
        candidate = axis_z + np.float32(0.5 * yarn.height) * swell * arch + np.float32(0.03 * yarn.diameter) * fibre
        candidate[arch == 0] = -1
        higher = candidate > height
        np.copyto(height, candidate, where=higher)
        np.copyto(shade, dye[number, place] * (1 + yarn.shade * fibre), where=higher)

    floor = np.float32(-0.5 * (recipe.thickness - recipe.back_thickness))
    colour = np.asarray(decode_srgb(yarn.colour), np.float32) * np.where(height > floor, shade, 0.3)[..., None]
    return Relief(
        height=np.maximum(height, floor),
        colour=colour.astype(np.float32),
        roughness=np.full((pixels, pixels), yarn.roughness, np.float32),
        warp_cover=1.0,
        thickness=recipe.thickness,
        yarn_width=yarn.width,
        hairs=round(courses * length * yarn.hairiness),
        size_m=size,
        repeats=(wales // repeat, courses),
    )


def _plane_noise(rng: np.random.Generator, pixels: int, size: tuple[float, float], reach: float) -> Image:
    noise = rng.standard_normal((pixels, pixels), dtype=np.float32)
    smooth = blurred(noise, (size[0] / pixels, size[1] / pixels), reach)
    return smooth / smooth.std()


def _nearest_on_loop(recipe: KnitRecipe, offset: int) -> Image:
    """For each cell of one stitch repeat, t of the nearest point of the course `offset` above. (GRID, GRID·wales)."""
    repeat = STRUCTURES[recipe.structure]
    width, rise = 1 / recipe.wales, 1 / recipe.courses
    t = np.linspace(-2 * np.pi, 2 * np.pi * (repeat + 1), SAMPLES // 2 * (repeat + 2)).astype(np.float32)
    x, y, _ = recipe.loop(t)
    u = (np.arange(GRID * repeat, dtype=np.float32) + 0.5) / GRID * width
    v = (np.arange(GRID, dtype=np.float32) + 0.5) / GRID * rise - offset * rise
    off_v = (v[:, None] - y) ** 2
    nearest = np.empty((GRID, GRID * repeat), np.float32)
    for column, place in enumerate(u):
        nearest[:, column] = t[np.argmin(off_v + (place - x) ** 2, axis=1)]
    return nearest


def _refined(recipe: KnitRecipe, t: Image, u: Image, v: Image) -> tuple[Image, Image, Image]:
    """Walk t to the foot of the perpendicular from (u, v): t, signed distance (+ right of the loop), its height."""
    step = np.float32(1e-3)
    for _ in range(2):
        x, y, _ = recipe.loop(t)
        ahead_x, ahead_y, _ = recipe.loop(t + step)
        dx, dy = (ahead_x - x) / step, (ahead_y - y) / step
        move = ((u - x) * dx + (v - y) * dy) / (dx * dx + dy * dy)
        t = t + np.clip(move, -0.05, 0.05).astype(np.float32)
    x, y, z = recipe.loop(t)
    ahead_x, ahead_y, _ = recipe.loop(t + step)
    side = np.sign((ahead_y - y) * (u - x) - (ahead_x - x) * (v - y))
    return t, (side * np.hypot(u - x, v - y)).astype(np.float32), z.astype(np.float32)
