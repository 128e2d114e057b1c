# SPDX-License-Identifier: GPL-3.0-or-later
"""Avatar, scans, landmarks, ISO 8559 measurements."""

from .avatar import AvatarRefused, avatar
from .body import PART_NAMES, Body, BodyFileError, Measurement, load_body, save_body
from .template import BasisMissing

__all__ = [
    "PART_NAMES",
    "AvatarRefused",
    "BasisMissing",
    "Body",
    "BodyFileError",
    "Measurement",
    "avatar",
    "load_body",
    "save_body",
]
