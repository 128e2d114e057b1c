# SPDX-License-Identifier: GPL-3.0-or-later
"""Patterns of other programs, read and written; what a format cannot say is reported, not guessed."""

from .freesewing import (
    Measurements,
    measurements_from_freesewing,
    measurements_to_freesewing,
    read_freesewing,
    read_freesewing_measurements,
)
from .garmentcode import read_garmentcode, write_garmentcode
from .report import Imported, ImportRefused
from .seamly import read_seamly

__all__ = [
    "ImportRefused",
    "Imported",
    "Measurements",
    "measurements_from_freesewing",
    "measurements_to_freesewing",
    "read_freesewing",
    "read_freesewing_measurements",
    "read_garmentcode",
    "read_seamly",
    "write_garmentcode",
]
