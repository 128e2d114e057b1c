# SPDX-License-Identifier: GPL-3.0-or-later
"""Bands: strips cut double that finish a waist, a neck, a hem or a sleeve."""

from __future__ import annotations

from ..curves import line
from ..pieces import InternalLine, Notch, Piece, Wrap, loop


def band(
    name: str,
    length: float,
    width: float,
    landmark: str,
    side_mark: float,
    *,
    middle: str = "centre front",
    fabric: str = "main",
    allowance: float,
) -> Piece:
    """A straight band closed to a ring, cut double and folded along its free edge; its ends lie opposite its middle.

    length along the seam and finished width in metres; a negative width hangs below its seam instead of standing on it.
    side_mark: how far from the middle its side notches lie; middle: what it is marked with there.
    """
    half = length / 2
    edges = (
        ("seam", line((-half, 0), (half, 0))),
        ("end_left", line((half, 0), (half, width))),
        ("top", line((half, width), (-half, width))),
        ("end_right", line((-half, width), (-half, 0))),
    )
    return Piece(
        name,
        loop(*(edges if width > 0 else ((edge, run.reversed()) for edge, run in reversed(edges)))),
        Wrap("seam", landmark, (0.0, 0.0)),
        doubled="top",
        fabric=fabric,
        grain=(1.0, 0.0),
        notches=(Notch("seam", half), Notch("seam", half - side_mark), Notch("seam", half + side_mark)),
        internal=(InternalLine(middle, (line((0, 0), (0, width)),), "placement"),),
        allowance=allowance,
        allowances={"top": 0.0},
    )


def open_band(
    name: str, half: float, width: float, landmark: str, side_mark: float, *, fabric: str = "main", allowance: float
) -> Piece:
    """A straight band that is open at the centre front, cut double, and on the fold at the centre back; see `band`.

    half: metres along the seam from the centre back to its end. Its seam runs outwards, or inwards where it hangs.
    """
    edges = (
        ("seam", line((0, 0), (half, 0))),
        ("end", line((half, 0), (half, width))),
        ("top", line((half, width), (0, width))),
        ("fold", line((0, width), (0, 0))),
    )
    return Piece(
        name,
        loop(*(edges if width > 0 else ((edge, run.reversed()) for edge, run in reversed(edges)))),
        Wrap("seam", landmark, (0.0, 0.0)),
        cut="fold",
        side="right",
        fold="fold",
        doubled="top",
        fabric=fabric,
        grain=(1.0, 0.0),
        notches=(Notch("seam", side_mark if width > 0 else half - side_mark),),
        allowance=allowance,
        allowances={"top": 0.0, "fold": 0.0},
    )
