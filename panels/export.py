# SPDX-License-Identifier: GPL-3.0-or-later
"""Export: take the garment elsewhere."""

import bpy

from .common import ToilePanel, draw_job, under_way


class ExportPanel(ToilePanel, bpy.types.Panel):
    """Two buttons; the file browser asks where to and as what."""

    bl_idname = "TOILE_PT_export"
    bl_label = "Export"

    def draw(self, context):
        if not under_way("export"):
            self.layout.operator("toile.export", icon="EXPORT")
            self.layout.operator("toile.save_assets", icon="ASSET_MANAGER")
        draw_job(self.layout, context, "export")
