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
leaves anchor and at alone; on both panels of a mirrored piece, that is its host. A facing, a lining panel and a yoke's
inner half are layer -1, a patch pocket, a placket and an outer yoke layer 1, a flap over a pocket layer 2, the bag of a
welt pocket -1. It goes with its host round folds, so that a lapel's facing, with a crease of its own there, comes to
lie outside; and it may hang over the host's outline. It rises from whatever it is sewn
to: by Seam.layers to an edge that has a seam of its own (lining and facing at neck, front, armhole and hem), or to an
internal line of kind "seam" (a pocket's sides). Lining panels are sewn to each other by seams of their own.

Darts. Legs that are edges close a dart that opens in the outline. Two internal lines of kind "dart", …_in and …_out,
with common ends are the legs of one within the panel, upright: what they enclose is taken up inside, and not meshed.

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
stands off by a gap along the normal. What touches the body is lifted off, and what crosses itself once sewn is smoothed
until it does not. At last what lies within is laid in, and smoothed by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ...bodies import Body
from ...patterns import Panel
from .hulls import CLEARANCE, PlacingRefused, Points
from .making import Making

__all__ = ["CLEARANCE", "PlacingRefused", "place_panels"]


def place_panels(
    panels: Sequence[Panel],
    points: Mapping[str, Points],
    faces: NDArray[np.int32],
    sewing: NDArray[np.int32],
    weld: NDArray[np.int32],
    body: Body,
    *,
    untangle: bool = True,
) -> tuple[Points, Points]:
    """(n, 3) positions of all panels' particles, one panel after the other: as they are laid about the body, clear of
    it and of each other, and as they start when sewn, each particle within 4 mm of the vertex that it becomes.

    points: (k, 2) particles of each panel; faces (m, 3) and sewing (s, 2) index the particles of all panels together;
    weld (n,): the vertex of the sewn garment that each becomes. untangle: see `sim.cloth.build_cloth`.
    Raises PlacingRefused when the body lacks a landmark, a panel has no place on a body, or hangs on nothing.
    """
    making = Making(panels, points, faces, sewing, weld, body, untangle=untangle)
    making.wrap()
    making.lay_on()
    return making.x, making.opened()
