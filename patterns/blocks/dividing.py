# SPDX-License-Identifier: GPL-3.0-or-later
"""Darts turned, and halves divided along them.

A dart is turned about the point to which it looks into another edge ("true rotation"), or two darts that look to one
point become a dividing seam (H. Joseph-Armstrong, Patternmaking for Fashion Design, 5th ed., "Principle of dart
manipulation", "Princess line").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import atan2, hypot

import numpy as np

from ..curves import Cubic, Curve, Points, cubic, hermite, line, point, rotation, run_length, solve, stretch
from ..parts.darts import Dart
from ..pieces import Notch, crossings
from ..style import DraftRefused
from .bodice import EDGES, FittedHalf

_EASED = 0.04  # metres from the bust point to the notches between which a dividing seam goes round it


def _turned(curves: Sequence[Curve], matrix: Points, offset: Points) -> tuple[Curve, ...]:
    return tuple(curve.transformed(matrix, offset) for curve in curves)


def turned(half: FittedHalf, edge: str, share: float) -> FittedHalf:
    """The bust dart turned about the pivot out of the side seam into another edge, at that share of its length.

    What lies between swings until the dart closes; the new dart has legs of one length. Into a hem that has a dart, it
    joins that. Raises DraftRefused where it finds no room.
    """
    bust = half.darts.get("side", ())
    if not bust or edge == "side":
        return half
    dart, side = bust[0], half.edges["side"]
    below, above = dart.at - dart.intake / 2, dart.at + dart.intake / 2
    lower, upper = stretch(side, 0.0, below), stretch(side, above, run_length(side))
    a, b = lower[-1].end - half.pivot, upper[0].start - half.pivot
    angle = atan2(a[0] * b[1] - a[1] * b[0], a @ b)  # from the lower leg to the upper
    edges = dict(half.edges)
    darts = {name: found for name, found in half.darts.items() if name != "side"}
    run, swung = edges[edge], (rotation(angle if edge == "hem" else -angle, half.pivot))
    waist = half.darts.get(edge, ())
    if waist and edge == "hem":  # the mouth that is there opens wider
        first = waist[0].at - waist[0].intake / 2
        kept, moved = stretch(run, 0.0, first), stretch(run, first + waist[0].intake, run_length(run))
    else:
        first = share * run_length(run)
        kept, moved = stretch(run, 0.0, first), stretch(run, first, run_length(run))
    if edge == "hem":
        moved = _turned(moved, *swung)
        edges["side"] = (*_turned(lower, *swung), *upper)
    else:
        kept = _turned(kept, *swung)
        edges["side"] = (*lower, *_turned(upper, *swung))
        for name in EDGES[2 : EDGES.index(edge)]:
            edges[name] = _turned(edges[name], *swung)
    mouth = line(kept[-1].end, moved[0].start)
    edges[edge] = (*kept, mouth, *moved)
    middle = (mouth.start + mouth.end) / 2
    depth = hypot(*(half.pivot - middle))
    darts[edge] = (Dart(run_length(kept) + mouth.length / 2, mouth.length, depth),)
    return replace(half, edges=edges, darts=darts, unturned=half)


def shortened(half: FittedHalf, share: float) -> FittedHalf:
    """The darts' points drawn back from the pivot to that share of their depth."""
    return replace(
        half, darts={e: tuple(replace(d, depth=share * d.depth) for d in ds) for e, ds in half.darts.items()}
    )


def _of_length(p: Points, leave: Points, q: Points, arrive: Points, apex: Points, wanted: float) -> Curve:
    """A cubic of that length from p, in the direction `leave`, to q, in the direction `arrive`, round the apex."""
    before, after = hypot(*(apex - p)), hypot(*(apex - q))

    def drawn(s: float) -> Cubic:
        return cubic(p, p + s * before * leave, q - s * after * arrive, q)

    return drawn(solve(lambda s: drawn(s).length - wanted, 0.0, 1.9, f"A dividing seam of {wanted:.3f} m"))


