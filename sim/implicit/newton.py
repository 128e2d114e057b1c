# SPDX-License-Identifier: GPL-3.0-or-later
"""Newton's method on a cloth's energy: each step solved exactly, cut before anything touches, and taken only downhill.

A step minimises the energy's quadratic model plus |dx|²_M / (2 dt²): implicit Euler without momentum (Baraff & Witkin
1998), which is the damping of Levenberg and Marquardt. dt grows while steps succeed, until only the static problem is
left; where the cloth is about to buckle the matrix is not positive definite, and dt is cut until it is. Far from
rest only the convex part of the second derivatives is kept; `relax` goes over to the whole of them, and back, where it
gets stuck.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import warp as wp
from numpy.typing import NDArray
from scipy import sparse

from ..fabric import Mechanics
from .bending import bending_matrix
from .contact import Active, Contact, contact_blocks
from .elastic import Threads
from .kernels.membrane import vec3
from .linear import BlockPattern, NotPositive, cholesky, free_only
from .membrane import Elements, Membrane

Points = NDArray[np.float64]
Ints = NDArray[np.int32]

LONGEST_STEP = 0.01  # metres that a vertex may move in one step
_ARMIJO = 1e-4
_FIRST_DT, _LEAST_DT, _MOST_DT = 0.05, 1e-4, 1e3  # seconds
_CUTS = 7  # of dt in one step before second derivatives are made convex
_PATIENCE = {False: 12, True: 40}  # steps without progress after which the other kind of second derivatives is tried
_NEAR = 0.01  # relative residual below which Newton's own derivatives converge fastest


@dataclass(frozen=True)
class State:
    """How far a relaxation is: the relative residual, and what the last step was."""

    steps: int
    residual: float
    share: float  # of the Newton step that was taken
    moved: float  # metres, the farthest vertex
    dt: float


@dataclass(frozen=True)
class SewnOn:
    """What a cloth carries: elastic, edges without bending (see `bending_matrix`), the mass of trims (n,) in kg."""

    threads: Threads
    creased: NDArray[np.bool_]
    mass: Points

    @classmethod
    def nothing(cls, faces: int, n: int) -> SewnOn:
        """On a sheet of so many faces and vertices."""
        none = Threads(np.empty((0, 2), np.int32), np.empty(0), np.empty(0))
        return cls(none, np.zeros((faces, 3), bool), np.zeros(n))


class Garment:
    """A cloth's energy over its vertices (n, 3), with an obstacle's vertices behind them, and how to bring it down."""

    def __init__(
        self,
        faces: Ints,
        uv_corners: Points,
        rest: Elements,
        fabric: Ints,
        fabrics: Sequence[Mechanics],
        n: int,
        gravity: Sequence[float],
        held: NDArray[np.bool_],
        device: str,
        contact: Contact | None = None,
        obstacle: Points | None = None,
        sewn_on: SewnOn | None = None,
    ) -> None:
        """Index into `fabrics` of each triangle: fabric (m,). Vertices that do not move: held (n,)."""
        self.n, self.device, self.contact = n, device, contact
        on = sewn_on or SewnOn.nothing(len(faces), n)
        self.threads = on.threads
        self.membrane = Membrane(faces, rest, fabric, fabrics, n, device)
        row = np.array([(f.density, f.bend_weft, f.bend_warp) for f in fabrics])[fabric]
        self.mass = on.mass + np.bincount(faces.ravel(), np.repeat(rest.area * row[:, 0] / 3, 3), n)
        clamped = held if held.any() else None
        self.bending = bending_matrix(faces, uv_corners, rest, row[:, 1], row[:, 2], n, clamped, on.creased)
        self._bending_blocks = sparse.kron(self.bending, sparse.eye(3)).tobsr((3, 3))
        self._pattern = BlockPattern(
            np.concatenate([np.repeat(faces, 3, axis=1).ravel(), self.threads.rows]),
            np.concatenate([np.tile(faces, (1, 3)).ravel(), self.threads.columns]),
            n,
        )
        self.load = self.mass[:, None] * np.asarray(gravity, np.float64)
        self.free = ~held
        self.pull: tuple[Points, float] | None = None  # inertia: (target (n, 3), 1/s²), see `dynamics`
        self.obstacle = np.empty((0, 3)) if obstacle is None else obstacle
        self.dt = {False: _FIRST_DT, True: _FIRST_DT}
        self._inertia = sparse.kron(sparse.diags(self.mass), sparse.eye(3)).tobsr((3, 3))

    def upload(self, x: Points) -> Any:
        """All vertices, obstacle's included, on the device."""
        return wp.array(np.concatenate([x, self.obstacle]), dtype=vec3, device=self.device)

    def _move(self, dx: Points) -> Any:
        return wp.array(np.concatenate([dx, np.zeros_like(self.obstacle)]), dtype=vec3, device=self.device)

    def energy(self, x: Points) -> float:
        """J, up to a constant."""
        return sum(self.energies(x).values()) + self._inertial(x)

    def energies(self, x: Points) -> dict[str, float]:
        """J by its source; the weight's counts from z = 0."""
        at = self.upload(x)
        return {
            "membrane": self.membrane.energy(at),
            "bending": 0.5 * float(np.sum(x * (self.bending @ x))),
            "elastic": self.threads.energy(x),
            "contact": self.contact.energy(at) if self.contact else 0.0,
            "weight": -float(np.sum(self.load * x)),
        }

    def derivatives(self, x: Points, convex: bool) -> tuple[Points, Any, Active | None]:
        """Gradient (n, 3), where held the force that holds; second derivatives as a BSR matrix; pairs in contact."""
        at = self.upload(x)
        gradient = wp.zeros(len(at), dtype=vec3, device=self.device)
        self.membrane.add_derivatives(at, gradient, convex)
        blocks = np.concatenate([self.membrane.hessian.numpy().reshape(-1, 3, 3), self.threads.blocks(x)])
        matrix = self._pattern.summed(blocks) + self._bending_blocks
        active = None
        if self.contact:
            active = self.contact.add_derivatives(at, gradient)
            normal = active.normals
            outer = normal[:, :, None] * normal[:, None, :]
            parts = [contact_blocks(active, active.curvature[:, None, None] * outer, self.n)]
            if (dragged := self.contact.add_friction(at, gradient)) is not None:
                held, along, (across_slope, along_slope) = dragged[0], dragged[1], dragged[2].T
                tangent = np.eye(3) - held.normals[:, :, None] * held.normals[:, None, :]
                sliding = along[:, :, None] * along[:, None, :]
                block = across_slope[:, None, None] * (tangent - sliding) + along_slope[:, None, None] * sliding
                parts.append(contact_blocks(held, block, self.n))
            rows, columns, blocks = (np.concatenate(column) for column in zip(*parts, strict=True))
            if len(rows):
                matrix = matrix + BlockPattern(rows, columns, self.n).summed(blocks)
        total = gradient.numpy()[: self.n] + self.bending @ x + self.threads.gradient(x) - self.load
        if self.pull is not None:
            target, rate = self.pull
            total += rate * self.mass[:, None] * (x - target)
            matrix = matrix + rate * self._inertia
        return total, matrix.tobsr((3, 3)), active

    def _inertial(self, x: Points) -> float:
        if self.pull is None:
            return 0.0
        target, rate = self.pull
        return 0.5 * rate * float(np.sum(self.mass[:, None] * (x - target) ** 2))

    def residual(self, gradient: Points) -> float:
        """Root mean square of the net force on the free vertices over that of their weights (see Settled)."""
        scale = np.sqrt((self.load[self.free] ** 2).sum(axis=1).mean())
        if scale == 0.0:  # no gravity: over the reactions
            scale = np.sqrt((gradient[~self.free] ** 2).sum(axis=1).mean()) if (~self.free).any() else 1.0
        return float(np.sqrt((gradient[self.free] ** 2).sum(axis=1).mean()) / max(scale, 1e-300))

    def step(self, x: Points, exact: bool) -> tuple[Points, State, Points, Active | None]:
        """One step: the new positions, how it went, the gradient before it and the pairs that were in contact.

        exact: with second derivatives as they are, dt being cut where they are not positive definite; else with their
        convex part alone, which is safe and fast far away but crawls along a ridge from which the cloth would buckle.
        """
        if self.contact:
            self.contact.look(self.upload(x), 0.0)
        gradient, matrix, active = self.derivatives(x, not exact)
        residual = self.residual(gradient)
        downhill = np.where(self.free[:, None], -gradient, 0.0)
        dt, cuts = self.dt[exact], 0
        while True:
            damped = (matrix + self._inertia / dt**2).tobsr((3, 3))
            try:
                dx = cholesky(free_only(damped, self.free), downhill.ravel()).reshape(-1, 3)
                break
            except NotPositive:
                cuts += 1
                dt /= 2
                if cuts == _CUTS:
                    matrix = self.derivatives(x, True)[1]
        share, x = self._descend(x, dx, -float(np.sum(downhill * dx)))
        moved = share * float(np.linalg.norm(dx, axis=1).max())
        if share < 0.2:
            dt = max(dt / 3, _LEAST_DT)
        elif share > 0.9 and not cuts:
            dt = min(dt * (1.4 if exact else 3), _MOST_DT)
        self.dt[exact] = dt
        return x, State(1, residual, share, moved, dt), gradient, active

    def _descend(self, x: Points, dx: Points, slope: float) -> tuple[float, Points]:
        """How much of the step dx is taken, and where that leads."""
        farthest = float(np.linalg.norm(dx, axis=1).max())
        share = min(1.0, LONGEST_STEP / max(farthest, 1e-30))
        if self.contact:
            at = self.upload(x)
            self.contact.look(at, share * farthest)
            share *= self.contact.free_share(at, self._move(share * dx))
        before = self.energy(x)
        noise = 1e-13 * (abs(before) + float(np.abs(self.load * x).sum()))
        for _ in range(30):
            there = x + share * dx
            if self.energy(there) <= before + _ARMIJO * share * slope + noise:
                break
            share /= 2
        else:
            return 0.0, x
        if self.contact:
            self.contact.moved(share * farthest)
        return share, there


def relax(
    cloth: Garment,
    x: Points,
    residual: float,
    most: int,
    watch: Callable[[Points, State, Active | None], None] | None = None,
) -> tuple[Points, State, Points, Active | None]:
    """Steps until the relative residual is reached, or `most` of them: positions, state, gradient, contacts there."""
    best, since, exact = np.inf, 0, False
    for k in range(most + 1):
        there, state, gradient, active = cloth.step(x, exact)
        state = State(k, state.residual, state.share, state.moved, state.dt)
        if state.residual <= residual or k == most:
            return x, state, gradient, active
        x = there
        since = 0 if state.residual < 0.7 * best else since + 1
        best = min(best, state.residual)
        if since >= _PATIENCE[exact]:
            exact, since, best = not exact, 0, state.residual
        elif state.residual < _NEAR:
            exact = True
        if watch is not None:
            watch(x, state, active)
    raise AssertionError
