# SPDX-License-Identifier: GPL-3.0-or-later
"""Patterns of other programs, read and written; what a format cannot say is reported, not guessed."""

from .report import Imported, ImportRefused

__all__ = ["ImportRefused", "Imported"]
