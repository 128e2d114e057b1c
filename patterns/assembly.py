# SPDX-License-Identifier: GPL-3.0-or-later
"""A garment put together: a block shaped by its parts, cut into pieces, and the parts sewn on.

A style names a block and its slots. Every slot's part first shapes the block (a neckline, an opened centre front), then
the block is cut and divided (a yoke), then sewn together, then every part attaches itself (a sleeve, a collar, a
pocket) to edges that it finds by `walk`: the name of the half, of the edge as it was drafted, and the side of the body.
So a part need not know how the shell was cut.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, Literal, TypeVar

import numpy as np

from .blocks.torso import Half, Torso
from .curves import Points, line, stretch
from .parts.darts import dart_seams, darted, run_names, stretches
from .parts.pleats import Knife, covers, pleat_lines, pleated
from .pattern import Pattern
from .pieces import CLOSURE_TOLERANCE, Edge, Piece, Side, Wrap, loop, split_notches
from .seams import EdgeRef, Fastening, Seam, Zip
from .style import Choices, DraftRefused, Measurements, Slot, placed

SIDES: tuple[Side, Side] = ("left", "right")
Walk = tuple[EdgeRef, ...]
Block = TypeVar("Block")


def backwards(walk: Walk) -> Walk:
    """The walk from its end to its start."""
    return tuple(replace(ref, backwards=not ref.backwards) for ref in reversed(walk))


def from_back(around: Walk) -> Walk:
    """A walk round the neck or the hem, begun at the centre back instead of the wearer's right centre front."""
    half = len(around) // 2
    return (*around[half:], *around[:half])


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

    def __contains__(self, name: str) -> bool:
        """Whether there is a piece of that name."""
        return name in self._pieces

    @property
    def seams(self) -> tuple[Seam, ...]:
        """What has been sewn so far, but for darts."""
        return tuple(self._seams)

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
        """Say which (piece, edge) lie along the edge of a drafted half, in its direction; '-edge' runs against it."""
        self._stretches[half, edge] = tuple(stretches)

    def stretches(self, half: str, edge: str) -> tuple[tuple[str, str], ...]:
        """Which (piece, edge) lie along the edge of a drafted half, in its own direction; none where it has no such."""
        return self._stretches.get((half, edge), ())

    def split(self, half: str, edge: str, at: float) -> None:
        """Split an edge `at` metres from its start; its two parts are laid as edge_low and edge_high of the half."""
        laid = self.stretches(half, edge)
        for k, (name, own) in enumerate(laid):
            piece = self._pieces[name]
            whole = piece.edge(own.removeprefix("-"))
            if 1e-6 < at < whole.length - 1e-6 and not own.startswith("-"):
                low, high = f"{own}_low", f"{own}_high"
                parts = (
                    replace(whole, name=low, curves=stretch(whole.curves, 0.0, at)),
                    replace(whole, name=high, curves=stretch(whole.curves, at, whole.length)),
                )
                notches = split_notches(piece.notches, own, at, (low, high))
                edges = tuple(new for e in piece.edges for new in (parts if e is whole else (e,)))
                self.change(name, edges=edges, notches=notches)
                below, above = (*laid[:k], (name, low)), ((name, high), *laid[k + 1 :])
                self.lay(half, edge, (*below, *above))
                self.lay(half, f"{edge}_low", below)
                self.lay(half, f"{edge}_high", above)
                return
            at -= whole.length
        raise DraftRefused(f"The {edge} of the {half} is too short for what is sewn to it: give it more length.")

    def along(self, piece: str, line: str, side: Side) -> EdgeRef:
        """An edge or internal line of a piece on one side of the body, in the direction in which it was drafted."""
        cut = self._pieces[piece]
        panel, name = (piece, f"{line}_{side}") if cut.cut == "fold" else (f"{piece}_{side}", line)
        return EdgeRef(panel, name, side != cut.side)

    def walk(self, half: str, edge: str, side: Side) -> Walk:
        """The edge of a drafted half on one side of the body, in the direction in which it was drafted."""
        return tuple(
            backwards((ref,))[0] if stretch.startswith("-") else ref
            for piece, stretch in self.stretches(half, edge)
            for ref in (self.along(piece, stretch.removeprefix("-"), side),)
        )

    def around_back(self, piece: str, line: str, outwards: bool = True) -> Walk:
        """A line of a piece on the fold at the centre back, from its end on the wearer's right to that on the left.

        outwards: whether it was drafted from the centre back.
        """
        right, left = ((self.along(piece, line, side),) for side in ("right", "left"))
        return (*backwards(right), *left) if outwards else (*right, *backwards(left))

    def around_neck(self, laps: bool = False) -> Walk:
        """Neckline from the wearer's right centre front round the back to the left; with the fronts' laps or not."""
        left, right = ((self.walk("front", "lap_neckline", s) if laps else ()) for s in SIDES)
        return (
            *backwards((*self.walk("front", "neckline", "right"), *right)),
            *self.walk("back", "neckline", "right"),
            *backwards(self.walk("back", "neckline", "left")),
            *self.walk("front", "neckline", "left"),
            *left,
        )

    def around_hem(self, laps: bool = False) -> Walk:
        """The hem from the wearer's right centre front round the back to the left, with the fronts' laps or not."""
        left, right = ((self.walk("front", "lap_hem", s) if laps else ()) for s in SIDES)
        return (
            *right,
            *self.walk("front", "hem", "right"),
            *backwards(self.walk("back", "hem", "right")),
            *self.walk("back", "hem", "left"),
            *backwards((*left, *self.walk("front", "hem", "left"))),
        )

    def pattern(self, label: str, style: str) -> Pattern:
        """What has been put together."""
        darts = dart_seams(self._pieces.values())
        pieces = tuple(map(with_hems, self._pieces.values()))
        return Pattern(label, style, pieces, (*darts, *self._seams), fastenings=tuple(self._fastenings))


