# SPDX-License-Identifier: GPL-3.0-or-later
"""The orthotropic membrane: what stretching the warp, stretching the weft and shearing between them costs.

With the linear triangle's deformation gradient F = [f_u f_v] (weft and warp), the energy per area at rest is
W = U_weft(|f_u| - 1) + U_warp(|f_v| - 1) + U_shear(g), g being the angle by which the threads have left the right one,
sin g = |f_u . f_v| / (|f_u| |f_v|). So Baraff & Witkin have it, "Large steps in cloth simulation", SIGGRAPH 1998,
section 4, but with the angle in place of the product, which a stretched knit would feel as more shear, and with U' the
fabric's measured tension in place of a constant stiffness. Threads that are pushed buckle below the mesh's scale: in
compression they keep only a share of their first stiffness.

Triangles that hardly stretch cannot fold as cloth does: there are two of them to a vertex, six strains to three
coordinates, and they lock. So most of W is taken of the mean metric F^T F about each particle, three strains to three
coordinates (Dohrmann et al., "Node-based uniform strain elements for three-node triangular and four-node tetrahedral
meshes", International Journal for Numerical Methods in Engineering 47, 2000; of the metric, for a mean of F would
shrink where the cloth bends), and only the share _OWN of each triangle's own, without which neighbours could stretch
and shrink in turn for nothing. Particles are those of the flat pieces: across a seam nothing is averaged.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import warp as wp
from numpy.typing import NDArray

from ..distance import ranges
from ..fabric import Curve, Mechanics
from ..report import flat_particles
from .device import launch
from .kernels.membrane import REACH, answer, mat33, metrics, pull, real, slopes, stiffen, vec3

Points = NDArray[np.float64]
Ints = NDArray[np.int32]
Whole = NDArray[np.int64]

_OWN = 0.2  # of a triangle's energy, that counts its own strain: a satin's drape changes little from 0.1 to 0.2
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


class _Patches(NamedTuple):
    """Sets of triangles, in each of which one mean metric counts: see `_patches`.

    area (p,), fabric (p,): of each patch, those about the particles first. Members: first (p + 1,), triangle (k,) and
    share (k,) of the mean. of_triangle (m, 4): the patches that each triangle is in, share_of_triangle (m, 4).
    Vertices of patches: vertex (e,), patch (e,); each moves corners of the patch's triangles: begin (e + 1,), turned
    (c,), corner (c,), weight (c,). pairs (q, 2): of such vertices of the same patch, the second's no smaller.
    """

    area: Points
    fabric: Ints
    first: Whole
    triangle: Whole
    share: Points
    of_triangle: Whole
    share_of_triangle: Points
    vertex: Whole
    patch: Whole
    begin: Whole
    turned: Whole
    corner: Whole
    weight: Points
    pairs: Whole


def _patches(faces: Ints, uv_corners: Points, area: Points, fabric: Ints) -> _Patches:
    """A patch about each particle of the flat pieces, which has `1 - _OWN` of the area, and one in each triangle."""
    m = len(faces)
    particle = flat_particles(faces, uv_corners).ravel()
    count, n = int(particle.max()) + 1, int(faces.max()) + 1
    around = np.bincount(particle, np.repeat(area / 3, 3))
    # Members by patch: three corners of each triangle, then each triangle itself.
    triangle = np.concatenate([np.repeat(np.arange(m), 3), np.arange(m)])
    patch = np.concatenate([particle, count + np.arange(m)])
    share = np.concatenate([np.repeat(area / 3, 3) / around[particle], np.ones(m)])
    own = np.column_stack([particle.reshape(m, 3), count + np.arange(m)])
    share_own = np.column_stack([share[: 3 * m].reshape(m, 3), np.ones(m)])
    order = np.argsort(patch, kind="stable")
    of_patch = np.empty(count + m, fabric.dtype)
    of_patch[patch] = fabric[triangle]
    # Vertices by patch: every corner of every member.
    seen, of = np.unique(np.repeat(patch, 3) * n + faces[triangle].ravel(), return_inverse=True)
    by = np.argsort(of.ravel(), kind="stable")
    patch_of, vertex = np.divmod(seen, n)
    start = np.searchsorted(patch_of, np.arange(count + m + 1))
    many = np.diff(start)[patch_of]
    pairs = np.column_stack([np.repeat(np.arange(len(seen)), many), ranges(start[patch_of], many)])
    return _Patches(
        area=np.concatenate([(1 - _OWN) * around, _OWN * area]),
        fabric=of_patch,
        first=np.searchsorted(patch[order], np.arange(count + m + 1)),
        triangle=triangle[order],
        share=share[order],
        of_triangle=own,
        share_of_triangle=share_own,
        vertex=vertex,
        patch=patch_of,
        begin=np.searchsorted(of.ravel()[by], np.arange(len(seen) + 1)),
        turned=np.repeat(triangle, 3)[by],
        corner=np.tile(np.arange(3), len(triangle))[by],
        weight=np.repeat(share, 3)[by],
        pairs=pairs[vertex[pairs[:, 0]] <= vertex[pairs[:, 1]]],
    )


class _Asked(NamedTuple):
    """Which triangles, patches, vertices of patches and pairs each kernel looks at, on the device."""

    metrics: Any
    answer: Any
    pull: Any
    slopes: Any
    stiffen: Any


class Membrane:
    """The membrane energy of triangles, on one device.

    rows, columns (k,): block rows and columns of `hessian` (k,), which `stiffen` leaves on the device. None lies
    below the diagonal: those are the ones above it, transposed.
    """

    def __init__(
        self, faces: Ints, uv_corners: Points, fabric: Ints, fabrics: Sequence[Mechanics], device: str
    ) -> None:
        """Triangles faces (m, 3) with flat corners (m, 3, 2), and the index into `fabrics` of each: fabric (m,)."""
        self.device, self.count = device, len(faces)
        rest = elements(uv_corners)
        patches = _patches(faces, uv_corners, rest.area, fabric)
        self._corners, self._patches = faces, patches

        def whole(values: NDArray[Any]) -> Any:
            return wp.array(np.ascontiguousarray(values, np.int32), dtype=int, device=device)

        def numbers(values: Points) -> Any:
            return wp.array(values, dtype=real, device=device)

        tension, energy = tables(fabrics)
        self._faces = whole(faces)
        self._many = len(patches.area)
        self._members = [whole(patches.first), whole(patches.triangle), numbers(patches.share)]
        self._law = [numbers(patches.area), whole(patches.fabric), numbers(tension), numbers(energy)]
        self._of_triangle = [whole(patches.of_triangle), numbers(patches.share_of_triangle)]
        self._moved = [*map(whole, (patches.begin, patches.turned, patches.corner)), numbers(patches.weight)]
        self._pairs, self._patch = whole(patches.pairs), whole(patches.patch)
        corners = np.sort(faces[:, [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)]], axis=2).reshape(-1, 2)
        self.rows, self.columns = (
            np.concatenate([corners[:, k], patches.vertex[patches.pairs[:, k]]]).astype(np.int64) for k in (0, 1)
        )
        self._gradients = wp.zeros((self.count, 2), dtype=vec3, device=device)
        self._metric = wp.zeros(self.count, dtype=vec3, device=device)
        self._energy = wp.zeros(self._many, dtype=real, device=device)
        self._stress = wp.zeros(self._many, dtype=vec3, device=device)
        self._stiffness = wp.zeros(self._many, dtype=mat33, device=device)
        self._slope = wp.zeros(len(patches.vertex), dtype=mat33, device=device)
        self.hessian: Any = wp.zeros(len(self.rows), dtype=mat33, device=device)
        many = (self.count, self._many, self.count, len(patches.vertex), len(patches.pairs))
        self._all = _Asked(*(whole(np.arange(k)) for k in many))
        self._asked = self._all
        self.rest = rest

    @property
    def rest(self) -> Elements:
        """The triangles at rest."""
        return self._rest

    @rest.setter
    def rest(self, rest: Elements) -> None:
        self._rest = rest
        self._a, self._b = (wp.array(c, dtype=real, device=self.device) for c in (rest.a, rest.b))

    def only(self, moving: NDArray[np.bool_] | None) -> None:
        """From now on only the vertices `moving` (n,) do: what hangs on others alone stays as last told. None: all."""
        if moving is None:
            self._asked = self._all
            return
        of = self._patches
        mine = moving[of.vertex]
        touched = np.zeros(self._many, np.bool_)
        touched[of.patch[mine]] = True
        kept = (
            touched[of.of_triangle].any(axis=1),
            touched,
            moving[self._corners].any(axis=1),
            mine,
            mine[of.pairs].all(axis=1),
        )
        self._asked = _Asked(*(wp.array(np.flatnonzero(k), dtype=int, device=self.device) for k in kept))

    def energy(self, x: Any) -> float:
        """J at the positions x (device array)."""
        self._answer(x, False, 0.0)
        return float(self._energy.numpy().sum())

    def add_slope(self, x: Any, gradient: Any, convexity: float) -> None:
        """Add the first derivatives to the gradient; the second are whole at a convexity of 0 and convex at 1."""
        self._answer(x, True, convexity)
        inputs = [self._asked.pull, self._faces, self._a, self._b, self._gradients, *self._of_triangle, self._stress]
        launch(pull, len(self._asked.pull), [*inputs, convexity, gradient, self.hessian], self.device)

    def stiffen(self) -> None:
        """Leave the second derivatives' blocks in `hessian`, where the slope was last added."""
        asked, device = self._asked, self.device
        inputs = [asked.slopes, *self._moved, self._a, self._b, self._gradients, self._slope]
        launch(slopes, len(asked.slopes), inputs, device)
        inputs = [self._pairs, self._patch, self._slope, self._stiffness, 6 * self.count, self.hessian]
        launch(stiffen, len(asked.stiffen), [asked.stiffen, *inputs], device)

    def _answer(self, x: Any, derivatives: bool, convexity: float) -> None:
        asked, device = self._asked, self.device
        inputs = [asked.metrics, x, self._faces, self._a, self._b, self._gradients, self._metric]
        launch(metrics, len(asked.metrics), inputs, device)
        inputs = [asked.answer, *self._members, *self._law, self._metric, derivatives, convexity]
        launch(answer, len(asked.answer), [*inputs, self._energy, self._stress, self._stiffness], device)
