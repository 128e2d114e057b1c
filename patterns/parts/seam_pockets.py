# SPDX-License-Identifier: GPL-3.0-or-later
"""In-seam pockets: a mouth in each side seam, and a bag behind it.

W. Aldrich, Metric Pattern Cutting for Women's Wear, 6th ed., "Pockets: in-seam pocket". The bag's two layers are cut
alike; the under one, which shows in the mouth, is of the garment's own cloth. The mouth is basted shut over them, as a
tailor leaves it until the garment is worn: it is a seam of its own, and the garment is draped with it closed.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..assembly import SIDES, Assembly
from ..blocks.lower import Lower
from ..blocks.torso import Torso
from ..curves import Curve, hermite, line, point_along, run_length, solve
from ..pieces import Notch, Piece, Wrap, loop
from ..style import Choices, Clash, DraftRefused, Measurements, Part, ratio

MOUTH = ratio("pocket_mouth", 0.15, 0.08, 0.22, "Width of the pockets' mouths, of the hip, where the seam is that long")
DROP = ratio(
    "pocket_drop",
    0.25,
    0.05,
    0.9,
    "How far below the waist a mouth in a seam begins, of the way to the hip; below a yoke, higher on a short seam",
)
_DEEP = 0.75  # of the mouth: how far the bag reaches in
_BELOW = 0.45  # of the mouth: how far it hangs below
_LEAST_MOUTH = 0.06  # metres that a mouth keeps where it is made smaller: a child's hand
_LEAST_SEAM = 0.015  # metres of seam below a mouth


def _opened(assembly: Assembly, half: str, edge: str, low: float, mouth: float) -> tuple[str, str]:
    """(piece, edge) that is the mouth, from `low` to `low + mouth` metres along the edge, which keeps what is left."""
    assembly.split(half, edge, low)
    assembly.split(half, f"{edge}_high", mouth)
    (*opened,) = assembly.stretches(half, f"{edge}_high_low")
    if len(opened) != 1:
        raise DraftRefused("Another seam or a dart meets the side seam at the pocket's mouth: change pocket_drop.")
    below, above = assembly.stretches(half, f"{edge}_low"), assembly.stretches(half, f"{edge}_high_high")
    assembly.lay(half, edge, (*below, *above))
    assembly.lay(half, "mouth", opened)
    ((name, own),) = opened
    kind = "double" if half.endswith("back") else "single"
    ends = (Notch(own, 0.0, kind), Notch(own, mouth, kind))
    assembly.change(name, notches=(*assembly.piece(name).notches, *ends))
    return name, own


def _bag(assembly: Assembly, bearer: str, mouth: tuple[Curve, ...], c: Choices) -> None:
    """The bag's two layers, in the frame of the piece whose edge the mouth is, and the seam round them."""
    low, high = mouth[0].start, mouth[-1].end
    long = float(np.linalg.norm(high - low))
    up = (high - low) / long
    inward = np.array([-up[1], up[0]])
    corner = high + _DEEP * long * inward
    foot = low - _BELOW * long * up + 0.5 * _DEEP * long * inward
    outer = (
        hermite(corner, -1.4 * long * up, foot, -0.6 * long * inward),
        hermite(foot, -0.6 * long * inward, low, 0.5 * long * up),
    )
    piece = assembly.piece(bearer)
    over = Piece(
        "pocket_bag",
        loop(("mouth", mouth), ("top", line(high, corner)), ("bag", outer)),
        Wrap("on", host=bearer if piece.cut == "fold" else f"{bearer}_{piece.side}", layer=-1),
        cut="mirrored",
        side=piece.side,
        fabric="lining",
        draped=False,
        allowance=c["seam_allowance"],
    )
    assembly.add(over)
    assembly.add(replace(over, name="pocket_under_bag", fabric="main"))
    for side in SIDES:
        for edge in ("top", "bag"):
            a, b = ((assembly.along(name, edge, side),) for name in ("pocket_bag", "pocket_under_bag"))
            assembly.sew(f"pocket_{edge}_{side}", a, b)


