# SPDX-License-Identifier: GPL-3.0-or-later
"""What makes fabric and, later, what learns."""
