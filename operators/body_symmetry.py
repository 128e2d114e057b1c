# SPDX-License-Identifier: GPL-3.0-or-later
"""Make Symmetric: the body's two sides equal, as a block that is drafted for one half takes them to be."""

import bpy
from bpy.props import EnumProperty

from ..bodies.symmetry import symmetric
from .body_change import ChangeBody


class MakeSymmetric(ChangeBody, bpy.types.Operator):
    """Make both sides of the body equal"""

    bl_idname = "toile.make_symmetric"
    bl_label = "Make Symmetric"

    side: EnumProperty(
        name="Side",
        items=[
            ("both", "Mean of Both", "Each side becomes the mean of both"),
            ("left", "Its Left", "The body's left side on both"),
            ("right", "Its Right", "The body's right side on both"),
        ],
    )

    def changed(self, body):
        return symmetric(body, self.side)
