# SPDX-License-Identifier: GPL-3.0-or-later
"""Run batch: the garments of a job file, each in a Blender of its own, while this one stays free."""

from pathlib import Path

import bpy
from bpy.props import IntProperty, StringProperty

from ..addon import job_runner
from ..addon.batch_command import make_batch
from ..addon.verb import Verb, needs_idle


class RunBatch(Verb, bpy.types.Operator):
    """Make the garments of a job file, each in a Blender of its own; again: what is missing"""

    bl_idname = "toile.run_batch"
    bl_label = "Run Batch"

    filepath: StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"})
    filter_glob: StringProperty(default="*.toml", options={"HIDDEN"})
    workers: IntProperty(name="At a Time", description="Garments that are made side by side", min=1, max=64, default=2)

    @classmethod
    def poll(cls, _context):
        return needs_idle(cls)

    def invoke(self, context, _event):
        """Ask for the job file."""
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def act(self, _context):
        job, workers = Path(bpy.path.abspath(self.filepath)), self.workers
        out = job.with_suffix("")

        def work(progress, cancelled):
            return make_batch(str(job), str(out), workers, "", False, progress, cancelled)

        def apply(told):
            yield
            failed = f", {told['failed']} failed: see {told['manifest']}" if told["failed"] else ""
            return f"{told['done']} garments in {out}{failed}."

        return job_runner.start(f"Batch {job.stem}", "production", work, apply).sentence()
