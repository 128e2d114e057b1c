# SPDX-License-Identifier: GPL-3.0-or-later
"""Facings: shaped pieces that finish an edge from within, drafted in the frame of what they face."""

from __future__ import annotations

import numpy as np

from ..assembly import SIDES, Assembly, Walk, backwards
from ..blocks.bodice import fitted, unturned
from ..blocks.torso import Half, Torso
from ..curves import Curve, Points, hermite, line, point, run_length, stretch
from ..pieces import Edge, Piece, Wrap, loop
from ..style import Choices, Clash, Measurements, Part, Slot, length

WIDTH = length("facing_width", 0.05, 0.025, 0.09, "Width of the facings")
AT_NECK = length("neck_facing_width", 0.05, 0.025, 0.09, "Width of the neckline's facing")
_AT_HEM = 0.07  # metres from the front edge to the inner edge of a front's facing
_OF_SHOULDER = 0.6  # that a facing takes at most, of what a dividing seam leaves of it
_OF_HEM = 0.55
_LEAST_FOOT = 0.01  # metres of the hem that a front's facing takes at least
_AT_BUST = 0.45  # of the way from hem to shoulder, sideways: where a front's facing ends at the height of the bust
_CLEAR = 0.03  # metres that it keeps there from the front edge and, unless that lies too near, from the bust point


def _add(assembly: Assembly, half: Half, edges: tuple[Edge, ...], c: Choices, fold: bool = False) -> None:
    """The facing of a half, cut like it, on its wrong side."""
    host = half.name if assembly.piece(half.name).cut == "fold" else f"{half.name}_{half.side_of_body}"
    hemmed = {"hem": c["hem_allowance"]} if edges[0].name == "hem" else {}
    assembly.add(
        Piece(
            f"{half.name}_facing",
            edges,
            Wrap("on", host=host, layer=-1),
            cut="fold" if fold else "mirrored",
            side=half.side_of_body,
            fold="fold" if fold else None,
            allowance=c["seam_allowance"],
            allowances=hemmed | ({"fold": 0.0} if fold else {}),
            inner=True,
        )
    )


def roomy(torso: Torso, width: float) -> float:
    """That width of the facings, or what both shoulders have room for, metres."""

    def room(half: Half) -> float:
        drawn = half.edges["shoulder"] if "shoulder" in half.cut_off else unturned(half).edges["shoulder"]
        return _OF_SHOULDER * run_length(drawn)

    return min(width, *map(room, torso.halves()))


def _shoulder(half: Half, width: float) -> tuple[Curve, ...]:
    """What a facing takes of the shoulder, beside the neck."""
    whole = unturned(half).edges["shoulder"]
    return stretch(whole, run_length(whole) - width, run_length(whole))


def _inner(foot: Points, top: Points, pivot: Points, faced: Points) -> tuple[Curve, Curve]:
    """The inner edge of a front's facing from hem to shoulder, between the edge `faced` (n, 2) and the bust point."""
    x, y = pivot
    edge = float(np.interp(y, *faced[faced[:, 1].argsort()].T[::-1]))
    middle = point((max(min(foot[0] + _AT_BUST * (top[0] - foot[0]), x - _CLEAR), edge + _CLEAR), y))
    below, above = middle - foot, top - middle
    lean = (below / below[1] + above / above[1]) / 2  # at the bust, per metre of height
    beside = (faced[0] - faced[1]) / np.linalg.norm(faced[0] - faced[1])  # the way in which the neckline arrives
    return (
        hermite(foot, (0.0, 0.6 * below[1]), middle, below[1] * lean),
        hermite(middle, above[1] * lean, top, np.linalg.norm(above) * beside),
    )


