# SPDX-License-Identifier: GPL-3.0-or-later
"""A garment put together: a block shaped by its parts, cut into pieces, and the parts sewn on.

A style names a block and its slots. Every slot's part first shapes the block (a neckline, an opened centre front), then
the block is cut, then every part attaches itself (a sleeve, a collar, a pocket) to edges that it finds by `walk`: the
name of the half, of the edge as it was drafted, and the side of the body. So a part need not know how the shell was
cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, Literal

import numpy as np

from .blocks.torso import Half, Torso
from .curves import Points, line
from .parts.darts import dart_seams, darted, stretches
from .parts.pleats import Knife, covers, pleat_lines, pleated
from .pattern import Pattern
from .pieces import CLOSURE_TOLERANCE, Edge, Piece, Side, Wrap, loop
from .seams import EdgeRef, Fastening, Seam, Zip
from .style import Choices, Measurements, Slot

SIDES: tuple[Side, Side] = ("left", "right")
Walk = tuple[EdgeRef, ...]


def backwards(walk: Walk) -> Walk:
    """The walk from its end to its start."""
    return tuple(replace(ref, backwards=not ref.backwards) for ref in reversed(walk))


class Assembly:
    """A pattern under construction."""

    def __init__(self) -> None:
        self._pieces: dict[str, Piece] = {}
        self._seams: list[Seam] = []
        self._fastenings: list[Fastening] = []
        self._stretches: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {}

    def add(self, piece: Piece) -> None:
        """One more piece."""
        self._pieces[piece.name] = piece

    def piece(self, name: str) -> Piece:
        return self._pieces[name]

    def change(self, name: str, **fields: Any) -> None:
        """Other fields for a piece that is there: a notch more, a pocket's placement, buttons."""
        self._pieces[name] = replace(self._pieces[name], **fields)

    def sew(
        self,
        name: str,
        a: Walk,
        b: Walk,
        ratio: float = 1.0,
        *layers: Walk,
        faces: Literal["right_right", "right_wrong"] = "right_right",
        zip: Zip | None = None,
    ) -> None:
        """See `Seam`."""
        self._seams.append(Seam(name, a, b, ratio, layers, faces, zip))

    def fasten(self, name: str, over: str, under: str) -> None:
        """See `Fastening`."""
        self._fastenings.append(Fastening(name, over, under))

    def lay(self, half: str, edge: str, stretches: Sequence[tuple[str, str]]) -> None:
        """Say which (piece, edge) lie along the edge of a drafted half, in its own direction."""
        self._stretches[half, edge] = tuple(stretches)

    def stretches(self, half: str, edge: str) -> tuple[tuple[str, str], ...]:
        """Which (piece, edge) lie along the edge of a drafted half, in its own direction."""
        return self._stretches[half, edge]

    def along(self, piece: str, line: str, side: Side) -> EdgeRef:
        """An edge or internal line of a piece on one side of the body, in the direction in which it was drafted."""
        cut = self._pieces[piece]
        panel, name = (piece, f"{line}_{side}") if cut.cut == "fold" else (f"{piece}_{side}", line)
        return EdgeRef(panel, name, side != cut.side)

    def walk(self, half: str, edge: str, side: Side) -> Walk:
        """The edge of a drafted half on one side of the body, in the direction in which it was drafted."""
        return tuple(self.along(piece, stretch, side) for piece, stretch in self._stretches[half, edge])

    def around_neck(self) -> Walk:
        """The neckline from the wearer's right centre front round the back to the left centre front."""
        return (
            *backwards(self.walk("front", "neckline", "right")),
            *self.walk("back", "neckline", "right"),
            *backwards(self.walk("back", "neckline", "left")),
            *self.walk("front", "neckline", "left"),
        )

    def around_hem(self) -> Walk:
        """The hem from the wearer's right centre front round the back to the left centre front."""
        return (
            *self.walk("front", "hem", "right"),
            *backwards(self.walk("back", "hem", "right")),
            *self.walk("back", "hem", "left"),
            *backwards(self.walk("front", "hem", "left")),
        )

    def pattern(self, label: str, style: str) -> Pattern:
        """What has been put together."""
        darts = dart_seams(self._pieces.values())
        return Pattern(
            label, style, tuple(self._pieces.values()), (*darts, *self._seams), fastenings=tuple(self._fastenings)
        )


