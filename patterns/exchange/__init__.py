# SPDX-License-Identifier: GPL-3.0-or-later
"""Patterns of other programs: read into ours and written from ours; what a format cannot say is reported, not guessed."""

from .report import ImportRefused, Imported

__all__ = ["ImportRefused", "Imported"]
