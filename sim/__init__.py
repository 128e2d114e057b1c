# SPDX-License-Identifier: GPL-3.0-or-later
"""3D: meshing, sewing, placing, drape engines, fabric mechanics, fit numbers."""
