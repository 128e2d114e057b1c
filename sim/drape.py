# SPDX-License-Identifier: GPL-3.0-or-later
"""What an engine gives back, and the one interface behind which engines stand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from ..bodies import Body
from .cloth import Cloth
from .fabric import Mechanics
from .report import DrapeReport

Points = NDArray[np.float64]
Progress = Callable[[float, str], None]
Cancelled = Callable[[], bool]


class DrapeRefused(RuntimeError):
    """A drape that could not be made: the cloth flew off, or the engine cannot take the input."""


class DrapeCancelled(RuntimeError):
    """The drape was stopped on request; nothing was changed."""


def _nobody_looks(_positions: Points) -> None:
    return None


@dataclass(frozen=True)
class Watch:
    """Who looks on while an engine works.

    progress(fraction, text) tells how far it is. `cancelled()` is asked at least once a second. `frame` is given the
    welded vertices (w, 3) after every step; it blocks while the onlooker has paused, so an engine need know no more.
    """

    progress: Progress
    cancelled: Cancelled
    frame: Callable[[Points], None] = _nobody_looks

    def step(self, fraction: float, text: str, positions: Points | None = None) -> None:
        """Tell, show, and raise DrapeCancelled where that is wished."""
        self.progress(fraction, text)
        if positions is not None:
            self.frame(positions)
        if self.cancelled():
            raise DrapeCancelled("The drape was cancelled; the garment is as it was.")


@dataclass(frozen=True)
class Wishes:
    """What may be asked of a drape beyond its cloth, body and fabric.

    start (w, 3): welded positions to go on from (after a slider has moved: the last drape), else the placed panels.
    pinned (k,): welded vertices that stay where `start` has them. gravity m/s². wind: velocity of the air, m/s.
    residual: see `DrapeReport.residual`.
    device: "cpu", "cuda" or "cuda:1" …; empty for the best there is. coarse: the same garment in a coarser mesh, on
    which an engine may do the rough work.
    """

    start: Points | None = None
    pinned: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    gravity: tuple[float, float, float] = (0.0, 0.0, -9.80665)
    wind: tuple[float, float, float] = (0.0, 0.0, 0.0)
    residual: float = 1e-4
    device: str = ""
    coarse: Cloth | None = None


_UNFELT = {
    "elastic": "does not feel elastic: the cloth was draped without it",
    "folds": "folds cloth as if it were not pressed: turned edges and pleats stand off a little",
    "trims": "takes no account of what buttons and zips weigh",
    "wind": "does not feel wind: the cloth was draped in still air",
}


def unfelt(
    cloth: Cloth, wishes: Wishes, engine: str, *what: Literal["elastic", "folds", "trims", "wind"]
) -> tuple[str, ...]:
    """Sentences on what a cloth carries, or is wished for it, that an engine, by its name for people, cannot feel."""
    inside = cloth.creased.sum() > len(np.unique(np.sort(cloth.creases, axis=1), axis=0))  # two faces have such an edge
    there = {
        "elastic": len(cloth.elastic),
        "folds": inside,
        "trims": cloth.trim_mass is not None,
        "wind": any(wishes.wind),
    }
    return tuple(f"{engine} {_UNFELT[kind]}. Toile's own engine does it." for kind in what if there[kind])


@dataclass(frozen=True)
class Drape:
    """A settled garment: positions (w, 3) of the welded vertices, faces (m, 3), strain (m, 2) of warp and weft.

    pressure (w,): Pa with which the body presses on the cloth there; None where the engine cannot tell.
    """

    cloth: Cloth
    positions: Points
    faces: NDArray[np.int32]
    strain: NDArray[np.float64]
    report: DrapeReport
    pressure: Points | None = None

    @property
    def uv_corners(self) -> NDArray[np.float64]:
        """(m, 3, 2) rest position in metres of each face's corners: the UV map, and the strain's reference."""
        return self.cloth.uv[self.cloth.faces]


class DrapeEngine(Protocol):
    """An engine sews and drapes a placed cloth on a body.

    `fabrics` has the cloth of each role that `cloth.fabric_of_panel` names, with "self" for whatever it leaves out.
    Raises DrapeRefused with what to do, DrapeCancelled soon after `watch.cancelled()` turns true.
    """

    name: str

    def drape(
        self, cloth: Cloth, body: Body, fabrics: Mapping[str, Mechanics], watch: Watch, wishes: Wishes | None = None
    ) -> Drape: ...
