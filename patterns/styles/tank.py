# SPDX-License-Identifier: GPL-3.0-or-later
"""Tank top: close to the body, narrow shoulders, a deep round neck; rib bands at neck and armholes."""

from __future__ import annotations

from .tops import top

TANK = top(
    "tank",
    "Tank top",
    "Sleeveless top with a scooped neck and rib bands",
    "cotton_jersey",
    {"sleeve": "armbands", "collar": "neckband"},
    {
        "bust_ease": 0.02,
        "hip_ease": 0.02,
        "waist_shaping": 0.5,
        "shoulder_width": 0.82,
        "armhole_depth": 0.015,
        "neck_width": 0.045,
        "neck_depth_front": 0.10,
        "neck_depth_back": 0.05,
        "neckband_width": 0.015,
        "neckband_stretch": 0.92,
    },
)
