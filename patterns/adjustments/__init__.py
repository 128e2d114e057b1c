# SPDX-License-Identifier: GPL-3.0-or-later
"""A designer's hand on a pattern, as named data that survives a re-draft, a new size and other choices."""

from .adjustment import (
    FITS,
    Adjustment,
    AdjustmentRefused,
    AdjustmentReport,
    Place,
    adjust,
    adjustments_from_json,
    free,
    from_json,
    piece_named,
    read_adjustments,
    report,
)
from .cuts import SlashAndSpread, Split, part_names
from .darts import CloseDart, MoveApex, RotateDart, darts
from .marks import AddLine, AddNotch, MoveNotch, RemoveNotch, SetAllowance
from .points import BendCurve, MovePoint, drawn_changes, knots, places, slid, straight

__all__ = [
    "FITS",
    "AddLine",
    "AddNotch",
    "Adjustment",
    "AdjustmentRefused",
    "AdjustmentReport",
    "BendCurve",
    "CloseDart",
    "MoveApex",
    "MoveNotch",
    "MovePoint",
    "Place",
    "RemoveNotch",
    "RotateDart",
    "SetAllowance",
    "SlashAndSpread",
    "Split",
    "adjust",
    "adjustments_from_json",
    "darts",
    "drawn_changes",
    "free",
    "from_json",
    "knots",
    "part_names",
    "piece_named",
    "places",
    "read_adjustments",
    "report",
    "slid",
    "straight",
]
