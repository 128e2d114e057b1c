# SPDX-License-Identifier: GPL-3.0-or-later
"""Fabrics in the sidebar: the library's pictures, the draft that is being woven, variations, where prints lie."""
