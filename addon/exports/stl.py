# SPDX-License-Identifier: GPL-3.0-or-later
"""Binary STL, in millimetres as printers take it to be. No bpy."""

from __future__ import annotations

import numpy as np

from .solid import Solid

_FACET = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])


def to_stl(solid: Solid) -> bytes:
    """The file of a body. Its header does not begin with "solid", which would say that it were text."""
    corners = 1000 * solid.vertices[solid.faces]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    facets = np.zeros(len(corners), _FACET)
    facets["normal"] = normal / np.linalg.norm(normal, axis=1, keepdims=True)
    facets["corners"] = corners
    return b"Toile, millimetres".ljust(80) + len(facets).to_bytes(4, "little") + facets.tobytes()
