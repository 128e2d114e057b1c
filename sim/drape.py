# SPDX-License-Identifier: GPL-3.0-or-later
"""What an engine gives back, and the one interface behind which engines stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..bodies import Body
from .cloth import Cloth
from .fabric import Mechanics
from .report import DrapeReport

Progress = Callable[[float, str], None]
Cancelled = Callable[[], bool]


class DrapeRefused(RuntimeError):
    """A drape that could not be made: the cloth flew off, or the engine cannot take the input."""


class DrapeCancelled(RuntimeError):
    """The drape was stopped on request; nothing was changed."""


@dataclass(frozen=True)
class Drape:
    """A settled garment: positions (w, 3) of the welded vertices, faces (m, 3), strain (m, 2) of warp and weft."""

    cloth: Cloth
    positions: NDArray[np.float64]
    faces: NDArray[np.int32]
    strain: NDArray[np.float64]
    report: DrapeReport

    @property
    def uv_corners(self) -> NDArray[np.float64]:
        """(m, 3, 2) rest position in metres of each face's corners: the UV map, and the strain's reference."""
        return self.cloth.uv[self.cloth.faces]


class DrapeEngine(Protocol):
    """An engine sews and drapes a placed cloth on a body.

    Raises DrapeRefused with what to do, DrapeCancelled soon after `cancelled()` turns true.
    """

    name: str

    def drape(self, cloth: Cloth, body: Body, fabric: Mechanics, progress: Progress, cancelled: Cancelled) -> Drape: ...