def divided(half: FittedHalf, edge: str, share: float) -> FittedHalf:
    """The half divided by a seam from the armhole or the shoulder over the pivot to its hem (a princess line).

    The seam takes up the bust dart, the waist dart, and what the half is to be taken in at the waist; both of its sides
    are drawn as smooth curves of exactly one length, that of the darts' legs. Raises DraftRefused.
    """
    drafted, half = half, turned(half, edge, share)
    run, hem = half.edges[edge], half.edges["hem"]
    whole, wide = run_length(run), run_length(hem)
    (dart,) = half.darts.get(edge, ()) or (Dart(share * whole, 0.0, 0.0),)
    up_side, up_centre = stretch(run, 0.0, dart.at - dart.intake / 2), stretch(run, dart.at + dart.intake / 2, whole)
    tops = up_centre[0].start, up_side[-1].end
    pivot = half.pivot
    upper = max(hypot(*(top - pivot)) for top in tops)
    if hem[-1].end[1] > half.waist_y - 1e-6 or half.darts.get("hem"):  # it ends at the waist
        (taken,) = half.darts.get("hem", ()) or (Dart(float(pivot[0]), 0.0, 0.0),)
        hems = stretch(hem, 0.0, taken.at - taken.intake / 2), stretch(hem, taken.at + taken.intake / 2, wide)
        ends = hems[0][-1].end, hems[1][0].start
        below: tuple[tuple[Curve, ...], tuple[Curve, ...]] = (), ()
        waists, arriving = ends, tuple((end - pivot) / hypot(*(end - pivot)) for end in ends)
    else:
        waists, hems, below = _lower_division(half)
        arriving = (point((0.0, -1.0)),) * 2
    wanted = upper + max(hypot(*(w - pivot)) for w in waists)
    seams: list[tuple[Curve, ...]] = []
    for top, waist_end, arrive, rest in zip(tops, waists, arriving, below, strict=True):
        leave = (pivot - top) / hypot(*(pivot - top))
        seams.append((_of_length(top, leave, waist_end, arrive, pivot, wanted), *rest))
    centre, panel = seams
    lower = hypot(*(waists[0] - pivot))
    bust = run_length(centre[1:]) + centre[0].length * lower / (lower + upper)  # up the seam from the hem
    notches = tuple(Notch("princess", bust + s) for s in (-_EASED, _EASED) if 0 < bust + s < run_length(centre))
    edges: dict[str, tuple[Curve, ...]] = {"hem": hems[0], "princess": _reversed(centre)}
    loop: list[tuple[str, tuple[Curve, ...]]] = [("hem", hems[1]), ("side", half.edges["side"])]
    cut_off: dict[str, tuple[Curve, ...]] = {"hem": hems[1], "side": half.edges["side"]}
    for name in EDGES[2:]:
        if name == edge:
            edges[name], cut_off[name] = up_centre, up_side
            loop.append((name, up_side))
        elif EDGES.index(name) < EDGES.index(edge):
            cut_off[name] = half.edges[name]
            loop.append((name, half.edges[name]))
        else:
            edges[name] = half.edges[name]
    edges |= {name: run for name, run in half.edges.items() if name not in EDGES}  # what a front edge is made of
    loop.append(("princess", panel))
    for runs in (edges.values(), (run for _, run in loop)):
        if crossings(np.concatenate([curve.flattened(5e-4)[:-1] for run in runs for curve in run])):
            raise DraftRefused(
                f"The dividing seam of the {half.name} would cut into the armhole or the neckline: begin it elsewhere "
                "along its edge, raise shoulder_width, or lower neck_width or neck_depth."
            )
    kept = {name: found for name, found in half.darts.items() if name not in (edge, "hem")}
    return replace(
        half,
        edges=edges,
        darts=kept,
        cut_off=cut_off,
        panel=tuple(loop),
        notches=(*half.notches, *notches),
        unturned=drafted,
    )


def _reversed(curves: Sequence[Curve]) -> tuple[Curve, ...]:
    return tuple(curve.reversed() for curve in reversed(curves))


def _lower_division(
    half: FittedHalf,
) -> tuple[
    tuple[Points, Points],
    tuple[tuple[Curve, ...], tuple[Curve, ...]],
    tuple[tuple[Curve, ...], tuple[Curve, ...]],
]:
    """Of a dividing seam below the waist, towards centre and side: waist points, hems, and curves from waist to hem.

    The two sides are mirror images of each other, so they are of one length.
    """
    *before, hem = half.edges["hem"]  # what comes before its last curve reaches out to a front edge
    x = float(half.pivot[0])
    at_x = solve(lambda t: float(hem.points([t])[0, 0]) - x, 0.0, 1.0, "A dividing seam's foot")
    hem_y = float(hem.points([at_x])[0, 1])
    drop, hip = half.waist_y - hem_y, half.waist_y - half.hip_y
    taper = max(1.0 - drop / hip, 0.0)  # of the intake is left at the hem
    left = half.waist_intake / 2 * taper * taper * (3 - 2 * taper)
    waists: list[Points] = []
    hems: list[tuple[Curve, ...]] = []
    rests: list[tuple[Curve, ...]] = []
    for sign in (-1.0, 1.0):
        waist = point((x + sign * half.waist_intake / 2, half.waist_y))
        hip_end = point((x + sign * left, max(half.hip_y, hem_y)))
        swing = point((-sign * half.flare, -(hip_end[1] - hem_y)))
        beyond = float(hip_end[1]) - hem_y
        down = swing / hypot(*swing) if beyond > 1e-6 else point((0.0, -1.0))  # the way in which it reaches the hem
        rest: tuple[Curve, ...] = (hermite(waist, (0, -min(hip, drop)), hip_end, down * min(hip, drop)),)
        foot = hip_end
        if beyond > 1e-6:
            foot = hip_end + swing
            rest = (*rest, line(hip_end, foot))
        square = point((-down[1], down[0]))
        if sign < 0:
            (begin_way,), near = hem.derivative([0.0]), foot - hem.start
            hems.append((*before, hermite(hem.start, near[0] * begin_way / hypot(*begin_way), foot, near[0] * square)))
        else:
            far = hem.end - foot
            (end_way,) = hem.derivative([1.0])
            hems.append((hermite(foot, far[0] * square, hem.end, far[0] * end_way / hypot(*end_way)),))
        waists.append(waist)
        rests.append(rest)
    return (waists[0], waists[1]), (hems[0], hems[1]), (rests[0], rests[1])
