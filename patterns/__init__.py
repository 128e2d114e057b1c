# SPDX-License-Identifier: GPL-3.0-or-later
"""2D: curves, pieces, seams and their proof, styles. Arrays and plain data in, arrays and plain data out."""

from .curves import CurveRefused, LengthUnreachable
from .pattern import Pattern
from .pieces import Panel, Piece, PieceRefused
from .seams import Proof, Seam, SeamMismatch, prove
from .style import DraftRefused, Parameter, ParameterRefused, Style, UnknownStyle
from .styles import draft, style, styles

__all__ = [
    "CurveRefused",
    "DraftRefused",
    "LengthUnreachable",
    "Panel",
    "Parameter",
    "ParameterRefused",
    "Pattern",
    "Piece",
    "PieceRefused",
    "Proof",
    "Seam",
    "SeamMismatch",
    "Style",
    "UnknownStyle",
    "draft",
    "prove",
    "style",
    "styles",
]
