# SPDX-License-Identifier: GPL-3.0-or-later
"""Facings: shaped pieces that finish an edge from within, drafted in the frame of what they face."""

from __future__ import annotations

from ..assembly import SIDES, Assembly, Walk, backwards
from ..blocks.bodice import unturned
from ..blocks.torso import Half, Torso
from ..curves import hermite, line, point, run_length, stretch
from ..pieces import Edge, Piece, Wrap, loop
from ..style import Choices, DraftRefused, Measurements, Part, length

WIDTH = length("facing_width", 0.05, 0.025, 0.09, "Width of the facings")
_AT_HEM = 0.07  # metres from the front edge to the inner edge of a front's facing
_OF_SHOULDER = 0.6  # that a facing takes at most
_OF_HEM = 0.55


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
            draped=False,
        )
    )


def front_facing(assembly: Assembly, front: Half, c: Choices) -> None:
    """The facing of a front that is drafted out to its front edge, from hem to shoulder; sewn to that edge."""
    hem, front = front.edges["hem"], unturned(front)
    shoulder = front.edges["shoulder"]
    high = run_length(shoulder)
    foot = stretch(hem, 0.0, min(_AT_HEM + 1.6 * c["front_corner"], _OF_HEM * run_length(hem)))
    top = stretch(shoulder, high - min(c["facing_width"], _OF_SHOULDER * high), high)
    rise = top[0].start - foot[-1].end
    inner = hermite(foot[-1].end, (0.0, 2.0 * rise[1]), top[0].start, (1.2 * rise[0], 0.9 * rise[1]))
    names = list(front.edges)
    faced = {name: front.edges[name] for name in names[names.index("neckline") :]}
    _add(assembly, front, loop(("hem", foot), ("inner", inner), ("shoulder", top), *faced.items()), c)
    for name in faced:
        for side in SIDES if name != "neckline" else ():
            facing = (assembly.along("front_facing", name, side),)
            assembly.sew(f"facing_{name}_{side}", assembly.walk("front", name, side), facing)


def neck_facing(assembly: Assembly, half: Half, c: Choices) -> None:
    """The facing of a half's neckline, cut on the fold where the half is."""
    half = unturned(half)
    shoulder, neckline = half.edges["shoulder"], half.edges["neckline"]
    high, width = run_length(shoulder), c["facing_width"]
    top = stretch(shoulder, high - min(width, _OF_SHOULDER * high), high)
    low, end = point((0.0, float(neckline[-1].end[1]) - width)), top[0].start
    inner = hermite(low, (1.5 * (end[0] - low[0]), 0.0), end, (0.1 * (end[0] - low[0]), 1.5 * (end[1] - low[1])))
    fold = assembly.piece(half.name).cut == "fold"
    middle = "fold" if fold else "opening"
    edges = loop(("inner", inner), ("shoulder", top), ("neckline", neckline), (middle, line(neckline[-1].end, low)))
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
    if torso.front.opening is not None:
        raise DraftRefused("A front that opens is faced along its edge: choose facing 'none'.")
    for half in torso.halves():
        neck_facing(assembly, half, c)
    sew_shoulders(assembly)
    assembly.sew("neckline", assembly.around_neck(), around_neck(assembly))


NONE = Part("none", "None", "Edges are turned in or bound")
NECKLINE = Part("neckline", "Neckline", "A shaped facing inside the neckline", (WIDTH,), attach=_neckline)
