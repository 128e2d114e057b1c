# SPDX-License-Identifier: GPL-3.0-or-later
"""Polo shirt: knit, with a buttoned placket, a knitted collar and rib cuffs on short sleeves."""

from __future__ import annotations

from .tops import top

POLO = top(
    "polo",
    "Polo shirt",
    "Knit shirt with a short buttoned placket, a soft collar and rib cuffs",
    "cotton_jersey",
    {"closure": "placket", "collar": "polo", "cuff": "rib", "interlining": "shirting"},
    {
        "neck_width": 0.012,
        "neck_depth_front": 0.015,
        "neck_depth_back": 0.003,
        "buttons": 3,
        "sleeve_length": 0.40,
        "cuff_depth": 0.03,
        "body_length": 0.95,
    },
)
