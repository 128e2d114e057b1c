# SPDX-License-Identifier: GPL-3.0-or-later
"""Cardigan: a V neck, one rib band up the fronts and round the neck, rib cuffs and hem, patch pockets."""

from __future__ import annotations

from .tops import top

CARDIGAN = top(
    "cardigan",
    "Cardigan",
    "V-neck knit jacket with a buttoned rib band, rib cuffs and patch pockets",
    "cotton_jersey",
    {"neckline": "v", "closure": "band", "cuff": "rib", "hem": "band", "pocket": "hips"},
    {
        "bust_ease": 0.14,
        "hip_ease": 0.10,
        "waist_shaping": 0.1,
        "body_length": 1.0,
        "armhole_depth": 0.035,
        "sleeve_length": 1.0,
        "sleeve_hem_ease": 0.07,
        "neck_width": 0.03,
        "neck_depth_front": 0.16,
        "buttons": 5,
        "lowest_button": 0.95,
        "front_band_fabric": "rib",
    },
)
