# SPDX-License-Identifier: GPL-3.0-or-later
"""Linings: the shell once more within itself, from the facings' inner edges on, with an ease pleat behind.

W. Aldrich, Metric Pattern Cutting for Women's Wear, 6th ed., "The tailored jacket: lining".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..assembly import SIDES, Assembly, backwards
from ..blocks.torso import Torso
from ..curves import Curve, line, point, run_length, stretch
from ..pieces import Edge, Piece, Wrap, crossings, polygon_area
from ..seams import EdgeRef
from ..style import Choices, DraftRefused, Measurements, Part, length

PLEAT = length("lining_pleat", 0.015, 0.0, 0.03, "Depth of the ease pleat at the centre back of the lining")
_ON = "lining_"
_NO_ROOM = (
    "The front's facing leaves no room for a lining beside it: lower facing_width or front_corner, or choose lining "
    "'none'."
)


def _reversed(curves: Sequence[Curve]) -> tuple[Curve, ...]:
    return tuple(curve.reversed() for curve in reversed(curves))


def _within(shell: Piece, edges: tuple[Edge, ...], c: Choices, *, fold: str | None = None) -> Piece:
    """A lining piece of those edges for a piece of the shell, within one panel of it, or on the fold within both."""
    return Piece(
        _ON + shell.name,
        edges,
        Wrap("on", host=shell.name if fold or shell.cut == "fold" else f"{shell.name}_{shell.side}", layer=-1),
        cut="fold" if fold else "mirrored",
        side=shell.side,
        fold=fold,
        fabric="lining",
        allowance=c["seam_allowance"],
        allowances={fold: 0.0} if fold else {},
        inner=True,
    )


def _beside_facing(shell: Piece, facing: Piece) -> tuple[Edge, ...]:
    """The edges of a front or back from where its facing ends at the hem, or the centre, up to the shoulder."""
    names = [e.name for e in shell.edges]
    found: list[Edge] = []
    for edge in shell.edges[: names.index("shoulder") + 1]:
        run = edge.curves
        if edge.name == "hem":
            faced = [e for e in facing.edges if e.name == "hem"]
            run = stretch(run, faced[0].length, edge.length) if faced else tuple(e for e in run if e.end[0] > 1e-6)
        elif edge.name == "shoulder":
            run = stretch(run, 0.0, edge.length - facing.edge("shoulder").length)
        if not run:
            raise DraftRefused(_NO_ROOM)
        found.append(replace(edge, curves=run))
    return tuple(found)


def _lined(assembly: Assembly, _torso: Torso, _m: Measurements, c: Choices) -> None:
    front, back = (assembly.piece(name) for name in ("front", "back"))
    facings = {name: assembly.piece(f"{name}_facing") for name in ("front", "back")}
    inner = {name: Edge("inner", _reversed(piece.edge("inner").curves)) for name, piece in facings.items()}
    beside = (*_beside_facing(front, facings["front"]), inner["front"])
    outline = np.concatenate([e.flattened(5e-4)[:-1] for e in beside])
    if crossings(outline) or polygon_area(outline) <= 0:
        raise DraftRefused(_NO_ROOM)
    assembly.add(_within(front, beside, c))

    pleat, still = c["lining_pleat"], np.eye(2)
    centre = point((-pleat, float(inner["back"].end[1])))
    low = point((0.0, float(back.edge("hem").curves[-1].start[1])))
    hem, *rest = _beside_facing(back, facings["back"])
    if pleat:
        hem = replace(hem, curves=(line(low - [pleat, 0.0], low), *hem.curves))
        inner["back"] = Edge("inner", (*inner["back"].curves, line(inner["back"].end, centre)))
    edges = (hem, *rest, inner["back"], Edge("fold", (line(centre, hem.start),)))
    moved = tuple(
        replace(e, curves=tuple(k.transformed(still, np.array([pleat, 0.0])) for k in e.curves)) for e in edges
    )
    assembly.add(_within(back, moved, c, fold="fold"))
    for name in ("front_side", "back_side", "sleeve", "under_sleeve"):
        if name in assembly:
            shell = assembly.piece(name)
            assembly.add(_within(shell, shell.edges, c))
    _sew(assembly)
    for name, facing in facings.items():
        whole = run_length(inner[name].curves) / facing.edge("inner").length
        for side in SIDES:
            a, b = ((assembly.along(piece, "inner", side),) for piece in (facing.name, _ON + name))
            assembly.sew(f"{_ON}facing_{name}_{side}", a, backwards(b), whole)


def _sew(assembly: Assembly) -> None:
    """Every seam of the shell whose panels are all lined, in the lining."""
    for seam in assembly.seams:
        sides = [tuple(_mapped(assembly, ref) for ref in walk) for walk in (seam.a, seam.b)]
        a, b = (tuple(ref for ref in side if ref) for side in sides)
        if len(a) == len(seam.a) and len(b) == len(seam.b):
            assembly.sew(_ON + seam.name, a, b, seam.ratio)


def _mapped(assembly: Assembly, ref: EdgeRef) -> EdgeRef | None:
    """The edge of the lining behind an edge of the shell, if there is one."""
    name = ref.panel.removesuffix("_left").removesuffix("_right")
    edge, side = ref.edge, ref.panel.removeprefix(f"{name}_")
    if side == ref.panel:  # the shell is cut on the fold
        edge, _, side = ref.edge.rpartition("_")
    if _ON + name not in assembly:
        return None
    lining = assembly.piece(_ON + name)
    if edge not in {e.name for e in lining.edges} or edge == "inner":
        return None
    found = EdgeRef(lining.name, f"{edge}_{side}") if lining.cut == "fold" else EdgeRef(f"{lining.name}_{side}", edge)
    return replace(found, backwards=ref.backwards)


NONE = Part("none", "None", "Seams are finished on their own")
FULL = Part("full", "Full", "Lined from the facings to the hem, sleeves too", (PLEAT,), attach=_lined)
LININGS = (NONE, FULL)
