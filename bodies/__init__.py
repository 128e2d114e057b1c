# SPDX-License-Identifier: GPL-3.0-or-later
"""Avatar, scans, landmarks, ISO 8559 measurements."""
