# SPDX-License-Identifier: GPL-3.0-or-later
"""A piece of cloth in a laboratory: the one thing that every engine can settle, so that all take the same tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .fabric import Mechanics

Points = NDArray[np.float64]
Ints = NDArray[np.int32]


@dataclass(frozen=True)
class Sheet:
    """A flat-cut cloth with some of its vertices held.

    vertices (n, 3): where it starts. uv (n, 2): rest position in metres, warp along +v, weft along +u. faces (m, 3).
    held (k,): vertices that stand still at `held_at` (k, 3), or where they start when that is None; moving them there
    is the engine's business (in as many steps as it likes). gravity m/s². obstacle: (vertices, faces) of a closed mesh
    that stands still, or None.
    """

    vertices: Points
    uv: Points
    faces: Ints
    held: Ints = field(default_factory=lambda: np.empty(0, np.int32))
    held_at: Points | None = None
    gravity: tuple[float, float, float] = (0.0, 0.0, -9.80665)
    obstacle: tuple[Points, Ints] | None = None


@dataclass(frozen=True)
class Settled:
    """A sheet at rest, or what came nearest to it.

    positions (n, 3). reaction (k, 3): N with which each held vertex is held; None where the engine cannot tell.
    residual: root mean square of the net force on the free vertices over that of their weights (or, without gravity,
    over that of the reactions); None where the engine cannot tell. steps: Newton iterations, or frames.
    """

    positions: Points
    reaction: Points | None
    residual: float | None
    steps: int
    cpu_seconds: float


class SheetEngine(Protocol):
    """An engine that can take the laboratory's tests."""

    name: str

    def settle(self, sheet: Sheet, fabric: Mechanics, residual: float = 1e-4) -> Settled:
        """The sheet at rest. Raises DrapeRefused where it cannot be taken."""
        ...

    def fall(self, sheet: Sheet, fabric: Mechanics, seconds: float, frames: int) -> Points:
        """(frames + 1, n, 3) positions from rest, in air that does not resist."""
        ...
