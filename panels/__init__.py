# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw only: nothing slow, nothing computed."""
