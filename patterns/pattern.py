# SPDX-License-Identifier: GPL-3.0-or-later
"""A pattern: pieces, the seams between their panels, and the choices it was drafted from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from .pieces import Panel, Piece, PieceRefused, crossings
from .seams import EdgeRef, Fastening, Proof, Seam, prove


@dataclass(frozen=True)
class Pattern:
    """What a drafting function returns and what is cut, sewn, graded and exported. Lengths in metres.

    `adjustments` says what a designer changed on the draft, in order: `{"adjustment": its data, "skipped": why or None}`
    (see `patterns.adjustments`).
    """

    name: str
    style: str
    pieces: tuple[Piece, ...]
    seams: tuple[Seam, ...]
    parameters: Mapping[str, object] = field(default_factory=dict[str, object])
    measurements: Mapping[str, float] = field(default_factory=dict[str, float])
    fastenings: tuple[Fastening, ...] = ()
    adjustments: tuple[Mapping[str, Any], ...] = ()

    def __post_init__(self) -> None:
        for kind, names in (
            ("piece", [p.name for p in self.pieces]),
            ("seam", [s.name for s in self.seams]),
            ("fastening", [f.name for f in self.fastenings]),
        ):
            if len(set(names)) != len(names):
                raise PieceRefused(f"Pattern {self.name!r} names a {kind} twice: {names}.")

    def panels(self) -> tuple[Panel, ...]:
        """Every cut instance, unfolded or mirrored."""
        return self._panels

    @cached_property
    def _panels(self) -> tuple[Panel, ...]:
        return tuple(panel for piece in self.pieces for panel in piece.panels())

    def panel(self, name: str) -> Panel:
        for p in self._panels:
            if p.name == name:
                return p
        raise PieceRefused(f"Pattern {self.name!r} has no panel {name!r}.")

    def draped(self) -> Pattern:
        """What of the pattern is simulated: without the pieces that are not draped, and what is sewn to only them."""
        hidden = {panel.name for piece in self.pieces if not piece.draped for panel in piece.panels()}
        if not hidden:
            return self

        def seen(walk: tuple[EdgeRef, ...]) -> bool:
            return not any(ref.panel in hidden for ref in walk)

        return replace(
            self,
            pieces=tuple(p for p in self.pieces if p.draped),
            seams=tuple(
                replace(s, layers=tuple(filter(seen, s.layers))) for s in self.seams if seen(s.a) and seen(s.b)
            ),
            fastenings=tuple(
                f for f in self.fastenings if {f.over.split(".")[0], f.under.split(".")[0]}.isdisjoint(hidden)
            ),
        )

    def proof(self) -> Proof:
        """Walk every seam; refuse panels whose outline crosses itself."""
        for panel in self._panels:
            if crossings(panel.outline(5e-4)):
                raise PieceRefused(
                    f"The outline of {panel.name!r} crosses itself: these measures and choices do not go together; "
                    "bring the last changed value nearer to its default."
                )
        return prove(self)
