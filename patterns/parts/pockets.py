# SPDX-License-Identifier: GPL-3.0-or-later
"""Pockets: patch pockets sewn onto a piece, and pockets that open in a seam or in the piece's edge."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..assembly import SIDES, Assembly
from ..blocks.lower import Lower
from ..blocks.torso import Half
from ..curves import Curve, Points, hermite, line, point, run_length, stretch
from ..hanging import ZIPPED
from ..pieces import InternalLine, Piece, Side, Wrap, loop
from ..seams import EdgeRef
from ..style import Choices, DraftRefused, Measurements, Part, ratio
from .seam_pockets import IN_SEAM_LOWER, NONE
from .set_pockets import BACK_WELT, across

PATCH_WIDTH = ratio("patch_width", 0.135, 0.06, 0.2, "Width of the patch pockets, of the hip, where there is room")
PATCH_HEIGHT = ratio("patch_height", 0.15, 0.06, 0.22, "Height of the patch pockets, of the hip, where there is room")
_HEM = 0.025  # metres turned in at a patch pocket's opening
_LEAST_PATCH = 0.03  # metres
_BELOW_DARTS = 0.008  # metres from the points of darts and tucks to a patch pocket
_POINT = 0.02  # metres by which the middle of a patch pocket is deeper than its sides
_BAG = 0.05  # metres by which a slant pocket's bag reaches on beyond its mouth at the waist, and below it


def patch(
    assembly: Assembly,
    host: str,
    name: str,
    corners: tuple[Points, Points, Points, Points],
    c: Choices,
    *,
    deeper: float = 0.0,
    only: Side | None = None,
) -> None:
    """A patch pocket on a piece, sewn on by all but its top edge.

    corners: top left, bottom left, bottom right, top right in the host's own frame, seen from outside; deeper: by how
    much the middle of its bottom lies lower, metres; only: the side of the body that has it, else both do.
    """
    top_left, low_left, low_right, top_right = corners
    middle = (low_left + low_right) / 2 - [0.0, deeper]
    bottom = (line(low_left, middle), line(middle, low_right)) if deeper else (line(low_left, low_right),)
    sides = {"left": line(top_left, low_left), "right": line(low_right, top_right)}
    bearer = assembly.piece(host)
    sewn = InternalLine(f"{name}_line", (sides["left"], *bottom, sides["right"]), "seam", only=only)
    assembly.change(host, internal=(*bearer.internal, sewn))
    drafted = only or bearer.side
    on = host if bearer.cut == "fold" else f"{host}_{drafted}"
    edges = loop(
        ("left", sides["left"]), ("bottom", bottom), ("right", sides["right"]), ("top", line(top_right, top_left))
    )
    whole = Piece(
        name,
        edges if drafted == bearer.side else tuple(e.mirrored(e.name) for e in reversed(edges)),
        Wrap("on", host=on, layer=1),
        cut="single" if only else "mirrored",
        side=bearer.side,
        allowance=c["seam_allowance"],
        allowances={"top": _HEM},
    )
    assembly.add(whole)
    for side in (only,) if only else SIDES:
        sides_of = ("left", "bottom", "right")
        pocket = (
            tuple(EdgeRef(name, edge, only != bearer.side) for edge in sides_of)
            if only
            else tuple(assembly.along(name, edge, side) for edge in sides_of)
        )
        assembly.sew(f"{name}_{side}", (assembly.along(host, sewn.name, side),), pocket, faces="right_wrong")


def _without_corner(lower: Lower, m: Measurements, c: Choices) -> Half:
    """The front without the corner that a slant pocket cuts off at waist and outer seam."""
    half = lower.front
    outer = [name for name in ("outseam", "side", ZIPPED) if name in half.edges]
    whole = half.length("waist") + sum(d.intake for d in half.darts.get("waist", ()))
    long = sum(half.length(name) for name in outer)
    tucks = half.pleats.get("waist", ())
    whole += sum(2 * tuck.depth for tuck in tucks)
    first = min((*(d.at - d.intake / 2 for d in half.darts.get("waist", ())), *(t.first for t in tucks)), default=whole)
    wide = min(c["pocket_slant"] * half.length("waist"), 0.8 * first)
    deep = min(c["pocket_opening"] * (m["waist_to_hip"] - lower.above), 0.6 * long)
    rest = half.cut(outer, long - deep)
    waist = stretch(half.edges["waist"], wide, whole)
    edges: dict[str, tuple[Curve, ...]] = {}
    for name, run in rest.edges.items():
        if name == "waist":
            edges["mouth"] = (line(list(edges.values())[-1][-1].end, waist[0].start),)
        edges[name] = waist if name == "waist" else run
    cut_off = {**rest.cut_off, "waist": stretch(half.edges["waist"], 0.0, wide)}
    darts = {
        name: tuple(replace(d, at=d.at - wide) for d in some) if name == "waist" else some
        for name, some in half.darts.items()
    }
    tucks = tuple(replace(t, first=t.first - wide, last=t.last - wide) for t in tucks)
    pleats = {**half.pleats, "waist": tucks} if tucks else half.pleats
    return replace(rest, edges=edges, darts=darts, pleats=pleats, cut_off=cut_off)


def _slant_shape(lower: Lower, m: Measurements, c: Choices) -> Lower:
    return replace(lower, front=_without_corner(lower, m, c))


def _slant_divide(assembly: Assembly, lower: Lower, _m: Measurements, c: Choices) -> None:
    """The piece that shows in the pocket's mouth and goes on under the front as the pocket's bag."""
    front = lower.front
    names = list(front.edges)
    below = names[names.index("mouth") - 1]  # the edge that the mouth meets at the side
    (mouth,) = front.edges["mouth"]
    long, whole = (run_length(front.edges[name]) for name in (below, "waist"))
    under = stretch(front.edges[below], long - min(_BAG, 0.5 * long), long)
    beside = stretch(front.edges["waist"], 0.0, min(_BAG, 0.4 * whole))
    inner, foot = beside[-1].end, under[0].start
    turn = point((float(inner[0]), float(foot[1])))
    corner = {name: front.cut_off[name] for name in ("outseam", "side", ZIPPED) if name in front.cut_off}
    host = "front" if assembly.piece("front").cut == "fold" else f"front_{front.side_of_body}"
    assembly.add(
        Piece(
            "pocket_side",
            loop(
                ("under", under),
                *corner.items(),
                ("waist", front.cut_off["waist"]),
                ("beside", beside),
                ("bag", hermite(inner, 1.4 * (turn - inner), foot, 1.4 * (foot - turn))),
            ),
            Wrap("on", host=host, layer=-1),
            cut="mirrored",
            side=front.side_of_body,
            internal=(InternalLine("mouth", (mouth,), "seam"),),
            allowance=c["seam_allowance"],
        )
    )
    for name in corner:
        assembly.lay("front", name, [*assembly.stretches("front", name), ("pocket_side", name)])
    assembly.lay("front", "waist", [("pocket_side", "waist"), *assembly.stretches("front", "waist")])
    for side in SIDES:
        a, b = ((assembly.along(piece, "mouth", side),) for piece in ("front", "pocket_side"))
        assembly.sew(f"pocket_mouth_{side}", a, b, faces="right_wrong")


def _front_patches(assembly: Assembly, lower: Lower, m: Measurements, c: Choices) -> None:
    _patches(assembly, lower, "front", m, c)


def _back_patches(assembly: Assembly, lower: Lower, m: Measurements, c: Choices) -> None:
    _patches(assembly, lower, "back", m, c)


def _patches(assembly: Assembly, lower: Lower, name: str, m: Measurements, c: Choices) -> None:
    """Patch pockets in the middle of both halves of the front or the back."""
    half = lower.front if name == "front" else lower.back
    piece = assembly.piece(name)
    points = [e.end for e in piece.edges if e.dart and e.name.endswith("_in")]
    points += [np.array(end) for pleat in piece.pleats for end in (*pleat.fold, *pleat.placement)]
    above = min((float(y) for _, y in points), default=0.0) - _BELOW_DARTS
    top = min(-(0.3 if name == "front" else 0.36) * m["waist_to_hip"], above)
    lowest = max(float(curve.end[1]) for curve in half.edges["hem"]) + 0.03
    high = min(c["patch_height"] * m["hip"], top - _POINT - lowest)
    low, upper = (across(half, y) for y in (top - high - _POINT, top))
    left, right = max(low[0], upper[0]) + 0.01, min(low[1], upper[1]) - 0.01
    wide = min(c["patch_width"] * m["hip"], right - left)
    if min(wide, high) < _LEAST_PATCH:
        raise DraftRefused(f"There is no room for a patch pocket on the {name}: choose pocket_{name} 'none'.")
    x = (left + right) / 2
    corners = [(x - wide / 2, top), (x - 0.47 * wide, top - high), (x + 0.47 * wide, top - high), (x + wide / 2, top)]
    a, b, d, e = (point(p) for p in corners)
    patch(assembly, name, f"pocket_{name}", (a, b, d, e), c, deeper=_POINT)


SLANT = Part(
    "slant",
    "Slant",
    "A slanting mouth from waist to side seam, its bag under the front",
    (
        ratio("pocket_slant", 0.18, 0.08, 0.4, "How far a slant pocket's mouth leans in, of half the front's waist"),
        ratio("pocket_opening", 0.72, 0.45, 0.95, "How far down the side it opens, of the way from waist to hip"),
    ),
    shape=_slant_shape,
    divide=_slant_divide,
)
PATCH_FRONT = Part("patch", "Patch", "Patch pockets", (PATCH_WIDTH, PATCH_HEIGHT), attach=_front_patches)
PATCH_BACK = Part("patch", "Patch", "Patch pockets", (PATCH_WIDTH, PATCH_HEIGHT), attach=_back_patches)
FRONT = (NONE, SLANT, IN_SEAM_LOWER, PATCH_FRONT)
BACK = (NONE, PATCH_BACK, BACK_WELT)
