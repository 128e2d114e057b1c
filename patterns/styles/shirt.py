# SPDX-License-Identifier: GPL-3.0-or-later
"""Shirt: woven, with a yoke, a collar on a stand, buttoned cuffs and a curved tail."""

from __future__ import annotations

from .tops import top

SHIRT = top(
    "shirt",
    "Shirt",
    "Button shirt with a yoke, a collar on a stand, buttoned cuffs and a curved tail",
    "cotton_poplin",
    {
        "closure": "buttons",
        "yoke": "yoke",
        "collar": "shirt",
        "cuff": "buttoned",
        "hem": "shirt_tail",
        "pocket": "chest",
        "interlining": "shirting",
    },
    {
        "bust_ease": 0.16,
        "hip_ease": 0.12,
        "body_length": 1.25,
        "shoulder_width": 1.03,
        "armhole_depth": 0.035,
        "cap_height": 0.24,
        "sleeve_length": 1.03,
        "sleeve_ease": 0.11,
        "sleeve_hem_ease": 0.11,
        "cuff_ease": 0.05,
        "neck_width": 0.006,
        "neck_depth_front": 0.008,
        "neck_depth_back": 0.0,
        "hem_allowance": 0.01,
    },
)
