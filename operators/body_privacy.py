# SPDX-License-Identifier: GPL-3.0-or-later
"""Remove Identity: nobody is recognised by the body afterwards, nor by what its objects are called."""

import bpy

from ..addon import bridge, scan_overlay
from ..bodies.privacy import anonymous
from .body_change import ChangeBody

NAME = "Body"


class RemoveIdentity(ChangeBody, bpy.types.Operator):
    """Give the body everybody's face, and forget its scan, its file's name and every property of its objects.

    Steps of undo still hold what was there until the file is saved and opened again
    """

    bl_idname = "toile.remove_identity"
    bl_label = "Remove Face and Metadata"

    def changed(self, body):
        return anonymous(body)

    def told(self, body):
        obj = bridge.active_body(bpy.context)
        scan_overlay.forget(obj)
        for block in (obj, bpy.data.meshes[obj.data.name]):
            _clear(block)
            block.name = NAME
        return "Nobody is recognised by it now. Save the file and open it again to empty its undo, too."


def _clear(block: bpy.types.ID) -> None:
    """Delete what others wrote on a data-block: an importer's path, a scanner's number."""
    for key in set(block.keys()) - {"toile"}:
        del block[key]
