# SPDX-License-Identifier: GPL-3.0-or-later
"""Import a sewing pattern of Seamly2D, Valentina, GarmentCode, FreeSewing or a DXF as a garment, laid out flat."""

from pathlib import Path

import bpy
from bpy.props import BoolProperty, EnumProperty, StringProperty

from ..addon import bridge, flat_pattern, shelf
from ..addon.i18n import translated
from ..addon.imported import bring_in
from ..addon.verb import needs_object_mode
from ..patterns.exchange import PATTERNS, measurements_to_seamly, read_pattern_file
from .import_file import DroppedIntoViewport, ImportFile
from .new_garment import body_to_dress


class ImportPattern(ImportFile, bpy.types.Operator):
    """Bring in a sewing pattern of Seamly2D, Valentina, GarmentCode, FreeSewing or a DXF, and lay its pieces out"""

    bl_idname = "toile.import_pattern"
    bl_label = "Import Sewing Pattern"
    bl_options = {"REGISTER", "UNDO"}

    filename_ext = ".json"
    filter_glob: StringProperty(default=";".join(f"*{kind}" for kind in PATTERNS), options={"HIDDEN"})
    to_measure: BoolProperty(
        name="To the Body's Measures",
        description="Draft a .val or .sm2d for the active body; else for the table of measurements beside the file",
    )
    fabric: EnumProperty(name="Fabric", description="What the garment is made of", items=shelf.own_menu)

    @classmethod
    def poll(cls, context):
        return needs_object_mode(cls, context)

    def act(self, context):
        body_object = bridge.active_body(context)
        given = {}
        if self.to_measure and body_object is not None:
            body = bridge.body_of(body_object)
            given = measurements_to_seamly({name: m.value for name, m in body.measurements.items()})
        imported = read_pattern_file(Path(self.filepath), given)
        pattern = imported.pattern
        body_object = body_object or body_to_dress(context)
        garment = bring_in(context, pattern, imported.notes, body_object)
        bridge.wear(garment, self.fabric)
        flat_pattern.show(context, garment, pattern)
        bridge.select(context, garment)
        return f"{pattern.name}: {len(pattern.pieces)} pieces, {len(pattern.seams)} seams, {len(imported.notes)} notes."


class PatternFileHandler(DroppedIntoViewport, bpy.types.FileHandler):
    """A pattern file dropped into a 3D viewport."""

    bl_idname = "TOILE_FH_pattern"
    bl_label = "Sewing pattern (Toile)"
    bl_import_operator = "toile.import_pattern"
    bl_file_extensions = ";".join(PATTERNS)


def menu_entry(self, _context):
    """File ▸ Import ▸ Sewing Pattern."""
    self.layout.operator(ImportPattern.bl_idname, text=f"{translated('Sewing Pattern')} ({', '.join(PATTERNS)})")
