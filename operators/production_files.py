# SPDX-License-Identifier: GPL-3.0-or-later
"""Write sizes: the garment's run of sizes into a folder, for machines and on paper."""

from pathlib import Path

import bpy
from bpy.props import BoolProperty, EnumProperty, StringProperty

from ..addon import bridge, job_runner
from ..addon.export import ExportRefused
from ..addon.production import KINDS, grade
from ..addon.production_run import asked_of
from ..addon.verb import Verb
from ..patterns.printing import WHOLE
from .export import SHEETS, may_export

_SAID = {
    "JSON": ("Patterns", "A pattern.json for each size, as Toile keeps it"),
    "SVG": ("SVG", "The pieces of each size at full size, to draw on"),
    "DXF": ("DXF and RUL", "All sizes and their grade rules for a factory's systems, after AAMA and ASTM D6673"),
    "PDF": ("PDF", "The sizes nested at full size, a layer for each"),
}


class WriteSizes(Verb, bpy.types.Operator):
    """Draft the garment in every size of its run and write the patterns into a folder"""

    bl_idname = "toile.write_sizes"
    bl_label = "Write Sizes"

    directory: StringProperty(subtype="DIR_PATH", options={"SKIP_SAVE"})
    filter_folder: BoolProperty(default=True, options={"HIDDEN"})
    kinds: EnumProperty(
        name="Files", items=[(kind, *_SAID[kind]) for kind in KINDS], options={"ENUM_FLAG"}, default={"DXF", "PDF"}
    )
    paper: EnumProperty(name="Paper", items=SHEETS, default=WHOLE)

    @classmethod
    def poll(cls, context):
        return may_export(cls, context)

    def invoke(self, context, _event):
        """Ask where to."""
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def draw(self, _context):
        self.layout.column().prop(self, "kinds")
        if "PDF" in self.kinds:
            self.layout.prop(self, "paper")

    def act(self, context):
        if not self.kinds:
            raise ExportRefused("Choose at least one kind of file.")
        asked, folder = asked_of(bridge.active_garment(context)), chosen_folder(self.directory)
        kinds, paper = set(self.kinds), self.paper

        def work(progress, cancelled):
            sizes = asked.sizes(lambda share, text: progress(0.5 * share, text), cancelled)
            return grade(sizes, paper, folder, kinds, lambda share, text: progress(0.5 + 0.5 * share, text))

        def apply(told):
            yield
            return f"{asked.name} in {', '.join(told['sizes'])}: {len(told['files'])} files in {folder}."

        return job_runner.start(f"Write sizes of {asked.name}", "production", work, apply).sentence()


def chosen_folder(directory: str) -> Path:
    """The folder of a file browser, made where it is not yet. Raises ExportRefused."""
    if not directory:
        raise ExportRefused("Choose the folder to write into.")
    folder = Path(bpy.path.abspath(directory))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExportRefused(f"{folder} cannot be made: {error.strerror}. Choose another folder.") from error
    return folder
