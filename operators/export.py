# SPDX-License-Identifier: GPL-3.0-or-later
"""Export: the garment as GLB, USD, .blend and its pattern as SVG, into one folder."""

from pathlib import Path

import bpy
from bpy.props import EnumProperty, StringProperty

from ..addon import bridge, overlay
from ..addon.export import ExportRefused, export_blend, export_glb, export_usd
from ..addon.verb import Verb, needs
from ..patterns.exchange import write_garmentcode
from ..patterns.svg import pattern_to_svg

FORMATS = (
    ("GLB", "GLB", "The garment with its fabric, for the web and for games"),
    ("USD", "USD", "The garment for film and other 3D programs"),
    ("BLEND", ".blend", "This scene as a Blender file of its own"),
    ("GARMENTCODE", "Pattern (GarmentCode)", "The panels as they are placed and sewn, as JSON in centimetres"),
    ("SVG", "Pattern (SVG)", "The pieces at full size, for a plotter or a printer"),
)


class Export(Verb, bpy.types.Operator):
    """Write the garment and its pattern into a folder"""

    bl_idname = "toile.export"
    bl_label = "Export"

    directory: StringProperty(subtype="DIR_PATH", options={"SKIP_SAVE"})
    filter_folder: bpy.props.BoolProperty(default=True, options={"HIDDEN"})
    formats: EnumProperty(name="Formats", items=FORMATS, options={"ENUM_FLAG"}, default={"GLB", "SVG"})

    @classmethod
    def poll(cls, context):
        return needs(cls, bridge.active_garment(context), "Make a garment first: New T-shirt, for example")

    def invoke(self, context, _event):
        """Ask where to."""
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def draw(self, _context):
        self.layout.column().prop(self, "formats")

    def act(self, context):
        garment = bridge.active_garment(context)
        if not self.formats:
            raise ExportRefused("Choose at least one format.")
        if not self.directory:
            raise ExportRefused("Choose the folder to write into.")
        folder = Path(bpy.path.abspath(self.directory))
        folder.mkdir(parents=True, exist_ok=True)
        name = bpy.path.clean_name(garment.name)
        body = bridge.body_object_of(garment)
        worn = [obj for obj in (garment, body) if obj is not None]
        with overlay.in_fabric(garment):
            if "GLB" in self.formats:
                export_glb(folder / f"{name}.glb", worn)
            if "USD" in self.formats:
                export_usd(folder / f"{name}.usdc", worn)
        if "BLEND" in self.formats:
            export_blend(folder / f"{name}.blend")
        if "SVG" in self.formats:
            (folder / f"{name}.svg").write_text(pattern_to_svg(bridge.pattern_of(garment)), "utf-8")
        losses = ()
        if "GARMENTCODE" in self.formats:
            losses = write_garmentcode(bridge.pattern_of(garment), folder / f"{name}_specification.json")
        return " ".join((f"{garment.name} exported to {folder}.", *losses))
