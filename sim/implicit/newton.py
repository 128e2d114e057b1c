# SPDX-License-Identifier: GPL-3.0-or-later
"""Newton's method on a cloth's energy: each step solved exactly, cut before anything touches, and taken only downhill.

A step minimises the energy's quadratic model plus |dx|²_M / (2 dt²): implicit Euler without momentum (Baraff & Witkin
1998), which is the damping of Levenberg and Marquardt. dt grows while steps succeed, until only the static problem is
left. The second derivatives of cloth that is pushed are not positive definite. Their convex part is, but with it alone
Newton's method crawls towards every wrinkle. So a share of what is missing to it is added, `convexity`: as little as
leaves the matrix positive definite. It falls from step to step, rises where the factorisation fails, and is nothing at
the end, where Newton's own convergence is quadratic.

Late steps are held up by a few places: a fold that tips over here, a dimple that finds its place there. So between two
steps of the whole cloth, the part of it that holds most of the net force moves alone, with steps of its own (Lanzkron,
Rose & Wilkes, "An analysis of approximate nonlinear elimination", SIAM Journal on Scientific Computing 17, 1996). That
costs little where the part is small.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import warp as wp
from numpy.typing import NDArray

from ..drape import DrapeRefused
from ..fabric import Mechanics
from ..wind import drag, stiffness
from .bending import bending_matrix
from .cholesky import Cholesky
from .contact import Active, Contact
from .elastic import Threads
from .kernels.membrane import vec3
from .linear import Blocks, Linear, Matrix, NotPositive
from .membrane import Elements, Membrane
from .schwarz import Schwarz

Points = NDArray[np.float64]
Ints = NDArray[np.int32]

LONGEST_STEP = 0.01  # metres that a vertex may move in one step
_ARMIJO = 1e-4
_ROUNDING = 1e-13  # of the energy, and of the weight over the cloth's own size: smaller gains cannot be told from none
# Seconds. Where contact cuts the steps, a shorter one than the least would only lose Newton's direction.
_FIRST_DT, _LEAST_DT, _MOST_DT = 0.05, 0.01, 1e3
_LOST_DT = 1e-8  # seconds, in which nothing that weighs anything can get stuck
_LOST = (
    "The forces in this cloth are no numbers, or cannot be told from rounding errors: "
    "check the fabric's stiffness and density, gravity, wind, and that no two vertices of the start coincide."
)
_EASED, _EASED_FAST = 0.8, 0.3  # what a step leaves of the convexity; the latter where the residual was halved
_LEAST_CONVEXITY = 0.01  # below it, none

# A part that moves alone: the vertices with most of the squared net force, and so many rings of the matrix's neighbours
# about them, each of which is two of triangles.
_MOST_OF_FORCE, _RINGS = 0.9, 2
_LARGEST_PART = 0.5  # of the vertices; more of them would cost as much as all
_CALM, _STEPS_OF_PART = 0.3, 15  # what a part is to be left with of its residual, and steps for that at most


@dataclass(frozen=True)
class State:
    """How far a relaxation is: the relative residual, and what the last step was."""

    steps: int
    residual: float  # before the last step, while under way
    share: float  # of the Newton step that was taken
    moved: float  # metres, the farthest vertex
    dt: float


class Slope(NamedTuple):
    """The energy's gradient (n, 3), where held the force that holds; its relative residual; the pairs in contact."""

    gradient: Points
    residual: float
    active: Active | None


