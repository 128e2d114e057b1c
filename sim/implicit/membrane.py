# SPDX-License-Identifier: GPL-3.0-or-later
"""The orthotropic membrane: what stretching the warp, stretching the weft and shearing between them costs.

With the linear triangle's deformation gradient F = [f_u f_v] (weft and warp), the energy per area at rest is
W = U_weft(|f_u| - 1) + U_warp(|f_v| - 1) + U_shear(g), g being the angle by which the threads have left the right one,
sin g = |f_u . f_v| / (|f_u| |f_v|). So Baraff & Witkin have it, "Large steps in cloth simulation", SIGGRAPH 1998,
section 4, but with the angle in place of the product, which a stretched knit would feel as more shear, and with U' the
fabric's measured tension in place of a constant stiffness. Threads that are pushed buckle below the mesh's scale: in
compression they keep only a share of their first stiffness.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import warp as wp
from numpy.typing import NDArray

from ..fabric import Curve, Mechanics
from .device import launch
from .kernels.membrane import REACH, mat33, membrane, real

Points = NDArray[np.float64]
Ints = NDArray[np.int32]

_TABLE = 256  # strains at which a tension is tabled, from 0 on


class Elements(NamedTuple):
    """Triangles at rest: a, b (m, 3) with f_u = sum a_k x_k and f_v = sum b_k x_k; area (m,)."""

    a: Points
    b: Points
    area: Points


def elements(uv_corners: Points) -> Elements:
    """Triangles from their flat corners (m, 3, 2)."""
    u, v = uv_corners[:, 1] - uv_corners[:, 0], uv_corners[:, 2] - uv_corners[:, 0]
    det = u[:, 0] * v[:, 1] - v[:, 0] * u[:, 1]
    a12 = np.stack([v[:, 1], -u[:, 1]], axis=1) / det[:, None]
    b12 = np.stack([-v[:, 0], u[:, 0]], axis=1) / det[:, None]
    a = np.column_stack([-a12.sum(axis=1), a12])
    b = np.column_stack([-b12.sum(axis=1), b12])
    return Elements(a, b, np.abs(det) / 2)


def gradients(rest: Elements, corners: Points) -> Points:
    """(m, 3, 2) deformation gradients [f_u f_v] of triangles whose corners lie at (m, 3, 3)."""
    return np.stack([np.einsum("mk,mkd->md", c, corners) for c in (rest.a, rest.b)], axis=2)


def resting_between(rest: Elements, start: Points, share: float) -> Elements:
    """Elements whose rest shape lies between the start (m, 3, 2: its deformation gradients) and the flat pattern.

    At share 0 the start bears no stress; at 1 the pattern's own shape is back. In between, the right stretch
    (F^T F)^(1/2) is blended, which leaves the thread directions where they are.
    """
    c = np.einsum("mdi,mdj->mij", start, start)
    # The square root of a symmetric 2 × 2 matrix: (C + sqrt(det C) I) / sqrt(tr C + 2 sqrt(det C)).
    root = np.sqrt(np.maximum(c[:, 0, 0] * c[:, 1, 1] - c[:, 0, 1] ** 2, 0.0))
    scale = np.sqrt(np.maximum(c[:, 0, 0] + c[:, 1, 1] + 2 * root, 1e-12))
    stretch = (c + root[:, None, None] * np.eye(2)) / scale[:, None, None]
    blend = (1 - share) * stretch + share * np.eye(2)
    inverse = np.linalg.inv(blend)
    a = rest.a * inverse[:, 0, 0, None] + rest.b * inverse[:, 1, 0, None]
    b = rest.a * inverse[:, 0, 1, None] + rest.b * inverse[:, 1, 1, None]
    return Elements(a, b, rest.area)


def _tension_table(curve: Curve, modulus: float) -> tuple[Points, Points]:
    """(tension, energy) at the table's strains, in N/m and J/m²."""
    strain = np.linspace(0.0, REACH, _TABLE)
    if not curve:
        return modulus * strain, 0.5 * modulus * strain**2
    x, y = np.array([(0.0, 0.0), *curve]).T
    slope = (y[-1] - y[-2]) / (x[-1] - x[-2])
    tension = np.where(strain <= x[-1], np.interp(strain, x, y), y[-1] + slope * (strain - x[-1]))
    step = strain[1]
    energy = np.concatenate([[0.0], np.cumsum((tension[1:] + tension[:-1]) * step / 2)])
    return tension, energy


def tables(fabrics: Sequence[Mechanics]) -> tuple[Points, Points]:
    """(tension, energy), each (fabrics, 3, strains): weft, warp and shear of every fabric."""
    rows = [
        _tension_table(curve, modulus)
        for f in fabrics
        for curve, modulus in (
            (f.curve_weft, f.stretch_weft),
            (f.curve_warp, f.stretch_warp),
            (f.curve_shear, f.shear),
        )
    ]
    shape = (len(fabrics), 3, _TABLE)
    return np.array([t for t, _ in rows]).reshape(shape), np.array([e for _, e in rows]).reshape(shape)


class Membrane:
    """The membrane energy of triangles, on one device."""

    def __init__(
        self, faces: Ints, rest: Elements, fabric: Ints, fabrics: Sequence[Mechanics], vertices: int, device: str
    ) -> None:
        """Triangles faces (m, 3), with the index into `fabrics` of each: fabric (m,)."""
        self.device, self.count = device, len(faces)
        tension, energy = tables(fabrics)
        self._faces = wp.array(faces, dtype=int, device=device)
        self._fabric = wp.array(fabric, dtype=int, device=device)
        self._tension = wp.array(tension, dtype=real, device=device)
        self._table = wp.array(energy, dtype=real, device=device)
        self._energy = wp.zeros(self.count, dtype=real, device=device)
        self.hessian: Any = wp.zeros((self.count, 9), dtype=mat33, device=device)
        self._nothing = wp.zeros((1, 9), dtype=mat33, device=device)
        self.rest = rest

    @property
    def rest(self) -> Elements:
        """The triangles at rest."""
        return self._rest

    @rest.setter
    def rest(self, rest: Elements) -> None:
        self._rest = rest
        self._a, self._b = (wp.array(c, dtype=real, device=self.device) for c in (rest.a, rest.b))
        self._area = wp.array(rest.area, dtype=real, device=self.device)

    def energy(self, x: Any) -> float:
        """J at the positions x (device array)."""
        self._launch(x, False, 1.0, x, self._nothing)
        return float(self._energy.numpy().sum())

    def add_derivatives(self, x: Any, gradient: Any, convexity: float) -> None:
        """Add to the gradient, and leave (m, 9) blocks in `hessian`: whole at a convexity of 0, convex at 1."""
        self._launch(x, True, convexity, gradient, self.hessian)

    def _launch(self, x: Any, derivatives: bool, convexity: float, gradient: Any, hessian: Any) -> None:
        inputs = [x, self._faces, self._a, self._b, self._area, self._fabric, self._tension, self._table]
        launch(membrane, self.count, [*inputs, derivatives, convexity, self._energy, gradient, hessian], self.device)
