# SPDX-License-Identifier: GPL-3.0-or-later
"""Avatar, scans, landmarks, ISO 8559 measurements."""

from .avatar import AvatarRefused, avatar
from .body import PART_NAMES, Body, BodyFileError, Measurement, load_body, save_body
from .posing import PoseRefused, posed
from .registration import Cancelled, body_from_scan
from .remeasure import LandmarkRefused, remeasured
from .scan_io import Scan, ScanRefused, read_scan, scan_from_arrays
from .template import BasisMissing

__all__ = [
    "PART_NAMES",
    "AvatarRefused",
    "BasisMissing",
    "Body",
    "BodyFileError",
    "Cancelled",
    "LandmarkRefused",
    "Measurement",
    "PoseRefused",
    "Scan",
    "ScanRefused",
    "avatar",
    "body_from_scan",
    "load_body",
    "posed",
    "read_scan",
    "remeasured",
    "save_body",
    "scan_from_arrays",
]