@dataclass(frozen=True)
class SewnOn:
    """What a cloth carries: elastic, creased and pressed edges (see `bending_matrix`), the mass of trims (n,) in kg."""

    threads: Threads
    creased: NDArray[np.bool_]
    pressed: NDArray[np.bool_]
    mass: Points

    @classmethod
    def nothing(cls, faces: int, n: int) -> SewnOn:
        """On a sheet of so many faces and vertices."""
        none = Threads(np.empty((0, 2), np.int32), np.empty(0), np.empty(0))
        return cls(none, np.zeros((faces, 3), bool), np.zeros((faces, 3), bool), np.zeros(n))


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
        self.membrane = Membrane(faces, uv_corners, fabric, fabrics, device)
        row = np.array([(f.density, f.bend_weft, f.bend_warp) for f in fabrics])[fabric]
        self.mass = on.mass + np.bincount(faces.ravel(), np.repeat(rest.area * row[:, 0] / 3, 3), n)
        clamped = held if held.any() else None
        self.bending = bending_matrix(faces, uv_corners, rest, row[:, 1], row[:, 2], n, clamped, on.creased, on.pressed)
        self.matrix = Matrix(self.membrane.rows, self.membrane.columns, self.bending, device)
        self.linear: Linear = Cholesky(~held) if device == "cpu" else Schwarz(~held, device)
        self.load = self.mass[:, None] * np.asarray(gravity, np.float64)
        self.wind = np.zeros(3)  # m/s; its drag, which turns with the cloth, is that of the last `derivatives`
        self._faces, self._drag = faces, np.zeros((n, 3))
        self.free = ~held
        self.pull: tuple[Points, float] | None = None  # inertia: (target (n, 3), 1/s²), see `dynamics`
        self.obstacle = np.empty((0, 3)) if obstacle is None else obstacle
        self.dt, self.convexity, self._before = _FIRST_DT, 1.0, np.inf

    def upload(self, x: Points) -> Any:
        """All vertices, obstacle's included, on the device."""
        return wp.array(np.concatenate([x, self.obstacle]), dtype=vec3, device=self.device)

    def _move(self, dx: Points) -> Any:
        return wp.array(np.concatenate([dx, np.zeros_like(self.obstacle)]), dtype=vec3, device=self.device)

    def energies(self, x: Points) -> dict[str, float]:
        """J by its source; the weight's counts from z = 0."""
        return self._strained(x) | {
            "bending": 0.5 * float(np.sum(x * (self.bending @ x))),
            "weight": -float(np.sum(self.load * x)),
        }

    def _strained(self, x: Points) -> dict[str, float]:
        """J by its source, of all that is not quadratic in the positions."""
        at = self.upload(x)
        return {
            "membrane": self.membrane.energy(at),
            "elastic": self.threads.energy(x),
            "contact": self.contact.energy(at) if self.contact else 0.0,
        }

    def derivatives(self, x: Points, matrix: bool = True) -> Slope:
        """The slope at x (n, 3); with `matrix`, the second derivatives are left there."""
        at = self.upload(x)
        gradient = wp.zeros(len(at), dtype=vec3, device=self.device)
        self.membrane.add_slope(at, gradient, self.convexity)
        active = None
        if self.contact:
            self.contact.look(at)
            active = self.contact.add_derivatives(at, gradient)
            self.contact.add_friction(at, gradient)
        if self.wind.any():
            self._drag = drag(x, self._faces, self.wind)
        if matrix:
            self._fill(x)
        total = gradient.numpy()[: self.n] + self.bending @ x + self.threads.gradient(x) - self.load - self._drag
        if self.pull is not None:
            target, rate = self.pull
            total += rate * self.mass[:, None] * (x - target)
        return Slope(total, self.residual(total), active)

    def _fill(self, x: Points) -> None:
        """Leave in `matrix` the second derivatives at x (n, 3), whose slope has just been asked for."""
        self.membrane.stiffen()
        others: list[Blocks] = [(self.threads.rows, self.threads.columns, self.threads.blocks(x))]
        if self.wind.any():
            rows, columns = np.repeat(self._faces, 3, axis=1).ravel(), np.tile(self._faces, (1, 3)).ravel()
            others.append((rows, columns, stiffness(x, self._faces, self.wind).reshape(-1, 3, 3)))
        self.matrix.fill(x, self.membrane.hessian, others, self.contact.blocks if self.contact else ())

    def residual(self, gradient: Points) -> float:
        """Root mean square of the net force on the free vertices over that of their weights (see Settled)."""
        scale = np.sqrt((self.load[self.free] ** 2).sum(axis=1).mean())
        if scale == 0.0:  # no gravity: over the reactions
            scale = np.sqrt((gradient[~self.free] ** 2).sum(axis=1).mean()) if (~self.free).any() else 1.0
        return float(np.sqrt((gradient[self.free] ** 2).sum(axis=1).mean()) / max(scale, 1e-300))

    def part(self, slope: Slope) -> NDArray[np.bool_] | None:
        """(n,) the vertices that are to move alone for a while, where most of the net force is on few; else None.

        Conjugate gradients move the whole cloth always: on a CUDA device a part would cost as much.
        """
        if not isinstance(self.linear, Cholesky):
            return None
        force = np.where(self.free, (slope.gradient**2).sum(axis=1), 0.0)
        order = np.argsort(force)[::-1]
        some = np.zeros(self.n, np.bool_)
        some[order[: 1 + np.searchsorted(np.cumsum(force[order]), _MOST_OF_FORCE * force.sum())]] = True
        pattern = self.matrix.pattern
        for _ in range(_RINGS):
            some[pattern.rows[some[pattern.columns]]] = True
        return some if some.sum() <= _LARGEST_PART * self.n else None

    @contextmanager
    def only(self, moving: NDArray[np.bool_]) -> Iterator[None]:
        """While this lasts only the vertices `moving` (n,) do, and what hangs on others alone stays as last told."""
        before = self.free, self.linear, self.dt, self.convexity, self._before
        self.free = self.free & moving
        self.linear, self.dt, self._before = Cholesky(self.free), _MOST_DT, np.inf
        self._restrict(self.free)
        try:
            yield
        finally:
            self.free, self.linear, self.dt, self.convexity, self._before = before
            self._restrict(None)

    def _restrict(self, moving: NDArray[np.bool_] | None) -> None:
        for what in (self.membrane, self.matrix, self.contact):
            if what is not None:
                what.only(moving)

    def step(self, x: Points, slope: Slope) -> tuple[Points, State]:
        """One step from x, where `derivatives(x)` is the slope: the new positions, and how it went.

        Raises DrapeRefused where no step is short enough, as where a force is no number.
        """
        if not np.isfinite(slope.residual):
            raise DrapeRefused(_LOST)
        downhill = np.where(self.free[:, None], -slope.gradient, 0.0)
        rate = 0.0 if self.pull is None else self.pull[1]
        failed = False
        while True:
            try:
                dx = self.linear.solve(self.matrix, (rate + 1 / self.dt**2) * self.mass, downhill)
                break
            except NotPositive:
                failed = True
                if self.convexity < 1.0:
                    self._convex()
                    self.derivatives(x)
                elif self.dt > _LOST_DT:  # nothing but inertia holds what hangs free
                    self.dt /= 4
                else:
                    raise DrapeRefused(_LOST) from None
        share, x = self._descend(x, dx, -float(np.sum(downhill * dx)))
        if share > 0.9:
            self.dt = min(3 * self.dt, _MOST_DT)
            if not failed:
                self.convexity *= _EASED_FAST if slope.residual < self._before / 2 else _EASED
                if self.convexity < _LEAST_CONVEXITY:
                    self.convexity = 0.0
        elif share < 0.3:
            self._convex()
            if share < 0.2:
                self.dt = max(self.dt / 3, _LEAST_DT)
        self._before = slope.residual
        return x, State(1, slope.residual, share, share * float(np.linalg.norm(dx, axis=1).max()), self.dt)

    def _convex(self) -> None:
        """Twice as much of what is missing to a convex energy."""
        self.convexity = min(1.0, max(2 * self.convexity, _LEAST_CONVEXITY))

    def _descend(self, x: Points, dx: Points, slope: float) -> tuple[float, Points]:
        """How much of the step dx is taken, and where that leads."""
        farthest = float(np.linalg.norm(dx, axis=1).max())
        share = min(1.0, LONGEST_STEP / max(farthest, 1e-30))
        if self.contact:
            at = self.upload(x)
            self.contact.look(at, share * np.linalg.norm(dx, axis=1))
            share *= self.contact.free_share(at, self._move(share * dx))
        # What is quadratic by the step alone: beside the positions' own, its changes would be lost in rounding.
        force, turned = self.bending @ x - self.load - self._drag, self.bending @ dx
        if self.pull is not None:
            target, rate = self.pull
            force += rate * self.mass[:, None] * (x - target)
            turned += rate * self.mass[:, None] * dx
        linear, square = float(np.sum(force * dx)), 0.5 * float(np.sum(turned * dx))
        before = sum(self._strained(x).values())
        noise = _ROUNDING * (before + float(np.abs(self.load * (x - x.mean(axis=0))).sum()))
        for _ in range(30):
            there = x + share * dx
            gained = sum(self._strained(there).values()) - before + share * (linear + share * square)
            if gained <= _ARMIJO * share * slope + noise:
                break
            share /= 2
        else:
            return 0.0, x
        return share, there


