# SPDX-License-Identifier: GPL-3.0-or-later
"""Place a print or an embroidery on a piece, and take one away."""

from pathlib import Path

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty, StringProperty

from ..addon import bridge
from ..addon.fabrics import prints
from ..addon.verb import Verb, needs, needs_garment
from .fabric_swatch import EXTENSIONS
from .import_file import ImportFile

_items: list[tuple[str, str, str]] = []  # Blender reads a menu's text without holding it: it must live on


def _panels(_operator, context):
    garment = bridge.active_garment(context)
    panels = bridge.pattern_of(garment).draped().panels() if garment is not None else ()
    listed = [(panel.name, panel.name.replace("_", " ").capitalize(), "") for panel in panels]
    if listed != _items:
        _items[:] = listed
    return _items


class PlacePrint(ImportFile, bpy.types.Operator):
    """Print or embroider a picture onto a piece of the garment"""

    bl_idname = "toile.place_print"
    bl_label = "Place Print"
    bl_options = {"REGISTER", "UNDO"}

    filename_ext = ".png"
    filter_glob: StringProperty(default=";".join(f"*{extension}" for extension in EXTENSIONS), options={"HIDDEN"})
    panel: EnumProperty(name="Piece", description="Where it lies: in its middle at first", items=_panels)
    width: FloatProperty(
        name="Width", description="Of the picture", default=0.1, min=0.005, max=2.0, subtype="DISTANCE"
    )
    embroidered: BoolProperty(name="Embroidery", description="Satin stitch, not ink in the cloth")

    @classmethod
    def poll(cls, context):
        return needs_garment(cls, context)

    def act(self, context):
        garment = bridge.active_garment(context)
        pattern = bridge.pattern_of(garment)
        image = prints.read_picture(Path(bpy.path.abspath(self.filepath)))
        outline = pattern.panel(self.panel).outline()
        told = garment.toile.prints.add()
        told.panel, told.width, told.embroidered = self.panel, self.width, self.embroidered
        told.x, told.y = (outline.min(0) + outline.max(0)) / 2
        told.image = image  # last: without it nothing is laid
        prints.place(garment, pattern)
        return f"{image.name} on {self.panel.replace('_', ' ')}, {1000 * self.width:.0f} mm wide."


class LayPrints(Verb, bpy.types.Operator):
    """Lay the garment's prints where they were moved to"""

    bl_idname = "toile.lay_prints"
    bl_label = "Lay Prints"
    bl_options = {"INTERNAL"}

    target: StringProperty(options={"HIDDEN", "SKIP_SAVE"}, description="toile_id")

    @classmethod
    def poll(cls, context):
        return needs_garment(cls, context)

    def act(self, _context):
        garment = bridge.find(self.target, "GARMENT")
        prints.place(garment, bridge.pattern_of(garment))
        return ""


class RemovePrint(Verb, bpy.types.Operator):
    """Take this print off the garment"""

    bl_idname = "toile.remove_print"
    bl_label = "Remove Print"
    bl_options = {"REGISTER", "UNDO"}

    number: IntProperty(options={"HIDDEN", "SKIP_SAVE"})

    @classmethod
    def poll(cls, context):
        garment = bridge.active_garment(context)
        return needs(cls, garment and len(garment.toile.prints), "There is no print on this garment")

    def act(self, context):
        garment = bridge.active_garment(context)
        if not 0 <= self.number < len(garment.toile.prints):
            raise prints.PrintRefused("That print is not on the garment any more.")
        garment.toile.prints.remove(self.number)
        prints.place(garment, bridge.pattern_of(garment))
        return ""
