# SPDX-License-Identifier: GPL-3.0-or-later
"""File ▸ Export and collection exporters: a garment or its pattern as one file that Blender cannot write."""

from pathlib import Path

import bpy
from bpy.props import EnumProperty, StringProperty
from bpy_extras.io_utils import ExportHelper

from ..addon import bridge
from ..addon.export import ExportRefused
from ..addon.exports.formats import FORMATS
from ..addon.verb import Verb
from ..patterns.printing import WHOLE
from .export import PATTERN_FORMATS, SHEETS, ExportOptions, may_export, pattern_writers


class ExportFile(ExportOptions, Verb, ExportHelper):
    """A mixin for operators that write the active garment, or a collection's one, in `format`."""

    filepath: StringProperty(subtype="FILE_PATH")
    collection: StringProperty(
        name="Collection", description="Whose garment to export; empty: the active one", options={"HIDDEN", "SKIP_SAVE"}
    )

    @classmethod
    def poll(cls, context):
        return may_export(cls, context)

    paper: EnumProperty(name="Paper", items=SHEETS, default=WHOLE)

    def draw(self, _context):
        self.draw_options((self.format,))
        if self.format == "PDF":
            self.layout.prop(self, "paper")

    def act(self, context):
        place = Path(bpy.path.abspath(self.filepath))
        if place.suffix.lower() != self.filename_ext:
            raise ExportRefused(f"{place.name or 'The file'} should end in {self.filename_ext}.")
        garment = self._garment(context)
        others, losses = pattern_writers(garment, (self.format,), self.paper)
        formats = (self.format,) if self.format in FORMATS else ()
        return self.exported(garment, place.with_suffix(""), formats, others, losses)

    def _garment(self, context):
        if not self.collection:
            return bridge.active_garment(context)
        collection = bpy.data.collections.get(self.collection)
        objects = collection.all_objects if collection is not None else ()
        held = [obj for obj in objects if obj.toile.kind == "GARMENT"]
        if len(held) != 1:
            raise ExportRefused(
                f"The collection {self.collection} holds {len(held)} garments and the file takes one: part them."
            )
        return held[0]


def _written_as(format: str, number: int) -> tuple[type, type]:
    """The operator that writes a format, and the handler that offers it to collections."""
    kind = (FORMATS | PATTERN_FORMATS)[format]
    operator = type(
        f"Export{number}",
        (ExportFile, bpy.types.Operator),
        {
            "__doc__": kind.help,
            "__module__": __name__,
            "__annotations__": {},
            "bl_idname": f"toile.export_{kind.ending[1:]}",
            "bl_label": f"Export {kind.label}",
            "filename_ext": kind.ending,
            "format": format,
        },
    )
    handler = type(
        f"TOILE_FH_export_{kind.ending[1:]}",
        (bpy.types.FileHandler,),
        {
            "__doc__": f"A collection's garment as {kind.label}.",
            "__module__": __name__,
            "bl_idname": f"TOILE_FH_export_{kind.ending[1:]}",
            "bl_label": f"{kind.label} (Toile)",
            "bl_export_operator": operator.bl_idname,
            "bl_file_extensions": kind.ending,
        },
    )
    return operator, handler


WRITTEN = tuple(_written_as(format, number) for number, format in enumerate(("GLB", "VRM", "3MF", "DXF", "PDF", "SVG")))
CLASSES = tuple(cls for pair in WRITTEN for cls in pair)


def menu_entry(self, _context):
    """File ▸ Export ▸ each of them."""
    for operator, handler in WRITTEN:
        self.layout.operator(operator.bl_idname, text=f"{handler.bl_label} ({operator.filename_ext})")
