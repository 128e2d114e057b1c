# SPDX-License-Identifier: GPL-3.0-or-later
"""A pattern: pieces, the seams between their panels, and the choices it was drafted from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from .pieces import Panel, Piece, PieceRefused, crossings, reaches_out
from .seams import EdgeRef, Fastening, Proof, Seam, prove

_BACK = "these measures and choices do not go together; bring the last changed value nearer to its default."


@dataclass(frozen=True)
class Pattern:
    """What a drafting function returns and what is cut, sewn, graded and exported. Lengths in metres.

    `adjustments` says what a designer changed on the draft, in order: `{"adjustment": its data, "skipped": why or
    None}` (see `patterns.adjustments`). `inner`: whether inner pieces, facings and linings, are draped too.
    """

    name: str
    style: str
    pieces: tuple[Piece, ...]
    seams: tuple[Seam, ...]
    parameters: Mapping[str, object] = field(default_factory=dict[str, object])
    measurements: Mapping[str, float] = field(default_factory=dict[str, float])
    fastenings: tuple[Fastening, ...] = ()
    adjustments: tuple[Mapping[str, Any], ...] = ()
    inner: bool = False

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
        """What of the pattern is simulated: without the pieces that are not draped, and what is sewn to only them.

        Where inner pieces are draped, folds and buttonholes go through them, and they are pieces like the others.
        """
        return self._draped

    @cached_property
    def _draped(self) -> Pattern:
        hidden = {panel.name for piece in self.pieces if not self._hangs(piece) for panel in piece.panels()}
        whole = _behind(self) if self.inner else self
        if not hidden:
            return whole

        def seen(walk: tuple[EdgeRef, ...]) -> bool:
            return not any(ref.panel in hidden for ref in walk)

        return replace(
            whole,
            pieces=tuple(p for p in whole.pieces if not hidden.intersection(panel.name for panel in p.panels())),
            seams=tuple(
                replace(s, layers=tuple(filter(seen, s.layers))) for s in whole.seams if seen(s.a) and seen(s.b)
            ),
            fastenings=tuple(
                f for f in whole.fastenings if {f.over.split(".")[0], f.under.split(".")[0]}.isdisjoint(hidden)
            ),
        )

    def _hangs(self, piece: Piece) -> bool:
        return piece.draped and (self.inner or not piece.inner)

    def refuse_unfit(self) -> None:
        """Raise PieceRefused for an outline that crosses itself, and for a line or trim that lies beside its piece."""
        if self._unfit:
            raise PieceRefused(f"{self._unfit}: {_BACK}")

    @cached_property
    def _unfit(self) -> str:
        """What does not fit, in words; empty where all does."""
        for panel in self._panels:  # unfolded: a half that reaches over its fold crosses its other half
            if not panel.mirrored and crossings(panel.outline(5e-4)):
                return f"The outline of {panel.name!r} crosses itself"
        for piece in self.pieces:
            things = [
                (line.name, line.flattened(5e-4)) for line in piece.internal if line.kind in ("seam", "fold", "dart")
            ]
            things += [(trim.name, np.array([trim.at])) for trim in piece.trims]
            outline = np.concatenate([e.flattened(5e-5)[:-1] for e in piece.edges]) if things else np.empty((0, 2))
            for name, points in things:
                if reaches_out(points, outline):
                    return f"There is no room for {name!r} on {piece.name!r}"
        return ""

    def proof(self) -> Proof:
        """Walk every seam; refuse what does not fit on its piece."""
        self.refuse_unfit()
        return prove(self)


def _behind(pattern: Pattern) -> Pattern:
    """The pattern with its inner pieces as others are, and with what goes through those that they lie behind: folds,
    and what closes over another, as a buttonhole.
    """
    bearers = {panel.name: piece for piece in pattern.pieces for panel in piece.panels()}
    closes = {f.over: f for f in pattern.fastenings}
    pieces, fastenings = list[Piece](), list(pattern.fastenings)
    for piece in pattern.pieces:
        bearer = bearers.get(piece.wrap.host)
        if piece.inner and bearer is not None and bearer.cut == piece.cut:
            outline = np.concatenate([e.flattened(5e-4)[:-1] for e in piece.edges])
            closing = {t.name for panel in bearer.panels() for t in panel.trims if f"{panel.name}.{t.name}" in closes}
            holes = (replace(t, mass=0.0) for t in bearer.trims if t.name in closing)
            folds = (replace(i, turn=i.turn / 2) for i in bearer.internal if i.kind == "fold")  # creases
            own = (i for i in piece.internal if i.kind != "fold")  # its folds are those of what it lies behind
            piece = replace(
                piece,
                internal=(*own, *(i for i in folds if not reaches_out(i.flattened(5e-4), outline))),
                trims=(*piece.trims, *(t for t in holes if not reaches_out(np.array([t.at]), outline))),
            )
            for panel in piece.panels():
                for trim in panel.trims:
                    if fastening := closes.get(f"{panel.wrap.host}.{trim.name}"):
                        through = f"{panel.name}.{trim.name}"
                        fastenings.append(Fastening(through, through, fastening.under))
        pieces.append(replace(piece, inner=False))
    return replace(pattern, pieces=tuple(pieces), fastenings=tuple(fastenings), inner=False)
