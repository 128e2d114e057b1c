# SPDX-License-Identifier: GPL-3.0-or-later
"""Blouse: light and woven, with puff sleeves gathered into cuffs and a Peter Pan collar."""

from __future__ import annotations

from .tops import top

BLOUSE = top(
    "blouse",
    "Blouse",
    "Light blouse with a Peter Pan collar and puff sleeves in buttoned cuffs",
    "silk_satin",
    {"sleeve": "puff", "closure": "buttons", "collar": "peter_pan", "cuff": "buttoned", "interlining": "light"},
    {
        "bust_ease": 0.12,
        "hip_ease": 0.10,
        "waist_shaping": 0.4,
        "body_length": 1.0,
        "shoulder_width": 0.95,
        "sleeve_length": 1.02,
        "sleeve_ease": 0.10,
        "sleeve_hem_ease": 0.16,
        "cuff_ease": 0.05,
        "neck_width": 0.012,
        "neck_depth_front": 0.02,
        "buttons": 7,
    },
)
