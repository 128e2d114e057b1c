# SPDX-License-Identifier: GPL-3.0-or-later
"""What a strip of a fabric should do by the fabric's own numbers, cut at any angle to the warp.

Warp and weft stretch each by its own curve and do not feel each other; the angle between them resists by a third. So a
fabric stores, per area of its rest, W(warp strain) + W(weft strain) + W(shear angle).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..fabric import Curve, Mechanics

Points = NDArray[np.float64]
STANDARD_GRAVITY = 9.80665
_ALONG = 1e-4  # radians from a thread; there the other threads' part is below 1e-5 of the whole


class LawRefused(ValueError):
    """A state of strain that no strip of this fabric can be in."""


def curve_of(fabric: Mechanics, way: str) -> Curve:
    """The measured tension of `way` ("warp", "weft" or "shear"), or a single point where the fabric is linear."""
    linear = fabric.shear if way == "shear" else getattr(fabric, f"stretch_{way}")
    return getattr(fabric, f"curve_{way}") or ((1.0, linear),)


def tension(curve: Curve, strain: ArrayLike) -> Points:
    """N/m at the strain: straight from point to point, on along the last slope, and odd in the strain."""
    x, y = np.array(((0.0, 0.0), *curve)).T
    size = np.abs(np.asarray(strain, np.float64))
    beyond = np.maximum(size - x[-1], 0.0) * (y[-1] - y[-2]) / (x[-1] - x[-2])
    return np.sign(strain) * (np.interp(size, x, y) + beyond)


def strain_under(curve: Curve, force: ArrayLike) -> Points:
    """The strain under a force per width in N/m: `tension` the other way round."""
    return tension(tuple((y, x) for x, y in curve), force)


def initial_modulus(curve: Curve) -> float:
    """N/m: the curve's slope where it begins."""
    return curve[0][1] / curve[0][0]


def bending_along(fabric: Mechanics, direction: float) -> float:
    """N·m: B of a strip cut at `direction` radians to the warp, (√B_warp cos² + √B_weft sin²)² (Cooper 1960)."""
    c, s = math.cos(direction), math.sin(direction)
    return (math.sqrt(fabric.bend_warp) * c * c + math.sqrt(fabric.bend_weft) * s * s) ** 2


def bending_length(fabric: Mechanics, direction: float) -> float:
    """m: c = (B / w)^(1/3) along a direction (Peirce 1930, ASTM D1388)."""
    return (bending_along(fabric, direction) / (fabric.density * STANDARD_GRAVITY)) ** (1 / 3)


def _compliance(fabric: Mechanics, direction: float) -> tuple[float, float, float]:
    """m/N: extension under tension, shear under tension, and shear under shear, of a strip at small strain."""
    c, s = math.cos(direction), math.sin(direction)
    warp, weft, shear = (1 / initial_modulus(curve_of(fabric, way)) for way in ("warp", "weft", "shear"))
    return (
        c**4 * warp + s**4 * weft + c * c * s * s * shear,
        2 * c**3 * s * warp - 2 * c * s**3 * weft - c * s * (c * c - s * s) * shear,
        4 * c * c * s * s * (warp + weft) + (c * c - s * s) ** 2 * shear,
    )


def modulus_along(fabric: Mechanics, direction: float) -> float:
    """N/m of a strip cut at `direction` radians to the warp, at small strain and free to narrow and to shear.

    1/E = cos⁴/Y_warp + sin⁴/Y_weft + cos² sin²/G: at 45°, ¼ (1/Y_warp + 1/Y_weft + 1/G).
    """
    return 1 / _compliance(fabric, direction)[0]


def clamped_gain(fabric: Mechanics, direction: float, slenderness: float) -> float:
    """How many times stiffer a strip cut off the grain seems when both its clamps stand square (Pagano, Halpin 1968).

    slenderness: length over width. 1 along warp and weft, and where pulling does not shear the strip.
    """
    pull, mixed, shear = _compliance(fabric, direction)
    return 1 / (1 - 6 * mixed**2 / (pull * (6 * shear + 4 * pull * slenderness**2)))


def pulled(fabric: Mechanics, direction: float, stretch: float) -> tuple[float, float]:
    """(N/m, radians): tension and shear angle of a strip that is `stretch` (1: rest) times as long and free to narrow.

    direction: radians from strip to warp. With a, b how many times longer warp and weft have grown, a line along the
    strip is λ² = c²a² + s²b² + 2cs·ab·sin γ times as long, and the energy is least for this λ: Newton's method on
    (a, b). The tension is dW/dλ. Raises LawRefused where the threads would have to lie on top of each other.
    """
    c, s = math.cos(direction), math.sin(direction)
    warp, weft, shear = (curve_of(fabric, way) for way in ("warp", "weft", "shear"))
    if abs(c * s) < _ALONG:
        return float(tension(warp if abs(c) > abs(s) else weft, stretch - 1)), 0.0

    def sine(ab: Points) -> float:
        a, b = ab
        return (stretch**2 - (c * a) ** 2 - (s * b) ** 2) / (2 * c * s * a * b)

    def forces(ab: Points) -> Points:
        a, b = ab
        k = sine(ab)
        if not abs(k) < 1 or min(a, b) <= 0:
            raise LawRefused(f"A strip cut so cannot become {stretch:g} times as long: its threads would lie together.")
        turning = float(tension(shear, math.asin(k))) / math.sqrt(1 - k * k)
        return np.array(
            [
                float(tension(warp, a - 1)) - turning * (c / (s * b) + k / a),
                float(tension(weft, b - 1)) - turning * (s / (c * a) + k / b),
            ]
        )

    small = modulus_along(fabric, direction) * (stretch - 1)  # what it would be were all linear
    ab: Points = 1.0 + np.array([c * c * small / initial_modulus(warp), s * s * small / initial_modulus(weft)])
    for _ in range(60):
        off = forces(ab)
        step = 1e-7
        jacobian = np.stack([(forces(ab + step * e) - forces(ab - step * e)) / (2 * step) for e in np.eye(2)], axis=1)
        change = np.linalg.solve(jacobian, off)
        ab -= change
        if np.abs(change).max() < 1e-12:
            break
    k = sine(ab)
    angle = math.asin(k)
    return float(tension(shear, angle)) / math.sqrt(1 - k * k) * stretch / (c * s * ab[0] * ab[1]), angle
