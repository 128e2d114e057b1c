# SPDX-License-Identifier: GPL-3.0-or-later
"""A-line dress: fitted at shoulders and bust, then falling straight and wider to the hem, without a waist seam."""

from __future__ import annotations

from ..style import ease, length, ratio
from .sheath import dress

A_LINE_DRESS = dress(
    "a_line_dress",
    "A-line dress",
    "Dress fitted at shoulders and bust, falling wider to the hem",
    "cotton_poplin",
    (
        ease("bust_ease", 0.08, -0.05, 0.30, "Room about the bust"),
        ease("hip_ease", 0.16, 0.0, 0.60, "Room about the hip"),
        ratio("waist_shaping", 0.15, 0.0, 1.0, "How far the dress follows the waist: 0 straight, 1 fitted"),
        length("flare", 0.07, 0.0, 0.30, "How far each seam swings out from hip to hem"),
    ),
    {"opening": "none", "shaping": "darts"},
)
