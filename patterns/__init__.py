# SPDX-License-Identifier: GPL-3.0-or-later
"""2D: curves, pieces, seams and their proof, styles."""
