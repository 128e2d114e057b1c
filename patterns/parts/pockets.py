# SPDX-License-Identifier: GPL-3.0-or-later
"""Pockets: patch pockets sewn onto a piece, and pockets that open in a seam or in the piece's edge."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..assembly import SIDES, Assembly
from ..blocks.lower import Lower
from ..blocks.torso import Half
from ..curves import Curve, Points, hermite, line, point
from ..pieces import InternalLine, Piece, Side, Wrap, loop
from ..seams import EdgeRef
from ..style import Choices, DraftRefused, Measurements, Part, length
from .darts import stretch

PATCH_WIDTH = length("patch_width", 0.14, 0.06, 0.22, "Width of the patch pockets")
PATCH_HEIGHT = length("patch_height", 0.155, 0.06, 0.25, "Height of the patch pockets in their middle")
_HEM = 0.025  # metres turned in at a patch pocket's opening
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


def _side_pocket_corner(half: Half, c: Choices) -> Half:
    """The front without the corner that a slant pocket cuts off at waist and outer seam."""
    outer = "outseam" if "outseam" in half.edges else "side"
    waist, seam = half.edges["waist"], half.edges[outer]
    whole, long = sum(k.length for k in waist), sum(k.length for k in seam)
    wide, deep = c["pocket_slant"], c["pocket_opening"]
    first = min((d.at - d.intake / 2 for d in half.darts.get("waist", ())), default=whole)
    if wide > first - 0.01:
        raise DraftRefused("The slant pocket reaches the front dart: lower pocket_slant or the number of darts_front.")
    if deep > 0.6 * long or "zip" in half.edges:
        raise DraftRefused(
            "The slant pocket has no room at the side: lower pocket_opening, or open the waist elsewhere."
        )
    edges: dict[str, tuple[Curve, ...]] = {}
    for name, run in half.edges.items():
        if name == outer:
            edges[outer] = stretch(run, 0.0, long - deep)
        elif name == "waist":
            low, high = edges[outer][-1].end, stretch(run, wide, whole)
            edges["mouth"] = (line(low, high[0].start),)
            edges["waist"] = high
        else:
            edges[name] = run
    darts = {
        name: tuple(replace(d, at=d.at - wide) for d in some) if name == "waist" else some
        for name, some in half.darts.items()
    }
    cut_off = {**half.cut_off, outer: stretch(seam, long - deep, long), "waist": stretch(waist, 0.0, wide)}
    return replace(half, edges=edges, darts=darts, cut_off=cut_off)


def _slant_shape(lower: Lower, _m: Measurements, c: Choices) -> Lower:
    return replace(lower, front=_side_pocket_corner(lower.front, c))


def _slant_divide(assembly: Assembly, lower: Lower, _m: Measurements, c: Choices) -> None:
    """The piece that shows in the pocket's mouth and goes on under the front as the pocket's bag."""
    front = lower.front
    outer = "outseam" if lower.legs else "side"
    corner, top = front.cut_off[outer], front.cut_off["waist"]
    (mouth,) = front.edges["mouth"]
    below = min(_BAG, 0.5 * front.length(outer))
    seam = front.edges[outer]
    long = sum(k.length for k in seam)
    under = stretch(seam, long - below, long)
    beside = stretch(front.edges["waist"], 0.0, min(_BAG, 0.4 * sum(k.length for k in front.edges["waist"])))
    inner, foot = beside[-1].end, under[0].start
    host = "front" if assembly.piece("front").cut == "fold" else f"front_{front.side_of_body}"
    turn = point((float(inner[0]), float(foot[1])))
    assembly.add(
        Piece(
            "pocket_side",
            loop(
                ("under", under),
                (outer, corner),
                ("waist", top),
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
    assembly.lay("front", outer, [*assembly.stretches("front", outer), ("pocket_side", outer)])
    assembly.lay("front", "waist", [("pocket_side", "waist"), *assembly.stretches("front", "waist")])
    for side in SIDES:
        a, b = ((assembly.along(piece, "mouth", side),) for piece in ("front", "pocket_side"))
        assembly.sew(f"pocket_mouth_{side}", a, b, faces="right_wrong")


def _front_patches(assembly: Assembly, lower: Lower, m: Measurements, c: Choices) -> None:
    _patches(assembly, lower, "front", -0.3 * m["waist_to_hip"], c)


def _back_patches(assembly: Assembly, lower: Lower, m: Measurements, c: Choices) -> None:
    _patches(assembly, lower, "back", -0.36 * m["waist_to_hip"], c)


def _patches(assembly: Assembly, lower: Lower, name: str, top: float, c: Choices) -> None:
    """Patch pockets in the middle of both halves of the front or the back, their tops at the height `top`."""
    half = lower.front if name == "front" else lower.back
    wide, high = c["patch_width"], c["patch_height"]
    low, upper = (_across(half, y) for y in (top - high - _POINT, top))
    left, right = max(low[0], upper[0]) + 0.015, min(low[1], upper[1]) - 0.015
    if right - left < wide:
        raise DraftRefused(f"A patch pocket of {wide:.2f} m does not fit on the {name}: lower patch_width.")
    x = (left + right) / 2
    corners = [(x - wide / 2, top), (x - 0.47 * wide, top - high), (x + 0.47 * wide, top - high), (x + wide / 2, top)]
    a, b, d, e = (point(p) for p in corners)
    patch(assembly, name, f"pocket_{name}", (a, b, d, e), c, deeper=_POINT)


def _across(half: Half, y: float) -> tuple[float, float]:
    """The least and the greatest x of a half at the height y, its centre line at x = 0 where it is on the fold."""
    outline = np.concatenate([curve.flattened(5e-4) for run in half.edges.values() for curve in run])
    a, b = outline, np.roll(outline, -1, axis=0)
    passes = (a[:, 1] > y) != (b[:, 1] > y)
    if passes.sum() < 1:
        raise DraftRefused(f"The {half.name} is too short for a pocket: choose pocket 'none', or lower patch_height.")
    a, b = a[passes], b[passes]
    x = a[:, 0] + (y - a[:, 1]) / (b[:, 1] - a[:, 1]) * (b[:, 0] - a[:, 0])
    return (float(x.min()) if len(x) > 1 else 0.0), float(x.max())


NONE = Part("none", "None", "No pockets")
SLANT = Part(
    "slant",
    "Slant",
    "A slanting mouth from waist to side seam, its bag under the front",
    (
        length("pocket_slant", 0.035, 0.015, 0.07, "How far the mouth of a slant pocket leans in at the waist"),
        length("pocket_opening", 0.16, 0.10, 0.22, "How far down the side a slant pocket opens"),
    ),
    shape=_slant_shape,
    divide=_slant_divide,
)
PATCH_FRONT = Part("patch", "Patch", "Patch pockets", (PATCH_WIDTH, PATCH_HEIGHT), attach=_front_patches)
PATCH_BACK = Part("patch", "Patch", "Patch pockets", (PATCH_WIDTH, PATCH_HEIGHT), attach=_back_patches)
FRONT = (NONE, SLANT, PATCH_FRONT)
BACK = (NONE, PATCH_BACK)
