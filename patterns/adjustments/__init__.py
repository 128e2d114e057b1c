# SPDX-License-Identifier: GPL-3.0-or-later
"""A designer's hand on a pattern, as named data that survives a re-draft, a new size and other choices."""

from .adjustment import (
    Adjustment,
    AdjustmentRefused,
    AdjustmentReport,
    Place,
    adjust,
    adjustments_from_json,
    from_json,
    read_adjustments,
    report,
)
from .cuts import SlashAndSpread, Split
from .darts import CloseDart, MoveApex, RotateDart, darts
from .marks import AddLine, AddNotch, MoveNotch, RemoveNotch, SetAllowance
from .points import BendCurve, MovePoint, drawn_changes, knots

__all__ = [
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
    "from_json",
    "knots",
    "read_adjustments",
    "report",
]
