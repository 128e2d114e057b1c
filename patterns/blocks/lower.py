# SPDX-License-Identifier: GPL-3.0-or-later
"""What hangs from the waist, skirt or trousers, before its parts have altered or cut it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from ..pieces import Wrap
from .torso import Half


@dataclass(frozen=True)
class Lower:
    """Front and back, and how they hang.

    waist: girth of the finished waist edge, metres; above: how far it lies below the natural waist, so that the band
    above reaches it. fullness: waist edge over waist, above 1 where it is gathered. opens: where the waist opens.
    """

    front: Half
    back: Half
    front_wrap: Wrap
    back_wrap: Wrap
    waist: float
    above: float = 0.0
    fullness: float = 1.0
    opens: Literal["nowhere", "front", "left", "back"] = "nowhere"

    def halves(self) -> tuple[tuple[Half, Wrap], ...]:
        return (self.front, self.front_wrap), (self.back, self.back_wrap)

    def changed(self, front: Half, back: Half) -> Lower:
        return replace(self, front=front, back=back)

    @property
    def legs(self) -> bool:
        """Whether these are trousers."""
        return "inseam" in self.front.edges
