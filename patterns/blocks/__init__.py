# SPDX-License-Identifier: GPL-3.0-or-later
"""Blocks: the shells of torso and legs that garments are cut from, drafted from measurements and ease."""