def front_facing(assembly: Assembly, drawn: Half, width: float, c: Choices) -> None:
    """The facing of a front that is drafted out to its front edge, from hem to shoulder; sewn to that edge.

    width: at the shoulder, metres.
    """
    hem, front, top = drawn.edges["hem"], unturned(drawn), _shoulder(drawn, width)
    wide = min(_AT_HEM, _OF_HEM * run_length(hem))
    if "princess" in drawn.edges:  # within the dividing seam where that comes nearest
        nearest = min(float(curve.flattened(1e-3)[:, 0].min()) for curve in drawn.edges["princess"])
        wide = min(wide, max(nearest - float(hem[0].start[0]) - _CLEAR, _LEAST_FOOT))
    foot = stretch(hem, 0.0, wide)
    names = list(front.edges)
    faced = {name: front.edges[name] for name in names[names.index("neckline") :]}
    edge = np.concatenate([curve.flattened(1e-3) for run in faced.values() for curve in run])
    inner = _inner(foot[-1].end, top[0].start, fitted(drawn).pivot, edge)
    _add(assembly, front, loop(("hem", foot), ("inner", inner), ("shoulder", top), *faced.items()), c)
    for name in faced:
        for side in SIDES if name != "neckline" else ():
            facing = (assembly.along("front_facing", name, side),)
            assembly.sew(f"facing_{name}_{side}", assembly.walk("front", name, side), facing)


def neck_facing(assembly: Assembly, half: Half, width: float, c: Choices) -> None:
    """The facing of a half's neckline, cut on the fold where the half is. width: metres."""
    top = _shoulder(half, width)
    half = unturned(half)
    neckline = half.edges["neckline"]
    first, last, end = neckline[0], neckline[-1], top[0].start
    (leaves,), (arrives,) = first.derivative([0.0]), last.derivative([1.0])
    level = max(abs(float(arrives[0])) / float(np.linalg.norm(arrives)), 0.5)  # 1 where it meets the centre squarely
    centre, low = last.end, last.end - [0.0, width / level]
    if last is not first:  # a square neckline's facing has a corner where that has one
        corner = point((float(first.end[0]) + width, float(low[1])))
        inner = (line(low, corner), line(corner, end))
    else:
        longer = np.linalg.norm(end - low) / np.linalg.norm(first.start - centre)
        inner = (hermite(end, longer * leaves, low, longer * arrives).reversed(),)
    fold = assembly.piece(half.name).cut == "fold"
    middle = "fold" if fold else "opening"
    edges = loop(("inner", inner), ("shoulder", top), ("neckline", neckline), (middle, line(centre, low)))
    _add(assembly, half, edges, c, fold=fold)


def around_neck(assembly: Assembly) -> Walk:
    """The facings' neckline from the wearer's right centre front round the back to the left."""
    front, back = ({s: (assembly.along(f"{h}_facing", "neckline", s),) for s in SIDES} for h in ("front", "back"))
    return (*backwards(front["right"]), *back["right"], *backwards(back["left"]), *front["left"])


def sew_shoulders(assembly: Assembly) -> None:
    """The front's facing sewn to the back's."""
    for side in SIDES:
        front, back = ((assembly.along(f"{half}_facing", "shoulder", side),) for half in ("front", "back"))
        assembly.sew(f"facing_shoulder_{side}", front, back)


def _neckline(assembly: Assembly, torso: Torso, _m: Measurements, c: Choices) -> None:
    for half in torso.halves():
        neck_facing(assembly, half, roomy(torso, c["neck_facing_width"]), c)
    sew_shoulders(assembly)
    assembly.sew("neckline", assembly.around_neck(), around_neck(assembly))


_OPENS = "A front that opens is faced along its edge: choose facing 'none', or a front that is whole."
NONE = Part("none", "None", "Edges are turned in or bound")
NECKLINE = Part(
    "neckline",
    "Neckline",
    "A shaped facing inside the neckline",
    (AT_NECK,),
    attach=_neckline,
    clashes=(
        Clash("opening", ("buttons",), _OPENS),
        Clash("closure", ("buttons", "band", "placket", "zip", "half_zip"), _OPENS),
        Clash("yoke", ("yoke",), "A double yoke is its own facing: choose facing 'none', or yoke 'none'."),
        Clash("sleeve", ("raglan",), "A raglan sleeve ends in the neckline: choose facing 'none', or another sleeve."),
    ),
)
FACING = Slot("facing", "none", (NONE, NECKLINE), "What the neckline is faced with", when=("collar", ("none",)))
