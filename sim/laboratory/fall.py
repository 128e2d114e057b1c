# SPDX-License-Identifier: GPL-3.0-or-later
"""Free fall: whether an engine's second is a second and its gravity is the Earth's."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..fabric import Mechanics
from ..sheet import Settled, Sheet, SheetEngine
from .laws import STANDARD_GRAVITY
from .meshes import Cut, strip
from .outcome import Outcome, facts

SIDE = 0.10  # metres
SECONDS, FRAMES = 0.5, 50


@dataclass(frozen=True, kw_only=True)
class Fall(Outcome):
    """How a square falls where nothing is in its way.

    error: the farthest any of its particles ever is from −g t²/2, metres; tolerance: g t Δt / 2 at the end, which is as
    far as a time step of first order a frame leads or lags. acceleration: m/s² of the parabola through the fall (such
    a step changes its speed at the start, not its curvature); acceleration_error: over g, less one. distortion: the
    farthest any particle has moved within the cloth, metres.
    """

    test: ClassVar[str] = "fall"

    seconds: float
    frames: int
    error: float
    tolerance: float
    acceleration: float
    acceleration_error: float
    distortion: float


def fall(engine: SheetEngine, fabric: Mechanics, cut: Cut, seconds: float = SECONDS, frames: int = FRAMES) -> Fall:
    """A square let go, level, for half a second. Raises SpecimenRefused."""
    flat = strip(cut, np.linspace(0.0, SIDE, cut.rows(SIDE) + 1), SIDE)
    sheet = Sheet(flat.lifted, cut.uv(flat.points), flat.faces)
    began = time.process_time()
    path = engine.fall(sheet, fabric, seconds, frames)
    spent = time.process_time() - began
    told = facts(engine, fabric, cut, sheet, [Settled(path[-1], None, None, frames, spent)])
    t = np.linspace(0.0, seconds, frames + 1)
    exact = -STANDARD_GRAVITY * t**2 / 2
    (_, half), *_ = np.linalg.lstsq(np.stack([t, t**2], axis=1), path[:, :, 2].mean(axis=1), None)
    moved = path - path.mean(axis=1, keepdims=True)
    return Fall(
        **told,
        seconds=seconds,
        frames=frames,
        error=float(np.linalg.norm(path - sheet.vertices - exact[:, None, None] * [0.0, 0.0, 1.0], axis=2).max()),
        tolerance=STANDARD_GRAVITY * seconds * (seconds / frames) / 2,
        acceleration=float(-2 * half),
        acceleration_error=float(-2 * half / STANDARD_GRAVITY - 1),
        distortion=float(np.linalg.norm(moved - moved[0], axis=2).max()),
    )
