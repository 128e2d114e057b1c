# SPDX-License-Identifier: GPL-3.0-or-later
"""What a swatch's photograph tells: its cloth's lattice, thread count, lean, colours, scale, and what it does not."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ...sim.fabric import FabricRefused
from ..colour import hexadecimal
from ..maps import Colour
from ..yarn import Image
from .lattice import FINEST, Lattice, find_lattice
from .quilting import Upright, upright
from .rectify import even_light, find_coin, square_on
from .scores import delta_e_2000, lab

Reals = NDArray[np.float64]
Known = Literal["dpi", "width", "ends", "coin"]

_LIMITS: dict[Known, tuple[float, float]] = {
    "dpi": (1e3, 4e5),  # pixels a metre: 25 to 10,000 an inch
    "width": (1e-3, 3.0),
    "ends": (100.0, 2e4),
    "coin": (5e-3, 0.1),
}
_MOST = 1600  # pixels a side that a lattice is sought in: more are seen in blocks
_FEW = 4.0  # repeats that a picture should show each way
_LEAN = math.radians(3)  # off square, of which a skewed cloth is told
_LIGHT = 2.0  # factor by which light may fall off before it is told
_WRINKLED = 0.06  # spread of the logarithm of brightness over patches wider than the repeat
_PRINTED = 6.0  # CIEDE2000 of colour between such patches


@dataclass(frozen=True)
class Scale:
    """What is known of a picture's scale: pixels a metre of its file ("dpi"), metres across it ("width"), "ends" a
    metre of its cloth, or the metres of a "coin" that lies in it.

    Raises FabricRefused for a value that no swatch has.
    """

    known: Known
    value: float

    def __post_init__(self) -> None:
        low, high = _LIMITS[self.known]
        if not low <= self.value <= high:
            raise FabricRefused(f"A {self.known} of {self.value:g} fits no swatch: from {low:g} to {high:g}, SI.")


@dataclass(frozen=True)
class Analysis:
    """What a photograph tells.

    laid: the cloth evenly lit, upright, its repeat on whole pixels · pixel: metres of one of its pixels (across, down),
    None where no scale is known · lattice in pixels of the rectified photograph · colours: sRGB and its share of the
    face, the greatest first · notes: sentences for people, on what was seen ill or not at all
    """

    laid: Upright
    pixel: tuple[float, float] | None
    lattice: Lattice
    colours: tuple[tuple[Colour, float], ...]
    notes: tuple[str, ...]

    @property
    def sett(self) -> tuple[float, float] | None:
        """Ends and picks a metre."""
        if self.laid.threads is None or self.pixel is None:
            return None
        across, up = (n / (r * p) for n, r, p in zip(self.laid.threads, self.laid.repeat, self.pixel, strict=True))
        return across, up

    def to_json(self) -> dict[str, Any]:
        """Lengths in metres, setts a metre, angles in radians, colours as “#rrggbb”; None for what was not seen."""
        repeats = self.laid.repeat != (1, 1)
        period = (
            None
            if self.pixel is None or not repeats
            else [r * p for r, p in zip(self.laid.repeat, self.pixel, strict=True)]
        )
        return {
            "period": period,
            "sett": self.sett,
            "threads": self.laid.threads,
            "angle": self.lattice.angle,
            "slant": self.lattice.slant,
            "strength": self.lattice.strength,
            "pixel": self.pixel,
            "colours": [{"colour": hexadecimal(colour), "share": share} for colour, share in self.colours],
            "notes": list(self.notes),
        }


def analyse(
    picture: Image,
    scale: Scale | None = None,
    corners: Sequence[tuple[float, float]] | None = None,
    size: tuple[float, float] | None = None,
) -> Analysis:
    """Read a photograph of cloth (h, w, 3), sRGB in 0…1, top row first.

    corners and size: of a rectangle on the cloth, to undo perspective (see `square_on`), which also tells the scale.
    Raises FabricRefused for a picture of nothing, two scales, or a coin or threads that are asked for and not seen.
    """
    notes: list[str] = []
    if float(picture.std()) < 1e-3:
        raise FabricRefused("The picture is one flat colour: photograph the cloth nearer, sharp and in raking light.")
    pixel: float | None = None
    if corners is not None:
        if size is None or scale is not None:
            raise FabricRefused("Four corners need the width and height they enclose, which then is the scale.")
        picture, pixel = square_on(picture, corners, size)
    if scale is not None:
        pixel, picture = _scaled(picture, scale)
    flat, light = even_light(picture)
    if light > _LIGHT:
        notes.append(f"The light fell off by a factor of {light:.1f} and was evened out: light the cloth more evenly.")
    step = max(1, math.ceil(max(flat.shape[:2]) / _MOST))
    lattice = find_lattice(flat) if step == 1 else _found_in_blocks(flat, step)
    if lattice.threads is None:
        notes.append(f"No threads are seen: they are finer than {FINEST:g} pixels, or it is no plain face of a weave.")
    laid = upright(flat, lattice)
    if lattice.repeat is None:
        notes.append("Nothing repeats in the picture: its tile is quilted from patches as they come.")
    elif laid.repeat == (1, 1):
        notes.append("What repeats lies askew: turn the picture until the warp is upright.")
    else:
        shown = min(n / r for n, r in zip(reversed(laid.picture.shape[:2]), laid.repeat, strict=True))
        if shown < _FEW:
            notes.append(f"The picture shows {shown:.1f} repeats: photograph more of the cloth.")
    if lattice.slant is not None and abs(lattice.slant) > _LEAN:
        notes.append(f"Warp and weft stand {math.degrees(lattice.slant):+.1f}° off square: the tile is squared.")
    notes += _uneven(laid)
    stretch = tuple(float(side) for side in np.hypot(*laid.to_source))
    if scale is not None and scale.known == "ends":
        if laid.threads is None:
            raise FabricRefused("No threads are seen whose count could tell the scale: give --dpi, --width or --coin.")
        across = laid.threads[0] / (scale.value * laid.repeat[0])
        pixel = across / stretch[0]
    metres = None if pixel is None else (pixel * stretch[0], pixel * stretch[1])
    return Analysis(laid, metres, lattice, _colours(laid.picture), tuple(notes))


