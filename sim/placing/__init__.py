# SPDX-License-Identifier: GPL-3.0-or-later
"""Panels wrapped about the body before sewing, so near to where they will hang that sewing has little left to close.

How a pattern says where its panels lie (see patterns.pieces.Wrap, InternalLine, Pleat and patterns.seams.Seam):

Torso, arm, leg, flare. A torso panel has the angle 0 where it belongs to the front and π where it belongs to the back;
so have side and princess panels, whose anchor is the place of the centre front or back in their own frame, whether or
not they reach it. What a row leaves open between two panels (the waist between princess panels) is closed as darts are.
A front that laps over its fellow is drawn beyond its own centre line, x < 0 on a left one; `Piece.lap` names the side
on top. A panel longer than its limb goes on round the hand or the foot.

Layers. `Wrap("on", host=…, anchor=…, at=…, angle=…, layer=…)` lays a panel on another, its point `anchor` on the host's
point `at`: layer 1 and up on the host's right side, -1 and down on its wrong side. A piece drafted in its host's frame
leaves anchor and at alone: a facing, a lining panel and a yoke's inner half are layer -1, a patch pocket, a placket and
an outer yoke layer 1, a flap over a pocket layer 2, the bag of a welt pocket -1. It goes with its host round folds, so
that a lapel's facing comes to lie outside; and it may hang over the host's outline. It rises from whatever it is sewn
to: by Seam.layers to an edge that has a seam of its own (lining and facing at neck, front, armhole and hem), or to an
internal line of kind "seam" (a pocket's sides). Lining panels are sewn to each other by seams of their own.

Folds. An internal line of kind "fold" with turn π or -π, from outline to outline, straight or curved: what lies beyond
it as seen from the wrap's anchor is laid back onto the right side (π: a turned-up cuff, a lapel, a collar's fall) or
the wrong side (-π: a grown-on facing, a hem). So the anchor must lie on the side that stays: that of a front with a
lapel below the break (where `over` is given, only its x matters otherwise). Other turns are creases.

Pleats. The cloth between fold and placement goes underneath, halfway between them lies the inner fold; what lies beyond
moves up, as seen from the anchor. Lines that meet make a tapering pleat; lines that end inside the panel open below. An
edge with pleats is split at fold, inner fold and placement: the two stretches of the pleat are sewn to each other like
the legs of a dart, and where the underlay is to be caught, its cover (the stretch before the fold, half as long as the
pleat) is a further layer of that seam: seam("pleat", "front.pleat_in", "-front.pleat_out", 1.0, "-front.cover").

Bands. `Wrap("seam", landmark)` goes on from the edge that it is sewn to: a waistband, a cuff, a stand collar, a collar.
Points above that edge lie above it, points below it below; `angle` π turns the panel over in that seam, so that it
falls down outside: a collar on a stand, a flat collar, a frill, a flap. A collar's fall is turned over its roll line
(fold, turn π), and lies on the garment. A hood is `Wrap("seam", "crown")`, of two mirrored halves, each drawn as seen
from its side with y up and sewn to its half of the neckline; a strip between them is a further such panel.

Space and flat. "space" panels lie in the world as their frame says, and are only drawn together; "flat" ones are not
draped.

How it is done: torso panels follow the convex hull of the body's horizontal sections, blown up until its girth is the
garment's; panels that go over the shoulder follow, from the armpits up, the hull of the sagittal sections instead. Legs
follow half of the trunk's hull down to the fork and the hull of their own leg below. Sleeves are rolled about the arm's
bones. Parts of a ring hang in folds about the trunk. Darts, pleats and folds are closed in the flat, and each layer
stands off by a gap along the normal. At last what touches the body is lifted off, and what crosses itself once sewn is
smoothed until it does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ...bodies import Body
from ...patterns import Panel
from .arm import on_arm
from .band import on_seam
from .clearing import Surroundings
from .flare import on_flare
from .flat import darts_closed
from .hulls import CLEARANCE, PlacingRefused, Points, landmark
from .leg import Leg, Side
from .torso import Torso, on_torso

__all__ = ["CLEARANCE", "PlacingRefused", "place_panels"]

_SHARING_ROUNDS = 40
_OPEN = 0.004  # metres between an edge and the middle of its seam before it is sewn


def place_panels(
    panels: Sequence[Panel],
    points: Mapping[str, Points],
    faces: NDArray[np.int32],
    sewing: NDArray[np.int32],
    weld: NDArray[np.int32],
    body: Body,
) -> tuple[Points, Points]:
    """(n, 3) positions of all panels' particles, one panel after the other: as they are laid about the body, clear of
    it and of each other, and as they start when sewn, each particle within 4 mm of the vertex that it becomes.

    points: (k, 2) particles of each panel; faces (m, 3) and sewing (s, 2) index the particles of all panels together;
    weld (n,): the vertex of the sewn garment that each becomes.
    Raises PlacingRefused when the body lacks a landmark or a band is sewn to nothing.
    """
    torso = Torso(body)
    starts = np.cumsum([0, *(len(points[p.name]) for p in panels)])
    placed, leg = np.full((starts[-1], 3), np.nan), np.zeros(starts[-1], np.int8)
    outlines = {p.name: darts_closed(p, p.outline(1e-3)) for p in panels}
    tops = {p.name: landmark(body, p.wrap.landmark)[2] + p.wrap.lift for p in panels}
    sides = {p.name: Side(p, outlines[p.name], float(tops[p.name])) for p in panels if p.wrap.around.startswith("leg_")}
    legs: dict[str, Leg] = {}
    for around in ("leg_left", "leg_right"):
        both = [sides[p.name] for p in panels if p.wrap.around == around]
        if both:
            legs[around] = Leg(body, torso, around == "leg_left", both)

    own, other = np.concatenate([sewing, sewing[:, ::-1]]).T
    flares = np.flatnonzero(np.repeat([p.wrap.around == "flare" for p in panels], np.diff(starts)))
    for later in (("torso", "arm_left", "arm_right", "leg_left", "leg_right"), ("flare",), ("seam",)):
        known = np.isfinite(placed).all(axis=1)
        for panel, start in zip(panels, starts[:-1], strict=True):
            wrap, here = panel.wrap, slice(int(start), int(start) + len(points[panel.name]))
            if wrap.around not in later:
                continue
            flat, outline = darts_closed(panel, points[panel.name]), outlines[panel.name]
            if wrap.around == "torso":
                placed[here] = on_torso(panel, flat, outline, body, torso)
            elif wrap.around.startswith("arm_"):
                placed[here] = on_arm(flat, outline, wrap, body)
            elif wrap.around == "flare":
                hung = known[other] & np.isin(own, flares)
                top = float(placed[other[hung], 2].mean()) if hung.any() else float(tops[panel.name])
                placed[here] = on_flare(flat, wrap, torso, top)
            elif wrap.around == "seam":
                held = known[other] & (here.start <= own) & (own < here.stop)
                sewn, first = np.unique(own[held], return_index=True)
                placed[here] = on_seam(flat, sewn - here.start, placed[other[held][first]], panel.name)
            else:
                side = sides[panel.name]
                placed[here] = legs[wrap.around].place(flat, side, side.fork / legs[wrap.around].forks)
                leg[here] = int(legs[wrap.around].sign)
    around = Surroundings(body, placed, faces, leg)
    placed = around.lifted_off(placed)
    count = np.bincount(weld)
    sewn = np.stack([np.bincount(weld, placed[:, k]) / count for k in range(3)], axis=1)
    # What closes a seam is shared out over the cloth beside it, and not left to one row of triangles.
    sewn_edge = (count > 1)[weld][:, None]
    closing = np.where(sewn_edge, sewn[weld] - placed, 0.0)
    for _ in range(_SHARING_ROUNDS):
        closing = np.where(sewn_edge, closing, around.mean(closing))
    closed = np.empty_like(sewn)
    closed[weld] = placed + closing
    around.knit(weld[faces], np.trunc(np.bincount(weld, leg) / count).astype(np.int8))
    settled = around.untangled(around.lifted_off(closed))
    # The edges of a seam stand a little apart, but for those that would then reach into the body.
    apart = placed - sewn[weld]
    widest = np.zeros(len(sewn))
    np.maximum.at(widest, weld, np.linalg.norm(apart, axis=1))
    opened = settled[weld] + apart * np.minimum(1.0, _OPEN / np.maximum(widest, _OPEN))[weld][:, None]
    inside = sewn_edge[:, 0].nonzero()[0]
    inside = inside[around.surface.query(opened[inside]).signed_distance < 0.25 * CLEARANCE]
    shut = np.isin(weld, weld[inside])
    return placed, np.where(shut[:, None], settled[weld], opened)
