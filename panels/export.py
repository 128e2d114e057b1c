# SPDX-License-Identifier: GPL-3.0-or-later
"""Export: take the garment elsewhere."""

import bpy

from .common import ToilePanel


class ExportPanel(ToilePanel, bpy.types.Panel):
    """One button; the file browser asks where to and as what."""

    bl_idname = "TOILE_PT_export"
    bl_label = "Export"

    def draw(self, _context):
        self.layout.operator("toile.export", icon="EXPORT")
