# SPDX-License-Identifier: GPL-3.0-or-later
"""Write sizes: the garment's run of sizes into a folder, for machines and on paper."""

import bpy
from bpy.props import EnumProperty

from ..addon import bridge, job_runner
from ..addon.export import ExportRefused
from ..addon.production import KINDS, grade
from ..addon.production_run import asked_of
from ..addon.verb import IntoFolder
from ..patterns.printing import WHOLE
from .export import SHEETS, may_export

_SAID = {
    "JSON": ("Patterns", "A pattern.json for each size, as Toile keeps it"),
    "SVG": ("SVG", "The pieces of each size at full size, to draw on"),
    "DXF": ("DXF and RUL", "All sizes and their grade rules for a factory's systems, after AAMA and ASTM D6673"),
    "PDF": ("PDF", "The sizes nested at full size, a layer for each"),
}


class WriteSizes(IntoFolder, bpy.types.Operator):
    """Draft the garment in every size of its run and write the patterns into a folder"""

    bl_idname = "toile.write_sizes"
    bl_label = "Write Sizes"

    kinds: EnumProperty(
        name="Files", items=[(kind, *_SAID[kind]) for kind in KINDS], options={"ENUM_FLAG"}, default={"DXF", "PDF"}
    )
    paper: EnumProperty(name="Paper", items=SHEETS, default=WHOLE)

    @classmethod
    def poll(cls, context):
        return may_export(cls, context)

    def draw(self, _context):
        self.layout.column().prop(self, "kinds")
        if "PDF" in self.kinds:
            self.layout.prop(self, "paper")

    def act(self, context):
        if not self.kinds:
            raise ExportRefused("Choose at least one kind of file.")
        asked, folder = asked_of(bridge.active_garment(context)), self.folder()
        kinds, paper = set(self.kinds), self.paper

        def work(progress, cancelled):
            sizes = asked.sizes(lambda share, text: progress(0.5 * share, text), cancelled)
            return grade(sizes, paper, folder, kinds, lambda share, text: progress(0.5 + 0.5 * share, text))

        def apply(told):
            yield
            return f"{asked.name} in {', '.join(told['sizes'])}: {len(told['files'])} files in {folder}."

        return job_runner.start(f"Write sizes of {asked.name}", "production", work, apply).sentence()