def _scaled(picture: Image, scale: Scale) -> tuple[float | None, Image]:
    """Metres a pixel, and the picture that is cloth: beside a coin, the largest rectangle without it."""
    match scale.known:
        case "dpi":
            return 1 / scale.value, picture
        case "width":
            return scale.value / picture.shape[1], picture
        case "ends":
            return None, picture
        case "coin":
            coin = find_coin(picture)
            if coin is None:
                raise FabricRefused(
                    "No coin is seen: lay it flat on the cloth, whole in the picture, and not too small."
                )
            x, y, radius = coin
            margin = 1.1 * radius
            left, right, top, bottom = int(x - margin), int(x + margin) + 1, int(y - margin), int(y + margin) + 1
            parts = (picture[:, : max(left, 0)], picture[:, right:], picture[: max(top, 0)], picture[bottom:])
            largest = max(parts, key=lambda part: part.shape[0] * part.shape[1])
            if min(largest.shape[:2]) < 64:
                raise FabricRefused("The coin hides the cloth: photograph more of it.")
            return scale.value / (2 * radius), largest


def _found_in_blocks(flat: Image, step: int) -> Lattice:
    """The lattice of a large picture: of its middle at full size, and, where that shows no repeat, of all in blocks."""
    rows, columns = flat.shape[:2]
    top, left = max(rows - _MOST, 0) // 2, max(columns - _MOST, 0) // 2
    near = find_lattice(flat[top : top + _MOST, left : left + _MOST])
    if near.repeat is not None:
        return near
    rows, columns = rows // step, columns // step
    far = find_lattice(flat[: rows * step, : columns * step].reshape(rows, step, columns, step, 3).mean((1, 3)))
    return Lattice(None if far.repeat is None else far.repeat * step, far.strength, near.threads)


def _uneven(laid: Upright) -> list[str]:
    """What patches wider than the repeat tell of wrinkles and of prints that do not repeat."""
    rows, columns = laid.picture.shape[:2]
    side = [max(2 * r, n // 8) // r * r for r, n in zip(laid.repeat, (columns, rows), strict=True)]
    across, down = columns // side[0], rows // side[1]
    if across * down < 9:
        return []
    whole = laid.picture[: down * side[1], : across * side[0]]
    means = whole.reshape(down, side[1], across, side[0], 3).mean((1, 3))
    colours = lab(means)
    typical = np.median(colours, (0, 1))
    dyed = colours.copy()
    dyed[..., 0] = typical[0]
    brightness = np.log(np.maximum(means.mean(-1), 1e-3))
    if float(np.quantile(delta_e_2000(dyed, np.broadcast_to(typical, dyed.shape)), 0.9)) > _PRINTED:
        return ["Its colours differ from place to place without repeating: a placed print, which a tile cannot hold."]
    if float(np.std(brightness)) > _WRINKLED:
        return ["Light and dark change from place to place: wrinkles or shadows, which will show in the tile. Iron it."]
    return []


def _colours(picture: Image, most: int = 6, apart: float = 9.0) -> tuple[tuple[Colour, float], ...]:
    """The colours of a face by k-means in L*a*b*, begun at those furthest apart; nearer than `apart` ΔE00 are one."""
    every = max(1, int(math.sqrt(picture.shape[0] * picture.shape[1] / 6000)))
    srgb = picture[::every, ::every].reshape(-1, 3)
    points = lab(srgb)
    middles = [np.median(points, 0)]
    while len(middles) < most:
        nearest = np.min([((points - middle) ** 2).sum(1) for middle in middles], 0)
        far = np.quantile(nearest, 0.98)
        middles.append(points[np.argmin(np.abs(nearest - far))])
    centres = np.array(middles)
    owner = np.zeros(len(points), np.intp)
    for _ in range(12):
        owner = np.argmin(((points[:, None] - centres) ** 2).sum(-1), 1)
        centres = np.array([points[owner == k].mean(0) if (owner == k).any() else centres[k] for k in range(most)])
    shares = np.bincount(owner, minlength=most) / len(points)
    found: list[tuple[Reals, Reals, float]] = []
    for k in np.argsort(-shares, kind="stable"):
        if not shares[k]:
            continue
        own = srgb[owner == k].mean(0).astype(np.float64)
        for i, (colour, place, share) in enumerate(found):
            if float(delta_e_2000(place, centres[k])) < apart:
                found[i] = (colour, place, share + float(shares[k]))
                break
        else:
            found.append((own, centres[k], float(shares[k])))
    found.sort(key=lambda entry: -entry[2])
    return tuple(((float(c[0]), float(c[1]), float(c[2])), share) for c, _, share in found)
