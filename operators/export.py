# SPDX-License-Identifier: GPL-3.0-or-later
"""Export: the garment as GLB, USD, .blend and its pattern for machines and on paper, into one folder."""

from pathlib import Path

import bpy
from bpy.props import EnumProperty, StringProperty

from ..addon import bridge, overlay
from ..addon.export import ExportRefused, export_blend, export_glb, export_usd
from ..addon.verb import Verb, needs
from ..patterns.exchange import write_aama, write_garmentcode
from ..patterns.grading import Sizes
from ..patterns.printing import PAPERS, WHOLE, pattern_to_pdf
from ..patterns.svg import pattern_to_svg
from ..patterns.writing import write_beside

FORMATS = (
    ("GLB", "GLB", "The garment with its fabric, for the web and for games"),
    ("USD", "USD", "The garment for film and other 3D programs"),
    ("BLEND", ".blend", "This scene as a Blender file of its own"),
    ("GARMENTCODE", "Pattern (GarmentCode)", "The panels as they are placed and sewn, as JSON in centimetres"),
    ("SVG", "Pattern (SVG)", "The pieces at full size, to draw on"),
    ("PDF", "Pattern (PDF)", "The pieces at full size, for a plotter or in tiles for a printer"),
    ("DXF", "Pattern (DXF)", "The pieces for a factory's systems after AAMA and ASTM D6673, in millimetres"),
)
SHEETS = (
    (WHOLE, "Plotter", "One page as large as the pattern"),
    *((p, p, "Tiles to cut and lay together") for p in PAPERS),
)


def _named(stem, ending):
    """The file of that ending; a garment's name may hold dots of its own."""
    return stem.with_name(stem.name + ending)


class Export(Verb, bpy.types.Operator):
    """Write the garment and its pattern into a folder"""

    bl_idname = "toile.export"
    bl_label = "Export"

    directory: StringProperty(subtype="DIR_PATH", options={"SKIP_SAVE"})
    filter_folder: bpy.props.BoolProperty(default=True, options={"HIDDEN"})
    formats: EnumProperty(name="Formats", items=FORMATS, options={"ENUM_FLAG"}, default={"GLB", "SVG"})
    paper: EnumProperty(name="Paper", items=SHEETS, default=WHOLE)

    @classmethod
    def poll(cls, context):
        return needs(cls, bridge.active_garment(context), "Make a garment first: New T-shirt, for example")

    def invoke(self, context, _event):
        """Ask where to."""
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def draw(self, _context):
        self.layout.column().prop(self, "formats")
        if "PDF" in self.formats:
            self.layout.prop(self, "paper")

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
        losses = self._write_pattern(bridge.pattern_of(garment), folder / name)
        return " ".join((f"{garment.name} exported to {folder}.", *losses))

    def _write_pattern(self, pattern, stem):
        """The pattern in the formats that are asked for; sentences about what one of them cannot say."""
        if "SVG" in self.formats:
            write_beside(_named(stem, ".svg"), pattern_to_svg(pattern).encode())
        if "PDF" in self.formats:
            write_beside(_named(stem, ".pdf"), pattern_to_pdf(pattern, self.paper))
        if "DXF" in self.formats:
            write_aama(Sizes({"-": pattern}, "-"), _named(stem, ".dxf"))
        if "GARMENTCODE" in self.formats:
            return write_garmentcode(pattern, _named(stem, "_specification.json"))
        return ()
