# SPDX-License-Identifier: GPL-3.0-or-later
"""Save as Asset: the body into an asset library, with its measurements, to be dragged into any other file."""

import bpy

from ..addon import bridge
from ..addon.assets import libraries, save_assets
from ..addon.provenance import author_and_licence
from ..addon.verb import needs
from .save_assets import SaveAssets


class SaveBodyAsset(SaveAssets, bpy.types.Operator):
    """Save the body with its measurements into an asset library. A scanned person's consent is yours to have"""

    bl_idname = "toile.save_body_asset"
    bl_label = "Save Body as Asset"

    @classmethod
    def poll(cls, context):
        return needs(cls, bridge.active_body(context), "Make a body or import a scan first")

    def act(self, context):
        obj = bridge.active_body(context)
        path = save_assets(obj, libraries(), self.library, *author_and_licence())
        return f"{obj.name} is in {path}."
