# SPDX-License-Identifier: GPL-3.0-or-later
"""Cancel: stop the job that is under way."""

import bpy

from ..addon import job_runner
from ..addon.verb import Verb, needs


class CancelJob(Verb, bpy.types.Operator):
    """Stop what Toile is doing in the background; nothing is changed"""

    bl_idname = "toile.cancel_job"
    bl_label = "Cancel"

    @classmethod
    def poll(cls, _context):
        return needs(cls, job_runner.busy(), "Nothing is under way")

    def act(self, _context):
        job_runner.cancel()
        return ""
