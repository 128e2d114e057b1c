# SPDX-License-Identifier: GPL-3.0-or-later
"""Import a fabric: a KES or FAST data sheet becomes a fabric of the designer's own, worn by the garment."""

from pathlib import Path

import bpy
from bpy.props import EnumProperty, StringProperty

from ..addon import bridge, shelf
from ..addon.verb import needs_garment
from ..sim.fabric import fabric_name, keep_fabric
from ..sim.fabric_sheets import read_fabric_sheet
from .import_file import ImportFile


class ImportFabric(ImportFile, bpy.types.Operator):
    """Make a fabric of your own from a data sheet of the KES or FAST instruments, and wear it"""

    bl_idname = "toile.import_fabric"
    bl_label = "Import Fabric Sheet"
    bl_options = {"REGISTER", "UNDO"}

    filename_ext = ".csv"
    filter_glob: StringProperty(default="*.csv;*.txt;*.tsv", options={"HIDDEN"})
    label: StringProperty(name="Name", description="Of the fabric; the file's, if empty", options={"SKIP_SAVE"})
    like: EnumProperty(
        name="Looks Like", description="Its yarns and look, and what the sheet lacks", items=shelf.own_menu
    )

    @classmethod
    def poll(cls, context):
        return needs_garment(cls, context)

    def act(self, context):
        label = self.label or Path(self.filepath).stem
        name = fabric_name(label)
        read = read_fabric_sheet(Path(self.filepath), name, label, self.like)
        keep_fabric(read.fabric, self.like)
        bridge.wear(bridge.active_garment(context), name)
        lent = f" {', '.join(read.taken).replace('_', ' ')} as the fabric it looks like." if read.taken else ""
        return f"{label}, from a {read.system} sheet.{lent}"