def _in_seam(
    assembly: Assembly, names: tuple[str, str], edge: str, top: float, waist: float, c: Choices, hip: float
) -> None:
    """Pockets in the seam between a front and a back half, their mouths ending `top` metres up the seam.

    On a short seam they end higher, up to the waist, `waist` metres up; below a yoke where there is one.
    """
    wanted = c["pocket_mouth"] * hip
    least = min(wanted, _LEAST_MOUTH) + _LEAST_SEAM
    lowest = (assembly.stretches(half, edge)[0] for half in names)  # what a yoke or a dart leaves of the seam in one
    top = min(max(top, least), waist, *(assembly.piece(name).edge(own).length - _LEAST_SEAM for name, own in lowest))
    mouth = min(wanted, top - _LEAST_SEAM)
    if top < least:
        raise DraftRefused("The seam is too short for a pocket in it: lower pocket_mouth or pocket_drop.")
    (bearer, own), _ = (_opened(assembly, half, edge, top - mouth, mouth) for half in names)
    _bag(assembly, bearer, assembly.piece(bearer).edge(own).curves, c)
    for side in SIDES:
        front, back = (assembly.walk(half, "mouth", side) for half in names)
        layers = ((assembly.along(bag, "mouth", side),) for bag in ("pocket_bag", "pocket_under_bag"))
        assembly.sew(f"pocket_basting_{side}", front, back, 1.0, *layers)


def _of_lower(assembly: Assembly, lower: Lower, m: Measurements, c: Choices) -> None:
    edge = "outseam" if lower.legs else "side"
    whole = sum(assembly.piece(name).edge(own).length for name, own in assembly.stretches("front", edge))
    _in_seam(assembly, ("front", "back"), edge, whole - c["pocket_drop"] * m["waist_to_hip"], whole, c, m["hip"])


def _of_torso(assembly: Assembly, torso: Torso, m: Measurements, c: Choices) -> None:
    side = torso.back.edges.get("side") or torso.back.cut_off["side"]
    whole, hem = run_length(side), float(side[0].start[1])
    cut = whole - sum(assembly.piece(name).edge(own).length for name, own in assembly.stretches("back", "side"))

    def up_to(y: float) -> float:  # how far up the seam that is left, from the hem
        return solve(lambda s: float(point_along(side, s)[1]) - y, 0.0, whole, "A pocket's mouth") - cut

    top = max(torso.waist_y - c["pocket_drop"] * m["waist_to_hip"], hem)
    _in_seam(assembly, ("front", "back"), "side", up_to(top), up_to(max(torso.waist_y, hem)), c, m["hip"])


def _of_skirt(assembly: Assembly, _torso: Torso, m: Measurements, c: Choices) -> None:
    whole = assembly.piece("skirt_front").edge("side").length
    halves = ("skirt_front", "skirt_back")
    _in_seam(assembly, halves, "side", whole - c["pocket_drop"] * m["waist_to_hip"], whole, c, m["hip"])


NONE = Part("none", "None", "No pockets")
_HELP = "A mouth in each side seam, the bag behind it"
_ZIPPED = Clash(
    "opening", ("zip_side",), "A zip at the side leaves no room for a pocket in that seam: choose another opening."
)
IN_SEAM_LOWER = Part("in_seam", "In the seam", _HELP, (MOUTH, DROP), divide=_of_lower, clashes=(_ZIPPED,))
IN_SEAM = Part("in_seam", "In the seam", _HELP, (MOUTH, DROP), ("hip", "waist_to_hip"), divide=_of_torso)
IN_SEAM_SKIRT = Part("in_seam", "In the seam", _HELP, (MOUTH, DROP), ("hip", "waist_to_hip"), divide=_of_skirt)
IN_SIDES = (NONE, IN_SEAM)
IN_SKIRT = (NONE, IN_SEAM_SKIRT)
OF_LOWER = (NONE, IN_SEAM_LOWER)
