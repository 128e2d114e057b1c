# SPDX-License-Identifier: GPL-3.0-or-later
"""T-shirt: a flat shell with short set-in sleeves and a stretched rib neckband."""

from __future__ import annotations

from .tops import top

TSHIRT = top(
    "tshirt",
    "T-shirt",
    "Crew-neck T-shirt with set-in sleeves and a rib neckband",
    "cotton_jersey",
    {"collar": "neckband"},
    {},
)