def with_hems(piece: Piece) -> Piece:
    """A piece whose hems, where they have an allowance of their own, are cut so that they can be turned up."""
    hems = [name for name, width in piece.allowances.items() if width and re.fullmatch(r"hem(_.*)?", name)]
    return replace(piece, corners={**dict.fromkeys(hems, "mirror"), **piece.corners}) if hems else piece


def on_torso(half: Half) -> Wrap:
    """How a piece that is drafted in the frame of a torso's half lies about the body."""
    tip, neck = half.tip, half.side_of_neck
    over = (float(neck[0]), float(neck[1])), (float(tip[0]), float(tip[1]))
    return Wrap("torso", "neck_side_left", angle=half.facing, over=over)


def _cut_torso(assembly: Assembly, torso: Torso, c: Choices) -> None:
    """Both halves as pieces."""
    for half in torso.halves():
        cut_half(assembly, half, on_torso(half), c)


def _sew_torso(assembly: Assembly, _torso: Torso) -> None:
    """The halves sewn to each other at shoulders and sides, wherever they still have them."""
    for side in SIDES:
        for edge in ("shoulder", "side"):
            a, b = (assembly.walk(half, edge, side) for half in ("front", "back"))
            if a or b:
                assembly.sew(f"{edge}_{side}", a, b)


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
        edges += loop((f"lap_{last}", line(high, high + out)))
        edges += (*_opening(half, high + out, low + out), *loop((f"lap_{first}", line(low + out, low))))
    elif half.opening == 0:
        edges += _opening(half, high, low)
    hem_allowance: float = c["hem_allowance"]
    piece = Piece(
        name,
        edges,
        wrap,
        cut="fold" if on_fold else "mirrored",
        side=half.side_of_body,
        fold="fold" if on_fold else None,
        notches=half.notches,
        internal=half.internal,
        allowance=c["seam_allowance"],
        allowances=dict.fromkeys(run_names(edges, "hem"), hem_allowance) | ({"fold": 0.0} if on_fold else {}),
        pleats=tuple(p for edge, folds in half.pleats.items() for p in pleat_lines(edge, half.edges[edge], folds)),
    )
    assembly.add(piece)
    for edge in half.edges:
        assembly.lay(name, edge, [(name, e) for e in stretches(piece, edge)])
    if half.opening:
        for edge in (first, last):
            assembly.lay(name, f"lap_{edge}", [(name, f"lap_{edge}")])
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
    """A garment of one torso; see `put_together`."""
    return put_together(label, style, torso, _cut_torso, _sew_torso, slots, m, c)


def put_together(
    label: str,
    style: str,
    block: Block,
    cut: Callable[[Assembly, Block, Choices], None],
    sew: Callable[[Assembly, Block], None],
    slots: Sequence[Slot],
    m: Measurements,
    c: Choices,
) -> Pattern:
    """A garment of one block: shaped, cut, divided, sewn and finished by its parts, in the order of the slots.

    cut: makes the block's halves pieces. sew: joins them to each other.
    """
    parts = [part for _, part in placed(slots, c)]
    for part in parts:
        if part.shape:
            block = part.shape(block, m, c)
    assembly = Assembly()
    cut(assembly, block, c)
    for part in parts:
        if part.divide:
            part.divide(assembly, block, m, c)
    sew(assembly, block)
    for part in parts:
        if part.attach:
            part.attach(assembly, block, m, c)
    return assembly.pattern(label, style)
