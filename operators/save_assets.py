# SPDX-License-Identifier: GPL-3.0-or-later
"""Save Assets: the garment and its fabrics into an asset library, to be dragged into any other file."""

import bpy
from bpy.props import EnumProperty

from ..addon import bridge, overlay
from ..addon.assets import libraries, save_assets
from ..addon.provenance import author_and_licence
from ..addon.verb import Verb
from .export import may_export

_items: list[tuple[str, str, str]] = []  # Blender reads a menu's text without holding it: it must live on


def _libraries(_operator, _context):
    listed = [(name, name, path) for name, path in libraries().items()]
    if listed != _items:
        _items[:] = listed
    return _items


class SaveAssets(Verb, bpy.types.Operator):
    """Save the garment and its fabrics into an asset library, from where they can be dragged into any other file"""

    bl_idname = "toile.save_assets"
    bl_label = "Save as Assets"

    library: EnumProperty(name="Asset Library", items=_libraries, options={"SKIP_SAVE"})

    @classmethod
    def poll(cls, context):
        return may_export(cls, context)

    def invoke(self, context, _event):
        """Ask into which."""
        return context.window_manager.invoke_props_dialog(self)

    def act(self, context):
        garment = bridge.active_garment(context)
        author, licence = author_and_licence()
        with overlay.in_fabric(garment):
            path = save_assets(garment, libraries(), self.library, author, licence)
        return f"{garment.name} and its fabrics are in {path}."
