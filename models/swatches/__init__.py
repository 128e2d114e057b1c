# SPDX-License-Identifier: GPL-3.0-or-later
"""Photographs of cloth: what can be read off them, tiles quilted out of them, and scores of what was made of them."""