def relax(
    cloth: Garment,
    x: Points,
    residual: float,
    most: int,
    watch: Callable[[Points, State, Active | None], None] | None = None,
) -> tuple[Points, State, Slope]:
    """Steps until the relative residual is reached, or `most` of them: positions, state, and the slope there.

    Those of parts that move alone in between are not counted. `watch` is told, after each step, the positions, the
    state, and the pairs that were in contact before it.
    """
    state = State(0, np.inf, 0.0, 0.0, cloth.dt)
    while True:
        slope = cloth.derivatives(x)
        if slope.residual <= residual or state.steps == most:
            return x, replace(state, residual=slope.residual), slope
        x, step = cloth.step(x, slope)
        state = replace(step, steps=state.steps + 1)
        if watch is not None:
            watch(x, state, slope.active)
        x = calmed(cloth, x, residual)


def calmed(cloth: Garment, x: Points, residual: float) -> Points:
    """Positions in which the part that holds most of the net force is nearly at rest; x (n, 3) if there is none.

    The other vertices stay where they are. A cloth within the residual is left alone.
    """
    slope = cloth.derivatives(x, matrix=False)
    part = cloth.part(slope) if slope.residual > residual else None
    if part is None:
        return x
    with cloth.only(part):
        slope = cloth.derivatives(x)
        enough = _CALM * slope.residual
        for _ in range(_STEPS_OF_PART):
            x, _ = cloth.step(x, slope)
            slope = cloth.derivatives(x)
            if slope.residual <= enough:
                break
    return x
