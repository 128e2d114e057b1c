# SPDX-License-Identifier: GPL-3.0-or-later
"""A knitting machine in arrays: loops of one yarn, course over course → height, colour and roughness, at real scale.

A loop's axis is the curve x = W (t/2π + a sin 2t + b sin t), y = −h cos t, z = −d cos 2t, t from 0 to 2π a stitch: arcs
lie at the back, legs on the face, so wherever two courses cross the leg passes before the arc, as in single jersey. It
is a smooth stand-in for the elastica loop of G. A. V. Leaf (J. Text. Inst. 51, 1960, T49); h is solved so that the loop
has the recipe's length. A stitch purled instead of knitted turns its loop to the back.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

import numpy as np

from .drafts import LARGEST
from .maps import Colour, Relief, Structure, bands, blurred, decode_srgb, shaded
from .yarn import PLY_GROOVE, Image, Reals, Yarn, fibres, slubs, unevenness

# Stitches of one repeat as knitters chart them, first course first: | knitted (legs on the face), - purled.
STRUCTURES = MappingProxyType(
    {
        "jersey": ("|",),
        "reverse_jersey": ("-",),
        "rib": ("|-",),
        "rib_2_2": ("||--",),
        "rib_3_1": ("|||-",),
        "garter": ("|", "-"),
        "moss": ("|-", "-|"),
        "interlock": ("||",),
    }
)
DEPTH = 0.75  # d in yarn heights: jersey comes out 2.5 yarns thick, the middle of the rule "two to three"
CLOSING = 0.03  # b: the two legs of a loop stand closer to each other than to the next wale's, which shows the wales
SINKING = 1.2  # yarn heights by which a purled wale lies behind a knitted one beside it: a relaxed rib's grooves
SAMPLES = 192  # points on one stitch's curve
GRID = 192  # places a side of one stitch where the nearest point of each loop is tabled

Curve = Callable[[Reals], tuple[Reals, Reals, Reals]]


@dataclass(frozen=True)
class KnitRecipe:
    """A weft knit: structure, loops and yarn.

    structure a name in STRUCTURES · wales and courses per metre (a rib's wales are those of both faces) ·
    loop_length of yarn in one stitch, m · tile: about how large the seamless tile shall be, m ·
    back_mass kg/m² and back_thickness m: what lies behind the face and is not drawn, an interlock's other bed or a
    sweatshirt's fleece · course_order: one sRGB colour a course, repeated; empty where all have the yarn's own
    """

    structure: str
    wales: float
    courses: float
    loop_length: float
    yarn: Yarn
    tile: float
    back_mass: float = 0.0
    back_thickness: float = 0.0
    course_order: tuple[Colour, ...] = ()

    def __post_init__(self) -> None:
        if self.structure not in STRUCTURES:
            raise ValueError(f"There is no knit “{self.structure}”. Choose {', '.join(STRUCTURES)}.")
        numbers = (self.wales, self.courses, self.loop_length, self.tile)
        if not all(math.isfinite(value) and value > 0 for value in numbers):
            raise ValueError("A knit needs positive wales, courses, loop length and tile.")
        if not all(math.isfinite(value) and value >= 0 for value in (self.back_mass, self.back_thickness)):
            raise ValueError("What lies behind a knit's face has a mass and a thickness of 0 or more.")
        if max(self.counts) > LARGEST:
            raise ValueError(f"A tile of {self.counts[0]} wales and {self.counts[1]} courses is more than {LARGEST}.")
        if self.loop_length <= 2 / self.courses + 1 / self.wales:
            raise ValueError(
                f"A loop of {self.loop_length * 1e3:.2f} mm cannot span its stitch: give more than "
                f"{(2 / self.courses + 1 / self.wales) * 1e3:.2f} mm, or more wales and courses."
            )

    @property
    def repeat(self) -> tuple[int, int]:
        """(wales, courses) after which both the structure and the colours begin anew."""
        chart = STRUCTURES[self.structure]
        return len(chart[0]), math.lcm(len(chart), len(self.course_order) or 1)

    @property
    def counts(self) -> tuple[int, int]:
        """(wales, courses) in the tile: whole repeats."""
        wales, courses = self.repeat
        up = max(round(self.courses * self.tile / courses), 1 if courses > 1 else 2)
        return wales * max(round(self.wales * self.tile / wales), 1), courses * up

    @property
    def size_m(self) -> tuple[float, float]:
        """(width, height) of the tile in metres."""
        return self.counts[0] / self.wales, self.counts[1] / self.courses

    @property
    def crossings(self) -> Structure:
        """Each stitch of the tile: whether it shows its legs, and its course's colour."""
        wales, courses = self.counts
        knitted = np.array([[stitch == "|" for stitch in course] for course in STRUCTURES[self.structure]])
        colours = np.asarray(self.course_order or (self.yarn.colour,), np.float32)
        return Structure(
            interlacement=np.tile(knitted, (courses // knitted.shape[0], wales // knitted.shape[1])),
            warp_colours=np.tile(colours.mean(0), (wales, 1)),
            weft_colours=np.tile(colours, (courses // len(colours), 1)),
        )

    @property
    def mass(self) -> float:
        """Kg/m²: stitches per area times the yarn in each, and what lies behind them."""
        return self.wales * self.courses * self.loop_length * self.yarn.linear_density + self.back_mass

    @property
    def thickness(self) -> float:
        """Thickness in metres of the uncompressed cloth: the loop's depth and one yarn, and what lies behind them."""
        t = np.linspace(0, 2 * np.pi * self.repeat[0], 400)
        depths = np.stack([self.loop(course)(t)[2] for course in range(len(STRUCTURES[self.structure]))])
        return float(np.ptp(depths)) + self.yarn.height + self.back_thickness

    @cached_property
    def _face_loop(self) -> Curve:
        width = 1 / self.wales
        # The head bulges over the neck until it touches its neighbour, 3/8 of a wale from the middle, where the curve
        # is widest. A rib's neighbours lie on the other face and leave it room.
        alike = len(set("".join(STRUCTURES[self.structure]))) == 1
        room = 0.375 - self.yarn.width / width / 2 if alike else 0.22
        bulge = min(max(room, 0.1), 0.24)
        depth = DEPTH * self.yarn.height
        height = _solve_height(lambda h: _loop(width, h, depth, bulge), self.loop_length)
        return _loop(width, height, depth, bulge)

    def loop(self, course: int) -> Curve:
        """The axis of one repeat of a course: t (…) → x, y, z (…) in metres; periodic in 2π a wale but for x."""
        chart = STRUCTURES[self.structure]
        signs = [1.0 if stitch == "|" else -1.0 for stitch in chart[course % len(chart)]]
        if self.structure == "interlock":  # each course is two yarns', which knit every other wale
            shift = _wale_by_wale([0.25, -0.25])

            def interlocked(t: Reals) -> tuple[Reals, Reals, Reals]:
                x, y, z = self._face_loop(t)
                return x, y + shift(t) / self.courses, z

            return interlocked
        if set(signs) == {1.0}:
            return self._face_loop
        face = _wale_by_wale(signs)
        sinking = SINKING * self.yarn.height * (len(set(signs)) > 1)

        def turned(t: Reals) -> tuple[Reals, Reals, Reals]:
            x, y, z = self._face_loop(t)
            return x, y, z * face(t) + sinking * face(t)

        return turned


def _loop(width: float, height: float, depth: float, bulge: float) -> Curve:
    def loop(t: Reals) -> tuple[Reals, Reals, Reals]:
        x = width * (t / (2 * np.pi) + bulge * np.sin(2 * t) + CLOSING * np.sin(t))
        return x, -height * np.cos(t), -depth * np.cos(2 * t)

    return loop


def _wale_by_wale(values: list[float]) -> Callable[[Reals], Reals]:
    """One value a wale, met in its middle, with soft steps between: a function of t, periodic."""

    def at(t: Reals) -> Reals:
        place = t / (2 * np.pi)
        wale = np.floor(place - 0.5)
        share = place - 0.5 - wale
        step = 0.5 + 0.5 * np.tanh(7 * (share - 0.5)) / math.tanh(3.5)
        here = np.asarray(values)[wale.astype(np.intp) % len(values)]
        there = np.asarray(values)[(wale.astype(np.intp) + 1) % len(values)]
        return here + step * (there - here)

    return at


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


def knit_relief(recipe: KnitRecipe, shape: tuple[int, int], rng: np.random.Generator) -> Relief:
    """Knit a tile of (rows, columns) pixels: for each pixel the courses that may lie there, the highest on top."""
    rows, columns = shape
    wales, courses = recipe.counts
    width, rise = 1 / recipe.wales, 1 / recipe.courses
    size = recipe.size_m
    yarn = recipe.yarn
    repeat = recipe.repeat[0]

    # Loops are never quite alike: the whole plane is bent by a thirtieth of a stitch, over the reach of a stitch.
    bend = [_plane_noise(rng, shape, size, 1.1 * rise) * np.float32(k) for k in (0.035 * width, 0.035 * rise)]
    length = wales * recipe.loop_length
    samples = 16 * wales
    thick = np.clip(1 + yarn.irregularity * unevenness(rng, courses, samples, length, 4e-3), 0.55, 1.6)
    thick = (thick + slubs(rng, yarn, courses, samples, length)).astype(np.float32)
    dye = 1 + 0.5 * yarn.shade * unevenness(rng, courses, samples, length, 6e-3)
    surface = fibres(rng, yarn, courses, max(samples, round(length / 25e-6)), length)
    tables = {offset: _table(recipe, offset) for offset in (-1, 0, 1)}
    charted, cells = len(STRUCTURES[recipe.structure]), GRID * GRID * repeat
    colours = decode_srgb(recipe.crossings.weft_colours)

    floor = np.float32(-0.5 * (recipe.thickness - recipe.back_thickness))
    line_u = (np.arange(columns, dtype=np.float32) + np.float32(0.5)) * np.float32(size[0] / columns / (repeat * width))
    line_v = (np.arange(rows, dtype=np.float32) + np.float32(0.5)) * np.float32(size[1] / rows / rise)
    height, cover = np.empty(shape, np.float32), np.empty(shape, np.float32)
    colour = np.empty((*shape, 3), np.float32)
    for band in bands(rows, columns):
        u = line_u + bend[0][band] / np.float32(repeat * width)  # in repeats
        v = line_v[band, None] + bend[1][band] / np.float32(rise)  # in courses
        stitch, course = np.floor(u), np.floor(v)
        cell = ((v - course) * GRID).astype(np.int32) * (GRID * repeat) + ((u - stitch) * (GRID * repeat)).astype(
            np.int32
        )
        higher_than = np.full(u.shape, -1, np.float32)
        shade = np.ones_like(higher_than)
        owner = np.zeros(u.shape, np.int32)
        for offset, table in tables.items():
            number = (course.astype(np.int32) + offset) % courses
            t, lateral, axis = (np.take(field, number % charted * cells + cell) for field in table)
            along = (stitch * repeat + t) / np.float32(wales)
            along -= np.floor(along)
            place = (along * samples).astype(np.int32) % samples + number * samples
            swell = np.take(thick, place)
            q = lateral / (np.float32(0.5 * yarn.width) * swell)
            inside = 1 - q * q
            angle = np.arcsin(np.clip(q, -1, 1))
            fibre = surface.at(number, angle, along)
            candidate = axis + np.float32(0.5 * yarn.height) * swell * np.sqrt(np.maximum(inside, 0))
            candidate += np.float32(0.03 * yarn.diameter) * fibre
            groove = surface.groove(angle, along)
            if groove is not None:
                candidate -= np.float32(PLY_GROOVE * yarn.diameter) * groove
            higher = (candidate > higher_than) & (inside > 0)
            np.copyto(higher_than, candidate, where=higher)
            np.copyto(shade, np.take(dye, place) * (1 + np.float32(yarn.shade) * fibre), where=higher)
            np.copyto(owner, number, where=higher)
        covered = higher_than > floor
        height[band] = np.maximum(higher_than, floor)
        cover[band] = covered
        colour[band] = shaded(np.take(colours, owner, axis=0), shade)

    return Relief(
        height=height,
        colour=colour,
        roughness=np.full(shape, yarn.roughness, np.float32),
        cover=cover,
        warp_cover=1.0,
        thickness=recipe.thickness,
        yarn_width=yarn.width,
        hairs=round(courses * length * yarn.hairiness),
        size_m=size,
        threads=recipe.counts,
        repeats=(wales // repeat, courses // recipe.repeat[1]),
    )


def _plane_noise(rng: np.random.Generator, shape: tuple[int, int], size: tuple[float, float], reach: float) -> Image:
    noise = rng.standard_normal(shape, dtype=np.float32)
    smooth = blurred(noise, (size[0] / shape[1], size[1] / shape[0]), reach)
    smooth /= smooth.std()
    return smooth


def _table(recipe: KnitRecipe, offset: int) -> tuple[Image, ...]:
    """`_nearest_on_loop` of every course of the structure, one after the other, each field flat."""
    found = [_nearest_on_loop(recipe, course, offset) for course in range(len(STRUCTURES[recipe.structure]))]
    return tuple(np.concatenate([part.ravel() for part in parts]) for parts in zip(*found, strict=True))


def _nearest_on_loop(recipe: KnitRecipe, course: int, offset: int) -> tuple[Image, Image, Image]:
    """The nearest point, for each cell of one repeat, of the course `offset` above: three arrays (GRID, GRID·wales).

    They are its t in wales, the signed distance to it (+ right of the loop) and the axis' height there, metres.
    """
    repeat = recipe.repeat[0]
    width, rise = 1 / recipe.wales, 1 / recipe.courses
    loop = recipe.loop(course)
    t = np.linspace(-2 * np.pi, 2 * np.pi * (repeat + 1), SAMPLES // 2 * (repeat + 2))
    x, y, _ = loop(t)
    u = (np.arange(GRID * repeat) + 0.5) / GRID * width
    v = (np.arange(GRID) + 0.5) / GRID * rise - offset * rise
    off_v = ((v[:, None] - y) ** 2).astype(np.float32)
    nearest = np.empty((GRID, GRID * repeat))
    for column, place in enumerate(u):
        close = np.abs(place - x) < width  # no loop reaches further than into the next wale
        nearest[:, column] = t[close][np.argmin(off_v[:, close] + ((place - x[close]) ** 2).astype(np.float32), axis=1)]
    return _refined(loop, nearest, u[None, :], v[:, None])


def _refined(loop: Curve, t: Reals, u: Reals, v: Reals) -> tuple[Image, Image, Image]:
    """Walk t to the foot of the perpendicular from (u, v): t in wales, signed distance, and the axis' height there."""
    step = 1e-3
    for _ in range(2):
        x, y, _ = loop(t)
        ahead_x, ahead_y, _ = loop(t + step)
        dx, dy = (ahead_x - x) / step, (ahead_y - y) / step
        move = ((u - x) * dx + (v - y) * dy) / (dx * dx + dy * dy)
        t = t + np.clip(move, -0.05, 0.05)
    x, y, z = loop(t)
    ahead_x, ahead_y, _ = loop(t + step)
    side = np.sign((ahead_y - y) * (u - x) - (ahead_x - x) * (v - y))
    lateral = side * np.hypot(u - x, v - y)
    return tuple(field.astype(np.float32) for field in (t / (2 * np.pi), lateral, z))  # type: ignore[return-value]
