# SPDX-License-Identifier: GPL-3.0-or-later
"""Bomber jacket: raglan sleeves, a zip from hem to neck, rib at collar, cuffs and hem."""

from __future__ import annotations

from .tops import top

BOMBER = top(
    "bomber",
    "Bomber jacket",
    "Short roomy jacket with raglan sleeves, a zip and rib at collar, cuffs and hem",
    "cotton_twill",
    {"sleeve": "raglan", "closure": "zip", "collar": "neckband", "cuff": "rib", "hem": "band"},
    {
        "bust_ease": 0.24,
        "hip_ease": 0.20,
        "waist_shaping": 0.0,
        "body_length": 0.8,
        "shoulder_width": 1.06,
        "armhole_depth": 0.05,
        "sleeve_length": 1.02,
        "sleeve_ease": 0.16,
        "sleeve_hem_ease": 0.12,
        "neck_width": 0.022,
        "neck_depth_front": 0.025,
        "neckband_width": 0.045,
        "neckband_stretch": 0.9,
        "hem_band_width": 0.065,
    },
)
