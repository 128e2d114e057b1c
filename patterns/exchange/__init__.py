# SPDX-License-Identifier: GPL-3.0-or-later
"""Patterns of other programs, read and written; what a format cannot say is reported, not guessed."""

from .aama import aama_dxf, write_aama
from .aama_read import read_aama
from .files import IMPORTED, PATTERNS, TABLES, read_measurement_file, read_pattern_file
from .freesewing import (
    Measurements,
    measurements_from_freesewing,
    measurements_to_freesewing,
    read_freesewing,
    read_freesewing_measurements,
)
from .garmentcode import read_garmentcode, write_garmentcode
from .report import Imported, ImportRefused
from .rul import RuleTable, read_rules, rule_table, write_rules
from .seamly import read_seamly
from .seamly_measures import Measures, read_measurements
from .seamly_names import measurements_from_seamly, measurements_to_seamly

__all__ = [
    "IMPORTED",
    "PATTERNS",
    "TABLES",
    "ImportRefused",
    "Imported",
    "Measurements",
    "Measures",
    "RuleTable",
    "aama_dxf",
    "measurements_from_freesewing",
    "measurements_from_seamly",
    "measurements_to_freesewing",
    "measurements_to_seamly",
    "read_aama",
    "read_freesewing",
    "read_freesewing_measurements",
    "read_garmentcode",
    "read_measurement_file",
    "read_measurements",
    "read_pattern_file",
    "read_rules",
    "read_seamly",
    "rule_table",
    "write_aama",
    "write_garmentcode",
    "write_rules",
]
