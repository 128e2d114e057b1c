# SPDX-License-Identifier: GPL-3.0-or-later
"""The review server; runs without Blender."""