def cut_torso(assembly: Assembly, torso: Torso, c: Choices) -> None:
    """Both halves as pieces, sewn to each other at shoulders and sides."""
    for half in torso.halves():
        tip, neck = half.tip, half.side_of_neck
        over = (float(neck[0]), float(neck[1])), (float(tip[0]), float(tip[1]))
        cut_half(assembly, half, Wrap("torso", "neck_side_left", angle=half.facing, over=over), c)
    for side in SIDES:
        for edge in ("shoulder", "side"):
            assembly.sew(f"{edge}_{side}", assembly.walk("front", edge, side), assembly.walk("back", edge, side))


def cut_half(assembly: Assembly, half: Half, wrap: Wrap, c: Choices, prefix: str = "") -> None:
    """One half as a piece: on the fold, or as a left and a right one where it is a leg or opens at the centre."""
    name, first, last = f"{prefix}{half.name}", *(list(half.edges)[k] for k in (0, -1))
    edges: tuple[Edge, ...] = ()
    for edge, run in half.edges.items():
        folds = half.pleats.get(edge, ())
        edges += pleated(edge, run, folds) if folds else darted(edge, run, half.darts.get(edge, ()), f"{edge}_dart")
    low, high = half.edges[first][0].start, half.edges[last][-1].end
    out = np.array([-(half.opening or 0.0), 0.0])  # what laps over beyond the centre line
    on_fold = half.opening is None and not np.allclose(low, high, atol=CLOSURE_TOLERANCE)
    if on_fold:
        edges += loop(("fold", line(high, low)))
    elif half.opening:
        edges += loop(
            (f"lap_{last}", line(high, high + out)),
        )
        edges += (*_opening(half, high + out, low + out), *loop((f"lap_{first}", line(low + out, low))))
    elif half.opening == 0:
        edges += _opening(half, high, low)
    piece = Piece(
        name,
        edges,
        wrap,
        cut="fold" if on_fold else "mirrored",
        side=half.side_of_body,
        fold="fold" if on_fold else None,
        allowance=c["seam_allowance"],
        allowances={"hem": c["hem_allowance"]} | ({"fold": 0.0} if on_fold else {}),
        pleats=tuple(p for edge, folds in half.pleats.items() for p in pleat_lines(edge, half.edges[edge], folds)),
    )
    assembly.add(piece)
    for edge in half.edges:
        assembly.lay(name, edge, [(name, e) for e in stretches(piece, edge)])
    if half.opening is not None:
        assembly.lay(name, "opening", [(name, e) for e in stretches(piece, "opening")])
    for edge, folds in half.pleats.items():
        _hold(assembly, piece, edge, folds)


def _opening(half: Half, high: Points, low: Points) -> tuple[Edge, ...]:
    """The open centre from its top down, parted where the half says so."""
    if not half.parted:
        return loop(("opening", line(high, low)))
    way = (low - high) / np.linalg.norm(low - high)
    stops = [high, *(high + s * way for s in half.parted), low]
    return loop(*((f"opening_{k}", line(a, b)) for k, (a, b) in enumerate(pairwise(stops), 1)))


def _hold(assembly: Assembly, piece: Piece, edge: str, folds: Sequence[Knife]) -> None:
    """Every pleat's two hidden stretches sewn to each other and, where it lies whole under one, to its cover."""
    for side in SIDES:
        for k, (fold, cover) in enumerate(zip(folds, covers(piece.edges, edge, folds), strict=True), 1):
            a, b = ((assembly.along(piece.name, f"pleat_{edge}_{k}_{letter}", side),) for letter in "ab")
            caught = [tuple(assembly.along(piece.name, name, side) for name in cover)] if cover else []
            out, back = (backwards(a), b) if fold.turn > 0 else (backwards(b), a)
            assembly.sew(f"{piece.name}_pleat_{edge}_{k}_{side}", out, back, 1.0, *caught)


def assembled(label: str, style: str, torso: Torso, slots: Sequence[Slot], m: Measurements, c: Choices) -> Pattern:
    """A garment of one torso: shaped by every slot's part, cut, and every part attached, in the order of the slots."""
    parts = [slot.part(c) for slot in slots]
    for part in parts:
        if part.shape:
            torso = part.shape(torso, m, c)
    assembly = Assembly()
    cut_torso(assembly, torso, c)
    for part in parts:
        if part.attach:
            part.attach(assembly, torso, m, c)
    return assembly.pattern(label, style)
