# SPDX-License-Identifier: GPL-3.0-or-later
"""Sweatshirt: roomy, with rib at neck, wrists and hem."""

from __future__ import annotations

from .tops import top

SWEATSHIRT = top(
    "sweatshirt",
    "Sweatshirt",
    "Roomy pullover with rib at neck, cuffs and hem",
    "cotton_jersey",
    {"collar": "neckband", "cuff": "rib", "hem": "band"},
    {
        "bust_ease": 0.20,
        "hip_ease": 0.16,
        "waist_shaping": 0.0,
        "shoulder_width": 1.08,
        "armhole_depth": 0.045,
        "cap_height": 0.2,
        "sleeve_length": 1.0,
        "sleeve_ease": 0.12,
        "sleeve_hem_ease": 0.09,
        "neck_width": 0.022,
        "neck_depth_front": 0.03,
        "neckband_width": 0.025,
    },
)
