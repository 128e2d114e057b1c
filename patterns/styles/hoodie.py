# SPDX-License-Identifier: GPL-3.0-or-later
"""Hoodie: a sweatshirt with a hood and a kangaroo pocket; zipped where one chooses."""

from __future__ import annotations

from .tops import top

HOODIE = top(
    "hoodie",
    "Hoodie",
    "Roomy sweatshirt with a hood, a kangaroo pocket, rib cuffs and a rib hem",
    "cotton_jersey",
    {"collar": "hood", "cuff": "rib", "hem": "band", "pocket": "kangaroo"},
    {
        "bust_ease": 0.22,
        "hip_ease": 0.18,
        "waist_shaping": 0.0,
        "shoulder_width": 1.08,
        "armhole_depth": 0.05,
        "cap_height": 0.2,
        "sleeve_length": 1.02,
        "sleeve_ease": 0.13,
        "sleeve_hem_ease": 0.09,
        "neck_width": 0.022,
        "neck_depth_front": 0.03,
    },
)
